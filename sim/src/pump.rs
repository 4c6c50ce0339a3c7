//! A thread that runs the clock while there is work: `pump=thread`, and a card that is served.

use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::shared::Shared;

/// Clocks between two looks at who waits.
const SLICE: u32 = 64;
/// Shortest sleep of a pump that keeps pace.
const NAP: Duration = Duration::from_millis(1);

/// How fast a pump runs the clock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pace {
    /// As fast as it can.
    #[default]
    Free,
    /// No faster than the wall clock: a second of the card takes at least one.
    RealTime,
}

/// The thread; it ends with this.
pub struct PumpThread {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

impl PumpThread {
    /// Starts it.
    ///
    /// # Errors
    /// The system has no thread to give.
    pub fn start(shared: Arc<Shared>, pace: Pace) -> std::io::Result<Self> {
        let inner = Arc::clone(&shared);
        let thread =
            std::thread::Builder::new().name("ferrolane-sim".into()).spawn(move || run(&inner, pace))?;
        Ok(PumpThread { shared, thread: Some(thread) })
    }
}

impl Drop for PumpThread {
    fn drop(&mut self) {
        {
            let _sim = self.shared.lock();
            self.shared.stop.store(true, Ordering::SeqCst);
            self.shared.wake.notify_all();
        }
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn run(shared: &Shared, pace: Pace) {
    let mut sim = shared.lock_as_pump();
    // Wall time and device time of a moment since which the clock has run without a rest.
    let mut origin = (Instant::now(), 0);
    while !shared.stop.load(Ordering::SeqCst) {
        if sim.rests() {
            sim = shared.wake.wait(sim).unwrap_or_else(PoisonError::into_inner);
            origin = (Instant::now(), sim.nanos());
            continue;
        }
        if pace == Pace::RealTime {
            let elapsed = origin.0.elapsed();
            // What it is behind, it does not make up for: another thread may have had the processor, or the process stood still.
            if elapsed > Duration::from_nanos(sim.nanos().saturating_sub(origin.1)) + NAP {
                origin = (Instant::now(), sim.nanos());
            }
            let ahead =
                Duration::from_nanos(sim.nanos().saturating_sub(origin.1)).saturating_sub(origin.0.elapsed());
            if ahead >= NAP {
                sim = shared.wake.wait_timeout(sim, ahead).unwrap_or_else(PoisonError::into_inner).0;
                continue;
            }
        }
        for _ in 0..SLICE {
            // A failure is kept by the machine and told to the driver's next call.
            if sim.clock().is_err() {
                break;
            }
        }
        if shared.contended() {
            drop(sim);
            shared.step_aside();
            sim = shared.lock_as_pump();
        }
    }
}
