//! What a server has to say.

use crate::iommu::Fault;

/// An event that its user may want to know of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// A client has connected.
    Connected,
    /// The client is gone; the card was reset. What it did: register accesses and interrupts.
    Disconnected {
        /// Accesses to BARs.
        accesses: u64,
        /// Interrupts delivered.
        interrupts: u64,
    },
    /// The client was cut off.
    CutOff(String),
    /// A request was refused.
    Refused(String),
    /// Another client was turned away, since there is one.
    Busy,
    /// The card accessed what is not mapped for it.
    Fault(Fault),
    /// The card broke a rule or its model stopped: it does nothing more until it is powered up for the next client.
    Failed(String),
    /// The card was powered up anew.
    PoweredUp,
}

impl std::fmt::Display for Notice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Notice::Connected => write!(f, "client connected"),
            Notice::Disconnected { accesses, interrupts } => write!(
                f,
                "client disconnected after {accesses} register accesses and {interrupts} interrupts; the card was reset"
            ),
            Notice::CutOff(why) => write!(f, "client cut off: {why}"),
            Notice::Refused(what) => write!(f, "refused: {what}"),
            Notice::Busy => write!(f, "another client was turned away: one at a time"),
            Notice::Fault(fault) => fault.fmt(f),
            Notice::Failed(text) => write!(f, "the card is lost until the next client: {text}"),
            Notice::PoweredUp => write!(f, "the card was powered up anew"),
        }
    }
}
