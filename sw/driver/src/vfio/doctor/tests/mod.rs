//! A healthy host, and each of the spoiled ones.

mod cases;

use super::*;
use crate::mock::FakeHost;
use crate::transport::TransportError;
use cases::{all, rebind, set, Case, Level};
use Level::{Failed, Warning};

const CARD: &str = "0000:03:00.0";

struct Bench {
    fake: FakeHost,
    _dir: tempfile::TempDir,
}

fn bench() -> Bench {
    let dir = tempfile::tempdir().unwrap();
    Bench { fake: FakeHost::healthy(dir.path()), _dir: dir }
}

fn card() -> PciAddress {
    CARD.parse().unwrap()
}

fn one(host: &Host) -> Report {
    let mut reports = examine(host, Some(card()));
    assert_eq!(reports.len(), 1);
    reports.remove(0)
}

#[test]
fn a_healthy_host_passes_every_check() {
    let bench = bench();
    let report = one(&bench.fake.host());
    for check in &report.checks {
        assert!(matches!(check.result, CheckResult::Ok(_)), "{check:?}");
    }
    assert_eq!(report.checks.len(), STEPS.len() + 1);
    assert_eq!(bench.fake.calls(), Vec::<String>::new(), "nothing is changed");
    assert_eq!(examine(&bench.fake.host(), None), [report], "found by its ids");
}

#[test]
fn each_fault_is_found_by_its_check_with_limit_and_remedy() {
    for Case(what, spoil, name, level, words) in all() {
        let bench = bench();
        spoil(&bench.fake);
        let report = one(&bench.fake.host());
        let (found, finding) = match report.result(name) {
            Some(CheckResult::Warning(finding)) => (Warning, finding),
            Some(CheckResult::Failed(finding)) => (Failed(finding.blame), finding),
            other => panic!("{what}: {other:?}"),
        };
        assert_eq!(found, level, "{what}: {finding:?}");
        let sentence = finding.sentence();
        for word in words {
            assert!(sentence.contains(word), "{what}: {word} is not in: {sentence}");
        }
        assert!(!finding.needed.is_empty(), "{what}");
        // The driver's own errors, in `abi`, carry their remedy in the text.
        let mended = !(finding.commands.is_empty() && finding.advice.is_empty());
        assert!(mended || name == "abi", "{what}");
        // What was found is the first in the list: nothing before it is blamed.
        match level {
            Failed(_) => assert_eq!(report.failures().next().map(|f| f.0), Some(name), "{what}"),
            Warning => {
                let place = |name| report.checks.iter().position(|check| check.name == name);
                assert!(report.failures().all(|f| place(f.0) > place(name)), "{what}: {report:?}");
            }
        }
        // Behind a failure the card is not touched.
        if name != "abi" && level != Warning {
            assert!(
                matches!(report.result("abi"), Some(CheckResult::Skipped(why)) if why.contains("mended first"))
            );
        }
    }
}

#[test]
fn no_card_at_all() {
    let bench = bench();
    bench.fake.remove("sysfs/bus/pci/devices/0000:03:00.0");
    for (address, words) in [(None, "1234:f1a0"), (Some(card()), "no PCI device 0000:03:00.0")] {
        let reports = examine(&bench.fake.host(), address);
        let (name, finding) = reports[0].failures().next().unwrap();
        assert_eq!((reports.len(), name, finding.blame), (1, "function", Blame::Missing));
        assert!(finding.found.contains(words) && finding.commands[0].contains("rescan"), "{finding:?}");
        // The host is looked at all the same.
        assert!(matches!(reports[0].result("module"), Some(CheckResult::Ok(_))));
        assert!(
            matches!(reports[0].result("link"), Some(CheckResult::Skipped(why)) if why.contains("function"))
        );
    }
}

#[test]
fn every_card_is_examined() {
    let bench = bench();
    bench.fake.add_function("0000:04:00.0", "8", Some("nvme"));
    let reports = examine(&bench.fake.host(), None);
    let failures: Vec<_> = reports.iter().map(|r| r.failures().count()).collect();
    assert_eq!(failures, [0, 1]);
    assert_eq!(reports[1].address.unwrap().to_string(), "0000:04:00.0");
}

#[test]
fn what_is_normal_is_no_finding() {
    let ok = |spoil: &dyn Fn(&FakeHost), name: &str, words: &str| {
        let bench = bench();
        spoil(&bench.fake);
        match one(&bench.fake.host()).result(name) {
            Some(CheckResult::Ok(found)) => assert!(found.contains(words), "{found}"),
            other => panic!("{name}: {other:?}"),
        }
    };
    ok(&set("power_state", "D3hot\n"), "power", "until it is opened");
    let slot = |fake: &FakeHost| {
        fake.write("sysfs/devices/pci0000:00/0000:00:1c.0/max_link_width", "4\n");
        set("max_link_width", "8\n")(fake);
    };
    ok(&slot, "link", "the card can 8 GT/s x8");
    ok(&|fake| fake.add_function("0000:03:00.1", "7", None), "group", "1 more");
    let in_use = |fake: &FakeHost| {
        fake.set_config(CARD, 0x1234, 6);
        fake.add_holder(12, "x", "dev/vfio/7");
    };
    ok(&in_use, "bus_master", "somebody uses it");
}

#[test]
fn a_card_in_use_is_not_opened() {
    let bench = bench();
    bench.fake.add_holder(12, "x", "dev/vfio/7");
    let report = one(&bench.fake.host());
    assert!(
        matches!(report.result("abi"), Some(CheckResult::Skipped(why)) if why.contains("open")),
        "{report:?}"
    );
}

#[test]
fn opening_tells_the_first_obstacle() {
    type Spoil = Box<dyn Fn(&FakeHost)>;
    let cases: [(Spoil, &str); 4] = [
        (
            Box::new(rebind(Some("nvme"))),
            "0000:03:00.0: bound to the driver nvme; needed: vfio-pci; run `sudo",
        ),
        (Box::new(|fake| fake.remove(&FakeHost::attribute(CARD, "iommu_group"))), "IOMMU"),
        (Box::new(|fake| fake.add_function("0000:03:00.1", "7", Some("nvme"))), "0000:03:00.1 (nvme)"),
        (Box::new(|fake| fake.close_node("dev/vfio/7")), "may not open /dev/vfio/7"),
    ];
    for (spoil, words) in cases {
        let bench = bench();
        spoil(&bench.fake);
        match obstacle(&bench.fake.host(), card()).map(|_| ()) {
            Err(TransportError::Permission(text)) => assert!(text.contains(words), "{text}"),
            other => panic!("{words}: {other:?}"),
        }
    }
    let bench = bench();
    let host = bench.fake.host();
    assert_eq!(obstacle(&host, card()).map(|f| f.numa_node()).unwrap(), Some(1));
    set("numa_node", "-1\n")(&bench.fake);
    assert_eq!(obstacle(&host, card()).map(|f| f.numa_node()).unwrap(), None);
    bench.fake.remove("sysfs/bus/pci/devices/0000:03:00.0");
    assert!(
        matches!(obstacle(&host, card()), Err(TransportError::NoDevice(text)) if text.contains("lspci -D"))
    );
}
