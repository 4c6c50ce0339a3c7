//! Names of places in BAR0, as `ferrolane regs` and the registers page have them.

use ferrolane_abi::map::{self, Direction};
use ferrolane_abi::regs::{global, queue as regs};
use ferrolane_abi::table::Register;

/// What stands at an offset of BAR0; nothing where the ABI table has nothing.
pub fn name(offset: u64) -> Option<String> {
    let at = offset % map::PAGE_BYTES & !3;
    match offset - offset % map::PAGE_BYTES {
        map::GLOBAL_PAGE => register(global::REGISTERS, at).map(Into::into),
        map::QUEUE_PAGE => {
            let (queue, at) = of_queue(at, map::QUEUE_STRIDE)?;
            Some(format!("{queue}.{}", register(regs::REGISTERS, at)?))
        }
        map::DOORBELL_PAGE => {
            let (queue, at) = of_queue(at, map::DOORBELL_STRIDE)?;
            Some(format!("{queue} doorbell, {}", if at == 0 { "producer" } else { "consumer" }))
        }
        map::MSIX_TABLE_PAGE => {
            let dword = ["address", "upper address", "data", "mask"][at as usize / 4 % 4];
            Some(format!("MSI-X entry {}, {dword}", at / 16))
        }
        map::MSIX_PBA_PAGE => Some(format!("MSI-X pending bits from {}", 8 * at)),
        map::PUSH_PAGE => {
            let (queue, at) = of_queue(at, map::PUSH_STRIDE)?;
            Some(format!("{queue} push window, slot {}, DW{}", at / 16, at / 4 % 4))
        }
        map::COUNTER_PAGE if offset >= map::GLOBAL_COUNTERS => {
            Some(format!("counters+{:#x}", offset - map::GLOBAL_COUNTERS))
        }
        map::COUNTER_PAGE => {
            let (queue, at) = of_queue(at, map::COUNTER_STRIDE)?;
            Some(format!("{queue} counters+{at:#x}"))
        }
        _ => None,
    }
}

fn register(registers: &[Register], at: u64) -> Option<&'static str> {
    registers.iter().find(|register| u64::from(register.offset) == at).map(|register| register.name)
}

/// The queue whose block an offset of a page is in, and the offset in the block.
fn of_queue(at: u64, stride: u64) -> Option<(String, u64)> {
    let (id, at) = (at / stride, at % stride);
    (id < 2 * u64::from(map::MAX_QUEUES)).then(|| (queue(id), at))
}

/// Name of the queue with a number as [`map::queue_id`] has it.
pub fn queue(id: u64) -> String {
    let all = u64::from(map::MAX_QUEUES);
    let direction = if id < all { Direction::H2c } else { Direction::C2h };
    format!("{}{}", direction.name(), id % all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_have_the_names_of_the_table() {
        let is = |offset, text| assert_eq!(name(offset).as_deref(), Some(text), "{offset:#x}");
        is(0x40, "SCRATCH");
        is(map::queue_regs(Direction::C2h, 3) + u64::from(regs::STATUS.offset), "C2H3.STATUS");
        is(map::queue_doorbell(Direction::H2c, 2), "H2C2 doorbell, producer");
        is(map::queue_doorbell(Direction::C2h, 63) + 4, "C2H63 doorbell, consumer");
        is(map::MSIX_TABLE_PAGE + 0x2C, "MSI-X entry 2, mask");
        is(map::queue_push(Direction::H2c, 1) + 0x24, "H2C1 push window, slot 2, DW1");
        is(map::queue_counters(Direction::C2h, 0) + 8, "C2H0 counters+0x8");
        is(map::GLOBAL_COUNTERS + 4, "counters+0x4");
        assert_eq!(name(0xFFF0), None);
        assert_eq!(name(map::BAR0_BYTES), None);
    }
}
