//! Links of every kind.

use ferrolane_sim::rng::Rng;

fn pick<T: Copy>(rng: &mut Rng, choices: &[T]) -> T {
    choices[rng.below(choices.len() as u64) as usize]
}

/// A round's link.
pub struct Link {
    /// As `--device` takes it.
    pub preset: String,
    pub mps: &'static str,
    pub mrrs: &'static str,
    pub rcb: &'static str,
    pub split: &'static str,
    /// What holds the card's transmit streams up, as in [`STALLS`](crate::crosses::STALLS).
    pub stalls: Vec<&'static str>,
    /// The shortest completion timeout there is, so that a lost completion doesn't take long. On a slow link, or with a root complex that works on few
    /// reads at a time, a read among many may rightly take longer.
    pub short_timeout: bool,
}

/// Each trait is drawn on its own; some rounds keep the default link.
pub fn random(seed: u64) -> Link {
    let mut rng = Rng::new(seed, "preset");
    let mut words = vec![format!("seed={seed}")];
    let mut link = Link {
        preset: String::new(),
        mps: "256",
        mrrs: "512",
        rcb: "64",
        split: "max",
        stalls: vec![],
        short_timeout: true,
    };
    if !rng.chance(15) {
        link.mps = pick(&mut rng, &["128", "256", "256", "512", "1024"]);
        link.mrrs = pick(&mut rng, &["128", "256", "512", "1024", "2048", "4096"]);
        link.rcb = pick(&mut rng, &["64", "128"]);
        link.split = pick(&mut rng, &["max", "rcb", "random", "random"]);
        let speed = pick(&mut rng, &["gen3x4", "gen3x4", "gen3x8", "gen2x4", "gen5x16", "gen1x2"]);
        link.short_timeout = speed != "gen1x2";
        words.push(speed.into());
        words.push(format!("mps={},mrrs={},rcb={},split={}", link.mps, link.mrrs, link.rcb, link.split));
        words.push(format!("iova={}", pick(&mut rng, &["both", "low", "high"])));
        timing(&mut rng, &mut words);
        stalls(&mut rng, &mut words, &mut link);
    }
    if link.stalls.is_empty() {
        link.stalls.push("none");
    }
    if link.short_timeout {
        words.push("cpl_timeout=100us".into());
    }
    link.preset = format!("sim:{}", words.join(","));
    link
}

fn timing(rng: &mut Rng, words: &mut Vec<String>) {
    let latency = pick(rng, &[0, 100, 500, 500, 2_000]);
    words.push(format!("latency={latency}ns"));
    words.push(format!("delay={}ns", pick(rng, &[0, 20, 50]).min(latency / 2)));
    if rng.chance(60) {
        words.push(format!("jitter={}ns", 1 + rng.below(2_000)));
    }
    if rng.chance(60) {
        words.push(format!("reorder={}%", rng.below(101)));
    }
    if rng.chance(25) {
        words.push("exttag=off".into());
    }
}

fn stalls(rng: &mut Rng, words: &mut Vec<String>, link: &mut Link) {
    if rng.chance(40) {
        words.push(format!("throttle={}%", 1 + rng.below(79)));
        link.stalls.push("throttle");
    }
    if rng.chance(25) {
        // The fewest that a payload fits into, or a few more.
        let mps: u64 = link.mps.parse().expect("a number");
        let data = mps / 16 + rng.below(8);
        words.push(format!("ph={},pd={data},nph={}", 1 + rng.below(4), 1 + rng.below(4)));
        link.stalls.push("few credits");
    }
    if rng.chance(15) {
        words.push(format!("reads={}", 1 + rng.below(8)));
        link.stalls.push("few reads");
        link.short_timeout = false;
    }
    if rng.chance(20) {
        let few = 1 + rng.below(3);
        words.push(format!("card_ph={few},card_nph={few}"));
        link.stalls.push("few card credits");
    }
}
