//! `dma::counters` against models.

use ferrolane_abi::map::{self, Direction};
use ferrolane_abi::regs::{global_counters as global, queue_counters as queue};
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
        // In this clock stands what was added three clocks ago and before.
        if clock > 4 {
            assert_eq!(d.get("rdata"), clock - 2, "clock {clock}");
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

/// The whole page on four queues per direction.
struct Page {
    d: verilated::Dut,
}

impl Page {
    fn new(seed: u64) -> Self {
        let mut d = dut!(counters, seed);
        for name in [
            "cnt_r_valid",
            "init_valid",
            "prod_valid",
            "finished_valid",
            "h2c_err_valid",
            "c2h_err_valid",
            "h2c_tlp_valid",
            "c2h_tlp_valid",
            "drop_valid",
            "tx_wr_valid",
            "tx_rd_valid",
            "tx_cpl_valid",
            "to_fetch",
            "to_land",
            "rx_cpl_valid",
            "h2c_axis_tvalid",
            "c2h_axis_tvalid",
            "h2c_stall",
            "c2h_stall",
        ] {
            d.set(name, 0u64);
        }
        reset!(d, 20);
        let mut page = Page { d };
        for g in 0..8u64 {
            page.d.set("init_valid", 1u64);
            page.d.set("init_g", g);
            page.pulse("prod", g, 0);
            page.finish(g, 0, 77);
            page.d.set("init_valid", 0u64);
        }
        page
    }

    fn pulse(&mut self, bus: &str, g: u64, value: u64) {
        self.d.set(&format!("{bus}_valid"), 1u64);
        self.d.set(&format!("{bus}_g"), g);
        self.d.set(&format!("{bus}_value"), value);
        self.d.step();
        self.d.set(&format!("{bus}_valid"), 0u64);
    }

    fn finish(&mut self, g: u64, value: u64, bytes: u64) {
        self.d.set("finished_bytes", bytes);
        self.pulse("finished", g, value);
    }

    fn tlp(&mut self, direction: &str, q: u64) {
        self.d.set(&format!("{direction}_tlp_valid"), 1u64);
        self.d.set(&format!("{direction}_tlp_q"), q);
        self.d.step();
        self.d.set(&format!("{direction}_tlp_valid"), 0u64);
    }

    /// Value, and whether something stands there.
    fn read(&mut self, offset: u64) -> (u32, bool) {
        self.d.set("cnt_r_valid", 1u64);
        self.d.set("t_r_addr", offset);
        self.d.step();
        self.d.set("cnt_r_valid", 0u64);
        for _ in 0..20 {
            self.d.step();
            if self.d.get("cnt_r_done") == 1 {
                return (self.d.get("cnt_r_data") as u32, self.d.get("cnt_unmapped_rd") == 0);
            }
        }
        panic!("a read of {offset:#x} was not answered");
    }
}

#[test]
fn the_page_holds_what_the_table_says_and_nothing_else() {
    let mut page = Page::new(3);
    for direction in [Direction::H2c, Direction::C2h] {
        for q in 0..64 {
            for offset in (0..map::COUNTER_STRIDE).step_by(4) {
                let there = q < 4 && queue::REGISTERS.iter().any(|r| u64::from(r.offset) == offset);
                let at = map::queue_counters(direction, q) + offset;
                assert_eq!(page.read(at), (0, there), "{at:#x}");
            }
        }
    }
    for offset in (0..0x400).step_by(4) {
        let register = global::REGISTERS.iter().find(|r| u64::from(r.offset) == offset);
        let minimum = register.is_some_and(|r| r.name.ends_with("_MIN"));
        let expected = (if minimum { 0xF_FFFF } else { 0 }, register.is_some());
        assert_eq!(page.read(map::GLOBAL_COUNTERS + offset), expected, "{offset:#x}");
    }
    for at in [0x2000, 0x7FFC, 0x9000, 0xFFFC] {
        assert_eq!(page.read(map::COUNTER_PAGE + at), (0, false), "{at:#x}");
    }
}

#[test]
fn bytes_descriptors_tlps_and_errors_are_counted_per_queue() {
    let mut page = Page::new(4);
    for i in 1..=600u64 {
        page.finish(6, i, 0xFF_FFFF);
    }
    page.finish(1, 1, 5);
    for _ in 0..3 {
        page.tlp("h2c", 1);
    }
    page.tlp("c2h", 2);
    page.d.set("c2h_err_valid", 1u64);
    page.d.set("c2h_err_q", 2u64);
    page.d.step();
    page.d.set("c2h_err_valid", 0u64);
    for bytes in [1500u64, 64] {
        page.d.set("drop_valid", 1u64);
        page.d.set("drop_q", 2u64);
        page.d.set("drop_bytes", bytes);
        page.d.step();
        page.d.set("drop_valid", 0u64);
    }
    let c2h = map::queue_counters(Direction::C2h, 2);
    let h2c = map::queue_counters(Direction::H2c, 1);
    let bytes = 600 * 0xFF_FFFFu64;
    assert_eq!(page.read(c2h + u64::from(queue::BYTES_LO.offset)).0, bytes as u32);
    assert_eq!(page.read(c2h + u64::from(queue::BYTES_HI.offset)).0, (bytes >> 32) as u32);
    assert!(bytes >> 32 > 0);
    assert_eq!(page.read(c2h + u64::from(queue::DESCRIPTORS.offset)).0, 600);
    assert_eq!(page.read(c2h + u64::from(queue::TLPS.offset)).0, 1);
    assert_eq!(page.read(c2h + u64::from(queue::ERRORS.offset)).0, 1);
    assert_eq!(page.read(c2h + u64::from(queue::DROPPED_PACKETS.offset)).0, 2);
    assert_eq!(page.read(c2h + u64::from(queue::DROPPED_BYTES.offset)).0, 1564);
    assert_eq!(page.read(h2c + u64::from(queue::DROPPED_PACKETS.offset)).0, 0);
    assert_eq!(page.read(h2c + u64::from(queue::BYTES_LO.offset)).0, 5);
    assert_eq!(page.read(h2c + u64::from(queue::TLPS.offset)).0, 3);
    assert_eq!(page.read(h2c + u64::from(queue::ERRORS.offset)).0, 0);
}

#[test]
fn the_two_halves_of_the_bytes_fit_together_while_they_carry() {
    let mut page = Page::new(5);
    let lo = map::queue_counters(Direction::H2c, 0) + u64::from(queue::BYTES_LO.offset);
    let mut before = 0u64;
    page.d.set("finished_bytes", 0xFF_FFF1u64);
    page.d.set("finished_g", 0u64);
    page.d.set("finished_valid", 1u64);
    for _ in 0..8 {
        page.d.step();
    }
    for _ in 0..4000 {
        let low = page.read(lo).0;
        let bytes = u64::from(page.read(lo + 4).0) << 32 | u64::from(low);
        assert!(bytes > before && bytes - before < 60 * 0xFF_FFFF, "{before:#x} then {bytes:#x}");
        before = bytes;
    }
    assert!(before >> 32 > 50);
}

#[test]
fn only_a_doorbell_of_a_queue_without_work_is_timed() {
    let mut page = Page::new(6);
    let at = |r: &ferrolane_abi::table::Register| map::GLOBAL_COUNTERS + u64::from(r.offset);
    page.pulse("prod", 2, 3);
    for _ in 0..9 {
        page.d.step();
    }
    page.pulse("prod", 2, 4);
    page.tlp("h2c", 2);
    // A time counts a clock later than without the registers in front of `Latency`.
    page.d.steps(2);
    assert_eq!(page.read(at(&global::H2C_COUNT)).0, 1);
    assert_eq!(page.read(at(&global::H2C_MIN)).0, 11);
    // It has work: not timed.
    page.pulse("prod", 2, 5);
    page.tlp("h2c", 2);
    page.d.steps(2);
    assert_eq!(page.read(at(&global::H2C_COUNT)).0, 1);
    for i in 1..=5 {
        page.finish(2, i, 64);
    }
    // The queue rests two clocks behind.
    page.d.steps(2);
    page.pulse("prod", 2, 6);
    page.tlp("h2c", 2);
    page.d.steps(2);
    assert_eq!(page.read(at(&global::H2C_COUNT)).0, 2);
    assert_eq!(page.read(at(&global::H2C_SUM_LO)).0, 12);
    assert_eq!(page.read(at(&global::H2C_MAX)).0, 11);
    assert_eq!(page.read(at(&global::C2H_COUNT)).0, 0);
}

#[test]
fn a_read_lasts_until_its_last_completion() {
    let mut page = Page::new(7);
    page.d.set("tx_rd_valid", 1u64);
    page.d.set("tx_rd_ready", 0u64);
    page.d.set("tx_rd_hdr", 9u64 << 40);
    page.d.step();
    page.d.set("tx_rd_ready", 1u64);
    page.d.step();
    page.d.set("tx_rd_valid", 0u64);
    for (clocks, bytes_left) in [(20, 128u64), (10, 64)] {
        for _ in 0..clocks {
            page.d.step();
        }
        page.d.set("to_land", 1u64);
        page.d.set("cpl_last", 1u64);
        page.d.set("cpl_tag", 9u64);
        page.d.set("cpl_status", 0u64);
        page.d.set("cpl_byte_count", bytes_left);
        page.d.set("cpl_len", 16u64);
        page.d.step();
        page.d.set("to_land", 0u64);
    }
    let at = |r: &ferrolane_abi::table::Register| map::GLOBAL_COUNTERS + u64::from(r.offset);
    for _ in 0..4 {
        page.d.step();
    }
    assert_eq!(page.read(at(&global::READ_COUNT)).0, 1);
    assert_eq!(page.read(at(&global::READ_SUM_LO)).0, 32);
    assert_eq!(page.read(at(&global::READ_STALLS)).0, 1);
}

#[test]
fn each_cause_of_a_stall_has_its_counter() {
    // Bit of the port, register.
    let causes = [
        ("h2c_stall", 0, &global::H2C_NO_TAG),
        ("h2c_stall", 1, &global::H2C_NO_ROOM),
        ("h2c_stall", 2, &global::H2C_NO_PLACE),
        ("h2c_stall", 3, &global::H2C_FENCE),
        ("c2h_stall", 0, &global::C2H_NO_DESCRIPTOR),
        ("c2h_stall", 1, &global::C2H_NO_PLACE),
        ("c2h_stall", 2, &global::C2H_SEND_FULL),
        ("c2h_stall", 3, &global::C2H_FENCE),
    ];
    let mut page = Page::new(8);
    let mut rng = StdRng::seed_from_u64(8);
    let mut expected = [0u32; 8];
    for _ in 0..3000 {
        for port in ["h2c_stall", "c2h_stall"] {
            // Several at once, some more often than others.
            let stall = rng.random_range(0..16u64) & rng.random_range(0..16u64) | rng.random_range(0..2);
            page.d.set(port, stall);
            for ((name, bit, _), count) in causes.iter().zip(&mut expected) {
                *count += (stall >> bit & 1) as u32 * u32::from(*name == port);
            }
        }
        page.d.step();
    }
    page.d.set("h2c_stall", 0u64);
    page.d.set("c2h_stall", 0u64);
    page.d.steps(24);
    for ((name, bit, register), count) in causes.into_iter().zip(expected) {
        let (value, there) = page.read(map::GLOBAL_COUNTERS + u64::from(register.offset));
        assert_eq!((value, there), (count, true), "{name} {bit}");
        assert!(count > 500);
    }
}
