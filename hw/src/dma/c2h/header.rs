//! Header of a memory write of any bytes.

use rust_hdl::prelude::*;

use crate::hw;
use crate::tlp::{MakeHeader, MEM_WRITE};

hw! {
    /// Makes the header of an MWr from address and bytes (PCIe Base Spec r5 2.2.4.1, 2.2.5, 2.2.7); combinational.
    ///
    /// The tag is 0. A length of 1024 DW, which the header writes as 0, does not occur: MPS is at most 1 KiB.
    pub struct Header {
        pub requester_id: Signal<In, Bits<16>> = Default::default(),
        /// Address of the first byte.
        pub addr: Signal<In, Bits<64>> = Default::default(),
        /// Bytes from the beginning of the first DWORD to the last byte.
        pub total: Signal<In, Bits<12>> = Default::default(),
        /// No Snoop (bit 0), Relaxed Ordering (bit 1).
        pub attr: Signal<In, Bits<2>> = Default::default(),
        pub hdr: Signal<Out, Bits<128>> = Default::default(),
        /// Length in DWORDs.
        pub dws: Signal<Out, Bits<12>> = Default::default(),

        make: MakeHeader = Default::default(),
        low2: Signal<Local, Bits<2>> = Default::default(),
        total_up: Signal<Local, Bits<12>> = Default::default(),
        total_dw: Signal<Local, Bits<12>> = Default::default(),
        first_be: Signal<Local, Bits<4>> = Default::default(),
        last_be: Signal<Local, Bits<4>> = Default::default(),
        dw_addr: Signal<Local, Bits<64>> = Default::default(),
        write: Constant<Bits<8>> = Constant::new(MEM_WRITE.into()),
    }
}

impl Logic for Header {
    #[hdl_gen]
    fn update(&mut self) {
        self.total_up.next = self.total.val() + 3;
        self.total_dw.next = self.total_up.val() >> 2;
        self.dws.next = self.total_dw.val();
        self.low2.next = bit_cast::<2, 64>(self.addr.val());
        self.first_be.next = 15.into();
        self.first_be.next = self.first_be.val() << self.low2.val();
        self.low2.next = bit_cast::<2, 12>(self.total.val());
        self.last_be.next = 15.into();
        if self.low2.val() == 1 {
            self.last_be.next = 1.into();
        }
        if self.low2.val() == 2 {
            self.last_be.next = 3.into();
        }
        if self.low2.val() == 3 {
            self.last_be.next = 7.into();
        }
        if self.total_dw.val() == 1 {
            self.first_be.next = self.first_be.val() & self.last_be.val();
            self.last_be.next = 0.into();
        }
        self.dw_addr.next = (self.addr.val() >> 2) << 2;
        self.make.fmt_type.next = self.write.val();
        self.make.length.next = bit_cast::<10, 12>(self.total_dw.val());
        self.make.first_be.next = self.first_be.val();
        self.make.last_be.next = self.last_be.val();
        self.make.tag.next = 0.into();
        self.make.requester.next = self.requester_id.val();
        self.make.address.next = self.dw_addr.val();
        // Attr stands in bits 13:12 of the first DWORD (2.2.6.3, 2.2.6.4).
        self.hdr.next = self.make.hdr.val() | (bit_cast::<128, 2>(self.attr.val()) << 12);
    }
}
