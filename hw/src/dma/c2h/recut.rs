//! Cuts a TLP again where Max_Payload_Size has become smaller since plan cut it.

use rust_hdl::prelude::*;

use super::types::Work;
use crate::hw;
use crate::prim::{Dffr, Reg};

hw! {
    /// Hands a TLP on as it was planned, or up to the next multiple of the present Max_Payload_Size; then the rest.
    ///
    /// ```text
    ///  in ─► register: first and last byte, position ─┬─► crosses a multiple of MPS? ─► up to there, or whole ─► out
    ///            └──────────◄─ the rest ──────────────┘
    /// ```
    /// It decides when the TLP is about to be read, so what plan cut long before doesn't matter: of the old size there is what
    /// is being read, and the beats behind that. A TLP per clock, cut or not. Plan cuts at multiples of 1024 bytes at the latest,
    /// so the ten lowest bits of an address tell all.
    pub struct Recut<const PW: usize> {
        pub clock: Signal<In, Clock> = Default::default(),
        pub rst: Signal<In, Bit> = Default::default(),
        /// Max_Payload_Size is 128 << `cfg_mps` bytes; above 3 counts as 3.
        pub cfg_mps: Signal<In, Bits<3>> = Default::default(),
        pub in_valid: Signal<In, Bit> = Default::default(),
        pub in_ready: Signal<Out, Bit> = Default::default(),
        pub in_work: Signal<In, Work> = Default::default(),
        /// Position of the first byte.
        pub in_pos: Signal<In, Bits<PW>> = Default::default(),
        pub out_valid: Signal<Out, Bit> = Default::default(),
        pub out_take: Signal<In, Bit> = Default::default(),
        /// `low` is this TLP's, the rest is as it came in.
        pub out_work: Signal<Out, Work> = Default::default(),
        /// Position of the byte of lane 0, and bytes from there to the TLP's last one, that not counted.
        pub out_pos: Signal<Out, Bits<PW>> = Default::default(),
        pub out_reach: Signal<Out, Bits<10>> = Default::default(),
        /// Nothing is left behind it.
        pub out_ends: Signal<Out, Bit> = Default::default(),

        held: Dffr<Bit> = Default::default(),
        work: Reg<Work> = Default::default(),
        pos: Reg<Bits<PW>> = Default::default(),
        reach: Reg<Bits<10>> = Default::default(),
        // Of the address bits 9 to 7, those that tell multiples of MPS apart.
        above: Reg<Bits<3>> = Default::default(),
        low: Signal<Local, Bits<10>> = Default::default(),
        upto: Signal<Local, Bits<10>> = Default::default(),
        first: Signal<Local, Bits<3>> = Default::default(),
        last: Signal<Local, Bits<3>> = Default::default(),
        cut: Signal<Local, Bit> = Default::default(),
        not_above: Signal<Local, Bits<3>> = Default::default(),
        below: Signal<Local, Bits<10>> = Default::default(),
        not_low: Signal<Local, Bits<10>> = Default::default(),
        to_cut: Signal<Local, Bits<10>> = Default::default(),
        long: Signal<Local, Bits<PW>> = Default::default(),
        back: Signal<Local, Bits<PW>> = Default::default(),
        behind: Signal<Local, Bits<3>> = Default::default(),
        left: Signal<Local, Bits<3>> = Default::default(),
        all: Constant<Bits<3>> = Constant::new(7_u64.into()),
        in_128: Constant<Bits<10>> = Constant::new(127_u64.into()),
        in_dw: Constant<Bits<10>> = Constant::new(3_u64.into()),
        dws: Constant<Bits<10>> = Constant::new(0x3FC_u64.into()),
    }
}

impl<const PW: usize> Logic for Recut<PW> {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, held, work, pos, reach, above);
        self.held.rst.next = self.rst.val();
        self.above.d.next = self.all.val() << self.cfg_mps.val();

        self.low.next = self.work.q.val().low;
        self.first.next = self.low.val().get_bits::<3>(7);
        self.upto.next = self.work.q.val().last;
        self.last.next = self.upto.val().get_bits::<3>(7);
        self.cut.next =
            ((self.first.val() ^ self.last.val()) & self.above.q.val()).any() & !self.work.q.val().skip;

        // Bytes up to the next multiple of MPS, counted from lane 0 and less one: the bits below it, inverted.
        self.not_above.next = !self.above.q.val();
        self.below.next = (bit_cast::<10, 3>(self.not_above.val()) << 7) | self.in_128.val();
        self.not_low.next = !self.low.val();
        self.to_cut.next = (self.not_low.val() & self.below.val()) | self.in_dw.val();

        self.out_valid.next = self.held.q.val();
        self.out_work.next = self.work.q.val();
        self.out_pos.next = self.pos.q.val();
        self.out_reach.next = self.reach.q.val();
        if self.cut.val() {
            self.out_reach.next = self.to_cut.val();
        }
        self.out_ends.next = !self.cut.val();

        // The rest begins at the multiple: in lane 0, with 0 in the address bits below 7.
        self.long.next = bit_cast::<PW, 10>(self.to_cut.val());
        self.back.next = !self.long.val();
        self.behind.next = self.first.val() | self.not_above.val();
        self.left.next = self.last.val() + !self.behind.val();
        self.behind.next = self.behind.val() + 1;
        if self.out_take.val() {
            self.work.d.next.low = bit_cast::<10, 3>(self.behind.val()) << 7;
            self.pos.d.next = self.pos.q.val() - self.back.val();
            self.reach.d.next =
                (bit_cast::<10, 3>(self.left.val()) << 7) | (self.upto.val() & self.in_128.val());
        }

        self.in_ready.next = !self.held.q.val() | (self.out_take.val() & !self.cut.val());
        if self.in_ready.val() {
            self.held.d.next = self.in_valid.val();
            self.work.d.next = self.in_work.val();
            self.pos.d.next =
                self.in_pos.val() - bit_cast::<PW, 10>(self.in_work.val().low & self.in_dw.val());
            self.reach.d.next = self.in_work.val().last - (self.in_work.val().low & self.dws.val());
        }
    }
}
