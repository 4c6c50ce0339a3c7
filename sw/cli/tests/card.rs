//! `ferrolane card` with the simulated demo card, as a user runs it.
#![cfg(feature = "sim")]

mod common;

use common::Bench;

#[test]
fn what_is_generated_is_what_the_checker_expects() {
    let bench = Bench::new();
    for (queue, options) in
        [(0, "--length 100"), (3, "--length 1 --spread 0x7ff --seed 5"), (1, "--preset nvme")]
    {
        let pattern = format!("--queue {queue} {options}");
        let made = bench.run(&format!("card generate {pattern} --packets 100 --output pattern")).succeeded();
        assert!(made.stdout.contains("100 packets with"), "{made:?}");
        assert!(made.stdout.contains("0 packets with 0 bytes\n"), "nothing is lost: {made:?}");
        let checked = bench.run(&format!("card check {pattern} --input pattern")).succeeded();
        let first = |text: &str| text.lines().next().unwrap().replace("C2H", "H2C");
        assert_eq!(first(&checked.stdout), first(&made.stdout));
        // A changed byte, a byte less, another queue.
        let good = bench.read("pattern");
        let mut bad = good.clone();
        let middle = bad.len() / 2;
        bad[middle] ^= 1;
        std::fs::write(bench.path("pattern"), &bad).unwrap();
        let found = ["the checker found 1 wrong beats (DATA)"];
        bench.run(&format!("card check {pattern} --input pattern")).failed(5, &found);
        std::fs::write(bench.path("pattern"), &good[..good.len() - 1]).unwrap();
        bench.run(&format!("card check {pattern} --input pattern")).failed(5, &["LENGTH"]);
    }
}

#[test]
fn a_rate_that_is_set_is_kept() {
    let bench = Bench::new();
    for command in ["generate", "check"] {
        let ran =
            bench.run(&format!("--json card {command} --rate 500 --packets 60 --length 4096")).succeeded();
        let report = ran.json();
        let rate = report["megabytes_per_second"].as_f64().unwrap();
        assert!((485.0..=512.0).contains(&rate), "{report:?}");
        assert_eq!(report["wanted_megabytes_per_second"], 500.0);
        assert_eq!((report["packets"].as_u64(), report["bytes"].as_u64()), (Some(60), Some(60 * 4096)));
        assert_eq!(report["command"], format!("card {command}"));
    }
}

#[test]
fn every_preset_keeps_its_rate_and_its_pauses() {
    let bench = Bench::new();
    let presets = bench.run("--json card presets").succeeded().json();
    let presets = presets["presets"].as_array().unwrap();
    assert!(presets.len() >= 10);
    let mut pauses_seen = 0;
    for preset in presets {
        let name = preset["name"].as_str().unwrap();
        let Some(rate) = preset["megabytes_per_second"].as_f64() else { continue };
        let number = |key: &str| preset[key].as_u64().unwrap();
        let (burst, pause) = (number("burst_bytes"), number("pause_ns"));
        // 200 us, and beyond two pauses if those are short.
        let bytes = if pause > 1_000_000 { 0 } else { burst * 9 / 4 }.max((rate * 200.0) as u64);
        let packets = bytes.div_ceil(number("length_bytes") + number("spread_mask") / 2);
        for command in ["generate", "check"] {
            let ran = bench.run(&format!("--json card {command} --preset {name} --packets {packets}"));
            let ran = ran.succeeded().json();
            assert_eq!(
                (ran["packets"].as_u64(), ran["equal"].as_bool()),
                (Some(packets), Some(true)),
                "{ran:?}"
            );
            let bytes = ran["bytes"].as_u64().unwrap();
            let pauses = (bytes - 1).checked_div(burst).unwrap_or(0);
            pauses_seen += pauses;
            let nanos = bytes as f64 * 1e3 / rate + (pauses * pause) as f64;
            // What is measured begins with the first doorbell and ends with the last record: some round trips more.
            let took = ran["run_clocks"].as_u64().unwrap() as f64 * 4.0;
            let most = nanos * 1.03 + 5_000.0;
            assert!((nanos * 0.97..most).contains(&took), "{command} {name}: {took} ns, expected {nanos}");
        }
    }
    assert!(pauses_seen > 50, "{pauses_seen}");
}

#[test]
fn a_source_in_real_time_loses_what_the_link_does_not_take() {
    let bench = Bench::new();
    let line = "--device sim:gen1x1 --json card generate --preset adc-16bit-1g --packets 100";
    let lossy = bench.run(line).succeeded().json();
    let count = |name: &str| lossy[name].as_u64().unwrap();
    assert!(count("lost_packets") > 10, "{lossy:?}");
    assert_eq!(count("packets") + count("lost_packets"), 100);
    let waits = bench.run(&format!("{line} --when-full wait")).succeeded().json();
    assert_eq!((waits["packets"].as_u64(), waits["lost_packets"].as_u64()), (Some(100), Some(0)));
}

#[test]
fn the_card_shows_itself_and_lists_its_presets() {
    let bench = Bench::new();
    let shown = bench.run("card show").succeeded().stdout;
    assert!(
        shown.contains("4 queue pairs") && shown.contains("H2C queue 3") && shown.contains("128 bits"),
        "{shown}"
    );
    let json = bench.run("--json card show").succeeded().json();
    assert_eq!(json["generators"].as_array().unwrap().len(), 4);
    let presets = bench.run("card presets").succeeded().stdout;
    assert!(presets.contains("ethernet-10g") && presets.contains("hard-disk"), "{presets}");
    bench.run("--json card presets").succeeded().json();
    assert!(bench.run("card loopback").succeeded().stdout.contains("0, 1, 2, 3"));
    assert!(bench.run("card loopback --queue 2").succeeded().stdout.ends_with("queue 2\n"));
}

#[test]
fn what_can_not_be_is_refused_in_a_line() {
    let bench = Bench::new();
    bench.write("in", 0);
    for (line, code, words) in [
        ("card generate --preset floppy", 2, ["there is no preset `floppy`", "hard-disk"]),
        ("card generate --queue 4", 2, ["queue 4", "has 4"]),
        ("card check --queue 4", 2, ["queue 4", "has 4"]),
        ("card loopback --queue 4", 2, ["queue 4", "has 4"]),
        ("card generate --length 0", 2, ["0 bytes", "16777215"]),
        ("card check --length 16M --spread 1", 2, ["16777216 bytes", "16777215"]),
        ("card generate --seed 32", 2, ["32", "0..32"]),
        ("card generate --elastic 0", 2, ["--elastic 0", "16777215"]),
        ("card check --input missing", 1, ["cannot read missing", "No such file"]),
        ("card check --input in", 1, ["cannot send in", "empty"]),
        ("card check --input in --packets 5", 2, ["--input", "--packets"]),
        (
            "card generate --preset hard-disk --rate 16000 --packets 300 --timeout 1ms",
            6,
            ["1000.000 us", "--timeout"],
        ),
    ] {
        bench.run(line).failed(code, &words);
    }
}
