//! The queue page of BAR0.

use ferrolane_abi::regs::queue as abi;
use rust_hdl::prelude::*;

use super::regs_copies::RegsCopies;
use super::regs_place::RegsPlace;
use super::regs_table::{any_time, mask, set, table, word_of, Built, WORDS};
use crate::hw;
use crate::prim::{Bram, Dffr, Reg};

/// Clocks of an access: see the picture at [`QueueRegs`].
#[derive(Copy, Clone, Debug, PartialEq, LogicState)]
pub enum RegsState {
    Sweep,
    Idle,
    Look,
    Choose,
    Hold,
    Act,
    Control,
    Feed,
    End,
}

hw! {
    /// Registers of all queues, from the ABI table.
    ///
    /// ```text
    ///  Idle ───► Look, Choose ──► Hold ─────► Act ─┬─► read data
    ///  address   memory of RW     registers        ├─► memory, cfgw bus ─┬─────────► End: ready
    ///            registers,                        │                     └─► Feed ─┘  (FEED_GO: fetch)
    ///            RegsCopies                        └─► Control ──────────────────────┘  (CTRL: control)
    /// ```
    /// `AB = GB + 5`, `GB1 = GB + 1`. `FEEDS`, `POLICIES`, `MEMORY` 1 or 0: bits of what was not built read 0 and can't be set, and
    /// nothing of them is told or broadcast.
    ///
    /// A write ends when it has had its effect: of RUN = 1 that starts a queue when the queue runs, so
    /// whatever the host writes next finds it running; of FEED_GO when fetch has taken the feed, told by `cfgw` before.
    /// Only a write of the lowest byte of CTRL or FEED_GO acts.
    ///
    /// Registers other than CTRL and FEED change only while their queue is idle; writes to them at other times are
    /// dropped, and software sees that by reading back. Read-only fields ignore writes. An offset without register, or of
    /// a queue that was not built, reads 0 and pulses `queue_unmapped_*`.
    ///
    /// After reset a sweep writes the reset values and broadcasts them; accesses wait for it. Words without storage are
    /// 0 in the memory, so a read is an OR of the memory and what hardware drives.
    pub struct QueueRegs<const NQ: usize, const QB: usize, const GN: usize, const GB: usize, const AB: usize, const GB1: usize, const FEEDS: usize, const POLICIES: usize, const MEMORY: usize> {
        pub clock: Signal<In, Clock> = Default::default(),
        pub rst: Signal<In, Bit> = Default::default(),
        pub queue_w_valid: Signal<In, Bit> = Default::default(),
        pub queue_w_ready: Signal<Out, Bit> = Default::default(),
        /// Stable, with data and byte enables, from `queue_w_valid` to `queue_w_ready`.
        pub t_w_addr: Signal<In, Bits<19>> = Default::default(),
        pub t_w_data: Signal<In, Bits<32>> = Default::default(),
        pub t_w_be: Signal<In, Bits<4>> = Default::default(),
        pub queue_r_valid: Signal<In, Bit> = Default::default(),
        /// Stable from `queue_r_valid` to `queue_r_done`.
        pub t_r_addr: Signal<In, Bits<19>> = Default::default(),
        pub queue_r_done: Signal<Out, Bit> = Default::default(),
        /// 0 but in the clock of `queue_r_done`.
        pub queue_r_data: Signal<Out, Bits<32>> = Default::default(),
        pub queue_unmapped_rd: Signal<Out, Bit> = Default::default(),
        pub queue_unmapped_wr: Signal<Out, Bit> = Default::default(),
        /// High while reset values are being written.
        pub sweeping: Signal<Out, Bit> = Default::default(),
        pub cfgw_valid: Signal<Out, Bit> = Default::default(),
        pub cfgw_g: Signal<Out, Bits<7>> = Default::default(),
        pub cfgw_index: Signal<Out, Bits<6>> = Default::default(),
        pub cfgw_data: Signal<Out, Bits<32>> = Default::default(),
        /// To control: the host wrote `ctl_run` to RUN of queue `ctl_g`. Held until `ctl_ready`.
        pub ctl_valid: Signal<Out, Bit> = Default::default(),
        pub ctl_ready: Signal<In, Bit> = Default::default(),
        pub ctl_g: Signal<Out, Bits<7>> = Default::default(),
        pub ctl_run: Signal<Out, Bit> = Default::default(),
        /// Pulse: the host wrote FLUSH of queue `flush_g`. What else it wrote to CTRL has had its effect.
        pub flush_valid: Signal<Out, Bit> = Default::default(),
        pub flush_g: Signal<Out, Bits<7>> = Default::default(),
        /// Queue whose FIFO level is read; the answers of both directions come one clock later.
        pub level_q: Signal<Out, Bits<6>> = Default::default(),
        pub h2c_level: Signal<In, Bits<32>> = Default::default(),
        pub h2c_peak: Signal<In, Bits<32>> = Default::default(),
        pub c2h_level: Signal<In, Bits<32>> = Default::default(),
        pub c2h_peak: Signal<In, Bits<32>> = Default::default(),
        /// To fetch: the host wrote FEED_GO of queue `feed_g`. Held until `feed_ready`; `feed_refused` counts then.
        pub feed_valid: Signal<Out, Bit> = Default::default(),
        pub feed_ready: Signal<In, Bit> = Default::default(),
        pub feed_g: Signal<Out, Bits<7>> = Default::default(),
        pub feed_refused: Signal<In, Bit> = Default::default(),
        /// Pulse: a feed was refused.
        pub feed_invalid: Signal<Out, Bit> = Default::default(),
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

        state: Dffr<RegsState> = Dffr::new(RegsState::Sweep),
        swept: Dffr<Bits<AB>> = Default::default(),
        ram: Bram<Bits<32>, AB> = Default::default(),
        place: RegsPlace<NQ> = Default::default(),
        copies: RegsCopies<NQ, QB, GN, GB, GB1> = Default::default(),
        reading: Dffr<Bit> = Default::default(),
        read_waits: Dffr<Bit> = Default::default(),
        // What the memory and hardware say of the register.
        found: Reg<Bits<32>> = Default::default(),
        live: Reg<Bits<32>> = Default::default(),
        // It may be written.
        open: Reg<Bit> = Default::default(),
        out_done: Dffr<Bit> = Default::default(),
        out_data: Dffr<Bits<32>> = Default::default(),
        missed_rd: Dffr<Bit> = Default::default(),
        missed_wr: Dffr<Bit> = Default::default(),
        asks: Dffr<Bit> = Default::default(),
        feeds: Dffr<Bit> = Default::default(),
        refused: Dffr<Bit> = Default::default(),
        flush: Dffr<Bit> = Default::default(),
        ended: Dffr<Bit> = Default::default(),
        // The word goes to the memory, and to the bus.
        store: Dffr<Bit> = Default::default(),
        bus_valid: Dffr<Bit> = Default::default(),
        bus_g: Reg<Bits<7>> = Default::default(),
        bus_word: Reg<Bits<5>> = Default::default(),
        bus_data: Reg<Bits<32>> = Default::default(),
        bus_sizes: Reg<Bit> = Default::default(),

        g: Signal<Local, Bits<7>> = Default::default(),
        gb: Signal<Local, Bits<GB>> = Default::default(),
        word: Signal<Local, Bits<5>> = Default::default(),
        flat: Signal<Local, Bits<AB>> = Default::default(),
        bus_flat: Signal<Local, Bits<AB>> = Default::default(),
        // Bit numbers of words in the tables.
        table_at: Signal<Local, Bits<10>> = Default::default(),
        swept_at: Signal<Local, Bits<10>> = Default::default(),
        writable: Signal<Local, Bits<32>> = Default::default(),
        bytes_on: Signal<Local, Bits<32>> = Default::default(),
        bytes_off: Signal<Local, Bits<32>> = Default::default(),
        merged: Signal<Local, Bits<32>> = Default::default(),
        sizes: Signal<Local, Bits<32>> = Default::default(),
        end_write: Signal<Local, Bit> = Default::default(),
        swept_word: Signal<Local, Bits<5>> = Default::default(),
        swept_g: Signal<Local, Bits<AB>> = Default::default(),

        last_swept: Constant<Bits<AB>> = Constant::new(((GN * WORDS - 1) as u64).into()),
        one: Constant<Bits<AB>> = Constant::new(1_u64.into()),
        is_stored: Constant<Bits<WORDS>> = set(|r| built(FEEDS, POLICIES, MEMORY).stores(r)),
        any_time: Constant<Bits<WORDS>> = set(any_time),
        // A write of its lowest byte hands the FEED registers over.
        feeding: Constant<Bits<WORDS>> = set(|r| FEEDS == 1 && r.offset == abi::FEED_GO.offset),
        writable_at: Constant<Bits<{ 32 * WORDS }>> = table(|r| built(FEEDS, POLICIES, MEMORY).writable(r)),
        reset_at: Constant<Bits<{ 32 * WORDS }>> = table(|r| built(FEEDS, POLICIES, MEMORY).reset(r)),
        lane: [Constant<Bits<32>>; 4] = array_init::array_init(|b| Constant::new((0xFF_u64 << (8 * b)).into())),
        ctrl: Constant<Bits<5>> = word_of(&abi::CTRL),
        ring_size: Constant<Bits<5>> = word_of(&abi::RING_SIZE),
        // With bit 4 of a size set, its lower bits don't count.
        largest_ring: Constant<Bits<32>> = {
            let lsb = abi::RING_SIZE.field("DESCRIPTORS").expect("a field").lsb;
            Constant::new(((!(0xF_u32 << lsb)) as u64).into())
        },
        largest_cpl_ring: Constant<Bits<32>> = {
            let lsb = abi::RING_SIZE.field("COMPLETIONS").expect("a field").lsb;
            Constant::new(((!(0xF_u32 << lsb)) as u64).into())
        },
        run_bit: Constant<Bits<32>> = mask(&abi::CTRL, "RUN"),
        flush_bit: Constant<Bits<32>> = built(FEEDS, POLICIES, MEMORY).mask(&abi::CTRL, "FLUSH"),
    }
}

