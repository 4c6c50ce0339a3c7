//! `c2h::Ingress` against counters: every beat in its row, every packet end noted, pause and TREADY by the room left.

use std::collections::VecDeque;

use ferrolane_abi::regs;
use ferrolane_hw_verify::dut;
use rand::{rngs::StdRng, Rng, SeedableRng};
use verilated::Dut;

const SLOTS: u16 = 64;

/// A build of the block: queues, bytes of a row, log2 of a share's rows, and how to make it.
#[derive(Clone, Copy)]
struct Build {
    nq: usize,
    lanes: usize,
    row_bits: u32,
    policies: bool,
    make: fn(u64) -> Dut,
}

const BUILDS: [Build; 4] = [
    Build { nq: 4, lanes: 16, row_bits: 9, policies: true, make: |seed| dut!(c2h_ingress, seed) },
    Build { nq: 1, lanes: 8, row_bits: 10, policies: true, make: |seed| dut!(c2h_ingress64, seed) },
    Build { nq: 64, lanes: 32, row_bits: 7, policies: true, make: |seed| dut!(c2h_ingress256, seed) },
    Build { nq: 4, lanes: 16, row_bits: 9, policies: false, make: |seed| dut!(c2h_ingress_plain, seed) },
];

impl Build {
    fn rows(&self) -> u16 {
        1 << self.row_bits
    }
}

/// `c2h_pause` rises when fewer rows or slots than this are free.
const MARGIN: u16 = 32;

#[derive(Clone, Copy, Default)]
struct Counts {
    row: u16,
    pkts: u16,
    freed_row: u16,
    freed_pkts: u16,
}

impl Counts {
    fn used(&self) -> (u16, u16) {
        (self.row.wrapping_sub(self.freed_row), self.pkts.wrapping_sub(self.freed_pkts))
    }
    fn pause(&self, build: &Build) -> bool {
        let (rows, pkts) = self.used();
        build.rows() - rows < MARGIN || SLOTS - pkts < MARGIN
    }
    fn full(&self, build: &Build) -> bool {
        self.used().0 == build.rows() || self.used().1 == SLOTS
    }
}

#[derive(Clone)]
struct Beat {
    dest: usize,
    data: Vec<u32>,
    keep: u64,
    lanes: usize,
    last: bool,
    bad: bool,
    user: u32,
}

impl Beat {
    fn random(build: &Build, rng: &mut StdRng, last: f64) -> Self {
        let dest =
            if rng.random_bool(0.05) { rng.random_range(0..64) } else { rng.random_range(0..build.nq) };
        let all = u64::MAX >> (64 - build.lanes);
        let keep = (rng.random::<u64>() & all)
            | if rng.random() { all >> rng.random_range(0..build.lanes) } else { 0 };
        let data = (0..build.lanes / 4).map(|_| rng.random()).collect();
        Beat {
            dest,
            data,
            keep,
            lanes: build.lanes,
            last: rng.random_bool(last),
            bad: rng.random(),
            user: rng.random(),
        }
    }
    /// Bytes in it.
    fn count(&self) -> u64 {
        if self.last {
            (self.keep.trailing_ones() as u64).clamp(!self.bad as u64, self.lanes as u64)
        } else {
            self.lanes as u64
        }
    }
    fn drive(&self, d: &mut Dut) {
        d.set("c2h_axis_tdest", self.dest as u64);
        d.set_wide("c2h_axis_tdata", &self.data);
        d.set("c2h_axis_tkeep", self.keep);
        d.set("c2h_axis_tlast", self.last as u64);
        d.set("c2h_axis_tbad", self.bad as u64);
        d.set("c2h_axis_tuser", self.user as u64);
    }
}

fn clear(build: &Build, d: &mut Dut, q: usize) {
    d.set("init_valid", 1u64);
    d.set("init_g", (build.nq + q) as u64);
    d.set("c2h_freed_valid", 0u64);
    assert_eq!(d.step_until("init_done_ingress", 2), 1);
    d.step();
    assert_eq!(d.get("init_done_ingress"), 0, "once only");
    assert_eq!(
        (d.get("fill_valid"), d.get("fill_q"), d.get("fill_row"), d.get("fill_pkts")),
        (1, q as u64, 0, 0)
    );
    d.set("c2h_freed_valid", 1u64);
    d.set("c2h_freed_q", q as u64);
    d.set("c2h_freed_row", 0u64);
    d.set("c2h_freed_pkts", 0u64);
    d.step();
    d.set("c2h_freed_valid", 0u64);
    d.set("init_valid", 0u64);
    d.steps(4);
    assert_eq!(d.get("c2h_pause") >> q & 1, 0);
}

