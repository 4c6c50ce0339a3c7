//! What the host does, and errors: RUN, and Function Level Resets.

use super::{Engine, NQ};

impl Engine {
    /// The host writes RUN.
    pub fn write_run(&mut self, g: usize, run: bool) {
        self.d.set("ctl_valid", 1u64);
        self.d.set("ctl_g", g as u64);
        self.d.set("ctl_run", run);
        for clock in 0.. {
            assert!(clock < 500, "RUN={run} of queue {g} never ends");
            self.tick();
            if self.d.is_set("ctl_ready") {
                break;
            }
        }
        self.d.set("ctl_valid", 0u64);
    }

    pub fn wait_idle(&mut self, mask: u64, limit: u64) {
        for _ in 0..limit {
            if self.d.get("idle") & mask == mask {
                return;
            }
            self.tick();
        }
        panic!("queues {:#x} are not idle after {limit} clocks", mask & !self.d.get("idle"));
    }

    pub fn fail(&mut self, g: usize) {
        let (side, q) = if g < NQ { ("h2c", g) } else { ("c2h", g - NQ) };
        self.d.set(&format!("{side}_err_valid"), 1u64);
        self.d.set(&format!("{side}_err_q"), q as u64);
        self.tick();
        self.d.set(&format!("{side}_err_valid"), 0u64);
        self.tick();
    }

    pub fn fail_both(&mut self, h2c: usize, c2h: usize) {
        self.d.set("c2h_err_valid", 1u64);
        self.d.set("c2h_err_q", c2h as u64);
        self.fail(h2c);
        // `fail` left it up for a second clock, which changes nothing.
        self.d.set("c2h_err_valid", 0u64);
        self.tick();
    }

    /// A whole FLR; gives the clocks from the request to the reset.
    pub fn flr(&mut self, limit: u64) -> u64 {
        self.d.set("cfg_flr_request", 1u64);
        let waited = self.until_reset(limit);
        (self.lost_read, self.stuck_tlp) = (false, false);
        self.until_acknowledged();
        self.d.set("cfg_flr_request", 0u64);
        self.ticks(3);
        assert!(!self.d.is_set("hold") && !self.d.is_set("cfg_flr_ack"));
        waited
    }

    /// The reset comes when the engine is at rest, or has waited long enough.
    fn until_reset(&mut self, limit: u64) -> u64 {
        let mut waited = 0;
        // `core_rst` is a flip-flop behind the decision.
        let mut rested = false;
        loop {
            let answered = !self.rd_pending() || (self.lost_read && waited >= 512);
            let between = self.tlp_free() && !self.cpl_busy() && self.d.is_set("arb_idle_rd");
            let free = between || (self.stuck_tlp && waited >= 1023);
            let rest = answered && free && self.writes.is_empty();
            let deaf = self.d.is_set("deaf");
            self.tick();
            if self.d.is_set("core_rst") {
                assert!(rested, "reset before the engine was at rest");
                assert!(deaf, "what came in the clock before the reset stays");
                return waited;
            }
            assert!(!deaf, "deaf before the reset");
            rested = rest;
            assert!(!self.d.is_set("cfg_flr_ack"));
            waited += 1;
            assert!(waited < limit, "no reset");
        }
    }

    /// Behind the reset the queues are cleared; then it is acknowledged.
    fn until_acknowledged(&mut self) {
        for _ in 0..3000 {
            self.tick();
            assert!(self.d.is_set("hold"));
            let acknowledged = self.d.is_set("cfg_flr_ack");
            assert!(self.d.is_set("deaf") || acknowledged, "hears before the queues are cleared");
            if acknowledged {
                assert!(!self.d.is_set("deaf"));
                assert!(!self.d.is_set("host_wait"), "acknowledged before the queues were cleared");
                return;
            }
        }
        panic!("never acknowledged");
    }
}
