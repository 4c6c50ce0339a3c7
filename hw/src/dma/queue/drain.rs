//! Finds out when nothing of a stopped queue is in flight any more.

use rust_hdl::prelude::*;

use crate::hw;
use crate::prim::{Dffr, Reg};

#[derive(Copy, Clone, Debug, PartialEq, LogicState)]
pub enum DrainState {
    Find,
    Picks,
    Fetch,
    Data,
    Offer,
    Records,
    Writes,
}

/// No more TLPs and records than this come from what c2h/send can hold at a time: 32 entries, each with one of both.
const SEND_DEPTH: u64 = 64;
/// No more records than this wait in c2h/send, or in h2c/commit, for record to accept them.
const OFFER_DEPTH: u64 = 16;

hw! {
    /// Drains stopped queues, one at a time in turn, by following their work downstream.
    ///
    /// ```text
    ///  Find ─► Picks ─► Fetch ─► Data ─────────► Offer ─────────► Records ───────────► Writes ─► drained
    ///          nobody   no       requests given  records offered  no record of the     writes issued by then
    ///          holds it fetch    by then are     by then are      queue is open        are reported sent
    ///                            committed; C2H: accepted
    ///                            TLPs are out
    /// ```
    /// Work of a queue can only move from left to right, and each stage keeps the order of what it is given, so waiting for
    /// the count a stage had reached (modulo 2^16) covers all of the queue's work without knowing which was whose. Other
    /// queues go on all the time; nothing here waits for them to pause. Stages that don't count what they were given are
    /// watched at their output instead: it has been empty, or as much has come out as fits inside. Records are collected
    /// per queue and for a while, so there the queue's own bit counts.
    ///
    /// Each stage begins with a clock that takes the mark, after some of waiting, so that registers between two blocks
    /// can't hide work from both.
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
        /// c2h/send holds anything.
        pub send_busy: Signal<In, Bit> = Default::default(),
        /// c2h/send's outputs, watched.
        pub data_wr_valid: Signal<In, Bit> = Default::default(),
        pub data_wr_ready: Signal<In, Bit> = Default::default(),
        pub data_wr_last: Signal<In, Bit> = Default::default(),
        pub rec_c2h_valid: Signal<In, Bit> = Default::default(),
        pub rec_c2h_ready: Signal<In, Bit> = Default::default(),
        /// h2c/commit's output, watched.
        pub rec_h2c_valid: Signal<In, Bit> = Default::default(),
        pub rec_h2c_ready: Signal<In, Bit> = Default::default(),
        /// A record of the queue was not taken by wr_arb yet; at the latest 6 clocks behind its acceptance.
        pub rec_open: Signal<In, Bits<GN>> = Default::default(),
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
        marked: Dffr<Bit> = Default::default(),
        mark: Reg<Bits<16>> = Default::default(),
        // What has come out of send and of commit, free-running.
        sent: Dffr<Bits<16>> = Default::default(),
        c2h_offers: Dffr<Bits<16>> = Default::default(),
        h2c_offers: Dffr<Bits<16>> = Default::default(),
        empty: Dffr<Bits<3>> = Default::default(),
        gb: Signal<Local, Bits<GB>> = Default::default(),
        h2c: Signal<Local, Bit> = Default::default(),
        go: Signal<Local, Bit> = Default::default(),
        given: Signal<Local, Bits<16>> = Default::default(),
        finished: Signal<Local, Bits<16>> = Default::default(),
        ahead: Signal<Local, Bits<16>> = Default::default(),
        reached: Signal<Local, Bit> = Default::default(),
        c2h_offer: Signal<Local, Bit> = Default::default(),
        h2c_offer: Signal<Local, Bit> = Default::default(),
        offered: Signal<Local, Bit> = Default::default(),
        was_empty: Signal<Local, Bit> = Default::default(),
        picking: Signal<Local, Bit> = Default::default(),
        measured: Signal<Local, Bit> = Default::default(),
        passed: Signal<Local, Bit> = Default::default(),
        send_depth: Constant<Bits<16>> = Constant::new(SEND_DEPTH.into()),
        offer_depth: Constant<Bits<16>> = Constant::new(OFFER_DEPTH.into()),
        queues: Constant<Bits<7>> = Constant::new((NQ as u64).into()),
        last: Constant<Bits<7>> = Constant::new(((GN - 1) as u64).into()),
    }
}

