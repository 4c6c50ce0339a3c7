//! MSI-X of a served card: the client's event descriptors, and the engine's own table behind them.
//!
//! A client such as QEMU keeps the guest's table to itself and says with SET_IRQS which vectors it listens to. The
//! engine's table is written by TLP with addresses and data of this root complex; so the interrupts that come are the
//! engine's writes.

use std::os::fd::OwnedFd;

use ferrolane::transport::TransportError;
use ferrolane_abi::map;
use ferrolane_vfio_user::message::{
    SetIrqs, IRQ_MSIX, SET_ACTION_MASK, SET_ACTION_TRIGGER, SET_ACTION_UNMASK, SET_DATA_BOOL,
    SET_DATA_EVENTFD, SET_DATA_NONE,
};

use crate::root_complex::{FIRST_VECTOR, MSI_ADDRESS};
use crate::shared::Sim;

/// Mask bit of a table entry's last DWORD.
const MASKED: u32 = 1;

/// What the client has asked for, and what is in the engine's table.
pub struct Irqs {
    /// Masked by the client.
    masked: Vec<bool>,
    /// Unmasked in the engine's table.
    armed: Vec<bool>,
}

impl Irqs {
    /// As after a reset of card and client.
    pub fn new(vectors: u32) -> Self {
        Irqs { masked: vec![false; vectors as usize], armed: vec![false; vectors as usize] }
    }

    /// The engine was reset: its table is all masked.
    pub fn forget(&mut self) {
        self.armed.fill(false);
    }

    /// Carries out a request; an error says what is wrong with it.
    pub fn set(
        &mut self,
        sim: &mut Sim,
        request: &SetIrqs,
        data: &[u8],
        fds: Vec<OwnedFd>,
    ) -> Result<(), String> {
        let vectors = self.masked.len() as u32;
        let (start, count) = (request.start, request.count);
        let end = start.checked_add(count).filter(|end| *end <= vectors);
        let Some(end) = end.filter(|_| request.index == IRQ_MSIX) else {
            return Err(format!(
                "SET_IRQS of {count} interrupts from {start} of kind {}; there are {vectors} of kind {IRQ_MSIX}",
                request.index
            ));
        };
        let (kind, action) = (request.flags & 7, request.flags & !7);
        // Which of them the action is for.
        let chosen = |i: u32| match kind {
            SET_DATA_BOOL => data.get((i - start) as usize).is_some_and(|byte| *byte != 0),
            _ => true,
        };
        match (kind, action) {
            (SET_DATA_NONE, SET_ACTION_TRIGGER) if count == 0 => sim.events.disable(),
            (SET_DATA_EVENTFD, SET_ACTION_TRIGGER) if fds.is_empty() => {
                (start..end).for_each(|vector| sim.events.connect(vector, None));
            }
            (SET_DATA_EVENTFD, SET_ACTION_TRIGGER) if fds.len() == count as usize => {
                for (vector, fd) in (start..end).zip(fds) {
                    sim.events.connect(vector, Some(fd));
                }
            }
            (SET_DATA_NONE | SET_DATA_BOOL, SET_ACTION_TRIGGER) => {
                (start..end).filter(|i| chosen(*i)).for_each(|vector| sim.events.fire(vector));
            }
            (SET_DATA_NONE | SET_DATA_BOOL, SET_ACTION_MASK | SET_ACTION_UNMASK) => {
                for vector in (start..end).filter(|i| chosen(*i)) {
                    self.masked[vector as usize] = action == SET_ACTION_MASK;
                }
            }
            _ => {
                return Err(format!(
                    "SET_IRQS with flags {:#x}, {count} interrupts and {} descriptors",
                    request.flags,
                    fds.len()
                ));
            }
        }
        let connected = (0..vectors).any(|vector| sim.events.is_connected(vector));
        // A guest sets and clears the bit itself; for any other client this is what the kernel does.
        if sim.machine.config.pins().msix_enable != connected {
            sim.machine.config.set_msix(connected);
            sim.machine.configured();
        }
        Ok(())
    }

    /// Brings the engine's table up to what is asked for, as far as its BAR answers.
    ///
    /// # Errors
    /// The run is void.
    pub fn update(&mut self, sim: &mut Sim) -> Result<(), TransportError> {
        if sim.machine.config.bar_base(map::BAR).is_none() || sim.machine.config.flr_requested() {
            return Ok(());
        }
        let mut written = false;
        for vector in 0..self.masked.len() {
            let wanted = sim.events.is_connected(vector as u32) && !self.masked[vector];
            if wanted == self.armed[vector] {
                continue;
            }
            let entry = map::MSIX_TABLE_PAGE + 16 * vector as u64;
            if wanted {
                let data = FIRST_VECTOR + vector as u32;
                for (i, word) in
                    [MSI_ADDRESS as u32, (MSI_ADDRESS >> 32) as u32, data].into_iter().enumerate()
                {
                    sim.write(map::BAR, entry + 4 * i as u64, &[word])?;
                }
            }
            sim.write(map::BAR, entry + 12, &[if wanted { 0 } else { MASKED }])?;
            self.armed[vector] = wanted;
            written = true;
        }
        if written {
            // A read behind them tells that they are all in the table.
            sim.read(map::BAR, map::MSIX_TABLE_PAGE, 1)?;
        }
        Ok(())
    }
}
