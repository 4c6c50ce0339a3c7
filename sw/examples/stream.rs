//! A stream of packets: a fixed set of buffers goes round, asleep while there is nothing to do.

use std::error::Error;
use std::sync::Arc;

use ferrolane::{wait_any, C2hRequest, Device, DmaAccess, H2cRequest, Queue, QueueConfig, Transport};

/// Bytes of a packet.
const PACKET: usize = 4096;
/// Buffers that go round in each direction.
const BUFFERS: usize = 32;
/// Device time without any completion after which something is wrong, in nanoseconds.
const PATIENCE: u64 = 1_000_000;

/// What `number` looks like as a packet.
fn packet(number: u32) -> Vec<u8> {
    (0..PACKET as u32).map(|i| (number.wrapping_mul(251).wrapping_add(i) >> 3) as u8).collect()
}

/// Sends `count` packets through loopback queue 0, checks what comes back, and answers the device time it took in
/// nanoseconds.
pub fn run(transport: Arc<dyn Transport>, count: u32) -> Result<u64, Box<dyn Error>> {
    let device = Device::open(transport)?;
    let mut h2c = device.open_h2c(0, QueueConfig::default())?;
    let mut c2h = device.open_c2h(0, QueueConfig::default())?;

    let outgoing = device.allocate(BUFFERS * PACKET, DmaAccess::DeviceReads)?;
    let incoming = device.allocate(BUFFERS * PACKET, DmaAccess::DeviceWrites)?;
    let mut idle = outgoing.buffers(0, PACKET, PACKET, BUFFERS)?;
    for buffer in incoming.buffers(0, PACKET, PACKET, BUFFERS)? {
        c2h.push(C2hRequest::new(buffer))?;
    }

    let start = device.now();
    let (mut sent, mut received) = (0, 0);
    while received < count {
        while let Some(mut buffer) = idle.pop_if(|_| sent < count) {
            buffer.copy_from(&packet(sent))?;
            h2c.push(H2cRequest::packet(buffer).with_meta(sent))?;
            sent += 1;
        }
        // Rings the doorbells for what was pushed, then sleeps until either queue has something.
        if wait_any(&mut [&mut h2c, &mut c2h], device.deadline(PATIENCE))?.is_none() {
            return Err(format!("nothing came for {PATIENCE} ns after {received} packets").into());
        }
        while let Some(done) = h2c.try_complete()? {
            idle.push(done.buffer);
        }
        while let Some(done) = c2h.try_complete()? {
            if done.meta != received || done.buffer.to_vec() != packet(received) {
                return Err(format!("packet {received} came back changed").into());
            }
            received += 1;
            c2h.push(C2hRequest::new(done.buffer))?;
        }
    }
    let took = device.now() - start;

    // Stopping gives back what is still with the card; dropping would do as well.
    let stopped = c2h.stop()?;
    println!("{} receive buffers were waiting at the end", stopped.unfinished.len());
    Ok(took)
}

#[allow(dead_code)] // The tests have a main of their own.
fn main() -> Result<(), Box<dyn Error>> {
    let count = 256;
    let nanos = run(ferrolane_examples::open_from_args()?, count)?;
    let bytes = count as usize * PACKET;
    let rate = bytes as f64 * 1000.0 / nanos.max(1) as f64;
    println!("{count} packets, {bytes} bytes each way in {nanos} ns of device time: {rate:.1} MB/s");
    Ok(())
}
