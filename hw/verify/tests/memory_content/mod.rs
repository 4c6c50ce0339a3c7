//! What a memory of the card holds that never changes, and where it can't be read.

pub fn byte(addr: u64) -> u8 {
    let x = addr.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    (x >> 40) as u8 ^ (x >> 52) as u8
}

/// Whether reads of the row at `addr` fail, if one row in so many does (0: none).
pub fn fails(addr: u64, one_in: u64) -> bool {
    one_in != 0 && (addr >> 6).wrapping_mul(0xD134_2543_DE82_EF95) >> 32 < (1 << 32) / one_in
}
