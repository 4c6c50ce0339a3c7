//! How much of the link the engine fills, and that a stopped queue stops nobody else.

use ferrolane::{
    C2hQueue, C2hRequest, Device, DmaAccess, DmaBuffer, H2cQueue, H2cRequest, Queue, QueueConfig,
};
use ferrolane_sim::Direction;

use crate::rig::{rig, Rig};

const FRAGMENT: usize = 4096;
/// Clocks of 1 ms on the default card.
const MILLISECOND: u64 = 250_000;

/// Queue pairs that loop packets of 4 KiB as fast as they can.
struct Flow {
    pairs: Vec<(H2cQueue, C2hQueue)>,
    /// Bytes that came back, per queue.
    bytes: Vec<u64>,
}

fn buffers(device: &Device, count: usize, access: DmaAccess) -> Vec<DmaBuffer> {
    let region = device.allocate(count * FRAGMENT, access).unwrap();
    (0..count).map(|i| region.buffer(i * FRAGMENT..(i + 1) * FRAGMENT).unwrap()).collect()
}

impl Flow {
    fn start(rig: &Rig, queues: u32, depth: usize) -> Self {
        let config = QueueConfig { entries: 64, interrupt: false, ..QueueConfig::default() };
        let mut pairs = Vec::new();
        for queue in 0..queues {
            let mut c2h = rig.device.open_c2h(queue, config.clone()).unwrap();
            for buffer in buffers(&rig.device, depth, DmaAccess::DeviceWrites) {
                c2h.push(C2hRequest::new(buffer)).unwrap();
            }
            c2h.commit().unwrap();
            pairs.push((rig.device.open_h2c(queue, config.clone()).unwrap(), c2h));
        }
        for (h2c, _) in &mut pairs {
            for buffer in buffers(&rig.device, depth, DmaAccess::DeviceReads) {
                h2c.push(H2cRequest::packet(buffer)).unwrap();
            }
            h2c.commit().unwrap();
        }
        Flow { bytes: vec![0; pairs.len()], pairs }
    }

    /// Keeps all queues full for some clocks.
    fn run(&mut self, rig: &Rig, clocks: u64) {
        let end = rig.control.clocks() + clocks;
        while rig.control.clocks() < end {
            for ((h2c, c2h), bytes) in self.pairs.iter_mut().zip(&mut self.bytes) {
                while let Some(done) = h2c.try_complete().unwrap_or_else(|e| panic!("{e}")) {
                    h2c.push(H2cRequest::packet(done.buffer)).unwrap();
                }
                while let Some(done) = c2h.try_complete().unwrap_or_else(|e| panic!("{e}")) {
                    *bytes += u64::from(done.bytes);
                    c2h.push(C2hRequest::new(done.buffer)).unwrap();
                }
                h2c.commit().unwrap();
                c2h.commit().unwrap();
            }
            rig.device.relax(64).unwrap_or_else(|e| panic!("{e}"));
        }
    }

    /// Bytes per clock of each queue over some clocks.
    fn measure(&mut self, rig: &Rig, clocks: u64) -> Vec<f64> {
        let (before, start) = (self.bytes.clone(), rig.control.clocks());
        self.run(rig, clocks);
        let passed = (rig.control.clocks() - start) as f64;
        self.bytes.iter().zip(before).map(|(now, before)| (now - before) as f64 / passed).collect()
    }
}

#[test]
fn fragments_of_4_kib_fill_the_default_link_both_ways() {
    for queues in [1, 4] {
        let rig = rig("sim");
        let mut flow = Flow::start(&rig, queues, 32);
        flow.run(&rig, 20_000);
        let rate: f64 = flow.measure(&rig, 100_000).iter().sum();
        for direction in [Direction::ToCard, Direction::ToHost] {
            let bound = rig.control.payload_bound_bytes_per_clock(direction);
            println!("{queues} queues, {direction:?}: {rate:.3} of {bound:.3} bytes per clock");
            assert!(
                rate >= 0.90 * bound,
                "{queues} queues, {direction:?}: {rate} of {bound} bytes per clock"
            );
            assert!(rate <= bound);
        }
    }
}

#[test]
fn a_queue_stopped_by_the_card_leaves_the_others_their_share() {
    let rig = rig("sim");
    let mut flow = Flow::start(&rig, 4, 32);
    flow.run(&rig, 50_000);
    let before = flow.measure(&rig, 100_000);
    let total: f64 = before.iter().sum();
    for (queue, rate) in before.iter().enumerate() {
        assert!((0.98..1.02).contains(&(rate * 4.0 / total)), "queue {queue} has {rate} of {total}");
    }
    rig.control.card_stop(1, true);
    let during = flow.measure(&rig, MILLISECOND);
    println!("before {before:?}, during {during:?}");
    for queue in [0, 2, 3] {
        assert!(
            during[queue] >= 0.98 * before[queue],
            "queue {queue}: {} instead of {}",
            during[queue],
            before[queue]
        );
    }
    assert!(during[1] < 0.1 * before[1], "queue 1 was stopped");
    rig.control.card_stop(1, false);
    flow.run(&rig, 50_000);
    let after = flow.measure(&rig, 100_000);
    assert!(after[1] >= 0.9 * before[1], "queue 1 has {} again, had {}", after[1], before[1]);
}
