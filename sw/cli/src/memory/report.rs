//! What was moved, and how fast.

use anyhow::Result;
use serde::Serialize;

use super::args::PlaceArgs;
use crate::args::Args;
use crate::device::Opened;
use crate::output::{json, Lines};
use crate::units::{duration, grouped};

/// Device time at the start, or when it was last asked.
pub struct Meter(std::cell::Cell<u64>);

/// What a part of the run took.
pub struct Spent {
    nanos: u64,
    /// Clocks since power-up, of a simulation.
    clocks: Option<u64>,
}

impl Meter {
    pub fn start(opened: &Opened) -> Self {
        Meter(opened.device.now().into())
    }

    /// Time since the start, or since this was last asked.
    pub fn take(&self, opened: &Opened) -> Spent {
        let now = opened.device.now();
        Spent { nanos: now - self.0.replace(now), clocks: opened.clocks() }
    }
}

impl Spent {
    fn megabytes_per_second(&self, bytes: u64) -> f64 {
        if self.nanos == 0 {
            return 0.0;
        }
        bytes as f64 / self.nanos as f64 * 1e3
    }

    fn text(&self, bytes: u64) -> String {
        let simulated = if self.clocks.is_some() { "simulated" } else { "real" };
        let rate = self.megabytes_per_second(bytes);
        format!("{rate:.1} MB/s, {} of device time, {simulated}", duration(self.nanos))
    }
}

/// What was moved.
pub struct Moved<'a> {
    pub place: &'a PlaceArgs,
    pub bytes: u64,
    pub fixed: bool,
}

impl Moved<'_> {
    fn text(&self) -> String {
        let PlaceArgs { address, queue, .. } = self.place;
        let bytes = grouped(self.bytes);
        match (self.fixed, self.bytes) {
            (true, _) => format!("{bytes} bytes, all at card address {address:#x}, through queue {queue}"),
            (_, 0) => format!("0 bytes at card address {address:#x} through queue {queue}"),
            _ => {
                let last = address + (self.bytes - 1);
                format!("{bytes} bytes at card addresses {address:#x} to {last:#x} through queue {queue}")
            }
        }
    }
}

#[derive(Serialize)]
struct Move<'a> {
    device: &'a str,
    queue: u32,
    address: u64,
    bytes: u64,
    fragment_bytes: u64,
    fixed: bool,
    device_time_ns: u64,
    clocks: Option<u64>,
    megabytes_per_second: f64,
}

/// Prints the summary of a write or read.
pub fn print_move(args: &Args, command: &str, moved: &Moved, spent: &Spent) -> Result<()> {
    if args.json {
        let body = Move {
            device: &args.device,
            queue: moved.place.queue,
            address: moved.place.address,
            bytes: moved.bytes,
            fragment_bytes: moved.place.fragment,
            fixed: moved.fixed,
            device_time_ns: spent.nanos,
            clocks: spent.clocks,
            megabytes_per_second: spent.megabytes_per_second(moved.bytes),
        };
        return json(command, &body);
    }
    let mut lines = Lines::default();
    lines.add(if command == "memory write" { "written" } else { "read" }, moved.text());
    lines.add("rate", spent.text(moved.bytes));
    lines.print()
}

#[derive(Serialize)]
struct Check<'a> {
    device: &'a str,
    queue: u32,
    address: u64,
    bytes: u64,
    fragment_bytes: u64,
    /// A difference is an error, with no object.
    compared_equal: bool,
    write_time_ns: u64,
    read_time_ns: u64,
    clocks: Option<u64>,
    write_megabytes_per_second: f64,
    read_megabytes_per_second: f64,
}

/// Prints the summary of a check.
pub fn print_check(args: &Args, moved: &Moved, written: &Spent, read: &Spent) -> Result<()> {
    if args.json {
        let body = Check {
            device: &args.device,
            queue: moved.place.queue,
            address: moved.place.address,
            bytes: moved.bytes,
            fragment_bytes: moved.place.fragment,
            compared_equal: true,
            write_time_ns: written.nanos,
            read_time_ns: read.nanos,
            clocks: read.clocks,
            write_megabytes_per_second: written.megabytes_per_second(moved.bytes),
            read_megabytes_per_second: read.megabytes_per_second(moved.bytes),
        };
        return json("memory check", &body);
    }
    let mut lines = Lines::default();
    lines.add("equal", moved.text());
    lines.add("written", written.text(moved.bytes));
    lines.add("read", read.text(moved.bytes));
    lines.print()
}
