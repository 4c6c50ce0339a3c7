//! Header of a memory request from its fields.

use rust_hdl::prelude::*;

use super::header::MemHeader;
use super::request::FIELD_BITS;
use crate::hw;

hw! {
    /// Puts the fields of a memory request where the header has them (PCIe Base Spec r5 2.2.7); wires only.
    ///
    /// ```text
    ///  fields, requester, fmt_type ─► hdr
    /// ```
    pub struct RequestHeader {
        /// Of the 3-DW form.
        pub fmt_type: Signal<In, Bits<8>> = Default::default(),
        pub requester: Signal<In, Bits<16>> = Default::default(),
        /// [`super::RequestFields`].
        pub fields: Signal<In, Bits<FIELD_BITS>> = Default::default(),
        pub hdr: Signal<Out, Bits<128>> = Default::default(),
        header: Signal<Local, MemHeader> = Default::default(),
        tag8: Signal<Local, Bits<8>> = Default::default(),
        tag9: Signal<Local, Bits<8>> = Default::default(),
        four_dw: Constant<Bits<8>> = Constant::new(0x20_u64.into()),
    }
}

impl Logic for RequestHeader {
    #[hdl_gen]
    fn update(&mut self) {
        self.header.next.length = self.fields.val().get_bits::<10>(0);
        self.header.next.at = 0.into();
        self.header.next.attr = self.fields.val().get_bits::<2>(10);
        self.header.next.ep = false;
        self.header.next.td = false;
        // Tag bits 9 and 8 stand in DW0 (2.2.6.2).
        self.tag8.next = bit_cast::<8, 1>(self.fields.val().get_bits::<1>(91));
        self.tag9.next = bit_cast::<8, 1>(self.fields.val().get_bits::<1>(92));
        self.header.next.class = (self.tag8.val() << 3) | (self.tag9.val() << 7);
        self.header.next.fmt_type = self.fmt_type.val();
        if self.fields.val().get_bit(20) {
            self.header.next.fmt_type = self.fmt_type.val() | self.four_dw.val();
        }
        self.header.next.first_be = self.fields.val().get_bits::<4>(12);
        self.header.next.last_be = self.fields.val().get_bits::<4>(16);
        self.header.next.tag = self.fields.val().get_bits::<8>(83);
        self.header.next.requester = self.requester.val();
        self.header.next.address_hi = self.fields.val().get_bits::<32>(51);
        self.header.next.address_lo = bit_cast::<32, 30>(self.fields.val().get_bits::<30>(21)) << 2;
        self.hdr.next = self.header.val().into();
    }
}
