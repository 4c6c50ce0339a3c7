//! The fields of a memory request's header that follow from address and bytes.

use rust_hdl::prelude::*;

use crate::hw;

/// What a memory request's header says, apart from what is the same in all requests of a kind; [`FIELD_BITS`] wide, first field
/// lowest.
#[derive(Copy, Clone, Debug, PartialEq, Default, LogicStruct)]
pub struct RequestFields {
    /// Payload or read length in DWs; 0 means 1024.
    pub length: Bits<10>,
    /// No snoop (bit 0), relaxed ordering (bit 1).
    pub attr: Bits<2>,
    /// Byte enables of the first DW.
    pub first_be: Bits<4>,
    /// Byte enables of the last DW; 0 if there is only one.
    pub last_be: Bits<4>,
    /// The header has 4 DW.
    pub long: Bit,
    /// The header's last DW but for its two lowest bits; 0 with 3 DW.
    pub dw3: Bits<30>,
    /// Its last but one, or its last with 3 DW.
    pub dw2: Bits<32>,
    /// Tag; 0 in a write.
    pub tag: Bits<10>,
}

/// Bits of [`RequestFields`].
pub const FIELD_BITS: usize = 93;
/// The same without the tag.
pub const WRITE_FIELD_BITS: usize = 83;

hw! {
    /// Length, byte enables and form of the address of a memory request; combinational.
    ///
    /// ```text
    ///  addr[1:0], bytes ─► DWORDs it touches ─► length
    ///                 └──► first and last byte ─► first_be, last_be
    ///  addr ─► above 4 GiB? ─► dw2, dw3
    /// ```
    /// A request for an address below 4 GiB must use the 3-DW header (PCIe Base Spec r5 2.2.4.1). The address points to the first DWORD; the byte
    /// enables tell which of its bytes and of the last one's are meant, and a request of one DWORD has no last (2.2.5).
    pub struct Request {
        /// Address of the first byte.
        pub addr: Signal<In, Bits<64>> = Default::default(),
        /// 1 to 4096, within 1024 DWORDs.
        pub bytes: Signal<In, Bits<13>> = Default::default(),
        /// No Snoop (bit 0), Relaxed Ordering (bit 1).
        pub attr: Signal<In, Bits<2>> = Default::default(),
        pub tag: Signal<In, Bits<10>> = Default::default(),
        /// [`RequestFields`].
        pub fields: Signal<Out, Bits<FIELD_BITS>> = Default::default(),
        request: Signal<Local, RequestFields> = Default::default(),
        low2: Signal<Local, Bits<2>> = Default::default(),
        ends: Signal<Local, Bits<3>> = Default::default(),
        end2: Signal<Local, Bits<2>> = Default::default(),
        over: Signal<Local, Bits<3>> = Default::default(),
        dws: Signal<Local, Bits<11>> = Default::default(),
        first_be: Signal<Local, Bits<4>> = Default::default(),
        last_be: Signal<Local, Bits<4>> = Default::default(),
        high: Signal<Local, Bits<32>> = Default::default(),
    }
}

impl Logic for Request {
    #[hdl_gen]
    fn update(&mut self) {
        self.low2.next = bit_cast::<2, 64>(self.addr.val());
        // Bytes behind the last whole DWORD, counted from the first DWORD's beginning: 0 to 6.
        self.ends.next =
            bit_cast::<3, 2>(self.low2.val()) + bit_cast::<3, 2>(self.bytes.val().get_bits::<2>(0));
        self.end2.next = bit_cast::<2, 3>(self.ends.val());
        self.over.next = 0.into();
        if self.ends.val().get_bit(2) {
            self.over.next = 1.into();
        }
        if self.end2.val().any() {
            self.over.next = self.over.val() + 1;
        }
        self.dws.next = self.bytes.val().get_bits::<11>(2) + bit_cast::<11, 3>(self.over.val());

        self.first_be.next = 15.into();
        self.first_be.next = self.first_be.val() << self.low2.val();
        self.last_be.next = 15.into();
        if self.end2.val() == 1 {
            self.last_be.next = 1.into();
        } else if self.end2.val() == 2 {
            self.last_be.next = 3.into();
        } else if self.end2.val() == 3 {
            self.last_be.next = 7.into();
        }
        self.request.next.first_be = self.first_be.val();
        self.request.next.last_be = self.last_be.val();
        // One DWORD: at most 4 bytes, and they end in it.
        if !self.bytes.val().get_bits::<10>(3).any()
            & ((!self.bytes.val().get_bit(2) & (self.ends.val() <= 4))
                | (self.bytes.val().get_bit(2) & !self.ends.val().any()))
        {
            self.request.next.first_be = self.first_be.val() & self.last_be.val();
            self.request.next.last_be = 0.into();
        }
        self.request.next.length = bit_cast::<10, 11>(self.dws.val());
        self.request.next.attr = self.attr.val();
        self.request.next.tag = self.tag.val();

        self.high.next = self.addr.val().get_bits::<32>(32);
        self.request.next.long = self.high.val().any();
        self.request.next.dw2 = self.high.val();
        self.request.next.dw3 = self.addr.val().get_bits::<30>(2);
        if !self.high.val().any() {
            self.request.next.dw2 = bit_cast::<32, 30>(self.addr.val().get_bits::<30>(2)) << 2;
            self.request.next.dw3 = 0.into();
        }
        self.fields.next = self.request.val().into();
    }
}
