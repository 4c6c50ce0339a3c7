//! Memory queues: to the card's memory and back, every byte of host and card.

use ferrolane::{CardMemoryOptions, DmaAccess, DmaRegion, MemoryRead, MemoryWrite, Queue, QueueConfig};
use ferrolane_abi::card::SRAM_BASE;

use crate::cases::{pattern, start, Case, BLANK, GUARD, PAGE, SLOT, SLOTS};
use crate::{Rig, PATIENCE};

/// Bytes of SRAM.
const SRAM: usize = 64 << 10;
/// Batches between two looks at the whole memory.
const LOOKS: usize = 16;

/// Place in SRAM of each case of a batch: behind one another, with a row between.
fn places(batch: &[Case]) -> Vec<usize> {
    let mut at = 0;
    let place = |case: &Case| {
        let begin = at + GUARD + case.card;
        at = (begin + case.len).next_multiple_of(GUARD);
        begin
    };
    batch.iter().map(place).collect()
}

/// As many cases as there are slots and room in SRAM for.
fn batches(cases: impl Iterator<Item = Case>) -> Vec<Vec<Case>> {
    let (mut all, mut batch, mut room) = (Vec::new(), Vec::new(), SRAM);
    for case in cases {
        let needed = case.len + case.card + 3 * GUARD;
        if batch.len() == SLOTS || room < needed {
            all.push(std::mem::take(&mut batch));
            room = SRAM;
        }
        room -= needed;
        batch.push(case);
    }
    all.push(batch);
    all
}

/// Sets what is around a buffer, and takes it.
fn blank(region: &DmaRegion, from: usize, len: usize) {
    let mut whole = region.buffer(from - GUARD..from + len + GUARD).unwrap();
    whole.copy_from(&vec![BLANK; len + 2 * GUARD]).unwrap();
}

/// Runs all cases; how many there were, and bytes compared.
pub fn sweep(rig: &Rig) -> (usize, usize) {
    let config = QueueConfig { entries: 2 * SLOTS as u32, interrupt: false, ..QueueConfig::default() };
    let device = &rig.device;
    let out = device.allocate(SLOT * SLOTS, DmaAccess::DeviceReads).unwrap();
    let back = device.allocate(SLOT * SLOTS, DmaAccess::DeviceWrites).unwrap();
    let mut memory = device.card_memory(CardMemoryOptions { queue: 1, ..Default::default() });
    let mut model = vec![0x3C; SRAM];
    memory.write(SRAM_BASE, &model).unwrap_or_else(|e| panic!("{e}"));
    let mut write = device.open_memory_write(0, SRAM_BASE, config.clone()).unwrap();
    let mut read = device.open_memory_read(0, SRAM_BASE, config).unwrap();
    let (mut cases, mut bytes) = (0, 0);
    for (number, batch) in batches(rig.cases.all()).iter().enumerate() {
        let places = places(batch);
        for (slot, (case, place)) in batch.iter().zip(&places).enumerate() {
            let data: Vec<u8> = (0..case.len).map(|i| pattern(cases + slot, i)).collect();
            let from = start(slot, case.host);
            let mut buffer = out.buffer(from..from + case.len).unwrap();
            buffer.copy_from(&data).unwrap();
            write.push(MemoryWrite::new(buffer, *place as u32)).unwrap();
            model[*place..place + case.len].copy_from_slice(&data);
        }
        write.commit().unwrap();
        for case in batch {
            let done =
                write.poll_until(device.deadline(PATIENCE)).unwrap_or_else(|e| panic!("{case:?}: {e}"));
            assert!(done.status.is_ok() && done.bytes as usize == case.len, "{case:?}: {}", done.status);
        }
        for (slot, (case, place)) in batch.iter().zip(&places).enumerate() {
            let from = start(slot, case.host);
            blank(&back, from, case.len);
            read.push(MemoryRead::new(back.buffer(from..from + case.len).unwrap(), *place as u32)).unwrap();
        }
        read.commit().unwrap();
        for (slot, (case, place)) in batch.iter().zip(&places).enumerate() {
            let done = read.poll_until(device.deadline(PATIENCE)).unwrap_or_else(|e| panic!("{case:?}: {e}"));
            assert!(done.status.is_ok() && done.bytes as usize == case.len, "{case:?}: {}", done.status);
            assert!(done.buffer.to_vec() == model[*place..place + case.len], "{case:?}: other bytes");
            drop(done);
            let from = start(slot, case.host);
            let around = back.buffer(from - GUARD..from + case.len + GUARD).unwrap().to_vec();
            let beside = around[..GUARD].iter().chain(&around[GUARD + case.len..]);
            assert!(beside.into_iter().all(|byte| *byte == BLANK), "{case:?}: bytes beside the buffer");
            bytes += 2 * case.len;
        }
        cases += batch.len();
        if number % LOOKS == 0 {
            look(&mut memory, &model);
        }
    }
    look(&mut memory, &model);
    for stopped in [write.stop().unwrap(), read.stop().unwrap()] {
        assert!(stopped.fault.is_none(), "{:?}", stopped.fault);
    }
    (cases, bytes)
}

/// Compares the whole memory of the card.
fn look(memory: &mut ferrolane::CardMemory, model: &[u8]) {
    for (page, expected) in model.chunks(PAGE).enumerate() {
        let mut found = vec![0; PAGE];
        memory.read(SRAM_BASE + (page * PAGE) as u64, &mut found).unwrap_or_else(|e| panic!("{e}"));
        assert!(found == expected, "page {page} of the card's memory holds other bytes");
    }
}
