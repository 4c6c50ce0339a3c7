//! Memory whose reads see the write of the same clock.

use rust_hdl::prelude::*;

/// Log2 of the words up to which a memory is made of LUTs as they are, on every family with LUT memories.
const LUT_DEPTH: usize = 4;

/// 2^`A` words of `N` bits; `rdata` is the word at `raddr` of the clock before, including a write in that clock.
///
/// ```text
///  up to 16 words:  raddr ─► register ─► LUT memory ─► rdata
///  more:            raddr ─► memory with registered read ─┬─► rdata
///                   wdata, same address? ─► registers ────┘
/// ```
/// Counters that are read, changed and written in every clock, and copies that a bus may write while they
/// are read, need this; a plain memory may give either value then. With few words the register stands in front of an
/// asynchronous read, so the write is seen for nothing: neither comparator nor multiplexer nor `2·N` flip-flops.
#[derive(LogicBlock)]
pub struct Mirror<const N: usize, const A: usize> {
    /// Clock.
    pub clock: Signal<In, Clock>,
    /// Address to read.
    pub raddr: Signal<In, Bits<A>>,
    /// Word read, one clock later.
    pub rdata: Signal<Out, Bits<N>>,
    /// Address to write.
    pub waddr: Signal<In, Bits<A>>,
    /// Word to write.
    pub wdata: Signal<In, Bits<N>>,
    /// Write enable.
    pub wen: Signal<In, Bit>,
}

impl<const N: usize, const A: usize> Default for Mirror<N, A> {
    fn default() -> Self {
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

impl<const N: usize, const A: usize> Logic for Mirror<N, A> {
    fn update(&mut self) {}
    fn connect(&mut self) {
        self.rdata.connect();
    }
    fn hdl(&self) -> Verilog {
        let (word, last) = (N - 1, (1_usize << A) - 1);
        Verilog::Custom(if A <= LUT_DEPTH {
            format!(
                "(* ram_style = \"distributed\" *) reg [{word}:0] mem [0:{last}];\n\
                 reg [{address}:0] at;\n\
                 always @(posedge clock) begin\n    at <= raddr;\n    if (wen) mem[waddr] <= wdata;\nend\n\
                 always @(*) rdata = mem[at];\n",
                address = A - 1,
            )
        } else {
            format!(
                "(* no_rw_check *) reg [{word}:0] mem [0:{last}];\n\
                 reg [{word}:0] found;\nreg [{word}:0] written;\nreg hit;\n\
                 always @(posedge clock) begin\n    found <= mem[raddr];\n    written <= wdata;\n    \
                 hit <= wen && waddr == raddr;\n    if (wen) mem[waddr] <= wdata;\nend\n\
                 always @(*) rdata = hit ? written : found;\n",
            )
        })
    }
}
