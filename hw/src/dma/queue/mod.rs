//! Queues as the host sees them: registers, doorbells, control.

mod control;
mod doorbell;
mod drain;
mod flr;
mod regs;
mod regs_copies;
mod regs_place;
mod regs_table;

pub use control::Control;
pub use doorbell::Doorbell;
pub use drain::Drain;
pub use flr::Flr;
pub use regs::QueueRegs;

/// log2 of the clocks an FLR may wait for the engine to come to rest: 34 ms at 250 MHz.
pub const FLR_WAIT: usize = 23;

/// Blocks of this module that are tested on their own. FLR waits less there than in the card.
pub fn blocks() -> Vec<crate::emit::TestBlock> {
    crate::blocks![
        queue_regs: QueueRegs<4, 2, 8, 3, 8, 4, 1, 1, 1>,
        queue_regs_core: QueueRegs<4, 2, 8, 3, 8, 4, 0, 0, 0>,
        queue_regs_1: QueueRegs<1, 1, 2, 2, 7, 3, 1, 0, 1>,
        queue_regs_64: QueueRegs<64, 6, 128, 7, 12, 8, 0, 1, 0>,
        doorbell: Doorbell<4, 8, 3, 4>,
        doorbell_1: Doorbell<1, 2, 2, 3>,
        doorbell_64: Doorbell<64, 128, 7, 8>,
        control: Control<4, 8, 3, 10>,
    ]
}
