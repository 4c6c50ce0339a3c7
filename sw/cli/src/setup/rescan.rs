//! `ferrolane rescan`.

use anyhow::Result;
use ferrolane::vfio::{self, Host, PciAddress, RescanOptions, Rescanned};
use serde::Serialize;

use super::args::RescanArgs;
use super::to_the_end;
use crate::args::Args;
use crate::exit::Usage;
use crate::output::{json, Lines};

#[derive(Serialize)]
struct OneBody {
    device: String,
    removed: bool,
    ids: Option<String>,
    driver: Option<String>,
}

#[derive(Serialize)]
struct BusBody {
    devices: Vec<String>,
}

/// Runs it.
pub fn rescan(args: &Args, options: &RescanArgs) -> Result<()> {
    let host = Host::default();
    match super::address(&args.device, options.address)? {
        Some(address) => {
            let options = RescanOptions { remove: !options.no_remove, force: options.force };
            let back = to_the_end(|| Ok(vfio::rescan(&host, address, options)?))?;
            let body = one(address, back);
            match args.json {
                true => json("rescan", &body),
                false => body.lines().print(),
            }
        }
        None if options.no_remove || options.force => {
            Err(Usage("--no-remove and --force need a PCI address".into()).into())
        }
        None => {
            let cards = to_the_end(|| Ok(vfio::rescan_bus(&host)?))?;
            let body = BusBody { devices: cards.iter().map(PciAddress::to_string).collect() };
            match args.json {
                true => json("rescan", &body),
                false => body.lines().print(),
            }
        }
    }
}

fn one(address: PciAddress, back: Rescanned) -> OneBody {
    let ids = back.ids.map(|ids| ids.to_string());
    OneBody { device: address.to_string(), removed: back.removed, ids, driver: back.driver }
}

impl OneBody {
    fn lines(&self) -> Lines {
        let mut lines = Lines::default();
        let how = if self.removed { "back after its removal" } else { "on the bus, not removed" };
        lines.add("device", format!("{}, {how}", self.device));
        lines.add("ids", self.ids.as_deref().unwrap_or("unknown"));
        lines.add("driver", self.driver.as_deref().unwrap_or("none"));
        lines
    }
}

impl BusBody {
    fn lines(&self) -> Lines {
        let mut lines = Lines::default();
        lines.add(
            "cards",
            match self.devices.is_empty() {
                true => "none; a board with ids of its own is not known by them, see `lspci -D -nn`".into(),
                false => self.devices.join(", "),
            },
        );
        lines
    }
}

#[cfg(test)]
mod tests {
    use ferrolane::mock::FakeHost;

    use super::*;

    #[test]
    fn what_came_back_is_told() {
        let dir = tempfile::tempdir().unwrap();
        let fake = FakeHost::healthy(dir.path());
        let address = "0000:03:00.0".parse().unwrap();
        let options = RescanOptions { remove: true, force: false };
        let back = vfio::rescan(&fake.host(), address, options).unwrap();
        assert_eq!(
            one(address, back).lines().to_string(),
            "device        0000:03:00.0, back after its removal\nids           1234:f1a0\ndriver        vfio-pci\n"
        );
        let cards = |devices: &[&str]| BusBody { devices: devices.iter().map(|d| d.to_string()).collect() };
        assert!(cards(&[]).lines().to_string().contains("none; "));
        assert_eq!(cards(&["0000:03:00.0"]).lines().to_string(), "cards         0000:03:00.0\n");
    }
}
