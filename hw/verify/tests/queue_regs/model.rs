//! What the registers must hold, by the ABI table: of a build, and of a queue.

use std::collections::HashMap;

use ferrolane_abi::regs::queue as abi;
use ferrolane_abi::table::{Access, Register};

/// What a block was built with: queues per direction, and the optional features.
#[derive(Clone, Copy)]
pub struct Build {
    pub nq: u32,
    pub feeds: bool,
    pub policies: bool,
    pub memory: bool,
}

pub const ALL: Build = Build { nq: 4, feeds: true, policies: true, memory: true };
pub const CORE: Build = Build { nq: 4, feeds: false, policies: false, memory: false };
pub const ONE: Build = Build { nq: 1, feeds: true, policies: false, memory: true };
pub const MANY: Build = Build { nq: 64, feeds: false, policies: true, memory: false };

impl Build {
    /// Read-write bits of `r` that this build has.
    pub fn mask(self, r: &Register) -> u32 {
        let field = |name: &str| r.field(name).unwrap().mask();
        let missing = match r.name {
            "CTRL" => u32::MAX,
            "MODE" => {
                let policies = field("DROP") | field("STORE_FORWARD");
                (!self.feeds as u32 * field("FEED"))
                    | (!self.policies as u32 * policies)
                    | (!self.memory as u32 * field("MEMORY"))
            }
            "FLUSH_TIME" => !self.policies as u32 * u32::MAX,
            "CARD_BASE_LO" | "CARD_BASE_HI" => !self.memory as u32 * u32::MAX,
            _ => (!self.feeds && any_time(r)) as u32 * u32::MAX,
        };
        r.mask(Access::Rw) & !missing
    }

    /// The registers that this build has storage for.
    pub fn words(self) -> impl Iterator<Item = &'static Register> {
        abi::REGISTERS.iter().filter(move |r| self.mask(r) != 0)
    }
}

/// FEED registers may be written at any time.
pub fn any_time(r: &Register) -> bool {
    [abi::FEED_ADDR_LO, abi::FEED_ADDR_HI, abi::FEED_LEN, abi::FEED_CARD, abi::FEED_GO]
        .iter()
        .any(|f| f.offset == r.offset)
}

/// Byte enable bits as a mask.
pub fn strobe(be: u32) -> u32 {
    (0..4).filter(|b| be >> b & 1 == 1).fold(0, |m, b| m | 0xFF << (8 * b))
}

/// What the bus tells beside the count: bytes and metadata of the end.
pub fn of_finished(value: u32) -> (u32, u32) {
    (value.wrapping_mul(3) & 0xFF_FFFF, value.wrapping_mul(0x9E37_79B1))
}

/// What the bus says of a register's value: a ring size above the largest is the largest.
pub fn on_the_bus(index: u32, value: u32) -> u32 {
    if index * 4 != abi::RING_SIZE.offset {
        return value;
    }
    ["DESCRIPTORS", "COMPLETIONS"].into_iter().fold(0, |word, name| {
        let field = abi::RING_SIZE.field(name).unwrap();
        word | field.put(field.get(value).min(16))
    })
}

#[derive(Clone, Default)]
pub struct Queue {
    pub stored: HashMap<u32, u32>,
    pub run: bool,
    pub busy: bool,
    pub halted: bool,
    pub code: u32,
    pub producer: u32,
    pub consumer: u32,
    pub head: u32,
    pub completed: u32,
    pub generation: u32,
    pub finished: u32,
    pub level: u32,
}

impl Queue {
    /// Behind a reset.
    pub fn of(build: Build) -> Self {
        Queue { stored: build.words().map(|r| (r.offset, r.reset())).collect(), ..Queue::default() }
    }

    /// What a read of `r` gives in this clock.
    pub fn value(&self, r: &Register) -> u32 {
        let status = |name: &str, v: u32| r.field(name).unwrap().put(v);
        match r.name {
            "CTRL" => self.run as u32,
            "STATUS" => {
                let code = if self.halted { self.code } else { 0 };
                status("IDLE", !self.busy as u32) | status("ERROR", self.halted as u32) | status("CODE", code)
            }
            "PRODUCER" => self.producer,
            "HEAD" => self.head,
            "COMPLETED" => self.completed,
            "CONSUMER" => self.consumer,
            "GENERATION" => self.generation,
            "FINISHED" => self.finished,
            "RESULT_BYTES" => of_finished(self.finished).0,
            "FIFO_LEVEL" => self.level,
            "FIFO_PEAK" => self.level ^ 0xFF,
            "RESULT_META" => of_finished(self.finished).1,
            _ => self.stored.get(&r.offset).copied().unwrap_or(0),
        }
    }
}
