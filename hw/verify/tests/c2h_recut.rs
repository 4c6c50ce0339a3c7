//! `c2h::Recut`: what comes in goes out unchanged or in parts, by the Max_Payload_Size of the clock before.

use std::collections::VecDeque;

use ferrolane_hw_verify::dut;
use rand::{rngs::StdRng, Rng, SeedableRng};
use verilated::Dut;

const POSITIONS: u64 = 1 << 14;

/// A planned TLP, see `types::Work`.
#[derive(Clone, Copy, Debug)]
struct Work {
    q: u64,
    skip: bool,
    low: u64,
    /// Last byte.
    last: u64,
    row: u64,
    pkts: u64,
    pos: u64,
}

impl Work {
    /// One that was cut at multiples of `mps`.
    fn random(rng: &mut StdRng, mps: u64) -> Self {
        let low = rng.random_range(0..1024u64);
        let room = mps - low % mps;
        let n = if rng.random_bool(0.6) { room } else { rng.random_range(1..=room) };
        Work {
            q: rng.random_range(0..64),
            skip: rng.random_bool(0.1),
            low,
            last: low + n - 1,
            row: rng.random_range(0..1 << 16),
            pkts: rng.random_range(0..1 << 16),
            pos: rng.random_range(0..POSITIONS),
        }
    }

    fn word(&self) -> u64 {
        let low = self.q | (self.skip as u64) << 6 | self.low << 7 | self.last << 17;
        low | self.row << 27 | self.pkts << 43
    }
}

struct Bench {
    d: Dut,
    rng: StdRng,
    /// What is to be offered, and what was taken in: how many bytes of it have come out.
    todo: VecDeque<Work>,
    inside: VecDeque<(Work, u64)>,
    mps: u64,
    out: u64,
    cuts: u64,
}

impl Bench {
    fn new(seed: u64) -> Self {
        let mut d = dut!(c2h_recut, seed);
        d.pulse("rst", 2);
        let rng = StdRng::seed_from_u64(seed);
        Bench { d, rng, todo: VecDeque::new(), inside: VecDeque::new(), mps: 128, out: 0, cuts: 0 }
    }

    /// A clock with this Max_Payload_Size, which counts from the next one on.
    fn step(&mut self, cfg_mps: u64, offer: bool, take: bool) {
        let offer = offer && !self.todo.is_empty();
        self.d.set("cfg_mps", cfg_mps);
        self.d.set("in_valid", offer as u64);
        let next = self.todo.front().copied();
        let (word, pos) =
            next.map_or_else(|| (self.rng.random::<u64>() >> 5, 0), |work| (work.word(), work.pos));
        self.d.set("in_work", word);
        self.d.set("in_pos", pos);
        let take = take && !self.inside.is_empty();
        self.d.set("out_take", take as u64);
        self.d.step();
        assert_eq!(self.d.is_set("out_valid"), !self.inside.is_empty());
        if take {
            self.part();
        }
        if offer && self.d.is_set("in_ready") {
            self.inside.push_back((self.todo.pop_front().unwrap(), 0));
            assert_eq!(self.inside.len(), 1);
        }
        self.mps = 128 << cfg_mps.min(3);
    }

    fn part(&mut self) {
        let (work, done) = self.inside.pop_front().unwrap();
        let got = self.d.get("out_work");
        let kept = !(0x3FF << 7);
        assert_eq!(got & kept, work.word() & kept);
        let ends = self.d.is_set("out_ends");
        self.out += 1;
        if work.skip {
            assert!(ends);
            return;
        }
        let first = work.low + done;
        let last = work.last.min(first | (self.mps - 1));
        let lane_0 = first & !3;
        assert_eq!(got >> 7 & 0x3FF, first);
        assert_eq!(self.d.get("out_reach"), last - lane_0, "{work:x?} from byte {done} on");
        let pos = (work.pos + done).wrapping_sub(first - lane_0) % POSITIONS;
        assert_eq!(self.d.get("out_pos"), pos, "{work:x?} from byte {done} on");
        assert_eq!(ends, last == work.last);
        if !ends {
            self.cuts += 1;
            self.inside.push_front((work, done + last + 1 - first));
        }
    }
}

#[test]
fn parts_are_cut_by_the_present_size() {
    for seed in 0..8 {
        let mut b = Bench::new(seed);
        let rate = |rng: &mut StdRng| [0.3, 0.8, 1.0][rng.random_range(0..3)];
        let (offers, takes) = (rate(&mut b.rng), rate(&mut b.rng));
        let changes = [0.001, 0.1, 1.0][seed as usize % 3];
        let mut cfg_mps = 0;
        for _ in 0..30_000 {
            if b.rng.random_bool(changes) {
                cfg_mps = b.rng.random_range(0..8);
            }
            if b.todo.is_empty() {
                let planned = 128 << b.rng.random_range(0..4);
                let work = Work::random(&mut b.rng, planned);
                b.todo.push_back(work);
            }
            let (offer, take) = (b.rng.random_bool(offers), b.rng.random_bool(takes));
            b.step(cfg_mps, offer, take);
        }
        assert!(b.out > 4_000 && b.cuts > 400, "{} out, {} cuts", b.out, b.cuts);
    }
}

#[test]
fn one_goes_through_in_every_clock() {
    for planned in [128, 1024] {
        let mut b = Bench::new(9);
        b.step(0, false, false);
        for n in 0..1_000 {
            b.todo.push_back(Work {
                skip: false,
                low: 0,
                last: planned - 1,
                ..Work::random(&mut b.rng, 128)
            });
            b.step(0, true, true);
            assert_eq!(b.out, n);
        }
        // Of eight parts seven end with a cut; the 999th is the seventh of its eight.
        assert_eq!(b.cuts, if planned == 128 { 0 } else { 999 - 999 / 8 });
    }
}
