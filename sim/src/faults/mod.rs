//! Faults on purpose: what a broken root complex, link or neighbour does to the card, planned beforehand.
//!
//! ```text
//!  Options::plan ─► Injector ─┬─ completion faults: Reads asks for each completion that it makes
//!                             └─ timed faults: Machine asks in each clock
//! ```
//! A plan is text (`fault=ur@3`, see [`text`]) or made of [`Fault`]s. Each fault counts how often it was really applied, so
//! that a test can say that its fault happened. TLPs that break a rule on purpose are marked
//! ([`Standing`](crate::packet::Standing)), so that the checker goes on judging every TLP of the card.

pub mod forge;
pub mod injector;
pub mod plan;
pub mod text;
mod timed;

pub use injector::{Applied, Injector};
pub use plan::{CompletionFault, CompletionKind, Fault, Target, TimedFault, TimedKind, When};
