//! Queues over the behavioural model.

mod drain;
mod feed;
mod flow;
mod lies;
mod rounds;
mod service;
mod wake;

use std::sync::{Arc, Mutex};

use super::*;
use crate::device::DeviceOptions;
use crate::mock::MockCard;
use crate::region::DmaRegion;
use crate::transport::DmaAccess;
use crate::warning::Warning;
use ferrolane_abi::map::Direction;

/// A model, the device over it, and the warnings it gives.
struct Bench {
    card: MockCard,
    device: Device,
    warnings: Arc<Mutex<Vec<Warning>>>,
}

fn bench() -> Bench {
    let card = MockCard::default();
    let warnings = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&warnings);
    let options = DeviceOptions {
        warnings: Arc::new(move |w: &Warning| sink.lock().unwrap().push(w.clone())),
        ..DeviceOptions::default()
    };
    let device = Device::open_with(card.transport(), options).unwrap();
    Bench { card, device, warnings }
}

impl Bench {
    fn warnings(&self) -> Vec<Warning> {
        self.warnings.lock().unwrap().clone()
    }

    fn region(&self, len: usize) -> DmaRegion {
        self.device.allocate(len, DmaAccess::Both).unwrap()
    }

    /// Both ends of loopback queue 0 with `entries` each.
    fn pair(&self, entries: u32) -> (H2cQueue, C2hQueue) {
        let config = config(entries);
        (self.device.open_h2c(0, config.clone()).unwrap(), self.device.open_c2h(0, config).unwrap())
    }

    fn soon(&self) -> DeviceNanos {
        self.device.deadline(1_000_000)
    }
}

fn config(entries: u32) -> QueueConfig {
    QueueConfig { entries, drain_nanos: 100_000, ..QueueConfig::default() }
}

/// Bytes that differ from place to place.
fn pattern(seed: u32, len: usize) -> Vec<u8> {
    (0..len as u32).map(|i| (i.wrapping_mul(2_654_435_761).wrapping_add(seed) >> 13) as u8).collect()
}
