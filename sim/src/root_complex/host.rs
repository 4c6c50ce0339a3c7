//! Requests of the host to the card's BAR.

use super::reads::ROOT_ID;
use crate::tlp::{Header, Tlp, STATUS_SC, STATUS_UR};

/// Reads that can be open at a time.
pub const TAGS: usize = 32;

/// How a read ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The data.
    Data([u32; 2]),
    /// A completion with this error status.
    Refused(u8),
}

#[derive(Clone, Copy, Debug, Default)]
enum Slot {
    #[default]
    Free,
    Open {
        dws: usize,
        have: usize,
        data: [u32; 2],
    },
    Done(Answer),
    /// Given up by the reader; the completion may still come.
    Abandoned,
}

/// The host's open reads.
#[derive(Default)]
pub struct HostRequests {
    slots: [Slot; TAGS],
    next: usize,
    /// Reads and writes issued, reads given up.
    pub counts: (u64, u64, u64),
}

impl HostRequests {
    /// Header of a write of one or two DWORDs; `be` are the byte enables of the first.
    pub fn write(&mut self, address: u64, dws: usize, be: u8) -> Header {
        self.counts.1 += 1;
        Header::memory(true, ROOT_ID, 0, address, dws, (be, if dws > 1 { 0xF } else { 0 }))
    }

    /// Tag and header of a read of one or two DWORDs; nothing if no tag is free. `be` are the byte enables of the first.
    pub fn read(&mut self, address: u64, dws: usize, be: u8) -> Option<(usize, Header)> {
        let tag = (0..TAGS).map(|i| (self.next + i) % TAGS).find(|&i| matches!(self.slots[i], Slot::Free))?;
        self.next = (tag + 1) % TAGS;
        self.slots[tag] = Slot::Open { dws, have: 0, data: [0; 2] };
        self.counts.0 += 1;
        let be = (be, if dws > 1 { 0xF } else { 0 });
        Some((tag, Header::memory(false, ROOT_ID, tag as u16, address, dws, be)))
    }

    /// A completion of the card. The checker has judged it.
    pub fn completion(&mut self, tlp: &Tlp) {
        let Some(slot) = self.slots.get_mut(usize::from(tlp.hdr.tag())) else { return };
        match slot {
            Slot::Open { .. } if tlp.hdr.status() != STATUS_SC => {
                *slot = Slot::Done(Answer::Refused(tlp.hdr.status()));
            }
            Slot::Open { dws, have, data } => {
                for dw in tlp.payload() {
                    if *have < *dws {
                        data[*have] = *dw;
                        *have += 1;
                    }
                }
                if *have == *dws {
                    *slot = Slot::Done(Answer::Data(*data));
                }
            }
            Slot::Abandoned => *slot = Slot::Free,
            Slot::Free | Slot::Done(_) => (),
        }
    }

    /// No read that is open will be answered: the root port refuses it (PCIe Base Spec 2.9.1).
    pub fn refuse_all(&mut self) {
        for slot in &mut self.slots {
            match slot {
                Slot::Open { .. } => *slot = Slot::Done(Answer::Refused(STATUS_UR)),
                Slot::Abandoned => *slot = Slot::Free,
                Slot::Free | Slot::Done(_) => (),
            }
        }
    }

    /// The answer to a read, once.
    pub fn take(&mut self, tag: usize) -> Option<Answer> {
        match self.slots[tag] {
            Slot::Done(answer) => {
                self.slots[tag] = Slot::Free;
                Some(answer)
            }
            _ => None,
        }
    }

    /// The reader waits no longer (completion timeout, PCIe Base Spec 2.8).
    pub fn abandon(&mut self, tag: usize) {
        self.slots[tag] = Slot::Abandoned;
        self.counts.2 += 1;
    }
}
