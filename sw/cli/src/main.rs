//! `ferrolane`: look at a card and move data through it, simulated or real.

mod args;
mod device;
mod exit;
mod info;
mod link;
mod output;
mod regs;
mod transfer;
mod units;

use std::process::ExitCode;

use clap::Parser;

use args::{Args, Command};

fn main() -> ExitCode {
    let args = Args::parse();
    let result = match &args.command {
        Command::Info => info::run(&args),
        Command::Transfer(options) => transfer::run(&args, options),
        Command::Regs(options) => regs::run(&args, options),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let code = exit::code(&error);
            eprintln!("ferrolane: {}", exit::one_line(&error));
            ExitCode::from(code)
        }
    }
}
