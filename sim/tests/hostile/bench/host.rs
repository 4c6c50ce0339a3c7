//! What a lawful host does: register accesses, and traffic of the legal queues.

use ferrolane_abi::map;
use ferrolane_abi::regs::{global, queue as regs};
use ferrolane_sim::tlp::Header;

use super::{Asked, Bench, FIRST_DATA, HOST, INTERRUPTS, VECTORS};
use crate::attack::QUEUES;
use crate::port::Packet;

impl Bench {
    /// Writes registers in one TLP.
    pub fn write(&mut self, at: u64, data: &[u32]) {
        let be = (0xF, if data.len() > 1 { 0xF } else { 0 });
        let hdr = Header::memory(true, HOST, 0, 0xE000_0000 + at, data.len(), be);
        self.port.send_request(Packet::new(hdr, data.to_vec()));
    }

    /// Reads a register; what it must be, if that is known.
    pub fn ask(&mut self, at: u64, want: Option<u32>) {
        if self.asked.len() >= 4 {
            return;
        }
        // All 256: an answer from before a link blip may come long behind it, and must not be taken for one of a new read.
        self.next_tag = self.next_tag.wrapping_add(1);
        let hdr = Header::memory(false, HOST, self.next_tag.into(), 0xE000_0000 + at, 1, (0xF, 0));
        self.asked.push(Asked { tag: self.next_tag, want });
        self.port.send_request(Packet::new(hdr, Vec::new()));
    }

    /// A legal read of something that does not change.
    pub fn look(&mut self, legal: usize) {
        let which = self.rng.below(legal.max(1) as u64) as usize;
        match self.rng.below(3) {
            0 => self.ask(u64::from(global::MAGIC.offset), Some(0x4E4C_5246)),
            1 if legal > 0 => {
                let (at, want) = self.lanes[which].setting();
                self.ask(at, Some(want));
            }
            _ => self.ask(u64::from(global::STATUS.offset), None),
        }
    }

    /// Writes the push windows of all queues once. A doorbell that counts descriptors which were never pushed makes a queue serve
    /// what its store held before, at power-up anything; nobody has said those addresses.
    pub fn fill_windows(&mut self) {
        for direction in [map::Direction::H2c, map::Direction::C2h] {
            for queue in 0..QUEUES {
                let base = map::queue_regs(direction, queue);
                self.write(base + u64::from(regs::MODE.offset), &[2]);
                self.write(base, &[1]);
                self.write(map::queue_push(direction, queue), &[0; map::PUSH_STRIDE as usize / 4]);
                self.write(base, &[0]);
            }
        }
    }

    /// Starts the first `count` queue pairs, with legal vectors.
    pub fn start(&mut self, count: usize, packets: u32) {
        for vector in 0..VECTORS {
            let entry = [INTERRUPTS as u32, 0, FIRST_DATA + vector as u32, 0];
            self.write(map::MSIX_TABLE_PAGE + 16 * vector, &entry);
        }
        for which in 0..count {
            for (at, value) in self.lanes[which].start(&mut self.guard) {
                self.write(at, &[value]);
            }
            self.lanes[which].to_send = packets;
        }
    }

    /// Lets the first `count` pairs send and receive.
    pub fn serve(&mut self, count: usize) -> Result<(), String> {
        for lane in &mut self.lanes[..count] {
            let before = lane.compared;
            for (at, value) in lane.step(&mut self.guard)? {
                let be = (0xF, 0xF);
                let hdr = Header::memory(true, HOST, 0, 0xE000_0000 + at, 2, be);
                self.port.send_request(Packet::new(hdr, value.to_vec()));
            }
            self.tally.compared += lane.compared - before;
        }
        Ok(())
    }
}
