//! The card's side: an AXI4-Lite slave with registers, and the rules of the port.

use rand::Rng;
use verilated::Dut;

use crate::bench::Bench;

/// What the slave answers to one access.
#[derive(Clone, Copy, Debug)]
pub struct Reply {
    pub data: u32,
    pub resp: u32,
}

/// Percent per clock that the slave is willing on a channel.
#[derive(Clone, Copy)]
pub struct Pace {
    pub take: u32,
    pub answer: u32,
    pub error: u32,
}

pub const WILLING: Pace = Pace { take: 100, answer: 100, error: 0 };

/// One AXI channel as seen from the slave: whether it was offered and not taken, and with what.
#[derive(Default)]
pub struct Channel {
    offered: Option<Vec<u64>>,
}

impl Channel {
    /// Checks that an offer stays as it is until it is taken, and gives what is taken in this clock.
    fn look(&mut self, dut: &Dut, valid: &str, ready: &str, ports: &[&str]) -> Option<Vec<u64>> {
        let now = dut.is_set(valid).then(|| ports.iter().map(|port| dut.get(port)).collect::<Vec<u64>>());
        if let Some(before) = self.offered.take() {
            assert_eq!(now.as_ref(), Some(&before), "{valid}: changed before it was taken");
        }
        if dut.is_set(ready) {
            return now;
        }
        self.offered = now;
        None
    }
}

impl Bench {
    /// Before the clock's edge.
    pub fn slave_drives(&mut self) {
        let pace = self.pace;
        for port in ["axil_awready", "axil_wready", "axil_arready"] {
            let ready = self.chance(pace.take);
            self.dut.set(port, ready);
        }
        if self.b.is_none() && !self.aw.is_empty() && !self.w.is_empty() && self.chance(pace.answer) {
            self.answer_write();
        }
        if self.r.is_none() && !self.ar.is_empty() && self.chance(pace.answer) {
            self.answer_read();
        }
        self.dut.set("axil_bvalid", self.b.is_some());
        let resp = self.b.unwrap_or_else(|| self.rng.random_range(0..4));
        self.dut.set("axil_bresp", resp);
        self.dut.set("axil_rvalid", self.r.is_some());
        let any = Reply { data: self.rng.random(), resp: self.rng.random_range(0..4) };
        let reply = self.r.unwrap_or(any);
        self.dut.set("axil_rdata", reply.data);
        self.dut.set("axil_rresp", reply.resp);
    }

    fn answer_write(&mut self) {
        let (addr, (data, be)) = (self.aw.pop_front().unwrap(), self.w.pop_front().unwrap());
        assert_eq!(self.due_writes.pop_front(), Some((addr, data, be)), "a write nobody asked for");
        let resp = self.response();
        if resp == 0 {
            let word = self.memory.entry(addr).or_default();
            for byte in (0..4).filter(|b| be >> b & 1 != 0) {
                *word = *word & !(0xFF << (8 * byte)) | data as u32 & 0xFF << (8 * byte);
            }
        }
        self.b = Some(resp);
    }

    fn answer_read(&mut self) {
        let addr = self.ar.pop_front().unwrap();
        assert_eq!(self.due_reads.pop_front(), Some(addr), "a read nobody asked for");
        let resp = self.response();
        let data = if resp == 0 { self.memory.get(&addr).copied().unwrap_or(0) } else { self.rng.random() };
        self.r = Some(Reply { data, resp });
    }

    /// OKAY, SLVERR or DECERR.
    fn response(&mut self) -> u32 {
        if self.chance(self.pace.error) {
            self.rng.random_range(2..4)
        } else {
            0
        }
    }

    /// Behind the clock's edge: the channels are checked, and what is offered may be taken.
    pub fn slave_takes(&mut self) {
        assert_eq!((self.dut.get("axil_awprot"), self.dut.get("axil_arprot")), (0, 0));
        let [aw, w, ar] = &mut self.channels;
        let dut = &self.dut;
        self.aw.extend(aw.look(dut, "axil_awvalid", "axil_awready", &["axil_awaddr"]).map(|v| v[0]));
        let data = w.look(dut, "axil_wvalid", "axil_wready", &["axil_wdata", "axil_wstrb"]);
        self.w.extend(data.map(|v| (v[0], v[1])));
        self.ar.extend(ar.look(dut, "axil_arvalid", "axil_arready", &["axil_araddr"]).map(|v| v[0]));
        assert!(self.aw.len() <= 1 && self.w.len() <= 1 && self.ar.len() <= 1, "one access at a time");
        self.b_taken = self.b.filter(|_| self.dut.is_set("axil_bready"));
        self.r_taken = self.r.filter(|_| self.dut.is_set("axil_rready"));
        if self.b_taken.is_some() {
            self.b = None;
        }
        if self.r_taken.is_some() {
            self.r = None;
        }
    }
}
