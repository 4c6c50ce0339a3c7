//! The MSI-X table and its messages by the book, beside the block.

use std::collections::HashMap;

use ferrolane_abi::map::{MSIX_PBA_PAGE, MSIX_TABLE_PAGE};
use ferrolane_hw_verify::dut;
use verilated::Dut;

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Entry {
    pub address: u64,
    pub data: u32,
    pub masked: bool,
}

/// The table and the pending bits by the book.
pub struct Model {
    pub entries: Vec<Entry>,
    pub pending: Vec<bool>,
}

impl Model {
    fn new(nv: usize) -> Self {
        let reset = Entry { address: 0, data: 0, masked: true };
        Model { entries: vec![reset; nv], pending: vec![false; nv] }
    }

    fn mapped(&self, addr: u64) -> bool {
        let (table, pba) = (addr.wrapping_sub(MSIX_TABLE_PAGE), addr.wrapping_sub(MSIX_PBA_PAGE));
        let nv = self.entries.len() as u64;
        table < 16 * nv || pba < nv.div_ceil(64) * 8
    }

    /// `None`: pending bits, which change on their own.
    fn read(&self, addr: u64) -> Option<u32> {
        if !self.mapped(addr) {
            return Some(0);
        }
        if addr >= MSIX_PBA_PAGE {
            let has_vectors = ((addr - MSIX_PBA_PAGE) as usize) < self.entries.len().div_ceil(32) * 4;
            return if has_vectors { None } else { Some(0) };
        }
        let e = &self.entries[(addr - MSIX_TABLE_PAGE) as usize / 16];
        Some(match addr / 4 % 4 {
            0 => e.address as u32,
            1 => (e.address >> 32) as u32,
            2 => e.data,
            _ => e.masked as u32,
        })
    }

    pub fn write(&mut self, addr: u64, data: u32, be: u64) {
        let Some(old) = self.read(addr) else { return };
        if !self.mapped(addr) || addr >= MSIX_PBA_PAGE {
            return;
        }
        let bytes = (0..4).filter(|i| be >> i & 1 == 1).fold(0u32, |m, i| m | 0xFF << (8 * i));
        let word = (old & !bytes) | (data & bytes);
        let e = &mut self.entries[(addr - MSIX_TABLE_PAGE) as usize / 16];
        match addr / 4 % 4 {
            0 => e.address = e.address >> 32 << 32 | word as u64,
            1 => e.address = (e.address & 0xFFFF_FFFF) | (word as u64) << 32,
            2 => e.data = word,
            _ => e.masked = word & 1 == 1,
        }
    }
}

pub struct Bench {
    pub d: Dut,
    pub model: Model,
    pub write: Option<(u64, u32, u64)>,
    pub read: Option<u64>,
    pub missed: [u64; 2],
    pub counted: [u64; 2],
    /// Messages sent per vector.
    pub sent: HashMap<usize, u32>,
    /// The card's next pulses.
    pub user: u64,
    pub nv: usize,
    /// First of the card's vectors.
    pub first_user: usize,
    pub users: usize,
    /// What MSI-X as a whole was allowed to do, this clock and in the two before.
    on: [bool; 3],
    /// Withdraws the write for this clock.
    pub withdrawn: bool,
}

fn message(d: &Dut) -> (u64, u32) {
    let w = d.get_wide("msi_wr_data");
    assert_eq!(
        ["first", "last", "keep", "bytes"].map(|f| d.get(&format!("msi_wr_{f}"))),
        [1, 1, 1, 4],
        "one DWORD"
    );
    assert!(w[1..].iter().all(|&w| w == 0));
    (d.get("msi_wr_addr"), w[0])
}

impl Bench {
    /// Width 64 has 5 vectors, 128 has 16, 256 has 137.
    pub fn new(w: usize, seed: u64) -> Self {
        let (mut d, nv, first_user, users) = match w {
            64 => (dut!(msix64, seed), 5, 4, 1),
            128 => (dut!(msix, seed), 16, 10, 4),
            _ => (dut!(msix256, seed), 137, 129, 8),
        };
        d.pulse("rst", 2);
        let mut b = Bench {
            d,
            model: Model::new(nv),
            write: None,
            read: None,
            missed: [0; 2],
            counted: [0; 2],
            sent: HashMap::new(),
            user: 0,
            nv,
            first_user,
            users,
            on: [false; 3],
            withdrawn: false,
        };
        b.configure(true, false, true);
        b
    }

