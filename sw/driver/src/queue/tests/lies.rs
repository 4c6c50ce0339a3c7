//! A device that lies gives a typed error, and no more harm.

use super::*;
use crate::error::ProtocolError;
use ferrolane_abi::completion::Completion;
use ferrolane_abi::status;

/// Sends one packet of 100 bytes whose record is changed, and answers what taking it says.
fn tampered(change: impl FnMut(&mut Completion) + Send + 'static) -> (Error, Bench) {
    let bench = bench();
    let (mut h2c, _c2h) = bench.pair(4);
    let region = bench.region(4096);
    bench.card.faults(|f| f.tamper = Some(Box::new(change)));
    h2c.submit(H2cRequest::packet(region.buffer(0..100).unwrap())).unwrap();
    let error = h2c.poll_until(bench.soon()).unwrap_err();
    // It stays broken and takes nothing more, but gives everything back.
    assert_eq!(h2c.try_complete().unwrap_err().to_string(), error.to_string());
    let rejected = h2c.submit(H2cRequest::packet(region.buffer(100..200).unwrap())).unwrap_err();
    assert_eq!(rejected.error.to_string(), error.to_string());
    assert_eq!(rejected.request.unwrap().buffer.len(), 100);
    let stopped = h2c.stop().unwrap();
    assert_eq!((stopped.completed.len(), stopped.unfinished.len()), (0, 1));
    assert!(matches!(stopped.fault, Some(Error::Protocol { .. })));
    (error, bench)
}

fn what(error: &Error) -> ProtocolError {
    match error {
        Error::Protocol { what, .. } => *what,
        other => panic!("{other}"),
    }
}

#[test]
fn each_field_of_a_record_is_checked() {
    let (error, _) = tampered(|r| r.queue = 0x41);
    assert_eq!(what(&error), ProtocolError::Queue { found: 0x41, expected: 0 });
    let (error, _) = tampered(|r| r.generation += 1);
    assert_eq!(what(&error), ProtocolError::Generation { found: 2, expected: 1 });
    let (error, _) = tampered(|r| r.index = 7);
    assert_eq!(what(&error), ProtocolError::Index { found: 7, expected: 0 });
    let (error, _) = tampered(|r| r.bytes = 101);
    assert_eq!(what(&error), ProtocolError::Bytes { found: 101, len: 100 });
    let (error, _) = tampered(|r| r.bytes = 99);
    assert_eq!(what(&error), ProtocolError::Bytes { found: 99, len: 100 });
    let (error, bench) = tampered(|r| r.status = 0xEE);
    assert_eq!(what(&error), ProtocolError::Status { found: 0xEE });
    assert_eq!(bench.warnings(), [], "nothing leaks for a lie");
}

#[test]
fn a_record_nobody_asked_for() {
    let bench = bench();
    let (mut h2c, _c2h) = bench.pair(4);
    bench.card.forge_record(Direction::H2c, 0, 0);
    let error = h2c.try_complete().unwrap_err();
    assert_eq!(what(&error), ProtocolError::Unasked { index: 0 });
}

#[test]
fn a_record_for_a_descriptor_that_was_not_offered_yet() {
    let bench = bench();
    let (mut h2c, _c2h) = bench.pair(4);
    let region = bench.region(4096);
    h2c.push(H2cRequest::packet(region.buffer(0..100).unwrap())).unwrap();
    bench.card.forge_record(Direction::H2c, 0, 100);
    assert_eq!(what(&h2c.try_complete().unwrap_err()), ProtocolError::Unasked { index: 0 });
}

#[test]
fn a_card_may_not_claim_to_have_written_more_than_the_buffer() {
    let bench = bench();
    let (_h2c, mut c2h) = bench.pair(4);
    c2h.submit(C2hRequest::new(bench.region(4096).buffer(10..20).unwrap())).unwrap();
    bench.card.forge_record(Direction::C2h, 0, 0x00FF_FFFF);
    let error = c2h.try_complete().unwrap_err();
    assert_eq!(what(&error), ProtocolError::Bytes { found: 0x00FF_FFFF, len: 10 });
}

#[test]
fn an_error_status_halts_the_queue_and_gives_the_buffer_back() {
    let bench = bench();
    let (mut h2c, _c2h) = bench.pair(4);
    let region = bench.region(4096);
    bench.card.faults(|f| {
        f.tamper = Some(Box::new(|r: &mut Completion| (r.status, r.bytes) = (status::DATA_POISONED, 64)))
    });
    h2c.submit(H2cRequest::packet(region.buffer(0..100).unwrap())).unwrap();
    let done = h2c.poll_until(bench.soon()).unwrap();
    assert_eq!((done.status, done.bytes), (StatusCode(status::DATA_POISONED), 64));
    assert_eq!(done.buffer.len(), 100);
    let error = h2c.try_complete().unwrap_err();
    assert!(error.to_string().contains("DATA_POISONED"), "{error}");
    assert!(matches!(h2c.submit(H2cRequest::packet(done.buffer)).unwrap_err().error, Error::Halted { .. }));
    assert!(matches!(h2c.stop().unwrap().fault, Some(Error::Halted { .. })));
    // A new start is clean.
    bench.card.faults(|f| f.tamper = None);
    let mut h2c = bench.device.open_h2c(0, config(4)).unwrap();
    h2c.submit(H2cRequest::packet(region.buffer(0..100).unwrap())).unwrap();
    assert!(h2c.poll_until(bench.soon()).unwrap().status.is_ok());
}

#[test]
fn a_lost_device_is_told_from_a_slow_one() {
    let bench = bench();
    let (mut h2c, _c2h) = bench.pair(4);
    let region = bench.region(4096);
    bench.card.faults(|f| f.stalled = true);
    h2c.submit(H2cRequest::packet(region.buffer(0..100).unwrap())).unwrap();
    let error = h2c.poll_until(bench.soon()).unwrap_err();
    assert!(matches!(error, Error::Timeout { in_flight: 1, fetched: 0, completed: 0, .. }), "{error}");
    let error = h2c.wait_until(bench.soon()).unwrap_err();
    assert!(matches!(error, Error::Timeout { in_flight: 1, .. }), "{error}");
    bench.card.faults(|f| f.lost = true);
    let error = h2c.poll_until(bench.soon()).unwrap_err();
    assert!(matches!(error, Error::DeviceLost { .. }), "{error}");
}
