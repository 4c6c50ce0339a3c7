//! Runs the C++ compiler, at most two at a time.
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::error::AtPath;
use crate::Error;

/// The flags that the runtime and all models are compiled with. Always optimised: an unoptimised model is ten times
/// slower and saves little time to build.
pub fn configure_cxx(build: &mut cc::Build, verilator_include: &Path, runtime_cpp: &Path) {
    build
        .cpp(true)
        .std("c++17")
        .opt_level(3)
        .debug(false)
        .warnings(false)
        .extra_warnings(false)
        .include(verilator_include)
        .include(verilator_include.join("vltstd"))
        .include(runtime_cpp)
        .define("VERILATOR", "1")
        .define("VM_COVERAGE", "1")
        .define("VM_SC", "0")
        .define("VM_TRACE", "0")
        // Verilator's code leaves parameters and labels unused, and has no use for landing pads of branches.
        .flag_if_supported("-fcf-protection=none")
        .flag_if_supported("-Wno-attributes");
}

/// A file to compile, as a command.
pub(crate) struct Job {
    pub model: String,
    pub command: Command,
}

/// The compiler for a model in `dir`, with the directory among its includes.
pub(crate) fn compiler(verilator_include: &Path, runtime_cpp: &Path, dir: &Path) -> cc::Build {
    let mut build = cc::Build::new();
    configure_cxx(&mut build, verilator_include, runtime_cpp);
    build.include(dir).cargo_metadata(false);
    build
}

/// Commands for the two files of a model; `-O1` for what runs once.
pub(crate) fn jobs(model: &str, build: &cc::Build, dir: &Path) -> Result<Vec<Job>, Error> {
    let mut slow = build.clone();
    slow.opt_level(1);
    [("model_fast", build), ("model_slow", &slow)]
        .into_iter()
        .map(|(stem, build)| {
            let tool = build.try_get_compiler().map_err(|e| failed(model, e.to_string()))?;
            let mut command = tool.to_command();
            command.current_dir(dir).arg("-c").arg(format!("{stem}.cpp")).arg("-o").arg(format!("{stem}.o"));
            Ok(Job { model: model.into(), command })
        })
        .collect()
}

/// Runs all, two at a time or as many as cargo allows, and stops at the first failure.
pub(crate) fn run(jobs: Vec<Job>) -> Result<(), Error> {
    let workers =
        std::env::var("NUM_JOBS").ok().and_then(|n| n.parse::<usize>().ok()).unwrap_or(1).clamp(1, 2);
    let queue = std::sync::Mutex::new(jobs);
    let work = || -> Result<(), Error> {
        loop {
            let Some(mut job) = queue.lock().expect("no worker panics with the lock").pop() else {
                return Ok(());
            };
            let outcome = execute(&job.model, &mut job.command);
            if outcome.is_err() {
                queue.lock().expect("no worker panics with the lock").clear();
                return outcome;
            }
        }
    };
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
        threads.into_iter().try_for_each(|t| t.join().expect("compile worker"))
    })
}

/// Puts the objects of a model into `lib<name>.a`.
pub(crate) fn archive(model: &str, build: &cc::Build, dir: &Path, name: &str) -> Result<PathBuf, Error> {
    let library = dir.join(format!("lib{name}.a"));
    if library.exists() {
        std::fs::remove_file(&library).at(&library)?;
    }
    let mut command = build.try_get_archiver().map_err(|e| failed(model, e.to_string()))?;
    command.current_dir(dir).arg("crs").arg(&library).args(["model_fast.o", "model_slow.o"]);
    execute(model, &mut command)?;
    Ok(library)
}

fn execute(model: &str, command: &mut Command) -> Result<(), Error> {
    let output = command.output().map_err(|e| failed(model, format!("{command:?}: {e}")))?;
    if output.status.success() {
        Ok(())
    } else {
        Err(failed(model, format!("{command:?}\n{}", String::from_utf8_lossy(&output.stderr))))
    }
}

fn failed(model: &str, log: String) -> Error {
    Error::Compile { model: model.into(), log }
}
