//! Makes headers of memory requests.

use rust_hdl::prelude::*;

use super::header::MemHeader;
use crate::hw;

hw! {
    /// The header of a memory request without attributes: 3 DW below 4 GiB, else 4 DW (PCIe Base Spec r5 2.2.4.1: a
    /// request for an address below 4 GiB must use the 3-DW form). Combinational.
    pub struct MakeHeader {
        pub fmt_type: Signal<In, Bits<8>> = Default::default(),
        pub length: Signal<In, Bits<10>> = Default::default(),
        pub first_be: Signal<In, Bits<4>> = Default::default(),
        pub last_be: Signal<In, Bits<4>> = Default::default(),
        pub tag: Signal<In, Bits<8>> = Default::default(),
        pub requester: Signal<In, Bits<16>> = Default::default(),
        /// Byte address, DW aligned.
        pub address: Signal<In, Bits<64>> = Default::default(),
        pub hdr: Signal<Out, Bits<128>> = Default::default(),
        fields: Signal<Local, MemHeader> = Default::default(),
        high: Signal<Local, Bits<32>> = Default::default(),
        low: Signal<Local, Bits<32>> = Default::default(),
        four_dw: Constant<Bits<8>> = Constant::new(0x20_u64.into()),
    }
}

impl Logic for MakeHeader {
    #[hdl_gen]
    fn update(&mut self) {
        self.high.next = self.address.val().get_bits::<32>(32);
        self.low.next = self.address.val().get_bits::<32>(0);
        self.fields.next.length = self.length.val();
        self.fields.next.at = 0.into();
        self.fields.next.attr = 0.into();
        self.fields.next.ep = false;
        self.fields.next.td = false;
        self.fields.next.class = 0.into();
        self.fields.next.fmt_type = self.fmt_type.val();
        self.fields.next.first_be = self.first_be.val();
        self.fields.next.last_be = self.last_be.val();
        self.fields.next.tag = self.tag.val();
        self.fields.next.requester = self.requester.val();
        self.fields.next.address_hi = self.low.val();
        self.fields.next.address_lo = 0.into();
        if self.high.val() != 0 {
            self.fields.next.fmt_type = self.fmt_type.val() | self.four_dw.val();
            self.fields.next.address_hi = self.high.val();
            self.fields.next.address_lo = self.low.val();
        }
        self.hdr.next = self.fields.val().into();
    }
}
