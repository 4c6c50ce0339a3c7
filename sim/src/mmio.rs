//! The host's accesses to the BARs, and how they pass time.

use ferrolane::transport::TransportError;

use crate::root_complex::host::Answer;
use crate::shared::Sim;
use crate::units::clocks;

/// Writes that may wait for the link before the writer does.
const WRITES_AHEAD: usize = 16;

impl Sim {
    /// When an access that starts now has taken too long.
    fn mmio_limit(&self) -> u64 {
        let options = &self.machine.options;
        self.machine.now() + clocks(options.mmio_timeout_ps, options.period_ps)
    }

    /// Runs the clock until the completion comes; all ones if none comes or the answer is an error.
    pub fn read(&mut self, bar: u8, offset: u64, dws: usize) -> Result<[u32; 2], TransportError> {
        self.read_bytes(bar, offset, dws, 0xF)
    }

    /// The same with the byte enables of the first DWORD.
    pub fn read_bytes(
        &mut self,
        bar: u8,
        offset: u64,
        dws: usize,
        be: u8,
    ) -> Result<[u32; 2], TransportError> {
        const ALL_ONES: [u32; 2] = [u32::MAX; 2];
        let Some(base) = self.machine.config.bar_base(bar) else {
            // Who polls a card that is gone must see time pass.
            self.clock()?;
            return Ok(ALL_ONES);
        };
        let limit = self.mmio_limit();
        let Some(tag) = self.machine.host_read_at(base + offset, dws, be) else {
            return Ok(ALL_ONES);
        };
        loop {
            self.clock()?;
            match self.machine.root.host.take(tag) {
                Some(Answer::Data(data)) => return Ok(data),
                Some(Answer::Refused(_)) => return Ok(ALL_ONES),
                None if self.machine.now() >= limit => {
                    self.machine.root.host.abandon(tag);
                    return Ok(ALL_ONES);
                }
                None => (),
            }
        }
    }

    /// Sends a write and runs one clock, or as many as it takes to have room for it on the way to the link.
    ///
    /// # Errors
    /// [`TransportError::Simulation`]; [`TransportError::DeviceLost`] if the card takes nothing any more.
    pub fn write(&mut self, bar: u8, offset: u64, data: &[u32]) -> Result<(), TransportError> {
        self.write_bytes(bar, offset, data, 0xF)
    }

    /// The same with the byte enables of the first DWORD.
    pub fn write_bytes(&mut self, bar: u8, offset: u64, data: &[u32], be: u8) -> Result<(), TransportError> {
        let Some(base) = self.machine.config.bar_base(bar) else {
            return Ok(());
        };
        let limit = self.mmio_limit();
        while self.machine.writes_waiting() >= WRITES_AHEAD {
            if self.machine.now() >= limit {
                return Err(TransportError::DeviceLost("the card takes no writes any more".into()));
            }
            self.clock()?;
        }
        self.machine.host_write_at(base + offset, data, be);
        self.clock()?;
        Ok(())
    }
}

impl Sim {
    /// Checks an access of `dws` DWORDs.
    ///
    /// # Errors
    /// [`TransportError::BadOffset`].
    pub fn check_offset(&self, bar: u8, offset: u64, dws: usize) -> Result<(), TransportError> {
        let (bytes, limit) = (4 * dws as u64, self.machine.config.bar_bytes(bar));
        if limit == 0 {
            return Err(TransportError::BadOffset {
                what: "BAR (the card has none of this number)",
                offset,
                limit,
            });
        }
        if !offset.is_multiple_of(bytes) || offset.saturating_add(bytes) > limit {
            return Err(TransportError::BadOffset { what: "BAR access", offset, limit });
        }
        Ok(())
    }
}
