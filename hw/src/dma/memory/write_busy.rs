//! Which queues have something on its way to the memory.

use rust_hdl::prelude::*;

use crate::dma::InitOnce;
use crate::hw;
use crate::prim::{Dffr, Mirror, Reg};

hw! {
    /// Compares rows committed with rows answered, per queue.
    ///
    /// ```text
    ///  commit bus ─► committed ─┐
    ///  answers ────► written ───┴─► equal? ─► busy
    /// ```
    /// A queue is busy from the clock behind its commit on; the queues are looked at in turn, and one that has no row left
    /// is free some clocks after its last answer was given. This holds for a packet that was cut short by
    /// an error, too: all its rows are sent, though nothing tells of its end.
    pub struct WriteBusy<const NQ: usize, const QB: usize> {
        pub clock: Signal<In, Clock> = Default::default(),
        pub rst: Signal<In, Bit> = Default::default(),
        pub init_valid: Signal<In, Bit> = Default::default(),
        pub init_g: Signal<In, Bits<7>> = Default::default(),
        pub memory: Signal<In, Bits<NQ>> = Default::default(),
        pub commit_valid: Signal<In, Bit> = Default::default(),
        pub commit_q: Signal<In, Bits<6>> = Default::default(),
        pub commit_row: Signal<In, Bits<16>> = Default::default(),
        /// `answer_valid` is looked at in a clock behind `answer_next` only.
        pub answer_next: Signal<In, Bit> = Default::default(),
        pub answer_valid: Signal<In, Bit> = Default::default(),
        pub answer_q: Signal<In, Bits<6>> = Default::default(),
        pub answer_rows: Signal<In, Bits<7>> = Default::default(),
        pub busy: Signal<Out, Bits<NQ>> = Default::default(),
        committed: Mirror<16, QB> = Default::default(),
        written: Mirror<16, QB> = Default::default(),
        init: InitOnce = Default::default(),
        clearing: Dffr<Bit> = Default::default(),
        clear_q: Reg<Bits<QB>> = Default::default(),
        state: Dffr<Bits<NQ>> = Default::default(),
        turn: Dffr<Bits<QB>> = Default::default(),
        // A look at queue `seen_q`; its result.
        seen: Dffr<Bit> = Default::default(),
        seen_q: Reg<Bits<QB>> = Default::default(),
        committed_q: Signal<Local, Bits<QB>> = Default::default(),
        same: Dffr<Bit> = Default::default(),
        same_q: Reg<Bits<QB>> = Default::default(),
        at: Signal<Local, Bits<QB>> = Default::default(),
        sum: Signal<Local, Bits<16>> = Default::default(),
        next: Signal<Local, Bits<NQ>> = Default::default(),
        one_bit: Signal<Local, Bits<NQ>> = Default::default(),
        one: Constant<Bits<NQ>> = Constant::new(1_u64.into()),
        one_q: Constant<Bits<QB>> = Constant::new(1_u64.into()),
        queues: Constant<Bits<7>> = Constant::new((NQ as u64).into()),
    }
}

impl<const NQ: usize, const QB: usize> Logic for WriteBusy<NQ, QB> {
    #[hdl_gen]
    fn update(&mut self) {
        clock!(self, clock, committed, written, init);
        dff_setup!(self, clock, clearing, clear_q, state, turn, seen, seen_q, same, same_q);
        self.init.rst.next = self.rst.val();
        self.clearing.rst.next = self.rst.val();
        self.state.rst.next = self.rst.val();
        self.turn.rst.next = self.rst.val();
        self.seen.rst.next = self.rst.val();
        self.same.rst.next = self.rst.val();

        self.committed.wen.next = self.commit_valid.val();
        self.committed_q.next = bit_cast::<QB, 6>(self.commit_q.val());
        self.committed.waddr.next = self.committed_q.val();
        self.committed.wdata.next = self.commit_row.val();
        self.at.next = self.turn.q.val();
        if self.answer_next.val() {
            self.at.next = bit_cast::<QB, 6>(self.answer_q.val());
        } else {
            self.turn.d.next = self.turn.q.val() + self.one_q.val();
        }
        self.committed.raddr.next = self.at.val();
        self.written.raddr.next = self.at.val();

        self.sum.next = self.written.rdata.val() + bit_cast::<16, 7>(self.answer_rows.val());
        self.written.wen.next = self.answer_valid.val();
        self.written.waddr.next = bit_cast::<QB, 6>(self.answer_q.val());
        self.written.wdata.next = self.sum.val();
        self.init.init_valid.next = self.init_valid.val() & (self.init_g.val() < self.queues.val());
        self.init.init_g.next = self.init_g.val();
        self.init.take.next = self.init.ask.val();
        if self.clearing.q.val() & !self.answer_valid.val() {
            self.clearing.d.next = false;
            self.written.wen.next = true;
            self.written.waddr.next = self.clear_q.q.val();
            self.written.wdata.next = 0.into();
        }
        if self.init.ask.val() {
            self.clearing.d.next = true;
            self.clear_q.d.next = bit_cast::<QB, 7>(self.init_g.val());
        }

        // A commit since the look wins.
        self.seen.d.next = !self.answer_next.val();
        self.seen_q.d.next = self.at.val();
        self.same.d.next = self.seen.q.val()
            & (self.committed.rdata.val() == self.written.rdata.val())
            & !(self.commit_valid.val() & (self.committed_q.val() == self.seen_q.q.val()));
        self.same_q.d.next = self.seen_q.q.val();
        self.next.next = self.state.q.val();
        self.one_bit.next = self.one.val() << self.same_q.q.val();
        if self.same.q.val() {
            self.next.next = self.state.q.val() & !self.one_bit.val();
        }
        self.one_bit.next = self.one.val() << self.committed_q.val();
        if self.commit_valid.val() {
            self.next.next = self.next.val() | (self.one_bit.val() & self.memory.val());
        }
        self.state.d.next = self.next.val();
        self.busy.next = self.state.q.val();
    }
}
