//! Direct mode: one descriptor in registers at a time.

use ferrolane_abi::descriptor::{Descriptor, EOP, IRQ, SOP};
use ferrolane_abi::map::Direction::{C2h, H2c};
use ferrolane_abi::regs::{global, queue as regs};
use ferrolane_sim::rng::Rng;

use crate::bare::{Bare, Region};
use crate::feed::Feed;
use crate::lane::{Lane, Setup};

const FRAGMENTS: u32 = 40;
const LEN: u32 = 700;

struct Rig {
    bare: Bare,
    h2c: Lane,
    c2h: Lane,
    out: Region,
    back: Region,
    rng: Rng,
}

impl Rig {
    fn new(preset: &str, policy: u32) -> Self {
        let mut bare = Bare::new(preset);
        let setup = |direction| Setup::new(direction, 0, Feed::Direct).policy(policy);
        let (h2c, c2h) = (Lane::new(&mut bare, setup(H2c)), Lane::new(&mut bare, setup(C2h)));
        let (out, back) = (bare.region(8192), bare.region(8192));
        Rig { bare, h2c, c2h, out, back, rng: Rng::new(1, "direct") }
    }

    /// Sends a fragment of random bytes and takes it back; gives them and where they go.
    fn exchange(&mut self, flags: u8, meta: u32) -> (Vec<u8>, usize) {
        let offset = self.rng.below(4096) as usize;
        let data: Vec<u8> = (0..LEN).map(|_| self.rng.next() as u8).collect();
        self.out.memory.write(offset, &data);
        let host_addr = self.back.iova + offset as u64;
        self.c2h.go(&mut self.bare, Descriptor { host_addr, len: 4096, flags, card: 0 });
        let host_addr = self.out.iova + offset as u64;
        self.h2c.go(&mut self.bare, Descriptor { host_addr, len: LEN, flags: flags | SOP | EOP, card: meta });
        (data, offset)
    }
}

#[test]
fn an_interrupt_for_each_fragment_finds_record_and_data_in_place() {
    for preset in ["sim", "sim:throttle=60%,jitter=500ns"] {
        let mut rig = Rig::new(preset, 0);
        for index in 0..FRAGMENTS {
            let (data, offset) = rig.exchange(IRQ, index);
            // Both directions share vector 1.
            for count in 1..=2 {
                let end = rig.bare.now() + 50_000;
                while rig.bare.interrupts.len() < count {
                    assert!(rig.bare.now() < end, "fragment {index}: interrupt {count} is missing");
                    rig.bare.clock();
                }
            }
            let sent = rig.h2c.take().expect("the interrupt says so");
            let got = rig.c2h.take().expect("the interrupt says so");
            assert_eq!((sent.index, sent.bytes, sent.status), (index, LEN, 0));
            assert_eq!((got.index, got.bytes, got.status, got.meta), (index, LEN, 0, index));
            assert!(rig.back.bytes(offset, LEN as usize) == data, "fragment {index}");
            assert!(rig.bare.interrupts.drain(..).all(|(_, vector)| vector == 1));
            rig.h2c.tell(&mut rig.bare, false);
            rig.c2h.tell(&mut rig.bare, false);
        }
        rig.bare.settle();
        assert_eq!(rig.bare.interrupts.len(), 0, "one interrupt each, no more");
        assert_eq!(rig.bare.take_errors(), 0);
    }
}

#[test]
fn without_records_the_registers_tell() {
    let mut rig = Rig::new("sim", 3);
    for index in 0..FRAGMENTS {
        let (data, offset) = rig.exchange(0, 0x1000 + index);
        let end = rig.bare.now() + 50_000;
        while rig.c2h.get(&mut rig.bare, &regs::FINISHED) == index {
            assert!(rig.bare.now() < end, "fragment {index} does not end");
        }
        // The answer proves that the data has arrived.
        assert!(rig.back.bytes(offset, LEN as usize) == data, "fragment {index}");
        assert_eq!(rig.c2h.get(&mut rig.bare, &regs::RESULT_BYTES), LEN);
        assert_eq!(rig.c2h.get(&mut rig.bare, &regs::RESULT_META), 0x1000 + index);
        assert_eq!(rig.h2c.get(&mut rig.bare, &regs::FINISHED), index + 1);
        assert_eq!(rig.h2c.get(&mut rig.bare, &regs::RESULT_BYTES), LEN);
    }
    assert_eq!(rig.c2h.get(&mut rig.bare, &regs::COMPLETED), 0);
    assert!(rig.c2h.take().is_none() && rig.h2c.take().is_none(), "a record was written");
    assert_eq!(rig.bare.interrupts.len(), 0);
    assert_eq!(rig.bare.take_errors(), 0);
}

#[test]
fn a_full_store_refuses() {
    let mut bare = Bare::new("sim");
    let mut lane = Lane::new(&mut bare, Setup::new(C2h, 3, Feed::Direct));
    let data = bare.region(4096);
    let room = 1 << (bare.global(&global::PARAM_MEMORY) >> 16 & 0xFF);
    // Nothing comes for them, so they stay; one or two more may have been taken out of the store.
    for _ in 0..room + 8 {
        lane.go(&mut bare, Descriptor { host_addr: data.iova, len: 64, flags: 0, card: 0 });
    }
    let head = lane.get(&mut bare, &regs::HEAD);
    let refused = bare.global(&global::CNT_INVALID_DOORBELL);
    assert!((room..room + 8).contains(&head), "{head} were taken");
    assert_eq!(head + refused, room + 8);
}
