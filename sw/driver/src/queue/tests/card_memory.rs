//! The card's memory over the behavioural model.

use std::sync::Arc;

use ferrolane_abi::card::{DRAM_BASE, SRAM_BASE};
use ferrolane_abi::{feature, status};
use proptest::prelude::*;

use super::*;
use crate::error::StatusCode;
use crate::mock::{Identity, MockCard};
use crate::DmaRegion;

const DRAM_BYTES: u64 = 256 << 10;

fn open(identity: Identity) -> (MockCard, Device) {
    let card = MockCard::new(identity);
    let device = Device::open(card.transport()).unwrap();
    (card, device)
}

fn pattern(seed: u64, len: usize) -> Vec<u8> {
    (0..len as u64).map(|i| ((i + seed).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 56) as u8).collect()
}

#[test]
fn what_is_written_is_read_back() {
    let (card, device) = open(Identity::default());
    let data = pattern(1, 100_001);
    device.memory_write(DRAM_BASE + 13, &data).unwrap();
    assert_eq!(card.card_bytes(DRAM_BASE + 13, data.len()), data);
    assert_eq!(card.card_bytes(DRAM_BASE, 13), [0; 13]);
    let mut back = vec![0; data.len()];
    device.memory_read(DRAM_BASE + 13, &mut back).unwrap();
    assert!(back == data);
    assert_eq!((card.counts().dma_faults, card.mappings().len()), (0, 0));
    device.memory_write(SRAM_BASE, &[]).unwrap();
    device.memory_read(u64::MAX, &mut []).unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]
    #[test]
    fn any_length_in_any_fragments(
        offset in 0u64..5_000,
        len in 0usize..9_000,
        fragment in 1u32..3_000,
        buffers in 1u32..9,
        window_log2 in 10u32..14,
        interrupt in any::<bool>(),
    ) {
        let (card, device) = open(Identity::default());
        let options = CardMemoryOptions { queue: 2, fragment, buffers, interrupt, ..Default::default() };
        let mut memory = device.card_memory(options).with_window(1 << window_log2);
        let data = pattern(offset, len);
        memory.write(DRAM_BASE + offset, &data).unwrap();
        let mut back = vec![0; len];
        memory.read(DRAM_BASE + offset, &mut back).unwrap();
        prop_assert!(back == data);
        // Again, with the queues open.
        memory.write(SRAM_BASE + offset, &data).unwrap();
        memory.stop().unwrap();
        prop_assert_eq!(card.card_bytes(SRAM_BASE + offset, len), data);
        prop_assert_eq!(card.counts().dma_faults, 0);
    }
}

#[test]
fn an_address_without_memory_is_said_with_what_was_done() {
    let (card, device) = open(Identity::default());
    let mut memory = device.card_memory(CardMemoryOptions { fragment: 4096, ..Default::default() });
    let start = DRAM_BASE + DRAM_BYTES - 10_000;
    let error = memory.write(start, &pattern(2, 20_000)).unwrap_err();
    let code = StatusCode(status::CARD_WRITE_ERROR);
    let at = start + 8192;
    assert!(
        matches!(error, Error::CardMemory { address, done: 8192, code: c, .. } if address == at && c == code),
        "{error}"
    );
    let text = error.to_string();
    for part in ["H2C queue 0", &format!("{at:#x}"), "CARD_WRITE_ERROR", "address map"] {
        assert!(text.contains(part), "{part} is not in {text}");
    }
    assert_eq!(card.card_bytes(start, 8192), pattern(2, 20_000)[..8192]);
    let error = memory.read(start, &mut [0; 20_000]).unwrap_err();
    let code = StatusCode(status::CARD_READ_ERROR);
    assert!(matches!(error, Error::CardMemory { done: 8192, code: c, .. } if c == code), "{error}");
    // It goes on where there is memory.
    memory.write(SRAM_BASE + 1, b"again").unwrap();
    let mut back = [0; 5];
    memory.read(SRAM_BASE + 1, &mut back).unwrap();
    assert_eq!(&back, b"again");
    memory.stop().unwrap();
}

#[test]
fn a_fixed_address_takes_beat_after_beat() {
    let (card, device) = open(Identity::default());
    let options = CardMemoryOptions { fixed: true, fragment: 100, ..Default::default() };
    let mut memory = device.card_memory(options);
    let data = pattern(3, 1000);
    memory.write(SRAM_BASE + 64, &data).unwrap();
    // The last beat has 8 bytes; the rest is of the one before.
    let expected: Vec<u8> = data[992..].iter().chain(&data[984..992]).copied().collect();
    assert_eq!(card.card_bytes(SRAM_BASE + 64, 16), expected);
    assert_eq!(card.card_bytes(SRAM_BASE + 80, 16), [0; 16]);
    let mut back = [0; 40];
    memory.read(SRAM_BASE + 64, &mut back).unwrap();
    assert!(back.iter().enumerate().all(|(i, byte)| *byte == expected[i % 16]), "{back:?}");
    let error = memory.write(SRAM_BASE + 65, &data).unwrap_err();
    assert!(matches!(error, Error::CardAlignment { address: 65, multiple: 16, .. }), "{error}");
}

