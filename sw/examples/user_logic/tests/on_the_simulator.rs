//! The example on many kinds of link, and what it finds.

use std::sync::Arc;

use ferrolane::{C2hRequest, CardMemoryOptions, Device, DmaAccess, Error, H2cRequest, Queue, QueueConfig};
use ferrolane_example_user_logic::{open, run, Summary};
use ferrolane_sim::rng::Rng;
use ferrolane_sim::Options;

/// Random packets of up to `longest` bytes.
fn packets(preset: &str, count: u32, longest: u64) -> Summary {
    let options = Options::parse(preset).unwrap();
    let mut rng = Rng::new(options.seed, "packets");
    let make = || (0..=rng.below(longest)).map(|_| rng.next() as u8).collect();
    let done = run(Arc::new(open(options).unwrap()), count, make).unwrap_or_else(|e| panic!("{preset}: {e}"));
    assert_eq!((done.packets, done.queues), (count, 4));
    done
}

#[test]
fn random_packets_come_back_with_their_crc() {
    let done = packets("sim:seed=41", 200, 4096);
    assert!(done.interrupts > 0);
    packets("sim:seed=42,split=random,reorder=60%,jitter=1us,throttle=20%,faults=fail", 64, 4096);
    packets("sim:seed=43,gen1x1", 40, 4096);
}

#[test]
fn short_packets_and_the_interrupt_of_the_sixteenth() {
    assert!(packets("sim:seed=44", 300, 40).interrupts > 0);
    assert_eq!(packets("sim:seed=45", 15, 3).interrupts, 0);
    assert_eq!(packets("sim:seed=46", 16, 3).interrupts, 1);
}

#[test]
fn the_memory_keeps_what_is_written_and_has_an_end() {
    const BYTES: usize = 64 * 1024;
    for preset in ["sim", "sim:seed=47,split=random,reorder=60%,jitter=1us,throttle=20%"] {
        let device = Device::open(Arc::new(open(Options::parse(preset).unwrap()).unwrap())).unwrap();
        let mut rng = Rng::new(47, "memory");
        let mut model: Vec<u8> = (0..BYTES).map(|_| rng.next() as u8).collect();
        let mut memory = device.card_memory(CardMemoryOptions::default());
        memory.write(0, &model).unwrap();
        for _ in 0..60 {
            let at = rng.below(BYTES as u64) as usize;
            let len = (1 + rng.below(3_000) as usize).min(BYTES - at);
            if rng.chance(50) {
                let data: Vec<u8> = (0..len).map(|_| rng.next() as u8).collect();
                memory.write(at as u64, &data).unwrap();
                model[at..at + len].copy_from_slice(&data);
            } else {
                let mut read = vec![0; len];
                memory.read(at as u64, &mut read).unwrap();
                assert!(read == model[at..at + len], "{preset}: {len} bytes at {at:#x}");
            }
        }
        let mut all = vec![0; BYTES];
        memory.read(0, &mut all).unwrap();
        assert!(all == model, "{preset}");
        // Beyond the end: refused, and the next access works.
        let beyond = BYTES as u64;
        assert!(matches!(memory.write(beyond, &[1; 100]), Err(Error::CardMemory { .. })));
        assert!(matches!(memory.read(beyond, &mut [0; 100]), Err(Error::CardMemory { .. })));
        memory.read(0, &mut all).unwrap();
        assert!(all == model, "{preset}");
        memory.stop().unwrap();
    }
}

#[test]
fn a_packet_that_is_cut_comes_back_closed_and_without_its_crc() {
    let device = Device::open(Arc::new(open(Options::parse("sim").unwrap()).unwrap())).unwrap();
    let mut h2c = device.open_h2c(1, QueueConfig::default()).unwrap();
    let mut c2h = device.open_c2h(1, QueueConfig::default()).unwrap();
    let out = device.allocate(4096, DmaAccess::DeviceReads).unwrap();
    let back = device.allocate(8192, DmaAccess::DeviceWrites).unwrap();
    for buffer in back.buffers(0, 4096, 4096, 2).unwrap() {
        c2h.submit(C2hRequest::new(buffer)).unwrap();
    }
    let mut whole = out.buffers(0, 1024, 1024, 2).unwrap();
    let data: Vec<u8> = (0..1024u32).map(|i| (i * 7) as u8).collect();
    let deadline = || device.deadline(1_000_000);
    // The beginning of a packet, and then a stop.
    let mut part = whole.pop().unwrap();
    part.copy_from(&data).unwrap();
    h2c.submit(H2cRequest::fragment(part, true, false)).unwrap();
    h2c.wait_until(deadline()).unwrap();
    h2c.stop().unwrap();
    let cut = c2h.wait_until(deadline()).unwrap();
    assert!(cut.eop && cut.status.is_ok() && cut.bytes == 1025, "{cut:?}");
    assert_eq!(cut.buffer.to_vec()[..1024], data);
    assert_ne!(cut.meta, crc32fast::hash(&data), "it is not whole");
    // The next packet is as if nothing had been.
    let mut h2c = device.open_h2c(1, QueueConfig::default()).unwrap();
    let mut packet = whole.pop().unwrap();
    packet.copy_from(&data).unwrap();
    h2c.submit(H2cRequest::packet(packet)).unwrap();
    let done = c2h.wait_until(deadline()).unwrap();
    assert!(done.eop && done.buffer.to_vec() == data);
    assert_eq!(done.meta, crc32fast::hash(&data));
}

#[test]
fn a_wrong_register_reads_all_ones() {
    let device = Device::open(Arc::new(open(Options::parse("sim").unwrap()).unwrap())).unwrap();
    assert_eq!(device.user_read32(0x10).unwrap(), u32::MAX);
    device.user_write32(0x0C, 0x1234_5678).unwrap();
    assert_eq!(device.user_read32(0x0C).unwrap(), 0x1234_5678);
}
