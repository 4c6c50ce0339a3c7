//! A reset of the function in the middle of traffic.

use std::sync::Arc;

use anyhow::{ensure, Result};
use ferrolane::{Device, DeviceOptions, Warning};
use ferrolane_abi::regs::global::MAGIC;

use crate::open::Opened;
use crate::traffic::{self, Running, Traffic};

/// Pieces of each queue before the reset.
const BEFORE: u64 = 8;

/// Moves data until all queues are busy, resets the function, opens the driver anew and moves it all.
pub fn run(opened: &Opened, traffic: &Traffic) -> Result<()> {
    let mut running = Running::start(&opened.device, traffic)?;
    while running.received().iter().any(|pieces| *pieces < BEFORE) {
        running.step(&opened.device, traffic)?;
    }
    opened.transport.reset()?;
    let read = opened.device.read_global(&MAGIC)?;
    ensure!(read == MAGIC.reset(), "MAGIC reads {read:#010x} after the reset");
    let before: u64 = running.received().iter().sum();
    drop(running);
    // The queues of before were stopped by the reset: their warnings are known.
    let options = DeviceOptions { warnings: Arc::new(|_: &Warning| {}), ..DeviceOptions::default() };
    let again = Device::open_with(Arc::clone(&opened.transport), options)?;
    let bytes = traffic::complete(&again, traffic)?.bytes;
    println!("@@ before={before} bytes={bytes} interrupts={}", opened.interrupts());
    Ok(())
}
