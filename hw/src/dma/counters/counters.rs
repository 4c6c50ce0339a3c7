//! The counter page of BAR0.

use ferrolane_abi::map;
use ferrolane_abi::regs::{global_counters as global, queue_counters as queue};
use ferrolane_abi::table::Register;
use rust_hdl::prelude::*;

use super::doorbell_times::DoorbellTimes;
use super::latency::Latency;
use super::port_events::{PortEvents, EVENTS};
use super::tally::Tally;
use crate::hw;
use crate::prim::{Dffr, Reg};

#[derive(Copy, Clone, Debug, PartialEq, LogicState)]
pub enum CountersState {
    Idle,
    Look,
    Take,
    Answer,
}

fn word(register: &Register) -> Constant<Bits<6>> {
    Constant::new((register.offset as u64 / 4).into())
}

hw! {
    /// Listens to the buses and to the port and answers reads of the counter page. Changes nothing.
    ///
    /// ```text
    ///  finished ─► bytes, descriptors ─┐
    ///  TLPs, errors of the queues ─────┤
    ///  handshakes, stalls ─► events ───┼─► register ─► cnt_r_data
    ///  reads and completions ─► latency┤
    ///  doorbells and TLPs ─► latency ──┘
    /// ```
    /// `GN` = 2 `NQ`, `GB` = `QB` + 1; `NT` = 2^`TB` tags. A doorbell is timed if all descriptors before it have ended.
    pub struct Counters<const NQ: usize, const QB: usize, const GN: usize, const GB: usize, const NT: usize, const TB: usize> {
        pub clock: Signal<In, Clock> = Default::default(),
        pub rst: Signal<In, Bit> = Default::default(),
        pub cnt_r_valid: Signal<In, Bit> = Default::default(),
        pub t_r_addr: Signal<In, Bits<19>> = Default::default(),
        pub cnt_r_done: Signal<Out, Bit> = Default::default(),
        /// 0 but in the clock of `cnt_r_done`.
        pub cnt_r_data: Signal<Out, Bits<32>> = Default::default(),
        pub cnt_unmapped_rd: Signal<Out, Bit> = Default::default(),
        pub init_valid: Signal<In, Bit> = Default::default(),
        pub init_g: Signal<In, Bits<7>> = Default::default(),
        pub prod_valid: Signal<In, Bit> = Default::default(),
        pub prod_g: Signal<In, Bits<7>> = Default::default(),
        pub prod_value: Signal<In, Bits<32>> = Default::default(),
        pub finished_valid: Signal<In, Bit> = Default::default(),
        pub finished_g: Signal<In, Bits<7>> = Default::default(),
        pub finished_value: Signal<In, Bits<32>> = Default::default(),
        pub finished_bytes: Signal<In, Bits<24>> = Default::default(),
        pub h2c_err_valid: Signal<In, Bit> = Default::default(),
        pub h2c_err_q: Signal<In, Bits<6>> = Default::default(),
        pub c2h_err_valid: Signal<In, Bit> = Default::default(),
        pub c2h_err_q: Signal<In, Bits<6>> = Default::default(),
        /// Pulse: a data read of this queue was issued, a data write was planned.
        pub h2c_tlp_valid: Signal<In, Bit> = Default::default(),
        pub h2c_tlp_q: Signal<In, Bits<6>> = Default::default(),
        pub c2h_tlp_valid: Signal<In, Bit> = Default::default(),
        pub c2h_tlp_q: Signal<In, Bits<6>> = Default::default(),
        /// Pulse: a packet of this queue was dropped.
        pub drop_valid: Signal<In, Bit> = Default::default(),
        pub drop_q: Signal<In, Bits<6>> = Default::default(),
        pub drop_bytes: Signal<In, Bits<32>> = Default::default(),
        /// What holds requests and TLPs up in this clock: see [`PortEvents`].
        pub h2c_stall: Signal<In, Bits<4>> = Default::default(),
        pub c2h_stall: Signal<In, Bits<4>> = Default::default(),
        pub tx_wr_valid: Signal<In, Bit> = Default::default(),
        pub tx_wr_ready: Signal<In, Bit> = Default::default(),
        pub tx_rd_valid: Signal<In, Bit> = Default::default(),
        pub tx_rd_ready: Signal<In, Bit> = Default::default(),
        pub tx_rd_hdr: Signal<In, Bits<128>> = Default::default(),
        pub tx_cpl_valid: Signal<In, Bit> = Default::default(),
        pub tx_cpl_ready: Signal<In, Bit> = Default::default(),
        pub to_fetch: Signal<In, Bit> = Default::default(),
        pub to_land: Signal<In, Bit> = Default::default(),
        pub cpl_last: Signal<In, Bit> = Default::default(),
        pub cpl_tag: Signal<In, Bits<10>> = Default::default(),
        pub cpl_status: Signal<In, Bits<3>> = Default::default(),
        pub cpl_byte_count: Signal<In, Bits<13>> = Default::default(),
        pub cpl_len: Signal<In, Bits<11>> = Default::default(),
        pub rx_cpl_valid: Signal<In, Bit> = Default::default(),
        pub h2c_axis_tvalid: Signal<In, Bit> = Default::default(),
        pub h2c_axis_tready: Signal<In, Bit> = Default::default(),
        pub c2h_axis_tvalid: Signal<In, Bit> = Default::default(),
        pub c2h_axis_tready: Signal<In, Bit> = Default::default(),

        bytes_lo: Tally<GB> = Default::default(),
        bytes_hi: Tally<GB> = Default::default(),
        descriptors: Tally<GB> = Default::default(),
        h2c_tlps: Tally<QB> = Default::default(),
        c2h_tlps: Tally<QB> = Default::default(),
        h2c_errors: Tally<QB> = Default::default(),
        c2h_errors: Tally<QB> = Default::default(),
        drops: Tally<QB> = Default::default(),
        dropped: Tally<QB> = Default::default(),
        events: PortEvents = Default::default(),
        reads: Latency<NT, TB> = Default::default(),
        rings: DoorbellTimes<NQ, QB, GN, GB> = Default::default(),
        // Registered taps, so that nothing hangs on the port's handshakes.
        read_taken: Dffr<Bit> = Default::default(),
        read_tag: Reg<Bits<TB>> = Default::default(),
        read_over: Dffr<Bit> = Default::default(),
        over_tag: Reg<Bits<TB>> = Default::default(),
        state: Dffr<CountersState> = Dffr::new(CountersState::Idle),
        // A counter of bytes has wrapped: a clock ago, two clocks ago.
        carried: Reg<Bit> = Default::default(),
        carried_before: Reg<Bit> = Default::default(),
        upper: Reg<Bits<32>> = Default::default(),
        // What was read, all 0 but one: registers that are cleared cost less than a choice between as many words.
        of_bytes: Reg<Bits<32>> = Default::default(),
        of_upper: Reg<Bits<32>> = Default::default(),
        of_descriptors: Reg<Bits<32>> = Default::default(),
        of_h2c_tlps: Reg<Bits<32>> = Default::default(),
        of_c2h_tlps: Reg<Bits<32>> = Default::default(),
        of_h2c_errors: Reg<Bits<32>> = Default::default(),
        of_c2h_errors: Reg<Bits<32>> = Default::default(),
        of_drops: Reg<Bits<32>> = Default::default(),
        of_dropped: Reg<Bits<32>> = Default::default(),
        of_events: Reg<Bits<32>> = Default::default(),
        of_times: Reg<Bits<32>> = Default::default(),
        // Whether something stands there, and what reading it latches.
        there: Reg<Bit> = Default::default(),
        takes_high: Reg<Bit> = Default::default(),
        high_taken: Reg<Bits<32>> = Default::default(),
        data: Reg<Bits<32>> = Default::default(),
        done: Dffr<Bit> = Default::default(),
        missed: Dffr<Bit> = Default::default(),
        all_bytes: Signal<Local, Bits<13>> = Default::default(),
        own: Signal<Local, Bit> = Default::default(),
        of_engine: Signal<Local, Bit> = Default::default(),
        r_c2h: Signal<Local, Bit> = Default::default(),
        r_q: Signal<Local, Bits<7>> = Default::default(),
        r_g: Signal<Local, Bits<7>> = Default::default(),
        r_word: Signal<Local, Bits<6>> = Default::default(),
        t_word: Signal<Local, Bits<6>> = Default::default(),
        found: Signal<Local, Bit> = Default::default(),
        latches: Signal<Local, Bit> = Default::default(),
        high: Signal<Local, Bits<64>> = Default::default(),
        timed: Signal<Local, Bits<2>> = Default::default(),
        t_count: Signal<Local, Bits<32>> = Default::default(),
        t_sum: Signal<Local, Bits<64>> = Default::default(),
        t_least: Signal<Local, Bits<20>> = Default::default(),
        t_most: Signal<Local, Bits<20>> = Default::default(),
        queues: Constant<Bits<7>> = Constant::new((NQ as u64).into()),
        event_words: Constant<Bits<6>> = Constant::new((EVENTS as u64).into()),
        engine_bit: Constant<Bits<19>> = Constant::new((map::GLOBAL_COUNTERS - map::COUNTER_PAGE).into()),
        // Address bits within the page that must be 0, of a queue's counter and of the engine's.
        beyond_queues: Constant<Bits<19>> = Constant::new(
            (map::GLOBAL_COUNTERS - map::COUNTER_PAGE - 2 * map::MAX_QUEUES as u64 * map::COUNTER_STRIDE).into()
        ),
        beyond_engine: Constant<Bits<19>> = Constant::new((map::GLOBAL_COUNTERS - map::COUNTER_PAGE - 0x100).into()),
        stride: Constant<Bits<5>> = Constant::new((map::COUNTER_STRIDE.trailing_zeros() as u64).into()),
        direction: Constant<Bits<19>> = Constant::new((map::COUNTER_STRIDE * map::MAX_QUEUES as u64).into()),
        bytes_lo_word: Constant<Bits<6>> = word(&queue::BYTES_LO),
        bytes_hi_word: Constant<Bits<6>> = word(&queue::BYTES_HI),
        descriptors_word: Constant<Bits<6>> = word(&queue::DESCRIPTORS),
        tlps_word: Constant<Bits<6>> = word(&queue::TLPS),
        errors_word: Constant<Bits<6>> = word(&queue::ERRORS),
        drops_word: Constant<Bits<6>> = word(&queue::DROPPED_PACKETS),
        dropped_word: Constant<Bits<6>> = word(&queue::DROPPED_BYTES),
        // Within the eight words of a latency.
        count_word: Constant<Bits<6>> = Constant::new(((global::READ_COUNT.offset as u64 / 4) & 7).into()),
        sum_lo_word: Constant<Bits<6>> = Constant::new(((global::READ_SUM_LO.offset as u64 / 4) & 7).into()),
        sum_hi_word: Constant<Bits<6>> = Constant::new(((global::READ_SUM_HI.offset as u64 / 4) & 7).into()),
        min_word: Constant<Bits<6>> = Constant::new(((global::READ_MIN.offset as u64 / 4) & 7).into()),
        max_word: Constant<Bits<6>> = Constant::new(((global::READ_MAX.offset as u64 / 4) & 7).into()),
    }
}

