//! [`SimControl`]: what tests and the CLI may know and do beyond what a driver can.

use std::sync::Arc;

use crate::checker::violation::Report;
use crate::faults::{Applied, Fault};
use crate::iommu;
use crate::link::Rate;
use crate::options::Options;
use crate::outcome::{Failure, Statistics};
use crate::shared::Shared;

/// A direction of the link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Host to card: completions with data.
    ToCard,
    /// Card to host: memory writes.
    ToHost,
}

/// A handle on a simulation; clones share it.
#[derive(Clone)]
pub struct SimControl {
    shared: Arc<Shared>,
    options: Options,
}

impl SimControl {
    pub(crate) fn new(shared: Arc<Shared>, options: Options) -> Self {
        SimControl { shared, options }
    }

    /// What is simulated.
    pub fn options(&self) -> &Options {
        &self.options
    }

    /// Clocks since power-up.
    pub fn clocks(&self) -> u64 {
        self.shared.lock().machine.now()
    }

    /// Device nanoseconds of a number of clocks.
    pub fn nanos(&self, clocks: u64) -> u64 {
        self.options.nanos(clocks)
    }

    /// Has the demo card take nothing from H2C queue `queue`, or take again.
    pub fn card_stop(&self, queue: u32, stop: bool) {
        self.shared.lock().machine.card_stop(queue, stop);
        self.shared.wake.notify_one();
    }

    /// What happened so far.
    pub fn statistics(&self) -> Statistics {
        self.shared.lock().machine.statistics()
    }

    /// Interrupts delivered, and interrupts of vectors that were not enabled.
    pub fn interrupts(&self) -> (u64, u64) {
        self.shared.lock().events.counts()
    }

    /// The first accesses that the IOMMU refused.
    pub fn faults(&self) -> Vec<iommu::Fault> {
        self.shared.lock().machine.root.iommu.faults().0.to_vec()
    }

    /// Adds a fault to the plan and gives its number in [`SimControl::applied`]. Completions count from now on.
    pub fn inject(&self, fault: Fault) -> usize {
        let number = self.shared.lock().machine.inject(fault);
        self.shared.wake.notify_one();
        number
    }

    /// The plan, and how often each of its faults was applied so far.
    pub fn applied(&self) -> Vec<Applied> {
        self.shared.lock().machine.root.injector.applied().to_vec()
    }

    /// The rule that the card broke, if it did.
    pub fn checker_report(&self) -> Option<Report> {
        match self.shared.lock().machine.failure() {
            Some(Failure::Rule(report)) => Some((**report).clone()),
            _ => None,
        }
    }

    /// Bytes per clock on the wire of one direction, framing included; the same both ways.
    pub fn wire_bytes_per_clock(&self) -> f64 {
        Rate::new(self.options.generation, self.options.lanes, self.options.period_ps).bytes_per_clock()
    }

    /// Most payload bytes per clock that the link can carry in a direction, with every TLP at Max_Payload_Size and its
    /// shortest header, capped by the port's width.
    pub fn payload_bound_bytes_per_clock(&self, direction: Direction) -> f64 {
        let rate = Rate::new(self.options.generation, self.options.lanes, self.options.period_ps);
        // Completions have 3 DW of header, and so have writes below 4 GiB.
        let header = match (direction, self.options.iova) {
            (Direction::ToHost, crate::options::IovaRange::High) => 16,
            _ => 12,
        };
        let port = 4 * self.shared.lock().machine.lanes() as u64;
        rate.payload_bound(header, u64::from(self.options.mps), port)
    }
}
