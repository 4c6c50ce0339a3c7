//! Turns plan's decisions into memory-write TLPs and records.

use ferrolane_abi::completion;
use rust_hdl::prelude::*;

use super::types::{Entry, Record, Tail};
use super::{Header, StructFifo};
use crate::hw;
use crate::prim::{Dffr, Reg};
use crate::stream::{Fifo, Rotate};

hw! {
    /// Reads the bytes of each TLP from the row memory and offers the TLP, then the descriptor's record.
    ///
    /// ```text
    ///  entry ─► FIFO of 8 ─► prep ─┬─ header, record ───────────► FIFO of 8 ──┬─► data_wr
    ///                              └─ beats ─► memory ─► rotate ─► FIFO of 16 ┘     │ TLP accepted
    ///                                            │ read: c2h_freed                 └─► FIFO of 8 ─► rec_c2h
    /// ```
    /// Byte lane 0 of a TLP is the first byte of its first DWORD, so the bytes of lane 0 of beat i are those at `pos -
    /// addr[1:0] + i W/8` of the share; what stands outside the byte enables is not meant (PCIe Base Spec r5 2.2.5). Beats
    /// follow each other without a gap, within a TLP and from one to the next.
    pub struct Send<
        const W: usize, const K: usize, const KB: usize, const QB: usize, const RB: usize, const AB: usize,
        const OB: usize, const PW: usize,
    > {
        pub clock: Signal<In, Clock> = Default::default(),
        pub rst: Signal<In, Bit> = Default::default(),
        pub cfg_requester_id: Signal<In, Bits<16>> = Default::default(),
        pub entry_valid: Signal<In, Bit> = Default::default(),
        pub entry_ready: Signal<Out, Bit> = Default::default(),
        pub entry: Signal<In, Entry> = Default::default(),
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
        pub data_wr_valid: Signal<Out, Bit> = Default::default(),
        pub data_wr_ready: Signal<In, Bit> = Default::default(),
        pub data_wr_first: Signal<Out, Bit> = Default::default(),
        pub data_wr_last: Signal<Out, Bit> = Default::default(),
        pub data_wr_hdr: Signal<Out, Bits<128>> = Default::default(),
        pub data_wr_data: Signal<Out, Bits<W>> = Default::default(),
        pub data_wr_keep: Signal<Out, Bits<K>> = Default::default(),
        pub rec_c2h_valid: Signal<Out, Bit> = Default::default(),
        pub rec_c2h_ready: Signal<In, Bit> = Default::default(),
        pub rec_c2h_q: Signal<Out, Bits<6>> = Default::default(),
        pub rec_c2h_bytes: Signal<Out, Bits<24>> = Default::default(),
        pub rec_c2h_meta: Signal<Out, Bits<32>> = Default::default(),
        pub rec_c2h_index: Signal<Out, Bits<32>> = Default::default(),
        pub rec_c2h_flags: Signal<Out, Bits<7>> = Default::default(),
        pub rec_c2h_status: Signal<Out, Bits<8>> = Default::default(),
        pub rec_c2h_irq: Signal<Out, Bit> = Default::default(),
        /// High while anything is inside, up to the acceptance of the last record.
        pub send_busy: Signal<Out, Bit> = Default::default(),

        entries: StructFifo<Entry, 3, 4> = Default::default(),
        tails: StructFifo<Tail, 3, 4> = Default::default(),
        records: StructFifo<Record, 3, 4> = Default::default(),
        header: Header = Default::default(),
        rotate: Rotate<W, OB> = Default::default(),
        beats: Fifo<W, 4, 5> = Default::default(),
        // Does the same as `beats` at the same time.
        beat_sides: StructFifo<BeatSide, 4, 5> = Default::default(),

        // Prepared entry.
        prep: Dffr<Bit> = Default::default(),
        prep_entry: Reg<Entry> = Default::default(),
        prep_pos: Reg<Bits<PW>> = Default::default(),
        prep_total: Reg<Bits<12>> = Default::default(),
        // TLP that is being read: rows of the next beat, beats behind that one.
        busy: Dffr<Bit> = Default::default(),
        q: Reg<Bits<6>> = Default::default(),
        row: Reg<Bits<RB>> = Default::default(),
        offset: Reg<Bits<OB>> = Default::default(),
        left: Reg<Bits<12>> = Default::default(),
        last_keep: Reg<Bits<8>> = Default::default(),
        // It is none: its rows are free without being read.
        hollow: Reg<Bit> = Default::default(),
        freed_row: Reg<Bits<16>> = Default::default(),
        freed_pkts: Reg<Bits<16>> = Default::default(),
        // Beats on their way: address given, data read, half rotated, rotated.
        read: Dffr<Bit> = Default::default(),
        read_offset: Reg<Bits<OB>> = Default::default(),
        read_side: Reg<BeatSide> = Default::default(),
        half: Dffr<Bit> = Default::default(),
        half_side: Reg<BeatSide> = Default::default(),
        whole: Dffr<Bit> = Default::default(),
        whole_side: Reg<BeatSide> = Default::default(),
        inflight: Dffr<Bits<5>> = Default::default(),
        freed: Dffr<Bit> = Default::default(),
        freed_q: Reg<Bits<6>> = Default::default(),
        freed_row_out: Reg<Bits<16>> = Default::default(),
        freed_pkts_out: Reg<Bits<16>> = Default::default(),
        clear: Dffr<Bit> = Default::default(),
        clear_queue: Reg<Bits<6>> = Default::default(),
        first: Dffr<Bit> = Dffr::new(true),

        low2: Signal<Local, Bits<2>> = Default::default(),
        prep_move: Signal<Local, Bit> = Default::default(),
        total_up: Signal<Local, Bits<12>> = Default::default(),
        dws_over: Signal<Local, Bits<12>> = Default::default(),
        dws_missing: Signal<Local, Bits<12>> = Default::default(),
        start_row: Signal<Local, Bits<PW>> = Default::default(),
        issue: Signal<Local, Bit> = Default::default(),
        at_last: Signal<Local, Bit> = Default::default(),
        finish: Signal<Local, Bit> = Default::default(),
        frees: Signal<Local, Bit> = Default::default(),
        flags: Signal<Local, Bits<7>> = Default::default(),
        next_row: Signal<Local, Bits<RB>> = Default::default(),
        second: Signal<Local, Bits<KB>> = Default::default(),
        offer: Signal<Local, Bit> = Default::default(),
        fire: Signal<Local, Bit> = Default::default(),
        tail_pop: Signal<Local, Bit> = Default::default(),

        lane_bits: Constant<Bits<8>> = Constant::new((OB as u64).into()),
        row_bits: Constant<Bits<8>> = Constant::new((RB as u64).into()),
        lanes_less_1: Constant<Bits<12>> = Constant::new((KB as u64 - 1).into()),
        dws_less_1: Constant<Bits<12>> = Constant::new((K as u64 - 1).into()),
        all_lanes: Constant<Bits<KB>> = Constant::new(((1_u64 << KB) - 1).into()),
        all_dws: Constant<Bits<8>> = Constant::new(((1_u64 << K) - 1).into()),
        zero: Constant<Bits<OB>> = Constant::new(0_u64.into()),
        eop: Constant<Bits<7>> = Constant::new((completion::EOP as u64).into()),
        gap: Constant<Bits<7>> = Constant::new((completion::GAP as u64).into()),
        flushed: Constant<Bits<7>> = Constant::new((completion::FLUSHED as u64).into()),
    }
}

