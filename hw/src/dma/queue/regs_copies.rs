//! Registers of the queues that hardware drives.

use ferrolane_abi::regs::queue as abi;
use rust_hdl::prelude::*;

use super::regs_table::{field, mask, word_of, WORDS};
use crate::hw;
use crate::prim::{Mirror, Reg};

/// Registers that hardware drives.
const LIVE: usize = 12;
/// A place without a register.
const NONE: usize = 15;

/// Place of each word among the values in `update`, 4 bits per word; `NONE` is 0.
fn places() -> Constant<Bits<{ 4 * WORDS }>> {
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
    let place = |word: usize| registers.iter().position(|r| r.offset as usize == 4 * word).unwrap_or(NONE);
    let words = (0..WORDS).rev().map(|word| Bits::from(place(word) as u64));
    Constant::new(words.fold(Bits::default(), |all, place| (all << 4_u64) | place))
}

hw! {
    /// Copies of what the buses tell, and the register among them that a read means.
    ///
    /// ```text
    ///  prod · cons, head, done, finished, start, err ─► memories ─┬─ select ─► registers ─► value
    ///  run, idle, halted; levels ─────────────────────────────────┘
    /// ```
    /// `value` is the answer for `word` of two clocks before, 0 where the word is none of these registers; `q`, `g` and `c2h`
    /// must not change meanwhile.
    ///
    /// `prod` and `cons` are of one block, which tells of one of them at a time, so they share a memory.
    pub struct RegsCopies<const NQ: usize, const QB: usize, const GN: usize, const GB: usize, const GB1: usize> {
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

        // Of each queue the producer index, then the consumer index.
        indices: Mirror<32, GB1> = Default::default(),
        head: Mirror<32, GB> = Default::default(),
        done: Mirror<32, GB> = Default::default(),
        finished: Mirror<32, GB> = Default::default(),
        bytes: Mirror<24, GB> = Default::default(),
        meta: Mirror<32, GB> = Default::default(),
        generation: Mirror<8, GB> = Default::default(),
        h2c_code: Mirror<8, QB> = Default::default(),
        c2h_code: Mirror<8, QB> = Default::default(),
        place: Reg<Bits<4>> = Default::default(),
        runs: Reg<Bit> = Default::default(),
        rests: Reg<Bit> = Default::default(),
        fails: Reg<Bit> = Default::default(),
        // The value is one of these.
        low: Reg<Bits<32>> = Default::default(),
        high: Reg<Bits<32>> = Default::default(),
        is_high: Reg<Bit> = Default::default(),

        gb: Signal<Local, Bits<GB>> = Default::default(),
        qb: Signal<Local, Bits<QB>> = Default::default(),
        prod_at: Signal<Local, Bits<GB>> = Default::default(),
        cons_at: Signal<Local, Bits<GB>> = Default::default(),
        place_at: Signal<Local, Bits<7>> = Default::default(),
        now: Signal<Local, Bits<4>> = Default::default(),
        // Each value at its place; then those that are left after a bit of the place.
        live: [Signal<Local, Bits<32>>; 16] = array_init::array_init(|_| Default::default()),
        of_8: [Signal<Local, Bits<32>>; 8] = array_init::array_init(|_| Default::default()),
        of_4: [Signal<Local, Bits<32>>; 4] = array_init::array_init(|_| Default::default()),
        status_now: Signal<Local, Bits<32>> = Default::default(),
        code: Signal<Local, Bits<32>> = Default::default(),
        h2c_err_at: Signal<Local, Bits<GB>> = Default::default(),
        c2h_err_g: Signal<Local, Bits<7>> = Default::default(),
        c2h_err_at: Signal<Local, Bits<GB>> = Default::default(),
        queues: Constant<Bits<7>> = Constant::new((NQ as u64).into()),
        places: Constant<Bits<{ 4 * WORDS }>> = places(),
        consumer: Constant<Bits<5>> = word_of(&abi::CONSUMER),
        upper_place: Constant<Bits<GB1>> = Constant::new(1_u64.into()),
        run_bit: Constant<Bits<32>> = mask(&abi::CTRL, "RUN"),
        idle_bit: Constant<Bits<32>> = mask(&abi::STATUS, "IDLE"),
        error_bit: Constant<Bits<32>> = mask(&abi::STATUS, "ERROR"),
        code_lsb: Constant<Bits<5>> = Constant::new((field(&abi::STATUS, "CODE").lsb as u64).into()),
    }
}

