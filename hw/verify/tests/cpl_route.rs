//! `tlp::CplRoute`: every header field, the header log, at one beat per clock.

use ferrolane_hw_verify::dut;
use rand::{rngs::StdRng, Rng, SeedableRng};

const REQUESTER: u32 = 0x0300;

#[derive(Clone, Debug)]
struct Header {
    fmt_type: u32,
    length: u32,
    ep: bool,
    tag: u32,
    status: u32,
    byte_count: u32,
    lower: u32,
    requester: u32,
}

impl Header {
    fn random(rng: &mut StdRng) -> Self {
        Header {
            fmt_type: *[0x0A, 0x4A, 0x4A, 0x4A, 0x4B, 0x00, 0x40]
                .get(rng.random_range(0..7))
                .expect("in range"),
            length: if rng.random_bool(0.1) { 0 } else { rng.random_range(0..1024) },
            ep: rng.random(),
            tag: if rng.random() { rng.random_range(0..32) } else { rng.random_range(0..1024) },
            status: rng.random_range(0..8),
            byte_count: if rng.random_bool(0.1) { 0 } else { rng.random_range(0..4096) },
            lower: rng.random_range(0..128),
            requester: if rng.random_bool(0.8) { REQUESTER } else { rng.random_range(0..65536) },
        }
    }

    /// Reserved bits carry anything.
    fn dws(&self, rng: &mut StdRng) -> [u32; 4] {
        let junk = rng.random::<u32>() & 0x0077_BC00;
        [
            self.fmt_type << 24
                | (self.tag >> 9 & 1) << 23
                | (self.tag >> 8 & 1) << 19
                | (self.ep as u32) << 14
                | self.length
                | junk,
            rng.random::<u32>() << 16 | self.status << 13 | (rng.random::<u32>() & 1) << 12 | self.byte_count,
            self.requester << 16 | (self.tag & 0xFF) << 8 | (rng.random::<u32>() & 1) << 7 | self.lower,
            rng.random(),
        ]
    }
}

