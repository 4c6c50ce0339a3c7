//! The link: one [`Lane`] each way, with its rate, its delay, its transmit buffers and its flow control.
//!
//! A TLP takes header + payload + 8 bytes of framing, sequence number and LCRC on the wire. DLLPs (Ack, UpdateFC), SKP
//! ordered sets and replays are not modelled: a real link carries 1 to 5 % less.

use std::collections::VecDeque;

use crate::credit::{Account, Credits};
use crate::tlp::{Class, Header, Tlp, CLASSES};

/// Bytes per clock as an exact fraction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// Bytes in `clocks` clocks.
    pub bytes: u64,
    /// Clocks that they take.
    pub clocks: u64,
}

impl Rate {
    /// Rate of one direction after the line code: 8b/10b up to generation 2, 128b/130b from 3 on.
    pub fn new(generation: u8, lanes: u8, period_ps: u64) -> Self {
        let tenths_of_gt = [25, 50, 80, 160, 320][usize::from(generation.clamp(1, 5)) - 1];
        let (code, of) = if generation < 3 { (8, 10) } else { (128, 130) };
        // GT/s × lanes × code / 8 bit gives bytes per ns; × period in ps / 1000 gives bytes per clock.
        let bytes = tenths_of_gt * u64::from(lanes) * code * period_ps;
        let clocks = 10 * of * 8 * 1000;
        let divisor = gcd(bytes, clocks);
        Rate { bytes: bytes / divisor, clocks: clocks / divisor }
    }

    /// As a floating-point number.
    pub fn bytes_per_clock(&self) -> f64 {
        self.bytes as f64 / self.clocks as f64
    }

    /// Payload bytes per clock when every TLP is `header + payload` bytes long, capped by a port of `port` bytes.
    pub fn payload_bound(&self, header: u64, payload: u64, port: u64) -> f64 {
        let wire = self.bytes_per_clock() * payload as f64 / (payload + header + 8) as f64;
        wire.min(port as f64)
    }
}

fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 {
        a
    } else {
        gcd(b, a % b)
    }
}

/// What went over a lane.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LaneStats {
    /// TLPs by [`Class`] index.
    pub tlps: [u64; 3],
    /// Payload bytes by [`Class`] index.
    pub payload: [u64; 3],
    /// Bytes on the wire, framing included.
    pub wire_bytes: u64,
}

/// One direction of the link.
pub struct Lane {
    rate: Rate,
    delay: u64,
    queues: [VecDeque<(u64, Box<Tlp>)>; 3],
    waiting: usize,
    stamp: u64,
    /// When the wire is free again, in units of 1/`rate.bytes` clocks.
    free_at: u64,
    wire: VecDeque<(u64, Box<Tlp>)>,
    sent: VecDeque<(u64, u8)>,
    /// Flow control of this direction.
    pub credits: Account,
    stats: LaneStats,
}

impl Lane {
    /// An empty lane. `delay` is in clocks.
    pub fn new(rate: Rate, delay: u64, credits: Credits) -> Self {
        Lane {
            rate,
            delay,
            queues: std::array::from_fn(|_| VecDeque::with_capacity(64)),
            waiting: 0,
            stamp: 0,
            free_at: 0,
            wire: VecDeque::with_capacity(256),
            sent: VecDeque::with_capacity(256),
            credits: Account::new(credits),
            stats: LaneStats::default(),
        }
    }

    /// TLPs of a class that wait in its transmit buffer.
    pub fn queued(&self, class: Class) -> usize {
        self.queues[class as usize].len()
    }

    /// Header and data credits that the TLPs waiting in a transmit buffer will take.
    pub fn committed(&self, class: Class) -> (u32, u32) {
        let queue = &self.queues[class as usize];
        (queue.len() as u32, queue.iter().map(|(_, tlp)| tlp.hdr.data_credits()).sum())
    }

    /// Puts a TLP behind all others of its class.
    pub fn push(&mut self, class: Class, tlp: Box<Tlp>) {
        self.stamp += 1;
        self.waiting += 1;
        self.queues[class as usize].push_back((self.stamp, tlp));
    }

