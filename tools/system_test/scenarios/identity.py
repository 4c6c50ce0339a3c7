"""The card as the guest's kernel sees it: what `lspci` shows against the table that the engine is built from."""

import json
import pathlib
import re

from reason import expect

ROOT = pathlib.Path(__file__).parents[3]
TABLE = json.loads((ROOT / "docs/src/ferrolane-abi.json").read_text())
ABI = {constant["name"]: constant["value"] for constant in TABLE["constants"]}
PAGES = {page["name"]: page["offset"] for page in TABLE["pages"]}
STATUS = {status["name"]: status["value"] for names in TABLE["lists"] if names["name"] == "STATUS" for status in names["names"]}
# The simulated card of the default preset.
VECTORS, GENERATION, LANES = 16, 3, 4
GIGATRANSFERS = {1: "2.5", 2: "5", 3: "8", 4: "16", 5: "32"}


def kib(count):
    """Bytes as lspci writes them."""
    return f"{count >> 10}K"


def seen(world):
    """`lspci -vvv` shows what the table promises."""
    world.find_card(ABI["PCI_VENDOR_ID"], ABI["PCI_DEVICE_ID"])
    text = world.done("lspci -vvv -n -s $D").text
    for what, pattern in {
        "class": rf"^\S+ {ABI['PCI_CLASS_CODE'] >> 8:04x}: {ABI['PCI_VENDOR_ID']:04x}:{ABI['PCI_DEVICE_ID']:04x}",
        "BAR0": rf"Region 0: Memory at [0-9a-f]+ .*\[size={kib(ABI['BAR0_BYTES'])}\]",
        "BAR2": rf"Region {ABI['USER_BAR']}: Memory at [0-9a-f]+ .*\[size={kib(ABI['USER_BAR_BYTES'])}\]",
        "power management": r"Capabilities: \[[0-9a-f]+\] Power Management version 3",
        "MSI-X": rf"Capabilities: \[[0-9a-f]+\] MSI-X: Enable- Count={VECTORS} Masked-",
        "the MSI-X table": rf"Vector table: BAR=0 offset={PAGES['MSIX_TABLE']:08x}",
        "the pending bits": rf"PBA: BAR=0 offset={PAGES['MSIX_PBA']:08x}",
        "Express": r"Capabilities: \[[0-9a-f]+\] Express \(v2\) Endpoint",
        "Function Level Reset": r"FLReset\+",
        "the link": rf"LnkSta:\s+Speed {GIGATRANSFERS[GENERATION]}GT/s.* Width x{LANES}",
        "the serial number": r"Device Serial Number",
    }.items():
        expect(re.search(pattern, text, re.M), f"lspci does not show {what}, as in /{pattern}/")


def bound(world):
    """vfio-pci takes the card, which is alone in its IOMMU group."""
    world.bind()
    members = world.done("ls /sys/bus/pci/devices/$D/iommu_group/devices").text.split()
    expect(members == [world.address], f"the card's IOMMU group has {members}")


def info(world):
    """`ferrolane info` tells what was built."""
    told = json.loads(world.done("ferrolane --json --device $D info").text)
    for name, wanted in {
        "abi": f"{ABI['ABI_MAJOR']}.{ABI['ABI_MINOR']}",
        "h2c_queues": 4,
        "c2h_queues": 4,
        "msix_vectors": VECTORS,
        "link_generation": GENERATION,
        "link_lanes": LANES,
        "link_up": True,
    }.items():
        expect(told.get(name) == wanted, f"info says {name} = {told.get(name)}, not {wanted}")
