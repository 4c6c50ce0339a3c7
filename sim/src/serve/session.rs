//! One client: its messages, in order.

use std::os::fd::OwnedFd;
use std::sync::Arc;

use ferrolane::transport::DmaAccess;
use ferrolane_vfio_user::message::{
    Command, DeviceInfo, DmaMap, DmaUnmap, Header, IrqInfo, RegionAccess, RegionInfo, SetIrqs, DEVICE_PCI,
    DEVICE_RESET, DMA_READABLE, DMA_WRITABLE, IRQ_EVENTFD, IRQ_MASKABLE, IRQ_MSIX, PCI_IRQS, UNMAP_ALL,
    UNMAP_DIRTY,
};
use ferrolane_vfio_user::version::DmaData;
use ferrolane_vfio_user::{clock, version, Message, Socket};
use rustix::io::Errno;

use super::card::Card;
use super::mapped::Files;
use super::messages::{MessageMemory, Messages};
use super::notice::Notice;
use super::Dma;
use crate::host_memory::HostMemory;
use crate::iommu::Fault;

/// A request that is refused: the errno for the client, the reason for the user.
type Refusal = (Errno, String);

/// A client that is connected.
pub struct Session<'a> {
    card: &'a mut Card,
    socket: Arc<Socket>,
    dma: Dma,
    notify: &'a (dyn Fn(Notice) + Send + Sync),
    files: Files,
    /// There once versions were exchanged.
    messages: Option<Arc<Messages>>,
}

impl<'a> Session<'a> {
    /// A client that has just connected.
    pub fn new(
        card: &'a mut Card,
        socket: Arc<Socket>,
        dma: Dma,
        notify: &'a (dyn Fn(Notice) + Send + Sync),
    ) -> Self {
        Session { card, socket, dma, notify, files: Files::default(), messages: None }
    }

    /// Serves it until it is gone, or makes no sense.
    ///
    /// # Errors
    /// Why it was cut off.
    pub fn run(&mut self) -> std::io::Result<()> {
        let result = self.serve();
        if let Some(messages) = self.messages.take() {
            messages.end();
        }
        // Others may hold the socket; the client must not wait for them.
        self.socket.shut_down();
        result
    }

    fn serve(&mut self) -> std::io::Result<()> {
        while let Some(message) = self.socket.receive()? {
            let header = message.header;
            if header.is_reply() {
                self.reply(&message);
                continue;
            }
            match self.request(message) {
                Ok(_) if header.wants_none() => {}
                Ok(payload) => self.socket.send(header.reply(payload.len()), &[&payload], &[])?,
                Err((errno, reason)) => {
                    (self.notify)(Notice::Refused(reason));
                    if !header.wants_none() {
                        self.socket.send(header.refusal(errno.raw_os_error()), &[], &[])?;
                    }
                }
            }
        }
        Ok(())
    }

    /// A reply to a DMA message of the card.
    fn reply(&mut self, message: &Message) {
        let outcome = self.messages.as_ref().and_then(|m| m.reply(message.header, &message.payload));
        let Some(outcome) = outcome else {
            return (self.notify)(Notice::Refused(format!("reply {} to nothing", message.header.id)));
        };
        let mut sim = self.card.sim();
        if let Some((iova, len)) = outcome.refused {
            let clock = sim.machine.now();
            sim.machine.root.iommu.fault(Fault { clock, iova, len, write: true });
        }
        for vector in outcome.interrupts {
            sim.events.fire(vector);
        }
        drop(sim);
        self.card.wake();
    }

    fn request(&mut self, message: Message) -> Result<Vec<u8>, Refusal> {
        let Message { header, payload, fds } = message;
        let command = Command::from_number(header.command)
            .ok_or_else(|| (Errno::NOTSUP, format!("unknown command {}", header.command)))?;
        if (self.messages.is_none()) != (command == Command::Version) {
            let text = format!("{command:?} out of order: versions are exchanged once, and first");
            return Err((Errno::INVAL, text));
        }
        let short = || (Errno::INVAL, format!("{command:?} with a payload of {} bytes", payload.len()));
        match command {
            Command::Version => self.version(&payload),
            Command::GetInfo => {
                let argsz = DeviceInfo::BYTES as u32;
                let flags = DEVICE_RESET | DEVICE_PCI;
                let info = DeviceInfo { argsz, flags, regions: clock::REGION + 1, irqs: PCI_IRQS };
                Ok(info.to_bytes().into())
            }
            Command::GetRegionInfo => {
                let asked = RegionInfo::parse(&payload).ok_or_else(short)?;
                if asked.index > clock::REGION {
                    return Err((Errno::INVAL, format!("region {} does not exist", asked.index)));
                }
                Ok(self.card.region(asked.index).to_bytes().into())
            }
            Command::GetIrqInfo => {
                let asked = IrqInfo::parse(&payload).ok_or_else(short)?;
                let (flags, count) = match asked.index {
                    IRQ_MSIX => (IRQ_EVENTFD | IRQ_MASKABLE, self.card.vectors()),
                    0..PCI_IRQS => (0, 0),
                    index => return Err((Errno::INVAL, format!("interrupts of kind {index} don't exist"))),
                };
                let argsz = IrqInfo::BYTES as u32;
                Ok(IrqInfo { argsz, flags, index: asked.index, count }.to_bytes().into())
            }
            Command::SetIrqs => {
                let request = SetIrqs::parse(&payload).ok_or_else(short)?;
                let data = &payload[SetIrqs::BYTES..];
                self.card.set_irqs(&request, data, fds).map_err(|reason| (Errno::INVAL, reason))?;
                Ok(Vec::new())
            }
            Command::RegionRead => {
                let access = RegionAccess::parse(&payload).ok_or_else(short)?;
                self.read(&access)
            }
            Command::RegionWrite => {
                let access = RegionAccess::parse(&payload).ok_or_else(short)?;
                let data = &payload[RegionAccess::BYTES..];
                if data.len() != access.count as usize {
                    return Err(short());
                }
                let done = self.card.write(access.region, access.offset, data);
                done.map_err(|reason| (Errno::INVAL, reason))?;
                Ok(access.to_bytes().into())
            }
            Command::DmaMap => {
                let request = DmaMap::parse(&payload).ok_or_else(short)?;
                self.map(&request, fds)?;
                Ok(Vec::new())
            }
            Command::DmaUnmap => {
                let request = DmaUnmap::parse(&payload).ok_or_else(short)?;
                self.unmap(&request)
            }
            Command::Reset => {
                self.card.reset().map_err(|reason| (Errno::IO, reason))?;
                Ok(Vec::new())
            }
            Command::DmaRead | Command::DmaWrite => {
                Err((Errno::INVAL, format!("{command:?} is for the device to ask")))
            }
        }
    }

