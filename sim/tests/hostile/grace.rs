//! What the card may still act on after a change of the configuration.
//!
//! A lawful host changes Max_Payload_Size, Max_Read_Request_Size, the tag range and attributes only while the function is
//! quiet. Here they change at any time, so a TLP is judged by the most generous of what was said lately: since a change,
//! not more than [`SIZED`] TLPs of its stream have left, and the stream has not been free and without a TLP for [`IDLE`]
//! clocks. Bus Master Enable, the requester id and MSI-X masks count for [`STARTED`] TLPs only: what stood in front of the
//! port.

use ferrolane_sim::pins::CfgPins;

/// TLPs that may have been cut before a change: c2h/send holds 64, the record writer and the arbiter the rest.
const SIZED: u32 = 80;
/// TLPs that may have been begun.
const STARTED: u32 = 6;
/// Clocks after which a stream that could send, and did not, has nothing of the time before.
const IDLE: u32 = 96;

struct Past {
    cfg: CfgPins,
    sized: [u32; 3],
    started: [u32; 3],
    idle: [u32; 3],
}

/// The configuration and its past.
#[derive(Default)]
pub struct Grace {
    now: CfgPins,
    past: Vec<Past>,
}

impl Grace {
    pub fn configure(&mut self, cfg: CfgPins) {
        if cfg != self.now {
            let cfg = std::mem::replace(&mut self.now, cfg);
            self.past.push(Past { cfg, sized: [SIZED; 3], started: [STARTED; 3], idle: [0; 3] });
        }
    }

    /// A clock: which streams could send and did not, and of which a TLP has ended.
    pub fn clock(&mut self, free: [bool; 3], ended: [bool; 3]) {
        for past in &mut self.past {
            for n in 0..3 {
                past.sized[n] -= u32::from(ended[n] && past.sized[n] > 0);
                past.started[n] -= u32::from(ended[n] && past.started[n] > 0);
                past.idle[n] += u32::from(free[n]);
                if past.idle[n] > IDLE {
                    (past.sized[n], past.started[n]) = (0, 0);
                }
            }
        }
        self.past.retain(|past| past.sized != [0; 3]);
    }

    /// The most generous configuration for a stream.
    pub fn generous(&self, stream: usize) -> CfgPins {
        let mut cfg = self.now;
        for past in &self.past {
            if past.sized[stream] > 0 {
                cfg.mps = cfg.mps.max(past.cfg.mps);
                cfg.mrrs = cfg.mrrs.max(past.cfg.mrrs);
                cfg.ext_tag |= past.cfg.ext_tag;
                cfg.ro_enable |= past.cfg.ro_enable;
                cfg.ns_enable |= past.cfg.ns_enable;
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
