//! The command line.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Parser, Subcommand, ValueEnum};

use crate::units;

const EXAMPLES: &str = "\
Examples:
  ferrolane info
  ferrolane transfer --input photo.jpg --output copy.jpg
  ferrolane --device sim:gen3x8,latency=1us,seed=7 transfer --input A --output B --fragment 64k
  ferrolane --device 0000:03:00.0 info
  ferrolane regs list
  ferrolane regs SCRATCH=0x1234 SCRATCH H2C0.STATUS

Exit codes:
  0 done               1 failed                2 wrong usage
  3 no such device     4 permission or limit   5 data differ
  6 timed out          7 device lost           8 illegal TLP or model failure in the simulation
  130 interrupted";

/// Move data between this host and a Ferrolane card, real or simulated.
#[derive(Debug, Parser)]
#[command(name = "ferrolane", version, after_help = EXAMPLES)]
pub struct Args {
    /// `sim`, a preset like `sim:gen3x8,latency=1us,seed=7` (`sim:help` lists all), or a PCI address like 0000:03:00.0
    #[arg(long, short, global = true, default_value = "sim", value_name = "DEVICE")]
    pub device: String,
    /// Print one JSON object instead of text
    #[arg(long, global = true)]
    pub json: bool,
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Show what the card and its link are
    #[command(after_help = "Example:\n  ferrolane --json info")]
    Info,
    /// Send a file to the card, receive it back from the card's loopback, compare
    #[command(
        after_help = "Examples:\n  ferrolane transfer --input A --output B\n  ferrolane transfer --input A --output B --fragment 4096 --offset 61 --wait interrupt\n\nThe output file appears under its name only when it is complete and equal."
    )]
    Transfer(TransferArgs),
    /// List, read and write registers, several in one call
    #[command(
        after_help = "Each run on the simulator is a fresh card, so give what belongs together in one call.\n\nExamples:\n  ferrolane regs list\n  ferrolane regs MAGIC ABI_VERSION LINK.SPEED\n  ferrolane regs SCRATCH=0x1234 SCRATCH\n  ferrolane regs C2H1.RING_SIZE=0x0808 C2H1.RING_SIZE 0x10110"
    )]
    Regs(RegsArgs),
}

/// Options of `transfer`.
#[derive(Debug, ClapArgs)]
pub struct TransferArgs {
    /// File to send
    #[arg(long, short, value_name = "FILE")]
    pub input: PathBuf,
    /// File to write what came back to
    #[arg(long, short, value_name = "FILE")]
    pub output: PathBuf,
    /// Bytes per descriptor, 1 to 16777215; k, M, KiB and MiB are binary suffixes
    #[arg(long, default_value = "4096", value_parser = units::parse_bytes, value_name = "BYTES")]
    pub fragment: u64,
    /// Bytes from the start of a page to the start of each fragment in host memory, 0 to 4095
    #[arg(long, default_value = "0", value_parser = clap::value_parser!(u64).range(0..4096), value_name = "BYTES")]
    pub offset: u64,
    /// Queue number, the same both ways
    #[arg(long, default_value = "0", value_name = "N")]
    pub queue: u32,
    /// Buffers in flight each way
    #[arg(long, default_value = "64", value_parser = clap::value_parser!(u32).range(1..=65536), value_name = "N")]
    pub buffers: u32,
    /// How to learn of completions
    #[arg(long, default_value = "poll", value_enum)]
    pub wait: Wait,
    /// Give up when nothing has moved for this much device time
    #[arg(long, default_value = "100ms", value_parser = units::parse_duration, value_name = "TIME")]
    pub timeout: u64,
}

/// How to learn of completions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Wait {
    /// Look at the completion ring again and again
    Poll,
    /// Arm the queue and sleep until its interrupt
    Interrupt,
}

/// Options of `regs`.
#[derive(Debug, ClapArgs)]
pub struct RegsArgs {
    /// `list`, NAME or OFFSET to read, NAME=VALUE or OFFSET=VALUE to write; a queue's register is H2C0.NAME or
    /// C2H0.NAME, and NAME.FIELD reads or writes one field
    #[arg(required = true, value_name = "OPERATION")]
    pub operations: Vec<String>,
}
