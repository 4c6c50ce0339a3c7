//! Flow-control credits of one direction (PCIe Base Spec 2.6.1).

use std::collections::VecDeque;

use crate::tlp::{Class, Header};

/// What a receiver grants at first, by [`Class`] index. 0 is without limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Credits {
    /// Headers.
    pub header: [u32; 3],
    /// Data, units of 16 bytes.
    pub data: [u32; 3],
}

/// The transmitter's account: what it may still send, and what is on its way back.
#[derive(Debug)]
pub struct Account {
    granted: Credits,
    header: [u32; 3],
    data: [u32; 3],
    returning: VecDeque<(u64, Class, u32, u32)>,
    /// The receiver has nothing to grant for now.
    blocked: bool,
}

impl Account {
    /// Everything granted is free.
    pub fn new(granted: Credits) -> Self {
        Account {
            granted,
            header: granted.header,
            data: granted.data,
            returning: VecDeque::with_capacity(256),
            blocked: false,
        }
    }

    /// Has the receiver grant nothing of any class, or again what it has.
    pub fn block(&mut self, on: bool) {
        self.blocked = on;
    }

    /// The link is new: everything granted is free.
    pub fn restart(&mut self) {
        *self = Account::new(self.granted);
    }

    /// Whether a TLP of `data` data credits may be sent.
    pub fn allows(&self, class: Class, data: u32) -> bool {
        let i = class as usize;
        !self.blocked
            && (self.granted.header[i] == 0 || self.header[i] >= 1)
            && (self.granted.data[i] == 0 || self.data[i] >= data)
    }

    /// Takes the credits of a TLP that is sent. False, with nothing taken, if they are not there.
    #[must_use]
    pub fn take(&mut self, class: Class, hdr: &Header) -> bool {
        let (i, data) = (class as usize, hdr.data_credits());
        if !self.allows(class, data) {
            return false;
        }
        if self.granted.header[i] != 0 {
            self.header[i] -= 1;
        }
        if self.granted.data[i] != 0 {
            self.data[i] -= data;
        }
        true
    }

    /// The receiver has freed a TLP; the transmitter knows at clock `at`. Calls come in order of `at`.
    pub fn give_back(&mut self, at: u64, class: Class, hdr: &Header) {
        self.returning.push_back((at, class, 1, hdr.data_credits()));
    }

    /// Credits that came back by clock `now`.
    pub fn tick(&mut self, now: u64) {
        while let Some(&(at, class, header, data)) = self.returning.front() {
            if at > now {
                return;
            }
            self.returning.pop_front();
            let i = class as usize;
            self.header[i] = (self.header[i] + header).min(self.granted.header[i]);
            self.data[i] = (self.data[i] + data).min(self.granted.data[i]);
        }
    }

    /// Free header and data credits of a class; `None` is without limit.
    pub fn free(&self, class: Class) -> (Option<u32>, Option<u32>) {
        if self.blocked {
            return (Some(0), Some(0));
        }
        let i = class as usize;
        let of = |granted: u32, free: u32| (granted != 0).then_some(free);
        (of(self.granted.header[i], self.header[i]), of(self.granted.data[i], self.data[i]))
    }

    /// Whether credits are on their way back.
    pub fn settling(&self) -> bool {
        !self.returning.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credits_go_and_come_back_later() {
        let mut account = Account::new(Credits { header: [2, 1, 0], data: [17, 1, 0] });
        let write = Header::memory(true, 0, 0, 0x1000, 64, (15, 15));
        assert_eq!(write.data_credits(), 16);
        assert!(account.take(Class::Posted, &write));
        assert!(!account.take(Class::Posted, &write), "no data credits left");
        account.give_back(10, Class::Posted, &write);
        account.tick(9);
        assert!(!account.allows(Class::Posted, 16));
        account.tick(10);
        assert!(account.allows(Class::Posted, 16));
        assert_eq!(account.free(Class::Posted), (Some(2), Some(17)));
    }

    #[test]
    fn zero_is_without_limit() {
        let mut account = Account::new(Credits { header: [0, 1, 0], data: [0, 1, 0] });
        let write = Header::memory(true, 0, 0, 0x1000, 256, (15, 15));
        for _ in 0..1000 {
            assert!(account.take(Class::Posted, &write));
        }
        assert_eq!(account.free(Class::Posted), (None, None));
    }
}
