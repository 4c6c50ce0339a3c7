//! Translation, faults, bus mastering and interrupts.

use std::os::fd::AsFd;
use std::sync::Arc;

use ferrolane::{DmaAccess, Memory, TransportError, Woken};
use ferrolane_abi::map::Direction::{C2h, H2c};

use crate::{Bench, Seen, Step};

/// Bytes of a small packet.
const LEN: u32 = 1000;
/// Device time within which an interrupt must come, in nanoseconds, and within which one must not.
const SOON: u64 = 5_000_000_000;
const NEVER: u64 = 100_000;

/// The operations.
pub const STEPS: &[Step] = &[
    Step { name: "packets of all sizes come back equal", expected: "18 of 18 equal", run: loopback },
    Step {
        name: "each packet's interrupt comes, and no other",
        expected: "8 of 8, then none",
        run: interrupts,
    },
    Step {
        name: "without bus mastering nothing moves, with it everything does",
        expected: "None, Some((1000, 0)), equal",
        run: bus_master,
    },
    Step {
        name: "a read of an unmapped IOVA is refused",
        expected: "halted, 0 bytes",
        run: |b| {
            b.map_data()?;
            b.start()?;
            let hole = b.hole();
            read_from(b, hole)
        },
    },
    Step {
        name: "a read of write-only memory is refused",
        expected: "halted, 0 bytes",
        run: |b| {
            let (memory, iova) = (Arc::clone(b.out().0), b.out().1);
            b.map(&memory, 0..4096, iova, DmaAccess::DeviceWrites)?;
            b.start()?;
            read_from(b, iova)
        },
    },
    Step {
        name: "a write to an unmapped IOVA goes nowhere, and the next one goes on",
        expected: "Some(0), untouched, Some(0), equal",
        run: |b| {
            let hole = b.hole();
            write_to(b, hole)
        },
    },
    Step {
        name: "a write to read-only memory changes nothing, and the next one goes on",
        expected: "Some(0), untouched, Some(0), equal",
        run: |b| {
            let memory = Arc::new(Memory::allocate(4096).map_err(|e| failed(&e.to_string()))?);
            let hole = b.hole();
            b.map(&memory, 0..4096, hole, DmaAccess::DeviceReads)?;
            let seen = write_to(b, hole)?;
            let touched = (0..1024).any(|dw| memory.load(4 * dw) != 0);
            Ok(if touched { "read-only memory was written".into() } else { seen })
        },
    },
    Step {
        name: "memory that was unmapped is out of reach",
        expected: "untouched",
        run: |b| {
            b.map_data()?;
            b.start()?;
            let (_, back) = b.back();
            b.unmap(back)?;
            send(b, LEN)?;
            b.go(C2h, back, 4096, false)?;
            b.record(C2h)?;
            Ok(if b.back().0.load(0) == 0 { "untouched" } else { "written" }.into())
        },
    },
    Step {
        name: "maps that can't be are refused",
        expected: "twice refused, askew refused, beyond refused, unknown refused",
        run: bad_maps,
    },
    Step {
        name: "a reset in mid-transfer ends it, and the next one works",
        expected: "18 of 18 equal",
        run: |b| {
            b.map_data()?;
            b.start()?;
            for _ in 0..8 {
                b.go(C2h, b.back().1, 8192, false)?;
                b.go(H2c, b.out().1, 8192, false)?;
            }
            b.transport().reset()?;
            b.transport().set_bus_master(true)?;
            sizes(b)
        },
    },
];

fn failed(what: &str) -> TransportError {
    TransportError::Io { what: what.into(), source: std::io::ErrorKind::Other.into() }
}

fn pattern(seed: u32, len: u32) -> Vec<u8> {
    (0..len).map(|i| (seed.wrapping_mul(31) ^ i.wrapping_mul(0x9E37_79B9) >> 13) as u8).collect()
}

/// Sends a packet; what it holds depends on its length.
fn send(b: &Bench, len: u32) -> Result<Vec<u8>, TransportError> {
    let data = pattern(len, len);
    b.out().0.write(0, &data);
    b.go(H2c, b.out().1, len, false)?;
    Ok(data)
}

fn equal(b: &Bench, data: &[u8]) -> bool {
    let mut found = vec![0; data.len()];
    b.back().0.read(0, &mut found);
    found == data
}

fn loopback(b: &mut Bench) -> Seen {
    b.map_data()?;
    sizes(b)
}

