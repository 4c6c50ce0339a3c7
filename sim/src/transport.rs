//! [`SimTransport`]: the simulated card as the driver sees it.

use std::ops::Range;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::sync::{Arc, MutexGuard};

use ferrolane::memory::Memory;
use ferrolane::transport::{
    check_config_offset, DeviceNanos, DmaAccess, Facts, Transport, TransportError, Woken,
};
use ferrolane_abi::map;

use crate::control::SimControl;
use crate::iommu;
use crate::options::{Options, Pump};
use crate::pins::CardModel;
use crate::pump::{Pace, PumpThread};
use crate::ready::readable;
use crate::root_complex::{FIRST_VECTOR, MSI_ADDRESS};
use crate::shared::{Shared, Sim};

/// Clocks that a wait runs before it looks at descriptors that others may have made readable.
const WAIT_SLICE: u64 = 1_024;
/// A function-level reset must end within 100 ms (PCIe Base Spec 6.6.2).
const FLR_LIMIT_NS: u64 = 100_000_000;

/// The simulated card.
///
/// Without a pump the calls run the clock, and only they: one thread gives the same run for the same seed, to the
/// clock. Calls from several threads are safe, but their order is not the simulator's to decide.
pub struct SimTransport {
    shared: Arc<Shared>,
    facts: Facts,
    options: Options,
    /// Ends before the machine does.
    pump: Option<PumpThread>,
}

impl SimTransport {
    /// Puts `card` behind the link that `options` describe, and brings it up.
    ///
    /// # Errors
    /// [`TransportError::Simulation`] if the card misbehaves from the start, [`TransportError::Io`] if there is no
    /// thread for the pump.
    pub fn with_card(options: Options, card: Box<dyn CardModel>) -> Result<Self, TransportError> {
        let shared = Arc::new(Shared::new(Sim::boot(options.clone(), card)?));
        let facts = facts(&options);
        let mut transport = SimTransport { shared, facts, options, pump: None };
        if transport.options.pump == Pump::Thread {
            let pump = PumpThread::start(Arc::clone(&transport.shared), Pace::Free);
            transport.pump = Some(pump.map_err(|source| io("starting the pump's thread", source))?);
        }
        Ok(transport)
    }

    /// A handle for what no driver can know or do.
    pub fn control(&self) -> SimControl {
        SimControl::new(Arc::clone(&self.shared), self.options.clone())
    }

    /// The machine, if the run is not void.
    fn sim(&self) -> Result<MutexGuard<'_, Sim>, TransportError> {
        let sim = self.shared.lock();
        sim.check()?;
        Ok(sim)
    }

    fn read(&self, bar: u8, offset: u64, dws: usize) -> Result<[u32; 2], TransportError> {
        let mut sim = self.sim()?;
        sim.check_offset(bar, offset, dws)?;
        sim.read(bar, offset, dws)
    }

    fn write(&self, bar: u8, offset: u64, data: &[u32]) -> Result<(), TransportError> {
        let mut sim = self.sim()?;
        sim.check_offset(bar, offset, data.len())?;
        sim.write(bar, offset, data)?;
        self.shared.wake.notify_one();
        Ok(())
    }

    fn map_error(iova: u64, len: u64, reason: String) -> TransportError {
        TransportError::Map { iova, len, reason }
    }
}

impl Drop for SimTransport {
    fn drop(&mut self) {
        self.pump = None;
        self.shared.lock().machine.finish();
    }
}

impl Transport for SimTransport {
    fn facts(&self) -> &Facts {
        &self.facts
    }

    fn mmio_read32(&self, bar: u8, offset: u64) -> Result<u32, TransportError> {
        Ok(self.read(bar, offset, 1)?[0])
    }

    fn mmio_read64(&self, bar: u8, offset: u64) -> Result<u64, TransportError> {
        let [low, high] = self.read(bar, offset, 2)?;
        Ok(u64::from(low) | u64::from(high) << 32)
    }

    fn mmio_write32(&self, bar: u8, offset: u64, value: u32) -> Result<(), TransportError> {
        self.write(bar, offset, &[value])
    }

    fn mmio_write64(&self, bar: u8, offset: u64, value: u64) -> Result<(), TransportError> {
        self.write(bar, offset, &[value as u32, (value >> 32) as u32])
    }

    fn config_read32(&self, offset: u16) -> Result<u32, TransportError> {
        check_config_offset(offset)?;
        let sim = self.sim()?;
        Ok(sim.machine.config.read(offset, sim.machine.transactions_pending()))
    }

    fn set_bus_master(&self, on: bool) -> Result<(), TransportError> {
        let mut sim = self.sim()?;
        sim.machine.config.set_bus_master(on);
        sim.machine.configured();
        self.shared.wake.notify_one();
        Ok(())
    }

