//! One request of a descriptor: how long, where it lands, its header.

use rust_hdl::prelude::*;

use super::types::{IssueContext, Landing, PacketEnd};
use crate::hw;
use crate::prim::Reg;

hw! {
    /// Cuts the next request off a descriptor, in two steps; its outputs hold from the clock behind `sum_step` on.
    ///
    /// A request ends at a multiple of Max_Read_Request_Size at the latest, so it is never longer than that and never crosses a
    /// 4 KiB boundary (PCIe Base Spec r5 2.2.7). Addresses below 4 GiB use the 3-DW header, as they must.
    pub struct Cut<const SB: usize> {
        pub clock: Signal<In, Clock> = Default::default(),
        pub cur: Signal<In, IssueContext> = Default::default(),
        pub chunk_step: Signal<In, Bit> = Default::default(),
        pub sum_step: Signal<In, Bit> = Default::default(),
        pub cfg_mrrs: Signal<In, Bits<3>> = Default::default(),
        pub cfg_requester_id: Signal<In, Bits<16>> = Default::default(),
        pub tag: Signal<In, Bits<6>> = Default::default(),
        pub q: Signal<In, Bits<6>> = Default::default(),
        pub bytes: Signal<Out, Bits<13>> = Default::default(),
        /// It is the descriptor's last.
        pub last: Signal<Out, Bit> = Default::default(),
        /// Rows below this one are needed or used before.
        pub row: Signal<Out, Bits<16>> = Default::default(),
        /// Rows below this one are complete once it has landed. A packet's end completes its row.
        pub complete_row: Signal<Out, Bits<16>> = Default::default(),
        pub landing: Signal<Out, Landing> = Default::default(),
        pub packet_end: Signal<Out, PacketEnd> = Default::default(),
        pub hdr: Signal<Out, Bits<128>> = Default::default(),
        pub after_addr: Signal<Out, Bits<64>> = Default::default(),
        pub after_left: Signal<Out, Bits<24>> = Default::default(),
        pub after_before: Signal<Out, Bits<24>> = Default::default(),
        pub after_pos: Signal<Out, Bits<24>> = Default::default(),
        chunk: Reg<Bits<13>> = Default::default(),
        is_last: Reg<Bit> = Default::default(),
        padded: Reg<Bits<24>> = Default::default(),
        end_pos: Reg<Bits<24>> = Default::default(),
        ceiling: Reg<Bits<24>> = Default::default(),
        span: Reg<Bits<13>> = Default::default(),
        size: Signal<Local, Bits<13>> = Default::default(),
        ones: Signal<Local, Bits<13>> = Default::default(),
        past: Signal<Local, Bits<13>> = Default::default(),
        addr: Signal<Local, Bits<64>> = Default::default(),
        upper: Signal<Local, Bits<32>> = Default::default(),
        lower: Signal<Local, Bits<32>> = Default::default(),
        low: Signal<Local, Bits<2>> = Default::default(),
        to_end: Signal<Local, Bits<13>> = Default::default(),
        ceiling_row: Signal<Local, Bits<24>> = Default::default(),
        last_pos: Signal<Local, Bits<24>> = Default::default(),
        rounded: Signal<Local, Bits<13>> = Default::default(),
        dwords: Signal<Local, Bits<13>> = Default::default(),
        last_dw: Signal<Local, Bits<4>> = Default::default(),
        first_be: Signal<Local, Bits<4>> = Default::default(),
        last_be: Signal<Local, Bits<4>> = Default::default(),
        dw0: Signal<Local, Bits<32>> = Default::default(),
        dw1: Signal<Local, Bits<32>> = Default::default(),
        header: Signal<Local, Bits<128>> = Default::default(),
        closes: Signal<Local, Bit> = Default::default(),
        min_size: Constant<Bits<13>> = Constant::new(128_u64.into()),
        row_mask: Constant<Bits<24>> = Constant::new(((1_u64 << SB) - 1).into()),
        row_shift: Constant<Bits<5>> = Constant::new((SB as u64).into()),
        // Fmt 001: 4-DW header without data, Type 00000 (PCIe Base Spec r5 2.2.1).
        four_dw: Constant<Bits<32>> = Constant::new(0x2000_0000_u64.into()),
        align: Constant<Bits<32>> = Constant::new(0xFFFF_FFFC_u64.into()),
        full_be: Constant<Bits<4>> = Constant::new(15_u64.into()),
    }
}

