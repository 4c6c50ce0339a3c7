//! Lists that are longer than a push window, carried out by the driver in rounds.

use std::collections::VecDeque;

use ferrolane::{
    C2hRequest, Completed, Device, DmaAccess, DmaRegion, Error, Feed, H2cRequest, Queue, QueueConfig,
};
use ferrolane_sim::rng::Rng;

use crate::rig::rig;

const FRAGMENTS: usize = 1000;
/// Distance of buffers, and room of those that the card fills.
const SLOT: usize = 2048;
/// Device time for all of a list, in nanoseconds.
const PATIENCE: u64 = 20_000_000;

/// Packets in fragments of odd lengths at odd addresses, and buffers that they fill to the last.
struct Lists {
    out: VecDeque<H2cRequest>,
    back: VecDeque<C2hRequest>,
    packets: Vec<Vec<u8>>,
    regions: [DmaRegion; 2],
}

fn lists(device: &Device, seed: u64) -> Lists {
    let region = |slots: usize, access| device.allocate(slots * SLOT, access).unwrap();
    let (out, mut rng) = (region(FRAGMENTS, DmaAccess::DeviceReads), Rng::new(seed, "fragments"));
    let (mut list, mut packets, mut packet) = (VecDeque::new(), Vec::new(), Vec::new());
    for i in 0..FRAGMENTS {
        let len = 1 + 2 * rng.below(700) as usize;
        let start = i * SLOT + 1 + 2 * rng.below(200) as usize;
        let data: Vec<u8> = (0..len).map(|_| rng.next() as u8).collect();
        let mut buffer = out.buffer(start..start + len).unwrap();
        buffer.copy_from(&data).unwrap();
        let (sop, eop) = (packet.is_empty(), i + 1 == FRAGMENTS || rng.chance(40));
        list.push_back(H2cRequest::fragment(buffer, sop, eop));
        packet.extend(data);
        if eop {
            packets.push(std::mem::take(&mut packet));
        }
    }
    let room = SLOT - 1;
    let count = packets.iter().map(|packet| packet.len().div_ceil(room)).sum();
    let back = region(count, DmaAccess::DeviceWrites);
    let buffers = back.buffers(1, room, SLOT, count).unwrap();
    let buffers = buffers.into_iter().map(C2hRequest::new).collect();
    Lists { out: list, back: buffers, packets, regions: [out, back] }
}

/// Compares what comes back with the packets.
struct Compare<'a> {
    packets: &'a [Vec<u8>],
    packet: Vec<u8>,
    whole: usize,
}

impl Compare<'_> {
    fn take(&mut self, done: Completed) -> Result<(), Error> {
        assert!(done.status.is_ok(), "{}", done.status);
        self.packet.extend(done.buffer.to_vec());
        if done.eop {
            assert!(self.packet == self.packets[self.whole], "bytes of packet {}", self.whole);
            self.packet.clear();
            self.whole += 1;
        }
        Ok(())
    }
}

/// Sends a thousand fragments with `out` and takes them back with `back`; one of them is carried out in rounds while the
/// other, in a ring, has all of its list from the start.
fn rounds(out: Feed, back: Feed, interrupt: bool, seed: u64) {
    let what = format!("{out:?} out, {back:?} back, interrupt {interrupt}");
    let rig = rig(&format!("sim:seed={seed},split=random,jitter=200ns"));
    let config = |feed| QueueConfig { feed, interrupt, ..QueueConfig::default() };
    let mut h2c = rig.device.open_h2c(1, config(out)).unwrap();
    let mut c2h = rig.device.open_c2h(1, config(back)).unwrap();
    let Lists { out: mut sends, back: mut fills, packets, regions: _regions } = lists(&rig.device, seed);
    let buffers = fills.len();
    let mut compare = Compare { packets: &packets, packet: Vec::new(), whole: 0 };
    let mut next = 0;
    let mut sent = |done: Completed| -> Result<(), Error> {
        assert!(done.status.is_ok() && done.index == next, "{}", done.status);
        next += 1;
        Ok(())
    };
    let deadline = rig.device.deadline(PATIENCE);
    let fail = |e: Error| -> () { panic!("{what}: {e}") };
    if back == Feed::Ring {
        assert_eq!(c2h.submit_batch(&mut fills).unwrap(), buffers, "the ring takes the list");
        h2c.run(&mut sends, deadline, &mut sent).unwrap_or_else(fail);
        c2h.run(&mut fills, deadline, |done| compare.take(done)).unwrap_or_else(fail);
    } else {
        assert_eq!(h2c.submit_batch(&mut sends).unwrap(), FRAGMENTS, "the ring takes the list");
        c2h.run(&mut fills, deadline, |done| compare.take(done)).unwrap_or_else(fail);
        h2c.run(&mut sends, deadline, &mut sent).unwrap_or_else(fail);
    }
    assert_eq!((next as usize, compare.whole), (FRAGMENTS, packets.len()), "{what}");
    assert_eq!((sends.len(), fills.len(), h2c.in_flight(), c2h.in_flight()), (0, 0, 0, 0), "{what}");
    assert_eq!(rig.device.take_errors().unwrap(), 0, "{what}");
}

#[test]
fn a_thousand_fragments_go_out_through_a_push_window() {
    rounds(Feed::Push, Feed::Ring, false, 1);
    rounds(Feed::Push, Feed::Ring, true, 2);
}

#[test]
fn a_thousand_fragments_come_back_through_a_push_window() {
    rounds(Feed::Ring, Feed::Push, false, 3);
    rounds(Feed::Ring, Feed::Push, true, 4);
}

#[test]
fn a_thousand_fragments_go_through_registers() {
    rounds(Feed::Direct, Feed::Ring, false, 5);
    rounds(Feed::Ring, Feed::Direct, true, 6);
}

#[test]
fn a_deadline_leaves_the_rest_with_the_caller() {
    let rig = rig("sim");
    // The card takes nothing: what is sent fills its FIFO, and the rest waits.
    rig.control.card_stop(1, true);
    let mut h2c = rig
        .device
        .open_h2c(1, QueueConfig { feed: Feed::Push, interrupt: true, ..QueueConfig::default() })
        .unwrap();
    let mut c2h = rig.device.open_c2h(1, QueueConfig { interrupt: true, ..QueueConfig::default() }).unwrap();
    let Lists { out: mut sends, back: mut fills, packets, regions: _regions } = lists(&rig.device, 9);
    c2h.submit_batch(&mut fills).unwrap();
    let mut sent = 0;
    let mut count = |_: Completed| -> Result<(), Error> {
        sent += 1;
        Ok(())
    };
    let error = h2c.run(&mut sends, rig.device.deadline(500_000), &mut count).unwrap_err();
    assert!(matches!(error, Error::Timeout { in_flight: 32, .. }), "{error}");
    assert!(sends.len() > FRAGMENTS / 2, "{} are left", sends.len());
    rig.control.card_stop(1, false);
    h2c.run(&mut sends, rig.device.deadline(PATIENCE), &mut count).unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(sent, FRAGMENTS);
    let mut compare = Compare { packets: &packets, packet: Vec::new(), whole: 0 };
    c2h.run(&mut fills, rig.device.deadline(PATIENCE), |done| compare.take(done)).unwrap();
    assert_eq!(compare.whole, packets.len());
}
