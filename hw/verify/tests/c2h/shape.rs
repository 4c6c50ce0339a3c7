//! What the traffic looks like.

use rand::{rngs::StdRng, Rng};

/// What the traffic looks like.
#[derive(Clone, Debug)]
pub struct Shape {
    /// Chance that the card offers a beat in a clock, and that a beat or record is taken.
    pub card: f64,
    pub ready: f64,
    pub record_ready: f64,
    /// Chance per clock that the host posts a descriptor, and that it takes a record.
    pub post: f64,
    pub consume: f64,
    /// Longest packet and descriptor in bytes; lengths are log-uniform unless fixed.
    pub packet: usize,
    pub descriptor: usize,
    pub fixed: bool,
    /// Buffers follow each other at multiples of 64.
    pub aligned: bool,
    /// Other events on the buses of both directions.
    pub buses_busy: bool,
    /// Chance of a descriptor with FENCE.
    pub fence: f64,
    /// MODE.WEIGHT, with no attributes; None: random.
    pub weight: Option<u64>,
    /// Chance that a descriptor is bad.
    pub bad: f64,
    /// The card stops at `c2h_pause`, at the latest after this many more beats; None: it never stops.
    pub heed: Option<u32>,
    /// The card sends packets of the first so many queues.
    pub queues: usize,
    /// Chance of a beat for a queue that doesn't exist.
    pub stray: f64,
    /// Max_Payload_Size is 128 << this.
    pub mps: u32,
    /// MODE.DROP and MODE.STORE_FORWARD.
    pub drop: u64,
    pub store: bool,
    /// FLUSH_TIME, and the chance per clock of a command to flush some queue.
    pub flush_time: u64,
    pub flush: f64,
    /// Chance that a queue is a memory queue, that one of 64 bytes in so many can't be read, and that the memory does something in a clock.
    pub memory: f64,
    pub errors: u64,
    pub axi: f64,
    /// log2 of the completion ring's entries, if given.
    pub cpl_log2: Option<u32>,
}

impl Shape {
    pub fn random(rng: &mut StdRng) -> Self {
        let mut p = || [0.1, 0.3, 0.7, 1.0][rng.random_range(0..4)];
        let (card, ready, record_ready, post, consume) = (p(), p(), p(), p() / 8.0, p() / 4.0);
        Shape {
            card,
            ready,
            record_ready,
            post,
            consume,
            packet: 1 << rng.random_range(1..14),
            descriptor: 1 << rng.random_range(1..14),
            fixed: false,
            aligned: false,
            buses_busy: true,
            fence: [0.0, 0.05, 0.5][rng.random_range(0..3)],
            weight: None,
            bad: 0.0,
            heed: if rng.random() { Some(rng.random_range(0..16)) } else { None },
            queues: 64,
            stray: 0.02,
            mps: rng.random_range(0..4),
            drop: 0,
            store: false,
            flush_time: 0,
            flush: 0.0,
            memory: 0.0,
            errors: 0,
            axi: 1.0,
            cpl_log2: None,
        }
    }

    /// A card and a host that never stop.
    pub fn full_speed(packet: usize, descriptor: usize) -> Self {
        Shape {
            card: 1.0,
            ready: 1.0,
            record_ready: 1.0,
            post: 1.0,
            consume: 1.0,
            packet,
            descriptor,
            fixed: true,
            aligned: true,
            buses_busy: false,
            fence: 0.0,
            weight: Some(7),
            bad: 0.0,
            heed: Some(8),
            stray: 0.0,
            queues: 64,
            mps: 1,
            drop: 0,
            store: false,
            flush_time: 0,
            flush: 0.0,
            memory: 0.0,
            errors: 0,
            axi: 1.0,
            cpl_log2: Some(7),
        }
    }
}
