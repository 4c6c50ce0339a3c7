//! A card in plain Rust: a few registers, an MSI-X table and a copy engine.

use std::collections::{BTreeMap, VecDeque};

use ferrolane_abi::{map, regs};
use ferrolane_sim::config_space::CARD_ID;
use ferrolane_sim::pins::{Beat, CardModel, Inputs, Outputs, DEFAULT_LANES, MAX_LANES};
use ferrolane_sim::tlp::Header;

/// MSI-X vectors that it has.
pub const VECTORS: u32 = 5;
/// Registers of the copy engine, BAR offsets.
pub const SOURCE: u64 = 0x7000;
pub const TARGET: u64 = 0x7008;
pub const LENGTH: u64 = 0x7010;
/// Bit 0 reads the source, bit 1 writes the target, bits 15:8 the vector that tells the end; 0 is none.
pub const GO: u64 = 0x7014;
/// Copies done.
pub const DONE: u64 = 0x7018;
/// Error completions received.
pub const REFUSED: u64 = 0x701C;
/// Do something wrong; see [`FakeCard::misbehave`].
pub const WRONG: u64 = 0x7020;
/// Posted writes seen when the last read came, for tests of ordering.
pub const WRITES: u64 = 0x7024;

#[derive(Default)]
struct Sender {
    lanes: usize,
    queue: VecDeque<Beat>,
    tlps: VecDeque<u8>,
}

impl Sender {
    fn push(&mut self, hdr: Header, payload: &[u32], seq: u8) {
        let count = payload.len().div_ceil(self.lanes).max(1);
        for i in 0..count {
            let lanes = &payload[self.lanes * i..(self.lanes * (i + 1)).min(payload.len())];
            let mut data = [0; MAX_LANES];
            data[..lanes.len()].copy_from_slice(lanes);
            let (first, last) = (i == 0, i + 1 == count);
            let keep = ((1u32 << lanes.len()) - 1) as u8;
            let hdr = if first { hdr.0 } else { [0; 4] };
            self.queue.push_back(Beat { valid: true, first, last, error: false, keep, hdr, data });
        }
        self.tlps.push_back(seq);
    }

    fn offer(&self) -> Beat {
        self.queue.front().copied().unwrap_or_default()
    }

    fn moved(&mut self, ready: bool) {
        if ready && self.queue.pop_front().is_some_and(|beat| beat.last) {
            self.tlps.pop_front();
        }
    }
}

#[derive(Clone, Copy)]
struct Request {
    at: usize,
    len: usize,
    got: usize,
}

#[derive(Default)]
pub struct FakeCard {
    registers: BTreeMap<u64, u32>,
    table: [[u32; 4]; VECTORS as usize],
    wr: Sender,
    rd: Sender,
    cpl: Sender,
    seq: u8,
    /// The request whose payload comes in.
    rx: Option<(Header, Vec<u32>)>,
    rx_cpl: Option<(Header, Vec<u32>)>,
    /// Copy engine.
    busy: bool,
    data: Vec<u8>,
    asked: usize,
    written: usize,
    requests: VecDeque<(u16, Request)>,
    tags: Vec<bool>,
    next_tag: usize,
    flr: u32,
    /// It never answers reads.
    pub mute: bool,
    /// It lets one read in for every so many clocks.
    pub np_every: u64,
    clock: u64,
}

impl FakeCard {
    pub fn new() -> Self {
        Self::with_lanes(DEFAULT_LANES)
    }

    /// With a port of so many DWORDs.
    pub fn with_lanes(lanes: usize) -> Self {
        let sender = || Sender { lanes, ..Sender::default() };
        let (wr, rd, cpl) = (sender(), sender(), sender());
        let mut card = FakeCard { tags: vec![false; 64], wr, rd, cpl, ..FakeCard::default() };
        card.power_up();
        card
    }

    fn power_up(&mut self) {
        self.registers.clear();
        self.registers.insert(regs::global::PARAM_QUEUES.offset.into(), VECTORS << 16 | 4 << 8 | 4);
        self.table = [[0, 0, 0, 1]; VECTORS as usize];
        self.busy = false;
    }

    fn register(&self, offset: u64) -> u64 {
        u64::from(self.registers.get(&offset).copied().unwrap_or(0))
    }

    fn wide(&self, offset: u64) -> u64 {
        self.register(offset) | self.register(offset + 4) << 32
    }

    fn push_write(&mut self, hdr: Header, payload: &[u32]) {
        self.wr.push(hdr, payload, self.seq);
        self.seq = (self.seq + 1) & 63;
    }

