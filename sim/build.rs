//! Takes the card's Verilog from the crate `ferrolane-hw` and verilates it.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    #[cfg(feature = "rtl")]
    verilated_build::Design::new()
        .model(
            verilated_build::Model::new("card", ferrolane_hw::top::CARD_MODULE)
                .verilog(ferrolane_hw::top::card_verilog())
                .x_unique(true)
                .trace(cfg!(feature = "trace"))
                .coverage(cfg!(feature = "coverage")),
        )
        .build();
}
