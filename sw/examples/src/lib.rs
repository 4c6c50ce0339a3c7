//! What the examples share: from the word after `--device` to a transport.
//!
//! Run one with `cargo run -p ferrolane-examples --example loopback`, on the simulated card unless `-- --device ADDRESS`
//! names a real one.

use std::error::Error;
use std::sync::Arc;

use ferrolane::vfio::VfioTransport;
use ferrolane::Transport;

/// Opens what `--device` on the command line names, `sim` if it is not there.
pub fn open_from_args() -> Result<Arc<dyn Transport>, Box<dyn Error>> {
    open(&device_name(std::env::args().skip(1))?)
}

/// The word after `--device`, or `sim`.
pub fn device_name(mut args: impl Iterator<Item = String>) -> Result<String, String> {
    match (args.next().as_deref(), args.next(), args.next()) {
        (None, ..) => Ok("sim".into()),
        (Some("--device"), Some(name), None) => Ok(name),
        _ => Err("usage: [--device sim | sim:PRESET | PCI-ADDRESS]".into()),
    }
}

/// Opens `sim`, `sim:gen3x8,latency=1us` and the like, or a PCI address.
pub fn open(name: &str) -> Result<Arc<dyn Transport>, Box<dyn Error>> {
    if name == "sim" || name.starts_with("sim:") {
        return open_sim(name);
    }
    Ok(Arc::new(VfioTransport::open(name)?))
}

#[cfg(feature = "sim")]
fn open_sim(name: &str) -> Result<Arc<dyn Transport>, Box<dyn Error>> {
    Ok(Arc::new(ferrolane_sim::SimTransport::open(ferrolane_sim::Options::parse(name)?)?))
}

#[cfg(not(feature = "sim"))]
fn open_sim(_: &str) -> Result<Arc<dyn Transport>, Box<dyn Error>> {
    Err("built without the simulator: build with the default features, or give a PCI address".into())
}
