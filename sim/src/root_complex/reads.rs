//! Answers to the card's reads: when, in which pieces and in which order (PCIe Base Spec 2.3.1.1).

use std::collections::VecDeque;

use crate::faults::{forge, CompletionKind, Injector};
use crate::host_memory::{Fetch, Refused};
use crate::iommu::{Fault, Iommu};
use crate::link::Lane;
use crate::options::{Options, Split};
use crate::rng::Rng;
use crate::tlp::{Class, Header, Pool, Tlp, STATUS_SC, STATUS_UR};
use crate::units::clocks;

/// Bus, device and function of the root complex.
pub const ROOT_ID: u16 = 0;
/// Completions that may wait for the link before no more are made: data is sampled shortly before it is sent.
const AHEAD: usize = 2;
/// What the card finds in bytes that it has not asked for.
const FILL: u8 = 0xDE;

struct Pending {
    request: Header,
    next: u64,
    end: u64,
    due: u64,
    /// What is made of its answer from now on waits until this clock, on purpose.
    late: u64,
    /// First byte of the request.
    start: u64,
    /// Its bytes, asked for, where the memory takes time.
    fetch: Option<Fetch>,
    /// Nobody waits for the data any more.
    abandoned: bool,
}

impl Pending {
    /// Nothing but the clock keeps its answer back.
    fn has_data(&self) -> bool {
        self.abandoned || self.fetch.as_ref().is_none_or(Fetch::is_done)
    }
}

/// Where answers are cut.
pub struct Cuts {
    mps: u64,
    rcb: u64,
    split: Split,
    random: Rng,
}

impl Cuts {
    /// By the rule of the options.
    pub fn new(options: &Options, random: Rng) -> Self {
        Cuts { mps: options.mps.into(), rcb: options.rcb.into(), split: options.split, random }
    }

    /// Where the piece that starts at `start` ends: at a boundary, or with the request.
    pub fn cut(&mut self, start: u64, end: u64) -> u64 {
        let down = |at: u64| at / self.rcb * self.rcb;
        let (first, most) = (down(start) + self.rcb, down((start & !3) + self.mps));
        let cut = match self.split {
            Split::Max => most,
            Split::Rcb => first,
            Split::Random => first + self.rcb * self.random.below((most - first) / self.rcb + 1),
        };
        cut.min(end)
    }
}

/// Reads that wait for their data.
pub struct Reads {
    pending: VecDeque<Pending>,
    /// Earliest clock in which anything is due.
    earliest: u64,
    last_due: u64,
    /// The request whose answer has begun, by tag.
    current: Option<u16>,
    limit: usize,
    reorder: u8,
    latency: u64,
    jitter: u64,
    delays: Rng,
    order: Rng,
    cuts: Cuts,
    /// Completions that come late on purpose, and when.
    late: Vec<(u64, Box<Tlp>)>,
    /// A read is due whose data have not come.
    starved: bool,
    period_ps: u64,
    answered: u64,
    unmapped: u64,
}

impl Reads {
    /// None pending.
    pub fn new(options: &Options) -> Self {
        let inside = options.latency_ps.saturating_sub(2 * options.delay_ps);
        Reads {
            pending: VecDeque::with_capacity(options.reads as usize),
            earliest: u64::MAX,
            last_due: 0,
            current: None,
            limit: options.reads as usize,
            reorder: options.reorder,
            latency: clocks(inside, options.period_ps),
            jitter: clocks(options.jitter_ps, options.period_ps),
            delays: Rng::new(options.seed, "read delay"),
            order: Rng::new(options.seed, "read order"),
            cuts: Cuts::new(options, Rng::new(options.seed, "read split")),
            late: Vec::new(),
            starved: false,
            period_ps: options.period_ps,
            answered: 0,
            unmapped: 0,
        }
    }

    /// Forgets all requests and what comes late.
    pub fn clear(&mut self) {
        self.pending.clear();
        self.late.clear();
        (self.earliest, self.last_due, self.current) = (u64::MAX, 0, None);
        self.starved = false;
    }

    /// Whether a read is due and waits for nothing but its data.
    pub fn is_starved(&self) -> bool {
        let asked = || self.pending.iter().filter(|p| p.fetch.is_some());
        self.starved && asked().next().is_some() && !asked().any(Pending::has_data)
    }

    /// Whether another can be worked on.
    pub fn has_room(&self) -> bool {
        self.pending.len() < self.limit
    }

    /// The data that were asked for and have not come are not waited for: the card is being reset, and whoever has
    /// them may wait for the end of that. These reads are refused.
    pub fn abandon(&mut self) {
        for p in self.pending.iter_mut().filter(|p| !p.has_data()) {
            p.abandoned = true;
        }
    }

    /// Whether none is pending.
    pub fn is_empty(&self) -> bool {
        self.pending.is_empty() && self.late.is_empty()
    }

    /// Requests answered in full, and how many of them were refused.
    pub fn counts(&self) -> (u64, u64) {
        (self.answered, self.unmapped)
    }

    /// Takes a request in.
    pub fn accept(&mut self, request: Header, now: u64) {
        let mut due = now + self.latency + self.delays.below(self.jitter + 1);
        if self.reorder == 0 {
            due = due.max(self.last_due);
            self.last_due = due;
        }
        let span = request.byte_span();
        self.pending.push_back(Pending {
            request,
            next: span.start,
            end: span.end,
            due,
            late: 0,
            start: span.start,
            fetch: None,
            abandoned: false,
        });
        self.earliest = self.earliest.min(due);
    }

