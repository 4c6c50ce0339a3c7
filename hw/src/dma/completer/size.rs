//! How many bytes a request asks for.

use rust_hdl::prelude::*;

use super::pcie::Request;
use crate::hw;

hw! {
    /// Byte Count and Lower Address of a request's first completion (PCIe Base Spec r5, 2.3.1.1, Table 2-38 ff.).
    ///
    /// Memory reads: from the first enabled byte to the last, both included; 1 if none is enabled. AtomicOps: the size
    /// of an operand. Everything else: 4. No state.
    pub struct Size {
        pub req: Signal<In, Request> = Default::default(),
        /// Length in DWORDs, 1 to 1024.
        pub dwords: Signal<Out, Bits<11>> = Default::default(),
        /// Byte Count, 1 to 4096.
        pub bytes: Signal<Out, Bits<13>> = Default::default(),
        /// Disabled bytes in front of the first enabled one; 0 if none is enabled.
        pub lead: Signal<Out, Bits<2>> = Default::default(),
        /// Disabled bytes behind the last enabled one; 3 if none is enabled.
        pub trail: Signal<Out, Bits<2>> = Default::default(),
        /// A memory read, to be served, that reads nothing.
        pub flush: Signal<Out, Bit> = Default::default(),
        single: Signal<Local, Bit> = Default::default(),
        length: Signal<Local, Bits<11>> = Default::default(),
        front: Signal<Local, Bits<2>> = Default::default(),
        back: Signal<Local, Bits<2>> = Default::default(),
        tail_be: Signal<Local, Bits<4>> = Default::default(),
        be: Signal<Local, Bits<4>> = Default::default(),
        span: Signal<Local, Bits<13>> = Default::default(),
        outside: Signal<Local, Bits<13>> = Default::default(),
    }
}

impl Logic for Size {
    #[hdl_gen]
    fn update(&mut self) {
        self.single.next = self.req.val().len == 1;
        self.length.next = bit_cast::<11, 10>(self.req.val().len);
        if self.req.val().len == 0 {
            self.length.next = 1024.into();
        }
        self.be.next = self.req.val().first_be;
        self.tail_be.next = self.req.val().last_be;
        if self.single.val() {
            self.tail_be.next = self.req.val().first_be;
        }
        self.front.next = 0.into();
        if self.be.val().get_bit(0) {
            self.front.next = 0.into();
        } else if self.be.val().get_bit(1) {
            self.front.next = 1.into();
        } else if self.be.val().get_bit(2) {
            self.front.next = 2.into();
        } else if self.be.val().get_bit(3) {
            self.front.next = 3.into();
        }
        self.back.next = 3.into();
        if self.tail_be.val().get_bit(3) {
            self.back.next = 0.into();
        } else if self.tail_be.val().get_bit(2) {
            self.back.next = 1.into();
        } else if self.tail_be.val().get_bit(1) {
            self.back.next = 2.into();
        }
        self.span.next = bit_cast::<13, 11>(self.length.val()) << 2;
        self.outside.next = bit_cast::<13, 2>(self.front.val()) + bit_cast::<13, 2>(self.back.val());
        self.dwords.next = self.length.val();
        self.lead.next = self.front.val();
        self.flush.next = self.req.val().served & self.single.val() & !self.req.val().first_any;
        self.trail.next = self.back.val();
        self.bytes.next = 4.into();
        if self.req.val().read | self.req.val().locked {
            self.bytes.next = self.span.val() - self.outside.val();
        }
        if self.req.val().atomic {
            self.bytes.next = self.span.val();
        }
        if self.req.val().cas {
            self.bytes.next = self.span.val() >> 1;
        }
    }
}
