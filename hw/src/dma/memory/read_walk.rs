//! Which bytes of the card's memory are read next.

use rust_hdl::prelude::*;

use super::{ReadCopies, ReadDescriptor};
use crate::hw;
use crate::prim::{Bram, Dffr, Reg};
use crate::stream::NextReady;

/// Steps of the walk.
#[derive(Copy, Clone, Debug, PartialEq, LogicState)]
pub enum WalkState {
    /// No queue in hand.
    Pick,
    /// Its context comes.
    Load,
    /// Waits for the next descriptor, or for the end of hope.
    Take,
    /// Bytes of the next burst.
    Chunk,
    /// Its beats; what is left of the share.
    Room,
    /// Asks for it.
    Issue,
    /// Puts the context away.
    Leave,
}

/// State of a queue in the walk's memory.
#[derive(Copy, Clone, Debug, PartialEq, Default, LogicStruct)]
pub struct ReadContext {
    /// Descriptors begun.
    pub index: Bits<8>,
    /// Rows and packet slots given out, free-running.
    pub row: Bits<16>,
    pub pkts: Bits<16>,
    /// The present descriptor: next card address, bytes left, FIXED.
    pub addr: Bits<64>,
    pub left: Bits<24>,
    pub fixed: Bit,
    /// The most its next burst may carry.
    pub bound: Bits<10>,
    /// There is one; nothing of it was asked for.
    pub open: Bit,
    pub first: Bit,
    /// A descriptor was refused: nothing more until the queue is cleared.
    pub stopped: Bit,
}

/// A burst that was asked for and has not come.
#[derive(Copy, Clone, Debug, PartialEq, Default, LogicStruct)]
pub struct Owed {
    /// Queue.
    pub q: Bits<6>,
    /// Beats less one.
    pub beats: Bits<8>,
    /// The descriptor ends with it, in front of this lane of the last beat; 0: with the beat.
    pub last: Bit,
    pub stop: Bits<5>,
    /// Lane of the descriptor's first byte, if it begins with it, else 0.
    pub lane: Bits<5>,
}

