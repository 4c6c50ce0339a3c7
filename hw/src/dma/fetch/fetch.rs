//! Descriptor fetch as the engine sees it.

use rust_hdl::prelude::*;

use super::answer::FetchAnswer;
use super::ask::FetchAsk;
use super::batch::EntryWrite;
use super::context::FetchContext;
use super::feed::FetchFeed;
use super::head::FetchHead;
use super::lines::FetchLines;
use super::memory_port::FetchMemoryPort;
use super::push::FetchPush;
use super::queues::FetchQueues;
use super::store::FetchStore;
use super::tags::FetchTags;
use super::write::FetchWrite;
use crate::hw;
use crate::prim::{Dffr, Reg};

hw! {
    /// Brings descriptors from rings and lists in host memory, from push windows and from the FEED registers into one store
    /// per direction, 2^`DB` entries per queue, and tells by `head` how far.
    ///
    /// ```text
    ///  prod, taken ─► queues ─► ask ─► fetch_rd
    ///                  ▲ ▲       ▲ │ note
    ///  feed ─► feed ───┼─┼───────┘ ▼
    ///            │  step │       tags ◄► answer ◄─ lines ◄─ cpl
    ///            ▼       │    news │     │   │
    ///            └────► head ◄─────┘     │   └─► write ─► stores ◄─ *_desc_q, *_desc_slot
    ///                    │               │         ▲
    ///                    └─► head        └ link ───┼─► context: registers, next segment
    ///  push_w ─► push ─────────────────────────────┘
    /// ```
    /// Up to [`most_fetches`](crate::tlp::most_fetches) at once, tags from 0 on, several of one queue, answered in any order.
    ///
    /// `SA = QB + DB`, `CA = GB + 4`, `LW` = 128 (256 with `W` = 256), `NB = LW/32`, `NG = NB/4`, `BA` = `SA` (`SA - 1`
    /// with `W` = 256), `DB` 5 to 7. `FEEDS` = 0: rings only; `MEMORY` = 1: `mem_desc_*`.
    pub struct Fetch<
        const W: usize,
        const K: usize,
        const NQ: usize,
        const QB: usize,
        const GN: usize,
        const GB: usize,
        const DB: usize,
        const SA: usize,
        const CA: usize,
        const LW: usize,
        const NB: usize,
        const NG: usize,
        const BA: usize,
        const TB: usize,
        const FEEDS: usize,
        const MEMORY: usize,
    > {
        pub clock: Signal<In, Clock> = Default::default(),
        pub rst: Signal<In, Bit> = Default::default(),
        pub run: Signal<In, Bits<GN>> = Default::default(),
        pub halted: Signal<In, Bits<GN>> = Default::default(),
        pub init_valid: Signal<In, Bit> = Default::default(),
        pub init_g: Signal<In, Bits<7>> = Default::default(),
        pub init_done: Signal<Out, Bit> = Default::default(),
        pub cfg_mrrs: Signal<In, Bits<3>> = Default::default(),
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
        pub push_w_valid: Signal<In, Bit> = Default::default(),
        pub push_w_ready: Signal<Out, Bit> = Default::default(),
        /// Stable, with data and byte enables, from `push_w_valid` to `push_w_ready`.
        pub t_w_addr: Signal<In, Bits<19>> = Default::default(),
        pub t_w_data: Signal<In, Bits<32>> = Default::default(),
        pub t_w_be: Signal<In, Bits<4>> = Default::default(),
        /// Pulse: a write to a place without a push window, or one that is not a whole DWORD.
        pub push_unmapped_wr: Signal<Out, Bit> = Default::default(),
        pub feed_valid: Signal<In, Bit> = Default::default(),
        pub feed_ready: Signal<Out, Bit> = Default::default(),
        pub feed_g: Signal<In, Bits<7>> = Default::default(),
        /// With `feed_ready`: nothing was done.
        pub feed_refused: Signal<Out, Bit> = Default::default(),
        pub fetch_rd_valid: Signal<Out, Bit> = Default::default(),
        pub fetch_rd_ready: Signal<In, Bit> = Default::default(),
        pub fetch_rd_addr: Signal<Out, Bits<64>> = Default::default(),
        pub fetch_rd_bytes: Signal<Out, Bits<13>> = Default::default(),
        pub fetch_rd_tag: Signal<Out, Bits<10>> = Default::default(),
        pub fetch_rd_attr: Signal<Out, Bits<2>> = Default::default(),
        pub to_fetch: Signal<In, Bit> = Default::default(),
        pub cpl_first: Signal<In, Bit> = Default::default(),
        pub cpl_last: Signal<In, Bit> = Default::default(),
        pub cpl_data: Signal<In, Bits<W>> = Default::default(),
        pub cpl_error: Signal<In, Bit> = Default::default(),
        pub fetch_open: Signal<In, Bits<16>> = Default::default(),
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
        /// Index modulo 128.
        pub h2c_desc_slot: Signal<In, Bits<7>> = Default::default(),
        pub h2c_desc_data: Signal<Out, Bits<128>> = Default::default(),
        /// Not 0: the descriptor could not be fetched, with this status code.
        pub h2c_desc_err: Signal<Out, Bits<8>> = Default::default(),
        pub c2h_desc_q: Signal<In, Bits<6>> = Default::default(),
        pub c2h_desc_slot: Signal<In, Bits<7>> = Default::default(),
        pub c2h_desc_data: Signal<Out, Bits<128>> = Default::default(),
        pub c2h_desc_err: Signal<Out, Bits<8>> = Default::default(),
        pub mem_desc_q: Signal<In, Bits<6>> = Default::default(),
        pub mem_desc_slot: Signal<In, Bits<7>> = Default::default(),
        /// DW2 and DW3 of a C2H descriptor.
        pub mem_desc_data: Signal<Out, Bits<64>> = Default::default(),
        pub mem_desc_err: Signal<Out, Bits<8>> = Default::default(),
        pub fetch_busy: Signal<Out, Bits<GN>> = Default::default(),
        pub scanning: Signal<Out, Bit> = Default::default(),
        pub unexpected: Signal<Out, Bit> = Default::default(),
        queues: FetchQueues<NQ, QB, GN, GB> = Default::default(),
        copies: FetchContext<GN, GB, CA, FEEDS> = Default::default(),
        asker: FetchAsk<NQ, QB, GB, DB, TB, FEEDS> = Default::default(),
        tags: FetchTags<GB> = Default::default(),
        lines: FetchLines<W, LW, TB> = Default::default(),
        answer: FetchAnswer<LW, GN, FEEDS> = Default::default(),
        writer: FetchWrite<LW, NQ, FEEDS> = Default::default(),
        heads: FetchHead<GN, GB, TB, FEEDS> = Default::default(),
        feeder: FetchFeed<NQ, QB, GN, GB, DB, FEEDS> = Default::default(),
        pusher: FetchPush<NQ, GN> = Default::default(),
        h2c_store: FetchStore<LW, NB, NG, BA> = Default::default(),
        c2h_store: FetchStore<LW, NB, NG, BA> = Default::default(),
        memory_port: FetchMemoryPort<LW, NG, BA, MEMORY> = Default::default(),
        pushed: Dffr<Bit> = Default::default(),
        pushed_g: Reg<Bits<7>> = Default::default(),
        pushed_value: Reg<Bits<32>> = Default::default(),
        side: Signal<Local, EntryWrite> = Default::default(),
        h2c_slot: Signal<Local, Bits<7>> = Default::default(),
        c2h_slot: Signal<Local, Bits<7>> = Default::default(),
        c2h_g: Signal<Local, Bits<7>> = Default::default(),
        mem_slot: Signal<Local, Bits<7>> = Default::default(),
        mem_g: Signal<Local, Bits<7>> = Default::default(),
        waddr0: Signal<Local, Bits<BA>> = Default::default(),
        waddr1: Signal<Local, Bits<BA>> = Default::default(),
        number_of_queues: Constant<Bits<7>> = Constant::new((NQ as u64).into()),
        // Slots of a store, of a bank, and of a push window.
        slots: Constant<Bits<7>> = {
            let pair = LW / 256;
            assert!(LW == W.max(128) && K * 32 == W && NB * 32 == LW && NG * 4 == NB, "see the documentation of Fetch");
            assert!(SA == QB + DB && BA == SA - pair && CA == GB + 4, "see the documentation of Fetch");
            assert!((5..8).contains(&DB) && GN == 2 * NQ, "see the documentation of Fetch");
            Constant::new(((1_u64 << DB) - 1).into())
        },
        bank_slots: Constant<Bits<7>> = Constant::new(((1_u64 << (DB - LW / 256)) - 1).into()),
        push_slots: Constant<Bits<7>> = Constant::new((ferrolane_abi::map::PUSH_SLOTS as u64 - 1).into()),
        place: Constant<Bits<3>> = Constant::new(((DB - LW / 256) as u64).into()),
        halving: Constant<Bits<3>> = Constant::new(((LW / 256) as u64).into()),
    }
}

