/* Generated from hw/abi by `make generate`; do not edit. */
/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef FERROLANE_H
#define FERROLANE_H

#ifdef __KERNEL__
#include <linux/types.h>
typedef __le32 ferrolane_le32;
typedef __le64 ferrolane_le64;
#else
#include <stdint.h>
typedef uint32_t ferrolane_le32;
typedef uint64_t ferrolane_le64;
#endif

/* Constants. */
#define FERROLANE_ABI_MAJOR 0x1u /* Major version: software refuses another. */
#define FERROLANE_ABI_MINOR 0x1u /* Minor version: additions only. */
#define FERROLANE_LAYOUT_HASH 0xa9aa4f15u /* Hash over this table, as in the register. */
#define FERROLANE_BAR0_BYTES 0x80000u /* Size of BAR0 in bytes. */
#define FERROLANE_USER_BAR 0x2u /* BAR of the card's own registers. */
#define FERROLANE_USER_BAR_BYTES 0x10000u /* Size of that BAR in bytes, by default. */
#define FERROLANE_CARD_CHECKER_PAGE 0x4000u /* Demo card: offset of the checkers in BAR2. */
#define FERROLANE_CARD_GENERATOR_PAGE 0x8000u /* Demo card: offset of the generators in BAR2. */
#define FERROLANE_CARD_STRIDE 0x80u /* Demo card: bytes of registers per checker and per generator. */
#define FERROLANE_MAX_QUEUES 0x40u /* Places for queues per direction. */
#define FERROLANE_QUEUE_STRIDE 0x100u /* Bytes of registers per queue. */
#define FERROLANE_DOORBELL_STRIDE 0x8u /* Bytes of doorbell per queue. */
#define FERROLANE_PUSH_STRIDE 0x200u /* Bytes of push window per queue. */
#define FERROLANE_PUSH_SLOTS 0x20u /* Descriptors of a push window. */
#define FERROLANE_COUNTER_STRIDE 0x40u /* Bytes of counters per queue. */
#define FERROLANE_GLOBAL_COUNTERS 0x68000u /* Counters of the engine as a whole, offset in BAR0. */
#define FERROLANE_DESC_BYTES 0x10u /* Size of a descriptor in bytes. */
#define FERROLANE_DESC_MAX_LEN 0xffffffu /* Longest length of a descriptor in bytes. */
#define FERROLANE_CPL_BYTES 0x10u /* Size of a completion record in bytes. */
#define FERROLANE_CPL_PHASE_BIT 0x1fu /* Bit of the phase in DW3. */
#define FERROLANE_DOORBELL_ARM_BIT 0x1fu /* Bit of ARM in the doorbell's upper DW. */
#define FERROLANE_PCI_VENDOR_ID 0x1234u /* Vendor id of the simulated card. */
#define FERROLANE_PCI_DEVICE_ID 0xf1a0u /* Device id of the simulated card. */
#define FERROLANE_PCI_CLASS_CODE 0x88000u /* Class code. */

/* Pages of BAR0. */
#define FERROLANE_PAGE_GLOBAL 0x0u /* Global registers. */
#define FERROLANE_PAGE_QUEUE 0x10000u /* Queue registers, 256 bytes per queue: H2C queues from +0x0000, C2H queues from +0x4000. */
#define FERROLANE_PAGE_DOORBELL 0x20000u /* Doorbells, 8 bytes per queue: H2C queues from +0x000, C2H queues from +0x200. They read 0. */
#define FERROLANE_PAGE_MSIX_TABLE 0x30000u /* MSI-X table, 16 bytes per vector. */
#define FERROLANE_PAGE_MSIX_PBA 0x40000u /* MSI-X pending bits, one per vector. */
#define FERROLANE_PAGE_PUSH 0x50000u /* Push windows, 32 descriptors of 16 bytes per queue: H2C queues from +0x0000, C2H queues from +0x8000. Write-only, read 0. */
#define FERROLANE_PAGE_COUNTER 0x60000u /* Counters, 64 bytes per queue: H2C queues from +0x0000, C2H queues from +0x1000; the engine's own from +0x8000. Read-only. */

/* Where a queue's registers and doorbell are; dir is 0 for H2C, 1 for C2H. */
#define FERROLANE_QUEUE_ID(dir, q) ((dir) * FERROLANE_MAX_QUEUES + (q))
#define FERROLANE_QUEUE_REGS(dir, q) \
    (FERROLANE_PAGE_QUEUE + FERROLANE_QUEUE_ID(dir, q) * FERROLANE_QUEUE_STRIDE)
#define FERROLANE_QUEUE_DOORBELL(dir, q) \
    (FERROLANE_PAGE_DOORBELL + FERROLANE_QUEUE_ID(dir, q) * FERROLANE_DOORBELL_STRIDE)

