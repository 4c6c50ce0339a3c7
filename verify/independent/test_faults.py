"""Reads that are answered with Unsupported Request, Completer Abort or poisoned data, or not at all: the status that docs/src/errors.md
promises, while the other queues go on."""

import cocotb
from cocotb.triggers import ClockCycles
from cocotbext.pcie.core.caps import PciCapId

import abi
from bench import Bench
from queues import C2H, H2C, Buffer, Queue
from root import CA_BASE, UR_BASE
from traffic import EOP, SOP, Pair, pump, settle

ERROR = abi.PAGE["GLOBAL"] + abi.offset("GLOBAL", "ERROR")
LENGTH = 3000  # bytes of a descriptor that goes wrong: several reads


async def bystanders(bench, indices, packets=25):
    """Pairs that must not notice; returns them and the task that runs them."""
    pairs = [Pair(bench, i, "high" if i & 1 else "low", largest=2000, fragment=1000) for i in indices]
    for pair in pairs:
        pair.c2h.listen()
        await pair.start()

    async def run():
        tasks = [cocotb.start_soon(pump(pair, packets, interrupts=True)) for pair in pairs]
        for task in tasks:
            await task
        for pair in pairs:
            await settle(pair)

    return cocotb.start_soon(run())


def listen_for_errors(bench):
    """Counts interrupts of vector 0, which tells of errors."""
    seen = []

    async def arrived():
        seen.append(bench.pins.clocks)
        bench.counts["interrupts"] += 1

    bench.device.request_irq(0, arrived)
    return seen


async def halted(bench, queue, status, length):
    """The record and the registers of a queue that must halt with a status after so many bytes; `length` may be None."""
    await bench.until(lambda: queue.visible() > queue.taken, f"a record with {status}")
    record = queue.harvest()[0]
    name = abi.STATUS_NAME.get(record.status, hex(record.status))
    assert name == status, f"record with {name}, expected {status}"
    if length is not None:
        assert record.bytes == length, f"{status}: record of {record.bytes} bytes, expected {length}"
    word = await queue.status()
    assert abi.get("QUEUE", "STATUS", "ERROR", word) == 1
    assert abi.get("QUEUE", "STATUS", "CODE", word) == abi.STATUS[status]


async def recovered(bench, seen, queue, **also):
    """ERROR and vector 0 told of it; after a stop the queue is idle and the error is gone with the next start."""
    error = await bench.read(ERROR)
    assert error == abi.put("GLOBAL", "ERROR", QUEUE_ERROR=1, **also), f"ERROR is {error:#x}"
    await bench.until(lambda: seen, "vector 0")
    await bench.write(ERROR, error)
    assert await bench.read(ERROR) == 0
    await queue.stop()


def post_bad(bench, queue, address, length):
    """A packet of one descriptor at an address of a test's choice."""
    queue.post(address, length, SOP | EOP)
    bench.judge.memory(address & ~0xFFF, 8192)  # the card may, and must, ask for it
    bench.judge.allow("read", address, length)


@cocotb.test()
@cocotb.parametrize(kind=["UR", "CA", "POISONED"])
async def data_read_fails(dut, kind):
    """The first read of an H2C descriptor fails: a record of 0 bytes, DATA_..., a halted queue; then stop, start, and data again."""
    bench = await Bench.start(dut, f"data_read_{kind}", sent_delay=10)
    seen = listen_for_errors(bench)
    others = await bystanders(bench, (0, 1, 3))
    pair = Pair(bench, 2)
    await pair.start()
    await pump(pair, 3)
    await settle(pair)
    queue = pair.h2c
    if kind == "POISONED":
        buffer = Buffer(bench, LENGTH, offset=37)
        buffer.fill(bench.rng.randbytes(LENGTH))
        bench.root.fault = lambda tlp: "poison" if buffer.base <= tlp.address + 3 < buffer.base + LENGTH else None
        queue.post(buffer.base, LENGTH, SOP | EOP)
    else:
        post_bad(bench, queue, (UR_BASE if kind == "UR" else CA_BASE) + 37, LENGTH)
    await queue.ring_doorbell()
    await halted(bench, queue, f"DATA_{kind}", 0)
    bench.root.fault = None
    await recovered(bench, seen, queue)
    await pair.c2h.stop()
    await pair.start()
    await pump(pair, 5)
    await settle(pair)
    await others
    await bench.finish()


@cocotb.test()
@cocotb.parametrize(kind=["UR", "CA", "POISONED"], direction=["H2C", "C2H"])
async def descriptor_read_fails(dut, kind, direction):
    """Reading descriptors fails: FETCH_... in the record of the first one that is missing, behind those that came."""
    bench = await Bench.start(dut, f"descriptor_read_{direction}_{kind}")
    seen = listen_for_errors(bench)
    others = await bystanders(bench, (1, 2))
    queue = Queue(bench, H2C if direction == "H2C" else C2H, 0)
    good_ring = queue.ring
    if kind == "POISONED":
        bench.root.fault = lambda tlp: "poison" if queue.ring <= tlp.address < queue.ring + 512 else None
    else:
        queue.ring = UR_BASE if kind == "UR" else CA_BASE
        bench.judge.memory(queue.ring, 4096)
        bench.judge.allow("read", queue.ring, 512)
        queue.revoke = lambda: None
    await queue.start()
    if kind == "POISONED":
        queue.post(Buffer(bench, 100).base, 100, SOP | EOP)
        queue.post(Buffer(bench, 100).base, 100, SOP | EOP)
    else:
        queue.producer = 2
    await queue.ring_doorbell()
    await halted(bench, queue, f"FETCH_{kind}", 0)
    assert await bench.read(queue.register("COMPLETED")) == 1
    bench.root.fault = None
    await recovered(bench, seen, queue)
    if "revoke" in vars(queue):
        del queue.revoke
    queue.ring = good_ring
    await queue.start()
    word = await queue.status()
    assert abi.get("QUEUE", "STATUS", "ERROR", word) == 0
    await queue.stop()
    await others
    await bench.finish()


