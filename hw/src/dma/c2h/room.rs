//! Which shares are full, and which nearly.

use rust_hdl::prelude::*;

use crate::hw;
use crate::prim::{Dffr, Reg};

/// A share is nearly full when fewer rows or packet slots than this are free.
pub(super) const PAUSE: u64 = 32;

hw! {
    /// Keeps two bits per queue, looked at when a beat is taken and when send frees rows, never by comparing on demand.
    ///
    /// ```text
    ///  beat taken: rows, packets, freed ──► used ─┬─► full (next clock)
    ///  freed:      rows, packets, freed ──► used ─┴─► register ─► nearly full (two clocks)
    /// ```
    /// A beat sees what the beat before it left. Of a beat and a freed event of one queue in the same clock the beat
    /// counts: it sees the event's counts, the event does not see the beat. The shares of `full` are exact: the last row and
    /// the last slot are used.
    ///
    /// Counts are free-running; `beat_freed_*` are one less than what was freed, so that one subtraction gives what is in
    /// use with the beat.
    pub struct Room<const NQ: usize, const RB: usize, const PB: usize> {
        pub clock: Signal<In, Clock> = Default::default(),
        pub rst: Signal<In, Bit> = Default::default(),
        /// A beat of queue `beat_q` takes a row, and with `beat_last` a slot.
        pub beat: Signal<In, Bit> = Default::default(),
        pub beat_q: Signal<In, Bits<6>> = Default::default(),
        pub beat_last: Signal<In, Bit> = Default::default(),
        /// Before the beat.
        pub beat_row: Signal<In, Bits<16>> = Default::default(),
        pub beat_pkts: Signal<In, Bits<16>> = Default::default(),
        pub beat_freed_row: Signal<In, Bits<16>> = Default::default(),
        pub beat_freed_pkts: Signal<In, Bits<16>> = Default::default(),
        /// It takes none, but the rows of its packet are given back.
        pub back: Signal<In, Bit> = Default::default(),
        /// Row behind the queue's last, one clock after `back`.
        pub back_row: Signal<In, Bits<16>> = Default::default(),
        /// Rows and slots of `freed_q` were freed.
        pub freed: Signal<In, Bit> = Default::default(),
        pub freed_q: Signal<In, Bits<6>> = Default::default(),
        pub freed_row: Signal<In, Bits<16>> = Default::default(),
        pub freed_pkts: Signal<In, Bits<16>> = Default::default(),
        /// Its counts, without a beat of this clock.
        pub own_row: Signal<In, Bits<16>> = Default::default(),
        pub own_pkts: Signal<In, Bits<16>> = Default::default(),
        pub full: Signal<Out, Bits<NQ>> = Default::default(),
        pub nearly: Signal<Out, Bits<NQ>> = Default::default(),

        fulls: Dffr<Bits<NQ>> = Default::default(),
        nearlies: Dffr<Bits<NQ>> = Default::default(),
        beat_hot: Signal<Local, Bits<NQ>> = Default::default(),
        freed_hot: Signal<Local, Bits<NQ>> = Default::default(),
        rows: Signal<Local, Bits<16>> = Default::default(),
        slots: Signal<Local, Bits<16>> = Default::default(),
        free_rows: Signal<Local, Bits<16>> = Default::default(),
        free_slots: Signal<Local, Bits<16>> = Default::default(),
        beat_full: Signal<Local, Bit> = Default::default(),
        freed_full: Signal<Local, Bit> = Default::default(),
        shares: Signal<Local, Bits<NQ>> = Default::default(),
        mask: Signal<Local, Bits<NQ>> = Default::default(),
        near: Signal<Local, Bit> = Default::default(),
        near_slots: Signal<Local, Bit> = Default::default(),
        low: Signal<Local, Bits<16>> = Default::default(),

        // What is in use, to be compared. Slots count one too many without a packet end.
        after_beat: Dffr<Bit> = Default::default(),
        after_beat_hot: Reg<Bits<NQ>> = Default::default(),
        after_beat_last: Reg<Bit> = Default::default(),
        after_beat_rows: Reg<Bits<16>> = Default::default(),
        after_beat_slots: Reg<Bits<16>> = Default::default(),
        after_freed: Dffr<Bit> = Default::default(),
        after_freed_hot: Reg<Bits<NQ>> = Default::default(),
        after_freed_rows: Reg<Bits<16>> = Default::default(),
        after_freed_slots: Reg<Bits<16>> = Default::default(),
        // Rows that are given back take a clock more. They count one too many.
        backed: Dffr<Bit> = Default::default(),
        backed_freed_row: Reg<Bits<16>> = Default::default(),
        after_back: Dffr<Bit> = Default::default(),
        after_back_hot: Reg<Bits<NQ>> = Default::default(),
        after_back_rows: Reg<Bits<16>> = Default::default(),
        after_back_near: Reg<Bit> = Default::default(),

        // Counts come modulo twice the share at least. In use: all there is, more than all but `PAUSE`.
        row_mask: Constant<Bits<16>> = Constant::new(((2_u64 << RB) - 1).into()),
        slot_mask: Constant<Bits<16>> = Constant::new(((2_u64 << PB) - 1).into()),
        all_rows: Constant<Bits<16>> = Constant::new((1_u64 << RB).into()),
        all_slots: Constant<Bits<16>> = Constant::new((1_u64 << PB).into()),
        high_rows: Constant<Bits<16>> = Constant::new(((1_u64 << RB) - PAUSE).into()),
        high_slots: Constant<Bits<16>> = Constant::new(((1_u64 << PB) - PAUSE).into()),
        low_bits: Constant<Bits<16>> = Constant::new((PAUSE - 1).into()),
        low_bits_but_1: Constant<Bits<16>> = Constant::new((PAUSE - 2).into()),
        one: Constant<Bits<NQ>> = Constant::new(1_u64.into()),
        ones: Constant<Bits<NQ>> = Constant::new((u64::MAX >> (64 - NQ)).into()),
    }
}

