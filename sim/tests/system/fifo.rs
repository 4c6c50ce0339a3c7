//! The on-chip FIFO's policies through the whole card: flush, drop, level.

use ferrolane_abi::completion::{EOP as ENDED, FLUSHED, GAP};
use ferrolane_abi::descriptor::{Descriptor, EOP, SOP};
use ferrolane_abi::map::Direction::{C2h, H2c};
use ferrolane_abi::regs::{queue as regs, queue_counters as counters};

use crate::bare::{Bare, Region};
use crate::feed::Feed;
use crate::lane::{Lane, Setup};
use crate::stall_counters::load;

/// Clocks in which what is going to happen has happened.
const LONG: u64 = 50_000;
/// CTRL.RUN and CTRL.FLUSH.
const FLUSH: u32 = 3;

struct Rig {
    bare: Bare,
    h2c: Lane,
    c2h: Lane,
    out: Region,
    back: Region,
}

impl Rig {
    /// Queue pair 0 of the loopback, both directions fed by registers, C2H with `mode` beside.
    fn new(mode: u32) -> Self {
        let mut bare = Bare::new("sim");
        let h2c = Lane::new(&mut bare, Setup::new(H2c, 0, Feed::Direct));
        let mut setup = Setup::new(C2h, 0, Feed::Direct);
        setup.mode |= mode;
        let c2h = Lane::new(&mut bare, setup);
        let (out, back) = (bare.region(8192), bare.region(65_536));
        let data: Vec<u8> = (0..8192u32).map(|i| (i * 7 + (i >> 8)) as u8).collect();
        out.memory.write(0, &data);
        Rig { bare, h2c, c2h, out, back }
    }

    /// Sends bytes `from .. from + len` of the region and waits until they are on the card.
    fn send(&mut self, from: u64, len: u32, flags: u8) {
        let host_addr = self.out.iova + from;
        self.h2c.go(&mut self.bare, Descriptor { host_addr, len, flags, card: 0 });
        let record = self.h2c.wait(&mut self.bare, LONG);
        assert_eq!((record.bytes, record.status), (len, 0));
        self.h2c.tell(&mut self.bare, false);
    }

    /// Gives a buffer of 4 KiB, number `slot`.
    fn offer(&mut self, slot: u64) {
        let host_addr = self.back.iova + 4096 * slot;
        self.c2h.go(&mut self.bare, Descriptor { host_addr, len: 4096, flags: 0, card: 0 });
    }

    fn holds(&self, slot: usize, from: usize, len: usize) {
        assert!(self.back.bytes(4096 * slot, len) == self.out.bytes(from, len), "bytes of buffer {slot}");
    }

    fn quiet(&mut self) {
        self.bare.run(LONG);
        assert!(self.c2h.take().is_none(), "a record without a reason");
    }
}

/// The rest of the packet, in the next buffer.
fn the_packet_goes_on(rig: &mut Rig) {
    rig.offer(1);
    rig.send(128, 64, EOP);
    let record = rig.c2h.wait(&mut rig.bare, LONG);
    assert_eq!((record.index, record.bytes, record.flags), (1, 64, ENDED));
    rig.holds(1, 128, 64);
    assert_eq!(rig.bare.take_errors(), 0);
}

#[test]
fn a_command_flushes_a_partly_filled_buffer() {
    let mut rig = Rig::new(0);
    rig.offer(0);
    rig.send(0, 128, SOP);
    rig.quiet();
    assert_eq!(rig.c2h.get(&mut rig.bare, &regs::FIFO_LEVEL), 128);
    rig.c2h.set(&mut rig.bare, &regs::CTRL, FLUSH);
    let record = rig.c2h.wait(&mut rig.bare, LONG);
    assert_eq!((record.index, record.bytes, record.flags), (0, 128, FLUSHED));
    rig.holds(0, 0, 128);
    assert_eq!(rig.c2h.get(&mut rig.bare, &regs::FIFO_LEVEL), 0);
    assert_eq!(rig.c2h.get(&mut rig.bare, &regs::FIFO_PEAK), 128);
    the_packet_goes_on(&mut rig);
}

