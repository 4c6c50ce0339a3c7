//! Operations of the system test that `ferrolane` has no command for, on the driver's public API.
//!
//! Each prints what it has found as one line `@@ name=value …` on standard output and ends with 0, or says why not on
//! standard error and ends with 1. Whether the values are right is judged by who runs it: `tools/system_test`.

mod fault;
mod measure;
mod open;
mod pattern;
mod reset;
mod traffic;
mod wait;

use clap::{Parser, Subcommand};

/// Operations of the system test.
#[derive(Parser)]
struct Args {
    /// PCI address, or `sim` with its options where it was built with the simulator.
    #[arg(long)]
    device: String,
    #[command(subcommand)]
    operation: Operation,
}

#[derive(Subcommand)]
enum Operation {
    /// Sends packets through the loopback of some queues at once and compares what comes back.
    Traffic(traffic::Traffic),
    /// Times register reads, posted writes and interrupts.
    Measure(measure::Measure),
    /// Takes a mapping away or its permission, under the driver's feet, and lets the card access it.
    Fault(fault::Fault),
    /// Resets the function in the middle of traffic, then moves data again.
    Reset(traffic::Traffic),
    /// Sleeps until a packet comes that nobody sends.
    Wait(wait::Patience),
}

fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    let opened = open::open(&args.device)?;
    match args.operation {
        Operation::Traffic(traffic) => traffic::run(&opened, &traffic),
        Operation::Measure(measure) => measure::run(&opened, &measure),
        Operation::Fault(fault) => fault::run(&opened, &fault),
        Operation::Reset(traffic) => reset::run(&opened, &traffic),
        Operation::Wait(patience) => wait::run(&opened, &patience),
    }
}
