//! The descriptor behind the one that is cut.

use rust_hdl::prelude::*;

use super::check::Check;
use crate::hw;
use crate::prim::{Dffr, Reg};

hw! {
    /// Reads the next descriptor of the queue in hand from the store and checks it.
    ///
    /// ```text
    ///  index ─► slot ─► store ─► raw ─► check ─► code, addr, len, flags, card
    ///    ▲ + 1 ──────────────────┘▲
    ///  start                      └─ stands until the clock behind take
    /// ```
    /// A new slot's data comes two clocks later, so one descriptor can be taken every two clocks; its outputs still stand in the
    /// clock behind `take`. At the start of a turn the slot
    /// is that of the queue that starts.
    pub struct Ahead<const NQ: usize, const QB: usize, const SB: usize> {
        pub clock: Signal<In, Clock> = Default::default(),
        pub rst: Signal<In, Bit> = Default::default(),
        pub cfgw_valid: Signal<In, Bit> = Default::default(),
        pub cfgw_g: Signal<In, Bits<7>> = Default::default(),
        pub cfgw_index: Signal<In, Bits<6>> = Default::default(),
        pub cfgw_data: Signal<In, Bits<32>> = Default::default(),
        /// The queue in hand, or that starts; whether that in hand is a memory queue.
        pub q: Signal<In, Bits<QB>> = Default::default(),
        pub memory: Signal<In, Bit> = Default::default(),
        /// A queue is in hand, or starts, with descriptor `first` next.
        pub have: Signal<In, Bit> = Default::default(),
        pub start: Signal<In, Bit> = Default::default(),
        pub first: Signal<In, Bits<32>> = Default::default(),
        /// Descriptors below this index are in the store.
        pub head: Signal<In, Bits<8>> = Default::default(),
        pub desc_slot: Signal<Out, Bits<7>> = Default::default(),
        pub desc_data: Signal<In, Bits<128>> = Default::default(),
        pub desc_err: Signal<In, Bits<8>> = Default::default(),
        /// A descriptor is there; none is there and none will come.
        pub valid: Signal<Out, Bit> = Default::default(),
        pub none: Signal<Out, Bit> = Default::default(),
        pub take: Signal<In, Bit> = Default::default(),
        pub addr: Signal<Out, Bits<64>> = Default::default(),
        pub len: Signal<Out, Bits<24>> = Default::default(),
        pub flags: Signal<Out, Bits<8>> = Default::default(),
        pub card: Signal<Out, Bits<32>> = Default::default(),
        /// Lane of its first byte on a memory queue, else 0.
        pub lane: Signal<Out, Bits<SB>> = Default::default(),
        /// Not 0: it is refused with this code.
        pub code: Signal<Out, Bits<8>> = Default::default(),
        check: Check<NQ, QB, SB> = Default::default(),
        index: Reg<Bits<8>> = Default::default(),
        // The store's output belongs to `index`.
        there: Dffr<Bit> = Default::default(),
        held: Dffr<Bit> = Default::default(),
        raw: Reg<Bits<128>> = Default::default(),
        raw_err: Reg<Bits<8>> = Default::default(),
        more: Signal<Local, Bit> = Default::default(),
        length: Signal<Local, Bits<24>> = Default::default(),
        bits: Signal<Local, Bits<8>> = Default::default(),
    }
}

impl<const NQ: usize, const QB: usize, const SB: usize> Logic for Ahead<NQ, QB, SB> {
    #[hdl_gen]
    fn update(&mut self) {
        clock!(self, clock, check);
        dff_setup!(self, clock, index, there, held, raw, raw_err);
        self.there.rst.next = self.rst.val();
        self.held.rst.next = self.rst.val();
        self.more.next = self.index.q.val() != self.head.val();
        self.there.d.next = true;
        self.desc_slot.next = bit_cast::<7, 8>(self.index.q.val());
        // It follows what is there, also what isn't valid yet, so that only `held` and nothing late enables all these bits.
        if !self.held.q.val() {
            self.raw.d.next = self.desc_data.val();
            self.raw_err.d.next = self.desc_err.val();
        }
        if !self.have.val() {
            self.desc_slot.next = bit_cast::<7, 32>(self.first.val());
            self.index.d.next = bit_cast::<8, 32>(self.first.val());
            self.there.d.next = self.start.val();
        } else if self.there.q.val() & self.more.val() & !self.held.q.val() {
            self.held.d.next = true;
            self.index.d.next = self.index.q.val() + 1;
            self.there.d.next = false;
        }
        // What a turn leaves is forgotten between it and the next one.
        if self.take.val() | !self.have.val() {
            self.held.d.next = false;
        }
        self.valid.next = self.held.q.val();
        self.none.next = !self.held.q.val() & self.there.q.val() & !self.more.val();
        self.length.next = self.raw.q.val().get_bits::<24>(64);
        self.bits.next = self.raw.q.val().get_bits::<8>(88);
        self.addr.next = self.raw.q.val().get_bits::<64>(0);
        self.len.next = self.length.val();
        self.flags.next = self.bits.val();
        self.card.next = self.raw.q.val().get_bits::<32>(96);
        self.check.cfgw_valid.next = self.cfgw_valid.val();
        self.check.cfgw_g.next = self.cfgw_g.val();
        self.check.cfgw_index.next = self.cfgw_index.val();
        self.check.cfgw_data.next = self.cfgw_data.val();
        self.check.q.next = self.q.val();
        self.check.memory.next = self.memory.val();
        self.check.empty.next = self.length.val() == 0;
        self.check.flags.next = self.bits.val();
        self.check.card.next = self.raw.q.val().get_bits::<32>(96);
        self.check.err.next = self.raw_err.q.val();
        self.lane.next = self.check.lane.val();
        self.code.next = self.check.code.val();
    }
}
