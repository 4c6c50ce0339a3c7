//! How accesses of memory queues end: errors of the card, fixed addresses, resets, stops.

use ferrolane::{
    CardMemory, CardMemoryOptions, Completed, DmaAccess, Error, MemoryRead, MemoryWrite, Queue, StatusCode,
};
use ferrolane_abi::card::{global, DRAM_BASE, SRAM_BASE};
use ferrolane_abi::status;

use crate::memory_traffic::{config, memory, run, DRAM, PATIENCE};
use crate::rig::{open, rig, Rig};

fn wait(rig: &Rig, queue: &mut dyn Queue) -> Completed {
    queue.poll_until(rig.device.deadline(PATIENCE)).unwrap_or_else(|e| panic!("{e}"))
}

#[test]
fn an_address_outside_halts_its_queue_alone() {
    let rig = rig("sim");
    let sram_end = 1u64 << rig_sram_log2(&rig);
    let region = rig.device.allocate(64 << 10, DmaAccess::Both).unwrap();
    let buffer = |at: usize, len: usize| region.buffer(at..at + len).unwrap();
    let mut others = memory(&rig, 3..4, 6, 5);
    others[0].go_on();
    for bad in [0x8000_0000, DRAM_BASE * 2, u64::MAX - 8000] {
        let mut write = rig.device.open_memory_write(0, 0, config()).unwrap();
        write.push(MemoryWrite::new(buffer(0, 100), 0)).unwrap();
        write.commit().unwrap();
        assert!(wait(&rig, &mut write).status.is_ok());
        write.stop().unwrap();
        let mut write = rig.device.open_memory_write(0, bad, config()).unwrap();
        for i in 0..3 {
            write.push(MemoryWrite::new(buffer(i * 1000, 900), (i * 1000) as u32)).unwrap();
        }
        write.commit().unwrap();
        let done = wait(&rig, &mut write);
        assert_eq!((done.index, done.status), (0, StatusCode(status::CARD_WRITE_ERROR)), "{bad:#x}");
        let halted = write.poll_until(rig.device.deadline(PATIENCE));
        assert!(matches!(halted, Err(Error::Halted { .. })), "{halted:?}");
        drop(done);
        assert_eq!(write.stop().unwrap().unfinished.len(), 2);
    }
    // A read across the end of the SRAM has what lies before it.
    let mut memory = rig.device.card_memory(CardMemoryOptions::default());
    let data: Vec<u8> = (0..1000u32).map(|i| (i % 253) as u8).collect();
    memory.write(sram_end - 1000, &data).unwrap();
    let mut read = rig.device.open_memory_read(1, sram_end - 1000, config()).unwrap();
    read.submit(MemoryRead::new(buffer(8192, 100), 0)).unwrap();
    assert!(wait(&rig, &mut read).status.is_ok());
    read.submit(MemoryRead::new(buffer(10_000, 3000), 0)).unwrap();
    let done = wait(&rig, &mut read);
    assert_eq!((done.status, done.bytes), (StatusCode(status::CARD_READ_ERROR), 1000));
    assert!(done.buffer.to_vec() == data);
    drop((done, read));
    // What was halted goes on after a new start.
    let error = memory.write(sram_end, &[1]).unwrap_err();
    assert!(matches!(error, Error::CardMemory { code: StatusCode(status::CARD_WRITE_ERROR), .. }), "{error}");
    memory.write(sram_end - 1, &[1]).unwrap();
    run(&rig, others, Vec::new());
    assert_eq!(rig.device.take_errors().unwrap(), 1 << 3, "QUEUE_ERROR and nothing else");
}

fn rig_sram_log2(rig: &Rig) -> u32 {
    let sizes = rig.device.user_read32(global::PARAM_SIZES.offset.into()).unwrap();
    global::PARAM_SIZES.field("SRAM").unwrap().get(sizes)
}

fn copy(memory: &mut CardMemory, address: u64, len: usize) -> Vec<u8> {
    let mut bytes = vec![0; len];
    memory.read(address, &mut bytes).unwrap_or_else(|e| panic!("{e}"));
    bytes
}

#[test]
fn a_fixed_address_takes_beat_after_beat() {
    for base in [SRAM_BASE, DRAM_BASE] {
        let rig = rig("sim:split=random,reorder=40%");
        let beat = rig.device.parameters().port_bits as usize / 8;
        let mut plain = rig.device.card_memory(CardMemoryOptions::default());
        let around: Vec<u8> = (0..4096u32).map(|i| (i * 3) as u8).collect();
        plain.write(base, &around).unwrap();
        let options = CardMemoryOptions { queue: 1, fixed: true, fragment: 3000, ..Default::default() };
        let mut fixed = rig.device.card_memory(options);
        for len in [1, beat - 1, beat, beat + 1, 20 * beat, 20_003] {
            let data: Vec<u8> = (0..len).map(|i| (i * 31 + len) as u8).collect();
            let at = 1024;
            plain.write(base, &around).unwrap();
            fixed.write(base + at as u64, &data).unwrap();
            let mut expected = around.clone();
            for part in data.chunks(beat) {
                expected[at..at + part.len()].copy_from_slice(part);
            }
            assert!(copy(&mut plain, base, 4096) == expected, "{len} bytes");
            let mut back = vec![0; len];
            fixed.read(base + at as u64, &mut back).unwrap();
            for part in back.chunks(beat) {
                assert_eq!(part, &expected[at..at + part.len()], "{len} bytes");
            }
        }
    }
}

