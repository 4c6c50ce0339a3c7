use std::cell::RefCell;

use super::*;
use crate::config_space::Build;
use crate::tlp::{Header, Pool};
use Direction::{ToCard, ToHost};

thread_local! {
    static STOPPED: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

fn record(text: &str) {
    STOPPED.with_borrow_mut(|stopped| stopped.push(text.into()));
}

#[test]
fn a_log_names_what_it_shows() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tlps");
    let options = Options::parse(&format!(
        "sim:tlps={},break=down-mwr@bar0+0x20000#1,break=down-mwr#2",
        path.display()
    ))
    .unwrap();
    let mut analyser = Analyser::new(&options).unwrap().unwrap();
    analyser.stop = record;
    let mut queues = Queues::new();
    for (offset, value) in [(0x10008, 0x5000), (0x10010, 0x707), (0x10000, 1)] {
        queues.write(offset, value);
    }
    let mut config = ConfigSpace::new(&options, Build { vectors: 1, user_registers: false });
    config.firmware();
    let around = Surroundings { config: &config, queues: &queues };
    let mut pool = Pool::default();
    let mut see = |now, direction, hdr: Header, payload: &[u32]| {
        let mut tlp = pool.take(hdr);
        tlp.data[..payload.len()].copy_from_slice(payload);
        tlp.len = payload.len();
        analyser.on_wire(now, direction, &tlp, around);
        if analyser.settle().unwrap() {
            analyser.stop(None);
            let written = std::fs::read_to_string(&path).unwrap();
            assert!(
                written.lines().last().unwrap().ends_with("doorbell, producer"),
                "not complete: {written}"
            );
        }
    };
    let request = |write, tag, address, dws: usize| {
        Header::memory(write, 0x100, tag, address, dws, (15, if dws > 1 { 15 } else { 0 }))
    };
    see(1, ToCard, request(false, 3, 0xE000_0040, 1), &[]);
    see(20, ToHost, Header::completion(0x100, 0, 3, 0, 4, 0x40, 1, 0), &[0x1234]);
    see(30, ToCard, request(true, 0, 0xE002_0000, 1), &[7]);
    see(31, ToCard, request(true, 0, 0xE002_0000, 1), &[8]);
    see(40, ToHost, request(false, 0, 0x5010, 8), &[]);
    see(41, ToHost, request(false, 9, 0x9000, 128), &[]);
    see(140, ToCard, Header::completion(0, 0x100, 9, 0, 512, 0, 16, 0), &[1; 16]);
    see(200, ToHost, request(true, 0, 0x1_0000_0000, 4), &[1, 2, 3, 4]);
    see(210, ToHost, request(true, 0, 0xFEE0_0000, 1), &[0x21]);
    analyser.configured(220, CfgPins { bus_master: true, mps: 1, ..CfgPins::default() });
    let text = std::fs::read_to_string(&path).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let is = |at: usize, begin: &str, end: &str| {
        assert!(lines[at].trim_start().starts_with(begin) && lines[at].ends_with(end), "{}", lines[at]);
    };
    is(0, "#", "what it is about");
    is(1, "1          4 down MRd32 1 DW at 0xe0000040", "attr 000 ; SCRATCH");
    is(2, "20         80 up   CplD 1 DW status SC", "attr 000 | 00001234 ; SCRATCH");
    is(3, "30        120 down MWr32", "| 00000007 ; H2C0 doorbell, producer");
    is(5, "40        160 up   MRd32 8 DW at 0x5010", "; descriptors of H2C0");
    is(6, "41        164 up   MRd32 128 DW", "; data");
    is(7, "140        560 down CplD 16 DW", "00000001 and 8 DW ; data");
    is(8, "200        800 up   MWr64 4 DW", "| 00000001 00000002 00000003 00000004 ; data");
    is(9, "210        840 up   MWr32 1 DW", "; interrupt, vector 1");
    is(10, "220        880 config", "config bus mastering on, Max_Payload_Size 256");
    let stopped = STOPPED.take();
    assert_eq!(stopped.len(), 2, "{stopped:?}");
    assert!(stopped[0].contains("| 00000007 ; H2C0 doorbell"), "{stopped:?}");
    assert!(stopped[1].contains("| 00000008 ; H2C0 doorbell"), "{stopped:?}");
}

#[test]
fn a_log_that_cannot_be_written_is_an_error() {
    let options = Options { tlps: Some("/nowhere/tlps".into()), ..Options::default() };
    assert!(Analyser::new(&options).err().unwrap().contains("/nowhere/tlps"));
    // What is written there is refused.
    let options = Options { tlps: Some("/dev/full".into()), ..Options::default() };
    let mut analyser = Analyser::new(&options).unwrap().unwrap();
    assert!(analyser.settle().unwrap_err().contains("/dev/full"));
    assert!(Analyser::new(&Options::default()).unwrap().is_none());
}
