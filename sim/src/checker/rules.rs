//! Rules on a single header: what may be in it with the present configuration.

use super::violation::{Finding, Stream, Violation};
use crate::pins::CfgPins;
use crate::tlp::{Header, Kind};

fn fail<T>(violation: Violation, detail: String) -> Result<T, Finding> {
    Err((violation, detail))
}

/// Bytes that an encoded size stands for.
pub fn size(code: u8) -> u64 {
    128 << code
}

/// Everything but tags in use, mappings, completions' requests and interrupts.
///
/// # Errors
/// The first rule that is broken.
pub fn header(stream: Stream, hdr: &Header, cfg: &CfgPins) -> Result<(), Finding> {
    let legal = match stream {
        Stream::Write => matches!(hdr.kind(), Kind::Write(_)),
        Stream::Read => matches!(hdr.kind(), Kind::Read(_)),
        Stream::Completion => hdr.is_completion(),
    };
    if !legal {
        return fail(Violation::FmtType, format!("fmt/type {:#04x}", hdr.0[0] >> 24));
    }
    common(hdr)?;
    let payload = 4 * hdr.payload_dws() as u64;
    if payload > size(cfg.mps) {
        return fail(
            Violation::PayloadOverMps,
            format!("{payload} bytes, Max_Payload_Size is {}", size(cfg.mps)),
        );
    }
    if stream != Stream::Completion {
        request(stream, hdr, cfg)?;
    }
    Ok(())
}

fn common(hdr: &Header) -> Result<(), Finding> {
    let flags = [
        (hdr.tc() != 0, Violation::TrafficClass),
        (hdr.td(), Violation::Digest),
        (hdr.ep(), Violation::Poisoned),
        (hdr.at() != 0, Violation::AddressType),
        (hdr.hints(), Violation::Hints),
    ];
    match flags.iter().find(|flag| flag.0) {
        Some((_, violation)) => fail(*violation, format!("DW0 is {:08x}", hdr.0[0])),
        None => Ok(()),
    }
}

fn request(stream: Stream, hdr: &Header, cfg: &CfgPins) -> Result<(), Finding> {
    if !cfg.bus_master {
        return fail(Violation::BusMaster, "Bus Master Enable is off".into());
    }
    if hdr.requester() != cfg.requester_id {
        return fail(
            Violation::RequesterId,
            format!("requester id {:#06x}, the function is {:#06x}", hdr.requester(), cfg.requester_id),
        );
    }
    attributes(hdr, cfg)?;
    address(hdr)?;
    if stream == Stream::Read {
        let (bytes, limit) = (4 * hdr.length() as u64, size(cfg.mrrs));
        if bytes > limit {
            return fail(Violation::ReadOverMrrs, format!("{bytes} bytes, Max_Read_Request_Size is {limit}"));
        }
        let tags = if cfg.tag10 {
            1024
        } else if cfg.ext_tag {
            256
        } else {
            32
        };
        if hdr.tag() >= tags {
            return fail(Violation::TagRange, format!("tag {:#x}, {tags} are enabled", hdr.tag()));
        }
    }
    byte_enables(hdr)
}

fn attributes(hdr: &Header, cfg: &CfgPins) -> Result<(), Finding> {
    let detail = || format!("attributes {:03b}", hdr.attr());
    if hdr.attr() & 4 != 0 {
        return fail(Violation::IdOrdering, detail());
    }
    if hdr.attr() & 2 != 0 && !cfg.ro_enable {
        return fail(Violation::RelaxedOrdering, detail());
    }
    if hdr.attr() & 1 != 0 && !cfg.ns_enable {
        return fail(Violation::NoSnoop, detail());
    }
    Ok(())
}

fn address(hdr: &Header) -> Result<(), Finding> {
    let long = hdr.dws() == 4;
    if long && hdr.0[2] == 0 {
        return fail(Violation::AddressForm, format!("address {:#x}", hdr.address()));
    }
    if hdr.0[if long { 3 } else { 2 }] & 3 != 0 {
        return fail(Violation::AddressBits, format!("address bits 1:0 of {:#x} are set", hdr.address()));
    }
    if (hdr.address() & 0xFFF) + 4 * hdr.length() as u64 > 0x1000 {
        return fail(Violation::Crosses4K, format!("{} DW at {:#x}", hdr.length(), hdr.address()));
    }
    Ok(())
}

/// PCIe Base Spec 2.2.5. Enables with gaps are for one DW, or for two that are aligned to 8 bytes.
fn byte_enables(hdr: &Header) -> Result<(), Finding> {
    let (first, last, length) = (hdr.first_be(), hdr.last_be(), hdr.length());
    let detail = || format!("enables {first:04b}/{last:04b} with {length} DW at {:#x}", hdr.address());
    if length == 1 {
        return if last == 0 { Ok(()) } else { fail(Violation::LastByteEnables, detail()) };
    }
    if first == 0 {
        return fail(Violation::FirstByteEnables, detail());
    }
    if last == 0 {
        return fail(Violation::LastByteEnables, detail());
    }
    let quad = length == 2 && hdr.address() & 4 == 0;
    let contiguous = matches!(first, 0xF | 0xE | 0xC | 0x8) && matches!(last, 0xF | 0x7 | 0x3 | 0x1);
    if !quad && !contiguous {
        return fail(Violation::SparseByteEnables, detail());
    }
    Ok(())
}
