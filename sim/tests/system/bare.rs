//! The card driven by register accesses alone: no driver, and every clock and every TLP seen.

use std::sync::{Arc, Mutex, PoisonError};

use ferrolane::transport::DmaAccess;
use ferrolane::Memory;
use ferrolane_abi::map;
use ferrolane_abi::regs::global;
use ferrolane_abi::table::Register;
use ferrolane_sim::iommu::MSI_WINDOW;
use ferrolane_sim::machine::Machine;
use ferrolane_sim::options::IovaRange;
use ferrolane_sim::pins::CardModel;
use ferrolane_sim::root_complex::host::Answer;
use ferrolane_sim::root_complex::{FIRST_VECTOR, MSI_ADDRESS};
use ferrolane_sim::rtl::RtlCard;
use ferrolane_sim::tap::WireTap;
use ferrolane_sim::tlp::{Class, Header};
use ferrolane_sim::{Direction, Options};

/// Clocks that a register access may take.
const ACCESS: u64 = 20_000;
/// Writes that may wait for the link.
const WRITES_AHEAD: usize = 16;
/// First address that is given out.
const FIRST_IOVA: u64 = 0x0100_0000;
/// The same where all addresses are above 4 GiB.
const HIGH_IOVA: u64 = 1 << 32;

/// Host memory that the card can reach; what lies beside it can't be reached.
#[derive(Clone)]
pub struct Region {
    pub memory: Arc<Memory>,
    pub iova: u64,
}

impl Region {
    /// Whether an address lies in it.
    pub fn holds(&self, address: u64) -> bool {
        (self.iova..self.iova + self.memory.len() as u64).contains(&address)
    }

    pub fn bytes(&self, offset: usize, len: usize) -> Vec<u8> {
        let mut bytes = vec![0; len];
        self.memory.read(offset, &mut bytes);
        bytes
    }
}

/// A TLP on the wire.
#[derive(Clone, Copy)]
pub struct Seen {
    pub clock: u64,
    pub direction: Direction,
    pub class: Class,
    pub hdr: Header,
}

impl Seen {
    /// A read of the card.
    pub fn is_read(&self) -> bool {
        self.direction == Direction::ToHost && self.class == Class::NonPosted
    }

    /// A write of the card that is no interrupt.
    pub fn is_write(&self) -> bool {
        self.direction == Direction::ToHost
            && self.class == Class::Posted
            && !MSI_WINDOW.contains(&self.hdr.address())
    }

    /// An interrupt.
    pub fn is_interrupt(&self) -> bool {
        self.direction == Direction::ToHost
            && self.class == Class::Posted
            && MSI_WINDOW.contains(&self.hdr.address())
    }

    /// An answer to a read of the card.
    pub fn is_answer(&self) -> bool {
        self.direction == Direction::ToCard && self.class == Class::Completion
    }
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<Seen>>>);

impl WireTap for Log {
    fn on_wire(&mut self, clock: u64, direction: Direction, class: Class, hdr: &Header) {
        let seen = Seen { clock, direction, class, hdr: *hdr };
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(seen);
    }
}

/// The card and its link.
pub struct Bare {
    pub machine: Machine,
    /// Interrupts that have come: clock and vector.
    pub interrupts: Vec<(u64, u32)>,
    log: Log,
    next_iova: u64,
}

impl Bare {
    /// Behind the link that a preset describes. An access of the card without a mapping fails the run, unless the
    /// preset says otherwise.
    pub fn new(preset: &str) -> Self {
        Self::behind(preset, |card| Box::new(card))
    }

