//! The host's accesses never wait for what the engine wants to send.
//!
//! A device may not make the acceptance of a posted request depend on its own requests being transmitted (PCIe Base
//! Spec r5 2.4.1, 2.6.1), or both sides can wait for each other. Without bus mastering the engine can send nothing at
//! all, for as long as one likes.

use ferrolane::{DmaAccess, H2cRequest, Queue, QueueConfig};
use ferrolane_abi::map::{self, Direction};
use ferrolane_abi::regs::{global, queue};

use crate::rig::{rig, Rig};

/// Starts and stops a queue by its registers, and reads one.
fn start_and_stop(rig: &Rig, direction: Direction, index: u32) {
    let control = map::queue_regs(direction, index) + u64::from(queue::CTRL.offset);
    for run in [1, 0] {
        rig.device.write32(control, run).unwrap();
        let start = rig.control.clocks();
        assert_eq!(rig.device.read_global(&global::MAGIC).unwrap(), global::MAGIC.reset());
        let took = rig.control.clocks() - start;
        assert!(took < 2_000, "{direction:?} {index}, RUN={run}: a read took {took} clocks");
    }
}

/// Fills queue 0 with `count` packets of `len` bytes and takes bus mastering away in the middle.
fn stalled_by(count: u32, len: usize, clocks: u32) {
    let rig = rig("sim");
    let config = QueueConfig { entries: 256, interrupt: false, ..QueueConfig::default() };
    let mut h2c = rig.device.open_h2c(0, config).unwrap();
    let region = rig.device.allocate(len * count as usize, DmaAccess::DeviceReads).unwrap();
    for i in 0..count as usize {
        h2c.push(H2cRequest::packet(region.buffer(i * len..(i + 1) * len).unwrap())).unwrap();
    }
    h2c.commit().unwrap();
    rig.transport.relax(clocks).unwrap();
    rig.transport.set_bus_master(false).unwrap();
    rig.transport.relax(5_000).unwrap();
    for direction in [Direction::H2c, Direction::C2h] {
        start_and_stop(&rig, direction, 3);
    }
    rig.transport.set_bus_master(true).unwrap();
    // The queue goes on as if nothing had been.
    let deadline = rig.device.deadline(1_000_000);
    for _ in 0..h2c.in_flight().min(2) {
        assert!(h2c.poll_until(deadline).unwrap().status.is_ok());
    }
}

#[test]
fn starting_a_queue_does_not_wait_for_a_read_to_be_sent() {
    for clocks in [300, 400, 500] {
        stalled_by(16, 4096, clocks);
    }
}

#[test]
fn starting_a_queue_does_not_wait_for_a_record_to_be_sent() {
    for clocks in [400, 450, 500] {
        stalled_by(200, 8, clocks);
    }
}
