//! What the host has told the queues, and whether records and interrupts follow from it.
//!
//! The checker sees the host's register writes as they reach the card and the card's writes as they leave it. From
//! these it knows each running queue's completion ring, and which interrupts a written record may cause.

use ferrolane_abi::completion::{Completion, BYTES, PHASE_BIT};
use ferrolane_abi::doorbell::{ARM_BIT, CONSUMER_MASK};
use ferrolane_abi::regs::queue as regs;
use ferrolane_abi::{descriptor, map};

use super::violation::{Finding, Violation};
use crate::tlp::Tlp;

const QUEUES: usize = 2 * map::MAX_QUEUES as usize;

#[derive(Clone, Copy, Default)]
struct Queue {
    // As written.
    descriptors: u64,
    descriptors_log2: u32,
    base: u64,
    log2: u32,
    vector: u32,
    /// MODE.FEED.
    feed: u32,
    // Since the start.
    running: bool,
    /// The host has not stopped it.
    judged: bool,
    start: u64,
    size: u64,
    records: u32,
    consumer: u32,
    /// ARMs that wait for a record.
    armed: u32,
    /// ARMs that a record has answered, up to [`ANSWERED`]: each may cause an interrupt. The host may have armed anew before
    /// the first ARM's interrupt was on its way; the card then may send one for each or one for all.
    answered: u32,
    /// A descriptor of it asked for an interrupt, armed or not.
    asks: bool,
    /// Records since then that no interrupt has told of, up to [`UNTOLD`].
    untold: u32,
}

/// MODE.FEED of list mode.
const LIST: u32 = 1;

/// Records that may be written before the interrupt of the first of them: two TLPs of as many as the engine collects.
const UNTOLD: u32 = 32;

/// ARMs that may be on their way through the card at a time: its queue of writes from the host holds no more.
const ANSWERED: u32 = 256;

/// All queues.
pub struct Queues {
    queues: Vec<Queue>,
    active: Vec<usize>,
}

impl Queues {
    /// As after reset.
    pub fn new() -> Self {
        Queues { queues: vec![Queue::default(); QUEUES], active: Vec::new() }
    }

    /// After a reset of the function.
    pub fn reset(&mut self) {
        self.queues.fill(Queue::default());
        self.active.clear();
    }

    /// The host has written a DWORD of BAR0.
    pub fn write(&mut self, offset: u64, value: u32) {
        let all = QUEUES as u64;
        if let Some(at) = offset.checked_sub(map::DOORBELL_PAGE).filter(|at| *at < all * map::DOORBELL_STRIDE)
        {
            if at & 4 != 0 {
                self.queues[(at / map::DOORBELL_STRIDE) as usize].doorbell(value);
            }
        } else if let Some(at) = offset.checked_sub(map::PUSH_PAGE).filter(|at| *at < all * map::PUSH_STRIDE)
        {
            let flags_dw = at % descriptor::BYTES as u64 == 8;
            self.queues[(at / map::PUSH_STRIDE) as usize].asks |=
                flags_dw && (value >> 24) as u8 & descriptor::IRQ != 0;
        } else if let Some(at) =
            offset.checked_sub(map::QUEUE_PAGE).filter(|at| *at < all * map::QUEUE_STRIDE)
        {
            let index = (at / map::QUEUE_STRIDE) as usize;
            self.register(index, (at % map::QUEUE_STRIDE) as u32, value);
        }
    }

    fn register(&mut self, index: usize, offset: u32, value: u32) {
        let queue = &mut self.queues[index];
        let is = |register: &ferrolane_abi::table::Register| register.offset == offset;
        if is(&regs::CPL_BASE_LO) {
            queue.base = queue.base & !0xFFFF_FFFF | u64::from(value & !0xF);
        } else if is(&regs::CPL_BASE_HI) {
            queue.base = queue.base & 0xFFFF_FFFF | u64::from(value) << 32;
        } else if is(&regs::RING_BASE_LO) {
            queue.descriptors = queue.descriptors & !0xFFFF_FFFF | u64::from(value & !0xF);
        } else if is(&regs::RING_BASE_HI) {
            queue.descriptors = queue.descriptors & 0xFFFF_FFFF | u64::from(value) << 32;
        } else if is(&regs::RING_SIZE) {
            queue.descriptors_log2 = value & 0x1F;
            queue.log2 = value >> 8 & 0x1F;
        } else if is(&regs::MODE) {
            queue.feed = value & 3;
        } else if is(&regs::FEED_GO) {
            // A list's flags stand in memory that is not known yet.
            queue.asks |= queue.feed == LIST || value as u8 & descriptor::IRQ != 0;
        } else if is(&regs::VECTOR) {
            queue.vector = value & 0xFF;
        } else if is(&regs::CTRL) {
            let run = value & 1 == 1;
            if run && !queue.judged {
                queue.start();
            }
            queue.judged = run && queue.running;
        }
        let queues = &self.queues;
        self.active.clear();
        self.active.extend((0..QUEUES).filter(|&i| queues[i].running));
    }

    /// Judges a memory write: is it a completion record, and then a right one?
    ///
    /// # Errors
    /// The rule that was broken.
    pub fn memory_write(&mut self, tlp: &Tlp) -> Result<(), Finding> {
        let Some(index) = self.records_of(tlp.hdr.address()) else { return Ok(()) };
        let queue = &mut self.queues[index];
        let finding = queue.records(index, tlp);
        if queue.judged {
            finding
        } else {
            Ok(())
        }
    }

