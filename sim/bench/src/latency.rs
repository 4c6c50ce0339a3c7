//! Latency: from a doorbell's last beat at the engine to the first read that it causes.

use anyhow::{Context, Result};
use ferrolane_abi::map::Direction;

use crate::card::Probe;
use crate::engine::Build;
use crate::host::{Host, Place};
use crate::ring::{Plan, Ring};

/// Doorbells that are looked at.
const TRIES: u32 = 16;
/// Bytes of each fragment.
const FRAGMENT: u32 = 64;

/// Clocks from the doorbell, least and most.
#[derive(Clone, Copy, Debug)]
pub struct Span {
    /// Least.
    pub least: u64,
    /// Most.
    pub most: u64,
}

impl Span {
    fn of(clocks: &[u64]) -> Self {
        let least = clocks.iter().copied().min().unwrap_or(0);
        Span { least, most: clocks.iter().copied().max().unwrap_or(0) }
    }
}

/// What an idle engine does with one descriptor in a ring.
pub struct RingLatency {
    /// To the fetch.
    pub fetch: Span,
    /// To the read of the data; it contains the fetch's round trip.
    pub data: Span,
}

/// Measures it.
///
/// # Errors
/// As [`Host::clock`], or no read came.
pub fn ring(build: &Build, place: Place) -> Result<RingLatency> {
    let entries = 64;
    let mut host = Host::new(build, place, u64::from(16 * FRAGMENT), Ring::sizes(1, entries, FRAGMENT))?;
    let plan = Plan {
        direction: Direction::H2c,
        index: 0,
        place: 0,
        entries,
        fragment: FRAGMENT,
        coalesce: 1,
        wait: 0,
    };
    let mut ring = Ring::start(&mut host, plan)?;
    let (mut fetch, mut data) = (Vec::new(), Vec::new());
    for _ in 0..TRIES {
        host.settle()?;
        host.side.lock().probe = Probe::default();
        ring.offer(&mut host, 1)?;
        host.settle()?;
        ring.poll(&host)?;
        let probe = host.side.lock().probe;
        let request = probe.request.context("no doorbell was seen")?;
        fetch.push(probe.read.context("no fetch was seen")? - request);
        data.push(probe.data_read.context("no read of data was seen")? - request);
    }
    host.check()?;
    Ok(RingLatency { fetch: Span::of(&fetch), data: Span::of(&data) })
}
