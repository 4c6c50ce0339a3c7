//! Messages of the protocol: commands, headers and fixed payloads, all little-endian.

/// Bytes of a header.
pub const HEADER: usize = 16;
/// Longest payload that either end takes in one message.
pub const MAX_PAYLOAD: usize = MAX_TRANSFER as usize + 64;
/// Most bytes of data in one register access, as announced.
pub const MAX_TRANSFER: u64 = 1 << 20;
/// Most bytes of one DMA message. Larger replies don't fit a socket's buffer, and clients are known to cut them.
pub const MAX_DMA: usize = 64 << 10;
/// Most file descriptors in one message.
pub const MAX_FDS: usize = 16;

/// What a message asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u16)]
pub enum Command {
    /// The first message: versions and capabilities.
    Version = 1,
    /// Lets the device reach memory.
    DmaMap = 2,
    /// Takes memory back.
    DmaUnmap = 3,
    /// How many regions and interrupts there are.
    GetInfo = 4,
    /// What a region is.
    GetRegionInfo = 5,
    /// What an interrupt is.
    GetIrqInfo = 7,
    /// Connects interrupts to event descriptors.
    SetIrqs = 8,
    /// Reads from a region.
    RegionRead = 9,
    /// Writes to a region.
    RegionWrite = 10,
    /// The device reads memory.
    DmaRead = 11,
    /// The device writes memory.
    DmaWrite = 12,
    /// Resets the device.
    Reset = 13,
}

impl Command {
    const ALL: [Command; 12] = [
        Command::Version,
        Command::DmaMap,
        Command::DmaUnmap,
        Command::GetInfo,
        Command::GetRegionInfo,
        Command::GetIrqInfo,
        Command::SetIrqs,
        Command::RegionRead,
        Command::RegionWrite,
        Command::DmaRead,
        Command::DmaWrite,
        Command::Reset,
    ];

    /// The command with a number.
    pub fn from_number(number: u16) -> Option<Command> {
        Self::ALL.into_iter().find(|command| *command as u16 == number)
    }
}

/// What a header's type says.
const TYPE: u32 = 0xF;
const REPLY: u32 = 1;
const NO_REPLY: u32 = 1 << 4;
const ERROR: u32 = 1 << 5;

/// The header of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// Number that a reply repeats.
    pub id: u16,
    /// What it asks for, or answers.
    pub command: u16,
    /// Bytes of the message with this header.
    pub size: u32,
    /// Type, no-reply and error.
    pub flags: u32,
    /// errno of a reply with the error flag.
    pub error: u32,
}

impl Header {
    /// A request with `payload` bytes behind it.
    pub fn request(id: u16, command: Command, payload: usize) -> Header {
        Header { id, command: command as u16, size: (HEADER + payload) as u32, flags: 0, error: 0 }
    }

    /// The reply to this request, with `payload` bytes behind it.
    pub fn reply(&self, payload: usize) -> Header {
        Header { size: (HEADER + payload) as u32, flags: REPLY, error: 0, ..*self }
    }

    /// The reply to this request that says what is wrong with it.
    pub fn refusal(&self, errno: i32) -> Header {
        Header { size: HEADER as u32, flags: REPLY | ERROR, error: errno as u32, ..*self }
    }

    /// Whether it answers a request.
    pub fn is_reply(&self) -> bool {
        self.flags & TYPE == REPLY
    }

    /// Whether its sender waits for no reply.
    pub fn wants_none(&self) -> bool {
        self.flags & NO_REPLY != 0
    }

    /// errno, if it is a reply that says what is wrong; some peers give none.
    pub fn failure(&self) -> Option<i32> {
        (self.flags & ERROR != 0).then_some(self.error as i32)
    }

    /// As on the wire.
    pub fn to_bytes(&self) -> [u8; HEADER] {
        let mut bytes = [0; HEADER];
        bytes[..2].copy_from_slice(&self.id.to_le_bytes());
        bytes[2..4].copy_from_slice(&self.command.to_le_bytes());
        bytes[4..8].copy_from_slice(&self.size.to_le_bytes());
        bytes[8..12].copy_from_slice(&self.flags.to_le_bytes());
        bytes[12..].copy_from_slice(&self.error.to_le_bytes());
        bytes
    }

