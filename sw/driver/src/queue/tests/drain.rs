//! Stop and drop: in order, or leaked on purpose and said.

use super::*;
use crate::warning::Warning;

#[test]
fn stopping_gives_everything_back() {
    let bench = bench();
    let (mut h2c, mut c2h) = bench.pair(8);
    let region = bench.region(8192);
    for buffer in region.buffers(0, 100, 100, 3).unwrap() {
        h2c.submit(H2cRequest::packet(buffer)).unwrap();
    }
    bench.card.work(2);
    for buffer in region.buffers(4096, 100, 100, 5).unwrap() {
        c2h.submit(C2hRequest::new(buffer)).unwrap();
    }
    bench.card.faults(|f| f.stalled = true);
    let stopped = h2c.stop().unwrap();
    assert_eq!((stopped.completed.len(), stopped.unfinished.len()), (2, 1));
    assert!(stopped.fault.is_none());
    assert_eq!(stopped.unfinished[0].offset(), 200);
    assert_eq!(c2h.stop().unwrap().unfinished.len(), 5);
}

#[test]
fn dropping_unmaps_and_closing_turns_bus_mastering_off() {
    let Bench { card, device, warnings } = bench();
    assert!(!card.bus_master(), "off until the first rings are mapped");
    let mut h2c = device.open_h2c(0, config(8)).unwrap();
    assert!(card.bus_master());
    let region = device.allocate(4096, DmaAccess::Both).unwrap();
    h2c.submit(H2cRequest::packet(region.buffer(0..100).unwrap())).unwrap();
    drop(region);
    assert_eq!(card.mappings().len(), 3, "in flight keeps its region");
    drop(h2c);
    assert_eq!(card.mappings(), []);
    drop(device);
    assert!(!card.bus_master());
    assert_eq!(warnings.lock().unwrap().len(), 0);
}

#[test]
fn a_queue_that_cannot_drain_leaks_and_says_so() {
    for lost in [false, true] {
        let Bench { card, device, warnings } = bench();
        let mut c2h = device.open_c2h(0, config(8)).unwrap();
        let region = device.allocate(4096, DmaAccess::Both).unwrap();
        c2h.submit(C2hRequest::new(region.buffer(0..100).unwrap())).unwrap();
        card.faults(|f| (f.never_idle, f.lost) = (true, lost));
        drop(c2h);
        assert!(matches!(warnings.lock().unwrap()[..], [Warning::LeakedQueue { in_flight: 1, .. }, ..]));
        // What the device may still write is never given to anybody else.
        assert!(matches!(region.buffer(50..60), Err(Error::BufferOverlap { other_end: 100, .. })));
        assert!(matches!(device.open_c2h(0, config(8)), Err(Error::QueueTaken { .. })));
        drop(region);
        assert_eq!(card.mappings().len(), 3);
        let leaked = |w: &&Warning| matches!(w, Warning::LeakedMapping { .. });
        assert_eq!(warnings.lock().unwrap().iter().filter(leaked).count(), 3);
        drop(device);
        assert!(!card.bus_master(), "closing stops it after all");
    }
}

#[test]
fn stop_that_times_out_names_the_time() {
    let bench = bench();
    let (h2c, _c2h) = bench.pair(8);
    bench.card.faults(|f| f.never_idle = true);
    let error = h2c.stop().unwrap_err();
    assert!(matches!(error, Error::QueueStuck { what: "stop", within: 100_000, .. }), "{error}");
}

#[test]
fn a_failed_unmap_keeps_memory_and_address() {
    let bench = bench();
    let region = bench.region(4096);
    let iova = region.iova();
    bench.card.faults(|f| f.refuse_unmap = true);
    drop(region);
    bench.card.faults(|f| f.refuse_unmap = false);
    assert!(matches!(bench.warnings()[..], [Warning::LeakedMapping { len: 4096, .. }]));
    assert_ne!(bench.region(4096).iova(), iova);
}

#[test]
fn a_failed_map_gives_the_address_back() {
    let bench = bench();
    let iova = bench.region(4096).iova();
    bench.card.faults(|f| f.refuse_map = true);
    assert!(matches!(bench.device.allocate(4096, DmaAccess::Both), Err(Error::Transport(_))));
    assert!(bench.device.open_h2c(0, config(8)).is_err());
    bench.card.faults(|f| f.refuse_map = false);
    assert_eq!(bench.region(4096).iova(), iova);
    bench.device.open_h2c(0, config(8)).unwrap();
}

#[test]
fn a_queue_that_does_not_start_is_an_error_and_is_left_alone() {
    let bench = bench();
    bench.card.faults(|f| f.never_start = true);
    let error = bench.device.open_h2c(0, config(8)).err().unwrap();
    assert!(matches!(error, Error::QueueStuck { what: "start", .. }), "{error}");
    bench.card.faults(|f| f.never_start = false);
    bench.device.open_h2c(0, config(8)).unwrap();
    assert_eq!(bench.warnings(), []);
}

#[test]
fn opening_checks_number_state_and_sizes() {
    let bench = bench();
    let error = bench.device.open_h2c(4, config(8)).err().unwrap();
    assert_eq!(
        error.to_string(),
        "there is no H2C queue 4: the card has 4 of that direction, numbered from 0"
    );
    let _first = bench.device.open_c2h(1, config(8)).unwrap();
    assert!(matches!(bench.device.open_c2h(1, config(8)), Err(Error::QueueTaken { .. })));
    for entries in [0, 1, 3, 65_537, 1 << 17] {
        let error = bench.device.open_h2c(0, config(entries)).err().unwrap();
        assert!(matches!(error, Error::RingSize { .. }), "{error}");
    }
    let completions = QueueConfig { completions: Some(7), ..config(8) };
    assert!(matches!(bench.device.open_h2c(0, completions), Err(Error::RingSize { what: "completion", .. })));
    bench.device.open_h2c(0, config(65_536)).unwrap();
}
