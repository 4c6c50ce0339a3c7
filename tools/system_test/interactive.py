"""`make guest`: one machine with the card in it, for whoever develops a driver. See docs/src/develop.md."""

import argparse
import dataclasses
import fcntl
import pathlib
import shutil
import signal
import sys

import module
import plan
import terminal
from cache import Cache, default_folder
from initramfs import PROGRAMS
from reason import Failed, Unavailable
from run import Runner, show_logs
from scenarios.identity import ABI
from world import Wishes, World

ROOT = pathlib.Path(__file__).resolve().parents[2]
RUN_SECONDS = 600
ENDINGS = (signal.SIGTERM, signal.SIGHUP)
# Files by which a folder is known as one that the kernel's build can build.
BUILDABLE = ("Kbuild", "Makefile")


def say(text):
    """Not to standard output, which is the guest's."""
    print(text, file=sys.stderr, flush=True)


def folder(text):
    path = pathlib.Path(text).resolve()
    if not path.is_dir():
        raise argparse.ArgumentTypeError(f"{text} is no folder; give one of this machine, the guest has it as /share")
    return path


def port(text):
    if not text.isdecimal() or not 1024 <= int(text) <= 65535:
        raise argparse.ArgumentTypeError(f"{text} is no port for gdb; give a number from 1024 to 65535")
    return int(text)


def seconds(text):
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"{text} is no time; give whole seconds, 1 or more")
    return int(text)


def arguments():
    names = [boot.name for boot in plan.BOOTS]
    parser = argparse.ArgumentParser(prog="guest", description="Boots a virtual machine with the simulated card and gives you a shell in it.")
    parser.add_argument("--binaries", type=pathlib.Path, required=True, help="folder with ferrolane of this machine")
    parser.add_argument("--guest-binaries", type=pathlib.Path, required=True, help="folder with the programs for the guest, static")
    parser.add_argument("--out", type=pathlib.Path, default=ROOT / "target", help="where the logs go, in guest/")
    parser.add_argument("--cache", type=pathlib.Path, default=default_folder(ROOT))
    parser.add_argument("--machine", choices=names, default="bookworm", help="kernel and IOMMU (default: %(default)s, for which modules can be built)")
    parser.add_argument("--share", type=folder, metavar="FOLDER", help="a folder of this machine that the guest has as /share")
    parser.add_argument("--card", default="sim", metavar="OPTIONS", help="the card as `ferrolane --device` takes it: sim:gen3x8,seed=7")
    parser.add_argument("--dma", choices=("mapped", "messages"), help="how the card reaches the guest's memory (default: as the machine has it)")
    parser.add_argument("--gdb", type=port, metavar="PORT", help="let gdb debug the guest's kernel by this TCP port of this machine")
    parser.add_argument("--append", default="", metavar="WORDS", help="more for the command line of the guest's kernel")
    parser.add_argument("--run", metavar="SCRIPT", help="run this in the guest instead of a shell, print its output, end with its code")
    parser.add_argument("--seconds", type=seconds, default=RUN_SECONDS, help="how long the script of --run may take (default: %(default)s)")
    parser.add_argument("--module", type=folder, metavar="FOLDER", help="boot nothing: build the kernel module in this folder for the guest")
    parser.add_argument("--refresh", action="store_true", help="fetch everything anew")
    options = parser.parse_args()
    if options.card.partition(":")[0] != "sim":
        parser.error(f"--card {options.card}: the guest's card is a simulated one; give sim or sim:OPTIONS, `ferrolane --device sim:help info` lists them")
    if options.run is None and options.module is None and not sys.stdin.isatty():
        parser.error("standard input is no terminal to type into; --run SCRIPT runs a script without one")
    return options


def machine(options):
    """The boot that the options name."""
    (boot,) = (boot for boot in plan.BOOTS if boot.name == options.machine)
    messages = boot.messages if options.dma is None else options.dma == "messages"
    return dataclasses.replace(boot, messages=messages, share=False)


def wishes(options):
    """What the boot has beyond its machine."""
    qemu, append = (), options.append
    if options.gdb:
        # Only for this machine, and with the kernel where its symbols say.
        qemu = ("-gdb", f"tcp:127.0.0.1:{options.gdb}")
        append += " nokaslr"
    return Wishes(options.card, options.share, qemu, append)


def build(cache, options):
    """Builds the user's module against the headers of the machine's kernel."""
    if not any((options.module / name).exists() for name in BUILDABLE):
        raise Failed(f"{options.module} has neither {' nor '.join(BUILDABLE)}; one with `obj-m := NAME.o` is needed")
    print(module.build(cache.headers(machine(options).kernel), options.module), end="")


def boot(cache, options):
    """Boots, and does what was asked for; answers the exit code."""
    lock = alone(options.out / "guest")
    programs = {
        "serve": options.binaries / "ferrolane",
        "guest": [options.guest_binaries / name for name in PROGRAMS],
    }
    chosen = machine(options)
    if options.share:
        cache.share()
    runner = Runner(cache, programs, options.out / "guest", None, say)
    runner.prepare([chosen])
    logs = options.out / "guest" / chosen.name
    shutil.rmtree(logs, ignore_errors=True)
    logs.mkdir()
    say(f"booting {chosen.name}; logs are in {logs}")
    try:
        world = World(chosen, cache, programs, runner.archive, logs, wishes(options))
    except Failed:
        show_logs(logs, say)
        raise
    try:
        world.find_card(ABI["PCI_VENDOR_ID"], ABI["PCI_DEVICE_ID"])
        return script(world, options) if options.run is not None else shell(world, options)
    except Failed:
        show_logs(logs, say)
        raise
    finally:
        world.kill()
        lock.close()


def script(world, options):
    answer = world.run(options.run, options.seconds)
    if answer.text:
        print(answer.text, flush=True)
    world.power_off()
    return answer.code


def shell(world, options):
    """A shell until its user leaves it."""
    say(f"Linux {world.shell.kernel}; the card is {world.address}, also $D; driver: none, `ferrolane bind $D` gives it to vfio-pci")
    if options.share:
        say(f"{options.share} is /share")
    if options.gdb:
        say(f"gdb: `target remote :{options.gdb}`")
    say("`exit` powers off, Ctrl-] ends at once")
    go = "cd /share" if options.share else "cd"
    answers = terminal.attach(world.shell, f"export D={world.address}; {go}")
    say("")
    if answers:
        world.power_off()
    return 0


def leave(caught, _):
    """Ends all, once: another signal must not interrupt that."""
    for number in ENDINGS:
        signal.signal(number, signal.SIG_IGN)
    sys.exit(128 + caught)


def alone(place):
    """Holds `place` for this run: a second one would take the logs of the first away. Answers what holds it."""
    place.mkdir(parents=True, exist_ok=True)
    lock = open(place / "lock", "w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        raise Failed(f"another guest is running with its logs in {place}; end it first, or give this one another --out") from error
    return lock


def main():
    options = arguments()
    # Whoever ends this, or closes its terminal, ends what it has started too.
    for number in ENDINGS:
        signal.signal(number, leave)
    cache = Cache(options.cache, say)
    if options.refresh:
        cache.clear()
    try:
        sys.exit(build(cache, options) if options.module else boot(cache, options))
    except (Failed, Unavailable) as reason:
        sys.exit(f"guest: {reason}")
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
