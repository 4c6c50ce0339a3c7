//! Who has a device open.

use std::fmt;
use std::fs;
use std::path::PathBuf;

use super::host::{names, text, Host};

/// A process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Holder {
    pub pid: u32,
    /// Cut to 15 characters by the kernel.
    pub name: String,
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "process {} ({})", self.pid, self.name)
    }
}

/// Processes that have one of `nodes` open, this one too, as far as its user may see: root sees all, others their own.
pub(super) fn holders(host: &Host, nodes: &[PathBuf]) -> Vec<Holder> {
    let mut found = Vec::new();
    for pid in names(&host.proc).iter().filter_map(|name| name.parse::<u32>().ok()) {
        let folder = host.proc.join(pid.to_string());
        let open = names(&folder.join("fd"))
            .iter()
            .any(|fd| fs::read_link(folder.join("fd").join(fd)).is_ok_and(|file| nodes.contains(&file)));
        if open {
            let name = text(&folder.join("comm")).unwrap_or_else(|| "?".into());
            found.push(Holder { pid, name });
        }
    }
    found.sort_by_key(|holder| holder.pid);
    found
}

/// The processes in words.
pub(super) fn in_words(holders: &[Holder]) -> String {
    holders.iter().map(Holder::to_string).collect::<Vec<_>>().join(", ")
}