/* GLOBAL registers. Once, at the start of BAR0. The first 64 bytes are frozen for ever. */
#define FERROLANE_GLOBAL_MAGIC 0x00u /* Tells that a Ferrolane engine answers. The driver trusts this, not the PCI ids. */
#define FERROLANE_GLOBAL_MAGIC_MAGIC_MASK 0xffffffffu /* RO The bytes `FRLN`. */
#define FERROLANE_GLOBAL_MAGIC_MAGIC_SHIFT 0u
#define FERROLANE_GLOBAL_ABI_VERSION 0x04u /* ABI version. Another major version is refused by the driver. */
#define FERROLANE_GLOBAL_ABI_VERSION_MINOR_MASK 0x0000ffffu /* RO Minor version: additions only. */
#define FERROLANE_GLOBAL_ABI_VERSION_MINOR_SHIFT 0u
#define FERROLANE_GLOBAL_ABI_VERSION_MAJOR_MASK 0xffff0000u /* RO Major version. */
#define FERROLANE_GLOBAL_ABI_VERSION_MAJOR_SHIFT 16u
#define FERROLANE_GLOBAL_FEATURES_LO 0x08u /* Feature bits 31:0. */
#define FERROLANE_GLOBAL_FEATURES_LO_BITS_MASK 0xffffffffu /* RO See the feature bits: what was built. */
#define FERROLANE_GLOBAL_FEATURES_LO_BITS_SHIFT 0u
#define FERROLANE_GLOBAL_FEATURES_HI 0x0cu /* Feature bits 63:32. */
#define FERROLANE_GLOBAL_FEATURES_HI_BITS_MASK 0xffffffffu /* RO None yet. */
#define FERROLANE_GLOBAL_FEATURES_HI_BITS_SHIFT 0u
#define FERROLANE_GLOBAL_BUILD_ID 0x10u /* Identifies the build of the bitstream. */
#define FERROLANE_GLOBAL_BUILD_ID_ID_MASK 0xffffffffu /* RO Set by the build; 0 where it was not. */
#define FERROLANE_GLOBAL_BUILD_ID_ID_SHIFT 0u
#define FERROLANE_GLOBAL_LAYOUT_HASH 0x14u /* Hash over this table. Another hash is a warning, not an error. */
#define FERROLANE_GLOBAL_LAYOUT_HASH_HASH_MASK 0xffffffffu /* RO FNV-1a over names, offsets and fields. */
#define FERROLANE_GLOBAL_LAYOUT_HASH_HASH_SHIFT 0u
#define FERROLANE_GLOBAL_PARAM_QUEUES 0x20u /* How many queues and vectors were built. */
#define FERROLANE_GLOBAL_PARAM_QUEUES_H2C_MASK 0x000000ffu /* RO H2C queues. */
#define FERROLANE_GLOBAL_PARAM_QUEUES_H2C_SHIFT 0u
#define FERROLANE_GLOBAL_PARAM_QUEUES_C2H_MASK 0x0000ff00u /* RO C2H queues. */
#define FERROLANE_GLOBAL_PARAM_QUEUES_C2H_SHIFT 8u
#define FERROLANE_GLOBAL_PARAM_QUEUES_VECTORS_MASK 0xffff0000u /* RO MSI-X vectors. */
#define FERROLANE_GLOBAL_PARAM_QUEUES_VECTORS_SHIFT 16u
#define FERROLANE_GLOBAL_PARAM_PORT 0x24u /* Size of the TLP port. */
#define FERROLANE_GLOBAL_PARAM_PORT_WIDTH_MASK 0x0000ffffu /* RO Data width in bits. */
#define FERROLANE_GLOBAL_PARAM_PORT_WIDTH_SHIFT 0u
#define FERROLANE_GLOBAL_PARAM_PORT_TAGS_MASK 0xffff0000u /* RO Tags the engine may have in flight. */
#define FERROLANE_GLOBAL_PARAM_PORT_TAGS_SHIFT 16u
#define FERROLANE_GLOBAL_PARAM_CLOCK 0x28u /* The engine's clock. */
#define FERROLANE_GLOBAL_PARAM_CLOCK_KHZ_MASK 0xffffffffu /* RO Frequency in kHz. */
#define FERROLANE_GLOBAL_PARAM_CLOCK_KHZ_SHIFT 0u
#define FERROLANE_GLOBAL_PARAM_MEMORY 0x2cu /* On-chip memory per queue. */
#define FERROLANE_GLOBAL_PARAM_MEMORY_H2C_SHARE_MASK 0x000000ffu /* RO log2 of the bytes of H2C FIFO per queue. */
#define FERROLANE_GLOBAL_PARAM_MEMORY_H2C_SHARE_SHIFT 0u
#define FERROLANE_GLOBAL_PARAM_MEMORY_C2H_SHARE_MASK 0x0000ff00u /* RO log2 of the bytes of C2H FIFO per queue. */
#define FERROLANE_GLOBAL_PARAM_MEMORY_C2H_SHARE_SHIFT 8u
#define FERROLANE_GLOBAL_PARAM_MEMORY_DESCRIPTORS_MASK 0x00ff0000u /* RO log2 of the prefetched descriptors per queue. */
#define FERROLANE_GLOBAL_PARAM_MEMORY_DESCRIPTORS_SHIFT 16u
#define FERROLANE_GLOBAL_SCRATCH 0x40u /* Free for software; nothing depends on it. */
#define FERROLANE_GLOBAL_SCRATCH_VALUE_MASK 0xffffffffu /* RW Any value. */
#define FERROLANE_GLOBAL_SCRATCH_VALUE_SHIFT 0u
#define FERROLANE_GLOBAL_STATUS 0x44u /* What the engine is doing. */
#define FERROLANE_GLOBAL_STATUS_INIT_MASK 0x00000001u /* RO 1 while queue state is being cleared. */
#define FERROLANE_GLOBAL_STATUS_INIT_SHIFT 0u
#define FERROLANE_GLOBAL_STATUS_READS_PENDING_MASK 0x00000002u /* RO 1 while a read is unanswered. */
#define FERROLANE_GLOBAL_STATUS_READS_PENDING_SHIFT 1u
#define FERROLANE_GLOBAL_STATUS_WRITES_PENDING_MASK 0x00000004u /* RO 1 while a write is not yet reported sent. */
#define FERROLANE_GLOBAL_STATUS_WRITES_PENDING_SHIFT 2u
#define FERROLANE_GLOBAL_ERROR 0x48u /* Sticky error causes. Any of them also asks for interrupt vector 0. */
#define FERROLANE_GLOBAL_ERROR_INVALID_DOORBELL_MASK 0x00000001u /* W1C A doorbell outside its ring, backwards, or of a stopped queue was ignored. */
#define FERROLANE_GLOBAL_ERROR_INVALID_DOORBELL_SHIFT 0u
#define FERROLANE_GLOBAL_ERROR_UNEXPECTED_CPL_MASK 0x00000002u /* W1C A completion matched no outstanding request and was dropped. */
#define FERROLANE_GLOBAL_ERROR_UNEXPECTED_CPL_SHIFT 1u
#define FERROLANE_GLOBAL_ERROR_UNSUPPORTED_REQUEST_MASK 0x00000004u /* W1C A request type the engine does not serve was refused. */
#define FERROLANE_GLOBAL_ERROR_UNSUPPORTED_REQUEST_SHIFT 2u
#define FERROLANE_GLOBAL_ERROR_QUEUE_ERROR_MASK 0x00000008u /* W1C A queue halted with an error; its STATUS tells which. */
#define FERROLANE_GLOBAL_ERROR_QUEUE_ERROR_SHIFT 3u
#define FERROLANE_GLOBAL_ERROR_CPL_TIMEOUT_MASK 0x00000010u /* W1C A read was given up: its completion did not come in time, or the link went down. */
#define FERROLANE_GLOBAL_ERROR_CPL_TIMEOUT_SHIFT 4u
#define FERROLANE_GLOBAL_LINK 0x4cu /* The link as the configuration space reports it. */
#define FERROLANE_GLOBAL_LINK_SPEED_MASK 0x0000000fu /* RO Generation: 1 is 2.5 GT/s, 3 is 8 GT/s. */
#define FERROLANE_GLOBAL_LINK_SPEED_SHIFT 0u
#define FERROLANE_GLOBAL_LINK_WIDTH_MASK 0x000003f0u /* RO Lanes. */
#define FERROLANE_GLOBAL_LINK_WIDTH_SHIFT 4u
#define FERROLANE_GLOBAL_LINK_UP_MASK 0x00000400u /* RO Link is up. */
#define FERROLANE_GLOBAL_LINK_UP_SHIFT 10u
#define FERROLANE_GLOBAL_LINK_BUS_MASTER_MASK 0x00000800u /* RO Bus Master Enable. */
#define FERROLANE_GLOBAL_LINK_BUS_MASTER_SHIFT 11u
#define FERROLANE_GLOBAL_LINK_MPS_MASK 0x00007000u /* RO Max_Payload_Size is 128 << MPS bytes. */
#define FERROLANE_GLOBAL_LINK_MPS_SHIFT 12u
#define FERROLANE_GLOBAL_LINK_MRRS_MASK 0x00070000u /* RO Max_Read_Request_Size is 128 << MRRS bytes. */
#define FERROLANE_GLOBAL_LINK_MRRS_SHIFT 16u
#define FERROLANE_GLOBAL_LINK_RCB_MASK 0x00100000u /* RO Read Completion Boundary: 0 is 64 bytes, 1 is 128 bytes. */
#define FERROLANE_GLOBAL_LINK_RCB_SHIFT 20u
#define FERROLANE_GLOBAL_LINK_EXT_TAG_MASK 0x00200000u /* RO Extended Tag Field Enable. */
#define FERROLANE_GLOBAL_LINK_EXT_TAG_SHIFT 21u
#define FERROLANE_GLOBAL_LINK_MSIX_ENABLE_MASK 0x00400000u /* RO MSI-X Enable. */
#define FERROLANE_GLOBAL_LINK_MSIX_ENABLE_SHIFT 22u
#define FERROLANE_GLOBAL_LINK_MSIX_MASK_MASK 0x00800000u /* RO MSI-X Function Mask. */
#define FERROLANE_GLOBAL_LINK_MSIX_MASK_SHIFT 23u
#define FERROLANE_GLOBAL_CLOCKS_LO 0x50u /* Clocks since reset, low half. Reading it latches the high half. */
#define FERROLANE_GLOBAL_CLOCKS_LO_COUNT_MASK 0xffffffffu /* RO Clocks, bits 31:0. */
#define FERROLANE_GLOBAL_CLOCKS_LO_COUNT_SHIFT 0u
#define FERROLANE_GLOBAL_CLOCKS_HI 0x54u /* Clocks since reset, high half as of the last read of the low half. */
#define FERROLANE_GLOBAL_CLOCKS_HI_COUNT_MASK 0xffffffffu /* RO Clocks, bits 63:32. */
#define FERROLANE_GLOBAL_CLOCKS_HI_COUNT_SHIFT 0u
#define FERROLANE_GLOBAL_CNT_UNMAPPED_READ 0x58u /* Host reads of BAR addresses that hold no register. */
#define FERROLANE_GLOBAL_CNT_UNMAPPED_READ_COUNT_MASK 0xffffffffu /* RO DWORDs read, wrapping. */
#define FERROLANE_GLOBAL_CNT_UNMAPPED_READ_COUNT_SHIFT 0u
#define FERROLANE_GLOBAL_CNT_UNMAPPED_WRITE 0x5cu /* Host writes to BAR addresses that hold no register. */
#define FERROLANE_GLOBAL_CNT_UNMAPPED_WRITE_COUNT_MASK 0xffffffffu /* RO DWORDs written, wrapping. */
#define FERROLANE_GLOBAL_CNT_UNMAPPED_WRITE_COUNT_SHIFT 0u
#define FERROLANE_GLOBAL_CNT_UNSUPPORTED 0x60u /* Requests refused as unsupported. */
#define FERROLANE_GLOBAL_CNT_UNSUPPORTED_COUNT_MASK 0xffffffffu /* RO TLPs, wrapping. */
#define FERROLANE_GLOBAL_CNT_UNSUPPORTED_COUNT_SHIFT 0u
#define FERROLANE_GLOBAL_CNT_UNEXPECTED_CPL 0x64u /* Completions that matched no outstanding request. */
#define FERROLANE_GLOBAL_CNT_UNEXPECTED_CPL_COUNT_MASK 0xffffffffu /* RO TLPs, wrapping. */
#define FERROLANE_GLOBAL_CNT_UNEXPECTED_CPL_COUNT_SHIFT 0u
#define FERROLANE_GLOBAL_CNT_INVALID_DOORBELL 0x68u /* Doorbells ignored. */
#define FERROLANE_GLOBAL_CNT_INVALID_DOORBELL_COUNT_MASK 0xffffffffu /* RO Writes, wrapping. */
#define FERROLANE_GLOBAL_CNT_INVALID_DOORBELL_COUNT_SHIFT 0u
#define FERROLANE_GLOBAL_CNT_TX_WRITE 0x6cu /* Memory writes sent: data, completion records, interrupts. */
#define FERROLANE_GLOBAL_CNT_TX_WRITE_COUNT_MASK 0xffffffffu /* RO TLPs, wrapping. */
#define FERROLANE_GLOBAL_CNT_TX_WRITE_COUNT_SHIFT 0u
#define FERROLANE_GLOBAL_CNT_TX_READ 0x70u /* Memory reads sent: descriptors and data. */
#define FERROLANE_GLOBAL_CNT_TX_READ_COUNT_MASK 0xffffffffu /* RO TLPs, wrapping. */
#define FERROLANE_GLOBAL_CNT_TX_READ_COUNT_SHIFT 0u
#define FERROLANE_GLOBAL_CNT_RX_CPL 0x74u /* Completions received. */
#define FERROLANE_GLOBAL_CNT_RX_CPL_COUNT_MASK 0xffffffffu /* RO TLPs, wrapping. */
#define FERROLANE_GLOBAL_CNT_RX_CPL_COUNT_SHIFT 0u
#define FERROLANE_GLOBAL_CNT_AXIL_ERROR 0x78u /* Accesses to the card's own registers (BAR2) that failed: error response, or no answer in time. */
#define FERROLANE_GLOBAL_CNT_AXIL_ERROR_COUNT_MASK 0xffffffffu /* RO DWORDs, wrapping. Such a read gives all ones. */
#define FERROLANE_GLOBAL_CNT_AXIL_ERROR_COUNT_SHIFT 0u
#define FERROLANE_GLOBAL_CNT_CPL_TIMEOUT 0x7cu /* Reads whose completion did not come in time, or while the link was down. */
#define FERROLANE_GLOBAL_CNT_CPL_TIMEOUT_COUNT_MASK 0xffffffffu /* RO Reads, wrapping. */
#define FERROLANE_GLOBAL_CNT_CPL_TIMEOUT_COUNT_SHIFT 0u
#define FERROLANE_GLOBAL_BAD_HEADER 0x80u /* The last TLP that was refused or dropped: why, and how many there were. Its header follows. */
#define FERROLANE_GLOBAL_BAD_HEADER_CAUSE_MASK 0x0000000fu /* RO 0 none yet, 1 a request of a kind not served, 2 a poisoned request, 3 a completion of a kind that answers no read, or for another requester, 4 a completion with an error status or poisoned. */
#define FERROLANE_GLOBAL_BAD_HEADER_CAUSE_SHIFT 0u
#define FERROLANE_GLOBAL_BAD_HEADER_COUNT_MASK 0xffff0000u /* RO TLPs logged, wrapping. */
#define FERROLANE_GLOBAL_BAD_HEADER_COUNT_SHIFT 16u
#define FERROLANE_GLOBAL_BAD_HEADER_0 0x84u /* Header of that TLP, first DWORD as in PCIe Base Spec 2.2.1: Fmt and Type in bits 31:24. All four keep until the next such TLP. */
#define FERROLANE_GLOBAL_BAD_HEADER_0_DW_MASK 0xffffffffu /* RO DW0. */
#define FERROLANE_GLOBAL_BAD_HEADER_0_DW_SHIFT 0u
#define FERROLANE_GLOBAL_BAD_HEADER_1 0x88u /* Second DWORD. */
#define FERROLANE_GLOBAL_BAD_HEADER_1_DW_MASK 0xffffffffu /* RO DW1. */
#define FERROLANE_GLOBAL_BAD_HEADER_1_DW_SHIFT 0u
#define FERROLANE_GLOBAL_BAD_HEADER_2 0x8cu /* Third DWORD. */
#define FERROLANE_GLOBAL_BAD_HEADER_2_DW_MASK 0xffffffffu /* RO DW2. */
#define FERROLANE_GLOBAL_BAD_HEADER_2_DW_SHIFT 0u
#define FERROLANE_GLOBAL_BAD_HEADER_3 0x90u /* Fourth DWORD, 0 for a header of three. */
#define FERROLANE_GLOBAL_BAD_HEADER_3_DW_MASK 0xffffffffu /* RO DW3. */
#define FERROLANE_GLOBAL_BAD_HEADER_3_DW_SHIFT 0u

