//! Takes the completions that bring descriptors.

use rust_hdl::prelude::*;

use super::batch::Batch;
use super::init::InitOnce;
use crate::hw;
use crate::prim::{Dffr, Reg};
use ferrolane_abi::status;

hw! {
    /// Writes descriptors into the stores as they come, one per beat, and moves the queue's head behind each completion.
    ///
    /// ```text
    ///  ask ─► batch of each tag ◄─┐
    ///            │                │ rest
    ///  cpl ─► check ──────────────┴─► store write ─► head broadcast, busy falls
    /// ```
    /// Completions of one read come in order of address (PCIe Base Spec r5 2.3.1.1), cut anywhere at a multiple of
    /// RCB; a ring is 16-byte aligned, so a cut never splits a descriptor.
    ///
    /// A fault puts an entry with its status code where the first missing descriptor belongs, and the head behind it. The
    /// queue then fetches nothing until it is cleared. A TLP flagged `cpl_error` changes nothing: it comes again.
    pub struct FetchAnswer<const NQ: usize, const GN: usize, const SA: usize> {
        pub clock: Signal<In, Clock> = Default::default(),
        pub rst: Signal<In, Bit> = Default::default(),
        pub init_valid: Signal<In, Bit> = Default::default(),
        pub init_g: Signal<In, Bits<7>> = Default::default(),
        pub init_done: Signal<Out, Bit> = Default::default(),
        pub ask_valid: Signal<In, Bit> = Default::default(),
        pub ask: Signal<In, Batch> = Default::default(),
        pub ask_tag: Signal<In, Bits<3>> = Default::default(),
        pub to_fetch: Signal<In, Bit> = Default::default(),
        pub cpl_first: Signal<In, Bit> = Default::default(),
        pub cpl_last: Signal<In, Bit> = Default::default(),
        pub cpl_data: Signal<In, Bits<128>> = Default::default(),
        pub cpl_error: Signal<In, Bit> = Default::default(),
        pub cpl_tag: Signal<In, Bits<10>> = Default::default(),
        pub cpl_status: Signal<In, Bits<3>> = Default::default(),
        pub cpl_byte_count: Signal<In, Bits<13>> = Default::default(),
        pub cpl_len: Signal<In, Bits<11>> = Default::default(),
        pub cpl_ep: Signal<In, Bit> = Default::default(),
        pub cpl_has_data: Signal<In, Bit> = Default::default(),
        pub cpl_bad: Signal<In, Bit> = Default::default(),
        pub h2c_wen: Signal<Out, Bit> = Default::default(),
        pub c2h_wen: Signal<Out, Bit> = Default::default(),
        pub store_addr: Signal<Out, Bits<SA>> = Default::default(),
        pub store_data: Signal<Out, Bits<128>> = Default::default(),
        pub store_err: Signal<Out, Bits<8>> = Default::default(),
        pub head_valid: Signal<Out, Bit> = Default::default(),
        pub head_g: Signal<Out, Bits<7>> = Default::default(),
        pub head_value: Signal<Out, Bits<32>> = Default::default(),
        pub busy: Signal<Out, Bits<GN>> = Default::default(),
        pub dead: Signal<Out, Bits<GN>> = Default::default(),
        pub tag_busy: Signal<Out, Bits<8>> = Default::default(),
        /// Pulse: a completion was dropped that nobody waits for.
        pub unexpected: Signal<Out, Bit> = Default::default(),
        init: InitOnce = Default::default(),
        batches: [Reg<Batch>; 8] = array_init::array_init(|_| Default::default()),
        tags: Dffr<Bits<8>> = Default::default(),
        fetching: Dffr<Bits<GN>> = Default::default(),
        failed: Dffr<Bits<GN>> = Default::default(),
        beat: Reg<Bits<6>> = Default::default(),
        known_first: Reg<Bit> = Default::default(),
        stray: Dffr<Bit> = Default::default(),
        // Store write.
        write_h2c: Dffr<Bit> = Default::default(),
        write_c2h: Dffr<Bit> = Default::default(),
        write_addr: Reg<Bits<SA>> = Default::default(),
        write_data: Reg<Bits<128>> = Default::default(),
        write_err: Reg<Bits<8>> = Default::default(),
        moves: Dffr<Bit> = Default::default(),
        ends: Dffr<Bit> = Default::default(),
        move_g: Reg<Bits<7>> = Default::default(),
        move_value: Reg<Bits<32>> = Default::default(),
        // Broadcast, one clock after the store write.
        told: Dffr<Bit> = Default::default(),
        told_end: Dffr<Bit> = Default::default(),
        told_g: Reg<Bits<7>> = Default::default(),
        told_value: Reg<Bits<32>> = Default::default(),
        tag: Signal<Local, Bits<3>> = Default::default(),
        batch: Signal<Local, Batch> = Default::default(),
        rest: Signal<Local, Batch> = Default::default(),
        g: Signal<Local, Bits<7>> = Default::default(),
        left: Signal<Local, Bits<6>> = Default::default(),
        index: Signal<Local, Bits<32>> = Default::default(),
        known: Signal<Local, Bit> = Default::default(),
        drop: Signal<Local, Bit> = Default::default(),
        left_bytes: Signal<Local, Bits<13>> = Default::default(),
        len_bytes: Signal<Local, Bits<13>> = Default::default(),
        fits: Signal<Local, Bit> = Default::default(),
        descriptors: Signal<Local, Bits<6>> = Default::default(),
        at: Signal<Local, Bits<6>> = Default::default(),
        after: Signal<Local, Bits<6>> = Default::default(),
        code: Signal<Local, Bits<8>> = Default::default(),
        finish: Signal<Local, Bit> = Default::default(),
        ended: Signal<Local, Bit> = Default::default(),
        is_c2h: Signal<Local, Bit> = Default::default(),
        q: Signal<Local, Bits<7>> = Default::default(),
        slot: Signal<Local, Bits<6>> = Default::default(),
        write: Signal<Local, Bit> = Default::default(),
        ask_tag_mask: Signal<Local, Bits<8>> = Default::default(),
        tag_mask: Signal<Local, Bits<8>> = Default::default(),
        ask_mask: Signal<Local, Bits<GN>> = Default::default(),
        g_mask: Signal<Local, Bits<GN>> = Default::default(),
        told_mask: Signal<Local, Bits<GN>> = Default::default(),
        init_mask: Signal<Local, Bits<GN>> = Default::default(),
        queues: Constant<Bits<7>> = Constant::new((NQ as u64).into()),
        one_tag: Constant<Bits<8>> = Constant::new(1_u64.into()),
        one_g: Constant<Bits<GN>> = Constant::new(1_u64.into()),
        ok: Constant<Bits<8>> = Constant::new((status::OK as u64).into()),
        code_ur: Constant<Bits<8>> = Constant::new((status::FETCH_UR as u64).into()),
        code_ca: Constant<Bits<8>> = Constant::new((status::FETCH_CA as u64).into()),
        code_poisoned: Constant<Bits<8>> = Constant::new((status::FETCH_POISONED as u64).into()),
        code_malformed: Constant<Bits<8>> = Constant::new((status::FETCH_MALFORMED as u64).into()),
        // Completion status (PCIe Base Spec r5 table 2-34).
        completer_abort: Constant<Bits<3>> = Constant::new(4_u64.into()),
    }
}

