//! Memory queues on the whole way: driver, link, engine, AXI4 port, the demo card's SRAM and DRAM.

use ferrolane::{DmaAccess, MemoryRead, MemoryWrite, Queue};
use ferrolane_abi::card::DRAM_BASE;
use ferrolane_sim::rng::Rng;

use crate::memory_traffic::{config, memory, run, PATIENCE};
use crate::rig::{begin, rig, Traffic};

#[test]
fn every_byte_both_ways_at_any_alignment() {
    for preset in ["sim", "sim:mps=128,mrrs=128", "sim:gen3x8,mps=512,mrrs=4096", "sim:gen1x1"] {
        let rig = rig(preset);
        run(&rig, memory(&rig, 0..4, 12, 1), Vec::new());
    }
}

#[test]
fn completions_in_any_order_and_a_slow_memory() {
    for seed in 1..=3 {
        let rig = rig(&format!("sim:split=random,reorder=60%,jitter=1us,throttle=20%,seed={seed}"));
        let mut rng = Rng::new(seed, "timing");
        rig.dram_timing(rng.below(256) as u32, 100 + rng.below(200) as u32, rng.below(100) as u32);
        run(&rig, memory(&rig, 0..4, 8, seed), Vec::new());
    }
}

#[test]
fn streams_and_memory_beside_each_other() {
    for (preset, timing) in [("sim", (40, 1950, 88)), ("sim:jitter=500ns,reorder=30,seed=4", (255, 300, 200))]
    {
        let rig = rig(preset);
        rig.dram_timing(timing.0, timing.1, timing.2);
        let queues = memory(&rig, 2..4, 15, 2);
        let traffic = Traffic { seed: 3, queues: 2, packets: 12, longest: 20_000, interrupts: false };
        let streams = begin(&rig.device, &traffic);
        run(&rig, queues, streams);
    }
}

#[test]
fn a_record_of_a_write_proves_that_a_read_finds_it() {
    let rig = rig("sim:latency=0ns,delay=0ns");
    rig.dram_timing(255, 400, 200);
    let region = rig.device.allocate(4096, DmaAccess::Both).unwrap();
    let mut write = rig.device.open_memory_write(0, DRAM_BASE, config()).unwrap();
    let mut read = rig.device.open_memory_read(1, DRAM_BASE, config()).unwrap();
    for round in 0..60u32 {
        let data: Vec<u8> = (0..700u32).map(|i| (i * 7 + round * 31) as u8).collect();
        let mut buffer = region.buffer(5..705).unwrap();
        buffer.copy_from(&data).unwrap();
        write.submit(MemoryWrite::new(buffer, 3)).unwrap();
        let wrote = write.poll_until(rig.device.deadline(PATIENCE)).unwrap();
        assert!(wrote.status.is_ok(), "{}", wrote.status);
        read.submit(MemoryRead::new(region.buffer(2000..2700).unwrap(), 3)).unwrap();
        let back = read.poll_until(rig.device.deadline(PATIENCE)).unwrap();
        assert!(back.buffer.to_vec() == data, "round {round}");
    }
}