/* QUEUE registers. Once per queue. Write everything but CTRL and FEED only while the queue is stopped and idle. */
#define FERROLANE_QUEUE_CTRL 0x00u /* Starts and stops the queue. */
#define FERROLANE_QUEUE_CTRL_RUN_MASK 0x00000001u /* RW Writing 1 clears all indices and starts the queue; 0 stops it: no new request starts, and IDLE rises once everything in flight has ended. */
#define FERROLANE_QUEUE_CTRL_RUN_SHIFT 0u
#define FERROLANE_QUEUE_CTRL_FLUSH_MASK 0x00000002u /* WO C2H: writing 1 writes out what waits in the share and closes the descriptor that has received bytes, with flag FLUSHED. Nothing happens where nothing waits. */
#define FERROLANE_QUEUE_CTRL_FLUSH_SHIFT 1u
#define FERROLANE_QUEUE_STATUS 0x04u /* What the queue is doing. */
#define FERROLANE_QUEUE_STATUS_IDLE_MASK 0x00000001u /* RO Stopped, every read answered and every write reported sent. */
#define FERROLANE_QUEUE_STATUS_IDLE_SHIFT 0u
#define FERROLANE_QUEUE_STATUS_ERROR_MASK 0x00000002u /* RO Halted by an error; a stop and a new start clear it. */
#define FERROLANE_QUEUE_STATUS_ERROR_SHIFT 1u
#define FERROLANE_QUEUE_STATUS_CODE_MASK 0x0000ff00u /* RO Status code of the error that halted the queue. */
#define FERROLANE_QUEUE_STATUS_CODE_SHIFT 8u
#define FERROLANE_QUEUE_RING_BASE_LO 0x08u /* Descriptor ring address, low half. */
#define FERROLANE_QUEUE_RING_BASE_LO_ADDR_MASK 0xfffffff0u /* RW IOVA bits 31:4; rings are aligned to 16 bytes. */
#define FERROLANE_QUEUE_RING_BASE_LO_ADDR_SHIFT 4u
#define FERROLANE_QUEUE_RING_BASE_HI 0x0cu /* Descriptor ring address, high half. */
#define FERROLANE_QUEUE_RING_BASE_HI_ADDR_MASK 0xffffffffu /* RW IOVA bits 63:32. */
#define FERROLANE_QUEUE_RING_BASE_HI_ADDR_SHIFT 0u
#define FERROLANE_QUEUE_RING_SIZE 0x10u /* Sizes of both rings. */
#define FERROLANE_QUEUE_RING_SIZE_DESCRIPTORS_MASK 0x0000001fu /* RW log2 of the descriptor ring's entries, 1 to 16. */
#define FERROLANE_QUEUE_RING_SIZE_DESCRIPTORS_SHIFT 0u
#define FERROLANE_QUEUE_RING_SIZE_COMPLETIONS_MASK 0x00001f00u /* RW log2 of the completion ring's entries, 1 to 16. */
#define FERROLANE_QUEUE_RING_SIZE_COMPLETIONS_SHIFT 8u
#define FERROLANE_QUEUE_MODE 0x14u /* How the queue is fed and served. */
#define FERROLANE_QUEUE_MODE_FEED_MASK 0x00000003u /* RW 0 ring, 1 list, 2 push, 3 direct. */
#define FERROLANE_QUEUE_MODE_FEED_SHIFT 0u
#define FERROLANE_QUEUE_MODE_RELAXED_ORDERING_MASK 0x00000010u /* RW Data TLPs carry Relaxed Ordering where the configuration space enables it. */
#define FERROLANE_QUEUE_MODE_RELAXED_ORDERING_SHIFT 4u
#define FERROLANE_QUEUE_MODE_NO_SNOOP_MASK 0x00000020u /* RW Data TLPs carry No Snoop where the configuration space enables it. */
#define FERROLANE_QUEUE_MODE_NO_SNOOP_SHIFT 5u
#define FERROLANE_QUEUE_MODE_MEMORY_MASK 0x00000040u /* RW The queue's other end is the card's memory (AXI4), not its stream: card addresses are CARD_BASE + the descriptor's card field. */
#define FERROLANE_QUEUE_MODE_MEMORY_SHIFT 6u
#define FERROLANE_QUEUE_MODE_WEIGHT_MASK 0x00003f00u /* RW Turn of the queue while others want to be served: (WEIGHT + 1) * 512 bytes. */
#define FERROLANE_QUEUE_MODE_WEIGHT_SHIFT 8u
#define FERROLANE_QUEUE_MODE_DROP_MASK 0x00030000u /* RW C2H: a packet that finds no room 0 waits (backpressure), 1 is dropped, 2 takes the room of the oldest packets. 3 counts as 1. */
#define FERROLANE_QUEUE_MODE_DROP_SHIFT 16u
#define FERROLANE_QUEUE_MODE_STORE_FORWARD_MASK 0x00040000u /* RW A packet starts to leave the share only when its end is in it; one that fills three quarters of the share starts at once. DROP other than 0 implies it. */
#define FERROLANE_QUEUE_MODE_STORE_FORWARD_SHIFT 18u
#define FERROLANE_QUEUE_CPL_BASE_LO 0x18u /* Completion ring address, low half. */
#define FERROLANE_QUEUE_CPL_BASE_LO_ADDR_MASK 0xfffffff0u /* RW IOVA bits 31:4; rings are aligned to 16 bytes. */
#define FERROLANE_QUEUE_CPL_BASE_LO_ADDR_SHIFT 4u
#define FERROLANE_QUEUE_CPL_BASE_HI 0x1cu /* Completion ring address, high half. */
#define FERROLANE_QUEUE_CPL_BASE_HI_ADDR_MASK 0xffffffffu /* RW IOVA bits 63:32. */
#define FERROLANE_QUEUE_CPL_BASE_HI_ADDR_SHIFT 0u
#define FERROLANE_QUEUE_VECTOR 0x20u /* Interrupt vector of the queue. */
#define FERROLANE_QUEUE_VECTOR_INDEX_MASK 0x000000ffu /* RW MSI-X vector, below PARAM_QUEUES.VECTORS. */
#define FERROLANE_QUEUE_VECTOR_INDEX_SHIFT 0u
#define FERROLANE_QUEUE_COALESCE 0x24u /* When records are written, and how many at once. */
#define FERROLANE_QUEUE_COALESCE_COUNT_MASK 0x0000001fu /* RW Records that are written in one TLP if that many come in time; 0 counts as 1, above 16 as 16. */
#define FERROLANE_QUEUE_COALESCE_COUNT_SHIFT 0u
#define FERROLANE_QUEUE_COALESCE_POLICY_MASK 0x00000300u /* RW Descriptors that get a record: 0 every one, 1 with EOP, IRQ or an error, 2 with IRQ or an error, 3 none. */
#define FERROLANE_QUEUE_COALESCE_POLICY_SHIFT 8u
#define FERROLANE_QUEUE_COALESCE_TIME_MASK 0xffff0000u /* RW Longest wait of a record for others, in units of 16 clocks. */
#define FERROLANE_QUEUE_COALESCE_TIME_SHIFT 16u
#define FERROLANE_QUEUE_PRODUCER 0x28u /* Producer index last accepted from the doorbell. */
#define FERROLANE_QUEUE_PRODUCER_INDEX_MASK 0xffffffffu /* RO Descriptors offered since the start. */
#define FERROLANE_QUEUE_PRODUCER_INDEX_SHIFT 0u
#define FERROLANE_QUEUE_HEAD 0x2cu /* How far descriptors have been fetched. */
#define FERROLANE_QUEUE_HEAD_INDEX_MASK 0xffffffffu /* RO Descriptors fetched since the start. */
#define FERROLANE_QUEUE_HEAD_INDEX_SHIFT 0u
#define FERROLANE_QUEUE_COMPLETED 0x30u /* How far completion records have been written. */
#define FERROLANE_QUEUE_COMPLETED_INDEX_MASK 0xffffffffu /* RO Records written since the start. */
#define FERROLANE_QUEUE_COMPLETED_INDEX_SHIFT 0u
#define FERROLANE_QUEUE_CONSUMER 0x34u /* Completion consumer index last accepted from the doorbell. */
#define FERROLANE_QUEUE_CONSUMER_INDEX_MASK 0x7fffffffu /* RO Records taken by the host since the start. */
#define FERROLANE_QUEUE_CONSUMER_INDEX_SHIFT 0u
#define FERROLANE_QUEUE_GENERATION 0x38u /* Tells this start of the queue from earlier ones. */
#define FERROLANE_QUEUE_GENERATION_COUNT_MASK 0x000000ffu /* RO Starts since reset, modulo 256; also in each record. */
#define FERROLANE_QUEUE_GENERATION_COUNT_SHIFT 0u
#define FERROLANE_QUEUE_MODERATE 0x3cu /* Interrupt moderation of an ARM. */
#define FERROLANE_QUEUE_MODERATE_COUNT_MASK 0x0000ffffu /* RW The interrupt waits for that many records beyond the consumer index; 0 counts as 1. */
#define FERROLANE_QUEUE_MODERATE_COUNT_SHIFT 0u
#define FERROLANE_QUEUE_MODERATE_TIME_MASK 0xffff0000u /* RW Longest wait of an armed queue with such records, in units of 16 clocks; 0 waits for COUNT alone. */
#define FERROLANE_QUEUE_MODERATE_TIME_SHIFT 16u
#define FERROLANE_QUEUE_FEED_ADDR_LO 0x40u /* Direct and list mode: address, low half. The FEED registers may be written at any time. */
#define FERROLANE_QUEUE_FEED_ADDR_LO_ADDR_MASK 0xffffffffu /* RW IOVA bits 31:0 of the data (direct), or of the first segment (list, 16-byte aligned). */
#define FERROLANE_QUEUE_FEED_ADDR_LO_ADDR_SHIFT 0u
#define FERROLANE_QUEUE_FEED_ADDR_HI 0x44u /* Direct and list mode: address, high half. */
#define FERROLANE_QUEUE_FEED_ADDR_HI_ADDR_MASK 0xffffffffu /* RW IOVA bits 63:32. */
#define FERROLANE_QUEUE_FEED_ADDR_HI_ADDR_SHIFT 0u
#define FERROLANE_QUEUE_FEED_LEN 0x48u /* Direct and list mode: length. */
#define FERROLANE_QUEUE_FEED_LEN_LENGTH_MASK 0x00ffffffu /* RW Bytes of the data (direct), or descriptors of the first segment, its LINK included (list). */
#define FERROLANE_QUEUE_FEED_LEN_LENGTH_SHIFT 0u
#define FERROLANE_QUEUE_FEED_CARD 0x4cu /* Direct mode: card field of the descriptor. */
#define FERROLANE_QUEUE_FEED_CARD_VALUE_MASK 0xffffffffu /* RW Metadata or card address. */
#define FERROLANE_QUEUE_FEED_CARD_VALUE_SHIFT 0u
#define FERROLANE_QUEUE_FEED_GO 0x50u /* Direct and list mode: a write hands over the FEED registers as one descriptor, or as one list. */
#define FERROLANE_QUEUE_FEED_GO_FLAGS_MASK 0x000000ffu /* RW Direct: flags of the descriptor. A write that finds no room, or a list not yet fetched, is an invalid doorbell. */
#define FERROLANE_QUEUE_FEED_GO_FLAGS_SHIFT 0u
#define FERROLANE_QUEUE_RESULT_BYTES 0x54u /* Bytes moved by the descriptor that ended last. */
#define FERROLANE_QUEUE_RESULT_BYTES_BYTES_MASK 0x00ffffffu /* RO Bytes. */
#define FERROLANE_QUEUE_RESULT_BYTES_BYTES_SHIFT 0u
#define FERROLANE_QUEUE_RESULT_META 0x58u /* Metadata of the descriptor that ended last. */
#define FERROLANE_QUEUE_RESULT_META_META_MASK 0xffffffffu /* RO As in its record, whether one was written or not. */
#define FERROLANE_QUEUE_RESULT_META_META_SHIFT 0u
#define FERROLANE_QUEUE_FINISHED 0x5cu /* How many descriptors have ended, with a record or without. */
#define FERROLANE_QUEUE_FINISHED_INDEX_MASK 0xffffffffu /* RO Descriptors ended since the start. */
#define FERROLANE_QUEUE_FINISHED_INDEX_SHIFT 0u
#define FERROLANE_QUEUE_FLUSH_TIME 0x60u /* C2H: when bytes are written out though more may come. */
#define FERROLANE_QUEUE_FLUSH_TIME_TIME_MASK 0x0000ffffu /* RW Flushes the queue if nothing has come from the card for so long, in units of 16 clocks; 0 never. */
#define FERROLANE_QUEUE_FLUSH_TIME_TIME_SHIFT 0u
#define FERROLANE_QUEUE_FIFO_LEVEL 0x64u /* How much of the queue's share of the FIFO is in use. */
#define FERROLANE_QUEUE_FIFO_LEVEL_BYTES_MASK 0x00ffffffu /* RO Whole rows, in bytes. C2H: taken from the card and not yet read; H2C: complete and not yet given to the card. */
#define FERROLANE_QUEUE_FIFO_LEVEL_BYTES_SHIFT 0u
#define FERROLANE_QUEUE_FIFO_PEAK 0x68u /* The most that FIFO_LEVEL has been since the start. */
#define FERROLANE_QUEUE_FIFO_PEAK_BYTES_MASK 0x00ffffffu /* RO Whole rows, in bytes. */
#define FERROLANE_QUEUE_FIFO_PEAK_BYTES_SHIFT 0u
#define FERROLANE_QUEUE_CARD_BASE_LO 0x6cu /* Memory queues: what is added to each descriptor's card field, low half. */
#define FERROLANE_QUEUE_CARD_BASE_LO_ADDR_MASK 0xffffffffu /* RW Bits 31:0 of an AXI4 address, any alignment. */
#define FERROLANE_QUEUE_CARD_BASE_LO_ADDR_SHIFT 0u
#define FERROLANE_QUEUE_CARD_BASE_HI 0x70u /* Memory queues: what is added to each descriptor's card field, high half. */
#define FERROLANE_QUEUE_CARD_BASE_HI_ADDR_MASK 0xffffffffu /* RW Bits 63:32. */
#define FERROLANE_QUEUE_CARD_BASE_HI_ADDR_SHIFT 0u

