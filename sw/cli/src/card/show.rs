//! `ferrolane card show`.

use anyhow::Result;
use ferrolane_abi::card::{self, checker, generator, global, DRAM_BASE, SRAM_BASE};
use serde::Serialize;

use super::registers::Card;
use crate::args::Args;
use crate::device;
use crate::output::{json, Lines};
use crate::units::grouped;

#[derive(Serialize)]
struct Show {
    device: String,
    version: String,
    queues: u32,
    width_bits: u32,
    user_interrupts: u32,
    sram_bytes: u64,
    dram_bytes: u64,
    checkers: Vec<Checker>,
    generators: Vec<Generator>,
}

#[derive(Serialize)]
struct Checker {
    queue: u32,
    in_use: bool,
    running: bool,
    packets: u32,
    bytes: u64,
    errors: u32,
}

#[derive(Serialize)]
struct Generator {
    queue: u32,
    in_use: bool,
    running: bool,
    packets: u32,
    bytes: u64,
    lost_packets: u32,
    lost_bytes: u64,
}

/// Runs it. Looks without resetting.
pub fn run(args: &Args) -> Result<()> {
    let opened = device::open(&args.device, false)?;
    let card = Card::open(&opened.device)?;
    let show = look(&card, &opened.device.transport().facts().name)?;
    if args.json {
        return json("card show", &show);
    }
    let mut lines = Lines::default();
    lines.add("device", &show.device);
    lines.add("demo card", format!("registers {}, {} queue pairs", show.version, show.queues));
    lines.add("streams", format!("{} bits", show.width_bits));
    lines.add("interrupts", format!("{} of the card", show.user_interrupts));
    lines.add("SRAM", format!("{} bytes at card address {SRAM_BASE:#x}", grouped(show.sram_bytes)));
    lines.add("DRAM", format!("{} bytes at card address {DRAM_BASE:#x}", grouped(show.dram_bytes)));
    let state = |in_use, running| match (in_use, running) {
        (false, _) => "loopback",
        (true, false) => "stopped",
        (true, true) => "running",
    };
    for c in &show.checkers {
        let (packets, bytes) = (grouped(c.packets.into()), grouped(c.bytes));
        let state = state(c.in_use, c.running);
        lines.add(
            &format!("H2C queue {}", c.queue),
            format!("{state}; checked {packets} packets with {bytes} bytes, {} errors", c.errors),
        );
    }
    for g in &show.generators {
        let (packets, bytes) = (grouped(g.packets.into()), grouped(g.bytes));
        let state = state(g.in_use, g.running);
        lines.add(
            &format!("C2H queue {}", g.queue),
            format!("{state}; made {packets} packets with {bytes} bytes, {} packets lost", g.lost_packets),
        );
    }
    lines.print()
}

fn look(card: &Card, device: &str) -> Result<Show> {
    let global = |register, name| card.field(0, register, name);
    let (mut checkers, mut generators) = (vec![], vec![]);
    for queue in 0..card.queues {
        let in_use = card.has_pattern(queue)?;
        let block = card::checker_regs(queue);
        checkers.push(Checker {
            queue,
            in_use,
            running: card.field(block, &checker::STATUS, "RUNNING")? == 1,
            packets: card.read(block, &checker::PACKETS)?,
            bytes: card.count(block, &checker::BYTES_LO, &checker::BYTES_HI)?,
            errors: card.read(block, &checker::ERRORS)?,
        });
        let block = card::generator_regs(queue);
        generators.push(Generator {
            queue,
            in_use,
            running: card.field(block, &generator::STATUS, "RUNNING")? == 1,
            packets: card.read(block, &generator::PACKETS)?,
            bytes: card.count(block, &generator::BYTES_LO, &generator::BYTES_HI)?,
            lost_packets: card.read(block, &generator::LOST_PACKETS)?,
            lost_bytes: card.count(block, &generator::LOST_BYTES_LO, &generator::LOST_BYTES_HI)?,
        });
    }
    Ok(Show {
        device: device.into(),
        version: format!("{}.{}", global(&global::VERSION, "MAJOR")?, global(&global::VERSION, "MINOR")?),
        queues: card.queues,
        width_bits: global(&global::PARAM_CARD, "WIDTH")?,
        user_interrupts: global(&global::PARAM_CARD, "IRQS")?,
        sram_bytes: 1 << global(&global::PARAM_SIZES, "SRAM")?,
        dram_bytes: 1 << global(&global::PARAM_SIZES, "DRAM")?,
        checkers,
        generators,
    })
}
