//! Options of `ferrolane serve`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

macro_rules! examples {
    () => {
        "Examples:
  ferrolane serve --socket /tmp/card.sock
  ferrolane --device sim:gen3x8,latency=1us,seed=7 serve --socket /tmp/card.sock --dma messages
  ferrolane --device vfio-user:/tmp/card.sock info
  qemu-system-x86_64 ... -object memory-backend-memfd,id=ram,size=1G,share=on -machine memory-backend=ram \\
    -device '{\"driver\":\"vfio-user-pci\",\"socket\":{\"path\":\"/tmp/card.sock\",\"type\":\"unix\"}}'

One client at a time. When it is gone the card is reset and the next one is served, until SIGINT or SIGTERM."
    };
}
/// Of `--help`, short.
pub const EXAMPLES: &str = examples!();
/// Of `--help`.
pub const HELP: &str = concat!(
    examples!(),
    "

Standard output gets one line when the card listens; what happens goes to standard error.

JSON fields:
  schema_version command device socket dma pace

Fields are only added within a schema_version, now 1."
);

/// Options of `serve`.
#[derive(Debug, Args)]
// Without the simulator they are parsed and not used.
#[cfg_attr(not(feature = "sim"), allow(dead_code))]
pub struct ServeArgs {
    /// Path of the socket to make; it is removed at the end
    #[arg(long, short, value_name = "PATH")]
    pub socket: PathBuf,
    /// How the card reaches the client's memory
    #[arg(long, default_value = "mapped", value_enum)]
    pub dma: Dma,
    /// How fast the clock runs while there is work; without work it stands
    #[arg(long, default_value = "free", value_enum)]
    pub pace: Pace,
}

/// How the card reaches the client's memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Dma {
    /// Map the memory files that the client hands over; the guest's memory must be shared
    Mapped,
    /// Ask the client for each access; no shared memory is needed, and the client's IOMMU reports faults
    Messages,
}

/// How fast the clock runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Pace {
    /// As fast as it can
    Free,
    /// No faster than the wall clock
    Realtime,
}