    fn version(&mut self, payload: &[u8]) -> Result<Vec<u8>, Refusal> {
        version::parse(payload).map_err(|reason| (Errno::INVAL, reason))?;
        let messages = Arc::new(Messages::new(Arc::clone(&self.socket), DmaData::default()));
        let mut sim = self.card.sim();
        sim.messages = Some(Arc::clone(&messages));
        if self.dma == Dma::Messages {
            let everything = MessageMemory::new(Arc::clone(&messages), 0, u64::MAX);
            sim.machine.root.iommu.pass_through(Arc::new(everything));
        }
        drop(sim);
        self.messages = Some(messages);
        Ok(version::payload())
    }

    fn read(&mut self, access: &RegionAccess) -> Result<Vec<u8>, Refusal> {
        // A length that is out of the question is refused before there is memory for it.
        let count = access.count.min(self.card.region(access.region).len as u32 + 1);
        let mut reply = vec![0; RegionAccess::BYTES + count as usize];
        reply[..RegionAccess::BYTES].copy_from_slice(&access.to_bytes());
        let read = self.card.read(access.region, access.offset, &mut reply[RegionAccess::BYTES..]);
        read.map_err(|reason| (Errno::INVAL, reason))?;
        Ok(reply)
    }

    fn map(&mut self, request: &DmaMap, mut fds: Vec<OwnedFd>) -> Result<(), Refusal> {
        let DmaMap { iova, len, offset, flags, .. } = *request;
        let refused = |reason| {
            (Errno::INVAL, format!("mapping {len:#x} bytes at IOVA {iova:#x} (offset {offset:#x}): {reason}"))
        };
        let access = match (flags & DMA_READABLE != 0, flags & DMA_WRITABLE != 0) {
            (true, true) => DmaAccess::Both,
            (true, false) => DmaAccess::DeviceReads,
            (false, true) => DmaAccess::DeviceWrites,
            (false, false) => return Err(refused("neither readable nor writable".into())),
        };
        let end = offset.checked_add(len).ok_or_else(|| refused("the range wraps".into()))?;
        let (memory, range): (Arc<dyn HostMemory>, _) = match (self.dma, fds.pop(), &self.messages) {
            (Dma::Mapped, Some(fd), _) => {
                let memory = self.files.open(fd, access != DmaAccess::DeviceReads, end).map_err(refused)?;
                (memory, offset as usize..end as usize)
            }
            (_, _, Some(messages)) => {
                let memory = MessageMemory::new(Arc::clone(messages), iova, len);
                (Arc::new(memory), 0..len as usize)
            }
            (_, _, None) => return Err(refused("no version was exchanged".into())),
        };
        let mut sim = self.card.sim();
        sim.machine.root.iommu.map(memory, range, iova, access).map_err(refused)
    }

    fn unmap(&mut self, request: &DmaUnmap) -> Result<Vec<u8>, Refusal> {
        let DmaUnmap { iova, len, flags, .. } = *request;
        if flags & UNMAP_DIRTY != 0 {
            return Err((Errno::NOTSUP, "DMA_UNMAP with a report of dirty pages".into()));
        }
        let range = match (flags & UNMAP_ALL != 0, iova.checked_add(len)) {
            (true, _) => 0..u64::MAX,
            (false, Some(end)) => iova..end,
            // To the end of all addresses: the last byte is never mapped.
            (false, None) if iova.wrapping_add(len) == 0 => iova..u64::MAX,
            (false, None) => return Err((Errno::INVAL, format!("unmapping {len:#x} bytes at {iova:#x}"))),
        };
        let unmapped = self.card.sim().machine.root.iommu.unmap_within(range).map_err(|reason| {
            (Errno::INVAL, format!("unmapping {len:#x} bytes at IOVA {iova:#x}: {reason}"))
        })?;
        Ok(DmaUnmap { len: unmapped, ..*request }.to_bytes().into())
    }
}

/// Tells a client that it can't be served now: the reply to whatever it asks first.
pub fn turn_away(socket: &Socket, first: Header) {
    // It may be gone already, which is as well.
    let _ = socket.send(first.refusal(Errno::BUSY.raw_os_error()), &[], &[]);
    socket.shut_down();
}
