/// Which way a port goes, seen from the design.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    /// Driven by the test bench.
    Input,
    /// Driven by the design.
    Output,
}

/// A port of a model's top module.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Port {
    /// Its Verilog name.
    pub name: &'static str,
    /// Its width in bits.
    pub width: u32,
    /// Which way it goes.
    pub direction: Direction,
    /// Where it starts in the struct of its direction, in 32-bit words.
    pub offset: usize,
}

impl Port {
    /// How many 32-bit words it takes, least significant first.
    pub const fn words(&self) -> usize {
        (self.width as usize).div_ceil(32)
    }

    /// Whether `value` has no bit beyond the port's width.
    pub fn holds(&self, value: u64) -> bool {
        self.width >= 64 || value >> self.width == 0
    }
}
