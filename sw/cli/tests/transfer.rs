//! `ferrolane transfer` through the simulated card, as a user runs it.
#![cfg(feature = "sim")]

mod common;

use std::fs;
use std::io::Write;
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
use std::process::Stdio;

use common::Bench;

#[test]
fn awkward_sizes_come_back_equal() {
    for wait in ["poll", "interrupt"] {
        for size in [0, 1, 61, 4095, 4096, 4097] {
            let bench = Bench::new();
            let sent = bench.write("in", size);
            let ran = bench.run(&format!("transfer --input in --output out --wait {wait}")).succeeded();
            assert_eq!(bench.read("out"), sent, "{size} bytes, --wait {wait}");
            assert!(ran.stdout.contains("compared equal"));
            assert_eq!(bench.names(), ["in", "out"]);
        }
    }
}

#[test]
fn odd_fragments_at_odd_offsets_come_back_equal() {
    let bench = Bench::new();
    for (size, options) in [
        (300, "--fragment 1 --buffers 1 --offset 4095"),
        (20_011, "--fragment 61 --offset 3"),
        (20_011, "--fragment 4096 --offset 61 --queue 3"),
        (20_011, "--fragment 4097 --offset 4095 --buffers 2"),
        (20_011, "--fragment 64k --offset 1 --wait interrupt --queue 1"),
        (20_011, "--fragment 20011"),
        (20_011, "--fragment 20010 --buffers 1"),
        (20_011, "--fragment 100 --buffers 65536"),
    ] {
        let sent = bench.write("in", size);
        bench.run(&format!("transfer -i in -o out {options}")).succeeded();
        assert!(bench.read("out") == sent, "{options}");
        fs::remove_file(bench.path("out")).unwrap();
    }
}

#[test]
fn a_rough_link_changes_no_byte() {
    let bench = Bench::new();
    let sent = bench.write("in", 50_000);
    for preset in [
        "sim:gen1x1,split=rcb,mps=128,mrrs=128",
        "sim:jitter=2us,split=random,reorder=50,throttle=50,seed=5",
        "sim:iova=high,nph=1,ph=1,card_nph=1",
    ] {
        bench.run(&format!("--device {preset} transfer -i in -o out --offset 13")).succeeded();
        assert!(bench.read("out") == sent, "{preset}");
    }
}

#[test]
fn a_seed_gives_the_same_run_to_the_clock() {
    let bench = Bench::new();
    bench.write("in", 60_000);
    let clocks = |seed: u32, wait: &str| {
        let ran = bench.run(&format!(
            "transfer -i in -o out --json --device sim:seed={seed},jitter=1us,reorder=30 --wait {wait}"
        ));
        ran.succeeded().json()["clocks"].as_u64().unwrap()
    };
    for wait in ["poll", "interrupt"] {
        let first = clocks(7, wait);
        assert_eq!(clocks(7, wait), first, "--wait {wait}");
        assert!((8..12).any(|seed| clocks(seed, wait) != first), "no seed makes a difference");
    }
}

#[test]
fn the_input_may_be_a_pipe() {
    let bench = Bench::new();
    let sent = bench.write("in", 10_000);
    bench
        .shell("{ head -c 5000 in; sleep 0.2; tail -c +5001 in; } | ferrolane transfer -i /dev/stdin -o out")
        .succeeded();
    assert!(bench.read("out") == sent);
}

#[test]
fn the_output_may_be_the_input() {
    let bench = Bench::new();
    let sent = bench.write("same", 9_000);
    bench.run("transfer -i same -o same").succeeded();
    assert!(bench.read("same") == sent);
    assert_eq!(bench.names(), ["same"]);
}

#[test]
fn a_device_as_output_stays_a_device() {
    let bench = Bench::new();
    bench.write("in", 5_000);
    bench.run("transfer -i in -o /dev/null").succeeded();
    assert!(fs::metadata("/dev/null").unwrap().file_type().is_char_device());
    let ran = bench.shell("mkfifo pipe; { ferrolane transfer -i in -o pipe > log & } ; cmp in pipe; wait");
    ran.succeeded();
    assert_eq!(bench.names(), ["in", "log", "pipe"]);
}

#[test]
fn a_full_device_is_reported() {
    let bench = Bench::new();
    bench.write("in", 100_000);
    bench.run("transfer -i in -o /dev/full").failed(1, &["cannot write /dev/full", "No space left"]);
    assert!(fs::metadata("/dev/full").unwrap().file_type().is_char_device());
}

#[test]
fn a_new_file_has_the_permissions_of_any_new_file() {
    let bench = Bench::new();
    bench.write("in", 100);
    for umask in [0o022, 0o027, 0o077] {
        bench.shell(&format!("umask {umask:03o}; ferrolane transfer -i in -o out; touch plain")).succeeded();
        let mode = |name: &str| fs::metadata(bench.path(name)).unwrap().mode() & 0o7777;
        assert_eq!(mode("out"), 0o666 & !umask);
        assert_eq!(mode("out"), mode("plain"));
        fs::remove_file(bench.path("out")).unwrap();
        fs::remove_file(bench.path("plain")).unwrap();
    }
}

#[test]
fn a_file_that_is_replaced_keeps_its_permissions() {
    let bench = Bench::new();
    let sent = bench.write("in", 100);
    bench.write("out", 5);
    fs::set_permissions(bench.path("out"), fs::Permissions::from_mode(0o604)).unwrap();
    bench.run("transfer -i in -o out").succeeded();
    assert_eq!(bench.read("out"), sent);
    assert_eq!(fs::metadata(bench.path("out")).unwrap().mode() & 0o7777, 0o604);
}

/// Sends `signal` to a run that waits for the rest of its input, and answers how it ended.
fn interrupted(bench: &Bench, signal: &str) -> common::Ran {
    let mut command = bench.command(&["transfer", "-i", "/dev/stdin", "-o", "out"]);
    let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
    // More than a pipe and all buffers hold: when it is written the transfer is on its way.
    let mut input = child.stdin.take().unwrap();
    input.write_all(&vec![0x5A; 500_000]).unwrap();
    let sent =
        std::process::Command::new("sh").args(["-c", &format!("kill -{signal} {}", child.id())]).status();
    assert!(sent.unwrap().success());
    let ran = child.wait_with_output().unwrap().into();
    drop(input);
    ran
}

#[test]
fn a_signal_ends_a_transfer_without_output() {
    for signal in ["INT", "TERM", "HUP"] {
        let bench = Bench::new();
        interrupted(&bench, signal).failed(130, &["interrupted"]);
        assert!(bench.names().is_empty(), "{:?}", bench.names());
    }
}

#[test]
fn a_signal_leaves_an_output_that_was_there() {
    let bench = Bench::new();
    let before = bench.write("out", 77);
    interrupted(&bench, "INT").failed(130, &[]);
    assert_eq!(bench.read("out"), before);
    assert_eq!(bench.names(), ["out"]);
}

#[test]
fn a_link_that_is_too_slow_times_out() {
    let bench = Bench::new();
    bench.write("in", 100);
    bench.run("--device sim:latency=200ms transfer -i in -o out --timeout 100us").failed(
        6,
        &["nothing moved for 100.000 us of device time", "raise it with --timeout", "H2C queue 0"],
    );
    assert_eq!(bench.names(), ["in"]);
}
