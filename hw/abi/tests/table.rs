//! The table's own consistency.

use ferrolane_abi::completion::Completion;
use ferrolane_abi::descriptor::Descriptor;
use ferrolane_abi::map::{self, Direction};
use ferrolane_abi::table::{Access, Register};
use ferrolane_abi::{regs, status};

fn check(registers: &[Register], limit: u32) {
    let mut last = None;
    for r in registers {
        assert!(r.offset % 4 == 0 && r.offset < limit, "{}", r.name);
        assert!(last.is_none_or(|l| l < r.offset), "{} is out of order", r.name);
        last = Some(r.offset);
        let mut seen = 0;
        for f in r.fields {
            assert!(f.width >= 1 && f.lsb + f.width <= 32, "{}.{}", r.name, f.name);
            assert_eq!(seen & f.mask(), 0, "{}.{} overlaps", r.name, f.name);
            seen |= f.mask();
            assert_eq!(f.get(f.put(f.reset)), f.reset, "{}.{}: reset value too wide", r.name, f.name);
            assert!(!f.doc.is_empty() && !r.doc.is_empty());
        }
        let sum = r.mask(Access::Ro) | r.mask(Access::Rw) | r.mask(Access::W1c) | r.mask(Access::Wo);
        assert_eq!(sum, seen, "{}", r.name);
    }
}

#[test]
fn registers_are_in_order_and_do_not_overlap() {
    check(regs::global::REGISTERS, 4096);
    check(regs::queue::REGISTERS, map::QUEUE_STRIDE as u32);
}

#[test]
fn the_frozen_part_is_where_it_must_be() {
    assert_eq!(regs::global::MAGIC.offset, 0);
    assert_eq!(regs::global::MAGIC.reset().to_le_bytes(), *b"FRLN");
    assert_eq!(regs::global::ABI_VERSION.offset, 4);
    assert_eq!(regs::global::FEATURES_LO.offset, 8);
    assert_eq!(regs::global::LAYOUT_HASH.offset, 0x14);
}

#[test]
fn what_queues_have_stays_in_its_pages() {
    for direction in [Direction::H2c, Direction::C2h] {
        for q in 0..map::MAX_QUEUES {
            let regs = map::queue_regs(direction, q);
            assert!(regs >= map::QUEUE_PAGE && regs + map::QUEUE_STRIDE <= map::DOORBELL_PAGE);
            let bell = map::queue_doorbell(direction, q);
            assert!(bell >= map::DOORBELL_PAGE && bell + map::DOORBELL_STRIDE <= map::MSIX_TABLE_PAGE);
            let push = map::queue_push(direction, q);
            assert!(push >= map::PUSH_PAGE && push + map::PUSH_STRIDE <= map::PUSH_PAGE + map::PAGE_BYTES);
        }
    }
}

#[test]
fn a_descriptor_is_its_sixteen_bytes() {
    let d = Descriptor { host_addr: 0x0123_4567_89AB_CDEF, len: 0x45_6789, flags: 0xA5, card: 0xDEAD_BEEF };
    let bytes = d.to_bytes();
    assert_eq!(bytes[0..8], 0x0123_4567_89AB_CDEFu64.to_le_bytes());
    assert_eq!(bytes[8..12], [0x89, 0x67, 0x45, 0xA5]);
    assert_eq!(bytes[12..16], [0xEF, 0xBE, 0xAD, 0xDE]);
    assert_eq!(Descriptor::from_bytes(bytes), d);
}

#[test]
fn a_completion_is_its_four_dwords() {
    let c = Completion {
        bytes: 1,
        meta: 2,
        index: 3,
        phase: true,
        flags: 0x55,
        status: status::DATA_UR,
        queue: 0x41,
        generation: 9,
    };
    assert_eq!(c.dw3(), 0xD521_4109);
    assert_eq!(Completion::from_dws([1, 2, 3, c.dw3()]), c);
}

#[test]
fn status_codes_are_distinct() {
    for (i, a) in status::CODES.iter().enumerate() {
        for b in &status::CODES[i + 1..] {
            assert_ne!(a.value, b.value, "{} and {}", a.name, b.name);
        }
    }
    assert_eq!(status::describe(status::OK).unwrap().name, "OK");
}
