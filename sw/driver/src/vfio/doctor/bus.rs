//! Checks of the function as the bus has it.

use ferrolane_abi::map::{BAR, BAR0_BYTES};

use super::force;
use super::report::{Blame, CheckResult, Finding};
use crate::config::BUS_MASTER;
use crate::vfio::holders::holders;
use crate::vfio::sysfs::{Function, Ids, VFIO_PCI};
use crate::vfio::PciAddress;

/// There is no such function.
pub(super) fn missing(address: Option<PciAddress>) -> Finding {
    let (found, command) = match address {
        Some(address) => {
            (format!("there is no PCI device {address}"), format!("sudo ferrolane rescan {address}"))
        }
        None => (
            format!("no PCI device has the ids {} of a Ferrolane card", Ids::OURS),
            "sudo ferrolane rescan".into(),
        ),
    };
    Finding::new(Blame::Missing, found, "a card that was configured when the bus was scanned")
        .run(command)
        .advise(
        "`lspci -D` lists the devices there are; a board with ids of its own is given by its address. Still \
             none: check the card's power and that its bitstream is loaded, and reboot with it loaded",
    )
}

/// Which card it is.
pub(super) fn identity(function: &Function<'_>) -> CheckResult {
    let address = function.address;
    match function.ids() {
        Some(Ids::OURS) => CheckResult::Ok(format!("{address} is {}, a Ferrolane card", Ids::OURS)),
        ids => {
            let ids = ids.map_or("unknown".into(), |ids| ids.to_string());
            Finding::new(
                Blame::OtherCard,
                format!("{address} has the ids {ids}"),
                format!("{}, unless the board has ids of its own", Ids::OURS),
            )
            .advise("what BAR0 begins with decides, see `abi`; check the address with `lspci -D -nn`")
            .warning()
        }
    }
}

/// It answers reads of its configuration space.
pub(super) fn answers(function: &Function<'_>) -> CheckResult {
    match function.config16(0) {
        Some(u16::MAX) => Finding::new(
            Blame::Lost,
            "configuration space reads all ones: the card was reprogrammed, or lost its link or its power",
            "a vendor id",
        )
        .run(format!("sudo ferrolane rescan {}", function.address))
        .advise("if it does not come back, check power and bitstream, and reboot")
        .failed(),
        Some(vendor) => CheckResult::Ok(format!("vendor id {vendor:04x} is read from the card")),
        None => CheckResult::Skipped("its configuration space can't be read".into()),
    }
}

/// It is awake, or the kernel wakes it.
pub(super) fn power(function: &Function<'_>) -> CheckResult {
    let Some(state) = function.read("power_state") else {
        return CheckResult::Skipped("the kernel does not tell (Linux 5.12 or later does)".into());
    };
    let awake = format!("echo on | sudo tee /sys/bus/pci/devices/{}/power/control", function.address);
    match (state.as_str(), function.driver().as_deref()) {
        ("D0", _) => CheckResult::Ok("D0".into()),
        ("unknown", _) => CheckResult::Ok("unknown to the kernel, as before the first driver".into()),
        ("D1" | "D2" | "D3hot" | "D3cold", Some(VFIO_PCI)) => {
            CheckResult::Ok(format!("{state}: vfio-pci lets it sleep until it is opened"))
        }
        ("D1" | "D2" | "D3hot" | "D3cold", _) => {
            Finding::new(Blame::Setup, format!("it sleeps in {state}"), "D0").run(awake).warning()
        }
        _ => Finding::new(Blame::Lost, format!("power state {state}"), "D0")
            .run(format!("sudo ferrolane rescan {}", function.address))
            .advise("if it stays so, switch the machine off and on")
            .failed(),
    }
}

