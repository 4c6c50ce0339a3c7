"""Data through the loopback, under many links and memories."""

import os
import random

import cocotb

import abi
from bench import SEED, Bench
from queues import PushQueue, Queue
from traffic import Pair, pump, settle


async def loopback(bench, pairs, packets, interrupts=False, mode=0, coalesce=0):
    """Starts the pairs and runs packets through all of them at once."""
    for pair in pairs:
        if interrupts:
            pair.c2h.listen()
        await pair.start(mode=mode, coalesce=coalesce)
        await pair.c2h.give_back(arm=interrupts)
    tasks = [cocotb.start_soon(pump(pair, packets, interrupts)) for pair in pairs]
    for task in tasks:
        await task
    for pair in pairs:
        await settle(pair)


@cocotb.test()
async def lengths_and_alignments(dut):
    """Lengths from 1 byte, any alignment, both sides of 4 GiB, rings that wrap."""
    bench = await Bench.start(dut, "lengths_and_alignments")
    await loopback(bench, [Pair(bench, 0, log2_ring=4), Pair(bench, 1, "high", log2_ring=4)], 400)
    await bench.finish()


@cocotb.test()
async def large_fragments(dut):
    """Descriptors of several pages: each is many reads and many writes."""
    bench = await Bench.start(dut, "large_fragments", mps=1, mrrs=2)
    await loopback(bench, [Pair(bench, q, where, largest=20000, fragment=12000)
                           for q, where in ((0, "low"), (3, "high"))], 40)
    await bench.finish()


@cocotb.test()
async def four_queues_by_interrupt(dut):
    """All queues at once; the host sleeps on MSI-X. No interrupt comes before its record, no record before its data."""
    bench = await Bench.start(dut, "four_queues_by_interrupt", sent_delay=30)
    pairs = [Pair(bench, q, "high" if q & 1 else "low") for q in range(4)]
    await loopback(bench, pairs, 100, interrupts=True)
    for pair in pairs:
        assert pair.c2h.interrupts, f"queue {pair.index} had no interrupt"
    await bench.finish()


@cocotb.test()
@cocotb.parametrize(mps=[0, 1, 3], mrrs=[0, 2, 5], rcb=[64, 128])
async def link_settings(dut, mps, mrrs, rcb):
    """Max_Payload_Size 128 to 1024, Max_Read_Request_Size 128 to 4096, both RCBs; extended tags only with RCB 64."""
    tags = rcb == 64
    name = f"link_settings_mps{128 << mps}_mrrs{128 << mrrs}_rcb{rcb}"
    bench = await Bench.start(dut, name, mps=mps, mrrs=mrrs, rcb=rcb, tags=tags)
    link = await bench.read(abi.PAGE["GLOBAL"] + abi.offset("GLOBAL", "LINK"))
    for field, value in (("MPS", mps), ("MRRS", mrrs), ("RCB", rcb == 128), ("EXT_TAG", tags)):
        assert abi.get("GLOBAL", "LINK", field, link) == value, f"LINK.{field} of {link:#x}, set to {value}"
    await loopback(bench, [Pair(bench, 0, largest=9000, fragment=6000), Pair(bench, 2, "high")], 20)
    await bench.finish()


@cocotb.test()
async def backpressure(dut):
    """The hard block holds the card's streams off three clocks of four, and brings its own TLPs with gaps."""
    bench = await Bench.start(dut, "backpressure", stall=0.75, gap=0.5, sent_delay=60)
    await loopback(bench, [Pair(bench, q, largest=3000, fragment=2000) for q in range(3)], 60, interrupts=True)
    await bench.finish()


@cocotb.test()
async def completions_that_the_link_repeats(dut):
    """A third of the completions come with wrong data and `error` on the port first, and right afterwards."""
    bench = await Bench.start(dut, "completions_that_the_link_repeats", broken=0.33)
    await loopback(bench, [Pair(bench, q, largest=3000, fragment=2000) for q in range(3)], 25)
    assert bench.pins.broken_count > 50
    await bench.finish()


