//! The FIFO's policies as the driver sets them: overflow, flush, store-and-forward.

use ferrolane::{
    C2hQueue, C2hRequest, Completed, DmaAccess, DmaRegion, H2cQueue, H2cRequest, Overflow, Queue, QueueConfig,
};
use ferrolane_abi::map::Direction::{C2h, H2c};
use ferrolane_abi::regs::{queue as regs, queue_counters as counters};
use ferrolane_sim::rng::Rng;

use crate::rig::Rig;
use crate::watched::{is_for, watched, Requests};

/// Bytes of a region.
const ROOM: usize = 65_536;
/// Clocks in which what is going to happen has happened.
const LONG: u32 = 20_000;
/// Device time that anything here may take, in nanoseconds.
const PATIENCE: u64 = 1_000_000;

fn config() -> QueueConfig {
    QueueConfig { entries: 16, interrupt: false, ..QueueConfig::default() }
}

/// Queue pair 0 of the loopback.
struct Pair {
    rig: Rig,
    requests: Requests,
    h2c: H2cQueue,
    c2h: C2hQueue,
    out: DmaRegion,
    back: DmaRegion,
    data: Vec<u8>,
}

impl Pair {
    fn new(h2c: QueueConfig, c2h: QueueConfig) -> Self {
        let (rig, requests) = watched("sim");
        let mut rng = Rng::new(7, "bytes");
        let region = |access| rig.device.allocate(ROOM, access).unwrap();
        let (out, back) = (region(DmaAccess::DeviceReads), region(DmaAccess::DeviceWrites));
        let (h2c, c2h) = (rig.device.open_h2c(0, h2c).unwrap(), rig.device.open_c2h(0, c2h).unwrap());
        let data = (0..ROOM).map(|_| rng.next() as u8).collect();
        Pair { rig, requests, h2c, c2h, out, back, data }
    }

    /// Sends bytes `from .. from + len` of the data.
    fn submit(&mut self, from: usize, len: usize, sop: bool, eop: bool) {
        let mut buffer = self.out.buffer(from..from + len).unwrap();
        buffer.copy_from(&self.data[from..from + len]).unwrap();
        self.h2c.submit(H2cRequest::fragment(buffer, sop, eop)).unwrap();
    }

    /// The same, and waits until they are on the card.
    fn send(&mut self, from: usize, len: usize, sop: bool, eop: bool) {
        self.submit(from, len, sop, eop);
        let done = self.h2c.poll_until(self.rig.device.deadline(PATIENCE)).unwrap_or_else(|e| panic!("{e}"));
        assert!(done.status.is_ok() && done.bytes as usize == len);
    }

    /// Gives the card a buffer of `len` bytes.
    fn offer(&mut self, from: usize, len: usize) {
        self.c2h.submit(C2hRequest::new(self.back.buffer(from..from + len).unwrap())).unwrap();
    }

    /// The next buffer that the card has filled, with `len` of the bytes behind `from`.
    fn receive(&mut self, from: usize, len: usize) -> Completed {
        let done = self.c2h.poll_until(self.rig.device.deadline(PATIENCE)).unwrap_or_else(|e| panic!("{e}"));
        assert!(done.status.is_ok(), "{}", done.status);
        assert_eq!(done.buffer.len(), len);
        assert!(done.buffer.to_vec() == self.data[from..from + len], "bytes behind {from}");
        done
    }

    fn quiet(&mut self) {
        self.rig.device.relax(LONG).unwrap();
        assert!(self.c2h.try_complete().unwrap().is_none(), "a completion without a reason");
    }

    /// Writes of data to the host since this was last asked.
    fn written(&self) -> usize {
        self.requests.take().iter().filter(|request| is_for(&self.back, request)).count()
    }

    /// FIFO_LEVEL of both queues.
    fn levels(&self) -> [u32; 2] {
        [H2c, C2h].map(|direction| self.rig.queue_register(direction, 0, &regs::FIFO_LEVEL))
    }
}

