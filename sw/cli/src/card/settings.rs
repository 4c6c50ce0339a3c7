//! From a preset and options to what stands in the registers.

use anyhow::Result;
use ferrolane::Device;
use ferrolane_abi::card::{self, pattern, PRESETS};
use ferrolane_abi::descriptor;
use ferrolane_abi::table::Register;

use super::args::RunArgs;
use super::registers::Card;
use crate::exit::Usage;

/// Largest value of a register of 24 bits.
const MOST: u64 = 0xFF_FFFF;

/// What a generator or checker is told.
pub struct Settings {
    pub queue: u32,
    pub packets: u32,
    pub length: u32,
    pub spread: u32,
    pub seed: u32,
    /// The preset's, if it is a source in real time.
    pub real_time: bool,
    /// Bytes per second on average, pauses included; `None` is as fast as it goes.
    pub wanted: Option<f64>,
    rate: u32,
    burst: u32,
    pause: u32,
    buffer: u32,
}

/// Bytes per second, unless it is beyond what any port moves.
pub fn limit(bytes_per_second: u64) -> Option<u64> {
    (bytes_per_second < 1 << 39).then_some(bytes_per_second)
}

impl Settings {
    /// Refuses what the card can't do.
    pub fn new(options: &RunArgs, device: &Device) -> Result<Settings> {
        let Some(preset) = PRESETS.iter().find(|p| p.name == options.preset) else {
            let names: Vec<&str> = PRESETS.iter().map(|p| p.name).collect();
            let text = format!("there is no preset `{}`; there are: {}", options.preset, names.join(", "));
            return Err(Usage(text).into());
        };
        let length = options.length.unwrap_or(preset.length.into());
        let spread = options.spread.unwrap_or(preset.spread.into());
        let longest = u64::from(descriptor::MAX_LEN);
        if length == 0 || length > longest || spread > longest || length + spread > longest {
            let text = format!(
                "packets of {length} bytes and a spread of {spread:#x} are outside 1 to {longest}, the longest length a \
                 descriptor can carry"
            );
            return Err(Usage(text).into());
        }
        if options.elastic == 0 || options.elastic > MOST {
            return Err(Usage(format!("--elastic {} is outside 1 to {MOST}", options.elastic)).into());
        }
        let bytes_per_second = match options.rate {
            Some(megabytes) => Some((megabytes * 1e6) as u64),
            None => limit(preset.bytes_per_second),
        };
        let khz = device.parameters().clock_khz.max(1);
        let rate = card::rate(bytes_per_second.unwrap_or(u64::MAX >> 24), khz);
        if rate == 0 {
            return Err(Usage("--rate is less than the card can count".into()).into());
        }
        let clocks = u64::from(preset.pause_ns) * u64::from(khz) / 1_000_000;
        let pause = if preset.burst == 0 { 0 } else { clocks.clamp(1, u64::from(u32::MAX >> 1)) as u32 };
        let wanted = bytes_per_second.map(|bytes| match preset.burst {
            0 => bytes as f64,
            burst => {
                let pause = f64::from(pause) / f64::from(khz) / 1e3;
                f64::from(burst) / (f64::from(burst) / bytes as f64 + pause)
            }
        });
        Ok(Settings {
            queue: options.queue,
            packets: options.packets,
            length: length as u32,
            spread: spread as u32,
            seed: options.seed,
            real_time: preset.real_time,
            wanted,
            rate,
            burst: preset.burst,
            pause,
            buffer: options.elastic as u32,
        })
    }

    /// Length of a packet in bytes.
    pub fn length_of(&self, packet: u32) -> usize {
        pattern::length(self.length, self.spread, packet) as usize
    }

    /// Longest packet.
    pub fn longest(&self) -> usize {
        self.length as usize + self.spread as usize
    }

    /// The bytes of a packet.
    pub fn packet(&self, packet: u32) -> Vec<u8> {
        let length = self.length_of(packet);
        let words = (0..length.div_ceil(8) as u32).map(|w| pattern::word(self.seed, self.queue, packet, w));
        let mut data: Vec<u8> = words.flat_map(u64::to_le_bytes).collect();
        data.truncate(length);
        data
    }

    /// Writes all but CTRL. The registers are in the same places for both.
    pub fn write(&self, card: &Card, block: u64, registers: &[Register]) -> Result<()> {
        for register in registers {
            let value = match register.name {
                "LENGTH" => self.length,
                "SPREAD" => self.spread,
                "COUNT" => self.packets,
                "SEED" => self.seed,
                "RATE" => self.rate,
                "BURST" => self.burst,
                "PAUSE" => self.pause,
                "BUFFER" => self.buffer,
                _ => continue,
            };
            card.write(block, register, value)?;
        }
        Ok(())
    }
}
