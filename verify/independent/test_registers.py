"""Enumeration by cocotbext-pcie, and the BARs against the ABI table."""

import cocotb
from cocotb.triggers import ClockCycles

import abi
from bench import VECTORS, Bench
from queues import Queue


@cocotb.test()
async def enumeration(dut):
    """cocotbext-pcie finds the card, places its BARs and reads its first registers through them."""
    bench = await Bench.start(dut, "enumeration")
    dev, glob = bench.device, abi.PAGE["GLOBAL"]
    assert (dev.vendor_id, dev.device_id) == (abi.CONST["PCI_VENDOR_ID"], abi.CONST["PCI_DEVICE_ID"])
    assert dev.bar_addr[0] >= 1 << 32 and dev.bar_addr[abi.CONST["USER_BAR"]] < 1 << 32
    assert await bench.read(glob + abi.offset("GLOBAL", "MAGIC")) == int.from_bytes(b"FRLN", "little")
    version = await bench.read(glob + abi.offset("GLOBAL", "ABI_VERSION"))
    assert abi.get("GLOBAL", "ABI_VERSION", "MAJOR", version) == abi.CONST["ABI_MAJOR"]
    assert await bench.read(glob + abi.offset("GLOBAL", "LAYOUT_HASH")) == abi.CONST["LAYOUT_HASH"]
    params = await bench.read(glob + abi.offset("GLOBAL", "PARAM_QUEUES"))
    assert abi.get("GLOBAL", "PARAM_QUEUES", "VECTORS", params) == VECTORS
    magic = await bench.bar2.read_dword(abi.offset("CARD", "MAGIC"))
    assert magic == int.from_bytes(b"FRDC", "little")
    await bench.finish()


@cocotb.test()
async def registers_as_in_the_table(dut):
    """Every register: reset value, bits that can be written, reserved bits; in BAR0 and in BAR2."""
    bench = await Bench.start(dut, "registers_as_in_the_table")
    params = await bench.read(abi.offset("GLOBAL", "PARAM_QUEUES"))
    places = [(bench.bar0, abi.PAGE["GLOBAL"], "GLOBAL"), (bench.bar2, 0, "CARD")]
    for direction, count in ((abi.H2C, "H2C"), (abi.C2H, "C2H")):
        for index in range(abi.get("GLOBAL", "PARAM_QUEUES", count, params)):
            places.append((bench.bar0, abi.queue(direction, index, "CTRL") - abi.offset("QUEUE", "CTRL"), "QUEUE"))
    # Writing these does something, or what they read tells of the past.
    special = {"CTRL", "FEED_GO", "USER_IRQ"}
    for window, base, block in places:
        for name, register in abi.REGISTERS[block].items():
            at = base + register["offset"]
            value = await window.read_dword(at)
            bench.counts["bytes"] += 4
            if register["volatile"]:
                continue
            reset = abi.reset_value(register)
            assert value == reset, f"{block}.{name} at {at:#x} reads {value:#x} after a reset, table: {reset:#x}"
            if name in special:
                continue
            mask = abi.write_mask(register)
            clear = sum(((1 << f["width"]) - 1) << f["lsb"] for f in register["fields"] if f["access"] == "W1C")
            for pattern in (0xFFFFFFFF, 0x5A5AA5A5 & ~clear, 0):
                # A ring of more entries than there may be is cut; DRAM timing and the like take any value.
                if name == "RING_SIZE":
                    pattern &= 0x0F0F0F0F
                await window.write_dword(at, pattern)
                value = await window.read_dword(at)
                want = (reset & ~mask & ~clear) | (pattern & mask)
                assert value == want, f"{block}.{name} wrote {pattern:#x}, reads {value:#x}, table: {want:#x}"
                bench.counts["bytes"] += 4
            await window.write_dword(at, reset & mask)
    await bench.finish()


