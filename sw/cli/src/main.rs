//! `ferrolane`: look at a card and move data through it, simulated or real, and set a real one up.

mod args;
mod card;
mod device;
mod exit;
mod info;
mod link;
mod memory;
mod output;
mod regs;
mod serve;
mod setup;
mod transfer;
mod units;

use std::process::ExitCode;

use anyhow::Result;
use clap::error::ErrorKind;
use clap::Parser;

use args::{Args, Command};

fn main() -> ExitCode {
    match parse().and_then(|args| args.map_or(Ok(()), |args| run(&args))) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            output::complain(exit::one_line(&error));
            ExitCode::from(exit::code(&error))
        }
    }
}

/// The command line, or nothing if it only asked for help.
fn parse() -> Result<Option<Args>> {
    let error = match Args::try_parse() {
        Ok(args) => return Ok(Some(args)),
        Err(error) => error,
    };
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            // Whoever closed the other end has read enough.
            let _ = error.print();
            Ok(None)
        }
        _ => Err(exit::Usage(args::reason(&error.to_string())).into()),
    }
}

fn run(args: &Args) -> Result<()> {
    if device::is_help(&args.device) {
        return device::help();
    }
    match &args.command {
        Some(Command::Info) => info::run(args),
        Some(Command::Transfer(options)) => transfer::run(args, options),
        Some(Command::Regs(options)) => regs::run(args, options),
        Some(Command::Card { command }) => card::run(args, command),
        Some(Command::Memory { command }) => memory::run(args, command),
        Some(Command::Doctor(options)) => setup::doctor(args, options),
        Some(Command::Bind(options)) => setup::bind(args, options),
        Some(Command::Unbind(options)) => setup::unbind(args, options),
        Some(Command::Rescan(options)) => setup::rescan(args, options),
        Some(Command::Serve(options)) => serve::run(args, options),
        None => {
            let text =
                "no command given: info, transfer, regs, card, memory, serve, doctor, bind, unbind or rescan; \
                        see `ferrolane --help`";
            Err(exit::Usage(text.into()).into())
        }
    }
}
