//! Reads the bytes of TLPs from the row memory.

use rust_hdl::prelude::*;

use super::types::{Entry, Work};
use super::Recut;
use crate::hw;
use crate::prim::{Dffr, LutRam, Reg};
use crate::stream::{Credits, Ring, Rotate};

hw! {
    /// Turns positions in the shares into beats, a beat per clock, and tells which rows are free.
    ///
    /// ```text
    ///  entry ─► ring of 16 ─► Recut ─► rows, beats left ─► row memory ─► rotate ─► beat
    ///                                    ├─ tlp_*   └─ all read: c2h_freed
    /// ```
    /// Lane 0 of a TLP is the first byte of its first DWORD, so the bytes of beat i are those at `pos - addr[1:0] + i W/8`
    /// of the share; what stands outside the byte enables is not meant (PCIe Base Spec r5 2.2.5). At most 16 beats are on
    /// their way until `beat_gone`, so the user's FIFO of 16 never has to stop them.
    pub struct Gather<
        const W: usize, const K: usize, const KB: usize, const RB: usize, const AB: usize, const OB: usize,
        const PW: usize,
    > {
        pub clock: Signal<In, Clock> = Default::default(),
        pub rst: Signal<In, Bit> = Default::default(),
        /// An entry with a TLP or `skip`; it is taken in the same clock, and may come only if `in_ready` was high
        /// in the clock before.
        pub in_valid: Signal<In, Bit> = Default::default(),
        pub in_ready: Signal<Out, Bit> = Default::default(),
        pub entry: Signal<In, Entry> = Default::default(),
        pub cfg_mps: Signal<In, Bits<3>> = Default::default(),
        pub clear_valid: Signal<In, Bit> = Default::default(),
        pub clear_q: Signal<In, Bits<6>> = Default::default(),
        pub clear_ready: Signal<Out, Bit> = Default::default(),
        /// Read port of the row memory, see `ByteRam`.
        pub mem_row: Signal<Out, Bits<AB>> = Default::default(),
        pub mem_row2: Signal<Out, Bits<AB>> = Default::default(),
        pub mem_second: Signal<Out, Bits<KB>> = Default::default(),
        pub mem_data: Signal<In, Bits<W>> = Default::default(),
        pub c2h_freed_valid: Signal<Out, Bit> = Default::default(),
        pub c2h_freed_q: Signal<Out, Bits<6>> = Default::default(),
        pub c2h_freed_row: Signal<Out, Bits<16>> = Default::default(),
        pub c2h_freed_pkts: Signal<Out, Bits<16>> = Default::default(),
        /// The TLP that is being read, from its first beat on: write it down; go on with the next behind this clock.
        pub tlp_wen: Signal<Out, Bit> = Default::default(),
        pub tlp_done: Signal<Out, Bit> = Default::default(),
        /// Lowest address bits of its first byte; its bytes; its entry ends with it.
        pub tlp_low: Signal<Out, Bits<10>> = Default::default(),
        pub tlp_bytes: Signal<Out, Bits<11>> = Default::default(),
        pub tlp_ends: Signal<Out, Bit> = Default::default(),
        /// Pulse: a TLP of this queue was read.
        pub c2h_tlp_valid: Signal<Out, Bit> = Default::default(),
        pub c2h_tlp_q: Signal<Out, Bits<6>> = Default::default(),
        pub beat_valid: Signal<Out, Bit> = Default::default(),
        pub beat_data: Signal<Out, Bits<W>> = Default::default(),
        /// DWORDs that count.
        pub beat_keep: Signal<Out, Bits<K>> = Default::default(),
        /// Last beat of its TLP.
        pub beat_last: Signal<Out, Bit> = Default::default(),
        /// Pulse: a beat has left the user's FIFO.
        pub beat_gone: Signal<In, Bit> = Default::default(),
        /// An entry is inside, or a cleared queue was not told of.
        pub busy: Signal<Out, Bit> = Default::default(),

        ring: Ring<4, 5> = Default::default(),
        works: LutRam<Work, 4> = Default::default(),
        positions: LutRam<Bits<PW>, 4> = Default::default(),
        under_way: Credits<4, 5> = Default::default(),
        rotate: Rotate<W, OB> = Default::default(),

        recut: Recut<PW> = Default::default(),
        // What is being read: rows of the next beat; bytes from lane 0 on, less a row and 1, negative with the last beat.
        reading: Dffr<Bit> = Default::default(),
        hollow: Reg<Bit> = Default::default(),
        q: Reg<Bits<6>> = Default::default(),
        row: Reg<Bits<RB>> = Default::default(),
        row2: Reg<Bits<RB>> = Default::default(),
        second: Reg<Bits<KB>> = Default::default(),
        turn: Reg<Bits<OB>> = Default::default(),
        span: Reg<Bits<12>> = Default::default(),
        low: Reg<Bits<10>> = Default::default(),
        reach: Reg<Bits<10>> = Default::default(),
        ends: Reg<Bit> = Default::default(),
        freed_row: Reg<Bits<16>> = Default::default(),
        freed_pkts: Reg<Bits<16>> = Default::default(),
        // Beats on their way: address given, data read, half rotated, rotated.
        read: Dffr<Bit> = Default::default(),
        read_turn: Reg<Bits<OB>> = Default::default(),
        read_last: Reg<Bit> = Default::default(),
        read_keep: Reg<Bits<K>> = Default::default(),
        half: Dffr<Bit> = Default::default(),
        half_last: Reg<Bit> = Default::default(),
        half_keep: Reg<Bits<K>> = Default::default(),
        whole: Dffr<Bit> = Default::default(),
        whole_last: Reg<Bit> = Default::default(),
        whole_keep: Reg<Bits<K>> = Default::default(),
        told: Dffr<Bit> = Default::default(),
        freed: Dffr<Bit> = Default::default(),
        freed_q: Reg<Bits<6>> = Default::default(),
        freed_row_out: Dffr<Bits<16>> = Default::default(),
        freed_pkts_out: Dffr<Bits<16>> = Default::default(),
        clear: Dffr<Bit> = Default::default(),
        clear_queue: Reg<Bits<6>> = Default::default(),

        at_last: Signal<Local, Bit> = Default::default(),
        issue: Signal<Local, Bit> = Default::default(),
        finish: Signal<Local, Bit> = Default::default(),
        load: Signal<Local, Bit> = Default::default(),
        first: Signal<Local, Bits<10>> = Default::default(),
        less: Signal<Local, Bits<11>> = Default::default(),
        in_dw: Signal<Local, Bits<2>> = Default::default(),
        more: Signal<Local, Bits<11>> = Default::default(),
        ahead: Signal<Local, Bits<12>> = Default::default(),
        start: Signal<Local, Bits<PW>> = Default::default(),
        from: Signal<Local, Bits<RB>> = Default::default(),
        offset: Signal<Local, Bits<OB>> = Default::default(),
        above: Signal<Local, Bits<KB>> = Default::default(),
        last_dw: Signal<Local, Bits<12>> = Default::default(),
        dws_missing: Signal<Local, Bits<12>> = Default::default(),
        tell: Signal<Local, Bit> = Default::default(),

        lane_bits: Constant<Bits<8>> = Constant::new((OB as u64).into()),
        row_bits: Constant<Bits<8>> = Constant::new((RB as u64).into()),
        one_row: Constant<Bits<12>> = Constant::new((KB as u64).into()),
        dws_less_1: Constant<Bits<12>> = Constant::new((K as u64 - 1).into()),
        all_lanes: Constant<Bits<KB>> = Constant::new(((1_u64 << KB) - 1).into()),
        all_dws: Constant<Bits<K>> = Constant::new(((1_u64 << K) - 1).into()),
        zero: Constant<Bits<OB>> = Constant::new(0_u64.into()),
        // 1 less the lowest address bits, modulo 2^11.
        mores: [Constant<Bits<11>>; 4] =
            array_init::array_init(|low| Constant::new(((2049 - low as u64) & 2047).into())),
        numbers: [Constant<Bits<2>>; 4] = array_init::array_init(|low| Constant::new((low as u64).into())),
    }
}

