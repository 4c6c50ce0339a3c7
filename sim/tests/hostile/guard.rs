//! Host memory that the legal queues use, byte by byte: what the card may read and write at this moment.

use std::ops::Range;

use ferrolane_sim::tlp::{Header, Tlp};

/// Upper address DWORD of this memory. No attack ever says it, nor two bytes of it.
pub const UPPER: u32 = 0x1234_5678;
/// Its size in bytes.
pub const BYTES: usize = 2 << 20;

const READ: u8 = 1;
const WRITE: u8 = 2;

/// The memory and its permissions.
pub struct Guard {
    bytes: Vec<u8>,
    allowed: Vec<u8>,
}

/// The offset of an address in guarded memory.
pub fn offset(address: u64) -> Option<usize> {
    ((address >> 32) as u32 == UPPER).then_some(address as u32 as usize)
}

/// The address of an offset.
pub fn address(offset: usize) -> u64 {
    u64::from(UPPER) << 32 | offset as u64
}

impl Guard {
    pub fn new() -> Self {
        Guard { bytes: vec![0; BYTES], allowed: vec![0; BYTES] }
    }

    /// Nothing may be read or written any more.
    pub fn close(&mut self) {
        self.allowed.fill(0);
    }

    pub fn allow_read(&mut self, range: Range<usize>) {
        self.allowed[range].iter_mut().for_each(|byte| *byte |= READ);
    }

    pub fn allow_write(&mut self, range: Range<usize>) {
        self.allowed[range].iter_mut().for_each(|byte| *byte |= WRITE);
    }

    pub fn forbid(&mut self, range: Range<usize>) {
        self.allowed[range].fill(0);
    }

    pub fn get(&self, range: Range<usize>) -> &[u8] {
        &self.bytes[range]
    }

    pub fn put(&mut self, at: usize, bytes: &[u8]) {
        self.bytes[at..at + bytes.len()].copy_from_slice(bytes);
    }

    pub fn word(&self, at: usize) -> u32 {
        self.bytes.get(at..at + 4).map_or(0, |b| u32::from_le_bytes([b[0], b[1], b[2], b[3]]))
    }

    /// Judges a read of the card.
    pub fn read(&self, hdr: &Header) -> Result<(), String> {
        let span = hdr.byte_span();
        self.may(
            span.start as u32 as usize..span.start as u32 as usize + (span.end - span.start) as usize,
            READ,
        )
    }

    fn may(&self, range: Range<usize>, what: u8) -> Result<(), String> {
        match self.allowed.get(range.clone()) {
            Some(bytes) if bytes.iter().all(|byte| byte & what != 0) => Ok(()),
            _ => Err(format!("guarded bytes {range:#x?} were accessed ({what}) without permission")),
        }
    }

    /// Judges and performs a write of the card.
    pub fn write(&mut self, tlp: &Tlp) -> Result<(), String> {
        let (base, dws) = (tlp.hdr.address() as u32 as usize, tlp.len);
        for (n, word) in tlp.payload().iter().enumerate() {
            let enables = match n {
                0 => tlp.hdr.first_be(),
                n if n + 1 == dws => tlp.hdr.last_be(),
                _ => 0xF,
            };
            for (byte, value) in word.to_le_bytes().into_iter().enumerate() {
                if enables >> byte & 1 == 1 {
                    let at = base + 4 * n + byte;
                    self.may(at..at + 1, WRITE)?;
                    self.bytes[at] = value;
                }
            }
        }
        Ok(())
    }
}
