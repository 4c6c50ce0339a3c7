//! The card's whole memory behind one AXI4 port.

use ferrolane_abi::card;
use rust_hdl::prelude::*;

use super::config::field_lsb;
use super::dram::CardDram;
use super::memory_order::MemoryOrder;
use super::memory_turn::MemoryTurn;
use super::sram::CardSram;
use crate::hw;

hw! {
    /// SRAM of 2^(`LB` + `RA`) bytes at address 0, DRAM of 2^(`LB` + `DA`) bytes at 2^32, both at most 4 GiB.
    ///
    /// ```text
    ///            ┌─► order ─┐ whose turn
    ///  aw, w ─┬──┴─► SRAM ──┴┬─► b
    ///         └────► DRAM ───┘          ar, r likewise
    /// ```
    /// Addresses elsewhere have the response DECERR (AMBA AXI4 A3.4.4): those between the memories, and those above, from the memory below
    /// them. All transactions have one ID, so data and responses come in the order of the addresses, whichever memory has them
    /// (A5.3); up to sixteen bursts each way, two of them writes whose data has not come. `timing` is the register DRAM_TIMING.
    pub struct CardMemory<const W: usize, const KB: usize, const LB: usize, const RA: usize, const DA: usize> {
        pub clock: Signal<In, Clock> = Default::default(),
        pub rst: Signal<In, Bit> = Default::default(),
        pub timing: Signal<In, Bits<28>> = Default::default(),
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
        sram: CardSram<W, KB, LB, RA> = Default::default(),
        dram: CardDram<W, KB, LB, DA> = Default::default(),
        // Bursts whose data, whose response, and whose read data have not come.
        data: MemoryTurn = Default::default(),
        answers: MemoryOrder = Default::default(),
        reads: MemoryOrder = Default::default(),
        to_dram: Signal<Local, Bit> = Default::default(),
        from_dram: Signal<Local, Bit> = Default::default(),
        low_aw: Signal<Local, Bits<64>> = Default::default(),
        low_ar: Signal<Local, Bits<64>> = Default::default(),
        aw_ready: Signal<Local, Bit> = Default::default(),
        aw: Signal<Local, Bit> = Default::default(),
        ar_ready: Signal<Local, Bit> = Default::default(),
        ar: Signal<Local, Bit> = Default::default(),
        w_ready: Signal<Local, Bit> = Default::default(),
        b_valid: Signal<Local, Bit> = Default::default(),
        r_valid: Signal<Local, Bit> = Default::default(),
        dram_page: Constant<Bits<32>> = Constant::new((card::DRAM_BASE >> 32).into()),
        below: Constant<Bits<64>> = Constant::new(0xFFFF_FFFF_u64.into()),
        latency_lsb: Constant<Bits<5>> = field_lsb(&card::global::DRAM_TIMING, "LATENCY"),
        period_lsb: Constant<Bits<5>> = field_lsb(&card::global::DRAM_TIMING, "PERIOD"),
        stall_lsb: Constant<Bits<5>> = field_lsb(&card::global::DRAM_TIMING, "REFRESH"),
    }
}

