//! Which queues are to be flushed.

use ferrolane_abi::regs;
use rust_hdl::prelude::*;

use crate::hw;
use crate::prim::{Bram, Dffr, Reg};
use crate::stream::Mirror;

hw! {
    /// Goes round the queues and finds those for which nothing has come from the card for FLUSH_TIME.
    ///
    /// ```text
    ///  fill ─► time of the last row ─┐
    ///  queue (one per clock) ────────┴─► how long ago ─► FLUSH_TIME or more ─► late ─┐
    ///  command ──────────────────────────────────────────────────────────► asked ────┴─► due
    /// ```
    /// `late` tells of the time alone: it falls with the next row, and where nothing waits it means nothing. A command
    /// stays until plan has done it or found nothing to do. `wake` tells of a queue that has become due, so that plan looks at it.
    ///
    /// A round takes 2^`QB` clocks, so a flush comes up to so many clocks, and one unit of 16, later than FLUSH_TIME
    /// says. Times are kept in 17 bits, more than the longest FLUSH_TIME and a round; a queue that rests for longer is for some
    /// time not late, then late again.
    pub struct Flush<const NQ: usize, const QB: usize> {
        pub clock: Signal<In, Clock> = Default::default(),
        pub rst: Signal<In, Bit> = Default::default(),
        pub cfgw_valid: Signal<In, Bit> = Default::default(),
        pub cfgw_g: Signal<In, Bits<7>> = Default::default(),
        pub cfgw_index: Signal<In, Bits<6>> = Default::default(),
        pub cfgw_data: Signal<In, Bits<32>> = Default::default(),
        pub fill_valid: Signal<In, Bit> = Default::default(),
        pub fill_q: Signal<In, Bits<6>> = Default::default(),
        /// The host's command for queue `flush_g`; that of an H2C queue means nothing.
        pub flush_valid: Signal<In, Bit> = Default::default(),
        pub flush_g: Signal<In, Bits<7>> = Default::default(),
        /// Queue `done_q` has done what was asked for, or is being cleared.
        pub done_valid: Signal<In, Bit> = Default::default(),
        pub done_q: Signal<In, Bits<6>> = Default::default(),
        /// Queue `q` is due; one clock behind `q`.
        pub q: Signal<In, Bits<6>> = Default::default(),
        pub due: Signal<Out, Bit> = Default::default(),
        /// Pulse: look at queue `wake_q`.
        pub wake_valid: Signal<Out, Bit> = Default::default(),
        pub wake_q: Signal<Out, Bits<6>> = Default::default(),

        stamps: Mirror<17, QB> = Default::default(),
        times: Bram<Bits<16>, QB> = Default::default(),
        // Time in clocks: bits 20:4 are the units.
        now: Dffr<Bits<21>> = Default::default(),
        scan: Dffr<Bits<QB>> = Default::default(),
        // A queue on its way: what is read, what is compared.
        read_q: Dffr<Bits<QB>> = Default::default(),
        judged: Dffr<Bit> = Default::default(),
        judged_q: Dffr<Bits<QB>> = Default::default(),
        age: Reg<Bits<17>> = Default::default(),
        limit: Reg<Bits<17>> = Default::default(),
        late: Dffr<Bits<NQ>> = Default::default(),
        asked: Dffr<Bits<NQ>> = Default::default(),
        // A command waits some clocks, until plan has heard of the rows that were there before it.
        command: [Dffr<Bit>; DELAY] = array_init::array_init(|_| Default::default()),
        command_q: [Reg<Bits<6>>; DELAY] = array_init::array_init(|_| Default::default()),
        woken: Dffr<Bit> = Default::default(),
        woken_q: Reg<Bits<6>> = Default::default(),
        due_out: Dffr<Bit> = Default::default(),

        units: Signal<Local, Bits<17>> = Default::default(),
        cfgw_q: Signal<Local, Bits<7>> = Default::default(),
        flush_q: Signal<Local, Bits<7>> = Default::default(),
        fill_at: Signal<Local, Bits<QB>> = Default::default(),
        fill_bit: Signal<Local, Bits<NQ>> = Default::default(),
        judged_bit: Signal<Local, Bits<NQ>> = Default::default(),
        command_bit: Signal<Local, Bits<NQ>> = Default::default(),
        done_bit: Signal<Local, Bits<NQ>> = Default::default(),
        keep: Signal<Local, Bits<NQ>> = Default::default(),
        is_late: Signal<Local, Bit> = Default::default(),
        of_q: Signal<Local, Bits<NQ>> = Default::default(),
        queues: Constant<Bits<7>> = Constant::new((NQ as u64).into()),
        one: Constant<Bits<NQ>> = Constant::new(1_u64.into()),
        one_queue: Constant<Bits<QB>> = Constant::new(1_u64.into()),
        flush_time: Constant<Bits<6>> = Constant::new((regs::queue::FLUSH_TIME.offset as u64 / 4).into()),
    }
}

const DELAY: usize = 4;

