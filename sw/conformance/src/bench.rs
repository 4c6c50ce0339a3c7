//! A queue pair in direct mode, driven by register writes.

use std::ops::Range;
use std::sync::Arc;

use ferrolane::{DmaAccess, Memory, Transport, TransportError};
use ferrolane_abi::completion::BYTES as RECORD;
use ferrolane_abi::descriptor::{EOP, IRQ, SOP};
use ferrolane_abi::map::{queue_regs, Direction, BAR};
use ferrolane_abi::regs::queue as regs;
use ferrolane_abi::table::Register;

/// log2 of the entries of a completion ring: more than an operation's transfers.
const ENTRIES_LOG2: u32 = 6;
/// Looks at what is awaited, until it counts as not coming. A look passes some hundred clocks.
const LOOKS: u32 = 200_000;
/// Looks at what must not come.
const FEW: u32 = 300;
/// What `relax` is asked for at each look.
const SPIN: u32 = 64;
/// Bytes of the memory of one direction.
const DATA: usize = 16 << 10;

/// IOVAs are the bench's own choice: the last of the ranges on offer has room.
struct Places {
    records: u64,
    out: u64,
    back: u64,
    /// Nothing is ever mapped here.
    hole: u64,
}

/// The bench.
pub struct Bench {
    transport: Arc<dyn Transport>,
    places: Places,
    records: Arc<Memory>,
    out: Arc<Memory>,
    back: Arc<Memory>,
    mapped: Vec<(u64, u64)>,
    /// Records that have come, by direction.
    taken: [usize; 2],
}

fn side(direction: Direction) -> usize {
    usize::from(direction == Direction::C2h)
}

impl Bench {
    /// Resets the function and maps the rings of records; bus mastering is on.
    ///
    /// # Errors
    /// The transport's.
    pub fn open(transport: &Arc<dyn Transport>) -> Result<Bench, TransportError> {
        transport.reset()?;
        let allocate = |bytes| Memory::allocate(bytes).map(Arc::new).map_err(|error| no_memory(&error));
        let ranges = &transport.facts().iova_ranges;
        let base = ranges.last().map_or(1 << 32, |range| range.start.next_multiple_of(1 << 24));
        let mut bench = Bench {
            transport: Arc::clone(transport),
            places: Places {
                records: base,
                out: base + (1 << 20),
                back: base + (2 << 20),
                hole: base + (4 << 20),
            },
            records: allocate(2 * RECORD << ENTRIES_LOG2)?,
            out: allocate(DATA)?,
            back: allocate(DATA)?,
            mapped: Vec::new(),
            taken: [0; 2],
        };
        let (records, at) = (Arc::clone(&bench.records), bench.places.records);
        bench.map(&records, 0..records.len(), at, DmaAccess::Both)?;
        transport.set_bus_master(true)?;
        Ok(bench)
    }

    /// Stops the card and takes everything back.
    ///
    /// # Errors
    /// The transport's.
    pub fn close(mut self) -> Result<(), TransportError> {
        self.transport.reset()?;
        for (iova, len) in std::mem::take(&mut self.mapped) {
            self.transport.unmap(iova, len)?;
        }
        Ok(())
    }

    /// The transport itself.
    pub fn transport(&self) -> &dyn Transport {
        &*self.transport
    }

    /// Memory that is sent from, and where it is mapped when it is.
    pub fn out(&self) -> (&Arc<Memory>, u64) {
        (&self.out, self.places.out)
    }

    /// Memory that is received to, and where it is mapped when it is.
    pub fn back(&self) -> (&Arc<Memory>, u64) {
        (&self.back, self.places.back)
    }

    /// An IOVA where nothing is mapped.
    pub fn hole(&self) -> u64 {
        self.places.hole
    }

    /// Maps memory and remembers to take it back.
    ///
    /// # Errors
    /// The transport's.
    pub fn map(
        &mut self,
        memory: &Arc<Memory>,
        range: Range<usize>,
        iova: u64,
        access: DmaAccess,
    ) -> Result<(), TransportError> {
        let len = range.len() as u64;
        self.transport.map(memory, range, iova, access)?;
        self.mapped.push((iova, len));
        Ok(())
    }

    /// Takes one mapping back.
    ///
    /// # Errors
    /// The transport's.
    pub fn unmap(&mut self, iova: u64) -> Result<(), TransportError> {
        let at = self.mapped.iter().position(|mapped| mapped.0 == iova);
        let (iova, len) = at.map_or((iova, 4096), |at| self.mapped.remove(at));
        self.transport.unmap(iova, len)
    }