impl<const NQ: usize, const GN: usize, const SA: usize> Logic for FetchAnswer<NQ, GN, SA> {
    #[hdl_gen]
    fn update(&mut self) {
        clock!(self, clock, init);
        dff_setup!(
            self,
            clock,
            tags,
            fetching,
            failed,
            beat,
            known_first,
            stray,
            write_h2c,
            write_c2h,
            write_addr
        );
        dff_setup!(self, clock, write_data, write_err, moves, ends, move_g, move_value);
        dff_setup!(self, clock, told, told_end, told_g, told_value);
        self.tags.rst.next = self.rst.val();
        self.fetching.rst.next = self.rst.val();
        self.failed.rst.next = self.rst.val();
        self.stray.rst.next = self.rst.val();
        self.write_h2c.rst.next = self.rst.val();
        self.write_c2h.rst.next = self.rst.val();
        self.moves.rst.next = self.rst.val();
        self.ends.rst.next = self.rst.val();
        self.told.rst.next = self.rst.val();
        self.told_end.rst.next = self.rst.val();
        self.init.rst.next = self.rst.val();
        self.init.init_valid.next = self.init_valid.val();
        self.init.init_g.next = self.init_g.val();
        self.init.take.next = false;
        self.init_done.next = self.init.done.val();

        // The batch that the tag stands for.
        self.tag.next = bit_cast::<3, 10>(self.cpl_tag.val());
        self.batch.next = self.batches[0].q.val();
        for i in 1..8 {
            if self.tag.val().index() == i {
                self.batch.next = self.batches[i].q.val();
            }
        }
        self.g.next = self.batch.val().g;
        self.left.next = self.batch.val().left;
        self.index.next = self.batch.val().index;
        // The first beat decides: a stray doesn't turn into an answer because its tag comes into use meanwhile.
        self.known.next = self.tags.q.val().get_bit(self.tag.val().index()) & !self.cpl_bad.val();
        if !self.cpl_first.val() {
            self.known.next = self.known_first.q.val();
        }
        if self.to_fetch.val() {
            self.known_first.d.next = self.known.val();
        }
        self.drop.next = self.failed.q.val().get_bit(self.g.val().index());

        // Byte Count is what remains of the request, this TLP included (PCIe Base Spec r5 2.2.9).
        self.left_bytes.next = bit_cast::<13, 6>(self.left.val()) << 4;
        self.len_bytes.next = bit_cast::<13, 11>(self.cpl_len.val()) << 2;
        self.descriptors.next = self.cpl_len.val().get_bits::<6>(2);
        self.at.next = self.beat.q.val();
        if self.cpl_first.val() {
            self.at.next = 0.into();
        }
        self.after.next = self.at.val();
        if !self.at.val().all() {
            self.after.next = self.at.val() + 1;
        }
        if self.to_fetch.val() {
            self.beat.d.next = self.after.val();
        }
        self.fits.next = self.cpl_has_data.val()
            & (self.cpl_byte_count.val() == self.left_bytes.val())
            & (self.len_bytes.val() <= self.left_bytes.val())
            & (self.cpl_len.val().get_bits::<2>(0) == 0)
            & (!self.cpl_last.val() | (self.after.val() == self.descriptors.val()));
        self.code.next = self.ok.val();
        if self.cpl_status.val() == self.completer_abort.val() {
            self.code.next = self.code_ca.val();
        } else if self.cpl_status.val() != 0 {
            self.code.next = self.code_ur.val();
        } else if !self.fits.val() {
            self.code.next = self.code_malformed.val();
        } else if self.cpl_ep.val() {
            self.code.next = self.code_poisoned.val();
        }

        // A poisoned completion is followed by the rest; any other fault is the last that is heard of the request.
        self.finish.next = self.to_fetch.val() & self.cpl_last.val() & !self.cpl_error.val();
        self.ended.next = (self.left.val() == self.descriptors.val())
            | ((self.code.val() != self.ok.val()) & (self.code.val() != self.code_poisoned.val()));
        self.stray.d.next = self.finish.val() & !self.known.val();
        self.rest.next.g = self.g.val();
        self.rest.next.left = self.left.val() - self.descriptors.val();
        self.rest.next.index = self.index.val() + bit_cast::<32, 6>(self.descriptors.val());

        self.is_c2h.next = self.g.val() >= self.queues.val();
        self.q.next = self.g.val();
        if self.is_c2h.val() {
            self.q.next = self.g.val() - self.queues.val();
        }
        self.write.next = self.to_fetch.val() & self.known.val() & !self.drop.val();
        self.slot.next = bit_cast::<6, 32>(self.index.val()) + self.at.val();
        if self.code.val() != self.ok.val() {
            self.slot.next = bit_cast::<6, 32>(self.index.val());
        }
        // Beats beyond the TLP's length go nowhere: it is malformed, but only its last beat tells.
        if (self.at.val() >= self.descriptors.val()) & (self.code.val() == self.ok.val()) {
            self.write.next = false;
        }
        self.write_h2c.d.next = self.write.val() & !self.is_c2h.val();
        self.write_c2h.d.next = self.write.val() & self.is_c2h.val();
        self.write_addr.d.next = (bit_cast::<SA, 7>(self.q.val()) << 6) | bit_cast::<SA, 6>(self.slot.val());
        self.write_data.d.next = self.cpl_data.val();
        self.write_err.d.next = self.code.val();
        self.moves.d.next = false;
        self.ends.d.next = false;
        self.move_g.d.next = self.g.val();
        self.move_value.d.next = self.rest.val().index;
        if self.code.val() != self.ok.val() {
            self.move_value.d.next = self.index.val() + 1;
        }

        self.ask_tag_mask.next = 0.into();
        if self.ask_valid.val() {
            self.ask_tag_mask.next = self.one_tag.val() << self.ask_tag.val();
        }
        self.tag_mask.next = 0.into();
        self.g_mask.next = 0.into();
        if self.finish.val() & self.known.val() {
            self.moves.d.next = !self.drop.val();
            self.ends.d.next = self.ended.val();
            if self.ended.val() {
                self.tag_mask.next = self.one_tag.val() << self.tag.val();
            }
            if self.code.val() != self.ok.val() {
                self.g_mask.next = self.one_g.val() << self.g.val();
            }
        }
        self.tags.d.next = (self.tags.q.val() & !self.tag_mask.val()) | self.ask_tag_mask.val();
        for i in 0..8 {
            self.batches[i].clock.next = self.clock.val();
            self.batches[i].d.next = self.batches[i].q.val();
            if self.finish.val() & self.known.val() & (self.tag.val().index() == i) {
                self.batches[i].d.next = self.rest.val();
            }
            if self.ask_valid.val() & (self.ask_tag.val().index() == i) {
                self.batches[i].d.next = self.ask.val();
            }
        }

        // The store is written in the clock before the broadcast, and `busy` falls in the clock after it.
        self.told.d.next = self.moves.q.val();
        self.told_end.d.next = self.ends.q.val();
        self.told_g.d.next = self.move_g.q.val();
        self.told_value.d.next = self.move_value.q.val();
        self.init_mask.next = 0.into();
        if self.init.ask.val() & !self.moves.q.val() & !self.ends.q.val() {
            self.init.take.next = true;
            self.init_mask.next = self.one_g.val() << self.init_g.val();
            self.told.d.next = true;
            self.told_g.d.next = self.init_g.val();
            self.told_value.d.next = 0.into();
        }
        self.ask_mask.next = 0.into();
        if self.ask_valid.val() {
            self.ask_mask.next = self.one_g.val() << self.ask.val().g;
        }
        self.told_mask.next = 0.into();
        if self.told_end.q.val() {
            self.told_mask.next = self.one_g.val() << self.told_g.q.val();
        }
        self.fetching.d.next = (self.fetching.q.val() & !self.told_mask.val()) | self.ask_mask.val();
        self.failed.d.next = (self.failed.q.val() & !self.init_mask.val()) | self.g_mask.val();

        self.h2c_wen.next = self.write_h2c.q.val();
        self.c2h_wen.next = self.write_c2h.q.val();
        self.store_addr.next = self.write_addr.q.val();
        self.store_data.next = self.write_data.q.val();
        self.store_err.next = self.write_err.q.val();
        self.head_valid.next = self.told.q.val();
        self.head_g.next = self.told_g.q.val();
        self.head_value.next = self.told_value.q.val();
        self.busy.next = self.fetching.q.val();
        self.dead.next = self.failed.q.val();
        self.tag_busy.next = self.tags.q.val();
        self.unexpected.next = self.stray.q.val();
    }
}
