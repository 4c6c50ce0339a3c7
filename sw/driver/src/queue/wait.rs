//! Waiting for a record: by polling, or asleep until an interrupt.
//!
//! MSI-X is an edge, so a sleeper must never miss one. ARM asks for an interrupt as soon as the completion index
//! differs from the consumer index given with it, at once if it does already. So: take what is there, arm with the
//! index of what was taken, look again, sleep. A record that comes before the arming is seen by the device (it fires
//! at once), one that comes after it fires too, and the event file descriptor keeps the event until it is read.

use std::os::fd::{AsFd, BorrowedFd};

use ferrolane_abi::regs::queue as regs;

use super::ring::Ring;
use super::{Completed, Queue};
use crate::device::user::take_event;
use crate::error::{Error, StatusCode};
use crate::params::field;
use crate::transport::{DeviceNanos, Woken};

impl Ring {
    /// Something will come of waiting: a record is there or may come.
    fn waitable(&self) -> Result<(), Error> {
        if self.in_flight.is_empty() && !self.record_ready() {
            self.usable()?;
            return Err(Error::NothingInFlight { queue: self.name });
        }
        Ok(())
    }

    pub(super) fn poll_until(&mut self, deadline: DeviceNanos) -> Result<Completed, Error> {
        self.commit()?;
        self.waitable()?;
        loop {
            if let Some(done) = self.take_and_return()? {
                return Ok(done);
            }
            if self.shared.transport.now() >= deadline {
                return self.deadline_passed(deadline);
            }
            self.shared.transport.relax(self.config.spin)?;
        }
    }

    pub(super) fn wait_until(&mut self, deadline: DeviceNanos) -> Result<Completed, Error> {
        if self.vector.is_none() {
            return self.poll_until(deadline);
        }
        self.commit()?;
        self.waitable()?;
        loop {
            if let Some(done) = self.take_and_return()? {
                return Ok(done);
            }
            self.arm()?;
            if self.record_ready() {
                continue;
            }
            let Some(vector) = &self.vector else { return self.poll_until(deadline) };
            match self.shared.transport.wait(&[vector.event.as_fd()], deadline)? {
                Woken::Ready(_) => self.acknowledge()?,
                Woken::Deadline => return self.deadline_passed(deadline),
            }
        }
    }

    /// The last look, then the reason, as far as registers tell: here alone waiting reads them.
    fn deadline_passed(&mut self, deadline: DeviceNanos) -> Result<Completed, Error> {
        if let Some(done) = self.take_and_return()? {
            return Ok(done);
        }
        let status = self.read(&regs::STATUS)?;
        if status == u32::MAX {
            return Err(Error::DeviceLost { register: "queue STATUS" });
        }
        // The read has pushed the writes before it: a record may have come with it.
        if let Some(done) = self.take_and_return()? {
            return Ok(done);
        }
        if field(&regs::STATUS, "ERROR").get(status) == 1 {
            let code = StatusCode(field(&regs::STATUS, "CODE").get(status) as u8);
            return Err(Error::Halted { queue: self.name, code });
        }
        Err(Error::Timeout {
            queue: self.name,
            deadline,
            in_flight: self.in_flight.len() as u32,
            fetched: self.read(&regs::HEAD)?,
            completed: self.read(&regs::COMPLETED)?,
        })
    }

    /// Asks for an interrupt as soon as there is a record that was not taken.
    pub(super) fn arm(&mut self) -> Result<(), Error> {
        if self.vector.is_none() {
            return Err(Error::NoInterrupt { queue: self.name, vectors: self.shared.parameters.vectors });
        }
        // Armed with the same index it still stands.
        if !self.armed || self.returned != self.consumed || self.rung != self.produced {
            self.ring(true)?;
        }
        Ok(())
    }

    pub(super) fn event(&self) -> Option<BorrowedFd<'_>> {
        self.vector.as_ref().map(|v| v.event.as_fd())
    }

    /// Takes the event, if there is one.
    pub(super) fn acknowledge(&mut self) -> Result<(), Error> {
        let Some(vector) = &self.vector else { return Ok(()) };
        if take_event(&vector.event, vector.index)? {
            self.armed = false;
        }
        Ok(())
    }

    /// Whether [`Ring::take`] has something to say: a record or an error.
    fn has_news(&self) -> bool {
        self.record_ready() || self.usable().is_err()
    }
}

/// Waits until one of `queues` has a completion (or an error) to take and answers its place in the slice, or `None`
/// when device time reaches `deadline`. Sleeps if all that have something in flight have an interrupt, else polls.
pub fn wait_any(queues: &mut [&mut dyn Queue], deadline: DeviceNanos) -> Result<Option<usize>, Error> {
    for queue in queues.iter_mut() {
        queue.ring_mut().commit()?;
    }
    let news = |queues: &[&mut dyn Queue]| queues.iter().position(|q| q.ring().has_news());
    loop {
        if let Some(found) = news(queues) {
            return Ok(Some(found));
        }
        let active: Vec<usize> =
            (0..queues.len()).filter(|i| !queues[*i].ring().in_flight.is_empty()).collect();
        let (Some(first), transport) =
            (active.first(), queues.first().map(|q| q.ring().shared.transport.clone()))
        else {
            return match queues.first() {
                Some(queue) => Err(Error::NothingInFlight { queue: queue.ring().name }),
                None => Ok(None),
            };
        };
        let transport = transport.expect("there is a first queue");
        if active.iter().any(|i| queues[*i].ring().vector.is_none()) {
            if transport.now() >= deadline {
                return Ok(news(queues));
            }
            let spin = queues[*first].ring().config.spin;
            transport.relax(spin)?;
            continue;
        }
        for i in &active {
            queues[*i].ring_mut().arm()?;
        }
        if let Some(found) = news(queues) {
            return Ok(Some(found));
        }
        let events: Vec<BorrowedFd<'_>> = active.iter().filter_map(|i| queues[*i].ring().event()).collect();
        match transport.wait(&events, deadline)? {
            Woken::Ready(which) => {
                drop(events);
                queues[active[which]].ring_mut().acknowledge()?;
            }
            Woken::Deadline => return Ok(news(queues)),
        }
    }
}
