//! The card as a client sees it: regions, resets, and the end of a session.

use std::sync::{Arc, MutexGuard};

use ferrolane::transport::TransportError;
use ferrolane_vfio_user::clock;
use ferrolane_vfio_user::message::{RegionInfo, SetIrqs, CONFIG_REGION, REGION_READ, REGION_WRITE};

use super::irqs::Irqs;
use crate::config_space;
use crate::iommu::Iommu;
use crate::patience;
use crate::shared::{Shared, Sim};

/// Most bytes of one register access: the length of configuration space.
const MOST: u64 = config_space::BYTES as u64;
/// A function-level reset must end within 100 ms (PCIe Base Spec 6.6.2).
const FLR_LIMIT_NS: u64 = 100_000_000;
/// Clocks that the card has at the end of a session to come to rest, each for its DMA and for what a reset leaves.
const REST_CLOCKS: u64 = 1 << 20;

/// A card in service, driven by one session at a time.
pub struct Card {
    shared: Arc<Shared>,
    irqs: Irqs,
    /// Register accesses of this session.
    pub accesses: u64,
}

impl Card {
    /// The card of a machine.
    pub fn new(shared: Arc<Shared>) -> Self {
        let vectors = shared.lock().machine.config.vectors();
        Card { shared, irqs: Irqs::new(vectors), accesses: 0 }
    }

