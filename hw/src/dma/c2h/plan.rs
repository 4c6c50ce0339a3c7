//! Decides which bytes of which queue go to host memory next.

use ferrolane_abi::status;
use rust_hdl::prelude::*;

use super::types::{Entry, PacketEnd};
use super::{Ahead, Clear, Cut, Ends, Flush, PassOver, Pick, Place, Present, Stall, Watch};
use crate::hw;
use crate::prim::{Dffr, Reg};

hw! {
    /// Takes the queues in turn and cuts their data into TLPs.
    ///
    /// ```text
    ///         ┌──────────◄─ turn over, nothing to do ────────────┐
    ///  Swap ──┴─► Look ─► Read ─► Set ─┬──► Cut ──────► Push ────┤
    ///                                  └────────◄────────────────┘ TLP handed on, also of the next descriptor
    ///  Pick: next queue   Place: context   Ahead: next descriptor   Present: this one   Ends: packet ends   Cut: bytes
    /// ```
    /// A TLP is handed on only if its bytes are all in the share: as many as the cut allows, or up to the end of a
    /// packet; see `Cut`. It is cut at host addresses that are multiples of MPS, hence never crosses 4 KiB (PCIe Base Spec
    /// r5 2.2.7), and a cut before that is made at the end of the descriptor or of the packet only. A new MPS counts from
    /// the next descriptor on.
    ///
    /// A TLP takes 2 clocks, a change of the queue 4 more. A queue keeps its turn for (MODE.WEIGHT + 1) * 512 bytes, a
    /// TLP counting as 64 at least, or until nothing can be done for it; if no other queue asks then, going on costs one clock.
    ///
    /// Data of a memory queue come as a packet per descriptor, which begins in the lane of its card address; its end tells nobody of a
    /// packet. One that is marked bad ends its descriptor with CARD_READ_ERROR, and the queue.
    ///
    /// A flush ends the present descriptor with the bytes that are there; see `Flush`. A queue with store-and-forward starts a packet
    /// only when its end is in the share; see `Cut`. With head drop and little room the oldest packet is passed over,
    /// if nothing of it was handed on, with or without a descriptor.
    ///
    /// A descriptor is taken with its first TLP. One that is refused, by its check or by fetch, gets a record with its code, and nothing more
    /// is done for its queue until it is cleared.
    pub struct Plan<
        const NQ: usize, const QB: usize, const GN: usize, const OB: usize, const PW: usize, const RB: usize, const PB: usize,
        const PAB: usize, const POLICIES: usize, const MEMORY: usize,
    > {
        pub clock: Signal<In, Clock> = Default::default(),
        pub rst: Signal<In, Bit> = Default::default(),
        pub run: Signal<In, Bits<GN>> = Default::default(),
        pub halted: Signal<In, Bits<GN>> = Default::default(),
        /// Max_Payload_Size is 128 << `cfg_mps` bytes; above 3 counts as 3.
        pub cfg_mps: Signal<In, Bits<3>> = Default::default(),
        /// Device Control: Enable Relaxed Ordering, Enable No Snoop.
        pub cfg_ro_enable: Signal<In, Bit> = Default::default(),
        pub cfg_ns_enable: Signal<In, Bit> = Default::default(),
        pub init_valid: Signal<In, Bit> = Default::default(),
        pub init_g: Signal<In, Bits<7>> = Default::default(),
        /// High in the clock in which the queue is cleared, once per `init_valid`.
        pub init_done_plan: Signal<Out, Bit> = Default::default(),
        pub cfgw_valid: Signal<In, Bit> = Default::default(),
        pub cfgw_g: Signal<In, Bits<7>> = Default::default(),
        pub cfgw_index: Signal<In, Bits<6>> = Default::default(),
        pub cfgw_data: Signal<In, Bits<32>> = Default::default(),
        pub room_valid: Signal<In, Bit> = Default::default(),
        pub room_g: Signal<In, Bits<7>> = Default::default(),
        pub room_value: Signal<In, Bits<31>> = Default::default(),
        pub finished_valid: Signal<In, Bit> = Default::default(),
        pub finished_g: Signal<In, Bits<7>> = Default::default(),
        pub finished_value: Signal<In, Bits<32>> = Default::default(),
        pub head_valid: Signal<In, Bit> = Default::default(),
        pub head_g: Signal<In, Bits<7>> = Default::default(),
        pub head_value: Signal<In, Bits<32>> = Default::default(),
        pub fill_valid: Signal<In, Bit> = Default::default(),
        pub fill_q: Signal<In, Bits<6>> = Default::default(),
        pub fill_row: Signal<In, Bits<16>> = Default::default(),
        pub fill_pkts: Signal<In, Bits<16>> = Default::default(),
        /// The host's command to flush a queue.
        pub flush_valid: Signal<In, Bit> = Default::default(),
        pub flush_g: Signal<In, Bits<7>> = Default::default(),
        /// Queues with head drop and little room.
        pub shed: Signal<In, Bits<NQ>> = Default::default(),
        /// A packet was passed over; held until `shed_ready`.
        pub shed_valid: Signal<Out, Bit> = Default::default(),
        pub shed_ready: Signal<In, Bit> = Default::default(),
        pub shed_q: Signal<Out, Bits<6>> = Default::default(),
        pub shed_bytes: Signal<Out, Bits<32>> = Default::default(),
        pub c2h_desc_q: Signal<Out, Bits<6>> = Default::default(),
        pub c2h_desc_slot: Signal<Out, Bits<7>> = Default::default(),
        pub c2h_desc_data: Signal<In, Bits<128>> = Default::default(),
        pub c2h_desc_err: Signal<In, Bits<8>> = Default::default(),
        pub c2h_taken_valid: Signal<Out, Bit> = Default::default(),
        pub c2h_taken_q: Signal<Out, Bits<6>> = Default::default(),
        pub c2h_taken_value: Signal<Out, Bits<32>> = Default::default(),
        pub c2h_err_valid: Signal<Out, Bit> = Default::default(),
        pub c2h_err_q: Signal<Out, Bits<6>> = Default::default(),
        pub c2h_err_code: Signal<Out, Bits<8>> = Default::default(),
        pub scanning: Signal<Out, Bit> = Default::default(),
        /// This clock: data but no descriptor, no place for its record, send can't take it, FENCE.
        pub c2h_stall: Signal<Out, Bits<4>> = Default::default(),
        /// Read port of the packet ends.
        pub pkt_raddr: Signal<Out, Bits<PAB>> = Default::default(),
        pub pkt_rdata: Signal<In, PacketEnd> = Default::default(),
        /// To send.
        pub entry_valid: Signal<Out, Bit> = Default::default(),
        pub entry_ready: Signal<In, Bit> = Default::default(),
        pub entry: Signal<Out, Entry> = Default::default(),
        /// Pulse to send: tell ingress that nothing of this queue has been read. Raised only while `clear_ready`.
        pub clear_valid: Signal<Out, Bit> = Default::default(),
        pub clear_q: Signal<Out, Bits<6>> = Default::default(),
        pub clear_ready: Signal<In, Bit> = Default::default(),

        // The step, one bit each. No queue in hand: puts away the context of the last, takes that of the next.
        in_swap: Dffr<Bit> = Dffr::new(true),
        // It was cleared: its context counts as 0.
        in_wipe: Dffr<Bit> = Default::default(),
        // The copies of the queue's counts, and its next descriptor, come from their memories.
        in_look: Dffr<Bit> = Default::default(),
        // The end of its packet comes; how many bytes are there?
        in_read: Dffr<Bit> = Default::default(),
        // A descriptor becomes the present one, if there is none.
        in_set: Dffr<Bit> = Default::default(),
        // The bytes of the next TLP.
        in_cut: Dffr<Bit> = Default::default(),
        // Hands it on.
        in_push: Dffr<Bit> = Default::default(),
        place: Place<NQ, QB, OB, PW> = Default::default(),
        watch: Watch<NQ, QB, POLICIES, MEMORY> = Default::default(),
        pick: Pick<NQ, QB, GN> = Default::default(),
        ahead: Ahead<OB> = Default::default(),
        present: Present = Default::default(),
        clear: Clear<NQ> = Default::default(),
        ends: Ends = Default::default(),
        cut: Cut<OB, PW, RB> = Default::default(),
        flush: Flush<NQ, QB> = Default::default(),
        pass_over: PassOver<NQ, PW> = Default::default(),
        stalled: Stall<OB, PW> = Default::default(),

        // The queue in hand; it stays in the registers until another one is taken.
        queue: Dffr<Bits<6>> = Default::default(),
        held: Dffr<Bit> = Default::default(),
        dirty: Dffr<Bit> = Default::default(),
        unspent: Dffr<Bit> = Default::default(),
        credit: Reg<Bits<17>> = Default::default(),
        // A TLP was handed on in the last clock, which counts as 64 bytes; the turn has ended with it.
        charge: Reg<Bit> = Default::default(),
        charge_64: Reg<Bit> = Default::default(),
        turn_over: Dffr<Bit> = Default::default(),
        attr: Reg<Bits<2>> = Default::default(),
        // Its policies; it is a memory queue.
        store: Dffr<Bit> = Default::default(),
        drops: Dffr<Bit> = Default::default(),
        drops_oldest: Dffr<Bit> = Default::default(),
        memory: Dffr<Bit> = Default::default(),
        // What a flush could write is written; until `Flush` knows.
        flush_end: Dffr<Bit> = Default::default(),
        flush_end_q: Reg<Bits<6>> = Default::default(),
        flush_ended: Dffr<Bit> = Default::default(),
        taken: Dffr<Bit> = Default::default(),
        taken_q: Reg<Bits<6>> = Default::default(),
        taken_value: Reg<Bits<32>> = Default::default(),
        error: Dffr<Bit> = Default::default(),
        error_q: Reg<Bits<6>> = Default::default(),
        error_code: Reg<Bits<8>> = Default::default(),
        save: Signal<Local, Bit> = Default::default(),
        swap: Signal<Local, Bit> = Default::default(),
        push: Signal<Local, Bit> = Default::default(),
        other: Signal<Local, Bit> = Default::default(),
        load: Signal<Local, Bit> = Default::default(),
        same: Signal<Local, Bit> = Default::default(),
        renew: Signal<Local, Bit> = Default::default(),
        reading: Signal<Local, Bit> = Default::default(),
        refused: Signal<Local, Bit> = Default::default(),
        accept: Signal<Local, Bit> = Default::default(),
        follows: Signal<Local, Bit> = Default::default(),
        begins: Signal<Local, Bit> = Default::default(),
        stage: Signal<Local, Bit> = Default::default(),
        goes_on: Signal<Local, Bit> = Default::default(),
        skip: Signal<Local, Bit> = Default::default(),
        moves: Signal<Local, Bit> = Default::default(),
        failed: Signal<Local, Bit> = Default::default(),
        wipe: Signal<Local, Bit> = Default::default(),
        code: Signal<Local, Bits<8>> = Default::default(),
        blank: Signal<Local, Bit> = Default::default(),
        look: Signal<Local, Bits<6>> = Default::default(),
        index: Signal<Local, Bits<32>> = Default::default(),
        saved_taken: Signal<Local, Bits<32>> = Default::default(),
        start_pkts: Signal<Local, Bits<16>> = Default::default(),
        pkt_q: Signal<Local, Bits<6>> = Default::default(),
        turn: Signal<Local, Bits<17>> = Default::default(),
        cost: Signal<Local, Bits<11>> = Default::default(),
        rest: Signal<Local, Bits<17>> = Default::default(),
        under_64: Signal<Local, Bit> = Default::default(),
        over: Signal<Local, Bit> = Default::default(),
        leaves: Signal<Local, Bit> = Default::default(),
        sets: Signal<Local, Bit> = Default::default(),
        low_pkt: Signal<Local, Bits<PB>> = Default::default(),

        slot_bits: Constant<Bits<8>> = Constant::new((PB as u64).into()),
        rounding: Constant<Bits<17>> = Constant::new(511_u64.into()),
        policies: Constant<Bits<1>> = Constant::new((POLICIES as u64).into()),
        read_error: Constant<Bits<8>> = Constant::new((status::CARD_READ_ERROR as u64).into()),
    }
}

