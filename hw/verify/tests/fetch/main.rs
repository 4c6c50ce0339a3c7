//! `dma::Fetch` against a model of rings, lists, push windows, host and data paths: sizes and places of reads, contents of
//! the stores, every kind of bad completion and bad list, queues stopped and cleared while others run.

mod bench;
mod checks;
mod engine;
mod feed;
mod host;
mod list;
mod model;
mod places;
mod rate;

use std::collections::HashMap;

use ferrolane_abi::status;
use ferrolane_hw_verify::dut;
use verilated::Dut;

use bench::{Bench, Life, Shape, DIRECT, LIST, PUSH, RING};

/// Each build of the block, by number.
pub fn build(number: usize, seed: u64) -> (Dut, Shape) {
    match number {
        0 => (dut!(fetch, seed), Shape { w: 128, nq: 4, db: 7, tags: 8, feeds: true, memory: false }),
        1 => (dut!(fetch64, seed), Shape { w: 64, nq: 1, db: 5, tags: 8, feeds: true, memory: true }),
        2 => (dut!(fetch64_5, seed), Shape { w: 64, nq: 5, db: 6, tags: 8, feeds: true, memory: true }),
        3 => (dut!(fetch256, seed), Shape { w: 256, nq: 32, db: 7, tags: 15, feeds: true, memory: true }),
        _ => (dut!(fetch_ring, seed), Shape { w: 128, nq: 4, db: 7, tags: 8, feeds: false, memory: false }),
    }
}

const BUILDS: usize = 5;
/// Those that have more than rings.
const WITH_FEEDS: usize = 4;

fn bench(number: usize, seed: u64, mrrs: u32) -> Bench {
    let (d, shape) = build(number, seed);
    Bench::new(d, shape, seed, mrrs)
}

/// Runs, and then counts the strays to the end.
fn run(bench: &mut Bench, clocks: u32) {
    for _ in 0..clocks {
        bench.clock();
    }
    for _ in 0..4 {
        bench.d.set("to_fetch", 0u64);
        bench.d.set("push_w_valid", 0u64);
        bench.d.step();
        bench.counted += bench.d.get("unexpected");
        bench.unmapped += bench.d.get("push_unmapped_wr");
    }
    let open = bench.tlp.as_ref().is_some_and(|(t, _)| t.meaning == host::Answer::Stray);
    assert_eq!(bench.counted, bench.strays - open as u64, "completions that nobody waits for");
    assert_eq!(bench.unmapped, bench.to_drop, "dropped DWORDs");
}

#[test]
fn rings_are_read_completely_and_in_order() {
    for number in 0..BUILDS {
        for mrrs in 0..4 {
            let mut bench = bench(number, 10 * number as u64 + mrrs as u64, mrrs);
            bench.modes = vec![RING];
            run(&mut bench, 20_000);
            assert!(bench.checked[RING as usize] > 2000, "{:?} descriptors", bench.checked);
            let largest = *bench.batches.iter().max().expect("reads");
            assert_eq!(largest, (8 << mrrs).min(32), "largest batch");
            let [of_queue, of_all] = bench.most_in_flight;
            assert!(of_queue >= 3, "{of_queue} fetches of a queue at once");
            assert!(of_all == bench.shape.tags || bench.shape.nq == 1, "{of_all} fetches at once");
        }
    }
}

#[test]
fn all_modes_at_once() {
    for number in 0..WITH_FEEDS {
        let mut total = [0; 4];
        for seed in 0..4 {
            let mut bench = bench(number, 100 + 10 * number as u64 + seed, 2 + seed as u32 % 2);
            run(&mut bench, 30_000);
            assert!(
                bench.push_count > 100 && bench.feed_count.iter().all(|&n| n > 10),
                "{:?}",
                bench.feed_count
            );
            (0..4).for_each(|m| total[m] += bench.checked[m]);
            assert_eq!(bench.memory_checked > 200, bench.shape.memory, "{}", bench.memory_checked);
        }
        println!("build {number}: {total:?} descriptors by mode");
        assert!(total.iter().all(|&n| n > 200), "{total:?}");
    }
}

/// What was left out says no: every FEED_GO is refused, every DWORD for a window dropped, whatever MODE.FEED says.
#[test]
fn without_feeds_every_queue_is_a_ring() {
    let mut bench = bench(4, 500, 2);
    bench.odd_modes = true;
    bench.feeds = 0.3;
    run(&mut bench, 30_000);
    assert!(bench.feed_count[0] > 100 && bench.feed_count[1] == 0, "{:?}", bench.feed_count);
    assert!(bench.to_drop > 100 && bench.checked[RING as usize] > 2000, "{} dropped", bench.to_drop);
}

#[test]
fn lists_go_on_and_end_as_their_entries_say() {
    for number in 0..WITH_FEEDS {
        for seed in 0..4 {
            let mut bench = bench(number, 200 + 10 * number as u64 + seed, seed as u32);
            bench.modes = vec![LIST];
            bench.takes = 1.0;
            bench.latency = 40;
            run(&mut bench, 30_000);
            println!("lists {:?}, descriptors {:?}", bench.feed_count, bench.checked);
            assert!(
                bench.feed_count[1] > 20 && bench.checked[LIST as usize] > 1000,
                "{:?}",
                bench.feed_count
            );
        }
    }
}

#[test]
fn every_fault_halts_its_queue_at_the_first_missing_descriptor() {
    for number in 0..BUILDS {
        let mut faults = HashMap::new();
        for seed in 0..15 {
            let mut bench = bench(number, 300 + 10 * number as u64 + seed, seed as u32 % 4);
            bench.fault = 0.03;
            bench.bad_lists = true;
            if bench.shape.feeds {
                bench.modes = if seed < 2 { vec![RING, LIST] } else { vec![RING, LIST, PUSH, DIRECT] };
            }
            run(&mut bench, 30_000);
            assert!(bench.strays > 20);
            for (code, n) in bench.faults {
                *faults.entry(code).or_insert(0) += n;
            }
        }
        println!("build {number}: {faults:?}");
        for code in [status::FETCH_UR, status::FETCH_CA, status::FETCH_POISONED, status::FETCH_MALFORMED] {
            assert!(faults.get(&code).is_some_and(|&n| n > 5), "{faults:?}");
        }
        let of_lists = [status::LINK_LOOP, status::BAD_SEGMENT];
        for code in of_lists.into_iter().filter(|_| number < WITH_FEEDS) {
            assert!(faults.get(&code).is_some_and(|&n| n > 3), "{faults:?}");
        }
    }
}

#[test]
fn nothing_is_left_of_a_reset_at_any_time() {
    for number in 0..BUILDS {
        let mut bench = bench(number, 400 + number as u64, 2);
        bench.fault = 0.01;
        for _ in 0..12 {
            for _ in 0..3000 {
                bench.clock();
            }
            bench.reset();
        }
        run(&mut bench, 5000);
    }
}
