//! Plan's copies of what other blocks own.

use ferrolane_abi::regs;
use ferrolane_abi::table::Field;
use rust_hdl::prelude::*;

use crate::hw;
use crate::stream::Mirror;

hw! {
    /// Listens to the buses and shows, one clock after `look`, what is known of that C2H queue.
    ///
    /// Of the buses for both directions it takes what is for C2H, `g >= NQ`.
    pub struct Watch<const NQ: usize, const QB: usize> {
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
        pub fill_valid: Signal<In, Bit> = Default::default(),
        pub fill_q: Signal<In, Bits<6>> = Default::default(),
        pub fill_row: Signal<In, Bits<16>> = Default::default(),
        pub fill_pkts: Signal<In, Bits<16>> = Default::default(),
        /// Queue to show.
        pub look: Signal<In, Bits<QB>> = Default::default(),
        /// Rows written and packets ended.
        pub rows: Signal<Out, Bits<16>> = Default::default(),
        pub pkts: Signal<Out, Bits<16>> = Default::default(),
        /// Descriptors in the store end below this index.
        pub head: Signal<Out, Bits<32>> = Default::default(),
        /// Records the host has taken.
        pub consumer: Signal<Out, Bits<31>> = Default::default(),
        /// log2 of the completion ring's entries.
        pub cpl_log2: Signal<Out, Bits<5>> = Default::default(),

        fill: Mirror<32, QB> = Default::default(),
        heads: Mirror<32, QB> = Default::default(),
        consumers: Mirror<31, QB> = Default::default(),
        rings: Mirror<5, QB> = Default::default(),
        head_q: Signal<Local, Bits<7>> = Default::default(),
        cons_q: Signal<Local, Bits<7>> = Default::default(),
        cfgw_q: Signal<Local, Bits<7>> = Default::default(),
        ring: Signal<Local, Bits<32>> = Default::default(),
        first_g: Constant<Bits<7>> = Constant::new((NQ as u64).into()),
        ring_size: Constant<Bits<6>> = Constant::new((regs::queue::RING_SIZE.offset as u64 / 4).into()),
        ring_shift: Constant<Bits<8>> = Constant::new((completions().lsb as u64).into()),
    }
}

/// The field with log2 of the completion ring's entries.
fn completions() -> Field {
    *regs::queue::RING_SIZE.field("COMPLETIONS").expect("RING_SIZE has the field COMPLETIONS")
}

impl<const NQ: usize, const QB: usize> Logic for Watch<NQ, QB> {
    #[hdl_gen]
    fn update(&mut self) {
        self.fill.clock.next = self.clock.val();
        self.heads.clock.next = self.clock.val();
        self.consumers.clock.next = self.clock.val();
        self.rings.clock.next = self.clock.val();
        self.fill.waddr.next = bit_cast::<QB, 6>(self.fill_q.val());
        self.fill.wdata.next =
            bit_cast::<32, 16>(self.fill_row.val()) | (bit_cast::<32, 16>(self.fill_pkts.val()) << 16);
        self.fill.wen.next = self.fill_valid.val();
        self.head_q.next = self.head_g.val() - self.first_g.val();
        self.heads.waddr.next = bit_cast::<QB, 7>(self.head_q.val());
        self.heads.wdata.next = self.head_value.val();
        self.heads.wen.next = self.head_valid.val() & (self.head_g.val() >= self.first_g.val());
        self.cons_q.next = self.cons_g.val() - self.first_g.val();
        self.consumers.waddr.next = bit_cast::<QB, 7>(self.cons_q.val());
        self.consumers.wdata.next = self.cons_value.val();
        self.consumers.wen.next = self.cons_valid.val() & (self.cons_g.val() >= self.first_g.val());
        self.cfgw_q.next = self.cfgw_g.val() - self.first_g.val();
        self.ring.next = self.cfgw_data.val() >> self.ring_shift.val();
        self.rings.waddr.next = bit_cast::<QB, 7>(self.cfgw_q.val());
        self.rings.wdata.next = bit_cast::<5, 32>(self.ring.val());
        self.rings.wen.next = self.cfgw_valid.val()
            & (self.cfgw_g.val() >= self.first_g.val())
            & (self.cfgw_index.val() == self.ring_size.val());
        self.fill.raddr.next = self.look.val();
        self.heads.raddr.next = self.look.val();
        self.consumers.raddr.next = self.look.val();
        self.rings.raddr.next = self.look.val();
        self.rows.next = self.fill.rdata.val().get_bits::<16>(0);
        self.pkts.next = self.fill.rdata.val().get_bits::<16>(16);
        self.head.next = self.heads.rdata.val();
        self.consumer.next = self.consumers.rdata.val();
        self.cpl_log2.next = self.rings.rdata.val();
    }
}
