//! Compares what comes on the H2C queues with the pattern.

use ferrolane_abi::card::checker as abi;
use rust_hdl::prelude::*;

use super::check_keep::CheckKeep;
use super::check_tally::CheckTally;
use super::config::{field_lsb, index_of};
use super::pattern::{PatternKey, PatternWords, RandomLength};
use crate::hw;
use crate::prim::{Bram, Dffr, Reg};
use crate::stream::Mirror;

hw! {
    /// One data path for all checkers; a beat per clock, in any order of queues.
    ///
    /// ```text
    ///  in_* ─► place of the queue ─► key ─► pattern ─► compare ─► tally ─► used, done, error
    ///              ▲     │                     TKEEP, length ┘
    ///              └─────┘
    /// ```
    /// It never makes a beat wait but for the clock of a clearing (`hold`): a slow consumer is one that raises its
    /// pause, and what still comes then is taken and counts for the next time. A beat of a queue that does not run is dropped.
    pub struct Checker<const W: usize, const KB: usize, const LB: usize, const NQ: usize, const QB: usize> {
        pub clock: Signal<In, Clock> = Default::default(),
        pub rst: Signal<In, Bit> = Default::default(),
        pub run: Signal<In, Bits<NQ>> = Default::default(),
        pub cfgw_valid: Signal<In, Bit> = Default::default(),
        pub cfgw_q: Signal<In, Bits<6>> = Default::default(),
        pub cfgw_index: Signal<In, Bits<4>> = Default::default(),
        pub cfgw_data: Signal<In, Bits<32>> = Default::default(),
        /// Held until `clear_done`.
        pub clear_valid: Signal<In, Bit> = Default::default(),
        pub clear_q: Signal<In, Bits<6>> = Default::default(),
        pub clear_done: Signal<Out, Bit> = Default::default(),
        /// No beat may come in this clock.
        pub hold: Signal<Out, Bit> = Default::default(),
        pub in_valid: Signal<In, Bit> = Default::default(),
        pub in_data: Signal<In, Bits<W>> = Default::default(),
        pub in_keep: Signal<In, Bits<KB>> = Default::default(),
        pub in_last: Signal<In, Bit> = Default::default(),
        pub in_err: Signal<In, Bit> = Default::default(),
        pub in_dest: Signal<In, Bits<6>> = Default::default(),
        pub used_valid: Signal<Out, Bit> = Default::default(),
        pub used_q: Signal<Out, Bits<6>> = Default::default(),
        pub used: Signal<Out, Bits<32>> = Default::default(),
        /// Pulses: COUNT is reached; first error.
        pub done_valid: Signal<Out, Bit> = Default::default(),
        pub done_q: Signal<Out, Bits<6>> = Default::default(),
        pub error_valid: Signal<Out, Bit> = Default::default(),
        pub error_q: Signal<Out, Bits<6>> = Default::default(),
        /// Counters of `stat_q`, one clock later.
        pub stat_q: Signal<In, Bits<6>> = Default::default(),
        pub stat_bytes: Signal<Out, Bits<48>> = Default::default(),
        pub stat_packets: Signal<Out, Bits<32>> = Default::default(),
        pub stat_errors: Signal<Out, Bits<32>> = Default::default(),
        pub stat_flags: Signal<Out, Bits<4>> = Default::default(),
        pub stat_first_packet: Signal<Out, Bits<32>> = Default::default(),
        pub stat_first_offset: Signal<Out, Bits<24>> = Default::default(),
        // Packet 31:0, beat 52:32.
        place: Mirror<53, QB> = Default::default(),
        words: PatternWords<W> = Default::default(),
        random: RandomLength = Default::default(),
        keeps: CheckKeep<KB, LB> = Default::default(),
        tally: CheckTally<QB> = Default::default(),
        // LENGTH - 1.
        length: Bram<Bits<24>, QB> = Default::default(),
        spread: Bram<Bits<24>, QB> = Default::default(),
        seed: Bram<Bits<5>, QB> = Default::default(),
        strict: Bram<Bits<1>, QB> = Default::default(),
        cleared: Dffr<Bit> = Default::default(),
        // Stage 1: the beat. Stage 2: its key. Stage 3: its pattern. Stage 4: the bytes that differ. Stage 5: what is wrong.
        valid1: Dffr<Bit> = Default::default(),
        clear1: Dffr<Bit> = Default::default(),
        q1: Reg<Bits<QB>> = Default::default(),
        data1: Reg<Bits<W>> = Default::default(),
        keep1: Reg<Bits<KB>> = Default::default(),
        last1: Reg<Bit> = Default::default(),
        err1: Reg<Bit> = Default::default(),
        valid2: Dffr<Bit> = Default::default(),
        clear2: Dffr<Bit> = Default::default(),
        q2: Reg<Bits<QB>> = Default::default(),
        key2: Reg<PatternKey> = Default::default(),
        index2: Reg<Bits<21>> = Default::default(),
        data2: Reg<Bits<W>> = Default::default(),
        keep2: Reg<Bits<KB>> = Default::default(),
        last2: Reg<Bit> = Default::default(),
        err2: Reg<Bit> = Default::default(),
        strict2: Reg<Bit> = Default::default(),
        length2: Reg<Bits<24>> = Default::default(),
        random2: Reg<Bits<24>> = Default::default(),
        valid3: Dffr<Bit> = Default::default(),
        clear3: Dffr<Bit> = Default::default(),
        q3: Reg<Bits<QB>> = Default::default(),
        packet3: Reg<Bits<32>> = Default::default(),
        offset3: Reg<Bits<24>> = Default::default(),
        expected3: Reg<Bits<W>> = Default::default(),
        data3: Reg<Bits<W>> = Default::default(),
        keep3: Reg<Bits<KB>> = Default::default(),
        last3: Reg<Bit> = Default::default(),
        err3: Reg<Bit> = Default::default(),
        strict3: Reg<Bit> = Default::default(),
        length3: Reg<Bits<24>> = Default::default(),
        valid4: Dffr<Bit> = Default::default(),
        clear4: Dffr<Bit> = Default::default(),
        q4: Reg<Bits<QB>> = Default::default(),
        packet4: Reg<Bits<32>> = Default::default(),
        offset4: Reg<Bits<24>> = Default::default(),
        wrong4: Reg<Bits<KB>> = Default::default(),
        bytes4: Reg<Bits<6>> = Default::default(),
        bad_keep4: Reg<Bit> = Default::default(),
        bad_length4: Reg<Bit> = Default::default(),
        last4: Reg<Bit> = Default::default(),
        err4: Reg<Bit> = Default::default(),

        in_q: Signal<Local, Bits<QB>> = Default::default(),
        hot: Signal<Local, Bits<NQ>> = Default::default(),
        clear_now: Signal<Local, Bit> = Default::default(),
        packet: Signal<Local, Bits<32>> = Default::default(),
        index: Signal<Local, Bits<21>> = Default::default(),
        next_packet: Signal<Local, Bits<32>> = Default::default(),
        next_index: Signal<Local, Bits<21>> = Default::default(),
        differ: Signal<Local, Bits<W>> = Default::default(),
        byte_differs: Signal<Local, Bits<8>> = Default::default(),
        wrong: Signal<Local, Bits<KB>> = Default::default(),
        reached: Signal<Local, Bits<24>> = Default::default(),
        one: Constant<Bits<NQ>> = Constant::new(1_u64.into()),
        beat_log2: Constant<Bits<5>> = Constant::new((LB as u64).into()),
        words_log2: Constant<Bits<5>> = Constant::new((LB as u64 - 3).into()),
        strict_lsb: Constant<Bits<5>> = field_lsb(&abi::CTRL, "CHECK_LENGTH"),
        ctrl_at: Constant<Bits<4>> = index_of(&abi::CTRL),
        length_at: Constant<Bits<4>> = index_of(&abi::LENGTH),
        spread_at: Constant<Bits<4>> = index_of(&abi::SPREAD),
        seed_at: Constant<Bits<4>> = index_of(&abi::SEED),
    }
}

