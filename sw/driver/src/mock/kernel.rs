//! The kernel of the made-up host: what happens when an attribute is written.

use std::fs;
use std::io;
use std::os::unix::fs::{symlink, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, MutexGuard};

use super::host::{FakeHost, State, NO_OVERRIDE, PORT};
use crate::device::lock;
use crate::transport::{Transport, TransportError};
use crate::vfio::{Owner, PciAddress, System};

impl FakeHost {
    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    pub(super) fn device(&self, address: &str) -> PathBuf {
        self.root.join(format!("sysfs/{PORT}/{address}"))
    }

    /// Where the bus and the group list a function.
    fn lists(&self, address: &str, device: &Path) -> [PathBuf; 2] {
        let group = fs::read_link(device.join("iommu_group")).expect("a link");
        [self.root.join("sysfs/bus/pci/devices").join(address), group.join("devices").join(address)]
    }

    pub(super) fn connect(&self, address: &str, device: &Path) {
        for list in self.lists(address, device) {
            symlink(self.device(address), list).expect("a link");
        }
    }

    fn node(&self, device: &Path) -> PathBuf {
        let group = fs::read_link(device.join("iommu_group")).expect("a link");
        self.root.join("dev/vfio").join(group.file_name().expect("a name"))
    }

    pub(super) fn attach(&self, address: &str, driver: &str) {
        let device = self.device(address);
        let driver_folder = self.root.join("sysfs/bus/pci/drivers").join(driver);
        symlink(driver_folder, device.join("driver")).expect("a link");
        if driver == "vfio-pci" {
            fs::write(self.node(&device), "").expect("the file is ours");
        }
    }

    fn detach(&self, address: &str) -> io::Result<()> {
        let device = self.device(address);
        fs::remove_file(device.join("driver"))?;
        let _ = fs::remove_file(self.node(&device));
        Ok(())
    }

    fn probe(&self, address: &str) {
        let wanted = match self.driver_override(address) {
            name if name.is_empty() => self.lock().native.clone(),
            name => Some(name),
        };
        let unwanted = self.lock().unwanted;
        if let Some(driver) = wanted.filter(|_| !unwanted && self.driver(address).is_none()) {
            self.attach(address, &driver);
        }
    }

    /// What the kernel does when `text` is written to `name` in the folder `of`.
    fn react(&self, of: &str, name: &str, text: &str) -> io::Result<()> {
        match name {
            "driver_override" => {
                let shown = if text.is_empty() { NO_OVERRIDE.into() } else { format!("{text}\n") };
                self.write(&Self::attribute(of, name), &shown);
            }
            "unbind" => self.detach(text)?,
            "bind" => self.attach(text, of),
            "drivers_probe" => self.probe(text),
            "remove" => {
                let aside = self.root.join("removed").join(of);
                fs::create_dir_all(aside.parent().expect("a folder"))?;
                for list in self.lists(of, &self.device(of)) {
                    fs::remove_file(list)?;
                }
                let _ = self.detach(of);
                fs::rename(self.device(of), &aside)?;
                self.lock().removed.insert(of.into(), aside);
            }
            "rescan" if !self.lock().gone => {
                let removed = std::mem::take(&mut self.lock().removed);
                for (address, aside) in removed {
                    fs::rename(aside, self.device(&address))?;
                    self.write(&Self::attribute(&address, "driver_override"), NO_OVERRIDE);
                    self.connect(&address, &self.device(&address));
                    self.probe(&address);
                }
            }
            _ => {}
        }
        Ok(())
    }
}

impl System for FakeHost {
    fn write(&self, attribute: &Path, text: &str) -> io::Result<()> {
        let name = |path: Option<&Path>| {
            path.and_then(Path::file_name).map(|n| n.to_string_lossy().into_owned()).unwrap_or_default()
        };
        let (folder, file, text) = (name(attribute.parent()), name(Some(attribute)), text.trim());
        self.lock().calls.push(format!("{folder}/{file} = {text}"));
        if let Some(errno) = self.lock().refused.get(&file) {
            return Err(io::Error::from_raw_os_error(*errno));
        }
        self.react(&folder, &file, text)
    }

    fn may_open(&self, node: &Path) -> io::Result<()> {
        match fs::metadata(node)?.permissions().mode() & 0o600 {
            0o600 => Ok(()),
            _ => Err(io::ErrorKind::PermissionDenied.into()),
        }
    }

    fn chown(&self, node: &Path, owner: Owner) -> io::Result<()> {
        let node = node.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let number = |id: Option<u32>| id.map_or("-".into(), |id| id.to_string());
        self.lock().calls.push(format!("chown {}:{} {node}", number(owner.uid), number(owner.gid)));
        match self.lock().refused.get("chown") {
            Some(errno) => Err(io::Error::from_raw_os_error(*errno)),
            None => Ok(()),
        }
    }

    fn open(&self, _: PciAddress) -> Result<Arc<dyn Transport>, TransportError> {
        Ok(self.lock().card.transport())
    }
}