impl<const W: usize, const KB: usize, const LB: usize, const RA: usize, const DA: usize> Logic
    for CardMemory<W, KB, LB, RA, DA>
{
    #[hdl_gen]
    fn update(&mut self) {
        clock!(self, clock, sram, dram, data, answers, reads);
        self.sram.rst.next = self.rst.val();
        self.dram.rst.next = self.rst.val();
        self.data.rst.next = self.rst.val();
        self.answers.rst.next = self.rst.val();
        self.reads.rst.next = self.rst.val();
        self.sram.hold.next = false;
        self.dram.latency.next = self.timing.val().get_bits::<8>(self.latency_lsb.val().index());
        self.dram.period.next = self.timing.val().get_bits::<12>(self.period_lsb.val().index());
        self.dram.stall.next = self.timing.val().get_bits::<8>(self.stall_lsb.val().index());

        // Addresses of writes. Both memories must be able to take one, so `ready` does not depend on the address.
        self.to_dram.next = self.axi_awaddr.val().get_bits::<32>(32) == self.dram_page.val();
        self.low_aw.next = self.axi_awaddr.val();
        if self.to_dram.val() {
            self.low_aw.next = self.axi_awaddr.val() & self.below.val();
        }
        self.aw_ready.next = self.sram.axi_awready.val()
            & self.dram.axi_awready.val()
            & self.data.in_ready.val()
            & self.answers.in_ready.val();
        self.aw.next = self.axi_awvalid.val() & self.aw_ready.val();
        self.axi_awready.next = self.aw_ready.val();
        self.sram.axi_awaddr.next = self.low_aw.val();
        self.sram.axi_awlen.next = self.axi_awlen.val();
        self.sram.axi_awsize.next = self.axi_awsize.val();
        self.sram.axi_awburst.next = self.axi_awburst.val();
        self.sram.axi_awvalid.next = self.aw.val() & !self.to_dram.val();
        self.dram.axi_awaddr.next = self.low_aw.val();
        self.dram.axi_awlen.next = self.axi_awlen.val();
        self.dram.axi_awsize.next = self.axi_awsize.val();
        self.dram.axi_awburst.next = self.axi_awburst.val();
        self.dram.axi_awvalid.next = self.aw.val() & self.to_dram.val();
        self.data.in_valid.next = self.aw.val();
        self.data.in_dram.next = self.to_dram.val();
        self.data.in_len.next = self.axi_awlen.val();
        self.answers.in_valid.next = self.aw.val();
        self.answers.in_dram.next = self.to_dram.val();
        self.answers.in_len.next = 0.into();

        // Data of writes.
        self.w_ready.next = self.data.out_valid.val() & self.sram.axi_wready.val();
        if self.data.out_dram.val() {
            self.w_ready.next = self.data.out_valid.val() & self.dram.axi_wready.val();
        }
        self.axi_wready.next = self.w_ready.val();
        self.sram.axi_wdata.next = self.axi_wdata.val();
        self.sram.axi_wstrb.next = self.axi_wstrb.val();
        self.sram.axi_wlast.next = self.axi_wlast.val();
        self.sram.axi_wvalid.next =
            self.axi_wvalid.val() & self.data.out_valid.val() & !self.data.out_dram.val();
        self.dram.axi_wdata.next = self.axi_wdata.val();
        self.dram.axi_wstrb.next = self.axi_wstrb.val();
        self.dram.axi_wlast.next = self.axi_wlast.val();
        self.dram.axi_wvalid.next =
            self.axi_wvalid.val() & self.data.out_valid.val() & self.data.out_dram.val();
        self.data.beat.next = self.axi_wvalid.val() & self.w_ready.val();

        // Responses.
        self.b_valid.next = self.answers.out_valid.val() & self.sram.axi_bvalid.val();
        self.axi_bresp.next = self.sram.axi_bresp.val();
        if self.answers.out_dram.val() {
            self.b_valid.next = self.answers.out_valid.val() & self.dram.axi_bvalid.val();
            self.axi_bresp.next = self.dram.axi_bresp.val();
        }
        self.axi_bvalid.next = self.b_valid.val();
        self.sram.axi_bready.next =
            self.axi_bready.val() & self.answers.out_valid.val() & !self.answers.out_dram.val();
        self.dram.axi_bready.next =
            self.axi_bready.val() & self.answers.out_valid.val() & self.answers.out_dram.val();
        self.answers.beat.next = self.b_valid.val() & self.axi_bready.val();

        // Reads.
        self.from_dram.next = self.axi_araddr.val().get_bits::<32>(32) == self.dram_page.val();
        self.low_ar.next = self.axi_araddr.val();
        if self.from_dram.val() {
            self.low_ar.next = self.axi_araddr.val() & self.below.val();
        }
        self.ar_ready.next =
            self.sram.axi_arready.val() & self.dram.axi_arready.val() & self.reads.in_ready.val();
        self.ar.next = self.axi_arvalid.val() & self.ar_ready.val();
        self.axi_arready.next = self.ar_ready.val();
        self.sram.axi_araddr.next = self.low_ar.val();
        self.sram.axi_arlen.next = self.axi_arlen.val();
        self.sram.axi_arsize.next = self.axi_arsize.val();
        self.sram.axi_arburst.next = self.axi_arburst.val();
        self.sram.axi_arvalid.next = self.ar.val() & !self.from_dram.val();
        self.dram.axi_araddr.next = self.low_ar.val();
        self.dram.axi_arlen.next = self.axi_arlen.val();
        self.dram.axi_arsize.next = self.axi_arsize.val();
        self.dram.axi_arburst.next = self.axi_arburst.val();
        self.dram.axi_arvalid.next = self.ar.val() & self.from_dram.val();
        self.reads.in_valid.next = self.ar.val();
        self.reads.in_dram.next = self.from_dram.val();
        self.reads.in_len.next = self.axi_arlen.val();
        self.r_valid.next = self.reads.out_valid.val() & self.sram.axi_rvalid.val();
        self.axi_rdata.next = self.sram.axi_rdata.val();
        self.axi_rresp.next = self.sram.axi_rresp.val();
        self.axi_rlast.next = self.sram.axi_rlast.val();
        if self.reads.out_dram.val() {
            self.r_valid.next = self.reads.out_valid.val() & self.dram.axi_rvalid.val();
            self.axi_rdata.next = self.dram.axi_rdata.val();
            self.axi_rresp.next = self.dram.axi_rresp.val();
            self.axi_rlast.next = self.dram.axi_rlast.val();
        }
        self.axi_rvalid.next = self.r_valid.val();
        self.sram.axi_rready.next =
            self.axi_rready.val() & self.reads.out_valid.val() & !self.reads.out_dram.val();
        self.dram.axi_rready.next =
            self.axi_rready.val() & self.reads.out_valid.val() & self.reads.out_dram.val();
        self.reads.beat.next = self.r_valid.val() & self.axi_rready.val();
    }
}
