//! The ring of tags: requests take them in order, commit gives them back in order, and some stay open on the wire.

use std::collections::VecDeque;

use rand::{rngs::StdRng, Rng};
use verilated::Dut;

use crate::bench::Shape;

pub struct Tags {
    first: u64,
    end: u64,
    /// Tags of requests that are not committed, and the next request's.
    pub out: VecDeque<u64>,
    pub next: u64,
    /// Requests behind which a tag was passed over.
    pub skipped: u64,
    /// Until when a tag stays open on the wire whose request has been committed.
    pub open_until: Vec<u64>,
    /// Tag that is looked up.
    looked: usize,
    /// What was said of it is no answer.
    waits: bool,
    /// Phase in which each tag's last read ended, and tag that the block shows.
    pub phases: Vec<bool>,
    shown: usize,
}

impl Tags {
    pub fn new(shape: Shape, rng: &mut StdRng) -> Self {
        let first = shape.first_tag();
        Tags {
            first,
            end: shape.tags,
            out: VecDeque::new(),
            next: first,
            skipped: 0,
            open_until: vec![0; shape.tags as usize],
            looked: 0,
            waits: true,
            phases: (0..shape.tags).map(|_| rng.random()).collect(),
            shown: first as usize,
        }
    }

    /// Before the clock's edge; with `fast` no tag makes anybody wait.
    pub fn before(&mut self, d: &mut Dut, rng: &mut StdRng, fast: bool) {
        if !self.out.is_empty() && rng.random_bool(0.1) {
            let tag = self.out.pop_front().expect("not empty");
            if !fast && rng.random_bool(0.1) {
                self.open_until[tag as usize] = d.clocks() + rng.random_range(1..1500);
            }
        }
        d.set("tag_open", self.is_open(self.looked, d) as u64);
        // What is told then may be anything.
        if self.waits {
            d.set("tag_open", rng.random::<bool>() as u64);
        }
        self.waits = !fast && rng.random_bool(0.1);
        d.set("tag_wait", self.waits as u64);
        d.set("tail", self.out.front().copied().unwrap_or(self.next));
        d.set("ended_phase", self.phases[self.shown] as u64);
    }

    /// Behind the clock's edge.
    pub fn after(&mut self, d: &Dut) {
        self.shown = d.get("next_tag") as usize;
        self.looked = d.get("tag_look") as usize;
        if d.is_set("tag_restart") {
            assert!(self.out.is_empty());
            self.next = d.get("restart_tag");
        }
    }

    fn is_open(&self, tag: usize, d: &Dut) -> bool {
        self.open_until[tag] > d.clocks()
    }

    /// A request takes the next tag, and `then` is the one behind; with `fast` none may be passed over.
    pub fn take(&mut self, then: u64, d: &Dut, fast: bool) -> u64 {
        let tag = self.next;
        assert_eq!(d.get("next_tag"), tag);
        assert!(!self.is_open(then as usize, d), "tag {then} is open on the wire");
        assert!(!self.out.contains(&then) && then >= self.first, "tag {then} is in use");
        let behind = if tag == self.end - 1 { self.first } else { tag + 1 };
        assert!(then == behind || !fast, "tag {behind} was skipped");
        self.skipped += u64::from(then != behind);
        self.next = then;
        self.out.push_back(tag);
        assert!(self.out.len() as u64 <= self.end - 9);
        tag
    }
}
