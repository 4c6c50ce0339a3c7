"""The user's terminal on the guest's serial port: a shell to type into."""

import contextlib
import os
import select
import shutil
import sys
import termios
import tty

from shell import END

# Ctrl-], as telnet has it. All else is the guest's, Ctrl-C too.
ESCAPE = b"\x1d"
# How long a user may stay: the guest wants a bound for every script.
STAY_SECONDS = 30 * 86400
MARK = b"@@ "


@contextlib.contextmanager
def raw():
    """The terminal hands over each key as it is typed, and is in the end as it was before."""
    before = termios.tcgetattr(sys.stdin)
    try:
        tty.setraw(sys.stdin)
        yield
    finally:
        termios.tcsetattr(sys.stdin, termios.TCSADRAIN, before)


def session(settings):
    """The script that makes the port a terminal with a shell on it, and gives it back afterwards."""
    size = shutil.get_terminal_size()
    return f"""
        {settings}
        export TERM={os.environ.get("TERM", "vt100")} PS1='guest:\\w# '
        stty sane rows {size.lines} cols {size.columns} </dev/ttyS1
        setsid -c sh -i </dev/ttyS1 >/dev/ttyS1 2>&1
        stty raw -echo </dev/ttyS1"""


def split(held):
    """What of the guest's output can be shown, and what must wait: the last line, if it may be a mark that is the host's."""
    start = held.rfind(b"\n") + 1
    line = held[start:]
    if line and (MARK.startswith(line) or line.startswith(MARK)):
        return held[:start], line
    return held, b""


def attach(shell, settings):
    """Gives the terminal to a shell in the guest; True if that ended and the guest still answers, False if the guest is gone or was left."""
    shell.send(session(settings), STAY_SECONDS)
    held = shell.pending
    with raw():
        while True:
            ready, _, _ = select.select([shell.port, sys.stdin], [], [])
            if sys.stdin in ready:
                typed = os.read(sys.stdin.fileno(), 1024)
                if not typed or ESCAPE in typed:
                    return False
                shell.port.sendall(typed)
            if shell.port in ready:
                data = receive(shell.port)
                if not data:
                    return False
                shell.log.write(data)
                held += data
                found = END.search(held)
                if found and found.group("code"):
                    show(held[: found.start()])
                    return True
                if found:
                    shell.port.sendall(shell.line)
                    held = held[found.end() :]
                shown, held = split(held)
                show(shown)


def receive(port):
    try:
        return port.recv(65536)
    except OSError:
        return b""


def show(data):
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()
