//! Every register of BAR0's global page and of a queue's block.

use crate::table::Access::{Ro, Rw, W1c, Wo};
use crate::table::{Access, Field, Register};

pub(crate) const fn field(
    name: &'static str,
    lsb: u32,
    width: u32,
    access: Access,
    reset: u32,
    doc: &'static str,
) -> Field {
    Field { name, lsb, width, access, reset, doc }
}

macro_rules! registers {
    ($(#[$list_doc:meta])* $list:ident: $( $(#[doc = $doc:literal])+ $name:ident @ $offset:literal $($volatile:ident)? {
        $( $fname:ident [$lsb:literal; $width:literal] $access:ident $reset:expr, $fdoc:literal; )*
    } )*) => {
        $(
            $(#[doc = $doc])+
            pub const $name: Register = Register {
                name: stringify!($name),
                offset: $offset,
                fields: &[ $( field(stringify!($fname), $lsb, $width, $access, $reset, $fdoc) ),* ],
                volatile: registers!(@volatile $($volatile)?),
                doc: concat!($($doc),+),
            };
        )*
        $(#[$list_doc])*
        pub const $list: &[Register] = &[ $($name),* ];
    };
    (@volatile volatile) => { true };
    (@volatile) => { false };
}
pub(crate) use registers;

/// The global page.
pub mod global {
    use super::*;

    registers! {
        /// All global registers, in order of offset.
        REGISTERS:
        /// Tells that a Ferrolane engine answers. The driver trusts this, not the PCI ids.
        MAGIC @ 0x00 { MAGIC[0; 32] Ro 0x4E4C_5246, "The bytes `FRLN`."; }
        /// ABI version. Another major version is refused by the driver.
        ABI_VERSION @ 0x04 {
            MINOR[0; 16] Ro crate::version::ABI_MINOR, "Minor version: additions only.";
            MAJOR[16; 16] Ro crate::version::ABI_MAJOR, "Major version.";
        }
        /// Feature bits 31:0.
        FEATURES_LO @ 0x08 volatile { BITS[0; 32] Ro 0, "See the feature bits: what was built."; }
        /// Feature bits 63:32.
        FEATURES_HI @ 0x0C { BITS[0; 32] Ro 0, "None yet."; }
        /// Identifies the build of the bitstream.
        BUILD_ID @ 0x10 volatile { ID[0; 32] Ro 0, "Set by the build; 0 where it was not."; }
        /// Hash over this table. Another hash is a warning, not an error.
        LAYOUT_HASH @ 0x14 volatile { HASH[0; 32] Ro 0, "FNV-1a over names, offsets and fields."; }
        /// How many queues and vectors were built.
        PARAM_QUEUES @ 0x20 volatile {
            H2C[0; 8] Ro 0, "H2C queues.";
            C2H[8; 8] Ro 0, "C2H queues.";
            VECTORS[16; 16] Ro 0, "MSI-X vectors.";
        }
        /// Size of the TLP port.
        PARAM_PORT @ 0x24 volatile {
            WIDTH[0; 16] Ro 0, "Data width in bits.";
            TAGS[16; 16] Ro 0, "Tags the engine may have in flight.";
        }
        /// The engine's clock.
        PARAM_CLOCK @ 0x28 volatile { KHZ[0; 32] Ro 0, "Frequency in kHz."; }
        /// On-chip memory per queue.
        PARAM_MEMORY @ 0x2C volatile {
            H2C_SHARE[0; 8] Ro 0, "log2 of the bytes of H2C FIFO per queue.";
            C2H_SHARE[8; 8] Ro 0, "log2 of the bytes of C2H FIFO per queue.";
            DESCRIPTORS[16; 8] Ro 0, "log2 of the prefetched descriptors per queue.";
        }
        /// Free for software; nothing depends on it.
        SCRATCH @ 0x40 { VALUE[0; 32] Rw 0, "Any value."; }
        /// What the engine is doing.
        STATUS @ 0x44 volatile {
            INIT[0; 1] Ro 0, "1 while queue state is being cleared.";
            READS_PENDING[1; 1] Ro 0, "1 while a read is unanswered.";
            WRITES_PENDING[2; 1] Ro 0, "1 while a write is not yet reported sent.";
        }
        /// Sticky error causes. Any of them also asks for interrupt vector 0.
        ERROR @ 0x48 {
            INVALID_DOORBELL[0; 1] W1c 0, "A doorbell outside its ring, backwards, or of a stopped queue was ignored.";
            UNEXPECTED_CPL[1; 1] W1c 0, "A completion matched no outstanding request and was dropped.";
            UNSUPPORTED_REQUEST[2; 1] W1c 0, "A request type the engine does not serve was refused.";
            QUEUE_ERROR[3; 1] W1c 0, "A queue halted with an error; its STATUS tells which.";
            CPL_TIMEOUT[4; 1] W1c 0, "A read was given up: its completion did not come in time, or the link went down.";
        }
        /// The link as the configuration space reports it.
        LINK @ 0x4C volatile {
            SPEED[0; 4] Ro 0, "Generation: 1 is 2.5 GT/s, 3 is 8 GT/s.";
            WIDTH[4; 6] Ro 0, "Lanes.";
            UP[10; 1] Ro 0, "Link is up.";
            BUS_MASTER[11; 1] Ro 0, "Bus Master Enable.";
            MPS[12; 3] Ro 0, "Max_Payload_Size is 128 << MPS bytes.";
            MRRS[16; 3] Ro 0, "Max_Read_Request_Size is 128 << MRRS bytes.";
            RCB[20; 1] Ro 0, "Read Completion Boundary: 0 is 64 bytes, 1 is 128 bytes.";
            EXT_TAG[21; 1] Ro 0, "Extended Tag Field Enable.";
            MSIX_ENABLE[22; 1] Ro 0, "MSI-X Enable.";
            MSIX_MASK[23; 1] Ro 0, "MSI-X Function Mask.";
        }
        /// Clocks since reset, low half. Reading it latches the high half.
        CLOCKS_LO @ 0x50 volatile { COUNT[0; 32] Ro 0, "Clocks, bits 31:0."; }
        /// Clocks since reset, high half as of the last read of the low half.
        CLOCKS_HI @ 0x54 volatile { COUNT[0; 32] Ro 0, "Clocks, bits 63:32."; }
        /// Host reads of BAR addresses that hold no register.
        CNT_UNMAPPED_READ @ 0x58 volatile { COUNT[0; 32] Ro 0, "DWORDs read, wrapping."; }
        /// Host writes to BAR addresses that hold no register.
        CNT_UNMAPPED_WRITE @ 0x5C volatile { COUNT[0; 32] Ro 0, "DWORDs written, wrapping."; }
        /// Requests refused as unsupported.
        CNT_UNSUPPORTED @ 0x60 volatile { COUNT[0; 32] Ro 0, "TLPs, wrapping."; }
        /// Completions that matched no outstanding request.
        CNT_UNEXPECTED_CPL @ 0x64 volatile { COUNT[0; 32] Ro 0, "TLPs, wrapping."; }
        /// Doorbells ignored.
        CNT_INVALID_DOORBELL @ 0x68 volatile { COUNT[0; 32] Ro 0, "Writes, wrapping."; }
        /// Memory writes sent: data, completion records, interrupts.
        CNT_TX_WRITE @ 0x6C volatile { COUNT[0; 32] Ro 0, "TLPs, wrapping."; }
        /// Memory reads sent: descriptors and data.
        CNT_TX_READ @ 0x70 volatile { COUNT[0; 32] Ro 0, "TLPs, wrapping."; }
        /// Completions received.
        CNT_RX_CPL @ 0x74 volatile { COUNT[0; 32] Ro 0, "TLPs, wrapping."; }
        /// Accesses to the card's own registers (BAR2) that failed: error response, or no answer in time.
        CNT_AXIL_ERROR @ 0x78 volatile { COUNT[0; 32] Ro 0, "DWORDs, wrapping. Such a read gives all ones."; }
        /// Reads whose completion did not come in time, or while the link was down.
        CNT_CPL_TIMEOUT @ 0x7C volatile { COUNT[0; 32] Ro 0, "Reads, wrapping."; }
        /// The last TLP that was refused or dropped: why, and how many there were. Its header follows.
        BAD_HEADER @ 0x80 volatile {
            CAUSE[0; 4] Ro 0, "0 none yet, 1 a request of a kind not served, 2 a poisoned request, 3 a completion of a kind that answers no read, or for another requester, 4 a completion with an error status or poisoned.";
            COUNT[16; 16] Ro 0, "TLPs logged, wrapping.";
        }
        /// Header of that TLP, first DWORD as in PCIe Base Spec 2.2.1: Fmt and Type in bits 31:24. All four keep until the next such TLP.
        BAD_HEADER_0 @ 0x84 volatile { DW[0; 32] Ro 0, "DW0."; }
        /// Second DWORD.
        BAD_HEADER_1 @ 0x88 volatile { DW[0; 32] Ro 0, "DW1."; }
        /// Third DWORD.
        BAD_HEADER_2 @ 0x8C volatile { DW[0; 32] Ro 0, "DW2."; }
        /// Fourth DWORD, 0 for a header of three.
        BAD_HEADER_3 @ 0x90 volatile { DW[0; 32] Ro 0, "DW3."; }
    }
}

/// A queue's block. Write everything but CTRL and FEED only while the queue is stopped and idle.
pub mod queue {
    use super::*;

    registers! {
        /// All registers of a queue, in order of offset.
        REGISTERS:
        /// Starts and stops the queue.
        CTRL @ 0x00 {
            RUN[0; 1] Rw 0, "Writing 1 clears all indices and starts the queue; 0 stops it: no new request starts, and IDLE rises once everything in flight has ended.";
            FLUSH[1; 1] Wo 0, "C2H: writing 1 writes out what waits in the share and closes the descriptor that has received bytes, with flag FLUSHED. Nothing happens where nothing waits.";
        }
        /// What the queue is doing.
        STATUS @ 0x04 volatile {
            IDLE[0; 1] Ro 1, "Stopped, every read answered and every write reported sent.";
            ERROR[1; 1] Ro 0, "Halted by an error; a stop and a new start clear it.";
            CODE[8; 8] Ro 0, "Status code of the error that halted the queue.";
        }
        /// Descriptor ring address, low half.
        RING_BASE_LO @ 0x08 { ADDR[4; 28] Rw 0, "IOVA bits 31:4; rings are aligned to 16 bytes."; }
        /// Descriptor ring address, high half.
        RING_BASE_HI @ 0x0C { ADDR[0; 32] Rw 0, "IOVA bits 63:32."; }
        /// Sizes of both rings.
        RING_SIZE @ 0x10 {
            DESCRIPTORS[0; 5] Rw 0, "log2 of the descriptor ring's entries, 1 to 16.";
            COMPLETIONS[8; 5] Rw 0, "log2 of the completion ring's entries, 1 to 16.";
        }
        /// How the queue is fed and served.
        MODE @ 0x14 {
            FEED[0; 2] Rw 0, "0 ring, 1 list, 2 push, 3 direct.";
            RELAXED_ORDERING[4; 1] Rw 0, "Data TLPs carry Relaxed Ordering where the configuration space enables it.";
            NO_SNOOP[5; 1] Rw 0, "Data TLPs carry No Snoop where the configuration space enables it.";
            MEMORY[6; 1] Rw 0, "The queue's other end is the card's memory (AXI4), not its stream: card addresses are CARD_BASE + the descriptor's card field.";
            WEIGHT[8; 6] Rw 7, "Turn of the queue while others want to be served: (WEIGHT + 1) * 512 bytes.";
            DROP[16; 2] Rw 0, "C2H: a packet that finds no room 0 waits (backpressure), 1 is dropped, 2 takes the room of the oldest packets. 3 counts as 1.";
            STORE_FORWARD[18; 1] Rw 0, "A packet starts to leave the share only when its end is in it; one that fills three quarters of the share starts at once. DROP other than 0 implies it.";
        }
        /// Completion ring address, low half.
        CPL_BASE_LO @ 0x18 { ADDR[4; 28] Rw 0, "IOVA bits 31:4; rings are aligned to 16 bytes."; }
        /// Completion ring address, high half.
        CPL_BASE_HI @ 0x1C { ADDR[0; 32] Rw 0, "IOVA bits 63:32."; }
        /// Interrupt vector of the queue.
        VECTOR @ 0x20 { INDEX[0; 8] Rw 0, "MSI-X vector, below PARAM_QUEUES.VECTORS."; }
        /// When records are written, and how many at once.
        COALESCE @ 0x24 {
            COUNT[0; 5] Rw 0, "Records that are written in one TLP if that many come in time; 0 counts as 1, above 16 as 16.";
            POLICY[8; 2] Rw 0, "Descriptors that get a record: 0 every one, 1 with EOP, IRQ or an error, 2 with IRQ or an error, 3 none.";
            TIME[16; 16] Rw 0, "Longest wait of a record for others, in units of 16 clocks.";
        }
        /// Producer index last accepted from the doorbell.
        PRODUCER @ 0x28 volatile { INDEX[0; 32] Ro 0, "Descriptors offered since the start."; }
        /// How far descriptors have been fetched.
        HEAD @ 0x2C volatile { INDEX[0; 32] Ro 0, "Descriptors fetched since the start."; }
        /// How far completion records have been written.
        COMPLETED @ 0x30 volatile { INDEX[0; 32] Ro 0, "Records written since the start."; }
        /// Completion consumer index last accepted from the doorbell.
        CONSUMER @ 0x34 volatile { INDEX[0; 31] Ro 0, "Records taken by the host since the start."; }
        /// Tells this start of the queue from earlier ones.
        GENERATION @ 0x38 volatile { COUNT[0; 8] Ro 0, "Starts since reset, modulo 256; also in each record."; }
        /// Interrupt moderation of an ARM.
        MODERATE @ 0x3C {
            COUNT[0; 16] Rw 0, "The interrupt waits for that many records beyond the consumer index; 0 counts as 1.";
            TIME[16; 16] Rw 0, "Longest wait of an armed queue with such records, in units of 16 clocks; 0 waits for COUNT alone.";
        }
        /// Direct and list mode: address, low half. The FEED registers may be written at any time.
        FEED_ADDR_LO @ 0x40 { ADDR[0; 32] Rw 0, "IOVA bits 31:0 of the data (direct), or of the first segment (list, 16-byte aligned)."; }
        /// Direct and list mode: address, high half.
        FEED_ADDR_HI @ 0x44 { ADDR[0; 32] Rw 0, "IOVA bits 63:32."; }
        /// Direct and list mode: length.
        FEED_LEN @ 0x48 { LENGTH[0; 24] Rw 0, "Bytes of the data (direct), or descriptors of the first segment, its LINK included (list)."; }
        /// Direct mode: card field of the descriptor.
        FEED_CARD @ 0x4C { VALUE[0; 32] Rw 0, "Metadata or card address."; }
        /// Direct and list mode: a write hands over the FEED registers as one descriptor, or as one list.
        FEED_GO @ 0x50 { FLAGS[0; 8] Rw 0, "Direct: flags of the descriptor. A write that finds no room, or a list not yet fetched, is an invalid doorbell."; }
        /// Bytes moved by the descriptor that ended last.
        RESULT_BYTES @ 0x54 volatile { BYTES[0; 24] Ro 0, "Bytes."; }
        /// Metadata of the descriptor that ended last.
        RESULT_META @ 0x58 volatile { META[0; 32] Ro 0, "As in its record, whether one was written or not."; }
        /// How many descriptors have ended, with a record or without.
        FINISHED @ 0x5C volatile { INDEX[0; 32] Ro 0, "Descriptors ended since the start."; }
        /// C2H: when bytes are written out though more may come.
        FLUSH_TIME @ 0x60 { TIME[0; 16] Rw 0, "Flushes the queue if nothing has come from the card for so long, in units of 16 clocks; 0 never."; }
        /// How much of the queue's share of the FIFO is in use.
        FIFO_LEVEL @ 0x64 volatile { BYTES[0; 24] Ro 0, "Whole rows, in bytes. C2H: taken from the card and not yet read; H2C: complete and not yet given to the card."; }
        /// The most that FIFO_LEVEL has been since the start.
        FIFO_PEAK @ 0x68 volatile { BYTES[0; 24] Ro 0, "Whole rows, in bytes."; }
        /// Memory queues: what is added to each descriptor's card field, low half.
        CARD_BASE_LO @ 0x6C { ADDR[0; 32] Rw 0, "Bits 31:0 of an AXI4 address, any alignment."; }
        /// Memory queues: what is added to each descriptor's card field, high half.
        CARD_BASE_HI @ 0x70 { ADDR[0; 32] Rw 0, "Bits 63:32."; }
    }
}

/// A queue's counters, since reset; they don't stop or start with the queue. See [`crate::map::queue_counters`].
pub mod queue_counters {
    use super::*;

    registers! {
        /// All counters of a queue, in order of offset.
        REGISTERS:
        /// Bytes of ended descriptors, low half. Reading it latches the high half.
        BYTES_LO @ 0x00 volatile { COUNT[0; 32] Ro 0, "Bytes, bits 31:0."; }
        /// Bytes of ended descriptors, high half as of the last read of a low half.
        BYTES_HI @ 0x04 volatile { COUNT[0; 32] Ro 0, "Bytes, bits 63:32."; }
        /// Descriptors ended.
        DESCRIPTORS @ 0x08 volatile { COUNT[0; 32] Ro 0, "Descriptors, wrapping."; }
        /// Data TLPs: reads of an H2C queue, writes of a C2H queue.
        TLPS @ 0x0C volatile { COUNT[0; 32] Ro 0, "TLPs, wrapping."; }
        /// Errors that halted the queue.
        ERRORS @ 0x10 volatile { COUNT[0; 32] Ro 0, "Halts, wrapping."; }
        /// Packets of a C2H queue that were dropped for want of room; 0 for an H2C queue.
        DROPPED_PACKETS @ 0x14 volatile { COUNT[0; 32] Ro 0, "Packets, wrapping."; }
        /// Their bytes.
        DROPPED_BYTES @ 0x18 volatile { COUNT[0; 32] Ro 0, "Bytes, wrapping."; }
    }
}

/// Counters of the engine as a whole, at [`crate::map::GLOBAL_COUNTERS`].
pub mod global_counters {
    use super::*;

    registers! {
        /// All of them, in order of offset.
        REGISTERS:
        /// Beats of memory writes taken by the port.
        WRITE_BEATS @ 0x00 volatile { COUNT[0; 32] Ro 0, "Beats, wrapping."; }
        /// Clocks in which a memory write waited for the port.
        WRITE_STALLS @ 0x04 volatile { COUNT[0; 32] Ro 0, "Clocks, wrapping."; }
        /// Clocks in which a memory read waited for the port.
        READ_STALLS @ 0x08 volatile { COUNT[0; 32] Ro 0, "Clocks, wrapping."; }
        /// Clocks in which a completion waited for the port.
        COMPLETION_STALLS @ 0x0C volatile { COUNT[0; 32] Ro 0, "Clocks, wrapping."; }
        /// Beats of completions received.
        COMPLETION_BEATS @ 0x10 volatile { COUNT[0; 32] Ro 0, "Beats, wrapping."; }
        /// Beats that the card took.
        H2C_BEATS @ 0x14 volatile { COUNT[0; 32] Ro 0, "Beats, wrapping."; }
        /// Clocks in which a beat waited for the card.
        H2C_STALLS @ 0x18 volatile { COUNT[0; 32] Ro 0, "Clocks, wrapping."; }
        /// Beats taken from the card.
        C2H_BEATS @ 0x1C volatile { COUNT[0; 32] Ro 0, "Beats, wrapping."; }
        /// Clocks in which the card waited to hand over a beat.
        C2H_STALLS @ 0x20 volatile { COUNT[0; 32] Ro 0, "Clocks, wrapping."; }
        /// Clocks in which a read was held up because all tags were in use.
        H2C_NO_TAG @ 0x24 volatile { COUNT[0; 32] Ro 0, "Clocks, wrapping."; }
        /// Clocks in which a read was held up for want of room in its queue's share of the FIFO.
        H2C_NO_ROOM @ 0x28 volatile { COUNT[0; 32] Ro 0, "Clocks, wrapping."; }
        /// Clocks in which an H2C descriptor was held up because its completion ring had no place.
        H2C_NO_PLACE @ 0x2C volatile { COUNT[0; 32] Ro 0, "Clocks, wrapping."; }
        /// Clocks in which an H2C descriptor was held up by FENCE.
        H2C_FENCE @ 0x30 volatile { COUNT[0; 32] Ro 0, "Clocks, wrapping."; }
        /// Clocks in which the queue being served had data from the card, but no descriptor.
        C2H_NO_DESCRIPTOR @ 0x34 volatile { COUNT[0; 32] Ro 0, "Clocks, wrapping."; }
        /// Clocks in which a C2H descriptor was held up because its completion ring had no place.
        C2H_NO_PLACE @ 0x38 volatile { COUNT[0; 32] Ro 0, "Clocks, wrapping."; }
        /// Clocks in which a C2H descriptor was held up by FENCE.
        C2H_FENCE @ 0x3C volatile { COUNT[0; 32] Ro 0, "Clocks, wrapping."; }
        /// Clocks in which a write that was decided on waited for those before it.
        C2H_SEND_FULL @ 0x40 volatile { COUNT[0; 32] Ro 0, "Clocks, wrapping."; }
        /// Latency of reads: from the port taking the request to its last completion.
        READ_COUNT @ 0x80 volatile { COUNT[0; 32] Ro 0, "Reads measured, wrapping."; }
        /// Their latencies' sum, low half. Reading it latches the high half.
        READ_SUM_LO @ 0x84 volatile { CLOCKS[0; 32] Ro 0, "Clocks, bits 31:0."; }
        /// High half as of the last read of a low half.
        READ_SUM_HI @ 0x88 volatile { CLOCKS[0; 32] Ro 0, "Clocks, bits 63:32."; }
        /// The least.
        READ_MIN @ 0x8C volatile { CLOCKS[0; 20] Ro 0, "Clocks; all ones before the first."; }
        /// The most.
        READ_MAX @ 0x90 volatile { CLOCKS[0; 20] Ro 0, "Clocks."; }
        /// Latency of H2C doorbells: from the doorbell that gives an empty queue work to its first data read.
        H2C_COUNT @ 0xA0 volatile { COUNT[0; 32] Ro 0, "Doorbells measured, wrapping."; }
        /// Their latencies' sum, low half. Reading it latches the high half.
        H2C_SUM_LO @ 0xA4 volatile { CLOCKS[0; 32] Ro 0, "Clocks, bits 31:0."; }
        /// High half as of the last read of a low half.
        H2C_SUM_HI @ 0xA8 volatile { CLOCKS[0; 32] Ro 0, "Clocks, bits 63:32."; }
        /// The least.
        H2C_MIN @ 0xAC volatile { CLOCKS[0; 20] Ro 0, "Clocks; all ones before the first."; }
        /// The most.
        H2C_MAX @ 0xB0 volatile { CLOCKS[0; 20] Ro 0, "Clocks."; }
        /// Latency of C2H doorbells: from the doorbell that gives an empty queue work to its first data write.
        C2H_COUNT @ 0xC0 volatile { COUNT[0; 32] Ro 0, "Doorbells measured, wrapping."; }
        /// Their latencies' sum, low half. Reading it latches the high half.
        C2H_SUM_LO @ 0xC4 volatile { CLOCKS[0; 32] Ro 0, "Clocks, bits 31:0."; }
        /// High half as of the last read of a low half.
        C2H_SUM_HI @ 0xC8 volatile { CLOCKS[0; 32] Ro 0, "Clocks, bits 63:32."; }
        /// The least.
        C2H_MIN @ 0xCC volatile { CLOCKS[0; 20] Ro 0, "Clocks; all ones before the first."; }
        /// The most.
        C2H_MAX @ 0xD0 volatile { CLOCKS[0; 20] Ro 0, "Clocks."; }
    }
}
