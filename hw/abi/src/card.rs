//! The demo card behind the engine: its registers in BAR2, the pattern it makes and checks, presets of its rates.
//!
//! Nothing here belongs to the engine. A card with other user logic has other registers in BAR2, or none.

use crate::regs::{field, registers};
use crate::table::Access::{Ro, Rw};
use crate::table::Register;

/// BAR of the card's registers.
pub const BAR: u8 = 2;
/// Bytes of the window that are decoded.
pub const WINDOW_BYTES: u64 = 64 * 1024;
/// Global registers.
pub const GLOBAL_PAGE: u64 = 0;
/// Checkers, one block per H2C queue.
pub const CHECKER_PAGE: u64 = 0x4000;
/// Generators, one block per C2H queue.
pub const GENERATOR_PAGE: u64 = 0x8000;
/// Bytes of registers per checker and per generator.
pub const STRIDE: u64 = 128;
/// Where the SRAM begins on the memory port.
pub const SRAM_BASE: u64 = 0;
/// Where the DRAM begins on the memory port. What lies beyond each memory's size has the response DECERR.
pub const DRAM_BASE: u64 = 1 << 32;
/// Value of MAGIC: the bytes `FRDC`.
pub const MAGIC_VALUE: u32 = u32::from_le_bytes(*b"FRDC");
/// Fraction bits of RATE.
pub const RATE_FRACTION: u32 = 20;

/// Offset of the checker of H2C queue `queue`.
pub const fn checker_regs(queue: u32) -> u64 {
    CHECKER_PAGE + queue as u64 * STRIDE
}

/// Offset of the generator of C2H queue `queue`.
pub const fn generator_regs(queue: u32) -> u64 {
    GENERATOR_PAGE + queue as u64 * STRIDE
}

/// The card as a whole.
pub mod global {
    use super::*;

    registers! {
        /// All global registers of the card, in order of offset.
        REGISTERS:
        /// Tells that the demo card is what stands behind the engine.
        MAGIC @ 0x00 { MAGIC[0; 32] Ro MAGIC_VALUE, "The bytes `FRDC`."; }
        /// Version of the card's registers.
        VERSION @ 0x04 {
            MINOR[0; 16] Ro 0, "Minor version: additions only.";
            MAJOR[16; 16] Ro 1, "Major version.";
        }
        /// What was built.
        PARAM_CARD @ 0x08 volatile {
            QUEUES[0; 8] Ro 0, "Queues per direction, each with a checker and a generator.";
            IRQS[8; 8] Ro 0, "User interrupts.";
            WIDTH[16; 16] Ro 0, "Data width in bits.";
        }
        /// Memory and time.
        PARAM_SIZES @ 0x0C volatile {
            SRAM[0; 8] Ro 0, "log2 of the bytes of SRAM.";
            VISIT[8; 8] Ro 0, "log2 of the clocks between two looks at a queue's rate.";
            DRAM[16; 8] Ro 0, "log2 of the bytes of DRAM.";
        }
        /// Free for software; nothing depends on it.
        SCRATCH @ 0x10 { VALUE[0; 32] Rw 0, "Any value."; }
        /// What queues 31:0 do. Change a bit only while nothing moves on its queue pair.
        PATTERN_LO @ 0x14 { QUEUES[0; 32] Rw 0, "Per queue: 0 loopback, 1 checker on the H2C queue and generator on the C2H queue."; }
        /// What queues 63:32 do.
        PATTERN_HI @ 0x18 { QUEUES[0; 32] Rw 0, "As PATTERN_LO."; }
        /// Common gate of all generators and checkers.
        GATE @ 0x1C { OPEN[0; 1] Rw 1, "0 holds every generator and lets checkers count nothing; all of them start or stop in the clock in which it changes."; }
        /// User interrupts by hand.
        USER_IRQ @ 0x20 { RAISE[0; 32] Rw 0, "A write raises the user interrupts whose bits are 1. Reads give what was written last."; }
        /// Times of the DRAM. May be written at any time; what is under way may keep the old ones.
        DRAM_TIMING @ 0x24 {
            LATENCY[0; 8] Rw 40, "Clocks from a read's address to its first beat, and from a write's last beat to its response; less than 7 and 5 count as that.";
            PERIOD[8; 12] Rw 1950, "A refresh begins every that many clocks; 0: none. The reset value is 7.8 us at 250 MHz.";
            REFRESH[20; 8] Rw 88, "Clocks in which no beat moves at each; 0: none. The reset value is 350 ns at 250 MHz.";
        }
    }
}

