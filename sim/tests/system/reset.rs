//! Function-level reset, at rest and in the middle of traffic.

use ferrolane_abi::pci;
use ferrolane_abi::regs::global;

use crate::rig::{begin, open, rig, run_on, Rig, Traffic};

const TRAFFIC: Traffic = Traffic { seed: 1, queues: 4, packets: 10, longest: 20_000, interrupts: true };

#[test]
fn registers_are_at_their_reset_values() {
    let rig = rig("sim");
    rig.device.write32(global::SCRATCH.offset.into(), 0x1234).unwrap();
    rig.transport.reset().unwrap();
    assert_eq!(rig.device.read_global(&global::SCRATCH).unwrap(), 0);
    assert_eq!(rig.device.read_global(&global::MAGIC).unwrap(), global::MAGIC.reset());
}

#[test]
fn traffic_ends_cleanly_and_starts_anew() {
    for clocks in [10, 137, 500, 1500, 4000] {
        let rig = rig(&format!("sim:jitter=1us,reorder=30,split=random,seed={clocks}"));
        let running = begin(&rig.device, &TRAFFIC);
        rig.transport.relax(clocks).unwrap();
        rig.transport.reset().unwrap_or_else(|e| panic!("after {clocks} clocks: {e}"));
        drop(running);
        drop(rig.device);
        run_on(&open(&rig.transport), TRAFFIC);
    }
}

/// Whether the card says that a read of its own is unanswered: Device Status, Transactions Pending (PCIe Base Spec r5
/// 7.5.3.5).
fn transactions_pending(rig: &Rig) -> bool {
    rig.transport.config_read32(u16::from(pci::CAP_PCIE) + 8).unwrap() >> 21 & 1 == 1
}

#[test]
fn without_bus_mastering_no_transaction_stays_pending() {
    for clocks in [100, 500, 1500] {
        let rig = rig(&format!("sim:seed={clocks}"));
        let running = begin(&rig.device, &TRAFFIC);
        rig.transport.relax(clocks).unwrap();
        rig.transport.set_bus_master(false).unwrap();
        // What was asked before is answered long before this.
        rig.transport.relax(20_000).unwrap();
        assert!(!transactions_pending(&rig), "{clocks} clocks into the traffic");
        rig.transport.set_bus_master(true).unwrap();
        drop(running);
    }
}

#[test]
fn it_waits_only_for_what_is_under_way() {
    for clocks in [100, 500, 1500] {
        let rig = rig(&format!("sim:seed={clocks}"));
        let running = begin(&rig.device, &TRAFFIC);
        rig.transport.relax(clocks).unwrap();
        let start = rig.control.clocks();
        rig.transport.reset().unwrap();
        let took = rig.control.clocks() - start;
        assert!(took < 20_000, "{clocks} clocks into the traffic a reset took {took} clocks");
        drop(running);
    }
}
