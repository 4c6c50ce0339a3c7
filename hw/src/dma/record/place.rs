//! Which records go into the next TLP, and where.

use rust_hdl::prelude::*;

use crate::hw;
use crate::prim::{Bram, Dffr, Reg};
use crate::stream::Mirror;
use ferrolane_abi::regs;

hw! {
    /// Takes the queues that are due, one after the other, and plans a TLP of all records that fit.
    ///
    /// ```text
    ///  due queue ─► pop ─► memories ─► how many are there, how far is the ring's end, the page's, ─► register
    ///                                  ─► how many fit ─► register ─► done, is there more? ─► again
    ///                                  └► address, phase ─► tlp_*
    /// ```
    /// Due records that don't fit make the queue due again, behind the others; those behind the last close wait for theirs,
    /// unless the queue is armed. A plan every two clocks; the next one is
    /// begun when this one is handed on, and one of the same queue when this one's count is stored. `done` is broadcast two clocks behind the
    /// handing on, in which the TLP is offered at the earliest: before the host can see it and
    /// answer with a consumer index that the doorbell must know to be valid.
    pub struct RecordPlace<const NQ: usize, const GN: usize, const GB: usize> {
        pub clock: Signal<In, Clock> = Default::default(),
        pub rst: Signal<In, Bit> = Default::default(),
        pub cfg_mps: Signal<In, Bits<3>> = Default::default(),
        pub cfgw_valid: Signal<In, Bit> = Default::default(),
        pub cfgw_g: Signal<In, Bits<7>> = Default::default(),
        pub cfgw_index: Signal<In, Bits<6>> = Default::default(),
        pub cfgw_data: Signal<In, Bits<32>> = Default::default(),
        /// With RING_SIZE: the ring's records less one.
        pub ring_mask: Signal<In, Bits<16>> = Default::default(),
        pub start_valid: Signal<In, Bit> = Default::default(),
        pub start_g: Signal<In, Bits<7>> = Default::default(),
        pub start_generation: Signal<In, Bits<8>> = Default::default(),
        /// Records collected of queue `put_g`, and those of them behind the last close.
        pub put_wen: Signal<In, Bit> = Default::default(),
        pub put_g: Signal<In, Bits<7>> = Default::default(),
        pub put_value: Signal<In, Bits<7>> = Default::default(),
        pub put_since: Signal<In, Bits<4>> = Default::default(),
        pub armed: Signal<In, Bits<GN>> = Default::default(),
        /// With `put_wen`: the queue is cleared. Never in the second clock behind one with `busy`.
        pub init: Signal<In, Bit> = Default::default(),
        pub busy: Signal<Out, Bit> = Default::default(),
        pub due_valid: Signal<In, Bit> = Default::default(),
        pub due_g: Signal<In, Bits<7>> = Default::default(),
        pub due_pop: Signal<Out, Bit> = Default::default(),
        pub again_valid: Signal<Out, Bit> = Default::default(),
        pub again_g: Signal<Out, Bits<7>> = Default::default(),
        pub again_ready: Signal<In, Bit> = Default::default(),
        pub tlp_valid: Signal<Out, Bit> = Default::default(),
        pub tlp_ready: Signal<In, Bit> = Default::default(),
        pub tlp_g: Signal<Out, Bits<7>> = Default::default(),
        /// First record's slot.
        pub tlp_slot: Signal<Out, Bits<6>> = Default::default(),
        /// Records less one, in the clock behind the handing on.
        pub tlp_less: Signal<Out, Bits<4>> = Default::default(),
        pub tlp_address: Signal<Out, Bits<64>> = Default::default(),
        /// Queue as in DW3 of the record.
        pub tlp_queue: Signal<Out, Bits<8>> = Default::default(),
        pub tlp_generation: Signal<Out, Bits<8>> = Default::default(),
        pub tlp_phase: Signal<Out, Bit> = Default::default(),
        /// Records in front of this TLP.
        pub tlp_done: Signal<Out, Bits<32>> = Default::default(),
        pub done_valid: Signal<Out, Bit> = Default::default(),
        pub done_g: Signal<Out, Bits<7>> = Default::default(),
        pub done_value: Signal<Out, Bits<32>> = Default::default(),
        // The ring's place, in records: in block memory, and the place in its page of 4 KiB where it is needed sooner.
        base_lo: Bram<Bits<20>, 9> = Default::default(),
        base_hi: Bram<Bits<32>, 9> = Default::default(),
        pages: Bram<Bits<8>, GB> = Default::default(),
        masks: Bram<Bits<16>, GB> = Default::default(),
        generations: Bram<Bits<8>, GB> = Default::default(),
        dones: Bram<Bits<32>, GB> = Default::default(),
        puts: Mirror<7, GB> = Default::default(),
        sinces: Mirror<4, GB> = Default::default(),
        popped: Dffr<Bit> = Default::default(),
        popped_g: Reg<Bits<7>> = Default::default(),
        // A plan: made, counted, its count stored.
        planned: Dffr<Bit> = Default::default(),
        fresh: Dffr<Bit> = Default::default(),
        counted: Dffr<Bit> = Default::default(),
        stores: Dffr<Bit> = Default::default(),
        g: Reg<Bits<7>> = Default::default(),
        less: Reg<Bits<7>> = Default::default(),
        // How many are there, less one and limited to what may be in a TLP; to the end of the ring and of the page.
        there: Reg<Bits<4>> = Default::default(),
        to_end: Reg<Bits<4>> = Default::default(),
        to_page: Reg<Bits<4>> = Default::default(),
        entry: Reg<Bits<16>> = Default::default(),
        mask: Reg<Bits<16>> = Default::default(),
        base: Reg<Bits<60>> = Default::default(),
        generation: Reg<Bits<8>> = Default::default(),
        done: Reg<Bits<32>> = Default::default(),
        since: Reg<Bits<4>> = Default::default(),
        fit: Reg<Bits<4>> = Default::default(),
        stored: Dffr<Bits<32>> = Default::default(),
        stored_g: Reg<Bits<7>> = Default::default(),
        cleared: Dffr<Bit> = Default::default(),
        again: Dffr<Bit> = Default::default(),
        asking: Dffr<Bit> = Default::default(),
        again_queue: Reg<Bits<7>> = Default::default(),
        rest: Reg<Bits<7>> = Default::default(),
        rest_since: Reg<Bits<4>> = Default::default(),
        went: Dffr<Bit> = Default::default(),
        told: Dffr<Bit> = Default::default(),
        told_g: Reg<Bits<7>> = Default::default(),
        told_value: Dffr<Bits<32>> = Default::default(),
        pop: Signal<Local, Bit> = Default::default(),
        go: Signal<Local, Bit> = Default::default(),
        same: Signal<Local, Bit> = Default::default(),
        open: Signal<Local, Bit> = Default::default(),
        limited: Signal<Local, Bit> = Default::default(),
        not_done: Signal<Local, Bits<7>> = Default::default(),
        pending_less: Signal<Local, Bits<7>> = Default::default(),
        place: Signal<Local, Bits<16>> = Default::default(),
        left: Signal<Local, Bits<16>> = Default::default(),
        ready: Signal<Local, Bits<4>> = Default::default(),
        in_page: Signal<Local, Bits<8>> = Default::default(),
        not_page: Signal<Local, Bits<8>> = Default::default(),
        count: Signal<Local, Bits<5>> = Default::default(),
        asks: Signal<Local, Bit> = Default::default(),
        next_done: Signal<Local, Bits<32>> = Default::default(),
        records: Signal<Local, Bits<60>> = Default::default(),
        wide_mask: Signal<Local, Bits<17>> = Default::default(),
        lap: Signal<Local, Bits<17>> = Default::default(),
        queue: Signal<Local, Bits<7>> = Default::default(),
        index_base_lo: Constant<Bits<6>> = Constant::new((regs::queue::CPL_BASE_LO.offset as u64 / 4).into()),
        index_base_hi: Constant<Bits<6>> = Constant::new((regs::queue::CPL_BASE_HI.offset as u64 / 4).into()),
        index_size: Constant<Bits<6>> = Constant::new((regs::queue::RING_SIZE.offset as u64 / 4).into()),
        one: Constant<Bits<17>> = Constant::new(1_u64.into()),
        queues: Constant<Bits<7>> = Constant::new((NQ as u64).into()),
        c2h_bit: Constant<Bits<8>> = Constant::new(0x40_u64.into()),
    }
}

