//! When records are written, and when interrupts come.

use ferrolane_abi::descriptor::{Descriptor, BYTES, EOP, SOP};
use ferrolane_abi::map::Direction::{C2h, H2c};

use crate::bare::{Bare, Region, Seen};
use crate::feed::Feed;
use crate::job::{jobs, run, Shape};
use crate::lane::{Lane, Setup};

/// Bytes of a packet.
const LEN: u32 = 512;
/// Clocks that anything here may take.
const LONG: u64 = 30_000;

/// A queue pair: packets go out on a queue set up in some way, and come back on one that nobody looks at.
struct Rig {
    bare: Bare,
    lane: Lane,
    /// The other one.
    back: Lane,
    data: Region,
}

impl Rig {
    /// `setup` is that of the H2C queue.
    fn new(setup: Setup) -> Self {
        let mut bare = Bare::new("sim");
        let data = bare.region(1 << 20);
        let back = Setup { log2: 9, ..Setup::new(C2h, setup.index, Feed::Ring).policy(3) };
        let lane = Lane::new(&mut bare, setup);
        let mut back = Lane::new(&mut bare, back);
        for i in 0..512 {
            let host_addr = data.iova + (1 << 19) + 1024 * i;
            back.waiting.push_back(Descriptor { host_addr, len: 1024, flags: 0, card: 0 });
        }
        back.feed(&mut bare);
        Rig { bare, lane, back, data }
    }

    fn packet(&self, flags: u8) -> Descriptor {
        Descriptor { host_addr: self.data.iova, len: LEN, flags: flags | SOP | EOP, card: 0 }
    }

    /// Sends packets.
    fn send(&mut self, count: u32) {
        let packet = self.packet(0);
        self.lane.waiting.extend((0..count).map(|_| packet));
        self.lane.feed(&mut self.bare);
        assert!(self.lane.waiting.is_empty());
    }

    /// Lets everything happen and takes the records.
    fn settle(&mut self, records: u32) {
        self.bare.settle();
        for _ in 0..records {
            assert!(self.lane.take().is_some_and(|record| record.status == 0 && record.bytes == LEN));
        }
        assert!(self.lane.take().is_none());
    }

    /// Interrupts since this was last asked, all of the queue's vector.
    fn interrupts(&mut self) -> Vec<u64> {
        let vector = self.lane.setup.vector;
        let all: Vec<(u64, u32)> = self.bare.interrupts.drain(..).collect();
        assert!(all.iter().all(|(_, of)| *of == vector), "{all:?}");
        all.into_iter().map(|(clock, _)| clock).collect()
    }

    /// Writes of records.
    fn record_writes(&mut self) -> Vec<Seen> {
        let records = self.lane.records.clone();
        let log = self.bare.take_log();
        log.into_iter().filter(|seen| seen.is_write() && records.holds(seen.hdr.address())).collect()
    }
}

fn setup() -> Setup {
    Setup::new(H2c, 2, Feed::Ring)
}

#[test]
fn records_are_gathered_by_count() {
    // COUNT, and the records of a TLP that follow; 0 counts as 1, above 16 as 16.
    for (count, together) in [(0, 1), (1, 1), (2, 2), (8, 8), (16, 16), (31, 16)] {
        let mut rig = Rig::new(setup().gather(count, 0xFFFF));
        rig.send(64);
        rig.settle(64);
        let writes = rig.record_writes();
        assert!(writes.iter().all(|seen| seen.hdr.length() == 4 * together), "COUNT {count}");
        assert_eq!(writes.len(), 64 / together);
    }
}

#[test]
fn what_is_left_comes_when_nothing_is_in_hand() {
    let mut rig = Rig::new(setup().gather(16, 0xFFFF));
    for _ in 0..2 {
        rig.send(5);
        let start = rig.bare.now();
        rig.settle(5);
        let last = rig.record_writes().last().unwrap().clock;
        assert!(last < start + 1_000, "after {} clocks", last - start);
    }
}

#[test]
fn a_record_waits_for_others_as_long_as_time_says() {
    for time in [10, 40, 200] {
        // The way back is what is looked at: its second packet is begun and not ended.
        let mut bare = Bare::new("sim");
        let data = bare.region(1 << 16);
        let mut h2c = Lane::new(&mut bare, Setup::new(H2c, 0, Feed::Ring));
        let mut c2h = Lane::new(&mut bare, Setup::new(C2h, 0, Feed::Ring).gather(16, time));
        for place in 0..2 {
            let host_addr = data.iova + 0x8000 + 0x1000 * place;
            c2h.waiting.push_back(Descriptor { host_addr, len: 4096, flags: 0, card: 0 });
        }
        c2h.feed(&mut bare);
        let part = |flags| Descriptor { host_addr: data.iova, len: 2048, flags, card: 0 };
        h2c.waiting.extend([part(SOP | EOP), part(SOP)]);
        bare.take_log();
        h2c.feed(&mut bare);
        let record = c2h.wait(&mut bare, LONG);
        assert_eq!((record.index, record.bytes), (0, 2048));
        let log = bare.take_log();
        let write = |region: &Region, until: u64| {
            let inside = |seen: &&Seen| seen.is_write() && region.holds(seen.hdr.address());
            log.iter().filter(inside).rfind(|seen| seen.hdr.address() < until).unwrap().clock
        };
        let ended = write(&data, data.iova + 0x9000);
        let waited = write(&c2h.records, u64::MAX) - ended;
        let due = u64::from(16 * time);
        println!("TIME {time}: {waited} clocks");
        assert!((due.saturating_sub(32)..due + 150).contains(&waited), "{waited} clocks, {due} were due");
    }
}

