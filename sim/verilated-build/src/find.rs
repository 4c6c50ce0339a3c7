//! Where Verilator is.
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::error::AtPath;
use crate::Error;

/// An installed Verilator that has passed the check.
#[derive(Clone, Debug)]
pub struct Verilator {
    root: PathBuf,
    bin: PathBuf,
}

impl Verilator {
    /// What VERILATOR_ROOT must be: the directory with `include/`.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The compiler itself, `verilator_bin`.
    pub fn bin(&self) -> &Path {
        &self.bin
    }

    /// The headers and sources of its runtime.
    pub fn include_dir(&self) -> PathBuf {
        self.root.join("include")
    }

    /// A command that runs it.
    pub fn command(&self) -> Command {
        let mut command = Command::new(&self.bin);
        command.env("VERILATOR_ROOT", &self.root);
        command
    }

    /// An installation with `root/include` and its executable at one of the usual places.
    pub(crate) fn at(root: &Path) -> Option<Self> {
        let places = [
            root.join("bin/verilator_bin"),
            root.join("verilator_bin"),
            root.join("../../bin/verilator_bin"),
        ];
        let bin = places.into_iter().find(|p| p.is_file())?;
        root.join("include/verilated.h").is_file().then(|| Verilator { root: root.into(), bin })
    }
}

/// Finds Verilator: the environment variable VERILATOR_ROOT, then `.tools/` of the workspace (see `tools/setup.sh`),
/// then `verilator_bin` on the PATH. Checked by what it can do, since its version string may hold no version. In a build
/// script it tells cargo what the result depends on; other programs may call it, too, and search from the package that
/// cargo runs or from the current directory.
///
/// # Errors
/// None found, or the one found does not work. Both name the remedy.
pub fn find_verilator() -> Result<Verilator, Error> {
    println!("cargo:rerun-if-env-changed=VERILATOR_ROOT");
    tell_cargo("rerun-if-env-changed=PATH");
    let found = locate_verilator()?;
    tell_cargo(&format!("rerun-if-changed={}", found.bin.display()));
    check(&found)?;
    Ok(found)
}

/// The search of [`find_verilator`] alone, for programs that are not build scripts.
///
/// # Errors
/// None found, or VERILATOR_ROOT names a place without one.
pub fn locate_verilator() -> Result<Verilator, Error> {
    if let Some(root) = std::env::var_os("VERILATOR_ROOT").filter(|v| !v.is_empty()) {
        let root = PathBuf::from(root);
        let why = || "no include/verilated.h or no verilator_bin in it".into();
        return Verilator::at(&root).ok_or_else(|| Error::BadVerilator { root, why: why() });
    }
    in_workspace().or_else(on_path).ok_or(Error::NoVerilator)
}

/// [`find_verilator`], but prints the error and ends the build script.
pub fn find_verilator_or_exit() -> Verilator {
    find_verilator().unwrap_or_else(|error| exit(&error))
}

pub(crate) fn exit(error: &Error) -> ! {
    eprintln!("error: {error}");
    std::process::exit(1)
}

/// Only build scripts have HOST; for others stdout is their own.
fn tell_cargo(line: &str) {
    if std::env::var_os("HOST").is_some() && std::env::var_os("OUT_DIR").is_some() {
        println!("cargo:{line}");
    }
}

fn in_workspace() -> Option<Verilator> {
    let package = match std::env::var_os("CARGO_MANIFEST_DIR") {
        Some(dir) => PathBuf::from(dir),
        None => std::env::current_dir().ok()?,
    };
    package.ancestors().find_map(|dir| {
        let entries = std::fs::read_dir(dir.join(".tools/lib")).ok()?;
        entries
            .flatten()
            .filter(|e| e.file_name().to_string_lossy().starts_with("python3"))
            .find_map(|e| Verilator::at(&e.path().join("site-packages/verilator")))
    })
}

fn on_path() -> Option<Verilator> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).filter(|dir| dir.join("verilator_bin").is_file()).find_map(|dir| {
        // prefix/bin beside prefix/share/verilator, or the bin of a VERILATOR_ROOT
        Verilator::at(&dir.join("../share/verilator")).or_else(|| Verilator::at(dir.parent()?))
    })
}

/// Runs it on a small module with every flag that models are built with.
fn check(verilator: &Verilator) -> Result<(), Error> {
    let parent = std::env::var_os("OUT_DIR").map_or_else(std::env::temp_dir, PathBuf::from);
    let dir = parent.join(format!("verilator-check-{}", std::process::id()));
    std::fs::create_dir_all(&dir).at(&dir)?;
    let outcome = check_in(verilator, &dir);
    let removed = std::fs::remove_dir_all(&dir).at(&dir);
    outcome.and(removed)
}

fn check_in(verilator: &Verilator, dir: &Path) -> Result<(), Error> {
    let source = dir.join("check.v");
    let text = "module check(input wire clk, input wire d, output reg q);\n  always @(posedge clk) q <= d;\nendmodule\n";
    std::fs::write(&source, text).at(&source)?;
    let bad = |why: String| Error::BadVerilator { root: verilator.root.clone(), why };
    let run = verilator
        .command()
        .args(crate::verilate::FLAGS)
        .args(crate::verilate::X_UNIQUE)
        .args(crate::verilate::COVERAGE)
        .args(crate::verilate::TRACE)
        .args(["--prefix", "Vcheck", "--top-module", "check", "--Mdir"])
        .arg(dir)
        .arg(&source)
        .output()
        .map_err(|e| bad(e.to_string()))?;
    if !run.status.success() {
        let log = String::from_utf8_lossy(&run.stderr);
        return Err(bad(log.lines().next().unwrap_or("it failed without a word").into()));
    }
    let header = dir.join("Vcheck.h");
    let header = std::fs::read_to_string(&header).at(&header)?;
    let ports = crate::ports::parse("check", &header)?;
    if ports.len() != 3 {
        return Err(bad("its output has a form that is not known here".into()));
    }
    Ok(())
}
