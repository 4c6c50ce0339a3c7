//! Headers of transaction-layer packets as numbers (PCIe Base Spec 2.2).

pub use crate::packet::{Pool, Tlp, MAX_DWS};

/// What kind of TLP a header announces (Fmt and Type, PCIe Base Spec table 2-3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Memory read; `true` with a 64-bit address.
    Read(bool),
    /// Memory write; `true` with a 64-bit address.
    Write(bool),
    /// Completion without data.
    Cpl,
    /// Completion with data.
    CplD,
    /// Any other Fmt/Type byte.
    Other(u8),
}

/// Flow-control class (PCIe Base Spec 2.6.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// Posted requests.
    Posted = 0,
    /// Non-posted requests.
    NonPosted = 1,
    /// Completions.
    Completion = 2,
}

/// All classes, in index order.
pub const CLASSES: [Class; 3] = [Class::Posted, Class::NonPosted, Class::Completion];

/// Successful Completion.
pub const STATUS_SC: u8 = 0;
/// Unsupported Request.
pub const STATUS_UR: u8 = 1;
/// Configuration Request Retry Status.
pub const STATUS_CRS: u8 = 2;
/// Completer Abort.
pub const STATUS_CA: u8 = 4;

/// A header: DW0 first, each DW as a number with byte 0 in bits 31:24.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Header(pub [u32; 4]);

impl Header {
    /// A memory request header; the address picks the 3- or 4-DW form (PCIe Base Spec 2.2.4.1).
    pub fn memory(write: bool, requester: u16, tag: u16, addr: u64, dws: usize, be: (u8, u8)) -> Self {
        let long = addr >> 32 != 0;
        let dw0 = u32::from(write) << 30 | u32::from(long) << 29 | tag_bits(tag) | (dws as u32 & 0x3FF);
        let dw1 = u32::from(requester) << 16
            | u32::from(tag as u8) << 8
            | u32::from(be.1 & 15) << 4
            | u32::from(be.0 & 15);
        let low = addr as u32 & !3;
        Header(if long { [dw0, dw1, (addr >> 32) as u32, low] } else { [dw0, dw1, low, 0] })
    }

    /// A completion header (PCIe Base Spec 2.2.9). `dws` is 0 for one without data.
    #[allow(clippy::too_many_arguments)]
    pub fn completion(
        completer: u16,
        requester: u16,
        tag: u16,
        status: u8,
        byte_count: u32,
        lower: u8,
        dws: usize,
        attr: u8,
    ) -> Self {
        let fmt_type = if dws == 0 { 0x0A } else { 0x4A };
        let attr = u32::from(attr & 3) << 12 | u32::from(attr >> 2 & 1) << 18;
        Header([
            fmt_type << 24 | tag_bits(tag) | attr | (dws as u32 & 0x3FF),
            u32::from(completer) << 16 | u32::from(status & 7) << 13 | (byte_count & 0xFFF),
            u32::from(requester) << 16 | u32::from(tag as u8) << 8 | u32::from(lower & 0x7F),
            0,
        ])
    }

    /// Fmt and Type.
    pub fn kind(&self) -> Kind {
        match (self.0[0] >> 24) as u8 {
            0x00 => Kind::Read(false),
            0x20 => Kind::Read(true),
            0x40 => Kind::Write(false),
            0x60 => Kind::Write(true),
            0x0A => Kind::Cpl,
            0x4A => Kind::CplD,
            other => Kind::Other(other),
        }
    }

    /// Whether payload follows (Fmt bit 1, and not a prefix).
    pub fn has_data(&self) -> bool {
        self.0[0] >> 30 & 1 == 1 && self.0[0] >> 31 == 0
    }

    /// Header length in DWORDs (Fmt bit 0).
    pub fn dws(&self) -> usize {
        3 + (self.0[0] >> 29 & 1) as usize
    }

    /// The Length field in DWORDs, 1 to 1024.
    pub fn length(&self) -> usize {
        match self.0[0] as usize & 0x3FF {
            0 => 1024,
            n => n,
        }
    }

    /// DWORDs of payload that follow.
    pub fn payload_dws(&self) -> usize {
        if self.has_data() {
            self.length()
        } else {
            0
        }
    }

    /// Traffic class.
    pub fn tc(&self) -> u8 {
        (self.0[0] >> 20 & 7) as u8
    }

    /// Attributes: bit 0 No Snoop, bit 1 Relaxed Ordering, bit 2 ID-based ordering.
    pub fn attr(&self) -> u8 {
        (self.0[0] >> 12 & 3 | (self.0[0] >> 18 & 1) << 2) as u8
    }

    /// Address type.
    pub fn at(&self) -> u8 {
        (self.0[0] >> 10 & 3) as u8
    }

    /// TLP digest present.
    pub fn td(&self) -> bool {
        self.0[0] >> 15 & 1 == 1
    }

    /// Poisoned.
    pub fn ep(&self) -> bool {
        self.0[0] >> 14 & 1 == 1
    }

    /// Processing hints or lightweight notification (TH, LN).
    pub fn hints(&self) -> bool {
        self.0[0] >> 16 & 3 != 0
    }

    /// Tag, 10 bits. For a completion the tag of its request.
    pub fn tag(&self) -> u16 {
        let low = if self.is_completion() { self.0[2] } else { self.0[1] };
        (low >> 8 & 0xFF | (self.0[0] >> 19 & 1) << 8 | (self.0[0] >> 23 & 1) << 9) as u16
    }

