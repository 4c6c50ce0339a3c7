//! The engine: all blocks and the wires between them.

use rust_hdl::prelude::*;

use crate::dma::c2h::C2h;
use crate::dma::completer::{Axil, Completer, Decode, GlobalRegs};
use crate::dma::counters::Counters;
use crate::dma::fetch::Fetch;
use crate::dma::h2c::H2c;
use crate::dma::msix::Msix;
use crate::dma::queue::{Control, Doorbell, QueueRegs};
use crate::dma::record::Record;
use crate::hw;
use crate::tlp::{CplRoute, RdArb, WrArb};

hw! {
    /// Wires only; see "The engine, block by block" in the documentation for the picture.
    ///
    /// | size | meaning |
    /// | --- | --- |
    /// | `W`, `K`, `KB`, `SB` | port width in bits, in DWORDs, in bytes, log2 of the bytes |
    /// | `FW` | word of the H2C output FIFO: `W + KB + 39` |
    /// | `NQ`, `QB`, `GN`, `GB`, `GB1` | queues per direction, log2 of it, queues in all, log2 of it, that and 1 |
    /// | `QA` | `GB + 5`: address of a queue register |
    /// | `DB`, `SA`, `FA` | log2 of the descriptors in a queue's store, `QB + DB`, `GB + 4` |
    /// | `LW`, `NB`, `NG`, `BA` | a line of descriptors: 128 bits or `W` if that is more; its DWORDs, descriptors; `SA` less log2 of those |
    /// | `TB`, `TB1`, `NT` | log2 of the tags, that and 1, the tags |
    /// | `HRB`, `HAB`, `HPB`, `HSB` | H2C: log2 of rows per share, `QB + HRB`, log2 of packet slots, `QB + HPB` |
    /// | `CRB`, `CAB`, `CPB`, `CPA` | C2H: the same |
    /// | `PW` | C2H: bits of a byte position: `CRB + 1 + SB` |
    /// | `RL`, `RA` | records in a beat, at least 1; `GB + 6` less log2 of that |
    /// | `NV`, `VB`, `NU`, `UV` | MSI-X vectors, log2 of it; how many of them are the card's, and the first of those |
    /// | `FULL` | 1 with the counter page, 0 without |
    /// | `H2C_LOG2`, `C2H_LOG2`, `KHZ` | shown in the PARAM registers: log2 of bytes per share, clock in kHz |
    /// | `FT` | log2 of the clocks that a Function Level Reset may take |
    pub struct Engine<const W: usize, const K: usize, const KB: usize, const SB: usize, const FW: usize, const NQ: usize, const QB: usize, const GN: usize, const GB: usize, const GB1: usize, const QA: usize, const DB: usize, const SA: usize, const FA: usize, const LW: usize, const NB: usize, const NG: usize, const BA: usize, const TB: usize, const TB1: usize, const NT: usize, const HRB: usize, const HAB: usize, const HPB: usize, const HSB: usize, const CRB: usize, const CAB: usize, const CPB: usize, const CPA: usize, const PW: usize, const RL: usize, const RA: usize, const NV: usize, const VB: usize, const NU: usize, const UV: usize, const FULL: usize, const H2C_LOG2: usize, const C2H_LOG2: usize, const KHZ: usize, const FT: usize> {
        pub clock: Signal<In, Clock> = Default::default(),
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
        pub h2c_axis_tdata: Signal<Out, Bits<W>> = Default::default(),
        pub h2c_axis_tkeep: Signal<Out, Bits<KB>> = Default::default(),
        pub h2c_axis_tlast: Signal<Out, Bit> = Default::default(),
        pub h2c_axis_tdest: Signal<Out, Bits<6>> = Default::default(),
        pub h2c_axis_tuser: Signal<Out, Bits<32>> = Default::default(),
        pub h2c_axis_terr: Signal<Out, Bit> = Default::default(),
        pub h2c_axis_tvalid: Signal<Out, Bit> = Default::default(),
        pub h2c_axis_tready: Signal<In, Bit> = Default::default(),
        pub h2c_pause: Signal<In, Bits<NQ>> = Default::default(),
        pub c2h_axis_tdata: Signal<In, Bits<W>> = Default::default(),
        pub c2h_axis_tkeep: Signal<In, Bits<KB>> = Default::default(),
        pub c2h_axis_tlast: Signal<In, Bit> = Default::default(),
        pub c2h_axis_tdest: Signal<In, Bits<6>> = Default::default(),
        pub c2h_axis_tuser: Signal<In, Bits<32>> = Default::default(),
        pub c2h_axis_tvalid: Signal<In, Bit> = Default::default(),
        pub c2h_axis_tready: Signal<Out, Bit> = Default::default(),
        pub c2h_pause: Signal<Out, Bits<NQ>> = Default::default(),
        pub axil_awaddr: Signal<Out, Bits<16>> = Default::default(),
        pub axil_awprot: Signal<Out, Bits<3>> = Default::default(),
        pub axil_awvalid: Signal<Out, Bit> = Default::default(),
        pub axil_awready: Signal<In, Bit> = Default::default(),
        pub axil_wdata: Signal<Out, Bits<32>> = Default::default(),
        pub axil_wstrb: Signal<Out, Bits<4>> = Default::default(),
        pub axil_wvalid: Signal<Out, Bit> = Default::default(),
        pub axil_wready: Signal<In, Bit> = Default::default(),
        pub axil_bresp: Signal<In, Bits<2>> = Default::default(),
        pub axil_bvalid: Signal<In, Bit> = Default::default(),
        pub axil_bready: Signal<Out, Bit> = Default::default(),
        pub axil_araddr: Signal<Out, Bits<16>> = Default::default(),
        pub axil_arprot: Signal<Out, Bits<3>> = Default::default(),
        pub axil_arvalid: Signal<Out, Bit> = Default::default(),
        pub axil_arready: Signal<In, Bit> = Default::default(),
        pub axil_rdata: Signal<In, Bits<32>> = Default::default(),
        pub axil_rresp: Signal<In, Bits<2>> = Default::default(),
        pub axil_rvalid: Signal<In, Bit> = Default::default(),
        pub axil_rready: Signal<Out, Bit> = Default::default(),
        pub user_irq: Signal<In, Bits<NU>> = Default::default(),
        completer: Completer<W, K> = Default::default(),
        decode: Decode<NQ> = Default::default(),
        axil: Axil<16, 16> = Default::default(),
        regs: GlobalRegs<NQ, NV, W, TB, KHZ, H2C_LOG2, C2H_LOG2, DB> = Default::default(),
        queue_regs: QueueRegs<NQ, QB, GN, GB, QA> = Default::default(),
        doorbell: Doorbell<NQ, GN, GB, GB1> = Default::default(),
        control: Control<NQ, GN, GB, FT> = Default::default(),
        cpl_route: CplRoute<W, K> = Default::default(),
        fetch: Fetch<W, K, NQ, QB, GN, GB, DB, SA, FA, LW, NB, NG, BA> = Default::default(),
        h2c: H2c<W, K, KB, SB, FW, NQ, QB, GN, HRB, HAB, HPB, HSB, TB, TB1> = Default::default(),
        c2h: C2h<W, K, KB, NQ, QB, GN, SB, PW, CRB, CPB, CAB, CPA, 1, 0> = Default::default(),
        record: Record<W, K, RL, NQ, QB, GN, GB, RA> = Default::default(),
        msix: Msix<W, K, NV, VB, NU, UV> = Default::default(),
        rd_arb: RdArb<W, K> = Default::default(),
        wr_arb: WrArb<W, K> = Default::default(),
        counters: [Counters<NQ, QB, GN, GB, NT, TB>; FULL] = array_init::array_init(|_| Default::default()),
        core_rst: Signal<Local, Bit> = Default::default(),
        reads_pending: Signal<Local, Bit> = Default::default(),
        writes_pending: Signal<Local, Bit> = Default::default(),
        cnt_done: Signal<Local, Bit> = Default::default(),
        cnt_data: Signal<Local, Bits<32>> = Default::default(),
        cnt_missed: Signal<Local, Bit> = Default::default(),
        cnt_built: Signal<Local, Bit> = Default::default(),
        build_id: Constant<Bits<32>> = Constant::new(0_u64.into()),
        no_queue: Constant<Bits<GN>> = Constant::new(0_u64.into()),
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
    > Logic
    for Engine<
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
    >
{
    #[hdl_gen]
    fn update(&mut self) {
        self.core_rst.next = self.control.core_rst.val();
        self.reads_pending.next =
            self.h2c.trans_pending.val() | (self.fetch.fetch_busy.val() != self.no_queue.val());
        self.writes_pending.next = self.wr_arb.wr_issued.val() != self.wr_arb.wr_sent.val();
        self.cnt_done.next = false;
        self.cnt_data.next = 0.into();
        self.cnt_missed.next = false;
        self.cnt_built.next = false;
        // counters
        for i in 0..FULL {
            self.counters[i].clock.next = self.clock.val();
            self.counters[i].rst.next = self.core_rst.val();
            self.counters[i].cnt_r_valid.next = self.decode.cnt_r_valid.val();
            self.counters[i].t_r_addr.next = self.decode.t_r_addr.val();
            self.counters[i].init_valid.next = self.control.init_valid.val();
            self.counters[i].init_g.next = self.control.init_g.val();
            self.counters[i].prod_valid.next = self.doorbell.prod_valid.val();
            self.counters[i].prod_g.next = self.doorbell.prod_g.val();
            self.counters[i].prod_value.next = self.doorbell.prod_value.val();
            self.counters[i].finished_valid.next = self.record.finished_valid.val();
            self.counters[i].finished_g.next = self.record.finished_g.val();
            self.counters[i].finished_value.next = self.record.finished_value.val();
            self.counters[i].finished_bytes.next = self.record.finished_bytes.val();
            self.counters[i].h2c_err_valid.next = self.h2c.h2c_err_valid.val();
            self.counters[i].h2c_err_q.next = self.h2c.h2c_err_q.val();
            self.counters[i].c2h_err_valid.next = self.c2h.c2h_err_valid.val();
            self.counters[i].c2h_err_q.next = self.c2h.c2h_err_q.val();
            self.counters[i].h2c_tlp_valid.next = self.h2c.h2c_tlp_valid.val();
            self.counters[i].h2c_tlp_q.next = self.h2c.h2c_tlp_q.val();
            self.counters[i].c2h_tlp_valid.next = self.c2h.c2h_tlp_valid.val();
            self.counters[i].c2h_tlp_q.next = self.c2h.c2h_tlp_q.val();
            self.counters[i].drop_valid.next = self.c2h.drop_valid.val();
            self.counters[i].drop_q.next = self.c2h.drop_q.val();
            self.counters[i].drop_bytes.next = self.c2h.drop_bytes.val();
            self.counters[i].tx_wr_valid.next = self.wr_arb.tx_wr_valid.val();
            self.counters[i].tx_wr_ready.next = self.tx_wr_ready.val();
            self.counters[i].tx_rd_valid.next = self.rd_arb.tx_rd_valid.val();
            self.counters[i].tx_rd_ready.next = self.tx_rd_ready.val();
            self.counters[i].tx_rd_hdr.next = self.rd_arb.tx_rd_hdr.val();
            self.counters[i].tx_cpl_valid.next = self.completer.tx_cpl_valid.val();
            self.counters[i].tx_cpl_ready.next = self.tx_cpl_ready.val();
            self.counters[i].to_fetch.next = self.cpl_route.to_fetch.val();
            self.counters[i].to_land.next = self.cpl_route.to_land.val();
            self.counters[i].cpl_last.next = self.cpl_route.cpl_last.val();
            self.counters[i].cpl_tag.next = self.cpl_route.cpl_tag.val();
            self.counters[i].cpl_status.next = self.cpl_route.cpl_status.val();
            self.counters[i].cpl_byte_count.next = self.cpl_route.cpl_byte_count.val();
            self.counters[i].cpl_len.next = self.cpl_route.cpl_len.val();
            self.counters[i].rx_cpl_valid.next = self.rx_cpl_valid.val();
            self.counters[i].h2c_axis_tvalid.next = self.h2c.h2c_axis_tvalid.val();
            self.counters[i].h2c_axis_tready.next = self.h2c_axis_tready.val();
            self.counters[i].c2h_axis_tvalid.next = self.c2h_axis_tvalid.val();
            self.counters[i].c2h_axis_tready.next = self.c2h.c2h_axis_tready.val();
            self.cnt_built.next = true;
            self.cnt_done.next = self.counters[i].cnt_r_done.val();
            self.cnt_data.next = self.counters[i].cnt_r_data.val();
            self.cnt_missed.next = self.counters[i].cnt_unmapped_rd.val();
        }
        // completer
        self.completer.clock.next = self.clock.val();
        self.completer.rst.next = self.core_rst.val();
        self.completer.rx_req_data.next = self.rx_req_data.val();
        self.completer.rx_req_hdr.next = self.rx_req_hdr.val();
        self.completer.rx_req_keep.next = self.rx_req_keep.val();
        self.completer.rx_req_first.next = self.rx_req_first.val();
        self.completer.rx_req_last.next = self.rx_req_last.val();
        self.completer.rx_req_valid.next = self.rx_req_valid.val();
        self.completer.rx_req_error.next = self.rx_req_error.val();
        self.completer.rx_req_bar.next = self.rx_req_bar.val();
        self.completer.tx_cpl_ready.next = self.tx_cpl_ready.val();
        self.completer.cfg_requester_id.next = self.cfg_requester_id.val();
        self.completer.w_ready.next = self.decode.w_ready.val();
        self.completer.r_done.next = self.decode.r_done.val();
        self.completer.r_data.next = self.decode.r_data.val();
        self.completer.wr_issued.next = self.wr_arb.wr_issued.val();
        self.completer.wr_sent.next = self.wr_arb.wr_sent.val();
        // decode
        self.decode.clock.next = self.clock.val();
        self.decode.rst.next = self.core_rst.val();
        self.decode.host_wait.next = self.control.host_wait.val();
        self.decode.w_valid.next = self.completer.w_valid.val();
        self.decode.w_bar.next = self.completer.w_bar.val();
        self.decode.w_addr.next = self.completer.w_addr.val();
        self.decode.w_data.next = self.completer.w_data.val();
        self.decode.w_be.next = self.completer.w_be.val();
        self.decode.r_valid.next = self.completer.r_valid.val();
        self.decode.r_bar.next = self.completer.r_bar.val();
        self.decode.r_addr.next = self.completer.r_addr.val();
        self.decode.glob_w_ready.next = self.regs.glob_w_ready.val();
        self.decode.queue_w_ready.next = self.queue_regs.queue_w_ready.val();
        self.decode.db_w_ready.next = self.doorbell.db_w_ready.val();
        self.decode.msix_w_ready.next = self.msix.w_ready.val();
        self.decode.push_w_ready.next = self.fetch.push_w_ready.val();
        self.decode.user_w_ready.next = self.axil.user_w_ready.val();
        self.decode.glob_r_done.next = self.regs.glob_r_done.val();
        self.decode.glob_r_data.next = self.regs.glob_r_data.val();
        self.decode.queue_r_done.next = self.queue_regs.queue_r_done.val();
        self.decode.queue_r_data.next = self.queue_regs.queue_r_data.val();
        self.decode.msix_r_done.next = self.msix.r_done.val();
        self.decode.msix_r_data.next = self.msix.r_data.val();
        self.decode.cnt_present.next = self.cnt_built.val();
        self.decode.cnt_r_done.next = self.cnt_done.val();
        self.decode.cnt_r_data.next = self.cnt_data.val();
        self.decode.user_r_done.next = self.axil.user_r_done.val();
        self.decode.user_r_data.next = self.axil.user_r_data.val();
        self.decode.glob_unmapped_rd.next = self.regs.glob_unmapped_rd.val();
        self.decode.glob_unmapped_wr.next = self.regs.glob_unmapped_wr.val();
        self.decode.queue_unmapped_rd.next = self.queue_regs.queue_unmapped_rd.val();
        self.decode.queue_unmapped_wr.next = self.queue_regs.queue_unmapped_wr.val();
        self.decode.db_unmapped_wr.next = self.doorbell.db_unmapped_wr.val();
        self.decode.cnt_unmapped_rd.next = self.cnt_missed.val();
        self.decode.msix_unmapped_rd.next = self.msix.unmapped_rd.val();
        self.decode.msix_unmapped_wr.next = self.msix.unmapped_wr.val();
        self.decode.push_unmapped_wr.next = self.fetch.push_unmapped_wr.val();
        // axil
        self.axil.clock.next = self.clock.val();
        self.axil.rst.next = self.rst.val();
        self.axil.core_rst.next = self.core_rst.val();
        self.axil.user_w_valid.next = self.decode.user_w_valid.val();
        self.axil.t_w_addr.next = self.decode.t_w_addr.val();
        self.axil.t_w_data.next = self.decode.t_w_data.val();
        self.axil.t_w_be.next = self.decode.t_w_be.val();
        self.axil.user_r_valid.next = self.decode.user_r_valid.val();
        self.axil.t_r_addr.next = self.decode.t_r_addr.val();
        self.axil.axil_awready.next = self.axil_awready.val();
        self.axil.axil_wready.next = self.axil_wready.val();
        self.axil.axil_bresp.next = self.axil_bresp.val();
        self.axil.axil_bvalid.next = self.axil_bvalid.val();
        self.axil.axil_arready.next = self.axil_arready.val();
        self.axil.axil_rdata.next = self.axil_rdata.val();
        self.axil.axil_rresp.next = self.axil_rresp.val();
        self.axil.axil_rvalid.next = self.axil_rvalid.val();
        // regs
        self.regs.clock.next = self.clock.val();
        self.regs.rst.next = self.core_rst.val();
        self.regs.glob_w_valid.next = self.decode.glob_w_valid.val();
        self.regs.t_w_addr.next = self.decode.t_w_addr.val();
        self.regs.t_w_data.next = self.decode.t_w_data.val();
        self.regs.t_w_be.next = self.decode.t_w_be.val();
        self.regs.glob_r_valid.next = self.decode.glob_r_valid.val();
        self.regs.t_r_addr.next = self.decode.t_r_addr.val();
        self.regs.build_id.next = self.build_id.val();
        self.regs.init_busy.next = self.control.host_wait.val();
        self.regs.reads_pending.next = self.reads_pending.val();
        self.regs.writes_pending.next = self.writes_pending.val();
        self.regs.cfg_link_up.next = self.cfg_link_up.val();
        self.regs.cfg_link_speed.next = self.cfg_link_speed.val();
        self.regs.cfg_link_width.next = self.cfg_link_width.val();
        self.regs.cfg_bus_master.next = self.cfg_bus_master.val();
        self.regs.cfg_mps.next = self.cfg_mps.val();
        self.regs.cfg_mrrs.next = self.cfg_mrrs.val();
        self.regs.cfg_rcb.next = self.cfg_rcb.val();
        self.regs.cfg_ext_tag.next = self.cfg_ext_tag.val();
        self.regs.cfg_msix_enable.next = self.cfg_msix_enable.val();
        self.regs.cfg_msix_mask.next = self.cfg_msix_mask.val();
        self.regs.unmapped_rd.next = self.decode.unmapped_rd.val();
        self.regs.unmapped_wr.next = self.decode.unmapped_wr.val();
        self.regs.ur.next = self.completer.ur.val();
        self.regs.unexpected_cpl.next = self.fetch.unexpected.val() | self.h2c.unexpected.val();
        self.regs.invalid_doorbell.next = self.doorbell.invalid_doorbell.val();
        self.regs.tx_write.next = self.wr_arb.tx_write.val();
        self.regs.tx_read.next = self.rd_arb.tx_read.val();
        self.regs.rx_cpl.next = self.cpl_route.rx_cpl_count.val();
        self.regs.axil_error.next = self.axil.axil_error.val();
        self.regs.queue_error.next = self.control.queue_error.val();
        // queue_regs
        self.queue_regs.clock.next = self.clock.val();
        self.queue_regs.rst.next = self.core_rst.val();
        self.queue_regs.queue_w_valid.next = self.decode.queue_w_valid.val();
        self.queue_regs.t_w_addr.next = self.decode.t_w_addr.val();
        self.queue_regs.t_w_data.next = self.decode.t_w_data.val();
        self.queue_regs.t_w_be.next = self.decode.t_w_be.val();
        self.queue_regs.queue_r_valid.next = self.decode.queue_r_valid.val();
        self.queue_regs.t_r_addr.next = self.decode.t_r_addr.val();
        self.queue_regs.ctl_ready.next = self.control.ctl_ready.val();
        self.queue_regs.h2c_level.next = self.h2c.level.val();
        self.queue_regs.h2c_peak.next = self.h2c.peak.val();
        self.queue_regs.c2h_level.next = self.c2h.level.val();
        self.queue_regs.c2h_peak.next = self.c2h.peak.val();
        self.queue_regs.feed_ready.next = self.fetch.feed_ready.val();
        self.queue_regs.feed_refused.next = self.fetch.feed_refused.val();
        self.queue_regs.run.next = self.control.run.val();
        self.queue_regs.idle.next = self.control.idle.val();
        self.queue_regs.halted.next = self.control.halted.val();
        self.queue_regs.h2c_err_valid.next = self.h2c.h2c_err_valid.val();
        self.queue_regs.h2c_err_q.next = self.h2c.h2c_err_q.val();
        self.queue_regs.h2c_err_code.next = self.h2c.h2c_err_code.val();
        self.queue_regs.c2h_err_valid.next = self.c2h.c2h_err_valid.val();
        self.queue_regs.c2h_err_q.next = self.c2h.c2h_err_q.val();
        self.queue_regs.c2h_err_code.next = self.c2h.c2h_err_code.val();
        self.queue_regs.prod_valid.next = self.doorbell.prod_valid.val();
        self.queue_regs.prod_g.next = self.doorbell.prod_g.val();
        self.queue_regs.prod_value.next = self.doorbell.prod_value.val();
        self.queue_regs.cons_valid.next = self.doorbell.cons_valid.val();
        self.queue_regs.cons_g.next = self.doorbell.cons_g.val();
        self.queue_regs.cons_value.next = self.doorbell.cons_value.val();
        self.queue_regs.head_valid.next = self.fetch.head_valid.val();
        self.queue_regs.head_g.next = self.fetch.head_g.val();
        self.queue_regs.head_value.next = self.fetch.head_value.val();
        self.queue_regs.done_valid.next = self.record.done_valid.val();
        self.queue_regs.done_g.next = self.record.done_g.val();
        self.queue_regs.done_value.next = self.record.done_value.val();
        self.queue_regs.finished_valid.next = self.record.finished_valid.val();
        self.queue_regs.finished_g.next = self.record.finished_g.val();
        self.queue_regs.finished_value.next = self.record.finished_value.val();
        self.queue_regs.finished_bytes.next = self.record.finished_bytes.val();
        self.queue_regs.finished_meta.next = self.record.finished_meta.val();
        self.queue_regs.start_valid.next = self.control.start_valid.val();
        self.queue_regs.start_g.next = self.control.start_g.val();
        self.queue_regs.start_generation.next = self.control.start_generation.val();
        // doorbell
        self.doorbell.clock.next = self.clock.val();
        self.doorbell.rst.next = self.core_rst.val();
        self.doorbell.db_w_valid.next = self.decode.db_w_valid.val();
        self.doorbell.t_w_addr.next = self.decode.t_w_addr.val();
        self.doorbell.t_w_data.next = self.decode.t_w_data.val();
        self.doorbell.t_w_be.next = self.decode.t_w_be.val();
        self.doorbell.feed_invalid.next = self.queue_regs.feed_invalid.val();
        self.doorbell.run.next = self.control.run.val();
        self.doorbell.idle.next = self.control.idle.val();
        self.doorbell.cfgw_valid.next = self.queue_regs.cfgw_valid.val();
        self.doorbell.cfgw_g.next = self.queue_regs.cfgw_g.val();
        self.doorbell.cfgw_index.next = self.queue_regs.cfgw_index.val();
        self.doorbell.cfgw_data.next = self.queue_regs.cfgw_data.val();
        self.doorbell.head_valid.next = self.fetch.head_valid.val();
        self.doorbell.head_g.next = self.fetch.head_g.val();
        self.doorbell.head_value.next = self.fetch.head_value.val();
        self.doorbell.h2c_taken_valid.next = self.h2c.h2c_taken_valid.val();
        self.doorbell.h2c_taken_q.next = self.h2c.h2c_taken_q.val();
        self.doorbell.h2c_taken_value.next = self.h2c.h2c_taken_value.val();
        self.doorbell.c2h_taken_valid.next = self.c2h.c2h_taken_valid.val();
        self.doorbell.c2h_taken_q.next = self.c2h.c2h_taken_q.val();
        self.doorbell.c2h_taken_value.next = self.c2h.c2h_taken_value.val();
        self.doorbell.done_valid.next = self.record.done_valid.val();
        self.doorbell.done_g.next = self.record.done_g.val();
        self.doorbell.done_value.next = self.record.done_value.val();
        self.doorbell.init_valid.next = self.control.init_valid.val();
        self.doorbell.init_g.next = self.control.init_g.val();
        // control
        self.control.clock.next = self.clock.val();
        self.control.rst.next = self.rst.val();
        self.control.cfg_flr_request.next = self.cfg_flr_request.val();
        self.control.arb_idle_wr.next = self.wr_arb.arb_idle.val();
        self.control.arb_idle_rd.next = self.rd_arb.arb_idle.val();
        self.control.cpl_busy.next = self.completer.tx_cpl_valid.val();
        self.control.rd_pending.next = self.reads_pending.val();
        self.control.sweeping.next = self.queue_regs.sweeping.val();
        self.control.ctl_valid.next = self.queue_regs.ctl_valid.val();
        self.control.ctl_g.next = self.queue_regs.ctl_g.val();
        self.control.ctl_run.next = self.queue_regs.ctl_run.val();
        self.control.init_done_doorbell.next = self.doorbell.init_done.val();
        self.control.init_done_fetch.next = self.fetch.init_done.val();
        self.control.init_done_record.next = self.record.init_done.val();
        self.control.init_done_h2c_issue.next = self.h2c.init_done_h2c_issue.val();
        self.control.init_done_h2c_commit.next = self.h2c.init_done_h2c_commit.val();
        self.control.init_done_h2c_egress.next = self.h2c.init_done_h2c_egress.val();
        self.control.init_done_c2h_ingress.next = self.c2h.init_done_ingress.val();
        self.control.init_done_c2h_plan.next = self.c2h.init_done_plan.val();
        self.control.h2c_err_valid.next = self.h2c.h2c_err_valid.val();
        self.control.h2c_err_q.next = self.h2c.h2c_err_q.val();
        self.control.c2h_err_valid.next = self.c2h.c2h_err_valid.val();
        self.control.c2h_err_q.next = self.c2h.c2h_err_q.val();
        self.control.scanning_fetch.next = self.fetch.scanning.val();
        self.control.scanning_issue.next = self.h2c.scanning.val();
        self.control.scanning_plan.next = self.c2h.scanning.val();
        self.control.fetch_busy.next = self.fetch.fetch_busy.val();
        self.control.req_issued.next = self.h2c.req_issued.val();
        self.control.req_committed.next = self.h2c.req_committed.val();
        self.control.send_busy.next = self.c2h.send_busy.val();
        self.control.data_wr_valid.next = self.c2h.data_wr_valid.val();
        self.control.data_wr_ready.next = self.wr_arb.data_wr_ready.val();
        self.control.data_wr_last.next = self.c2h.data_wr_last.val();
        self.control.rec_c2h_valid.next = self.c2h.rec_c2h_valid.val();
        self.control.rec_c2h_ready.next = self.record.rec_c2h_ready.val();
        self.control.rec_h2c_valid.next = self.h2c.rec_h2c_valid.val();
        self.control.rec_h2c_ready.next = self.record.rec_h2c_ready.val();
        self.control.rec_open.next = self.record.rec_open.val();
        self.control.wr_issued.next = self.wr_arb.wr_issued.val();
        self.control.wr_sent.next = self.wr_arb.wr_sent.val();
        // cpl_route
        self.cpl_route.clock.next = self.clock.val();
        self.cpl_route.rst.next = self.core_rst.val();
        self.cpl_route.cfg_requester_id.next = self.cfg_requester_id.val();
        self.cpl_route.rx_cpl_valid.next = self.rx_cpl_valid.val();
        self.cpl_route.rx_cpl_first.next = self.rx_cpl_first.val();
        self.cpl_route.rx_cpl_last.next = self.rx_cpl_last.val();
        self.cpl_route.rx_cpl_hdr.next = self.rx_cpl_hdr.val();
        self.cpl_route.rx_cpl_data.next = self.rx_cpl_data.val();
        self.cpl_route.rx_cpl_keep.next = self.rx_cpl_keep.val();
        self.cpl_route.rx_cpl_error.next = self.rx_cpl_error.val();
        // fetch
        self.fetch.clock.next = self.clock.val();
        self.fetch.rst.next = self.core_rst.val();
        self.fetch.run.next = self.control.run.val();
        self.fetch.halted.next = self.control.halted.val();
        self.fetch.init_valid.next = self.control.init_valid.val();
        self.fetch.init_g.next = self.control.init_g.val();
        self.fetch.cfg_mrrs.next = self.cfg_mrrs.val();
        self.fetch.cfg_requester_id.next = self.cfg_requester_id.val();
        self.fetch.cfgw_valid.next = self.queue_regs.cfgw_valid.val();
        self.fetch.cfgw_g.next = self.queue_regs.cfgw_g.val();
        self.fetch.cfgw_index.next = self.queue_regs.cfgw_index.val();
        self.fetch.cfgw_data.next = self.queue_regs.cfgw_data.val();
        self.fetch.prod_valid.next = self.doorbell.prod_valid.val();
        self.fetch.prod_g.next = self.doorbell.prod_g.val();
        self.fetch.prod_value.next = self.doorbell.prod_value.val();
        self.fetch.h2c_taken_valid.next = self.h2c.h2c_taken_valid.val();
        self.fetch.h2c_taken_q.next = self.h2c.h2c_taken_q.val();
        self.fetch.h2c_taken_value.next = self.h2c.h2c_taken_value.val();
        self.fetch.c2h_taken_valid.next = self.c2h.c2h_taken_valid.val();
        self.fetch.c2h_taken_q.next = self.c2h.c2h_taken_q.val();
        self.fetch.c2h_taken_value.next = self.c2h.c2h_taken_value.val();
        self.fetch.push_w_valid.next = self.decode.push_w_valid.val();
        self.fetch.t_w_addr.next = self.decode.t_w_addr.val();
        self.fetch.t_w_data.next = self.decode.t_w_data.val();
        self.fetch.t_w_be.next = self.decode.t_w_be.val();
        self.fetch.feed_valid.next = self.queue_regs.feed_valid.val();
        self.fetch.feed_g.next = self.queue_regs.feed_g.val();
        self.fetch.fetch_rd_ready.next = self.rd_arb.fetch_rd_ready.val();
        self.fetch.to_fetch.next = self.cpl_route.to_fetch.val();
        self.fetch.cpl_first.next = self.cpl_route.cpl_first.val();
        self.fetch.cpl_last.next = self.cpl_route.cpl_last.val();
        self.fetch.cpl_data.next = self.cpl_route.cpl_data.val();
        self.fetch.cpl_error.next = self.cpl_route.cpl_error.val();
        self.fetch.cpl_tag.next = self.cpl_route.cpl_tag.val();
        self.fetch.cpl_status.next = self.cpl_route.cpl_status.val();
        self.fetch.cpl_byte_count.next = self.cpl_route.cpl_byte_count.val();
        self.fetch.cpl_len.next = self.cpl_route.cpl_len.val();
        self.fetch.cpl_ep.next = self.cpl_route.cpl_ep.val();
        self.fetch.cpl_has_data.next = self.cpl_route.cpl_has_data.val();
        self.fetch.cpl_bad.next = self.cpl_route.cpl_bad.val();
        self.fetch.h2c_desc_q.next = self.h2c.h2c_desc_q.val();
        self.fetch.h2c_desc_slot.next = self.h2c.h2c_desc_slot.val();
        self.fetch.c2h_desc_q.next = self.c2h.c2h_desc_q.val();
        self.fetch.c2h_desc_slot.next = self.c2h.c2h_desc_slot.val();
        // h2c
        self.h2c.clock.next = self.clock.val();
        self.h2c.rst.next = self.core_rst.val();
        self.h2c.run.next = self.control.run.val();
        self.h2c.halted.next = self.control.halted.val();
        self.h2c.init_valid.next = self.control.init_valid.val();
        self.h2c.init_g.next = self.control.init_g.val();
        self.h2c.cfg_mrrs.next = self.cfg_mrrs.val();
        self.h2c.cfg_ext_tag.next = self.cfg_ext_tag.val();
        self.h2c.cfg_requester_id.next = self.cfg_requester_id.val();
        self.h2c.cfg_ro_enable.next = self.cfg_ro_enable.val();
        self.h2c.cfg_ns_enable.next = self.cfg_ns_enable.val();
        self.h2c.cfgw_valid.next = self.queue_regs.cfgw_valid.val();
        self.h2c.cfgw_g.next = self.queue_regs.cfgw_g.val();
        self.h2c.cfgw_index.next = self.queue_regs.cfgw_index.val();
        self.h2c.cfgw_data.next = self.queue_regs.cfgw_data.val();
        self.h2c.room_valid.next = self.record.room_valid.val();
        self.h2c.room_g.next = self.record.room_g.val();
        self.h2c.room_value.next = self.record.room_value.val();
        self.h2c.finished_valid.next = self.record.finished_valid.val();
        self.h2c.finished_g.next = self.record.finished_g.val();
        self.h2c.finished_value.next = self.record.finished_value.val();
        self.h2c.head_valid.next = self.fetch.head_valid.val();
        self.h2c.head_g.next = self.fetch.head_g.val();
        self.h2c.head_value.next = self.fetch.head_value.val();
        self.h2c.h2c_desc_data.next = self.fetch.h2c_desc_data.val();
        self.h2c.h2c_desc_err.next = self.fetch.h2c_desc_err.val();
        self.h2c.data_rd_ready.next = self.rd_arb.data_rd_ready.val();
        self.h2c.to_land.next = self.cpl_route.to_land.val();
        self.h2c.cpl_valid.next = self.cpl_route.cpl_valid.val();
        self.h2c.cpl_first.next = self.cpl_route.cpl_first.val();
        self.h2c.cpl_last.next = self.cpl_route.cpl_last.val();
        self.h2c.cpl_data.next = self.cpl_route.cpl_data.val();
        self.h2c.cpl_keep.next = self.cpl_route.cpl_keep.val();
        self.h2c.cpl_error.next = self.cpl_route.cpl_error.val();
        self.h2c.cpl_tag.next = self.cpl_route.cpl_tag.val();
        self.h2c.cpl_status.next = self.cpl_route.cpl_status.val();
        self.h2c.cpl_byte_count.next = self.cpl_route.cpl_byte_count.val();
        self.h2c.cpl_len.next = self.cpl_route.cpl_len.val();
        self.h2c.cpl_ep.next = self.cpl_route.cpl_ep.val();
        self.h2c.cpl_has_data.next = self.cpl_route.cpl_has_data.val();
        self.h2c.cpl_bad.next = self.cpl_route.cpl_bad.val();
        self.h2c.rec_h2c_ready.next = self.record.rec_h2c_ready.val();
        self.h2c.level_q.next = self.queue_regs.level_q.val();
        self.h2c.h2c_pause.next = self.h2c_pause.val();
        self.h2c.h2c_axis_tready.next = self.h2c_axis_tready.val();
        // c2h
        self.c2h.clock.next = self.clock.val();
        self.c2h.rst.next = self.rst.val();
        self.c2h.core_rst.next = self.core_rst.val();
        self.c2h.mem_desc_data.next = 0.into();
        self.c2h.mem_desc_err.next = 0.into();
        self.c2h.axi_arready.next = false;
        self.c2h.axi_rdata.next = 0.into();
        self.c2h.axi_rresp.next = 0.into();
        self.c2h.axi_rlast.next = false;
        self.c2h.axi_rvalid.next = false;
        self.c2h.c2h_axis_tdata.next = self.c2h_axis_tdata.val();
        self.c2h.c2h_axis_tkeep.next = self.c2h_axis_tkeep.val();
        self.c2h.c2h_axis_tlast.next = self.c2h_axis_tlast.val();
        self.c2h.c2h_axis_tdest.next = self.c2h_axis_tdest.val();
        self.c2h.c2h_axis_tuser.next = self.c2h_axis_tuser.val();
        self.c2h.c2h_axis_tvalid.next = self.c2h_axis_tvalid.val();
        self.c2h.flush_valid.next = self.queue_regs.flush_valid.val();
        self.c2h.flush_g.next = self.queue_regs.flush_g.val();
        self.c2h.level_q.next = self.queue_regs.level_q.val();
        self.c2h.init_valid.next = self.control.init_valid.val();
        self.c2h.init_g.next = self.control.init_g.val();
        self.c2h.run.next = self.control.run.val();
        self.c2h.halted.next = self.control.halted.val();
        self.c2h.cfg_mps.next = self.cfg_mps.val();
        self.c2h.cfg_ro_enable.next = self.cfg_ro_enable.val();
        self.c2h.cfg_ns_enable.next = self.cfg_ns_enable.val();
        self.c2h.cfgw_valid.next = self.queue_regs.cfgw_valid.val();
        self.c2h.cfgw_g.next = self.queue_regs.cfgw_g.val();
        self.c2h.cfgw_index.next = self.queue_regs.cfgw_index.val();
        self.c2h.cfgw_data.next = self.queue_regs.cfgw_data.val();
        self.c2h.room_valid.next = self.record.room_valid.val();
        self.c2h.room_g.next = self.record.room_g.val();
        self.c2h.room_value.next = self.record.room_value.val();
        self.c2h.finished_valid.next = self.record.finished_valid.val();
        self.c2h.finished_g.next = self.record.finished_g.val();
        self.c2h.finished_value.next = self.record.finished_value.val();
        self.c2h.head_valid.next = self.fetch.head_valid.val();
        self.c2h.head_g.next = self.fetch.head_g.val();
        self.c2h.head_value.next = self.fetch.head_value.val();
        self.c2h.c2h_desc_data.next = self.fetch.c2h_desc_data.val();
        self.c2h.c2h_desc_err.next = self.fetch.c2h_desc_err.val();
        self.c2h.cfg_requester_id.next = self.cfg_requester_id.val();
        self.c2h.data_wr_ready.next = self.wr_arb.data_wr_ready.val();
        self.c2h.rec_c2h_ready.next = self.record.rec_c2h_ready.val();
        // record
        self.record.clock.next = self.clock.val();
        self.record.rst.next = self.core_rst.val();
        self.record.init_valid.next = self.control.init_valid.val();
        self.record.init_g.next = self.control.init_g.val();
        self.record.start_valid.next = self.control.start_valid.val();
        self.record.start_g.next = self.control.start_g.val();
        self.record.start_generation.next = self.control.start_generation.val();
        self.record.cfg_requester_id.next = self.cfg_requester_id.val();
        self.record.cfg_mps.next = self.cfg_mps.val();
        self.record.run.next = self.control.run.val();
        self.record.cfgw_valid.next = self.queue_regs.cfgw_valid.val();
        self.record.cfgw_g.next = self.queue_regs.cfgw_g.val();
        self.record.cfgw_index.next = self.queue_regs.cfgw_index.val();
        self.record.cfgw_data.next = self.queue_regs.cfgw_data.val();
        self.record.cons_valid.next = self.doorbell.cons_valid.val();
        self.record.cons_g.next = self.doorbell.cons_g.val();
        self.record.cons_value.next = self.doorbell.cons_value.val();
        self.record.cons_arm.next = self.doorbell.cons_arm.val();
        self.record.h2c_taken_valid.next = self.h2c.h2c_taken_valid.val();
        self.record.h2c_taken_q.next = self.h2c.h2c_taken_q.val();
        self.record.h2c_taken_value.next = self.h2c.h2c_taken_value.val();
        self.record.c2h_taken_valid.next = self.c2h.c2h_taken_valid.val();
        self.record.c2h_taken_q.next = self.c2h.c2h_taken_q.val();
        self.record.c2h_taken_value.next = self.c2h.c2h_taken_value.val();
        self.record.rec_h2c_valid.next = self.h2c.rec_h2c_valid.val();
        self.record.rec_h2c_q.next = self.h2c.rec_h2c_q.val();
        self.record.rec_h2c_bytes.next = self.h2c.rec_h2c_bytes.val();
        self.record.rec_h2c_meta.next = self.h2c.rec_h2c_meta.val();
        self.record.rec_h2c_index.next = self.h2c.rec_h2c_index.val();
        self.record.rec_h2c_flags.next = self.h2c.rec_h2c_flags.val();
        self.record.rec_h2c_status.next = self.h2c.rec_h2c_status.val();
        self.record.rec_h2c_irq.next = self.h2c.rec_h2c_irq.val();
        self.record.rec_c2h_valid.next = self.c2h.rec_c2h_valid.val();
        self.record.rec_c2h_q.next = self.c2h.rec_c2h_q.val();
        self.record.rec_c2h_bytes.next = self.c2h.rec_c2h_bytes.val();
        self.record.rec_c2h_meta.next = self.c2h.rec_c2h_meta.val();
        self.record.rec_c2h_index.next = self.c2h.rec_c2h_index.val();
        self.record.rec_c2h_flags.next = self.c2h.rec_c2h_flags.val();
        self.record.rec_c2h_status.next = self.c2h.rec_c2h_status.val();
        self.record.rec_c2h_irq.next = self.c2h.rec_c2h_irq.val();
        self.record.rec_wr_ready.next = self.wr_arb.rec_wr_ready.val();
        self.record.irq_ready.next = self.msix.irq_ready.val();
        // msix
        self.msix.clock.next = self.clock.val();
        self.msix.rst.next = self.core_rst.val();
        self.msix.cfg_msix_enable.next = self.cfg_msix_enable.val();
        self.msix.cfg_msix_mask.next = self.cfg_msix_mask.val();
        self.msix.cfg_bus_master.next = self.cfg_bus_master.val();
        self.msix.cfg_requester_id.next = self.cfg_requester_id.val();
        self.msix.w_valid.next = self.decode.msix_w_valid.val();
        self.msix.w_addr.next = self.decode.t_w_addr.val();
        self.msix.w_data.next = self.decode.t_w_data.val();
        self.msix.w_be.next = self.decode.t_w_be.val();
        self.msix.r_valid.next = self.decode.msix_r_valid.val();
        self.msix.r_addr.next = self.decode.t_r_addr.val();
        self.msix.irq_valid.next = self.record.irq_valid.val();
        self.msix.irq_vector.next = self.record.irq_vector.val();
        self.msix.err_irq.next = self.regs.err_irq.val();
        self.msix.user_irq.next = self.user_irq.val();
        self.msix.msi_wr_ready.next = self.wr_arb.msi_wr_ready.val();
        // rd_arb
        self.rd_arb.clock.next = self.clock.val();
        self.rd_arb.rst.next = self.core_rst.val();
        self.rd_arb.cfg_bus_master.next = self.cfg_bus_master.val();
        self.rd_arb.hold.next = self.control.hold.val();
        self.rd_arb.fetch_rd_valid.next = self.fetch.fetch_rd_valid.val();
        self.rd_arb.fetch_rd_hdr.next = self.fetch.fetch_rd_hdr.val();
        self.rd_arb.data_rd_valid.next = self.h2c.data_rd_valid.val();
        self.rd_arb.data_rd_hdr.next = self.h2c.data_rd_hdr.val();
        self.rd_arb.tx_rd_ready.next = self.tx_rd_ready.val();
        // wr_arb
        self.wr_arb.clock.next = self.clock.val();
        self.wr_arb.rst.next = self.core_rst.val();
        self.wr_arb.cfg_bus_master.next = self.cfg_bus_master.val();
        self.wr_arb.hold.next = self.control.hold.val();
        self.wr_arb.data_wr_valid.next = self.c2h.data_wr_valid.val();
        self.wr_arb.data_wr_first.next = self.c2h.data_wr_first.val();
        self.wr_arb.data_wr_last.next = self.c2h.data_wr_last.val();
        self.wr_arb.data_wr_hdr.next = self.c2h.data_wr_hdr.val();
        self.wr_arb.data_wr_data.next = self.c2h.data_wr_data.val();
        self.wr_arb.data_wr_keep.next = self.c2h.data_wr_keep.val();
        self.wr_arb.rec_wr_valid.next = self.record.rec_wr_valid.val();
        self.wr_arb.rec_wr_first.next = self.record.rec_wr_first.val();
        self.wr_arb.rec_wr_last.next = self.record.rec_wr_last.val();
        self.wr_arb.rec_wr_hdr.next = self.record.rec_wr_hdr.val();
        self.wr_arb.rec_wr_data.next = self.record.rec_wr_data.val();
        self.wr_arb.rec_wr_keep.next = self.record.rec_wr_keep.val();
        self.wr_arb.msi_wr_valid.next = self.msix.msi_wr_valid.val();
        self.wr_arb.msi_wr_first.next = self.msix.msi_wr_first.val();
        self.wr_arb.msi_wr_last.next = self.msix.msi_wr_last.val();
        self.wr_arb.msi_wr_hdr.next = self.msix.msi_wr_hdr.val();
        self.wr_arb.msi_wr_data.next = self.msix.msi_wr_data.val();
        self.wr_arb.msi_wr_keep.next = self.msix.msi_wr_keep.val();
        self.wr_arb.tx_wr_ready.next = self.tx_wr_ready.val();
        self.wr_arb.tx_sent_valid.next = self.tx_sent_valid.val();
        // pins
        self.rx_req_ready.next = self.completer.rx_req_ready.val();
        self.rx_cpl_ready.next = self.cpl_route.rx_cpl_ready.val();
        self.tx_wr_data.next = self.wr_arb.tx_wr_data.val();
        self.tx_wr_hdr.next = self.wr_arb.tx_wr_hdr.val();
        self.tx_wr_keep.next = self.wr_arb.tx_wr_keep.val();
        self.tx_wr_first.next = self.wr_arb.tx_wr_first.val();
        self.tx_wr_last.next = self.wr_arb.tx_wr_last.val();
        self.tx_wr_valid.next = self.wr_arb.tx_wr_valid.val();
        self.tx_wr_error.next = self.wr_arb.tx_wr_error.val();
        self.tx_rd_data.next = self.rd_arb.tx_rd_data.val();
        self.tx_rd_hdr.next = self.rd_arb.tx_rd_hdr.val();
        self.tx_rd_keep.next = self.rd_arb.tx_rd_keep.val();
        self.tx_rd_first.next = self.rd_arb.tx_rd_first.val();
        self.tx_rd_last.next = self.rd_arb.tx_rd_last.val();
        self.tx_rd_valid.next = self.rd_arb.tx_rd_valid.val();
        self.tx_rd_error.next = self.rd_arb.tx_rd_error.val();
        self.tx_cpl_data.next = self.completer.tx_cpl_data.val();
        self.tx_cpl_hdr.next = self.completer.tx_cpl_hdr.val();
        self.tx_cpl_keep.next = self.completer.tx_cpl_keep.val();
        self.tx_cpl_first.next = self.completer.tx_cpl_first.val();
        self.tx_cpl_last.next = self.completer.tx_cpl_last.val();
        self.tx_cpl_valid.next = self.completer.tx_cpl_valid.val();
        self.tx_cpl_error.next = self.completer.tx_cpl_error.val();
        self.rx_np_ok.next = self.completer.rx_np_ok.val();
        self.tx_wr_seq.next = self.wr_arb.tx_wr_seq.val();
        self.cfg_flr_ack.next = self.control.cfg_flr_ack.val();
        self.cfg_trans_pending.next = self.reads_pending.val();
        self.h2c_axis_tdata.next = self.h2c.h2c_axis_tdata.val();
        self.h2c_axis_tkeep.next = self.h2c.h2c_axis_tkeep.val();
        self.h2c_axis_tlast.next = self.h2c.h2c_axis_tlast.val();
        self.h2c_axis_tdest.next = self.h2c.h2c_axis_tdest.val();
        self.h2c_axis_tuser.next = self.h2c.h2c_axis_tuser.val();
        self.h2c_axis_terr.next = self.h2c.h2c_axis_terr.val();
        self.h2c_axis_tvalid.next = self.h2c.h2c_axis_tvalid.val();
        self.c2h_axis_tready.next = self.c2h.c2h_axis_tready.val();
        self.c2h_pause.next = self.c2h.c2h_pause.val();
        self.axil_awaddr.next = self.axil.axil_awaddr.val();
        self.axil_awprot.next = self.axil.axil_awprot.val();
        self.axil_awvalid.next = self.axil.axil_awvalid.val();
        self.axil_wdata.next = self.axil.axil_wdata.val();
        self.axil_wstrb.next = self.axil.axil_wstrb.val();
        self.axil_wvalid.next = self.axil.axil_wvalid.val();
        self.axil_bready.next = self.axil.axil_bready.val();
        self.axil_araddr.next = self.axil.axil_araddr.val();
        self.axil_arprot.next = self.axil.axil_arprot.val();
        self.axil_arvalid.next = self.axil.axil_arvalid.val();
        self.axil_rready.next = self.axil.axil_rready.val();
    }
}
