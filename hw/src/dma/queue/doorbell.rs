//! The doorbell page of BAR0.

use ferrolane_abi::map;
use ferrolane_abi::regs::queue as abi;
use rust_hdl::prelude::*;

use crate::hw;
use crate::prim::{Bram, Dffr, Reg};
use crate::stream::Mirror;

#[derive(Copy, Clone, Debug, PartialEq, LogicState)]
pub enum DoorbellState {
    Idle,
    Look,
    Measure,
    Judge,
}

hw! {
    /// Judges doorbells and broadcasts the ones that hold.
    ///
    /// ```text
    ///  write ─► Look ─► Measure ─► Judge ─┬─► prod / cons bus
    ///           copies  differences       └─► invalid_doorbell
    /// ```
    /// With all differences modulo the index width, and copies taken in Look:
    /// - a producer index holds if new − old ≤ size − (old − head): not backwards, and at most a ring ahead of the head;
    /// - a consumer index holds if new − old ≤ done − old: not backwards, and not ahead of the records written.
    ///
    /// Head and done only grow, so a copy that is behind can only refuse. It never refuses a host that keeps the rules: a
    /// host knows of room in the ring, or of a record, from a record in its memory. Record has to broadcast done no later
    /// than it offers the record's TLP; head is ahead of done.
    ///
    /// A producer index needs RUN, a consumer index (and ARM) only a queue that is not idle, since a host takes records
    /// during the drain as well. A halted queue judges like any other: a host that has not yet seen the halt does nothing
    /// wrong, and an ARM that was dropped would leave it asleep in front of the record that tells of the error.
    ///
    /// Only whole DWORDs count; other byte enables are invalid, and none at all is no write. `db_w_ready` comes when the
    /// write has had its effect.
    pub struct Doorbell<const NQ: usize, const GN: usize, const GB: usize> {
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
        /// Pulse: a doorbell was refused.
        pub invalid_doorbell: Signal<Out, Bit> = Default::default(),
        pub run: Signal<In, Bits<GN>> = Default::default(),
        pub idle: Signal<In, Bits<GN>> = Default::default(),
        pub cfgw_valid: Signal<In, Bit> = Default::default(),
        pub cfgw_g: Signal<In, Bits<7>> = Default::default(),
        pub cfgw_index: Signal<In, Bits<6>> = Default::default(),
        pub cfgw_data: Signal<In, Bits<32>> = Default::default(),
        pub head_valid: Signal<In, Bit> = Default::default(),
        pub head_g: Signal<In, Bits<7>> = Default::default(),
        pub head_value: Signal<In, Bits<32>> = Default::default(),
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
        size: Mirror<5, GB> = Default::default(),
        head: Mirror<32, GB> = Default::default(),
        done: Mirror<31, GB> = Default::default(),
        prod: Bram<Bits<32>, GB> = Default::default(),
        cons: Bram<Bits<31>, GB> = Default::default(),
        prod_step: Reg<Bits<32>> = Default::default(),
        prod_used: Reg<Bits<32>> = Default::default(),
        prod_size: Reg<Bits<32>> = Default::default(),
        cons_step: Reg<Bits<31>> = Default::default(),
        cons_room: Reg<Bits<31>> = Default::default(),
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
        hole: Signal<Local, Bit> = Default::default(),
        upper: Signal<Local, Bit> = Default::default(),
        consumer: Signal<Local, Bits<31>> = Default::default(),
        prod_room: Signal<Local, Bits<32>> = Default::default(),
        prod_holds: Signal<Local, Bit> = Default::default(),
        cons_holds: Signal<Local, Bit> = Default::default(),

        queues: Constant<Bits<7>> = Constant::new((NQ as u64).into()),
        arm_bit: Constant<Bits<32>> = Constant::new((1_u64 << ferrolane_abi::doorbell::ARM_BIT).into()),
        one: Constant<Bits<32>> = Constant::new(1_u64.into()),
        ring_size: Constant<Bits<6>> = Constant::new((abi::RING_SIZE.offset as u64 / 4).into()),
        size_lsb: Constant<Bits<5>> =
            Constant::new((abi::RING_SIZE.field("DESCRIPTORS").expect("a field").lsb as u64).into()),
        queue_lsb: Constant<Bits<5>> = Constant::new((map::DOORBELL_STRIDE.trailing_zeros() as u64).into()),
        direction: Constant<Bits<19>> = Constant::new((map::DOORBELL_STRIDE * map::MAX_QUEUES as u64).into()),
        // Address bits that must be 0 for a doorbell to be there: beyond the last queue.
        outside: Constant<Bits<19>> = Constant::new(
            (map::PAGE_BYTES - 2 * map::DOORBELL_STRIDE * map::MAX_QUEUES as u64).into()
        ),
    }
}

