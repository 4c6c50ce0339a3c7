//! Decides what descriptors to fetch and asks the host for them.

use rust_hdl::prelude::*;

use super::batch::Batch;
use crate::hw;
use crate::prim::{Bram, Dffr, Reg};
use crate::tlp::{MakeHeader, MEM_READ};
use ferrolane_abi::regs;

#[derive(Copy, Clone, Debug, PartialEq, LogicState)]
pub enum AskState {
    Pick,
    Read,
    Sum,
    Cut,
    Offer,
}

hw! {
    /// Visits the queues in turn; a queue with new descriptors, room in its store and no fetch unanswered gets one read.
    ///
    /// ```text
    ///  Pick ─► Read ─► Sum ─► Cut ─► Offer ─► Pick (next queue)
    ///   │ ▲ nothing     size of the      until rd_arb
    ///   └─┘ to do: next queue  batch     takes it
    /// ```
    /// A queue whose store is more than half full waits, so a busy ring is read in large batches; a batch is never waited for.
    pub struct FetchAsk<const NQ: usize, const QB: usize, const GN: usize, const GB: usize> {
        pub clock: Signal<In, Clock> = Default::default(),
        pub rst: Signal<In, Bit> = Default::default(),
        pub run: Signal<In, Bits<GN>> = Default::default(),
        pub halted: Signal<In, Bits<GN>> = Default::default(),
        pub cfg_mrrs: Signal<In, Bits<3>> = Default::default(),
        pub cfg_requester_id: Signal<In, Bits<16>> = Default::default(),
        pub cfgw_valid: Signal<In, Bit> = Default::default(),
        pub cfgw_g: Signal<In, Bits<7>> = Default::default(),
        pub cfgw_index: Signal<In, Bits<6>> = Default::default(),
        pub cfgw_data: Signal<In, Bits<32>> = Default::default(),
        pub prod_valid: Signal<In, Bit> = Default::default(),
        pub prod_g: Signal<In, Bits<7>> = Default::default(),
        pub prod_value: Signal<In, Bits<32>> = Default::default(),
        pub h2c_taken_valid: Signal<In, Bit> = Default::default(),
        pub h2c_taken_q: Signal<In, Bits<6>> = Default::default(),
        pub h2c_taken_value: Signal<In, Bits<32>> = Default::default(),
        pub c2h_taken_valid: Signal<In, Bit> = Default::default(),
        pub c2h_taken_q: Signal<In, Bits<6>> = Default::default(),
        pub c2h_taken_value: Signal<In, Bits<32>> = Default::default(),
        pub head_valid: Signal<In, Bit> = Default::default(),
        pub head_g: Signal<In, Bits<7>> = Default::default(),
        pub head_value: Signal<In, Bits<32>> = Default::default(),
        /// Queues with a fetch unanswered.
        pub busy: Signal<In, Bits<GN>> = Default::default(),
        /// Queues that fetch nothing until they are cleared.
        pub dead: Signal<In, Bits<GN>> = Default::default(),
        /// Tags in use.
        pub tag_busy: Signal<In, Bits<8>> = Default::default(),
        pub fetch_rd_valid: Signal<Out, Bit> = Default::default(),
        pub fetch_rd_ready: Signal<In, Bit> = Default::default(),
        pub fetch_rd_hdr: Signal<Out, Bits<128>> = Default::default(),
        /// Pulse: a read was taken; it brings `ask_count` descriptors from `ask_index` on.
        pub ask_valid: Signal<Out, Bit> = Default::default(),
        pub ask: Signal<Out, Batch> = Default::default(),
        pub ask_tag: Signal<Out, Bits<3>> = Default::default(),
        pub scanning: Signal<Out, Bit> = Default::default(),
        state: Dffr<AskState> = Dffr::new(AskState::Pick),
        g: Dffr<Bits<7>> = Default::default(),
        base_lo: Bram<Bits<32>, GB> = Default::default(),
        base_hi: Bram<Bits<32>, GB> = Default::default(),
        sizes: Bram<Bits<5>, GB> = Default::default(),
        producers: Bram<Bits<32>, GB> = Default::default(),
        heads: Bram<Bits<32>, GB> = Default::default(),
        h2c_taken: Bram<Bits<32>, QB> = Default::default(),
        c2h_taken: Bram<Bits<32>, QB> = Default::default(),
        header: MakeHeader = Default::default(),
        base: Reg<Bits<64>> = Default::default(),
        place: Reg<Bits<17>> = Default::default(),
        ring: Reg<Bits<17>> = Default::default(),
        index: Reg<Bits<32>> = Default::default(),
        address: Reg<Bits<64>> = Default::default(),
        count: Reg<Bits<6>> = Default::default(),
        tag: Reg<Bits<3>> = Default::default(),
        active: Signal<Local, Bits<GN>> = Default::default(),
        next_g: Signal<Local, Bits<7>> = Default::default(),
        is_c2h: Signal<Local, Bit> = Default::default(),
        q: Signal<Local, Bits<7>> = Default::default(),
        taken: Signal<Local, Bits<32>> = Default::default(),
        available: Signal<Local, Bits<32>> = Default::default(),
        stored: Signal<Local, Bits<32>> = Default::default(),
        size: Signal<Local, Bits<17>> = Default::default(),
        mask: Signal<Local, Bits<17>> = Default::default(),
        lower: Signal<Local, Bits<32>> = Default::default(),
        upper: Signal<Local, Bits<64>> = Default::default(),
        offset: Signal<Local, Bits<64>> = Default::default(),
        to_end: Signal<Local, Bits<17>> = Default::default(),
        to_page: Signal<Local, Bits<9>> = Default::default(),
        cap: Signal<Local, Bits<6>> = Default::default(),
        fits: Signal<Local, Bits<6>> = Default::default(),
        length: Signal<Local, Bits<10>> = Default::default(),
        queues: Constant<Bits<7>> = Constant::new((NQ as u64).into()),
        last_g: Constant<Bits<7>> = Constant::new((GN as u64 - 1).into()),
        index_base_lo: Constant<Bits<6>> = Constant::new((regs::queue::RING_BASE_LO.offset as u64 / 4).into()),
        index_base_hi: Constant<Bits<6>> = Constant::new((regs::queue::RING_BASE_HI.offset as u64 / 4).into()),
        index_size: Constant<Bits<6>> = Constant::new((regs::queue::RING_SIZE.offset as u64 / 4).into()),
        aligned: Constant<Bits<32>> = Constant::new(0xFFFF_FFF0_u64.into()),
        one: Constant<Bits<17>> = Constant::new(1_u64.into()),
        // Descriptors of a 4 KiB page.
        page: Constant<Bits<9>> = Constant::new(256_u64.into()),
        // Largest batch: half the store.
        half: Constant<Bits<32>> = Constant::new(32_u64.into()),
        half_batch: Constant<Bits<6>> = Constant::new(32_u64.into()),
        read: Constant<Bits<8>> = Constant::new(MEM_READ.into()),
        all_bytes: Constant<Bits<4>> = Constant::new(0xF_u64.into()),
        tag_number: [Constant<Bits<3>>; 8] = array_init::array_init(|i| Constant::new((i as u64).into())),
    }
}

