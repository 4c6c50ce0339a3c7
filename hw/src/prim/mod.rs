//! Primitives written by hand as Verilog: register with reset, memories. Everything above them is rust-hdl.
//!
//! Why not the stock widgets: the stock DFF has no reset, and the stock RAMs and FIFOs make synthesis emulate
//! read-during-write, which costs twice the data width in flip-flops.

#[macro_use]
mod macros;
mod bram;
mod dffr;
mod lut_ram;
mod mirror;

pub use bram::{Bram, Bram2};
pub use dffr::{Dffr, Reg};
pub use lut_ram::LutRam;
pub use mirror::Mirror;
