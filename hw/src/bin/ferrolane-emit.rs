//! Writes what is made from the engine's sources.
//!
//! - `ferrolane-emit DIR`: the Verilog of each top, to `DIR/<module>.v`.
//! - `ferrolane-emit [--check] --pins FILE`: the documentation's page on the card's pins, or whether FILE is up to date.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use ferrolane_hw::top;

const USAGE: &str = "usage: ferrolane-emit DIR | ferrolane-emit [--check] --pins FILE";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let done = match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["--pins", file] => top::card_pins_page().and_then(|page| write(Path::new(file), &page)),
        ["--check", "--pins", file] => top::card_pins_page().and_then(|page| check(Path::new(file), &page)),
        [dir] if !dir.starts_with('-') => verilog(Path::new(dir)),
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            eprintln!("{e}");
            ExitCode::FAILURE
        }
    }
}

fn verilog(dir: &Path) -> Result<(), String> {
    std::fs::create_dir_all(dir).map_err(|e| format!("cannot make {}: {e}", dir.display()))?;
    emit(dir, top::CARD_MODULE, &top::card_verilog())?;
    emit(dir, top::SOCKET_MODULE, &top::socket_verilog())?;
    for engine in top::ENGINES {
        emit(dir, engine.module, &(engine.verilog)())?;
    }
    Ok(())
}

fn emit(dir: &Path, module: &str, text: &str) -> Result<(), String> {
    let path: PathBuf = dir.join(format!("{module}.v"));
    write(&path, text)?;
    println!("{}", path.display());
    Ok(())
}

fn write(path: &Path, text: &str) -> Result<(), String> {
    std::fs::write(path, text).map_err(|e| format!("cannot write {}: {e}", path.display()))
}

fn check(path: &Path, text: &str) -> Result<(), String> {
    match std::fs::read_to_string(path) {
        Ok(old) if old == text => Ok(()),
        _ => Err(format!("{} is not what hw/src/top says; run `make generate`", path.display())),
    }
}
