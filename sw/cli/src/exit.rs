//! Exit codes and the one line that an error becomes.

use ferrolane::{Error, TransportError};

/// The run was interrupted by a signal.
#[derive(Debug)]
pub struct Interrupted;

impl std::fmt::Display for Interrupted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("interrupted; the queues were stopped and no output file was left")
    }
}

impl std::error::Error for Interrupted {}

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

/// The documented exit code of an error.
pub fn code(error: &anyhow::Error) -> u8 {
    for cause in error.chain() {
        if cause.is::<Interrupted>() {
            return 130;
        }
        if cause.is::<Usage>() {
            return 2;
        }
        if cause.is::<Differs>() {
            return 5;
        }
        if let Some(e) = cause.downcast_ref::<TransportError>() {
            return transport_code(e);
        }
        if let Some(e) = cause.downcast_ref::<Error>() {
            match e {
                Error::Transport(t) => return transport_code(t),
                Error::DeviceLost { .. } => return 7,
                Error::Timeout { .. } | Error::QueueStuck { .. } => return 6,
                _ => {}
            }
        }
    }
    1
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

/// The error and its causes in one line, without saying twice what an outer error quotes already. A decoded dump of
/// the simulation keeps its lines.
pub fn one_line(error: &anyhow::Error) -> String {
    let mut text = error.to_string();
    for cause in error.chain().skip(1) {
        let cause = cause.to_string();
        if !text.contains(&cause) {
            text = format!("{text}: {cause}");
        }
    }
    text
}
