//! `dma::queue::QueueRegs` against the ABI table.

mod access;
mod bench;
mod model;
mod others;

use std::collections::HashMap;

use bench::Bench;
use ferrolane_abi::map::{self, Direction};
use ferrolane_abi::regs::queue as abi;
use ferrolane_abi::table::Access;
use model::{any_time, ALL, CORE, MANY, ONE};
use rand::Rng;

#[test]
fn every_register_keeps_to_the_table() {
    for (build, seed) in [(ALL, 0), (ALL, 1), (CORE, 2), (ONE, 3), (MANY, 4)] {
        let mut b = Bench::new(build, seed);
        for g in 0..b.gn {
            for r in abi::REGISTERS {
                let reset = r.reset();
                assert_eq!(b.read(b.base(g) + r.offset as u64), reset, "reset of queue {g} {}", r.name);
            }
        }
        assert!(b.broadcasts.is_empty(), "reset values not broadcast: {:?}", b.broadcasts);
        // Each queue gets values of its own, so a shared bit would show.
        let mut expected = HashMap::new();
        for g in 0..b.gn {
            for r in abi::REGISTERS.iter().filter(|r| r.offset != abi::CTRL.offset) {
                for data in [u32::MAX, 0, b.rng.random()] {
                    b.check_write(g, r, data, 0xF);
                    let value = (data & build.mask(r)) | (r.reset() & r.mask(Access::Ro));
                    assert_eq!(b.read(b.base(g) + r.offset as u64), value, "queue {g} {}", r.name);
                    expected.insert((g, r.offset), value);
                }
            }
        }
        for ((g, offset), value) in expected {
            assert_eq!(
                b.read(b.base(g) + offset as u64),
                value,
                "queue {g} offset {offset:#x} was disturbed"
            );
        }
        assert_eq!(b.unmapped, (0, 0));
    }
}

#[test]
fn random_accesses_match_the_model_while_other_blocks_are_at_work() {
    for seed in 0..8 {
        let mut b = Bench::new([ALL, ONE, MANY, CORE][seed as usize % 4], 100 + seed);
        b.read(b.base(0));
        b.traffic = true;
        let mut errors = 0;
        for _ in 0..4000 {
            let g = b.rng.random_range(0..b.gn);
            let r = &abi::REGISTERS[b.rng.random_range(0..abi::REGISTERS.len())];
            if b.rng.random_bool(0.4) {
                let (data, be) = (b.rng.random(), b.rng.random_range(0..16));
                b.check_write(g, r, data, be);
            } else {
                b.check_read(g, r);
                errors += (b.d.get("queue_r_data") & 2) * (r.name == "STATUS") as u64;
            }
            for _ in 0..b.rng.random_range(0..3) {
                b.tick();
            }
        }
        let fed = b.feeds > 10 && b.refused.1 > 5;
        assert_eq!(fed, b.build.feeds, "{} feeds, {} refused", b.feeds, b.refused.1);
        assert_eq!(b.flushes.1 > 5, b.build.policies, "{} flushes", b.flushes.1);
        assert!(errors > 10 || b.nq == 64, "only {errors} reads of a halted queue");
        assert_eq!(b.unmapped, (0, 0));
    }
}

#[test]
fn a_queue_that_is_not_idle_keeps_its_settings() {
    let mut b = Bench::new(ALL, 7);
    b.check_write(5, &abi::VECTOR, 3, 0xF);
    b.check_write(5, &abi::CTRL, 1, 0xF);
    assert_eq!(b.read(b.base(5)), 1);
    b.check_write(5, &abi::VECTOR, 9, 0xF);
    assert_eq!(b.read(b.base(5) + abi::VECTOR.offset as u64), 3);
    // Draining is not idle either; other queues are not concerned.
    b.check_write(5, &abi::CTRL, 0, 0xF);
    assert_eq!(b.read(b.base(5)), 0);
    b.check_write(5, &abi::VECTOR, 9, 0xF);
    assert_eq!(b.read(b.base(5) + abi::VECTOR.offset as u64), 3);
    b.check_write(1, &abi::VECTOR, 7, 0xF);
    assert_eq!(b.read(b.base(1) + abi::VECTOR.offset as u64), 7);
    b.queues[5].busy = false;
    b.check_write(5, &abi::VECTOR, 9, 0xF);
    assert_eq!(b.read(b.base(5) + abi::VECTOR.offset as u64), 9);
}

