//! The doorbell page of BAR0.

use ferrolane_abi::map;
use ferrolane_abi::regs::queue as abi;
use ferrolane_abi::table::Register;
use rust_hdl::prelude::*;

use crate::hw;
use crate::prim::{Bram, Dffr, Reg};

#[derive(Copy, Clone, Debug, PartialEq, LogicState)]
pub enum DoorbellState {
    Idle,
    Clear,
    Measure,
    Add,
    Judge,
}

fn word_of(register: &Register) -> Constant<Bits<6>> {
    Constant::new((register.offset as u64 / 4).into())
}

fn lsb(register: &Register, field: &str) -> Constant<Bits<5>> {
    Constant::new((register.field(field).expect("a field").lsb as u64).into())
}

hw! {
    /// Judges doorbells and broadcasts the ones that hold. `GB1 = GB + 1`.
    ///
    /// ```text
    ///  write ─► Idle ─► Measure ─► Add ─► Judge ─┬─► prod / cons bus
    ///           copies  differences  room         └─► invalid_doorbell
    /// ```
    /// With all differences modulo the index width, and copies taken in the first clock:
    /// - a producer index of a ring holds if new − old ≤ size − (old − head): not backwards, and at most a ring ahead of
    ///   the head;
    /// - of a push queue if new − old ≤ 32 − (old − taken): no slot of the window is offered that may hold an older
    ///   descriptor;
    /// - of a queue in list or direct mode never;
    /// - a consumer index holds if new − old ≤ done − old: not backwards, and not ahead of the records written.
    ///
    /// Head, taken and done only grow, so a copy that is behind can only refuse. It never refuses a host that keeps the
    /// rules: a host knows of room in the ring, or of a record, from a record in its memory. Record has to broadcast done
    /// no later than it offers the record's TLP; head and taken are ahead of done.
    ///
    /// `old − head` and `done − old` are at most the rings' sizes, 2^16, and `old − taken` at most 32, so the lower bits
    /// of the copies are enough. A copy that its bus writes in the clock of the read is read again in the next.
    ///
    /// A producer index needs RUN, a consumer index (and ARM) only a queue that is not idle, since a host takes records
    /// during the drain as well. A halted queue judges like any other: a host that has not yet seen the halt does nothing
    /// wrong, and an ARM that was dropped would leave it asleep in front of the record that tells of the error.
    ///
    /// Only whole DWORDs count; other byte enables are invalid, and none at all is no write. `db_w_ready` comes when the
    /// write has had its effect, and the bus in the clock behind it, the fourth behind `db_w_valid`.
    pub struct Doorbell<const NQ: usize, const GN: usize, const GB: usize, const GB1: usize> {
        pub clock: Signal<In, Clock> = Default::default(),
        pub rst: Signal<In, Bit> = Default::default(),
        pub db_w_valid: Signal<In, Bit> = Default::default(),
        pub db_w_ready: Signal<Out, Bit> = Default::default(),
        /// Stable, with data and byte enables, from `db_w_valid` to `db_w_ready`.
        pub t_w_addr: Signal<In, Bits<19>> = Default::default(),
        pub t_w_data: Signal<In, Bits<32>> = Default::default(),
        pub t_w_be: Signal<In, Bits<4>> = Default::default(),
        /// Pulse: a write to a place without a doorbell.
        pub db_unmapped_wr: Signal<Out, Bit> = Default::default(),
        /// Pulse: a doorbell, or a feed, was refused. The host's writes come one at a time, so never both at once.
        pub invalid_doorbell: Signal<Out, Bit> = Default::default(),
        pub feed_invalid: Signal<In, Bit> = Default::default(),
        pub run: Signal<In, Bits<GN>> = Default::default(),
        pub idle: Signal<In, Bits<GN>> = Default::default(),
        pub cfgw_valid: Signal<In, Bit> = Default::default(),
        pub cfgw_g: Signal<In, Bits<7>> = Default::default(),
        pub cfgw_index: Signal<In, Bits<6>> = Default::default(),
        pub cfgw_data: Signal<In, Bits<32>> = Default::default(),
        pub head_valid: Signal<In, Bit> = Default::default(),
        pub head_g: Signal<In, Bits<7>> = Default::default(),
        pub head_value: Signal<In, Bits<32>> = Default::default(),
        pub h2c_taken_valid: Signal<In, Bit> = Default::default(),
        pub h2c_taken_q: Signal<In, Bits<6>> = Default::default(),
        pub h2c_taken_value: Signal<In, Bits<32>> = Default::default(),
        pub c2h_taken_valid: Signal<In, Bit> = Default::default(),
        pub c2h_taken_q: Signal<In, Bits<6>> = Default::default(),
        pub c2h_taken_value: Signal<In, Bits<32>> = Default::default(),
        pub done_valid: Signal<In, Bit> = Default::default(),
        pub done_g: Signal<In, Bits<7>> = Default::default(),
        pub done_value: Signal<In, Bits<32>> = Default::default(),
        pub init_valid: Signal<In, Bit> = Default::default(),
        pub init_g: Signal<In, Bits<7>> = Default::default(),
        pub init_done: Signal<Out, Bit> = Default::default(),
        pub prod_valid: Signal<Out, Bit> = Default::default(),
        pub prod_g: Signal<Out, Bits<7>> = Default::default(),
        pub prod_value: Signal<Out, Bits<32>> = Default::default(),
        pub cons_valid: Signal<Out, Bit> = Default::default(),
        pub cons_g: Signal<Out, Bits<7>> = Default::default(),
        pub cons_value: Signal<Out, Bits<31>> = Default::default(),
        pub cons_arm: Signal<Out, Bit> = Default::default(),

        state: Dffr<DoorbellState> = Dffr::new(DoorbellState::Idle),
        size: Bram<Bits<5>, GB> = Default::default(),
        mode: Bram<Bits<2>, GB> = Default::default(),
        head: Bram<Bits<17>, GB> = Default::default(),
        h2c_taken: Bram<Bits<6>, GB> = Default::default(),
        c2h_taken: Bram<Bits<6>, GB> = Default::default(),
        done: Bram<Bits<17>, GB> = Default::default(),
        // Of each queue the producer index, then the consumer index.
        held: Bram<Bits<32>, GB1> = Default::default(),
        step: Reg<Bits<32>> = Default::default(),
        gap: Reg<Bits<17>> = Default::default(),
        limit: Reg<Bits<17>> = Default::default(),
        room: Reg<Bits<17>> = Default::default(),
        push: Reg<Bit> = Default::default(),
        allowed: Reg<Bit> = Default::default(),
        answered: Dffr<Bit> = Default::default(),
        out_prod: Dffr<Bit> = Default::default(),
        out_cons: Dffr<Bit> = Default::default(),
        out_init: Dffr<Bit> = Default::default(),
        out_g: Reg<Bits<7>> = Default::default(),
        out_data: Reg<Bits<32>> = Default::default(),
        missed: Dffr<Bit> = Default::default(),
        refused: Dffr<Bit> = Default::default(),

        q: Signal<Local, Bits<7>> = Default::default(),
        g: Signal<Local, Bits<7>> = Default::default(),
        gb: Signal<Local, Bits<GB>> = Default::default(),
        at_q: Signal<Local, Bits<GB>> = Default::default(),
        head_at: Signal<Local, Bits<GB>> = Default::default(),
        done_at: Signal<Local, Bits<GB>> = Default::default(),
        h2c_taken_at: Signal<Local, Bits<GB>> = Default::default(),
        c2h_taken_at: Signal<Local, Bits<GB>> = Default::default(),
        hole: Signal<Local, Bit> = Default::default(),
        upper: Signal<Local, Bit> = Default::default(),
        c2h: Signal<Local, Bit> = Default::default(),
        collides: Signal<Local, Bit> = Default::default(),
        index: Signal<Local, Bits<32>> = Default::default(),
        old: Signal<Local, Bits<17>> = Default::default(),
        base: Signal<Local, Bits<17>> = Default::default(),
        is_push: Signal<Local, Bit> = Default::default(),
        sum: Signal<Local, Bits<17>> = Default::default(),
        near: Signal<Local, Bits<17>> = Default::default(),
        far: Signal<Local, Bits<15>> = Default::default(),
        holds: Signal<Local, Bit> = Default::default(),

        queues: Constant<Bits<7>> = Constant::new((NQ as u64).into()),
        consumer_bits: Constant<Bits<32>> = Constant::new((ferrolane_abi::doorbell::CONSUMER_MASK as u64).into()),
        arm_bit: Constant<Bits<32>> = Constant::new((1_u64 << ferrolane_abi::doorbell::ARM_BIT).into()),
        one: Constant<Bits<17>> = Constant::new(1_u64.into()),
        upper_place: Constant<Bits<GB1>> = Constant::new(1_u64.into()),
        ring_size: Constant<Bits<6>> = word_of(&abi::RING_SIZE),
        size_lsb: Constant<Bits<5>> = lsb(&abi::RING_SIZE, "DESCRIPTORS"),
        mode_word: Constant<Bits<6>> = word_of(&abi::MODE),
        mode_lsb: Constant<Bits<5>> = lsb(&abi::MODE, "FEED"),
        slots: Constant<Bits<17>> = Constant::new((map::PUSH_SLOTS as u64).into()),
        slot_bits: Constant<Bits<17>> = Constant::new((2 * map::PUSH_SLOTS as u64 - 1).into()),
        queue_lsb: Constant<Bits<5>> = Constant::new((map::DOORBELL_STRIDE.trailing_zeros() as u64).into()),
        direction: Constant<Bits<19>> = Constant::new((map::DOORBELL_STRIDE * map::MAX_QUEUES as u64).into()),
        // Address bits that must be 0 for a doorbell to be there: beyond the last queue.
        outside: Constant<Bits<19>> = Constant::new(
            (map::PAGE_BYTES - 2 * map::DOORBELL_STRIDE * map::MAX_QUEUES as u64).into()
        ),
    }
}