/* QUEUE_COUNTER registers. Once per queue, on the counter page. They count from reset on, over stops and starts. */
#define FERROLANE_QUEUE_COUNTER_BYTES_LO 0x00u /* Bytes of ended descriptors, low half. Reading it latches the high half. */
#define FERROLANE_QUEUE_COUNTER_BYTES_LO_COUNT_MASK 0xffffffffu /* RO Bytes, bits 31:0. */
#define FERROLANE_QUEUE_COUNTER_BYTES_LO_COUNT_SHIFT 0u
#define FERROLANE_QUEUE_COUNTER_BYTES_HI 0x04u /* Bytes of ended descriptors, high half as of the last read of a low half. */
#define FERROLANE_QUEUE_COUNTER_BYTES_HI_COUNT_MASK 0xffffffffu /* RO Bytes, bits 63:32. */
#define FERROLANE_QUEUE_COUNTER_BYTES_HI_COUNT_SHIFT 0u
#define FERROLANE_QUEUE_COUNTER_DESCRIPTORS 0x08u /* Descriptors ended. */
#define FERROLANE_QUEUE_COUNTER_DESCRIPTORS_COUNT_MASK 0xffffffffu /* RO Descriptors, wrapping. */
#define FERROLANE_QUEUE_COUNTER_DESCRIPTORS_COUNT_SHIFT 0u
#define FERROLANE_QUEUE_COUNTER_TLPS 0x0cu /* Data TLPs: reads of an H2C queue, writes of a C2H queue. */
#define FERROLANE_QUEUE_COUNTER_TLPS_COUNT_MASK 0xffffffffu /* RO TLPs, wrapping. */
#define FERROLANE_QUEUE_COUNTER_TLPS_COUNT_SHIFT 0u
#define FERROLANE_QUEUE_COUNTER_ERRORS 0x10u /* Errors that halted the queue. */
#define FERROLANE_QUEUE_COUNTER_ERRORS_COUNT_MASK 0xffffffffu /* RO Halts, wrapping. */
#define FERROLANE_QUEUE_COUNTER_ERRORS_COUNT_SHIFT 0u
#define FERROLANE_QUEUE_COUNTER_DROPPED_PACKETS 0x14u /* Packets of a C2H queue that were dropped for want of room; 0 for an H2C queue. */
#define FERROLANE_QUEUE_COUNTER_DROPPED_PACKETS_COUNT_MASK 0xffffffffu /* RO Packets, wrapping. */
#define FERROLANE_QUEUE_COUNTER_DROPPED_PACKETS_COUNT_SHIFT 0u
#define FERROLANE_QUEUE_COUNTER_DROPPED_BYTES 0x18u /* Their bytes. */
#define FERROLANE_QUEUE_COUNTER_DROPPED_BYTES_COUNT_MASK 0xffffffffu /* RO Bytes, wrapping. */
#define FERROLANE_QUEUE_COUNTER_DROPPED_BYTES_COUNT_SHIFT 0u

