//! Output stage of the write stream.

use rust_hdl::prelude::*;

use super::header::MEM_WRITE;
use super::request::{Request, FIELD_BITS, WRITE_FIELD_BITS};
use super::request_header::RequestHeader;
use crate::hw;
use crate::prim::{Bram, Dffr, Reg};
use crate::stream::Mirror;

hw! {
    /// Beats that were accepted, on their way to the port; makes the headers.
    ///
    /// ```text
    ///  in_data ─► block memory ─────────────────────────────────────┐
    ///  in_keep, in_first, in_last ─► LUT memory ────────────────────┼─► output registers ─► out_*
    ///  in_addr, in_bytes, in_attr ─► register ─► Request ─► LUT memory ─► RequestHeader ┘
    /// ```
    /// A beat shows at the output three clocks after it was taken, then one per clock. Header fields are kept once per TLP.
    /// `room` may be registered by whoever looks at it: the beats that come until then still have their place.
    pub struct WriteQueue<const W: usize, const K: usize> {
        pub clock: Signal<In, Clock> = Default::default(),
        pub rst: Signal<In, Bit> = Default::default(),
        pub requester: Signal<In, Bits<16>> = Default::default(),
        pub in_valid: Signal<In, Bit> = Default::default(),
        pub in_first: Signal<In, Bit> = Default::default(),
        pub in_last: Signal<In, Bit> = Default::default(),
        /// Address, bytes and attributes count with the first beat.
        pub in_addr: Signal<In, Bits<64>> = Default::default(),
        pub in_bytes: Signal<In, Bits<11>> = Default::default(),
        pub in_attr: Signal<In, Bits<2>> = Default::default(),
        pub in_data: Signal<In, Bits<W>> = Default::default(),
        pub in_keep: Signal<In, Bits<K>> = Default::default(),
        /// There is room for the beats of this clock and of the next two.
        pub room: Signal<Out, Bit> = Default::default(),
        /// Nothing is inside.
        pub empty: Signal<Out, Bit> = Default::default(),
        pub out_valid: Signal<Out, Bit> = Default::default(),
        pub out_ready: Signal<In, Bit> = Default::default(),
        pub out_first: Signal<Out, Bit> = Default::default(),
        pub out_last: Signal<Out, Bit> = Default::default(),
        pub out_hdr: Signal<Out, Bits<128>> = Default::default(),
        pub out_data: Signal<Out, Bits<W>> = Default::default(),
        pub out_keep: Signal<Out, Bits<K>> = Default::default(),
        request: Request = Default::default(),
        header: RequestHeader = Default::default(),
        // Block memory is 512 deep whatever is used of it: 16.
        beats: Bram<Bits<W>, 9> = Default::default(),
        keeps: Mirror<K, 4> = Default::default(),
        ends: Mirror<2, 4> = Default::default(),
        headers: Mirror<WRITE_FIELD_BITS, 4> = Default::default(),
        begins: Dffr<Bit> = Default::default(),
        addr: Reg<Bits<64>> = Default::default(),
        bytes: Reg<Bits<11>> = Default::default(),
        attr: Reg<Bits<2>> = Default::default(),
        wptr: Dffr<Bits<4>> = Default::default(),
        rptr: Dffr<Bits<4>> = Default::default(),
        header_wptr: Dffr<Bits<4>> = Default::default(),
        header_rptr: Dffr<Bits<4>> = Default::default(),
        // Beats inside, that at the output included.
        count: Dffr<Bits<4>> = Default::default(),
        head: Dffr<Bit> = Default::default(),
        valid: Dffr<Bit> = Default::default(),
        first: Reg<Bit> = Default::default(),
        last: Reg<Bit> = Default::default(),
        fields: Reg<Bits<WRITE_FIELD_BITS>> = Default::default(),
        data: Reg<Bits<W>> = Default::default(),
        keep: Reg<Bits<K>> = Default::default(),
        flags: Signal<Local, Bits<2>> = Default::default(),
        moves: Signal<Local, Bit> = Default::default(),
        pop: Signal<Local, Bit> = Default::default(),
        leaves: Signal<Local, Bit> = Default::default(),
        next_rptr: Signal<Local, Bits<4>> = Default::default(),
        next_header_rptr: Signal<Local, Bits<4>> = Default::default(),
        write: Constant<Bits<8>> = Constant::new(MEM_WRITE.into()),
    }
}

