//! A TLP as a line of the log: its header, the first of its payload, and what it is about.

use std::collections::HashMap;
use std::fmt::Write;

use ferrolane_abi::map;

use super::{place, Surroundings};
use crate::checker::decode;
use crate::control::Direction;
use crate::faults::plan::FETCH_TAGS;
use crate::iommu::MSI_WINDOW;
use crate::pins::CfgPins;
use crate::root_complex::FIRST_VECTOR;
use crate::tlp::{Kind, Tlp};

/// First line of a log.
pub const HEADING: &str = "#    clock         ns to   TLP | payload as 32-bit numbers ; what it is about";
/// DWORDs of payload that a line shows: two descriptors, two records.
const SHOWN: usize = 8;

/// Makes the lines; it remembers what reads were about, which their completions don't say.
#[derive(Default)]
pub struct Lines {
    card_reads: HashMap<u16, String>,
    host_reads: HashMap<u16, String>,
}

impl Lines {
    /// A TLP that goes over the wire of `direction`, without its time.
    pub fn tlp(&mut self, direction: Direction, tlp: &Tlp, around: Surroundings<'_>) -> String {
        let up = direction == Direction::ToHost;
        let mut text = format!("{} {}", if up { "up  " } else { "down" }, decode::header(&tlp.hdr));
        let payload = tlp.payload();
        if !payload.is_empty() {
            text.push_str(" |");
            for word in payload.iter().take(SHOWN) {
                let _ = write!(text, " {word:08x}");
            }
            if payload.len() > SHOWN {
                let _ = write!(text, " and {} DW", payload.len() - SHOWN);
            }
        }
        if let Some(about) = self.about(up, tlp, around) {
            let _ = write!(text, " ; {about}");
        }
        text
    }

    fn about(&mut self, up: bool, tlp: &Tlp, around: Surroundings<'_>) -> Option<String> {
        let hdr = &tlp.hdr;
        let reads = if up { &mut self.card_reads } else { &mut self.host_reads };
        match hdr.kind() {
            Kind::Cpl | Kind::CplD => {
                let asked = if up { &self.host_reads } else { &self.card_reads };
                asked.get(&hdr.tag()).cloned()
            }
            Kind::Read(_) => {
                let about = if up {
                    Some(read(hdr.tag(), hdr.address(), around))
                } else {
                    register(hdr.address(), around)
                };
                match &about {
                    Some(about) => reads.insert(hdr.tag(), about.clone()),
                    None => reads.remove(&hdr.tag()),
                };
                about
            }
            Kind::Write(_) if !up => register(hdr.address(), around),
            Kind::Write(_) if MSI_WINDOW.contains(&hdr.address()) => {
                let vector = tlp.payload().first()?.wrapping_sub(FIRST_VECTOR);
                Some(format!("interrupt, vector {vector}"))
            }
            Kind::Write(_) => {
                Some(around.queues.records_of(hdr.address()).map_or("data".into(), |id| of(id, "records")))
            }
            Kind::Other(_) => None,
        }
    }
}

fn read(tag: u16, address: u64, around: Surroundings<'_>) -> String {
    if tag >= FETCH_TAGS {
        return "data".into();
    }
    let queue = around.queues.descriptors_of(address).next();
    queue.map_or("descriptors".into(), |id| of(id, "descriptors"))
}

fn of(id: usize, what: &str) -> String {
    format!("{what} of {}", place::queue(id as u64))
}

/// The register that the host means.
fn register(address: u64, around: Surroundings<'_>) -> Option<String> {
    let (bar, offset) = around.offset(address)?;
    let known = if bar == map::BAR { place::name(offset) } else { None };
    Some(known.unwrap_or_else(|| format!("BAR{bar}+{offset:#x}")))
}

/// What a driver does to the configuration space, where it matters to TLPs.
pub fn changes(before: &CfgPins, after: &CfgPins) -> Vec<String> {
    let switches = [
        ("link", before.link_up, after.link_up),
        ("bus mastering", before.bus_master, after.bus_master),
        ("MSI-X", before.msix_enable, after.msix_enable),
        ("MSI-X function mask", before.msix_mask, after.msix_mask),
        ("extended tags", before.ext_tag, after.ext_tag),
    ];
    let bytes = |code: u8| u64::from(128u32 << code.min(5));
    let numbers = [
        ("Max_Payload_Size", bytes(before.mps), bytes(after.mps)),
        ("Max_Read_Request_Size", bytes(before.mrrs), bytes(after.mrrs)),
        ("link generation", before.link_speed.into(), after.link_speed.into()),
        ("lanes", before.link_width.into(), after.link_width.into()),
    ];
    let on = |on| if on { "on" } else { "off" };
    let switched = switches.iter().filter(|s| s.1 != s.2).map(|s| format!("{} {}", s.0, on(s.2)));
    switched.chain(numbers.iter().filter(|n| n.1 != n.2).map(|n| format!("{} {}", n.0, n.2))).collect()
}
