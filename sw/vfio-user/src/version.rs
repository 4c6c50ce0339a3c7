//! The first message: versions, and capabilities as JSON.

use serde_json::{json, Value};

use crate::message::{MAX_FDS, MAX_TRANSFER};

/// Major version that is spoken.
pub const MAJOR: u16 = 0;
/// Minor version that is spoken. QEMU accepts no other in a reply.
pub const MINOR: u16 = 0;

/// What an end says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    /// Major version.
    pub major: u16,
    /// Minor version.
    pub minor: u16,
    /// Most file descriptors that it takes in a message.
    pub max_fds: usize,
}

/// Where in the payload of a DMA message the data starts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DmaData {
    /// At byte 16, behind a count of 64 bits, as the protocol says.
    #[default]
    AfterCount64,
    /// At byte 12, behind a count of 32 bits, with 4 bytes behind the data: so did earlier releases of QEMU.
    AfterCount32,
}

impl DmaData {
    /// Offset in the payload.
    pub fn offset(self) -> usize {
        match self {
            DmaData::AfterCount64 => 16,
            DmaData::AfterCount32 => 12,
        }
    }
}

/// The payload that says what this end can.
pub fn payload() -> Vec<u8> {
    let capabilities = json!({
        "capabilities": {
            "max_msg_fds": MAX_FDS,
            "max_data_xfer_size": MAX_TRANSFER,
            "pgsizes": 4096,
            "max_dma_maps": 65535,
        }
    });
    let mut bytes = Vec::new();
    bytes.extend_from_slice(&MAJOR.to_le_bytes());
    bytes.extend_from_slice(&MINOR.to_le_bytes());
    bytes.extend_from_slice(capabilities.to_string().as_bytes());
    bytes.push(0);
    bytes
}

/// What the other end says; an error names what is wrong with it.
///
/// # Errors
/// No version, another major version, or no JSON where there should be.
pub fn parse(payload: &[u8]) -> Result<Version, String> {
    let [a, b, c, d, text @ ..] = payload else {
        return Err(format!("a version of {} bytes; 4 are the least", payload.len()));
    };
    let (major, minor) = (u16::from_le_bytes([*a, *b]), u16::from_le_bytes([*c, *d]));
    if major != MAJOR {
        return Err(format!("version {major}.{minor} of vfio-user; {MAJOR}.{MINOR} is spoken here"));
    }
    let text = text.strip_suffix(&[0]).unwrap_or(text);
    let value: Value = match text {
        [] => Value::Null,
        text => serde_json::from_slice(text).map_err(|error| format!("capabilities are no JSON: {error}"))?,
    };
    let capabilities = &value["capabilities"];
    let max_fds = capabilities["max_msg_fds"].as_u64().unwrap_or(1).clamp(1, MAX_FDS as u64);
    Ok(Version { major, minor, max_fds: max_fds as usize })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_one_end_says_the_other_understands() {
        let version = parse(&payload()).unwrap();
        assert_eq!(version, Version { major: 0, minor: 0, max_fds: MAX_FDS });
    }

    #[test]
    fn others_say_less_or_more() {
        assert_eq!(parse(&[0, 0, 1, 0]).unwrap().max_fds, 1);
        let more = b"\0\0\0\0{\"capabilities\":{\"max_msg_fds\":8,\"write_multiple\":true}}\0";
        assert_eq!(parse(more).unwrap().max_fds, 8);
        let many = b"\0\0\0\0{\"capabilities\":{\"max_msg_fds\":18446744073709551615}}\0";
        assert_eq!(parse(many).unwrap().max_fds, MAX_FDS);
    }

    #[test]
    fn nonsense_is_named() {
        assert!(parse(&[0, 0, 0]).unwrap_err().contains("3 bytes"));
        assert!(parse(&[1, 0, 0, 0]).unwrap_err().contains("version 1.0"));
        assert!(parse(b"\0\0\0\0{\"capa").unwrap_err().contains("no JSON"));
        assert!(parse(b"\0\0\0\0[1]\0").is_ok() && parse(b"\0\0\0\0\0").is_ok());
    }
}
