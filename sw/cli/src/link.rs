//! What a link can carry.

use ferrolane::{Facts, Parameters};

/// Framing, sequence number and LCRC around each TLP, in bytes (PCIe Base Spec 3.6, 4.2).
const FRAMING: f64 = 8.0;
/// Shortest header of a TLP with data, in bytes.
const HEADER: f64 = 12.0;

/// Most payload in one direction, in bytes per second: every TLP at Max_Payload_Size with its shortest header,
/// and no more than the engine's port takes. Acks, flow control and skip sets are left out; they cost a real link 1 to
/// 5 %.
pub fn payload_bound(facts: &Facts, parameters: &Parameters) -> f64 {
    let gigatransfers = match facts.link_generation {
        0 | 1 => 2.5,
        2 => 5.0,
        3 => 8.0,
        4 => 16.0,
        _ => 32.0,
    };
    let code = if facts.link_generation < 3 { 8.0 / 10.0 } else { 128.0 / 130.0 };
    let wire = gigatransfers * 1e9 * code / 8.0 * f64::from(facts.link_lanes);
    let mps = f64::from(facts.max_payload);
    let port = f64::from(parameters.port_bits) / 8.0 * f64::from(parameters.clock_khz) * 1e3;
    (wire * mps / (mps + HEADER + FRAMING)).min(port)
}
