//! Settings of a queue as the driver has them: weight, attributes, moderation of interrupts.

use ferrolane::{
    C2hQueue, C2hRequest, Coalesce, DmaAccess, DmaRegion, Error, H2cQueue, H2cRequest, Moderate, Queue,
    QueueConfig, Woken,
};
use ferrolane_abi::map::Direction::{self, C2h, H2c};
use ferrolane_abi::regs::queue as regs;

use crate::rig::{rig, Rig};
use crate::watched::{is_for, watched};

const FRAGMENT: usize = 2048;
const ENTRIES: usize = 64;
/// Device time that anything here may take, in nanoseconds.
const PATIENCE: u64 = 2_000_000;

fn config() -> QueueConfig {
    QueueConfig { entries: ENTRIES as u32, interrupt: false, ..QueueConfig::default() }
}

/// A queue pair whose buffers go round, and the bytes that each of its queues has moved.
struct Round {
    h2c: H2cQueue,
    c2h: C2hQueue,
    moved: [u64; 2],
}

impl Round {
    fn start(rig: &Rig, queue: u32, weight: u32) -> Self {
        let config = QueueConfig { weight, ..config() };
        let buffers = |access| {
            let region = rig.device.allocate(ENTRIES * FRAGMENT, access).unwrap();
            region.buffers(0, FRAGMENT, FRAGMENT, ENTRIES).unwrap().into_iter()
        };
        let mut c2h = rig.device.open_c2h(queue, config.clone()).unwrap();
        let mut h2c = rig.device.open_h2c(queue, config).unwrap();
        c2h.submit_batch(&mut buffers(DmaAccess::DeviceWrites).map(C2hRequest::new).collect()).unwrap();
        h2c.submit_batch(&mut buffers(DmaAccess::DeviceReads).map(H2cRequest::packet).collect()).unwrap();
        Round { h2c, c2h, moved: [0; 2] }
    }

    fn turn(&mut self) {
        while let Some(done) = self.h2c.try_complete().unwrap_or_else(|e| panic!("{e}")) {
            self.moved[H2c as usize] += u64::from(done.bytes);
            self.h2c.push(H2cRequest::packet(done.buffer)).unwrap();
        }
        while let Some(done) = self.c2h.try_complete().unwrap_or_else(|e| panic!("{e}")) {
            self.moved[C2h as usize] += u64::from(done.bytes);
            self.c2h.push(C2hRequest::new(done.buffer)).unwrap();
        }
        self.h2c.commit().unwrap();
        self.c2h.commit().unwrap();
    }
}

/// Bytes per clock of queues with these weights, on a link where `limits` is the direction that can carry less, as in
/// `weights.rs`.
fn shares(limits: Direction, weights: &[u32]) -> Vec<f64> {
    let rig = rig(match limits {
        H2c => "sim:mrrs=128,mps=1024,split=rcb",
        C2h => "sim:ph=2",
    });
    let mut rounds: Vec<Round> =
        weights.iter().enumerate().map(|(queue, weight)| Round::start(&rig, queue as u32, *weight)).collect();
    let mut run = |clocks| {
        let (start, before) =
            (rig.control.clocks(), rounds.iter().map(|r| r.moved[limits as usize]).collect::<Vec<_>>());
        while rig.control.clocks() < start + clocks {
            rounds.iter_mut().for_each(Round::turn);
            rig.device.relax(64).unwrap_or_else(|e| panic!("{e}"));
        }
        let passed = (rig.control.clocks() - start) as f64;
        rounds.iter().zip(before).map(|(r, b)| (r.moved[limits as usize] - b) as f64 / passed).collect()
    };
    let _: Vec<f64> = run(50_000);
    run(200_000)
}

#[test]
fn queues_share_the_link_by_weight() {
    for (limits, weights) in [(H2c, [1, 3]), (C2h, [1, 3]), (H2c, [8, 8])] {
        let shares = shares(limits, &weights);
        let (total, turns): (f64, u32) = (shares.iter().sum(), weights.iter().sum());
        println!("{limits:?}, weights {weights:?}: {shares:.3?} bytes per clock");
        for (share, weight) in shares.iter().zip(weights) {
            let due = total * f64::from(weight) / f64::from(turns);
            assert!((share / due - 1.0).abs() < 0.05, "{limits:?} {weights:?}: {share} instead of {due}");
        }
        assert!(total > 6.0, "the link is not busy: {total}");
    }
}

