//! How the path's surroundings behave.

use rand::{rngs::StdRng, Rng};

use crate::axi;
use crate::host::Habits;

/// How the surroundings behave; probabilities are per clock.
#[derive(Clone, Copy, Debug)]
pub struct Knobs {
    pub host: Habits,
    /// Max_Read_Request_Size is 128 << `mrrs`.
    pub mrrs: u64,
    pub ext_tag: bool,
    pub read_ready: f64,
    pub card_ready: f64,
    pub record_ready: f64,
    /// That a queue's pause changes.
    pub pause: f64,
    /// log2 of the completion ring.
    pub ring: u32,
    /// The host takes records.
    pub consume: bool,
    /// `cfg_ns_enable`, `cfg_ro_enable`; the queues want Relaxed Ordering only.
    pub attr: u32,
    /// Memory queues, and how their memory behaves.
    pub memory: u64,
    pub axi: axi::Habits,
}

impl Knobs {
    /// Nobody stalls.
    pub fn fast() -> Self {
        Knobs {
            host: Habits {
                rcb: 64,
                split: 0.0,
                reorder: false,
                beat: 1.0,
                latency: 100,
                retry: 0.0,
                stray: 0.0,
            },
            mrrs: 2,
            ext_tag: true,
            read_ready: 1.0,
            card_ready: 1.0,
            record_ready: 1.0,
            pause: 0.0,
            ring: 16,
            consume: true,
            attr: 0,
            memory: 0,
            axi: axi::Habits::fast(),
        }
    }

    /// Anything.
    pub fn random(rng: &mut StdRng) -> Self {
        let mut p = |low: f64| if rng.random_bool(0.4) { 1.0 } else { rng.random_range(low..1.0) };
        let (beat, read_ready, card_ready, record_ready) = (p(0.2), p(0.05), p(0.2), p(0.05));
        Knobs {
            host: Habits {
                rcb: if rng.random_bool(0.5) { 64 } else { 128 },
                split: rng.random_range(0.0..=1.0),
                reorder: rng.random_bool(0.7),
                beat,
                latency: rng.random_range(5..300),
                retry: if rng.random_bool(0.3) { 0.1 } else { 0.0 },
                stray: if rng.random_bool(0.3) { 0.02 } else { 0.0 },
            },
            mrrs: rng.random_range(0..=5),
            ext_tag: rng.random_bool(0.7),
            read_ready,
            card_ready,
            record_ready,
            pause: if rng.random_bool(0.4) { 0.01 } else { 0.0 },
            ring: rng.random_range(1..=5),
            consume: true,
            attr: rng.random_range(0..4),
            memory: if rng.random() { rng.random() } else { 0 },
            axi: axi::Habits::random(rng),
        }
    }
}
