//! Free-running ring indices.

/// Place of the entry with a free-running `index` in a ring of `entries` (a power of two).
pub(crate) fn slot(index: u32, entries: u32) -> u32 {
    index & (entries - 1)
}

/// Phase of the lap that `index` is in: true on the first, false on the second and so on. A ring's size divides 2^32
/// by an even number of laps, so the phase goes on alternating when the index wraps.
pub(crate) fn phase(index: u32, entries: u32) -> bool {
    index >> entries.trailing_zeros() & 1 == 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn phase_is_one_first() {
        assert!(phase(0, 2) && phase(1, 2));
        assert!(!phase(2, 2) && !phase(3, 2));
        assert!(phase(4, 2));
    }

    proptest! {
        #[test]
        fn slot_and_phase_survive_the_wrap(log2 in 1u32..=16, index in any::<u32>(), steps in 0u32..200_000) {
            let entries = 1 << log2;
            let later = index.wrapping_add(steps);
            prop_assert_eq!(slot(later, entries), (slot(index, entries) + steps) % entries);
            let laps = (u64::from(slot(index, entries)) + u64::from(steps)) / u64::from(entries);
            prop_assert_eq!(phase(later, entries), phase(index, entries) ^ (laps % 2 == 1));
        }
    }
}
