//! The demo card with an AXI4-Lite master and both streams around it.

use std::collections::VecDeque;

use ferrolane_abi::card::{self, pattern};
use ferrolane_abi::table::Register;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use verilated::Dut;

/// A beat of a stream.
#[derive(Clone, Debug, PartialEq)]
pub struct Beat {
    pub data: Vec<u8>,
    pub keep: u64,
    pub last: bool,
    pub err: bool,
    pub dest: u32,
    pub user: u32,
}

/// A packet as it left on C2H.
#[derive(Clone, Debug, PartialEq)]
pub struct Packet {
    pub queue: u32,
    pub user: u32,
    pub data: Vec<u8>,
    /// Clock of its last beat.
    pub at: u64,
}

/// One size of the card.
#[derive(Clone, Copy, Debug)]
pub struct Size {
    pub bytes: usize,
    pub queues: u32,
    pub visit: u64,
    pub irqs: u32,
    pub sram_log2: u32,
    pub dram_log2: u32,
}

pub struct Bench {
    pub d: Dut,
    pub rng: StdRng,
    pub size: Size,
    /// Probability of `c2h_axis_tready`, and of offering an H2C beat that waits.
    pub ready: f64,
    pub offer: f64,
    /// Probability that queue 0 is looked at first.
    pub prefer_first: f64,
    /// C2H beats so far and packets that are whole.
    pub packets: Vec<Packet>,
    open: Vec<Vec<u8>>,
    pub c2h_beats: u64,
    shown: Option<Beat>,
    /// H2C beats to send, per queue; `h2c_pause` is heeded `heed` beats late.
    pub to_send: Vec<VecDeque<Beat>>,
    current: Option<Beat>,
    late: Vec<u32>,
    pub heed: u32,
    pub h2c_beats: u64,
    /// Clocks in which an H2C beat waited.
    pub h2c_waits: u64,
    /// The C2H share of each queue: beats of it that may still come while paused.
    pub pause: u64,
    after_pause: Vec<u32>,
    pub irqs: Vec<u32>,
    shown_b: Option<u64>,
    shown_r: Option<(u64, u64)>,
}

impl Bench {
    pub fn new(dut: Dut, size: Size, seed: u64) -> Self {
        let n = size.queues as usize;
        let mut bench = Bench {
            d: dut,
            rng: StdRng::seed_from_u64(seed),
            size,
            ready: 1.0,
            offer: 1.0,
            prefer_first: 0.0,
            packets: vec![],
            open: vec![vec![]; n],
            c2h_beats: 0,
            shown: None,
            to_send: vec![VecDeque::new(); n],
            current: None,
            late: vec![0; n],
            heed: 4,
            h2c_beats: 0,
            h2c_waits: 0,
            pause: 0,
            after_pause: vec![0; n],
            irqs: vec![0; size.irqs as usize],
            shown_b: None,
            shown_r: None,
        };
        bench.d.pulse("rst", 2);
        bench
    }

    pub fn clocks(&self) -> u64 {
        self.d.clocks()
    }

    /// One clock of everything but the registers.
    pub fn step(&mut self) {
        self.offer_h2c();
        let ready = self.rng.random_bool(self.ready);
        self.d.set("c2h_axis_tready", ready);
        self.d.set("c2h_pause", self.pause);
        self.d.step();
        self.take_h2c();
        self.take_c2h(ready);
        // AMBA AXI4 A3.2.1: VALID and what goes with it stay until READY.
        let b = self.d.is_set("axil_bvalid").then(|| self.d.get("axil_bresp"));
        let r = self.d.is_set("axil_rvalid").then(|| (self.d.get("axil_rdata"), self.d.get("axil_rresp")));
        assert!(self.shown_b.is_none() || self.shown_b == b);
        assert!(self.shown_r.is_none() || self.shown_r == r);
        self.shown_b = b.filter(|_| !self.d.is_set("axil_bready"));
        self.shown_r = r.filter(|_| !self.d.is_set("axil_rready"));
        let irqs = self.d.get("user_irq");
        for (i, count) in self.irqs.iter_mut().enumerate() {
            *count += (irqs >> i & 1) as u32;
        }
    }

