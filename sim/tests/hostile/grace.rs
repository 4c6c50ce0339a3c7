//! What the card may still act on after a change of the configuration.
//!
//! A lawful host changes Max_Read_Request_Size, the tag range and attributes only while no queue runs: a queue that runs has its
//! next TLPs planned already. Here they change at any time, so a TLP is judged by the most generous of what was said since the last
//! reset. Max_Payload_Size, Bus Master Enable, the requester id and MSI-X masks count for as many TLPs of a stream only as may have been begun, and not
//! once the stream could send, and had nothing, for [`IDLE`] clocks.

use ferrolane_sim::pins::CfgPins;

/// TLPs that may have been begun: the write arbiter has a queue of 16 beats in front of the port.
const STARTED: u32 = 20;
/// Writes whose size was decided before: as many again in front of the arbiter, with a record or an interrupt between any two.
const CUT: u32 = 60;
/// Clocks after which a stream that could send, and did not, has nothing of the time before.
const IDLE: u32 = 96;

struct Past {
    cfg: CfgPins,
    started: [u32; 3],
    cut: [u32; 3],
    idle: [u32; 3],
}

/// The configuration and its past.
#[derive(Default)]
pub struct Grace {
    now: CfgPins,
    /// The most generous read sizes, tags and attributes since the last reset.
    planned: CfgPins,
    past: Vec<Past>,
}

impl Grace {
    pub fn configure(&mut self, cfg: CfgPins) {
        if cfg != self.now {
            let cfg = std::mem::replace(&mut self.now, cfg);
            self.planned = generous_plans(self.planned, cfg);
            self.past.push(Past { cfg, started: [STARTED; 3], cut: [CUT; 3], idle: [0; 3] });
        }
    }

    /// All queues were stopped by a reset.
    pub fn reset(&mut self) {
        self.planned = self.now;
    }

    /// A clock: which streams could send and did not, and of which a TLP has ended.
    pub fn clock(&mut self, free: [bool; 3], ended: [bool; 3]) {
        for past in &mut self.past {
            for n in 0..3 {
                past.started[n] = past.started[n].saturating_sub(u32::from(ended[n]));
                past.cut[n] = past.cut[n].saturating_sub(u32::from(ended[n]));
                past.idle[n] += u32::from(free[n]);
                if past.idle[n] > IDLE {
                    (past.started[n], past.cut[n]) = (0, 0);
                }
            }
        }
        self.past.retain(|past| past.cut != [0; 3]);
    }

    /// The most generous configuration for a stream.
    pub fn generous(&self, stream: usize) -> CfgPins {
        let mut cfg = generous_plans(self.now, self.planned);
        for past in &self.past {
            if past.cut[stream] > 0 {
                cfg.mps = cfg.mps.max(past.cfg.mps);
            }
            if past.started[stream] > 0 {
                cfg.bus_master |= past.cfg.bus_master;
                cfg.msix_enable |= past.cfg.msix_enable;
                cfg.msix_mask &= past.cfg.msix_mask;
            }
        }
        cfg
    }

    /// Requester ids that may stand in a header of a stream.
    pub fn ids(&self, stream: usize) -> Vec<u16> {
        let past = self.past.iter().filter(|past| past.started[stream] > 0).map(|past| past.cfg.requester_id);
        past.chain([self.now.requester_id]).collect()
    }
}

/// `cfg` with the more generous of both read sizes, tag ranges and attributes.
fn generous_plans(mut cfg: CfgPins, other: CfgPins) -> CfgPins {
    cfg.mrrs = cfg.mrrs.max(other.mrrs);
    cfg.ext_tag |= other.ext_tag;
    cfg.ro_enable |= other.ro_enable;
    cfg.ns_enable |= other.ns_enable;
    cfg
}
