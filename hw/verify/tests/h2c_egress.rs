//! `h2c::Egress` alone, with 4 queues of 128 bit and with 64 of 64 bit: random commits of random packets, a card that stalls and pauses, and clearing, stops and resets in between.

use ferrolane_abi::regs::queue::MODE;
use ferrolane_hw_verify::dut;
use rand::{rngs::StdRng, Rng, SeedableRng};
use verilated::Dut;

/// Rows 0.. of one queue's life: which packet they belong to, and which end there with how many bytes.
#[derive(Default)]
struct Queue {
    /// (user with FIXED as bit 32, last row, bytes in it) of each packet planned.
    packets: Vec<(u64, u64, u64)>,
    rows: u64,
    committed: (u64, u64),
    /// What the packet memories hold: ahead of what is committed.
    written: (u64, u64),
    sent: (u64, u64),
    freed: (u64, u64),
    life: u64,
    store: bool,
}

/// Sizes of the block under test.
#[derive(Clone, Copy)]
struct Shape {
    queues: usize,
    rows: u64,
    row: u64,
    slots: u64,
}

const SMALL: Shape = Shape { queues: 4, rows: 512, row: 16, slots: 32 };
const MANY: Shape = Shape { queues: 64, rows: 64, row: 8, slots: 8 };

impl Shape {
    /// Rows of a packet that may be larger than the share: what is left is less than the largest request, and two rows.
    fn deep(&self) -> u64 {
        self.rows.saturating_sub((self.rows / 4).max(512 / self.row) + 2).max(1)
    }
}

struct Bench {
    d: Dut,
    rng: StdRng,
    shape: Shape,
    q: Vec<Queue>,
    /// What the memory gives next.
    data: Vec<u32>,
    slot_at: u64,
    beats: u64,
    /// Beats between the queue changes.
    run: (u64, u64),
    ready: f64,
    pause: u64,
    /// Beats since the clock in which the queue was paused.
    after_pause: Vec<Option<u64>>,
    /// Queue that is being cleared and what it gave back last.
    clearing: Option<(u64, u64)>,
    /// Chance of a queue with store-and-forward.
    store: f64,
    /// Clocks within a packet without a beat.
    gaps: u64,
    early: u64,
    /// Queues at the card's memory: any queue between two lives.
    memory: u64,
    /// Chance of that.
    memories: f64,
    /// Queues of which nothing more is committed.
    stopped: u64,
    /// The packet that is open on the card's stream, by the life it is of.
    open: Vec<Option<u64>>,
    /// Closing beats.
    closed: u64,
    /// The beat that stood in the clock before.
    stood: Option<(Vec<u32>, [u64; 5])>,
}

fn word(q: u64, life: u64, row: u64, bytes: u64) -> Vec<u32> {
    let mut words = vec![row as u32, (q | life << 8) as u32];
    words.resize(bytes as usize / 4, 0xCAFE);
    words
}

impl Bench {
    fn new(seed: u64, ready: f64, shape: Shape) -> Self {
        let mut d = if shape.queues == 4 { dut!(h2c_egress, seed) } else { dut!(h2c_egress64, seed) };
        d.set("cfgw_valid", 0u64);
        d.set("card_rst", 1u64);
        d.pulse("rst", 1);
        d.set("card_rst", 0u64);
        let mut b = Bench {
            d,
            rng: StdRng::seed_from_u64(seed),
            shape,
            q: (0..shape.queues).map(|_| Queue::default()).collect(),
            data: vec![0; shape.row as usize / 4],
            slot_at: 0,
            beats: 0,
            run: (99, 0),
            ready,
            pause: 0,
            after_pause: vec![None; shape.queues],
            clearing: None,
            store: 0.0,
            gaps: 0,
            early: 0,
            memory: 0,
            memories: 0.5,
            stopped: 0,
            open: vec![None; shape.queues],
            closed: 0,
            stood: None,
        };
        (0..20).for_each(|_| b.step(None));
        assert_eq!(b.beats, 0, "nothing is sent before a queue is cleared");
        (0..shape.queues).for_each(|q| b.clear(q));
        b
    }

