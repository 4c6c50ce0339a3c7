//! Verilated tests of each block of the engine.