impl<const W: usize, const K: usize> Logic for WriteQueue<W, K> {
    #[hdl_gen]
    fn update(&mut self) {
        clock!(self, clock, beats, keeps, ends, headers);
        dff_setup!(self, clock, begins, addr, bytes, attr, wptr, rptr, header_wptr, header_rptr, count);
        dff_setup!(self, clock, head, valid, first, last, fields, data, keep);
        self.begins.rst.next = self.rst.val();
        self.wptr.rst.next = self.rst.val();
        self.rptr.rst.next = self.rst.val();
        self.header_wptr.rst.next = self.rst.val();
        self.header_rptr.rst.next = self.rst.val();
        self.count.rst.next = self.rst.val();
        self.head.rst.next = self.rst.val();
        self.valid.rst.next = self.rst.val();

        // In.
        self.beats.waddr.next = bit_cast::<9, 4>(self.wptr.q.val());
        self.beats.wdata.next = self.in_data.val();
        self.beats.wen.next = self.in_valid.val();
        self.keeps.waddr.next = self.wptr.q.val();
        self.keeps.wdata.next = self.in_keep.val();
        self.keeps.wen.next = self.in_valid.val();
        self.ends.waddr.next = self.wptr.q.val();
        self.flags.next = 0.into();
        self.flags.next = self.flags.val().replace_bit(0, self.in_first.val());
        self.flags.next = self.flags.val().replace_bit(1, self.in_last.val());
        self.ends.wdata.next = self.flags.val();
        self.ends.wen.next = self.in_valid.val();
        if self.in_valid.val() {
            self.wptr.d.next = self.wptr.q.val() + 1;
        }
        self.begins.d.next = self.in_valid.val() & self.in_first.val();
        self.addr.d.next = self.in_addr.val();
        self.bytes.d.next = self.in_bytes.val();
        self.attr.d.next = self.in_attr.val();
        self.request.addr.next = self.addr.q.val();
        self.request.bytes.next = bit_cast::<13, 11>(self.bytes.q.val());
        self.request.attr.next = self.attr.q.val();
        self.request.tag.next = 0.into();
        self.headers.waddr.next = self.header_wptr.q.val();
        self.headers.wdata.next = bit_cast::<WRITE_FIELD_BITS, FIELD_BITS>(self.request.fields.val());
        self.headers.wen.next = self.begins.q.val();
        if self.begins.q.val() {
            self.header_wptr.d.next = self.header_wptr.q.val() + 1;
        }

        // Out: the memories' read registers hold the beat at rptr once it was written the clock before at the latest; its
        // header was then written by the end of this clock, and LUT memories show what was.
        self.moves.next = !self.valid.q.val() | self.out_ready.val();
        self.pop.next = self.head.q.val() & self.moves.val();
        self.next_rptr.next = self.rptr.q.val();
        self.next_header_rptr.next = self.header_rptr.q.val();
        if self.pop.val() {
            self.next_rptr.next = self.rptr.q.val() + 1;
            if self.ends.rdata.val().get_bit(1) {
                self.next_header_rptr.next = self.header_rptr.q.val() + 1;
            }
        }
        self.rptr.d.next = self.next_rptr.val();
        self.header_rptr.d.next = self.next_header_rptr.val();
        self.head.d.next = self.wptr.q.val() != self.next_rptr.val();
        self.beats.raddr.next = bit_cast::<9, 4>(self.next_rptr.val());
        self.keeps.raddr.next = self.next_rptr.val();
        self.ends.raddr.next = self.next_rptr.val();
        self.headers.raddr.next = self.next_header_rptr.val();
        if self.moves.val() {
            self.valid.d.next = self.head.q.val();
            self.first.d.next = self.ends.rdata.val().get_bit(0);
            self.last.d.next = self.ends.rdata.val().get_bit(1);
            self.fields.d.next = self.headers.rdata.val();
            self.data.d.next = self.beats.rdata.val();
            self.keep.d.next = self.keeps.rdata.val();
        }
        self.leaves.next = self.valid.q.val() & self.out_ready.val();
        if self.in_valid.val() & !self.leaves.val() {
            self.count.d.next = self.count.q.val() + 1;
        }
        if !self.in_valid.val() & self.leaves.val() {
            self.count.d.next = self.count.q.val() - 1;
        }
        self.room.next = !(self.count.q.val().get_bit(3) & self.count.q.val().get_bit(2));
        self.empty.next = !self.count.q.val().any();

        self.header.fmt_type.next = self.write.val();
        self.header.requester.next = self.requester.val();
        self.header.fields.next = bit_cast::<FIELD_BITS, WRITE_FIELD_BITS>(self.fields.q.val());
        self.out_valid.next = self.valid.q.val();
        self.out_first.next = self.first.q.val();
        self.out_last.next = self.last.q.val();
        self.out_hdr.next = self.header.hdr.val();
        self.out_data.next = self.data.q.val();
        self.out_keep.next = self.keep.q.val();
    }
}
