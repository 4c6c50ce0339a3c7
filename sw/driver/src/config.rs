//! What a transport needs of configuration space: COMMAND and the link, for those that reach it as a plain space of
//! registers.

use crate::transport::TransportError;

/// COMMAND register (PCIe Base Spec 7.5.1.1.3).
pub const COMMAND: u64 = 0x04;
/// Memory Space Enable.
pub const MEMORY_SPACE: u16 = 1 << 1;
/// Bus Master Enable.
pub const BUS_MASTER: u16 = 1 << 2;

const CAPABILITIES: u16 = 0x34;
const CAP_ID_PCIE: u32 = 0x10;
/// Most capabilities that fit behind the header: each takes a DWORD of the 192 bytes.
const MOST_CAPABILITIES: usize = 48;

/// Link and payload sizes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LinkFacts {
    /// Generation of the link as it is trained.
    pub generation: u8,
    /// Its lanes.
    pub lanes: u8,
    /// Max_Payload_Size in bytes.
    pub max_payload: u32,
    /// Max_Read_Request_Size in bytes.
    pub max_read_request: u32,
}

/// Finds the PCI Express capability and reads Device Control and Link Status (PCIe Base Spec 7.5.3.4, 7.5.3.8). A
/// device without the capability gives zeros and the smallest sizes.
///
/// # Errors
/// Those of `read`.
pub fn link_facts(read: impl Fn(u16) -> Result<u32, TransportError>) -> Result<LinkFacts, TransportError> {
    let mut at = (read(CAPABILITIES)? & 0xFC) as u16;
    for _ in 0..MOST_CAPABILITIES {
        if at < 0x40 {
            break;
        }
        let header = read(at)?;
        if header & 0xFF == CAP_ID_PCIE {
            let control = read(at + 0x08)?;
            let status = read(at + 0x10)? >> 16;
            return Ok(LinkFacts {
                generation: (status & 0xF) as u8,
                lanes: (status >> 4 & 0x3F) as u8,
                max_payload: 128 << (control >> 5 & 7),
                max_read_request: 128 << (control >> 12 & 7),
            });
        }
        at = (header >> 8 & 0xFC) as u16;
    }
    Ok(LinkFacts { generation: 0, lanes: 0, max_payload: 128, max_read_request: 128 })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn space(dwords: &[(u16, u32)]) -> LinkFacts {
        link_facts(|offset| Ok(dwords.iter().find(|d| d.0 == offset).map_or(0, |d| d.1))).unwrap()
    }

    #[test]
    fn the_capability_is_found_behind_others() {
        let facts = space(&[
            (0x34, 0x40),
            (0x40, 0x7001),
            (0x70, 0x10),
            (0x78, 1 << 5 | 2 << 12),
            (0x80, 0x0043 << 16),
        ]);
        assert_eq!(facts, LinkFacts { generation: 3, lanes: 4, max_payload: 256, max_read_request: 512 });
    }

    #[test]
    fn loops_and_absence_end() {
        let none = LinkFacts { generation: 0, lanes: 0, max_payload: 128, max_read_request: 128 };
        assert_eq!(space(&[(0x34, 0x40), (0x40, 0x4001)]), none);
        assert_eq!(space(&[]), none);
    }
}
