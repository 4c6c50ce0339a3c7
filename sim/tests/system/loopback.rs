//! Random packets through all queues on many kinds of link.

use crate::rig::{rig, run, Traffic};

const TRAFFIC: Traffic = Traffic { seed: 1, queues: 4, packets: 20, longest: 20_000, interrupts: false };

#[test]
fn the_default_link() {
    run(&rig("sim"), TRAFFIC);
    run(&rig("sim"), Traffic { interrupts: true, seed: 2, ..TRAFFIC });
}

#[test]
fn completions_cut_anywhere_and_in_any_order() {
    for seed in 1..=4 {
        let preset = format!("sim:split=random,reorder=60%,jitter=1us,throttle=20%,faults=fail,seed={seed}");
        run(&rig(&preset), Traffic { seed, packets: 10, interrupts: seed % 2 == 0, ..TRAFFIC });
    }
    run(&rig("sim:split=rcb,reorder=100%,jitter=300ns"), TRAFFIC);
}

#[test]
fn every_size_of_payload_request_and_boundary() {
    for preset in [
        "sim:mps=128,mrrs=128,rcb=128",
        "sim:mps=128,mrrs=4096",
        "sim:mps=512,mrrs=1024,split=random,reorder=20",
        "sim:mps=1024,mrrs=4096,gen3x8",
        "sim:exttag=off",
        "sim:iova=high",
        "sim:iova=low",
    ] {
        run(&rig(preset), Traffic { packets: 6, ..TRAFFIC });
    }
}

#[test]
fn scarce_credits_and_slow_links() {
    for preset in [
        "sim:ph=1,pd=16,nph=1",
        "sim:nph=1,reads=1,latency=3us",
        "sim:cplh=1,cpld=16,card_ph=1,card_pd=16,card_nph=1",
        "sim:gen1x1",
        "sim:gen5x16,latency=0ns,delay=0ns",
        "sim:throttle=80%",
    ] {
        run(&rig(preset), Traffic { packets: 4, longest: 8_000, ..TRAFFIC });
    }
}

#[test]
fn small_packets() {
    run(&rig("sim"), Traffic { packets: 300, longest: 40, seed: 5, ..TRAFFIC });
    run(&rig("sim:jitter=1us,reorder=50"), Traffic { packets: 100, longest: 3, interrupts: true, ..TRAFFIC });
}

#[test]
fn one_seed_is_one_run() {
    let clocks = |seed: u64| {
        let rig = rig(&format!("sim:jitter=500ns,split=random,reorder=30,seed={seed}"));
        run(&rig, Traffic { packets: 5, interrupts: true, ..TRAFFIC });
        (rig.control.clocks(), rig.control.statistics())
    };
    assert_eq!(clocks(7), clocks(7));
    assert_ne!(clocks(7).0, clocks(8).0);
}

#[test]
fn a_thread_may_run_the_clock() {
    run(&rig("sim:pump=thread"), Traffic { packets: 5, ..TRAFFIC });
    run(&rig("sim:pump=thread"), Traffic { packets: 5, interrupts: true, ..TRAFFIC });
}
