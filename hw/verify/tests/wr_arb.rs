//! `tlp::WrArb`: headers, order of acceptance, numbering, window of unreported writes, throughput.

mod memory_header;

use std::collections::VecDeque;

use ferrolane_hw_verify::dut;
use memory_header::{Ask, REQUESTER};
use rand::{rngs::StdRng, Rng, SeedableRng};
use verilated::Dut;

const SOURCES: [&str; 3] = ["data", "rec", "msi"];

/// Clocks from `cfg_bus_master` and `hold` to what may start.
const STOP_LATE: usize = 2;
/// Clocks from a beat's acceptance to the port, at most.
const LATENCY: u64 = 3;

fn block(w: usize, seed: u64) -> Dut {
    let mut d = match w {
        64 => dut!(wr_arb64, seed),
        128 => dut!(wr_arb, seed),
        _ => dut!(wr_arb256, seed),
    };
    d.set("cfg_requester_id", REQUESTER);
    d
}

#[derive(Clone, Debug, PartialEq)]
struct Beat {
    first: bool,
    last: bool,
    ask: Ask,
    data: Vec<u32>,
    keep: u64,
}

/// Only data has attributes. The number of beats says nothing of the bytes here.
fn tlp(w: usize, rng: &mut StdRng, beats: usize, source: usize) -> VecDeque<Beat> {
    let mut ask = Ask { tag: 0, ..Ask::random(rng, 1024) };
    if source != 0 {
        ask.attr = 0;
    }
    (0..beats)
        .map(|i| Beat {
            first: i == 0,
            last: i + 1 == beats,
            ask,
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
        d.set(&format!("{source}_wr_addr"), b.ask.addr);
        d.set(&format!("{source}_wr_bytes"), b.ask.bytes);
        if source == "data" {
            d.set("data_wr_attr", b.ask.attr);
        }
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
        let mut enabled = [true; STOP_LATE + 1];
        let (mut waiting_since, mut offered) = (None, false);
        let mut served = [0; 3];
        for clock in 0..8000 {
            enabled.rotate_right(1);
            enabled[0] = enabled[1];
            if clock % 128 == 0 {
                enabled[0] = rng.random_bool(0.8);
                let held = !enabled[0] && rng.random();
                d.set("cfg_bus_master", (enabled[0] || held) as u64);
                d.set("hold", held as u64);
            }
            // A masked vector's message is withdrawn, and another one may come instead.
            if valid[2] && rng.random_bool(0.2) {
                valid[2] = false;
                queues[2].clear();
            }
            for s in 0..3 {
                if queues[s].is_empty() && rng.random_bool(ask[s]) {
                    let beats = if s == 2 { 1 } else { rng.random_range(1..12) };
                    queues[s] = tlp(w, &mut rng, beats, s);
                }
                let starts = queues[s].front().is_some_and(|b| b.first && s != 2);
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
            assert!(d.get("tx_wr_valid") == 1 || !offered, "withdrawn");
            offered = d.get("tx_wr_valid") == 1 && d.get("tx_wr_ready") == 0;
            if d.get("tx_wr_valid") == 0 && !accepted.is_empty() {
                let since = *waiting_since.get_or_insert(clock);
                assert!(clock - since < LATENCY, "what is accepted leaves soon");
            } else {
                waiting_since = None;
            }
            if d.get("tx_wr_valid") == 1 && d.get("tx_wr_ready") == 1 {
                let (beat, seq) = accepted.pop_front().expect("only what was accepted");
                assert_eq!(d.get("tx_wr_first") == 1, beat.first);
                assert_eq!(d.get("tx_wr_last") == 1, beat.last);
                assert_eq!(d.get("tx_wr_keep"), beat.keep);
                assert_eq!(d.get("tx_wr_seq"), seq % 64);
                assert_eq!(d.get_wide("tx_wr_data"), beat.data);
                assert!(!d.is_set("tx_wr_error"));
                assert_eq!(d.get_wide("tx_wr_hdr"), beat.ask.header(0x40), "{:x?}", beat.ask);
                if beat.last {
                    on_wire += 1;
                    finished += 1;
                }
            }
            if reported {
                sent += 1;
            }
            let ready: Vec<_> = (0..3).filter(|&s| d.get(&format!("{}_wr_ready", SOURCES[s])) == 1).collect();
            assert!(ready.len() <= 1);
            for s in ready {
                if !valid[s] {
                    continue;
                }
                let beat = queues[s].pop_front().expect("it is offered");
                match open {
                    Some(o) => assert_eq!(o, s, "a TLP is not interrupted"),
                    None => {
                        assert!(enabled[STOP_LATE], "nothing starts while stopped");
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
            let begin = 10;
            for clock in 0..600 + begin {
                for s in 0..3 {
                    if queues[s].is_empty() {
                        queues[s] = tlp(w, &mut rng, lengths[s], s);
                    }
                    offer(&mut d, SOURCES[s], queues[s].front());
                }
                d.step();
                beats += if clock < begin { 0 } else { d.get("tx_wr_valid") };
                let done = d.get("tx_wr_valid") == 1 && d.get("tx_wr_last") == 1;
                d.set("tx_sent_valid", done as u64);
                for s in 0..3 {
                    let ready = d.get(&format!("{}_wr_ready", SOURCES[s])) == 1;
                    if let Some(beat) = queues[s].front().filter(|_| ready) {
                        served[s] += beat.last as u32;
                        queues[s].pop_front();
                    }
                }
            }
            assert_eq!(beats, 600, "one per clock");
            let most = *served.iter().max().expect("three");
            for s in 0..3 {
                assert!(lengths[s] == 0 || served[s] + 1 >= most, "{lengths:?}: {served:?}");
            }
        }
    }
}

/// What one source offers comes to the port within few clocks, whoever had the turn before.
#[test]
fn an_idle_stream_answers_at_once() {
    let mut rng = StdRng::seed_from_u64(4);
    let mut d = block(128, 4);
    d.pulse("rst", 1);
    d.set("cfg_bus_master", 1u64);
    d.set("tx_wr_ready", 1u64);
    for round in 0..200 {
        let s = rng.random_range(0..3);
        d.steps(rng.random_range(5..20));
        let one = tlp(128, &mut rng, 1, s);
        offer(&mut d, SOURCES[s], one.front());
        let mut clocks = 0;
        loop {
            d.step();
            clocks += 1;
            d.set("tx_sent_valid", d.get("tx_wr_valid"));
            if d.get("tx_wr_valid") == 1 {
                break;
            }
            if d.get(&format!("{}_wr_ready", SOURCES[s])) == 1 {
                offer(&mut d, SOURCES[s], None);
            }
            assert!(clocks <= 2 + LATENCY, "round {round}");
        }
        d.step();
        d.set("tx_sent_valid", 0u64);
    }
}

#[test]
fn sixty_unreported_writes_are_the_most() {
    let mut rng = StdRng::seed_from_u64(2);
    let mut d = block(128, 2);
    d.pulse("rst", 1);
    d.set("cfg_bus_master", 1u64);
    d.set("tx_wr_ready", 1u64);
    let one = tlp(128, &mut rng, 1, 1);
    offer(&mut d, "rec", one.front());
    d.steps(200);
    let most = d.get("wr_issued");
    assert!((56..=60).contains(&most), "{most}");
    // Few reports are enough to go on.
    for _ in 0..3 {
        d.set("tx_sent_valid", 1u64);
        d.step();
        d.set("tx_sent_valid", 0u64);
        d.steps(20);
    }
    assert!((most + 1..=60 + 3).contains(&d.get("wr_issued")));
    for sent in 4..100 {
        d.set("tx_sent_valid", 1u64);
        d.step();
        d.set("tx_sent_valid", 0u64);
        d.steps(20);
        assert!((sent + 55..=sent + 60).contains(&d.get("wr_issued")));
    }
}