fn cleared(build: &Build, seed: u64) -> Dut {
    let mut d = (build.make)(seed);
    d.set("cfgw_valid", 0u64);
    d.pulse("rst", 2);
    if !build.policies {
        // MODE.DROP is not there.
        for q in 0..build.nq {
            d.set("cfgw_valid", 1u64);
            d.set("cfgw_g", (build.nq + q) as u64);
            d.set("cfgw_index", regs::queue::MODE.offset as u64 / 4);
            d.set("cfgw_data", u32::MAX as u64);
            d.step();
        }
        d.set("cfgw_valid", 0u64);
    }
    (0..build.nq).for_each(|q| clear(build, &mut d, q));
    d
}

#[test]
fn beats_land_in_order_and_wait_for_room() {
    let (mut waited, mut paused) = (0, 0);
    for seed in 0..32 {
        let build = BUILDS[seed as usize % 4];
        let nq = build.nq;
        let mut rng = StdRng::seed_from_u64(seed);
        let mut d = cleared(&build, seed);
        let mut counts = vec![Counts::default(); nq];
        let mut taken: VecDeque<Beat> = VecDeque::new();
        let mut offered: Option<Beat> = None;
        let (offer, free, last) =
            (rng.random_range(0.5..1.0), rng.random_range(0.05..0.6), rng.random_range(0.0..1.0));
        let mut end: Option<(u64, Vec<u32>)> = None;
        let (mut quiet, mut last_change, mut compared) = (vec![0; nq], vec![(0, 0, 0, 0); nq], 0);
        let (mut beats, mut stalled) = (0, 0);
        let most = [1, 3, 20, build.rows()][seed as usize / 4 % 4];
        for _ in 0..30_000 {
            if offered.is_none() && rng.random_bool(offer) {
                offered = Some(Beat::random(&build, &mut rng, last));
            }
            d.set("c2h_axis_tvalid", offered.is_some() as u64);
            if let Some(b) = &offered {
                b.drive(&mut d);
            }
            // Plan and send free rows that have been written, in steps of any size.
            let q = rng.random_range(0..nq);
            let frees = rng.random_bool(free).then(|| {
                let (rows, pkts) = counts[q].used();
                let c = &mut counts[q];
                (
                    c.freed_row.wrapping_add(rng.random_range(0..=rows.min(most))),
                    c.freed_pkts.wrapping_add(rng.random_range(0..=pkts.min(most))),
                )
            });
            d.set("c2h_freed_valid", frees.is_some() as u64);
            d.set("c2h_freed_q", q as u64);
            let (row, pkts) = frees.unwrap_or((rng.random(), rng.random()));
            d.set("c2h_freed_row", row as u64);
            d.set("c2h_freed_pkts", pkts as u64);
            d.step();

            while taken.front().is_some_and(|b| b.dest >= nq) {
                taken.pop_front();
            }
            if d.is_set("mem_wen") {
                let b = taken.pop_front().expect("a row without a beat");
                let c = &mut counts[b.dest];
                assert!(!c.full(&build), "a row without room");
                assert_eq!(
                    d.get("mem_row"),
                    (b.dest as u64) << build.row_bits | (c.row % build.rows()) as u64
                );
                assert_eq!(d.get_wide("mem_data"), b.data);
                // Its packet's end was written the clock before.
                assert_eq!(end.is_some(), b.last);
                if let Some((slot, end)) = end.take() {
                    assert_eq!(slot, (b.dest as u64) << 6 | c.pkts as u64 % 64);
                    // Position behind the last byte, row behind it, TUSER, gap, bad, from the lowest bit.
                    let stop =
                        (c.row as u64 * b.lanes as u64 + b.count()) as u32 % (0x10000 * b.lanes as u32);
                    assert_eq!(end[0], stop | (c.row as u32 + 1) << 24);
                    let after = c.row.wrapping_add(1) as u32;
                    assert_eq!(end[1], after >> 8 | b.user << 8);
                    assert_eq!(end[2], b.user >> 24 | (b.bad as u32) << 9);
                }
                c.row = c.row.wrapping_add(1);
                c.pkts = c.pkts.wrapping_add(b.last as u16);
                // The fill bus tells of it in the same clock.
                let fill = ["valid", "q", "row", "pkts"].map(|f| d.get(&format!("fill_{f}")));
                assert_eq!(fill, [1, b.dest as u64, c.row as u64, c.pkts as u64]);
                beats += 1;
                stalled = 0;
            } else {
                assert!(!d.is_set("fill_valid") && end.is_none());
                // Three clocks through the input FIFO, and as many for beats that are dropped before it.
                let waits = taken.front().is_some_and(|b| !counts[b.dest].full(&build));
                stalled = if waits { stalled + 1 } else { 0 };
                assert!(stalled <= 6, "a beat waits with room");
            }
            end = d.is_set("pkt_wen").then(|| (d.get("pkt_waddr"), d.get_wide("pkt_wdata")));
            if frees.is_some() {
                (counts[q].freed_row, counts[q].freed_pkts) = (row, pkts);
            }
            if d.is_set("c2h_axis_tready") {
                taken.extend(offered.take());
            } else {
                waited += 1;
            }
            // Pause follows three clocks behind the last change of its queue.
            let got = d.get("c2h_pause");
            paused += got.count_ones();
            for (i, c) in counts.iter().enumerate() {
                let change = (c.row, c.freed_row, c.pkts, c.freed_pkts);
                quiet[i] = if change == last_change[i] { quiet[i] + 1 } else { 0 };
                last_change[i] = change;
                if quiet[i] >= 3 {
                    assert_eq!(got >> i & 1 == 1, c.pause(&build), "pause of queue {i} is late");
                    compared += 1;
                }
            }
        }
        // A single queue hardly ever rests.
        assert!(
            beats > 1000 && (compared > 1000 || build.nq == 1),
            "seed {seed}: {beats} beats, {compared} times pause compared"
        );
    }
    assert!(waited > 1000 && paused > 1000, "{waited} {paused}");
}