#[test]
fn what_the_engine_lacks_or_no_address_can_name_is_refused() {
    let features = Identity::default().features & !feature::MEMORY;
    let (_, device) = open(Identity { features, ..Identity::default() });
    let error = device.memory_write(0, &[1]).unwrap_err();
    assert!(matches!(error, Error::MissingFeature { name: "MEMORY", .. }), "{error}");
    device.open_h2c(0, QueueConfig::default()).expect("the queue is free still");

    let (_, device) = open(Identity::default());
    let error = device.memory_read(u64::MAX, &mut [0; 2]).unwrap_err();
    assert!(matches!(error, Error::CardRange { base: u64::MAX, .. }), "{error}");
    for (fragment, max) in [(0, MAX_LEN), (MAX_LEN + 1, MAX_LEN)] {
        let options = CardMemoryOptions { fragment, ..Default::default() };
        let error = device.card_memory(options).write(0, &[1]).unwrap_err();
        assert!(matches!(error, Error::BufferLength { max: m, .. } if m == max), "{error}");
    }
    let mut queue = device.open_memory_write(1, u64::MAX - 10, QueueConfig::default()).unwrap();
    let region: DmaRegion = device.allocate(100, DmaAccess::Both).unwrap();
    let rejected = queue.submit(MemoryWrite::new(region.buffer(0..20).unwrap(), 5)).unwrap_err();
    assert!(matches!(rejected.error, Error::CardRange { offset: 5, len: 20, .. }), "{}", rejected.error);
    assert!(rejected.request.is_some(), "the buffer comes back");
}

#[test]
fn memory_and_stream_take_turns_on_a_queue() {
    let (card, device) = open(Identity::default());
    let region = device.allocate(4096, DmaAccess::Both).unwrap();
    for round in 0..3 {
        device.memory_write(SRAM_BASE + round, &pattern(round, 500)).unwrap();
        let mut h2c = device.open_h2c(0, QueueConfig::default()).unwrap();
        let mut c2h = device.open_c2h(0, QueueConfig::default()).unwrap();
        let mut out = region.buffer(0..100).unwrap();
        out.copy_from(&pattern(9 + round, 100)).unwrap();
        c2h.submit(crate::C2hRequest::new(region.buffer(1000..2000).unwrap())).unwrap();
        h2c.submit(crate::H2cRequest::packet(out)).unwrap();
        let done = c2h.poll_until(device.deadline(1_000_000)).unwrap();
        assert_eq!(done.buffer.to_vec(), pattern(9 + round, 100));
        assert_eq!(card.card_bytes(SRAM_BASE + round, 500), pattern(round, 500));
    }
}

#[test]
fn a_read_that_moves_less_than_it_says_is_a_lie() {
    let (card, device) = open(Identity::default());
    card.faults(|f| f.tamper = Some(Box::new(|record| record.bytes -= 1)));
    let error = device.memory_read(0, &mut [0; 64]).unwrap_err();
    assert!(matches!(error, Error::Protocol { .. }), "{error}");
}

#[test]
fn queues_that_hang_are_given_up_after_the_time_that_was_set() {
    let (card, device) = open(Identity::default());
    card.faults(|f| f.stalled = true);
    let options = CardMemoryOptions { patience: 200_000, ..Default::default() };
    let start = device.now();
    let error = device.card_memory(options).write(0, &[1, 2, 3]).unwrap_err();
    assert!(matches!(error, Error::Timeout { in_flight: 1, .. }), "{error}");
    assert!(device.now() - start < 5_000_000);
    let _keep = Arc::new(card);
}

#[test]
fn descriptors_carry_what_was_asked() {
    let (card, device) = open(Identity::default());
    let mut queue = device.open_memory_write(3, 0x2000, QueueConfig::default()).unwrap();
    let region = device.allocate(100, DmaAccess::Both).unwrap();
    let mut buffer = region.buffer(3..10).unwrap();
    buffer.copy_from(b"seven b").unwrap();
    let mut request = MemoryWrite::new(buffer, 0x31);
    request.place.fence = true;
    request.irq = true;
    queue.submit(request).unwrap();
    let done = queue.wait_until(device.deadline(1_000_000)).unwrap();
    assert_eq!((done.bytes, done.status), (7, StatusCode::OK));
    assert_eq!(card.card_bytes(0x2031, 7), b"seven b");
    assert_eq!(queue.name().to_string(), "H2C queue 3");
}
