//! Relaxed Ordering and No Snoop: on data where both the queue and the configuration say so, nowhere else.

use ferrolane_abi::map::Direction::{C2h, H2c};
use ferrolane_abi::pci;

use crate::bare::Bare;
use crate::feed::Feed;
use crate::job::{jobs, run, Shape};
use crate::lane::Setup;

/// MODE.RELAXED_ORDERING and MODE.NO_SNOOP.
const RO: u32 = 1 << 4;
const NS: u32 = 1 << 5;
/// Their enables in Device Control (PCIe Base Spec r5 7.5.3.4).
const RO_ENABLE: u32 = 1 << 4;
const NS_ENABLE: u32 = 1 << 11;

#[test]
fn data_carries_them_where_enabled_and_nothing_else_does() {
    for (ro_enable, ns_enable) in [(true, true), (true, false), (false, true), (false, false)] {
        let mut bare = Bare::new("sim");
        let control = u16::from(pci::CAP_PCIE) + 8;
        let mut value = bare.machine.config.read(control, false) & 0xFFFF & !(RO_ENABLE | NS_ENABLE);
        value |= if ro_enable { RO_ENABLE } else { 0 } | if ns_enable { NS_ENABLE } else { 0 };
        bare.machine.config.write(control, value, 0b0011);
        bare.machine.configured();
        let mode = |queue: u32| if queue & 1 != 0 { RO } else { 0 } | if queue & 2 != 0 { NS } else { 0 };
        let setup = |direction, queue| {
            let mut setup = Setup::new(direction, queue, Feed::Ring).gather(4, 10);
            // The ways of a pair differ.
            setup.mode |= mode(if direction == H2c { queue } else { 3 - queue });
            setup
        };
        let setups: Vec<_> = (0..4).map(|queue| (setup(H2c, queue), setup(C2h, queue))).collect();
        let shape = Shape { seed: 1, packets: 10, longest: 3_000, piece: 1_000, irq: 20 };
        let mut jobs = jobs(&mut bare, &setups, shape);
        bare.take_log();
        run(&mut bare, &mut jobs);
        let (mut data, mut others) = ([0; 4], 0);
        for seen in bare.take_log() {
            if !(seen.is_read() || seen.is_write() || seen.is_interrupt()) {
                continue;
            }
            let address = seen.hdr.address();
            let of = jobs.iter().find(|job| job.work.region.holds(address));
            let wanted = of.map_or(0, |job| {
                let mode = job.lane.setup.mode;
                let ro = mode & RO != 0 && ro_enable;
                let ns = mode & NS != 0 && ns_enable;
                u8::from(ro) << 1 | u8::from(ns)
            });
            assert_eq!(seen.hdr.attr(), wanted, "address {address:#x}");
            match of {
                Some(_) => data[usize::from(wanted)] += 1,
                None => others += 1,
            }
        }
        let some = |attr: usize| data[attr] > 0 || attr & 2 != 0 && !ro_enable || attr & 1 != 0 && !ns_enable;
        assert!((0..4).all(some) && others > 0, "{data:?} TLPs of data, {others} others");
        assert!(!bare.interrupts.is_empty());
    }
}
