"""Processes in the background that listen on a socket."""

import time

from reason import Failed

# Starting takes a moment, on a busy machine a long one.
START_SECONDS = 60


def await_socket(process, socket, log, name):
    """Waits until `process` listens on `socket`; ends it if it doesn't, or if the wait is interrupted: nobody else knows it yet."""
    until = time.monotonic() + START_SECONDS
    try:
        while not socket.exists():
            if process.poll() is not None:
                said = log.read_text(errors="replace").strip()
                raise Failed(f"{name} ended with {process.returncode} at its start: {said}")
            if time.monotonic() > until:
                raise Failed(f"{name} did not listen within {START_SECONDS} s")
            time.sleep(0.02)
    except BaseException:
        end(process)
        raise


def end(process):
    """Ends a process whatever it is doing."""
    process.kill()
    process.wait()