    /// The machine.
    pub fn sim(&self) -> MutexGuard<'_, Sim> {
        self.shared.lock()
    }

    /// What may have given the pump something to do is over.
    pub fn wake(&self) {
        self.shared.wake.notify_all();
    }

    /// MSI-X vectors.
    pub fn vectors(&self) -> u32 {
        self.sim().machine.config.vectors()
    }

    /// What a region is; length 0 if there is none.
    pub fn region(&self, index: u32) -> RegionInfo {
        let len = match index {
            CONFIG_REGION => u64::from(config_space::BYTES),
            clock::REGION => clock::BYTES,
            0..=5 => self.sim().machine.config.bar_bytes(index as u8),
            _ => 0,
        };
        let flags = if len == 0 { 0 } else { REGION_READ | REGION_WRITE };
        RegionInfo { argsz: RegionInfo::BYTES as u32, flags, index, cap_offset: 0, len, offset: 0 }
    }

    fn check(&self, region: u32, offset: u64, count: u64) -> Result<(), String> {
        let len = self.region(region).len;
        if count > MOST || offset.checked_add(count).is_none_or(|end| end > len) {
            return Err(format!(
                "access of {count} bytes at {offset:#x} of region {region}, which has {len} bytes; {MOST} at a time \
                 are the most"
            ));
        }
        Ok(())
    }

    /// Reads from a region.
    ///
    /// # Errors
    /// There are no such bytes.
    pub fn read(&mut self, region: u32, offset: u64, data: &mut [u8]) -> Result<(), String> {
        self.check(region, offset, data.len() as u64)?;
        match region {
            CONFIG_REGION => {
                let sim = self.sim();
                let pending = sim.machine.transactions_pending();
                for (i, byte) in data.iter_mut().enumerate() {
                    let at = offset as u16 + i as u16;
                    *byte = sim.machine.config.read(at, pending).to_le_bytes()[usize::from(at % 4)];
                }
            }
            clock::REGION => self.read_clock(offset, data),
            bar => {
                self.accesses += 1;
                for piece in pieces(offset, data.len()) {
                    // A card that is lost, or that doesn't answer, reads as all ones.
                    let found = self
                        .sim()
                        .read_bytes(bar as u8, piece.offset, piece.dws, piece.be)
                        .unwrap_or([!0; 2]);
                    let found = (u64::from(found[0]) | u64::from(found[1]) << 32).to_le_bytes();
                    data[piece.from..piece.to].copy_from_slice(&found[piece.skip..][..piece.to - piece.from]);
                }
            }
        }
        self.wake();
        Ok(())
    }

    /// Writes to a region.
    ///
    /// # Errors
    /// There are no such bytes.
    pub fn write(&mut self, region: u32, offset: u64, data: &[u8]) -> Result<(), String> {
        self.check(region, offset, data.len() as u64)?;
        match region {
            CONFIG_REGION => self.write_config(offset as u16, data),
            clock::REGION => self.write_clock(offset, data),
            bar => {
                self.accesses += 1;
                for piece in pieces(offset, data.len()) {
                    let mut bytes = [0; 8];
                    bytes[piece.skip..][..piece.to - piece.from].copy_from_slice(&data[piece.from..piece.to]);
                    let value = u64::from_le_bytes(bytes);
                    let dwords = [value as u32, (value >> 32) as u32];
                    // A write is posted: a card that is lost takes it and does nothing.
                    let _ = self.sim().write_bytes(bar as u8, piece.offset, &dwords[..piece.dws], piece.be);
                }
            }
        }
        self.wake();
        Ok(())
    }

    fn write_config(&mut self, offset: u16, data: &[u8]) {
        let mut sim = self.shared.lock();
        for piece in pieces(u64::from(offset), data.len()) {
            let mut bytes = [0; 8];
            bytes[piece.skip..][..piece.to - piece.from].copy_from_slice(&data[piece.from..piece.to]);
            let enables = [piece.be, 0xF];
            for (i, dword) in bytes.chunks_exact(4).take(piece.dws).enumerate() {
                let value = u32::from_le_bytes([dword[0], dword[1], dword[2], dword[3]]);
                sim.machine.config.write(piece.offset as u16 + 4 * i as u16, value, enables[i]);
            }
        }
        sim.machine.configured();
        if sim.machine.config.flr_requested() {
            // A client that keeps the BARs itself, as QEMU does, takes no notice of the card's: it does not write them anew.
            sim.machine.restore = Some(sim.machine.config.save_bars());
            self.irqs.forget();
            // A void run ends here too.
            let _ = finish_reset(&mut sim);
        }
        // Only fails in a void run, where nothing is left to be told of interrupts.
        let _ = self.irqs.update(&mut sim);
    }

    fn read_clock(&self, offset: u64, data: &mut [u8]) {
        let sim = self.sim();
        let mut registers = [0; 24];
        registers[..8].copy_from_slice(&clock::MAGIC_VALUE.to_le_bytes());
        registers[8..16].copy_from_slice(&sim.nanos().to_le_bytes());
        registers[16..].copy_from_slice(&sim.machine.now().to_le_bytes());
        for (i, byte) in data.iter_mut().enumerate() {
            *byte = registers.get(offset as usize + i).copied().unwrap_or(0);
        }
    }

    fn write_clock(&self, offset: u64, data: &[u8]) {
        let Ok(value) = data.try_into().map(u64::from_le_bytes) else { return };
        let mut sim = self.sim();
        match offset {
            clock::RUN_CLOCKS => sim.run_until = sim.run_until.max(sim.machine.now().saturating_add(value)),
            clock::RUN_UNTIL => sim.run_until = sim.machine.options.clock_at(value),
            _ => {}
        }
    }

    /// Connects, masks or triggers interrupts.
    ///
    /// # Errors
    /// What is wrong with the request.
    pub fn set_irqs(
        &mut self,
        request: &SetIrqs,
        data: &[u8],
        fds: Vec<std::os::fd::OwnedFd>,
    ) -> Result<(), String> {
        let mut sim = self.shared.lock();
        self.irqs.set(&mut sim, request, data, fds)?;
        let result = self.irqs.update(&mut sim).map_err(|error| error.to_string());
        drop(sim);
        self.wake();
        result
    }

    /// Resets the function as a kernel does: what software had set in configuration space is restored behind it.
    ///
    /// # Errors
    /// The card did not end its reset in time, or the run is void.
    pub fn reset(&mut self) -> Result<(), String> {
        let mut sim = self.shared.lock();
        if sim.machine.config.link_up() {
            sim.machine.restore = Some(sim.machine.config.save());
            sim.machine.config.start_flr();
            sim.machine.configured();
            self.irqs.forget();
            finish_reset(&mut sim).map_err(|error| error.to_string())?;
            self.irqs.update(&mut sim).map_err(|error| error.to_string())?;
        }
        drop(sim);
        self.wake();
        Ok(())
    }

    /// The client is gone: the card stops, is reset and finds nothing mapped, as when a VFIO device is closed.
    pub fn close(&mut self) {
        let mut sim = self.shared.lock();
        sim.run_until = 0;
        sim.machine.config.set_bus_master(false);
        sim.machine.configured();
        // What fails here leaves a void run, which its next client finds replaced.
        let _ = rest(&mut sim);
        sim.messages = None;
        sim.machine.root.iommu.unmap_all();
        sim.events.disable();
        sim.machine.restore = None;
        sim.machine.config.start_flr();
        sim.machine.configured();
        let _ = finish_reset(&mut sim);
        sim.machine.config.firmware();
        sim.machine.configured();
        let _ = rest(&mut sim);
        self.irqs = Irqs::new(sim.machine.config.vectors());
        self.accesses = 0;
    }
}

