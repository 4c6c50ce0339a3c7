//! Judges the memory writes of the C2H block and yields the bytes they write.

use std::collections::HashMap;

use verilated::Dut;

/// One clock of `data_wr`.
#[derive(Clone, Debug, PartialEq)]
pub struct Beat {
    pub first: bool,
    pub last: bool,
    pub addr: u64,
    pub bytes: u64,
    /// Relaxed Ordering is bit 1.
    pub attr: u64,
    pub data: Vec<u32>,
    pub keep: u64,
}

impl Beat {
    /// What is offered in this clock, if anything.
    pub fn offered(d: &Dut) -> Option<Self> {
        d.is_set("data_wr_valid").then(|| Beat {
            first: d.is_set("data_wr_first"),
            last: d.is_set("data_wr_last"),
            addr: d.get("data_wr_addr"),
            bytes: d.get("data_wr_bytes"),
            attr: d.get("data_wr_attr"),
            data: d.get_wide("data_wr_data"),
            keep: d.get("data_wr_keep"),
        })
    }
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
    /// Address of the first byte and attributes of the TLP that ended last.
    pub latest: (u64, u32),
    open: Vec<Beat>,
    held: Option<Beat>,
}

impl Sink {
    /// One clock: what is offered, if anything, and whether it was taken.
    pub fn clock(&mut self, beat: Option<Beat>, ready: bool, mps: u64) {
        if let Some(held) = self.held.take() {
            let now = beat.clone().expect("valid fell without ready");
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
            self.tlp(&beats, mps);
        }
    }

    /// No TLP is half sent, no beat waits.
    pub fn idle(&self) -> bool {
        self.open.is_empty() && self.held.is_none()
    }

    fn tlp(&mut self, beats: &[Beat], mps: u64) {
        let Beat { addr, bytes, attr, .. } = beats[0];
        assert!((1..=1024).contains(&bytes), "{bytes} bytes");
        assert_eq!(addr / mps, (addr + bytes - 1) / mps, "crosses a multiple of MPS");
        let before = addr % 4;
        let dws = (before + bytes).div_ceil(4);
        let k = beats[0].data.len() as u64;
        assert_eq!(beats.len() as u64, dws.div_ceil(k));
        self.latest = (addr, attr as u32);
        for (i, beat) in beats.iter().enumerate() {
            assert_eq!((beat.addr, beat.bytes, beat.attr), (addr, bytes, attr), "not constant over the TLP");
            let here = (dws - k * i as u64).min(k);
            assert_eq!(beat.keep, (1 << here) - 1);
        }
        for n in 0..bytes {
            let (beat, lane) = ((before + n) / (4 * k), (before + n) % (4 * k));
            let byte = (beats[beat as usize].data[lane as usize / 4] >> (lane % 4 * 8)) as u8;
            let old = self.written.insert(addr + n, byte);
            assert!(old.is_none(), "byte {:#x} written twice", addr + n);
        }
        self.bytes += bytes;
        self.tlps += 1;
    }
}
