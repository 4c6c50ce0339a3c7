//! Power-up values by seed.
use std::collections::HashSet;

use verilated::{Dut, Error, Options};
use verilated_check::{plain, probe};

/// Both memories, before anything was written.
fn power_up(options: &Options) -> Vec<u64> {
    let mut dut = Dut::new(probe::Model::new(options).unwrap());
    let mut values = Vec::new();
    for addr in 0..16u64 {
        dut.set("addr", addr);
        dut.set("wide_addr", addr);
        dut.step();
        values.push(dut.get("rdata"));
        values.extend(dut.get_wide("wide_rdata").chunks(2).map(|w| u64::from(w[1]) << 32 | u64::from(w[0])));
    }
    values
}

#[test]
fn a_seed_gives_the_same_memory_contents_again() {
    assert_eq!(power_up(&Options::seeded(7)), power_up(&Options::seeded(7)));
}

#[test]
fn two_seeds_differ_in_every_word() {
    for (a, b) in power_up(&Options::seeded(7)).into_iter().zip(power_up(&Options::seeded(8))) {
        assert_ne!(a, b);
    }
}

#[test]
fn words_of_a_memory_differ_from_each_other() {
    let values = power_up(&Options::seeded(7));
    let distinct: HashSet<_> = values.iter().collect();
    assert_eq!(distinct.len(), values.len(), "{values:x?}");
    assert!(values.iter().step_by(3).all(|rdata| rdata >> 40 == 0), "no bit beyond the width");
}

#[test]
fn seeds_that_fold_to_nothing_are_seeds_like_others() {
    let all: HashSet<_> =
        [0, 1, 1 << 32, u64::MAX, 0x7fff_ffff].map(|s| power_up(&Options::seeded(s))).into();
    assert_eq!(all.len(), 5);
    assert_eq!(power_up(&Options::seeded(0)), power_up(&Options::seeded(0)));
}

#[test]
fn not_randomised_means_zero() {
    let options = Options { seed: 7, ..Options::default() };
    assert!(power_up(&options).iter().all(|&value| value == 0));
}

#[test]
fn registers_are_random_too() {
    let count = |seed| {
        let mut dut = Dut::new(probe::Model::new(&Options::seeded(seed)).unwrap());
        dut.step();
        (dut.get("count"), dut.get("a_q"))
    };
    let values: HashSet<_> = (0..8).map(count).collect();
    assert!(values.len() >= 7, "{values:?}");
}

#[test]
fn a_model_without_random_values_says_so() {
    let error = plain::Model::new(&Options::seeded(1)).unwrap_err();
    assert!(matches!(error, Error::RandomNotBuilt { model: "plain" }), "{error}");
}

#[test]
fn other_models_and_threads_do_not_disturb() {
    let alone = power_up(&Options::seeded(3));
    let results: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8)
            .map(|n| {
                scope
                    .spawn(move || (0..20).map(|k| power_up(&Options::seeded(n * k % 4))).collect::<Vec<_>>())
            })
            .collect();
        threads.into_iter().map(|t| t.join().unwrap()).collect()
    });
    for (n, runs) in (0..8).zip(results) {
        for (k, run) in (0..20).zip(runs) {
            assert_eq!(run == alone, n * k % 4 == 3, "thread {n}, run {k}");
        }
    }
}

#[test]
fn a_model_may_move_between_threads() {
    let mut dut = Dut::new(probe::Model::new(&Options::seeded(5)).unwrap());
    dut.pulse("rst", 1);
    for expected in 0..10u64 {
        dut = std::thread::spawn(move || {
            // Another model comes and goes on this thread in between.
            drop(Dut::new(probe::Model::new(&Options::seeded(6)).unwrap()));
            dut.step();
            assert_eq!(dut.get("count"), expected);
            dut
        })
        .join()
        .unwrap();
    }
    assert_eq!(dut.core().time_ps(), 11 * 4000);
}
