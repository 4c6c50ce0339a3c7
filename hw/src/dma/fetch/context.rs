//! Copies of the queues' registers and heads, and where their lists go on.

use rust_hdl::prelude::*;

use crate::hw;
use crate::prim::{Bram, Bram2, Dffr};
use ferrolane_abi::regs::queue as abi;

hw! {
    /// Memories that several parts of fetch read, each by its own port, one clock after the address.
    ///
    /// ```text
    ///  cfgw ─► registers, modes, pushes
    ///  head ─► heads
    ///  link, feed ─► next segment
    /// ```
    /// None of it is read for a queue in the clock in which it is written for it: registers are written while the queue is
    /// idle or its FEED_GO waits, heads are of use to queues without fetches, a segment is written before it is started on.
    ///
    /// `CA = GB + 4`.
    pub struct FetchContext<const GN: usize, const GB: usize, const CA: usize, const FEEDS: usize> {
        pub clock: Signal<In, Clock> = Default::default(),
        pub rst: Signal<In, Bit> = Default::default(),
        pub cfgw_valid: Signal<In, Bit> = Default::default(),
        pub cfgw_g: Signal<In, Bits<7>> = Default::default(),
        pub cfgw_index: Signal<In, Bits<6>> = Default::default(),
        pub cfgw_data: Signal<In, Bits<32>> = Default::default(),
        pub head_valid: Signal<In, Bit> = Default::default(),
        pub head_g: Signal<In, Bits<7>> = Default::default(),
        pub head_value: Signal<In, Bits<32>> = Default::default(),
        pub link_valid: Signal<In, Bit> = Default::default(),
        pub link_g: Signal<In, Bits<7>> = Default::default(),
        pub link: Signal<In, Bits<128>> = Default::default(),
        pub segment_valid: Signal<In, Bits<3>> = Default::default(),
        pub segment_ready: Signal<Out, Bit> = Default::default(),
        pub segment_g: Signal<In, Bits<7>> = Default::default(),
        pub segment_data: Signal<In, Bits<32>> = Default::default(),
        pub ask_at: Signal<In, Bits<GB>> = Default::default(),
        /// What is not in `ask_register`.
        pub pick_at: Signal<In, Bits<GB>> = Default::default(),
        pub ask_index: Signal<In, Bits<3>> = Default::default(),
        pub ask_list: Signal<Out, Bit> = Default::default(),
        pub ask_head: Signal<Out, Bits<8>> = Default::default(),
        pub ask_register: Signal<Out, Bits<32>> = Default::default(),
        /// Slots of the ring, less one.
        pub ring_mask: Signal<Out, Bits<16>> = Default::default(),
        pub next_low: Signal<Out, Bits<32>> = Default::default(),
        pub next_high: Signal<Out, Bits<32>> = Default::default(),
        pub next_len: Signal<Out, Bits<24>> = Default::default(),
        pub feed_at: Signal<In, Bits<GB>> = Default::default(),
        pub feed_index: Signal<In, Bits<3>> = Default::default(),
        pub feed_mode: Signal<Out, Bits<2>> = Default::default(),
        pub feed_head: Signal<Out, Bits<8>> = Default::default(),
        pub feed_register: Signal<Out, Bits<32>> = Default::default(),
        pub head_at: Signal<In, Bits<GB>> = Default::default(),
        pub head_ring: Signal<Out, Bit> = Default::default(),
        /// Queues in push mode.
        pub pushes: Signal<Out, Bits<GN>> = Default::default(),
        registers: Bram2<Bits<32>, CA> = Default::default(),
        sizes: Bram<Bits<5>, GB> = Default::default(),
        modes: Bram2<Bits<2>, GB> = Default::default(),
        rings: Bram<Bits<1>, GB> = Default::default(),
        heads: Bram2<Bits<8>, GB> = Default::default(),
        low: Bram<Bits<32>, GB> = Default::default(),
        high: Bram<Bits<32>, GB> = Default::default(),
        len: Bram<Bits<24>, GB> = Default::default(),
        pushing: Dffr<Bits<GN>> = Default::default(),
        place: Signal<Local, Bits<4>> = Default::default(),
        is_mode: Signal<Local, Bit> = Default::default(),
        mode: Signal<Local, Bits<2>> = Default::default(),
        mask: Signal<Local, Bits<GN>> = Default::default(),
        size: Signal<Local, Bits<5>> = Default::default(),
        slots: Signal<Local, Bits<16>> = Default::default(),
        segment_at: Signal<Local, Bits<GB>> = Default::default(),
        with_feeds: Constant<Bit> = Constant::new(FEEDS != 0),
        // Bit n of a ring's mask, and n.
        only: [Constant<Bits<16>>; 16] = array_init::array_init(|n| Constant::new((1_u64 << n).into())),
        number: [Constant<Bits<5>>; 16] = array_init::array_init(|n| Constant::new((n as u64).into())),
        one: Constant<Bits<GN>> = Constant::new(1_u64.into()),
        none: Constant<Bits<1>> = Constant::new(0_u64.into()),
        feeds: Constant<Bits<CA>> = Constant::new(8_u64.into()),
        ring: Constant<Bits<2>> = Constant::new(0_u64.into()),
        list: Constant<Bits<2>> = Constant::new(1_u64.into()),
        push: Constant<Bits<2>> = Constant::new(2_u64.into()),
        size_index: Constant<Bits<6>> = Constant::new((abi::RING_SIZE.offset as u64 / 4).into()),
        mode_index: Constant<Bits<6>> = Constant::new((abi::MODE.offset as u64 / 4).into()),
    }
}

