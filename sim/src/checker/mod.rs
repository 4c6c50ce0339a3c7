//! Judges every TLP that the card sends.
//!
//! [`Checker::clock`] looks at the three transmit streams beat by beat, [`Checker::judge`] at each whole TLP. A broken
//! rule ends the run with a [`Report`].

pub mod completions;
pub mod decode;
pub mod msix;
pub mod queues;
pub mod rules;
pub mod stream;
pub mod violation;

use ferrolane_abi::map;

use crate::credit::Credits;
use crate::iommu::Iommu;
use crate::options::FaultPolicy;
use crate::packet::Standing;
use crate::pins::{CfgPins, Inputs, Outputs};
use crate::tlp::{Class, Header, Kind, Pool, Tlp, STATUS_SC};
use decode::History;
use violation::{Finding, Report, Stream, Violation};

/// Clocks for which the card may still act on what the configuration said before.
pub const GRACE: u64 = 128;
/// Clocks of reset after which nothing may be offered.
pub const RESET_SETTLE: u64 = 4;
/// Tags that a 10-bit field can name.
const TAGS: usize = 1024;

/// TLPs that came out of the card in a clock, by stream.
pub type Sent = [Option<Box<Tlp>>; 3];

/// The judge.
pub struct Checker {
    monitors: [stream::Monitor; 3],
    cfg: CfgPins,
    before: CfgPins,
    changed: u64,
    /// Clocks in which each transmit stream was held off, and how many that were at the change.
    held: [u64; 3],
    held_at_change: [u64; 3],
    seq: Option<u8>,
    reads: Vec<Option<Header>>,
    open_reads: usize,
    /// The host's reads of the card.
    pub host_reads: completions::HostReads,
    table: msix::Table,
    /// What the host has told the queues.
    pub queues: queues::Queues,
    granted: Credits,
    used: [(u32, u32); 3],
    lanes: usize,
    policy: FaultPolicy,
    history: History,
    judged: u64,
    reset_clocks: u64,
}

impl Checker {
    /// Nothing seen, of a port of `lanes` DWORDs. `granted` are the credits that the root complex gives.
    pub fn new(granted: Credits, policy: FaultPolicy, lanes: usize) -> Self {
        Checker {
            monitors: std::array::from_fn(|_| stream::Monitor::new(lanes)),
            cfg: CfgPins::default(),
            before: CfgPins::default(),
            changed: 0,
            held: [0; 3],
            held_at_change: [0; 3],
            seq: None,
            reads: vec![None; TAGS],
            open_reads: 0,
            host_reads: Default::default(),
            table: Default::default(),
            queues: Default::default(),
            granted,
            used: [(0, 0); 3],
            lanes,
            policy,
            history: History::new(),
            judged: 0,
            reset_clocks: 0,
        }
    }

    /// TLPs judged so far.
    pub fn judged(&self) -> u64 {
        self.judged
    }

    /// Reads of the card that are unanswered.
    pub fn open_reads(&self) -> usize {
        self.open_reads
    }

    /// Whether a stream is inside a TLP.
    pub fn inside(&self, stream: Stream) -> bool {
        self.monitors[stream as usize].inside()
    }

    /// The configuration that counts from clock `now` on.
    pub fn configure(&mut self, cfg: CfgPins, now: u64) {
        if cfg != self.cfg {
            if now >= self.changed + GRACE {
                self.before = self.cfg;
            }
            (self.cfg, self.changed, self.held_at_change) = (cfg, now, self.held);
        }
    }

    /// The function was reset: registers and queues start anew; reads that are open stay open.
    pub fn function_reset(&mut self) {
        self.table.reset();
        self.queues.reset();
        self.seq = None;
    }

    /// The link is down: no read is open any more in either direction, and no TLP goes on.
    pub fn link_down(&mut self) {
        self.function_reset();
        self.reads.fill(None);
        self.open_reads = 0;
        self.host_reads = Default::default();
        self.used = [(0, 0); 3];
        let lanes = self.lanes;
        self.monitors = std::array::from_fn(|_| stream::Monitor::new(lanes));
    }

