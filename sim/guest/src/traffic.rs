//! Packets through the loopback of some queues at once; every byte that comes back is compared.
//!
//! Sent and received pieces have the same length, so the nth that comes back is the nth that was sent.

use std::time::{Duration, Instant};

use anyhow::{bail, ensure, Context, Result};
use clap::{Args, ValueEnum};
use ferrolane::{
    wait_any, C2hQueue, C2hRequest, Completed, Device, DmaAccess, DmaBuffer, DmaRegion, Feed, H2cQueue,
    H2cRequest, Queue, QueueConfig,
};

use crate::open::Opened;
use crate::pattern;

/// Distance between buffers is a multiple of it.
const PAGE: usize = 4096;

/// How descriptors reach the card.
#[derive(Clone, Copy, ValueEnum)]
pub enum By {
    /// A ring in memory.
    Ring,
    /// The push window.
    Push,
    /// Registers.
    Direct,
}

/// How completions are noticed.
#[derive(Clone, Copy, PartialEq, ValueEnum)]
pub enum Wait {
    /// Looking again and again.
    Poll,
    /// Asleep until an interrupt.
    Interrupt,
}

/// What to move, and how.
#[derive(Args, Clone)]
pub struct Traffic {
    /// Queue pairs, from 0 on.
    #[arg(long, default_value_t = 1)]
    queues: u32,
    /// How descriptors reach the card.
    #[arg(long, value_enum, default_value_t = By::Ring)]
    feed: By,
    /// How completions are noticed.
    #[arg(long, value_enum, default_value_t = Wait::Poll)]
    wait: Wait,
    /// Bytes of a descriptor.
    #[arg(long, default_value_t = 4096)]
    piece: usize,
    /// Bytes from a page's start to the first of a piece.
    #[arg(long, default_value_t = 0)]
    offset: usize,
    /// Pieces of a packet.
    #[arg(long, default_value_t = 4)]
    pieces: u64,
    /// Packets per queue; 0: until the process ends.
    #[arg(long, default_value_t = 16)]
    packets: u64,
    /// Buffers each way per queue.
    #[arg(long, default_value_t = 32)]
    buffers: usize,
    /// Seconds without any progress after which it is given up. Behind the card a simulator may be slow.
    #[arg(long, default_value_t = 20)]
    patience: u64,
}

impl Traffic {
    fn patience(&self) -> Duration {
        Duration::from_secs(self.patience)
    }

    /// The same as device time, which on a PCI device is the clock's.
    fn patience_nanos(&self) -> u64 {
        self.patience().as_nanos() as u64
    }

    fn total(&self) -> u64 {
        match self.packets {
            0 => u64::MAX,
            packets => packets * self.pieces,
        }
    }

    fn config(&self) -> QueueConfig {
        QueueConfig {
            entries: (self.buffers as u32).next_power_of_two().max(2),
            interrupt: self.wait == Wait::Interrupt,
            drain_nanos: self.patience_nanos(),
            feed: match self.feed {
                By::Ring => Feed::Ring,
                By::Push => Feed::Push,
                By::Direct => Feed::Direct,
            },
            ..QueueConfig::default()
        }
    }
}

/// One queue pair in use.
struct Pair {
    index: u32,
    h2c: H2cQueue,
    c2h: C2hQueue,
    free: Vec<DmaBuffer>,
    sent: u64,
    received: u64,
    scratch: Vec<u8>,
}

impl Pair {
    fn open(device: &Device, index: u32, traffic: &Traffic) -> Result<Pair> {
        let stride = (traffic.offset + traffic.piece).next_multiple_of(PAGE);
        let buffers = |access| -> Result<Vec<DmaBuffer>> {
            let region: DmaRegion = device.allocate(stride * traffic.buffers, access)?;
            Ok(region.buffers(traffic.offset, traffic.piece, stride, traffic.buffers)?)
        };
        let h2c = device.open_h2c(index, traffic.config())?;
        let mut c2h = device.open_c2h(index, traffic.config())?;
        let mut back = buffers(DmaAccess::DeviceWrites)?;
        // The other ways to feed a queue take fewer at a time than a ring.
        for buffer in back.drain(..(c2h.free() as usize).min(traffic.buffers)) {
            c2h.push(C2hRequest::new(buffer)).map_err(|r| r.error)?;
        }
        c2h.commit()?;
        let free = buffers(DmaAccess::DeviceReads)?;
        Ok(Pair { index, h2c, c2h, free, sent: 0, received: 0, scratch: vec![0; traffic.piece] })
    }

    /// Sends as much as there is room for.
    fn send(&mut self, traffic: &Traffic) -> Result<()> {
        while self.sent < traffic.total() && self.h2c.free() > 0 {
            let Some(mut buffer) = self.free.pop() else { break };
            pattern::fill(self.index, self.sent, &mut self.scratch);
            buffer.copy_from(&self.scratch)?;
            let place = self.sent % traffic.pieces;
            let request = H2cRequest::fragment(buffer, place == 0, place + 1 == traffic.pieces);
            self.h2c.push(request).map_err(|r| r.error)?;
            self.sent += 1;
        }
        Ok(self.h2c.commit()?)
    }

