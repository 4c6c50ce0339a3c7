//! A queue pair that loops packets and may be stopped and started at any time, in any feed mode.

use std::collections::VecDeque;

use ferrolane::{
    C2hQueue, C2hRequest, Completed, Device, DmaAccess, DmaRegion, Feed, H2cQueue, H2cRequest, Queue,
    QueueConfig, Stopped,
};
use ferrolane_sim::faults::{CompletionKind, Fault};
use ferrolane_sim::rng::Rng;
use ferrolane_sim::SimControl;

use crate::slots::{Slots, LONGEST};

/// Shortest packet behind a stop, in bytes: what is compared must tell packets apart.
const SHORTEST_AFTER_STOP: u64 = 64;

struct Packet {
    serial: u32,
    data: Vec<u8>,
}

struct Piece {
    data: Vec<u8>,
    sop: bool,
    eop: bool,
    meta: u32,
}

/// What goes wrong with a read of data.
#[derive(Clone, Copy, PartialEq)]
pub enum Trouble {
    /// Nothing is mapped there.
    Unmapped,
    /// It is answered so.
    Answer(CompletionKind),
}

impl Trouble {
    /// With a short completion timeout, a completion that comes behind it, too.
    pub fn random(rng: &mut Rng, short_timeout: bool) -> Self {
        use CompletionKind::{ErrorData, Late, NoData, Poison, Status};
        match rng.below(9) {
            0..3 => Trouble::Unmapped,
            // Behind the timeout of up to 100 us, when the queue has been started again and its tag is wanted.
            3 | 4 if short_timeout => Trouble::Answer(Late(1_000_000 * (110 + rng.below(400)))),
            3..=5 => Trouble::Answer(Status([1, 2, 4, 7][rng.below(4) as usize])),
            6 => Trouble::Answer(Poison),
            7 => Trouble::Answer(NoData),
            _ => Trouble::Answer(ErrorData),
        }
    }

    /// As in [`EVENTS`](crate::crosses::EVENTS).
    pub fn name(self) -> &'static str {
        match self {
            Trouble::Unmapped => "unmapped read",
            Trouble::Answer(CompletionKind::Late(_)) => "late completion",
            Trouble::Answer(_) => "bad completion",
        }
    }

    /// Makes the next read of `region` go wrong.
    pub fn prepare(self, device: &Device, control: &SimControl, region: &DmaRegion) {
        let mapped = region.len().next_multiple_of(4096) as u64;
        match self {
            Trouble::Unmapped => device.transport().unmap(region.iova(), mapped).unwrap(),
            Trouble::Answer(kind) => {
                control.inject(Fault::nth(kind, 1, region.iova()..region.iova() + mapped));
            }
        }
    }
}

/// Both queues of a number, their buffers, and what is on its way.
///
/// A packet's metadata is its serial number, from 1 on. A stop of the H2C queue may cut a packet: the card sends its beginning as a
/// packet of its own, with a byte of 0 behind it and metadata 0. A stop of the C2H queue forgets what is in the FIFO. Both may only
/// ever lose what was sent before; this is what `cuts`, `ends` and `deaf` allow, once for each stop.
pub struct Pair {
    device: Device,
    queue: u32,
    h2c: Option<H2cQueue>,
    c2h: Option<C2hQueue>,
    out: Slots,
    back: Slots,
    rng: Rng,
    serial: u32,
    to_send: usize,
    longest: u64,
    pieces: VecDeque<Piece>,
    sent: VecDeque<Packet>,
    received: Vec<u8>,
    /// First packets behind starts of the H2C queue, until they have come.
    cuts: Vec<u32>,
    /// Cut packets that may still come.
    ends: u32,
    /// The first serial number. What has smaller ones is from before a reset of the function, and comes before anything else: the
    /// card's stream is not reset.
    first: u32,
    /// None of its own has come yet.
    fresh: bool,
    /// Nothing has come since the last start of the C2H queue.
    deaf: bool,
    /// Bytes of each packet that has come since it was last asked.
    pub lengths: Vec<u64>,
    /// Feed modes, H2C and C2H.
    feeds: [Feed; 2],
    pub packets: u64,
    pub bytes: u64,
}

pub fn config(rng: &mut Rng, interrupts: bool, feed: Feed) -> QueueConfig {
    let entries = 2 << rng.below(10);
    let completions = rng.chance(30).then(|| 2 << rng.below(8));
    QueueConfig { entries, completions, interrupt: interrupts, spin: 16, feed, ..QueueConfig::default() }
}

pub fn any_feed(rng: &mut Rng) -> Feed {
    [Feed::Ring, Feed::Ring, Feed::Push, Feed::Direct][rng.below(4) as usize]
}

