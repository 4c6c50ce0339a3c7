//! What the buses of indices have yet to tell.

use std::collections::VecDeque;

/// The latest value of each queue that a bus has not told yet.
#[derive(Default)]
pub struct Bus(VecDeque<(u64, u32)>);

impl Bus {
    pub fn tell(&mut self, g: usize, value: u32) {
        match self.0.iter_mut().find(|e| e.0 == g as u64) {
            Some(e) => e.1 = value,
            None => self.0.push_back((g as u64, value)),
        }
    }

    pub fn next(&mut self) -> Option<(u64, u32)> {
        self.0.pop_front()
    }

    pub fn has(&self, g: usize) -> bool {
        self.0.iter().any(|e| e.0 == g as u64)
    }

    pub fn forget(&mut self, g: usize) {
        self.0.retain(|e| e.0 != g as u64);
    }
}
