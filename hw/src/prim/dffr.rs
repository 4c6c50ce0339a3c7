//! Register with synchronous reset, and one without.

use rust_hdl::prelude::*;

/// A register with synchronous reset to a value fixed at build.
///
/// `q` follows `d` with each rising edge of `clock`; while `rst` is high it takes the reset value.
#[derive(LogicBlock)]
pub struct Dffr<T: Synth> {
    /// Next value.
    pub d: Signal<In, T>,
    /// Present value.
    pub q: Signal<Out, T>,
    /// Clock.
    pub clock: Signal<In, Clock>,
    /// Synchronous reset, high.
    pub rst: Signal<In, Bit>,
    _init: T,
}

impl<T: Synth> Dffr<T> {
    /// A register that resets to `init`.
    pub fn new(init: T) -> Self {
        Self {
            d: Signal::default(),
            q: Signal::default(),
            clock: Signal::default(),
            rst: Signal::default(),
            _init: init,
        }
    }
}

impl<T: Synth> Default for Dffr<T> {
    fn default() -> Self {
        Self::new(T::default())
    }
}

impl<T: Synth> Logic for Dffr<T> {
    fn update(&mut self) {
        if self.clock.pos_edge() {
            self.q.next = if self.rst.val() { self._init } else { self.d.val() };
        }
    }
    fn connect(&mut self) {
        self.q.connect();
    }
    fn hdl(&self) -> Verilog {
        let init = self._init.verilog();
        Verilog::Custom(format!("always @(posedge clock)\n    if (rst) q <= {init:x};\n    else q <= d;\n"))
    }
}

/// A register without reset, for data that a valid bit guards. It powers up with any value.
#[derive(LogicBlock)]
pub struct Reg<T: Synth> {
    /// Next value.
    pub d: Signal<In, T>,
    /// Present value.
    pub q: Signal<Out, T>,
    /// Clock.
    pub clock: Signal<In, Clock>,
}

impl<T: Synth> Default for Reg<T> {
    fn default() -> Self {
        Self { d: Signal::default(), q: Signal::default(), clock: Signal::default() }
    }
}

impl<T: Synth> Logic for Reg<T> {
    fn update(&mut self) {
        if self.clock.pos_edge() {
            self.q.next = self.d.val();
        }
    }
    fn connect(&mut self) {
        self.q.connect();
    }
    fn hdl(&self) -> Verilog {
        Verilog::Custom("always @(posedge clock)\n    q <= d;\n".into())
    }
}