impl<const GN: usize, const GB: usize, const CA: usize, const FEEDS: usize> Logic
    for FetchContext<GN, GB, CA, FEEDS>
{
    #[hdl_gen]
    fn update(&mut self) {
        clock!(self, clock, registers, sizes, modes, rings, heads, low, high, len);
        dff_setup!(self, clock, pushing);
        self.pushing.rst.next = self.rst.val();

        // Ring and FEED registers have offsets / 4 of 0 to 7 and 16 to 23: 16 words per queue.
        self.place.next = bit_cast::<4, 3>(self.cfgw_index.val().get_bits::<3>(0));
        self.place.next = self.place.val().replace_bit(3, self.cfgw_index.val().get_bit(4));
        self.registers.waddr.next =
            (bit_cast::<CA, 7>(self.cfgw_g.val()) << 4) | bit_cast::<CA, 4>(self.place.val());
        self.registers.wdata.next = self.cfgw_data.val();
        self.registers.wen.next =
            self.cfgw_valid.val() & !self.cfgw_index.val().get_bit(3) & !self.cfgw_index.val().get_bit(5);
        self.registers.raddr.next =
            (bit_cast::<CA, GB>(self.ask_at.val()) << 4) | bit_cast::<CA, 3>(self.ask_index.val());
        self.registers.raddr2.next = (bit_cast::<CA, GB>(self.feed_at.val()) << 4)
            | bit_cast::<CA, 3>(self.feed_index.val())
            | self.feeds.val();
        self.ask_register.next = self.registers.rdata.val();
        self.feed_register.next = self.registers.rdata2.val();

        self.sizes.wen.next = self.cfgw_valid.val() & (self.cfgw_index.val() == self.size_index.val());
        self.sizes.waddr.next = bit_cast::<GB, 7>(self.cfgw_g.val());
        self.sizes.wdata.next = self.cfgw_data.val().get_bits::<5>(0);
        self.sizes.raddr.next = self.pick_at.val();
        self.size.next = self.sizes.rdata.val();
        self.slots.next = 0.into();
        for n in 0..16 {
            if self.size.val() > self.number[n].val() {
                self.slots.next = self.slots.val() | self.only[n].val();
            }
        }
        self.ring_mask.next = self.slots.val();

        self.is_mode.next = self.cfgw_valid.val() & (self.cfgw_index.val() == self.mode_index.val());
        self.mode.next = self.cfgw_data.val().get_bits::<2>(0);
        self.modes.wen.next = self.is_mode.val();
        self.modes.waddr.next = bit_cast::<GB, 7>(self.cfgw_g.val());
        self.modes.wdata.next = self.mode.val();
        self.modes.raddr.next = self.pick_at.val();
        self.modes.raddr2.next = self.feed_at.val();
        self.ask_list.next = self.with_feeds.val() & (self.modes.rdata.val() == self.list.val());
        self.feed_mode.next = self.modes.rdata2.val();
        self.rings.wen.next = self.is_mode.val();
        self.rings.waddr.next = bit_cast::<GB, 7>(self.cfgw_g.val());
        self.rings.wdata.next = self.none.val();
        if self.mode.val() == self.ring.val() {
            self.rings.wdata.next = 1.into();
        }
        self.rings.raddr.next = self.head_at.val();
        // Without feeds every queue is a ring.
        self.head_ring.next = self.rings.rdata.val().any() | !self.with_feeds.val();
        self.mask.next = self.one.val() << self.cfgw_g.val();
        if self.is_mode.val() {
            self.pushing.d.next = self.pushing.q.val() & !self.mask.val();
            if self.with_feeds.val() & (self.mode.val() == self.push.val()) {
                self.pushing.d.next = self.pushing.q.val() | self.mask.val();
            }
        }
        self.pushes.next = self.pushing.q.val();

        self.heads.wen.next = self.head_valid.val();
        self.heads.waddr.next = bit_cast::<GB, 7>(self.head_g.val());
        self.heads.wdata.next = bit_cast::<8, 32>(self.head_value.val());
        self.heads.raddr.next = self.pick_at.val();
        self.heads.raddr2.next = self.feed_at.val();
        self.ask_head.next = self.heads.rdata.val();
        self.feed_head.next = self.heads.rdata2.val();

        self.segment_ready.next = !self.link_valid.val();
        self.segment_at.next = bit_cast::<GB, 7>(self.segment_g.val());
        self.low.wdata.next = self.segment_data.val();
        self.high.wdata.next = self.segment_data.val();
        self.len.wdata.next = bit_cast::<24, 32>(self.segment_data.val());
        self.low.wen.next = self.segment_valid.val().get_bit(0) | self.link_valid.val();
        self.high.wen.next = self.segment_valid.val().get_bit(1) | self.link_valid.val();
        self.len.wen.next = self.segment_valid.val().get_bit(2) | self.link_valid.val();
        if self.link_valid.val() {
            self.segment_at.next = bit_cast::<GB, 7>(self.link_g.val());
            self.low.wdata.next = self.link.val().get_bits::<32>(0);
            self.high.wdata.next = self.link.val().get_bits::<32>(32);
            self.len.wdata.next = self.link.val().get_bits::<24>(64);
        }
        self.low.waddr.next = self.segment_at.val();
        self.high.waddr.next = self.segment_at.val();
        self.len.waddr.next = self.segment_at.val();
        self.low.raddr.next = self.pick_at.val();
        self.high.raddr.next = self.pick_at.val();
        self.len.raddr.next = self.pick_at.val();
        self.next_low.next = self.low.rdata.val();
        self.next_high.next = self.high.rdata.val();
        self.next_len.next = self.len.rdata.val();
    }
}
