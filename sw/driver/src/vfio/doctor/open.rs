//! Checks of what VFIO needs to open the function, and the opening.

use std::sync::{Arc, Mutex};

use super::force;
use super::report::{Blame, CheckResult, Finding};
use crate::error::Error;
use crate::transport::TransportError;
use crate::vfio::holders::{holders, in_words};
use crate::vfio::host::{names, text, Host};
use crate::vfio::sysfs::{Function, VFIO_PCI};
use crate::{Device, DeviceOptions, Warning};

/// The function has an IOMMU group of its own kind, not the one of no-IOMMU mode.
pub(in crate::vfio) fn iommu(function: &Function<'_>) -> CheckResult {
    let needed = "an IOMMU that is on in firmware and kernel";
    match function.group() {
        Some(group) if function.read("iommu_group/name").as_deref() == Some("vfio-noiommu") => Finding::new(
            Blame::Setup,
            format!("group {group} is one of VFIO's no-IOMMU mode"),
            needed,
        )
        .advise(
            "turn the IOMMU on; that mode leaves the card's DMA unchecked, and the driver does not use it",
        )
        .failed(),
        Some(group) => CheckResult::Ok(format!("group {group}")),
        None => no_group(function.host, needed).failed(),
    }
}

fn no_group(host: &Host, needed: &str) -> Finding {
    let others = !names(&host.sysfs.join("kernel/iommu_groups")).is_empty();
    if others {
        let found = "it is in no IOMMU group, though the IOMMU is on";
        return Finding::new(Blame::Setup, found, needed).advise(
            "use another slot: no IOMMU covers this one; `dmesg | grep -i -e DMAR -e AMD-Vi` tells more",
        );
    }
    let finding = Finding::new(Blame::Setup, "it is in no IOMMU group: the IOMMU is off", needed);
    let line = text(&host.proc.join("cmdline")).unwrap_or_default();
    let off = line.split_whitespace().find(|word| {
        ["iommu=off", "intel_iommu=off", "amd_iommu=off", "iommu.passthrough=off"].contains(word)
    });
    if let Some(word) = off {
        return finding.advise(format!("take {word} off the kernel's command line and reboot"));
    }
    let cpu = text(&host.proc.join("cpuinfo")).unwrap_or_default();
    finding.advise(if cpu.contains("GenuineIntel") {
        "turn on VT-d in the firmware, add intel_iommu=on to the kernel's command line (GRUB_CMDLINE_LINUX in \
         /etc/default/grub, then `sudo update-grub`) and reboot"
    } else if cpu.contains("AuthenticAMD") || cpu.contains("HygonGenuine") {
        "turn on AMD-Vi (`IOMMU`) in the firmware and reboot; Linux uses it without being asked"
    } else {
        "turn on the IOMMU (SMMU) in the firmware and reboot"
    })
}

/// vfio-pci is loaded, or built in.
pub(super) fn module(host: &Host) -> CheckResult {
    match host.driver(VFIO_PCI).is_dir() {
        true => CheckResult::Ok("vfio-pci is there".into()),
        false => module_missing().failed(),
    }
}

/// vfio-pci is not there.
pub(in crate::vfio) fn module_missing() -> Finding {
    Finding::new(Blame::Setup, "vfio-pci is not loaded", "the kernel module vfio-pci")
        .run("sudo modprobe vfio-pci")
        .advise("to have it at every start: `echo vfio-pci | sudo tee /etc/modules-load.d/vfio-pci.conf`")
}

/// The function is bound to vfio-pci.
pub(super) fn driver(function: &Function<'_>) -> CheckResult {
    let found = match function.driver() {
        Some(driver) if driver == VFIO_PCI => return CheckResult::Ok("bound to vfio-pci".into()),
        Some(driver) => format!("bound to the driver {driver}"),
        None => "bound to no driver".into(),
    };
    Finding::new(Blame::Setup, found, VFIO_PCI)
        .run(format!("sudo ferrolane bind {}{}", function.address, force(function)))
        .failed()
}

