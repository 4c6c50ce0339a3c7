//! Finds out when nothing of a stopped queue is in flight any more.

use rust_hdl::prelude::*;

use crate::hw;
use crate::prim::{Dffr, Reg};

#[derive(Copy, Clone, Debug, PartialEq, LogicState)]
pub enum DrainState {
    Find,
    Picks,
    Fetch,
    MarkData,
    Data,
    Tail,
    MarkRecords,
    Records,
    MarkWrites,
    Writes,
}

hw! {
    /// Drains stopped queues, one at a time in turn, by following their work downstream.
    ///
    /// ```text
    ///  Find ─► Picks ─► Fetch ─► MarkData · Data ─► Tail ─► MarkRecords · Records ─► MarkWrites · Writes ─► drained
    ///          nobody   no       requests (entries) record   records accepted        writes issued by then
    ///          holds it fetch    given by then are  handed   by then are written     are reported sent
    ///                            done               over
    /// ```
    /// Work of a queue can only move from left to right, and each stage keeps the order of what it is given, so waiting for
    /// the count a stage had reached (modulo 2^16) covers all of the queue's work without knowing which was whose. Other
    /// queues go on all the time; nothing here waits for them to pause.
    ///
    /// Every step starts with some clocks of waiting, so that registers between two blocks can't hide work from both.
    pub struct Drain<const NQ: usize, const GN: usize, const GB: usize> {
        pub clock: Signal<In, Clock> = Default::default(),
        pub rst: Signal<In, Bit> = Default::default(),
        /// Queues that are stopped and not yet idle.
        pub stopped: Signal<In, Bits<GN>> = Default::default(),
        pub scanning_fetch: Signal<In, Bit> = Default::default(),
        pub scanning_issue: Signal<In, Bit> = Default::default(),
        pub scanning_plan: Signal<In, Bit> = Default::default(),
        pub fetch_busy: Signal<In, Bits<GN>> = Default::default(),
        pub req_issued: Signal<In, Bits<16>> = Default::default(),
        pub req_committed: Signal<In, Bits<16>> = Default::default(),
        pub commit_busy: Signal<In, Bit> = Default::default(),
        pub c2h_issued: Signal<In, Bits<16>> = Default::default(),
        pub c2h_retired: Signal<In, Bits<16>> = Default::default(),
        pub send_busy: Signal<In, Bit> = Default::default(),
        pub rec_accepted: Signal<In, Bits<16>> = Default::default(),
        pub rec_written: Signal<In, Bits<16>> = Default::default(),
        pub wr_issued: Signal<In, Bits<16>> = Default::default(),
        pub wr_sent: Signal<In, Bits<16>> = Default::default(),
        /// Pulse: queue `drained_g` is idle from now on.
        pub drained: Signal<Out, Bit> = Default::default(),
        pub drained_g: Signal<Out, Bits<7>> = Default::default(),
        state: Dffr<DrainState> = Dffr::new(DrainState::Find),
        g: Dffr<Bits<7>> = Default::default(),
        settle: Dffr<Bits<3>> = Default::default(),
        seen_fetch: Dffr<Bit> = Default::default(),
        seen_pick: Dffr<Bit> = Default::default(),
        mark: Reg<Bits<16>> = Default::default(),
        gb: Signal<Local, Bits<GB>> = Default::default(),
        h2c: Signal<Local, Bit> = Default::default(),
        go: Signal<Local, Bit> = Default::default(),
        given: Signal<Local, Bits<16>> = Default::default(),
        finished: Signal<Local, Bits<16>> = Default::default(),
        ahead: Signal<Local, Bits<16>> = Default::default(),
        reached: Signal<Local, Bit> = Default::default(),
        queues: Constant<Bits<7>> = Constant::new((NQ as u64).into()),
        last: Constant<Bits<7>> = Constant::new(((GN - 1) as u64).into()),
    }
}