impl<
        const W: usize,
        const K: usize,
        const NQ: usize,
        const QB: usize,
        const GN: usize,
        const GB: usize,
        const DB: usize,
        const SA: usize,
        const CA: usize,
        const LW: usize,
        const NB: usize,
        const NG: usize,
        const BA: usize,
        const TB: usize,
        const FEEDS: usize,
        const MEMORY: usize,
    > Logic for Fetch<W, K, NQ, QB, GN, GB, DB, SA, CA, LW, NB, NG, BA, TB, FEEDS, MEMORY>
{
    #[hdl_gen]
    fn update(&mut self) {
        clock!(
            self,
            clock,
            queues,
            copies,
            asker,
            tags,
            lines,
            answer,
            writer,
            heads,
            feeder,
            pusher,
            h2c_store,
            c2h_store,
            memory_port
        );
        dff_setup!(self, clock, pushed, pushed_g, pushed_value);
        self.pushed.rst.next = self.rst.val();
        self.queues.rst.next = self.rst.val();
        self.queues.run.next = self.run.val();
        self.queues.halted.next = self.halted.val();
        self.queues.prod_valid.next = self.prod_valid.val();
        self.queues.prod_g.next = self.prod_g.val();
        self.queues.h2c_taken_valid.next = self.h2c_taken_valid.val();
        self.queues.h2c_taken_q.next = self.h2c_taken_q.val();
        self.queues.c2h_taken_valid.next = self.c2h_taken_valid.val();
        self.queues.c2h_taken_q.next = self.c2h_taken_q.val();
        self.queues.ask_g.next = self.asker.g.val();
        self.queues.ask_looks.next = self.asker.looks.val();
        self.queues.ask_again.next = self.asker.again.val();
        self.queues.ask_opens.next = self.asker.opens.val();
        self.queues.ask_valid.next = self.asker.ask_valid.val();
        self.queues.head_g.next = self.heads.g.val();
        self.queues.head_renews.next = self.heads.renews.val();
        self.queues.head_stales.next = self.heads.stales.val();
        self.queues.head_closes.next = self.heads.closes.val();
        self.queues.head_kills.next = self.heads.kills.val();
        self.queues.head_revives.next = self.heads.revives.val();
        self.queues.rests_valid.next = self.heads.rests.val();
        self.queues.rests_g.next = self.heads.g.val();
        self.fetch_busy.next = self.queues.busy.val();

        self.asker.rst.next = self.rst.val();
        self.asker.cfg_mrrs.next = self.cfg_mrrs.val();
        self.asker.prod_valid.next = self.prod_valid.val();
        self.asker.prod_g.next = self.prod_g.val();
        self.asker.prod_value.next = self.prod_value.val();
        self.asker.h2c_taken_valid.next = self.h2c_taken_valid.val();
        self.asker.h2c_taken_q.next = self.h2c_taken_q.val();
        self.asker.h2c_taken_value.next = self.h2c_taken_value.val();
        self.asker.c2h_taken_valid.next = self.c2h_taken_valid.val();
        self.asker.c2h_taken_q.next = self.c2h_taken_q.val();
        self.asker.c2h_taken_value.next = self.c2h_taken_value.val();
        self.asker.found.next = self.queues.found.val();
        self.asker.winner.next = self.queues.winner.val();
        self.asker.alive.next = self.queues.alive.val();
        self.asker.tag_busy.next = self.tags.tag_busy.val();
        self.asker.fetch_open.next = self.fetch_open.val();
        self.asker.list.next = self.copies.ask_list.val();
        self.asker.head.next = self.copies.ask_head.val();
        self.asker.ring_mask.next = self.copies.ring_mask.val();
        self.asker.register.next = self.copies.ask_register.val();
        self.asker.next_low.next = self.copies.next_low.val();
        self.asker.next_high.next = self.copies.next_high.val();
        self.asker.next_len.next = self.copies.next_len.val();
        self.asker.fault_done.next = self.feeder.fault_done.val();
        self.asker.fetch_rd_ready.next = self.fetch_rd_ready.val();
        self.asker.number_at.next = self.heads.at.val();
        self.asker.fresh.next = self.queues.fresh.val().get_bit(self.queues.winner.val().index());
        self.fetch_rd_valid.next = self.asker.fetch_rd_valid.val();
        self.fetch_rd_addr.next = self.asker.fetch_rd_addr.val();
        self.fetch_rd_bytes.next = self.asker.fetch_rd_bytes.val();
        self.fetch_rd_tag.next = self.asker.fetch_rd_tag.val();
        self.fetch_rd_attr.next = 0.into();
        // The memories of tags have one write port. An answer that comes goes first.
        self.asker.note_ready.next = !(self.lines.line.val().valid & self.lines.line.val().last);
        self.scanning.next = self.asker.scanning.val();

        self.lines.rst.next = self.rst.val();
        self.lines.to_fetch.next = self.to_fetch.val();
        self.lines.cpl_first.next = self.cpl_first.val();
        self.lines.cpl_last.next = self.cpl_last.val();
        self.lines.cpl_data.next = self.cpl_data.val();
        self.lines.cpl_error.next = self.cpl_error.val();
        self.lines.cpl_tag.next = self.cpl_tag.val();
        self.lines.cpl_status.next = self.cpl_status.val();
        self.lines.cpl_byte_count.next = self.cpl_byte_count.val();
        self.lines.cpl_len.next = self.cpl_len.val();
        self.lines.cpl_ep.next = self.cpl_ep.val();
        self.lines.cpl_has_data.next = self.cpl_has_data.val();
        self.lines.cpl_bad.next = self.cpl_bad.val();
        self.lines.tag_busy.next = self.tags.tag_busy.val();
        self.lines.fetch_open.next = self.fetch_open.val();

        self.tags.rst.next = self.rst.val();
        self.tags.note_valid.next = self.asker.note_valid.val();
        self.tags.note.next = self.asker.note.val();
        self.tags.note_tag.next = self.asker.ask_tag.val();
        self.tags.ask_valid.next = self.asker.ask_valid.val();
        self.tags.free_valid.next = self.heads.free_valid.val();
        self.tags.free_tag.next = self.heads.free_tag.val();
        self.tags.update_valid.next = self.answer.update_valid.val();
        self.tags.update_tag.next = self.lines.line.val().tag;
        self.tags.update.next = self.answer.update.val();
        self.tags.update_left.next = self.lines.line.val().behind;
        self.tags.tag_ahead.next = self.lines.tag.val();
        self.tags.look_tag.next = self.heads.look_tag.val();

        self.answer.rst.next = self.rst.val();
        self.answer.line.next = self.lines.line.val();
        self.answer.data.next = self.lines.data.val();
        self.answer.batch.next = self.tags.batch.val();
        self.answer.progress.next = self.tags.progress.val();
        self.answer.left.next = self.tags.left.val();
        self.answer.open.next = self.queues.open.val();
        self.unexpected.next = self.answer.unexpected.val();

        self.writer.rst.next = self.rst.val();
        self.writer.line_valid.next = self.lines.line.val().valid;
        self.writer.g.next = self.tags.batch.val().g;
        self.writer.wen.next = self.answer.wen.val();
        self.writer.slot.next = self.answer.slot.val();
        self.writer.data.next = self.answer.kept.val();
        self.writer.err0.next = self.answer.err0.val();
        self.writer.err1.next = self.answer.err1.val();
        // What is made on chip comes before what the host pushes: it is rarer.
        self.side.next = self.pusher.side.val();
        if self.feeder.side.val().valid {
            self.side.next = self.feeder.side.val();
        }
        self.writer.side.next = self.side.val();
        self.feeder.side_ready.next = self.writer.side_ready.val();
        self.pusher.side_ready.next = self.writer.side_ready.val() & !self.feeder.side.val().valid;

        self.heads.rst.next = self.rst.val();
        self.heads.init_valid.next = self.init_valid.val();
        self.heads.init_g.next = self.init_g.val();
        self.heads.push_valid.next = self.pushed.q.val();
        self.heads.push_g.next = self.pushed_g.q.val();
        self.heads.push_value.next = self.pushed_value.q.val();
        self.heads.ask_valid.next = self.asker.ask_valid.val();
        self.heads.ask_g.next = self.asker.g.val();
        self.heads.news.next = self.tags.news.val();
        self.heads.batch.next = self.tags.look_batch.val();
        self.heads.progress.next = self.tags.look_progress.val();
        self.heads.torn.next = self.tags.look_torn.val();
        self.heads.ring.next = self.copies.head_ring.val();
        self.heads.number.next = self.asker.number.val();
        self.heads.open.next = self.queues.open.val();
        self.heads.step_valid.next = self.feeder.step_valid.val();
        self.heads.step_g.next = self.feeder.g.val();
        self.heads.step_fault.next = self.feeder.step_fault.val();
        self.heads.step_renews.next = self.feeder.step_renews.val();
        self.pushed.d.next =
            self.prod_valid.val() & self.copies.pushes.val().get_bit(self.prod_g.val().index());
        self.pushed_g.d.next = self.prod_g.val();
        self.pushed_value.d.next = self.prod_value.val();
        self.init_done.next = self.heads.init_done.val();
        self.head_valid.next = self.heads.head_valid.val();
        self.head_g.next = self.heads.head_g.val();
        self.head_value.next = self.heads.head_value.val();

        self.feeder.rst.next = self.rst.val();
        self.feeder.run.next = self.run.val();
        self.feeder.fresh.next = self.queues.fresh.val();
        self.feeder.open.next = self.queues.open.val();
        self.feeder.dead.next = self.queues.dead.val();
        self.feeder.h2c_taken_valid.next = self.h2c_taken_valid.val();
        self.feeder.h2c_taken_q.next = self.h2c_taken_q.val();
        self.feeder.h2c_taken_value.next = self.h2c_taken_value.val();
        self.feeder.c2h_taken_valid.next = self.c2h_taken_valid.val();
        self.feeder.c2h_taken_q.next = self.c2h_taken_q.val();
        self.feeder.c2h_taken_value.next = self.c2h_taken_value.val();
        self.feeder.feed_valid.next = self.feed_valid.val();
        self.feeder.feed_g.next = self.feed_g.val();
        self.feeder.fault_valid.next = self.asker.fault_valid.val();
        self.feeder.fault_g.next = self.asker.g.val();
        self.feeder.mode.next = self.copies.feed_mode.val();
        self.feeder.head.next = self.copies.feed_head.val();
        self.feeder.register.next = self.copies.feed_register.val();
        self.feeder.segment_ready.next = self.copies.segment_ready.val();
        self.feeder.step_done.next = self.heads.step_done.val();
        self.feed_ready.next = self.feeder.feed_ready.val();
        self.feed_refused.next = self.feeder.feed_refused.val();

        self.pusher.rst.next = self.rst.val();
        self.pusher.push_w_valid.next = self.push_w_valid.val();
        self.pusher.t_w_addr.next = self.t_w_addr.val();
        self.pusher.t_w_data.next = self.t_w_data.val();
        self.pusher.t_w_be.next = self.t_w_be.val();
        self.pusher.pushes.next = self.copies.pushes.val();
        self.push_w_ready.next = self.pusher.push_w_ready.val();
        self.push_unmapped_wr.next = self.pusher.push_unmapped_wr.val();

        self.copies.rst.next = self.rst.val();
        self.copies.cfgw_valid.next = self.cfgw_valid.val();
        self.copies.cfgw_g.next = self.cfgw_g.val();
        self.copies.cfgw_index.next = self.cfgw_index.val();
        self.copies.cfgw_data.next = self.cfgw_data.val();
        self.copies.head_valid.next = self.heads.head_valid.val();
        self.copies.head_g.next = self.heads.head_g.val();
        self.copies.head_value.next = self.heads.head_value.val();
        self.copies.link_valid.next = self.answer.link_valid.val();
        self.copies.link_g.next = self.answer.link_g.val();
        self.copies.link.next = self.answer.link.val();
        self.copies.segment_valid.next = self.feeder.segment_valid.val();
        self.copies.segment_g.next = self.feeder.g.val();
        self.copies.segment_data.next = self.feeder.segment_data.val();
        self.copies.ask_at.next = self.asker.at.val();
        self.copies.pick_at.next = self.queues.winner.val();
        self.copies.ask_index.next = self.asker.at_index.val();
        self.copies.feed_at.next = self.feeder.at.val();
        self.copies.feed_index.next = self.feeder.at_index.val();
        self.copies.head_at.next = self.heads.at.val();

        self.waddr0.next = (bit_cast::<BA, 6>(self.writer.store_q.val()) << self.place.val())
            | bit_cast::<BA, 7>(self.writer.slot0.val() & self.bank_slots.val());
        self.waddr1.next = (bit_cast::<BA, 6>(self.writer.store_q.val()) << self.place.val())
            | bit_cast::<BA, 7>(self.writer.slot1.val() & self.bank_slots.val());
        // A push window has 32 slots whatever the store has.
        self.h2c_slot.next = self.h2c_desc_slot.val() & self.slots.val();
        if self.copies.pushes.val().get_bit(self.h2c_desc_q.val().index()) {
            self.h2c_slot.next = self.h2c_desc_slot.val() & self.push_slots.val();
        }
        self.c2h_g.next = bit_cast::<7, 6>(self.c2h_desc_q.val()) + self.number_of_queues.val();
        self.c2h_slot.next = self.c2h_desc_slot.val() & self.slots.val();
        if self.copies.pushes.val().get_bit(self.c2h_g.val().index()) {
            self.c2h_slot.next = self.c2h_desc_slot.val() & self.push_slots.val();
        }
        self.h2c_store.wen0.next = self.writer.wen_h2c.val().get_bit(0);
        self.h2c_store.wen1.next = self.writer.wen_h2c.val().get_bit(1);
        self.h2c_store.waddr0.next = self.waddr0.val();
        self.h2c_store.waddr1.next = self.waddr1.val();
        self.h2c_store.words.next = self.writer.words.val();
        self.h2c_store.wdata.next = self.writer.store_data.val();
        self.h2c_store.werr0.next = self.writer.store_err0.val();
        self.h2c_store.werr1.next = self.writer.store_err1.val();
        self.h2c_store.raddr.next = (bit_cast::<BA, 6>(self.h2c_desc_q.val()) << self.place.val())
            | bit_cast::<BA, 7>(self.h2c_slot.val() >> self.halving.val());
        self.h2c_store.odd.next = self.h2c_slot.val().get_bit(0);
        self.h2c_desc_data.next = self.h2c_store.rdata.val();
        self.h2c_desc_err.next = self.h2c_store.rerr.val();
        self.c2h_store.wen0.next = self.writer.wen_c2h.val().get_bit(0);
        self.c2h_store.wen1.next = self.writer.wen_c2h.val().get_bit(1);
        self.c2h_store.waddr0.next = self.waddr0.val();
        self.c2h_store.waddr1.next = self.waddr1.val();
        self.c2h_store.words.next = self.writer.words.val();
        self.c2h_store.wdata.next = self.writer.store_data.val();
        self.c2h_store.werr0.next = self.writer.store_err0.val();
        self.c2h_store.werr1.next = self.writer.store_err1.val();
        self.c2h_store.raddr.next = (bit_cast::<BA, 6>(self.c2h_desc_q.val()) << self.place.val())
            | bit_cast::<BA, 7>(self.c2h_slot.val() >> self.halving.val());
        self.c2h_store.odd.next = self.c2h_slot.val().get_bit(0);
        self.c2h_desc_data.next = self.c2h_store.rdata.val();
        self.c2h_desc_err.next = self.c2h_store.rerr.val();
        self.mem_g.next = bit_cast::<7, 6>(self.mem_desc_q.val()) + self.number_of_queues.val();
        self.mem_slot.next = self.mem_desc_slot.val() & self.slots.val();
        if self.copies.pushes.val().get_bit(self.mem_g.val().index()) {
            self.mem_slot.next = self.mem_desc_slot.val() & self.push_slots.val();
        }
        self.memory_port.wen0.next = self.writer.wen_c2h.val().get_bit(0);
        self.memory_port.wen1.next = self.writer.wen_c2h.val().get_bit(1);
        self.memory_port.waddr0.next = self.waddr0.val();
        self.memory_port.waddr1.next = self.waddr1.val();
        self.memory_port.words.next = self.writer.words.val();
        self.memory_port.wdata.next = self.writer.store_data.val();
        self.memory_port.werr0.next = self.writer.store_err0.val();
        self.memory_port.werr1.next = self.writer.store_err1.val();
        self.memory_port.raddr.next = (bit_cast::<BA, 6>(self.mem_desc_q.val()) << self.place.val())
            | bit_cast::<BA, 7>(self.mem_slot.val() >> self.halving.val());
        self.memory_port.odd.next = self.mem_slot.val().get_bit(0);
        self.mem_desc_data.next = self.memory_port.rdata.val();
        self.mem_desc_err.next = self.memory_port.rerr.val();
    }
}