/// All of the group belongs to VFIO or to nobody.
pub(in crate::vfio) fn group(function: &Function<'_>) -> CheckResult {
    let group = function.group().unwrap_or_default();
    let members = function.neighbours();
    let foreign: Vec<_> = members.iter().filter(|member| member.is_foreign()).collect();
    if foreign.is_empty() {
        return CheckResult::Ok(match members.len() {
            0 => format!("alone in group {group}"),
            1 => format!("group {group} with 1 more, of no foreign driver"),
            n => format!("group {group} with {n} more, of no foreign driver"),
        });
    }
    let each = foreign.iter().map(|m| format!("{} ({})", m.name, m.driver.as_deref().unwrap_or("none")));
    let found = format!("shares IOMMU group {group} with {}", each.collect::<Vec<_>>().join(", "));
    let needed = "every device of the group bound to vfio-pci or to no driver";
    let mut finding = Finding::new(Blame::Setup, found, needed);
    for member in &foreign {
        let name = &member.name;
        finding = finding.run(format!("echo {name} | sudo tee /sys/bus/pci/devices/{name}/driver/unbind"));
    }
    finding.advise("only if the machine can do without them; or use another slot").failed()
}

/// This user may open what VFIO is opened through.
pub(super) fn node(function: &Function<'_>) -> CheckResult {
    let group = function.group().unwrap_or_default();
    for name in ["vfio", &group] {
        let shown = format!("/dev/vfio/{name}");
        let Err(error) = function.host.system.may_open(&function.host.group_node(name)) else { continue };
        if error.kind() == std::io::ErrorKind::NotFound {
            let finding =
                Finding::new(Blame::Setup, format!("{shown} does not exist"), "VFIO's nodes in /dev/vfio");
            return match name {
                "vfio" => finding.run("sudo modprobe vfio_iommu_type1").advise(
                    "a kernel with iommufd alone (CONFIG_VFIO_GROUP off) will not do: the driver uses groups",
                ),
                _ => finding.run(format!("sudo ferrolane bind {}{}", function.address, force(function))),
            }
            .failed();
        }
        let finding = Finding::new(
            Blame::Setup,
            format!("this user may not open {shown} ({error})"),
            "read and write permission",
        );
        return match name {
            "vfio" => finding.run("sudo chmod 0666 /dev/vfio/vfio"),
            _ => finding.run(format!("sudo chown $USER {shown}")).advise(
                "that lasts until the card is bound anew (`ferrolane bind --owner`); for good add a udev rule: \
                 SUBSYSTEM==\"vfio\", GROUP=\"<group>\", MODE=\"0660\"",
            ),
        }
        .failed();
    }
    CheckResult::Ok(format!("this user may open /dev/vfio/{group}"))
}

/// Nobody has it open.
pub(super) fn in_use(function: &Function<'_>) -> CheckResult {
    let holders = holders(function.host, &function.nodes());
    let Some(first) = holders.first() else {
        return CheckResult::Ok("nobody is seen to have it open".into());
    };
    Finding::new(Blame::Setup, format!("{} has it open", in_words(&holders)), "one user at a time")
        .run(format!("kill {}", first.pid))
        .advise("or wait for its end")
        .warning()
}

/// BAR0 holds an engine of this driver's ABI. The function is opened for it, and not reset by us.
pub(super) fn abi(function: &Function<'_>) -> CheckResult {
    let warnings = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&warnings);
    let options = DeviceOptions {
        reset: false,
        warnings: Arc::new(move |w: &Warning| crate::device::lock(&sink).push(w.to_string())),
    };
    let opened = function.host.system.open(function.address).map_err(Error::from);
    let device = match opened.and_then(|transport| Device::open_with(transport, options)) {
        Ok(device) => device,
        Err(error) => return refused(function, &error).failed(),
    };
    let p = device.parameters();
    let found = format!("ABI {}.{}, build id {:#010x}", p.abi_major, p.abi_minor, p.build_id);
    let warning = crate::device::lock(&warnings).pop();
    match warning {
        None => CheckResult::Ok(found),
        Some(warning) => {
            Finding::new(Blame::Other, format!("{found}; {warning}"), "the driver's layout hash")
                .advise("use driver and bitstream of one release")
                .warning()
        }
    }
}

fn refused(function: &Function<'_>, error: &Error) -> Finding {
    let blame = match error {
        Error::Transport(TransportError::NoDevice(_)) => Blame::Missing,
        Error::Transport(TransportError::Permission(_) | TransportError::Map { .. }) => Blame::Setup,
        Error::Transport(TransportError::DeviceLost(_)) | Error::DeviceLost { .. } => Blame::Lost,
        Error::NotFerrolane { .. } => Blame::OtherCard,
        _ => Blame::Other,
    };
    let finding = Finding::new(blame, error.to_string(), "an engine of this driver's ABI that answers");
    match blame {
        Blame::Lost => finding.run(format!("sudo ferrolane rescan {}{}", function.address, force(function))),
        _ => finding,
    }
}
