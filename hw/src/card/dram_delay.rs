//! Words that come out a set time after they went in.

use rust_hdl::prelude::*;

use crate::hw;
use crate::prim::Dffr;
use crate::stream::Fifo;

hw! {
    /// A FIFO of sixteen words of `D` bits, each offered no earlier than `latency` clocks after it came, less `AHEAD`: what the
    /// path around this block takes anyway.
    ///
    /// ```text
    ///  in_* ─► words ───────────────► out_*
    /// count ─► stamps ─► elapsed ≥ latency ─► due
    /// ```
    /// A word every other clock. A word that stays for a multiple of 2^16 clocks may be held back `latency` clocks longer.
    pub struct DramDelay<const D: usize, const AHEAD: usize> {
        pub clock: Signal<In, Clock> = Default::default(),
        pub rst: Signal<In, Bit> = Default::default(),
        pub latency: Signal<In, Bits<8>> = Default::default(),
        pub in_data: Signal<In, Bits<D>> = Default::default(),
        pub in_valid: Signal<In, Bit> = Default::default(),
        pub in_ready: Signal<Out, Bit> = Default::default(),
        pub out_data: Signal<Out, Bits<D>> = Default::default(),
        pub out_valid: Signal<Out, Bit> = Default::default(),
        pub out_ready: Signal<In, Bit> = Default::default(),
        words: Fifo<D, 4, 5> = Default::default(),
        stamps: Fifo<16, 4, 5> = Default::default(),
        count: Dffr<Bits<16>> = Default::default(),
        // The first word may go; it stays so until it has gone, whatever the latency is set to.
        due: Dffr<Bit> = Default::default(),
        leave: Signal<Local, Bit> = Default::default(),
        elapsed: Signal<Local, Bits<16>> = Default::default(),
        wanted: Signal<Local, Bits<16>> = Default::default(),
        ahead: Constant<Bits<16>> = Constant::new((AHEAD as u64).into()),
    }
}

impl<const D: usize, const AHEAD: usize> Logic for DramDelay<D, AHEAD> {
    #[hdl_gen]
    fn update(&mut self) {
        clock!(self, clock, words, stamps);
        dff_setup!(self, clock, count, due);
        self.words.rst.next = self.rst.val();
        self.stamps.rst.next = self.rst.val();
        self.count.rst.next = self.rst.val();
        self.due.rst.next = self.rst.val();
        self.count.d.next = self.count.q.val() + 1;
        // Both hold the same number of words, so one ready tells for both.
        self.words.in_valid.next = self.in_valid.val();
        self.words.in_data.next = self.in_data.val();
        self.stamps.in_valid.next = self.in_valid.val();
        self.stamps.in_data.next = self.count.q.val();
        self.in_ready.next = self.words.in_ready.val();
        self.leave.next = self.due.q.val() & self.out_ready.val();
        self.words.out_ready.next = self.leave.val();
        self.stamps.out_ready.next = self.leave.val();
        self.elapsed.next = self.count.q.val() - self.stamps.out_data.val();
        self.elapsed.next = self.elapsed.val() + self.ahead.val();
        self.wanted.next = bit_cast::<16, 8>(self.latency.val());
        if self.words.out_valid.val() & (self.elapsed.val() >= self.wanted.val()) {
            self.due.d.next = true;
        }
        if self.leave.val() {
            self.due.d.next = false;
        }
        self.out_valid.next = self.due.q.val();
        self.out_data.next = self.words.out_data.val();
    }
}
