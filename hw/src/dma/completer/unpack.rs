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
        // The lane behind it, modulo the number of lanes.
        lane_after: Dffr<Bits<4>> = Dffr::new(1_u64.into()),
        addr: Reg<Bits<17>> = Default::default(),
        here: Signal<Local, Bits<17>> = Default::default(),
        len: Signal<Local, Bits<4>> = Default::default(),
        len_lane: Signal<Local, Bits<4>> = Default::default(),
        lane_next: Signal<Local, Bits<4>> = Default::default(),
        any: Signal<Local, Bit> = Default::default(),
        last_dword: Signal<Local, Bit> = Default::default(),
        row_ends: Signal<Local, Bit> = Default::default(),
        be: Signal<Local, Bits<4>> = Default::default(),
        write: Signal<Local, Bit> = Default::default(),
        advance: Signal<Local, Bit> = Default::default(),
        last_lane: Constant<Bits<4>> = Constant::new((K as u64 - 1).into()),
        second_lane: Constant<Bits<4>> = Constant::new(1_u64.into()),
        all: Constant<Bits<4>> = Constant::new(0xF_u64.into()),
        our_bar: Constant<Bits<3>> = Constant::new((map::BAR as u64).into()),
        user_bar: Constant<Bits<3>> = Constant::new((map::USER_BAR as u64).into()),
    }
}

impl<const W: usize, const K: usize> Logic for Unpack<W, K> {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, inner, lane, lane_after, addr);
        self.inner.rst.next = self.rst.val();
        self.lane.rst.next = self.rst.val();
        self.lane_after.rst.next = self.rst.val();

        self.write.next = self.row_valid.val() & self.row.val().write;
        self.here.next = self.row.val().addr;
        if self.inner.q.val() {
            self.here.next = self.addr.q.val();
        }
        self.len.next = bit_cast::<4, 10>(self.row.val().len);
        self.len_lane.next = self.len.val() & self.last_lane.val();
        self.last_dword.next = self.row.val().last & (self.lane_after.q.val() == self.len_lane.val());
        self.row_ends.next = self.last_dword.val() | (self.lane_after.q.val() == 0);
        // Last DW BE counts in requests of more than one DWORD, and First DW BE for the first (2.2.5).
        self.be.next = self.all.val();
        self.any.next = true;
        if !self.inner.q.val() {
            self.be.next = self.row.val().first_be;
            self.any.next = self.row.val().first_any;
        } else if self.last_dword.val() {
            self.be.next = self.row.val().last_be;
            self.any.next = self.row.val().last_any;
        }

        self.w_valid.next = self.write.val() & self.any.val();
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

        self.lane_next.next = self.lane_after.q.val() + 1;
        self.advance.next = self.write.val() & (self.w_ready.val() | !self.any.val());
        if self.advance.val() {
            self.addr.d.next = self.here.val() + 1;
            self.inner.d.next = !self.last_dword.val();
            self.lane.d.next = self.lane_after.q.val();
            self.lane_after.d.next = self.lane_next.val() & self.last_lane.val();
            if self.row_ends.val() {
                self.lane.d.next = 0.into();
                self.lane_after.d.next = self.second_lane.val();
            }
        }

        self.np_valid.next = self.row_valid.val() & !self.row.val().write;
        self.np.next = self.row.val();
        self.row_ready.next = (self.advance.val() & self.row_ends.val())
            | (self.row_valid.val() & !self.row.val().write & self.np_ready.val());
    }
}