impl<const NQ: usize, const QB: usize, const GN: usize, const GB: usize> Logic for FetchAsk<NQ, QB, GN, GB> {
    #[hdl_gen]
    fn update(&mut self) {
        clock!(self, clock, base_lo, base_hi, sizes, producers, heads, h2c_taken, c2h_taken);
        dff_setup!(self, clock, state, g, base, place, ring, index, address, count, tag);
        self.state.rst.next = self.rst.val();
        self.g.rst.next = self.rst.val();

        // Copies of the buses.
        self.base_lo.wen.next = self.cfgw_valid.val() & (self.cfgw_index.val() == self.index_base_lo.val());
        self.base_lo.waddr.next = bit_cast::<GB, 7>(self.cfgw_g.val());
        self.base_lo.wdata.next = self.cfgw_data.val();
        self.base_hi.wen.next = self.cfgw_valid.val() & (self.cfgw_index.val() == self.index_base_hi.val());
        self.base_hi.waddr.next = bit_cast::<GB, 7>(self.cfgw_g.val());
        self.base_hi.wdata.next = self.cfgw_data.val();
        self.sizes.wen.next = self.cfgw_valid.val() & (self.cfgw_index.val() == self.index_size.val());
        self.sizes.waddr.next = bit_cast::<GB, 7>(self.cfgw_g.val());
        self.sizes.wdata.next = self.cfgw_data.val().get_bits::<5>(0);
        self.producers.wen.next = self.prod_valid.val();
        self.producers.waddr.next = bit_cast::<GB, 7>(self.prod_g.val());
        self.producers.wdata.next = self.prod_value.val();
        self.heads.wen.next = self.head_valid.val();
        self.heads.waddr.next = bit_cast::<GB, 7>(self.head_g.val());
        self.heads.wdata.next = self.head_value.val();
        self.h2c_taken.wen.next = self.h2c_taken_valid.val();
        self.h2c_taken.waddr.next = bit_cast::<QB, 6>(self.h2c_taken_q.val());
        self.h2c_taken.wdata.next = self.h2c_taken_value.val();
        self.c2h_taken.wen.next = self.c2h_taken_valid.val();
        self.c2h_taken.waddr.next = bit_cast::<QB, 6>(self.c2h_taken_q.val());
        self.c2h_taken.wdata.next = self.c2h_taken_value.val();

        // All copies are read at the queue in hand, with the clock in which it is picked. A head that is written in that
        // clock can't be read: `busy` falls only after the head was written. The others may be old, which asks for less.
        self.is_c2h.next = self.g.q.val() >= self.queues.val();
        self.q.next = self.g.q.val();
        if self.is_c2h.val() {
            self.q.next = self.g.q.val() - self.queues.val();
        }
        self.base_lo.raddr.next = bit_cast::<GB, 7>(self.g.q.val());
        self.base_hi.raddr.next = bit_cast::<GB, 7>(self.g.q.val());
        self.sizes.raddr.next = bit_cast::<GB, 7>(self.g.q.val());
        self.producers.raddr.next = bit_cast::<GB, 7>(self.g.q.val());
        self.heads.raddr.next = bit_cast::<GB, 7>(self.g.q.val());
        self.h2c_taken.raddr.next = bit_cast::<QB, 7>(self.q.val());
        self.c2h_taken.raddr.next = bit_cast::<QB, 7>(self.q.val());
        self.taken.next = self.h2c_taken.rdata.val();
        if self.is_c2h.val() {
            self.taken.next = self.c2h_taken.rdata.val();
        }

        // Read: what there is, and where in the ring.
        self.available.next = self.producers.rdata.val() - self.heads.rdata.val();
        self.stored.next = self.heads.rdata.val() - self.taken.val();
        self.size.next = self.one.val() << self.sizes.rdata.val();
        self.mask.next = self.size.val() - self.one.val();
        self.lower.next = self.base_lo.rdata.val() & self.aligned.val();
        self.upper.next = bit_cast::<64, 32>(self.base_hi.rdata.val());
        // Sum: the address, and how many up to the ring's end.
        self.offset.next = bit_cast::<64, 17>(self.place.q.val()) << 4;
        self.to_end.next = self.ring.q.val() - self.place.q.val();
        // Cut: not over Max_Read_Request_Size (PCIe Base Spec r5 7.5.3.4) nor a 4 KiB boundary (2.2.7).
        self.to_page.next = self.page.val() - bit_cast::<9, 8>(self.address.q.val().get_bits::<8>(4));
        self.cap.next = self.half_batch.val();
        if self.cfg_mrrs.val() == 0 {
            self.cap.next = 8.into();
        }
        if self.cfg_mrrs.val() == 1 {
            self.cap.next = 16.into();
        }
        self.fits.next = self.count.q.val();
        if self.fits.val() > self.cap.val() {
            self.fits.next = self.cap.val();
        }
        if bit_cast::<9, 6>(self.fits.val()) > self.to_page.val() {
            self.fits.next = bit_cast::<6, 9>(self.to_page.val());
        }

        self.active.next = self.run.val() & !self.halted.val() & !self.busy.val() & !self.dead.val();
        self.next_g.next = self.g.q.val() + 1;
        if self.g.q.val() == self.last_g.val() {
            self.next_g.next = 0.into();
        }
        self.fetch_rd_valid.next = false;
        self.ask_valid.next = false;
        self.scanning.next = false;
        match self.state.q.val() {
            AskState::Pick => {
                self.scanning.next = true;
                if self.active.val().get_bit(self.g.q.val().index()) & !self.tag_busy.val().all() {
                    self.state.d.next = AskState::Read;
                } else {
                    self.g.d.next = self.next_g.val();
                }
            }
            AskState::Read => {
                self.index.d.next = self.heads.rdata.val();
                self.place.d.next = bit_cast::<17, 32>(self.heads.rdata.val()) & self.mask.val();
                self.ring.d.next = self.size.val();
                self.base.d.next = (self.upper.val() << 32) | bit_cast::<64, 32>(self.lower.val());
                self.count.d.next = bit_cast::<6, 32>(self.available.val());
                if self.available.val() > self.half.val() {
                    self.count.d.next = self.half_batch.val();
                }
                self.state.d.next = AskState::Sum;
                if (self.available.val() == 0) | (self.stored.val() > self.half.val()) {
                    self.state.d.next = AskState::Pick;
                    self.g.d.next = self.next_g.val();
                }
            }
            AskState::Sum => {
                self.address.d.next = self.base.q.val() + self.offset.val();
                if bit_cast::<17, 6>(self.count.q.val()) > self.to_end.val() {
                    self.count.d.next = bit_cast::<6, 17>(self.to_end.val());
                }
                self.state.d.next = AskState::Cut;
            }
            AskState::Cut => {
                self.count.d.next = self.fits.val();
                for i in 0..8 {
                    if !self.tag_busy.val().get_bit(i) {
                        self.tag.d.next = self.tag_number[i].val();
                    }
                }
                self.state.d.next = AskState::Offer;
            }
            AskState::Offer => {
                self.fetch_rd_valid.next = true;
                if self.fetch_rd_ready.val() {
                    self.ask_valid.next = true;
                    self.g.d.next = self.next_g.val();
                    self.state.d.next = AskState::Pick;
                }
            }
        }

        self.length.next = bit_cast::<10, 6>(self.count.q.val()) << 2;
        self.header.fmt_type.next = self.read.val();
        self.header.length.next = self.length.val();
        // Never a single DW, so both byte enables are full (PCIe Base Spec r5 2.2.5).
        self.header.first_be.next = self.all_bytes.val();
        self.header.last_be.next = self.all_bytes.val();
        self.header.tag.next = bit_cast::<8, 3>(self.tag.q.val());
        self.header.requester.next = self.cfg_requester_id.val();
        self.header.address.next = self.address.q.val();
        self.fetch_rd_hdr.next = self.header.hdr.val();
        self.ask_tag.next = self.tag.q.val();
        self.ask.next.g = self.g.q.val();
        self.ask.next.index = self.index.q.val();
        self.ask.next.left = self.count.q.val();
    }
}
