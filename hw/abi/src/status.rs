//! Status codes: in completion records, and in a halted queue's STATUS.CODE.

use crate::table::Named;

macro_rules! codes {
    ($( $(#[doc = $doc:literal])+ $name:ident = $value:literal; )*) => {
        $( $(#[doc = $doc])+ pub const $name: u8 = $value; )*
        /// All codes.
        pub const CODES: &[Named] = &[ $( Named { name: stringify!($name), value: $value, doc: concat!($($doc),+) } ),* ];
    };
}

codes! {
    /// The descriptor did what it says.
    OK = 0x00;
    /// The descriptor's length is 0.
    BAD_LENGTH = 0x01;
    /// The descriptor carries a flag that its queue's mode does not allow.
    BAD_FLAGS = 0x02;
    /// List mode: a LINK with no data descriptor since the last one, or as the first entry of a list.
    LINK_LOOP = 0x03;
    /// List mode: a LINK that is not the last entry of its segment, or a segment of no entries or at an address that is not a multiple of 16.
    BAD_SEGMENT = 0x04;
    /// Memory queue: a FIXED descriptor whose card address is not a multiple of the port's width.
    BAD_CARD_ADDRESS = 0x05;
    /// Reading descriptors: completion with status Unsupported Request.
    FETCH_UR = 0x11;
    /// Reading descriptors: completion with status Completer Abort.
    FETCH_CA = 0x12;
    /// Reading descriptors: poisoned completion.
    FETCH_POISONED = 0x13;
    /// Reading descriptors: completion whose byte count does not fit the request.
    FETCH_MALFORMED = 0x14;
    /// Reading descriptors: no completion in time, or the link went down.
    FETCH_TIMEOUT = 0x15;
    /// Reading data: completion with status Unsupported Request.
    DATA_UR = 0x21;
    /// Reading data: completion with status Completer Abort.
    DATA_CA = 0x22;
    /// Reading data: poisoned completion.
    DATA_POISONED = 0x23;
    /// Reading data: completion whose byte count does not fit the request.
    DATA_MALFORMED = 0x24;
    /// Reading data: no completion in time, or the link went down.
    DATA_TIMEOUT = 0x25;
    /// Memory queue: the card's memory answered a write with SLVERR or DECERR.
    CARD_WRITE_ERROR = 0x30;
    /// Memory queue: the card's memory answered a read with SLVERR or DECERR; the bytes before the first such beat were written to the host.
    CARD_READ_ERROR = 0x31;
}

/// Name and meaning of a code, if it has one.
pub fn describe(code: u8) -> Option<&'static Named> {
    CODES.iter().find(|n| n.value == code as u32)
}