@cocotb.test()
@cocotb.parametrize(direction=["H2C", "fetch"])
async def byte_count_that_does_not_fit(dut, direction):
    """A completion whose Byte Count is not what was asked for: ..._MALFORMED."""
    bench = await Bench.start(dut, f"byte_count_that_does_not_fit_{direction}", join=1.0)
    seen = listen_for_errors(bench)
    others = await bystanders(bench, (1, 2))
    pair = Pair(bench, 0)
    await pair.start()
    buffer = Buffer(bench, 100, offset=501)
    base, size = (buffer.base, 100) if direction == "H2C" else (pair.h2c.ring, 512)
    bench.root.fault = lambda tlp: "malformed" if base - 4 < tlp.address < base + size else None
    pair.h2c.post(buffer.base, 100, SOP | EOP)
    await pair.h2c.ring_doorbell()
    await halted(bench, pair.h2c, "DATA_MALFORMED" if direction == "H2C" else "FETCH_MALFORMED", 0)
    bench.root.fault = None
    await recovered(bench, seen, pair.h2c)
    await pair.c2h.stop()
    await pair.start()
    await pump(pair, 5)
    await settle(pair)
    await others
    await bench.finish()


@cocotb.test()
@cocotb.parametrize(kind=["poison", "UR"])
async def fault_inside_a_descriptor(dut, kind):
    """A read in the middle fails: the record has the bytes that were asked for before it, and nothing behind the hole is delivered:
    the packet ends on the card's stream before it, and in the loopback by a byte of 0 and metadata 0."""
    bench = await Bench.start(dut, f"fault_inside_a_descriptor_{kind}", mrrs=1)
    seen = listen_for_errors(bench)
    others = await bystanders(bench, (1, 3))
    pair = Pair(bench, 0)
    await pair.start()
    data = bench.rng.randbytes(LENGTH)
    source, sink = Buffer(bench, LENGTH, offset=1234), Buffer(bench, LENGTH)
    source.fill(data)
    bad = []

    def fault(tlp):
        at = tlp.address + tlp.get_first_be_offset()
        if source.base + 1000 <= at < source.base + LENGTH and not bad:
            bad.append(at)
        return "poison" if bad and at == bad[0] else None

    bench.root.fault = fault
    if kind == "UR":
        bench.root.unsupported = fault
        bench.root.fault = None
    pair.c2h.post(sink.base, LENGTH)
    await pair.c2h.ring_doorbell()
    pair.h2c.post(source.base, LENGTH, SOP | EOP)
    await pair.h2c.ring_doorbell()
    await bench.until(lambda: pair.h2c.visible(), "the H2C record")
    await halted(bench, pair.h2c, "DATA_UR" if kind == "UR" else "DATA_POISONED", bad[0] - source.base)
    await bench.until(lambda: pair.c2h.visible(), "the end of the packet")
    (record,) = pair.c2h.harvest()
    assert record.flags & abi.CPL_FLAG["EOP"] and record.meta == 0, "the packet was not closed as one that was cut"
    written = sink.data(record.bytes - 1)
    assert len(written) <= bad[0] - source.base and data.startswith(written), "bytes behind the hole were delivered"
    assert sink.data(record.bytes)[-1] == 0
    bench.counts["bytes"] += len(written)
    sink.check_guards(record.bytes)
    await ClockCycles(dut.clk, 2000)
    assert pair.c2h.visible() == 1, "something came behind the packet's end"
    await recovered(bench, seen, pair.h2c)
    await pair.c2h.stop()
    await others
    await bench.finish()


@cocotb.test()
@cocotb.parametrize(what=["data", "fetch"])
async def completion_that_never_comes(dut, what):
    """A read is not answered: DATA_TIMEOUT or FETCH_TIMEOUT, and its tag stays unused until the late completion has come."""
    status = "DATA_TIMEOUT" if what == "data" else "FETCH_TIMEOUT"
    bench = await Bench.start(dut, f"completion_that_never_comes_{what}")
    # Device Control 2, Completion Timeout Value: 50 us to 100 us (PCIe Base Spec 7.5.3.16).
    await bench.device.capability_write_word(PciCapId.EXP, 0x28, 1)
    seen = listen_for_errors(bench)
    others = await bystanders(bench, (1, 2), packets=60)
    pair = Pair(bench, 0)
    await pair.start()
    buffer = Buffer(bench, 200)
    base, size = (buffer.base, 200) if what == "data" else (pair.h2c.ring, 512)
    bench.root.fault = lambda tlp: "hold" if base - 4 < tlp.address < base + size else None
    pair.h2c.post(buffer.base, 200, SOP | EOP)
    await pair.h2c.ring_doorbell()
    await halted(bench, pair.h2c, status, 0)
    bench.root.fault = None
    await recovered(bench, seen, pair.h2c, CPL_TIMEOUT=1)
    await pair.c2h.stop()
    await pair.start()
    # The judge knows the tag as outstanding: a reuse before the late completion is a violation.
    await pump(pair, 40)
    late, bench.root.held = bench.root.held, []
    assert late, "no completion was held back"
    for completion in late:
        await bench.root.send(completion)
    await pump(pair, 40)
    await settle(pair)
    await others
    # Whether a late completion is also told of as an unexpected one is the engine's choice.
    await bench.finish(clean=False)