    /// Which class may send next (PCIe Base Spec 2.4.1, table 2-40): in order of acceptance, but what lacks credits is
    /// passed by others. Nothing passes a posted request.
    fn next(&self) -> Option<Class> {
        let posted = self.queues[0].front().map_or(u64::MAX, |head| head.0);
        let mut best = (u64::MAX, None);
        for class in CLASSES {
            if let Some((stamp, tlp)) = self.queues[class as usize].front() {
                let held = class != Class::Posted && posted < *stamp;
                let allowed = || tlp.nullified || self.credits.allows(class, tlp.hdr.data_credits());
                if *stamp < best.0 && !held && allowed() {
                    best = (*stamp, Some(class));
                }
            }
        }
        best.1
    }

    /// One clock: starts what fits on the wire. `on_wire` sees each TLP as it starts.
    #[inline]
    pub fn tick(&mut self, now: u64, mut on_wire: impl FnMut(Class, &Tlp)) {
        self.credits.tick(now);
        if self.waiting == 0 {
            return;
        }
        let units = self.rate.bytes;
        while self.free_at < (now + 1) * units {
            let Some(class) = self.next() else { return };
            let (_, tlp) = self.queues[class as usize].pop_front().expect("next() saw it");
            self.waiting -= 1;
            if tlp.nullified {
                // It never leaves, but its number is reported (the adapter's duty) and it comes out marked.
                if class == Class::Posted {
                    self.sent.push_back((self.free_at.div_ceil(units).max(now), tlp.side));
                }
                self.wire.push_back((self.free_at.div_ceil(units).max(now) + self.delay, tlp));
                continue;
            }
            let taken = self.credits.take(class, &tlp.hdr);
            debug_assert!(taken, "next() checked the credits");
            on_wire(class, &tlp);
            let bytes = tlp.hdr.wire_bytes();
            self.free_at = self.free_at.max(now * units) + bytes * self.rate.clocks;
            let done = self.free_at.div_ceil(units);
            let i = class as usize;
            self.stats.tlps[i] += 1;
            self.stats.payload[i] += 4 * tlp.hdr.payload_dws() as u64;
            self.stats.wire_bytes += bytes;
            if class == Class::Posted {
                self.sent.push_back((done, tlp.side));
            }
            self.wire.push_back((done + self.delay, tlp));
        }
    }

    /// The TLP that has arrived at the other end by `now`, if any.
    #[inline]
    pub fn arrive(&mut self, now: u64) -> Option<Box<Tlp>> {
        match self.wire.front() {
            Some((at, _)) if *at <= now => self.wire.pop_front().map(|(_, tlp)| tlp),
            _ => None,
        }
    }

    /// The number of the posted TLP whose last byte has left by `now`, one per call, in order.
    #[inline]
    pub fn sent(&mut self, now: u64) -> Option<u8> {
        match self.sent.front() {
            Some((at, _)) if *at <= now => self.sent.pop_front().map(|(_, side)| side),
            _ => None,
        }
    }

    /// The receiver has freed a TLP; its credits are back after the delay of the other direction.
    pub fn release(&mut self, now: u64, class: Class, hdr: &Header) {
        self.credits.give_back(now + self.delay + 1, class, hdr);
    }

    /// The link has retrained to this rate.
    pub fn retrain(&mut self, rate: Rate) {
        self.free_at = self.free_at.div_ceil(self.rate.bytes) * rate.bytes;
        self.rate = rate;
    }

    /// The link is down: what waits and flies is lost, and flow control starts anew.
    pub fn clear(&mut self) {
        self.queues.iter_mut().for_each(VecDeque::clear);
        self.waiting = 0;
        self.wire.clear();
        self.sent.clear();
        self.credits.restart();
    }

    /// Whether nothing waits or flies.
    pub fn idle(&self) -> bool {
        self.waiting == 0 && self.wire.is_empty() && self.sent.is_empty()
    }

    /// What went over it so far.
    pub fn stats(&self) -> LaneStats {
        self.stats
    }

