//! List mode: chains of segments, their ends, and what is wrong with bad ones.

use ferrolane_abi::descriptor::{Descriptor, BYTES, END, EOP, LINK, SOP};
use ferrolane_abi::map::Direction::{C2h, H2c};
use ferrolane_abi::regs::{global, queue as regs};
use ferrolane_abi::status;

use crate::bare::{Bare, Region};
use crate::feed::Feed;
use crate::job::{jobs, run, Shape};
use crate::lane::{Lane, Setup};

#[test]
fn more_than_a_thousand_fragments_in_one_list() {
    for preset in ["sim", "sim:mrrs=128,jitter=1us,reorder=50,split=random"] {
        let mut bare = Bare::new(preset);
        let shape = Shape { seed: 3, packets: 120, longest: 3_000, piece: 200, irq: 0 };
        let setup = |direction| Setup::new(direction, 2, Feed::List).gather(16, 100);
        let mut jobs = jobs(&mut bare, &[(setup(H2c), setup(C2h))], shape);
        for job in &mut jobs {
            assert!(job.work.parts.len() > 1_000, "{} fragments", job.work.parts.len());
            // All of them in one list, whatever feed() would make of them.
            let all: Vec<Descriptor> = job.lane.waiting.drain(..).collect();
            job.lane.fed = all.len() as u32;
            let cut = all.len().div_ceil(9);
            let (first, len) = job.lane.write_list(all.chunks(cut).map(<[_]>::to_vec).collect());
            job.lane.go_list(&mut bare, first, len);
        }
        run(&mut bare, &mut jobs);
        assert_eq!(bare.take_errors(), 0);
    }
}

/// An H2C queue in list mode, and data of a page.
struct Rig {
    bare: Bare,
    lane: Lane,
    data: Region,
}

impl Rig {
    fn new() -> Self {
        let mut bare = Bare::new("sim");
        let lane = Lane::new(&mut bare, Setup::new(H2c, 1, Feed::List));
        let data = bare.region(4096);
        Rig { bare, lane, data }
    }

    fn entry(&self, flags: u8) -> Descriptor {
        Descriptor { host_addr: self.data.iova, len: 16, flags: flags | SOP | EOP, card: 0 }
    }

    fn link(&self, place: usize, len: u32) -> Descriptor {
        Descriptor { host_addr: self.at(place), len, flags: LINK, card: 0 }
    }

    /// Address of an entry's place.
    fn at(&self, place: usize) -> u64 {
        self.lane.ring.iova + (place * BYTES) as u64
    }

    fn store(&self, place: usize, entries: &[Descriptor]) {
        for (i, entry) in entries.iter().enumerate() {
            self.lane.ring.memory.write((place + i) * BYTES, &entry.to_bytes());
        }
    }

    /// Starts a list of `len` entries at `place`; after `good` ends the queue must halt with `code`.
    fn halts(mut self, address: u64, len: u32, good: u32, code: u8) {
        self.lane.go_list(&mut self.bare, address, len);
        for index in 0..good {
            let record = self.lane.wait(&mut self.bare, 20_000);
            assert_eq!((record.index, record.bytes, record.status), (index, 16, 0));
        }
        let record = self.lane.wait(&mut self.bare, 20_000);
        assert_eq!((record.index, record.bytes, record.status), (good, 0, code));
        let halted = self.lane.get(&mut self.bare, &regs::STATUS);
        assert_eq!(regs::STATUS.field("ERROR").unwrap().get(halted), 1);
        assert_eq!(regs::STATUS.field("CODE").unwrap().get(halted), u32::from(code));
        assert_eq!(self.bare.take_errors(), global::ERROR.field("QUEUE_ERROR").unwrap().mask());
        assert!(self.bare.interrupts.iter().any(|(_, vector)| *vector == 0), "vector 0 tells errors");
        self.bare.run(5_000);
        assert!(self.lane.take().is_none(), "a halted queue goes on");
        // A stop and a start bring it back.
        self.lane.stop(&mut self.bare);
        self.lane.start(&mut self.bare);
        self.store(0, &[self.entry(0)]);
        let first = self.at(0);
        self.lane.go_list(&mut self.bare, first, 1);
        assert_eq!(self.lane.wait(&mut self.bare, 20_000).status, 0);
        assert_eq!(self.bare.take_errors(), 0);
    }
}

