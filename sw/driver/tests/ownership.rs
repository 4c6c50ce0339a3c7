//! What is in flight can't be touched, freed or submitted twice: each of these programs must not compile.

#[test]
fn programs_that_touch_what_is_in_flight_do_not_compile() {
    trybuild::TestCases::new().compile_fail("tests/ownership/*.rs");
}
