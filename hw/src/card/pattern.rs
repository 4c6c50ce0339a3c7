//! The pattern that generators make and checkers compare with.

use rust_hdl::prelude::*;

use crate::hw;

/// What a word of the pattern stands for: its seed, queue, packet, and place in the packet in units of 8 bytes.
#[derive(Copy, Clone, Debug, PartialEq, Default, LogicStruct)]
pub struct PatternKey {
    pub word: Bits<21>,
    pub packet: Bits<32>,
    pub queue: Bits<6>,
    pub seed: Bits<5>,
}

hw! {
    /// A beat of the pattern, combinational: `ferrolane_abi::card::pattern` in hardware.
    ///
    /// ```text
    ///  key ─► key ^ key << 21 ^ key << 43 ─► x ^ x >> 32 ─┬─► lane 0
    ///                                                     └─ ^ constant ─► lane 1 …
    /// ```
    /// The map is linear over exclusive-or, and the words of a beat differ in the lowest bits of `word` only: so it is
    /// computed once per beat, and the other lanes differ by constants. `word` is that of lane 0, a multiple of `W/64`.
    pub struct PatternWords<const W: usize> {
        pub key: Signal<In, PatternKey> = Default::default(),
        pub data: Signal<Out, Bits<W>> = Default::default(),
        flat: Signal<Local, Bits<64>> = Default::default(),
        spread: Signal<Local, Bits<64>> = Default::default(),
        first: Signal<Local, Bits<64>> = Default::default(),
        word: Signal<Local, Bits<64>> = Default::default(),
        gather: Signal<Local, Bits<W>> = Default::default(),
        lane: [Constant<Bits<64>>; 4] =
            array_init::array_init(|l| Constant::new(ferrolane_abi::card::pattern::word(0, 0, 0, l as u32).into())),
        top: Constant<Bits<16>> = Constant::new((W as u64 - 64).into()),
    }
}

impl<const W: usize> Logic for PatternWords<W> {
    #[hdl_gen]
    fn update(&mut self) {
        self.flat.next = self.key.val().into();
        self.spread.next = self.flat.val() ^ (self.flat.val() << 21) ^ (self.flat.val() << 43);
        self.first.next = self.spread.val() ^ (self.spread.val() >> 32);
        self.gather.next = 0.into();
        for l in 0..(W / 64) {
            // Shifted in from the top, lane 0 ends up lowest.
            self.word.next = self.first.val() ^ self.lane[l].val();
            self.gather.next = self.gather.val() >> 32;
            self.gather.next =
                (self.gather.val() >> 32) | (bit_cast::<W, 64>(self.word.val()) << self.top.val());
        }
        self.data.next = self.gather.val();
    }
}

hw! {
    /// The pseudo-random part of a packet's length, combinational.
    pub struct RandomLength {
        pub packet: Signal<In, Bits<32>> = Default::default(),
        pub random: Signal<Out, Bits<24>> = Default::default(),
        p: Signal<Local, Bits<24>> = Default::default(),
    }
}

impl Logic for RandomLength {
    #[hdl_gen]
    fn update(&mut self) {
        self.p.next = bit_cast::<24, 32>(self.packet.val());
        self.random.next = self.p.val() ^ (self.p.val() << 5) ^ (self.p.val() << 11) ^ (self.p.val() << 17);
    }
}
