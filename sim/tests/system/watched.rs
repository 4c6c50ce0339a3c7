//! The card under the driver, with every request that it sends noted down.

use std::sync::{Arc, Mutex, PoisonError};

use ferrolane::{DmaRegion, Transport};
use ferrolane_abi::map::{queue_counters, queue_regs, Direction};
use ferrolane_abi::table::Register;
use ferrolane_sim::pins::{Beat, CardModel, Inputs, Outputs};
use ferrolane_sim::rtl::RtlCard;
use ferrolane_sim::tlp::Header;
use ferrolane_sim::{Options, SimTransport};

use crate::rig::{open, Rig};

/// Headers of the card's reads and writes, in the order in which each stream sent them.
#[derive(Clone, Default)]
pub struct Requests(Arc<Mutex<Vec<Header>>>);

impl Requests {
    /// Those since this was last asked.
    pub fn take(&self) -> Vec<Header> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Whether a request is for a region's memory.
pub fn is_for(region: &DmaRegion, request: &Header) -> bool {
    (region.iova()..region.iova() + region.len() as u64).contains(&request.address())
}

/// Looks at the pins and changes nothing.
struct Watched {
    card: RtlCard,
    requests: Requests,
}

impl CardModel for Watched {
    fn step(&mut self, i: &Inputs, o: &mut Outputs) -> Result<(), String> {
        self.card.step(i, o)?;
        let note = |beat: &Beat, ready: bool| {
            if beat.valid && beat.first && ready {
                self.requests.0.lock().unwrap_or_else(PoisonError::into_inner).push(Header(beat.hdr));
            }
        };
        note(&o.tx_wr, i.tx_wr_ready);
        note(&o.tx_rd, i.tx_rd_ready);
        Ok(())
    }
}

/// As [`crate::rig::rig`], and what the card sends.
pub fn watched(preset: &str) -> (Rig, Requests) {
    let options = Options::parse(preset).unwrap();
    let requests = Requests::default();
    let card = Watched { card: RtlCard::new(&options).unwrap(), requests: requests.clone() };
    let sim = SimTransport::with_card(options, Box::new(card)).unwrap_or_else(|e| panic!("{preset}: {e}"));
    let control = sim.control();
    let transport: Arc<dyn Transport> = Arc::new(sim);
    (Rig { device: open(&transport), transport, control }, requests)
}

impl Rig {
    /// A register of a queue.
    pub fn queue_register(&self, direction: Direction, index: u32, register: &Register) -> u32 {
        self.device.read32(queue_regs(direction, index) + u64::from(register.offset)).unwrap()
    }

    /// A counter of a queue.
    pub fn queue_counter(&self, direction: Direction, index: u32, register: &Register) -> u32 {
        self.device.read32(queue_counters(direction, index) + u64::from(register.offset)).unwrap()
    }
}
