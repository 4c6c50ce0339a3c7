"""The way to the guest: shell scripts out, their output and exit codes back, over a serial port. See `guest/init`."""

import base64
import dataclasses
import re
import socket
import time

from reason import Failed

# From the start of QEMU to the first line of the guest's shell, on a machine that is busy with other things.
BOOT_SECONDS = 300
# What a script may exceed its time by, until the guest itself has ended it and said so.
GRACE_SECONDS = 30
END = re.compile(rb"^@@ (?:exit (?P<code>\d+) [\d.]+|again)\r?$", re.M)
# How often a script is sent that does not arrive whole.
TRIES = 5
READY = re.compile(rb"^@@ ready (\S+) ([\d.]+)\r?$", re.M)


@dataclasses.dataclass
class Answer:
    """What a script printed, and how it ended."""

    text: str
    code: int
    seconds: float

    def fields(self, mark="@@ "):
        """The words `name=value` of all lines that begin with `mark`, numbers as numbers."""
        found = {}
        for line in self.text.splitlines():
            if line.startswith(mark):
                pairs = (word.split("=", 1) for word in line.split() if "=" in word)
                found.update({name: number(value) for name, value in pairs})
        return found


def number(text):
    """A number where it is one, else the text."""
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            pass
    return text


class Shell:
    """A connection to the guest's second serial port. All that passes is in `log` too."""

    def __init__(self, path, process, log):
        self.process = process
        self.log = open(log, "wb")
        self.pending = b""
        self.line = b""
        # Set when the guest no longer answers: what it may still say belongs to nothing.
        self.lost = False
        self.port = self.connect(path)
        self.kernel = self.await_line(READY, BOOT_SECONDS, "its shell to start")[1].group(1).decode()

    def connect(self, path):
        end = time.monotonic() + GRACE_SECONDS
        port = socket.socket(socket.AF_UNIX)
        while True:
            try:
                port.connect(str(path))
                return port
            except OSError as error:
                if self.process.poll() is not None:
                    raise Failed(f"QEMU ended with {self.process.returncode} at its start") from error
                if time.monotonic() > end:
                    raise Failed(f"QEMU did not open its serial port within {GRACE_SECONDS} s") from error
                time.sleep(0.02)

    def await_line(self, pattern, seconds, what):
        """Waits for a line; answers what came before it, and the match."""
        end = time.monotonic() + seconds
        while True:
            found = pattern.search(self.pending)
            # The line must be complete: what follows the match is at least its end.
            if found and found.end() < len(self.pending):
                before, self.pending = self.pending[: found.start()], self.pending[found.end() + 1 :]
                return before, found
            left = end - time.monotonic()
            if left <= 0:
                self.lost = True
                raise Failed(f"the guest was waited for in vain, {seconds:.0f} s, for {what}")
            self.port.settimeout(left)
            try:
                data = self.port.recv(65536)
            except TimeoutError:
                continue
            except OSError:
                data = b""
            if not data:
                self.lost = True
                raise Failed(f"the guest is gone, while it was waited for {what}")
            self.log.write(data)
            self.log.flush()
            self.pending += data

    def send(self, script, seconds):
        """Starts a script and does not wait for it."""
        encoded = base64.b64encode(script.encode())
        self.log.write(b"\n$ " + script.encode() + b"\n")
        self.line = b"%d %d %s\n" % (seconds, len(encoded), encoded)
        self.port.sendall(self.line)

    def finish(self, seconds):
        """Waits for the script that was started."""
        for _ in range(TRIES):
            before, found = self.await_line(END, seconds + GRACE_SECONDS, "a script to end")
            if found.group("code"):
                break
            self.port.sendall(self.line)
        else:
            self.lost = True
            raise Failed(f"a script did not arrive whole in the guest in {TRIES} tries")
        text = before.decode(errors="replace").replace("\r", "").strip("\n")
        return Answer(text, int(found.group("code")), seconds)

    def run(self, script, seconds=60):
        """Runs a script to its end; it is killed after `seconds`, with code 137."""
        start = time.monotonic()
        self.send(script, seconds)
        answer = self.finish(seconds)
        return dataclasses.replace(answer, seconds=time.monotonic() - start)

    def close(self):
        self.port.close()
        self.log.close()
