//! `ferrolane bind` and `ferrolane unbind`.

use std::fs;
use std::os::unix::fs::MetadataExt;

use anyhow::Result;
use ferrolane::vfio::{self, BindOptions, Change, Host, Owner, PciAddress};
use serde::Serialize;

use super::args::{BindArgs, UnbindArgs};
use super::{needed_address, owner, to_the_end};
use crate::args::Args;
use crate::output::{json, Lines};

#[derive(Serialize)]
struct Body {
    device: String,
    driver_before: Option<String>,
    driver: Option<String>,
    node: Option<String>,
    node_uid: Option<u32>,
    node_gid: Option<u32>,
    node_mode: Option<String>,
}

impl Body {
    fn new(address: PciAddress, change: Change) -> Body {
        let node = change.node.as_ref().and_then(|node| fs::metadata(node).ok());
        Body {
            device: address.to_string(),
            driver_before: change.before,
            driver: change.driver,
            node: change.node.map(|node| node.display().to_string()),
            node_uid: node.as_ref().map(MetadataExt::uid),
            node_gid: node.as_ref().map(MetadataExt::gid),
            node_mode: node.as_ref().map(|node| format!("{:04o}", node.mode() & 0o7777)),
        }
    }

    fn lines(&self) -> Lines {
        let mut lines = Lines::default();
        let name = |driver: &Option<String>| driver.clone().unwrap_or_else(|| "none".into());
        lines.add("device", &self.device);
        lines.add(
            "driver",
            match self.driver == self.driver_before {
                true => format!("{}, as before", name(&self.driver)),
                false => format!("{}, before {}", name(&self.driver), name(&self.driver_before)),
            },
        );
        let Some(node) = &self.node else { return lines };
        match (self.node_uid, self.node_gid, &self.node_mode) {
            (Some(uid), Some(gid), Some(mode)) => {
                lines.add("node", format!("{node}, user {uid}, group {gid}, mode {mode}"));
                if (uid, gid) == (0, 0) && mode == "0600" {
                    lines.add("for users", format!("sudo ferrolane bind {} --owner USER", self.device));
                }
            }
            _ => lines.add("node", format!("{node} does not exist, see `ferrolane doctor {}`", self.device)),
        }
        lines
    }
}

/// Runs `bind`.
pub fn bind(args: &Args, options: &BindArgs) -> Result<()> {
    let address = needed_address(&args.device, options.address)?;
    let owner = match &options.owner {
        Some(text) => owner::parse(text)?,
        None => Owner::default(),
    };
    let options = BindOptions { force: options.force, owner };
    let change = to_the_end(|| Ok(vfio::bind(&Host::default(), address, &options)?))?;
    print(args, "bind", &Body::new(address, change))
}

/// Runs `unbind`.
pub fn unbind(args: &Args, options: &UnbindArgs) -> Result<()> {
    let address = needed_address(&args.device, options.address)?;
    let driver = options.driver.as_deref();
    let change = to_the_end(|| Ok(vfio::unbind(&Host::default(), address, driver)?))?;
    print(args, "unbind", &Body::new(address, change))
}

fn print(args: &Args, command: &str, body: &Body) -> Result<()> {
    match args.json {
        true => json(command, body),
        false => body.lines().print(),
    }
}

#[cfg(test)]
mod tests {
    use ferrolane::mock::FakeHost;

    use super::*;

    #[test]
    fn a_change_is_told() {
        let dir = tempfile::tempdir().unwrap();
        let fake = FakeHost::healthy(dir.path());
        let address = "0000:03:00.0".parse().unwrap();
        let text = |change| Body::new(address, change).lines().to_string();
        let bound = vfio::bind(&fake.host(), address, &BindOptions::default()).unwrap();
        let told = text(bound);
        assert!(
            told.starts_with("device        0000:03:00.0\ndriver        vfio-pci, as before\n"),
            "{told}"
        );
        assert!(told.contains("dev/vfio/7, user "), "{told}");
        let unbound = vfio::unbind(&fake.host(), address, None).unwrap();
        assert_eq!(text(unbound), "device        0000:03:00.0\ndriver        none, before vfio-pci\n");
    }

    #[test]
    fn a_node_of_root_alone_comes_with_the_remedy() {
        let body = Body {
            device: "0000:03:00.0".into(),
            driver_before: None,
            driver: Some("vfio-pci".into()),
            node: Some("/dev/vfio/7".into()),
            node_uid: Some(0),
            node_gid: Some(0),
            node_mode: Some("0600".into()),
        };
        let told = body.lines().to_string();
        assert!(told.ends_with("for users     sudo ferrolane bind 0000:03:00.0 --owner USER\n"), "{told}");
    }
}
