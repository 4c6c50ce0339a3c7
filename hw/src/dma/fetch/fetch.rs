//! Descriptor fetch as the engine sees it.

use rust_hdl::prelude::*;

use super::answer::FetchAnswer;
use super::ask::FetchAsk;
use crate::hw;
use crate::prim::Bram;

hw! {
    /// Fetches descriptors from the rings of all queues into one store per direction, 64 entries per queue.
    ///
    /// ```text
    ///  cfgw, prod, taken ─► ask ─► fetch_rd
    ///                        │ ▲
    ///                  batch ▼ │ busy, dead, tags, head
    ///  cpl ──────────────► answer ─► stores ◄─ *_desc_q, *_desc_slot
    ///                        └─► head
    /// ```
    /// One fetch per queue, up to eight queues at once, tags 0 to 7. `SA = QB + 6`. A descriptor fills a beat: `W` must be 128.
    /// (256 bits would need two store writes per clock, 64 bits an assembly register in front of `answer`.)
    pub struct Fetch<
        const W: usize,
        const K: usize,
        const NQ: usize,
        const QB: usize,
        const GN: usize,
        const GB: usize,
        const SA: usize,
    > {
        pub clock: Signal<In, Clock> = Default::default(),
        pub rst: Signal<In, Bit> = Default::default(),
        pub run: Signal<In, Bits<GN>> = Default::default(),
        pub halted: Signal<In, Bits<GN>> = Default::default(),
        pub init_valid: Signal<In, Bit> = Default::default(),
        pub init_g: Signal<In, Bits<7>> = Default::default(),
        pub init_done: Signal<Out, Bit> = Default::default(),
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
        pub fetch_rd_valid: Signal<Out, Bit> = Default::default(),
        pub fetch_rd_ready: Signal<In, Bit> = Default::default(),
        pub fetch_rd_hdr: Signal<Out, Bits<128>> = Default::default(),
        pub to_fetch: Signal<In, Bit> = Default::default(),
        pub cpl_first: Signal<In, Bit> = Default::default(),
        pub cpl_last: Signal<In, Bit> = Default::default(),
        pub cpl_data: Signal<In, Bits<W>> = Default::default(),
        pub cpl_error: Signal<In, Bit> = Default::default(),
        pub cpl_tag: Signal<In, Bits<10>> = Default::default(),
        pub cpl_status: Signal<In, Bits<3>> = Default::default(),
        pub cpl_byte_count: Signal<In, Bits<13>> = Default::default(),
        pub cpl_len: Signal<In, Bits<11>> = Default::default(),
        pub cpl_ep: Signal<In, Bit> = Default::default(),
        pub cpl_has_data: Signal<In, Bit> = Default::default(),
        pub cpl_bad: Signal<In, Bit> = Default::default(),
        pub head_valid: Signal<Out, Bit> = Default::default(),
        pub head_g: Signal<Out, Bits<7>> = Default::default(),
        pub head_value: Signal<Out, Bits<32>> = Default::default(),
        pub h2c_desc_q: Signal<In, Bits<6>> = Default::default(),
        pub h2c_desc_slot: Signal<In, Bits<6>> = Default::default(),
        pub h2c_desc_data: Signal<Out, Bits<128>> = Default::default(),
        /// Not 0: the descriptor could not be fetched, with this status code.
        pub h2c_desc_err: Signal<Out, Bits<8>> = Default::default(),
        pub c2h_desc_q: Signal<In, Bits<6>> = Default::default(),
        pub c2h_desc_slot: Signal<In, Bits<6>> = Default::default(),
        pub c2h_desc_data: Signal<Out, Bits<128>> = Default::default(),
        pub c2h_desc_err: Signal<Out, Bits<8>> = Default::default(),
        pub fetch_busy: Signal<Out, Bits<GN>> = Default::default(),
        pub scanning: Signal<Out, Bit> = Default::default(),
        pub unexpected: Signal<Out, Bit> = Default::default(),
        asker: FetchAsk<NQ, QB, GN, GB> = Default::default(),
        answer: FetchAnswer<NQ, GN, SA> = Default::default(),
        h2c_store: Bram<Bits<136>, SA> = Default::default(),
        c2h_store: Bram<Bits<136>, SA> = Default::default(),
        entry: Signal<Local, Bits<136>> = Default::default(),
        err: Signal<Local, Bits<136>> = Default::default(),
        // Where the code stands in an entry.
        err_place: Constant<Bits<8>> = {
            assert!(W == 128 && K == 4 && SA == QB + 6, "see the documentation of Fetch");
            Constant::new(128_u64.into())
        },
    }
}

