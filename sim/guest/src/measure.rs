//! How long the ways to the card take, by the clock of the machine that the driver runs on.

use std::time::{Duration, Instant};

use anyhow::{ensure, Context, Result};
use clap::Args;
use ferrolane_abi::card::{self, global as user};
use ferrolane_abi::map::GLOBAL_PAGE;
use ferrolane_abi::regs::global;

use crate::open::Opened;

/// Most that an interrupt may take, in device time.
const PATIENCE: u64 = 20_000_000_000;

/// What to measure.
#[derive(Args)]
pub struct Measure {
    /// How often.
    #[arg(long, default_value_t = 200)]
    rounds: u32,
}

fn mean(total: Duration, rounds: u32) -> u128 {
    total.as_nanos() / u128::from(rounds.max(1))
}

/// Measures and prints mean times in nanoseconds.
pub fn run(opened: &Opened, measure: &Measure) -> Result<()> {
    let (device, rounds) = (&opened.device, measure.rounds);
    let start = Instant::now();
    for _ in 0..rounds {
        device.read_global(&global::MAGIC)?;
    }
    let read = mean(start.elapsed(), rounds);

    let scratch = GLOBAL_PAGE + u64::from(global::SCRATCH.offset);
    let start = Instant::now();
    for value in 0..rounds {
        device.write32(scratch, value)?;
    }
    // Writes are posted: the read comes behind the last of them.
    let last = device.read32(scratch)?;
    let write = mean(start.elapsed(), rounds);
    ensure!(last == rounds - 1, "SCRATCH holds {last} instead of the last value written, {}", rounds - 1);

    let user = |register: &ferrolane_abi::table::Register| card::GLOBAL_PAGE + u64::from(register.offset);
    let parameters = device.user_read32(user(&user::PARAM_CARD))?;
    let count = user::PARAM_CARD.field("IRQS").context("PARAM_CARD.IRQS")?.get(parameters);
    let first = device.parameters().vectors - count;
    let mut events =
        (first..first + count).map(|vector| device.user_interrupt(vector)).collect::<Result<Vec<_>, _>>()?;
    let before = opened.interrupts();
    let start = Instant::now();
    for round in 0..rounds {
        let which = round % count;
        device.user_write32(user(&user::USER_IRQ), 1 << which)?;
        let came = events[which as usize].wait_until(device.deadline(PATIENCE))?;
        ensure!(came, "interrupt {round}, of vector {}, did not come", first + which);
    }
    let interrupt = mean(start.elapsed(), rounds);
    let interrupts = opened.interrupts() - before;
    println!(
        "@@ read_ns={read} write_ns={write} interrupt_ns={interrupt} rounds={rounds} interrupts={interrupts}"
    );
    Ok(())
}
