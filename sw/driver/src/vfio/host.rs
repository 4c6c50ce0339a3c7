//! The host as it shows itself: three folders, and the few things that are done rather than read.
//!
//! Everything that looks for a card or sets it up takes a [`Host`], so that it can be tried on a folder that looks like
//! one (`mock::FakeHost`).

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustix::fs::{access, Access};

use super::{PciAddress, VfioTransport};
use crate::transport::{Transport, TransportError};

/// User and group to give a device node to, by number; `None` leaves it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Owner {
    /// User.
    pub uid: Option<u32>,
    /// Group.
    pub gid: Option<u32>,
}

/// What is done to the system rather than read from it.
pub trait System: Send + Sync {
    /// Writes `text` to an attribute of sysfs in one call, as the kernel wants it.
    fn write(&self, attribute: &Path, text: &str) -> io::Result<()>;
    /// Whether this process may open `node` for reading and writing.
    fn may_open(&self, node: &Path) -> io::Result<()>;
    /// Gives `node` to someone.
    fn chown(&self, node: &Path, owner: Owner) -> io::Result<()>;
    /// Opens a function through VFIO.
    fn open(&self, address: PciAddress) -> Result<Arc<dyn Transport>, TransportError>;
}

/// The system that this process runs on.
struct Linux;

impl System for Linux {
    fn write(&self, attribute: &Path, text: &str) -> io::Result<()> {
        OpenOptions::new().write(true).open(attribute)?.write_all(text.as_bytes())
    }

    fn may_open(&self, node: &Path) -> io::Result<()> {
        Ok(access(node, Access::READ_OK | Access::WRITE_OK)?)
    }

    fn chown(&self, node: &Path, owner: Owner) -> io::Result<()> {
        std::os::unix::fs::chown(node, owner.uid, owner.gid)
    }

    fn open(&self, address: PciAddress) -> Result<Arc<dyn Transport>, TransportError> {
        Ok(Arc::new(VfioTransport::open_at(address)?))
    }
}

/// Where the system keeps devices.
#[derive(Clone)]
pub struct Host {
    /// `/sys`
    pub sysfs: PathBuf,
    /// `/proc`
    pub proc: PathBuf,
    /// `/dev`
    pub dev: PathBuf,
    /// What acts on it.
    pub system: Arc<dyn System>,
}

impl Default for Host {
    fn default() -> Self {
        Host { sysfs: "/sys".into(), proc: "/proc".into(), dev: "/dev".into(), system: Arc::new(Linux) }
    }
}

impl Host {
    /// The folder of the PCI bus.
    pub(super) fn bus(&self) -> PathBuf {
        self.sysfs.join("bus/pci")
    }

    /// The folder of a PCI driver. It is there while the driver is loaded or built in.
    pub(super) fn driver(&self, name: &str) -> PathBuf {
        self.bus().join("drivers").join(name)
    }

    /// The node of an IOMMU group.
    pub(super) fn group_node(&self, group: &str) -> PathBuf {
        self.dev.join("vfio").join(group)
    }

    /// All functions on the bus, in order.
    pub fn functions(&self) -> Vec<PciAddress> {
        let mut found: Vec<PciAddress> =
            names(&self.bus().join("devices")).iter().filter_map(|name| name.parse().ok()).collect();
        found.sort();
        found
    }
}

/// The text of a file without the newline at its end.
pub(super) fn text(file: &Path) -> Option<String> {
    Some(fs::read_to_string(file).ok()?.trim().to_string())
}

/// Names in a folder, in order; none if it can't be read.
pub(super) fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut names: Vec<String> = entries.map(|e| e.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

/// Last part of where a link points to.
pub(super) fn target(link: &Path) -> Option<String> {
    Some(fs::read_link(link).ok()?.file_name()?.to_string_lossy().into_owned())
}
