//! [`VfioUserTransport`]: a card in another process as the driver sees it.

use std::ops::Range;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ferrolane::abi::map::{BAR, BAR0_BYTES};
use ferrolane::transport::{check_config_offset, check_memory_range};
use ferrolane::{config, DeviceNanos, DmaAccess, Facts, Memory, Transport, TransportError, Woken};
use rustix::event::{eventfd, poll, EventfdFlags, PollFd, PollFlags, Timespec};
use rustix::io::Errno;

use super::connection::{CallError, Connection};
use super::dma::Mappings;
use super::time::{monotonic, Time};
use crate::message::{
    u64_at, Command, DeviceInfo, DmaMap, DmaUnmap, IrqInfo, RegionAccess, RegionInfo, SetIrqs, CONFIG_REGION,
    DEVICE_PCI, DMA_READABLE, DMA_WRITABLE, IRQ_MSIX, SET_ACTION_TRIGGER, SET_DATA_EVENTFD, SET_DATA_NONE,
};
use crate::version::{self, Version};
use crate::{clock, Socket};

/// BARs of a function.
const BARS: u8 = 6;
/// Most mappings at a time, as the protocol says.
const MAX_MAPPINGS: u32 = 65_535;
/// Wall time between two looks at the device's clock while waiting, in nanoseconds.
const LOOK_NS: u64 = 2_000_000;
/// Wall time that a poll gives the server to run the clock.
const BREATH: Duration = Duration::from_micros(100);

/// A card that another process serves. It is this driver's until dropped; then the server resets it.
pub struct VfioUserTransport {
    facts: Facts,
    bars: [u64; BARS as usize],
    time: Time,
    version: Version,
    /// Configuration space is read, changed and written back.
    changing: Mutex<()>,
    /// Ends before the memory does that the server may still write.
    connection: Connection,
    mappings: Arc<Mappings>,
}

impl VfioUserTransport {
    /// Connects to a server on the socket at `path`.
    ///
    /// # Errors
    /// [`TransportError`]: there is no server, another client has it, or what it serves is no Ferrolane card.
    pub fn open(path: &Path) -> Result<VfioUserTransport, TransportError> {
        let name = format!("vfio-user:{}", path.display());
        let stream = UnixStream::connect(path).map_err(|error| {
            let text = format!("{name}: {error}; start `ferrolane serve --socket {}` first", path.display());
            match error.kind() {
                std::io::ErrorKind::PermissionDenied => {
                    TransportError::Permission(format!("{name}: {error}"))
                }
                _ => TransportError::NoDevice(text),
            }
        })?;
        let mappings = Arc::new(Mappings::default());
        let connection = Connection::new(Socket::new(stream), Arc::clone(&mappings))
            .map_err(|source| TransportError::Io { what: "starting the reader's thread".into(), source })?;
        let reply =
            connection.call(Command::Version, &[&version::payload()], &[]).map_err(|error| match error {
                CallError::Refused(Errno::BUSY) => TransportError::Permission(format!(
                    "{name} is in use by another client; a card is served to one at a time"
                )),
                error => error.explain(&format!("connecting to {name}")),
            })?;
        let version =
            version::parse(&reply).map_err(|reason| TransportError::NoDevice(format!("{name}: {reason}")))?;
        let facts = Facts {
            name,
            link_generation: 0,
            link_lanes: 0,
            max_payload: 128,
            max_read_request: 128,
            // What an IOMMU of an x86 machine offers: the window of interrupt messages is left out.
            iova_ranges: vec![0x10_0000..0xFEE0_0000, 1 << 32..1 << 39],
            max_mappings: MAX_MAPPINGS,
            address_bits: 64,
            numa_node: None,
            iova_page_sizes: 1 << 12 | 1 << 21 | 1 << 30,
        };
        let mut transport = VfioUserTransport {
            facts,
            bars: [0; BARS as usize],
            time: Time::Machine { origin: monotonic() },
            version,
            changing: Mutex::default(),
            connection,
            mappings,
        };
        transport.discover()?;
        Ok(transport)
    }

