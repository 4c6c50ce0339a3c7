//! A card in one process, commands on it in others.
#![cfg(feature = "sim")]

mod common;

use std::process::{Command, Stdio};

use common::{Bench, Served};

#[test]
fn commands_in_other_processes_use_the_card() {
    for dma in ["mapped", "messages"] {
        let bench = Bench::new();
        let server = Served::start(&bench, &format!("-d sim:gen3x8,seed=3 serve -s s --dma {dma}"));
        let info = bench.run("-d vfio-user:s --json info").succeeded().json();
        assert_eq!((&info["link_lanes"], &info["device"]), (&8.into(), &"vfio-user:s".into()));
        let data = bench.write("in", 100_000);
        for wait in ["poll", "interrupt"] {
            let line = format!("-d vfio-user:s transfer -i in -o out --wait {wait} --json");
            let report = bench.run(&line).succeeded().json();
            assert_eq!(report["compared_equal"], true);
            assert!(report["clocks"].is_u64(), "{report:?}");
            assert!(bench.read("out") == data);
        }
        // Memory of the card outlives the command, registers don't.
        bench.run("-d vfio-user:s memory write --address 0x1_0000_1000 --input in").succeeded();
        bench.run("-d vfio-user:s regs SCRATCH=0x55").succeeded();
        bench
            .run("-d vfio-user:s memory read --address 0x1_0000_1000 --length 20000 --output back")
            .succeeded();
        assert!(bench.read("back") == data[..20_000]);
        let scratch = bench.run("-d vfio-user:s regs SCRATCH").succeeded().stdout;
        assert!(!scratch.contains("55"), "{scratch}");
        server.end();
        bench.run("-d vfio-user:s info").failed(3, &["ferrolane serve --socket s"]);
    }
}

#[test]
fn a_command_that_is_killed_leaves_the_card_to_the_next() {
    for dma in ["mapped", "messages"] {
        let bench = Bench::new();
        let server = Served::start(&bench, &format!("serve -s s --dma {dma}"));
        bench.write("big", 64 << 20);
        bench.write("in", 10_000);
        for milliseconds in [30, 150, 400] {
            let mut killed = Command::new(env!("CARGO_BIN_EXE_ferrolane"))
                .args("-d vfio-user:s transfer -i big -o out".split_whitespace())
                .current_dir(bench.path(""))
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .unwrap();
            std::thread::sleep(std::time::Duration::from_millis(milliseconds));
            killed.kill().unwrap();
            killed.wait().unwrap();
            bench.run("-d vfio-user:s transfer -i in -o out").succeeded();
        }
        server.end();
    }
}

#[test]
fn what_can_not_be_served_is_said() {
    let bench = Bench::new();
    bench.write("s", 1);
    bench.run("serve -s s").failed(2, &["cannot listen on s", "remove the file"]);
    bench.run("serve -s no/such/folder").failed(2, &["make the folder first"]);
    bench.run("-d 0000:03:00.0 serve -s t").failed(2, &["no simulated device"]);
    bench.run("-d sim:gen9x4 serve -s t").failed(2, &["gen1 to gen5"]);
}

#[test]
fn faults_on_purpose_reach_a_served_card() {
    let bench = Bench::new();
    let server = Served::start(&bench, "-d sim:fault=data-ur@3,fault=data-drop-answer@60 serve -s s");
    let data = bench.write("in", 10_000);
    bench.run("-d vfio-user:s transfer -i in -o out").failed(1, &["DATA_UR"]);
    // The plan goes on where the client before has left it.
    bench.run("-d vfio-user:s transfer -i in -o out --timeout 200us").failed(6, &["nothing moved"]);
    bench.run("-d vfio-user:s transfer -i in -o out").succeeded();
    assert!(bench.read("out") == data);
    server.end();
}

#[test]
fn a_served_card_logs_its_tlps_and_stops_at_one() {
    let bench = Bench::new();
    let server = Served::start(&bench, "-d sim:tlps=log,break=up-mrd#1 serve -s s");
    let data = bench.write("in", 10_000);
    let client = bench.command(&["-d", "vfio-user:s", "transfer", "-i", "in", "-o", "out"]).spawn().unwrap();
    assert!(common::stopped(server.id()));
    let log = String::from_utf8(bench.read("log")).unwrap();
    assert!(log.lines().last().unwrap().contains(" up   MRd"), "{log}");
    assert!(!bench.path("out").exists());
    common::go_on(server.id());
    let ran: common::Ran = client.wait_with_output().unwrap().into();
    ran.succeeded();
    assert!(bench.read("out") == data);
    server.end();
    let log = String::from_utf8(bench.read("log")).unwrap();
    for what in ["client connected", "; descriptors of H2C0", "; records of C2H0", "client disconnected"] {
        assert!(log.contains(what), "{what} is not in {log}");
    }
}
