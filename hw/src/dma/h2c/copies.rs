//! What issue knows of other blocks' state.

use rust_hdl::prelude::*;

use crate::hw;
use crate::prim::Bram;
use ferrolane_abi::regs;

hw! {
    /// Copies, per queue, of what the buses told, and the checks of room that follow from them.
    ///
    /// `head` belongs to `scan_q` of the clock before, everything else to `visit_q` of the clock before. A copy that is
    /// being written while it is read may be old by one message; all values only grow, so old ones are safe.
    pub struct Copies<const NQ: usize, const QB: usize, const PB: usize> {
        pub clock: Signal<In, Clock> = Default::default(),
        pub cfgw_valid: Signal<In, Bit> = Default::default(),
        pub cfgw_g: Signal<In, Bits<7>> = Default::default(),
        pub cfgw_index: Signal<In, Bits<6>> = Default::default(),
        pub cfgw_data: Signal<In, Bits<32>> = Default::default(),
        pub cons_valid: Signal<In, Bit> = Default::default(),
        pub cons_g: Signal<In, Bits<7>> = Default::default(),
        pub cons_value: Signal<In, Bits<31>> = Default::default(),
        pub head_valid: Signal<In, Bit> = Default::default(),
        pub head_g: Signal<In, Bits<7>> = Default::default(),
        pub head_value: Signal<In, Bits<32>> = Default::default(),
        pub freed_valid: Signal<In, Bit> = Default::default(),
        pub freed_q: Signal<In, Bits<6>> = Default::default(),
        pub freed_row: Signal<In, Bits<16>> = Default::default(),
        pub freed_pkts: Signal<In, Bits<16>> = Default::default(),
        pub scan_q: Signal<In, Bits<QB>> = Default::default(),
        /// Descriptors in the store.
        pub head: Signal<Out, Bits<32>> = Default::default(),
        pub visit_q: Signal<In, Bits<QB>> = Default::default(),
        pub taken: Signal<In, Bits<32>> = Default::default(),
        pub pkts: Signal<In, Bits<16>> = Default::default(),
        /// The completion ring has no place for the record of descriptor `taken`.
        pub ring_full: Signal<Out, Bit> = Default::default(),
        /// Packet `pkts` has no slot.
        pub slots_full: Signal<Out, Bit> = Default::default(),
        /// Rows that egress is done with.
        pub row: Signal<Out, Bits<16>> = Default::default(),
        heads: Bram<Bits<32>, QB> = Default::default(),
        consumers: Bram<Bits<31>, QB> = Default::default(),
        sizes: Bram<Bits<5>, QB> = Default::default(),
        rows: Bram<Bits<16>, QB> = Default::default(),
        packets: Bram<Bits<16>, QB> = Default::default(),
        used: Signal<Local, Bits<31>> = Default::default(),
        ring: Signal<Local, Bits<31>> = Default::default(),
        open: Signal<Local, Bits<16>> = Default::default(),
        queues: Constant<Bits<7>> = Constant::new((NQ as u64).into()),
        one: Constant<Bits<31>> = Constant::new(1_u64.into()),
        slots: Constant<Bits<16>> = Constant::new((1_u64 << PB).into()),
        ring_size: Constant<Bits<6>> = Constant::new((regs::queue::RING_SIZE.offset as u64 / 4).into()),
    }
}

impl<const NQ: usize, const QB: usize, const PB: usize> Logic for Copies<NQ, QB, PB> {
    #[hdl_gen]
    fn update(&mut self) {
        clock!(self, clock, heads, consumers, sizes, rows, packets);
        self.heads.wen.next = self.head_valid.val() & (self.head_g.val() < self.queues.val());
        self.heads.waddr.next = bit_cast::<QB, 7>(self.head_g.val());
        self.heads.wdata.next = self.head_value.val();
        self.consumers.wen.next = self.cons_valid.val() & (self.cons_g.val() < self.queues.val());
        self.consumers.waddr.next = bit_cast::<QB, 7>(self.cons_g.val());
        self.consumers.wdata.next = self.cons_value.val();
        self.sizes.wen.next = self.cfgw_valid.val()
            & (self.cfgw_g.val() < self.queues.val())
            & (self.cfgw_index.val() == self.ring_size.val());
        self.sizes.waddr.next = bit_cast::<QB, 7>(self.cfgw_g.val());
        // log2 of the completion ring.
        self.sizes.wdata.next = self.cfgw_data.val().get_bits::<5>(8);
        self.rows.wen.next = self.freed_valid.val();
        self.rows.waddr.next = bit_cast::<QB, 6>(self.freed_q.val());
        self.rows.wdata.next = self.freed_row.val();
        self.packets.wen.next = self.freed_valid.val();
        self.packets.waddr.next = bit_cast::<QB, 6>(self.freed_q.val());
        self.packets.wdata.next = self.freed_pkts.val();

        self.heads.raddr.next = self.scan_q.val();
        self.consumers.raddr.next = self.visit_q.val();
        self.sizes.raddr.next = self.visit_q.val();
        self.rows.raddr.next = self.visit_q.val();
        self.packets.raddr.next = self.visit_q.val();
        self.head.next = self.heads.rdata.val();
        self.row.next = self.rows.rdata.val();
        self.used.next = bit_cast::<31, 32>(self.taken.val()) - self.consumers.rdata.val();
        self.ring.next = self.one.val() << self.sizes.rdata.val();
        self.ring_full.next = self.used.val() >= self.ring.val();
        self.open.next = self.pkts.val() - self.packets.rdata.val();
        self.slots_full.next = self.open.val() >= self.slots.val();
    }
}
