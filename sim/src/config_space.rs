//! The function's configuration space, built from the ABI table: what a hard block holds on a card.
//!
//! Type-0 header, power management, MSI-X, PCI Express capability version 2 and device serial number (PCIe Base Spec
//! 7.5.1, 7.5.2, 7.7.2, 7.5.3, 7.9.3), with write masks and W1C bits. It drives the card's `cfg_*` pins.

use ferrolane_abi::{map, pci};

use crate::options::Options;
use crate::pins::CfgPins;

/// Size in bytes.
pub const BYTES: u16 = 4096;
/// Bus, device and function of the card.
pub const CARD_ID: u16 = 0x0100;
/// Where the simulated firmware puts BAR0.
pub const BAR0_BASE: u64 = 0xE000_0000;
/// Where the simulated firmware puts the BAR of the card's own registers: right behind BAR0.
pub const USER_BAR_BASE: u64 = BAR0_BASE + map::BAR0_BYTES;
/// Serial number.
const SERIAL: u64 = 0x0000_FEFF_FF00_0001;

const COMMAND: u16 = 0x04;
const BAR0: u16 = 0x10;
const USER_BAR: u16 = BAR0 + 4 * map::USER_BAR as u16;
const PMCSR: u16 = pci::CAP_PM as u16 + 4;
const MSIX: u16 = pci::CAP_MSIX as u16;
const DEV_CAP: u16 = pci::CAP_PCIE as u16 + 0x04;
const DEV_CTL: u16 = pci::CAP_PCIE as u16 + 0x08;
const LINK_CAP: u16 = pci::CAP_PCIE as u16 + 0x0C;
const LINK_CTL: u16 = pci::CAP_PCIE as u16 + 0x10;
const DEV_CAP2: u16 = pci::CAP_PCIE as u16 + 0x24;
const DEV_CTL2: u16 = pci::CAP_PCIE as u16 + 0x28;
const LINK_CAP2: u16 = pci::CAP_PCIE as u16 + 0x2C;
const LINK_CTL2: u16 = pci::CAP_PCIE as u16 + 0x30;

const MEMORY_ENABLE: u32 = 1 << 1;
const BUS_MASTER: u32 = 1 << 2;
const MSIX_ENABLE: u32 = 1 << 31;
const MSIX_MASK: u32 = 1 << 30;
const INITIATE_FLR: u32 = 1 << 15;
const TRANSACTIONS_PENDING: u32 = 1 << 21;

#[derive(Clone, Copy, Default)]
struct Dword {
    value: u32,
    reset: u32,
    writable: u32,
    w1c: u32,
}

/// The registers at some time.
#[derive(Clone, Debug)]
pub struct Saved(Vec<u32>);

/// The configuration space.
pub struct ConfigSpace {
    dwords: Vec<Dword>,
    flr: bool,
    link_up: bool,
    build: Build,
    options: Options,
}

/// What the board's build of the card puts into the hard block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Build {
    /// MSI-X vectors.
    pub vectors: u32,
    /// The card has registers of its own behind [`map::USER_BAR`].
    pub user_registers: bool,
}

impl ConfigSpace {
    /// As after power-up.
    pub fn new(options: &Options, build: Build) -> Self {
        let mut space = ConfigSpace {
            dwords: vec![Dword::default(); usize::from(BYTES) / 4],
            flr: false,
            link_up: true,
            build,
            options: options.clone(),
        };
        space.header();
        space.capabilities(build.vectors);
        space.pcie();
        space
    }

    fn set(&mut self, offset: u16, value: u32, writable: u32, w1c: u32) {
        self.dwords[usize::from(offset) / 4] = Dword { value, reset: value, writable, w1c };
    }