    /// From the wire.
    pub fn from_bytes(bytes: &[u8; HEADER]) -> Header {
        let dword = |at: usize| u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
        Header {
            id: dword(0) as u16,
            command: (dword(0) >> 16) as u16,
            size: dword(4),
            flags: dword(8),
            error: dword(12),
        }
    }
}

/// The 32-bit number at an offset of a payload; nothing if that is shorter.
pub fn u32_at(payload: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(payload.get(at..at + 4)?.try_into().ok()?))
}

/// The 64-bit number at an offset of a payload; nothing if that is shorter.
pub fn u64_at(payload: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_le_bytes(payload.get(at..at + 8)?.try_into().ok()?))
}

macro_rules! payload {
    ($(#[$doc:meta])* $name:ident, $bytes:literal { $($(#[$field_doc:meta])* $field:ident: $type:ty = $at:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        pub struct $name { $($(#[$field_doc])* pub $field: $type,)* }

        impl $name {
            /// Bytes on the wire.
            pub const BYTES: usize = $bytes;

            /// From the start of a payload; nothing if that is shorter.
            pub fn parse(payload: &[u8]) -> Option<Self> {
                let payload = payload.get(..Self::BYTES)?;
                Some($name { $($field: <$type>::from_le_bytes(
                    payload[$at..$at + size_of::<$type>()].try_into().ok()?
                ),)* })
            }

            /// As on the wire.
            pub fn to_bytes(&self) -> [u8; $bytes] {
                let mut bytes = [0; $bytes];
                $(bytes[$at..$at + size_of::<$type>()].copy_from_slice(&self.$field.to_le_bytes());)*
                bytes
            }
        }
    };
}

payload! {
    /// Of [`Command::DmaMap`].
    DmaMap, 32 {
        /// Bytes of this payload.
        argsz: u32 = 0,
        /// [`DMA_READABLE`], [`DMA_WRITABLE`].
        flags: u32 = 4,
        /// Where in the file it starts.
        offset: u64 = 8,
        /// IOVA of the first byte.
        iova: u64 = 16,
        /// Length in bytes.
        len: u64 = 24,
    }
}

/// The device may read the mapping.
pub const DMA_READABLE: u32 = 1 << 0;
/// The device may write the mapping.
pub const DMA_WRITABLE: u32 = 1 << 1;

payload! {
    /// Of [`Command::DmaUnmap`], both ways.
    DmaUnmap, 24 {
        /// Bytes of this payload.
        argsz: u32 = 0,
        /// [`UNMAP_DIRTY`], [`UNMAP_ALL`].
        flags: u32 = 4,
        /// IOVA of the first byte.
        iova: u64 = 8,
        /// Length in bytes.
        len: u64 = 16,
    }
}

/// Report which pages the device has written; only devices that can migrate do.
pub const UNMAP_DIRTY: u32 = 1 << 0;
/// Unmap everything.
pub const UNMAP_ALL: u32 = 1 << 1;

payload! {
    /// Of [`Command::GetInfo`], both ways.
    DeviceInfo, 16 {
        /// Bytes of this payload.
        argsz: u32 = 0,
        /// [`DEVICE_RESET`], [`DEVICE_PCI`].
        flags: u32 = 4,
        /// Regions.
        regions: u32 = 8,
        /// Kinds of interrupts.
        irqs: u32 = 12,
    }
}

/// The device can be reset.
pub const DEVICE_RESET: u32 = 1 << 0;
/// The device is a PCI function.
pub const DEVICE_PCI: u32 = 1 << 1;

payload! {
    /// Of [`Command::GetRegionInfo`], both ways.
    RegionInfo, 32 {
        /// Bytes of this payload.
        argsz: u32 = 0,
        /// [`REGION_READ`], [`REGION_WRITE`].
        flags: u32 = 4,
        /// Which region.
        index: u32 = 8,
        /// Capabilities behind it; 0 is none.
        cap_offset: u32 = 12,
        /// Length in bytes; 0 if there is no such region.
        len: u64 = 16,
        /// Offset to map it at; unused where it can't be mapped.
        offset: u64 = 24,
    }
}

/// The region can be read.
pub const REGION_READ: u32 = 1 << 0;
/// The region can be written.
pub const REGION_WRITE: u32 = 1 << 1;

/// Region of configuration space; below it are the BARs and the ROM.
pub const CONFIG_REGION: u32 = 7;
/// Regions that VFIO gives a PCI function.
pub const PCI_REGIONS: u32 = 9;

payload! {
    /// Of [`Command::GetIrqInfo`], both ways.
    IrqInfo, 16 {
        /// Bytes of this payload.
        argsz: u32 = 0,
        /// [`IRQ_EVENTFD`], [`IRQ_MASKABLE`].
        flags: u32 = 4,
        /// Which kind.
        index: u32 = 8,
        /// How many there are.
        count: u32 = 12,
    }
}

/// The interrupt is signalled by an event descriptor.
pub const IRQ_EVENTFD: u32 = 1 << 0;
/// The interrupt can be masked.
pub const IRQ_MASKABLE: u32 = 1 << 1;
/// Index of MSI-X; before it are INTx and MSI.
pub const IRQ_MSIX: u32 = 2;
/// Kinds of interrupts that VFIO gives a PCI function.
pub const PCI_IRQS: u32 = 5;

payload! {
    /// Start of [`Command::SetIrqs`].
    SetIrqs, 20 {
        /// Bytes of this payload.
        argsz: u32 = 0,
        /// One of `SET_DATA_*` and one of `SET_ACTION_*`.
        flags: u32 = 4,
        /// Which kind.
        index: u32 = 8,
        /// First one.
        start: u32 = 12,
        /// How many.
        count: u32 = 16,
    }
}

/// No data: the action is for all.
pub const SET_DATA_NONE: u32 = 1 << 0;
/// A byte for each: the action is for those that are not 0.
pub const SET_DATA_BOOL: u32 = 1 << 1;
/// An event descriptor for each comes with the message.
pub const SET_DATA_EVENTFD: u32 = 1 << 2;
/// Mask.
pub const SET_ACTION_MASK: u32 = 1 << 3;
/// Unmask.
pub const SET_ACTION_UNMASK: u32 = 1 << 4;
/// Trigger, or connect.
pub const SET_ACTION_TRIGGER: u32 = 1 << 5;

payload! {
    /// Start of [`Command::RegionRead`] and [`Command::RegionWrite`], both ways.
    RegionAccess, 16 {
        /// First byte.
        offset: u64 = 0,
        /// Which region.
        region: u32 = 8,
        /// Length in bytes.
        count: u32 = 12,
    }
}

payload! {
    /// Start of [`Command::DmaRead`] and [`Command::DmaWrite`], both ways.
    DmaAccess, 16 {
        /// IOVA of the first byte.
        iova: u64 = 0,
        /// Length in bytes.
        count: u64 = 8,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_and_payloads_come_back_as_they_went() {
        let header = Header { id: 7, command: 9, size: 32, flags: 0x21, error: 22 };
        assert_eq!(Header::from_bytes(&header.to_bytes()), header);
        assert_eq!(header.failure(), Some(22));
        assert!(header.is_reply() && !header.wants_none());
        let map = DmaMap { argsz: 32, flags: 3, offset: 4096, iova: 1 << 40, len: 8192 };
        assert_eq!(DmaMap::parse(&map.to_bytes()), Some(map));
        assert_eq!(DmaMap::parse(&map.to_bytes()[..31]), None);
        let access = RegionAccess { offset: 0x10, region: 7, count: 4 };
        assert_eq!(access.to_bytes(), [0x10, 0, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0, 4, 0, 0, 0]);
    }

    #[test]
    fn commands_are_known_by_number() {
        assert_eq!(Command::from_number(13), Some(Command::Reset));
        for unknown in [0, 6, 14, 15, u16::MAX] {
            assert_eq!(Command::from_number(unknown), None);
        }
    }
}
