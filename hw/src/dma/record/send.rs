//! The records, and their TLPs.

use rust_hdl::prelude::*;

use super::types::{RecordWords, ENDED_BITS};
use crate::hw;
use crate::prim::{Bram, Dffr, Reg};

hw! {
    /// Keeps collected records, 64 slots per queue, and sends those of a TLP.
    ///
    /// ```text
    ///  w_* ─► L banks (record s in bank s mod L) ─► lanes in order, DW3 completed ─► output registers ─► rec_wr_*
    ///  tlp_* ─► registers: the TLP in hand ────────────────────────────────────────────┘   └► last beat taken ─► written_*
    /// ```
    /// `L` records make a beat, or one makes two beats (W = 64). A memory is read one clock ahead, so beats of a TLP follow each other without
    /// a pause. Between two TLPs two clocks are idle. A TLP comes out only when intake has taken note of the one before.
    pub struct RecordSend<const W: usize, const K: usize, const L: usize, const CA: usize> {
        pub clock: Signal<In, Clock> = Default::default(),
        pub rst: Signal<In, Bit> = Default::default(),
        pub w_valid: Signal<In, Bit> = Default::default(),
        pub w_g: Signal<In, Bits<7>> = Default::default(),
        pub w_slot: Signal<In, Bits<6>> = Default::default(),
        /// A [`super::Ended`].
        pub w_ended: Signal<In, Bits<ENDED_BITS>> = Default::default(),
        pub tlp_valid: Signal<In, Bit> = Default::default(),
        pub tlp_ready: Signal<Out, Bit> = Default::default(),
        pub tlp_g: Signal<In, Bits<7>> = Default::default(),
        pub tlp_slot: Signal<In, Bits<6>> = Default::default(),
        /// Records less one, in the clock behind `tlp_valid` and `tlp_ready`.
        pub tlp_less: Signal<In, Bits<4>> = Default::default(),
        pub tlp_address: Signal<In, Bits<64>> = Default::default(),
        pub tlp_queue: Signal<In, Bits<8>> = Default::default(),
        pub tlp_generation: Signal<In, Bits<8>> = Default::default(),
        pub tlp_phase: Signal<In, Bit> = Default::default(),
        /// Records in front of this TLP.
        pub tlp_done: Signal<In, Bits<32>> = Default::default(),
        pub rec_wr_valid: Signal<Out, Bit> = Default::default(),
        pub rec_wr_ready: Signal<In, Bit> = Default::default(),
        pub rec_wr_first: Signal<Out, Bit> = Default::default(),
        pub rec_wr_last: Signal<Out, Bit> = Default::default(),
        pub rec_wr_addr: Signal<Out, Bits<64>> = Default::default(),
        pub rec_wr_bytes: Signal<Out, Bits<11>> = Default::default(),
        pub rec_wr_data: Signal<Out, Bits<W>> = Default::default(),
        pub rec_wr_keep: Signal<Out, Bits<K>> = Default::default(),
        /// wr_arb has taken a TLP: records of `written_g` so far, and whether one asks for an interrupt.
        pub written_valid: Signal<Out, Bit> = Default::default(),
        pub written_ready: Signal<In, Bit> = Default::default(),
        pub written_g: Signal<Out, Bits<7>> = Default::default(),
        pub written_value: Signal<Out, Bits<18>> = Default::default(),
        pub written_irq: Signal<Out, Bit> = Default::default(),
        bank: [Bram<Bits<ENDED_BITS>, CA>; L] = array_init::array_init(|_| Default::default()),
        sending: Dffr<Bit> = Default::default(),
        // The TLP came in the clock before; no beat of it has moved on.
        loaded: Dffr<Bit> = Default::default(),
        begins: Reg<Bit> = Default::default(),
        // The second half of a record, at W = 64.
        upper: Reg<Bit> = Default::default(),
        g: Reg<Bits<7>> = Default::default(),
        slot: Reg<Bits<6>> = Default::default(),
        // Records that have not moved on, less one.
        left: Reg<Bits<4>> = Default::default(),
        address: Reg<Bits<60>> = Default::default(),
        queue: Reg<Bits<8>> = Default::default(),
        generation: Reg<Bits<8>> = Default::default(),
        phase: Reg<Bit> = Default::default(),
        done: Reg<Bits<18>> = Default::default(),
        out: Dffr<Bit> = Default::default(),
        out_first: Reg<Bit> = Default::default(),
        out_last: Reg<Bit> = Default::default(),
        out_address: Reg<Bits<60>> = Default::default(),
        out_count: Reg<Bits<5>> = Default::default(),
        out_data: Reg<Bits<W>> = Default::default(),
        out_keep: Reg<Bits<K>> = Default::default(),
        out_g: Reg<Bits<7>> = Default::default(),
        out_done: Reg<Bits<18>> = Default::default(),
        // The beat asks for an interrupt; one before it in the TLP did.
        out_irq: Reg<Bit> = Default::default(),
        irq: Reg<Bit> = Default::default(),
        written: Dffr<Bit> = Default::default(),
        written_queue: Reg<Bits<7>> = Default::default(),
        written_count: Reg<Bits<18>> = Default::default(),
        written_asks: Reg<Bit> = Default::default(),
        load: Signal<Local, Bit> = Default::default(),
        take: Signal<Local, Bit> = Default::default(),
        moves: Signal<Local, Bit> = Default::default(),
        rest: Signal<Local, Bits<4>> = Default::default(),
        asks: Signal<Local, Bit> = Default::default(),
        whole: Signal<Local, Bit> = Default::default(),
        last: Signal<Local, Bit> = Default::default(),
        any_irq: Signal<Local, Bit> = Default::default(),
        next_g: Signal<Local, Bits<7>> = Default::default(),
        next_slot: Signal<Local, Bits<6>> = Default::default(),
        wide_slot: Signal<Local, Bits<CA>> = Default::default(),
        place: Signal<Local, Bits<CA>> = Default::default(),
        shifted: Signal<Local, Bits<6>> = Default::default(),
        number: Signal<Local, Bits<6>> = Default::default(),
        lane_number: Signal<Local, Bits<6>> = Default::default(),
        lane: Signal<Local, Bits<ENDED_BITS>> = Default::default(),
        words: Signal<Local, RecordWords> = Default::default(),
        record: Signal<Local, Bits<128>> = Default::default(),
        half: Signal<Local, Bits<128>> = Default::default(),
        beat: Signal<Local, Bits<W>> = Default::default(),
        splits: Constant<Bits<1>> = {
            assert!(K == W / 32 && (W == 64 || W == 128 || W == 256), "port width");
            assert!(L == if W == 256 { 2 } else { 1 }, "records per beat");
            Constant::new((W as u64 / 64 % 2).into())
        },
        lanes: Constant<Bits<4>> = Constant::new((L as u64).into()),
        step: Constant<Bits<6>> = Constant::new((L as u64).into()),
        lane_mask: Constant<Bits<6>> = Constant::new((L as u64 - 1).into()),
        lane_bits: Constant<Bits<5>> = Constant::new((L as u64 / 2).into()),
        g_place: Constant<Bits<5>> = Constant::new((6 - L as u64 / 2).into()),
        // Lane 0 always has a record, a second one unless this is the last.
        starts: [Constant<Bit>; L] = array_init::array_init(|l| Constant::new(l == 0)),
        numbers: [Constant<Bits<6>>; L] = array_init::array_init(|l| Constant::new((l as u64).into())),
        ahead: [Constant<Bits<6>>; L] = array_init::array_init(|l| Constant::new((L as u64 - 1 - l as u64).into())),
        lane_place: [Constant<Bits<9>>; L] = array_init::array_init(|l| Constant::new((l as u64 * 128).into())),
        all_dws: Constant<Bits<K>> = Constant::new(((1_u64 << K) - 1).into()),
        four_dws: Constant<Bits<K>> = Constant::new((0xF_u64 & ((1_u64 << K) - 1)).into()),
    }
}

