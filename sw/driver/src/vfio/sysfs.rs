//! What sysfs tells of a PCI function (Linux, `Documentation/ABI/testing/sysfs-bus-pci`).

use std::fmt;
use std::fs;
use std::path::PathBuf;

use ferrolane_abi::pci::{DEVICE_ID, VENDOR_ID};

use super::host::{names, target, text, Host};
use super::PciAddress;
use crate::config::COMMAND;

/// The driver through which functions are handed to user space.
pub(super) const VFIO_PCI: &str = "vfio-pci";

/// Vendor and device id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ids {
    /// Vendor id.
    pub vendor: u16,
    /// Device id.
    pub device: u16,
}

impl Ids {
    /// Those of the product. A board may have others: what counts in the end is what BAR0 begins with.
    pub const OURS: Ids = Ids { vendor: VENDOR_ID, device: DEVICE_ID };
}

impl fmt::Display for Ids {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04x}:{:04x}", self.vendor, self.device)
    }
}

/// A BAR as the kernel has set it up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct BarRange {
    pub start: u64,
    /// 0 if the function has no such BAR.
    pub size: u64,
    flags: u64,
}

/// Linux `include/linux/ioport.h`.
const IORESOURCE_MEM: u64 = 0x200;
const IORESOURCE_UNSET: u64 = 0x2000_0000;

impl BarRange {
    pub fn is_memory(&self) -> bool {
        self.flags & IORESOURCE_MEM != 0
    }

    pub fn is_assigned(&self) -> bool {
        self.start != 0 && self.flags & IORESOURCE_UNSET == 0
    }
}

/// Speed and width of one end of a link.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct LinkRate {
    /// In GT/s.
    pub speed: f64,
    pub lanes: u32,
}

impl LinkRate {
    pub fn least(self, other: LinkRate) -> LinkRate {
        LinkRate { speed: self.speed.min(other.speed), lanes: self.lanes.min(other.lanes) }
    }
}

impl fmt::Display for LinkRate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} GT/s x{}", self.speed, self.lanes)
    }
}

/// Another function of the group, and its driver.
pub(super) struct Member {
    pub name: String,
    pub driver: Option<String>,
}

impl Member {
    /// Whether it keeps the group from being used. The kernel gives out a group only as a whole; these drivers leave
    /// its DMA to the group's owner (`driver_managed_dma` in Linux's `pci_driver`).
    pub fn is_foreign(&self) -> bool {
        let harmless = |d: &str| d.starts_with("vfio") || d == "pci-stub" || d == "pcieport";
        self.driver.as_deref().is_some_and(|driver| !harmless(driver))
    }
}

/// A function that is on the bus.
pub(super) struct Function<'a> {
    pub host: &'a Host,
    pub address: PciAddress,
    /// Its folder. Real path, so that the folder above is that of the port it is plugged into.
    pub path: PathBuf,
}

impl<'a> Function<'a> {
    /// `None` if there is none at this address.
    pub fn find(host: &'a Host, address: PciAddress) -> Option<Function<'a>> {
        let path = fs::canonicalize(host.bus().join("devices").join(address.to_string())).ok()?;
        Some(Function { host, address, path })
    }

    pub fn read(&self, attribute: &str) -> Option<String> {
        text(&self.path.join(attribute))
    }

    fn hex(&self, attribute: &str) -> Option<u32> {
        u32::from_str_radix(self.read(attribute)?.strip_prefix("0x")?, 16).ok()
    }

    /// As the kernel read them when it found the function.
    pub fn ids(&self) -> Option<Ids> {
        Some(Ids { vendor: self.hex("vendor")? as u16, device: self.hex("device")? as u16 })
    }

    pub fn is_ours(&self) -> bool {
        self.ids() == Some(Ids::OURS)
    }

    /// Base class 6, sub-class 4 (PCI Code and ID Assignment 1.6).
    pub fn is_bridge(&self) -> bool {
        self.hex("class").is_some_and(|class| class >> 8 == 0x0604)
    }

    /// 16 bits of configuration space, from the card itself.
    pub fn config16(&self, offset: usize) -> Option<u16> {
        let bytes = fs::read(self.path.join("config")).ok()?;
        Some(u16::from_le_bytes([*bytes.get(offset)?, *bytes.get(offset + 1)?]))
    }

    pub fn command(&self) -> Option<u16> {
        self.config16(COMMAND as usize)
    }

    pub fn driver(&self) -> Option<String> {
        target(&self.path.join("driver"))
    }

    /// The only driver that may bind to it, if one is set.
    pub fn driver_override(&self) -> Option<String> {
        self.read("driver_override").filter(|name| !name.is_empty() && name != "(null)")
    }

    pub fn group(&self) -> Option<String> {
        target(&self.path.join("iommu_group"))
    }

    /// The other functions of its group.
    pub fn neighbours(&self) -> Vec<Member> {
        let folder = self.path.join("iommu_group/devices");
        let others = names(&folder).into_iter().filter(|name| *name != self.address.to_string());
        others
            .map(|name| {
                let driver = target(&folder.join(&name).join("driver"));
                Member { name, driver }
            })
            .collect()
    }

    pub fn bar(&self, index: u8) -> Option<BarRange> {
        let resource = self.read("resource")?;
        let mut numbers = resource
            .lines()
            .nth(index.into())?
            .split_whitespace()
            .map(|word| u64::from_str_radix(word.trim_start_matches("0x"), 16).ok());
        let (start, end, flags) = (numbers.next()??, numbers.next()??, numbers.next()??);
        let size = if flags == 0 { 0 } else { end.checked_sub(start)?.checked_add(1)? };
        Some(BarRange { start, size, flags })
    }

    /// The rate of its link: `current` or `max`. `None` if it has no link, or the kernel doesn't know.
    pub fn link(&self, which: &str) -> Option<LinkRate> {
        rate(&self.path, which)
    }

    /// The most that the port above it can do.
    pub fn slot_link(&self) -> Option<LinkRate> {
        rate(self.path.parent()?, "max")
    }

    pub fn numa_node(&self) -> Option<u32> {
        // -1: the machine does not tell.
        self.read("numa_node")?.parse().ok()
    }

    /// The nodes through which it is opened, those of the group and of the device itself.
    pub fn nodes(&self) -> Vec<PathBuf> {
        let group = self.group().map(|group| self.host.group_node(&group));
        let own = names(&self.path.join("vfio-dev")).into_iter();
        group.into_iter().chain(own.map(|name| self.host.dev.join("vfio/devices").join(name))).collect()
    }
}

fn rate(folder: &std::path::Path, which: &str) -> Option<LinkRate> {
    let speed = text(&folder.join(format!("{which}_link_speed")))?;
    let lanes = text(&folder.join(format!("{which}_link_width")))?.parse().ok()?;
    let speed = speed.split_whitespace().next()?.parse().ok()?;
    // The kernel's words for a width it could not read.
    (lanes != 255).then_some(LinkRate { speed, lanes })
}
