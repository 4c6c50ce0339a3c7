//! `ferrolane memory`: the card's memory through the engine's memory queues.
//!
//! ```text
//! write:  file ─► buffers ─► H2C queue n ─► card's memory
//! read:   card's memory ─► C2H queue n ─► buffers ─► file
//! check:  pattern ─► memory ─► compare
//! ```

pub mod args;
mod pattern;
mod report;

#[cfg(test)]
mod tests;

use std::io::Read;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::Arc;

use anyhow::{Context, Result};
use ferrolane::{CardMemory, CardMemoryOptions, Device, Error};
use ferrolane_abi::{descriptor, feature};
use indicatif::ProgressBar;

use crate::args::Args;
use crate::device;
use crate::exit::{Interrupted, Usage, Wrong};
use crate::transfer::input::Input;
use crate::transfer::output::Output;
use crate::transfer::{progress_bar, stop_on_signals};
use crate::units;
use args::{CheckArgs, MemoryCommand, PlaceArgs, ReadArgs, WriteArgs};
use pattern::Pattern;
use report::{Meter, Moved};

/// Bytes moved between looks whether to stop. A multiple of every width of the port, so that no beat of a fixed access is
/// divided.
const PIECE: usize = 256 * 1024;

/// Runs it.
pub fn run(args: &Args, command: &MemoryCommand) -> Result<()> {
    match command {
        MemoryCommand::Write(options) => write(args, options),
        MemoryCommand::Read(options) => read(args, options),
        MemoryCommand::Check(options) => check(args, options),
    }
}

fn write(args: &Args, options: &WriteArgs) -> Result<()> {
    check_fragment(&options.place)?;
    let stop = stop_on_signals()?;
    let input = Input::open(&options.input, Arc::clone(&stop))?;
    let len = input.len();
    if let (Some(len), false) = (len, options.fixed) {
        check_end(&options.place, len)?;
    }
    let opened = device::open(&args.device, true)?;
    let meter = Meter::start(&opened);
    let mut job = Job::open(&opened.device, &options.place, options.fixed, stop, progress_bar(len))?;
    let bytes = job.write(input, &options.input)?;
    job.end()?;
    let moved = Moved { place: &options.place, bytes, fixed: options.fixed };
    report::print_move(args, "memory write", &moved, &meter.take(&opened))
}

fn read(args: &Args, options: &ReadArgs) -> Result<()> {
    check_fragment(&options.place)?;
    check_length(options.length)?;
    if !options.fixed {
        check_end(&options.place, options.length)?;
    }
    let stop = stop_on_signals()?;
    let mut output = Output::create(&options.output)?;
    let opened = device::open(&args.device, true)?;
    let meter = Meter::start(&opened);
    let bar = progress_bar(Some(options.length));
    let mut job = Job::open(&opened.device, &options.place, options.fixed, stop, bar)?;
    job.read(options.length, |_, bytes| output.write(bytes))?;
    job.end()?;
    let spent = meter.take(&opened);
    output.keep()?;
    let moved = Moved { place: &options.place, bytes: options.length, fixed: options.fixed };
    report::print_move(args, "memory read", &moved, &spent)
}

fn check(args: &Args, options: &CheckArgs) -> Result<()> {
    check_fragment(&options.place)?;
    check_length(options.length)?;
    check_end(&options.place, options.length)?;
    let stop = stop_on_signals()?;
    let opened = device::open(&args.device, true)?;
    let meter = Meter::start(&opened);
    let bar = progress_bar(Some(options.length));
    let mut job = Job::open(&opened.device, &options.place, false, stop, bar)?;
    let pattern = Pattern::new(options.seed, options.place.address);
    job.write(pattern.clone().take(options.length), Path::new("the pattern"))?;
    let written = meter.take(&opened);
    job.compare(pattern, options.length)?;
    job.end()?;
    let moved = Moved { place: &options.place, bytes: options.length, fixed: false };
    report::print_check(args, &moved, &written, &meter.take(&opened))
}

fn check_fragment(place: &PlaceArgs) -> Result<()> {
    if place.fragment == 0 || place.fragment > u64::from(descriptor::MAX_LEN) {
        let text = format!(
            "--fragment {} is outside 1 to {}, the longest length a descriptor can carry",
            place.fragment,
            descriptor::MAX_LEN
        );
        return Err(Usage(text).into());
    }
    Ok(())
}

fn check_length(length: u64) -> Result<()> {
    if length == 0 {
        return Err(Usage("--length 0 moves nothing; give 1 or more bytes".into()).into());
    }
    Ok(())
}

