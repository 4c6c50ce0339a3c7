//! A register block made from the ABI table.

use ferrolane_abi::table::Access::{Rw, W1c};
use ferrolane_abi::table::Register;
use rust_hdl::prelude::*;

use crate::hw;
use crate::prim::Dffr;

hw! {
    /// `N` registers: what the table says of a bit is what it does.
    ///
    /// Read-write bits hold what was written, by byte enable; W1C bits are set by `set` and cleared by writing 1, and
    /// setting wins; all other bits read their reset value. A register that hardware drives has reset value 0 here, and
    /// the owner ORs the live value in. Made by [`Bank::of`]; a new row in the table needs nothing else.
    pub struct Bank<const N: usize> {
        pub clock: Signal<In, Clock> = Default::default(),
        pub rst: Signal<In, Bit> = Default::default(),
        /// Write at byte offset `w_addr` in this clock.
        pub w_valid: Signal<In, Bit> = Default::default(),
        pub w_addr: Signal<In, Bits<16>> = Default::default(),
        pub w_data: Signal<In, Bits<32>> = Default::default(),
        pub w_be: Signal<In, Bits<4>> = Default::default(),
        /// A register stands at `w_addr`.
        pub w_known: Signal<Out, Bit> = Default::default(),
        /// Byte offset to read; `r_value` and `r_known` answer in the same clock.
        pub r_addr: Signal<In, Bits<16>> = Default::default(),
        pub r_value: Signal<Out, Bits<32>> = Default::default(),
        pub r_known: Signal<Out, Bit> = Default::default(),
        /// W1C bits to set in the register at `set_addr`.
        pub set_addr: Signal<In, Bits<16>> = Default::default(),
        pub set: Signal<In, Bits<32>> = Default::default(),
        held: [Dffr<Bits<32>>; N] = array_init::array_init(|_| Default::default()),
        strobe: Signal<Local, Bits<32>> = Default::default(),
        written: Signal<Local, Bits<32>> = Default::default(),
        at: [Constant<Bits<16>>; N] = array_init::array_init(|_| Constant::new(0.into())),
        rw: [Constant<Bits<32>>; N] = array_init::array_init(|_| Constant::new(0.into())),
        w1c: [Constant<Bits<32>>; N] = array_init::array_init(|_| Constant::new(0.into())),
        // Bits that are neither, with their value.
        fixed: [Constant<Bits<32>>; N] = array_init::array_init(|_| Constant::new(0.into())),
        byte: [Constant<Bits<32>>; 4] =
            array_init::array_init(|i| Constant::new((0xFF_u64 << (8 * i)).into())),
    }
}

impl<const N: usize> Bank<N> {
    /// The bank of a table.
    pub fn of(table: &[Register]) -> Self {
        assert_eq!(table.len(), N, "registers of the bank");
        let constant = |value: u32| Constant::new(u64::from(value).into());
        let writable = |r: &Register| r.mask(Rw) | r.mask(W1c);
        Self {
            held: array_init::array_init(|i| {
                Dffr::new(u64::from(table[i].reset() & writable(&table[i])).into())
            }),
            at: array_init::array_init(|i| Constant::new(u64::from(table[i].offset).into())),
            rw: array_init::array_init(|i| constant(table[i].mask(Rw))),
            w1c: array_init::array_init(|i| constant(table[i].mask(W1c))),
            fixed: array_init::array_init(|i| constant(table[i].reset() & !writable(&table[i]))),
            ..Self::default()
        }
    }

    /// Gives read-only fields of `register` the values of this build, by name of the field.
    pub fn fix(mut self, table: &[Register], register: &Register, fields: &[(&str, usize)]) -> Self {
        let index = table.iter().position(|r| r.offset == register.offset).expect("a register of the table");
        let value = fields.iter().fold(0, |value, (name, of)| {
            let field = register.field(name).unwrap_or_else(|| panic!("{} has no {name}", register.name));
            let of = *of as u32;
            assert_eq!(field.get(field.put(of)), of, "{}.{name} can't hold it", register.name);
            value | field.put(of)
        });
        self.fixed[index] = Constant::new(u64::from(value).into());
        self
    }
}

impl<const N: usize> Logic for Bank<N> {
    #[hdl_gen]
    fn update(&mut self) {
        self.strobe.next = 0.into();
        for i in 0..4 {
            if self.w_be.val().get_bit(i) & self.w_valid.val() {
                self.strobe.next = self.strobe.val() | self.byte[i].val();
            }
        }
        self.written.next = self.w_data.val() & self.strobe.val();
        self.w_known.next = false;
        self.r_known.next = false;
        self.r_value.next = 0.into();
        for i in 0..N {
            self.held[i].clock.next = self.clock.val();
            self.held[i].rst.next = self.rst.val();
            self.held[i].d.next = self.held[i].q.val();
            if self.w_addr.val() == self.at[i].val() {
                self.w_known.next = true;
                self.held[i].d.next = ((self.held[i].q.val() & !(self.strobe.val() & self.rw[i].val()))
                    | (self.written.val() & self.rw[i].val()))
                    & !(self.written.val() & self.w1c[i].val());
            }
            if self.set_addr.val() == self.at[i].val() {
                self.held[i].d.next = self.held[i].d.val() | (self.set.val() & self.w1c[i].val());
            }
            if self.r_addr.val() == self.at[i].val() {
                self.r_known.next = true;
                self.r_value.next = self.held[i].q.val() | self.fixed[i].val();
            }
        }
    }
}