    /// Maps both data memories as a driver does.
    ///
    /// # Errors
    /// The transport's.
    pub fn map_data(&mut self) -> Result<(), TransportError> {
        let ((out, out_at), (back, back_at)) = (self.out(), self.back());
        let (out, back) = (Arc::clone(out), Arc::clone(back));
        self.map(&out, 0..DATA, out_at, DmaAccess::DeviceReads)?;
        self.map(&back, 0..DATA, back_at, DmaAccess::DeviceWrites)
    }

    fn set(&self, direction: Direction, register: &Register, value: u32) -> Result<(), TransportError> {
        self.transport.mmio_write32(BAR, queue_regs(direction, 0) + u64::from(register.offset), value)
    }

    /// Reads a register of queue 0.
    ///
    /// # Errors
    /// The transport's.
    pub fn get(&self, direction: Direction, register: &Register) -> Result<u32, TransportError> {
        self.transport.mmio_read32(BAR, queue_regs(direction, 0) + u64::from(register.offset))
    }

    /// Starts queue 0 of both directions with a record for each descriptor.
    ///
    /// # Errors
    /// The transport's.
    pub fn start(&mut self) -> Result<(), TransportError> {
        self.taken = [0; 2];
        self.records.write(0, &vec![0; self.records.len()]);
        for direction in [Direction::H2c, Direction::C2h] {
            let ring = self.places.records + ((side(direction) * RECORD) << ENTRIES_LOG2) as u64;
            for (register, value) in [
                (&regs::CPL_BASE_LO, ring as u32),
                (&regs::CPL_BASE_HI, (ring >> 32) as u32),
                (&regs::RING_SIZE, ENTRIES_LOG2 | ENTRIES_LOG2 << 8),
                (&regs::MODE, regs::MODE.reset() | 3),
                (&regs::VECTOR, 1),
                (&regs::CTRL, 1),
            ] {
                self.set(direction, register, value)?;
            }
        }
        Ok(())
    }

    /// Hands a whole packet, or the room for one, to queue 0; with an interrupt at its end if asked.
    ///
    /// # Errors
    /// The transport's.
    pub fn go(
        &self,
        direction: Direction,
        iova: u64,
        len: u32,
        interrupt: bool,
    ) -> Result<(), TransportError> {
        let flags = if direction == Direction::H2c { SOP | EOP } else { 0 } | if interrupt { IRQ } else { 0 };
        for (register, value) in [
            (&regs::FEED_ADDR_LO, iova as u32),
            (&regs::FEED_ADDR_HI, (iova >> 32) as u32),
            (&regs::FEED_LEN, len),
            (&regs::FEED_CARD, 0),
            (&regs::FEED_GO, u32::from(flags)),
        ] {
            self.set(direction, register, value)?;
        }
        Ok(())
    }

    /// Waits for the next record: bytes and status. The data before it is in memory then.
    ///
    /// # Errors
    /// The transport's.
    pub fn record(&mut self, direction: Direction) -> Result<Option<(u32, u8)>, TransportError> {
        self.record_within(direction, LOOKS)
    }

    /// The same for a record that must not come.
    ///
    /// # Errors
    /// The transport's.
    pub fn no_record(&mut self, direction: Direction) -> Result<Option<(u32, u8)>, TransportError> {
        self.record_within(direction, FEW)
    }

    fn record_within(
        &mut self,
        direction: Direction,
        looks: u32,
    ) -> Result<Option<(u32, u8)>, TransportError> {
        let ring = (side(direction) * RECORD) << ENTRIES_LOG2;
        let at = ring + RECORD * self.taken[side(direction)];
        for _ in 0..looks {
            let last = self.records.load_acquire(at + 12);
            if last >> 31 == 1 {
                self.taken[side(direction)] += 1;
                return Ok(Some((self.records.load(at), (last >> 16) as u8)));
            }
            // Also a read: a card that is only asked for memory may have no reason to go on.
            self.get(direction, &regs::FINISHED)?;
            self.transport.relax(SPIN)?;
        }
        Ok(None)
    }
}

fn no_memory(error: &ferrolane::AllocError) -> TransportError {
    TransportError::Io { what: error.to_string(), source: std::io::ErrorKind::OutOfMemory.into() }
}
