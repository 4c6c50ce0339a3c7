//! `tlp::OpenReads` against a model of the wire: which tags are open, when a read is given up, what a link that goes down closes.

use ferrolane_hw_verify::dut;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use verilated::Dut;

/// Clocks of the shortest completion timeout with encoding 1 (50 us), and of the longest (100 us).
fn range_of(khz: u64) -> (u64, u64) {
    (khz / 20, khz / 10)
}

#[derive(Clone, Copy, Default)]
struct Tag {
    /// Clock in which its read left.
    left: Option<u64>,
    lapsed: bool,
    /// The last completion is on its way through the block: either answer is right until then.
    unsure_until: u64,
}

struct Bench {
    d: Dut,
    tags: Vec<Tag>,
    /// Tag to look up, and tag of the beat, of the clock before.
    looked: usize,
    /// What was said of it will be no answer.
    waits: bool,
    beat: Option<usize>,
    lapses: Vec<usize>,
    /// A port that takes no completion that was made up.
    busy: f64,
    rng: StdRng,
    khz: u64,
}

impl Bench {
    fn new(number: u64, seed: u64) -> Self {
        let (d, tags, khz) = match number {
            0 => (dut!(open_reads, seed), 64, 100_000),
            1 => (dut!(open_reads32, seed), 32, 250_000),
            _ => (dut!(open_reads256, seed), 256, 250_000),
        };
        let rng = StdRng::seed_from_u64(seed);
        let tags = vec![Tag::default(); tags];
        let mut b =
            Bench { d, tags, looked: 0, waits: true, beat: None, lapses: vec![], busy: 0.5, rng, khz };
        b.d.pulse("rst", 1);
        b.d.set("cfg_link_up", 1u64);
        b.d.set("cfg_cpl_timeout", 1u64);
        b.d.set("cpl_first", 1u64);
        b.d.step();
        let mut clocks = 0;
        while b.d.is_set("tag_wait") || clocks < 2 {
            b.d.step();
            assert_eq!(b.d.get("lapse_valid"), 0, "what was in the memories before a reset counts");
            clocks += 1;
            assert!(clocks < 5 * b.tags.len() as u64, "the reset doesn't end");
        }
        b
    }

    fn open(&self) -> Vec<usize> {
        (0..self.tags.len()).filter(|&t| self.tags[t].left.is_some()).collect()
    }

    /// A clock: perhaps a read leaves with tag `read`, perhaps a beat comes for tag `cpl.0`, the last of its read if `cpl.1`.
    fn clock(&mut self, read: Option<usize>, cpl: Option<(usize, bool)>) {
        let rng = &mut self.rng;
        let taken = rng.random_bool(0.8);
        self.d.set("tx_rd_valid", read.is_some() as u64);
        self.d.set("tx_rd_ready", taken as u64);
        let tag = read.unwrap_or_default() as u32;
        self.d.set_wide("tx_rd_hdr", &[rng.random(), rng.random::<u32>() & !0xFF00 | tag << 8, 0, 0]);
        self.d.set("cpl_valid", cpl.is_some() as u64);
        let mut closes = None;
        if let Some((tag, last)) = cpl {
            // Lower Address counts for a first completion that ends the read.
            let (len, low) = (rng.random_range(1..=64u64), rng.random_range(0..4u64));
            let (mut status, mut data) = (0, 1u64);
            let bytes =
                if last { rng.random_range(1..=4 * len - low.min(4 * len - 1)) } else { 4 * len - low + 1 };
            if last && rng.random_bool(0.2) {
                (status, data) =
                    *[(1u64, 0u64), (4, 0), (2, 0), (0, 0)].get(rng.random_range(0..4)).expect("one");
            }
            // A beat in the middle, a TLP that is to be discarded, one of another kind, another's: nothing changes.
            let (mut end, mut error, mut bad, mut foreign) = (true, false, false, 0);
            if rng.random_bool(0.3) {
                match rng.random_range(0..5) {
                    0 => end = false,
                    1 => error = true,
                    2 => bad = true,
                    3 if self.tags.len() < 256 => foreign = self.tags.len(),
                    _ => (status, data) = (7, 0),
                }
            }
            let counts = end && !error && !bad && foreign == 0 && status != 7;
            closes = (counts && (last || status != 0 || data == 0)).then_some(tag);
            for (name, value) in [
                ("cpl_last", end as u64),
                ("cpl_error", error as u64),
                ("cpl_bad", bad as u64),
                ("cpl_tag", (tag + foreign) as u64),
                ("cpl_status", status),
                ("cpl_byte_count", bytes),
                ("cpl_len", if data == 1 { len } else { 0 }),
                ("cpl_low", low),
                ("cpl_has_data", data),
            ] {
                self.d.set(name, value);
            }
        }
        let look = rng.random_range(0..self.tags.len());
        self.d.set("tag_look", look as u64);
        let ready = cpl.is_none() && rng.random_bool(1.0 - self.busy);
        self.d.set("lapse_ready", ready as u64);
        self.d.step();
        let now = self.d.clocks();

        // What was asked for in the clock before.
        let told = self.tags[self.looked];
        if !self.waits && told.unsure_until < now {
            assert_eq!(self.d.is_set("tag_open"), told.left.is_some(), "tag {} looked up", self.looked);
        }
        self.waits = self.d.is_set("tag_wait");
        if let Some(tag) = self.beat {
            if self.tags[tag].unsure_until < now {
                assert_eq!(
                    self.d.is_set("cpl_open"),
                    self.tags[tag].left.is_some(),
                    "tag {tag} of a completion"
                );
            }
        }
        let fetch = self.d.get("fetch_open");
        for tag in (0..16).filter(|&t| self.tags[t].unsure_until < now) {
            assert_eq!(fetch >> tag & 1 == 1, self.tags[tag].left.is_some(), "tag {tag} of fetch");
        }
        if self.d.is_set("lapse_valid") && ready {
            let tag = self.d.get("lapse_tag") as usize;
            self.lapse(tag, now);
        }
        (self.looked, self.beat) = (look, cpl.map(|c| c.0));
        if let (Some(tag), true) = (read, taken) {
            assert!(self.tags[tag].left.is_none());
            self.tags[tag] = Tag { left: Some(now), lapsed: false, unsure_until: now + 3 };
        }
        if let Some(tag) = closes {
            self.tags[tag] = Tag { unsure_until: now + 4, ..Tag::default() };
        }
    }