/// The last byte has an address, too.
fn check_end(place: &PlaceArgs, length: u64) -> Result<()> {
    if length > 0 && place.address.checked_add(length - 1).is_none() {
        let text = format!(
            "{length} bytes at card address {:#x} reach beyond the last address, {:#x}; lower --address or the length",
            place.address,
            u64::MAX
        );
        return Err(Usage(text).into());
    }
    Ok(())
}

/// An access under way.
struct Job<'a> {
    memory: CardMemory,
    place: &'a PlaceArgs,
    fixed: bool,
    stop: Arc<AtomicBool>,
    bar: ProgressBar,
}

impl<'a> Job<'a> {
    fn open(
        device: &Device,
        place: &'a PlaceArgs,
        fixed: bool,
        stop: Arc<AtomicBool>,
        bar: ProgressBar,
    ) -> Result<Self> {
        device.parameters().features.require(feature::MEMORY)?;
        let memory = device.card_memory(CardMemoryOptions {
            queue: place.queue,
            fragment: place.fragment as u32,
            buffers: place.buffers,
            fixed,
            patience: place.timeout,
            interrupt: false,
        });
        Ok(Job { memory, place, fixed, stop, bar })
    }

    /// Card address of byte `done`.
    fn at(&self, done: u64) -> Result<u64> {
        let behind = if self.fixed { 0 } else { done };
        self.place.address.checked_add(behind).with_context(|| {
            format!("byte {done} has no card address: {:#x} is the last; lower --address", u64::MAX)
        })
    }

    /// Writes all that `source` has; how much that is.
    fn write(&mut self, mut source: impl Read, name: &Path) -> Result<u64> {
        let mut piece = Vec::with_capacity(PIECE);
        let mut done = 0;
        loop {
            piece.clear();
            let read = source.by_ref().take(PIECE as u64).read_to_end(&mut piece);
            self.go_on()?;
            read.with_context(|| format!("cannot read {}; {done} bytes were written", name.display()))?;
            if piece.is_empty() {
                return Ok(done);
            }
            self.memory.write(self.at(done)?, &piece).map_err(|error| explain(error, done, self.place))?;
            done += piece.len() as u64;
            self.bar.set_position(done);
        }
    }

    /// Reads `length` bytes and hands them over, with how many came before.
    fn read(&mut self, length: u64, mut take: impl FnMut(u64, &[u8]) -> Result<()>) -> Result<()> {
        let mut piece = vec![0; PIECE.min(length as usize)];
        let mut done = 0;
        while done < length {
            self.go_on()?;
            let bytes = (PIECE as u64).min(length - done) as usize;
            let into = &mut piece[..bytes];
            self.memory.read(self.at(done)?, into).map_err(|error| explain(error, done, self.place))?;
            take(done, into)?;
            done += bytes as u64;
            self.bar.set_position(done);
        }
        Ok(())
    }

    /// Reads and compares with the pattern.
    fn compare(&mut self, mut pattern: Pattern, length: u64) -> Result<()> {
        let address = self.place.address;
        let mut expected = Vec::with_capacity(PIECE);
        self.read(length, |before, bytes| {
            expected.clear();
            pattern.by_ref().take(bytes.len() as u64).read_to_end(&mut expected)?;
            let mut pairs = expected.iter().zip(bytes).enumerate();
            let Some((i, (wrote, read))) = pairs.find(|(_, (wrote, read))| wrote != read) else {
                return Ok(());
            };
            let text = format!(
                "the card's memory differs at {:#x}: wrote {wrote:#04x}, read {read:#04x} (xor {:#04x})",
                address + before + i as u64,
                wrote ^ read
            );
            Err(Wrong(text).into())
        })
    }

    fn go_on(&self) -> Result<()> {
        match self.stop.load(Ordering::Relaxed) {
            true => Err(Interrupted.into()),
            false => Ok(()),
        }
    }

    fn end(self) -> Result<()> {
        self.memory.stop().context("stopping the queue")?;
        self.bar.finish_and_clear();
        Ok(())
    }
}

/// An error of a piece in terms of the whole.
fn explain(error: Error, before: u64, place: &PlaceArgs) -> anyhow::Error {
    match error {
        Error::CardMemory { queue, address, done, code } => {
            Error::CardMemory { queue, address, done: before + done, code }.into()
        }
        Error::Timeout { .. } => anyhow::Error::new(error).context(format!(
            "nothing moved for {} of device time, the limit; raise it with --timeout if the card may be that slow",
            units::duration(place.timeout)
        )),
        Error::Alloc(_) => anyhow::Error::new(error).context(format!(
            "no memory for {} buffers of {} bytes; lower --buffers or --fragment",
            place.buffers, place.fragment
        )),
        _ => error.into(),
    }
}
