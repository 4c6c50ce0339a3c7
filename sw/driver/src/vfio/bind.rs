//! Handing a function to vfio-pci and back (Linux, `driver-api/vfio.rst`).

use std::io;
use std::path::PathBuf;

use super::doctor::{group_check, iommu_check, module_missing, Blame, CheckResult, Finding};
use super::host::{Host, Owner};
use super::setup::{check_free, check_ours, present, write, SetupError};
use super::sysfs::{Function, VFIO_PCI};
use super::PciAddress;

/// How to bind.
#[derive(Clone, Copy, Debug, Default)]
pub struct BindOptions {
    /// Also a function whose ids are not the product's.
    pub force: bool,
    /// Whom to give the group's node to.
    pub owner: Owner,
}

/// What was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The driver before.
    pub before: Option<String>,
    /// The driver now.
    pub driver: Option<String>,
    /// The node through which it is opened, if it is bound to vfio-pci.
    pub node: Option<PathBuf>,
}

impl Change {
    fn since(function: &Function<'_>, before: Option<String>) -> Change {
        let driver = function.driver();
        let bound = driver.as_deref() == Some(VFIO_PCI);
        let node = function.group().filter(|_| bound).map(|group| function.host.group_node(&group));
        Change { before, driver, node }
    }
}

/// Binds a function to vfio-pci, whichever driver it has now. Where it can't be done nothing is changed, or what was
/// changed is put back, and the error says which.
pub fn bind(host: &Host, address: PciAddress, options: &BindOptions) -> Result<Change, SetupError> {
    let function = present(host, address)?;
    check_ours(&function, options.force)?;
    if function.is_bridge() {
        let finding =
            Finding::new(Blame::OtherCard, "it is a bridge", "an endpoint: vfio-pci takes no bridges");
        return Err(SetupError::Host { address, finding });
    }
    for result in [iommu_check(&function), group_check(&function)] {
        if let CheckResult::Failed(finding) = result {
            return Err(SetupError::Host { address, finding });
        }
    }
    if !host.driver(VFIO_PCI).is_dir() {
        return Err(SetupError::Host { address, finding: module_missing() });
    }
    let before = function.driver();
    if before.as_deref() != Some(VFIO_PCI) {
        let kept = function.driver_override();
        if let Err(error) = hand_over(&function, VFIO_PCI) {
            return Err(put_back(&function, kept.as_deref(), before.as_deref(), error));
        }
    }
    give_node(&function, options.owner)?;
    Ok(Change::since(&function, before))
}

/// Hands a function that vfio-pci has back to `driver`, or to whichever driver of the kernel wants it. Does nothing
/// with one that vfio-pci does not have.
pub fn unbind(host: &Host, address: PciAddress, driver: Option<&str>) -> Result<Change, SetupError> {
    let function = present(host, address)?;
    if let Some(driver) = driver.filter(|driver| !host.driver(driver).is_dir()) {
        let found = format!("the driver {driver} is not loaded");
        let finding = Finding::new(Blame::Setup, found, "a PCI driver by its name in /sys/bus/pci/drivers")
            .run(format!("sudo modprobe {driver}"));
        return Err(SetupError::Host { address, finding });
    }
    let before = function.driver();
    if before.as_deref().is_some_and(|now| now != VFIO_PCI)
        && driver.is_none_or(|d| before.as_deref() == Some(d))
    {
        return Ok(Change::since(&function, before));
    }
    if before.as_deref() == Some(VFIO_PCI) {
        check_free(&function)?;
    } else if let (Some(now), Some(wanted)) = (&before, driver) {
        let found = format!("it is bound to {now}, which unbind does not take it from");
        let finding =
            Finding::new(Blame::Setup, found, format!("vfio-pci or no driver, to hand it to {wanted}"));
        return Err(SetupError::Host { address, finding });
    }
    let kept = function.driver_override();
    let wanted = driver.unwrap_or("");
    if let Err(error) = hand_over(&function, wanted) {
        return Err(put_back(&function, kept.as_deref(), before.as_deref(), error));
    }
    // It counts for the next driver that is loaded too, so it does not stay.
    write(
        host,
        &function.path.join("driver_override"),
        "\n",
        &format!("clear driver_override of {address}"),
        "It was handed over, and only this driver will take it until the override is cleared",
    )?;
    Ok(Change::since(&function, before))
}

