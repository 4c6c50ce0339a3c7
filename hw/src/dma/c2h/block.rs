//! The C2H direction as one block.

use rust_hdl::prelude::*;

use super::types::PacketEnd;
use super::{Ingress, Merge, Plan, Send};
use crate::dma::memory::MemoryReader;
use crate::hw;
use crate::prim::Bram;
use crate::stream::{ByteRam, Level};

/// 128 bit, 4 queues with 8 KiB and 64 packets each.
pub type C2h128 = C2h<128, 4, 16, 4, 2, 8, 4, 14, 9, 6, 11, 8, 1, 1>;

hw! {
    /// Card to host: ingress, plan and send with the memories between them.
    ///
    /// ```text
    ///  axi ─► reader ─┐      ┌─► rows (ByteRam) ─────► send ─► data_wr, rec_c2h
    ///  c2h_axis ─► merge ─► ingress ─► packet ends ─► plan ──►┘ │
    ///                        └─ fill ─────────► plan       │
    ///             ◄──────────────── c2h_freed ─────────────┘
    /// ```
    /// All is reset by `core_rst`; `rst` is for what the card's memory is owed, and the memory is reset with it. `POLICIES` (flush, drop,
    /// store-and-forward) and `MEMORY` (the reader) are 1, or 0 to leave them out.
    ///
    /// `KB = W/8`, `OB = log2 KB`; a queue's share has 2^`RB` rows and 2^`PB` packet slots (`AB = QB + RB`, `PAB = QB
    /// + PB`). `PW`, the bits of a position in the share, is `RB + 1 + OB`; more, up to `16 + OB`, do no harm.
    pub struct C2h<
        const W: usize, const K: usize, const KB: usize, const NQ: usize, const QB: usize, const GN: usize,
        const OB: usize, const PW: usize, const RB: usize, const PB: usize, const AB: usize, const PAB: usize,
        const POLICIES: usize, const MEMORY: usize,
    > {
        pub clock: Signal<In, Clock> = Default::default(),
        pub rst: Signal<In, Bit> = Default::default(),
        pub core_rst: Signal<In, Bit> = Default::default(),
        pub c2h_axis_tdata: Signal<In, Bits<W>> = Default::default(),
        pub c2h_axis_tkeep: Signal<In, Bits<KB>> = Default::default(),
        pub c2h_axis_tlast: Signal<In, Bit> = Default::default(),
        pub c2h_axis_tdest: Signal<In, Bits<6>> = Default::default(),
        pub c2h_axis_tuser: Signal<In, Bits<32>> = Default::default(),
        pub c2h_axis_tvalid: Signal<In, Bit> = Default::default(),
        pub c2h_axis_tready: Signal<Out, Bit> = Default::default(),
        pub c2h_pause: Signal<Out, Bits<NQ>> = Default::default(),
        /// The host's command to flush queue `flush_g`.
        pub flush_valid: Signal<In, Bit> = Default::default(),
        pub flush_g: Signal<In, Bits<7>> = Default::default(),
        /// FIFO_LEVEL and FIFO_PEAK of queue `level_q`, one clock later.
        pub level_q: Signal<In, Bits<6>> = Default::default(),
        pub level: Signal<Out, Bits<32>> = Default::default(),
        pub peak: Signal<Out, Bits<32>> = Default::default(),
        /// Pulse: a packet of this queue was dropped, of so many bytes.
        pub drop_valid: Signal<Out, Bit> = Default::default(),
        pub drop_q: Signal<Out, Bits<6>> = Default::default(),
        pub drop_bytes: Signal<Out, Bits<32>> = Default::default(),
        pub init_valid: Signal<In, Bit> = Default::default(),
        pub init_g: Signal<In, Bits<7>> = Default::default(),
        pub init_done_ingress: Signal<Out, Bit> = Default::default(),
        pub run: Signal<In, Bits<GN>> = Default::default(),
        pub halted: Signal<In, Bits<GN>> = Default::default(),
        pub cfg_mps: Signal<In, Bits<3>> = Default::default(),
        pub cfg_ro_enable: Signal<In, Bit> = Default::default(),
        pub cfg_ns_enable: Signal<In, Bit> = Default::default(),
        pub init_done_plan: Signal<Out, Bit> = Default::default(),
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
        pub c2h_desc_q: Signal<Out, Bits<6>> = Default::default(),
        pub c2h_desc_slot: Signal<Out, Bits<7>> = Default::default(),
        pub c2h_desc_data: Signal<In, Bits<128>> = Default::default(),
        pub c2h_desc_err: Signal<In, Bits<8>> = Default::default(),
        pub c2h_taken_valid: Signal<Out, Bit> = Default::default(),
        pub c2h_taken_q: Signal<Out, Bits<6>> = Default::default(),
        pub c2h_taken_value: Signal<Out, Bits<32>> = Default::default(),
        pub c2h_err_valid: Signal<Out, Bit> = Default::default(),
        pub c2h_err_q: Signal<Out, Bits<6>> = Default::default(),
        pub c2h_err_code: Signal<Out, Bits<8>> = Default::default(),
        pub scanning: Signal<Out, Bit> = Default::default(),
        pub data_wr_valid: Signal<Out, Bit> = Default::default(),
        pub data_wr_ready: Signal<In, Bit> = Default::default(),
        pub data_wr_first: Signal<Out, Bit> = Default::default(),
        pub data_wr_last: Signal<Out, Bit> = Default::default(),
        pub data_wr_done: Signal<Out, Bit> = Default::default(),
        pub data_wr_addr: Signal<Out, Bits<64>> = Default::default(),
        pub data_wr_bytes: Signal<Out, Bits<11>> = Default::default(),
        pub data_wr_attr: Signal<Out, Bits<2>> = Default::default(),
        pub data_wr_data: Signal<Out, Bits<W>> = Default::default(),
        pub data_wr_keep: Signal<Out, Bits<K>> = Default::default(),
        pub rec_c2h_valid: Signal<Out, Bit> = Default::default(),
        pub rec_c2h_ready: Signal<In, Bit> = Default::default(),
        pub rec_c2h_q: Signal<Out, Bits<6>> = Default::default(),
        pub rec_c2h_bytes: Signal<Out, Bits<24>> = Default::default(),
        pub rec_c2h_meta: Signal<Out, Bits<32>> = Default::default(),
        pub rec_c2h_index: Signal<Out, Bits<32>> = Default::default(),
        pub rec_c2h_flags: Signal<Out, Bits<7>> = Default::default(),
        pub rec_c2h_status: Signal<Out, Bits<8>> = Default::default(),
        pub rec_c2h_irq: Signal<Out, Bit> = Default::default(),
        /// Pulse: a write of this queue was read from the rows.
        pub c2h_tlp_valid: Signal<Out, Bit> = Default::default(),
        pub c2h_tlp_q: Signal<Out, Bits<6>> = Default::default(),
        pub send_busy: Signal<Out, Bit> = Default::default(),
        /// This clock: data but no descriptor, no place for its record, send can't take it, FENCE.
        pub c2h_stall: Signal<Out, Bits<4>> = Default::default(),
        /// DW2 and DW3 of a descriptor, one clock later.
        pub mem_desc_q: Signal<Out, Bits<6>> = Default::default(),
        pub mem_desc_slot: Signal<Out, Bits<7>> = Default::default(),
        pub mem_desc_data: Signal<In, Bits<64>> = Default::default(),
        pub mem_desc_err: Signal<In, Bits<8>> = Default::default(),
        pub axi_araddr: Signal<Out, Bits<64>> = Default::default(),
        pub axi_arlen: Signal<Out, Bits<8>> = Default::default(),
        pub axi_arsize: Signal<Out, Bits<3>> = Default::default(),
        pub axi_arburst: Signal<Out, Bits<2>> = Default::default(),
        pub axi_arvalid: Signal<Out, Bit> = Default::default(),
        pub axi_arready: Signal<In, Bit> = Default::default(),
        pub axi_rdata: Signal<In, Bits<W>> = Default::default(),
        pub axi_rresp: Signal<In, Bits<2>> = Default::default(),
        pub axi_rlast: Signal<In, Bit> = Default::default(),
        pub axi_rvalid: Signal<In, Bit> = Default::default(),
        pub axi_rready: Signal<Out, Bit> = Default::default(),
        /// Reads of the queue are under way.
        pub mem_busy: Signal<Out, Bits<NQ>> = Default::default(),
        merge: Merge<W, KB, NQ> = Default::default(),
        reader: MemoryReader<W, KB, OB, NQ, QB, GN, RB, PB> = Default::default(),
        ingress: Ingress<W, KB, NQ, QB, RB, PB, AB, PAB, OB, POLICIES> = Default::default(),
        plan: Plan<NQ, QB, GN, OB, PW, RB, PB, PAB, POLICIES, MEMORY> = Default::default(),
        send: Send<W, K, KB, QB, RB, AB, OB, PW> = Default::default(),
        in_use: Level<QB, RB, OB> = Default::default(),
        rows: ByteRam<W, KB, AB> = Default::default(),
        packets: Bram<PacketEnd, PAB> = Default::default(),
        no_memory: Constant<Bit> = Constant::new(MEMORY == 0),
        all_lanes: Constant<Bits<KB>> = Constant::new(((1_u64 << KB) - 1).into()),
    }
}

