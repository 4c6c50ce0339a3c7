//! Decides what descriptors to fetch and asks the host for them.

use rust_hdl::prelude::*;

use super::address::FetchAddress;
use super::batch::Batch;
use super::size::FetchSize;
use super::split::FetchSplit;
use crate::hw;
use crate::prim::{Bram, Bram2, Dffr, Reg};
use crate::stream::Mirror;
use crate::tlp::most_fetches;

#[derive(Copy, Clone, Debug, PartialEq, LogicState)]
pub enum AskState {
    Pick,
    Look,
    Span,
    Sum,
    Want,
    Room,
    Note,
    Offer,
    Fault,
}

hw! {
    /// Takes the queue that is found and asks for as much as there is, at most 32 entries, cut at the end of ring or segment.
    ///
    /// ```text
    ///  Pick ─► Look ─┬──────────► Sum ─► Want ─► Room ─► Note ─► Offer ─► Pick
    ///                ├─► Span ────┘               │        until rd_arb takes it
    ///                │   list: what is left       └──► Fault: a segment that is none
    ///                └─► Pick: nothing to fetch
    /// ```
    /// An address is where ring or segment begins plus the place there, so only the index is kept, and in a list the place. A ring's
    /// place is the index modulo its size. Ring and list differ in where a begin comes from (ring registers; what FEED_GO or a LINK
    /// left in `next_*`) and in the producer index, which a list has not.
    ///
    /// It waits for room of a quarter of the store, 16 at most, unless what there is takes less: so a lone queue has as many
    /// fetches in flight as its store allows. With more queues than tags, room grows while they wait.
    pub struct FetchAsk<
        const NQ: usize,
        const QB: usize,
        const GB: usize,
        const DB: usize,
        const TB: usize,
        const FEEDS: usize,
    > {
        pub clock: Signal<In, Clock> = Default::default(),
        pub rst: Signal<In, Bit> = Default::default(),
        pub cfg_mrrs: Signal<In, Bits<3>> = Default::default(),
        pub prod_valid: Signal<In, Bit> = Default::default(),
        pub prod_g: Signal<In, Bits<7>> = Default::default(),
        pub prod_value: Signal<In, Bits<32>> = Default::default(),
        pub h2c_taken_valid: Signal<In, Bit> = Default::default(),
        pub h2c_taken_q: Signal<In, Bits<6>> = Default::default(),
        pub h2c_taken_value: Signal<In, Bits<32>> = Default::default(),
        pub c2h_taken_valid: Signal<In, Bit> = Default::default(),
        pub c2h_taken_q: Signal<In, Bits<6>> = Default::default(),
        pub c2h_taken_value: Signal<In, Bits<32>> = Default::default(),
        pub found: Signal<In, Bit> = Default::default(),
        pub winner: Signal<In, Bits<GB>> = Default::default(),
        /// Of queue `winner`.
        pub fresh: Signal<In, Bit> = Default::default(),
        /// Of queue `g`: it could be picked in the clock before.
        pub alive: Signal<In, Bit> = Default::default(),
        /// Tags in use.
        pub tag_busy: Signal<In, Bits<16>> = Default::default(),
        /// Tags of which a completion may still come.
        pub fetch_open: Signal<In, Bits<16>> = Default::default(),
        /// Queue whose registers are read in this clock, and register: its offset / 4, bits 2:0.
        pub at: Signal<Out, Bits<GB>> = Default::default(),
        pub at_index: Signal<Out, Bits<3>> = Default::default(),
        // Read one clock after `at` and `at_index`.
        pub register: Signal<In, Bits<32>> = Default::default(),
        // Read one clock after `winner`.
        pub list: Signal<In, Bit> = Default::default(),
        pub head: Signal<In, Bits<8>> = Default::default(),
        pub ring_mask: Signal<In, Bits<16>> = Default::default(),
        pub next_low: Signal<In, Bits<32>> = Default::default(),
        pub next_high: Signal<In, Bits<32>> = Default::default(),
        pub next_len: Signal<In, Bits<24>> = Default::default(),
        /// Queue in hand, and what is told of it.
        pub g: Signal<Out, Bits<7>> = Default::default(),
        pub looks: Signal<Out, Bit> = Default::default(),
        pub again: Signal<Out, Bit> = Default::default(),
        pub opens: Signal<Out, Bit> = Default::default(),
        /// An entry with BAD_SEGMENT belongs to queue `g`; held until `fault_done`.
        pub fault_valid: Signal<Out, Bit> = Default::default(),
        pub fault_done: Signal<In, Bit> = Default::default(),
        pub fetch_rd_valid: Signal<Out, Bit> = Default::default(),
        pub fetch_rd_ready: Signal<In, Bit> = Default::default(),
        pub fetch_rd_addr: Signal<Out, Bits<64>> = Default::default(),
        pub fetch_rd_bytes: Signal<Out, Bits<13>> = Default::default(),
        pub fetch_rd_tag: Signal<Out, Bits<10>> = Default::default(),
        /// Pulse: a read will be offered that brings `note`; taken in a clock with `note_ready`.
        pub note_valid: Signal<Out, Bit> = Default::default(),
        pub note_ready: Signal<In, Bit> = Default::default(),
        pub note: Signal<Out, Batch> = Default::default(),
        /// Pulse: that read is taken.
        pub ask_valid: Signal<Out, Bit> = Default::default(),
        pub ask_tag: Signal<Out, Bits<4>> = Default::default(),
        /// How many reads of queue `number_at` of the clock before were taken, modulo 16, since power-up.
        pub number_at: Signal<In, Bits<GB>> = Default::default(),
        pub number: Signal<Out, Bits<4>> = Default::default(),
        pub scanning: Signal<Out, Bit> = Default::default(),
        state: Dffr<AskState> = Dffr::new(AskState::Pick),
        offering: Dffr<Bit> = Default::default(),
        g_now: Dffr<Bits<GB>> = Default::default(),
        split: FetchSplit<NQ> = Default::default(),
        producers: Mirror<17, GB> = Default::default(),
        h2c_taken: Mirror<8, QB> = Default::default(),
        c2h_taken: Mirror<8, QB> = Default::default(),
        indices: Bram<Bits<17>, GB> = Default::default(),
        places: Bram<Bits<26>, GB> = Default::default(),
        numbers: Bram2<Bits<4>, GB> = Default::default(),
        address: FetchAddress = Default::default(),
        size: FetchSize<DB, FEEDS> = Default::default(),
        index: Reg<Bits<17>> = Default::default(),
        mask: Reg<Bits<16>> = Default::default(),
        number_now: Reg<Bits<4>> = Default::default(),
        was_fresh: Reg<Bit> = Default::default(),
        loaded: Reg<Bit> = Default::default(),
        count: Dffr<Bits<6>> = Default::default(),
        tag: Reg<Bits<4>> = Default::default(),
        // Of lists.
        is_list: Reg<Bit> = Default::default(),
        bad: Reg<Bit> = Default::default(),
        place: Reg<Bits<24>> = Default::default(),
        first: Reg<Bit> = Default::default(),
        over: Dffr<Bit> = Default::default(),
        len: Reg<Bits<24>> = Default::default(),
        left_list: Reg<Bits<24>> = Default::default(),
        no_tag: Signal<Local, Bits<16>> = Default::default(),
        by_list: Signal<Local, Bit> = Default::default(),
        taken: Signal<Local, Bits<8>> = Default::default(),
        left: Signal<Local, Bits<24>> = Default::default(),
        index_low: Signal<Local, Bits<16>> = Default::default(),
        not_index: Signal<Local, Bits<16>> = Default::default(),
        not_place: Signal<Local, Bits<24>> = Default::default(),
        offset: Signal<Local, Bits<24>> = Default::default(),
        old_place: Signal<Local, Bits<26>> = Default::default(),
        new_place: Signal<Local, Bits<26>> = Default::default(),
        still_first: Signal<Local, Bit> = Default::default(),
        moved: Signal<Local, Bits<24>> = Default::default(),
        entries: Signal<Local, Bits<6>> = Default::default(),
        low: Signal<Local, Bits<32>> = Default::default(),
        high: Signal<Local, Bits<32>> = Default::default(),
        feeds: Constant<Bit> = Constant::new(FEEDS != 0),
        base_low: Constant<Bits<3>> = Constant::new((ferrolane_abi::regs::queue::RING_BASE_LO.offset as u64 / 4).into()),
        base_high: Constant<Bits<3>> = Constant::new((ferrolane_abi::regs::queue::RING_BASE_HI.offset as u64 / 4).into()),
        // Tags that are never used.
        beyond: Constant<Bits<16>> = Constant::new((65536 - (1 << most_fetches(TB))).into()),
        tag_number: [Constant<Bits<4>>; 16] = array_init::array_init(|i| Constant::new((i as u64).into())),
    }
}

