//! The table of faults: each row of hardware is a test `fNN_…`, with its number.
//!
//! In each, the fault hits queue pair 1 while the other pairs move random data both ways with every byte and guard byte
//! compared; then pair 1 must work again. The checker judges every TLP of the card throughout. `make faults` runs
//! these and writes the page with their results.

// The system tests use all of these; here is no need for some.
#[allow(dead_code)]
#[path = "../system/bare.rs"]
mod bare;
#[allow(dead_code)]
#[path = "../system/feed.rs"]
mod feed;
#[allow(dead_code)]
#[path = "../system/job.rs"]
mod job;
#[allow(dead_code)]
#[path = "../system/lane.rs"]
mod lane;

mod answers;
mod bed;
mod descriptors;
mod function;
mod fuzz;
mod link;
mod order;
mod queues;
mod sizes;
mod strays;
mod timers;