hw! {
    /// Takes the memory queues in turn and cuts their descriptors into bursts.
    ///
    /// ```text
    ///  Pick ─► Load ─► Take ─► Chunk ─► Room ─► Issue ─┬─► Take    that was the descriptor's last burst
    ///   ▲                │                        │    └─► Chunk   another one
    ///   └─── Leave ◄─────┴────────────────────────┘ no descriptor, no room, turn over
    /// ```
    /// Bursts are as wide as the port: INCR up to the next multiple of 512 bytes, so they never cross 4 KiB (AMBA AXI4
    /// A3.4.1), FIXED up to 16 beats. A burst is asked for only if its rows, and with a descriptor's first one a packet slot, are free in the queue's share: none
    /// of its beats ever waits for room. A burst takes 3 clocks, a descriptor one more; 8 bursts are a turn.
    ///
    /// The rows that are given out and those that ingress writes are the same ones, since each queue's beats come in order.
    pub struct ReadWalk<
        const KB: usize, const SB: usize, const NQ: usize, const QB: usize, const GN: usize, const RB: usize,
        const PB: usize,
    > {
        pub clock: Signal<In, Clock> = Default::default(),
        pub rst: Signal<In, Bit> = Default::default(),
        pub run: Signal<In, Bits<GN>> = Default::default(),
        pub halted: Signal<In, Bits<GN>> = Default::default(),
        pub clear: Signal<In, Bit> = Default::default(),
        pub clear_q: Signal<In, Bits<6>> = Default::default(),
        pub cfgw_valid: Signal<In, Bit> = Default::default(),
        pub cfgw_g: Signal<In, Bits<7>> = Default::default(),
        pub cfgw_index: Signal<In, Bits<6>> = Default::default(),
        pub cfgw_data: Signal<In, Bits<32>> = Default::default(),
        pub head_valid: Signal<In, Bit> = Default::default(),
        pub head_g: Signal<In, Bits<7>> = Default::default(),
        pub head_value: Signal<In, Bits<32>> = Default::default(),
        pub finished_valid: Signal<In, Bit> = Default::default(),
        pub finished_g: Signal<In, Bits<7>> = Default::default(),
        pub finished_value: Signal<In, Bits<32>> = Default::default(),
        pub c2h_freed_valid: Signal<In, Bit> = Default::default(),
        pub c2h_freed_q: Signal<In, Bits<6>> = Default::default(),
        pub c2h_freed_row: Signal<In, Bits<16>> = Default::default(),
        pub c2h_freed_pkts: Signal<In, Bits<16>> = Default::default(),
        pub mem_desc_q: Signal<Out, Bits<6>> = Default::default(),
        pub mem_desc_slot: Signal<Out, Bits<7>> = Default::default(),
        pub mem_desc_data: Signal<In, Bits<64>> = Default::default(),
        pub mem_desc_err: Signal<In, Bits<8>> = Default::default(),
        /// Queues of which a read has failed, not to be worked on.
        pub dead: Signal<In, Bits<NQ>> = Default::default(),
        /// Pick no queue.
        pub hold: Signal<In, Bit> = Default::default(),
        /// A burst; taken in a clock with `room`.
        pub ask: Signal<Out, Bit> = Default::default(),
        pub room: Signal<In, Bit> = Default::default(),
        pub owed: Signal<Out, Owed> = Default::default(),
        pub addr: Signal<Out, Bits<64>> = Default::default(),
        pub fixed: Signal<Out, Bit> = Default::default(),
        /// Queues with MODE.MEMORY.
        pub memory: Signal<Out, Bits<NQ>> = Default::default(),
        pub pick: Signal<Out, Bit> = Default::default(),
        pub pick_q: Signal<Out, Bits<6>> = Default::default(),
        pub held: Signal<Out, Bit> = Default::default(),
        pub held_q: Signal<Out, Bits<6>> = Default::default(),

        state: Dffr<WalkState> = Dffr::new(WalkState::Pick),
        copies: ReadCopies<NQ, QB> = Default::default(),
        descriptor: ReadDescriptor<SB> = Default::default(),
        finder: NextReady<NQ, QB> = Default::default(),
        contexts: Bram<ReadContext, QB> = Default::default(),
        ready: Dffr<Bits<NQ>> = Default::default(),
        // The queue was cleared, and what its context says does not count.
        fresh: Dffr<Bits<NQ>> = Default::default(),
        queue: Dffr<Bits<6>> = Default::default(),
        index: Dffr<Bits<8>> = Default::default(),
        row: Dffr<Bits<16>> = Default::default(),
        pkts: Dffr<Bits<16>> = Default::default(),
        address: Reg<Bits<64>> = Default::default(),
        left: Reg<Bits<24>> = Default::default(),
        stays: Reg<Bit> = Default::default(),
        open: Dffr<Bit> = Default::default(),
        first: Reg<Bit> = Default::default(),
        stopped: Dffr<Bit> = Default::default(),
        turn: Reg<Bits<3>> = Default::default(),
        // The most the next burst may carry; what it carries, and whether that is all.
        bound: Reg<Bits<10>> = Default::default(),
        chunk: Reg<Bits<10>> = Default::default(),
        whole: Reg<Bit> = Default::default(),
        beats: Reg<Bits<8>> = Default::default(),
        stop: Reg<Bits<5>> = Default::default(),
        used: Reg<Bits<16>> = Default::default(),
        slot: Reg<Bit> = Default::default(),

        look: Signal<Local, Bits<6>> = Default::default(),
        candidate: Signal<Local, Bits<6>> = Default::default(),
        unhalted: Signal<Local, Bits<GN>> = Default::default(),
        eligible: Signal<Local, Bits<NQ>> = Default::default(),
        of_candidate: Signal<Local, Bits<NQ>> = Default::default(),
        of_queue: Signal<Local, Bits<NQ>> = Default::default(),
        take: Signal<Local, Bit> = Default::default(),
        starts: Signal<Local, Bit> = Default::default(),
        again: Signal<Local, Bit> = Default::default(),
        fits: Signal<Local, Bit> = Default::default(),
        goes: Signal<Local, Bit> = Default::default(),
        wipe: Signal<Local, Bit> = Default::default(),
        fresh_of: Signal<Local, Bits<NQ>> = Default::default(),
        hot: Signal<Local, Bits<NQ>> = Default::default(),
        keep: Signal<Local, Bits<NQ>> = Default::default(),
        low: Signal<Local, Bits<10>> = Default::default(),
        lane: Signal<Local, Bits<SB>> = Default::default(),
        span: Signal<Local, Bits<11>> = Default::default(),
        end_lane: Signal<Local, Bits<SB>> = Default::default(),
        used_pkts: Signal<Local, Bits<16>> = Default::default(),
        need: Signal<Local, Bits<16>> = Default::default(),
        blocks: Signal<Local, Bits<55>> = Default::default(),
        one_block: Constant<Bits<55>> = Constant::new(1_u64.into()),
        first_g: Constant<Bits<7>> = Constant::new((NQ as u64).into()),
        one: Constant<Bits<NQ>> = Constant::new(1_u64.into()),
        lane_bits: Constant<Bits<8>> = Constant::new((SB as u64).into()),
        row_mask: Constant<Bits<16>> = Constant::new(((2_u64 << RB) - 1).into()),
        // Bits that a number below the share's rows, or slots, does not have.
        no_row: Constant<Bits<16>> = Constant::new((0xFFFF & !((1_u64 << RB) - 1)).into()),
        no_slot: Constant<Bits<16>> = Constant::new((0xFFFF & !((1_u64 << PB) - 1)).into()),
        block: Constant<Bits<10>> = Constant::new(512_u64.into()),
        fixed_most: Constant<Bits<10>> = Constant::new((16 * KB as u64).into()),
    }
}

