//! The table as a C header.

use std::fmt::Write;

use super::{CONSTANTS, NAME_LISTS, REGISTER_BLOCKS};
use crate::map::PAGES;

/// Where the types of the formats come from: user space has `stdint.h` and no names for byte order, the kernel has both in its own header.
const TYPES: &str = "\n#ifdef __KERNEL__\n#include <linux/types.h>\ntypedef __le32 ferrolane_le32;\ntypedef __le64 ferrolane_le64;\n\
     #else\n#include <stdint.h>\ntypedef uint32_t ferrolane_le32;\ntypedef uint64_t ferrolane_le64;\n#endif\n";

/// The whole header. It needs `stdint.h` only, in the kernel `linux/types.h`.
pub fn c_header() -> String {
    let mut h = String::from(
        "/* Generated from hw/abi by `make generate`; do not edit. */\n\
         /* SPDX-License-Identifier: MIT OR Apache-2.0 */\n\
         #ifndef FERROLANE_H\n#define FERROLANE_H\n",
    );
    h.push_str(TYPES);
    h.push_str("\n/* Constants. */\n");
    for (name, value, doc) in CONSTANTS {
        let _ = writeln!(h, "#define FERROLANE_{name} {value:#x}u /* {doc} */");
    }
    h.push_str("\n/* Pages of BAR0. */\n");
    for p in PAGES {
        let _ = writeln!(h, "#define FERROLANE_PAGE_{} {:#x}u /* {} */", p.name, p.offset, p.doc);
    }
    h.push_str(
        "\n/* Where a queue's registers and doorbell are; dir is 0 for H2C, 1 for C2H. */\n\
         #define FERROLANE_QUEUE_ID(dir, q) ((dir) * FERROLANE_MAX_QUEUES + (q))\n\
         #define FERROLANE_QUEUE_REGS(dir, q) \\\n    (FERROLANE_PAGE_QUEUE + FERROLANE_QUEUE_ID(dir, q) * FERROLANE_QUEUE_STRIDE)\n\
         #define FERROLANE_QUEUE_DOORBELL(dir, q) \\\n    (FERROLANE_PAGE_DOORBELL + FERROLANE_QUEUE_ID(dir, q) * FERROLANE_DOORBELL_STRIDE)\n",
    );
    for block in REGISTER_BLOCKS {
        let _ = write!(h, "\n/* {} registers. {} */\n", block.name, block.doc);
        for r in block.registers {
            let _ = writeln!(
                h,
                "#define FERROLANE_{}_{} {:#04x}u /* {} */",
                block.name,
                r.name,
                r.offset,
                r.doc.trim()
            );
            for f in r.fields {
                let _ = writeln!(
                    h,
                    "#define FERROLANE_{0}_{1}_{2}_MASK {3:#010x}u /* {4} {5} */\n#define FERROLANE_{0}_{1}_{2}_SHIFT {6}u",
                    block.name,
                    r.name,
                    f.name,
                    f.mask(),
                    f.access.name(),
                    f.doc,
                    f.lsb
                );
            }
        }
    }
    for list in NAME_LISTS {
        let _ = write!(h, "\n/* {} */\n", list.doc);
        for n in list.names {
            let value = if list.bits { format!("(1u << {})", n.value) } else { format!("{:#04x}u", n.value) };
            let _ = writeln!(h, "#define FERROLANE_{}_{} {value} /* {} */", list.name, n.name, n.doc.trim());
        }
    }
    h.push_str(
        "\n/* A descriptor as the engine reads it; little-endian. */\n\
         struct ferrolane_descriptor {\n    ferrolane_le64 host_addr;\n    ferrolane_le32 len_flags; /* length 23:0, flags 31:24 */\n    ferrolane_le32 card;\n};\n\
         \n/* A completion record as the engine writes it; little-endian. */\n\
         struct ferrolane_completion {\n    ferrolane_le32 bytes;\n    ferrolane_le32 meta;\n    ferrolane_le32 index;\n    ferrolane_le32 dw3; /* phase 31, flags 30:24, status 23:16, queue 15:8, generation 7:0 */\n};\n\
         \n#endif\n",
    );
    h
}
