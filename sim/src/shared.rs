//! What the transport, the control handle and the pump share: the machine behind a lock.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use ferrolane::transport::TransportError;

use crate::interrupts::Events;
use crate::machine::Machine;

/// The machine and its interrupts.
pub struct Sim {
    /// The machine.
    pub machine: Machine,
    /// Where its interrupts go.
    pub events: Events,
    /// An interrupt was delivered since this was last cleared.
    pub fired: bool,
}

impl Sim {
    /// One clock; delivers interrupts.
    ///
    /// # Errors
    /// [`TransportError::Simulation`].
    #[inline]
    pub fn clock(&mut self) -> Result<(), TransportError> {
        self.machine.clock().map_err(|failure| TransportError::Simulation(failure.to_string()))?;
        if !self.machine.root.interrupts.is_empty() {
            let Sim { machine, events, fired } = self;
            for vector in machine.root.interrupts.drain(..) {
                events.fire(vector);
                *fired = true;
            }
        }
        Ok(())
    }

    /// The sticky failure, as the driver sees it.
    ///
    /// # Errors
    /// [`TransportError::Simulation`].
    pub fn check(&self) -> Result<(), TransportError> {
        match self.machine.failure() {
            Some(failure) => Err(TransportError::Simulation(failure.to_string())),
            None => Ok(()),
        }
    }
}

/// Behind an `Arc`.
pub struct Shared {
    sim: Mutex<Sim>,
    /// Wakes the pump.
    pub wake: Condvar,
    /// Callers that wait for the lock; the pump steps aside for them.
    waiting: AtomicUsize,
    /// The pump is to end.
    pub stop: AtomicBool,
}

impl Shared {
    /// Around a machine.
    pub fn new(machine: Machine) -> Self {
        Shared {
            sim: Mutex::new(Sim { machine, events: Events::default(), fired: false }),
            wake: Condvar::new(),
            waiting: AtomicUsize::new(0),
            stop: AtomicBool::new(false),
        }
    }

    /// Takes the machine, before the pump if that holds it.
    pub fn lock(&self) -> MutexGuard<'_, Sim> {
        self.waiting.fetch_add(1, Ordering::SeqCst);
        let guard = self.lock_as_pump();
        self.waiting.fetch_sub(1, Ordering::SeqCst);
        guard
    }

    /// Takes the machine without asking for precedence. A poisoned lock is taken too: a failure is kept inside.
    pub fn lock_as_pump(&self) -> MutexGuard<'_, Sim> {
        self.sim.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether a caller waits for the lock.
    pub fn contended(&self) -> bool {
        self.waiting.load(Ordering::SeqCst) != 0
    }

    /// Lets all go first that wait for the lock now. Not to be called with the lock held.
    pub fn step_aside(&self) {
        while self.contended() {
            std::thread::yield_now();
        }
    }
}
