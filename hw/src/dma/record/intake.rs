//! One event a clock.

use rust_hdl::prelude::*;

use super::types::{Ended, RecordEvent, ENDED_BITS};
use crate::hw;
use crate::prim::{Dffr, Reg};

hw! {
    /// Puts everything that changes a queue's records into one order.
    ///
    /// ```text
    ///  cons ────────► can't wait ─┐
    ///  init ────────► when asked ─┤
    ///  written TLP ───────────────┼─► select_g (memories are read) ─► change, ended
    ///  visit of a timer ──────────┤
    ///  rec_h2c, rec_c2h in turn ──┘
    /// ```
    /// The consumer index is kept without forwarding, so nothing but another consumer index follows it in the next clock.
    pub struct RecordIntake<const NQ: usize> {
        pub clock: Signal<In, Clock> = Default::default(),
        pub rst: Signal<In, Bit> = Default::default(),
        pub cons_valid: Signal<In, Bit> = Default::default(),
        pub cons_g: Signal<In, Bits<7>> = Default::default(),
        pub cons_value: Signal<In, Bits<31>> = Default::default(),
        pub cons_arm: Signal<In, Bit> = Default::default(),
        /// The queue is being cleared: what the doorbell tells of it meanwhile is no news.
        pub init_valid: Signal<In, Bit> = Default::default(),
        pub init_ask: Signal<In, Bit> = Default::default(),
        pub init_g: Signal<In, Bits<7>> = Default::default(),
        /// Not in this clock.
        pub init_wait: Signal<In, Bit> = Default::default(),
        pub init_take: Signal<Out, Bit> = Default::default(),
        pub written_valid: Signal<In, Bit> = Default::default(),
        pub written_ready: Signal<Out, Bit> = Default::default(),
        pub written_g: Signal<In, Bits<7>> = Default::default(),
        pub written_value: Signal<In, Bits<18>> = Default::default(),
        pub written_irq: Signal<In, Bit> = Default::default(),
        pub visit_valid: Signal<In, Bit> = Default::default(),
        pub visit_ready: Signal<Out, Bit> = Default::default(),
        pub visit_g: Signal<In, Bits<7>> = Default::default(),
        pub visit_flush: Signal<In, Bit> = Default::default(),
        pub visit_tick: Signal<In, Bit> = Default::default(),
        /// Ends have to wait.
        pub stall: Signal<In, Bit> = Default::default(),
        pub rec_h2c_valid: Signal<In, Bit> = Default::default(),
        pub rec_h2c_ready: Signal<Out, Bit> = Default::default(),
        pub rec_h2c_q: Signal<In, Bits<6>> = Default::default(),
        pub rec_h2c_bytes: Signal<In, Bits<24>> = Default::default(),
        pub rec_h2c_meta: Signal<In, Bits<32>> = Default::default(),
        pub rec_h2c_index: Signal<In, Bits<32>> = Default::default(),
        pub rec_h2c_flags: Signal<In, Bits<7>> = Default::default(),
        pub rec_h2c_status: Signal<In, Bits<8>> = Default::default(),
        pub rec_h2c_irq: Signal<In, Bit> = Default::default(),
        pub rec_c2h_valid: Signal<In, Bit> = Default::default(),
        pub rec_c2h_ready: Signal<Out, Bit> = Default::default(),
        pub rec_c2h_q: Signal<In, Bits<6>> = Default::default(),
        pub rec_c2h_bytes: Signal<In, Bits<24>> = Default::default(),
        pub rec_c2h_meta: Signal<In, Bits<32>> = Default::default(),
        pub rec_c2h_index: Signal<In, Bits<32>> = Default::default(),
        pub rec_c2h_flags: Signal<In, Bits<7>> = Default::default(),
        pub rec_c2h_status: Signal<In, Bits<8>> = Default::default(),
        pub rec_c2h_irq: Signal<In, Bit> = Default::default(),
        /// Queue of the event that `change` shows in the next clock.
        pub select_g: Signal<Out, Bits<7>> = Default::default(),
        pub change: Signal<Out, RecordEvent> = Default::default(),
        /// With `change.ended`: an [`Ended`].
        pub ended: Signal<Out, Bits<ENDED_BITS>> = Default::default(),
        /// And: it has an error, or asks for an interrupt.
        pub urgent: Signal<Out, Bit> = Default::default(),
        kind: Dffr<RecordEvent> = Default::default(),
        what: Reg<Bits<ENDED_BITS>> = Default::default(),
        presses: Reg<Bit> = Default::default(),
        // The direction that goes first next time.
        c2h_first: Dffr<Bit> = Default::default(),
        next: Signal<Local, RecordEvent> = Default::default(),
        given: Signal<Local, Ended> = Default::default(),
        g: Signal<Local, Bits<7>> = Default::default(),
        c2h_q: Signal<Local, Bits<7>> = Default::default(),
        c2h_g: Signal<Local, Bits<7>> = Default::default(),
        take_c2h: Signal<Local, Bit> = Default::default(),
        free: Signal<Local, Bit> = Default::default(),
        told: Signal<Local, Bit> = Default::default(),
        take_init: Signal<Local, Bit> = Default::default(),
        take_written: Signal<Local, Bit> = Default::default(),
        take_visit: Signal<Local, Bit> = Default::default(),
        room: Signal<Local, Bit> = Default::default(),
        queues: Constant<Bits<7>> = Constant::new((NQ as u64).into()),
    }
}