    /// The running queue whose completion ring holds `address`, as [`map::queue_id`] counts.
    pub fn records_of(&self, address: u64) -> Option<usize> {
        let holds = |index: &usize| {
            let queue = &self.queues[*index];
            address.wrapping_sub(queue.start) < queue.size * BYTES as u64
        };
        let active = || self.active.iter().copied();
        // After a stop its ring's memory may serve other ends, another queue's ring among them.
        let judged = |index: &usize| self.queues[*index].judged && holds(index);
        active().find(judged).or_else(|| active().find(holds))
    }

    /// The running queues whose descriptor ring holds `address`.
    pub fn descriptors_of(&self, address: u64) -> impl Iterator<Item = usize> + '_ {
        let holds = move |index: &usize| {
            let queue = &self.queues[*index];
            address.wrapping_sub(queue.descriptors) < (descriptor::BYTES as u64) << queue.descriptors_log2
        };
        self.active.iter().copied().filter(holds)
    }

    /// Data that the card has read from `address` on. If these are descriptors, it looks for requests of interrupts.
    pub fn read_data(&mut self, address: u64, payload: &[u32]) {
        if !address.is_multiple_of(descriptor::BYTES as u64) {
            return;
        }
        let asks = |dw: &[u32]| (dw[2] >> 24) as u8 & descriptor::IRQ != 0;
        if payload.chunks_exact(descriptor::BYTES / 4).any(asks) {
            for index in self.descriptors_of(address).collect::<Vec<_>>() {
                self.queues[index].asks = true;
            }
        }
    }

    /// Judges an interrupt of `vector`: a record must have gone before it. Vector 0 also tells errors, which can't be
    /// foreseen.
    ///
    /// # Errors
    /// The rule that was broken.
    pub fn interrupt(&mut self, vector: u32) -> Result<(), Finding> {
        let mut user = false;
        for &index in &self.active {
            let queue = &mut self.queues[index];
            if queue.vector == vector {
                user = true;
                if queue.answered > 0 {
                    queue.answered -= 1;
                    return Ok(());
                }
                if queue.untold > 0 {
                    queue.untold -= 1;
                    return Ok(());
                }
            }
        }
        if vector == 0 || !user {
            return Ok(());
        }
        Err((
            Violation::InterruptBeforeRecord,
            format!("vector {vector}: none of its queues has a record that asked for it"),
        ))
    }
}

impl Default for Queues {
    fn default() -> Self {
        Self::new()
    }
}

impl Queue {
    fn start(&mut self) {
        self.running = (1..=16).contains(&self.log2);
        self.start = self.base;
        self.size = 1 << self.log2;
        (self.records, self.consumer, self.armed, self.answered) = (0, 0, 0, 0);
        (self.asks, self.untold) = (false, 0);
    }

    fn doorbell(&mut self, upper: u32) {
        let distance = |index: u32| index.wrapping_sub(self.consumer) & CONSUMER_MASK;
        if distance(upper) > distance(self.records) {
            // It takes records that were never written: the card ignores it.
            return;
        }
        self.consumer = upper & CONSUMER_MASK;
        if upper >> ARM_BIT == 1 {
            self.armed += 1;
            if self.consumer != self.records & CONSUMER_MASK {
                self.answer();
            }
        }
    }

    /// There is a record that the ARMs asked for.
    fn answer(&mut self) {
        self.answered = (self.answered + self.armed).min(ANSWERED);
        self.armed = 0;
    }

    fn records(&mut self, index: usize, tlp: &Tlp) -> Result<(), Finding> {
        let (hdr, payload) = (&tlp.hdr, tlp.payload());
        let whole = hdr.address().is_multiple_of(BYTES as u64) && payload.len() % (BYTES / 4) == 0;
        let count = (payload.len() / (BYTES / 4)) as u32;
        let first = self.records;
        self.records = self.records.wrapping_add(count);
        if self.asks {
            self.untold = (self.untold + count).min(UNTOLD);
        }
        self.answer();
        let (first_be, last_be) = (hdr.first_be(), hdr.last_be());
        if !whole || first_be != 0xF || last_be != 0xF || hdr.attr() != 0 {
            let detail = format!(
                "{} DW at {:#x}, enables {first_be:04b}/{last_be:04b}, attributes {:03b}",
                payload.len(),
                hdr.address(),
                hdr.attr()
            );
            return Err((Violation::RecordForm, detail));
        }
        let place = (hdr.address() - self.start) / BYTES as u64;
        let expected = u64::from(first) % self.size;
        if place != expected || place + u64::from(count) > self.size {
            let detail = format!("{count} records at place {place}, expected {expected} of {}", self.size);
            return Err((Violation::RecordOrder, detail));
        }
        for (i, dw) in payload.chunks_exact(BYTES / 4).enumerate() {
            let record = Completion::from_dws([dw[0], dw[1], dw[2], dw[3]]);
            // An error's record asks by itself.
            if record.status != 0 && !self.asks {
                self.untold = (self.untold + 1).min(UNTOLD);
            }
            let lap = u64::from(first.wrapping_add(i as u32)) / self.size;
            if dw[3] >> PHASE_BIT != u32::from(lap.is_multiple_of(2)) || usize::from(record.queue) != index {
                let detail = format!("{record:?} on lap {lap} of queue {index}");
                return Err((Violation::RecordOrder, detail));
            }
        }
        let open = (self.records & CONSUMER_MASK).wrapping_sub(self.consumer) & CONSUMER_MASK;
        if u64::from(open) > self.size {
            return Err((
                Violation::RecordOverrun,
                format!(
                    "{} records written, {} taken, the ring has {}",
                    self.records, self.consumer, self.size
                ),
            ));
        }
        Ok(())
    }
}
