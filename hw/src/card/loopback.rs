//! What the demo card does with data: it sends it back.

use rust_hdl::prelude::*;

use crate::hw;
use crate::prim::{Dffr, Reg};

hw! {
    /// Sends every packet of H2C queue q back on C2H queue q.
    ///
    /// ```text
    ///  h2c_axis ─► main ──────► c2h_axis        c2h_pause ─┐
    ///      └─► spare (when main is full) ┘      card_stop ─┴► h2c_pause
    /// ```
    /// Two entries, so that `h2c_axis_tready` is a register and a beat moves in every clock. A queue is held by
    /// `h2c_pause` where the way back is short of room, or for a test by `card_stop`; the beats on their way by then find
    /// room, so no queue ever stands in front of another. The error mark `h2c_axis_terr` is not looped back, as
    /// `c2h_axis` knows none: the packet that it closes ends there, too, with a byte more, since no beat of `c2h_axis` is empty. That byte
    /// is 0, and so is the metadata.
    pub struct Loopback<const W: usize, const KB: usize, const NQ: usize> {
        pub clock: Signal<In, Clock> = Default::default(),
        pub rst: Signal<In, Bit> = Default::default(),
        pub h2c_axis_tdata: Signal<In, Bits<W>> = Default::default(),
        pub h2c_axis_tkeep: Signal<In, Bits<KB>> = Default::default(),
        pub h2c_axis_tlast: Signal<In, Bit> = Default::default(),
        pub h2c_axis_terr: Signal<In, Bit> = Default::default(),
        pub h2c_axis_tdest: Signal<In, Bits<6>> = Default::default(),
        pub h2c_axis_tuser: Signal<In, Bits<32>> = Default::default(),
        pub h2c_axis_tvalid: Signal<In, Bit> = Default::default(),
        pub h2c_axis_tready: Signal<Out, Bit> = Default::default(),
        pub h2c_pause: Signal<Out, Bits<NQ>> = Default::default(),
        pub c2h_axis_tdata: Signal<Out, Bits<W>> = Default::default(),
        pub c2h_axis_tkeep: Signal<Out, Bits<KB>> = Default::default(),
        pub c2h_axis_tlast: Signal<Out, Bit> = Default::default(),
        pub c2h_axis_tdest: Signal<Out, Bits<6>> = Default::default(),
        pub c2h_axis_tuser: Signal<Out, Bits<32>> = Default::default(),
        pub c2h_axis_tvalid: Signal<Out, Bit> = Default::default(),
        pub c2h_axis_tready: Signal<In, Bit> = Default::default(),
        pub c2h_pause: Signal<In, Bits<NQ>> = Default::default(),
        pub card_stop: Signal<In, Bits<NQ>> = Default::default(),
        main: Dffr<Bit> = Default::default(),
        main_data: Reg<Bits<W>> = Default::default(),
        main_side: Reg<BeatSide> = Default::default(),
        main_keep: Reg<Bits<KB>> = Default::default(),
        spare: Dffr<Bit> = Default::default(),
        spare_data: Reg<Bits<W>> = Default::default(),
        spare_side: Reg<BeatSide> = Default::default(),
        spare_keep: Reg<Bits<KB>> = Default::default(),
        pause: Dffr<Bits<NQ>> = Default::default(),
        in_data: Signal<Local, Bits<W>> = Default::default(),
        in_side: Signal<Local, BeatSide> = Default::default(),
        take: Signal<Local, Bit> = Default::default(),
        leave: Signal<Local, Bit> = Default::default(),
    }
}

/// What goes along with a beat.
#[derive(Copy, Clone, Debug, PartialEq, Default, LogicStruct)]
pub struct BeatSide {
    last: Bit,
    dest: Bits<6>,
    user: Bits<32>,
}

impl<const W: usize, const KB: usize, const NQ: usize> Logic for Loopback<W, KB, NQ> {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self, clock, main, main_data, main_side, main_keep, spare, spare_data, spare_side, spare_keep
        );
        dff_setup!(self, clock, pause);
        self.main.rst.next = self.rst.val();
        self.spare.rst.next = self.rst.val();
        self.pause.rst.next = self.rst.val();
        self.in_data.next = self.h2c_axis_tdata.val();
        if self.h2c_axis_terr.val() {
            self.in_data.next = 0.into();
        }
        self.in_side.next.last = self.h2c_axis_tlast.val();
        self.in_side.next.dest = self.h2c_axis_tdest.val();
        self.in_side.next.user = self.h2c_axis_tuser.val();
        self.take.next = self.h2c_axis_tvalid.val() & !self.spare.q.val();
        self.leave.next = !self.main.q.val() | self.c2h_axis_tready.val();
        if self.leave.val() {
            self.main.d.next = self.spare.q.val() | self.take.val();
            self.main_data.d.next = self.in_data.val();
            self.main_side.d.next = self.in_side.val();
            self.main_keep.d.next = self.h2c_axis_tkeep.val();
            if self.spare.q.val() {
                self.main_data.d.next = self.spare_data.q.val();
                self.main_side.d.next = self.spare_side.q.val();
                self.main_keep.d.next = self.spare_keep.q.val();
            }
            self.spare.d.next = false;
        } else if self.take.val() {
            self.spare.d.next = true;
            self.spare_data.d.next = self.in_data.val();
            self.spare_side.d.next = self.in_side.val();
            self.spare_keep.d.next = self.h2c_axis_tkeep.val();
        }
        self.pause.d.next = self.c2h_pause.val() | self.card_stop.val();
        self.h2c_pause.next = self.pause.q.val();
        self.h2c_axis_tready.next = !self.spare.q.val();
        self.c2h_axis_tvalid.next = self.main.q.val();
        self.c2h_axis_tdata.next = self.main_data.q.val();
        self.c2h_axis_tkeep.next = self.main_keep.q.val();
        self.c2h_axis_tlast.next = self.main_side.q.val().last;
        self.c2h_axis_tdest.next = self.main_side.q.val().dest;
        self.c2h_axis_tuser.next = self.main_side.q.val().user;
    }
}
