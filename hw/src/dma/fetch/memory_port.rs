//! What memory queues read of the C2H descriptors.

use rust_hdl::prelude::*;

use crate::hw;
use crate::prim::{Bram, Reg};

hw! {
    /// A copy of the store's DW2 and DW3, with a read port of its own: same write port, same timing as [`super::store::FetchStore`].
    ///
    /// ```text
    ///  slot      0 2 4 …        1 3 5 …          slot      0 1 2 …
    ///  LW = 256  low0, high0    low1, high1      LW = 128  low0, high0
    ///            write 0        write 1                    write 0
    /// ```
    /// With `MEMORY` = 0 nothing is ever written, and zeros are read.
    pub struct FetchMemoryPort<const LW: usize, const NG: usize, const BA: usize, const MEMORY: usize> {
        pub clock: Signal<In, Clock> = Default::default(),
        pub wen0: Signal<In, Bit> = Default::default(),
        pub wen1: Signal<In, Bit> = Default::default(),
        pub waddr0: Signal<In, Bits<BA>> = Default::default(),
        pub waddr1: Signal<In, Bits<BA>> = Default::default(),
        pub words: Signal<In, Bits<4>> = Default::default(),
        pub wdata: Signal<In, Bits<LW>> = Default::default(),
        pub werr0: Signal<In, Bits<8>> = Default::default(),
        pub werr1: Signal<In, Bits<8>> = Default::default(),
        pub raddr: Signal<In, Bits<BA>> = Default::default(),
        /// Read what write 1 writes.
        pub odd: Signal<In, Bit> = Default::default(),
        pub rdata: Signal<Out, Bits<64>> = Default::default(),
        pub rerr: Signal<Out, Bits<8>> = Default::default(),
        low: [Bram<Bits<32>, BA>; NG] = array_init::array_init(|_| Default::default()),
        high: [Bram<Bits<32>, BA>; NG] = array_init::array_init(|_| Default::default()),
        errs: [Bram<Bits<8>, BA>; NG] = array_init::array_init(|_| Default::default()),
        was_odd: Reg<Bit> = Default::default(),
        rest: Signal<Local, Bits<LW>> = Default::default(),
        waddr: Signal<Local, Bits<BA>> = Default::default(),
        werr: Signal<Local, Bits<8>> = Default::default(),
        wen: Signal<Local, Bit> = Default::default(),
        chosen: Signal<Local, Bit> = Default::default(),
        word: Signal<Local, Bits<32>> = Default::default(),
        upper: Signal<Local, Bits<32>> = Default::default(),
        entry: Signal<Local, Bits<64>> = Default::default(),
        code: Signal<Local, Bits<8>> = Default::default(),
        memory: Constant<Bit> = Constant::new(MEMORY != 0),
    }
}

impl<const LW: usize, const NG: usize, const BA: usize, const MEMORY: usize> Logic
    for FetchMemoryPort<LW, NG, BA, MEMORY>
{
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, was_odd);
        self.was_odd.d.next = self.odd.val();
        self.waddr.next = self.waddr0.val();
        self.werr.next = self.werr0.val();
        self.wen.next = self.wen0.val() & self.memory.val();
        self.rest.next = self.wdata.val() >> 64;
        self.chosen.next = true;
        self.entry.next = 0.into();
        self.code.next = 0.into();
        for i in 0..NG {
            self.low[i].clock.next = self.clock.val();
            self.low[i].raddr.next = self.raddr.val();
            self.low[i].waddr.next = self.waddr.val();
            self.low[i].wen.next = self.wen.val() & self.words.val().get_bit(2);
            self.low[i].wdata.next = bit_cast::<32, LW>(self.rest.val());
            self.rest.next = self.rest.val() >> 32;
            self.high[i].clock.next = self.clock.val();
            self.high[i].raddr.next = self.raddr.val();
            self.high[i].waddr.next = self.waddr.val();
            self.high[i].wen.next = self.wen.val() & self.words.val().get_bit(3);
            self.high[i].wdata.next = bit_cast::<32, LW>(self.rest.val());
            self.rest.next = self.rest.val() >> 96;
            self.errs[i].clock.next = self.clock.val();
            self.errs[i].raddr.next = self.raddr.val();
            self.errs[i].waddr.next = self.waddr.val();
            self.errs[i].wen.next = self.wen.val();
            self.errs[i].wdata.next = self.werr.val();
            // The first group, or the second if the slot is odd.
            self.word.next = self.low[i].rdata.val();
            self.upper.next = self.high[i].rdata.val();
            if self.memory.val() & self.chosen.val() {
                self.entry.next =
                    bit_cast::<64, 32>(self.word.val()) | (bit_cast::<64, 32>(self.upper.val()) << 32);
                self.code.next = self.errs[i].rdata.val();
            }
            self.chosen.next = self.was_odd.q.val();
            self.waddr.next = self.waddr1.val();
            self.werr.next = self.werr1.val();
            self.wen.next = self.wen1.val() & self.memory.val();
        }
        self.rdata.next = self.entry.val();
        self.rerr.next = self.code.val();
    }
}