/// As in [`FEEDS`](crate::crosses::FEEDS).
pub fn feed_name(feed: Feed) -> &'static str {
    match feed {
        Feed::Ring => "ring",
        Feed::Push => "push",
        Feed::Direct => "direct",
        feed => unreachable!("{feed:?} is not among those that are drawn"),
    }
}

impl Pair {
    pub fn open(
        device: &Device,
        queue: u32,
        seed: u64,
        packets: usize,
        interrupts: bool,
        first: u32,
    ) -> Self {
        let mut rng = Rng::new(seed, &format!("pair {queue}"));
        let longest = [3, 40, 600, 5_000, 30_000][rng.below(5) as usize];
        // Short packets take about as many clocks each as the record they need.
        let to_send = packets * if longest < 1_000 { 10 } else { 1 };
        let slots = 1 + rng.below(24) as usize;
        let feeds = [any_feed(&mut rng), any_feed(&mut rng)];
        Pair {
            device: device.clone(),
            queue,
            h2c: Some(device.open_h2c(queue, config(&mut rng, interrupts, feeds[0])).unwrap()),
            c2h: Some(device.open_c2h(queue, config(&mut rng, interrupts, feeds[1])).unwrap()),
            out: Slots::new(device, slots, DmaAccess::DeviceReads),
            back: Slots::new(device, 1 + rng.below(24) as usize, DmaAccess::DeviceWrites),
            rng,
            serial: first,
            to_send,
            longest,
            pieces: VecDeque::new(),
            sent: VecDeque::new(),
            received: Vec::new(),
            cuts: Vec::new(),
            ends: 0,
            first,
            fresh: true,
            deaf: false,
            lengths: Vec::new(),
            feeds,
            packets: 0,
            bytes: 0,
        }
    }

    fn h2c(&mut self) -> &mut H2cQueue {
        self.h2c.as_mut().unwrap()
    }

    fn c2h(&mut self) -> &mut C2hQueue {
        self.c2h.as_mut().unwrap()
    }

    fn make_packet(&mut self) {
        let mut len = 1 + self.rng.below(self.longest);
        if self.cuts.contains(&self.serial) || self.deaf {
            len = len.max(SHORTEST_AFTER_STOP);
        }
        let data: Vec<u8> = (0..len).map(|_| self.rng.next() as u8).collect();
        let (mut at, mut sop) = (0, true);
        while at < data.len() {
            let most = (data.len() - at).min(LONGEST) as u64;
            let piece = match self.rng.below(4) {
                0 => 1 + self.rng.below(most.min(20)),
                1 => 1 + self.rng.below(most),
                2 => most.min(4096),
                _ => most,
            };
            let end = at + piece as usize;
            let eop = end == data.len();
            // The card takes the metadata of the first piece.
            let meta = if sop { self.serial } else { self.rng.next() as u32 };
            self.pieces.push_back(Piece { data: data[at..end].to_vec(), sop, eop, meta });
            (at, sop) = (end, false);
        }
        self.sent.push_back(Packet { serial: self.serial, data });
        self.serial += 1;
        self.to_send -= 1;
    }

    /// Submits what there is room for.
    pub fn send(&mut self) {
        while self.out.any_free() && self.h2c().free() > 0 {
            if self.pieces.is_empty() {
                if self.to_send == 0 {
                    break;
                }
                self.make_packet();
            }
            let Some(piece) = self.pieces.pop_front() else { break };
            let mut buffer = self.out.take(&mut self.rng, piece.data.len());
            buffer.copy_from(&piece.data).unwrap();
            let request = H2cRequest::fragment(buffer, piece.sop, piece.eop).with_meta(piece.meta);
            self.h2c().push(request).unwrap();
            if self.rng.chance(20) {
                self.h2c().commit().unwrap();
            }
        }
        self.h2c().commit().unwrap();
        while self.back.any_free() && self.c2h().free() > 0 {
            let len = 1 + match self.rng.below(3) {
                0 => self.rng.below(40),
                1 => self.rng.below(LONGEST as u64),
                _ => 4095,
            };
            let buffer = self.back.take(&mut self.rng, len as usize);
            self.c2h().push(C2hRequest::new(buffer)).unwrap();
        }
        self.c2h().commit().unwrap();
    }

    /// Takes what has completed; how much that was.
    pub fn take(&mut self) -> usize {
        let mut count = 0;
        while let Some(done) = self.h2c().try_complete().unwrap_or_else(|e| panic!("{e}")) {
            self.gone(done);
            count += 1;
        }
        while let Some(done) = self.c2h().try_complete().unwrap_or_else(|e| panic!("{e}")) {
            self.came(done);
            count += 1;
        }
        count
    }

