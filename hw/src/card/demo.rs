//! The demo card's user logic as a whole.

use rust_hdl::prelude::*;

use super::checker::Checker;
use super::generator::Generator;
use super::irq::CardIrq;
use super::lite::LiteSlave;
use super::loopback::Loopback;
use super::memory::CardMemory;
use super::pacer::Pacer;
use super::regs::CardRegs;
use crate::hw;
use crate::prim::Dffr;

hw! {
    /// What stands on the user's side of the engine's streams and memory ports.
    ///
    /// ```text
    ///  axil ─► registers ─► settings, run ─────┬───────────┐
    ///                                          ▼           ▼
    ///                                        pacer ◄──► checker ◄─┐
    ///                                          ▲                  │ pattern queues
    ///                                          └─► generator ─┐   ├──── h2c_axis
    ///                               c2h_axis ◄── loopback ◄───┴───┘ other queues
    ///  axi ─► SRAM, DRAM              user_irq ◄── ends of runs, errors, registers
    /// ```
    /// Loopback beats and generated beats take turns where both come. The checker takes a beat in every clock, so no queue waits for
    /// another's consumer: a slow one pauses its queue. `card_stop` pauses queues for tests.
    ///
    /// `KB` = W/8, `LB` = log2 `KB`, `QB` = log2 `NQ` (at least 1), `SB` = `QB` + 1 but at least 3, `CB` = `QB` + 5;
    /// SRAM of 2^(`LB` + `RA`) and DRAM of 2^(`LB` + `DA`) bytes, each at least 4 KiB; `NU` user interrupts, 1 … 32.
    pub struct DemoCard<const W: usize, const KB: usize, const LB: usize, const NQ: usize, const QB: usize, const SB: usize, const CB: usize, const RA: usize, const NU: usize, const DA: usize> {
        pub clock: Signal<In, Clock> = Default::default(),
        pub rst: Signal<In, Bit> = Default::default(),
        pub h2c_axis_tdata: Signal<In, Bits<W>> = Default::default(),
        pub h2c_axis_tkeep: Signal<In, Bits<KB>> = Default::default(),
        pub h2c_axis_tlast: Signal<In, Bit> = Default::default(),
        pub h2c_axis_terr: Signal<In, Bit> = Default::default(),
        pub h2c_axis_tdest: Signal<In, Bits<6>> = Default::default(),
        pub h2c_axis_tuser: Signal<In, Bits<32>> = Default::default(),
        pub h2c_axis_tvalid: Signal<In, Bit> = Default::default(),
        pub h2c_axis_tready: Signal<Out, Bit> = Default::default(),
        pub h2c_pause: Signal<Out, Bits<NQ>> = Default::default(),
        pub c2h_axis_tdata: Signal<Out, Bits<W>> = Default::default(),
        pub c2h_axis_tkeep: Signal<Out, Bits<KB>> = Default::default(),
        pub c2h_axis_tlast: Signal<Out, Bit> = Default::default(),
        pub c2h_axis_tdest: Signal<Out, Bits<6>> = Default::default(),
        pub c2h_axis_tuser: Signal<Out, Bits<32>> = Default::default(),
        pub c2h_axis_tvalid: Signal<Out, Bit> = Default::default(),
        pub c2h_axis_tready: Signal<In, Bit> = Default::default(),
        pub c2h_pause: Signal<In, Bits<NQ>> = Default::default(),
        pub card_stop: Signal<In, Bits<NQ>> = Default::default(),
        pub user_irq: Signal<Out, Bits<NU>> = Default::default(),
        pub axil_awaddr: Signal<In, Bits<16>> = Default::default(),
        pub axil_awvalid: Signal<In, Bit> = Default::default(),
        pub axil_awready: Signal<Out, Bit> = Default::default(),
        pub axil_wdata: Signal<In, Bits<32>> = Default::default(),
        pub axil_wstrb: Signal<In, Bits<4>> = Default::default(),
        pub axil_wvalid: Signal<In, Bit> = Default::default(),
        pub axil_wready: Signal<Out, Bit> = Default::default(),
        pub axil_bresp: Signal<Out, Bits<2>> = Default::default(),
        pub axil_bvalid: Signal<Out, Bit> = Default::default(),
        pub axil_bready: Signal<In, Bit> = Default::default(),
        pub axil_araddr: Signal<In, Bits<16>> = Default::default(),
        pub axil_arvalid: Signal<In, Bit> = Default::default(),
        pub axil_arready: Signal<Out, Bit> = Default::default(),
        pub axil_rdata: Signal<Out, Bits<32>> = Default::default(),
        pub axil_rresp: Signal<Out, Bits<2>> = Default::default(),
        pub axil_rvalid: Signal<Out, Bit> = Default::default(),
        pub axil_rready: Signal<In, Bit> = Default::default(),
        pub axi_awaddr: Signal<In, Bits<64>> = Default::default(),
        pub axi_awlen: Signal<In, Bits<8>> = Default::default(),
        pub axi_awsize: Signal<In, Bits<3>> = Default::default(),
        pub axi_awburst: Signal<In, Bits<2>> = Default::default(),
        pub axi_awvalid: Signal<In, Bit> = Default::default(),
        pub axi_awready: Signal<Out, Bit> = Default::default(),
        pub axi_wdata: Signal<In, Bits<W>> = Default::default(),
        pub axi_wstrb: Signal<In, Bits<KB>> = Default::default(),
        pub axi_wlast: Signal<In, Bit> = Default::default(),
        pub axi_wvalid: Signal<In, Bit> = Default::default(),
        pub axi_wready: Signal<Out, Bit> = Default::default(),
        pub axi_bresp: Signal<Out, Bits<2>> = Default::default(),
        pub axi_bvalid: Signal<Out, Bit> = Default::default(),
        pub axi_bready: Signal<In, Bit> = Default::default(),
        pub axi_araddr: Signal<In, Bits<64>> = Default::default(),
        pub axi_arlen: Signal<In, Bits<8>> = Default::default(),
        pub axi_arsize: Signal<In, Bits<3>> = Default::default(),
        pub axi_arburst: Signal<In, Bits<2>> = Default::default(),
        pub axi_arvalid: Signal<In, Bit> = Default::default(),
        pub axi_arready: Signal<Out, Bit> = Default::default(),
        pub axi_rdata: Signal<Out, Bits<W>> = Default::default(),
        pub axi_rresp: Signal<Out, Bits<2>> = Default::default(),
        pub axi_rlast: Signal<Out, Bit> = Default::default(),
        pub axi_rvalid: Signal<Out, Bit> = Default::default(),
        pub axi_rready: Signal<In, Bit> = Default::default(),
        lite: LiteSlave = Default::default(),
        regs: CardRegs<W, LB, NQ, QB, SB, CB, RA, NU, DA> = Default::default(),
        irq: CardIrq<NQ, QB, SB, NU> = Default::default(),
        pacer: Pacer<NQ, QB, SB> = Default::default(),
        check: Checker<W, KB, LB, NQ, QB> = Default::default(),
        make: Generator<W, KB, LB, NQ, QB> = Default::default(),
        loopback: Loopback<W, KB, NQ> = Default::default(),
        memory: CardMemory<W, KB, LB, RA, DA> = Default::default(),
        // The last beat that went to the loopback's registers was no generated one.
        make_first: Dffr<Bit> = Default::default(),
        from_h2c: Signal<Local, Bits<QB>> = Default::default(),
        hot: Signal<Local, Bits<NQ>> = Default::default(),
        one: Constant<Bits<NQ>> = Constant::new(1_u64.into()),
        checked: Signal<Local, Bit> = Default::default(),
        looped: Signal<Local, Bit> = Default::default(),
        make_takes: Signal<Local, Bit> = Default::default(),
        h2c_ready: Signal<Local, Bit> = Default::default(),
    }
}