    /// Whether it is a completion of either form.
    pub fn is_completion(&self) -> bool {
        matches!(self.kind(), Kind::Cpl | Kind::CplD)
    }

    /// Requester id. For a completion the one it goes to.
    pub fn requester(&self) -> u16 {
        (if self.is_completion() { self.0[2] } else { self.0[1] } >> 16) as u16
    }

    /// First-DW byte enables of a memory request.
    pub fn first_be(&self) -> u8 {
        (self.0[1] & 15) as u8
    }

    /// Last-DW byte enables of a memory request.
    pub fn last_be(&self) -> u8 {
        (self.0[1] >> 4 & 15) as u8
    }

    /// Address of a memory request, a multiple of 4.
    pub fn address(&self) -> u64 {
        if self.dws() == 4 {
            u64::from(self.0[2]) << 32 | u64::from(self.0[3] & !3)
        } else {
            u64::from(self.0[2] & !3)
        }
    }

    /// Completer id of a completion.
    pub fn completer(&self) -> u16 {
        (self.0[1] >> 16) as u16
    }

    /// Status of a completion.
    pub fn status(&self) -> u8 {
        (self.0[1] >> 13 & 7) as u8
    }

    /// Byte Count Modified of a completion.
    pub fn bcm(&self) -> bool {
        self.0[1] >> 12 & 1 == 1
    }

    /// Bytes left to complete the request, this completion's included: 1 to 4096.
    pub fn byte_count(&self) -> u32 {
        match self.0[1] & 0xFFF {
            0 => 4096,
            n => n,
        }
    }

    /// Lower Address of a completion.
    pub fn lower_address(&self) -> u8 {
        (self.0[2] & 0x7F) as u8
    }

    /// The bytes that a memory request asks for or carries, first to last enabled one. A zero-length read counts as
    /// one byte (PCIe Base Spec 2.2.5, 2.3.1.1).
    pub fn byte_span(&self) -> std::ops::Range<u64> {
        let (addr, dws) = (self.address(), self.length() as u64);
        let first = self.first_be();
        if dws == 1 {
            return match first {
                0 => addr..addr + 1,
                be => addr + u64::from(be.trailing_zeros())..addr + u64::from(8 - be.leading_zeros()),
            };
        }
        let skip = u64::from(first.trailing_zeros().min(3));
        let last = self.last_be().max(1);
        addr + skip..addr + 4 * (dws - 1) + u64::from(8 - last.leading_zeros())
    }

    /// Bytes on the wire: framing, sequence number and LCRC (8), header, payload (PCIe Base Spec 3.6, 4.2).
    pub fn wire_bytes(&self) -> u64 {
        8 + 4 * (self.dws() + self.payload_dws()) as u64
    }

    /// Flow-control credits for data: units of 16 bytes.
    pub fn data_credits(&self) -> u32 {
        self.payload_dws().div_ceil(4) as u32
    }
}

fn tag_bits(tag: u16) -> u32 {
    u32::from(tag >> 8 & 1) << 19 | u32::from(tag >> 9 & 1) << 23
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_header_fields_round_trip() {
        let short = Header::memory(true, 0x0108, 0x2A5, 0xFEDC_BA98, 64, (0xC, 0x3));
        assert_eq!(short.kind(), Kind::Write(false));
        assert_eq!((short.requester(), short.tag(), short.address()), (0x0108, 0x2A5, 0xFEDC_BA98));
        assert_eq!((short.length(), short.first_be(), short.last_be(), short.dws()), (64, 0xC, 0x3, 3));
        assert_eq!(short.byte_span(), 0xFEDC_BA9A..0xFEDC_BA98 + 4 * 63 + 2);
        assert_eq!(short.wire_bytes(), 8 + 12 + 256);
        let long = Header::memory(false, 0x0100, 7, 0x1_0000_0000, 1024, (0xF, 0xF));
        assert_eq!(long.kind(), Kind::Read(true));
        assert_eq!((long.address(), long.length(), long.payload_dws()), (0x1_0000_0000, 1024, 0));
        assert_eq!(long.wire_bytes(), 24);
    }

    #[test]
    fn completion_header_fields_round_trip() {
        let cpl = Header::completion(0x0001, 0x0100, 0x13F, STATUS_SC, 4096, 0x7C, 16, 2);
        assert_eq!(cpl.kind(), Kind::CplD);
        assert_eq!((cpl.completer(), cpl.requester(), cpl.tag()), (1, 0x0100, 0x13F));
        assert_eq!((cpl.byte_count(), cpl.lower_address(), cpl.attr()), (4096, 0x7C, 2));
        assert_eq!(Header::completion(0, 0, 0, STATUS_UR, 4, 0, 0, 0).kind(), Kind::Cpl);
    }

    #[test]
    fn byte_spans_follow_the_enables() {
        let span = |dws, first, last| Header::memory(false, 0, 0, 0x100, dws, (first, last)).byte_span();
        assert_eq!(span(1, 0, 0), 0x100..0x101);
        assert_eq!(span(1, 0b0110, 0), 0x101..0x103);
        assert_eq!(span(2, 0b1000, 0b0001), 0x103..0x105);
        assert_eq!(span(4, 0xF, 0xF), 0x100..0x110);
    }
}
