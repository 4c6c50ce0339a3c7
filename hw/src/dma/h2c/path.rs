//! The whole H2C path.

use rust_hdl::prelude::*;

use super::commit::Commit;
use super::egress::Egress;
use super::held::Held;
use super::issue::Issue;
use super::land::Land;
use super::types::{Landing, PacketEnd, Request, Verdict};
use crate::dma::memory::MemoryWriter;
use crate::hw;
use crate::prim::{Bram, Dffr, Reg};
use crate::stream::{ByteRam, Level};
use ferrolane_abi::regs;

hw! {
    /// Issue, land, commit and egress with the memories between them.
    ///
    /// ```text
    ///                                     rec_h2c, err ◄─ held ◄─ done
    ///  descriptors ─► issue ─► data_rd                       ▲       │
    ///                   │                                 commit     │
    ///                   │  └─► requests ───────────────────────► │ ▲
    ///                   │  └─► landings ─► land ─► verdicts ─────┘ │ commit bus
    ///                   │         cpl ───► │ └───► FIFO ─► egress ◄┘
    ///                   └─► packet slots ─────────────────► ├─► h2c_axis
    ///                                                         └─► writer ─► axi
    /// ```
    /// Each memory has one writer. Sizes: `KB = W/8`, `SB = log2 KB`, 2^`RB` rows and 2^`PB` packet slots per queue
    /// (`RB + SB` at least 9, `RB` at most 15, `PB` 2 to 7), `AB = QB + RB`, `SLB = QB + PB`, `FW = W + KB + 39`,
    /// 2^`TB` tags (5 to 8), `TB1 = TB + 1`, `PB1 = PB + 1`, `SLB1 = QB + PB1`, `RW = W + KB`.
    /// `POLICIES` 1: MODE.STORE_FORWARD; `MEMORY` 1: memory queues, without it `axi_*` is silent.
    pub struct H2c<const W: usize, const K: usize, const KB: usize, const SB: usize, const FW: usize, const NQ: usize, const QB: usize, const GN: usize, const RB: usize, const AB: usize, const PB: usize, const SLB: usize, const TB: usize, const TB1: usize, const PB1: usize, const SLB1: usize, const RW: usize, const POLICIES: usize, const MEMORY: usize> {
        pub clock: Signal<In, Clock> = Default::default(),
        pub rst: Signal<In, Bit> = Default::default(),
        /// Resets the card's side too; `rst` alone leaves no burst open at the memory, no packet and no beat on the stream.
        pub card_rst: Signal<In, Bit> = Default::default(),
        pub run: Signal<In, Bits<GN>> = Default::default(),
        pub halted: Signal<In, Bits<GN>> = Default::default(),
        pub idle: Signal<In, Bits<GN>> = Default::default(),
        pub init_valid: Signal<In, Bit> = Default::default(),
        pub init_g: Signal<In, Bits<7>> = Default::default(),
        pub init_done_h2c_issue: Signal<Out, Bit> = Default::default(),
        pub init_done_h2c_commit: Signal<Out, Bit> = Default::default(),
        pub init_done_h2c_egress: Signal<Out, Bit> = Default::default(),
        pub cfg_mrrs: Signal<In, Bits<3>> = Default::default(),
        pub cfg_ext_tag: Signal<In, Bit> = Default::default(),
        pub tag_look: Signal<Out, Bits<TB>> = Default::default(),
        pub tag_open: Signal<In, Bit> = Default::default(),
        pub tag_wait: Signal<In, Bit> = Default::default(),
        pub cfg_ro_enable: Signal<In, Bit> = Default::default(),
        pub cfg_ns_enable: Signal<In, Bit> = Default::default(),
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
        pub h2c_taken_valid: Signal<Out, Bit> = Default::default(),
        pub h2c_taken_q: Signal<Out, Bits<6>> = Default::default(),
        pub h2c_taken_value: Signal<Out, Bits<32>> = Default::default(),
        pub h2c_desc_q: Signal<Out, Bits<6>> = Default::default(),
        pub h2c_desc_slot: Signal<Out, Bits<7>> = Default::default(),
        pub h2c_desc_data: Signal<In, Bits<128>> = Default::default(),
        pub h2c_desc_err: Signal<In, Bits<8>> = Default::default(),
        pub data_rd_valid: Signal<Out, Bit> = Default::default(),
        pub data_rd_ready: Signal<In, Bit> = Default::default(),
        pub data_rd_addr: Signal<Out, Bits<64>> = Default::default(),
        pub data_rd_bytes: Signal<Out, Bits<13>> = Default::default(),
        pub data_rd_tag: Signal<Out, Bits<10>> = Default::default(),
        pub data_rd_attr: Signal<Out, Bits<2>> = Default::default(),
        pub to_land: Signal<In, Bit> = Default::default(),
        pub cpl_valid: Signal<In, Bit> = Default::default(),
        pub cpl_first: Signal<In, Bit> = Default::default(),
        pub cpl_last: Signal<In, Bit> = Default::default(),
        pub cpl_data: Signal<In, Bits<W>> = Default::default(),
        pub cpl_keep: Signal<In, Bits<K>> = Default::default(),
        pub cpl_error: Signal<In, Bit> = Default::default(),
        pub cpl_open: Signal<In, Bit> = Default::default(),
        pub cpl_tag: Signal<In, Bits<10>> = Default::default(),
        pub cpl_status: Signal<In, Bits<3>> = Default::default(),
        pub cpl_byte_count: Signal<In, Bits<13>> = Default::default(),
        pub cpl_len: Signal<In, Bits<11>> = Default::default(),
        pub cpl_ep: Signal<In, Bit> = Default::default(),
        pub cpl_has_data: Signal<In, Bit> = Default::default(),
        pub cpl_low: Signal<In, Bits<2>> = Default::default(),
        pub cpl_bad: Signal<In, Bit> = Default::default(),
        pub unexpected: Signal<Out, Bit> = Default::default(),
        pub rec_h2c_valid: Signal<Out, Bit> = Default::default(),
        pub rec_h2c_ready: Signal<In, Bit> = Default::default(),
        pub rec_h2c_q: Signal<Out, Bits<6>> = Default::default(),
        pub rec_h2c_bytes: Signal<Out, Bits<24>> = Default::default(),
        pub rec_h2c_meta: Signal<Out, Bits<32>> = Default::default(),
        pub rec_h2c_index: Signal<Out, Bits<32>> = Default::default(),
        pub rec_h2c_flags: Signal<Out, Bits<7>> = Default::default(),
        pub rec_h2c_status: Signal<Out, Bits<8>> = Default::default(),
        pub rec_h2c_irq: Signal<Out, Bit> = Default::default(),
        pub h2c_err_valid: Signal<Out, Bit> = Default::default(),
        pub h2c_err_q: Signal<Out, Bits<6>> = Default::default(),
        pub h2c_err_code: Signal<Out, Bits<8>> = Default::default(),
        /// FIFO_LEVEL and FIFO_PEAK of queue `level_q`, one clock later: of what is committed.
        pub level_q: Signal<In, Bits<6>> = Default::default(),
        pub level: Signal<Out, Bits<32>> = Default::default(),
        pub peak: Signal<Out, Bits<32>> = Default::default(),
        pub h2c_pause: Signal<In, Bits<NQ>> = Default::default(),
        pub h2c_axis_tdata: Signal<Out, Bits<W>> = Default::default(),
        pub h2c_axis_tkeep: Signal<Out, Bits<KB>> = Default::default(),
        pub h2c_axis_tlast: Signal<Out, Bit> = Default::default(),
        pub h2c_axis_tdest: Signal<Out, Bits<6>> = Default::default(),
        pub h2c_axis_tuser: Signal<Out, Bits<32>> = Default::default(),
        pub h2c_axis_terr: Signal<Out, Bit> = Default::default(),
        pub h2c_axis_tvalid: Signal<Out, Bit> = Default::default(),
        pub h2c_axis_tready: Signal<In, Bit> = Default::default(),
        /// Pulse: a read of this queue was issued.
        pub h2c_tlp_valid: Signal<Out, Bit> = Default::default(),
        pub h2c_tlp_q: Signal<Out, Bits<6>> = Default::default(),
        /// A request or descriptor is held up: bit 0 no tag, 1 no room, 2 no place for its record, 3 fence.
        pub h2c_stall: Signal<Out, Bits<4>> = Default::default(),
        /// A memory queue has something on its way to the memory, or a record that waits for it.
        pub mem_busy: Signal<Out, Bits<NQ>> = Default::default(),
        pub axi_awaddr: Signal<Out, Bits<64>> = Default::default(),
        pub axi_awlen: Signal<Out, Bits<8>> = Default::default(),
        pub axi_awsize: Signal<Out, Bits<3>> = Default::default(),
        pub axi_awburst: Signal<Out, Bits<2>> = Default::default(),
        pub axi_awvalid: Signal<Out, Bit> = Default::default(),
        pub axi_awready: Signal<In, Bit> = Default::default(),
        pub axi_wdata: Signal<Out, Bits<W>> = Default::default(),
        pub axi_wstrb: Signal<Out, Bits<KB>> = Default::default(),
        pub axi_wlast: Signal<Out, Bit> = Default::default(),
        pub axi_wvalid: Signal<Out, Bit> = Default::default(),
        pub axi_wready: Signal<In, Bit> = Default::default(),
        pub axi_bresp: Signal<In, Bits<2>> = Default::default(),
        pub axi_bvalid: Signal<In, Bit> = Default::default(),
        pub axi_bready: Signal<Out, Bit> = Default::default(),
        pub req_issued: Signal<Out, Bits<16>> = Default::default(),
        pub req_committed: Signal<Out, Bits<16>> = Default::default(),
        pub scanning: Signal<Out, Bit> = Default::default(),
        /// A read that rd_arb has taken is unanswered.
        pub trans_pending: Signal<Out, Bit> = Default::default(),
        issue: Issue<NQ, QB, GN, RB, PB, SB, TB> = Default::default(),
        land: Land<W, K, KB, SB, QB, RB, AB, TB, TB1> = Default::default(),
        commit: Commit<NQ, QB, TB> = Default::default(),
        egress: Egress<W, KB, FW, NQ, QB, RB, AB, PB, SLB, POLICIES> = Default::default(),
        held: Held<NQ, QB, PB1, SLB1> = Default::default(),
        writer: MemoryWriter<W, KB, SB, NQ, QB, RW> = Default::default(),
        // Queues with MODE.MEMORY.
        modes: Dffr<Bits<NQ>> = Default::default(),
        committed: Reg<Bits<16>> = Default::default(),
        memory: Signal<Local, Bits<NQ>> = Default::default(),
        mode_bit: Signal<Local, Bits<NQ>> = Default::default(),
        card_pause: Signal<Local, Bits<NQ>> = Default::default(),
        to_memory: Signal<Local, Bit> = Default::default(),
        has_memory: Constant<Bit> = Constant::new(MEMORY == 1),
        one_queue: Constant<Bits<NQ>> = Constant::new(1_u64.into()),
        queues: Constant<Bits<7>> = Constant::new((NQ as u64).into()),
        mode: Constant<Bits<6>> = Constant::new((regs::queue::MODE.offset as u64 / 4).into()),
        requests: Bram<Request, TB> = Default::default(),
        landings: Bram<Landing, TB> = Default::default(),
        verdicts: Bram<Verdict, TB> = Default::default(),
        // The phases of the verdicts again, for issue.
        phases: Bram<Bit, TB> = Default::default(),
        // Reads on their way.
        pending: Dffr<Bits<9>> = Default::default(),
        users: Bram<Bits<33>, SLB> = Default::default(),
        ends: Bram<PacketEnd, SLB> = Default::default(),
        fifo: ByteRam<W, KB, AB> = Default::default(),
        in_use: Level<QB, RB, SB> = Default::default(),
        slots: Signal<Local, Bits<SLB>> = Default::default(),
        asked: Signal<Local, Bit> = Default::default(),
        answered: Signal<Local, Bit> = Default::default(),
        slot_shift: Constant<Bits<5>> = Constant::new((PB as u64).into()),
    }
}

