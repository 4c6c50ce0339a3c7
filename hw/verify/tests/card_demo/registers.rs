//! The card's registers against the ABI table, over AXI4-Lite.

use ferrolane_abi::card::{self, checker, generator, global};
use ferrolane_abi::table::Access::{Ro, Rw};
use ferrolane_abi::table::Register;
use rand::Rng;

use crate::{card, SIZES};

/// Every register block of a build: base address and table.
fn blocks(queues: u32) -> Vec<(u64, &'static [Register])> {
    let mut blocks = vec![(card::GLOBAL_PAGE, global::REGISTERS)];
    for q in [0, queues / 2, queues - 1] {
        blocks.push((card::checker_regs(q), checker::REGISTERS));
        blocks.push((card::generator_regs(q), generator::REGISTERS));
    }
    blocks
}

#[test]
fn identification() {
    for (build, size) in SIZES.iter().enumerate() {
        let mut b = card(build, 1);
        assert_eq!(b.read(0, &global::MAGIC).to_le_bytes(), *b"FRDC");
        assert_eq!(b.field(0, &global::VERSION, "MAJOR"), 1);
        assert_eq!(b.field(0, &global::PARAM_CARD, "QUEUES"), size.queues);
        assert_eq!(b.field(0, &global::PARAM_CARD, "IRQS"), size.irqs);
        assert_eq!(b.field(0, &global::PARAM_CARD, "WIDTH"), size.bytes as u32 * 8);
        assert_eq!(b.field(0, &global::PARAM_SIZES, "SRAM"), size.sram_log2);
        assert_eq!(b.field(0, &global::PARAM_SIZES, "DRAM"), size.dram_log2);
        assert_eq!(1 << b.field(0, &global::PARAM_SIZES, "VISIT"), size.visit);
    }
}

#[test]
fn reset_values_and_cleared_counters() {
    for (build, size) in SIZES.iter().enumerate() {
        let mut b = card(build, 2);
        for (base, registers) in blocks(size.queues) {
            for r in registers.iter().filter(|r| !r.volatile) {
                assert_eq!(b.read(base, r), r.reset(), "{} at {base:#x}", r.name);
            }
            if base != 0 {
                for r in registers.iter().filter(|r| r.volatile && !r.name.starts_with("FIRST")) {
                    assert_eq!(b.read(base, r), 0, "{} at {base:#x}", r.name);
                }
            }
        }
    }
}

/// Read-write bits take what is written through the strobes; no other bit of any register changes.
#[test]
fn write_masks() {
    for (build, size) in SIZES.iter().enumerate() {
        let mut b = card(build, 3);
        let blocks = blocks(size.queues);
        let mut model: std::collections::HashMap<u64, u32> = Default::default();
        for _ in 0..600 {
            let (base, registers) = blocks[b.rng.random_range(0..blocks.len())];
            let r = &registers[b.rng.random_range(0..registers.len())];
            let at = base + u64::from(r.offset);
            let mut data: u32 = b.rng.random();
            if base != 0 && r.name == "CTRL" {
                data &= !1;
            }
            let strobe = b.rng.random_range(0..16);
            assert!(b.try_write(at, data, strobe), "{}", r.name);
            let bytes = (0..4).filter(|i| strobe >> i & 1 == 1).fold(0, |m, i| m | 0xFF << (8 * i));
            let mask = r.mask(Rw) & bytes;
            let old = *model.get(&at).unwrap_or(&r.reset());
            model.insert(at, old & !mask | data & mask);
            let (base, registers) = blocks[b.rng.random_range(0..blocks.len())];
            for r in [r, &registers[b.rng.random_range(0..registers.len())]] {
                let at = if r.offset as u64 + base == at { at } else { base + u64::from(r.offset) };
                let r = if registers.iter().any(|x| std::ptr::eq(x, r)) { r } else { continue };
                if !r.volatile {
                    assert_eq!(b.try_read(at), Some(*model.get(&at).unwrap_or(&r.reset())), "{}", r.name);
                } else {
                    assert_eq!(b.try_read(at).unwrap() & !r.mask(Ro), 0, "{}", r.name);
                }
            }
        }
        for (base, registers) in blocks {
            for r in registers.iter().filter(|r| !r.volatile) {
                let at = base + u64::from(r.offset);
                assert_eq!(
                    b.try_read(at),
                    Some(*model.get(&at).unwrap_or(&r.reset())),
                    "{} at {at:#x}",
                    r.name
                );
            }
        }
    }
}

#[test]
fn offsets_without_a_register_have_an_error_response() {
    for (build, size) in SIZES.iter().enumerate() {
        let mut b = card(build, 4);
        let known = |at: u64| {
            let listed =
                |registers: &[Register], at: u64| registers.iter().any(|r| u64::from(r.offset) == at);
            let in_page = |page: u64| at >= page && at - page < u64::from(size.queues) * card::STRIDE;
            listed(global::REGISTERS, at)
                || in_page(card::CHECKER_PAGE) && listed(checker::REGISTERS, at % card::STRIDE)
                || in_page(card::GENERATOR_PAGE) && listed(generator::REGISTERS, at % card::STRIDE)
        };
        let pages = [0, card::CHECKER_PAGE, card::GENERATOR_PAGE];
        let near = pages.iter().flat_map(|p| (0..0x100).map(move |i| p + i * 4));
        let queues = u64::from(size.queues) * card::STRIDE;
        let far = [0x2000, 0x4000 + queues, 0x6000, 0x8000 + queues, 0xA000, 0xC000, 0xC008, 0xFFFC, 0x3F80];
        for at in near.chain(far) {
            assert_eq!(b.try_read(at).is_some(), known(at), "read of {at:#x}");
            if !known(at) {
                assert!(!b.try_write(at, u32::MAX, 15), "write of {at:#x}");
            }
        }
        assert_eq!(b.read(0, &global::SCRATCH), 0);
        assert_eq!(b.read(0, &global::GATE), 1);
    }
}

#[test]
fn a_write_raises_user_interrupts() {
    for (build, size) in SIZES.iter().enumerate() {
        let mut b = card(build, 5);
        let mut expected = vec![0; size.irqs as usize];
        for _ in 0..40 {
            let mask: u32 = b.rng.random();
            b.write(0, &global::USER_IRQ, mask);
            for (i, count) in expected.iter_mut().enumerate() {
                *count += mask >> i & 1;
            }
        }
        b.run(3);
        assert_eq!(b.irqs, expected);
    }
}
