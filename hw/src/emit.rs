//! From circuits to Verilog text.

use rust_hdl::prelude::*;

/// Connects a circuit, checks it and gives its Verilog with the top module called `top`.
///
/// Circuits are large values and the checks recurse, so this runs on a thread with a stack of its own. Panics, with
/// rust-hdl's report, if the circuit has undriven inputs, loops or writes to its own inputs.
pub fn verilog<U: Block + 'static>(top: &str, make: fn() -> U) -> String {
    let top = top.to_string();
    std::thread::Builder::new()
        .stack_size(1 << 30)
        .spawn(move || {
            let mut circuit = Box::new(make());
            circuit.connect_all();
            check_all(circuit.as_ref()).unwrap_or_else(|e| panic!("{top}: {e:?}"));
            let mut definitions = ModuleDefines::default();
            circuit.accept(&top, &mut definitions);
            definitions.defines()
        })
        .expect("a thread")
        .join()
        .unwrap_or_else(|e| std::panic::resume_unwind(e))
}

/// A block that is verilated on its own for its test: module name and how to get its Verilog.
#[derive(Clone, Copy)]
pub struct TestBlock {
    /// Name of the top module and of the model.
    pub name: &'static str,
    /// Gives the Verilog.
    pub verilog: fn() -> String,
}

/// Lists blocks for testing: `blocks![fifo: Fifo<32, 4, 5>, ...]`.
#[macro_export]
macro_rules! blocks {
    ($($name:ident : $ty:ty),* $(,)?) => {
        vec![ $( $crate::emit::TestBlock {
            name: stringify!($name),
            verilog: || $crate::emit::verilog::<$ty>(stringify!($name), Default::default),
        } ),* ]
    };
}
