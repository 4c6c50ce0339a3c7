//! Turns plan's decisions into memory-write TLPs and records.

use ferrolane_abi::completion;
use rust_hdl::prelude::*;

use super::types::Entry;
use super::{Gather, Release};
use crate::hw;
use crate::prim::{Dffr, LutRam};
use crate::stream::Ring;

/// A memory write that was asked for: what all its TLPs have in common.
#[derive(Copy, Clone, Debug, PartialEq, Default, LogicStruct)]
pub struct Request {
    /// Host address, the bits from 10 on.
    pub high: Bits<54>,
    /// No Snoop (bit 0), Relaxed Ordering (bit 1).
    pub attr: Bits<2>,
}

/// A TLP of it.
#[derive(Copy, Clone, Debug, PartialEq, Default, LogicStruct)]
pub struct Part {
    /// Host address of the first byte, the bits below 10.
    pub low: Bits<10>,
    /// Bytes.
    pub n: Bits<11>,
    /// The last one.
    pub ends: Bit,
}

hw! {
    /// Offers the TLP of each entry, then the descriptor's record. An entry that is longer than Max_Payload_Size is by now goes
    /// out in several; see `Recut`.
    ///
    /// ```text
    ///  entry ─┬─► Gather ─► beats: ring of 16 ──┬─► data_wr
    ///         │      └──► parts: ring of 16 ────┤     │
    ///         ├─► requests: ring of 16 ─────────┘     │ last TLP accepted
    ///         └─► Release ◄───────────────────────────┘ ─► rec_c2h
    /// ```
    /// What an entry holds is stored once, in the LUT memory at whose output it is needed. Beats follow each other without a
    /// gap, within a TLP and from one to the next, whatever the records do. At most 16 entries with a TLP and 17 records are inside.
    pub struct Send<
        const W: usize, const K: usize, const KB: usize, const QB: usize, const RB: usize, const AB: usize,
        const OB: usize, const PW: usize,
    > {
        pub clock: Signal<In, Clock> = Default::default(),
        pub rst: Signal<In, Bit> = Default::default(),
        pub entry_valid: Signal<In, Bit> = Default::default(),
        pub entry_ready: Signal<Out, Bit> = Default::default(),
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
        pub data_wr_valid: Signal<Out, Bit> = Default::default(),
        pub data_wr_ready: Signal<In, Bit> = Default::default(),
        pub data_wr_first: Signal<Out, Bit> = Default::default(),
        pub data_wr_last: Signal<Out, Bit> = Default::default(),
        /// The entry's last beat.
        pub data_wr_done: Signal<Out, Bit> = Default::default(),
        /// Byte address and bytes of the TLP, and its attributes: No Snoop (bit 0), Relaxed Ordering (bit 1).
        pub data_wr_addr: Signal<Out, Bits<64>> = Default::default(),
        pub data_wr_bytes: Signal<Out, Bits<11>> = Default::default(),
        pub data_wr_attr: Signal<Out, Bits<2>> = Default::default(),
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
        /// Pulse: a TLP of this queue was read.
        pub c2h_tlp_valid: Signal<Out, Bit> = Default::default(),
        pub c2h_tlp_q: Signal<Out, Bits<6>> = Default::default(),
        /// High while anything is inside, up to the acceptance of the last record.
        pub send_busy: Signal<Out, Bit> = Default::default(),

        gather: Gather<W, K, KB, RB, AB, OB, PW> = Default::default(),
        waiting: Release = Default::default(),
        beats: Ring<4, 5> = Default::default(),
        datas: LutRam<Bits<W>, 4> = Default::default(),
        keeps: LutRam<Bits<K>, 4> = Default::default(),
        lasts: LutRam<Bit, 4> = Default::default(),
        // As many as `waiting` has steps, so it says when there is room.
        requests: LutRam<Request, 4> = Default::default(),
        wptr: Dffr<Bits<4>> = Default::default(),
        rptr: Dffr<Bits<4>> = Default::default(),
        // A TLP is here from its first beat on, and no more than 16 beats are; see `Gather`.
        parts: LutRam<Part, 4> = Default::default(),
        part_wptr: Dffr<Bits<4>> = Default::default(),
        part_rptr: Dffr<Bits<4>> = Default::default(),
        first: Dffr<Bit> = Dffr::new(true),
        gone: Dffr<Bit> = Default::default(),
        sent: Dffr<Bit> = Default::default(),
        // Plan decides much by it in the same clock, so it is a flip-flop: there was room for two entries.
        ready: Dffr<Bit> = Default::default(),

        accept: Signal<Local, Bit> = Default::default(),
        addr: Signal<Local, Bits<64>> = Default::default(),
        fire: Signal<Local, Bit> = Default::default(),
        done: Signal<Local, Bit> = Default::default(),
        flags: Signal<Local, Bits<7>> = Default::default(),

        eop: Constant<Bits<7>> = Constant::new((completion::EOP as u64).into()),
        gap: Constant<Bits<7>> = Constant::new((completion::GAP as u64).into()),
        flushed: Constant<Bits<7>> = Constant::new((completion::FLUSHED as u64).into()),
    }
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
        clock!(self, clock, gather, waiting, beats, datas, keeps, lasts, requests, parts);
        dff_setup!(self, clock, wptr, rptr, part_wptr, part_rptr, first, gone, sent, ready);
        self.gather.rst.next = self.rst.val();
        self.waiting.rst.next = self.rst.val();
        self.beats.rst.next = self.rst.val();
        self.wptr.rst.next = self.rst.val();
        self.rptr.rst.next = self.rst.val();
        self.part_wptr.rst.next = self.rst.val();
        self.part_rptr.rst.next = self.rst.val();
        self.first.rst.next = self.rst.val();
        self.gone.rst.next = self.rst.val();
        self.sent.rst.next = self.rst.val();
        self.ready.rst.next = self.rst.val();

        // An entry in.
        self.accept.next = self.entry_valid.val() & self.ready.q.val();
        self.ready.d.next = self.gather.in_ready.val() & self.waiting.in_ready.val();
        self.entry_ready.next = self.ready.q.val();
        self.gather.cfg_mps.next = self.cfg_mps.val();
        self.gather.entry.next = self.entry.val();
        self.gather.in_valid.next = self.accept.val() & (self.entry.val().tlp | self.entry.val().skip);
        self.waiting.in_valid.next =
            self.accept.val() & !self.entry.val().skip & (self.entry.val().tlp | self.entry.val().record);
        self.waiting.in_tlp.next = self.entry.val().tlp;
        self.waiting.in_record.next = self.entry.val().record;
        self.waiting.in_data.next.q = self.entry.val().q;
        self.waiting.in_data.next.bytes_moved = self.entry.val().bytes_moved;
        self.waiting.in_data.next.meta = self.entry.val().meta;
        self.waiting.in_data.next.index = self.entry.val().index;
        self.waiting.in_data.next.eop = self.entry.val().eop;
        self.waiting.in_data.next.irq = self.entry.val().irq;
        self.waiting.in_data.next.status = self.entry.val().status;
        self.waiting.in_data.next.flushed = self.entry.val().flushed;
        self.waiting.in_data.next.gap = self.entry.val().gap;
        self.requests.wen.next = self.accept.val() & self.entry.val().tlp;
        self.requests.waddr.next = self.wptr.q.val();
        self.addr.next = self.entry.val().addr;
        self.requests.wdata.next.high = self.addr.val().get_bits::<54>(10);
        self.requests.wdata.next.attr = self.entry.val().attr;
        if self.accept.val() & self.entry.val().tlp {
            self.wptr.d.next = self.wptr.q.val() + 1;
        }

        self.gather.clear_valid.next = self.clear_valid.val();
        self.gather.clear_q.next = self.clear_q.val();
        self.clear_ready.next = self.gather.clear_ready.val();
        self.mem_row.next = self.gather.mem_row.val();
        self.mem_row2.next = self.gather.mem_row2.val();
        self.mem_second.next = self.gather.mem_second.val();
        self.gather.mem_data.next = self.mem_data.val();
        self.c2h_freed_valid.next = self.gather.c2h_freed_valid.val();
        self.c2h_freed_q.next = self.gather.c2h_freed_q.val();
        self.c2h_freed_row.next = self.gather.c2h_freed_row.val();
        self.c2h_freed_pkts.next = self.gather.c2h_freed_pkts.val();
        self.c2h_tlp_valid.next = self.gather.c2h_tlp_valid.val();
        self.c2h_tlp_q.next = self.gather.c2h_tlp_q.val();

        self.parts.wen.next = self.gather.tlp_wen.val();
        self.parts.waddr.next = self.part_wptr.q.val();
        self.parts.wdata.next.low = self.gather.tlp_low.val();
        self.parts.wdata.next.n = self.gather.tlp_bytes.val();
        self.parts.wdata.next.ends = self.gather.tlp_ends.val();
        if self.gather.tlp_done.val() {
            self.part_wptr.d.next = self.part_wptr.q.val() + 1;
        }

        // The TLP. Its request has long been there when its first beat comes.
        self.beats.in_valid.next = self.gather.beat_valid.val();
        self.datas.wen.next = self.beats.push.val();
        self.datas.waddr.next = self.beats.waddr.val();
        self.datas.raddr.next = self.beats.raddr.val();
        self.datas.wdata.next = self.gather.beat_data.val();
        self.keeps.wen.next = self.beats.push.val();
        self.keeps.waddr.next = self.beats.waddr.val();
        self.keeps.raddr.next = self.beats.raddr.val();
        self.keeps.wdata.next = self.gather.beat_keep.val();
        self.lasts.wen.next = self.beats.push.val();
        self.lasts.waddr.next = self.beats.waddr.val();
        self.lasts.raddr.next = self.beats.raddr.val();
        self.lasts.wdata.next = self.gather.beat_last.val();
        self.requests.raddr.next = self.rptr.q.val();
        self.parts.raddr.next = self.part_rptr.q.val();
        self.data_wr_valid.next = self.beats.out_valid.val();
        self.data_wr_first.next = self.first.q.val();
        self.data_wr_last.next = self.lasts.rdata.val();
        self.data_wr_done.next = self.lasts.rdata.val() & self.parts.rdata.val().ends;
        self.data_wr_addr.next = (bit_cast::<64, 54>(self.requests.rdata.val().high) << 10)
            | bit_cast::<64, 10>(self.parts.rdata.val().low);
        self.data_wr_bytes.next = self.parts.rdata.val().n;
        self.data_wr_attr.next = self.requests.rdata.val().attr;
        self.data_wr_data.next = self.datas.rdata.val();
        self.data_wr_keep.next = self.keeps.rdata.val();
        self.beats.out_ready.next = self.data_wr_ready.val();
        self.fire.next = self.beats.out_valid.val() & self.data_wr_ready.val();
        self.gone.d.next = self.fire.val();
        self.gather.beat_gone.next = self.gone.q.val();
        if self.fire.val() {
            self.first.d.next = self.lasts.rdata.val();
        }
        if self.fire.val() & self.lasts.rdata.val() {
            self.part_rptr.d.next = self.part_rptr.q.val() + 1;
        }
        self.done.next = self.fire.val() & self.lasts.rdata.val() & self.parts.rdata.val().ends;
        self.sent.d.next = self.done.val();
        if self.done.val() {
            self.rptr.d.next = self.rptr.q.val() + 1;
        }

        // The record.
        self.waiting.sent.next = self.sent.q.val();
        self.waiting.out_ready.next = self.rec_c2h_ready.val();
        self.rec_c2h_valid.next = self.waiting.out_valid.val();
        self.rec_c2h_q.next = self.waiting.out_data.val().q;
        self.rec_c2h_bytes.next = self.waiting.out_data.val().bytes_moved;
        self.rec_c2h_meta.next = self.waiting.out_data.val().meta;
        self.rec_c2h_index.next = self.waiting.out_data.val().index;
        self.flags.next = 0.into();
        if self.waiting.out_data.val().eop {
            self.flags.next = self.flags.val() | self.eop.val();
        }
        if self.waiting.out_data.val().gap {
            self.flags.next = self.flags.val() | self.gap.val();
        }
        if self.waiting.out_data.val().flushed {
            self.flags.next = self.flags.val() | self.flushed.val();
        }
        self.rec_c2h_flags.next = self.flags.val();
        self.rec_c2h_status.next = self.waiting.out_data.val().status;
        self.rec_c2h_irq.next = self.waiting.out_data.val().irq;

        // A TLP stays a step of `waiting` until its last beat was accepted.
        self.send_busy.next = self.gather.busy.val() | self.waiting.busy.val();
    }
}
