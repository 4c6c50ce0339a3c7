//! Opening over the behavioural model.

use super::*;
use crate::mock::{Identity, MockCard};

fn open(identity: Identity) -> Result<Device, Error> {
    Device::open(MockCard::new(identity).transport())
}

fn refused(identity: Identity) -> Error {
    open(identity).err().expect("must be refused")
}

#[test]
fn opening_resets_and_reads_the_parameters() {
    let card = MockCard::default();
    let device = Device::open(card.transport()).unwrap();
    assert_eq!(card.counts().resets, 1);
    assert!(!card.bus_master());
    let p = device.parameters();
    assert_eq!((p.h2c_queues, p.c2h_queues, p.vectors, p.clock_khz), (4, 4, 9, 250_000));
    assert_eq!((p.h2c_share_bytes, p.prefetched_descriptors), (16_384, 64));
    let names: Vec<_> = p.features.known().map(|n| n.name).collect();
    assert_eq!(
        names,
        ["RING", "STREAM", "MSIX", "LOOPBACK", "PUSH", "DIRECT", "USER_REGISTERS", "MEMORY", "FIFO_POLICIES"]
    );
    let link = device.link().unwrap();
    assert_eq!((link.generation, link.lanes, link.max_payload, link.max_read_request), (3, 4, 256, 512));
    let looking = DeviceOptions { reset: false, ..DeviceOptions::default() };
    Device::open_with(card.transport(), looking).unwrap();
    assert_eq!(card.counts().resets, 1, "only looked");
}

#[test]
fn what_is_not_this_abi_is_refused() {
    let error = refused(Identity { magic: 0x1234, ..Identity::default() });
    assert!(matches!(error, Error::NotFerrolane { found: 0x1234, .. }), "{error}");
    let error = refused(Identity { magic: u32::MAX, ..Identity::default() });
    assert!(matches!(error, Error::DeviceLost { .. }), "{error}");
    let error = refused(Identity { abi_version: 2 << 16 | 5, ..Identity::default() });
    let ours = format!("this driver's is {}.{};", layout::ABI_MAJOR, layout::ABI_MINOR);
    assert!(error.to_string().starts_with(&format!("the card's ABI is 2.5, {ours}")), "{error}");
    let error = refused(Identity { features: feature::RING, ..Identity::default() });
    assert!(matches!(error, Error::MissingFeature { name: "STREAM", .. }), "{error}");
    open(Identity { abi_version: layout::ABI_MAJOR << 16 | 99, ..Identity::default() })
        .expect("a minor version");
}

#[test]
fn impossible_parameters_are_refused() {
    let card = MockCard::new(Identity { queues: 65, ..Identity::default() });
    let error = Device::open(card.transport()).err().unwrap();
    assert!(matches!(error, Error::BadParameter { value: 65, max: 64, .. }), "{error}");
}

#[test]
fn another_layout_hash_is_a_warning() {
    let warnings = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&warnings);
    let card = MockCard::new(Identity { layout_hash: 5, ..Identity::default() });
    let options = DeviceOptions {
        warnings: Arc::new(move |w: &Warning| sink.lock().unwrap().push(w.clone())),
        ..DeviceOptions::default()
    };
    Device::open_with(card.transport(), options).unwrap();
    let expected = Warning::LayoutHash { device: 5, driver: layout::LAYOUT_HASH };
    assert_eq!(*warnings.lock().unwrap(), [expected]);
}

#[test]
fn handles_go_between_threads() {
    fn check<T: Send + Sync>() {}
    check::<Device>();
    check::<crate::DmaBuffer>();
    check::<crate::DmaRegion>();
    check::<crate::H2cQueue>();
    check::<crate::C2hQueue>();
    check::<Error>();
}
