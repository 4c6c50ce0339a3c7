//! The host: a machine around a build of the engine, its memory, and register accesses.

use std::sync::Arc;

use anyhow::{bail, Context, Result};
use ferrolane::{DmaAccess, Memory};
use ferrolane_abi::{map, regs};
use ferrolane_sim::credit::Credits;
use ferrolane_sim::link::Rate;
use ferrolane_sim::machine::Machine;
use ferrolane_sim::options::{FaultPolicy, IovaRange, Split};
use ferrolane_sim::root_complex::host::Answer;
use ferrolane_sim::root_complex::{FIRST_VECTOR, MSI_ADDRESS};
use ferrolane_sim::Options;

use crate::bound::Setup;
use crate::card::SharedSide;
use crate::engine::Build;
use crate::wire::{SharedWire, DATA, DESCRIPTORS, RECORDS};

/// Writes that may wait for the link before the host does.
const WRITES_AHEAD: usize = 16;
/// Clocks that a read may take: after a reset the engine clears all queues first.
const READ_LIMIT: u64 = 1_000_000;
/// Percent of completions after which another read goes on.
const REORDER: u8 = 20;
/// Share of the latency that jitter may add.
const JITTER: u64 = 5;

/// What the machine is to be.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    /// Read latency in ns.
    pub latency_ns: u64,
    /// Seed of all that is random.
    pub seed: u64,
    /// All memory above 4 GiB.
    pub high: bool,
}

/// A link for a port: generation and lanes that it can just carry.
pub fn link(width: usize) -> (u8, u8) {
    match width {
        64 => (3, 2),
        128 => (3, 4),
        _ => (3, 8),
    }
}

/// `gen3x4`.
pub fn link_name(width: usize) -> String {
    let (generation, lanes) = link(width);
    format!("gen{generation}x{lanes}")
}

fn options(build: &Build, place: Place) -> Options {
    let (generation, lanes) = link(build.width);
    Options {
        generation,
        lanes,
        mps: 256,
        mrrs: 512,
        latency_ps: place.latency_ns * 1000,
        jitter_ps: place.latency_ns * 1000 / JITTER,
        split: Split::Random,
        reorder: REORDER,
        // 127 headers are the most that may be granted (PCIe Base Spec 2.6.1.2).
        host_credits: Credits { header: [64, 127, 0], data: [512, 127, 0] },
        iova: if place.high { IovaRange::High } else { IovaRange::Low },
        faults: FaultPolicy::Fail,
        seed: place.seed,
        ..Options::default()
    }
}

/// The host and everything below it.
pub struct Host {
    /// The machine.
    pub machine: Machine,
    /// What the wires carry.
    pub wire: SharedWire,
    /// The card's side.
    pub side: SharedSide,
    /// Descriptor rings.
    pub descriptors: Region,
    /// Record rings.
    pub records: Region,
    /// Data.
    pub data: Region,
    /// Register writes so far.
    pub writes: u64,
    /// Interrupts so far, by vector.
    pub interrupts: Vec<u32>,
}

/// A piece of host memory that the card can reach.
pub struct Region {
    /// The memory.
    pub memory: Arc<Memory>,
    /// Where the card finds it.
    pub iova: u64,
}

impl Region {
    fn map(machine: &mut Machine, offset: u64, len: usize, high: bool) -> Result<Region> {
        let len = len.next_multiple_of(4096).max(4096);
        let memory = Arc::new(Memory::new(memmap2::MmapOptions::new().len(len).map_anon()?.into()));
        let iova = offset | if high { 1 << 32 } else { 0 };
        let kept: Arc<Memory> = Arc::clone(&memory);
        machine.root.iommu.map(kept, 0..len, iova, DmaAccess::Both).map_err(anyhow::Error::msg)?;
        Ok(Region { memory, iova })
    }
}

