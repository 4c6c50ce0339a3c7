//! Tops with flat ports: what a board's adapter, the simulator and outside test benches see.

mod builds;
mod card;
mod engine;
mod pins;

pub use builds::{Card128, EngineBuild, SynthBuild, ENGINES, SYNTHS};
pub use card::Card;
pub use engine::EngineTop;
pub use pins::{pins, pins_page, Pin};

/// Name of the simulated card's module.
pub const CARD_MODULE: &str = "ferrolane_card";

/// Verilog of the simulated card.
pub fn card_verilog() -> String {
    crate::emit::verilog::<Card128>(CARD_MODULE, Default::default)
}

/// The documentation's page on the pins of the simulated card.
///
/// # Errors
/// A pin without a meaning, or a meaning without a pin.
pub fn card_pins_page() -> Result<String, String> {
    pins_page(CARD_MODULE, &pins(&card_verilog(), CARD_MODULE))
}
