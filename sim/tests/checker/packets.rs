//! What a TLP must be like, whatever it carries.

use ferrolane_sim::checker::violation::Stream;
use ferrolane_sim::checker::GRACE;
use ferrolane_sim::checker::RESET_SETTLE;
use ferrolane_sim::config_space::CARD_ID;
use ferrolane_sim::pins::Beat;
use ferrolane_sim::pins::CfgPins;
use ferrolane_sim::pins::Inputs;
use ferrolane_sim::pins::Outputs;
use ferrolane_sim::tlp::Class;
use ferrolane_sim::tlp::Header;
use ferrolane_sim::Violation;

use crate::bench::{beats_of, is, mem, with, Bench, HIGH, MAPPED};

#[test]
fn beat_protocol() {
    use Violation as V;
    let hdr = mem(true, MAPPED, 8, 15, 15);
    let good = beats_of(hdr);
    // valid drops: before ready, and inside a TLP
    let mut b = Bench::new();
    b.beat(Stream::Write, good[0], false).unwrap();
    is(b.beat(Stream::Write, Beat::default(), true), V::ValidDropped);
    let mut b = Bench::new();
    b.beat(Stream::Write, good[0], true).unwrap();
    is(b.beat(Stream::Write, Beat::default(), true), V::ValidDropped);
    // a waiting beat changes, in each of its parts
    let changes: [fn(&mut Beat); 4] =
        [|beat| beat.data[1] ^= 1, |beat| beat.hdr[2] ^= 4, |beat| beat.keep = 7, |beat| beat.last = true];
    for change in changes {
        let mut b = Bench::new();
        let mut beat = good[0];
        b.beat(Stream::Write, beat, false).unwrap();
        change(&mut beat);
        is(b.beat(Stream::Write, beat, true), V::Unstable);
    }
    let mut b = Bench::new();
    b.beat(Stream::Write, good[0], false).unwrap();
    b.seq += 1;
    is(b.beat(Stream::Write, good[0], true), V::Unstable);
    // unused lanes and the header behind the first beat may change
    let mut b = Bench::new();
    let mut short = beats_of(mem(true, MAPPED, 1, 15, 0))[0];
    b.beat(Stream::Write, short, false).unwrap();
    short.data[3] ^= 1;
    b.beat(Stream::Write, short, true).unwrap();
    // first
    is(Bench::new().beat(Stream::Write, Beat { first: false, ..good[0] }, true), V::FirstFlag);
    let mut b = Bench::new();
    b.beat(Stream::Write, good[0], true).unwrap();
    is(b.beat(Stream::Write, good[0], true), V::FirstFlag);
    // length
    is(Bench::new().beat(Stream::Write, Beat { last: true, ..good[0] }, true), V::PayloadShort);
    let mut b = Bench::new();
    b.beat(Stream::Write, good[0], true).unwrap();
    is(b.beat(Stream::Write, Beat { last: false, ..good[1] }, true), V::PayloadLong);
    // keep
    is(Bench::new().beat(Stream::Write, Beat { keep: 7, ..good[0] }, true), V::Keep);
    let read = beats_of(mem(false, MAPPED, 8, 15, 15))[0];
    is(Bench::new().beat(Stream::Read, Beat { keep: 1, ..read }, true), V::Keep);
    // 3-DW header with something in DW3
    let padded = Header([hdr.0[0], hdr.0[1], hdr.0[2], 1]);
    is(Bench::new().beat(Stream::Write, beats_of(padded)[0], true), V::HeaderPadding);
    // numbers
    let mut b = Bench::new();
    b.write(hdr).unwrap();
    b.seq = 5;
    is(b.write(hdr), V::Sequence);
    // completions to the card are always taken
    let inputs = Inputs { rx_cpl: read, ..Inputs::default() };
    is(Bench::new().clock(&inputs, &Outputs::default()), V::CompletionNotTaken);
    // reset
    let (inputs, outputs) =
        (Inputs { rst: true, ..Inputs::default() }, Outputs { tx_rd: read, ..Outputs::default() });
    let mut b = Bench::new();
    for _ in 0..RESET_SETTLE {
        b.clock(&inputs, &outputs).unwrap();
    }
    is(b.clock(&inputs, &outputs), V::InReset);
}

#[test]
fn nullified_writes_only_count() {
    let mut b = Bench::new();
    let mut beat = beats_of(mem(true, 0x7FFF_0000, 1, 15, 0))[0];
    beat.error = true;
    b.beat(Stream::Write, beat, true).unwrap();
    b.write(mem(true, MAPPED, 1, 15, 0)).unwrap();
}

