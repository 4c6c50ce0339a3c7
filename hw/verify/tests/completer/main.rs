//! The completer against a model, at each port width.

mod bench;
mod checks;
mod rx;
mod tlp;

use bench::{Bench, Pace};
use ferrolane_hw_verify::dut;
use rand::Rng;
use tlp::Request;
use verilated::Dut;

const FAST: Pace = Pace { rx: 100, write: 100, read: 100, cpl: 100, sent: 100 };

fn bench(lanes: usize, seed: u64, pace: Pace) -> Bench {
    let dut: Dut = match lanes {
        2 => dut!(completer_64, seed),
        4 => dut!(completer, seed),
        _ => dut!(completer_256, seed),
    };
    Bench::new(dut, lanes, seed, pace)
}

fn random_traffic(lanes: usize) {
    for seed in 0..12 {
        let mut bench = bench(lanes, seed, FAST);
        if seed > 0 {
            let mut percent = || bench.rng.random_range(5..=100);
            let pace =
                Pace { rx: percent(), write: percent(), read: percent(), cpl: percent(), sent: percent() };
            bench.pace = pace;
        }
        for _ in 0..400 {
            let request = Request::random(&mut bench.rng);
            bench.push(request);
        }
        bench.drain(2_000_000);
        assert!(bench.bad_seen > 20, "{} TLPs logged", bench.bad_seen);
    }
}

#[test]
fn random_traffic_at_64_bits() {
    random_traffic(2);
}

#[test]
fn random_traffic_at_128_bits() {
    random_traffic(4);
}

#[test]
fn random_traffic_at_256_bits() {
    random_traffic(8);
}

/// A function reset, without its resetting: what begins while it is under way is dropped, no completion begins, and those that
/// were begun end as they must.
#[test]
fn requests_within_a_function_reset_are_dropped() {
    for (lanes, seed) in [(2, 20), (4, 21), (4, 22), (8, 23)] {
        let mut bench = bench(lanes, seed, Pace { cpl: 40, ..FAST });
        bench.resets = 4;
        for _ in 0..1000 {
            let request = Request::random(&mut bench.rng);
            bench.push(request);
            (0..12).for_each(|_| bench.step());
        }
        bench.hear();
        bench.drain(2_000_000);
        assert!(bench.dropped > 100 && bench.completions_seen > 100, "{} dropped", bench.dropped);
    }
}

/// A reset within a write: what comes of it behind the reset is nothing, and what follows is taken.
#[test]
fn what_is_left_of_a_write_that_a_reset_has_cut_is_dropped() {
    for lanes in [2, 4, 8] {
        let mut bench = bench(lanes, 24, FAST);
        for beats in 1..4 {
            let payload: Vec<u32> = (0..32).collect();
            bench.cut(Request { len: 32, last_be: 0xF, payload, ..Bench::write(0x1000, 0) }, beats);
            bench.push(Bench::write(0x20, 7));
            bench.push(Bench::read(0x20, 1));
            bench.drain(10_000);
        }
        assert_eq!((bench.dropped, bench.writes_done), (3, 3));
    }
}

/// Every combination of byte enables, for reads of one and two DWORDs at both kinds of place in a completion.
#[test]
fn byte_enables_of_reads() {
    let mut bench = bench(4, 1, FAST);
    for addr in [0x1000, 0x107C] {
        for be in 0..16 {
            bench.push(Request { first_be: be, ..Bench::read(addr, 1) });
        }
        for be in 0..256 {
            let (first_be, last_be) = (be & 15, be >> 4);
            if first_be != 0 && last_be != 0 {
                bench.push(Request { first_be, last_be, ..Bench::read(addr, 2) });
            }
        }
    }
    bench.drain(100_000);
}

#[test]
fn the_longest_read_is_answered_in_pieces_of_128_bytes() {
    let mut bench = bench(4, 1, FAST);
    bench.push(Bench::read(0x3000, 1024));
    bench.drain(20_000);
    assert_eq!(bench.completions_seen, 32);
}

