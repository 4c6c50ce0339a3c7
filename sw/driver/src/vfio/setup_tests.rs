//! Binding, unbinding and rescanning on a made-up host whose kernel reacts.

use super::*;
use crate::mock::FakeHost;

const CARD: &str = "0000:03:00.0";
const EACCES: i32 = libc::EACCES;

struct Bench {
    fake: FakeHost,
    _dir: tempfile::TempDir,
}

/// The card is bound to `driver`.
fn bench(driver: Option<&str>) -> Bench {
    let dir = tempfile::tempdir().unwrap();
    let fake = FakeHost::healthy(dir.path());
    if driver != Some("vfio-pci") {
        fake.remove(&FakeHost::attribute(CARD, "driver"));
        fake.remove("dev/vfio/7");
    }
    if let Some(driver) = driver.filter(|d| *d != "vfio-pci") {
        fake.set_native(driver);
        fake.host().system.write(&fake.host().bus().join("drivers_probe"), CARD).unwrap();
    }
    fake.calls();
    Bench { fake, _dir: dir }
}

fn card() -> PciAddress {
    CARD.parse().unwrap()
}

const FORCED: BindOptions = BindOptions { force: true, owner: Owner { uid: None, gid: None } };

impl Bench {
    fn bind(&self) -> Result<Change, SetupError> {
        bind(&self.fake.host(), card(), &BindOptions::default())
    }

    fn unbind(&self, driver: Option<&str>) -> Result<Change, SetupError> {
        unbind(&self.fake.host(), card(), driver)
    }

    fn rescan(&self, remove: bool) -> Result<Rescanned, SetupError> {
        rescan(&self.fake.host(), card(), RescanOptions { remove, force: false })
    }

    /// It is refused with these words, and nothing is written.
    #[track_caller]
    fn untouched<T: std::fmt::Debug>(&self, result: Result<T, SetupError>, words: &[&str]) {
        let error = result.unwrap_err().to_string();
        for word in words {
            assert!(error.contains(word), "{word} is not in: {error}");
        }
        assert_eq!(self.fake.calls(), Vec::<String>::new(), "{error}");
    }
}

#[test]
fn bind_takes_the_function_from_its_driver_and_again_changes_nothing() {
    for (driver, calls) in [(Some("nvme"), 3), (None, 2)] {
        let bench = bench(driver);
        let change = bench.bind().unwrap();
        assert_eq!((change.before.as_deref(), change.driver.as_deref()), (driver, Some("vfio-pci")));
        assert!(change.node.unwrap().ends_with("dev/vfio/7"));
        let done = bench.fake.calls();
        assert_eq!(done.len(), calls, "{done:?}");
        assert_eq!(done[0], "0000:03:00.0/driver_override = vfio-pci");
        assert_eq!(done.last().unwrap(), "pci/drivers_probe = 0000:03:00.0");
        assert!(calls == 2 || done[1].ends_with("driver/unbind = 0000:03:00.0"), "{done:?}");
        assert_eq!(bench.bind().unwrap().before.as_deref(), Some("vfio-pci"));
        assert_eq!(bench.fake.calls(), Vec::<String>::new());
    }
}

#[test]
fn bind_gives_the_node_to_its_owner() {
    let bench = bench(Some("nvme"));
    let owner = Owner { uid: Some(1000), gid: None };
    bind(&bench.fake.host(), card(), &BindOptions { force: false, owner }).unwrap();
    assert_eq!(bench.fake.calls().last().unwrap(), "chown 1000:- 7");
    bench.fake.refuse("chown", EACCES);
    let error = bind(&bench.fake.host(), card(), &BindOptions { force: false, owner }).unwrap_err();
    assert!(error.to_string().contains("0000:03:00.0 is bound to vfio-pci"), "{error}");
}

