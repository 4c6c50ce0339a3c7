//! Opening a queue: rings mapped, registers written, started.

use std::collections::VecDeque;
use std::sync::Arc;

use ferrolane_abi::regs::queue as regs;
use ferrolane_abi::{completion, descriptor, feature};

use super::ring::{Life, Ring, Vector};
use super::{QueueConfig, MAX_ENTRIES, MIN_ENTRIES};
use crate::device::Shared;
use crate::error::{Error, QueueName};
use crate::params::field;
use crate::region::RegionInner;
use crate::transport::DmaAccess;

/// Device time a queue gets to start, in nanoseconds: clearing its state takes some thousand clocks at most.
const START_NANOS: u64 = 1_000_000;

fn check_entries(what: &'static str, entries: u32) -> Result<u32, Error> {
    if entries.is_power_of_two() && (MIN_ENTRIES..=MAX_ENTRIES).contains(&entries) {
        Ok(entries)
    } else {
        Err(Error::RingSize { what, entries, min: MIN_ENTRIES, max: MAX_ENTRIES })
    }
}

impl Ring {
    pub(super) fn open(
        shared: &Arc<Shared>,
        name: QueueName,
        card_base: Option<u64>,
        config: QueueConfig,
    ) -> Result<Ring, Error> {
        let entries = check_entries("descriptor", config.entries)?;
        let record_entries = check_entries("completion", config.completions.unwrap_or(entries))?;
        config.coalesce.check(shared.parameters.clock_khz)?;
        shared.parameters.features.require(config.feed.feature())?;
        if card_base.is_some() {
            shared.parameters.features.require(feature::MEMORY)?;
        }
        config.check_service(name, card_base.is_some(), &shared.parameters)?;
        shared.take_queue(name)?;
        let rings = || -> Result<_, Error> {
            let ring =
                |entries: u32, bytes, access| RegionInner::new(shared, entries as usize * bytes, access);
            let descriptors = ring(entries, descriptor::BYTES, DmaAccess::DeviceReads)?;
            let records = ring(record_entries, completion::BYTES, DmaAccess::DeviceWrites)?;
            let vector = match config.interrupt {
                true => shared.take_vector(name.direction, name.index)?,
                false => None,
            };
            Ok((descriptors, records, vector))
        };
        let (descriptors, records, vector) = rings().inspect_err(|_| shared.release_queue(name))?;
        let mut ring = Ring {
            shared: Arc::clone(shared),
            name,
            in_flight: VecDeque::with_capacity(entries as usize),
            config,
            card_base,
            life: Life::Idle,
            fault: None,
            vector: vector.map(|(index, event)| Vector { index, event }),
            armed: false,
            descriptors: Arc::new(descriptors),
            records: Arc::new(records),
            record_entries,
            generation: 0,
            produced: 0,
            rung: 0,
            consumed: 0,
            returned: 0,
            staged: VecDeque::new(),
        };
        ring.start()?;
        Ok(ring)
    }

    fn start(&mut self) -> Result<(), Error> {
        let status = self.read(&regs::STATUS)?;
        if status == u32::MAX {
            return Err(Error::DeviceLost { register: "queue STATUS" });
        }
        if field(&regs::STATUS, "IDLE").get(status) == 0 {
            return Err(self.stuck("stop", 0, status));
        }
        self.shared.enable_bus_master()?;
        self.write(&regs::RING_BASE_LO, self.descriptors.iova as u32)?;
        self.write(&regs::RING_BASE_HI, (self.descriptors.iova >> 32) as u32)?;
        self.write(&regs::CPL_BASE_LO, self.records.iova as u32)?;
        self.write(&regs::CPL_BASE_HI, (self.records.iova >> 32) as u32)?;
        let sizes = field(&regs::RING_SIZE, "DESCRIPTORS").put(self.config.entries.trailing_zeros())
            | field(&regs::RING_SIZE, "COMPLETIONS").put(self.record_entries.trailing_zeros());
        self.write(&regs::RING_SIZE, sizes)?;
        self.write(&regs::MODE, self.config.mode(self.card_base.is_some()))?;
        if let Some(base) = self.card_base {
            self.write(&regs::CARD_BASE_LO, base as u32)?;
            self.write(&regs::CARD_BASE_HI, (base >> 32) as u32)?;
        }
        let khz = self.shared.parameters.clock_khz;
        self.write(&regs::COALESCE, self.config.coalesce.register(khz))?;
        self.write(&regs::MODERATE, self.config.moderate.register(khz))?;
        self.write(&regs::FLUSH_TIME, self.config.flush_time(khz))?;
        self.write(&regs::VECTOR, self.vector.as_ref().map_or(0, |v| v.index))?;
        let before = self.read(&regs::GENERATION)?;
        // From the write on the device may reach the rings: whatever fails then has to drain.
        self.life = Life::Running;
        self.write(&regs::CTRL, field(&regs::CTRL, "RUN").put(1))?;
        let deadline = self.shared.transport.now().saturating_add(START_NANOS);
        loop {
            let now = self.read(&regs::GENERATION)?;
            if now == u32::MAX {
                return Err(Error::DeviceLost { register: "queue GENERATION" });
            }
            if now != before {
                self.generation = now as u8;
                return Ok(());
            }
            if self.shared.transport.now() >= deadline {
                return Err(self.stuck("start", START_NANOS, self.read(&regs::STATUS)?));
            }
            self.shared.transport.relax(self.config.spin)?;
        }
    }

    pub(super) fn stuck(&self, what: &'static str, within: u64, status: u32) -> Error {
        Error::QueueStuck { queue: self.name, what, within, status }
    }
}
