//! A device on a simulated link, and random packets through its loopback.

use std::sync::Arc;

use ferrolane::{
    wait_any, C2hQueue, C2hRequest, Completed, Device, DeviceOptions, DmaAccess, DmaBuffer, DmaRegion,
    H2cQueue, H2cRequest, Queue, QueueConfig, Transport,
};
use ferrolane_sim::rng::Rng;
use ferrolane_sim::{Options, SimControl, SimTransport};

/// Distance of buffers in bytes.
pub const SLOT: usize = 8192;
/// Buffers per queue and direction.
const SLOTS: usize = 16;
/// Most pieces of a packet.
const PIECES: usize = 8;
/// Device time without any progress that fails a test, in nanoseconds.
const PATIENCE: u64 = 2_000_000;

/// A device and the handle on its simulation.
pub struct Rig {
    pub device: Device,
    pub transport: Arc<dyn Transport>,
    pub control: SimControl,
}

/// Opens the card behind the link that a preset describes.
pub fn rig(preset: &str) -> Rig {
    let sim = SimTransport::open(Options::parse(preset).unwrap()).unwrap_or_else(|e| panic!("{preset}: {e}"));
    let control = sim.control();
    let transport: Arc<dyn Transport> = Arc::new(sim);
    Rig { device: open(&transport), transport, control }
}

/// Opens the driver on a transport.
pub fn open(transport: &Arc<dyn Transport>) -> Device {
    Device::open_with(Arc::clone(transport), DeviceOptions::default()).unwrap_or_else(|e| panic!("{e}"))
}

/// What kind of packets to send.
#[derive(Clone, Copy)]
pub struct Traffic {
    pub seed: u64,
    pub queues: u32,
    pub packets: usize,
    /// Longest packet in bytes, at most 4 slots.
    pub longest: u64,
    /// Sleep for interrupts instead of polling.
    pub interrupts: bool,
}

struct Packet {
    data: Vec<u8>,
    meta: u32,
}

/// One queue pair in use.
pub struct Pair {
    h2c: H2cQueue,
    c2h: C2hQueue,
    out: DmaRegion,
    back: DmaRegion,
    out_free: Vec<usize>,
    back_free: Vec<usize>,
    rng: Rng,
    sent: std::collections::VecDeque<Packet>,
    to_send: usize,
    received: Vec<u8>,
    longest: u64,
}

impl Pair {
    pub fn open(device: &Device, queue: u32, traffic: &Traffic) -> Self {
        let config = QueueConfig { entries: 32, interrupt: traffic.interrupts, ..QueueConfig::default() };
        let region = |access| device.allocate(SLOT * SLOTS, access).unwrap();
        Pair {
            h2c: device.open_h2c(queue, config.clone()).unwrap(),
            c2h: device.open_c2h(queue, config).unwrap(),
            out: region(DmaAccess::DeviceReads),
            back: region(DmaAccess::DeviceWrites),
            out_free: (0..SLOTS).collect(),
            back_free: (0..SLOTS).collect(),
            rng: Rng::new(traffic.seed, &format!("queue {queue}")),
            sent: Default::default(),
            to_send: traffic.packets,
            received: Vec::new(),
            longest: traffic.longest,
        }
    }

    /// A buffer of `len` bytes anywhere in a free slot.
    fn buffer(region: &DmaRegion, rng: &mut Rng, slot: usize, len: usize) -> DmaBuffer {
        let offset = slot * SLOT + rng.below((SLOT - len) as u64 + 1) as usize;
        region.buffer(offset..offset + len).unwrap()
    }