impl<
        const W: usize,
        const K: usize,
        const KB: usize,
        const RB: usize,
        const AB: usize,
        const OB: usize,
        const PW: usize,
    > Logic for Gather<W, K, KB, RB, AB, OB, PW>
{
    #[hdl_gen]
    fn update(&mut self) {
        clock!(self, clock, ring, works, positions, under_way, rotate, recut);
        dff_setup!(self, clock, reading, hollow, q, row, row2, second, turn, span, low, reach, ends);
        dff_setup!(self, clock, freed_row, freed_pkts, told);
        dff_setup!(self, clock, read, read_turn, read_last, read_keep, half, half_last, half_keep);
        dff_setup!(self, clock, whole, whole_last, whole_keep);
        dff_setup!(self, clock, freed, freed_q, freed_row_out, freed_pkts_out, clear, clear_queue);
        self.ring.rst.next = self.rst.val();
        self.under_way.rst.next = self.rst.val();
        self.recut.rst.next = self.rst.val();
        self.reading.rst.next = self.rst.val();
        self.read.rst.next = self.rst.val();
        self.half.rst.next = self.rst.val();
        self.whole.rst.next = self.rst.val();
        self.told.rst.next = self.rst.val();
        self.freed.rst.next = self.rst.val();
        self.clear.rst.next = self.rst.val();

        self.in_ready.next = self.ring.roomy.val();
        self.ring.in_valid.next = self.in_valid.val();
        self.works.wen.next = self.ring.push.val();
        self.works.waddr.next = self.ring.waddr.val();
        self.works.raddr.next = self.ring.raddr.val();
        self.works.wdata.next.q = self.entry.val().q;
        self.works.wdata.next.skip = self.entry.val().skip;
        self.first.next = bit_cast::<10, 64>(self.entry.val().addr);
        self.less.next = self.entry.val().n - 1;
        self.works.wdata.next.low = self.first.val();
        self.works.wdata.next.last = self.first.val() + bit_cast::<10, 11>(self.less.val());
        self.works.wdata.next.row = self.entry.val().row;
        self.works.wdata.next.pkts = self.entry.val().pkts;
        self.positions.wen.next = self.ring.push.val();
        self.positions.waddr.next = self.ring.waddr.val();
        self.positions.raddr.next = self.ring.raddr.val();
        self.positions.wdata.next = bit_cast::<PW, 24>(self.entry.val().pos);

        // Who goes on. Only registers decide.
        self.at_last.next = self.span.q.val().get_bit(11);
        self.issue.next = self.reading.q.val() & !self.hollow.q.val() & !self.under_way.full.val();
        self.finish.next =
            self.reading.q.val() & (self.hollow.q.val() | (self.at_last.val() & !self.under_way.full.val()));
        self.load.next = self.recut.out_valid.val() & (!self.reading.q.val() | self.finish.val());
        self.recut.cfg_mps.next = self.cfg_mps.val();
        self.recut.in_valid.next = self.ring.out_valid.val();
        self.recut.in_work.next = self.works.rdata.val();
        self.recut.in_pos.next = self.positions.rdata.val();
        self.recut.out_take.next = self.load.val();
        self.ring.out_ready.next = self.recut.in_ready.val();
        self.under_way.give.next = self.issue.val();
        self.under_way.take.next = self.beat_gone.val();

        // What the TLP is, for its request; only beats are counted, so it is written with the first of them and again.
        self.in_dw.next = bit_cast::<2, 10>(self.low.q.val());
        self.more.next = 0.into();
        for l in 0..4 {
            if self.in_dw.val() == self.numbers[l].val() {
                self.more.next = self.mores[l].val();
            }
        }
        self.tlp_wen.next = self.issue.val();
        self.tlp_done.next = self.issue.val() & self.at_last.val();
        self.tlp_low.next = self.low.q.val();
        self.tlp_bytes.next = bit_cast::<11, 10>(self.reach.q.val()) + self.more.val();
        self.tlp_ends.next = self.ends.q.val();

        self.from.next = self.row2.q.val();
        self.start.next = self.recut.out_pos.val() >> self.lane_bits.val();
        self.offset.next = bit_cast::<OB, PW>(self.recut.out_pos.val());
        // Banks below the offset hold the end of the beat, in the row behind.
        self.above.next = self.all_lanes.val() << self.offset.val();
        if self.finish.val() {
            self.reading.d.next = false;
        }
        self.ahead.next = self.span.q.val();
        if self.load.val() {
            self.reading.d.next = true;
            self.hollow.d.next = self.recut.out_work.val().skip;
            self.q.d.next = self.recut.out_work.val().q;
            self.low.d.next = self.recut.out_work.val().low;
            self.reach.d.next = self.recut.out_reach.val();
            self.ends.d.next = self.recut.out_ends.val();
            self.ahead.next = bit_cast::<12, 10>(self.recut.out_reach.val());
            self.from.next = bit_cast::<RB, PW>(self.start.val());
            self.second.d.next = !self.above.val();
            // To the right by the offset.
            self.turn.d.next = self.zero.val() - self.offset.val();
            self.freed_row.d.next = self.recut.out_work.val().row;
            self.freed_pkts.d.next = self.recut.out_work.val().pkts;
        }
        if self.load.val() | self.issue.val() {
            self.row.d.next = self.from.val();
            self.row2.d.next = self.from.val() + 1;
            self.span.d.next = self.ahead.val() - self.one_row.val();
        }
        self.mem_row.next =
            (bit_cast::<AB, 6>(self.q.q.val()) << self.row_bits.val()) | bit_cast::<AB, RB>(self.row.q.val());
        self.mem_row2.next = (bit_cast::<AB, 6>(self.q.q.val()) << self.row_bits.val())
            | bit_cast::<AB, RB>(self.row2.q.val());
        self.mem_second.next = self.second.q.val();

        // The beat. The span's lowest bits are the last byte's place in its beat all along.
        self.last_dw.next = self.span.q.val() >> 2;
        self.dws_missing.next = !self.last_dw.val();
        self.dws_missing.next = self.dws_missing.val() & self.dws_less_1.val();
        self.read.d.next = self.issue.val();
        self.read_turn.d.next = self.turn.q.val();
        self.read_last.d.next = self.at_last.val();
        self.read_keep.d.next = self.all_dws.val();
        if self.at_last.val() {
            self.read_keep.d.next = self.all_dws.val() >> self.dws_missing.val();
        }
        self.rotate.in_data.next = self.mem_data.val();
        self.rotate.in_amount.next = self.read_turn.q.val();
        self.half.d.next = self.read.q.val();
        self.half_last.d.next = self.read_last.q.val();
        self.half_keep.d.next = self.read_keep.q.val();
        self.whole.d.next = self.half.q.val();
        self.whole_last.d.next = self.half_last.q.val();
        self.whole_keep.d.next = self.half_keep.q.val();
        self.beat_valid.next = self.whole.q.val();
        self.beat_data.next = self.rotate.out_data.val();
        self.beat_keep.next = self.whole_keep.q.val();
        self.beat_last.next = self.whole_last.q.val();

        // Rows are free once the bytes of the whole entry have left the memory. A cleared queue's turn comes in a clock without.
        self.tell.next = self.clear.q.val() & !self.finish.val();
        self.told.d.next = self.issue.val() & self.at_last.val();
        self.freed.d.next = (self.finish.val() & self.ends.q.val()) | self.tell.val();
        self.freed_q.d.next = self.q.q.val();
        self.freed_row_out.d.next = self.freed_row.q.val();
        self.freed_pkts_out.d.next = self.freed_pkts.q.val();
        self.freed_row_out.rst.next = self.tell.val();
        self.freed_pkts_out.rst.next = self.tell.val();
        self.clear_ready.next = !self.clear.q.val() & !self.clear_valid.val();
        if self.tell.val() {
            self.clear.d.next = false;
            self.freed_q.d.next = self.clear_queue.q.val();
        }
        if self.clear_valid.val() {
            self.clear.d.next = true;
            self.clear_queue.d.next = self.clear_q.val();
        }
        self.c2h_tlp_valid.next = self.told.q.val();
        self.c2h_tlp_q.next = self.freed_q.q.val();
        self.c2h_freed_valid.next = self.freed.q.val();
        self.c2h_freed_q.next = self.freed_q.q.val();
        self.c2h_freed_row.next = self.freed_row_out.q.val();
        self.c2h_freed_pkts.next = self.freed_pkts_out.q.val();

        self.busy.next = self.ring.out_valid.val()
            | self.recut.out_valid.val()
            | self.reading.q.val()
            | self.clear.q.val();
    }
}
