//! Interrupts and completion records: form, order, room.

use ferrolane_abi::map;
use ferrolane_abi::regs;
use ferrolane_sim::checker::violation::Stream;
use ferrolane_sim::pins::CfgPins;
use ferrolane_sim::Violation;

use crate::bench::{is, mem, record, with, Bench, DESCRIPTORS, RING};

#[test]
fn interrupts() {
    use Violation as V;
    let armed = || {
        let mut b = Bench::new();
        b.queue();
        b.doorbell(0, true);
        b.record(0).unwrap();
        b
    };
    armed().interrupt(0x22).unwrap();
    is(armed().send(Stream::Write, mem(true, 0xFEE0_0000, 2, 15, 15), &[0x22, 0]), V::MsixForm);
    is(armed().send(Stream::Write, mem(true, 0xFEE0_0000, 1, 3, 0), &[0x22]), V::MsixForm);
    let mut b = armed();
    b.configure(CfgPins { ro_enable: true, ..b.cfg });
    is(b.send(Stream::Write, with(mem(true, 0xFEE0_0000, 1, 15, 0), 2 << 12), &[0x22]), V::MsixForm);
    is(armed().interrupt(0x23), V::MsixUnknown);
    is(armed().send(Stream::Write, mem(true, 0xFEE0_1000, 1, 15, 0), &[0x22]), V::MsixUnknown);
    let mut b = armed();
    b.configure(CfgPins { msix_enable: false, ..b.cfg });
    is(b.interrupt(0x22), V::MsixDisabled);
    let mut b = armed();
    b.configure(CfgPins { msix_mask: true, ..b.cfg });
    is(b.interrupt(0x22), V::MsixDisabled);
    let mut b = armed();
    b.register(map::MSIX_TABLE_PAGE + 32 + 12, 1);
    is(b.interrupt(0x22), V::MsixMasked);
    // twice for one record; without ARM; before the record; nothing new since the index given
    let mut b = armed();
    b.interrupt(0x22).unwrap();
    is(b.interrupt(0x22), V::InterruptBeforeRecord);
    let mut b = Bench::new();
    b.queue();
    b.record(0).unwrap();
    is(b.interrupt(0x22), V::InterruptBeforeRecord);
    let mut b = Bench::new();
    b.queue();
    b.doorbell(0, true);
    is(b.interrupt(0x22), V::InterruptBeforeRecord);
    let mut b = Bench::new();
    b.queue();
    b.record(0).unwrap();
    b.doorbell(1, true);
    is(b.interrupt(0x22), V::InterruptBeforeRecord);
    // ARM with a record that is there already
    let mut b = Bench::new();
    b.queue();
    b.record(0).unwrap();
    b.doorbell(0, true);
    b.interrupt(0x22).unwrap();
}

#[test]
fn a_descriptor_may_ask_for_an_interrupt() {
    let fetched = |flags: u8| {
        let mut b = Bench::new();
        b.queue();
        b.read(mem(false, DESCRIPTORS, 8, 15, 15)).unwrap();
        b.reply(9, 32, &[0x10_0000, 0, 64, 0, 0x10_0000, 0, 64 | u32::from(flags) << 24, 0]);
        b
    };
    let mut b = fetched(ferrolane_abi::descriptor::IRQ);
    is(b.interrupt(0x22), Violation::InterruptBeforeRecord);
    let mut b = fetched(ferrolane_abi::descriptor::IRQ);
    b.record(0).unwrap();
    b.interrupt(0x22).unwrap();
    is(b.interrupt(0x22), Violation::InterruptBeforeRecord);
    let mut b = fetched(ferrolane_abi::descriptor::EOP);
    b.record(0).unwrap();
    is(b.interrupt(0x22), Violation::InterruptBeforeRecord);
}

#[test]
fn a_descriptor_from_the_host_may_ask_for_an_interrupt() {
    use map::{queue_push, queue_regs, Direction::H2c};
    let irq = u32::from(ferrolane_abi::descriptor::IRQ);
    let (mode, go) = (regs::queue::MODE.offset, regs::queue::FEED_GO.offset);
    let asked = |writes: &[(u64, u32)]| {
        let mut b = Bench::new();
        b.queue();
        for (at, value) in writes {
            b.register(*at, *value);
        }
        b.record(0).unwrap();
        b.interrupt(0x22)
    };
    let of = |offset: u32| queue_regs(H2c, 1) + u64::from(offset);
    asked(&[(queue_push(H2c, 1) + 24, irq << 24)]).unwrap();
    asked(&[(of(go), irq)]).unwrap();
    asked(&[(of(mode), 1), (of(go), 0)]).unwrap();
    for none in [(queue_push(H2c, 1) + 28, irq << 24), (queue_push(H2c, 0) + 24, irq << 24), (of(go), 2)] {
        is(asked(&[none]), Violation::InterruptBeforeRecord);
    }
}

#[test]
fn records() {
    use Violation as V;
    let mut b = Bench::new();
    b.queue();
    for index in 0..4 {
        b.record(index).unwrap();
    }
    b.doorbell(4, false);
    b.record(4).unwrap();
    let started = || {
        let mut b = Bench::new();
        b.queue();
        b
    };
    is(started().send(Stream::Write, mem(true, RING, 2, 15, 15), &record(0)[..2]), V::RecordForm);
    is(started().send(Stream::Write, mem(true, RING, 4, 15, 7), &record(0)), V::RecordForm);
    let mut b = started();
    b.configure(CfgPins { ro_enable: true, ..b.cfg });
    is(b.send(Stream::Write, with(mem(true, RING, 4, 15, 15), 2 << 12), &record(0)), V::RecordForm);
    is(started().record(1), V::RecordOrder);
    let mut wrong_phase = record(0);
    wrong_phase[3] ^= 1 << 31;
    is(started().send(Stream::Write, mem(true, RING, 4, 15, 15), &wrong_phase), V::RecordOrder);
    let mut wrong_queue = record(0);
    wrong_queue[3] ^= 1 << 8;
    is(started().send(Stream::Write, mem(true, RING, 4, 15, 15), &wrong_queue), V::RecordOrder);
    let mut b = started();
    for index in 0..4 {
        b.record(index).unwrap();
    }
    is(b.record(4), V::RecordOverrun);
}

#[test]
fn a_ring_in_a_stopped_queue_s_memory_is_judged() {
    use ferrolane_abi::map::{queue_regs, Direction::H2c};
    use regs::queue::{CPL_BASE_LO, CTRL, RING_SIZE};
    let again = || {
        let mut b = Bench::new();
        let of = |offset: u32| queue_regs(H2c, 0) + u64::from(offset);
        for (register, value) in
            [(&CPL_BASE_LO, RING as u32), (&RING_SIZE, 1 << 8 | 1), (&CTRL, 1), (&CTRL, 0)]
        {
            b.register(of(register.offset), value);
        }
        b.queue();
        b
    };
    let mut b = again();
    for index in 0..4 {
        b.record(index).unwrap();
    }
    is(again().record(1), Violation::RecordOrder);
}
