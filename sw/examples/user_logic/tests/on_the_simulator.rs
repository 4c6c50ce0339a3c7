//! The example on many kinds of link, and what it finds.

use std::sync::Arc;

use ferrolane::Device;
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
fn a_wrong_register_reads_all_ones() {
    let device = Device::open(Arc::new(open(Options::parse("sim").unwrap()).unwrap())).unwrap();
    assert_eq!(device.user_read32(0x10).unwrap(), u32::MAX);
    device.user_write32(0x0C, 0x1234_5678).unwrap();
    assert_eq!(device.user_read32(0x0C).unwrap(), 0x1234_5678);
}
