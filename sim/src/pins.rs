//! The card's pins, one clock at a time.
//!
//! Names and widths are those of the module `ferrolane_card` (page "Pins of the simulated card" of the
//! documentation); the port may be 64, 128 or 256 bits wide. A [`CardModel`] is anything that can stand there: the
//! Verilated engine, or a model in Rust in tests.

use std::path::PathBuf;

/// Port width in DWORDs that a [`CardModel`] has if it does not say otherwise: 128 bits.
pub const DEFAULT_LANES: usize = 4;
/// Widest port in DWORDs: 256 bits.
pub const MAX_LANES: usize = 8;

/// One beat of a TLP stream.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Beat {
    /// There is a beat.
    pub valid: bool,
    /// First of its TLP; the header counts.
    pub first: bool,
    /// Last of its TLP; `error` counts.
    pub last: bool,
    /// The TLP is to be discarded (to the card) or nullified (from the card).
    pub error: bool,
    /// DWORDs that carry payload, bit 0 is lane 0. 0 on a TLP without data.
    pub keep: u8,
    /// Header, DW0 first, each DW as a number; DW3 is 0 in a 3-DW header.
    pub hdr: [u32; 4],
    /// Payload, byte 0 in bits 7:0 of lane 0. Lanes beyond the port's width don't count.
    pub data: [u32; MAX_LANES],
}

/// What the hard block tells of the configuration space (`cfg_*`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CfgPins {
    /// Link is up.
    pub link_up: bool,
    /// Link generation.
    pub link_speed: u8,
    /// Lanes.
    pub link_width: u8,
    /// Bus, device, function of the card.
    pub requester_id: u16,
    /// Max_Payload_Size is `128 << mps`.
    pub mps: u8,
    /// Max_Read_Request_Size is `128 << mrrs`.
    pub mrrs: u8,
    /// Read Completion Boundary: false is 64 bytes, true 128.
    pub rcb: bool,
    /// Extended Tag Field Enable.
    pub ext_tag: bool,
    /// 10-Bit Tag Requester Enable.
    pub tag10: bool,
    /// Bus Master Enable.
    pub bus_master: bool,
    /// Enable Relaxed Ordering.
    pub ro_enable: bool,
    /// Enable No Snoop.
    pub ns_enable: bool,
    /// Completion Timeout Value.
    pub cpl_timeout: u8,
    /// Function is in D0.
    pub d0: bool,
    /// MSI-X Enable.
    pub msix_enable: bool,
    /// MSI-X Function Mask.
    pub msix_mask: bool,
}

/// Credits left to transmit (`cfg_fc_*`), lower bounds. All ones means "at least this many".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FcPins {
    /// Posted headers, 8 bits.
    pub ph: u8,
    /// Posted data in units of 16 bytes, 12 bits.
    pub pd: u16,
    /// Non-posted headers.
    pub nph: u8,
    /// Non-posted data.
    pub npd: u16,
    /// Completion headers.
    pub cplh: u8,
    /// Completion data.
    pub cpld: u16,
}

/// Everything that goes into the card in a clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct Inputs {
    /// Synchronous reset.
    pub rst: bool,
    /// Requests from the host.
    pub rx_req: Beat,
    /// BAR that the request hit; with the first beat.
    pub rx_req_bar: u8,
    /// Function that the request is for; with the first beat.
    pub rx_req_func: u8,
    /// Completions for the card's reads.
    pub rx_cpl: Beat,
    /// The memory-write stream moves.
    pub tx_wr_ready: bool,
    /// The memory-read stream moves.
    pub tx_rd_ready: bool,
    /// The completion stream moves.
    pub tx_cpl_ready: bool,
    /// The write numbered `tx_sent_seq` can no longer be passed.
    pub tx_sent_valid: bool,
    /// Number of that write, 6 bits.
    pub tx_sent_seq: u8,
    /// Configuration.
    pub cfg: CfgPins,
    /// Transmit credits.
    pub fc: FcPins,
    /// A function-level reset was asked for; held until acknowledged.
    pub cfg_flr_request: bool,
    /// H2C queues from which the demo card takes nothing, one bit each.
    pub card_stop: u32,
}

/// Everything that comes out of the card in a clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct Outputs {
    /// The request stream moves.
    pub rx_req_ready: bool,
    /// A further non-posted request may come.
    pub rx_np_ok: bool,
    /// The completion stream moves; must always be set out of reset.
    pub rx_cpl_ready: bool,
    /// Memory writes: data, completion records, interrupts.
    pub tx_wr: Beat,
    /// Number of the write, with its first beat.
    pub tx_wr_seq: u8,
    /// Memory reads.
    pub tx_rd: Beat,
    /// Completions for the host's reads.
    pub tx_cpl: Beat,
    /// The function-level reset is done; a pulse.
    pub cfg_flr_ack: bool,
    /// A read of the card is unanswered.
    pub cfg_trans_pending: bool,
}

/// A card at pin level.
pub trait CardModel: Send {
    /// Port width in DWORDs: 2, 4 or 8.
    fn lanes(&self) -> usize {
        DEFAULT_LANES
    }

    /// One clock: applies `inputs`, gives the outputs of the same clock (combinational paths from the inputs
    /// included), then the rising edge. A beat moves if `valid` and `ready` are both set in the clock.
    ///
    /// # Errors
    /// The model stopped (an assertion of the design, say); the text says why. It is not stepped again.
    fn step(&mut self, inputs: &Inputs, outputs: &mut Outputs) -> Result<(), String>;

    /// Completes the waveform so far, if there is one, since somebody is about to look; gives its path. It goes on in another file.
    ///
    /// # Errors
    /// That other file can't be written; the text says why.
    fn complete_trace(&mut self) -> Result<Option<PathBuf>, String> {
        Ok(None)
    }

    /// Writes out buffered traces. Called when the simulator closes.
    fn finish(&mut self) {}
}