#[test]
fn a_link_without_data_before_it_halts_the_queue() {
    // As the first entry of a list.
    let rig = Rig::new();
    rig.store(0, &[rig.link(10, 2)]);
    let at = rig.at(0);
    rig.halts(at, 1, 0, status::LINK_LOOP);
    // A segment that is its own LINK.
    let rig = Rig::new();
    rig.store(0, &[rig.entry(0), rig.entry(0), rig.link(300, 1)]);
    rig.store(300, &[rig.link(300, 1)]);
    let at = rig.at(0);
    rig.halts(at, 3, 2, status::LINK_LOOP);
}

#[test]
fn bad_segments_halt_the_queue() {
    // A LINK that is not the last entry.
    let rig = Rig::new();
    rig.store(0, &[rig.entry(0), rig.link(10, 2), rig.entry(0)]);
    let at = rig.at(0);
    rig.halts(at, 3, 1, status::BAD_SEGMENT);
    // A segment of no entries.
    let rig = Rig::new();
    rig.store(0, &[rig.entry(0), rig.link(10, 0)]);
    let at = rig.at(0);
    rig.halts(at, 2, 1, status::BAD_SEGMENT);
    // A segment at an odd address.
    let rig = Rig::new();
    let odd = Descriptor { host_addr: rig.at(10) + 8, ..rig.link(10, 1) };
    rig.store(0, &[rig.entry(0), rig.entry(0), odd]);
    let at = rig.at(0);
    rig.halts(at, 3, 2, status::BAD_SEGMENT);
    // The same for a list's first segment.
    let rig = Rig::new();
    rig.store(0, &[rig.entry(0)]);
    let at = rig.at(0);
    rig.halts(at, 0, 0, status::BAD_SEGMENT);
    let rig = Rig::new();
    let at = rig.at(0) + 4;
    rig.halts(at, 1, 0, status::BAD_SEGMENT);
}

#[test]
fn links_and_ends_are_refused_in_other_modes() {
    for feed in [Feed::Ring, Feed::Push, Feed::Direct] {
        for flag in [LINK, END] {
            let mut bare = Bare::new("sim");
            let mut lane = Lane::new(&mut bare, Setup::new(C2h, 0, feed));
            let data = bare.region(4096);
            lane.waiting.push_back(Descriptor { host_addr: data.iova, len: 16, flags: flag, card: 0 });
            lane.feed(&mut bare);
            let record = lane.wait(&mut bare, 20_000);
            assert_eq!((record.bytes, record.status), (0, status::BAD_FLAGS), "{feed:?} {flag:#x}");
        }
    }
}

#[test]
fn a_list_before_the_last_one_is_fetched_is_an_invalid_doorbell() {
    let Rig { mut bare, mut lane, data } = Rig::new();
    let entry = Descriptor { host_addr: data.iova, len: 16, flags: SOP | EOP, card: 0 };
    for place in 0..200 {
        lane.ring.memory.write(place * BYTES, &entry.to_bytes());
    }
    let first = lane.ring.iova;
    lane.go_list(&mut bare, first, 200);
    lane.set(&mut bare, &regs::FEED_GO, 0);
    assert_eq!(bare.global(&global::CNT_INVALID_DOORBELL), 1);
    assert_eq!(bare.take_errors(), global::ERROR.field("INVALID_DOORBELL").unwrap().mask());
    // The list goes on as if nothing had been; the loopback takes what fits into its memory.
    let back = Lane::new(&mut bare, Setup::new(C2h, 1, Feed::Ring).policy(3));
    let mut back = back;
    for index in 0..200 {
        let record = loop {
            back.waiting.push_back(Descriptor { host_addr: data.iova + 1024, len: 64, flags: 0, card: 0 });
            back.feed(&mut bare);
            back.ended = back.get(&mut bare, &regs::FINISHED);
            lane.feed(&mut bare);
            if let Some(record) = lane.take() {
                break record;
            }
        };
        assert_eq!((record.index, record.status, record.bytes), (index, 0, 16));
    }
    // Now the next list is taken.
    lane.tell(&mut bare, false);
    lane.go_list(&mut bare, first, 1);
    assert_eq!(lane.wait(&mut bare, 20_000).index, 200);
    assert_eq!(bare.take_errors(), 0);
}
