//! The ABI table against the RTL: reset values, write masks, write-1-to-clear, read-only and reserved bits.

use ferrolane_abi::map::{self, Direction};
use ferrolane_abi::regs::{global, queue};
use ferrolane_abi::table::{Access, Register};
use ferrolane_sim::rng::Rng;

use crate::rig::{rig, Rig};

/// Values that find stuck, swapped and missing bits.
fn patterns(seed: u64) -> Vec<u32> {
    let mut rng = Rng::new(seed, "patterns");
    let mut list = vec![u32::MAX, 0, 0x5555_5555, 0xAAAA_AAAA];
    list.extend((0..4).map(|_| rng.next() as u32));
    list
}

fn check(rig: &Rig, base: u64, register: &Register) {
    let (at, name) = (base + u64::from(register.offset), register.name);
    let read = || rig.device.read32(at).unwrap();
    let rw = register.mask(Access::Rw);
    let known = register.fields.iter().fold(0, |mask, field| mask | field.mask());
    // Read-only bits of a volatile register may be anything at any time.
    let fixed = if register.volatile { rw | !known } else { u32::MAX };
    let reset = register.reset();
    assert_eq!(read() & fixed, reset & fixed, "{name} at {at:#x} after reset");
    for value in patterns(at) {
        rig.device.write32(at, value).unwrap();
        let want = (reset & !rw | value & rw) & fixed;
        assert_eq!(read() & fixed, want, "{name} at {at:#x} after writing {value:#010x}");
    }
    rig.device.write32(at, reset).unwrap();
}

#[test]
fn global_registers() {
    let rig = rig("sim:seed=11");
    for register in global::REGISTERS {
        check(&rig, map::GLOBAL_PAGE, register);
    }
}

#[test]
fn queue_registers() {
    let rig = rig("sim:seed=12");
    for direction in [Direction::H2c, Direction::C2h] {
        for index in 0..4 {
            for register in queue::REGISTERS.iter().filter(|register| register.name != "CTRL") {
                check(&rig, map::queue_regs(direction, index), register);
            }
        }
    }
}

#[test]
fn what_is_written_to_one_queue_stays_there() {
    let rig = rig("sim:seed=13");
    let all = || [Direction::H2c, Direction::C2h].into_iter().flat_map(|d| (0..4).map(move |i| (d, i)));
    let at = |(direction, index)| map::queue_regs(direction, index) + u64::from(queue::RING_BASE_LO.offset);
    for (i, of) in all().enumerate() {
        rig.device.write32(at(of), (i as u32 + 1) << 12).unwrap();
    }
    for (i, of) in all().enumerate() {
        assert_eq!(rig.device.read32(at(of)).unwrap(), (i as u32 + 1) << 12);
    }
}

#[test]
fn addresses_without_a_register_read_0_and_are_counted() {
    let rig = rig("sim");
    let count = |register: &Register| rig.device.read32(u64::from(register.offset)).unwrap();
    let before = (count(&global::CNT_UNMAPPED_READ), count(&global::CNT_UNMAPPED_WRITE));
    let holes = [
        0x1000,
        map::QUEUE_PAGE + 0xF0,
        map::QUEUE_PAGE + 4 * map::QUEUE_STRIDE,
        map::PUSH_PAGE + 4 * map::PUSH_STRIDE,
    ];
    for hole in holes {
        rig.device.write32(hole, u32::MAX).unwrap();
        assert_eq!(rig.device.read32(hole).unwrap(), 0, "{hole:#x}");
    }
    assert_eq!(count(&global::CNT_UNMAPPED_READ).wrapping_sub(before.0), holes.len() as u32);
    assert_eq!(count(&global::CNT_UNMAPPED_WRITE).wrapping_sub(before.1), holes.len() as u32);
}

#[test]
fn the_link_register_follows_the_configuration_space() {
    for (preset, speed, width, mps, mrrs, rcb) in
        [("sim", 3, 4, 1, 2, 0), ("sim:gen2x8,mps=512,mrrs=4096,rcb=128", 2, 8, 2, 5, 1)]
    {
        let rig = rig(preset);
        let value = rig.device.read_global(&global::LINK).unwrap();
        let field = |name| global::LINK.field(name).unwrap().get(value);
        assert_eq!((field("SPEED"), field("WIDTH"), field("UP")), (speed, width, 1));
        assert_eq!((field("MPS"), field("MRRS"), field("RCB")), (mps, mrrs, rcb));
    }
}

#[test]
fn the_msix_table_is_read_and_written() {
    let rig = rig("sim:seed=14");
    let vectors = (rig.device.read_global(&global::PARAM_QUEUES).unwrap() >> 16) as u64;
    for vector in 0..vectors {
        let at = map::MSIX_TABLE_PAGE + 16 * vector;
        assert_eq!(rig.device.read32(at + 12).unwrap() & 1, 1, "vector {vector} is masked after reset");
        for (i, value) in [0xFEE0_0000, 0x12, 0xFFFF_0000 | vector as u32, 1].into_iter().enumerate() {
            rig.device.write32(at + 4 * i as u64, value).unwrap();
        }
    }
    for vector in 0..vectors {
        let at = map::MSIX_TABLE_PAGE + 16 * vector;
        let entry: Vec<u32> = (0..4).map(|i| rig.device.read32(at + 4 * i).unwrap()).collect();
        assert_eq!(entry, [0xFEE0_0000, 0x12, 0xFFFF_0000 | vector as u32, 1]);
    }
}

#[test]
fn a_ring_size_out_of_range_breaks_no_rule_of_the_bus() {
    for direction in [Direction::H2c, Direction::C2h] {
        let rig = rig("sim");
        rig.transport.set_bus_master(true).unwrap();
        let base = map::queue_regs(direction, 1);
        let write = |register: &Register, value| {
            rig.device.write32(base + u64::from(register.offset), value).unwrap();
        };
        write(&queue::RING_BASE_LO, 0x20_0000);
        write(&queue::RING_SIZE, 31 | 31 << 8);
        write(&queue::CTRL, 1);
        rig.device.write32(map::queue_doorbell(direction, 1), 40).unwrap();
        rig.transport.relax(5_000).unwrap_or_else(|e| panic!("{direction:?}: {e}"));
        // The descriptors could not be read: nothing is mapped there.
        let status = rig.device.read32(base + u64::from(queue::STATUS.offset)).unwrap();
        assert_eq!(queue::STATUS.field("ERROR").unwrap().get(status), 1, "{direction:?}");
    }
}
