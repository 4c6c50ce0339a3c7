"""The served card: a process of its own, the Verilated engine as a vfio-user device."""

import re
import subprocess

from background import await_socket, end
from reason import Failed

END_SECONDS = 20
FAULT = re.compile(r"IOMMU fault: (read|write) of (\d+) bytes at IOVA 0x([0-9a-f]+)")
BUSY = re.compile(r"client disconnected after (\d+) register accesses and (\d+) interrupts")


class Card:
    """`ferrolane serve` in the background. What it reports is in `log`."""

    def __init__(self, command, device, socket, messages, log):
        self.socket = socket
        self.log = log
        words = [str(command), "--device", device, "serve", "--socket", str(socket), "--dma", "messages" if messages else "mapped"]
        with open(log, "wb") as out:
            self.process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=out, stderr=out)
        await_socket(self.process, socket, log, "the card's process")

    def said(self):
        """All that it has reported so far."""
        return self.log.read_text(errors="replace")

    def faults(self):
        """Accesses that were refused: (read or write, bytes, address)."""
        return [(kind, int(length), int(address, 16)) for kind, length, address in FAULT.findall(self.said())]

    def alive(self):
        return self.process.poll() is None

    def kill(self):
        """Ends it as a crash would."""
        end(self.process)

    def stop(self):
        """Ends it as its user would; answers what its last client has done: register accesses, interrupts."""
        self.process.terminate()
        try:
            self.process.wait(END_SECONDS)
        except subprocess.TimeoutExpired as error:
            self.kill()
            raise Failed(f"the card's process did not end within {END_SECONDS} s of SIGTERM") from error
        clients = BUSY.findall(self.said())
        return tuple(map(int, clients[-1])) if clients else (0, 0)
