//! Start, stop, clearing, errors and resets.

use rust_hdl::prelude::*;

use super::{Drain, Flr};
use crate::hw;
use crate::prim::{Bram, Dffr, Reg};

/// Owners of queue state, one bit each: those of both directions, of H2C, of C2H.
const OWNERS_BOTH: u64 = 0b0000_0111;
const OWNERS_H2C: u64 = 0b0011_1000;
const OWNERS_C2H: u64 = 0b1100_0000;

#[derive(Copy, Clone, Debug, PartialEq, LogicState)]
pub enum ControlState {
    Boot,
    Idle,
    Load,
    Clear,
    Gap,
    Start,
    Run,
    Answer,
}

hw! {
    /// Who runs, who is halted, who is idle.
    ///
    /// ```text
    ///  reset ─► Boot ─┐ each queue                 ┌─► next queue, at last Idle
    ///  RUN=1 ─► Load ─┴► Clear ─► Gap ─► Start ────┴─► Run ─► Answer
    ///           next      owners   owners  start bus   run rises
    ///           generation clear   let go
    ///  RUN=0 ─► run falls ─► Drain ─► idle rises
    /// ```
    /// RUN=1 starts a queue that is idle and does nothing to any other. After a reset all queues are cleared, with
    /// generation 0 on the start bus, and `host_wait` holds the host's accesses.
    ///
    /// An owner answers `init_done_*` once per `init_valid`, if the queue is of a direction that it serves; `init_valid` is
    /// low for at least 16 clocks between two queues.
    ///
    /// What a drain follows, and which signals it watches for that, is described at [`Drain`]. Interrupts are not part of
    /// a drain: one may come after IDLE.
    pub struct Control<const NQ: usize, const GN: usize, const GB: usize, const FT: usize> {
        pub clock: Signal<In, Clock> = Default::default(),
        pub rst: Signal<In, Bit> = Default::default(),
        /// Reset of everything: `rst` and FLR, one clock later.
        pub core_rst: Signal<Out, Bit> = Default::default(),
        pub cfg_flr_request: Signal<In, Bit> = Default::default(),
        pub cfg_flr_ack: Signal<Out, Bit> = Default::default(),
        /// To both arbiters: start no TLP.
        pub hold: Signal<Out, Bit> = Default::default(),
        pub hush: Signal<Out, Bit> = Default::default(),
        /// Drop requests that begin.
        pub deaf: Signal<Out, Bit> = Default::default(),
        /// No write, no read, no completion of ours is under way.
        pub arb_idle_wr: Signal<In, Bit> = Default::default(),
        pub arb_idle_rd: Signal<In, Bit> = Default::default(),
        pub cpl_busy: Signal<In, Bit> = Default::default(),
        /// A read of ours is unanswered.
        pub rd_pending: Signal<In, Bit> = Default::default(),
        pub host_wait: Signal<Out, Bit> = Default::default(),
        /// The registers' reset values are being written; clearing starts after that.
        pub sweeping: Signal<In, Bit> = Default::default(),
        /// RUN was written.
        pub ctl_valid: Signal<In, Bit> = Default::default(),
        pub ctl_ready: Signal<Out, Bit> = Default::default(),
        pub ctl_g: Signal<In, Bits<7>> = Default::default(),
        pub ctl_run: Signal<In, Bit> = Default::default(),
        pub run: Signal<Out, Bits<GN>> = Default::default(),
        pub halted: Signal<Out, Bits<GN>> = Default::default(),
        pub idle: Signal<Out, Bits<GN>> = Default::default(),
        pub init_valid: Signal<Out, Bit> = Default::default(),
        pub init_g: Signal<Out, Bits<7>> = Default::default(),
        pub init_done_doorbell: Signal<In, Bit> = Default::default(),
        pub init_done_fetch: Signal<In, Bit> = Default::default(),
        pub init_done_record: Signal<In, Bit> = Default::default(),
        pub init_done_h2c_issue: Signal<In, Bit> = Default::default(),
        pub init_done_h2c_commit: Signal<In, Bit> = Default::default(),
        pub init_done_h2c_egress: Signal<In, Bit> = Default::default(),
        pub init_done_c2h_ingress: Signal<In, Bit> = Default::default(),
        pub init_done_c2h_plan: Signal<In, Bit> = Default::default(),
        pub start_valid: Signal<Out, Bit> = Default::default(),
        pub start_g: Signal<Out, Bits<7>> = Default::default(),
        pub start_generation: Signal<Out, Bits<8>> = Default::default(),
        pub h2c_err_valid: Signal<In, Bit> = Default::default(),
        pub h2c_err_q: Signal<In, Bits<6>> = Default::default(),
        pub c2h_err_valid: Signal<In, Bit> = Default::default(),
        pub c2h_err_q: Signal<In, Bits<6>> = Default::default(),
        /// Pulse: a queue halted.
        pub queue_error: Signal<Out, Bit> = Default::default(),
        pub scanning_fetch: Signal<In, Bit> = Default::default(),
        pub scanning_issue: Signal<In, Bit> = Default::default(),
        pub scanning_plan: Signal<In, Bit> = Default::default(),
        pub fetch_busy: Signal<In, Bits<GN>> = Default::default(),
        pub req_issued: Signal<In, Bits<16>> = Default::default(),
        pub req_committed: Signal<In, Bits<16>> = Default::default(),
        /// c2h/send holds anything.
        pub send_busy: Signal<In, Bit> = Default::default(),
        // Handshakes of others, watched.
        pub data_wr_valid: Signal<In, Bit> = Default::default(),
        pub data_wr_ready: Signal<In, Bit> = Default::default(),
        pub data_wr_done: Signal<In, Bit> = Default::default(),
        pub rec_c2h_valid: Signal<In, Bit> = Default::default(),
        pub rec_c2h_ready: Signal<In, Bit> = Default::default(),
        pub rec_h2c_valid: Signal<In, Bit> = Default::default(),
        pub rec_h2c_ready: Signal<In, Bit> = Default::default(),
        pub rec_open: Signal<In, Bits<GN>> = Default::default(),
        /// A memory queue has something under way at the AXI4 port, or a record that waits for it.
        pub mem_busy: Signal<In, Bits<GN>> = Default::default(),
        pub wr_issued: Signal<In, Bits<16>> = Default::default(),
        pub wr_sent: Signal<In, Bits<16>> = Default::default(),

        state: Dffr<ControlState> = Dffr::new(ControlState::Boot),
        booting: Dffr<Bit> = Dffr::new(true),
        g: Dffr<Bits<7>> = Default::default(),
        seen: Dffr<Bits<8>> = Default::default(),
        gap: Dffr<Bits<4>> = Default::default(),
        running: Dffr<Bits<GN>> = Default::default(),
        busy: Dffr<Bits<GN>> = Default::default(),
        stuck: Dffr<Bits<GN>> = Default::default(),
        failed: Dffr<Bit> = Default::default(),
        generation: Reg<Bits<8>> = Default::default(),
        generations: Bram<Bits<8>, GB> = Default::default(),
        drain: Drain<NQ, GN, GB> = Default::default(),
        flr: Flr<FT> = Default::default(),

        // A flip-flop, since it drives all others; this block sees it in the same clock as the rest.
        reset: Reg<Bit> = Default::default(),
        asked_at: Signal<Local, Bits<GB>> = Default::default(),
        asked: Signal<Local, Bits<GN>> = Default::default(),
        mine: Signal<Local, Bits<GN>> = Default::default(),
        set_run: Signal<Local, Bits<GN>> = Default::default(),
        clear_run: Signal<Local, Bits<GN>> = Default::default(),
        keep_run: Signal<Local, Bits<GN>> = Default::default(),
        set_stuck: Signal<Local, Bits<GN>> = Default::default(),
        clear_stuck: Signal<Local, Bits<GN>> = Default::default(),
        keep_stuck: Signal<Local, Bits<GN>> = Default::default(),
        clear_busy: Signal<Local, Bits<GN>> = Default::default(),
        keep_busy: Signal<Local, Bits<GN>> = Default::default(),
        resting: Signal<Local, Bits<GN>> = Default::default(),
        c2h_err_g: Signal<Local, Bits<7>> = Default::default(),
        answers: Signal<Local, Bits<8>> = Default::default(),
        owners: Signal<Local, Bits<8>> = Default::default(),
        queues: Constant<Bits<7>> = Constant::new((NQ as u64).into()),
        last: Constant<Bits<7>> = Constant::new(((GN - 1) as u64).into()),
        one: Constant<Bits<GN>> = Constant::new(1_u64.into()),
        none: Constant<Bits<GN>> = Constant::new(0_u64.into()),
        h2c_owners: Constant<Bits<8>> = Constant::new((OWNERS_BOTH | OWNERS_H2C).into()),
        c2h_owners: Constant<Bits<8>> = Constant::new((OWNERS_BOTH | OWNERS_C2H).into()),
    }
}

