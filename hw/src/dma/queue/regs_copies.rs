//! Registers of the queues that hardware drives.

use ferrolane_abi::regs::queue as abi;
use rust_hdl::prelude::*;

use super::regs_table::{field, mask, word_of};
use crate::hw;
use crate::prim::{Bram, Reg};

/// Registers that hardware drives.
const LIVE: usize = 12;

/// In the order of the values in `update`.
fn live_word(index: usize) -> Constant<Bits<5>> {
    let registers: [_; LIVE] = [
        &abi::CTRL,
        &abi::STATUS,
        &abi::PRODUCER,
        &abi::HEAD,
        &abi::COMPLETED,
        &abi::CONSUMER,
        &abi::GENERATION,
        &abi::RESULT_BYTES,
        &abi::RESULT_META,
        &abi::FINISHED,
        &abi::FIFO_LEVEL,
        &abi::FIFO_PEAK,
    ];
    word_of(registers[index])
}

hw! {
    /// Copies of what the buses tell, and the register among them that a read means.
    ///
    /// ```text
    ///  prod, head, done, cons, finished, start, err ─► memories ─┬─ OR ─► value
    ///  run, idle, halted ────────────────────────────────────────┘
    /// ```
    /// `value` is the answer for `word` of the clock before, 0 where the word is none of these registers; `q`, `g` and `c2h`
    /// must not change meanwhile.
    ///
    /// With `collides` the copy is being written in this clock, and must be read again in the next. That ends: no bus
    /// tells of one queue in every clock for longer than that queue's store lasts.
    pub struct RegsCopies<const NQ: usize, const QB: usize, const GN: usize, const GB: usize> {
        pub clock: Signal<In, Clock> = Default::default(),
        pub word: Signal<In, Bits<5>> = Default::default(),
        pub q: Signal<In, Bits<7>> = Default::default(),
        pub g: Signal<In, Bits<7>> = Default::default(),
        pub c2h: Signal<In, Bit> = Default::default(),
        /// Of queue `q` of the clock before, from the FIFOs of both directions.
        pub h2c_level: Signal<In, Bits<32>> = Default::default(),
        pub h2c_peak: Signal<In, Bits<32>> = Default::default(),
        pub c2h_level: Signal<In, Bits<32>> = Default::default(),
        pub c2h_peak: Signal<In, Bits<32>> = Default::default(),
        pub value: Signal<Out, Bits<32>> = Default::default(),
        pub collides: Signal<Out, Bit> = Default::default(),
        pub run: Signal<In, Bits<GN>> = Default::default(),
        pub idle: Signal<In, Bits<GN>> = Default::default(),
        pub halted: Signal<In, Bits<GN>> = Default::default(),
        pub h2c_err_valid: Signal<In, Bit> = Default::default(),
        pub h2c_err_q: Signal<In, Bits<6>> = Default::default(),
        pub h2c_err_code: Signal<In, Bits<8>> = Default::default(),
        pub c2h_err_valid: Signal<In, Bit> = Default::default(),
        pub c2h_err_q: Signal<In, Bits<6>> = Default::default(),
        pub c2h_err_code: Signal<In, Bits<8>> = Default::default(),
        pub prod_valid: Signal<In, Bit> = Default::default(),
        pub prod_g: Signal<In, Bits<7>> = Default::default(),
        pub prod_value: Signal<In, Bits<32>> = Default::default(),
        pub cons_valid: Signal<In, Bit> = Default::default(),
        pub cons_g: Signal<In, Bits<7>> = Default::default(),
        pub cons_value: Signal<In, Bits<31>> = Default::default(),
        pub head_valid: Signal<In, Bit> = Default::default(),
        pub head_g: Signal<In, Bits<7>> = Default::default(),
        pub head_value: Signal<In, Bits<32>> = Default::default(),
        pub done_valid: Signal<In, Bit> = Default::default(),
        pub done_g: Signal<In, Bits<7>> = Default::default(),
        pub done_value: Signal<In, Bits<32>> = Default::default(),
        pub finished_valid: Signal<In, Bit> = Default::default(),
        pub finished_g: Signal<In, Bits<7>> = Default::default(),
        pub finished_value: Signal<In, Bits<32>> = Default::default(),
        pub finished_bytes: Signal<In, Bits<24>> = Default::default(),
        pub finished_meta: Signal<In, Bits<32>> = Default::default(),
        pub start_valid: Signal<In, Bit> = Default::default(),
        pub start_g: Signal<In, Bits<7>> = Default::default(),
        pub start_generation: Signal<In, Bits<8>> = Default::default(),

        prod: Bram<Bits<32>, GB> = Default::default(),
        cons: Bram<Bits<31>, GB> = Default::default(),
        head: Bram<Bits<32>, GB> = Default::default(),
        done: Bram<Bits<32>, GB> = Default::default(),
        finished: Bram<Bits<32>, GB> = Default::default(),
        bytes: Bram<Bits<24>, GB> = Default::default(),
        meta: Bram<Bits<32>, GB> = Default::default(),
        generation: Bram<Bits<8>, GB> = Default::default(),
        h2c_code: Bram<Bits<8>, QB> = Default::default(),
        c2h_code: Bram<Bits<8>, QB> = Default::default(),

        gb: Signal<Local, Bits<GB>> = Default::default(),
        qb: Signal<Local, Bits<QB>> = Default::default(),
        // Of each live register: its value, whether it is the one that is read, whether its copy is being written.
        live: [Signal<Local, Bits<32>>; LIVE] = array_init::array_init(|_| Default::default()),
        is_live: [Reg<Bit>; LIVE] = array_init::array_init(|_| Default::default()),
        touched: [Signal<Local, Bit>; LIVE] = array_init::array_init(|_| Default::default()),
        status_now: Signal<Local, Bits<32>> = Default::default(),
        code: Signal<Local, Bits<32>> = Default::default(),
        prod_at: Signal<Local, Bits<GB>> = Default::default(),
        cons_at: Signal<Local, Bits<GB>> = Default::default(),
        head_at: Signal<Local, Bits<GB>> = Default::default(),
        done_at: Signal<Local, Bits<GB>> = Default::default(),
        finished_at: Signal<Local, Bits<GB>> = Default::default(),
        start_at: Signal<Local, Bits<GB>> = Default::default(),
        h2c_err_at: Signal<Local, Bits<GB>> = Default::default(),
        c2h_err_g: Signal<Local, Bits<7>> = Default::default(),
        c2h_err_at: Signal<Local, Bits<GB>> = Default::default(),
        queues: Constant<Bits<7>> = Constant::new((NQ as u64).into()),
        live_at: [Constant<Bits<5>>; LIVE] = array_init::array_init(live_word),
        run_bit: Constant<Bits<32>> = mask(&abi::CTRL, "RUN"),
        idle_bit: Constant<Bits<32>> = mask(&abi::STATUS, "IDLE"),
        error_bit: Constant<Bits<32>> = mask(&abi::STATUS, "ERROR"),
        code_lsb: Constant<Bits<5>> = Constant::new((field(&abi::STATUS, "CODE").lsb as u64).into()),
    }
}

