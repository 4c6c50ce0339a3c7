//! `ferrolane card check`: packets of the pattern, or a file that should be it, to the card's checker.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{bail, ensure, Context, Result};
use ferrolane::{wait_any, Device, DmaAccess, DmaBuffer, H2cQueue, H2cRequest, Queue, QueueConfig};
use ferrolane_abi::card::{self, checker};

use super::args::CheckArgs;
use super::registers::Card;
use super::report::{self, Counts};
use super::settings::Settings;
use crate::args::Args;
use crate::exit::{Interrupted, TimedOut, Wrong};
use crate::transfer::{stop_on_signals, PAGE, SLICE};
use crate::{device, units};

/// Clocks or hints between two looks at the checker.
const SPIN: u32 = 1_000;

/// Runs it.
pub fn run(args: &Args, options: &CheckArgs) -> Result<()> {
    let stop = stop_on_signals()?;
    let mut file = options.input.as_deref().map(Source::open).transpose()?;
    let opened = device::open(&args.device, true)?;
    let device = &opened.device;
    let mut settings = Settings::new(&options.run, device)?;
    if let Some(file) = &file {
        settings.packets = file.packets(&settings)?;
    }
    let card = Card::open(device)?;
    card.check_queue(settings.queue)?;
    let config = QueueConfig {
        entries: options.run.buffers.next_power_of_two().max(2),
        interrupt: false,
        ..QueueConfig::default()
    };
    let mut h2c = device.open_h2c(settings.queue, config)?;
    let buffers = buffers(device, settings.longest(), options.run.buffers)?;
    let block = card::checker_regs(settings.queue);
    let pattern = card.to_pattern(settings.queue)?;
    settings.write(&card, block, checker::REGISTERS)?;
    let start = device.clocks()?;
    // RUN and CHECK_LENGTH.
    card.write(block, &checker::CTRL, 1 | 1 << 2)?;
    let mut data = |packet| match &mut file {
        Some(file) => file.read(settings.length_of(packet)),
        None => Ok(settings.packet(packet)),
    };
    send(device, &mut h2c, buffers, settings.packets, &mut data, options.run.timeout, &stop)?;
    finish(device, &card, block, &settings, options.run.timeout, &stop)?;
    let clocks = device.clocks()?.wrapping_sub(start);
    let counts = Counts {
        packets: card.read(block, &checker::PACKETS)?.into(),
        bytes: card.count(block, &checker::BYTES_LO, &checker::BYTES_HI)?,
        clocks,
        ..Counts::default()
    };
    verdict(&card, block)?;
    drop(pattern);
    if let Some(fault) = h2c.stop()?.fault {
        return Err(fault).context("stopping the H2C queue");
    }
    report::print(args, "card check", "H2C", &settings, &counts, device.parameters().clock_khz)
}

fn buffers(device: &Device, longest: usize, count: u32) -> Result<Vec<DmaBuffer>> {
    let stride = longest.next_multiple_of(PAGE as usize);
    let region = device.allocate(stride * count as usize, DmaAccess::DeviceReads).with_context(|| {
        format!("no memory for {count} buffers of {longest} bytes; lower --buffers, --length or --spread")
    })?;
    Ok(region.buffers(0, longest, stride, count as usize)?)
}

