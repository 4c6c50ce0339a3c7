//! How long the card may be at work inside without anything to be seen at its pins.

use ferrolane_abi::map;
use ferrolane_abi::regs::queue;

/// Clocks for what takes some time by itself: clearing the state of a queue, for example.
pub const LEAST: u64 = 8_192;
/// Clocks of a unit of the times that queues are set to.
const UNIT: u64 = 16;
/// Clocks for the card's own logic, whose timers nobody knows here: 4 ms at 250 MHz.
const OWN_LOGIC: u64 = 1 << 20;

/// What the host has set that makes the card do something later.
#[derive(Default)]
pub struct Patience {
    /// The longest time of a queue, in its units.
    timer: u64,
    /// Something was written to the registers of the card's own logic.
    own_logic: bool,
}

impl Patience {
    /// Clocks without movement after which the card is at rest.
    pub fn clocks(&self) -> u64 {
        let own = if self.own_logic { OWN_LOGIC } else { 0 };
        (LEAST + UNIT * self.timer).max(own)
    }

    /// The host has written a DWORD to a BAR. What it wrote before counts until a reset: a queue may have begun with it.
    pub fn write(&mut self, bar: u8, offset: u64, value: u32) {
        if bar == map::USER_BAR {
            self.own_logic = true;
        }
        let queues = map::QUEUE_PAGE..map::QUEUE_PAGE + 2 * u64::from(map::MAX_QUEUES) * map::QUEUE_STRIDE;
        if bar != map::BAR || !queues.contains(&offset) {
            return;
        }
        let at = (offset % map::QUEUE_STRIDE) as u32;
        for register in [&queue::COALESCE, &queue::MODERATE, &queue::FLUSH_TIME] {
            let time = register.fields.iter().find(|field| field.name == "TIME");
            if let Some(field) = time.filter(|_| register.offset == at) {
                self.timer = self.timer.max(u64::from(field.get(value)));
            }
        }
    }

    /// The function was reset.
    pub fn reset(&mut self) {
        *self = Patience::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_grows_with_what_the_host_sets() {
        let mut patience = Patience::default();
        let at = |register: &ferrolane_abi::table::Register| {
            map::queue_regs(map::Direction::C2h, 5) + u64::from(register.offset)
        };
        patience.write(map::BAR, at(&queue::VECTOR), u32::MAX);
        patience.write(map::BAR, at(&queue::COALESCE), 0xFFFF);
        patience.write(map::BAR, map::DOORBELL_PAGE, u32::MAX);
        assert_eq!(patience.clocks(), LEAST);
        patience.write(map::BAR, at(&queue::COALESCE), 100 << 16);
        patience.write(map::BAR, at(&queue::MODERATE), 50 << 16);
        assert_eq!(patience.clocks(), LEAST + 1_600);
        patience.write(map::BAR, at(&queue::FLUSH_TIME), 70_000 & 0xFFFF);
        assert_eq!(patience.clocks(), LEAST + 16 * (70_000 & 0xFFFF));
        patience.write(map::USER_BAR, 0, 0);
        assert_eq!(patience.clocks(), OWN_LOGIC);
        patience.reset();
        assert_eq!(patience.clocks(), LEAST);
    }
}