impl<const NQ: usize, const QB: usize, const GN: usize, const GB: usize> Logic
    for RegsCopies<NQ, QB, GN, GB>
{
    #[hdl_gen]
    fn update(&mut self) {
        clock!(self, clock, prod, cons, head, done, finished, bytes, meta, generation, h2c_code, c2h_code);
        self.gb.next = bit_cast::<GB, 7>(self.g.val());
        self.qb.next = bit_cast::<QB, 7>(self.q.val());

        // The copies.
        self.prod_at.next = bit_cast::<GB, 7>(self.prod_g.val());
        self.cons_at.next = bit_cast::<GB, 7>(self.cons_g.val());
        self.head_at.next = bit_cast::<GB, 7>(self.head_g.val());
        self.done_at.next = bit_cast::<GB, 7>(self.done_g.val());
        self.finished_at.next = bit_cast::<GB, 7>(self.finished_g.val());
        self.start_at.next = bit_cast::<GB, 7>(self.start_g.val());
        self.prod.wen.next = self.prod_valid.val();
        self.prod.waddr.next = self.prod_at.val();
        self.prod.wdata.next = self.prod_value.val();
        self.prod.raddr.next = self.gb.val();
        self.cons.wen.next = self.cons_valid.val();
        self.cons.waddr.next = self.cons_at.val();
        self.cons.wdata.next = self.cons_value.val();
        self.cons.raddr.next = self.gb.val();
        self.head.wen.next = self.head_valid.val();
        self.head.waddr.next = self.head_at.val();
        self.head.wdata.next = self.head_value.val();
        self.head.raddr.next = self.gb.val();
        self.done.wen.next = self.done_valid.val();
        self.done.waddr.next = self.done_at.val();
        self.done.wdata.next = self.done_value.val();
        self.done.raddr.next = self.gb.val();
        self.finished.wen.next = self.finished_valid.val();
        self.finished.waddr.next = self.finished_at.val();
        self.finished.wdata.next = self.finished_value.val();
        self.finished.raddr.next = self.gb.val();
        self.bytes.wen.next = self.finished_valid.val();
        self.bytes.waddr.next = self.finished_at.val();
        self.bytes.wdata.next = self.finished_bytes.val();
        self.bytes.raddr.next = self.gb.val();
        self.meta.wen.next = self.finished_valid.val();
        self.meta.waddr.next = self.finished_at.val();
        self.meta.wdata.next = self.finished_meta.val();
        self.meta.raddr.next = self.gb.val();
        self.generation.wen.next = self.start_valid.val();
        self.generation.waddr.next = self.start_at.val();
        self.generation.wdata.next = self.start_generation.val();
        self.generation.raddr.next = self.gb.val();
        // The code that counts is the one that halted the queue: the first.
        self.h2c_err_at.next = bit_cast::<GB, 6>(self.h2c_err_q.val());
        self.h2c_code.wen.next =
            self.h2c_err_valid.val() & !self.halted.val().get_bit(self.h2c_err_at.val().index());
        self.h2c_code.waddr.next = bit_cast::<QB, 6>(self.h2c_err_q.val());
        self.h2c_code.wdata.next = self.h2c_err_code.val();
        self.h2c_code.raddr.next = self.qb.val();
        self.c2h_err_g.next = bit_cast::<7, 6>(self.c2h_err_q.val()) + self.queues.val();
        self.c2h_err_at.next = bit_cast::<GB, 7>(self.c2h_err_g.val());
        self.c2h_code.wen.next =
            self.c2h_err_valid.val() & !self.halted.val().get_bit(self.c2h_err_at.val().index());
        self.c2h_code.waddr.next = bit_cast::<QB, 6>(self.c2h_err_q.val());
        self.c2h_code.wdata.next = self.c2h_err_code.val();
        self.c2h_code.raddr.next = self.qb.val();

        // What a read gives.
        self.code.next = bit_cast::<32, 8>(self.h2c_code.rdata.val());
        if self.c2h.val() {
            self.code.next = bit_cast::<32, 8>(self.c2h_code.rdata.val());
        }
        self.status_now.next = 0.into();
        if self.halted.val().get_bit(self.gb.val().index()) {
            self.status_now.next = (self.code.val() << self.code_lsb.val()) | self.error_bit.val();
        }
        if self.idle.val().get_bit(self.gb.val().index()) {
            self.status_now.next = self.status_now.val() | self.idle_bit.val();
        }
        self.live[0].next = 0.into();
        if self.run.val().get_bit(self.gb.val().index()) {
            self.live[0].next = self.run_bit.val();
        }
        self.live[1].next = self.status_now.val();
        self.live[2].next = self.prod.rdata.val();
        self.live[3].next = self.head.rdata.val();
        self.live[4].next = self.done.rdata.val();
        self.live[5].next = bit_cast::<32, 31>(self.cons.rdata.val());
        self.live[6].next = bit_cast::<32, 8>(self.generation.rdata.val());
        self.live[7].next = bit_cast::<32, 24>(self.bytes.rdata.val());
        self.live[8].next = self.meta.rdata.val();
        self.live[9].next = self.finished.rdata.val();
        self.live[10].next = self.h2c_level.val();
        self.live[11].next = self.h2c_peak.val();
        if self.c2h.val() {
            self.live[10].next = self.c2h_level.val();
            self.live[11].next = self.c2h_peak.val();
        }
        self.touched[0].next = false;
        self.touched[1].next = (self.h2c_err_valid.val() & (self.h2c_err_at.val() == self.gb.val()))
            | (self.c2h_err_valid.val() & (self.c2h_err_at.val() == self.gb.val()));
        self.touched[2].next = self.prod_valid.val() & (self.prod_at.val() == self.gb.val());
        self.touched[3].next = self.head_valid.val() & (self.head_at.val() == self.gb.val());
        self.touched[4].next = self.done_valid.val() & (self.done_at.val() == self.gb.val());
        self.touched[5].next = self.cons_valid.val() & (self.cons_at.val() == self.gb.val());
        self.touched[6].next = self.start_valid.val() & (self.start_at.val() == self.gb.val());
        self.touched[7].next = self.finished_valid.val() & (self.finished_at.val() == self.gb.val());
        self.touched[8].next = self.touched[7].val();
        self.touched[9].next = self.touched[7].val();
        // Those memories show what is written in the clock of the read.
        self.touched[10].next = false;
        self.touched[11].next = false;
        self.value.next = 0.into();
        self.collides.next = false;
        for i in 0..LIVE {
            self.is_live[i].clock.next = self.clock.val();
            self.is_live[i].d.next = self.word.val() == self.live_at[i].val();
            if self.is_live[i].q.val() {
                self.value.next = self.value.val() | self.live[i].val();
            }
            if self.touched[i].val() & (self.word.val() == self.live_at[i].val()) {
                self.collides.next = true;
            }
        }
    }
}
