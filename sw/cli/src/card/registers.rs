//! The demo card's registers.

use anyhow::{bail, ensure, Result};
use ferrolane::Device;
use ferrolane_abi::card::{self, checker, generator, global};
use ferrolane_abi::table::Register;

use crate::exit::Usage;

/// Major version of the card's registers that this program knows.
const MAJOR: u32 = 1;

/// The demo card behind an open device.
pub struct Card {
    device: Device,
    /// Queue pairs.
    pub queues: u32,
}

impl Card {
    /// Looks whether it is there.
    pub fn open(device: &Device) -> Result<Card> {
        let mut card = Card { device: device.clone(), queues: 0 };
        let magic = card.read(0, &global::MAGIC)?;
        ensure!(
            magic == card::MAGIC_VALUE,
            "the card's own logic is not the demo card: BAR2 begins with {magic:#010x}, not {:#010x}",
            card::MAGIC_VALUE
        );
        let major = card.field(0, &global::VERSION, "MAJOR")?;
        if major != MAJOR {
            bail!("the demo card's registers have version {major}, this program knows {MAJOR}");
        }
        card.queues = card.field(0, &global::PARAM_CARD, "QUEUES")?;
        Ok(card)
    }

    /// Refuses a queue that is not there.
    pub fn check_queue(&self, queue: u32) -> Result<()> {
        if queue >= self.queues {
            let text = format!("there is no queue {queue}: the card has {}, numbered from 0", self.queues);
            return Err(Usage(text).into());
        }
        Ok(())
    }

    pub fn read(&self, block: u64, register: &Register) -> Result<u32> {
        Ok(self.device.user_read32(block + u64::from(register.offset))?)
    }

    pub fn write(&self, block: u64, register: &Register, value: u32) -> Result<()> {
        Ok(self.device.user_write32(block + u64::from(register.offset), value)?)
    }

    /// One field of a register. The names are this program's own.
    pub fn field(&self, block: u64, register: &'static Register, name: &str) -> Result<u32> {
        let field = register.field(name).unwrap_or_else(|| panic!("{} has no field {name}", register.name));
        Ok(field.get(self.read(block, register)?))
    }

    /// A count whose high half is latched by reading the low one.
    pub fn count(&self, block: u64, low: &Register, high: &Register) -> Result<u64> {
        let low = self.read(block, low)?;
        Ok(u64::from(low) | u64::from(self.read(block, high)?) << 32)
    }

    /// Whether a queue pair has checker and generator instead of the loopback.
    pub fn has_pattern(&self, queue: u32) -> Result<bool> {
        Ok(self.read(0, pattern_of(queue))? >> (queue % 32) & 1 == 1)
    }

    fn set_pattern(&self, queue: u32, on: bool) -> Result<()> {
        let (register, bit) = (pattern_of(queue), 1 << (queue % 32));
        let before = self.read(0, register)?;
        self.write(0, register, before & !bit | if on { bit } else { 0 })
    }

    /// Stops a pair's checker and generator and puts the loopback between its queues.
    pub fn to_loopback(&self, queue: u32) -> Result<()> {
        self.write(card::checker_regs(queue), &checker::CTRL, 0)?;
        self.write(card::generator_regs(queue), &generator::CTRL, 0)?;
        self.set_pattern(queue, false)
    }

    /// Gives a pair its checker and generator, stopped, until the answer is dropped.
    pub fn to_pattern(&self, queue: u32) -> Result<Pattern<'_>> {
        self.to_loopback(queue)?;
        self.set_pattern(queue, true)?;
        Ok(Pattern { card: self, queue })
    }
}

fn pattern_of(queue: u32) -> &'static Register {
    if queue < 32 {
        &global::PATTERN_LO
    } else {
        &global::PATTERN_HI
    }
}

/// A queue pair with checker and generator. Dropped, it has the loopback again.
pub struct Pattern<'a> {
    card: &'a Card,
    queue: u32,
}

impl Drop for Pattern<'_> {
    fn drop(&mut self) {
        // A card that can't be written to any more has told so before.
        let _ = self.card.to_loopback(self.queue);
    }
}