impl<const NQ: usize> Logic for RecordIntake<NQ> {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, kind, what, presses, c2h_first);
        self.kind.rst.next = self.rst.val();
        self.c2h_first.rst.next = self.rst.val();

        self.free.next = !self.cons_valid.val() & !self.kind.q.val().cons & !self.kind.q.val().init;
        self.take_init.next = self.free.val() & self.init_ask.val() & !self.init_wait.val();
        self.take_written.next = self.free.val() & !self.take_init.val() & self.written_valid.val();
        self.take_visit.next =
            self.free.val() & !self.take_init.val() & !self.written_valid.val() & self.visit_valid.val();
        self.room.next = self.free.val()
            & !self.take_init.val()
            & !self.written_valid.val()
            & !self.visit_valid.val()
            & !self.stall.val();
        self.take_c2h.next = self.rec_c2h_valid.val() & (self.c2h_first.q.val() | !self.rec_h2c_valid.val());
        self.init_take.next = self.take_init.val();
        self.written_ready.next = self.take_written.val();
        self.visit_ready.next = self.take_visit.val();
        self.rec_h2c_ready.next = self.room.val() & !self.take_c2h.val();
        self.rec_c2h_ready.next = self.room.val() & self.take_c2h.val();

        self.c2h_q.next = bit_cast::<7, 6>(self.rec_c2h_q.val());
        self.c2h_g.next = self.c2h_q.val() + self.queues.val();
        self.g.next = bit_cast::<7, 6>(self.rec_h2c_q.val());
        self.given.next.bytes = self.rec_h2c_bytes.val();
        self.given.next.meta = self.rec_h2c_meta.val();
        self.given.next.index = self.rec_h2c_index.val();
        self.given.next.status = self.rec_h2c_status.val();
        self.given.next.flags = self.rec_h2c_flags.val();
        self.given.next.irq = self.rec_h2c_irq.val();
        if self.take_c2h.val() {
            self.g.next = self.c2h_g.val();
            self.given.next.bytes = self.rec_c2h_bytes.val();
            self.given.next.meta = self.rec_c2h_meta.val();
            self.given.next.index = self.rec_c2h_index.val();
            self.given.next.status = self.rec_c2h_status.val();
            self.given.next.flags = self.rec_c2h_flags.val();
            self.given.next.irq = self.rec_c2h_irq.val();
        }
        self.what.d.next = self.given.val().into();
        self.presses.d.next = self.given.val().irq | self.given.val().status.any();

        if self.cons_valid.val() {
            self.g.next = self.cons_g.val();
        } else if self.take_init.val() {
            self.g.next = self.init_g.val();
        } else if self.written_valid.val() {
            self.g.next = self.written_g.val();
        } else if self.visit_valid.val() {
            self.g.next = self.visit_g.val();
        }
        self.next.next.g = self.g.val();
        self.next.next.ended = self.room.val() & (self.rec_h2c_valid.val() | self.rec_c2h_valid.val());
        self.told.next =
            self.cons_valid.val() & !(self.init_valid.val() & (self.cons_g.val() == self.init_g.val()));
        self.next.next.cons = self.told.val();
        self.next.next.init = self.take_init.val();
        self.next.next.written = self.take_written.val();
        self.next.next.visit = self.take_visit.val();
        self.next.next.arm = self.told.val() & self.cons_arm.val();
        self.next.next.irq = self.take_written.val() & self.written_irq.val();
        self.next.next.flush = self.take_visit.val() & self.visit_flush.val();
        self.next.next.tick = self.take_visit.val() & self.visit_tick.val();
        self.next.next.value = bit_cast::<31, 18>(self.written_value.val());
        if self.cons_valid.val() {
            self.next.next.value = self.cons_value.val();
        }
        self.kind.d.next = self.next.val();
        if self.next.val().ended {
            self.c2h_first.d.next = !self.take_c2h.val();
        }
        self.select_g.next = self.g.val();
        self.change.next = self.kind.q.val();
        self.ended.next = self.what.q.val();
        self.urgent.next = self.presses.q.val();
    }
}
