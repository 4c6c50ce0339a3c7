//! Runs the example on the simulator: `ferrolane-example-user-logic [sim:OPTIONS] [PACKETS]`.

use std::error::Error;
use std::sync::Arc;

use ferrolane_sim::rng::Rng;
use ferrolane_sim::Options;

fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args().skip(1);
    let options = Options::parse(args.next().as_deref().unwrap_or("sim"))?;
    let packets: u32 = args.next().map_or(Ok(1000), |count| count.parse())?;
    let mut rng = Rng::new(options.seed, "packets");
    let make = || (0..=rng.below(4096)).map(|_| rng.next() as u8).collect::<Vec<u8>>();
    let transport = ferrolane_example_user_logic::open(options)?;
    let control = transport.control();
    let done = ferrolane_example_user_logic::run(Arc::new(transport), packets, make)?;
    println!(
        "{} packets with {} bytes through user_logic.v on {} queue pairs: data equal, CRC-32 of each equal",
        done.packets, done.bytes, done.queues
    );
    println!("{} events of the user interrupt, registers as expected", done.interrupts);
    println!("{:.3} us of device time, {} clocks since power-up", done.nanos as f64 / 1e3, control.clocks());
    Ok(())
}
