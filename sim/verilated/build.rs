//! Compiles Verilator's own runtime and the common part of all models, once for everybody.
use std::path::{Path, PathBuf};

fn main() {
    let verilator = verilated_build::find_verilator_or_exit();
    let include = verilator.include_dir();
    let cpp = PathBuf::from(env("CARGO_MANIFEST_DIR")).join("cpp");
    let trace = std::env::var_os("CARGO_FEATURE_TRACE").is_some();

    let mut build = cxx_build::bridge("src/bridge.rs");
    build.file(cpp.join("model.cpp"));
    for source in ["verilated.cpp", "verilated_threads.cpp", "verilated_cov.cpp"] {
        build.file(include.join(source));
    }
    if trace {
        build.file(include.join("verilated_fst_c.cpp"));
        for key in ["DEP_Z_INCLUDE", "DEP_LZ4_INCLUDE"] {
            for dir in std::env::split_paths(&env(key)) {
                build.include(dir);
            }
        }
    }
    verilated_build::configure_cxx(&mut build, &include, &cpp);
    build
        .define("VL_USER_FINISH", None)
        .define("VL_USER_STOP", None)
        .define("VL_USER_FATAL", None)
        .define("VL_VERILATED_INCLUDE", "\"verilated_print.h\"")
        .compile("verilated_rt");
    if build.get_compiler().is_like_clang() {
        println!("cargo:rustc-link-lib=atomic");
    }

    // Read as DEP_VERILATED_* by verilated_build::Design in the crates that hold models.
    println!("cargo:root={}", verilator.root().display());
    println!("cargo:cpp={}", cpp.display());
    println!("cargo:trace={}", u8::from(trace));
    rerun_if_changed(Path::new("src/bridge.rs"));
    rerun_if_changed(&cpp);
}

fn rerun_if_changed(path: &Path) {
    println!("cargo:rerun-if-changed={}", path.display());
}

fn env(key: &str) -> String {
    std::env::var(key).unwrap_or_else(|_| panic!("{key} is not set"))
}
