//! The Ferrolane DMA engine in rust-hdl, emitted as Verilog.
