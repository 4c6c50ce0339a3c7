//! From rows of requests to single DWORD writes.

use rust_hdl::prelude::*;

use super::pcie::Request;
use crate::hw;
use crate::prim::{Dffr, Reg};

#[derive(Copy, Clone, Debug, PartialEq, LogicState)]
enum UnpackState {
    Row,
    Emit,
}

hw! {
    /// Writes DWORD after DWORD in address order; passes non-posted requests on.
    ///
    /// Both come from one queue, so a read is passed on only after every write before it was accepted by the write bus
    /// (PCIe Base Spec r5, 2.4.1: a read must not pass a write). Nothing waits for an answer to a read here, so writes
    /// may pass reads. DWORDs without any byte enable are skipped.
    ///
    /// A TLP ends with its last row, whatever its length field says, so a wrong length can't shift the next TLP.
    pub struct Unpack<const W: usize, const K: usize> {
        pub clock: Signal<In, Clock> = Default::default(),
        pub rst: Signal<In, Bit> = Default::default(),
        pub row_data: Signal<In, Bits<W>> = Default::default(),
        pub row: Signal<In, Request> = Default::default(),
        pub row_valid: Signal<In, Bit> = Default::default(),
        pub row_ready: Signal<Out, Bit> = Default::default(),
        pub w_valid: Signal<Out, Bit> = Default::default(),
        pub w_ready: Signal<In, Bit> = Default::default(),
        pub w_bar: Signal<Out, Bits<3>> = Default::default(),
        pub w_addr: Signal<Out, Bits<19>> = Default::default(),
        pub w_data: Signal<Out, Bits<32>> = Default::default(),
        pub w_be: Signal<Out, Bits<4>> = Default::default(),
        pub np_valid: Signal<Out, Bit> = Default::default(),
        pub np_ready: Signal<In, Bit> = Default::default(),
        pub np: Signal<Out, Request> = Default::default(),
        state: Dffr<UnpackState> = Dffr::new(UnpackState::Row),
        // The next row continues the TLP of the last one.
        inner: Dffr<Bit> = Default::default(),
        req: Reg<Request> = Default::default(),
        words: Reg<Bits<W>> = Default::default(),
        lane: Reg<Bits<4>> = Default::default(),
        addr: Reg<Bits<17>> = Default::default(),
        left: Reg<Bits<11>> = Default::default(),
        at_first: Reg<Bit> = Default::default(),
        out_valid: Dffr<Bit> = Default::default(),
        out_bar: Reg<Bits<3>> = Default::default(),
        out_addr: Reg<Bits<17>> = Default::default(),
        out_data: Reg<Bits<32>> = Default::default(),
        out_be: Reg<Bits<4>> = Default::default(),
        be: Signal<Local, Bits<4>> = Default::default(),
        last_lane: Constant<Bits<4>> = Constant::new((K as u64 - 1).into()),
        all: Constant<Bits<4>> = Constant::new(0xF_u64.into()),
    }
}

impl<const W: usize, const K: usize> Logic for Unpack<W, K> {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, state, inner, req, words, lane, addr, left, at_first);
        dff_setup!(self, clock, out_valid, out_bar, out_addr, out_data, out_be);
        self.state.rst.next = self.rst.val();
        self.inner.rst.next = self.rst.val();
        self.out_valid.rst.next = self.rst.val();
        self.w_valid.next = self.out_valid.q.val();
        self.w_bar.next = self.out_bar.q.val();
        self.w_addr.next = bit_cast::<19, 17>(self.out_addr.q.val()) << 2;
        self.w_data.next = self.out_data.q.val();
        self.w_be.next = self.out_be.q.val();
        self.row_ready.next = false;
        self.np_valid.next = false;
        self.np.next = self.row.val();
        if self.w_ready.val() {
            self.out_valid.d.next = false;
        }

        self.be.next = self.all.val();
        if self.left.q.val() == 1 {
            self.be.next = self.req.q.val().last_be;
        }
        if self.at_first.q.val() {
            self.be.next = self.req.q.val().first_be;
        }

        match self.state.q.val() {
            UnpackState::Row => {
                if self.row_valid.val() & !self.row.val().write {
                    // Only once the write bus has taken the last write.
                    self.np_valid.next = !self.out_valid.q.val();
                    self.row_ready.next = self.np_ready.val() & !self.out_valid.q.val();
                }
                if self.row_valid.val() & self.row.val().write {
                    self.row_ready.next = true;
                    self.words.d.next = self.row_data.val();
                    self.lane.d.next = 0.into();
                    self.inner.d.next = !self.row.val().last;
                    if !self.inner.q.val() {
                        self.req.d.next = self.row.val();
                        self.addr.d.next = self.row.val().addr;
                        self.left.d.next = bit_cast::<11, 10>(self.row.val().len);
                        if self.row.val().len == 0 {
                            self.left.d.next = 1024.into();
                        }
                        self.at_first.d.next = true;
                        self.state.d.next = UnpackState::Emit;
                    } else if self.left.q.val() != 0 {
                        self.state.d.next = UnpackState::Emit;
                    }
                }
            }
            UnpackState::Emit => {
                if !self.out_valid.q.val() | self.w_ready.val() {
                    self.out_valid.d.next = self.be.val().any();
                    self.out_bar.d.next = self.req.q.val().bar;
                    self.out_addr.d.next = self.addr.q.val();
                    self.out_data.d.next = bit_cast::<32, W>(self.words.q.val());
                    self.out_be.d.next = self.be.val();
                    self.words.d.next = self.words.q.val() >> 32;
                    self.lane.d.next = self.lane.q.val() + 1;
                    self.addr.d.next = self.addr.q.val() + 1;
                    self.left.d.next = self.left.q.val() - 1;
                    self.at_first.d.next = false;
                    if (self.left.q.val() == 1) | (self.lane.q.val() == self.last_lane.val()) {
                        self.state.d.next = UnpackState::Row;
                    }
                }
            }
        }
    }
}