impl<const NQ: usize, const QB: usize, const GN: usize, const GB: usize, const GB1: usize> Logic
    for RegsCopies<NQ, QB, GN, GB, GB1>
{
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, place, runs, rests, fails, low, high, is_high);
        clock!(self, clock, indices, head, done, finished, bytes, meta, generation, h2c_code, c2h_code);
        self.gb.next = bit_cast::<GB, 7>(self.g.val());
        self.qb.next = bit_cast::<QB, 7>(self.q.val());

        // The copies.
        self.indices.wen.next = self.prod_valid.val() | self.cons_valid.val();
        self.prod_at.next = bit_cast::<GB, 7>(self.prod_g.val());
        self.cons_at.next = bit_cast::<GB, 7>(self.cons_g.val());
        self.indices.waddr.next = bit_cast::<GB1, GB>(self.prod_at.val()) << 1;
        self.indices.wdata.next = self.prod_value.val();
        if self.cons_valid.val() {
            self.indices.waddr.next = (bit_cast::<GB1, GB>(self.cons_at.val()) << 1) | self.upper_place.val();
            self.indices.wdata.next = bit_cast::<32, 31>(self.cons_value.val());
        }
        self.indices.raddr.next = bit_cast::<GB1, GB>(self.gb.val()) << 1;
        if self.word.val() == self.consumer.val() {
            self.indices.raddr.next = (bit_cast::<GB1, GB>(self.gb.val()) << 1) | self.upper_place.val();
        }
        self.head.wen.next = self.head_valid.val();
        self.head.waddr.next = bit_cast::<GB, 7>(self.head_g.val());
        self.head.wdata.next = self.head_value.val();
        self.head.raddr.next = self.gb.val();
        self.done.wen.next = self.done_valid.val();
        self.done.waddr.next = bit_cast::<GB, 7>(self.done_g.val());
        self.done.wdata.next = self.done_value.val();
        self.done.raddr.next = self.gb.val();
        self.finished.wen.next = self.finished_valid.val();
        self.finished.waddr.next = bit_cast::<GB, 7>(self.finished_g.val());
        self.finished.wdata.next = self.finished_value.val();
        self.finished.raddr.next = self.gb.val();
        self.bytes.wen.next = self.finished_valid.val();
        self.bytes.waddr.next = bit_cast::<GB, 7>(self.finished_g.val());
        self.bytes.wdata.next = self.finished_bytes.val();
        self.bytes.raddr.next = self.gb.val();
        self.meta.wen.next = self.finished_valid.val();
        self.meta.waddr.next = bit_cast::<GB, 7>(self.finished_g.val());
        self.meta.wdata.next = self.finished_meta.val();
        self.meta.raddr.next = self.gb.val();
        self.generation.wen.next = self.start_valid.val();
        self.generation.waddr.next = bit_cast::<GB, 7>(self.start_g.val());
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
        self.place_at.next = bit_cast::<7, 5>(self.word.val()) << 2;
        self.place.d.next = self.places.val().get_bits::<4>(self.place_at.val().index());
        self.runs.d.next = self.run.val().get_bit(self.gb.val().index());
        self.rests.d.next = self.idle.val().get_bit(self.gb.val().index());
        self.fails.d.next = self.halted.val().get_bit(self.gb.val().index());
        self.code.next = bit_cast::<32, 8>(self.h2c_code.rdata.val());
        if self.c2h.val() {
            self.code.next = bit_cast::<32, 8>(self.c2h_code.rdata.val());
        }
        self.status_now.next = 0.into();
        if self.fails.q.val() {
            self.status_now.next = (self.code.val() << self.code_lsb.val()) | self.error_bit.val();
        }
        if self.rests.q.val() {
            self.status_now.next = self.status_now.val() | self.idle_bit.val();
        }
        for i in 0..16 {
            self.live[i].next = 0.into();
        }
        if self.runs.q.val() {
            self.live[0].next = self.run_bit.val();
        }
        self.live[1].next = self.status_now.val();
        self.live[2].next = self.indices.rdata.val();
        self.live[3].next = self.head.rdata.val();
        self.live[4].next = self.done.rdata.val();
        self.live[5].next = self.indices.rdata.val();
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
        self.now.next = self.place.q.val();
        for i in 0..8 {
            self.of_8[i].next = self.live[i * 2].val();
            if self.now.val().get_bit(0) {
                self.of_8[i].next = self.live[i * 2 + 1].val();
            }
        }
        for i in 0..4 {
            self.of_4[i].next = self.of_8[i * 2].val();
            if self.now.val().get_bit(1) {
                self.of_4[i].next = self.of_8[i * 2 + 1].val();
            }
        }
        self.low.d.next = self.of_4[0].val();
        self.high.d.next = self.of_4[2].val();
        if self.now.val().get_bit(2) {
            self.low.d.next = self.of_4[1].val();
            self.high.d.next = self.of_4[3].val();
        }
        self.is_high.d.next = self.now.val().get_bit(3);
        self.value.next = self.low.q.val();
        if self.is_high.q.val() {
            self.value.next = self.high.q.val();
        }
    }
}
