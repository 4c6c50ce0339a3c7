//! `tlp::RdArb`: headers, order, fairness, and what bus mastering and hold stop.

mod memory_header;

use std::collections::VecDeque;

use ferrolane_hw_verify::dut;
use memory_header::{Ask, REQUESTER};
use rand::{rngs::StdRng, Rng, SeedableRng};
use verilated::Dut;

const SOURCES: [&str; 2] = ["fetch", "data"];
/// Clocks from `cfg_bus_master` and `hold` to what may start.
const STOP_LATE: usize = 2;
/// Clocks from a request's acceptance to the port.
const LATENCY: u64 = 2;

fn block(seed: u64) -> Dut {
    let mut d = dut!(rd_arb, seed);
    d.set("cfg_requester_id", REQUESTER);
    d.pulse("rst", 2);
    d
}

fn offer(d: &mut Dut, source: &str, ask: &Ask) {
    d.set(&format!("{source}_rd_addr"), ask.addr);
    d.set(&format!("{source}_rd_bytes"), ask.bytes);
    d.set(&format!("{source}_rd_tag"), ask.tag);
    d.set(&format!("{source}_rd_attr"), ask.attr);
}

#[test]
fn each_read_leaves_once_and_in_its_sources_order() {
    for seed in 0..8 {
        let mut rng = StdRng::seed_from_u64(seed);
        let mut d = block(seed);
        let ask = rng.random_range(0.1..1.0);
        let drain = rng.random_range(0.1..1.0);
        let mut offered: [Option<Ask>; 2] = [None; 2];
        let mut accepted: VecDeque<(u64, Ask)> = VecDeque::new();
        let (mut sent, mut counted, mut enabled) = (0, 0, [true; STOP_LATE + 1]);
        for clock in 0..6000 {
            enabled.rotate_right(1);
            enabled[0] = enabled[1];
            if clock % 64 == 0 {
                enabled[0] = rng.random_bool(0.7);
                let held = !enabled[0] && rng.random();
                d.set("cfg_bus_master", (enabled[0] || held) as u64);
                d.set("hold", held as u64);
            }
            for (s, name) in SOURCES.iter().enumerate() {
                if offered[s].is_none() && rng.random_bool(ask) {
                    offered[s] = Some(Ask::random(&mut rng, 4096));
                }
                d.set(&format!("{name}_rd_valid"), offered[s].is_some() as u64);
                offer(&mut d, name, &offered[s].unwrap_or_else(|| Ask::random(&mut rng, 4096)));
            }
            d.set("tx_rd_ready", rng.random_bool(drain) as u64);
            d.step();
            assert_eq!(d.get("arb_idle") == 1, accepted.is_empty());
            let shows = accepted.front().is_some_and(|(since, _)| clock >= since + LATENCY);
            assert_eq!(d.get("tx_rd_valid") == 1, shows, "valid waits for nothing");
            if d.get("tx_rd_valid") == 1 && d.get("tx_rd_ready") == 1 {
                let (_, ask) = accepted.pop_front().expect("a read");
                assert_eq!(d.get_wide("tx_rd_hdr"), ask.header(0x00), "{ask:x?}");
                assert_eq!([d.get("tx_rd_first"), d.get("tx_rd_last"), d.get("tx_rd_keep")], [1, 1, 0]);
                assert!(!d.is_set("tx_rd_data") && !d.is_set("tx_rd_error"));
                sent += 1;
            }
            counted += d.get("tx_read");
            for (s, name) in SOURCES.iter().enumerate() {
                if d.get(&format!("{name}_rd_ready")) == 0 {
                    continue;
                }
                if let Some(ask) = offered[s].take() {
                    assert!(enabled[STOP_LATE], "nothing starts while stopped");
                    accepted.push_back((clock, ask));
                }
            }
        }
        d.set("tx_rd_ready", 0u64);
        d.step();
        counted += d.get("tx_read");
        assert_eq!(counted, sent);
        assert!(sent > 200, "seed {seed} sent {sent}");
    }
}

/// One read in two clocks, whoever asks.
#[test]
fn busy_sources_take_turns() {
    for (ask, expected) in [([1, 1], [50, 50]), ([1, 0], [100, 0]), ([0, 1], [0, 100])] {
        let mut d = block(3);
        for name in ["cfg_bus_master", "tx_rd_ready"] {
            d.set(name, 1u64);
        }
        for (s, name) in SOURCES.iter().enumerate() {
            d.set(&format!("{name}_rd_valid"), ask[s] as u64);
        }
        d.steps(8);
        let mut turns = [0; 2];
        let mut sent = 0;
        for _ in 0..200 {
            d.step();
            sent += d.get("tx_rd_valid");
            for (s, name) in SOURCES.iter().enumerate() {
                turns[s] += ask[s] as u64 & d.get(&format!("{name}_rd_ready"));
            }
        }
        assert_eq!((turns, sent), (expected, 100), "one read in two clocks");
    }
}
