//! AXI4-Lite, as a slave.

use rust_hdl::prelude::*;

use crate::hw;
use crate::prim::{Dffr, Reg};

hw! {
    /// Takes one access at a time and hands it on.
    ///
    /// ```text
    ///  axil_aw ─┐
    ///  axil_w  ─┴► write ─┐                    ┌─► axil_b
    ///  axil_ar ─► read ───┴► do_* ─► done_* ───┴─► axil_r
    /// ```
    /// Address and data of a write may come in either order (AMBA AXI4, A3.3). Reads and writes take turns. `do_valid` stays, with
    /// what goes with it, until `done_valid`, a pulse. An access with `done_missing` is answered with SLVERR, a read gives 0.
    pub struct LiteSlave {
        pub clock: Signal<In, Clock> = Default::default(),
        pub rst: Signal<In, Bit> = Default::default(),
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
        pub do_valid: Signal<Out, Bit> = Default::default(),
        pub do_write: Signal<Out, Bit> = Default::default(),
        pub do_addr: Signal<Out, Bits<16>> = Default::default(),
        pub do_data: Signal<Out, Bits<32>> = Default::default(),
        pub do_strobe: Signal<Out, Bits<4>> = Default::default(),
        pub done_valid: Signal<In, Bit> = Default::default(),
        pub done_missing: Signal<In, Bit> = Default::default(),
        pub done_data: Signal<In, Bits<32>> = Default::default(),
        aw: Dffr<Bit> = Default::default(),
        aw_addr: Reg<Bits<16>> = Default::default(),
        w: Dffr<Bit> = Default::default(),
        w_data: Reg<Bits<32>> = Default::default(),
        w_strobe: Reg<Bits<4>> = Default::default(),
        ar: Dffr<Bit> = Default::default(),
        ar_addr: Reg<Bits<16>> = Default::default(),
        busy: Dffr<Bit> = Default::default(),
        // The last access, or the one under way, is a write.
        writing: Dffr<Bit> = Default::default(),
        b: Dffr<Bit> = Default::default(),
        r: Dffr<Bit> = Default::default(),
        resp: Reg<Bits<2>> = Default::default(),
        r_data: Reg<Bits<32>> = Default::default(),
        r_resp: Reg<Bits<2>> = Default::default(),
        can_write: Signal<Local, Bit> = Default::default(),
        can_read: Signal<Local, Bit> = Default::default(),
        slverr: Constant<Bits<2>> = Constant::new(2_u64.into()),
    }
}

impl Logic for LiteSlave {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, aw, aw_addr, w, w_data, w_strobe, ar, ar_addr, busy, writing, b, r);
        dff_setup!(self, clock, resp, r_data, r_resp);
        self.aw.rst.next = self.rst.val();
        self.w.rst.next = self.rst.val();
        self.ar.rst.next = self.rst.val();
        self.busy.rst.next = self.rst.val();
        self.writing.rst.next = self.rst.val();
        self.b.rst.next = self.rst.val();
        self.r.rst.next = self.rst.val();
        if self.axil_awvalid.val() & !self.aw.q.val() {
            self.aw.d.next = true;
            self.aw_addr.d.next = self.axil_awaddr.val();
        }
        if self.axil_wvalid.val() & !self.w.q.val() {
            self.w.d.next = true;
            self.w_data.d.next = self.axil_wdata.val();
            self.w_strobe.d.next = self.axil_wstrb.val();
        }
        if self.axil_arvalid.val() & !self.ar.q.val() {
            self.ar.d.next = true;
            self.ar_addr.d.next = self.axil_araddr.val();
        }
        if self.axil_bready.val() {
            self.b.d.next = false;
        }
        if self.axil_rready.val() {
            self.r.d.next = false;
        }
        self.can_write.next = self.aw.q.val() & self.w.q.val() & !self.b.q.val();
        self.can_read.next = self.ar.q.val() & !self.r.q.val();
        if self.busy.q.val() {
            if self.done_valid.val() {
                self.busy.d.next = false;
                if self.writing.q.val() {
                    self.aw.d.next = false;
                    self.w.d.next = false;
                    self.b.d.next = true;
                    self.resp.d.next = 0.into();
                    if self.done_missing.val() {
                        self.resp.d.next = self.slverr.val();
                    }
                } else {
                    self.ar.d.next = false;
                    self.r.d.next = true;
                    self.r_data.d.next = self.done_data.val();
                    self.r_resp.d.next = 0.into();
                    if self.done_missing.val() {
                        self.r_data.d.next = 0.into();
                        self.r_resp.d.next = self.slverr.val();
                    }
                }
            }
        } else if self.can_write.val() & (!self.can_read.val() | !self.writing.q.val()) {
            self.busy.d.next = true;
            self.writing.d.next = true;
        } else if self.can_read.val() {
            self.busy.d.next = true;
            self.writing.d.next = false;
        }
        self.axil_awready.next = !self.aw.q.val();
        self.axil_wready.next = !self.w.q.val();
        self.axil_arready.next = !self.ar.q.val();
        self.axil_bvalid.next = self.b.q.val();
        self.axil_bresp.next = self.resp.q.val();
        self.axil_rvalid.next = self.r.q.val();
        self.axil_rdata.next = self.r_data.q.val();
        self.axil_rresp.next = self.r_resp.q.val();
        self.do_valid.next = self.busy.q.val();
        self.do_write.next = self.writing.q.val();
        self.do_addr.next = self.ar_addr.q.val();
        if self.writing.q.val() {
            self.do_addr.next = self.aw_addr.q.val();
        }
        self.do_data.next = self.w_data.q.val();
        self.do_strobe.next = self.w_strobe.q.val();
    }
}