    /// Looks a tag up until the answer counts.
    fn look_up(&mut self, tag: u64) {
        self.d.set("tag_look", tag);
        self.d.step();
        while self.d.is_set("tag_wait") {
            self.d.step();
        }
        self.d.step();
    }

    fn lapse(&mut self, tag: usize, now: u64) {
        let read = &mut self.tags[tag];
        if read.unsure_until >= now {
            return;
        }
        let left = read.left.unwrap_or_else(|| panic!("tag {tag} is closed and was given up"));
        assert!(!read.lapsed, "tag {tag} was given up twice");
        read.lapsed = true;
        self.lapses.push(tag);
        let (shortest, longest) = range_of(self.khz);
        assert!(
            (shortest..=longest).contains(&(now - left)),
            "tag {tag} was given up after {} clocks",
            now - left
        );
    }
}

#[test]
fn a_tag_is_open_from_its_read_to_its_last_completion() {
    for seed in 0..9 {
        let mut b = Bench::new(seed % 3, seed);
        let (reads, answers) = (b.rng.random_range(0.02..0.5), b.rng.random_range(0.02..0.5));
        for _ in 0..40_000 {
            let closed: Vec<usize> = (0..b.tags.len())
                .filter(|&t| b.tags[t].left.is_none() && b.tags[t].unsure_until < b.d.clocks())
                .collect();
            let open = b.open();
            let read = (!closed.is_empty() && b.rng.random_bool(reads))
                .then(|| closed[b.rng.random_range(0..closed.len())]);
            let tag = match open[..] {
                [] => None,
                _ if b.rng.random_bool(0.1) => Some(b.rng.random_range(0..b.tags.len())),
                _ => Some(open[b.rng.random_range(0..open.len())]),
            };
            // One that comes while its read leaves is nothing that a host does.
            let tag = tag.filter(|t| Some(*t) != read && b.tags[*t].unsure_until < b.d.clocks());
            let cpl = tag.filter(|_| b.rng.random_bool(answers)).map(|t| (t, b.rng.random_bool(0.5)));
            b.clock(read, cpl);
        }
    }
}

#[test]
fn a_completion_that_began_before_its_read_left_is_no_answer() {
    // Clocks from the completion's first beat to the read; its last beat is the fifth.
    for read in 0..8 {
        let mut b = Bench::new(0, 70 + read);
        let tag = 9u64;
        b.d.set_wide("tx_rd_hdr", &[0, (tag as u32) << 8, 0, 0]);
        b.d.set("tx_rd_ready", 1u64);
        for (name, value) in
            [("cpl_tag", tag), ("cpl_byte_count", 64), ("cpl_len", 20), ("cpl_has_data", 1u64)]
        {
            b.d.set(name, value);
        }
        for clock in 0..12 {
            b.d.set("tx_rd_valid", (clock == read) as u64);
            b.d.set("cpl_valid", (clock < 5) as u64);
            b.d.set("cpl_first", (clock == 0) as u64);
            b.d.set("cpl_last", (clock == 4) as u64);
            b.d.step();
            // Of the beat of the clock before.
            assert!(!(1..=5).contains(&clock) || !b.d.is_set("cpl_open"), "read {read}, beat {clock}");
        }
        b.look_up(tag);
        assert!(b.d.is_set("tag_open"), "a completion that began {read} clocks before has closed the tag");
        // The answer itself closes it.
        b.d.set("cpl_valid", 1u64);
        b.d.set("cpl_first", 1u64);
        b.d.set("cpl_last", 1u64);
        b.d.step();
        b.d.set("cpl_valid", 0u64);
        (0..4).for_each(|_| b.d.step());
        b.look_up(tag);
        assert!(!b.d.is_set("tag_open"));
    }
}

