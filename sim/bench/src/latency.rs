//! Latency: from a doorbell's last beat at the engine to the first read that it causes.

use anyhow::{Context, Result};
use ferrolane_abi::map::Direction;

use crate::card::Probe;
use crate::engine::Build;
use crate::feed::{self, Feed};
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

/// What an idle engine does with one descriptor.
pub struct Latency {
    /// To the first read: the fetch of a ring's descriptor, or the data's of a pushed one.
    pub first: Span,
    /// To the read of the data; with a ring it contains the fetch's round trip.
    pub data: Span,
}

/// Measures it with a descriptor in a ring, or pushed. Nothing if the engine has no push mode.
///
/// # Errors
/// As [`Host::clock`], or no read came.
pub fn measure(build: &Build, place: Place, push: bool) -> Result<Option<Latency>> {
    let entries = 64;
    let mut host = Host::new(build, place, u64::from(16 * FRAGMENT), Ring::sizes(1, entries, FRAGMENT))?;
    if push && !feed::served(&mut host, Feed::Push)? {
        return Ok(None);
    }
    let plan = Plan {
        direction: Direction::H2c,
        index: 0,
        place: 0,
        entries,
        fragment: FRAGMENT,
        coalesce: 1,
        wait: 0,
        push,
    };
    let mut ring = Ring::start(&mut host, plan)?;
    let (mut first, mut data) = (Vec::new(), Vec::new());
    for _ in 0..TRIES {
        if push {
            ring.push(&mut host)?;
        }
        host.settle()?;
        host.side.lock().probe = Probe::default();
        if push {
            ring.ring(&mut host)?;
        } else {
            ring.offer(&mut host, 1)?;
        }
        host.settle()?;
        ring.poll(&host)?;
        let probe = host.side.lock().probe;
        let request = probe.request.context("no doorbell was seen")?;
        first.push(probe.read.context("no read was seen")? - request);
        data.push(probe.data_read.context("no read of data was seen")? - request);
    }
    host.check()?;
    Ok(Some(Latency { first: Span::of(&first), data: Span::of(&data) }))
}
