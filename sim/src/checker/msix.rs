//! The MSI-X table as the host has written it, and whether interrupts agree with it (PCIe Base Spec 6.1.4, 7.7.2).

use ferrolane_abi::map;

use super::violation::{Finding, Violation};
use crate::iommu::MSI_WINDOW;
use crate::pins::CfgPins;
use crate::tlp::Header;

/// Entries that can be watched: the most a card has, 129, rounded up.
const ENTRIES: usize = 256;

#[derive(Clone, Copy)]
struct Entry {
    address: u64,
    data: u32,
    masked: bool,
    /// Clock of the last change, and the values before it: the card may have looked earlier.
    changed: u64,
    before: (u64, u32, bool),
}

const RESET: Entry = Entry { address: 0, data: 0, masked: true, changed: 0, before: (0, 0, true) };

/// A copy of the table.
pub struct Table {
    entries: Vec<Entry>,
}

impl Table {
    /// As after reset: all masked.
    pub fn new() -> Self {
        Table { entries: vec![RESET; ENTRIES] }
    }

    /// After a reset of the function.
    pub fn reset(&mut self) {
        self.entries.fill(RESET);
    }

    /// The host has written a DWORD of BAR0.
    pub fn write(&mut self, offset: u64, value: u32, now: u64) {
        let Some(at) = offset.checked_sub(map::MSIX_TABLE_PAGE) else { return };
        let Some(entry) = self.entries.get_mut(at as usize / 16) else { return };
        entry.before = (entry.address, entry.data, entry.masked);
        entry.changed = now;
        match at % 16 / 4 {
            0 => entry.address = entry.address & !0xFFFF_FFFF | u64::from(value & !3),
            1 => entry.address = entry.address & 0xFFFF_FFFF | u64::from(value) << 32,
            2 => entry.data = value,
            _ => entry.masked = value & 1 == 1,
        }
    }

    /// Whether a write goes to an interrupt controller instead of memory.
    pub fn is_interrupt(hdr: &Header) -> bool {
        MSI_WINDOW.contains(&hdr.address())
    }

    /// Judges an interrupt message. `offered` is the clock in which the card came up with it; what changed less than
    /// `grace` clocks before may not have been seen. Gives the vector.
    ///
    /// # Errors
    /// The rule that was broken.
    pub fn judge(
        &self,
        hdr: &Header,
        data: u32,
        cfg: &CfgPins,
        offered: u64,
        grace: u64,
    ) -> Result<u32, Finding> {
        if hdr.length() != 1 || hdr.first_be() != 0xF || hdr.attr() != 0 {
            return Err((
                Violation::MsixForm,
                format!("{} DW, enables {:04b}, attributes {:03b}", hdr.length(), hdr.first_be(), hdr.attr()),
            ));
        }
        if !cfg.msix_enable || cfg.msix_mask {
            let what = if cfg.msix_enable { "the function is masked" } else { "MSI-X is not enabled" };
            return Err((Violation::MsixDisabled, what.into()));
        }
        let mut masked = None;
        for (vector, entry) in self.entries.iter().enumerate() {
            let now = entry.address == hdr.address() && entry.data == data;
            if now && !entry.masked {
                return Ok(vector as u32);
            }
            let before = (entry.before.0, entry.before.1) == (hdr.address(), data);
            let young = offered < entry.changed + grace;
            if young && (now || before) && (!entry.before.2 || !entry.masked) {
                return Ok(vector as u32);
            }
            if now {
                masked = Some(vector);
            }
        }
        match masked {
            Some(vector) => Err((Violation::MsixMasked, format!("vector {vector} is masked"))),
            None => Err((
                Violation::MsixUnknown,
                format!("no vector has address {:#x} and data {data:#x}", hdr.address()),
            )),
        }
    }
}

impl Default for Table {
    fn default() -> Self {
        Self::new()
    }
}