    fn header(&mut self) {
        self.set(0x00, u32::from(pci::VENDOR_ID) | u32::from(pci::DEVICE_ID) << 16, 0, 0);
        // Memory space, bus master, parity response, SERR, INTx disable; capability list; error bits are W1C.
        self.set(COMMAND, 1 << 20, 0x0546, 0xF900_0000);
        self.set(0x08, u32::from(pci::REVISION) | pci::CLASS_CODE << 8, 0, 0);
        self.set(0x0C, 0, 0xFF, 0); // cache line size: kept, without effect
        let size = !(map::BAR0_BYTES as u32 - 1);
        self.set(BAR0, 0b0100, size, 0); // memory, 64 bit, not prefetchable
        self.set(BAR0 + 4, 0, u32::MAX, 0);
        if self.build.user_registers {
            self.set(USER_BAR, 0, !(map::USER_BAR_BYTES as u32 - 1), 0); // memory, 32 bit, not prefetchable
        }
        self.set(0x2C, u32::from(pci::SUBSYSTEM_VENDOR_ID) | u32::from(pci::SUBSYSTEM_ID) << 16, 0, 0);
        self.set(0x34, u32::from(pci::CAP_PM), 0, 0);
        self.set(0x3C, 0, 0xFF, 0); // interrupt line: software's; no INTx pin
    }

    fn capabilities(&mut self, vectors: u32) {
        self.set(u16::from(pci::CAP_PM), 0x01 | u32::from(pci::CAP_MSIX) << 8 | 3 << 16, 0, 0);
        self.set(PMCSR, 1 << 3, 0x3, 0); // No_Soft_Reset; PowerState
        let control = (vectors.clamp(1, 2048) - 1) << 16;
        self.set(MSIX, 0x11 | u32::from(pci::CAP_PCIE) << 8 | control, MSIX_ENABLE | MSIX_MASK, 0);
        self.set(MSIX + 4, map::MSIX_TABLE_PAGE as u32 | u32::from(map::BAR), 0, 0);
        self.set(MSIX + 8, map::MSIX_PBA_PAGE as u32 | u32::from(map::BAR), 0, 0);
        self.set(pci::ECAP_DSN, 0x0003 | 1 << 16, 0, 0);
        self.set(pci::ECAP_DSN + 4, SERIAL as u32, 0, 0);
        self.set(pci::ECAP_DSN + 8, (SERIAL >> 32) as u32, 0, 0);
    }

    fn pcie(&mut self) {
        let (speed, width) = (u32::from(self.options.generation), u32::from(self.options.lanes));
        self.set(u16::from(pci::CAP_PCIE), 0x10 | 2 << 16, 0, 0); // last; version 2, endpoint
        let supported = size_code(pci::MAX_PAYLOAD_SUPPORTED);
        // 8-bit tags, role-based errors, FLR.
        self.set(DEV_CAP, supported | 1 << 5 | 1 << 15 | 1 << 28, 0, 0);
        // Reset: RO and NS enabled, MPS 128, MRRS 512. Writable: error reporting, RO, MPS, extended tag, NS, MRRS.
        self.set(DEV_CTL, 1 << 4 | 1 << 11 | 2 << 12, 0x79FF, 0xF << 16);
        self.set(LINK_CAP, speed | width << 4, 0, 0);
        self.set(LINK_CTL, (speed | width << 4) << 16, 1 << 3 | 3 << 6, 0);
        self.set(DEV_CAP2, 0x1F, 0, 0); // completion timeout ranges A to D, and disable
        self.set(DEV_CTL2, 0, 0x1F, 0);
        self.set(LINK_CAP2, ((1 << speed) - 1) << 1, 0, 0);
        self.set(LINK_CTL2, speed, 0xF, 0);
    }

    /// Reads a DWORD; 0 beyond what exists, all ones while the link is down. `pending` is the card's
    /// transactions-pending pin.
    pub fn read(&self, offset: u16, pending: bool) -> u32 {
        if !self.link_up {
            return u32::MAX;
        }
        let value = self.dwords.get(usize::from(offset) / 4).map_or(0, |dword| dword.value);
        match offset & !3 {
            DEV_CTL => value | if pending { TRANSACTIONS_PENDING } else { 0 },
            _ => value,
        }
    }

