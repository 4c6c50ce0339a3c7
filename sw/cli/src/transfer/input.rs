//! The file to send.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::Arc;

use anyhow::{bail, Context, Result};
use ferrolane::DmaBuffer;
use rustix::event::{poll, PollFd, PollFlags, Timespec};

use crate::exit::Interrupted;

/// How often a read that sleeps looks whether it should stop: 100 ms.
const LOOK: Timespec = Timespec { tv_sec: 0, tv_nsec: 100_000_000 };

/// An open input.
pub struct Input {
    file: File,
    path: PathBuf,
    stop: Arc<AtomicBool>,
}

impl Input {
    /// Opens it. Reads end early when `stop` is set.
    pub fn open(path: &Path, stop: Arc<AtomicBool>) -> Result<Self> {
        let cannot = || format!("cannot read {}", path.display());
        let file = File::open(path).with_context(cannot)?;
        if file.metadata().with_context(cannot)?.is_dir() {
            bail!("cannot read {}: it is a directory, not a file", path.display());
        }
        Ok(Input { file, path: path.to_owned(), stop })
    }

    /// Its length in bytes, if that is known before it ends.
    pub fn len(&self) -> Option<u64> {
        self.file.metadata().ok().filter(|m| m.is_file()).map(|m| m.len())
    }

    /// Fills the buffer as far as there is something. Answers how many bytes came; 0 is the end.
    pub fn fill(&mut self, buffer: &mut DmaBuffer) -> Result<usize> {
        let result = buffer.fill_from(self);
        if self.stop.load(Ordering::Relaxed) {
            return Err(Interrupted.into());
        }
        result.with_context(|| format!("cannot read {}", self.path.display()))
    }
}

impl Read for Input {
    /// A pipe or terminal may have nothing to say for long, and the system takes up a read again after a signal, so
    /// the sleep is in `poll`.
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while !self.stop.load(Ordering::Relaxed) {
            match poll(&mut [PollFd::new(&self.file, PollFlags::IN)], Some(&LOOK)) {
                Ok(0) | Err(rustix::io::Errno::INTR) => {}
                Ok(_) => return self.file.read(into),
                Err(error) => return Err(error.into()),
            }
        }
        Err(io::Error::other(Interrupted))
    }
}
