//! What a run of the generator or checker moved.

use anyhow::Result;
use serde::Serialize;

use super::settings::Settings;
use crate::args::Args;
use crate::output::{json, Lines};
use crate::units::grouped;

/// What was counted.
#[derive(Default)]
pub struct Counts {
    pub packets: u64,
    pub bytes: u64,
    pub lost_packets: u64,
    pub lost_bytes: u64,
    /// Clocks of the engine from the start of the run to the last packet.
    pub clocks: u64,
}

#[derive(Serialize)]
struct Report<'a> {
    device: &'a str,
    queue: u32,
    packets: u64,
    bytes: u64,
    lost_packets: u64,
    lost_bytes: u64,
    /// A difference is an error, with no object.
    equal: bool,
    run_clocks: u64,
    bytes_per_clock: f64,
    megabytes_per_second: f64,
    wanted_megabytes_per_second: Option<f64>,
}

/// Prints it. `place` is the queue's direction, `khz` the engine's clock.
pub fn print(
    args: &Args,
    command: &str,
    place: &str,
    settings: &Settings,
    counts: &Counts,
    khz: u32,
) -> Result<()> {
    let bytes_per_clock = if counts.clocks == 0 { 0.0 } else { counts.bytes as f64 / counts.clocks as f64 };
    let report = Report {
        device: &args.device,
        queue: settings.queue,
        packets: counts.packets,
        bytes: counts.bytes,
        lost_packets: counts.lost_packets,
        lost_bytes: counts.lost_bytes,
        equal: true,
        run_clocks: counts.clocks,
        bytes_per_clock,
        megabytes_per_second: bytes_per_clock * f64::from(khz) / 1e3,
        wanted_megabytes_per_second: settings.wanted.map(|bytes| bytes / 1e6),
    };
    if args.json {
        return json(command, &report);
    }
    let mut lines = Lines::default();
    lines.add(
        "equal",
        format!(
            "{} packets with {} bytes on {place} queue {}",
            grouped(report.packets),
            grouped(report.bytes),
            report.queue
        ),
    );
    lines.add(
        "lost",
        format!("{} packets with {} bytes", grouped(report.lost_packets), grouped(report.lost_bytes)),
    );
    let wanted = report
        .wanted_megabytes_per_second
        .map_or("as fast as it goes".into(), |wanted| format!("{wanted:.1} MB/s set, pauses included"));
    lines.add(
        "rate",
        format!("{:.3} bytes per clock, {:.1} MB/s; {wanted}", bytes_per_clock, report.megabytes_per_second),
    );
    lines.add("run", format!("{} clocks of {} MHz", grouped(report.run_clocks), f64::from(khz) / 1e3));
    lines.print()
}
