//! Output register of the write stream.

use rust_hdl::prelude::*;

use crate::hw;
use crate::prim::{Dffr, Reg};

hw! {
    /// Two beats deep, so that neither `in_ready` nor `out_*` depends on `out_ready` in the same clock, at one beat per clock.
    ///
    /// ```text
    ///  in ──┬────────────► out register ─► out
    ///       └─► spare ─────►┘
    /// ```
    /// `spare` takes the beat that arrives while the output stands still.
    pub struct WrSkid<const W: usize, const K: usize> {
        pub clock: Signal<In, Clock> = Default::default(),
        pub rst: Signal<In, Bit> = Default::default(),
        pub in_valid: Signal<In, Bit> = Default::default(),
        pub in_ready: Signal<Out, Bit> = Default::default(),
        pub in_first: Signal<In, Bit> = Default::default(),
        pub in_last: Signal<In, Bit> = Default::default(),
        pub in_hdr: Signal<In, Bits<128>> = Default::default(),
        pub in_data: Signal<In, Bits<W>> = Default::default(),
        pub in_keep: Signal<In, Bits<K>> = Default::default(),
        pub in_seq: Signal<In, Bits<6>> = Default::default(),
        pub out_valid: Signal<Out, Bit> = Default::default(),
        pub out_ready: Signal<In, Bit> = Default::default(),
        pub out_first: Signal<Out, Bit> = Default::default(),
        pub out_last: Signal<Out, Bit> = Default::default(),
        pub out_hdr: Signal<Out, Bits<128>> = Default::default(),
        pub out_data: Signal<Out, Bits<W>> = Default::default(),
        pub out_keep: Signal<Out, Bits<K>> = Default::default(),
        pub out_seq: Signal<Out, Bits<6>> = Default::default(),
        valid: Dffr<Bit> = Default::default(),
        first: Reg<Bit> = Default::default(),
        last: Reg<Bit> = Default::default(),
        hdr: Reg<Bits<128>> = Default::default(),
        data: Reg<Bits<W>> = Default::default(),
        keep: Reg<Bits<K>> = Default::default(),
        seq: Reg<Bits<6>> = Default::default(),
        spare: Dffr<Bit> = Default::default(),
        spare_first: Reg<Bit> = Default::default(),
        spare_last: Reg<Bit> = Default::default(),
        spare_hdr: Reg<Bits<128>> = Default::default(),
        spare_data: Reg<Bits<W>> = Default::default(),
        spare_keep: Reg<Bits<K>> = Default::default(),
        spare_seq: Reg<Bits<6>> = Default::default(),
        moves: Signal<Local, Bit> = Default::default(),
    }
}

impl<const W: usize, const K: usize> Logic for WrSkid<W, K> {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, valid, first, last, hdr, data, keep, seq);
        dff_setup!(self, clock, spare, spare_first, spare_last, spare_hdr, spare_data, spare_keep, spare_seq);
        self.valid.rst.next = self.rst.val();
        self.spare.rst.next = self.rst.val();
        self.in_ready.next = !self.spare.q.val();
        self.moves.next = !self.valid.q.val() | self.out_ready.val();

        // The spare fills whenever it is empty; it counts only if the output doesn't take the beat itself.
        if !self.spare.q.val() {
            self.spare_first.d.next = self.in_first.val();
            self.spare_last.d.next = self.in_last.val();
            self.spare_hdr.d.next = self.in_hdr.val();
            self.spare_data.d.next = self.in_data.val();
            self.spare_keep.d.next = self.in_keep.val();
            self.spare_seq.d.next = self.in_seq.val();
        }
        if self.moves.val() {
            self.spare.d.next = false;
            self.valid.d.next = self.in_valid.val() | self.spare.q.val();
            self.first.d.next = self.in_first.val();
            self.last.d.next = self.in_last.val();
            self.hdr.d.next = self.in_hdr.val();
            self.data.d.next = self.in_data.val();
            self.keep.d.next = self.in_keep.val();
            self.seq.d.next = self.in_seq.val();
            if self.spare.q.val() {
                self.first.d.next = self.spare_first.q.val();
                self.last.d.next = self.spare_last.q.val();
                self.hdr.d.next = self.spare_hdr.q.val();
                self.data.d.next = self.spare_data.q.val();
                self.keep.d.next = self.spare_keep.q.val();
                self.seq.d.next = self.spare_seq.q.val();
            }
        } else if self.in_valid.val() & !self.spare.q.val() {
            self.spare.d.next = true;
        }

        self.out_valid.next = self.valid.q.val();
        self.out_first.next = self.first.q.val();
        self.out_last.next = self.last.q.val();
        self.out_hdr.next = self.hdr.q.val();
        self.out_data.next = self.data.q.val();
        self.out_keep.next = self.keep.q.val();
        self.out_seq.next = self.seq.q.val();
    }
}
