//! The checker alone, with a configuration, a memory map and a packet of any kind.

use std::sync::Arc;

use ferrolane::memory::Memory;
use ferrolane::transport::DmaAccess;
use ferrolane_abi::completion::Completion;
use ferrolane_abi::{doorbell, map, regs};
use ferrolane_sim::checker::violation::Stream;
use ferrolane_sim::checker::{Checker, GRACE};
use ferrolane_sim::config_space::{BAR0_BASE, CARD_ID};
use ferrolane_sim::credit::Credits;
use ferrolane_sim::iommu::Iommu;
use ferrolane_sim::options::{FaultPolicy, IovaRange};
use ferrolane_sim::pins::{Beat, CfgPins, Inputs, Outputs, DEFAULT_LANES, MAX_LANES};
use ferrolane_sim::tlp::{Header, Pool};
use ferrolane_sim::{Report, Violation};

pub const MAPPED: u64 = 0x10_0000;
pub const HIGH: u64 = 0x1_0000_0000;
pub const RING: u64 = MAPPED + 0x1000;
pub const DESCRIPTORS: u64 = MAPPED + 0x2000;

pub struct Bench {
    pub checker: Checker,
    pub iommu: Iommu,
    pub pool: Pool,
    pub now: u64,
    pub seq: u8,
    pub cfg: CfgPins,
}

pub fn memory() -> Arc<Memory> {
    Arc::new(Memory::new(memmap2::MmapOptions::new().len(0x4000).map_anon().unwrap().into()))
}

impl Bench {
    pub fn new() -> Self {
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
    pub fn configure(&mut self, cfg: CfgPins) {
        self.cfg = cfg;
        self.checker.configure(cfg, self.now);
        self.now += 2 * GRACE;
    }

    /// One clock with this beat on a stream.
    pub fn beat(&mut self, stream: Stream, beat: Beat, ready: bool) -> Result<(), Report> {
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

    pub fn clock(&mut self, inputs: &Inputs, outputs: &Outputs) -> Result<(), Report> {
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
    pub fn send(&mut self, stream: Stream, hdr: Header, payload: &[u32]) -> Result<(), Report> {
        for beat in beats(hdr, payload) {
            self.beat(stream, beat, true)?;
        }
        Ok(())
    }

    pub fn write(&mut self, hdr: Header) -> Result<(), Report> {
        self.send(Stream::Write, hdr, &vec![0x55; hdr.payload_dws()])
    }

    pub fn read(&mut self, hdr: Header) -> Result<(), Report> {
        self.send(Stream::Read, hdr, &[])
    }

    /// The host writes a register.
    pub fn register(&mut self, offset: u64, value: u32) {
        let mut tlp = self.pool.take(Header::memory(true, 0, 0, BAR0_BASE + offset, 1, (15, 0)));
        tlp.data[0] = value;
        tlp.len = 1;
        self.checker.host_request(&tlp, BAR0_BASE, self.now);
        self.now += 2 * GRACE;
    }

    /// The card gets a completion for its read.
    pub fn reply(&mut self, tag: u16, left: u32, payload: &[u32]) {
        let mut tlp = self.pool.take(Header::completion(0, CARD_ID, tag, 0, left, 0, payload.len(), 0));
        tlp.data[..payload.len()].copy_from_slice(payload);
        tlp.len = payload.len();
        self.checker.delivered(&tlp, self.now);
    }

    /// The host reads the BAR with tag 5.
    pub fn host_read(&mut self, offset: u64, dws: usize, be: (u8, u8)) {
        let tlp = self.pool.take(Header::memory(false, 0, 5, BAR0_BASE + offset, dws, be));
        self.checker.host_request(&tlp, BAR0_BASE, self.now);
    }

    /// H2C queue 1 runs with 4 records at [`RING`] and vector 2; vector 2 is set up.
    pub fn queue(&mut self) {
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

    pub fn doorbell(&mut self, consumer: u32, arm: bool) {
        let at = map::queue_doorbell(map::Direction::H2c, 1);
        self.register(at + 4, doorbell::upper(consumer, arm));
    }

    pub fn record(&mut self, index: u32) -> Result<(), Report> {
        let hdr = mem(true, RING + 16 * u64::from(index % 4), 4, 15, 15);
        self.send(Stream::Write, hdr, &record(index))
    }

    pub fn interrupt(&mut self, data: u32) -> Result<(), Report> {
        self.send(Stream::Write, mem(true, 0xFEE0_0000, 1, 15, 0), &[data])
    }
}

pub fn beats(hdr: Header, payload: &[u32]) -> Vec<Beat> {
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

pub fn mem(write: bool, addr: u64, dws: usize, first: u8, last: u8) -> Header {
    Header::memory(write, CARD_ID, 9, addr, dws, (first, last))
}

pub fn record(index: u32) -> [u32; 4] {
    let record =
        Completion { index, phase: (index / 4).is_multiple_of(2), queue: 1, ..Completion::default() };
    [0, 0, index, record.dw3()]
}

/// Sets bits in DW0.
pub fn with(hdr: Header, bits: u32) -> Header {
    Header([hdr.0[0] | bits, hdr.0[1], hdr.0[2], hdr.0[3]])
}

#[track_caller]
pub fn is(result: Result<(), Report>, violation: Violation) {
    let report = result.expect_err("accepted");
    assert_eq!(report.violation, violation, "{report}");
    let text = report.to_string();
    assert!(text.contains(violation.rule()) && text.contains(&report.detail), "{text}");
}

pub fn beats_of(hdr: Header) -> Vec<Beat> {
    beats(hdr, &vec![0x55; hdr.payload_dws()])
}
