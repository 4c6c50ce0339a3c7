//! Writes completion records and decides on interrupts.

use rust_hdl::prelude::*;

use super::arm_inbox::ArmInbox;
use super::place::RecordPlace;
use super::types::{RecordAsk, RECORD_BITS};
use crate::dma::fetch::InitOnce;
use crate::hw;
use crate::prim::{Dffr, Reg};
use crate::stream::Fifo;
use crate::tlp::{MakeHeader, MEM_WRITE};

#[derive(Copy, Clone, Debug, PartialEq, LogicState)]
pub enum RecordState {
    Pick,
    Sum,
    Offer,
    Compare,
    Irq,
}

hw! {
    /// Turns what the data paths report into 16-byte records in the queue's completion ring, and into interrupts.
    ///
    /// ```text
    ///  rec_h2c ─┐
    ///  rec_c2h ─┴► FIFO ─┐  record    ┌► Sum ─► Offer ──┐ with IRQ or armed
    ///                    ├─► Pick ────┤                 ├─► Irq ─► Pick
    ///  cons ──► inbox ───┘  ARM       └► Compare ───────┘ consumer index is behind
    /// ```
    /// Both directions share one FIFO, so that `rec_accepted` and `rec_written` count in one order: what was accepted before a
    /// drain looked is written once as many have been written.
    ///
    /// Records and ARMs go through the same machine one after the other, so an ARM sees either all of a record or nothing: if the
    /// record was accepted before, Compare finds it; if not, Offer finds the armed bit. No wake-up can be lost between.
    ///
    /// `done` is broadcast when the record is offered, before the host can see it and answer with a consumer index
    /// that the doorbell must know to be valid. The interrupt is raised only after wr_arb took the record, so it follows it.
    pub struct Record<
        const W: usize,
        const K: usize,
        const NQ: usize,
        const QB: usize,
        const GN: usize,
        const GB: usize,
    > {
        pub clock: Signal<In, Clock> = Default::default(),
        pub rst: Signal<In, Bit> = Default::default(),
        pub init_valid: Signal<In, Bit> = Default::default(),
        pub init_g: Signal<In, Bits<7>> = Default::default(),
        pub init_done: Signal<Out, Bit> = Default::default(),
        pub start_valid: Signal<In, Bit> = Default::default(),
        pub start_g: Signal<In, Bits<7>> = Default::default(),
        pub start_generation: Signal<In, Bits<8>> = Default::default(),
        pub cfg_requester_id: Signal<In, Bits<16>> = Default::default(),
        pub cfgw_valid: Signal<In, Bit> = Default::default(),
        pub cfgw_g: Signal<In, Bits<7>> = Default::default(),
        pub cfgw_index: Signal<In, Bits<6>> = Default::default(),
        pub cfgw_data: Signal<In, Bits<32>> = Default::default(),
        pub cons_valid: Signal<In, Bit> = Default::default(),
        pub cons_g: Signal<In, Bits<7>> = Default::default(),
        pub cons_value: Signal<In, Bits<31>> = Default::default(),
        pub cons_arm: Signal<In, Bit> = Default::default(),
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
        pub rec_wr_valid: Signal<Out, Bit> = Default::default(),
        pub rec_wr_ready: Signal<In, Bit> = Default::default(),
        pub rec_wr_first: Signal<Out, Bit> = Default::default(),
        pub rec_wr_last: Signal<Out, Bit> = Default::default(),
        pub rec_wr_hdr: Signal<Out, Bits<128>> = Default::default(),
        pub rec_wr_data: Signal<Out, Bits<W>> = Default::default(),
        pub rec_wr_keep: Signal<Out, Bits<K>> = Default::default(),
        pub done_valid: Signal<Out, Bit> = Default::default(),
        pub done_g: Signal<Out, Bits<7>> = Default::default(),
        pub done_value: Signal<Out, Bits<32>> = Default::default(),
        pub irq_valid: Signal<Out, Bit> = Default::default(),
        pub irq_ready: Signal<In, Bit> = Default::default(),
        pub irq_vector: Signal<Out, Bits<8>> = Default::default(),
        /// Records taken from both directions.
        pub rec_accepted: Signal<Out, Bits<16>> = Default::default(),
        /// Records taken by wr_arb.
        pub rec_written: Signal<Out, Bits<16>> = Default::default(),
        init: InitOnce = Default::default(),
        fifo: Fifo<RECORD_BITS, 3, 4> = Default::default(),
        inbox: ArmInbox<GN, GB> = Default::default(),
        place: RecordPlace<GB> = Default::default(),
        header: MakeHeader = Default::default(),
        state: Dffr<RecordState> = Dffr::new(RecordState::Pick),
        armed: Dffr<Bits<GN>> = Default::default(),
        // Who goes first next time: the other direction, and an ARM after a record.
        c2h_first: Dffr<Bit> = Default::default(),
        arm_first: Dffr<Bit> = Default::default(),
        g: Reg<Bits<7>> = Default::default(),
        ask: Reg<Bits<RECORD_BITS>> = Default::default(),
        address: Reg<Bits<64>> = Default::default(),
        data: Reg<Bits<128>> = Default::default(),
        done: Reg<Bits<32>> = Default::default(),
        vector: Reg<Bits<8>> = Default::default(),
        accepted: Dffr<Bits<16>> = Default::default(),
        written: Dffr<Bits<16>> = Default::default(),
        told: Dffr<Bit> = Default::default(),
        told_g: Reg<Bits<7>> = Default::default(),
        told_value: Reg<Bits<32>> = Default::default(),
        given: Signal<Local, RecordAsk> = Default::default(),
        is_c2h: Signal<Local, Bit> = Default::default(),
        take_c2h: Signal<Local, Bit> = Default::default(),
        record_g: Signal<Local, Bits<7>> = Default::default(),
        picked_q: Signal<Local, Bits<7>> = Default::default(),
        done_low: Signal<Local, Bits<31>> = Default::default(),
        next_done: Signal<Local, Bits<32>> = Default::default(),
        set: Signal<Local, Bits<GN>> = Default::default(),
        clear: Signal<Local, Bits<GN>> = Default::default(),
        forget: Signal<Local, Bits<GN>> = Default::default(),
        mask: Signal<Local, Bits<GN>> = Default::default(),
        is_armed: Signal<Local, Bit> = Default::default(),
        irq: Signal<Local, Bit> = Default::default(),
        taken: Signal<Local, Bit> = Default::default(),
        clears: Signal<Local, Bit> = Default::default(),
        queues: Constant<Bits<7>> = {
            assert!(W >= 128 && K == W / 32, "a record is one beat");
            Constant::new((NQ as u64).into())
        },
        one: Constant<Bits<GN>> = Constant::new(1_u64.into()),
        write: Constant<Bits<8>> = Constant::new(MEM_WRITE.into()),
        all_bytes: Constant<Bits<4>> = Constant::new(0xF_u64.into()),
        four_dws: Constant<Bits<K>> = Constant::new(0xF_u64.into()),
    }
}

