//! An open card: identity, parameters, and what all queues and buffers of it share.

use std::os::fd::{BorrowedFd, OwnedFd};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ferrolane_abi::map::{Direction, BAR, GLOBAL_PAGE};
use ferrolane_abi::regs::global;
use ferrolane_abi::table::Register;
use ferrolane_abi::{feature, layout};

use crate::error::{Error, QueueName};
use crate::iova::IovaAllocator;
use crate::params::{Link, Parameters};
use crate::transport::{DeviceNanos, Transport, Woken};
use crate::warning::{print_warnings, Warning, WarningSink};

pub use user::UserInterrupt;

/// How to open a device.
#[derive(Clone)]
pub struct DeviceOptions {
    /// Reset the function first, so that nothing is left of an earlier user. Turn it off only to look at registers
    /// of a device in some state; opening a queue needs a queue that is stopped.
    pub reset: bool,
    /// Where warnings go; standard error unless changed.
    pub warnings: WarningSink,
}

impl Default for DeviceOptions {
    fn default() -> Self {
        DeviceOptions { reset: true, warnings: print_warnings() }
    }
}

/// An open card. Clones are handles to the same one. It closes when the last handle, queue and buffer are gone.
#[derive(Clone)]
pub struct Device {
    pub(crate) shared: Arc<Shared>,
}

/// State that queues and buffers share.
pub(crate) struct Shared {
    pub transport: Arc<dyn Transport>,
    pub parameters: Parameters,
    pub iova: Mutex<IovaAllocator>,
    warnings: WarningSink,
    /// Which queues are open, one bit each; H2C, C2H.
    taken: Mutex<[u64; 2]>,
    interrupts: Mutex<Interrupts>,
    bus_master: Mutex<bool>,
}

#[derive(Default)]
struct Interrupts {
    /// One event file descriptor per vector, once MSI-X is enabled.
    events: Option<Vec<Arc<OwnedFd>>>,
    /// Vectors that belong to a queue or to the card's own logic; vector 0 belongs to the device.
    used: Vec<bool>,
}

/// A lock whose holder panicked still protects consistent state here: each critical section is a few plain stores.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Device {
    /// Opens with the default options.
    pub fn open(transport: Arc<dyn Transport>) -> Result<Device, Error> {
        Self::open_with(transport, DeviceOptions::default())
    }

    /// Resets the function, then checks magic and ABI version and reads the parameters. Bus mastering stays off.
    pub fn open_with(transport: Arc<dyn Transport>, options: DeviceOptions) -> Result<Device, Error> {
        if options.reset {
            transport.reset()?;
            transport.set_bus_master(false)?;
        }
        let parameters = Parameters::read(&*transport)?;
        parameters.features.require(feature::RING | feature::STREAM)?;
        if parameters.layout_hash != layout::LAYOUT_HASH {
            (options.warnings)(&Warning::LayoutHash {
                device: parameters.layout_hash,
                driver: layout::LAYOUT_HASH,
            });
        }
        let iova = Mutex::new(IovaAllocator::new(transport.facts()));
        Ok(Device {
            shared: Arc::new(Shared {
                transport,
                parameters,
                iova,
                warnings: options.warnings,
                taken: Mutex::new([0; 2]),
                interrupts: Mutex::new(Interrupts::default()),
                bus_master: Mutex::new(false),
            }),
        })
    }

    /// The transport below.
    pub fn transport(&self) -> &Arc<dyn Transport> {
        &self.shared.transport
    }

    /// What the engine says of itself.
    pub fn parameters(&self) -> &Parameters {
        &self.shared.parameters
    }

    /// Device time in nanoseconds; deadlines are in it.
    pub fn now(&self) -> DeviceNanos {
        self.shared.transport.now()
    }

    /// The deadline `nanos` from now.
    pub fn deadline(&self, nanos: DeviceNanos) -> DeviceNanos {
        self.now().saturating_add(nanos)
    }

    /// Passes a little time in a polling loop: clocks on the simulator, spin hints on a card.
    pub fn relax(&self, n: u32) -> Result<(), Error> {
        Ok(self.shared.transport.relax(n)?)
    }

    /// Waits until one of `fds` is readable or device time reaches `deadline`.
    pub fn wait(&self, fds: &[BorrowedFd<'_>], deadline: DeviceNanos) -> Result<Woken, Error> {
        Ok(self.shared.transport.wait(fds, deadline)?)
    }

    /// Reads a DWORD of BAR0; `offset` in bytes, a multiple of 4. For tools and diagnosis.
    pub fn read32(&self, offset: u64) -> Result<u32, Error> {
        Ok(self.shared.transport.mmio_read32(BAR, offset)?)
    }

    /// Writes a DWORD of BAR0. For tools and diagnosis: a write into a queue that is open confuses it, though it
    /// can't make the device reach memory that is not mapped for it.
    pub fn write32(&self, offset: u64, value: u32) -> Result<(), Error> {
        Ok(self.shared.transport.mmio_write32(BAR, offset, value)?)
    }

    /// Reads a register of the global page.
    pub fn read_global(&self, register: &Register) -> Result<u32, Error> {
        self.read32(GLOBAL_PAGE + u64::from(register.offset))
    }

    /// The link as the engine sees it.
    pub fn link(&self) -> Result<Link, Error> {
        let value = self.read_global(&global::LINK)?;
        match value {
            u32::MAX => Err(Error::DeviceLost { register: "LINK" }),
            value => Ok(Link::from_register(value)),
        }
    }

    /// Clocks of the engine since reset.
    pub fn clocks(&self) -> Result<u64, Error> {
        let low = self.read_global(&global::CLOCKS_LO)?;
        let high = self.read_global(&global::CLOCKS_HI)?;
        Ok(u64::from(low) | u64::from(high) << 32)
    }

    /// Takes the sticky error causes: reads ERROR and clears what was set. Bits as in [`global::ERROR`].
    pub fn take_errors(&self) -> Result<u32, Error> {
        let causes = self.read_global(&global::ERROR)?;
        if causes == u32::MAX {
            return Err(Error::DeviceLost { register: "ERROR" });
        }
        if causes != 0 {
            self.write32(GLOBAL_PAGE + u64::from(global::ERROR.offset), causes)?;
        }
        Ok(causes)
    }
}

