//! Ring mode: FENCE.

use ferrolane_abi::descriptor::FENCE;
use ferrolane_abi::map::Direction::{C2h, H2c};

use crate::bare::Bare;
use crate::feed::Feed;
use crate::job::{jobs, run, Shape};
use crate::lane::Setup;

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