impl<
        const W: usize,
        const KB: usize,
        const LB: usize,
        const NQ: usize,
        const QB: usize,
        const SB: usize,
        const CB: usize,
        const RA: usize,
        const NU: usize,
        const DA: usize,
    > Logic for DemoCard<W, KB, LB, NQ, QB, SB, CB, RA, NU, DA>
{
    #[hdl_gen]
    fn update(&mut self) {
        clock!(self, clock, lite, regs, irq, pacer, check, make, loopback, memory);
        dff_setup!(self, clock, make_first);
        self.lite.rst.next = self.rst.val();
        self.regs.rst.next = self.rst.val();
        self.irq.rst.next = self.rst.val();
        self.pacer.rst.next = self.rst.val();
        self.check.rst.next = self.rst.val();
        self.make.rst.next = self.rst.val();
        self.loopback.rst.next = self.rst.val();
        self.memory.rst.next = self.rst.val();
        self.make_first.rst.next = self.rst.val();

        // Streams.
        self.from_h2c.next = bit_cast::<QB, 6>(self.h2c_axis_tdest.val());
        self.hot.next = self.one.val() << self.from_h2c.val();
        self.checked.next = (self.regs.pattern.val() & self.hot.val()).any();
        self.looped.next = self.h2c_axis_tvalid.val() & !self.checked.val() & !self.check.hold.val();
        self.make_takes.next = self.make.out_valid.val() & (self.make_first.q.val() | !self.looped.val());
        self.h2c_ready.next = self.loopback.h2c_axis_tready.val()
            & !(self.make.out_valid.val() & self.make_first.q.val())
            & !self.check.hold.val();
        self.h2c_axis_tready.next = self.h2c_ready.val();
        self.make.out_ready.next = self.loopback.h2c_axis_tready.val() & self.make_takes.val();
        if self.loopback.h2c_axis_tready.val() {
            self.make_first.d.next = self.looped.val() & !self.make_takes.val();
        }
        self.loopback.h2c_axis_tvalid.next = self.looped.val() | self.make_takes.val();
        self.loopback.h2c_axis_tdata.next = self.h2c_axis_tdata.val();
        self.loopback.h2c_axis_tkeep.next = self.h2c_axis_tkeep.val();
        self.loopback.h2c_axis_tlast.next = self.h2c_axis_tlast.val();
        self.loopback.h2c_axis_tdest.next = self.h2c_axis_tdest.val();
        self.loopback.h2c_axis_tuser.next = self.h2c_axis_tuser.val();
        self.loopback.h2c_axis_terr.next = self.h2c_axis_terr.val();
        if self.make_takes.val() {
            self.loopback.h2c_axis_tdata.next = self.make.out_data.val();
            self.loopback.h2c_axis_tkeep.next = self.make.out_keep.val();
            self.loopback.h2c_axis_tlast.next = self.make.out_last.val();
            self.loopback.h2c_axis_tdest.next = self.make.out_dest.val();
            self.loopback.h2c_axis_tuser.next = self.make.out_user.val();
            self.loopback.h2c_axis_terr.next = false;
        }
        self.loopback.c2h_pause.next = (self.c2h_pause.val() & !self.regs.pattern.val())
            | (self.pacer.check_full.val() & self.regs.pattern.val());
        self.loopback.card_stop.next = self.card_stop.val();
        self.h2c_pause.next = self.loopback.h2c_pause.val();
        self.c2h_axis_tvalid.next = self.loopback.c2h_axis_tvalid.val();
        self.c2h_axis_tdata.next = self.loopback.c2h_axis_tdata.val();
        self.c2h_axis_tkeep.next = self.loopback.c2h_axis_tkeep.val();
        self.c2h_axis_tlast.next = self.loopback.c2h_axis_tlast.val();
        self.c2h_axis_tdest.next = self.loopback.c2h_axis_tdest.val();
        self.c2h_axis_tuser.next = self.loopback.c2h_axis_tuser.val();
        self.loopback.c2h_axis_tready.next = self.c2h_axis_tready.val();
        self.check.in_valid.next = self.h2c_axis_tvalid.val() & self.h2c_ready.val() & self.checked.val();
        self.check.in_data.next = self.h2c_axis_tdata.val();
        self.check.in_keep.next = self.h2c_axis_tkeep.val();
        self.check.in_last.next = self.h2c_axis_tlast.val();
        self.check.in_err.next = self.h2c_axis_terr.val();
        self.check.in_dest.next = self.h2c_axis_tdest.val();
        self.make.c2h_pause.next = self.c2h_pause.val();

        // Settings, clearing, run.
        self.pacer.cfgw_valid.next = self.regs.cfgw_valid.val();
        self.pacer.cfgw_gen.next = self.regs.cfgw_gen.val();
        self.pacer.cfgw_q.next = self.regs.cfgw_q.val();
        self.pacer.cfgw_index.next = self.regs.cfgw_index.val();
        self.pacer.cfgw_data.next = self.regs.cfgw_data.val();
        self.irq.cfgw_valid.next = self.regs.cfgw_valid.val();
        self.irq.cfgw_gen.next = self.regs.cfgw_gen.val();
        self.irq.cfgw_q.next = self.regs.cfgw_q.val();
        self.irq.cfgw_index.next = self.regs.cfgw_index.val();
        self.irq.cfgw_data.next = self.regs.cfgw_data.val();
        self.check.cfgw_valid.next = self.regs.cfgw_valid.val() & !self.regs.cfgw_gen.val();
        self.check.cfgw_q.next = self.regs.cfgw_q.val();
        self.check.cfgw_index.next = self.regs.cfgw_index.val();
        self.check.cfgw_data.next = self.regs.cfgw_data.val();
        self.make.cfgw_valid.next = self.regs.cfgw_valid.val() & self.regs.cfgw_gen.val();
        self.make.cfgw_q.next = self.regs.cfgw_q.val();
        self.make.cfgw_index.next = self.regs.cfgw_index.val();
        self.make.cfgw_data.next = self.regs.cfgw_data.val();
        self.pacer.clear_valid.next = self.regs.clear_pacer.val();
        self.pacer.clear_gen.next = self.regs.clear_is_gen.val();
        self.pacer.clear_q.next = self.regs.clear_q.val();
        self.check.clear_valid.next = self.regs.clear_check.val();
        self.check.clear_q.next = self.regs.clear_q.val();
        self.make.clear_valid.next = self.regs.clear_gen.val();
        self.make.clear_q.next = self.regs.clear_q.val();
        self.regs.pacer_cleared.next = self.pacer.clear_done.val();
        self.regs.check_cleared.next = self.check.clear_done.val();
        self.regs.gen_cleared.next = self.make.clear_done.val();
        self.pacer.check_run.next = self.regs.check_run.val();
        self.pacer.gen_run.next = self.regs.gen_run.val();
        self.check.run.next = self.regs.check_run.val();
        self.make.run.next = self.regs.gen_run.val();
        self.make.done.next = self.regs.gen_done.val();

        // Time.
        self.pacer.check_used_valid.next = self.check.used_valid.val();
        self.pacer.check_used_q.next = self.check.used_q.val();
        self.pacer.check_used.next = self.check.used.val();
        self.pacer.gen_used_valid.next = self.make.used_valid.val();
        self.pacer.gen_used_q.next = self.make.used_q.val();
        self.pacer.gen_used.next = self.make.used.val();
        self.pacer.gen_at_work.next = self.make.at_work.val();
        self.pacer.gen_at_work_q.next = self.make.at_work_q.val();
        self.pacer.gen_at_work_used.next = self.make.at_work_used.val();
        self.make.due_valid.next = self.pacer.due_valid.val();
        self.make.due_q.next = self.pacer.due_q.val();
        self.make.due.next = self.pacer.due.val();
        self.make.has.next = self.pacer.gen_has.val();
        self.make.over.next = self.pacer.gen_over.val();

        // Events and counters.
        self.regs.check_done_valid.next = self.check.done_valid.val();
        self.regs.check_done_q.next = self.check.done_q.val();
        self.regs.gen_done_valid.next = self.make.done_valid.val();
        self.regs.gen_done_q.next = self.make.done_q.val();
        self.irq.check_done_valid.next = self.check.done_valid.val();
        self.irq.check_done_q.next = self.check.done_q.val();
        self.irq.check_error_valid.next = self.check.error_valid.val();
        self.irq.check_error_q.next = self.check.error_q.val();
        self.irq.gen_done_valid.next = self.make.done_valid.val();
        self.irq.gen_done_q.next = self.make.done_q.val();
        self.irq.raise.next = self.regs.raise.val();
        self.user_irq.next = self.irq.user_irq.val();
        self.check.stat_q.next = self.regs.stat_q.val();
        self.make.stat_q.next = self.regs.stat_q.val();
        self.regs.check_bytes.next = self.check.stat_bytes.val();
        self.regs.check_packets.next = self.check.stat_packets.val();
        self.regs.check_errors.next = self.check.stat_errors.val();
        self.regs.check_flags.next = self.check.stat_flags.val();
        self.regs.check_first_packet.next = self.check.stat_first_packet.val();
        self.regs.check_first_offset.next = self.check.stat_first_offset.val();
        self.regs.gen_bytes.next = self.make.stat_bytes.val();
        self.regs.gen_packets.next = self.make.stat_packets.val();
        self.regs.gen_lost_bytes.next = self.make.stat_lost_bytes.val();
        self.regs.gen_lost_packets.next = self.make.stat_lost_packets.val();

        // Registers' port.
        self.lite.axil_awaddr.next = self.axil_awaddr.val();
        self.lite.axil_awvalid.next = self.axil_awvalid.val();
        self.axil_awready.next = self.lite.axil_awready.val();
        self.lite.axil_wdata.next = self.axil_wdata.val();
        self.lite.axil_wstrb.next = self.axil_wstrb.val();
        self.lite.axil_wvalid.next = self.axil_wvalid.val();
        self.axil_wready.next = self.lite.axil_wready.val();
        self.axil_bresp.next = self.lite.axil_bresp.val();
        self.axil_bvalid.next = self.lite.axil_bvalid.val();
        self.lite.axil_bready.next = self.axil_bready.val();
        self.lite.axil_araddr.next = self.axil_araddr.val();
        self.lite.axil_arvalid.next = self.axil_arvalid.val();
        self.axil_arready.next = self.lite.axil_arready.val();
        self.axil_rdata.next = self.lite.axil_rdata.val();
        self.axil_rresp.next = self.lite.axil_rresp.val();
        self.axil_rvalid.next = self.lite.axil_rvalid.val();
        self.lite.axil_rready.next = self.axil_rready.val();
        self.regs.do_valid.next = self.lite.do_valid.val();
        self.regs.do_write.next = self.lite.do_write.val();
        self.regs.do_addr.next = self.lite.do_addr.val();
        self.regs.do_data.next = self.lite.do_data.val();
        self.regs.do_strobe.next = self.lite.do_strobe.val();
        self.lite.done_valid.next = self.regs.done_valid.val();
        self.lite.done_missing.next = self.regs.done_missing.val();
        self.lite.done_data.next = self.regs.done_data.val();

        // Memory port.
        self.memory.timing.next = self.regs.dram_timing.val();
        self.memory.axi_awaddr.next = self.axi_awaddr.val();
        self.memory.axi_awlen.next = self.axi_awlen.val();
        self.memory.axi_awsize.next = self.axi_awsize.val();
        self.memory.axi_awburst.next = self.axi_awburst.val();
        self.memory.axi_awvalid.next = self.axi_awvalid.val();
        self.axi_awready.next = self.memory.axi_awready.val();
        self.memory.axi_wdata.next = self.axi_wdata.val();
        self.memory.axi_wstrb.next = self.axi_wstrb.val();
        self.memory.axi_wlast.next = self.axi_wlast.val();
        self.memory.axi_wvalid.next = self.axi_wvalid.val();
        self.axi_wready.next = self.memory.axi_wready.val();
        self.axi_bresp.next = self.memory.axi_bresp.val();
        self.axi_bvalid.next = self.memory.axi_bvalid.val();
        self.memory.axi_bready.next = self.axi_bready.val();
        self.memory.axi_araddr.next = self.axi_araddr.val();
        self.memory.axi_arlen.next = self.axi_arlen.val();
        self.memory.axi_arsize.next = self.axi_arsize.val();
        self.memory.axi_arburst.next = self.axi_arburst.val();
        self.memory.axi_arvalid.next = self.axi_arvalid.val();
        self.axi_arready.next = self.memory.axi_arready.val();
        self.axi_rdata.next = self.memory.axi_rdata.val();
        self.axi_rresp.next = self.memory.axi_rresp.val();
        self.axi_rlast.next = self.memory.axi_rlast.val();
        self.axi_rvalid.next = self.memory.axi_rvalid.val();
        self.memory.axi_rready.next = self.axi_rready.val();
    }
}
