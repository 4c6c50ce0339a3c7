//! What issue knows of other blocks' state.

use rust_hdl::prelude::*;

use super::types::Sent;
use crate::hw;
use crate::prim::{Bram, Dffr};
use ferrolane_abi::regs;

hw! {
    /// Copies, per queue, of what the buses told, and the checks of room that follow from them.
    ///
    /// ```text
    ///  buses ─► copies of queue q ─► head, mode
    ///                         └──► compare with taken, pkts, row ─► register ─► may, fence_ok, row_ok
    /// ```
    /// `head` and the mode belong to `q` of the clock before, the checks to `q` of two clocks and the counts of one clock
    /// before. A copy that is being written while it is read may be old by one message; all values only grow, so
    /// old ones are safe. Differences are small, so the indices are cut: a store holds up to 128 descriptors, a completion
    /// ring up to 65,536 records, and fewer than 4,096 descriptors can be on their way.
    pub struct Copies<const NQ: usize, const QB: usize, const PB: usize> {
        pub clock: Signal<In, Clock> = Default::default(),
        pub rst: Signal<In, Bit> = Default::default(),
        pub cfgw_valid: Signal<In, Bit> = Default::default(),
        pub cfgw_g: Signal<In, Bits<7>> = Default::default(),
        pub cfgw_index: Signal<In, Bits<6>> = Default::default(),
        pub cfgw_data: Signal<In, Bits<32>> = Default::default(),
        pub room_valid: Signal<In, Bit> = Default::default(),
        pub room_g: Signal<In, Bits<7>> = Default::default(),
        pub room_value: Signal<In, Bits<31>> = Default::default(),
        pub finished_valid: Signal<In, Bit> = Default::default(),
        pub finished_g: Signal<In, Bits<7>> = Default::default(),
        pub finished_value: Signal<In, Bits<32>> = Default::default(),
        pub head_valid: Signal<In, Bit> = Default::default(),
        pub head_g: Signal<In, Bits<7>> = Default::default(),
        pub head_value: Signal<In, Bits<32>> = Default::default(),
        pub freed_valid: Signal<In, Bit> = Default::default(),
        pub freed_q: Signal<In, Bits<6>> = Default::default(),
        pub freed_row: Signal<In, Bits<16>> = Default::default(),
        pub freed_pkts: Signal<In, Bits<16>> = Default::default(),
        pub q: Signal<In, Bits<QB>> = Default::default(),
        /// Descriptors in the store.
        pub head: Signal<Out, Bits<8>> = Default::default(),
        pub weight: Signal<Out, Bits<6>> = Default::default(),
        /// Relaxed Ordering (bit 1), No Snoop (bit 0).
        pub attr: Signal<Out, Bits<2>> = Default::default(),
        pub taken: Signal<In, Bits<32>> = Default::default(),
        pub pkts: Signal<In, Bits<16>> = Default::default(),
        /// Row of the next byte, and how many rows may be in use below it.
        pub row: Signal<In, Bits<16>> = Default::default(),
        pub row_limit: Signal<In, Bits<16>> = Default::default(),
        /// Descriptor `taken` has a place for its record, and a slot for its packet even if packet `pkts` just ends.
        pub may: Signal<Out, Bit> = Default::default(),
        /// It has the place for its record; it has the slot.
        pub place_ok: Signal<Out, Bit> = Default::default(),
        pub slot_ok: Signal<Out, Bit> = Default::default(),
        /// All descriptors before `taken` have ended.
        pub fence_ok: Signal<Out, Bit> = Default::default(),
        /// No more than `row_limit` rows are in use.
        pub row_ok: Signal<Out, Bit> = Default::default(),
        heads: Bram<Bits<8>, QB> = Default::default(),
        rooms: Bram<Bits<17>, QB> = Default::default(),
        ends: Bram<Bits<12>, QB> = Default::default(),
        sizes: Bram<Bits<5>, QB> = Default::default(),
        modes: Bram<Bits<8>, QB> = Default::default(),
        freed: Bram<Sent, QB> = Default::default(),
        place_reg: Dffr<Bit> = Default::default(),
        slot_reg: Dffr<Bit> = Default::default(),
        fence_reg: Dffr<Bit> = Default::default(),
        row_reg: Dffr<Bit> = Default::default(),
        mine: Signal<Local, Bit> = Default::default(),
        mode: Signal<Local, Bits<8>> = Default::default(),
        back: Signal<Local, Sent> = Default::default(),
        used: Signal<Local, Bits<17>> = Default::default(),
        over: Signal<Local, Bits<17>> = Default::default(),
        index: Signal<Local, Bits<12>> = Default::default(),
        open: Signal<Local, Bits<16>> = Default::default(),
        rows: Signal<Local, Bits<16>> = Default::default(),
        queues: Constant<Bits<7>> = Constant::new((NQ as u64).into()),
        all: Constant<Bits<17>> = Constant::new(0x1_FFFF_u64.into()),
        // The slot of a packet that goes on, and of one that begins while it ends.
        slots: Constant<Bits<16>> = Constant::new(((1_u64 << PB) - 1).into()),
        ring_size: Constant<Bits<6>> = Constant::new((regs::queue::RING_SIZE.offset as u64 / 4).into()),
        mode_index: Constant<Bits<6>> = Constant::new((regs::queue::MODE.offset as u64 / 4).into()),
    }
}

