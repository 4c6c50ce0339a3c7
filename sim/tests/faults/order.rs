//! Rows 9 and 10: legal completions in all cuts and orders.

use std::collections::BTreeSet;

use crate::bed::Bed;

/// The traffic behind presets; for each completion whether it is its read's last, with the address behind it and its tag.
fn completions(presets: &[String]) -> Vec<(u64, u16, bool)> {
    let mut seen = Vec::new();
    for (seed, preset) in presets.iter().enumerate() {
        let mut bed = Bed::new(preset, seed as u64);
        bed.all_end_well();
        let mut ends = vec![0; 1024];
        for tlp in bed.take_log() {
            let tag = usize::from(tlp.hdr.tag());
            if tlp.is_read() {
                ends[tag] = tlp.hdr.byte_span().end;
            } else if tlp.is_answer() {
                let begin = ends[tag] - u64::from(tlp.hdr.byte_count());
                let end = (begin & !3) + 4 * tlp.hdr.payload_dws() as u64;
                seen.push((end, tlp.hdr.tag(), end >= ends[tag]));
            }
        }
        assert_eq!(bed.bare.take_errors(), 0, "{preset}");
    }
    seen
}

#[test]
fn f09_completions_may_be_cut_at_every_boundary() {
    for rcb in [64, 128] {
        let presets: Vec<String> = ["rcb", "random", "random", "max"]
            .iter()
            .enumerate()
            .map(|(seed, split)| format!("sim:rcb={rcb},split={split},mps=512,mrrs=4096,seed={seed}"))
            .collect();
        let cuts: BTreeSet<u64> =
            completions(&presets).iter().filter(|seen| !seen.2).map(|seen| seen.0 % 4096).collect();
        // Every multiple of RCB within a page was a cut, and nothing else was. No read crosses a multiple of 2 KiB: a
        // quarter of a queue's share of the FIFO.
        let expected = (0..4096).step_by(rcb as usize).filter(|at| at % 2048 != 0);
        assert_eq!(cuts, expected.collect());
    }
}

#[test]
fn f10_completions_of_different_tags_may_interleave_in_any_order() {
    let presets: Vec<String> =
        (1..=3).map(|seed| format!("sim:reorder=90%,jitter=2us,split=random,seed={seed}")).collect();
    let seen = completions(&presets);
    // Completions of another read stood between two of one.
    let interleaved = seen.windows(2).filter(|pair| !pair[0].2 && pair[0].1 != pair[1].1).count();
    assert!(interleaved > 100, "{interleaved} of {}", seen.len());
}
