//! FIFO to the card.

use rust_hdl::prelude::*;

use super::egress_out::EgressOut;
use super::init::InitAsk;
use super::types::{PacketEnd, Sent};
use crate::hw;
use crate::prim::{Bram, Dffr, Reg};

hw! {
    /// Sends committed rows to the card, queue by queue in quanta of 64 rows.
    ///
    /// ```text
    ///  commit bus ─► copy per queue ─► scan for the next queue ─► candidate ─► current queue ─► FIFO row ─► small FIFO ─► card
    ///                     │                                                        ▲                                      │
    ///                     └────────── newer values for candidate and current ──────┘◄─────────── credit ──────────────────┘
    /// ```
    /// One beat per clock; one clock between two queues, none while only one has something to send. The next
    /// queue is looked for while the current one is sent. The packet memories are read with the value that the current
    /// queue and packet will have in the next clock, so their output always belongs to the present one.
    ///
    /// `h2c_pause` is looked at, one clock late, for each beat; at most four beats read before still come out.
    pub struct Egress<const W: usize, const KB: usize, const FW: usize, const NQ: usize, const QB: usize, const RB: usize, const AB: usize, const PB: usize, const SLB: usize> {
        pub clock: Signal<In, Clock> = Default::default(),
        pub rst: Signal<In, Bit> = Default::default(),
        pub init_valid: Signal<In, Bit> = Default::default(),
        pub init_g: Signal<In, Bits<7>> = Default::default(),
        pub init_done: Signal<Out, Bit> = Default::default(),
        pub commit_valid: Signal<In, Bit> = Default::default(),
        pub commit_q: Signal<In, Bits<6>> = Default::default(),
        pub commit_row: Signal<In, Bits<16>> = Default::default(),
        pub commit_pkts: Signal<In, Bits<16>> = Default::default(),
        pub freed_valid: Signal<Out, Bit> = Default::default(),
        pub freed_q: Signal<Out, Bits<6>> = Default::default(),
        pub freed_row: Signal<Out, Bits<16>> = Default::default(),
        pub freed_pkts: Signal<Out, Bits<16>> = Default::default(),
        /// Slot of the packet memories, `user` and `packet_end` one clock later.
        pub packet_slot: Signal<Out, Bits<SLB>> = Default::default(),
        pub user: Signal<In, Bits<32>> = Default::default(),
        pub packet_end: Signal<In, PacketEnd> = Default::default(),
        /// Row of the FIFO, `r_data` one clock later.
        pub r_row: Signal<Out, Bits<AB>> = Default::default(),
        pub r_data: Signal<In, Bits<W>> = Default::default(),
        pub h2c_pause: Signal<In, Bits<NQ>> = Default::default(),
        pub h2c_axis_tdata: Signal<Out, Bits<W>> = Default::default(),
        pub h2c_axis_tkeep: Signal<Out, Bits<KB>> = Default::default(),
        pub h2c_axis_tlast: Signal<Out, Bit> = Default::default(),
        pub h2c_axis_tdest: Signal<Out, Bits<6>> = Default::default(),
        pub h2c_axis_tuser: Signal<Out, Bits<32>> = Default::default(),
        pub h2c_axis_terr: Signal<Out, Bit> = Default::default(),
        pub h2c_axis_tvalid: Signal<Out, Bit> = Default::default(),
        pub h2c_axis_tready: Signal<In, Bit> = Default::default(),
        init: InitAsk<NQ, QB> = Default::default(),
        out: EgressOut<W, KB, FW, QB> = Default::default(),
        saved: Bram<Sent, QB> = Default::default(),
        committed: Bram<Sent, QB> = Default::default(),
        pause: Dffr<Bits<NQ>> = Default::default(),
        // The commit bus one clock ago: a scan that read then may have missed it.
        late_valid: Dffr<Bit> = Default::default(),
        late_q: Reg<Bits<QB>> = Default::default(),
        late: Reg<Sent> = Default::default(),
        look: Dffr<Bits<QB>> = Default::default(),
        seen: Reg<Bits<QB>> = Default::default(),
        seen_ok: Dffr<Bit> = Default::default(),
        // Queues cleared since reset; before that their state is garbage.
        alive: Dffr<Bits<NQ>> = Default::default(),
        have: Dffr<Bit> = Default::default(),
        q: Dffr<Bits<QB>> = Default::default(),
        sent: Dffr<Sent> = Default::default(),
        limit: Dffr<Sent> = Default::default(),
        count: Dffr<Bits<7>> = Default::default(),
        cand: Dffr<Bit> = Default::default(),
        cand_q: Reg<Bits<QB>> = Default::default(),
        cand_sent: Reg<Sent> = Default::default(),
        cand_limit: Reg<Sent> = Default::default(),
        gone_valid: Dffr<Bit> = Default::default(),
        gone_q: Reg<Bits<QB>> = Default::default(),
        gone: Reg<Sent> = Default::default(),
        bus: Signal<Local, Sent> = Default::default(),
        bus_q: Signal<Local, Bits<QB>> = Default::default(),
        initialising: Signal<Local, Bit> = Default::default(),
        seen_limit: Signal<Local, Sent> = Default::default(),
        limit_now: Signal<Local, Sent> = Default::default(),
        quantum_over: Signal<Local, Bit> = Default::default(),
        nothing: Signal<Local, Bit> = Default::default(),
        usable: Signal<Local, Bit> = Default::default(),
        go: Signal<Local, Bit> = Default::default(),
        ends: Signal<Local, Bit> = Default::default(),
        change: Signal<Local, Bit> = Default::default(),
        next_q: Signal<Local, Bits<QB>> = Default::default(),
        next_sent: Signal<Local, Sent> = Default::default(),
        last_queue: Constant<Bits<QB>> = Constant::new((NQ as u64 - 1).into()),
        one_queue: Constant<Bits<QB>> = Constant::new(1_u64.into()),
        queue_bit: Signal<Local, Bits<NQ>> = Default::default(),
        one_bit: Constant<Bits<NQ>> = Constant::new(1_u64.into()),
        zero: Constant<Sent> = Constant::new(Sent::default()),
        quantum: Constant<Bits<7>> = Constant::new(64_u64.into()),
        queue_shift: Constant<Bits<5>> = Constant::new((RB as u64).into()),
        slot_shift: Constant<Bits<5>> = Constant::new((PB as u64).into()),
    }
}