    fn discover(&mut self) -> Result<(), TransportError> {
        let asked = DeviceInfo { argsz: DeviceInfo::BYTES as u32, ..DeviceInfo::default() };
        let reply = self.call(Command::GetInfo, &asked.to_bytes(), "asking what is served")?;
        let info = DeviceInfo::parse(&reply).ok_or_else(|| self.nonsense("GET_INFO"))?;
        if info.flags & DEVICE_PCI == 0 || info.regions <= CONFIG_REGION || info.irqs <= IRQ_MSIX {
            return Err(TransportError::NoDevice(format!("{} is no PCI function", self.facts.name)));
        }
        for bar in 0..BARS {
            self.bars[usize::from(bar)] = self.region_len(bar.into())?;
        }
        let found = self.bars[usize::from(BAR)];
        if found < BAR0_BYTES {
            return Err(TransportError::NoDevice(format!(
                "BAR{BAR} of {} has {found} bytes instead of {BAR0_BYTES}, so it is no Ferrolane card",
                self.facts.name
            )));
        }
        let link = config::link_facts(|offset| self.config_read32(offset))?;
        (self.facts.link_generation, self.facts.link_lanes) = (link.generation, link.lanes);
        (self.facts.max_payload, self.facts.max_read_request) = (link.max_payload, link.max_read_request);
        self.update_command(config::MEMORY_SPACE, 0)?;
        if info.regions > clock::REGION
            && self.region_len(clock::REGION)? >= clock::BYTES
            && self.clock_read(clock::MAGIC)? == clock::MAGIC_VALUE
        {
            self.time = Time::Device;
        }
        Ok(())
    }

    fn region_len(&self, index: u32) -> Result<u64, TransportError> {
        let asked = RegionInfo { argsz: RegionInfo::BYTES as u32, index, ..RegionInfo::default() };
        let reply = self.call(Command::GetRegionInfo, &asked.to_bytes(), "asking for a region")?;
        Ok(RegionInfo::parse(&reply).ok_or_else(|| self.nonsense("GET_REGION_INFO"))?.len)
    }

    fn nonsense(&self, what: &str) -> TransportError {
        TransportError::DeviceLost(format!("{}: the reply to {what} is too short", self.facts.name))
    }

    fn call(&self, command: Command, payload: &[u8], what: &str) -> Result<Vec<u8>, TransportError> {
        self.connection.call(command, &[payload], &[]).map_err(|error| error.explain(what))
    }

    fn read(&self, region: u32, offset: u64, into: &mut [u8]) -> Result<(), TransportError> {
        let access = RegionAccess { offset, region, count: into.len() as u32 };
        let reply = self.call(Command::RegionRead, &access.to_bytes(), "reading a register")?;
        let data = reply.get(RegionAccess::BYTES..).filter(|data| data.len() == into.len());
        into.copy_from_slice(data.ok_or_else(|| self.nonsense("REGION_READ"))?);
        Ok(())
    }

    fn write(&self, region: u32, offset: u64, data: &[u8]) -> Result<(), TransportError> {
        // Stores before this are seen by the server behind it: sending is a call of the kernel, which both take part in.
        std::sync::atomic::fence(std::sync::atomic::Ordering::SeqCst);
        let access = RegionAccess { offset, region, count: data.len() as u32 }.to_bytes();
        let result = self.connection.call(Command::RegionWrite, &[&access, data], &[]);
        result.map_err(|error| error.explain("writing a register"))?;
        Ok(())
    }

    fn check(&self, bar: u8, offset: u64, bytes: u64) -> Result<u32, TransportError> {
        let limit = self.bars.get(usize::from(bar)).copied().unwrap_or(0);
        if limit == 0 {
            return Err(TransportError::BadOffset {
                what: "BAR (the card has none of this number)",
                offset,
                limit,
            });
        }
        if !offset.is_multiple_of(bytes) || offset.saturating_add(bytes) > limit {
            return Err(TransportError::BadOffset { what: "BAR access", offset, limit });
        }
        Ok(bar.into())
    }

    fn update_command(&self, set: u16, clear: u16) -> Result<(), TransportError> {
        let _one = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        let read = || {
            let mut bytes = [0; 2];
            self.read(CONFIG_REGION, config::COMMAND, &mut bytes)?;
            Ok(u16::from_le_bytes(bytes))
        };
        let write = |value: u16| self.write(CONFIG_REGION, config::COMMAND, &value.to_le_bytes());
        config::change_command(read, write, set, clear)
    }

    fn clock_read(&self, register: u64) -> Result<u64, TransportError> {
        let mut bytes = [0; 8];
        self.read(clock::REGION, register, &mut bytes)?;
        Ok(u64::from_le_bytes(bytes))
    }

    fn clock_write(&self, register: u64, value: u64) -> Result<(), TransportError> {
        self.write(clock::REGION, register, &value.to_le_bytes())
    }

