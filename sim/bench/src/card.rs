//! The card's user logic: takes every beat of the H2C stream and checks it, and offers a C2H stream without end to all
//! queues in turn.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ferrolane_sim::pins::{Inputs, Outputs, MAX_LANES};
use ferrolane_sim::tlp::Header;

use crate::pattern;
use crate::source::Source;
use crate::wire::DESCRIPTORS;

/// Beats that the source sends to a queue before it goes to the next.
const TURN: usize = 16;

/// A beat of one of the card's streams.
#[derive(Clone, Copy, Debug, Default)]
pub struct StreamBeat {
    /// There is one.
    pub valid: bool,
    /// TLAST.
    pub last: bool,
    /// TDEST.
    pub dest: u32,
    /// TUSER.
    pub user: u32,
    /// TKEEP.
    pub keep: u32,
    /// TDATA.
    pub data: [u32; MAX_LANES],
}

/// What is counted clock by clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct Clocks {
    /// A beat of H2C moved.
    pub h2c: u64,
    /// A beat of C2H moved.
    pub c2h: u64,
    /// The source had a beat that was not taken.
    pub c2h_waits: u64,
    /// Every queue of the source was paused.
    pub c2h_paused: u64,
    /// `tx_rd` waited for the link.
    pub rd_waits: u64,
    /// `tx_wr` waited for the link.
    pub wr_waits: u64,
    /// `tx_wr` had a beat.
    pub wr: u64,
}

impl std::ops::Sub for Clocks {
    type Output = Clocks;
    fn sub(self, before: Clocks) -> Clocks {
        Clocks {
            h2c: self.h2c - before.h2c,
            c2h: self.c2h - before.c2h,
            c2h_waits: self.c2h_waits - before.c2h_waits,
            c2h_paused: self.c2h_paused - before.c2h_paused,
            rd_waits: self.rd_waits - before.rd_waits,
            wr_waits: self.wr_waits - before.wr_waits,
            wr: self.wr - before.wr,
        }
    }
}

/// Clocks in which something was first seen since the probe was set.
#[derive(Clone, Copy, Debug, Default)]
pub struct Probe {
    /// Last beat of a request of the host.
    pub request: Option<u64>,
    /// First offer of a read.
    pub read: Option<u64>,
    /// First offer of a read of data.
    pub data_read: Option<u64>,
}

/// State of the card's side.
pub struct CardSide {
    bytes: usize,
    /// Bytes of a packet, both ways.
    packet: u64,
    /// Bytes taken, by queue.
    pub taken: Vec<u64>,
    /// Bytes of beats made, by queue.
    made: Vec<u64>,
    /// The source offers.
    pub offering: bool,
    paused: u64,
    turn: usize,
    left: usize,
    beat: StreamBeat,
    now: u64,
    /// A source in real time instead of the one that always has a beat.
    pub source: Option<Source>,
    /// A write is under way, or was offered and not taken.
    writing: bool,
    /// What was counted.
    pub clocks: Clocks,
    /// Latencies.
    pub probe: Probe,
    /// The first thing that was wrong with the H2C stream.
    pub wrong: Option<String>,
}

/// TUSER of a queue's packet, both ways: H2C as the packet's first descriptor says it.
pub fn packet_user(queue: u32, packet: u64) -> u32 {
    !(packet as u32) ^ queue << 24
}

impl CardSide {
    fn new(lanes: usize, queues: usize, packet: u64) -> Self {
        CardSide {
            bytes: 4 * lanes,
            packet,
            taken: vec![0; queues],
            made: vec![0; queues],
            offering: false,
            paused: 0,
            turn: 0,
            left: 0,
            beat: StreamBeat::default(),
            now: 0,
            source: None,
            writing: false,
            clocks: Clocks::default(),
            probe: Probe::default(),
            wrong: None,
        }
    }

    /// The hard block takes no write in this clock.
    pub fn stalls(&self) -> bool {
        !self.writing && self.source.as_ref().is_some_and(|source| source.stalls(self.now))
    }

    /// The beat that the source offers in this clock.
    pub fn offer(&mut self) -> StreamBeat {
        if let Some(source) = &mut self.source {
            if self.offering {
                source.clock();
            }
            // It does not heed pause.
            if !self.beat.valid {
                if let Some((count, last, number)) = source.beat(self.bytes as u64) {
                    self.fill(0, count, last, number);
                }
            }
        } else if !self.beat.valid && self.offering {
            self.make();
        }
        self.beat
    }