impl<const W: usize, const K: usize, const L: usize, const CA: usize> Logic for RecordSend<W, K, L, CA> {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, sending, loaded, begins, upper, g, slot, left, address, queue, generation);
        dff_setup!(self, clock, phase, done, out, out_first, out_last, out_address, out_count, out_data);
        dff_setup!(self, clock, out_keep, out_g, out_done, out_irq, irq, written, written_queue);
        dff_setup!(self, clock, written_count, written_asks);
        self.sending.rst.next = self.rst.val();
        self.loaded.rst.next = self.rst.val();
        self.out.rst.next = self.rst.val();
        self.written.rst.next = self.rst.val();

        // The beat. Lane l shows record slot + l, which is in bank (slot + l) mod L.
        self.rest.next = self.left.q.val();
        if self.loaded.q.val() {
            self.rest.next = self.tlp_less.val();
        }
        self.beat.next = 0.into();
        self.any_irq.next = false;
        for l in 0..L {
            self.shifted.next = self.slot.q.val() + self.numbers[l].val();
            self.lane_number.next = self.shifted.val() & self.lane_mask.val();
            self.lane.next = 0.into();
            for b in 0..L {
                if self.lane_number.val() == self.numbers[b].val() {
                    self.lane.next = self.bank[b].rdata.val();
                }
            }
            if self.starts[l].val() | self.rest.val().any() {
                self.any_irq.next = self.any_irq.val() | self.lane.val().get_bit(103);
            }
            self.words.next.bytes = bit_cast::<32, 24>(self.lane.val().get_bits::<24>(0));
            self.words.next.meta = self.lane.val().get_bits::<32>(24);
            self.words.next.index = self.lane.val().get_bits::<32>(56);
            self.words.next.generation = self.generation.q.val();
            self.words.next.queue = self.queue.q.val();
            self.words.next.status = self.lane.val().get_bits::<8>(88);
            self.words.next.flags = self.lane.val().get_bits::<7>(96);
            self.words.next.phase = self.phase.q.val();
            self.record.next = self.words.val().into();
            self.half.next = self.record.val();
            if self.upper.q.val() {
                self.half.next = self.record.val() >> 64;
            }
            self.beat.next =
                self.beat.val() | (bit_cast::<W, 128>(self.half.val()) << self.lane_place[l].val());
        }
        // The beat ends its records, and the TLP.
        self.whole.next = self.upper.q.val() | (self.splits.val() == 0);
        self.last.next = self.whole.val() & (self.rest.val() < self.lanes.val());

        self.load.next = self.tlp_valid.val() & !self.sending.q.val();
        self.tlp_ready.next = !self.sending.q.val();
        self.take.next = self.out.q.val() & self.rec_wr_ready.val();
        self.moves.next = self.sending.q.val()
            & (!self.out.q.val() | (self.rec_wr_ready.val() & !self.out_last.q.val()))
            & (!self.begins.q.val() | !self.written.q.val());
        self.next_g.next = self.g.q.val();
        self.next_slot.next = self.slot.q.val();
        self.loaded.d.next = self.load.val();
        self.left.d.next = self.rest.val();
        if self.take.val() {
            self.out.d.next = false;
        }
        if self.moves.val() {
            self.out.d.next = true;
            self.out_first.d.next = self.begins.q.val();
            self.out_last.d.next = self.last.val();
            self.out_data.d.next = self.beat.val();
            self.out_keep.d.next = self.all_dws.val();
            if !self.rest.val().any() & (self.lanes.val() == 2) {
                self.out_keep.d.next = self.four_dws.val();
            }
            self.out_irq.d.next = self.any_irq.val();
            self.out_address.d.next = self.address.q.val();
            self.out_g.d.next = self.g.q.val();
            self.out_done.d.next = self.done.q.val();
            if self.begins.q.val() {
                self.out_count.d.next = bit_cast::<5, 4>(self.rest.val()) + 1;
            }
            self.begins.d.next = false;
            self.upper.d.next = !self.whole.val();
            if self.whole.val() {
                self.next_slot.next = self.slot.q.val() + self.step.val();
                self.left.d.next = self.rest.val() - self.lanes.val();
            }
            if self.last.val() {
                self.sending.d.next = false;
            }
        }
        if self.load.val() {
            self.sending.d.next = true;
            self.begins.d.next = true;
            self.upper.d.next = false;
            self.next_g.next = self.tlp_g.val();
            self.next_slot.next = self.tlp_slot.val();
            self.address.d.next = self.tlp_address.val().get_bits::<60>(4);
            self.queue.d.next = self.tlp_queue.val();
            self.generation.d.next = self.tlp_generation.val();
            self.phase.d.next = self.tlp_phase.val();
            self.done.d.next = bit_cast::<18, 32>(self.tlp_done.val());
        }
        self.g.d.next = self.next_g.val();
        self.slot.d.next = self.next_slot.val();

        self.asks.next = self.out_irq.q.val() | (self.irq.q.val() & !self.out_first.q.val());
        if self.written_ready.val() {
            self.written.d.next = false;
        }
        if self.take.val() {
            self.irq.d.next = self.asks.val();
            if self.out_last.q.val() {
                self.written.d.next = true;
                self.written_queue.d.next = self.out_g.q.val();
                self.written_count.d.next = self.out_done.q.val() + bit_cast::<18, 5>(self.out_count.q.val());
                self.written_asks.d.next = self.asks.val();
            }
        }
        self.written_valid.next = self.written.q.val();
        self.written_g.next = self.written_queue.q.val();
        self.written_value.next = self.written_count.q.val();
        self.written_irq.next = self.written_asks.q.val();
        self.rec_wr_valid.next = self.out.q.val();
        self.rec_wr_first.next = self.out_first.q.val();
        self.rec_wr_last.next = self.out_last.q.val();
        self.rec_wr_addr.next = bit_cast::<64, 60>(self.out_address.q.val()) << 4;
        self.rec_wr_bytes.next = bit_cast::<11, 5>(self.out_count.q.val()) << 4;
        self.rec_wr_data.next = self.out_data.q.val();
        self.rec_wr_keep.next = self.out_keep.q.val();

        // Bank b holds the record that is the next in it at or behind the slot.
        for b in 0..L {
            self.bank[b].clock.next = self.clock.val();
            self.shifted.next = self.next_slot.val() + self.ahead[b].val();
            self.number.next = self.shifted.val() >> self.lane_bits.val();
            self.wide_slot.next = bit_cast::<CA, 6>(self.number.val());
            self.place.next = bit_cast::<CA, 7>(self.next_g.val()) << self.g_place.val();
            self.bank[b].raddr.next = self.place.val() | self.wide_slot.val();
            self.number.next = self.w_slot.val() >> self.lane_bits.val();
            self.wide_slot.next = bit_cast::<CA, 6>(self.number.val());
            self.place.next = bit_cast::<CA, 7>(self.w_g.val()) << self.g_place.val();
            self.bank[b].waddr.next = self.place.val() | self.wide_slot.val();
            self.lane_number.next = self.w_slot.val() & self.lane_mask.val();
            self.bank[b].wen.next = self.w_valid.val() & (self.lane_number.val() == self.numbers[b].val());
            self.bank[b].wdata.next = self.w_ended.val();
        }
    }
}
