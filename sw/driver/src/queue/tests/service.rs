//! What the settings of a queue write, and which are refused.

use ferrolane_abi::feature;
use ferrolane_abi::map::queue_regs;
use ferrolane_abi::regs::queue as regs;
use ferrolane_abi::table::Register;

use super::*;
use crate::mock::Identity;

/// Clock of the model in nanoseconds.
const CLOCK: u64 = 4;

impl Bench {
    fn register(&self, direction: Direction, index: u32, register: &Register) -> u32 {
        self.device.read32(queue_regs(direction, index) + u64::from(register.offset)).unwrap()
    }

    /// MODE, MODERATE and FLUSH_TIME.
    fn settings(&self, direction: Direction, index: u32) -> [u32; 3] {
        [&regs::MODE, &regs::MODERATE, &regs::FLUSH_TIME].map(|r| self.register(direction, index, r))
    }
}

/// MODE as its fields.
fn mode(fields: &[(&str, u32)]) -> u32 {
    fields.iter().map(|(name, value)| regs::MODE.field(name).unwrap().put(*value)).sum()
}

#[test]
fn settings_are_in_the_registers() {
    let bench = bench();
    let all = QueueConfig {
        feed: Feed::Push,
        weight: 64,
        relaxed_ordering: true,
        no_snoop: true,
        overflow: Overflow::DropHead,
        store_forward: true,
        flush_nanos: Some(100 * 16 * CLOCK),
        moderate: Moderate { count: 10, nanos: 20 * 16 * CLOCK },
        ..config(8)
    };
    let c2h = bench.device.open_c2h(1, all.clone()).unwrap();
    let whole = mode(&[
        ("FEED", 2),
        ("RELAXED_ORDERING", 1),
        ("NO_SNOOP", 1),
        ("WEIGHT", 63),
        ("DROP", 2),
        ("STORE_FORWARD", 1),
    ]);
    assert_eq!(bench.settings(Direction::C2h, 1), [whole, 10 | 20 << 16, 100]);
    drop(c2h);
    // The last user's don't stand.
    let _c2h = bench.device.open_c2h(1, config(8)).unwrap();
    assert_eq!(bench.settings(Direction::C2h, 1), [regs::MODE.reset(), 1, 0]);

    for (change, expected) in [
        (QueueConfig { weight: 1, ..config(8) }, mode(&[])),
        (
            QueueConfig { relaxed_ordering: true, ..config(8) },
            mode(&[("WEIGHT", 7), ("RELAXED_ORDERING", 1)]),
        ),
        (QueueConfig { no_snoop: true, ..config(8) }, mode(&[("WEIGHT", 7), ("NO_SNOOP", 1)])),
        (QueueConfig { store_forward: true, ..config(8) }, mode(&[("WEIGHT", 7), ("STORE_FORWARD", 1)])),
    ] {
        let _h2c = bench.device.open_h2c(1, change).unwrap();
        assert_eq!(bench.settings(Direction::H2c, 1)[0], expected);
    }
    let tail = QueueConfig { overflow: Overflow::DropTail, flush_nanos: Some(0), ..config(8) };
    let _tail = bench.device.open_c2h(2, tail).unwrap();
    assert_eq!(
        bench.settings(Direction::C2h, 2),
        [mode(&[("WEIGHT", 7), ("DROP", 1)]), 1, 1],
        "a unit at least"
    );
    // What is not of streams alone is for memory queues too.
    let plain = QueueConfig { overflow: Overflow::Wait, store_forward: false, flush_nanos: None, ..all };
    let _memory = bench.device.open_memory_read(3, 0, plain).unwrap();
    assert_eq!(
        bench.settings(Direction::C2h, 3)[..2],
        [whole & !mode(&[("DROP", 3), ("STORE_FORWARD", 1)]) | mode(&[("MEMORY", 1)]), 10 | 20 << 16]
    );
}

#[test]
fn a_sleeper_is_always_woken() {
    let bench = bench();
    for (moderate, register) in [
        (Moderate::NONE, 1),
        (Moderate { count: 1, nanos: 5000 }, 1),
        (Moderate { count: 2, nanos: 0 }, 2 | 1 << 16),
        (Moderate { count: 65_535, nanos: 65_535 * 16 * CLOCK }, u32::MAX),
    ] {
        let _h2c = bench.device.open_h2c(0, QueueConfig { moderate, ..config(8) }).unwrap();
        assert_eq!(bench.settings(Direction::H2c, 0)[1], register, "{moderate:?}");
    }
}