#[test]
fn an_arm_is_answered_once_by_the_first_record() {
    let mut rig = Rig::new(setup());
    rig.lane.tell(&mut rig.bare, true);
    rig.bare.settle();
    assert_eq!(rig.interrupts().len(), 0);
    rig.send(10);
    rig.settle(10);
    assert_eq!(rig.interrupts().len(), 1);
    // An ARM that comes behind its record is answered at once; one with nothing new is not.
    rig.send(1);
    rig.bare.settle();
    assert_eq!(rig.interrupts().len(), 0, "it was disarmed");
    rig.lane.tell(&mut rig.bare, true);
    rig.bare.settle();
    assert_eq!(rig.interrupts().len(), 1);
    rig.settle(1);
    rig.lane.tell(&mut rig.bare, true);
    rig.bare.settle();
    assert_eq!(rig.interrupts().len(), 0);
}

#[test]
fn an_arm_waits_for_count_records() {
    let mut rig = Rig::new(setup().moderate(5, 0));
    rig.lane.tell(&mut rig.bare, true);
    rig.send(4);
    rig.bare.settle();
    assert_eq!(rig.interrupts().len(), 0);
    rig.send(1);
    rig.settle(5);
    assert_eq!(rig.interrupts().len(), 1);
    rig.send(10);
    rig.settle(10);
    assert_eq!(rig.interrupts().len(), 0, "disarmed");
    // Counted from the consumer index that comes with the ARM.
    rig.lane.tell(&mut rig.bare, true);
    rig.send(4);
    rig.bare.settle();
    assert_eq!(rig.interrupts().len(), 0);
    rig.send(1);
    rig.settle(5);
    assert_eq!(rig.interrupts().len(), 1);
}

#[test]
fn an_arm_waits_no_longer_than_time() {
    for time in [20, 100, 500] {
        let mut rig = Rig::new(setup().moderate(100, time));
        rig.lane.tell(&mut rig.bare, true);
        rig.bare.settle();
        rig.bare.take_log();
        rig.send(1);
        rig.bare.run(200);
        rig.send(3);
        rig.bare.run(u64::from(16 * time) + 3_000);
        rig.settle(4);
        let interrupts = rig.bare.take_log();
        let of = |is: &dyn Fn(&Seen) -> bool| interrupts.iter().find(|seen| is(seen)).unwrap().clock;
        let records = rig.lane.records.clone();
        let first = of(&|seen| seen.is_write() && records.holds(seen.hdr.address()));
        let waited = of(&|seen| seen.is_interrupt()) - first;
        println!("TIME {time}: {waited} clocks");
        let due = u64::from(16 * time);
        assert!((due.saturating_sub(64)..due + 64).contains(&waited), "{waited} clocks, {due} were due");
        assert_eq!(rig.interrupts().len(), 1);
    }
}

#[test]
fn who_only_polls_gets_no_interrupt() {
    let mut bare = Bare::new("sim:jitter=200ns");
    let shape = Shape { seed: 8, packets: 60, longest: 4_000, piece: 900, irq: 0 };
    let setup = |direction, queue| Setup::new(direction, queue, Feed::Ring).moderate(1, 1);
    let setups: Vec<_> = (0..4).map(|queue| (setup(H2c, queue), setup(C2h, queue))).collect();
    let mut jobs = jobs(&mut bare, &setups, shape);
    bare.take_log();
    run(&mut bare, &mut jobs);
    assert!(bare.interrupts.is_empty() && !bare.take_log().iter().any(Seen::is_interrupt));
}

#[test]
fn a_flag_asks_for_an_interrupt_where_it_gets_a_record() {
    use ferrolane_abi::descriptor::IRQ;
    for policy in 0..4 {
        let mut rig = Rig::new(setup().policy(policy).gather(16, 0xFFFF));
        let (plain, asking) = (rig.packet(0), rig.packet(IRQ));
        for _ in 0..4 {
            rig.lane.waiting.extend([plain, plain, asking]);
            rig.lane.feed(&mut rig.bare);
            rig.bare.settle();
            // Without a record there is nothing that it could follow.
            assert_eq!(rig.interrupts().len(), usize::from(policy != 3), "policy {policy}");
        }
        let records = [12, 12, 4, 0][policy as usize];
        rig.settle(records);
        // The one that asks takes those before it along at once.
        let writes = rig.record_writes();
        let last = writes.iter().map(|seen| seen.hdr.length() / 4).sum::<usize>();
        assert_eq!((last as u32, BYTES), (records, 16));
        assert_eq!(rig.back.get(&mut rig.bare, &ferrolane_abi::regs::queue::FINISHED), 12);
    }
}