    /// Its rate.
    pub fn rate(&self) -> Rate {
        self.rate
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tlp::Pool;

    const FREE: Credits = Credits { header: [0; 3], data: [0; 3] };

    #[test]
    fn rates() {
        let at = |generation, lanes| Rate::new(generation, lanes, 4000).bytes_per_clock();
        assert_eq!(Rate::new(3, 4, 4000), Rate { bytes: 1024, clocks: 65 });
        assert!((at(3, 4) - 15.7538).abs() < 1e-4);
        assert!((at(1, 1) - 1.0).abs() < 1e-9);
        assert!((at(2, 8) - 16.0).abs() < 1e-9);
        assert!((at(5, 16) - 252.06).abs() < 0.01);
    }

    fn write(pool: &mut Pool, bytes: usize, side: u8) -> Box<Tlp> {
        let mut tlp = pool.take(Header::memory(true, 0, 0, 0x1000, bytes / 4, (15, 15)));
        tlp.side = side;
        tlp
    }

    fn read(pool: &mut Pool) -> Box<Tlp> {
        pool.take(Header::memory(false, 0, 0, 0x1000, 16, (15, 15)))
    }

    #[test]
    fn a_long_run_takes_exactly_its_bytes() {
        let mut pool = Pool::default();
        let mut lane = Lane::new(Rate::new(3, 4, 4000), 0, FREE);
        for _ in 0..1024 {
            lane.push(Class::Posted, write(&mut pool, 256, 0));
        }
        let (mut now, mut arrived) = (0, 0);
        while arrived < 1024 {
            lane.tick(now, |_, _| ());
            while lane.arrive(now).is_some() {
                arrived += 1;
            }
            now += 1;
        }
        // 1024 TLPs of 276 bytes at 1024/65 bytes per clock.
        assert_eq!(now - 1, 276 * 65);
        assert_eq!(lane.stats().wire_bytes, 276 * 1024);
        assert_eq!(lane.stats().payload[0], 256 * 1024);
    }

    #[test]
    fn delay_is_added_and_sent_comes_before_arrival() {
        let mut pool = Pool::default();
        let mut lane = Lane::new(Rate { bytes: 16, clocks: 1 }, 10, FREE);
        lane.push(Class::Posted, write(&mut pool, 12, 5)); // 32 bytes on the wire
        lane.tick(0, |_, _| ());
        assert_eq!(lane.sent(1), None);
        assert_eq!(lane.sent(2), Some(5));
        assert!(lane.arrive(11).is_none());
        assert!(lane.arrive(12).is_some());
        assert!(lane.idle());
    }

    #[test]
    fn a_read_without_credit_is_passed_but_passes_no_write() {
        let mut pool = Pool::default();
        let granted = Credits { header: [0, 1, 0], data: [0, 1, 0] };
        let mut lane = Lane::new(Rate { bytes: 64, clocks: 1 }, 0, granted);
        lane.push(Class::NonPosted, read(&mut pool));
        lane.push(Class::NonPosted, read(&mut pool));
        lane.push(Class::Posted, write(&mut pool, 16, 0));
        let mut order = Vec::new();
        for now in 0..4 {
            lane.tick(now, |class, _| order.push(class));
        }
        assert_eq!(order, [Class::NonPosted, Class::Posted]);
        let hdr = read(&mut pool).hdr;
        lane.release(10, Class::NonPosted, &hdr);
        lane.tick(11, |class, _| order.push(class));
        assert_eq!(order.len(), 3);

        let mut lane =
            Lane::new(Rate { bytes: 64, clocks: 1 }, 0, Credits { header: [1, 0, 0], data: [1, 0, 0] });
        lane.push(Class::Posted, write(&mut pool, 16, 0));
        lane.push(Class::Posted, write(&mut pool, 16, 0));
        lane.push(Class::NonPosted, read(&mut pool));
        let mut order = Vec::new();
        for now in 0..4 {
            lane.tick(now, |class, _| order.push(class));
        }
        assert_eq!(order, [Class::Posted], "the read waits behind the second write");
    }
}