impl<const NQ: usize, const QB: usize> Logic for Flush<NQ, QB> {
    #[hdl_gen]
    fn update(&mut self) {
        clock!(self, clock, stamps, times);
        dff_setup!(self, clock, now, scan, read_q, judged, judged_q, age, limit, late, asked);
        dff_setup!(self, clock, woken, woken_q, due_out);
        self.now.rst.next = self.rst.val();
        self.scan.rst.next = self.rst.val();
        self.read_q.rst.next = self.rst.val();
        self.judged.rst.next = self.rst.val();
        self.judged_q.rst.next = self.rst.val();
        self.late.rst.next = self.rst.val();
        self.asked.rst.next = self.rst.val();
        self.woken.rst.next = self.rst.val();
        self.due_out.rst.next = self.rst.val();

        self.now.d.next = self.now.q.val() + 1;
        self.units.next = self.now.q.val().get_bits::<17>(4);
        self.fill_at.next = bit_cast::<QB, 6>(self.fill_q.val());
        self.stamps.waddr.next = self.fill_at.val();
        self.stamps.wdata.next = self.units.val();
        self.stamps.wen.next = self.fill_valid.val();
        self.cfgw_q.next = self.cfgw_g.val() - self.queues.val();
        self.times.waddr.next = bit_cast::<QB, 7>(self.cfgw_q.val());
        self.times.wdata.next = bit_cast::<16, 32>(self.cfgw_data.val());
        self.times.wen.next = self.cfgw_valid.val()
            & (self.cfgw_g.val() >= self.queues.val())
            & (self.cfgw_index.val() == self.flush_time.val());

        // One queue per clock. A row that comes meanwhile makes the stamp that was read an old one.
        self.scan.d.next = self.scan.q.val() + self.one_queue.val();
        self.stamps.raddr.next = self.scan.q.val();
        self.times.raddr.next = self.scan.q.val();
        self.read_q.d.next = self.scan.q.val();
        self.age.d.next = self.units.val() - self.stamps.rdata.val();
        self.limit.d.next = bit_cast::<17, 16>(self.times.rdata.val());
        self.judged_q.d.next = self.read_q.q.val();
        self.judged.d.next = bit_cast::<7, QB>(self.read_q.q.val()) < self.queues.val();
        if self.fill_valid.val() & (self.fill_at.val() == self.read_q.q.val()) {
            self.judged.d.next = false;
        }
        // The unit in which the row came has begun before it.
        self.is_late.next = self.limit.q.val().any() & (self.age.q.val() > self.limit.q.val());
        self.judged_bit.next = 0.into();
        if self.judged.q.val() {
            self.judged_bit.next = self.one.val() << self.judged_q.q.val();
        }
        self.fill_bit.next = 0.into();
        if self.fill_valid.val() {
            self.fill_bit.next = self.one.val() << self.fill_at.val();
        }
        self.woken.d.next = false;
        self.woken_q.d.next = bit_cast::<6, QB>(self.judged_q.q.val());
        self.keep.next = !self.judged_bit.val();
        self.late.d.next = self.late.q.val() & self.keep.val();
        if self.is_late.val() {
            self.late.d.next = self.late.q.val() | self.judged_bit.val();
            self.woken.d.next = (self.judged_bit.val() & !self.late.q.val()).any();
        }
        self.keep.next = !self.fill_bit.val();
        self.late.d.next = self.late.d.val() & self.keep.val();

        self.flush_q.next = self.flush_g.val() - self.queues.val();
        self.command[0].clock.next = self.clock.val();
        self.command[0].rst.next = self.rst.val();
        self.command[0].d.next = self.flush_valid.val() & (self.flush_g.val() >= self.queues.val());
        self.command_q[0].clock.next = self.clock.val();
        self.command_q[0].d.next = bit_cast::<6, 7>(self.flush_q.val());
        for i in 1..DELAY {
            self.command[i].clock.next = self.clock.val();
            self.command[i].rst.next = self.rst.val();
            self.command[i].d.next = self.command[i - 1].q.val();
            self.command_q[i].clock.next = self.clock.val();
            self.command_q[i].d.next = self.command_q[i - 1].q.val();
        }
        self.command_bit.next = 0.into();
        for i in (DELAY - 1)..DELAY {
            if self.command[i].q.val() {
                self.command_bit.next = self.one.val() << self.command_q[i].q.val();
                self.woken.d.next = true;
                self.woken_q.d.next = self.command_q[i].q.val();
                // What the scan found in this clock it finds again in the next round.
                self.late.d.next = self.late.d.val() & (self.late.q.val() | !self.judged_bit.val());
            }
        }
        self.done_bit.next = 0.into();
        if self.done_valid.val() {
            self.done_bit.next = self.one.val() << self.done_q.val();
        }
        self.keep.next = !self.done_bit.val();
        self.asked.d.next = (self.asked.q.val() & self.keep.val()) | self.command_bit.val();

        self.of_q.next = ((self.late.q.val() | self.asked.q.val()) >> self.q.val()) & self.one.val();
        self.due_out.d.next = self.of_q.val().any();
        self.due.next = self.due_out.q.val();
        self.wake_valid.next = self.woken.q.val();
        self.wake_q.next = self.woken_q.q.val();
    }
}
