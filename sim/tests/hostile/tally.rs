//! What a campaign did, for the table at its end.

use ferrolane_sim::tlp::Header;

use crate::port::{non_posted, Packet};

/// Counts.
#[derive(Default)]
pub struct Tally {
    pub rounds: u64,
    pub clocks: u64,
    pub reads: u64,
    pub writes: u64,
    pub other: u64,
    pub bad_requests: u64,
    pub completions: u64,
    pub duplicates: u64,
    pub register_writes: u64,
    pub settings: u64,
    pub link_downs: u64,
    pub function_resets: u64,
    pub resets: u64,
    pub withheld: u64,
    pub card_reads: u64,
    pub card_writes: u64,
    pub answers: u64,
    pub interrupts: u64,
    pub compared: u64,
    pub worst_answer: u64,
    pub worst_reset: u64,
    kinds: Vec<bool>,
}

impl Tally {
    /// A random request is on its way.
    pub fn request(&mut self, hdr: &Header, packet: &Packet, write: bool) {
        self.kinds.resize(256, false);
        self.kinds[(hdr.0[0] >> 24) as usize] = true;
        let read = non_posted(hdr) && hdr.0[0] >> 24 & 0x5F == 0;
        *(if write {
            &mut self.writes
        } else if read {
            &mut self.reads
        } else {
            &mut self.other
        }) += 1;
        let wrong = packet.error || hdr.ep() || write && packet.data.len() != hdr.length();
        self.bad_requests += u64::from(wrong);
        if write && !wrong && packet.bar == 0 {
            self.register_writes += packet.data.len() as u64;
        }
    }

    /// Random TLPs so far.
    pub fn tlps(&self) -> u64 {
        self.reads + self.writes + self.other + self.completions
    }

    /// Kinds of requests that were sent, of 256.
    pub fn kinds(&self) -> usize {
        self.kinds.iter().filter(|kind| **kind).count()
    }

    pub fn print(&self) {
        let lines: [(&str, u64); 22] = [
            ("rounds", self.rounds),
            ("clocks", self.clocks),
            ("random TLPs", self.tlps()),
            ("  memory reads", self.reads),
            ("  memory writes", self.writes),
            ("  requests of other kinds", self.other),
            ("  Fmt/Type values of requests", self.kinds() as u64),
            ("  requests with error, poison or a wrong length", self.bad_requests),
            ("  completions", self.completions),
            ("  duplicates among them", self.duplicates),
            ("DWORDs of register writes that count", self.register_writes),
            ("settings changed", self.settings),
            ("link down and up", self.link_downs),
            ("Function Level Resets", self.function_resets),
            ("fundamental resets", self.resets),
            ("reads of the card that got no answer", self.withheld),
            ("TLPs of the card judged: reads", self.card_reads),
            ("TLPs of the card judged: writes", self.card_writes),
            ("TLPs of the card judged: completions", self.answers),
            ("interrupts of legal vectors", self.interrupts),
            ("bytes of legal traffic compared", self.compared),
            ("findings", 0),
        ];
        for (name, count) in lines {
            println!("{name:<48} {count:>14}");
        }
        println!("{:<48} {:>14}", "longest answer to a request, clocks", self.worst_answer);
        println!("{:<48} {:>14}", "longest Function Level Reset, clocks", self.worst_reset);
    }
}
