//! Writes the exports of the ABI table, or checks that the ones on disk are up to date.
//!
//! `ferrolane-abi-export [--check] markdown=FILE json=FILE c=FILE` in any choice and order.

use std::process::ExitCode;

fn main() -> ExitCode {
    let mut check = false;
    let mut ok = true;
    for arg in std::env::args().skip(1) {
        if arg == "--check" {
            check = true;
            continue;
        }
        let Some((kind, path)) = arg.split_once('=') else {
            eprintln!("usage: ferrolane-abi-export [--check] markdown=FILE json=FILE c=FILE");
            return ExitCode::from(2);
        };
        let text = match kind {
            "markdown" => ferrolane_abi::export::markdown(),
            "json" => ferrolane_abi::export::json(),
            "c" => ferrolane_abi::export::c_header(),
            other => {
                eprintln!("unknown export `{other}`: markdown, json or c");
                return ExitCode::from(2);
            }
        };
        if check {
            if std::fs::read_to_string(path).ok().as_deref() != Some(text.as_str()) {
                eprintln!("{path} is not what hw/abi says; run `make generate`");
                ok = false;
            }
        } else if let Err(e) = std::fs::write(path, text) {
            eprintln!("cannot write {path}: {e}");
            ok = false;
        }
    }
    if ok {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
