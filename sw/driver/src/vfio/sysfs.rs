//! Whether a device can be opened through VFIO, and if not, what to do about it.
//!
//! VFIO itself answers most of these with a bare errno, so they are looked up first (Linux, `driver-api/vfio.rst`).

use std::fs;
use std::path::{Path, PathBuf};

use rustix::fs::{access, Access};

use super::address::PciAddress;
use crate::transport::TransportError;

/// Where the system keeps devices; another place in tests.
pub(super) struct Roots {
    /// `/sys/bus/pci/devices`
    pub devices: PathBuf,
    /// `/dev/vfio`
    pub vfio: PathBuf,
}

impl Default for Roots {
    fn default() -> Self {
        Roots { devices: "/sys/bus/pci/devices".into(), vfio: "/dev/vfio".into() }
    }
}

/// A device that VFIO can open.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Found {
    pub path: PathBuf,
    pub numa_node: Option<u32>,
}

/// Last part of where a link points to.
fn target(link: &Path) -> Option<String> {
    Some(fs::read_link(link).ok()?.file_name()?.to_string_lossy().into_owned())
}

fn bind_hint(address: &str) -> String {
    format!(
        "run as root: modprobe vfio-pci; echo vfio-pci > /sys/bus/pci/devices/{address}/driver_override; \
         echo {address} > /sys/bus/pci/devices/{address}/driver/unbind (if it has a driver); \
         echo {address} > /sys/bus/pci/drivers_probe"
    )
}

/// Looks the device up and checks all that an open needs.
pub(super) fn find(roots: &Roots, address: PciAddress) -> Result<Found, TransportError> {
    let name = address.to_string();
    let path = roots.devices.join(&name);
    if !path.exists() {
        return Err(TransportError::NoDevice(format!(
            "there is no PCI device {name}; `lspci -D` lists those there are, and `echo 1 > /sys/bus/pci/rescan` as \
             root looks for new ones"
        )));
    }
    let Some(group) = target(&path.join("iommu_group")) else {
        return Err(TransportError::Permission(format!(
            "{name} is in no IOMMU group, the IOMMU is off; turn on VT-d or AMD-Vi in the firmware and boot with \
             intel_iommu=on or amd_iommu=on"
        )));
    };
    match target(&path.join("driver")).as_deref() {
        Some("vfio-pci") => {}
        Some(other) => {
            return Err(TransportError::Permission(format!(
                "{name} is bound to the driver {other}, not to vfio-pci; {}",
                bind_hint(&name)
            )))
        }
        None => {
            return Err(TransportError::Permission(format!(
                "{name} is bound to no driver, it needs vfio-pci; {}",
                bind_hint(&name)
            )))
        }
    }
    check_neighbours(&path, &name, &group)?;
    let node = roots.vfio.join(&group);
    for file in [roots.vfio.join("vfio"), node] {
        check_access(&file, &name)?;
    }
    let numa =
        fs::read_to_string(path.join("numa_node")).ok().and_then(|text| text.trim().parse::<i64>().ok());
    Ok(Found { path, numa_node: numa.and_then(|node| u32::try_from(node).ok()) })
}

/// The kernel gives out a group only as a whole: its other devices must be unbound or VFIO's too.
fn check_neighbours(path: &Path, name: &str, group: &str) -> Result<(), TransportError> {
    let Ok(entries) = fs::read_dir(path.join("iommu_group/devices")) else { return Ok(()) };
    for entry in entries.flatten() {
        let driver = target(&entry.path().join("driver"));
        let viable =
            driver.as_deref().is_none_or(|d| d.starts_with("vfio") || d == "pci-stub" || d == "pcieport");
        if let (false, Some(driver)) = (viable, driver) {
            let other = entry.file_name().to_string_lossy().into_owned();
            return Err(TransportError::Permission(format!(
                "{name} shares IOMMU group {group} with {other}, which is bound to the driver {driver}: all devices \
                 of a group must belong to vfio-pci or to no driver; unbind {other}, or use another slot"
            )));
        }
    }
    Ok(())
}

