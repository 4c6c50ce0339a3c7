//! The faults that a DMA card and its driver must survive, and what is promised for each.

/// Whose reaction a row is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The engine's: tests named `fNN_…` in `sim/tests/faults` show it.
    Hardware,
    /// The driver's; no test of this table covers it yet.
    Host,
    /// There is nothing to test, for this reason.
    Nothing(&'static str),
}

/// A row.
pub struct Row {
    /// What goes wrong.
    pub fault: &'static str,
    /// What the engine or driver does then.
    pub promise: &'static str,
    /// Whose affair it is.
    pub side: Side,
}

const fn hardware(fault: &'static str, promise: &'static str) -> Row {
    Row { fault, promise, side: Side::Hardware }
}

const fn host(fault: &'static str, promise: &'static str) -> Row {
    Row { fault, promise, side: Side::Host }
}

/// All rows; the first is number 1.
pub const ROWS: [Row; 34] = [
    hardware(
        "a data read is not answered in time",
        "DATA_TIMEOUT, nothing delivered behind it; the tag rests until the last answer has come or the link was down",
    ),
    hardware("a descriptor fetch is not answered in time", "FETCH_TIMEOUT for the first descriptor that is missing"),
    hardware(
        "completion with UR or CA, of a fetch or of data",
        "FETCH_UR, FETCH_CA, DATA_UR, DATA_CA; the other queues go on",
    ),
    hardware("completion with CRS or a reserved status", "as UR (PCIe Base Spec 2.3.2)"),
    hardware("poisoned completion (EP)", "data discarded, FETCH_POISONED or DATA_POISONED"),
    hardware(
        "malformed completion: success without data, data with an error, cut short, `error` at the port",
        "FETCH_MALFORMED, DATA_MALFORMED or the status; what ends with `error` counts as never received",
    ),
    hardware(
        "unexpected completion: unknown tag, other requester, twice, behind a reset",
        "dropped and counted, ERROR.UNEXPECTED_CPL, no other change",
    ),
    hardware(
        "wrong Byte Count, wrong Lower Address, more data than asked for",
        "FETCH_MALFORMED or DATA_MALFORMED, nothing written outside the request; Lower Address is not looked at",
    ),
    hardware("answers cut at every legal boundary (RCB 64 and 128)", "byte-exact"),
    hardware("completions of different tags in any order, interleaved", "byte-exact, delivered in order"),
    hardware("backpressure, credits at zero for long", "waits and goes on, nothing lost"),
    hardware(
        "4 KiB boundaries, MPS and MRRS changed at run time, 3-DW and 4-DW headers",
        "legal TLPs only, by the checker",
    ),
    hardware(
        "MSI-X vector or function masked or disabled, table changed",
        "pending bit kept, delivered once, as the table says then",
    ),
    host("interrupt spurious, lost, coalesced or early", "the driver goes by the phase bit and looks again after arming"),
    hardware("Bus Master Enable cleared in the middle of traffic", "no request while it is off; goes on when it is on"),
    hardware("Function Level Reset in the middle of traffic", "registers at reset values, no old TLP meets new traffic"),
    hardware(
        "link down, surprise removal",
        "registers read all ones and the driver says DeviceLost; behind a new link the card starts anew",
    ),
    hardware("link retrained to lower speed or width", "goes on slower; LINK shows it"),
    hardware("descriptor with bad length or flags; list that loops or leads nowhere", "its own code, the queue stops there"),
    host("descriptor changed while the card owns it, torn write", "the driver writes the doorbell with release order"),
    hardware("doorbell beyond the ring, backwards, of a stopped queue", "ignored, counted, ERROR.INVALID_DOORBELL"),
    hardware("completion ring full", "the queue stalls; no record is overwritten or lost"),
    hardware("stop races with the last completion", "behind IDLE nothing moves, and COMPLETED is what stands in memory"),
    hardware(
        "IOMMU fault: no mapping, read-only mapping",
        "a read: DATA_UR; a write is dropped by the IOMMU and the card can't know",
    ),
    host("memory can't be mapped", "the error names limit, value and remedy"),
    host("process killed with DMA in flight", "the next open finds a clean device"),
    host("panic, early drop, buffer forgotten", "a buffer in flight belongs to the ring until its completion"),
    host("fork, threads, signals", "no descriptor is inherited; a signal stops in order"),
    host("second open of the device", "refused with the holder named"),
    host("other bitstream or version", "refused by MAGIC and ABI version"),
    host("no huge pages, far NUMA node, other page sizes", "goes on with a warning"),
    hardware("counters wrap", "rows and packets of 16 bits wrap in the middle of traffic; indices of 32 bits in the block tests"),
    Row {
        fault: "bit flips in on-chip memory",
        promise: "none",
        side: Side::Nothing("not built: the memories have no parity"),
    },
    Row { fault: "flash write cut short", promise: "none", side: Side::Nothing("there is no board with a flash yet") },
];
