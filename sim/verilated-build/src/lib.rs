//! Turns Verilog into a Rust module from a build script: finds Verilator, verilates, generates a C++ shim and its Rust
//! face, compiles. `verilator_bin` and a C++ compiler are all it runs; it downloads nothing.
//!
//! # Usage
//!
//! `Cargo.toml` of the crate that holds the models:
//!
//! ```toml
//! [features]
//! trace = ["verilated/trace"]         # FST waveforms
//!
//! [dependencies]
//! verilated.workspace = true          # a direct dependency: the build script asks it for Verilator's place
//!
//! [build-dependencies]
//! verilated-build.workspace = true
//! ```
//!
//! `build.rs`:
//!
//! ```no_run
//! # fn engine_verilog() -> String { String::new() }
//! verilated_build::Design::new()
//!     .model(
//!         verilated_build::Model::new("engine", "ferrolane_engine") // Rust name, top module
//!             .verilog(engine_verilog())                            // text; .verilog_file(path) reads one
//!             .x_unique(true)                                       // random power-up values, by seed
//!             .trace(true)                                          // FST, if `verilated` has its feature `trace`
//!             .coverage(false),                                     // line and user coverage
//!     )
//!     .build();
//! ```
//!
//! In the library (not in a test file alone: the C++ is linked with the library of the package):
//!
//! ```ignore
//! verilated::model! {
//!     /// The DMA engine.
//!     pub mod engine;
//! }
//!
//! let mut model = engine::Model::new(&verilated::Options::seeded(7))?;
//! let (mut i, mut o) = (engine::In::default(), engine::Out::default());
//! i.rx_req_data = [1, 2, 3, 4];       // 128 bits, least significant word first
//! i.rx_req_valid = 1;                 // up to 32 bits: u32
//! model.step(&i, &mut o)?;            // one clock
//! let taken = o.rx_req_ready == 1;    // a handshake happened in this step
//!
//! let mut dut = verilated::Dut::new(model); // the same by name, for tests of a block
//! dut.set("rx_req_valid", 0u64);
//! dut.step();
//! assert_eq!(dut.get("rx_req_ready"), 1);
//! ```
//!
//! Every port but the clock (`clk` or `clock`, or what [`Model::clock`] names) is a field: `u32` up to 32 bits, else
//! `[u32; n]`. A design without a clock settles once a step. Bits beyond a port's width are ignored on the way in and 0
//! on the way out.
//!
//! # What is rebuilt
//!
//! Each model is kept in `OUT_DIR` under a hash of its Verilog, its flags, Verilator and the C++ compiler's settings, so
//! a model that has not changed is not compiled again. The C++ is always compiled with `-O3`, whatever the profile.
//! Library and class names contain the package's name, so several crates of a program may hold models of one name.
//!
//! # Warnings
//!
//! Verilator's warnings don't stop the build, but `LATCH` does. They are shown as cargo warnings, except those on widths
//! and style, which a lint run of its own judges.

mod cache;
mod compile;
mod error;
mod find;
mod model;
mod ports;
mod rust;
mod shim;
mod verilate;

pub use compile::configure_cxx;
pub use error::Error;
pub use find::{find_verilator, find_verilator_or_exit, locate_verilator, Verilator};
pub use model::{Design, Model};
