//! The write side of an AXI4 memory, with every rule of the port checked.

use std::collections::{HashMap, VecDeque};

use rand::{rngs::StdRng, Rng};
use verilated::Dut;

/// How it behaves; probabilities are per clock.
#[derive(Clone, Copy, Debug)]
pub struct Habits {
    pub address_ready: f64,
    pub data_ready: f64,
    pub answer: f64,
    /// Least clocks between a burst's end and its answer.
    pub latency: u64,
    /// Data is not taken before its address.
    pub address_first: bool,
}

impl Habits {
    pub fn fast() -> Self {
        Habits { address_ready: 1.0, data_ready: 1.0, answer: 1.0, latency: 1, address_first: false }
    }

    pub fn random(rng: &mut StdRng) -> Self {
        let mut p = || if rng.random_bool(0.4) { 1.0 } else { rng.random_range(0.05..1.0) };
        let (address_ready, data_ready, answer) = (p(), p(), p());
        let latency = if rng.random() { 1 } else { rng.random_range(1..200) };
        Habits { address_ready, data_ready, answer, latency, address_first: rng.random() }
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Address {
    address: u64,
    len: u64,
    burst: u64,
}

type Beat = (Vec<u8>, u64, bool);

/// An answer on its way: the clock in which it may come, whether it is an error, the bytes that were written.
type Answer = (u64, bool, Vec<(u64, u8)>);

pub struct Memory {
    row: usize,
    pub habits: Habits,
    /// What is in it, and what of that was answered for.
    pub bytes: HashMap<u64, u8>,
    pub answered: HashMap<u64, u8>,
    pub fixed: HashMap<u64, Vec<u8>>,
    /// A burst that writes one of these fails.
    pub faults: Vec<u64>,
    pub beats: u64,
    clock: u64,
    addresses: VecDeque<Address>,
    data: VecDeque<Beat>,
    answers: VecDeque<Answer>,
    standing: Option<Address>,
    standing_data: Option<Beat>,
    answering: bool,
    /// Bursts whose address, and whose data, has come.
    begun: u64,
    ended: u64,
}

impl Memory {
    pub fn new(row: usize, habits: Habits) -> Self {
        Memory {
            row,
            habits,
            bytes: HashMap::new(),
            answered: HashMap::new(),
            fixed: HashMap::new(),
            faults: vec![],
            beats: 0,
            clock: 0,
            addresses: VecDeque::new(),
            data: VecDeque::new(),
            answers: VecDeque::new(),
            standing: None,
            standing_data: None,
            answering: false,
            begun: 0,
            ended: 0,
        }
    }

    // Not each test that shares this file asks.
    #[allow(dead_code)]
    pub fn idle(&self) -> bool {
        self.addresses.is_empty() && self.data.is_empty() && self.answers.is_empty()
    }

    /// What is in it once the beats that were sent or stand are written, with their bursts' ends still to come.
    #[allow(dead_code)]
    pub fn with_sent(&self) -> (HashMap<u64, u8>, HashMap<u64, Vec<u8>>) {
        let (mut all, mut fixed) = (self.bytes.clone(), self.fixed.clone());
        let mut data = self.data.iter().chain(self.standing_data.iter());
        for a in self.addresses.iter().chain(self.standing.iter()) {
            for i in 0..a.len {
                let Some((bytes, strb, _)) = data.next() else { return (all, fixed) };
                for lane in (0..self.row).filter(|lane| strb >> lane & 1 == 1) {
                    if a.burst == 0 {
                        fixed.entry(a.address).or_default().push(bytes[lane]);
                    } else {
                        let at = (a.address + i * self.row as u64).wrapping_add(lane as u64);
                        all.insert(at, bytes[lane]);
                    }
                }
            }
        }
        assert!(data.next().is_none(), "data without an address");
        (all, fixed)
    }

    /// Whether a packet of these first and last addresses is hit by a fault.
    pub fn fails(&self, first: u64, last: u64) -> bool {
        let len = last.wrapping_sub(first);
        self.faults.iter().any(|at| at.wrapping_sub(first) <= len)
    }

    pub fn drive(&mut self, d: &mut Dut, rng: &mut StdRng) {
        self.clock += 1;
        d.set("axi_awready", rng.random_bool(self.habits.address_ready) as u64);
        let early = !self.habits.address_first || self.begun > self.ended;
        d.set("axi_wready", (early && rng.random_bool(self.habits.data_ready)) as u64);
        let due = self.answers.front().is_some_and(|(at, ..)| *at <= self.clock);
        // VALID stays until READY.
        self.answering = due && (self.answering || rng.random_bool(self.habits.answer));
        d.set("axi_bvalid", self.answering as u64);
        let bad = self.answers.front().is_some_and(|(_, bad, _)| *bad);
        // EXOKAY is no error; SLVERR and DECERR are.
        let response = if bad { 2 | (self.clock & 1) } else { self.clock & 1 };
        d.set("axi_bresp", if self.answering { response } else { 3 });
    }

    pub fn take(&mut self, d: &mut Dut, _rng: &mut StdRng) {
        if d.is_set("rst") {
            return;
        }
        let valid = d.is_set("axi_awvalid");
        let address = Address {
            address: d.get("axi_awaddr"),
            len: d.get("axi_awlen") + 1,
            burst: d.get("axi_awburst"),
        };
        assert!(self.standing.is_none() || valid && self.standing == Some(address), "AW stands");
        self.standing = (valid && !d.is_set("axi_awready")).then_some(address);
        if valid && d.is_set("axi_awready") {
            self.address(address, d.get("axi_awsize"));
        }
        let words = d.get_wide("axi_wdata");
        let bytes: Vec<u8> = words.iter().flat_map(|w| w.to_le_bytes()).take(self.row).collect();
        let beat = (bytes, d.get("axi_wstrb"), d.is_set("axi_wlast"));
        let valid = d.is_set("axi_wvalid");
        assert!(
            self.standing_data.is_none() || valid && self.standing_data == Some(beat.clone()),
            "W stands"
        );
        self.standing_data = (valid && !d.is_set("axi_wready")).then_some(beat.clone());
        if valid && d.is_set("axi_wready") {
            self.beats += 1;
            self.ended += beat.2 as u64;
            self.data.push_back(beat);
        }
        if self.answering && d.is_set("axi_bready") {
            self.answering = false;
            let (_, _, bytes) = self.answers.pop_front().expect("one is due");
            self.answered.extend(bytes);
        }
        self.write();
        assert!(self.addresses.len() + self.answers.len() <= 17, "bursts that are not answered");
    }

    /// AMBA AXI4 A3.4.1.
    fn address(&mut self, a: Address, size: u64) {
        let row = self.row as u64;
        assert_eq!(1 << size, row);
        if a.burst == 1 {
            assert_eq!(a.address % row, 0);
            assert!(a.address % 512 + a.len * row <= 512, "{a:x?}");
        } else {
            assert_eq!((a.burst, a.address % row), (0, 0));
            assert!(a.len <= 16, "{a:x?}");
        }
        self.begun += 1;
        self.addresses.push_back(a);
    }

    fn write(&mut self) {
        let Some(a) = self.addresses.front().copied() else { return };
        let beats = self.data.len().min(a.len as usize);
        for (i, (_, _, last)) in self.data.iter().take(beats).enumerate() {
            assert_eq!(*last, i + 1 == a.len as usize, "{a:x?} beat {i}");
        }
        if beats < a.len as usize {
            return;
        }
        self.addresses.pop_front();
        let mut written = vec![];
        for i in 0..a.len {
            let (bytes, strb, _) = self.data.pop_front().expect("counted");
            for lane in (0..self.row).filter(|lane| strb >> lane & 1 == 1) {
                if a.burst == 0 {
                    self.fixed.entry(a.address).or_default().push(bytes[lane]);
                    written.push((a.address, bytes[lane]));
                } else {
                    let at = (a.address + i * self.row as u64).wrapping_add(lane as u64);
                    assert_eq!(self.bytes.insert(at, bytes[lane]), None, "{at:#x} is written twice");
                    written.push((at, bytes[lane]));
                }
            }
        }
        let bad = written.iter().any(|(at, _)| self.faults.contains(at));
        if a.burst == 0 {
            written.clear();
        }
        self.answers.push_back((self.clock + self.habits.latency, bad, written));
    }
}
