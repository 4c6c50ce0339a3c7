//! Rows 13, 15 and 16: interrupts held back, bus mastering taken away, the function reset, all in the middle of traffic.

use ferrolane_abi::descriptor::IRQ;
use ferrolane_abi::map;
use ferrolane_abi::regs::global;
use ferrolane_sim::checker::GRACE;
use ferrolane_sim::faults::TimedKind;
use ferrolane_sim::root_complex::FIRST_VECTOR;

use crate::bed::{Bed, PACKETS};

/// The victim's vector: H2C and C2H share it, and no other queue has it.
const VECTOR: u64 = 2;
/// Whose interrupt it becomes.
const OTHER: u32 = 9;

fn entry() -> u64 {
    map::MSIX_TABLE_PAGE + 16 * VECTOR
}

/// The victim's first packet asks for an interrupt.
fn with_irq() -> Bed {
    let mut bed = Bed::new("sim", 1);
    bed.victim.h2c.waiting[0].flags |= IRQ;
    bed
}

fn pending(bed: &mut Bed) -> bool {
    bed.bare.read(map::MSIX_PBA_PAGE) >> VECTOR & 1 == 1
}

#[test]
fn f13_a_masked_interrupt_stays_pending_and_comes_once_as_the_table_says_then() {
    let mut bed = with_irq();
    bed.bare.write(entry() + 12, 1);
    bed.all_end_well();
    assert!(bed.bare.interrupts.is_empty() && pending(&mut bed));
    bed.bare.write(entry() + 8, FIRST_VECTOR + OTHER);
    bed.bare.write(entry() + 12, 0);
    bed.wait();
    let vectors: Vec<u32> = bed.bare.interrupts.iter().map(|seen| seen.1).collect();
    assert_eq!(vectors, [OTHER]);
    assert!(!pending(&mut bed));
}

#[test]
fn f13_without_msix_nothing_comes_and_nothing_is_lost() {
    let mut bed = with_irq();
    bed.bare.machine.config.set_msix(false);
    bed.bare.machine.configured();
    bed.all_end_well();
    assert!(bed.bare.interrupts.is_empty() && pending(&mut bed));
    bed.bare.machine.config.set_msix(true);
    bed.bare.machine.configured();
    bed.wait();
    assert_eq!(bed.bare.interrupts.len(), 1);
    bed.recovers();
}

#[test]
fn f15_without_bus_mastering_nothing_is_asked_and_all_goes_on_with_it() {
    for steps in [2, 10, 30, 70] {
        let mut bed = Bed::new("sim:jitter=500ns,split=random,reorder=30%", steps);
        for _ in 0..steps {
            bed.step();
        }
        let fault = bed.timed(TimedKind::BusMasterOff, Some(40_000));
        bed.bare.run(2 * GRACE);
        bed.take_log();
        // Registers are read and written meanwhile.
        for _ in 0..200 {
            bed.step();
        }
        let log = bed.take_log();
        let asked = log.iter().filter(|seen| seen.is_read() || seen.is_write() || seen.is_interrupt());
        assert_eq!((asked.count(), bed.bare.machine.applied(fault)), (0, 1), "after {steps} steps");
        assert!(bed.victim.records.len() < PACKETS || steps == 70, "the traffic was not over");
        bed.all_end_well();
        assert_eq!(bed.bare.take_errors(), 0);
    }
}

#[test]
fn f16_a_reset_in_the_middle_leaves_a_card_as_new() {
    for steps in [1, 7, 20, 45] {
        let mut bed = Bed::new("sim:jitter=500ns,split=random,reorder=30%", steps);
        bed.bare.write(global::SCRATCH.offset.into(), 0x1234);
        for _ in 0..steps {
            bed.step();
        }
        bed.resets();
        assert_eq!(bed.bare.global(&global::SCRATCH), 0);
        // What is still on its way must not meet what comes.
        let mut bed = Bed::on(bed.bare, 60);
        bed.all_end_well();
        bed.recovers();
    }
}
