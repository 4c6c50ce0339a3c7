//! What the card owes the host: one answer to each non-posted request, in order.

use std::collections::VecDeque;

use ferrolane_sim::tlp::{Header, STATUS_SC, STATUS_UR};

use crate::port::{non_posted, Packet};

/// Read Completion Boundary of a card, in bytes.
const BOUNDARY: u64 = 128;

struct Debt {
    request: Header,
    served: bool,
    next: u64,
    end: u64,
    /// Clocks since it is the oldest.
    age: u64,
    /// The link was down or the function being reset: the answer may be missing.
    forgiven: bool,
}

/// Requests without answer, oldest first.
#[derive(Default)]
pub struct Owed {
    debts: VecDeque<Debt>,
    /// Longest that an answer took, in clocks, for each DWORD and as a whole.
    pub worst: u64,
}

impl Owed {
    /// A request has gone into the card.
    pub fn note(&mut self, packet: &Packet) {
        if !non_posted(&packet.hdr) || packet.error {
            return;
        }
        let read = packet.hdr.0[0] >> 24 & 0x5F == 0;
        let served = read && matches!(packet.bar, 0 | 2);
        let span = packet.hdr.byte_span();
        let (next, end) = (span.start, span.end);
        self.debts.push_back(Debt { request: packet.hdr, served, next, end, age: 0, forgiven: packet.lost });
    }

    pub fn len(&self) -> usize {
        self.debts.len()
    }

    /// What is owed now may be lost.
    pub fn forgive(&mut self) {
        self.debts.iter_mut().for_each(|debt| debt.forgiven = true);
    }

    /// Whether all that is owed may be lost.
    pub fn forgiven(&self) -> bool {
        self.debts.iter().all(|debt| debt.forgiven)
    }

    pub fn clear(&mut self) {
        self.debts.clear();
    }

    /// A clock in which nothing but the card itself held an answer up; an error if the oldest is overdue.
    pub fn clock(&mut self) -> Result<(), String> {
        if self.debts.front().is_some_and(|debt| debt.forgiven) {
            return Ok(());
        }
        let Some(debt) = self.debts.front_mut() else { return Ok(()) };
        debt.age += 1;
        self.worst = self.worst.max(debt.age);
        let bound = super::ANSWER + super::ANSWER_DW * debt.request.length() as u64;
        if debt.age > bound {
            return Err(format!("no answer for {bound} clocks: {:08x?}", debt.request.0));
        }
        Ok(())
    }

    /// Judges a completion of the card. `ids` are the completer ids that are right.
    pub fn judge(&mut self, hdr: &Header, ids: &[u16]) -> Result<(), String> {
        loop {
            let Some(debt) = self.debts.front_mut() else { return Err("CplUnexpected".into()) };
            match debt.judge(hdr, ids) {
                Ok(true) => {
                    self.debts.pop_front();
                    return Ok(());
                }
                Ok(false) => return Ok(()),
                // Lost, and its tag may be in use again.
                Err(_) if debt.forgiven => drop(self.debts.pop_front()),
                Err(what) => return Err(what),
            }
        }
    }
}

impl Debt {
    /// Judges a completion of this request; gives whether it is whole now.
    fn judge(&mut self, hdr: &Header, ids: &[u16]) -> Result<bool, String> {
        let r = self.request;
        let to = (r.0[1] >> 16) as u16 == (hdr.0[2] >> 16) as u16 && tag(&r, 1) == tag(hdr, 2);
        let locked = u32::from(r.0[0] >> 24 & 0x1F == 1);
        let same = |mask: u32| hdr.0[0] & mask == r.0[0] & mask;
        let rules = [
            (to, "the oldest request's requester and tag"),
            (hdr.0[0] >> 24 == if self.served { 0x4A } else { 0x0A | locked }, "Fmt and Type"),
            // TC 22:20, attributes 18 and 13:12 are the request's; TH, LN, TD, EP and AT are 0.
            (same(7 << 20) && same(1 << 18) && same(3 << 12), "TC and attributes of the request"),
            (hdr.0[0] & (3 << 16 | 3 << 14 | 3 << 10) == 0, "no TH, LN, TD, EP, AT"),
            (ids.contains(&hdr.completer()), "completer id"),
            (hdr.status() == if self.served { STATUS_SC } else { STATUS_UR }, "status"),
            (!hdr.bcm(), "no BCM"),
        ];
        if let Some((_, what)) = rules.iter().find(|(holds, _)| !holds) {
            return Err(format!("completion {:08x?} of {:08x?}: not {what}", hdr.0, r.0));
        }
        if !self.served {
            return Ok(true);
        }
        let left = self.end.saturating_sub(self.next);
        let reaches = (self.next & !3) + 4 * hdr.length() as u64;
        let whole = reaches >= self.end && reaches < self.end + 4;
        let cut = reaches < self.end && reaches.is_multiple_of(BOUNDARY);
        // With enables that are not lawful the count is anybody's guess, but the DWORDs are not.
        let lawful =
            r.length() == 1 && r.last_be() == 0 || r.length() > 1 && r.first_be() != 0 && r.last_be() != 0;
        let counted =
            u64::from(hdr.byte_count()) == left && u64::from(hdr.lower_address()) == self.next & 0x7F;
        if !(whole || cut) || lawful && !counted {
            return Err(format!("completion {:08x?} of {:08x?} at {:#x}", hdr.0, r.0, self.next));
        }
        if cut {
            (self.next, self.age) = (reaches, 0);
        }
        Ok(!cut)
    }
}

/// The ten tag bits, eight of them in the given DW.
fn tag(hdr: &Header, dw: usize) -> u32 {
    hdr.0[dw] >> 8 & 0xFF | (hdr.0[0] >> 19 & 1) << 8 | (hdr.0[0] >> 23 & 1) << 9
}
