//! `ferrolane doctor`, `bind`, `unbind` and `rescan`: from a card in a slot to one that can be opened.
//!
//! What they look at and do is in `ferrolane::vfio`; here are words and codes.

pub mod args;
mod bind;
mod doctor;
mod owner;
mod rescan;

pub use bind::{bind, unbind};
pub use doctor::doctor;
pub use rescan::rescan;

use std::sync::atomic::Ordering;

use anyhow::Result;
use ferrolane::vfio::PciAddress;

use crate::exit::{InterruptedAfter, Usage};
use crate::transfer::stop_on_signals;

/// The address that is meant: the one behind the command, or that of `--device`.
fn address(device: &str, given: Option<PciAddress>) -> Result<Option<PciAddress>> {
    let other = match device {
        "sim" => None,
        _ if device.starts_with("sim:") => {
            return Err(Usage("a simulated card needs no setting up; give a PCI address".into()).into())
        }
        address => Some(address.parse::<PciAddress>().map_err(|error| Usage(error.to_string()))?),
    };
    match (given, other) {
        (Some(given), Some(other)) if given != other => {
            let text = format!("two addresses, {given} and {other} with --device; give one");
            Err(Usage(text).into())
        }
        _ => Ok(given.or(other)),
    }
}

/// The same where there has to be one.
fn needed_address(device: &str, given: Option<PciAddress>) -> Result<PciAddress> {
    let text =
        "no PCI address given; `lspci -D -nn` lists the devices, `ferrolane doctor` the Ferrolane cards";
    address(device, given)?.ok_or_else(|| Usage(text.into()).into())
}

/// Does `work` to its end, also if a signal comes: half of it is worse than all of it. A second signal ends the
/// command where it is, in case the kernel does not come back.
fn to_the_end<T>(work: impl FnOnce() -> Result<T>) -> Result<T> {
    let stop = stop_on_signals()?;
    let done = work()?;
    match stop.load(Ordering::Relaxed) {
        true => Err(InterruptedAfter.into()),
        false => Ok(done),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_may_stand_in_two_places() {
        let card: PciAddress = "0000:03:00.0".parse().unwrap();
        assert_eq!(address("sim", None).unwrap(), None);
        assert_eq!(address("sim", Some(card)).unwrap(), Some(card));
        assert_eq!(address("03:00.0", None).unwrap(), Some(card));
        assert_eq!(address("03:00.0", Some(card)).unwrap(), Some(card));
        for (device, given) in [("04:00.0", Some(card)), ("sim:gen3x8", None), ("foo", None)] {
            let error = address(device, given).unwrap_err();
            assert_eq!(crate::exit::code(&error), 2, "{error}");
        }
        assert!(needed_address("sim", None).unwrap_err().to_string().contains("lspci -D"));
    }
}