@cocotb.test()
async def pushed_descriptors(dut):
    """Descriptors written into the card in bursts of up to 512 bytes; a ring queue works beside."""
    bench = await Bench.start(dut, "pushed_descriptors", mps=3)
    await loopback(bench, [Pair(bench, 0, kind=PushQueue), Pair(bench, 1, "high"), Pair(bench, 3, kind=PushQueue)], 50, interrupts=True)
    await bench.finish()


@cocotb.test()
async def slow_memory(dut):
    """Reads answered after up to 4 us, completions of different tags mixed, cut at every boundary."""
    bench = await Bench.start(dut, "slow_memory", latency_ns=4000, pause_ns=300, join=0.0)
    await loopback(bench, [Pair(bench, q, largest=6000, fragment=3000) for q in range(4)], 30)
    await bench.finish()


@cocotb.test()
async def fast_memory(dut):
    """Reads answered at once, in one completion where Max_Payload_Size allows it."""
    bench = await Bench.start(dut, "fast_memory", mps=3, mrrs=5, latency_ns=1, pause_ns=0, join=1.0)
    await loopback(bench, [Pair(bench, q, largest=6000, fragment=5000) for q in range(4)], 40)
    await bench.finish()


@cocotb.test()
async def relaxed_ordering_and_records_in_batches(dut):
    """MODE with Relaxed Ordering and No Snoop: on data only, which the judge sees by the interrupts' and records' attributes;
    COALESCE writes several records in one TLP."""
    bench = await Bench.start(dut, "relaxed_ordering", sent_delay=20)
    mode = abi.put("QUEUE", "MODE", RELAXED_ORDERING=1, NO_SNOOP=1, WEIGHT=7)
    coalesce = abi.put("QUEUE", "COALESCE", COUNT=8, TIME=20)
    pairs = [Pair(bench, q, largest=500, fragment=200) for q in range(2)]
    sizes = set()

    def watch(tlp):
        if bench.is_data(tlp):
            bench.judge.rule(tlp.attr == 3, f"attributes {tlp.attr!r} on data of a queue that has both")
        else:
            bench.judge.rule(tlp.attr == 0, f"attributes {tlp.attr!r} on a record or an interrupt")
            sizes.add(tlp.length // 4)

    bench.judge.watch_write = watch
    await loopback(bench, pairs, 120, interrupts=True, mode=mode, coalesce=coalesce)
    assert max(sizes) > 1, "no TLP held more than one record"
    await bench.finish()


@cocotb.test()
@cocotb.parametrize(round=list(range(int(os.environ.get("ROUNDS", "6")))))
async def random_links(dut, round):
    """Everything by chance: link settings, back-pressure, latency, splits, queues and how they are fed. ROUNDS of them."""
    rng = random.Random(f"random_links {SEED} {round}")
    bench = await Bench.start(
        dut, f"random_links_{round}", mps=rng.randrange(4), mrrs=rng.randrange(6), rcb=rng.choice((64, 128)), tags=rng.random() < 0.7,
        stall=rng.choice((0, 0.3, 0.9)), gap=rng.choice((0, 0.5, 0.95)), sent_delay=rng.choice((0, 10, 400)),
        latency_ns=rng.choice((1, 300, 5000)), pause_ns=rng.choice((0, 20, 500)), join=rng.random(), broken=rng.choice((0, 0.2)))
    mode = abi.put("QUEUE", "MODE", RELAXED_ORDERING=rng.randrange(2), NO_SNOOP=rng.randrange(2), WEIGHT=rng.randrange(64),
                   STORE_FORWARD=rng.randrange(2))
    coalesce = abi.put("QUEUE", "COALESCE", COUNT=rng.randrange(17), TIME=rng.randrange(30))
    pairs = []
    for index in rng.sample(range(4), rng.randint(1, 4)):
        fragment = rng.choice((20, 300, 5000))
        kind = rng.choice((Queue, PushQueue))
        ring = 5 if kind is PushQueue else rng.randint(3, 6)
        pairs.append(Pair(bench, index, rng.choice(("low", "high")), rng.choice((2, 6)) * fragment, fragment, ring, kind))
    await loopback(bench, pairs, 25, interrupts=rng.random() < 0.5, mode=mode, coalesce=coalesce)
    await bench.finish()
