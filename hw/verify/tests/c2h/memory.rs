//! The card's memory: an AXI4 slave that only reads, with a content that never changes.

use std::collections::VecDeque;

use rand::{rngs::StdRng, Rng};
use verilated::Dut;

use crate::content::{byte, fails};

struct Burst {
    addr: u64,
    beats: u64,
    fixed: bool,
    after: u64,
}

#[derive(Default)]
pub struct Memory {
    bursts: VecDeque<Burst>,
    beat: u64,
    offered: bool,
    held: Option<(u64, u64, u64)>,
    pub errors: u64,
    pub latency: u64,
    ready: bool,
}

impl Memory {
    /// Nothing is asked for any more.
    pub fn idle(&self) -> bool {
        self.bursts.is_empty() && self.held.is_none()
    }

    pub fn before(&mut self, d: &mut Dut, rng: &mut StdRng, lanes: u64, clock: u64, speed: f64) {
        self.ready = self.bursts.len() < 32 && rng.random_bool(speed);
        d.set("axi_arready", self.ready as u64);
        let Some(burst) = self.bursts.front() else {
            d.set("axi_rvalid", 0u64);
            return;
        };
        if !self.offered && burst.after <= clock && rng.random_bool(speed) {
            self.offered = true;
            let at = burst.addr / lanes * lanes + if burst.fixed { 0 } else { self.beat * lanes };
            let bytes: Vec<u8> = (0..lanes).map(|k| byte(at + k)).collect();
            let words: Vec<u32> =
                bytes.chunks(4).map(|c| u32::from_le_bytes(c.try_into().unwrap())).collect();
            d.set_wide("axi_rdata", &words);
            let failed = fails(at, self.errors);
            d.set("axi_rresp", rng.random_range(0..2u64) + if failed { 2 } else { 0 });
            d.set("axi_rlast", (self.beat + 1 == burst.beats) as u64);
        }
        d.set("axi_rvalid", self.offered as u64);
    }

    pub fn after(&mut self, d: &Dut, lanes: u64, clock: u64) {
        if self.offered && d.is_set("axi_rready") {
            self.offered = false;
            self.beat += 1;
            if self.beat == self.bursts[0].beats {
                self.bursts.pop_front();
                self.beat = 0;
            }
        }
        let ar =
            d.is_set("axi_arvalid").then(|| (d.get("axi_araddr"), d.get("axi_arlen"), d.get("axi_arburst")));
        if let Some(held) = self.held.take() {
            assert_eq!(ar, Some(held), "AR changed while it waited");
        }
        let Some((addr, len, burst)) = ar else { return };
        let (beats, fixed) = (len + 1, burst == 0);
        assert!(burst < 2 && 1 << d.get("axi_arsize") == lanes);
        if fixed {
            assert!(beats <= 16 && addr.is_multiple_of(lanes));
        } else {
            assert_eq!(addr >> 12, (addr / lanes * lanes + beats * lanes - 1) >> 12, "crosses 4 KiB");
        }
        if self.ready {
            self.bursts.push_back(Burst { addr, beats, fixed, after: clock + self.latency });
        } else {
            self.held = ar;
        }
    }
}