    fn clear(&mut self, q: usize) {
        let store = self.rng.random_bool(self.store);
        self.d.set("cfgw_valid", 1u64);
        self.d.set("cfgw_g", q as u64);
        self.d.set("cfgw_index", MODE.offset as u64 / 4);
        self.d.set("cfgw_data", MODE.field("STORE_FORWARD").unwrap().put(store as u32) as u64);
        self.step(None);
        // Another register, and a queue of the other direction.
        let junk = self.rng.random::<u32>();
        self.d.set("cfgw_data", junk as u64);
        self.d.set("cfgw_g", (q + self.shape.queues) as u64);
        self.step(None);
        self.d.set("cfgw_g", q as u64);
        self.d.set("cfgw_index", MODE.offset as u64 / 4 + 1);
        self.step(None);
        self.d.set("cfgw_valid", 0u64);
        self.d.set("init_valid", 1u64);
        self.d.set("init_g", q as u64);
        // Commit clears its side some time during this.
        let at = self.rng.random_range(0..5);
        for clock in 0..8 {
            self.step(if clock == at { Some((q, 0, 0)) } else { None });
            if clock == 1 {
                // A row that goes in the first two clocks is still one of the old life.
                self.memory = self.memory & !(1 << q) | u64::from(self.rng.random_bool(self.memories)) << q;
                self.clearing = Some((q as u64, 1));
                let life = self.q[q].life + 1;
                self.q[q] = Queue { life, store, ..Queue::default() };
            }
        }
        self.d.set("init_valid", 0u64);
        assert_eq!(self.clearing.take(), Some((q as u64, 0)), "what was given back is taken back");
    }

    /// A Function Level Reset: only what faces the card is kept.
    fn reset(&mut self) {
        self.d.set("rst", 1u64);
        self.step(None);
        self.d.set("rst", 0u64);
        for q in 0..self.shape.queues {
            self.q[q] = Queue { life: self.q[q].life + 1, ..Queue::default() };
        }
        self.stopped = 0;
        (0..self.shape.queues).for_each(|q| self.clear(q));
    }

    /// Plans packets and commits a random part of the rows that have room.
    fn commit(&mut self, q: usize, most: u64) {
        let max = if self.rng.random_bool(0.5) { 1 } else { 100 };
        let queue = &mut self.q[q];
        let rows = self.rng.random_range(1..=most).min(self.shape.rows - (queue.committed.0 - queue.freed.0));
        let target = queue.committed.0 + rows;
        while queue.rows < target {
            let length = self.rng.random_range(1..=max);
            queue.rows += length;
            queue.packets.push((
                self.rng.random::<u64>() & 0x1_FFFF_FFFF,
                queue.rows - 1,
                self.rng.random_range(1..=self.shape.row),
            ));
        }
        let ended = queue.packets.iter().filter(|p| p.1 < target).count() as u64;
        if rows == 0 || ended > queue.freed.1 + self.shape.slots - 1 {
            return self.step(None);
        }
        // Issue writes them some clocks before commit.
        queue.written = (target, ended);
        (0..3).for_each(|_| self.step(None));
        self.q[q].committed = (target, ended);
        self.step(Some((q, target, ended)));
    }

