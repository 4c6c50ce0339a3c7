//! Row 19: descriptors that make no sense.

use ferrolane_abi::descriptor::{Descriptor, BYTES, END, EXT, FIXED, LINK};
use ferrolane_abi::map::Direction::{C2h, H2c};
use ferrolane_abi::regs::queue as regs;
use ferrolane_abi::status;

use crate::bare::Bare;
use crate::bed::{error, Bed, VICTIM};
use crate::feed::Feed;
use crate::lane::{Lane, Setup};

/// The victim's packet `index` is changed by `change`, and the queue ends there with `code`.
fn refused(index: usize, code: u8, change: impl Fn(&mut Descriptor)) {
    let mut bed = Bed::new("sim", index as u64);
    change(&mut bed.victim.h2c.waiting[index]);
    bed.halts(code, index, 0);
    bed.recovers();
}

#[test]
fn f19_a_bad_length_or_flag_is_refused_where_it_stands() {
    refused(0, status::BAD_LENGTH, |descriptor| descriptor.len = 0);
    refused(7, status::BAD_LENGTH, |descriptor| descriptor.len = 0);
    for flag in [LINK, END, FIXED, EXT] {
        refused(4, status::BAD_FLAGS, |descriptor| descriptor.flags |= flag);
    }
}

#[test]
fn f19_a_descriptor_of_all_ones_is_refused() {
    refused(3, status::BAD_FLAGS, |descriptor| {
        *descriptor = Descriptor { host_addr: u64::MAX, len: 0xFF_FFFF, flags: 0xFF, card: u32::MAX };
    });
}

/// What a list of these entries comes to.
fn list(entries: impl Fn(u64) -> Vec<Descriptor>, len: u32) -> u8 {
    let mut bare = Bare::new("sim");
    let mut lane = Lane::new(&mut bare, Setup::new(H2c, VICTIM, Feed::List));
    let at = lane.ring.iova;
    for (i, entry) in entries(at).iter().enumerate() {
        lane.ring.memory.write(i * BYTES, &entry.to_bytes());
    }
    lane.go_list(&mut bare, at, len);
    let record = lane.wait(&mut bare, 10_000);
    assert_eq!((record.index, record.bytes), (0, 0));
    bare.run(5_000);
    assert!(lane.take().is_none(), "a list that is wrong ends once");
    assert_eq!(bare.take_errors(), error("QUEUE_ERROR"));
    lane.stop(&mut bare);
    record.status
}

#[test]
fn f19_lists_that_lead_nowhere_end_at_once() {
    let link = |host_addr, len| Descriptor { host_addr, len, flags: LINK, card: 0 };
    let to_itself = list(|at| vec![link(at, 1)], 1);
    assert_eq!(to_itself, status::LINK_LOOP);
    let in_the_middle = list(|at| vec![link(at + 64, 1), link(at, 2)], 2);
    assert!([status::LINK_LOOP, status::BAD_SEGMENT].contains(&in_the_middle), "{in_the_middle:#x}");
    let empty = list(|_| Vec::new(), 0);
    assert_eq!(empty, status::BAD_SEGMENT);
}

#[test]
fn f19_a_bad_buffer_for_data_from_the_card_is_refused() {
    let mut bare = Bare::new("sim");
    let mut lane = Lane::new(&mut bare, Setup::new(C2h, VICTIM, Feed::Ring));
    lane.waiting.push_back(Descriptor { host_addr: 0, len: 0, flags: 0, card: 0 });
    lane.feed(&mut bare);
    let record = lane.wait(&mut bare, 10_000);
    assert_eq!((record.bytes, record.status), (0, status::BAD_LENGTH));
    assert_eq!(lane.get(&mut bare, &regs::STATUS) >> 8 & 0xFF, u32::from(status::BAD_LENGTH));
    assert_eq!(bare.take_errors(), error("QUEUE_ERROR"));
    lane.stop(&mut bare);
}
