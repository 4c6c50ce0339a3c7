//! The whole page of counters on four queues per direction, 128 bit.

use ferrolane_abi::map::{self, Direction};
use ferrolane_abi::regs::{global_counters as global, queue_counters as queue};
use ferrolane_abi::table::Register;
use ferrolane_hw_verify::dut;
use rand::{rngs::StdRng, Rng, SeedableRng};

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

/// COUNT, SUM_LO, MIN and MAX of the doorbells of a direction.
type Doorbells = [&'static Register; 4];

#[test]
fn only_a_doorbell_of_a_queue_without_work_is_timed() {
    let h2c: Doorbells = [&global::H2C_COUNT, &global::H2C_SUM_LO, &global::H2C_MIN, &global::H2C_MAX];
    let c2h: Doorbells = [&global::C2H_COUNT, &global::C2H_SUM_LO, &global::C2H_MIN, &global::C2H_MAX];
    // Of four queues each way number 2: 2 and 6 among all.
    doorbells("h2c", 2, h2c, &global::C2H_COUNT);
    doorbells("c2h", 6, c2h, &global::H2C_COUNT);
}

fn doorbells(direction: &str, g: u64, [count, sum, least, most]: Doorbells, other: &Register) {
    let mut page = Page::new(6);
    let at = |r: &Register| map::GLOBAL_COUNTERS + u64::from(r.offset);
    page.pulse("prod", g, 3);
    for _ in 0..9 {
        page.d.step();
    }
    page.pulse("prod", g, 4);
    page.tlp(direction, 2);
    // A time counts a clock later than without the registers in front of `Latency`.
    page.d.steps(2);
    assert_eq!(page.read(at(count)).0, 1);
    assert_eq!(page.read(at(least)).0, 11);
    // It has work: not timed.
    page.pulse("prod", g, 5);
    page.tlp(direction, 2);
    page.d.steps(2);
    assert_eq!(page.read(at(count)).0, 1);
    for i in 1..=5 {
        page.finish(g, i, 64);
    }
    // The queue rests two clocks behind.
    page.d.steps(2);
    page.pulse("prod", g, 6);
    page.tlp(direction, 2);
    page.d.steps(2);
    assert_eq!(page.read(at(count)).0, 2);
    assert_eq!(page.read(at(sum)).0, 12);
    assert_eq!(page.read(at(most)).0, 11);
    assert_eq!(page.read(at(other)).0, 0);
}

#[test]
fn beats_and_waits_of_every_stream_are_counted_in_every_clock() {
    // Stream, whether it can wait, registers of beats and of waits.
    let streams: [(&str, bool, Option<&Register>, Option<&Register>); 6] = [
        ("tx_wr", true, Some(&global::WRITE_BEATS), Some(&global::WRITE_STALLS)),
        ("tx_rd", true, None, Some(&global::READ_STALLS)),
        ("tx_cpl", true, None, Some(&global::COMPLETION_STALLS)),
        ("rx_cpl", false, Some(&global::COMPLETION_BEATS), None),
        ("h2c_axis_t", true, Some(&global::H2C_BEATS), Some(&global::H2C_STALLS)),
        ("c2h_axis_t", true, Some(&global::C2H_BEATS), Some(&global::C2H_STALLS)),
    ];
    let pin = |name: &str, which: &str| match name.ends_with("_t") {
        true => format!("{name}{which}"),
        false => format!("{name}_{which}"),
    };
    let mut page = Page::new(9);
    let mut rng = StdRng::seed_from_u64(9);
    let mut expected = [(0u32, 0u32); 6];
    for _ in 0..4000 {
        for ((name, waits, ..), (beats, stalls)) in streams.iter().zip(&mut expected) {
            let (valid, ready) = (rng.random_bool(0.6), !waits || rng.random_bool(0.5));
            page.d.set(&pin(name, "valid"), u64::from(valid));
            if *waits {
                page.d.set(&pin(name, "ready"), u64::from(ready));
            }
            *beats += u32::from(valid && ready);
            *stalls += u32::from(valid && !ready);
        }
        page.d.step();
    }
    for (name, ..) in &streams {
        page.d.set(&pin(name, "valid"), 0u64);
    }
    page.d.steps(40);
    for ((name, _, beats, stalls), expected) in streams.into_iter().zip(expected) {
        for (register, count) in [(beats, expected.0), (stalls, expected.1)] {
            let Some(register) = register else { continue };
            let (value, there) = page.read(map::GLOBAL_COUNTERS + u64::from(register.offset));
            assert_eq!((value, there), (count, true), "{name}: {}", register.name);
            assert!(count > 1000);
        }
    }
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
    let at = |r: &Register| map::GLOBAL_COUNTERS + u64::from(r.offset);
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
