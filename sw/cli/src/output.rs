//! Text for people, JSON for programs.

use std::fmt::{Display, Write as _};
use std::io::{self, Write as _};

use anyhow::{Context, Result};
use serde::Serialize;

/// Version of the JSON objects. Fields are only added within a version.
pub const SCHEMA_VERSION: u32 = 1;

#[derive(Serialize)]
struct Versioned<'a, T> {
    schema_version: u32,
    command: &'a str,
    #[serde(flatten)]
    body: &'a T,
}

/// Prints `body` as one JSON object with the schema version.
pub fn json<T: Serialize>(command: &str, body: &T) -> Result<()> {
    let object = Versioned { schema_version: SCHEMA_VERSION, command, body };
    print(&format!("{}\n", serde_json::to_string_pretty(&object)?))
}

/// Prints `text` to standard output. A reader that closed it has what it wanted: that is no failure.
pub fn print(text: &str) -> Result<()> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        result => result.context("cannot write to standard output"),
    }
}

/// Prints a line to standard error. Where that is closed there is nobody to tell.
pub fn complain(text: impl Display) {
    let _ = writeln!(io::stderr(), "ferrolane: {text}");
}

/// Labelled lines, collected.
#[derive(Default)]
pub struct Lines(String);

impl Lines {
    /// Adds a line.
    pub fn add(&mut self, label: &str, value: impl Display) {
        writeln!(self.0, "{label:<13} {value}").expect("writing to a string can't fail");
    }

    /// Prints them.
    pub fn print(&self) -> Result<()> {
        print(&self.0)
    }
}

impl Display for Lines {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}
