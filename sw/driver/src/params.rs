//! What the engine says of itself, read once at open.

use ferrolane_abi::map::{Direction, BAR, GLOBAL_PAGE, MAX_QUEUES};
use ferrolane_abi::regs::global;
use ferrolane_abi::table::{Field, Named, Register};
use ferrolane_abi::{feature, layout};

use crate::error::Error;
use crate::transport::Transport;

/// Parameters of the engine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameters {
    /// ABI major version.
    pub abi_major: u32,
    /// ABI minor version.
    pub abi_minor: u32,
    /// Feature bits.
    pub features: Features,
    /// Build id of the bitstream.
    pub build_id: u32,
    /// Hash of the register table it was built from.
    pub layout_hash: u32,
    /// H2C queues.
    pub h2c_queues: u32,
    /// C2H queues.
    pub c2h_queues: u32,
    /// MSI-X vectors.
    pub vectors: u32,
    /// Width of the TLP port in bits.
    pub port_bits: u32,
    /// Tags the engine may have in flight.
    pub tags: u32,
    /// Frequency of its clock in kHz.
    pub clock_khz: u32,
    /// On-chip H2C FIFO of a queue in bytes.
    pub h2c_share_bytes: u32,
    /// On-chip C2H FIFO of a queue in bytes.
    pub c2h_share_bytes: u32,
    /// Descriptors prefetched per queue.
    pub prefetched_descriptors: u32,
}

/// Feature bits of the engine. Software uses only what is set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Features(pub u64);

impl Features {
    /// True if all bits of `mask` (of [`ferrolane_abi::feature`]) are set.
    pub fn has(self, mask: u32) -> bool {
        self.0 & u64::from(mask) == u64::from(mask)
    }

    /// Names and meanings of the bits that are set and known.
    pub fn known(self) -> impl Iterator<Item = &'static Named> {
        feature::BITS.iter().filter(move |bit| self.0 >> bit.value & 1 == 1)
    }

    /// Fails with the first bit of `mask` that is not set.
    pub fn require(self, mask: u32) -> Result<(), Error> {
        match feature::BITS.iter().find(|bit| mask >> bit.value & 1 == 1 && self.0 >> bit.value & 1 == 0) {
            Some(bit) => Err(Error::MissingFeature { name: bit.name, doc: bit.doc.trim() }),
            None => Ok(()),
        }
    }
}

fn read(transport: &dyn Transport, register: &Register) -> Result<u32, Error> {
    Ok(transport.mmio_read32(BAR, GLOBAL_PAGE + u64::from(register.offset))?)
}

/// The field called `name`. The names are this file's own and in the table, as the tests show.
pub(crate) fn field(register: &'static Register, name: &str) -> &'static Field {
    register.field(name).unwrap_or_else(|| panic!("{} has no field {name}", register.name))
}

fn bounded(name: &'static str, value: u32, min: u32, max: u32) -> Result<u32, Error> {
    if (min..=max).contains(&value) {
        Ok(value)
    } else {
        Err(Error::BadParameter { name, value, min, max })
    }
}

impl Parameters {
    /// Reads and checks everything, magic and version first.
    pub(crate) fn read(transport: &dyn Transport) -> Result<Parameters, Error> {
        let magic = read(transport, &global::MAGIC)?;
        if magic == u32::MAX {
            return Err(Error::DeviceLost { register: "MAGIC" });
        }
        if magic != global::MAGIC.reset() {
            return Err(Error::NotFerrolane { found: magic, expected: global::MAGIC.reset() });
        }
        let version = read(transport, &global::ABI_VERSION)?;
        let abi_major = field(&global::ABI_VERSION, "MAJOR").get(version);
        let abi_minor = field(&global::ABI_VERSION, "MINOR").get(version);
        if abi_major != layout::ABI_MAJOR {
            return Err(Error::AbiVersion { device_major: abi_major, device_minor: abi_minor });
        }
        let features = u64::from(read(transport, &global::FEATURES_LO)?)
            | u64::from(read(transport, &global::FEATURES_HI)?) << 32;
        let queues = read(transport, &global::PARAM_QUEUES)?;
        let port = read(transport, &global::PARAM_PORT)?;
        let memory = read(transport, &global::PARAM_MEMORY)?;
        let queue_count = |name| field(&global::PARAM_QUEUES, name).get(queues);
        let log2 = |name, shown| -> Result<u32, Error> {
            Ok(1 << bounded(shown, field(&global::PARAM_MEMORY, name).get(memory), 0, 31)?)
        };
        let parameters = Parameters {
            abi_major,
            abi_minor,
            features: Features(features),
            build_id: read(transport, &global::BUILD_ID)?,
            layout_hash: read(transport, &global::LAYOUT_HASH)?,
            h2c_queues: bounded("H2C queues", queue_count("H2C"), 0, MAX_QUEUES)?,
            c2h_queues: bounded("C2H queues", queue_count("C2H"), 0, MAX_QUEUES)?,
            vectors: bounded("MSI-X vectors", queue_count("VECTORS"), 0, 2048)?,
            port_bits: field(&global::PARAM_PORT, "WIDTH").get(port),
            tags: field(&global::PARAM_PORT, "TAGS").get(port),
            clock_khz: read(transport, &global::PARAM_CLOCK)?,
            h2c_share_bytes: log2("H2C_SHARE", "log2 of the H2C share")?,
            c2h_share_bytes: log2("C2H_SHARE", "log2 of the C2H share")?,
            prefetched_descriptors: log2("DESCRIPTORS", "log2 of the prefetched descriptors")?,
        };
        Ok(parameters)
    }

    /// Queues of a direction.
    pub fn queues(&self, direction: Direction) -> u32 {
        match direction {
            Direction::H2c => self.h2c_queues,
            Direction::C2h => self.c2h_queues,
        }
    }
}

/// The link as the engine sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link {
    /// Generation: 1 is 2.5 GT/s, 3 is 8 GT/s.
    pub generation: u32,
    /// Lanes.
    pub lanes: u32,
    /// Link is up.
    pub up: bool,
    /// Bus Master Enable.
    pub bus_master: bool,
    /// Max_Payload_Size in bytes.
    pub max_payload: u32,
    /// Max_Read_Request_Size in bytes.
    pub max_read_request: u32,
    /// Read Completion Boundary in bytes.
    pub read_completion_boundary: u32,
    /// Extended Tag Field Enable.
    pub extended_tags: bool,
    /// MSI-X Enable.
    pub msix: bool,
}

impl Link {
    pub(crate) fn from_register(value: u32) -> Link {
        let get = |name| field(&global::LINK, name).get(value);
        Link {
            generation: get("SPEED"),
            lanes: get("WIDTH"),
            up: get("UP") == 1,
            bus_master: get("BUS_MASTER") == 1,
            max_payload: 128 << get("MPS"),
            max_read_request: 128 << get("MRRS"),
            read_completion_boundary: 64 << get("RCB"),
            extended_tags: get("EXT_TAG") == 1,
            msix: get("MSIX_ENABLE") == 1,
        }
    }
}