    /// Writes the bytes of a DWORD that `be` enables.
    pub fn write(&mut self, offset: u16, value: u32, be: u8) {
        if !self.link_up {
            return;
        }
        let bytes = (0..4).filter(|i| be >> i & 1 == 1).fold(0u32, |mask, i| mask | 0xFF << (8 * i));
        let Some(dword) = self.dwords.get_mut(usize::from(offset) / 4) else { return };
        let mask = dword.writable & bytes;
        dword.value = (dword.value & !mask | value & mask) & !(value & dword.w1c & bytes);
        if offset & !3 == DEV_CTL && value & bytes & INITIATE_FLR != 0 {
            self.flr = true;
        }
    }

    fn update(&mut self, offset: u16, mask: u32, bits: u32) {
        let value = self.dwords[usize::from(offset) / 4].value & !mask | bits;
        self.write(offset, value, 0xF);
    }

    /// What firmware does at boot: BARs, memory space, payload and read sizes, RCB, extended tags.
    pub fn firmware(&mut self) {
        self.write(BAR0, BAR0_BASE as u32, 0xF);
        self.write(BAR0 + 4, (BAR0_BASE >> 32) as u32, 0xF);
        self.write(USER_BAR, USER_BAR_BASE as u32, 0xF);
        self.update(COMMAND, 0xFFFF_0000 | MEMORY_ENABLE, MEMORY_ENABLE);
        let (mps, mrrs) = (size_code(self.options.mps), size_code(self.options.mrrs));
        let ext_tag = u32::from(self.options.ext_tag) << 8;
        self.update(DEV_CTL, 0xFFFF_0000 | 7 << 5 | 1 << 8 | 7 << 12, mps << 5 | ext_tag | mrrs << 12);
        self.update(LINK_CTL, 1 << 3, u32::from(self.options.rcb == 128) << 3);
        self.update(DEV_CTL2, 0xF, self.options.cpl_timeout.into());
    }

    /// Sets Max_Payload_Size in bytes.
    pub fn set_mps(&mut self, bytes: u32) {
        self.update(DEV_CTL, 0xFFFF_0000 | 7 << 5, size_code(bytes) << 5);
    }

    /// Sets Max_Read_Request_Size in bytes.
    pub fn set_mrrs(&mut self, bytes: u32) {
        self.update(DEV_CTL, 0xFFFF_0000 | 7 << 12, size_code(bytes) << 12);
    }

    /// The link has trained to generation and lanes: Link Status says so.
    pub fn set_link(&mut self, generation: u8, lanes: u8) {
        let link = &mut self.dwords[usize::from(LINK_CTL) / 4].value;
        *link = *link & 0xFFFF | (u32::from(generation) | u32::from(lanes) << 4) << 16;
    }

    /// The link has gone down, or come up: then everything has its reset value.
    pub fn set_link_up(&mut self, up: bool) {
        (self.link_up, self.flr) = (up, false);
        self.dwords.iter_mut().for_each(|dword| dword.value = dword.reset);
    }

    /// The link is up.
    pub fn link_up(&self) -> bool {
        self.link_up
    }

    /// All registers, as a kernel saves them over a reset.
    pub fn save(&self) -> Saved {
        Saved(self.dwords.iter().map(|dword| dword.value).collect())
    }

    /// Reset values, but for the BARs.
    pub fn save_bars(&self) -> Saved {
        let kept = [BAR0, BAR0 + 4, USER_BAR].map(|at| usize::from(at) / 4);
        let value = |(i, dword): (usize, &Dword)| if kept.contains(&i) { dword.value } else { dword.reset };
        Saved(self.dwords.iter().enumerate().map(value).collect())
    }

    /// Writes back what was saved; W1C bits stay as they are.
    pub fn restore(&mut self, saved: &Saved) {
        for (dword, value) in self.dwords.iter_mut().zip(&saved.0) {
            dword.value = dword.value & !dword.writable | value & dword.writable;
        }
    }

    /// MSI-X vectors.
    pub fn vectors(&self) -> u32 {
        self.build.vectors.clamp(1, 2048)
    }

    /// Sets or clears Bus Master Enable.
    pub fn set_bus_master(&mut self, on: bool) {
        self.update(COMMAND, 0xFFFF_0000 | BUS_MASTER, if on { BUS_MASTER } else { 0 });
    }

