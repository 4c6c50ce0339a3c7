//! Accesses of the card that the IOMMU must refuse.
//!
//! The driver gives the card no address that is not mapped, so the mapping is changed below it, on the transport. The
//! region's own unmapping then finds nothing to take back; that warning is swallowed.

use std::sync::Arc;

use anyhow::{Context, Result};
use clap::{Args, ValueEnum};
use ferrolane::{
    C2hRequest, Device, DeviceOptions, DmaAccess, DmaRegion, H2cRequest, Memory, Queue, QueueConfig, Warning,
};

use crate::open::Opened;
use crate::pattern;

/// Device time until a descriptor must have ended one way or the other.
const PATIENCE: u64 = 20_000_000_000;
const BYTES: usize = 4096;

/// What is done to the mapping.
#[derive(Clone, Copy, PartialEq, ValueEnum)]
pub enum Case {
    /// The card reads what was never mapped to memory it may use.
    Unmapped,
    /// The card reads where it has read before, and may no more.
    AfterUnmap,
    /// The card writes where it may only read.
    ReadOnly,
}

/// Which.
#[derive(Args)]
pub struct Fault {
    /// What is done to the mapping.
    #[arg(long, value_enum)]
    case: Case,
}

fn config() -> QueueConfig {
    QueueConfig { interrupt: false, drain_nanos: PATIENCE, ..QueueConfig::default() }
}

/// Sends the region once; answers the status code of its descriptor.
fn send(device: &Device, region: &DmaRegion) -> Result<u8> {
    let mut h2c = device.open_h2c(0, config())?;
    let mut buffer = region.buffer(0..BYTES)?;
    let mut data = vec![0; BYTES];
    pattern::fill(0, 0, &mut data);
    buffer.copy_from(&data)?;
    h2c.submit(H2cRequest::packet(buffer)).map_err(|r| r.error)?;
    let done = h2c.poll_until(device.deadline(PATIENCE))?;
    let status = done.status;
    drop(done);
    h2c.stop()?;
    Ok(status.0)
}

/// Runs it and prints address, status and whether memory kept what it held.
pub fn run(opened: &Opened, fault: &Fault) -> Result<()> {
    let transport = &opened.transport;
    let options = DeviceOptions { warnings: Arc::new(|_: &Warning| {}), ..DeviceOptions::default() };
    let device = Device::open_with(Arc::clone(transport), options)?;
    let region = device.allocate(BYTES, DmaAccess::Both)?;
    let iova = region.iova();
    let (mut before, mut unchanged) = (0, 1);
    if fault.case == Case::AfterUnmap {
        before = send(&device, &region)?;
    }
    transport.unmap(iova, BYTES as u64).context("taking the mapping away")?;
    let status = if fault.case == Case::ReadOnly {
        let memory = Arc::new(Memory::allocate(BYTES)?);
        transport.map(&memory, 0..BYTES, iova, DmaAccess::DeviceReads)?;
        let mut c2h = device.open_c2h(0, config())?;
        c2h.submit(C2hRequest::new(region.buffer(0..BYTES)?)).map_err(|r| r.error)?;
        let source = device.allocate(BYTES, DmaAccess::DeviceReads)?;
        let sent = send(&device, &source)?;
        let done = c2h.poll_until(device.deadline(PATIENCE))?;
        let mut held = vec![0xFF; BYTES];
        memory.read(0, &mut held);
        unchanged = held.iter().all(|byte| *byte == 0).into();
        before = sent;
        let status = done.status;
        drop(done);
        c2h.stop()?;
        status.0
    } else {
        send(&device, &region)?
    };
    println!("@@ iova={iova:#x} before={before} status={status} unchanged={unchanged}");
    Ok(())
}
