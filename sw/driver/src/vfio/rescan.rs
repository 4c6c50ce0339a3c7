//! Having the kernel look for a function anew, as after an FPGA was reprogrammed: it forgets the function, scans the
//! bus, and assigns its BARs.

use std::os::unix::fs::MetadataExt;

use super::bind::{bind, give_node, BindOptions};
use super::doctor::{bar_check, CheckResult};
use super::host::{Host, Owner};
use super::setup::{check_free, check_ours, write, SetupError};
use super::sysfs::{Function, Ids, VFIO_PCI};
use super::PciAddress;

/// How to rescan.
#[derive(Clone, Copy, Debug)]
pub struct RescanOptions {
    /// Have the kernel forget the function first. Without it BARs and driver stay as they are.
    pub remove: bool,
    /// Also a function whose ids are not the product's.
    pub force: bool,
}

/// What came back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rescanned {
    /// It was there, and was removed first.
    pub removed: bool,
    /// Its ids now.
    pub ids: Option<Ids>,
    /// Its driver now. What vfio-pci had is bound to it again, and its node belongs to whom it did.
    pub driver: Option<String>,
}

/// Scans the whole bus, touches nothing that is known, and tells the functions with the product's ids.
pub fn rescan_bus(host: &Host) -> Result<Vec<PciAddress>, SetupError> {
    scan(host, "Nothing was changed")?;
    let ours = |address: &PciAddress| Function::find(host, *address).is_some_and(|f| f.is_ours());
    Ok(host.functions().into_iter().filter(ours).collect())
}

fn scan(host: &Host, state: &str) -> Result<(), SetupError> {
    write(host, &host.bus().join("rescan"), "1\n", "scan the PCI bus", state)
}

/// Has the kernel look for one function, and makes sure that it is there and has its BARs.
pub fn rescan(host: &Host, address: PciAddress, options: RescanOptions) -> Result<Rescanned, SetupError> {
    let mut before = None;
    let mut removed = false;
    if let Some(function) = Function::find(host, address).filter(|_| options.remove) {
        check_ours(&function, options.force)?;
        if function.is_bridge() {
            let text = format!("{address} is a bridge, with all that is behind it: nothing was changed");
            return Err(SetupError::Result(text));
        }
        check_free(&function)?;
        before = (function.driver().as_deref() == Some(VFIO_PCI)).then(|| node_owner(&function));
        write(
            host,
            &function.path.join("remove"),
            "1\n",
            &format!("remove {address} from the bus"),
            "Nothing was changed",
        )?;
        removed = true;
    }
    let state = match removed {
        true => {
            format!("{address} was removed already: run `sudo ferrolane rescan {address}` to get it back")
        }
        false => "Nothing was changed".into(),
    };
    scan(host, &state)?;
    let Some(function) = Function::find(host, address) else {
        return Err(SetupError::NoDevice(format!(
            "{address} did not come{} after a scan: no card answers there, or it has another address (`lspci -D`). \
             Check its power and that its bitstream is loaded, then run this again; reboot if it stays away",
            if removed { " back" } else { "" }
        )));
    };
    if let CheckResult::Failed(finding) = bar_check(&function) {
        return Err(SetupError::Result(format!("{address} is on the bus, but {}", finding.sentence())));
    }
    if let Some(owner) = before {
        rebind(&function, owner, options.force)?;
    }
    Ok(Rescanned { removed, ids: function.ids(), driver: function.driver() })
}

/// User and group of the node, to be given to the one that takes its place.
fn node_owner(function: &Function<'_>) -> Owner {
    let node = function.group().map(|group| function.host.group_node(&group));
    match node.and_then(|node| std::fs::metadata(node).ok()) {
        Some(data) if (data.uid(), data.gid()) != (0, 0) => {
            Owner { uid: Some(data.uid()), gid: Some(data.gid()) }
        }
        _ => Owner::default(),
    }
}

/// The override that had it bound is gone with the function that the kernel forgot.
fn rebind(function: &Function<'_>, owner: Owner, force: bool) -> Result<(), SetupError> {
    let address = function.address;
    if function.driver().as_deref() == Some(VFIO_PCI) {
        return give_node(function, owner);
    }
    match bind(function.host, address, &BindOptions { force, owner }) {
        Ok(_) => Ok(()),
        Err(error) => Err(SetupError::Result(format!(
            "{address} is back on the bus, but not bound to vfio-pci as it was: {error}"
        ))),
    }
}
