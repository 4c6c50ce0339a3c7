//! The shapes of table rows: register, field, access kind, named bit.

/// How the host may use a field. The generic register test checks each kind against the RTL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Read-only: writes have no effect.
    Ro,
    /// Read-write: reads give back what was written.
    Rw,
    /// Hardware sets, the host clears by writing 1; writing 0 has no effect.
    W1c,
    /// Writing 1 does something once, writing 0 has no effect; reads 0.
    Wo,
}

impl Access {
    /// The conventional short name: `RO`, `RW`, `W1C` or `WO`.
    pub const fn name(self) -> &'static str {
        match self {
            Access::Ro => "RO",
            Access::Rw => "RW",
            Access::W1c => "W1C",
            Access::Wo => "WO",
        }
    }
}

/// A field of a register. Bits that belong to no field are reserved: they read 0 and ignore writes.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// Name in upper case.
    pub name: &'static str,
    /// Lowest bit.
    pub lsb: u32,
    /// Width in bits, 1 to 32.
    pub width: u32,
    /// Access kind.
    pub access: Access,
    /// Value after reset, before shifting to `lsb`. Meaningless where the register is volatile.
    pub reset: u32,
    /// What it means, with units.
    pub doc: &'static str,
}

impl Field {
    /// The field's bits in place.
    pub const fn mask(&self) -> u32 {
        let ones = if self.width >= 32 { u32::MAX } else { (1u32 << self.width) - 1 };
        ones << self.lsb
    }

    /// Takes the field's value out of a register's value.
    pub const fn get(&self, register: u32) -> u32 {
        (register & self.mask()) >> self.lsb
    }

    /// Puts `value` in place, cut to the field's width.
    pub const fn put(&self, value: u32) -> u32 {
        (value << self.lsb) & self.mask()
    }
}

/// A 32-bit register.
#[derive(Clone, Copy, Debug)]
pub struct Register {
    /// Name in upper case.
    pub name: &'static str,
    /// Byte offset in its block (a BAR page, or one queue's block).
    pub offset: u32,
    /// Its fields, lowest first.
    pub fields: &'static [Field],
    /// True where hardware may change read-only bits at any time, or the reset value depends on parameters.
    pub volatile: bool,
    /// What it is for.
    pub doc: &'static str,
}

impl Register {
    /// All bits with access kind `access`.
    pub const fn mask(&self, access: Access) -> u32 {
        let mut mask = 0;
        let mut i = 0;
        while i < self.fields.len() {
            if self.fields[i].access as u32 == access as u32 {
                mask |= self.fields[i].mask();
            }
            i += 1;
        }
        mask
    }

    /// The value after reset (of non-volatile bits).
    pub const fn reset(&self) -> u32 {
        let mut value = 0;
        let mut i = 0;
        while i < self.fields.len() {
            value |= self.fields[i].put(self.fields[i].reset);
            i += 1;
        }
        value
    }

    /// The field called `name`, for tools that take names from a user.
    pub fn field(&self, name: &str) -> Option<&'static Field> {
        self.fields.iter().find(|f| f.name == name)
    }
}

/// A named bit or code of a format that is not a register.
#[derive(Clone, Copy, Debug)]
pub struct Named {
    /// Name in upper case.
    pub name: &'static str,
    /// Bit number or code value.
    pub value: u32,
    /// What it means.
    pub doc: &'static str,
}
