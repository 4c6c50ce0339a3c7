//! Descriptors and lists that registers hand over.

use rust_hdl::prelude::*;

use super::batch::EntryWrite;
use super::split::FetchSplit;
use crate::hw;
use crate::prim::{Dffr, Reg};
use crate::stream::Mirror;
use ferrolane_abi::{regs::queue as abi, status};

#[derive(Copy, Clone, Debug, PartialEq, LogicState)]
pub enum FeedState {
    Idle,
    Look,
    Judge,
    Take,
    Put,
    Step,
    Answer,
}

/// Offset / 4 of a register, bits 2:0.
fn place(register: &ferrolane_abi::table::Register) -> Constant<Bits<3>> {
    Constant::new((register.offset as u64 / 4 % 8).into())
}

hw! {
    /// Serves FEED_GO, and writes the entry for a segment that is none.
    ///
    /// ```text
    ///  feed, fault ─► Look ─► Judge ─┬─► Take ⇄ Put ─┬─► Step ─► Answer
    ///                                │   a word each └─► store (direct) or next segment (list)
    ///                                └─► Answer: refused
    /// ```
    /// No step waits for the link or for a completion, since a host's write waits for it. With `FEEDS` = 0 it refuses all, two clocks
    /// later.
    pub struct FetchFeed<const NQ: usize, const QB: usize, const GN: usize, const GB: usize, const DB: usize, const FEEDS: usize> {
        pub clock: Signal<In, Clock> = Default::default(),
        pub rst: Signal<In, Bit> = Default::default(),
        pub run: Signal<In, Bits<GN>> = Default::default(),
        pub fresh: Signal<In, Bits<GN>> = Default::default(),
        pub open: Signal<In, Bits<GN>> = Default::default(),
        pub dead: Signal<In, Bits<GN>> = Default::default(),
        pub h2c_taken_valid: Signal<In, Bit> = Default::default(),
        pub h2c_taken_q: Signal<In, Bits<6>> = Default::default(),
        pub h2c_taken_value: Signal<In, Bits<32>> = Default::default(),
        pub c2h_taken_valid: Signal<In, Bit> = Default::default(),
        pub c2h_taken_q: Signal<In, Bits<6>> = Default::default(),
        pub c2h_taken_value: Signal<In, Bits<32>> = Default::default(),
        pub feed_valid: Signal<In, Bit> = Default::default(),
        pub feed_ready: Signal<Out, Bit> = Default::default(),
        pub feed_g: Signal<In, Bits<7>> = Default::default(),
        pub feed_refused: Signal<Out, Bit> = Default::default(),
        pub fault_valid: Signal<In, Bit> = Default::default(),
        pub fault_g: Signal<In, Bits<7>> = Default::default(),
        pub fault_done: Signal<Out, Bit> = Default::default(),
        /// Queue whose state is read in this clock.
        pub at: Signal<Out, Bits<GB>> = Default::default(),
        /// FEED register that is read in this clock: its offset / 4, bits 2:0.
        pub at_index: Signal<Out, Bits<3>> = Default::default(),
        // Read one clock after `at` and `at_index`.
        pub mode: Signal<In, Bits<2>> = Default::default(),
        pub head: Signal<In, Bits<8>> = Default::default(),
        pub register: Signal<In, Bits<32>> = Default::default(),
        pub side: Signal<Out, EntryWrite> = Default::default(),
        pub side_ready: Signal<In, Bit> = Default::default(),
        /// Next segment of `g`: which of low, high, len is `segment_data`.
        pub segment_valid: Signal<Out, Bits<3>> = Default::default(),
        pub segment_ready: Signal<In, Bit> = Default::default(),
        pub segment_data: Signal<Out, Bits<32>> = Default::default(),
        pub g: Signal<Out, Bits<7>> = Default::default(),
        pub step_valid: Signal<Out, Bit> = Default::default(),
        pub step_fault: Signal<Out, Bit> = Default::default(),
        pub step_renews: Signal<Out, Bit> = Default::default(),
        pub step_done: Signal<In, Bit> = Default::default(),
        state: Dffr<FeedState> = Dffr::new(FeedState::Idle),
        h2c_taken: Mirror<8, QB> = Default::default(),
        c2h_taken: Mirror<8, QB> = Default::default(),
        g_now: Reg<Bits<7>> = Default::default(),
        faulty: Reg<Bit> = Default::default(),
        is_list: Reg<Bit> = Default::default(),
        refused: Reg<Bit> = Default::default(),
        number: Reg<Bits<3>> = Default::default(),
        word: Reg<Bits<32>> = Default::default(),
        entry: Reg<EntryWrite> = Default::default(),
        split: FetchSplit<NQ> = Default::default(),
        deny: Dffr<Bit> = Default::default(),
        taken: Signal<Local, Bits<8>> = Default::default(),
        used: Signal<Local, Bits<8>> = Default::default(),
        runs: Signal<Local, Bit> = Default::default(),
        idle: Signal<Local, Bit> = Default::default(),
        reads: Signal<Local, Bits<3>> = Default::default(),
        put: Signal<Local, Bit> = Default::default(),
        out: Signal<Local, EntryWrite> = Default::default(),
        with_feeds: Constant<Bit> = Constant::new(FEEDS != 0),
        store: Constant<Bits<8>> = Constant::new((1_u64 << DB).into()),
        list: Constant<Bits<2>> = Constant::new(1_u64.into()),
        direct: Constant<Bits<2>> = Constant::new(3_u64.into()),
        low: Constant<Bits<3>> = place(&abi::FEED_ADDR_LO),
        high: Constant<Bits<3>> = place(&abi::FEED_ADDR_HI),
        len: Constant<Bits<3>> = place(&abi::FEED_LEN),
        go: Constant<Bits<3>> = place(&abi::FEED_GO),
        card: Constant<Bits<3>> = place(&abi::FEED_CARD),
        len_mask: Constant<Bits<32>> = Constant::new(0xFF_FFFF_u64.into()),
        bad_segment: Constant<Bits<8>> = Constant::new((status::BAD_SEGMENT as u64).into()),
    }
}

