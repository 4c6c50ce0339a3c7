//! What a source that can't wait loses while the host stalls, against its queue's share of the C2H FIFO.
//!
//! The engine drops what finds no room (MODE.DROP, tail drop), each share is a build of its own.

use anyhow::{bail, Result};
use ferrolane_abi::card::{Preset, PRESETS};
use ferrolane_abi::completion::{self, Completion};
use ferrolane_abi::descriptor::{self, Descriptor};
use ferrolane_abi::doorbell;
use ferrolane_abi::map::{queue_counters, queue_doorbell, queue_regs, Direction};
use ferrolane_abi::regs::{queue as regs, queue_counters as counters};
use ferrolane_abi::table::Register;

use crate::engine::Build;
use crate::host::{Host, Place};
use crate::pattern;
use crate::source::{Source, Stalls};

/// How long the host takes no write.
pub const STALL_NS: u64 = 5_000;
/// From one stall to the next, in the mean.
const PERIOD_NS: u64 = 100_000;
/// Clocks of each run.
const CLOCKS: u64 = 250_000;
/// Bytes of a packet of a source without frames.
const UNIT: u32 = 256;
/// Clocks that what is left may take to arrive.
const PATIENCE: u64 = 200_000;
/// Entries of both rings, and bytes of a buffer.
const ENTRIES: u32 = 1024;
const BUFFER: u32 = 8192;
/// Clocks between two looks of the host at its records.
const POLL: u64 = 64;

/// What a source lost.
pub struct Loss {
    /// The source.
    pub preset: Preset,
    /// Bytes per clock between its pauses.
    pub rate: f64,
    /// Bytes of the queue's share.
    pub share: u64,
    /// Bytes made.
    pub made: u64,
    /// Bytes of these that were lost.
    pub lost: u64,
}

impl Loss {
    /// Percent of what was made.
    pub fn percent(&self) -> f64 {
        100.0 * self.lost as f64 / self.made as f64
    }
}

/// The shares of one source's rows, which all have.
pub fn shares(losses: &[Loss]) -> Vec<u64> {
    let first = losses.first().map(|loss| loss.preset.name);
    losses.iter().take_while(|loss| Some(loss.preset.name) == first).map(|loss| loss.share).collect()
}

/// Runs each source in real time with each of `builds`; of a source all builds in a row.
///
/// # Errors
/// As [`Host::clock`], or the engine held the source up, what arrived is not what was sent, or what did not is not what
/// it counted and told as dropped.
pub fn measure(builds: &[&Build], place: Place, jobs: usize) -> Result<Vec<Loss>> {
    let real_time = PRESETS.iter().filter(|preset| preset.real_time);
    let all: Vec<_> = real_time.flat_map(|p| builds.iter().map(|build| (frames(*p), *build))).collect();
    let part = all.len().div_ceil(jobs.max(1));
    std::thread::scope(|scope| {
        let threads = all.chunks(part).map(|some| {
            scope.spawn(|| {
                let runs = some.iter().map(|(preset, build)| Run::new(build, place, *preset)?.run());
                runs.collect::<Result<Vec<Loss>>>()
            })
        });
        let threads: Vec<_> = threads.collect();
        let mut losses = Vec::new();
        for thread in threads {
            losses.extend(thread.join().expect("a run does not panic")?);
        }
        Ok(losses)
    })
}

/// A source whose packets are no frames of its own loses single pieces of them, not whole ones.
fn frames(preset: Preset) -> Preset {
    let length = if preset.spread == 0 { preset.length.min(UNIT) } else { preset.length };
    Preset { length, ..preset }
}

struct Run {
    host: Host,
    preset: Preset,
    share: u64,
    seed: u64,
    produced: u32,
    consumed: u32,
    /// The next packet, and where it begins in the stream.
    next: u32,
    at: u64,
    /// Packets and bytes that did not arrive.
    lost: (u32, u64),
}

impl Run {
    fn new(build: &Build, place: Place, preset: Preset) -> Result<Self> {
        let sizes = [
            ENTRIES as usize * descriptor::BYTES,
            ENTRIES as usize * completion::BYTES,
            (ENTRIES * BUFFER) as usize,
        ];
        let mut host = Host::new(build, place, u64::MAX, sizes)?;
        let drop = regs::MODE.field("DROP").expect("the table has it").put(1);
        let (descriptors, records, log2) =
            (host.descriptors.iova, host.records.iova, ENTRIES.trailing_zeros());
        for (register, value) in [
            (&regs::RING_BASE_LO, descriptors as u32),
            (&regs::RING_BASE_HI, (descriptors >> 32) as u32),
            (&regs::CPL_BASE_LO, records as u32),
            (&regs::CPL_BASE_HI, (records >> 32) as u32),
            (&regs::RING_SIZE, log2 | log2 << 8),
            (&regs::MODE, regs::MODE.reset() | drop),
            (&regs::COALESCE, 16 | 128 << 16),
            (&regs::CTRL, 1),
        ] {
            host.write(queue_regs(Direction::C2h, 0) + u64::from(register.offset), &[value])?;
        }
        for index in 0..ENTRIES {
            let host_addr = host.data.iova + u64::from(index * BUFFER);
            let entry = Descriptor { host_addr, len: BUFFER, flags: 0, card: 0 };
            host.descriptors.memory.write(index as usize * descriptor::BYTES, &entry.to_bytes());
        }
        let mut run = Run {
            host,
            preset,
            share: build.c2h_share,
            seed: place.seed,
            produced: ENTRIES,
            consumed: 0,
            next: 0,
            at: 0,
            lost: (0, 0),
        };
        run.doorbell()?;
        run.host.settle()?;
        Ok(run)
    }

