//! Why a function could not be bound, unbound or looked for anew.

use std::io;
use std::path::Path;

use super::doctor::Finding;
use super::holders::{holders, in_words};
use super::host::Host;
use super::sysfs::{Function, Ids};
use super::PciAddress;

/// What kept a function from being set up. Each says in which state it is left and what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SetupError {
    /// There is no such function.
    #[error("no such device: {0}")]
    NoDevice(String),
    /// The function has other ids than the product.
    #[error("{address} is {ids}, not {}, so it may be no Ferrolane card: nothing was changed. If it is one, its board has ids of its own, give --force", Ids::OURS)]
    NotOurs {
        /// Which function.
        address: PciAddress,
        /// Its ids.
        ids: String,
    },
    /// The host is not set up for it; nothing was changed.
    #[error("{address}: {}; nothing was changed", .finding.sentence())]
    Host {
        /// Which function.
        address: PciAddress,
        /// What is missing.
        finding: Finding,
    },
    /// Somebody has the function open. The kernel would wait for their end, so it is not asked to.
    #[error("{address} is in use: {holders} has it open; end that first. Nothing was changed")]
    InUse {
        /// Which function.
        address: PciAddress,
        /// The processes.
        holders: String,
    },
    /// This user may not do it.
    #[error("this user may not {what} ({source}); run it as root, with sudo. {state}")]
    Permission {
        /// What was to be done.
        what: String,
        /// What the system said.
        source: io::Error,
        /// How things are left.
        state: String,
    },
    /// The kernel did not do it.
    #[error("cannot {what}: {source}. {state}")]
    Kernel {
        /// What was to be done.
        what: String,
        /// What the system said.
        source: io::Error,
        /// How things are left, and what to do.
        state: String,
    },
    /// The kernel did as asked, and the result is another one.
    #[error("{0}")]
    Result(String),
}

impl SetupError {
    /// A refusal by the kernel or for lack of permission, and how things are left.
    pub(super) fn system(what: impl Into<String>, source: io::Error, state: impl Into<String>) -> SetupError {
        let (what, state) = (what.into(), state.into());
        match source.kind() {
            io::ErrorKind::PermissionDenied => SetupError::Permission { what, source, state },
            _ => SetupError::Kernel { what, source, state },
        }
    }
}

/// The function, if it is on the bus.
pub(super) fn present(host: &Host, address: PciAddress) -> Result<Function<'_>, SetupError> {
    Function::find(host, address).ok_or_else(|| {
        SetupError::NoDevice(format!(
            "there is no PCI device {address}; `lspci -D` lists those there are, and `sudo ferrolane rescan {address}` \
             looks for it"
        ))
    })
}

/// Only the product's functions are touched, unless forced.
pub(super) fn check_ours(function: &Function<'_>, force: bool) -> Result<(), SetupError> {
    if force || function.is_ours() {
        return Ok(());
    }
    let ids = function.ids().map_or("of unknown ids".into(), |ids| ids.to_string());
    Err(SetupError::NotOurs { address: function.address, ids })
}

/// Nobody has it open through VFIO.
pub(super) fn check_free(function: &Function<'_>) -> Result<(), SetupError> {
    let holders = holders(function.host, &function.nodes());
    match holders.is_empty() {
        true => Ok(()),
        false => Err(SetupError::InUse { address: function.address, holders: in_words(&holders) }),
    }
}

/// Writes an attribute; what it does and how things are left if it fails go into the error.
pub(super) fn write(host: &Host, file: &Path, text: &str, what: &str, state: &str) -> Result<(), SetupError> {
    host.system.write(file, text).map_err(|source| SetupError::system(what, source, state))
}
