"""Ring queues as docs/src/programmers-guide.md tells a driver's author to work them."""

import struct
from collections import namedtuple

import abi
from abi import C2H, H2C

STATUS_OK = abi.STATUS["OK"]
GUARD = 64  # bytes around each buffer that nobody may touch
FILL = 0xA5

Record = namedtuple("Record", "bytes meta index phase flags status queue generation")


class Buffer:
    """A stretch of host memory with guard bytes on both sides."""

    def __init__(self, bench, size, offset=0, where="low"):
        self.bench, self.size = bench, size
        self.base = bench.root.alloc(size + 2 * GUARD, 4096 if offset else 64, where, offset) + GUARD
        bench.root.poke(self.base - GUARD, bytes([FILL]) * (size + 2 * GUARD))

    def fill(self, data):
        self.bench.root.poke(self.base, data)

    def data(self, length=None):
        return self.bench.root.peek(self.base, self.size if length is None else length)

    def check_guards(self, written=None):
        """All bytes around the buffer, and those behind the first `written` ones, are as they were."""
        written = self.size if written is None else written
        front = self.bench.root.peek(self.base - GUARD, GUARD)
        back = self.bench.root.peek(self.base + written, self.size - written + GUARD)
        good = front == bytes([FILL]) * GUARD and back == bytes([FILL]) * len(back)
        assert good, f"bytes around the buffer at {self.base:#x} were written"


