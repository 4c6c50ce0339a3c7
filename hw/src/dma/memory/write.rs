//! H2C memory queues' way to the card's memory.

use rust_hdl::prelude::*;

use super::write_bursts::WriteBursts;
use super::write_busy::WriteBusy;
use super::write_port::WritePort;
use crate::hw;

hw! {
    /// Writes beats of memory queues by an AXI4 master and tells which packets are in the memory.
    ///
    /// ```text
    ///  s_*, cfgw ─► bursts ─► port ─► AW, W
    ///                          │ ◄─── B
    ///  commit bus ──► busy ◄───┴────► done
    /// ```
    /// Each packet is written from CARD_BASE + `s_card` on; its first byte stands in lane (that address modulo W/8) of its
    /// first beat, and TKEEP of the lanes in front of it doesn't count. Sizes: `KB = W/8`, `SB = log2 KB`, `FW = W + KB`.
    pub struct MemoryWriter<const W: usize, const KB: usize, const SB: usize, const NQ: usize, const QB: usize, const FW: usize> {
        pub clock: Signal<In, Clock> = Default::default(),
        /// Resets the memory behind the port, too.
        pub rst: Signal<In, Bit> = Default::default(),
        pub core_rst: Signal<In, Bit> = Default::default(),
        pub init_valid: Signal<In, Bit> = Default::default(),
        pub init_g: Signal<In, Bits<7>> = Default::default(),
        pub cfgw_valid: Signal<In, Bit> = Default::default(),
        pub cfgw_g: Signal<In, Bits<7>> = Default::default(),
        pub cfgw_index: Signal<In, Bits<6>> = Default::default(),
        pub cfgw_data: Signal<In, Bits<32>> = Default::default(),
        /// Queues with MODE.MEMORY.
        pub memory: Signal<In, Bits<NQ>> = Default::default(),
        pub commit_valid: Signal<In, Bit> = Default::default(),
        pub commit_q: Signal<In, Bits<6>> = Default::default(),
        pub commit_row: Signal<In, Bits<16>> = Default::default(),
        pub s_valid: Signal<In, Bit> = Default::default(),
        pub s_ready: Signal<Out, Bit> = Default::default(),
        pub s_data: Signal<In, Bits<W>> = Default::default(),
        pub s_keep: Signal<In, Bits<KB>> = Default::default(),
        pub s_last: Signal<In, Bit> = Default::default(),
        pub s_q: Signal<In, Bits<6>> = Default::default(),
        pub s_card: Signal<In, Bits<32>> = Default::default(),
        pub s_fixed: Signal<In, Bit> = Default::default(),
        pub pause: Signal<Out, Bit> = Default::default(),
        pub busy: Signal<Out, Bits<NQ>> = Default::default(),
        pub done_valid: Signal<Out, Bit> = Default::default(),
        pub done_ready: Signal<In, Bit> = Default::default(),
        pub done_q: Signal<Out, Bits<6>> = Default::default(),
        pub done_error: Signal<Out, Bit> = Default::default(),
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
        bursts: WriteBursts<W, KB, SB, NQ, QB, FW> = Default::default(),
        port: WritePort<W, KB, SB, NQ, QB, FW> = Default::default(),
        rows: WriteBusy<NQ, QB> = Default::default(),
        core: Signal<Local, Bit> = Default::default(),
    }
}

impl<const W: usize, const KB: usize, const SB: usize, const NQ: usize, const QB: usize, const FW: usize>
    Logic for MemoryWriter<W, KB, SB, NQ, QB, FW>
{
    #[hdl_gen]
    fn update(&mut self) {
        clock!(self, clock, bursts, port, rows);
        self.core.next = self.rst.val() | self.core_rst.val();
        self.bursts.rst.next = self.core.val();
        self.bursts.init_valid.next = self.init_valid.val();
        self.bursts.init_g.next = self.init_g.val();
        self.bursts.cfgw_valid.next = self.cfgw_valid.val();
        self.bursts.cfgw_g.next = self.cfgw_g.val();
        self.bursts.cfgw_index.next = self.cfgw_index.val();
        self.bursts.cfgw_data.next = self.cfgw_data.val();
        self.bursts.s_valid.next = self.s_valid.val();
        self.s_ready.next = self.bursts.s_ready.val();
        self.bursts.s_data.next = self.s_data.val();
        self.bursts.s_keep.next = self.s_keep.val();
        self.bursts.s_last.next = self.s_last.val();
        self.bursts.s_q.next = self.s_q.val();
        self.bursts.s_card.next = self.s_card.val();
        self.bursts.s_fixed.next = self.s_fixed.val();
        self.pause.next = self.bursts.pause.val();

        self.port.rst.next = self.rst.val();
        self.port.core_rst.next = self.core_rst.val();
        self.port.init_valid.next = self.init_valid.val();
        self.port.init_g.next = self.init_g.val();
        self.port.row_valid.next = self.bursts.row_valid.val();
        self.bursts.row_ready.next = self.port.row_ready.val();
        self.port.row.next = self.bursts.row.val();
        self.port.burst_valid.next = self.bursts.burst_valid.val();
        self.bursts.burst_ready.next = self.port.burst_ready.val();
        self.port.burst.next = self.bursts.burst.val();

        self.rows.rst.next = self.core.val();
        self.rows.init_valid.next = self.init_valid.val();
        self.rows.init_g.next = self.init_g.val();
        self.rows.memory.next = self.memory.val();
        self.rows.commit_valid.next = self.commit_valid.val();
        self.rows.commit_q.next = self.commit_q.val();
        self.rows.commit_row.next = self.commit_row.val();
        self.rows.answer_next.next = self.port.answer_next.val();
        self.rows.answer_valid.next = self.port.answer_valid.val();
        self.rows.answer_q.next = self.port.answer_q.val();
        self.rows.answer_rows.next = self.port.answer_rows.val();
        self.busy.next = self.rows.busy.val();

        self.done_valid.next = self.port.done_valid.val();
        self.port.done_ready.next = self.done_ready.val();
        self.done_q.next = self.port.done_q.val();
        self.done_error.next = self.port.done_error.val();
        self.axi_awaddr.next = self.port.axi_awaddr.val();
        self.axi_awlen.next = self.port.axi_awlen.val();
        self.axi_awsize.next = self.port.axi_awsize.val();
        self.axi_awburst.next = self.port.axi_awburst.val();
        self.axi_awvalid.next = self.port.axi_awvalid.val();
        self.port.axi_awready.next = self.axi_awready.val();
        self.axi_wdata.next = self.port.axi_wdata.val();
        self.axi_wstrb.next = self.port.axi_wstrb.val();
        self.axi_wlast.next = self.port.axi_wlast.val();
        self.axi_wvalid.next = self.port.axi_wvalid.val();
        self.port.axi_wready.next = self.axi_wready.val();
        self.port.axi_bresp.next = self.axi_bresp.val();
        self.port.axi_bvalid.next = self.axi_bvalid.val();
        self.axi_bready.next = self.port.axi_bready.val();
    }
}