    /// Clocks of a simulated device since power-up; nothing if it has no clock to ask.
    ///
    /// # Errors
    /// [`TransportError::DeviceLost`].
    pub fn clocks(&self) -> Result<Option<u64>, TransportError> {
        match self.time {
            Time::Device => self.clock_read(clock::CLOCKS).map(Some),
            Time::Machine { .. } => Ok(None),
        }
    }

    fn set_irqs(
        &self,
        flags: u32,
        start: u32,
        count: u32,
        fds: &[BorrowedFd<'_>],
    ) -> Result<(), TransportError> {
        let argsz = SetIrqs::BYTES as u32;
        let request = SetIrqs { argsz, flags: flags | SET_ACTION_TRIGGER, index: IRQ_MSIX, start, count };
        let result = self.connection.call(Command::SetIrqs, &[&request.to_bytes()], fds);
        result.map_err(|error| error.explain("connecting interrupts"))?;
        Ok(())
    }

    fn time(&self) -> Result<DeviceNanos, TransportError> {
        match self.time {
            Time::Device => self.clock_read(clock::NANOS),
            Time::Machine { origin } => Ok(monotonic().saturating_sub(origin)),
        }
    }
}

fn map_error(iova: u64, len: u64, error: CallError) -> TransportError {
    match error {
        CallError::Refused(errno) => TransportError::Map {
            iova,
            len,
            reason: format!("the server refuses it (its standard error says why): {errno}"),
        },
        lost => lost.explain("mapping memory"),
    }
}

impl Transport for VfioUserTransport {
    fn facts(&self) -> &Facts {
        &self.facts
    }

    fn mmio_read32(&self, bar: u8, offset: u64) -> Result<u32, TransportError> {
        let mut bytes = [0; 4];
        self.read(self.check(bar, offset, 4)?, offset, &mut bytes)?;
        Ok(u32::from_le_bytes(bytes))
    }

    fn mmio_read64(&self, bar: u8, offset: u64) -> Result<u64, TransportError> {
        let mut bytes = [0; 8];
        self.read(self.check(bar, offset, 8)?, offset, &mut bytes)?;
        Ok(u64_at(&bytes, 0).unwrap_or(u64::MAX))
    }

    fn mmio_write32(&self, bar: u8, offset: u64, value: u32) -> Result<(), TransportError> {
        self.write(self.check(bar, offset, 4)?, offset, &value.to_le_bytes())
    }

    fn mmio_write64(&self, bar: u8, offset: u64, value: u64) -> Result<(), TransportError> {
        self.write(self.check(bar, offset, 8)?, offset, &value.to_le_bytes())
    }

    fn config_read32(&self, offset: u16) -> Result<u32, TransportError> {
        check_config_offset(offset)?;
        let mut bytes = [0; 4];
        self.read(CONFIG_REGION, offset.into(), &mut bytes)?;
        Ok(u32::from_le_bytes(bytes))
    }

