//! A transaction-layer packet with room for its payload, and a pool of them.

use crate::tlp::Header;

/// Most payload a TLP can have, in DWORDs (PCIe Base Spec 2.2.2: Length 0 encodes 1024).
pub const MAX_DWS: usize = 1024;

/// What the checker is to make of a completion of the host.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Standing {
    /// Its header tells what it is.
    #[default]
    True,
    /// Its header or payload is wrong on purpose.
    Forged {
        /// Nothing more of its read follows.
        ends_read: bool,
    },
    /// It answers no read, on purpose.
    Stray,
}

/// A packet. Boxes of it go round in a [`Pool`], so no clock allocates.
#[derive(Clone)]
pub struct Tlp {
    /// Its header.
    pub hdr: Header,
    /// Payload; the first [`Tlp::len`] DWORDs count.
    pub data: [u32; MAX_DWS],
    /// DWORDs of payload present.
    pub len: usize,
    /// Write number (`tx_wr`), or BAR (`rx_req`).
    pub side: u8,
    /// Ended with `error`: it never goes onto the wire.
    pub nullified: bool,
    /// The receiver's port marks its last beat with `error`.
    pub error: bool,
    /// What a completion of the host is to be taken for.
    pub standing: Standing,
    /// Clock in which its first beat was offered.
    pub clock: u64,
}

impl Tlp {
    /// Payload present.
    pub fn payload(&self) -> &[u32] {
        &self.data[..self.len]
    }

    /// The DWORDs of a write, each with its offset from `base`.
    pub fn dwords(&self, base: u64) -> impl Iterator<Item = (u64, u32)> + '_ {
        let offset = self.hdr.address().wrapping_sub(base);
        (0..).zip(self.payload()).map(move |(i, value)| (offset + 4 * i, *value))
    }
}

/// Packets not in use.
#[derive(Default)]
#[allow(clippy::vec_box)] // The boxes themselves go round.
pub struct Pool {
    free: Vec<Box<Tlp>>,
}

impl Pool {
    /// A packet with this header and no payload yet.
    pub fn take(&mut self, hdr: Header) -> Box<Tlp> {
        match self.free.pop() {
            Some(mut tlp) => {
                tlp.hdr = hdr;
                (tlp.len, tlp.side, tlp.nullified, tlp.clock) = (0, 0, false, 0);
                (tlp.error, tlp.standing) = (false, Standing::True);
                tlp
            }
            None => Box::new(Tlp {
                hdr,
                data: [0; MAX_DWS],
                len: 0,
                side: 0,
                nullified: false,
                error: false,
                standing: Standing::True,
                clock: 0,
            }),
        }
    }

    /// Gives a packet back.
    pub fn give(&mut self, tlp: Box<Tlp>) {
        self.free.push(tlp);
    }
}
