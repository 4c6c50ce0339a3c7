//! Queues: typed by direction, fed through a descriptor ring, answered through a completion ring.

mod card_memory;
mod coalesce;
mod config;
mod feed;
mod flush;
mod index;
mod moderate;
mod open;
mod request;
mod ring;
mod rounds;
mod service;
mod stop;
mod units;
mod wait;

#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::marker::PhantomData;
use std::os::fd::BorrowedFd;

use crate::buffer::DmaBuffer;
use crate::device::Device;
use crate::error::{Error, QueueName, Rejected, StatusCode};
use crate::transport::DeviceNanos;
pub use card_memory::{CardMemory, CardMemoryOptions};
pub use coalesce::Coalesce;
pub use config::{QueueConfig, MAX_ENTRIES, MIN_ENTRIES};
pub use feed::Feed;
pub use moderate::Moderate;
pub use request::{C2hRequest, CardPlace, H2cRequest, MemoryRead, MemoryWrite, Request};
use ring::Ring;
pub use service::Overflow;
pub use wait::wait_any;

/// What a completion gives back.
#[derive(Debug)]
pub struct Completed {
    /// The buffer, the CPU's again. On C2H queues its `len` is what the card wrote.
    pub buffer: DmaBuffer,
    /// Bytes moved.
    pub bytes: u32,
    /// C2H: the card's metadata of the packet, valid with `eop`.
    pub meta: u32,
    /// Free-running index of the descriptor.
    pub index: u32,
    /// The packet ended with this buffer.
    pub eop: bool,
    /// Data was dropped before this.
    pub gap: bool,
    /// The buffer was closed before it was full, by a timer or a command.
    pub flushed: bool,
    /// How it went. After anything but [`StatusCode::OK`] the queue is halted.
    pub status: StatusCode,
}

/// What a stopped queue gives back.
#[derive(Debug)]
pub struct Stopped {
    /// Completions that had not been taken.
    pub completed: Vec<Completed>,
    /// Buffers that did not complete, in order. What a C2H buffer holds then is undefined.
    pub unfinished: Vec<DmaBuffer>,
    /// Why the queue had halted or was broken, if it was.
    pub fault: Option<Error>,
}

mod sealed {
    /// Access to what both directions share.
    pub trait HasRing {
        fn ring(&self) -> &super::Ring;
        fn ring_mut(&mut self) -> &mut super::Ring;
    }
}

/// What both kinds of queue can do.
pub trait Queue: sealed::HasRing + Send {
    /// Direction and number.
    fn name(&self) -> QueueName {
        self.ring().name
    }

    /// Buffers with the device or about to be.
    fn in_flight(&self) -> usize {
        self.ring().in_flight.len()
    }

    /// Buffers that can be submitted before completions have to be taken.
    fn free(&self) -> u32 {
        self.ring().free()
    }

    /// Rings the doorbell for what was pushed, if anything was.
    fn commit(&mut self) -> Result<(), Error> {
        self.ring_mut().commit()
    }

    /// Takes a completion if there is one. Reads no register.
    fn try_complete(&mut self) -> Result<Option<Completed>, Error> {
        self.ring_mut().take_and_return()
    }

    /// Takes the next completion, polling until device time reaches `deadline`.
    fn poll_until(&mut self, deadline: DeviceNanos) -> Result<Completed, Error> {
        self.ring_mut().poll_until(deadline)
    }

    /// Takes the next completion, asleep until its interrupt or until device time reaches `deadline`. Polls if the
    /// queue has no interrupt.
    fn wait_until(&mut self, deadline: DeviceNanos) -> Result<Completed, Error> {
        self.ring_mut().wait_until(deadline)
    }

    /// Asks for one interrupt as soon as there is a completion that was not taken, at once if there is one.
    fn arm(&mut self) -> Result<(), Error> {
        self.ring_mut().arm()
    }

    /// Becomes readable when the queue's interrupt comes, for `poll` and the like. `None` without an interrupt.
    /// Use: take completions until there is none, [`Queue::arm`], take again, wait for it, [`Queue::acknowledge`].
    fn event(&self) -> Option<BorrowedFd<'_>> {
        self.ring().event()
    }

    /// Takes the event off [`Queue::event`], if there is one. Never blocks.
    fn acknowledge(&mut self) -> Result<(), Error> {
        self.ring_mut().acknowledge()
    }
}

