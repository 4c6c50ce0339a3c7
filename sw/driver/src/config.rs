//! What a transport needs of configuration space: COMMAND, the link and MSI-X, for those that reach it as a plain space of
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
const CAP_ID_MSIX: u32 = 0x11;
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

/// Where the capability with this id stands, if there is one.
fn capability(
    id: u32,
    read: impl Fn(u16) -> Result<u32, TransportError>,
) -> Result<Option<(u16, u32)>, TransportError> {
    let mut at = (read(CAPABILITIES)? & 0xFC) as u16;
    for _ in 0..MOST_CAPABILITIES {
        if at < 0x40 {
            break;
        }
        let header = read(at)?;
        if header & 0xFF == id {
            return Ok(Some((at, header)));
        }
        at = (header >> 8 & 0xFC) as u16;
    }
    Ok(None)
}

/// Reads Device Control and Link Status (PCIe Base Spec 7.5.3.4, 7.5.3.8). A device without the capability gives zeros
/// and the smallest sizes.
///
/// # Errors
/// Those of `read`.
pub fn link_facts(read: impl Fn(u16) -> Result<u32, TransportError>) -> Result<LinkFacts, TransportError> {
    let Some((at, _)) = capability(CAP_ID_PCIE, &read)? else {
        return Ok(LinkFacts { generation: 0, lanes: 0, max_payload: 128, max_read_request: 128 });
    };
    let control = read(at + 0x08)?;
    let status = read(at + 0x10)? >> 16;
    Ok(LinkFacts {
        generation: (status & 0xF) as u8,
        lanes: (status >> 4 & 0x3F) as u8,
        max_payload: 128 << (control >> 5 & 7),
        max_read_request: 128 << (control >> 12 & 7),
    })
}

/// MSI-X Enable of Message Control (PCIe Base Spec 7.7.2.2).
///
/// # Errors
/// Those of `read`.
pub fn msix_enabled(read: impl Fn(u16) -> Result<u32, TransportError>) -> Result<bool, TransportError> {
    Ok(capability(CAP_ID_MSIX, read)?.is_some_and(|(_, header)| header >> 31 == 1))
}

/// Sets and clears bits of COMMAND and touches no other: what was read is written back, in 16 bits, so that STATUS
/// beside it, whose bits are cleared by ones, is not written.
///
/// # Errors
/// Those of `read` and `write`; [`TransportError::DeviceLost`] if COMMAND reads all ones.
pub fn change_command(
    read: impl FnOnce() -> Result<u16, TransportError>,
    write: impl FnOnce(u16) -> Result<(), TransportError>,
    set: u16,
    clear: u16,
) -> Result<(), TransportError> {
    let before = read()?;
    if before == u16::MAX {
        return Err(TransportError::DeviceLost("COMMAND reads all ones".into()));
    }
    let after = (before | set) & !clear;
    if after == before {
        return Ok(());
    }
    write(after)
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

    #[test]
    fn msix_is_on_by_its_own_bit_only() {
        let enabled = |dwords: &[(u16, u32)]| {
            msix_enabled(|offset| Ok(dwords.iter().find(|d| d.0 == offset).map_or(0, |d| d.1))).unwrap()
        };
        assert!(enabled(&[(0x34, 0x40), (0x40, 0x5001), (0x50, 0x800F_0011)]));
        assert!(!enabled(&[(0x34, 0x40), (0x40, 0x5001), (0x50, 0x400F_0011)]));
        assert!(!enabled(&[(0x34, 0x40), (0x40, 0x8000_0001)]), "another capability's bit");
    }

    /// What is written for a value that is read.
    fn written(read: u16, set: u16, clear: u16) -> Result<Option<u16>, TransportError> {
        let mut written = None;
        let write = |value| {
            written = Some(value);
            Ok(())
        };
        change_command(|| Ok(read), write, set, clear).map(|()| written)
    }

    #[test]
    fn bus_master_enable_touches_no_other_bit() {
        for others in [0, 0x0400, 0x0546, 0x0002, 0x8000] {
            let others = others & !BUS_MASTER;
            assert_eq!(written(others, BUS_MASTER, 0).unwrap(), Some(others | BUS_MASTER));
            assert_eq!(written(others | BUS_MASTER, 0, BUS_MASTER).unwrap(), Some(others));
            assert_eq!(written(others, 0, BUS_MASTER).unwrap(), None, "nothing to do");
        }
    }

    #[test]
    fn a_lost_device_is_not_written_to() {
        assert!(matches!(written(u16::MAX, 0, BUS_MASTER), Err(TransportError::DeviceLost(_))));
    }
}
