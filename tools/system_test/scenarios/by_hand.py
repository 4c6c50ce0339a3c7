"""`make guest` as its user has it: a shell on a terminal, or a script and its exit code; nothing stays behind either."""

import contextlib
import os
import pathlib
import pty
import re
import select
import subprocess
import sys
import tempfile
import time

from reason import expect
from shell import BOOT_SECONDS
from world import PATIENCE as SCRIPT_SECONDS

PROGRAM = pathlib.Path(__file__).parents[1] / "interactive.py"
# A boot is in it.
PATIENCE = BOOT_SECONDS + SCRIPT_SECONDS
PROMPT = "guest:/share# "
INTERRUPT = b"\x03"


def command(world, *words):
    """The command line of `make guest` with the binaries and the folder of this run."""
    binaries = ("--binaries", world.programs["serve"].parent, "--guest-binaries", world.programs["guest"][0].parent)
    places = ("--out", world.folder, "--cache", world.cache.folder, "--share", world.wishes.share)
    return [sys.executable, *map(str, (PROGRAM, *binaries, *places, *words))]


@contextlib.contextmanager
def nothing_stays(world):
    """An environment whose temporary folder is empty in the end, and named by no process any more."""
    place = pathlib.Path(tempfile.mkdtemp(dir=world.sockets))
    yield {**os.environ, "TMPDIR": str(place)}
    expect(not list(place.iterdir()), f"{place} has {[path.name for path in place.iterdir()]}")
    for process in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            said = process.read_bytes().replace(b"\0", b" ").decode(errors="replace")
            expect(str(place) not in said, f"still there: {said}")


def converse(terminal, steps):
    """For each step waits until the output has a pattern, then types; answers all of the output."""
    heard = said = ""
    end = time.monotonic() + PATIENCE
    for pattern, typed in steps:
        while not re.search(pattern, said):
            ready, _, _ = select.select([terminal], [], [], max(0, end - time.monotonic()))
            expect(ready, f"waited for /{pattern}/ in vain for {PATIENCE} s, at {said[-500:]!r}")
            try:
                said += os.read(terminal, 4096).decode(errors="replace")
            except OSError:
                expect(False, f"the terminal was left before /{pattern}/, at {said[-500:]!r}")
        heard, said = heard + said, ""
        os.write(terminal, typed)
    return heard


def shell_by_hand(world):
    """A shell in the guest by a terminal: it has the card and the folder, Ctrl-C is its own, `exit` ends all."""
    (world.wishes.share / "note").write_text("from the host\n")
    steps = [
        (PROMPT, b"cat note; lspci -n -s $D\r"),
        # Until the command has begun, Ctrl-C is but a key to the shell.
        (r"from the host\r\n01:00.0 [^\r]*\r\n" + PROMPT, b"sh -c 'echo asleep; exec sleep 1000'\r"),
        (r"asleep\r\n", INTERRUPT),
        (r"\^C\r?\n" + PROMPT, b"exit\r"),
    ]
    with nothing_stays(world) as environment:
        terminal, end = pty.openpty()
        process = subprocess.Popen(command(world), stdin=end, stdout=end, stderr=end, env=environment, start_new_session=True)
        os.close(end)
        try:
            converse(terminal, steps)
            # What still comes must be read, or it could not be written.
            with contextlib.suppress(OSError):
                while select.select([terminal], [], [], PATIENCE)[0] and os.read(terminal, 4096):
                    pass
            code = process.wait(PATIENCE)
            expect(code == 0, f"after `exit` it ended with {code}")
        finally:
            # As a terminal that is closed; the program ends what it has started.
            process.terminate()
            process.wait()
            os.close(terminal)


def script_by_hand(world):
    """A script in a guest with another card: its output and its exit code come back."""
    with nothing_stays(world) as environment:
        script = "ferrolane bind $D >/dev/null && ferrolane --device $D info && exit 7"
        words = command(world, "--card", "sim:gen2x8", "--run", script)
        process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)
        try:
            printed, said = process.communicate(timeout=PATIENCE)
        finally:
            # Not killed: it has a machine to end.
            process.terminate()
            process.wait()
    expect(process.returncode == 7, f"it ended with {process.returncode}: {printed} {said}")
    expect("Gen2 x8" in printed, f"with the card sim:gen2x8 it printed {printed}")