/* COUNTER registers. Once, on the counter page, GLOBAL_COUNTERS bytes into it. */
#define FERROLANE_COUNTER_WRITE_BEATS 0x00u /* Beats of memory writes taken by the port. */
#define FERROLANE_COUNTER_WRITE_BEATS_COUNT_MASK 0xffffffffu /* RO Beats, wrapping. */
#define FERROLANE_COUNTER_WRITE_BEATS_COUNT_SHIFT 0u
#define FERROLANE_COUNTER_WRITE_STALLS 0x04u /* Clocks in which a memory write waited for the port. */
#define FERROLANE_COUNTER_WRITE_STALLS_COUNT_MASK 0xffffffffu /* RO Clocks, wrapping. */
#define FERROLANE_COUNTER_WRITE_STALLS_COUNT_SHIFT 0u
#define FERROLANE_COUNTER_READ_STALLS 0x08u /* Clocks in which a memory read waited for the port. */
#define FERROLANE_COUNTER_READ_STALLS_COUNT_MASK 0xffffffffu /* RO Clocks, wrapping. */
#define FERROLANE_COUNTER_READ_STALLS_COUNT_SHIFT 0u
#define FERROLANE_COUNTER_COMPLETION_STALLS 0x0cu /* Clocks in which a completion waited for the port. */
#define FERROLANE_COUNTER_COMPLETION_STALLS_COUNT_MASK 0xffffffffu /* RO Clocks, wrapping. */
#define FERROLANE_COUNTER_COMPLETION_STALLS_COUNT_SHIFT 0u
#define FERROLANE_COUNTER_COMPLETION_BEATS 0x10u /* Beats of completions received. */
#define FERROLANE_COUNTER_COMPLETION_BEATS_COUNT_MASK 0xffffffffu /* RO Beats, wrapping. */
#define FERROLANE_COUNTER_COMPLETION_BEATS_COUNT_SHIFT 0u
#define FERROLANE_COUNTER_H2C_BEATS 0x14u /* Beats that the card took. */
#define FERROLANE_COUNTER_H2C_BEATS_COUNT_MASK 0xffffffffu /* RO Beats, wrapping. */
#define FERROLANE_COUNTER_H2C_BEATS_COUNT_SHIFT 0u
#define FERROLANE_COUNTER_H2C_STALLS 0x18u /* Clocks in which a beat waited for the card. */
#define FERROLANE_COUNTER_H2C_STALLS_COUNT_MASK 0xffffffffu /* RO Clocks, wrapping. */
#define FERROLANE_COUNTER_H2C_STALLS_COUNT_SHIFT 0u
#define FERROLANE_COUNTER_C2H_BEATS 0x1cu /* Beats taken from the card. */
#define FERROLANE_COUNTER_C2H_BEATS_COUNT_MASK 0xffffffffu /* RO Beats, wrapping. */
#define FERROLANE_COUNTER_C2H_BEATS_COUNT_SHIFT 0u
#define FERROLANE_COUNTER_C2H_STALLS 0x20u /* Clocks in which the card waited to hand over a beat. */
#define FERROLANE_COUNTER_C2H_STALLS_COUNT_MASK 0xffffffffu /* RO Clocks, wrapping. */
#define FERROLANE_COUNTER_C2H_STALLS_COUNT_SHIFT 0u
#define FERROLANE_COUNTER_H2C_NO_TAG 0x24u /* Clocks in which a read was held up because all tags were in use. */
#define FERROLANE_COUNTER_H2C_NO_TAG_COUNT_MASK 0xffffffffu /* RO Clocks, wrapping. */
#define FERROLANE_COUNTER_H2C_NO_TAG_COUNT_SHIFT 0u
#define FERROLANE_COUNTER_H2C_NO_ROOM 0x28u /* Clocks in which a read was held up for want of room in its queue's share of the FIFO. */
#define FERROLANE_COUNTER_H2C_NO_ROOM_COUNT_MASK 0xffffffffu /* RO Clocks, wrapping. */
#define FERROLANE_COUNTER_H2C_NO_ROOM_COUNT_SHIFT 0u
#define FERROLANE_COUNTER_H2C_NO_PLACE 0x2cu /* Clocks in which an H2C descriptor was held up because its completion ring had no place. */
#define FERROLANE_COUNTER_H2C_NO_PLACE_COUNT_MASK 0xffffffffu /* RO Clocks, wrapping. */
#define FERROLANE_COUNTER_H2C_NO_PLACE_COUNT_SHIFT 0u
#define FERROLANE_COUNTER_H2C_FENCE 0x30u /* Clocks in which an H2C descriptor was held up by FENCE. */
#define FERROLANE_COUNTER_H2C_FENCE_COUNT_MASK 0xffffffffu /* RO Clocks, wrapping. */
#define FERROLANE_COUNTER_H2C_FENCE_COUNT_SHIFT 0u
#define FERROLANE_COUNTER_C2H_NO_DESCRIPTOR 0x34u /* Clocks in which the queue being served had data from the card, but no descriptor. */
#define FERROLANE_COUNTER_C2H_NO_DESCRIPTOR_COUNT_MASK 0xffffffffu /* RO Clocks, wrapping. */
#define FERROLANE_COUNTER_C2H_NO_DESCRIPTOR_COUNT_SHIFT 0u
#define FERROLANE_COUNTER_C2H_NO_PLACE 0x38u /* Clocks in which a C2H descriptor was held up because its completion ring had no place. */
#define FERROLANE_COUNTER_C2H_NO_PLACE_COUNT_MASK 0xffffffffu /* RO Clocks, wrapping. */
#define FERROLANE_COUNTER_C2H_NO_PLACE_COUNT_SHIFT 0u
#define FERROLANE_COUNTER_C2H_FENCE 0x3cu /* Clocks in which a C2H descriptor was held up by FENCE. */
#define FERROLANE_COUNTER_C2H_FENCE_COUNT_MASK 0xffffffffu /* RO Clocks, wrapping. */
#define FERROLANE_COUNTER_C2H_FENCE_COUNT_SHIFT 0u
#define FERROLANE_COUNTER_C2H_SEND_FULL 0x40u /* Clocks in which a write that was decided on waited for those before it. */
#define FERROLANE_COUNTER_C2H_SEND_FULL_COUNT_MASK 0xffffffffu /* RO Clocks, wrapping. */
#define FERROLANE_COUNTER_C2H_SEND_FULL_COUNT_SHIFT 0u
#define FERROLANE_COUNTER_READ_COUNT 0x80u /* Latency of reads: from the port taking the request to its last completion. */
#define FERROLANE_COUNTER_READ_COUNT_COUNT_MASK 0xffffffffu /* RO Reads measured, wrapping. */
#define FERROLANE_COUNTER_READ_COUNT_COUNT_SHIFT 0u
#define FERROLANE_COUNTER_READ_SUM_LO 0x84u /* Their latencies' sum, low half. Reading it latches the high half. */
#define FERROLANE_COUNTER_READ_SUM_LO_CLOCKS_MASK 0xffffffffu /* RO Clocks, bits 31:0. */
#define FERROLANE_COUNTER_READ_SUM_LO_CLOCKS_SHIFT 0u
#define FERROLANE_COUNTER_READ_SUM_HI 0x88u /* High half as of the last read of a low half. */
#define FERROLANE_COUNTER_READ_SUM_HI_CLOCKS_MASK 0xffffffffu /* RO Clocks, bits 63:32. */
#define FERROLANE_COUNTER_READ_SUM_HI_CLOCKS_SHIFT 0u
#define FERROLANE_COUNTER_READ_MIN 0x8cu /* The least. */
#define FERROLANE_COUNTER_READ_MIN_CLOCKS_MASK 0x000fffffu /* RO Clocks; all ones before the first. */
#define FERROLANE_COUNTER_READ_MIN_CLOCKS_SHIFT 0u
#define FERROLANE_COUNTER_READ_MAX 0x90u /* The most. */
#define FERROLANE_COUNTER_READ_MAX_CLOCKS_MASK 0x000fffffu /* RO Clocks. */
#define FERROLANE_COUNTER_READ_MAX_CLOCKS_SHIFT 0u
#define FERROLANE_COUNTER_H2C_COUNT 0xa0u /* Latency of H2C doorbells: from the doorbell that gives an empty queue work to its first data read. */
#define FERROLANE_COUNTER_H2C_COUNT_COUNT_MASK 0xffffffffu /* RO Doorbells measured, wrapping. */
#define FERROLANE_COUNTER_H2C_COUNT_COUNT_SHIFT 0u
#define FERROLANE_COUNTER_H2C_SUM_LO 0xa4u /* Their latencies' sum, low half. Reading it latches the high half. */
#define FERROLANE_COUNTER_H2C_SUM_LO_CLOCKS_MASK 0xffffffffu /* RO Clocks, bits 31:0. */
#define FERROLANE_COUNTER_H2C_SUM_LO_CLOCKS_SHIFT 0u
#define FERROLANE_COUNTER_H2C_SUM_HI 0xa8u /* High half as of the last read of a low half. */
#define FERROLANE_COUNTER_H2C_SUM_HI_CLOCKS_MASK 0xffffffffu /* RO Clocks, bits 63:32. */
#define FERROLANE_COUNTER_H2C_SUM_HI_CLOCKS_SHIFT 0u
#define FERROLANE_COUNTER_H2C_MIN 0xacu /* The least. */
#define FERROLANE_COUNTER_H2C_MIN_CLOCKS_MASK 0x000fffffu /* RO Clocks; all ones before the first. */
#define FERROLANE_COUNTER_H2C_MIN_CLOCKS_SHIFT 0u
#define FERROLANE_COUNTER_H2C_MAX 0xb0u /* The most. */
#define FERROLANE_COUNTER_H2C_MAX_CLOCKS_MASK 0x000fffffu /* RO Clocks. */
#define FERROLANE_COUNTER_H2C_MAX_CLOCKS_SHIFT 0u
#define FERROLANE_COUNTER_C2H_COUNT 0xc0u /* Latency of C2H doorbells: from the doorbell that gives an empty queue work to its first data write. */
#define FERROLANE_COUNTER_C2H_COUNT_COUNT_MASK 0xffffffffu /* RO Doorbells measured, wrapping. */
#define FERROLANE_COUNTER_C2H_COUNT_COUNT_SHIFT 0u
#define FERROLANE_COUNTER_C2H_SUM_LO 0xc4u /* Their latencies' sum, low half. Reading it latches the high half. */
#define FERROLANE_COUNTER_C2H_SUM_LO_CLOCKS_MASK 0xffffffffu /* RO Clocks, bits 31:0. */
#define FERROLANE_COUNTER_C2H_SUM_LO_CLOCKS_SHIFT 0u
#define FERROLANE_COUNTER_C2H_SUM_HI 0xc8u /* High half as of the last read of a low half. */
#define FERROLANE_COUNTER_C2H_SUM_HI_CLOCKS_MASK 0xffffffffu /* RO Clocks, bits 63:32. */
#define FERROLANE_COUNTER_C2H_SUM_HI_CLOCKS_SHIFT 0u
#define FERROLANE_COUNTER_C2H_MIN 0xccu /* The least. */
#define FERROLANE_COUNTER_C2H_MIN_CLOCKS_MASK 0x000fffffu /* RO Clocks; all ones before the first. */
#define FERROLANE_COUNTER_C2H_MIN_CLOCKS_SHIFT 0u
#define FERROLANE_COUNTER_C2H_MAX 0xd0u /* The most. */
#define FERROLANE_COUNTER_C2H_MAX_CLOCKS_MASK 0x000fffffu /* RO Clocks. */
#define FERROLANE_COUNTER_C2H_MAX_CLOCKS_SHIFT 0u

