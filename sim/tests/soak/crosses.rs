//! Functional coverage: which combinations the campaign has met.

use std::collections::BTreeMap;

/// Classes of packet lengths in bytes: up to a row of the port, the least MPS, 1 KiB, a page, more.
pub const SIZES: [&str; 5] = ["<=16", "<=128", "<=1024", "<=4096", ">4096"];
/// Feed modes of queues that the driver offers.
pub const FEEDS: [&str; 3] = ["ring", "push", "direct"];
/// What may happen to traffic.
pub const EVENTS: [&str; 8] = [
    "h2c stop",
    "c2h stop",
    "card stop",
    "bus master off",
    "unmapped read",
    "bad completion",
    "late completion",
    "FLR",
];
/// Sides of a memory queue.
pub const ACCESSES: [&str; 2] = ["write", "read"];
/// What may happen to a pair of memory queues.
pub const STORE_EVENTS: [&str; 6] =
    ["stop", "bus master off", "unmapped read", "bad completion", "late completion", "FLR"];
/// What holds the card's transmit streams up.
pub const STALLS: [&str; 5] = ["none", "throttle", "few credits", "few reads", "few card credits"];

/// Class of a length.
pub fn size(bytes: u64) -> &'static str {
    SIZES[[16, 128, 1024, 4096].iter().filter(|limit| bytes > **limit).count()]
}

/// A cross: its name, and the values of each side.
type Cross = (&'static str, &'static [&'static [&'static str]]);

const CROSSES: [Cross; 8] = [
    ("feed of H2C x feed of C2H x packet bytes", &[&FEEDS, &FEEDS, &SIZES]),
    ("MPS x packet bytes", &[&["128", "256", "512", "1024"], &SIZES]),
    (
        "MRRS x RCB x cuts of completions",
        &[&["128", "256", "512", "1024", "2048", "4096"], &["64", "128"], &["max", "rcb", "random"]],
    ),
    ("event x feed of H2C", &[&EVENTS, &FEEDS]),
    ("what stalls x packet bytes", &[&STALLS, &SIZES]),
    ("waiting x feed of H2C", &[&["polled", "interrupt"], &FEEDS]),
    ("memory access x its feed x bytes", &[&ACCESSES, &FEEDS, &SIZES]),
    ("event of memory queues", &[&STORE_EVENTS]),
];

/// Cross of that number.
#[derive(Clone, Copy)]
pub enum Of {
    FeedsSize,
    MpsSize,
    Cuts,
    EventFeed,
    StallSize,
    WaitFeed,
    AccessSize,
    StoreEvent,
}

/// How often each combination was met.
#[derive(Default)]
pub struct Crosses(BTreeMap<(usize, Vec<&'static str>), u64>);

impl Crosses {
    /// One more of a combination. It must be one that the cross knows.
    pub fn met(&mut self, cross: Of, values: &[&str]) {
        let (name, sides) = CROSSES[cross as usize];
        let known = sides.iter().zip(values).map(|(side, value)| {
            let found = side.iter().find(|known| *known == value);
            *found.unwrap_or_else(|| panic!("{value} is no value of {name}"))
        });
        *self.0.entry((cross as usize, known.collect())).or_default() += 1;
    }

    /// Prints how much of each cross was met, and what was not; percent of all.
    pub fn print(&self) -> f64 {
        let (mut all, mut hit) = (0, 0);
        println!("{:<44} {:>6} {:>6} {:>8}", "cross", "bins", "met", "percent");
        for (number, (name, sides)) in CROSSES.iter().enumerate() {
            let bins = combinations(sides);
            let missing: Vec<String> = bins
                .iter()
                .filter(|bin| !self.0.contains_key(&(number, bin.to_vec())))
                .map(|bin| bin.join(" x "))
                .collect();
            let met = bins.len() - missing.len();
            (all, hit) = (all + bins.len(), hit + met);
            println!("{name:<44} {:>6} {met:>6} {:>8.1}", bins.len(), percent(met, bins.len()));
            if !missing.is_empty() {
                println!("    not met: {}", missing.join(", "));
            }
        }
        println!("{:<44} {all:>6} {hit:>6} {:>8.1}", "all", percent(hit, all));
        percent(hit, all)
    }
}

fn percent(part: usize, whole: usize) -> f64 {
    100.0 * part as f64 / whole as f64
}

/// All combinations of one value of each side.
fn combinations(sides: &[&[&'static str]]) -> Vec<Vec<&'static str>> {
    sides.iter().fold(vec![vec![]], |all, side| {
        let with = |front: &Vec<&'static str>| {
            let front = front.clone();
            side.iter().map(move |value| [front.clone(), vec![*value]].concat())
        };
        all.iter().flat_map(with).collect()
    })
}
