//! Builds the design under several flags.
use verilated_build::{Design, Model};

fn main() {
    let probe = |name| Model::new(name, "probe").verilog_file("rtl/probe.v");
    Design::new()
        .model(probe("plain"))
        .model(probe("probe").x_unique(true).coverage(true).trace(true))
        .model(Model::new("dual", "dual").verilog_file("rtl/dual.v"))
        .model(Model::new("by_name", "dual").verilog_file("rtl/dual.v").clock("wclk"))
        .model(Model::new("spin", "loop").verilog_file("rtl/loop.v"))
        .build();
}
