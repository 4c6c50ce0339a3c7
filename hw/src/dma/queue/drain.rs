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
    Memory,
    Send,
    Offer,
    Records,
    Writes,
}

/// No more than this comes from what c2h/send can hold at a time: 32 entries, each with a TLP and a record. One whose TLP goes
/// out in several counts with the last of them. One record more waits in a register.
const SEND_DEPTH: u64 = 65;
/// No more records than this wait in c2h/send, or in h2c/commit, for record to accept them.
const OFFER_DEPTH: u64 = 17;

hw! {
    /// Drains stopped queues, one at a time in turn, by following their work downstream.
    ///
    /// ```text
    ///                            ┌► Data ───► Memory ─────────┐ H2C
    ///  Find ─► Picks ─► Fetch ───┤  requests  nothing at the  ├► Offer ───► Records ─► Writes ─► drained
    ///          nobody   no       └► Memory ─► Send ───────────┘ records     no record  writes issued
    ///          holds it fetch       AXI4 port TLPs are out  C2H offered by  of the     by then are
    ///                                                           then are    queue is   reported sent
    ///                                                           accepted    open
    /// ```
    /// Work of a queue can only move from left to right, and each stage keeps the order of what it is given. So two kinds of
    /// stage end without knowing whose work was whose, and other queues go on all the time:
    /// - Data and Writes **count** (modulo 2^16) what they were given and what has ended: the latter has to reach what the
    ///   former was in the clock of the mark.
    /// - Send and Offer don't, so their output is watched: it has been empty, or as much has come out as fits inside.
    ///
    /// Records are collected per queue and for a while, and AXI4 transfers are too, so there the queue's own bit counts.
    ///
    /// Each stage begins after some clocks of waiting, so that registers between two blocks can't hide work from both.
    pub struct Drain<const NQ: usize, const GN: usize, const GB: usize> {
        pub clock: Signal<In, Clock> = Default::default(),
        pub rst: Signal<In, Bit> = Default::default(),
        /// Queues that are stopped and not yet idle; a queue leaves in the clock behind `drained`.
        pub stopped: Signal<In, Bits<GN>> = Default::default(),
        pub scanning_fetch: Signal<In, Bit> = Default::default(),
        pub scanning_issue: Signal<In, Bit> = Default::default(),
        pub scanning_plan: Signal<In, Bit> = Default::default(),
        pub fetch_busy: Signal<In, Bits<GN>> = Default::default(),
        pub req_issued: Signal<In, Bits<16>> = Default::default(),
        pub req_committed: Signal<In, Bits<16>> = Default::default(),
        /// Something of the queue is under way at the AXI4 port, or a record waits for it.
        pub mem_busy: Signal<In, Bits<GN>> = Default::default(),
        /// c2h/send holds anything.
        pub send_busy: Signal<In, Bit> = Default::default(),
        /// c2h/send's outputs, watched.
        pub data_wr_valid: Signal<In, Bit> = Default::default(),
        pub data_wr_ready: Signal<In, Bit> = Default::default(),
        pub data_wr_done: Signal<In, Bit> = Default::default(),
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
        h2c: Reg<Bit> = Default::default(),
        settle: Dffr<Bits<3>> = Default::default(),
        seen_fetch: Dffr<Bit> = Default::default(),
        seen_pick: Dffr<Bit> = Default::default(),
        // Find: the queue's bit has come.
        looked: Dffr<Bit> = Default::default(),
        // The queue's bits of the clock before.
        stops: Reg<Bit> = Default::default(),
        fetches: Reg<Bit> = Default::default(),
        transfers: Reg<Bit> = Default::default(),
        opens: Reg<Bit> = Default::default(),
        marked: Dffr<Bit> = Default::default(),
        mark: Reg<Bits<16>> = Default::default(),
        reached: Dffr<Bit> = Default::default(),
        // What still has to come out of a stage that is watched, less one; negative: nothing.
        left: Reg<Bits<8>> = Default::default(),
        moved: Dffr<Bits<2>> = Default::default(),
        offers: Reg<Bit> = Default::default(),
        // Clocks for which its output has been empty; bit 3: long enough.
        empty: Dffr<Bits<4>> = Default::default(),
        out: Dffr<Bit> = Default::default(),
        out_g: Reg<Bits<7>> = Default::default(),
        gb: Signal<Local, Bits<GB>> = Default::default(),
        go: Signal<Local, Bit> = Default::default(),
        advance: Signal<Local, Bit> = Default::default(),
        turn: Signal<Local, Bit> = Default::default(),
        finished: Signal<Local, Bits<16>> = Default::default(),
        ahead: Signal<Local, Bits<16>> = Default::default(),
        tlp: Signal<Local, Bit> = Default::default(),
        c2h_offer: Signal<Local, Bit> = Default::default(),
        h2c_offer: Signal<Local, Bit> = Default::default(),
        counted: Signal<Local, Bit> = Default::default(),
        watched: Signal<Local, Bit> = Default::default(),
        passed: Signal<Local, Bit> = Default::default(),
        send_depth: Constant<Bits<8>> = Constant::new((SEND_DEPTH - 1).into()),
        offer_depth: Constant<Bits<8>> = Constant::new((OFFER_DEPTH - 1).into()),
        queues: Constant<Bits<7>> = Constant::new((NQ as u64).into()),
        last: Constant<Bits<7>> = Constant::new(((GN - 1) as u64).into()),
    }
}

