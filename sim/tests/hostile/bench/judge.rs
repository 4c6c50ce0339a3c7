//! Judges what the card sends.

use ferrolane_sim::checker::rules;
use ferrolane_sim::checker::violation::Stream;
use ferrolane_sim::pins::CfgPins;
use ferrolane_sim::tlp::Tlp;

use super::{Bench, FIRST_DATA, HOST, INTERRUPTS, VECTORS};
use crate::guard;
use crate::palette;

impl Bench {
    pub(super) fn judge(&mut self, n: usize, tlp: &Tlp) -> Result<(), String> {
        let mut cfg = self.grace.generous(n);
        let ids = self.grace.ids(n);
        if n == 2 {
            self.tally.answers += 1;
            self.event("answer", tlp.hdr, tlp.len);
            self.owed.judge(&tlp.hdr, &ids)?;
            return self.answered(tlp);
        }
        if ids.contains(&tlp.hdr.requester()) {
            cfg.requester_id = tlp.hdr.requester();
        }
        let stream = if n == 0 { Stream::Write } else { Stream::Read };
        rules::header(stream, &tlp.hdr, &cfg).map_err(|(rule, detail)| format!("{rule:?}: {detail}"))?;
        if !self.cfg.link_up {
            return Ok(());
        }
        let address = tlp.hdr.address();
        let guarded = guard::offset(address).is_some();
        let attacked = self.attacked && palette::holds((address >> 32) as u32);
        if n == 1 {
            self.tally.card_reads += 1;
            self.event("read", tlp.hdr, 0);
            self.reads.left(tlp.hdr, self.port.now)?;
            if guarded {
                return self.guard.read(&tlp.hdr);
            }
        } else {
            self.tally.card_writes += 1;
            if guarded {
                return self.guard.write(tlp);
            }
            if address == INTERRUPTS {
                return self.interrupt(tlp, &cfg);
            }
        }
        if attacked {
            Ok(())
        } else {
            Err("nobody has said this address".into())
        }
    }

    fn interrupt(&mut self, tlp: &Tlp, cfg: &CfgPins) -> Result<(), String> {
        self.tally.interrupts += 1;
        let vector = tlp.data[0].wrapping_sub(FIRST_DATA);
        let form = tlp.hdr.length() == 1 && tlp.hdr.first_be() == 0xF && tlp.hdr.attr() == 0;
        // Where nothing is spared an attack may have changed the data in the table.
        if !form || self.spares && u64::from(vector) >= VECTORS {
            return Err(format!("MsixForm: data {:#x}", tlp.data[0]));
        }
        if !cfg.msix_enable || cfg.msix_mask {
            return Err("MsixDisabled".into());
        }
        Ok(())
    }

    /// An answer to a read of the host's own.
    fn answered(&mut self, tlp: &Tlp) -> Result<(), String> {
        if tlp.hdr.requester() != HOST {
            return Ok(());
        }
        let tag = tlp.hdr.tag() as u8;
        let Some(at) = self.asked.iter().position(|asked| asked.tag == tag) else { return Ok(()) };
        let asked = self.asked.remove(at);
        match asked.want {
            Some(want) if want != tlp.data[0] => {
                Err(format!("a register reads {:#x} instead of {want:#x}", tlp.data[0]))
            }
            _ => Ok(()),
        }
    }
}