/* CARD registers. The demo card's own, in BAR2, once. A card with other logic has others there, or none. */
#define FERROLANE_CARD_MAGIC 0x00u /* Tells that the demo card is what stands behind the engine. */
#define FERROLANE_CARD_MAGIC_MAGIC_MASK 0xffffffffu /* RO The bytes `FRDC`. */
#define FERROLANE_CARD_MAGIC_MAGIC_SHIFT 0u
#define FERROLANE_CARD_VERSION 0x04u /* Version of the card's registers. */
#define FERROLANE_CARD_VERSION_MINOR_MASK 0x0000ffffu /* RO Minor version: additions only. */
#define FERROLANE_CARD_VERSION_MINOR_SHIFT 0u
#define FERROLANE_CARD_VERSION_MAJOR_MASK 0xffff0000u /* RO Major version. */
#define FERROLANE_CARD_VERSION_MAJOR_SHIFT 16u
#define FERROLANE_CARD_PARAM_CARD 0x08u /* What was built. */
#define FERROLANE_CARD_PARAM_CARD_QUEUES_MASK 0x000000ffu /* RO Queues per direction, each with a checker and a generator. */
#define FERROLANE_CARD_PARAM_CARD_QUEUES_SHIFT 0u
#define FERROLANE_CARD_PARAM_CARD_IRQS_MASK 0x0000ff00u /* RO User interrupts. */
#define FERROLANE_CARD_PARAM_CARD_IRQS_SHIFT 8u
#define FERROLANE_CARD_PARAM_CARD_WIDTH_MASK 0xffff0000u /* RO Data width in bits. */
#define FERROLANE_CARD_PARAM_CARD_WIDTH_SHIFT 16u
#define FERROLANE_CARD_PARAM_SIZES 0x0cu /* Memory and time. */
#define FERROLANE_CARD_PARAM_SIZES_SRAM_MASK 0x000000ffu /* RO log2 of the bytes of SRAM. */
#define FERROLANE_CARD_PARAM_SIZES_SRAM_SHIFT 0u
#define FERROLANE_CARD_PARAM_SIZES_VISIT_MASK 0x0000ff00u /* RO log2 of the clocks between two looks at a queue's rate. */
#define FERROLANE_CARD_PARAM_SIZES_VISIT_SHIFT 8u
#define FERROLANE_CARD_PARAM_SIZES_DRAM_MASK 0x00ff0000u /* RO log2 of the bytes of DRAM. */
#define FERROLANE_CARD_PARAM_SIZES_DRAM_SHIFT 16u
#define FERROLANE_CARD_SCRATCH 0x10u /* Free for software; nothing depends on it. */
#define FERROLANE_CARD_SCRATCH_VALUE_MASK 0xffffffffu /* RW Any value. */
#define FERROLANE_CARD_SCRATCH_VALUE_SHIFT 0u
#define FERROLANE_CARD_PATTERN_LO 0x14u /* What queues 31:0 do. Change a bit only while nothing moves on its queue pair. */
#define FERROLANE_CARD_PATTERN_LO_QUEUES_MASK 0xffffffffu /* RW Per queue: 0 loopback, 1 checker on the H2C queue and generator on the C2H queue. */
#define FERROLANE_CARD_PATTERN_LO_QUEUES_SHIFT 0u
#define FERROLANE_CARD_PATTERN_HI 0x18u /* What queues 63:32 do. */
#define FERROLANE_CARD_PATTERN_HI_QUEUES_MASK 0xffffffffu /* RW As PATTERN_LO. */
#define FERROLANE_CARD_PATTERN_HI_QUEUES_SHIFT 0u
#define FERROLANE_CARD_GATE 0x1cu /* Common gate of all generators and checkers. */
#define FERROLANE_CARD_GATE_OPEN_MASK 0x00000001u /* RW 0 holds every generator and lets checkers count nothing; all of them start or stop in the clock in which it changes. */
#define FERROLANE_CARD_GATE_OPEN_SHIFT 0u
#define FERROLANE_CARD_USER_IRQ 0x20u /* User interrupts by hand. */
#define FERROLANE_CARD_USER_IRQ_RAISE_MASK 0xffffffffu /* RW A write raises the user interrupts whose bits are 1. Reads give what was written last. */
#define FERROLANE_CARD_USER_IRQ_RAISE_SHIFT 0u
#define FERROLANE_CARD_DRAM_TIMING 0x24u /* Times of the DRAM. May be written at any time; what is under way may keep the old ones. */
#define FERROLANE_CARD_DRAM_TIMING_LATENCY_MASK 0x000000ffu /* RW Clocks from a read's address to its first beat, and from a write's last beat to its response; less than 7 and 5 count as that. */
#define FERROLANE_CARD_DRAM_TIMING_LATENCY_SHIFT 0u
#define FERROLANE_CARD_DRAM_TIMING_PERIOD_MASK 0x000fff00u /* RW A refresh begins every that many clocks; 0: none. The reset value is 7.8 us at 250 MHz. */
#define FERROLANE_CARD_DRAM_TIMING_PERIOD_SHIFT 8u
#define FERROLANE_CARD_DRAM_TIMING_REFRESH_MASK 0x0ff00000u /* RW Clocks in which no beat moves at each; 0: none. The reset value is 350 ns at 250 MHz. */
#define FERROLANE_CARD_DRAM_TIMING_REFRESH_SHIFT 20u

