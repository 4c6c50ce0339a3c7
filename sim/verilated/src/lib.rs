//! Runtime for Verilated models, over [cxx](https://cxx.rs).
//!
//! A *model* is a Verilog design turned into C++ by Verilator and wrapped by the crate `verilated-build` from a build
//! script. It comes as a module with packed port structs `In` and `Out` and a type `Model`; this crate holds what all
//! models share: [`Core`] (clock, time, trace, coverage), [`Options`], [`Error`] and [`Dut`], the by-name access for
//! tests.
//!
//! # One step
//!
//! `Model::step` is one clock: the inputs are applied with the clock low, the design settles, the outputs are read,
//! then comes the rising edge. So outputs are those of the cycle that the edge ends, combinational paths from this
//! cycle's inputs included, and **a handshake happens in a step if `valid` and `ready` are both 1 in it**. Registers
//! show the effect in the next step's outputs.
//!
//! # Stops
//!
//! `$fatal`, `$error`, `$stop` and failed assertions stop a model: `step` gives [`Error::Stopped`] from there on and the
//! process goes on. `$finish` only sets [`Core::finished`]. What the design prints goes to stderr.
//!
//! # Many models
//!
//! Each model has a `VerilatedContext` of its own, so any number of them live in one process, and each may move
//! between threads. Only `$random` and `$urandom` draw from a generator per thread; power-up values
//! ([`Options::randomize`]) don't.

mod bridge;
mod core;
mod coverage;
mod dut;
mod error;
mod options;
mod port;

pub use crate::core::{Core, Factory, RawModel, Settings};
pub use crate::coverage::DIRECTORY as COVERAGE_DIRECTORY;
pub use crate::dut::Dut;
pub use crate::error::Error;
pub use crate::options::Options;
pub use crate::port::{Direction, Port};

/// For generated code: the port structs are plain words.
pub use bytemuck;

// Linked for the C symbols only: the FST writer in C++ compresses with them.
#[cfg(feature = "trace")]
use {libz_sys as _, lz4_sys as _};

/// Declares a module that holds the model `verilated-build` generated under the module's name.
///
/// ```ignore
/// verilated::model! {
///     /// The DMA engine.
///     pub mod engine;
/// }
/// ```
#[macro_export]
macro_rules! model {
    ($($(#[$meta:meta])* $vis:vis mod $name:ident;)+) => {
        $($(#[$meta])* $vis mod $name {
            include!(concat!(env!("OUT_DIR"), "/", stringify!($name), ".rs"));
        })+
    };
}
