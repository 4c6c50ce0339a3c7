//! `dma::queue::Control` in an engine of plain Rust: nothing of a queue may be in flight when it is idle.

mod control_engine;

use control_engine::{Engine, GN, NQ};
use rand::Rng;

/// Starts and stops queues at random for `clocks`, all others being at work.
fn exercise(e: &mut Engine, clocks: u64) {
    for _ in 0..clocks {
        e.tick();
        if e.rng.random_bool(0.01) {
            let g = e.rng.random_range(0..GN);
            let run = e.rng.random();
            e.write_run(g, run);
        }
    }
}

#[test]
fn idle_means_that_nothing_of_the_queue_is_in_flight() {
    for seed in 0..12 {
        let mut e = Engine::new(seed);
        e.boot();
        for g in 0..GN {
            e.write_run(g, true);
        }
        exercise(&mut e, 20_000);
        assert!(e.drains > 25, "seed {seed}: {} drains", e.drains);
        // And every drain ends.
        for g in 0..GN {
            e.write_run(g, false);
        }
        e.wait_idle(u64::MAX >> (64 - GN), 3000);
    }
}

#[test]
fn a_drain_ends_while_the_others_work_without_a_pause() {
    for g in 0..GN {
        let mut e = Engine::new(50 + g as u64);
        e.saturate = true;
        e.boot();
        for other in 0..GN {
            e.write_run(other, true);
        }
        e.ticks(500);
        e.write_run(g, false);
        e.wait_idle(1 << g, 3000);
        assert_eq!(e.d.get("idle"), 1 << g);
    }
}

#[test]
fn after_a_reset_all_queues_are_cleared_before_the_host_gets_in() {
    for seed in 0..8 {
        let mut e = Engine::new(seed);
        e.sweep = 40;
        e.boot();
        assert_eq!(e.cleared, (0..GN).collect::<Vec<_>>());
        assert!(e.first_clear >= Some(40), "{:?}", e.first_clear);
        assert_eq!(e.d.get("run"), 0);
        assert_eq!(e.d.get("halted"), 0);
        assert_eq!(e.d.get("idle"), (1 << GN) - 1);
        assert_eq!(e.starts, (0..GN).map(|g| (g, 0)).collect::<Vec<_>>());
    }
}

#[test]
fn each_start_clears_the_queue_and_counts_a_generation() {
    let mut e = Engine::new(3);
    e.boot();
    for round in 1..=300u64 {
        for g in [0, 5] {
            e.cleared.clear();
            e.starts.clear();
            e.write_run(g, true);
            assert_eq!(e.cleared, [g]);
            assert_eq!(e.starts, [(g, round & 0xFF)]);
            assert_eq!(e.d.get("run") >> g & 1, 1);
            // A second one changes nothing.
            e.write_run(g, true);
            assert_eq!((e.cleared.len(), e.starts.len()), (1, 1));
            e.write_run(g, false);
            assert_eq!(e.d.get("run") >> g & 1, 0);
            e.wait_idle(1 << g, 3000);
        }
    }
}

#[test]
fn a_queue_that_still_drains_does_not_start() {
    let mut e = Engine::new(4);
    e.boot();
    e.write_run(2, true);
    e.ticks(100);
    e.write_run(2, false);
    e.write_run(2, true);
    assert_eq!(e.d.get("run"), 0);
    e.wait_idle(1 << 2, 3000);
    e.ticks(100);
    assert_eq!(e.d.get("run"), 0);
}

#[test]
fn an_error_halts_its_queue_only_and_a_new_start_clears_it() {
    let mut e = Engine::new(5);
    e.boot();
    for g in 0..GN {
        e.write_run(g, true);
    }
    let mut expected = 0;
    for g in [1, NQ + 2] {
        e.fail(g);
        expected |= 1u64 << g;
        assert_eq!(e.d.get("halted"), expected);
        assert_eq!(e.queue_errors, expected.count_ones());
    }
    // It drains like any other, and tells of the error until the next start.
    e.write_run(1, false);
    e.wait_idle(1 << 1, 3000);
    assert_eq!(e.d.get("halted"), expected);
    e.write_run(1, true);
    assert_eq!(e.d.get("halted"), 1 << (NQ + 2));
    // Both directions in the same clock.
    e.fail_both(0, 0);
    assert_eq!(e.d.get("halted"), 1 << (NQ + 2) | 1 | 1 << NQ);
}

#[test]
fn flr_waits_until_the_engine_is_at_rest_and_resets_it() {
    for seed in 0..8 {
        let mut e = Engine::new(seed);
        e.boot();
        for g in 0..GN {
            e.write_run(g, true);
        }
        exercise(&mut e, 500);
        e.flr(900);
        // From here on it is a new engine.
        assert_eq!(e.d.get("idle"), (1 << GN) - 1);
        assert_eq!(e.cleared, (0..GN).collect::<Vec<_>>());
        e.starts.clear();
        e.write_run(3, true);
        assert_eq!(e.starts, [(3, 1)]);
        exercise(&mut e, 2000);
    }
}

#[test]
fn flr_ends_whatever_is_stuck() {
    let mut e = Engine::new(9);
    e.boot();
    e.write_run(0, true);
    e.lost_read = true;
    let waited = e.flr(900);
    // Half of 2^10 clocks is what a read is waited for.
    assert!((512..900).contains(&waited), "{waited}");
    // And although a TLP never ends, after all of it.
    e.stuck_tlp = true;
    let waited = e.flr(1100);
    assert!((1023..1100).contains(&waited), "{waited}");
}
