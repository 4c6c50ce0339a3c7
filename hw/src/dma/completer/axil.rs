//! The card's own registers: an AXI4-Lite master behind a BAR.

use rust_hdl::prelude::*;

use crate::hw;
use crate::prim::{Dffr, Reg};

#[derive(Copy, Clone, Debug, PartialEq, LogicState)]
enum AxilState {
    Idle,
    Write,
    WriteEnd,
    Read,
}

hw! {
    /// Passes the host's accesses to the user registers' BAR on to an AXI4-Lite slave, one at a time.
    ///
    /// ```text
    ///  user_w_* ─┐              ┌─► AW, W ─► B ─┐
    ///            ├─► one access ┤               ├─► user_w_ready / user_r_done
    ///  user_r_* ─┘    timer     └─► AR ────► R ─┘
    /// ```
    /// `AW` is the width of the address: the BAR has 2^`AW` bytes, 19 at most. A write ends when its response has come
    /// (AMBA AXI and ACE, A3.3: AXI4-Lite has one for each), so what the host reads next sees it. Valid never waits for
    /// ready, and stays, with its address and data, until ready (A3.2.1, A3.2.2).
    ///
    /// An error response, and no response within 2^`TO` clocks, pulses `axil_error`; such a read gives all ones. A response
    /// that comes later is taken and forgotten. Until then accesses of the same kind fail at once: a slave that
    /// doesn't answer can't hold up the host more than once.
    ///
    /// `core_rst` ends the host's side alone, as a timeout would, since AXI knows no way to withdraw an access. `rst` clears
    /// all, and must reset the slave, too.
    pub struct Axil<const AW: usize, const TO: usize> {
        pub clock: Signal<In, Clock> = Default::default(),
        pub rst: Signal<In, Bit> = Default::default(),
        pub core_rst: Signal<In, Bit> = Default::default(),
        pub user_w_valid: Signal<In, Bit> = Default::default(),
        pub user_w_ready: Signal<Out, Bit> = Default::default(),
        pub t_w_addr: Signal<In, Bits<19>> = Default::default(),
        pub t_w_data: Signal<In, Bits<32>> = Default::default(),
        pub t_w_be: Signal<In, Bits<4>> = Default::default(),
        pub user_r_valid: Signal<In, Bit> = Default::default(),
        pub t_r_addr: Signal<In, Bits<19>> = Default::default(),
        pub user_r_done: Signal<Out, Bit> = Default::default(),
        /// 0 but in the clock of `user_r_done`.
        pub user_r_data: Signal<Out, Bits<32>> = Default::default(),
        /// Pulse: an access failed.
        pub axil_error: Signal<Out, Bit> = Default::default(),
        pub axil_awaddr: Signal<Out, Bits<AW>> = Default::default(),
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
        pub axil_araddr: Signal<Out, Bits<AW>> = Default::default(),
        pub axil_arprot: Signal<Out, Bits<3>> = Default::default(),
        pub axil_arvalid: Signal<Out, Bit> = Default::default(),
        pub axil_arready: Signal<In, Bit> = Default::default(),
        pub axil_rdata: Signal<In, Bits<32>> = Default::default(),
        pub axil_rresp: Signal<In, Bits<2>> = Default::default(),
        pub axil_rvalid: Signal<In, Bit> = Default::default(),
        pub axil_rready: Signal<Out, Bit> = Default::default(),
        state: Dffr<AxilState> = Dffr::new(AxilState::Idle),
        r_asked: Dffr<Bit> = Default::default(),
        aw_valid: Dffr<Bit> = Default::default(),
        w_valid: Dffr<Bit> = Default::default(),
        ar_valid: Dffr<Bit> = Default::default(),
        aw_addr: Reg<Bits<AW>> = Default::default(),
        w_data: Reg<Bits<32>> = Default::default(),
        w_strb: Reg<Bits<4>> = Default::default(),
        ar_addr: Reg<Bits<AW>> = Default::default(),
        // A response is owed, whether or not somebody still waits for it.
        b_due: Dffr<Bit> = Default::default(),
        r_due: Dffr<Bit> = Default::default(),
        timer: Reg<Bits<TO>> = Default::default(),
        late: Reg<Bit> = Default::default(),
        failed: Dffr<Bit> = Default::default(),
        done: Dffr<Bit> = Default::default(),
        data: Dffr<Bits<32>> = Default::default(),
        b_comes: Signal<Local, Bit> = Default::default(),
        r_comes: Signal<Local, Bit> = Default::default(),
        host_rst: Signal<Local, Bit> = Default::default(),
        one: Constant<Bits<TO>> = Constant::new(1_u64.into()),
        full: Constant<Bits<TO>> = Constant::new(((1_u64 << TO) - 1).into()),
        ones: Constant<Bits<32>> = Constant::new(0xFFFF_FFFF_u64.into()),
    }
}

