//! `doctor`, `bind`, `unbind` and `rescan` on the machine that runs the test: only what changes nothing there.

mod common;

use common::{Bench, Ran};

/// No machine has a function there.
const NOWHERE: &str = "ffff:ff:1f.7";

#[track_caller]
fn refused(line: &str, code: i32, words: &[&str]) {
    Bench::new().run(line).failed(code, words);
    Bench::new().run(&format!("--json {line}")).failed(code, words);
}

#[test]
fn a_function_that_is_not_there() {
    for command in ["bind", "unbind"] {
        refused(&format!("{command} {NOWHERE}"), 3, &["no PCI device ffff:ff:1f.7", "lspci -D", "rescan"]);
        refused(&format!("--device {NOWHERE} {command}"), 3, &["no PCI device ffff:ff:1f.7"]);
    }
}

#[test]
fn words_that_can_not_be_followed() {
    for command in ["bind", "unbind"] {
        refused(command, 2, &["no PCI address given", "lspci -D -nn"]);
    }
    for command in ["doctor", "bind", "unbind", "rescan"] {
        refused(&format!("{command} foo"), 2, &["'foo' is not a PCI address", "0000:03:00.0"]);
        refused(&format!("--device sim:gen3x8 {command}"), 2, &["simulated", "PCI address"]);
        refused(&format!("--device 03:00.0 {command} 04:00.0"), 2, &["two addresses", "give one"]);
    }
    refused(&format!("bind {NOWHERE} --owner :"), 2, &["--owner", ":GROUP"]);
    refused("rescan --no-remove", 2, &["--no-remove", "PCI address"]);
}

#[test]
fn doctor_reports_and_fails() {
    let bench = Bench::new();
    let ran = bench.run(&format!("doctor {NOWHERE}"));
    assert_eq!(ran.code, Some(3), "{ran:?}");
    assert_eq!(ran.stderr.lines().count(), 1, "{ran:?}");
    assert!(ran.stderr.starts_with("ferrolane: ffff:ff:1f.7 is not ready: function: there is no PCI device"));
    assert!(ran.stdout.starts_with("FAILED   function             there is no PCI device ffff:ff:1f.7\n"));
    assert!(
        ran.stdout.contains("           run                sudo ferrolane rescan ffff:ff:1f.7\n"),
        "{ran:?}"
    );
    assert!(
        ran.stdout.contains("skipped  link                 function has to be mended first\n"),
        "{ran:?}"
    );
}

#[test]
fn doctor_reports_in_json() {
    let ran = Bench::new().run(&format!("--json doctor {NOWHERE}"));
    assert_eq!(ran.code, Some(3), "{ran:?}");
    let object = ran.json();
    assert_eq!((&object["schema_version"], &object["command"]), (&1.into(), &"doctor".into()));
    let device = &object["devices"][0];
    assert_eq!((&device["device"], &device["ready"]), (&NOWHERE.into(), &false.into()));
    assert_eq!(device["checks"][0]["result"], "failed");
    assert_eq!(device["checks"][0]["commands"][0], "sudo ferrolane rescan ffff:ff:1f.7");
    assert_eq!(device["checks"][1]["because"], "function has to be mended first");
}

#[test]
fn each_has_help_with_examples() {
    for (command, example) in [
        ("doctor", "ferrolane doctor 0000:03:00.0"),
        ("bind", "--owner $USER"),
        ("unbind", "--driver uio_pci_generic"),
        ("rescan", "--no-remove"),
    ] {
        let ran: Ran = Bench::new().run(&format!("{command} --help")).succeeded();
        for words in ["Examples:", "JSON fields", "schema_version", example] {
            assert!(ran.stdout.contains(words), "{words} is not in {}", ran.stdout);
        }
        assert!(Bench::new().run(&format!("{command} -h")).succeeded().stdout.contains("Examples:"));
    }
}
