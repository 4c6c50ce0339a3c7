//! The smallest program that sends a buffer to the card and gets it back.

use std::error::Error;
use std::sync::Arc;

use ferrolane::{C2hRequest, Device, DmaAccess, H2cRequest, Queue, QueueConfig, Transport};

/// Sends `message` through loopback queue 0 and answers what comes back.
pub fn run(transport: Arc<dyn Transport>, message: &[u8]) -> Result<Vec<u8>, Box<dyn Error>> {
    let device = Device::open(transport)?;
    let mut h2c = device.open_h2c(0, QueueConfig::default())?;
    let mut c2h = device.open_c2h(0, QueueConfig::default())?;

    // One region for each direction: the device may only read the one and only write the other.
    let outgoing = device.allocate(message.len(), DmaAccess::DeviceReads)?;
    let incoming = device.allocate(message.len(), DmaAccess::DeviceWrites)?;
    let mut buffer = outgoing.buffer(0..message.len())?;
    buffer.copy_from(message)?;

    // Submitting moves the buffers: until they come back there is nothing to read or write them with.
    c2h.submit(C2hRequest::new(incoming.buffer(0..message.len())?))?;
    h2c.submit(H2cRequest::packet(buffer))?;

    let sent = h2c.wait_until(device.deadline(1_000_000))?;
    let received = c2h.wait_until(device.deadline(1_000_000))?;
    println!("sent {} bytes, received {} bytes", sent.bytes, received.bytes);
    Ok(received.buffer.to_vec())
}

#[allow(dead_code)] // The tests have a main of their own.
fn main() -> Result<(), Box<dyn Error>> {
    let message = b"Hello, card!";
    let answer = run(ferrolane_examples::open_from_args()?, message)?;
    if answer != message {
        return Err("the card answered something else".into());
    }
    println!("the card answered: {}", String::from_utf8_lossy(&answer));
    Ok(())
}
