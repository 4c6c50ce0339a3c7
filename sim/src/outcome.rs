//! What a run has come to: its numbers, and why it is void if it is.

use crate::checker::violation::Report;
use crate::link::LaneStats;

/// Why a run is void.
#[derive(Clone, Debug)]
pub enum Failure {
    /// The checker found something.
    Rule(Box<Report>),
    /// The card's model stopped.
    Model(String),
    /// The log of TLPs can't be written.
    Log(String),
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Failure::Rule(report) => report.fmt(f),
            Failure::Model(text) | Failure::Log(text) => f.write_str(text),
        }
    }
}

/// What happened so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Statistics {
    /// Clocks since power-up.
    pub clocks: u64,
    /// Card to host.
    pub to_host: LaneStats,
    /// Host to card.
    pub to_card: LaneStats,
    /// Reads of the card that were answered.
    pub reads: u64,
    /// Of these, refused by the IOMMU.
    pub reads_refused: u64,
    /// Host reads of the BAR.
    pub mmio_reads: u64,
    /// Host writes to the BAR.
    pub mmio_writes: u64,
    /// Host reads that were never answered.
    pub mmio_timeouts: u64,
    /// Accesses that the IOMMU refused, reads and writes.
    pub faults: u64,
    /// TLPs that the checker has judged.
    pub judged: u64,
}
