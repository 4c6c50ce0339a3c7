//! H2C packets that an error, a stop or a reset cuts: the card's stream gets their end before anything else of the queue. The
//! checker behind it sees packets by TLAST, so one that is glued to another has wrong bytes and a wrong length.

use ferrolane::{DmaAccess, H2cQueue, H2cRequest, Queue, QueueConfig};
use ferrolane_abi::card::{self, checker, global, pattern};

use crate::rig::{open, rig, Rig};

const QUEUE: u32 = 2;
const SEED: u32 = 3;
/// Bytes of a packet, and how many of them are handed over of the one that is cut.
const LENGTH: u32 = 7000;
const PART: u32 = 5000;
/// Device time that anything here may take, in nanoseconds.
const PATIENCE: u64 = 5_000_000;
/// RATE of a card that takes a byte in four clocks, so that it pauses the queue most of the time; and of one that takes all.
const RATES: [u32; 2] = [1 << 18, 0xFFF_FFFF];

/// The checker on, for packets of one length.
fn start(rig: &Rig, rate: u32) {
    rig.user_write(0, &global::PATTERN_LO, 1 << QUEUE);
    let block = card::checker_regs(QUEUE);
    for (register, value) in [
        (&checker::LENGTH, LENGTH),
        (&checker::SEED, SEED),
        (&checker::RATE, rate),
        (&checker::CTRL, 1 | 1 << 2),
    ] {
        rig.user_write(block, register, value);
    }
}

/// Sends bytes of a packet in two descriptors, all or the first of it, and waits for their records.
fn send(rig: &Rig, h2c: &mut H2cQueue, packet: u32, whole: bool) -> bool {
    let len = if whole { LENGTH } else { PART };
    let data: Vec<u8> = (0..len).map(|i| pattern::byte(SEED, QUEUE, packet, i)).collect();
    let region = rig.device.allocate(data.len(), DmaAccess::DeviceReads).unwrap();
    let middle = 1001;
    for range in [0..middle, middle..data.len()] {
        let (sop, eop) = (range.start == 0, whole && range.end == data.len());
        let mut buffer = region.buffer(range.clone()).unwrap();
        buffer.copy_from(&data[range]).unwrap();
        h2c.push(H2cRequest::fragment(buffer, sop, eop)).unwrap();
    }
    h2c.commit().unwrap();
    (0..2).all(|_| {
        let done = h2c.wait_until(rig.device.deadline(PATIENCE)).unwrap_or_else(|e| panic!("{e}"));
        done.status.is_ok()
    })
}

fn queue(rig: &Rig) -> H2cQueue {
    rig.device.open_h2c(QUEUE, QueueConfig { interrupt: false, ..QueueConfig::default() }).unwrap()
}

/// Waits until the checker has seen that many packets, `cuts` of them cut and the others right.
fn expect(rig: &Rig, packets: u32, cuts: u32) {
    let block = card::checker_regs(QUEUE);
    for _ in 0..200 {
        if rig.user_read(block, &checker::PACKETS) >= packets {
            break;
        }
        rig.device.relax(2_000).unwrap();
    }
    rig.device.relax(10_000).unwrap();
    let status = rig.user_read(block, &checker::STATUS);
    assert_eq!(rig.user_read(block, &checker::PACKETS), packets, "status {status:#x}");
    assert_eq!(rig.user_read(block, &checker::ERRORS), cuts, "status {status:#x}");
    assert_eq!(status, if cuts == 0 { 1 } else { 0b101 | 1 << 11 }, "nothing but cuts");
}

#[test]
fn a_stop_ends_the_packet_on_the_stream() {
    for (seed, rate) in RATES.into_iter().enumerate() {
        let rig = rig(&format!("sim:seed={seed},split=random,reorder=40%"));
        start(&rig, rate);
        let mut h2c = queue(&rig);
        assert!(send(&rig, &mut h2c, 0, true));
        expect(&rig, 1, 0);
        assert!(send(&rig, &mut h2c, 1, false));
        h2c.stop().unwrap();
        // A card that takes all has the end without a new start.
        if rate == RATES[1] {
            expect(&rig, 2, 1);
        }
        let mut h2c = queue(&rig);
        assert!(send(&rig, &mut h2c, 2, true));
        expect(&rig, 3, 1);
        // One that is stopped between packets has nothing to end.
        h2c.stop().unwrap();
        let mut h2c = queue(&rig);
        assert!(send(&rig, &mut h2c, 3, true));
        expect(&rig, 4, 1);
    }
}

#[test]
fn a_reset_of_the_function_ends_it() {
    for (seed, rate) in RATES.into_iter().enumerate() {
        let mut rig = rig(&format!("sim:seed={seed}"));
        start(&rig, rate);
        for cuts in 0..3 {
            let mut h2c = queue(&rig);
            send(&rig, &mut h2c, 2 * cuts, false);
            rig.transport.reset().unwrap();
            drop(h2c);
            rig.device = open(&rig.transport);
            let mut h2c = queue(&rig);
            assert!(send(&rig, &mut h2c, 2 * cuts + 1, true));
            expect(&rig, 2 * cuts + 2, cuts + 1);
        }
    }
}

#[test]
fn an_error_ends_it_where_the_good_bytes_end() {
    for (seed, rate) in RATES.into_iter().enumerate() {
        for at in [6, 9, 12] {
            let rig = rig(&format!("sim:seed={seed},fault=data-ur@{at}"));
            start(&rig, rate);
            let mut h2c = queue(&rig);
            assert!(!send(&rig, &mut h2c, 0, false), "completion {at} is bad");
            // The queue is halted, not stopped.
            expect(&rig, 1, 1);
            drop(h2c);
            let mut h2c = queue(&rig);
            assert!(send(&rig, &mut h2c, 1, true));
            expect(&rig, 2, 1);
        }
    }
}
