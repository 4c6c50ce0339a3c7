//! Text for people, JSON for programs.

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
pub fn json<T: Serialize>(command: &str, body: &T) -> anyhow::Result<()> {
    let object = Versioned { schema_version: SCHEMA_VERSION, command, body };
    println!("{}", serde_json::to_string_pretty(&object)?);
    Ok(())
}

/// Prints a labelled line.
pub fn line(label: &str, value: impl std::fmt::Display) {
    println!("{label:<13} {value}");
}