class Queue:
    """A ring queue of the host's side."""

    def __init__(self, bench, direction, index, vector=None, log2_ring=5, where="low"):
        self.bench, self.direction, self.index = bench, direction, index
        self.vector = 1 + direction * 4 + index if vector is None else vector
        self.log2 = log2_ring
        self.size = 1 << log2_ring
        self.ring = bench.root.alloc(16 * self.size, 16, where)
        self.cpl = bench.root.alloc(16 * self.size, 16, where)
        bench.record_rings.append((self.cpl, self.cpl + 16 * self.size))
        self.interrupts = 0
        self.buffers = {}  # descriptor index -> (address, length) that the card may touch

    def register(self, name):
        return abi.queue(self.direction, self.index, name)

    async def start(self, mode=0, coalesce=0):
        """Settings, then RUN. Indices begin at 0."""
        bench = self.bench
        self.producer = self.taken = 0
        self.asked = []  # consumer indices told since an interrupt was asked for; empty: none is due
        bench.root.poke(self.cpl, bytes(16 * self.size))
        bench.judge.allow("write", self.cpl, 16 * self.size)
        for name, value in (
            ("RING_BASE_LO", self.ring & 0xFFFFFFFF), ("RING_BASE_HI", self.ring >> 32),
            ("CPL_BASE_LO", self.cpl & 0xFFFFFFFF), ("CPL_BASE_HI", self.cpl >> 32),
            ("RING_SIZE", abi.put("QUEUE", "RING_SIZE", DESCRIPTORS=self.log2, COMPLETIONS=self.log2)),
            ("MODE", mode), ("COALESCE", coalesce), ("VECTOR", self.vector),
        ):
            await bench.write(self.register(name), value)
        await bench.write(self.register("CTRL"), abi.put("QUEUE", "CTRL", RUN=1))
        self.generation = await bench.read(self.register("GENERATION"))

    def room(self):
        return self.size - (self.producer - self.taken)

    def post(self, address, length, flags=0, card=0):
        """Writes one descriptor. The card may touch its buffer from now on."""
        assert self.room() > 0
        self.store(struct.pack("<QII", address, length | flags << 24, card))
        try:
            self.bench.judge.allow("read" if self.direction == H2C else "write", address, length)
            self.buffers[self.producer] = (address, length)
        except ValueError:
            pass  # a test of errors: there is no memory
        self.producer += 1

    def store(self, descriptor):
        slot = self.ring + 16 * (self.producer % self.size)
        self.bench.root.poke(slot, descriptor)
        self.bench.judge.allow("read", slot, 16)

    async def ring_doorbell(self):
        await self.bench.write(abi.doorbell(self.direction, self.index), self.producer & 0xFFFFFFFF)

    async def give_back(self, arm=False):
        """Tells the consumer index, and asks for an interrupt if `arm` is set and none is due."""
        arm = arm and not self.asked
        word = self.taken & 0x7FFFFFFF | int(arm) << abi.CONST["DOORBELL_ARM_BIT"]
        if arm or self.asked:
            self.asked.append(self.taken)
        await self.bench.write(abi.doorbell(self.direction, self.index) + 4, word)

    def record(self, index):
        """The record of an index if it is there: its phase bit tells."""
        raw = self.bench.root.peek(self.cpl + 16 * (index % self.size), 16)
        dw = struct.unpack("<4I", raw)
        phase = dw[3] >> abi.CONST["CPL_PHASE_BIT"]
        if phase == index // self.size % 2:  # 1 on the first lap
            return None
        return Record(dw[0], dw[1], dw[2], phase, dw[3] >> 24 & 0x7F, dw[3] >> 16 & 0xFF, dw[3] >> 8 & 0xFF, dw[3] & 0xFF)

    def visible(self):
        """Records in memory since the start."""
        n = self.taken
        while n < self.taken + self.size and self.record(n):
            n += 1
        return n

    def harvest(self):
        """Takes the records that are there."""
        out = []
        while (record := self.record(self.taken)) is not None:
            assert record.index == self.taken & 0xFFFFFFFF, f"record of {record.index}, expected {self.taken}"
            assert record.generation == self.generation, f"record of generation {record.generation}"
            assert record.queue & 0x3F == self.index, f"record of queue {record.queue} in ring of {self.index}"
            # A record is the end of its descriptor: the card has no business in that buffer any more.
            if self.taken in self.buffers:
                kind = "read" if self.direction == H2C else "write"
                self.bench.judge.allow(kind, *self.buffers.pop(self.taken), yes=False)
            self.taken += 1
            out.append(record)
        return out

    def listen(self):
        """Counts the queue's interrupts and checks that none comes before its record."""

        async def arrived():
            self.interrupts += 1
            self.bench.counts["interrupts"] += 1
            # The card may have seen any of the indices that were told since.
            self.bench.judge.rule(self.asked, f"interrupt of vector {self.vector} that nobody asked for")
            self.bench.judge.rule(
                not self.asked or self.visible() > self.asked[0],
                f"interrupt of vector {self.vector} before its record: {self.visible()} records, told {self.asked}")
            self.asked.clear()

        self.bench.device.request_irq(self.vector, arrived)

    async def status(self):
        return await self.bench.read(self.register("STATUS"))

    async def stop(self):
        """Stops, and from IDLE on allows the card nothing."""
        await self.bench.write(self.register("CTRL"), 0)
        idle = abi.put("QUEUE", "STATUS", IDLE=1)
        await self.bench.until_register(self.register("STATUS"), lambda v: v & idle, "IDLE")
        self.revoke()

    def revoke(self):
        judge = self.bench.judge
        judge.allow("read", self.ring, 16 * self.size, yes=False)
        judge.allow("write", self.cpl, 16 * self.size, yes=False)
        for address, length in self.buffers.values():
            judge.allow("read" if self.direction == H2C else "write", address, length, yes=False)
        self.buffers.clear()


class PushQueue(Queue):
    """A queue whose descriptors are written into the card, in bursts as a write-combining mapping makes them."""

    FEED = 2

    def __init__(self, bench, direction, index, **how):
        super().__init__(bench, direction, index, **how)
        assert self.size == abi.CONST["PUSH_SLOTS"]
        self.window = abi.PAGE["PUSH"] + (direction * abi.CONST["MAX_QUEUES"] + index) * abi.CONST["PUSH_STRIDE"]
        self.burst = []

    async def start(self, mode=0, coalesce=0):
        await super().start(mode | abi.put("QUEUE", "MODE", FEED=self.FEED), coalesce)

    def store(self, descriptor):
        self.burst.append((self.producer % self.size, descriptor))

    async def ring_doorbell(self):
        burst, self.burst = self.burst, []
        while burst:
            first, data = burst[0][0], b""
            limit = self.bench.rng.choice((1, 4, 32))  # descriptors in one write
            while burst and len(data) < 16 * limit and burst[0][0] == first + len(data) // 16:
                data += burst.pop(0)[1]
            await self.bench.bar0.write(self.window + 16 * first, data)
        await super().ring_doorbell()


__all__ = ["C2H", "H2C", "STATUS_OK", "Buffer", "PushQueue", "Queue", "Record"]