#[test]
fn a_queue_that_drops_counts_it_and_tells_of_the_gap() {
    const LEN: usize = 3000;
    for overflow in [Overflow::DropTail, Overflow::DropHead] {
        let mut pair = Pair::new(config(), QueueConfig { overflow, ..config() });
        // There is no buffer: without dropping the third one or the fourth would wait for ever.
        for packet in 0..10 {
            pair.send(packet * LEN, LEN, true, true);
        }
        pair.quiet();
        let dropped = pair.rig.queue_counter(C2h, 0, &counters::DROPPED_PACKETS) as usize;
        let bytes = pair.rig.queue_counter(C2h, 0, &counters::DROPPED_BYTES) as usize;
        assert_eq!(bytes, dropped * LEN, "{overflow:?}");
        let kept = 10 - dropped;
        assert!((1..=2).contains(&kept), "{overflow:?}: {kept} kept");
        let first = if overflow == Overflow::DropTail { 0 } else { dropped };
        let mut gaps = Vec::new();
        for packet in first..first + kept {
            pair.offer(packet * 4096, 4096);
            gaps.push(pair.receive(packet * LEN, LEN).gap);
        }
        pair.offer(0, 4096);
        pair.send(10 * LEN, LEN, true, true);
        gaps.push(pair.receive(10 * LEN, LEN).gap);
        // The next packet behind what was dropped tells of it, and no other.
        let tells = if overflow == Overflow::DropTail { kept } else { 0 };
        assert!(gaps.iter().enumerate().all(|(i, gap)| *gap == (i == tells)), "{overflow:?}: {gaps:?}");
    }
}

/// The rest of a packet of 192 bytes, in the next buffer.
fn the_packet_goes_on(pair: &mut Pair) {
    pair.offer(8192, 4096);
    pair.send(128, 64, false, true);
    let done = pair.receive(128, 64);
    assert!(done.eop && !done.flushed);
}

#[test]
fn a_command_flushes() {
    let mut pair = Pair::new(config(), config());
    pair.c2h.flush().unwrap();
    pair.offer(0, 4096);
    pair.send(0, 128, true, false);
    pair.quiet();
    pair.c2h.flush().unwrap();
    let done = pair.receive(0, 128);
    assert!(done.flushed && !done.eop);
    the_packet_goes_on(&mut pair);
}

#[test]
fn time_flushes() {
    // 20 us are 5,000 clocks, and 312 whole units of 16.
    let mut pair = Pair::new(config(), QueueConfig { flush_nanos: Some(20_000), ..config() });
    pair.offer(0, 4096);
    pair.send(0, 128, true, false);
    let sent = pair.rig.control.clocks();
    assert!(pair.receive(0, 128).flushed);
    let clocks = pair.rig.control.clocks() - sent;
    assert!((4_500..6_000).contains(&clocks), "{clocks} clocks instead of 5,000");
    the_packet_goes_on(&mut pair);
}

/// Sends half a packet and answers the levels of both shares, and writes to host memory, until its end was sent.
fn half_a_packet(h2c: QueueConfig, c2h: QueueConfig) -> ([u32; 2], usize) {
    let mut pair = Pair::new(h2c, c2h);
    pair.offer(0, 8192);
    pair.send(0, 2000, true, false);
    pair.quiet();
    pair.c2h.flush().unwrap();
    pair.rig.device.relax(LONG).unwrap();
    let seen = (pair.levels(), pair.written());
    pair.send(2000, 1001, false, true);
    match seen.1 {
        0 => assert!(pair.receive(0, 3001).eop),
        // It was flushed, in whole rows.
        _ => {
            let done = pair.c2h.poll_until(pair.rig.device.deadline(PATIENCE)).unwrap();
            assert!(done.flushed && done.bytes == 2000);
            pair.offer(8192, 8192);
            assert!(pair.receive(2000, 1001).eop);
        }
    }
    assert!(pair.requests.take().iter().any(|request| is_for(&pair.back, request)));
    assert_eq!(pair.levels(), [0, 0]);
    seen
}

#[test]
fn a_packet_is_stored_until_its_end_is_there() {
    let stores = || QueueConfig { store_forward: true, ..config() };
    // 2,000 bytes are 125 rows.
    let (levels, writes) = half_a_packet(stores(), config());
    assert_eq!((levels, writes), ([2000, 0], 0), "H2C: the card has been given nothing");
    let (levels, writes) = half_a_packet(config(), stores());
    assert_eq!((levels, writes), ([0, 2000], 0), "C2H: nothing is in host memory");
    let (levels, writes) = half_a_packet(config(), config());
    assert!(levels == [0, 0] && writes > 0, "cut-through: {levels:?}, {writes} writes");
}

#[test]
fn stored_packets_come_whole_also_those_that_are_larger_than_the_share() {
    let stores = QueueConfig { store_forward: true, ..config() };
    let mut pair = Pair::new(stores.clone(), stores);
    let share = pair.rig.device.parameters().c2h_share_bytes as usize;
    let mut from = 0;
    for len in [1, 15, 16, 17, 4097, share - 1, share, 3 * share, 100] {
        pair.offer(0, ROOM / 2);
        pair.submit(from, len, true, true);
        assert!(pair.receive(from, len).eop, "{len} bytes");
        let done = pair.h2c.poll_until(pair.rig.device.deadline(PATIENCE)).unwrap();
        assert!(done.status.is_ok() && done.bytes as usize == len);
        from += len;
    }
    assert_eq!(pair.rig.device.take_errors().unwrap(), 0);
}
