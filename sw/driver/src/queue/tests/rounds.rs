//! Lists of any length, and what is left where one ends early.

use ferrolane_abi::status;

use super::*;

const LEN: usize = 100;

impl Bench {
    /// A queue with `feed`, and packets for it, each with its number in its bytes.
    fn list(&self, feed: Feed, count: usize) -> (H2cQueue, VecDeque<H2cRequest>) {
        let h2c = self.device.open_h2c(0, QueueConfig { feed, ..config(64) }).unwrap();
        let buffers = self.region(count * LEN).buffers(0, LEN, LEN, count).unwrap();
        let number = |(i, mut buffer): (usize, DmaBuffer)| {
            buffer.copy_from(&pattern(i as u32, LEN)).unwrap();
            H2cRequest::packet(buffer)
        };
        (h2c, buffers.into_iter().enumerate().map(number).collect())
    }
}

/// What `each` does to keep the indices.
fn keep(into: &mut Vec<u32>) -> impl FnMut(Completed) -> Result<(), Error> + '_ {
    |done| {
        assert!(done.buffer.to_vec() == pattern(done.index, LEN), "packet {}", done.index);
        into.push(done.index);
        Ok(())
    }
}

#[test]
fn a_list_of_any_length_is_carried_out_in_rounds() {
    for (feed, places) in [(Feed::Push, 32), (Feed::Ring, 64), (Feed::Direct, 64)] {
        for interrupt in [true, false] {
            let bench = bench();
            let (h2c, mut list) = bench.list(feed, 100);
            drop(h2c);
            let config = QueueConfig { feed, interrupt, ..config(64) };
            let mut h2c = bench.device.open_h2c(0, config).unwrap();
            assert_eq!(h2c.free(), places);
            let before = bench.card.counts();
            let mut seen = Vec::new();
            h2c.run(&mut list, bench.soon(), keep(&mut seen)).unwrap();
            assert_eq!(seen, (0..100).collect::<Vec<_>>(), "{feed:?}");
            assert!(list.is_empty() && h2c.in_flight() == 0);
            let after = bench.card.counts();
            assert_eq!((after.invalid_doorbells, after.reads), (0, before.reads), "{feed:?}");
            // Nothing to do is done at once.
            h2c.run(&mut list, 0, |_| -> Result<(), Error> { panic!("nothing was submitted") }).unwrap();
        }
    }
}

#[test]
fn a_round_is_one_doorbell() {
    let bench = bench();
    let (mut h2c, mut list) = bench.list(Feed::Push, 100);
    bench.card.faults(|f| f.stalled = true);
    let before = bench.card.counts().doorbells;
    h2c.run(&mut list, bench.device.now(), keep(&mut Vec::new())).unwrap_err();
    // Another one arms the interrupt.
    assert_eq!(bench.card.counts().doorbells, before + 2);
    assert_eq!((h2c.in_flight(), list.len()), (32, 68));
}

#[test]
fn what_a_deadline_leaves_stays_with_the_caller() {
    let bench = bench();
    let (mut h2c, mut list) = bench.list(Feed::Push, 100);
    bench.card.faults(|f| f.stalled = true);
    let mut seen = Vec::new();
    let error = h2c.run(&mut list, bench.device.deadline(10_000), keep(&mut seen)).unwrap_err();
    assert!(matches!(error, Error::Timeout { in_flight: 32, .. }), "{error}");
    assert_eq!((seen.len(), h2c.in_flight(), list.len()), (0, 32, 68));
    bench.card.faults(|f| f.stalled = false);
    h2c.run(&mut list, bench.soon(), keep(&mut seen)).unwrap();
    assert_eq!(seen, (0..100).collect::<Vec<_>>(), "another call goes on where the first ended");
}

#[test]
fn what_a_halt_leaves_stays_with_the_caller() {
    let bench = bench();
    let (mut h2c, mut list) = bench.list(Feed::Push, 100);
    bench
        .card
        .faults(|f| f.tamper = Some(Box::new(|r| r.status = if r.index < 40 { 0 } else { status::DATA_UR })));
    let (mut seen, mut bad) = (Vec::new(), None);
    let error = h2c
        .run(&mut list, bench.soon(), |done| {
            if !done.status.is_ok() {
                bad.get_or_insert(done.index);
            }
            keep(&mut seen)(done)
        })
        .unwrap_err();
    assert!(matches!(error, Error::Halted { code: StatusCode(status::DATA_UR), .. }), "{error}");
    assert_eq!(bad, Some(40), "it was told with its buffer");
    let left = list.len();
    let again = h2c.run(&mut list, bench.soon(), keep(&mut seen)).unwrap_err();
    assert!(matches!(again, Error::Halted { .. }) && list.len() == left, "{again}");
    let stopped = h2c.stop().unwrap();
    assert!(left > 0);
    assert_eq!(seen.len() + stopped.completed.len() + stopped.unfinished.len() + left, 100);
}

#[test]
fn who_takes_completions_may_end_it() {
    #[derive(Debug)]
    enum Ends {
        Enough,
        Driver(#[allow(dead_code)] Error),
    }
    impl From<Error> for Ends {
        fn from(error: Error) -> Self {
            Ends::Driver(error)
        }
    }
    let bench = bench();
    let (mut h2c, mut list) = bench.list(Feed::Push, 100);
    let mut seen = 0;
    let ended = h2c.run(&mut list, bench.soon(), |_| {
        seen += 1;
        if seen < 50 {
            Ok(())
        } else {
            Err(Ends::Enough)
        }
    });
    assert!(matches!(ended, Err(Ends::Enough)), "{ended:?}");
    assert_eq!(seen + h2c.in_flight() + list.len(), 100);
}

#[test]
fn a_refused_request_stays_in_front() {
    let bench = bench();
    let (mut h2c, mut list) = bench.list(Feed::Push, 10);
    list[4].buffer.set_len(0).unwrap();
    let error = h2c.run(&mut list, bench.soon(), keep(&mut Vec::new())).unwrap_err();
    assert!(matches!(error, Error::BufferLength { len: 0, .. }), "{error}");
    assert_eq!((list.len(), list[0].buffer.len(), h2c.in_flight()), (6, 0, 4));
}
