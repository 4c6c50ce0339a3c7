//! Beats of the generators.

use rust_hdl::prelude::*;

use super::pattern::{PatternKey, PatternWords};
use crate::hw;
use crate::prim::{Dffr, Reg};

hw! {
    /// Makes a beat from its place in the pattern.
    ///
    /// ```text
    ///  in_* ─► key ─► pattern, TKEEP ─► beat ─► out_*
    /// ```
    /// Two beats are inside at most. `in_tail` is the bytes of the packet's last beat less 1.
    pub struct GenBeat<const W: usize, const KB: usize> {
        pub clock: Signal<In, Clock> = Default::default(),
        pub rst: Signal<In, Bit> = Default::default(),
        pub in_valid: Signal<In, Bit> = Default::default(),
        pub in_ready: Signal<Out, Bit> = Default::default(),
        pub in_key: Signal<In, PatternKey> = Default::default(),
        pub in_tail: Signal<In, Bits<5>> = Default::default(),
        pub in_last: Signal<In, Bit> = Default::default(),
        pub out_data: Signal<Out, Bits<W>> = Default::default(),
        pub out_keep: Signal<Out, Bits<KB>> = Default::default(),
        pub out_last: Signal<Out, Bit> = Default::default(),
        pub out_dest: Signal<Out, Bits<6>> = Default::default(),
        pub out_user: Signal<Out, Bits<32>> = Default::default(),
        pub out_valid: Signal<Out, Bit> = Default::default(),
        pub out_ready: Signal<In, Bit> = Default::default(),
        words: PatternWords<W> = Default::default(),
        key_valid: Dffr<Bit> = Default::default(),
        key: Reg<PatternKey> = Default::default(),
        tail: Reg<Bits<5>> = Default::default(),
        last: Reg<Bit> = Default::default(),
        beat_valid: Dffr<Bit> = Default::default(),
        beat_data: Reg<Bits<W>> = Default::default(),
        beat_keep: Reg<Bits<KB>> = Default::default(),
        beat_last: Reg<Bit> = Default::default(),
        beat_dest: Reg<Bits<6>> = Default::default(),
        beat_user: Reg<Bits<32>> = Default::default(),
        beat_moves: Signal<Local, Bit> = Default::default(),
        key_moves: Signal<Local, Bit> = Default::default(),
        short_by: Signal<Local, Bits<5>> = Default::default(),
        ones: Constant<Bits<KB>> = Constant::new((u64::MAX >> (64 - KB)).into()),
        full_tail: Constant<Bits<5>> = Constant::new((KB as u64 - 1).into()),
    }
}

impl<const W: usize, const KB: usize> Logic for GenBeat<W, KB> {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, key_valid, key, tail, last, beat_valid, beat_data, beat_keep, beat_last);
        dff_setup!(self, clock, beat_dest, beat_user);
        self.key_valid.rst.next = self.rst.val();
        self.beat_valid.rst.next = self.rst.val();
        self.beat_moves.next = !self.beat_valid.q.val() | self.out_ready.val();
        self.key_moves.next = !self.key_valid.q.val() | self.beat_moves.val();
        self.in_ready.next = self.key_moves.val();
        if self.key_moves.val() {
            self.key_valid.d.next = self.in_valid.val();
            self.key.d.next = self.in_key.val();
            self.tail.d.next = self.in_tail.val();
            self.last.d.next = self.in_last.val();
        }
        self.words.key.next = self.key.q.val();
        self.short_by.next = self.full_tail.val() - self.tail.q.val();
        if self.beat_moves.val() {
            self.beat_valid.d.next = self.key_valid.q.val();
            self.beat_data.d.next = self.words.data.val();
            self.beat_keep.d.next = self.ones.val();
            if self.last.q.val() {
                self.beat_keep.d.next = self.ones.val() >> self.short_by.val();
            }
            self.beat_last.d.next = self.last.q.val();
            self.beat_dest.d.next = self.key.q.val().queue;
            self.beat_user.d.next = self.key.q.val().packet;
        }
        self.out_valid.next = self.beat_valid.q.val();
        self.out_data.next = self.beat_data.q.val();
        self.out_keep.next = self.beat_keep.q.val();
        self.out_last.next = self.beat_last.q.val();
        self.out_dest.next = self.beat_dest.q.val();
        self.out_user.next = self.beat_user.q.val();
    }
}
