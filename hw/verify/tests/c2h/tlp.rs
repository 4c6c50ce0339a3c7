//! Judges the memory writes of the C2H block and yields the bytes they write.

use std::collections::HashMap;

/// One clock of `data_wr`.
#[derive(Clone, Debug, PartialEq)]
pub struct Beat {
    pub first: bool,
    pub last: bool,
    pub hdr: Vec<u32>,
    pub data: Vec<u32>,
    pub keep: u64,
}

/// Collects beats into TLPs, checks each, and holds the bytes written so far.
#[derive(Default)]
pub struct Sink {
    /// Bytes written and not yet claimed by a record.
    pub written: HashMap<u64, u8>,
    /// TLPs seen.
    pub tlps: u64,
    /// Bytes of all TLPs.
    pub bytes: u64,
    /// First address and attributes (Relaxed Ordering is bit 1) of the TLP that ended last.
    pub latest: (u64, u32),
    open: Vec<Beat>,
    held: Option<Beat>,
}

impl Sink {
    /// One clock: what is offered, if anything, and whether it was taken.
    pub fn clock(&mut self, beat: Option<Beat>, ready: bool, mps: u64, requester: u32) {
        if let Some(held) = self.held.take() {
            let mut now = beat.clone().expect("valid fell without ready");
            let mut held = held;
            if !held.first {
                // The header counts with the first beat only.
                now.hdr.clear();
                held.hdr.clear();
            }
            assert_eq!(now, held, "a beat changed while it waited");
        }
        let Some(beat) = beat else {
            assert!(self.open.is_empty(), "valid fell inside a TLP");
            return;
        };
        if !ready {
            self.held = Some(beat);
            return;
        }
        assert_eq!(beat.first, self.open.is_empty());
        let last = beat.last;
        self.open.push(beat);
        if last {
            let beats = std::mem::take(&mut self.open);
            self.tlp(&beats, mps, requester);
        }
    }

    /// No TLP is half sent, no beat waits.
    pub fn idle(&self) -> bool {
        self.open.is_empty() && self.held.is_none()
    }

    fn tlp(&mut self, beats: &[Beat], mps: u64, requester: u32) {
        let h = &beats[0].hdr;
        let wide = h[0] >> 29 & 1 == 1;
        assert_eq!(h[0] & !0x33FF, if wide { 0x6000_0000 } else { 0x4000_0000 }, "not an MWr: {:#x}", h[0]);
        assert_ne!(h[0] & 0x3FF, 0, "length 0 means 1024 DW");
        let dws = (h[0] & 0x3FF) as u64;
        let addr = if wide {
            assert_ne!(h[2], 0, "a 4-DW header for an address below 4 GiB");
            (h[2] as u64) << 32 | h[3] as u64
        } else {
            assert_eq!(h[3], 0);
            h[2] as u64
        };
        assert_eq!(addr & 3, 0, "reserved address bits");
        assert_eq!(h[1] >> 16, requester);
        assert_eq!(h[1] >> 8 & 0xFF, 0, "tag");
        let (first_be, last_be) = (h[1] & 15, h[1] >> 4 & 15);
        if dws == 1 {
            assert_eq!(last_be, 0);
            assert!(contiguous(first_be), "{first_be:#b}");
        } else {
            assert!([0b1111, 0b1110, 0b1100, 0b1000].contains(&first_be), "{first_be:#b}");
            assert!([0b1111, 0b0111, 0b0011, 0b0001].contains(&last_be), "{last_be:#b}");
        }
        assert!(dws * 4 <= mps, "{dws} DW with MPS {mps}");
        assert_eq!(addr / mps, (addr + dws * 4 - 1) / mps, "crosses a multiple of MPS");
        let k = beats[0].data.len() as u64;
        assert_eq!(beats.len() as u64, dws.div_ceil(k));
        self.latest = (addr, h[0] >> 12 & 3);
        for (i, beat) in beats.iter().enumerate() {
            let here = (dws - k * i as u64).min(k);
            assert_eq!(beat.keep, (1 << here) - 1);
            for dw in 0..here as usize {
                let n = i * k as usize + dw;
                let be = if n == 0 {
                    first_be
                } else if n as u64 == dws - 1 {
                    last_be
                } else {
                    15
                };
                for byte in 0..4 {
                    if be >> byte & 1 == 1 {
                        let at = addr + n as u64 * 4 + byte;
                        let old = self.written.insert(at, (beat.data[dw] >> (8 * byte)) as u8);
                        assert!(old.is_none(), "byte {at:#x} written twice");
                        self.bytes += 1;
                    }
                }
            }
        }
        self.tlps += 1;
    }
}

fn contiguous(be: u32) -> bool {
    be != 0 && (be >> be.trailing_zeros()).count_ones() == 32 - (be >> be.trailing_zeros()).leading_zeros()
}