impl<
        const W: usize,
        const KB: usize,
        const FW: usize,
        const NQ: usize,
        const QB: usize,
        const RB: usize,
        const AB: usize,
        const PB: usize,
        const SLB: usize,
    > Logic for Egress<W, KB, FW, NQ, QB, RB, AB, PB, SLB>
{
    #[hdl_gen]
    fn update(&mut self) {
        clock!(self, clock, init, saved, committed, out);
        dff_setup!(
            self, clock, pause, late_valid, late_q, late, look, seen, seen_ok, alive, have, q, sent, limit
        );
        dff_setup!(self, clock, count, cand, cand_q, cand_sent, cand_limit, gone_valid, gone_q, gone);
        self.init.rst.next = self.rst.val();
        self.out.rst.next = self.rst.val();
        self.pause.rst.next = self.rst.val();
        self.late_valid.rst.next = self.rst.val();
        self.look.rst.next = self.rst.val();
        self.seen_ok.rst.next = self.rst.val();
        self.alive.rst.next = self.rst.val();
        self.have.rst.next = self.rst.val();
        self.q.rst.next = self.rst.val();
        self.sent.rst.next = self.rst.val();
        self.limit.rst.next = self.rst.val();
        self.count.rst.next = self.rst.val();
        self.cand.rst.next = self.rst.val();
        self.gone_valid.rst.next = self.rst.val();

        self.init.init_valid.next = self.init_valid.val();
        self.init.init_g.next = self.init_g.val();
        self.init.take.next = self.init.ask.val();
        self.init_done.next = self.init.done.val();
        self.pause.d.next = self.h2c_pause.val();

        self.bus.next.row = self.commit_row.val();
        self.bus.next.pkts = self.commit_pkts.val();
        self.bus_q.next = bit_cast::<QB, 6>(self.commit_q.val());
        self.late_valid.d.next = self.commit_valid.val();
        self.late_q.d.next = self.bus_q.val();
        self.late.d.next = self.bus.val();
        self.committed.wen.next = self.commit_valid.val();
        self.committed.waddr.next = self.bus_q.val();
        self.committed.wdata.next = self.bus.val();

        // Current queue: one beat if there is a row, and room behind the FIFO.
        self.usable.next = self.cand.q.val() & !self.pause.q.val().get_bit(self.cand_q.q.val().index());
        self.quantum_over.next = self.count.q.val() == self.quantum.val();
        self.nothing.next = !self.have.q.val()
            | (self.sent.q.val().row == self.limit.q.val().row)
            | self.pause.q.val().get_bit(self.q.q.val().index());
        self.change.next =
            self.usable.val() & (self.nothing.val() | self.quantum_over.val()) & !self.init.ask.val();
        self.go.next = !self.nothing.val() & !self.change.val() & self.out.room.val() & !self.init.ask.val();
        self.ends.next = (self.sent.q.val().pkts != self.limit.q.val().pkts)
            & (self.sent.q.val().row == self.packet_end.val().row);
        self.next_q.next = self.q.q.val();
        self.next_sent.next = self.sent.q.val();
        self.limit_now.next = self.limit.q.val();
        if self.commit_valid.val() & (self.bus_q.val() == self.q.q.val()) {
            self.limit_now.next = self.bus.val();
        }
        if self.go.val() {
            self.next_sent.next.row = self.sent.q.val().row + 1;
            if self.ends.val() {
                self.next_sent.next.pkts = self.sent.q.val().pkts + 1;
            }
            if !self.quantum_over.val() {
                self.count.d.next = self.count.q.val() + 1;
            }
        }
        self.gone_valid.d.next = self.go.val();
        self.gone_q.d.next = self.q.q.val();
        self.gone.d.next = self.next_sent.val();

        // Candidate, with what was committed meanwhile.
        if self.cand.q.val() & self.commit_valid.val() & (self.bus_q.val() == self.cand_q.q.val()) {
            self.cand_limit.d.next = self.bus.val();
        }
        if self.cand.q.val() & !self.usable.val() {
            self.cand.d.next = false;
        }
        self.saved.wen.next = self.change.val() & self.have.q.val();
        self.saved.waddr.next = self.q.q.val();
        self.saved.wdata.next = self.sent.q.val();
        if self.change.val() {
            self.have.d.next = true;
            self.cand.d.next = false;
            self.count.d.next = 0.into();
            self.next_q.next = self.cand_q.q.val();
            self.next_sent.next = self.cand_sent.q.val();
            self.limit_now.next = self.cand_limit.q.val();
            if self.commit_valid.val() & (self.bus_q.val() == self.cand_q.q.val()) {
                self.limit_now.next = self.bus.val();
            }
        }

        // Scan: any queue but the current one. One that is being cleared has values of two lives.
        self.initialising.next =
            self.init_valid.val() & (bit_cast::<QB, 7>(self.init_g.val()) == self.look.q.val());
        self.saved.raddr.next = self.look.q.val();
        self.committed.raddr.next = self.look.q.val();
        self.seen.d.next = self.look.q.val();
        self.seen_ok.d.next =
            !(self.have.q.val() & (self.look.q.val() == self.q.q.val())) & !self.initialising.val();
        self.look.d.next = self.look.q.val() + self.one_queue.val();
        if self.look.q.val() == self.last_queue.val() {
            self.look.d.next = 0.into();
        }
        self.initialising.next =
            self.init_valid.val() & (bit_cast::<QB, 7>(self.init_g.val()) == self.seen.q.val());
        self.seen_limit.next = self.committed.rdata.val();
        if self.late_valid.q.val() & (self.late_q.q.val() == self.seen.q.val()) {
            self.seen_limit.next = self.late.q.val();
        }
        if self.commit_valid.val() & (self.bus_q.val() == self.seen.q.val()) {
            self.seen_limit.next = self.bus.val();
        }
        if self.seen_ok.q.val()
            & !self.cand.q.val()
            & !(self.have.q.val() & (self.seen.q.val() == self.q.q.val()))
            & !self.initialising.val()
            & self.alive.q.val().get_bit(self.seen.q.val().index())
            & (self.seen_limit.val().row != self.saved.rdata.val().row)
            & !self.pause.q.val().get_bit(self.seen.q.val().index())
        {
            self.cand.d.next = true;
            self.cand_q.d.next = self.seen.q.val();
            self.cand_sent.d.next = self.saved.rdata.val();
            self.cand_limit.d.next = self.seen_limit.val();
        }

        self.queue_bit.next = self.one_bit.val() << self.init.q.val();
        if self.init.ask.val() {
            self.saved.wen.next = true;
            self.saved.waddr.next = self.init.q.val();
            self.saved.wdata.next = self.zero.val();
            self.gone_valid.d.next = true;
            self.gone_q.d.next = self.init.q.val();
            self.gone.d.next = self.zero.val();
            self.seen_ok.d.next = false;
            self.alive.d.next = self.alive.q.val() | self.queue_bit.val();
            if self.init.q.val() == self.q.q.val() {
                self.have.d.next = false;
            }
            if self.init.q.val() == self.cand_q.q.val() {
                self.cand.d.next = false;
            }
        }
        self.q.d.next = self.next_q.val();
        self.sent.d.next = self.next_sent.val();
        self.limit.d.next = self.limit_now.val();
        self.packet_slot.next = (bit_cast::<SLB, QB>(self.next_q.val()) << self.slot_shift.val())
            | bit_cast::<SLB, PB>(bit_cast::<PB, 16>(self.next_sent.val().pkts));

        // The beat: row to the memory now, everything else beside its data one clock later.
        self.r_row.next = (bit_cast::<AB, QB>(self.q.q.val()) << self.queue_shift.val())
            | bit_cast::<AB, RB>(bit_cast::<RB, 16>(self.sent.q.val().row));
        self.out.go.next = self.go.val();
        self.out.q.next = self.q.q.val();
        self.out.last.next = self.ends.val();
        self.out.packet_end.next = self.packet_end.val();
        self.out.user.next = self.user.val();
        self.out.data.next = self.r_data.val();
        self.h2c_axis_tdata.next = self.out.h2c_axis_tdata.val();
        self.h2c_axis_tkeep.next = self.out.h2c_axis_tkeep.val();
        self.h2c_axis_tlast.next = self.out.h2c_axis_tlast.val();
        self.h2c_axis_tdest.next = self.out.h2c_axis_tdest.val();
        self.h2c_axis_tuser.next = self.out.h2c_axis_tuser.val();
        self.h2c_axis_terr.next = self.out.h2c_axis_terr.val();
        self.h2c_axis_tvalid.next = self.out.h2c_axis_tvalid.val();
        self.out.h2c_axis_tready.next = self.h2c_axis_tready.val();
        self.freed_valid.next = self.gone_valid.q.val();
        self.freed_q.next = bit_cast::<6, QB>(self.gone_q.q.val());
        self.freed_row.next = self.gone.q.val().row;
        self.freed_pkts.next = self.gone.q.val().pkts;
    }
}
