//! The command line of `memory`.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Subcommand};

use crate::units;

macro_rules! memory_examples {
    () => {
        "Addresses are the card's. The demo card has SRAM at 0 and DRAM at 0x1_0000_0000; `ferrolane card show` tells how much.
A simulated card keeps its memory for one run of the command only, unless it is served (`ferrolane serve`): to write
and read back in one run, use `check`.

Examples:
  ferrolane memory check --address 0x1_0000_0000 --length 256k
  ferrolane memory write --address 0x1_0000_0000 --input weights.bin
  ferrolane memory read --address 0x1_0000_0000 --length 64k --output memory.bin
  ferrolane memory write --address 0x2000 --fixed --input samples.bin
  ferrolane --device 0000:03:00.0 --json memory check --address 0 --length 4096 --seed 7"
    };
}
/// Examples of all of them.
pub const EXAMPLES: &str = memory_examples!();
/// The same with the fields of the JSON objects.
pub const HELP: &str = concat!(
    memory_examples!(),
    "\n\nJSON fields of write and read:\n",
    "  schema_version command device queue address bytes fragment_bytes fixed device_time_ns clocks\n",
    "  megabytes_per_second\n",
    "and of check:\n",
    "  schema_version command device queue address bytes fragment_bytes compared_equal write_time_ns read_time_ns clocks\n",
    "  write_megabytes_per_second read_megabytes_per_second\n",
    "clocks are since power-up of the simulation, null on a card.\n",
    "Numbers are in the unit that the name ends with. Fields are only added within a schema_version, now 1."
);

/// What to do with the card's memory.
#[derive(Debug, Subcommand)]
pub enum MemoryCommand {
    /// Write a file to the card's memory
    #[command(after_help = EXAMPLES, after_long_help = HELP)]
    Write(WriteArgs),
    /// Read the card's memory to a file
    #[command(after_help = EXAMPLES, after_long_help = HELP)]
    Read(ReadArgs),
    /// Write a pattern to the card's memory, read it back and compare; what was there is lost
    #[command(after_help = EXAMPLES, after_long_help = HELP)]
    Check(CheckArgs),
}

/// What all of them have.
#[derive(Clone, Debug, ClapArgs)]
pub struct PlaceArgs {
    /// Card address of the first byte, any alignment; decimal or 0x hexadecimal, with _ between digits as you like
    #[arg(long, short, value_parser = parse_address, value_name = "ADDRESS")]
    pub address: u64,
    /// Queue number
    #[arg(long, default_value = "0", value_name = "N")]
    pub queue: u32,
    /// Bytes per descriptor, 1 to 16777215; k, M, KiB and MiB are binary suffixes
    #[arg(long, default_value = "64k", value_parser = units::parse_bytes, value_name = "BYTES")]
    pub fragment: u64,
    /// Descriptors in flight
    #[arg(long, default_value = "16", value_parser = clap::value_parser!(u32).range(1..=65536), value_name = "N")]
    pub buffers: u32,
    /// Give up when nothing has moved for this much device time
    #[arg(long, default_value = "100ms", value_parser = units::parse_duration, value_name = "TIME")]
    pub timeout: u64,
}

/// Options of `memory write`.
#[derive(Debug, ClapArgs)]
pub struct WriteArgs {
    #[command(flatten)]
    pub place: PlaceArgs,
    /// File to write; its size gives the length. A pipe is written as data come
    #[arg(long, short, value_name = "FILE")]
    pub input: PathBuf,
    /// Write everything to the one address, a beat of the port after the other: the data port of a FIFO
    #[arg(long)]
    pub fixed: bool,
}

/// Options of `memory read`.
#[derive(Debug, ClapArgs)]
pub struct ReadArgs {
    #[command(flatten)]
    pub place: PlaceArgs,
    /// How much, 1 or more; k, M, KiB and MiB are binary suffixes
    #[arg(long, short, value_parser = units::parse_bytes, value_name = "BYTES")]
    pub length: u64,
    /// File to write what was read to. It appears under its name only when it is complete
    #[arg(long, short, value_name = "FILE")]
    pub output: PathBuf,
    /// Read everything from the one address, a beat of the port after the other: the data port of a FIFO
    #[arg(long)]
    pub fixed: bool,
}

/// Options of `memory check`.
#[derive(Debug, ClapArgs)]
pub struct CheckArgs {
    #[command(flatten)]
    pub place: PlaceArgs,
    /// How much, 1 or more; k, M, KiB and MiB are binary suffixes
    #[arg(long, short, value_parser = units::parse_bytes, value_name = "BYTES")]
    pub length: u64,
    /// Makes another pattern, so that what an earlier run left is not taken for what this one wrote
    #[arg(long, default_value = "0", value_name = "N")]
    pub seed: u32,
}

fn parse_address(text: &str) -> Result<u64, String> {
    units::parse_number(text).ok_or_else(|| "write decimal or 0x hexadecimal, of up to 64 bits".into())
}
