//! `ferrolane-lint`: checks the engine's sources and what they emit. Run from the workspace's root.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use ferrolane_hw::emit::TestBlock;
use ferrolane_hw::top::{card_verilog, CARD_MODULE};
use ferrolane_lint::{source, widths, Finding};

fn main() -> ExitCode {
    let mut findings = vec![];
    let mut sources = vec![];
    collect(Path::new("hw/src"), &mut sources);
    if sources.is_empty() {
        eprintln!("no sources in hw/src: run this from the workspace's root");
        return ExitCode::from(2);
    }
    for path in &sources {
        let text = std::fs::read_to_string(path).expect("a file just listed can be read");
        match source::check(&path.display().to_string(), &text) {
            Ok(found) => findings.extend(found),
            Err(e) => {
                let message = format!("not Rust: {e}");
                findings.push(Finding {
                    file: path.display().to_string(),
                    line: e.span().start().line,
                    message,
                })
            }
        }
    }
    let modules = match lint_verilog(&mut findings) {
        Ok(n) => n,
        Err(e) => {
            eprintln!("{e}");
            return ExitCode::from(2);
        }
    };
    for f in &findings {
        println!("{f}");
    }
    println!("lint: {} source files, {modules} emitted designs, {} findings", sources.len(), findings.len());
    if findings.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn collect(dir: &Path, into: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(dir) else { return };
    let mut paths: Vec<_> = entries.flatten().map(|e| e.path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            collect(&path, into);
        } else if path.extension().is_some_and(|e| e == "rs") {
            into.push(path);
        }
    }
}

/// Emits every design, has Verilator look at it, and filters what it says. Gives the number of designs.
fn lint_verilog(findings: &mut Vec<Finding>) -> Result<usize, String> {
    let verilator = verilated_build::locate_verilator().map_err(|e| e.to_string())?;
    let dir = Path::new("target/lint");
    std::fs::create_dir_all(dir).map_err(|e| format!("cannot make {}: {e}", dir.display()))?;
    let mut designs = ferrolane_hw::test_blocks();
    designs.push(TestBlock { name: CARD_MODULE, verilog: card_verilog });
    for design in &designs {
        let text = (design.verilog)();
        let path = dir.join(format!("{}.v", design.name));
        std::fs::write(&path, &text).map_err(|e| format!("cannot write {}: {e}", path.display()))?;
        let output = verilator
            .command()
            .args(["--lint-only", "-Wall", "-Wno-fatal", "-Wno-DECLFILENAME", "--top-module", design.name])
            .arg(&path)
            .output()
            .map_err(|e| format!("cannot run Verilator: {e}"))?;
        let report = String::from_utf8_lossy(&output.stderr);
        findings.extend(widths::check(&path.display().to_string(), &text, &report));
    }
    Ok(designs.len())
}