    /// Makes the next beat of a queue.
    fn fill(&mut self, queue: u32, count: u64, last: bool, user: u32) {
        let mut bytes = [0; 4 * MAX_LANES];
        pattern::fill(queue, self.made[queue as usize], &mut bytes[..count as usize]);
        let beat = &mut self.beat;
        for (dw, bytes) in beat.data.iter_mut().zip(bytes.chunks_exact(4)) {
            *dw = u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
        }
        beat.valid = true;
        beat.dest = queue;
        beat.keep = ((1u64 << count) - 1) as u32;
        (beat.last, beat.user) = (last, user);
        self.made[queue as usize] += count;
    }

    /// Makes a beat for a queue that is not paused, if there is one.
    fn make(&mut self) {
        let queues = self.made.len();
        let free = |queue: usize| self.paused >> queue & 1 == 0;
        if self.left == 0 || !free(self.turn) {
            let Some(next) = (1..=queues).map(|i| (self.turn + i) % queues).find(|queue| free(*queue)) else {
                self.clocks.c2h_paused += 1;
                return;
            };
            (self.turn, self.left) = (next, TURN);
        }
        self.left -= 1;
        let (queue, from) = (self.turn as u32, self.made[self.turn]);
        let count = (self.packet - from % self.packet).min(self.bytes as u64);
        let last = (from + count).is_multiple_of(self.packet);
        self.fill(queue, count, last, packet_user(queue, from / self.packet));
    }

    /// A clock has passed: `h2c` came out of the engine and was taken, the source's beat was taken if `c2h_ready`.
    pub fn clock(&mut self, i: &Inputs, o: &Outputs, h2c: &StreamBeat, c2h_ready: bool, pause: u64) {
        let clocks = &mut self.clocks;
        clocks.wr += u64::from(o.tx_wr.valid);
        clocks.wr_waits += u64::from(o.tx_wr.valid && !i.tx_wr_ready);
        clocks.rd_waits += u64::from(o.tx_rd.valid && !i.tx_rd_ready);
        if self.beat.valid {
            if c2h_ready {
                clocks.c2h += 1;
                self.beat.valid = false;
            } else {
                clocks.c2h_waits += 1;
            }
        }
        self.paused = pause;
        self.writing = o.tx_wr.valid && !(i.tx_wr_ready && o.tx_wr.last);
        if i.rx_req.valid && i.rx_req.last && o.rx_req_ready {
            self.probe.request = Some(self.now);
        }
        if o.tx_rd.valid && self.probe.data_read.is_none() {
            self.probe.read.get_or_insert(self.now);
            if o.tx_rd.first && !DESCRIPTORS.contains(&(Header(o.tx_rd.hdr).address() & 0xFFFF_FFFF)) {
                self.probe.data_read = Some(self.now);
            }
        }
        if h2c.valid && self.wrong.is_none() {
            self.clocks.h2c += 1;
            self.wrong = self.check(h2c).err();
        }
        self.now += 1;
    }

    fn check(&mut self, beat: &StreamBeat) -> Result<(), String> {
        let queue = beat.dest;
        let Some(taken) = self.taken.get_mut(queue as usize) else {
            return Err(format!("H2C beat for queue {queue}, which does not exist"));
        };
        let from = *taken;
        let at = |what: &str| Err(format!("H2C queue {queue}, byte {from}: {what}"));
        let count = (self.packet - from % self.packet).min(self.bytes as u64);
        *taken += count;
        if beat.keep != ((1u64 << count) - 1) as u32 {
            return at(&format!("TKEEP is {:#x}, {count} bytes were due", beat.keep));
        }
        if beat.last != taken.is_multiple_of(self.packet) {
            return at(&format!("TLAST is {}", beat.last));
        }
        if beat.user != packet_user(queue, from / self.packet) {
            return at(&format!("TUSER is {:#x}", beat.user));
        }
        let mut bytes = [0; 4 * MAX_LANES];
        for (bytes, dw) in bytes.chunks_exact_mut(4).zip(beat.data) {
            bytes.copy_from_slice(&dw.to_le_bytes());
        }
        match pattern::wrong(queue, from, &bytes[..count as usize]) {
            Some(place) => at(&format!("the byte at {place} is wrong")),
            None => Ok(()),
        }
    }
}

/// The card's side, shared by the model and the bench.
#[derive(Clone)]
pub struct SharedSide(Arc<Mutex<CardSide>>);

impl SharedSide {
    /// For a port of `lanes` DWORDs and so many queues per direction, packets of `packet` bytes.
    pub fn new(lanes: usize, queues: usize, packet: u64) -> Self {
        SharedSide(Arc::new(Mutex::new(CardSide::new(lanes, queues, packet))))
    }

    /// The state.
    pub fn lock(&self) -> MutexGuard<'_, CardSide> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
