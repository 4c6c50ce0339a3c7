//! The next descriptor of the memory queue in hand.

use ferrolane_abi::descriptor;
use rust_hdl::prelude::*;

use crate::hw;
use crate::prim::{Dffr, Reg};

hw! {
    /// Reads a descriptor ahead, finds its card address and whether it must be refused.
    ///
    /// ```text
    ///  index ─► store ─► length, flags, card ─┬─► CARD_BASE + card ─► addr
    ///                                         └─► checks ───────────► refused
    ///  head != index ─► seen ─► read ───────────────────────────────► ready (fence passed)
    /// ```
    /// `ready` and the rest tell 4 clocks behind `restart` whether there is a descriptor. Plan refuses the same descriptors and
    /// says why; here they only end the queue.
    pub struct ReadDescriptor<const SB: usize> {
        pub clock: Signal<In, Clock> = Default::default(),
        pub rst: Signal<In, Bit> = Default::default(),
        /// Queue or index are others from the next clock on.
        pub restart: Signal<In, Bit> = Default::default(),
        pub index: Signal<In, Bits<8>> = Default::default(),
        /// Copies of the queue in hand, see `ReadCopies`.
        pub head: Signal<In, Bits<8>> = Default::default(),
        pub finished: Signal<In, Bits<8>> = Default::default(),
        pub base: Signal<In, Bits<64>> = Default::default(),
        pub desc_data: Signal<In, Bits<64>> = Default::default(),
        pub desc_err: Signal<In, Bits<8>> = Default::default(),
        /// `ready` counts.
        pub decided: Signal<Out, Bit> = Default::default(),
        pub ready: Signal<Out, Bit> = Default::default(),
        pub addr: Signal<Out, Bits<64>> = Default::default(),
        pub length: Signal<Out, Bits<24>> = Default::default(),
        pub fixed: Signal<Out, Bit> = Default::default(),
        pub refused: Signal<Out, Bit> = Default::default(),

        seen: Dffr<Bit> = Default::default(),
        read: Dffr<Bit> = Default::default(),
        there: Dffr<Bit> = Default::default(),
        age: Dffr<Bits<2>> = Default::default(),
        raw: Reg<Bits<64>> = Default::default(),
        raw_err: Reg<Bits<8>> = Default::default(),
        sum: Reg<Bits<64>> = Default::default(),
        bytes_all: Reg<Bits<24>> = Default::default(),
        stays: Reg<Bit> = Default::default(),
        fault: Reg<Bit> = Default::default(),
        flags: Signal<Local, Bits<8>> = Default::default(),
        card: Signal<Local, Bits<32>> = Default::default(),
        bytes_in: Signal<Local, Bits<24>> = Default::default(),
        lane: Signal<Local, Bits<SB>> = Default::default(),
        refused_flags: Constant<Bits<8>> = Constant::new((REFUSED as u64).into()),
        fixed_flag: Constant<Bits<8>> = Constant::new((descriptor::FIXED as u64).into()),
        fence_flag: Constant<Bits<8>> = Constant::new((descriptor::FENCE as u64).into()),
    }
}

/// Flags that no descriptor of a memory queue may carry: each is a packet of its own.
pub const REFUSED: u8 =
    descriptor::SOP | descriptor::EOP | descriptor::LINK | descriptor::END | descriptor::EXT;

impl<const SB: usize> Logic for ReadDescriptor<SB> {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, seen, read, there, age, raw, raw_err, sum, bytes_all, stays, fault);
        self.seen.rst.next = self.rst.val() | self.restart.val();
        self.read.rst.next = self.rst.val() | self.restart.val();
        self.there.rst.next = self.rst.val() | self.restart.val();
        self.age.rst.next = self.rst.val() | self.restart.val();
        if self.age.q.val() != 3 {
            self.age.d.next = self.age.q.val() + 1;
        }
        self.seen.d.next = self.head.val() != self.index.val();
        self.raw.d.next = self.desc_data.val();
        self.raw_err.d.next = self.desc_err.val();
        self.read.d.next = self.seen.q.val();

        self.bytes_in.next = self.raw.q.val().get_bits::<24>(0);
        self.flags.next = self.raw.q.val().get_bits::<8>(24);
        self.card.next = self.raw.q.val().get_bits::<32>(32);
        self.sum.d.next = self.base.val() + bit_cast::<64, 32>(self.card.val());
        self.bytes_all.d.next = self.bytes_in.val();
        self.stays.d.next = (self.flags.val() & self.fixed_flag.val()).any();
        self.fault.d.next = !self.bytes_in.val().any()
            | (self.flags.val() & self.refused_flags.val()).any()
            | self.raw_err.q.val().any();
        self.there.d.next = self.read.q.val()
            & (!(self.flags.val() & self.fence_flag.val()).any() | (self.index.val() == self.finished.val()));

        self.decided.next = self.age.q.val() == 3;
        self.ready.next = self.there.q.val();
        self.addr.next = self.sum.q.val();
        self.length.next = self.bytes_all.q.val();
        self.fixed.next = self.stays.q.val();
        self.lane.next = bit_cast::<SB, 64>(self.sum.q.val());
        // FIXED repeats one address, so no beat of it can begin in another lane (AMBA AXI4 A3.4.1).
        self.refused.next = self.fault.q.val() | (self.stays.q.val() & self.lane.val().any());
    }
}
