"""Random packets through the card's loopback: H2C queue n to C2H queue n, every byte compared when its record comes."""

from cocotb.triggers import Timer

import abi
from queues import C2H, H2C, STATUS_OK, Buffer, Queue

SOP, EOP = abi.DESC_FLAG["SOP"], abi.DESC_FLAG["EOP"]


class Pair:
    """An H2C queue, the C2H queue that the loopback ends in, and what is expected there."""

    def __init__(self, bench, index, where="low", largest=700, fragment=400, log2_ring=5, kind=Queue):
        self.bench, self.index, self.where = bench, index, where
        self.largest, self.fragment = largest, fragment  # bytes of a packet, of a descriptor
        self.h2c = kind(bench, H2C, index, log2_ring=log2_ring, where=where)
        self.c2h = kind(bench, C2H, index, log2_ring=log2_ring, where=where)
        self.clear()

    def clear(self):
        self.expected = []  # per packet that is still to come: [bytes left, metadata]
        self.sources = []
        self.sinks = []
        self.finished = 0

    async def start(self, **how):
        self.clear()
        await self.c2h.start(**how)
        await self.h2c.start(**how)

    def buffer(self, size):
        return Buffer(self.bench, size, self.bench.rng.choice((0, self.bench.rng.randrange(4096))), self.where)

    def sizes(self, total):
        """Cuts a packet into fragments."""
        out = []
        while total:
            out.append(self.bench.rng.randint(1, min(total, self.fragment)))
            total -= out[-1]
        return out

    def post_packet(self, length=None, data=None):
        """Puts a packet into the H2C ring if there is room; tells whether there was."""
        rng = self.bench.rng
        sizes = self.sizes(length or rng.choice((rng.randint(1, 40), rng.randint(1, self.largest))))
        if self.h2c.room() < len(sizes):
            return False
        packet = data or rng.randbytes(sum(sizes))
        meta, at = rng.getrandbits(32), 0
        for i, size in enumerate(sizes):
            buffer = self.buffer(size)
            buffer.fill(packet[at:at + size])
            flags = (SOP if i == 0 else 0) | (EOP if i == len(sizes) - 1 else 0)
            # Only the first descriptor's card field is the packet's metadata.
            self.h2c.post(buffer.base, size, flags, meta if i == 0 else rng.getrandbits(32))
            self.sources.append(buffer)
            at += size
        self.expected.append([packet, meta])
        return True

    def post_sink(self, size=None):
        buffer = self.buffer(size or self.bench.rng.randint(1, self.fragment))
        self.c2h.post(buffer.base, buffer.size)
        self.sinks.append(buffer)

    def harvest(self, cut=False):
        """Takes both rings' records and compares the bytes. Returns how many there were. With `cut` the H2C queue was stopped: its last
        packet may end early, by a byte of 0 and metadata 0 (docs/src/demo-card.md)."""
        bench = self.bench
        sent = self.h2c.harvest()
        for record in sent:
            source = self.sources.pop(0)
            assert record.status == STATUS_OK, f"H2C record with {abi.STATUS_NAME.get(record.status, record.status)}"
            assert record.bytes == source.size, f"H2C record of {record.bytes} bytes, descriptor of {source.size}"
            source.check_guards()
        got = self.c2h.harvest()
        for record in got:
            sink = self.sinks.pop(0)
            assert record.status == STATUS_OK, f"C2H record with {abi.STATUS_NAME.get(record.status, record.status)}"
            packet, meta = self.expected[0]
            if cut and record.flags & abi.CPL_FLAG["EOP"] and record.meta == 0:
                assert record is got[-1], f"queue {self.index}: something came behind the packet that was cut"
                assert sink.data(record.bytes) == packet[: record.bytes - 1] + b"\0", f"queue {self.index}: bytes of the cut packet differ"
                sink.check_guards(record.bytes)
                break
            length = min(len(packet), sink.size)
            end = length == len(packet)
            where = f"queue {self.index}, packet {self.finished}, {length} bytes at {sink.base:#x}"
            assert record.bytes == length, f"record of {record.bytes} bytes: {where}"
            assert bool(record.flags & abi.CPL_FLAG["EOP"]) == end, f"EOP is {not end}: {where}"
            assert sink.data(length) == packet[:length], f"bytes differ: {where}"
            if end:
                assert record.meta == meta, f"metadata {record.meta:#x}, sent {meta:#x}: {where}"
                self.expected.pop(0)
                self.finished += 1
            else:
                self.expected[0][0] = packet[length:]
            sink.check_guards(length)
            bench.counts["bytes"] += length
        return len(sent) + len(got)


async def pump(pair, packets, interrupts=False):
    """Sends packets and takes them back until all have come. With interrupts it sleeps on an ARM of the C2H queue when it has
    nothing else to do."""
    bench, posted, goal, idle, sent = pair.bench, 0, pair.finished + packets, 0, 0
    while pair.finished < goal:
        bench.check()
        before = (pair.h2c.producer, pair.c2h.producer)
        while posted < packets and bench.rng.random() < 0.8 and pair.post_packet():
            posted += 1
        while pair.c2h.room() > 0 and bench.rng.random() < 0.9:
            pair.post_sink()
        if pair.h2c.producer != before[0]:
            await pair.h2c.ring_doorbell()
        if pair.c2h.producer != before[1]:
            await pair.c2h.ring_doorbell()
        if pair.harvest():
            idle = 0
            await pair.h2c.give_back()
            await pair.c2h.give_back(arm=interrupts)
            continue
        if interrupts and not pair.c2h.asked:
            await pair.c2h.give_back(arm=True)
            continue  # look once more
        idle, sent = (idle + 1, sent) if bench.judge.counts["tlps"] == sent else (0, bench.judge.counts["tlps"])
        assert idle < 4000, f"queue {pair.index}: nothing came; {pair.finished} of {goal} packets"
        if interrupts and posted == packets and pair.c2h.room() == 0:
            await asleep(pair)
        else:
            await Timer(64, "ns")


async def asleep(pair):
    """Waits for the interrupt that was asked for. It must come: the timer only ends a test that has failed."""
    still, sent = 0, None
    while still < 4000:
        if not pair.c2h.asked:
            return
        # A slow link is no failure: only clocks in which the card sends nothing count.
        now = pair.bench.judge.counts["tlps"]
        still, sent = (still + 1, sent) if now == sent else (0, now)
        await Timer(32, "ns")
    raise AssertionError(f"queue {pair.index}: no interrupt in 32000 clocks; {pair.c2h.visible() - pair.c2h.taken} records wait")


async def settle(pair):
    """Waits until all H2C records have come."""
    for _ in range(2000):
        pair.harvest()
        if pair.h2c.taken == pair.h2c.producer:
            return
        await Timer(64, "ns")
    raise AssertionError(f"queue {pair.index}: {pair.h2c.producer - pair.h2c.taken} H2C records are missing")