    /// Takes what has come; answers how many pieces that was.
    fn take(&mut self, traffic: &Traffic) -> Result<u64> {
        let mut count = 0;
        while let Some(done) = self.h2c.try_complete()? {
            ensure!(done.status.is_ok(), "H2C queue {}: {}", self.index, done.status);
            self.free.push(done.buffer);
            count += 1;
        }
        while let Some(done) = self.c2h.try_complete()? {
            self.compare(&done, traffic)?;
            self.received += 1;
            self.c2h.push(C2hRequest::new(done.buffer)).map_err(|r| r.error)?;
            count += 1;
        }
        self.c2h.commit()?;
        Ok(count)
    }

    fn compare(&mut self, done: &Completed, traffic: &Traffic) -> Result<()> {
        let (queue, piece) = (self.index, self.received);
        ensure!(done.status.is_ok(), "C2H queue {queue}: {}", done.status);
        ensure!(
            done.eop == ((piece + 1) % traffic.pieces == 0),
            "queue {queue}, piece {piece}: end of packet"
        );
        pattern::fill(queue, piece, &mut self.scratch);
        let bytes = done.buffer.to_vec();
        if let Some(at) = (0..traffic.piece).find(|&i| bytes.get(i) != self.scratch.get(i)) {
            bail!(
                "queue {queue}, piece {piece} of {} bytes differs at byte {at}: {:02x?} instead of {:02x?}",
                bytes.len(),
                bytes.get(at..(at + 8).min(bytes.len())),
                &self.scratch[at..(at + 8).min(traffic.piece)]
            );
        }
        Ok(())
    }

    fn done(&self, traffic: &Traffic) -> bool {
        self.received == traffic.total() && self.h2c.in_flight() == 0
    }
}

/// Queue pairs with traffic on them.
pub struct Running {
    pairs: Vec<Pair>,
    progress: Instant,
}

impl Running {
    /// Opens the queues and sends the first packets.
    pub fn start(device: &Device, traffic: &Traffic) -> Result<Running> {
        let open = |index| Pair::open(device, index, traffic).with_context(|| format!("queue {index}"));
        let mut pairs = (0..traffic.queues).map(open).collect::<Result<Vec<_>>>()?;
        pairs.iter_mut().try_for_each(|pair| pair.send(traffic))?;
        Ok(Running { pairs, progress: Instant::now() })
    }

    /// One round over all queues.
    pub fn step(&mut self, device: &Device, traffic: &Traffic) -> Result<()> {
        let mut count = 0;
        for pair in &mut self.pairs {
            count += pair.take(traffic)?;
            pair.send(traffic)?;
        }
        if count > 0 {
            self.progress = Instant::now();
            return Ok(());
        }
        if self.progress.elapsed() > traffic.patience() {
            // The driver tells what it waits for, or that the card is gone.
            for pair in self.pairs.iter_mut().filter(|pair| pair.h2c.in_flight() > 0) {
                pair.h2c.poll_until(device.now())?;
            }
            bail!("nothing has moved for {} s; pieces received: {:?}", traffic.patience, self.received());
        }
        if traffic.wait == Wait::Interrupt {
            let mut queues: Vec<&mut dyn Queue> = Vec::new();
            for pair in &mut self.pairs {
                queues.push(&mut pair.h2c);
                queues.push(&mut pair.c2h);
            }
            wait_any(&mut queues, device.deadline(traffic.patience_nanos()))?;
        } else {
            device.relax(50)?;
        }
        Ok(())
    }

    /// Pieces received on each queue.
    pub fn received(&self) -> Vec<u64> {
        self.pairs.iter().map(|pair| pair.received).collect()
    }

    fn done(&self, traffic: &Traffic) -> bool {
        self.pairs.iter().all(|pair| pair.done(traffic))
    }

    fn stop(self) -> Result<()> {
        for pair in self.pairs {
            for stopped in [pair.h2c.stop()?, pair.c2h.stop()?] {
                if let Some(fault) = stopped.fault {
                    return Err(fault.into());
                }
            }
        }
        Ok(())
    }
}

/// What was moved.
pub struct Moved {
    /// Bytes compared.
    pub bytes: u64,
    /// Memory in huge pages while the buffers were there, in KiB.
    pub huge_kib: u64,
}

/// Moves it all.
pub fn complete(device: &Device, traffic: &Traffic) -> Result<Moved> {
    let mut running = Running::start(device, traffic)?;
    let mut told = false;
    while !running.done(traffic) {
        running.step(device, traffic)?;
        if traffic.packets == 0 && !told && running.received().iter().all(|pieces| *pieces > 0) {
            println!("@@ moving=1");
            told = true;
        }
    }
    let bytes = running.received().iter().sum::<u64>() * traffic.piece as u64;
    let huge_kib = huge_kib();
    running.stop()?;
    Ok(Moved { bytes, huge_kib })
}

/// How much of this process' memory is in huge pages, in KiB.
fn huge_kib() -> u64 {
    let maps = std::fs::read_to_string("/proc/self/smaps_rollup").unwrap_or_default();
    let value = maps.lines().find_map(|line| line.strip_prefix("ShmemPmdMapped:"));
    value.and_then(|text| text.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

/// Moves it all and prints what that was.
pub fn run(opened: &Opened, traffic: &Traffic) -> Result<()> {
    let device = &opened.device;
    let (clocks, start) = (device.clocks()?, Instant::now());
    let Moved { bytes, huge_kib } = complete(device, traffic)?;
    let micros = start.elapsed().as_micros();
    let (clocks, khz) = (device.clocks()? - clocks, device.parameters().clock_khz);
    println!(
        "@@ bytes={bytes} interrupts={} micros={micros} clocks={clocks} clock_khz={khz} huge_kib={huge_kib}",
        opened.interrupts()
    );
    Ok(())
}
