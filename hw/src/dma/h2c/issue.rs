//! Takes descriptors and asks the host for their data.

use rust_hdl::prelude::*;

use super::ahead::Ahead;
use super::balance::Balance;
use super::copies::Copies;
use super::cut::Cut;
use super::stalls::Stalls;
use super::tag_ring::TagRing;
use super::turns::Turns;
use super::types::{IssueContext, Landing, PacketEnd, Request};
use crate::dma::InitOnce;
use crate::hw;
use crate::prim::{Bram, Dffr, Reg};
use ferrolane_abi::descriptor;

hw! {
    /// Picks queues in turn and turns their descriptors into memory reads, one every two clocks.
    ///
    /// ```text
    ///  turns ─► context ─► cur ───► step 1: length ──► step 2: request, landing ─► rd
    ///                       ▲ ▲                          │
    ///                       │ └── rest of the descriptor ┘
    ///  store ─► ahead ───────┘   the next descriptor of the queue is read and checked while this one is cut
    /// ```
    /// Everything that a request needs later is decided here: where it lands, and what is complete once it is.
    ///
    /// A turn is (WEIGHT + 1) · 512 bytes across descriptors. It ends with the request that uses it up; what that took too much is
    /// taken off the queue's next turns (deficit round robin), so that the size of requests doesn't shift the shares.
    /// It ends early without work or room, and what is left of it is forgotten.
    ///
    /// Room is never overcommitted: a request is made only if the longest one would have room in its queue's 2^`RB` rows, and a tag
    /// and the output register are free; a descriptor is taken only if one of the queue's 2^`PB` packet slots is free beside
    /// that of the packet before, the completion ring has a place for its record and, with FENCE, all before it have ended.
    ///
    /// Clearing a queue is noted in a bit (`clean`), and its context read as zeros.
    ///
    /// Each descriptor of a memory queue is a packet, which begins in the lane of its card address; behind a packet's end the
    /// position is that of a row's first byte, so the lane is just put there. A refused
    /// descriptor's is, too: commit discards what comes behind it until the queue is cleared.
    pub struct Issue<const NQ: usize, const QB: usize, const GN: usize, const RB: usize, const PB: usize, const SB: usize, const TB: usize> {
        pub clock: Signal<In, Clock> = Default::default(),
        pub rst: Signal<In, Bit> = Default::default(),
        pub run: Signal<In, Bits<GN>> = Default::default(),
        pub halted: Signal<In, Bits<GN>> = Default::default(),
        pub init_valid: Signal<In, Bit> = Default::default(),
        pub init_g: Signal<In, Bits<7>> = Default::default(),
        pub init_done: Signal<Out, Bit> = Default::default(),
        /// Start no turn.
        pub hold: Signal<In, Bit> = Default::default(),
        pub cfg_mrrs: Signal<In, Bits<3>> = Default::default(),
        pub cfg_ext_tag: Signal<In, Bit> = Default::default(),
        pub cfg_ro_enable: Signal<In, Bit> = Default::default(),
        pub cfg_ns_enable: Signal<In, Bit> = Default::default(),
        /// Queues with MODE.MEMORY.
        pub memory: Signal<In, Bits<NQ>> = Default::default(),
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
        pub freed_valid: Signal<In, Bit> = Default::default(),
        pub freed_q: Signal<In, Bits<6>> = Default::default(),
        pub freed_row: Signal<In, Bits<16>> = Default::default(),
        pub freed_pkts: Signal<In, Bits<16>> = Default::default(),
        pub taken_valid: Signal<Out, Bit> = Default::default(),
        pub taken_q: Signal<Out, Bits<6>> = Default::default(),
        pub taken_value: Signal<Out, Bits<32>> = Default::default(),
        pub desc_q: Signal<Out, Bits<6>> = Default::default(),
        pub desc_slot: Signal<Out, Bits<7>> = Default::default(),
        pub desc_data: Signal<In, Bits<128>> = Default::default(),
        pub desc_err: Signal<In, Bits<8>> = Default::default(),
        pub rd_valid: Signal<Out, Bit> = Default::default(),
        pub rd_ready: Signal<In, Bit> = Default::default(),
        pub rd_addr: Signal<Out, Bits<64>> = Default::default(),
        pub rd_bytes: Signal<Out, Bits<13>> = Default::default(),
        pub rd_tag: Signal<Out, Bits<10>> = Default::default(),
        /// Relaxed Ordering (bit 1), No Snoop (bit 0).
        pub rd_attr: Signal<Out, Bits<2>> = Default::default(),
        /// Oldest entry of the request queue not committed.
        pub tail: Signal<In, Bits<TB>> = Default::default(),
        pub next_tag: Signal<Out, Bits<TB>> = Default::default(),
        /// Phase in which the last read with `next_tag` of the clock before ended.
        pub ended_phase: Signal<In, Bit> = Default::default(),
        /// Both ends of the empty request queue go on at `restart_tag`, in this clock.
        pub tag_restart: Signal<Out, Bit> = Default::default(),
        pub restart_tag: Signal<Out, Bits<TB>> = Default::default(),
        /// Tag to look up; one clock later: it is open on the wire. In the same clock: `tag_open` will say nothing of it.
        pub tag_look: Signal<Out, Bits<TB>> = Default::default(),
        pub tag_open: Signal<In, Bit> = Default::default(),
        pub tag_wait: Signal<In, Bit> = Default::default(),
        /// An entry for the request queue, at index `next_tag`.
        pub req_valid: Signal<Out, Bit> = Default::default(),
        pub req: Signal<Out, Request> = Default::default(),
        pub req_landing: Signal<Out, Landing> = Default::default(),
        /// A packet of `packet_q` begins in slot `user_slot`, or ends in `end_slot`.
        pub packet_q: Signal<Out, Bits<QB>> = Default::default(),
        pub user_valid: Signal<Out, Bit> = Default::default(),
        pub user_slot: Signal<Out, Bits<PB>> = Default::default(),
        /// FIXED above the card field.
        pub user: Signal<Out, Bits<33>> = Default::default(),
        pub end_valid: Signal<Out, Bit> = Default::default(),
        pub end_slot: Signal<Out, Bits<PB>> = Default::default(),
        pub packet_end: Signal<Out, PacketEnd> = Default::default(),
        pub req_issued: Signal<Out, Bits<16>> = Default::default(),
        pub scanning: Signal<Out, Bit> = Default::default(),
        pub stall: Signal<Out, Bits<4>> = Default::default(),
        init: InitOnce = Default::default(),
        turns: Turns<NQ, QB, GN> = Default::default(),
        copies: Copies<NQ, QB, PB> = Default::default(),
        cut: Cut<RB, SB> = Default::default(),
        ahead: Ahead<NQ, QB, SB> = Default::default(),
        balance: Balance = Default::default(),
        stalls: Stalls = Default::default(),
        tags: TagRing<TB> = Default::default(),
        saved: Bram<IssueContext, QB> = Default::default(),
        clean: Dffr<Bits<NQ>> = Default::default(),
        seen_clean: Reg<Bit> = Default::default(),
        // First clock of a turn; another one, not the last.
        opening: Dffr<Bit> = Default::default(),
        active: Dffr<Bit> = Default::default(),
        cur: Dffr<IssueContext> = Default::default(),
        // The queue in hand is a memory queue.
        is_memory: Reg<Bit> = Default::default(),
        // `cur` holds something to ask for, or a descriptor to refuse; it is in step 2.
        busy: Dffr<Bit> = Default::default(),
        step2: Dffr<Bit> = Default::default(),
        is_read: Reg<Bit> = Default::default(),
        refused: Reg<Bits<8>> = Default::default(),
        index: Reg<Bits<32>> = Default::default(),
        issued: Dffr<Bits<16>> = Default::default(),
        out_valid: Dffr<Bit> = Default::default(),
        out_addr: Reg<Bits<64>> = Default::default(),
        out_bytes: Reg<Bits<13>> = Default::default(),
        out_tag: Reg<Bits<TB>> = Default::default(),
        out_attr: Reg<Bits<2>> = Default::default(),
        // A descriptor was taken in the clock before. Its raw form still stands in `ahead`.
        took: Dffr<Bit> = Default::default(),
        gone_valid: Dffr<Bit> = Default::default(),
        gone_q: Reg<Bits<QB>> = Default::default(),
        gone_value: Reg<Bits<32>> = Default::default(),
        have: Signal<Local, Bit> = Default::default(),
        q: Signal<Local, Bits<QB>> = Default::default(),
        taken: Signal<Local, Bits<32>> = Default::default(),
        pkts: Signal<Local, Bits<16>> = Default::default(),
        flags: Signal<Local, Bits<8>> = Default::default(),
        over: Signal<Local, Bit> = Default::default(),
        allowed: Signal<Local, Bit> = Default::default(),
        take: Signal<Local, Bit> = Default::default(),
        go: Signal<Local, Bit> = Default::default(),
        closes: Signal<Local, Bit> = Default::default(),
        in_packet: Signal<Local, Bit> = Default::default(),
        leave: Signal<Local, Bit> = Default::default(),
        keep: Signal<Local, Bit> = Default::default(),
        blocked: Signal<Local, Bit> = Default::default(),
        clear: Signal<Local, Bit> = Default::default(),
        no_tag: Signal<Local, Bit> = Default::default(),
        lane: Signal<Local, Bits<21>> = Default::default(),
        card: Signal<Local, Bits<32>> = Default::default(),
        attr: Signal<Local, Bits<2>> = Default::default(),
        init_q: Signal<Local, Bits<QB>> = Default::default(),
        clean_next: Signal<Local, Bits<NQ>> = Default::default(),
        one: Constant<Bits<NQ>> = Constant::new(1_u64.into()),
        queues: Constant<Bits<7>> = Constant::new((NQ as u64).into()),
        eop_flag: Constant<Bits<8>> = Constant::new((descriptor::EOP as u64).into()),
        irq_flag: Constant<Bits<8>> = Constant::new((descriptor::IRQ as u64).into()),
        fixed_flag: Constant<Bits<8>> = Constant::new((descriptor::FIXED as u64).into()),
        fixed_bit: Constant<Bits<33>> = Constant::new((1_u64 << 32).into()),
        fence_flag: Constant<Bits<8>> = Constant::new((descriptor::FENCE as u64).into()),
    }
}

