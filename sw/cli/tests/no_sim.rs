//! The command of a host with a card, built without the simulator.
#![cfg(not(feature = "sim"))]

mod common;

use common::Bench;

#[test]
fn the_simulator_is_refused_with_the_remedy() {
    let bench = Bench::new();
    bench.write("in", 10);
    for line in ["info", "--device sim:gen3x8 info", "--device sim:help", "transfer -i in -o out"] {
        bench.run(line).failed(2, &["without the simulator", "PCI address", "default features"]);
    }
    assert_eq!(bench.names(), ["in"]);
}

#[test]
fn a_card_is_looked_for() {
    Bench::new().run("--device ffff:ff:1f.7 info").failed(3, &["no PCI device ffff:ff:1f.7"]);
}
