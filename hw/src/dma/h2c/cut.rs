//! One request of a descriptor: how long, and where it lands.

use rust_hdl::prelude::*;

use super::types::{IssueContext, Landing, PacketEnd};
use crate::hw;
use crate::prim::Reg;

hw! {
    /// Cuts the next request off a descriptor. Its outputs belong to `cur` if that was the same in the clock before.
    ///
    /// ```text
    ///  cur ─► bytes to the next multiple of MRRS, or to the end ─► register ─► sums: address, position, bytes left ─► after_*
    ///                                                                 └──────► landing
    /// ```
    /// A request ends at a multiple of Max_Read_Request_Size at the latest, so it is never longer than that and never crosses a
    /// 4 KiB boundary (PCIe Base Spec r5 2.2.7). The size is held down to a quarter of the queue's share of the FIFO (2^`RB`
    /// rows of 2^`SB` bytes, 512 bytes at least), so that asking for room for a whole one can never wait for itself.
    pub struct Cut<const RB: usize, const SB: usize> {
        pub clock: Signal<In, Clock> = Default::default(),
        pub cur: Signal<In, IssueContext> = Default::default(),
        pub cfg_mrrs: Signal<In, Bits<3>> = Default::default(),
        pub q: Signal<In, Bits<6>> = Default::default(),
        /// Row of the next byte; no more than `row_limit` rows may be in use below it, or a request may find no room.
        pub here: Signal<Out, Bits<16>> = Default::default(),
        pub row_limit: Signal<Out, Bits<16>> = Default::default(),
        pub bytes: Signal<Out, Bits<13>> = Default::default(),
        /// It is the descriptor's last.
        pub last: Signal<Out, Bit> = Default::default(),
        /// It ends a packet.
        pub closes: Signal<Out, Bit> = Default::default(),
        /// Rows below this one are complete once it has landed. A packet's end completes its row.
        pub complete_row: Signal<Out, Bits<16>> = Default::default(),
        pub landing: Signal<Out, Landing> = Default::default(),
        pub packet_end: Signal<Out, PacketEnd> = Default::default(),
        pub after_addr: Signal<Out, Bits<64>> = Default::default(),
        pub after_left: Signal<Out, Bits<24>> = Default::default(),
        pub after_before: Signal<Out, Bits<24>> = Default::default(),
        pub after_pos: Signal<Out, Bits<21>> = Default::default(),
        ones: Reg<Bits<12>> = Default::default(),
        limit: Reg<Bits<16>> = Default::default(),
        chunk: Reg<Bits<13>> = Default::default(),
        is_last: Reg<Bit> = Default::default(),
        padded: Reg<Bits<21>> = Default::default(),
        base: Reg<Bits<21>> = Default::default(),
        code: Signal<Local, Bits<3>> = Default::default(),
        short_by: Signal<Local, Bits<3>> = Default::default(),
        addr: Signal<Local, Bits<64>> = Default::default(),
        low: Signal<Local, Bits<2>> = Default::default(),
        flipped: Signal<Local, Bits<12>> = Default::default(),
        gap: Signal<Local, Bits<12>> = Default::default(),
        to_end: Signal<Local, Bits<13>> = Default::default(),
        end_pos: Signal<Local, Bits<21>> = Default::default(),
        ceiling: Signal<Local, Bits<21>> = Default::default(),
        ceiling_row: Signal<Local, Bits<21>> = Default::default(),
        end_row: Signal<Local, Bits<21>> = Default::default(),
        span: Signal<Local, Bits<13>> = Default::default(),
        all_ones: Constant<Bits<12>> = Constant::new(0xFFF_u64.into()),
        // log2 of the longest request in units of 128 bytes.
        most: Constant<Bits<3>> = Constant::new((RB as u64 + SB as u64 - 9).min(5).into()),
        longest: Constant<Bits<3>> = Constant::new(5_u64.into()),
        share: Constant<Bits<16>> = Constant::new(((1_u64 << RB) - 2).into()),
        row_mask: Constant<Bits<21>> = Constant::new(((1_u64 << SB) - 1).into()),
        row_shift: Constant<Bits<5>> = Constant::new((SB as u64).into()),
    }
}

