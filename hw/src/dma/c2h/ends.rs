//! The packet ends of the queue in hand, read before they are needed.

use rust_hdl::prelude::*;

use super::types::PacketEnd;
use crate::hw;
use crate::prim::{Dffr, Reg};

hw! {
    /// Holds the end of the packet that is being read; a register behind the memory shows the one behind it.
    ///
    /// ```text
    ///  number ─► packet ends ─► memory ─► next_end (if `more`) ─► held
    ///  pkts != number ─► register ─► more
    /// ```
    /// `rows` and `more` come from the same look at the queue's counts: without `held` and `more` no packet ends within these
    /// rows. The memory is read two clocks before at the earliest, and an end was written more than that before its count is seen.
    pub struct Ends {
        pub clock: Signal<In, Clock> = Default::default(),
        pub rst: Signal<In, Bit> = Default::default(),
        /// Another queue comes in hand, `start` of whose packets have been passed.
        pub restart: Signal<In, Bit> = Default::default(),
        pub start: Signal<In, Bits<16>> = Default::default(),
        /// Read the end of packet `start` of that queue, in the clock of `restart` or before.
        pub preview: Signal<In, Bit> = Default::default(),
        /// `more` and the memory's answer count.
        pub enable: Signal<In, Bit> = Default::default(),
        /// The packet has been passed.
        pub pass: Signal<In, Bit> = Default::default(),
        /// Copies of the queue in hand, see `Watch`.
        pub rows_now: Signal<In, Bits<16>> = Default::default(),
        pub pkts_now: Signal<In, Bits<16>> = Default::default(),
        /// Packet whose end is read.
        pub number: Signal<Out, Bits<16>> = Default::default(),
        pub memory: Signal<In, PacketEnd> = Default::default(),
        /// Rows written.
        pub rows: Signal<Out, Bits<16>> = Default::default(),
        /// The end behind the one that is held, if there is `more`.
        pub next_end: Signal<Out, PacketEnd> = Default::default(),
        pub more: Signal<Out, Bit> = Default::default(),
        /// The end of the packet that is being read is known.
        pub held: Signal<Out, Bit> = Default::default(),
        pub packet_end: Signal<Out, PacketEnd> = Default::default(),
        /// Low in the clock in which `next_end` is an old one.
        pub settled: Signal<Out, Bit> = Default::default(),
        /// Packets passed once that one is.
        pub passed: Signal<Out, Bits<16>> = Default::default(),

        known: Dffr<Bit> = Default::default(),
        answer: Reg<PacketEnd> = Default::default(),
        moved: Dffr<Bit> = Default::default(),
        present: Reg<PacketEnd> = Default::default(),
        fetch: Reg<Bits<16>> = Default::default(),
        behind: Reg<Bits<16>> = Default::default(),
        rows_seen: Reg<Bits<16>> = Default::default(),
        more_seen: Dffr<Bit> = Default::default(),
        load: Signal<Local, Bit> = Default::default(),
        next_fetch: Signal<Local, Bits<16>> = Default::default(),
    }
}

impl Logic for Ends {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, known, answer, moved, present, fetch, behind, rows_seen, more_seen);
        self.known.rst.next = self.rst.val();
        self.more_seen.rst.next = self.rst.val();
        self.moved.rst.next = self.rst.val();
        self.answer.d.next = self.memory.val();
        self.load.next = self.enable.val() & self.more_seen.q.val() & (!self.known.q.val() | self.pass.val());
        self.next_fetch.next = self.fetch.q.val();
        if self.pass.val() {
            self.known.d.next = false;
        }
        if self.load.val() {
            self.next_fetch.next = self.behind.q.val();
            self.behind.d.next = self.behind.q.val() + 1;
            self.present.d.next = self.answer.q.val();
            self.known.d.next = true;
        }
        self.fetch.d.next = self.next_fetch.val();
        self.moved.d.next = self.load.val();
        self.number.next = self.next_fetch.val();
        if self.preview.val() {
            self.number.next = self.start.val();
        }
        self.rows_seen.d.next = self.rows_now.val();
        // Compared with both: what decides between them comes late.
        self.more_seen.d.next = self.pkts_now.val() != self.fetch.q.val();
        if self.load.val() {
            self.more_seen.d.next = self.pkts_now.val() != self.behind.q.val();
        }
        if self.restart.val() {
            self.fetch.d.next = self.start.val();
            self.behind.d.next = self.start.val() + 1;
            self.known.d.next = false;
        }
        self.settled.next = !self.moved.q.val();
        self.next_end.next = self.answer.q.val();
        self.rows.next = self.rows_seen.q.val();
        self.more.next = self.more_seen.q.val();
        self.held.next = self.known.q.val();
        self.packet_end.next = self.present.q.val();
        self.passed.next = self.fetch.q.val();
    }
}