    /// Sets or clears MSI-X Enable; clears Function Mask.
    pub fn set_msix(&mut self, on: bool) {
        self.update(MSIX, MSIX_ENABLE | MSIX_MASK, if on { MSIX_ENABLE } else { 0 });
    }

    /// Asks for a function-level reset, as writing Initiate Function Level Reset does.
    pub fn start_flr(&mut self) {
        self.update(DEV_CTL, 0xFFFF_0000, INITIATE_FLR);
    }

    /// A function-level reset was asked for and is not done.
    pub fn flr_requested(&self) -> bool {
        self.flr
    }

    /// The card has acknowledged: everything but the link's own registers takes its reset value
    /// (PCIe Base Spec 6.6.2).
    pub fn flr_done(&mut self) {
        self.flr = false;
        for (i, dword) in self.dwords.iter_mut().enumerate() {
            if ![LINK_CTL, LINK_CTL2].contains(&(4 * i as u16)) {
                dword.value = dword.reset;
            }
        }
    }

    /// Memory Space Enable: the BARs answer.
    pub fn memory_enabled(&self) -> bool {
        self.dwords[usize::from(COMMAND) / 4].value & MEMORY_ENABLE != 0
    }

    /// Size in bytes of the BAR with this index; 0 if there is none.
    pub fn bar_bytes(&self, bar: u8) -> u64 {
        match bar {
            map::BAR => map::BAR0_BYTES,
            map::USER_BAR if self.build.user_registers => map::USER_BAR_BYTES,
            _ => 0,
        }
    }

    /// Base address of a BAR; nothing if it does not answer: not there, not assigned, or Memory Space Enable is off.
    pub fn bar_base(&self, bar: u8) -> Option<u64> {
        if self.bar_bytes(bar) == 0 || !self.link_up || !self.memory_enabled() {
            return None;
        }
        let dword = |at: u16| u64::from(self.dwords[usize::from(at) / 4].value);
        let base = match bar {
            map::BAR => dword(BAR0) & !0xF | dword(BAR0 + 4) << 32,
            _ => dword(USER_BAR) & !0xF,
        };
        (base != 0).then_some(base)
    }

    /// The BAR that a request for `bytes` bytes at `address` hits, as the hard block decodes it.
    pub fn bar_hit(&self, address: u64, bytes: u64) -> Option<u8> {
        [map::BAR, map::USER_BAR].into_iter().find(|&bar| {
            self.bar_base(bar).is_some_and(|base| {
                address >= base && address.saturating_add(bytes) <= base + self.bar_bytes(bar)
            })
        })
    }

    /// The `cfg_*` pins that follow.
    pub fn pins(&self) -> CfgPins {
        let at = |offset: u16| self.dwords[usize::from(offset) / 4].value;
        let (command, device, link, msix) = (at(COMMAND), at(DEV_CTL), at(LINK_CTL), at(MSIX));
        CfgPins {
            link_up: self.link_up,
            link_speed: (link >> 16 & 0xF) as u8,
            link_width: (link >> 20 & 0x3F) as u8,
            requester_id: CARD_ID,
            mps: (device >> 5 & 7) as u8,
            mrrs: (device >> 12 & 7) as u8,
            rcb: link >> 3 & 1 == 1,
            ext_tag: device >> 8 & 1 == 1,
            tag10: false,
            bus_master: command & BUS_MASTER != 0,
            ro_enable: device >> 4 & 1 == 1,
            ns_enable: device >> 11 & 1 == 1,
            cpl_timeout: (at(DEV_CTL2) & 0xF) as u8,
            d0: at(PMCSR) & 3 == 0,
            msix_enable: msix & MSIX_ENABLE != 0,
            msix_mask: msix & MSIX_MASK != 0,
        }
    }
}

/// 128 is 0, 256 is 1 and so on (PCIe Base Spec 7.5.3.4).
fn size_code(bytes: u32) -> u32 {
    (bytes / 128).trailing_zeros()
}

#[cfg(test)]
mod tests;
