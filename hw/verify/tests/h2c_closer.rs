//! `h2c::Closer` alone, with 4 and with 64 queues, against a model: which packets are open, and who owes a closing beat.

use ferrolane_hw_verify::dut;
use rand::{rngs::StdRng, Rng, SeedableRng};
use verilated::Dut;

struct Bench {
    d: Dut,
    rng: StdRng,
    queues: usize,
    /// Packets that are open on the stream; those of them that were cut.
    open: u64,
    cut: u64,
    pause: u64,
    stopped: u64,
    sending: u64,
    closed: u64,
}

/// What happens in a clock.
#[derive(Default)]
struct Clock {
    beat: Option<(usize, bool)>,
    clear: Option<usize>,
    reset: bool,
    taken: bool,
}

impl Bench {
    fn new(seed: u64, queues: usize) -> Self {
        let mut d = if queues == 4 { dut!(h2c_closer, seed) } else { dut!(h2c_closer64, seed) };
        for name in ["core_rst", "beat", "clear", "stopped", "sending", "pause", "taken"] {
            d.set(name, 0u64);
        }
        d.pulse("rst", 1);
        let rng = StdRng::seed_from_u64(seed);
        Bench { d, rng, queues, open: 0, cut: 0, pause: 0, stopped: 0, sending: 0, closed: 0 }
    }

    fn step(&mut self, clock: Clock) {
        self.d.set("core_rst", clock.reset as u64);
        self.d.set("beat", clock.beat.is_some() as u64);
        let (q, last) = clock.beat.unwrap_or_default();
        self.d.set("beat_q", q as u64);
        self.d.set("beat_last", last as u64);
        self.d.set("clear", clock.clear.is_some() as u64);
        self.d.set("clear_q", clock.clear.unwrap_or_default() as u64);
        self.d.set("stopped", self.stopped);
        self.d.set("sending", self.sending);
        self.d.set("pause", self.pause);
        self.d.set("taken", clock.taken as u64);
        self.d.step();
        let offers = self.d.is_set("offer");
        let q = self.d.get("offer_q") as usize;
        if clock.taken && offers {
            assert_eq!(self.open >> q & self.cut >> q & 1, 1, "queue {q} owes no closing beat");
            self.closed += 1;
            self.open &= !(1 << q);
            self.cut &= !(1 << q);
        }
        if let Some((q, last)) = clock.beat {
            self.open = self.open & !(1 << q) | u64::from(!last) << q;
        }
    }

    /// A queue that may send: none that is held.
    fn sender(&mut self) -> Option<usize> {
        let q = self.rng.random_range(0..self.queues);
        ((self.cut | self.stopped) >> q & 1 == 0).then_some(q)
    }
}

#[test]
fn each_cut_packet_is_closed_once_and_no_other() {
    for seed in 0..20 {
        let queues = if seed % 2 == 0 { 4 } else { 64 };
        let mut b = Bench::new(seed, queues);
        let all = u64::MAX >> (64 - queues);
        for _ in 0..400 {
            for _ in 0..b.rng.random_range(0..40) {
                let sender = b.sender();
                let last = b.rng.random_bool(0.3);
                let taken = b.rng.random_bool(0.5);
                b.step(Clock { beat: sender.map(|q| (q, last)), taken, ..Clock::default() });
                if b.rng.random_bool(0.05) {
                    b.pause = b.rng.random::<u64>() & all;
                }
            }
            let q = b.rng.random_range(0..queues);
            match b.rng.random_range(0..4) {
                0 => {
                    b.cut |= b.open & 1 << q;
                    b.step(Clock { clear: Some(q), ..Clock::default() });
                }
                1 if b.rng.random_bool(0.1) => {
                    for reset in [true, false] {
                        let beat = b.sender().map(|q| (q, b.rng.random()));
                        b.step(Clock { beat, reset, ..Clock::default() });
                    }
                    b.cut |= b.open;
                    b.step(Clock::default());
                }
                2 => {
                    // It still sends, then it has ended.
                    b.stopped |= 1 << q;
                    b.sending |= 1 << q;
                    (0..5).for_each(|_| b.step(Clock::default()));
                    b.sending &= !(1 << q);
                    b.cut |= b.open & 1 << q;
                    (0..2).for_each(|_| b.step(Clock::default()));
                }
                _ => {
                    b.stopped &= !(1 << q);
                    b.step(Clock::default());
                }
            }
        }
        b.pause = 0;
        for _ in 0..4 * queues {
            b.step(Clock { taken: true, ..Clock::default() });
        }
        assert_eq!(b.open & b.cut, 0, "seed {seed}");
        assert_eq!(b.d.get("due"), 0);
        assert!(b.closed > 30, "{}", b.closed);
    }
}

#[test]
fn a_paused_queue_is_passed_over_and_the_fundamental_reset_forgets() {
    let mut b = Bench::new(1, 4);
    for q in 0..4 {
        b.step(Clock { beat: Some((q, false)), ..Clock::default() });
    }
    b.pause = 0b0101;
    b.step(Clock::default());
    b.step(Clock { reset: true, ..Clock::default() });
    b.cut = 0b1111;
    for _ in 0..20 {
        b.step(Clock { taken: true, ..Clock::default() });
    }
    assert_eq!((b.closed, b.open, b.d.get("due")), (2, 0b0101, 0b0101));
    b.d.pulse("rst", 1);
    (b.open, b.cut, b.pause) = (0, 0, 0);
    for _ in 0..20 {
        b.step(Clock { taken: true, ..Clock::default() });
    }
    assert_eq!(b.closed, 2);
}
