//! Worked example: the card's own logic in plain Verilog (`user_logic.v`), in the simulator under the driver.

mod card;
mod program;

pub use card::{open, UserCard};
pub use program::{run, Summary};