impl<const AW: usize, const TO: usize> Logic for Axil<AW, TO> {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self, clock, state, r_asked, aw_valid, w_valid, ar_valid, aw_addr, w_data, w_strb, ar_addr
        );
        dff_setup!(self, clock, b_due, r_due, timer, late, failed, done, data);
        self.aw_valid.rst.next = self.rst.val();
        self.w_valid.rst.next = self.rst.val();
        self.ar_valid.rst.next = self.rst.val();
        self.b_due.rst.next = self.rst.val();
        self.r_due.rst.next = self.rst.val();
        self.host_rst.next = self.rst.val() | self.core_rst.val();
        self.state.rst.next = self.host_rst.val();
        self.r_asked.rst.next = self.host_rst.val();
        self.failed.rst.next = self.host_rst.val();
        self.done.rst.next = self.host_rst.val();
        self.data.rst.next = self.host_rst.val();

        // The channels.
        self.axil_awaddr.next = self.aw_addr.q.val();
        self.axil_awprot.next = 0.into();
        self.axil_awvalid.next = self.aw_valid.q.val();
        self.axil_wdata.next = self.w_data.q.val();
        self.axil_wstrb.next = self.w_strb.q.val();
        self.axil_wvalid.next = self.w_valid.q.val();
        self.axil_araddr.next = self.ar_addr.q.val();
        self.axil_arprot.next = 0.into();
        self.axil_arvalid.next = self.ar_valid.q.val();
        if self.axil_awready.val() {
            self.aw_valid.d.next = false;
        }
        if self.axil_wready.val() {
            self.w_valid.d.next = false;
        }
        if self.axil_arready.val() {
            self.ar_valid.d.next = false;
        }
        // A response counts only once address and data were taken (A3.3.1).
        self.axil_bready.next = self.b_due.q.val() & !self.aw_valid.q.val() & !self.w_valid.q.val();
        self.axil_rready.next = self.r_due.q.val() & !self.ar_valid.q.val();
        self.b_comes.next =
            self.axil_bvalid.val() & self.b_due.q.val() & !self.aw_valid.q.val() & !self.w_valid.q.val();
        self.r_comes.next = self.axil_rvalid.val() & self.r_due.q.val() & !self.ar_valid.q.val();
        if self.b_comes.val() {
            self.b_due.d.next = false;
        }
        if self.r_comes.val() {
            self.r_due.d.next = false;
        }

        // The host's access.
        if self.user_r_valid.val() {
            self.r_asked.d.next = true;
        }
        self.timer.d.next = self.timer.q.val() + self.one.val();
        self.late.d.next = self.timer.q.val() == self.full.val();
        self.failed.d.next = false;
        self.done.d.next = false;
        self.data.d.next = 0.into();
        match self.state.q.val() {
            AxilState::Idle => {
                self.timer.d.next = 0.into();
                self.late.d.next = false;
                if self.r_asked.q.val() {
                    if self.r_due.q.val() {
                        self.r_asked.d.next = false;
                        self.done.d.next = true;
                        self.data.d.next = self.ones.val();
                        self.failed.d.next = true;
                    } else {
                        self.ar_addr.d.next = bit_cast::<AW, 19>(self.t_r_addr.val());
                        self.ar_valid.d.next = true;
                        self.r_due.d.next = true;
                        self.state.d.next = AxilState::Read;
                    }
                } else if self.user_w_valid.val() {
                    if self.b_due.q.val() {
                        self.failed.d.next = true;
                        self.state.d.next = AxilState::WriteEnd;
                    } else {
                        self.aw_addr.d.next = bit_cast::<AW, 19>(self.t_w_addr.val());
                        self.w_data.d.next = self.t_w_data.val();
                        self.w_strb.d.next = self.t_w_be.val();
                        self.aw_valid.d.next = true;
                        self.w_valid.d.next = true;
                        self.b_due.d.next = true;
                        self.state.d.next = AxilState::Write;
                    }
                }
            }
            AxilState::Write => {
                if self.b_comes.val() | self.late.q.val() {
                    // SLVERR and DECERR.
                    self.failed.d.next = !self.b_comes.val() | self.axil_bresp.val().get_bit(1);
                    self.state.d.next = AxilState::WriteEnd;
                }
            }
            AxilState::WriteEnd => {
                self.state.d.next = AxilState::Idle;
            }
            AxilState::Read => {
                if self.r_comes.val() | self.late.q.val() {
                    self.r_asked.d.next = false;
                    self.done.d.next = true;
                    self.data.d.next = self.axil_rdata.val();
                    if !self.r_comes.val() | self.axil_rresp.val().get_bit(1) {
                        self.data.d.next = self.ones.val();
                        self.failed.d.next = true;
                    }
                    self.state.d.next = AxilState::Idle;
                }
            }
        }
        self.user_w_ready.next = self.state.q.val() == AxilState::WriteEnd;
        self.user_r_done.next = self.done.q.val();
        self.user_r_data.next = self.data.q.val();
        self.axil_error.next = self.failed.q.val();
    }
}
