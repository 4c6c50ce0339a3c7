//! Records of memory queues wait for the memory.

use ferrolane_abi::status;
use rust_hdl::prelude::*;

use super::types::HeldRecord;
use crate::dma::InitOnce;
use crate::hw;
use crate::prim::{Bram, Dffr, Mirror, Reg};

hw! {
    /// Passes commit's records and errors on; those of memory queues when what they tell of is in the memory.
    ///
    /// ```text
    ///  commit ─┬─ stream queue ──────────────────────────────┐
    ///          └─ memory queue ─► puts ─► places ─┐           ├─► record, error
    ///  done, or nothing under way ─► gots ────────┴─► given ──┘
    /// ```
    /// Per queue 2^`PB1` places in order (`SLB1 = QB + PB1`). A record without error goes with the next `done` of its queue; if that
    /// tells of an error, with CARD_WRITE_ERROR. A record with an error is the last that commit gives of its queue: it goes when
    /// nothing of the queue is under way (`busy`) and so all before it went. Either halts the queue, and what
    /// is held or comes behind it is forgotten until the queue is cleared. So the error that control hears of is always that of
    /// the queue's first failed descriptor. `failing` tells that such a record waits,
    /// or any of a memory queue at the entrance.
    ///
    /// Without a place left commit is held up, but not by a queue that has halted; a packet slot is free again before its packet
    /// is in the memory, so there are twice as many places, and the writer pauses in time.
    pub struct Held<const NQ: usize, const QB: usize, const PB1: usize, const SLB1: usize> {
        pub clock: Signal<In, Clock> = Default::default(),
        pub rst: Signal<In, Bit> = Default::default(),
        /// Without memory queues what is for them is always in reset, and nothing is left of it.
        pub memory_rst: Signal<In, Bit> = Default::default(),
        pub init_valid: Signal<In, Bit> = Default::default(),
        pub init_g: Signal<In, Bits<7>> = Default::default(),
        /// Queues with MODE.MEMORY.
        pub memory: Signal<In, Bits<NQ>> = Default::default(),
        pub busy: Signal<In, Bits<NQ>> = Default::default(),
        pub rec_valid: Signal<In, Bit> = Default::default(),
        pub rec_ready: Signal<Out, Bit> = Default::default(),
        pub rec_q: Signal<In, Bits<6>> = Default::default(),
        pub rec_bytes: Signal<In, Bits<24>> = Default::default(),
        pub rec_index: Signal<In, Bits<32>> = Default::default(),
        pub rec_flags: Signal<In, Bits<7>> = Default::default(),
        pub rec_status: Signal<In, Bits<8>> = Default::default(),
        pub rec_irq: Signal<In, Bit> = Default::default(),
        pub fault_valid: Signal<In, Bit> = Default::default(),
        pub fault_q: Signal<In, Bits<6>> = Default::default(),
        pub fault_code: Signal<In, Bits<8>> = Default::default(),
        pub done_valid: Signal<In, Bit> = Default::default(),
        pub done_ready: Signal<Out, Bit> = Default::default(),
        pub done_q: Signal<In, Bits<6>> = Default::default(),
        pub done_error: Signal<In, Bit> = Default::default(),
        pub failing: Signal<Out, Bits<NQ>> = Default::default(),
        pub out_valid: Signal<Out, Bit> = Default::default(),
        pub out_ready: Signal<In, Bit> = Default::default(),
        pub out_q: Signal<Out, Bits<6>> = Default::default(),
        pub out_bytes: Signal<Out, Bits<24>> = Default::default(),
        pub out_index: Signal<Out, Bits<32>> = Default::default(),
        pub out_flags: Signal<Out, Bits<7>> = Default::default(),
        pub out_status: Signal<Out, Bits<8>> = Default::default(),
        pub out_irq: Signal<Out, Bit> = Default::default(),
        pub err_valid: Signal<Out, Bit> = Default::default(),
        pub err_q: Signal<Out, Bits<6>> = Default::default(),
        pub err_code: Signal<Out, Bits<8>> = Default::default(),
        places: Bram<HeldRecord, SLB1> = Default::default(),
        // Records put in and taken out; the second again for the way in.
        puts: Mirror<16, QB> = Default::default(),
        gots: Mirror<16, QB> = Default::default(),
        gots_in: Mirror<16, QB> = Default::default(),
        init: InitOnce = Default::default(),
        dead: Dffr<Bits<NQ>> = Default::default(),
        fails: Dffr<Bits<NQ>> = Default::default(),
        // `puts` and `gots_in` belong to the record at the entrance.
        looked: Dffr<Bit> = Default::default(),
        turn: Dffr<Bits<QB>> = Default::default(),
        // A record is looked for; it is found.
        job: Dffr<Bit> = Default::default(),
        job_q: Reg<Bits<6>> = Default::default(),
        job_bad: Reg<Bit> = Default::default(),
        job_last: Reg<Bit> = Default::default(),
        give: Dffr<Bit> = Default::default(),
        give_q: Reg<Bits<6>> = Default::default(),
        give_bad: Reg<Bit> = Default::default(),
        give_last: Reg<Bit> = Default::default(),
        give_place: Reg<Bits<SLB1>> = Default::default(),
        o_valid: Dffr<Bit> = Default::default(),
        o_q: Reg<Bits<6>> = Default::default(),
        o_flags: Reg<Bits<7>> = Default::default(),
        o_rec: Reg<HeldRecord> = Default::default(),
        e_valid: Dffr<Bit> = Default::default(),
        e_q: Reg<Bits<6>> = Default::default(),
        e_code: Reg<Bits<8>> = Default::default(),
        in_bit: Signal<Local, Bits<NQ>> = Default::default(),
        is_memory: Signal<Local, Bit> = Default::default(),
        is_dead: Signal<Local, Bit> = Default::default(),
        put: Signal<Local, Bits<16>> = Default::default(),
        used: Signal<Local, Bits<16>> = Default::default(),
        used_then: Signal<Local, Bits<16>> = Default::default(),
        one_place: Constant<Bits<16>> = Constant::new(1_u64.into()),
        full: Signal<Local, Bit> = Default::default(),
        free: Signal<Local, Bit> = Default::default(),
        come: Signal<Local, Bit> = Default::default(),
        accept: Signal<Local, Bit> = Default::default(),
        got: Signal<Local, Bits<16>> = Default::default(),
        place: Signal<Local, Bits<SLB1>> = Default::default(),
        job_bit: Signal<Local, Bits<NQ>> = Default::default(),
        give_bit: Signal<Local, Bits<NQ>> = Default::default(),
        turn_bit: Signal<Local, Bits<NQ>> = Default::default(),
        ripe: Signal<Local, Bit> = Default::default(),
        done_here: Signal<Local, Bits<QB>> = Default::default(),
        pick: Signal<Local, Bit> = Default::default(),
        fault: Signal<Local, Bit> = Default::default(),
        given: Signal<Local, Bit> = Default::default(),
        halts: Signal<Local, Bit> = Default::default(),
        found: Signal<Local, HeldRecord> = Default::default(),
        code: Signal<Local, Bits<8>> = Default::default(),
        fails_next: Signal<Local, Bits<NQ>> = Default::default(),
        dead_next: Signal<Local, Bits<NQ>> = Default::default(),
        clear_bit: Signal<Local, Bits<NQ>> = Default::default(),
        clear_q: Signal<Local, Bits<QB>> = Default::default(),
        one: Constant<Bits<NQ>> = Constant::new(1_u64.into()),
        one_q: Constant<Bits<QB>> = Constant::new(1_u64.into()),
        queues: Constant<Bits<7>> = Constant::new((NQ as u64).into()),
        all_places: Constant<Bits<16>> = Constant::new((1_u64 << PB1).into()),
        place_shift: Constant<Bits<5>> = Constant::new((PB1 as u64).into()),
        write_error: Constant<Bits<8>> = Constant::new((status::CARD_WRITE_ERROR as u64).into()),
    }
}