#[test]
fn time_flushes_a_partly_filled_buffer() {
    let mut rig = Rig::new(0);
    rig.c2h.stop(&mut rig.bare);
    rig.c2h.set(&mut rig.bare, &regs::FLUSH_TIME, 20);
    rig.c2h.start(&mut rig.bare);
    rig.offer(0);
    rig.send(0, 128, SOP);
    let sent = rig.bare.now();
    let record = rig.c2h.wait(&mut rig.bare, LONG);
    assert_eq!((record.index, record.bytes, record.flags), (0, 128, FLUSHED));
    let clocks = rig.bare.now() - sent;
    assert!((100..1500).contains(&clocks), "{clocks} clocks, FLUSH_TIME is 320");
    rig.holds(0, 0, 128);
    the_packet_goes_on(&mut rig);
}

#[test]
fn a_full_share_drops_whole_packets_and_stops_nobody() {
    const LEN: u32 = 3000;
    for drop in [1, 2] {
        let mut rig = Rig::new(regs::MODE.field("DROP").unwrap().put(drop));
        for packet in 0..10 {
            rig.send(packet * 16, LEN, SOP | EOP);
        }
        // 8 KiB hold two of them: tail drop keeps the first two, head drop the last.
        rig.quiet();
        let dropped = rig.c2h.counter(&mut rig.bare, &counters::DROPPED_PACKETS);
        let bytes = rig.c2h.counter(&mut rig.bare, &counters::DROPPED_BYTES);
        assert_eq!(bytes, dropped * LEN, "DROP {drop}");
        let kept = 10 - dropped as usize;
        assert!((1..=2).contains(&kept), "DROP {drop}: {kept} kept");
        let mut gaps = 0;
        for slot in 0..kept {
            rig.offer(slot as u64);
            let record = rig.c2h.wait(&mut rig.bare, LONG);
            assert_eq!((record.bytes, record.status, record.flags & !GAP), (LEN, 0, ENDED), "DROP {drop}");
            gaps += usize::from(record.flags & GAP != 0);
            let packet = if drop == 1 { slot } else { 10 - kept + slot };
            rig.holds(slot, 16 * packet, LEN as usize);
        }
        // The next packet behind a tail drop tells of it; the first behind a head drop did.
        rig.offer(kept as u64);
        rig.send(0, LEN, SOP | EOP);
        let record = rig.c2h.wait(&mut rig.bare, LONG);
        gaps += usize::from(record.flags & GAP != 0);
        assert_eq!((record.bytes, gaps), (LEN, 1), "DROP {drop}");
        rig.holds(kept, 0, LEN as usize);
        assert_eq!(rig.bare.take_errors(), 0);
    }
}

#[test]
fn what_waits_for_the_card_shows_as_level() {
    const SHARE: u32 = 8192;
    let mut bare = Bare::new("sim");
    let mut h2c = Lane::new(&mut bare, Setup::new(H2c, 1, Feed::Ring));
    let idle = Lane::new(&mut bare, Setup::new(H2c, 0, Feed::Ring));
    let mut c2h = Lane::new(&mut bare, Setup::new(C2h, 1, Feed::Ring));
    // The way back has no buffer, so its share fills up and then this one's.
    load(&mut bare, &mut h2c, 12, 4096, SOP | EOP);
    bare.run(20_000);
    let (level, peak) = (h2c.get(&mut bare, &regs::FIFO_LEVEL), h2c.get(&mut bare, &regs::FIFO_PEAK));
    // A read is asked for when there is room for all of it, and reads end at multiples of their size.
    assert!(level > SHARE - 512 && level <= SHARE && level.is_multiple_of(16), "{level}");
    assert_eq!(peak, level);
    assert_eq!(idle.get(&mut bare, &regs::FIFO_PEAK), 0, "another queue's");
    load(&mut bare, &mut c2h, 12, 4096, 0);
    for _ in 0..12 {
        assert_eq!(c2h.wait(&mut bare, LONG).bytes, 4096);
    }
    assert_eq!(h2c.get(&mut bare, &regs::FIFO_LEVEL), 0);
    assert!(h2c.get(&mut bare, &regs::FIFO_PEAK) >= peak);
    h2c.stop(&mut bare);
    h2c.start(&mut bare);
    assert_eq!(h2c.get(&mut bare, &regs::FIFO_PEAK), 0, "since the start");
}
