//! Faults on purpose: the documented exit code, an error that names the cause, and no file left behind.
#![cfg(feature = "sim")]

mod common;

use common::Bench;

/// A transfer of a few pages with these faults; what it says.
fn ran(bench: &Bench, faults: &str) -> common::Ran {
    bench.write("in", 20_000);
    bench.run(&format!("--device sim:{faults} transfer -i in -o out --timeout 200us"))
}

#[track_caller]
fn fails(faults: &str, code: i32, words: &[&str]) {
    let bench = Bench::new();
    let ran = ran(&bench, faults);
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(code), ""), "{ran:?}");
    assert!(words.iter().all(|word| ran.stderr.contains(word)), "{ran:?}");
    assert_eq!(bench.names(), ["in"]);
}

#[test]
fn a_fault_ends_the_run_with_its_cause_and_without_a_file() {
    fails("fault=data-ur@3", 1, &["DATA_UR", "Unsupported Request", "fault=data-ur@3: applied once"]);
    fails("fault=fetch-ca@1", 1, &["FETCH_CA", "Completer Abort"]);
    fails("fault=data-poison@2", 1, &["DATA_POISONED", "poisoned"]);
    fails("fault=data-byte-count@5", 1, &["DATA_MALFORMED", "byte count"]);
    fails("fault=data-crs@1..4", 1, &["DATA_UR", "data-crs@1..4: applied"]);
    fails("fault=data-drop-answer@4", 6, &["nothing moved", "data-drop-answer@4: applied once"]);
    fails("fault=link-down@15us", 7, &["the device is lost", "link-down"]);
}

#[test]
fn what_the_card_survives_changes_no_byte() {
    for faults in [
        "fault=unknown-tag@3,fault=wrong-requester@5,fault=duplicate@9,fault=port-error@20..25",
        "fault=data-late-cpl@3+20us,fault=data-lower-address@6,fault=credits-zero@15us+5us",
        "fault=bme-off@15us+5us,fault=mrrs-128@14us,fault=retrain-gen1x1@16us",
    ] {
        let bench = Bench::new();
        let ran = ran(&bench, faults);
        assert_eq!(ran.code, Some(0), "{ran:?}");
        assert!(bench.read("out") == bench.read("in"), "{faults}");
        assert_eq!(ran.stderr.matches(": applied").count(), faults.matches("fault=").count(), "{ran:?}");
    }
}

#[test]
fn a_fault_that_never_came_is_told() {
    let bench = Bench::new();
    let ran = ran(&bench, "fault=ur@5000,fault=link-down@1s");
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(ran.stderr.contains("fault=ur@5000: not applied") && ran.stderr.contains("completions counted"));
    assert!(ran.stderr.contains("not applied, the run was over before"), "{ran:?}");
}

#[test]
fn a_fault_that_cannot_be_is_refused() {
    let bench = Bench::new();
    let refused =
        |text: &str, words: &[&str]| bench.run(&format!("--device sim:{text} info")).failed(2, words);
    refused("fault=explode@1", &["option fault", "explode", "drop-cpl", "link-down"]);
    refused("fault=ur", &["does not say which", "ur@3"]);
    refused("fault=ur@0", &["from 1 on", "ur@3..5"]);
    refused("fault=late-cpl@1", &["lacks the delay", "late-cpl@3+200us"]);
    refused("cpl_timeout=1ms", &["default, 100us, 10ms"]);
    let help = bench.run("--device sim:help");
    assert!(["drop-cpl", "late-cpl@N+TIME", "retrain-genGxN"].iter().all(|word| help.stdout.contains(word)));
}
