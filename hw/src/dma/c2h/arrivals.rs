//! Buffer at the card's side.

use rust_hdl::prelude::*;

use super::types::Side;
use super::Lanes;
use crate::hw;
use crate::prim::{Dffr, LutRam, Reg};
use crate::stream::Ring;

hw! {
    /// Takes up to four beats from the card and gives what stands beside their data first, the data later.
    ///
    /// ```text
    ///  c2h_axis ─┬─► TUSER, TDEST, ... ─► ring of 4 ─► next_* ──────► pop
    ///            └─► TDATA ─────────────► ring of 8 ─► register ─► data ─► data_pop
    /// ```
    /// TREADY is a register. `data` is that of the beat for which `data_pop` was high in the clock before.
    pub struct Arrivals<const W: usize, const KB: usize> {
        pub clock: Signal<In, Clock> = Default::default(),
        pub rst: Signal<In, Bit> = Default::default(),
        pub c2h_axis_tdata: Signal<In, Bits<W>> = Default::default(),
        pub c2h_axis_tkeep: Signal<In, Bits<KB>> = Default::default(),
        pub c2h_axis_tlast: Signal<In, Bit> = Default::default(),
        pub c2h_axis_tbad: Signal<In, Bit> = Default::default(),
        pub c2h_axis_tdest: Signal<In, Bits<6>> = Default::default(),
        pub c2h_axis_tuser: Signal<In, Bits<32>> = Default::default(),
        pub c2h_axis_tvalid: Signal<In, Bit> = Default::default(),
        pub c2h_axis_tready: Signal<Out, Bit> = Default::default(),
        pub next_valid: Signal<Out, Bit> = Default::default(),
        pub next_side: Signal<Out, Side> = Default::default(),
        /// Bytes that count in it, 0 to `KB`.
        pub next_lanes: Signal<Out, Bits<8>> = Default::default(),
        pub pop: Signal<In, Bit> = Default::default(),
        /// The oldest beat whose side was taken is done with.
        pub data_pop: Signal<In, Bit> = Default::default(),
        pub data: Signal<Out, Bits<W>> = Default::default(),

        ring: Ring<2, 3> = Default::default(),
        sides: LutRam<Side, 2> = Default::default(),
        keeps: LutRam<Bits<KB>, 2> = Default::default(),
        lanes: Lanes<KB> = Default::default(),
        // Four beats in the ring and one whose side was taken.
        datas: LutRam<Bits<W>, 3> = Default::default(),
        wptr: Dffr<Bits<3>> = Default::default(),
        rptr: Dffr<Bits<3>> = Default::default(),
        word: Reg<Bits<W>> = Default::default(),
    }
}

impl<const W: usize, const KB: usize> Logic for Arrivals<W, KB> {
    #[hdl_gen]
    fn update(&mut self) {
        clock!(self, clock, ring, sides, keeps, datas);
        dff_setup!(self, clock, wptr, rptr, word);
        self.ring.rst.next = self.rst.val();
        self.wptr.rst.next = self.rst.val();
        self.rptr.rst.next = self.rst.val();

        self.ring.in_valid.next = self.c2h_axis_tvalid.val();
        self.c2h_axis_tready.next = self.ring.in_ready.val();
        self.sides.wen.next = self.ring.push.val();
        self.sides.waddr.next = self.ring.waddr.val();
        self.sides.raddr.next = self.ring.raddr.val();
        self.sides.wdata.next.dest = self.c2h_axis_tdest.val();
        self.sides.wdata.next.user = self.c2h_axis_tuser.val();
        self.sides.wdata.next.last = self.c2h_axis_tlast.val();
        self.sides.wdata.next.bad = self.c2h_axis_tbad.val();
        self.keeps.wen.next = self.ring.push.val();
        self.keeps.waddr.next = self.ring.waddr.val();
        self.keeps.raddr.next = self.ring.raddr.val();
        self.keeps.wdata.next = self.c2h_axis_tkeep.val();
        self.datas.wen.next = self.ring.push.val();
        self.datas.waddr.next = self.wptr.q.val();
        self.datas.raddr.next = self.rptr.q.val();
        self.datas.wdata.next = self.c2h_axis_tdata.val();
        if self.ring.push.val() {
            self.wptr.d.next = self.wptr.q.val() + 1;
        }
        if self.data_pop.val() {
            self.rptr.d.next = self.rptr.q.val() + 1;
        }
        self.word.d.next = self.datas.rdata.val();
        self.data.next = self.word.q.val();

        self.lanes.keep.next = self.keeps.rdata.val();
        self.lanes.last.next = self.sides.rdata.val().last;
        self.lanes.bad.next = self.sides.rdata.val().bad;
        self.next_valid.next = self.ring.out_valid.val();
        self.next_side.next = self.sides.rdata.val();
        self.next_lanes.next = self.lanes.count.val();
        self.ring.out_ready.next = self.pop.val();
    }
}
