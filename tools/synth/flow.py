"""Runs yosys and nextpnr, each step once per content: results are kept under a hash of all that went in."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent

# The reference part: the cheapest family with a complete open flow, the fastest speed grade.
PART = "LFE5U-85F-8"
DEVICE = ["--85k", "--speed", "8", "--package", "CABGA756"]
# What the placer strives for, above every goal: with less it would stop early, with much more it despairs.
TARGET_MHZ = 160

# Latches are reported instead of refused, so that one message names them all.
# Without the wide multiplexers of a slice, which cost more LUTs here than they save.
SYNTH = "synth_ecp5 -nowidelut -latches warn -top {top} -json {out}"
# Electrostatic placement: its worst seed is better than that of the default; the page on synthesis says by how much.
ENGINE_PLACER = ["--placer", "static"]
# It never ends on some small blocks, whose cells nothing pulls apart, so blocks have the default, told to heed what is critical.
BLOCK_PLACER = ["--placer", "heap", "--placer-heap-critexp", "5", "--placer-heap-timingweight", "15"]
# The longest step of an engine takes less than an hour of a core.
STEP_SECONDS = 3 * 3600


class StepFailed(Exception):
    """A tool ended with an error; the text says where its messages are."""


def digest(*parts):
    """Name of a result in the cache: a hash of everything that it depends on, the pinned tools included."""
    total = hashlib.sha256()
    for part in ((HERE / "requirements.txt").read_text(), *parts):
        total.update(hashlib.sha256(part.encode()).digest())
    return total.hexdigest()[:24]


class Flow:
    """The tools and the folder of their results."""

    def __init__(self, tools, cache):
        self.python = str(Path(tools) / "python")
        self.cache = Path(cache)
        self.cache.mkdir(parents=True, exist_ok=True)
        self.locks = {}
        for left in self.cache.glob("run-*"):
            # Scratch of a run that was killed; nothing takes a day.
            if time.time() - left.stat().st_mtime > 86400:
                shutil.rmtree(left, ignore_errors=True)

    def _tool(self, name):
        """How to start a tool. Its own script names the interpreter by the path of the day it was installed."""
        return [self.python, "-c", f"import sys, yowasp_{name} as tool; sys.exit(tool.run_{name}(sys.argv[1:]))"]

    def _step(self, key, *step):
        """As `_run`, once even if several threads want the result: a block's wrapper asks for the netlist that its other row is of."""
        with self.locks.setdefault(key, threading.Lock()):
            return self._run(key, *step)

    def _run(self, key, inputs, command, wanted):
        """Runs `command` in a scratch folder with the files `inputs` unless `key` is in the cache; gives the folder, where
        the files `wanted` are.

        The tools see a private /tmp, so every path is relative to their working folder. A result shows up in the cache
        by renaming its whole folder, so an interrupted run leaves nothing that looks finished.
        """
        done = self.cache / key
        if done.is_dir():
            return done
        work = Path(tempfile.mkdtemp(prefix="run-", dir=self.cache))
        for name, source in inputs.items():
            if isinstance(source, Path):
                os.link(source, work / name)
            else:
                (work / name).write_text(source)
        with open(work / "log", "w") as log:
            try:
                code = subprocess.run(
                    command, cwd=work, stdout=log, stderr=subprocess.STDOUT, check=False, timeout=STEP_SECONDS
                ).returncode
            except subprocess.TimeoutExpired:
                code = f"no result in {STEP_SECONDS} s"
        missing = [name for name in wanted if not (work / name).is_file()]
        if code != 0 or missing:
            kept = self.cache / f"failed-{key}"
            shutil.rmtree(kept, ignore_errors=True)
            os.replace(work, kept)
            raise StepFailed(f"{command[0]} ended with {code}, see {kept}/log")
        try:
            os.replace(work, done)
        except OSError:
            # Another run has finished the same step meanwhile.
            shutil.rmtree(work, ignore_errors=True)
        return done

    def synthesise(self, text, top):
        """Folder of the mapped netlist of module `top` of the Verilog `text`, its key, and the latches that were found."""
        script = "read_verilog top.v; " + SYNTH.format(top=top, out="netlist.json")
        key = digest("yosys", script, text)
        command = [*self._tool("yosys"), "-q", "-l", "full.log", "-p", script]
        folder = self._step(key, {"top.v": text}, command, ["netlist.json"])
        lines = (folder / "full.log").read_text().splitlines()
        return folder, key, sorted({line for line in lines if "Latch inferred for" in line and "No latch" not in line})

    def place(self, folder, key, seed, out_of_context, placer):
        """nextpnr's report for the netlist in `folder`, with `seed` and the options `placer`."""
        options = [*DEVICE, "--freq", str(TARGET_MHZ), "--seed", str(seed), "--timing-allow-fail", "--lpf-allow-unconstrained"]
        options += [*placer, "--detailed-timing-report"]
        if out_of_context:
            options.append("--out-of-context")
        step = digest("nextpnr", key, " ".join(options))
        command = [*self._tool("nextpnr_ecp5"), *options, "--json", "netlist.json", "--report", "report.json"]
        done = self._step(step, {"netlist.json": folder / "netlist.json"}, command, ["report.json"])
        return json.loads((done / "report.json").read_text())


def say(text):
    """Progress, beside the table on stdout."""
    print(text, file=sys.stderr, flush=True)
