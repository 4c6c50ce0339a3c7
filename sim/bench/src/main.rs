//! Measures how much of the link's bound each build of the engine reaches, and writes `target/bench-engine.json`.
//!
//! ```text
//!  rings, doorbells, records, data: ring ── Host ── Machine ─┬─ wires, tapped: wire
//!                                                            └─ engine (Verilated) ── card: sink and source
//! ```

mod bound;
mod card;
mod engine;
mod feed;
mod host;
mod latency;
mod loss;
mod pattern;
mod plot;
mod report;
mod ring;
mod row;
mod source;
mod splits;
mod wire;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Mutex;

use anyhow::Result;
use clap::Parser;

use engine::{Build, Role};
use host::Place;
use row::{Flow, Outcome, Row};

/// Fragment sizes in bytes.
const FRAGMENTS: [u32; 6] = [4096, 1024, 256, 64, 16, 1];

#[derive(Parser)]
#[command(about = "Measures how much of the link's bound the engine reaches")]
struct Args {
    /// Only rows with all of these words, as in w128,q4,h2c,4096,500ns; may be given several times
    #[arg(long, value_name = "WORDS")]
    filter: Vec<String>,
    /// Seed of all that is random
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Rows that are run at a time
    #[arg(long, default_value_t = 2)]
    jobs: usize,
    /// A missed floor is no error
    #[arg(long)]
    lenient: bool,
    /// Host memory above 4 GiB
    #[arg(long)]
    high: bool,
    /// Print also what limits each row
    #[arg(long)]
    limits: bool,
    /// Only the rows, neither latencies, feed modes nor loss
    #[arg(long)]
    rows_only: bool,
    /// Only the loss of sources in real time against their memory
    #[arg(long)]
    loss: bool,
    /// Where the plot of the loss goes
    #[arg(long, default_value = "target/bench-engine-loss.svg")]
    plot: PathBuf,
    /// Where the JSON goes
    #[arg(long, default_value = "target/bench-engine.json")]
    json: PathBuf,
}

/// Read latencies that a build is measured with. A wide port needs its many tags only where reads take long.
fn latencies(build: &Build) -> &'static [u64] {
    match (build.width, build.tags) {
        (256, ..=64) => &[500],
        (256, _) => &[1000],
        _ => &[500, 1000],
    }
}

/// Queues per direction that a build is measured with: all, and one of a few.
fn queues(build: &Build) -> &'static [usize] {
    match build.queues {
        1 => &[1],
        2..=4 => &[1, 4],
        _ => &[64],
    }
}

fn rows(args: &Args) -> Vec<Row> {
    let mut all = Vec::new();
    for build in Build::all(Role::Rate) {
        for latency_ns in latencies(build) {
            for flow in [Flow::H2c, Flow::C2h, Flow::Both] {
                for queues in queues(build) {
                    for fragment in FRAGMENTS {
                        let place = Place { latency_ns: *latency_ns, seed: args.seed, high: args.high };
                        all.push(Row { build: *build, queues: *queues, flow, fragment, place });
                    }
                }
            }
        }
    }
    let wanted = |row: &Row, filter: &String| {
        let words = row.words();
        filter.split(',').all(|word| words.iter().any(|has| has == word))
    };
    all.retain(|row| args.filter.is_empty() || args.filter.iter().any(|filter| wanted(row, filter)));
    all
}

/// Runs the rows on some threads; the outcomes are in the order of the rows.
fn run(rows: &[Row], jobs: usize) -> Vec<Result<Outcome>> {
    let next = AtomicUsize::new(0);
    let outcomes: Mutex<Vec<Option<Result<Outcome>>>> = Mutex::new(rows.iter().map(|_| None).collect());
    std::thread::scope(|scope| {
        for _ in 0..jobs.max(1) {
            scope.spawn(|| loop {
                let index = next.fetch_add(1, Ordering::SeqCst);
                let Some(row) = rows.get(index) else { return };
                let outcome = row.run();
                let told = match &outcome {
                    Ok(outcome) => format!("{:.1} %", outcome.percent()),
                    Err(_) => "FAILED".into(),
                };
                eprintln!("{}/{} {}: {told}", index + 1, rows.len(), row.words().join(" "));
                outcomes.lock().expect("no thread panics with the lock held")[index] = Some(outcome);
            });
        }
    });
    let outcomes = outcomes.into_inner().expect("no thread panics with the lock held");
    outcomes.into_iter().flatten().collect()
}

fn extras(args: &Args) -> Result<()> {
    let place = Place { latency_ns: 500, seed: args.seed, high: args.high };
    println!("\nLatency of an idle engine, 500 ns of read latency:");
    for build in Build::all(Role::Rate) {
        for (mode, push) in [("ring", false), ("push", true)] {
            if let Some(latency) = latency::measure(build, place, push)? {
                report::latency(build.name, mode, &latency);
            }
        }
    }
    for build in Build::all(Role::Rate).filter(|build| build.queues == 4) {
        report::feeds(build.name, &feed::measure(build, place)?);
    }
    Ok(())
}

/// The loss of sources in real time, against the share of the FIFO.
fn loss(args: &Args) -> Result<()> {
    let builds: Vec<&Build> = Build::all(Role::Depth).collect();
    if builds.is_empty() {
        println!("\nLoss against FIFO depth: not measured, no build for it is here.");
        return Ok(());
    }
    let place = Place { latency_ns: 500, seed: args.seed, high: args.high };
    let losses = loss::measure(&builds, place, args.jobs)?;
    report::losses(&losses);
    plot::write(&args.plot, &losses)?;
    println!("{}", args.plot.display());
    Ok(())
}

fn bench(args: &Args) -> Result<bool> {
    if args.loss {
        loss(args)?;
        return Ok(true);
    }
    let rows = rows(args);
    let (mut outcomes, mut failures) = (Vec::new(), Vec::new());
    for outcome in run(&rows, args.jobs) {
        match outcome {
            Ok(outcome) => outcomes.push(outcome),
            Err(error) => failures.push(error),
        }
    }
    report::table(&outcomes);
    if args.limits {
        report::limits(&outcomes);
    }
    report::json(&args.json, &outcomes)?;
    for failure in &failures {
        println!("FAILED {failure:#}");
    }
    if !args.rows_only {
        extras(args)?;
        loss(args)?;
    }
    let floors = outcomes.iter().filter(|o| o.met().is_some()).count();
    let missed = outcomes.iter().filter(|o| o.met() == Some(false)).count();
    println!("\n{} of {floors} floors met, {missed} MISSED; {} rows failed", floors - missed, failures.len());
    println!("{}", args.json.display());
    Ok(failures.is_empty() && (args.lenient || missed == 0))
}

fn main() -> ExitCode {
    match bench(&Args::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whole engines of sizes that have no rows: other widths, tags and numbers of queues.
    #[test]
    fn engines_of_other_sizes_move_every_byte() {
        let builds: Vec<&Build> = Build::all(Role::Size).collect();
        assert!(!builds.is_empty(), "FERROLANE_ENGINES leaves out all builds for this test");
        for build in builds {
            let place = Place { latency_ns: 500, seed: 1, high: build.width == 256 };
            let sizes = [(Flow::Both, 1024), (Flow::Both, 61), (Flow::H2c, 1), (Flow::C2h, 1)];
            let rows = sizes.map(|(flow, fragment)| Row {
                build: *build,
                queues: build.queues,
                flow,
                fragment,
                place,
            });
            for outcome in run(&rows, 1) {
                let outcome = outcome.unwrap();
                assert!(outcome.fragments > 100.0, "{}", outcome.row.words().join(" "));
            }
        }
    }
}
