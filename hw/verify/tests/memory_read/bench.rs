//! The reader between memory and shares: its builds, its queues, and a clock of it.

use std::collections::VecDeque;

use ferrolane_hw_verify::dut;
use rand::{rngs::StdRng, Rng, SeedableRng};
use verilated::Dut;

use crate::axi::Memory;
use crate::host::Desc;

#[derive(Clone, Copy)]
pub struct Build {
    pub nq: usize,
    pub lanes: u64,
    pub rows: u64,
    pub slots: u64,
    make: fn(u64) -> Dut,
}

pub const W128: Build =
    Build { nq: 4, lanes: 16, rows: 512, slots: 64, make: |seed| dut!(memory_read, seed) };
pub const W64: Build = Build { nq: 1, lanes: 8, rows: 128, slots: 8, make: |seed| dut!(memory_read64, seed) };
pub const W256: Build =
    Build { nq: 64, lanes: 32, rows: 64, slots: 64, make: |seed| dut!(memory_read256, seed) };
pub const BUILDS: [Build; 3] = [W128, W64, W256];

#[derive(Default)]
pub struct Queue {
    pub memory: bool,
    pub run: bool,
    pub halted: bool,
    /// Descriptors are posted.
    pub post: bool,
    pub base: u64,
    pub store: Vec<([u32; 2], u8)>,
    pub head: u32,
    pub told_head: u32,
    pub told_finished: u32,
    /// A descriptor that is refused was posted: the last one.
    pub refused: bool,
    /// Not yet wholly asked for, with bytes asked for; asked for and not wholly come, with beats come.
    pub wanted: VecDeque<Desc>,
    pub asked: u64,
    pub coming: VecDeque<Desc>,
    pub beats: u64,
    pub dead: bool,
    /// Rows and packets given out, written and freed.
    pub rows_out: u64,
    pub pkts_out: u64,
    pub rows_in: u64,
    pub packets: u64,
    pub freed: (u64, u64),
    pub bytes: u64,
    /// Rows at which each packet in the share ends.
    pub ends: VecDeque<u64>,
    pub since_stop: u32,
}

pub struct Bench {
    pub d: Dut,
    pub b: Build,
    pub rng: StdRng,
    pub q: Vec<Queue>,
    pub memory: Memory,
    pub held_m: Option<Vec<u32>>,
    /// Beats on their way through ingress: queue, and whether a packet ends.
    pub pipe: VecDeque<(usize, bool)>,
    /// Per clock: that ingress takes a beat, that rows are freed, that a descriptor is posted.
    pub m: f64,
    pub free: f64,
    pub post: f64,
    /// Longest descriptor.
    pub most: u64,
    /// Parts of the descriptors.
    pub fixed: f64,
    pub bad: f64,
    pub fence: f64,
    /// All descriptors have the most bytes, behind each other, and not random ones anywhere.
    pub even: bool,
    /// Beats of FIXED bursts that never came out.
    pub stray: u64,
    /// Queues whose MODE.MEMORY was written.
    pub known: Vec<bool>,
}

impl Bench {
    pub fn new(b: Build, seed: u64) -> Self {
        let mut rng = StdRng::seed_from_u64(seed);
        let mut p = || [0.1, 0.5, 0.9, 1.0][rng.random_range(0..4)];
        let (ar, r, m, free, post) = (p(), p(), p(), p(), p() / 4.0);
        let mut bench = Bench {
            d: (b.make)(seed),
            b,
            q: (0..b.nq).map(|_| Queue::default()).collect(),
            memory: Memory::new(b.lanes, ar, r, rng.random_range(1..60)),
            held_m: None,
            pipe: VecDeque::new(),
            m,
            free,
            post,
            most: 1 << rng.random_range(1..15),
            fixed: 0.2,
            bad: 0.0,
            fence: [0.0, 0.1, 0.5][rng.random_range(0..3)],
            even: false,
            stray: 0,
            known: vec![false; b.nq],
            rng,
        };
        bench.d.pulse("rst", 2);
        (0..b.nq).for_each(|i| bench.start(i));
        bench
    }

    pub fn busy(&self, i: usize) -> bool {
        self.d.get("mem_busy") >> i & 1 == 1
    }

    pub fn step(&mut self) {
        self.host();
        self.clock();
    }

    pub fn clock(&mut self) {
        self.memory.before(&mut self.d, &mut self.rng);
        self.vectors();
        let m_ready = self.pipe.len() < 8 && self.rng.random_bool(self.m);
        self.d.set("m_ready", m_ready as u64);
        self.ingress();
        self.d.step();

        self.read_store();
        let asked = self.memory.after(&self.d);
        if self.d.is_set("m_valid") {
            self.takes(m_ready);
        } else {
            assert!(self.held_m.is_none(), "m_valid fell");
        }
        if let Some(asked) = asked {
            self.asks(asked);
        }
    }

