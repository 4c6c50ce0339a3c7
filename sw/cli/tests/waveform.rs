//! Waveforms of the simulated card, where they are built in: in process and served, and what can be read at a stop.
#![cfg(feature = "trace")]

mod common;

use common::Bench;

/// First and last time in the header of a complete FST file, in ps: behind its block's type and length (GTKWave's manual,
/// "FST file format"). A file that is not complete has no hierarchy.
fn times(file: &[u8]) -> (u64, u64) {
    const HIERARCHY: [u8; 3] = [4, 6, 7];
    let word = |at: usize| u64::from_be_bytes(file[at..at + 8].try_into().unwrap());
    let (mut at, mut types) = (0, Vec::new());
    while at < file.len() {
        types.push(file[at]);
        at += 1 + word(at + 1) as usize;
    }
    assert!(at == file.len() && types[0] == 0 && HIERARCHY.contains(types.last().unwrap()), "{types:?}");
    (word(9), word(17))
}

#[test]
fn a_run_leaves_a_whole_file() {
    let bench = Bench::new();
    bench.write("in", 10_000);
    let report = bench.run("-d sim:trace=run.fst transfer -i in -o out --json").succeeded().json();
    let (first, last) = times(&bench.read("run.fst"));
    // The transfer's clocks of 4 ns are in it, and those before.
    assert!(first == 0 && last > 4_000 * report["clocks"].as_u64().unwrap(), "{first} {last}");
}

#[test]
fn at_a_stop_the_waveform_so_far_can_be_read() {
    let bench = Bench::new();
    bench.write("in", 10_000);
    let line =
        "-d sim:trace=run.fst,tlps=log,break=up-mrd#1,break=msix#1 transfer -i in -o out --wait interrupt";
    let child = bench.command(&line.split(' ').collect::<Vec<_>>()).spawn().unwrap();
    let mut end = 0;
    for part in ["run.fst", "run.part2.fst"] {
        assert!(common::stopped(child.id()));
        let log = String::from_utf8(bench.read("log")).unwrap();
        let clock: u64 = log.lines().last().unwrap().split_whitespace().next().unwrap().parse().unwrap();
        let (first, last) = times(&bench.read(part));
        assert_eq!((first, last), (end, 4_000 * clock + 2_000), "{part}");
        end = 4_000 * (clock + 1);
        common::go_on(child.id());
    }
    let ran: common::Ran = child.wait_with_output().unwrap().into();
    assert!(ran.code == Some(0) && ran.stderr.contains("waveform up to here: run.part2.fst"), "{ran:?}");
    assert_eq!(times(&bench.read("run.part3.fst")).0, end);
}

#[test]
fn a_served_card_leaves_a_whole_file() {
    let bench = Bench::new();
    let server = common::Served::start(&bench, "-d sim:trace=run.fst serve -s s");
    bench.write("in", 10_000);
    for _ in 0..2 {
        bench.run("-d vfio-user:s transfer -i in -o out").succeeded();
    }
    server.end();
    assert_eq!(times(&bench.read("run.fst")).0, 0);
    assert_eq!(bench.names(), ["in", "out", "run.fst"]);
}