impl<
        const KB: usize,
        const SB: usize,
        const NQ: usize,
        const QB: usize,
        const GN: usize,
        const RB: usize,
        const PB: usize,
    > Logic for ReadWalk<KB, SB, NQ, QB, GN, RB, PB>
{
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self, clock, state, ready, fresh, queue, index, row, pkts, address, left, stays, open, first
        );
        dff_setup!(self, clock, stopped, turn, bound, chunk, whole, beats, stop, used, slot);
        clock!(self, clock, copies, descriptor, finder, contexts);
        self.state.rst.next = self.rst.val();
        self.ready.rst.next = self.rst.val();
        self.fresh.rst.next = self.rst.val();
        self.queue.rst.next = self.rst.val();
        self.copies.rst.next = self.rst.val();
        self.descriptor.rst.next = self.rst.val();
        self.finder.rst.next = self.rst.val();
        self.copies.cfgw_valid.next = self.cfgw_valid.val();
        self.copies.cfgw_g.next = self.cfgw_g.val();
        self.copies.cfgw_index.next = self.cfgw_index.val();
        self.copies.cfgw_data.next = self.cfgw_data.val();
        self.copies.head_valid.next = self.head_valid.val();
        self.copies.head_g.next = self.head_g.val();
        self.copies.head_value.next = self.head_value.val();
        self.copies.finished_valid.next = self.finished_valid.val();
        self.copies.finished_g.next = self.finished_g.val();
        self.copies.finished_value.next = self.finished_value.val();
        self.copies.c2h_freed_valid.next = self.c2h_freed_valid.val();
        self.copies.c2h_freed_q.next = self.c2h_freed_q.val();
        self.copies.c2h_freed_row.next = self.c2h_freed_row.val();
        self.copies.c2h_freed_pkts.next = self.c2h_freed_pkts.val();
        self.memory.next = self.copies.memory.val();

        // The next queue.
        self.unhalted.next = !self.halted.val();
        self.unhalted.next = self.unhalted.val() & self.run.val();
        self.unhalted.next = self.unhalted.val() >> self.first_g.val();
        self.keep.next = !self.dead.val();
        self.eligible.next =
            bit_cast::<NQ, GN>(self.unhalted.val()) & self.copies.memory.val() & self.keep.val();
        self.finder.ready.next = self.ready.q.val() & self.eligible.val();
        self.finder.after.next = bit_cast::<QB, 6>(self.queue.q.val());
        self.candidate.next = bit_cast::<6, QB>(self.finder.winner.val());
        self.of_candidate.next = (self.eligible.val() >> self.candidate.val()) & self.one.val();
        self.of_queue.next = (self.eligible.val() >> self.queue.q.val()) & self.one.val();
        self.take.next = (self.state.q.val() == WalkState::Pick)
            & self.finder.found.val()
            & self.of_candidate.val().any()
            & !self.hold.val();
        self.look.next = self.queue.q.val();
        if self.state.q.val() == WalkState::Pick {
            self.look.next = self.candidate.val();
        }
        self.copies.look.next = bit_cast::<QB, 6>(self.look.val());
        self.contexts.raddr.next = bit_cast::<QB, 6>(self.look.val());
        self.fresh_of.next = (self.fresh.q.val() >> self.queue.q.val()) & self.one.val();
        self.wipe.next = (self.state.q.val() == WalkState::Load) & self.fresh_of.val().any();
        self.index.rst.next = self.wipe.val();
        self.row.rst.next = self.wipe.val();
        self.pkts.rst.next = self.wipe.val();
        self.open.rst.next = self.wipe.val();
        self.stopped.rst.next = self.wipe.val();

        self.mem_desc_q.next = self.queue.q.val();
        self.mem_desc_slot.next = bit_cast::<7, 8>(self.index.q.val());
        self.descriptor.index.next = self.index.q.val();
        self.descriptor.head.next = self.copies.head.val();
        self.descriptor.finished.next = self.copies.finished.val();
        self.descriptor.base.next = self.copies.base.val();
        self.descriptor.desc_data.next = self.mem_desc_data.val();
        self.descriptor.desc_err.next = self.mem_desc_err.val();

        // The next burst.
        self.low.next = bit_cast::<10, 64>(self.descriptor.addr.val()) & 0x1FF;
        if self.state.q.val() == WalkState::Chunk {
            self.whole.d.next = self.left.q.val() <= bit_cast::<24, 10>(self.bound.q.val());
            self.chunk.d.next = self.bound.q.val();
            if self.left.q.val() <= bit_cast::<24, 10>(self.bound.q.val()) {
                self.chunk.d.next = bit_cast::<10, 24>(self.left.q.val());
            }
        }
        self.lane.next = bit_cast::<SB, 64>(self.address.q.val());
        self.span.next = bit_cast::<11, 10>(self.chunk.q.val()) + bit_cast::<11, SB>(self.lane.val());
        self.end_lane.next = bit_cast::<SB, 11>(self.span.val());
        self.stop.d.next = bit_cast::<5, SB>(self.end_lane.val());
        self.span.next = self.span.val() - 1;
        self.span.next = self.span.val() >> self.lane_bits.val();
        self.beats.d.next = bit_cast::<8, 11>(self.span.val());
        self.used.d.next = self.row.q.val() - self.copies.rows.val();
        self.used_pkts.next = self.pkts.q.val() - self.copies.pkts.val();
        self.slot.d.next = !(self.used_pkts.val() & self.no_slot.val()).any();
        // Used rows and all of the burst but one are fewer than the share has.
        self.need.next = (self.used.q.val() & self.row_mask.val()) + bit_cast::<16, 8>(self.beats.q.val());
        self.fits.next =
            !(self.need.val() & self.no_row.val()).any() & (!self.first.q.val() | self.slot.q.val());

        self.starts.next = (self.state.q.val() == WalkState::Take)
            & self.descriptor.decided.val()
            & self.descriptor.ready.val()
            & !self.stopped.q.val();
        self.goes.next = self.fits.val() & self.of_queue.val().any();
        self.ask.next = (self.state.q.val() == WalkState::Issue) & self.goes.val();
        self.again.next = false;
        match self.state.q.val() {
            WalkState::Pick => {
                if self.take.val() {
                    self.queue.d.next = self.candidate.val();
                    self.turn.d.next = 0.into();
                    self.state.d.next = WalkState::Load;
                }
            }
            WalkState::Load => {
                self.index.d.next = self.contexts.rdata.val().index;
                self.row.d.next = self.contexts.rdata.val().row;
                self.pkts.d.next = self.contexts.rdata.val().pkts;
                self.address.d.next = self.contexts.rdata.val().addr;
                self.left.d.next = self.contexts.rdata.val().left;
                self.stays.d.next = self.contexts.rdata.val().fixed;
                self.bound.d.next = self.contexts.rdata.val().bound;
                self.open.d.next = self.contexts.rdata.val().open;
                self.first.d.next = self.contexts.rdata.val().first;
                self.stopped.d.next = self.contexts.rdata.val().stopped;
                self.state.d.next = WalkState::Take;
            }
            WalkState::Take => {
                if self.open.q.val() {
                    self.state.d.next = WalkState::Chunk;
                } else if self.starts.val() {
                    self.state.d.next = WalkState::Chunk;
                    if self.descriptor.refused.val() {
                        self.stopped.d.next = true;
                        self.state.d.next = WalkState::Leave;
                    }
                } else if self.descriptor.decided.val() {
                    self.state.d.next = WalkState::Leave;
                }
            }
            WalkState::Chunk => {
                self.state.d.next = WalkState::Room;
            }
            WalkState::Room => {
                self.state.d.next = WalkState::Issue;
            }
            WalkState::Issue => {
                if !self.goes.val() {
                    self.state.d.next = WalkState::Leave;
                } else if self.room.val() {
                    self.state.d.next = WalkState::Chunk;
                    self.turn.d.next = self.turn.q.val() + 1;
                    if self.whole.q.val() {
                        self.state.d.next = WalkState::Take;
                    }
                    if self.turn.q.val() == 7 {
                        self.again.next = true;
                        self.state.d.next = WalkState::Leave;
                    }
                }
            }
            _ => {
                self.state.d.next = WalkState::Pick;
            }
        }

        // The present descriptor. Behind its first burst an INCR one stands at a multiple of 512 bytes.
        self.blocks.next = self.address.q.val().get_bits::<55>(9);
        self.blocks.next = self.blocks.val() + self.one_block.val();
        if self.starts.val() {
            self.index.d.next = self.index.q.val() + 1;
            self.address.d.next = self.descriptor.addr.val();
            self.left.d.next = self.descriptor.length.val();
            self.stays.d.next = self.descriptor.fixed.val();
            self.first.d.next = true;
            self.open.d.next = !self.descriptor.refused.val();
            self.bound.d.next = self.block.val() - self.low.val();
            if self.descriptor.fixed.val() {
                self.bound.d.next = self.fixed_most.val();
            }
        }
        if self.ask.val() & self.room.val() {
            self.left.d.next = self.left.q.val() - bit_cast::<24, 10>(self.chunk.q.val());
            if !self.stays.q.val() {
                self.address.d.next = bit_cast::<64, 55>(self.blocks.val()) << 9;
            }
            self.row.d.next = self.row.q.val() + bit_cast::<16, 8>(self.beats.q.val());
            self.row.d.next = self.row.d.val() + 1;
            if self.first.q.val() {
                self.pkts.d.next = self.pkts.q.val() + 1;
            }
            self.first.d.next = false;
            self.open.d.next = !self.whole.q.val();
            self.bound.d.next = self.block.val();
            if self.stays.q.val() {
                self.bound.d.next = self.fixed_most.val();
            }
        }
        self.descriptor.restart.next = (self.state.q.val() == WalkState::Load) | self.starts.val();

        self.owed.next.q = self.queue.q.val();
        self.owed.next.beats = self.beats.q.val();
        self.owed.next.last = self.whole.q.val();
        self.owed.next.stop = self.stop.q.val();
        self.owed.next.lane = 0.into();
        if self.first.q.val() {
            self.owed.next.lane = bit_cast::<5, SB>(self.lane.val());
        }
        self.addr.next = self.address.q.val();
        self.fixed.next = self.stays.q.val();

        // Contexts.
        self.contexts.waddr.next = bit_cast::<QB, 6>(self.queue.q.val());
        self.contexts.wen.next = self.state.q.val() == WalkState::Leave;
        self.contexts.wdata.next.index = self.index.q.val();
        self.contexts.wdata.next.row = self.row.q.val();
        self.contexts.wdata.next.pkts = self.pkts.q.val();
        self.contexts.wdata.next.addr = self.address.q.val();
        self.contexts.wdata.next.left = self.left.q.val();
        self.contexts.wdata.next.fixed = self.stays.q.val();
        self.contexts.wdata.next.bound = self.bound.q.val();
        self.contexts.wdata.next.open = self.open.q.val();
        self.contexts.wdata.next.first = self.first.q.val();
        self.contexts.wdata.next.stopped = self.stopped.q.val();
        self.fresh.d.next = self.fresh.q.val();
        self.hot.next = self.one.val() << self.queue.q.val();
        self.keep.next = !self.hot.val();
        if self.contexts.wen.val() {
            self.fresh.d.next = self.fresh.q.val() & self.keep.val();
        }
        if self.clear.val() {
            self.fresh.d.next = self.fresh.d.val() | (self.one.val() << self.clear_q.val());
        }

        // A wake stands for an event that the copies show; so one that comes as the bit falls counts.
        self.ready.d.next = self.ready.q.val();
        if self.take.val() {
            self.keep.next = self.one.val() << self.candidate.val();
            self.keep.next = !self.keep.val();
            self.ready.d.next = self.ready.q.val() & self.keep.val();
        }
        if self.again.val() {
            self.ready.d.next = self.ready.d.val() | self.hot.val();
        }
        self.ready.d.next = self.ready.d.val() | self.copies.wakes.val();
        self.pick.next = self.take.val();
        self.pick_q.next = self.candidate.val();
        self.held.next = self.state.q.val() != WalkState::Pick;
        self.held_q.next = self.queue.q.val();
    }
}
