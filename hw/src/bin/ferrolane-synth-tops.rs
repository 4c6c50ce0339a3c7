//! `ferrolane-synth-tops DIR [NAME…]`: writes the Verilog that `make synth` measures, a file for each configuration of the engine
//! and for each block, and `DIR/list`, with a line `file top part width queues profile run` for each. With names: only those.
//!
//! `run` is `default` for what `make synth` measures; `make synth-all` measures everything.

use std::path::Path;
use std::process::ExitCode;

use ferrolane_hw::test_blocks;
use ferrolane_hw::top::SYNTHS;

/// A file to write.
struct Top {
    /// Of the module and of the file.
    name: &'static str,
    /// The columns of its row: part, width, queues of both directions, profile, run.
    row: String,
    verilog: fn() -> String,
}

fn engines() -> Vec<Top> {
    let row = |b: &ferrolane_hw::top::SynthBuild| {
        let run = if b.default { "default" } else { "all" };
        format!("engine {} {} {} {run}", b.width, 2 * b.queues, if b.full { "full" } else { "core" })
    };
    SYNTHS.iter().map(|b| Top { name: b.module, row: row(b), verilog: b.verilog }).collect()
}

fn run(dir: &Path, names: &[String]) -> Result<(), String> {
    std::fs::create_dir_all(dir).map_err(|e| format!("cannot make {}: {e}", dir.display()))?;
    let blocks = test_blocks().into_iter().map(|b| Top {
        name: b.name,
        row: format!("{} - - - all", b.name),
        verilog: b.verilog,
    });
    let mut list = String::new();
    let chosen = |top: &Top| names.is_empty() || names.iter().any(|name| name == top.name);
    for top in engines().into_iter().chain(blocks).filter(chosen) {
        let file = format!("{}.v", top.name);
        write(&dir.join(&file), &(top.verilog)())?;
        list += &format!("{file} {} {}\n", top.name, top.row);
    }
    write(&dir.join("list"), &list)
}

fn write(path: &Path, text: &str) -> Result<(), String> {
    std::fs::write(path, text).map_err(|e| format!("cannot write {}: {e}", path.display()))
}

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [dir, names @ ..] = &args[..] else {
        eprintln!("usage: ferrolane-synth-tops DIR [NAME...]");
        return ExitCode::from(2);
    };
    match run(Path::new(dir), names) {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            eprintln!("{e}");
            ExitCode::FAILURE
        }
    }
}
