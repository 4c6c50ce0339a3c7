//! Runs the binary in a folder of its own.

// Each test binary takes what it needs.
#![allow(dead_code)]

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};

use tempfile::TempDir;

/// A folder for the files of a test, in which the command runs.
pub struct Bench {
    dir: TempDir,
}

/// What a run said.
#[derive(Debug)]
pub struct Ran {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        Ran {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

impl Ran {
    /// It succeeded and had nothing to complain about, not even a progress bar.
    #[track_caller]
    pub fn succeeded(self) -> Self {
        assert_eq!((self.code, self.stderr.as_str()), (Some(0), ""), "{self:?}");
        self
    }

    /// It failed with this code, one line that holds all of `words`, and nothing on standard output.
    #[track_caller]
    pub fn failed(self, code: i32, words: &[&str]) -> Self {
        assert_eq!(self.code, Some(code), "{self:?}");
        assert_eq!(self.stdout, "", "{self:?}");
        assert!(self.stderr.starts_with("ferrolane: ") && self.stderr.ends_with('\n'), "{self:?}");
        assert_eq!(self.stderr.lines().count(), 1, "{self:?}");
        for word in words {
            assert!(self.stderr.contains(word), "{word} is not in {self:?}");
        }
        self
    }

    /// Standard output as one JSON object.
    #[track_caller]
    pub fn json(&self) -> serde_json::Map<String, serde_json::Value> {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error} in {self:?}"))
    }
}

impl Bench {
    pub fn new() -> Self {
        Bench { dir: tempfile::tempdir().unwrap() }
    }

    /// The command, without terminal and without input.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ferrolane"));
        command.args(args).current_dir(self.dir.path()).stdin(Stdio::null());
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Runs the command with the words of `line` and waits for it.
    pub fn run(&self, line: &str) -> Ran {
        self.command(&line.split(' ').collect::<Vec<_>>()).output().unwrap().into()
    }

    /// Runs a line of shell, in which `ferrolane` is the command.
    pub fn shell(&self, line: &str) -> Ran {
        let line = format!("ferrolane() {{ '{}' \"$@\"; }}; {line}", env!("CARGO_BIN_EXE_ferrolane"));
        let mut command = Command::new("sh");
        command.args(["-c", &line]).current_dir(self.dir.path()).stdin(Stdio::null()).output().unwrap().into()
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Writes a file of `len` bytes that repeat after no power of two.
    pub fn write(&self, name: &str, len: usize) -> Vec<u8> {
        let bytes: Vec<u8> = (0..len).map(|i| (i % 251) as u8 ^ (i / 251 % 241) as u8).collect();
        fs::write(self.path(name), &bytes).unwrap();
        bytes
    }

    pub fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).unwrap()
    }

    /// Names in the folder, hidden ones too, in order.
    pub fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.dir.path()).unwrap();
        let mut names: Vec<String> = entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

/// Waits until a process has stopped (true) or ended (false); it must be a child that was not waited for.
pub fn stopped(pid: u32) -> bool {
    loop {
        // Behind the name in brackets, which may hold spaces: proc(5).
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
        match stat[stat.rfind(')').unwrap() + 2..].chars().next() {
            Some('T') => return true,
            Some('Z') => return false,
            _ => std::thread::sleep(std::time::Duration::from_millis(1)),
        }
    }
}

/// Lets a process go on that has stopped, and waits until it does.
pub fn go_on(pid: u32) {
    assert!(Command::new("kill").args(["-CONT", &pid.to_string()]).status().unwrap().success());
}

/// A server; it is ended with this.
pub struct Served(Child);

impl Served {
    pub fn start(bench: &Bench, line: &str) -> Served {
        let mut child = Command::new(env!("CARGO_BIN_EXE_ferrolane"))
            .args(line.split_whitespace())
            .current_dir(bench.path(""))
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut first = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut first).unwrap();
        assert!(first.starts_with("serving sim"), "{first}");
        Served(child)
    }

    pub fn id(&self) -> u32 {
        self.0.id()
    }

    /// Asks it to end, which is no failure.
    pub fn end(mut self) {
        let pid = self.0.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        assert_eq!(self.0.wait().unwrap().code(), Some(0));
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // It may have ended.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
