//! One illegal TLP of each kind goes straight into the checker, and each is found with its own rule.

mod bench;
mod packets;
mod records;

use ferrolane_sim::checker::violation::Stream;
use ferrolane_sim::config_space::CARD_ID;
use ferrolane_sim::tlp::Header;

use bench::{mem, Bench, HIGH, MAPPED};

#[test]
fn legal_traffic_passes() {
    let mut b = Bench::new();
    for i in 0..200u64 {
        b.write(mem(true, MAPPED + 256 * (i % 8), 64, 15, 15)).unwrap();
    }
    b.write(mem(true, MAPPED + 3 * 4, 3, 0b1000, 0b0001)).unwrap();
    b.write(mem(true, MAPPED, 2, 0b0101, 0b1010)).unwrap();
    b.write(mem(true, MAPPED, 1, 0b1001, 0)).unwrap();
    b.write(mem(true, MAPPED, 1, 0, 0)).unwrap();
    b.read(mem(false, HIGH, 128, 15, 15)).unwrap();
    b.host_read(0x40, 1, (15, 0));
    let cpl = Header::completion(CARD_ID, 0, 5, 0, 4, 0x40, 1, 0);
    b.send(Stream::Completion, cpl, &[7]).unwrap();
    b.queue();
    b.doorbell(0, true);
    b.record(0).unwrap();
    b.interrupt(0x22).unwrap();
    assert_eq!(b.checker.judged(), 208);
    assert_eq!(b.checker.open_reads(), 1);
    b.reply(9, 512, &[0; 64]);
    assert_eq!(b.checker.open_reads(), 1);
    b.reply(9, 256, &[0; 64]);
    assert_eq!(b.checker.open_reads(), 0);
    b.read(mem(false, HIGH, 128, 15, 15)).unwrap();
}

#[test]
fn a_report_shows_the_packet_and_what_went_before() {
    let mut b = Bench::new();
    b.read(mem(false, MAPPED + 64, 4, 15, 15)).unwrap();
    let report = b.write(mem(true, MAPPED + 0xFF0, 8, 15, 15)).unwrap_err();
    let text = report.to_string();
    for part in ["tx_wr", "Crosses4K", "MWr32 8 DW at 0x100ff0", "payload 00000055", "MRd32 4 DW at 0x100040"]
    {
        assert!(text.contains(part), "{part} is not in\n{text}");
    }
}