impl<const W: usize, const K: usize, const NQ: usize, const QB: usize, const GN: usize, const GB: usize> Logic
    for Record<W, K, NQ, QB, GN, GB>
{
    #[hdl_gen]
    fn update(&mut self) {
        clock!(self, clock, init, fifo, inbox, place);
        dff_setup!(self, clock, state, armed, c2h_first, arm_first, g, ask, address, data, done);
        dff_setup!(self, clock, vector, accepted, written, told, told_g, told_value);
        self.init.rst.next = self.rst.val();
        self.fifo.rst.next = self.rst.val();
        self.inbox.rst.next = self.rst.val();
        self.state.rst.next = self.rst.val();
        self.armed.rst.next = self.rst.val();
        self.c2h_first.rst.next = self.rst.val();
        self.arm_first.rst.next = self.rst.val();
        self.accepted.rst.next = self.rst.val();
        self.written.rst.next = self.rst.val();
        self.told.rst.next = self.rst.val();
        self.init.init_valid.next = self.init_valid.val();
        self.init.init_g.next = self.init_g.val();
        self.init.take.next = false;
        self.init_done.next = self.init.done.val();
        self.place.cfgw_valid.next = self.cfgw_valid.val();
        self.place.cfgw_g.next = self.cfgw_g.val();
        self.place.cfgw_index.next = self.cfgw_index.val();
        self.place.cfgw_data.next = self.cfgw_data.val();
        self.place.start_valid.next = self.start_valid.val();
        self.place.start_g.next = self.start_g.val();
        self.place.start_generation.next = self.start_generation.val();
        self.inbox.cons_valid.next = self.cons_valid.val();
        self.inbox.cons_g.next = self.cons_g.val();
        self.inbox.cons_value.next = self.cons_value.val();
        self.inbox.cons_arm.next = self.cons_arm.val();

        // One record a clock, from either side in turn.
        self.take_c2h.next = self.rec_c2h_valid.val() & (self.c2h_first.q.val() | !self.rec_h2c_valid.val());
        self.given.next.bytes = self.rec_h2c_bytes.val();
        self.given.next.meta = self.rec_h2c_meta.val();
        self.given.next.index = self.rec_h2c_index.val();
        self.given.next.status = self.rec_h2c_status.val();
        self.given.next.flags = self.rec_h2c_flags.val();
        self.given.next.q = self.rec_h2c_q.val();
        self.given.next.irq = self.rec_h2c_irq.val();
        self.given.next.is_c2h = self.take_c2h.val();
        if self.take_c2h.val() {
            self.given.next.bytes = self.rec_c2h_bytes.val();
            self.given.next.meta = self.rec_c2h_meta.val();
            self.given.next.index = self.rec_c2h_index.val();
            self.given.next.status = self.rec_c2h_status.val();
            self.given.next.flags = self.rec_c2h_flags.val();
            self.given.next.q = self.rec_c2h_q.val();
            self.given.next.irq = self.rec_c2h_irq.val();
        }
        self.fifo.in_data.next = self.given.val().into();
        self.fifo.in_valid.next = self.rec_h2c_valid.val() | self.rec_c2h_valid.val();
        self.rec_h2c_ready.next = self.fifo.in_ready.val() & !self.take_c2h.val();
        self.rec_c2h_ready.next = self.fifo.in_ready.val() & self.take_c2h.val();
        if (self.rec_h2c_valid.val() | self.rec_c2h_valid.val()) & self.fifo.in_ready.val() {
            self.c2h_first.d.next = !self.take_c2h.val();
            self.accepted.d.next = self.accepted.q.val() + 1;
        }

        // Picking.
        self.picked_q.next = bit_cast::<7, 6>(self.fifo.out_data.val().get_bits::<6>(103));
        self.record_g.next = self.picked_q.val();
        if self.fifo.out_data.val().get_bit(110) {
            self.record_g.next = self.picked_q.val() + self.queues.val();
        }
        self.fifo.out_ready.next = false;
        self.inbox.taken.next = false;
        self.place.g.next = self.g.q.val();
        self.mask.next = self.one.val() << self.g.q.val();
        self.set.next = 0.into();
        self.clear.next = 0.into();
        self.is_armed.next = self.armed.q.val().get_bit(self.g.q.val().index());
        self.irq.next = self.is_armed.val() | self.ask.q.val().get_bit(109);
        self.taken.next = false;
        self.told.d.next = false;
        self.told_g.d.next = self.g.q.val();
        self.done_low.next = bit_cast::<31, 32>(self.place.done.val());
        self.next_done.next = self.place.done.val() + 1;
        self.told_value.d.next = self.next_done.val();
        self.place.ask.next = self.ask.q.val();
        self.is_c2h.next = self.ask.q.val().get_bit(110);
        self.place.is_c2h.next = self.is_c2h.val();
        self.clears.next = false;
        self.rec_wr_valid.next = false;
        self.irq_valid.next = false;
        match self.state.q.val() {
            RecordState::Pick => {
                if self.init.ask.val() {
                    self.clears.next = true;
                } else if self.inbox.found.val() & (self.arm_first.q.val() | !self.fifo.out_valid.val()) {
                    self.inbox.taken.next = true;
                    self.place.g.next = self.inbox.found_g.val();
                    self.g.d.next = self.inbox.found_g.val();
                    self.arm_first.d.next = false;
                    self.state.d.next = RecordState::Compare;
                } else if self.fifo.out_valid.val() {
                    self.place.g.next = self.record_g.val();
                    self.g.d.next = self.record_g.val();
                    self.arm_first.d.next = true;
                    self.ask.d.next = self.fifo.out_data.val();
                    self.fifo.out_ready.next = true;
                    self.state.d.next = RecordState::Sum;
                }
            }
            RecordState::Sum => {
                self.address.d.next = self.place.address.val();
                self.data.d.next = self.place.record.val();
                self.done.d.next = self.next_done.val();
                self.vector.d.next = self.place.vector.val();
                self.told.d.next = true;
                self.state.d.next = RecordState::Offer;
            }
            RecordState::Offer => {
                self.rec_wr_valid.next = true;
                if self.rec_wr_ready.val() {
                    self.taken.next = true;
                    self.state.d.next = RecordState::Pick;
                    if self.irq.val() {
                        self.clear.next = self.mask.val();
                        self.state.d.next = RecordState::Irq;
                    }
                } else {
                    self.clears.next = self.init.ask.val();
                }
            }
            RecordState::Compare => {
                self.vector.d.next = self.place.vector.val();
                if self.inbox.consumer.val() != self.done_low.val() {
                    self.clear.next = self.mask.val();
                    self.state.d.next = RecordState::Irq;
                } else {
                    self.set.next = self.mask.val();
                    self.state.d.next = RecordState::Pick;
                }
            }
            RecordState::Irq => {
                self.irq_valid.next = true;
                if self.irq_ready.val() {
                    self.state.d.next = RecordState::Pick;
                }
            }
        }

        // The count of records is this block's. A queue is cleared while no ARM is in hand, which might be its own, and
        // nothing else writes or tells the count.
        self.place.done_wen.next = self.taken.val();
        self.place.done_waddr.next = self.g.q.val();
        self.place.done_wdata.next = self.done.q.val();
        self.forget.next = 0.into();
        if self.clears.val() {
            self.init.take.next = true;
            self.forget.next = self.one.val() << self.init_g.val();
            self.place.done_wen.next = true;
            self.place.done_waddr.next = self.init_g.val();
            self.place.done_wdata.next = 0.into();
            self.told.d.next = true;
            self.told_g.d.next = self.init_g.val();
            self.told_value.d.next = 0.into();
        }
        self.inbox.forget.next = self.forget.val();
        self.armed.d.next = (self.armed.q.val() & !self.clear.val() & !self.forget.val()) | self.set.val();
        if self.taken.val() {
            self.written.d.next = self.written.q.val() + 1;
        }

        self.header.fmt_type.next = self.write.val();
        self.header.length.next = 4.into();
        self.header.first_be.next = self.all_bytes.val();
        self.header.last_be.next = self.all_bytes.val();
        self.header.tag.next = 0.into();
        self.header.requester.next = self.cfg_requester_id.val();
        self.header.address.next = self.address.q.val();
        self.rec_wr_first.next = true;
        self.rec_wr_last.next = true;
        self.rec_wr_hdr.next = self.header.hdr.val();
        self.rec_wr_data.next = bit_cast::<W, 128>(self.data.q.val());
        self.rec_wr_keep.next = self.four_dws.val();
        self.done_valid.next = self.told.q.val();
        self.done_g.next = self.told_g.q.val();
        self.done_value.next = self.told_value.q.val();
        self.irq_vector.next = self.vector.q.val();
        self.rec_accepted.next = self.accepted.q.val();
        self.rec_written.next = self.written.q.val();
    }
}