    fn map(
        &self,
        memory: &Arc<Memory>,
        range: Range<usize>,
        iova: u64,
        access: DmaAccess,
    ) -> Result<(), TransportError> {
        let len = range.len() as u64;
        let memory: Arc<Memory> = Arc::clone(memory);
        let mut sim = self.sim()?;
        sim.machine
            .root
            .iommu
            .map(memory, range, iova, access)
            .map_err(|reason| Self::map_error(iova, len, reason))
    }

    fn unmap(&self, iova: u64, len: u64) -> Result<(), TransportError> {
        // Also when the run is void: the memory must come back.
        let mut sim = self.shared.lock();
        sim.machine.root.iommu.unmap(iova, len).map_err(|reason| Self::map_error(iova, len, reason))
    }

    fn enable_interrupts(&self, count: u32) -> Result<Vec<OwnedFd>, TransportError> {
        let mut sim = self.sim()?;
        let vectors = (sim.machine.config.read(ferrolane_abi::pci::CAP_MSIX.into(), false) >> 16 & 0x7FF) + 1;
        if count == 0 || count > vectors {
            return Err(io(
                &format!("enabling {count} MSI-X vectors (the card has {vectors})"),
                std::io::Error::from(std::io::ErrorKind::InvalidInput),
            ));
        }
        let given = sim.events.enable(count).map_err(|source| io("creating event descriptors", source))?;
        for vector in 0..count {
            let entry = map::MSIX_TABLE_PAGE + 16 * u64::from(vector);
            let words = [MSI_ADDRESS as u32, (MSI_ADDRESS >> 32) as u32, FIRST_VECTOR + vector, 0];
            for (i, word) in words.into_iter().enumerate() {
                sim.write(map::BAR, entry + 4 * i as u64, &[word])?;
            }
        }
        // A read behind them tells that they are all in the table.
        sim.read(map::BAR, map::MSIX_TABLE_PAGE, 1)?;
        sim.machine.config.set_msix(true);
        sim.machine.configured();
        Ok(given)
    }

    fn disable_interrupts(&self) -> Result<(), TransportError> {
        let mut sim = self.sim()?;
        let count = sim.events.count();
        sim.machine.config.set_msix(false);
        sim.machine.configured();
        for vector in 0..count {
            let control = map::MSIX_TABLE_PAGE + 16 * u64::from(vector) + 12;
            sim.write(map::BAR, control, &[1])?;
        }
        sim.events.disable();
        Ok(())
    }

    fn reset(&self) -> Result<(), TransportError> {
        let mut sim = self.sim()?;
        if !sim.machine.config.link_up() {
            return Err(TransportError::DeviceLost(
                "the link is down, so the function cannot be reset".into(),
            ));
        }
        sim.machine.config.set_bus_master(false);
        sim.machine.config.start_flr();
        sim.machine.configured();
        let limit = self.options.clock_at(self.options.nanos(sim.machine.now()) + FLR_LIMIT_NS);
        while sim.machine.config.flr_requested() {
            if sim.machine.now() >= limit {
                return Err(TransportError::DeviceLost(
                    "function-level reset did not end within 100 ms".into(),
                ));
            }
            sim.clock()?;
        }
        // As the kernel restores what firmware had set.
        sim.machine.config.firmware();
        sim.machine.configured();
        sim.events.disable();
        Ok(())
    }

    fn now(&self) -> DeviceNanos {
        self.options.nanos(self.shared.lock().machine.now())
    }

    fn wait(&self, fds: &[BorrowedFd<'_>], deadline: DeviceNanos) -> Result<Woken, TransportError> {
        let until = self.options.clock_at(deadline);
        loop {
            let mut sim = self.sim()?;
            if let Some(index) = readable(fds).map_err(|source| io("polling event descriptors", source))? {
                return Ok(Woken::Ready(index));
            }
            if sim.machine.now() >= until {
                return Ok(Woken::Deadline);
            }
            let slice = until.min(sim.machine.now() + WAIT_SLICE);
            sim.fired = false;
            while sim.machine.now() < slice && !sim.fired {
                sim.clock()?;
            }
            drop(sim);
            self.shared.step_aside();
        }
    }

    fn relax(&self, n: u32) -> Result<(), TransportError> {
        let mut sim = self.sim()?;
        for _ in 0..n {
            sim.clock()?;
        }
        Ok(())
    }
}

fn facts(options: &Options) -> Facts {
    Facts {
        name: "sim".into(),
        link_generation: options.generation,
        link_lanes: options.lanes,
        max_payload: options.mps,
        max_read_request: options.mrrs,
        iova_ranges: iommu::ranges(options.iova),
        max_mappings: iommu::MAX_MAPPINGS,
        address_bits: 64,
        numa_node: None,
        iova_page_sizes: iommu::PAGE_SIZES,
    }
}

fn io(what: &str, source: impl Into<std::io::Error>) -> TransportError {
    TransportError::Io { what: what.into(), source: source.into() }
}
