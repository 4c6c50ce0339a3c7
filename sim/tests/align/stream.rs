//! Stream queues: packets through the loopback, from every offset to every offset.

use ferrolane::{C2hRequest, DmaAccess, H2cRequest, Queue, QueueConfig};

use crate::cases::{pattern, start, Case, BLANK, GUARD, SLOT, SLOTS};
use crate::{Rig, PATIENCE};

/// Runs all cases; how many there were, and bytes compared. The offset in the card's row is that of the buffer that receives.
pub fn sweep(rig: &Rig) -> (usize, usize) {
    let config = QueueConfig { entries: 2 * SLOTS as u32, interrupt: false, ..QueueConfig::default() };
    let device = &rig.device;
    let out = device.allocate(SLOT * SLOTS, DmaAccess::DeviceReads).unwrap();
    let back = device.allocate(SLOT * SLOTS, DmaAccess::DeviceWrites).unwrap();
    let mut h2c = device.open_h2c(2, config.clone()).unwrap();
    let mut c2h = device.open_c2h(2, config).unwrap();
    let (mut cases, mut bytes) = (0, 0);
    let all: Vec<Case> = rig.cases.all().collect();
    for batch in all.chunks(SLOTS) {
        for (slot, case) in batch.iter().enumerate() {
            let to = start(slot, case.card);
            let mut around = back.buffer(to - GUARD..to + case.len + GUARD).unwrap();
            around.copy_from(&vec![BLANK; case.len + 2 * GUARD]).unwrap();
            drop(around);
            c2h.push(C2hRequest::new(back.buffer(to..to + case.len).unwrap())).unwrap();
            let from = start(slot, case.host);
            let data: Vec<u8> = (0..case.len).map(|i| pattern(cases + slot, i)).collect();
            let mut buffer = out.buffer(from..from + case.len).unwrap();
            buffer.copy_from(&data).unwrap();
            h2c.push(H2cRequest::fragment(buffer, true, true).with_meta((cases + slot) as u32)).unwrap();
        }
        c2h.commit().unwrap();
        h2c.commit().unwrap();
        for (slot, case) in batch.iter().enumerate() {
            let sent = h2c.poll_until(device.deadline(PATIENCE)).unwrap_or_else(|e| panic!("{case:?}: {e}"));
            assert!(sent.status.is_ok(), "{case:?}: {}", sent.status);
            let done = c2h.poll_until(device.deadline(PATIENCE)).unwrap_or_else(|e| panic!("{case:?}: {e}"));
            assert!(done.status.is_ok() && done.bytes as usize == case.len, "{case:?}: {}", done.status);
            assert_eq!(done.meta, (cases + slot) as u32, "{case:?}");
            let same = done.buffer.to_vec().iter().enumerate().all(|(i, b)| *b == pattern(cases + slot, i));
            assert!(same, "{case:?}: other bytes");
            drop(done);
            let to = start(slot, case.card);
            let around = back.buffer(to - GUARD..to + case.len + GUARD).unwrap().to_vec();
            let beside = around[..GUARD].iter().chain(&around[GUARD + case.len..]);
            assert!(beside.into_iter().all(|byte| *byte == BLANK), "{case:?}: bytes beside the buffer");
            bytes += case.len;
        }
        cases += batch.len();
    }
    for stopped in [h2c.stop().unwrap(), c2h.stop().unwrap()] {
        assert!(stopped.fault.is_none(), "{:?}", stopped.fault);
    }
    (cases, bytes)
}