impl<
        const W: usize,
        const K: usize,
        const KB: usize,
        const SB: usize,
        const FW: usize,
        const NQ: usize,
        const QB: usize,
        const GN: usize,
        const RB: usize,
        const AB: usize,
        const PB: usize,
        const SLB: usize,
        const TB: usize,
        const TB1: usize,
        const PB1: usize,
        const SLB1: usize,
        const RW: usize,
        const POLICIES: usize,
        const MEMORY: usize,
    > Logic for H2c<W, K, KB, SB, FW, NQ, QB, GN, RB, AB, PB, SLB, TB, TB1, PB1, SLB1, RW, POLICIES, MEMORY>
{
    #[hdl_gen]
    fn update(&mut self) {
        clock!(
            self, clock, issue, land, commit, egress, requests, landings, verdicts, phases, users, ends, fifo
        );
        clock!(self, clock, held, writer);
        dff_setup!(self, clock, pending, modes, committed);
        self.pending.rst.next = self.rst.val();
        self.issue.rst.next = self.rst.val();
        self.land.rst.next = self.rst.val();
        self.commit.rst.next = self.rst.val();
        self.egress.rst.next = self.rst.val();
        self.egress.card_rst.next = self.card_rst.val();
        self.held.rst.next = self.rst.val();
        self.held.memory_rst.next = self.rst.val() | !self.has_memory.val();
        self.modes.rst.next = self.rst.val();

        self.mode_bit.next = self.one_queue.val() << bit_cast::<6, 7>(self.cfgw_g.val());
        if self.has_memory.val()
            & self.cfgw_valid.val()
            & (self.cfgw_g.val() < self.queues.val())
            & (self.cfgw_index.val() == self.mode.val())
        {
            self.modes.d.next = self.modes.q.val() & !self.mode_bit.val();
            if self.cfgw_data.val().get_bit(6) {
                self.modes.d.next = self.modes.q.val() | self.mode_bit.val();
            }
        }
        self.memory.next = 0.into();
        if self.has_memory.val() {
            self.memory.next = self.modes.q.val();
        }

        self.in_use.clock.next = self.clock.val();
        self.in_use.rst.next = self.rst.val();
        self.in_use.in_valid.next = self.commit.commit_valid.val();
        self.in_use.in_q.next = self.commit.commit_q.val();
        self.in_use.in_row.next = self.commit.commit_row.val();
        self.in_use.out_valid.next = self.egress.freed_valid.val();
        self.in_use.out_q.next = self.egress.freed_q.val();
        self.in_use.out_row.next = self.egress.freed_row.val();
        self.in_use.clear_valid.next = self.init_valid.val();
        self.in_use.clear_q.next = self.init_g.val();
        self.in_use.q.next = self.level_q.val();
        self.level.next = self.in_use.level.val();
        self.peak.next = self.in_use.peak.val();
        self.issue.run.next = self.run.val();
        self.issue.halted.next = self.halted.val();
        self.issue.init_valid.next = self.init_valid.val();
        self.issue.init_g.next = self.init_g.val();
        self.init_done_h2c_issue.next = self.issue.init_done.val();
        self.issue.cfg_mrrs.next = self.cfg_mrrs.val();
        self.issue.cfg_ext_tag.next = self.cfg_ext_tag.val();
        self.tag_look.next = self.issue.tag_look.val();
        self.issue.tag_open.next = self.tag_open.val();
        self.issue.tag_wait.next = self.tag_wait.val();
        self.issue.cfg_ro_enable.next = self.cfg_ro_enable.val();
        self.issue.cfg_ns_enable.next = self.cfg_ns_enable.val();
        self.issue.cfgw_valid.next = self.cfgw_valid.val();
        self.issue.cfgw_g.next = self.cfgw_g.val();
        self.issue.cfgw_index.next = self.cfgw_index.val();
        self.issue.cfgw_data.next = self.cfgw_data.val();
        self.issue.room_valid.next = self.room_valid.val();
        self.issue.room_g.next = self.room_g.val();
        self.issue.room_value.next = self.room_value.val();
        self.issue.finished_valid.next = self.finished_valid.val();
        self.issue.finished_g.next = self.finished_g.val();
        self.issue.finished_value.next = self.finished_value.val();
        self.issue.head_valid.next = self.head_valid.val();
        self.issue.head_g.next = self.head_g.val();
        self.issue.head_value.next = self.head_value.val();
        self.issue.freed_valid.next = self.egress.freed_valid.val();
        self.issue.freed_q.next = self.egress.freed_q.val();
        self.issue.freed_row.next = self.egress.freed_row.val();
        self.issue.freed_pkts.next = self.egress.freed_pkts.val();
        self.h2c_taken_valid.next = self.issue.taken_valid.val();
        self.h2c_taken_q.next = self.issue.taken_q.val();
        self.h2c_taken_value.next = self.issue.taken_value.val();
        self.h2c_desc_q.next = self.issue.desc_q.val();
        self.h2c_desc_slot.next = self.issue.desc_slot.val();
        self.issue.desc_data.next = self.h2c_desc_data.val();
        self.issue.desc_err.next = self.h2c_desc_err.val();
        self.data_rd_valid.next = self.issue.rd_valid.val();
        self.issue.rd_ready.next = self.data_rd_ready.val();
        self.data_rd_addr.next = self.issue.rd_addr.val();
        self.data_rd_bytes.next = self.issue.rd_bytes.val();
        self.data_rd_tag.next = self.issue.rd_tag.val();
        self.data_rd_attr.next = self.issue.rd_attr.val();
        self.h2c_stall.next = self.issue.stall.val();
        self.issue.memory.next = self.memory.val();
        self.issue.tail.next = self.commit.tail.val();
        self.req_issued.next = self.issue.req_issued.val();
        self.scanning.next = self.issue.scanning.val();

        self.requests.waddr.next = self.issue.next_tag.val();
        self.requests.wdata.next = self.issue.req.val();
        self.requests.wen.next = self.issue.req_valid.val();
        self.requests.raddr.next = self.commit.look.val();
        self.landings.waddr.next = self.issue.next_tag.val();
        self.h2c_tlp_valid.next = self.issue.req_valid.val() & !self.issue.req.val().refused;
        self.h2c_tlp_q.next = self.issue.req.val().q;
        self.landings.wdata.next = self.issue.req_landing.val();
        self.landings.wen.next = self.issue.req_valid.val() | self.land.sweeping.val();
        self.landings.raddr.next = self.land.look_tag.val();
        self.issue.hold.next = self.land.sweeping.val();
        if self.land.sweeping.val() {
            self.landings.waddr.next = self.land.verdict_tag.val();
            self.landings.wdata.next.phase = false;
        }
        self.verdicts.waddr.next = self.land.verdict_tag.val();
        self.verdicts.wdata.next = self.land.verdict.val();
        self.verdicts.wen.next = self.land.verdict_valid.val();
        self.verdicts.raddr.next = self.commit.look.val();
        self.phases.waddr.next = self.land.verdict_tag.val();
        self.phases.wdata.next = self.land.verdict.val().phase;
        self.phases.wen.next = self.land.verdict_valid.val();
        self.phases.raddr.next = self.issue.next_tag.val();
        self.issue.ended_phase.next = self.phases.rdata.val();
        self.slots.next = bit_cast::<SLB, QB>(self.issue.packet_q.val()) << self.slot_shift.val();
        self.users.waddr.next = self.slots.val() | bit_cast::<SLB, PB>(self.issue.user_slot.val());
        self.users.wdata.next = self.issue.user.val();
        self.users.wen.next = self.issue.user_valid.val();
        self.users.raddr.next = self.egress.packet_slot.val();
        self.ends.waddr.next = self.slots.val() | bit_cast::<SLB, PB>(self.issue.end_slot.val());
        self.ends.wdata.next = self.issue.packet_end.val();
        self.ends.wen.next = self.issue.end_valid.val();
        self.ends.raddr.next = self.egress.packet_slot.val();

        self.land.to_land.next = self.to_land.val();
        self.land.cpl_valid.next = self.cpl_valid.val();
        self.land.cpl_first.next = self.cpl_first.val();
        self.land.cpl_last.next = self.cpl_last.val();
        self.land.cpl_data.next = self.cpl_data.val();
        self.land.cpl_keep.next = self.cpl_keep.val();
        self.land.cpl_error.next = self.cpl_error.val();
        self.land.cpl_tag.next = self.cpl_tag.val();
        self.land.cpl_status.next = self.cpl_status.val();
        self.land.cpl_byte_count.next = self.cpl_byte_count.val();
        self.land.cpl_len.next = self.cpl_len.val();
        self.land.cpl_ep.next = self.cpl_ep.val();
        self.land.cpl_has_data.next = self.cpl_has_data.val();
        self.land.cpl_low.next = self.cpl_low.val();
        self.land.cpl_bad.next = self.cpl_bad.val();
        self.land.cpl_open.next = self.cpl_open.val();
        self.land.landing.next = self.landings.rdata.val();
        self.unexpected.next = self.land.unexpected.val();
        // A read that rd_arb has not taken is no transaction yet: without bus mastering it may wait for ever.
        self.asked.next = self.issue.rd_valid.val() & self.data_rd_ready.val();
        self.answered.next = self.land.verdict_valid.val() & !self.land.sweeping.val();
        if self.asked.val() & !self.answered.val() {
            self.pending.d.next = self.pending.q.val() + 1;
        }
        if self.answered.val() & !self.asked.val() {
            self.pending.d.next = self.pending.q.val() - 1;
        }
        self.trans_pending.next = self.pending.q.val().any();

        self.fifo.w_row.next = self.land.w_row.val();
        self.fifo.w_row2.next = self.land.w_row2.val();
        self.fifo.w_second.next = self.land.w_second.val();
        self.fifo.w_enable.next = self.land.w_enable.val();
        self.fifo.w_data.next = self.land.w_data.val();
        // Packets begin at lane 0, so egress reads whole rows.
        self.fifo.r_row.next = self.egress.r_row.val();
        self.fifo.r_row2.next = self.egress.r_row.val();
        self.fifo.r_second.next = 0.into();

        self.commit.init_valid.next = self.init_valid.val();
        self.commit.init_g.next = self.init_g.val();
        self.init_done_h2c_commit.next = self.commit.init_done.val();
        self.commit.next_tag.next = self.issue.next_tag.val();
        self.commit.tag_restart.next = self.issue.tag_restart.val();
        self.commit.restart_tag.next = self.issue.restart_tag.val();
        self.commit.entry.next = self.requests.rdata.val();
        self.commit.verdict.next = self.verdicts.rdata.val();
        // A queue is seen to be busy a clock behind its commit.
        self.committed.d.next = self.commit.req_committed.val();
        self.req_committed.next = self.commit.req_committed.val();
        if self.has_memory.val() {
            self.req_committed.next = self.committed.q.val();
        }

        self.held.init_valid.next = self.init_valid.val();
        self.held.init_g.next = self.init_g.val();
        self.held.memory.next = self.memory.val();
        self.held.busy.next = self.writer.busy.val();
        self.held.rec_valid.next = self.commit.rec_valid.val();
        self.commit.rec_ready.next = self.held.rec_ready.val();
        self.held.rec_q.next = self.commit.rec_q.val();
        self.held.rec_bytes.next = self.commit.rec_bytes.val();
        self.held.rec_index.next = self.commit.rec_index.val();
        self.held.rec_flags.next = self.commit.rec_flags.val();
        self.held.rec_status.next = self.commit.rec_status.val();
        self.held.rec_irq.next = self.commit.rec_irq.val();
        self.held.fault_valid.next = self.commit.err_valid.val();
        self.held.fault_q.next = self.commit.err_q.val();
        self.held.fault_code.next = self.commit.err_code.val();
        self.held.done_valid.next = self.writer.done_valid.val();
        self.writer.done_ready.next = self.held.done_ready.val();
        self.held.done_q.next = self.writer.done_q.val();
        self.held.done_error.next = self.writer.done_error.val();
        self.mem_busy.next = self.writer.busy.val() | self.held.failing.val();
        self.rec_h2c_valid.next = self.held.out_valid.val();
        self.held.out_ready.next = self.rec_h2c_ready.val();
        self.rec_h2c_q.next = self.held.out_q.val();
        self.rec_h2c_bytes.next = self.held.out_bytes.val();
        self.rec_h2c_meta.next = 0.into();
        self.rec_h2c_index.next = self.held.out_index.val();
        self.rec_h2c_flags.next = self.held.out_flags.val();
        self.rec_h2c_status.next = self.held.out_status.val();
        self.rec_h2c_irq.next = self.held.out_irq.val();
        self.h2c_err_valid.next = self.held.err_valid.val();
        self.h2c_err_q.next = self.held.err_q.val();
        self.h2c_err_code.next = self.held.err_code.val();

        self.egress.init_valid.next = self.init_valid.val();
        self.egress.init_g.next = self.init_g.val();
        self.init_done_h2c_egress.next = self.egress.init_done.val();
        self.egress.cfgw_valid.next = self.cfgw_valid.val();
        self.egress.cfgw_g.next = self.cfgw_g.val();
        self.egress.cfgw_index.next = self.cfgw_index.val();
        self.egress.cfgw_data.next = self.cfgw_data.val();
        self.egress.commit_valid.next = self.commit.commit_valid.val();
        self.egress.commit_q.next = self.commit.commit_q.val();
        self.egress.commit_row.next = self.commit.commit_row.val();
        self.egress.commit_pkts.next = self.commit.commit_pkts.val();
        self.egress.user.next = self.users.rdata.val();
        self.egress.packet_end.next = self.ends.rdata.val();
        self.egress.r_data.next = self.fifo.r_data.val();
        self.egress.memory.next = self.memory.val();
        self.egress.stopped.next =
            bit_cast::<NQ, GN>(self.halted.val()) | bit_cast::<NQ, GN>(self.idle.val());
        // The card's memory says how it is itself.
        self.card_pause.next = self.h2c_pause.val() & !self.memory.val();
        if self.writer.pause.val() {
            self.card_pause.next = self.h2c_pause.val() | self.memory.val();
        }
        self.egress.h2c_pause.next = self.card_pause.val();
        self.to_memory.next = self.egress.h2c_axis_tmem.val() & self.has_memory.val();
        self.h2c_axis_tdata.next = self.egress.h2c_axis_tdata.val();
        self.h2c_axis_tkeep.next = self.egress.h2c_axis_tkeep.val();
        self.h2c_axis_tlast.next = self.egress.h2c_axis_tlast.val();
        self.h2c_axis_tdest.next = self.egress.h2c_axis_tdest.val();
        self.h2c_axis_tuser.next = self.egress.h2c_axis_tuser.val();
        self.h2c_axis_terr.next = self.egress.h2c_axis_terr.val();
        self.h2c_axis_tvalid.next = self.egress.h2c_axis_tvalid.val() & !self.to_memory.val();
        self.egress.h2c_axis_tready.next = self.h2c_axis_tready.val();
        if self.to_memory.val() {
            self.egress.h2c_axis_tready.next = self.writer.s_ready.val() | self.egress.h2c_axis_told.val();
        }

        // Without memory queues the writer is always in reset, and nothing is left of it.
        self.writer.rst.next = self.card_rst.val() | !self.has_memory.val();
        self.writer.core_rst.next = self.rst.val();
        self.writer.init_valid.next = self.init_valid.val() & self.has_memory.val();
        self.writer.init_g.next = self.init_g.val();
        self.writer.cfgw_valid.next = self.cfgw_valid.val() & self.has_memory.val();
        self.writer.cfgw_g.next = self.cfgw_g.val();
        self.writer.cfgw_index.next = self.cfgw_index.val();
        self.writer.cfgw_data.next = self.cfgw_data.val();
        self.writer.memory.next = self.memory.val();
        self.writer.commit_valid.next = self.commit.commit_valid.val() & self.has_memory.val();
        self.writer.commit_q.next = self.commit.commit_q.val();
        self.writer.commit_row.next = self.commit.commit_row.val();
        self.writer.s_valid.next =
            self.egress.h2c_axis_tvalid.val() & self.to_memory.val() & !self.egress.h2c_axis_told.val();
        self.writer.s_data.next = self.egress.h2c_axis_tdata.val();
        self.writer.s_keep.next = self.egress.h2c_axis_tkeep.val();
        self.writer.s_last.next = self.egress.h2c_axis_tlast.val();
        self.writer.s_q.next = self.egress.h2c_axis_tdest.val();
        self.writer.s_card.next = self.egress.h2c_axis_tuser.val();
        self.writer.s_fixed.next = self.egress.h2c_axis_tfixed.val();
        self.axi_awaddr.next = self.writer.axi_awaddr.val();
        self.axi_awlen.next = self.writer.axi_awlen.val();
        self.axi_awsize.next = self.writer.axi_awsize.val();
        self.axi_awburst.next = self.writer.axi_awburst.val();
        self.axi_awvalid.next = self.writer.axi_awvalid.val();
        self.writer.axi_awready.next = self.axi_awready.val();
        self.axi_wdata.next = self.writer.axi_wdata.val();
        self.axi_wstrb.next = self.writer.axi_wstrb.val();
        self.axi_wlast.next = self.writer.axi_wlast.val();
        self.axi_wvalid.next = self.writer.axi_wvalid.val();
        self.writer.axi_wready.next = self.axi_wready.val();
        // A port that is not built is 0, not unknown.
        if !self.has_memory.val() {
            self.axi_awaddr.next = 0.into();
            self.axi_awlen.next = 0.into();
            self.axi_wdata.next = 0.into();
            self.axi_wstrb.next = 0.into();
            self.axi_wlast.next = false;
        }
        self.writer.axi_bresp.next = self.axi_bresp.val();
        self.writer.axi_bvalid.next = self.axi_bvalid.val();
        self.axi_bready.next = self.writer.axi_bready.val();
    }
}
