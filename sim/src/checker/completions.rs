//! The host's reads of the card, and whether the card answers them right (PCIe Base Spec 2.2.9, 2.3.1.1).

use super::violation::{Finding, Violation};
use crate::pins::CfgPins;
use crate::tlp::{Header, STATUS_CA, STATUS_SC, STATUS_UR};

/// Read Completion Boundary of everything that is no root complex, in bytes.
const BOUNDARY: u64 = 128;

struct HostRead {
    request: Header,
    next: u64,
    end: u64,
}

/// Reads of the host that are unanswered.
#[derive(Default)]
pub struct HostReads {
    open: Vec<HostRead>,
}

impl HostReads {
    /// A read goes to the card.
    pub fn issue(&mut self, request: Header) {
        let span = request.byte_span();
        self.open.push(HostRead { request, next: span.start, end: span.end });
    }

    /// Whether any is unanswered.
    pub fn is_empty(&self) -> bool {
        self.open.is_empty()
    }

    /// Judges a completion.
    ///
    /// # Errors
    /// The rule that was broken.
    pub fn judge(&mut self, hdr: &Header, cfg: &CfgPins) -> Result<(), Finding> {
        let fail = |violation, detail| Err((violation, detail));
        let matches =
            |read: &HostRead| read.request.tag() == hdr.tag() && read.request.requester() == hdr.requester();
        let Some(at) = self.open.iter().position(matches) else {
            return fail(
                Violation::CplUnexpected,
                format!("no read of {:#06x} with tag {:#x} is open", hdr.requester(), hdr.tag()),
            );
        };
        let read = &mut self.open[at];
        if hdr.completer() != cfg.requester_id {
            return fail(Violation::CplCompleterId, format!("completer id {:#06x}", hdr.completer()));
        }
        if hdr.attr() != read.request.attr() {
            let detail =
                format!("attributes {:03b}, the request had {:03b}", hdr.attr(), read.request.attr());
            return fail(Violation::CplAttributes, detail);
        }
        let status_legal = if hdr.has_data() {
            hdr.status() == STATUS_SC
        } else {
            matches!(hdr.status(), STATUS_UR | STATUS_CA)
        };
        if !status_legal {
            let data = if hdr.has_data() { "with" } else { "without" };
            return fail(Violation::CplStatus, format!("status {} {data} data", hdr.status()));
        }
        let left = read.end - read.next;
        if u64::from(hdr.byte_count()) != left || hdr.bcm() {
            return fail(
                Violation::CplByteCount,
                format!("byte count {}, {left} are left", hdr.byte_count()),
            );
        }
        if hdr.has_data() && u64::from(hdr.lower_address()) != read.next & 0x7F {
            return fail(
                Violation::CplLowerAddress,
                format!("lower address {:#x}, next byte is {:#x}", hdr.lower_address(), read.next),
            );
        }
        if !hdr.has_data() {
            self.open.swap_remove(at);
            return Ok(());
        }
        let reaches = (read.next & !3) + 4 * hdr.length() as u64;
        if reaches >= read.end + 4 {
            return fail(Violation::CplLength, format!("{} DW for {left} bytes", hdr.length()));
        }
        if reaches >= read.end {
            self.open.swap_remove(at);
            return Ok(());
        }
        if !reaches.is_multiple_of(BOUNDARY) {
            return fail(Violation::CplSplit, format!("ends at {reaches:#x} with more to come"));
        }
        read.next = reaches;
        Ok(())
    }
}
