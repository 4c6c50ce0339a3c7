//! How a descriptor went.

use std::fmt;

use ferrolane_abi::status;

/// A status code of a completion record or a halted queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct StatusCode(pub u8);

impl StatusCode {
    /// The descriptor did what it says.
    pub const OK: StatusCode = StatusCode(status::OK);

    /// True for [`StatusCode::OK`].
    pub fn is_ok(self) -> bool {
        self == Self::OK
    }

    /// What to do about it.
    pub fn remedy(self) -> &'static str {
        match self.0 {
            status::OK => "nothing is wrong",
            status::CARD_WRITE_ERROR | status::CARD_READ_ERROR => {
                "the card answers so where it has no memory, or where it may not be accessed: hold address and length \
                 against its address map"
            }
            status::BAD_CARD_ADDRESS => "align a fixed address to the width of the card's memory port",
            status::BAD_LENGTH | status::BAD_FLAGS | status::LINK_LOOP | status::BAD_SEGMENT => {
                "correct the descriptor"
            }
            status::FETCH_UR | status::FETCH_CA | status::DATA_UR | status::DATA_CA => {
                "the host refused the card's read: keep rings and buffers mapped until they come back"
            }
            _ => "reset the device; if it comes again, the link or the host's memory is at fault",
        }
    }
}

impl fmt::Display for StatusCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match status::describe(self.0) {
            Some(named) => write!(f, "{} ({:#04x}):{}", named.name, self.0, named.doc),
            None => write!(f, "unknown code {:#04x}", self.0),
        }
    }
}
