//! The card's side of the link, as a hard block would be: receive buffers that feed `rx_req` and `rx_cpl`, and the
//! room in the transmit buffers that `tx_*_ready` tells.

use std::collections::VecDeque;

use crate::link::Lane;
use crate::pins::{Beat, FcPins, Inputs, Outputs, MAX_LANES};
use crate::rng::Rng;
use crate::tlp::{Class, Tlp};

/// TLPs of one class that the transmit buffer holds.
pub const BUFFERED: usize = 4;
/// Clocks after a non-posted request in which `rx_np_ok` may not tell of it yet.
const NP_SETTLE: u8 = 2;

/// Puts TLPs onto one stream, beat by beat.
struct Feeder {
    /// Port width in DWORDs.
    lanes: usize,
    tlp: Option<Box<Tlp>>,
    at: usize,
    beat: Beat,
}

impl Feeder {
    fn new(lanes: usize) -> Self {
        Feeder { lanes, tlp: None, at: 0, beat: Beat::default() }
    }

    fn load(&mut self, tlp: Box<Tlp>) {
        self.at = 0;
        self.beat = beat(&tlp, 0, self.lanes);
        self.tlp = Some(tlp);
    }

    /// The beat has moved; gives the TLP if it was its last.
    fn advance(&mut self) -> Option<Box<Tlp>> {
        if self.beat.last {
            self.beat.valid = false;
            return self.tlp.take();
        }
        self.at += self.lanes;
        if let Some(tlp) = &self.tlp {
            self.beat = beat(tlp, self.at, self.lanes);
        }
        None
    }
}

fn beat(tlp: &Tlp, at: usize, lanes: usize) -> Beat {
    let count = (tlp.len - at).min(lanes);
    let last = at + lanes >= tlp.len;
    let mut data = [0; MAX_LANES];
    data[..count].copy_from_slice(&tlp.data[at..at + count]);
    Beat {
        valid: true,
        first: at == 0,
        last,
        error: last && tlp.error,
        keep: ((1u32 << count) - 1) as u8,
        hdr: if at == 0 { tlp.hdr.0 } else { [0; 4] },
        data,
    }
}

/// Receive buffers and the streams behind them.
pub struct Receiver {
    posted: VecDeque<(u64, Box<Tlp>)>,
    non_posted: VecDeque<(u64, Box<Tlp>)>,
    completions: VecDeque<Box<Tlp>>,
    stamp: u64,
    requests: Feeder,
    answers: Feeder,
    np_ok: bool,
    np_settle: u8,
    late: Rng,
    throttle: u8,
}

/// TLPs whose last beat has gone into the card.
#[derive(Default)]
pub struct Delivered {
    /// On `rx_req`, with its class.
    pub request: Option<(Class, Box<Tlp>)>,
    /// On `rx_cpl`.
    pub completion: Option<Box<Tlp>>,
}

impl Receiver {
    /// Empty, behind a port of `lanes` DWORDs. In `throttle` percent of the clocks no new TLP begins.
    pub fn new(seed: u64, throttle: u8, lanes: usize) -> Self {
        Receiver {
            posted: VecDeque::new(),
            non_posted: VecDeque::new(),
            completions: VecDeque::new(),
            stamp: 0,
            requests: Feeder::new(lanes),
            answers: Feeder::new(lanes),
            np_ok: false,
            np_settle: 0,
            late: Rng::new(seed, "receive"),
            throttle,
        }
    }

    /// The link is down: what has arrived is lost, the TLPs inside the card's port included.
    pub fn clear(&mut self) {
        self.posted.clear();
        self.non_posted.clear();
        self.completions.clear();
        let lanes = self.requests.lanes;
        (self.requests, self.answers) = (Feeder::new(lanes), Feeder::new(lanes));
        (self.np_ok, self.np_settle) = (false, 0);
    }

    /// A TLP has arrived over the link.
    pub fn arrive(&mut self, tlp: Box<Tlp>) {
        self.stamp += 1;
        if tlp.hdr.is_completion() {
            self.completions.push_back(tlp);
        } else if tlp.hdr.has_data() && tlp.hdr.0[0] >> 24 & 0x1F == 0 {
            self.posted.push_back((self.stamp, tlp));
        } else {
            self.non_posted.push_back((self.stamp, tlp));
        }
    }

    /// The next request: in order of arrival, but posted ones pass reads that the card does not take.
    fn next_request(&mut self) -> Option<Box<Tlp>> {
        let posted = self.posted.front().map_or(u64::MAX, |(stamp, _)| *stamp);
        let read = self.non_posted.front().map_or(u64::MAX, |(stamp, _)| *stamp);
        if read < posted && self.np_ok && self.np_settle == 0 {
            return self.non_posted.pop_front().map(|(_, tlp)| tlp);
        }
        self.posted.pop_front().map(|(_, tlp)| tlp)
    }

    /// Sets the receive pins of a clock.
    #[inline]
    pub fn drive(&mut self, i: &mut Inputs) {
        if self.requests.tlp.is_none()
            && !(self.posted.is_empty() && self.non_posted.is_empty())
            && !self.late()
        {
            if let Some(tlp) = self.next_request() {
                i.rx_req_bar = tlp.side;
                self.requests.load(tlp);
            }
        }
        if self.answers.tlp.is_none() && !self.completions.is_empty() && !self.late() {
            if let Some(tlp) = self.completions.pop_front() {
                self.answers.load(tlp);
            }
        }
        i.rx_req = self.requests.beat;
        i.rx_cpl = self.answers.beat;
    }

    fn late(&mut self) -> bool {
        self.late.chance(self.throttle)
    }

    /// Looks at what moved in a clock.
    #[inline]
    pub fn after(&mut self, i: &Inputs, o: &Outputs) -> Delivered {
        let mut delivered = Delivered::default();
        self.np_ok = o.rx_np_ok;
        self.np_settle = self.np_settle.saturating_sub(1);
        if i.rx_req.valid && o.rx_req_ready {
            if let Some(tlp) = self.requests.advance() {
                let posted = tlp.hdr.has_data() && tlp.hdr.0[0] >> 24 & 0x1F == 0;
                let class = if posted { Class::Posted } else { Class::NonPosted };
                if !posted {
                    self.np_settle = NP_SETTLE;
                }
                delivered.request = Some((class, tlp));
            }
        }
        if i.rx_cpl.valid && o.rx_cpl_ready {
            delivered.completion = self.answers.advance();
        }
        delivered
    }

    /// Whether nothing waits.
    pub fn idle(&self) -> bool {
        self.posted.is_empty()
            && self.non_posted.is_empty()
            && self.completions.is_empty()
            && self.requests.tlp.is_none()
            && self.answers.tlp.is_none()
    }
}

/// The credit pins: what is free, less what the TLPs in the transmit buffers will take.
pub fn credit_pins(lane: &Lane) -> FcPins {
    let free = |class: Class| {
        let ((header, data), (headers, datas)) = (lane.credits.free(class), lane.committed(class));
        let cap = |free: Option<u32>, used: u32, most: u32| {
            free.map_or(most, |free| free.saturating_sub(used).min(most))
        };
        (cap(header, headers, 0xFF) as u8, cap(data, datas, 0xFFF) as u16)
    };
    let ((ph, pd), (nph, npd)) = (free(Class::Posted), free(Class::NonPosted));
    let (cplh, cpld) = free(Class::Completion);
    FcPins { ph, pd, nph, npd, cplh, cpld }
}