/// A queue that takes requests of one kind: an [`H2cQueue`] or a [`C2hQueue`] for the card's streams, a [`MemoryWriteQueue`]
/// or a [`MemoryReadQueue`] for its memory. Can be moved to another thread.
pub struct DmaQueue<R: Request> {
    ring: Ring,
    requests: PhantomData<fn(R)>,
}

/// A queue from the host to the card.
pub type H2cQueue = DmaQueue<H2cRequest>;
/// A queue from the card to the host.
pub type C2hQueue = DmaQueue<C2hRequest>;
/// An H2C queue whose other end is the card's memory.
pub type MemoryWriteQueue = DmaQueue<MemoryWrite>;
/// A C2H queue whose other end is the card's memory.
pub type MemoryReadQueue = DmaQueue<MemoryRead>;

impl<R: Request> sealed::HasRing for DmaQueue<R> {
    fn ring(&self) -> &Ring {
        &self.ring
    }
    fn ring_mut(&mut self) -> &mut Ring {
        &mut self.ring
    }
}

impl<R: Request> Queue for DmaQueue<R> {}

impl<R: Request> DmaQueue<R> {
    fn open(device: &Device, index: u32, card_base: Option<u64>, config: QueueConfig) -> Result<Self, Error> {
        let name = QueueName { direction: R::DIRECTION, index };
        Ok(DmaQueue { ring: Ring::open(&device.shared, name, card_base, config)?, requests: PhantomData })
    }

    /// Writes a descriptor without telling the device: [`Queue::commit`] does for all since the last. What can't be
    /// submitted comes back with the reason.
    pub fn push(&mut self, request: R) -> Result<(), Rejected<R>> {
        let checked = self.ring.check(request.buffer(), request.bytes());
        match checked.and_then(|len| self.ring.check_place(request.place(), len)) {
            Ok(len) => {
                let (buffer, flags, card) = request.into_parts();
                self.ring.push(buffer, len, flags, card);
                Ok(())
            }
            Err(error) => Err(Rejected { request: Some(request), error }),
        }
    }

    /// Submits one buffer and rings the doorbell. If it is refused it comes back with the reason; if the doorbell
    /// itself fails it stays with the queue and stopping gives it back.
    pub fn submit(&mut self, request: R) -> Result<(), Rejected<R>> {
        self.push(request)?;
        self.ring.commit().map_err(|error| Rejected { request: None, error })
    }

    /// Submits from the front as many as there is room for, with one doorbell, and answers how many. The others stay.
    /// A refused one stays at the front, and what was before it is submitted.
    pub fn submit_batch(&mut self, requests: &mut VecDeque<R>) -> Result<usize, Error> {
        let mut count = 0;
        let mut refused = None;
        while self.ring.free() > 0 {
            let Some(request) = requests.pop_front() else { break };
            match self.push(request) {
                Ok(()) => count += 1,
                Err(Rejected { request, error }) => {
                    request.into_iter().for_each(|r| requests.push_front(r));
                    refused = Some(error);
                    break;
                }
            }
        }
        self.ring.commit()?;
        refused.map_or(Ok(count), Err)
    }

    /// Stops the queue: no new request starts, and when everything in flight has ended all buffers come back. If that
    /// does not happen in time, rings and buffers are leaked on purpose, with a warning.
    pub fn stop(self) -> Result<Stopped, Error> {
        self.ring.stop()
    }
}

impl Device {
    /// Opens and starts H2C queue `index`.
    pub fn open_h2c(&self, index: u32, config: QueueConfig) -> Result<H2cQueue, Error> {
        DmaQueue::open(self, index, None, config)
    }

    /// Opens and starts C2H queue `index`.
    pub fn open_c2h(&self, index: u32, config: QueueConfig) -> Result<C2hQueue, Error> {
        DmaQueue::open(self, index, None, config)
    }

    /// Opens and starts H2C queue `index` for writes to the card's memory. Requests name places by their offset from
    /// `card_base`, any address.
    pub fn open_memory_write(
        &self,
        index: u32,
        card_base: u64,
        config: QueueConfig,
    ) -> Result<MemoryWriteQueue, Error> {
        DmaQueue::open(self, index, Some(card_base), config)
    }

    /// Opens and starts C2H queue `index` for reads from the card's memory. Requests name places by their offset from
    /// `card_base`, any address.
    pub fn open_memory_read(
        &self,
        index: u32,
        card_base: u64,
        config: QueueConfig,
    ) -> Result<MemoryReadQueue, Error> {
        DmaQueue::open(self, index, Some(card_base), config)
    }
}