impl<const NQ: usize, const GN: usize, const GB: usize> Logic for Drain<NQ, GN, GB> {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, state, g, h2c, settle, seen_fetch, seen_pick, looked, stops, fetches);
        dff_setup!(
            self, clock, transfers, opens, marked, mark, reached, left, moved, offers, empty, out, out_g
        );
        self.state.rst.next = self.rst.val();
        self.g.rst.next = self.rst.val();
        self.settle.rst.next = self.rst.val();
        self.seen_fetch.rst.next = self.rst.val();
        self.seen_pick.rst.next = self.rst.val();
        self.looked.rst.next = self.rst.val();
        self.marked.rst.next = self.rst.val();
        self.reached.rst.next = self.rst.val();
        self.moved.rst.next = self.rst.val();
        self.empty.rst.next = self.rst.val();
        self.out.rst.next = self.rst.val();

        self.gb.next = bit_cast::<GB, 7>(self.g.q.val());
        self.h2c.d.next = self.g.q.val() < self.queues.val();
        self.stops.d.next = self.stopped.val().get_bit(self.gb.val().index());
        self.fetches.d.next = self.fetch_busy.val().get_bit(self.gb.val().index());
        self.transfers.d.next = self.mem_busy.val().get_bit(self.gb.val().index());
        self.opens.d.next = self.rec_open.val().get_bit(self.gb.val().index());

        self.go.next = self.settle.q.val() == 0;
        if !self.go.val() {
            self.settle.d.next = self.settle.q.val() - 1;
        }

        // Stages that count.
        self.counted.next =
            (self.state.q.val() == DrainState::Data) | (self.state.q.val() == DrainState::Writes);
        self.finished.next = self.wr_sent.val();
        if self.state.q.val() == DrainState::Data {
            self.finished.next = self.req_committed.val();
        }
        self.ahead.next = self.finished.val() - self.mark.q.val();
        self.reached.d.next = self.counted.val() & self.marked.q.val() & !self.ahead.val().get_bit(15);

        // Stages that are watched. Empty for 8 clocks: a FIFO may show a word some clocks after it got it.
        self.watched.next =
            (self.state.q.val() == DrainState::Send) | (self.state.q.val() == DrainState::Offer);
        self.tlp.next = self.data_wr_valid.val() & self.data_wr_ready.val() & self.data_wr_done.val();
        self.c2h_offer.next = self.rec_c2h_valid.val() & self.rec_c2h_ready.val();
        self.h2c_offer.next = self.rec_h2c_valid.val() & self.rec_h2c_ready.val();
        self.moved.d.next = 0.into();
        self.offers.d.next = self.rec_c2h_valid.val();
        if self.h2c.q.val() {
            self.offers.d.next = self.rec_h2c_valid.val();
            if self.h2c_offer.val() {
                self.moved.d.next = 1.into();
            }
        } else if self.state.q.val() == DrainState::Send {
            self.offers.d.next = self.send_busy.val();
            if self.tlp.val() & self.c2h_offer.val() {
                self.moved.d.next = 2.into();
            } else if self.tlp.val() | self.c2h_offer.val() {
                self.moved.d.next = 1.into();
            }
        } else if self.c2h_offer.val() {
            self.moved.d.next = 1.into();
        }
        if !self.left.q.val().get_bit(7) {
            self.left.d.next = self.left.q.val() - bit_cast::<8, 2>(self.moved.q.val());
        }
        self.empty.d.next = 0.into();
        if self.marked.q.val() & !self.offers.q.val() {
            self.empty.d.next = self.empty.q.val() + 1;
        }

        self.passed.next = self.marked.q.val()
            & (self.reached.q.val()
                | (self.watched.val() & (self.left.q.val().get_bit(7) | self.empty.q.val().get_bit(3))));
        if self.go.val() & (self.counted.val() | self.watched.val()) & !self.marked.q.val() {
            self.marked.d.next = true;
            self.mark.d.next = self.wr_issued.val();
            if self.state.q.val() == DrainState::Data {
                self.mark.d.next = self.req_issued.val();
            }
            self.left.d.next = self.offer_depth.val();
            if self.state.q.val() == DrainState::Send {
                self.left.d.next = self.send_depth.val();
            }
        }
        if self.passed.val() {
            self.marked.d.next = false;
        }

        self.advance.next = false;
        self.turn.next = false;
        self.looked.d.next = false;
        self.out.d.next = false;
        self.out_g.d.next = self.g.q.val();
        match self.state.q.val() {
            DrainState::Find => {
                self.seen_fetch.d.next = false;
                self.seen_pick.d.next = false;
                self.looked.d.next = !self.looked.q.val();
                if self.looked.q.val() {
                    if self.stops.q.val() {
                        self.advance.next = true;
                        self.state.d.next = DrainState::Picks;
                    } else {
                        self.turn.next = true;
                    }
                }
            }
            DrainState::Picks => {
                if self.go.val() {
                    if self.scanning_fetch.val() {
                        self.seen_fetch.d.next = true;
                    }
                    if (self.h2c.q.val() & self.scanning_issue.val())
                        | (!self.h2c.q.val() & self.scanning_plan.val())
                    {
                        self.seen_pick.d.next = true;
                    }
                    if self.seen_fetch.q.val() & self.seen_pick.q.val() {
                        self.advance.next = true;
                        self.state.d.next = DrainState::Fetch;
                    }
                }
            }
            DrainState::Fetch => {
                if self.go.val() & !self.fetches.q.val() {
                    self.advance.next = true;
                    self.state.d.next = DrainState::Memory;
                    if self.h2c.q.val() {
                        self.state.d.next = DrainState::Data;
                    }
                }
            }
            DrainState::Data => {
                if self.passed.val() {
                    self.advance.next = true;
                    self.state.d.next = DrainState::Memory;
                }
            }
            DrainState::Memory => {
                if self.go.val() & !self.transfers.q.val() {
                    self.advance.next = true;
                    self.state.d.next = DrainState::Send;
                    if self.h2c.q.val() {
                        self.state.d.next = DrainState::Offer;
                    }
                }
            }
            DrainState::Send => {
                if self.passed.val() {
                    self.advance.next = true;
                    self.state.d.next = DrainState::Offer;
                }
            }
            DrainState::Offer => {
                if self.passed.val() {
                    self.advance.next = true;
                    self.state.d.next = DrainState::Records;
                }
            }
            DrainState::Records => {
                if self.go.val() & !self.opens.q.val() {
                    self.advance.next = true;
                    self.state.d.next = DrainState::Writes;
                }
            }
            DrainState::Writes => {
                if self.passed.val() {
                    self.out.d.next = true;
                    // Not this queue again: `stopped` still shows it.
                    self.turn.next = true;
                    self.state.d.next = DrainState::Find;
                }
            }
        }
        if self.advance.val() {
            self.settle.d.next = 7.into();
        }
        if self.turn.val() {
            self.g.d.next = self.g.q.val() + 1;
            if self.g.q.val() == self.last.val() {
                self.g.d.next = 0.into();
            }
        }
        self.drained.next = self.out.q.val();
        self.drained_g.next = self.out_g.q.val();
    }
}
