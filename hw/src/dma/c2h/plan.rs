//! Decides which bytes of which queue go to host memory next.

use ferrolane_abi::{descriptor, status};
use rust_hdl::prelude::*;

use super::types::{Context, Entry, PacketEnd};
use super::{Cut, Watch};
use crate::hw;
use crate::prim::{Bram, Dffr, Reg};

/// Steps of plan.
#[derive(Copy, Clone, Debug, PartialEq, LogicState)]
pub enum PlanState {
    /// No queue in hand: looks at the next one, and puts away the context of the last.
    Pick,
    /// The context comes from its memory.
    Load,
    /// Is there a descriptor, and room for its record?
    Check,
    /// Takes the descriptor.
    Start,
    /// How many bytes are there, how many to the next multiple of MPS?
    Size,
    /// The most this TLP may carry.
    Limit,
    /// The bytes this TLP carries.
    Cut,
    /// Hands it on.
    Push,
    /// Hands on the record of a refused descriptor.
    Refuse,
}

hw! {
    /// Takes the queues in turn and cuts their data into TLPs.
    ///
    /// ```text
    ///         ┌────────────◄─ nothing to do, quantum used up, descriptor ended ──────────────┐
    ///  Pick ─► Load ─► Check ─┬─ descriptor present ──────► Size ─► Limit ─► Cut ─► Push ────┤
    ///                         └─ none ─► Start ─┬─ good ──►  ▲                       │       │
    ///                                           └─ bad ─► Refuse      same queue ◄───┘       │
    /// ```
    /// A TLP is handed on only if its bytes are all in the share: as many as the cut allows, or up to the end of a
    /// packet; see `Cut`. A queue keeps its turn for 4 KiB or one descriptor; four clocks per TLP then, eight with a change.
    ///
    /// A descriptor is started only if its record has room: `taken - consumer < 2^cpl_log2`. One that fails its check, or that
    /// fetch marked with a code, gets a record with that code and nothing more is done for its queue until it
    /// is cleared.
    pub struct Plan<
        const NQ: usize, const QB: usize, const GN: usize, const OB: usize, const PW: usize, const PB: usize,
        const PAB: usize,
    > {
        pub clock: Signal<In, Clock> = Default::default(),
        pub rst: Signal<In, Bit> = Default::default(),
        pub run: Signal<In, Bits<GN>> = Default::default(),
        pub halted: Signal<In, Bits<GN>> = Default::default(),
        /// Max_Payload_Size is 128 << `cfg_mps` bytes; above 3 counts as 3.
        pub cfg_mps: Signal<In, Bits<3>> = Default::default(),
        pub init_valid: Signal<In, Bit> = Default::default(),
        pub init_g: Signal<In, Bits<7>> = Default::default(),
        /// High in the clock in which the queue is cleared, once per `init_valid`.
        pub init_done_plan: Signal<Out, Bit> = Default::default(),
        pub cfgw_valid: Signal<In, Bit> = Default::default(),
        pub cfgw_g: Signal<In, Bits<7>> = Default::default(),
        pub cfgw_index: Signal<In, Bits<6>> = Default::default(),
        pub cfgw_data: Signal<In, Bits<32>> = Default::default(),
        pub cons_valid: Signal<In, Bit> = Default::default(),
        pub cons_g: Signal<In, Bits<7>> = Default::default(),
        pub cons_value: Signal<In, Bits<31>> = Default::default(),
        pub cons_arm: Signal<In, Bit> = Default::default(),
        pub head_valid: Signal<In, Bit> = Default::default(),
        pub head_g: Signal<In, Bits<7>> = Default::default(),
        pub head_value: Signal<In, Bits<32>> = Default::default(),
        pub fill_valid: Signal<In, Bit> = Default::default(),
        pub fill_q: Signal<In, Bits<6>> = Default::default(),
        pub fill_row: Signal<In, Bits<16>> = Default::default(),
        pub fill_pkts: Signal<In, Bits<16>> = Default::default(),
        pub c2h_desc_q: Signal<Out, Bits<6>> = Default::default(),
        pub c2h_desc_slot: Signal<Out, Bits<6>> = Default::default(),
        pub c2h_desc_data: Signal<In, Bits<128>> = Default::default(),
        pub c2h_desc_err: Signal<In, Bits<8>> = Default::default(),
        pub c2h_taken_valid: Signal<Out, Bit> = Default::default(),
        pub c2h_taken_q: Signal<Out, Bits<6>> = Default::default(),
        pub c2h_taken_value: Signal<Out, Bits<32>> = Default::default(),
        pub c2h_err_valid: Signal<Out, Bit> = Default::default(),
        pub c2h_err_q: Signal<Out, Bits<6>> = Default::default(),
        pub c2h_err_code: Signal<Out, Bits<8>> = Default::default(),
        pub scanning: Signal<Out, Bit> = Default::default(),
        /// Read port of the packet ends.
        pub pkt_raddr: Signal<Out, Bits<PAB>> = Default::default(),
        pub pkt_rdata: Signal<In, PacketEnd> = Default::default(),
        /// To send.
        pub entry_valid: Signal<Out, Bit> = Default::default(),
        pub entry_ready: Signal<In, Bit> = Default::default(),
        pub entry: Signal<Out, Entry> = Default::default(),
        /// Pulse to send: tell ingress that nothing of this queue has been read. Raised only while `clear_ready`.
        pub clear_valid: Signal<Out, Bit> = Default::default(),
        pub clear_q: Signal<Out, Bits<6>> = Default::default(),
        pub clear_ready: Signal<In, Bit> = Default::default(),

        state: Dffr<PlanState> = Dffr::new(PlanState::Pick),
        queue: Dffr<Bits<6>> = Default::default(),
        dirty: Dffr<Bit> = Default::default(),
        present: Reg<Context> = Default::default(),
        contexts: Bram<Context, QB> = Default::default(),
        watch: Watch<NQ, QB> = Default::default(),
        cut: Cut<OB, PW> = Default::default(),
        quantum: Reg<Bits<13>> = Default::default(),
        have: Reg<Bit> = Default::default(),
        record_room: Reg<Bit> = Default::default(),
        code: Reg<Bits<8>> = Default::default(),
        taken: Dffr<Bit> = Default::default(),
        taken_q: Reg<Bits<6>> = Default::default(),
        taken_value: Reg<Bits<32>> = Default::default(),
        error: Dffr<Bit> = Default::default(),
        error_q: Reg<Bits<6>> = Default::default(),
        cleared: Dffr<Bit> = Default::default(),
        cleared_g: Reg<Bits<7>> = Default::default(),
        clearing: Dffr<Bit> = Default::default(),
        clearing_q: Reg<Bits<6>> = Default::default(),

        unhalted: Signal<Local, Bits<GN>> = Default::default(),
        eligible: Signal<Local, Bits<64>> = Default::default(),
        this_eligible: Signal<Local, Bits<64>> = Default::default(),
        next_queue: Signal<Local, Bits<6>> = Default::default(),
        look: Signal<Local, Bits<QB>> = Default::default(),
        init_mine: Signal<Local, Bit> = Default::default(),
        init_q: Signal<Local, Bits<7>> = Default::default(),
        was_cleared: Signal<Local, Bit> = Default::default(),
        save: Signal<Local, Bit> = Default::default(),
        clear: Signal<Local, Bit> = Default::default(),
        used: Signal<Local, Bits<31>> = Default::default(),
        ring: Signal<Local, Bits<32>> = Default::default(),
        flags: Signal<Local, Bits<8>> = Default::default(),
        length: Signal<Local, Bits<24>> = Default::default(),
        found: Signal<Local, Bits<8>> = Default::default(),
        next_taken: Signal<Local, Bits<32>> = Default::default(),
        index: Signal<Local, Bits<32>> = Default::default(),
        next_pos: Signal<Local, Bits<PW>> = Default::default(),
        freed_rows: Signal<Local, Bits<PW>> = Default::default(),
        next_row: Signal<Local, Bits<16>> = Default::default(),
        next_quantum: Signal<Local, Bits<13>> = Default::default(),
        low_pkt: Signal<Local, Bits<PB>> = Default::default(),

        last_queue: Constant<Bits<6>> = Constant::new(((1_u64 << QB) - 1).into()),
        first_g: Constant<Bits<7>> = Constant::new((NQ as u64).into()),
        lane_bits: Constant<Bits<8>> = Constant::new((OB as u64).into()),
        slot_bits: Constant<Bits<8>> = Constant::new((PB as u64).into()),
        refused: Constant<Bits<8>> = Constant::new((descriptor::REFUSED as u64).into()),
        irq_flag: Constant<Bits<8>> = Constant::new((descriptor::IRQ as u64).into()),
        bad_length: Constant<Bits<8>> = Constant::new((status::BAD_LENGTH as u64).into()),
        bad_flags: Constant<Bits<8>> = Constant::new((status::BAD_FLAGS as u64).into()),
        one32: Constant<Bits<32>> = Constant::new(1_u64.into()),
    }
}

