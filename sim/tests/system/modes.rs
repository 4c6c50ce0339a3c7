//! All feed modes at once, both ways, with every byte compared.

use ferrolane_abi::map::Direction::{C2h, H2c};

use crate::bare::Bare;
use crate::feed::FEEDS;
use crate::job::{jobs, run, work, Job, Shape};
use crate::lane::Setup;

const SHAPE: Shape = Shape { seed: 1, packets: 30, longest: 6_000, piece: 1_500, irq: 0 };

/// Setups of the four queue pairs in a round: each is fed otherwise in each, and each of the ways back, too.
fn round(round: usize) -> Vec<(Setup, Setup)> {
    let setups = (0..4).map(|queue| {
        let setup = |direction, feed, policy| {
            let gather = (7 * queue + 3 * round) as u32 % 18;
            Setup::new(direction, queue as u32, feed).policy(policy as u32).gather(gather, 20)
        };
        let (h2c, c2h) = (FEEDS[(queue + round) % 4], FEEDS[(3 * queue + round / 2 + 1) % 4]);
        (setup(H2c, h2c, (queue + 3 * round) % 4), setup(C2h, c2h, round % 4))
    });
    setups.collect()
}

/// Runs rounds and switches all modes between them.
fn rounds(preset: &str, shape: Shape, count: usize) {
    let mut bare = Bare::new(preset);
    let mut running = jobs(&mut bare, &round(0), shape);
    for number in 0..count {
        if number > 0 {
            let mut old = running.into_iter();
            let mut new = Vec::new();
            for (queue, (h2c, c2h)) in round(number).into_iter().enumerate() {
                let shape = Shape { seed: shape.seed + number as u64, ..shape };
                let (out, back) = work(&mut bare, shape, queue as u32);
                let mut again = |setup, work| -> Job { old.next().unwrap().again(&mut bare, setup, work) };
                new.push(again(c2h, back));
                new.push(again(h2c, out));
            }
            running = new;
        }
        run(&mut bare, &mut running);
        assert_eq!(bare.take_errors(), 0, "round {number}");
        if shape.irq == 0 {
            assert_eq!(bare.interrupts.len(), 0, "nobody asked for an interrupt");
        }
    }
    assert_eq!(bare.interrupts.is_empty(), shape.irq == 0);
}

#[test]
fn every_mode_at_once_and_switched_between_starts() {
    rounds("sim", SHAPE, 4);
}

#[test]
fn on_a_link_that_answers_in_any_order() {
    for seed in 1..=2 {
        let preset = format!("sim:jitter=1us,split=random,reorder=60%,throttle=20%,seed={seed}");
        rounds(&preset, Shape { seed: 10 * seed, irq: 10, ..SHAPE }, 3);
    }
}

#[test]
fn with_few_credits() {
    rounds("sim:ph=1,pd=16,nph=1,card_ph=1,card_pd=16,card_nph=1", Shape { packets: 8, ..SHAPE }, 2);
}

#[test]
fn small_packets_wrap_every_ring_many_times() {
    rounds("sim", Shape { packets: 400, longest: 50, piece: 20, irq: 3, ..SHAPE }, 2);
}
