//! The command line of `card`.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Subcommand, ValueEnum};

use crate::units;

macro_rules! card_examples {
    () => {
        "Each run on the simulator is a fresh card.

Examples:
  ferrolane card show
  ferrolane card presets
  ferrolane card generate --preset ethernet-10g --packets 2000
  ferrolane card generate --queue 2 --length 1 --spread 0x7ff --packets 100 --output pattern.bin
  ferrolane card check --queue 2 --length 1 --spread 0x7ff --input pattern.bin
  ferrolane card check --preset hard-disk --packets 500"
    };
}
/// Examples of all of them.
pub const EXAMPLES: &str = card_examples!();
/// The same with the fields of the JSON objects.
pub const HELP: &str = concat!(
    card_examples!(),
    "\n\nJSON fields of generate and check:\n",
    "  schema_version command device queue packets bytes lost_packets lost_bytes equal run_clocks bytes_per_clock\n",
    "  megabytes_per_second wanted_megabytes_per_second (null: no limit)\n",
    "show has those of the card and two arrays, checkers and generators; presets has an array.\n",
    "Numbers are in the unit that the name ends with. Fields are only added within a schema_version, now 1."
);

/// What to do with the demo card.
#[derive(Debug, Subcommand)]
pub enum CardCommand {
    /// Show what the demo card is, and what each queue's checker and generator have counted
    Show,
    /// List the sources and sinks that can be imitated by name
    Presets,
    /// Stop the checkers and generators and let what enters H2C queues leave C2H queues again
    Loopback(LoopbackArgs),
    /// Have the card make packets of its pattern on a C2H queue, receive and compare them
    Generate(GenerateArgs),
    /// Send packets of the pattern to an H2C queue and have the card compare them
    Check(CheckArgs),
}

/// Options of `card loopback`.
#[derive(Debug, ClapArgs)]
pub struct LoopbackArgs {
    /// Queue number; all queues if not given
    #[arg(long, value_name = "N")]
    pub queue: Option<u32>,
}

/// What both directions have.
#[derive(Debug, ClapArgs)]
pub struct RunArgs {
    /// Queue number
    #[arg(long, default_value = "0", value_name = "N")]
    pub queue: u32,
    /// Source or sink to imitate; `ferrolane card presets` lists them. The options below change parts of it
    #[arg(long, default_value = "max", value_name = "NAME")]
    pub preset: String,
    /// Packets, 1 to 4294967295
    #[arg(long, default_value = "1000", value_parser = clap::value_parser!(u32).range(1..), value_name = "N")]
    pub packets: u32,
    /// Shortest packet, 1 or more; k, M, KiB and MiB are binary suffixes
    #[arg(long, value_parser = units::parse_bytes, value_name = "BYTES")]
    pub length: Option<u64>,
    /// Mask of the pseudo-random number that is added to each length; best one less than a power of two
    #[arg(long, value_parser = parse_mask, value_name = "MASK")]
    pub spread: Option<u64>,
    /// Megabytes (10^6 bytes) per second between pauses
    #[arg(long, value_parser = parse_rate, value_name = "MB/S")]
    pub rate: Option<f64>,
    /// Elastic buffer of the source or sink
    #[arg(long, default_value = "4096", value_parser = units::parse_bytes, value_name = "BYTES")]
    pub elastic: u64,
    /// Part of the pattern, 0 to 31, that tells runs apart
    #[arg(long, default_value = "0", value_parser = clap::value_parser!(u32).range(0..32), value_name = "N")]
    pub seed: u32,
    /// Buffers in flight
    #[arg(long, default_value = "64", value_parser = clap::value_parser!(u32).range(1..=65536), value_name = "N")]
    pub buffers: u32,
    /// Give up when nothing has moved for this much device time
    #[arg(long, default_value = "100ms", value_parser = units::parse_duration, value_name = "TIME")]
    pub timeout: u64,
}

/// Options of `card generate`.
#[derive(Debug, ClapArgs)]
pub struct GenerateArgs {
    #[command(flatten)]
    pub run: RunArgs,
    /// What a full elastic buffer does to the source; the preset's choice if not given
    #[arg(long, value_enum, value_name = "WHAT")]
    pub when_full: Option<WhenFull>,
    /// File to write the packets to, one behind the other
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

/// Options of `card check`.
#[derive(Debug, ClapArgs)]
pub struct CheckArgs {
    #[command(flatten)]
    pub run: RunArgs,
    /// File to cut into packets and send instead of the pattern, as `card generate` writes it with the same queue, seed,
    /// length and spread; its size gives the number of packets
    #[arg(long, short, value_name = "FILE", conflicts_with = "packets")]
    pub input: Option<PathBuf>,
}

/// What a source does whose elastic buffer is full.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum WhenFull {
    /// It waits
    Wait,
    /// It goes on in real time and loses packets
    Lose,
}

fn parse_mask(text: &str) -> Result<u64, String> {
    units::parse_number(text).ok_or_else(|| "write decimal or 0x hexadecimal".into())
}

fn parse_rate(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(rate) if rate > 0.0 && rate.is_finite() => Ok(rate),
        _ => Err("not a rate; write for example 1250 or 0.5".into()),
    }
}
