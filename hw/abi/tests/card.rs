//! The demo card's table, and the page that shows it.

use ferrolane_abi::card::{self, checker, generator, global, pattern};
use ferrolane_abi::table::{Access, Register};

const BLOCKS: [(&[Register], u64); 3] = [
    (global::REGISTERS, card::CHECKER_PAGE),
    (checker::REGISTERS, card::STRIDE),
    (generator::REGISTERS, card::STRIDE),
];

#[test]
fn registers_are_in_order_and_do_not_overlap() {
    for (registers, limit) in BLOCKS {
        for pair in registers.windows(2) {
            assert!(pair[0].offset < pair[1].offset, "{}", pair[1].name);
        }
        for r in registers {
            assert!(r.offset % 4 == 0 && u64::from(r.offset) < limit, "{}", r.name);
            let mut seen = 0;
            for f in r.fields {
                assert!(f.width >= 1 && f.lsb + f.width <= 32 && !f.doc.is_empty(), "{}.{}", r.name, f.name);
                assert_eq!(seen & f.mask(), 0, "{}.{} overlaps", r.name, f.name);
                seen |= f.mask();
                assert_eq!(f.get(f.put(f.reset)), f.reset, "{}.{}", r.name, f.name);
            }
            assert_eq!(r.mask(Access::Ro) | r.mask(Access::Rw), seen, "{}", r.name);
        }
    }
    assert!(card::generator_regs(63) + card::STRIDE <= card::WINDOW_BYTES);
    assert!(card::checker_regs(63) + card::STRIDE <= card::GENERATOR_PAGE);
}

#[test]
fn the_pattern_tells_where_it_comes_from() {
    let mut x = 1u64;
    for _ in 0..10_000 {
        x = x.wrapping_mul(0x5851_F42D_4C95_7F2D).wrapping_add(1);
        let (seed, queue, packet, word) =
            (x as u32 & 31, (x >> 8) as u32 & 63, (x >> 16) as u32, (x >> 40) as u32 & 0x1F_FFFF);
        let o = pattern::origin(pattern::word(seed, queue, packet, word));
        assert_eq!((o.seed, o.queue, o.packet, o.word), (seed, queue, packet, word));
    }
}

#[test]
fn random_lengths_reach_both_ends() {
    let lengths: Vec<u32> = (0..4096).map(|p| pattern::length(64, 0x3FF, p)).collect();
    assert!(lengths.contains(&64) && lengths.contains(&(64 + 0x3FF)));
    let mean = lengths.iter().sum::<u32>() / 4096;
    assert!(mean.abs_diff(64 + 0x200) < 8, "{mean}");
}

#[test]
fn rates() {
    assert_eq!(card::rate(250_000_000, 250_000), 1 << 20);
    assert_eq!(card::rate(1_250_000_000, 250_000), 5 << 20);
    assert_eq!(card::rate(u64::MAX, 250_000), (1 << 28) - 1);
    for p in card::PRESETS {
        assert!(card::rate(p.bytes_per_second, 125_000) > 1000, "{}", p.name);
        assert!((p.burst == 0) == (p.pause_ns == 0), "{}", p.name);
    }
}

/// One line per register and field, as the page shows them.
fn rows(registers: &[Register]) -> Vec<String> {
    let mut rows = vec![];
    for r in registers {
        for f in r.fields {
            let bits =
                if f.width == 1 { f.lsb.to_string() } else { format!("{}:{}", f.lsb + f.width - 1, f.lsb) };
            let reset = if r.volatile { "–".into() } else { format!("`{:#x}`", f.reset) };
            rows.push(format!(
                "| `{:#04x}` | {} | {bits} {} | {} | {reset} | {} |",
                r.offset,
                r.name,
                f.name,
                f.access.name(),
                f.doc
            ));
        }
    }
    rows
}

#[test]
fn the_page_shows_every_field_and_preset() {
    let page = include_str!("../../../docs/src/demo-card.md");
    let mut missing = vec![];
    for (registers, _) in BLOCKS {
        missing.extend(rows(registers).into_iter().filter(|row| !page.contains(row.as_str())));
    }
    for p in card::PRESETS {
        let burst = if p.burst == 0 { "–".into() } else { format!("{} B, {} ns", p.burst, p.pause_ns) };
        let rate = if p.name == "max" {
            "no limit".into()
        } else {
            format!("{} MB/s", p.bytes_per_second / 1_000_000)
        };
        let loses = if p.real_time { "loses" } else { "waits" };
        let row = format!(
            "| `{}` | {rate} | {burst} | {} + `{:#x}` | {loses} | {} |",
            p.name, p.length, p.spread, p.doc
        );
        missing.extend((!page.contains(&row)).then_some(row));
    }
    assert!(missing.is_empty(), "lines missing in docs/src/demo-card.md:\n{}", missing.join("\n"));
}