/// A checker's block: it compares what comes on an H2C queue.
pub mod checker {
    use super::*;

    registers! {
        /// All registers of a checker, in order of offset.
        REGISTERS:
        /// Starts and stops. While RUN is 0 the queue is drained at full rate and nothing is counted.
        CTRL @ 0x00 {
            RUN[0; 1] Rw 0, "Writing 1 to a stopped checker clears its counters and starts it.";
            CHECK_LENGTH[2; 1] Rw 0, "Packets must have the lengths of LENGTH and SPREAD.";
            IRQ_END[4; 1] Rw 0, "Raise a user interrupt when COUNT packets have come.";
            IRQ_ERROR[5; 1] Rw 0, "Raise a user interrupt at the first error.";
            IRQ[8; 5] Rw 0, "Which user interrupt.";
        }
        /// What it found.
        STATUS @ 0x04 volatile {
            RUNNING[0; 1] Ro 0, "Started, and COUNT not reached.";
            DONE[1; 1] Ro 0, "COUNT packets have come.";
            ERROR[2; 1] Ro 0, "Something below was seen.";
            DATA[8; 1] Ro 0, "Bytes other than the pattern's.";
            KEEP[9; 1] Ro 0, "TKEEP with a gap, empty, or not full before TLAST.";
            LENGTH[10; 1] Ro 0, "A packet of another length, with CHECK_LENGTH.";
            CUT[11; 1] Ro 0, "A packet closed by the engine's error mark.";
        }
        /// Length of a packet.
        LENGTH @ 0x08 { BYTES[0; 24] Rw 4096, "Shortest packet in bytes, 1 or more."; }
        /// Random part of the length.
        SPREAD @ 0x0C { MASK[0; 24] Rw 0, "Packet n has LENGTH + (r(n) AND MASK) bytes; 0 for packets of one length."; }
        /// End of the run.
        COUNT @ 0x10 { PACKETS[0; 32] Rw 0, "Packets; 0 for no end."; }
        /// Tells patterns of different runs apart.
        SEED @ 0x14 { VALUE[0; 5] Rw 0, "Part of the pattern."; }
        /// Consumption in bytes per clock.
        RATE @ 0x18 { VALUE[0; 28] Rw 0xFFF_FFFF, "In units of 2^-20 bytes per clock. The reset value is beyond what the port moves: no limit."; }
        /// Bytes between two pauses.
        BURST @ 0x1C { BYTES[0; 31] Rw 0, "0: no pauses."; }
        /// Length of a pause.
        PAUSE @ 0x20 { CLOCKS[0; 31] Rw 0, "0: no pauses; less than a visit counts as one visit."; }
        /// Credit for what did not come.
        BUFFER @ 0x24 { BYTES[0; 24] Rw 4096, "Bytes that the consumer takes at once after it had nothing to take."; }
        /// Bytes received, low half. Reading it latches the high half.
        BYTES_LO @ 0x40 volatile { COUNT[0; 32] Ro 0, "Bytes, bits 31:0."; }
        /// Bytes received, high half as of the last read of the low half.
        BYTES_HI @ 0x44 volatile { COUNT[0; 16] Ro 0, "Bytes, bits 47:32."; }
        /// Packets received.
        PACKETS @ 0x48 volatile { COUNT[0; 32] Ro 0, "Beats with TLAST."; }
        /// Beats with anything wrong.
        ERRORS @ 0x4C volatile { COUNT[0; 32] Ro 0, "Beats, wrapping."; }
        /// Packet of the first error.
        FIRST_PACKET @ 0x50 volatile { NUMBER[0; 32] Ro 0, "Valid with STATUS.ERROR."; }
        /// Place of the first error in its packet.
        FIRST_OFFSET @ 0x54 volatile { BYTES[0; 24] Ro 0, "Byte offset of the beat; valid with STATUS.ERROR."; }
    }
}

/// A generator's block: it makes packets on a C2H queue, as a source in real time or as fast as they are taken.
pub mod generator {
    use super::*;

