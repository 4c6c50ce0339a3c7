//! Bad input: the documented exit code, one line that names cause and remedy, and no file left behind.
#![cfg(feature = "sim")]

mod common;

use std::os::unix::fs::symlink;

use common::Bench;

#[track_caller]
fn refused(line: &str, code: i32, words: &[&str]) {
    let bench = Bench::new();
    bench.write("in", 100);
    std::fs::create_dir(bench.path("folder")).unwrap();
    symlink("nothing", bench.path("link")).unwrap();
    bench.run(line).failed(code, words);
    // With --json too an error is text, and nothing is on standard output.
    bench.run(&format!("--json {line}")).failed(code, words);
    assert_eq!(bench.names(), ["folder", "in", "link"]);
    assert!(std::fs::read_dir(bench.path("folder")).unwrap().next().is_none());
}

#[test]
fn files() {
    refused("transfer -i missing -o out", 1, &["cannot read missing", "No such file"]);
    refused("transfer -i folder -o out", 1, &["cannot read folder", "directory"]);
    refused("transfer -i in -o folder", 1, &["cannot write folder", "directory", "name a file in it"]);
    refused(
        "transfer -i in -o nowhere/out",
        1,
        &["cannot write nowhere/out", "no folder nowhere", "create it"],
    );
    refused("transfer -i in -o in/out", 1, &["cannot write in/out", "Not a directory"]);
    refused("transfer -i in -o link", 1, &["cannot write link", "symbolic link to nothing"]);
    // Nobody can make files there, root included.
    refused("transfer -i in -o /proc/out", 1, &["cannot write /proc/out"]);
}

#[test]
fn a_name_with_a_newline_is_still_one_line() {
    let bench = Bench::new();
    let ran: common::Ran = bench.command(&["transfer", "-i", "a\nb", "-o", "out"]).output().unwrap().into();
    ran.failed(1, &["a\\nb"]);
}

#[test]
fn the_output_is_not_mixed_with_the_summary() {
    let bench = Bench::new();
    bench.write("in", 100);
    bench.run("transfer -i in -o /dev/stdout").failed(2, &["standard output", "summary"]);
    bench.shell("ferrolane transfer -i in -o /dev/stdout > log").failed(2, &["standard output"]);
    assert_eq!(bench.read("log"), b"");
}

#[test]
fn devices() {
    refused("--device foo info", 2, &["`foo`", "`sim`", "sim:gen3x8", "sim:help", "0000:03:00.0"]);
    refused("--device simulator info", 2, &["`simulator`"]);
    refused("--device sim:foo info", 2, &["unknown simulator option", "foo", "latency=TIME"]);
    refused("--device sim:latency=fast info", 2, &["latency"]);
    refused("--device sim:gen9x4 info", 2, &["gen1 to gen5"]);
    refused("--device sim:mps=100 info", 2, &["128, 256, 512, 1024"]);
    refused("--device ffff:ff:1f.7 info", 3, &["no PCI device ffff:ff:1f.7", "lspci -D"]);
    refused("--device ffff:ff:1f.7 transfer -i in -o out", 3, &["no PCI device ffff:ff:1f.7"]);
}

#[test]
fn transfer_options() {
    refused("transfer -i in -o out --queue 4", 2, &["queue 4", "the card has 4", "numbered from 0"]);
    refused("transfer -i in -o out --fragment 0", 2, &["--fragment 0", "1 to 16777215"]);
    refused("transfer -i in -o out --fragment 16M", 2, &["--fragment 16777216", "1 to 16777215"]);
    refused("transfer -i in -o out --fragment x", 2, &["--fragment", "not a number of bytes"]);
    refused("transfer -i in -o out --offset 4096", 2, &["--offset", "0..4096"]);
    refused("transfer -i in -o out --buffers 0", 2, &["--buffers", "1..=65536"]);
    refused("transfer -i in -o out --timeout 5", 2, &["--timeout", "ns, us, ms or s"]);
    refused("transfer -i in -o out --wait forever", 2, &["--wait", "poll", "interrupt"]);
    refused("transfer -i in", 2, &["--output"]);
    refused(
        "transfer -i in -o out --fragment 16777215 --buffers 65536",
        4,
        &["65537 buffers of 16777215 bytes", "lower --buffers or --fragment"],
    );
}

#[test]
fn registers() {
    refused("regs NOTHING", 2, &["no register `NOTHING`", "regs list"]);
    refused("regs LINK.NOTHING", 2, &["no field", "SPEED"]);
    refused("regs H2C4.CTRL", 2, &["no H2C queue 4", "the card has 4"]);
    refused("regs 0x41", 2, &["multiple of 4"]);
    refused("regs SCRATCH=0x100000000", 2, &["0x100000000", "32 bits"]);
    refused("regs H2C0.CTRL.RUN=2", 2, &["H2C0.CTRL.RUN", "0x1"]);
    refused("regs SCRATCH=many", 2, &["`many`", "0x hexadecimal"]);
    refused("regs MAGIC=1", 2, &["MAGIC", "read-only"]);
    // What is impossible at the end keeps the beginning from being done: nothing is printed.
    refused("regs SCRATCH=1 SCRATCH NOTHING", 2, &["NOTHING"]);
    refused("regs", 2, &["OPERATION"]);
}

#[test]
fn commands() {
    refused("fly", 2, &["fly", "--help"]);
    refused("info --fast", 2, &["--fast"]);
    let bench = Bench::new();
    bench
        .command(&[])
        .output()
        .map(common::Ran::from)
        .unwrap()
        .failed(2, &["info, transfer, regs, card, memory or serve", "--help"]);
}

#[test]
fn a_reader_that_has_enough_is_no_failure() {
    let bench = Bench::new();
    let ran = bench.shell("{ ferrolane regs list; echo $? > code; } | head -n 1").succeeded();
    assert_eq!(ran.stdout.lines().count(), 1);
    // Closed before the first byte.
    let ran = bench.shell("{ sleep 0.3; ferrolane --json info; echo $? > code; } | true");
    ran.succeeded();
    assert_eq!(bench.read("code"), b"0\n");
}

#[test]
fn a_full_standard_output_is_a_failure() {
    let bench = Bench::new();
    let ran = bench.shell("ferrolane info > /dev/full");
    ran.failed(1, &["standard output", "No space left"]);
}