impl<const NQ: usize, const QB: usize, const PB1: usize, const SLB1: usize> Logic
    for Held<NQ, QB, PB1, SLB1>
{
    #[hdl_gen]
    fn update(&mut self) {
        clock!(self, clock, places, puts, gots, gots_in, init);
        dff_setup!(self, clock, dead, fails, looked, turn, job, job_q, job_bad, job_last);
        dff_setup!(self, clock, give, give_q, give_bad, give_last, give_place);
        dff_setup!(self, clock, o_valid, o_q, o_flags, o_rec, e_valid, e_q, e_code);
        self.init.rst.next = self.rst.val();
        self.dead.rst.next = self.memory_rst.val();
        self.fails.rst.next = self.memory_rst.val();
        self.looked.rst.next = self.memory_rst.val();
        self.turn.rst.next = self.memory_rst.val();
        self.job.rst.next = self.memory_rst.val();
        self.give.rst.next = self.memory_rst.val();
        self.o_valid.rst.next = self.rst.val();
        self.e_valid.rst.next = self.rst.val();
        self.init.init_valid.next = self.init_valid.val() & (self.init_g.val() < self.queues.val());
        self.init.init_g.next = self.init_g.val();
        self.init.take.next = self.init.ask.val();
        self.clear_q.next = bit_cast::<QB, 7>(self.init_g.val());

        // What was found goes out, its error in the same clock; commit's own errors go first.
        self.free.next = !self.o_valid.q.val() | self.out_ready.val();
        if self.out_ready.val() {
            self.o_valid.d.next = false;
        }
        self.in_bit.next = self.one.val() << self.fault_q.val();
        self.fault.next = self.fault_valid.val() & !(self.memory.val() & self.in_bit.val()).any();
        self.e_valid.d.next = self.fault.val();
        self.e_q.d.next = self.fault_q.val();
        self.e_code.d.next = self.fault_code.val();
        self.found.next = self.places.rdata.val();
        self.code.next = self.found.val().status;
        if self.give_bad.q.val() {
            self.code.next = self.write_error.val();
        }
        self.halts.next = self.give_bad.q.val() | self.give_last.q.val();
        self.given.next = self.give.q.val() & self.free.val() & !(self.halts.val() & self.fault.val());
        self.give_bit.next = self.one.val() << self.give_q.q.val();
        self.fails_next.next = self.fails.q.val();
        self.dead_next.next = self.dead.q.val();
        if self.given.val() & self.halts.val() {
            self.e_valid.d.next = true;
            self.e_q.d.next = self.give_q.q.val();
            self.e_code.d.next = self.code.val();
            self.dead_next.next = self.dead.q.val() | self.give_bit.val();
        }

        // The next one: that of a `done`, or a queue's last.
        self.turn_bit.next = self.one.val() << self.turn.q.val();
        self.done_here.next = bit_cast::<QB, 6>(self.done_q.val());
        self.ripe.next = (self.fails.q.val() & !self.busy.val() & self.turn_bit.val()).any()
            & !(self.done_valid.val() & (self.done_here.val() == self.turn.q.val()));
        self.pick.next = !self.job.q.val() & (!self.give.q.val() | self.given.val());
        self.done_ready.next = self.pick.val() & !self.ripe.val();
        self.job.d.next = self.job.q.val() & self.init.ask.val();
        if self.pick.val() {
            self.job.d.next = self.done_valid.val();
            self.job_q.d.next = self.done_q.val();
            self.job_bad.d.next = self.done_error.val();
            self.job_last.d.next = false;
            if self.ripe.val() {
                self.job.d.next = true;
                self.job_q.d.next = bit_cast::<6, QB>(self.turn.q.val());
                self.job_bad.d.next = false;
                self.job_last.d.next = true;
            } else {
                self.turn.d.next = self.turn.q.val() + self.one_q.val();
            }
        }
        self.gots.raddr.next = bit_cast::<QB, 6>(self.job_q.d.val());
        self.got.next = self.gots.rdata.val();
        self.place.next = (bit_cast::<SLB1, 6>(self.job_q.q.val()) << self.place_shift.val())
            | bit_cast::<SLB1, PB1>(bit_cast::<PB1, 16>(self.got.val()));
        self.job_bit.next = self.one.val() << self.job_q.q.val();
        // Of a queue that failed nothing is given any more.
        self.come.next =
            self.job.q.val() & !(self.dead.q.val() & self.job_bit.val()).any() & !self.init.ask.val();
        self.give.d.next = self.give.q.val() & !self.given.val();
        if self.come.val() {
            self.give.d.next = true;
            self.give_q.d.next = self.job_q.q.val();
            self.give_bad.d.next = self.job_bad.q.val();
            self.give_last.d.next = self.job_last.q.val();
            self.give_place.d.next = self.place.val();
        }
        self.places.raddr.next = self.give_place.q.val();
        if self.job.q.val() {
            self.places.raddr.next = self.place.val();
        }
        self.gots.wen.next = self.come.val();
        self.gots.waddr.next = bit_cast::<QB, 6>(self.job_q.q.val());
        self.gots.wdata.next = self.got.val() + 1;
        if self.init.ask.val() {
            self.gots.wen.next = true;
            self.gots.waddr.next = self.clear_q.val();
            self.gots.wdata.next = 0.into();
        }
        self.gots_in.wen.next = self.gots.wen.val();
        self.gots_in.waddr.next = self.gots.waddr.val();
        self.gots_in.wdata.next = self.gots.wdata.val();

        // A record comes in.
        self.in_bit.next = self.one.val() << self.rec_q.val();
        self.is_memory.next = (self.memory.val() & self.in_bit.val()).any();
        self.is_dead.next = (self.dead.q.val() & self.in_bit.val()).any();
        self.puts.raddr.next = bit_cast::<QB, 6>(self.rec_q.val());
        self.gots_in.raddr.next = bit_cast::<QB, 6>(self.rec_q.val());
        self.put.next = self.puts.rdata.val();
        self.used.next = self.put.val() - self.gots_in.rdata.val();
        // The place of the record that goes out is counted free already, and is still read.
        self.used_then.next = self.used.val() + self.one_place.val();
        self.full.next = (self.used_then.val() & self.all_places.val()).any();
        self.accept.next = self.rec_valid.val()
            & self.is_memory.val()
            & self.looked.q.val()
            & (!self.full.val() | self.is_dead.val())
            & !self.init.ask.val();
        self.looked.d.next = self.rec_valid.val() & self.is_memory.val() & !self.accept.val();
        self.rec_ready.next = self.accept.val();
        if !self.is_memory.val() {
            self.rec_ready.next = self.free.val() & !self.give.q.val();
        }
        self.places.waddr.next = (bit_cast::<SLB1, 6>(self.rec_q.val()) << self.place_shift.val())
            | bit_cast::<SLB1, PB1>(bit_cast::<PB1, 16>(self.put.val()));
        self.places.wdata.next.bytes = self.rec_bytes.val();
        self.places.wdata.next.index = self.rec_index.val();
        self.places.wdata.next.status = self.rec_status.val();
        self.places.wdata.next.irq = self.rec_irq.val();
        self.places.wen.next = self.accept.val() & !self.is_dead.val();
        self.puts.wen.next = self.accept.val() & !self.is_dead.val();
        self.puts.waddr.next = bit_cast::<QB, 6>(self.rec_q.val());
        self.puts.wdata.next = self.put.val() + 1;
        if self.accept.val() & !self.is_dead.val() & (self.rec_status.val() != 0) {
            self.fails_next.next = self.fails_next.val() | self.in_bit.val();
        }
        // A record that comes in the clock in which its queue halts is forgotten, too.
        if self.given.val() & self.halts.val() {
            self.fails_next.next = self.fails_next.val() & !self.give_bit.val();
        }
        self.clear_bit.next = self.one.val() << self.clear_q.val();
        if self.init.ask.val() {
            self.puts.wen.next = true;
            self.puts.waddr.next = self.clear_q.val();
            self.puts.wdata.next = 0.into();
            self.fails_next.next = self.fails_next.val() & !self.clear_bit.val();
            self.dead_next.next = self.dead_next.val() & !self.clear_bit.val();
        }
        self.fails.d.next = self.fails_next.val();
        self.dead.d.next = self.dead_next.val();

        if self.free.val() {
            self.o_q.d.next = self.rec_q.val();
            self.o_flags.d.next = self.rec_flags.val();
            self.o_rec.d.next = self.places.wdata.val();
            if self.rec_valid.val() & !self.is_memory.val() {
                self.o_valid.d.next = true;
            }
            if self.give.q.val() {
                self.o_valid.d.next = self.given.val();
                self.o_q.d.next = self.give_q.q.val();
                self.o_flags.d.next = 0.into();
                self.o_rec.d.next = self.found.val();
                self.o_rec.d.next.status = self.code.val();
            }
        }
        self.failing.next = self.fails.q.val();
        if self.rec_valid.val() {
            self.failing.next = self.fails.q.val() | (self.memory.val() & self.in_bit.val());
        }
        self.out_valid.next = self.o_valid.q.val();
        self.out_q.next = self.o_q.q.val();
        self.out_flags.next = self.o_flags.q.val();
        self.out_bytes.next = self.o_rec.q.val().bytes;
        self.out_index.next = self.o_rec.q.val().index;
        self.out_status.next = self.o_rec.q.val().status;
        self.out_irq.next = self.o_rec.q.val().irq;
        self.err_valid.next = self.e_valid.q.val();
        self.err_q.next = self.e_q.q.val();
        self.err_code.next = self.e_code.q.val();
    }
}