impl<const NQ: usize, const GN: usize, const GB: usize, const FT: usize> Logic for Control<NQ, GN, GB, FT> {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, state, booting, g, seen, gap, running, busy, stuck, failed, generation);
        dff_setup!(self, clock, reset);
        clock!(self, clock, generations, drain, flr);
        self.reset.d.next = self.rst.val() | self.flr.reset.val();
        self.core_rst.next = self.reset.q.val();
        self.state.rst.next = self.reset.q.val();
        self.booting.rst.next = self.reset.q.val();
        self.g.rst.next = self.reset.q.val();
        self.seen.rst.next = self.reset.q.val();
        self.gap.rst.next = self.reset.q.val();
        self.running.rst.next = self.reset.q.val();
        self.busy.rst.next = self.reset.q.val();
        self.stuck.rst.next = self.reset.q.val();
        self.failed.rst.next = self.reset.q.val();

        self.host_wait.next = self.booting.q.val();
        self.flr.rst.next = self.rst.val();
        self.flr.cfg_flr_request.next = self.cfg_flr_request.val();
        self.flr.between.next = self.arb_idle_wr.val() & self.arb_idle_rd.val() & !self.cpl_busy.val();
        self.flr.settled.next = !self.rd_pending.val() & (self.wr_issued.val() == self.wr_sent.val());
        self.flr.clearing.next = self.booting.q.val();
        self.cfg_flr_ack.next = self.flr.cfg_flr_ack.val();
        self.hold.next = self.flr.hold.val();
        self.deaf.next = self.flr.deaf.val();
        self.hush.next = self.flr.hush.val() | self.flr.reset.val();

        self.resting.next = !self.running.q.val();
        self.drain.rst.next = self.reset.q.val();
        self.drain.stopped.next = self.resting.val() & self.busy.q.val();
        self.drain.scanning_fetch.next = self.scanning_fetch.val();
        self.drain.scanning_issue.next = self.scanning_issue.val();
        self.drain.scanning_plan.next = self.scanning_plan.val();
        self.drain.fetch_busy.next = self.fetch_busy.val();
        self.drain.req_issued.next = self.req_issued.val();
        self.drain.req_committed.next = self.req_committed.val();
        self.drain.send_busy.next = self.send_busy.val();
        self.drain.data_wr_valid.next = self.data_wr_valid.val();
        self.drain.data_wr_ready.next = self.data_wr_ready.val();
        self.drain.data_wr_done.next = self.data_wr_done.val();
        self.drain.rec_c2h_valid.next = self.rec_c2h_valid.val();
        self.drain.rec_c2h_ready.next = self.rec_c2h_ready.val();
        self.drain.rec_h2c_valid.next = self.rec_h2c_valid.val();
        self.drain.rec_h2c_ready.next = self.rec_h2c_ready.val();
        self.drain.rec_open.next = self.rec_open.val();
        self.drain.mem_busy.next = self.mem_busy.val();
        self.drain.wr_issued.next = self.wr_issued.val();
        self.drain.wr_sent.next = self.wr_sent.val();

        self.asked_at.next = bit_cast::<GB, 7>(self.ctl_g.val());
        self.asked.next = self.one.val() << self.ctl_g.val();
        self.mine.next = self.one.val() << self.g.q.val();
        self.set_run.next = self.none.val();
        self.clear_run.next = self.none.val();
        self.clear_stuck.next = self.none.val();
        self.clear_busy.next = self.none.val();
        if self.drain.drained.val() {
            self.clear_busy.next = self.one.val() << self.drain.drained_g.val();
        }
        self.set_stuck.next = self.none.val();
        if self.h2c_err_valid.val() {
            self.set_stuck.next = self.one.val() << self.h2c_err_q.val();
        }
        self.c2h_err_g.next = bit_cast::<7, 6>(self.c2h_err_q.val()) + self.queues.val();
        if self.c2h_err_valid.val() {
            self.set_stuck.next = self.set_stuck.val() | (self.one.val() << self.c2h_err_g.val());
        }
        self.failed.d.next = self.h2c_err_valid.val() | self.c2h_err_valid.val();

        self.answers.next = 0.into();
        if self.init_done_doorbell.val() {
            self.answers.next = self.answers.val() | 0x01;
        }
        if self.init_done_fetch.val() {
            self.answers.next = self.answers.val() | 0x02;
        }
        if self.init_done_record.val() {
            self.answers.next = self.answers.val() | 0x04;
        }
        if self.init_done_h2c_issue.val() {
            self.answers.next = self.answers.val() | 0x08;
        }
        if self.init_done_h2c_commit.val() {
            self.answers.next = self.answers.val() | 0x10;
        }
        if self.init_done_h2c_egress.val() {
            self.answers.next = self.answers.val() | 0x20;
        }
        if self.init_done_c2h_ingress.val() {
            self.answers.next = self.answers.val() | 0x40;
        }
        if self.init_done_c2h_plan.val() {
            self.answers.next = self.answers.val() | 0x80;
        }
        self.owners.next = self.c2h_owners.val();
        if self.g.q.val() < self.queues.val() {
            self.owners.next = self.h2c_owners.val();
        }

        self.generations.raddr.next = self.asked_at.val();
        self.generations.waddr.next = bit_cast::<GB, 7>(self.g.q.val());
        self.generations.wdata.next = self.generation.q.val();
        self.generations.wen.next = false;
        self.init_valid.next = false;
        self.init_g.next = self.g.q.val();
        self.start_valid.next = false;
        self.start_g.next = self.g.q.val();
        self.start_generation.next = self.generation.q.val();
        self.ctl_ready.next = false;

        match self.state.q.val() {
            ControlState::Boot => {
                self.generation.d.next = 0.into();
                self.seen.d.next = 0.into();
                if !self.sweeping.val() {
                    self.state.d.next = ControlState::Clear;
                }
            }
            ControlState::Idle => {
                self.g.d.next = self.ctl_g.val();
                if self.ctl_valid.val() {
                    self.state.d.next = ControlState::Answer;
                    if !self.ctl_run.val() {
                        self.clear_run.next = self.asked.val();
                    } else if !self.busy.q.val().get_bit(self.asked_at.val().index()) {
                        self.state.d.next = ControlState::Load;
                    }
                }
            }
            ControlState::Load => {
                // The read address has been the asked queue's since the clock before.
                self.generation.d.next = self.generations.rdata.val() + 1;
                self.clear_stuck.next = self.mine.val();
                self.seen.d.next = 0.into();
                self.state.d.next = ControlState::Clear;
            }
            ControlState::Clear => {
                self.init_valid.next = true;
                self.seen.d.next = self.seen.q.val() | self.answers.val();
                self.gap.d.next = 0.into();
                if (self.seen.q.val() & self.owners.val()) == self.owners.val() {
                    self.state.d.next = ControlState::Gap;
                }
            }
            ControlState::Gap => {
                self.gap.d.next = self.gap.q.val() + 1;
                if self.gap.q.val() == 0xF {
                    self.state.d.next = ControlState::Start;
                }
            }
            ControlState::Start => {
                self.start_valid.next = true;
                self.generations.wen.next = true;
                self.state.d.next = ControlState::Run;
            }
            ControlState::Run => {
                if self.booting.q.val() {
                    self.g.d.next = self.g.q.val() + 1;
                    self.state.d.next = ControlState::Boot;
                    if self.g.q.val() == self.last.val() {
                        self.booting.d.next = false;
                        self.state.d.next = ControlState::Idle;
                    }
                } else {
                    self.set_run.next = self.mine.val();
                    self.state.d.next = ControlState::Answer;
                }
            }
            ControlState::Answer => {
                self.ctl_ready.next = true;
                self.state.d.next = ControlState::Idle;
            }
        }
        self.keep_run.next = !self.clear_run.val();
        self.keep_busy.next = !self.clear_busy.val();
        self.keep_stuck.next = !self.clear_stuck.val();
        self.running.d.next = (self.running.q.val() & self.keep_run.val()) | self.set_run.val();
        self.busy.d.next = (self.busy.q.val() & self.keep_busy.val()) | self.set_run.val();
        self.stuck.d.next = (self.stuck.q.val() & self.keep_stuck.val()) | self.set_stuck.val();
        self.run.next = self.running.q.val();
        self.idle.next = !self.busy.q.val();
        self.halted.next = self.stuck.q.val();
        self.queue_error.next = self.failed.q.val();
    }
}
