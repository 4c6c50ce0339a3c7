//! The model's registers.

use ferrolane_abi::map::{
    BAR0_BYTES, DOORBELL_PAGE, MAX_QUEUES, PUSH_PAGE, PUSH_STRIDE, QUEUE_PAGE, QUEUE_STRIDE,
};
use ferrolane_abi::regs::{global, queue};

use super::engine::{MockQueue, PREFETCHED};
use super::State;

/// Clock of the model in kHz.
const CLOCK_KHZ: u32 = 250_000;

impl State {
    /// Where queue number `id` of the ABI stands in the model, if it was built.
    pub(super) fn place(&self, id: u64) -> Option<usize> {
        let (direction, index) = (id / u64::from(MAX_QUEUES), id % u64::from(MAX_QUEUES));
        let queues = u64::from(self.identity.queues);
        (direction < 2 && index < queues).then_some((direction * queues + index) as usize)
    }

    fn queue_register(&self, offset: u64) -> Option<(usize, u32)> {
        if !(QUEUE_PAGE..DOORBELL_PAGE).contains(&offset) {
            return None;
        }
        let place = offset - QUEUE_PAGE;
        Some((self.place(place / QUEUE_STRIDE)?, (place % QUEUE_STRIDE) as u32))
    }

    /// The queue of a push window, and the DWORD in it.
    fn push_window(&self, offset: u64) -> Option<(usize, u32)> {
        let place = offset.checked_sub(PUSH_PAGE)?;
        Some((self.place(place / PUSH_STRIDE)?, (place % PUSH_STRIDE / 4) as u32))
    }

    pub(super) fn read(&mut self, offset: u64) -> u32 {
        if let Some((at, register)) = self.queue_register(offset) {
            return self.queues[at].read(register, self.faults.never_idle);
        }
        let clocks = self.time / 4;
        let id = &self.identity;
        const fn at(register: &ferrolane_abi::table::Register) -> u64 {
            register.offset as u64
        }
        match offset {
            o if o == at(&global::MAGIC) => id.magic,
            o if o == at(&global::ABI_VERSION) => id.abi_version,
            o if o == at(&global::FEATURES_LO) => id.features,
            o if o == at(&global::LAYOUT_HASH) => id.layout_hash,
            o if o == at(&global::PARAM_QUEUES) => id.queues | id.queues << 8 | id.vectors << 16,
            o if o == at(&global::PARAM_PORT) => 128 | 64 << 16,
            o if o == at(&global::PARAM_CLOCK) => CLOCK_KHZ,
            o if o == at(&global::PARAM_MEMORY) => 14 | 14 << 8 | PREFETCHED.trailing_zeros() << 16,
            o if o == at(&global::SCRATCH) => self.scratch,
            o if o == at(&global::ERROR) => self.error,
            o if o == at(&global::LINK) => {
                3 | 4 << 4 | 1 << 10 | u32::from(self.bus_master) << 11 | 1 << 12 | 2 << 16
            }
            o if o == at(&global::CLOCKS_LO) => clocks as u32,
            o if o == at(&global::CLOCKS_HI) => (clocks >> 32) as u32,
            _ => 0,
        }
    }

    pub(super) fn write(&mut self, offset: u64, value: u32) {
        debug_assert!(offset < BAR0_BYTES);
        if let Some((at, register)) = self.queue_register(offset) {
            let never_start = self.faults.never_start;
            self.queues[at].write(register, value, never_start);
            if register == queue::FEED_GO.offset && !self.queues[at].go() {
                self.counts.invalid_doorbells += 1;
                self.error |= 1;
            }
        } else if let Some((at, word)) = self.push_window(offset) {
            self.queues[at].window.insert(word, value);
        } else if offset == u64::from(global::SCRATCH.offset) {
            self.scratch = value;
        } else if offset == u64::from(global::ERROR.offset) {
            self.error &= !value;
        }
    }
}

impl MockQueue {
    fn read(&self, register: u32, never_idle: bool) -> u32 {
        match register {
            r if r == queue::CTRL.offset => u32::from(self.run),
            r if r == queue::STATUS.offset => {
                let held = never_idle && self.generation > 0;
                let idle = !self.run && !held;
                u32::from(idle) | u32::from(self.halted != 0) << 1 | u32::from(self.halted) << 8
            }
            r if r == queue::PRODUCER.offset => self.producer,
            r if r == queue::HEAD.offset => self.done,
            r if r == queue::COMPLETED.offset => self.done,
            r if r == queue::CONSUMER.offset => self.consumer,
            r if r == queue::GENERATION.offset => self.generation,
            r => self.registers[(r / 4) as usize],
        }
    }

    fn write(&mut self, register: u32, value: u32, never_start: bool) {
        self.registers[(register / 4) as usize] = value;
        if register == queue::CTRL.offset {
            if value & 1 == 0 {
                self.run = false;
            } else if self.run {
                self.flush |= value & 2 != 0;
            } else if !never_start {
                self.start();
            }
        }
    }
}
