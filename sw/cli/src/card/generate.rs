//! `ferrolane card generate`: packets of the card's pattern to the host.

use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{ensure, Context, Result};
use ferrolane::{
    wait_any, C2hQueue, C2hRequest, Completed, Device, DeviceNanos, DmaAccess, Queue, QueueConfig,
};
use ferrolane_abi::card::{self, generator};

use super::args::{GenerateArgs, WhenFull};
use super::registers::Card;
use super::report::{self, Counts};
use super::settings::Settings;
use crate::args::Args;
use crate::exit::{Interrupted, Wrong};
use crate::transfer::output::Output;
use crate::transfer::{stop_on_signals, PAGE, SLICE};
use crate::{device, units};

/// Runs it.
pub fn run(args: &Args, options: &GenerateArgs) -> Result<()> {
    let stop = stop_on_signals()?;
    let output = options.output.as_deref().map(Output::create).transpose()?;
    let opened = device::open(&args.device, true)?;
    let device = &opened.device;
    let settings = Settings::new(&options.run, device)?;
    let card = Card::open(device)?;
    card.check_queue(settings.queue)?;
    let lossy = options.when_full.map_or(settings.real_time, |what| what == WhenFull::Lose);
    let config = QueueConfig {
        entries: options.run.buffers.next_power_of_two().max(2),
        interrupt: false,
        ..QueueConfig::default()
    };
    let mut c2h = device.open_c2h(settings.queue, config)?;
    supply(device, &mut c2h, settings.longest(), options.run.buffers)?;
    let block = card::generator_regs(settings.queue);
    let pattern = card.to_pattern(settings.queue)?;
    settings.write(&card, block, generator::REGISTERS)?;
    let mut run =
        Run { settings: &settings, lossy, next: 0, output, last: device.now(), counts: Counts::default() };
    let start = device.now();
    card.write(block, &generator::CTRL, 1 | u32::from(lossy) << 1)?;
    run.receive(device, &card, block, &mut c2h, options.run.timeout, &stop)?;
    let nanos = run.last.saturating_sub(start);
    run.counts.clocks = nanos * u64::from(device.parameters().clock_khz) / 1_000_000;
    run.losses(&card, block)?;
    drop(pattern);
    if let Some(fault) = c2h.stop()?.fault {
        return Err(fault).context("stopping the C2H queue");
    }
    let Run { output, counts, .. } = run;
    output.map_or(Ok(()), Output::keep)?;
    report::print(args, "card generate", "C2H", &settings, &counts, device.parameters().clock_khz)
}

/// Gives the queue buffers of the longest packet, so that each packet has one.
fn supply(device: &Device, c2h: &mut C2hQueue, longest: usize, count: u32) -> Result<()> {
    let stride = longest.next_multiple_of(PAGE as usize);
    let region = device.allocate(stride * count as usize, DmaAccess::DeviceWrites).with_context(|| {
        format!("no memory for {count} buffers of {longest} bytes; lower --buffers, --length or --spread")
    })?;
    for buffer in region.buffers(0, longest, stride, count as usize)? {
        c2h.push(C2hRequest::new(buffer)).map_err(|r| r.error)?;
    }
    Ok(c2h.commit()?)
}

struct Run<'a> {
    settings: &'a Settings,
    lossy: bool,
    /// Number of the packet that comes next if none is lost.
    next: u32,
    output: Option<Output>,
    /// Device time of the last packet.
    last: DeviceNanos,
    counts: Counts,
}

impl Run<'_> {
    fn receive(
        &mut self,
        device: &Device,
        card: &Card,
        block: u64,
        c2h: &mut C2hQueue,
        timeout: u64,
        stop: &AtomicBool,
    ) -> Result<()> {
        let mut deadline = device.deadline(timeout);
        while self.next < self.settings.packets {
            if stop.load(Ordering::Relaxed) {
                return Err(Interrupted.into());
            }
            if wait_any(&mut [&mut *c2h], device.deadline(SLICE).min(deadline))?.is_none() {
                // The last packets may have been lost. What was handed over before DONE is here by now.
                let lost = u64::from(card.read(block, &generator::LOST_PACKETS)?);
                let done = card.field(block, &generator::STATUS, "DONE")? == 1;
                if done && self.counts.packets + lost == u64::from(self.settings.packets) {
                    break;
                }
                if device.now() >= deadline {
                    let done = c2h.poll_until(deadline).with_context(|| {
                        let timeout = units::duration(timeout);
                        format!(
                            "nothing came for {timeout} of device time, the limit; raise it with --timeout"
                        )
                    })?;
                    self.take(c2h, done)?;
                }
                continue;
            }
            while let Some(done) = c2h.try_complete()? {
                self.take(c2h, done)?;
            }
            c2h.commit()?;
            self.last = device.now();
            deadline = device.deadline(timeout);
        }
        Ok(())
    }

    /// Compares a packet, writes it out, and gives its buffer to the card again.
    fn take(&mut self, c2h: &mut C2hQueue, done: Completed) -> Result<()> {
        ensure!(done.status.is_ok(), "C2H descriptor {} failed: {}", done.index, done.status);
        let packet = done.meta;
        let lost = packet.wrapping_sub(self.next);
        if !done.eop || packet < self.next || packet >= self.settings.packets || lost > 0 && !self.lossy {
            let text = format!("packet {} came as packet {packet}, {} bytes", self.next, done.bytes);
            return Err(Wrong(text).into());
        }
        let (data, want) = (done.buffer.to_vec(), self.settings.packet(packet));
        if data != want {
            let at = data.iter().zip(&want).position(|(have, want)| have != want);
            let text = match at {
                Some(i) => {
                    format!("byte {i} of packet {packet} is {:#04x} instead of {:#04x}", data[i], want[i])
                }
                None => format!("packet {packet} has {} bytes instead of {}", data.len(), want.len()),
            };
            return Err(Wrong(text).into());
        }
        if let Some(output) = &mut self.output {
            output.write(&data)?;
        }
        self.counts.packets += 1;
        self.counts.bytes += data.len() as u64;
        self.next = packet + 1;
        c2h.push(C2hRequest::new(done.buffer)).map_err(|r| r.error)?;
        Ok(())
    }

    /// What the card lost must be what did not come.
    fn losses(&mut self, card: &Card, block: u64) -> Result<()> {
        let counts = &mut self.counts;
        counts.lost_packets = card.read(block, &generator::LOST_PACKETS)?.into();
        counts.lost_bytes = card.count(block, &generator::LOST_BYTES_LO, &generator::LOST_BYTES_HI)?;
        let made = card.count(block, &generator::BYTES_LO, &generator::BYTES_HI)?;
        let all = counts.packets + counts.lost_packets == u64::from(self.settings.packets);
        if !all || counts.bytes + counts.lost_bytes != made {
            let text = format!(
                "{} packets with {} bytes came, but the card counts {} packets with {made} bytes, {} with {} bytes of \
                 them lost",
                counts.packets, counts.bytes, self.settings.packets, counts.lost_packets, counts.lost_bytes
            );
            return Err(Wrong(text).into());
        }
        Ok(())
    }
}