    fn step(&mut self, commit: Option<(usize, u64, u64)>) {
        if self.shape.row == 8 {
            self.d.set("r_data", self.data[0] as u64 | (self.data[1] as u64) << 32);
        } else {
            self.d.set_wide("r_data", &self.data);
        }
        let slots = self.shape.slots;
        let (q, slot) = (self.slot_at / slots, self.slot_at % slots);
        let queue = &self.q[q as usize];
        let first = queue.freed.1.saturating_sub(1);
        let index = first + (slot + slots - first % slots) % slots;
        let (user, end, bytes) = queue.packets.get(index as usize).copied().unwrap_or((7, 7, 7));
        // Before the packet has a row the memory holds anything, and before its end is committed any end.
        let before = index.checked_sub(1).and_then(|before| queue.packets.get(before as usize));
        let begins = before.map_or(0, |packet| packet.1 + 1);
        let known = queue.written.1 > index;
        let user = if queue.written.0 > begins { user } else { self.rng.random::<u64>() & 0x1_FFFF_FFFF };
        let (end, bytes) = if known { (end, bytes) } else { (self.rng.random_range(0..8) + begins, 1) };
        self.d.set("user", user);
        self.d.set("memory", self.memory);
        self.d.set("packet_end", ((end + 1) & 0xFFFF) | (bytes - 1) << 16);
        self.d.set("commit_valid", commit.is_some() as u64);
        let (q, row, pkts) = commit.unwrap_or_default();
        self.d.set("commit_q", q as u64);
        self.d.set("commit_row", row & 0xFFFF);
        self.d.set("commit_pkts", pkts & 0xFFFF);
        self.d.set("h2c_pause", self.pause);
        self.d.set("stopped", self.stopped);
        let ready = self.rng.random_bool(self.ready);
        self.d.set("h2c_axis_tready", ready as u64);
        self.d.step();
        let at = self.d.get("r_row");
        let rows = self.shape.rows;
        let (q, row) = (at / rows, at % rows);
        let queue = &self.q[q as usize];
        // The row that is in the share now at that place.
        let full = queue.freed.0.saturating_sub(1);
        let row = full + (row + rows - full % rows) % rows;
        self.data = word(q, queue.life, row, self.shape.row);
        self.slot_at = self.d.get("packet_slot");
        if self.d.is_set("freed_valid") {
            let q = self.d.get("freed_q");
            let queue = &mut self.q[q as usize];
            if self.clearing.is_some_and(|c| c.0 == q) {
                self.clearing = Some((q, self.d.get("freed_row") | self.d.get("freed_pkts") << 16));
            } else {
                let row = (queue.freed.0 + 1) & 0xFFFF;
                assert_eq!(self.d.get("freed_row"), row, "rows are given back one by one");
                let ends = queue.packets[queue.freed.1 as usize].1 == queue.freed.0;
                queue.freed = (queue.freed.0 + 1, queue.freed.1 + ends as u64);
                assert_eq!(self.d.get("freed_pkts"), queue.freed.1 & 0xFFFF);
                assert!(queue.freed.0 <= queue.committed.0);
            }
        }
        for q in 0..self.shape.queues {
            if self.pause >> q & 1 == 0 {
                self.after_pause[q] = None;
            }
        }
        let valid = self.d.is_set("h2c_axis_tvalid");
        let side =
            ["tkeep", "tlast", "tdest", "tuser", "terr"].map(|name| self.d.get(&format!("h2c_axis_{name}")));
        let beat = (self.d.get_wide("h2c_axis_tdata"), side);
        if let Some(stood) = self.stood.take() {
            assert!(valid, "TVALID falls before TREADY");
            assert_eq!(beat, stood, "a beat that waits changes");
        }
        self.stood = (valid && !ready).then_some(beat);
        self.gaps += u64::from(!valid && self.open.iter().any(Option::is_some));
        if valid && ready {
            self.take();
        }
        for q in 0..self.shape.queues {
            if self.pause >> q & 1 == 1 && self.after_pause[q].is_none() {
                self.after_pause[q] = Some(0);
            }
        }
    }

    fn take(&mut self) {
        let q = self.d.get("h2c_axis_tdest");
        if let Some(beats) = &mut self.after_pause[q as usize] {
            *beats += 1;
            assert!(*beats <= 4, "{beats} beats after the pause");
        }
        let last = self.d.is_set("h2c_axis_tlast");
        if self.d.is_set("h2c_axis_terr") {
            assert!(last && !self.d.is_set("h2c_axis_tmem"));
            assert_eq!((self.d.get("h2c_axis_tkeep"), self.d.get("h2c_axis_tuser")), (0, 0));
            let life = self.open[q as usize].take().expect("only an open packet is closed");
            let queue = &self.q[q as usize];
            let dry = self.stopped >> q & 1 == 1 && queue.sent.0 == queue.committed.0;
            assert!(life != queue.life || dry, "queue {q} isn't cut");
            self.closed += 1;
            return;
        }
        let data = self.d.get_wide("h2c_axis_tdata");
        if !self.d.is_set("h2c_axis_tmem") {
            let life = data[1] as u64 >> 8;
            let open = &mut self.open[q as usize];
            assert!(
                open.is_none_or(|open| open == life),
                "queue {q}: the next packet is glued to one that was cut"
            );
            *open = (!last).then_some(life);
        }
        let queue = &mut self.q[q as usize];
        if data[1] as u64 >> 8 != queue.life {
            return;
        }
        let (row, packet) = queue.sent;
        assert_eq!(data, word(q, queue.life, row, self.shape.row), "queue {q}");
        let (user, end, bytes) = queue.packets[packet as usize];
        assert_eq!(self.d.get("h2c_axis_tuser"), user & 0xFFFF_FFFF, "queue {q} row {row}");
        assert_eq!(self.d.get("h2c_axis_tfixed"), user >> 32, "queue {q} row {row}");
        assert_eq!(self.d.get("h2c_axis_tmem"), self.memory >> q & 1, "queue {q} row {row}");
        assert_eq!(last, row == end, "queue {q} row {row}");
        // One that is large goes before its end is there.
        let begins = packet.checked_sub(1).map_or(0, |before| queue.packets[before as usize].1 + 1);
        if queue.store && row == begins && end >= queue.committed.0 {
            self.early += 1;
            assert!(queue.committed.0 - begins >= self.shape.deep(), "queue {q} starts a packet too early");
        }
        let keep = (1u64 << if last { bytes } else { self.shape.row }) - 1;
        assert_eq!(self.d.get("h2c_axis_tkeep"), keep);
        queue.sent = (row + 1, packet + last as u64);
        self.beats += 1;
        if self.run.0 == q {
            self.run.1 += 1;
        } else {
            self.run = (q, 1);
        }
    }

