//! Bytes that tell where they belong: different for each queue and each place in its stream.

/// Fills `into` with piece number `piece` of queue `queue`.
pub fn fill(queue: u32, piece: u64, into: &mut [u8]) {
    // Xorshift over a state that is never 0 (Marsaglia 2003).
    let mut state = (u64::from(queue) << 56 ^ piece).wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    for chunk in into.chunks_mut(8) {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        let bytes = state.to_le_bytes();
        chunk.copy_from_slice(&bytes[..chunk.len()]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_and_queues_differ() {
        let bytes = |queue, piece| {
            let mut bytes = [0; 21];
            fill(queue, piece, &mut bytes);
            bytes
        };
        assert_eq!(bytes(1, 2), bytes(1, 2));
        assert_ne!(bytes(1, 2), bytes(1, 3));
        assert_ne!(bytes(1, 2), bytes(2, 2));
    }
}