impl<const RB: usize, const SB: usize> Logic for Cut<RB, SB> {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, ones, limit, chunk, is_last, padded, base);

        // Request size. MRRS encodings 6 and 7 are reserved; they count as 128 bytes.
        self.code.next = self.cfg_mrrs.val();
        if self.cfg_mrrs.val() > 5 {
            self.code.next = 0.into();
        }
        if self.code.val() > self.most.val() {
            self.code.next = self.most.val();
        }
        self.short_by.next = self.longest.val() - self.code.val();
        self.ones.d.next = self.all_ones.val() >> self.short_by.val();
        self.limit.d.next = self.share.val() - bit_cast::<16, 12>(self.ones.q.val() >> self.row_shift.val());
        self.row_limit.next = self.limit.q.val();

        // Step 1: the bytes up to the next multiple of the size are `gap` + 1.
        self.addr.next = self.cur.val().addr;
        self.low.next = bit_cast::<2, 64>(self.addr.val());
        self.flipped.next = !bit_cast::<12, 64>(self.addr.val());
        self.gap.next = self.flipped.val() & self.ones.q.val();
        self.to_end.next = bit_cast::<13, 12>(self.gap.val()) + 1;
        if self.cur.val().left > bit_cast::<24, 12>(self.gap.val()) {
            self.chunk.d.next = self.to_end.val();
            self.is_last.d.next = self.cur.val().left == bit_cast::<24, 13>(self.to_end.val());
        } else {
            self.chunk.d.next = bit_cast::<13, 24>(self.cur.val().left);
            self.is_last.d.next = true;
        }
        self.padded.d.next = self.cur.val().pos + self.row_mask.val();
        self.base.d.next = self.cur.val().pos - bit_cast::<21, 2>(self.low.val());
        self.here.next = bit_cast::<16, 21>(self.cur.val().pos >> self.row_shift.val());

        // Step 2: its end in the FIFO, exact and rounded up to a row.
        self.end_pos.next = self.cur.val().pos + bit_cast::<21, 13>(self.chunk.q.val());
        self.ceiling.next = self.padded.q.val() + bit_cast::<21, 13>(self.chunk.q.val());
        self.bytes.next = self.chunk.q.val();
        self.last.next = self.is_last.q.val();
        self.closes.next = self.is_last.q.val() & self.cur.val().eop;
        self.ceiling_row.next = self.ceiling.val() >> self.row_shift.val();
        self.end_row.next = self.end_pos.val() >> self.row_shift.val();
        self.after_pos.next = self.end_pos.val();
        if self.is_last.q.val() & self.cur.val().eop {
            self.end_row.next = self.ceiling_row.val();
            self.after_pos.next = self.ceiling_row.val() << self.row_shift.val();
        }
        self.complete_row.next = bit_cast::<16, 21>(self.end_row.val());
        // `ceiling` is the position of the last byte plus one row.
        self.packet_end.next.row = bit_cast::<16, 21>(self.ceiling_row.val());
        self.packet_end.next.last_byte = bit_cast::<8, 21>(self.ceiling.val() & self.row_mask.val());
        self.span.next = self.chunk.q.val() + bit_cast::<13, 2>(self.low.val());
        self.landing.next.q = self.q.val();
        self.landing.next.base = self.base.q.val();
        self.landing.next.end = self.span.val();
        self.landing.next.low = self.low.val();
        self.landing.next.phase = false;
        self.after_addr.next = self.addr.val() + bit_cast::<64, 13>(self.chunk.q.val());
        self.after_left.next = self.cur.val().left - bit_cast::<24, 13>(self.chunk.q.val());
        self.after_before.next = self.cur.val().before + bit_cast::<24, 13>(self.chunk.q.val());
    }
}
