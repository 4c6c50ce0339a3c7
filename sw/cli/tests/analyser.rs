//! The log of TLPs, and stopping at one.
#![cfg(feature = "sim")]

mod common;

use common::Bench;

#[test]
fn a_log_has_a_line_for_every_tlp() {
    let bench = Bench::new();
    let data = bench.write("in", 10_000);
    bench.run("-d sim:tlps=log transfer -i in -o out --wait interrupt").succeeded();
    assert!(bench.read("out") == data);
    let log = String::from_utf8(bench.read("log")).unwrap();
    let count =
        |words: &[&str]| log.lines().filter(|line| words.iter().all(|word| line.contains(word))).count();
    assert!(log.starts_with('#') && log.ends_with('\n'));
    // 10,000 bytes in reads of 512 bytes and writes of 256, buffers being aligned to pages.
    assert_eq!(count(&[" up   MRd32", "; data"]), 20);
    assert_eq!(count(&[" up   MWr32", "; data"]), 40);
    assert_eq!(count(&[" down CplD", "; data"]), 40);
    // Each host read is answered, and both say what it was about.
    for register in ["MAGIC", "H2C0.STATUS"] {
        assert!(count(&[" down MRd32", &format!("; {register}")]) >= 1, "{register}");
    }
    assert_eq!(count(&[" down MRd32"]), count(&[" up   CplD", " ; "]));
    for what in [
        "; H2C0 doorbell, producer",
        "; descriptors of C2H0",
        "; records of C2H0",
        "; MSI-X entry 0, data",
        "; interrupt, vector ",
        "config bus mastering on",
        "config MSI-X on",
        "function-level reset done",
    ] {
        assert!(count(&[what]) > 0, "{what} is not in {log}");
    }
    let clocks: Vec<u64> =
        log.lines().skip(1).map(|line| line.split_whitespace().next().unwrap().parse().unwrap()).collect();
    assert!(clocks.is_sorted());
}

#[test]
fn one_seed_is_one_log() {
    let bench = Bench::new();
    bench.write("in", 50_000);
    for log in ["one", "two"] {
        bench
            .run(&format!("-d sim:seed=5,jitter=200ns,reorder=30,tlps={log} transfer -i in -o out"))
            .succeeded();
    }
    assert!(bench.read("one") == bench.read("two"));
}

#[test]
fn the_process_stops_at_a_tlp_and_goes_on() {
    let bench = Bench::new();
    let data = bench.write("in", 10_000);
    let line =
        "-d sim:tlps=log,break=down-mwr@bar0+0x20000#1,break=msix transfer -i in -o out --wait interrupt";
    let child = bench.command(&line.split(' ').collect::<Vec<_>>()).spawn().unwrap();
    let pid = child.id();
    let mut stops = Vec::new();
    while common::stopped(pid) {
        // What was written so far is whole.
        let log = String::from_utf8(bench.read("log")).unwrap();
        assert!(log.ends_with('\n'));
        stops.push(log.lines().last().unwrap().to_owned());
        common::go_on(pid);
    }
    let ran: common::Ran = child.wait_with_output().unwrap().into();
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(bench.read("out") == data);
    assert!(stops[0].ends_with("; H2C0 doorbell, producer"), "{stops:?}");
    assert!(
        stops.len() > 1 && stops[1..].iter().all(|stop| stop.contains("; interrupt, vector ")),
        "{stops:?}"
    );
    // One clock may have had two of them.
    assert!(stops.iter().all(|stop| ran.stderr.contains(stop)), "{ran:?}");
    assert!(ran.stderr.contains(&format!("kill -CONT {pid}")), "{ran:?}");
}

#[test]
fn what_cannot_be_is_refused() {
    let bench = Bench::new();
    bench.run("-d sim:break=doorbell info").failed(2, &["option break", "no kind of TLP", "up-mrd"]);
    bench.run("-d sim:tlps=none/log info").failed(8, &["the log of TLPs none/log", "No such file"]);
    // A log that lacks lines would lie.
    bench.run("-d sim:tlps=/dev/full info").failed(8, &["the log of TLPs /dev/full", "No space left"]);
}
