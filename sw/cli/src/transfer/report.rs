//! The summary of a transfer: measured around it, printed after it.

use std::time::Instant;

use anyhow::Result;
use serde::Serialize;

use super::Counts;
use crate::args::{Args, TransferArgs, Wait};
use crate::device::Opened;
use crate::output::{json, Lines};
use crate::units::{duration, grouped};

/// What is measured from before the first descriptor to after the last completion.
pub struct Meter {
    nanos: u64,
    clocks: Option<u64>,
    wall: Instant,
}

/// The summary. Rates are of payload, in one direction; the card's loopback uses both at once.
#[derive(Serialize)]
pub struct Report {
    device: String,
    bytes: u64,
    h2c_descriptors: u64,
    c2h_descriptors: u64,
    fragment_bytes: u64,
    fragment_offset: u64,
    queue: u32,
    wait: &'static str,
    compared_equal: bool,
    device_time_ns: u64,
    /// Clocks of the simulation since power-up; the same for the same seed.
    clocks: Option<u64>,
    /// Clocks that the transfer took.
    transfer_clocks: Option<u64>,
    megabytes_per_second: f64,
    link: String,
    link_bound_megabytes_per_second: f64,
    percent_of_link_bound: f64,
    simulated_clocks_per_second: Option<f64>,
}

impl Meter {
    /// Starts measuring.
    pub fn start(opened: &Opened) -> Result<Self> {
        Ok(Meter { nanos: opened.device.now(), clocks: opened.clocks(), wall: Instant::now() })
    }

    /// Ends measuring.
    pub fn finish(
        self,
        opened: &Opened,
        args: &Args,
        options: &TransferArgs,
        counts: &Counts,
    ) -> Result<Report> {
        let device_time_ns = opened.device.now() - self.nanos;
        let clocks = opened.clocks();
        let transfer_clocks = clocks.zip(self.clocks).map(|(end, start)| end - start);
        let wall = self.wall.elapsed().as_secs_f64();
        let facts = opened.device.transport().facts();
        let rate = if device_time_ns == 0 { 0.0 } else { counts.bytes as f64 / device_time_ns as f64 * 1e9 };
        let bound = crate::link::payload_bound(facts, opened.device.parameters());
        Ok(Report {
            device: args.device.clone(),
            bytes: counts.bytes,
            h2c_descriptors: counts.sent,
            c2h_descriptors: counts.received,
            fragment_bytes: options.fragment,
            fragment_offset: options.offset,
            queue: options.queue,
            wait: match options.wait {
                Wait::Poll => "poll",
                Wait::Interrupt => "interrupt",
            },
            compared_equal: true,
            device_time_ns,
            clocks,
            transfer_clocks,
            megabytes_per_second: rate / 1e6,
            link: format!(
                "Gen{} x{}, MPS {} bytes, MRRS {} bytes",
                facts.link_generation, facts.link_lanes, facts.max_payload, facts.max_read_request
            ),
            link_bound_megabytes_per_second: bound / 1e6,
            percent_of_link_bound: rate / bound * 100.0,
            simulated_clocks_per_second: transfer_clocks.map(|c| c as f64 / wall),
        })
    }
}

impl Report {
    /// Prints it.
    pub fn print(&self, as_json: bool) -> Result<()> {
        if as_json {
            return json("transfer", self);
        }
        let mut lines = Lines::default();
        lines.add(
            "transferred",
            format!(
                "{} bytes to the card and back through queue {}, compared equal",
                grouped(self.bytes),
                self.queue
            ),
        );
        lines.add(
            "descriptors",
            format!(
                "{} H2C and {} C2H of up to {} bytes, {} bytes into a page, completions by {}",
                grouped(self.h2c_descriptors),
                grouped(self.c2h_descriptors),
                grouped(self.fragment_bytes),
                self.fragment_offset,
                self.wait
            ),
        );
        let clocks = self.transfer_clocks.map(|c| format!(" ({} clocks)", grouped(c))).unwrap_or_default();
        let simulated = if self.clocks.is_some() { "simulated" } else { "real" };
        lines.add("device time", format!("{}{clocks}, {simulated}", duration(self.device_time_ns)));
        lines.add(
            "rate",
            format!(
                "{:.1} MB/s each way at once, {:.1} % of the {:.1} MB/s of payload the link can carry",
                self.megabytes_per_second, self.percent_of_link_bound, self.link_bound_megabytes_per_second
            ),
        );
        lines.add("link", &self.link);
        if let (Some(rate), Some(clocks)) = (self.simulated_clocks_per_second, self.clocks) {
            lines.add(
                "simulation",
                format!("{} clocks per second, {} in all", grouped(rate as u64), grouped(clocks)),
            );
        }
        lines.print()
    }
}