/* CARD_CHECKER registers. The demo card's own, in BAR2: CARD_STRIDE bytes per H2C queue from CARD_CHECKER_PAGE on. */
#define FERROLANE_CARD_CHECKER_CTRL 0x00u /* Starts and stops. While RUN is 0 the queue is drained at full rate and nothing is counted. */
#define FERROLANE_CARD_CHECKER_CTRL_RUN_MASK 0x00000001u /* RW Writing 1 to a stopped checker clears its counters and starts it. */
#define FERROLANE_CARD_CHECKER_CTRL_RUN_SHIFT 0u
#define FERROLANE_CARD_CHECKER_CTRL_CHECK_LENGTH_MASK 0x00000004u /* RW Packets must have the lengths of LENGTH and SPREAD. */
#define FERROLANE_CARD_CHECKER_CTRL_CHECK_LENGTH_SHIFT 2u
#define FERROLANE_CARD_CHECKER_CTRL_IRQ_END_MASK 0x00000010u /* RW Raise a user interrupt when COUNT packets have come. */
#define FERROLANE_CARD_CHECKER_CTRL_IRQ_END_SHIFT 4u
#define FERROLANE_CARD_CHECKER_CTRL_IRQ_ERROR_MASK 0x00000020u /* RW Raise a user interrupt at the first error. */
#define FERROLANE_CARD_CHECKER_CTRL_IRQ_ERROR_SHIFT 5u
#define FERROLANE_CARD_CHECKER_CTRL_IRQ_MASK 0x00001f00u /* RW Which user interrupt. */
#define FERROLANE_CARD_CHECKER_CTRL_IRQ_SHIFT 8u
#define FERROLANE_CARD_CHECKER_STATUS 0x04u /* What it found. */
#define FERROLANE_CARD_CHECKER_STATUS_RUNNING_MASK 0x00000001u /* RO Started, and COUNT not reached. */
#define FERROLANE_CARD_CHECKER_STATUS_RUNNING_SHIFT 0u
#define FERROLANE_CARD_CHECKER_STATUS_DONE_MASK 0x00000002u /* RO COUNT packets have come. */
#define FERROLANE_CARD_CHECKER_STATUS_DONE_SHIFT 1u
#define FERROLANE_CARD_CHECKER_STATUS_ERROR_MASK 0x00000004u /* RO Something below was seen. */
#define FERROLANE_CARD_CHECKER_STATUS_ERROR_SHIFT 2u
#define FERROLANE_CARD_CHECKER_STATUS_DATA_MASK 0x00000100u /* RO Bytes other than the pattern's. */
#define FERROLANE_CARD_CHECKER_STATUS_DATA_SHIFT 8u
#define FERROLANE_CARD_CHECKER_STATUS_KEEP_MASK 0x00000200u /* RO TKEEP with a gap, empty, or not full before TLAST. */
#define FERROLANE_CARD_CHECKER_STATUS_KEEP_SHIFT 9u
#define FERROLANE_CARD_CHECKER_STATUS_LENGTH_MASK 0x00000400u /* RO A packet of another length, with CHECK_LENGTH. */
#define FERROLANE_CARD_CHECKER_STATUS_LENGTH_SHIFT 10u
#define FERROLANE_CARD_CHECKER_STATUS_CUT_MASK 0x00000800u /* RO A packet closed by the engine's error mark. */
#define FERROLANE_CARD_CHECKER_STATUS_CUT_SHIFT 11u
#define FERROLANE_CARD_CHECKER_LENGTH 0x08u /* Length of a packet. */
#define FERROLANE_CARD_CHECKER_LENGTH_BYTES_MASK 0x00ffffffu /* RW Shortest packet in bytes, 1 or more. */
#define FERROLANE_CARD_CHECKER_LENGTH_BYTES_SHIFT 0u
#define FERROLANE_CARD_CHECKER_SPREAD 0x0cu /* Random part of the length. */
#define FERROLANE_CARD_CHECKER_SPREAD_MASK_MASK 0x00ffffffu /* RW Packet n has LENGTH + (r(n) AND MASK) bytes; 0 for packets of one length. */
#define FERROLANE_CARD_CHECKER_SPREAD_MASK_SHIFT 0u
#define FERROLANE_CARD_CHECKER_COUNT 0x10u /* End of the run. */
#define FERROLANE_CARD_CHECKER_COUNT_PACKETS_MASK 0xffffffffu /* RW Packets; 0 for no end. */
#define FERROLANE_CARD_CHECKER_COUNT_PACKETS_SHIFT 0u
#define FERROLANE_CARD_CHECKER_SEED 0x14u /* Tells patterns of different runs apart. */
#define FERROLANE_CARD_CHECKER_SEED_VALUE_MASK 0x0000001fu /* RW Part of the pattern. */
#define FERROLANE_CARD_CHECKER_SEED_VALUE_SHIFT 0u
#define FERROLANE_CARD_CHECKER_RATE 0x18u /* Consumption in bytes per clock. */
#define FERROLANE_CARD_CHECKER_RATE_VALUE_MASK 0x0fffffffu /* RW In units of 2^-20 bytes per clock. The reset value is beyond what the port moves: no limit. */
#define FERROLANE_CARD_CHECKER_RATE_VALUE_SHIFT 0u
#define FERROLANE_CARD_CHECKER_BURST 0x1cu /* Bytes between two pauses. */
#define FERROLANE_CARD_CHECKER_BURST_BYTES_MASK 0x7fffffffu /* RW 0: no pauses. */
#define FERROLANE_CARD_CHECKER_BURST_BYTES_SHIFT 0u
#define FERROLANE_CARD_CHECKER_PAUSE 0x20u /* Length of a pause. */
#define FERROLANE_CARD_CHECKER_PAUSE_CLOCKS_MASK 0x7fffffffu /* RW 0: no pauses; less than a visit counts as one visit. */
#define FERROLANE_CARD_CHECKER_PAUSE_CLOCKS_SHIFT 0u
#define FERROLANE_CARD_CHECKER_BUFFER 0x24u /* Credit for what did not come. */
#define FERROLANE_CARD_CHECKER_BUFFER_BYTES_MASK 0x00ffffffu /* RW Bytes that the consumer takes at once after it had nothing to take. */
#define FERROLANE_CARD_CHECKER_BUFFER_BYTES_SHIFT 0u
#define FERROLANE_CARD_CHECKER_BYTES_LO 0x40u /* Bytes received, low half. Reading it latches the high half. */
#define FERROLANE_CARD_CHECKER_BYTES_LO_COUNT_MASK 0xffffffffu /* RO Bytes, bits 31:0. */
#define FERROLANE_CARD_CHECKER_BYTES_LO_COUNT_SHIFT 0u
#define FERROLANE_CARD_CHECKER_BYTES_HI 0x44u /* Bytes received, high half as of the last read of the low half. */
#define FERROLANE_CARD_CHECKER_BYTES_HI_COUNT_MASK 0x0000ffffu /* RO Bytes, bits 47:32. */
#define FERROLANE_CARD_CHECKER_BYTES_HI_COUNT_SHIFT 0u
#define FERROLANE_CARD_CHECKER_PACKETS 0x48u /* Packets received. */
#define FERROLANE_CARD_CHECKER_PACKETS_COUNT_MASK 0xffffffffu /* RO Beats with TLAST. */
#define FERROLANE_CARD_CHECKER_PACKETS_COUNT_SHIFT 0u
#define FERROLANE_CARD_CHECKER_ERRORS 0x4cu /* Beats with anything wrong. */
#define FERROLANE_CARD_CHECKER_ERRORS_COUNT_MASK 0xffffffffu /* RO Beats, wrapping. */
#define FERROLANE_CARD_CHECKER_ERRORS_COUNT_SHIFT 0u
#define FERROLANE_CARD_CHECKER_FIRST_PACKET 0x50u /* Packet of the first error. */
#define FERROLANE_CARD_CHECKER_FIRST_PACKET_NUMBER_MASK 0xffffffffu /* RO Valid with STATUS.ERROR. */
#define FERROLANE_CARD_CHECKER_FIRST_PACKET_NUMBER_SHIFT 0u
#define FERROLANE_CARD_CHECKER_FIRST_OFFSET 0x54u /* Place of the first error in its packet. */
#define FERROLANE_CARD_CHECKER_FIRST_OFFSET_BYTES_MASK 0x00ffffffu /* RO Byte offset of the beat; valid with STATUS.ERROR. */
#define FERROLANE_CARD_CHECKER_FIRST_OFFSET_BYTES_SHIFT 0u

