//! Configuration space, registers, time.

use ferrolane::{TransportError, Woken};
use ferrolane_abi::map::{BAR, BAR0_BYTES};
use ferrolane_abi::pci;
use ferrolane_abi::regs::global;

use crate::{Bench, Seen, Step};

const SCRATCH: u64 = global::SCRATCH.offset as u64;

/// What kind of error a result is; its text is the transport's own.
fn kind<T: std::fmt::Debug>(result: Result<T, TransportError>) -> String {
    match result {
        Ok(value) => format!("{value:?}"),
        Err(TransportError::BadOffset { .. }) => "bad offset".into(),
        Err(TransportError::Io { .. }) => "refused".into(),
        Err(error) => error.to_string(),
    }
}

/// The operations.
pub const STEPS: &[Step] = &[
    Step { name: "the configuration space names the card", expected: "ids match, class matches", run: ids },
    Step {
        name: "configuration reads outside or askew are refused",
        expected: "bad offset, bad offset, bad offset",
        run: |b| {
            let t = b.transport();
            let seen = [4096, 2, u16::MAX].map(|at| kind(t.config_read32(at)));
            Ok(seen.join(", "))
        },
    },
    Step {
        name: "bus mastering changes one bit and no other",
        expected: "changed 0x4, changed 0x4",
        run: bus_master_bit,
    },
    Step {
        name: "the magic number is in its place",
        expected: "true",
        run: |b| {
            let magic = b.transport().mmio_read32(BAR, global::MAGIC.offset.into())?;
            Ok((magic == global::MAGIC.reset()).to_string())
        },
    },
    Step {
        name: "a register keeps what is written, in order",
        expected: "0xfffffc18",
        run: |b| {
            let t = b.transport();
            for i in 0..=1000u32 {
                t.mmio_write32(BAR, SCRATCH, i.wrapping_neg())?;
            }
            Ok(format!("{:#x}", t.mmio_read32(BAR, SCRATCH)?))
        },
    },
    Step {
        name: "64 bits are read and written at once",
        expected: "0x89abcdef, same",
        run: |b| {
            let t = b.transport();
            t.mmio_write64(BAR, SCRATCH, 0x89AB_CDEF)?;
            let both = t.mmio_read64(BAR, SCRATCH)?;
            let high = t.mmio_read32(BAR, SCRATCH + 4)?;
            let same = if (both >> 32) as u32 == high { "same" } else { "different" };
            Ok(format!("{:#x}, {same}", both as u32))
        },
    },
    Step {
        name: "accesses outside a BAR or askew are refused",
        expected: "bad offset, bad offset, bad offset, bad offset, bad offset",
        run: |b| {
            let t = b.transport();
            let seen = [
                kind(t.mmio_read32(BAR, 2)),
                kind(t.mmio_read64(BAR, 4)),
                kind(t.mmio_write32(BAR, BAR0_BYTES, 0)),
                kind(t.mmio_read64(BAR, u64::MAX - 7)),
                kind(t.mmio_read32(5, 0)),
            ];
            Ok(seen.join(", "))
        },
    },
    Step {
        name: "a reset gives registers their reset values and turns bus mastering off",
        expected: "scratch 0x0, bus master 0",
        run: |b| {
            let t = b.transport();
            t.mmio_write32(BAR, SCRATCH, 0x1234)?;
            t.set_bus_master(true)?;
            t.reset()?;
            let scratch = t.mmio_read32(BAR, SCRATCH)?;
            Ok(format!("scratch {scratch:#x}, bus master {}", t.config_read32(4)? >> 2 & 1))
        },
    },
    Step {
        name: "interrupts in impossible numbers are refused",
        expected: "refused, refused",
        run: |b| {
            let t = b.transport();
            let seen = [0, 4096].map(|n| kind(t.enable_interrupts(n).map(|fds| fds.len())));
            Ok(seen.join(", "))
        },
    },
    Step {
        name: "a deadline comes, and not too soon",
        expected: "Deadline, after",
        run: |b| {
            let t = b.transport();
            let deadline = t.now() + 200_000;
            let woken = t.wait(&[], deadline)?;
            let late = if t.now() >= deadline { "after" } else { "before" };
            Ok(format!("{}, {late}", if woken == Woken::Deadline { "Deadline" } else { "Ready" }))
        },
    },
];

fn ids(bench: &mut Bench) -> Seen {
    let t = bench.transport();
    let ids = u32::from(pci::VENDOR_ID) | u32::from(pci::DEVICE_ID) << 16;
    let say = |same| if same { "match" } else { "differ" };
    let class = t.config_read32(8)? >> 8;
    Ok(format!("ids {}, class {}es", say(t.config_read32(0)? == ids), say(class == pci::CLASS_CODE)))
}

fn bus_master_bit(bench: &mut Bench) -> Seen {
    let t = bench.transport();
    let mut before = t.config_read32(4)?;
    let mut seen = Vec::new();
    for on in [false, true] {
        t.set_bus_master(on)?;
        let after = t.config_read32(4)?;
        seen.push(format!("changed {:#x}", (before ^ after) & 0xFFFF));
        before = after;
    }
    Ok(seen.join(", "))
}