impl<
        const NQ: usize,
        const QB: usize,
        const GN: usize,
        const GB: usize,
        const NT: usize,
        const TB: usize,
    > Logic for Counters<NQ, QB, GN, GB, NT, TB>
{
    #[hdl_gen]
    fn update(&mut self) {
        clock!(self, clock, bytes_lo, bytes_hi, descriptors, h2c_tlps, c2h_tlps, h2c_errors, c2h_errors);
        clock!(self, clock, drops, dropped, events, reads, rings);
        dff_setup!(self, clock, read_taken, read_tag, read_over, over_tag);
        dff_setup!(self, clock, carried, carried_before);
        dff_setup!(self, clock, of_bytes, of_upper, of_descriptors, of_h2c_tlps, of_c2h_tlps);
        dff_setup!(self, clock, of_h2c_errors, of_c2h_errors, of_drops, of_dropped, of_events, of_times);
        dff_setup!(self, clock, state, upper, there, takes_high, high_taken, data, done, missed);
        self.bytes_lo.rst.next = self.rst.val();
        self.bytes_hi.rst.next = self.rst.val();
        self.descriptors.rst.next = self.rst.val();
        self.h2c_tlps.rst.next = self.rst.val();
        self.c2h_tlps.rst.next = self.rst.val();
        self.h2c_errors.rst.next = self.rst.val();
        self.c2h_errors.rst.next = self.rst.val();
        self.drops.rst.next = self.rst.val();
        self.dropped.rst.next = self.rst.val();
        self.events.rst.next = self.rst.val();
        self.reads.rst.next = self.rst.val();
        self.rings.rst.next = self.rst.val();
        self.read_taken.rst.next = self.rst.val();
        self.read_over.rst.next = self.rst.val();
        self.state.rst.next = self.rst.val();
        self.done.rst.next = self.rst.val();
        self.missed.rst.next = self.rst.val();

        // Bytes, descriptors, TLPs, errors of the queues. A clearing tells `finished`, too.
        self.own.next = self.finished_valid.val()
            & !(self.init_valid.val() & (self.init_g.val() == self.finished_g.val()));
        self.bytes_lo.add_valid.next = self.own.val();
        self.bytes_lo.add_index.next = bit_cast::<GB, 7>(self.finished_g.val());
        self.bytes_lo.add_value.next = bit_cast::<32, 24>(self.finished_bytes.val());
        self.bytes_hi.add_valid.next = self.bytes_lo.carry_valid.val();
        self.bytes_hi.add_index.next = self.bytes_lo.carry_index.val();
        self.bytes_hi.add_value.next = 1.into();
        self.descriptors.add_valid.next = self.own.val();
        self.descriptors.add_index.next = bit_cast::<GB, 7>(self.finished_g.val());
        self.descriptors.add_value.next = 1.into();
        self.h2c_tlps.add_valid.next = self.h2c_tlp_valid.val();
        self.h2c_tlps.add_index.next = bit_cast::<QB, 6>(self.h2c_tlp_q.val());
        self.h2c_tlps.add_value.next = 1.into();
        self.c2h_tlps.add_valid.next = self.c2h_tlp_valid.val();
        self.c2h_tlps.add_index.next = bit_cast::<QB, 6>(self.c2h_tlp_q.val());
        self.c2h_tlps.add_value.next = 1.into();
        self.h2c_errors.add_valid.next = self.h2c_err_valid.val();
        self.h2c_errors.add_index.next = bit_cast::<QB, 6>(self.h2c_err_q.val());
        self.h2c_errors.add_value.next = 1.into();
        self.c2h_errors.add_valid.next = self.c2h_err_valid.val();
        self.c2h_errors.add_index.next = bit_cast::<QB, 6>(self.c2h_err_q.val());
        self.c2h_errors.add_value.next = 1.into();

        self.drops.add_valid.next = self.drop_valid.val();
        self.drops.add_index.next = bit_cast::<QB, 6>(self.drop_q.val());
        self.drops.add_value.next = 1.into();
        self.dropped.add_valid.next = self.drop_valid.val();
        self.dropped.add_index.next = bit_cast::<QB, 6>(self.drop_q.val());
        self.dropped.add_value.next = self.drop_bytes.val();

        // What the port, the card's streams and the stalls did.
        self.events.tx_wr_valid.next = self.tx_wr_valid.val();
        self.events.tx_wr_ready.next = self.tx_wr_ready.val();
        self.events.tx_rd_valid.next = self.tx_rd_valid.val();
        self.events.tx_rd_ready.next = self.tx_rd_ready.val();
        self.events.tx_cpl_valid.next = self.tx_cpl_valid.val();
        self.events.tx_cpl_ready.next = self.tx_cpl_ready.val();
        self.events.rx_cpl_valid.next = self.rx_cpl_valid.val();
        self.events.h2c_axis_tvalid.next = self.h2c_axis_tvalid.val();
        self.events.h2c_axis_tready.next = self.h2c_axis_tready.val();
        self.events.c2h_axis_tvalid.next = self.c2h_axis_tvalid.val();
        self.events.c2h_axis_tready.next = self.c2h_axis_tready.val();
        self.events.h2c_stall.next = self.h2c_stall.val();
        self.events.c2h_stall.next = self.c2h_stall.val();

        // Reads: a request's last completion carries all that Byte Count says is left (PCIe Base Spec r5 2.2.9), or an error.
        self.all_bytes.next = bit_cast::<13, 11>(self.cpl_len.val()) << 2;
        self.read_taken.d.next = self.tx_rd_valid.val() & self.tx_rd_ready.val();
        self.read_tag.d.next = self.tx_rd_hdr.val().get_bits::<TB>(40);
        self.read_over.d.next = (self.to_fetch.val() | self.to_land.val())
            & self.cpl_last.val()
            & ((self.cpl_byte_count.val() <= self.all_bytes.val()) | (self.cpl_status.val() != 0));
        self.over_tag.d.next = bit_cast::<TB, 10>(self.cpl_tag.val());
        self.reads.start_valid.next = self.read_taken.q.val();
        self.reads.start_index.next = self.read_tag.q.val();
        self.reads.end_valid.next = self.read_over.q.val();
        self.reads.end_index.next = self.over_tag.q.val();
        self.reads.drop_valid.next = false;
        self.reads.drop_index.next = 0.into();

        // Doorbells.
        self.rings.init_valid.next = self.init_valid.val();
        self.rings.init_g.next = self.init_g.val();
        self.rings.prod_valid.next = self.prod_valid.val();
        self.rings.prod_g.next = self.prod_g.val();
        self.rings.prod_value.next = self.prod_value.val();
        self.rings.finished_valid.next = self.finished_valid.val();
        self.rings.finished_g.next = self.finished_g.val();
        self.rings.finished_value.next = self.finished_value.val();
        self.rings.h2c_tlp_valid.next = self.h2c_tlp_valid.val();
        self.rings.h2c_tlp_q.next = self.h2c_tlp_q.val();
        self.rings.c2h_tlp_valid.next = self.c2h_tlp_valid.val();
        self.rings.c2h_tlp_q.next = self.c2h_tlp_q.val();

        // The read: addresses in Look, the value in Take.
        self.of_engine.next = (self.t_r_addr.val() & self.engine_bit.val()).any();
        self.r_c2h.next = (self.t_r_addr.val() & self.direction.val()).any();
        self.r_q.next = bit_cast::<7, 19>(self.t_r_addr.val() >> self.stride.val()) & 0x3F;
        self.r_g.next = self.r_q.val();
        if self.r_c2h.val() {
            self.r_g.next = self.r_q.val() + self.queues.val();
        }
        self.r_word.next = self.t_r_addr.val().get_bits::<6>(2);
        if !self.of_engine.val() {
            self.r_word.next = self.r_word.val() & 0xF;
        }
        self.bytes_lo.raddr.next = bit_cast::<GB, 7>(self.r_g.val());
        self.bytes_hi.raddr.next = bit_cast::<GB, 7>(self.r_g.val());
        self.descriptors.raddr.next = bit_cast::<GB, 7>(self.r_g.val());
        self.h2c_tlps.raddr.next = bit_cast::<QB, 7>(self.r_q.val());
        self.c2h_tlps.raddr.next = bit_cast::<QB, 7>(self.r_q.val());
        self.h2c_errors.raddr.next = bit_cast::<QB, 7>(self.r_q.val());
        self.c2h_errors.raddr.next = bit_cast::<QB, 7>(self.r_q.val());
        self.drops.raddr.next = bit_cast::<QB, 7>(self.r_q.val());
        self.dropped.raddr.next = bit_cast::<QB, 7>(self.r_q.val());
        self.events.raddr.next = bit_cast::<5, 6>(self.r_word.val());

        // 0 reads, 1 H2C doorbells, 2 C2H doorbells, each in eight words.
        self.timed.next = bit_cast::<2, 6>(self.r_word.val() >> 3);
        self.t_count.next = self.reads.count.val();
        self.t_sum.next = self.reads.sum.val();
        self.t_least.next = self.reads.least.val();
        self.t_most.next = self.reads.most.val();
        if self.timed.val() == 1 {
            self.t_count.next = self.rings.h2c_count.val();
            self.t_sum.next = self.rings.h2c_sum.val();
            self.t_least.next = self.rings.h2c_least.val();
            self.t_most.next = self.rings.h2c_most.val();
        }
        if self.timed.val() == 2 {
            self.t_count.next = self.rings.c2h_count.val();
            self.t_sum.next = self.rings.c2h_sum.val();
            self.t_least.next = self.rings.c2h_least.val();
            self.t_most.next = self.rings.c2h_most.val();
        }
        self.t_word.next = self.r_word.val() & 7;

        self.of_bytes.d.next = 0.into();
        self.of_upper.d.next = 0.into();
        self.of_descriptors.d.next = 0.into();
        self.of_h2c_tlps.d.next = 0.into();
        self.of_c2h_tlps.d.next = 0.into();
        self.of_h2c_errors.d.next = 0.into();
        self.of_c2h_errors.d.next = 0.into();
        self.of_drops.d.next = 0.into();
        self.of_dropped.d.next = 0.into();
        self.of_events.d.next = 0.into();
        self.of_times.d.next = 0.into();
        self.high.next = 0.into();
        self.latches.next = false;
        self.found.next = true;
        if self.of_engine.val() {
            if (self.t_r_addr.val() & self.beyond_engine.val()).any() {
                self.found.next = false;
            } else if !self.r_word.val().get_bit(5) {
                self.of_events.d.next = self.events.rdata.val();
                self.found.next = self.r_word.val() < self.event_words.val();
            } else {
                self.high.next = self.t_sum.val();
                if self.t_word.val() == self.count_word.val() {
                    self.of_times.d.next = self.t_count.val();
                } else if self.t_word.val() == self.sum_lo_word.val() {
                    self.of_times.d.next = bit_cast::<32, 64>(self.t_sum.val());
                    self.latches.next = true;
                } else if self.t_word.val() == self.sum_hi_word.val() {
                    self.of_upper.d.next = self.upper.q.val();
                } else if self.t_word.val() == self.min_word.val() {
                    self.of_times.d.next = bit_cast::<32, 20>(self.t_least.val());
                } else if self.t_word.val() == self.max_word.val() {
                    self.of_times.d.next = bit_cast::<32, 20>(self.t_most.val());
                } else {
                    self.found.next = false;
                }
                // Three latencies are there; the fourth place is empty.
                if self.timed.val() == 3 {
                    self.found.next = false;
                }
            }
        } else {
            self.high.next = bit_cast::<64, 32>(self.bytes_hi.rdata.val()) << 32;
            if self.r_word.val() == self.bytes_lo_word.val() {
                self.of_bytes.d.next = self.bytes_lo.rdata.val();
                self.latches.next = true;
            } else if self.r_word.val() == self.bytes_hi_word.val() {
                self.of_upper.d.next = self.upper.q.val();
            } else if self.r_word.val() == self.descriptors_word.val() {
                self.of_descriptors.d.next = self.descriptors.rdata.val();
            } else if self.r_word.val() == self.tlps_word.val() {
                if self.r_c2h.val() {
                    self.of_c2h_tlps.d.next = self.c2h_tlps.rdata.val();
                } else {
                    self.of_h2c_tlps.d.next = self.h2c_tlps.rdata.val();
                }
            } else if self.r_word.val() == self.errors_word.val() {
                if self.r_c2h.val() {
                    self.of_c2h_errors.d.next = self.c2h_errors.rdata.val();
                } else {
                    self.of_h2c_errors.d.next = self.h2c_errors.rdata.val();
                }
            } else if self.r_word.val() == self.drops_word.val() {
                if self.r_c2h.val() {
                    self.of_drops.d.next = self.drops.rdata.val();
                }
            } else if self.r_word.val() == self.dropped_word.val() {
                if self.r_c2h.val() {
                    self.of_dropped.d.next = self.dropped.rdata.val();
                }
            } else {
                self.found.next = false;
            }
            if ((self.t_r_addr.val() & self.beyond_queues.val()) != 0) | (self.r_q.val() >= self.queues.val())
            {
                self.found.next = false;
            }
        }
        self.carried.d.next = self.bytes_lo.carry_valid.val();
        self.carried_before.d.next = self.carried.q.val();
        self.there.d.next = self.found.val();
        self.takes_high.d.next = self.latches.val();
        self.high_taken.d.next = self.high.val().get_bits::<32>(32);
        self.data.d.next = 0.into();
        self.done.d.next = false;
        self.missed.d.next = false;
        match self.state.q.val() {
            CountersState::Idle => {
                if self.cnt_r_valid.val() {
                    self.state.d.next = CountersState::Look;
                }
            }
            CountersState::Look => {
                // What wraps shows in the lower half a clock later, and in the upper one three clocks later.
                if !self.carried.q.val() & !self.carried_before.q.val() {
                    self.state.d.next = CountersState::Take;
                }
            }
            CountersState::Take => {
                self.state.d.next = CountersState::Answer;
            }
            CountersState::Answer => {
                self.state.d.next = CountersState::Idle;
                self.done.d.next = true;
                self.missed.d.next = !self.there.q.val();
                if self.there.q.val() {
                    self.data.d.next = self.of_bytes.q.val()
                        | self.of_upper.q.val()
                        | self.of_descriptors.q.val()
                        | self.of_h2c_tlps.q.val()
                        | self.of_c2h_tlps.q.val()
                        | self.of_h2c_errors.q.val()
                        | self.of_c2h_errors.q.val()
                        | self.of_drops.q.val()
                        | self.of_dropped.q.val()
                        | self.of_events.q.val()
                        | self.of_times.q.val();
                    if self.takes_high.q.val() {
                        self.upper.d.next = self.high_taken.q.val();
                    }
                }
            }
        }
        self.cnt_r_done.next = self.done.q.val();
        self.cnt_r_data.next = self.data.q.val();
        self.cnt_unmapped_rd.next = self.missed.q.val();
    }
}
