//! Blocking access to the card's memory: any length, any alignment, with buffers of its own.

use std::collections::VecDeque;
use std::ops::Range;

use ferrolane_abi::descriptor::MAX_LEN;

use super::{CardPlace, DmaQueue, MemoryRead, MemoryWrite, Queue, QueueConfig, Request};
use crate::buffer::DmaBuffer;
use crate::device::Device;
use crate::error::{Error, QueueName};
use crate::transport::{DeviceNanos, DmaAccess};

/// How far offsets of a queue reach.
const WINDOW: u64 = 1 << 32;
/// Shortest time to drain, in nanoseconds of device time.
const SHORTEST_DRAIN: DeviceNanos = 1_000_000;

/// How to reach the card's memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CardMemoryOptions {
    /// Number of the H2C queue that writes and of the C2H queue that reads. Each is opened with the first access.
    pub queue: u32,
    /// Bytes per descriptor, 1 to 16,777,215.
    pub fragment: u32,
    /// Descriptors in flight each way, each with a buffer of `fragment` bytes.
    pub buffers: u32,
    /// All bytes go to, or come from, the first address, a beat of the port after the other. It must be a multiple of the
    /// port's width.
    pub fixed: bool,
    /// Device time without any completion that fails an access, in nanoseconds.
    pub patience: DeviceNanos,
    /// Sleep for interrupts instead of polling, where there are any.
    pub interrupt: bool,
}

impl Default for CardMemoryOptions {
    /// Queue 0, 64 KiB per descriptor, 16 of them, 100 ms, polling.
    fn default() -> Self {
        CardMemoryOptions {
            queue: 0,
            fragment: 64 * 1024,
            buffers: 16,
            fixed: false,
            patience: 100_000_000,
            interrupt: false,
        }
    }
}

/// The card's memory as a place to copy to and from.
///
/// A copy ends when the card has answered for its last byte. What it fails at it says with the address; everything before that
/// is done then, and what lies behind may be. The next access starts anew.
pub struct CardMemory {
    device: Device,
    options: CardMemoryOptions,
    window: u64,
    write: Option<Side<MemoryWrite>>,
    read: Option<Side<MemoryRead>>,
}

/// An open queue and the buffers that are not in flight.
struct Side<R: Request> {
    queue: DmaQueue<R>,
    base: u64,
    free: Vec<DmaBuffer>,
}

/// What differs between the directions.
trait Access: Request + Sized {
    const ACCESS: DmaAccess;
    fn open(device: &Device, index: u32, base: u64, config: QueueConfig) -> Result<DmaQueue<Self>, Error>;
    fn request(buffer: DmaBuffer, place: CardPlace) -> Self;
}

impl Access for MemoryWrite {
    const ACCESS: DmaAccess = DmaAccess::DeviceReads;
    fn open(device: &Device, index: u32, base: u64, config: QueueConfig) -> Result<DmaQueue<Self>, Error> {
        device.open_memory_write(index, base, config)
    }
    fn request(buffer: DmaBuffer, place: CardPlace) -> Self {
        MemoryWrite { buffer, place, irq: false }
    }
}

impl Access for MemoryRead {
    const ACCESS: DmaAccess = DmaAccess::DeviceWrites;
    fn open(device: &Device, index: u32, base: u64, config: QueueConfig) -> Result<DmaQueue<Self>, Error> {
        device.open_memory_read(index, base, config)
    }
    fn request(buffer: DmaBuffer, place: CardPlace) -> Self {
        MemoryRead { buffer, place, irq: false }
    }
}

impl Device {
    /// The card's memory, for copies of any length.
    pub fn card_memory(&self, options: CardMemoryOptions) -> CardMemory {
        CardMemory { device: self.clone(), options, window: WINDOW, write: None, read: None }
    }

    /// Writes `data` to the card's memory, through H2C queue 0.
    pub fn memory_write(&self, card_address: u64, data: &[u8]) -> Result<(), Error> {
        let mut memory = self.card_memory(CardMemoryOptions::default());
        memory.write(card_address, data)?;
        memory.stop()
    }

    /// Reads from the card's memory, through C2H queue 0.
    pub fn memory_read(&self, card_address: u64, into: &mut [u8]) -> Result<(), Error> {
        let mut memory = self.card_memory(CardMemoryOptions::default());
        memory.read(card_address, into)?;
        memory.stop()
    }
}

impl CardMemory {
    /// Writes `data` to the card's memory.
    pub fn write(&mut self, card_address: u64, data: &[u8]) -> Result<(), Error> {
        let (device, options, window) = (self.device.clone(), self.options.clone(), self.window);
        let run = Run { device: &device, options: &options, window, address: card_address, len: data.len() };
        let fill = |buffer: &mut DmaBuffer, range: Range<usize>| buffer.copy_from(&data[range]);
        run.go(&mut self.write, fill, |_, _| Ok(()))
    }

    /// Reads from the card's memory.
    pub fn read(&mut self, card_address: u64, into: &mut [u8]) -> Result<(), Error> {
        let (device, options, window) = (self.device.clone(), self.options.clone(), self.window);
        let run = Run { device: &device, options: &options, window, address: card_address, len: into.len() };
        let empty = |buffer: &DmaBuffer, range: Range<usize>| buffer.read_at(0, &mut into[range]);
        run.go(&mut self.read, |buffer, range| buffer.set_len(range.len()), empty)
    }

