//! The command line.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Parser, Subcommand, ValueEnum};

use crate::card::args as card;
use crate::memory::args as memory;
use crate::serve::args as serve;
use crate::setup::args as setup;
use crate::units;

const EXAMPLES: &str = "\
Examples:
  ferrolane info
  ferrolane transfer --input photo.jpg --output copy.jpg
  ferrolane --device sim:gen3x8,latency=1us,seed=7 transfer --input A --output B --fragment 64k
  ferrolane --device 0000:03:00.0 info
  ferrolane --device vfio-user:/tmp/card.sock info
  ferrolane --device sim:help
  ferrolane regs list
  ferrolane regs SCRATCH=0x1234 SCRATCH H2C0.STATUS
  ferrolane card generate --preset ethernet-10g
  ferrolane memory check --address 0x1_0000_0000 --length 64k
  ferrolane --device sim:gen3x4,seed=7 serve --socket /tmp/card.sock
  ferrolane doctor
  sudo ferrolane bind 0000:03:00.0 --owner $USER

Errors are one line of text on standard error, with --json too; standard output then stays empty, but for the
report of `doctor`. Only a failure of the simulation (8) is followed by a decoded dump.

Exit codes:
  0 done               1 failed                2 wrong usage
  3 no such device     4 permission or limit   5 data differ
  6 timed out          7 device lost           8 illegal TLP or model failure in the simulation
  130 interrupted";

/// Ends each list of JSON fields.
macro_rules! json_note {
    () => {
        "\n\nNumbers are in the unit that the name ends with. Fields are only added within a schema_version, now 1."
    };
}

macro_rules! info_example {
    () => {
        "Example:\n  ferrolane --json info"
    };
}
const INFO_EXAMPLES: &str = info_example!();
const INFO_HELP: &str = concat!(
    info_example!(),
    "\n\nJSON fields:\n",
    "  schema_version command device abi features build_id h2c_queues c2h_queues msix_vectors port_bits tags\n",
    "  clock_khz h2c_fifo_bytes_per_queue c2h_fifo_bytes_per_queue link_generation link_lanes link_up\n",
    "  max_payload_bytes max_read_request_bytes read_completion_boundary_bytes extended_tags\n",
    "  numa_node (null if unknown)",
    json_note!()
);

macro_rules! transfer_examples {
    () => {
        "Examples:
  ferrolane transfer --input A --output B
  ferrolane transfer --input A --output B --fragment 4096 --offset 61 --wait interrupt
  tar c folder | ferrolane transfer --input /dev/stdin --output folder.tar

An output file appears under its name only when it is complete and equal; until then what was there stays. A pipe or
device is written as data come."
    };
}
const TRANSFER_EXAMPLES: &str = transfer_examples!();
const TRANSFER_HELP: &str = concat!(
    transfer_examples!(),
    "\n\nJSON fields:\n",
    "  schema_version command device bytes h2c_descriptors c2h_descriptors fragment_bytes fragment_offset queue\n",
    "  wait compared_equal device_time_ns clocks transfer_clocks megabytes_per_second link\n",
    "  link_bound_megabytes_per_second percent_of_link_bound simulated_clocks_per_second\n",
    "clocks, transfer_clocks and simulated_clocks_per_second are null on a card. clocks are since power-up, and the\n",
    "same again for the same seed.",
    json_note!()
);

macro_rules! regs_examples {
    () => {
        "Each run on the simulator is a fresh card, and a served one is reset between runs, so give what belongs together in
one call. Nothing is written unless all operations are possible.

Examples:
  ferrolane regs list
  ferrolane regs MAGIC ABI_VERSION LINK.SPEED
  ferrolane regs SCRATCH=0x1234 SCRATCH
  ferrolane regs C2H1.RING_SIZE=0x0808 C2H1.RING_SIZE 0x10110"
    };
}
const REGS_EXAMPLES: &str = regs_examples!();
const REGS_HELP: &str = concat!(
    regs_examples!(),
    "\n\nJSON fields:\n",
    "  schema_version command operations\n",
    "and of each operation: operation (read or write), name, offset, value.",
    json_note!()
);