fn check_access(file: &Path, name: &str) -> Result<(), TransportError> {
    let shown = file.display();
    match access(file, Access::READ_OK | Access::WRITE_OK) {
        Ok(()) => Ok(()),
        Err(rustix::io::Errno::NOENT) => Err(TransportError::Permission(format!(
            "{shown} does not exist, so {name} can't be opened; run `modprobe vfio-pci` as root"
        ))),
        Err(error) => Err(TransportError::Permission(format!(
            "this user may not open {shown} for {name} ({}); run `chown $USER {shown}` as root, or add a udev rule: \
             SUBSYSTEM==\"vfio\", GROUP=\"<group>\"",
            std::io::Error::from(error)
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    /// A sysfs with one device in group 7.
    struct Fake {
        dir: tempfile::TempDir,
        roots: Roots,
    }

    const ADDRESS: PciAddress = PciAddress { domain: 0, bus: 3, device: 0, function: 0 };

    fn fake() -> Fake {
        let dir = tempfile::tempdir().unwrap();
        let roots = Roots { devices: dir.path().join("devices"), vfio: dir.path().join("vfio") };
        for sub in ["devices", "groups/7/devices", "drivers/vfio-pci", "drivers/nvme", "vfio"] {
            fs::create_dir_all(dir.path().join(sub)).unwrap();
        }
        Fake { dir, roots }
    }

    impl Fake {
        fn add(&self, name: &str, driver: Option<&str>) {
            let device = self.roots.devices.join(name);
            fs::create_dir(&device).unwrap();
            symlink(self.dir.path().join("groups/7"), device.join("iommu_group")).unwrap();
            symlink(&device, self.dir.path().join("groups/7/devices").join(name)).unwrap();
            fs::write(device.join("numa_node"), "1\n").unwrap();
            if let Some(driver) = driver {
                symlink(self.dir.path().join("drivers").join(driver), device.join("driver")).unwrap();
            }
        }

        fn node(&self, name: &str) {
            fs::write(self.roots.vfio.join(name), "").unwrap();
        }

        fn error(&self) -> String {
            find(&self.roots, ADDRESS).unwrap_err().to_string()
        }
    }

    #[test]
    fn a_missing_device_is_named() {
        let error = fake().error();
        assert!(error.contains("no PCI device 0000:03:00.0") && error.contains("lspci"), "{error}");
    }

    #[test]
    fn no_iommu() {
        let fake = fake();
        fs::create_dir(fake.roots.devices.join("0000:03:00.0")).unwrap();
        assert!(fake.error().contains("intel_iommu=on"));
    }

    #[test]
    fn another_driver_and_none() {
        let fake = fake();
        fake.add("0000:03:00.0", Some("nvme"));
        let error = fake.error();
        assert!(
            error.contains("driver nvme, not to vfio-pci") && error.contains("driver_override"),
            "{error}"
        );
        let fake = self::fake();
        fake.add("0000:03:00.0", None);
        assert!(fake.error().contains("bound to no driver"));
    }

    #[test]
    fn a_neighbour_with_a_driver() {
        let fake = fake();
        fake.add("0000:03:00.0", Some("vfio-pci"));
        fake.add("0000:03:00.1", Some("nvme"));
        let error = fake.error();
        assert!(error.contains("group 7 with 0000:03:00.1") && error.contains("nvme"), "{error}");
    }

    #[test]
    fn missing_nodes_and_a_good_device() {
        let fake = fake();
        fake.add("0000:03:00.0", Some("vfio-pci"));
        assert!(fake.error().contains("modprobe vfio-pci"));
        fake.node("vfio");
        assert!(fake.error().contains("vfio/7 does not exist"));
        fake.node("7");
        let found = find(&fake.roots, ADDRESS).unwrap();
        assert_eq!(found.numa_node, Some(1));
        fs::write(fake.roots.devices.join("0000:03:00.0/numa_node"), "-1\n").unwrap();
        assert_eq!(find(&fake.roots, ADDRESS).unwrap().numa_node, None);
    }
}
