//! Stopping a queue: a drain, after which nothing of it is with the device.

use std::sync::atomic::{fence, Ordering};

use ferrolane_abi::regs::queue as regs;

use super::ring::{Life, Ring};
use super::Stopped;
use crate::error::Error;
use crate::params::field;
use crate::warning::Warning;

impl Ring {
    /// Stops and waits for IDLE: every read answered, every write reported sent.
    fn drain(&mut self) -> Result<(), Error> {
        self.write(&regs::CTRL, 0)?;
        let deadline = self.shared.transport.now().saturating_add(self.config.drain_nanos);
        loop {
            let status = self.read(&regs::STATUS)?;
            if status == u32::MAX {
                return Err(Error::DeviceLost { register: "queue STATUS" });
            }
            if field(&regs::STATUS, "IDLE").get(status) == 1 {
                // A read's completion pushes the writes before it (PCIe Base Spec 2.4.1): records are in memory.
                fence(Ordering::Acquire);
                return Ok(());
            }
            if self.shared.transport.now() >= deadline {
                return Err(self.stuck("stop", self.config.drain_nanos, status));
            }
            self.shared.transport.relax(self.config.spin)?;
        }
    }

    /// Brings the queue to rest, one way or the other.
    fn shut_down(&mut self) -> Result<(), Error> {
        if self.life != Life::Running {
            return Ok(());
        }
        let drained = self.drain();
        self.life = match &drained {
            Ok(()) => Life::Idle,
            Err(error) => {
                self.shared.warn(Warning::LeakedQueue {
                    queue: self.name,
                    in_flight: self.in_flight.len(),
                    reason: error.to_string(),
                });
                Life::Undrained
            }
        };
        drained
    }

    /// Drains, then gives back what completed and what did not. If it can't be drained everything is leaked.
    pub(super) fn stop(mut self) -> Result<Stopped, Error> {
        self.shut_down()?;
        let mut completed = Vec::new();
        let fault = loop {
            match self.take() {
                Ok(Some(done)) => completed.push(done),
                Ok(None) => break None,
                Err(error) => break Some(error),
            }
        };
        let unfinished = self.in_flight.drain(..).map(|f| f.buffer).collect();
        Ok(Stopped { completed, unfinished, fault })
    }
}

impl Drop for Ring {
    /// In order: the queue is idle before its rings and buffers are unmapped, or they are leaked on purpose.
    fn drop(&mut self) {
        // A failure has been said by a warning.
        let _ = self.shut_down();
        if self.life == Life::Undrained {
            self.descriptors.leak();
            self.records.leak();
            for in_flight in self.in_flight.drain(..) {
                in_flight.buffer.leak();
            }
            // The queue and its vector stay taken: their registers still belong to what may be running.
            return;
        }
        if let Some(vector) = &self.vector {
            self.shared.release_vector(vector.index);
        }
        self.shared.release_queue(self.name);
    }
}
