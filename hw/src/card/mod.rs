//! The demo card's user logic: loopback, pattern generators and checkers, memories, user interrupts, registers.

mod check_keep;
mod check_tally;
mod checker;
mod config;
mod counters;
mod demo;
mod dram;
mod dram_delay;
mod dram_refresh;
mod gen_beat;
mod gen_pick;
mod gen_settings;
mod generator;
mod global;
mod irq;
mod lite;
mod loopback;
mod memory;
mod memory_order;
mod memory_turn;
mod pacer;
mod pattern;
mod regs;
mod sram;

pub use demo::DemoCard;
pub use dram::CardDram;
pub use loopback::Loopback;
pub use memory::CardMemory;
pub use sram::CardSram;

/// Blocks of this module that are tested on their own.
pub fn blocks() -> Vec<crate::emit::TestBlock> {
    crate::blocks![
        loopback: Loopback<128, 16, 4>,
        demo_card: DemoCard<128, 16, 4, 4, 2, 3, 7, 12, 8, 10>,
        demo_card64: DemoCard<64, 8, 3, 1, 1, 3, 6, 9, 1, 9>,
        demo_card256: DemoCard<256, 32, 5, 32, 5, 6, 10, 7, 32, 8>,
        card_memory: CardMemory<128, 16, 4, 9, 10>,
        card_memory64: CardMemory<64, 8, 3, 9, 9>,
        card_memory256: CardMemory<256, 32, 5, 7, 9>,
    ]
}
