//! What the transport, the control handle and the pump share: the machine behind a lock.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use ferrolane::transport::TransportError;
use ferrolane_abi::regs::global;
use ferrolane_abi::table::Register;
use ferrolane_abi::{feature, map};

use crate::config_space::Build;
use crate::interrupts::Events;
use crate::machine::Machine;
use crate::options::Options;
use crate::pins::CardModel;
use crate::serve::messages::Messages;

/// The machine and its interrupts.
pub struct Sim {
    /// The machine.
    pub machine: Machine,
    /// Where its interrupts go.
    pub events: Events,
    /// An interrupt was delivered since this was last cleared.
    pub fired: bool,
    /// A pump runs the clock until then, even if there is nothing to do.
    pub run_until: u64,
    /// How host memory is reached, where that takes messages.
    pub messages: Option<Arc<Messages>>,
}

impl Sim {
    /// Powers the card up and tells its configuration space how the card was built: vectors and BARs are the engine's
    /// parameters, and on a card the board's build puts them into the hard block.
    ///
    /// # Errors
    /// [`TransportError::Simulation`] if the card misbehaves from the start.
    pub fn boot(options: Options, card: Box<dyn CardModel>) -> Result<Sim, TransportError> {
        let machine =
            Machine::new(options, card).map_err(|failure| TransportError::Simulation(failure.to_string()))?;
        let mut sim = Sim { machine, events: Events::default(), fired: false, run_until: 0, messages: None };
        let mut parameter = |register: &Register| -> Result<u32, TransportError> {
            Ok(sim.read(map::BAR, u64::from(register.offset), 1)?[0])
        };
        let queues = parameter(&global::PARAM_QUEUES)?;
        let build = match queues {
            // It does not answer; so it is not asked for more.
            u32::MAX => Build { vectors: 1, user_registers: false },
            _ => Build {
                vectors: (queues >> 16).max(1),
                user_registers: parameter(&global::FEATURES_LO)? & feature::USER_REGISTERS != 0,
            },
        };
        sim.machine.set_build(build);
        Ok(sim)
    }

    /// Device time.
    pub fn nanos(&self) -> u64 {
        self.machine.options.nanos(self.machine.now())
    }

    /// Whether a pump has nothing to do: all is quiet, or can't go on.
    pub fn rests(&self) -> bool {
        let machine = &self.machine;
        machine.failure().is_some()
            || machine.root.is_starved()
            || self.messages.as_ref().is_some_and(|messages| messages.is_congested())
            || machine.now() >= self.run_until && machine.at_rest()
    }

    /// One clock; delivers interrupts.
    ///
    /// # Errors
    /// [`TransportError::Simulation`].
    #[inline]
    pub fn clock(&mut self) -> Result<(), TransportError> {
        self.machine.clock().map_err(|failure| TransportError::Simulation(failure.to_string()))?;
        if !self.machine.root.interrupts.is_empty() {
            let Sim { machine, events, fired, messages, .. } = self;
            for vector in machine.root.interrupts.drain(..) {
                // An interrupt never passes a write: it waits for those whose messages are under way.
                if !messages.as_ref().is_some_and(|messages| messages.hold_back(vector)) {
                    events.fire(vector);
                }
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
    pub fn new(sim: Sim) -> Self {
        Shared {
            sim: Mutex::new(sim),
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
