//! Which of some descriptors can be read, without waiting.

use std::os::fd::BorrowedFd;

use rustix::event::{poll, PollFd, PollFlags, Timespec};

/// Index of the first readable descriptor.
///
/// # Errors
/// The system's.
pub fn readable(fds: &[BorrowedFd<'_>]) -> std::io::Result<Option<usize>> {
    if fds.is_empty() {
        return Ok(None);
    }
    let mut set: Vec<PollFd<'_>> =
        fds.iter().map(|fd| PollFd::from_borrowed_fd(*fd, PollFlags::IN)).collect();
    let now = Timespec { tv_sec: 0, tv_nsec: 0 };
    match poll(&mut set, Some(&now)) {
        Ok(_) => Ok(set.iter().position(|fd| fd.revents().intersects(PollFlags::IN))),
        Err(rustix::io::Errno::INTR) => Ok(None),
        Err(error) => Err(error.into()),
    }
}
