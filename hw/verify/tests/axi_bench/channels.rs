//! The five channels: what is offered, and what is judged.

use super::{Burst, Master};

impl Master {
    /// What VALID offers stays until it is taken.
    pub(super) fn offer(&mut self, coins: [bool; 3]) {
        let any = [!self.aw.is_empty(), !self.w.is_empty(), !self.ar.is_empty()];
        for i in 0..3 {
            self.valid[i] = any[i] && (self.valid[i] || coins[i]);
        }
        self.d.set("axi_awvalid", self.valid[0]);
        if let Some(b) = self.aw.front().cloned() {
            self.address("aw", &b);
        }
        self.d.set("axi_wvalid", self.valid[1]);
        if let Some(b) = self.w.front() {
            let words: Vec<u32> =
                b.data[0].0.chunks(4).map(|c| u32::from_le_bytes(c.try_into().unwrap())).collect();
            self.d.set_wide("axi_wdata", &words);
            self.d.set("axi_wstrb", b.data[0].1);
            self.d.set("axi_wlast", b.data.len() == 1);
        }
        self.d.set("axi_arvalid", self.valid[2]);
        if let Some(b) = self.ar.front().cloned() {
            self.address("ar", &b);
        }
    }

    fn address(&mut self, channel: &str, b: &Burst) {
        self.d.set(&format!("axi_{channel}addr"), b.addr);
        self.d.set(&format!("axi_{channel}len"), b.beats - 1);
        self.d.set(&format!("axi_{channel}size"), u64::from(b.size));
        self.d.set(&format!("axi_{channel}burst"), b.kind);
    }

    pub(super) fn give_aw(&mut self) {
        if self.valid[0] && self.d.is_set("axi_awready") {
            let b = self.aw.pop_front().unwrap();
            self.b.push_back((self.map.resp(&b), 0));
            self.valid[0] = false;
        }
    }

    pub(super) fn give_ar(&mut self) {
        if self.valid[2] && self.d.is_set("axi_arready") {
            let mut b = self.ar.pop_front().unwrap();
            b.taken = self.clock;
            self.r.push_back((b, 0));
            self.valid[2] = false;
        }
    }

    pub(super) fn take_b(&mut self, ready: bool) {
        let valid = self.d.is_set("axi_bvalid");
        let shown = self.d.get("axi_bresp");
        // A3.2.1: VALID and what goes with it stay until READY.
        if let Some(before) = self.shown_b.take() {
            assert!(valid && shown == before, "a response stays until it is taken");
        }
        if !valid {
            return;
        }
        let last = *self.ended_w.front().expect("a response behind its data");
        if ready {
            assert_eq!(Some(shown), self.b.pop_front().map(|b| b.0));
            self.ended_w.pop_front();
            self.b_latency.push(self.clock - last);
        } else {
            self.shown_b = Some(shown);
        }
    }

    pub(super) fn give_w(&mut self) {
        if !self.valid[1] || !self.d.is_set("axi_wready") {
            return;
        }
        let width = self.width;
        let b = self.w.front_mut().unwrap();
        let (data, strobes) = b.data.pop_front().unwrap();
        let i = b.beats - b.data.len() as u64 - 1;
        let (resp, row, ended) = (self.map.resp(b), b.row(i, width), b.data.is_empty());
        if resp == 0 {
            let (memory, at) = self.map.find(row).unwrap();
            for lane in (0..width as usize).filter(|lane| strobes >> lane & 1 == 1) {
                memory[at + lane] = data[lane];
            }
        }
        if ended {
            self.w.pop_front();
            self.ended_w.push_back(self.clock);
        }
        self.valid[1] = false;
        self.w_clocks.push(self.clock);
    }

    pub(super) fn take_r(&mut self, ready: bool) {
        let valid = self.d.is_set("axi_rvalid");
        let shows = (self.d.get_wide("axi_rdata"), self.d.get("axi_rresp"), self.d.get("axi_rlast"));
        if let Some(shown) = self.shown_r.take() {
            assert!(valid && shown == shows, "a beat stays until it is taken");
        }
        if valid && !ready {
            self.shown_r = Some(shows);
        } else if valid {
            let (burst, i) = self.r.front_mut().expect("a beat that was asked for");
            let resp = self.map.resp(burst);
            assert_eq!(shows.1, resp, "{burst:x?} beat {i}");
            if resp == 0 {
                let row = burst.row(*i, self.width);
                let bytes: Vec<u8> = shows.0.iter().flat_map(|w| w.to_le_bytes()).collect();
                let (memory, at) = self.map.find(row).unwrap();
                assert_eq!(bytes, memory[at..at + self.width as usize], "{burst:x?} beat {i}");
            }
            if *i == 0 {
                self.r_latency.push(self.clock - burst.taken);
            }
            *i += 1;
            assert_eq!(shows.2 == 1, *i == burst.beats);
            if *i == burst.beats {
                self.r.pop_front();
            }
            self.r_clocks.push(self.clock);
        }
    }
}
