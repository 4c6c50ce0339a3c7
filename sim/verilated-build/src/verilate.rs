//! Runs Verilator.
use std::path::Path;

use crate::error::AtPath;
use crate::{Error, Model, Verilator};

/// Flags of every model. Widths are for the lint; a latch in synthesizable code is always an error. Times are in ps,
/// whatever the Verilog says, since the test bench counts so.
pub(crate) const FLAGS: &[&str] = &[
    "--cc",
    "-O3",
    "--assert",
    "--quiet",
    "--timescale-override",
    "1ps/1ps",
    "-Wno-fatal",
    "-Wno-style",
    "-Wno-WIDTH",
    "-Wno-UNSIGNED",
    "-Werror-LATCH",
];
pub(crate) const X_UNIQUE: &[&str] = &["--x-assign", "unique", "--x-initial", "unique"];
pub(crate) const X_FAST: &[&str] = &["--x-assign", "fast", "--x-initial", "fast"];
pub(crate) const COVERAGE: &[&str] = &["--coverage-line", "--coverage-user"];
pub(crate) const TRACE: &[&str] = &["--trace-fst"];

/// All flags of a model but its names and places.
pub(crate) fn flags(model: &Model, trace: bool) -> Vec<&'static str> {
    let mut flags = FLAGS.to_vec();
    flags.extend(if model.x_unique { X_UNIQUE } else { X_FAST });
    if model.coverage {
        flags.extend(COVERAGE);
    }
    if trace {
        flags.extend(TRACE);
    }
    flags
}

/// Verilates `model` into `dir`; returns what Verilator said.
pub(crate) fn run(
    verilator: &Verilator,
    model: &Model,
    trace: bool,
    prefix: &str,
    dir: &Path,
) -> Result<String, Error> {
    let source = dir.join(format!("{}.v", model.name));
    std::fs::write(&source, &model.verilog).at(&source)?;
    // A relative name, from inside the directory: messages and coverage then hold no path of this machine.
    let output = verilator
        .command()
        .current_dir(dir)
        .args(flags(model, trace))
        .args(["--prefix", prefix, "--top-module", &model.top, "--Mdir", "."])
        .arg(format!("{}.v", model.name))
        .output()
        .at(verilator.bin())?;
    let log = String::from_utf8_lossy(&output.stderr).into_owned();
    let path = dir.join("verilator.log");
    std::fs::write(&path, &log).at(&path)?;
    if output.status.success() {
        Ok(log)
    } else {
        Err(Error::Verilate { model: model.name.clone(), log: format!("{log}in {}", source.display()) })
    }
}

/// First lines of the warnings in a log, each once.
pub(crate) fn warnings(log: &str) -> Vec<&str> {
    let mut seen = Vec::new();
    for line in log.lines().filter(|line| line.starts_with("%Warning")) {
        if !seen.contains(&line) {
            seen.push(line);
        }
    }
    seen
}
