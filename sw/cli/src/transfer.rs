//! `ferrolane transfer`: a file through the card and back.
//!
//! ```text
//! input ─► H2C buffers ─► H2C queue n ─► card's loopback ─► C2H queue n ─► C2H buffers ─► output
//! ```
//! The whole file is one packet: SOP on its first fragment, EOP on its last, so the end of the packet on the way back
//! is the end of the file. What comes back is compared with what was sent as it arrives.

pub mod input;
pub mod output;
mod report;

use std::collections::VecDeque;
use std::io::IsTerminal;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::Arc;

use anyhow::{Context, Result};
use ferrolane::{
    wait_any, C2hQueue, C2hRequest, Completed, Device, DeviceNanos, DmaAccess, DmaBuffer, Error, H2cQueue,
    H2cRequest, Queue, QueueConfig,
};
use ferrolane_abi::{descriptor, feature};
use indicatif::{ProgressBar, ProgressStyle};

use crate::args::{Args, TransferArgs, Wait};
use crate::device;
use crate::exit::{self, Differs, Interrupted, Usage};
use crate::units;
use input::Input;
use output::Output;
use report::Report;

/// Distance between buffers is rounded up to this, so that `--offset` counts from a page's start.
pub const PAGE: u64 = 4096;
/// Device time that stopping a queue is given at least, in nanoseconds.
const SHORTEST_DRAIN: DeviceNanos = 1_000_000;
/// Device time between looks whether to stop, in nanoseconds.
pub const SLICE: DeviceNanos = 500_000;

/// Runs it.
pub fn run(args: &Args, options: &TransferArgs) -> Result<()> {
    check(options)?;
    let stop = stop_on_signals()?;
    let input = Input::open(&options.input, Arc::clone(&stop))?;
    let output = Output::create(&options.output)?;
    let opened = device::open(&args.device, true)?;
    opened.device.parameters().features.require(feature::LOOPBACK)?;
    let bar = progress_bar(input.len());
    let meter = report::Meter::start(&opened)?;
    let mut transfer = Transfer::open(&opened.device, options, input, output, stop)?;
    transfer.pump(options, &bar)?;
    let Transfer { h2c, c2h, output, counts, .. } = transfer;
    let report: Report = meter.finish(&opened, args, options, &counts)?;
    for (queue, stopped) in [("H2C", h2c.stop()?), ("C2H", c2h.stop()?)] {
        if let Some(fault) = stopped.fault {
            return Err(fault).with_context(|| format!("stopping the {queue} queue"));
        }
    }
    output.keep()?;
    bar.finish_and_clear();
    report.print(args.json)
}

/// A flag that the first signal sets. The second one ends the process where it is, in case that hangs.
pub fn stop_on_signals() -> Result<Arc<AtomicBool>> {
    use signal_hook::{consts, flag};
    let stop = Arc::new(AtomicBool::new(false));
    for signal in [consts::SIGINT, consts::SIGTERM, consts::SIGHUP] {
        flag::register_conditional_shutdown(signal, exit::INTERRUPTED.into(), Arc::clone(&stop))
            .and_then(|_| flag::register(signal, Arc::clone(&stop)))
            .context("cannot handle signals")?;
    }
    Ok(stop)
}

fn check(options: &TransferArgs) -> Result<()> {
    if options.fragment == 0 || options.fragment > u64::from(descriptor::MAX_LEN) {
        let text = format!(
            "--fragment {} is outside 1 to {}, the longest length a descriptor can carry",
            options.fragment,
            descriptor::MAX_LEN
        );
        return Err(Usage(text).into());
    }
    Ok(())
}

/// A bar on standard error, if that is a terminal.
pub fn progress_bar(total: Option<u64>) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = "{bar:30} {bytes} of {total_bytes}, {bytes_per_sec} of wall time, {eta} left";
    match total {
        Some(bytes) => ProgressBar::new(bytes)
            .with_style(ProgressStyle::with_template(style).expect("the template is valid")),
        None => ProgressBar::new_spinner(),
    }
}

/// What was moved.
#[derive(Default)]
pub struct Counts {
    /// Bytes sent and received.
    pub bytes: u64,
    /// H2C descriptors.
    pub sent: u64,
    /// C2H descriptors.
    pub received: u64,
}

struct Transfer {
    device: Device,
    h2c: H2cQueue,
    c2h: C2hQueue,
    input: Input,
    output: Output,
    stop: Arc<AtomicBool>,
    /// H2C descriptors that may be in flight. There is one buffer more, for `held`.
    most_in_flight: usize,
    /// H2C buffers that are ours.
    free: Vec<DmaBuffer>,
    /// A full buffer that waits until it is known whether it is the last.
    held: Option<DmaBuffer>,
    /// All of the input was read.
    read_all: bool,
    /// The packet's end came back.
    ended: bool,
    /// Sent and not yet back.
    expected: VecDeque<u8>,
    counts: Counts,
}