impl<
        const NQ: usize,
        const QB: usize,
        const GN: usize,
        const RB: usize,
        const PB: usize,
        const SB: usize,
        const TB: usize,
    > Logic for Issue<NQ, QB, GN, RB, PB, SB, TB>
{
    #[hdl_gen]
    fn update(&mut self) {
        clock!(self, clock, init, turns, copies, cut, ahead, balance, stalls, tags, saved);
        dff_setup!(
            self, clock, clean, seen_clean, opening, active, cur, is_memory, busy, step2, is_read, refused,
            index
        );
        dff_setup!(
            self, clock, issued, out_valid, out_addr, out_bytes, out_tag, out_attr, took, gone_valid, gone_q,
            gone_value
        );
        self.init.rst.next = self.rst.val();
        self.turns.rst.next = self.rst.val();
        self.copies.rst.next = self.rst.val();
        self.ahead.rst.next = self.rst.val();
        self.tags.rst.next = self.rst.val();
        self.stalls.rst.next = self.rst.val();
        self.clean.rst.next = self.rst.val();
        self.opening.rst.next = self.rst.val();
        self.active.rst.next = self.rst.val();
        self.busy.rst.next = self.rst.val();
        self.step2.rst.next = self.rst.val();
        self.issued.rst.next = self.rst.val();
        self.out_valid.rst.next = self.rst.val();
        self.took.rst.next = self.rst.val();
        self.gone_valid.rst.next = self.rst.val();

        // Buses.
        self.turns.hold.next = self.hold.val();
        self.turns.run.next = self.run.val();
        self.turns.halted.next = self.halted.val();
        self.turns.head_valid.next = self.head_valid.val();
        self.turns.head_g.next = self.head_g.val();
        self.turns.freed_valid.next = self.freed_valid.val();
        self.turns.freed_q.next = self.freed_q.val();
        self.turns.room_valid.next = self.room_valid.val();
        self.turns.room_g.next = self.room_g.val();
        self.turns.finished_valid.next = self.finished_valid.val();
        self.turns.finished_g.next = self.finished_g.val();
        self.copies.cfgw_valid.next = self.cfgw_valid.val();
        self.copies.cfgw_g.next = self.cfgw_g.val();
        self.copies.cfgw_index.next = self.cfgw_index.val();
        self.copies.cfgw_data.next = self.cfgw_data.val();
        self.ahead.cfgw_valid.next = self.cfgw_valid.val();
        self.ahead.cfgw_g.next = self.cfgw_g.val();
        self.ahead.cfgw_index.next = self.cfgw_index.val();
        self.ahead.cfgw_data.next = self.cfgw_data.val();
        self.copies.room_valid.next = self.room_valid.val();
        self.copies.room_g.next = self.room_g.val();
        self.copies.room_value.next = self.room_value.val();
        self.copies.finished_valid.next = self.finished_valid.val();
        self.copies.finished_g.next = self.finished_g.val();
        self.copies.finished_value.next = self.finished_value.val();
        self.copies.head_valid.next = self.head_valid.val();
        self.copies.head_g.next = self.head_g.val();
        self.copies.head_value.next = self.head_value.val();
        self.copies.freed_valid.next = self.freed_valid.val();
        self.copies.freed_q.next = self.freed_q.val();
        self.copies.freed_row.next = self.freed_row.val();
        self.copies.freed_pkts.next = self.freed_pkts.val();

        // The queue in hand, and its next request.
        self.have.next = self.turns.have.val();
        self.q.next = self.turns.q.val();
        self.is_memory.d.next = (self.memory.val() & self.turns.mine.val()).any();
        self.taken.next = self.cur.q.val().taken;
        self.index.d.next = self.taken.val() - 1;
        self.copies.q.next = self.q.val();
        self.copies.taken.next = self.taken.val();
        self.copies.pkts.next = self.cur.q.val().pkts;
        self.copies.row.next = self.cut.here.val();
        self.copies.row_limit.next = self.cut.row_limit.val();
        self.cut.cur.next = self.cur.q.val();
        self.cut.cfg_mrrs.next = self.cfg_mrrs.val();
        self.attr.next = 0.into();
        if self.cfg_ro_enable.val() {
            self.attr.next = self.copies.attr.val() & 2;
        }
        if self.cfg_ns_enable.val() {
            self.attr.next = self.attr.val() | (self.copies.attr.val() & 1);
        }
        self.cut.q.next = bit_cast::<6, QB>(self.q.val());
        self.tags.cfg_ext_tag.next = self.cfg_ext_tag.val();
        self.tags.tail.next = self.tail.val();
        self.tags.calm.next = !self.have.val();
        self.tag_restart.next = self.tags.restart.val();
        self.restart_tag.next = self.tags.ahead.val();
        self.tag_look.next = self.tags.ahead.val();
        self.tags.tag_open.next = self.tag_open.val();
        self.tags.tag_wait.next = self.tag_wait.val();

        // The next descriptor.
        self.flags.next = self.ahead.flags.val();
        self.over.next = self.balance.over.val();
        self.allowed.next = self.ahead.valid.val()
            & self.copies.may.val()
            & (((self.flags.val() & self.fence_flag.val()) == 0) | self.copies.fence_ok.val())
            & !self.over.val()
            & self.turns.live.val();

        // What happens in this clock.
        self.go.next = false;
        self.take.next = false;
        self.leave.next = false;
        self.keep.next = false;
        self.blocked.next = false;
        self.no_tag.next = false;
        self.closes.next = self.is_read.q.val() & self.cut.closes.val();
        if self.rd_ready.val() {
            self.out_valid.d.next = false;
        }
        // Step 2 comes only in an active clock. No two of them are adjacent, so a register that is refilled once it is empty
        // keeps pace, and `rd_ready`, which comes from far, stays out of every decision.
        if self.step2.q.val() {
            if self.is_read.q.val() & !self.copies.row_ok.val() {
                self.leave.next = true;
                self.blocked.next = true;
            } else if self.tags.full.val() {
                self.no_tag.next = true;
            } else if !self.out_valid.q.val() {
                self.go.next = true;
                self.take.next = (self.cut.last.val() | !self.is_read.q.val()) & self.allowed.val();
            }
        } else if self.active.q.val() {
            if self.busy.q.val() {
                if self.is_read.q.val() & (self.over.val() | !self.turns.live.val()) {
                    self.leave.next = true;
                    self.keep.next = true;
                } else {
                    self.step2.d.next = true;
                }
            } else if self.allowed.val() {
                self.take.next = true;
            } else if self.ahead.valid.val() {
                self.leave.next = true;
                self.keep.next = self.over.val() | !self.turns.live.val();
                self.blocked.next = true;
            } else if self.ahead.none.val() {
                self.leave.next = true;
            }
        }
        self.stalls.no_tag.next = self.no_tag.val();
        self.stalls.blocked.next = self.blocked.val();
        self.stalls.no_room.next = self.step2.q.val() | !self.copies.slot_ok.val();
        self.stalls.no_place.next = !self.copies.place_ok.val();
        self.stalls.waiting.next = self.turns.waiting.val();
        self.stall.next = self.stalls.stall.val();
        self.turns.working.next = self.busy.q.val();
        self.ahead.q.next = self.q.val();
        self.ahead.memory.next = self.is_memory.q.val();
        self.ahead.have.next = self.have.val();
        self.ahead.start.next = self.turns.start.val();
        self.ahead.take.next = self.take.val();
        self.ahead.head.next = self.copies.head.val();
        self.ahead.desc_data.next = self.desc_data.val();
        self.ahead.desc_err.next = self.desc_err.val();
        self.turns.leave.next = self.leave.val();
        self.turns.keep.next = self.keep.val();
        self.turns.blocked.next = self.blocked.val();
        self.tags.take.next = self.go.val();

        // A request is made.
        self.pkts.next = self.cur.q.val().pkts;
        if self.closes.val() {
            self.pkts.next = self.cur.q.val().pkts + 1;
        }
        if self.go.val() {
            self.step2.d.next = false;
            self.issued.d.next = self.issued.q.val() + 1;
            if self.cut.last.val() | !self.is_read.q.val() {
                self.busy.d.next = false;
            }
            if self.is_read.q.val() {
                self.out_valid.d.next = true;
                self.cur.d.next.addr = self.cut.after_addr.val();
                self.cur.d.next.left = self.cut.after_left.val();
                self.cur.d.next.before = self.cut.after_before.val();
                self.cur.d.next.pos = self.cut.after_pos.val();
                self.cur.d.next.pkts = self.pkts.val();
                self.cur.d.next.in_packet = self.cur.q.val().in_packet & !self.closes.val();
            }
        }
        // What is offered stands while it is not taken: `go` only then.
        if !self.out_valid.q.val() {
            self.out_addr.d.next = self.cur.q.val().addr;
            self.out_bytes.d.next = self.cut.bytes.val();
            self.out_tag.d.next = self.tags.tag.val();
            self.out_attr.d.next = self.attr.val();
        }
        // A descriptor is taken. Whether it begins a packet is decided one clock later, when its check is known.
        self.took.d.next = self.take.val();
        self.user_valid.next = self.took.q.val() & self.is_read.q.val() & !self.cur.q.val().in_packet;
        self.in_packet.next = self.cur.q.val().in_packet | (self.took.q.val() & self.is_read.q.val());
        if self.took.q.val() {
            self.cur.d.next.in_packet = self.in_packet.val();
        }
        self.lane.next = bit_cast::<21, SB>(self.ahead.lane.val());
        if self.take.val() {
            self.busy.d.next = true;
            self.cur.d.next.taken = self.taken.val() + 1;
            self.cur.d.next.addr = self.ahead.addr.val();
            self.cur.d.next.left = self.ahead.len.val();
            self.cur.d.next.before = 0.into();
            self.cur.d.next.eop = self.is_memory.q.val() | ((self.flags.val() & self.eop_flag.val()) != 0);
            self.cur.d.next.irq = (self.flags.val() & self.irq_flag.val()) != 0;
            self.cur.d.next.pos = self.cur.d.val().pos | self.lane.val();
            self.refused.d.next = self.ahead.code.val();
            self.is_read.d.next = self.ahead.code.val() == 0;
        }
        // A turn ends.
        self.saved.raddr.next = self.turns.next_q.val();
        // Only what the last clock of the turn writes is ever read.
        self.saved.wen.next = self.have.val();
        self.saved.waddr.next = self.q.val();
        self.saved.wdata.next = self.cur.q.val();
        self.saved.wdata.next.debt = self.balance.debt.val();
        self.saved.wdata.next.open = self.busy.q.val();
        self.saved.wdata.next.in_packet = self.in_packet.val();
        if self.leave.val() {
            self.busy.d.next = false;
            self.step2.d.next = false;
        }
        // A turn starts.
        self.opening.d.next = self.turns.start.val();
        self.active.d.next = self.have.val() & !self.leave.val();
        self.clean_next.next = self.clean.q.val();
        if self.opening.q.val() {
            self.clean_next.next = self.clean.q.val() & !self.turns.mine.val();
        }
        self.balance.open.next = self.opening.q.val();
        self.balance.weight.next = self.copies.weight.val();
        self.balance.owed.next = self.cur.q.val().debt;
        self.balance.spend.next = self.go.val() & self.is_read.q.val();
        self.balance.bytes.next = self.cut.bytes.val();
        self.desc_q.next = bit_cast::<6, QB>(self.q.val());
        self.ahead.first.next = self.saved.rdata.val().taken;
        if self.seen_clean.q.val() {
            self.ahead.first.next = 0.into();
        }
        self.desc_slot.next = self.ahead.desc_slot.val();
        // A cleared queue starts from zeros. Without a queue in hand nothing looks at these, so they needn't wait for the start.
        self.cur.rst.next = !self.have.val() & self.seen_clean.q.val();
        if !self.have.val() {
            self.cur.d.next = self.saved.rdata.val();
            self.is_read.d.next = true;
            self.busy.d.next = self.saved.rdata.val().open & !self.seen_clean.q.val();
        }

        // What was taken is told one clock later: `cur` holds the new count then.
        self.gone_valid.d.next = self.took.q.val();
        self.gone_q.d.next = self.q.val();
        self.gone_value.d.next = 0.into();
        if self.took.q.val() {
            self.gone_value.d.next = self.taken.val();
        }
        // Clearing waits for nothing but that: its queue is stopped and drained, so it isn't in hand.
        self.init.init_valid.next = self.init_valid.val() & (self.init_g.val() < self.queues.val());
        self.init.init_g.next = self.init_g.val();
        self.init_q.next = bit_cast::<QB, 7>(self.init_g.val());
        self.clear.next = self.init.ask.val() & !self.took.q.val();
        self.init.take.next = self.clear.val();
        self.init_done.next = self.init.done.val();
        if self.clear.val() {
            self.clean_next.next = self.clean_next.val() | (self.one.val() << self.init_q.val());
            self.gone_valid.d.next = true;
        }
        if !self.took.q.val() {
            self.gone_q.d.next = self.init_q.val();
        }
        self.clean.d.next = self.clean_next.val();
        self.seen_clean.d.next = (self.clean.q.val() & self.turns.next_bit.val()).any();

        self.req_valid.next = self.go.val();
        self.req.next.q = bit_cast::<6, QB>(self.q.val());
        self.req.next.bytes = self.cut.bytes.val();
        self.req.next.before = self.cur.q.val().before;
        self.req.next.index = self.index.q.val();
        self.req.next.status = 0.into();
        self.req.next.refused = false;
        if !self.is_read.q.val() {
            self.req.next.status = self.refused.q.val();
            self.req.next.refused = self.refused.q.val().any();
        }
        self.req.next.row = self.cut.complete_row.val();
        self.req.next.pkts = self.pkts.val();
        self.req.next.eop = self.cur.q.val().eop;
        self.req.next.last = self.cut.last.val();
        self.req.next.irq = self.cur.q.val().irq;
        self.req.next.then = bit_cast::<8, TB>(self.tags.ahead.val());
        self.req.next.phase = !self.ended_phase.val();
        self.req_landing.next = self.cut.landing.val();
        self.req_landing.next.phase = self.ended_phase.val();
        if self.is_read.q.val() {
            self.req_landing.next.phase = !self.ended_phase.val();
        }
        self.packet_q.next = self.q.val();
        self.card.next = self.ahead.card.val();
        self.user.next = bit_cast::<33, 32>(self.card.val());
        if (self.flags.val() & self.fixed_flag.val()) != 0 {
            self.user.next = self.fixed_bit.val() | bit_cast::<33, 32>(self.card.val());
        }
        self.user_slot.next = bit_cast::<PB, 16>(self.cur.q.val().pkts);
        self.end_valid.next = self.go.val() & self.closes.val();
        self.end_slot.next = bit_cast::<PB, 16>(self.cur.q.val().pkts);
        self.packet_end.next = self.cut.packet_end.val();
        self.next_tag.next = self.tags.tag.val();
        self.rd_valid.next = self.out_valid.q.val();
        self.rd_addr.next = self.out_addr.q.val();
        self.rd_bytes.next = self.out_bytes.q.val();
        self.rd_tag.next = bit_cast::<10, TB>(self.out_tag.q.val());
        self.rd_attr.next = self.out_attr.q.val();
        self.taken_valid.next = self.gone_valid.q.val();
        self.taken_q.next = bit_cast::<6, QB>(self.gone_q.q.val());
        self.taken_value.next = self.gone_value.q.val();
        self.req_issued.next = self.issued.q.val();
        self.scanning.next = !self.have.val();
    }
}
