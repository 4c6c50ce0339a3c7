//! Which generator works next.

use rust_hdl::prelude::*;

use crate::hw;
use crate::prim::{Dffr, Reg};
use crate::stream::NextReady;

#[derive(Copy, Clone, Debug, PartialEq, LogicState)]
pub enum PickState {
    Seek,
    Load,
    Look,
    Judge,
    Have,
}

hw! {
    /// Looks for the next queue with something to do while another one is at work.
    ///
    /// ```text
    ///  ready bits ─► next one ─► its context and due from memory ─► can it? ─► candidate ─► taken
    ///                   ▲                                              │ no
    ///                   └──────────────────────────────────────────────┘
    /// ```
    /// A ready bit may be true too often, so the candidate is judged by its context. `q` addresses the memories outside;
    /// `ctx_*` and `due` are what they give for it, one clock later.
    pub struct GenPick<const NQ: usize, const QB: usize> {
        pub clock: Signal<In, Clock> = Default::default(),
        pub rst: Signal<In, Bit> = Default::default(),
        pub ready: Signal<In, Bits<NQ>> = Default::default(),
        pub run: Signal<In, Bits<NQ>> = Default::default(),
        pub over: Signal<In, Bits<NQ>> = Default::default(),
        pub c2h_pause: Signal<In, Bits<NQ>> = Default::default(),
        /// The queue at work, which is no candidate.
        pub busy: Signal<In, Bit> = Default::default(),
        pub busy_q: Signal<In, Bits<QB>> = Default::default(),
        /// Forget the candidate.
        pub cancel: Signal<In, Bit> = Default::default(),
        pub q: Signal<Out, Bits<QB>> = Default::default(),
        pub ctx_sent: Signal<In, Bits<32>> = Default::default(),
        pub ctx_open: Signal<In, Bit> = Default::default(),
        pub ctx_fin: Signal<In, Bit> = Default::default(),
        pub due: Signal<In, Bits<32>> = Default::default(),
        /// A candidate is there; `lag` is what it has sent less what it is due, as of one clock ago.
        pub have: Signal<Out, Bit> = Default::default(),
        pub lag: Signal<Out, Bits<32>> = Default::default(),
        pub paused: Signal<Out, Bit> = Default::default(),
        pub running: Signal<Out, Bit> = Default::default(),
        pub take: Signal<In, Bit> = Default::default(),
        find: NextReady<NQ, QB> = Default::default(),
        state: Dffr<PickState> = Dffr::new(PickState::Seek),
        // Clocks until the next one is that behind `at`.
        delay: Dffr<Bits<2>> = Default::default(),
        at: Dffr<Bits<QB>> = Default::default(),
        behind: Reg<Bits<32>> = Default::default(),
        is_over: Reg<Bit> = Default::default(),
        is_paused: Reg<Bit> = Default::default(),
        is_running: Reg<Bit> = Default::default(),
        hot: Signal<Local, Bits<NQ>> = Default::default(),
        starts: Signal<Local, Bit> = Default::default(),
        goes_on: Signal<Local, Bit> = Default::default(),
        one: Constant<Bits<NQ>> = Constant::new(1_u64.into()),
        settle: Constant<Bits<2>> = Constant::new(2_u64.into()),
    }
}

impl<const NQ: usize, const QB: usize> Logic for GenPick<NQ, QB> {
    #[hdl_gen]
    fn update(&mut self) {
        clock!(self, clock, find);
        dff_setup!(self, clock, state, delay, at, behind, is_over, is_paused, is_running);
        self.find.rst.next = self.rst.val();
        self.state.rst.next = self.rst.val();
        self.delay.rst.next = self.rst.val();
        self.at.rst.next = self.rst.val();
        self.find.ready.next = self.ready.val();
        self.find.after.next = self.at.q.val();
        self.behind.d.next = self.ctx_sent.val() - self.due.val();
        self.hot.next = self.one.val() << self.at.q.val();
        self.is_over.d.next = (self.over.val() & self.hot.val()).any();
        self.is_paused.d.next = (self.c2h_pause.val() & self.hot.val()).any();
        self.is_running.d.next = (self.run.val() & self.hot.val()).any();
        self.starts.next = self.is_running.q.val()
            & !self.ctx_open.val()
            & !self.ctx_fin.val()
            & (self.is_over.q.val() | (self.behind.q.val().get_bit(31) & !self.is_paused.q.val()));
        self.goes_on.next = self.ctx_open.val()
            & !self.is_paused.q.val()
            & (self.behind.q.val().get_bit(31) | !self.is_running.q.val());
        match self.state.q.val() {
            PickState::Seek => {
                if self.delay.q.val().any() {
                    self.delay.d.next = self.delay.q.val() - 1;
                } else if self.find.found.val() {
                    self.at.d.next = self.find.winner.val();
                    if self.busy.val() & (self.find.winner.val() == self.busy_q.val()) {
                        self.delay.d.next = self.settle.val();
                    } else {
                        self.state.d.next = PickState::Load;
                    }
                }
            }
            PickState::Load => {
                self.state.d.next = PickState::Look;
            }
            PickState::Look => {
                self.state.d.next = PickState::Judge;
            }
            PickState::Judge => {
                if self.starts.val() | self.goes_on.val() {
                    self.state.d.next = PickState::Have;
                } else {
                    self.state.d.next = PickState::Seek;
                }
            }
            PickState::Have => {
                if self.take.val() {
                    self.state.d.next = PickState::Seek;
                    self.delay.d.next = self.settle.val();
                }
            }
        }
        if self.cancel.val() {
            self.state.d.next = PickState::Seek;
            self.delay.d.next = self.settle.val();
        }
        self.q.next = self.at.q.val();
        self.have.next = self.state.q.val() == PickState::Have;
        self.lag.next = self.behind.q.val();
        self.paused.next = self.is_paused.q.val();
        self.running.next = self.is_running.q.val();
    }
}
