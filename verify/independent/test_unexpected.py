"""TLPs that the card has no use for: completions without a read, requests of kinds that it does not serve."""

import cocotb
from cocotb.triggers import ClockCycles
from cocotbext.pcie.core.tlp import CplStatus, Tlp, TlpType

import abi
from bench import Bench
from test_faults import ERROR, bystanders, listen_for_errors


@cocotb.test()
async def completions_nobody_waits_for(dut):
    """Completions for tags without a read, and for another requester: dropped, ERROR.UNEXPECTED_CPL; traffic goes on."""
    bench = await Bench.start(dut, "completions_nobody_waits_for")
    seen = listen_for_errors(bench)
    count = abi.PAGE["GLOBAL"] + abi.offset("GLOBAL", "CNT_UNEXPECTED_CPL")
    tags = abi.get("GLOBAL", "PARAM_PORT", "TAGS", await bench.read(abi.PAGE["GLOBAL"] + abi.offset("GLOBAL", "PARAM_PORT")))

    def stray(tag, requester):
        cpl = Tlp()
        cpl.fmt_type = TlpType.CPL_DATA
        cpl.requester_id = requester
        cpl.byte_count = 4 * bench.rng.randint(1, 20)
        cpl.set_data(bench.rng.randbytes(cpl.byte_count))
        cpl.tag = tag
        bench.pins.receive(cpl)  # past cocotbext-pcie, which would not route it

    mine, others_id = bench.function.pcie_id, (7, 3, 1)
    for _ in range(8):  # at rest any tag is without a read
        stray(bench.rng.randrange(256), mine)
        await ClockCycles(dut.clk, bench.rng.randrange(40))
    others = await bystanders(bench, (0, 1, 2, 3), packets=15)
    for _ in range(24):  # in traffic: tags that the card doesn't have, and its tags with another requester
        await ClockCycles(dut.clk, bench.rng.randrange(20, 100))
        if bench.rng.random() < 0.5:
            stray(bench.rng.randrange(tags, 256), mine)
        else:
            stray(bench.rng.choice(list(bench.judge.outstanding) or [0]), others_id)
    await others
    assert await bench.read(count) == 32
    error = await bench.read(ERROR)
    assert error == abi.put("GLOBAL", "ERROR", UNEXPECTED_CPL=1) and seen
    await bench.write(ERROR, error)
    await bench.finish()


@cocotb.test()
async def requests_that_are_not_served(dut):
    """I/O and atomic requests are answered with Unsupported Request; a poisoned write changes nothing."""
    bench = await Bench.start(dut, "requests_that_are_not_served")
    seen = listen_for_errors(bench)
    root = bench.root
    scratch = abi.PAGE["GLOBAL"] + abi.offset("GLOBAL", "SCRATCH")
    await bench.write(scratch, 0x12345678)
    base = bench.device.bar_addr[0]

    def request(kind, address, data=b""):
        tlp = Tlp()
        tlp.fmt_type = kind
        tlp.set_addr_be_data(address, data) if data else tlp.set_addr_be(address, 4)
        return tlp

    kinds = [request(TlpType.IO_READ, 0x100), request(TlpType.IO_WRITE, 0x100, b"abcd"),
             request(TlpType.FETCH_ADD_64, base + scratch, b"efgh"), request(TlpType.MEM_READ_LOCKED_64, base + scratch)]
    for tlp in kinds:
        tlp.tag = await root.alloc_tag()
        bench.judge.host_reads[(tlp.requester_id, tlp.tag)] = [tlp, 4, tlp.address]
        bench.pins.receive(tlp, 0)
        cpl = await root.recv_cpl(tlp.tag, 5000)
        assert cpl and cpl.status == CplStatus.UR, f"{tlp.fmt_type} was answered with {cpl!r}"
        root.release_tag(tlp.tag)
    poisoned = request(TlpType.MEM_WRITE_64, base + scratch, b"\xff\xff\xff\xff")
    poisoned.ep = True
    await root.send(poisoned)
    assert await bench.read(scratch) == 0x12345678
    assert await bench.read(abi.PAGE["GLOBAL"] + abi.offset("GLOBAL", "CNT_UNSUPPORTED")) == len(kinds) + 1
    error = await bench.read(ERROR)
    assert error == abi.put("GLOBAL", "ERROR", UNSUPPORTED_REQUEST=1) and seen
    await bench.write(ERROR, error)
    await bench.finish()
