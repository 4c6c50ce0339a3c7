//! The Ferrolane DMA engine in rust-hdl, emitted as Verilog.
//!
//! rust-hdl is used as a language for Verilog; its simulator is not used. What counts is the emitted
//! Verilog, run by Verilator.
// The derive and attribute macros of rust-hdl expand to code that these lints dislike.
#![allow(missing_docs, clippy::all)]
#![forbid(unsafe_code)]

pub mod card;
pub mod dma;
pub mod emit;
pub mod prim;
pub mod stream;
pub mod tlp;
pub mod top;

/// Every block that has a Verilated test of its own.
pub fn test_blocks() -> Vec<emit::TestBlock> {
    [stream::blocks(), tlp::blocks(), card::blocks(), dma::blocks()].concat()
}
