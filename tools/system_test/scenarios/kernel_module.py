"""A driver within the guest's kernel: built here, loaded through the shared folder, the card driven through the kernel's DMA API."""

import re
import shutil

import module
from reason import expect
from scenarios import identity

EXAMPLE = identity.ROOT / "sw/examples/kernel_module"
NAME = "ferrolane_loopback"
PACKETS = 200
SAID = re.compile(rf"{NAME} (\S+): (\d+) packets, (\d+) bytes compared, (\d+) interrupts")


def load(world):
    """Loads the module, which does its work at once; counts what the kernel's log says of it."""
    world.done("dmesg -c >/dev/null")
    world.run(f"insmod /share/{NAME}.ko packets={PACKETS}")
    log = world.done("dmesg").text
    found = SAID.search(log)
    expect(found, f"the module did not say that all was compared: {log}")
    address, packets, data, interrupts = found.groups()
    expect(address == world.address and int(packets) == PACKETS, found.group(0))
    # At most one for each record; none would mean that nobody slept.
    expect(0 < int(interrupts) <= 2 * PACKETS, found.group(0))
    # Half of the longest packet, about, since lengths are random.
    expect(PACKETS * 2048 < int(data) < PACKETS * 8192, found.group(0))
    world.count(int(data), int(interrupts))


def nothing_left(world):
    """Unloads the module: no driver, no interrupts, no region and no bus mastering stay behind."""
    world.done(f"rmmod {NAME}")
    left = world.run(f"""
        ls -d /sys/bus/pci/devices/$D/driver /sys/module/{NAME} 2>/dev/null
        ls /sys/bus/pci/devices/$D/msi_irqs 2>/dev/null
        grep {NAME} /proc/interrupts /proc/iomem
        lspci -vv -s $D 2>/dev/null | grep -E 'BusMaster\\+|MSI-X: Enable\\+'
        dmesg | grep -E 'WARNING|BUG|DMAR:.*fault|Call Trace'""").text
    expect(not left.strip(), f"the module leaves behind: {left}")


def kernel_module(world):
    """Loaded twice, each time every packet compared; then the card is given to vfio-pci and works there."""
    for part in EXAMPLE.iterdir():
        if part.name in ("Kbuild", f"{NAME}.c"):
            shutil.copy(part, world.wishes.share)
    place = world.cache.headers(world.boot.kernel)
    module.build(place, world.wishes.share, f"FERROLANE_INCLUDE={identity.ROOT / 'sw/include'}")
    world.done("ferrolane unbind $D")
    # With another type the card's addresses would be those of memory, and a driver that forgets to map would do as well.
    domain = world.done("cat /sys/bus/pci/devices/$D/iommu_group/type").text
    expect(domain in ("DMA", "DMA-FQ"), f"the IOMMU does not translate for drivers of the kernel: {domain}")
    for _ in range(2):
        load(world)
        nothing_left(world)
    world.done("ferrolane bind $D")
    identity.info(world)
