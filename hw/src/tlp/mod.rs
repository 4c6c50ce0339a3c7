//! What all blocks that handle TLPs share: completion routing and the arbiters of the transmit streams, which make the headers.

mod cpl_route;
mod header;
mod make_header;
mod open_reads;
mod rd_arb;
mod request;
mod request_header;
mod timeout_tick;
mod wr_arb;
mod write_queue;

pub use cpl_route::CplRoute;
pub use header::{fetch_tags, most_fetches, MemHeader, CPL, CPL_DATA, LAPSED, MEM_READ, MEM_WRITE};
pub use make_header::MakeHeader;
pub use open_reads::OpenReads;
pub use rd_arb::RdArb;
pub use request::{Request, RequestFields, FIELD_BITS, WRITE_FIELD_BITS};
pub use request_header::RequestHeader;
pub use wr_arb::WrArb;
pub use write_queue::WriteQueue;

/// Blocks of this module that are tested on their own.
pub fn blocks() -> Vec<crate::emit::TestBlock> {
    crate::blocks![
        rd_arb: RdArb<128, 4>,
        wr_arb: WrArb<128, 4>,
        wr_arb64: WrArb<64, 2>,
        wr_arb256: WrArb<256, 8>,
        cpl_route: CplRoute<128, 4, 6, 1>,
        cpl_route64: CplRoute<64, 2, 5, 1>,
        cpl_route256: CplRoute<256, 8, 8, 1>,
        cpl_route_core: CplRoute<128, 4, 6, 0>,
        open_reads: OpenReads<6, 100_000>,
        open_reads32: OpenReads<5, 250_000>,
        open_reads256: OpenReads<8, 250_000>,
    ]
}
