//! One illegal TLP of each kind goes straight into the checker, and each is found with its own rule.

use std::sync::Arc;

use ferrolane::memory::Memory;
use ferrolane::transport::DmaAccess;
use ferrolane_abi::completion::Completion;
use ferrolane_abi::{doorbell, map, regs};
use ferrolane_sim::checker::violation::Stream;
use ferrolane_sim::checker::{Checker, GRACE, RESET_SETTLE};
use ferrolane_sim::config_space::{BAR0_BASE, CARD_ID};
use ferrolane_sim::credit::Credits;
use ferrolane_sim::iommu::Iommu;
use ferrolane_sim::options::{FaultPolicy, IovaRange};
use ferrolane_sim::pins::{Beat, CfgPins, Inputs, Outputs, DEFAULT_LANES, MAX_LANES};
use ferrolane_sim::tlp::{Class, Header, Pool};
use ferrolane_sim::{Report, Violation};

const MAPPED: u64 = 0x10_0000;
const HIGH: u64 = 0x1_0000_0000;
const RING: u64 = MAPPED + 0x1000;
const DESCRIPTORS: u64 = MAPPED + 0x2000;

struct Bench {
    checker: Checker,
    iommu: Iommu,
    pool: Pool,
    now: u64,
    seq: u8,
    cfg: CfgPins,
}

fn memory() -> Arc<Memory> {
    Arc::new(Memory::new(memmap2::MmapOptions::new().len(0x4000).map_anon().unwrap().into()))
}

impl Bench {
    fn new() -> Self {
        let mut iommu = Iommu::new(IovaRange::Both);
        iommu.map(memory(), 0..0x4000, MAPPED, DmaAccess::Both).unwrap();
        iommu.map(memory(), 0..0x4000, HIGH, DmaAccess::DeviceReads).unwrap();
        let granted = Credits { header: [4, 4, 0], data: [32, 4, 0] };
        let mut bench = Bench {
            checker: Checker::new(granted, FaultPolicy::Fail, DEFAULT_LANES),
            iommu,
            pool: Pool::default(),
            now: 10_000,
            seq: 0,
            cfg: CfgPins {
                link_up: true,
                requester_id: CARD_ID,
                mps: 1,
                mrrs: 2,
                ext_tag: true,
                bus_master: true,
                d0: true,
                msix_enable: true,
                ..CfgPins::default()
            },
        };
        bench.configure(bench.cfg);
        bench
    }

    /// A configuration that has been there for long.
    fn configure(&mut self, cfg: CfgPins) {
        self.cfg = cfg;
        self.checker.configure(cfg, self.now);
        self.now += 2 * GRACE;
    }

    /// One clock with this beat on a stream.
    fn beat(&mut self, stream: Stream, beat: Beat, ready: bool) -> Result<(), Report> {
        let inputs =
            Inputs { tx_wr_ready: ready, tx_rd_ready: ready, tx_cpl_ready: ready, ..Inputs::default() };
        let mut outputs = Outputs { tx_wr_seq: self.seq, rx_cpl_ready: true, ..Outputs::default() };
        match stream {
            Stream::Write => outputs.tx_wr = beat,
            Stream::Read => outputs.tx_rd = beat,
            Stream::Completion => outputs.tx_cpl = beat,
        }
        self.clock(&inputs, &outputs)
    }

    fn clock(&mut self, inputs: &Inputs, outputs: &Outputs) -> Result<(), Report> {
        self.now += 1;
        let sent = self.checker.clock(inputs, outputs, self.now, &mut self.pool).map_err(|report| *report)?;
        for (stream, tlp) in [Stream::Write, Stream::Read, Stream::Completion].into_iter().zip(sent) {
            if let Some(tlp) = tlp {
                if stream == Stream::Write {
                    self.seq = (self.seq + 1) & 63;
                }
                self.checker.judge(stream, &tlp, &mut self.iommu, self.now).map_err(|report| *report)?;
            }
        }
        Ok(())
    }

    /// A whole TLP, every beat accepted at once.
    fn send(&mut self, stream: Stream, hdr: Header, payload: &[u32]) -> Result<(), Report> {
        for beat in beats(hdr, payload) {
            self.beat(stream, beat, true)?;
        }
        Ok(())
    }

    fn write(&mut self, hdr: Header) -> Result<(), Report> {
        self.send(Stream::Write, hdr, &vec![0x55; hdr.payload_dws()])
    }

    fn read(&mut self, hdr: Header) -> Result<(), Report> {
        self.send(Stream::Read, hdr, &[])
    }

    /// The host writes a register.
    fn register(&mut self, offset: u64, value: u32) {
        let mut tlp = self.pool.take(Header::memory(true, 0, 0, BAR0_BASE + offset, 1, (15, 0)));
        tlp.data[0] = value;
        tlp.len = 1;
        self.checker.host_request(&tlp, BAR0_BASE, self.now);
        self.now += 2 * GRACE;
    }

