//! The demo card: the engine and the loopback behind the flat port.

use rust_hdl::prelude::*;

use crate::card::DemoCard;
use crate::dma::engine::Engine;
use crate::hw;

hw! {
    /// What enters H2C queue n leaves C2H queue n. `card_stop` has the card take nothing from a queue.
    ///
    /// The names of the pins are part of the contract: outside test benches bind to them. Sizes as in [`Engine`].
    pub struct Card<const W: usize, const K: usize, const KB: usize, const SB: usize, const FW: usize, const NQ: usize, const QB: usize, const GN: usize, const GB: usize, const GB1: usize, const QA: usize, const DB: usize, const SA: usize, const FA: usize, const LW: usize, const NB: usize, const NG: usize, const BA: usize, const TB: usize, const TB1: usize, const NT: usize, const HRB: usize, const HAB: usize, const HPB: usize, const HSB: usize, const CRB: usize, const CAB: usize, const CPB: usize, const CPA: usize, const PW: usize, const RL: usize, const RA: usize, const NV: usize, const VB: usize, const NU: usize, const UV: usize, const FULL: usize, const H2C_LOG2: usize, const C2H_LOG2: usize, const KHZ: usize, const FT: usize, const SQ: usize, const SC: usize, const SR: usize> {
        pub clk: Signal<In, Clock> = Default::default(),
        pub rst: Signal<In, Bit> = Default::default(),
        pub rx_req_data: Signal<In, Bits<W>> = Default::default(),
        pub rx_req_hdr: Signal<In, Bits<128>> = Default::default(),
        pub rx_req_keep: Signal<In, Bits<K>> = Default::default(),
        pub rx_req_first: Signal<In, Bit> = Default::default(),
        pub rx_req_last: Signal<In, Bit> = Default::default(),
        pub rx_req_valid: Signal<In, Bit> = Default::default(),
        pub rx_req_error: Signal<In, Bit> = Default::default(),
        pub rx_req_ready: Signal<Out, Bit> = Default::default(),
        pub rx_cpl_data: Signal<In, Bits<W>> = Default::default(),
        pub rx_cpl_hdr: Signal<In, Bits<128>> = Default::default(),
        pub rx_cpl_keep: Signal<In, Bits<K>> = Default::default(),
        pub rx_cpl_first: Signal<In, Bit> = Default::default(),
        pub rx_cpl_last: Signal<In, Bit> = Default::default(),
        pub rx_cpl_valid: Signal<In, Bit> = Default::default(),
        pub rx_cpl_error: Signal<In, Bit> = Default::default(),
        pub rx_cpl_ready: Signal<Out, Bit> = Default::default(),
        pub tx_wr_data: Signal<Out, Bits<W>> = Default::default(),
        pub tx_wr_hdr: Signal<Out, Bits<128>> = Default::default(),
        pub tx_wr_keep: Signal<Out, Bits<K>> = Default::default(),
        pub tx_wr_first: Signal<Out, Bit> = Default::default(),
        pub tx_wr_last: Signal<Out, Bit> = Default::default(),
        pub tx_wr_valid: Signal<Out, Bit> = Default::default(),
        pub tx_wr_error: Signal<Out, Bit> = Default::default(),
        pub tx_wr_ready: Signal<In, Bit> = Default::default(),
        pub tx_rd_data: Signal<Out, Bits<W>> = Default::default(),
        pub tx_rd_hdr: Signal<Out, Bits<128>> = Default::default(),
        pub tx_rd_keep: Signal<Out, Bits<K>> = Default::default(),
        pub tx_rd_first: Signal<Out, Bit> = Default::default(),
        pub tx_rd_last: Signal<Out, Bit> = Default::default(),
        pub tx_rd_valid: Signal<Out, Bit> = Default::default(),
        pub tx_rd_error: Signal<Out, Bit> = Default::default(),
        pub tx_rd_ready: Signal<In, Bit> = Default::default(),
        pub tx_cpl_data: Signal<Out, Bits<W>> = Default::default(),
        pub tx_cpl_hdr: Signal<Out, Bits<128>> = Default::default(),
        pub tx_cpl_keep: Signal<Out, Bits<K>> = Default::default(),
        pub tx_cpl_first: Signal<Out, Bit> = Default::default(),
        pub tx_cpl_last: Signal<Out, Bit> = Default::default(),
        pub tx_cpl_valid: Signal<Out, Bit> = Default::default(),
        pub tx_cpl_error: Signal<Out, Bit> = Default::default(),
        pub tx_cpl_ready: Signal<In, Bit> = Default::default(),
        pub rx_req_bar: Signal<In, Bits<3>> = Default::default(),
        pub rx_req_func: Signal<In, Bits<8>> = Default::default(),
        pub rx_np_ok: Signal<Out, Bit> = Default::default(),
        pub tx_wr_seq: Signal<Out, Bits<6>> = Default::default(),
        pub tx_sent_valid: Signal<In, Bit> = Default::default(),
        pub tx_sent_seq: Signal<In, Bits<6>> = Default::default(),
        pub cfg_link_up: Signal<In, Bit> = Default::default(),
        pub cfg_link_speed: Signal<In, Bits<4>> = Default::default(),
        pub cfg_link_width: Signal<In, Bits<6>> = Default::default(),
        pub cfg_requester_id: Signal<In, Bits<16>> = Default::default(),
        pub cfg_mps: Signal<In, Bits<3>> = Default::default(),
        pub cfg_mrrs: Signal<In, Bits<3>> = Default::default(),
        pub cfg_rcb: Signal<In, Bit> = Default::default(),
        pub cfg_ext_tag: Signal<In, Bit> = Default::default(),
        pub cfg_tag10: Signal<In, Bit> = Default::default(),
        pub cfg_bus_master: Signal<In, Bit> = Default::default(),
        pub cfg_ro_enable: Signal<In, Bit> = Default::default(),
        pub cfg_ns_enable: Signal<In, Bit> = Default::default(),
        pub cfg_cpl_timeout: Signal<In, Bits<4>> = Default::default(),
        pub cfg_d0: Signal<In, Bit> = Default::default(),
        pub cfg_msix_enable: Signal<In, Bit> = Default::default(),
        pub cfg_msix_mask: Signal<In, Bit> = Default::default(),
        pub cfg_fc_ph: Signal<In, Bits<8>> = Default::default(),
        pub cfg_fc_pd: Signal<In, Bits<12>> = Default::default(),
        pub cfg_fc_nph: Signal<In, Bits<8>> = Default::default(),
        pub cfg_fc_npd: Signal<In, Bits<12>> = Default::default(),
        pub cfg_fc_cplh: Signal<In, Bits<8>> = Default::default(),
        pub cfg_fc_cpld: Signal<In, Bits<12>> = Default::default(),
        pub cfg_flr_request: Signal<In, Bit> = Default::default(),
        pub cfg_flr_ack: Signal<Out, Bit> = Default::default(),
        pub cfg_trans_pending: Signal<Out, Bit> = Default::default(),
        pub card_stop: Signal<In, Bits<NQ>> = Default::default(),
        engine: Engine<W, K, KB, SB, FW, NQ, QB, GN, GB, GB1, QA, DB, SA, FA, LW, NB, NG, BA, TB, TB1, NT, HRB, HAB, HPB, HSB, CRB, CAB, CPB, CPA, PW, RL, RA, NV, VB, NU, UV, FULL, H2C_LOG2, C2H_LOG2, KHZ, FT> = Default::default(),
        demo: DemoCard<W, KB, SB, NQ, QB, SQ, SC, SR, NU, 14> = Default::default(),
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
        const GB: usize,
        const GB1: usize,
        const QA: usize,
        const DB: usize,
        const SA: usize,
        const FA: usize,
        const LW: usize,
        const NB: usize,
        const NG: usize,
        const BA: usize,
        const TB: usize,
        const TB1: usize,
        const NT: usize,
        const HRB: usize,
        const HAB: usize,
        const HPB: usize,
        const HSB: usize,
        const CRB: usize,
        const CAB: usize,
        const CPB: usize,
        const CPA: usize,
        const PW: usize,
        const RL: usize,
        const RA: usize,
        const NV: usize,
        const VB: usize,
        const NU: usize,
        const UV: usize,
        const FULL: usize,
        const H2C_LOG2: usize,
        const C2H_LOG2: usize,
        const KHZ: usize,
        const FT: usize,
        const SQ: usize,
        const SC: usize,
        const SR: usize,
    > Logic
    for Card<
        W,
        K,
        KB,
        SB,
        FW,
        NQ,
        QB,
        GN,
        GB,
        GB1,
        QA,
        DB,
        SA,
        FA,
        LW,
        NB,
        NG,
        BA,
        TB,
        TB1,
        NT,
        HRB,
        HAB,
        HPB,
        HSB,
        CRB,
        CAB,
        CPB,
        CPA,
        PW,
        RL,
        RA,
        NV,
        VB,
        NU,
        UV,
        FULL,
        H2C_LOG2,
        C2H_LOG2,
        KHZ,
        FT,
        SQ,
        SC,
        SR,
    >
{
    #[hdl_gen]
    fn update(&mut self) {
        self.engine.clock.next = self.clk.val();
        self.engine.rst.next = self.rst.val();
        self.demo.clock.next = self.clk.val();
        self.demo.rst.next = self.rst.val();
        self.demo.card_stop.next = self.card_stop.val();
        self.demo.h2c_axis_tdata.next = self.engine.h2c_axis_tdata.val();
        self.demo.h2c_axis_tkeep.next = self.engine.h2c_axis_tkeep.val();
        self.demo.h2c_axis_tlast.next = self.engine.h2c_axis_tlast.val();
        self.demo.h2c_axis_tdest.next = self.engine.h2c_axis_tdest.val();
        self.demo.h2c_axis_tuser.next = self.engine.h2c_axis_tuser.val();
        self.demo.h2c_axis_terr.next = self.engine.h2c_axis_terr.val();
        self.demo.h2c_axis_tvalid.next = self.engine.h2c_axis_tvalid.val();
        self.engine.h2c_axis_tready.next = self.demo.h2c_axis_tready.val();
        self.engine.h2c_pause.next = self.demo.h2c_pause.val();
        self.engine.c2h_axis_tdata.next = self.demo.c2h_axis_tdata.val();
        self.engine.c2h_axis_tkeep.next = self.demo.c2h_axis_tkeep.val();
        self.engine.c2h_axis_tlast.next = self.demo.c2h_axis_tlast.val();
        self.engine.c2h_axis_tdest.next = self.demo.c2h_axis_tdest.val();
        self.engine.c2h_axis_tuser.next = self.demo.c2h_axis_tuser.val();
        self.engine.c2h_axis_tvalid.next = self.demo.c2h_axis_tvalid.val();
        self.demo.c2h_axis_tready.next = self.engine.c2h_axis_tready.val();
        self.demo.c2h_pause.next = self.engine.c2h_pause.val();
        self.engine.rx_req_data.next = self.rx_req_data.val();
        self.engine.rx_req_hdr.next = self.rx_req_hdr.val();
        self.engine.rx_req_keep.next = self.rx_req_keep.val();
        self.engine.rx_req_first.next = self.rx_req_first.val();
        self.engine.rx_req_last.next = self.rx_req_last.val();
        self.engine.rx_req_valid.next = self.rx_req_valid.val();
        self.engine.rx_req_error.next = self.rx_req_error.val();
        self.rx_req_ready.next = self.engine.rx_req_ready.val();
        self.engine.rx_cpl_data.next = self.rx_cpl_data.val();
        self.engine.rx_cpl_hdr.next = self.rx_cpl_hdr.val();
        self.engine.rx_cpl_keep.next = self.rx_cpl_keep.val();
        self.engine.rx_cpl_first.next = self.rx_cpl_first.val();
        self.engine.rx_cpl_last.next = self.rx_cpl_last.val();
        self.engine.rx_cpl_valid.next = self.rx_cpl_valid.val();
        self.engine.rx_cpl_error.next = self.rx_cpl_error.val();
        self.rx_cpl_ready.next = self.engine.rx_cpl_ready.val();
        self.tx_wr_data.next = self.engine.tx_wr_data.val();
        self.tx_wr_hdr.next = self.engine.tx_wr_hdr.val();
        self.tx_wr_keep.next = self.engine.tx_wr_keep.val();
        self.tx_wr_first.next = self.engine.tx_wr_first.val();
        self.tx_wr_last.next = self.engine.tx_wr_last.val();
        self.tx_wr_valid.next = self.engine.tx_wr_valid.val();
        self.tx_wr_error.next = self.engine.tx_wr_error.val();
        self.engine.tx_wr_ready.next = self.tx_wr_ready.val();
        self.tx_rd_data.next = self.engine.tx_rd_data.val();
        self.tx_rd_hdr.next = self.engine.tx_rd_hdr.val();
        self.tx_rd_keep.next = self.engine.tx_rd_keep.val();
        self.tx_rd_first.next = self.engine.tx_rd_first.val();
        self.tx_rd_last.next = self.engine.tx_rd_last.val();
        self.tx_rd_valid.next = self.engine.tx_rd_valid.val();
        self.tx_rd_error.next = self.engine.tx_rd_error.val();
        self.engine.tx_rd_ready.next = self.tx_rd_ready.val();
        self.tx_cpl_data.next = self.engine.tx_cpl_data.val();
        self.tx_cpl_hdr.next = self.engine.tx_cpl_hdr.val();
        self.tx_cpl_keep.next = self.engine.tx_cpl_keep.val();
        self.tx_cpl_first.next = self.engine.tx_cpl_first.val();
        self.tx_cpl_last.next = self.engine.tx_cpl_last.val();
        self.tx_cpl_valid.next = self.engine.tx_cpl_valid.val();
        self.tx_cpl_error.next = self.engine.tx_cpl_error.val();
        self.engine.tx_cpl_ready.next = self.tx_cpl_ready.val();
        self.engine.rx_req_bar.next = self.rx_req_bar.val();
        self.engine.rx_req_func.next = self.rx_req_func.val();
        self.rx_np_ok.next = self.engine.rx_np_ok.val();
        self.tx_wr_seq.next = self.engine.tx_wr_seq.val();
        self.engine.tx_sent_valid.next = self.tx_sent_valid.val();
        self.engine.tx_sent_seq.next = self.tx_sent_seq.val();
        self.engine.cfg_link_up.next = self.cfg_link_up.val();
        self.engine.cfg_link_speed.next = self.cfg_link_speed.val();
        self.engine.cfg_link_width.next = self.cfg_link_width.val();
        self.engine.cfg_requester_id.next = self.cfg_requester_id.val();
        self.engine.cfg_mps.next = self.cfg_mps.val();
        self.engine.cfg_mrrs.next = self.cfg_mrrs.val();
        self.engine.cfg_rcb.next = self.cfg_rcb.val();
        self.engine.cfg_ext_tag.next = self.cfg_ext_tag.val();
        self.engine.cfg_tag10.next = self.cfg_tag10.val();
        self.engine.cfg_bus_master.next = self.cfg_bus_master.val();
        self.engine.cfg_ro_enable.next = self.cfg_ro_enable.val();
        self.engine.cfg_ns_enable.next = self.cfg_ns_enable.val();
        self.engine.cfg_cpl_timeout.next = self.cfg_cpl_timeout.val();
        self.engine.cfg_d0.next = self.cfg_d0.val();
        self.engine.cfg_msix_enable.next = self.cfg_msix_enable.val();
        self.engine.cfg_msix_mask.next = self.cfg_msix_mask.val();
        self.engine.cfg_fc_ph.next = self.cfg_fc_ph.val();
        self.engine.cfg_fc_pd.next = self.cfg_fc_pd.val();
        self.engine.cfg_fc_nph.next = self.cfg_fc_nph.val();
        self.engine.cfg_fc_npd.next = self.cfg_fc_npd.val();
        self.engine.cfg_fc_cplh.next = self.cfg_fc_cplh.val();
        self.engine.cfg_fc_cpld.next = self.cfg_fc_cpld.val();
        self.engine.cfg_flr_request.next = self.cfg_flr_request.val();
        self.cfg_flr_ack.next = self.engine.cfg_flr_ack.val();
        self.cfg_trans_pending.next = self.engine.cfg_trans_pending.val();
        self.demo.axil_awaddr.next = self.engine.axil_awaddr.val();
        self.demo.axil_awvalid.next = self.engine.axil_awvalid.val();
        self.engine.axil_awready.next = self.demo.axil_awready.val();
        self.demo.axil_wdata.next = self.engine.axil_wdata.val();
        self.demo.axil_wstrb.next = self.engine.axil_wstrb.val();
        self.demo.axil_wvalid.next = self.engine.axil_wvalid.val();
        self.engine.axil_wready.next = self.demo.axil_wready.val();
        self.engine.axil_bresp.next = self.demo.axil_bresp.val();
        self.engine.axil_bvalid.next = self.demo.axil_bvalid.val();
        self.demo.axil_bready.next = self.engine.axil_bready.val();
        self.demo.axil_araddr.next = self.engine.axil_araddr.val();
        self.demo.axil_arvalid.next = self.engine.axil_arvalid.val();
        self.engine.axil_arready.next = self.demo.axil_arready.val();
        self.engine.axil_rdata.next = self.demo.axil_rdata.val();
        self.engine.axil_rresp.next = self.demo.axil_rresp.val();
        self.engine.axil_rvalid.next = self.demo.axil_rvalid.val();
        self.demo.axil_rready.next = self.engine.axil_rready.val();
        self.engine.user_irq.next = self.demo.user_irq.val();
        // The card's memory is reached by memory queues alone, which are not built.
        self.demo.axi_awaddr.next = 0.into();
        self.demo.axi_awlen.next = 0.into();
        self.demo.axi_awsize.next = 0.into();
        self.demo.axi_awburst.next = 0.into();
        self.demo.axi_awvalid.next = false;
        self.demo.axi_wdata.next = 0.into();
        self.demo.axi_wstrb.next = 0.into();
        self.demo.axi_wlast.next = false;
        self.demo.axi_wvalid.next = false;
        self.demo.axi_bready.next = true;
        self.demo.axi_araddr.next = 0.into();
        self.demo.axi_arlen.next = 0.into();
        self.demo.axi_arsize.next = 0.into();
        self.demo.axi_arburst.next = 0.into();
        self.demo.axi_arvalid.next = false;
        self.demo.axi_rready.next = true;
    }
}
