//! What to simulate: the text `sim:gen3x8,latency=1us,seed=7` and what it means.

use std::path::{Path, PathBuf};

use ferrolane_abi::pci;

use crate::analyser::trigger::Trigger;
use crate::credit::Credits;
use crate::faults::Fault;
use crate::preset;

/// How the root complex cuts the answer to a read (PCIe Base Spec 2.3.1.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Split {
    /// As few completions as Max_Payload_Size and the boundary rule allow.
    Max,
    /// At every Read Completion Boundary.
    Rcb,
    /// At random boundaries.
    Random,
}

/// Which IOVAs the simulated IOMMU offers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IovaRange {
    /// Below and above 4 GiB, low first: both header forms occur.
    Both,
    /// Below 4 GiB only: 3-DW headers.
    Low,
    /// Above 4 GiB only: 4-DW headers.
    High,
}

/// What an access that the IOMMU refuses does to the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultPolicy {
    /// It is recorded and answered as a root complex would: reads with UR, writes dropped.
    Record,
    /// It fails the run.
    Fail,
}

/// Who runs the clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pump {
    /// The calls of the driver; deterministic.
    Stepped,
    /// A thread, while there is work; not deterministic.
    Thread,
}

/// Everything that can be chosen about the simulated machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// Link generation, 1 to 5.
    pub generation: u8,
    /// Lanes: 1, 2, 4, 8 or 16.
    pub lanes: u8,
    /// Clock period of the card in ps.
    pub period_ps: u64,
    /// Max_Payload_Size in bytes.
    pub mps: u32,
    /// Max_Read_Request_Size in bytes.
    pub mrrs: u32,
    /// Read Completion Boundary of the root complex in bytes, 64 or 128.
    pub rcb: u32,
    /// Extended Tag Field Enable.
    pub ext_tag: bool,
    /// From the last byte of a read on the wire to the first of its first completion at the card, without load and
    /// without jitter; in ps. It contains the delay of the link both ways.
    pub latency_ps: u64,
    /// Most that jitter adds to the latency, uniform, in ps.
    pub jitter_ps: u64,
    /// Delay of the link one way, in ps.
    pub delay_ps: u64,
    /// How answers are cut.
    pub split: Split,
    /// Percent of completions after which another read that is due goes on instead of the oldest.
    pub reorder: u8,
    /// Percent of clocks in which a transmit stream is held off, and of TLPs to the card that come late.
    pub throttle: u8,
    /// Reads that the root complex works on at a time.
    pub reads: u32,
    /// Credits that the root complex grants the card.
    pub host_credits: Credits,
    /// Credits that the card's hard block grants the root complex.
    pub card_credits: Credits,
    /// IOVAs on offer.
    pub iova: IovaRange,
    /// What an IOMMU fault does.
    pub faults: FaultPolicy,
    /// Faults that happen on purpose.
    pub plan: Vec<Fault>,
    /// Completion Timeout Value of Device Control 2 (PCIe Base Spec 7.5.3.16).
    pub cpl_timeout: u8,
    /// Seed of all that is random.
    pub seed: u64,
    /// Power-up state is random, by seed; else zero.
    pub randomize: bool,
    /// How long a host read may stay unanswered before it returns all ones, in ps.
    pub mmio_timeout_ps: u64,
    /// FST waveform to write.
    pub trace: Option<PathBuf>,
    /// Log of TLPs to write.
    pub tlps: Option<PathBuf>,
    /// TLPs to stop at.
    pub breaks: Vec<Trigger>,
    /// Who runs the clock.
    pub pump: Pump,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            generation: 3,
            lanes: 4,
            period_ps: 4_000,
            mps: 256,
            mrrs: 512,
            rcb: 64,
            ext_tag: true,
            latency_ps: 500_000,
            jitter_ps: 0,
            delay_ps: 50_000,
            split: Split::Max,
            reorder: 0,
            throttle: 0,
            reads: 256,
            host_credits: Credits { header: [64, 64, 0], data: [512, 64, 0] },
            // What a 7-series hard block grants: 32 posted, 12 non-posted, completions without limit.
            card_credits: Credits { header: [32, 12, 0], data: [437, 24, 0] },
            iova: IovaRange::Both,
            faults: FaultPolicy::Record,
            plan: Vec::new(),
            cpl_timeout: 0,
            seed: 1,
            randomize: true,
            mmio_timeout_ps: 1_000_000_000,
            trace: None,
            tlps: None,
            breaks: Vec::new(),
            pump: Pump::Stepped,
        }
    }
}