    registers! {
        /// All registers of a generator, in order of offset.
        REGISTERS:
        /// Starts and stops. A packet that has begun is ended when RUN or the gate falls.
        CTRL @ 0x00 {
            RUN[0; 1] Rw 0, "Writing 1 to a stopped generator clears its counters and starts it with packet 0.";
            LOSS[1; 1] Rw 0, "What happens while the engine takes less than RATE: 0 time waits, 1 time goes on, and packets beyond BUFFER are lost and counted.";
            IRQ_END[4; 1] Rw 0, "Raise a user interrupt when COUNT packets have gone or were lost.";
            IRQ[8; 5] Rw 0, "Which user interrupt.";
        }
        /// What it does.
        STATUS @ 0x04 volatile {
            RUNNING[0; 1] Ro 0, "Started, and COUNT not reached.";
            DONE[1; 1] Ro 0, "COUNT packets have gone or were lost.";
        }
        /// Length of a packet.
        LENGTH @ 0x08 { BYTES[0; 24] Rw 4096, "Shortest packet in bytes, 1 or more."; }
        /// Random part of the length.
        SPREAD @ 0x0C { MASK[0; 24] Rw 0, "Packet n has LENGTH + (r(n) AND MASK) bytes; 0 for packets of one length."; }
        /// End of the run.
        COUNT @ 0x10 { PACKETS[0; 32] Rw 0, "Packets; 0 for no end."; }
        /// Tells patterns of different runs apart.
        SEED @ 0x14 { VALUE[0; 5] Rw 0, "Part of the pattern."; }
        /// Production in bytes per clock.
        RATE @ 0x18 { VALUE[0; 28] Rw 0xFFF_FFFF, "In units of 2^-20 bytes per clock. The reset value is beyond what the port moves: no limit."; }
        /// Bytes between two pauses.
        BURST @ 0x1C { BYTES[0; 31] Rw 0, "0: no pauses."; }
        /// Length of a pause.
        PAUSE @ 0x20 { CLOCKS[0; 31] Rw 0, "0: no pauses; less than a visit counts as one visit."; }
        /// The source's own elastic buffer.
        BUFFER @ 0x24 { BYTES[0; 24] Rw 4096, "Bytes that wait for the engine before time waits, or packets are lost."; }
        /// Bytes handed over or lost, low half. Reading it latches the high half.
        BYTES_LO @ 0x40 volatile { COUNT[0; 32] Ro 0, "Bytes, bits 31:0."; }
        /// Bytes handed over or lost, high half as of the last read of the low half.
        BYTES_HI @ 0x44 volatile { COUNT[0; 16] Ro 0, "Bytes, bits 47:32."; }
        /// Packets handed over or lost.
        PACKETS @ 0x48 volatile { COUNT[0; 32] Ro 0, "Also the number of the packet under way."; }
        /// Bytes of lost packets, low half. Reading it latches the high half.
        LOST_BYTES_LO @ 0x4C volatile { COUNT[0; 32] Ro 0, "Bytes, bits 31:0."; }
        /// Bytes of lost packets, high half as of the last read of the low half.
        LOST_BYTES_HI @ 0x50 volatile { COUNT[0; 16] Ro 0, "Bytes, bits 47:32."; }
        /// Packets lost.
        LOST_PACKETS @ 0x54 volatile { COUNT[0; 32] Ro 0, "Packets, wrapping."; }
    }
}

/// The pattern: eight bytes tell of which queue, packet and place they are.
pub mod pattern {
    /// Word `word` (8 bytes, little-endian) of packet `packet`.
    ///
    /// The key {seed 63:59, queue 58:53, packet 52:21, word 20:0} is spread over all bits by shifts that can be undone.
    pub const fn word(seed: u32, queue: u32, packet: u32, word: u32) -> u64 {
        let key = (seed as u64 & 0x1F) << 59
            | (queue as u64 & 0x3F) << 53
            | (packet as u64) << 21
            | word as u64 & 0x1F_FFFF;
        let spread = key ^ key << 21 ^ key << 43;
        spread ^ spread >> 32
    }

    /// Where eight bytes of the pattern come from.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct Origin {
        /// SEED of the run.
        pub seed: u32,
        /// Queue.
        pub queue: u32,
        /// Packet.
        pub packet: u32,
        /// Word in the packet.
        pub word: u32,
    }

    /// Undoes [`word`].
    pub const fn origin(value: u64) -> Origin {
        let spread = value ^ value >> 32;
        let key = spread ^ spread << 21 ^ spread << 42 ^ spread << 43 ^ spread << 63;
        Origin {
            seed: (key >> 59) as u32,
            queue: (key >> 53) as u32 & 0x3F,
            packet: (key >> 21) as u32,
            word: key as u32 & 0x1F_FFFF,
        }
    }

    /// Byte `offset` of packet `packet`.
    pub const fn byte(seed: u32, queue: u32, packet: u32, offset: u32) -> u8 {
        (word(seed, queue, packet, offset / 8) >> (offset % 8 * 8)) as u8
    }

    /// Length of packet `packet` in bytes with these values of LENGTH and SPREAD.
    pub const fn length(length: u32, spread: u32, packet: u32) -> u32 {
        let random = packet ^ packet << 5 ^ packet << 11 ^ packet << 17;
        (length + (random & spread)) & 0xFF_FFFF
    }
}

