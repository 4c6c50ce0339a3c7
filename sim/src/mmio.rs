//! The host's accesses to the BAR, and how they pass time.

use ferrolane::transport::TransportError;
use ferrolane_abi::map;

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
    pub fn read(&mut self, offset: u64, dws: usize) -> Result<[u32; 2], TransportError> {
        const ALL_ONES: [u32; 2] = [u32::MAX; 2];
        if !self.machine.config.memory_enabled() {
            return Ok(ALL_ONES);
        }
        let limit = self.mmio_limit();
        let Some(tag) = self.machine.host_read(offset, dws) else {
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
    pub fn write(&mut self, offset: u64, data: &[u32]) -> Result<(), TransportError> {
        if !self.machine.config.memory_enabled() {
            return Ok(());
        }
        let limit = self.mmio_limit();
        while self.machine.writes_waiting() >= WRITES_AHEAD {
            if self.machine.now() >= limit {
                return Err(TransportError::DeviceLost("the card takes no writes any more".into()));
            }
            self.clock()?;
        }
        self.machine.host_write(offset, data);
        self.clock()?;
        Ok(())
    }
}

/// Checks an access of `dws` DWORDs.
///
/// # Errors
/// [`TransportError::BadOffset`].
pub fn check_offset(bar: u8, offset: u64, dws: usize) -> Result<(), TransportError> {
    let bytes = 4 * dws as u64;
    if bar != map::BAR {
        return Err(TransportError::BadOffset { what: "BAR (only BAR0 exists)", offset, limit: 0 });
    }
    if !offset.is_multiple_of(bytes) || offset.saturating_add(bytes) > map::BAR0_BYTES {
        return Err(TransportError::BadOffset { what: "BAR0 access", offset, limit: map::BAR0_BYTES });
    }
    Ok(())
}
