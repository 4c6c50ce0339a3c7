//! Lists that are longer than what the device takes at a time.

use std::collections::VecDeque;

use super::{Completed, DmaQueue, Request};
use crate::error::Error;
use crate::transport::DeviceNanos;

impl<R: Request> DmaQueue<R> {
    /// Carries out a list of any length, however the queue is [fed](super::Feed): fills the places that are free with one
    /// doorbell, takes what has completed, asleep while there is nothing if the queue has an interrupt, and so on until
    /// nothing is left to submit and nothing in flight. Each completion goes to `each`, in order, those of earlier
    /// submissions too.
    ///
    /// Nothing is lost when it ends early: `requests` keeps what was not submitted, in order, a refused one first; what is in
    /// flight stays with the queue, to be taken by another call or given back by [`DmaQueue::stop`].
    ///
    /// # Errors
    /// The first error of `each`; that of a request that is refused; [`Error::Timeout`] when device time reaches `deadline`
    /// and no completion is there; [`Error::Halted`] behind a completion whose status is not OK, which `each` has had.
    ///
    /// ```no_run
    /// # use std::collections::VecDeque;
    /// # use ferrolane::{Device, Error, Feed, H2cRequest, QueueConfig};
    /// # fn send(device: &Device, mut list: VecDeque<H2cRequest>) -> Result<(), Error> {
    /// let mut h2c = device.open_h2c(0, QueueConfig { feed: Feed::Push, ..QueueConfig::default() })?;
    /// let mut buffers = Vec::new();
    /// h2c.run(&mut list, device.deadline(10_000_000), |done| {
    ///     buffers.push(done.buffer);
    ///     Ok::<(), Error>(())
    /// })
    /// # }
    /// ```
    pub fn run<E: From<Error>>(
        &mut self,
        requests: &mut VecDeque<R>,
        deadline: DeviceNanos,
        mut each: impl FnMut(Completed) -> Result<(), E>,
    ) -> Result<(), E> {
        loop {
            self.submit_batch(requests)?;
            if self.ring.in_flight.is_empty() {
                return Ok(());
            }
            each(self.ring.wait_until(deadline)?)?;
            while let Some(done) = self.ring.take_and_return()? {
                each(done)?;
            }
        }
    }
}