#[test]
fn bind_refuses_what_it_must_not_touch() {
    let bench = bench(Some("nvme"));
    let attribute = |name| FakeHost::attribute(CARD, name);
    bench.fake.write(&attribute("device"), "0x9034\n");
    bench.untouched(bench.bind(), &["1234:9034", "--force", "nothing was changed"]);
    bench.fake.write(&attribute("class"), "0x060400\n");
    bench.untouched(bind(&bench.fake.host(), card(), &FORCED), &["bridge"]);
    bench.fake.write(&attribute("class"), "0x088000\n");
    bench.fake.add_function("0000:03:00.1", "7", Some("nvme"));
    bench.untouched(
        bind(&bench.fake.host(), card(), &FORCED),
        &["0000:03:00.1 (nvme)", "nothing was changed"],
    );
    bench.fake.remove("sysfs/devices/pci0000:00/0000:00:1c.0/0000:03:00.1/driver");
    bench.fake.remove("sysfs/bus/pci/drivers/vfio-pci");
    bench.untouched(bind(&bench.fake.host(), card(), &FORCED), &["sudo modprobe vfio-pci"]);
    bench.fake.add_driver("vfio-pci");
    bench.fake.remove(&attribute("iommu_group"));
    bench.untouched(bind(&bench.fake.host(), card(), &FORCED), &["IOMMU"]);
    bench.fake.remove("sysfs/bus/pci/devices/0000:03:00.0");
    bench.untouched(bench.bind(), &["no PCI device 0000:03:00.0", "rescan"]);
}

#[test]
fn other_ids_can_be_forced() {
    let bench = bench(Some("nvme"));
    bench.fake.write(&FakeHost::attribute(CARD, "vendor"), "0x10ee\n");
    bind(&bench.fake.host(), card(), &FORCED).unwrap();
    assert_eq!(bench.fake.driver(CARD).as_deref(), Some("vfio-pci"));
}

#[test]
fn a_bind_that_fails_half_way_is_put_back() {
    for attribute in ["driver_override", "unbind", "drivers_probe"] {
        for before in [Some("nvme"), None] {
            if (attribute, before) == ("unbind", None) {
                continue;
            }
            let bench = bench(before);
            bench.fake.refuse(attribute, EACCES);
            let error = bench.bind().unwrap_err();
            assert!(matches!(error, SetupError::Permission { .. }), "{error:?}");
            assert_eq!(bench.fake.driver(CARD).as_deref(), before, "{attribute}: {error}");
            assert_eq!(bench.fake.driver_override(CARD), "", "{attribute}: {error}");
            let text = error.to_string();
            assert!(text.contains("sudo") && text.contains("is left as it was"), "{attribute}: {text}");
        }
    }
}

#[test]
fn a_driver_that_does_not_take_it_is_told_and_put_back() {
    let bench = bench(Some("nvme"));
    bench.fake.set_unwanted(true);
    let error = bench.bind().unwrap_err().to_string();
    assert!(error.contains("did not take it") && error.contains("with the driver nvme"), "{error}");
    assert_eq!(bench.fake.driver(CARD).as_deref(), Some("nvme"));
    assert_eq!(bench.fake.driver_override(CARD), "");
}

#[test]
fn what_can_not_be_put_back_is_said() {
    let bench = bench(Some("nvme"));
    bench.fake.set_unwanted(true);
    bench.fake.refuse("bind", libc::EIO);
    let error = bench.bind().unwrap_err().to_string();
    assert!(
        error.contains("is left with no driver and driver_override unset; before: the driver nvme"),
        "{error}"
    );
}

#[test]
fn unbind_hands_back_and_leaves_no_override() {
    // To whoever wants it.
    let bench = bench(Some("nvme"));
    bench.bind().unwrap();
    let change = bench.unbind(None).unwrap();
    assert_eq!((change.before.as_deref(), change.driver.as_deref()), (Some("vfio-pci"), Some("nvme")));
    assert_eq!((bench.fake.driver_override(CARD), change.node), (String::new(), None));
    bench.fake.calls();
    bench.unbind(None).unwrap();
    assert_eq!(bench.fake.calls(), Vec::<String>::new(), "again changes nothing");
    // To nobody, and then to one by name.
    let bench = self::bench(Some("vfio-pci"));
    assert_eq!(bench.unbind(None).unwrap().driver, None);
    assert_eq!(bench.unbind(Some("nvme")).unwrap().driver.as_deref(), Some("nvme"));
    assert_eq!(bench.fake.driver_override(CARD), "");
    bench.fake.calls();
    assert_eq!(bench.unbind(Some("nvme")).unwrap().driver.as_deref(), Some("nvme"));
    bench.untouched(bench.unbind(Some("vfio-pci")), &["bound to nvme"]);
    bench.untouched(bench.unbind(Some("missing")), &["missing is not loaded", "sudo modprobe missing"]);
}

