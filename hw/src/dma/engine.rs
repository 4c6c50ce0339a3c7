//! The engine: all blocks and the wires between them.

use rust_hdl::prelude::*;

use crate::dma::c2h::C2h;
use crate::dma::completer::{Axil, Completer, Decode, GlobalRegs};
use crate::dma::counters::Counters;
use crate::dma::fetch::Fetch;
use crate::dma::h2c::H2c;
use crate::dma::msix::Msix;
use crate::dma::netlist::netlist;
use crate::dma::port::{engine_sizes, tlp_port};
use crate::dma::queue::{Control, Doorbell, QueueRegs};
use crate::dma::record::Record;
use crate::tlp::{CplRoute, OpenReads, RdArb, WrArb};

engine_sizes! { tlp_port! {
    /// Wires only; see "The engine, block by block" in the documentation for the picture.
    ///
    /// | size | meaning |
    /// | --- | --- |
    /// | `W`, `K`, `KB`, `SB` | port width in bits, in DWORDs, in bytes, log2 of the bytes |
    /// | `FW`, `MW` | word of the H2C output FIFO: `W + KB + 39`; of the memory writer's: `W + KB` |
    /// | `NQ`, `QB`, `GN`, `GB`, `GB1` | queues per direction, log2 of it, queues in all, log2 of it, that and 1 |
    /// | `QA` | `GB + 5`: address of a queue register |
    /// | `DB`, `SA`, `FA` | log2 of the descriptors in a queue's store, `QB + DB`, `GB + 4` |
    /// | `LW`, `NB`, `NG`, `BA` | a line of descriptors: 128 bits or `W` if that is more; its DWORDs, descriptors; `SA` less log2 of those |
    /// | `TB`, `TB1`, `NT` | log2 of the tags, that and 1, the tags |
    /// | `HRB`, `HAB`, `HPB`, `HSB`, `HPB1`, `HSB1` | H2C: log2 of rows per share, `QB + HRB`, log2 of packet slots, `QB + HPB`; `HPB1`, `HSB1`: those two and 1 |
    /// | `CRB`, `CAB`, `CPB`, `CPA` | C2H: the same |
    /// | `PW` | C2H: bits of a byte position: `CRB + 1 + SB` |
    /// | `RL`, `RA` | records in a beat, at least 1; `GB + 6` less log2 of that |
    /// | `NV`, `VB`, `NU`, `UV` | MSI-X vectors, log2 of it; how many of them are the card's, and the first of those |
    /// | `FULL`, `FEEDS`, `POLICIES`, `MEMORY` | 1 or 0: with or without the counter page and the header log; list, push and direct mode; flush, drop and store-and-forward; memory queues |
    /// | `FEATURES` | shown in FEATURES_LO |
    /// | `H2C_LOG2`, `C2H_LOG2`, `KHZ` | shown in the PARAM registers: log2 of bytes per share, clock in kHz |
    /// | `FT` | log2 of the clocks that a Function Level Reset may take |
    pub struct Engine [] {
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
        pub user_irq: Signal<In, Bits<NU>> = Default::default(),
        completer: Completer<W, K> = Default::default(),
        decode: Decode<NQ> = Default::default(),
        axil: Axil<16, 16> = Default::default(),
        regs: GlobalRegs<NQ, NV, W, TB, KHZ, H2C_LOG2, C2H_LOG2, DB, FULL, FEATURES> = Default::default(),
        queue_regs: QueueRegs<NQ, QB, GN, GB, QA, GB1, FEEDS, POLICIES, MEMORY> = Default::default(),
        doorbell: Doorbell<NQ, GN, GB, GB1> = Default::default(),
        control: Control<NQ, GN, GB, FT> = Default::default(),
        cpl_route: CplRoute<W, K, TB, FULL> = Default::default(),
        fetch: Fetch<W, K, NQ, QB, GN, GB, DB, SA, FA, LW, NB, NG, BA, TB, FEEDS, MEMORY> = Default::default(),
        h2c: H2c<W, K, KB, SB, FW, NQ, QB, GN, HRB, HAB, HPB, HSB, TB, TB1, HPB1, HSB1, MW, POLICIES, MEMORY> = Default::default(),
        c2h: C2h<W, K, KB, NQ, QB, GN, SB, PW, CRB, CPB, CAB, CPA, POLICIES, MEMORY> = Default::default(),
        record: Record<W, K, RL, NQ, QB, GN, GB, RA> = Default::default(),
        msix: Msix<W, K, NV, VB, NU, UV> = Default::default(),
        open_reads: OpenReads<TB, KHZ> = Default::default(),
        rd_arb: RdArb<W, K> = Default::default(),
        wr_arb: WrArb<W, K> = Default::default(),
        counters: Counters<NQ, QB, GN, GB, NT, TB> = Default::default(),
        core_rst: Signal<Local, Bit> = Default::default(),
        reads_pending: Signal<Local, Bit> = Default::default(),
        writes_pending: Signal<Local, Bit> = Default::default(),
        build_id: Constant<Bits<32>> = Constant::new(0_u64.into()),
        h2c_queues: Constant<Bits<GB1>> = Constant::new((NQ as u64).into()),
        full: Constant<Bit> = Constant::new(FULL == 1),
        no_queue: Constant<Bits<GN>> = Constant::new(0_u64.into()),
    }
} }

