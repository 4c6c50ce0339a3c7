//! `tlp::WrArb`: order of acceptance, numbering, window of unreported writes, throughput.

use std::collections::VecDeque;

use ferrolane_hw_verify::dut;
use rand::{rngs::StdRng, Rng, SeedableRng};
use verilated::Dut;

const SOURCES: [&str; 3] = ["data", "rec", "msi"];

fn block(w: usize, seed: u64) -> Dut {
    match w {
        64 => dut!(wr_arb64, seed),
        128 => dut!(wr_arb, seed),
        _ => dut!(wr_arb256, seed),
    }
}

#[derive(Clone, Debug, PartialEq)]
struct Beat {
    first: bool,
    last: bool,
    hdr: [u32; 4],
    data: Vec<u32>,
    keep: u64,
}

fn tlp(w: usize, rng: &mut StdRng, beats: usize) -> VecDeque<Beat> {
    (0..beats)
        .map(|i| Beat {
            first: i == 0,
            last: i + 1 == beats,
            hdr: rng.random(),
            data: (0..w / 32).map(|_| rng.random()).collect(),
            keep: if i + 1 == beats { rng.random_range(1..1 << (w / 32)) } else { (1 << (w / 32)) - 1 },
        })
        .collect()
}

fn offer(d: &mut Dut, source: &str, beat: Option<&Beat>) {
    d.set(&format!("{source}_wr_valid"), beat.is_some() as u64);
    if let Some(b) = beat {
        d.set(&format!("{source}_wr_first"), b.first as u64);
        d.set(&format!("{source}_wr_last"), b.last as u64);
        d.set_wide(&format!("{source}_wr_hdr"), &b.hdr);
        d.set_wide(&format!("{source}_wr_data"), &b.data);
        d.set(&format!("{source}_wr_keep"), b.keep);
    }
}

#[test]
fn whole_tlps_leave_in_the_order_of_acceptance() {
    for (w, seed) in (0..12).map(|seed| ([64, 128, 256][seed as usize % 3], seed)) {
        let mut rng = StdRng::seed_from_u64(seed);
        let mut d = block(w, seed);
        d.pulse("rst", 2);
        let ask: [f64; 3] =
            [rng.random_range(0.05..1.0), rng.random_range(0.05..1.0), rng.random_range(0.05..1.0)];
        // A source that offers the beats of a TLP with gaps must keep the others out.
        let steady = rng.random_range(0.3..=1.0);
        let drain = rng.random_range(0.1..=1.0);
        let report = rng.random_range(0.02..0.6);
        let mut queues: [VecDeque<Beat>; 3] = Default::default();
        let mut valid = [false; 3];
        let mut accepted: VecDeque<(Beat, u64)> = VecDeque::new();
        let mut open: Option<usize> = None;
        let (mut issued, mut sent, mut on_wire, mut counted, mut finished) = (0u64, 0u64, 0u64, 0u64, 0u64);
        let mut enabled = true;
        let mut served = [0; 3];
        for clock in 0..8000 {
            if clock % 128 == 0 {
                enabled = rng.random_bool(0.8);
                let held = !enabled && rng.random();
                d.set("cfg_bus_master", (enabled || held) as u64);
                d.set("hold", held as u64);
            }
            for s in 0..3 {
                if queues[s].is_empty() && rng.random_bool(ask[s]) {
                    let beats = if s == 2 { 1 } else { rng.random_range(1..12) };
                    queues[s] = tlp(w, &mut rng, beats);
                }
                let starts = queues[s].front().is_some_and(|b| b.first);
                if !valid[s] {
                    valid[s] = !queues[s].is_empty() && (starts || rng.random_bool(steady));
                }
                offer(&mut d, SOURCES[s], queues[s].front().filter(|_| valid[s]));
            }
            d.set("tx_wr_ready", rng.random_bool(drain) as u64);
            let reported = on_wire > sent && rng.random_bool(report);
            d.set("tx_sent_valid", reported as u64);
            d.step();
            assert_eq!(d.get("wr_issued"), issued & 0xFFFF);
            assert_eq!(d.get("wr_sent"), sent & 0xFFFF);
            assert_eq!(d.get("arb_idle") == 1, open.is_none() && accepted.is_empty());
            counted += d.get("tx_write");
            if d.get("tx_wr_valid") == 1 && d.get("tx_wr_ready") == 1 {
                let (beat, seq) = accepted.pop_front().expect("only what was accepted");
                assert_eq!(d.get("tx_wr_first") == 1, beat.first);
                assert_eq!(d.get("tx_wr_last") == 1, beat.last);
                assert_eq!(d.get("tx_wr_keep"), beat.keep);
                assert_eq!(d.get("tx_wr_seq"), seq % 64);
                assert_eq!(d.get_wide("tx_wr_data"), beat.data);
                assert!(!d.is_set("tx_wr_error"));
                if beat.first {
                    assert_eq!(d.get_wide("tx_wr_hdr"), beat.hdr);
                }
                if beat.last {
                    on_wire += 1;
                    finished += 1;
                }
            }
            if reported {
                sent += 1;
            }
            let taken: Vec<_> = (0..3).filter(|&s| d.get(&format!("{}_wr_ready", SOURCES[s])) == 1).collect();
            assert!(taken.len() <= 1);
            for s in taken {
                assert!(valid[s]);
                let beat = queues[s].pop_front().expect("ready answers valid");
                match open {
                    Some(o) => assert_eq!(o, s, "a TLP is not interrupted"),
                    None => {
                        assert!(enabled, "nothing starts while stopped");
                        assert!(beat.first);
                        issued += 1;
                        served[s] += 1;
                        assert!(issued - sent <= 60, "numbers would be used twice");
                    }
                }
                open = if beat.last { None } else { Some(s) };
                accepted.push_back((beat, issued - 1));
                valid[s] = false;
            }
        }
        d.set("tx_wr_ready", 0u64);
        d.set("tx_sent_valid", 0u64);
        d.step();
        counted += d.get("tx_write");
        assert_eq!(counted, finished);
        assert!(served.iter().all(|&n| n > 10), "seed {seed}: {served:?}");
    }
}

