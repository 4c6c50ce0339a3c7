//! How much the next fetch brings.

use rust_hdl::prelude::*;

use crate::hw;
use crate::prim::Reg;

hw! {
    /// The smallest of five limits: what the producer gives, the end of ring or segment, the largest read, its boundary, the
    /// store's room. Three clocks from index to `size`.
    ///
    /// ```text
    ///  producer − index ─► register ─► at most 32 ─► register ──┐
    ///  index − taken ────► register ─► at most 32 ─► register ──┼─► smallest ─► register ─► size
    ///  left ─► at most 32 ─► register ─┬─► smaller ─► register ─┘
    ///  address (a clock later) ────────┘
    /// ```
    /// Sizes are kept less one: 1 to 32 take five bits, what is left is an inversion, and a limit is a mask.
    ///
    /// Reads end at addresses that are multiples of the largest read, 512 bytes or Max_Read_Request_Size (PCIe Base Spec r5 7.5.3.4), so
    /// none crosses a 4 KiB boundary (2.2.7).
    pub struct FetchSize<const DB: usize, const FEEDS: usize> {
        pub clock: Signal<In, Clock> = Default::default(),
        pub cfg_mrrs: Signal<In, Bits<3>> = Default::default(),
        pub index: Signal<In, Bits<17>> = Default::default(),
        pub producer: Signal<In, Bits<17>> = Default::default(),
        pub taken: Signal<In, Bits<8>> = Default::default(),
        /// The producer index doesn't count.
        pub list: Signal<In, Bit> = Default::default(),
        /// Entries of ring or segment, this one included, less one.
        pub left: Signal<In, Bits<24>> = Default::default(),
        /// Address of the next entry / 16; it may be a clock later than the rest.
        pub address: Signal<In, Bits<5>> = Default::default(),
        /// There is something to fetch and room for it.
        pub enough: Signal<Out, Bit> = Default::default(),
        /// The store has a place.
        pub room: Signal<Out, Bit> = Default::default(),
        /// Entries to ask for, less one, one clock after `enough`; the segment ends with them.
        pub size: Signal<Out, Bits<5>> = Default::default(),
        pub last: Signal<Out, Bit> = Default::default(),
        // First clock.
        available: Reg<Bits<17>> = Default::default(),
        used: Reg<Bits<8>> = Default::default(),
        left_few: Reg<Bits<5>> = Default::default(),
        // Second.
        span: Reg<Bits<5>> = Default::default(),
        few: Reg<Bits<5>> = Default::default(),
        nothing: Reg<Bit> = Default::default(),
        room_few: Reg<Bits<5>> = Default::default(),
        full: Reg<Bit> = Default::default(),
        ample: Reg<Bit> = Default::default(),
        // Third.
        chosen: Reg<Bits<5>> = Default::default(),
        not_index: Signal<Local, Bits<17>> = Default::default(),
        far: Signal<Local, Bit> = Default::default(),
        to_boundary: Signal<Local, Bits<5>> = Default::default(),
        many: Signal<Local, Bit> = Default::default(),
        free: Signal<Local, Bits<8>> = Default::default(),
        few_less: Signal<Local, Bit> = Default::default(),
        room_less_span: Signal<Local, Bit> = Default::default(),
        room_less_few: Signal<Local, Bit> = Default::default(),
        smallest: Signal<Local, Bits<5>> = Default::default(),
        feeds: Constant<Bit> = Constant::new(FEEDS != 0),
        largest: Constant<Bits<5>> = Constant::new(31_u64.into()),
        slots: Constant<Bits<8>> = Constant::new(((1_u64 << DB) - 1).into()),
        slots_log2: Constant<Bits<3>> = Constant::new((DB as u64).into()),
        // The store has room for a quarter of it, 16 at most, with so many used.
        quarter: Constant<Bits<8>> = Constant::new(((1_u64 << DB) - ((1_u64 << DB) / 4).min(16)).into()),
    }
}

impl<const DB: usize, const FEEDS: usize> Logic for FetchSize<DB, FEEDS> {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, available, used, left_few, span, few, nothing, room_few, full, ample, chosen);
        // producer - index - 1: all ones if there is nothing. Differences of producer and index are at most a ring, of index and
        // taken a store.
        self.not_index.next = !self.index.val();
        self.available.d.next = self.producer.val() + self.not_index.val();
        self.used.d.next = bit_cast::<8, 17>(self.index.val()) - self.taken.val();
        self.far.next = self.left.val().get_bits::<19>(5).any();
        self.left_few.d.next = self.left.val().get_bits::<5>(0);
        if self.far.val() {
            self.left_few.d.next = self.largest.val();
        }

        self.to_boundary.next = !self.address.val();
        if self.cfg_mrrs.val() == 0 {
            self.to_boundary.next = self.to_boundary.val() & 7;
        } else if self.cfg_mrrs.val() == 1 {
            self.to_boundary.next = self.to_boundary.val() & 15;
        }
        self.span.d.next = self.left_few.q.val();
        if self.to_boundary.val() < self.left_few.q.val() {
            self.span.d.next = self.to_boundary.val();
        }
        self.nothing.d.next = self.available.q.val().get_bit(16);
        self.many.next = self.available.q.val().get_bits::<11>(5).any();
        if self.feeds.val() & self.list.val() {
            self.nothing.d.next = false;
            self.many.next = true;
        }
        self.few.d.next = self.available.q.val().get_bits::<5>(0);
        if self.many.val() {
            self.few.d.next = self.largest.val();
        }
        // With all used, the bit above the slots is set.
        self.full.d.next = self.used.q.val().get_bit(self.slots_log2.val().index());
        self.free.next = !self.used.q.val() & self.slots.val();
        self.room_few.d.next = self.free.val().get_bits::<5>(0);
        if self.free.val().get_bits::<3>(5).any() {
            self.room_few.d.next = self.largest.val();
        }
        self.ample.d.next = self.used.q.val() <= self.quarter.val();

        self.few_less.next = self.few.q.val() < self.span.q.val();
        self.room_less_span.next = self.room_few.q.val() < self.span.q.val();
        self.room_less_few.next = self.room_few.q.val() < self.few.q.val();
        self.smallest.next = self.span.q.val();
        if self.few_less.val() {
            self.smallest.next = self.few.q.val();
        }
        if self.room_less_span.val() & self.room_less_few.val() {
            self.smallest.next = self.room_few.q.val();
        }
        self.chosen.d.next = self.smallest.val();
        self.room.next = !self.full.q.val();
        self.enough.next = !self.nothing.q.val()
            & !self.full.q.val()
            & (self.ample.q.val() | !self.room_less_span.val() | !self.room_less_few.val());
        self.size.next = self.chosen.q.val();
        self.last.next = !self.left.val().get_bits::<19>(5).any()
            & (self.left.val().get_bits::<5>(0) == self.chosen.q.val());
    }
}
