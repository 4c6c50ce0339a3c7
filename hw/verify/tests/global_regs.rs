//! Every register of the global page against the ABI table, and what hardware drives in it.

use ferrolane_abi::feature;
use ferrolane_abi::layout::LAYOUT_HASH;
use ferrolane_abi::regs::global::*;
use ferrolane_abi::table::Access::{Ro, Rw, W1c};
use ferrolane_abi::table::Register;
use ferrolane_hw_verify::dut;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use verilated::Dut;

fn start(seed: u64) -> Dut {
    let mut dut = dut!(global_regs, seed);
    dut.set("build_id", 0xB01D_1234u64);
    dut.pulse("rst", 2);
    // The counters are being cleared.
    dut.steps(16);
    dut
}

/// Reads, and says if the block reported the offset as unmapped.
fn read_at(dut: &mut Dut, offset: u32) -> (u32, bool) {
    dut.set("glob_r_valid", 1u64);
    dut.set("t_r_addr", offset);
    dut.step();
    dut.set("glob_r_valid", 0u64);
    let mut unmapped = 0;
    let mut value = None;
    for _ in 0..8 {
        dut.step();
        unmapped += dut.get("glob_unmapped_rd");
        if dut.is_set("glob_r_done") {
            assert_eq!(value, None, "answered twice");
            value = Some(dut.get("glob_r_data") as u32);
        }
    }
    assert!(unmapped <= 1);
    (value.expect("an answer within 8 clocks"), unmapped == 1)
}

fn read(dut: &mut Dut, register: &Register) -> u32 {
    let (value, unmapped) = read_at(dut, register.offset);
    assert!(!unmapped, "{}", register.name);
    value
}

/// Writes, and says if the block reported the offset as unmapped.
fn write_at(dut: &mut Dut, offset: u32, data: u32, be: u32) -> bool {
    dut.set("glob_w_valid", 1u64);
    dut.set("t_w_addr", offset);
    dut.set("t_w_data", data);
    dut.set("t_w_be", be);
    dut.step();
    assert!(dut.is_set("glob_w_ready"));
    dut.set("glob_w_valid", 0u64);
    let mut unmapped = 0;
    for _ in 0..4 {
        dut.step();
        unmapped += dut.get("glob_unmapped_wr");
    }
    assert!(unmapped <= 1);
    unmapped == 1
}

fn write(dut: &mut Dut, register: &Register, data: u32, be: u32) {
    assert!(!write_at(dut, register.offset, data, be), "{}", register.name);
}

/// The bits that the byte enables let through.
fn strobe(be: u32) -> u32 {
    (0..4).filter(|i| be >> i & 1 != 0).fold(0, |mask, i| mask | 0xFF << (8 * i))
}

fn pulse(dut: &mut Dut, port: &str) {
    dut.pulse(port, 1);
    dut.steps(3);
}

#[test]
fn reset_values() {
    for seed in 0..3 {
        let mut dut = start(seed);
        for register in REGISTERS.iter().filter(|r| !r.volatile) {
            assert_eq!(read(&mut dut, register), register.reset(), "{}", register.name);
        }
    }
}

/// Read-write bits take what is written through the byte enables; no other bit of any register changes.
#[test]
fn write_masks() {
    for seed in 0..5 {
        let mut dut = start(seed);
        let mut rng = StdRng::seed_from_u64(seed);
        let mut model: Vec<u32> = REGISTERS.iter().map(Register::reset).collect();
        for _ in 0..600 {
            let i = rng.random_range(0..REGISTERS.len());
            let register = &REGISTERS[i];
            let (data, be) = (rng.random(), rng.random_range(0..16));
            write(&mut dut, register, data, be);
            let mask = register.mask(Rw) & strobe(be);
            model[i] = model[i] & !mask | data & mask;
            let j = if rng.random() { i } else { rng.random_range(0..REGISTERS.len()) };
            if !REGISTERS[j].volatile {
                assert_eq!(read(&mut dut, &REGISTERS[j]), model[j], "{}", REGISTERS[j].name);
            }
        }
    }
}

#[test]
fn reserved_bits_read_0() {
    let mut dut = start(1);
    for port in ["init_busy", "reads_pending", "writes_pending", "cfg_link_up", "cfg_bus_master", "cfg_rcb"] {
        dut.set(port, 1u64);
    }
    for (port, ones) in
        [("cfg_link_speed", 0xFu64), ("cfg_link_width", 0x3F), ("cfg_mps", 7), ("cfg_mrrs", 7)]
    {
        dut.set(port, ones);
    }
    for register in REGISTERS {
        write(&mut dut, register, u32::MAX, 0xF);
        let defined = register.mask(Ro) | register.mask(Rw) | register.mask(W1c);
        assert_eq!(read(&mut dut, register) & !defined, 0, "{}", register.name);
    }
}

#[test]
fn read_only_bits_ignore_writes() {
    let mut dut = start(2);
    let moving = [CLOCKS_LO.offset, CLOCKS_HI.offset];
    for register in REGISTERS.iter().filter(|r| !moving.contains(&r.offset)) {
        let before = read(&mut dut, register) & register.mask(Ro);
        for data in [0, u32::MAX, 0xA5A5_5A5A] {
            write(&mut dut, register, data, 0xF);
            assert_eq!(read(&mut dut, register) & register.mask(Ro), before, "{}", register.name);
        }
    }
}

