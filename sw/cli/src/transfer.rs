//! `ferrolane transfer`: a file through the card and back.
//!
//! ```text
//! input ─► H2C buffers ─► H2C queue n ─► card's loopback ─► C2H queue n ─► C2H buffers ─► output
//! ```
//! The whole file is one packet: SOP on its first fragment, EOP on its last, so the end of the packet on the way back
//! is the end of the file. What comes back is compared with what was sent as it arrives.

mod report;

use std::collections::VecDeque;
use std::fs::File;
use std::io::{BufWriter, IsTerminal, Write};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::Arc;

use anyhow::{Context, Result};
use ferrolane::{
    wait_any, C2hQueue, C2hRequest, Completed, Device, DmaAccess, DmaBuffer, H2cQueue, H2cRequest, Queue,
    QueueConfig,
};
use ferrolane_abi::{descriptor, feature};
use indicatif::{ProgressBar, ProgressStyle};

use crate::args::{Args, TransferArgs, Wait};
use crate::device;
use crate::exit::{Differs, Interrupted, Usage};
use report::Report;

/// Distance between buffers is rounded up to this, so that `--offset` counts from a page's start.
const PAGE: u64 = 4096;

/// Runs it.
pub fn run(args: &Args, options: &TransferArgs) -> Result<()> {
    check(options)?;
    let input =
        File::open(&options.input).with_context(|| format!("cannot read {}", options.input.display()))?;
    let metadata = input.metadata().with_context(|| format!("cannot read {}", options.input.display()))?;
    if metadata.is_dir() {
        return Err(Usage(format!("cannot send {}: it is a directory", options.input.display())).into());
    }
    let output = Output::create(&options.output)?;
    let stop = Arc::new(AtomicBool::new(false));
    for signal in [signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM] {
        signal_hook::flag::register(signal, Arc::clone(&stop)).context("cannot handle signals")?;
    }
    let opened = device::open(&args.device, true)?;
    opened.device.parameters().features.require(feature::LOOPBACK)?;
    let bar = progress_bar(metadata.is_file().then_some(metadata.len()));
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

fn progress_bar(total: Option<u64>) -> ProgressBar {
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

/// The output file, under a temporary name in its own folder until it is complete.
struct Output {
    writer: BufWriter<tempfile::NamedTempFile>,
    path: std::path::PathBuf,
}

impl Output {
    fn create(path: &Path) -> Result<Self> {
        let cannot = || format!("cannot write {}", path.display());
        if path.is_dir() {
            return Err(Usage(format!("cannot write {}: it is a directory", path.display())).into());
        }
        let folder = match path.parent() {
            Some(p) if !p.as_os_str().is_empty() => p,
            _ => Path::new("."),
        };
        let name = path.file_name().with_context(cannot)?.to_string_lossy();
        let prefix = format!(".{name}.partial-");
        // Permissions as any newly created file gets; the default of temporary files is for the owner alone.
        let permissions = std::os::unix::fs::PermissionsExt::from_mode(0o666);
        let file = tempfile::Builder::new()
            .prefix(&prefix)
            .permissions(permissions)
            .tempfile_in(folder)
            .with_context(cannot)?;
        Ok(Output { writer: BufWriter::new(file), path: path.to_owned() })
    }

    /// Gives the file its name.
    fn keep(self) -> Result<()> {
        let cannot = || format!("cannot write {}", self.path.display());
        let file = self.writer.into_inner().map_err(|e| e.into_error()).with_context(cannot)?;
        file.persist(&self.path).map_err(|e| e.error).with_context(cannot)?;
        Ok(())
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
    input: File,
    output: Output,
    stop: Arc<AtomicBool>,
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
        input: File,
        output: Output,
        stop: Arc<AtomicBool>,
    ) -> Result<Self> {
        let entries = options.buffers.next_power_of_two().max(2);
        let config =
            QueueConfig { entries, interrupt: options.wait == Wait::Interrupt, ..QueueConfig::default() };
        let h2c = device.open_h2c(options.queue, config.clone())?;
        let mut c2h = device.open_c2h(options.queue, config)?;
        let free = buffers(device, options, DmaAccess::DeviceReads)?;
        for buffer in buffers(device, options, DmaAccess::DeviceWrites)? {
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
        loop {
            self.send()?;
            if self.read_all && (self.ended || self.counts.sent == 0) && self.h2c.in_flight() == 0 {
                break;
            }
            if self.stop.load(Ordering::Relaxed) {
                return Err(Interrupted.into());
            }
            let deadline = self.device.deadline(options.timeout);
            if wait_any(&mut [&mut self.h2c, &mut self.c2h], deadline)?.is_none() {
                // The queue that has had nothing to say for that long knows best what it waits for.
                let silent: &mut dyn Queue =
                    if self.h2c.in_flight() > 0 { &mut self.h2c } else { &mut self.c2h };
                silent.poll_until(deadline)?;
            }
            while let Some(done) = self.h2c.try_complete()? {
                expect_ok(&done, "H2C")?;
                self.free.push(done.buffer);
            }
            while let Some(done) = self.c2h.try_complete()? {
                expect_ok(&done, "C2H")?;
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

    /// Fills and submits as many buffers as are free.
    fn send(&mut self) -> Result<()> {
        while !self.read_all {
            let Some(mut buffer) = self.free.pop() else { break };
            if buffer.fill_from(&mut self.input).context("cannot read the input")? == 0 {
                self.read_all = true;
                self.free.push(buffer);
                if let Some(last) = self.held.take() {
                    self.push(last, true)?;
                }
            } else if let Some(earlier) = self.held.replace(buffer) {
                self.push(earlier, false)?;
            }
        }
        Ok(self.h2c.commit()?)
    }

    fn push(&mut self, buffer: DmaBuffer, last: bool) -> Result<()> {
        self.expected.extend(buffer.to_vec());
        let request = H2cRequest::fragment(buffer, self.counts.sent == 0, last);
        self.h2c.push(request).map_err(|r| r.error)?;
        self.counts.sent += 1;
        Ok(())
    }

    /// Compares, writes out and gives the buffer to the card again.
    fn receive(&mut self, done: Completed) -> Result<()> {
        let bytes = done.buffer.to_vec();
        for (i, received) in bytes.iter().enumerate() {
            let offset = self.counts.bytes + i as u64;
            match self.expected.pop_front() {
                Some(sent) if sent == *received => {}
                Some(sent) => return Err(Differs { offset, sent, received: *received }.into()),
                None => anyhow::bail!("more came back than was sent: byte {offset} is {received:#04x}"),
            }
        }
        self.output.writer.write_all(&bytes).context("cannot write the output")?;
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

fn buffers(device: &Device, options: &TransferArgs, access: DmaAccess) -> Result<Vec<DmaBuffer>> {
    let stride = (options.offset + options.fragment).next_multiple_of(PAGE);
    let count = options.buffers as usize;
    let region = device.allocate(stride as usize * count, access)?;
    Ok(region.buffers(options.offset as usize, options.fragment as usize, stride as usize, count)?)
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    #[test]
    fn an_output_that_is_not_kept_leaves_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("out");
        let mut output = Output::create(&path).unwrap();
        output.writer.write_all(b"half").unwrap();
        output.writer.flush().unwrap();
        drop(output);
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_kept_output_is_whole() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("out");
        let mut output = Output::create(&path).unwrap();
        output.writer.write_all(b"all of it").unwrap();
        output.keep().unwrap();
        let mut text = String::new();
        File::open(&path).unwrap().read_to_string(&mut text).unwrap();
        assert_eq!(text, "all of it");
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
    }
}
