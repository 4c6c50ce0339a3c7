//! Interrupts as event file descriptors, as VFIO gives them.

use std::os::fd::{AsFd, OwnedFd};

use rustix::event::{eventfd, poll, EventfdFlags, PollFd, PollFlags, Timespec};

/// One event descriptor per vector that is connected.
#[derive(Default)]
pub struct Events {
    vectors: Vec<Option<OwnedFd>>,
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
            kept.push(Some(fd));
        }
        self.vectors = kept;
        Ok(given)
    }

    /// Connects a vector to a descriptor of somebody else, or to none.
    pub fn connect(&mut self, vector: u32, fd: Option<OwnedFd>) {
        let vector = vector as usize;
        if self.vectors.len() <= vector {
            self.vectors.resize_with(vector + 1, || None);
        }
        self.vectors[vector] = fd;
    }

    /// Drops all.
    pub fn disable(&mut self) {
        self.vectors.clear();
    }

    /// Vectors up to the last one that is enabled.
    pub fn count(&self) -> u32 {
        self.vectors.len() as u32
    }

    /// Whether a vector has somewhere to go.
    pub fn is_connected(&self, vector: u32) -> bool {
        self.vectors.get(vector as usize).is_some_and(Option::is_some)
    }

    /// A vector has fired.
    pub fn fire(&mut self, vector: u32) {
        match self.vectors.get(vector as usize) {
            Some(Some(fd)) => {
                self.fired += 1;
                // A counter that is full is readable anyway, and whoever gave the descriptor must not hold the clock.
                let mut set = [PollFd::from_borrowed_fd(fd.as_fd(), PollFlags::OUT)];
                let now = Timespec { tv_sec: 0, tv_nsec: 0 };
                if poll(&mut set, Some(&now)) == Ok(1) && set[0].revents().contains(PollFlags::OUT) {
                    let _ = rustix::io::write(fd.as_fd(), &1u64.to_ne_bytes());
                }
            }
            _ => self.spurious += 1,
        }
    }

    /// Interrupts delivered, and those of vectors that are not enabled.
    pub fn counts(&self) -> (u64, u64) {
        (self.fired, self.spurious)
    }
}
