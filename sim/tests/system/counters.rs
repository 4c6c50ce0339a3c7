//! The counter page against what went over the wires.

use ferrolane_abi::descriptor::{EOP, SOP};
use ferrolane_abi::map::Direction::{C2h, H2c};
use ferrolane_abi::map::GLOBAL_COUNTERS;
use ferrolane_abi::regs::{global_counters as global, queue_counters as queue};
use ferrolane_abi::table::Register;
use ferrolane_sim::tlp::Class;
use ferrolane_sim::Direction;

use crate::bare::{Bare, Seen};
use crate::feed::{Feed, FEEDS};
use crate::job::{jobs, run, Shape};
use crate::lane::{Lane, Setup};
use crate::stall_counters::load;

pub fn of(bare: &mut Bare, register: &Register) -> u32 {
    bare.read(GLOBAL_COUNTERS + u64::from(register.offset))
}

/// Beats of a port of 16 bytes.
fn beats(seen: &Seen) -> u32 {
    seen.hdr.payload_dws().div_ceil(4).max(1) as u32
}

#[test]
fn they_say_what_happened() {
    let mut bare = Bare::new("sim:jitter=400ns,split=random,reorder=30");
    for register in global::REGISTERS {
        let wanted = if register.name.ends_with("_MIN") { 0xF_FFFF } else { 0 };
        // What the host asks for now is answered, too, but these are no completions for the card.
        let value = of(&mut bare, register);
        if !register.name.contains("STALLS") && register.name != "WRITE_BEATS" {
            assert_eq!(value, wanted, "{} before anything", register.name);
        }
    }
    let setups: Vec<_> = FEEDS
        .into_iter()
        .enumerate()
        .map(|(i, feed)| {
            (Setup::new(H2c, i as u32, feed), Setup::new(C2h, i as u32, Feed::Ring).policy(i as u32))
        })
        .collect();
    let shape = Shape { seed: 4, packets: 40, longest: 5_000, piece: 1_200, irq: 5 };
    let mut jobs = jobs(&mut bare, &setups, shape);
    bare.take_log();
    run(&mut bare, &mut jobs);
    let log = bare.take_log();
    for job in &jobs {
        let bytes: u32 = job.work.parts.iter().map(|part| part.bytes).sum();
        let tlps = log.iter().filter(|seen| seen.is_read() || seen.is_write());
        let tlps = tlps.filter(|seen| job.work.region.holds(seen.hdr.address())).count();
        let mut counter = |register: &Register| job.lane.counter(&mut bare, register);
        assert_eq!(counter(&queue::BYTES_LO), bytes, "{}", job.lane.name());
        assert_eq!(counter(&queue::BYTES_HI), 0);
        assert_eq!(counter(&queue::DESCRIPTORS) as usize, job.work.parts.len());
        assert_eq!(counter(&queue::TLPS) as usize, tlps, "{}", job.lane.name());
        assert_eq!(counter(&queue::ERRORS), 0);
    }
    let count = |is: &dyn Fn(&Seen) -> bool| log.iter().filter(|seen| is(seen)).count() as u32;
    let sum = |is: &dyn Fn(&Seen) -> bool| log.iter().filter(|seen| is(seen)).map(beats).sum::<u32>();
    assert_eq!(of(&mut bare, &global::READ_COUNT), count(&Seen::is_read));
    assert_eq!(of(&mut bare, &global::COMPLETION_BEATS), sum(&Seen::is_answer));
    assert_eq!(of(&mut bare, &global::WRITE_BEATS), sum(&|seen| seen.is_write() || seen.is_interrupt()));
    let (h2c, c2h) = (of(&mut bare, &global::H2C_BEATS), of(&mut bare, &global::C2H_BEATS));
    let packets: u32 = jobs
        .iter()
        .filter(|job| job.lane.setup.direction == H2c)
        .flat_map(|job| {
            job.work.parts.iter().scan(0, |bytes, part| {
                *bytes += part.bytes;
                let beats = if part.eop { std::mem::take(bytes).div_ceil(16) } else { 0 };
                Some(beats)
            })
        })
        .sum();
    assert_eq!((h2c, c2h), (packets, packets), "beats on the card's streams");
}

