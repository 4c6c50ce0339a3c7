//! Coding rules for the engine that neither rust-hdl nor Verilator enforces.
//!
//! rust-hdl translates some expressions to Verilog that means something else, without a word. Two checks together
//! find every case known:
//!
//! - [`source`] reads the Rust sources and refuses constructs that translate wrongly or not at all;
//! - [`widths`] reads Verilator's `-Wall` report on the emitted Verilog and lets through only width warnings that
//!   are harmless by construction.
#![forbid(unsafe_code)]

pub mod source;
pub mod widths;

/// Something that must be changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// File, as given.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// What is wrong and what to write instead.
    pub message: String,
}

impl std::fmt::Display for Finding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line, self.message)
    }
}
