//! A model of external memory.

use rust_hdl::prelude::*;

use super::dram_delay::DramDelay;
use super::dram_refresh::DramRefresh;
use super::sram::CardSram;
use crate::hw;

hw! {
    /// The storage of [`CardSram`] with the times of a DRAM.
    ///
    /// ```text
    ///  aw, w ───────────► storage ─► delay ─► b
    ///  ar ─► delay ─────► storage ──────────► r
    ///                        ▲ hold
    ///                     refresh
    /// ```
    /// `latency` clocks from a read's address to its first beat, and from a write's last beat to its response. The circuit itself takes 7 and 5 clocks; less counts as that.
    /// Sixteen bursts each way may wait at a time, so bursts of more than `latency` / 16 beats move a beat per clock; a
    /// burst's address is taken every other clock. In every `period` clocks no beat moves for `stall` clocks (beats that were read
    /// already go out). 0 switches each off. Responses and limits are those of the storage.
    pub struct CardDram<const W: usize, const KB: usize, const LB: usize, const DA: usize> {
        pub clock: Signal<In, Clock> = Default::default(),
        pub rst: Signal<In, Bit> = Default::default(),
        pub latency: Signal<In, Bits<8>> = Default::default(),
        pub period: Signal<In, Bits<12>> = Default::default(),
        pub stall: Signal<In, Bits<8>> = Default::default(),
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
        storage: CardSram<W, KB, LB, DA> = Default::default(),
        refresh: DramRefresh = Default::default(),
        // Address 31:0, length 39:32, size 42:40, burst 44:43.
        reads: DramDelay<45, 5> = Default::default(),
        answers: DramDelay<2, 3> = Default::default(),
        low: Signal<Local, Bits<45>> = Default::default(),
        whole: Signal<Local, Bits<64>> = Default::default(),
    }
}

impl<const W: usize, const KB: usize, const LB: usize, const DA: usize> Logic for CardDram<W, KB, LB, DA> {
    #[hdl_gen]
    fn update(&mut self) {
        clock!(self, clock, storage, refresh, reads, answers);
        self.storage.rst.next = self.rst.val();
        self.refresh.rst.next = self.rst.val();
        self.reads.rst.next = self.rst.val();
        self.answers.rst.next = self.rst.val();
        self.refresh.period.next = self.period.val();
        self.refresh.stall.next = self.stall.val();
        self.reads.latency.next = self.latency.val();
        self.answers.latency.next = self.latency.val();
        self.storage.hold.next = self.refresh.hold.val();

        // Writes.
        self.storage.axi_awaddr.next = self.axi_awaddr.val();
        self.storage.axi_awlen.next = self.axi_awlen.val();
        self.storage.axi_awsize.next = self.axi_awsize.val();
        self.storage.axi_awburst.next = self.axi_awburst.val();
        self.storage.axi_awvalid.next = self.axi_awvalid.val();
        self.axi_awready.next = self.storage.axi_awready.val();
        self.storage.axi_wdata.next = self.axi_wdata.val();
        self.storage.axi_wstrb.next = self.axi_wstrb.val();
        self.storage.axi_wlast.next = self.axi_wlast.val();
        self.storage.axi_wvalid.next = self.axi_wvalid.val();
        self.axi_wready.next = self.storage.axi_wready.val();
        self.answers.in_valid.next = self.storage.axi_bvalid.val();
        self.answers.in_data.next = self.storage.axi_bresp.val();
        self.storage.axi_bready.next = self.answers.in_ready.val();
        self.axi_bvalid.next = self.answers.out_valid.val();
        self.axi_bresp.next = self.answers.out_data.val();
        self.answers.out_ready.next = self.axi_bready.val();

        // Reads.
        self.whole.next = self.axi_araddr.val();
        self.low.next = (bit_cast::<45, 2>(self.axi_arburst.val()) << 43)
            | (bit_cast::<45, 3>(self.axi_arsize.val()) << 40)
            | (bit_cast::<45, 8>(self.axi_arlen.val()) << 32)
            | bit_cast::<45, 32>(self.whole.val().get_bits::<32>(0));
        self.reads.in_valid.next = self.axi_arvalid.val();
        self.reads.in_data.next = self.low.val();
        self.axi_arready.next = self.reads.in_ready.val();
        self.storage.axi_araddr.next = bit_cast::<64, 32>(self.reads.out_data.val().get_bits::<32>(0));
        self.storage.axi_arlen.next = self.reads.out_data.val().get_bits::<8>(32);
        self.storage.axi_arsize.next = self.reads.out_data.val().get_bits::<3>(40);
        self.storage.axi_arburst.next = self.reads.out_data.val().get_bits::<2>(43);
        self.storage.axi_arvalid.next = self.reads.out_valid.val();
        self.reads.out_ready.next = self.storage.axi_arready.val();
        self.axi_rdata.next = self.storage.axi_rdata.val();
        self.axi_rresp.next = self.storage.axi_rresp.val();
        self.axi_rlast.next = self.storage.axi_rlast.val();
        self.axi_rvalid.next = self.storage.axi_rvalid.val();
        self.storage.axi_rready.next = self.axi_rready.val();
    }
}