impl<
        const W: usize,
        const K: usize,
        const KB: usize,
        const NQ: usize,
        const QB: usize,
        const GN: usize,
        const OB: usize,
        const PW: usize,
        const RB: usize,
        const PB: usize,
        const AB: usize,
        const PAB: usize,
        const POLICIES: usize,
        const MEMORY: usize,
    > Logic for C2h<W, K, KB, NQ, QB, GN, OB, PW, RB, PB, AB, PAB, POLICIES, MEMORY>
{
    #[hdl_gen]
    fn update(&mut self) {
        self.rows.clock.next = self.clock.val();
        self.packets.clock.next = self.clock.val();

        self.ingress.clock.next = self.clock.val();
        self.ingress.rst.next = self.core_rst.val();
        self.merge.clock.next = self.clock.val();
        self.merge.rst.next = self.core_rst.val();
        self.merge.c2h_axis_tdata.next = self.c2h_axis_tdata.val();
        self.merge.c2h_axis_tkeep.next = self.c2h_axis_tkeep.val();
        self.merge.c2h_axis_tlast.next = self.c2h_axis_tlast.val();
        self.merge.c2h_axis_tdest.next = self.c2h_axis_tdest.val();
        self.merge.c2h_axis_tuser.next = self.c2h_axis_tuser.val();
        self.merge.c2h_axis_tvalid.next = self.c2h_axis_tvalid.val();
        self.c2h_axis_tready.next = self.merge.c2h_axis_tready.val();
        self.merge.memory.next = self.reader.memory.val();
        self.merge.m_valid.next = self.reader.m_valid.val();
        self.reader.m_ready.next = self.merge.m_ready.val();
        self.merge.m_data.next = self.reader.m_data.val();
        self.merge.m_keep.next = self.reader.m_keep.val();
        self.merge.m_last.next = self.reader.m_last.val();
        self.merge.m_bad.next = self.reader.m_bad.val();
        self.merge.m_q.next = self.reader.m_q.val();
        self.ingress.c2h_axis_tdata.next = self.merge.to_tdata.val();
        self.ingress.c2h_axis_tkeep.next = self.merge.to_tkeep.val();
        self.ingress.c2h_axis_tlast.next = self.merge.to_tlast.val();
        self.ingress.c2h_axis_tbad.next = self.merge.to_tbad.val();
        self.ingress.c2h_axis_tdest.next = self.merge.to_tdest.val();
        self.ingress.c2h_axis_tuser.next = self.merge.to_tuser.val();
        self.ingress.c2h_axis_tvalid.next = self.merge.to_tvalid.val();
        self.merge.to_tready.next = self.ingress.c2h_axis_tready.val();
        self.c2h_pause.next = self.ingress.c2h_pause.val();
        self.ingress.init_valid.next = self.init_valid.val();
        self.ingress.init_g.next = self.init_g.val();
        self.init_done_ingress.next = self.ingress.init_done_ingress.val();
        self.ingress.cfgw_valid.next = self.cfgw_valid.val();
        self.ingress.cfgw_g.next = self.cfgw_g.val();
        self.ingress.cfgw_index.next = self.cfgw_index.val();
        self.ingress.cfgw_data.next = self.cfgw_data.val();
        self.plan.flush_valid.next = self.flush_valid.val();
        self.plan.flush_g.next = self.flush_g.val();
        self.plan.shed.next = self.ingress.shed.val();
        // What ingress drops can't wait.
        self.plan.shed_ready.next = !self.ingress.drop_valid.val();
        self.drop_valid.next = self.ingress.drop_valid.val() | self.plan.shed_valid.val();
        self.drop_q.next = self.plan.shed_q.val();
        self.drop_bytes.next = self.plan.shed_bytes.val();
        if self.ingress.drop_valid.val() {
            self.drop_q.next = self.ingress.drop_q.val();
            self.drop_bytes.next = self.ingress.drop_bytes.val();
        }
        self.in_use.clock.next = self.clock.val();
        self.in_use.rst.next = self.core_rst.val();
        self.in_use.in_valid.next = self.ingress.fill_valid.val();
        self.in_use.in_q.next = self.ingress.fill_q.val();
        self.in_use.in_row.next = self.ingress.fill_row.val();
        self.in_use.out_valid.next = self.send.c2h_freed_valid.val();
        self.in_use.out_q.next = self.send.c2h_freed_q.val();
        self.in_use.out_row.next = self.send.c2h_freed_row.val();
        self.in_use.clear_valid.next = self.ingress.fill_clears.val();
        self.in_use.clear_q.next = bit_cast::<7, 6>(self.ingress.fill_q.val());
        self.in_use.q.next = self.level_q.val();
        self.level.next = self.in_use.level.val();
        self.peak.next = self.in_use.peak.val();
        self.plan.clock.next = self.clock.val();
        self.plan.rst.next = self.core_rst.val();
        self.plan.run.next = self.run.val();
        self.plan.halted.next = self.halted.val();
        self.plan.cfg_mps.next = self.cfg_mps.val();
        self.plan.cfg_ro_enable.next = self.cfg_ro_enable.val();
        self.plan.cfg_ns_enable.next = self.cfg_ns_enable.val();
        self.plan.init_valid.next = self.init_valid.val();
        self.plan.init_g.next = self.init_g.val();
        self.init_done_plan.next = self.plan.init_done_plan.val();
        self.plan.cfgw_valid.next = self.cfgw_valid.val();
        self.plan.cfgw_g.next = self.cfgw_g.val();
        self.plan.cfgw_index.next = self.cfgw_index.val();
        self.plan.cfgw_data.next = self.cfgw_data.val();
        self.plan.room_valid.next = self.room_valid.val();
        self.plan.room_g.next = self.room_g.val();
        self.plan.room_value.next = self.room_value.val();
        self.plan.finished_valid.next = self.finished_valid.val();
        self.plan.finished_g.next = self.finished_g.val();
        self.plan.finished_value.next = self.finished_value.val();
        self.plan.head_valid.next = self.head_valid.val();
        self.plan.head_g.next = self.head_g.val();
        self.plan.head_value.next = self.head_value.val();
        self.c2h_desc_q.next = self.plan.c2h_desc_q.val();
        self.c2h_desc_slot.next = self.plan.c2h_desc_slot.val();
        self.plan.c2h_desc_data.next = self.c2h_desc_data.val();
        self.plan.c2h_desc_err.next = self.c2h_desc_err.val();
        self.c2h_taken_valid.next = self.plan.c2h_taken_valid.val();
        self.c2h_taken_q.next = self.plan.c2h_taken_q.val();
        self.c2h_taken_value.next = self.plan.c2h_taken_value.val();
        self.c2h_err_valid.next = self.plan.c2h_err_valid.val();
        self.c2h_err_q.next = self.plan.c2h_err_q.val();
        self.c2h_err_code.next = self.plan.c2h_err_code.val();
        self.scanning.next = self.plan.scanning.val();
        self.c2h_stall.next = self.plan.c2h_stall.val();

        // Left out, it is held in reset, and synthesis takes it away.
        self.reader.clock.next = self.clock.val();
        self.reader.rst.next = self.rst.val() | self.no_memory.val();
        self.reader.core_rst.next = self.core_rst.val() | self.no_memory.val();
        self.reader.run.next = self.run.val();
        self.reader.halted.next = self.halted.val();
        self.reader.init_valid.next = self.init_valid.val();
        self.reader.init_g.next = self.init_g.val();
        self.reader.cfgw_valid.next = self.cfgw_valid.val();
        self.reader.cfgw_g.next = self.cfgw_g.val();
        self.reader.cfgw_index.next = self.cfgw_index.val();
        self.reader.cfgw_data.next = self.cfgw_data.val();
        self.reader.head_valid.next = self.head_valid.val();
        self.reader.head_g.next = self.head_g.val();
        self.reader.head_value.next = self.head_value.val();
        self.reader.finished_valid.next = self.finished_valid.val();
        self.reader.finished_g.next = self.finished_g.val();
        self.reader.finished_value.next = self.finished_value.val();
        self.reader.c2h_freed_valid.next = self.send.c2h_freed_valid.val();
        self.reader.c2h_freed_q.next = self.send.c2h_freed_q.val();
        self.reader.c2h_freed_row.next = self.send.c2h_freed_row.val();
        self.reader.c2h_freed_pkts.next = self.send.c2h_freed_pkts.val();
        self.reader.stored_valid.next = self.ingress.fill_valid.val() & !self.ingress.fill_clears.val();
        self.reader.stored_q.next = self.ingress.fill_q.val();
        self.mem_desc_q.next = self.reader.mem_desc_q.val();
        self.mem_desc_slot.next = self.reader.mem_desc_slot.val();
        self.reader.mem_desc_data.next = self.mem_desc_data.val();
        self.reader.mem_desc_err.next = self.mem_desc_err.val();
        self.axi_araddr.next = self.reader.axi_araddr.val();
        self.axi_arlen.next = self.reader.axi_arlen.val();
        self.axi_arsize.next = self.reader.axi_arsize.val();
        self.axi_arburst.next = self.reader.axi_arburst.val();
        self.axi_arvalid.next = self.reader.axi_arvalid.val();
        self.reader.axi_arready.next = self.axi_arready.val();
        self.reader.axi_rdata.next = self.axi_rdata.val();
        self.reader.axi_rresp.next = self.axi_rresp.val();
        self.reader.axi_rlast.next = self.axi_rlast.val();
        self.reader.axi_rvalid.next = self.axi_rvalid.val();
        self.axi_rready.next = self.reader.axi_rready.val();
        // A port that is not built is 0, not unknown.
        if self.no_memory.val() {
            self.axi_araddr.next = 0.into();
            self.axi_arlen.next = 0.into();
            self.axi_arburst.next = 0.into();
        }
        self.mem_busy.next = self.reader.mem_busy.val();
        self.send.clock.next = self.clock.val();
        self.send.rst.next = self.core_rst.val();
        self.send.cfg_mps.next = self.cfg_mps.val();
        self.data_wr_valid.next = self.send.data_wr_valid.val();
        self.send.data_wr_ready.next = self.data_wr_ready.val();
        self.data_wr_first.next = self.send.data_wr_first.val();
        self.data_wr_last.next = self.send.data_wr_last.val();
        self.data_wr_done.next = self.send.data_wr_done.val();
        self.data_wr_addr.next = self.send.data_wr_addr.val();
        self.data_wr_bytes.next = self.send.data_wr_bytes.val();
        self.data_wr_attr.next = self.send.data_wr_attr.val();
        self.data_wr_data.next = self.send.data_wr_data.val();
        self.data_wr_keep.next = self.send.data_wr_keep.val();
        self.rec_c2h_valid.next = self.send.rec_c2h_valid.val();
        self.send.rec_c2h_ready.next = self.rec_c2h_ready.val();
        self.rec_c2h_q.next = self.send.rec_c2h_q.val();
        self.rec_c2h_bytes.next = self.send.rec_c2h_bytes.val();
        self.rec_c2h_meta.next = self.send.rec_c2h_meta.val();
        self.rec_c2h_index.next = self.send.rec_c2h_index.val();
        self.rec_c2h_flags.next = self.send.rec_c2h_flags.val();
        self.rec_c2h_status.next = self.send.rec_c2h_status.val();
        self.rec_c2h_irq.next = self.send.rec_c2h_irq.val();
        self.send_busy.next = self.send.send_busy.val();

        self.ingress.c2h_freed_valid.next = self.send.c2h_freed_valid.val();
        self.ingress.c2h_freed_q.next = self.send.c2h_freed_q.val();
        self.ingress.c2h_freed_row.next = self.send.c2h_freed_row.val();
        self.ingress.c2h_freed_pkts.next = self.send.c2h_freed_pkts.val();
        self.plan.fill_valid.next = self.ingress.fill_valid.val();
        self.plan.fill_q.next = self.ingress.fill_q.val();
        self.plan.fill_row.next = self.ingress.fill_row.val();
        self.plan.fill_pkts.next = self.ingress.fill_pkts.val();
        self.send.entry_valid.next = self.plan.entry_valid.val();
        self.send.entry.next = self.plan.entry.val();
        self.plan.entry_ready.next = self.send.entry_ready.val();
        self.c2h_tlp_valid.next = self.send.c2h_tlp_valid.val();
        self.c2h_tlp_q.next = self.send.c2h_tlp_q.val();
        self.send.clear_valid.next = self.plan.clear_valid.val();
        self.send.clear_q.next = self.plan.clear_q.val();
        self.plan.clear_ready.next = self.send.clear_ready.val();

        self.rows.w_row.next = self.ingress.mem_row.val();
        self.rows.w_row2.next = self.ingress.mem_row.val();
        self.rows.w_second.next = 0.into();
        self.rows.w_enable.next = 0.into();
        if self.ingress.mem_wen.val() {
            self.rows.w_enable.next = self.all_lanes.val();
        }
        self.rows.w_data.next = self.ingress.mem_data.val();
        self.rows.r_row.next = self.send.mem_row.val();
        self.rows.r_row2.next = self.send.mem_row2.val();
        self.rows.r_second.next = self.send.mem_second.val();
        self.send.mem_data.next = self.rows.r_data.val();
        self.packets.waddr.next = self.ingress.pkt_waddr.val();
        self.packets.wdata.next = self.ingress.pkt_wdata.val();
        self.packets.wen.next = self.ingress.pkt_wen.val();
        self.packets.raddr.next = self.plan.pkt_raddr.val();
        self.plan.pkt_rdata.next = self.packets.rdata.val();
    }
}