    pub fn configure(&mut self, enable: bool, mask: bool, master: bool) {
        self.d.set("cfg_msix_enable", enable as u64);
        self.d.set("cfg_msix_mask", mask as u64);
        self.d.set("cfg_bus_master", master as u64);
        self.on[0] = enable && !mask && master;
    }

    /// One clock with these requests; gives the data of a read that ends in it.
    pub fn clock(&mut self, irq: Option<u8>, err: bool, ready: bool, read: Option<u64>) -> Option<u32> {
        let d = &mut self.d;
        d.set("irq_valid", irq.is_some() as u64);
        d.set("irq_vector", irq.unwrap_or(0));
        d.set("err_irq", err as u64);
        let user = std::mem::take(&mut self.user);
        d.set("user_irq", user);
        d.set("msi_wr_ready", ready as u64);
        d.set("w_valid", (self.write.is_some() && !self.withdrawn) as u64);
        if let Some((addr, data, be)) = self.write {
            d.set("w_addr", addr);
            d.set("w_data", data);
            d.set("w_be", be);
        }
        d.set("r_valid", read.is_some() as u64);
        if read.is_some() {
            assert!(self.read.is_none());
            self.read = read;
        }
        // The address stays until the answer.
        d.set("r_addr", self.read.unwrap_or(0));
        d.step();
        assert_eq!(d.get("irq_ready"), 1);
        self.counted[0] += d.get("unmapped_rd");
        self.counted[1] += d.get("unmapped_wr");
        if d.get("msi_wr_valid") == 1 {
            // What is offered is allowed by what the host has written up to the clock before.
            assert!(self.on.contains(&true), "a message while MSI-X is off, masked or without bus mastering");
            let m = message(d);
            let allowed = |v: &usize| {
                let e = &self.model.entries[*v];
                !e.masked && self.model.pending[*v] && (e.address & !3, e.data) == m
            };
            let v = (0..self.nv).find(allowed).unwrap_or_else(|| {
                panic!("{m:x?} is of no vector that is pending and not masked, of {}", self.nv)
            });
            if ready {
                self.model.pending[v] = false;
                *self.sent.entry(v).or_default() += 1;
            }
        }
        self.on = [self.on[0], self.on[0], self.on[1]];
        let mut answer = None;
        if d.get("r_done") == 1 {
            let addr = self.read.take().expect("a read");
            let data = d.get("r_data") as u32;
            if let Some(expected) = self.model.read(addr) {
                assert_eq!(data, expected, "{addr:#x}");
            }
            self.missed[0] += !self.model.mapped(addr) as u64;
            answer = Some(data);
        }
        // What comes in this clock counts from the next on.
        if let Some(v) = irq.filter(|v| (*v as usize) < self.nv) {
            self.model.pending[v as usize] = true;
        }
        self.model.pending[0] |= err;
        for i in (0..self.users).filter(|i| user >> i & 1 == 1) {
            self.model.pending[self.first_user + i] = true;
        }
        if self.d.get("w_ready") == 1 && self.d.get("w_valid") == 1 {
            let (addr, data, be) = self.write.take().expect("a write");
            self.model.write(addr, data, be);
            self.missed[1] += !self.model.mapped(addr) as u64;
        }
        answer
    }

    pub fn quiet(&mut self, n: u32) {
        for _ in 0..n {
            self.clock(None, false, true, None);
        }
    }

    pub fn write(&mut self, addr: u64, data: u32) {
        self.write = Some((addr, data, 15));
        // Behind the clearing of the table.
        for _ in 0..1200 {
            self.clock(None, false, true, None);
            if self.write.is_none() {
                return;
            }
        }
        panic!("a write was never taken");
    }

    pub fn read(&mut self, addr: u64) -> u32 {
        let mut ask = Some(addr);
        // Behind the clearing of the table.
        for _ in 0..1200 {
            if let Some(data) = self.clock(None, false, true, ask.take()) {
                return data;
            }
        }
        panic!("a read was never answered");
    }
}

pub fn entry(v: usize, word: u64) -> u64 {
    MSIX_TABLE_PAGE + v as u64 * 16 + word * 4
}
