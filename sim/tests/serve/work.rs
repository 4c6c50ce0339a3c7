//! Work for a card: random bytes through the loopback, every byte compared.

use ferrolane::{C2hRequest, Device, DmaAccess, H2cRequest, Queue, QueueConfig};
use ferrolane_sim::rng::Rng;

/// Bytes of a packet.
const PACKET: usize = 3000;
/// Distance of buffers.
const SLOT: usize = 4096;
/// Packets under way.
const SLOTS: usize = 16;
/// Device time without progress that fails a test, in nanoseconds.
const PATIENCE: u64 = 100_000_000;

/// Sends `bytes` bytes through queue 0 and gives how many came back right.
pub fn loopback(device: &Device, bytes: usize, interrupt: bool) -> usize {
    let config = QueueConfig { entries: 32, interrupt, ..QueueConfig::default() };
    let mut h2c = device.open_h2c(0, config.clone()).unwrap();
    let mut c2h = device.open_c2h(0, config).unwrap();
    let out = device.allocate(SLOT * SLOTS, DmaAccess::DeviceReads).unwrap();
    let back = device.allocate(SLOT * SLOTS, DmaAccess::DeviceWrites).unwrap();
    let mut rng = Rng::new(bytes as u64, "loopback");
    let data: Vec<u8> = (0..bytes).map(|_| rng.next() as u8).collect();
    let mut same = 0;
    for round in data.chunks(PACKET * SLOTS) {
        for (i, packet) in round.chunks(PACKET).enumerate() {
            let at = i * SLOT + 7 * i % 13;
            c2h.submit(C2hRequest::new(back.buffer(i * SLOT..(i + 1) * SLOT).unwrap())).unwrap();
            let mut buffer = out.buffer(at..at + packet.len()).unwrap();
            buffer.copy_from(packet).unwrap();
            h2c.submit(H2cRequest::packet(buffer)).unwrap();
        }
        for packet in round.chunks(PACKET) {
            let done = c2h.wait_until(device.deadline(PATIENCE)).unwrap_or_else(|e| panic!("{e}"));
            assert!(done.status.is_ok(), "{}", done.status);
            assert!(done.buffer.to_vec()[..done.bytes as usize] == *packet, "data differ");
            same += done.bytes as usize;
            assert!(h2c.wait_until(device.deadline(PATIENCE)).unwrap().status.is_ok());
        }
    }
    h2c.stop().unwrap();
    c2h.stop().unwrap();
    same
}