/// A preset that can't be used. Each variant lists what could.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OptionsError {
    /// `sim:help`: not wrong, but no device either.
    #[error("options of the simulator, separated by commas after `sim:`\n{}", preset::help())]
    Help,
    /// Not a simulated device at all.
    #[error("{0:?} is no simulated device: it starts with `sim`, as in sim:gen3x8,latency=1us,seed=7")]
    NotSim(String),
    /// An unknown word.
    #[error("unknown simulator option {word:?}; there are: {}", preset::choices())]
    Unknown {
        /// The word.
        word: String,
    },
    /// A known option with a value it can't have.
    #[error("simulator option {key}: {reason}")]
    Value {
        /// The option.
        key: String,
        /// What is wrong and what would be right.
        reason: String,
    },
}

impl Options {
    /// Parses `sim` or `sim:WORD,WORD,...`; the words are those of [`preset::KEYS`].
    ///
    /// # Errors
    /// See [`OptionsError`].
    pub fn parse(text: &str) -> Result<Self, OptionsError> {
        let mut options = Options::default();
        let words = match text.split_once(':') {
            Some(("sim", words)) => words,
            None if text == "sim" => "",
            _ => return Err(OptionsError::NotSim(text.into())),
        };
        if words == "help" {
            return Err(OptionsError::Help);
        }
        for word in words.split(',').map(str::trim).filter(|word| !word.is_empty()) {
            preset::apply(&mut options, word)?;
        }
        options.check()?;
        Ok(options)
    }

    /// Checks what no single option can.
    ///
    /// # Errors
    /// [`OptionsError::Value`] with the option to change.
    pub fn check(&self) -> Result<(), OptionsError> {
        let value = |key: &str, reason: String| Err(OptionsError::Value { key: key.into(), reason });
        if self.mps > pci::MAX_PAYLOAD_SUPPORTED {
            return value("mps", format!("the engine supports up to {} bytes", pci::MAX_PAYLOAD_SUPPORTED));
        }
        // A receiver must take at least one packet of the largest payload (PCIe Base Spec 2.6.1).
        let least = self.mps.div_ceil(16);
        for (key, credits) in [("pd", &self.host_credits), ("card_pd", &self.card_credits)] {
            if credits.data[0] != 0 && credits.data[0] < least {
                return value(key, format!("a payload of {} bytes needs at least {least} credits", self.mps));
            }
        }
        if self.host_credits.data[2] != 0 && self.host_credits.data[2] < least {
            return value("cpld", format!("a payload of {} bytes needs at least {least} credits", self.mps));
        }
        Ok(())
    }

    /// The same for power-up number `power_up` of one card: files get the number before their extension, `run.2.fst`, so
    /// what an earlier power-up has written stays.
    pub fn again(&self, power_up: u32) -> Options {
        let again = |path: &PathBuf| numbered(path, &power_up.to_string());
        Options { trace: self.trace.as_ref().map(again), tlps: self.tlps.as_ref().map(again), ..self.clone() }
    }

    /// Device nanoseconds of a number of clocks.
    pub fn nanos(&self, clocks: u64) -> u64 {
        (u128::from(clocks) * u128::from(self.period_ps) / 1000) as u64
    }

    /// First clock that is at or after a device time in nanoseconds.
    pub fn clock_at(&self, nanos: u64) -> u64 {
        (u128::from(nanos) * 1000).div_ceil(u128::from(self.period_ps)).try_into().unwrap_or(u64::MAX)
    }
}

/// A file beside another: its name with `number` before its extension.
pub(crate) fn numbered(path: &Path, number: &str) -> PathBuf {
    match path.extension() {
        Some(extension) => path.with_extension(format!("{number}.{}", extension.to_string_lossy())),
        None => path.with_extension(number),
    }
}