engine_sizes! { netlist! { Engine [] {
    clock clk: completer decode axil regs queue_regs doorbell control cpl_route open_reads fetch h2c c2h record msix rd_arb wr_arb counters;
    reset core_rst: completer decode regs queue_regs doorbell fetch h2c record msix rd_arb wr_arb counters;
    in {
        completer:
            rx_req_data rx_req_hdr rx_req_keep rx_req_first rx_req_last rx_req_valid rx_req_error rx_req_bar tx_cpl_ready cfg_requester_id;
        axil: axil_awready axil_wready axil_bresp axil_bvalid axil_arready axil_rdata axil_rresp axil_rvalid;
        regs: cfg_link_up cfg_link_speed cfg_link_width cfg_bus_master cfg_mps cfg_mrrs cfg_rcb cfg_ext_tag cfg_msix_enable cfg_msix_mask;
        control: cfg_flr_request;
        open_reads: cfg_cpl_timeout cfg_link_up tx_rd_ready;
        cpl_route: cfg_requester_id rx_cpl_valid rx_cpl_first rx_cpl_last rx_cpl_hdr rx_cpl_data rx_cpl_keep rx_cpl_error;
        fetch: cfg_mrrs;
        h2c:
            cfg_mrrs cfg_ext_tag cfg_ro_enable cfg_ns_enable h2c_pause h2c_axis_tready axi_awready axi_wready axi_bresp axi_bvalid;
        c2h:
            c2h_axis_tdata c2h_axis_tkeep c2h_axis_tlast c2h_axis_tdest c2h_axis_tuser c2h_axis_tvalid cfg_mps cfg_ro_enable cfg_ns_enable
            axi_arready axi_rdata axi_rresp axi_rlast axi_rvalid;
        record: cfg_mps;
        msix: cfg_msix_enable cfg_msix_mask cfg_bus_master user_irq;
        rd_arb: cfg_bus_master cfg_requester_id tx_rd_ready;
        wr_arb: cfg_bus_master cfg_requester_id tx_wr_ready tx_sent_valid;
        counters: tx_wr_ready tx_rd_ready tx_cpl_ready rx_cpl_valid h2c_axis_tready c2h_axis_tvalid;
    }
    wires {
        completer <- decode: w_ready r_done r_data;
        completer <- wr_arb: wr_issued wr_sent;
        decode <- control: host_wait;
        decode <- completer: w_valid w_bar w_addr w_data w_be r_valid r_bar r_addr;
        decode <- regs: glob_w_ready glob_r_done glob_r_data glob_unmapped_rd glob_unmapped_wr;
        decode <- queue_regs: queue_w_ready queue_r_done queue_r_data queue_unmapped_rd queue_unmapped_wr;
        decode <- doorbell: db_w_ready db_unmapped_wr;
        decode <- fetch: push_w_ready push_unmapped_wr;
        decode <- axil: user_w_ready user_r_done user_r_data;
        axil <- decode: user_w_valid t_w_addr t_w_data t_w_be user_r_valid t_r_addr;
        regs <- decode: glob_w_valid t_w_addr t_w_data t_w_be glob_r_valid t_r_addr unmapped_rd unmapped_wr;
        regs <- completer: ur bad_req_valid bad_req_cause bad_req_hdr;
        regs <- cpl_route: cpl_timeout bad_cpl_valid bad_cpl_cause bad_cpl_hdr;
        regs <- doorbell: invalid_doorbell;
        regs <- wr_arb: tx_write;
        regs <- rd_arb: tx_read;
        regs <- axil: axil_error;
        regs <- control: queue_error;
        queue_regs <- decode: queue_w_valid t_w_addr t_w_data t_w_be queue_r_valid t_r_addr;
        queue_regs <- control: ctl_ready run idle halted start_valid start_g start_generation;
        queue_regs <- fetch: feed_ready feed_refused head_valid head_g head_value;
        queue_regs <- h2c: h2c_err_valid h2c_err_q h2c_err_code;
        queue_regs <- c2h: c2h_err_valid c2h_err_q c2h_err_code;
        queue_regs <- doorbell: prod_valid prod_g prod_value cons_valid cons_g cons_value;
        queue_regs <- record: done_valid done_g done_value finished_valid finished_g finished_value finished_bytes finished_meta;
        doorbell <- decode: db_w_valid t_w_addr t_w_data t_w_be;
        doorbell <- queue_regs: feed_invalid cfgw_valid cfgw_g cfgw_index cfgw_data;
        doorbell <- control: run idle init_valid init_g;
        doorbell <- fetch: head_valid head_g head_value;
        doorbell <- h2c: h2c_taken_valid h2c_taken_q h2c_taken_value;
        doorbell <- c2h: c2h_taken_valid c2h_taken_q c2h_taken_value;
        doorbell <- record: done_valid done_g done_value;
        control <- queue_regs: sweeping ctl_valid ctl_g ctl_run;
        control <- h2c:
            init_done_h2c_issue init_done_h2c_commit init_done_h2c_egress h2c_err_valid h2c_err_q req_issued req_committed rec_h2c_valid;
        control <- c2h: c2h_err_valid c2h_err_q send_busy data_wr_valid data_wr_done rec_c2h_valid;
        control <- fetch: fetch_busy;
        control <- wr_arb: data_wr_ready wr_issued wr_sent;
        control <- record: rec_c2h_ready rec_h2c_ready rec_open;
        fetch <- control: run halted init_valid init_g;
        fetch <- queue_regs: cfgw_valid cfgw_g cfgw_index cfgw_data feed_valid feed_g;
        fetch <- doorbell: prod_valid prod_g prod_value;
        fetch <- h2c: h2c_taken_valid h2c_taken_q h2c_taken_value h2c_desc_q h2c_desc_slot;
        fetch <- c2h: c2h_taken_valid c2h_taken_q c2h_taken_value c2h_desc_q c2h_desc_slot mem_desc_q mem_desc_slot;
        fetch <- decode: push_w_valid t_w_addr t_w_data t_w_be;
        fetch <- rd_arb: fetch_rd_ready;
        fetch <- cpl_route:
            to_fetch cpl_first cpl_last cpl_data cpl_error cpl_tag cpl_status cpl_byte_count cpl_len cpl_ep cpl_has_data cpl_bad;
        h2c <- control: run halted idle init_valid init_g;
        fetch <- open_reads: fetch_open;
        h2c <- open_reads: cpl_open tag_open tag_wait;
        open_reads <- h2c: tag_look;
        open_reads <- rd_arb: tx_rd_valid tx_rd_hdr;
        open_reads <- cpl_route:
            lapse_ready cpl_valid cpl_first cpl_last cpl_error cpl_bad cpl_tag cpl_status cpl_byte_count cpl_len cpl_low cpl_has_data;
        cpl_route <- open_reads: lapse_valid lapse_tag;
        h2c <- queue_regs: cfgw_valid cfgw_g cfgw_index cfgw_data level_q;
        h2c <- record: room_valid room_g room_value finished_valid finished_g finished_value rec_h2c_ready;
        h2c <- fetch: head_valid head_g head_value h2c_desc_data h2c_desc_err;
        h2c <- rd_arb: data_rd_ready;
        h2c <- cpl_route:
            to_land cpl_valid cpl_first cpl_last cpl_data cpl_keep cpl_error cpl_tag cpl_status cpl_byte_count cpl_len cpl_ep cpl_has_data
            cpl_low cpl_bad;
        c2h <- queue_regs: flush_valid flush_g level_q cfgw_valid cfgw_g cfgw_index cfgw_data;
        c2h <- control: init_valid init_g run halted;
        c2h <- record: room_valid room_g room_value finished_valid finished_g finished_value rec_c2h_ready;
        c2h <- fetch: head_valid head_g head_value c2h_desc_data c2h_desc_err mem_desc_data mem_desc_err;
        c2h <- wr_arb: data_wr_ready;
        record <- control: init_valid init_g start_valid start_g start_generation run;
        record <- queue_regs: cfgw_valid cfgw_g cfgw_index cfgw_data;
        record <- doorbell: cons_valid cons_g cons_value cons_arm;
        record <- h2c:
            h2c_taken_valid h2c_taken_q h2c_taken_value rec_h2c_valid rec_h2c_q rec_h2c_bytes rec_h2c_meta rec_h2c_index rec_h2c_flags
            rec_h2c_status rec_h2c_irq;
        record <- c2h:
            c2h_taken_valid c2h_taken_q c2h_taken_value rec_c2h_valid rec_c2h_q rec_c2h_bytes rec_c2h_meta rec_c2h_index rec_c2h_flags
            rec_c2h_status rec_c2h_irq;
        record <- wr_arb: rec_wr_ready;
        record <- msix: irq_ready;
        msix <- record: irq_valid irq_vector;
        msix <- regs: err_irq;
        msix <- wr_arb: msi_wr_ready;
        rd_arb <- fetch: fetch_rd_valid fetch_rd_addr fetch_rd_bytes fetch_rd_tag fetch_rd_attr;
        rd_arb <- h2c: data_rd_valid data_rd_addr data_rd_bytes data_rd_tag data_rd_attr;
        wr_arb <- control: hold;
        wr_arb <- c2h: data_wr_valid data_wr_first data_wr_last data_wr_addr data_wr_bytes data_wr_attr data_wr_data data_wr_keep;
        wr_arb <- record: rec_wr_valid rec_wr_first rec_wr_last rec_wr_addr rec_wr_bytes rec_wr_data rec_wr_keep;
        wr_arb <- msix: msi_wr_valid msi_wr_first msi_wr_last msi_wr_addr msi_wr_bytes msi_wr_data msi_wr_keep;
        counters <- decode: cnt_r_valid t_r_addr;
        counters <- control: init_valid init_g;
        counters <- doorbell: prod_valid prod_g prod_value;
        counters <- record: finished_valid finished_g finished_value finished_bytes;
        counters <- h2c: h2c_err_valid h2c_err_q h2c_tlp_valid h2c_tlp_q h2c_axis_tvalid h2c_stall;
        counters <- c2h: c2h_err_valid c2h_err_q c2h_tlp_valid c2h_tlp_q drop_valid drop_q drop_bytes c2h_axis_tready c2h_stall;
        counters <- wr_arb: tx_wr_valid;
        counters <- rd_arb: tx_rd_valid tx_rd_hdr;
        counters <- completer: tx_cpl_valid;
        counters <- cpl_route: to_fetch to_land cpl_last cpl_tag cpl_status cpl_byte_count cpl_len;
    }
    renamed {
        decode.msix_w_ready <- msix.w_ready;
        decode.msix_r_done <- msix.r_done;
        decode.msix_r_data <- msix.r_data;
        decode.msix_unmapped_rd <- msix.unmapped_rd;
        decode.msix_unmapped_wr <- msix.unmapped_wr;
        regs.init_busy <- control.host_wait;
        regs.rx_cpl <- cpl_route.rx_cpl_count;
        queue_regs.h2c_level <- h2c.level;
        queue_regs.h2c_peak <- h2c.peak;
        queue_regs.c2h_level <- c2h.level;
        queue_regs.c2h_peak <- c2h.peak;
        control.arb_idle_wr <- wr_arb.arb_idle;
        control.arb_idle_rd <- rd_arb.arb_idle;
        control.cpl_busy <- completer.tx_cpl_valid;
        completer.hush <- control.hush;
        completer.deaf <- control.deaf;
        control.init_done_doorbell <- doorbell.init_done;
        control.init_done_fetch <- fetch.init_done;
        control.init_done_record <- record.init_done;
        control.init_done_c2h_ingress <- c2h.init_done_ingress;
        control.init_done_c2h_plan <- c2h.init_done_plan;
        control.scanning_fetch <- fetch.scanning;
        control.scanning_issue <- h2c.scanning;
        control.scanning_plan <- c2h.scanning;
        msix.w_valid <- decode.msix_w_valid;
        msix.w_addr <- decode.t_w_addr;
        msix.w_data <- decode.t_w_data;
        msix.w_be <- decode.t_w_be;
        msix.r_valid <- decode.msix_r_valid;
        msix.r_addr <- decode.t_r_addr;
    }
    out {
        control: cfg_flr_ack;
        completer: rx_req_ready tx_cpl_data tx_cpl_hdr tx_cpl_keep tx_cpl_first tx_cpl_last tx_cpl_valid tx_cpl_error rx_np_ok;
        cpl_route: rx_cpl_ready;
        wr_arb: tx_wr_data tx_wr_hdr tx_wr_keep tx_wr_first tx_wr_last tx_wr_valid tx_wr_error tx_wr_seq;
        rd_arb: tx_rd_data tx_rd_hdr tx_rd_keep tx_rd_first tx_rd_last tx_rd_valid tx_rd_error;
        h2c:
            h2c_axis_tdata h2c_axis_tkeep h2c_axis_tlast h2c_axis_tdest h2c_axis_tuser h2c_axis_terr h2c_axis_tvalid
            axi_awaddr axi_awlen axi_awsize axi_awburst axi_awvalid axi_wdata axi_wstrb axi_wlast axi_wvalid axi_bready;
        c2h: c2h_axis_tready c2h_pause axi_araddr axi_arlen axi_arsize axi_arburst axi_arvalid axi_rready;
        axil:
            axil_awaddr axil_awprot axil_awvalid axil_wdata axil_wstrb axil_wvalid axil_bready axil_araddr axil_arprot axil_arvalid
            axil_rready;
    }
} #[hdl_gen] fn update(&mut self) {
    self.core_rst.next = self.control.core_rst.val();
    self.reads_pending.next = self.h2c.trans_pending.val() | (self.fetch.fetch_busy.val() != self.no_queue.val());
    self.writes_pending.next = self.wr_arb.wr_issued.val() != self.wr_arb.wr_sent.val();
    // H2C queues come first.
    self.control.mem_busy.next = bit_cast::<GN, NQ>(self.h2c.mem_busy.val()) | (bit_cast::<GN, NQ>(self.c2h.mem_busy.val()) << self.h2c_queues.val());
    self.h2c.card_rst.next = self.rst.val();
    self.c2h.rst.next = self.rst.val();
    self.c2h.core_rst.next = self.core_rst.val();
    self.axil.rst.next = self.rst.val();
    self.axil.core_rst.next = self.core_rst.val();
    // What is open on the wire outlives a Function Level Reset.
    self.cpl_route.rst.next = self.rst.val();
    self.open_reads.rst.next = self.rst.val();
    self.rd_arb.hold.next = self.control.hold.val() | self.open_reads.hold_reads.val();
    self.control.rst.next = self.rst.val();
    self.regs.build_id.next = self.build_id.val();
    self.regs.reads_pending.next = self.reads_pending.val();
    self.regs.writes_pending.next = self.writes_pending.val();
    // Without them nothing of the counters is read, so synthesis drops them.
    self.decode.cnt_present.next = self.full.val();
    self.decode.cnt_r_done.next = self.full.val() & self.counters.cnt_r_done.val();
    self.decode.cnt_unmapped_rd.next = self.full.val() & self.counters.cnt_unmapped_rd.val();
    self.decode.cnt_r_data.next = 0.into();
    if self.full.val() {
        self.decode.cnt_r_data.next = self.counters.cnt_r_data.val();
    }
    self.regs.unexpected_cpl.next = self.fetch.unexpected.val() | self.h2c.unexpected.val();
    self.control.rd_pending.next = self.reads_pending.val();
    self.cfg_trans_pending.next = self.reads_pending.val();
} } }