impl<
        const NQ: usize,
        const QB: usize,
        const GB: usize,
        const DB: usize,
        const TB: usize,
        const FEEDS: usize,
    > Logic for FetchAsk<NQ, QB, GB, DB, TB, FEEDS>
{
    #[hdl_gen]
    fn update(&mut self) {
        clock!(self, clock, producers, h2c_taken, c2h_taken, indices, places, numbers, address, size);
        dff_setup!(
            self, clock, state, offering, g_now, index, mask, number_now, was_fresh, loaded, count, tag
        );
        dff_setup!(self, clock, is_list, bad, place, first, over, len, left_list);
        self.state.rst.next = self.rst.val();
        self.offering.rst.next = self.rst.val();
        self.g_now.rst.next = self.rst.val();
        self.by_list.next = self.feeds.val() & self.is_list.q.val();

        self.no_tag.next = self.tag_busy.val() | self.fetch_open.val() | self.beyond.val();
        // Copies of the buses.
        self.producers.wen.next = self.prod_valid.val();
        self.producers.waddr.next = bit_cast::<GB, 7>(self.prod_g.val());
        self.producers.wdata.next = bit_cast::<17, 32>(self.prod_value.val());
        self.h2c_taken.wen.next = self.h2c_taken_valid.val();
        self.h2c_taken.waddr.next = bit_cast::<QB, 6>(self.h2c_taken_q.val());
        self.h2c_taken.wdata.next = bit_cast::<8, 32>(self.h2c_taken_value.val());
        self.c2h_taken.wen.next = self.c2h_taken_valid.val();
        self.c2h_taken.waddr.next = bit_cast::<QB, 6>(self.c2h_taken_q.val());
        self.c2h_taken.wdata.next = bit_cast::<8, 32>(self.c2h_taken_value.val());
        self.split.g.next = bit_cast::<7, GB>(self.g_now.q.val());
        self.producers.raddr.next = self.g_now.q.val();
        self.h2c_taken.raddr.next = bit_cast::<QB, 6>(self.split.q.val());
        self.c2h_taken.raddr.next = bit_cast::<QB, 6>(self.split.q.val());
        self.taken.next = self.h2c_taken.rdata.val();
        if self.split.c2h.val() {
            self.taken.next = self.c2h_taken.rdata.val();
        }

        self.at.next = self.g_now.q.val();
        self.at_index.next = self.base_high.val();
        if self.state.q.val() == AskState::Pick {
            self.at.next = self.winner.val();
            self.at_index.next = self.base_low.val();
        }
        self.indices.raddr.next = self.winner.val();
        self.places.raddr.next = self.winner.val();
        self.numbers.raddr.next = self.winner.val();
        self.old_place.next = self.places.rdata.val();
        // As old as what is read with it: what makes a queue fresh is there before.
        self.was_fresh.d.next = self.fresh.val();

        // Where in ring or segment, and what is left of it, less one.
        self.index_low.next = bit_cast::<16, 17>(self.index.q.val());
        self.not_index.next = !self.index_low.val();
        self.offset.next = bit_cast::<24, 16>(self.index_low.val() & self.mask.q.val());
        self.left.next = bit_cast::<24, 16>(self.not_index.val() & self.mask.q.val());
        self.not_place.next = !self.place.q.val();
        self.left_list.d.next = self.len.q.val() + self.not_place.val();
        if self.by_list.val() {
            self.offset.next = self.place.q.val();
            self.left.next = self.left_list.q.val();
        }
        self.address.place.next = self.offset.val();
        self.size.cfg_mrrs.next = self.cfg_mrrs.val();
        self.size.index.next = self.index.q.val();
        self.size.producer.next = self.producers.rdata.val();
        self.size.taken.next = self.taken.val();
        self.size.list.next = self.is_list.q.val();
        self.size.left.next = self.left.val();
        self.size.address.next = bit_cast::<5, 60>(self.address.address.val());
        self.entries.next = bit_cast::<6, 5>(self.size.size.val()) + 1;

        // Written as it was found by Sum, with what was offered by Offer.
        self.indices.waddr.next = self.g_now.q.val();
        self.indices.wdata.next = self.index.q.val() + bit_cast::<17, 6>(self.count.q.val());
        self.indices.wen.next = self.offering.q.val();
        self.moved.next = self.place.q.val() + bit_cast::<24, 6>(self.count.q.val());
        self.new_place.next = bit_cast::<26, 24>(self.moved.val());
        self.still_first.next = self.first.q.val() & !self.offering.q.val();
        self.new_place.next = self.new_place.val().replace_bit(24, self.still_first.val());
        self.new_place.next = self.new_place.val().replace_bit(25, self.over.q.val());
        self.places.waddr.next = self.g_now.q.val();
        self.places.wdata.next = self.new_place.val();
        self.places.wen.next = self.offering.q.val();
        self.numbers.waddr.next = self.g_now.q.val();
        self.numbers.wdata.next = self.number_now.q.val() + 1;
        // A read that rd_arb has not taken is no fetch under way: held back, it must not keep its queue busy.
        self.numbers.wen.next = self.offering.q.val() & self.fetch_rd_ready.val();

        self.address.load_low.next = false;
        self.address.load_high.next = false;
        self.low.next = self.register.val();
        self.high.next = self.register.val();
        self.count.rst.next = false;
        self.over.rst.next = false;
        self.looks.next = false;
        self.again.next = false;
        self.opens.next = false;
        self.fault_valid.next = false;
        self.note_valid.next = false;
        self.ask_valid.next = self.offering.q.val() & self.fetch_rd_ready.val();
        self.scanning.next = false;
        match self.state.q.val() {
            AskState::Pick => {
                self.scanning.next = true;
                if self.found.val() & !self.no_tag.val().all() {
                    self.g_now.d.next = self.winner.val();
                    self.state.d.next = AskState::Look;
                }
            }
            AskState::Look => {
                self.count.rst.next = true;
                self.over.rst.next = true;
                self.looks.next = self.alive.val();
                self.number_now.d.next = self.numbers.rdata.val();
                self.loaded.d.next = self.was_fresh.q.val();
                self.index.d.next = self.indices.rdata.val();
                self.mask.d.next = self.ring_mask.val();
                self.is_list.d.next = self.list.val();
                self.bad.d.next = false;
                self.place.d.next = self.old_place.val().get_bits::<24>(0);
                self.first.d.next = self.old_place.val().get_bit(24);
                self.len.d.next = self.next_len.val();
                self.address.load_low.next = true;
                self.address.load_high.next = true;
                self.state.d.next = AskState::Sum;
                if self.was_fresh.q.val() {
                    self.index.d.next = 0.into();
                    if self.feeds.val() {
                        self.index.d.next = bit_cast::<17, 8>(self.head.val());
                    }
                    self.place.d.next = 0.into();
                    self.first.d.next = true;
                }
                if self.feeds.val() & self.list.val() {
                    self.low.next = self.next_low.val();
                    self.high.next = self.next_high.val();
                    self.state.d.next = AskState::Span;
                    if self.was_fresh.q.val() {
                        self.bad.d.next =
                            (self.next_len.val() == 0) | (self.next_low.val().get_bits::<4>(0) != 0);
                    } else if self.old_place.val().get_bit(25) {
                        self.state.d.next = AskState::Pick;
                    }
                }
                if !self.alive.val() {
                    self.state.d.next = AskState::Pick;
                }
            }
            AskState::Span => {
                self.state.d.next = AskState::Sum;
            }
            AskState::Sum => {
                self.address.load_high.next = !self.by_list.val();
                self.indices.wen.next = !self.bad.q.val();
                self.places.wen.next = !self.bad.q.val();
                self.opens.next = self.loaded.q.val() & !self.bad.q.val();
                self.state.d.next = AskState::Want;
            }
            AskState::Want => {
                self.state.d.next = AskState::Room;
            }
            AskState::Room => {
                for i in 0..16 {
                    if !self.no_tag.val().get_bit(i) {
                        self.tag.d.next = self.tag_number[i].val();
                    }
                }
                self.state.d.next = AskState::Pick;
                if self.feeds.val() & self.bad.q.val() {
                    if self.size.room.val() {
                        self.state.d.next = AskState::Fault;
                    }
                } else if self.size.enough.val() {
                    self.again.next = true;
                    self.state.d.next = AskState::Note;
                }
            }
            AskState::Note => {
                self.note_valid.next = self.note_ready.val();
                self.count.d.next = self.entries.val();
                self.over.d.next = self.size.last.val();
                if self.note_ready.val() {
                    self.offering.d.next = true;
                    self.state.d.next = AskState::Offer;
                }
            }
            AskState::Offer => {
                if self.fetch_rd_ready.val() {
                    self.offering.d.next = false;
                    self.state.d.next = AskState::Pick;
                }
            }
            AskState::Fault => {
                self.fault_valid.next = true;
                if self.fault_done.val() {
                    self.state.d.next = AskState::Pick;
                }
            }
        }
        self.address.low.next = self.low.val();
        self.address.high.next = self.high.val();

        self.g.next = bit_cast::<7, GB>(self.g_now.q.val());
        self.fetch_rd_valid.next = self.offering.q.val();
        self.fetch_rd_addr.next = bit_cast::<64, 60>(self.address.address.val()) << 4;
        self.fetch_rd_bytes.next = bit_cast::<13, 6>(self.count.q.val()) << 4;
        self.fetch_rd_tag.next = bit_cast::<10, 4>(self.tag.q.val());
        self.ask_tag.next = self.tag.q.val();
        self.numbers.raddr2.next = self.number_at.val();
        self.number.next = self.numbers.rdata2.val();
        self.note.next.g = bit_cast::<7, GB>(self.g_now.q.val());
        self.note.next.number = self.number_now.q.val();
        self.note.next.slot = bit_cast::<7, 17>(self.index.q.val());
        self.note.next.count = self.entries.val();
        self.note.next.list = self.by_list.val();
        self.note.next.first = self.first.q.val();
        self.note.next.last = self.size.last.val();
    }
}