/// Value of RATE for `bytes_per_second` on a card whose clock has `khz`. Cut to the most that RATE holds.
pub const fn rate(bytes_per_second: u64, khz: u32) -> u32 {
    let value = ((bytes_per_second as u128) << RATE_FRACTION) / (khz as u128 * 1000);
    if value >= 1 << 28 {
        (1 << 28) - 1
    } else {
        value as u32
    }
}

/// A source or sink to imitate.
#[derive(Clone, Copy, Debug)]
pub struct Preset {
    /// Name for tools.
    pub name: &'static str,
    /// Bytes per second between pauses.
    pub bytes_per_second: u64,
    /// Bytes between two pauses, 0 for none.
    pub burst: u32,
    /// Pause in nanoseconds.
    pub pause_ns: u32,
    /// Bytes per packet.
    pub length: u32,
    /// Value of SPREAD.
    pub spread: u32,
    /// It doesn't wait: what is not taken is lost.
    pub real_time: bool,
    /// What it stands for.
    pub doc: &'static str,
}

/// Rates to start from. Round numbers of their kind, not those of a product.
pub const PRESETS: &[Preset] = &[
    Preset {
        name: "max",
        bytes_per_second: u64::MAX >> 24,
        burst: 0,
        pause_ns: 0,
        length: 4096,
        spread: 0,
        real_time: false,
        doc: "As fast as the port moves.",
    },
    Preset {
        name: "ethernet-1g",
        bytes_per_second: 125_000_000,
        burst: 1500,
        pause_ns: 304,
        length: 64,
        spread: 0x3FF,
        real_time: true,
        doc: "1 GbE receiver: preamble and gap are 38 bytes per frame.",
    },
    Preset {
        name: "ethernet-10g",
        bytes_per_second: 1_250_000_000,
        burst: 1500,
        pause_ns: 30,
        length: 64,
        spread: 0x3FF,
        real_time: true,
        doc: "10 GbE receiver.",
    },
    Preset {
        name: "ethernet-10g-small",
        bytes_per_second: 1_250_000_000,
        burst: 64,
        pause_ns: 30,
        length: 64,
        spread: 0,
        real_time: true,
        doc: "10 GbE receiver, shortest frames only.",
    },
    Preset {
        name: "hard-disk",
        bytes_per_second: 250_000_000,
        burst: 1 << 20,
        pause_ns: 8_000_000,
        length: 4096,
        spread: 0,
        real_time: false,
        doc: "Hard disk: a seek after every MiB.",
    },
    Preset {
        name: "ssd-sata",
        bytes_per_second: 550_000_000,
        burst: 128 << 10,
        pause_ns: 50_000,
        length: 4096,
        spread: 0,
        real_time: false,
        doc: "SATA SSD.",
    },
    Preset {
        name: "nvme",
        bytes_per_second: 3_500_000_000,
        burst: 1 << 20,
        pause_ns: 10_000,
        length: 4096,
        spread: 0,
        real_time: false,
        doc: "NVMe SSD on four lanes of Gen3.",
    },
    Preset {
        name: "adc-16bit-100m",
        bytes_per_second: 200_000_000,
        burst: 0,
        pause_ns: 0,
        length: 8192,
        spread: 0,
        real_time: true,
        doc: "16-bit ADC at 100 MS/s.",
    },
    Preset {
        name: "adc-16bit-1g",
        bytes_per_second: 2_000_000_000,
        burst: 0,
        pause_ns: 0,
        length: 8192,
        spread: 0,
        real_time: true,
        doc: "16-bit ADC at 1 GS/s.",
    },
    Preset {
        name: "camera",
        bytes_per_second: 600_000_000,
        burst: 8 << 20,
        pause_ns: 2_000_000,
        length: 4096,
        spread: 0,
        real_time: true,
        doc: "Camera: frames of 8 MiB with a gap for the shutter.",
    },
];
