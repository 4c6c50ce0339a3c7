//! Links of every kind.

use ferrolane_sim::rng::Rng;

fn pick<T: Copy>(rng: &mut Rng, choices: &[T]) -> T {
    choices[rng.below(choices.len() as u64) as usize]
}

/// The preset of a round. Each trait is drawn on its own; some rounds keep the default link.
pub fn random(seed: u64) -> String {
    let mut rng = Rng::new(seed, "preset");
    let mut words = vec![format!("seed={seed}")];
    if rng.chance(15) {
        return format!("sim:{}", words.join(","));
    }
    let mps = pick(&mut rng, &[128, 256, 256, 512, 1024]);
    words.push(pick(&mut rng, &["gen3x4", "gen3x4", "gen3x8", "gen2x4", "gen5x16", "gen1x2"]).into());
    words.push(format!("mps={mps}"));
    words.push(format!("mrrs={}", pick(&mut rng, &[128, 256, 512, 1024, 2048, 4096])));
    words.push(format!("rcb={}", pick(&mut rng, &[64, 128])));
    words.push(format!("split={}", pick(&mut rng, &["max", "rcb", "random", "random"])));
    words.push(format!("iova={}", pick(&mut rng, &["both", "low", "high"])));
    let latency = pick(&mut rng, &[0, 100, 500, 500, 2_000]);
    words.push(format!("latency={latency}ns"));
    words.push(format!("delay={}ns", pick(&mut rng, &[0, 20, 50]).min(latency / 2)));
    if rng.chance(60) {
        words.push(format!("jitter={}ns", 1 + rng.below(2_000)));
    }
    if rng.chance(60) {
        words.push(format!("reorder={}%", rng.below(101)));
    }
    if rng.chance(40) {
        words.push(format!("throttle={}%", rng.below(80)));
    }
    if rng.chance(25) {
        words.push("exttag=off".into());
    }
    if rng.chance(25) {
        // The fewest that a payload fits into, or a few more.
        let data = mps / 16 + rng.below(8);
        words.push(format!("ph={},pd={data},nph={}", 1 + rng.below(4), 1 + rng.below(4)));
    }
    if rng.chance(15) {
        words.push(format!("reads={}", 1 + rng.below(8)));
    }
    if rng.chance(20) {
        let few = 1 + rng.below(3);
        words.push(format!("card_ph={few},card_nph={few}"));
    }
    format!("sim:{}", words.join(","))
}
