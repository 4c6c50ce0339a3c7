//! The socket: the engine and one module of the user's, in Verilog, behind the flat port.

use rust_hdl::prelude::*;

use super::user_logic::UserLogic;
use crate::dma::port::{around_engine, engine_sizes};

engine_sizes! { around_engine! {
    /// Wires between the engine's side for the card and the module `user_logic`, which whoever uses it writes.
    ///
    /// ```text
    ///  TLP port ◄─► engine ◄─► h2c_axis, c2h_axis, axi, axil, user_irq ◄─► user_logic
    /// ```
    /// The names of the pins are part of the contract: outside test benches bind to them. Sizes as in [`Engine`](crate::dma::engine::Engine).
    pub struct Socket [] {
        user: UserLogic<W, KB, NQ, NU> = Default::default(),
    }
    card user #[hdl_gen] fn update(&mut self) {
        self.user.clk.next = self.clk.val();
        self.user.rst.next = self.rst.val();
        self.user.axil_awprot.next = self.engine.axil_awprot.val();
        self.user.axil_arprot.next = self.engine.axil_arprot.val();
    }
} }
