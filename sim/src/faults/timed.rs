//! What faults at a time do to the machine.

use super::injector::Edge;
use super::plan::{Fault, TimedKind};
use crate::hard_block::credit_pins;
use crate::link::Rate;
use crate::machine::Machine;

impl Machine {
    /// Adds a fault to the plan and gives its number. Completions count from now on; a time that has passed is now.
    pub fn inject(&mut self, fault: Fault) -> usize {
        self.root.injector.add(fault)
    }

    /// How often the fault with this number was applied.
    pub fn applied(&self, number: usize) -> u64 {
        self.root.injector.applied().get(number).map_or(0, |entry| entry.count)
    }

    /// A timed fault begins or ends.
    pub(crate) fn timed_fault(&mut self, edge: Edge) {
        let (fault, begins) = match edge {
            Edge::Begin(fault) => (fault, true),
            Edge::End(fault) => (fault, false),
        };
        let what = Fault::Timed(fault);
        self.note(&format!("fault={what} {}", if begins { "begins" } else { "ends" }));
        match fault.kind {
            TimedKind::CreditsZero => {
                self.up.credits.block(begins);
                self.inputs.fc = credit_pins(&self.up);
            }
            TimedKind::LinkDown if begins => self.link_down(),
            TimedKind::LinkDown => self.link_restored(),
            TimedKind::BusMasterOff => self.config.set_bus_master(!begins),
            TimedKind::Flr => {
                self.restore = Some(self.config.save());
                self.config.start_flr();
            }
            TimedKind::Mps(bytes) => self.config.set_mps(if begins { bytes } else { self.options.mps }),
            TimedKind::Mrrs(bytes) => self.config.set_mrrs(if begins { bytes } else { self.options.mrrs }),
            TimedKind::Retrain(generation, lanes) if begins => self.retrain(generation, lanes),
            TimedKind::Retrain(..) => self.retrain(self.options.generation, self.options.lanes),
        }
        self.configured();
    }

    fn retrain(&mut self, generation: u8, lanes: u8) {
        let rate = Rate::new(generation, lanes, self.options.period_ps);
        self.up.retrain(rate);
        self.down.retrain(rate);
        self.config.set_link(generation, lanes);
    }

    /// Everything under way is lost (PCIe Base Spec 2.9.1), and the hard block holds the card in reset.
    fn link_down(&mut self) {
        self.up.clear();
        self.down.clear();
        self.receiver.clear();
        self.root.link_down();
        self.checker.link_down();
        self.config.set_link_up(false);
        self.restore = None;
        self.inputs.rst = true;
    }

    /// The link has trained anew, and firmware has assigned what it did at power-up.
    fn link_restored(&mut self) {
        self.config.set_link_up(true);
        self.config.firmware();
        self.inputs.rst = false;
        self.inputs.fc = credit_pins(&self.up);
    }
}
