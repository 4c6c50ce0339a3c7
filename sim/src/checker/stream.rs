//! Beats of one transmit stream: judges how they come, and puts them together.

use super::violation::{Finding, Violation};
use crate::pins::Beat;
use crate::tlp::{Header, Pool, Tlp};

/// Watches one stream.
pub struct Monitor {
    /// Port width in DWORDs.
    lanes: usize,
    current: Option<Box<Tlp>>,
    /// The beat that waits for `ready`, as first offered.
    held: Option<(Beat, u8)>,
    offered: u64,
    /// When the last TLP's end was offered, and when it moved.
    ended: (u64, u64),
}

impl Monitor {
    /// Of a stream of `lanes` DWORDs.
    pub fn new(lanes: usize) -> Self {
        Monitor { lanes, current: None, held: None, offered: 0, ended: (0, 0) }
    }

    /// Whether the stream is inside a TLP, which must not be held off for want of buffers then.
    pub fn inside(&self) -> bool {
        self.current.is_some()
    }

    /// Looks at a clock. Gives the TLP whose last beat moved in it; `nullified` tells if it carried `error`.
    ///
    /// # Errors
    /// The rule that was broken.
    #[inline]
    pub fn clock(
        &mut self,
        beat: &Beat,
        side: u8,
        ready: bool,
        now: u64,
        pool: &mut Pool,
    ) -> Result<Option<Box<Tlp>>, Finding> {
        if !beat.valid {
            if self.held.is_none() && self.current.is_none() {
                return Ok(None);
            }
            return Err((Violation::ValidDropped, "valid is low".into()));
        }
        match &self.held {
            Some((before, number)) => stable(before, *number, beat, side)?,
            None => {
                if beat.first {
                    // A TLP right behind another may have stood ready since the other's end was offered: a buffer
                    // that keeps `ready` a register holds one more beat.
                    let waited = self.ended.1 + 1 == now;
                    self.offered = if waited { self.ended.0 } else { now };
                }
                if beat.last {
                    self.ended.0 = now;
                }
                self.shape(beat)?;
            }
        }
        if !ready {
            self.held = Some((*beat, side));
            return Ok(None);
        }
        self.held = None;
        if beat.last {
            self.ended.1 = now;
        }
        let mut tlp = match self.current.take() {
            Some(tlp) => tlp,
            None => {
                let mut tlp = pool.take(Header(beat.hdr));
                (tlp.side, tlp.clock) = (side, self.offered);
                tlp
            }
        };
        let count = beat.keep.count_ones() as usize;
        tlp.data[tlp.len..tlp.len + count].copy_from_slice(&beat.data[..count]);
        tlp.len += count;
        if beat.last {
            tlp.nullified = beat.error;
            return Ok(Some(tlp));
        }
        self.current = Some(tlp);
        Ok(None)
    }

    /// Checks a beat that is offered for the first time.
    fn shape(&self, beat: &Beat) -> Result<(), Finding> {
        if beat.first == self.current.is_some() {
            let what = if beat.first { "set inside a TLP" } else { "missing on the first beat" };
            return Err((Violation::FirstFlag, format!("first is {what}")));
        }
        let (hdr, seen) = self.current.as_ref().map_or((Header(beat.hdr), 0), |tlp| (tlp.hdr, tlp.len));
        if beat.first && hdr.dws() == 3 && hdr.0[3] != 0 {
            return Err((Violation::HeaderPadding, format!("DW3 is {:#x}", hdr.0[3])));
        }
        let left = hdr.payload_dws() - seen;
        let (count, ends) = (left.min(self.lanes), left <= self.lanes);
        if beat.last != ends {
            let kind = if beat.last { Violation::PayloadShort } else { Violation::PayloadLong };
            return Err((
                kind,
                format!("Length says {} DW, {seen} came before this beat", hdr.payload_dws()),
            ));
        }
        let keep = ((1u32 << count) - 1) as u8;
        if beat.keep != keep {
            let digits = self.lanes;
            return Err((
                Violation::Keep,
                format!("keep is {:0digits$b}, should be {keep:0digits$b}", beat.keep),
            ));
        }
        Ok(())
    }
}

fn stable(before: &Beat, number: u8, beat: &Beat, side: u8) -> Result<(), Finding> {
    let lanes = beat.keep.count_ones() as usize;
    let changed = if before.first != beat.first || before.last != beat.last {
        "first or last"
    } else if before.keep != beat.keep {
        "keep"
    } else if beat.first && before.hdr != beat.hdr {
        "hdr"
    } else if beat.first && number != side {
        "seq"
    } else if before.data[..lanes] != beat.data[..lanes] {
        "data"
    } else if beat.last && before.error != beat.error {
        "error"
    } else {
        return Ok(());
    };
    Err((Violation::Unstable, format!("{changed} changed")))
}