/// The link runs as fast and as wide as both of its ends can.
pub(super) fn link(function: &Function<'_>) -> CheckResult {
    let (Some(now), Some(card)) = (function.link("current"), function.link("max")) else {
        return CheckResult::Skipped(
            "the kernel knows of no link, as of functions inside the root complex".into(),
        );
    };
    let best = match function.slot_link() {
        Some(slot) => card.clone().least(slot),
        None => card.clone(),
    };
    if now.lanes == 0 {
        return Finding::new(Blame::Lost, "the link is down", best.to_string())
            .run(format!("sudo ferrolane rescan {}", function.address))
            .failed();
    }
    if now.speed < best.speed || now.lanes < best.lanes {
        return Finding::new(Blame::Setup, now.to_string(), format!("{best}, what card and slot can"))
            .advise(
                "transfers work, slower: seat the card anew, take out risers, look at lane order and reference \
                 clock, and at `sudo lspci -vvv` (LnkSta, LnkCap, AER)",
            )
            .warning();
    }
    CheckResult::Ok(match best == card {
        true => now.to_string(),
        false => format!("{now}, all that the slot can; the card can {card}"),
    })
}

/// BAR0 has an address and the size of the engine's registers.
pub(in crate::vfio) fn bar(function: &Function<'_>) -> CheckResult {
    let needed = format!("{} KiB of memory space", BAR0_BYTES >> 10);
    let Some(bar) = function.bar(BAR) else {
        return CheckResult::Skipped("the kernel does not tell its BARs".into());
    };
    if bar.size == 0 || !bar.is_memory() || bar.size < BAR0_BYTES {
        let found = match bar.size {
            0 => "there is no BAR0".to_string(),
            size if bar.is_memory() => format!("BAR0 has {size} bytes"),
            _ => "BAR0 is in I/O space".into(),
        };
        return Finding::new(Blame::OtherCard, found, needed)
            .run(format!("sudo ferrolane rescan {}{}", function.address, force(function)))
            .advise("if it stays so, it is no Ferrolane card or has another bitstream")
            .failed();
    }
    if !bar.is_assigned() {
        return Finding::new(Blame::Setup, "BAR0 has no address: no window of the bridge above had room", needed)
            .run(format!("sudo ferrolane rescan {}{}", function.address, force(function)))
            .advise(
                "if it stays so, reboot with the card configured, turn on `Above 4G decoding` in the firmware, or boot \
                 with pci=realloc",
            )
            .failed();
    }
    CheckResult::Ok(format!("BAR0 is {} KiB at {:#x}", bar.size >> 10, bar.start))
}

/// Nobody left Bus Master Enable on.
pub(super) fn bus_master(function: &Function<'_>) -> CheckResult {
    match function.command() {
        None => CheckResult::Skipped("its configuration space can't be read".into()),
        Some(command) if command & BUS_MASTER == 0 => {
            CheckResult::Ok("off, the driver turns it on for its rings".into())
        }
        Some(_) if function.driver().is_some_and(|driver| driver != VFIO_PCI) => {
            CheckResult::Ok("on, its present driver uses it".into())
        }
        Some(_) if !holders(function.host, &function.nodes()).is_empty() => {
            CheckResult::Ok("on, somebody uses it".into())
        }
        Some(_) => Finding::new(
            Blame::Setup,
            "Bus Master Enable is on, and nobody is seen to use the card (root sees all processes)",
            "off while nobody uses it",
        )
        .run(format!("sudo setpci -s {} COMMAND=0:4", function.address))
        .advise("an open turns it off too")
        .warning(),
    }
}

/// The kernel can reset it, which opening a device does.
pub(super) fn reset(function: &Function<'_>) -> CheckResult {
    match function.read("reset_method") {
        None => CheckResult::Skipped("the kernel does not tell (Linux 5.15 or later does)".into()),
        Some(methods) if !methods.is_empty() => CheckResult::Ok(methods),
        Some(_) => Finding::new(
            Blame::Setup,
            "the kernel has no way to reset this function alone",
            "Function Level Reset, or a slot of its own",
        )
        .advise(
            "`info` and `regs` work without; all else resets the card first. Use another slot or bitstream",
        )
        .warning(),
    }
}
