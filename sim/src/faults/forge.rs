//! Turns a right completion into a wrong one.

use super::plan::CompletionKind;
use crate::packet::{Pool, Standing, Tlp, MAX_DWS};
use crate::tlp::{Header, STATUS_SC, STATUS_UR};

/// A tag that the card never uses: it has fewer.
const UNKNOWN_TAG: u16 = 0xFF;
/// What differs in the id of another requester: the function.
const OTHER_REQUESTER: u16 = 1;
/// DWORDs that are too many.
const EXCESS: usize = 4;
/// Lower Address is off by this.
const LOWER_OFF: u8 = 4;

/// The header anew, with what is to differ.
fn header(of: &Header, requester: u16, tag: u16, status: u8, count: u32, lower: u8, dws: usize) -> Header {
    Header::completion(of.completer(), requester, tag, status, count, lower, dws, of.attr())
}

/// Does to a completion what changes it in place. `reads_last` says that it is the last of its read.
pub fn change(kind: CompletionKind, tlp: &mut Tlp, reads_last: bool) {
    let old = tlp.hdr;
    let (to, tag, count, lower) = (old.requester(), old.tag(), old.byte_count(), old.lower_address());
    let ends = Standing::Forged { ends_read: true };
    match kind {
        CompletionKind::Status(status) => {
            // A legal completion: it is what the card makes of it that counts.
            tlp.len = 0;
            tlp.hdr = header(&old, to, tag, status, count, lower, 0);
        }
        CompletionKind::Poison => tlp.hdr.0[0] |= 1 << 14,
        CompletionKind::NoData => {
            tlp.len = 0;
            tlp.hdr = header(&old, to, tag, STATUS_SC, count, lower, 0);
            tlp.standing = ends;
        }
        CompletionKind::ErrorData => {
            tlp.hdr = header(&old, to, tag, STATUS_UR, count, lower, tlp.len);
            tlp.standing = ends;
        }
        CompletionKind::Short => {
            // Of a single DWORD nothing is left but a completion without data.
            tlp.len -= 1;
            tlp.hdr = header(&old, to, tag, STATUS_SC, count, lower, tlp.len);
            tlp.standing = ends;
        }
        CompletionKind::TooMuch => {
            let left = (count as usize + usize::from(lower & 3)).div_ceil(4);
            let dws = (left + EXCESS).min(MAX_DWS);
            tlp.data[tlp.len.min(dws)..dws].fill(0xDEAD_DEAD);
            tlp.len = dws;
            tlp.hdr = header(&old, to, tag, STATUS_SC, count, lower, dws);
            tlp.standing = ends;
        }
        CompletionKind::ByteCount(off) => {
            let count = count.wrapping_add_signed(off.into());
            tlp.hdr = header(&old, to, tag, STATUS_SC, count, lower, tlp.len);
            tlp.standing = Standing::Forged { ends_read: reads_last };
        }
        CompletionKind::LowerAddress => {
            tlp.hdr = header(&old, to, tag, STATUS_SC, count, lower ^ LOWER_OFF, tlp.len);
        }
        CompletionKind::PortLost => {
            tlp.error = true;
            tlp.standing = Standing::Stray;
        }
        CompletionKind::Drop
        | CompletionKind::DropAnswer
        | CompletionKind::UnknownTag
        | CompletionKind::WrongRequester
        | CompletionKind::Duplicate
        | CompletionKind::Late(_)
        | CompletionKind::PortError => (),
    }
}

/// One like `tlp` that belongs to no read: with another tag or requester, again, or marked with `error`.
pub fn stray(kind: CompletionKind, tlp: &Tlp, pool: &mut Pool) -> Box<Tlp> {
    let old = &tlp.hdr;
    let (to, tag) = match kind {
        CompletionKind::UnknownTag => (old.requester(), UNKNOWN_TAG),
        CompletionKind::WrongRequester => (old.requester() ^ OTHER_REQUESTER, old.tag()),
        _ => (old.requester(), old.tag()),
    };
    let hdr = header(old, to, tag, old.status(), old.byte_count(), old.lower_address(), tlp.len);
    let mut stray = pool.take(hdr);
    stray.len = tlp.len;
    stray.data[..tlp.len].copy_from_slice(tlp.payload());
    stray.standing = Standing::Stray;
    stray.error = kind == CompletionKind::PortError;
    stray
}
