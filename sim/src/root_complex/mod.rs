//! The root complex: takes the card's TLPs from the link, reads and writes host memory through the IOMMU, turns
//! interrupt messages into interrupts, and sends the host's requests.

pub mod host;
pub mod reads;
pub mod writes;

use std::collections::VecDeque;

use crate::checker::Checker;
use crate::faults::Injector;
use crate::iommu::{Iommu, MSI_WINDOW};
use crate::link::Lane;
use crate::options::Options;
use crate::tlp::{Class, Kind, Pool, Tlp};

/// Interrupt data of vector 0; x86 keeps the vectors below for itself.
pub const FIRST_VECTOR: u32 = 0x20;
/// Address that interrupt messages go to.
pub const MSI_ADDRESS: u64 = MSI_WINDOW.start;

/// The root complex.
pub struct RootComplex {
    /// Translation of the card's addresses.
    pub iommu: Iommu,
    /// The host's requests.
    pub host: host::HostRequests,
    reads: reads::Reads,
    /// Reads that wait for a place; their credits are not yet given back.
    held: VecDeque<Box<Tlp>>,
    /// Vectors of interrupts that have come.
    pub interrupts: Vec<u32>,
    /// Faults on purpose.
    pub injector: Injector,
}

impl RootComplex {
    /// At rest.
    pub fn new(options: &Options) -> Self {
        RootComplex {
            iommu: Iommu::new(options.iova),
            host: host::HostRequests::default(),
            reads: reads::Reads::new(options),
            held: VecDeque::with_capacity(128),
            interrupts: Vec::with_capacity(64),
            injector: Injector::new(options),
        }
    }

    /// A TLP has arrived from the card.
    pub fn receive(
        &mut self,
        tlp: Box<Tlp>,
        now: u64,
        up: &mut Lane,
        checker: &mut Checker,
        pool: &mut Pool,
    ) {
        let class = match tlp.hdr.kind() {
            Kind::Read(_) => {
                self.held.push_back(tlp);
                return;
            }
            Kind::Write(_) => {
                if MSI_WINDOW.contains(&tlp.hdr.address()) {
                    self.interrupts.push(tlp.data[0].wrapping_sub(FIRST_VECTOR));
                } else {
                    writes::perform(&tlp, &mut self.iommu, now);
                }
                Class::Posted
            }
            Kind::Cpl | Kind::CplD => {
                self.host.completion(&tlp);
                Class::Completion
            }
            Kind::Other(_) => Class::Posted,
        };
        up.release(now, class, &tlp.hdr);
        checker.freed(class, &tlp.hdr);
        pool.give(tlp);
    }

    /// One clock.
    #[inline]
    pub fn tick(&mut self, now: u64, up: &mut Lane, down: &mut Lane, checker: &mut Checker, pool: &mut Pool) {
        while self.reads.has_room() {
            let Some(tlp) = self.held.pop_front() else { break };
            self.reads.accept(tlp.hdr, now);
            up.release(now, Class::NonPosted, &tlp.hdr);
            checker.freed(Class::NonPosted, &tlp.hdr);
            pool.give(tlp);
        }
        self.reads.tick(now, &mut self.iommu, &mut self.injector, down, pool);
    }

    /// The link is down: what the card has asked for is forgotten, what the host has asked for is refused.
    pub fn link_down(&mut self) {
        self.held.clear();
        self.reads.clear();
        self.host.refuse_all();
    }

    /// Whether nothing is to be done.
    pub fn idle(&self) -> bool {
        self.held.is_empty() && self.reads.is_empty()
    }

    /// Whether a read is due and waits for nothing but its data from memory that takes time.
    pub fn is_starved(&self) -> bool {
        self.reads.is_starved()
    }

    /// Refuses the reads whose data have not come from memory that takes time.
    pub fn abandon_reads(&mut self) {
        self.reads.abandon();
    }

    /// Reads of the card that were answered, and how many of them were refused.
    pub fn reads(&self) -> (u64, u64) {
        self.reads.counts()
    }
}
