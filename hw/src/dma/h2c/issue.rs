//! Takes descriptors and asks the host for their data.

use rust_hdl::prelude::*;

use super::copies::Copies;
use super::cut::Cut;
use super::init::InitAsk;
use super::tag_ring::TagRing;
use super::types::{IssueContext, Landing, PacketEnd, Request};
use crate::hw;
use crate::prim::{Bram, Dffr, Reg};
use ferrolane_abi::{descriptor, status};

#[derive(Copy, Clone, Debug, PartialEq, LogicState)]
pub enum IssueState {
    Scan,
    Desc,
    Wait,
    Check,
    Chunk,
    Sum,
    Push,
    Save,
}

hw! {
    /// Picks queues in turn and turns their descriptors into memory reads.
    ///
    /// ```text
    ///  Scan ──► Desc ► Wait ► Check ──► Chunk ► Sum ► Push ──► Save ──► Scan
    ///   │        new descriptor          ▲   one request │      ▲
    ///   └── descriptor not finished ─────┘◄──────────────┘      └ no room, quantum over, descriptor finished, stopped
    /// ```
    /// A visit is at most one descriptor and 4 KiB; three clocks per request. Everything that a request needs
    /// later is decided here: where it lands, and what is complete once it is.
    ///
    /// Room is never overcommitted: a request is pushed only if its rows (2^`RB` per queue), a tag and the
    /// output register are free, a packet begins only if one of the queue's 2^`PB` slots is free, and a descriptor is taken
    /// only if the completion ring has a place for its record. A share must hold more than one request of 4 KiB.
    pub struct Issue<const NQ: usize, const QB: usize, const GN: usize, const RB: usize, const PB: usize, const SB: usize> {
        pub clock: Signal<In, Clock> = Default::default(),
        pub rst: Signal<In, Bit> = Default::default(),
        pub run: Signal<In, Bits<GN>> = Default::default(),
        pub halted: Signal<In, Bits<GN>> = Default::default(),
        pub init_valid: Signal<In, Bit> = Default::default(),
        pub init_g: Signal<In, Bits<7>> = Default::default(),
        pub init_done: Signal<Out, Bit> = Default::default(),
        pub cfg_mrrs: Signal<In, Bits<3>> = Default::default(),
        pub cfg_ext_tag: Signal<In, Bit> = Default::default(),
        pub cfg_requester_id: Signal<In, Bits<16>> = Default::default(),
        pub cfgw_valid: Signal<In, Bit> = Default::default(),
        pub cfgw_g: Signal<In, Bits<7>> = Default::default(),
        pub cfgw_index: Signal<In, Bits<6>> = Default::default(),
        pub cfgw_data: Signal<In, Bits<32>> = Default::default(),
        pub cons_valid: Signal<In, Bit> = Default::default(),
        pub cons_g: Signal<In, Bits<7>> = Default::default(),
        pub cons_value: Signal<In, Bits<31>> = Default::default(),
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
        pub desc_slot: Signal<Out, Bits<6>> = Default::default(),
        pub desc_data: Signal<In, Bits<128>> = Default::default(),
        pub desc_err: Signal<In, Bits<8>> = Default::default(),
        pub rd_valid: Signal<Out, Bit> = Default::default(),
        pub rd_ready: Signal<In, Bit> = Default::default(),
        pub rd_hdr: Signal<Out, Bits<128>> = Default::default(),
        /// Oldest entry of the request queue not committed.
        pub tail: Signal<In, Bits<6>> = Default::default(),
        pub next_tag: Signal<Out, Bits<6>> = Default::default(),
        /// Both ends of the empty request queue go back to the first tag, in this clock.
        pub tag_restart: Signal<Out, Bit> = Default::default(),
        /// An entry for the request queue, at index `req_tag`; `req_read`: a read is made for it.
        pub req_valid: Signal<Out, Bit> = Default::default(),
        pub req_read: Signal<Out, Bit> = Default::default(),
        pub req_tag: Signal<Out, Bits<6>> = Default::default(),
        pub req: Signal<Out, Request> = Default::default(),
        pub req_landing: Signal<Out, Landing> = Default::default(),
        /// A packet begins with this TUSER in slot `packet_slot` of `packet_q`, or ends there.
        pub user_valid: Signal<Out, Bit> = Default::default(),
        pub user: Signal<Out, Bits<32>> = Default::default(),
        pub end_valid: Signal<Out, Bit> = Default::default(),
        pub packet_end: Signal<Out, PacketEnd> = Default::default(),
        pub packet_q: Signal<Out, Bits<QB>> = Default::default(),
        pub packet_slot: Signal<Out, Bits<PB>> = Default::default(),
        pub req_issued: Signal<Out, Bits<16>> = Default::default(),
        pub scanning: Signal<Out, Bit> = Default::default(),
        state: Dffr<IssueState> = Dffr::new(IssueState::Scan),
        init: InitAsk<NQ, QB> = Default::default(),
        cut: Cut<SB> = Default::default(),
        tags: TagRing = Default::default(),
        copies: Copies<NQ, QB, PB> = Default::default(),
        saved: Bram<IssueContext, QB> = Default::default(),
        look: Dffr<Bits<QB>> = Default::default(),
        seen: Reg<Bits<QB>> = Default::default(),
        seen_ok: Dffr<Bit> = Default::default(),
        q: Dffr<Bits<QB>> = Default::default(),
        cur: Reg<IssueContext> = Default::default(),
        spent: Reg<Bits<14>> = Default::default(),
        data: Reg<Bits<128>> = Default::default(),
        err: Reg<Bits<8>> = Default::default(),
        refused: Reg<Bits<8>> = Default::default(),
        issued: Dffr<Bits<16>> = Default::default(),
        out_valid: Dffr<Bit> = Default::default(),
        out_hdr: Reg<Bits<128>> = Default::default(),
        gone_valid: Dffr<Bit> = Default::default(),
        gone_q: Reg<Bits<QB>> = Default::default(),
        gone_value: Reg<Bits<32>> = Default::default(),
        active: Signal<Local, Bits<GN>> = Default::default(),
        scan: Signal<Local, Bit> = Default::default(),
        pick: Signal<Local, Bit> = Default::default(),
        taken: Signal<Local, Bits<32>> = Default::default(),
        len: Signal<Local, Bits<24>> = Default::default(),
        flags: Signal<Local, Bits<8>> = Default::default(),
        code: Signal<Local, Bits<8>> = Default::default(),
        rows: Signal<Local, Bits<16>> = Default::default(),
        go: Signal<Local, Bit> = Default::default(),
        clear: Signal<Local, Bit> = Default::default(),
        is_read: Signal<Local, Bit> = Default::default(),
        closes: Signal<Local, Bit> = Default::default(),
        total: Signal<Local, Bits<14>> = Default::default(),
        last_queue: Constant<Bits<QB>> = Constant::new((NQ as u64 - 1).into()),
        one_queue: Constant<Bits<QB>> = Constant::new(1_u64.into()),
        share: Constant<Bits<16>> = Constant::new((1_u64 << RB).into()),
        refused_flags: Constant<Bits<8>> = Constant::new((descriptor::REFUSED as u64).into()),
        eop_flag: Constant<Bits<8>> = Constant::new((descriptor::EOP as u64).into()),
        irq_flag: Constant<Bits<8>> = Constant::new((descriptor::IRQ as u64).into()),
        bad_length: Constant<Bits<8>> = Constant::new((status::BAD_LENGTH as u64).into()),
        bad_flags: Constant<Bits<8>> = Constant::new((status::BAD_FLAGS as u64).into()),
        cleared: Constant<IssueContext> = Constant::new(IssueContext::default()),
    }
}