impl Host {
    /// Powers the machine up with regions of these sizes in bytes: descriptors, records, data.
    pub fn new(build: &Build, place: Place, packet: u64, sizes: [usize; 3]) -> Result<Self> {
        let side = SharedSide::new(build.width / 32, build.queues, packet);
        let card = build.create(place.seed, side.clone())?;
        let mut machine = Machine::new(options(build, place), card).map_err(|e| anyhow::anyhow!("{e}"))?;
        let wire = SharedWire::new();
        machine.tap = Some(Box::new(wire.clone()));
        let mut region = |offset, len| Region::map(&mut machine, offset, len, place.high);
        let descriptors = region(DESCRIPTORS.start, sizes[0])?;
        let records = region(RECORDS.start, sizes[1])?;
        let data = region(DATA.start, sizes[2])?;
        let mut host =
            Host { machine, wire, side, descriptors, records, data, writes: 0, interrupts: Vec::new() };
        let magic = host.read(u64::from(regs::global::MAGIC.offset))?;
        if magic != regs::global::MAGIC.fields[0].reset {
            bail!("the card's magic is {magic:#x}");
        }
        let queues = host.read(u64::from(regs::global::PARAM_QUEUES.offset))?;
        if queues & 0xFF != build.queues as u32 {
            bail!("PARAM_QUEUES is {queues:#x}, the build has {} queues", build.queues);
        }
        host.machine.set_vectors(queues >> 16);
        host.machine.config.set_bus_master(true);
        host.machine.configured();
        Ok(host)
    }

    /// What the bound depends on.
    pub fn setup(&self, high: bool) -> Setup {
        let o = &self.machine.options;
        Setup {
            port: 4 * self.machine.lanes() as u64,
            rate: Rate::new(o.generation, o.lanes, o.period_ps),
            mps: o.mps.into(),
            mrrs: o.mrrs.into(),
            high,
        }
    }

    /// One clock.
    ///
    /// # Errors
    /// A rule was broken, by the engine's TLPs or by what the card's side got.
    #[inline]
    pub fn clock(&mut self) -> Result<()> {
        self.machine.clock().map_err(|failure| anyhow::anyhow!("{failure}"))?;
        let Host { machine, interrupts, .. } = self;
        interrupts.append(&mut machine.root.interrupts);
        Ok(())
    }

    /// Writes one or two DWORDs of BAR0.
    ///
    /// # Errors
    /// As [`Host::clock`].
    pub fn write(&mut self, offset: u64, data: &[u32]) -> Result<()> {
        while self.machine.writes_waiting() >= WRITES_AHEAD {
            self.clock()?;
        }
        self.writes += 1;
        self.machine.host_write(offset, data);
        Ok(())
    }

    /// Reads a DWORD of BAR0.
    ///
    /// # Errors
    /// As [`Host::clock`], or no answer.
    pub fn read(&mut self, offset: u64) -> Result<u32> {
        let tag = self.machine.host_read(offset, 1).context("no tag is free")?;
        for _ in 0..READ_LIMIT {
            self.clock()?;
            match self.machine.root.host.take(tag) {
                Some(Answer::Data(data)) => return Ok(data[0]),
                Some(Answer::Refused(status)) => bail!("the read of {offset:#x} was refused: {status}"),
                None => (),
            }
        }
        bail!("the read of {offset:#x} was not answered")
    }

    /// Runs until nothing has moved for some clocks.
    ///
    /// # Errors
    /// As [`Host::clock`].
    pub fn settle(&mut self) -> Result<()> {
        while !self.machine.quiet(4_096) {
            self.clock()?;
        }
        Ok(())
    }

    /// Enables vectors 0 to `count` − 1.
    ///
    /// # Errors
    /// As [`Host::clock`].
    pub fn enable_interrupts(&mut self, count: u32) -> Result<()> {
        for vector in 0..count {
            let entry = map::MSIX_TABLE_PAGE + 16 * u64::from(vector);
            let words = [MSI_ADDRESS as u32, (MSI_ADDRESS >> 32) as u32, FIRST_VECTOR + vector, 0];
            for (i, word) in words.into_iter().enumerate() {
                self.write(entry + 4 * i as u64, &[word])?;
            }
        }
        self.read(map::MSIX_TABLE_PAGE)?;
        self.machine.config.set_msix(true);
        self.machine.configured();
        Ok(())
    }

    /// Fails if the engine or the card's side has something to complain of.
    ///
    /// # Errors
    /// What it is.
    pub fn check(&mut self) -> Result<()> {
        if let Some(wrong) = &self.side.lock().wrong {
            bail!("{wrong}");
        }
        let error = self.read(u64::from(regs::global::ERROR.offset))?;
        if error != 0 {
            bail!("the engine's ERROR register is {error:#x}");
        }
        Ok(())
    }
}
