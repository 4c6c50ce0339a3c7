"""Which machines are booted, and what is tried on each."""

import dataclasses

from scenarios import by_hand, commands, control, identity, iommu, kernel_module, loss, traffic


@dataclasses.dataclass(frozen=True)
class Boot:
    """A machine, and its scenarios in order: each finds the card as the one before has left it."""

    name: str
    kernel: str
    iommu: str
    messages: bool
    scenarios: tuple
    # Whether it has a folder of the host's, and modules are built for its kernel.
    share: bool = False


SEEN = (identity.seen, identity.bound, identity.info)
BRIEF = (*SEEN, traffic.transfer_poll, traffic.transfer_interrupt)
COMMON = (*BRIEF, traffic.feeds, traffic.all_queues, control.reset_in_traffic, iommu.unmapped)
FULL = (
    *BRIEF,
    commands.doctor_and_bind,
    commands.conformance,
    commands.driver_in_c,
    traffic.feeds,
    traffic.small_pages,
    traffic.huge_page,
    traffic.all_queues,
    traffic.throughput,
    traffic.latency,
    control.reset_in_traffic,
    control.flr_from_outside,
    control.second_open,
    control.killed_driver,
    control.rebound,
    control.interrupts_again,
    control.memlock,
    iommu.unmapped,
    iommu.after_unmap,
    iommu.read_only,
    loss.card_killed,
)
MESSAGES = (*SEEN, traffic.transfer_poll, traffic.transfer_interrupt, iommu.unmapped, iommu.after_unmap, iommu.read_only)
GUEST = (*COMMON, kernel_module.kernel_module, by_hand.shell_by_hand, by_hand.script_by_hand)

BOOTS = [
    Boot("intel", "trixie", "intel", False, FULL),
    Boot("messages", "trixie", "intel", True, MESSAGES),
    Boot("virtio", "trixie", "virtio", False, COMMON),
    Boot("amd", "trixie-full", "amd", False, COMMON),
    Boot("bookworm", "bookworm", "intel", False, GUEST, share=True),
]
# What `make test` does of it.
SHORT = Boot("short", "trixie", "intel", False, (*BRIEF, iommu.unmapped))


def title(scenario):
    """The scenario's name: of its function, with spaces."""
    return scenario.__name__.replace("_", " ")
