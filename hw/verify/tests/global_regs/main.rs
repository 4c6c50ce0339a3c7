//! Every register of the global page against the ABI table, and what hardware drives in it.

mod access;
mod counters;
mod errors;

use access::{read, read_at, start, strobe, write, write_at};
use ferrolane_abi::feature;
use ferrolane_abi::layout::LAYOUT_HASH;
use ferrolane_abi::regs::global::*;
use ferrolane_abi::table::Access::{Ro, Rw, W1c};
use ferrolane_abi::table::Register;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

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
