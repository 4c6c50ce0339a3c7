//! The whole product without a board: driver, simulated link and the Verilated card.
//!
//! Every run here is judged TLP by TLP; a broken rule fails it with a decoded dump.

mod limits;
mod loopback;
mod registers;
mod reset;
mod rig;
mod stall;
mod throughput;
mod user_registers;
