"""Accesses that the IOMMU must refuse: the driver is told, memory stays as it was, and everyone names the same address."""

import re

from reason import expect
from scenarios import control
from scenarios.identity import STATUS

# A card may not tell which of the two it got: a root complex answers as it likes.
READ_REFUSED = (STATUS["DATA_UR"], STATUS["DATA_CA"])
# Of intel-iommu. The last field is the page that was meant.
AWAIT_FAULT = "for i in $(seq 100); do dmesg | grep -q 'fault addr' && break; sleep 0.1; done; dmesg"
KERNEL_FAULT = re.compile(r"\[DMA (Read|Write)[^\]]*\] Request device \[([0-9a-f:.]+)\].*fault addr 0x([0-9a-f]+)")


def refused(world, case, kind):
    """Runs one case; compares what driver, card and, where the kernel hears of it, kernel say."""
    before = len(world.card.faults())
    world.done("dmesg -c >/dev/null")
    fields = world.test(f"fault --case {case}")
    address = int(fields["iova"], 16)
    if kind == "read":
        expect(fields["status"] in READ_REFUSED, f"the descriptor ended with status {fields['status']:#x}")
    expect(fields["unchanged"] == 1, "memory that the card may not write was changed")
    new = world.card.faults()[before:]
    expect(new, "the card reports no access that was refused")
    for what, _, where in new:
        expect(what == kind and address <= where < address + 4096, f"the card reports a {what} at {where:#x}, not {address:#x}")
    # Only with messages the access reaches the guest's IOMMU; a mapping that is not there the card finds out by itself.
    if world.boot.messages and world.boot.iommu == "intel":
        told = KERNEL_FAULT.findall(world.done(AWAIT_FAULT).text)
        expect(told, "the guest's kernel reports no fault")
        for what, function, where in told:
            expect(what.lower() == kind, f"the kernel reports a {what} instead of a {kind}")
            expect(world.address.endswith(function), f"the kernel blames {function}, not {world.address}")
            expect(int(where, 16) & ~0xFFF == address, f"the kernel reports {where}, the driver {address:#x}")
    control.works(world)


def unmapped(world):
    """The card reads where nothing is mapped."""
    refused(world, "unmapped", "read")


def after_unmap(world):
    """The card reads where it could read before."""
    refused(world, "after-unmap", "read")


def read_only(world):
    """The card writes where it may only read."""
    refused(world, "read-only", "write")
