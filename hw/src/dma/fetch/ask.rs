//! Decides what descriptors to fetch and asks the host for them.

use rust_hdl::prelude::*;

use super::batch::{Batch, Place};
use crate::hw;
use crate::prim::{Bram, Bram2, Dffr, Reg};
use crate::stream::Mirror;
use crate::tlp::{MakeHeader, MEM_READ};

#[derive(Copy, Clone, Debug, PartialEq, LogicState)]
pub enum AskState {
    Pick,
    Look,
    LoadLow,
    LoadHigh,
    LoadSize,
    Sum,
    Want,
    Room,
    Offer,
    Fault,
}

hw! {
    /// Takes the queue that is found and asks for as much as there is, at most 32 entries, cut at the end of ring or segment.
    ///
    /// ```text
    ///  Pick ─► Look ─┬──────────────────────► Sum ─► Want ─► Room ─► Offer ─► Pick
    ///                ├► LoadLow ► High ► Size ─┘                │   until rd_arb takes it
    ///                │  begin of the ring                       └──► Fault: a segment that is none
    ///                └► Pick: nothing to fetch
    /// ```
    /// Ring and list differ in where a begin comes from (ring registers; what FEED_GO or a LINK left in `next_*`) and in
    /// the producer index, which a list has not. A ring is begun again at its end.
    ///
    /// It waits for room of a quarter of the store, 16 at most, unless what there is takes less: so a lone queue has as many
    /// fetches in flight as its store allows. With more queues than tags, room grows while they wait.
    pub struct FetchAsk<
        const NQ: usize,
        const QB: usize,
        const GB: usize,
        const DB: usize,
    > {
        pub clock: Signal<In, Clock> = Default::default(),
        pub rst: Signal<In, Bit> = Default::default(),
        pub cfg_mrrs: Signal<In, Bits<3>> = Default::default(),
        pub cfg_requester_id: Signal<In, Bits<16>> = Default::default(),
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
        /// Of queue `at`.
        pub fresh: Signal<In, Bit> = Default::default(),
        /// Tags in use.
        pub tag_busy: Signal<In, Bits<8>> = Default::default(),
        /// Queue whose state is read in this clock.
        pub at: Signal<Out, Bits<GB>> = Default::default(),
        /// Ring register that is read in this clock: its offset / 4, bits 2:0.
        pub at_index: Signal<Out, Bits<3>> = Default::default(),
        // Read one clock after `at` and `at_index`.
        pub list: Signal<In, Bit> = Default::default(),
        pub head: Signal<In, Bits<8>> = Default::default(),
        pub register: Signal<In, Bits<32>> = Default::default(),
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
        pub fetch_rd_hdr: Signal<Out, Bits<128>> = Default::default(),
        /// Pulse: a read was taken; it brings `ask`.
        pub ask_valid: Signal<Out, Bit> = Default::default(),
        pub ask: Signal<Out, Batch> = Default::default(),
        pub ask_tag: Signal<Out, Bits<3>> = Default::default(),
        /// How many reads of queue `number_at` of the clock before were taken, modulo 16, since power-up.
        pub number_at: Signal<In, Bits<GB>> = Default::default(),
        pub number: Signal<Out, Bits<4>> = Default::default(),
        pub scanning: Signal<Out, Bit> = Default::default(),
        state: Dffr<AskState> = Dffr::new(AskState::Pick),
        g_now: Dffr<Bits<7>> = Default::default(),
        producers: Mirror<17, GB> = Default::default(),
        h2c_taken: Mirror<8, QB> = Default::default(),
        c2h_taken: Mirror<8, QB> = Default::default(),
        places: Bram<Place, GB> = Default::default(),
        numbers: Bram2<Bits<4>, GB> = Default::default(),
        header: MakeHeader = Default::default(),
        place: Reg<Place> = Default::default(),
        taken_number: Reg<Bits<4>> = Default::default(),
        is_list: Reg<Bit> = Default::default(),
        is_c2h: Reg<Bit> = Default::default(),
        q: Reg<Bits<6>> = Default::default(),
        was_fresh: Reg<Bit> = Default::default(),
        loaded: Reg<Bit> = Default::default(),
        bad: Reg<Bit> = Default::default(),
        available: Reg<Bits<17>> = Default::default(),
        used: Reg<Bits<8>> = Default::default(),
        most: Reg<Bits<6>> = Default::default(),
        want: Reg<Bits<6>> = Default::default(),
        room: Reg<Bits<8>> = Default::default(),
        count: Reg<Bits<6>> = Default::default(),
        tag: Reg<Bits<3>> = Default::default(),
        c2h_now: Signal<Local, Bit> = Default::default(),
        q_now: Signal<Local, Bits<7>> = Default::default(),
        taken: Signal<Local, Bits<8>> = Default::default(),
        old: Signal<Local, Place> = Default::default(),
        moved: Signal<Local, Place> = Default::default(),
        added: Signal<Local, Bits<6>> = Default::default(),
        line: Signal<Local, Bits<60>> = Default::default(),
        to_page: Signal<Local, Bits<9>> = Default::default(),
        fits: Signal<Local, Bits<6>> = Default::default(),
        wanted: Signal<Local, Bits<6>> = Default::default(),
        length: Signal<Local, Bits<10>> = Default::default(),
        address: Signal<Local, Bits<64>> = Default::default(),
        queues: Constant<Bits<7>> = Constant::new((NQ as u64).into()),
        base_low: Constant<Bits<3>> = Constant::new((ferrolane_abi::regs::queue::RING_BASE_LO.offset as u64 / 4).into()),
        base_high: Constant<Bits<3>> = Constant::new((ferrolane_abi::regs::queue::RING_BASE_HI.offset as u64 / 4).into()),
        ring_size: Constant<Bits<3>> = Constant::new((ferrolane_abi::regs::queue::RING_SIZE.offset as u64 / 4).into()),
        one: Constant<Bits<24>> = Constant::new(1_u64.into()),
        // Descriptors of a 4 KiB page.
        page: Constant<Bits<9>> = Constant::new(256_u64.into()),
        largest: Constant<Bits<6>> = Constant::new(32_u64.into()),
        store: Constant<Bits<8>> = Constant::new((1_u64 << DB).into()),
        quarter: Constant<Bits<8>> = Constant::new((1_u64 << DB).div_ceil(4).min(16).into()),
        read: Constant<Bits<8>> = Constant::new(MEM_READ.into()),
        all_bytes: Constant<Bits<4>> = Constant::new(0xF_u64.into()),
        tag_number: [Constant<Bits<3>>; 8] = array_init::array_init(|i| Constant::new((i as u64).into())),
    }
}

