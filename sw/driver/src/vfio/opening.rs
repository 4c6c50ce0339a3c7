//! Why the kernel refused to open a device or to map its registers.

use std::io;

use super::mapping::errno;
use super::PciAddress;
use crate::transport::TransportError;

/// Reason and remedy of a failed open (Linux `drivers/vfio/group.c`, `container.c`, `pci/vfio_pci_core.c`). `holders`
/// are the processes that have it open, in words, as far as this user may see.
pub(super) fn open_error(address: PciAddress, holders: &str, error: io::Error) -> TransportError {
    let permission = |text: String| TransportError::Permission(format!("{address}: {text} ({error})"));
    match errno(&error) {
        Some(libc::EBUSY) if holders.is_empty() => permission(
            "it is in use by another process or virtual machine; `sudo fuser -v /dev/vfio/*` tells which".into(),
        ),
        Some(libc::EBUSY) => permission(format!("it is in use: {holders} has it open; end that first")),
        Some(libc::EPERM) => permission(
            "the kernel refuses to give it to user space: most often interrupts are not remapped; `ferrolane doctor` \
             and `sudo dmesg | tail` tell more"
                .into(),
        ),
        Some(libc::EACCES) => {
            permission("this user may not open it; `ferrolane doctor` says which node it is".into())
        }
        Some(libc::EINVAL) => permission(
            "a device of its IOMMU group belongs to another driver, or the group to another container; \
             `ferrolane doctor` tells which"
                .into(),
        ),
        Some(libc::ENODEV | libc::ENOENT) => TransportError::NoDevice(format!(
            "{address} went away or was unbound while it was opened; run `ferrolane doctor {address}` ({error})"
        )),
        Some(libc::EIO) => TransportError::DeviceLost(format!(
            "{address} did not wake up or reset; run `sudo ferrolane rescan {address}` ({error})"
        )),
        // The crate has no errno where a capability is not there.
        None if error.to_string().contains("capabilit") => permission(
            "the kernel does not tell which IOVAs and how many mappings it allows; that takes Linux 5.10 or later"
                .into(),
        ),
        None if error.to_string().contains("not viable") => permission(
            "a device of its IOMMU group belongs to another driver; `ferrolane doctor` tells which".into(),
        ),
        _ => TransportError::Io { what: format!("opening {address} through VFIO"), source: error },
    }
}

/// Reason and remedy of registers that can't be mapped.
pub(super) fn bar_error(bar: u8, error: io::Error) -> TransportError {
    let hint = match errno(&error) {
        Some(libc::EINVAL) => "; a BAR that holds the MSI-X table can be mapped since Linux 4.16",
        Some(libc::ENOMEM) => "; address space or `ulimit -v` is used up",
        Some(libc::EAGAIN) => "; `ulimit -l` is too low for a program that locks all of its memory",
        Some(libc::EBUSY) => "; another driver has reserved its addresses, see /proc/iomem",
        _ => "",
    };
    TransportError::Io { what: format!("mapping BAR{bar}{hint}"), source: error }
}

/// Reason and remedy of a reset that the kernel refused.
pub(super) fn reset_error(name: &str, error: io::Error) -> TransportError {
    match errno(&error) {
        Some(libc::EINVAL | libc::ENOTTY) => TransportError::Permission(format!(
            "the kernel has no way to reset {name} alone; /sys/bus/pci/devices/{name}/reset_method tells the ways: the \
             card needs function-level reset, or a slot of its own for a bus reset ({error})"
        )),
        Some(libc::EAGAIN) => TransportError::Io {
            what: format!("resetting {name}: somebody else is changing the device, try again"),
            source: error,
        },
        Some(libc::EIO | libc::ENODEV) => TransportError::DeviceLost(format!(
            "{name} did not come back from its reset; run `sudo ferrolane rescan {name}` ({error})"
        )),
        _ => TransportError::Io { what: format!("resetting {name}"), source: error },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ADDRESS: PciAddress = PciAddress { domain: 0, bus: 3, device: 0, function: 0 };

    fn os(code: i32) -> io::Error {
        io::Error::from_raw_os_error(code)
    }

    #[test]
    fn a_refused_open_says_errno_and_remedy() {
        let text = |code, holders| open_error(ADDRESS, holders, os(code)).to_string();
        for (code, words) in [
            (libc::EBUSY, ["in use", "fuser"]),
            (libc::EPERM, ["not remapped", "doctor"]),
            (libc::EACCES, ["this user", "doctor"]),
            (libc::EINVAL, ["IOMMU group", "doctor"]),
            (libc::ENODEV, ["went away", "doctor"]),
            (libc::EIO, ["did not wake up", "rescan"]),
            (libc::ENOMEM, ["opening", "memory"]),
        ] {
            let text = text(code, "");
            for word in words {
                assert!(text.contains(word), "{word} is not in {text}");
            }
            assert!(text.contains("0000:03:00.0"), "{text}");
            if code != libc::ENOMEM {
                assert!(text.contains(&format!("os error {code}")), "{text}");
            }
        }
        assert!(text(libc::EBUSY, "process 12 (x)").contains("process 12 (x) has it open"));
    }

    #[test]
    fn what_the_crate_says_without_errno_is_understood() {
        let text = |said: &str| open_error(ADDRESS, "", io::Error::other(said.to_string())).to_string();
        assert!(text("VFIO did not provide IOMMU capability with ID 3").contains("Linux 5.10"));
        assert!(text("VFIO reported no IOMMU capabilities").contains("Linux 5.10"));
        assert!(text("Group is not viable; are all").contains("another driver"));
        assert_eq!(text("TODO"), "opening 0000:03:00.0 through VFIO: TODO");
    }

    #[test]
    fn a_refused_reset_is_a_limit_a_moment_or_a_loss() {
        let error = |code| reset_error("x", os(code));
        assert!(matches!(error(libc::ENOTTY), TransportError::Permission(t) if t.contains("reset_method")));
        assert!(matches!(error(libc::EAGAIN), TransportError::Io { what, .. } if what.contains("try again")));
        assert!(matches!(error(libc::EIO), TransportError::DeviceLost(t) if t.contains("rescan")));
    }

    #[test]
    fn a_bar_that_can_not_be_mapped_says_why() {
        assert!(bar_error(0, os(libc::EINVAL)).to_string().contains("Linux 4.16"));
        assert!(bar_error(0, os(libc::EBUSY)).to_string().contains("/proc/iomem"));
    }
}
