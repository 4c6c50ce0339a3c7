//! The card's memory.

use rust_hdl::prelude::*;

use crate::hw;
use crate::prim::{Dffr, Reg};
use crate::stream::{ByteRam, Fifo};

hw! {
    /// One side's bursts: two addresses in hand, one beat's row per clock.
    ///
    /// ```text
    ///  a* ─► next ─► current ─► row, last, resp
    /// ```
    /// INCR and FIXED with any size (AMBA AXI4, A3.4.1); a WRAP burst, and an address beyond `AW` bits, have an error
    /// response (A3.4.4) for each beat and no effect. A burst never leaves its 4 KiB, so one look at the address is enough.
    pub struct SramBurst<const LB: usize, const RA: usize> {
        pub clock: Signal<In, Clock> = Default::default(),
        pub rst: Signal<In, Bit> = Default::default(),
        pub addr: Signal<In, Bits<64>> = Default::default(),
        pub len: Signal<In, Bits<8>> = Default::default(),
        pub size: Signal<In, Bits<3>> = Default::default(),
        pub burst: Signal<In, Bits<2>> = Default::default(),
        pub valid: Signal<In, Bit> = Default::default(),
        pub ready: Signal<Out, Bit> = Default::default(),
        pub row_valid: Signal<Out, Bit> = Default::default(),
        pub row: Signal<Out, Bits<RA>> = Default::default(),
        pub row_last: Signal<Out, Bit> = Default::default(),
        pub row_resp: Signal<Out, Bits<2>> = Default::default(),
        pub row_take: Signal<In, Bit> = Default::default(),
        have: Dffr<Bit> = Default::default(),
        at: Reg<Bits<32>> = Default::default(),
        left: Reg<Bits<8>> = Default::default(),
        by: Reg<Bits<32>> = Default::default(),
        resp: Reg<Bits<2>> = Default::default(),
        more: Dffr<Bit> = Default::default(),
        more_at: Reg<Bits<32>> = Default::default(),
        more_left: Reg<Bits<8>> = Default::default(),
        more_by: Reg<Bits<32>> = Default::default(),
        more_resp: Reg<Bits<2>> = Default::default(),
        take: Signal<Local, Bit> = Default::default(),
        ends: Signal<Local, Bit> = Default::default(),
        step: Signal<Local, Bits<32>> = Default::default(),
        offset: Signal<Local, Bits<32>> = Default::default(),
        aligned: Signal<Local, Bits<32>> = Default::default(),
        beyond: Signal<Local, Bits<64>> = Default::default(),
        code: Signal<Local, Bits<2>> = Default::default(),
        one: Constant<Bits<32>> = Constant::new(1_u64.into()),
        size_log2: Constant<Bits<6>> = Constant::new(((LB + RA) as u64).into()),
        row_log2: Constant<Bits<6>> = Constant::new((LB as u64).into()),
        fixed: Constant<Bits<2>> = Constant::new(0_u64.into()),
        slverr: Constant<Bits<2>> = Constant::new(2_u64.into()),
        decerr: Constant<Bits<2>> = Constant::new(3_u64.into()),
    }
}

impl<const LB: usize, const RA: usize> Logic for SramBurst<LB, RA> {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, have, at, left, by, resp, more, more_at, more_left, more_by, more_resp);
        self.have.rst.next = self.rst.val();
        self.more.rst.next = self.rst.val();
        // A burst's later beats are aligned to their size (A3.4.1).
        self.step.next = self.one.val() << self.size.val();
        self.offset.next = self.step.val() - 1;
        if self.burst.val() == self.fixed.val() {
            self.step.next = 0.into();
            self.offset.next = 0.into();
        }
        self.aligned.next = !self.offset.val();
        self.beyond.next = self.addr.val() >> self.size_log2.val();
        self.code.next = 0.into();
        if self.burst.val().get_bit(1) {
            self.code.next = self.slverr.val();
        }
        if self.beyond.val().any() {
            self.code.next = self.decerr.val();
        }
        self.take.next = self.valid.val() & !self.more.q.val();
        self.ends.next = self.row_take.val() & !self.left.q.val().any();
        if self.row_take.val() {
            self.at.d.next = self.at.q.val() + self.by.q.val();
            self.left.d.next = self.left.q.val() - 1;
        }
        if !self.more.q.val() {
            self.more_at.d.next = bit_cast::<32, 64>(self.addr.val()) & self.aligned.val();
            self.more_left.d.next = self.len.val();
            self.more_by.d.next = self.step.val();
            self.more_resp.d.next = self.code.val();
        }
        if self.ends.val() | !self.have.q.val() {
            self.have.d.next = self.more.q.val() | self.take.val();
            self.more.d.next = false;
            self.at.d.next = self.more_at.d.val();
            self.left.d.next = self.more_left.d.val();
            self.by.d.next = self.more_by.d.val();
            self.resp.d.next = self.more_resp.d.val();
        } else if self.take.val() {
            self.more.d.next = true;
        }
        self.ready.next = !self.more.q.val();
        self.row_valid.next = self.have.q.val();
        self.row.next = bit_cast::<RA, 32>(self.at.q.val() >> self.row_log2.val());
        self.row_last.next = !self.left.q.val().any();
        self.row_resp.next = self.resp.q.val();
    }
}

