//! The project's own driver on a served card.

use std::sync::Arc;

use ferrolane::transport::Woken;
use ferrolane::{Device, Transport};
use ferrolane_sim::serve::{Dma, Notice, Pace};
use ferrolane_vfio_user::VfioUserTransport;

use crate::bed::Bed;
use crate::work::loopback;

fn open(bed: &Bed) -> Device {
    let transport: Arc<dyn Transport> = Arc::new(VfioUserTransport::open(&bed.socket).unwrap());
    Device::open(transport).unwrap()
}

fn moves_data(preset: &str, dma: Dma) {
    let bed = Bed::start(preset, dma);
    let device = open(&bed);
    assert_eq!(device.transport().facts().link_lanes, 8);
    assert_eq!(loopback(&device, 200_000, false), 200_000);
    assert_eq!(loopback(&device, 50_000, true), 50_000);
    drop(device);
    let said = bed.wait_for(|notice| matches!(notice, Notice::Disconnected { .. }));
    assert!(matches!(said, Notice::Disconnected { interrupts: 1.., .. }), "{said:?}");
    assert!(bed.stop().iter().all(|n| matches!(n, Notice::Connected | Notice::Disconnected { .. })));
}

#[test]
fn data_goes_through_mapped_memory() {
    moves_data("sim:gen3x8,seed=5", Dma::Mapped);
}

#[test]
fn data_goes_by_messages() {
    moves_data("sim:gen3x8,seed=5,reorder=20,split=random", Dma::Messages);
}

/// Device time never passes faster than the wall clock's then; how much slower it is, is the machine's affair.
#[test]
fn a_clock_that_keeps_pace_is_never_ahead() {
    const WAIT: u64 = 100_000_000;
    // 5,000 clocks, which a free clock runs in a fraction of that time.
    let bed = Bed::paced("sim:clock=20us,latency=200us,mmio_timeout=1s", Dma::Mapped, Pace::RealTime);
    let device = open(&bed);
    assert_eq!(loopback(&device, 20_000, true), 20_000);
    let transport = device.transport();
    let (began, before) = (std::time::Instant::now(), transport.now());
    assert_eq!(transport.wait(&[], before + WAIT).unwrap(), Woken::Deadline);
    let (elapsed, passed) = (began.elapsed().as_nanos(), u128::from(transport.now() - before));
    assert!(passed >= u128::from(WAIT), "{passed} ns of device time");
    // A pump sleeps only when it is a millisecond ahead.
    assert!(elapsed + 2_000_000 > u128::from(WAIT), "{elapsed} ns of wall time");
}
