//! ERROR with its interrupt, and the log of bad headers.

use ferrolane_abi::feature;
use ferrolane_abi::regs::global::*;
use ferrolane_abi::table::Access::W1c;
use ferrolane_abi::table::Register;
use ferrolane_hw_verify::dut;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use verilated::Dut;

use crate::access::{read, start, write};

/// Ports that set a bit of ERROR.
const CAUSES: [(&str, &str); 5] = [
    ("invalid_doorbell", "INVALID_DOORBELL"),
    ("unexpected_cpl", "UNEXPECTED_CPL"),
    ("ur", "UNSUPPORTED_REQUEST"),
    ("queue_error", "QUEUE_ERROR"),
    ("cpl_timeout", "CPL_TIMEOUT"),
];

fn pulse(dut: &mut Dut, port: &str) {
    dut.pulse(port, 1);
    dut.steps(3);
}

#[test]
fn write_one_to_clear() {
    let mut dut = start(3);
    let all = CAUSES.iter().fold(0, |mask, (_, field)| mask | ERROR.field(field).unwrap().mask());
    assert_eq!(all, ERROR.mask(W1c), "a cause for every bit");
    for (port, field) in CAUSES {
        let bit = ERROR.field(field).unwrap().mask();
        pulse(&mut dut, port);
        assert_eq!(read(&mut dut, &ERROR), bit, "{port}");
        write(&mut dut, &ERROR, 0, 0xF);
        write(&mut dut, &ERROR, !bit, 0xF);
        write(&mut dut, &ERROR, u32::MAX, 0xF & !1);
        assert_eq!(read(&mut dut, &ERROR), bit, "{port}: 0 and a disabled byte clear nothing");
        write(&mut dut, &ERROR, bit, 0xF);
        assert_eq!(read(&mut dut, &ERROR), 0, "{port}");
    }
    CAUSES.iter().for_each(|(port, _)| pulse(&mut dut, port));
    write(&mut dut, &ERROR, 1, 1);
    assert_eq!(read(&mut dut, &ERROR), all & !1);
}

/// Clearing must not lose an event that the host can't have seen: one in the clock of the write, or later.
#[test]
fn an_event_in_the_clock_of_clearing_stays() {
    for delay in 0..6 {
        let mut dut = start(delay);
        pulse(&mut dut, "ur");
        dut.set("t_w_addr", ERROR.offset);
        dut.set("t_w_data", u32::MAX);
        dut.set("t_w_be", 0xFu64);
        for clock in 0..10 {
            dut.set("glob_w_valid", clock == 0);
            dut.set("ur", clock == delay);
            dut.step();
        }
        assert_ne!(read(&mut dut, &ERROR), 0, "event {delay} clocks after the write");
    }
}

#[test]
fn each_error_event_asks_for_an_interrupt() {
    let mut dut = start(4);
    for (port, _) in CAUSES {
        for _ in 0..2 {
            dut.pulse(port, 1);
            let mut pulses = 0;
            for _ in 0..5 {
                dut.step();
                pulses += dut.get("err_irq");
            }
            assert_eq!(pulses, 1, "{port}");
        }
    }
    write(&mut dut, &ERROR, u32::MAX, 0xF);
    dut.steps(3);
    assert!(!dut.is_set("err_irq"));
}

/// A TLP of either source, or of both in one clock; the host reads in any clock.
#[test]
fn the_header_log_keeps_the_last_and_counts_all() {
    const HEADER: [&Register; 4] = [&BAD_HEADER_0, &BAD_HEADER_1, &BAD_HEADER_2, &BAD_HEADER_3];
    for seed in 0..4 {
        let mut dut = start(10 + seed);
        let mut rng = StdRng::seed_from_u64(seed);
        let (mut last, mut cause, mut count) = ([0u32; 4], 0, 0u32);
        for _ in 0..400 {
            for _ in 0..rng.random_range(0..4) {
                for source in ["req", "cpl"] {
                    let valid = rng.random_bool(0.4);
                    let header: [u32; 4] = rng.random();
                    let why = rng.random_range(0..16u32);
                    dut.set(&format!("bad_{source}_valid"), valid);
                    dut.set(&format!("bad_{source}_cause"), why);
                    dut.set_wide(&format!("bad_{source}_hdr"), &header);
                    if valid {
                        (last, cause, count) = (header, why, count + 1);
                    }
                }
                dut.step();
            }
            dut.set("bad_req_valid", 0u64);
            dut.set("bad_cpl_valid", 0u64);
            let log = read(&mut dut, &BAD_HEADER);
            assert_eq!(BAD_HEADER.field("CAUSE").unwrap().get(log), cause);
            assert_eq!(BAD_HEADER.field("COUNT").unwrap().get(log), count & 0xFFFF);
            assert_eq!(HEADER.map(|r| read(&mut dut, r)), last);
        }
        assert!(count > 300);
    }
}

#[test]
fn without_a_header_log_its_registers_read_0() {
    let mut dut = dut!(global_regs_core, 1);
    dut.pulse("rst", 2);
    dut.steps(16);
    assert_eq!(read(&mut dut, &FEATURES_LO), feature::BASE);
    for port in ["bad_req", "bad_cpl"] {
        dut.set_wide(&format!("{port}_hdr"), &[u32::MAX; 4]);
        dut.set(&format!("{port}_cause"), 3u64);
        dut.pulse(&format!("{port}_valid"), 1);
    }
    for register in [&BAD_HEADER, &BAD_HEADER_0, &BAD_HEADER_1, &BAD_HEADER_2, &BAD_HEADER_3] {
        assert_eq!(read(&mut dut, register), 0, "{}", register.name);
    }
}