#[test]
fn latencies_are_those_of_the_wire() {
    let mut bare = Bare::new("sim:jitter=400ns");
    let shape = Shape { seed: 4, packets: 30, longest: 3_000, piece: 900, irq: 0 };
    let setups = (Setup::new(H2c, 1, Feed::Push), Setup::new(C2h, 1, Feed::Ring));
    let mut jobs = jobs(&mut bare, &[setups], shape);
    bare.take_log();
    run(&mut bare, &mut jobs);
    // By the wire: from a read's first byte to the first byte of its last answer. The port sees a little more.
    let (mut starts, mut all) = (vec![None; 1024], Vec::new());
    for seen in bare.take_log() {
        let tag = usize::from(seen.hdr.tag());
        if seen.is_read() {
            starts[tag] = Some(seen.clock);
        } else if seen.is_answer() {
            let carried = 4 * seen.hdr.payload_dws() as u64 - u64::from(seen.hdr.lower_address() & 3);
            if u64::from(seen.hdr.byte_count()) <= carried {
                all.push(seen.clock - starts[tag].take().unwrap());
            }
        }
    }
    let (least, most) = (all.iter().min().unwrap(), all.iter().max().unwrap());
    let sum: u64 = all.iter().sum();
    let read = |bare: &mut Bare, register| u64::from(of(bare, register));
    let measured = read(&mut bare, &global::READ_SUM_LO) | read(&mut bare, &global::READ_SUM_HI) << 32;
    let (min, max) = (read(&mut bare, &global::READ_MIN), read(&mut bare, &global::READ_MAX));
    let count = all.len() as u64;
    println!(
        "wire {least} to {most}, {} in the mean; counters {min} to {max}, {}",
        sum / count,
        measured / count
    );
    assert_eq!(read(&mut bare, &global::READ_COUNT), count);
    // The way down, and the beats of the last answer.
    assert!((*least..least + 60).contains(&min) && (*most..most + 80).contains(&max));
    assert!((sum..sum + 60 * count).contains(&measured));
}

#[test]
fn doorbells_of_an_idle_queue_are_timed() {
    let mut bare = Bare::new("sim");
    let shape = Shape { seed: 4, packets: 1, longest: 300, piece: 400, irq: 0 };
    for feed in [Feed::Ring, Feed::Push] {
        let before = of(&mut bare, &global::H2C_COUNT);
        for seed in 0..5 {
            let shape = Shape { seed, ..shape };
            let setups = (Setup::new(H2c, 0, feed), Setup::new(C2h, 0, Feed::Ring));
            let mut jobs = jobs(&mut bare, &[setups], shape);
            run(&mut bare, &mut jobs);
            jobs.iter_mut().for_each(|job| job.lane.stop(&mut bare));
        }
        assert_eq!(of(&mut bare, &global::H2C_COUNT) - before, 5, "{feed:?}");
        let (min, max) = (of(&mut bare, &global::H2C_MIN), of(&mut bare, &global::H2C_MAX));
        println!("{feed:?}: {min} to {max} clocks so far");
        match feed {
            // With the fetch's round trip of 500 ns.
            Feed::Ring => assert!((125..250).contains(&min) && max < 300, "{min} to {max}"),
            _ => assert!(min < 24, "{min}"),
        }
    }
    assert_eq!(of(&mut bare, &global::C2H_COUNT), 10);
}

#[test]
fn doorbells_of_the_way_back_are_timed_to_their_first_write() {
    let mut bare = Bare::new("sim:delay=4ns");
    let mut h2c = Lane::new(&mut bare, Setup::new(H2c, 2, Feed::Push));
    let mut c2h = Lane::new(&mut bare, Setup::new(C2h, 2, Feed::Push));
    let mut wire = Vec::new();
    for _ in 0..5 {
        // A packet is in the share and waits for a buffer.
        load(&mut bare, &mut h2c, 1, 300, SOP | EOP);
        h2c.wait(&mut bare, 20_000);
        bare.run(1_000);
        bare.take_log();
        load(&mut bare, &mut c2h, 1, 4096, 0);
        c2h.wait(&mut bare, 20_000);
        let log = bare.take_log();
        let write = log.iter().position(Seen::is_write).unwrap();
        let doorbell = log[..write].iter().rfind(|s| s.direction == Direction::ToCard).unwrap();
        assert!(doorbell.class == Class::Posted);
        wire.push((log[write].clock - doorbell.clock) as u32);
    }
    let read = |bare: &mut Bare, register| of(bare, register);
    let (sum, least, most): (u32, _, _) = (wire.iter().sum(), wire.iter().min(), wire.iter().max());
    let (min, max) = (read(&mut bare, &global::C2H_MIN), read(&mut bare, &global::C2H_MAX));
    println!("wire {least:?} to {most:?}; counters {min} to {max}");
    assert_eq!(read(&mut bare, &global::C2H_COUNT), 5);
    // The wire sees the way there and back, too: not more than 35 clocks.
    let near = |value: u32, on_wire: u32, n: u32| (on_wire.saturating_sub(35 * n)..=on_wire).contains(&value);
    assert!(min > 0 && near(min, *least.unwrap(), 1) && near(max, *most.unwrap(), 1));
    assert!(near(read(&mut bare, &global::C2H_SUM_LO), sum, 5));
    assert_eq!(read(&mut bare, &global::C2H_SUM_HI), 0);
}
