//! A direction's descriptors.

use rust_hdl::prelude::*;

use crate::hw;
use crate::prim::{Bram, Reg};

hw! {
    /// Memory for the descriptors of all queues of a direction: a whole line is written in one clock, at any slot, or one DWORD.
    ///
    /// ```text
    ///  slot      0 2 4 …   1 3 5 …                slot      0 1 2 …
    ///  LW = 256  banks 0-3 banks 4-7              LW = 128  banks 0-3
    ///            write 0   write 1                          write 0
    /// ```
    /// `NB = LW/32` banks, `BA` address bits of each, `NG = NB/4` banks of status codes.
    pub struct FetchStore<const LW: usize, const NB: usize, const NG: usize, const BA: usize> {
        pub clock: Signal<In, Clock> = Default::default(),
        /// Write to banks 0 to 3, and to banks 4 to 7.
        pub wen0: Signal<In, Bit> = Default::default(),
        pub wen1: Signal<In, Bit> = Default::default(),
        pub waddr0: Signal<In, Bits<BA>> = Default::default(),
        pub waddr1: Signal<In, Bits<BA>> = Default::default(),
        pub words: Signal<In, Bits<4>> = Default::default(),
        pub wdata: Signal<In, Bits<LW>> = Default::default(),
        pub werr0: Signal<In, Bits<8>> = Default::default(),
        pub werr1: Signal<In, Bits<8>> = Default::default(),
        pub raddr: Signal<In, Bits<BA>> = Default::default(),
        /// Read banks 4 to 7.
        pub odd: Signal<In, Bit> = Default::default(),
        pub rdata: Signal<Out, Bits<128>> = Default::default(),
        pub rerr: Signal<Out, Bits<8>> = Default::default(),
        banks: [Bram<Bits<32>, BA>; NB] = array_init::array_init(|_| Default::default()),
        errs: [Bram<Bits<8>, BA>; NG] = array_init::array_init(|_| Default::default()),
        was_odd: Reg<Bit> = Default::default(),
        rest: Signal<Local, Bits<LW>> = Default::default(),
        both: Signal<Local, Bits<8>> = Default::default(),
        word: Signal<Local, Bits<32>> = Default::default(),
        entry: Signal<Local, Bits<128>> = Default::default(),
        other: Signal<Local, Bits<128>> = Default::default(),
        code: Signal<Local, Bits<8>> = Default::default(),
    }
}

impl<const LW: usize, const NB: usize, const NG: usize, const BA: usize> Logic
    for FetchStore<LW, NB, NG, BA>
{
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, was_odd);
        self.was_odd.d.next = self.odd.val();
        self.rest.next = self.wdata.val();
        self.both.next = bit_cast::<8, 4>(self.words.val());
        self.both.next = self.both.val() | (self.both.val() << 4);
        self.entry.next = 0.into();
        for i in 0..4 {
            self.banks[i].clock.next = self.clock.val();
            self.banks[i].raddr.next = self.raddr.val();
            self.banks[i].waddr.next = self.waddr0.val();
            self.banks[i].wen.next = self.wen0.val() & self.words.val().get_bit(i);
            self.banks[i].wdata.next = bit_cast::<32, LW>(self.rest.val());
            self.rest.next = self.rest.val() >> 32;
            self.word.next = self.banks[i].rdata.val();
            self.entry.next = (self.entry.val() >> 32) | (bit_cast::<128, 32>(self.word.val()) << 96);
        }
        self.other.next = 0.into();
        for i in 4..NB {
            self.banks[i].clock.next = self.clock.val();
            self.banks[i].raddr.next = self.raddr.val();
            self.banks[i].waddr.next = self.waddr1.val();
            self.banks[i].wen.next = self.wen1.val() & self.both.val().get_bit(i);
            self.banks[i].wdata.next = bit_cast::<32, LW>(self.rest.val());
            self.rest.next = self.rest.val() >> 32;
            self.word.next = self.banks[i].rdata.val();
            self.other.next = (self.other.val() >> 32) | (bit_cast::<128, 32>(self.word.val()) << 96);
        }
        self.errs[0].clock.next = self.clock.val();
        self.errs[0].raddr.next = self.raddr.val();
        self.errs[0].waddr.next = self.waddr0.val();
        self.errs[0].wen.next = self.wen0.val();
        self.errs[0].wdata.next = self.werr0.val();
        self.code.next = self.errs[0].rdata.val();
        for i in 1..NG {
            self.errs[i].clock.next = self.clock.val();
            self.errs[i].raddr.next = self.raddr.val();
            self.errs[i].waddr.next = self.waddr1.val();
            self.errs[i].wen.next = self.wen1.val();
            self.errs[i].wdata.next = self.werr1.val();
            if self.was_odd.q.val() {
                self.code.next = self.errs[i].rdata.val();
                self.entry.next = self.other.val();
            }
        }
        self.rdata.next = self.entry.val();
        self.rerr.next = self.code.val();
    }
}
