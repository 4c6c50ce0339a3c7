//! `ferrolane memory` with the simulated card, as a user runs it.
#![cfg(feature = "sim")]

mod common;

use common::Bench;

#[test]
fn a_pattern_comes_back_from_both_memories() {
    let bench = Bench::new();
    for options in [
        "--address 0x1_0000_0000 --length 100k",
        "--address 0x100000003 --length 12345 --fragment 1000 --queue 3 --seed 9",
        "--address 0 --length 1",
        "--address 61 --length 4097 --buffers 1 --fragment 61",
    ] {
        let ran = bench.run(&format!("memory check {options}")).succeeded();
        assert!(ran.stdout.starts_with("equal "), "{options}: {ran:?}");
    }
    let report = bench.run("--json memory check --address 16 --length 4096").succeeded().json();
    assert_eq!(report["command"], "memory check");
    assert_eq!((report["bytes"].as_u64(), report["address"].as_u64()), (Some(4096), Some(16)));
    assert_eq!(report["compared_equal"], true);
    assert!(report["write_megabytes_per_second"].as_f64().unwrap() > 0.0, "{report:?}");
}

#[test]
fn files_go_in_and_out() {
    let bench = Bench::new();
    bench.write("in", 70_001);
    let ran = bench.run("memory write --address 0x1_0000_0000 --input in").succeeded();
    assert!(ran.stdout.contains("70,001 bytes at card addresses 0x100000000 to 0x100011170"), "{ran:?}");
    bench.run("memory write --address 0x40 --fixed --input in").succeeded();
    bench.shell("head -c 5000 in | ferrolane memory write --address 7 --input /dev/stdin").succeeded();
    bench.run("memory read --address 5 --length 1001 --output out").succeeded();
    assert_eq!(bench.read("out").len(), 1001);
    let report = bench.run("--json memory read --address 0x20 --length 64 --fixed --output out").succeeded();
    assert_eq!(report.json()["fixed"], true);
    assert_eq!(bench.read("out").len(), 64);
    assert_eq!(bench.names(), ["in", "out"]);
}

#[test]
fn what_can_not_be_is_refused_in_a_line_and_leaves_no_file() {
    let bench = Bench::new();
    bench.write("in", 100);
    for (line, code, words) in [
        ("memory write --address 0x8000_0000 --input in", 1, ["CARD_WRITE_ERROR", "0x80000000"]),
        ("memory read --address 0x8000_0000 --length 8 --output out", 1, ["CARD_READ_ERROR", "address map"]),
        ("memory check --address 0x2_0000_0000 --length 8", 1, ["CARD_WRITE_ERROR", "address map"]),
        ("memory write --address 3 --fixed --input in", 2, ["0x3", "multiple of 16"]),
        ("memory read --address 0 --length 0 --output out", 2, ["--length 0", "1 or more"]),
        ("memory read --address x --length 8 --output out", 2, ["--address", "hexadecimal"]),
        ("memory read --address 0xFFFF_FFFF_FFFF_FFFF --length 2 --output out", 2, ["beyond", "--address"]),
        ("memory check --address 0 --length 8 --fragment 0", 2, ["--fragment 0", "16777215"]),
        ("memory check --address 0 --length 8 --queue 4", 2, ["queue 4", "has 4"]),
        ("memory write --address 0 --input missing", 1, ["cannot read missing", "No such file"]),
        ("memory write --input in", 2, ["--address", "required"]),
    ] {
        bench.run(line).failed(code, &words);
    }
    assert_eq!(bench.names(), ["in"]);
}
