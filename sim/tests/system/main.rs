//! The whole product without a board: driver, simulated link and the Verilated card.
//!
//! Every run here is judged TLP by TLP; a broken rule fails it with a decoded dump.

mod attributes;
mod bad_header;
mod bare;
mod counters;
mod cut;
mod direct;
mod feed;
mod fifo;
mod interrupts;
mod job;
mod lane;
mod limits;
mod list;
mod loopback;
mod memory;
mod memory_ends;
mod memory_raw;
mod memory_traffic;
mod modes;
mod ordering;
mod policies;
mod push;
mod registers;
mod reset;
mod rig;
mod ring;
mod rounds;
mod settings;
mod stall;
mod stall_counters;
mod throughput;
mod user_registers;
mod watched;
mod weights;
