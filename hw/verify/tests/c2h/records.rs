//! What each record must say, and that its bytes stand in the host's memory by then.

use ferrolane_abi::{completion, descriptor, status};
use verilated::Dut;

use crate::bench::Bench;
use crate::host::Desc;

#[derive(Debug, PartialEq)]
struct Record {
    bytes: usize,
    index: u32,
    status: u8,
    flags: u8,
    meta: u32,
    irq: bool,
}

impl Record {
    fn seen(d: &Dut) -> Self {
        Record {
            bytes: d.get("rec_c2h_bytes") as usize,
            index: d.get("rec_c2h_index") as u32,
            status: d.get("rec_c2h_status") as u8,
            flags: d.get("rec_c2h_flags") as u8,
            meta: d.get("rec_c2h_meta") as u32,
            irq: d.is_set("rec_c2h_irq"),
        }
    }
}

impl Bench {
    pub fn record(&mut self) {
        let i = self.d.get("rec_c2h_q") as usize;
        let got = Record::seen(&self.d);
        let q = &mut self.q[i];
        let desc = q.descs.pop_front().expect("a record without descriptor");
        let index = q.records;
        q.records += 1;
        self.ends.tell(self.nq + i, q.records);
        assert!(q.records <= q.taken);
        if desc.status() != 0 {
            let status = desc.status();
            assert_eq!(got, Record { bytes: 0, index, status, flags: 0, meta: 0, irq: true });
            assert_eq!(q.error, Some(status));
        } else if desc.source.is_some() {
            self.of_memory(i, &desc, index, &got);
        } else {
            self.of_stream(i, &desc, index, &got);
        }
    }

    fn of_memory(&mut self, i: usize, desc: &Desc, index: u32, got: &Record) {
        let errors = self.memory.errors;
        let (bytes, failed) = desc.bytes(errors);
        let status = if failed { status::CARD_READ_ERROR } else { status::OK };
        let irq = failed || desc.flags & descriptor::IRQ != 0;
        let due = Record { bytes: bytes.len(), index, status, flags: 0, meta: 0, irq };
        assert_eq!(*got, due, "queue {i}: {desc:x?}");
        let q = &mut self.q[i];
        // A later descriptor's error may be told before this one's record has come out.
        match q.error {
            Some(told) if !failed => {
                assert!(q.descs.iter().any(|d| d.error(errors) == told), "an error {told:#x} of none");
            }
            told => assert_eq!(told, failed.then_some(status)),
        }
        q.bytes += bytes.len() as u64;
        self.claim(i, desc, index, &bytes);
    }

    fn of_stream(&mut self, i: usize, desc: &Desc, index: u32, got: &Record) {
        if self.shape.drop != 0 && self.q[i].consumed == 0 {
            self.pass_over(i, desc, got.bytes);
        }
        let (packet, user) = self.q[i].packets.pop_front().expect("a record without a packet");
        let rest = &packet[self.q[i].consumed..];
        let most = rest.len().min(desc.len as usize);
        let flushed = got.flags & completion::FLUSHED != 0;
        if flushed {
            self.flushed(i, got.bytes, most);
        }
        let bytes = if flushed { got.bytes } else { most };
        let eop = bytes == rest.len();
        let q = &mut self.q[i];
        let mut flags = if eop { completion::EOP } else { 0 };
        if eop && q.gap_due {
            flags |= completion::GAP;
            q.gap_due = false;
        }
        if flushed {
            flags |= completion::FLUSHED;
        }
        let meta = if eop { user } else { 0 };
        let irq = desc.flags & descriptor::IRQ != 0;
        let due = Record { bytes, index, status: status::OK, flags, meta, irq };
        assert_eq!(*got, due, "queue {i}: {desc:x?}");
        q.bytes += bytes as u64;
        self.claim(i, desc, index, &rest[..bytes]);
        let q = &mut self.q[i];
        if eop {
            q.eops += 1;
            q.beats_before += packet.len().div_ceil(self.lanes);
            q.consumed = 0;
        } else {
            q.consumed += bytes;
            q.packets.push_front((packet, user));
        }
    }

    /// Packets in front of the one that begins with what was written were dropped. It is the first one that it can be: contents
    /// are random.
    fn pass_over(&mut self, i: usize, desc: &Desc, bytes: usize) {
        let written = &self.sink.written;
        let q = &mut self.q[i];
        let found = q.packets.iter().position(|(packet, _)| {
            packet.len().min(desc.len as usize) == bytes
                && (0..bytes).all(|k| written.get(&(desc.addr + k as u64)) == Some(&packet[k]))
        });
        for (packet, _) in q.packets.drain(..found.expect("a record of no packet")) {
            q.passed.0 += 1;
            q.passed.1 += packet.len() as u64;
            q.gap_due = true;
        }
    }

    /// A descriptor was closed before it was full, `bytes` of `most`: the card rested behind these bytes, or the host asked.
    fn flushed(&mut self, i: usize, bytes: usize, most: usize) {
        let q = &mut self.q[i];
        let whole = (q.consumed + bytes).is_multiple_of(self.lanes);
        assert!(bytes > 0 && bytes < most && whole, "{bytes} of {most} flushed");
        q.flushes += 1;
        let beats = q.beats_before + (q.consumed + bytes) / self.lanes;
        let rest = q.beat_clocks.get(beats).unwrap_or(&u64::MAX) - q.beat_clocks[beats - 1];
        if self.shape.flush_time == 0 || rest < 16 * self.shape.flush_time {
            q.commanded += 1;
            assert!(q.commanded <= q.commands, "queue {i} was flushed behind a rest of {rest} clocks");
        }
    }

    /// The descriptor's bytes were written, and nobody else claims them.
    fn claim(&mut self, i: usize, desc: &Desc, index: u32, bytes: &[u8]) {
        for (k, byte) in bytes.iter().enumerate() {
            let got = self.sink.written.remove(&(desc.addr + k as u64));
            assert_eq!(got, Some(*byte), "byte {k} of descriptor {index} of queue {i}");
        }
    }
}