/// Ports that set a bit of ERROR.
const CAUSES: [(&str, &str); 5] = [
    ("invalid_doorbell", "INVALID_DOORBELL"),
    ("unexpected_cpl", "UNEXPECTED_CPL"),
    ("ur", "UNSUPPORTED_REQUEST"),
    ("queue_error", "QUEUE_ERROR"),
    ("cpl_timeout", "CPL_TIMEOUT"),
];

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

#[test]
fn counters() {
    let mut dut = start(5);
    let mut rng = StdRng::seed_from_u64(5);
    let mut expected = [0; 10];
    for _ in 0..2000 {
        for (i, (port, _)) in COUNTERS.iter().enumerate() {
            let event = rng.random_range(0..9) < i;
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
            let register = if seed == 0 { COUNTERS[n / 500].1 } else { COUNTERS[rng.random_range(0..9)].1 };
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

#[test]
fn parameters() {
    let mut dut = start(6);
    let mut field = |register: &Register, name: &str| {
        let value = read(&mut dut, register);
        register.field(name).unwrap().get(value)
    };
    assert_eq!(field(&BUILD_ID, "ID"), 0xB01D_1234);
    assert_eq!(field(&ferrolane_abi::regs::global::LAYOUT_HASH, "HASH"), LAYOUT_HASH);
    assert_eq!((field(&PARAM_QUEUES, "H2C"), field(&PARAM_QUEUES, "C2H")), (4, 4));
    assert_eq!(field(&PARAM_QUEUES, "VECTORS"), 9);
    assert_eq!((field(&PARAM_PORT, "WIDTH"), field(&PARAM_PORT, "TAGS")), (128, 64));
    assert_eq!(field(&PARAM_CLOCK, "KHZ"), 250_000);
    assert_eq!((field(&PARAM_MEMORY, "H2C_SHARE"), field(&PARAM_MEMORY, "C2H_SHARE")), (14, 14));
    assert_eq!(field(&PARAM_MEMORY, "DESCRIPTORS"), 7);
    assert_eq!(field(&FEATURES_LO, "BITS"), feature::ALL);
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

#[test]
fn status_and_link() {
    let ports = [
        ("init_busy", &STATUS, "INIT"),
        ("reads_pending", &STATUS, "READS_PENDING"),
        ("writes_pending", &STATUS, "WRITES_PENDING"),
        ("cfg_link_speed", &LINK, "SPEED"),
        ("cfg_link_width", &LINK, "WIDTH"),
        ("cfg_link_up", &LINK, "UP"),
        ("cfg_bus_master", &LINK, "BUS_MASTER"),
        ("cfg_mps", &LINK, "MPS"),
        ("cfg_mrrs", &LINK, "MRRS"),
        ("cfg_rcb", &LINK, "RCB"),
        ("cfg_ext_tag", &LINK, "EXT_TAG"),
        ("cfg_msix_enable", &LINK, "MSIX_ENABLE"),
        ("cfg_msix_mask", &LINK, "MSIX_MASK"),
    ];
    let mut dut = start(7);
    assert_eq!(read(&mut dut, &STATUS) | read(&mut dut, &LINK), 0);
    for (port, register, name) in ports {
        let field = register.field(name).unwrap();
        for value in [1, (1 << field.width) - 1] {
            dut.set(port, value as u64);
            let (status, link) = (read(&mut dut, &STATUS), read(&mut dut, &LINK));
            let (this, other) =
                if register.offset == STATUS.offset { (status, link) } else { (link, status) };
            assert_eq!((this, other), (field.put(value), 0), "{port}");
        }
        dut.set(port, 0u64);
    }
    let fields = (STATUS.fields.len(), LINK.fields.len());
    assert_eq!(fields, (3, ports.len() - 3), "a port for every field");
}

#[test]
fn the_clock_counter_is_read_in_two_halves() {
    let mut dut = start(8);
    let low = read(&mut dut, &CLOCKS_LO);
    dut.steps(100);
    let then = dut.clocks();
    let later = read(&mut dut, &CLOCKS_LO);
    let passed = dut.clocks() - then;
    assert_eq!(later - low, 100 + passed as u32);
    assert_eq!(read(&mut dut, &CLOCKS_HI), 0);
}

#[test]
fn offsets_without_a_register_are_reported() {
    let mut dut = start(9);
    for offset in (0..0x200).chain([0x8000, 0xFFFC, 0x4040]).filter(|o| o % 4 == 0) {
        if REGISTERS.iter().any(|r| r.offset == offset) {
            continue;
        }
        assert!(write_at(&mut dut, offset, u32::MAX, 0xF), "{offset:#x}");
        assert_eq!(read_at(&mut dut, offset), (0, true), "{offset:#x}");
    }
    for register in REGISTERS.iter().filter(|r| !r.volatile) {
        assert_eq!(read(&mut dut, register), register.reset(), "{}", register.name);
    }
}
