//! PCI addresses as users write them.

use std::fmt;
use std::str::FromStr;

use crate::transport::TransportError;

/// Domain, bus, device and function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PciAddress {
    /// Domain (segment).
    pub domain: u32,
    /// Bus.
    pub bus: u8,
    /// Device, below 32.
    pub device: u8,
    /// Function, below 8.
    pub function: u8,
}

impl fmt::Display for PciAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04x}:{:02x}:{:02x}.{}", self.domain, self.bus, self.device, self.function)
    }
}

/// A hexadecimal number of 1 to `digits` digits, without sign.
fn hex(text: &str, digits: usize) -> Option<u32> {
    let plain = !text.is_empty() && text.len() <= digits && text.bytes().all(|b| b.is_ascii_hexdigit());
    u32::from_str_radix(text, 16).ok().filter(|_| plain)
}

impl FromStr for PciAddress {
    type Err = TransportError;

    /// Reads `[domain:]bus:device.function`, all hexadecimal as `lspci` prints them.
    fn from_str(text: &str) -> Result<Self, TransportError> {
        let parse = || {
            let (rest, function) = text.rsplit_once('.')?;
            let (rest, device) = rest.rsplit_once(':')?;
            let (domain, bus) = rest.rsplit_once(':').unwrap_or(("0", rest));
            Some(PciAddress {
                domain: hex(domain, 8)?,
                bus: hex(bus, 2)? as u8,
                device: hex(device, 2).filter(|d| *d < 32)? as u8,
                function: hex(function, 1).filter(|f| *f < 8)? as u8,
            })
        };
        parse().ok_or_else(|| {
            TransportError::NoDevice(format!(
                "'{text}' is not a PCI address; it should look like 0000:03:00.0 or 03:00.0, as `lspci -D` prints it"
            ))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_as_lspci_prints_them() {
        let read = |text: &str| text.parse::<PciAddress>().unwrap().to_string();
        assert_eq!(read("0000:03:00.0"), "0000:03:00.0");
        assert_eq!(read("3:1f.7"), "0000:03:1f.7");
        assert_eq!(read("10000:FE:00.1"), "10000:fe:00.1");
    }

    #[test]
    fn what_is_no_address_is_told_with_an_example() {
        for text in [
            "",
            "sim",
            "03:00",
            "03:20.0",
            "03:00.8",
            "g3:00.0",
            "+3:00.0",
            "0:1:2:3.4",
            "123:00.0",
            "03:00.0 ",
        ] {
            let error = text.parse::<PciAddress>().unwrap_err().to_string();
            assert!(error.contains("0000:03:00.0"), "{text}: {error}");
        }
    }
}