impl<const NQ: usize, const GN: usize, const GB: usize> Logic for Doorbell<NQ, GN, GB> {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, state, prod_step, prod_used, prod_size, cons_step, cons_room);
        dff_setup!(self, clock, answered, out_prod, out_cons, out_init, out_g, out_data, missed, refused);
        clock!(self, clock, size, head, done, prod, cons);
        self.state.rst.next = self.rst.val();
        self.answered.rst.next = self.rst.val();
        self.out_prod.rst.next = self.rst.val();
        self.out_cons.rst.next = self.rst.val();
        self.out_init.rst.next = self.rst.val();
        self.missed.rst.next = self.rst.val();
        self.refused.rst.next = self.rst.val();

        self.q.next = bit_cast::<7, 19>(self.t_w_addr.val() >> self.queue_lsb.val()) & 0x3F;
        self.g.next = self.q.val();
        if (self.t_w_addr.val() & self.direction.val()) != 0 {
            self.g.next = self.q.val() + self.queues.val();
        }
        self.gb.next = bit_cast::<GB, 7>(self.g.val());
        self.hole.next =
            ((self.t_w_addr.val() & self.outside.val()) != 0) | (self.q.val() >= self.queues.val());
        self.upper.next = self.t_w_addr.val().get_bit(2);
        self.consumer.next = bit_cast::<31, 32>(self.t_w_data.val());

        self.size.wen.next = self.cfgw_valid.val() & (self.cfgw_index.val() == self.ring_size.val());
        self.size.waddr.next = bit_cast::<GB, 7>(self.cfgw_g.val());
        self.size.wdata.next = bit_cast::<5, 32>(self.cfgw_data.val() >> self.size_lsb.val());
        self.size.raddr.next = self.gb.val();
        self.head.wen.next = self.head_valid.val();
        self.head.waddr.next = bit_cast::<GB, 7>(self.head_g.val());
        self.head.wdata.next = self.head_value.val();
        self.head.raddr.next = self.gb.val();
        self.done.wen.next = self.done_valid.val();
        self.done.waddr.next = bit_cast::<GB, 7>(self.done_g.val());
        self.done.wdata.next = bit_cast::<31, 32>(self.done_value.val());
        self.done.raddr.next = self.gb.val();
        self.prod.raddr.next = self.gb.val();
        self.prod.waddr.next = self.gb.val();
        self.prod.wdata.next = self.t_w_data.val();
        self.prod.wen.next = false;
        self.cons.raddr.next = self.gb.val();
        self.cons.waddr.next = self.gb.val();
        self.cons.wdata.next = self.consumer.val();
        self.cons.wen.next = false;

        self.prod_step.d.next = self.t_w_data.val() - self.prod.rdata.val();
        self.prod_used.d.next = self.prod.rdata.val() - self.head.rdata.val();
        self.prod_size.d.next = self.one.val() << self.size.rdata.val();
        self.cons_step.d.next = self.consumer.val() - self.cons.rdata.val();
        self.cons_room.d.next = self.done.rdata.val() - self.cons.rdata.val();
        self.prod_room.next = self.prod_size.q.val() - self.prod_used.q.val();
        self.prod_holds.next =
            (self.prod_step.q.val() <= self.prod_room.val()) & self.run.val().get_bit(self.gb.val().index());
        self.cons_holds.next = (self.cons_step.q.val() <= self.cons_room.q.val())
            & !self.idle.val().get_bit(self.gb.val().index());

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
                    self.prod.waddr.next = bit_cast::<GB, 7>(self.init_g.val());
                    self.prod.wdata.next = 0.into();
                    self.prod.wen.next = true;
                    self.cons.waddr.next = bit_cast::<GB, 7>(self.init_g.val());
                    self.cons.wdata.next = 0.into();
                    self.cons.wen.next = true;
                    self.out_prod.d.next = true;
                    self.out_cons.d.next = true;
                    self.out_init.d.next = true;
                    self.out_g.d.next = self.init_g.val();
                    self.out_data.d.next = 0.into();
                    self.answered.d.next = true;
                } else if self.db_w_valid.val() {
                    self.state.d.next = DoorbellState::Look;
                }
            }
            DoorbellState::Look => {
                self.state.d.next = DoorbellState::Measure;
            }
            DoorbellState::Measure => {
                self.state.d.next = DoorbellState::Judge;
            }
            DoorbellState::Judge => {
                self.db_w_ready.next = true;
                self.state.d.next = DoorbellState::Idle;
                if self.hole.val() {
                    self.missed.d.next = true;
                } else if self.t_w_be.val() == 0xF {
                    if self.upper.val() {
                        self.cons.wen.next = self.cons_holds.val();
                        self.out_cons.d.next = self.cons_holds.val();
                        self.refused.d.next = !self.cons_holds.val();
                    } else {
                        self.prod.wen.next = self.prod_holds.val();
                        self.out_prod.d.next = self.prod_holds.val();
                        self.refused.d.next = !self.prod_holds.val();
                    }
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
        self.invalid_doorbell.next = self.refused.q.val();
    }
}
