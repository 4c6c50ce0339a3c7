//! `dma::Msix`: the table as the host sees it, and which messages are sent when.

use std::collections::HashMap;

use ferrolane_abi::map::{MSIX_PBA_PAGE, MSIX_TABLE_PAGE};
use ferrolane_hw_verify::dut;
use rand::{rngs::StdRng, Rng, SeedableRng};
use verilated::Dut;

const NV: usize = 16;
const REQUESTER: u32 = 0x0708;

#[derive(Clone, Copy, Debug, PartialEq)]
struct Entry {
    address: u64,
    data: u32,
    masked: bool,
}

/// The table and the pending bits by the book.
struct Model {
    entries: [Entry; NV],
    pending: u32,
}

impl Model {
    fn new() -> Self {
        Model { entries: [Entry { address: 0, data: 0, masked: true }; NV], pending: 0 }
    }

    fn mapped(addr: u64) -> bool {
        let (table, pba) = (addr.wrapping_sub(MSIX_TABLE_PAGE), addr.wrapping_sub(MSIX_PBA_PAGE));
        table < 16 * NV as u64 || pba < 8
    }

    /// `None`: pending bits, which change on their own.
    fn read(&self, addr: u64) -> Option<u32> {
        if !Self::mapped(addr) {
            return Some(0);
        }
        if addr >= MSIX_PBA_PAGE {
            return if addr == MSIX_PBA_PAGE { None } else { Some(0) };
        }
        let e = &self.entries[(addr - MSIX_TABLE_PAGE) as usize / 16];
        Some(match addr / 4 % 4 {
            0 => e.address as u32,
            1 => (e.address >> 32) as u32,
            2 => e.data,
            _ => e.masked as u32,
        })
    }