#[test]
fn types_belong_to_streams() {
    use Violation::FmtType;
    let (write, read) = (mem(true, MAPPED, 4, 15, 15), mem(false, MAPPED, 4, 15, 15));
    is(Bench::new().send(Stream::Read, write, &[0; 4]), FmtType);
    is(Bench::new().send(Stream::Write, read, &[]), FmtType);
    is(Bench::new().send(Stream::Completion, read, &[]), FmtType);
    // configuration read, I/O write, message, prefix
    is(Bench::new().read(Header([0x0400_0001, read.0[1], 0, 0])), FmtType);
    is(Bench::new().write(Header([0x4200_0001, read.0[1], 0, 0])), FmtType);
    is(Bench::new().read(Header([0x3400_0000, read.0[1], 0, 0])), FmtType);
    is(Bench::new().read(Header([0x8000_0001, read.0[1], 0, 0])), FmtType);
}

#[test]
fn header_fields() {
    use Violation as V;
    let write = mem(true, MAPPED, 4, 15, 15);
    for (bits, violation) in [
        (1 << 20, V::TrafficClass),
        (1 << 15, V::Digest),
        (1 << 14, V::Poisoned),
        (1 << 10, V::AddressType),
        (1 << 16, V::Hints),
        (1 << 17, V::Hints),
        (1 << 18, V::IdOrdering),
        (1 << 13, V::RelaxedOrdering),
        (1 << 12, V::NoSnoop),
    ] {
        is(Bench::new().write(with(write, bits)), violation);
    }
    let mut b = Bench::new();
    b.configure(CfgPins { ro_enable: true, ns_enable: true, ..b.cfg });
    b.write(with(write, 3 << 12)).unwrap();
    is(Bench::new().write(Header::memory(true, 0x0200, 0, MAPPED, 4, (15, 15))), V::RequesterId);
    // sizes: Max_Payload_Size 256, Max_Read_Request_Size 512
    is(Bench::new().write(mem(true, MAPPED, 65, 15, 15)), V::PayloadOverMps);
    is(Bench::new().write(mem(true, MAPPED, 1024, 15, 15)), V::PayloadOverMps);
    is(Bench::new().read(mem(false, MAPPED, 129, 15, 15)), V::ReadOverMrrs);
    is(Bench::new().write(mem(true, MAPPED + 0xFFC, 2, 15, 15)), V::Crosses4K);
    is(Bench::new().read(mem(false, MAPPED + 0xF04, 64, 15, 15)), V::Crosses4K);
    // addresses
    let low_in_long = Header([0x6000_0001, u32::from(CARD_ID) << 16 | 15, 0, MAPPED as u32]);
    is(Bench::new().write(low_in_long), V::AddressForm);
    let odd = Header([write.0[0], write.0[1], write.0[2] | 1, 0]);
    is(Bench::new().write(odd), V::AddressBits);
    is(Bench::new().write(mem(true, 0x20_0000, 4, 15, 15)), V::Unmapped);
    is(Bench::new().write(mem(true, HIGH, 4, 15, 15)), V::Unmapped);
    is(Bench::new().read(mem(false, 0x20_0000, 4, 15, 15)), V::Unmapped);
}

#[test]
fn byte_enables() {
    use Violation as V;
    for (dws, first, last, violation) in [
        (1, 15, 15, V::LastByteEnables),
        (1, 0, 1, V::LastByteEnables),
        (2, 15, 0, V::LastByteEnables),
        (8, 15, 0, V::LastByteEnables),
        (2, 0, 15, V::FirstByteEnables),
        (8, 0, 15, V::FirstByteEnables),
        (3, 0b0110, 15, V::SparseByteEnables),
        (3, 15, 0b0110, V::SparseByteEnables),
        (3, 0b0111, 15, V::SparseByteEnables),
        (3, 15, 0b1000, V::SparseByteEnables),
    ] {
        is(Bench::new().write(mem(true, MAPPED, dws, first, last)), violation);
        is(Bench::new().read(mem(false, MAPPED, dws, first, last)), violation);
    }
    // two DWs may have gaps only if aligned to 8 bytes
    is(Bench::new().write(mem(true, MAPPED + 4, 2, 0b0101, 0b1010)), V::SparseByteEnables);
}

#[test]
fn tags() {
    use Violation as V;
    let read = |tag| Header::memory(false, CARD_ID, tag, MAPPED, 4, (15, 15));
    let mut b = Bench::new();
    b.read(read(1)).unwrap();
    b.read(read(2)).unwrap();
    is(b.read(read(1)), V::TagInUse);
    is(Bench::new().read(read(256)), V::TagRange);
    let mut b = Bench::new();
    b.configure(CfgPins { ext_tag: false, ..b.cfg });
    b.read(read(31)).unwrap();
    is(b.read(read(32)), V::TagRange);
}