impl<
        const W: usize,
        const K: usize,
        const NQ: usize,
        const QB: usize,
        const GN: usize,
        const GB: usize,
        const SA: usize,
    > Logic for Fetch<W, K, NQ, QB, GN, GB, SA>
{
    #[hdl_gen]
    fn update(&mut self) {
        clock!(self, clock, asker, answer, h2c_store, c2h_store);
        self.asker.rst.next = self.rst.val();
        self.asker.run.next = self.run.val();
        self.asker.halted.next = self.halted.val();
        self.asker.cfg_mrrs.next = self.cfg_mrrs.val();
        self.asker.cfg_requester_id.next = self.cfg_requester_id.val();
        self.asker.cfgw_valid.next = self.cfgw_valid.val();
        self.asker.cfgw_g.next = self.cfgw_g.val();
        self.asker.cfgw_index.next = self.cfgw_index.val();
        self.asker.cfgw_data.next = self.cfgw_data.val();
        self.asker.prod_valid.next = self.prod_valid.val();
        self.asker.prod_g.next = self.prod_g.val();
        self.asker.prod_value.next = self.prod_value.val();
        self.asker.h2c_taken_valid.next = self.h2c_taken_valid.val();
        self.asker.h2c_taken_q.next = self.h2c_taken_q.val();
        self.asker.h2c_taken_value.next = self.h2c_taken_value.val();
        self.asker.c2h_taken_valid.next = self.c2h_taken_valid.val();
        self.asker.c2h_taken_q.next = self.c2h_taken_q.val();
        self.asker.c2h_taken_value.next = self.c2h_taken_value.val();
        self.asker.head_valid.next = self.answer.head_valid.val();
        self.asker.head_g.next = self.answer.head_g.val();
        self.asker.head_value.next = self.answer.head_value.val();
        self.asker.busy.next = self.answer.busy.val();
        self.asker.dead.next = self.answer.dead.val();
        self.asker.tag_busy.next = self.answer.tag_busy.val();
        self.fetch_rd_valid.next = self.asker.fetch_rd_valid.val();
        self.asker.fetch_rd_ready.next = self.fetch_rd_ready.val();
        self.fetch_rd_hdr.next = self.asker.fetch_rd_hdr.val();
        self.scanning.next = self.asker.scanning.val();

        self.answer.rst.next = self.rst.val();
        self.answer.init_valid.next = self.init_valid.val();
        self.answer.init_g.next = self.init_g.val();
        self.init_done.next = self.answer.init_done.val();
        self.answer.ask_valid.next = self.asker.ask_valid.val();
        self.answer.ask.next = self.asker.ask.val();
        self.answer.ask_tag.next = self.asker.ask_tag.val();
        self.answer.to_fetch.next = self.to_fetch.val();
        self.answer.cpl_first.next = self.cpl_first.val();
        self.answer.cpl_last.next = self.cpl_last.val();
        self.answer.cpl_data.next = bit_cast::<128, W>(self.cpl_data.val());
        self.answer.cpl_error.next = self.cpl_error.val();
        self.answer.cpl_tag.next = self.cpl_tag.val();
        self.answer.cpl_status.next = self.cpl_status.val();
        self.answer.cpl_byte_count.next = self.cpl_byte_count.val();
        self.answer.cpl_len.next = self.cpl_len.val();
        self.answer.cpl_ep.next = self.cpl_ep.val();
        self.answer.cpl_has_data.next = self.cpl_has_data.val();
        self.answer.cpl_bad.next = self.cpl_bad.val();
        self.head_valid.next = self.answer.head_valid.val();
        self.head_g.next = self.answer.head_g.val();
        self.head_value.next = self.answer.head_value.val();
        self.fetch_busy.next = self.answer.busy.val();
        self.unexpected.next = self.answer.unexpected.val();

        self.err.next = bit_cast::<136, 8>(self.answer.store_err.val()) << self.err_place.val();
        self.entry.next = bit_cast::<136, 128>(self.answer.store_data.val()) | self.err.val();
        self.h2c_store.wen.next = self.answer.h2c_wen.val();
        self.h2c_store.waddr.next = self.answer.store_addr.val();
        self.h2c_store.wdata.next = self.entry.val();
        self.c2h_store.wen.next = self.answer.c2h_wen.val();
        self.c2h_store.waddr.next = self.answer.store_addr.val();
        self.c2h_store.wdata.next = self.entry.val();
        self.h2c_store.raddr.next =
            (bit_cast::<SA, 6>(self.h2c_desc_q.val()) << 6) | bit_cast::<SA, 6>(self.h2c_desc_slot.val());
        self.c2h_store.raddr.next =
            (bit_cast::<SA, 6>(self.c2h_desc_q.val()) << 6) | bit_cast::<SA, 6>(self.c2h_desc_slot.val());
        self.h2c_desc_data.next = self.h2c_store.rdata.val().get_bits::<128>(0);
        self.h2c_desc_err.next = self.h2c_store.rdata.val().get_bits::<8>(128);
        self.c2h_desc_data.next = self.c2h_store.rdata.val().get_bits::<128>(0);
        self.c2h_desc_err.next = self.c2h_store.rdata.val().get_bits::<8>(128);
    }
}