impl<const NQ: usize, const GN: usize, const GB: usize> Logic for Drain<NQ, GN, GB> {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, state, g, settle, seen_fetch, seen_pick, mark);
        self.state.rst.next = self.rst.val();
        self.g.rst.next = self.rst.val();
        self.settle.rst.next = self.rst.val();
        self.seen_fetch.rst.next = self.rst.val();
        self.seen_pick.rst.next = self.rst.val();
        self.gb.next = bit_cast::<GB, 7>(self.g.q.val());
        self.h2c.next = self.g.q.val() < self.queues.val();

        self.given.next = self.wr_issued.val();
        self.finished.next = self.wr_sent.val();
        if (self.state.q.val() == DrainState::MarkData) | (self.state.q.val() == DrainState::Data) {
            self.given.next = self.c2h_issued.val();
            self.finished.next = self.c2h_retired.val();
            if self.h2c.val() {
                self.given.next = self.req_issued.val();
                self.finished.next = self.req_committed.val();
            }
        }
        if (self.state.q.val() == DrainState::MarkRecords) | (self.state.q.val() == DrainState::Records) {
            self.given.next = self.rec_accepted.val();
            self.finished.next = self.rec_written.val();
        }
        self.ahead.next = self.finished.val() - self.mark.q.val();
        self.reached.next = !self.ahead.val().get_bit(15);

        self.drained.next = false;
        self.drained_g.next = self.g.q.val();
        self.go.next = self.settle.q.val() == 0;
        if !self.go.val() {
            self.settle.d.next = self.settle.q.val() - 1;
        }
        match self.state.q.val() {
            DrainState::Find => {
                self.seen_fetch.d.next = false;
                self.seen_pick.d.next = false;
                if self.stopped.val().get_bit(self.gb.val().index()) {
                    self.settle.d.next = 7.into();
                    self.state.d.next = DrainState::Picks;
                } else {
                    self.g.d.next = self.g.q.val() + 1;
                    if self.g.q.val() == self.last.val() {
                        self.g.d.next = 0.into();
                    }
                }
            }
            DrainState::Picks => {
                if self.go.val() {
                    if self.scanning_fetch.val() {
                        self.seen_fetch.d.next = true;
                    }
                    if (self.h2c.val() & self.scanning_issue.val())
                        | (!self.h2c.val() & self.scanning_plan.val())
                    {
                        self.seen_pick.d.next = true;
                    }
                    if self.seen_fetch.q.val() & self.seen_pick.q.val() {
                        self.settle.d.next = 7.into();
                        self.state.d.next = DrainState::Fetch;
                    }
                }
            }
            DrainState::Fetch => {
                if self.go.val() & !self.fetch_busy.val().get_bit(self.gb.val().index()) {
                    self.settle.d.next = 7.into();
                    self.state.d.next = DrainState::MarkData;
                }
            }
            DrainState::MarkData => {
                if self.go.val() {
                    self.mark.d.next = self.given.val();
                    self.state.d.next = DrainState::Data;
                }
            }
            DrainState::Data => {
                if self.reached.val() | (!self.h2c.val() & !self.send_busy.val()) {
                    self.settle.d.next = 7.into();
                    self.state.d.next = DrainState::Tail;
                }
            }
            DrainState::Tail => {
                // What commit has counted may still stand in front of record.
                if self.go.val() & (!self.h2c.val() | !self.commit_busy.val()) {
                    self.settle.d.next = 7.into();
                    self.state.d.next = DrainState::MarkRecords;
                }
            }
            DrainState::MarkRecords => {
                if self.go.val() {
                    self.mark.d.next = self.given.val();
                    self.state.d.next = DrainState::Records;
                }
            }
            DrainState::Records => {
                if self.reached.val() {
                    self.settle.d.next = 7.into();
                    self.state.d.next = DrainState::MarkWrites;
                }
            }
            DrainState::MarkWrites => {
                if self.go.val() {
                    self.mark.d.next = self.given.val();
                    self.state.d.next = DrainState::Writes;
                }
            }
            DrainState::Writes => {
                if self.reached.val() {
                    self.drained.next = true;
                    self.state.d.next = DrainState::Find;
                }
            }
        }
    }
}