#[test]
fn a_reset_in_the_middle_touches_nothing_else_and_the_queues_start_anew() {
    for clocks in [10, 137, 500, 1500, 4000, 9000] {
        let rig = rig(&format!("sim:jitter=1us,reorder=30,split=random,seed={clocks}"));
        rig.dram_timing(200, 300, 150);
        let mut memory = rig.device.card_memory(CardMemoryOptions::default());
        let before: Vec<u8> = (0..DRAM as u32).map(|i| (i * 5 + i / 256) as u8).collect();
        memory.write(DRAM_BASE, &before).unwrap();
        memory.stop().unwrap();
        // Writes to the middle half, and reads.
        let region = rig.device.allocate(64 << 10, DmaAccess::Both).unwrap();
        let mut write = rig.device.open_memory_write(0, DRAM_BASE + DRAM / 4, config()).unwrap();
        let mut read = rig.device.open_memory_read(1, DRAM_BASE, config()).unwrap();
        for i in 0..8 {
            write
                .push(MemoryWrite::new(region.buffer(i * 4000..i * 4000 + 3999).unwrap(), i as u32 * 4001))
                .unwrap();
            let buffer = region.buffer(32_000 + i * 4000..35_500 + i * 4000).unwrap();
            read.push(MemoryRead::new(buffer, i as u32 * 8000)).unwrap();
        }
        write.commit().unwrap();
        read.commit().unwrap();
        rig.transport.relax(clocks).unwrap();
        rig.transport.reset().unwrap_or_else(|e| panic!("after {clocks} clocks: {e}"));
        drop((write, read, region));
        drop(rig.device);
        let device = open(&rig.transport);
        let mut memory = device.card_memory(CardMemoryOptions::default());
        let now = copy(&mut memory, DRAM_BASE, DRAM as usize);
        let (quarter, written) = (DRAM as usize / 4, 7 * 4001 + 3999);
        assert!(now[..quarter] == before[..quarter], "{clocks} clocks: below");
        assert!(now[quarter + written..] == before[quarter + written..], "{clocks} clocks: behind");
        for (i, byte) in now[quarter..quarter + written].iter().enumerate() {
            // The buffers held zeros; every byte is an old one or a new one.
            assert!(*byte == 0 || *byte == before[quarter + i], "{clocks} clocks: byte {i}");
        }
        memory.write(DRAM_BASE, &before).unwrap();
        assert!(copy(&mut memory, DRAM_BASE, DRAM as usize) == before);
    }
}

#[test]
fn a_stop_drains() {
    for clocks in [5, 100, 300, 700, 2000] {
        let rig = rig(&format!("sim:jitter=500ns,seed={clocks}"));
        rig.dram_timing(255, 300, 200);
        let region = rig.device.allocate(64 << 10, DmaAccess::Both).unwrap();
        let mut write = rig.device.open_memory_write(0, DRAM_BASE, config()).unwrap();
        let mut sent = Vec::new();
        for i in 0..12 {
            let data: Vec<u8> = (0..2000u32).map(|k| (k * 11 + i * 17 + clocks) as u8).collect();
            let mut buffer = region.buffer(i as usize * 2000..(i as usize + 1) * 2000).unwrap();
            buffer.copy_from(&data).unwrap();
            write.push(MemoryWrite::new(buffer, i * 2000)).unwrap();
            sent.push(data);
        }
        write.commit().unwrap();
        rig.transport.relax(clocks).unwrap();
        let stopped = write.stop().unwrap();
        assert!(stopped.fault.is_none(), "{:?}", stopped.fault);
        assert_eq!(stopped.completed.len() + stopped.unfinished.len(), 12);
        assert!(stopped.completed.iter().all(|done| done.status.is_ok()));
        // What has a record is there, at once.
        let mut memory = rig.device.card_memory(CardMemoryOptions { queue: 2, ..Default::default() });
        for (i, data) in sent.iter().enumerate().take(stopped.completed.len()) {
            assert!(
                copy(&mut memory, DRAM_BASE + i as u64 * 2000, 2000) == *data,
                "{clocks} clocks: write {i}"
            );
        }
        // And reads.
        let mut read = rig.device.open_memory_read(1, DRAM_BASE, config()).unwrap();
        for i in 0..12 {
            let start = 24_000 + i * 2000;
            read.push(MemoryRead::new(region.buffer(start..start + 2000).unwrap(), i as u32 * 2000)).unwrap();
        }
        read.commit().unwrap();
        rig.transport.relax(clocks).unwrap();
        let stopped = read.stop().unwrap();
        assert_eq!(stopped.completed.len() + stopped.unfinished.len(), 12);
        for done in stopped.completed {
            assert!(done.status.is_ok(), "{}", done.status);
            let expected = copy(&mut memory, DRAM_BASE + u64::from(done.index) * 2000, 2000);
            assert!(done.buffer.to_vec() == expected, "{clocks} clocks: read {}", done.index);
        }
    }
}
