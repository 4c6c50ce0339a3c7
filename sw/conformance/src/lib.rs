//! The conformance of transports: one list of operations and what each must give, the same for a card behind VFIO, the
//! simulation in process and a card that is served. A difference fails.
//!
//! ```text
//!  STEPS ── Bench: one queue pair in direct mode ── Transport
//!    └ expected text ── compared with ── text that the operation gave
//! ```
//!
//! The operations use registers and memory as a driver does, below the driver: what is tested is the transport and what
//! is behind it, translation, faults, interrupts and resets included.

mod bench;
mod dma;
mod registers;

use std::sync::Arc;

use ferrolane::Transport;

pub use bench::Bench;

/// What an operation gives, in words; an error is a result too.
pub type Seen = Result<String, ferrolane::TransportError>;

/// An operation.
pub struct Step {
    /// What it does.
    pub name: &'static str,
    /// What it must give.
    pub expected: &'static str,
    /// Does it.
    pub run: fn(&mut Bench) -> Seen,
}

/// What an operation gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The operation.
    pub name: &'static str,
    /// What it must give.
    pub expected: &'static str,
    /// What it gave.
    pub seen: String,
}

impl Outcome {
    /// Whether they are the same.
    pub fn passed(&self) -> bool {
        self.seen == self.expected
    }
}

impl std::fmt::Display for Outcome {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.passed() {
            true => write!(f, "ok    {}", self.name),
            false => write!(f, "FAIL  {}: expected {:?}, found {:?}", self.name, self.expected, self.seen),
        }
    }
}

/// All operations, in order; each starts from a reset function and leaves nothing mapped.
pub fn steps() -> impl Iterator<Item = &'static Step> {
    registers::STEPS.iter().chain(dma::STEPS)
}

/// Runs them all on a card that nobody else uses. `told` hears of each as it ends.
pub fn run(transport: &Arc<dyn Transport>, mut told: impl FnMut(&Outcome)) -> Vec<Outcome> {
    let mut outcomes = Vec::new();
    for step in steps() {
        let seen = Bench::open(transport).and_then(|mut bench| {
            let seen = (step.run)(&mut bench);
            bench.close()?;
            seen
        });
        let seen = seen.unwrap_or_else(|error| format!("error: {error}"));
        let outcome = Outcome { name: step.name, expected: step.expected, seen };
        told(&outcome);
        outcomes.push(outcome);
    }
    outcomes
}
