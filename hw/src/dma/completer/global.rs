//! The global page: identity, parameters, status, errors, counters, header log.

use ferrolane_abi::layout;
use ferrolane_abi::regs::global::*;
use rust_hdl::prelude::*;

use super::bad_header::BadHeader;
use super::event_counters::EventCounters;
use super::global_table::{fixed, is_counter, lsb, mask, set, word_of, COUNTERS, WORDS};
use crate::hw;
use crate::prim::{Dffr, Reg};

hw! {
    /// Registers of the global page, from the ABI table, with what hardware drives put on top.
    ///
    /// ```text
    ///  constants of the table ─┐
    ///  live values ────────────┼─► register ─┐
    ///  BadHeader ──────────────┘             ├─ OR ─► glob_r_data
    ///  EventCounters ───────────► register ──┘
    /// ```
    /// `QUEUES` per direction, `VECTORS` of MSI-X, `W` bits of port, 2^`TB` tags in flight, `KHZ` of the clock; `H2C_LOG2`,
    /// `C2H_LOG2` bytes of FIFO and `DB` descriptors per queue, as log2. `FULL` 1: with the header log. `FEATURES`: the
    /// feature bits of this build.
    ///
    /// A write is always taken at once. `glob_r_done` comes five or six clocks after `glob_r_valid`, during the 16 clocks
    /// after reset later; what was read is an earlier state, so `wr_issued` taken with `glob_r_done` covers every
    /// write the value may tell of.
    ///
    /// `err_irq` pulses the clock after any event that sets a bit of ERROR, also where the bit is set already.
    pub struct GlobalRegs<
        const QUEUES: usize,
        const VECTORS: usize,
        const W: usize,
        const TB: usize,
        const KHZ: usize,
        const H2C_LOG2: usize,
        const C2H_LOG2: usize,
        const DB: usize,
        const FULL: usize,
        const FEATURES: usize,
    > {
        pub clock: Signal<In, Clock> = Default::default(),
        pub rst: Signal<In, Bit> = Default::default(),
        pub glob_w_valid: Signal<In, Bit> = Default::default(),
        pub glob_w_ready: Signal<Out, Bit> = Default::default(),
        pub t_w_addr: Signal<In, Bits<19>> = Default::default(),
        pub t_w_data: Signal<In, Bits<32>> = Default::default(),
        pub t_w_be: Signal<In, Bits<4>> = Default::default(),
        pub glob_r_valid: Signal<In, Bit> = Default::default(),
        /// Stable from `glob_r_valid` to `glob_r_done`.
        pub t_r_addr: Signal<In, Bits<19>> = Default::default(),
        pub glob_r_done: Signal<Out, Bit> = Default::default(),
        /// 0 but in the clock of `glob_r_done`.
        pub glob_r_data: Signal<Out, Bits<32>> = Default::default(),
        /// Pulses: an access to an offset of this page without a register.
        pub glob_unmapped_rd: Signal<Out, Bit> = Default::default(),
        pub glob_unmapped_wr: Signal<Out, Bit> = Default::default(),
        /// Value of BUILD_ID.
        pub build_id: Signal<In, Bits<32>> = Default::default(),
        // STATUS.
        pub init_busy: Signal<In, Bit> = Default::default(),
        pub reads_pending: Signal<In, Bit> = Default::default(),
        pub writes_pending: Signal<In, Bit> = Default::default(),
        // LINK.
        pub cfg_link_up: Signal<In, Bit> = Default::default(),
        pub cfg_link_speed: Signal<In, Bits<4>> = Default::default(),
        pub cfg_link_width: Signal<In, Bits<6>> = Default::default(),
        pub cfg_bus_master: Signal<In, Bit> = Default::default(),
        pub cfg_mps: Signal<In, Bits<3>> = Default::default(),
        pub cfg_mrrs: Signal<In, Bits<3>> = Default::default(),
        pub cfg_rcb: Signal<In, Bit> = Default::default(),
        pub cfg_ext_tag: Signal<In, Bit> = Default::default(),
        pub cfg_msix_enable: Signal<In, Bit> = Default::default(),
        pub cfg_msix_mask: Signal<In, Bit> = Default::default(),
        // Pulses to count.
        pub unmapped_rd: Signal<In, Bit> = Default::default(),
        pub unmapped_wr: Signal<In, Bit> = Default::default(),
        pub ur: Signal<In, Bit> = Default::default(),
        pub unexpected_cpl: Signal<In, Bit> = Default::default(),
        pub invalid_doorbell: Signal<In, Bit> = Default::default(),
        pub tx_write: Signal<In, Bit> = Default::default(),
        pub tx_read: Signal<In, Bit> = Default::default(),
        pub rx_cpl: Signal<In, Bit> = Default::default(),
        pub axil_error: Signal<In, Bit> = Default::default(),
        pub cpl_timeout: Signal<In, Bit> = Default::default(),
        /// Pulse: a queue halted with an error.
        pub queue_error: Signal<In, Bit> = Default::default(),
        // Pulses with cause and header: for the header log.
        pub bad_req_valid: Signal<In, Bit> = Default::default(),
        pub bad_req_cause: Signal<In, Bits<4>> = Default::default(),
        pub bad_req_hdr: Signal<In, Bits<128>> = Default::default(),
        pub bad_cpl_valid: Signal<In, Bit> = Default::default(),
        pub bad_cpl_cause: Signal<In, Bits<4>> = Default::default(),
        pub bad_cpl_hdr: Signal<In, Bits<128>> = Default::default(),
        /// Pulse: send vector 0.
        pub err_irq: Signal<Out, Bit> = Default::default(),
        counters: EventCounters = Default::default(),
        bad_header: [BadHeader; FULL] = array_init::array_init(|_| Default::default()),
        r_waits: Dffr<Bit> = Default::default(),
        r_now: Dffr<Bit> = Default::default(),
        // The clock behind it: what is read stands in registers.
        r_then: Dffr<Bit> = Default::default(),
        r_counts: Reg<Bit> = Default::default(),
        r_holds: Reg<Bit> = Default::default(),
        live: Reg<Bits<32>> = Default::default(),
        count: Reg<Bits<32>> = Default::default(),
        logged: Signal<Local, Bits<32>> = Default::default(),
        done: Dffr<Bit> = Default::default(),
        word: Dffr<Bits<32>> = Default::default(),
        missed_rd: Dffr<Bit> = Default::default(),
        missed_wr: Dffr<Bit> = Default::default(),
        causes: Dffr<Bits<5>> = Default::default(),
        errors: Dffr<Bits<5>> = Default::default(),
        irq: Dffr<Bit> = Default::default(),
        scratch: [Dffr<Bits<8>>; 4] = array_init::array_init(|_| Default::default()),
        clocks: Dffr<Bits<64>> = Default::default(),
        clocks_high: Reg<Bits<32>> = Default::default(),
        r_word: Signal<Local, Bits<6>> = Default::default(),
        // Bit number of the word among the constants.
        fixed_at: Signal<Local, Bits<11>> = Default::default(),
        r_known: Signal<Local, Bit> = Default::default(),
        w_word: Signal<Local, Bits<6>> = Default::default(),
        w_known: Signal<Local, Bit> = Default::default(),
        clear: Signal<Local, Bits<5>> = Default::default(),
        pulses: Signal<Local, Bits<COUNTERS>> = Default::default(),
        answer: Signal<Local, Bits<32>> = Default::default(),
        scratch_byte: Signal<Local, Bits<8>> = Default::default(),
        scratch_word: Signal<Local, Bits<32>> = Default::default(),
        link: Signal<Local, Bits<32>> = Default::default(),
        status: Signal<Local, Bits<32>> = Default::default(),
        set: Signal<Local, Bits<5>> = Default::default(),
        one: Constant<Bits<64>> = Constant::new(1_u64.into()),
        fixed: Constant<Bits<{ 32 * WORDS }>> = fixed(&[
            (&FEATURES_LO, "BITS", FEATURES),
            (&LAYOUT_HASH, "HASH", layout::LAYOUT_HASH as usize),
            (&PARAM_QUEUES, "H2C", QUEUES),
            (&PARAM_QUEUES, "C2H", QUEUES),
            (&PARAM_QUEUES, "VECTORS", VECTORS),
            (&PARAM_PORT, "WIDTH", W),
            (&PARAM_PORT, "TAGS", 1 << TB),
            (&PARAM_CLOCK, "KHZ", KHZ),
            (&PARAM_MEMORY, "H2C_SHARE", H2C_LOG2),
            (&PARAM_MEMORY, "C2H_SHARE", C2H_LOG2),
            (&PARAM_MEMORY, "DESCRIPTORS", DB),
        ]),
        known: Constant<Bits<WORDS>> = set(|_| true),
        counter_words: Constant<Bits<WORDS>> = set(is_counter),
        // Address bits that must be 0 for a register to be there.
        outside: Constant<Bits<16>> = Constant::new((0x1_0000 - 4 * WORDS as u64).into()),
        byte_lsb: [Constant<Bits<5>>; 4] = array_init::array_init(|i| Constant::new((8 * i as u64).into())),
        build_id_at: Constant<Bits<6>> = word_of(&BUILD_ID),
        scratch_at: Constant<Bits<6>> = word_of(&SCRATCH),
        status_at: Constant<Bits<6>> = word_of(&STATUS),
        error_at: Constant<Bits<6>> = word_of(&ERROR),
        link_at: Constant<Bits<6>> = word_of(&LINK),
        clocks_lo_at: Constant<Bits<6>> = word_of(&CLOCKS_LO),
        clocks_hi_at: Constant<Bits<6>> = word_of(&CLOCKS_HI),
        status_init: Constant<Bits<32>> = mask(&STATUS, "INIT"),
        status_reads: Constant<Bits<32>> = mask(&STATUS, "READS_PENDING"),
        status_writes: Constant<Bits<32>> = mask(&STATUS, "WRITES_PENDING"),
        link_speed: Constant<Bits<5>> = lsb(&LINK, "SPEED"),
        link_width: Constant<Bits<5>> = lsb(&LINK, "WIDTH"),
        link_mps: Constant<Bits<5>> = lsb(&LINK, "MPS"),
        link_mrrs: Constant<Bits<5>> = lsb(&LINK, "MRRS"),
        link_up: Constant<Bits<32>> = mask(&LINK, "UP"),
        link_bus_master: Constant<Bits<32>> = mask(&LINK, "BUS_MASTER"),
        link_rcb: Constant<Bits<32>> = mask(&LINK, "RCB"),
        link_ext_tag: Constant<Bits<32>> = mask(&LINK, "EXT_TAG"),
        link_msix_enable: Constant<Bits<32>> = mask(&LINK, "MSIX_ENABLE"),
        link_msix_mask: Constant<Bits<32>> = mask(&LINK, "MSIX_MASK"),
    }
}