    pub fn run(&mut self, clocks: u64) {
        for _ in 0..clocks {
            self.step();
        }
    }

    fn offer_h2c(&mut self) {
        if self.current.is_none() && self.rng.random_bool(self.offer) {
            let paused = self.d.get("h2c_pause");
            let n = self.size.queues as usize;
            let start = if self.rng.random_bool(self.prefer_first) { 0 } else { self.rng.random_range(0..n) };
            for i in 0..n {
                let q = (start + i) % n;
                let held = paused >> q & 1 == 1 && self.d.clocks() > 0;
                self.late[q] = if held { self.late[q] } else { self.heed };
                if self.to_send[q].is_empty() || held && self.late[q] == 0 {
                    continue;
                }
                if held {
                    self.late[q] -= 1;
                }
                self.current = self.to_send[q].pop_front();
                break;
            }
        }
        self.d.set("h2c_axis_tvalid", self.current.is_some());
        if let Some(b) = &self.current {
            let words: Vec<u32> =
                b.data.chunks(4).map(|c| u32::from_le_bytes(c.try_into().unwrap())).collect();
            self.d.set_wide("h2c_axis_tdata", &words);
            self.d.set("h2c_axis_tkeep", b.keep);
            self.d.set("h2c_axis_tlast", b.last);
            self.d.set("h2c_axis_terr", b.err);
            self.d.set("h2c_axis_tdest", b.dest);
            self.d.set("h2c_axis_tuser", b.user);
        }
    }

    fn take_h2c(&mut self) {
        if self.current.is_some() {
            if self.d.is_set("h2c_axis_tready") {
                self.current = None;
                self.h2c_beats += 1;
            } else {
                self.h2c_waits += 1;
            }
        }
    }

    fn take_c2h(&mut self, ready: bool) {
        let valid = self.d.is_set("c2h_axis_tvalid");
        let beat = valid.then(|| Beat {
            data: self.d.get_wide("c2h_axis_tdata").iter().flat_map(|w| w.to_le_bytes()).collect(),
            keep: self.d.get("c2h_axis_tkeep"),
            last: self.d.is_set("c2h_axis_tlast"),
            err: false,
            dest: self.d.get("c2h_axis_tdest") as u32,
            user: self.d.get("c2h_axis_tuser") as u32,
        });
        // AXI4-Stream 2.2.1: what is offered stays until it is taken.
        if let Some(shown) = self.shown.take() {
            assert_eq!(beat.as_ref(), Some(&shown));
        }
        let Some(beat) = beat else {
            return self.count_pauses(None);
        };
        if !ready {
            self.shown = Some(beat);
            return self.count_pauses(None);
        }
        self.c2h_beats += 1;
        self.count_pauses(Some(beat.dest));
        let full = u64::MAX >> (64 - self.size.bytes);
        let bytes = beat.keep.trailing_ones() as usize;
        assert!(beat.keep == u64::MAX >> (64 - bytes) && (beat.last || beat.keep == full), "{beat:?}");
        let open = &mut self.open[beat.dest as usize];
        open.extend(&beat.data[..bytes]);
        if beat.last {
            let data = std::mem::take(open);
            self.packets.push(Packet { queue: beat.dest, user: beat.user, data, at: self.d.clocks() });
        }
    }

    /// After the clock in which a queue's pause rises at most eight of its beats come.
    fn count_pauses(&mut self, dest: Option<u32>) {
        for q in 0..self.size.queues {
            let count = &mut self.after_pause[q as usize];
            if self.pause >> q & 1 == 0 {
                *count = 0;
            } else if dest == Some(q) {
                *count += 1;
                assert!(*count <= 8, "queue {q} doesn't heed its pause");
            }
        }
    }