/// Sends all packets and waits until they were read from memory.
fn send(
    device: &Device,
    h2c: &mut H2cQueue,
    mut idle: Vec<DmaBuffer>,
    packets: u32,
    data: &mut dyn FnMut(u32) -> Result<Vec<u8>>,
    timeout: u64,
    stop: &AtomicBool,
) -> Result<()> {
    let (mut next, mut deadline) = (0, device.deadline(timeout));
    loop {
        while next < packets {
            let Some(mut buffer) = idle.pop() else { break };
            let data = data(next)?;
            buffer.set_len(data.len())?;
            buffer.copy_from(&data)?;
            h2c.push(H2cRequest::packet(buffer)).map_err(|r| r.error)?;
            next += 1;
        }
        h2c.commit()?;
        if next == packets && h2c.in_flight() == 0 {
            return Ok(());
        }
        if stop.load(Ordering::Relaxed) {
            return Err(Interrupted.into());
        }
        if wait_any(&mut [&mut *h2c], device.deadline(SLICE).min(deadline))?.is_some() {
            deadline = device.deadline(timeout);
        } else if device.now() >= deadline {
            let done = h2c.poll_until(deadline).with_context(|| {
                format!("nothing moved for {} of device time; raise --timeout", units::duration(timeout))
            })?;
            idle.push(done.buffer);
        }
        while let Some(done) = h2c.try_complete()? {
            ensure!(done.status.is_ok(), "H2C descriptor {} failed: {}", done.index, done.status);
            idle.push(done.buffer);
        }
    }
}

/// Waits until the checker has had all packets.
fn finish(
    device: &Device,
    card: &Card,
    block: u64,
    settings: &Settings,
    timeout: u64,
    stop: &AtomicBool,
) -> Result<()> {
    let (mut last, mut deadline) = (0, device.deadline(timeout));
    while card.field(block, &checker::STATUS, "DONE")? == 0 {
        let packets = card.read(block, &checker::PACKETS)?;
        if packets != last {
            (last, deadline) = (packets, device.deadline(timeout));
        }
        if stop.load(Ordering::Relaxed) {
            return Err(Interrupted.into());
        }
        if device.now() >= deadline {
            let text = format!("the checker has had only {packets} of {} packets", settings.packets);
            return Err(TimedOut(text).into());
        }
        device.relax(SPIN)?;
    }
    Ok(())
}

/// What the checker found.
fn verdict(card: &Card, block: u64) -> Result<()> {
    let status = card.read(block, &checker::STATUS)?;
    let errors = card.read(block, &checker::ERRORS)?;
    let of = |name: &&str| checker::STATUS.field(name).is_some_and(|field| field.get(status) == 1);
    let kinds: Vec<&str> = ["DATA", "KEEP", "LENGTH", "CUT"].into_iter().filter(of).collect();
    if errors == 0 && kinds.is_empty() {
        return Ok(());
    }
    let text = format!(
        "the checker found {errors} wrong beats ({}), the first in packet {} behind byte {}",
        kinds.join(", "),
        card.read(block, &checker::FIRST_PACKET)?,
        card.read(block, &checker::FIRST_OFFSET)?
    );
    Err(Wrong(text).into())
}

/// A file that is cut into packets.
struct Source {
    reader: BufReader<File>,
    bytes: u64,
    name: String,
}

impl Source {
    fn open(path: &Path) -> Result<Source> {
        let cannot = || format!("cannot read {}", path.display());
        let file = File::open(path).with_context(cannot)?;
        let metadata = file.metadata().with_context(cannot)?;
        if !metadata.is_file() {
            bail!("cannot read {}: it is no plain file, whose size is known", path.display());
        }
        let (bytes, name) = (metadata.len(), path.display().to_string());
        Ok(Source { reader: BufReader::new(file), bytes, name })
    }

    /// Into how many packets it is cut; the last one may be too short.
    fn packets(&self, settings: &Settings) -> Result<u32> {
        let (mut left, mut packets) = (self.bytes, 0);
        while left > 0 {
            left = left.saturating_sub(settings.length_of(packets) as u64);
            packets = packets.checked_add(1).context("the file has too many packets")?;
        }
        ensure!(packets > 0, "cannot send {}: it is empty", self.name);
        Ok(packets)
    }

    fn read(&mut self, length: usize) -> Result<Vec<u8>> {
        let mut data = Vec::with_capacity(length);
        let read = self.reader.by_ref().take(length as u64).read_to_end(&mut data);
        read.with_context(|| format!("cannot read {}", self.name))?;
        ensure!(!data.is_empty(), "{} has become shorter", self.name);
        Ok(data)
    }
}
