//! Verilates every block that has a test of its own.
fn main() {
    let mut design = verilated_build::Design::new();
    for block in ferrolane_hw::test_blocks() {
        design.model(block.name, block.name, (block.verilog)());
    }
    design.build();
}
