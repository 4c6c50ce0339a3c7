//! The counters of events.

use ferrolane_abi::regs::global::*;
use ferrolane_abi::table::Register;
use ferrolane_hw_verify::dut;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use crate::access::{read, start};

const COUNTERS: [(&str, &Register); 10] = [
    ("unmapped_rd", &CNT_UNMAPPED_READ),
    ("unmapped_wr", &CNT_UNMAPPED_WRITE),
    ("ur", &CNT_UNSUPPORTED),
    ("unexpected_cpl", &CNT_UNEXPECTED_CPL),
    ("invalid_doorbell", &CNT_INVALID_DOORBELL),
    ("tx_write", &CNT_TX_WRITE),
    ("tx_read", &CNT_TX_READ),
    ("rx_cpl", &CNT_RX_CPL),
    ("axil_error", &CNT_AXIL_ERROR),
    ("cpl_timeout", &CNT_CPL_TIMEOUT),
];

#[test]
fn counters() {
    let mut dut = start(5);
    let mut rng = StdRng::seed_from_u64(5);
    let mut expected = [0; 10];
    for _ in 0..2000 {
        for (i, (port, _)) in COUNTERS.iter().enumerate() {
            let event = rng.random_range(0..=COUNTERS.len()) <= i;
            dut.set(port, event);
            expected[i] += u32::from(event);
        }
        dut.step();
    }
    COUNTERS.iter().for_each(|(port, _)| dut.set(port, 0u64));
    for ((port, register), expected) in COUNTERS.into_iter().zip(expected) {
        assert_eq!(read(&mut dut, register), expected, "{port}");
    }
}

/// A pulse per clock on every counter while the host reads as fast as it can; each answer counts all pulses up to the
/// clock of the read.
#[test]
fn no_pulse_is_lost_at_any_rate() {
    for seed in 0..4 {
        let mut dut = start(seed);
        let mut rng = StdRng::seed_from_u64(seed);
        let begin = dut.clocks();
        for (port, _) in COUNTERS {
            dut.set(port, 1u64);
        }
        for n in 0..2000 {
            // One register again and again, or any.
            let which = if seed == 0 { n / 200 } else { rng.random_range(0..COUNTERS.len()) };
            let register = COUNTERS[which].1;
            dut.set("glob_r_valid", 1u64);
            dut.set("t_r_addr", register.offset);
            let asked = dut.clocks() - begin;
            dut.step();
            dut.set("glob_r_valid", 0u64);
            while !dut.is_set("glob_r_done") {
                dut.step();
            }
            let (now, value) = (dut.clocks() - begin, dut.get("glob_r_data"));
            assert!((asked..=now).contains(&value), "{}: {value} between {asked} and {now}", register.name);
            dut.steps(rng.random_range(0..2));
            dut.set("glob_r_valid", 0u64);
        }
        let pulses = dut.clocks() - begin;
        for (port, _) in COUNTERS {
            dut.set(port, 0u64);
        }
        for (port, register) in COUNTERS {
            assert_eq!(u64::from(read(&mut dut, register)), pulses, "{port}");
        }
    }
}

#[test]
fn a_read_right_after_reset_waits_for_the_counters() {
    for delay in 0..20 {
        let mut dut = dut!(global_regs, delay);
        dut.pulse("rst", 2);
        dut.steps(delay);
        dut.set("glob_r_valid", 1u64);
        dut.set("t_r_addr", CNT_RX_CPL.offset);
        dut.step();
        dut.set("glob_r_valid", 0u64);
        dut.step_until("glob_r_done", 24);
        assert_eq!(dut.get("glob_r_data"), 0);
    }
}
