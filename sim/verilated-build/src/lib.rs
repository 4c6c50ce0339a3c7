//! Build-script side of verilated: finds Verilator, verilates a design, generates its shim.
