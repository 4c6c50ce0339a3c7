"""cocotbext-pcie's root complex with an awkward memory: completions come late, in any order between tags, cut at any Read
Completion Boundary, and on demand not at all or poisoned.

Every completion, its bytes and its header, is made by cocotbext-pcie. This file only delays, joins, marks or drops them.
Unsupported Request and Completer Abort are cocotbext-pcie's own answers to addresses without memory.
"""

import cocotb
from cocotb.triggers import Timer
from cocotbext.axi import MemoryRegion
from cocotbext.pcie.core import RootComplex
from cocotbext.pcie.core.tlp import CplStatus, Tlp

LOW_BYTES = HIGH_BYTES = 1 << 24  # of host memory below and above 4 GiB
HIGH_BASE = 0x12_3400_0000
# An address that no region has: the root complex answers Unsupported Request. Inside its pool, but not allocated: a
# read fails, and it answers Completer Abort.
UR_BASE, CA_BASE = 0x77_0000_0000, 0x7000_0000


class AwkwardRoot(RootComplex):
    """Root complex with random latency, order and splits."""

    def __init__(self, rng):
        self.taken = None  # completions of the read that is being handled
        super().__init__()
        self.rng = rng
        self.latency_ns = 300  # at most, of a read
        self.pause_ns = 20  # at most, between completions of one read
        self.join = 0.5  # chance that two completions of a read are joined at their RCB
        self.split_on_all_rcb = True
        self.fault = None  # function of a read: None, "drop", "poison", "hold" or "malformed"
        self.unsupported = None  # function of a read: whether to answer Unsupported Request although there is memory
        self.held = []  # completions that were kept back
        self.reads = 0
        self.faults = 0
        low, self.low = self.alloc_region(LOW_BYTES)
        self.low_base = low
        high = MemoryRegion(HIGH_BYTES)
        self.mem_address_space.register_region(high, HIGH_BASE)
        self.high = high.mem
        # The lowest page stays free: address 0 is what a forgotten field reads as.
        self.next = {"low": low + 4096, "high": HIGH_BASE + 4096}

    def alloc(self, size, align=16, where="low", at=0):
        """An address of host memory: `at` bytes behind a multiple of `align`."""
        base = -(-self.next[where] // align) * align + at
        limit = self.low_base + LOW_BYTES if where == "low" else HIGH_BASE + HIGH_BYTES
        assert base + size <= limit, "the bench's host memory is used up"
        self.next[where] = base + size
        return base

    def place(self, address):
        """Memory that holds an address, and the offset in it."""
        return (self.high, address - HIGH_BASE) if address >= HIGH_BASE else (self.low, address - self.low_base)

    def peek(self, address, length):
        mem, at = self.place(address)
        return bytes(mem[at:at + length])

    def poke(self, address, data):
        mem, at = self.place(address)
        mem[at:at + len(data)] = data

    async def send(self, tlp):
        if self.taken is not None and tlp.is_completion():
            self.taken.append(tlp)
        else:
            await super().send(tlp)

    async def handle_mem_read_tlp(self, tlp):
        self.reads += 1
        self.taken = []
        if self.unsupported and self.unsupported(tlp):
            self.faults += 1
            self.taken.append(Tlp.create_ur_completion_for_tlp(tlp, self.pcie_id))
        else:
            await super().handle_mem_read_tlp(tlp)
            self.faults += self.taken[0].status != CplStatus.SC
        completions, self.taken = self.joined(self.taken), None
        what = self.fault(tlp) if self.fault else None
        if what:
            self.faults += 1
        if what == "malformed":
            completions[0].byte_count += 4
        if what == "poison":
            self.rng.choice(completions).ep = True
        if what == "hold":
            self.held += completions
        if what not in ("drop", "hold"):
            cocotb.start_soon(self.answer(completions))

    def joined(self, completions):
        """Joins neighbours: the cuts that stay are a random choice of Read Completion Boundaries."""
        limit = 128 << self.max_payload_size
        out = completions[:1]
        for cpl in completions[1:]:
            last = out[-1]
            good = last.status == cpl.status == CplStatus.SC
            if good and len(last.data) + len(cpl.data) <= limit and self.rng.random() < self.join:
                last.set_data(bytes(last.data) + bytes(cpl.data))
            else:
                out.append(cpl)
        return out

    async def answer(self, completions):
        """Sends the completions of one read in order, those of other reads in between."""
        await Timer(1 + self.rng.randrange(self.latency_ns), "ns")
        for i, cpl in enumerate(completions):
            if i and self.pause_ns:
                await Timer(1 + self.rng.randrange(self.pause_ns), "ns")
            await super().send(cpl)
