"""What a scenario has at hand: one booted guest, the card behind it, and counts of what was proven."""

import dataclasses
import pathlib
import re
import shutil
import tempfile

from machine import Machine, card_words
from card import Card
from reason import Failed, expect
from share import Share

# Most that a single operation in the guest may take.
PATIENCE = 120
GUEST = "ferrolane-guest"


@dataclasses.dataclass(frozen=True)
class Wishes:
    """What a boot has beyond its machine."""

    # The simulator's text for the card.
    card: str = "sim"
    # A folder of the host, which the guest has as /share.
    share: pathlib.Path | None = None
    # Words for QEMU's command line, and a text for that of the guest's kernel.
    qemu: tuple = ()
    append: str = ""


class World:
    """A boot: the card's process, the machine, the guest's shell. Whoever has one calls `kill` in the end."""

    def __init__(self, boot, cache, programs, initramfs, folder, wishes=Wishes()):
        self.boot = boot
        self.cache = cache
        self.wishes = wishes
        self.folder = folder
        self.programs = programs
        self.bytes = 0
        self.interrupts = 0
        self.notes = {}
        self.address = None
        self.card = self.share = self.machine = None
        # Names of sockets are short: the system allows about a hundred bytes.
        self.sockets = pathlib.Path(tempfile.mkdtemp(prefix="ferrolane-"))
        try:
            self.start(initramfs)
        except BaseException:
            self.kill()
            raise
        self.shell = self.machine.shell

    def start(self, initramfs):
        """Starts the card, the share and the machine, in this order: QEMU connects to both."""
        socket = self.sockets / "card"
        self.card = Card(self.programs["serve"], self.wishes.card, socket, self.boot.messages, self.folder / "card.log")
        devices = [*card_words(socket), *self.wishes.qemu]
        if self.wishes.share:
            self.share = Share(self.cache, self.wishes.share, self.sockets, self.folder / "share.log")
            devices += self.share.words()
        kernel = self.cache.kernel(self.boot.kernel)
        chosen = (self.boot.iommu, devices, self.folder, self.sockets, self.wishes.append)
        self.machine = Machine(self.cache, kernel, initramfs, *chosen)
        if self.wishes.share and self.machine.shell.run("grep ' /share ' /proc/mounts").code != 0:
            raise Failed("the guest's kernel has not mounted the shared folder; its console.log tells why")

    def run(self, script, seconds=PATIENCE):
        """Runs a shell script in the guest, with the card's PCI address in $D."""
        place = f"D={self.address}\n" if self.address else ""
        return self.shell.run(place + script, seconds)

    def done(self, script, seconds=PATIENCE):
        """The same for a script that must succeed; answers its output."""
        answer = self.run(script, seconds)
        expect(answer.code == 0, f"`{script.splitlines()[-1]}` ended with {answer.code}: {last_line(answer.text)}")
        return answer

    def test(self, words, seconds=PATIENCE):
        """Runs an operation of the guest's test program; answers its fields. Bytes and interrupts are counted."""
        answer = self.done(f"{GUEST} --device $D {words}", seconds)
        fields = answer.fields()
        expect(fields, f"`{GUEST} {words}` reported nothing: {last_line(answer.text)}")
        self.count(fields.get("bytes", 0), fields.get("interrupts", 0))
        return fields

    def count(self, data, interrupts):
        """Adds to what was compared and seen."""
        self.bytes += data
        self.interrupts += interrupts

    def bind(self):
        """Gives the card to vfio-pci and waits until its group can be opened."""
        self.done("echo vfio-pci > /sys/bus/pci/devices/$D/driver_override\necho $D > /sys/bus/pci/drivers_probe")
        driver = self.done("readlink /sys/bus/pci/devices/$D/driver").text
        expect(driver.endswith("/vfio-pci"), f"after binding the driver is {driver or 'none'}")

    def power_off(self):
        """Ends guest and card as their users would. Without its card the machine has nothing left to show."""
        if not self.card.alive():
            self.machine.kill()
            return
        self.machine.power_off()
        self.machine.shell.close()
        self.card.stop()

    def kill(self):
        """Ends everything whatever it does."""
        for part in (self.machine, self.share, self.card):
            if part:
                part.kill()
        shutil.rmtree(self.sockets, ignore_errors=True)

    def find_card(self, vendor, device):
        """Looks for the card by its PCI ids."""
        listed = self.shell.run("lspci -D -n", PATIENCE).text
        found = re.search(rf"^(\S+) .*: {vendor:04x}:{device:04x}\b", listed, re.M)
        if not found:
            raise Failed(f"the guest sees no PCI function {vendor:04x}:{device:04x}: {listed}")
        self.address = found.group(1)


def last_line(text):
    """The line that tells most: the last that is not empty."""
    lines = [line for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "no output"