impl<const NQ: usize, const QB: usize, const PB: usize> Logic for Copies<NQ, QB, PB> {
    #[hdl_gen]
    fn update(&mut self) {
        clock!(self, clock, heads, rooms, ends, sizes, modes, freed);
        dff_setup!(self, clock, place_reg, slot_reg, fence_reg, row_reg);
        self.place_reg.rst.next = self.rst.val();
        self.slot_reg.rst.next = self.rst.val();
        self.fence_reg.rst.next = self.rst.val();
        self.row_reg.rst.next = self.rst.val();
        self.heads.wen.next = self.head_valid.val() & (self.head_g.val() < self.queues.val());
        self.heads.waddr.next = bit_cast::<QB, 7>(self.head_g.val());
        self.heads.wdata.next = bit_cast::<8, 32>(self.head_value.val());
        self.rooms.wen.next = self.room_valid.val() & (self.room_g.val() < self.queues.val());
        self.rooms.waddr.next = bit_cast::<QB, 7>(self.room_g.val());
        self.rooms.wdata.next = bit_cast::<17, 31>(self.room_value.val());
        self.ends.wen.next = self.finished_valid.val() & (self.finished_g.val() < self.queues.val());
        self.ends.waddr.next = bit_cast::<QB, 7>(self.finished_g.val());
        self.ends.wdata.next = bit_cast::<12, 32>(self.finished_value.val());
        self.mine.next = self.cfgw_valid.val() & (self.cfgw_g.val() < self.queues.val());
        self.sizes.wen.next = self.mine.val() & (self.cfgw_index.val() == self.ring_size.val());
        self.sizes.waddr.next = bit_cast::<QB, 7>(self.cfgw_g.val());
        // log2 of the completion ring.
        self.sizes.wdata.next = self.cfgw_data.val().get_bits::<5>(8);
        self.modes.wen.next = self.mine.val() & (self.cfgw_index.val() == self.mode_index.val());
        self.modes.waddr.next = bit_cast::<QB, 7>(self.cfgw_g.val());
        // WEIGHT in 7:2, NO_SNOOP, RELAXED_ORDERING.
        self.modes.wdata.next = (bit_cast::<8, 6>(self.cfgw_data.val().get_bits::<6>(8)) << 2)
            | bit_cast::<8, 2>(self.cfgw_data.val().get_bits::<2>(4));
        self.freed.wen.next = self.freed_valid.val();
        self.freed.waddr.next = bit_cast::<QB, 6>(self.freed_q.val());
        self.freed.wdata.next.row = self.freed_row.val();
        self.freed.wdata.next.pkts = self.freed_pkts.val();

        self.heads.raddr.next = self.q.val();
        self.rooms.raddr.next = self.q.val();
        self.ends.raddr.next = self.q.val();
        self.sizes.raddr.next = self.q.val();
        self.modes.raddr.next = self.q.val();
        self.freed.raddr.next = self.q.val();
        self.head.next = self.heads.rdata.val();
        self.mode.next = self.modes.rdata.val();
        self.weight.next = self.mode.val().get_bits::<6>(2);
        self.attr.next = 0.into();
        if self.mode.val().get_bit(0) {
            self.attr.next = 2.into();
        }
        if self.mode.val().get_bit(1) {
            self.attr.next = self.attr.val() | 1;
        }
        // Never more than the ring holds are in use, so "full" is any bit at its size or above.
        self.used.next = bit_cast::<17, 32>(self.taken.val()) - self.rooms.rdata.val();
        self.over.next = self.all.val() << self.sizes.rdata.val();
        self.over.next = self.over.val() & self.used.val();
        self.back.next = self.freed.rdata.val();
        self.open.next = self.pkts.val() - self.back.val().pkts;
        self.place_reg.d.next = !self.over.val().any();
        self.slot_reg.d.next = self.open.val() < self.slots.val();
        self.index.next = bit_cast::<12, 32>(self.taken.val());
        self.fence_reg.d.next = self.ends.rdata.val() == self.index.val();
        self.rows.next = self.row.val() - self.back.val().row;
        self.row_reg.d.next = self.rows.val() <= self.row_limit.val();
        self.may.next = self.place_reg.q.val() & self.slot_reg.q.val();
        self.place_ok.next = self.place_reg.q.val();
        self.slot_ok.next = self.slot_reg.q.val();
        self.fence_ok.next = self.fence_reg.q.val();
        self.row_ok.next = self.row_reg.q.val();
    }
}