hw! {
    /// An AXI4 memory of 2^(`LB` + `RA`) bytes, `LB` = log2(W/8), at least 4 KiB; 64-bit addresses.
    ///
    /// ```text
    ///  aw ─► burst ─► row ─┐
    ///  w ──────────────────┴─► banks of bytes ─► FIFO ─► r
    ///  b ◄── FIFO ◄─ last beat      ▲
    ///  ar ─► burst ─► row ──────────┘
    /// ```
    /// A beat per clock in both directions at once, without a gap between bursts. Responses come in the order of the addresses,
    /// so there are no ID signals. A write is in the memory when its response is offered; `wlast` is not looked at, the
    /// length counts. While `hold` is high no beat is taken or read; up to nine that were read before still go out.
    pub struct CardSram<const W: usize, const KB: usize, const LB: usize, const RA: usize> {
        pub clock: Signal<In, Clock> = Default::default(),
        pub rst: Signal<In, Bit> = Default::default(),
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
        pub hold: Signal<In, Bit> = Default::default(),
        ram: ByteRam<W, KB, RA> = Default::default(),
        write: SramBurst<LB, RA> = Default::default(),
        read: SramBurst<LB, RA> = Default::default(),
        answers: Fifo<2, 3, 4> = Default::default(),
        words: Fifo<W, 3, 4> = Default::default(),
        sides: Fifo<3, 3, 4> = Default::default(),
        got: Dffr<Bit> = Default::default(),
        got_side: Reg<Bits<3>> = Default::default(),
        // Reads under way and in the FIFO.
        level: Dffr<Bits<4>> = Default::default(),
        takes: Signal<Local, Bit> = Default::default(),
        put: Signal<Local, Bit> = Default::default(),
        fetch: Signal<Local, Bit> = Default::default(),
        leave: Signal<Local, Bit> = Default::default(),
        none: Constant<Bits<KB>> = Constant::new(0_u64.into()),
    }
}

impl<const W: usize, const KB: usize, const LB: usize, const RA: usize> Logic for CardSram<W, KB, LB, RA> {
    #[hdl_gen]
    fn update(&mut self) {
        clock!(self, clock, ram, write, read, answers, words, sides);
        dff_setup!(self, clock, got, got_side, level);
        self.write.rst.next = self.rst.val();
        self.read.rst.next = self.rst.val();
        self.answers.rst.next = self.rst.val();
        self.words.rst.next = self.rst.val();
        self.sides.rst.next = self.rst.val();
        self.got.rst.next = self.rst.val();
        self.level.rst.next = self.rst.val();

        // Writes.
        self.write.addr.next = self.axi_awaddr.val();
        self.write.len.next = self.axi_awlen.val();
        self.write.size.next = self.axi_awsize.val();
        self.write.burst.next = self.axi_awburst.val();
        self.write.valid.next = self.axi_awvalid.val();
        self.axi_awready.next = self.write.ready.val();
        self.takes.next = self.write.row_valid.val() & self.answers.in_ready.val() & !self.hold.val();
        self.axi_wready.next = self.takes.val();
        self.put.next = self.axi_wvalid.val() & self.takes.val();
        self.write.row_take.next = self.put.val();
        self.ram.w_row.next = self.write.row.val();
        self.ram.w_row2.next = self.write.row.val();
        self.ram.w_second.next = self.none.val();
        self.ram.w_enable.next = self.none.val();
        if self.put.val() & !self.write.row_resp.val().any() {
            self.ram.w_enable.next = self.axi_wstrb.val();
        }
        self.ram.w_data.next = self.axi_wdata.val();
        self.answers.in_valid.next = self.put.val() & self.write.row_last.val();
        self.answers.in_data.next = self.write.row_resp.val();
        self.answers.out_ready.next = self.axi_bready.val();
        self.axi_bvalid.next = self.answers.out_valid.val();
        self.axi_bresp.next = self.answers.out_data.val();

        // Reads: a beat is asked for only if the FIFO will have room for it.
        self.read.addr.next = self.axi_araddr.val();
        self.read.len.next = self.axi_arlen.val();
        self.read.size.next = self.axi_arsize.val();
        self.read.burst.next = self.axi_arburst.val();
        self.read.valid.next = self.axi_arvalid.val();
        self.axi_arready.next = self.read.ready.val();
        self.fetch.next = self.read.row_valid.val() & !self.level.q.val().get_bit(3) & !self.hold.val();
        self.read.row_take.next = self.fetch.val();
        self.ram.r_row.next = self.read.row.val();
        self.ram.r_row2.next = self.read.row.val();
        self.ram.r_second.next = self.none.val();
        self.got.d.next = self.fetch.val();
        self.got_side.d.next = bit_cast::<3, 2>(self.read.row_resp.val()) << 1;
        if self.read.row_last.val() {
            self.got_side.d.next = (bit_cast::<3, 2>(self.read.row_resp.val()) << 1) | 1;
        }
        self.words.in_valid.next = self.got.q.val();
        self.words.in_data.next = self.ram.r_data.val();
        if self.got_side.q.val().get_bit(2) {
            self.words.in_data.next = 0.into();
        }
        self.sides.in_valid.next = self.got.q.val();
        self.sides.in_data.next = self.got_side.q.val();
        self.leave.next = self.words.out_valid.val() & self.axi_rready.val();
        self.words.out_ready.next = self.axi_rready.val();
        self.sides.out_ready.next = self.axi_rready.val();
        if self.fetch.val() & !self.leave.val() {
            self.level.d.next = self.level.q.val() + 1;
        }
        if self.leave.val() & !self.fetch.val() {
            self.level.d.next = self.level.q.val() - 1;
        }
        self.axi_rvalid.next = self.words.out_valid.val();
        self.axi_rdata.next = self.words.out_data.val();
        self.axi_rlast.next = self.sides.out_data.val().get_bit(0);
        self.axi_rresp.next = self.sides.out_data.val().get_bits::<2>(1);
    }
}
