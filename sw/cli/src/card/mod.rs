//! `ferrolane card`: the demo card's generators and checkers.
//!
//! ```text
//! generate:  card's generator ─► C2H queue n ─► buffers ─► compare ─► file
//! check:     file or pattern ─► buffers ─► H2C queue n ─► card's checker
//! ```

pub mod args;
mod check;
mod generate;
mod registers;
mod report;
mod settings;
mod show;

use anyhow::Result;
use ferrolane_abi::card::PRESETS;
use serde::Serialize;

use crate::args::Args;
use crate::device;
use crate::output::{self, json};
use crate::units::{duration, grouped};
use args::{CardCommand, LoopbackArgs};
use registers::Card;

/// Runs it.
pub fn run(args: &Args, command: &CardCommand) -> Result<()> {
    match command {
        CardCommand::Show => show::run(args),
        CardCommand::Presets => presets(args),
        CardCommand::Loopback(options) => loopback(args, options),
        CardCommand::Generate(options) => generate::run(args, options),
        CardCommand::Check(options) => check::run(args, options),
    }
}

fn loopback(args: &Args, options: &LoopbackArgs) -> Result<()> {
    let opened = device::open(&args.device, false)?;
    let card = Card::open(&opened.device)?;
    let queues = match options.queue {
        Some(queue) => {
            card.check_queue(queue)?;
            vec![queue]
        }
        None => (0..card.queues).collect(),
    };
    for queue in &queues {
        card.to_loopback(*queue)?;
    }
    if args.json {
        #[derive(Serialize)]
        struct Body {
            queues: Vec<u32>,
        }
        return json("card loopback", &Body { queues });
    }
    let names: Vec<String> = queues.iter().map(u32::to_string).collect();
    output::print(&format!("loopback      queue {}\n", names.join(", ")))
}

fn presets(args: &Args) -> Result<()> {
    if args.json {
        #[derive(Serialize)]
        struct Preset {
            name: &'static str,
            megabytes_per_second: Option<f64>,
            burst_bytes: u32,
            pause_ns: u32,
            length_bytes: u32,
            spread_mask: u32,
            when_full: &'static str,
            doc: &'static str,
        }
        #[derive(Serialize)]
        struct Body {
            presets: Vec<Preset>,
        }
        let presets = PRESETS
            .iter()
            .map(|p| Preset {
                name: p.name,
                megabytes_per_second: settings::limit(p.bytes_per_second).map(|b| b as f64 / 1e6),
                burst_bytes: p.burst,
                pause_ns: p.pause_ns,
                length_bytes: p.length,
                spread_mask: p.spread,
                when_full: if p.real_time { "lose" } else { "wait" },
                doc: p.doc,
            })
            .collect();
        return json("card presets", &Body { presets });
    }
    let line = |p: &ferrolane_abi::card::Preset| {
        let rate = settings::limit(p.bytes_per_second)
            .map_or("no limit".into(), |bytes| format!("{} MB/s", grouped(bytes / 1_000_000)));
        let pause = match p.burst {
            0 => "no pauses".into(),
            _ => format!("{} after every {} bytes", duration(p.pause_ns.into()), grouped(p.burst.into())),
        };
        format!("{:<20} {rate:>10}, {pause}. {}\n", p.name, p.doc)
    };
    output::print(&PRESETS.iter().map(line).collect::<String>())
}
