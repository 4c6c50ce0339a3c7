//! The AXI4-Lite window between a random host and a random slave.

mod bench;
mod slave;

use bench::{Access, Bench};
use rand::Rng;
use slave::{Pace, WILLING};

#[test]
fn random_accesses_with_errors_and_timeouts() {
    let (mut served, mut failed, mut late) = (0, 0, 0);
    for seed in 0..24 {
        let mut bench = Bench::new(seed % 3 == 0, seed, WILLING);
        bench.pace.take = bench.rng.random_range(3..=100);
        for n in 0..600 {
            if n % 50 == 0 {
                bench.pace.answer = [100, 30, 5, 1][bench.rng.random_range(0..4)];
                bench.pace.error = bench.rng.random_range(0..30);
            }
            let access = bench.random();
            bench.access(access);
            for _ in 0..bench.rng.random_range(0..4) {
                bench.step();
            }
        }
        bench.settle();
        (served, failed, late) = (served + bench.served, failed + bench.failed, late + bench.late);
    }
    assert!(served > 3000 && failed > 1000 && late > 500, "{served} served, {failed} failed, {late} late");
}

#[test]
fn what_was_written_is_read() {
    let mut bench = Bench::new(false, 1, WILLING);
    for i in 0..64u64 {
        bench.access(Access::Write { addr: 4 * i, data: 0x1234_0000 + i, be: 0xF });
    }
    for i in 0..64u64 {
        assert_eq!(bench.access(Access::Read { addr: 4 * i }), 0x1234_0000 + i);
    }
    assert_eq!(bench.failed, 0);
    bench.settle();
}

/// A slave that takes nothing holds up each kind of access once; when it comes back, all goes on.
#[test]
fn a_dead_slave_holds_up_the_host_once() {
    for (take, answer) in [(0, 100), (100, 0)] {
        let mut bench = Bench::new(false, 2, Pace { take, answer, error: 0 });
        let start = bench.dut.clocks();
        for i in 0..20 {
            bench.access(Access::Write { addr: 4 * i, data: i, be: 0xF });
            assert_eq!(bench.access(Access::Read { addr: 4 * i }), 0xFFFF_FFFF);
        }
        let clocks = bench.dut.clocks() - start;
        assert!(clocks < 2 * (64 + 8) + 38 * 4, "{clocks} clocks");
        assert_eq!(bench.failed, 40);
        bench.pace = WILLING;
        (0..10).for_each(|_| bench.step());
        bench.access(Access::Write { addr: 8, data: 77, be: 0xF });
        assert_eq!(bench.access(Access::Read { addr: 8 }), 77);
        bench.settle();
    }
}

/// A write and a read at a time: each gets its own answer.
#[test]
fn a_write_and_a_read_may_wait_together() {
    for delay in 0..12 {
        let mut bench = Bench::new(false, delay, WILLING);
        bench.due_writes.push_back((0x10, 5, 0xF));
        bench.due_reads.push_back(0x20);
        bench.dut.set("t_w_addr", 0x10u64);
        bench.dut.set("t_w_data", 5u64);
        bench.dut.set("t_w_be", 0xFu64);
        bench.dut.set("t_r_addr", 0x20u64);
        let (mut wrote, mut read) = (0, 0);
        for clock in 0..40 {
            bench.dut.set("user_w_valid", wrote == 0);
            bench.dut.set("user_r_valid", clock == delay);
            bench.step();
            wrote += bench.dut.get("user_w_ready");
            read += bench.dut.get("user_r_done");
        }
        assert_eq!((wrote, read), (1, 1));
        bench.settle();
    }
}

/// A reset of the host's side leaves what AXI has begun; its answer is nobody's.
#[test]
fn a_reset_of_the_engine_withdraws_nothing_from_axi() {
    for delay in 0..30 {
        let mut bench = Bench::new(false, 100 + delay, Pace { take: 30, answer: 20, error: 0 });
        let write = delay % 2 == 0;
        if write {
            bench.dut.set("user_w_valid", 1u64);
            bench.dut.set("t_w_addr", 0x40u64);
            bench.dut.set("t_w_data", 9u64);
            bench.dut.set("t_w_be", 0xFu64);
            bench.due_writes.push_back((0x40, 9, 0xF));
        } else {
            bench.dut.set("user_r_valid", 1u64);
            bench.dut.set("t_r_addr", 0x40u64);
            bench.due_reads.push_back(0x40);
        }
        for _ in 0..1 + delay / 2 {
            bench.step();
            bench.dut.set("user_r_valid", 0u64);
            if bench.dut.is_set("user_w_ready") {
                bench.dut.set("user_w_valid", 0u64);
            }
        }
        bench.dut.set("user_w_valid", 0u64);
        bench.dut.set("core_rst", 1u64);
        (0..3).for_each(|_| bench.step());
        bench.dut.set("core_rst", 0u64);
        // Nothing of it may reach the host, and what was not begun never begins.
        for _ in 0..60 {
            bench.step();
            assert!(!bench.dut.is_set("user_w_ready") && !bench.dut.is_set("user_r_done"));
        }
        if bench.owes(write) {
            assert_eq!(delay / 2, 0, "an access was lost");
            bench.due_reads.clear();
            bench.due_writes.clear();
        }
        bench.access(Access::Write { addr: 0x44, data: 3, be: 0xF });
        assert_eq!(bench.access(Access::Read { addr: 0x44 }), 3);
        bench.settle();
    }
}
