//! What a program does with this card. It knows nothing of the simulator: on a board it would be the same.

use std::collections::VecDeque;
use std::error::Error;
use std::sync::Arc;

use ferrolane::{
    wait_any, C2hQueue, C2hRequest, Completed, Device, DmaAccess, DmaBuffer, H2cQueue, H2cRequest, Queue,
    QueueConfig, Transport,
};

/// Registers of `user_logic.v`.
const ID: u64 = 0x00;
const PACKETS: u64 = 0x04;
const BYTES: u64 = 0x08;
const INVERT: u64 = 0x0C;
/// What ID reads.
const ID_VALUE: u32 = 0x4352_4333;
/// User interrupts that the socket has: the last vectors.
const USER_INTERRUPTS: u32 = 4;
/// Packets per interrupt.
const PER_INTERRUPT: u32 = 16;
/// Longest packet, and the size of a buffer, in bytes.
const LONGEST: usize = 4096;
/// Buffers per queue and direction.
const BUFFERS: usize = 16;
/// Device time without anything happening after which something is wrong, in nanoseconds.
const PATIENCE: u64 = 2_000_000;

/// What was done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Queue pairs in use.
    pub queues: u32,
    /// Packets that came back equal with the right CRC.
    pub packets: u32,
    /// Bytes in them.
    pub bytes: u64,
    /// User interrupts taken.
    pub interrupts: u32,
    /// Device time that it took, in nanoseconds.
    pub nanos: u64,
}

/// A queue pair and the packets under way on it.
struct Pair {
    h2c: H2cQueue,
    c2h: C2hQueue,
    idle: Vec<DmaBuffer>,
    sent: VecDeque<Vec<u8>>,
}

impl Pair {
    fn open(device: &Device, queue: u32) -> Result<Pair, Box<dyn Error>> {
        let h2c = device.open_h2c(queue, QueueConfig::default())?;
        let mut c2h = device.open_c2h(queue, QueueConfig::default())?;
        let outgoing = device.allocate(BUFFERS * LONGEST, DmaAccess::DeviceReads)?;
        let incoming = device.allocate(BUFFERS * LONGEST, DmaAccess::DeviceWrites)?;
        let idle = outgoing.buffers(0, LONGEST, LONGEST, BUFFERS)?;
        for buffer in incoming.buffers(0, LONGEST, LONGEST, BUFFERS)? {
            c2h.push(C2hRequest::new(buffer))?;
        }
        c2h.commit()?;
        Ok(Pair { h2c, c2h, idle, sent: VecDeque::new() })
    }

    /// Sends packets that `make` gives while there are buffers and more packets.
    fn send(&mut self, make: &mut impl FnMut() -> Option<Vec<u8>>) -> Result<(), Box<dyn Error>> {
        while !self.idle.is_empty() {
            let Some(data) = make() else { break };
            let Some(mut buffer) = self.idle.pop() else { break };
            buffer.set_len(data.len())?;
            buffer.copy_from(&data)?;
            self.h2c.push(H2cRequest::packet(buffer))?;
            self.sent.push_back(data);
        }
        Ok(self.h2c.commit()?)
    }

    /// Takes what has completed; answers the bytes of each packet that came back right.
    fn take(&mut self, invert: u32) -> Result<Vec<usize>, Box<dyn Error>> {
        while let Some(Completed { buffer, status, .. }) = self.h2c.try_complete()? {
            if !status.is_ok() {
                return Err(format!("a packet was not sent: {status}").into());
            }
            self.idle.push(buffer);
        }
        let mut taken = Vec::new();
        while let Some(done) = self.c2h.try_complete()? {
            let sent = self.sent.pop_front().ok_or("a packet that was never sent")?;
            check(&done, &sent, invert)?;
            taken.push(sent.len());
            self.c2h.push(C2hRequest::new(done.buffer))?;
        }
        self.c2h.commit()?;
        Ok(taken)
    }
}