    fn gone(&mut self, done: Completed) {
        assert!(done.status.is_ok(), "queue {}: {}", self.queue, done.status);
        let len = done.buffer.capacity();
        self.out.give(done.buffer, len);
    }

    fn came(&mut self, done: Completed) {
        assert!(done.status.is_ok(), "queue {}: {}", self.queue, done.status);
        assert!(done.eop || done.bytes as usize == done.buffer.capacity(), "ended early inside a packet");
        self.bytes += u64::from(done.bytes);
        self.received.extend(done.buffer.to_vec());
        self.back.give(done.buffer, done.bytes as usize);
        if done.eop {
            self.packet(done.meta);
        }
    }

    fn packet(&mut self, serial: u32) {
        let came = std::mem::take(&mut self.received);
        let queue = self.queue;
        let old = self.fresh && self.first > 1 && serial < self.first;
        if old {
            return;
        }
        if serial == 0 {
            return self.cut(&came);
        }
        self.fresh = false;
        let place = self.sent.iter().position(|packet| packet.serial == serial);
        let place = place.unwrap_or_else(|| panic!("queue {queue}: packet {serial} was not sent"));
        let packet = self.sent.drain(..=place).next_back().unwrap();
        let whole = came == packet.data;
        if !(place == 0 && whole) {
            let after_cut = self.cuts.contains(&serial);
            assert!(
                after_cut && whole || self.deaf,
                "queue {queue}: packet {serial} of {} bytes came as {} bytes, {place} before it never did",
                packet.data.len(),
                came.len()
            );
            assert!(packet.data.ends_with(&came), "queue {queue}: the end of packet {serial} is damaged");
        }
        self.deaf = false;
        self.cuts.retain(|first| *first > serial);
        self.packets += 1;
        self.lengths.push(packet.data.len() as u64);
    }

    /// The beginning of a packet that was cut, or what is left of it behind a start of the C2H queue. Buffers that are never read hold 0.
    fn cut(&mut self, came: &[u8]) {
        let queue = self.queue;
        self.ends = self
            .ends
            .checked_sub(1)
            .unwrap_or_else(|| panic!("queue {queue}: a packet was cut without a reason"));
        let (last, body) = came.split_last().expect("a packet has a byte");
        assert_eq!(*last, 0, "queue {queue}: the byte that ends a cut packet");
        let begins = |packet: &Packet| {
            // A buffer that goes wrong may stand where the packet's last pieces would have.
            let common = body.iter().zip(&packet.data).take_while(|(came, sent)| came == sent).count();
            body[common..].iter().all(|byte| *byte == 0)
        };
        let known = self.deaf || body.iter().all(|byte| *byte == 0) || self.sent.iter().any(begins);
        assert!(known, "queue {queue}: {} bytes of a cut packet are of none", body.len());
        self.deaf = false;
        self.fresh = false;
    }

    fn stopped(&mut self, stopped: Stopped) -> (Vec<Completed>, Vec<ferrolane::DmaBuffer>) {
        assert!(stopped.fault.is_none(), "queue {}: {:?}", self.queue, stopped.fault);
        (stopped.completed, stopped.unfinished)
    }

    /// Stops the H2C queue wherever it is and starts it with rings of another size.
    pub fn restart_h2c(&mut self, interrupts: bool) {
        let quiet = self.done();
        self.ends += 1;
        let stopped = self.h2c.take().unwrap().stop().unwrap_or_else(|e| panic!("{e}"));
        let (completed, unfinished) = self.stopped(stopped);
        assert!(!quiet || completed.is_empty() && unfinished.is_empty());
        completed.into_iter().for_each(|done| self.gone(done));
        for buffer in unfinished {
            let len = buffer.capacity();
            self.out.give(buffer, len);
        }
        self.pieces.clear();
        if !quiet {
            self.cuts.push(self.serial);
            self.to_send = self.to_send.max(1);
        }
        self.feeds[0] = any_feed(&mut self.rng);
        let config = config(&mut self.rng, interrupts, self.feeds[0]);
        self.h2c = Some(self.device.open_h2c(self.queue, config).unwrap_or_else(|e| panic!("{e}")));
    }

