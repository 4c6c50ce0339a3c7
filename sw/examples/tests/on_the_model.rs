//! The examples over the driver's behavioural model, and the words after `--device`.

#[path = "../loopback.rs"]
mod loopback;
#[path = "../stream.rs"]
mod stream;

use ferrolane::mock::MockCard;

#[test]
fn loopback_answers_the_message() {
    let card = MockCard::default();
    assert_eq!(loopback::run(card.transport(), b"Hello, card!").unwrap(), b"Hello, card!");
    assert_eq!(card.mappings(), [], "everything was given back");
}

#[test]
fn stream_gets_every_packet_back() {
    let card = MockCard::default();
    stream::run(card.transport(), 500).unwrap();
    let counts = card.counts();
    assert_eq!((counts.dma_faults, counts.invalid_doorbells), (0, 0));
    assert!(counts.interrupts > 0, "it sleeps");
    assert_eq!(card.mappings(), []);
}

#[test]
fn the_device_is_named_after_its_option() {
    let name = |args: &[&str]| ferrolane_examples::device_name(args.iter().map(|a| a.to_string()));
    assert_eq!(name(&[]).unwrap(), "sim");
    assert_eq!(name(&["--device", "0000:03:00.0"]).unwrap(), "0000:03:00.0");
    for wrong in [&["--device"][..], &["sim"], &["--device", "sim", "more"]] {
        assert!(name(wrong).unwrap_err().contains("usage"));
    }
}
