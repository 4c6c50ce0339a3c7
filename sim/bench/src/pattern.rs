//! Data that tells where it belongs: every DWORD of a queue's stream is another number.

/// DWORD number `index` of queue `queue`'s stream. Multiplying by an odd number and folding are one to one, so no two
/// of 2^26 consecutive DWORDs are equal, nor any two of different queues at one place.
pub fn word(queue: u32, index: u64) -> u32 {
    let x = (index as u32 ^ queue << 26).wrapping_mul(0x9E37_79B1);
    x ^ x >> 15
}

/// The byte at `position`.
pub fn byte(queue: u32, position: u64) -> u8 {
    word(queue, position / 4).to_le_bytes()[position as usize % 4]
}

/// Fills `bytes` with what stands from `position` on.
pub fn fill(queue: u32, position: u64, bytes: &mut [u8]) {
    if position.is_multiple_of(4) && bytes.len().is_multiple_of(4) {
        for (i, chunk) in bytes.chunks_exact_mut(4).enumerate() {
            chunk.copy_from_slice(&word(queue, position / 4 + i as u64).to_le_bytes());
        }
    } else {
        for (i, to) in bytes.iter_mut().enumerate() {
            *to = byte(queue, position + i as u64);
        }
    }
}

/// Compares `bytes` with what stands from `position` on; gives the position of the first wrong one.
pub fn wrong(queue: u32, position: u64, bytes: &[u8]) -> Option<u64> {
    let mut expected = [0; 4096];
    let expected = &mut expected[..bytes.len()];
    fill(queue, position, expected);
    (expected != bytes).then(|| {
        bytes.iter().zip(expected).position(|(is, should)| is != should).unwrap_or(0) as u64 + position
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_byte_is_found_at_its_place() {
        for start in [0, 1, 6, 4093] {
            let mut bytes = [0; 37];
            fill(3, start, &mut bytes);
            assert_eq!(wrong(3, start, &bytes), None);
            assert!(wrong(3, start + 1, &bytes).is_some() && wrong(2, start, &bytes).is_some());
            bytes[20] ^= 1;
            assert_eq!(wrong(3, start, &bytes), Some(start + 20));
        }
    }
}