#[test]
fn attributes_are_on_data_of_queues_that_ask_for_them() {
    let (rig, requests) = watched("sim");
    // Bit 0 No Snoop, bit 1 Relaxed Ordering, as in a TLP; the ways of a pair differ.
    let config = |attr: u8| QueueConfig {
        relaxed_ordering: attr & 2 != 0,
        no_snoop: attr & 1 != 0,
        interrupt: true,
        ..config()
    };
    let mut regions: Vec<(u8, DmaRegion)> = Vec::new();
    let mut queues = Vec::new();
    for attr in 0..4 {
        let region = |access| rig.device.allocate(8 * FRAGMENT, access).unwrap();
        let (out, back) = (region(DmaAccess::DeviceReads), region(DmaAccess::DeviceWrites));
        let mut c2h = rig.device.open_c2h(attr.into(), config(3 - attr)).unwrap();
        let mut h2c = rig.device.open_h2c(attr.into(), config(attr)).unwrap();
        let cut = |region: &DmaRegion| region.buffers(1, FRAGMENT - 1, FRAGMENT, 8).unwrap().into_iter();
        c2h.submit_batch(&mut cut(&back).map(C2hRequest::new).collect()).unwrap();
        h2c.submit_batch(&mut cut(&out).map(H2cRequest::packet).collect()).unwrap();
        regions.extend([(attr, out), (3 - attr, back)]);
        queues.push((h2c, c2h));
    }
    for (h2c, c2h) in &mut queues {
        let ok = |done: ferrolane::Completed| -> Result<(), Error> {
            assert!(done.status.is_ok());
            Ok(())
        };
        h2c.run(&mut Default::default(), rig.device.deadline(PATIENCE), ok).unwrap();
        c2h.run(&mut Default::default(), rig.device.deadline(PATIENCE), ok).unwrap();
    }
    let (mut data, mut others) = (vec![0; regions.len()], 0);
    for request in requests.take() {
        let of = regions.iter().position(|(_, region)| is_for(region, &request));
        let wanted = of.map_or(0, |of| regions[of].0);
        assert_eq!(request.attr(), wanted, "address {:#x}", request.address());
        match of {
            Some(of) => data[of] += 1,
            None => others += 1,
        }
    }
    assert!(data.iter().all(|count| *count >= 8) && others > 0, "{data:?} of data, {others} others");
    assert!(rig.control.interrupts().0 > 0);
}

/// Records that were written when the interrupt came, of 16 packets.
fn records_at_the_interrupt(moderate: Moderate) -> u32 {
    let rig = rig("sim");
    let mut c2h = rig.device.open_c2h(0, config()).unwrap();
    let config = QueueConfig { moderate, coalesce: Coalesce::NONE, interrupt: true, ..config() };
    let mut h2c = rig.device.open_h2c(0, config).unwrap();
    let region = |access| rig.device.allocate(16 * FRAGMENT, access).unwrap();
    let (out, back) = (region(DmaAccess::DeviceReads), region(DmaAccess::DeviceWrites));
    let cut = |region: &DmaRegion| region.buffers(0, FRAGMENT, FRAGMENT, 16).unwrap().into_iter();
    c2h.submit_batch(&mut cut(&back).map(C2hRequest::new).collect()).unwrap();
    h2c.submit_batch(&mut cut(&out).map(H2cRequest::packet).collect()).unwrap();
    h2c.arm().unwrap();
    let woken = rig.device.wait(&[h2c.event().unwrap()], rig.device.deadline(PATIENCE)).unwrap();
    assert!(matches!(woken, Woken::Ready(0)));
    let records = rig.queue_register(H2c, 0, &regs::COMPLETED);
    // Whoever waits gets them all, also those that are fewer than the count.
    let mut count = 0;
    let each = |done: ferrolane::Completed| -> Result<(), Error> {
        assert!(done.status.is_ok());
        count += 1;
        Ok(())
    };
    h2c.run(&mut Default::default(), rig.device.deadline(PATIENCE), each).unwrap();
    assert_eq!(count, 16);
    records
}

#[test]
fn an_interrupt_waits_for_as_many_records_as_it_is_told() {
    let first = records_at_the_interrupt(Moderate::NONE);
    let many = records_at_the_interrupt(Moderate { count: 9, nanos: 200_000 });
    let timed = records_at_the_interrupt(Moderate { count: 65_535, nanos: 1_000 });
    println!(
        "records written: {first} at the first, {many} with a count of 9, {timed} within a time of 1 us"
    );
    assert!((1..6).contains(&first), "{first}");
    assert!((9..14).contains(&many), "{many}");
    assert!((1..9).contains(&timed), "{timed}");
}
