//! Card to host: ingress, plan, send.

mod ahead;
mod arrivals;
mod block;
mod clear;
mod cut;
mod dropper;
mod ends;
mod flush;
mod gather;
mod ingress;
mod lanes;
mod merge;
mod pass_over;
mod pick;
mod place;
mod plan;
mod present;
mod recut;
mod release;
mod room;
mod send;
mod stall;
mod types;
mod watch;

pub use ahead::Ahead;
pub use arrivals::Arrivals;
pub use block::{C2h, C2h128};
pub use clear::Clear;
pub use cut::Cut;
pub use dropper::Dropper;
pub use ends::Ends;
pub use flush::Flush;
pub use gather::Gather;
pub use ingress::Ingress;
pub use lanes::Lanes;
pub use merge::Merge;
pub use pass_over::PassOver;
pub use pick::Pick;
pub use place::Place;
pub use plan::Plan;
pub use present::Present;
pub use recut::Recut;
pub use release::Release;
pub use room::Room;
pub use send::Send;
pub use stall::Stall;
pub use watch::Watch;

/// Blocks of this module that are tested on their own.
pub fn blocks() -> Vec<crate::emit::TestBlock> {
    crate::blocks![
        c2h_ingress: Ingress<128, 16, 4, 2, 9, 6, 11, 8, 4, 1>,
        c2h_ingress_plain: Ingress<128, 16, 4, 2, 9, 6, 11, 8, 4, 0>,
        c2h_ingress64: Ingress<64, 8, 1, 1, 10, 6, 11, 7, 3, 1>,
        c2h_ingress256: Ingress<256, 32, 64, 6, 7, 6, 13, 12, 5, 1>,
        c2h_plan: Plan<4, 2, 8, 4, 14, 9, 6, 8, 1, 1>,
        c2h_recut: Recut<14>,
        c2h_send: Send<128, 4, 16, 2, 9, 11, 4, 14>,
        c2h_send64: Send<64, 2, 8, 2, 9, 11, 3, 13>,
        c2h_send256: Send<256, 8, 32, 2, 9, 11, 5, 15>,
        c2h: C2h128,
        c2h_core: C2h<128, 4, 16, 4, 2, 8, 4, 14, 9, 6, 11, 8, 0, 0>,
        c2h64: C2h<64, 2, 8, 1, 1, 2, 3, 14, 10, 6, 11, 7, 1, 1>,
        c2h256: C2h<256, 8, 32, 4, 2, 8, 5, 14, 8, 6, 10, 8, 1, 1>,
        c2h_many: C2h<128, 4, 16, 64, 6, 128, 4, 20, 7, 6, 13, 12, 1, 1>,
    ]
}
