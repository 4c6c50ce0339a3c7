//! Flushing by command.

use ferrolane_abi::feature;
use ferrolane_abi::regs::queue as regs;

use super::C2hQueue;
use crate::error::Error;
use crate::params::field;

impl C2hQueue {
    /// Has the card write out what waits for more and close the buffer that has received bytes: its completion has
    /// [`Completed::flushed`](super::Completed::flushed), and the packet goes on in the next buffer. At any time; what comes meanwhile
    /// is not held up. Where nothing waits and nothing was received nothing happens and nothing is remembered; bytes that
    /// wait for a buffer are flushed into the next one. By time instead: [`QueueConfig::flush_nanos`](super::QueueConfig::flush_nanos).
    ///
    /// # Errors
    /// [`Error::MissingFeature`] on a card without FIFO policies; [`Error::Halted`] and [`Error::Protocol`] if the queue takes
    /// nothing more.
    pub fn flush(&mut self) -> Result<(), Error> {
        self.ring.usable()?;
        self.ring.shared.parameters.features.require(feature::FIFO_POLICIES)?;
        // RUN has no effect on a queue that runs, or has halted: 0 would stop it.
        let command = field(&regs::CTRL, "RUN").put(1) | field(&regs::CTRL, "FLUSH").put(1);
        self.ring.write(&regs::CTRL, command)
    }
}
