//! Verilates every block that has a test of its own and lists the models for the library.

use std::fmt::Write;

fn main() {
    let mut design = verilated_build::Design::new();
    let mut list = String::new();
    for block in ferrolane_hw::test_blocks() {
        let model = verilated_build::Model::new(block.name, block.name)
            .verilog((block.verilog)())
            .x_unique(true)
            .trace(true);
        design = design.model(model);
        let _ = writeln!(list, "verilated::model! {{ #[doc = \"Block `{0}`.\"] pub mod {0}; }}", block.name);
    }
    let out = std::path::PathBuf::from(std::env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    std::fs::write(out.join("models.rs"), list).expect("OUT_DIR can be written");
    design.build();
}
