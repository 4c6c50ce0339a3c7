//! `card::Loopback`: every beat comes back, in order, at full rate.

use std::collections::VecDeque;

use ferrolane_hw_verify::dut;
use rand::{rngs::StdRng, Rng, SeedableRng};

type Beat = ([u32; 4], u64, u64, u64, u64);

fn random_beat(rng: &mut StdRng) -> Beat {
    (
        rng.random(),
        rng.random_range(0..0x10000),
        rng.random_range(0..2),
        rng.random_range(0..64),
        rng.random::<u32>() as u64,
    )
}

fn drive(d: &mut verilated::Dut, beat: &Beat) {
    d.set_wide("h2c_axis_tdata", &beat.0);
    d.set("h2c_axis_tkeep", beat.1);
    d.set("h2c_axis_tlast", beat.2);
    d.set("h2c_axis_tdest", beat.3);
    d.set("h2c_axis_tuser", beat.4);
}

fn seen(d: &verilated::Dut) -> Beat {
    (
        d.get_wide("c2h_axis_tdata").try_into().unwrap(),
        d.get("c2h_axis_tkeep"),
        d.get("c2h_axis_tlast"),
        d.get("c2h_axis_tdest"),
        d.get("c2h_axis_tuser"),
    )
}

#[test]
fn beats_come_back_in_order_under_random_stalls() {
    for seed in 0..8 {
        let mut rng = StdRng::seed_from_u64(seed);
        let mut d = dut!(loopback, seed);
        d.pulse("rst", 2);
        let (fill, drain) = (rng.random_range(0.2..=1.0), rng.random_range(0.2..=1.0));
        let mut inside: VecDeque<Beat> = VecDeque::new();
        let mut offered: Option<Beat> = None;
        let mut shown: Option<Beat> = None;
        let mut moved = 0;
        let mut pause = 0;
        for clock in 0..5000 {
            if offered.is_none() && rng.random_bool(fill) {
                offered = Some(random_beat(&mut rng));
            }
            d.set("h2c_axis_tvalid", offered.is_some());
            if let Some(beat) = &offered {
                drive(&mut d, beat);
            }
            d.set("c2h_axis_tready", rng.random_bool(drain));
            let (stop, full) = (rng.random_range(0..16u64), rng.random_range(0..16u64));
            d.set("card_stop", stop);
            d.set("c2h_pause", full);
            d.step();
            // AXI4-Stream 2.2.1: what is offered stays until it is taken.
            if let Some(beat) = shown.take() {
                assert!(d.is_set("c2h_axis_tvalid"));
                assert_eq!(seen(&d), beat);
            }
            if d.is_set("c2h_axis_tvalid") {
                if d.is_set("c2h_axis_tready") {
                    assert_eq!(Some(seen(&d)), inside.pop_front());
                    moved += 1;
                } else {
                    shown = Some(seen(&d));
                }
            }
            if d.is_set("h2c_axis_tready") {
                inside.extend(offered.take());
            }
            assert!(inside.len() <= 2);
            if clock > 0 {
                assert_eq!(d.get("h2c_pause"), pause);
            }
            pause = stop | full;
        }
        assert!(moved > 500, "seed {seed} moved {moved}");
    }
}

#[test]
fn a_beat_moves_in_every_clock() {
    let mut d = dut!(loopback, 1);
    d.pulse("rst", 2);
    d.set("h2c_axis_tvalid", 1u64);
    d.set("c2h_axis_tready", 1u64);
    d.step();
    for n in 0..200u64 {
        d.set("h2c_axis_tuser", n);
        d.step();
        assert!(d.is_set("h2c_axis_tready") && d.is_set("c2h_axis_tvalid"), "clock {n}");
    }
}