impl<const NQ: usize, const QB: usize, const GB: usize, const DB: usize> Logic for FetchAsk<NQ, QB, GB, DB> {
    #[hdl_gen]
    fn update(&mut self) {
        clock!(self, clock, producers, h2c_taken, c2h_taken, places, numbers);
        dff_setup!(
            self,
            clock,
            state,
            g_now,
            place,
            taken_number,
            is_list,
            is_c2h,
            q,
            was_fresh,
            loaded,
            bad
        );
        dff_setup!(self, clock, available, used, most, want, room, count, tag);
        self.state.rst.next = self.rst.val();
        self.g_now.rst.next = self.rst.val();

        // Copies of the buses. Differences of producer and index are at most a ring, of index and taken a store.
        self.producers.wen.next = self.prod_valid.val();
        self.producers.waddr.next = bit_cast::<GB, 7>(self.prod_g.val());
        self.producers.wdata.next = bit_cast::<17, 32>(self.prod_value.val());
        self.h2c_taken.wen.next = self.h2c_taken_valid.val();
        self.h2c_taken.waddr.next = bit_cast::<QB, 6>(self.h2c_taken_q.val());
        self.h2c_taken.wdata.next = bit_cast::<8, 32>(self.h2c_taken_value.val());
        self.c2h_taken.wen.next = self.c2h_taken_valid.val();
        self.c2h_taken.waddr.next = bit_cast::<QB, 6>(self.c2h_taken_q.val());
        self.c2h_taken.wdata.next = bit_cast::<8, 32>(self.c2h_taken_value.val());

        self.at.next = bit_cast::<GB, 7>(self.g_now.q.val());
        if self.state.q.val() == AskState::Pick {
            self.at.next = self.winner.val();
        }
        self.c2h_now.next = self.g_now.q.val() >= self.queues.val();
        self.q_now.next = self.g_now.q.val();
        if self.c2h_now.val() {
            self.q_now.next = self.g_now.q.val() - self.queues.val();
        }
        self.producers.raddr.next = bit_cast::<GB, 7>(self.g_now.q.val());
        self.h2c_taken.raddr.next = bit_cast::<QB, 7>(self.q_now.val());
        self.c2h_taken.raddr.next = bit_cast::<QB, 7>(self.q_now.val());
        self.taken.next = self.h2c_taken.rdata.val();
        if self.is_c2h.q.val() {
            self.taken.next = self.c2h_taken.rdata.val();
        }
        self.places.raddr.next = self.at.val();
        self.numbers.raddr.next = self.at.val();
        self.old.next = self.places.rdata.val();

        // Room for the largest read: not over Max_Read_Request_Size (PCIe Base Spec r5 7.5.3.4) nor a 4 KiB boundary (2.2.7).
        self.to_page.next = self.page.val() - bit_cast::<9, 28>(self.place.q.val().low & 0xFF);
        self.fits.next = self.largest.val();
        if self.cfg_mrrs.val() == 0 {
            self.fits.next = 8.into();
        }
        if self.cfg_mrrs.val() == 1 {
            self.fits.next = 16.into();
        }
        if bit_cast::<9, 6>(self.fits.val()) > self.to_page.val() {
            self.fits.next = bit_cast::<6, 9>(self.to_page.val());
        }
        if bit_cast::<24, 6>(self.fits.val()) > self.place.q.val().left {
            self.fits.next = bit_cast::<6, 24>(self.place.q.val().left);
        }
        self.most.d.next = self.fits.val();
        self.available.d.next = self.producers.rdata.val() - self.place.q.val().index;
        self.used.d.next = bit_cast::<8, 17>(self.place.q.val().index) - self.taken.val();

        self.wanted.next = self.most.q.val();
        if !self.is_list.q.val() & (bit_cast::<17, 6>(self.wanted.val()) > self.available.q.val()) {
            self.wanted.next = bit_cast::<6, 17>(self.available.q.val());
        }
        self.want.d.next = self.wanted.val();
        self.room.d.next = self.store.val() - self.used.q.val();

        // The place behind the fetch in hand; in Sum there is none yet, and what was loaded is noted.
        self.added.next = 0.into();
        if self.state.q.val() == AskState::Offer {
            self.added.next = self.count.q.val();
        }
        self.line.next =
            (bit_cast::<60, 32>(self.place.q.val().high) << 28) | bit_cast::<60, 28>(self.place.q.val().low);
        self.line.next = self.line.val() + bit_cast::<60, 6>(self.added.val());
        self.moved.next = self.place.q.val();
        self.moved.next.low = bit_cast::<28, 60>(self.line.val());
        self.moved.next.high = bit_cast::<32, 60>(self.line.val() >> 28);
        self.moved.next.index = self.place.q.val().index + bit_cast::<17, 6>(self.added.val());
        self.moved.next.left = self.place.q.val().left - bit_cast::<24, 6>(self.added.val());
        if self.added.val() != 0 {
            self.moved.next.first = false;
        }
        self.places.waddr.next = bit_cast::<GB, 7>(self.g_now.q.val());
        self.places.wdata.next = self.moved.val();
        self.places.wen.next = false;
        self.numbers.waddr.next = bit_cast::<GB, 7>(self.g_now.q.val());
        self.numbers.wdata.next = self.taken_number.q.val();
        self.numbers.wen.next = false;

        self.at_index.next = self.base_low.val();
        // As old as what is read with it: what makes a queue fresh is there before.
        self.was_fresh.d.next = self.fresh.val();
        self.looks.next = false;
        self.again.next = false;
        self.opens.next = false;
        self.fault_valid.next = false;
        self.fetch_rd_valid.next = false;
        self.ask_valid.next = false;
        self.scanning.next = false;
        match self.state.q.val() {
            AskState::Pick => {
                self.scanning.next = true;
                if self.found.val() & !self.tag_busy.val().all() {
                    self.g_now.d.next = bit_cast::<7, GB>(self.winner.val());
                    self.state.d.next = AskState::Look;
                }
            }
            AskState::Look => {
                self.looks.next = true;
                self.is_list.d.next = self.list.val();
                self.is_c2h.d.next = self.c2h_now.val();
                self.q.d.next = bit_cast::<6, 7>(self.q_now.val());
                self.taken_number.d.next = self.numbers.rdata.val() + 1;
                self.place.d.next = self.old.val();
                self.loaded.d.next = self.was_fresh.q.val();
                self.bad.d.next = false;
                self.state.d.next = AskState::Sum;
                if self.was_fresh.q.val() {
                    self.place.d.next.index = bit_cast::<17, 8>(self.head.val());
                }
                if self.list.val() {
                    if self.was_fresh.q.val() {
                        self.place.d.next.low = bit_cast::<28, 32>(self.next_low.val() >> 4);
                        self.place.d.next.high = self.next_high.val();
                        self.place.d.next.left = self.next_len.val();
                        self.place.d.next.first = true;
                        self.bad.d.next =
                            (self.next_len.val() == 0) | (self.next_low.val().get_bits::<4>(0) != 0);
                    } else if self.old.val().left == 0 {
                        self.state.d.next = AskState::Pick;
                    }
                } else if self.was_fresh.q.val() | (self.old.val().left == 0) {
                    self.state.d.next = AskState::LoadLow;
                }
            }
            AskState::LoadLow => {
                self.at_index.next = self.base_high.val();
                self.place.d.next.low = bit_cast::<28, 32>(self.register.val() >> 4);
                self.state.d.next = AskState::LoadHigh;
            }
            AskState::LoadHigh => {
                self.at_index.next = self.ring_size.val();
                self.place.d.next.high = self.register.val();
                self.state.d.next = AskState::LoadSize;
            }
            AskState::LoadSize => {
                self.place.d.next.left = self.one.val() << self.register.val().get_bits::<5>(0);
                self.state.d.next = AskState::Sum;
            }
            AskState::Sum => {
                self.places.wen.next = !self.bad.q.val();
                self.opens.next = self.loaded.q.val() & !self.bad.q.val();
                self.state.d.next = AskState::Want;
            }
            AskState::Want => {
                self.state.d.next = AskState::Room;
            }
            AskState::Room => {
                self.count.d.next = self.want.q.val();
                if bit_cast::<8, 6>(self.want.q.val()) > self.room.q.val() {
                    self.count.d.next = bit_cast::<6, 8>(self.room.q.val());
                }
                for i in 0..8 {
                    if !self.tag_busy.val().get_bit(i) {
                        self.tag.d.next = self.tag_number[i].val();
                    }
                }
                self.state.d.next = AskState::Pick;
                if self.bad.q.val() {
                    if self.room.q.val() != 0 {
                        self.state.d.next = AskState::Fault;
                    }
                } else if (self.want.q.val() != 0)
                    & ((self.room.q.val() >= self.quarter.val())
                        | (self.room.q.val() >= bit_cast::<8, 6>(self.want.q.val())))
                {
                    self.again.next = true;
                    self.state.d.next = AskState::Offer;
                }
            }
            AskState::Offer => {
                self.fetch_rd_valid.next = true;
                if self.fetch_rd_ready.val() {
                    self.ask_valid.next = true;
                    self.places.wen.next = true;
                    self.numbers.wen.next = true;
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

        self.length.next = bit_cast::<10, 6>(self.count.q.val()) << 2;
        self.address.next = (bit_cast::<64, 32>(self.place.q.val().high) << 32)
            | (bit_cast::<64, 28>(self.place.q.val().low) << 4);
        self.header.fmt_type.next = self.read.val();
        self.header.length.next = self.length.val();
        // Never a single DW, so both byte enables are full (PCIe Base Spec r5 2.2.5).
        self.header.first_be.next = self.all_bytes.val();
        self.header.last_be.next = self.all_bytes.val();
        self.header.tag.next = bit_cast::<8, 3>(self.tag.q.val());
        self.header.requester.next = self.cfg_requester_id.val();
        self.header.address.next = self.address.val();
        self.fetch_rd_hdr.next = self.header.hdr.val();
        self.g.next = self.g_now.q.val();
        self.ask_tag.next = self.tag.q.val();
        self.numbers.raddr2.next = self.number_at.val();
        self.number.next = self.numbers.rdata2.val();
        self.ask.next.g = self.g_now.q.val();
        self.ask.next.c2h = self.is_c2h.q.val();
        self.ask.next.q = self.q.q.val();
        self.ask.next.slot = bit_cast::<7, 17>(self.place.q.val().index);
        self.ask.next.count = self.count.q.val();
        self.ask.next.list = self.is_list.q.val();
        self.ask.next.first = self.place.q.val().first;
        self.ask.next.last = self.moved.val().left == 0;
    }
}