    /// One clock: makes the next completion if one is due and the link takes it.
    #[inline]
    pub fn tick(
        &mut self,
        now: u64,
        iommu: &mut Iommu,
        injector: &mut Injector,
        lane: &mut Lane,
        pool: &mut Pool,
    ) {
        if !self.late.is_empty() {
            for (_, tlp) in self.late.extract_if(.., |late| late.0 <= now) {
                lane.push(Class::Completion, tlp);
            }
        }
        self.starved = false;
        if now >= self.earliest {
            self.fetch(now, iommu);
        }
        while now >= self.earliest && lane.queued(Class::Completion) < AHEAD {
            let Some(index) = self.choose(now) else { return };
            let request = self.pending[index].request;
            let (mut tlp, ends) = self.complete(index, now, iommu, pool);
            let fault = injector.completion(&request, ends);
            if let Some(kind) = fault {
                self.spoil(kind, index, ends, &mut tlp, now, lane, pool);
            }
            let due = self.pending[index].late;
            if ends || fault.is_some_and(CompletionKind::ends_read) {
                self.finish(index);
            }
            match fault {
                Some(CompletionKind::Drop | CompletionKind::DropAnswer) => pool.give(tlp),
                _ if due > now => self.late.push((due, tlp)),
                Some(CompletionKind::Duplicate) => {
                    let again = forge::stray(CompletionKind::Duplicate, &tlp, pool);
                    lane.push(Class::Completion, tlp);
                    lane.push(Class::Completion, again);
                }
                _ => lane.push(Class::Completion, tlp),
            }
        }
    }

    /// Does to a completion, or in front of it, what the plan says.
    #[allow(clippy::too_many_arguments)]
    fn spoil(
        &mut self,
        kind: CompletionKind,
        index: usize,
        ends: bool,
        tlp: &mut Tlp,
        now: u64,
        lane: &mut Lane,
        pool: &mut Pool,
    ) {
        match kind {
            CompletionKind::Late(ps) => self.pending[index].late = now + clocks(ps, self.period_ps),
            CompletionKind::UnknownTag | CompletionKind::WrongRequester | CompletionKind::PortError => {
                lane.push(Class::Completion, forge::stray(kind, tlp, pool));
            }
            _ => forge::change(kind, tlp, ends),
        }
    }

    /// Asks memory that takes time for the data of reads that are due.
    fn fetch(&mut self, now: u64, iommu: &mut Iommu) {
        if !iommu.takes_time() {
            return;
        }
        for p in self.pending.iter_mut().filter(|p| p.due <= now) {
            if p.fetch.is_none() && p.next == p.start {
                let found = iommu.translate(p.start, p.end - p.start, false);
                p.fetch = found.and_then(|(memory, offset)| memory.fetch(offset, (p.end - p.start) as usize));
            }
            self.starved |= !p.has_data();
        }
    }

    fn choose(&mut self, now: u64) -> Option<usize> {
        let due = |p: &Pending| p.due <= now && p.has_data();
        if self.order.chance(self.reorder) {
            let ready = self.pending.iter().filter(|p| due(p)).count() as u64;
            if ready == 0 {
                return None;
            }
            let pick = self.order.below(ready) as usize;
            return self.pending.iter().enumerate().filter(|(_, p)| due(p)).nth(pick).map(|(i, _)| i);
        }
        if let Some(tag) = self.current {
            if let Some(index) = self.pending.iter().position(|p| p.request.tag() == tag) {
                return Some(index);
            }
        }
        self.pending.iter().position(due)
    }

    /// The next completion of a request, and whether it is the last.
    fn complete(&mut self, index: usize, now: u64, iommu: &mut Iommu, pool: &mut Pool) -> (Box<Tlp>, bool) {
        let (request, start, end) = {
            let p = &self.pending[index];
            (p.request, p.next, p.end)
        };
        let cut = self.cuts.cut(start, end);
        let (left, lower) = ((end - start) as u32, (start & 0x7F) as u8);
        let header = |status, dws| {
            let (to, tag) = (request.requester(), request.tag());
            Header::completion(ROOT_ID, to, tag, status, left, lower, dws, request.attr())
        };
        let skip = (start & 3) as usize;
        let bytes = (cut - start) as usize;
        let dws = (skip + bytes).div_ceil(4);
        let mut buffer = [FILL; 4096];
        let into = &mut buffer[skip..skip + bytes];
        let p = &self.pending[index];
        let read = match (&p.fetch, iommu.translate(start, cut - start, false)) {
            (Some(fetch), _) => fetch.read((start - p.start) as usize, into),
            (None, Some((memory, offset))) => memory.read(offset, into),
            (None, None) => Err(Refused),
        };
        if read.is_err() || p.abandoned {
            if !p.abandoned {
                iommu.fault(Fault { clock: now, iova: start, len: end - start, write: false });
            }
            self.unmapped += 1;
            return (pool.take(header(STATUS_UR, 0)), true);
        }
        let mut tlp = pool.take(header(STATUS_SC, dws));
        tlp.len = dws;
        for (dw, bytes) in tlp.data[..dws].iter_mut().zip(buffer.chunks_exact(4)) {
            *dw = u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
        }
        if cut != end {
            self.pending[index].next = cut;
            self.current = Some(request.tag());
        }
        (tlp, cut == end)
    }

    fn finish(&mut self, index: usize) {
        let done = self.pending.remove(index).expect("index of a pending read");
        if self.current == Some(done.request.tag()) {
            self.current = None;
        }
        self.answered += 1;
        self.earliest = if self.reorder == 0 {
            self.pending.front().map_or(u64::MAX, |p| p.due)
        } else {
            self.pending.iter().map(|p| p.due).min().unwrap_or(u64::MAX)
        };
    }
}

#[cfg(test)]
mod tests;
