//! Ways to feed a queue.

use ferrolane_abi::feature;

use super::*;
use crate::mock::Identity;

const FEEDS: [Feed; 3] = [Feed::Ring, Feed::Push, Feed::Direct];

#[test]
fn packets_come_back_whatever_feeds_the_queues() {
    for out_feed in FEEDS {
        for back_feed in FEEDS {
            let bench = bench();
            let with = |feed| QueueConfig { feed, ..config(128) };
            let mut h2c = bench.device.open_h2c(1, with(out_feed)).unwrap();
            let mut c2h = bench.device.open_c2h(1, with(back_feed)).unwrap();
            let (out, back) = (bench.region(1 << 17), bench.region(1 << 17));
            let (mut sent, mut received) = (0u32, 0u32);
            let mut free: Vec<usize> = (0..128).collect();
            let mut free_back = free.clone();
            // Many times round the window and the ring.
            while received < 600 {
                while let (true, Some(slot)) = (sent < 600 && h2c.free() > 0, free.pop()) {
                    let mut buffer = out.buffer(slot * 1000..slot * 1000 + 300).unwrap();
                    buffer.copy_from(&pattern(sent, 300)).unwrap();
                    h2c.push(H2cRequest::packet(buffer).with_meta(sent)).unwrap();
                    sent += 1;
                }
                h2c.commit().unwrap();
                while let (true, Some(slot)) = (c2h.free() > 0, free_back.pop()) {
                    c2h.push(C2hRequest::new(back.buffer(slot * 1000..slot * 1000 + 999).unwrap())).unwrap();
                }
                c2h.commit().unwrap();
                let done = match received % 2 {
                    0 => c2h.wait_until(bench.soon()).unwrap(),
                    _ => c2h.poll_until(bench.soon()).unwrap(),
                };
                assert_eq!((done.meta, done.index), (received, received), "{out_feed:?} {back_feed:?}");
                assert!(done.buffer.to_vec() == pattern(received, 300));
                received += 1;
                free_back.push(done.buffer.offset() / 1000);
                while let Some(done) = h2c.try_complete().unwrap() {
                    free.push(done.buffer.offset() / 1000);
                }
            }
            let counts = bench.card.counts();
            assert_eq!((counts.invalid_doorbells, counts.dma_faults), (0, 0), "{out_feed:?} {back_feed:?}");
        }
    }
}

#[test]
fn no_more_is_in_flight_than_the_device_takes() {
    let bench = bench();
    bench.card.faults(|f| f.stalled = true);
    let region = bench.region(8192);
    for (feed, entries, most) in [
        (Feed::Ring, 128, 128),
        (Feed::Push, 128, 32),
        (Feed::Push, 8, 8),
        (Feed::Direct, 128, 64),
        (Feed::Direct, 16, 16),
    ] {
        let mut c2h = bench.device.open_c2h(0, QueueConfig { feed, ..config(entries) }).unwrap();
        assert_eq!(c2h.free(), most, "{feed:?}");
        let mut buffers = region.buffers(0, 8, 8, 200).unwrap().into_iter();
        for _ in 0..most {
            c2h.submit(C2hRequest::new(buffers.next().unwrap())).unwrap();
        }
        let rejected = c2h.submit(C2hRequest::new(buffers.next().unwrap())).unwrap_err();
        assert!(matches!(rejected.error, Error::RingFull { entries, .. } if entries == most), "{feed:?}");
        assert_eq!(c2h.stop().unwrap().unfinished.len(), most as usize, "{feed:?}");
    }
    assert_eq!(bench.card.counts().invalid_doorbells, 0);
}

#[test]
fn a_feed_that_was_not_built_is_said() {
    let features = Identity::default().features & !(feature::PUSH | feature::DIRECT);
    let device =
        Device::open(MockCard::new(Identity { features, ..Identity::default() }).transport()).unwrap();
    for (feed, lacks) in [(Feed::Push, "PUSH"), (Feed::Direct, "DIRECT")] {
        let error = device.open_h2c(0, QueueConfig { feed, ..config(8) }).err().unwrap();
        assert!(matches!(error, Error::MissingFeature { name, .. } if name == lacks), "{error}");
    }
    device.open_h2c(0, config(8)).expect("the queue is free still");
}