/* CARD_GENERATOR registers. The demo card's own, in BAR2: CARD_STRIDE bytes per C2H queue from CARD_GENERATOR_PAGE on. */
#define FERROLANE_CARD_GENERATOR_CTRL 0x00u /* Starts and stops. A packet that has begun is ended when RUN or the gate falls. */
#define FERROLANE_CARD_GENERATOR_CTRL_RUN_MASK 0x00000001u /* RW Writing 1 to a stopped generator clears its counters and starts it with packet 0. */
#define FERROLANE_CARD_GENERATOR_CTRL_RUN_SHIFT 0u
#define FERROLANE_CARD_GENERATOR_CTRL_LOSS_MASK 0x00000002u /* RW What happens while the engine takes less than RATE: 0 time waits, 1 time goes on, and packets beyond BUFFER are lost and counted. */
#define FERROLANE_CARD_GENERATOR_CTRL_LOSS_SHIFT 1u
#define FERROLANE_CARD_GENERATOR_CTRL_IRQ_END_MASK 0x00000010u /* RW Raise a user interrupt when COUNT packets have gone or were lost. */
#define FERROLANE_CARD_GENERATOR_CTRL_IRQ_END_SHIFT 4u
#define FERROLANE_CARD_GENERATOR_CTRL_IRQ_MASK 0x00001f00u /* RW Which user interrupt. */
#define FERROLANE_CARD_GENERATOR_CTRL_IRQ_SHIFT 8u
#define FERROLANE_CARD_GENERATOR_STATUS 0x04u /* What it does. */
#define FERROLANE_CARD_GENERATOR_STATUS_RUNNING_MASK 0x00000001u /* RO Started, and COUNT not reached. */
#define FERROLANE_CARD_GENERATOR_STATUS_RUNNING_SHIFT 0u
#define FERROLANE_CARD_GENERATOR_STATUS_DONE_MASK 0x00000002u /* RO COUNT packets have gone or were lost. */
#define FERROLANE_CARD_GENERATOR_STATUS_DONE_SHIFT 1u
#define FERROLANE_CARD_GENERATOR_LENGTH 0x08u /* Length of a packet. */
#define FERROLANE_CARD_GENERATOR_LENGTH_BYTES_MASK 0x00ffffffu /* RW Shortest packet in bytes, 1 or more. */
#define FERROLANE_CARD_GENERATOR_LENGTH_BYTES_SHIFT 0u
#define FERROLANE_CARD_GENERATOR_SPREAD 0x0cu /* Random part of the length. */
#define FERROLANE_CARD_GENERATOR_SPREAD_MASK_MASK 0x00ffffffu /* RW Packet n has LENGTH + (r(n) AND MASK) bytes; 0 for packets of one length. */
#define FERROLANE_CARD_GENERATOR_SPREAD_MASK_SHIFT 0u
#define FERROLANE_CARD_GENERATOR_COUNT 0x10u /* End of the run. */
#define FERROLANE_CARD_GENERATOR_COUNT_PACKETS_MASK 0xffffffffu /* RW Packets; 0 for no end. */
#define FERROLANE_CARD_GENERATOR_COUNT_PACKETS_SHIFT 0u
#define FERROLANE_CARD_GENERATOR_SEED 0x14u /* Tells patterns of different runs apart. */
#define FERROLANE_CARD_GENERATOR_SEED_VALUE_MASK 0x0000001fu /* RW Part of the pattern. */
#define FERROLANE_CARD_GENERATOR_SEED_VALUE_SHIFT 0u
#define FERROLANE_CARD_GENERATOR_RATE 0x18u /* Production in bytes per clock. */
#define FERROLANE_CARD_GENERATOR_RATE_VALUE_MASK 0x0fffffffu /* RW In units of 2^-20 bytes per clock. The reset value is beyond what the port moves: no limit. */
#define FERROLANE_CARD_GENERATOR_RATE_VALUE_SHIFT 0u
#define FERROLANE_CARD_GENERATOR_BURST 0x1cu /* Bytes between two pauses. */
#define FERROLANE_CARD_GENERATOR_BURST_BYTES_MASK 0x7fffffffu /* RW 0: no pauses. */
#define FERROLANE_CARD_GENERATOR_BURST_BYTES_SHIFT 0u
#define FERROLANE_CARD_GENERATOR_PAUSE 0x20u /* Length of a pause. */
#define FERROLANE_CARD_GENERATOR_PAUSE_CLOCKS_MASK 0x7fffffffu /* RW 0: no pauses; less than a visit counts as one visit. */
#define FERROLANE_CARD_GENERATOR_PAUSE_CLOCKS_SHIFT 0u
#define FERROLANE_CARD_GENERATOR_BUFFER 0x24u /* The source's own elastic buffer. */
#define FERROLANE_CARD_GENERATOR_BUFFER_BYTES_MASK 0x00ffffffu /* RW Bytes that wait for the engine before time waits, or packets are lost. */
#define FERROLANE_CARD_GENERATOR_BUFFER_BYTES_SHIFT 0u
#define FERROLANE_CARD_GENERATOR_BYTES_LO 0x40u /* Bytes handed over or lost, low half. Reading it latches the high half. */
#define FERROLANE_CARD_GENERATOR_BYTES_LO_COUNT_MASK 0xffffffffu /* RO Bytes, bits 31:0. */
#define FERROLANE_CARD_GENERATOR_BYTES_LO_COUNT_SHIFT 0u
#define FERROLANE_CARD_GENERATOR_BYTES_HI 0x44u /* Bytes handed over or lost, high half as of the last read of the low half. */
#define FERROLANE_CARD_GENERATOR_BYTES_HI_COUNT_MASK 0x0000ffffu /* RO Bytes, bits 47:32. */
#define FERROLANE_CARD_GENERATOR_BYTES_HI_COUNT_SHIFT 0u
#define FERROLANE_CARD_GENERATOR_PACKETS 0x48u /* Packets handed over or lost. */
#define FERROLANE_CARD_GENERATOR_PACKETS_COUNT_MASK 0xffffffffu /* RO Also the number of the packet under way. */
#define FERROLANE_CARD_GENERATOR_PACKETS_COUNT_SHIFT 0u
#define FERROLANE_CARD_GENERATOR_LOST_BYTES_LO 0x4cu /* Bytes of lost packets, low half. Reading it latches the high half. */
#define FERROLANE_CARD_GENERATOR_LOST_BYTES_LO_COUNT_MASK 0xffffffffu /* RO Bytes, bits 31:0. */
#define FERROLANE_CARD_GENERATOR_LOST_BYTES_LO_COUNT_SHIFT 0u
#define FERROLANE_CARD_GENERATOR_LOST_BYTES_HI 0x50u /* Bytes of lost packets, high half as of the last read of the low half. */
#define FERROLANE_CARD_GENERATOR_LOST_BYTES_HI_COUNT_MASK 0x0000ffffu /* RO Bytes, bits 47:32. */
#define FERROLANE_CARD_GENERATOR_LOST_BYTES_HI_COUNT_SHIFT 0u
#define FERROLANE_CARD_GENERATOR_LOST_PACKETS 0x54u /* Packets lost. */
#define FERROLANE_CARD_GENERATOR_LOST_PACKETS_COUNT_MASK 0xffffffffu /* RO Packets, wrapping. */
#define FERROLANE_CARD_GENERATOR_LOST_PACKETS_COUNT_SHIFT 0u

/* Flags of a descriptor, bits of its byte 11. */
#define FERROLANE_DESC_FLAG_SOP (1u << 0) /* First descriptor of a packet. */
#define FERROLANE_DESC_FLAG_EOP (1u << 1) /* Last descriptor of a packet. */
#define FERROLANE_DESC_FLAG_IRQ (1u << 2) /* Ask for an interrupt with this descriptor's record. */
#define FERROLANE_DESC_FLAG_LINK (1u << 3) /* List mode: this entry names the next segment. */
#define FERROLANE_DESC_FLAG_END (1u << 4) /* List mode: last descriptor of the list. */
#define FERROLANE_DESC_FLAG_FENCE (1u << 5) /* Start only when all earlier descriptors of the queue have completed. */
#define FERROLANE_DESC_FLAG_FIXED (1u << 6) /* Memory queues: the card address does not advance. */
#define FERROLANE_DESC_FLAG_EXT (1u << 7) /* Reserved for a 32-byte form; must be 0. */

/* Flags of a completion record, bits of DW3[30:24]. */
#define FERROLANE_CPL_FLAG_EOP (1u << 0) /* The packet ended with this descriptor. */
#define FERROLANE_CPL_FLAG_GAP (1u << 1) /* Data of this queue was dropped before this record's. */
#define FERROLANE_CPL_FLAG_FLUSHED (1u << 2) /* The buffer was closed by a timer or a command before it was full. */

/* Status codes of a completion record (DW3[23:16]) and of a halted queue (STATUS.CODE). */
#define FERROLANE_STATUS_OK 0x00u /* The descriptor did what it says. */
#define FERROLANE_STATUS_BAD_LENGTH 0x01u /* The descriptor's length is 0. */
#define FERROLANE_STATUS_BAD_FLAGS 0x02u /* The descriptor carries a flag that its queue's mode does not allow. */
#define FERROLANE_STATUS_LINK_LOOP 0x03u /* List mode: a LINK with no data descriptor since the last one, or as the first entry of a list. */
#define FERROLANE_STATUS_BAD_SEGMENT 0x04u /* List mode: a LINK that is not the last entry of its segment, or a segment of no entries or at an address that is not a multiple of 16. */
#define FERROLANE_STATUS_BAD_CARD_ADDRESS 0x05u /* Memory queue: a FIXED descriptor whose card address is not a multiple of the port's width. */
#define FERROLANE_STATUS_FETCH_UR 0x11u /* Reading descriptors: completion with status Unsupported Request. */
#define FERROLANE_STATUS_FETCH_CA 0x12u /* Reading descriptors: completion with status Completer Abort. */
#define FERROLANE_STATUS_FETCH_POISONED 0x13u /* Reading descriptors: poisoned completion. */
#define FERROLANE_STATUS_FETCH_MALFORMED 0x14u /* Reading descriptors: completion whose byte count does not fit the request. */
#define FERROLANE_STATUS_FETCH_TIMEOUT 0x15u /* Reading descriptors: no completion in time, or the link went down. */
#define FERROLANE_STATUS_DATA_UR 0x21u /* Reading data: completion with status Unsupported Request. */
#define FERROLANE_STATUS_DATA_CA 0x22u /* Reading data: completion with status Completer Abort. */
#define FERROLANE_STATUS_DATA_POISONED 0x23u /* Reading data: poisoned completion. */
#define FERROLANE_STATUS_DATA_MALFORMED 0x24u /* Reading data: completion whose byte count does not fit the request. */
#define FERROLANE_STATUS_DATA_TIMEOUT 0x25u /* Reading data: no completion in time, or the link went down. */
#define FERROLANE_STATUS_CARD_WRITE_ERROR 0x30u /* Memory queue: the card's memory answered a write with SLVERR or DECERR. */
#define FERROLANE_STATUS_CARD_READ_ERROR 0x31u /* Memory queue: the card's memory answered a read with SLVERR or DECERR; the bytes before the first such beat were written to the host. */

/* Bits of FEATURES_LO. */
#define FERROLANE_FEATURE_RING (1u << 0) /* Descriptor rings in host memory. */
#define FERROLANE_FEATURE_STREAM (1u << 1) /* Stream queues. */
#define FERROLANE_FEATURE_MSIX (1u << 2) /* MSI-X table of the engine's own. */
#define FERROLANE_FEATURE_LOOPBACK (1u << 3) /* The card's user logic is the demo loopback: what enters H2C queue n leaves C2H queue n. */
#define FERROLANE_FEATURE_LIST (1u << 4) /* List mode: LINK-chained segments in host memory. */
#define FERROLANE_FEATURE_PUSH (1u << 5) /* Push mode: descriptors written through the push window. */
#define FERROLANE_FEATURE_DIRECT (1u << 6) /* Direct mode: one descriptor in registers. */
#define FERROLANE_FEATURE_USER_REGISTERS (1u << 7) /* BAR2 is an AXI4-Lite window for the card's own registers. */
#define FERROLANE_FEATURE_MEMORY (1u << 8) /* Memory queues: MODE.MEMORY, CARD_BASE and an AXI4 port. */
#define FERROLANE_FEATURE_FIFO_POLICIES (1u << 9) /* Flush, drop and store-and-forward. */
#define FERROLANE_FEATURE_COUNTERS (1u << 10) /* The counter page. */

/* A descriptor as the engine reads it; little-endian. */
struct ferrolane_descriptor {
    ferrolane_le64 host_addr;
    ferrolane_le32 len_flags; /* length 23:0, flags 31:24 */
    ferrolane_le32 card;
};

/* A completion record as the engine writes it; little-endian. */
struct ferrolane_completion {
    ferrolane_le32 bytes;
    ferrolane_le32 meta;
    ferrolane_le32 index;
    ferrolane_le32 dw3; /* phase 31, flags 30:24, status 23:16, queue 15:8, generation 7:0 */
};

#endif
