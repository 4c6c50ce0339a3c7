//! Coding-rule checks over the engine's sources and its emitted Verilog.
