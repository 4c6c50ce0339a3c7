//! Row 12: Max_Payload_Size and Max_Read_Request_Size change under traffic, and count at once; the checker judges every TLP.

use ferrolane_abi::map::Direction::{C2h, H2c};
use ferrolane_sim::checker::GRACE;
use ferrolane_sim::faults::{Fault, TimedKind};
use ferrolane_sim::rng::Rng;

use crate::bare::{Bare, Seen};
use crate::bed::VICTIM;
use crate::feed::Feed;
use crate::job::{jobs, run, Job, Shape};
use crate::lane::Setup;

fn setup(direction: ferrolane_abi::map::Direction, queue: u32) -> Setup {
    Setup::new(direction, queue, Feed::Ring)
}

fn step(bare: &mut Bare, jobs: &mut [Job], clocks: u64) {
    jobs.iter_mut().for_each(|job| {
        job.step(bare);
    });
    bare.run(clocks);
}

/// A change in this clock.
fn change(bare: &mut Bare, kind: TimedKind) {
    let now_ps = bare.now() * bare.machine.options.period_ps;
    let fault = bare.machine.inject(Fault::timed(kind, now_ps, None));
    bare.clock();
    assert_eq!(bare.machine.applied(fault), 1);
}

/// The longest of these on the wire since this was last asked, in DWORDs.
fn longest(bare: &mut Bare, which: fn(&Seen) -> bool) -> usize {
    bare.take_log().iter().filter(|seen| which(seen)).map(|seen| seen.hdr.length()).max().unwrap_or(0)
}

#[test]
fn f12_a_smaller_payload_cuts_what_is_planned_again() {
    for (preset, from, to) in [
        ("sim:mps=1024", 1024, 128),
        ("sim:mps=512,throttle=30%", 512, 256),
        ("sim:mps=256,gen1x4", 256, 128),
    ] {
        let mut bare = Bare::new(preset);
        let shape = Shape { seed: 2, packets: 12, longest: 60_000, piece: 60_000, irq: 0 };
        let mut jobs = jobs(&mut bare, &[(setup(H2c, VICTIM), setup(C2h, VICTIM))], shape);
        while jobs[0].judged < 4 {
            step(&mut bare, &mut jobs, 16);
        }
        assert_eq!(longest(&mut bare, Seen::is_write), from / 4);
        change(&mut bare, TimedKind::Mps(to));
        // What waits for the wire, and what the checker allows.
        bare.run(2_000);
        bare.take_log();
        run(&mut bare, &mut jobs);
        assert_eq!(longest(&mut bare, Seen::is_write), to as usize / 4, "{preset}");
    }
}

#[test]
fn f12_a_smaller_read_request_counts_soon_at_full_rate_too() {
    for preset in ["sim:mrrs=4096", "sim:mrrs=2048,exttag=off,jitter=1us", "sim:mrrs=1024,throttle=40%"] {
        let mut bare = Bare::new(preset);
        let shape = Shape { seed: 3, packets: 40, longest: 16_000, piece: 16_000, irq: 0 };
        let mut jobs = jobs(&mut bare, &[(setup(H2c, VICTIM), setup(C2h, VICTIM))], shape);
        while jobs[0].judged < 10 {
            step(&mut bare, &mut jobs, 16);
        }
        assert!(longest(&mut bare, Seen::is_read) > 128, "{preset}");
        change(&mut bare, TimedKind::Mrrs(128));
        bare.run(2_000);
        bare.take_log();
        run(&mut bare, &mut jobs);
        assert_eq!(longest(&mut bare, Seen::is_read), 32, "{preset}");
    }
}

#[test]
fn f12_records_and_descriptor_reads_follow_the_sizes() {
    // No descriptor moves more than 16 bytes, so what is longer is records.
    for (at, throttle) in [(20, 0), (33, 40), (57, 80)] {
        let mut bare = Bare::new(&format!("sim:mps=256,mrrs=512,throttle={throttle}%"));
        let shape = Shape { seed: at, packets: 600, longest: 16, piece: 16, irq: 0 };
        let pair = |queue| (setup(H2c, queue).gather(15, 200), setup(C2h, queue).gather(15, 200));
        let mut jobs = jobs(&mut bare, &[pair(0), pair(VICTIM)], shape);
        while jobs[0].judged < 5 * at as usize {
            step(&mut bare, &mut jobs, 16);
        }
        let log = bare.take_log();
        assert!(log.iter().any(|seen| seen.is_write() && seen.hdr.length() > 32));
        assert!(log.iter().any(|seen| seen.is_read() && seen.hdr.length() > 32));
        change(&mut bare, TimedKind::Mps(128));
        change(&mut bare, TimedKind::Mrrs(128));
        run(&mut bare, &mut jobs);
    }
}

#[test]
fn f12_sizes_that_change_all_the_time_lose_no_byte() {
    for (seed, preset) in
        ["sim", "sim:throttle=50%,split=random", "sim:iova=high,reorder=40%,jitter=500ns"].iter().enumerate()
    {
        let mut bare = Bare::new(preset);
        let mut rng = Rng::new(seed as u64, "sizes");
        let shape = Shape { seed: seed as u64, packets: 60, longest: 12_000, piece: 6_000, irq: 10 };
        let pair = |queue| (setup(H2c, queue), setup(C2h, queue).gather(4, 20));
        let mut jobs = jobs(&mut bare, &[pair(0), pair(1), pair(2)], shape);
        let mut changes = 0;
        while !jobs.iter().all(Job::done) {
            let kind = if rng.chance(70) {
                TimedKind::Mps(128 << rng.below(4))
            } else {
                TimedKind::Mrrs(128 << rng.below(6))
            };
            change(&mut bare, kind);
            changes += 1;
            // Often while the last change still counts; never so soon that two before it do.
            for _ in 0..(GRACE + rng.below(800)) / 16 {
                step(&mut bare, &mut jobs, 16);
            }
        }
        assert!(changes > 100, "{changes} changes");
        assert_eq!(bare.take_errors(), 0);
    }
}