impl Shared {
    pub fn warn(&self, warning: Warning) {
        (self.warnings)(&warning);
    }

    /// Reserves a queue. It stays reserved until [`Shared::release_queue`].
    pub fn take_queue(&self, queue: QueueName) -> Result<(), Error> {
        let count = self.parameters.queues(queue.direction);
        if queue.index >= count {
            return Err(Error::NoSuchQueue { queue, count });
        }
        let mut taken = lock(&self.taken);
        let bits = &mut taken[queue.direction as usize];
        if *bits >> queue.index & 1 == 1 {
            return Err(Error::QueueTaken { queue });
        }
        *bits |= 1 << queue.index;
        Ok(())
    }

    pub fn release_queue(&self, queue: QueueName) {
        lock(&self.taken)[queue.direction as usize] &= !(1 << queue.index);
    }

    /// Turns bus mastering on if it is not: the first rings are mapped.
    pub fn enable_bus_master(&self) -> Result<(), Error> {
        let mut on = lock(&self.bus_master);
        if !*on {
            self.transport.set_bus_master(true)?;
            *on = true;
        }
        Ok(())
    }

    /// A vector for one queue alone, with its event. `None` if the card has none left. Vectors are never shared: who
    /// took another's event would make it sleep for ever.
    pub fn take_vector(
        &self,
        direction: Direction,
        index: u32,
    ) -> Result<Option<(u32, Arc<OwnedFd>)>, Error> {
        let p = &self.parameters;
        // Those behind belong to the card's own logic.
        let ours = p.vectors.min(1 + p.h2c_queues + p.c2h_queues);
        if ours < 2 || !p.features.has(feature::MSIX) {
            return Ok(None);
        }
        let mut interrupts = lock(&self.interrupts);
        let Interrupts { events, used } = &mut *interrupts;
        let events = self.enable_interrupts(events, used)?;
        let natural = 1 + index + if direction == Direction::C2h { p.h2c_queues } else { 0 };
        let free = (natural..ours).chain(1..natural.min(ours)).find(|v| !used[*v as usize]);
        Ok(free.map(|vector| {
            used[vector as usize] = true;
            (vector, Arc::clone(&events[vector as usize]))
        }))
    }

    /// Enables MSI-X with all vectors of the card if it is not enabled.
    fn enable_interrupts<'a>(
        &self,
        events: &'a mut Option<Vec<Arc<OwnedFd>>>,
        used: &mut Vec<bool>,
    ) -> Result<&'a [Arc<OwnedFd>], Error> {
        if events.is_none() {
            let given = self.transport.enable_interrupts(self.parameters.vectors)?;
            *used = vec![false; given.len()];
            *events = Some(given.into_iter().map(Arc::new).collect());
        }
        Ok(events.as_deref().unwrap_or_default())
    }

    /// The event of a vector that the card's own logic raises.
    pub fn take_user_vector(&self, vector: u32) -> Result<Arc<OwnedFd>, Error> {
        let count = self.parameters.vectors;
        self.parameters.features.require(feature::MSIX)?;
        if vector == 0 || vector >= count {
            return Err(Error::NoSuchVector { vector, count });
        }
        let mut interrupts = lock(&self.interrupts);
        let Interrupts { events, used } = &mut *interrupts;
        let events = self.enable_interrupts(events, used)?;
        if std::mem::replace(&mut used[vector as usize], true) {
            return Err(Error::VectorTaken { vector });
        }
        let event = Arc::clone(&events[vector as usize]);
        drop(interrupts);
        // An interrupt is a write of the device.
        self.enable_bus_master().inspect_err(|_| self.release_vector(vector))?;
        Ok(event)
    }

    pub fn release_vector(&self, vector: u32) {
        lock(&self.interrupts).used[vector as usize] = false;
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        let failed = |what: &str, result: Result<(), crate::transport::TransportError>| {
            if let Err(error) = result {
                (self.warnings)(&Warning::Close { reason: format!("{what}: {error}") });
            }
        };
        if *lock(&self.bus_master) {
            failed("turning bus mastering off", self.transport.set_bus_master(false));
        }
        if lock(&self.interrupts).events.is_some() {
            failed("disabling interrupts", self.transport.disable_interrupts());
        }
    }
}

pub(crate) mod user;

#[cfg(test)]
mod tests;
