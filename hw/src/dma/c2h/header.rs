//! Header of a memory write.

use rust_hdl::prelude::*;

use crate::hw;

hw! {
    /// Makes the header of an MWr from address and length (PCIe Base Spec 2.2.4.1, 2.2.5, 2.2.7); combinational.
    ///
    /// Addresses below 4 GiB get the 3-DW form. Tag and attributes are 0. A length of 1024 DW, which the header writes
    /// as 0, does not occur: MPS is at most 1 KiB.
    pub struct Header {
        pub requester_id: Signal<In, Bits<16>> = Default::default(),
        /// Address of the first byte.
        pub addr: Signal<In, Bits<64>> = Default::default(),
        /// Bytes from the beginning of the first DWORD to the last byte.
        pub total: Signal<In, Bits<12>> = Default::default(),
        pub hdr: Signal<Out, Bits<128>> = Default::default(),
        /// Length in DWORDs.
        pub dws: Signal<Out, Bits<12>> = Default::default(),

        low2: Signal<Local, Bits<2>> = Default::default(),
        total_up: Signal<Local, Bits<12>> = Default::default(),
        total_dw: Signal<Local, Bits<12>> = Default::default(),
        length: Signal<Local, Bits<32>> = Default::default(),
        first_be: Signal<Local, Bits<4>> = Default::default(),
        last_be: Signal<Local, Bits<4>> = Default::default(),
        addr_low: Signal<Local, Bits<32>> = Default::default(),
        addr_high: Signal<Local, Bits<32>> = Default::default(),
        dw: [Signal<Local, Bits<32>>; 4] = Default::default(),
        // Fmt and Type of a memory write with 3-DW and 4-DW header (2.2.1, Tables 2-2 and 2-3).
        mwr32: Constant<Bits<32>> = Constant::new(0x4000_0000_u64.into()),
        mwr64: Constant<Bits<32>> = Constant::new(0x6000_0000_u64.into()),
    }
}

impl Logic for Header {
    #[hdl_gen]
    fn update(&mut self) {
        self.total_up.next = self.total.val() + 3;
        self.total_dw.next = self.total_up.val() >> 2;
        self.dws.next = self.total_dw.val();
        self.length.next = bit_cast::<32, 12>(self.total_dw.val());
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
        self.addr_low.next = bit_cast::<32, 64>(self.addr.val());
        self.addr_low.next = (self.addr_low.val() >> 2) << 2;
        self.addr_high.next = self.addr.val().get_bits::<32>(32);
        self.dw[0].next = self.mwr32.val() | self.length.val();
        self.dw[1].next = (bit_cast::<32, 16>(self.requester_id.val()) << 16)
            | (bit_cast::<32, 4>(self.last_be.val()) << 4)
            | bit_cast::<32, 4>(self.first_be.val());
        self.dw[2].next = self.addr_low.val();
        self.dw[3].next = 0.into();
        if self.addr_high.val().any() {
            self.dw[0].next = self.mwr64.val() | self.length.val();
            self.dw[2].next = self.addr_high.val();
            self.dw[3].next = self.addr_low.val();
        }
        self.hdr.next = bit_cast::<128, 32>(self.dw[0].val())
            | (bit_cast::<128, 32>(self.dw[1].val()) << 32)
            | (bit_cast::<128, 32>(self.dw[2].val()) << 64)
            | (bit_cast::<128, 32>(self.dw[3].val()) << 96);
    }
}
