//! The list of operations that every transport must do alike.

use std::sync::Arc;

use ferrolane::Transport;
use ferrolane_conformance::Outcome;
use ferrolane_sim::serve::Dma;
use ferrolane_sim::{Options, SimTransport};
use ferrolane_vfio_user::VfioUserTransport;

use crate::bed::Bed;

fn check(name: &str, transport: Arc<dyn Transport>) {
    let outcomes = ferrolane_conformance::run(&transport, |_| ());
    assert!(outcomes.len() >= 20);
    let failed: Vec<String> = outcomes.iter().filter(|o| !o.passed()).map(Outcome::to_string).collect();
    assert!(failed.is_empty(), "{name}:\n{}", failed.join("\n"));
}

fn in_process(preset: &str) {
    check(preset, Arc::new(SimTransport::open(Options::parse(preset).unwrap()).unwrap()));
}

fn served(preset: &str, dma: Dma) {
    let bed = Bed::start(preset, dma);
    check(preset, Arc::new(VfioUserTransport::open(&bed.socket).unwrap()));
}

#[test]
fn in_process_stepped() {
    in_process("sim:seed=11");
}

#[test]
fn in_process_pumped() {
    in_process("sim:seed=11,pump=thread");
}

#[test]
fn served_with_mapped_memory() {
    served("sim:seed=11", Dma::Mapped);
}

#[test]
fn served_by_messages() {
    served("sim:seed=11", Dma::Messages);
}
