//! Ring mode: FENCE, and a ring that is written once.

use ferrolane_abi::descriptor::{self, Descriptor, EOP, FENCE, SOP};
use ferrolane_abi::map::Direction::{C2h, H2c};
use ferrolane_sim::rng::Rng;

use crate::bare::Bare;
use crate::feed::Feed;
use crate::job::{jobs, run, Shape};
use crate::lane::{Lane, Setup};

#[test]
fn a_fence_waits_for_all_before_it() {
    for (seed, feed) in [(1, Feed::Ring), (2, Feed::Push), (3, Feed::List)] {
        let mut bare = Bare::new(&format!("sim:jitter=2us,reorder=80%,split=random,seed={seed}"));
        let shape = Shape { seed, packets: 25, longest: 5_000, piece: 1_500, irq: 0 };
        let setups = (Setup::new(H2c, 0, feed), Setup::new(C2h, 0, Feed::Ring));
        let mut jobs = jobs(&mut bare, &[setups], shape);
        for job in &mut jobs {
            for (i, part) in job.work.parts.iter_mut().enumerate() {
                part.descriptor.flags |= if i % 5 == 4 { FENCE } else { 0 };
            }
            job.lane.waiting = job.work.parts.iter().map(|part| part.descriptor).collect();
        }
        bare.take_log();
        run(&mut bare, &mut jobs);
        let work = &jobs[1].work;
        // By part: reads that are asked and not answered, in bytes.
        let mut open = vec![0u64; work.parts.len()];
        let mut asked = vec![0u64; work.parts.len()];
        let mut tags = vec![None; 1024];
        let (mut fences, mut overlaps) = (0, 0);
        for seen in bare.take_log() {
            if seen.is_read() && work.region.holds(seen.hdr.address()) {
                let span = seen.hdr.byte_span();
                let at = (span.start - work.region.iova) as usize;
                let of = work.parts.iter().rposition(|part| part.offset <= at).unwrap();
                let first = asked[of] == 0;
                asked[of] += span.end - span.start;
                open[of] += span.end - span.start;
                tags[usize::from(seen.hdr.tag())] = Some(of);
                if first && work.parts[of].descriptor.flags & FENCE != 0 {
                    let before = (0..of).all(|i| open[i] == 0 && asked[i] == u64::from(work.parts[i].bytes));
                    assert!(before, "{feed:?}: fragment {of} did not wait");
                    fences += 1;
                } else if first && open[..of].iter().any(|open| *open > 0) {
                    overlaps += 1;
                }
            } else if seen.is_answer() {
                let Some(of) = tags[usize::from(seen.hdr.tag())] else { continue };
                let carried = 4 * seen.hdr.payload_dws() as u64 - u64::from(seen.hdr.lower_address() & 3);
                let bytes = carried.min(seen.hdr.byte_count().into());
                open[of] -= bytes;
                if u64::from(seen.hdr.byte_count()) <= carried {
                    tags[usize::from(seen.hdr.tag())] = None;
                }
            }
        }
        assert_eq!(fences, work.parts.len() / 5);
        assert!(overlaps > fences, "only fences wait");
    }
}

/// Cyclic capture: the descriptors stay as they are, the producer index goes on with each buffer that was emptied.
#[test]
fn a_ring_that_is_written_once_captures_lap_after_lap() {
    const BUFFERS: u32 = 16;
    const BYTES: u32 = 512;
    const LAPS: u32 = 6;
    let mut bare = Bare::new("sim:jitter=400ns,split=random");
    let mut setup = Setup::new(C2h, 0, Feed::Ring);
    setup.log2 = BUFFERS.trailing_zeros();
    let mut capture = Lane::new(&mut bare, setup);
    let mut source = Lane::new(&mut bare, Setup::new(H2c, 0, Feed::Ring));
    let packets = LAPS * BUFFERS;
    let out = bare.region((packets * BYTES) as usize);
    let data: Vec<u8> = (0..packets * BYTES).map(|i| (i * 11 + (i >> 9) * 3) as u8).collect();
    out.memory.write(0, &data);
    source.waiting.extend((0..packets).map(|i| Descriptor {
        host_addr: out.iova + u64::from(i * BYTES),
        len: BYTES,
        flags: SOP | EOP,
        card: i,
    }));
    let back = bare.region((BUFFERS * BYTES) as usize);
    for i in 0..BUFFERS {
        let host_addr = back.iova + u64::from(i * BYTES);
        let buffer = Descriptor { host_addr, len: BYTES, flags: 0, card: 0 };
        capture.ring.memory.write(i as usize * descriptor::BYTES, &buffer.to_bytes());
    }
    let once = capture.ring.bytes(0, BUFFERS as usize * descriptor::BYTES);
    capture.fed = BUFFERS;
    capture.ring_doorbell(&mut bare);
    let mut rng = Rng::new(1, "pauses");
    for i in 0..packets {
        source.feed(&mut bare);
        while source.take().is_some() {}
        let record = capture.wait(&mut bare, 50_000);
        assert_eq!((record.index, record.bytes, record.status), (i, BYTES, 0));
        assert_eq!(record.meta, i, "metadata of packet {i}");
        let (at, len) = ((i % BUFFERS * BYTES) as usize, BYTES as usize);
        assert!(back.bytes(at, len) == data[(i * BYTES) as usize..][..len], "packet {i}");
        // The buffer is empty again: blank, so that the next lap shows.
        back.memory.write(at, &vec![0; len]);
        // Sometimes the card runs out of buffers.
        if rng.chance(20) {
            bare.run(rng.below(3_000));
        }
        capture.fed += 1;
        capture.tell(&mut bare, false);
        capture.ring_doorbell(&mut bare);
    }
    assert!(capture.ring.bytes(0, once.len()) == once, "the ring was written");
    assert_eq!(bare.take_errors(), 0);
}