    fn write(&mut self, addr: u64, data: u32, be: u64) {
        let Some(old) = self.read(addr) else { return };
        if !Self::mapped(addr) || addr >= MSIX_PBA_PAGE {
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

struct Bench {
    d: Dut,
    model: Model,
    write: Option<(u64, u32, u64)>,
    read: Option<u64>,
    missed: [u64; 2],
    counted: [u64; 2],
    /// Messages sent per vector.
    sent: HashMap<usize, u32>,
    on: bool,
    /// Withdraws the write for this clock.
    withdrawn: bool,
}

fn message(d: &Dut) -> (u64, u32) {
    let h = d.get_wide("msi_wr_hdr");
    let w = d.get_wide("msi_wr_data");
    assert_eq!(h[1], REQUESTER << 16 | 0x0F, "one DW: last byte enables are 0");
    assert_eq!([d.get("msi_wr_first"), d.get("msi_wr_last"), d.get("msi_wr_keep")], [1, 1, 1]);
    assert_eq!(w[1..], [0; 3]);
    match h[0] {
        0x4000_0001 => {
            assert_eq!(h[3], 0);
            (h[2] as u64, w[0])
        }
        0x6000_0001 => {
            assert!(h[2] != 0, "3-DW form below 4 GiB");
            ((h[2] as u64) << 32 | h[3] as u64, w[0])
        }
        other => panic!("{other:#x}"),
    }
}

impl Bench {
    fn new(seed: u64) -> Self {
        let mut d = dut!(msix, seed);
        d.pulse("rst", 2);
        d.set("cfg_requester_id", REQUESTER);
        let mut b = Bench {
            d,
            model: Model::new(),
            write: None,
            read: None,
            missed: [0; 2],
            counted: [0; 2],
            sent: HashMap::new(),
            on: false,
            withdrawn: false,
        };
        b.configure(true, false, true);
        b
    }

    fn configure(&mut self, enable: bool, mask: bool, master: bool) {
        self.d.set("cfg_msix_enable", enable as u64);
        self.d.set("cfg_msix_mask", mask as u64);
        self.d.set("cfg_bus_master", master as u64);
        self.on = enable && !mask && master;
    }

    /// One clock with these requests; gives the data of a read that ends in it.
    fn clock(&mut self, irq: Option<u8>, err: bool, ready: bool, read: Option<u64>) -> Option<u32> {
        let d = &mut self.d;
        d.set("irq_valid", irq.is_some() as u64);
        d.set("irq_vector", irq.unwrap_or(0));
        d.set("err_irq", err as u64);
        d.set("msi_wr_ready", ready as u64);
        d.set("w_valid", (self.write.is_some() && !self.withdrawn) as u64);
        if let Some((addr, data, be)) = self.write {
            d.set("w_addr", addr);
            d.set("w_data", data);
            d.set("w_be", be);
        }
        d.set("r_valid", read.is_some() as u64);
        d.set("r_addr", read.unwrap_or(0));
        if read.is_some() {
            assert!(self.read.is_none());
            self.read = read;
        }
        d.step();
        assert_eq!(d.get("irq_ready"), 1);
        self.counted[0] += d.get("unmapped_rd");
        self.counted[1] += d.get("unmapped_wr");
        if d.get("msi_wr_valid") == 1 {
            // What is offered is allowed by what the host has written up to the clock before.
            assert!(self.on, "a message while MSI-X is off, masked or without bus mastering");
            let m = message(d);
            let allowed = |v: &usize| {
                let e = &self.model.entries[*v];
                !e.masked && self.model.pending >> v & 1 == 1 && (e.address & !3, e.data) == m
            };
            let v = (0..NV).find(allowed).expect("a vector that is pending and not masked");
            if ready {
                self.model.pending &= !(1 << v);
                *self.sent.entry(v).or_default() += 1;
            }
        }
        let mut answer = None;
        if d.get("r_done") == 1 {
            let addr = self.read.take().expect("a read");
            let data = d.get("r_data") as u32;
            if let Some(expected) = self.model.read(addr) {
                assert_eq!(data, expected, "{addr:#x}");
            }
            self.missed[0] += !Model::mapped(addr) as u64;
            answer = Some(data);
        }
        // What comes in this clock counts from the next on.
        if let Some(v) = irq.filter(|v| (*v as usize) < NV) {
            self.model.pending |= 1 << v;
        }
        self.model.pending |= err as u32;
        if self.d.get("w_ready") == 1 && self.d.get("w_valid") == 1 {
            let (addr, data, be) = self.write.take().expect("a write");
            self.model.write(addr, data, be);
            self.missed[1] += !Model::mapped(addr) as u64;
        }
        answer
    }

    fn quiet(&mut self, n: u32) {
        for _ in 0..n {
            self.clock(None, false, true, None);
        }
    }

    fn write(&mut self, addr: u64, data: u32) {
        self.write = Some((addr, data, 15));
        for _ in 0..100 {
            self.clock(None, false, true, None);
            if self.write.is_none() {
                return;
            }
        }
        panic!("a write was never taken");
    }

    fn read(&mut self, addr: u64) -> u32 {
        let mut ask = Some(addr);
        for _ in 0..100 {
            if let Some(data) = self.clock(None, false, true, ask.take()) {
                return data;
            }
        }
        panic!("a read was never answered");
    }
}

fn entry(v: usize, word: u64) -> u64 {
    MSIX_TABLE_PAGE + v as u64 * 16 + word * 4
}

#[test]
fn after_reset_all_vectors_are_masked() {
    for seed in 0..4 {
        let mut b = Bench::new(seed);
        // Asked for while the table is still being cleared.
        assert_eq!(b.read(entry(15, 0)), 0);
        for v in 0..NV {
            assert_eq!([0, 1, 2, 3].map(|w| b.read(entry(v, w))), [0, 0, 0, 1]);
        }
        assert_eq!(b.read(MSIX_PBA_PAGE), 0);
        assert_eq!(b.read(MSIX_TABLE_PAGE + 16 * NV as u64), 0);
        b.quiet(2);
        assert_eq!(b.counted, [1, 0]);
    }
}

#[test]
fn a_masked_vector_waits_in_the_pending_bits() {
    let mut b = Bench::new(1);
    for v in 0..NV {
        b.write(entry(v, 0), 0xFEE0_0000 + 0x1000 * v as u32);
        b.write(entry(v, 1), if v % 2 == 0 { 0 } else { v as u32 });
        b.write(entry(v, 2), 0x40 + v as u32);
    }
    for _ in 0..3 {
        b.clock(Some(5), false, true, None);
    }
    b.clock(Some(9), true, true, None);
    b.quiet(100);
    assert!(b.sent.is_empty());
    assert_eq!(b.read(MSIX_PBA_PAGE), 1 << 5 | 1 << 9 | 1);
    b.write(entry(5, 3), 0);
    b.quiet(40);
    assert_eq!(b.sent, HashMap::from([(5, 1)]), "three requests while pending are one message");
    b.configure(true, true, true);
    b.write(entry(9, 3), 0xFFFF_FFFE);
    b.quiet(40);
    assert_eq!(b.sent.len(), 1, "function mask");
    b.configure(true, false, false);
    b.quiet(40);
    assert_eq!(b.sent.len(), 1, "no bus mastering");
    b.configure(true, false, true);
    b.quiet(40);
    assert_eq!(b.sent, HashMap::from([(5, 1), (9, 1)]));
    b.write(entry(0, 3), 0);
    b.quiet(40);
    assert_eq!(b.sent.get(&0), Some(&1), "vector 0 is for errors");
    assert_eq!(b.read(MSIX_PBA_PAGE), 0);
}

/// A second request at every distance from the first: one message more if it comes with the first message's acceptance or
/// later, else none. The last request is followed by a message in any case.
#[test]
fn a_request_is_never_lost() {
    for stall in 0..6 {
        for distance in 1..50 {
            let mut b = Bench::new(2);
            b.write(entry(3, 0), 0xFEE0_0000);
            b.write(entry(3, 3), 0);
            let mut last = 0;
            let mut sent_at = vec![];
            let mut offered = 0;
            for t in 0..120 {
                let ask = t == 0 || t == distance;
                if ask {
                    last = t;
                }
                let before = b.sent.len() as u32 + b.sent.values().sum::<u32>();
                let ready = offered >= stall;
                b.clock(ask.then_some(3), false, ready, None);
                offered = if b.d.get("msi_wr_valid") == 1 && !ready { offered + 1 } else { 0 };
                if b.sent.len() as u32 + b.sent.values().sum::<u32>() > before {
                    sent_at.push(t);
                }
            }
            let first = sent_at[0];
            assert_eq!(
                sent_at.len(),
                if distance >= first { 2 } else { 1 },
                "distance {distance} stall {stall}"
            );
            assert!(*sent_at.last().expect("a message") > last || last < first);
        }
    }
}

/// The host masks a vector at every distance from a request. Once the write is through no message comes; after unmasking one does,
/// if none came before.
#[test]
fn masking_at_every_distance() {
    for stall in [0, 1, 3, 1000] {
        for distance in 0..40 {
            let mut b = Bench::new(3);
            b.write(entry(7, 0), 0xFEE0_0000);
            b.write(entry(7, 3), 0);
            let mut offered = 0;
            for t in 0..80 {
                if t == distance {
                    b.write = Some((entry(7, 3), 1, 15));
                }
                let ready = offered >= stall;
                // The model refuses a message of a masked vector.
                b.clock((t == 10).then_some(7), false, ready, None);
                offered = if b.d.get("msi_wr_valid") == 1 && !ready { offered + 1 } else { 0 };
            }
            assert!(b.write.is_none(), "a write waits for the transmit stream");
            let before = b.sent.get(&7).copied().unwrap_or(0);
            assert_eq!(b.read(MSIX_PBA_PAGE) >> 7 & 1, 1 - before, "pending until sent");
            b.write(entry(7, 3), 0);
            b.quiet(60);
            assert_eq!(b.sent.get(&7), Some(&1), "distance {distance} stall {stall}");
        }
    }
}

#[test]
fn random_accesses_and_requests() {
    for seed in 0..8 {
        let mut rng = StdRng::seed_from_u64(seed);
        let mut b = Bench::new(seed);
        let ready = rng.random_range(0.1..=1.0);
        let ask = rng.random_range(0.01..0.3);
        let mut reads = 0;
        for clock in 0..20_000 {
            if clock % 500 == 0 {
                let off: u32 = rng.random_range(0..8);
                b.configure(off != 0, off == 1, off != 2);
            }
            if b.write.is_none() && rng.random_bool(0.2) {
                let v = rng.random_range(0..NV);
                let addr = match rng.random_range(0..8) {
                    0 => MSIX_PBA_PAGE + rng.random_range(0..4u64) * 4,
                    1 => MSIX_TABLE_PAGE + rng.random_range(0..0x4000u64) * 4,
                    2..=4 => entry(v, 3),
                    // Address and data are changed only while masked (PCIe Base Spec r5 6.1.4.2).
                    _ if b.model.entries[v].masked => entry(v, rng.random_range(0..3)),
                    _ => entry(v, 3),
                };
                let in_use = addr < MSIX_PBA_PAGE
                    && addr < MSIX_TABLE_PAGE + 16 * NV as u64
                    && addr / 4 % 4 != 3
                    && !b.model.entries[(addr - MSIX_TABLE_PAGE) as usize / 16].masked;
                if !in_use {
                    b.write = Some((addr, rng.random(), rng.random_range(0..16)));
                }
            }
            let read = (b.read.is_none() && rng.random_bool(0.1)).then(|| match rng.random_range(0..6) {
                0 => MSIX_PBA_PAGE + rng.random_range(0..4u64) * 4,
                1 => MSIX_TABLE_PAGE + rng.random_range(0..0x4000u64) * 4,
                _ => entry(rng.random_range(0..NV), rng.random_range(0..4)),
            });
            reads += read.is_some() as u32;
            let irq = rng.random_bool(ask).then(|| rng.random_range(0..20));
            let (err, ready) = (rng.random_bool(0.01), rng.random_bool(ready));
            b.withdrawn = rng.random_bool(0.2);
            b.clock(irq, err, ready, read);
        }
        b.withdrawn = false;
        b.configure(true, false, true);
        b.quiet(200);
        for v in 0..NV {
            b.write(entry(v, 3), 0);
        }
        b.quiet(200);
        assert_eq!(b.model.pending, 0, "a request without a message");
        assert_eq!(b.counted, b.missed);
        assert!(b.missed[0] > 50 && b.missed[1] > 50 && reads > 1000);
        assert!(b.sent.len() == NV && b.sent.values().all(|&n| n > 2), "{:?}", b.sent);
    }
}