/// Whether a packet came back as the card should return it.
fn check(done: &Completed, sent: &[u8], invert: u32) -> Result<(), Box<dyn Error>> {
    if !done.status.is_ok() || !done.eop {
        return Err(format!("a packet did not come back whole: {}", done.status).into());
    }
    let back: Vec<u8> =
        done.buffer.to_vec().iter().zip(invert.to_le_bytes().iter().cycle()).map(|(b, x)| b ^ x).collect();
    if back != sent {
        return Err(format!("a packet of {} bytes came back changed", sent.len()).into());
    }
    let crc = crc32fast::hash(sent);
    if done.meta != crc {
        return Err(
            format!("CRC-32 {:#010x} instead of {crc:#010x} of {} bytes", done.meta, sent.len()).into()
        );
    }
    Ok(())
}

/// Sends `packets` packets that `make` gives (at most [`LONGEST`] bytes) over all queues, and checks what comes back, the
/// registers and the interrupts.
///
/// # Errors
/// Whatever is not as it should be.
pub fn run(
    transport: Arc<dyn Transport>,
    packets: u32,
    mut make: impl FnMut() -> Vec<u8>,
) -> Result<Summary, Box<dyn Error>> {
    let device = Device::open(transport)?;
    let id = device.user_read32(ID)?;
    if id != ID_VALUE {
        return Err(format!("the card's own logic is another: ID is {id:#010x}, not {ID_VALUE:#010x}").into());
    }
    let queues = device.parameters().h2c_queues.min(device.parameters().c2h_queues);
    let mut interrupt = device.user_interrupt(device.parameters().vectors - USER_INTERRUPTS)?;
    let before = (device.user_read32(PACKETS)?, device.user_read32(BYTES)?);
    let start = device.now();
    let mut pairs = (0..queues).map(|queue| Pair::open(&device, queue)).collect::<Result<Vec<_>, _>>()?;
    let mut summary = Summary { queues, ..Summary::default() };
    // The second half comes back inverted; the CRC is of what was sent.
    for (half, invert) in [(packets.div_ceil(2), 0), (packets / 2, u32::MAX)] {
        device.user_write32(INVERT, invert)?;
        if device.user_read32(INVERT)? != invert {
            return Err("INVERT does not keep what is written".into());
        }
        let (mut to_send, until) = (half, summary.packets + half);
        let mut patience = device.deadline(PATIENCE);
        while summary.packets < until {
            let mut news = false;
            for pair in &mut pairs {
                for bytes in pair.take(invert)? {
                    summary.packets += 1;
                    summary.bytes += bytes as u64;
                    news = true;
                }
                pair.send(&mut || {
                    to_send = to_send.checked_sub(1)?;
                    Some(make())
                })?;
            }
            summary.interrupts += u32::from(interrupt.take()?);
            if news {
                patience = device.deadline(PATIENCE);
                continue;
            }
            let mut all: Vec<&mut dyn Queue> = Vec::new();
            for pair in &mut pairs {
                all.extend([&mut pair.h2c as &mut dyn Queue, &mut pair.c2h]);
            }
            if wait_any(&mut all, patience)?.is_none() {
                return Err(format!("only {} of {packets} packets came back", summary.packets).into());
            }
        }
    }
    summary.nanos = device.now() - start;
    let counted = (device.user_read32(PACKETS)?, device.user_read32(BYTES)?);
    let expected = (before.0.wrapping_add(packets), before.1.wrapping_add(summary.bytes as u32));
    if counted != expected {
        return Err(format!("PACKETS, BYTES are {counted:?} instead of {expected:?}").into());
    }
    // Several that come before one look are one; but the last has had no look yet, or one was seen before.
    summary.interrupts += u32::from(interrupt.take()?);
    if expected.0 / PER_INTERRUPT > before.0 / PER_INTERRUPT && summary.interrupts == 0 {
        if !interrupt.wait_until(device.deadline(PATIENCE))? {
            return Err("the user interrupt did not come".into());
        }
        summary.interrupts = 1;
    }
    for pair in pairs {
        for stopped in [pair.h2c.stop()?, pair.c2h.stop()?] {
            stopped.fault.map_or(Ok(()), Err)?;
        }
    }
    Ok(summary)
}
