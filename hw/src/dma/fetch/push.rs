//! The push windows' page of BAR0.

use rust_hdl::prelude::*;

use super::batch::EntryWrite;
use crate::hw;
use crate::prim::{Dffr, Reg};
use ferrolane_abi::map;

hw! {
    /// Writes what the host writes to a window into the store, one DWORD at a time.
    ///
    /// ```text
    ///  write ─► register ─┬─► side (slot = index modulo 32)
    ///                     └─► push_unmapped_wr: no queue, not in push mode, or not a whole DWORD
    /// ```
    pub struct FetchPush<const NQ: usize, const GN: usize> {
        pub clock: Signal<In, Clock> = Default::default(),
        pub rst: Signal<In, Bit> = Default::default(),
        pub push_w_valid: Signal<In, Bit> = Default::default(),
        pub push_w_ready: Signal<Out, Bit> = Default::default(),
        /// Stable, with data and byte enables, from `push_w_valid` to `push_w_ready`.
        pub t_w_addr: Signal<In, Bits<19>> = Default::default(),
        pub t_w_data: Signal<In, Bits<32>> = Default::default(),
        pub t_w_be: Signal<In, Bits<4>> = Default::default(),
        pub push_unmapped_wr: Signal<Out, Bit> = Default::default(),
        /// Queues in push mode.
        pub pushes: Signal<In, Bits<GN>> = Default::default(),
        pub side: Signal<Out, EntryWrite> = Default::default(),
        pub side_ready: Signal<In, Bit> = Default::default(),
        judged: Dffr<Bit> = Default::default(),
        holds: Reg<Bit> = Default::default(),
        missed: Dffr<Bit> = Default::default(),
        entry: Reg<EntryWrite> = Default::default(),
        c2h: Signal<Local, Bit> = Default::default(),
        q: Signal<Local, Bits<6>> = Default::default(),
        g: Signal<Local, Bits<7>> = Default::default(),
        taken: Signal<Local, Bit> = Default::default(),
        out: Signal<Local, EntryWrite> = Default::default(),
        one: Constant<Bits<4>> = Constant::new(1_u64.into()),
        queues: Constant<Bits<7>> = Constant::new((NQ as u64).into()),
        slot_lsb: Constant<Bits<4>> = Constant::new(4_u64.into()),
        queue_lsb: Constant<Bits<4>> = Constant::new((map::PUSH_STRIDE.trailing_zeros() as u64).into()),
        slots: Constant<Bits<7>> = Constant::new((map::PUSH_SLOTS as u64 - 1).into()),
        direction: Constant<Bits<19>> = Constant::new((map::PUSH_STRIDE * map::MAX_QUEUES as u64).into()),
    }
}

impl<const NQ: usize, const GN: usize> Logic for FetchPush<NQ, GN> {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, judged, holds, missed, entry);
        self.judged.rst.next = self.rst.val();
        self.missed.rst.next = self.rst.val();
        self.c2h.next = (self.t_w_addr.val() & self.direction.val()) != 0;
        self.q.next = bit_cast::<6, 19>(self.t_w_addr.val() >> self.queue_lsb.val());
        self.g.next = bit_cast::<7, 6>(self.q.val());
        if self.c2h.val() {
            self.g.next = bit_cast::<7, 6>(self.q.val()) + self.queues.val();
        }
        self.holds.d.next = self.pushes.val().get_bit(self.g.val().index())
            & (bit_cast::<7, 6>(self.q.val()) < self.queues.val())
            & (self.t_w_be.val() == 0xF);
        self.entry.d.next.c2h = self.c2h.val();
        self.entry.d.next.q = self.q.val();
        self.entry.d.next.slot =
            bit_cast::<7, 19>(self.t_w_addr.val() >> self.slot_lsb.val()) & self.slots.val();
        self.entry.d.next.words = self.one.val() << self.t_w_addr.val().get_bits::<2>(2);
        self.entry.d.next.data = self.t_w_data.val();
        self.entry.d.next.err = 0.into();

        self.taken.next = self.judged.q.val() & (self.side_ready.val() | !self.holds.q.val());
        self.push_w_ready.next = self.taken.val();
        self.judged.d.next = self.push_w_valid.val() & !self.taken.val();
        self.missed.d.next = self.push_w_valid.val() & self.judged.q.val() & !self.holds.q.val();
        self.out.next = self.entry.q.val();
        self.out.next.valid = self.push_w_valid.val() & self.judged.q.val() & self.holds.q.val();
        self.side.next = self.out.val();
        self.push_unmapped_wr.next = self.missed.q.val();
    }
}