#[test]
fn where_no_register_is_reads_are_0_and_writes_are_dropped_and_counted() {
    let mut b = Bench::new(ALL, 8);
    let mut holes = vec![];
    for word in 0..map::QUEUE_STRIDE / 4 {
        if !abi::REGISTERS.iter().any(|r| r.offset as u64 == word * 4) {
            let g = b.rng.random_range(0..b.gn);
            holes.push(b.base(g) + word * 4);
        }
    }
    for q in b.nq..map::MAX_QUEUES {
        for direction in [Direction::H2c, Direction::C2h] {
            holes.push(map::queue_regs(direction, q) + abi::VECTOR.offset as u64);
        }
    }
    holes.push(map::QUEUE_PAGE + 0x8000 + abi::VECTOR.offset as u64);
    holes.push(map::DOORBELL_PAGE - 4);
    for (n, addr) in holes.iter().enumerate() {
        b.write(*addr, u32::MAX, 0xF);
        assert_eq!(b.read(*addr), 0, "{addr:#x}");
        b.step();
        assert_eq!(b.unmapped, (n as u32 + 1, n as u32 + 1), "{addr:#x}");
    }
    assert!(b.broadcasts.is_empty());
    for g in 0..b.gn {
        for r in abi::REGISTERS {
            assert_eq!(b.read(b.base(g) + r.offset as u64), r.reset(), "queue {g} {} was disturbed", r.name);
        }
    }
}

#[test]
fn feed_registers_are_taken_while_the_queue_runs() {
    let mut b = Bench::new(ALL, 9);
    b.check_write(2, &abi::CTRL, 1, 0xF);
    for r in abi::REGISTERS.iter().filter(|r| any_time(r)) {
        b.check_write(2, r, u32::MAX, 0xF);
        assert_eq!(b.read(b.base(2) + r.offset as u64), r.mask(Access::Rw), "{}", r.name);
    }
    // Flags are in the lowest byte: without it nothing is handed over.
    b.check_write(2, &abi::FEED_GO, 0, 0xE);
    assert_eq!(b.read(b.base(2) + abi::FEED_GO.offset as u64), 0xFF);
    assert_eq!(b.feeds, 1);
}

/// Address, memory, registers, data; a write ends in the clock behind.
#[test]
fn an_access_takes_few_clocks() {
    let mut b = Bench::new(ALL, 10);
    b.check_write(1, &abi::VECTOR, 5, 0xF);
    b.broadcasts.push_back((1, abi::VECTOR.offset / 4, 6));
    let start = b.d.clocks();
    b.write(b.base(1) + abi::VECTOR.offset as u64, 6, 0xF);
    assert_eq!(b.d.clocks() - start, 6);
    b.tick();
    let start = b.d.clocks();
    assert_eq!(b.read(b.base(1) + abi::VECTOR.offset as u64), 6);
    assert_eq!(b.d.clocks() - start, 7);
}

/// In any clock of an access: what comes behind the reset is as after power-up.
#[test]
fn a_reset_may_come_at_any_time() {
    for clocks in 0..60 {
        let mut b = Bench::new(ALL, 200 + clocks);
        let r = [&abi::FEED_GO, &abi::CTRL, &abi::VECTOR, &abi::FINISHED][clocks as usize % 4];
        b.read(b.base(0));
        b.d.set(if r.offset == abi::FINISHED.offset { "queue_r_valid" } else { "queue_w_valid" }, 1u64);
        b.d.set("t_w_addr", b.base(3) + r.offset as u64);
        b.d.set("t_r_addr", b.base(3) + r.offset as u64);
        b.d.set("t_w_data", 0xFFu64);
        b.d.set("t_w_be", 0xFu64);
        b.d.set("feed_ready", clocks % 3 == 0);
        b.d.steps(clocks / 4);
        for port in ["queue_w_valid", "queue_r_valid", "feed_ready"] {
            b.d.set(port, 0u64);
        }
        let mut b = Bench::reset(b.d, ALL, clocks);
        for g in 0..b.gn {
            for r in abi::REGISTERS {
                assert_eq!(b.read(b.base(g) + r.offset as u64), r.reset(), "queue {g} {}", r.name);
            }
        }
        assert!(b.broadcasts.is_empty() && b.feeds == 0 && b.refused == (0, 0));
        b.check_write(3, &abi::FEED_GO, 1, 0xF);
    }
}
