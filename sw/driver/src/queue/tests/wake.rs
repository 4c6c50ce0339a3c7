//! Sleeping and waking: no interrupt is missed, none is needed twice.

use super::*;
use crate::mock::Identity;

#[test]
fn an_interrupt_wakes_and_no_register_is_read() {
    let bench = bench();
    let (mut h2c, mut c2h) = bench.pair(8);
    let region = bench.region(8192);
    c2h.submit(C2hRequest::new(region.buffer(0..64).unwrap())).unwrap();
    let before = bench.card.counts();
    h2c.submit(H2cRequest::packet(region.buffer(4096..4160).unwrap())).unwrap();
    c2h.wait_until(bench.soon()).unwrap();
    h2c.wait_until(bench.soon()).unwrap();
    let after = bench.card.counts();
    assert_eq!(after.reads, before.reads);
    assert!(after.interrupts >= 1);
}

#[test]
fn a_record_that_comes_before_the_arming_still_wakes() {
    let bench = bench();
    let (mut h2c, _c2h) = bench.pair(8);
    let region = bench.region(4096);
    h2c.submit(H2cRequest::packet(region.buffer(0..64).unwrap())).unwrap();
    // The record is written and no interrupt was asked for: an edge that is gone.
    bench.card.work(4);
    assert_eq!(bench.card.counts().interrupts, 0);
    h2c.arm().unwrap();
    assert_eq!(bench.card.counts().interrupts, 1, "ARM fires at once");
    let event = h2c.event().unwrap();
    assert!(matches!(bench.device.wait(&[event], bench.device.now()), Ok(crate::Woken::Ready(0))));
    h2c.wait_until(bench.device.now()).unwrap();
}

#[test]
fn arming_survives_later_doorbells() {
    let bench = bench();
    let (mut h2c, _c2h) = bench.pair(8);
    let region = bench.region(4096);
    bench.card.faults(|f| f.stalled = true);
    h2c.submit(H2cRequest::packet(region.buffer(0..64).unwrap())).unwrap();
    h2c.arm().unwrap();
    // This doorbell must not take the request for an interrupt back.
    h2c.submit(H2cRequest::packet(region.buffer(64..128).unwrap())).unwrap();
    bench.card.faults(|f| f.stalled = false);
    bench.card.work(4);
    assert_eq!(bench.card.counts().interrupts, 1);
}

#[test]
fn stale_events_only_cost_a_look() {
    let bench = bench();
    let (mut h2c, _c2h) = bench.pair(8);
    let region = bench.region(4096);
    let mut buffer = region.buffer(0..64).unwrap();
    for _ in 0..50 {
        h2c.submit(H2cRequest::packet(buffer)).unwrap();
        h2c.arm().unwrap();
        // Taken by polling: the event stays behind and the next sleep finds it.
        buffer = h2c.poll_until(bench.soon()).unwrap().buffer;
        h2c.submit(H2cRequest::packet(buffer)).unwrap();
        buffer = h2c.wait_until(bench.soon()).unwrap().buffer;
    }
    assert_eq!(bench.card.counts().invalid_doorbells, 0);
}

#[test]
fn acknowledging_nothing_does_not_block() {
    let bench = bench();
    let (mut h2c, _c2h) = bench.pair(8);
    h2c.acknowledge().unwrap();
}

#[test]
fn waiting_for_nothing_is_an_error() {
    let bench = bench();
    let (mut h2c, mut c2h) = bench.pair(8);
    assert!(matches!(h2c.wait_until(u64::MAX), Err(Error::NothingInFlight { .. })));
    assert!(matches!(h2c.poll_until(u64::MAX), Err(Error::NothingInFlight { .. })));
    assert!(matches!(wait_any(&mut [&mut h2c, &mut c2h], u64::MAX), Err(Error::NothingInFlight { .. })));
}

#[test]
fn either_of_two_queues_wakes() {
    for interrupt in [true, false] {
        let bench = bench();
        let config = QueueConfig { interrupt, ..config(8) };
        let mut h2c = bench.device.open_h2c(2, config.clone()).unwrap();
        let mut c2h = bench.device.open_c2h(2, config).unwrap();
        let region = bench.region(8192);
        c2h.submit(C2hRequest::new(region.buffer(0..64).unwrap())).unwrap();
        assert_eq!(wait_any(&mut [&mut h2c, &mut c2h], bench.soon()).unwrap(), None, "nothing was sent");
        h2c.submit(H2cRequest::packet(region.buffer(4096..4160).unwrap())).unwrap();
        let mut seen = [0; 2];
        while seen[1] == 0 || seen[0] == 0 {
            let which = wait_any(&mut [&mut h2c, &mut c2h], bench.soon()).unwrap().unwrap();
            let queue: &mut dyn Queue = if which == 0 { &mut h2c } else { &mut c2h };
            seen[which] += usize::from(queue.try_complete().unwrap().is_some());
        }
        assert_eq!(seen, [1, 1]);
    }
}

#[test]
fn queues_beyond_the_vectors_poll() {
    let card = MockCard::new(Identity { vectors: 2, ..Identity::default() });
    let device = Device::open(card.transport()).unwrap();
    let first = device.open_h2c(3, config(8)).unwrap();
    let mut second = device.open_h2c(0, config(8)).unwrap();
    assert!(first.event().is_some() && second.event().is_none());
    let error = second.arm().unwrap_err();
    assert!(matches!(error, Error::NoInterrupt { vectors: 2, .. }), "{error}");
    let region = device.allocate(64, DmaAccess::Both).unwrap();
    second.submit(H2cRequest::packet(region.buffer(0..64).unwrap())).unwrap();
    second.wait_until(device.deadline(1_000_000)).unwrap();
    drop(first);
    assert!(device.open_h2c(1, config(8)).unwrap().event().is_some(), "the vector came back");
}
