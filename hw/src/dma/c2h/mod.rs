//! Card to host: ingress, plan, send.

mod block;
mod cut;
mod header;
mod ingress;
mod plan;
mod send;
mod struct_fifo;
mod types;
mod watch;

pub use block::{C2h, C2h128};
pub use cut::Cut;
pub use header::Header;
pub use ingress::Ingress;
pub use plan::Plan;
pub use send::Send;
pub use struct_fifo::StructFifo;
pub use watch::Watch;

/// Blocks of this module that are tested on their own.
pub fn blocks() -> Vec<crate::emit::TestBlock> {
    crate::blocks![
        c2h_ingress: Ingress<128, 16, 4, 2, 9, 6, 11, 8>,
        c2h_plan: Plan<4, 2, 8, 4, 20, 6, 8>,
        c2h_send: Send<128, 4, 16, 2, 9, 11, 4, 20>,
        c2h: C2h128,
    ]
}
