//! Tops with flat ports: what a board's adapter, the simulator and outside test benches see.

mod card;

pub use card::{Card, Card128};

/// Name of the simulated card's module.
pub const CARD_MODULE: &str = "ferrolane_card";

/// Verilog of the simulated card.
pub fn card_verilog() -> String {
    crate::emit::verilog::<Card128>(CARD_MODULE, Default::default)
}
