//! A refusal that loses nothing.

use std::fmt;

use crate::error::Error;

/// A request that was not accepted, with the request, so that nothing is lost.
pub struct Rejected<T> {
    /// What was to be submitted. `None` if the queue has it already and only the doorbell failed.
    pub request: Option<T>,
    /// Why it was not.
    pub error: Error,
}

impl<T> fmt::Debug for Rejected<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Rejected({:?})", self.error)
    }
}

impl<T> fmt::Display for Rejected<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}

impl<T> std::error::Error for Rejected<T> {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.error)
    }
}

impl<T> From<Rejected<T>> for Error {
    fn from(rejected: Rejected<T>) -> Error {
        rejected.error
    }
}
