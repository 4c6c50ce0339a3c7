//! The host's way in: requests to the BARs, their routing to the blocks that answer, the global registers, and the way
//! to the card's own.

use ferrolane_abi::feature;

mod axil;
mod bad_header;
mod completer;
mod decode;
mod event_counters;
mod global;
mod global_table;
mod packet_fifo;
mod pcie;
mod receive;
mod request_fifo;
mod respond;
mod serialise;
mod size;
mod unpack;

pub use axil::Axil;
pub use completer::Completer;
pub use decode::Decode;
pub use global::GlobalRegs;

/// Blocks of this module that are tested on their own.
pub fn blocks() -> Vec<crate::emit::TestBlock> {
    crate::blocks![
        completer: Completer<128, 4>,
        completer_64: Completer<64, 2>,
        completer_256: Completer<256, 8>,
        decode: Decode<4>,
        axil: Axil<16, 6>,
        axil_12: Axil<12, 4>,
        global_regs: GlobalRegs<4, 9, 128, 6, 250_000, 14, 14, 7, 1, { feature::ALL as usize }>,
        global_regs_core: GlobalRegs<4, 9, 128, 6, 250_000, 14, 14, 7, 0, { feature::BASE as usize }>,
    ]
}