/// Lets the card come to rest.
fn rest(sim: &mut Sim) -> Result<(), TransportError> {
    let limit = sim.machine.now() + REST_CLOCKS;
    // The bus is off by now, so of timers nothing more can come.
    while sim.machine.now() < limit && !sim.rests() && !sim.machine.quiet(patience::LEAST) {
        sim.clock()?;
    }
    Ok(())
}

/// Runs the clock until a reset that was asked for is done. Data that the client owes the card are not waited for: the
/// client may wait for the end of the reset first.
fn finish_reset(sim: &mut Sim) -> Result<(), TransportError> {
    let limit = sim.machine.options.clock_at(sim.nanos() + FLR_LIMIT_NS);
    while sim.machine.config.flr_requested() {
        if sim.machine.now() >= limit {
            return Err(TransportError::DeviceLost("function-level reset did not end within 100 ms".into()));
        }
        if sim.machine.root.is_starved() {
            sim.machine.root.abandon_reads();
        }
        sim.clock()?;
    }
    Ok(())
}

/// A part of an access that is one TLP: one DWORD with byte enables, or two whole ones.
struct Piece {
    /// Of the first DWORD.
    offset: u64,
    dws: usize,
    be: u8,
    /// The bytes of the access.
    from: usize,
    to: usize,
    /// Bytes of the first DWORD before them.
    skip: usize,
}

fn pieces(offset: u64, len: usize) -> impl Iterator<Item = Piece> {
    let mut from = 0;
    std::iter::from_fn(move || {
        if from >= len {
            return None;
        }
        let at = offset + from as u64;
        let skip = (at % 4) as usize;
        let two = at.is_multiple_of(8) && len - from >= 8;
        let bytes = if two { 8 } else { (4 - skip).min(len - from) };
        let be = if two { 0xF } else { (((1u32 << bytes) - 1) << skip) as u8 };
        let piece = Piece { offset: at & !3, dws: if two { 2 } else { 1 }, be, from, to: from + bytes, skip };
        from += bytes;
        Some(piece)
    })
}

/// Makes a machine's IOMMU that of a served card: whoever maps says where.
pub fn prepare(sim: &mut Sim) {
    sim.machine.root.iommu = Iommu::open();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accesses_become_dwords_with_byte_enables() {
        let found = |offset, len| -> Vec<(u64, usize, u8, usize, usize)> {
            pieces(offset, len).map(|p| (p.offset, p.dws, p.be, p.from, p.to)).collect()
        };
        assert_eq!(found(0x10, 4), [(0x10, 1, 0xF, 0, 4)]);
        assert_eq!(found(0x10, 8), [(0x10, 2, 0xF, 0, 8)]);
        assert_eq!(found(0x14, 8), [(0x14, 1, 0xF, 0, 4), (0x18, 1, 0xF, 4, 8)]);
        assert_eq!(found(0x11, 1), [(0x10, 1, 0b0010, 0, 1)]);
        assert_eq!(found(0x12, 2), [(0x10, 1, 0b1100, 0, 2)]);
        assert_eq!(found(0x13, 2), [(0x10, 1, 0b1000, 0, 1), (0x14, 1, 0b0001, 1, 2)]);
        assert_eq!(found(0, 0), []);
    }
}
