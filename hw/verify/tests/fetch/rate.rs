//! How fast descriptors come: a host that answers after a fixed time, a link that never waits, a data path at a fixed pace.

use std::collections::VecDeque;

use ferrolane_abi::regs::queue;
use verilated::Dut;

use super::build;

/// One beat of a completion.
struct Beat {
    due: u64,
    address: u64,
    tag: u64,
    byte_count: u64,
    len: u64,
    first: bool,
    last: bool,
}

struct Rig {
    d: Dut,
    lanes: usize,
    clock: u64,
    latency: u64,
    beats: VecDeque<Beat>,
    /// When reads were taken.
    reads: Vec<u64>,
    head: Vec<u32>,
}

impl Rig {
    fn new(number: usize, latency: u64) -> Self {
        let (mut d, shape) = build(number, 1);
        d.pulse("rst", 3);
        d.set("cfg_mrrs", 2u64);
        d.set("fetch_rd_ready", 1u64);
        let lanes = shape.w as usize / 32;
        let head = vec![0; shape.gn()];
        Rig { d, lanes, clock: 0, latency, beats: VecDeque::new(), reads: vec![], head }
    }

    /// Completions of 256 bytes, in order, as many beats as the port takes.
    fn answer(&mut self, address: u64, bytes: u64, tag: u64) {
        let (mut at, end) = (address, address + bytes);
        while at < end {
            let stop = end.min((at / 256 + 1) * 256);
            let n = (stop - at).div_ceil(self.lanes as u64 * 4);
            for i in 0..n {
                self.beats.push_back(Beat {
                    due: self.clock + self.latency,
                    address: at + i * self.lanes as u64 * 4,
                    tag,
                    byte_count: end - at,
                    len: (stop - at) / 4,
                    first: i == 0,
                    last: i + 1 == n,
                });
            }
            at = stop;
        }
    }

    fn clock(&mut self) {
        self.clock += 1;
        let open = self.beats.iter().fold(0, |all, beat| all | 1u64 << beat.tag);
        self.d.set("fetch_open", open);
        self.d.set("to_fetch", 0u64);
        if self.beats.front().is_some_and(|b| b.due <= self.clock) {
            let b = self.beats.pop_front().expect("it is there");
            // Every DWORD of host memory holds its number.
            let data: Vec<u32> = (0..self.lanes as u32).map(|i| b.address as u32 / 4 + i).collect();
            self.d.set("to_fetch", 1u64);
            self.d.set_wide("cpl_data", &data);
            self.d.set("cpl_first", b.first as u64);
            self.d.set("cpl_last", b.last as u64);
            self.d.set("cpl_tag", b.tag);
            self.d.set("cpl_byte_count", b.byte_count);
            self.d.set("cpl_len", b.len);
            self.d.set("cpl_has_data", 1u64);
        }
        self.d.step();
        if self.d.get("fetch_rd_valid") == 1 {
            self.reads.push(self.clock);
            let address = self.d.get("fetch_rd_addr") & 0xFFFF_FFFF;
            self.answer(address, self.d.get("fetch_rd_bytes"), self.d.get("fetch_rd_tag"));
        }
        if self.d.get("head_valid") == 1 {
            self.head[self.d.get("head_g") as usize] = self.d.get("head_value") as u32;
        }
    }

    /// Clears queue `g` and gives it a ring of 64 Ki descriptors.
    fn start(&mut self, g: usize) {
        for (register, data) in [
            (queue::RING_BASE_LO, (g as u32) << 20),
            (queue::RING_BASE_HI, 1),
            (queue::RING_SIZE, 16),
            (queue::MODE, 0),
        ] {
            self.d.set("cfgw_valid", 1u64);
            self.d.set("cfgw_g", g as u64);
            self.d.set("cfgw_index", register.offset / 4);
            self.d.set("cfgw_data", data);
            self.clock();
        }
        self.d.set("cfgw_valid", 0u64);
        self.d.set("init_valid", 1u64);
        self.d.set("init_g", g as u64);
        while self.d.get("init_done") == 0 {
            self.clock();
        }
        self.d.set("init_valid", 0u64);
        self.taken(g, 0);
        self.produce(g, 0);
        (0..16).for_each(|_| self.clock());
    }

    fn produce(&mut self, g: usize, value: u32) {
        self.d.set("prod_valid", 1u64);
        self.d.set("prod_g", g as u64);
        self.d.set("prod_value", value);
        self.clock();
        self.d.set("prod_valid", 0u64);
    }