    fn set_bus_master(&self, on: bool) -> Result<(), TransportError> {
        match on {
            true => self.update_command(config::BUS_MASTER, 0),
            false => self.update_command(0, config::BUS_MASTER),
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
        if self.mappings.len(iova).is_some() {
            let reason = "a mapping is there already".into();
            return Err(TransportError::Map { iova, len, reason });
        }
        let flags = match access {
            DmaAccess::DeviceReads => DMA_READABLE,
            DmaAccess::DeviceWrites => DMA_WRITABLE,
            DmaAccess::Both => DMA_READABLE | DMA_WRITABLE,
        };
        let argsz = DmaMap::BYTES as u32;
        let request = DmaMap { argsz, flags, offset: range.start as u64, iova, len };
        let file: Vec<BorrowedFd<'_>> = memory.file().into_iter().collect();
        // Once the server knows it, it may be asked for at once.
        self.mappings.add(iova, memory, range, access);
        let result = self.connection.call(Command::DmaMap, &[&request.to_bytes()], &file);
        result.map_err(|error| {
            self.mappings.remove(iova);
            map_error(iova, len, error)
        })?;
        Ok(())
    }

    fn unmap(&self, iova: u64, len: u64) -> Result<(), TransportError> {
        if self.mappings.len(iova) != Some(len) {
            let reason = "there is no such mapping to take back".into();
            return Err(TransportError::Map { iova, len, reason });
        }
        let request = DmaUnmap { argsz: DmaUnmap::BYTES as u32, flags: 0, iova, len };
        let result = self.connection.call(Command::DmaUnmap, &[&request.to_bytes()], &[]);
        match result {
            // A server that is gone reaches nothing any more: the memory must come back.
            Ok(_) | Err(CallError::Lost(_)) => self.mappings.remove(iova),
            Err(error) => return Err(map_error(iova, len, error)),
        }
        Ok(())
    }

    fn enable_interrupts(&self, count: u32) -> Result<Vec<OwnedFd>, TransportError> {
        let asked = IrqInfo { argsz: IrqInfo::BYTES as u32, index: IRQ_MSIX, ..IrqInfo::default() };
        let reply = self.call(Command::GetIrqInfo, &asked.to_bytes(), "asking for interrupts")?;
        let limit = IrqInfo::parse(&reply).ok_or_else(|| self.nonsense("GET_IRQ_INFO"))?.count;
        let failed = |what: String| move |source: std::io::Error| TransportError::Io { what, source };
        if count == 0 || count > limit {
            let what = format!("enabling {count} MSI-X vectors (the card has {limit})");
            return Err(failed(what)(std::io::ErrorKind::InvalidInput.into()));
        }
        let events = (0..count)
            .map(|_| eventfd(0, EventfdFlags::NONBLOCK | EventfdFlags::CLOEXEC))
            .collect::<Result<Vec<_>, _>>()
            .map_err(|e| failed("making event file descriptors (raise `ulimit -n`)".into())(e.into()))?;
        self.disable_interrupts()?;
        let fds: Vec<BorrowedFd<'_>> = events.iter().map(AsFd::as_fd).collect();
        let mut start = 0;
        for some in fds.chunks(self.version.max_fds) {
            self.set_irqs(SET_DATA_EVENTFD, start, some.len() as u32, some)?;
            start += some.len() as u32;
        }
        Ok(events)
    }

    fn disable_interrupts(&self) -> Result<(), TransportError> {
        self.set_irqs(SET_DATA_NONE, 0, 0, &[])
    }

    /// The server restores configuration space after the reset, as a kernel does, so bus mastering is turned off behind
    /// it.
    fn reset(&self) -> Result<(), TransportError> {
        self.call(Command::Reset, &[], "resetting the function")?;
        self.set_bus_master(false)
    }

    fn now(&self) -> DeviceNanos {
        // Time is over for a card that is gone: whoever waits must see the end of it.
        self.time().unwrap_or(u64::MAX)
    }

    fn wait(&self, fds: &[BorrowedFd<'_>], deadline: DeviceNanos) -> Result<Woken, TransportError> {
        if self.time == Time::Device {
            // The clock stands while there is nothing to do, and a deadline must come all the same.
            self.clock_write(clock::RUN_UNTIL, deadline)?;
        }
        let woken = self.wait_running(fds, deadline);
        if self.time == Time::Device {
            self.clock_write(clock::RUN_UNTIL, 0)?;
        }
        woken
    }

    fn relax(&self, n: u32) -> Result<(), TransportError> {
        match self.time {
            Time::Device => {
                self.clock_write(clock::RUN_CLOCKS, n.into())?;
                // Whoever asks without a pause keeps the clock from running.
                std::thread::sleep(BREATH);
                Ok(())
            }
            Time::Machine { .. } => {
                std::thread::yield_now();
                Ok(())
            }
        }
    }
}

impl VfioUserTransport {
    fn wait_running(&self, fds: &[BorrowedFd<'_>], deadline: DeviceNanos) -> Result<Woken, TransportError> {
        loop {
            let left = deadline.saturating_sub(self.time()?);
            let nanos = match self.time {
                _ if left == 0 => 0,
                Time::Device => LOOK_NS,
                Time::Machine { .. } => left,
            };
            let timeout =
                Timespec { tv_sec: (nanos / 1_000_000_000) as i64, tv_nsec: (nanos % 1_000_000_000) as i64 };
            let mut polled: Vec<PollFd<'_>> =
                fds.iter().map(|fd| PollFd::from_borrowed_fd(*fd, PollFlags::IN)).collect();
            match poll(&mut polled, Some(&timeout)) {
                Err(Errno::INTR) => continue,
                Err(error) => {
                    let what = "waiting for an interrupt".into();
                    return Err(TransportError::Io { what, source: error.into() });
                }
                Ok(_) => {}
            }
            if let Some(ready) = polled.iter().position(|fd| !fd.revents().is_empty()) {
                return Ok(Woken::Ready(ready));
            }
            if left == 0 {
                return Ok(Woken::Deadline);
            }
        }
    }
}