impl<
        const NQ: usize,
        const QB: usize,
        const GN: usize,
        const OB: usize,
        const PW: usize,
        const PB: usize,
        const PAB: usize,
    > Logic for Plan<NQ, QB, GN, OB, PW, PB, PAB>
{
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, state, queue, dirty, present, quantum, have, record_room, code);
        dff_setup!(self, clock, taken, taken_q, taken_value, error, error_q);
        dff_setup!(self, clock, cleared, cleared_g, clearing, clearing_q);
        self.state.rst.next = self.rst.val();
        self.queue.rst.next = self.rst.val();
        self.dirty.rst.next = self.rst.val();
        self.taken.rst.next = self.rst.val();
        self.error.rst.next = self.rst.val();
        self.cleared.rst.next = self.rst.val();
        self.clearing.rst.next = self.rst.val();
        self.contexts.clock.next = self.clock.val();

        self.watch.clock.next = self.clock.val();
        self.watch.cfgw_valid.next = self.cfgw_valid.val();
        self.watch.cfgw_g.next = self.cfgw_g.val();
        self.watch.cfgw_index.next = self.cfgw_index.val();
        self.watch.cfgw_data.next = self.cfgw_data.val();
        self.watch.cons_valid.next = self.cons_valid.val();
        self.watch.cons_g.next = self.cons_g.val();
        self.watch.cons_value.next = self.cons_value.val();
        self.watch.head_valid.next = self.head_valid.val();
        self.watch.head_g.next = self.head_g.val();
        self.watch.head_value.next = self.head_value.val();
        self.watch.fill_valid.next = self.fill_valid.val();
        self.watch.fill_q.next = self.fill_q.val();
        self.watch.fill_row.next = self.fill_row.val();
        self.watch.fill_pkts.next = self.fill_pkts.val();
        self.cut.clock.next = self.clock.val();

        // The queues that may be worked on, and the one behind the queue in hand.
        self.unhalted.next = !self.halted.val();
        self.unhalted.next = self.unhalted.val() & self.run.val();
        self.eligible.next = bit_cast::<64, GN>(self.unhalted.val()) >> self.first_g.val();
        self.this_eligible.next = self.eligible.val() >> self.queue.q.val();
        self.next_queue.next = self.queue.q.val() + 1;
        if self.queue.q.val() == self.last_queue.val() {
            self.next_queue.next = 0.into();
        }
        self.look.next = bit_cast::<QB, 6>(self.queue.q.val());

        // Clearing waits for the context memory and the taken bus, never for send: a queue can be cleared
        // while the link stands still.
        self.init_mine.next = self.init_valid.val() & (self.init_g.val() >= self.first_g.val());
        self.init_q.next = self.init_g.val() - self.first_g.val();
        self.save.next = self.dirty.q.val() & (self.state.q.val() == PlanState::Pick);
        self.was_cleared.next = self.cleared.q.val() & (self.cleared_g.q.val() == self.init_g.val());
        self.clear.next = self.init_mine.val()
            & !self.was_cleared.val()
            & !self.save.val()
            & (self.state.q.val() != PlanState::Start)
            & self.clear_ready.val();
        self.cleared.d.next = self.init_mine.val() & (self.clear.val() | self.was_cleared.val());
        if self.clear.val() {
            self.cleared_g.d.next = self.init_g.val();
        }
        self.init_done_plan.next = self.clear.val();
        self.clearing.d.next = self.clear.val();
        self.clearing_q.d.next = bit_cast::<6, 7>(self.init_q.val());
        self.clear_valid.next = self.clearing.q.val();
        self.clear_q.next = self.clearing_q.q.val();
        self.contexts.waddr.next = bit_cast::<QB, 6>(self.queue.q.val());
        self.contexts.wdata.next = self.present.q.val();
        self.contexts.wen.next = self.save.val() | self.clear.val();
        self.taken.d.next = self.clear.val();
        self.taken_q.d.next = self.queue.q.val();
        self.taken_value.d.next = 0.into();
        if self.clear.val() {
            self.contexts.waddr.next = bit_cast::<QB, 7>(self.init_q.val());
            self.contexts.wdata.next.taken = 0.into();
            self.contexts.wdata.next.active = false;
            self.contexts.wdata.next.dead = false;
            self.contexts.wdata.next.pos = 0.into();
            self.contexts.wdata.next.pkts = 0.into();
            self.taken_q.d.next = bit_cast::<6, 7>(self.init_q.val());
        }
        self.error.d.next = false;
        self.error_q.d.next = self.queue.q.val();

        // What the queue in hand shows to the memories.
        self.c2h_desc_q.next = self.queue.q.val();
        self.c2h_desc_slot.next = bit_cast::<6, 32>(self.present.q.val().taken);
        self.low_pkt.next = bit_cast::<PB, 16>(self.present.q.val().pkts);
        self.pkt_raddr.next = (bit_cast::<PAB, 6>(self.queue.q.val()) << self.slot_bits.val())
            | bit_cast::<PAB, PB>(self.low_pkt.val());

        // Check and Start: descriptor and completion ring.
        self.used.next = bit_cast::<31, 32>(self.present.q.val().taken) - self.watch.consumer.val();
        self.ring.next = self.one32.val() << self.watch.cpl_log2.val();
        self.have.d.next = self.watch.head.val() != self.present.q.val().taken;
        self.record_room.d.next = bit_cast::<32, 31>(self.used.val()) < self.ring.val();
        self.next_taken.next = self.present.q.val().taken + 1;
        self.index.next = self.present.q.val().taken - 1;
        self.length.next = self.c2h_desc_data.val().get_bits::<24>(64);
        self.flags.next = self.c2h_desc_data.val().get_bits::<8>(88);
        self.found.next = 0.into();
        if (self.flags.val() & self.refused.val()).any() {
            self.found.next = self.bad_flags.val();
        }
        if !self.length.val().any() {
            self.found.next = self.bad_length.val();
        }
        if self.c2h_desc_err.val().any() {
            self.found.next = self.c2h_desc_err.val();
        }

        // Size, Limit, Cut.
        self.cut.hold.next = self.state.q.val() == PlanState::Push;
        self.cut.cfg_mps.next = self.cfg_mps.val();
        self.cut.addr.next = bit_cast::<11, 64>(self.present.q.val().addr);
        self.cut.room.next = self.present.q.val().left;
        self.cut.pos.next = bit_cast::<PW, 24>(self.present.q.val().pos);
        self.cut.passed.next = self.present.q.val().pkts;
        self.cut.rows.next = self.watch.rows.val();
        self.cut.pkts.next = self.watch.pkts.val();
        self.cut.packet_end.next = self.pkt_rdata.val();

        // What is left behind once this TLP's bytes have been read. A packet begins in a fresh row.
        self.next_pos.next =
            bit_cast::<PW, 24>(self.present.q.val().pos) + bit_cast::<PW, 11>(self.cut.n.val());
        self.next_row.next = self.cut.end_row.val() + 1;
        if self.cut.ends.val() {
            self.next_pos.next = bit_cast::<PW, 16>(self.next_row.val()) << self.lane_bits.val();
        }
        self.next_quantum.next = self.quantum.q.val() + bit_cast::<13, 11>(self.cut.n.val());

        self.entry_valid.next = false;
        self.entry.next.q = self.queue.q.val();
        self.entry.next.tlp = true;
        self.entry.next.record = self.cut.done.val();
        self.entry.next.pos = self.present.q.val().pos;
        self.entry.next.addr = self.present.q.val().addr;
        self.entry.next.n = self.cut.n.val();
        self.freed_rows.next = self.next_pos.val() >> self.lane_bits.val();
        self.entry.next.row = bit_cast::<16, PW>(self.freed_rows.val());
        self.entry.next.pkts = self.present.q.val().pkts;
        self.entry.next.bytes_moved = self.present.q.val().moved + bit_cast::<24, 11>(self.cut.n.val());
        self.entry.next.meta = 0.into();
        self.entry.next.index = self.index.val();
        self.entry.next.eop = self.cut.ends.val();
        self.entry.next.irq = self.present.q.val().irq;
        self.entry.next.status = 0.into();
        if self.cut.ends.val() {
            self.entry.next.pkts = self.present.q.val().pkts + 1;
            self.entry.next.meta = self.cut.end_user.val();
        }

        self.scanning.next = false;
        match self.state.q.val() {
            PlanState::Pick => {
                self.scanning.next = true;
                self.dirty.d.next = false;
                self.queue.d.next = self.next_queue.val();
                self.look.next = bit_cast::<QB, 6>(self.next_queue.val());
                self.quantum.d.next = 0.into();
                self.this_eligible.next = self.eligible.val() >> self.next_queue.val();
                if self.this_eligible.val().get_bit(0) {
                    self.state.d.next = PlanState::Load;
                }
            }
            PlanState::Load => {
                self.present.d.next = self.contexts.rdata.val();
                self.state.d.next = PlanState::Check;
            }
            PlanState::Check => {
                self.state.d.next = PlanState::Start;
                if self.present.q.val().active {
                    self.state.d.next = PlanState::Size;
                }
                if self.present.q.val().dead {
                    self.state.d.next = PlanState::Pick;
                }
            }
            PlanState::Start => {
                self.state.d.next = PlanState::Pick;
                if self.have.q.val() & self.record_room.q.val() {
                    self.present.d.next.taken = self.next_taken.val();
                    self.present.d.next.addr = self.c2h_desc_data.val().get_bits::<64>(0);
                    self.present.d.next.left = self.length.val();
                    self.present.d.next.moved = 0.into();
                    self.present.d.next.irq = (self.flags.val() & self.irq_flag.val()).any();
                    self.present.d.next.active = true;
                    self.dirty.d.next = true;
                    self.code.d.next = self.found.val();
                    self.taken.d.next = true;
                    self.taken_value.d.next = self.next_taken.val();
                    self.state.d.next = PlanState::Size;
                    if self.found.val().any() {
                        self.state.d.next = PlanState::Refuse;
                    }
                }
            }
            PlanState::Size => {
                self.state.d.next = PlanState::Limit;
            }
            PlanState::Limit => {
                self.state.d.next = PlanState::Cut;
            }
            PlanState::Cut => {
                self.state.d.next = PlanState::Pick;
                if self.cut.go.val() {
                    self.state.d.next = PlanState::Push;
                }
            }
            PlanState::Push => {
                self.entry_valid.next = true;
                if self.entry_ready.val() {
                    self.present.d.next.addr =
                        self.present.q.val().addr + bit_cast::<64, 11>(self.cut.n.val());
                    self.present.d.next.left =
                        self.present.q.val().left - bit_cast::<24, 11>(self.cut.n.val());
                    self.present.d.next.moved = self.entry.val().bytes_moved;
                    self.present.d.next.pos = bit_cast::<24, PW>(self.next_pos.val());
                    self.present.d.next.pkts = self.entry.val().pkts;
                    self.present.d.next.active = !self.cut.done.val();
                    self.dirty.d.next = true;
                    self.quantum.d.next = self.next_quantum.val();
                    self.state.d.next = PlanState::Size;
                    // The quantum: 4 KiB have made bit 12.
                    if self.cut.done.val()
                        | self.next_quantum.val().get_bit(12)
                        | !self.this_eligible.val().get_bit(0)
                    {
                        self.state.d.next = PlanState::Pick;
                    }
                }
            }
            _ => {
                self.entry_valid.next = true;
                self.entry.next.tlp = false;
                self.entry.next.record = true;
                self.entry.next.bytes_moved = 0.into();
                self.entry.next.meta = 0.into();
                self.entry.next.eop = false;
                self.entry.next.irq = true;
                self.entry.next.status = self.code.q.val();
                if self.entry_ready.val() {
                    self.present.d.next.active = false;
                    self.present.d.next.dead = true;
                    self.dirty.d.next = true;
                    self.error.d.next = true;
                    self.state.d.next = PlanState::Pick;
                }
            }
        }
        self.contexts.raddr.next = self.look.val();
        self.watch.look.next = self.look.val();
        self.c2h_taken_valid.next = self.taken.q.val();
        self.c2h_taken_q.next = self.taken_q.q.val();
        self.c2h_taken_value.next = self.taken_value.q.val();
        self.c2h_err_valid.next = self.error.q.val();
        self.c2h_err_q.next = self.error_q.q.val();
        self.c2h_err_code.next = self.code.q.val();
    }
}
