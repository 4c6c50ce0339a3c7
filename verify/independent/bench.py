"""Clock, card, root complex and judge of one test, and the host's ways to the card."""

import logging
import os
import random
from collections import Counter

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import ClockCycles, Timer
from cocotbext.pcie.core.caps import PciCapId

import abi
from abi import H2C, C2H
from endpoint import CardDevice, CardFunction
from judge import Judge
from pins import Pins
from root import HIGH_BASE, HIGH_BYTES, LOW_BYTES, AwkwardRoot

PERIOD_NS = 4  # 250 MHz
VECTORS = 16
# cocotbext-pcie tells of each probe of an empty slot.
logging.getLogger("cocotb.pcie").setLevel(logging.ERROR)
SEED = int(os.environ.get("SEED", "1"))


class Bench:
    """Everything around the card in one test. Use `await Bench.start(dut, ...)`."""

    @classmethod
    async def start(cls, dut, name, mps=1, mrrs=2, rcb=64, tags=True, **awkward):
        """Resets the card, enumerates it and turns MSI-X on.

        mps, mrrs: as in the configuration space, 128 << n bytes. rcb: bytes. tags: Extended Tag Field Enable.
        """
        self = cls()
        self.dut, self.name = dut, name
        self.rng = random.Random(f"{name} {SEED}")
        self.counts = Counter()
        self.record_rings = []  # (first byte, end)
        self.judge = Judge()
        self.pins = Pins(dut, self.rng, self.judge)
        self.root = AwkwardRoot(self.rng)
        self.root.max_payload_size = mps
        self.root.read_completion_boundary = rcb == 128
        self.function = CardFunction(dut, self.pins, self.rng, self.judge, VECTORS)
        self.judge.function = self.function
        self.judge.memory(self.root.low_base, LOW_BYTES)
        self.judge.memory(HIGH_BASE, HIGH_BYTES)
        self.root.make_port().connect(CardDevice(self.function).upstream_port)
        for pin in ("flr_request", "fc_ph", "fc_pd", "fc_nph", "fc_npd", "fc_cplh", "fc_cpld"):
            getattr(dut, f"cfg_{pin}").value = 0
        dut.rx_req_func.value = dut.rx_req_bar.value = dut.card_stop.value = 0
        dut.rst.value = 1
        # A test begins in the same phase of the clock, whatever ran before it.
        dut.clk.value = 0
        await Timer(PERIOD_NS, "ns")
        cocotb.start_soon(Clock(dut.clk, PERIOD_NS, unit="ns").start())
        await ClockCycles(dut.clk, 10)
        dut.rst.value = 0
        cocotb.start_soon(self.pins.run())
        await self.root.enumerate()
        self.device = self.root.find_device(self.function.pcie_id)
        await self.configure(mps, mrrs, rcb, tags)
        for knob, value in awkward.items():
            for owner in (self.pins, self.root, self.function):
                if hasattr(owner, knob):
                    setattr(owner, knob, value)
                    break
            else:
                raise ValueError(knob)
        return self

    async def configure(self, mps, mrrs, rcb, tags):
        """What an operating system does with a function it has found, and again after a reset."""
        dev = self.device
        await dev.enable_device()
        await dev.set_master()
        assert await dev.get_mps() == mps
        await dev.set_readrq(mrrs)
        cap = await dev.capability_read_dword(PciCapId.EXP, 0x08)
        await dev.capability_write_dword(PciCapId.EXP, 0x08, cap | 0x100 if tags else cap & ~0x100)
        link = await dev.capability_read_word(PciCapId.EXP, 0x10)
        await dev.capability_write_word(PciCapId.EXP, 0x10, link | 8 if rcb == 128 else link & ~8)
        dev.msix_enabled = False
        assert await dev.alloc_irq_vectors(VECTORS, VECTORS) == VECTORS
        self.judge.interrupts = {vector.addr for vector in dev.msi_vectors}
        self.bar0, self.bar2 = dev.bar_window[0], dev.bar_window[abi.CONST["USER_BAR"]]

    async def read(self, address):
        return await self.bar0.read_dword(address)

    async def write(self, address, value):
        await self.bar0.write_dword(address, value)

    async def until(self, condition, what, clocks=200_000):
        """Waits until a condition holds; looks every 16 clocks, and at the judge."""
        for _ in range(clocks // 16):
            self.check()
            if condition():
                return
            await Timer(16 * PERIOD_NS, "ns")
        raise AssertionError(f"{what}: not within {clocks} clocks")

    async def until_register(self, address, condition, what):
        for _ in range(2000):
            self.check()
            if condition(await self.read(address)):
                return
        raise AssertionError(f"{what}: not in 2000 reads")

    def is_data(self, tlp):
        """Whether a write of the card holds a queue's data, not records and not an interrupt."""
        at = tlp.address
        return at not in self.judge.interrupts and not any(base <= at < end for base, end in self.record_rings)

    def check(self):
        assert not self.judge.violations, "judge: " + "; ".join(self.judge.violations)

    async def finish(self, clean=True):
        """End of a test: nothing may be left, and no error bit may be set that the test did not ask for."""
        if clean:
            error = await self.read(abi.PAGE["GLOBAL"] + abi.offset("GLOBAL", "ERROR"))
            assert error == 0, f"ERROR is {error:#x}"
        await self.until(lambda: not self.judge.outstanding, "answers to all reads")
        await ClockCycles(self.dut.clk, 200)
        self.check()
        self.report()

    def report(self):
        """A line for the table that run.py prints."""
        c, j = self.counts, self.judge.counts
        print(f"COUNTS {self.name} bytes={c['bytes']} tlps={j['tlps']} interrupts={c['interrupts']} "
              f"clocks={self.pins.clocks} tags={j['most_tags']} faults={self.root.faults} violations={j['violations']}",
              flush=True)


__all__ = ["Bench", "H2C", "C2H"]
