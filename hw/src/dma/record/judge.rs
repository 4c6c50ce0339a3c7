//! ARM, moderation, and what is due.

use rust_hdl::prelude::*;

use super::types::RecordEvent;
use crate::hw;
use crate::prim::{Dffr, Reg};

hw! {
    /// Decides, event by event, on interrupts and on writing collected records early.
    ///
    /// ```text
    ///  seen_* ─► unread = written − consumer (behind a record: put − consumer)
    ///        ├─► open, full                         │
    ///        └─────────────────────────────► register ─► any? enough? ─► register ─► armed? ─► wanted (interrupt), due
    /// ```
    /// ARMs and written TLPs come here in one order, each with the counts as all earlier ones left them: if a TLP was written
    /// before the ARM, the ARM finds it unread; if not, the TLP finds the queue armed. No wake-up can be lost between.
    /// A queue is disarmed only with an interrupt. One of a record's own, by its IRQ flag, does not disarm.
    pub struct RecordJudge<const GN: usize> {
        pub clock: Signal<In, Clock> = Default::default(),
        pub rst: Signal<In, Bit> = Default::default(),
        pub seen: Signal<In, RecordEvent> = Default::default(),
        pub seen_collected: Signal<In, Bit> = Default::default(),
        pub seen_due: Signal<In, Bit> = Default::default(),
        pub seen_put: Signal<In, Bits<18>> = Default::default(),
        pub seen_written: Signal<In, Bits<18>> = Default::default(),
        pub seen_consumer: Signal<In, Bits<18>> = Default::default(),
        pub seen_enough: Signal<In, Bits<16>> = Default::default(),
        /// A queue has collected nearly as many records as it can.
        pub stall: Signal<Out, Bit> = Default::default(),
        /// A record of the queue has not been taken by wr_arb yet.
        pub open: Signal<Out, Bits<GN>> = Default::default(),
        pub armed_queues: Signal<Out, Bits<GN>> = Default::default(),
        /// The queue is armed and has unread records.
        pub waiting: Signal<Out, Bits<GN>> = Default::default(),
        /// Pulse: `waiting` of queue `begins_g` rises.
        pub begins: Signal<Out, Bit> = Default::default(),
        pub begins_g: Signal<Out, Bits<7>> = Default::default(),
        /// An interrupt of the queue has to be sent.
        pub wanted: Signal<Out, Bits<GN>> = Default::default(),
        pub sent_valid: Signal<In, Bit> = Default::default(),
        pub sent_g: Signal<In, Bits<7>> = Default::default(),
        /// Pulse: the collected records of `due_g` have to be written.
        pub due_valid: Signal<Out, Bit> = Default::default(),
        pub due_g: Signal<Out, Bits<7>> = Default::default(),
        opened: Dffr<Bits<GN>> = Default::default(),
        fulls: Dffr<Bits<GN>> = Default::default(),
        armed: Dffr<Bits<GN>> = Default::default(),
        waits: Dffr<Bits<GN>> = Default::default(),
        wants: Dffr<Bits<GN>> = Default::default(),
        change: Dffr<RecordEvent> = Default::default(),
        collected: Dffr<Bit> = Default::default(),
        due: Dffr<Bit> = Default::default(),
        decided: Dffr<RecordEvent> = Default::default(),
        put: Dffr<Bit> = Default::default(),
        closed: Dffr<Bit> = Default::default(),
        has_unread: Reg<Bit> = Default::default(),
        reached: Reg<Bit> = Default::default(),
        told: Dffr<Bit> = Default::default(),
        told_g: Reg<Bits<7>> = Default::default(),
        unread: Reg<Bits<18>> = Default::default(),
        enough: Reg<Bits<16>> = Default::default(),
        mask: Signal<Local, Bits<GN>> = Default::default(),
        pending: Signal<Local, Bits<7>> = Default::default(),
        counts: Signal<Local, Bit> = Default::default(),
        upto: Signal<Local, Bits<18>> = Default::default(),
        at: Signal<Local, Bits<GN>> = Default::default(),
        unread_low: Signal<Local, Bits<17>> = Default::default(),
        was_armed: Signal<Local, Bit> = Default::default(),
        arms: Signal<Local, Bit> = Default::default(),
        decides: Signal<Local, Bit> = Default::default(),
        fire: Signal<Local, Bit> = Default::default(),
        sent: Signal<Local, Bits<GN>> = Default::default(),
        one: Constant<Bits<GN>> = Constant::new(1_u64.into()),
    }
}

