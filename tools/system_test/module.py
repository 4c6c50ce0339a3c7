"""A kernel module, built on this machine for a guest's kernel."""

import os
import shutil
import subprocess

import headers
from reason import Failed

# With this the kernel was built, and its Makefiles ask for it.
COMPILER = "gcc-12"
BUILD_SECONDS = 300


def build(place, folder, *settings):
    """Runs the kernel's own build in `folder`, which has a Kbuild or a Makefile with `obj-m`, against the headers in `place`.

    Answers what it printed. `settings` are make's, as in NAME=VALUE.
    """
    for program in ("make", COMPILER):
        if not shutil.which(program):
            raise Failed(f"a kernel module is built with {program}, which is not there; `sudo apt-get install {program}`")
    command = ["make", "-C", str(place / "build"), f"M={folder.resolve()}", *settings, "modules"]
    # objtool wants libelf, which not every machine has.
    environment = {**os.environ, "LD_LIBRARY_PATH": str(place / headers.LIBRARIES)}
    # What an outer make says is for its own targets.
    for name in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "MAKEOVERRIDES"):
        environment.pop(name, None)
    try:
        done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=BUILD_SECONDS)
    except subprocess.TimeoutExpired as error:
        raise Failed(f"building {folder} did not end within {BUILD_SECONDS} s") from error
    said = done.stdout + done.stderr
    if done.returncode != 0:
        raise Failed(f"building {folder} failed:\n{said.strip()}")
    return said
