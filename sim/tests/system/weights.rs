//! Queues that are always busy share the link in the ratio of their weights.

use ferrolane_abi::descriptor::{Descriptor, BYTES, EOP, SOP};
use ferrolane_abi::map::Direction::{self, C2h, H2c};
use ferrolane_abi::regs::queue as regs;

use crate::bare::Bare;
use crate::feed::Feed;
use crate::lane::{Lane, Setup};

const FRAGMENT: u32 = 2048;
const ENTRIES: u32 = 64;

/// Keeps queue pairs with these weights busy, on a link where `limits` is the direction that can carry less, and gives
/// the bytes per clock of each queue in that direction.
fn shares(limits: Direction, weights: &[u32]) -> Vec<f64> {
    let mut bare = Bare::new(match limits {
        // Reads are so short that their tags give out before a queue's share of the FIFO does, and their answers shorter.
        H2c => "sim:mrrs=128,mps=1024,split=rcb",
        // Credits for two writes at a time.
        C2h => "sim:ph=2",
    });
    let mut lanes = Vec::new();
    for direction in [C2h, H2c] {
        for (queue, weight) in weights.iter().enumerate() {
            let setup = Setup::new(direction, queue as u32, Feed::Ring).policy(3).weight(*weight);
            let lane = Lane::new(&mut bare, setup);
            let data = bare.region((ENTRIES * FRAGMENT) as usize);
            for i in 0..ENTRIES {
                let host_addr = data.iova + u64::from(i * FRAGMENT);
                let entry = Descriptor { host_addr, len: FRAGMENT, flags: SOP | EOP, card: 0 };
                let entry = if direction == C2h { Descriptor { flags: 0, ..entry } } else { entry };
                lane.ring.memory.write(i as usize * BYTES, &entry.to_bytes());
            }
            lanes.push((lane, data));
        }
    }
    let mut bytes = vec![0; weights.len()];
    let (mut start, mut measured) = (0, false);
    while bare.now() < start + 300_000 || !measured {
        for (lane, _) in &mut lanes {
            // The ring is as it was: the buffers that are free are offered again.
            lane.fed = lane.get(&mut bare, &regs::FINISHED) + ENTRIES;
            lane.ring_doorbell(&mut bare);
        }
        let log = bare.take_log();
        if !measured && bare.now() > 50_000 {
            (start, measured) = (bare.now(), true);
        } else if measured {
            for seen in log.iter().filter(|seen| if limits == H2c { seen.is_read() } else { seen.is_write() })
            {
                let of = lanes.iter().position(|(lane, data)| {
                    lane.setup.direction == limits && data.holds(seen.hdr.address())
                });
                if let Some(of) = of {
                    bytes[of % weights.len()] += seen.hdr.byte_span().count() as u64;
                }
            }
        }
    }
    assert_eq!(bare.take_errors(), 0);
    let clocks = (bare.now() - start) as f64;
    bytes.into_iter().map(|bytes| bytes as f64 / clocks).collect()
}

fn check(limits: Direction, weights: &[u32], tolerance: f64) {
    let shares = shares(limits, weights);
    let (total, turns): (f64, u32) = (shares.iter().sum(), weights.iter().map(|weight| weight + 1).sum());
    println!("{limits:?}, weights {weights:?}: {shares:.3?} bytes per clock, {total:.3} in all");
    for (share, weight) in shares.iter().zip(weights) {
        let due = total * f64::from(weight + 1) / f64::from(turns);
        assert!((share / due - 1.0).abs() < tolerance, "{limits:?} {weights:?}: {share} instead of {due}");
    }
    assert!(total > 6.0, "the link is not busy: {total}");
}

#[test]
fn reads_follow_the_weights() {
    check(H2c, &[7, 7], 0.03);
    check(H2c, &[1, 3], 0.03);
    check(H2c, &[0, 7], 0.05);
    check(H2c, &[3, 0, 1, 7], 0.05);
}

#[test]
fn writes_follow_the_weights() {
    check(C2h, &[7, 7], 0.03);
    check(C2h, &[1, 3], 0.03);
    check(C2h, &[0, 7], 0.05);
    check(C2h, &[3, 0, 1, 7], 0.05);
}
