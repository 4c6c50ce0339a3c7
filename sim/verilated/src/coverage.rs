//! Coverage of all models of a process, added up in a file per kind of model.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use crate::{Core, Error};

/// Environment variable with the directory for the files. Models that were built with coverage leave what they have collected
/// there when they are dropped; unset, they don't.
pub const DIRECTORY: &str = "VERILATED_COVERAGE";

/// Counts per model and point, a point as Verilator writes it.
static TOTALS: Mutex<BTreeMap<&'static str, BTreeMap<String, u64>>> = Mutex::new(BTreeMap::new());

/// Adds the model's counts to those of the models of its name that were dropped before, and writes the sum to
/// `<name>-<process>.dat`, in Verilator's format.
pub(crate) fn collect(core: &mut Core) -> Result<(), Error> {
    let Some(directory) = std::env::var_os(DIRECTORY).map(PathBuf::from) else { return Ok(()) };
    let path = directory.join(format!("{}-{}.dat", core.name(), std::process::id()));
    let io = |source| Error::Io { path: path.clone(), source };
    // One at a time: Verilator writes to the file first.
    let mut totals = TOTALS.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    std::fs::create_dir_all(&directory).map_err(io)?;
    core.write_coverage(&path)?;
    let counts = totals.entry(core.name()).or_default();
    for (point, count) in points(&std::fs::read_to_string(&path).map_err(io)?) {
        *counts.entry(point.to_owned()).or_default() += count;
    }
    write(&path, counts).map_err(io)
}

/// Points and counts of a file: lines `C '<point>' <count>`.
fn points(text: &str) -> impl Iterator<Item = (&str, u64)> {
    text.lines().filter_map(|line| {
        let (point, count) = line.strip_prefix("C '")?.rsplit_once("' ")?;
        Some((point, count.parse().ok()?))
    })
}

fn write(path: &Path, counts: &BTreeMap<String, u64>) -> std::io::Result<()> {
    let mut text = String::from("# SystemC::Coverage-3\n");
    for (point, count) in counts {
        text.push_str(&format!("C '{point}' {count}\n"));
    }
    std::fs::write(path, text)
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_point_is_what_stands_in_quotes() {
        let text = "# SystemC::Coverage-3\nC '\u{1}f\u{2}a.v\u{1}l\u{2}7\u{1}h\u{2}it's' 12\nC broken\n";
        let found: Vec<_> = super::points(text).collect();
        assert_eq!(found, [("\u{1}f\u{2}a.v\u{1}l\u{2}7\u{1}h\u{2}it's", 12)]);
    }
}
