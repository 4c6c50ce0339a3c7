//! From the words after `--device` to a transport.

use std::path::Path;
use std::sync::Arc;

use anyhow::Result;
use ferrolane::vfio::{PciAddress, VfioTransport};
use ferrolane::{Device, DeviceOptions, Transport, Warning};
use ferrolane_vfio_user::VfioUserTransport;

#[cfg(feature = "sim")]
use ferrolane_sim::faults::Fault;
#[cfg(feature = "sim")]
use ferrolane_sim::{SimControl, SimTransport};

use crate::exit::Usage;
use crate::output;

/// What the name of a card begins with that another process serves.
const SERVED: &str = "vfio-user:";

/// An open device, with the simulator's own handle where it is simulated.
pub struct Opened {
    /// The driver's handle.
    pub device: Device,
    /// What only a simulation can tell.
    #[cfg(feature = "sim")]
    pub sim: Option<SimControl>,
    /// A card that another process serves.
    served: Option<Arc<VfioUserTransport>>,
}

impl Opened {
    /// Clocks since power-up, of a simulation.
    pub fn clocks(&self) -> Option<u64> {
        #[cfg(feature = "sim")]
        if let Some(sim) = &self.sim {
            return Some(sim.clocks());
        }
        // A server that is gone shows elsewhere.
        self.served.as_ref()?.clocks().ok()?
    }
}

#[cfg(feature = "sim")]
impl Drop for Opened {
    /// Says what became of the faults that were planned: an error may be far from its cause.
    fn drop(&mut self) {
        self.sim.iter().for_each(report_faults);
    }
}

/// Says what became of the faults that were planned.
#[cfg(feature = "sim")]
pub fn report_faults(sim: &SimControl) {
    for entry in sim.applied() {
        let times = match (entry.count, &entry.fault) {
            (0, Fault::Timed(_)) => "not applied, the run was over before".into(),
            (0, Fault::Completion(_)) => format!("not applied, {} completions counted", entry.seen),
            (1, _) => "applied once".into(),
            (n, _) => format!("applied {n} times"),
        };
        output::complain(format_args!("fault={}: {times}", entry.fault));
    }
}

/// Opens the device that `name` means. `reset` as in [`DeviceOptions`].
pub fn open(name: &str, reset: bool) -> Result<Opened> {
    let options = DeviceOptions { reset, warnings: Arc::new(warn) };
    if is_sim(name) {
        return open_sim(name, options);
    }
    if let Some(path) = name.strip_prefix(SERVED) {
        let served = Arc::new(VfioUserTransport::open(Path::new(path))?);
        let transport: Arc<dyn Transport> = Arc::clone(&served) as _;
        return Ok(Opened {
            device: Device::open_with(transport, options)?,
            #[cfg(feature = "sim")]
            sim: None,
            served: Some(served),
        });
    }
    let address: PciAddress = name.parse().map_err(|_| {
        Usage(format!(
            "`{name}` is no device; give `sim`, a preset like `sim:gen3x8,latency=1us,seed=7` (`sim:help` lists \
             all), a card that is served like `vfio-user:/tmp/card.sock`, or a PCI address like 0000:03:00.0, as \
             `lspci -D` prints it"
        ))
    })?;
    let transport: Arc<dyn Transport> = Arc::new(VfioTransport::open_at(address)?);
    Ok(Opened {
        device: Device::open_with(transport, options)?,
        #[cfg(feature = "sim")]
        sim: None,
        served: None,
    })
}

/// What is leaked is leaked until the process ends, which is soon and gives it back, and the error behind it is
/// reported anyway.
fn warn(warning: &Warning) {
    match warning {
        Warning::LeakedMapping { .. } | Warning::LeakedQueue { .. } => {}
        _ => output::complain(format_args!("warning: {warning}")),
    }
}

fn is_sim(name: &str) -> bool {
    name == "sim" || name.starts_with("sim:")
}

/// Whether `name` asks for the simulator's options instead of a device.
pub fn is_help(name: &str) -> bool {
    name == "sim:help"
}

/// Prints the simulator's options.
#[cfg(feature = "sim")]
pub fn help() -> Result<()> {
    output::print(&format!("{}\n", ferrolane_sim::OptionsError::Help.to_string().trim_end()))
}

/// There is no simulator to have options.
#[cfg(not(feature = "sim"))]
pub fn help() -> Result<()> {
    Err(no_sim().into())
}

#[cfg(feature = "sim")]
fn open_sim(name: &str, options: DeviceOptions) -> Result<Opened> {
    let preset = sim_options(name)?;
    let transport = Arc::new(SimTransport::open(preset)?);
    let sim = Some(transport.control());
    Ok(Opened { device: Device::open_with(transport, options)?, sim, served: None })
}

/// The simulator's options in the name of a simulated device.
#[cfg(feature = "sim")]
pub fn sim_options(name: &str) -> Result<ferrolane_sim::Options> {
    let preset = ferrolane_sim::Options::parse(name).map_err(|e| Usage(e.to_string()))?;
    if preset.trace.is_some() && cfg!(not(feature = "trace")) {
        let text =
            "this ferrolane was built without waveforms; leave out trace=, or build it with --features trace";
        return Err(Usage(text.into()).into());
    }
    Ok(preset)
}

#[cfg(not(feature = "sim"))]
fn open_sim(_: &str, _: DeviceOptions) -> Result<Opened> {
    Err(no_sim().into())
}

/// What to say where the simulator is needed and missing.
#[cfg(not(feature = "sim"))]
pub fn no_sim() -> Usage {
    Usage(
        "this ferrolane was built without the simulator; give a card's PCI address with --device, or build it with \
         the default features"
            .into(),
    )
}
