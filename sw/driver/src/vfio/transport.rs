//! A card opened through VFIO, by the `pci-driver` crate.
//!
//! `pci-driver` opens group and container, maps BARs and memory, and sets interrupts and resets. Not used of it are its
//! memory regions and their fields, which don't check for overflow and OR into old values: registers are accessed by
//! own bounds-checked volatile accesses, COMMAND by reading and writing its 16 bits. What is left: it never frees two
//! heap blocks of less than a KiB, one for each open and one each time interrupts are enabled.

use std::collections::BTreeMap;
use std::io;
use std::ops::Range;
use std::os::fd::{AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::sync::{Arc, Mutex, PoisonError};

use ferrolane_abi::map::{BAR, BAR0_BYTES, USER_BAR};
use pci_driver::backends::vfio::VfioPciDevice;
use pci_driver::device::PciDevice;
use pci_driver::regions::{AsPciSubregion, MappedOwningPciRegion, PciRegion, Permissions};
use rustix::event::{eventfd, poll, EventfdFlags, PollFd, PollFlags, Timespec};
use rustix::time::{clock_gettime, ClockId};

use super::bar::Bar;
use super::host::Host;
use super::{doctor, holders, mapping, opening, PciAddress};
use crate::config;
use crate::memory::Memory;
use crate::transport::{check_config_offset, check_memory_range};
use crate::transport::{DeviceNanos, DmaAccess, Facts, Transport, TransportError, Woken};

const NANOS: u64 = 1_000_000_000;

/// A card opened through VFIO. It belongs to this process until dropped.
pub struct VfioTransport {
    facts: Facts,
    bar: Bar<MappedOwningPciRegion>,
    /// The card's own registers, if it has any.
    user_bar: Option<Bar<MappedOwningPciRegion>>,
    device: VfioPciDevice,
    state: Mutex<State>,
    origin: u64,
}

#[derive(Default)]
struct State {
    /// What is mapped. It stands behind `device`, so memory is freed only after the container is closed.
    mapped: BTreeMap<u64, (u64, Arc<Memory>)>,
    interrupts: bool,
}

fn failed(what: impl Into<String>) -> impl FnOnce(io::Error) -> TransportError {
    let what = what.into();
    move |source| TransportError::Io { what, source }
}

fn monotonic() -> u64 {
    let time = clock_gettime(ClockId::Monotonic);
    (time.tv_sec as u64).saturating_mul(NANOS).saturating_add(time.tv_nsec as u64)
}

impl VfioTransport {
    /// Opens the device at a PCI address such as `0000:03:00.0`, which must be bound to `vfio-pci`.
    pub fn open(address: &str) -> Result<VfioTransport, TransportError> {
        Self::open_at(address.parse()?)
    }

    /// The same by an address that was parsed.
    pub fn open_at(address: PciAddress) -> Result<VfioTransport, TransportError> {
        let host = Host::default();
        let function = doctor::obstacle(&host, address)?;
        let device = VfioPciDevice::open(&function.path).map_err(|source| {
            let holders = holders::holders(&host, &function.nodes());
            opening::open_error(address, &holders::in_words(&holders), source)
        })?;
        let region = device.bar(BAR.into()).ok_or_else(|| {
            TransportError::NoDevice(format!("{address} has no BAR{BAR}, so it is no Ferrolane card"))
        })?;
        if region.len() < BAR0_BYTES || !region.is_mappable() {
            return Err(TransportError::NoDevice(format!(
                "BAR{BAR} of {address} has {} bytes instead of {BAR0_BYTES} or can't be mapped, so it is no \
                 Ferrolane card",
                region.len()
            )));
        }
        let config = |offset: u16| config_read(&device, offset);
        let link = config::link_facts(config)?;
        let iommu = device.iommu();
        let facts = Facts {
            name: address.to_string(),
            link_generation: link.generation,
            link_lanes: link.lanes,
            max_payload: link.max_payload,
            max_read_request: link.max_read_request,
            // The kernel gives the last address of a range; the crate hands it on as the one behind it.
            iova_ranges: iommu.valid_iova_ranges().iter().map(|r| r.start..r.end.saturating_add(1)).collect(),
            max_mappings: iommu.max_num_mappings(),
            address_bits: 64,
            numa_node: function.numa_node(),
            // The crate tells the smallest page only.
            iova_page_sizes: iommu.alignment() as u64,
        };
        update_command(&device, config::MEMORY_SPACE, 0)?;
        let window = region
            .map(0..BAR0_BYTES, Permissions::ReadWrite)
            .map_err(|error| opening::bar_error(BAR, error))?;
        let user_bar = match device.bar(USER_BAR.into()) {
            Some(region) if region.is_mappable() && region.len() > 0 => {
                let window = region.map(0..region.len(), Permissions::ReadWrite);
                Some(Bar::new(window.map_err(|error| opening::bar_error(USER_BAR, error))?))
            }
            _ => None,
        };
        Ok(VfioTransport {
            facts,
            bar: Bar::new(window),
            user_bar,
            device,
            state: Mutex::new(State::default()),
            origin: monotonic(),
        })
    }

    fn bar(&self, bar: u8) -> Result<&Bar<MappedOwningPciRegion>, TransportError> {
        match bar {
            BAR => Ok(&self.bar),
            USER_BAR => self.user_bar.as_ref().ok_or(TransportError::BadOffset {
                what: "BAR number (the card has no mappable BAR2)",
                offset: bar.into(),
                limit: 1,
            }),
            other => Err(TransportError::BadOffset { what: "BAR number", offset: other.into(), limit: 3 }),
        }
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn config_read(device: &VfioPciDevice, offset: u16) -> Result<u32, TransportError> {
    check_config_offset(offset)?;
    let config = device.config();
    let value = config.as_subregion().read_le_u32(offset.into());
    value.map_err(failed(format!("reading configuration space at {offset:#x}")))
}

fn update_command(device: &VfioPciDevice, set: u16, clear: u16) -> Result<(), TransportError> {
    let config = device.config();
    let region = config.as_subregion();
    let read = || region.read_le_u16(config::COMMAND).map_err(failed("reading COMMAND"));
    let write = |value| region.write_le_u16(config::COMMAND, value).map_err(failed("writing COMMAND"));
    config::change_command(read, write, set, clear)
}

impl Transport for VfioTransport {
    fn facts(&self) -> &Facts {
        &self.facts
    }

    fn mmio_read32(&self, bar: u8, offset: u64) -> Result<u32, TransportError> {
        self.bar(bar)?.read32(offset)
    }

    fn mmio_read64(&self, bar: u8, offset: u64) -> Result<u64, TransportError> {
        self.bar(bar)?.read64(offset)
    }

    fn mmio_write32(&self, bar: u8, offset: u64, value: u32) -> Result<(), TransportError> {
        self.bar(bar)?.write32(offset, value)
    }

    fn mmio_write64(&self, bar: u8, offset: u64, value: u64) -> Result<(), TransportError> {
        self.bar(bar)?.write64(offset, value)
    }

    fn config_read32(&self, offset: u16) -> Result<u32, TransportError> {
        config_read(&self.device, offset)
    }

    fn set_bus_master(&self, on: bool) -> Result<(), TransportError> {
        // Read-modify-write: one at a time.
        let _state = self.state();
        match on {
            true => update_command(&self.device, config::BUS_MASTER, 0),
            false => update_command(&self.device, 0, config::BUS_MASTER),
        }
    }

    fn map(
        &self,
        memory: &Arc<Memory>,
        range: Range<usize>,
        iova: u64,
        access: DmaAccess,
    ) -> Result<(), TransportError> {
        let len = range.len() as u64;
        check_memory_range(memory, &range)?;
        let permissions = match access {
            DmaAccess::DeviceReads => Permissions::Read,
            DmaAccess::DeviceWrites => Permissions::Write,
            DmaAccess::Both => Permissions::ReadWrite,
        };
        mapping::check(iova, len, self.facts.iova_page_sizes)?;
        let mut state = self.state();
        let address = memory.as_ptr().wrapping_add(range.start);
        // SAFETY: the range lies in the mapping that `memory` owns, as was checked, and `state.mapped` keeps it until
        // it is unmapped or the container is closed. The device may write it at any time: `Memory` gives access to it
        // through atomics only.
        unsafe { self.device.iommu().map(iova, range.len(), address, permissions) }
            .map_err(|error| mapping::map_error(iova, len, self.facts.max_mappings, &error))?;
        state.mapped.insert(iova, (len, Arc::clone(memory)));
        Ok(())
    }

    fn unmap(&self, iova: u64, len: u64) -> Result<(), TransportError> {
        let mut state = self.state();
        if state.mapped.get(&iova).map(|m| m.0) != Some(len) {
            return Err(TransportError::Map {
                iova,
                len,
                reason: "there is no such mapping to take back".into(),
            });
        }
        self.device.iommu().unmap(iova, len as usize).map_err(|error| TransportError::Map {
            iova,
            len,
            reason: format!("unmapping: {error}"),
        })?;
        state.mapped.remove(&iova);
        Ok(())
    }

    fn enable_interrupts(&self, count: u32) -> Result<Vec<OwnedFd>, TransportError> {
        let mut state = self.state();
        let interrupts = self.device.interrupts();
        let msi_x = interrupts.msi_x();
        let limit = msi_x.max();
        if count == 0 || count as usize > limit {
            let what = format!("enabling {count} MSI-X vectors (the card has {limit})");
            return Err(failed(what)(io::ErrorKind::InvalidInput.into()));
        }
        if state.interrupts {
            msi_x.disable().map_err(failed("disabling MSI-X"))?;
            state.interrupts = false;
        }
        let events = (0..count)
            .map(|_| eventfd(0, EventfdFlags::NONBLOCK | EventfdFlags::CLOEXEC))
            .collect::<Result<Vec<_>, _>>()
            .map_err(|e| failed("making event file descriptors (raise `ulimit -n`)")(e.into()))?;
        let raw: Vec<RawFd> = events.iter().map(AsRawFd::as_raw_fd).collect();
        msi_x.enable(&raw).map_err(failed(format!("enabling {count} MSI-X vectors")))?;
        // With too few vectors left the kernel answers how many there are and enables none. The crate takes any answer
        // but an error for success, so the card is asked.
        if !config::msix_enabled(|offset| config_read(&self.device, offset))? {
            return Err(failed(format!(
                "enabling {count} MSI-X vectors: the kernel has fewer left; close other devices, or load a bitstream \
                 with fewer"
            ))(io::ErrorKind::OutOfMemory.into()));
        }
        state.interrupts = true;
        Ok(events)
    }

    fn disable_interrupts(&self) -> Result<(), TransportError> {
        let mut state = self.state();
        if state.interrupts {
            self.device.interrupts().msi_x().disable().map_err(failed("disabling MSI-X"))?;
            state.interrupts = false;
        }
        Ok(())
    }

    /// The kernel restores configuration space after the reset, so bus mastering is turned off behind it.
    fn reset(&self) -> Result<(), TransportError> {
        self.device.reset().map_err(|error| opening::reset_error(&self.facts.name, error))?;
        self.set_bus_master(false)
    }

    fn now(&self) -> DeviceNanos {
        monotonic().saturating_sub(self.origin)
    }

    fn wait(&self, fds: &[BorrowedFd<'_>], deadline: DeviceNanos) -> Result<Woken, TransportError> {
        loop {
            let left = deadline.saturating_sub(self.now());
            let timeout = Timespec { tv_sec: (left / NANOS) as i64, tv_nsec: (left % NANOS) as i64 };
            let mut polled: Vec<PollFd<'_>> =
                fds.iter().map(|fd| PollFd::from_borrowed_fd(*fd, PollFlags::IN)).collect();
            match poll(&mut polled, Some(&timeout)) {
                Err(rustix::io::Errno::INTR) => continue,
                Err(error) => return Err(failed("waiting for an interrupt")(error.into())),
                Ok(_) => {}
            }
            if let Some(ready) = polled.iter().position(|fd| !fd.revents().is_empty()) {
                return Ok(Woken::Ready(ready));
            }
            if self.now() >= deadline {
                return Ok(Woken::Deadline);
            }
        }
    }

    fn relax(&self, n: u32) -> Result<(), TransportError> {
        for _ in 0..n {
            std::hint::spin_loop();
        }
        Ok(())
    }
}