impl<const NQ: usize, const GN: usize, const GB: usize> Logic for RecordPlace<NQ, GN, GB> {
    #[hdl_gen]
    fn update(&mut self) {
        clock!(self, clock, base_lo, base_hi, pages, masks, generations, dones, puts, sinces);
        dff_setup!(self, clock, popped, popped_g, planned, fresh, counted, stores, g, less, there, to_end);
        dff_setup!(self, clock, to_page, entry, mask, base, generation, done, since, fit, stored, stored_g);
        dff_setup!(self, clock, cleared, again, asking, again_queue, rest, rest_since, went, told, told_g);
        dff_setup!(self, clock, told_value);
        self.popped.rst.next = self.rst.val();
        self.planned.rst.next = self.rst.val();
        self.fresh.rst.next = self.rst.val();
        self.counted.rst.next = self.rst.val();
        self.stores.rst.next = self.rst.val();
        self.cleared.rst.next = self.rst.val();
        self.again.rst.next = self.rst.val();
        self.asking.rst.next = self.rst.val();
        self.went.rst.next = self.rst.val();
        self.told.rst.next = self.rst.val();

        self.base_lo.wen.next = self.cfgw_valid.val() & (self.cfgw_index.val() == self.index_base_lo.val());
        self.base_lo.waddr.next = bit_cast::<9, 7>(self.cfgw_g.val());
        self.base_lo.wdata.next = self.cfgw_data.val().get_bits::<20>(12);
        self.base_lo.raddr.next = bit_cast::<9, 7>(self.due_g.val());
        self.pages.wen.next = self.base_lo.wen.val();
        self.pages.waddr.next = bit_cast::<GB, 7>(self.cfgw_g.val());
        self.pages.wdata.next = self.cfgw_data.val().get_bits::<8>(4);
        self.pages.raddr.next = bit_cast::<GB, 7>(self.due_g.val());
        self.base_hi.wen.next = self.cfgw_valid.val() & (self.cfgw_index.val() == self.index_base_hi.val());
        self.base_hi.waddr.next = bit_cast::<9, 7>(self.cfgw_g.val());
        self.base_hi.wdata.next = self.cfgw_data.val();
        self.base_hi.raddr.next = bit_cast::<9, 7>(self.due_g.val());
        self.masks.wen.next = self.cfgw_valid.val() & (self.cfgw_index.val() == self.index_size.val());
        self.masks.waddr.next = bit_cast::<GB, 7>(self.cfgw_g.val());
        self.masks.wdata.next = self.ring_mask.val();
        self.masks.raddr.next = bit_cast::<GB, 7>(self.due_g.val());
        self.generations.wen.next = self.start_valid.val();
        self.generations.waddr.next = bit_cast::<GB, 7>(self.start_g.val());
        self.generations.wdata.next = self.start_generation.val();
        self.generations.raddr.next = bit_cast::<GB, 7>(self.due_g.val());
        self.puts.wen.next = self.put_wen.val();
        self.puts.waddr.next = bit_cast::<GB, 7>(self.put_g.val());
        self.puts.wdata.next = self.put_value.val();
        self.puts.raddr.next = bit_cast::<GB, 7>(self.due_g.val());
        self.sinces.wen.next = self.put_wen.val();
        self.sinces.waddr.next = bit_cast::<GB, 7>(self.put_g.val());
        self.sinces.wdata.next = self.put_since.val();
        self.sinces.raddr.next = bit_cast::<GB, 7>(self.due_g.val());
        self.dones.raddr.next = bit_cast::<GB, 7>(self.due_g.val());

        // Pop: the plan in hand will have gone when this one is ready; its count must be stored if it is the same queue's.
        self.open.next = self.again.q.val() | self.asking.q.val();
        self.same.next = ((self.planned.q.val() | self.counted.q.val())
            & (self.g.q.val() == self.due_g.val()))
            | (self.stores.q.val() & (self.stored_g.q.val() == self.due_g.val()));
        self.go.next = self.planned.q.val() & self.tlp_ready.val() & !self.init.val();
        self.pop.next = self.due_valid.val()
            & !self.popped.q.val()
            & (!self.planned.q.val() | self.tlp_ready.val())
            & !self.same.val()
            & !self.open.val()
            & !self.init.val()
            & !self.cleared.q.val();
        self.due_pop.next = self.pop.val();
        self.popped.d.next = self.pop.val();
        self.popped_g.d.next = self.due_g.val();
        self.busy.next = self.popped.q.val() | self.fresh.q.val() | self.counted.q.val();

        // How many are there (less one; at most what Max_Payload_Size lets into a TLP), how far are the ring's and the page's end.
        self.limited.next = self.cfg_mps.val() == 0;
        self.not_done.next = !bit_cast::<7, 32>(self.dones.rdata.val());
        self.pending_less.next = self.puts.rdata.val() + self.not_done.val();
        self.ready.next = bit_cast::<4, 7>(self.pending_less.val());
        if self.pending_less.val().get_bits::<2>(4).any()
            | (self.limited.val() & self.pending_less.val().get_bit(3))
        {
            self.ready.next = 15.into();
        }
        if self.limited.val() {
            self.ready.next = self.ready.val() & 7;
        }
        self.place.next = bit_cast::<16, 32>(self.dones.rdata.val()) & self.masks.rdata.val();
        self.left.next = !bit_cast::<16, 32>(self.dones.rdata.val()) & self.masks.rdata.val();
        self.in_page.next = self.pages.rdata.val() + bit_cast::<8, 16>(self.place.val());
        self.not_page.next = !self.in_page.val();
        self.fresh.d.next = false;
        if self.go.val() {
            self.planned.d.next = false;
        }
        if self.popped.q.val() {
            self.planned.d.next = !self.pending_less.val().get_bit(6);
            self.fresh.d.next = !self.pending_less.val().get_bit(6);
            self.g.d.next = self.popped_g.q.val();
            self.less.d.next = self.pending_less.val();
            self.there.d.next = self.ready.val();
            self.to_end.d.next = bit_cast::<4, 16>(self.left.val());
            if self.left.val().get_bits::<12>(4).any() {
                self.to_end.d.next = 15.into();
            }
            self.to_page.d.next = bit_cast::<4, 8>(self.not_page.val());
            if self.not_page.val().get_bits::<4>(4).any() {
                self.to_page.d.next = 15.into();
            }
            self.entry.d.next = self.place.val();
            self.mask.d.next = self.masks.rdata.val();
            self.base.d.next = (bit_cast::<60, 32>(self.base_hi.rdata.val()) << 28)
                | (bit_cast::<60, 20>(self.base_lo.rdata.val()) << 8)
                | bit_cast::<60, 8>(self.pages.rdata.val());
            self.generation.d.next = self.generations.rdata.val();
            self.done.d.next = self.dones.rdata.val();
            self.since.d.next = self.sinces.rdata.val();
        }

        // How many fit: the least of them.
        if self.fresh.q.val() {
            self.fit.d.next = self.there.q.val();
            if self.to_end.q.val() < self.to_page.q.val() {
                if self.to_end.q.val() < self.there.q.val() {
                    self.fit.d.next = self.to_end.q.val();
                }
            } else if self.to_page.q.val() < self.there.q.val() {
                self.fit.d.next = self.to_page.q.val();
            }
        }
        self.count.next = bit_cast::<5, 4>(self.fit.q.val()) + 1;
        self.next_done.next = self.done.q.val() + bit_cast::<32, 5>(self.count.val());

        // Its count is stored, and the rest waits to be due again: not before the last rest has been told.
        if !self.open.val() {
            self.counted.d.next = false;
        }
        if self.fresh.q.val() {
            self.counted.d.next = true;
        }
        self.stores.d.next = self.counted.q.val() & !self.open.val();
        self.stored.rst.next = self.init.val();
        if self.counted.q.val() {
            self.stored.d.next = self.next_done.val();
            self.stored_g.d.next = self.g.q.val();
        }
        self.cleared.d.next = self.init.val();
        if self.init.val() {
            self.stored_g.d.next = self.put_g.val();
        }
        self.dones.wen.next = self.stores.q.val() | self.cleared.q.val();
        self.dones.waddr.next = bit_cast::<GB, 7>(self.stored_g.q.val());
        self.dones.wdata.next = self.stored.q.val();

        self.asks.next = (self.rest.q.val() > bit_cast::<7, 4>(self.rest_since.q.val()))
            | self.armed.val().get_bit(self.again_queue.q.val().index());
        self.again.d.next = false;
        if self.counted.q.val() & !self.open.val() {
            self.again.d.next = self.less.q.val() != bit_cast::<7, 4>(self.fit.q.val());
            self.again_queue.d.next = self.g.q.val();
            self.rest.d.next = self.less.q.val() - bit_cast::<7, 4>(self.fit.q.val());
            self.rest_since.d.next = self.since.q.val();
        }
        if self.again_ready.val() {
            self.asking.d.next = false;
        }
        if self.again.q.val() {
            self.asking.d.next = self.asks.val();
        }
        self.again_valid.next = self.asking.q.val();
        self.again_g.next = self.again_queue.q.val();

        self.tlp_valid.next = self.planned.q.val() & !self.init.val();
        self.tlp_g.next = self.g.q.val();
        self.tlp_slot.next = bit_cast::<6, 32>(self.done.q.val());
        self.tlp_less.next = self.fit.q.val();
        self.records.next = self.base.q.val() + bit_cast::<60, 16>(self.entry.q.val());
        self.tlp_address.next = bit_cast::<64, 60>(self.records.val()) << 4;
        self.queue.next = self.g.q.val();
        self.tlp_queue.next = bit_cast::<8, 7>(self.queue.val());
        if self.g.q.val() >= self.queues.val() {
            self.queue.next = self.g.q.val() - self.queues.val();
            self.tlp_queue.next = bit_cast::<8, 7>(self.queue.val()) | self.c2h_bit.val();
        }
        self.tlp_generation.next = self.generation.q.val();
        // The lap is bit log2(size) of the count, where the mask ends.
        self.wide_mask.next = bit_cast::<17, 16>(self.mask.q.val());
        self.lap.next = (self.wide_mask.val() << 1) | self.one.val();
        self.lap.next = self.lap.val() & !self.wide_mask.val();
        self.tlp_phase.next = !(bit_cast::<17, 32>(self.done.q.val()) & self.lap.val()).any();
        self.tlp_done.next = self.done.q.val();
        self.went.d.next = self.go.val();
        self.told.d.next = self.went.q.val() | self.cleared.q.val();
        self.told_value.rst.next = self.cleared.q.val();
        self.told_g.d.next = self.g.q.val();
        self.told_value.d.next = self.next_done.val();
        if self.cleared.q.val() {
            self.told_g.d.next = self.stored_g.q.val();
        }
        self.done_valid.next = self.told.q.val();
        self.done_g.next = self.told_g.q.val();
        self.done_value.next = self.told_value.q.val();
    }
}