impl<const NQ: usize, const GN: usize, const GB: usize, const GB1: usize> Logic
    for Doorbell<NQ, GN, GB, GB1>
{
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, state, step, gap, limit, room, push, allowed);
        dff_setup!(self, clock, answered, out_prod, out_cons, out_init, out_g, out_data, missed, refused);
        clock!(self, clock, size, mode, head, h2c_taken, c2h_taken, done, held);
        self.state.rst.next = self.rst.val();
        self.answered.rst.next = self.rst.val();
        self.out_prod.rst.next = self.rst.val();
        self.out_cons.rst.next = self.rst.val();
        self.out_init.rst.next = self.rst.val();
        self.missed.rst.next = self.rst.val();
        self.refused.rst.next = self.rst.val();

        self.q.next = bit_cast::<7, 19>(self.t_w_addr.val() >> self.queue_lsb.val()) & 0x3F;
        self.c2h.next = (self.t_w_addr.val() & self.direction.val()) != 0;
        self.g.next = self.q.val();
        if self.c2h.val() {
            self.g.next = self.q.val() + self.queues.val();
        }
        self.gb.next = bit_cast::<GB, 7>(self.g.val());
        self.at_q.next = bit_cast::<GB, 7>(self.q.val());
        self.hole.next =
            ((self.t_w_addr.val() & self.outside.val()) != 0) | (self.q.val() >= self.queues.val());
        self.upper.next = self.t_w_addr.val().get_bit(2);
        self.index.next = self.t_w_data.val();
        if self.upper.val() {
            self.index.next = self.t_w_data.val() & self.consumer_bits.val();
        }

        // The copies.
        self.head_at.next = bit_cast::<GB, 7>(self.head_g.val());
        self.done_at.next = bit_cast::<GB, 7>(self.done_g.val());
        self.h2c_taken_at.next = bit_cast::<GB, 6>(self.h2c_taken_q.val());
        self.c2h_taken_at.next = bit_cast::<GB, 6>(self.c2h_taken_q.val());
        self.size.wen.next = self.cfgw_valid.val() & (self.cfgw_index.val() == self.ring_size.val());
        self.size.waddr.next = bit_cast::<GB, 7>(self.cfgw_g.val());
        self.size.wdata.next = bit_cast::<5, 32>(self.cfgw_data.val() >> self.size_lsb.val());
        self.size.raddr.next = self.gb.val();
        self.mode.wen.next = self.cfgw_valid.val() & (self.cfgw_index.val() == self.mode_word.val());
        self.mode.waddr.next = bit_cast::<GB, 7>(self.cfgw_g.val());
        self.mode.wdata.next = bit_cast::<2, 32>(self.cfgw_data.val() >> self.mode_lsb.val());
        self.mode.raddr.next = self.gb.val();
        self.head.wen.next = self.head_valid.val();
        self.head.waddr.next = self.head_at.val();
        self.head.wdata.next = bit_cast::<17, 32>(self.head_value.val());
        self.head.raddr.next = self.gb.val();
        self.h2c_taken.wen.next = self.h2c_taken_valid.val();
        self.h2c_taken.waddr.next = self.h2c_taken_at.val();
        self.h2c_taken.wdata.next = bit_cast::<6, 32>(self.h2c_taken_value.val());
        self.h2c_taken.raddr.next = self.at_q.val();
        self.c2h_taken.wen.next = self.c2h_taken_valid.val();
        self.c2h_taken.waddr.next = self.c2h_taken_at.val();
        self.c2h_taken.wdata.next = bit_cast::<6, 32>(self.c2h_taken_value.val());
        self.c2h_taken.raddr.next = self.at_q.val();
        self.done.wen.next = self.done_valid.val();
        self.done.waddr.next = self.done_at.val();
        self.done.wdata.next = bit_cast::<17, 32>(self.done_value.val());
        self.done.raddr.next = self.gb.val();
        // Size and mode change only while the queue is idle, and then no doorbell needs them.
        self.collides.next = false;
        if self.done_valid.val() & (self.done_at.val() == self.gb.val()) {
            self.collides.next = true;
        }
        if self.head_valid.val() & (self.head_at.val() == self.gb.val()) {
            self.collides.next = true;
        }
        if self.h2c_taken_valid.val() & (self.h2c_taken_at.val() == self.at_q.val()) & !self.c2h.val() {
            self.collides.next = true;
        }
        if self.c2h_taken_valid.val() & (self.c2h_taken_at.val() == self.at_q.val()) & self.c2h.val() {
            self.collides.next = true;
        }
        self.held.raddr.next = bit_cast::<GB1, GB>(self.gb.val()) << 1;
        self.held.waddr.next = bit_cast::<GB1, GB>(self.gb.val()) << 1;
        if self.upper.val() {
            self.held.raddr.next = (bit_cast::<GB1, GB>(self.gb.val()) << 1) | self.upper_place.val();
            self.held.waddr.next = (bit_cast::<GB1, GB>(self.gb.val()) << 1) | self.upper_place.val();
        }
        self.held.wdata.next = self.index.val();
        self.held.wen.next = false;

        // Measure.
        self.is_push.next = self.mode.rdata.val().get_bit(1) & !self.upper.val();
        self.base.next = self.head.rdata.val();
        self.limit.d.next = self.one.val() << self.size.rdata.val();
        if self.upper.val() {
            self.base.next = self.done.rdata.val();
            self.limit.d.next = 0.into();
        } else if self.is_push.val() {
            self.limit.d.next = self.slots.val();
            self.base.next = bit_cast::<17, 6>(self.h2c_taken.rdata.val());
            if self.c2h.val() {
                self.base.next = bit_cast::<17, 6>(self.c2h_taken.rdata.val());
            }
        }
        self.old.next = bit_cast::<17, 32>(self.held.rdata.val());
        self.step.d.next = self.index.val() - self.held.rdata.val();
        self.gap.d.next = self.base.val() - self.old.val();
        self.push.d.next = self.is_push.val();
        self.allowed.d.next =
            self.run.val().get_bit(self.gb.val().index()) & !self.mode.rdata.val().get_bit(0);
        if self.upper.val() {
            self.allowed.d.next = !self.idle.val().get_bit(self.gb.val().index());
        }

        // Add.
        self.sum.next = self.gap.q.val() + self.limit.q.val();
        self.room.d.next = self.sum.val();
        if self.push.q.val() {
            self.room.d.next = self.sum.val() & self.slot_bits.val();
        }

        // Judge.
        self.near.next = bit_cast::<17, 32>(self.step.q.val());
        self.far.next = self.step.q.val().get_bits::<15>(17);
        if self.upper.val() {
            // A difference of consumer indices has 31 bits.
            self.far.next = bit_cast::<15, 14>(self.step.q.val().get_bits::<14>(17));
        }
        self.holds.next =
            self.allowed.q.val() & !self.far.val().any() & (self.near.val() <= self.room.q.val());

        self.db_w_ready.next = false;
        self.out_prod.d.next = false;
        self.out_cons.d.next = false;
        self.out_init.d.next = false;
        self.out_g.d.next = self.g.val();
        self.out_data.d.next = self.t_w_data.val();
        self.missed.d.next = false;
        self.refused.d.next = false;
        if !self.init_valid.val() {
            self.answered.d.next = false;
        }
        match self.state.q.val() {
            DoorbellState::Idle => {
                if self.init_valid.val() & !self.answered.q.val() {
                    self.held.waddr.next = bit_cast::<GB1, GB>(bit_cast::<GB, 7>(self.init_g.val())) << 1;
                    self.held.wdata.next = 0.into();
                    self.held.wen.next = true;
                    self.out_prod.d.next = true;
                    self.out_g.d.next = self.init_g.val();
                    self.out_data.d.next = 0.into();
                    self.state.d.next = DoorbellState::Clear;
                } else if self.db_w_valid.val() & !self.collides.val() {
                    self.state.d.next = DoorbellState::Measure;
                }
            }
            DoorbellState::Clear => {
                self.held.waddr.next =
                    (bit_cast::<GB1, GB>(bit_cast::<GB, 7>(self.init_g.val())) << 1) | self.upper_place.val();
                self.held.wdata.next = 0.into();
                self.held.wen.next = true;
                self.out_cons.d.next = true;
                self.out_init.d.next = true;
                self.out_g.d.next = self.init_g.val();
                self.out_data.d.next = 0.into();
                self.answered.d.next = true;
                self.state.d.next = DoorbellState::Idle;
            }
            DoorbellState::Measure => {
                self.state.d.next = DoorbellState::Add;
            }
            DoorbellState::Add => {
                self.state.d.next = DoorbellState::Judge;
            }
            DoorbellState::Judge => {
                self.db_w_ready.next = true;
                self.state.d.next = DoorbellState::Idle;
                if self.hole.val() {
                    self.missed.d.next = true;
                } else if self.t_w_be.val() == 0xF {
                    self.held.wen.next = self.holds.val();
                    self.out_prod.d.next = self.holds.val() & !self.upper.val();
                    self.out_cons.d.next = self.holds.val() & self.upper.val();
                    self.refused.d.next = !self.holds.val();
                } else {
                    self.refused.d.next = self.t_w_be.val() != 0;
                }
            }
        }
        self.prod_valid.next = self.out_prod.q.val();
        self.prod_g.next = self.out_g.q.val();
        self.prod_value.next = self.out_data.q.val();
        self.cons_valid.next = self.out_cons.q.val();
        self.cons_g.next = self.out_g.q.val();
        self.cons_value.next = bit_cast::<31, 32>(self.out_data.q.val());
        self.cons_arm.next = (self.out_data.q.val() & self.arm_bit.val()) != 0;
        self.init_done.next = self.out_init.q.val();
        self.db_unmapped_wr.next = self.missed.q.val();
        self.invalid_doorbell.next = self.refused.q.val() | self.feed_invalid.val();
    }
}
