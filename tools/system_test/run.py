"""One boot after the other: start, scenarios, power off. Whatever happens, nothing is left running."""

import shutil
import subprocess
import time

import initramfs
from plan import title
from reason import Failed
from report import speeds
from shell import Answer
from world import PATIENCE, Wishes, World

LOG_LINES = 15


def show_logs(folder, say):
    """The end of each log, and where the whole of it is."""
    for path in sorted(folder.glob("*.log")):
        lines = path.read_text(errors="replace").splitlines()[-LOG_LINES:]
        say(f"--- {path}")
        for line in lines:
            say(f"    {line}")


def power_off(world):
    """Ends guest and card as their users would."""
    world.power_off()


class Runner:
    """What is the same for all boots."""

    def __init__(self, cache, programs, folder, report, say):
        self.cache = cache
        self.programs = programs
        self.folder = folder
        self.report = report
        self.say = say
        self.bytes = 0
        self.interrupts = 0
        self.notes = {}
        self.archive = folder / "initramfs"

    def prepare(self, boots):
        """Fetches what is missing and writes the guest's file system, the same for all kernels."""
        self.folder.mkdir(parents=True, exist_ok=True)
        folders = [self.cache.kernel(name) for name in sorted({boot.kernel for boot in boots})]
        for boot in boots:
            if boot.share:
                self.cache.share()
                self.cache.headers(boot.kernel)
        initramfs.build(self.cache, folders, self.programs["guest"], self.archive)

    def boot(self, boot):
        """Starts card and machine. A row of the report says how long that took."""
        folder = self.folder / boot.name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        share = folder / "share" if boot.share else None
        if share:
            share.mkdir()
        start = time.monotonic()
        try:
            world = World(boot, self.cache, self.programs, self.archive, folder, Wishes(share=share))
        except Failed as failed:
            self.report.row(boot.name, "boot", time.monotonic() - start, str(failed))
            show_logs(folder, self.say)
            return None
        self.report.row(boot.name, "boot", time.monotonic() - start)
        return world

    def run(self, boot, only):
        """A boot and its scenarios. After one that failed the next goes on, if the guest still answers."""
        world = self.boot(boot)
        if world is None:
            return
        clean = True
        try:
            for scenario in boot.scenarios:
                # The first ones make the card usable for all others.
                if only and only not in title(scenario) and scenario not in boot.scenarios[:2]:
                    continue
                clean = self.attempt(world, scenario) and clean
                if world.shell.lost:
                    break
            else:
                clean = self.attempt(world, power_off) and clean
        finally:
            world.kill()
        self.bytes += world.bytes
        self.interrupts += world.interrupts
        self.notes = {**world.notes, **self.notes}
        if not clean:
            show_logs(world.folder, self.say)

    def attempt(self, world, scenario):
        start = time.monotonic()
        reason = None
        try:
            scenario(world)
        except Failed as failed:
            reason = str(failed)
        except subprocess.TimeoutExpired as error:
            reason = f"{error.cmd[0]} did not end within {error.timeout:.0f} s"
        except (ValueError, KeyError) as error:
            reason = f"what the guest reported can't be understood: {error!r}"
        self.report.row(world.boot.name, title(scenario), time.monotonic() - start, reason)
        return reason is None

    def compare(self):
        """The same operations on the simulator within the program's own process."""
        guest = self.notes
        if "traffic" not in guest or "measure" not in guest:
            return
        fields = []
        for words in (["traffic", "--packets", "64", "--piece", "16384", "--pieces", "4", "--buffers", "32"], ["measure", "--rounds", "200"]):
            command = [str(self.programs["process"]), "--device", "sim", *words]
            done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE)
            fields.append(Answer(done.stdout, done.returncode, 0).fields())
        if all(fields):
            self.report.compare(speeds(guest["traffic"], guest["measure"]), speeds(*fields))