    /// Gives data, or nothing with SLVERR.
    pub fn try_read(&mut self, addr: u64) -> Option<u32> {
        self.d.set("axil_araddr", addr);
        self.d.set("axil_arvalid", 1u64);
        for _ in 0..30_000 {
            let ready = self.rng.random_bool(0.7);
            self.d.set("axil_rready", ready);
            self.step();
            let done = self.d.is_set("axil_rvalid") && ready;
            if self.d.is_set("axil_arready") {
                self.d.set("axil_arvalid", 0u64);
            }
            if done {
                self.d.set("axil_rready", 0u64);
                return match self.d.get("axil_rresp") {
                    0 => Some(self.d.get("axil_rdata") as u32),
                    2 => {
                        assert_eq!(self.d.get("axil_rdata"), 0);
                        None
                    }
                    other => panic!("RRESP {other}"),
                };
            }
        }
        panic!("no answer to a read of {addr:#x}");
    }

    /// Says if it was answered with OKAY. Address and data come in any order.
    pub fn try_write(&mut self, addr: u64, data: u32, strobe: u32) -> bool {
        let mut aw_in = self.rng.random_range(0..4);
        let mut w_in = self.rng.random_range(0..4);
        let (mut aw, mut w) = (true, true);
        for _ in 0..30_000 {
            let (aw_now, w_now) = (aw && aw_in <= 0, w && w_in <= 0);
            self.d.set("axil_awvalid", aw_now);
            self.d.set("axil_awaddr", if aw_now { addr } else { self.rng.random_range(0..0x10000) });
            self.d.set("axil_wvalid", w_now);
            self.d.set("axil_wdata", if w_now { data } else { self.rng.random() });
            self.d.set("axil_wstrb", if w_now { strobe } else { 15 });
            let ready = self.rng.random_bool(0.7);
            self.d.set("axil_bready", ready);
            self.step();
            (aw_in, w_in) = (aw_in - 1, w_in - 1);
            assert!(!self.d.is_set("axil_bvalid") || !aw && !w, "a response before its request");
            aw &= !(aw_now && self.d.is_set("axil_awready"));
            w &= !(w_now && self.d.is_set("axil_wready"));
            if self.d.is_set("axil_bvalid") && ready {
                self.d.set("axil_bready", 0u64);
                let resp = self.d.get("axil_bresp");
                assert!(resp == 0 || resp == 2);
                return resp == 0;
            }
        }
        panic!("no answer to a write of {addr:#x}");
    }

    pub fn read(&mut self, base: u64, register: &Register) -> u32 {
        self.try_read(base + u64::from(register.offset)).unwrap_or_else(|| panic!("{}", register.name))
    }

    pub fn write(&mut self, base: u64, register: &Register, value: u32) {
        assert!(self.try_write(base + u64::from(register.offset), value, 15), "{}", register.name);
    }

    pub fn field(&mut self, base: u64, register: &Register, field: &str) -> u32 {
        let value = self.read(base, register);
        register.field(field).unwrap().get(value)
    }

    /// Queues that check and generate.
    pub fn patterns(&mut self, queues: u64) {
        self.write(0, &card::global::PATTERN_LO, queues as u32);
        self.write(0, &card::global::PATTERN_HI, (queues >> 32) as u32);
    }

    /// A packet of the pattern as beats.
    pub fn pattern_beats(&self, seed: u32, queue: u32, packet: u32, length: u32) -> Vec<Beat> {
        let data: Vec<u8> = (0..length).map(|i| pattern::byte(seed, queue, packet, i)).collect();
        beats(self.size.bytes, queue, packet, &data)
    }
}

/// Cuts a packet into beats, with garbage beyond its end.
pub fn beats(width: usize, queue: u32, user: u32, packet: &[u8]) -> Vec<Beat> {
    let count = packet.len().div_ceil(width);
    let cut = |(i, chunk): (usize, &[u8])| {
        let mut data = chunk.to_vec();
        data.resize(width, 0xEE);
        let last = i + 1 == count;
        Beat { data, keep: u64::MAX >> (64 - chunk.len()), last, err: false, dest: queue, user }
    };
    packet.chunks(width).enumerate().map(cut).collect()
}
