//! `ferrolane-conformance DEVICE`: runs the list on a card behind VFIO or one that is served.

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use ferrolane::vfio::VfioTransport;
use ferrolane::{Transport, TransportError};
use ferrolane_vfio_user::VfioUserTransport;

fn main() -> ExitCode {
    let Some(name) = std::env::args().nth(1) else {
        eprintln!("usage: ferrolane-conformance DEVICE, a PCI address like 0000:03:00.0 or vfio-user:/tmp/card.sock");
        return ExitCode::from(2);
    };
    let transport = match open(&name) {
        Ok(transport) => transport,
        Err(error) => {
            eprintln!("ferrolane-conformance: {error}");
            return ExitCode::from(3);
        }
    };
    let outcomes = ferrolane_conformance::run(&transport, |outcome| println!("{outcome}"));
    let failed = outcomes.iter().filter(|outcome| !outcome.passed()).count();
    println!("{} operations on {name}, {failed} failed", outcomes.len());
    ExitCode::from(u8::from(failed > 0))
}

fn open(name: &str) -> Result<Arc<dyn Transport>, TransportError> {
    Ok(match name.strip_prefix("vfio-user:") {
        Some(path) => Arc::new(VfioUserTransport::open(Path::new(path))?),
        None => Arc::new(VfioTransport::open(name)?),
    })
}
