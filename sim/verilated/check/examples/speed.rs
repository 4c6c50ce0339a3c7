//! Prints clocks per second of the small design, for a rough look at the cost of a step.
use verilated::Options;
use verilated_check::plain;

fn main() -> Result<(), verilated::Error> {
    let mut model = plain::Model::new(&Options::default())?;
    let (mut i, mut o) = (plain::In::default(), plain::Out::default());
    let (mut sum, clocks) = (0u64, 10_000_000u32);
    let start = std::time::Instant::now();
    for n in 0..clocks {
        i.a = n & 0xff;
        i.w128 = [n, n.rotate_left(7), !n, n ^ 0x5555];
        i.wen = u32::from(n & 15 != 15);
        i.addr = n & 15;
        i.wdata = [n, 0];
        model.step(&i, &mut o)?;
        sum = sum.wrapping_add(u64::from(o.n128[3] ^ o.a_q));
    }
    let seconds = start.elapsed().as_secs_f64();
    println!("{:.2} million clocks per second (checksum {sum:x})", f64::from(clocks) / seconds / 1e6);
    Ok(())
}
