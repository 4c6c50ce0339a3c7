//! Push mode: the window of 32 descriptors.

use ferrolane_abi::descriptor::{Descriptor, EOP, SOP};
use ferrolane_abi::map::Direction::{C2h, H2c};
use ferrolane_abi::map::PUSH_SLOTS;
use ferrolane_abi::regs::{global, queue as regs};

use crate::bare::Bare;
use crate::feed::Feed;
use crate::job::{jobs, run, Shape};
use crate::lane::{Lane, Setup};

#[test]
fn many_rounds_of_the_window() {
    for preset in ["sim", "sim:jitter=1us,reorder=50,split=random,throttle=30%"] {
        let mut bare = Bare::new(preset);
        let shape = Shape { seed: 5, packets: 100, longest: 3_000, piece: 300, irq: 0 };
        let setup = |direction| Setup::new(direction, 3, Feed::Push);
        let mut jobs = jobs(&mut bare, &[(setup(H2c), setup(C2h))], shape);
        for job in &jobs {
            assert!(job.work.parts.len() as u32 > 16 * PUSH_SLOTS);
        }
        run(&mut bare, &mut jobs);
        assert_eq!(bare.take_errors(), 0);
    }
}

/// What to push: `count` packets of 32 bytes.
fn packets(bare: &mut Bare, count: u64) -> Vec<Descriptor> {
    let data = bare.region(32 * count as usize);
    let packet = |i| Descriptor { host_addr: data.iova + 32 * i, len: 32, flags: SOP | EOP, card: 0 };
    (0..count).map(packet).collect()
}

#[test]
fn a_producer_index_beyond_the_window_is_refused() {
    let mut bare = Bare::new("sim");
    let mut lane = Lane::new(&mut bare, Setup::new(H2c, 0, Feed::Push));
    for (index, packet) in packets(&mut bare, PUSH_SLOTS.into()).into_iter().enumerate() {
        lane.push(&mut bare, index as u32, packet);
    }
    lane.fed = PUSH_SLOTS + 1;
    lane.ring_doorbell(&mut bare);
    assert_eq!(lane.get(&mut bare, &regs::PRODUCER), 0);
    assert_eq!(bare.global(&global::CNT_INVALID_DOORBELL), 1);
    lane.fed = PUSH_SLOTS;
    lane.ring_doorbell(&mut bare);
    for index in 0..PUSH_SLOTS {
        let record = lane.wait(&mut bare, 20_000);
        assert_eq!((record.index, record.bytes, record.status), (index, 32, 0));
    }
    assert_eq!(bare.global(&global::CNT_INVALID_DOORBELL), 1);
}

#[test]
fn a_window_written_in_one_burst() {
    let mut bare = Bare::new("sim");
    let mut lane = Lane::new(&mut bare, Setup::new(H2c, 0, Feed::Push));
    let words: Vec<u32> = packets(&mut bare, 4)
        .iter()
        .flat_map(|packet| packet.to_bytes())
        .collect::<Vec<u8>>()
        .chunks_exact(4)
        .map(|b| u32::from_le_bytes([b[0], b[1], b[2], b[3]]))
        .collect();
    // As a write-combining buffer of 64 bytes goes out.
    bare.write_all(ferrolane_abi::map::queue_push(H2c, 0), &words);
    lane.fed = 4;
    lane.ring_doorbell(&mut bare);
    for index in 0..4 {
        let record = lane.wait(&mut bare, 20_000);
        assert_eq!((record.index, record.bytes, record.status), (index, 32, 0));
    }
}

#[test]
fn a_window_of_a_queue_in_another_mode_takes_nothing() {
    let mut bare = Bare::new("sim");
    let lane = Lane::new(&mut bare, Setup::new(C2h, 2, Feed::Ring));
    let before = bare.global(&global::CNT_UNMAPPED_WRITE);
    bare.write_all(ferrolane_abi::map::queue_push(C2h, 2), &[1, 2, 3, 4]);
    assert_eq!(bare.global(&global::CNT_UNMAPPED_WRITE) - before, 4);
    assert_eq!(lane.get(&mut bare, &regs::HEAD), 0);
}
