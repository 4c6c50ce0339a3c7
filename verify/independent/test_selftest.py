"""The bench must find what is wrong: each test changes one TLP of the card on its way out and demands that the right check fails."""

import cocotb
from cocotb.triggers import ClockCycles
from cocotbext.pcie.core.tlp import Tlp, TlpType

import abi
from bench import Bench
from traffic import Pair, pump, settle

READS = (TlpType.MEM_READ, TlpType.MEM_READ_64)
WRITES = (TlpType.MEM_WRITE, TlpType.MEM_WRITE_64)


class Once:
    """Changes the n-th TLP that fits, and no other."""

    def __init__(self, fits, change, skip=5):
        self.fits, self.change, self.left, self.done = fits, change, skip, False

    def __call__(self, tlp):
        if self.done or not self.fits(tlp):
            return tlp
        self.left -= 1
        if self.left >= 0:
            return tlp
        self.done = True
        tlp = Tlp(tlp)
        self.change(tlp)
        return tlp


async def must_fail(bench, mutation, text, interrupts=False):
    """Runs traffic with a mutation; the failure must come and speak of `text`."""
    pair = Pair(bench, 1, largest=3000, fragment=1500)
    pair.c2h.listen()
    bench.function.mutate = mutation
    try:
        await pair.start()
        await pair.c2h.give_back(arm=interrupts)
        await pump(pair, 40, interrupts)
        await settle(pair)
        await ClockCycles(bench.dut.clk, 200)
        bench.check()
    except AssertionError as failure:
        assert mutation.done, f"failed before anything was changed: {failure}"
        assert text in str(failure), f"failed, but not with '{text}': {failure}"
        bench.report()
        return
    raise AssertionError(f"the bench did not notice: {text}" if mutation.done else "nothing was changed")


def data_write(bench):
    """Tells writes of data from those of records and interrupts."""
    return lambda tlp: tlp.fmt_type in WRITES and bench.is_data(tlp) and tlp.length > 8


def flip_bit(tlp):
    tlp.data = bytearray(tlp.data)
    tlp.data[5] ^= 0x10


MUTATIONS = {
    "bit": (flip_bit, "bytes differ"),
    "address": (lambda tlp: setattr(tlp, "address", tlp.address ^ 0x800000), "was not allowed"),
    "boundary": (lambda tlp: setattr(tlp, "address", tlp.address | 0xFF0), "crosses 4 KiB"),
    "enables": (lambda tlp: setattr(tlp, "first_be", 0x5), "byte enables"),
    "requester": (lambda tlp: setattr(tlp, "requester_id", (9, 9, 1)), "requester"),
    "attribute": (lambda tlp: setattr(tlp, "attr", 4), "ID-based ordering"),
    "poison": (lambda tlp: setattr(tlp, "ep", True), "EP"),
}


@cocotb.test()
@cocotb.parametrize(what=list(MUTATIONS))
async def wrong_data_write_is_found(dut, what):
    """One data write changed."""
    bench = await Bench.start(dut, f"selftest_{what}")
    change, text = MUTATIONS[what]
    await must_fail(bench, Once(data_write(bench), change), text)


@cocotb.test()
async def lost_data_write_is_found(dut):
    """One data write has no byte enabled: it never happened."""
    bench = await Bench.start(dut, "selftest_lost_write")
    judge = bench.judge.from_card
    # The judge would see the byte enables; this test is about the comparison.
    mutation = Once(data_write(bench), lambda tlp: (setattr(tlp, "first_be", 0), setattr(tlp, "last_be", 0), setattr(tlp, "length", 1),
                                                    setattr(tlp, "data", bytearray(4))))
    bench.judge.from_card = lambda stream, raw, tlp, seq: None if tlp.first_be == 0 else judge(stream, raw, tlp, seq)
    bench.judge.rule = lambda good, text: None if "tx_wr_seq" in text else type(bench.judge).rule(bench.judge, good, text)
    await must_fail(bench, mutation, "bytes differ")


@cocotb.test()
@cocotb.parametrize(what=["tag", "length", "header"])
async def wrong_read_is_found(dut, what):
    """One read changed: a tag that is in use, more than Max_Read_Request_Size, a 4-DW header for a low address."""
    bench = await Bench.start(dut, f"selftest_read_{what}", mrrs=0, latency_ns=3000)

    def tag(tlp):
        tlp.tag = next(t for t in bench.judge.outstanding if t != tlp.tag)

    change, text = {
        "tag": (tag, "used again"),
        "length": (lambda tlp: (setattr(tlp, "length", 64), setattr(tlp, "address", tlp.address & ~0xFFF), setattr(tlp, "last_be", 0xF)),
                   "Max_Read_Request_Size"),
        "header": (lambda tlp: setattr(tlp, "fmt_type", TlpType.MEM_READ_64), "header form"),
    }[what]
    await must_fail(bench, Once(lambda tlp: tlp.fmt_type in READS and bench.judge.outstanding, change), text)


@cocotb.test()
async def interrupt_before_its_record_is_found(dut):
    """A record is written as zeros, so its interrupt comes without it."""
    bench = await Bench.start(dut, "selftest_interrupt")

    def record(tlp):  # C2H rings are the second ones, as the queues are made
        return tlp.fmt_type in WRITES and bench.record_rings[1][0] <= tlp.address < bench.record_rings[1][1]

    mutation = Once(record, lambda tlp: setattr(tlp, "data", bytearray(len(tlp.data))), skip=0)
    await must_fail(bench, mutation, "before its record", interrupts=True)


@cocotb.test()
async def interrupt_nobody_asked_for_is_found(dut):
    """An interrupt of another vector is turned into the queue's."""
    bench = await Bench.start(dut, "selftest_spurious")
    vectors = bench.device.msi_vectors

    def arrives(tlp):
        tlp.data = bytearray(vectors[6].data.to_bytes(4, "little"))

    pair = Pair(bench, 1)
    pair.c2h.listen()
    await pair.start()
    bench.function.mutate = Once(lambda tlp: tlp.fmt_type in WRITES and tlp.address in bench.judge.interrupts, arrives, skip=0)
    await bench.bar2.write_dword(abi.offset("CARD", "USER_IRQ"), 1)
    await ClockCycles(dut.clk, 400)
    assert any("nobody asked" in v for v in bench.judge.violations), bench.judge.violations
    bench.report()


@cocotb.test()
@cocotb.parametrize(what=["data", "byte_count", "tag"])
async def wrong_completion_is_found(dut, what):
    """An answer to the host's read with a wrong bit, a wrong Byte Count, a wrong tag."""
    bench = await Bench.start(dut, f"selftest_completion_{what}")
    change, text = {
        "data": (lambda tlp: tlp.data.__setitem__(0, tlp.data[0] ^ 1), "MAGIC"),
        "byte_count": (lambda tlp: setattr(tlp, "byte_count", 8), "Byte Count"),
        "tag": (lambda tlp: setattr(tlp, "tag", tlp.tag ^ 16), "nobody waits"),
    }[what]
    bench.function.mutate = Once(lambda tlp: tlp.is_completion(), change, skip=0)
    try:
        task = cocotb.start_soon(bench.read(abi.offset("GLOBAL", "MAGIC")))
        await ClockCycles(dut.clk, 400)
        bench.check()
        assert await task == int.from_bytes(b"FRLN", "little"), "MAGIC is wrong"
    except AssertionError as failure:
        assert text in str(failure), f"failed, but not with '{text}': {failure}"
        bench.report()
        return
    raise AssertionError(f"the bench did not notice: {text}")
