//! Which faults are due, and how often each was applied.

use super::plan::{CompletionFault, CompletionKind, Fault, Target, TimedFault, When, FETCH_TAGS};
use crate::options::Options;
use crate::rng::Rng;
use crate::tlp::Header;
use crate::units::clocks;

/// A fault and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Applied {
    /// The fault.
    pub fault: Fault,
    /// Completions that counted; of a timed fault, whether it has begun.
    pub seen: u64,
    /// How often it was applied.
    pub count: u64,
}

/// A timed fault that begins or ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edge {
    /// It begins.
    Begin(TimedFault),
    /// It ends.
    End(TimedFault),
}

/// The plan at work.
pub struct Injector {
    entries: Vec<Applied>,
    /// Edges to come: clock, entry, whether it begins.
    edges: Vec<(u64, usize, bool)>,
    /// Some entry is of completions.
    completions: bool,
    period_ps: u64,
    chances: Rng,
}

impl Injector {
    /// The plan of the options.
    pub fn new(options: &Options) -> Self {
        let mut injector = Injector {
            entries: Vec::new(),
            edges: Vec::new(),
            completions: false,
            period_ps: options.period_ps,
            chances: Rng::new(options.seed, "faults"),
        };
        for fault in &options.plan {
            injector.add(fault.clone());
        }
        injector
    }

    /// Adds a fault and gives its number. Completions count from now on.
    pub fn add(&mut self, fault: Fault) -> usize {
        let index = self.entries.len();
        match &fault {
            Fault::Completion(_) => self.completions = true,
            Fault::Timed(timed) => {
                let at = clocks(timed.at_ps, self.period_ps);
                self.edges.push((at, index, true));
                if let Some(ps) = timed.for_ps {
                    self.edges.push((at + clocks(ps, self.period_ps).max(1), index, false));
                }
                self.edges.sort_unstable_by_key(|edge| std::cmp::Reverse(*edge));
            }
        }
        self.entries.push(Applied { fault, seen: 0, count: 0 });
        index
    }

    /// All faults of the plan so far.
    pub fn applied(&self) -> &[Applied] {
        &self.entries
    }

    /// Whether a timed fault is still to begin or to end.
    pub fn waits(&self) -> bool {
        !self.edges.is_empty()
    }

    /// The next timed fault that begins or ends by clock `now`.
    #[inline]
    pub fn edge(&mut self, now: u64) -> Option<Edge> {
        let &(at, index, begins) = self.edges.last()?;
        if at > now {
            return None;
        }
        self.edges.pop();
        let entry = &mut self.entries[index];
        let Fault::Timed(fault) = entry.fault else { return None };
        if !begins {
            return Some(Edge::End(fault));
        }
        (entry.seen, entry.count) = (1, 1);
        Some(Edge::Begin(fault))
    }

    /// What is to be done to the next completion of `request`; `last` says that it is the last of its read. All
    /// faults of the plan count it, the first that is due is applied.
    #[inline]
    pub fn completion(&mut self, request: &Header, last: bool) -> Option<CompletionKind> {
        if !self.completions {
            return None;
        }
        let mut kind = None;
        for entry in &mut self.entries {
            let Fault::Completion(fault) = &entry.fault else { continue };
            if !counts(fault, request, last) {
                continue;
            }
            entry.seen += 1;
            let due = match fault.when {
                When::Nth { first, last } => (first..=last).contains(&entry.seen),
                When::Percent(percent) => self.chances.chance(percent),
            };
            if due && kind.is_none() {
                entry.count += 1;
                kind = Some(fault.kind);
            }
        }
        kind
    }
}

fn counts(fault: &CompletionFault, request: &Header, last: bool) -> bool {
    let fetch = request.tag() < FETCH_TAGS;
    let target = match fault.target {
        Target::Any => true,
        Target::Fetch => fetch,
        Target::Data => !fetch,
    };
    let within = || fault.within.as_ref().is_none_or(|range| range.contains(&request.byte_span().start));
    target && (last || fault.kind != CompletionKind::Duplicate) && within()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn injector(words: &str) -> Injector {
        Injector::new(&Options::parse(&format!("sim:{words}")).unwrap())
    }

    fn read(tag: u16) -> Header {
        Header::memory(false, 0x0100, tag, 0x1000, 16, (15, 15))
    }

    #[test]
    fn each_fault_counts_what_is_its_own() {
        let mut it = injector("fault=fetch-ur@2,fault=data-poison@1..2,fault=duplicate@1");
        let ur = Some(CompletionKind::Status(1));
        let poison = Some(CompletionKind::Poison);
        assert_eq!(it.completion(&read(0), false), None);
        assert_eq!(it.completion(&read(20), true), poison, "the first that is due");
        assert_eq!(it.completion(&read(7), false), ur);
        assert_eq!(it.completion(&read(20), false), poison);
        assert_eq!(it.completion(&read(20), true), None);
        let counts: Vec<_> = it.applied().iter().map(|entry| (entry.seen, entry.count)).collect();
        assert_eq!(counts, [(2, 1), (3, 2), (2, 0)]);
    }

    #[test]
    fn addresses_pick_reads() {
        let mut it = injector("seed=1");
        it.add(Fault::nth(CompletionKind::Poison, 1, 0x2000..0x3000));
        assert_eq!(it.completion(&read(9), true), None);
        let inside = Header::memory(false, 0x0100, 9, 0x2FFC, 1, (15, 0));
        assert_eq!(it.completion(&inside, true), Some(CompletionKind::Poison));
    }

    #[test]
    fn edges_come_in_order_of_time() {
        let mut it = injector("fault=bme-off@40ns+8ns,fault=link-down@20ns");
        let mut seen = Vec::new();
        for now in 0..20 {
            while let Some(edge) = it.edge(now) {
                seen.push((now, matches!(edge, Edge::Begin(_))));
            }
        }
        assert_eq!(seen, [(5, true), (10, true), (12, false)]);
        assert!(!it.waits());
    }
}
