//! `tlp::RdArb`: order, fairness, and what bus mastering and hold stop.

use std::collections::VecDeque;

use ferrolane_hw_verify::dut;
use rand::{rngs::StdRng, Rng, SeedableRng};

#[test]
fn each_read_leaves_once_and_in_its_sources_order() {
    for seed in 0..8 {
        let mut rng = StdRng::seed_from_u64(seed);
        let mut d = dut!(rd_arb, seed);
        d.pulse("rst", 2);
        let ask = rng.random_range(0.1..1.0);
        let drain = rng.random_range(0.1..1.0);
        let mut offered: [Option<[u32; 4]>; 2] = [None; 2];
        let mut accepted: VecDeque<[u32; 4]> = VecDeque::new();
        let (mut serial, mut sent, mut counted, mut enabled) = (0, 0, 0, true);
        for clock in 0..6000 {
            if clock % 64 == 0 {
                enabled = rng.random_bool(0.7);
                let held = !enabled && rng.random();
                d.set("cfg_bus_master", (enabled || held) as u64);
                d.set("hold", held as u64);
            }
            for (s, name) in ["fetch", "data"].iter().enumerate() {
                if offered[s].is_none() && rng.random_bool(ask) {
                    serial += 1;
                    offered[s] = Some([serial, s as u32, rng.random(), rng.random()]);
                }
                d.set(&format!("{name}_rd_valid"), offered[s].is_some() as u64);
                d.set_wide(&format!("{name}_rd_hdr"), &offered[s].unwrap_or([rng.random(); 4]));
            }
            d.set("tx_rd_ready", rng.random_bool(drain) as u64);
            d.step();
            assert_eq!(d.get("arb_idle") == 1, accepted.is_empty());
            assert_eq!(d.get("tx_rd_valid") == 1, !accepted.is_empty(), "valid waits for nothing");
            if d.get("tx_rd_valid") == 1 && d.get("tx_rd_ready") == 1 {
                assert_eq!(d.get_wide("tx_rd_hdr"), accepted.pop_front().expect("a read").to_vec());
                assert_eq!([d.get("tx_rd_first"), d.get("tx_rd_last"), d.get("tx_rd_keep")], [1, 1, 0]);
                assert!(!d.is_set("tx_rd_data") && !d.is_set("tx_rd_error"));
                sent += 1;
            }
            counted += d.get("tx_read");
            for (s, name) in ["fetch", "data"].iter().enumerate() {
                if d.get(&format!("{name}_rd_ready")) == 1 {
                    assert!(enabled, "nothing starts while stopped");
                    accepted.push_back(offered[s].take().expect("ready answers valid"));
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

#[test]
fn two_busy_sources_take_turns() {
    let mut d = dut!(rd_arb, 3);
    d.pulse("rst", 1);
    for name in ["cfg_bus_master", "fetch_rd_valid", "data_rd_valid", "tx_rd_ready"] {
        d.set(name, 1u64);
    }
    let mut turns = [0; 2];
    let mut sent = 0;
    for _ in 0..200 {
        d.step();
        sent += d.get("tx_rd_valid");
        turns[0] += d.get("fetch_rd_ready");
        turns[1] += d.get("data_rd_ready");
    }
    assert_eq!((turns, sent), ([100, 100], 199), "one read per clock");
}
