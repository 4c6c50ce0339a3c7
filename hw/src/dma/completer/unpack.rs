//! From rows of requests to single DWORD writes.

use ferrolane_abi::map;
use rust_hdl::prelude::*;

use super::pcie::Request;
use crate::hw;
use crate::prim::{Dffr, Reg};

hw! {
    /// Writes DWORD after DWORD in address order, one per clock; passes non-posted requests on.
    ///
    /// Both come from one queue, so a read is passed on only after every write before it was accepted by the write bus
    /// (PCIe Base Spec r5, 2.4.1: a read must not pass a write). Nothing waits for an answer to a read here, so writes
    /// may pass reads. DWORDs without any byte enable are skipped.
    ///
    /// A row stays at the queue's head while its lanes are written one after the other, so no copy of it is needed. All
    /// rows of a TLP carry its header. A TLP ends with its last row, whatever its length field says, so a wrong length
    /// can't shift the next TLP.
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
        // DWORDs of the TLP have been written, the next one stands at `addr`.
        inner: Dffr<Bit> = Default::default(),
        lane: Dffr<Bits<4>> = Default::default(),
        addr: Reg<Bits<17>> = Default::default(),
        here: Signal<Local, Bits<17>> = Default::default(),
        len: Signal<Local, Bits<4>> = Default::default(),
        last_of_len: Signal<Local, Bits<4>> = Default::default(),
        end_lane: Signal<Local, Bits<4>> = Default::default(),
        last_dword: Signal<Local, Bit> = Default::default(),
        row_ends: Signal<Local, Bit> = Default::default(),
        be: Signal<Local, Bits<4>> = Default::default(),
        write: Signal<Local, Bit> = Default::default(),
        advance: Signal<Local, Bit> = Default::default(),
        last_lane: Constant<Bits<4>> = Constant::new((K as u64 - 1).into()),
        all: Constant<Bits<4>> = Constant::new(0xF_u64.into()),
        our_bar: Constant<Bits<3>> = Constant::new((map::BAR as u64).into()),
        user_bar: Constant<Bits<3>> = Constant::new((map::USER_BAR as u64).into()),
    }
}

impl<const W: usize, const K: usize> Logic for Unpack<W, K> {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, inner, lane, addr);
        self.inner.rst.next = self.rst.val();
        self.lane.rst.next = self.rst.val();

        self.write.next = self.row_valid.val() & self.row.val().write;
        self.here.next = self.row.val().addr;
        if self.inner.q.val() {
            self.here.next = self.addr.q.val();
        }
        self.len.next = bit_cast::<4, 10>(self.row.val().len);
        self.last_of_len.next = self.len.val() - 1;
        self.end_lane.next = self.last_of_len.val() & self.last_lane.val();
        self.last_dword.next = self.row.val().last & (self.lane.q.val() == self.end_lane.val());
        self.row_ends.next = self.last_dword.val() | (self.lane.q.val() == self.last_lane.val());
        // Last DW BE counts in requests of more than one DWORD, and First DW BE for the first (2.2.5).
        self.be.next = self.all.val();
        if !self.inner.q.val() {
            self.be.next = self.row.val().first_be;
        } else if self.last_dword.val() {
            self.be.next = self.row.val().last_be;
        }

        self.w_valid.next = self.write.val() & self.be.val().any();
        self.w_bar.next = self.our_bar.val();
        if self.row.val().user {
            self.w_bar.next = self.user_bar.val();
        }
        self.w_addr.next = bit_cast::<19, 17>(self.here.val()) << 2;
        self.w_data.next = self.row_data.val().get_bits::<32>(0);
        for i in 0..K {
            if self.lane.q.val().index() == i {
                self.w_data.next = self.row_data.val().get_bits::<32>(i * 32);
            }
        }
        self.w_be.next = self.be.val();

        self.advance.next = self.write.val() & (self.w_ready.val() | !self.be.val().any());
        if self.advance.val() {
            self.addr.d.next = self.here.val() + 1;
            self.inner.d.next = !self.last_dword.val();
            self.lane.d.next = self.lane.q.val() + 1;
            if self.row_ends.val() {
                self.lane.d.next = 0.into();
            }
        }

        self.np_valid.next = self.row_valid.val() & !self.row.val().write;
        self.np.next = self.row.val();
        self.row_ready.next = (self.advance.val() & self.row_ends.val())
            | (self.row_valid.val() & !self.row.val().write & self.np_ready.val());
    }
}
