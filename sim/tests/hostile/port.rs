//! The card's pins, with a hard block that feeds whatever it is given.

use std::collections::VecDeque;

use ferrolane_sim::checker::stream::Monitor;
use ferrolane_sim::pins::{Beat, CardModel, Inputs, Outputs, DEFAULT_LANES, MAX_LANES};
use ferrolane_sim::rng::Rng;
use ferrolane_sim::rtl::RtlCard;
use ferrolane_sim::tlp::{Header, Pool, Tlp};
use ferrolane_sim::Options;

/// Clocks of `rst`.
const RESET: u32 = 16;
/// Clocks after a non-posted request in which `rx_np_ok` may not tell of it yet.
const NP_SETTLE: u8 = 2;
/// Most clocks from a write's last beat to the report that it was sent.
const REPORT: u64 = 100;

/// A TLP for the card. Payload and Length field need not agree; beats are as many as the payload needs, at least one.
#[derive(Clone, Debug)]
pub struct Packet {
    pub hdr: Header,
    pub data: Vec<u32>,
    pub error: bool,
    pub bar: u8,
    pub func: u8,
    /// The card's read that a lawful completion answers, else 0.
    pub read: u64,
    /// It began before a reset of the function ended: the card may have dropped it.
    pub lost: bool,
}

impl Packet {
    pub fn new(hdr: Header, data: Vec<u32>) -> Self {
        Packet { hdr, data, error: false, bar: 0, func: 0, read: 0, lost: false }
    }

    fn beat(&self, at: usize) -> Beat {
        let count = (self.data.len() - at).min(DEFAULT_LANES);
        let mut data = [0; MAX_LANES];
        data[..count].copy_from_slice(&self.data[at..at + count]);
        let last = at + DEFAULT_LANES >= self.data.len();
        Beat {
            valid: true,
            first: at == 0,
            last,
            error: self.error && last,
            keep: ((1u32 << count) - 1) as u8,
            hdr: if at == 0 { self.hdr.0 } else { [0; 4] },
            data,
        }
    }
}

/// Whether the hard block treats a request as non-posted: what may be answered.
pub fn non_posted(hdr: &Header) -> bool {
    let (fmt, kind) = (hdr.0[0] >> 29, hdr.0[0] >> 24 & 0x1F);
    match kind {
        0 => fmt & 0b110 == 0,
        1 => fmt & 0b110 == 0,
        2 | 4 | 5 => fmt & 0b101 == 0,
        0xC..=0xE => fmt & 0b110 == 0b010,
        _ => false,
    }
}

/// A packet on its way into the card, and how many DWORDs have gone.
type Going = Option<(Packet, usize)>;

/// What ended in a clock.
#[derive(Default)]
pub struct Moved {
    pub request: Option<Packet>,
    /// A completion's first beat was taken: its place in the clock's order is before what leaves.
    pub completion: Option<Packet>,
    pub sent: [Option<Box<Tlp>>; 3],
}

/// The port.
pub struct Port {
    card: RtlCard,
    pub i: Inputs,
    pub o: Outputs,
    pub now: u64,
    posted: VecDeque<(u64, Packet)>,
    waiting: VecDeque<(u64, Packet)>,
    completions: VecDeque<Packet>,
    stamp: u64,
    request: Going,
    completion: Going,
    np_settle: u8,
    monitors: [Monitor; 3],
    pub pool: Pool,
    reports: VecDeque<(u64, u8)>,
    rng: Rng,
    /// Percent of the clocks in which a stream does not move.
    pub stall: u8,
}

impl Port {
    pub fn new(seed: u64) -> Self {
        let options = Options::parse(&format!("sim:seed={seed}")).unwrap();
        Port {
            card: RtlCard::new(&options).unwrap(),
            i: Inputs::default(),
            o: Outputs::default(),
            now: 0,
            posted: VecDeque::new(),
            waiting: VecDeque::new(),
            completions: VecDeque::new(),
            stamp: 0,
            request: None,
            completion: None,
            np_settle: 0,
            monitors: std::array::from_fn(|_| Monitor::new(DEFAULT_LANES)),
            pool: Pool::default(),
            reports: VecDeque::new(),
            rng: Rng::new(seed, "port"),
            stall: 0,
        }
    }

    /// Fundamental reset.
    pub fn reset(&mut self) {
        self.drop_incoming();
        (self.request, self.completion) = (None, None);
        self.reports.clear();
        self.monitors = std::array::from_fn(|_| Monitor::new(DEFAULT_LANES));
        self.i = Inputs { rst: true, cfg: self.i.cfg, ..Inputs::default() };
        for _ in 0..RESET {
            self.card.step(&self.i, &mut self.o).unwrap();
            self.now += 1;
        }
        self.i.rst = false;
    }

    /// The link is gone: what has not begun never comes, what has ends at once with `error`.
    pub fn drop_incoming(&mut self) {
        self.posted.clear();
        self.waiting.clear();
        self.completions.clear();
        for (packet, at) in [&mut self.request, &mut self.completion].into_iter().flatten() {
            let end = (*at + DEFAULT_LANES).min(packet.data.len());
            packet.data.truncate(end);
            packet.error = true;
        }
    }