/// Takes the function from its driver and offers it to the one of this name alone, or to all if it is empty.
fn hand_over(function: &Function<'_>, driver: &str) -> Result<(), SetupError> {
    let (host, address) = (function.host, function.address);
    // The state is said by the caller, who puts it back.
    let step = |file: PathBuf, text: &str, what: String| write(host, &file, text, &what, "");
    step(
        function.path.join("driver_override"),
        &format!("{driver}\n"),
        format!("set driver_override of {address}"),
    )?;
    if let Some(now) = function.driver() {
        let what = format!("take {address} from the driver {now}");
        step(function.path.join("driver/unbind"), &format!("{address}\n"), what)?;
    }
    step(
        host.bus().join("drivers_probe"),
        &format!("{address}\n"),
        format!("offer {address} to {}", if driver.is_empty() { "the kernel's drivers" } else { driver }),
    )?;
    let now = function.driver();
    if !driver.is_empty() && now.as_deref() != Some(driver) {
        let error = io::Error::other("the driver did not take it, `sudo dmesg | tail` may tell why");
        return Err(SetupError::system(format!("bind {address} to {driver}"), error, ""));
    }
    if driver.is_empty() && now.as_deref() == Some(VFIO_PCI) {
        let error = io::Error::other(
            "vfio-pci took it again: its ids are in vfio-pci's `ids=` option or `new_id`; give --driver, or take them \
             out there",
        );
        return Err(SetupError::system(format!("unbind {address}"), error, ""));
    }
    Ok(())
}

/// Puts back what [`hand_over`] has changed before it failed, and says what came of it.
fn put_back(
    function: &Function<'_>,
    kept: Option<&str>,
    before: Option<&str>,
    error: SetupError,
) -> SetupError {
    let (host, address) = (function.host, function.address);
    let name = |driver: Option<&str>| driver.map_or("no driver".into(), |d| format!("the driver {d}"));
    if function.driver_override().as_deref() != kept {
        let _ =
            host.system.write(&function.path.join("driver_override"), &format!("{}\n", kept.unwrap_or("")));
    }
    if let (None, Some(driver)) = (function.driver(), before) {
        // By name: a driver that took it only for an override takes no offer.
        let _ = host.system.write(&host.driver(driver).join("bind"), &format!("{address}\n"));
    }
    let now = function.driver();
    let whole = now.as_deref() == before && function.driver_override().as_deref() == kept;
    let left = match whole {
        true => format!("{address} is left as it was, with {}", name(before)),
        false => format!(
            "{address} is left with {} and driver_override {}; before: {}, {}",
            name(now.as_deref()),
            function.driver_override().as_deref().unwrap_or("unset"),
            name(before),
            kept.unwrap_or("unset")
        ),
    };
    match error {
        SetupError::Permission { what, source, .. } => SetupError::Permission { what, source, state: left },
        SetupError::Kernel { what, source, .. } => SetupError::Kernel { what, source, state: left },
        other => other,
    }
}

/// Gives the group's node to `owner`.
pub(super) fn give_node(function: &Function<'_>, owner: Owner) -> Result<(), SetupError> {
    if owner == Owner::default() {
        return Ok(());
    }
    let Some(group) = function.group() else { return Ok(()) };
    let node = function.host.group_node(&group);
    function.host.system.chown(&node, owner).map_err(|source| {
        let state = format!("{} is bound to vfio-pci, and its node has the owner it had", function.address);
        SetupError::system(format!("change the owner of /dev/vfio/{group}"), source, state)
    })
}
