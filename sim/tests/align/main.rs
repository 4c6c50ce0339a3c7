//! Every alignment: lengths around the port's width, a TLP, a request and a page, at every host offset and card offset.
//!
//! Each case writes to the card's memory and reads back (memory queues), and sends a packet through the loopback (stream queues).
//! `ALIGN_EVERY` takes only each so-many-th case (a slice unless set); `make soak-align` takes all, on every link below.

mod cases;
mod memory;
mod stream;

use std::sync::Arc;

use ferrolane::{Device, DeviceOptions, Transport};
use ferrolane_sim::{Options, SimTransport};

use cases::Cases;

/// Device time without any progress that fails a case, in nanoseconds.
pub const PATIENCE: u64 = 5_000_000;

/// Cuts of completions and stalls: as few as there can be; at every Read Completion Boundary of either kind; anywhere allowed, in any order, with
/// the transmit streams held off; the shortest TLPs; the longest.
const LINKS: [&str; 5] = [
    "sim",
    "sim:split=rcb,rcb=64,throttle=40%,jitter=300ns",
    "sim:split=rcb,rcb=128,mps=512,mrrs=1024",
    "sim:split=random,reorder=60%,jitter=1us,throttle=30%,exttag=off,seed=7",
    "sim:mps=128,mrrs=128,split=random,throttle=60%,reorder=30%,seed=8",
];

/// The device behind a link, and how much of all there is to do on it.
pub struct Rig {
    /// The device.
    pub device: Device,
    /// The cases to run.
    pub cases: Cases,
}

fn rig(link: usize) -> Rig {
    let sim = SimTransport::open(Options::parse(LINKS[link]).unwrap()).unwrap_or_else(|e| panic!("{e}"));
    let transport: Arc<dyn Transport> = Arc::new(sim);
    let device = Device::open_with(transport, DeviceOptions::default()).unwrap_or_else(|e| panic!("{e}"));
    let every = match std::env::var("ALIGN_EVERY") {
        Ok(text) => text.parse().unwrap_or_else(|_| panic!("ALIGN_EVERY={text} is no number")),
        Err(_) => 97,
    };
    let width = device.parameters().port_bits as usize / 8;
    // Each link begins elsewhere, so that a slice of each is another one.
    Rig { device, cases: Cases::new(width, every, link) }
}

/// Both kinds of queues on one link.
fn sweep(link: usize) {
    let rig = rig(link);
    let (cases, bytes) = memory::sweep(&rig);
    let (packets, packet_bytes) = stream::sweep(&rig);
    println!(
        "{:<72} {cases:>6} copies each way, {bytes:>9} bytes; {packets:>6} packets, {packet_bytes:>9} bytes",
        LINKS[link]
    );
    assert_eq!(cases, rig.cases.count());
    assert_eq!(packets, rig.cases.count());
}

#[test]
fn as_few_completions_as_can_be() {
    sweep(0);
}

#[test]
fn cut_at_every_64_bytes() {
    sweep(1);
}

#[test]
fn cut_at_every_128_bytes() {
    sweep(2);
}

#[test]
fn cut_anywhere_in_any_order_with_stalls() {
    sweep(3);
}

#[test]
fn shortest_tlps_with_stalls() {
    sweep(4);
}
