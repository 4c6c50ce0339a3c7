//! Interrupts as event file descriptors, as VFIO gives them.

use std::os::fd::{AsFd, OwnedFd};

use rustix::event::{eventfd, EventfdFlags};

/// One event descriptor per enabled vector.
#[derive(Default)]
pub struct Events {
    vectors: Vec<OwnedFd>,
    fired: u64,
    spurious: u64,
}

impl Events {
    /// Replaces all descriptors by `count` new ones and gives the receiving ends.
    ///
    /// # Errors
    /// The process has too many descriptors open.
    pub fn enable(&mut self, count: u32) -> std::io::Result<Vec<OwnedFd>> {
        let mut kept = Vec::new();
        let mut given = Vec::new();
        for _ in 0..count {
            let fd = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?;
            given.push(fd.try_clone()?);
            kept.push(fd);
        }
        self.vectors = kept;
        Ok(given)
    }

    /// Drops all.
    pub fn disable(&mut self) {
        self.vectors.clear();
    }

    /// Vectors that are enabled.
    pub fn count(&self) -> u32 {
        self.vectors.len() as u32
    }

    /// A vector has fired.
    pub fn fire(&mut self, vector: u32) {
        match self.vectors.get(vector as usize) {
            Some(fd) => {
                self.fired += 1;
                // The counter saturates far beyond any run; a full one is readable anyway.
                let _ = rustix::io::write(fd.as_fd(), &1u64.to_ne_bytes());
            }
            None => self.spurious += 1,
        }
    }

    /// Interrupts delivered, and those of vectors that are not enabled.
    pub fn counts(&self) -> (u64, u64) {
        (self.fired, self.spurious)
    }
}
