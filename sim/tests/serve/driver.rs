//! The project's own driver on a served card.

use std::sync::Arc;

use ferrolane::{Device, Transport};
use ferrolane_sim::serve::{Dma, Notice};
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
