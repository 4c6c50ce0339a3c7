//! A made-up host in a folder: sysfs, `/proc` and `/dev` with a card behind a port, and a kernel that reacts to what is
//! written there. For tests of what sets cards up.
//!
//! The healthy host has a Ferrolane card at 0000:03:00.0, alone in IOMMU group 7, bound to vfio-pci and open to this
//! user. Tests spoil it file by file.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{symlink, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use ferrolane_abi::map::BAR0_BYTES;
use ferrolane_abi::pci::{DEVICE_ID, VENDOR_ID};

use super::MockCard;
use crate::vfio::Host;

/// The port above the card.
pub(super) const PORT: &str = "devices/pci0000:00/0000:00:1c.0";
const GROUPS: &str = "kernel/iommu_groups";
/// The override of a function that has none, as the kernel shows it.
pub(super) const NO_OVERRIDE: &str = "(null)\n";

/// The host.
#[derive(Clone)]
pub struct FakeHost {
    pub(super) root: PathBuf,
    pub(super) state: Arc<Mutex<State>>,
}

#[derive(Default)]
pub(super) struct State {
    pub(super) card: MockCard,
    /// What was written and given away, in order.
    pub(super) calls: Vec<String>,
    /// Errno of writes to an attribute of this name.
    pub(super) refused: BTreeMap<String, i32>,
    /// The driver that takes a function without override, and functions that no driver takes.
    pub(super) native: Option<String>,
    pub(super) unwanted: bool,
    /// Folders of functions that were removed, by address.
    pub(super) removed: BTreeMap<String, PathBuf>,
    /// They don't come back.
    pub(super) gone: bool,
}

impl FakeHost {
    /// Makes the healthy host in an empty folder.
    pub fn healthy(root: &Path) -> FakeHost {
        let host = FakeHost { root: root.to_path_buf(), state: Arc::default() };
        for folder in ["sysfs/bus/pci/devices", "sysfs/kernel/iommu_groups", "proc/self", "dev/vfio"] {
            fs::create_dir_all(root.join(folder)).expect("the folder is ours");
        }
        for driver in ["vfio-pci", "nvme"] {
            host.add_driver(driver);
        }
        host.write("dev/vfio/vfio", "");
        for (file, text) in [
            ("sysfs/bus/pci/drivers_probe", ""),
            ("sysfs/bus/pci/rescan", ""),
            (
                "sysfs/kernel/mm/transparent_hugepage/shmem_enabled",
                "always within_size [advise] never deny force\n",
            ),
            ("sysfs/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts", "N\n"),
            ("proc/cmdline", "root=/dev/sda1 quiet\n"),
            ("proc/cpuinfo", "vendor_id\t: GenuineIntel\n"),
            ("proc/interrupts", "  0:   5   IR-IO-APIC   2-edge   timer\n"),
            (
                "proc/self/limits",
                "Max locked memory         unlimited            unlimited            bytes\n",
            ),
            ("proc/self/status", "VmLck:\t       0 kB\nCapEff:\t0000000000000000\n"),
        ] {
            host.write(file, text);
        }
        for (attribute, text) in [("max_link_speed", "16.0 GT/s PCIe\n"), ("max_link_width", "16\n")] {
            host.write(&format!("sysfs/{PORT}/{attribute}"), text);
        }
        host.add_function("0000:03:00.0", "7", Some("vfio-pci"));
        host
    }

    /// The host as the driver takes it.
    pub fn host(&self) -> Host {
        let at = |name| self.root.join(name);
        Host { sysfs: at("sysfs"), proc: at("proc"), dev: at("dev"), system: Arc::new(self.clone()) }
    }

    /// A PCI driver that is loaded.
    pub fn add_driver(&self, name: &str) {
        for file in ["bind", "unbind"] {
            self.write(&format!("sysfs/bus/pci/drivers/{name}/{file}"), "");
        }
    }

