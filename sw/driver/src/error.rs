//! What can go wrong, each with the limit, its value and the remedy.

use std::fmt;

use ferrolane_abi::layout;
use ferrolane_abi::map::Direction;

pub use crate::protocol::ProtocolError;
pub use crate::rejected::Rejected;
pub use crate::status::StatusCode;

use crate::alloc::AllocError;
use crate::iova::IovaError;
use crate::transport::{DeviceNanos, DmaAccess, TransportError};

/// A queue by direction and number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct QueueName {
    /// Which way it moves data.
    pub direction: Direction,
    /// Number within the direction.
    pub index: u32,
}

impl fmt::Display for QueueName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} queue {}", self.direction.name(), self.index)
    }
}

/// Anything the driver may answer instead of doing what it was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The transport could not do it.
    #[error(transparent)]
    Transport(#[from] TransportError),
    /// The BAR does not hold a Ferrolane engine.
    #[error("not a Ferrolane card: BAR0 begins with {found:#010x}, not {expected:#010x}; check the device's address and that its bitstream is loaded")]
    NotFerrolane {
        /// What BAR0 begins with.
        found: u32,
        /// What it should begin with.
        expected: u32,
    },
    /// The engine speaks another major version of the ABI.
    #[error("the card's ABI is {device_major}.{device_minor}, this driver's is {}.{}; load a bitstream of ABI {}.x or use the driver that was released with the card's", layout::ABI_MAJOR, layout::ABI_MINOR, layout::ABI_MAJOR)]
    AbiVersion {
        /// Major version of the engine.
        device_major: u32,
        /// Minor version of the engine.
        device_minor: u32,
    },
    /// The engine was built without something that is needed.
    #[error("the card lacks the feature {name} ({doc}); load a bitstream that was built with it")]
    MissingFeature {
        /// Name of the feature bit.
        name: &'static str,
        /// What it means.
        doc: &'static str,
    },
    /// The engine reports a parameter that cannot be.
    #[error("the card reports {name} = {value}, allowed is {min} to {max}; the bitstream is broken or not this ABI's")]
    BadParameter {
        /// Name of the parameter.
        name: &'static str,
        /// What it reports.
        value: u32,
        /// Least that is possible.
        min: u32,
        /// Most that is possible.
        max: u32,
    },
    /// A register that can't be all ones reads all ones: the device is gone (PCIe Base Spec 2.3.2).
    #[error("the device is lost: {register} reads all ones; it was unplugged, lost its link or its power. Rescan the bus or reboot")]
    DeviceLost {
        /// What was read.
        register: &'static str,
    },
    /// There is no such queue.
    #[error("there is no {queue}: the card has {count} of that direction, numbered from 0")]
    NoSuchQueue {
        /// What was asked for.
        queue: QueueName,
        /// How many there are.
        count: u32,
    },
    /// The queue is open already.
    #[error("{queue} is open already; stop or drop the other handle first, or use another queue")]
    QueueTaken {
        /// What was asked for.
        queue: QueueName,
    },
    /// The queue does not become idle or does not start.
    #[error(
        "{queue} did not {what} within {within} ns of device time (STATUS {status:#010x}); reset the device"
    )]
    QueueStuck {
        /// Which queue.
        queue: QueueName,
        /// `stop`, `start`.
        what: &'static str,
        /// How long it was given, in device time.
        within: DeviceNanos,
        /// Its STATUS register.
        status: u32,
    },
    /// A ring of a size that is not possible.
    #[error(
        "a {what} ring of {entries} entries is not possible: it must be a power of two from {min} to {max}"
    )]
    RingSize {
        /// `descriptor` or `completion`.
        what: &'static str,
        /// What was asked for.
        entries: u32,
        /// Fewest.
        min: u32,
        /// Most.
        max: u32,
    },
    /// A number of records that is not possible.
    #[error("{count} completion records in a write are not possible: 1 to {max} are; 1 writes each at once")]
    CoalesceCount {
        /// What was asked for.
        count: u32,
        /// Most.
        max: u32,
    },
    /// A weight that is not possible.
    #[error("a weight of {weight} is not possible: 1 to {max} turns of 512 bytes are")]
    Weight {
        /// What was asked for.
        weight: u32,
        /// Most.
        max: u32,
    },
    /// A number of records to wait for that is not possible.
    #[error("an interrupt behind {count} completion records is not possible: 1 to {max} are; 1 sends it with the first")]
    ModerateCount {
        /// What was asked for.
        count: u32,
        /// Most.
        max: u32,
    },
    /// A time that the card can't count to.
    #[error("{setting} of {nanos} ns is not possible: this card counts to {max} ns; give less")]
    SettingTime {
        /// Which setting.
        setting: &'static str,
        /// What was asked for.
        nanos: DeviceNanos,
        /// Most, at the card's clock.
        max: DeviceNanos,
    },
    /// A setting that means nothing on such a queue.
    #[error("{queue} can't have {setting}: it is for {wants}; leave it out")]
    SettingQueue {
        /// Which queue.
        queue: QueueName,
        /// Which setting.
        setting: &'static str,
        /// The queues that can.
        wants: &'static str,
    },
    /// A place that no address of the card's memory port can name.
    #[error("{queue}: {len} bytes at card address {base:#x} + {offset:#x} reach beyond the last 64-bit address; lower the queue's card base, the offset or the length")]
    CardRange {
        /// Which queue.
        queue: QueueName,
        /// The queue's card base.
        base: u64,
        /// Offset of the request.
        offset: u32,
        /// Its length in bytes.
        len: u64,
    },
    /// A FIXED access to an address that is not a beat's.
    #[error("{queue}: card address {address:#x} is no multiple of {multiple}, the bytes of the card's memory port, as a fixed address must be; align it, or don't fix it")]
    CardAlignment {
        /// Which queue.
        queue: QueueName,
        /// The address.
        address: u64,
        /// Bytes of a beat.
        multiple: u32,
    },
    /// Part of a blocking access to the card's memory failed.
    #[error("{queue} failed at card address {address:#x}, {done} bytes into the access: {code}; {}", code.remedy())]
    CardMemory {
        /// Which queue.
        queue: QueueName,
        /// Card address of the descriptor that failed.
        address: u64,
        /// Bytes of the access that are known to be done: everything before is.
        done: u64,
        /// What happened.
        code: StatusCode,
    },
    /// No I/O addresses.
    #[error(transparent)]
    Iova(#[from] IovaError),
    /// No memory.
    #[error(transparent)]
    Alloc(#[from] AllocError),
    /// A part of a region that is outside of it or empty.
    #[error("bytes {start}..{end} are not a buffer in a region of {len} bytes")]
    BufferRange {
        /// First byte.
        start: usize,
        /// Behind the last byte.
        end: usize,
        /// Length of the region.
        len: usize,
    },
    /// A part of a region that another buffer holds.
    #[error("bytes {start}..{end} of the region belong to another buffer from {other_start} to {other_end}; drop that first")]
    BufferOverlap {
        /// First byte.
        start: usize,
        /// Behind the last byte.
        end: usize,
        /// The other's first byte.
        other_start: usize,
        /// Behind the other's last byte.
        other_end: usize,
    },
    /// A length that no descriptor can carry.
    #[error("a buffer of {len} bytes cannot be submitted: a descriptor moves 1 to {max} bytes; split it into several")]
    BufferLength {
        /// Its length in bytes.
        len: usize,
        /// Most that is possible.
        max: u32,
    },
    /// The device may not do with this buffer what the queue would.
    #[error("{queue} needs memory mapped for {needed:?}, this buffer's region is mapped for {mapped:?}; allocate it so")]
    BufferAccess {
        /// Which queue.
        queue: QueueName,
        /// What the queue does.
        needed: DmaAccess,
        /// What the region allows.
        mapped: DmaAccess,
    },
    /// The buffer belongs to another device.
    #[error("the buffer was allocated from another device than {queue}; allocate it from this one")]
    ForeignBuffer {
        /// Which queue.
        queue: QueueName,
    },
    /// No place in the ring.
    #[error("{queue} is full: all {entries} descriptors are in flight; take completions first or open it with more")]
    RingFull {
        /// Which queue.
        queue: QueueName,
        /// Entries of the descriptor ring.
        entries: u32,
    },
    /// Nothing was submitted that could complete.
    #[error("{queue} has nothing in flight to wait for; submit first")]
    NothingInFlight {
        /// Which queue.
        queue: QueueName,
    },
    /// There is no such interrupt vector, or it is the engine's own.
    #[error("there is no interrupt vector {vector} for the card's own logic: the card has {count}, numbered from 0, and 0 is for errors")]
    NoSuchVector {
        /// What was asked for.
        vector: u32,
        /// How many there are.
        count: u32,
    },
    /// The interrupt vector belongs to a queue or to another handle.
    #[error("interrupt vector {vector} is in use by a queue or another handle; drop that first")]
    VectorTaken {
        /// What was asked for.
        vector: u32,
    },
    /// The queue was opened without an interrupt, or the card has no vector left.
    #[error(
        "{queue} has no interrupt vector (the card has {vectors}, vector 0 is for errors); poll instead"
    )]
    NoInterrupt {
        /// Which queue.
        queue: QueueName,
        /// Vectors the card has.
        vectors: u32,
    },
    /// An error halted the queue.
    #[error("{queue} was halted by an error, {code}; stop it to get its buffers back and open it again")]
    Halted {
        /// Which queue.
        queue: QueueName,
        /// What happened.
        code: StatusCode,
    },
    /// The device reported something that can't be.
    #[error(
        "{queue} broke the protocol: {what}; its results can't be trusted, stop it and reset the device"
    )]
    Protocol {
        /// Which queue.
        queue: QueueName,
        /// What it did.
        what: ProtocolError,
    },
    /// Device time ran out.
    #[error("{queue} completed nothing until {deadline} ns of device time; {in_flight} descriptors are in flight (fetched {fetched}, completed {completed})")]
    Timeout {
        /// Which queue.
        queue: QueueName,
        /// The deadline.
        deadline: DeviceNanos,
        /// Descriptors in flight.
        in_flight: u32,
        /// Its HEAD register.
        fetched: u32,
        /// Its COMPLETED register.
        completed: u32,
    },
    /// Taking an event from an event file descriptor failed.
    #[error("reading an event of vector {vector}: {source}")]
    Event {
        /// Which vector.
        vector: u32,
        /// What the system said.
        source: std::io::Error,
    },
}
