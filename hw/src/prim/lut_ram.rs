//! Small memory that reads in the clock of the address.

use rust_hdl::prelude::*;

/// 2^`A` words, at most 16, made of LUTs: `rdata` is the word at `raddr` now.
///
/// With the address in a register the word comes as early as from a register of its own, at no flip-flop per bit; what was
/// written shows from the next clock on. It powers up with any content.
#[derive(LogicBlock)]
pub struct LutRam<D: Synth, const A: usize> {
    /// Clock of the writes.
    pub clock: Signal<In, Clock>,
    /// Address to read.
    pub raddr: Signal<In, Bits<A>>,
    /// Word read.
    pub rdata: Signal<Out, D>,
    /// Address to write.
    pub waddr: Signal<In, Bits<A>>,
    /// Word to write.
    pub wdata: Signal<In, D>,
    /// Write enable.
    pub wen: Signal<In, Bit>,
}

impl<D: Synth, const A: usize> Default for LutRam<D, A> {
    fn default() -> Self {
        assert!(A <= 4, "deeper than a LUT memory");
        Self {
            clock: Signal::default(),
            raddr: Signal::default(),
            rdata: Signal::default(),
            waddr: Signal::default(),
            wdata: Signal::default(),
            wen: Signal::default(),
        }
    }
}

impl<D: Synth, const A: usize> Logic for LutRam<D, A> {
    fn update(&mut self) {}
    fn connect(&mut self) {
        self.rdata.connect();
    }
    fn hdl(&self) -> Verilog {
        Verilog::Custom(format!(
            "(* ram_style = \"distributed\" *) reg [{}:0] mem [0:{}];\n\
             always @(posedge clock)\n    if (wen) mem[waddr] <= wdata;\n\
             always @(*) rdata = mem[raddr];\n",
            D::BITS - 1,
            (1_usize << A) - 1,
        ))
    }
}