    /// Another function like the card.
    pub fn add_function(&self, address: &str, group: &str, driver: Option<&str>) {
        let folder = format!("sysfs/{PORT}/{address}");
        let resource = format!("0xfc000000 {:#x} 0x140204\n0x0 0x0 0x0\n", 0xfc00_0000 + BAR0_BYTES - 1);
        for (attribute, text) in [
            ("vendor", format!("{VENDOR_ID:#06x}\n")),
            ("device", format!("{DEVICE_ID:#06x}\n")),
            ("class", "0x088000\n".into()),
            ("resource", resource),
            ("numa_node", "1\n".into()),
            ("power_state", "D0\n".into()),
            ("reset_method", "flr bus\n".into()),
            ("driver_override", NO_OVERRIDE.into()),
            ("remove", String::new()),
            ("current_link_speed", "8.0 GT/s PCIe\n".into()),
            ("current_link_width", "4\n".into()),
            ("max_link_speed", "8.0 GT/s PCIe\n".into()),
            ("max_link_width", "4\n".into()),
        ] {
            self.write(&format!("{folder}/{attribute}"), &text);
        }
        self.set_config(address, VENDOR_ID, 0x0002);
        let group = self.root.join("sysfs").join(GROUPS).join(group);
        fs::create_dir_all(group.join("devices")).expect("the folder is ours");
        let device = self.root.join(&folder);
        symlink(&group, device.join("iommu_group")).expect("a link");
        self.connect(address, &device);
        if let Some(driver) = driver {
            self.attach(address, driver);
        }
    }

    /// Vendor id and COMMAND in configuration space.
    pub fn set_config(&self, address: &str, vendor: u16, command: u16) {
        let mut config = [0; 64];
        config[..2].copy_from_slice(&vendor.to_le_bytes());
        config[4..6].copy_from_slice(&command.to_le_bytes());
        fs::write(self.root.join(format!("sysfs/{PORT}/{address}/config")), config)
            .expect("the file is ours");
    }

    /// The path of an attribute of a function, for [`FakeHost::write`] and the like.
    pub fn attribute(address: &str, name: &str) -> String {
        format!("sysfs/{PORT}/{address}/{name}")
    }

    /// Writes a file, and makes its folders.
    pub fn write(&self, file: &str, text: &str) {
        let path = self.root.join(file);
        fs::create_dir_all(path.parent().expect("a file in a folder")).expect("the folder is ours");
        fs::write(path, text).expect("the file is ours");
    }

    /// Takes a file, a link or a whole folder away.
    pub fn remove(&self, file: &str) {
        let path = self.root.join(file);
        match path.is_dir() && !path.is_symlink() {
            true => fs::remove_dir_all(path),
            false => fs::remove_file(path),
        }
        .expect("it is there");
    }

    /// A process that has a node open.
    pub fn add_holder(&self, pid: u32, name: &str, node: &str) {
        self.write(&format!("proc/{pid}/comm"), &format!("{name}\n"));
        self.write(&format!("proc/{pid}/fd/.keep"), "");
        let link = self.root.join(format!("proc/{pid}/fd/5"));
        symlink(self.root.join(node), link).expect("a link");
    }

    /// Nobody may open this node. (Its mode says so, and is asked: root could open it.)
    pub fn close_node(&self, node: &str) {
        fs::set_permissions(self.root.join(node), fs::Permissions::from_mode(0o0)).expect("the file is ours");
    }

    /// Writes to attributes of this name fail so.
    pub fn refuse(&self, attribute: &str, errno: i32) {
        self.lock().refused.insert(attribute.into(), errno);
    }

    /// A driver takes functions without override.
    pub fn set_native(&self, driver: &str) {
        self.lock().native = Some(driver.into());
    }

    /// No driver takes any function.
    pub fn set_unwanted(&self, unwanted: bool) {
        self.lock().unwanted = unwanted;
    }

    /// What is removed does not come back.
    pub fn set_gone(&self) {
        self.lock().gone = true;
    }

    /// The card that an open gives.
    pub fn set_card(&self, card: MockCard) {
        self.lock().card = card;
    }

    /// What was written and given away since it was last asked.
    pub fn calls(&self) -> Vec<String> {
        std::mem::take(&mut self.lock().calls)
    }

    /// The driver of a function.
    pub fn driver(&self, address: &str) -> Option<String> {
        let link = fs::read_link(self.device(address).join("driver")).ok()?;
        Some(link.file_name()?.to_str()?.into())
    }

    /// The override of a function, empty if there is none.
    pub fn driver_override(&self, address: &str) -> String {
        let text = fs::read_to_string(self.device(address).join("driver_override")).expect("it is there");
        text.trim().trim_start_matches("(null)").into()
    }
}