@cocotb.test()
async def bar_accesses_of_all_sizes(dut):
    """Byte enables, 8-byte and longer accesses of SCRATCH and the MSI-X table; holes read 0."""
    bench = await Bench.start(dut, "bar_accesses_of_all_sizes")
    scratch = abi.offset("GLOBAL", "SCRATCH")
    model = bytearray(4)
    for _ in range(40):
        at = bench.rng.randrange(4)
        data = bench.rng.randbytes(bench.rng.randint(1, 4 - at))
        await bench.bar0.write(scratch + at, data)
        model[at:at + len(data)] = data
        at = bench.rng.randrange(4)
        size = bench.rng.randint(1, 4 - at)
        assert await bench.bar0.read(scratch + at, size) == model[at:at + size]
        bench.counts["bytes"] += size
    table = abi.PAGE["MSIX_TABLE"]
    # Masked while its address is nonsense.
    size = 16 * VECTORS
    entries = b"".join(bench.rng.randbytes(11) + b"\0" + (1).to_bytes(4, "little") for _ in range(VECTORS))
    entries = b"".join(bytes([e[0] & 0xFC]) + e[1:] for e in (entries[i:i + 16] for i in range(0, size, 16)))
    await bench.bar0.write(table, entries)
    assert await bench.bar0.read(table, size) == entries
    for _ in range(20):
        at = bench.rng.randrange(size)
        length = bench.rng.randint(1, size - at)
        assert await bench.bar0.read(table + at, length) == entries[at:at + length]
        bench.counts["bytes"] += length
    assert await bench.bar0.read_dword(abi.CONST["BAR0_BYTES"] - 4) == 0
    assert await bench.bar0.read(abi.PAGE["MSIX_PBA"], 8) == bytes(8)
    await bench.finish()


@cocotb.test()
async def user_interrupts_and_masks(dut):
    """Interrupts by the card's register arrive at their vectors; a masked one is pending until it is unmasked, by vector and by
    function."""
    bench = await Bench.start(dut, "user_interrupts_and_masks")
    irqs = abi.get("CARD", "PARAM_CARD", "IRQS", await bench.bar2.read_dword(abi.offset("CARD", "PARAM_CARD")))
    first = VECTORS - irqs  # the card's vectors are the last ones
    seen = []
    for vector in range(VECTORS):
        async def arrived(vector=vector):
            seen.append(vector)
            bench.counts["interrupts"] += 1
        bench.device.request_irq(vector, arrived)
    raise_at, pba = abi.offset("CARD", "USER_IRQ"), abi.PAGE["MSIX_PBA"]
    for i in range(irqs):
        await bench.bar2.write_dword(raise_at, 1 << i)
        await bench.until(lambda: seen, f"user interrupt {i}")
        assert seen == [first + i], f"user interrupt {i} came at vectors {seen}"
        seen.clear()
    control = abi.PAGE["MSIX_TABLE"] + 16 * first + 12
    await bench.write(control, 1)
    await bench.bar2.write_dword(raise_at, 1)
    await ClockCycles(dut.clk, 400)
    assert not seen and await bench.read(pba) == 1 << first
    await bench.write(control, 0)
    await bench.until(lambda: seen, "the interrupt that was masked")
    assert seen == [first] and await bench.read(pba) == 0
    seen.clear()
    bench.function.msix_cap.msix_function_mask, bench.pins.changed = True, True
    await ClockCycles(dut.clk, 10)
    await bench.bar2.write_dword(raise_at, 3)
    await ClockCycles(dut.clk, 400)
    assert not seen and await bench.read(pba) == 3 << first
    bench.function.msix_cap.msix_function_mask, bench.pins.changed = False, True
    await bench.until(lambda: len(seen) == 2, "two interrupts that were masked")
    assert sorted(seen) == [first, first + 1]
    await bench.finish()


@cocotb.test()
async def settings_of_a_running_queue_stay(dut):
    """Writes of a running queue's settings are dropped; GENERATION counts starts."""
    bench = await Bench.start(dut, "settings_of_a_running_queue_stay")
    queue = Queue(bench, abi.C2H, 2)
    for start in range(1, 4):
        await queue.start()
        assert queue.generation == start
        await bench.write(queue.register("RING_BASE_LO"), 0x1230)
        assert await bench.read(queue.register("RING_BASE_LO")) == queue.ring & 0xFFFFFFFF
        await queue.stop()
    await bench.finish()
