//! A source in real time: it makes packets at its own rate, and loses those that find no memory.

use ferrolane_abi::card::{pattern, Preset};
use ferrolane_sim::rng::Rng;

/// A packet that was not lost.
#[derive(Clone, Copy)]
struct Packet {
    len: u64,
    /// Bytes made so far.
    made: u64,
    /// Bytes given to the engine.
    given: u64,
}

/// When the host takes no writes: from these clocks on, for some clocks.
pub struct Stalls {
    /// First clocks, ascending.
    starts: Vec<u64>,
    clocks: u64,
}

impl Stalls {
    /// Of `clocks` clocks, about every `period`, from clock `from` to `until`.
    pub fn new(seed: u64, clocks: u64, period: u64, from: u64, until: u64) -> Self {
        let (mut rng, mut starts, mut at) = (Rng::new(seed, "stalls"), Vec::new(), from);
        while at < until {
            at += period / 2 + rng.below(period);
            starts.push(at);
        }
        Stalls { starts, clocks }
    }
}

/// The source.
pub struct Source {
    preset: Preset,
    /// Bytes per clock.
    rate: f64,
    pause: u64,
    memory: u64,
    stalls: Stalls,
    credit: f64,
    paused: u64,
    burst: u64,
    /// Number of the packet that is made, and what is left of it; whether it is lost.
    number: u32,
    left: u64,
    loses: bool,
    waiting: std::collections::VecDeque<Packet>,
    /// Bytes taken in and not yet written to the host.
    held: u64,
    /// Bytes made, and lost of these.
    pub made: u64,
    /// Bytes of lost packets.
    pub lost: u64,
}

impl Source {
    /// As `preset` says, at a clock of `period_ps`, with `memory` bytes.
    pub fn new(preset: Preset, period_ps: u64, memory: u64, stalls: Stalls) -> Self {
        Source {
            preset,
            rate: preset.bytes_per_second as f64 * period_ps as f64 / 1e12,
            pause: u64::from(preset.pause_ns) * 1000 / period_ps,
            memory,
            stalls,
            credit: 0.0,
            paused: 0,
            burst: 0,
            number: 0,
            left: 0,
            loses: false,
            waiting: std::collections::VecDeque::new(),
            held: 0,
            made: 0,
            lost: 0,
        }
    }

    /// Whether the host takes no write in this clock.
    pub fn stalls(&self, now: u64) -> bool {
        let behind = self.stalls.starts.partition_point(|start| *start <= now);
        behind > 0 && now < self.stalls.starts[behind - 1] + self.stalls.clocks
    }

    /// A clock passes.
    pub fn clock(&mut self) {
        if self.paused > 0 {
            self.paused -= 1;
            return;
        }
        self.credit += self.rate;
        while self.credit >= 1.0 && self.paused == 0 {
            self.credit -= 1.0;
            self.make();
        }
    }

    /// Makes a byte.
    fn make(&mut self) {
        if self.left == 0 {
            self.left = pattern::length(self.preset.length, self.preset.spread, self.number).into();
            self.number += 1;
            self.loses = self.held + self.left > self.memory;
            if self.loses {
                self.lost += self.left;
            } else {
                self.held += self.left;
                self.waiting.push_back(Packet { len: self.left, made: 0, given: 0 });
            }
        }
        self.left -= 1;
        self.made += 1;
        if let Some(packet) = self.waiting.back_mut().filter(|_| !self.loses) {
            packet.made += 1;
        }
        self.burst += 1;
        if self.preset.burst != 0 && self.burst == u64::from(self.preset.burst) {
            (self.burst, self.paused) = (0, self.pause);
        }
    }

    /// The next beat of up to `bytes` bytes: how many, and whether it ends its packet.
    pub fn beat(&mut self, bytes: u64) -> Option<(u64, bool)> {
        let packet = self.waiting.front_mut()?;
        let count = bytes.min(packet.len - packet.given);
        if packet.made < packet.given + count {
            return None;
        }
        packet.given += count;
        let last = packet.given == packet.len;
        if last {
            self.waiting.pop_front();
        }
        Some((count, last))
    }

    /// So many bytes have been written to the host.
    pub fn left(&mut self, bytes: u64) {
        self.held -= bytes;
    }

    /// Bytes per clock while it makes any, pauses apart.
    pub fn rate(&self) -> f64 {
        self.rate
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ferrolane_abi::card::PRESETS;

    fn source(name: &str, memory: u64) -> Source {
        let preset = PRESETS.iter().find(|preset| preset.name == name).unwrap();
        Source::new(*preset, 4000, memory, Stalls::new(1, 10, 100, 0, 0))
    }

    #[test]
    fn it_keeps_its_rate_whatever_is_taken() {
        for (name, rate) in [("adc-16bit-1g", 8.0), ("ethernet-1g", 0.5 * 1500.0 / 1538.0)] {
            let mut source = source(name, 4096);
            (0..1_000_000).for_each(|_| source.clock());
            let made = source.made as f64 / 1e6;
            assert!((made / rate - 1.0).abs() < 0.01, "{name}: {made} bytes per clock");
            assert!(source.lost > 0 && source.held <= 4096);
        }
    }

    #[test]
    fn what_is_taken_is_not_lost() {
        let mut source = source("ethernet-10g", 4096);
        let (mut given, mut packets) = (0, 0);
        for _ in 0..100_000 {
            source.clock();
            while let Some((count, last)) = source.beat(16) {
                given += count;
                packets += u32::from(last);
                source.left(count);
            }
        }
        // Of the packet in the making there is what is not made yet, and less than a beat that is.
        assert_eq!(source.lost, 0);
        assert!((source.left..source.left + 16).contains(&source.held), "{} held", source.held);
        assert!(given > 400_000 && packets > 500, "{given} bytes, {packets} packets");
    }

    #[test]
    fn stalls_come_at_their_times() {
        let stalls = Stalls::new(1, 10, 100, 1_000, 10_000);
        let source = Source::new(PRESETS[1], 4000, 4096, stalls);
        let stalled = (0..20_000).filter(|now| source.stalls(*now)).count();
        assert!((600..=2_000).contains(&stalled) && !source.stalls(1_000), "{stalled}");
    }
}