fn built(feeds: usize, policies: usize, memory: usize) -> Built {
    Built { feeds, policies, memory }
}

impl<
        const NQ: usize,
        const QB: usize,
        const GN: usize,
        const GB: usize,
        const AB: usize,
        const GB1: usize,
        const FEEDS: usize,
        const POLICIES: usize,
        const MEMORY: usize,
    > Logic for QueueRegs<NQ, QB, GN, GB, AB, GB1, FEEDS, POLICIES, MEMORY>
{
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, state, swept, reading, read_waits, found, live, open, out_done, out_data);
        dff_setup!(self, clock, missed_rd, missed_wr, asks, feeds, refused, flush, ended);
        dff_setup!(self, clock, store, bus_valid, bus_g, bus_word, bus_data, bus_sizes);
        clock!(self, clock, ram, place, copies);
        self.state.rst.next = self.rst.val();
        self.swept.rst.next = self.rst.val();
        self.reading.rst.next = self.rst.val();
        self.read_waits.rst.next = self.rst.val();
        self.out_done.rst.next = self.rst.val();
        self.out_data.rst.next = self.rst.val();
        self.missed_rd.rst.next = self.rst.val();
        self.missed_wr.rst.next = self.rst.val();
        self.asks.rst.next = self.rst.val();
        self.feeds.rst.next = self.rst.val();
        self.refused.rst.next = self.rst.val();
        self.flush.rst.next = self.rst.val();
        self.ended.rst.next = self.rst.val();
        self.store.rst.next = self.rst.val();
        self.bus_valid.rst.next = self.rst.val();

        // Whose register the access means.
        self.place.take.next = self.state.q.val() == RegsState::Idle;
        self.place.from_read.next = self.read_waits.q.val();
        self.place.t_r_addr.next = self.t_r_addr.val();
        self.place.t_w_addr.next = self.t_w_addr.val();
        if self.state.q.val() == RegsState::Idle {
            self.reading.d.next = self.read_waits.q.val();
        }
        self.g.next = self.place.g.val();
        self.gb.next = bit_cast::<GB, 7>(self.g.val());
        self.word.next = self.place.word.val();
        self.flat.next = bit_cast::<AB, 7>(self.g.val()) << 5;
        self.flat.next = self.flat.val() | bit_cast::<AB, 5>(self.word.val());

        self.level_q.next = bit_cast::<6, 7>(self.place.q.val());
        self.copies.word.next = self.word.val();
        self.copies.q.next = self.place.q.val();
        self.copies.g.next = self.g.val();
        self.copies.c2h.next = self.place.c2h.val();
        self.copies.h2c_level.next = self.h2c_level.val();
        self.copies.h2c_peak.next = self.h2c_peak.val();
        self.copies.c2h_level.next = self.c2h_level.val();
        self.copies.c2h_peak.next = self.c2h_peak.val();
        self.copies.run.next = self.run.val();
        self.copies.idle.next = self.idle.val();
        self.copies.halted.next = self.halted.val();
        self.copies.h2c_err_valid.next = self.h2c_err_valid.val();
        self.copies.h2c_err_q.next = self.h2c_err_q.val();
        self.copies.h2c_err_code.next = self.h2c_err_code.val();
        self.copies.c2h_err_valid.next = self.c2h_err_valid.val();
        self.copies.c2h_err_q.next = self.c2h_err_q.val();
        self.copies.c2h_err_code.next = self.c2h_err_code.val();
        self.copies.prod_valid.next = self.prod_valid.val();
        self.copies.prod_g.next = self.prod_g.val();
        self.copies.prod_value.next = self.prod_value.val();
        self.copies.cons_valid.next = self.cons_valid.val();
        self.copies.cons_g.next = self.cons_g.val();
        self.copies.cons_value.next = self.cons_value.val();
        self.copies.head_valid.next = self.head_valid.val();
        self.copies.head_g.next = self.head_g.val();
        self.copies.head_value.next = self.head_value.val();
        self.copies.done_valid.next = self.done_valid.val();
        self.copies.done_g.next = self.done_g.val();
        self.copies.done_value.next = self.done_value.val();
        self.copies.finished_valid.next = self.finished_valid.val();
        self.copies.finished_g.next = self.finished_g.val();
        self.copies.finished_value.next = self.finished_value.val();
        self.copies.finished_bytes.next = self.finished_bytes.val();
        self.copies.finished_meta.next = self.finished_meta.val();
        self.copies.start_valid.next = self.start_valid.val();
        self.copies.start_g.next = self.start_g.val();
        self.copies.start_generation.next = self.start_generation.val();

        // What stands there; in Hold it is that of this access.
        self.ram.raddr.next = self.flat.val();
        self.found.d.next = self.ram.rdata.val();
        self.live.d.next = self.copies.value.val();
        self.open.d.next = self.is_stored.val().get_bit(self.word.val().index())
            & (self.idle.val().get_bit(self.gb.val().index())
                | self.any_time.val().get_bit(self.word.val().index()));

        // What a write leaves.
        self.bytes_on.next = 0.into();
        for b in 0..4 {
            if self.t_w_be.val().get_bit(b) {
                self.bytes_on.next = self.bytes_on.val() | self.lane[b].val();
            }
        }
        self.bytes_off.next = !self.bytes_on.val();
        self.table_at.next = bit_cast::<10, 5>(self.word.val()) << 5;
        self.writable.next = self.writable_at.val().get_bits::<32>(self.table_at.val().index());
        self.merged.next = ((self.found.q.val() & self.bytes_off.val())
            | (self.t_w_data.val() & self.bytes_on.val()))
            & self.writable.val();
        self.bus_g.d.next = self.g.val();
        self.bus_word.d.next = self.word.val();
        self.bus_data.d.next = self.merged.val();
        self.bus_sizes.d.next = self.word.val() == self.ring_size.val();
        self.bus_flat.next = bit_cast::<AB, 7>(self.bus_g.q.val()) << 5;
        self.bus_flat.next = self.bus_flat.val() | bit_cast::<AB, 5>(self.bus_word.q.val());
        self.ram.waddr.next = self.bus_flat.val();
        self.ram.wdata.next = self.bus_data.q.val();
        self.ram.wen.next = self.store.q.val();

        self.swept_word.next = bit_cast::<5, AB>(self.swept.q.val());
        self.swept_g.next = self.swept.q.val() >> 5;
        self.swept_at.next = bit_cast::<10, 5>(self.swept_word.val()) << 5;
        self.store.d.next = false;
        self.bus_valid.d.next = false;
        self.flush.d.next = false;
        self.refused.d.next = false;
        self.out_done.d.next = false;
        self.out_data.d.next = 0.into();
        self.missed_rd.d.next = false;
        self.missed_wr.d.next = false;
        self.end_write.next = false;
        if self.queue_r_valid.val() {
            self.read_waits.d.next = true;
        }

        match self.state.q.val() {
            RegsState::Sweep => {
                self.store.d.next = true;
                self.bus_valid.d.next = self.is_stored.val().get_bit(self.swept_word.val().index());
                self.bus_g.d.next = bit_cast::<7, AB>(self.swept_g.val());
                self.bus_word.d.next = self.swept_word.val();
                self.bus_data.d.next = self.reset_at.val().get_bits::<32>(self.swept_at.val().index());
                self.swept.d.next = self.swept.q.val() + self.one.val();
                if self.swept.q.val() == self.last_swept.val() {
                    self.state.d.next = RegsState::Idle;
                }
            }
            RegsState::Idle => {
                if self.read_waits.q.val() | self.queue_w_valid.val() {
                    self.state.d.next = RegsState::Look;
                }
            }
            RegsState::Look => {
                self.state.d.next = RegsState::Choose;
            }
            RegsState::Choose => {
                self.state.d.next = RegsState::Hold;
            }
            RegsState::Hold => {
                self.state.d.next = RegsState::Act;
            }
            RegsState::Act => {
                if self.reading.q.val() {
                    self.read_waits.d.next = false;
                    self.out_done.d.next = true;
                    self.missed_rd.d.next = self.place.hole.val();
                    if !self.place.hole.val() {
                        self.out_data.d.next = self.found.q.val() | self.live.q.val();
                    }
                    self.state.d.next = RegsState::Idle;
                } else if self.place.hole.val() {
                    self.end_write.next = true;
                } else if (self.word.val() == self.ctrl.val()) & self.t_w_be.val().get_bit(0) {
                    self.asks.d.next = true;
                    self.state.d.next = RegsState::Control;
                } else {
                    self.store.d.next = self.open.q.val();
                    self.bus_valid.d.next = self.open.q.val();
                    self.end_write.next = true;
                    if self.feeding.val().get_bit(self.word.val().index()) & self.t_w_be.val().get_bit(0) {
                        self.end_write.next = false;
                        self.state.d.next = RegsState::Feed;
                    }
                }
            }
            RegsState::Control => {
                if self.ctl_ready.val() {
                    self.asks.d.next = false;
                    self.flush.d.next = (self.t_w_data.val() & self.flush_bit.val()) != 0;
                    self.end_write.next = true;
                }
            }
            RegsState::Feed => {
                // The flags are on cfgw in the first clock, and fetch has seen them behind it.
                self.feeds.d.next = true;
                if self.feeds.q.val() & self.feed_ready.val() {
                    self.feeds.d.next = false;
                    self.refused.d.next = self.feed_refused.val();
                    self.end_write.next = true;
                }
            }
            RegsState::End => {
                self.missed_wr.d.next = self.place.hole.val();
                self.state.d.next = RegsState::Idle;
            }
        }
        if self.end_write.val() {
            self.state.d.next = RegsState::End;
        }
        self.ended.d.next = self.end_write.val();

        self.ctl_valid.next = self.asks.q.val();
        self.ctl_g.next = self.g.val();
        self.ctl_run.next = (self.t_w_data.val() & self.run_bit.val()) != 0;
        self.flush_valid.next = self.flush.q.val();
        self.flush_g.next = self.g.val();
        self.feed_valid.next = self.feeds.q.val();
        self.feed_g.next = self.g.val();
        self.feed_invalid.next = self.refused.q.val();
        self.queue_w_ready.next = self.ended.q.val();
        self.queue_r_done.next = self.out_done.q.val();
        self.queue_r_data.next = self.out_data.q.val();
        self.queue_unmapped_rd.next = self.missed_rd.q.val();
        self.queue_unmapped_wr.next = self.missed_wr.q.val();
        self.sweeping.next = self.state.q.val() == RegsState::Sweep;
        self.cfgw_valid.next = self.bus_valid.q.val();
        self.cfgw_g.next = self.bus_g.q.val();
        self.cfgw_index.next = bit_cast::<6, 5>(self.bus_word.q.val());
        // A size above 2^16 entries counts as 2^16: what fetch computes with larger ones would be no valid request.
        self.sizes.next = self.bus_data.q.val();
        if self.bus_sizes.q.val() & self.bus_data.q.val().get_bit(4) {
            self.sizes.next = self.sizes.val() & self.largest_ring.val();
        }
        if self.bus_sizes.q.val() & self.bus_data.q.val().get_bit(12) {
            self.sizes.next = self.sizes.val() & self.largest_cpl_ring.val();
        }
        self.cfgw_data.next = self.sizes.val();
    }
}