    /// As [`Bare::new`], with something between the card's pins and the hard block.
    pub fn behind(preset: &str, adapter: impl FnOnce(RtlCard) -> Box<dyn CardModel>) -> Self {
        let words = preset.trim_start_matches("sim").trim_start_matches(':');
        let options = Options::parse(&format!("sim:faults=fail,{words}")).unwrap();
        let next_iova = if options.iova == IovaRange::High { HIGH_IOVA } else { FIRST_IOVA };
        let card = RtlCard::new(&options).unwrap();
        let machine = Machine::new(options, adapter(card)).unwrap_or_else(|e| panic!("{preset}: {e}"));
        let mut bare = Bare { machine, interrupts: Vec::new(), log: Log::default(), next_iova };
        let vectors = bare.global(&global::PARAM_QUEUES) >> 16;
        bare.machine.set_vectors(vectors);
        bare.machine.config.set_bus_master(true);
        bare.machine.configured();
        for vector in 0..vectors {
            let words = [MSI_ADDRESS as u32, (MSI_ADDRESS >> 32) as u32, FIRST_VECTOR + vector, 0];
            bare.write_all(map::MSIX_TABLE_PAGE + 16 * u64::from(vector), &words[..2]);
            bare.write_all(map::MSIX_TABLE_PAGE + 16 * u64::from(vector) + 8, &words[2..]);
        }
        bare.read(map::MSIX_TABLE_PAGE);
        bare.machine.config.set_msix(true);
        bare.machine.configured();
        bare.machine.tap = Some(Box::new(bare.log.clone()));
        bare
    }

    pub fn now(&self) -> u64 {
        self.machine.now()
    }

    pub fn clock(&mut self) {
        self.machine.clock().unwrap_or_else(|e| panic!("{e}"));
        let now = self.machine.now();
        self.interrupts.extend(self.machine.root.interrupts.drain(..).map(|vector| (now, vector)));
    }

    pub fn run(&mut self, clocks: u64) {
        for _ in 0..clocks {
            self.clock();
        }
    }

    /// Runs until nothing moves.
    pub fn settle(&mut self) {
        for _ in 0..1_000_000 {
            if self.machine.quiet(2_000) {
                return;
            }
            self.clock();
        }
        panic!("the card does not come to rest");
    }

    /// Writes DWORDs of BAR0 in one TLP.
    pub fn write_all(&mut self, at: u64, data: &[u32]) {
        while self.machine.writes_waiting() >= WRITES_AHEAD {
            self.clock();
        }
        self.machine.host_write(at, data);
    }

    pub fn write(&mut self, at: u64, value: u32) {
        self.write_all(at, &[value]);
    }

    /// Sends a read of BAR0; its tag.
    pub fn ask(&mut self, at: u64) -> usize {
        self.machine.host_read(at, 1).expect("a tag is free")
    }

    /// The answer to a read, if it has come.
    pub fn answer(&mut self, tag: usize) -> Option<u32> {
        match self.machine.root.host.take(tag)? {
            Answer::Data(data) => Some(data[0]),
            Answer::Refused(status) => panic!("a read of BAR0 was refused with status {status}"),
        }
    }

    pub fn read(&mut self, at: u64) -> u32 {
        let tag = self.ask(at);
        for _ in 0..ACCESS {
            self.clock();
            if let Some(value) = self.answer(tag) {
                return value;
            }
        }
        panic!("the read of {at:#x} is not answered");
    }

    pub fn global(&mut self, register: &Register) -> u32 {
        self.read(map::GLOBAL_PAGE + u64::from(register.offset))
    }

    /// Takes the global ERROR register's causes away and gives them.
    pub fn take_errors(&mut self) -> u32 {
        let at = map::GLOBAL_PAGE + u64::from(global::ERROR.offset);
        let causes = self.read(at);
        self.write(at, causes);
        causes
    }

    /// New memory, zero, of whole pages.
    pub fn region(&mut self, bytes: usize) -> Region {
        let len = bytes.next_multiple_of(4096).max(4096);
        let memory = Arc::new(Memory::new(memmap2::MmapOptions::new().len(len).map_anon().unwrap().into()));
        let iova = self.next_iova;
        // A page that is not mapped follows.
        self.next_iova += len as u64 + 4096;
        let mapped: Arc<Memory> = Arc::clone(&memory);
        self.machine.root.iommu.map(mapped, 0..len, iova, DmaAccess::Both).unwrap();
        Region { memory, iova }
    }

    /// What has gone over the wires since this was last asked.
    pub fn take_log(&mut self) -> Vec<Seen> {
        std::mem::take(&mut *self.log.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