/// Whatever the TLPs' lengths, and with one source alone too.
#[test]
fn one_beat_per_clock_and_nobody_starves() {
    for w in [64, 128, 256] {
        for lengths in [[2, 1, 1], [1, 0, 0], [0, 1, 0], [0, 2, 0], [1, 3, 1], [16, 4, 1]] {
            let mut rng = StdRng::seed_from_u64(1);
            let mut d = block(w, 1);
            d.pulse("rst", 1);
            d.set("cfg_bus_master", 1u64);
            d.set("tx_wr_ready", 1u64);
            let mut queues: [VecDeque<Beat>; 3] = Default::default();
            let (mut beats, mut served) = (0, [0u32; 3]);
            for _ in 0..600 {
                for s in 0..3 {
                    if queues[s].is_empty() {
                        queues[s] = tlp(w, &mut rng, lengths[s]);
                    }
                    offer(&mut d, SOURCES[s], queues[s].front());
                }
                d.step();
                beats += d.get("tx_wr_valid");
                let done = d.get("tx_wr_valid") == 1 && d.get("tx_wr_last") == 1;
                d.set("tx_sent_valid", done as u64);
                for s in 0..3 {
                    if d.get(&format!("{}_wr_ready", SOURCES[s])) == 1 {
                        served[s] += queues[s].pop_front().expect("a beat").last as u32;
                    }
                }
            }
            assert!(beats >= 598, "{beats} beats in 600 clocks");
            let most = *served.iter().max().expect("three");
            for s in 0..3 {
                assert!(lengths[s] == 0 || served[s] + 1 >= most, "{lengths:?}: {served:?}");
            }
        }
    }
}

#[test]
fn sixty_unreported_writes_are_the_most() {
    let mut rng = StdRng::seed_from_u64(2);
    let mut d = block(128, 2);
    d.pulse("rst", 1);
    d.set("cfg_bus_master", 1u64);
    d.set("tx_wr_ready", 1u64);
    let one = tlp(128, &mut rng, 1);
    offer(&mut d, "rec", one.front());
    d.steps(200);
    assert_eq!(d.get("wr_issued"), 60);
    d.set("tx_sent_valid", 1u64);
    d.step();
    d.set("tx_sent_valid", 0u64);
    d.steps(20);
    assert_eq!(d.get("wr_issued"), 61);
}