    fn doorbell(&mut self) -> Result<()> {
        let value = doorbell::value(self.produced, self.consumed, false);
        self.host.write(queue_doorbell(Direction::C2h, 0), &[value as u32, (value >> 32) as u32])
    }

    /// Takes what has come and gives the buffers back.
    fn poll(&mut self) -> Result<()> {
        let before = self.consumed;
        loop {
            let at = (self.consumed % ENTRIES) as usize * completion::BYTES;
            let memory = &self.host.records.memory;
            let dw3 = memory.load_acquire(at + 12);
            let lap = self.consumed / ENTRIES;
            if (dw3 >> completion::PHASE_BIT == 1) != lap.is_multiple_of(2) {
                break;
            }
            let dw = |i: usize| memory.load(at + 4 * i);
            let record = Completion::from_dws([dw(0), dw(1), dw(2), dw3]);
            // Every packet fits in a buffer.
            let whole = record.flags & completion::EOP != 0;
            if record.status != 0 || record.index != self.consumed || !whole || record.meta < self.next {
                bail!("record {} is {record:?}, packet {} was next", self.consumed, self.next);
            }
            let before = self.lost.0;
            self.lose(record.meta);
            if (record.flags & completion::GAP != 0) != (self.lost.0 != before) {
                bail!("{record:?} behind {} lost packets", self.lost.0 - before);
            }
            let mut bytes = vec![0; Source::length(&self.preset, self.next) as usize];
            if record.bytes as usize != bytes.len() {
                bail!("packet {} has {} bytes: {record:?}", self.next, bytes.len());
            }
            self.host.data.memory.read((self.consumed % ENTRIES * BUFFER) as usize, &mut bytes);
            if let Some(place) = pattern::wrong(0, self.at, &bytes) {
                bail!("the byte at {place} of the stream is wrong");
            }
            self.at += bytes.len() as u64;
            self.next += 1;
            self.consumed += 1;
        }
        if self.consumed != before {
            self.produced = self.consumed + ENTRIES;
            self.doorbell()?;
        }
        Ok(())
    }

    /// Packets up to `next` did not arrive.
    fn lose(&mut self, next: u32) {
        while self.next < next {
            let bytes = Source::length(&self.preset, self.next);
            self.lost = (self.lost.0 + 1, self.lost.1 + bytes);
            self.at += bytes;
            self.next += 1;
        }
    }

    fn counter(&mut self, register: &Register) -> Result<u32> {
        self.host.read(queue_counters(Direction::C2h, 0) + u64::from(register.offset))
    }

    fn run(mut self) -> Result<Loss> {
        let (preset, share) = (self.preset, self.share);
        let (start, period) = (self.host.machine.now(), self.host.machine.options.period_ps);
        let clocks = |ns: u64| ns * 1000 / period;
        // The card counts from the end of its reset; a few clocks don't matter here.
        let stalls = Stalls::new(self.seed, clocks(STALL_NS), clocks(PERIOD_NS), start, start + CLOCKS);
        let source = Source::new(preset, period, stalls);
        let rate = source.rate();
        {
            let mut side = self.host.side.lock();
            side.source = Some(source);
            side.offering = true;
        }
        while self.host.machine.now() < start + CLOCKS {
            for _ in 0..POLL {
                self.host.clock()?;
            }
            self.poll()?;
        }
        self.host.side.lock().offering = false;
        // What was begun at the end may stay without its last bytes; everything else arrives or is dropped.
        self.host.settle()?;
        self.poll()?;
        if self.host.machine.now() > start + CLOCKS + PATIENCE {
            bail!("{}: what was left did not arrive", preset.name);
        }
        self.host.check()?;
        let (given, waits) = {
            let side = self.host.side.lock();
            let source = side.source.as_ref().expect("it was put there");
            (source.given, side.clocks.c2h_waits)
        };
        self.lose(given.0);
        let (packets, bytes) =
            (self.counter(&counters::DROPPED_PACKETS)?, self.counter(&counters::DROPPED_BYTES)?);
        if (packets, u64::from(bytes)) != self.lost || waits != 0 {
            let (name, lost) = (preset.name, self.lost);
            bail!("{name}: {lost:?} lost, {packets} and {bytes} counted, {waits} clocks not taken");
        }
        Ok(Loss { preset, rate, share, made: given.1, lost: self.lost.1 })
    }
}
