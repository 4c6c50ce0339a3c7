//! `ferrolane-synth-tops DIR`: writes the Verilog that `make synth` measures, a file for each configuration of the engine
//! and for each block, and `DIR/list`, with a line `file top part width queues profile run` for each.
//!
//! `run` is `default` for what `make synth` measures; `make synth-all` measures everything.

use std::path::Path;
use std::process::ExitCode;

use ferrolane_hw::dma::engine::Engine;
use ferrolane_hw::dma::queue::FLR_WAIT;
use ferrolane_hw::emit::verilog;
use ferrolane_hw::test_blocks;

/// A file to write.
struct Top {
    /// Of the module and of the file.
    name: &'static str,
    /// The columns of its row: part, width, queues of both directions, profile, run.
    row: String,
    verilog: fn() -> String,
}

/// As in `Card128`, with other numbers of queues: `queues per direction, their log2, queues, their log2, QA, SA` and
/// log2 of the FIFO rows per share and in all, where they differ.
type Engine128<
    const NQ: usize,
    const QB: usize,
    const GN: usize,
    const GB: usize,
    const QA: usize,
    const SA: usize,
    const RB: usize,
    const AB: usize,
    const HSB: usize,
    const CPA: usize,
    const LOG2: usize,
> = Engine<
    128,
    4,
    16,
    4,
    183,
    NQ,
    QB,
    GN,
    GB,
    QA,
    SA,
    RB,
    AB,
    5,
    HSB,
    RB,
    AB,
    6,
    CPA,
    4,
    20,
    16,
    4,
    LOG2,
    LOG2,
    250_000,
    { FLR_WAIT },
>;

/// Makes a `Top` of the engine.
macro_rules! engine {
    ($name:literal, $row:literal, $ty:ty) => {
        Top {
            name: $name,
            row: concat!("engine ", $row).into(),
            verilog: || verilog::<$ty>($name, Default::default),
        }
    };
}

fn engines() -> Vec<Top> {
    vec![
        engine!("engine_w128_q2_core", "128 2 core all", Engine128<1, 1, 2, 2, 6, 7, 9, 10, 6, 7, 13>),
        engine!("engine_w128_q8_core", "128 8 core default", Engine128<4, 2, 8, 3, 7, 8, 9, 11, 7, 8, 13>),
        engine!("engine_w128_q64_core", "128 64 core all", Engine128<32, 5, 64, 6, 10, 11, 7, 12, 10, 11, 11>),
    ]
}

fn run(dir: &Path) -> Result<(), String> {
    std::fs::create_dir_all(dir).map_err(|e| format!("cannot make {}: {e}", dir.display()))?;
    let blocks = test_blocks().into_iter().map(|b| Top {
        name: b.name,
        row: format!("{} - - - all", b.name),
        verilog: b.verilog,
    });
    let mut list = String::new();
    for top in engines().into_iter().chain(blocks) {
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
    let [dir] = &args[..] else {
        eprintln!("usage: ferrolane-synth-tops DIR");
        return ExitCode::from(2);
    };
    match run(Path::new(dir)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            eprintln!("{e}");
            ExitCode::FAILURE
        }
    }
}