    /// RUN and halted of all queues; those of the other direction are anything.
    fn vectors(&mut self) {
        let nq = self.b.nq;
        let mask = |f: fn(&Queue) -> bool, q: &[Queue], junk: u128| {
            let bits = q.iter().enumerate().map(|(i, q)| (f(q) as u128) << (nq + i)).sum::<u128>() | junk;
            [bits as u32, (bits >> 32) as u32, (bits >> 64) as u32, (bits >> 96) as u32]
        };
        let junk = self.rng.random_range(0..1u128 << nq);
        self.d.set_wide("run", &mask(|q| q.run, &self.q, junk));
        self.d.set_wide("halted", &mask(|q| q.halted, &self.q, junk));
    }

    /// Ingress writes a beat into its share.
    fn ingress(&mut self) {
        let nq = self.b.nq;
        let stored = if self.even || self.rng.random_bool(0.9) { self.pipe.pop_front() } else { None };
        self.d.set("stored_valid", stored.is_some() as u64);
        // Between them, beats of stream queues.
        let mut other = self.rng.random_range(0..nq);
        if stored.is_none() && !self.known[other] {
            self.d.set("stored_valid", 1u64);
        } else if stored.is_none() {
            other = self.rng.random_range(0..nq);
        }
        self.d.set("stored_q", stored.map_or(other, |s| s.0) as u64);
        if let Some((i, ends)) = stored {
            let q = &mut self.q[i];
            q.rows_in += 1;
            if ends {
                q.packets += 1;
                q.ends.push_back(q.rows_in);
            }
        }
    }

    /// The descriptor that is looked at comes in the clock behind.
    fn read_store(&mut self) {
        let (desc_q, slot) = (self.d.get("mem_desc_q") as usize, self.d.get("mem_desc_slot") as usize);
        let (dws, err) = self.q[desc_q % self.b.nq].store[slot];
        self.d.set_wide("mem_desc_data", &dws);
        self.d.set("mem_desc_err", err as u64);
    }

    /// So many clocks of `core_rst`, and all queues anew. What was asked for comes yet; the burst that is offered is kept.
    pub fn reset(&mut self, clocks: u32) {
        self.d.set("core_rst", 1u64);
        for q in &mut self.q {
            (q.run, q.post) = (false, false);
            q.coming.clear();
            q.wanted.clear();
        }
        self.pipe.clear();
        self.held_m = None;
        self.known.fill(false);
        for k in 0..clocks {
            self.q.iter_mut().for_each(|q| q.since_stop = 0);
            self.reset_clock(k);
        }
        self.memory.forget();
        self.d.set("core_rst", 0u64);
        for i in 0..self.b.nq {
            self.start(i);
        }
    }

    /// A clock of `core_rst`: in the first one what was decided before may still be seen.
    fn reset_clock(&mut self, k: u32) {
        self.memory.before(&mut self.d, &mut self.rng);
        self.d.set_wide("run", &[0]);
        for name in ["stored_valid", "head_valid", "finished_valid", "c2h_freed_valid"] {
            self.d.set(name, 0u64);
        }
        self.d.step();
        let asked = self.memory.after(&self.d);
        assert!(k == 0 || !self.d.is_set("m_valid"));
        assert!(asked.is_none() || k < 2);
    }

    /// Runs until all that was posted has come, then stops all queues.
    pub fn settle(&mut self) {
        self.q.iter_mut().for_each(|q| q.post = false);
        (self.free, self.m, self.memory.ar, self.memory.r) = (1.0, 0.9, 0.9, 0.9);
        let left = |q: &Queue| q.memory && q.run && !q.dead && !(q.wanted.is_empty() && q.coming.is_empty());
        for clocks in 0.. {
            self.step();
            if !self.q.iter().any(left) && self.memory.under_way() == 0 {
                break;
            }
            if clocks > 400_000 {
                self.give_up(left);
            }
        }
        (0..self.b.nq).for_each(|i| self.stop(i));
        assert!(self.pipe.is_empty() && !self.d.is_set("mem_busy"));
    }

    fn give_up(&self, left: impl Fn(&Queue) -> bool) -> ! {
        for (i, q) in self.q.iter().enumerate().filter(|q| left(q.1)) {
            println!(
                "queue {i}: wants {:?} asked {}, {} coming, told {} {}, rows {} {} {}, packets {} {} {}",
                q.wanted.front(),
                q.asked,
                q.coming.len(),
                q.told_head,
                q.told_finished,
                q.rows_out,
                q.rows_in,
                q.freed.0,
                q.pkts_out,
                q.packets,
                q.freed.1
            );
        }
        panic!("descriptors left, {} bursts, busy {:#x}", self.memory.under_way(), self.d.get("mem_busy"));
    }

    pub fn bytes(&self) -> u64 {
        self.q.iter().map(|q| q.bytes).sum()
    }
}
