//! What all blocks that handle TLPs share: completion routing and the arbiters of the transmit streams.

mod cpl_route;
mod header;
mod make_header;
mod rd_arb;
mod skid;
mod wr_arb;

pub use cpl_route::CplRoute;
pub use header::{MemHeader, CPL, CPL_DATA, FETCH_TAGS, MEM_READ, MEM_WRITE};
pub use make_header::MakeHeader;
pub use rd_arb::RdArb;
pub use skid::WrSkid;
pub use wr_arb::WrArb;

/// Blocks of this module that are tested on their own.
pub fn blocks() -> Vec<crate::emit::TestBlock> {
    crate::blocks![
        rd_arb: RdArb<128, 4>,
        wr_arb: WrArb<128, 4>,
        wr_arb64: WrArb<64, 2>,
        wr_arb256: WrArb<256, 8>,
        cpl_route: CplRoute<128, 4>,
        cpl_route64: CplRoute<64, 2>,
        cpl_route256: CplRoute<256, 8>,
    ]
}
