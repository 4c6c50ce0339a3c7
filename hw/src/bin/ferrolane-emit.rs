//! `ferrolane-emit DIR`: writes the Verilog of each top to `DIR/<module>.v`.

use std::path::PathBuf;
use std::process::ExitCode;

fn main() -> ExitCode {
    let Some(dir) = std::env::args_os().nth(1).map(PathBuf::from) else {
        eprintln!("usage: ferrolane-emit DIR");
        return ExitCode::from(2);
    };
    let path = dir.join(format!("{}.v", ferrolane_hw::top::CARD_MODULE));
    let written =
        std::fs::create_dir_all(&dir).and_then(|()| std::fs::write(&path, ferrolane_hw::top::card_verilog()));
    match written {
        Ok(()) => {
            println!("{}", path.display());
            ExitCode::SUCCESS
        }
        Err(e) => {
            eprintln!("cannot write {}: {e}", path.display());
            ExitCode::FAILURE
        }
    }
}