    /// Commits to the end of the packets and lets them go.
    fn drain_stored(&mut self) {
        for clock in 0.. {
            assert!(clock < 200_000, "a packet is stuck");
            let Some(q) = (0..self.shape.queues).find(|&q| self.q[q].committed.0 != self.q[q].rows) else {
                return self.drain();
            };
            let queue = &mut self.q[q];
            // As far as issue goes: no part of a request that finds no room.
            let room = self.shape.rows - (queue.committed.0 - queue.freed.0);
            let rows = (queue.rows - queue.committed.0).min(self.shape.rows / 4);
            let mut target = queue.committed.0 + rows;
            // No more ends than there are slots.
            if let Some(p) = queue.packets.get((queue.freed.1 + self.shape.slots - 1) as usize) {
                target = target.min(p.1);
            }
            let ended = queue.packets.iter().filter(|p| p.1 < target).count() as u64;
            if rows > room || target <= queue.committed.0 {
                self.step(None);
                continue;
            }
            queue.written = (target, ended);
            (0..3).for_each(|_| self.step(None));
            self.q[q].committed = (target, ended);
            self.step(Some((q, target, ended)));
        }
    }

    fn drain(&mut self) {
        for _ in 0..100_000 {
            if self.q.iter().all(|q| q.sent.0 == q.committed.0) {
                return;
            }
            self.step(None);
        }
        panic!("rows left: {:?}", self.q.iter().map(|q| q.committed.0 - q.sent.0).collect::<Vec<_>>());
    }
}

#[test]
fn rows_come_out_in_order_and_packets_whole() {
    for seed in 0..12 {
        let ready = [1.0, 0.5, 0.9][seed as usize % 3];
        let shape = if seed % 4 == 3 { MANY } else { SMALL };
        println!("seed {seed}");
        let mut b = Bench::new(seed, ready, shape);
        for round in 0..3000 {
            let q = b.rng.random_range(0..shape.queues);
            b.commit(q, 60);
            for _ in 0..b.rng.random_range(0..40) {
                b.step(None);
            }
            if b.rng.random_bool(0.1) {
                b.pause = b.rng.random::<u64>() & (u64::MAX >> (64 - shape.queues));
            }
            if round % 500 == 499 {
                b.pause = 0;
                b.drain();
                b.clear(q);
            }
        }
        b.pause = 0;
        b.drain();
        assert!(b.beats > 5000, "{}", b.beats);
    }
}