fn sizes(b: &mut Bench) -> Seen {
    b.start()?;
    let sizes = [1, 2, 3, 4, 5, 15, 16, 17, 63, 64, 65, 255, 256, 257, 1000, 4095, 4096, 8192];
    let mut same = 0;
    for len in sizes {
        b.go(C2h, b.back().1, 8192, false)?;
        let data = send(b, len)?;
        let found = b.record(C2h)?;
        if found == Some((len, 0)) && b.record(H2c)? == Some((len, 0)) && equal(b, &data) {
            same += 1;
        }
    }
    Ok(format!("{same} of {} equal", sizes.len()))
}

fn interrupts(b: &mut Bench) -> Seen {
    b.map_data()?;
    let fds = b.transport().enable_interrupts(2)?;
    b.start()?;
    let mut came = 0;
    for _ in 0..8 {
        b.go(C2h, b.back().1, 4096, true)?;
        send(b, LEN)?;
        let end = b.transport().now().saturating_add(SOON);
        if b.transport().wait(&[fds[0].as_fd(), fds[1].as_fd()], end)? != Woken::Ready(1) {
            break;
        }
        let mut events = std::fs::File::from(fds[1].try_clone().map_err(|e| failed(&e.to_string()))?);
        std::io::Read::read_exact(&mut events, &mut [0; 8]).map_err(|e| failed(&e.to_string()))?;
        // The interrupt comes behind its record.
        came += u32::from(b.no_record(C2h)? == Some((LEN, 0)));
    }
    b.transport().disable_interrupts()?;
    b.go(C2h, b.back().1, 4096, true)?;
    send(b, LEN)?;
    b.record(C2h)?;
    let end = b.transport().now() + NEVER;
    let more = b.transport().wait(&[fds[0].as_fd(), fds[1].as_fd()], end)?;
    let more = if more == Woken::Deadline { "none" } else { "another" };
    Ok(format!("{came} of 8, then {more}"))
}

fn bus_master(b: &mut Bench) -> Seen {
    b.map_data()?;
    b.start()?;
    b.transport().set_bus_master(false)?;
    b.go(C2h, b.back().1, 4096, false)?;
    let data = send(b, LEN)?;
    let before = b.no_record(C2h)?;
    b.transport().set_bus_master(true)?;
    let after = b.record(C2h)?;
    let same = if equal(b, &data) { "equal" } else { "different" };
    Ok(format!("{before:?}, {after:?}, {same}"))
}

/// Has the card read from where it may not.
fn read_from(b: &mut Bench, iova: u64) -> Seen {
    b.go(H2c, iova, LEN, false)?;
    let Some((bytes, status)) = b.record(H2c)? else { return Ok("no record".into()) };
    Ok(format!("{}, {bytes} bytes", if status == 0 { "fine" } else { "halted" }))
}

/// Has the card write to where it may not, and then to where it may.
fn write_to(b: &mut Bench, iova: u64) -> Seen {
    b.map_data()?;
    b.start()?;
    b.go(C2h, iova, 4096, false)?;
    send(b, LEN)?;
    let refused = b.record(C2h)?.map(|record| record.1);
    let untouched = if b.back().0.load(0) == 0 { "untouched" } else { "written" };
    b.record(H2c)?;
    b.go(C2h, b.back().1, 4096, false)?;
    let data = send(b, LEN + 1)?;
    let next = b.record(C2h)?.map(|record| record.1);
    let same = if equal(b, &data) { "equal" } else { "different" };
    Ok(format!("{refused:?}, {untouched}, {next:?}, {same}"))
}

fn bad_maps(b: &mut Bench) -> Seen {
    b.map_data()?;
    let (memory, iova) = (Arc::clone(b.out().0), b.out().1);
    let hole = b.hole();
    let say = |result: Result<(), TransportError>| if result.is_err() { "refused" } else { "done" };
    let t = b.transport();
    let twice = say(t.map(&memory, 0..4096, iova, DmaAccess::Both));
    let askew = say(t.map(&memory, 0..4096, hole + 100, DmaAccess::Both));
    let beyond = say(t.map(&memory, 0..memory.len() + 4096, hole, DmaAccess::Both));
    let unknown = say(t.unmap(hole, 4096));
    Ok(format!("twice {twice}, askew {askew}, beyond {beyond}, unknown {unknown}"))
}