#[test]
fn it_takes_a_beat_every_clock() {
    for build in BUILDS {
        let mut d = cleared(&build, 3);
        let mut rng = StdRng::seed_from_u64(3);
        d.set("c2h_axis_tvalid", 1u64);
        let (mut taken, mut written) = (0, 0);
        for n in 0..800 {
            let mut beat = Beat::random(&build, &mut rng, 0.01);
            // The same queue for a while, then another one every clock.
            beat.dest = if n < 100 { 0 } else { rng.random_range(0..build.nq) };
            beat.drive(&mut d);
            d.step();
            taken += d.get("c2h_axis_tready");
            written += d.get("mem_wen");
        }
        assert_eq!(taken, 800);
        assert!(written >= 796, "{written}");
    }
}

#[test]
fn beats_wait_for_their_queue_to_be_cleared() {
    let build = BUILDS[0];
    let mut d = (build.make)(5);
    d.pulse("rst", 2);
    let mut rng = StdRng::seed_from_u64(5);
    let mut beat = Beat::random(&build, &mut rng, 1.0);
    beat.dest = 2;
    beat.drive(&mut d);
    d.set("c2h_axis_tvalid", 1u64);
    d.step();
    d.set("c2h_axis_tvalid", 0u64);
    for q in [0, 1, 3] {
        for _ in 0..20 {
            d.step();
            assert!(!d.is_set("mem_wen"));
        }
        clear(&build, &mut d, q);
        assert!(!d.is_set("mem_wen"));
    }
    d.set("init_valid", 1u64);
    d.set("init_g", build.nq as u64 + 2);
    d.steps(2);
    assert!(d.is_set("init_done_ingress") && !d.is_set("mem_wen"));
    d.set("c2h_freed_valid", 1u64);
    d.set("c2h_freed_q", 2u64);
    d.step();
    d.set("c2h_freed_valid", 0u64);
    assert!(!d.is_set("mem_wen"));
    d.set("init_valid", 0u64);
    d.step_until("mem_wen", 3);
    assert_eq!(d.get("mem_row"), 2 << 9);
}
