//! A driver that sleeps, for a card that goes away meanwhile.

use anyhow::{bail, Result};
use clap::Args;
use ferrolane::{C2hRequest, DmaAccess, Queue, QueueConfig};

use crate::open::Opened;

const BYTES: usize = 4096;
const NANOS: u64 = 1_000_000_000;

/// How long.
#[derive(Args)]
pub struct Patience {
    /// Seconds until the card is asked what it is doing.
    #[arg(long, default_value_t = 5)]
    seconds: u64,
}

/// Waits; ends with an error whatever happens, and tells which.
pub fn run(opened: &Opened, patience: &Patience) -> Result<()> {
    let device = &opened.device;
    let mut c2h = device.open_c2h(0, QueueConfig::default())?;
    let region = device.allocate(BYTES, DmaAccess::DeviceWrites)?;
    c2h.submit(C2hRequest::new(region.buffer(0..BYTES)?)).map_err(|r| r.error)?;
    println!("@@ waiting=1");
    let done = c2h.wait_until(device.deadline(patience.seconds * NANOS))?;
    bail!("a packet of {} bytes that nobody sent", done.bytes)
}
