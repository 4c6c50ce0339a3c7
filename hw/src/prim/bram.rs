//! Memories: one write port, one or two read ports, registered reads.
//!
//! A read in the same clock as a write of the same address gives either value: the `no_rw_check` attribute tells
//! synthesis that nobody depends on it. Users either never do it or forward around it themselves.
//! They power up with any content.

use rust_hdl::prelude::*;

fn declare(width: usize, depth: usize) -> String {
    format!("(* no_rw_check *) reg [{}:0] mem [0:{}];\n", width - 1, depth - 1)
}

/// Simple dual-port memory of 2^`A` words: `rdata` is the word at `raddr` of the clock before.
#[derive(LogicBlock)]
pub struct Bram<D: Synth, const A: usize> {
    /// Clock.
    pub clock: Signal<In, Clock>,
    /// Address to read.
    pub raddr: Signal<In, Bits<A>>,
    /// Word read, one clock later.
    pub rdata: Signal<Out, D>,
    /// Address to write.
    pub waddr: Signal<In, Bits<A>>,
    /// Word to write.
    pub wdata: Signal<In, D>,
    /// Write enable.
    pub wen: Signal<In, Bit>,
}

impl<D: Synth, const A: usize> Default for Bram<D, A> {
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

impl<D: Synth, const A: usize> Logic for Bram<D, A> {
    fn update(&mut self) {}
    fn connect(&mut self) {
        self.rdata.connect();
    }
    fn hdl(&self) -> Verilog {
        Verilog::Custom(
            declare(D::BITS, 1 << A)
                + "always @(posedge clock) begin\n    rdata <= mem[raddr];\n    if (wen) mem[waddr] <= wdata;\nend\n",
        )
    }
}

/// The same with two read ports.
#[derive(LogicBlock)]
pub struct Bram2<D: Synth, const A: usize> {
    /// Clock.
    pub clock: Signal<In, Clock>,
    /// Address to read on the first port.
    pub raddr: Signal<In, Bits<A>>,
    /// Word read on the first port, one clock later.
    pub rdata: Signal<Out, D>,
    /// Address to read on the second port.
    pub raddr2: Signal<In, Bits<A>>,
    /// Word read on the second port, one clock later.
    pub rdata2: Signal<Out, D>,
    /// Address to write.
    pub waddr: Signal<In, Bits<A>>,
    /// Word to write.
    pub wdata: Signal<In, D>,
    /// Write enable.
    pub wen: Signal<In, Bit>,
}

impl<D: Synth, const A: usize> Default for Bram2<D, A> {
    fn default() -> Self {
        Self {
            clock: Signal::default(),
            raddr: Signal::default(),
            rdata: Signal::default(),
            raddr2: Signal::default(),
            rdata2: Signal::default(),
            waddr: Signal::default(),
            wdata: Signal::default(),
            wen: Signal::default(),
        }
    }
}

impl<D: Synth, const A: usize> Logic for Bram2<D, A> {
    fn update(&mut self) {}
    fn connect(&mut self) {
        self.rdata.connect();
        self.rdata2.connect();
    }
    fn hdl(&self) -> Verilog {
        Verilog::Custom(
            declare(D::BITS, 1 << A)
                + "always @(posedge clock) begin\n    rdata <= mem[raddr];\n    rdata2 <= mem[raddr2];\n    if (wen) mem[waddr] <= wdata;\nend\n",
        )
    }
}
