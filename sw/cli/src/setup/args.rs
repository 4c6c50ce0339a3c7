//! The command lines of `doctor`, `bind`, `unbind` and `rescan`.

use clap::Args as ClapArgs;
use ferrolane::vfio::PciAddress;

macro_rules! json_note {
    () => {
        "\n\nNumbers are in the unit that the name ends with. Fields are only added within a schema_version, now 1."
    };
}

macro_rules! doctor_examples {
    () => {
        "Nothing is changed. If all else is well the card is opened to read its version; Linux resets a function that is
opened through VFIO. One that somebody has open is left alone.

Examples:
  ferrolane doctor
  ferrolane doctor 0000:03:00.0
  ferrolane --json doctor

The exit code is 0 if nothing failed, or that of the first failure: 3 no card, 4 the host is not set up, 7 the card is
lost, 1 otherwise. The report is on standard output either way."
    };
}
pub const DOCTOR_EXAMPLES: &str = doctor_examples!();
pub const DOCTOR_HELP: &str = concat!(
    doctor_examples!(),
    "\n\nJSON fields:\n",
    "  schema_version command devices\n",
    "of each device:\n",
    "  device (null if there is none) ready checks\n",
    "and of each check:\n",
    "  check result (ok, warning, failed, skipped) found needed commands advice because",
    json_note!()
);

macro_rules! bind_examples {
    () => {
        "Needs root. Binding what is bound already changes nothing, but gives it to --owner. Where it can't be done, what
was changed is put back.

Examples:
  sudo ferrolane bind 0000:03:00.0
  sudo ferrolane bind 0000:03:00.0 --owner $USER
  sudo ferrolane bind 03:00.0 --owner :vfio"
    };
}
pub const BIND_EXAMPLES: &str = bind_examples!();
pub const BIND_HELP: &str = concat!(
    bind_examples!(),
    "\n\nJSON fields of bind and unbind:\n",
    "  schema_version command device driver_before driver node node_uid node_gid node_mode\n",
    "driver is null if there is none; those of the node, unless the driver is vfio-pci.",
    json_note!()
);

macro_rules! unbind_examples {
    () => {
        "Needs root. A function that another driver has is left to it.

Examples:
  sudo ferrolane unbind 0000:03:00.0
  sudo ferrolane unbind 0000:03:00.0 --driver uio_pci_generic"
    };
}
pub const UNBIND_EXAMPLES: &str = unbind_examples!();
pub const UNBIND_HELP: &str = concat!(
    unbind_examples!(),
    "\n\nJSON fields of bind and unbind:\n",
    "  schema_version command device driver_before driver node node_uid node_gid node_mode\n",
    "driver is null if there is none; those of the node, unless the driver is vfio-pci.",
    json_note!()
);

macro_rules! rescan_examples {
    () => {
        "Needs root. For a card that was reprogrammed, or configured after the machine had started: Linux forgets the
function, scans the bus and assigns its BARs; what vfio-pci had is bound to it again. Without an address the bus is
scanned and nothing is removed.

Examples:
  sudo ferrolane rescan 0000:03:00.0
  sudo ferrolane rescan
  sudo ferrolane rescan 0000:03:00.0 --no-remove"
    };
}
pub const RESCAN_EXAMPLES: &str = rescan_examples!();
pub const RESCAN_HELP: &str = concat!(
    rescan_examples!(),
    "\n\nJSON fields with an address:\n",
    "  schema_version command device removed ids driver (null if there is none)\n",
    "and without:\n",
    "  schema_version command devices (addresses of Ferrolane cards)",
    json_note!()
);

/// Options of `doctor`.
#[derive(Debug, ClapArgs)]
pub struct DoctorArgs {
    /// PCI address, as `lspci -D` prints it; every Ferrolane card if not given
    #[arg(value_name = "ADDRESS")]
    pub address: Option<PciAddress>,
}

/// Options of `bind`.
#[derive(Debug, ClapArgs)]
pub struct BindArgs {
    /// PCI address, as `lspci -D` prints it
    #[arg(value_name = "ADDRESS")]
    pub address: Option<PciAddress>,
    /// Whom to give /dev/vfio/GROUP to: names of this machine, or numbers. Lasts until the function is unbound
    #[arg(long, value_name = "USER[:GROUP]")]
    pub owner: Option<String>,
    /// Also a function whose ids are not those of a Ferrolane card
    #[arg(long)]
    pub force: bool,
}

/// Options of `unbind`.
#[derive(Debug, ClapArgs)]
pub struct UnbindArgs {
    /// PCI address, as `lspci -D` prints it
    #[arg(value_name = "ADDRESS")]
    pub address: Option<PciAddress>,
    /// Driver to hand it to; whichever of the kernel's wants it, if not given
    #[arg(long, value_name = "NAME")]
    pub driver: Option<String>,
}

/// Options of `rescan`.
#[derive(Debug, ClapArgs)]
pub struct RescanArgs {
    /// PCI address, as `lspci -D` prints it
    #[arg(value_name = "ADDRESS")]
    pub address: Option<PciAddress>,
    /// Scan only, and make sure that the function is there
    #[arg(long)]
    pub no_remove: bool,
    /// Also a function whose ids are not those of a Ferrolane card
    #[arg(long)]
    pub force: bool,
}