#[test]
fn with_store_and_forward_a_packet_starts_when_its_end_is_there() {
    let mut early = 0;
    for seed in 0..12 {
        let ready = [1.0, 0.5, 0.9][seed as usize % 3];
        let shape = if seed % 4 == 3 { MANY } else { SMALL };
        let mut b = Bench::new(900 + seed, ready, shape);
        b.store = 0.7;
        (0..shape.queues).for_each(|q| b.clear(q));
        for round in 0..3000 {
            let q = b.rng.random_range(0..shape.queues);
            b.commit(q, 60);
            for _ in 0..b.rng.random_range(0..40) {
                b.step(None);
            }
            if round % 50 == 0 {
                // A packet larger than the share.
                let (user, rows) =
                    (b.rng.random::<u32>() as u64, b.rng.random_range(shape.rows..3 * shape.rows));
                let queue = &mut b.q[q];
                queue.rows += rows;
                queue.packets.push((user, queue.rows - 1, 3));
            }
            if b.rng.random_bool(0.1) {
                b.pause = b.rng.random::<u64>() & (u64::MAX >> (64 - shape.queues));
            }
            if round % 500 == 499 {
                b.pause = 0;
                b.drain_stored();
                b.clear(q);
            }
        }
        b.pause = 0;
        b.drain_stored();
        assert!(b.beats > 8000, "{}", b.beats);
        early += b.early;
    }
    assert!(early > 20, "{early}");
}

#[test]
fn a_stored_packet_comes_without_a_pause() {
    for (seed, store) in [(1, 1.0), (2, 1.0), (3, 0.0)] {
        let mut b = Bench::new(seed, 1.0, SMALL);
        (b.store, b.memories) = (store, 0.0);
        (0..4).for_each(|q| b.clear(q));
        b.gaps = 0;
        // The host's data come in small pieces with long pauses.
        for _ in 0..2000 {
            b.commit(2, 8);
            let pause = b.rng.random_range(0..30);
            (0..pause).for_each(|_| b.step(None));
        }
        b.drain_stored();
        assert!(b.beats > 5_000, "{}", b.beats);
        assert!(if store == 1.0 { b.gaps == 0 } else { b.gaps > 5_000 }, "{} pauses", b.gaps);
    }
}

#[test]
fn a_clear_in_the_middle_forgets_the_rest() {
    let mut b = Bench::new(50, 0.7, SMALL);
    for _ in 0..300 {
        for q in 0..4 {
            b.commit(q, 100);
        }
        for _ in 0..b.rng.random_range(0..60) {
            b.step(None);
        }
        // The model can't tell which rows of a life that ends were still sent, so only the others are compared then.
        let q = b.rng.random_range(0..4);
        b.clear(q);
        b.drain();
    }
}

/// Random traffic with many cuts; `cut` makes one, after which nothing more of the queue is committed until it is cleared.
fn cuts(seed: u64, shape: Shape, store: f64, cut: impl Fn(&mut Bench, usize)) {
    println!("seed {seed}");
    let mut b = Bench::new(seed, [1.0, 0.3, 0.8][seed as usize % 3], shape);
    b.store = store;
    for _ in 0..400 {
        for _ in 0..b.rng.random_range(1..5) {
            let q = b.rng.random_range(0..shape.queues);
            if b.stopped >> q & 1 == 0 {
                b.commit(q, 60);
            }
        }
        for _ in 0..b.rng.random_range(0..60) {
            b.step(None);
        }
        if b.rng.random_bool(0.2) {
            b.pause = b.rng.random::<u64>() & (u64::MAX >> (64 - shape.queues));
        }
        let q = b.rng.random_range(0..shape.queues);
        cut(&mut b, q);
    }
    // All are cut at last, and nothing stays open.
    (b.pause, b.stopped) = (0, u64::MAX >> (64 - shape.queues));
    for _ in 0..20_000 {
        b.step(None);
        if b.open.iter().all(Option::is_none) && b.q.iter().all(|q| q.sent.0 == q.committed.0) {
            break;
        }
    }
    assert!(b.open.iter().all(Option::is_none), "{:?}", b.open);
    assert!(b.closed > 10, "{}", b.closed);
}

#[test]
fn a_packet_that_is_cut_ends_on_the_stream_once() {
    for seed in 0..12 {
        let shape = if seed % 4 == 3 { MANY } else { SMALL };
        let store = if seed % 2 == 0 { 0.0 } else { 0.5 };
        cuts(100 + seed, shape, store, |b, q| b.clear(q));
        cuts(200 + seed, shape, store, |b, _| {
            if b.rng.random_bool(0.3) {
                b.reset();
            }
        });
        cuts(300 + seed, shape, store, |b, q| {
            if b.stopped >> q & 1 == 0 {
                b.stopped |= 1 << q;
            } else {
                b.clear(q);
                b.stopped &= !(1 << q);
            }
        });
    }
}

