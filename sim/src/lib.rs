//! The simulated card: the Verilated engine behind a PCIe root complex.
