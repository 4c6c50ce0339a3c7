//! How counters are read.

use ferrolane_abi::card::generator as abi;
use rust_hdl::prelude::*;

use super::config::index_of;
use crate::hw;
use crate::prim::Reg;

hw! {
    /// Picks the counter that a read means, and holds the high half of one whose low half is read.
    ///
    /// ```text
    ///  counters of the queue ─► by word and kind ─► answer
    ///            └─► high halves, held when `read` ──┘
    /// ```
    pub struct CardCounters {
        pub clock: Signal<In, Clock> = Default::default(),
        /// Word of the block of a checker, or of a generator with `is_gen`.
        pub word: Signal<In, Bits<5>> = Default::default(),
        pub is_gen: Signal<In, Bit> = Default::default(),
        /// The word is read in this clock.
        pub read: Signal<In, Bit> = Default::default(),
        pub check_bytes: Signal<In, Bits<48>> = Default::default(),
        pub check_packets: Signal<In, Bits<32>> = Default::default(),
        pub check_errors: Signal<In, Bits<32>> = Default::default(),
        pub check_first_packet: Signal<In, Bits<32>> = Default::default(),
        pub check_first_offset: Signal<In, Bits<24>> = Default::default(),
        pub gen_bytes: Signal<In, Bits<48>> = Default::default(),
        pub gen_packets: Signal<In, Bits<32>> = Default::default(),
        pub gen_lost_bytes: Signal<In, Bits<48>> = Default::default(),
        pub gen_lost_packets: Signal<In, Bits<32>> = Default::default(),
        pub known: Signal<Out, Bit> = Default::default(),
        pub answer: Signal<Out, Bits<32>> = Default::default(),
        held_high: Reg<Bits<16>> = Default::default(),
        held_lost: Reg<Bits<16>> = Default::default(),
        bytes_lo: Constant<Bits<5>> = index_of(&abi::BYTES_LO),
        bytes_hi: Constant<Bits<5>> = index_of(&abi::BYTES_HI),
        packets: Constant<Bits<5>> = index_of(&abi::PACKETS),
        third: Constant<Bits<5>> = index_of(&abi::LOST_BYTES_LO),
        fourth: Constant<Bits<5>> = index_of(&abi::LOST_BYTES_HI),
        fifth: Constant<Bits<5>> = index_of(&abi::LOST_PACKETS),
    }
}

impl Logic for CardCounters {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, held_high, held_lost);
        self.known.next = self.word.val().get_bit(4);
        self.answer.next = 0.into();
        if self.word.val() == self.bytes_lo.val() {
            self.answer.next = bit_cast::<32, 48>(self.check_bytes.val());
            if self.is_gen.val() {
                self.answer.next = bit_cast::<32, 48>(self.gen_bytes.val());
            }
            if self.read.val() {
                self.held_high.d.next = self.check_bytes.val().get_bits::<16>(32);
                if self.is_gen.val() {
                    self.held_high.d.next = self.gen_bytes.val().get_bits::<16>(32);
                }
            }
        }
        if self.word.val() == self.bytes_hi.val() {
            self.answer.next = bit_cast::<32, 16>(self.held_high.q.val());
        }
        if self.word.val() == self.packets.val() {
            self.answer.next = self.check_packets.val();
            if self.is_gen.val() {
                self.answer.next = self.gen_packets.val();
            }
        }
        if self.word.val() == self.third.val() {
            self.answer.next = self.check_errors.val();
            if self.is_gen.val() {
                self.answer.next = bit_cast::<32, 48>(self.gen_lost_bytes.val());
            }
            if self.read.val() {
                self.held_lost.d.next = self.gen_lost_bytes.val().get_bits::<16>(32);
            }
        }
        if self.word.val() == self.fourth.val() {
            self.answer.next = self.check_first_packet.val();
            if self.is_gen.val() {
                self.answer.next = bit_cast::<32, 16>(self.held_lost.q.val());
            }
        }
        if self.word.val() == self.fifth.val() {
            self.answer.next = bit_cast::<32, 24>(self.check_first_offset.val());
            if self.is_gen.val() {
                self.answer.next = self.gen_lost_packets.val();
            }
        }
    }
}
