//! The card, in this guest or in this process.

use std::sync::Arc;

use anyhow::Result;
use ferrolane::vfio::{PciAddress, VfioTransport};
use ferrolane::{Device, Transport};

/// A card that is open, and how to count its interrupts.
pub struct Opened {
    /// The driver's handle.
    pub device: Device,
    /// What is below it.
    pub transport: Arc<dyn Transport>,
    #[cfg(feature = "sim")]
    sim: Option<ferrolane_sim::SimControl>,
}

impl Opened {
    /// Interrupts that have reached this machine since the card was opened, as its kernel or the simulator counts them.
    pub fn interrupts(&self) -> u64 {
        #[cfg(feature = "sim")]
        if let Some(sim) = &self.sim {
            return sim.interrupts().0;
        }
        let table = std::fs::read_to_string("/proc/interrupts").unwrap_or_default();
        let ours = table.lines().filter(|line| line.contains("vfio-msix"));
        // Number of the interrupt, a count per processor, then words.
        ours.flat_map(|line| {
            line.split_whitespace().skip(1).map_while(|word| word.parse::<u64>().ok()).collect::<Vec<_>>()
        })
        .sum()
    }
}

/// Opens what `name` means.
pub fn open(name: &str) -> Result<Opened> {
    if name.starts_with("sim") {
        return simulated(name);
    }
    let address: PciAddress = name.parse()?;
    let transport: Arc<dyn Transport> = Arc::new(VfioTransport::open_at(address)?);
    Ok(Opened {
        device: Device::open(Arc::clone(&transport))?,
        transport,
        #[cfg(feature = "sim")]
        sim: None,
    })
}

#[cfg(feature = "sim")]
fn simulated(name: &str) -> Result<Opened> {
    let sim = ferrolane_sim::SimTransport::open(ferrolane_sim::Options::parse(name)?)?;
    let control = sim.control();
    let transport: Arc<dyn Transport> = Arc::new(sim);
    Ok(Opened { device: Device::open(Arc::clone(&transport))?, transport, sim: Some(control) })
}

#[cfg(not(feature = "sim"))]
fn simulated(name: &str) -> Result<Opened> {
    anyhow::bail!("`{name}`: built without the simulator")
}
