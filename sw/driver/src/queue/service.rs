//! How a queue is served beside others, and what its share of the on-chip FIFO does.

use ferrolane_abi::feature;
use ferrolane_abi::map::Direction;
use ferrolane_abi::regs::queue as regs;

use super::{units, QueueConfig};
use crate::error::{Error, QueueName};
use crate::params::{field, Parameters};

/// Most turns of 512 bytes.
const MOST_WEIGHT: u32 = 64;
/// Queues with a share that keeps packets.
const STREAM: &str = "stream queues";
/// Those that the card fills.
const C2H_STREAM: &str = "C2H stream queues";

/// What becomes of a packet of the card that finds no room in its queue's share of the FIFO.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Overflow {
    /// It waits: the card is held off.
    #[default]
    Wait,
    /// It is dropped, whole.
    DropTail,
    /// The oldest packets are dropped, whole, to make room for it.
    DropHead,
}

impl Overflow {
    /// MODE.DROP.
    fn mode(self) -> u32 {
        match self {
            Overflow::Wait => 0,
            Overflow::DropTail => 1,
            Overflow::DropHead => 2,
        }
    }
}

impl QueueConfig {
    /// Refuses what the card can't do, and what means nothing on `queue`: the engine would ignore it, or worse.
    pub(super) fn check_service(
        &self,
        queue: QueueName,
        memory: bool,
        parameters: &Parameters,
    ) -> Result<(), Error> {
        if !(1..=MOST_WEIGHT).contains(&self.weight) {
            return Err(Error::Weight { weight: self.weight, max: MOST_WEIGHT });
        }
        self.moderate.check(parameters.clock_khz)?;
        let c2h_stream = !memory && queue.direction == Direction::C2h;
        for (setting, chosen, fits, wants) in [
            ("overflow", self.overflow != Overflow::Wait, c2h_stream, C2H_STREAM),
            ("store_forward", self.store_forward, !memory, STREAM),
            ("flush_nanos", self.flush_nanos.is_some(), c2h_stream, C2H_STREAM),
        ] {
            if chosen && !fits {
                return Err(Error::SettingQueue { queue, setting, wants });
            }
            if chosen {
                parameters.features.require(feature::FIFO_POLICIES)?;
            }
        }
        let time = field(&regs::FLUSH_TIME, "TIME");
        units::check("flush_nanos", time, self.flush_nanos.unwrap_or(0), parameters.clock_khz)
    }

    /// The register MODE.
    pub(super) fn mode(&self, memory: bool) -> u32 {
        let put = |name, value| field(&regs::MODE, name).put(value);
        put("FEED", self.feed.mode())
            | put("RELAXED_ORDERING", self.relaxed_ordering.into())
            | put("NO_SNOOP", self.no_snoop.into())
            | put("MEMORY", memory.into())
            | put("WEIGHT", self.weight - 1)
            | put("DROP", self.overflow.mode())
            | put("STORE_FORWARD", self.store_forward.into())
    }

    /// The register FLUSH_TIME.
    pub(super) fn flush_time(&self, khz: u32) -> u32 {
        self.flush_nanos.map_or(0, |nanos| units::put(field(&regs::FLUSH_TIME, "TIME"), nanos, khz))
    }
}
