"""Stop, restart, Bus Master Enable and Function Level Reset in the middle of traffic."""

import cocotb
from cocotb.triggers import ClockCycles
from cocotbext.pcie.core.caps import PciCapId

import abi
from bench import Bench
from queues import Buffer
from traffic import Pair, pump, settle

DEVICE_CONTROL = 0x08  # in the PCI Express capability
INITIATE_FLR = 1 << 15
SCRATCH = abi.PAGE["GLOBAL"] + abi.offset("GLOBAL", "SCRATCH")


async def load(bench, pair, packets=8):
    """Fills both rings and leaves the card at it."""
    for _ in range(packets):
        pair.post_packet()
    while pair.c2h.room():
        pair.post_sink()
    await pair.c2h.ring_doorbell()
    await pair.h2c.ring_doorbell()


async def flush(pair):
    """After a stop or reset in the middle of a packet the loopback gives the packet's begin as one of its own (docs/src/demo-card.md): sends
    a marker and takes what comes until that comes, alone."""
    bench = pair.bench
    marker = bench.rng.randbytes(64)
    source = Buffer(bench, len(marker))
    source.fill(marker)
    sinks = [Buffer(bench, 8000) for _ in range(12)]
    for sink in sinks:
        pair.c2h.post(sink.base, sink.size)
    await pair.c2h.ring_doorbell()
    pair.h2c.post(source.base, source.size, abi.DESC_FLAG["SOP"] | abi.DESC_FLAG["EOP"])
    await pair.h2c.ring_doorbell()
    ended = []

    def arrived():
        for record in pair.c2h.harvest():
            sink = sinks.pop(0)
            sink.check_guards(record.bytes)
            ended.append(sink.data(record.bytes) == marker)
        return any(ended)

    await bench.until(arrived, f"the marker of queue {pair.index}")
    await bench.until(lambda: pair.h2c.harvest(), "its H2C record")
    for queue in (pair.h2c, pair.c2h):
        await queue.stop()


@cocotb.test()
async def stop_and_restart(dut):
    """Queues are stopped in the middle of traffic, while another pair runs. From IDLE on every access to their memory is a violation.
    After the new start indices, phase and generation begin anew."""
    bench = await Bench.start(dut, "stop_and_restart", sent_delay=40, latency_ns=1500)
    other = Pair(bench, 3, "high")
    other.c2h.listen()
    await other.start()
    task = cocotb.start_soon(pump(other, 120, interrupts=True))
    pairs = [Pair(bench, 0, largest=4000, fragment=2000), Pair(bench, 1, "high", largest=4000, fragment=2000)]
    for turn in range(8):
        for pair in pairs:
            await pair.start()
            assert pair.h2c.generation == 2 * turn + 1
            await load(bench, pair)
        await ClockCycles(dut.clk, bench.rng.randrange(1500))
        for queue in bench.rng.sample([q for p in pairs for q in (p.h2c, p.c2h)], 4):
            await queue.stop()
        for pair in pairs:
            pair.harvest(cut=True)  # what has a record is right
            pair.clear()
        await ClockCycles(dut.clk, bench.rng.randrange(300))
        for pair in pairs:
            await pair.start()
            await flush(pair)
    for pair in pairs:
        await pair.start()
        await pump(pair, 10)
        await settle(pair)
    await task
    await settle(other)
    await bench.finish()


@cocotb.test()
async def restart_between_packets(dut):
    """Ten starts in a row, each with all its packets; rings of 4 entries that wrap."""
    bench = await Bench.start(dut, "restart_between_packets")
    pair = Pair(bench, 1, largest=300, fragment=150, log2_ring=2)
    for _ in range(10):
        await pair.start()
        await pump(pair, 8)
        await settle(pair)
        await pair.h2c.stop()
        await pair.c2h.stop()
    await bench.finish()


@cocotb.test()
async def bus_master_enable(dut):
    """While Bus Master Enable is 0 no request leaves the card and the host's reads are answered; then all goes on."""
    bench = await Bench.start(dut, "bus_master_enable")
    pairs = [Pair(bench, q, largest=3000, fragment=1500) for q in range(2)]
    for pair in pairs:
        await pair.start()
    tasks = [cocotb.start_soon(pump(pair, 40)) for pair in pairs]
    for _ in range(6):
        await ClockCycles(dut.clk, bench.rng.randrange(100, 600))
        await bench.device.clear_master()
        # What was offered on the port before may still leave it.
        await ClockCycles(dut.clk, 40)
        counts = bench.judge.counts
        before = (counts["tx_wr"], counts["tx_rd"])
        await bench.write(SCRATCH, before[0])
        assert await bench.read(SCRATCH) == before[0]
        await ClockCycles(dut.clk, 600)
        assert (counts["tx_wr"], counts["tx_rd"]) == before, "a request left the card without Bus Master Enable"
        await bench.device.set_master()
    for task in tasks:
        await task
    for pair in pairs:
        await settle(pair)
    await bench.finish()


async def function_level_reset(bench, bars):
    """What an operating system does: FLR, 100 ms of patience, configuration as before."""
    dev = bench.device
    control = await dev.capability_read_dword(PciCapId.EXP, DEVICE_CONTROL)
    await dev.capability_write_dword(PciCapId.EXP, DEVICE_CONTROL, control & 0xFFFF | INITIATE_FLR)
    await bench.until(lambda: not bench.function.resetting, "the acknowledgement of the reset")
    for i, value in enumerate(bars):
        await dev.config_write_dword(0x10 + 4 * i, value)


@cocotb.test()
async def function_level_reset_in_traffic(dut):
    """FLR at rest and in the middle of traffic: the card waits for the answers it is owed, then touches nothing, its registers are
    as after power-up, and it works again."""
    bench = await Bench.start(dut, "function_level_reset_in_traffic", sent_delay=30, latency_ns=2000)
    bars = [await bench.device.config_read_dword(0x10 + 4 * i) for i in range(6)]
    pairs = [Pair(bench, q, "high" if q & 1 else "low", largest=5000, fragment=2500) for q in range(4)]
    for turn in range(6):
        await bench.write(SCRATCH, 0xC0FFEE00 + turn)
        if turn:
            for pair in pairs:
                await pair.start()
                await load(bench, pair)
            await ClockCycles(dut.clk, bench.rng.randrange(2500))
        await function_level_reset(bench, bars)
        # All writes that were on their way have come: from here on the card may touch nothing.
        await ClockCycles(dut.clk, 200)
        sent = bench.judge.counts["tx_wr"] + bench.judge.counts["tx_rd"]
        if turn:
            for pair in pairs:
                pair.harvest()
                pair.clear()
                for queue in (pair.h2c, pair.c2h):
                    queue.revoke()
        await bench.configure(1, 2, 64, True)
        assert await bench.read(SCRATCH) == 0
        for pair in pairs:
            for queue in (pair.h2c, pair.c2h):
                assert await bench.read(queue.register("GENERATION")) == 0
                assert await bench.read(queue.register("RING_BASE_LO")) == 0
                status = await queue.status()
                assert status == abi.put("QUEUE", "STATUS", IDLE=1), f"STATUS {status:#x} after a reset"
        await ClockCycles(dut.clk, 1000)
        assert bench.judge.counts["tx_wr"] + bench.judge.counts["tx_rd"] == sent, "a request after the reset"
        for pair in pairs:
            await pair.start()
            await flush(pair)
            await pair.start()
            await pump(pair, 4)
            await settle(pair)
            await pair.h2c.stop()
            await pair.c2h.stop()
    await bench.finish()