#[test]
fn unbind_does_not_wait_for_a_user() {
    let bench = bench(Some("vfio-pci"));
    bench.fake.add_holder(12, "qemu", "dev/vfio/7");
    bench.untouched(bench.unbind(None), &["process 12 (qemu)", "Nothing was changed"]);
    bench.untouched(bench.rescan(true), &["process 12 (qemu)", "Nothing was changed"]);
}

#[test]
fn an_unbind_that_fails_is_put_back() {
    for attribute in ["driver_override", "unbind", "drivers_probe"] {
        let bench = bench(Some("vfio-pci"));
        bench.fake.refuse(attribute, libc::EIO);
        let error = bench.unbind(Some("nvme")).unwrap_err().to_string();
        assert_eq!(bench.fake.driver(CARD).as_deref(), Some("vfio-pci"), "{attribute}: {error}");
        assert!(error.contains("is left as it was, with the driver vfio-pci"), "{attribute}: {error}");
    }
    let bench = bench(Some("vfio-pci"));
    bench.fake.set_native("vfio-pci");
    let error = bench.unbind(None).unwrap_err().to_string();
    assert!(error.contains("vfio-pci took it again") && error.contains("--driver"), "{error}");
}

#[test]
fn rescan_brings_the_card_back_as_it_was_bound() {
    for driver in [Some("vfio-pci"), Some("nvme"), None] {
        let bench = bench(driver);
        let back = bench.rescan(true).unwrap();
        assert!(back.removed && back.ids == Some(Ids::OURS));
        assert_eq!(back.driver.as_deref(), driver);
        let calls = bench.fake.calls();
        assert_eq!(calls[..2], ["0000:03:00.0/remove = 1", "pci/rescan = 1"]);
        assert_eq!(calls.len(), if driver == Some("vfio-pci") { 4 } else { 2 }, "{calls:?}");
        let kept = bench.rescan(false).unwrap();
        assert_eq!((kept.removed, kept.driver.as_deref()), (false, driver));
        assert_eq!(bench.fake.calls(), ["pci/rescan = 1"]);
    }
}

#[test]
fn rescan_finds_a_card_that_is_not_there_yet() {
    let bench = bench(None);
    bench.fake.set_gone();
    let error = bench.rescan(true).unwrap_err();
    assert!(matches!(&error, SetupError::NoDevice(text) if text.contains("did not come back")), "{error}");
    let error = bench.rescan(true).unwrap_err();
    assert!(error.to_string().contains("did not come after a scan"), "{error}");
    assert_eq!(rescan_bus(&bench.fake.host()).unwrap(), []);
}

#[test]
fn rescan_of_the_bus_removes_nothing() {
    let bench = bench(None);
    assert_eq!(rescan_bus(&bench.fake.host()).unwrap(), [card()]);
    assert_eq!(bench.fake.calls(), ["pci/rescan = 1"]);
}

#[test]
fn rescan_refuses_what_it_must_not_touch() {
    let bench = bench(None);
    bench.fake.write(&FakeHost::attribute(CARD, "vendor"), "0x10ee\n");
    bench.untouched(bench.rescan(true), &["10ee:f1a0", "--force"]);
    bench.fake.write(&FakeHost::attribute(CARD, "class"), "0x060400\n");
    let forced = rescan(&bench.fake.host(), card(), RescanOptions { remove: true, force: true });
    bench.untouched(forced, &["bridge", "nothing was changed"]);
}

#[test]
fn a_rescan_that_fails_half_way_says_how_things_are_left() {
    let bench = bench(Some("vfio-pci"));
    bench.fake.refuse("remove", EACCES);
    let error = bench.rescan(true).unwrap_err().to_string();
    assert!(error.contains("Nothing was changed") && error.contains("sudo"), "{error}");
    let bench = self::bench(Some("vfio-pci"));
    bench.fake.refuse("rescan", libc::EIO);
    let error = bench.rescan(true).unwrap_err().to_string();
    assert!(error.contains("removed already") && error.contains("ferrolane rescan 0000:03:00.0"), "{error}");
    let bench = self::bench(Some("vfio-pci"));
    bench.fake.refuse("drivers_probe", libc::EIO);
    let error = bench.rescan(true).unwrap_err().to_string();
    assert!(error.contains("back on the bus, but not bound to vfio-pci"), "{error}");
    let bench = self::bench(None);
    bench.fake.write(&FakeHost::attribute(CARD, "resource"), "0x0 0x7ffff 0x140204\n");
    let error = bench.rescan(true).unwrap_err().to_string();
    assert!(error.contains("on the bus, but BAR0 has no address"), "{error}");
}
