//! `dma::counters` against models: here its parts, in `page` the whole.

use ferrolane_hw_verify::dut;
use rand::{rngs::StdRng, Rng, SeedableRng};

macro_rules! reset {
    ($d:expr, $clocks:expr) => {
        $d.set("rst", 1u64);
        $d.step();
        $d.step();
        $d.set("rst", 0u64);
        for _ in 0..$clocks {
            $d.step();
        }
    };
}

mod page;

#[test]
fn a_tally_adds_in_every_clock_to_the_same_counter_or_another() {
    for seed in 0..4 {
        let mut rng = StdRng::seed_from_u64(seed);
        let mut d = dut!(tally, seed);
        d.set("add_valid", 0u64);
        reset!(d, 9);
        let (mut sums, mut carries, mut seen) = ([0u64; 8], [0u64; 8], [0u64; 8]);
        for _ in 0..20_000 {
            let index = if rng.random_bool(0.5) { 3 } else { rng.random_range(0..8) };
            let (valid, value) = (rng.random_bool(0.8), rng.random::<u32>() >> rng.random_range(0..16));
            d.set("add_valid", valid as u64);
            d.set("add_index", index as u64);
            d.set("add_value", value as u64);
            d.step();
            if d.get("carry_valid") == 1 {
                seen[d.get("carry_index") as usize] += 1;
            }
            if valid {
                let sum = sums[index] + u64::from(value);
                (sums[index], carries[index]) = (sum & 0xFFFF_FFFF, carries[index] + (sum >> 32));
            }
        }
        d.set("add_valid", 0u64);
        for _ in 0..4 {
            d.step();
            if d.get("carry_valid") == 1 {
                seen[d.get("carry_index") as usize] += 1;
            }
        }
        for (index, sum) in sums.iter().enumerate() {
            d.set("raddr", index as u64);
            d.step();
            d.step();
            assert_eq!(d.get("rdata"), *sum, "seed {seed} counter {index}");
        }
        assert!(carries.iter().sum::<u64>() > 10);
        assert_eq!(seen, carries, "seed {seed}");
    }
}

#[test]
fn a_tally_is_read_while_it_counts() {
    let mut d = dut!(tally, 5);
    d.set("add_valid", 0u64);
    reset!(d, 9);
    d.set("add_valid", 1u64);
    d.set("add_index", 2u64);
    d.set("add_value", 1u64);
    d.set("raddr", 2u64);
    for clock in 0..200u64 {
        d.step();
        // In this clock stands what was added four clocks ago and before.
        if clock > 4 {
            assert_eq!(d.get("rdata"), clock - 3, "clock {clock}");
        }
    }
}

#[test]
fn latencies_are_those_of_the_first_end_behind_a_start() {
    for seed in 0..4 {
        latencies(dut!(latency, seed), 8, seed);
        latencies(dut!(latency1, seed), 1, seed);
    }
}

/// Starts, ends and drops of `numbers` numbers.
fn latencies(mut d: verilated::Dut, numbers: usize, seed: u64) {
    let mut rng = StdRng::seed_from_u64(seed);
    for name in ["start_valid", "end_valid", "drop_valid"] {
        d.set(name, 0u64);
    }
    reset!(d, 1);
    assert_eq!(d.get("least"), 0xF_FFFF);
    let mut open = vec![None; numbers];
    let (mut count, mut sum, mut least, mut most) = (0u64, 0u64, u64::MAX, 0u64);
    for clock in 0..20_000u64 {
        let (start, end, drop) = (rng.random_bool(0.3), rng.random_bool(0.1), rng.random_bool(0.01));
        let (s, e, f) =
            (rng.random_range(0..numbers), rng.random_range(0..numbers), rng.random_range(0..numbers));
        d.set("start_valid", start as u64);
        d.set("start_index", s as u64);
        d.set("end_valid", end as u64);
        d.set("end_index", e as u64);
        d.set("drop_valid", drop as u64);
        d.set("drop_index", f as u64);
        d.step();
        let before: Vec<Option<u64>> = open.clone();
        if let (true, Some(began)) = (end, before[e]) {
            let clocks = clock - began;
            (count, sum) = (count + 1, sum + clocks);
            (least, most) = (least.min(clocks), most.max(clocks));
            open[e] = None;
        }
        if start && before[s].is_none() {
            open[s] = Some(clock);
        }
        if drop {
            open[f] = None;
        }
    }
    for name in ["start_valid", "end_valid", "drop_valid"] {
        d.set(name, 0u64);
    }
    for _ in 0..4 {
        d.step();
    }
    let got = ["count", "sum", "least", "most"].map(|name| d.get(name));
    assert_eq!(got, [count, sum, least, most], "seed {seed}");
    assert!(count > 1000);
}

#[test]
fn events_of_all_inputs_are_counted_in_every_clock() {
    let mut rng = StdRng::seed_from_u64(1);
    let mut d = dut!(events, 1);
    d.set("happens", 0u64);
    reset!(d, 20);
    let mut counts = [0u64; 9];
    for _ in 0..5000 {
        let event = rng.random::<u64>() & 0x1FF | 1;
        d.set("happens", event);
        d.step();
        for (i, count) in counts.iter_mut().enumerate() {
            *count += event >> i & 1;
        }
    }
    d.set("happens", 0u64);
    for _ in 0..16 {
        d.step();
    }
    for (i, count) in counts.iter().enumerate() {
        d.set("raddr", i as u64);
        d.step();
        d.step();
        assert_eq!(d.get("rdata"), *count, "input {i}");
    }
}
