"""The card as cocotbext-pcie sees it: an endpoint whose configuration space is cocotbext-pcie's and whose memory requests,
both ways, are the card's Verilog."""

import cocotb
from cocotb.queue import Queue
from cocotb.triggers import ClockCycles
from cocotbext.pcie.core import Device, Endpoint
from cocotbext.pcie.core.caps import MsixCapability
from cocotbext.pcie.core.tlp import Tlp, TlpType

import abi

LINK_SPEED, LINK_WIDTH = 3, 4  # 8 GT/s, lanes
MPS_SUPPORTED = 3  # 1024 bytes, docs/src/limits.md
CONFIG = {TlpType.CFG_READ_0, TlpType.CFG_WRITE_0}


class CardFunction(Endpoint):
    """Configuration space of the card. Memory requests and completions go to and come from the pins."""

    def __init__(self, dut, pins, rng, judge, vectors):
        super().__init__()
        self.dut, self.pins, self.rng, self.judge = dut, pins, rng, judge
        self.vendor_id, self.device_id = abi.CONST["PCI_VENDOR_ID"], abi.CONST["PCI_DEVICE_ID"]
        self.class_code = abi.CONST["PCI_CLASS_CODE"]
        # BAR0 stands above 4 GiB, BAR2 below: the host's requests come with headers of 4 and of 3 DWs.
        self.configure_bar(0, abi.CONST["BAR0_BYTES"], ext=True, prefetch=True)
        self.configure_bar(abi.CONST["USER_BAR"], abi.CONST["USER_BAR_BYTES"])
        self.msix_cap = MsixCapability()
        self.msix_cap.msix_table_size = vectors - 1
        self.msix_cap.msix_table_offset = abi.PAGE["MSIX_TABLE"]
        self.msix_cap.msix_pba_offset = abi.PAGE["MSIX_PBA"]
        self.register_capability(self.msix_cap)
        cap = self.pcie_cap
        cap.max_payload_size_supported = MPS_SUPPORTED
        cap.function_level_reset_capability = True
        cap.initiate_function_level_reset = self.function_level_reset
        self.sent_delay = 0  # clocks at most between a write's last beat and its place in the link's order
        self.mutate = None  # for self-tests: changes a TLP of the card before anybody sees it
        self.resetting = False
        self.up = {name: Queue() for name in ("tx_wr", "tx_rd", "tx_cpl")}
        for name in self.up:
            pins.listen(name, lambda raw, data, seq, name=name: self.from_card(name, raw, data, seq))
            cocotb.start_soon(self.carry(name))
        pins.settings = self.drive_settings

    def drive_settings(self):
        """cfg_* from the configuration space."""
        dut, cap = self.dut, self.pcie_cap
        dut.cfg_link_up.value = 1
        dut.cfg_link_speed.value = LINK_SPEED
        dut.cfg_link_width.value = LINK_WIDTH
        dut.cfg_requester_id.value = int(self.pcie_id)
        dut.cfg_mps.value = cap.max_payload_size
        dut.cfg_mrrs.value = cap.max_read_request_size
        dut.cfg_rcb.value = int(cap.read_completion_boundary)
        dut.cfg_ext_tag.value = int(cap.extended_tag_field_enable)
        dut.cfg_tag10.value = int(cap.ten_bit_tag_requester_enable)
        dut.cfg_bus_master.value = int(self.bus_master_enable)
        dut.cfg_ro_enable.value = int(cap.enable_relaxed_ordering)
        dut.cfg_ns_enable.value = int(cap.enable_no_snoop)
        dut.cfg_cpl_timeout.value = 15 if cap.completion_timeout_disable else cap.completion_timeout_value
        dut.cfg_d0.value = 1
        dut.cfg_msix_enable.value = int(self.msix_cap.msix_enable)
        dut.cfg_msix_mask.value = int(self.msix_cap.msix_function_mask)

    async def handle_tlp(self, tlp):
        """Everything but configuration requests is the card's."""
        if tlp.fmt_type in CONFIG:
            self.pcie_cap.transactions_pending = bool(self.dut.cfg_trans_pending.value)
            await super().handle_tlp(tlp)
            self.pins.changed = True
        elif tlp.is_completion():
            self.judge.completion_for_card(tlp)
            self.pins.receive(tlp)
        else:
            self.judge.request_for_card(tlp)
            self.pins.receive(tlp, self.match_bar(tlp.address)[0])

    def from_card(self, stream, raw, data, seq):
        """A whole TLP has left the pins."""
        tlp = Tlp.unpack(raw + bytes(data))
        if self.mutate:
            tlp = self.mutate(tlp)
        self.judge.from_card(stream, raw, tlp, seq)
        if tlp.check():  # what cocotbext-pcie refuses would end the simulation; the judge has it
            self.up[stream].put_nowait((tlp, seq))

    async def carry(self, stream):
        """Gives TLPs to the link. A write waits up to `sent_delay` clocks, in which reads and completions pass it; only then is
        it reported sent."""
        while True:
            tlp, seq = await self.up[stream].get()
            if stream == "tx_wr" and self.sent_delay:
                wait = self.rng.randrange(self.sent_delay)
                if wait:
                    await ClockCycles(self.dut.clk, wait)
            await self.send(tlp)
            if seq is not None:
                self.pins.sent.append(seq)

    async def function_level_reset(self):
        """FLR (PCIe Base Spec 6.6.2): what the function's software set is gone, the bus number and MPS stay."""
        self.resetting = True
        self.memory_space_enable = self.bus_master_enable = False
        self.msix_cap.msix_enable = self.msix_cap.msix_function_mask = False
        self.bar[0:4] = [self.bar[i] & ~self.bar_mask[i] for i in range(4)]
        self.pcie_cap.max_read_request_size = 2
        cocotb.start_soon(self._reset_card())

    async def _reset_card(self):
        self.dut.cfg_flr_request.value = 1
        while not self.dut.cfg_flr_ack.value:
            await ClockCycles(self.dut.clk, 1)
        self.dut.cfg_flr_request.value = 0
        self.judge.reset()
        self.resetting = False


class CardDevice(Device):
    """The slot's end of the link."""

    def __init__(self, function):
        super().__init__(function)
        self.upstream_port.max_link_speed, self.upstream_port.max_link_width = LINK_SPEED, LINK_WIDTH
