//! What is in flight can't be touched, freed or submitted twice: each of these programs must not compile, and for the
//! right reason. The reasons are compared as the compiler words them, so another compiler than theirs is not asked.

const COMPILER: &str = "rustc 1.95.";

#[test]
fn programs_that_touch_what_is_in_flight_do_not_compile() {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = std::process::Command::new(rustc).arg("--version").output().expect("the compiler runs");
    let version = String::from_utf8_lossy(&output.stdout);
    if version.starts_with(COMPILER) {
        trybuild::TestCases::new().compile_fail("tests/ownership/*.rs");
    } else {
        eprintln!("skipped: the expected messages are those of {COMPILER}x, this is {version}");
    }
}
