//! From the words after `--device` to a transport.

use std::sync::Arc;

use anyhow::Result;
use ferrolane::{Device, DeviceOptions, Transport};

#[cfg(feature = "sim")]
use ferrolane_sim::{SimControl, SimTransport};

/// An open device, with the simulator's own handle where it is simulated.
pub struct Opened {
    /// The driver's handle.
    pub device: Device,
    /// What only a simulation can tell.
    #[cfg(feature = "sim")]
    pub sim: Option<SimControl>,
}

impl Opened {
    /// Clocks since power-up, of a simulation.
    pub fn clocks(&self) -> Option<u64> {
        #[cfg(feature = "sim")]
        return self.sim.as_ref().map(SimControl::clocks);
        #[cfg(not(feature = "sim"))]
        None
    }
}

/// Opens the device that `name` means. `reset` as in [`DeviceOptions`].
pub fn open(name: &str, reset: bool) -> Result<Opened> {
    let options = DeviceOptions { reset, ..DeviceOptions::default() };
    if name == "sim" || name.starts_with("sim:") {
        return open_sim(name, options);
    }
    let transport: Arc<dyn Transport> = Arc::new(ferrolane::vfio::VfioTransport::open(name)?);
    Ok(Opened {
        device: Device::open_with(transport, options)?,
        #[cfg(feature = "sim")]
        sim: None,
    })
}

#[cfg(feature = "sim")]
fn open_sim(name: &str, options: DeviceOptions) -> Result<Opened> {
    let preset = ferrolane_sim::Options::parse(name).map_err(|e| crate::exit::Usage(e.to_string()))?;
    let transport = Arc::new(SimTransport::open(preset)?);
    let sim = Some(transport.control());
    Ok(Opened { device: Device::open_with(transport, options)?, sim })
}

#[cfg(not(feature = "sim"))]
fn open_sim(_: &str, _: DeviceOptions) -> Result<Opened> {
    Err(crate::exit::Usage(
        "this ferrolane was built without the simulator; build it with the default features, or give a PCI address".into(),
    )
    .into())
}