/// Reads that get no answer, and completions that nobody takes, must not hold up a write.
#[test]
fn writes_pass_reads() {
    for pace in [Pace { read: 0, ..FAST }, Pace { cpl: 0, ..FAST }, Pace { sent: 0, ..FAST }] {
        let mut bench = bench(4, 3, pace);
        bench.pace.sent = pace.sent;
        // Lets `wr_issued` run ahead of `wr_sent`, so that the last pace holds.
        (0..20).for_each(|_| bench.step());
        for i in 0..10 {
            bench.push(Bench::read(0x40 + 4 * i, 2));
        }
        (0..200).for_each(|_| bench.step());
        assert_eq!(bench.completions_seen, 0, "{pace:?}");
        let before = bench.writes_done;
        for i in 0..300u32 {
            bench.push(Bench::write(u64::from(i) * 4, i));
        }
        (0..3000).for_each(|_| bench.step());
        assert_eq!(bench.writes_done - before, 300, "{pace:?}");
        bench.pace = FAST;
        bench.drain(10_000);
        assert_eq!(bench.completions_seen, 10, "{pace:?}");
    }
}

/// Room is kept for requests that were on their way when `rx_np_ok` fell.
#[test]
fn sixteen_reads_wait_without_holding_up_the_port() {
    let mut bench = bench(4, 4, Pace { read: 0, ..FAST });
    for i in 0..40 {
        bench.push(Bench::read(4 * i, 1));
    }
    (0..500).for_each(|_| bench.step());
    let waiting = bench.np_high_water;
    assert!((8..=16).contains(&waiting), "{waiting} reads inside");
    bench.pace = FAST;
    bench.drain(10_000);
    assert_eq!(bench.completions_seen, 40);
}

/// Longer than the largest payload the device declares: dropped whole, and the port goes on.
#[test]
fn a_write_longer_than_the_fifo_is_dropped() {
    let mut bench = bench(4, 5, FAST);
    let payload: Vec<u32> = (0..1024).collect();
    bench.push(Bench::write(0x10, 1));
    // At 128 bits, 1024 DWORDs are 256 beats: all there is.
    bench.push_dropped(Request { len: 1024, last_be: 0xF, payload, ..Bench::write(0x1000, 0) });
    bench.push(Bench::write(0x14, 2));
    bench.push(Bench::read(0x14, 1));
    bench.drain(10_000);
    assert_eq!((bench.writes_done, bench.bad_seen), (2, 1));
}

#[test]
fn a_dword_is_written_every_clock_and_read_within_six() {
    for lanes in [2, 4, 8] {
        let mut bench = bench(lanes, 6, FAST);
        let payload: Vec<u32> = (0..256).collect();
        bench.push(Request { len: 256, last_be: 0xF, payload, ..Bench::write(0x1000, 0) });
        let start = bench.dut.clocks();
        while bench.writes_done < 256 {
            bench.step();
        }
        let clocks = bench.dut.clocks() - start;
        // All of it must have come before the first is applied.
        let allowed = 256 + 256 / lanes as u64 + 5;
        assert!(clocks <= allowed, "{clocks} clocks for 256 DWORDs, {allowed} allowed");
        bench.push(Bench::read(0x1000, 256));
        let start = bench.dut.clocks();
        bench.drain(10_000);
        let clocks = bench.dut.clocks() - start;
        assert!(clocks < 6 * 256, "{clocks} clocks for 256 DWORDs");
    }
}

/// Five clocks from a write's last beat to the write bus; decode takes one more, the doorbell three.
#[test]
fn a_write_is_passed_on_five_clocks_after_its_last_beat() {
    for (lanes, dwords) in [(2, 1), (4, 2), (8, 2), (4, 16), (2, 16)] {
        let mut bench = bench(lanes, 7, FAST);
        (0..10).for_each(|_| bench.step());
        let payload: Vec<u32> = (0..dwords).collect();
        let last_be = if dwords > 1 { 0xF } else { 0 };
        bench.push(Request { len: dwords, last_be, payload, ..Bench::write(0x2_0000, 0) });
        let start = bench.dut.clocks();
        while bench.writes_done == 0 {
            bench.step();
        }
        let beats = (dwords as u64).div_ceil(lanes as u64);
        assert_eq!(bench.dut.clocks() - start, beats + 5, "{lanes} lanes, {dwords} DWORDs");
        while bench.writes_done < dwords.into() {
            bench.step();
        }
        let clocks = bench.dut.clocks() - start;
        assert_eq!(clocks, beats + 4 + u64::from(dwords), "one DWORD per clock at {lanes} lanes");
        bench.drain(100);
    }
}
