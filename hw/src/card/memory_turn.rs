//! Which memory the data of writes belongs to.

use rust_hdl::prelude::*;

use crate::hw;
use crate::prim::{Dffr, Reg};

hw! {
    /// As [`MemoryOrder`](super::memory_order::MemoryOrder), for two bursts, and without a clock between a burst's address and its
    /// data: a memory that holds two addresses ahead would else not take a beat in every clock.
    ///
    /// ```text
    ///  in_* ─► next ─► current ─► out_*
    /// ```
    pub struct MemoryTurn {
        pub clock: Signal<In, Clock> = Default::default(),
        pub rst: Signal<In, Bit> = Default::default(),
        pub in_valid: Signal<In, Bit> = Default::default(),
        pub in_ready: Signal<Out, Bit> = Default::default(),
        pub in_dram: Signal<In, Bit> = Default::default(),
        /// Beats less 1.
        pub in_len: Signal<In, Bits<8>> = Default::default(),
        pub out_valid: Signal<Out, Bit> = Default::default(),
        pub out_dram: Signal<Out, Bit> = Default::default(),
        /// A beat of the first burst has moved.
        pub beat: Signal<In, Bit> = Default::default(),
        have: Dffr<Bit> = Default::default(),
        left: Reg<Bits<8>> = Default::default(),
        dram: Reg<Bit> = Default::default(),
        more: Dffr<Bit> = Default::default(),
        more_left: Reg<Bits<8>> = Default::default(),
        more_dram: Reg<Bit> = Default::default(),
        take: Signal<Local, Bit> = Default::default(),
        ends: Signal<Local, Bit> = Default::default(),
    }
}

impl Logic for MemoryTurn {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, have, left, dram, more, more_left, more_dram);
        self.have.rst.next = self.rst.val();
        self.more.rst.next = self.rst.val();
        self.take.next = self.in_valid.val() & !self.more.q.val();
        self.ends.next = self.beat.val() & !self.left.q.val().any();
        if self.beat.val() {
            self.left.d.next = self.left.q.val() - 1;
        }
        if !self.more.q.val() {
            self.more_left.d.next = self.in_len.val();
            self.more_dram.d.next = self.in_dram.val();
        }
        if self.ends.val() | !self.have.q.val() {
            self.have.d.next = self.more.q.val() | self.take.val();
            self.more.d.next = false;
            self.left.d.next = self.more_left.d.val();
            self.dram.d.next = self.more_dram.d.val();
        } else if self.take.val() {
            self.more.d.next = true;
        }
        self.in_ready.next = !self.more.q.val();
        self.out_valid.next = self.have.q.val();
        self.out_dram.next = self.dram.q.val();
    }
}