impl<const NQ: usize, const GN: usize, const GB: usize> Logic for Drain<NQ, GN, GB> {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, state, g, settle, seen_fetch, seen_pick, mark, marked);
        dff_setup!(self, clock, sent, c2h_offers, h2c_offers, empty);
        self.marked.rst.next = self.rst.val();
        self.sent.rst.next = self.rst.val();
        self.c2h_offers.rst.next = self.rst.val();
        self.h2c_offers.rst.next = self.rst.val();
        self.empty.rst.next = self.rst.val();
        self.state.rst.next = self.rst.val();
        self.g.rst.next = self.rst.val();
        self.settle.rst.next = self.rst.val();
        self.seen_fetch.rst.next = self.rst.val();
        self.seen_pick.rst.next = self.rst.val();
        self.gb.next = bit_cast::<GB, 7>(self.g.q.val());
        self.h2c.next = self.g.q.val() < self.queues.val();

        self.c2h_offer.next = self.rec_c2h_valid.val() & self.rec_c2h_ready.val();
        self.h2c_offer.next = self.rec_h2c_valid.val() & self.rec_h2c_ready.val();
        if self.data_wr_valid.val() & self.data_wr_ready.val() & self.data_wr_last.val() {
            self.sent.d.next = self.sent.q.val() + 1;
            if self.c2h_offer.val() {
                self.sent.d.next = self.sent.q.val() + 2;
            }
        } else if self.c2h_offer.val() {
            self.sent.d.next = self.sent.q.val() + 1;
        }
        if self.c2h_offer.val() {
            self.c2h_offers.d.next = self.c2h_offers.q.val() + 1;
        }
        if self.h2c_offer.val() {
            self.h2c_offers.d.next = self.h2c_offers.q.val() + 1;
        }

        // What the stage was given, which becomes the mark, and what it has finished.
        self.given.next = self.wr_issued.val();
        self.finished.next = self.wr_sent.val();
        self.offered.next = self.rec_c2h_valid.val();
        if self.h2c.val() {
            self.offered.next = self.rec_h2c_valid.val();
        }
        if self.state.q.val() == DrainState::Data {
            self.given.next = self.sent.q.val() + self.send_depth.val();
            self.finished.next = self.sent.q.val();
            self.offered.next = self.send_busy.val();
            if self.h2c.val() {
                self.given.next = self.req_issued.val();
                self.finished.next = self.req_committed.val();
            }
        }
        if self.state.q.val() == DrainState::Offer {
            self.given.next = self.c2h_offers.q.val() + self.offer_depth.val();
            self.finished.next = self.c2h_offers.q.val();
            if self.h2c.val() {
                self.given.next = self.h2c_offers.q.val() + self.offer_depth.val();
                self.finished.next = self.h2c_offers.q.val();
            }
        }
        self.ahead.next = self.finished.val() - self.mark.q.val();
        self.reached.next = !self.ahead.val().get_bit(15);
        // Empty for 8 clocks: a FIFO may show a word some clocks after it got it.
        self.empty.d.next = 0.into();
        self.was_empty.next = false;
        if self.marked.q.val() & !self.offered.val() {
            self.empty.d.next = self.empty.q.val() + 1;
            self.was_empty.next = self.empty.q.val() == 7;
        }
        self.measured.next = ((self.state.q.val() == DrainState::Data) & !self.h2c.val())
            | (self.state.q.val() == DrainState::Offer);
        self.passed.next =
            self.marked.q.val() & (self.reached.val() | (self.measured.val() & self.was_empty.val()));

        self.drained.next = false;
        self.drained_g.next = self.g.q.val();
        self.go.next = self.settle.q.val() == 0;
        if !self.go.val() {
            self.settle.d.next = self.settle.q.val() - 1;
        }
        self.picking.next = (self.state.q.val() == DrainState::Find)
            | (self.state.q.val() == DrainState::Picks)
            | (self.state.q.val() == DrainState::Fetch)
            | (self.state.q.val() == DrainState::Records);
        if self.go.val() & !self.picking.val() & !self.marked.q.val() {
            self.marked.d.next = true;
            self.mark.d.next = self.given.val();
        }
        if self.passed.val() {
            self.marked.d.next = false;
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
                    self.state.d.next = DrainState::Data;
                }
            }
            DrainState::Data => {
                if self.passed.val() {
                    self.settle.d.next = 7.into();
                    self.state.d.next = DrainState::Offer;
                }
            }
            DrainState::Offer => {
                if self.passed.val() {
                    self.settle.d.next = 7.into();
                    self.state.d.next = DrainState::Records;
                }
            }
            DrainState::Records => {
                if self.go.val() & !self.rec_open.val().get_bit(self.gb.val().index()) {
                    self.settle.d.next = 7.into();
                    self.state.d.next = DrainState::Writes;
                }
            }
            DrainState::Writes => {
                if self.passed.val() {
                    self.drained.next = true;
                    self.state.d.next = DrainState::Find;
                }
            }
        }
    }
}
