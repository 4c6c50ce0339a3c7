//! Runtime for Verilated models, over cxx.