    /// The card gets a completion for its read.
    fn reply(&mut self, tag: u16, left: u32, payload: &[u32]) {
        let mut tlp = self.pool.take(Header::completion(0, CARD_ID, tag, 0, left, 0, payload.len(), 0));
        tlp.data[..payload.len()].copy_from_slice(payload);
        tlp.len = payload.len();
        self.checker.delivered(&tlp, self.now);
    }

    /// The host reads the BAR with tag 5.
    fn host_read(&mut self, offset: u64, dws: usize, be: (u8, u8)) {
        let tlp = self.pool.take(Header::memory(false, 0, 5, BAR0_BASE + offset, dws, be));
        self.checker.host_request(&tlp, BAR0_BASE, self.now);
    }

    /// H2C queue 1 runs with 4 records at [`RING`] and vector 2; vector 2 is set up.
    fn queue(&mut self) {
        let block = map::queue_regs(map::Direction::H2c, 1);
        let at = |register: &ferrolane_abi::table::Register| block + u64::from(register.offset);
        self.register(at(&regs::queue::RING_BASE_LO), DESCRIPTORS as u32);
        self.register(at(&regs::queue::CPL_BASE_LO), RING as u32);
        self.register(at(&regs::queue::RING_SIZE), 2 << 8 | 2);
        self.register(at(&regs::queue::VECTOR), 2);
        self.register(at(&regs::queue::CTRL), 1);
        for (i, word) in [0xFEE0_0000, 0, 0x22, 0].into_iter().enumerate() {
            self.register(map::MSIX_TABLE_PAGE + 32 + 4 * i as u64, word);
        }
    }

    fn doorbell(&mut self, consumer: u32, arm: bool) {
        let at = map::queue_doorbell(map::Direction::H2c, 1);
        self.register(at + 4, doorbell::upper(consumer, arm));
    }

    fn record(&mut self, index: u32) -> Result<(), Report> {
        let hdr = mem(true, RING + 16 * u64::from(index % 4), 4, 15, 15);
        self.send(Stream::Write, hdr, &record(index))
    }

    fn interrupt(&mut self, data: u32) -> Result<(), Report> {
        self.send(Stream::Write, mem(true, 0xFEE0_0000, 1, 15, 0), &[data])
    }
}

fn beats(hdr: Header, payload: &[u32]) -> Vec<Beat> {
    let count = payload.len().div_ceil(4).max(1);
    (0..count)
        .map(|i| {
            let lanes = &payload[4 * i..(4 * i + 4).min(payload.len())];
            let mut data = [0xBAD0_BAD0; MAX_LANES];
            data[..lanes.len()].copy_from_slice(lanes);
            Beat {
                valid: true,
                first: i == 0,
                last: i + 1 == count,
                error: false,
                keep: ((1u32 << lanes.len()) - 1) as u8,
                hdr: if i == 0 { hdr.0 } else { [!0; 4] },
                data,
            }
        })
        .collect()
}

fn mem(write: bool, addr: u64, dws: usize, first: u8, last: u8) -> Header {
    Header::memory(write, CARD_ID, 9, addr, dws, (first, last))
}

fn record(index: u32) -> [u32; 4] {
    let record =
        Completion { index, phase: (index / 4).is_multiple_of(2), queue: 1, ..Completion::default() };
    [0, 0, index, record.dw3()]
}

/// Sets bits in DW0.
fn with(hdr: Header, bits: u32) -> Header {
    Header([hdr.0[0] | bits, hdr.0[1], hdr.0[2], hdr.0[3]])
}

#[track_caller]
fn is(result: Result<(), Report>, violation: Violation) {
    let report = result.expect_err("accepted");
    assert_eq!(report.violation, violation, "{report}");
    let text = report.to_string();
    assert!(text.contains(violation.rule()) && text.contains(&report.detail), "{text}");
}

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

