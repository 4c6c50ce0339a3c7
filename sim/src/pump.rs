//! `pump=thread`: a thread that runs the clock while there is work.

use std::sync::atomic::Ordering;
use std::sync::Arc;
use std::thread::JoinHandle;

use crate::shared::Shared;

/// Clocks without any movement after which the thread sleeps. The card may work inside for some time, clearing the
/// state of a queue for example, without anything to be seen at its pins.
const QUIET: u64 = 8_192;
/// Clocks between two looks at who waits.
const SLICE: u32 = 64;

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
    pub fn start(shared: Arc<Shared>) -> std::io::Result<Self> {
        let inner = Arc::clone(&shared);
        let thread = std::thread::Builder::new().name("ferrolane-sim".into()).spawn(move || run(&inner))?;
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

fn run(shared: &Shared) {
    let mut sim = shared.lock_as_pump();
    while !shared.stop.load(Ordering::SeqCst) {
        if sim.machine.failure().is_some() || sim.machine.quiet(QUIET) {
            sim = shared.wake.wait(sim).unwrap_or_else(std::sync::PoisonError::into_inner);
            continue;
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
