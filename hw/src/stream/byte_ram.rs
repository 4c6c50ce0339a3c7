//! Memory banked by byte.

use rust_hdl::prelude::*;

use crate::hw;
use crate::prim::Bram;

hw! {
    /// 2^`A` rows of `W` bits as `KB = W/8` banks of 8 bits, each with its own address.
    ///
    /// Any `KB` consecutive bytes can so be written or read in one clock: those that begin in row `r` at byte `o` are banks
    /// `o..KB` of row `r` and banks `0..o` of the row behind it. The user gives both rows (only it knows where its share
    /// of the memory wraps) and says per bank which one: bit `b` of `*_second` takes the second row for bank `b`. Data is
    /// in bank order, so the user rotates it by `o`. Read data comes one clock after the address; a read in
    /// the clock of a write of the same byte gives either value.
    pub struct ByteRam<const W: usize, const KB: usize, const A: usize> {
        pub clock: Signal<In, Clock> = Default::default(),
        pub w_row: Signal<In, Bits<A>> = Default::default(),
        pub w_row2: Signal<In, Bits<A>> = Default::default(),
        pub w_second: Signal<In, Bits<KB>> = Default::default(),
        pub w_enable: Signal<In, Bits<KB>> = Default::default(),
        pub w_data: Signal<In, Bits<W>> = Default::default(),
        pub r_row: Signal<In, Bits<A>> = Default::default(),
        pub r_row2: Signal<In, Bits<A>> = Default::default(),
        pub r_second: Signal<In, Bits<KB>> = Default::default(),
        pub r_data: Signal<Out, Bits<W>> = Default::default(),
        bank: [Bram<Bits<8>, A>; KB] = array_init::array_init(|_| Default::default()),
        lane: Signal<Local, Bits<8>> = Default::default(),
        gather: Signal<Local, Bits<W>> = Default::default(),
        top: Constant<Bits<16>> = Constant::new((W as u64 - 8).into()),
    }
}

impl<const W: usize, const KB: usize, const A: usize> Logic for ByteRam<W, KB, A> {
    #[hdl_gen]
    fn update(&mut self) {
        self.gather.next = 0.into();
        for b in 0..KB {
            self.bank[b].clock.next = self.clock.val();
            self.bank[b].waddr.next = self.w_row.val();
            if self.w_second.val().get_bit(b) {
                self.bank[b].waddr.next = self.w_row2.val();
            }
            self.bank[b].wen.next = self.w_enable.val().get_bit(b);
            self.bank[b].wdata.next = self.w_data.val().get_bits::<8>(b * 8);
            self.bank[b].raddr.next = self.r_row.val();
            if self.r_second.val().get_bit(b) {
                self.bank[b].raddr.next = self.r_row2.val();
            }
            // Shifted in from the top, bank 0 ends up lowest.
            self.lane.next = self.bank[b].rdata.val();
            self.gather.next =
                (self.gather.val() >> 8) | (bit_cast::<W, 8>(self.lane.val()) << self.top.val());
        }
        self.r_data.next = self.gather.val();
    }
}
