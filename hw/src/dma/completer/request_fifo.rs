//! FIFO of non-posted requests.

use rust_hdl::prelude::*;

use super::pcie::Request;
use crate::hw;
use crate::prim::{Bram, Dffr};

hw! {
    /// 16 requests, all that may be inside; the head stays at the output until it is taken.
    ///
    /// ```text
    ///  in_* ─► LUT memory ─► its output register ─► out_*
    /// ```
    pub struct RequestFifo {
        pub clock: Signal<In, Clock> = Default::default(),
        pub rst: Signal<In, Bit> = Default::default(),
        pub in_row: Signal<In, Request> = Default::default(),
        pub in_valid: Signal<In, Bit> = Default::default(),
        pub in_ready: Signal<Out, Bit> = Default::default(),
        pub out_row: Signal<Out, Request> = Default::default(),
        pub out_valid: Signal<Out, Bit> = Default::default(),
        /// Only while `out_valid`.
        pub out_take: Signal<In, Bit> = Default::default(),
        rows: Bram<Request, 4> = Default::default(),
        wptr: Dffr<Bits<5>> = Default::default(),
        rptr: Dffr<Bits<5>> = Default::default(),
        head: Dffr<Bit> = Default::default(),
        push: Signal<Local, Bit> = Default::default(),
        next_rptr: Signal<Local, Bits<5>> = Default::default(),
        // A lap apart.
        full: Constant<Bits<5>> = Constant::new(16_u64.into()),
    }
}

impl Logic for RequestFifo {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, wptr, rptr, head);
        self.wptr.rst.next = self.rst.val();
        self.rptr.rst.next = self.rst.val();
        self.head.rst.next = self.rst.val();
        self.rows.clock.next = self.clock.val();
        self.in_ready.next = (self.wptr.q.val() ^ self.rptr.q.val()) != self.full.val();
        self.push.next = self.in_valid.val() & ((self.wptr.q.val() ^ self.rptr.q.val()) != self.full.val());
        self.rows.waddr.next = bit_cast::<4, 5>(self.wptr.q.val());
        self.rows.wdata.next = self.in_row.val();
        self.rows.wen.next = self.push.val();
        if self.push.val() {
            self.wptr.d.next = self.wptr.q.val() + 1;
        }
        // The memory's register shows the word at rptr, which was written the clock before at the latest.
        self.next_rptr.next = self.rptr.q.val();
        if self.out_take.val() {
            self.next_rptr.next = self.rptr.q.val() + 1;
        }
        self.rptr.d.next = self.next_rptr.val();
        self.rows.raddr.next = bit_cast::<4, 5>(self.next_rptr.val());
        self.head.d.next = self.wptr.q.val() != self.next_rptr.val();
        self.out_valid.next = self.head.q.val();
        self.out_row.next = self.rows.rdata.val();
    }
}