impl Transfer {
    fn open(
        device: &Device,
        options: &TransferArgs,
        input: Input,
        output: Output,
        stop: Arc<AtomicBool>,
    ) -> Result<Self> {
        let entries = options.buffers.next_power_of_two().max(2);
        let defaults = QueueConfig::default();
        let config = QueueConfig {
            entries,
            interrupt: options.wait == Wait::Interrupt,
            // Who does not wait for long for data does not wait for long for the end either, and a card that needs long
            // for data, as a simulated one behind VFIO does, needs long to stop.
            drain_nanos: (options.timeout / 2).max(SHORTEST_DRAIN),
            ..defaults
        };
        let h2c = device.open_h2c(options.queue, config.clone())?;
        let mut c2h = device.open_c2h(options.queue, config)?;
        let free = buffers(device, options, options.buffers as usize + 1, DmaAccess::DeviceReads)?;
        for buffer in buffers(device, options, options.buffers as usize, DmaAccess::DeviceWrites)? {
            c2h.push(C2hRequest::new(buffer)).map_err(|r| r.error)?;
        }
        c2h.commit()?;
        Ok(Transfer {
            device: device.clone(),
            h2c,
            c2h,
            input,
            output,
            stop,
            most_in_flight: options.buffers as usize,
            free,
            held: None,
            read_all: false,
            ended: false,
            expected: VecDeque::new(),
            counts: Counts::default(),
        })
    }

    /// Moves the file.
    fn pump(&mut self, options: &TransferArgs, bar: &ProgressBar) -> Result<()> {
        let mut deadline = self.device.deadline(options.timeout);
        loop {
            if self.send()? {
                deadline = self.device.deadline(options.timeout);
            }
            if self.read_all && (self.ended || self.counts.sent == 0) && self.h2c.in_flight() == 0 {
                break;
            }
            if self.stop.load(Ordering::Relaxed) {
                return Err(Interrupted.into());
            }
            let slice = self.device.deadline(SLICE).min(deadline);
            if wait_any(&mut [&mut self.h2c, &mut self.c2h], slice)?.is_some() {
                deadline = self.device.deadline(options.timeout);
            } else if self.device.now() >= deadline {
                self.look_once_more(deadline, options.timeout)?;
            }
            while let Some(done) = self.h2c.try_complete()? {
                self.take_back(done)?;
            }
            while let Some(done) = self.c2h.try_complete()? {
                self.receive(done)?;
            }
            self.c2h.commit()?;
            bar.set_position(self.counts.bytes);
        }
        if let Some(missing) = self.expected.front() {
            anyhow::bail!("{} bytes did not come back, the first is {missing:#04x}", self.expected.len());
        }
        Ok(())
    }

    /// The queue that has had nothing to say until the deadline knows best what it waits for.
    fn look_once_more(&mut self, deadline: DeviceNanos, timeout: DeviceNanos) -> Result<()> {
        let explain = |error: Error| {
            match error {
            Error::Timeout { .. } => anyhow::Error::new(error).context(format!(
                "nothing moved for {} of device time, the limit; raise it with --timeout if the card may be that slow",
                units::duration(timeout)
            )),
            _ => error.into(),
        }
        };
        if self.h2c.in_flight() > 0 {
            let done = self.h2c.poll_until(deadline).map_err(explain)?;
            self.take_back(done)
        } else {
            let done = self.c2h.poll_until(deadline).map_err(explain)?;
            self.receive(done)
        }
    }

    /// Fills and submits as many buffers as are free. Answers whether there were any.
    fn send(&mut self) -> Result<bool> {
        let before = self.counts.sent;
        while !self.read_all && self.h2c.in_flight() < self.most_in_flight {
            let Some(mut buffer) = self.free.pop() else { break };
            if self.input.fill(&mut buffer)? == 0 {
                self.read_all = true;
                self.free.push(buffer);
                if let Some(last) = self.held.take() {
                    self.push(last, true)?;
                }
            } else if let Some(earlier) = self.held.replace(buffer) {
                self.push(earlier, false)?;
            }
        }
        self.h2c.commit()?;
        Ok(self.counts.sent > before)
    }

    fn push(&mut self, buffer: DmaBuffer, last: bool) -> Result<()> {
        self.expected.extend(buffer.to_vec());
        let request = H2cRequest::fragment(buffer, self.counts.sent == 0, last);
        self.h2c.push(request).map_err(|r| r.error)?;
        self.counts.sent += 1;
        Ok(())
    }

    /// A buffer that was sent is ours again.
    fn take_back(&mut self, done: Completed) -> Result<()> {
        expect_ok(&done, "H2C")?;
        self.free.push(done.buffer);
        Ok(())
    }

    /// Compares, writes out and gives the buffer to the card again.
    fn receive(&mut self, done: Completed) -> Result<()> {
        expect_ok(&done, "C2H")?;
        let bytes = done.buffer.to_vec();
        for (i, received) in bytes.iter().enumerate() {
            let offset = self.counts.bytes + i as u64;
            match self.expected.pop_front() {
                Some(sent) if sent == *received => {}
                Some(sent) => return Err(Differs { offset, sent, received: *received }.into()),
                None => anyhow::bail!("more came back than was sent: byte {offset} is {received:#04x}"),
            }
        }
        self.output.write(&bytes)?;
        self.counts.bytes += bytes.len() as u64;
        self.counts.received += 1;
        self.ended |= done.eop;
        if !self.ended {
            self.c2h.push(C2hRequest::new(done.buffer)).map_err(|r| r.error)?;
        }
        Ok(())
    }
}

fn expect_ok(done: &Completed, direction: &str) -> Result<()> {
    anyhow::ensure!(done.status.is_ok(), "{direction} descriptor {} failed: {}", done.index, done.status);
    Ok(())
}

fn buffers(
    device: &Device,
    options: &TransferArgs,
    count: usize,
    access: DmaAccess,
) -> Result<Vec<DmaBuffer>> {
    let stride = (options.offset + options.fragment).next_multiple_of(PAGE);
    let region = device.allocate(stride as usize * count, access).with_context(|| {
        format!("no memory for {count} buffers of {} bytes; lower --buffers or --fragment", options.fragment)
    })?;
    Ok(region.buffers(options.offset as usize, options.fragment as usize, stride as usize, count)?)
}
