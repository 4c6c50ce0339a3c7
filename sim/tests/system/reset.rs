//! Function-level reset, at rest and in the middle of traffic.

use ferrolane_abi::regs::global;

use crate::rig::{begin, open, rig, run_on, Traffic};

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