    pub fn send_request(&mut self, packet: Packet) {
        self.stamp += 1;
        let queue = if non_posted(&packet.hdr) { &mut self.waiting } else { &mut self.posted };
        queue.push_back((self.stamp, packet));
    }

    pub fn send_completion(&mut self, packet: Packet) {
        self.completions.push_back(packet);
    }

    /// The function has been reset: what goes in at this moment began before.
    pub fn lose_begun(&mut self) {
        if let Some((packet, 1..)) = &mut self.request {
            packet.lost = true;
        }
    }

    pub fn requests_waiting(&self) -> usize {
        self.posted.len() + self.waiting.len() + usize::from(self.request.is_some())
    }

    pub fn completions_waiting(&self) -> usize {
        self.completions.len() + usize::from(self.completion.is_some())
    }

    /// A beat stands at the port that was not taken in the last clock.
    pub fn waits(&self) -> bool {
        let (i, o) = (&self.i, &self.o);
        let streams = [(&o.tx_wr, i.tx_wr_ready), (&o.tx_rd, i.tx_rd_ready), (&o.tx_cpl, i.tx_cpl_ready)];
        !i.rst && streams.into_iter().any(|(beat, ready)| beat.valid && !ready)
    }

    fn next_request(&mut self) -> Option<Packet> {
        let posted = self.posted.front().map_or(u64::MAX, |(stamp, _)| *stamp);
        let read = self.waiting.front().map_or(u64::MAX, |(stamp, _)| *stamp);
        if read < posted && self.o.rx_np_ok && self.np_settle == 0 {
            return self.waiting.pop_front().map(|(_, packet)| packet);
        }
        self.posted.pop_front().map(|(_, packet)| packet)
    }

    fn drive(&mut self, mut admit: impl FnMut(&Packet) -> bool) {
        if self.request.is_none() && !self.rng.chance(self.stall) {
            self.request = self.next_request().map(|packet| (packet, 0));
        }
        if self.completion.is_none() && !self.rng.chance(self.stall) {
            while let Some(packet) = self.completions.pop_front() {
                if admit(&packet) {
                    self.completion = Some((packet, 0));
                    break;
                }
            }
        }
        self.i.rx_req = Beat::default();
        if let Some((packet, at)) = &self.request {
            self.i.rx_req = packet.beat(*at);
            (self.i.rx_req_bar, self.i.rx_req_func) = (packet.bar, packet.func);
        }
        self.i.rx_cpl = self.completion.as_ref().map_or(Beat::default(), |(packet, at)| packet.beat(*at));
        // While the link is down the port takes and discards.
        let down = !self.i.cfg.link_up;
        self.i.tx_wr_ready = !self.rng.chance(self.stall) || down;
        self.i.tx_rd_ready = !self.rng.chance(self.stall) || down;
        self.i.tx_cpl_ready = !self.rng.chance(self.stall) || down;
        self.i.tx_sent_valid = false;
        if let Some((due, seq)) = self.reports.front() {
            if *due <= self.now {
                (self.i.tx_sent_valid, self.i.tx_sent_seq) = (true, *seq);
                self.reports.pop_front();
            }
        }
    }

    /// One clock. `admit` is asked in the clock in which a completion would begin. An error is a broken rule of the port.
    pub fn clock(&mut self, admit: impl FnMut(&Packet) -> bool) -> Result<Moved, String> {
        self.drive(admit);
        self.card.step(&self.i, &mut self.o)?;
        let mut moved = Moved::default();
        self.np_settle = self.np_settle.saturating_sub(1);
        if self.i.rx_req.valid && self.o.rx_req_ready {
            moved.request = advance(&mut self.request);
            if moved.request.as_ref().is_some_and(|packet| non_posted(&packet.hdr)) {
                self.np_settle = NP_SETTLE;
            }
        }
        if self.i.rx_cpl.valid {
            if !self.o.rx_cpl_ready {
                return Err("CompletionNotTaken: rx_cpl_ready is low".into());
            }
            moved.completion = advance(&mut self.completion);
        }
        let streams = [
            (&self.o.tx_wr, self.i.tx_wr_ready, self.o.tx_wr_seq),
            (&self.o.tx_rd, self.i.tx_rd_ready, 0),
            (&self.o.tx_cpl, self.i.tx_cpl_ready, 0),
        ];
        for (n, (beat, ready, side)) in streams.into_iter().enumerate() {
            let tlp = self.monitors[n].clock(beat, side, ready, self.now, &mut self.pool);
            moved.sent[n] = tlp.map_err(|(rule, detail)| format!("{rule:?} on stream {n}: {detail}"))?;
        }
        if let Some(write) = &moved.sent[0] {
            let due = self.now + 1 + self.rng.below(REPORT);
            self.reports.push_back((due, write.side));
        }
        self.now += 1;
        Ok(moved)
    }
}

fn advance(going: &mut Going) -> Option<Packet> {
    let (packet, at) = going.as_mut()?;
    *at += DEFAULT_LANES;
    if *at >= packet.data.len() {
        return going.take().map(|(packet, _)| packet);
    }
    None
}