    /// Looks at a clock's beats and gives the TLPs that ended in it.
    ///
    /// # Errors
    /// The rule that was broken.
    #[inline]
    pub fn clock(&mut self, i: &Inputs, o: &Outputs, now: u64, pool: &mut Pool) -> Result<Sent, Box<Report>> {
        if i.rst {
            self.reset_clocks += 1;
            if self.reset_clocks > RESET_SETTLE && (o.tx_wr.valid || o.tx_rd.valid || o.tx_cpl.valid) {
                let detail = format!("valid is high after {} clocks of reset", self.reset_clocks);
                return Err(self.report((Violation::InReset, detail), "tx", now, None));
            }
            return Ok([None, None, None]);
        }
        self.reset_clocks = 0;
        if i.rx_cpl.valid && !o.rx_cpl_ready {
            let finding = (Violation::CompletionNotTaken, "rx_cpl_ready is low".into());
            return Err(self.report(finding, "rx_cpl", now, None));
        }
        let mut sent = [None, None, None];
        let streams = [
            (Stream::Write, &o.tx_wr, i.tx_wr_ready),
            (Stream::Read, &o.tx_rd, i.tx_rd_ready),
            (Stream::Completion, &o.tx_cpl, i.tx_cpl_ready),
        ];
        for (stream, beat, ready) in streams {
            self.held[stream as usize] += u64::from(beat.valid && !ready);
            let side = if stream == Stream::Write { o.tx_wr_seq } else { 0 };
            match self.monitors[stream as usize].clock(beat, side, ready, now, pool) {
                Ok(tlp) => sent[stream as usize] = tlp,
                Err(finding) => {
                    let hdr = (beat.valid && beat.first).then_some(Header(beat.hdr));
                    let report = self.report(finding, stream.name(), now, None);
                    return Err(Box::new(Report { header: hdr, ..*report }));
                }
            }
        }
        Ok(sent)
    }

    /// Judges a whole TLP.
    ///
    /// # Errors
    /// The rule that was broken.
    pub fn judge(
        &mut self,
        stream: Stream,
        tlp: &Tlp,
        iommu: &mut Iommu,
        now: u64,
    ) -> Result<(), Box<Report>> {
        self.judged += 1;
        match self.judge_all(stream, tlp, iommu) {
            Ok(()) => {
                self.history.note(now, stream.name(), tlp.hdr);
                Ok(())
            }
            Err(finding) => Err(self.report(finding, stream.name(), now, Some(tlp))),
        }
    }

    fn judge_all(&mut self, stream: Stream, tlp: &Tlp, iommu: &mut Iommu) -> Result<(), Finding> {
        if stream == Stream::Write {
            let number = tlp.side;
            let expected = self.seq.map_or(number, |seq| (seq + 1) & 63);
            if number != expected {
                return Err((Violation::Sequence, format!("seq {number}, expected {expected}")));
            }
            self.seq = Some(number);
        }
        if tlp.nullified {
            return Ok(());
        }
        // What was under way waits for as long as the port doesn't take it.
        let held = self.held[stream as usize] - self.held_at_change[stream as usize];
        let young = tlp.clock < self.changed + GRACE + held;
        let mut cfg = self.cfg;
        if let Err(finding) = rules::header(stream, &tlp.hdr, &cfg) {
            if !young || rules::header(stream, &tlp.hdr, &self.before).is_err() {
                return Err(finding);
            }
            cfg = self.before;
        }
        match stream {
            Stream::Write => self.judge_write(tlp, cfg, young, iommu),
            Stream::Read => self.judge_read(tlp, iommu),
            Stream::Completion => self.host_reads.judge(&tlp.hdr, &cfg),
        }
    }

    fn judge_write(
        &mut self,
        tlp: &Tlp,
        cfg: CfgPins,
        young: bool,
        iommu: &mut Iommu,
    ) -> Result<(), Finding> {
        if msix::Table::is_interrupt(&tlp.hdr) {
            let judge = |cfg| self.table.judge(&tlp.hdr, tlp.data[0], cfg, tlp.clock, GRACE);
            let vector = match judge(&cfg) {
                Err((Violation::MsixDisabled, _)) if young => judge(&self.before)?,
                other => other?,
            };
            return self.queues.interrupt(vector);
        }
        self.mapped(tlp, true, iommu)?;
        self.queues.memory_write(tlp)
    }

