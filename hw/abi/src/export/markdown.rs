//! The registers page of the documentation.

use std::fmt::Write;

use super::{CONSTANTS, NAME_LISTS, REGISTER_BLOCKS};
use crate::map::PAGES;
use crate::table::{Field, Register};

/// The whole page.
pub fn markdown() -> String {
    let mut page = String::from(
        "# Registers and formats\n\n\
         Generated from `hw/abi` by `make generate`; do not edit.\n\n\
         All registers are 32 bits wide, little-endian. Bits that are not listed are reserved: they read 0 and ignore \
         writes. Access kinds: RO read-only, RW read-write, W1C cleared by writing 1. *volatile* registers change by \
         themselves or depend on how the engine was built.\n\n## BAR0\n\n\
         | page | offset | what stands there |\n| --- | --- | --- |\n",
    );
    for p in PAGES {
        let _ = writeln!(page, "| {} | `{:#07x}` | {} |", p.name, p.offset, p.doc);
    }
    for block in REGISTER_BLOCKS {
        let _ = write!(page, "\n## {} registers\n\n{}\n", block.name, block.doc);
        for register in block.registers {
            write_register(&mut page, register);
        }
    }
    for list in NAME_LISTS {
        let what = if list.bits { "bit" } else { "code" };
        let _ = write!(
            page,
            "\n## {}\n\n{}\n\n| {what} | name | meaning |\n| --- | --- | --- |\n",
            list.name, list.doc
        );
        for n in list.names {
            let value = if list.bits { n.value.to_string() } else { format!("`{:#04x}`", n.value) };
            let _ = writeln!(page, "| {value} | {} | {} |", n.name, n.doc.trim());
        }
    }
    page.push_str(concat!(
        "\n## Descriptor, 16 bytes\n\n",
        "| bytes | field |\n| --- | --- |\n",
        "| 7:0 | `host_addr`: IOVA of the first byte, any alignment |\n",
        "| 10:8 | `len`: bytes, 1 to 2^24 - 1 |\n",
        "| 11 | flags |\n",
        "| 15:12 | `card`: metadata on stream queues |\n",
        "\n## Completion record, 16 bytes\n\n",
        "| DW | field |\n| --- | --- |\n",
        "| 0 | bytes moved by the descriptor |\n",
        "| 1 | metadata: C2H, TUSER of the TLAST beat, valid with EOP |\n",
        "| 2 | descriptor index, free-running |\n",
        "| 3 | phase 31, flags 30:24, status 23:16, queue 15:8, generation 7:0 |\n",
        "\nThe phase is 1 on the first lap of the ring and flips with each lap. It is only in DW3: load DW3 with acquire ",
        "order, then read the rest.\n",
        "\n## Doorbell, 8 bytes\n\n",
        "| bits | field |\n| --- | --- |\n",
        "| 31:0 | producer index of the descriptor ring, free-running |\n",
        "| 62:32 | consumer index of the completion ring, free-running |\n",
        "| 63 | ARM: one interrupt as soon as the completion index differs from the consumer index |\n",
    ));
    page.push_str("\n## Constants\n\n| name | value | meaning |\n| --- | --- | --- |\n");
    for (name, value, doc) in CONSTANTS {
        let _ = writeln!(page, "| {name} | `{value:#x}` | {doc} |");
    }
    page
}

fn write_register(page: &mut String, register: &Register) {
    let volatile = if register.volatile { " · volatile" } else { "" };
    let _ = write!(
        page,
        "\n### {} · `{:#04x}`{volatile}\n\n{}\n\n| bits | field | access | reset | meaning |\n| --- | --- | --- | --- | --- |\n",
        register.name,
        register.offset,
        register.doc.trim()
    );
    for field in register.fields {
        let _ = writeln!(
            page,
            "| {} | {} | {} | {} | {} |",
            bits(field),
            field.name,
            field.access.name(),
            if register.volatile { "–".into() } else { format!("`{:#x}`", field.reset) },
            field.doc
        );
    }
}

fn bits(field: &Field) -> String {
    match field.width {
        1 => field.lsb.to_string(),
        w => format!("{}:{}", field.lsb + w - 1, field.lsb),
    }
}
