//! Verilates every block that has a test of its own and lists the models for the library.
//!
//! With `FERROLANE_BLOCKS=fetch,record` in the environment only those: for work on one block, with `cargo test --test <block>`.

use std::fmt::Write;

fn main() {
    println!("cargo:rerun-if-env-changed=FERROLANE_BLOCKS");
    let only = std::env::var("FERROLANE_BLOCKS").unwrap_or_default();
    let mut design = verilated_build::Design::new();
    let mut list = String::new();
    for block in ferrolane_hw::test_blocks() {
        if !only.is_empty() && !only.split(',').any(|name| name == block.name) {
            continue;
        }
        let model = verilated_build::Model::new(block.name, block.name)
            .verilog((block.verilog)())
            .x_unique(true)
            .trace(true)
            .coverage(cfg!(feature = "coverage"));
        design = design.model(model);
        let _ = writeln!(list, "verilated::model! {{ #[doc = \"Block `{0}`.\"] pub mod {0}; }}", block.name);
    }
    let out = std::path::PathBuf::from(std::env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    std::fs::write(out.join("models.rs"), list).expect("OUT_DIR can be written");
    design.build();
}