impl<
        const QUEUES: usize,
        const VECTORS: usize,
        const W: usize,
        const TB: usize,
        const KHZ: usize,
        const H2C_LOG2: usize,
        const C2H_LOG2: usize,
        const DB: usize,
        const FULL: usize,
        const FEATURES: usize,
    > Logic for GlobalRegs<QUEUES, VECTORS, W, TB, KHZ, H2C_LOG2, C2H_LOG2, DB, FULL, FEATURES>
{
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, r_waits, r_now, r_then, r_counts, r_holds, live, count);
        dff_setup!(self, clock, done, word, missed_rd, missed_wr);
        dff_setup!(self, clock, causes, errors, irq, clocks, clocks_high);
        self.r_waits.rst.next = self.rst.val();
        self.r_now.rst.next = self.rst.val();
        self.r_then.rst.next = self.rst.val();
        self.done.rst.next = self.rst.val();
        self.word.rst.next = self.rst.val();
        self.missed_rd.rst.next = self.rst.val();
        self.missed_wr.rst.next = self.rst.val();
        self.causes.rst.next = self.rst.val();
        self.errors.rst.next = self.rst.val();
        self.irq.rst.next = self.rst.val();
        self.clocks.rst.next = self.rst.val();
        self.counters.clock.next = self.clock.val();
        self.counters.rst.next = self.rst.val();

        // Events. Bits of `set` as in ERROR, of `pulses` as the counters' offsets.
        self.set.next = 0.into();
        self.set.next = self.set.val().replace_bit(0, self.invalid_doorbell.val());
        self.set.next = self.set.val().replace_bit(1, self.unexpected_cpl.val());
        self.set.next = self.set.val().replace_bit(2, self.ur.val());
        self.set.next = self.set.val().replace_bit(3, self.queue_error.val());
        self.set.next = self.set.val().replace_bit(4, self.cpl_timeout.val());
        self.causes.d.next = self.set.val();
        self.irq.d.next = self.causes.q.val().any();
        self.err_irq.next = self.irq.q.val();
        self.clocks.d.next = self.clocks.q.val() + self.one.val();
        self.pulses.next = 0.into();
        self.pulses.next = self.pulses.val().replace_bit(0, self.unmapped_rd.val());
        self.pulses.next = self.pulses.val().replace_bit(1, self.unmapped_wr.val());
        self.pulses.next = self.pulses.val().replace_bit(2, self.ur.val());
        self.pulses.next = self.pulses.val().replace_bit(3, self.unexpected_cpl.val());
        self.pulses.next = self.pulses.val().replace_bit(4, self.invalid_doorbell.val());
        self.pulses.next = self.pulses.val().replace_bit(5, self.tx_write.val());
        self.pulses.next = self.pulses.val().replace_bit(6, self.tx_read.val());
        self.pulses.next = self.pulses.val().replace_bit(7, self.rx_cpl.val());
        self.pulses.next = self.pulses.val().replace_bit(8, self.axil_error.val());
        self.pulses.next = self.pulses.val().replace_bit(9, self.cpl_timeout.val());
        self.counters.pulses.next = self.pulses.val();

        // Writes.
        self.glob_w_ready.next = true;
        self.w_word.next = self.t_w_addr.val().get_bits::<6>(2);
        self.w_known.next = ((self.t_w_addr.val().get_bits::<16>(0) & self.outside.val()) == 0)
            & self.known.val().get_bit(self.w_word.val().index());
        self.missed_wr.d.next = self.glob_w_valid.val() & !self.w_known.val();
        self.glob_unmapped_wr.next = self.missed_wr.q.val();
        self.clear.next = 0.into();
        if self.glob_w_valid.val()
            & self.w_known.val()
            & (self.w_word.val() == self.error_at.val())
            & self.t_w_be.val().get_bit(0)
        {
            self.clear.next = self.t_w_data.val().get_bits::<5>(0);
        }
        // An event in the clock of clearing stays.
        self.errors.d.next = (self.errors.q.val() & !self.clear.val()) | self.causes.q.val();
        self.scratch_word.next = 0.into();
        for i in 0..4 {
            self.scratch[i].clock.next = self.clock.val();
            self.scratch[i].rst.next = self.rst.val();
            self.scratch[i].d.next = self.scratch[i].q.val();
            if self.glob_w_valid.val()
                & self.w_known.val()
                & (self.w_word.val() == self.scratch_at.val())
                & self.t_w_be.val().get_bit(i)
            {
                self.scratch[i].d.next = self.t_w_data.val().get_bits::<8>(i * 8);
            }
            self.scratch_byte.next = self.scratch[i].q.val();
            self.scratch_word.next = self.scratch_word.val()
                | (bit_cast::<32, 8>(self.scratch_byte.val()) << self.byte_lsb[i].val());
        }

        // Values that hardware drives.
        self.status.next = 0.into();
        if self.init_busy.val() {
            self.status.next = self.status.val() | self.status_init.val();
        }
        if self.reads_pending.val() {
            self.status.next = self.status.val() | self.status_reads.val();
        }
        if self.writes_pending.val() {
            self.status.next = self.status.val() | self.status_writes.val();
        }
        self.link.next = (bit_cast::<32, 4>(self.cfg_link_speed.val()) << self.link_speed.val())
            | (bit_cast::<32, 6>(self.cfg_link_width.val()) << self.link_width.val())
            | (bit_cast::<32, 3>(self.cfg_mps.val()) << self.link_mps.val())
            | (bit_cast::<32, 3>(self.cfg_mrrs.val()) << self.link_mrrs.val());
        if self.cfg_link_up.val() {
            self.link.next = self.link.val() | self.link_up.val();
        }
        if self.cfg_bus_master.val() {
            self.link.next = self.link.val() | self.link_bus_master.val();
        }
        if self.cfg_rcb.val() {
            self.link.next = self.link.val() | self.link_rcb.val();
        }
        if self.cfg_ext_tag.val() {
            self.link.next = self.link.val() | self.link_ext_tag.val();
        }
        if self.cfg_msix_enable.val() {
            self.link.next = self.link.val() | self.link_msix_enable.val();
        }
        if self.cfg_msix_mask.val() {
            self.link.next = self.link.val() | self.link_msix_mask.val();
        }

        // Reads: visit of the counter, values, answer.
        self.r_word.next = self.t_r_addr.val().get_bits::<6>(2);
        self.r_known.next = ((self.t_r_addr.val().get_bits::<16>(0) & self.outside.val()) == 0)
            & self.known.val().get_bit(self.r_word.val().index());
        self.counters.r_valid.next = self.r_waits.q.val();
        self.counters.r_slot.next = self.t_r_addr.val().get_bits::<4>(2);
        self.r_waits.d.next = self.glob_r_valid.val() | (self.r_waits.q.val() & !self.counters.r_go.val());
        self.r_now.d.next = self.counters.r_go.val();
        self.r_then.d.next = self.r_now.q.val();
        self.fixed_at.next = bit_cast::<11, 6>(self.r_word.val()) << 5;
        self.logged.next = 0.into();
        for i in 0..FULL {
            self.bad_header[i].clock.next = self.clock.val();
            self.bad_header[i].rst.next = self.rst.val();
            self.bad_header[i].bad_req_valid.next = self.bad_req_valid.val();
            self.bad_header[i].bad_req_cause.next = self.bad_req_cause.val();
            self.bad_header[i].bad_req_hdr.next = self.bad_req_hdr.val();
            self.bad_header[i].bad_cpl_valid.next = self.bad_cpl_valid.val();
            self.bad_header[i].bad_cpl_cause.next = self.bad_cpl_cause.val();
            self.bad_header[i].bad_cpl_hdr.next = self.bad_cpl_hdr.val();
            self.bad_header[i].word.next = self.r_word.val();
            self.logged.next = self.bad_header[i].value.val();
        }
        self.answer.next = self.fixed.val().get_bits::<32>(self.fixed_at.val().index()) | self.logged.val();
        if self.r_word.val() == self.build_id_at.val() {
            self.answer.next = self.answer.val() | self.build_id.val();
        }
        if self.r_word.val() == self.scratch_at.val() {
            self.answer.next = self.answer.val() | self.scratch_word.val();
        }
        if self.r_word.val() == self.status_at.val() {
            self.answer.next = self.answer.val() | self.status.val();
        }
        if self.r_word.val() == self.error_at.val() {
            self.answer.next = self.answer.val() | bit_cast::<32, 5>(self.errors.q.val());
        }
        if self.r_word.val() == self.link_at.val() {
            self.answer.next = self.answer.val() | self.link.val();
        }
        if self.r_word.val() == self.clocks_lo_at.val() {
            self.answer.next = self.answer.val() | self.clocks.q.val().get_bits::<32>(0);
            if self.r_now.q.val() & self.r_known.val() {
                self.clocks_high.d.next = self.clocks.q.val().get_bits::<32>(32);
            }
        }
        if self.r_word.val() == self.clocks_hi_at.val() {
            self.answer.next = self.answer.val() | self.clocks_high.q.val();
        }
        self.live.d.next = self.answer.val();
        self.count.d.next = self.counters.value.val();
        self.r_counts.d.next = self.counter_words.val().get_bit(self.r_word.val().index());
        self.r_holds.d.next = self.r_now.q.val() & self.r_known.val();
        self.word.d.next = 0.into();
        if self.r_holds.q.val() {
            self.word.d.next = self.live.q.val();
            if self.r_counts.q.val() {
                self.word.d.next = self.live.q.val() | self.count.q.val();
            }
        }
        self.done.d.next = self.r_then.q.val();
        self.missed_rd.d.next = self.r_then.q.val() & !self.r_holds.q.val();
        self.glob_r_done.next = self.done.q.val();
        self.glob_r_data.next = self.word.q.val();
        self.glob_unmapped_rd.next = self.missed_rd.q.val();
    }
}