    fn host_write(&mut self, offset: u64, value: u32, i: &Inputs) {
        if let Some(at) = offset.checked_sub(map::MSIX_TABLE_PAGE).filter(|at| *at < 16 * u64::from(VECTORS))
        {
            self.table[at as usize / 16][at as usize % 16 / 4] = value;
            return;
        }
        *self.registers.entry(WRITES).or_default() += 1;
        self.registers.insert(offset, value);
        if offset == GO && value != 0 {
            self.busy = true;
            self.data = vec![0xA5; self.register(LENGTH) as usize];
            (self.asked, self.written) = (0, 0);
            if value & 1 == 0 {
                self.data.iter_mut().enumerate().for_each(|(i, byte)| *byte = (i * 7 + 1) as u8);
                self.asked = self.data.len();
            }
        }
        if offset == WRONG {
            self.misbehave(value, i);
        }
    }

    fn misbehave(&mut self, what: u32, i: &Inputs) {
        let at = self.wide(TARGET);
        match what {
            // larger than Max_Payload_Size
            1 => {
                let dws = (128 << i.cfg.mps) / 4 + 1;
                self.push_write(Header::memory(true, CARD_ID, 0, at, dws, (15, 15)), &vec![0; dws]);
            }
            // an interrupt out of nowhere
            2 => self.push_write(Header::memory(true, CARD_ID, 0, 0xFEE0_0000, 1, (15, 0)), &[0x99]),
            other => panic!("no misbehaviour {other}"),
        }
    }

    fn host_read(&mut self, hdr: &Header) {
        if self.mute {
            return;
        }
        let base = hdr.address() & (map::BAR0_BYTES - 1);
        let value = |at: u64| match at.checked_sub(map::MSIX_TABLE_PAGE) {
            Some(entry) if entry < 16 * u64::from(VECTORS) => {
                self.table[entry as usize / 16][entry as usize % 16 / 4]
            }
            _ => self.register(at) as u32,
        };
        let payload: Vec<u32> = (0..hdr.length() as u64).map(|i| value(base + 4 * i)).collect();
        let (to, tag, bytes) = (hdr.requester(), hdr.tag(), 4 * payload.len() as u32);
        let cpl =
            Header::completion(CARD_ID, to, tag, 0, bytes, (base & 0x7F) as u8, payload.len(), hdr.attr());
        self.cpl.push(cpl, &payload, 0);
    }

    fn request(&mut self, i: &Inputs) {
        let beat = &i.rx_req;
        if beat.first {
            self.rx = Some((Header(beat.hdr), Vec::new()));
        }
        let Some((hdr, payload)) = &mut self.rx else { panic!("a beat before its first") };
        payload.extend(&beat.data[..beat.keep.count_ones() as usize]);
        if beat.last {
            let (hdr, payload) = (*hdr, std::mem::take(payload));
            assert_eq!(payload.len(), hdr.payload_dws());
            self.rx = None;
            let base = hdr.address() & (map::BAR0_BYTES - 1);
            if hdr.has_data() {
                for (n, value) in payload.iter().enumerate() {
                    self.host_write(base + 4 * n as u64, *value, i);
                }
            } else {
                self.host_read(&hdr);
            }
        }
    }

    fn completion(&mut self, beat: &Beat) {
        if beat.first {
            self.rx_cpl = Some((Header(beat.hdr), Vec::new()));
        }
        let Some((hdr, payload)) = &mut self.rx_cpl else { panic!("a beat before its first") };
        payload.extend(&beat.data[..beat.keep.count_ones() as usize]);
        if !beat.last {
            return;
        }
        let (hdr, payload) = (*hdr, std::mem::take(payload));
        self.rx_cpl = None;
        let (_, request) =
            self.requests.iter_mut().find(|(tag, _)| *tag == hdr.tag()).expect("a completion for nothing");
        let mut refused = 0;
        if hdr.status() == 0 {
            let bytes: Vec<u8> = payload.iter().flat_map(|dw| dw.to_le_bytes()).collect();
            let skip = usize::from(hdr.lower_address() & 3);
            let count = (bytes.len() - skip).min(request.len - request.got);
            assert_eq!(hdr.byte_count() as usize, request.len - request.got, "byte count");
            let at = request.at + request.got;
            self.data[at..at + count].copy_from_slice(&bytes[skip..skip + count]);
            request.got += count;
        } else {
            request.got = request.len;
            refused = 1;
        }
        *self.registers.entry(REFUSED).or_default() += refused;
    }