    fn judge_read(&mut self, tlp: &Tlp, iommu: &mut Iommu) -> Result<(), Finding> {
        self.mapped(tlp, false, iommu)?;
        let slot = &mut self.reads[usize::from(tlp.hdr.tag())];
        if let Some(open) = slot {
            let detail = format!("tag {:#x} belongs to {}", tlp.hdr.tag(), decode::header(open));
            return Err((Violation::TagInUse, detail));
        }
        *slot = Some(tlp.hdr);
        self.open_reads += 1;
        Ok(())
    }

    fn mapped(&self, tlp: &Tlp, write: bool, iommu: &mut Iommu) -> Result<(), Finding> {
        if self.policy == FaultPolicy::Record {
            return Ok(());
        }
        let span = tlp.hdr.byte_span();
        if iommu.translate(span.start, span.end - span.start, write).is_none() {
            let access = if write { "written" } else { "read" };
            return Err((Violation::Unmapped, format!("{span:#x?} may not be {access}")));
        }
        Ok(())
    }

    /// A completion has been handed to the card. One that is wrong on purpose ends its read only if it says so itself.
    pub fn delivered(&mut self, tlp: &Tlp, now: u64) {
        let hdr = &tlp.hdr;
        self.history.note(now, if tlp.error { "error" } else { "rx_cpl" }, *hdr);
        if tlp.standing == Standing::Stray || tlp.standing == (Standing::Forged { ends_read: false }) {
            return;
        }
        let slot = &mut self.reads[usize::from(hdr.tag())];
        let Some(request) = *slot else { return };
        if tlp.standing != Standing::True {
            *slot = None;
            self.open_reads -= 1;
            return;
        }
        let span = request.byte_span();
        let at = span.end - u64::from(hdr.byte_count()).min(span.end - span.start);
        self.queues.read_data(at, tlp.payload());
        // The last of a request carries all that is left, or an error.
        let reaches = (at & !3) + 4 * tlp.len as u64;
        if hdr.status() != STATUS_SC || reaches >= span.end {
            *slot = None;
            self.open_reads -= 1;
        }
    }

    /// A request of the host has been handed to the card. What it writes to BARs other than BAR0, whose base is given, is
    /// the card's own affair.
    pub fn host_request(&mut self, tlp: &Tlp, bar_base: u64, now: u64) {
        self.history.note(now, "rx_req", tlp.hdr);
        match tlp.hdr.kind() {
            Kind::Read(_) => self.host_reads.issue(tlp.hdr),
            Kind::Write(_) if tlp.side == map::BAR => {
                for (at, value) in tlp.dwords(bar_base) {
                    self.table.write(at, value, now);
                    self.queues.write(at, value);
                }
            }
            _ => (),
        }
    }

    /// A TLP of the card goes onto the wire.
    ///
    /// # Errors
    /// The root complex has no room for it.
    pub fn on_wire(&mut self, class: Class, hdr: &Header, now: u64) -> Result<(), Box<Report>> {
        let i = class as usize;
        let used = (self.used[i].0 + 1, self.used[i].1 + hdr.data_credits());
        self.used[i] = used;
        let over = |granted: u32, used: u32| granted != 0 && used > granted;
        if over(self.granted.header[i], used.0) || over(self.granted.data[i], used.1) {
            let (headers, data) = (self.granted.header[i], self.granted.data[i]);
            let detail = format!(
                "{class:?}: {} headers and {} data in use, {headers} and {data} granted",
                used.0, used.1
            );
            return Err(self.report((Violation::Credit, detail), "link", now, None));
        }
        Ok(())
    }

    /// The root complex has freed a TLP.
    pub fn freed(&mut self, class: Class, hdr: &Header) {
        let used = &mut self.used[class as usize];
        *used = (used.0.saturating_sub(1), used.1.saturating_sub(hdr.data_credits()));
    }

    fn report(&self, finding: Finding, place: &'static str, clock: u64, tlp: Option<&Tlp>) -> Box<Report> {
        let mut dump = String::new();
        if let Some(tlp) = tlp {
            dump = format!("  TLP:\n    {}\n", decode::header(&tlp.hdr));
            dump.push_str(&decode::words(&tlp.hdr, tlp.payload()));
            dump.push('\n');
        }
        dump.push_str("  before it, oldest first (clock, stream, TLP):\n");
        dump.push_str(&self.history.lines());
        let (violation, detail) = finding;
        Box::new(Report { violation, clock, place, detail, header: tlp.map(|tlp| tlp.hdr), dump })
    }
}