#[test]
fn bus_master_has_a_grace() {
    let mut b = Bench::new();
    b.checker.configure(CfgPins { bus_master: false, ..b.cfg }, b.now);
    b.write(mem(true, MAPPED, 4, 15, 15)).unwrap();
    b.now += GRACE;
    is(b.write(mem(true, MAPPED, 4, 15, 15)), Violation::BusMaster);
    let mut b = Bench::new();
    b.configure(CfgPins { bus_master: false, ..b.cfg });
    is(b.read(mem(false, MAPPED, 4, 15, 15)), Violation::BusMaster);
    // completions need no bus mastering
    b.host_read(0x40, 1, (15, 0));
    b.send(Stream::Completion, Header::completion(CARD_ID, 0, 5, 0, 4, 0x40, 1, 0), &[7]).unwrap();
}

#[test]
fn credits() {
    let mut b = Bench::new();
    let write = mem(true, MAPPED, 64, 15, 15);
    b.checker.on_wire(Class::Posted, &write, 1).unwrap();
    b.checker.on_wire(Class::Posted, &write, 1).unwrap();
    b.checker.freed(Class::Posted, &write);
    b.checker.on_wire(Class::Posted, &write, 1).unwrap();
    let over = b.checker.on_wire(Class::Posted, &write, 1).map_err(|report| *report);
    is(over, Violation::Credit);
    let mut b = Bench::new();
    let read = mem(false, MAPPED, 4, 15, 15);
    for _ in 0..4 {
        b.checker.on_wire(Class::NonPosted, &read, 1).unwrap();
    }
    is(b.checker.on_wire(Class::NonPosted, &read, 1).map_err(|report| *report), Violation::Credit);
}

#[test]
fn completions() {
    use Violation as V;
    // 200 DW from 0x10 + 1 byte, as far as a host may ask: 799 bytes
    let judge = |hdrs: &[Header]| {
        let mut b = Bench::new();
        b.configure(CfgPins { mps: 3, ..b.cfg });
        b.host_read(0x10, 200, (0b1110, 15));
        hdrs.iter().try_for_each(|hdr| b.send(Stream::Completion, *hdr, &vec![0; hdr.payload_dws()]))
    };
    let whole = Header::completion(CARD_ID, 0, 5, 0, 799, 0x11, 200, 0);
    judge(&[whole]).unwrap();
    let first = Header::completion(CARD_ID, 0, 5, 0, 799, 0x11, 28, 0);
    let second = Header::completion(CARD_ID, 0, 5, 0, 799 - 111, 0, 172, 0);
    judge(&[first, second]).unwrap();
    is(judge(&[whole, whole]), V::CplUnexpected);
    is(judge(&[Header::completion(CARD_ID, 0, 6, 0, 799, 0x11, 200, 0)]), V::CplUnexpected);
    is(judge(&[Header::completion(CARD_ID, 8, 5, 0, 799, 0x11, 200, 0)]), V::CplUnexpected);
    is(judge(&[Header::completion(8, 0, 5, 0, 799, 0x11, 200, 0)]), V::CplCompleterId);
    is(judge(&[Header::completion(CARD_ID, 0, 5, 1, 799, 0x11, 200, 0)]), V::CplStatus);
    is(judge(&[Header::completion(CARD_ID, 0, 5, 0, 799, 0x11, 0, 0)]), V::CplStatus);
    is(judge(&[Header::completion(CARD_ID, 0, 5, 3, 799, 0x11, 0, 0)]), V::CplStatus);
    is(judge(&[Header::completion(CARD_ID, 0, 5, 0, 800, 0x11, 200, 0)]), V::CplByteCount);
    is(judge(&[with(whole, 0), Header([0; 4])]), V::FmtType);
    is(judge(&[Header([whole.0[0], whole.0[1] | 1 << 12, whole.0[2], 0])]), V::CplByteCount);
    is(judge(&[Header::completion(CARD_ID, 0, 5, 0, 799, 0x10, 200, 0)]), V::CplLowerAddress);
    is(judge(&[Header::completion(CARD_ID, 0, 5, 0, 799, 0x11, 201, 0)]), V::CplLength);
    is(judge(&[Header::completion(CARD_ID, 0, 5, 0, 799, 0x11, 12, 0)]), V::CplSplit); // at 64, not 128
    is(judge(&[Header::completion(CARD_ID, 0, 5, 0, 799, 0x11, 200, 2)]), V::CplAttributes);
    judge(&[Header::completion(CARD_ID, 0, 5, 1, 799, 0x11, 0, 0)]).unwrap();
    let mut b = Bench::new();
    b.host_read(0, 100, (15, 15));
    let big = Header::completion(CARD_ID, 0, 5, 0, 400, 0, 100, 0);
    is(b.send(Stream::Completion, big, &[0; 100]), V::PayloadOverMps);
}