/// What goes with a beat beside its data.
#[derive(Copy, Clone, Debug, PartialEq, Default, LogicStruct)]
pub struct BeatSide {
    /// DWORDs that count.
    pub keep: Bits<8>,
    /// Last beat of its TLP.
    pub last: Bit,
}

impl<
        const W: usize,
        const K: usize,
        const KB: usize,
        const QB: usize,
        const RB: usize,
        const AB: usize,
        const OB: usize,
        const PW: usize,
    > Logic for Send<W, K, KB, QB, RB, AB, OB, PW>
{
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, prep, prep_entry, prep_pos, prep_total);
        dff_setup!(self, clock, busy, q, row, offset, left, hollow, last_keep, freed_row, freed_pkts);
        dff_setup!(self, clock, read, read_offset, read_side, half, half_side, whole, whole_side, inflight);
        dff_setup!(self, clock, freed, freed_q, freed_row_out, freed_pkts_out, clear, clear_queue, first);
        self.prep.rst.next = self.rst.val();
        self.busy.rst.next = self.rst.val();
        self.read.rst.next = self.rst.val();
        self.half.rst.next = self.rst.val();
        self.whole.rst.next = self.rst.val();
        self.inflight.rst.next = self.rst.val();
        self.freed.rst.next = self.rst.val();
        self.clear.rst.next = self.rst.val();
        self.first.rst.next = self.rst.val();
        self.entries.clock.next = self.clock.val();
        self.entries.rst.next = self.rst.val();
        self.tails.clock.next = self.clock.val();
        self.tails.rst.next = self.rst.val();
        self.records.clock.next = self.clock.val();
        self.records.rst.next = self.rst.val();
        self.beats.clock.next = self.clock.val();
        self.beats.rst.next = self.rst.val();
        self.beat_sides.clock.next = self.clock.val();
        self.beat_sides.rst.next = self.rst.val();
        self.rotate.clock.next = self.clock.val();

        // Entry to prep: bytes and position from the first byte of the first DWORD on.
        self.entries.in_data.next = self.entry.val();
        self.entries.in_valid.next = self.entry_valid.val();
        self.entry_ready.next = self.entries.in_ready.val();
        self.at_last.next = !self.left.q.val().any();
        self.issue.next = self.busy.q.val() & !self.hollow.q.val() & !self.inflight.q.val().get_bit(4);
        self.finish.next =
            (self.issue.val() & self.at_last.val()) | (self.busy.q.val() & self.hollow.q.val());
        self.frees.next = self.prep_entry.q.val().tlp | self.prep_entry.q.val().skip;
        self.prep_move.next = self.prep.q.val()
            & self.tails.in_ready.val()
            & (!self.frees.val() | !self.busy.q.val() | self.finish.val());
        self.entries.out_ready.next = !self.prep.q.val() | self.prep_move.val();
        self.low2.next = bit_cast::<2, 64>(self.entries.out_data.val().addr);
        if !self.prep.q.val() | self.prep_move.val() {
            self.prep.d.next = self.entries.out_valid.val();
            self.prep_entry.d.next = self.entries.out_data.val();
            self.prep_pos.d.next =
                bit_cast::<PW, 24>(self.entries.out_data.val().pos) - bit_cast::<PW, 2>(self.low2.val());
            self.prep_total.d.next =
                bit_cast::<12, 11>(self.entries.out_data.val().n) + bit_cast::<12, 2>(self.low2.val());
        }

        self.header.requester_id.next = self.cfg_requester_id.val();
        self.header.addr.next = self.prep_entry.q.val().addr;
        self.header.total.next = self.prep_total.q.val();
        self.header.attr.next = self.prep_entry.q.val().attr;
        self.tails.in_valid.next = self.prep_move.val() & !self.prep_entry.q.val().skip;
        self.tails.in_data.next.hdr = self.header.hdr.val();
        self.tails.in_data.next.tlp = self.prep_entry.q.val().tlp;
        self.tails.in_data.next.record = self.prep_entry.q.val().record;
        self.tails.in_data.next.q = self.prep_entry.q.val().q;
        self.tails.in_data.next.bytes_moved = self.prep_entry.q.val().bytes_moved;
        self.tails.in_data.next.meta = self.prep_entry.q.val().meta;
        self.tails.in_data.next.index = self.prep_entry.q.val().index;
        self.tails.in_data.next.eop = self.prep_entry.q.val().eop;
        self.tails.in_data.next.irq = self.prep_entry.q.val().irq;
        self.tails.in_data.next.status = self.prep_entry.q.val().status;
        self.tails.in_data.next.flushed = self.prep_entry.q.val().flushed;
        self.tails.in_data.next.gap = self.prep_entry.q.val().gap;

        // Reading. `left` counts the beats behind the present one.
        self.next_row.next = self.row.q.val() + 1;
        self.inflight.d.next = self.inflight.q.val();
        if self.issue.val() {
            self.row.d.next = self.next_row.val();
            self.left.d.next = self.left.q.val() - 1;
        }
        if self.finish.val() {
            self.busy.d.next = false;
        }
        self.total_up.next = self.prep_total.q.val() + self.lanes_less_1.val();
        self.total_up.next = self.total_up.val() >> self.lane_bits.val();
        self.dws_over.next = self.header.dws.val() - 1;
        self.dws_missing.next = self.dws_less_1.val() - (self.dws_over.val() & self.dws_less_1.val());
        self.start_row.next = self.prep_pos.q.val() >> self.lane_bits.val();
        if self.prep_move.val() & self.frees.val() {
            self.busy.d.next = true;
            self.hollow.d.next = self.prep_entry.q.val().skip;
            self.q.d.next = self.prep_entry.q.val().q;
            self.left.d.next = self.total_up.val() - 1;
            self.row.d.next = bit_cast::<RB, PW>(self.start_row.val());
            self.offset.d.next = bit_cast::<OB, PW>(self.prep_pos.q.val());
            self.freed_row.d.next = self.prep_entry.q.val().row;
            self.freed_pkts.d.next = self.prep_entry.q.val().pkts;
            self.last_keep.d.next = self.all_dws.val() >> self.dws_missing.val();
        }
        self.mem_row.next =
            (bit_cast::<AB, 6>(self.q.q.val()) << self.row_bits.val()) | bit_cast::<AB, RB>(self.row.q.val());
        self.mem_row2.next = (bit_cast::<AB, 6>(self.q.q.val()) << self.row_bits.val())
            | bit_cast::<AB, RB>(self.next_row.val());
        // Banks below the offset hold the end of the beat, in the row behind.
        self.second.next = self.all_lanes.val() << self.offset.q.val();
        self.mem_second.next = !self.second.val();
        self.read.d.next = self.issue.val();
        self.read_offset.d.next = self.offset.q.val();
        self.read_side.d.next.last = self.at_last.val();
        self.read_side.d.next.keep = self.all_dws.val();
        if self.at_last.val() {
            self.read_side.d.next.keep = self.last_keep.q.val();
        }
        self.rotate.in_data.next = self.mem_data.val();
        // To the right by the offset.
        self.rotate.in_amount.next = self.zero.val() - self.read_offset.q.val();
        self.half.d.next = self.read.q.val();
        self.half_side.d.next = self.read_side.q.val();
        self.whole.d.next = self.half.q.val();
        self.whole_side.d.next = self.half_side.q.val();
        self.beats.in_data.next = self.rotate.out_data.val();
        self.beats.in_valid.next = self.whole.q.val();
        self.beat_sides.in_data.next = self.whole_side.q.val();
        self.beat_sides.in_valid.next = self.whole.q.val();

        // Rows are free once their bytes have left the memory. A cleared queue's turn comes in a clock without.
        self.freed.d.next = self.finish.val();
        self.freed_q.d.next = self.q.q.val();
        self.freed_row_out.d.next = self.freed_row.q.val();
        self.freed_pkts_out.d.next = self.freed_pkts.q.val();
        self.clear_ready.next = !self.clear.q.val() & !self.clear_valid.val();
        if self.clear.q.val() & !self.finish.val() {
            self.clear.d.next = false;
            self.freed.d.next = true;
            self.freed_q.d.next = self.clear_queue.q.val();
            self.freed_row_out.d.next = 0.into();
            self.freed_pkts_out.d.next = 0.into();
        }
        if self.clear_valid.val() {
            self.clear.d.next = true;
            self.clear_queue.d.next = self.clear_q.val();
        }
        self.c2h_freed_valid.next = self.freed.q.val();
        self.c2h_freed_q.next = self.freed_q.q.val();
        self.c2h_freed_row.next = self.freed_row_out.q.val();
        self.c2h_freed_pkts.next = self.freed_pkts_out.q.val();

        // The TLP with its header, its record once the last beat was accepted. A TLP starts only when its record will
        // find room, so that nothing stops it in the middle.
        self.offer.next = self.tails.out_valid.val()
            & self.tails.out_data.val().tlp
            & self.beat_sides.out_valid.val()
            & self.records.in_ready.val();
        self.fire.next = self.offer.val() & self.data_wr_ready.val();
        self.data_wr_valid.next = self.offer.val();
        self.data_wr_first.next = self.first.q.val();
        self.data_wr_last.next = self.beat_sides.out_data.val().last;
        self.data_wr_hdr.next = self.tails.out_data.val().hdr;
        self.data_wr_data.next = self.beats.out_data.val();
        self.data_wr_keep.next = bit_cast::<K, 8>(self.beat_sides.out_data.val().keep);
        self.beats.out_ready.next = self.fire.val();
        self.beat_sides.out_ready.next = self.fire.val();
        if self.fire.val() {
            self.first.d.next = self.beat_sides.out_data.val().last;
        }
        if self.issue.val() & !self.fire.val() {
            self.inflight.d.next = self.inflight.q.val() + 1;
        }
        if self.fire.val() & !self.issue.val() {
            self.inflight.d.next = self.inflight.q.val() - 1;
        }
        self.tail_pop.next = self.fire.val() & self.beat_sides.out_data.val().last;
        if self.tails.out_valid.val() & !self.tails.out_data.val().tlp & self.records.in_ready.val() {
            self.tail_pop.next = true;
        }
        self.tails.out_ready.next = self.tail_pop.val();
        self.records.in_valid.next = self.tail_pop.val() & self.tails.out_data.val().record;
        self.records.in_data.next.q = self.tails.out_data.val().q;
        self.records.in_data.next.bytes_moved = self.tails.out_data.val().bytes_moved;
        self.records.in_data.next.meta = self.tails.out_data.val().meta;
        self.records.in_data.next.index = self.tails.out_data.val().index;
        self.records.in_data.next.eop = self.tails.out_data.val().eop;
        self.records.in_data.next.irq = self.tails.out_data.val().irq;
        self.records.in_data.next.status = self.tails.out_data.val().status;
        self.records.in_data.next.flushed = self.tails.out_data.val().flushed;
        self.records.in_data.next.gap = self.tails.out_data.val().gap;
        self.records.out_ready.next = self.rec_c2h_ready.val();
        self.rec_c2h_valid.next = self.records.out_valid.val();
        self.rec_c2h_q.next = self.records.out_data.val().q;
        self.rec_c2h_bytes.next = self.records.out_data.val().bytes_moved;
        self.rec_c2h_meta.next = self.records.out_data.val().meta;
        self.rec_c2h_index.next = self.records.out_data.val().index;
        self.flags.next = 0.into();
        if self.records.out_data.val().eop {
            self.flags.next = self.flags.val() | self.eop.val();
        }
        if self.records.out_data.val().gap {
            self.flags.next = self.flags.val() | self.gap.val();
        }
        if self.records.out_data.val().flushed {
            self.flags.next = self.flags.val() | self.flushed.val();
        }
        self.rec_c2h_flags.next = self.flags.val();
        self.rec_c2h_status.next = self.records.out_data.val().status;
        self.rec_c2h_irq.next = self.records.out_data.val().irq;

        self.send_busy.next = !self.entries.empty.val()
            | self.prep.q.val()
            | self.busy.q.val()
            | !self.tails.empty.val()
            | !self.records.empty.val()
            | self.clear.q.val();
    }
}