impl<
        const NQ: usize,
        const QB: usize,
        const GN: usize,
        const OB: usize,
        const PW: usize,
        const RB: usize,
        const PB: usize,
        const PAB: usize,
        const POLICIES: usize,
        const MEMORY: usize,
    > Logic for Plan<NQ, QB, GN, OB, PW, RB, PB, PAB, POLICIES, MEMORY>
{
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, in_swap, in_wipe, in_look, in_read, in_set, in_cut, in_push);
        dff_setup!(
            self,
            clock,
            charge,
            charge_64,
            turn_over,
            queue,
            held,
            dirty,
            unspent,
            credit,
            attr,
            store,
            drops,
            drops_oldest
        );
        dff_setup!(self, clock, memory, flush_end, flush_end_q, flush_ended);
        dff_setup!(self, clock, taken, taken_q, taken_value, error, error_q, error_code);
        clock!(self, clock, place, watch, pick, ahead, present, clear, ends, cut, flush, pass_over, stalled);
        self.in_swap.rst.next = self.rst.val();
        self.in_wipe.rst.next = self.rst.val();
        self.in_look.rst.next = self.rst.val();
        self.in_read.rst.next = self.rst.val();
        self.in_set.rst.next = self.rst.val();
        self.in_cut.rst.next = self.rst.val();
        self.in_push.rst.next = self.rst.val();
        self.turn_over.rst.next = self.rst.val();
        self.queue.rst.next = self.rst.val();
        self.held.rst.next = self.rst.val();
        self.dirty.rst.next = self.rst.val();
        self.unspent.rst.next = self.rst.val();
        self.taken.rst.next = self.rst.val();
        self.error.rst.next = self.rst.val();
        self.store.rst.next = self.rst.val();
        self.drops.rst.next = self.rst.val();
        self.drops_oldest.rst.next = self.rst.val();
        self.memory.rst.next = self.rst.val();
        self.flush_end.rst.next = self.rst.val();
        self.flush_ended.rst.next = self.rst.val();
        self.place.rst.next = self.rst.val();
        self.pick.rst.next = self.rst.val();
        self.ahead.rst.next = self.rst.val();
        self.clear.rst.next = self.rst.val();
        self.ends.rst.next = self.rst.val();
        self.flush.rst.next = self.rst.val();
        self.pass_over.rst.next = self.rst.val();
        self.stalled.rst.next = self.rst.val();

        self.watch.cfgw_valid.next = self.cfgw_valid.val();
        self.watch.cfgw_g.next = self.cfgw_g.val();
        self.watch.cfgw_index.next = self.cfgw_index.val();
        self.watch.cfgw_data.next = self.cfgw_data.val();
        self.watch.room_valid.next = self.room_valid.val();
        self.watch.room_g.next = self.room_g.val();
        self.watch.room_value.next = self.room_value.val();
        self.watch.finished_valid.next = self.finished_valid.val();
        self.watch.finished_g.next = self.finished_g.val();
        self.watch.finished_value.next = self.finished_value.val();
        self.watch.head_valid.next = self.head_valid.val();
        self.watch.head_g.next = self.head_g.val();
        self.watch.head_value.next = self.head_value.val();
        self.watch.fill_valid.next = self.fill_valid.val();
        self.watch.fill_q.next = self.fill_q.val();
        self.watch.fill_row.next = self.fill_row.val();
        self.watch.fill_pkts.next = self.fill_pkts.val();
        self.pick.run.next = self.run.val();
        self.pick.halted.next = self.halted.val();
        self.pick.room_valid.next = self.room_valid.val();
        self.pick.room_g.next = self.room_g.val();
        self.pick.finished_valid.next = self.finished_valid.val();
        self.pick.finished_g.next = self.finished_g.val();
        self.pick.head_valid.next = self.head_valid.val();
        self.pick.head_g.next = self.head_g.val();
        self.pick.fill_valid.next = self.fill_valid.val();
        self.pick.fill_q.next = self.fill_q.val();
        self.pick.q.next = self.queue.q.val();
        self.flush.cfgw_valid.next = self.cfgw_valid.val();
        self.flush.cfgw_g.next = self.cfgw_g.val();
        self.flush.cfgw_index.next = self.cfgw_index.val();
        self.flush.cfgw_data.next = self.cfgw_data.val();
        self.flush.fill_valid.next = self.fill_valid.val();
        self.flush.fill_q.next = self.fill_q.val();
        self.flush.flush_valid.next = self.flush_valid.val();
        self.flush.flush_g.next = self.flush_g.val();
        self.flush.q.next = self.queue.q.val();
        self.pick.wake_valid.next = self.flush.wake_valid.val() & self.policies.val().any();
        self.pick.wake_q.next = self.flush.wake_q.val();

        // Swap: another queue is loaded; the one in hand, if it is the next again, is still there.
        self.swap.next = self.in_swap.q.val();
        self.wipe.next = self.in_wipe.q.val();
        self.push.next = self.in_push.q.val() & self.ends.settled.val();
        self.other.next = self.pick.differs.val() | (self.pick.found.val() & !self.held.q.val());
        self.load.next = self.swap.val() & self.other.val();
        self.renew.next =
            self.swap.val() & !self.other.val() & self.unspent.q.val() & self.pick.q_allowed.val();
        self.same.next = self.swap.val() & !self.other.val() & !self.unspent.q.val() & self.pick.found.val();
        self.pick.take.next = self.load.val() | self.same.val();
        self.look.next = self.queue.q.val();
        if self.load.val() {
            self.look.next = self.pick.candidate.val();
        }
        self.watch.look.next = bit_cast::<QB, 6>(self.look.val());
        self.place.read.next = self.pick.early.val();
        self.reading.next = !self.swap.val() & !self.wipe.val() & !self.in_look.q.val();

        // Push: what was cut is handed on, and a descriptor follows the one that ends.
        self.refused.next = self.present.refused.val();
        self.failed.next = self.cut.ends.val() & self.ends.packet_end.val().bad & self.memory.q.val();
        self.code.next = self.present.code.val();
        if self.failed.val() {
            self.code.next = self.read_error.val();
        }
        self.entry_valid.next = self.push.val();
        self.accept.next = self.push.val() & self.entry_ready.val();
        self.skip.next = self.cut.skip.val();
        self.moves.next = self.accept.val() & !self.skip.val();
        // Nothing is done for the queue any more, or it has no descriptor.
        self.blank.next = !self.present.active.val() & !self.place.dead.val();
        self.follows.next = self.ahead.ready.val() & !self.refused.val() & !self.failed.val();
        self.begins.next = self.ahead.ready.val() & self.blank.val();
        self.stage.next = (self.accept.val() & self.cut.done.val() & self.follows.val())
            | (self.in_set.q.val() & self.begins.val());

        self.save.next = self.dirty.q.val() & self.swap.val();
        self.clear.init_valid.next = self.init_valid.val();
        self.clear.init_g.next = self.init_g.val();
        self.clear.busy.next = self.accept.val();
        self.clear.clear_ready.next = self.clear_ready.val();
        self.init_done_plan.next = self.clear.clear.val();
        self.clear_valid.next = self.clear.clear_valid.val();
        self.clear_q.next = self.clear.clear_q.val();

        // Contexts. A present descriptor that was not started is read again.
        self.index.next = self.ahead.index.val() - 1;
        self.saved_taken.next = self.ahead.index.val();
        self.place.unbegun.next = false;
        if self.present.active.val() & !self.present.started.val() {
            self.saved_taken.next = self.index.val();
            self.place.unbegun.next = self.memory.q.val();
        }
        self.place.queue.next = self.queue.q.val();
        self.place.candidate.next = self.pick.candidate.val();
        self.place.idle.next = self.swap.val();
        self.place.load.next = self.load.val();
        self.place.wipe.next = self.wipe.val();
        self.place.save.next = self.save.val();
        self.place.clear.next = self.clear.clear.val();
        self.place.clear_q.next = self.clear.q.val();
        self.place.saved.next = self.present.saved.val();
        self.place.taken.next = self.saved_taken.val();
        self.place.accept.next = self.accept.val();
        self.place.n.next = self.cut.n.val();
        self.place.ends.next = self.cut.ends.val();
        self.place.after.next = self.ends.packet_end.val().after;
        self.place.passed.next = self.ends.passed.val();
        self.place.skip.next = self.skip.val();
        self.place.dies.next = (self.refused.val() | self.failed.val()) & !self.skip.val();
        self.place.begins.next = self.stage.val();
        self.place.lane.next = self.ahead.lane.val();

        self.taken.d.next = self.clear.clear.val();
        self.taken_q.d.next = self.queue.q.val();
        self.taken_value.d.next = self.ahead.index.val();
        if self.clear.clear.val() {
            self.taken_q.d.next = self.clear.q.val();
            self.taken_value.d.next = 0.into();
        }
        if self.moves.val() & !self.present.started.val() {
            self.taken.d.next = true;
        }
        self.error.d.next = self.moves.val() & (self.refused.val() | self.failed.val());
        self.error_q.d.next = self.queue.q.val();
        self.error_code.d.next = self.code.val();

        self.ahead.restart.next = self.load.val() | self.wipe.val();
        self.ahead.start.next = self.place.loaded.val().taken;
        self.ahead.wipe.next = self.wipe.val();
        self.ahead.memory.next = self.watch.memory.val();
        self.ahead.base.next = self.watch.base.val();
        self.ahead.preview.next = self.load.val();
        self.ahead.enable.next = !self.swap.val() & !self.wipe.val();
        self.ahead.take.next = self.stage.val();
        self.ahead.head.next = self.watch.head.val();
        self.ahead.finished.next = self.watch.finished.val();
        self.ahead.limit.next = self.watch.limit.val();
        self.ahead.cfg_mps.next = self.cfg_mps.val();
        self.ahead.desc_data.next = self.c2h_desc_data.val();
        self.ahead.desc_err.next = self.c2h_desc_err.val();
        self.c2h_desc_q.next = self.look.val();
        self.c2h_desc_slot.next = self.ahead.slot.val();

        self.start_pkts.next = self.place.loaded.val().pkts;
        self.pkt_q.next = self.look.val();
        if self.wipe.val() {
            self.start_pkts.next = 0.into();
        }
        self.ends.restart.next = self.load.val() | self.wipe.val();
        self.ends.preview.next = self.load.val() | self.wipe.val();
        self.ends.start.next = self.start_pkts.val();
        self.ends.enable.next = self.reading.val();
        self.ends.pass.next = self.accept.val() & self.cut.ends.val();
        self.ends.rows_now.next = self.watch.rows.val();
        self.ends.pkts_now.next = self.watch.pkts.val();
        self.ends.memory.next = self.pkt_rdata.val();
        self.low_pkt.next = bit_cast::<PB, 16>(self.ends.number.val());
        self.pkt_raddr.next = (bit_cast::<PAB, 6>(self.pkt_q.val()) << self.slot_bits.val())
            | bit_cast::<PAB, PB>(self.low_pkt.val());

        self.cut.decide.next = self.in_cut.q.val();
        self.cut.sample.next = self.in_cut.q.val() | self.in_read.q.val();
        self.cut.step.next = self.accept.val() | self.in_set.q.val();
        // Policies. A change of the queue has been seen by all of these before Cut.
        if !self.swap.val() {
            self.store.d.next = self.watch.store.val();
            self.drops.d.next = self.watch.drops.val();
            self.drops_oldest.d.next = self.watch.drops_oldest.val();
            self.memory.d.next = self.watch.memory.val();
        }
        self.pass_over.shed.next = self.shed.val();
        self.pass_over.q.next = self.queue.q.val();
        self.pass_over.drops_oldest.next = self.drops_oldest.q.val();
        self.pass_over.midway.next = self.place.midway.val();
        self.pass_over.dead.next = self.place.dead.val();
        self.pass_over.gap.next = self.place.gap.val();
        self.pass_over.active.next = self.present.active.val();
        self.pass_over.passed.next = self.accept.val() & self.skip.val();
        self.pass_over.bytes.next = self.cut.skipped.val();
        self.pass_over.shed_ready.next = self.shed_ready.val();
        self.shed_valid.next = self.pass_over.shed_valid.val();
        self.shed_q.next = self.pass_over.shed_q.val();
        self.shed_bytes.next = self.pass_over.shed_bytes.val();
        self.cut.shed.next = self.pass_over.now.val();
        self.cut.lane.next = self.ahead.lane.val();
        self.cut.begins.next = self.in_set.q.val() & !self.present.active.val();
        self.cut.active.next = self.present.active.val();
        self.cut.begun.next = self.present.active.val() & self.present.started.val();
        self.cut.flush.next = self.flush.due.val()
            & !self.flush_end.q.val()
            & !self.flush_ended.q.val()
            & !self.memory.q.val()
            & self.policies.val().any();
        self.cut.waits.next = self.store.q.val() & !self.place.midway.val();
        self.cut.patient.next = self.drops.q.val();
        self.flush_end.d.next = self.flush_end.q.val() & self.clear.clear.val();
        if (self.in_cut.q.val() & self.present.active.val() & self.cut.dry.val() & !self.refused.val())
            | (self.in_set.q.val() & !self.present.active.val() & !self.begins.val() & self.cut.bare.val())
        {
            self.flush_end.d.next = true;
            self.flush_end_q.d.next = self.queue.q.val();
        }
        self.flush_ended.d.next = self.flush_end.q.val();
        self.flush.done_valid.next = self.flush_end.q.val() | self.clear.clear.val();
        self.flush.done_q.next = self.flush_end_q.q.val();
        if self.clear.clear.val() {
            self.flush.done_q.next = self.clear.q.val();
        }
        self.cut.limit.next = self.present.limit.val();
        self.cut.whole.next = self.present.whole.val();
        self.cut.refused.next = self.refused.val();
        self.cut.pos.next = self.place.pos.val();
        self.cut.rows.next = self.ends.rows.val();
        self.cut.held.next = self.ends.held.val();
        self.cut.packet_end.next = self.ends.packet_end.val();
        self.cut.more.next = self.ends.more.val();
        self.cut.next_end.next = self.ends.next_end.val();

        // A TLP of less than 64 bytes takes the time of one: it counts as such, so that turns don't last for ever. It is
        // charged a clock behind, when its bytes still stand in `cut`. What remains is never negative before.
        self.under_64.next = !(self.cut.n.val() >> 6).any();
        self.cost.next = self.cut.n.val();
        if self.charge_64.q.val() {
            self.cost.next = 64.into();
        }
        self.rest.next = self.credit.q.val() - bit_cast::<17, 11>(self.cut.n.val());
        self.over.next =
            self.rest.val().get_bit(16) | (self.under_64.val() & !(self.credit.q.val() >> 6).any());

        self.entry.next.q = self.queue.q.val();
        self.entry.next.tlp = !self.refused.val() & !self.cut.empty.val() & !self.skip.val();
        self.entry.next.record = self.cut.done.val();
        self.entry.next.pos = bit_cast::<24, PW>(self.place.pos.val());
        self.entry.next.addr = self.present.addr.val();
        self.entry.next.n = self.cut.n.val();
        self.entry.next.attr = self.attr.q.val();
        self.entry.next.row = self.place.next_row.val();
        self.entry.next.pkts = self.place.next_pkts.val();
        self.entry.next.bytes_moved = self.present.moved.val();
        self.entry.next.meta = 0.into();
        self.entry.next.index = self.index.val();
        self.entry.next.eop = self.cut.ends.val() & !self.memory.q.val();
        self.entry.next.flushed = self.cut.flushed.val();
        self.entry.next.gap = self.cut.ends.val() & (self.place.gap.val() | self.ends.packet_end.val().gap);
        self.entry.next.skip = self.skip.val();
        self.entry.next.irq = self.present.irq.val() | self.refused.val() | self.failed.val();
        self.entry.next.status = self.code.val();
        if self.cut.ends.val() {
            self.entry.next.meta = self.ends.packet_end.val().user;
        }

        // The present descriptor, and what changes with it.
        self.attr.d.next = 0.into();
        if self.watch.no_snoop.val() & self.cfg_ns_enable.val() {
            self.attr.d.next = 1.into();
        }
        if self.watch.relaxed.val() & self.cfg_ro_enable.val() {
            self.attr.d.next = self.attr.d.val() | 2;
        }
        self.present.idle.next = self.swap.val();
        self.present.load.next = self.load.val();
        self.present.loaded.next = self.place.loaded.val();
        self.present.wipe.next = self.wipe.val();
        self.present.set.next = self.in_set.q.val();
        self.present.stage.next = self.stage.val();
        self.present.next_addr.next = self.ahead.addr.val();
        self.present.next_length.next = self.ahead.length.val();
        self.present.next_limit.next = self.ahead.first_limit.val();
        self.present.next_whole.next = self.ahead.first_whole.val();
        self.present.next_mps.next = self.ahead.mps.val();
        self.present.next_irq.next = self.ahead.irq.val();
        self.present.next_code.next = self.ahead.code.val();
        self.present.step.next = self.moves.val();
        self.present.n.next = self.cut.n.val();
        self.present.done.next = self.cut.done.val();
        if self.accept.val() {
            self.dirty.d.next = true;
        }
        self.charge.d.next = self.accept.val();
        self.charge_64.d.next = self.under_64.val();
        if self.charge.q.val() {
            self.credit.d.next = self.credit.q.val() - bit_cast::<17, 11>(self.cost.val());
        }
        // A turn begins with its bytes less one, so that the last one makes it negative.
        self.turn.next = (bit_cast::<17, 6>(self.watch.weight.val()) << 9) | self.rounding.val();
        if self.renew.val() | self.in_look.q.val() {
            self.credit.d.next = self.turn.val();
        }
        if self.swap.val() {
            self.dirty.d.next = false;
            self.unspent.d.next = false;
        }
        if self.load.val() {
            self.queue.d.next = self.pick.candidate.val();
            self.held.d.next = true;
        }
        if self.clear.clear.val() & (self.queue.q.val() == self.clear.q.val()) {
            self.held.d.next = false;
            self.dirty.d.next = false;
        }

        // Behind a packet that was passed over the room is looked at again.
        self.goes_on.next = (!self.cut.done.val() | self.follows.val()) & self.pick.q_allowed.val();
        // A turn that ends waits a clock before it asks for the next one: until then nobody looks for it.
        self.turn_over.d.next = self.accept.val() & self.goes_on.val() & !self.skip.val() & self.over.val();
        self.pick.again.next =
            self.turn_over.q.val() | (self.accept.val() & self.goes_on.val() & self.skip.val());
        if self.turn_over.d.val() {
            self.unspent.d.next = true;
        }
        self.leaves.next = !self.goes_on.val() | self.skip.val() | self.over.val();
        self.sets.next = !self.place.dead.val()
            & (self.present.active.val() | self.begins.val() | self.pass_over.now.val());
        self.in_swap.d.next = (self.swap.val() & !self.load.val() & !self.same.val() & !self.renew.val())
            | (self.in_set.q.val() & !self.sets.val())
            | (self.in_cut.q.val() & !self.cut.go.val())
            | (self.accept.val() & self.leaves.val());
        self.in_wipe.d.next = self.load.val() & self.place.fresh.val();
        self.in_look.d.next = self.wipe.val() | self.same.val() | (self.load.val() & !self.place.fresh.val());
        self.in_read.d.next = self.in_look.q.val();
        self.in_set.d.next = self.in_read.q.val();
        self.in_cut.d.next = self.renew.val()
            | (self.in_set.q.val() & self.sets.val())
            | (self.accept.val() & !self.leaves.val());
        self.in_push.d.next =
            (self.in_cut.q.val() & self.cut.go.val()) | (self.in_push.q.val() & !self.accept.val());
        self.stalled.rest.next =
            self.swap.val() & self.held.q.val() & self.pick.q_allowed.val() & self.blank.val();
        self.stalled.none.next = self.ahead.none.val();
        self.stalled.no_place.next = self.ahead.no_place.val();
        self.stalled.fenced.next = self.ahead.fenced.val();
        self.stalled.refused.next = self.push.val() & !self.entry_ready.val();
        self.stalled.rows.next = self.ends.rows.val();
        self.stalled.pos.next = self.place.pos.val();
        self.c2h_stall.next = self.stalled.stall.val();
        self.scanning.next = self.swap.val();
        self.c2h_taken_valid.next = self.taken.q.val();
        self.c2h_taken_q.next = self.taken_q.q.val();
        self.c2h_taken_value.next = self.taken_value.q.val();
        self.c2h_err_valid.next = self.error.q.val();
        self.c2h_err_q.next = self.error_q.q.val();
        self.c2h_err_code.next = self.error_code.q.val();
    }
}
