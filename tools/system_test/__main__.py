"""`make system-test`: a stock Linux kernel in a virtual machine drives the simulated card through VFIO. See docs/src/system-test.md."""

import argparse
import pathlib
import signal
import sys
import time

import plan
from cache import Cache, default_folder
from initramfs import PROGRAMS
from reason import Unavailable
from report import Report
from run import Runner

ROOT = pathlib.Path(__file__).resolve().parents[2]


def say(text):
    """To the terminal at once, also when it is a file."""
    print(text, flush=True)


def arguments():
    parser = argparse.ArgumentParser(prog="system-test")
    parser.add_argument("--binaries", type=pathlib.Path, required=True, help="folder with ferrolane and ferrolane-guest of this machine")
    parser.add_argument("--guest-binaries", type=pathlib.Path, required=True, help="folder with the same for the guest, static")
    parser.add_argument("--out", type=pathlib.Path, default=ROOT / "target", help="where system-test.json and the logs go")
    parser.add_argument("--cache", type=pathlib.Path, default=default_folder(ROOT))
    parser.add_argument("--short", action="store_true", help="one boot with a few scenarios")
    parser.add_argument("--machine", default="", help="only the machine of this name")
    parser.add_argument("--only", default="", help="only scenarios with this in their name")
    parser.add_argument("--refresh", action="store_true", help="fetch everything anew")
    return parser.parse_args()


def chosen(options):
    """The boots that the options name."""
    if options.short:
        return [plan.SHORT]
    boots = [boot for boot in plan.BOOTS if options.machine in ("", boot.name)]
    if not boots:
        sys.exit(f"system-test: there is no machine {options.machine}; there are {', '.join(boot.name for boot in plan.BOOTS)}")
    return boots


def main():
    options = arguments()
    start = time.monotonic()
    # Whoever ends the run ends what it has started too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    cache = Cache(options.cache, say)
    if options.refresh:
        cache.clear()
    programs = {
        "serve": options.binaries / "ferrolane",
        "process": options.binaries / "ferrolane-guest",
        "guest": [options.guest_binaries / name for name in PROGRAMS],
    }
    report = Report(say)
    runner = Runner(cache, programs, options.out / "system-test", report, say)
    boots = chosen(options)
    try:
        runner.prepare(boots)
    except Unavailable as unavailable:
        if options.short:
            say(f"system-test: skipped: {unavailable}")
            return
        sys.exit(f"system-test: {unavailable}")
    report.start()
    for boot in boots:
        runner.run(boot, options.only)
    runner.compare()
    report.finish(options.out / "system-test.json", cache.versions(), time.monotonic() - start, runner.bytes, runner.interrupts)
    if report.failed():
        sys.exit(1)


if __name__ == "__main__":
    main()