    fn taken(&mut self, g: usize, value: u32) {
        let nq = self.head.len() / 2;
        let name = ["h2c_taken", "c2h_taken"][g / nq];
        self.d.set(&format!("{name}_valid"), 1u64);
        self.d.set(&format!("{name}_q"), (g % nq) as u64);
        self.d.set(&format!("{name}_value"), value);
        self.clock();
        self.d.set(&format!("{name}_valid"), 0u64);
    }
}

/// Clocks per descriptor of a lone ring whose data path takes one every `pace` clocks when there is one.
fn pace_of_a_lone_ring(number: usize, latency: u64, pace: u64) -> f64 {
    let mut rig = Rig::new(number, latency);
    rig.start(0);
    rig.d.set("run", 1u64);
    rig.produce(0, 1 << 16);
    let (mut taken, mut measured) = (0, None);
    while taken < 20_000 {
        if rig.head[0] != taken {
            taken += 1;
            if taken == 1000 {
                measured = Some(rig.clock);
            }
            rig.taken(0, taken);
            (1..pace).for_each(|_| rig.clock());
        } else {
            rig.clock();
        }
    }
    (rig.clock - measured.expect("a start")) as f64 / 19_000.0
}

#[test]
fn indices_wrap() {
    // The widest index that is compared with the producer's has 17 bits.
    let mut rig = Rig::new(3, 20);
    rig.start(0);
    rig.d.set("run", 1u64);
    for taken in 0..300_000u32 {
        if taken % 5000 == 0 {
            rig.produce(0, taken + 20_000);
        }
        while rig.head[0] == taken {
            rig.clock();
        }
        rig.d.set("h2c_desc_slot", taken as u64 % 128);
        rig.clock();
        rig.clock();
        let first = (taken & 0xFFFF) * 4;
        assert_eq!(rig.d.get_wide("h2c_desc_data"), [first, first + 1, first + 2, first + 3]);
        assert!(rig.head[0] - taken <= 128);
        rig.taken(0, taken + 1);
    }
}

#[test]
fn a_lone_ring_keeps_up_with_a_far_host() {
    let far = pace_of_a_lone_ring(3, 300, 3);
    let near = pace_of_a_lone_ring(3, 100, 1);
    println!("256 bits: {far:.3} clocks per descriptor at 300 clocks, {near:.3} at 100");
    assert!(far < 3.01, "{far:.3} clocks per descriptor");
    assert!(near < 1.5, "{near:.3} clocks per descriptor");
    let near = pace_of_a_lone_ring(0, 150, 2);
    println!("128 bits: {near:.3} clocks per descriptor at 150 clocks");
    assert!(near < 2.01, "{near:.3} clocks per descriptor");
}

#[test]
fn a_fetch_takes_eight_clocks_at_most() {
    let mut rig = Rig::new(3, 20);
    let queues = rig.head.len();
    (0..queues).for_each(|g| rig.start(g));
    (0..queues).for_each(|g| rig.produce(g, 1));
    assert!(rig.reads.is_empty());
    let start = rig.clock;
    rig.d.set_wide("run", &[u32::MAX; 2]);
    (0..queues * 10).for_each(|_| rig.clock());
    assert_eq!(rig.reads.len(), queues);
    assert!(rig.head.iter().all(|&h| h == 1), "one descriptor each");
    // Each begins its ring, which takes four clocks more.
    let begun = rig.reads[queues - 1] - start;
    rig.d.set_wide("run", &[0; 2]);
    (0..queues * 10).for_each(|_| rig.clock());
    (0..queues).for_each(|g| rig.produce(g, 2));
    let (start, before) = (rig.clock, rig.reads.len());
    rig.d.set_wide("run", &[u32::MAX; 2]);
    (0..queues * 10).for_each(|_| rig.clock());
    let next = rig.reads[before + queues - 1] - start;
    println!("{queues} fetches of {queues} queues: {begun} clocks at the rings' begin, {next} later");
    assert!(begun <= queues as u64 * 12 && next <= queues as u64 * 8, "{begun} and {next} clocks");
}

#[test]
fn a_single_descriptor_is_told_soon() {
    for number in 0..super::BUILDS {
        let mut rig = Rig::new(number, 10);
        rig.start(0);
        rig.d.set("run", 1u64);
        rig.produce(0, 1);
        let start = rig.clock;
        while rig.head[0] == 0 {
            rig.clock();
        }
        let asked = rig.reads[0] - start;
        let told = rig.clock - rig.reads[0] - 10;
        println!("build {number}: asked after {asked} clocks, told {told} clocks behind the completion's first beat");
        assert!(asked <= 15 && told <= 8);
    }
}