/// Move data between this host and a Ferrolane card, real or simulated.
#[derive(Debug, Parser)]
#[command(name = "ferrolane", version, after_help = EXAMPLES)]
pub struct Args {
    /// `sim`, a preset like `sim:gen3x8,latency=1us,seed=7` (`sim:help` lists all), a served card like
    /// `vfio-user:/tmp/card.sock`, or a PCI address like 0000:03:00.0
    #[arg(long, short, global = true, default_value = "sim", value_name = "DEVICE")]
    pub device: String,
    /// Print one JSON object instead of text
    #[arg(long, global = true)]
    pub json: bool,
    // Not required, for `--device sim:help`.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Show what the card and its link are
    #[command(after_help = INFO_EXAMPLES, after_long_help = INFO_HELP)]
    Info,
    /// Send a file to the card, receive it back from the card's loopback, compare
    #[command(after_help = TRANSFER_EXAMPLES, after_long_help = TRANSFER_HELP)]
    Transfer(TransferArgs),
    /// List, read and write registers, several in one call
    #[command(after_help = REGS_EXAMPLES, after_long_help = REGS_HELP)]
    Regs(RegsArgs),
    /// Use the demo card's packet generators and checkers
    #[command(after_help = card::EXAMPLES, after_long_help = card::HELP)]
    Card {
        /// What to do
        #[command(subcommand)]
        command: card::CardCommand,
    },
    /// Serve the simulated card as a vfio-user device, for QEMU and other clients
    #[command(after_help = serve::EXAMPLES, after_long_help = serve::HELP)]
    Serve(serve::ServeArgs),
    /// Write, read and check the card's memory
    #[command(after_help = memory::EXAMPLES, after_long_help = memory::HELP)]
    Memory {
        /// What to do
        #[command(subcommand)]
        command: memory::MemoryCommand,
    },
    /// Tell what keeps a PCI card from being used, and the command that mends it
    #[command(after_help = setup::DOCTOR_EXAMPLES, after_long_help = setup::DOCTOR_HELP)]
    Doctor(setup::DoctorArgs),
    /// Bind a PCI card to vfio-pci, so that it can be opened
    #[command(after_help = setup::BIND_EXAMPLES, after_long_help = setup::BIND_HELP)]
    Bind(setup::BindArgs),
    /// Hand a PCI card from vfio-pci back to the kernel's drivers
    #[command(after_help = setup::UNBIND_EXAMPLES, after_long_help = setup::UNBIND_HELP)]
    Unbind(setup::UnbindArgs),
    /// Have Linux look for a PCI card anew, as after its FPGA was reprogrammed
    #[command(after_help = setup::RESCAN_EXAMPLES, after_long_help = setup::RESCAN_HELP)]
    Rescan(setup::RescanArgs),
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

/// The reason of a refused command line in one line, from the paragraphs that the parser makes of it.
pub fn reason(message: &str) -> String {
    let lines = message.lines().map(str::trim);
    let reason: Vec<&str> = lines
        .take_while(|line| !line.starts_with("Usage:") && !line.starts_with("For more information"))
        .collect();
    let reason = reason.join(" ");
    let reason = reason.split_whitespace().collect::<Vec<_>>().join(" ");
    format!("{}; see --help", reason.strip_prefix("error: ").unwrap_or(&reason))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    fn refusal(words: &[&str]) -> String {
        let words = ["ferrolane"].iter().chain(words);
        reason(&Args::try_parse_from(words).unwrap_err().to_string())
    }

    #[test]
    fn the_definition_is_consistent() {
        Args::command().debug_assert();
    }

    #[test]
    fn refusals_are_one_line_with_the_reason() {
        let missing = refusal(&["transfer", "--input", "A"]);
        assert_eq!(
            missing,
            "the following required arguments were not provided: --output <FILE>; see --help"
        );
        let range = refusal(&["transfer", "--offset", "4096"]);
        assert_eq!(range, "invalid value '4096' for '--offset <BYTES>': 4096 is not in 0..4096; see --help");
        let unit = refusal(&["transfer", "--timeout", "5"]);
        assert!(unit.contains("needs a unit: ns, us, ms or s"), "{unit}");
        let unknown = refusal(&["transfer", "--fragments", "5"]);
        assert!(unknown.contains("'--fragment'") && !unknown.contains('\n'), "{unknown}");
    }

    #[test]
    fn the_device_may_stand_on_either_side_of_the_command() {
        for words in
            [["ferrolane", "--device", "sim:seed=3", "info"], ["ferrolane", "info", "--device", "sim:seed=3"]]
        {
            assert_eq!(Args::try_parse_from(words).unwrap().device, "sim:seed=3");
        }
        assert_eq!(Args::try_parse_from(["ferrolane", "info"]).unwrap().device, "sim");
    }
}