#[test]
fn values_out_of_range_are_refused() {
    let bench = bench();
    let refused = |change| bench.device.open_c2h(0, change).err().unwrap();
    for weight in [0, 65, u32::MAX] {
        let error = refused(QueueConfig { weight, ..config(8) });
        assert!(matches!(error, Error::Weight { max: 64, .. }), "{error}");
    }
    for count in [0, 65_536] {
        let error = refused(QueueConfig { moderate: Moderate { count, nanos: 0 }, ..config(8) });
        assert!(matches!(error, Error::ModerateCount { max: 65_535, .. }), "{error}");
    }
    let longest = 65_536 * 16 * CLOCK - 1;
    for (setting, change) in [
        ("flush_nanos", QueueConfig { flush_nanos: Some(longest + 1), ..config(8) }),
        ("coalesce.nanos", QueueConfig { coalesce: Coalesce { count: 2, nanos: longest + 1 }, ..config(8) }),
        ("moderate.nanos", QueueConfig { moderate: Moderate { count: 2, nanos: longest + 1 }, ..config(8) }),
    ] {
        let error = refused(change);
        assert!(
            matches!(error, Error::SettingTime { setting: s, max, .. } if s == setting && max == longest),
            "{error}"
        );
        assert!(error.to_string().contains("4194303 ns; give less"), "{error}");
    }
    let most = QueueConfig { flush_nanos: Some(longest), ..config(8) };
    let _c2h = bench.device.open_c2h(0, most).expect("nothing was taken by what was refused");
    assert_eq!(bench.settings(Direction::C2h, 0)[2], 0xFFFF);
}

/// Each of the settings of the FIFO's policies.
fn policies() -> [(&'static str, QueueConfig); 4] {
    [
        ("overflow", QueueConfig { overflow: Overflow::DropTail, ..config(8) }),
        ("overflow", QueueConfig { overflow: Overflow::DropHead, ..config(8) }),
        ("store_forward", QueueConfig { store_forward: true, ..config(8) }),
        ("flush_nanos", QueueConfig { flush_nanos: Some(1000), ..config(8) }),
    ]
}

#[test]
fn what_means_nothing_on_a_queue_is_refused() {
    let bench = bench();
    for (name, change) in policies() {
        let errors = [
            bench.device.open_h2c(0, change.clone()).err(),
            bench.device.open_memory_write(1, 0, change.clone()).err(),
            bench.device.open_memory_read(1, 0, change).err(),
        ];
        // Store-and-forward is for packets of either direction.
        assert_eq!(errors[0].is_none(), name == "store_forward");
        for error in errors.iter().flatten() {
            assert!(matches!(error, Error::SettingQueue { setting, .. } if *setting == name), "{error}");
            assert!(error.to_string().contains("stream queues; leave it out"), "{error}");
        }
        assert_eq!(errors.iter().flatten().count(), if name == "store_forward" { 2 } else { 3 });
    }
}

#[test]
fn a_card_without_policies_has_none() {
    let features = Identity::default().features & !feature::FIFO_POLICIES;
    let device =
        Device::open(MockCard::new(Identity { features, ..Identity::default() }).transport()).unwrap();
    let lacks = |error: &Error| matches!(error, Error::MissingFeature { name: "FIFO_POLICIES", .. });
    for (_, change) in policies() {
        let error = device.open_c2h(0, change).err().unwrap();
        assert!(lacks(&error), "{error}");
    }
    let weighted = QueueConfig { weight: 2, relaxed_ordering: true, ..config(8) };
    let mut c2h = device.open_c2h(0, weighted).expect("that is no policy");
    let error = c2h.flush().unwrap_err();
    assert!(lacks(&error), "{error}");
}

#[test]
fn a_flush_closes_what_has_received_bytes() {
    let bench = bench();
    let (mut h2c, mut c2h) = bench.pair(8);
    let region = bench.region(8192);
    c2h.flush().unwrap();
    bench.card.work(1);
    for buffer in region.buffers(4096, 1000, 1000, 2).unwrap() {
        c2h.submit(C2hRequest::new(buffer)).unwrap();
    }
    h2c.submit(H2cRequest::fragment(region.buffer(0..100).unwrap(), true, false)).unwrap();
    bench.card.work(4);
    assert!(c2h.try_complete().unwrap().is_none(), "a flush of nothing is forgotten");
    c2h.flush().unwrap();
    let done = c2h.poll_until(bench.soon()).unwrap();
    assert_eq!((done.bytes, done.flushed, done.eop), (100, true, false));
    h2c.submit(H2cRequest::fragment(region.buffer(100..150).unwrap(), false, true)).unwrap();
    let done = c2h.poll_until(bench.soon()).unwrap();
    assert_eq!((done.bytes, done.flushed, done.eop), (50, false, true));
}

#[test]
fn a_halted_queue_is_not_flushed() {
    let bench = bench();
    let (mut h2c, mut c2h) = bench.pair(8);
    let region = bench.region(8192);
    bench.card.faults(|f| f.tamper = Some(Box::new(|r| r.status = ferrolane_abi::status::DATA_UR)));
    c2h.submit(C2hRequest::new(region.buffer(0..64).unwrap())).unwrap();
    h2c.submit(H2cRequest::packet(region.buffer(4096..4100).unwrap())).unwrap();
    assert!(!c2h.poll_until(bench.soon()).unwrap().status.is_ok());
    assert!(matches!(c2h.flush(), Err(Error::Halted { .. })));
}