fn beats_of(hdr: Header) -> Vec<Beat> {
    beats(hdr, &vec![0x55; hdr.payload_dws()])
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

#[test]
fn interrupts() {
    use Violation as V;
    let armed = || {
        let mut b = Bench::new();
        b.queue();
        b.doorbell(0, true);
        b.record(0).unwrap();
        b
    };
    armed().interrupt(0x22).unwrap();
    is(armed().send(Stream::Write, mem(true, 0xFEE0_0000, 2, 15, 15), &[0x22, 0]), V::MsixForm);
    is(armed().send(Stream::Write, mem(true, 0xFEE0_0000, 1, 3, 0), &[0x22]), V::MsixForm);
    let mut b = armed();
    b.configure(CfgPins { ro_enable: true, ..b.cfg });
    is(b.send(Stream::Write, with(mem(true, 0xFEE0_0000, 1, 15, 0), 2 << 12), &[0x22]), V::MsixForm);
    is(armed().interrupt(0x23), V::MsixUnknown);
    is(armed().send(Stream::Write, mem(true, 0xFEE0_1000, 1, 15, 0), &[0x22]), V::MsixUnknown);
    let mut b = armed();
    b.configure(CfgPins { msix_enable: false, ..b.cfg });
    is(b.interrupt(0x22), V::MsixDisabled);
    let mut b = armed();
    b.configure(CfgPins { msix_mask: true, ..b.cfg });
    is(b.interrupt(0x22), V::MsixDisabled);
    let mut b = armed();
    b.register(map::MSIX_TABLE_PAGE + 32 + 12, 1);
    is(b.interrupt(0x22), V::MsixMasked);
    // twice for one record; without ARM; before the record; nothing new since the index given
    let mut b = armed();
    b.interrupt(0x22).unwrap();
    is(b.interrupt(0x22), V::InterruptBeforeRecord);
    let mut b = Bench::new();
    b.queue();
    b.record(0).unwrap();
    is(b.interrupt(0x22), V::InterruptBeforeRecord);
    let mut b = Bench::new();
    b.queue();
    b.doorbell(0, true);
    is(b.interrupt(0x22), V::InterruptBeforeRecord);
    let mut b = Bench::new();
    b.queue();
    b.record(0).unwrap();
    b.doorbell(1, true);
    is(b.interrupt(0x22), V::InterruptBeforeRecord);
    // ARM with a record that is there already
    let mut b = Bench::new();
    b.queue();
    b.record(0).unwrap();
    b.doorbell(0, true);
    b.interrupt(0x22).unwrap();
}

#[test]
fn a_descriptor_may_ask_for_an_interrupt() {
    let fetched = |flags: u8| {
        let mut b = Bench::new();
        b.queue();
        b.read(mem(false, DESCRIPTORS, 8, 15, 15)).unwrap();
        b.reply(9, 32, &[0x10_0000, 0, 64, 0, 0x10_0000, 0, 64 | u32::from(flags) << 24, 0]);
        b
    };
    let mut b = fetched(ferrolane_abi::descriptor::IRQ);
    is(b.interrupt(0x22), Violation::InterruptBeforeRecord);
    let mut b = fetched(ferrolane_abi::descriptor::IRQ);
    b.record(0).unwrap();
    b.interrupt(0x22).unwrap();
    is(b.interrupt(0x22), Violation::InterruptBeforeRecord);
    let mut b = fetched(ferrolane_abi::descriptor::EOP);
    b.record(0).unwrap();
    is(b.interrupt(0x22), Violation::InterruptBeforeRecord);
}

#[test]
fn a_descriptor_from_the_host_may_ask_for_an_interrupt() {
    use map::{queue_push, queue_regs, Direction::H2c};
    let irq = u32::from(ferrolane_abi::descriptor::IRQ);
    let (mode, go) = (regs::queue::MODE.offset, regs::queue::FEED_GO.offset);
    let asked = |writes: &[(u64, u32)]| {
        let mut b = Bench::new();
        b.queue();
        for (at, value) in writes {
            b.register(*at, *value);
        }
        b.record(0).unwrap();
        b.interrupt(0x22)
    };
    let of = |offset: u32| queue_regs(H2c, 1) + u64::from(offset);
    asked(&[(queue_push(H2c, 1) + 24, irq << 24)]).unwrap();
    asked(&[(of(go), irq)]).unwrap();
    asked(&[(of(mode), 1), (of(go), 0)]).unwrap();
    for none in [(queue_push(H2c, 1) + 28, irq << 24), (queue_push(H2c, 0) + 24, irq << 24), (of(go), 2)] {
        is(asked(&[none]), Violation::InterruptBeforeRecord);
    }
}

#[test]
fn records() {
    use Violation as V;
    let mut b = Bench::new();
    b.queue();
    for index in 0..4 {
        b.record(index).unwrap();
    }
    b.doorbell(4, false);
    b.record(4).unwrap();
    let started = || {
        let mut b = Bench::new();
        b.queue();
        b
    };
    is(started().send(Stream::Write, mem(true, RING, 2, 15, 15), &record(0)[..2]), V::RecordForm);
    is(started().send(Stream::Write, mem(true, RING, 4, 15, 7), &record(0)), V::RecordForm);
    let mut b = started();
    b.configure(CfgPins { ro_enable: true, ..b.cfg });
    is(b.send(Stream::Write, with(mem(true, RING, 4, 15, 15), 2 << 12), &record(0)), V::RecordForm);
    is(started().record(1), V::RecordOrder);
    let mut wrong_phase = record(0);
    wrong_phase[3] ^= 1 << 31;
    is(started().send(Stream::Write, mem(true, RING, 4, 15, 15), &wrong_phase), V::RecordOrder);
    let mut wrong_queue = record(0);
    wrong_queue[3] ^= 1 << 8;
    is(started().send(Stream::Write, mem(true, RING, 4, 15, 15), &wrong_queue), V::RecordOrder);
    let mut b = started();
    for index in 0..4 {
        b.record(index).unwrap();
    }
    is(b.record(4), V::RecordOverrun);
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