    /// Stops the queues that were used.
    pub fn stop(self) -> Result<(), Error> {
        let write = self.write.map(|side| side.queue.stop()).transpose()?;
        let read = self.read.map(|side| side.queue.stop()).transpose()?;
        match write.into_iter().chain(read).find_map(|stopped| stopped.fault) {
            Some(fault) => Err(fault),
            None => Ok(()),
        }
    }
}

/// One access.
struct Run<'a> {
    device: &'a Device,
    options: &'a CardMemoryOptions,
    window: u64,
    address: u64,
    len: usize,
}

impl Run<'_> {
    fn go<R: Access>(
        &self,
        side: &mut Option<Side<R>>,
        fill: impl FnMut(&mut DmaBuffer, Range<usize>) -> Result<(), Error>,
        empty: impl FnMut(&DmaBuffer, Range<usize>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let result = self.all(side, fill, empty);
        if result.is_err() {
            // It may have halted, and its buffers are anywhere: the next access opens it again.
            *side = None;
        }
        result
    }

    fn all<R: Access>(
        &self,
        side: &mut Option<Side<R>>,
        mut fill: impl FnMut(&mut DmaBuffer, Range<usize>) -> Result<(), Error>,
        mut empty: impl FnMut(&DmaBuffer, Range<usize>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let Some(last) = self.len.checked_sub(1) else { return Ok(()) };
        let name = QueueName { direction: R::DIRECTION, index: self.options.queue };
        if !self.options.fixed && self.address.checked_add(last as u64).is_none() {
            let (base, len) = (self.address, self.len as u64);
            return Err(Error::CardRange { queue: name, base, offset: 0, len });
        }
        let mut done = 0;
        while done < self.len {
            let address = self.at(done);
            let base = address / self.window * self.window;
            if side.as_ref().is_none_or(|open| open.base != base) {
                *side = None;
                *side = Some(self.open(base)?);
            }
            let Some(open) = side.as_mut() else { break };
            // As far as offsets of this queue reach.
            let reach = match self.options.fixed {
                true => u64::MAX,
                false => self.window - (address - base),
            };
            let end = done + reach.min((self.len - done) as u64) as usize;
            self.part(open, done..end, &mut fill, &mut empty)?;
            done = end;
        }
        Ok(())
    }

    /// Card address of byte `done`.
    fn at(&self, done: usize) -> u64 {
        self.address + if self.options.fixed { 0 } else { done as u64 }
    }

    fn open<R: Access>(&self, base: u64) -> Result<Side<R>, Error> {
        let (fragment, buffers) = (self.fragment()?, self.options.buffers.max(1));
        let config = QueueConfig {
            entries: buffers.checked_next_power_of_two().unwrap_or(u32::MAX).max(2),
            interrupt: self.options.interrupt,
            drain_nanos: self.options.patience.clamp(SHORTEST_DRAIN, QueueConfig::default().drain_nanos),
            ..QueueConfig::default()
        };
        let queue = R::open(self.device, self.options.queue, base, config)?;
        let region = self.device.allocate(fragment.saturating_mul(buffers as usize), R::ACCESS)?;
        Ok(Side { queue, base, free: region.buffers(0, fragment, fragment, buffers as usize)? })
    }

    /// Bytes per descriptor. A fixed access moves whole beats, so that none is divided.
    fn fragment(&self) -> Result<usize, Error> {
        let len = self.options.fragment as usize;
        if len == 0 || self.options.fragment > MAX_LEN {
            return Err(Error::BufferLength { len, max: MAX_LEN });
        }
        let beat = (self.device.parameters().port_bits / 8).max(1) as usize;
        Ok(if self.options.fixed { (len / beat * beat).max(beat) } else { len })
    }

    /// Moves the bytes `range` of the access through one opening of the queue.
    fn part<R: Access>(
        &self,
        side: &mut Side<R>,
        range: Range<usize>,
        fill: &mut impl FnMut(&mut DmaBuffer, Range<usize>) -> Result<(), Error>,
        empty: &mut impl FnMut(&DmaBuffer, Range<usize>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let fragment = self.fragment()?;
        let mut next = range.start;
        let mut under_way: VecDeque<Range<usize>> = VecDeque::new();
        loop {
            while next < range.end {
                let Some(mut buffer) = side.free.pop() else { break };
                let bytes = next..range.end.min(next + fragment);
                fill(&mut buffer, bytes.clone())?;
                let place = CardPlace {
                    fixed: self.options.fixed,
                    ..CardPlace::at((self.at(bytes.start) - side.base) as u32)
                };
                side.queue.push(R::request(buffer, place))?;
                next = bytes.end;
                under_way.push_back(bytes);
            }
            let Some(bytes) = under_way.pop_front() else { return Ok(()) };
            let deadline = self.device.deadline(self.options.patience);
            let done = match self.options.interrupt {
                true => side.queue.wait_until(deadline)?,
                false => side.queue.poll_until(deadline)?,
            };
            if !done.status.is_ok() {
                return Err(Error::CardMemory {
                    queue: side.queue.name(),
                    address: self.at(bytes.start),
                    done: bytes.start as u64,
                    code: done.status,
                });
            }
            empty(&done.buffer, bytes)?;
            side.free.push(done.buffer);
        }
    }
}

#[cfg(test)]
impl CardMemory {
    /// With offsets that reach less far.
    fn with_window(mut self, window: u64) -> Self {
        self.window = window;
        self
    }
}

#[cfg(test)]
#[path = "tests/card_memory.rs"]
mod tests;