impl<const GN: usize> Logic for RecordJudge<GN> {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, opened, fulls, armed, waits, wants, change, collected, due, unread, enough);
        dff_setup!(self, clock, decided, put, closed, has_unread, reached, told, told_g);
        self.opened.rst.next = self.rst.val();
        self.fulls.rst.next = self.rst.val();
        self.armed.rst.next = self.rst.val();
        self.waits.rst.next = self.rst.val();
        self.wants.rst.next = self.rst.val();
        self.change.rst.next = self.rst.val();
        self.collected.rst.next = self.rst.val();
        self.due.rst.next = self.rst.val();
        self.decided.rst.next = self.rst.val();
        self.put.rst.next = self.rst.val();
        self.closed.rst.next = self.rst.val();
        self.told.rst.next = self.rst.val();

        // A queue has 64 slots, and three more events may be on their way until `stall` holds them up.
        self.mask.next = self.one.val() << self.seen.val().g;
        self.pending.next =
            bit_cast::<7, 18>(self.seen_put.val()) - bit_cast::<7, 18>(self.seen_written.val());
        self.counts.next = self.seen_collected.val() | self.seen.val().written | self.seen.val().init;
        if self.counts.val() {
            self.opened.d.next = self.opened.q.val() & !self.mask.val();
            self.fulls.d.next = self.fulls.q.val() & !self.mask.val();
            if self.pending.val().any() {
                self.opened.d.next = self.opened.q.val() | self.mask.val();
            }
            if self.pending.val() >= 60 {
                self.fulls.d.next = self.fulls.q.val() | self.mask.val();
            }
        }
        self.stall.next = self.fulls.q.val().any();
        self.open.next = self.opened.q.val();

        self.change.d.next = self.seen.val();
        self.collected.d.next = self.seen_collected.val();
        self.due.d.next = self.seen_due.val();
        self.upto.next = self.seen_written.val();
        if self.seen_collected.val() {
            self.upto.next = self.seen_put.val();
        }
        self.unread.d.next = self.upto.val() - self.seen_consumer.val();
        self.enough.d.next = self.seen_enough.val();

        // Below 0: the host told of records before wr_arb took them.
        self.unread_low.next = bit_cast::<17, 18>(self.unread.q.val());
        self.has_unread.d.next = !self.unread.q.val().get_bit(17) & self.unread_low.val().any();
        self.reached.d.next = !self.unread.q.val().get_bit(17)
            & (self.unread_low.val() >= bit_cast::<17, 16>(self.enough.q.val()));
        self.decided.d.next = self.change.q.val();
        self.put.d.next = self.collected.q.val();
        self.closed.d.next = self.due.q.val();

        self.at.next = self.one.val() << self.decided.q.val().g;
        self.was_armed.next = (self.armed.q.val() & self.at.val()).any();
        self.arms.next = self.was_armed.val() | self.decided.q.val().arm;
        self.decides.next =
            self.decided.q.val().cons | self.decided.q.val().written | self.decided.q.val().visit;
        self.fire.next = self.decides.val()
            & self.arms.val()
            & self.has_unread.q.val()
            & (self.reached.q.val() | self.decided.q.val().tick);

        self.sent.next = 0.into();
        if self.sent_valid.val() {
            self.sent.next = self.one.val() << self.sent_g.val();
        }
        self.wants.d.next = self.wants.q.val() & !self.sent.val();
        if self.decided.q.val().init {
            self.armed.d.next = self.armed.q.val() & !self.at.val();
            self.waits.d.next = self.waits.q.val() & !self.at.val();
            self.wants.d.next = self.wants.q.val() & !self.sent.val() & !self.at.val();
        } else if self.fire.val() {
            self.armed.d.next = self.armed.q.val() & !self.at.val();
            self.waits.d.next = self.waits.q.val() & !self.at.val();
            self.wants.d.next = (self.wants.q.val() & !self.sent.val()) | self.at.val();
        } else {
            if self.decided.q.val().irq {
                self.wants.d.next = (self.wants.q.val() & !self.sent.val()) | self.at.val();
            }
            if self.decided.q.val().arm {
                self.armed.d.next = self.armed.q.val() | self.at.val();
            }
            if self.decides.val() {
                self.waits.d.next = self.waits.q.val() & !self.at.val();
                if self.arms.val() & self.has_unread.q.val() {
                    self.waits.d.next = self.waits.q.val() | self.at.val();
                }
            }
        }
        self.armed_queues.next = self.armed.q.val();
        self.begins_g.next = self.decided.q.val().g;
        self.begins.next = self.decides.val()
            & self.arms.val()
            & self.has_unread.q.val()
            & !(self.waits.q.val() & self.at.val()).any();
        self.waiting.next = self.waits.q.val();
        self.wanted.next = self.wants.q.val();

        // Records that would make an interrupt due are not held back for company.
        self.told.d.next =
            self.closed.q.val() | (self.put.q.val() & self.was_armed.val() & self.reached.q.val());
        self.told_g.d.next = self.decided.q.val().g;
        self.due_valid.next = self.told.q.val();
        self.due_g.next = self.told_g.q.val();
    }
}
