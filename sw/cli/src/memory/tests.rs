//! `memory` over the driver's behavioural model of the card.

use ferrolane::mock::{Identity, MockCard};
use ferrolane_abi::card::{DRAM_BASE, SRAM_BASE};

use super::*;
use crate::exit;

fn open(identity: Identity) -> (MockCard, Device) {
    let card = MockCard::new(identity);
    let device = Device::open(card.transport()).unwrap();
    (card, device)
}

fn place(address: u64) -> PlaceArgs {
    PlaceArgs { address, queue: 1, fragment: 5000, buffers: 4, timeout: 1_000_000 }
}

fn job<'a>(device: &Device, place: &'a PlaceArgs) -> Job<'a> {
    Job::open(device, place, false, Arc::default(), ProgressBar::hidden()).unwrap()
}

/// Gives a few bytes at a time, as a pipe may.
struct Dribble<'a>(&'a [u8]);

impl Read for Dribble<'_> {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let n = into.len().min(7_777).min(self.0.len());
        into[..n].copy_from_slice(&self.0[..n]);
        self.0 = &self.0[n..];
        Ok(n)
    }
}

#[test]
fn a_pipe_is_written_whole_and_read_back() {
    let memory = std::iter::once(0..1 << 20).collect();
    let (card, device) = open(Identity { card_memory: memory, ..Identity::default() });
    let data: Vec<u8> = (0..2 * PIECE + 4321).map(|i| (i % 251) as u8).collect();
    let place = place(SRAM_BASE + 77);
    let mut job = job(&device, &place);
    let bytes = job.write(Dribble(&data), Path::new("pipe")).unwrap();
    assert_eq!(bytes, data.len() as u64);
    let mut back = Vec::new();
    let take = |before: u64, bytes: &[u8]| {
        assert_eq!(before, back.len() as u64);
        back.extend_from_slice(bytes);
        Ok(())
    };
    job.read(bytes, take).unwrap();
    job.end().unwrap();
    assert!(back == data && card.card_bytes(77, data.len()) == data);
}

#[test]
fn a_byte_that_differs_is_named() {
    let (_card, device) = open(Identity::default());
    let place = place(DRAM_BASE + 5);
    let mut job = job(&device, &place);
    let pattern = Pattern::new(1, place.address);
    job.write(pattern.clone().take(20_000), Path::new("the pattern")).unwrap();
    job.compare(pattern.clone(), 20_000).unwrap();
    let at = place.address + 12_345;
    let wrote = Pattern::byte(1, at);
    device.memory_write(at, &[wrote ^ 0x40]).unwrap();
    let error = job.compare(pattern, 20_000).unwrap_err();
    assert_eq!(exit::code(&error), 5);
    let text = exit::one_line(&error);
    assert!(text.contains(&format!("{at:#x}")) && text.contains("xor 0x40"), "{text}");
}

#[test]
fn an_address_without_memory_is_named_with_what_was_done() {
    let (_card, device) = open(Identity::default());
    let place = place(DRAM_BASE);
    let mut job = job(&device, &place);
    let error = job.write(std::io::repeat(1).take(300_000), Path::new("x")).unwrap_err();
    let text = exit::one_line(&error);
    assert_eq!(exit::code(&error), 1);
    // 256 KiB are there; a piece is as long, and the fragment behind it is the first to fail.
    for part in ["H2C queue 1", "0x100040000", "262144 bytes into", "CARD_WRITE_ERROR", "address map"] {
        assert!(text.contains(part), "{part} is not in {text}");
    }
    let error = job.read(300_000, |_, _| Ok(())).unwrap_err();
    assert!(exit::one_line(&error).contains("CARD_READ_ERROR"), "{error}");
}

#[test]
fn it_stops_between_pieces() {
    let (_card, device) = open(Identity::default());
    let place = place(DRAM_BASE);
    let stop: Arc<AtomicBool> = Arc::default();
    let mut job = Job::open(&device, &place, false, Arc::clone(&stop), ProgressBar::hidden()).unwrap();
    stop.store(true, Ordering::Relaxed);
    for result in [job.write(&[1u8][..], Path::new("x")).map(drop), job.read(1, |_, _| Ok(()))] {
        assert_eq!(exit::code(&result.unwrap_err()), exit::INTERRUPTED);
    }
}

#[test]
fn what_can_not_be_is_refused() {
    let features = Identity::default().features & !feature::MEMORY;
    let (_card, device) = open(Identity { features, ..Identity::default() });
    let place = place(0);
    let refused = Job::open(&device, &place, false, Arc::default(), ProgressBar::hidden());
    assert!(exit::one_line(&refused.err().unwrap()).contains("MEMORY"));
    let usage = |result: Result<()>, word: &str| {
        let error = result.unwrap_err();
        assert!(exit::code(&error) == 2 && exit::one_line(&error).contains(word), "{error}");
    };
    usage(check_length(0), "--length 0");
    usage(check_end(&PlaceArgs { address: u64::MAX - 1, ..place.clone() }, 3), "lower --address");
    check_end(&PlaceArgs { address: u64::MAX - 1, ..place.clone() }, 2).unwrap();
    usage(check_fragment(&PlaceArgs { fragment: 0, ..place.clone() }), "--fragment 0");
    usage(check_fragment(&PlaceArgs { fragment: 1 << 24, ..place }), "16777215");
}
