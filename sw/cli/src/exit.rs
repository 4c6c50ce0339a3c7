//! Exit codes and the one line that an error becomes.

use ferrolane::vfio::{Blame, SetupError};
use ferrolane::{Error, TransportError};

/// Exit code of a run that a signal ended.
pub const INTERRUPTED: u8 = 130;

/// The run was interrupted by a signal.
#[derive(Debug)]
pub struct Interrupted;

impl std::fmt::Display for Interrupted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("interrupted; the queues were stopped and no output file was written")
    }
}

impl std::error::Error for Interrupted {}

/// A signal came while the host was set up, which was done to its end.
#[derive(Debug)]
pub struct InterruptedAfter;

impl std::fmt::Display for InterruptedAfter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("interrupted; what was begun was done to its end, nothing is left half-way")
    }
}

impl std::error::Error for InterruptedAfter {}

/// A card can't be used as the host is.
#[derive(Debug)]
pub struct NotReady {
    /// Which card, and the first failure.
    pub text: String,
    /// Exit code of that failure.
    pub code: u8,
}

impl std::fmt::Display for NotReady {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for NotReady {}

/// The words of the command line can't be followed.
#[derive(Debug)]
pub struct Usage(pub String);

impl std::fmt::Display for Usage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Usage {}

/// What came back is not what was sent.
#[derive(Debug)]
pub struct Differs {
    /// Byte offset in the file.
    pub offset: u64,
    /// What was sent there.
    pub sent: u8,
    /// What came back.
    pub received: u8,
}

impl std::fmt::Display for Differs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "data differ at byte {}: sent {:#04x}, received {:#04x} (xor {:#04x})",
            self.offset,
            self.sent,
            self.received,
            self.sent ^ self.received
        )
    }
}

impl std::error::Error for Differs {}

/// What arrived is not the card's pattern, said in a line.
#[derive(Debug)]
pub struct Wrong(pub String);

impl std::fmt::Display for Wrong {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Wrong {}

/// Nothing moved for too long, said in a line.
#[derive(Debug)]
pub struct TimedOut(pub String);

impl std::fmt::Display for TimedOut {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for TimedOut {}

/// The documented exit code of an error.
pub fn code(error: &anyhow::Error) -> u8 {
    error.chain().find_map(code_of).unwrap_or(1)
}

fn code_of(cause: &(dyn std::error::Error + 'static)) -> Option<u8> {
    if cause.is::<Interrupted>() || cause.is::<InterruptedAfter>() {
        return Some(INTERRUPTED);
    }
    if let Some(error) = cause.downcast_ref::<NotReady>() {
        return Some(error.code);
    }
    if let Some(error) = cause.downcast_ref::<SetupError>() {
        return Some(setup_code(error));
    }
    if cause.is::<Usage>() {
        return Some(2);
    }
    if cause.is::<TimedOut>() {
        return Some(6);
    }
    if cause.is::<Differs>() || cause.is::<Wrong>() {
        return Some(5);
    }
    if let Some(error) = cause.downcast_ref::<TransportError>() {
        return Some(transport_code(error));
    }
    match cause.downcast_ref::<Error>()? {
        Error::Transport(error) => Some(transport_code(error)),
        Error::NoSuchQueue { .. } | Error::CardAlignment { .. } | Error::CardRange { .. } => Some(2),
        Error::NotFerrolane { .. } => Some(3),
        Error::Alloc(_) | Error::Iova(_) => Some(4),
        Error::Timeout { .. } | Error::QueueStuck { .. } => Some(6),
        Error::DeviceLost { .. } => Some(7),
        _ => None,
    }
}

/// The code of a finding.
pub fn blame_code(blame: Blame) -> u8 {
    match blame {
        Blame::Missing | Blame::OtherCard => 3,
        Blame::Setup => 4,
        Blame::Lost => 7,
        Blame::Other => 1,
    }
}

fn setup_code(error: &SetupError) -> u8 {
    match error {
        SetupError::NoDevice(_) | SetupError::NotOurs { .. } => 3,
        SetupError::Host { finding, .. } => blame_code(finding.blame),
        SetupError::InUse { .. } | SetupError::Permission { .. } => 4,
        _ => 1,
    }
}

fn transport_code(error: &TransportError) -> u8 {
    match error {
        TransportError::NoDevice(_) => 3,
        TransportError::Permission(_) | TransportError::Map { .. } => 4,
        TransportError::DeviceLost(_) => 7,
        TransportError::Simulation(_) => 8,
        _ => 1,
    }
}

/// The error and its causes in one line, without saying twice what an outer error quotes already. Only a decoded dump
/// of the simulation keeps its lines.
pub fn one_line(error: &anyhow::Error) -> String {
    let mut text = error.to_string();
    for cause in error.chain().skip(1) {
        let cause = cause.to_string();
        if !text.contains(&cause) {
            text = format!("{text}: {cause}");
        }
    }
    if error.chain().any(|cause| code_of(cause) == Some(8)) {
        return text;
    }
    // Names of files may hold anything.
    text.chars()
        .map(|c| if c.is_control() { c.escape_default().to_string() } else { c.to_string() })
        .collect()
}

#[cfg(test)]
mod tests {
    use anyhow::anyhow;

    use super::*;

    fn code_under_context(error: impl std::error::Error + Send + Sync + 'static) -> u8 {
        code(&anyhow::Error::new(error).context("doing something"))
    }

    #[test]
    fn codes_are_the_documented_ones() {
        let lost = Error::DeviceLost { register: "STATUS" };
        let not_ours = Error::NotFerrolane { found: 1, expected: 2 };
        let map = TransportError::Map { iova: 0, len: 4096, reason: "no".into() };
        let differs = Differs { offset: 0, sent: 1, received: 2 };
        assert_eq!(code(&anyhow!("anything")), 1);
        assert_eq!(code_under_context(Usage("no".into())), 2);
        assert_eq!(code_under_context(not_ours), 3);
        assert_eq!(code_under_context(TransportError::NoDevice("no".into())), 3);
        assert_eq!(code_under_context(Error::Transport(TransportError::Permission("no".into()))), 4);
        assert_eq!(code_under_context(map), 4);
        assert_eq!(code_under_context(differs), 5);
        assert_eq!(code_under_context(lost), 7);
        assert_eq!(code_under_context(Error::Transport(TransportError::DeviceLost("no".into()))), 7);
        assert_eq!(code_under_context(TransportError::Simulation("illegal TLP".into())), 8);
        assert_eq!(code_under_context(Interrupted), 130);
        assert_eq!(code_under_context(InterruptedAfter), 130);
        assert_eq!(code_under_context(SetupError::NoDevice("no".into())), 3);
        assert_eq!(code_under_context(SetupError::Result("no".into())), 1);
        assert_eq!(code_under_context(NotReady { text: "no".into(), code: 7 }), 7);
    }

    #[test]
    fn causes_are_said_once_in_one_line() {
        let error = anyhow!("no\nroom").context("cannot write").context("saving: cannot write");
        assert_eq!(one_line(&error), "saving: cannot write: no\\nroom");
    }

    #[test]
    fn a_dump_of_the_simulation_keeps_its_lines() {
        let error: anyhow::Error =
            Error::Transport(TransportError::Simulation("illegal TLP\n  MWr64".into())).into();
        assert_eq!(one_line(&error), "illegal TLP\n  MWr64");
    }
}
