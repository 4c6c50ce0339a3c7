//! Which register of which queue an access means.

use ferrolane_abi::map;
use rust_hdl::prelude::*;

use super::regs_table::{set, WORDS};
use crate::hw;
use crate::prim::Reg;

hw! {
    /// Queue, direction and word of an address in the queue page, in registers from the clock behind `take` on.
    ///
    /// ```text
    ///  t_r_addr ─┐
    ///  t_w_addr ─┴► q, direction ─► g = direction · NQ + q
    ///               word, hole
    /// ```
    pub struct RegsPlace<const NQ: usize> {
        pub clock: Signal<In, Clock> = Default::default(),
        pub take: Signal<In, Bit> = Default::default(),
        pub from_read: Signal<In, Bit> = Default::default(),
        pub t_r_addr: Signal<In, Bits<19>> = Default::default(),
        pub t_w_addr: Signal<In, Bits<19>> = Default::default(),
        pub q: Signal<Out, Bits<7>> = Default::default(),
        pub g: Signal<Out, Bits<7>> = Default::default(),
        pub c2h: Signal<Out, Bit> = Default::default(),
        pub word: Signal<Out, Bits<5>> = Default::default(),
        /// No register stands there.
        pub hole: Signal<Out, Bit> = Default::default(),
        at_q: Reg<Bits<7>> = Default::default(),
        at_g: Reg<Bits<7>> = Default::default(),
        at_c2h: Reg<Bit> = Default::default(),
        at_word: Reg<Bits<5>> = Default::default(),
        is_hole: Reg<Bit> = Default::default(),
        addr: Signal<Local, Bits<19>> = Default::default(),
        queue: Signal<Local, Bits<7>> = Default::default(),
        number: Signal<Local, Bits<5>> = Default::default(),
        upper: Signal<Local, Bit> = Default::default(),
        queues: Constant<Bits<7>> = Constant::new((NQ as u64).into()),
        mapped: Constant<Bits<WORDS>> = set(|_| true),
        // Where a queue's block, its index and its direction stand in an address.
        word_lsb: Constant<Bits<5>> = Constant::new(2_u64.into()),
        queue_lsb: Constant<Bits<5>> = Constant::new((map::QUEUE_STRIDE.trailing_zeros() as u64).into()),
        direction: Constant<Bits<19>> = Constant::new((map::QUEUE_STRIDE * map::MAX_QUEUES as u64).into()),
        // Address bits that must be 0 for a register to be there: beyond the last word, beyond the last queue.
        outside: Constant<Bits<19>> = Constant::new(
            ((map::QUEUE_STRIDE - WORDS as u64 * 4)
                | (map::PAGE_BYTES - 2 * map::QUEUE_STRIDE * map::MAX_QUEUES as u64)).into()
        ),
    }
}

impl<const NQ: usize> Logic for RegsPlace<NQ> {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, at_q, at_g, at_c2h, at_word, is_hole);
        self.addr.next = self.t_w_addr.val();
        if self.from_read.val() {
            self.addr.next = self.t_r_addr.val();
        }
        self.number.next = bit_cast::<5, 19>(self.addr.val() >> self.word_lsb.val());
        self.queue.next = bit_cast::<7, 19>(self.addr.val() >> self.queue_lsb.val()) & 0x3F;
        self.upper.next = (self.addr.val() & self.direction.val()) != 0;
        if self.take.val() {
            self.at_word.d.next = self.number.val();
            self.at_q.d.next = self.queue.val();
            self.at_c2h.d.next = self.upper.val();
            self.at_g.d.next = self.queue.val();
            if self.upper.val() {
                self.at_g.d.next = self.queue.val() + self.queues.val();
            }
            self.is_hole.d.next = ((self.addr.val() & self.outside.val()) != 0)
                | (self.queue.val() >= self.queues.val())
                | !self.mapped.val().get_bit(self.number.val().index());
        }
        self.q.next = self.at_q.q.val();
        self.g.next = self.at_g.q.val();
        self.c2h.next = self.at_c2h.q.val();
        self.word.next = self.at_word.q.val();
        self.hole.next = self.is_hole.q.val();
    }
}
