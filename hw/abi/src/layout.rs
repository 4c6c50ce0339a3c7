//! A hash over the table that tells two builds apart.

use crate::table::Register;
pub use crate::version::{ABI_MAJOR, ABI_MINOR};

const fn fnv(mut hash: u32, value: u32) -> u32 {
    let bytes = value.to_le_bytes();
    let mut i = 0;
    while i < 4 {
        hash = (hash ^ bytes[i] as u32).wrapping_mul(0x0100_0193);
        i += 1;
    }
    hash
}

const fn fnv_str(mut hash: u32, text: &str) -> u32 {
    let bytes = text.as_bytes();
    let mut i = 0;
    while i < bytes.len() {
        hash = fnv(hash, bytes[i] as u32);
        i += 1;
    }
    hash
}

/// Hashes names, offsets, positions and access kinds; not docs, and not reset values, since registers
/// that show a build parameter have none of their own.
const fn hash_registers(mut hash: u32, registers: &[Register]) -> u32 {
    let mut r = 0;
    while r < registers.len() {
        hash = fnv(fnv_str(hash, registers[r].name), registers[r].offset);
        let fields = registers[r].fields;
        let mut f = 0;
        while f < fields.len() {
            hash = fnv_str(hash, fields[f].name);
            hash = fnv(hash, fields[f].lsb << 16 | fields[f].width << 8 | fields[f].access as u32);
            f += 1;
        }
        r += 1;
    }
    hash
}

/// FNV-1a over the version and all register lists.
pub const LAYOUT_HASH: u32 = {
    let version = fnv(fnv(0x811C_9DC5, ABI_MAJOR), ABI_MINOR);
    let global = hash_registers(version, crate::regs::global::REGISTERS);
    let queue = hash_registers(global, crate::regs::queue::REGISTERS);
    let counters = hash_registers(queue, crate::regs::queue_counters::REGISTERS);
    hash_registers(counters, crate::regs::global_counters::REGISTERS)
};