#[test]
fn fields_and_beats_come_one_clock_later() {
    for seed in 0..12 {
        let mut rng = StdRng::seed_from_u64(seed);
        let (w, full, mut d) = match seed % 4 {
            0 => (64, true, dut!(cpl_route64, seed)),
            1 => (128, true, dut!(cpl_route, seed)),
            2 => (128, false, dut!(cpl_route_core, seed)),
            _ => (256, true, dut!(cpl_route256, seed)),
        };
        d.pulse("rst", 1);
        d.set("cfg_requester_id", REQUESTER);
        let gap = rng.random_range(0.0..0.5);
        let mut left = 0;
        let mut dws = [0; 4];
        let mut logged = [0; 2];
        let mut header = Header::random(&mut rng);
        // What was put in the clock before: first, last, data, keep, error.
        let mut before: Option<(bool, bool, Vec<u32>, u64, bool)> = None;
        let (mut tlps, mut counted, mut lapses) = (0, 0, 0);
        // A read that was given up: wanted, and taken in the clock before.
        let (mut lapse, mut lapsed) = (None, None);
        for _ in 0..6000 {
            let beat = (!rng.random_bool(gap)).then(|| {
                let first = left == 0;
                if first {
                    left = rng.random_range(1..6);
                }
                left -= 1;
                let data: Vec<u32> = (0..w / 32).map(|_| rng.random()).collect();
                (first, left == 0, data, rng.random_range(0..1 << (w / 32)), rng.random())
            });
            d.set("rx_cpl_valid", beat.is_some() as u64);
            let shown = header.clone();
            let shown_dws = dws;
            if let Some((first, last, data, keep, error)) = &beat {
                d.set("rx_cpl_first", *first as u64);
                d.set("rx_cpl_last", *last as u64);
                d.set_wide("rx_cpl_data", data);
                d.set("rx_cpl_keep", *keep);
                d.set("rx_cpl_error", *error as u64);
                if *first {
                    header = Header::random(&mut rng);
                    dws = header.dws(&mut rng);
                    d.set_wide("rx_cpl_hdr", &dws);
                } else {
                    // Counts with the first beat only.
                    d.set_wide("rx_cpl_hdr", &rng.random::<[u32; 4]>());
                }
            }
            if lapse.is_none() && rng.random_bool(0.05) {
                lapse = Some(rng.random_range(0..if w == 64 { 32 } else { 64u64 }));
            }
            d.set("lapse_valid", lapse.is_some() as u64);
            d.set("lapse_tag", lapse.unwrap_or_default());
            d.step();
            assert_eq!(d.get("rx_cpl_ready"), 1);
            assert_eq!(d.get("cpl_valid") == 1, before.is_some() || lapsed.is_some());
            assert_eq!(d.get("cpl_timeout") == 1, lapsed.is_some());
            if let Some(tag) = lapsed.take() {
                let told = ["cpl_first", "cpl_last", "cpl_error", "cpl_status", "cpl_has_data", "cpl_bad"];
                assert_eq!(told.map(|name| d.get(name)), [1, 1, 0, 7, 0, 0]);
                assert_eq!((d.get("cpl_tag"), d.get("cpl_len")), (tag, 0));
                let of_fetch = tag < if w == 256 { 16 } else { 8 };
                assert_eq!((d.get("to_fetch") == 1, d.get("to_land") == 1), (of_fetch, !of_fetch));
                lapses += 1;
            } else if before.is_none() {
                assert_eq!((d.get("to_fetch"), d.get("to_land")), (0, 0));
            }
            // Between two TLPs only, in a clock without a beat.
            assert_eq!(d.get("lapse_ready") == 1, beat.is_none() && left == 0);
            if beat.is_none() && left == 0 {
                lapsed = lapse.take();
            }
            counted += d.get("rx_cpl_count");
            let to = (d.get("to_fetch"), d.get("to_land"));
            if let Some((first, last, data, keep, error)) = &before {
                assert_eq!(to, if shown.tag < if w == 256 { 16 } else { 8 } { (1, 0) } else { (0, 1) });
                assert_eq!(d.get("cpl_first") == 1, *first);
                assert_eq!(d.get("cpl_last") == 1, *last);
                assert_eq!(d.get("cpl_error") == 1, *error);
                assert_eq!(d.get("cpl_keep"), *keep);
                assert_eq!(d.get_wide("cpl_data"), *data);
                let has_data = shown.fmt_type & 0x40 != 0;
                assert_eq!(d.get("cpl_tag"), shown.tag as u64);
                // 7 is kept for reads that were given up.
                assert_eq!(d.get("cpl_status"), if shown.status == 7 { 1 } else { shown.status as u64 });
                assert_eq!(d.get("cpl_low"), shown.lower as u64 & 3);
                assert_eq!(d.get("cpl_ep") == 1, shown.ep);
                assert_eq!(d.get("cpl_has_data") == 1, has_data);
                let count = if shown.byte_count == 0 { 4096 } else { shown.byte_count };
                assert_eq!(d.get("cpl_byte_count"), count as u64);
                let length = if shown.length == 0 { 1024 } else { shown.length };
                assert_eq!(d.get("cpl_len"), if has_data { length as u64 } else { 0 });
                let bad = !matches!(shown.fmt_type, 0x0A | 0x4A) || shown.requester != REQUESTER;
                assert_eq!(d.get("cpl_bad") == 1, bad);
                let failed = shown.status != 0 || shown.ep;
                let logs = *last && !error && (bad || failed);
                assert_eq!(d.get("bad_cpl_valid") == 1, logs && full);
                if logs && full {
                    assert_eq!(d.get("bad_cpl_cause"), if bad { 3 } else { 4 });
                    assert_eq!(d.get_wide("bad_cpl_hdr"), shown_dws);
                    logged[bad as usize] += 1;
                }
                tlps += *last as u64;
            } else {
                assert_eq!(d.get("bad_cpl_valid"), 0);
            }
            before = beat;
        }
        assert_eq!(counted, tlps);
        assert!(tlps > 500 && (lapses > 10 || gap < 0.05), "{tlps} TLPs, {lapses} reads given up");
        assert!(!full || logged.iter().all(|&n| n > 30), "{logged:?}");
        if !full {
            assert!(d.get("bad_cpl_cause") == 0 && !d.is_set("bad_cpl_hdr"));
        }
    }
}