    /// The same with the C2H queue.
    pub fn restart_c2h(&mut self, interrupts: bool) {
        let quiet = self.done();
        let stopped = self.c2h.take().unwrap().stop().unwrap_or_else(|e| panic!("{e}"));
        let (completed, unfinished) = self.stopped(stopped);
        completed.into_iter().for_each(|done| self.came(done));
        for buffer in unfinished {
            // Of a buffer in work any part may have been written.
            let len = buffer.capacity();
            self.back.give(buffer, len);
        }
        self.received.clear();
        if !quiet {
            self.deaf = true;
            self.to_send = self.to_send.max(1);
        }
        self.feeds[1] = any_feed(&mut self.rng);
        let config = config(&mut self.rng, interrupts, self.feeds[1]);
        self.c2h = Some(self.device.open_c2h(self.queue, config).unwrap_or_else(|e| panic!("{e}")));
    }

    /// Gives the queue a buffer whose read goes wrong: it halts with that error, and is started again. Says if there was room for that.
    pub fn fault(&mut self, trouble: Trouble, control: &SimControl, interrupts: bool) -> bool {
        if self.h2c().free() == 0 || self.done() {
            return false;
        }
        let region = self.device.allocate(4096, DmaAccess::DeviceReads).unwrap();
        let len = 1 + self.rng.below(4096) as usize;
        let buffer = region.buffer(0..len).unwrap();
        trouble.prepare(&self.device, control, &region);
        self.ends += 1;
        let sop = self.pieces.is_empty();
        self.h2c().push(H2cRequest::fragment(buffer, sop, true)).unwrap();
        self.h2c().commit().unwrap();
        let patience = self.device.deadline(crate::PATIENCE);
        loop {
            let mut refused = false;
            while let Ok(Some(done)) = self.h2c().try_complete() {
                if done.status.is_ok() {
                    self.gone(done);
                } else {
                    assert!(done.bytes < 4096, "queue {}: {} bytes", self.queue, done.bytes);
                    refused = true;
                }
            }
            if refused {
                break;
            }
            while let Some(done) = self.c2h().try_complete().unwrap_or_else(|e| panic!("{e}")) {
                self.came(done);
            }
            self.feed_c2h();
            assert!(self.device.now() < patience, "queue {}: no error came", self.queue);
            self.device.relax(20).unwrap_or_else(|e| panic!("{e}"));
        }
        let stopped = self.h2c.take().unwrap().stop().unwrap_or_else(|e| panic!("{e}"));
        assert!(stopped.fault.is_some() && stopped.completed.is_empty());
        for buffer in stopped.unfinished {
            let len = buffer.capacity();
            self.out.give(buffer, len);
        }
        self.pieces.clear();
        self.cuts.push(self.serial);
        self.to_send = self.to_send.max(1);
        self.feeds[0] = any_feed(&mut self.rng);
        let config = config(&mut self.rng, interrupts, self.feeds[0]);
        self.h2c = Some(self.device.open_h2c(self.queue, config).unwrap_or_else(|e| panic!("{e}")));
        true
    }

    /// Names of the feed modes, H2C and C2H.
    pub fn feeds(&self) -> [&'static str; 2] {
        self.feeds.map(feed_name)
    }

    fn feed_c2h(&mut self) {
        while self.back.any_free() && self.c2h().free() > 0 {
            let buffer = self.back.take(&mut self.rng, 2048);
            self.c2h().push(C2hRequest::new(buffer)).unwrap();
        }
        self.c2h().commit().unwrap();
    }

    /// Everything sent has come back.
    pub fn done(&self) -> bool {
        self.to_send == 0 && self.pieces.is_empty() && self.sent.is_empty() && self.out.all_free()
    }

    pub fn queues(&mut self) -> [&mut dyn Queue; 2] {
        [self.h2c.as_mut().unwrap(), self.c2h.as_mut().unwrap()]
    }

    /// What a test may want to know of a pair that makes no progress.
    pub fn describe(&self) -> String {
        format!(
            "queue {}: {} packets to send, {} pieces, {} on their way, {} bytes of one received, in flight {:?} {:?}",
            self.queue,
            self.to_send,
            self.pieces.len(),
            self.sent.len(),
            self.received.len(),
            self.h2c.as_ref().map(Queue::in_flight),
            self.c2h.as_ref().map(Queue::in_flight),
        )
    }

    /// Ends without a fault.
    pub fn stop(mut self) {
        let stopped = self.h2c.take().unwrap().stop().unwrap_or_else(|e| panic!("{e}"));
        let (completed, unfinished) = self.stopped(stopped);
        assert!(completed.is_empty() && unfinished.is_empty());
        let stopped = self.c2h.take().unwrap().stop().unwrap_or_else(|e| panic!("{e}"));
        let (completed, unfinished) = self.stopped(stopped);
        assert!(completed.is_empty(), "something came that was not sent");
        unfinished.into_iter().for_each(|buffer| self.back.give(buffer, 0));
    }
}
