//! What is told of the machine: to the log of TLPs, to who looks at a stop, to who counts; and whether it is at rest.

use super::Machine;
use crate::outcome::{Failure, Statistics};

impl Machine {
    /// The run is void. What led to it can be looked at, if this clock had something to stop at.
    pub(super) fn failed(&mut self, text: &str) {
        for line in text.lines() {
            self.note(&format!("void: {line}"));
        }
        // The failure that counts is there already.
        let _ = self.stop_if_asked();
        self.card.finish();
    }

    /// Lets somebody look, if this clock had something on the wires that they asked for: what was written so far can be read then.
    pub(super) fn stop_if_asked(&mut self) -> Result<(), Failure> {
        let Some(analyser) = &mut self.analyser else { return Ok(()) };
        if analyser.settle().map_err(Failure::Log)? {
            let waveform = self.card.complete_trace().map_err(Failure::Model)?;
            analyser.stop(waveform.as_deref());
        }
        Ok(())
    }

    /// A line in the log of TLPs, if there is one.
    pub(crate) fn note(&mut self, text: &str) {
        if let Some(analyser) = &mut self.analyser {
            analyser.note(self.now, text);
        }
    }

    /// Whether the card does nothing any more until the host does something: nothing moves, no read of it waits for an answer or for
    /// its timeout, no time runs that a queue was set to. What the card's own logic does within is only guessed at.
    pub fn at_rest(&self) -> bool {
        !self.transactions_pending() && self.quiet(self.patience.clocks())
    }

    /// Whether nothing has moved for `clocks` clocks and nothing is under way.
    pub fn quiet(&self, clocks: u64) -> bool {
        self.now >= self.last_activity + clocks
            && self.up.idle()
            && self.down.idle()
            && self.root.idle()
            && self.receiver.idle()
            && !self.config.flr_requested()
            && !self.root.injector.waits()
    }

    /// What happened so far.
    pub fn statistics(&self) -> Statistics {
        let ((reads, reads_refused), counts) = (self.root.reads(), self.root.host.counts);
        Statistics {
            clocks: self.now,
            to_host: self.up.stats(),
            to_card: self.down.stats(),
            reads,
            reads_refused,
            mmio_reads: counts.0,
            mmio_writes: counts.1,
            mmio_timeouts: counts.2,
            faults: self.root.iommu.faults().1,
            judged: self.checker.judged(),
        }
    }
}
