//! Tops with flat ports: what a board's adapter, the simulator and outside test benches see.

mod builds;
mod card;
mod pins;
mod socket;
mod user_logic;

pub use builds::{Card128, EngineBuild, Role, Socket128, SynthBuild, ENGINES, SYNTHS};
pub use card::Card;
pub use pins::{pins, pins_page, Pin};
pub use socket::Socket;
pub use user_logic::UserLogic;

/// Name of the simulated card's module.
pub const CARD_MODULE: &str = "ferrolane_card";

/// Verilog of the simulated card.
pub fn card_verilog() -> String {
    crate::emit::verilog::<Card128>(CARD_MODULE, Default::default)
}

/// Name of the module that has a place for the user's own logic.
pub const SOCKET_MODULE: &str = "ferrolane_socket";

/// Verilog of the socket. The module `user_logic` that it instantiates is the user's.
pub fn socket_verilog() -> String {
    crate::emit::verilog::<Socket128>(SOCKET_MODULE, Default::default)
}

/// The documentation's page on the pins of the simulated card.
///
/// # Errors
/// A pin without a meaning, or a meaning without a pin.
pub fn card_pins_page() -> Result<String, String> {
    pins_page(CARD_MODULE, &pins(&card_verilog(), CARD_MODULE))
}