impl<const NQ: usize, const RB: usize, const PB: usize> Logic for Room<NQ, RB, PB> {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self,
            clock,
            fulls,
            nearlies,
            after_beat,
            after_beat_hot,
            after_beat_last,
            after_beat_rows
        );
        dff_setup!(self, clock, after_beat_slots, after_freed, after_freed_hot, after_freed_rows);
        dff_setup!(self, clock, after_freed_slots, backed, backed_freed_row, after_back, after_back_hot);
        dff_setup!(self, clock, after_back_rows, after_back_near);
        self.fulls.rst.next = self.rst.val();
        self.nearlies.rst.next = self.rst.val();
        self.after_beat.rst.next = self.rst.val();
        self.after_freed.rst.next = self.rst.val();
        self.backed.rst.next = self.rst.val();
        self.after_back.rst.next = self.rst.val();

        self.beat_hot.next = self.one.val() << self.beat_q.val();
        self.freed_hot.next = self.one.val() << self.freed_q.val();
        self.rows.next = self.beat_row.val() - self.beat_freed_row.val();
        self.rows.next = self.rows.val() & self.row_mask.val();
        self.slots.next = self.beat_pkts.val() - self.beat_freed_pkts.val();
        self.slots.next = self.slots.val() & self.slot_mask.val();
        self.free_rows.next = self.own_row.val() - self.freed_row.val();
        self.free_rows.next = self.free_rows.val() & self.row_mask.val();
        self.free_slots.next = self.own_pkts.val() - self.freed_pkts.val();
        self.free_slots.next = self.free_slots.val() & self.slot_mask.val();

        // More than the share is never in use. A packet whose rows are given back had a row and a slot.
        self.beat_full.next = (self.rows.val() & self.all_rows.val()).any()
            | (self.beat_last.val() & (self.slots.val() & self.all_slots.val()).any());
        self.freed_full.next = (self.free_rows.val() & self.all_rows.val()).any()
            | (self.free_slots.val() & self.all_slots.val()).any();
        self.shares.next = self.fulls.q.val();
        self.mask.next = !self.freed_hot.val();
        if self.freed.val() {
            self.shares.next = self.fulls.q.val() & self.mask.val();
            if self.freed_full.val() {
                self.shares.next = self.fulls.q.val() | self.freed_hot.val();
            }
        }
        self.mask.next = !self.beat_hot.val();
        if self.back.val() {
            self.shares.next = self.shares.val() & self.mask.val();
        }
        if self.beat.val() {
            self.shares.next = self.shares.val() & self.mask.val();
            if self.beat_full.val() {
                self.shares.next = self.shares.val() | self.beat_hot.val();
            }
        }
        self.fulls.d.next = self.shares.val();
        self.full.next = self.fulls.q.val();

        self.after_beat.d.next = self.beat.val();
        self.after_beat_hot.d.next = self.beat_hot.val();
        self.after_beat_last.d.next = self.beat.val() & self.beat_last.val();
        self.after_beat_rows.d.next = self.rows.val();
        self.after_beat_slots.d.next = self.slots.val();
        self.after_freed.d.next = self.freed.val();
        self.after_freed_hot.d.next = self.freed_hot.val();
        self.after_freed_rows.d.next = self.free_rows.val();
        self.after_freed_slots.d.next = self.free_slots.val();

        // Oldest first: rows given back, freed, beat.
        self.backed.d.next = self.back.val();
        self.backed_freed_row.d.next = self.beat_freed_row.val();
        self.after_back.d.next = self.backed.q.val();
        self.after_back_hot.d.next = self.after_beat_hot.q.val();
        self.after_back_rows.d.next = self.back_row.val() - self.backed_freed_row.q.val();
        self.low.next = self.after_beat_slots.q.val() & self.low_bits_but_1.val();
        if self.after_beat_last.q.val() {
            self.low.next = self.after_beat_slots.q.val() & self.low_bits.val();
        }
        self.near_slots.next = (self.after_beat_slots.q.val() & self.all_slots.val()).any()
            | (((self.after_beat_slots.q.val() & self.high_slots.val()) == self.high_slots.val())
                & self.low.val().any());
        self.after_back_near.d.next = self.near_slots.val();
        self.shares.next = self.nearlies.q.val();
        self.mask.next = self.ones.val();
        self.near.next = self.after_back_near.q.val()
            | (self.after_back_rows.q.val() & self.all_rows.val()).any()
            | (((self.after_back_rows.q.val() & self.high_rows.val()) == self.high_rows.val())
                & (self.after_back_rows.q.val() & self.low_bits_but_1.val()).any());
        if self.after_back.q.val() {
            self.mask.next = !self.after_back_hot.q.val();
            self.shares.next = self.shares.val() & self.mask.val();
            if self.near.val() {
                self.shares.next = self.shares.val() | self.after_back_hot.q.val();
            }
        }
        self.near.next = (self.after_freed_rows.q.val() & self.all_rows.val()).any()
            | (((self.after_freed_rows.q.val() & self.high_rows.val()) == self.high_rows.val())
                & (self.after_freed_rows.q.val() & self.low_bits.val()).any())
            | (self.after_freed_slots.q.val() & self.all_slots.val()).any()
            | (((self.after_freed_slots.q.val() & self.high_slots.val()) == self.high_slots.val())
                & (self.after_freed_slots.q.val() & self.low_bits.val()).any());
        if self.after_freed.q.val() {
            self.mask.next = !self.after_freed_hot.q.val();
            self.shares.next = self.shares.val() & self.mask.val();
            if self.near.val() {
                self.shares.next = self.shares.val() | self.after_freed_hot.q.val();
            }
        }
        self.near.next = self.near_slots.val()
            | (self.after_beat_rows.q.val() & self.all_rows.val()).any()
            | (((self.after_beat_rows.q.val() & self.high_rows.val()) == self.high_rows.val())
                & (self.after_beat_rows.q.val() & self.low_bits.val()).any());
        if self.after_beat.q.val() {
            self.mask.next = !self.after_beat_hot.q.val();
            self.shares.next = self.shares.val() & self.mask.val();
            if self.near.val() {
                self.shares.next = self.shares.val() | self.after_beat_hot.q.val();
            }
        }
        self.nearlies.d.next = self.shares.val();
        self.nearly.next = self.nearlies.q.val();
    }
}
