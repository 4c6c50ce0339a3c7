//! Beats of the card's stream and of its memory on their way into the shares.

use rust_hdl::prelude::*;

use crate::hw;
use crate::prim::Dffr;

hw! {
    /// Gives ingress the beats of both, the memory's first, but no two of it while one of the stream waits.
    ///
    /// ```text
    ///  m_* ────────┬─► to_*
    ///  c2h_axis ───┘
    /// ```
    /// What the stream brings for a memory queue is taken and dropped, as for a queue that was not built.
    pub struct Merge<const W: usize, const KB: usize, const NQ: usize> {
        pub clock: Signal<In, Clock> = Default::default(),
        pub rst: Signal<In, Bit> = Default::default(),
        /// Queues with MODE.MEMORY.
        pub memory: Signal<In, Bits<NQ>> = Default::default(),
        pub c2h_axis_tdata: Signal<In, Bits<W>> = Default::default(),
        pub c2h_axis_tkeep: Signal<In, Bits<KB>> = Default::default(),
        pub c2h_axis_tlast: Signal<In, Bit> = Default::default(),
        pub c2h_axis_tdest: Signal<In, Bits<6>> = Default::default(),
        pub c2h_axis_tuser: Signal<In, Bits<32>> = Default::default(),
        pub c2h_axis_tvalid: Signal<In, Bit> = Default::default(),
        pub c2h_axis_tready: Signal<Out, Bit> = Default::default(),
        pub m_valid: Signal<In, Bit> = Default::default(),
        pub m_ready: Signal<Out, Bit> = Default::default(),
        pub m_data: Signal<In, Bits<W>> = Default::default(),
        pub m_keep: Signal<In, Bits<KB>> = Default::default(),
        pub m_last: Signal<In, Bit> = Default::default(),
        pub m_bad: Signal<In, Bit> = Default::default(),
        pub m_q: Signal<In, Bits<6>> = Default::default(),
        pub to_tdata: Signal<Out, Bits<W>> = Default::default(),
        pub to_tkeep: Signal<Out, Bits<KB>> = Default::default(),
        pub to_tlast: Signal<Out, Bit> = Default::default(),
        pub to_tbad: Signal<Out, Bit> = Default::default(),
        pub to_tdest: Signal<Out, Bits<6>> = Default::default(),
        pub to_tuser: Signal<Out, Bits<32>> = Default::default(),
        pub to_tvalid: Signal<Out, Bit> = Default::default(),
        pub to_tready: Signal<In, Bit> = Default::default(),

        // A beat of the stream had to let one of the memory go first.
        waited: Dffr<Bit> = Default::default(),
        pick: Signal<Local, Bit> = Default::default(),
        here: Signal<Local, Bits<NQ>> = Default::default(),
        one: Constant<Bits<NQ>> = Constant::new(1_u64.into()),
    }
}

impl<const W: usize, const KB: usize, const NQ: usize> Logic for Merge<W, KB, NQ> {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, waited);
        self.waited.rst.next = self.rst.val();
        self.pick.next = self.m_valid.val() & !self.waited.q.val();
        self.waited.d.next = (self.pick.val() & self.c2h_axis_tvalid.val() & self.to_tready.val())
            | (self.waited.q.val() & !self.to_tready.val());
        self.c2h_axis_tready.next = self.to_tready.val() & !self.pick.val();
        self.m_ready.next = self.to_tready.val() & !self.waited.q.val();
        self.here.next = (self.memory.val() >> self.c2h_axis_tdest.val()) & self.one.val();
        self.to_tvalid.next = self.pick.val() | (self.c2h_axis_tvalid.val() & !self.here.val().any());
        self.to_tdata.next = self.c2h_axis_tdata.val();
        self.to_tkeep.next = self.c2h_axis_tkeep.val();
        self.to_tlast.next = self.c2h_axis_tlast.val();
        self.to_tbad.next = false;
        self.to_tdest.next = self.c2h_axis_tdest.val();
        self.to_tuser.next = self.c2h_axis_tuser.val();
        if self.pick.val() {
            self.to_tdata.next = self.m_data.val();
            self.to_tkeep.next = self.m_keep.val();
            self.to_tlast.next = self.m_last.val();
            self.to_tbad.next = self.m_bad.val();
            self.to_tdest.next = self.m_q.val();
            self.to_tuser.next = 0.into();
        }
    }
}