    /// Sends what there is room for.
    pub fn send(&mut self) {
        while self.to_send > 0 && self.out_free.len() >= PIECES && self.h2c.free() >= PIECES as u32 {
            let len = 1 + self.rng.below(self.longest);
            let data: Vec<u8> = (0..len).map(|_| self.rng.next() as u8).collect();
            let meta = self.rng.next() as u32;
            let mut cuts = vec![0];
            while cuts[cuts.len() - 1] < len {
                let most = (len - cuts[cuts.len() - 1]).min(SLOT as u64);
                // A few pieces of any length, then as long as they can be.
                let piece = if cuts.len() <= 4 { 1 + self.rng.below(most) } else { most };
                cuts.push(cuts[cuts.len() - 1] + piece);
            }
            for (i, cut) in cuts.windows(2).enumerate() {
                let slot = self.out_free.pop().unwrap();
                let piece = &data[cut[0] as usize..cut[1] as usize];
                let mut buffer = Self::buffer(&self.out, &mut self.rng, slot, piece.len());
                buffer.copy_from(piece).unwrap();
                let (sop, eop) = (i == 0, i + 2 == cuts.len());
                // The card takes the metadata of the first piece.
                let request = H2cRequest::fragment(buffer, sop, eop).with_meta(if sop { meta } else { 0 });
                self.h2c.push(request).unwrap();
            }
            self.sent.push_back(Packet { data, meta });
            self.to_send -= 1;
        }
        self.h2c.commit().unwrap();
        while !self.back_free.is_empty() && self.c2h.free() > 0 {
            let slot = self.back_free.pop().unwrap();
            let len = 1 + self.rng.below(SLOT as u64) as usize;
            let buffer = Self::buffer(&self.back, &mut self.rng, slot, len);
            self.c2h.push(C2hRequest::new(buffer)).unwrap();
        }
        self.c2h.commit().unwrap();
    }

    /// Takes what has completed; how much that was.
    pub fn take(&mut self) -> usize {
        let mut count = 0;
        while let Some(done) = self.h2c.try_complete().unwrap_or_else(|e| panic!("{e}")) {
            assert!(done.status.is_ok(), "{}", done.status);
            self.out_free.push(done.buffer.offset() / SLOT);
            count += 1;
        }
        while let Some(done) = self.c2h.try_complete().unwrap_or_else(|e| panic!("{e}")) {
            self.received(done);
            count += 1;
        }
        count
    }

    fn received(&mut self, done: Completed) {
        assert!(done.status.is_ok(), "{}", done.status);
        assert_eq!(done.buffer.len(), done.bytes as usize);
        self.received.extend(done.buffer.to_vec());
        self.back_free.push(done.buffer.offset() / SLOT);
        if done.eop {
            let packet = self.sent.pop_front().expect("a packet that was never sent");
            assert_eq!(self.received.len(), packet.data.len(), "packet length");
            assert!(self.received == packet.data, "packet data");
            assert_eq!(done.meta, packet.meta, "metadata");
            self.received.clear();
        } else {
            assert_eq!(done.bytes as usize, done.buffer.capacity(), "a buffer ended early inside a packet");
        }
    }

    pub fn done(&self) -> bool {
        self.to_send == 0 && self.sent.is_empty() && self.out_free.len() == SLOTS
    }

    pub fn stop(self) {
        for stopped in [self.h2c.stop().unwrap(), self.c2h.stop().unwrap()] {
            assert!(stopped.fault.is_none(), "{:?}", stopped.fault);
        }
    }
}

/// Starts traffic without waiting for its end.
pub fn begin(device: &Device, traffic: &Traffic) -> Vec<Pair> {
    let mut pairs: Vec<Pair> = (0..traffic.queues).map(|queue| Pair::open(device, queue, traffic)).collect();
    pairs.iter_mut().for_each(Pair::send);
    pairs
}

/// Sends random packets through the loopback of some queues at once and checks that each comes back whole.
pub fn run(rig: &Rig, traffic: Traffic) {
    run_on(&rig.device, traffic);
}

/// As [`run`], on a device alone.
pub fn run_on(device: &Device, traffic: Traffic) {
    let mut pairs = begin(device, &traffic);
    let mut patience = device.deadline(PATIENCE);
    while !pairs.iter().all(Pair::done) {
        let mut count = 0;
        for pair in &mut pairs {
            count += pair.take();
            pair.send();
        }
        if count > 0 {
            patience = device.deadline(PATIENCE);
            continue;
        }
        assert!(device.now() < patience, "no progress any more");
        if traffic.interrupts {
            let mut queues: Vec<&mut dyn Queue> = Vec::new();
            for pair in &mut pairs {
                queues.push(&mut pair.h2c);
                queues.push(&mut pair.c2h);
            }
            wait_any(&mut queues, patience).unwrap_or_else(|e| panic!("{e}"));
        } else {
            device.relax(50).unwrap_or_else(|e| panic!("{e}"));
        }
    }
    pairs.into_iter().for_each(Pair::stop);
}
