//! Function Level Reset.

use rust_hdl::prelude::*;

use crate::hw;
use crate::prim::Dffr;

#[derive(Copy, Clone, Debug, PartialEq, LogicState)]
pub enum FlrState {
    Run,
    Quiet,
    Reset,
    Clear,
    Done,
}

hw! {
    /// Brings the engine to rest, resets it and says so (PCIe Base Spec 6.6.2).
    ///
    /// ```text
    ///  Run ──request──► Quiet ──at rest──► Reset ──► Clear ──queues cleared──► Done: ack ──request low──► Run
    ///  hold ▁▁▁▁▁▁▁▁▁▁▁▁▔▔▔▔▔▔▔▔▔▔▔▔▔▔▔▔▔▔▔▔▔▔▔▔▔▔▔▔▔▔▔▔▔▔▔▔▔▔▔▔▔▔▔▔▁▁▁▁
    /// ```
    /// From Reset to the end of Clear no request is taken in (`deaf`): what it set would outlive the reset, and 6.6.2 lets a function
    /// drop them.
    /// At rest is: no TLP under way, every read answered, every write reported sent, for 16 clocks. FLR has to end within
    /// 100 ms, so this waits 2^`FT` clocks at most: after half of it reads without an answer and writes without a report
    /// are given up, at its end TLPs under way too.
    pub struct Flr<const FT: usize> {
        pub clock: Signal<In, Clock> = Default::default(),
        /// Fundamental reset; not the reset made here.
        pub rst: Signal<In, Bit> = Default::default(),
        pub cfg_flr_request: Signal<In, Bit> = Default::default(),
        pub cfg_flr_ack: Signal<Out, Bit> = Default::default(),
        /// No TLP is under way.
        pub between: Signal<In, Bit> = Default::default(),
        /// Every read is answered and every write reported sent.
        pub settled: Signal<In, Bit> = Default::default(),
        /// Queue state is being cleared.
        pub clearing: Signal<In, Bit> = Default::default(),
        pub hold: Signal<Out, Bit> = Default::default(),
        /// Begin no completion: the reset is near, and would cut it.
        pub hush: Signal<Out, Bit> = Default::default(),
        pub reset: Signal<Out, Bit> = Default::default(),
        /// Drop requests that begin: what they set would outlive the reset.
        pub deaf: Signal<Out, Bit> = Default::default(),
        state: Dffr<FlrState> = Dffr::new(FlrState::Run),
        count: Dffr<Bits<4>> = Default::default(),
        timer: Dffr<Bits<FT>> = Default::default(),
        ack: Dffr<Bit> = Default::default(),
        // Of the clock before: it comes from far, and once it is true nothing makes it false while `hold` keeps TLPs back.
        calm: Dffr<Bit> = Default::default(),
        late: Signal<Local, Bit> = Default::default(),
        at_rest: Signal<Local, Bit> = Default::default(),
        one: Constant<Bits<FT>> = Constant::new(1_u64.into()),
        half: Constant<Bits<FT>> = Constant::new((1_u64 << (FT - 1)).into()),
        full: Constant<Bits<FT>> = Constant::new(((1_u64 << FT) - 1).into()),
    }
}

impl<const FT: usize> Logic for Flr<FT> {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, state, count, timer, ack, calm);
        self.state.rst.next = self.rst.val();
        self.count.rst.next = self.rst.val();
        self.timer.rst.next = self.rst.val();
        self.ack.rst.next = self.rst.val();
        self.calm.rst.next = self.rst.val();
        self.calm.d.next = self.settled.val();
        self.late.next = self.timer.q.val() >= self.half.val();
        self.at_rest.next = self.between.val() & (self.calm.q.val() | self.late.val());
        self.ack.d.next = false;
        self.hold.next = self.state.q.val() != FlrState::Run;
        self.reset.next = self.state.q.val() == FlrState::Reset;
        self.deaf.next = (self.state.q.val() == FlrState::Reset) | (self.state.q.val() == FlrState::Clear);
        self.hush.next = self.hold.val() & self.count.q.val().get_bit(3);
        match self.state.q.val() {
            FlrState::Run => {
                self.timer.d.next = 0.into();
                self.count.d.next = 0.into();
                if self.cfg_flr_request.val() {
                    self.state.d.next = FlrState::Quiet;
                }
            }
            FlrState::Quiet => {
                self.timer.d.next = self.timer.q.val() + self.one.val();
                self.count.d.next = 0.into();
                if self.at_rest.val() {
                    self.count.d.next = self.count.q.val() + 1;
                }
                if (self.at_rest.val() & (self.count.q.val() == 0xF))
                    | (self.timer.q.val() == self.full.val())
                {
                    self.count.d.next = 0.into();
                    self.state.d.next = FlrState::Reset;
                }
            }
            FlrState::Reset => {
                self.count.d.next = self.count.q.val() + 1;
                if self.count.q.val() == 0xF {
                    self.state.d.next = FlrState::Clear;
                }
            }
            FlrState::Clear => {
                if !self.clearing.val() {
                    self.ack.d.next = true;
                    self.state.d.next = FlrState::Done;
                }
            }
            FlrState::Done => {
                if !self.cfg_flr_request.val() {
                    self.state.d.next = FlrState::Run;
                }
            }
        }
        self.cfg_flr_ack.next = self.ack.q.val();
    }
}
