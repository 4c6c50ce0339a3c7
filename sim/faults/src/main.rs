//! Makes the page of faults of a test run on standard input, or checks that it fits the tests there are.
//!
//! ```text
//! ferrolane-faults PAGE < LOG        writes PAGE; fails if a test failed
//! ferrolane-faults --check PAGE TESTS  fails if PAGE does not show the table and just the tests in folder TESTS
//! ```

mod page;
mod table;

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::{env, fs, io};

fn main() -> ExitCode {
    let args: Vec<String> = env::args().skip(1).collect();
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    let done = match words[..] {
        ["--check", path, tests] => check(path, tests),
        [path] => generate(path),
        _ => Err("usage: ferrolane-faults PAGE < LOG, or ferrolane-faults --check PAGE TESTS".into()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(text) => {
            eprintln!("ferrolane-faults: {text}");
            ExitCode::FAILURE
        }
    }
}

fn read(path: &str) -> Result<String, String> {
    fs::read_to_string(path).map_err(|error| format!("cannot read {path}: {error}"))
}

fn generate(path: &str) -> Result<(), String> {
    let log = io::read_to_string(io::stdin()).map_err(|error| format!("cannot read the log: {error}"))?;
    let results = page::results(&log);
    if results.is_empty() {
        return Err("the log has no results; did the tests build?".into());
    }
    let text = page::write(&results)?;
    fs::write(path, text).map_err(|error| format!("cannot write {path}: {error}"))?;
    let failed: Vec<&String> =
        results.iter().filter(|entry| entry.1 == "failed").map(|entry| entry.0).collect();
    let open = results.values().filter(|result| result.starts_with("open")).count();
    println!("{path}: {} tests, {} failed, {open} open", results.len(), failed.len());
    if failed.is_empty() {
        return Ok(());
    }
    Err(format!("failed: {failed:?}"))
}

fn check(path: &str, tests: &str) -> Result<(), String> {
    let page = read(path)?;
    let results = page::results_on(&page);
    let stale = |what: String| Err(format!("{path} is stale: {what}; run `make faults`"));
    let sources = sources(tests)?;
    for (name, ignored) in &sources {
        match results.get(name) {
            None => return stale(format!("{name} is not on it")),
            Some(result) if result.starts_with("open") != *ignored => {
                return stale(format!("{name} is {result} there"));
            }
            Some(_) => (),
        }
    }
    if let Some(gone) = results.keys().find(|name| !sources.contains_key(*name)) {
        return stale(format!("{gone} is no test any more"));
    }
    if page::write(&results)? != page {
        return stale("the table has changed".into());
    }
    Ok(())
}

/// The tests in a folder's files, and whether each is ignored.
fn sources(folder: &str) -> Result<BTreeMap<String, bool>, String> {
    let error = |error: io::Error| format!("cannot read {folder}: {error}");
    let mut all = BTreeMap::new();
    for entry in fs::read_dir(folder).map_err(error)? {
        let path = entry.map_err(error)?.path();
        all.extend(page::tests_in(&read(&path.display().to_string())?));
    }
    Ok(all)
}