impl<const SB: usize> Logic for Cut<SB> {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, chunk, is_last, padded, end_pos, ceiling, span);

        // Step 1: up to the next multiple of MRRS. Its encodings 6 and 7 are reserved; they count as 128 bytes.
        self.size.next = self.min_size.val();
        if self.cfg_mrrs.val() < 6 {
            self.size.next = self.min_size.val() << self.cfg_mrrs.val();
        }
        self.ones.next = self.size.val() - 1;
        self.addr.next = self.cur.val().addr;
        self.past.next = bit_cast::<13, 64>(self.addr.val()) & self.ones.val();
        self.to_end.next = self.size.val() - self.past.val();
        if self.chunk_step.val() {
            self.padded.d.next = self.cur.val().pos + self.row_mask.val();
            if self.cur.val().left <= bit_cast::<24, 13>(self.to_end.val()) {
                self.chunk.d.next = bit_cast::<13, 24>(self.cur.val().left);
                self.is_last.d.next = true;
            } else {
                self.chunk.d.next = self.to_end.val();
                self.is_last.d.next = false;
            }
        }
        // Step 2: its end in the FIFO, exact and rounded up to a row.
        self.low.next = bit_cast::<2, 64>(self.addr.val());
        if self.sum_step.val() {
            self.end_pos.d.next = self.cur.val().pos + bit_cast::<24, 13>(self.chunk.q.val());
            self.ceiling.d.next = self.padded.q.val() + bit_cast::<24, 13>(self.chunk.q.val());
            self.span.d.next = self.chunk.q.val() + bit_cast::<13, 2>(self.low.val());
        }

        self.closes.next = self.is_last.q.val() & self.cur.val().eop;
        self.bytes.next = self.chunk.q.val();
        self.last.next = self.is_last.q.val();
        self.ceiling_row.next = self.ceiling.q.val() >> self.row_shift.val();
        self.row.next = bit_cast::<16, 24>(self.ceiling_row.val());
        self.complete_row.next = bit_cast::<16, 24>(self.end_pos.q.val() >> self.row_shift.val());
        self.after_pos.next = self.end_pos.q.val();
        if self.closes.val() {
            self.complete_row.next = bit_cast::<16, 24>(self.ceiling_row.val());
            self.after_pos.next = self.ceiling_row.val() << self.row_shift.val();
        }
        self.last_pos.next = self.end_pos.q.val() - 1;
        self.packet_end.next.row = bit_cast::<16, 24>(self.ceiling_row.val()) - 1;
        self.packet_end.next.last_byte = bit_cast::<8, 24>(self.last_pos.val() & self.row_mask.val());
        self.landing.next.q = self.q.val();
        self.landing.next.base = self.cur.val().pos - bit_cast::<24, 2>(self.low.val());
        self.landing.next.end = self.span.q.val();
        self.landing.next.low = self.low.val();
        self.after_addr.next = self.addr.val() + bit_cast::<64, 13>(self.chunk.q.val());
        self.after_left.next = self.cur.val().left - bit_cast::<24, 13>(self.chunk.q.val());
        self.after_before.next = self.cur.val().before + bit_cast::<24, 13>(self.chunk.q.val());

        // Byte enables, PCIe Base Spec r5 2.2.5: of a request of one DW both ends are in the first, and the last is 0.
        self.rounded.next = self.span.q.val() + 3;
        self.dwords.next = self.rounded.val() >> 2;
        self.last_dw.next = self.full_be.val();
        if (self.span.q.val() & 3) == 1 {
            self.last_dw.next = 1.into();
        }
        if (self.span.q.val() & 3) == 2 {
            self.last_dw.next = 3.into();
        }
        if (self.span.q.val() & 3) == 3 {
            self.last_dw.next = 7.into();
        }
        self.first_be.next = self.full_be.val() << self.low.val();
        self.last_be.next = self.last_dw.val();
        if self.dwords.val() == 1 {
            self.first_be.next = self.first_be.val() & self.last_dw.val();
            self.last_be.next = 0.into();
        }
        self.upper.next = self.addr.val().get_bits::<32>(32);
        self.lower.next = bit_cast::<32, 64>(self.addr.val()) & self.align.val();
        self.dw0.next = bit_cast::<32, 10>(bit_cast::<10, 13>(self.dwords.val()));
        self.dw1.next = (bit_cast::<32, 16>(self.cfg_requester_id.val()) << 16)
            | (bit_cast::<32, 6>(self.tag.val()) << 8)
            | (bit_cast::<32, 4>(self.last_be.val()) << 4)
            | bit_cast::<32, 4>(self.first_be.val());
        self.header.next = bit_cast::<128, 32>(self.lower.val()) << 64;
        if self.upper.val() != 0 {
            self.dw0.next = self.dw0.val() | self.four_dw.val();
            self.header.next =
                (bit_cast::<128, 32>(self.lower.val()) << 96) | (bit_cast::<128, 32>(self.upper.val()) << 64);
        }
        self.hdr.next = self.header.val()
            | (bit_cast::<128, 32>(self.dw1.val()) << 32)
            | bit_cast::<128, 32>(self.dw0.val());
    }
}