impl<
        const NQ: usize,
        const QB: usize,
        const GN: usize,
        const RB: usize,
        const PB: usize,
        const SB: usize,
    > Logic for Issue<NQ, QB, GN, RB, PB, SB>
{
    #[hdl_gen]
    fn update(&mut self) {
        clock!(self, clock, init, cut, tags, copies, saved);
        dff_setup!(self, clock, state, look, seen, seen_ok, q, cur, spent, data, err, refused);
        dff_setup!(self, clock, issued, out_valid, out_hdr, gone_valid, gone_q, gone_value);
        self.state.rst.next = self.rst.val();
        self.look.rst.next = self.rst.val();
        self.seen_ok.rst.next = self.rst.val();
        self.q.rst.next = self.rst.val();
        self.tags.rst.next = self.rst.val();
        self.issued.rst.next = self.rst.val();
        self.out_valid.rst.next = self.rst.val();
        self.gone_valid.rst.next = self.rst.val();
        self.init.rst.next = self.rst.val();
        self.init.init_valid.next = self.init_valid.val();
        self.init.init_g.next = self.init_g.val();
        self.init.take.next = false;
        self.init_done.next = self.init.done.val();

        self.copies.cfgw_valid.next = self.cfgw_valid.val();
        self.copies.cfgw_g.next = self.cfgw_g.val();
        self.copies.cfgw_index.next = self.cfgw_index.val();
        self.copies.cfgw_data.next = self.cfgw_data.val();
        self.copies.cons_valid.next = self.cons_valid.val();
        self.copies.cons_g.next = self.cons_g.val();
        self.copies.cons_value.next = self.cons_value.val();
        self.copies.head_valid.next = self.head_valid.val();
        self.copies.head_g.next = self.head_g.val();
        self.copies.head_value.next = self.head_value.val();
        self.copies.freed_valid.next = self.freed_valid.val();
        self.copies.freed_q.next = self.freed_q.val();
        self.copies.freed_row.next = self.freed_row.val();
        self.copies.freed_pkts.next = self.freed_pkts.val();
        self.copies.scan_q.next = self.look.q.val();
        self.copies.visit_q.next = self.q.q.val();
        self.copies.taken.next = self.cur.q.val().taken;
        self.copies.pkts.next = self.cur.q.val().pkts;

        self.active.next = self.run.val() & !self.halted.val();
        self.scan.next = self.state.q.val() == IssueState::Scan;
        self.saved.raddr.next = self.look.q.val();
        self.saved.wen.next = false;
        self.saved.waddr.next = self.q.q.val();
        self.saved.wdata.next = self.cur.q.val();
        self.seen.d.next = self.look.q.val();
        self.seen_ok.d.next = false;
        self.taken.next = self.saved.rdata.val().taken;
        self.pick.next = self.seen_ok.q.val()
            & self.active.val().get_bit(self.seen.q.val().index())
            & ((self.saved.rdata.val().left != 0) | (self.taken.val() != self.copies.head.val()));

        self.desc_q.next = bit_cast::<6, QB>(self.q.q.val());
        self.taken.next = self.cur.q.val().taken;
        self.desc_slot.next = bit_cast::<6, 32>(self.taken.val());
        self.len.next = self.data.q.val().get_bits::<24>(64);
        self.flags.next = self.data.q.val().get_bits::<8>(88);
        self.code.next = self.err.q.val();
        if self.err.q.val() == 0 {
            if self.len.val() == 0 {
                self.code.next = self.bad_length.val();
            } else if (self.flags.val() & self.refused_flags.val()) != 0 {
                self.code.next = self.bad_flags.val();
            }
        }
        self.gone_valid.d.next = false;
        self.gone_q.d.next = self.q.q.val();
        self.gone_value.d.next = self.taken.val() + 1;
        self.user_valid.next = false;
        self.user.next = self.data.q.val().get_bits::<32>(96);
        self.end_valid.next = false;
        self.packet_q.next = self.q.q.val();
        self.packet_slot.next = bit_cast::<PB, 16>(self.cur.q.val().pkts);

        self.tags.cfg_ext_tag.next = self.cfg_ext_tag.val();
        self.tags.tail.next = self.tail.val();
        self.tags.calm.next = self.scan.val();
        self.tags.take.next = false;
        self.tag_restart.next = self.tags.restart.val();
        self.cut.cur.next = self.cur.q.val();
        self.cut.chunk_step.next = self.state.q.val() == IssueState::Chunk;
        self.cut.sum_step.next = self.state.q.val() == IssueState::Sum;
        self.cut.cfg_mrrs.next = self.cfg_mrrs.val();
        self.cut.cfg_requester_id.next = self.cfg_requester_id.val();
        self.cut.tag.next = self.tags.tag.val();
        self.cut.q.next = bit_cast::<6, QB>(self.q.q.val());
        self.is_read.next = self.refused.q.val() == 0;
        self.rows.next = self.cut.row.val() - self.copies.row.val();
        self.closes.next = self.is_read.val() & self.cut.last.val() & self.cur.q.val().eop;
        self.total.next = self.spent.q.val() + bit_cast::<14, 13>(self.cut.bytes.val());
        self.go.next = false;
        self.clear.next = false;

        if self.rd_ready.val() {
            self.out_valid.d.next = false;
        }
        match self.state.q.val() {
            IssueState::Scan => {
                self.spent.d.next = 0.into();
                self.refused.d.next = 0.into();
                if self.init.ask.val() {
                    self.clear.next = true;
                } else if self.pick.val() {
                    self.q.d.next = self.seen.q.val();
                    self.cur.d.next = self.saved.rdata.val();
                    self.state.d.next = IssueState::Desc;
                    if self.saved.rdata.val().left != 0 {
                        self.state.d.next = IssueState::Chunk;
                    }
                    self.look.d.next = self.seen.q.val() + self.one_queue.val();
                    if self.seen.q.val() == self.last_queue.val() {
                        self.look.d.next = 0.into();
                    }
                } else {
                    self.seen_ok.d.next = true;
                    self.look.d.next = self.look.q.val() + self.one_queue.val();
                    if self.look.q.val() == self.last_queue.val() {
                        self.look.d.next = 0.into();
                    }
                }
            }
            // The store and the copies are read with the queue's number.
            IssueState::Desc => {
                self.state.d.next = IssueState::Wait;
            }
            IssueState::Wait => {
                self.data.d.next = self.desc_data.val();
                self.err.d.next = self.desc_err.val();
                self.state.d.next = IssueState::Check;
                if self.copies.ring_full.val() | (!self.cur.q.val().in_packet & self.copies.slots_full.val())
                {
                    self.state.d.next = IssueState::Scan;
                }
            }
            IssueState::Check => {
                self.refused.d.next = self.code.val();
                self.cur.d.next.eop = (self.flags.val() & self.eop_flag.val()) != 0;
                self.cur.d.next.irq = (self.flags.val() & self.irq_flag.val()) != 0;
                self.cur.d.next.before = 0.into();
                self.cur.d.next.taken = self.taken.val() + 1;
                if self.code.val() != 0 {
                    self.state.d.next = IssueState::Push;
                } else {
                    self.gone_valid.d.next = true;
                    self.cur.d.next.addr = self.data.q.val().get_bits::<64>(0);
                    self.cur.d.next.left = self.len.val();
                    self.cur.d.next.in_packet = true;
                    self.user_valid.next = !self.cur.q.val().in_packet;
                    self.state.d.next = IssueState::Chunk;
                }
            }
            IssueState::Chunk => {
                self.state.d.next = IssueState::Sum;
                if !self.active.val().get_bit(self.q.q.val().index()) {
                    self.state.d.next = IssueState::Save;
                }
            }
            IssueState::Sum => {
                self.state.d.next = IssueState::Push;
            }
            IssueState::Push => {
                if self.tags.full.val() | (self.is_read.val() & (self.rows.val() > self.share.val())) {
                    // Nothing of a refused descriptor is kept: it is read again.
                    self.state.d.next = IssueState::Save;
                    if !self.is_read.val() {
                        self.state.d.next = IssueState::Scan;
                    }
                } else if !self.out_valid.q.val() | self.rd_ready.val() {
                    self.go.next = true;
                    self.tags.take.next = true;
                    self.issued.d.next = self.issued.q.val() + 1;
                    self.state.d.next = IssueState::Save;
                    if self.is_read.val() {
                        self.out_valid.d.next = true;
                        self.out_hdr.d.next = self.cut.hdr.val();
                        self.cur.d.next.addr = self.cut.after_addr.val();
                        self.cur.d.next.left = self.cut.after_left.val();
                        self.cur.d.next.before = self.cut.after_before.val();
                        self.cur.d.next.pos = self.cut.after_pos.val();
                        self.spent.d.next = self.total.val();
                        if !self.cut.last.val() & !self.total.val().get_bit(12) {
                            self.state.d.next = IssueState::Chunk;
                        }
                        if self.closes.val() {
                            self.cur.d.next.pkts = self.cur.q.val().pkts + 1;
                            self.cur.d.next.in_packet = false;
                            self.end_valid.next = true;
                        }
                    } else {
                        self.gone_valid.d.next = true;
                        self.gone_value.d.next = self.taken.val();
                    }
                } else {
                    // Clearing doesn't wait for a read to be sent: the host's write that asked for it must not.
                    self.clear.next = self.init.ask.val();
                }
            }
            IssueState::Save => {
                self.saved.wen.next = true;
                self.state.d.next = IssueState::Scan;
            }
        }

        if self.clear.val() {
            self.init.take.next = true;
            self.saved.wen.next = true;
            self.saved.waddr.next = self.init.q.val();
            self.saved.wdata.next = self.cleared.val();
            self.gone_valid.d.next = true;
            self.gone_q.d.next = self.init.q.val();
            self.gone_value.d.next = 0.into();
        }

        self.req_valid.next = self.go.val();
        self.req_read.next = self.is_read.val();
        self.req_tag.next = self.tags.tag.val();
        self.req.next.q = bit_cast::<6, QB>(self.q.q.val());
        self.req.next.bytes = self.cut.bytes.val();
        self.req.next.before = self.cur.q.val().before;
        self.req.next.index = self.taken.val() - 1;
        self.req.next.status = self.refused.q.val();
        self.req.next.row = self.cut.complete_row.val();
        self.req.next.pkts = self.cur.q.val().pkts;
        if self.closes.val() {
            self.req.next.pkts = self.cur.q.val().pkts + 1;
        }
        self.req.next.eop = self.cur.q.val().eop;
        self.req.next.last = self.cut.last.val();
        self.req.next.irq = self.cur.q.val().irq;
        self.req.next.wrap = self.tags.wrap.val();
        self.req_landing.next = self.cut.landing.val();
        self.packet_end.next = self.cut.packet_end.val();
        self.next_tag.next = self.tags.tag.val();
        self.rd_valid.next = self.out_valid.q.val();
        self.rd_hdr.next = self.out_hdr.q.val();
        self.taken_valid.next = self.gone_valid.q.val();
        self.taken_q.next = bit_cast::<6, QB>(self.gone_q.q.val());
        self.taken_value.next = self.gone_value.q.val();
        self.req_issued.next = self.issued.q.val();
        self.scanning.next = self.scan.val();
    }
}