impl<
        const NQ: usize,
        const QB: usize,
        const GN: usize,
        const GB: usize,
        const DB: usize,
        const FEEDS: usize,
    > Logic for FetchFeed<NQ, QB, GN, GB, DB, FEEDS>
{
    #[hdl_gen]
    fn update(&mut self) {
        clock!(self, clock, h2c_taken, c2h_taken);
        dff_setup!(self, clock, deny, state, g_now, faulty, is_list, refused, number, word, entry);
        self.state.rst.next = self.rst.val();
        self.deny.rst.next = self.rst.val();
        self.h2c_taken.wen.next = self.h2c_taken_valid.val();
        self.h2c_taken.waddr.next = bit_cast::<QB, 6>(self.h2c_taken_q.val());
        self.h2c_taken.wdata.next = bit_cast::<8, 32>(self.h2c_taken_value.val());
        self.c2h_taken.wen.next = self.c2h_taken_valid.val();
        self.c2h_taken.waddr.next = bit_cast::<QB, 6>(self.c2h_taken_q.val());
        self.c2h_taken.wdata.next = bit_cast::<8, 32>(self.c2h_taken_value.val());

        self.split.g.next = self.g_now.q.val();
        self.h2c_taken.raddr.next = bit_cast::<QB, 6>(self.split.q.val());
        self.c2h_taken.raddr.next = bit_cast::<QB, 6>(self.split.q.val());
        self.at.next = bit_cast::<GB, 7>(self.g_now.q.val());
        self.taken.next = self.h2c_taken.rdata.val();
        if self.entry.q.val().c2h {
            self.taken.next = self.c2h_taken.rdata.val();
        }
        self.used.next = self.head.val() - self.taken.val();
        self.runs.next = self.run.val().get_bit(self.g_now.q.val().index());
        self.idle.next = !self.fresh.val().get_bit(self.g_now.q.val().index())
            & !self.open.val().get_bit(self.g_now.q.val().index())
            & !self.dead.val().get_bit(self.g_now.q.val().index());

        // Registers in the order in which a descriptor needs them.
        self.reads.next = self.number.q.val() + 1;
        if self.state.q.val() == FeedState::Judge {
            self.reads.next = 0.into();
        }
        self.at_index.next = self.low.val();
        if self.reads.val() == 1 {
            self.at_index.next = self.high.val();
        }
        if self.reads.val() == 2 {
            self.at_index.next = self.len.val();
        }
        if self.reads.val() == 3 {
            self.at_index.next = self.go.val();
        }
        if self.reads.val() == 4 {
            self.at_index.next = self.card.val();
        }

        self.put.next = false;
        self.step_valid.next = false;
        self.feed_ready.next = false;
        self.fault_done.next = false;
        match self.state.q.val() {
            FeedState::Idle => {
                self.faulty.d.next = self.fault_valid.val();
                self.refused.d.next = false;
                self.g_now.d.next = self.feed_g.val();
                if self.fault_valid.val() {
                    self.g_now.d.next = self.fault_g.val();
                }
                if self.fault_valid.val() | self.feed_valid.val() {
                    self.state.d.next = FeedState::Look;
                }
            }
            FeedState::Look => {
                self.entry.d.next.c2h = self.split.c2h.val();
                self.entry.d.next.q = self.split.q.val();
                self.state.d.next = FeedState::Judge;
            }
            FeedState::Judge => {
                self.entry.d.next.slot = bit_cast::<7, 8>(self.head.val());
                self.entry.d.next.words = 1.into();
                self.entry.d.next.err = 0.into();
                self.number.d.next = 0.into();
                self.is_list.d.next = self.mode.val() == self.list.val();
                self.state.d.next = FeedState::Take;
                if self.faulty.q.val() {
                    self.entry.d.next.words = 0.into();
                    self.entry.d.next.err = self.bad_segment.val();
                    self.is_list.d.next = false;
                    self.state.d.next = FeedState::Put;
                } else if !(self.runs.val()
                    & (((self.mode.val() == self.list.val()) & self.idle.val())
                        | ((self.mode.val() == self.direct.val()) & (self.used.val() < self.store.val()))))
                {
                    self.refused.d.next = true;
                    self.state.d.next = FeedState::Answer;
                }
            }
            FeedState::Take => {
                self.word.d.next = self.register.val();
                self.state.d.next = FeedState::Put;
                if self.number.q.val() == 2 {
                    self.word.d.next = self.register.val() & self.len_mask.val();
                    if !self.is_list.q.val() {
                        self.number.d.next = 3.into();
                        self.state.d.next = FeedState::Take;
                    }
                }
                if self.number.q.val() == 3 {
                    self.word.d.next = self.word.q.val() | (self.register.val() << 24);
                }
            }
            FeedState::Put => {
                self.put.next = true;
                if (self.is_list.q.val() & self.segment_ready.val())
                    | (!self.is_list.q.val() & self.side_ready.val())
                {
                    self.number.d.next = self.reads.val();
                    self.entry.d.next.words = self.entry.q.val().words << 1;
                    self.state.d.next = FeedState::Take;
                    if self.faulty.q.val()
                        | (self.number.q.val() == 4)
                        | (self.is_list.q.val() & (self.number.q.val() == 2))
                    {
                        self.state.d.next = FeedState::Step;
                    }
                }
            }
            FeedState::Step => {
                self.step_valid.next = true;
                if self.step_done.val() {
                    self.state.d.next = FeedState::Answer;
                }
            }
            FeedState::Answer => {
                self.feed_ready.next = !self.faulty.q.val();
                self.fault_done.next = self.faulty.q.val();
                self.state.d.next = FeedState::Idle;
            }
        }
        self.out.next = self.entry.q.val();
        self.out.next.valid = self.with_feeds.val() & self.put.val() & !self.is_list.q.val();
        self.out.next.data = self.word.q.val();
        self.side.next = self.out.val();
        self.segment_valid.next = 0.into();
        if self.with_feeds.val() & self.put.val() & self.is_list.q.val() {
            self.segment_valid.next = bit_cast::<3, 4>(self.entry.q.val().words);
        }
        self.segment_data.next = self.word.q.val();
        self.feed_refused.next = self.refused.q.val();
        self.deny.d.next = self.feed_valid.val() & !self.deny.q.val();
        if !self.with_feeds.val() {
            self.feed_ready.next = self.deny.q.val();
            self.feed_refused.next = true;
            self.step_valid.next = false;
        }
        self.g.next = self.g_now.q.val();
        self.step_fault.next = self.faulty.q.val();
        self.step_renews.next = self.is_list.q.val();
    }
}