impl<const W: usize, const KB: usize, const LB: usize, const NQ: usize, const QB: usize> Logic
    for Checker<W, KB, LB, NQ, QB>
{
    #[hdl_gen]
    fn update(&mut self) {
        clock!(self, clock, place, keeps, tally, length, spread, seed, strict);
        dff_setup!(
            self, clock, cleared, valid1, clear1, q1, data1, keep1, last1, err1, valid2, clear2, q2, key2
        );
        dff_setup!(
            self, clock, index2, data2, keep2, last2, err2, strict2, length2, random2, valid3, clear3, q3
        );
        dff_setup!(self, clock, packet3, offset3, expected3, data3, keep3, last3, err3, strict3, length3);
        dff_setup!(self, clock, valid4, clear4, q4, packet4, offset4, wrong4, bytes4, bad_keep4, bad_length4);
        dff_setup!(self, clock, last4, err4);
        self.cleared.rst.next = self.rst.val();
        self.valid1.rst.next = self.rst.val();
        self.clear1.rst.next = self.rst.val();
        self.valid2.rst.next = self.rst.val();
        self.clear2.rst.next = self.rst.val();
        self.valid3.rst.next = self.rst.val();
        self.clear3.rst.next = self.rst.val();
        self.valid4.rst.next = self.rst.val();
        self.clear4.rst.next = self.rst.val();
        self.tally.rst.next = self.rst.val();

        // Settings.
        self.length.waddr.next = bit_cast::<QB, 6>(self.cfgw_q.val());
        self.length.wdata.next = bit_cast::<24, 32>(self.cfgw_data.val()) - 1;
        self.length.wen.next = self.cfgw_valid.val() & (self.cfgw_index.val() == self.length_at.val());
        self.spread.waddr.next = bit_cast::<QB, 6>(self.cfgw_q.val());
        self.spread.wdata.next = bit_cast::<24, 32>(self.cfgw_data.val());
        self.spread.wen.next = self.cfgw_valid.val() & (self.cfgw_index.val() == self.spread_at.val());
        self.seed.waddr.next = bit_cast::<QB, 6>(self.cfgw_q.val());
        self.seed.wdata.next = bit_cast::<5, 32>(self.cfgw_data.val());
        self.seed.wen.next = self.cfgw_valid.val() & (self.cfgw_index.val() == self.seed_at.val());
        self.strict.waddr.next = bit_cast::<QB, 6>(self.cfgw_q.val());
        self.strict.wdata.next = bit_cast::<1, 32>(self.cfgw_data.val() >> self.strict_lsb.val());
        self.strict.wen.next = self.cfgw_valid.val() & (self.cfgw_index.val() == self.ctrl_at.val());
        self.tally.cfgw_valid.next = self.cfgw_valid.val();
        self.tally.cfgw_q.next = self.cfgw_q.val();
        self.tally.cfgw_index.next = self.cfgw_index.val();
        self.tally.cfgw_data.next = self.cfgw_data.val();

        // Stage 0: a beat, or a clearing in its place.
        self.clear_now.next = self.clear_valid.val() & !self.cleared.q.val();
        if self.clear_now.val() {
            self.cleared.d.next = true;
        }
        if !self.clear_valid.val() {
            self.cleared.d.next = false;
        }
        self.hold.next = self.clear_now.val();
        self.in_q.next = bit_cast::<QB, 6>(self.in_dest.val());
        if self.clear_now.val() {
            self.in_q.next = bit_cast::<QB, 6>(self.clear_q.val());
        }
        self.place.raddr.next = self.in_q.val();
        self.length.raddr.next = self.in_q.val();
        self.spread.raddr.next = self.in_q.val();
        self.seed.raddr.next = self.in_q.val();
        self.strict.raddr.next = self.in_q.val();
        self.q1.d.next = self.in_q.val();
        self.hot.next = self.one.val() << self.in_q.val();
        self.valid1.d.next =
            self.in_valid.val() & !self.clear_now.val() & (self.run.val() & self.hot.val()).any();
        self.clear1.d.next = self.clear_now.val();
        self.data1.d.next = self.in_data.val();
        self.keep1.d.next = self.in_keep.val();
        self.last1.d.next = self.in_last.val();
        self.err1.d.next = self.in_err.val() & self.in_last.val();

        // Stage 1: where it stands in its queue.
        self.packet.next = self.place.rdata.val().get_bits::<32>(0);
        self.index.next = self.place.rdata.val().get_bits::<21>(32);
        self.next_packet.next = self.packet.val();
        self.next_index.next = self.index.val() + 1;
        if self.last1.q.val() {
            self.next_packet.next = self.packet.val() + 1;
            self.next_index.next = 0.into();
        }
        if self.clear1.q.val() {
            self.next_packet.next = 0.into();
            self.next_index.next = 0.into();
        }
        self.place.waddr.next = self.q1.q.val();
        self.place.wdata.next =
            (bit_cast::<53, 21>(self.next_index.val()) << 32) | bit_cast::<53, 32>(self.next_packet.val());
        self.place.wen.next = self.valid1.q.val() | self.clear1.q.val();
        self.random.packet.next = self.packet.val();
        self.random2.d.next = self.random.random.val() & self.spread.rdata.val();
        self.length2.d.next = self.length.rdata.val();
        self.strict2.d.next = self.strict.rdata.val().any();
        self.key2.d.next.word = self.index.val() << self.words_log2.val();
        self.key2.d.next.packet = self.packet.val();
        self.key2.d.next.queue = bit_cast::<6, QB>(self.q1.q.val());
        self.key2.d.next.seed = self.seed.rdata.val();
        self.index2.d.next = self.index.val();
        self.valid2.d.next = self.valid1.q.val();
        self.clear2.d.next = self.clear1.q.val();
        self.q2.d.next = self.q1.q.val();
        self.data2.d.next = self.data1.q.val();
        self.keep2.d.next = self.keep1.q.val();
        self.last2.d.next = self.last1.q.val();
        self.err2.d.next = self.err1.q.val();

        // Stage 2: what it should be.
        self.words.key.next = self.key2.q.val();
        self.expected3.d.next = self.words.data.val();
        self.length3.d.next = self.length2.q.val() + self.random2.q.val();
        self.keeps.keep.next = self.keep2.q.val();
        self.keeps.last.next = self.last2.q.val();
        self.packet3.d.next = self.key2.q.val().packet;
        self.offset3.d.next = bit_cast::<24, 21>(self.index2.q.val()) << self.beat_log2.val();
        self.valid3.d.next = self.valid2.q.val();
        self.clear3.d.next = self.clear2.q.val();
        self.q3.d.next = self.q2.q.val();
        self.data3.d.next = self.data2.q.val();
        self.keep3.d.next = self.keep2.q.val();
        self.last3.d.next = self.last2.q.val();
        self.err3.d.next = self.err2.q.val();
        self.strict3.d.next = self.strict2.q.val();

        // Stage 3: compare.
        self.differ.next = self.data3.q.val() ^ self.expected3.q.val();
        self.wrong.next = 0.into();
        for b in 0..KB {
            self.byte_differs.next = self.differ.val().get_bits::<8>(b * 8);
            self.wrong.next = self.wrong.val().replace_bit(b, self.byte_differs.val().any());
        }
        self.wrong4.d.next = self.wrong.val() & self.keep3.q.val();
        self.reached.next = self.offset3.q.val() | bit_cast::<24, 6>(self.keeps.bytes_less_one.val());
        // A beat that tells of a cut packet has no byte, and is nothing but that.
        self.bad_length4.d.next = self.last3.q.val()
            & !self.err3.q.val()
            & self.strict3.q.val()
            & (self.reached.val() != self.length3.q.val());
        self.bad_keep4.d.next = self.keeps.bad.val() & !self.err3.q.val();
        self.bytes4.d.next = self.keeps.bytes.val();
        self.packet4.d.next = self.packet3.q.val();
        self.offset4.d.next = self.offset3.q.val();
        self.valid4.d.next = self.valid3.q.val();
        self.clear4.d.next = self.clear3.q.val();
        self.q4.d.next = self.q3.q.val();
        self.last4.d.next = self.last3.q.val();
        self.err4.d.next = self.err3.q.val();

        // Stage 4 and on: count.
        self.tally.in_valid.next = self.valid4.q.val();
        self.tally.in_clear.next = self.clear4.q.val();
        self.tally.in_q.next = self.q4.q.val();
        self.tally.in_packet.next = self.packet4.q.val();
        self.tally.in_offset.next = self.offset4.q.val();
        self.tally.in_bytes.next = self.bytes4.q.val();
        self.tally.in_last.next = self.last4.q.val();
        self.tally.bad_data.next = self.wrong4.q.val().any();
        self.tally.bad_keep.next = self.bad_keep4.q.val();
        self.tally.bad_length.next = self.bad_length4.q.val();
        self.tally.cut.next = self.err4.q.val();
        self.clear_done.next = self.tally.clear_done.val();
        self.used_valid.next = self.tally.used_valid.val();
        self.used_q.next = self.tally.used_q.val();
        self.used.next = self.tally.used.val();
        self.done_valid.next = self.tally.done_valid.val();
        self.done_q.next = self.tally.done_q.val();
        self.error_valid.next = self.tally.error_valid.val();
        self.error_q.next = self.tally.error_q.val();
        self.tally.stat_q.next = self.stat_q.val();
        self.stat_bytes.next = self.tally.stat_bytes.val();
        self.stat_packets.next = self.tally.stat_packets.val();
        self.stat_errors.next = self.tally.stat_errors.val();
        self.stat_flags.next = self.tally.stat_flags.val();
        self.stat_first_packet.next = self.tally.stat_first_packet.val();
        self.stat_first_offset.next = self.tally.stat_first_offset.val();
    }
}