#[test]
fn a_read_without_an_answer_is_given_up_once_and_keeps_its_tag() {
    for number in 0..3 {
        let mut b = Bench::new(number, 40 + number);
        let lost: Vec<usize> = (0..b.tags.len()).step_by(3).collect();
        let mut sent = lost.iter();
        let mut next = sent.next();
        while let Some(tag) = next {
            b.clock(Some(*tag), None);
            if b.tags[*tag].left.is_some() {
                next = sent.next();
            }
        }
        let (_, longest) = range_of(b.khz);
        // Three times as long as it may take: none lapses a second time.
        for _ in 0..3 * longest {
            b.clock(None, None);
        }
        b.lapses.sort_unstable();
        assert_eq!(b.lapses, lost);
        assert_eq!(b.open(), lost);
        // The late completion frees the tag, and its next read has a time of its own.
        b.lapses.clear();
        for tag in &lost {
            while b.tags[*tag].left.is_some() {
                b.clock(None, Some((*tag, true)));
            }
        }
        (0..8).for_each(|_| b.clock(None, None));
        while b.tags[lost[1]].left.is_none() {
            b.clock(Some(lost[1]), None);
        }
        (0..longest + 10).for_each(|_| b.clock(None, None));
        assert_eq!(b.lapses, [lost[1]]);
    }
}

#[test]
fn nothing_lapses_while_the_timer_is_off_and_much_later_with_long_timeouts() {
    let mut b = Bench::new(0, 50);
    b.d.set("cfg_cpl_timeout", 15u64);
    while b.tags[9].left.is_none() {
        b.clock(Some(9), None);
    }
    for value in [15u64, 2, 0, 3] {
        b.d.set("cfg_cpl_timeout", value);
        // 1 ms is the least of the others; the default is 16 ms here.
        (0..90_000).for_each(|_| b.clock(None, None));
        assert!(b.lapses.is_empty());
    }
}

#[test]
fn a_link_that_goes_down_gives_up_and_closes_all() {
    for seed in 0..6 {
        let mut b = Bench::new(seed % 3, 60 + seed);
        for round in 0..20 {
            for _ in 0..200 {
                let tag = b.rng.random_range(1..b.tags.len());
                let read =
                    (b.tags[tag].left.is_none() && b.tags[tag].unsure_until < b.d.clocks()).then_some(tag);
                b.clock(read, None);
            }
            let open = b.open();
            b.lapses.clear();
            b.d.set("cfg_link_up", 0u64);
            let mut given_up = vec![];
            let closed: Vec<usize> = (0..b.tags.len()).filter(|t| !open.contains(t)).collect();
            let (held_tag, held_for) =
                (closed[b.rng.random_range(0..closed.len())], b.rng.random_range(0..20));
            let down = b.rng.random_range(1..2000);
            b.d.set("cpl_valid", 0u64);
            b.d.set("tx_rd_valid", 0u64);
            let mut clocks = 0;
            b.d.step();
            while b.d.is_set("hold_reads") || clocks < 2 {
                if clocks == down {
                    b.d.set("cfg_link_up", 1u64);
                }
                // One that the read arbiter has held all the time is sent, though others are still being given up.
                let held = clocks == down + held_for;
                b.d.set("tx_rd_valid", held as u64);
                b.d.set("tx_rd_ready", held as u64);
                b.d.set_wide("tx_rd_hdr", &[0, (held_tag as u32) << 8, 0, 0]);
                let ready = b.rng.random_bool(0.5);
                b.d.set("lapse_ready", ready as u64);
                b.d.step();
                if ready && b.d.is_set("lapse_valid") {
                    given_up.push(b.d.get("lapse_tag") as usize);
                }
                clocks += 1;
                assert!(clocks < down + 10 * b.tags.len() as u64 + 1000, "reads are held for ever");
            }
            assert!(clocks >= down);
            given_up.sort_unstable();
            assert_eq!(given_up, open, "round {round}");
            let held = if held_tag < 16 { 1 << held_tag } else { 0 };
            assert_eq!(b.d.get("fetch_open"), held, "tag {held_tag} is open, the others are not");
            b.tags.fill(Tag::default());
            b.tags[held_tag].left = Some(b.d.clocks());
            b.beat = None;
            while b.tags[held_tag].left.is_some() {
                b.clock(None, Some((held_tag, true)));
            }
            (0..8).for_each(|_| b.clock(None, None));
        }
    }
}
