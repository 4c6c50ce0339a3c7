//! A source in real time: it makes packets at its own rate, and never waits.

use ferrolane_abi::card::{pattern, Preset};
use ferrolane_sim::rng::Rng;

/// A packet.
#[derive(Clone, Copy)]
struct Packet {
    number: u32,
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
    stalls: Stalls,
    credit: f64,
    paused: u64,
    burst: u64,
    /// Number of the next packet, and what is left of the one that is made.
    number: u32,
    left: u64,
    waiting: std::collections::VecDeque<Packet>,
    /// Packets that were given to the engine whole, and their bytes.
    pub given: (u32, u64),
}

impl Source {
    /// As `preset` says, at a clock of `period_ps`.
    pub fn new(preset: Preset, period_ps: u64, stalls: Stalls) -> Self {
        Source {
            preset,
            rate: preset.bytes_per_second as f64 * period_ps as f64 / 1e12,
            pause: u64::from(preset.pause_ns) * 1000 / period_ps,
            stalls,
            credit: 0.0,
            paused: 0,
            burst: 0,
            number: 0,
            left: 0,
            waiting: std::collections::VecDeque::new(),
            given: (0, 0),
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

    /// Bytes of packet `number`.
    pub fn length(preset: &Preset, number: u32) -> u64 {
        pattern::length(preset.length, preset.spread, number).into()
    }

    /// Makes a byte.
    fn make(&mut self) {
        if self.left == 0 {
            self.left = Self::length(&self.preset, self.number);
            self.waiting.push_back(Packet { number: self.number, len: self.left, made: 0, given: 0 });
            self.number += 1;
        }
        self.left -= 1;
        if let Some(packet) = self.waiting.back_mut() {
            packet.made += 1;
        }
        self.burst += 1;
        if self.preset.burst != 0 && self.burst == u64::from(self.preset.burst) {
            (self.burst, self.paused) = (0, self.pause);
        }
    }

    /// The next beat of up to `bytes` bytes: how many, whether it ends its packet, and the packet's number.
    pub fn beat(&mut self, bytes: u64) -> Option<(u64, bool, u32)> {
        let packet = self.waiting.front_mut()?;
        let count = bytes.min(packet.len - packet.given);
        if packet.made < packet.given + count {
            return None;
        }
        packet.given += count;
        let (last, number, len) = (packet.given == packet.len, packet.number, packet.len);
        if last {
            self.given = (self.given.0 + 1, self.given.1 + len);
            self.waiting.pop_front();
        }
        Some((count, last, number))
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

    fn source(name: &str) -> Source {
        let preset = PRESETS.iter().find(|preset| preset.name == name).unwrap();
        Source::new(*preset, 4000, Stalls::new(1, 10, 100, 0, 0))
    }

    #[test]
    fn it_keeps_its_rate_and_gives_all_it_makes() {
        for (name, rate) in [("adc-16bit-1g", 8.0), ("ethernet-1g", 0.5 * 1500.0 / 1538.0)] {
            let mut source = source(name);
            let (mut bytes, mut packets) = (0, 0);
            for _ in 0..1_000_000 {
                source.clock();
                while let Some((count, last, number)) = source.beat(16) {
                    assert_eq!(number, packets);
                    bytes += count;
                    packets += u32::from(last);
                }
            }
            let made = bytes as f64 / 1e6;
            assert!((made / rate - 1.0).abs() < 0.01, "{name}: {made} bytes per clock");
            assert_eq!(source.given.0, packets);
            assert!(bytes - source.given.1 <= 8192 && packets > 100, "{packets} packets");
        }
    }

    #[test]
    fn stalls_come_at_their_times() {
        let stalls = Stalls::new(1, 10, 100, 1_000, 10_000);
        let source = Source::new(PRESETS[1], 4000, stalls);
        let stalled = (0..20_000).filter(|now| source.stalls(*now)).count();
        assert!((600..=2_000).contains(&stalled) && !source.stalls(1_000), "{stalled}");
    }
}