    /// One step of the copy engine.
    fn work(&mut self, i: &Inputs) {
        let (mrrs, mps) = (128usize << i.cfg.mrrs, 128usize << i.cfg.mps);
        let len = self.data.len();
        let go = self.register(GO);
        if self.asked < len && self.rd.tlps.len() < 2 && !self.tags[self.next_tag] && i.cfg.bus_master {
            let address = self.wide(SOURCE) + self.asked as u64;
            let count = (mrrs - address as usize % mrrs).min(len - self.asked);
            self.rd.push(span(false, self.next_tag as u16, address, count), &[], 0);
            self.tags[self.next_tag] = true;
            let request = Request { at: self.asked, len: count, got: 0 };
            self.requests.push_back((self.next_tag as u16, request));
            self.next_tag = (self.next_tag + 1) % if i.cfg.ext_tag { self.tags.len() } else { 32 };
            self.asked += count;
        }
        while self.requests.front().is_some_and(|(_, request)| request.got == request.len) {
            let (tag, _) = self.requests.pop_front().unwrap();
            self.tags[usize::from(tag)] = false;
        }
        let ready = self.requests.front().map_or(self.asked, |(_, request)| request.at);
        let target = self.wide(TARGET) + self.written as u64;
        let count = (mps - target as usize % mps).min(len - self.written);
        if go & 2 == 0 {
            self.written = ready;
        } else if self.wr.tlps.len() < 2 && self.written + count <= ready && count > 0 {
            let hdr = span(true, 0, target, count);
            let mut bytes = vec![0; target as usize & 3];
            bytes.extend(&self.data[self.written..self.written + count]);
            bytes.resize(4 * hdr.length(), 0);
            let payload: Vec<u32> =
                bytes.chunks_exact(4).map(|c| u32::from_le_bytes(c.try_into().unwrap())).collect();
            self.push_write(hdr, &payload);
            self.written += count;
        }
        // A read that sees the end is answered on another stream: it must not overtake the last write.
        let all_out = go & 2 == 0 || self.wr.tlps.is_empty();
        if self.written == len && ready == len && self.requests.is_empty() && all_out {
            self.busy = false;
            *self.registers.entry(DONE).or_default() += 1;
            let vector = go as usize >> 8 & 0xFF;
            if vector != 0 && i.cfg.msix_enable {
                let [low, high, data, _] = self.table[vector];
                let to = u64::from(low) | u64::from(high) << 32;
                self.push_write(Header::memory(true, CARD_ID, 0, to, 1, (15, 0)), &[data]);
            }
        }
    }
}

/// A request for `count` bytes at any address.
fn span(write: bool, tag: u16, address: u64, count: usize) -> Header {
    let skip = (address & 3) as usize;
    let dws = (skip + count).div_ceil(4);
    let first = 0xF << skip & 0xF;
    let last = 0xF >> (4 * dws - skip - count);
    let be = if dws == 1 { (first & last, 0) } else { (first, last) };
    Header::memory(write, CARD_ID, tag, address, dws, be)
}

impl CardModel for FakeCard {
    fn lanes(&self) -> usize {
        self.wr.lanes
    }

    fn step(&mut self, i: &Inputs, o: &mut Outputs) -> Result<(), String> {
        self.clock += 1;
        *o = Outputs::default();
        if i.rst {
            return Ok(());
        }
        o.tx_wr = self.wr.offer();
        o.tx_wr_seq = self.wr.tlps.front().copied().unwrap_or(0);
        o.tx_rd = self.rd.offer();
        o.tx_cpl = self.cpl.offer();
        o.rx_req_ready = true;
        o.rx_np_ok =
            self.cpl.tlps.len() < 2 && (self.np_every == 0 || self.clock.is_multiple_of(self.np_every));
        o.rx_cpl_ready = true;
        o.cfg_trans_pending = !self.requests.is_empty();
        o.cfg_flr_ack = self.flr == 20;
        self.wr.moved(i.tx_wr_ready);
        self.rd.moved(i.tx_rd_ready);
        self.cpl.moved(i.tx_cpl_ready);
        if i.rx_req.valid {
            self.request(i);
        }
        if i.rx_cpl.valid {
            self.completion(&i.rx_cpl);
        }
        if self.busy {
            self.work(i);
        }
        self.flr = if i.cfg_flr_request { self.flr + 1 } else { 0 };
        if self.flr == 20 {
            self.power_up();
        }
        Ok(())
    }
}
