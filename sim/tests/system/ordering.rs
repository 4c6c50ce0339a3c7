//! An adapter that passes completions on at once and writes late: what a register has told must have arrived.
//!
//! A completion must not pass a posted write (PCIe Base Spec r5 2.4.1). Where the adapter's streams are independent
//! up to the wire, the engine has to keep the order: it holds an answer back until the writes before it are reported sent.

use std::collections::VecDeque;

use ferrolane_abi::map::Direction::{C2h, H2c};
use ferrolane_abi::regs::queue as regs;
use ferrolane_sim::pins::{Beat, CardModel, Inputs, Outputs};
use ferrolane_sim::rtl::RtlCard;

use crate::bare::Bare;
use crate::feed::Feed;
use crate::job::{jobs, Shape};
use crate::lane::Setup;

/// Beats that the adapter keeps.
const ROOM: usize = 256;

/// Delays `tx_wr` by some clocks against `tx_cpl`.
struct Late {
    card: RtlCard,
    delay: u64,
    /// Reports a write as sent when it has taken it: a lie.
    lies: bool,
    now: u64,
    held: VecDeque<(u64, Beat, u8)>,
    /// Whole TLPs in `held`.
    whole: usize,
    showing: bool,
    reports: VecDeque<u8>,
    number: u8,
}

impl Late {
    fn new(card: RtlCard, delay: u64, lies: bool) -> Self {
        Late {
            card,
            delay,
            lies,
            now: 0,
            held: VecDeque::new(),
            whole: 0,
            showing: false,
            reports: VecDeque::new(),
            number: 0,
        }
    }
}

impl CardModel for Late {
    fn step(&mut self, i: &Inputs, o: &mut Outputs) -> Result<(), String> {
        self.now += 1;
        let mut inner = *i;
        inner.tx_wr_ready = self.held.len() < ROOM;
        if self.lies {
            let report = self.reports.pop_front();
            (inner.tx_sent_valid, inner.tx_sent_seq) = (report.is_some(), report.unwrap_or(0));
        }
        self.card.step(&inner, o)?;
        let (came, number) = (o.tx_wr, o.tx_wr_seq);
        // A TLP is begun only if all of it is here: `valid` may not drop inside.
        self.showing |= self.whole > 0 && self.held.front().is_some_and(|(due, ..)| *due <= self.now);
        (o.tx_wr, o.tx_wr_seq) = (Beat::default(), 0);
        if let Some((_, beat, number)) = self.held.front().filter(|_| self.showing) {
            (o.tx_wr, o.tx_wr_seq) = (*beat, *number);
            if i.tx_wr_ready {
                self.whole -= usize::from(beat.last);
                self.showing = !beat.last;
                self.held.pop_front();
            }
        }
        if came.valid && inner.tx_wr_ready && !i.rst {
            if came.first {
                self.number = number;
            }
            self.held.push_back((self.now + self.delay, came, number));
            if came.last {
                self.whole += 1;
                self.reports.push_back(self.number);
            }
        }
        Ok(())
    }

    fn finish(&mut self) {
        self.card.finish();
    }
}

/// Loops packets and believes the registers at once, as often as they can be read.
fn believes(delay: u64, lies: bool) {
    let mut bare = Bare::behind(&format!("sim:delay=10ns,latency=300ns,seed={delay}"), |card| {
        Box::new(Late::new(card, delay, lies))
    });
    let setups: Vec<_> = (0..3)
        .map(|queue| {
            let feed = [Feed::Ring, Feed::Push, Feed::Direct][queue as usize];
            let policy = if queue == 1 { 0 } else { 3 };
            (Setup::new(H2c, queue, feed), Setup::new(C2h, queue, feed).policy(policy).gather(4, 2))
        })
        .collect();
    let shape = Shape { seed: delay, packets: 60, longest: 1_500, piece: 700, irq: 0 };
    let mut jobs = jobs(&mut bare, &setups, shape);
    let mut told = 0;
    let end = bare.now() + 3_000_000;
    while !jobs.iter().all(|job| job.done()) {
        assert!(bare.now() < end, "stuck");
        for job in &mut jobs {
            // Reads FINISHED, and compares the data of all that has ended, in the clock of the answer.
            job.step(&mut bare);
            if job.lane.setup.direction == C2h && job.lane.setup.policy_number() == 0 {
                let completed = job.lane.get(&mut bare, &regs::COMPLETED);
                while job.lane.taken < completed {
                    told += 1;
                    let before = job.lane.taken;
                    job.step(&mut bare);
                    assert!(job.lane.taken > before, "COMPLETED has passed its record: data of it is late");
                }
            }
        }
    }
    assert!(told > 0, "the register was never ahead of what was looked at");
    assert_eq!(bare.take_errors(), 0);
}

#[test]
fn a_register_never_overtakes_data_or_records() {
    for delay in [10, 60, 300] {
        believes(delay, false);
    }
}

/// The same with an adapter that breaks its promise, so that the test above is known to see it.
#[test]
#[should_panic(expected = "data of")]
fn an_adapter_that_reports_too_early_is_seen() {
    believes(300, true);
}