#[test]
fn a_stopped_queue_is_closed_without_being_cleared() {
    let mut b = Bench::new(60, 1.0, SMALL);
    b.memories = 0.0;
    (0..4).for_each(|q| b.clear(q));
    for _ in 0..200 {
        for q in 0..4 {
            b.commit(q, 100);
        }
        let q = b.rng.random_range(0..4);
        b.stopped = 1 << q;
        b.drain();
        (0..16).for_each(|_| b.step(None));
        assert_eq!(b.open[q], None, "the packet ends as soon as its last row was sent");
        b.stopped = 0;
        b.clear(q);
    }
    assert!(b.closed > 100, "{}", b.closed);
}

#[test]
fn a_card_that_takes_nothing_holds_up_no_clearing() {
    let mut b = Bench::new(70, 1.0, SMALL);
    b.memories = 0.0;
    for q in 0..4 {
        b.clear(q);
        b.q[q].packets = vec![(1, 5000, 16)];
        b.q[q].rows = 5001;
        b.commit(q, 100);
    }
    b.drain();
    b.ready = 0.0;
    for _ in 0..20 {
        b.reset();
        (0..4).for_each(|q| b.commit(q, 100));
        (0..100).for_each(|_| b.step(None));
    }
    b.ready = 1.0;
    b.drain();
    (0..100).for_each(|_| b.step(None));
    assert!(
        (4..=5).contains(&b.closed),
        "{} for four packets, and maybe one of which a beat stood",
        b.closed
    );
}

#[test]
fn a_paused_queue_keeps_its_closing_beat_and_holds_up_nobody() {
    let mut b = Bench::new(80, 1.0, SMALL);
    b.memories = 0.0;
    (0..4).for_each(|q| b.clear(q));
    b.q[1].packets = vec![(1, 5000, 16)];
    b.q[1].rows = 5001;
    b.commit(1, 60);
    b.drain();
    b.pause = 2;
    (0..10).for_each(|_| b.step(None));
    b.clear(1);
    b.commit(1, 60);
    for _ in 0..20 {
        b.commit(2, 60);
        (0..100).for_each(|_| b.step(None));
    }
    assert_eq!((b.closed, b.q[1].sent.0), (0, 0));
    assert_eq!(b.q[2].sent.0, b.q[2].committed.0);
    b.pause = 0;
    b.drain();
    assert_eq!(b.closed, 1);
}

#[test]
fn a_beat_every_clock_and_one_clock_between_queues() {
    let mut b = Bench::new(1, 1.0, SMALL);
    b.q.iter_mut().for_each(|q| {
        q.packets = vec![(1, 5000, 16)];
        q.rows = 5001;
    });
    for queues in [1, 4] {
        for _ in 0..12 {
            (0..queues).for_each(|q| b.commit(q, 512));
        }
        let (beats, clocks) = (b.beats, 256);
        (0..clocks).for_each(|_| b.step(None));
        println!("{queues} queues: {} beats in {clocks} clocks", b.beats - beats);
        assert!(b.beats - beats >= if queues == 1 { 256 } else { 252 }, "{} with {queues}", b.beats - beats);
        b.drain();
    }
}

#[test]
fn at_most_one_clock_between_small_packets() {
    for (rows, clocks) in [(1, 2), (2, 2), (4, 4), (5, 5)] {
        let mut b = Bench::new(1, 1.0, SMALL);
        b.q[2].packets = (1..200).map(|i| (i, i * rows - 1, 5)).collect();
        b.q[2].rows = 200 * rows;
        b.pause = 4;
        for _ in 0..10 {
            b.commit(2, 28 * rows / 10);
        }
        let waiting = b.q[2].committed.1;
        b.pause = 0;
        let start = b.d.clocks();
        while b.q[2].sent.1 < waiting {
            b.step(None);
            assert!(b.d.clocks() < start + 1000);
        }
        let took = b.d.clocks() - start;
        println!("{waiting} packets of {rows} rows: {took} clocks");
        assert!(
            waiting > 5 && took <= waiting * clocks + 10,
            "{waiting} packets of {rows} rows: {took} clocks"
        );
    }
}
