#!/usr/bin/env python3
"""Line coverage of the engine from what Verilated models have collected.

Reads the files `<model>-<process>.dat` that models with the feature `coverage` leave in VERILATED_COVERAGE, and the Verilog they were made of.
A line of the engine in the card counts as run if it ran in the card, or if it ran in a block's own test and the module has the same text there but for
the names that say where it stands: same sizes, same build.
"""

import argparse
import collections
import json
import pathlib
import re
import sys

MODULE = re.compile(r"^module ([\w$]+)\(.*?^endmodule", re.MULTILINE | re.DOTALL)


def lines_of(text):
    """Line numbers of ranges as in `3-5,9`."""
    for part in text.split(","):
        first, _, last = part.partition("-")
        yield from range(int(first), int(last or first) + 1)


def points(path):
    """Module, lines and count of each point of a file in Verilator's format."""
    for line in path.read_text().splitlines():
        if not line.startswith("C '"):
            continue
        point, count = line[3:].rsplit("' ", 1)
        fields = dict(field.split("\x02", 1) for field in point.split("\x01") if "\x02" in field)
        kind, _, module = fields["page"].partition("/")
        if kind in ("v_line", "v_branch"):
            yield module, fields.get("S") or fields["l"], int(count)


class Design:
    """A model's Verilog, module by module."""

    def __init__(self, path):
        text = path.read_text()
        self.modules = {}
        for found in MODULE.finditer(text):
            name = found.group(1)
            # Names of submodules begin with their parent's.
            body = found.group(0).replace(name, "")
            self.modules[name] = (text.count("\n", 0, found.start()) + 1, body)


def find_verilog(build, model):
    """The Verilog a model was made of last."""
    found = sorted(build.glob(f"**/out/verilated/{model}-*/{model}.v"), key=lambda p: p.stat().st_mtime)
    if not found:
        raise SystemExit(f"coverage: no {model}.v below {build}; collect anew with `make coverage`")
    return found[-1]


def collect(data, build):
    """Counts by module text and line in it; designs by model."""
    counts, designs = collections.Counter(), {}
    for path in sorted(data.glob("*.dat")):
        model = path.stem.rpartition("-")[0]
        if model not in designs:
            designs[model] = Design(find_verilog(build, model))
        modules = designs[model].modules
        for module, lines, count in points(path):
            first, body = modules[module]
            for line in lines_of(lines):
                counts[body, line - first] += count
    return counts, designs


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=pathlib.Path, help="directory with the files of the models")
    parser.add_argument("build", type=pathlib.Path, help="directory of the build that made them")
    parser.add_argument("--model", default="card", help="model that holds the engine")
    parser.add_argument("--root", default="ferrolane_card$engine", help="module of the engine in it")
    parser.add_argument("--json", type=pathlib.Path, required=True)
    parser.add_argument("--missing", type=pathlib.Path, required=True, help="where the lines go that have not run")
    parser.add_argument("--least", type=float, default=95.0, help="percent below which this ends with an error")
    args = parser.parse_args()

    counts, designs = collect(args.data, args.build)
    if args.model not in designs:
        raise SystemExit(f"coverage: {args.data} holds nothing of {args.model}; collect it with `make coverage`")
    # Modules of equal text share their counts, so one pass over the keys is enough.
    by_text = collections.defaultdict(dict)
    for (body, line), count in counts.items():
        by_text[body][line] = count
    blocks, missing, total, run = collections.OrderedDict(), [], 0, 0
    for module, (first, body) in designs[args.model].modules.items():
        if module != args.root and not module.startswith(args.root + "$"):
            continue
        name = module[len(args.root) + 1 :]
        text = body.splitlines()
        lines = by_text[body]
        never = sorted(line for line, count in lines.items() if not count)
        block = blocks.setdefault(name.split("$")[0] or "(wires)", [0, 0])
        block[0] += len(lines)
        block[1] += len(lines) - len(never)
        total += len(lines)
        run += len(lines) - len(never)
        missing += [f"{name or '(wires)'}:{first + line}: {text[line].strip()}" for line in never]

    print(f"{'block':<14} {'lines':>6} {'run':>6} {'percent':>8}")
    for name, (lines, ran) in sorted(blocks.items(), key=lambda item: item[1][1] / max(1, item[1][0])):
        print(f"{name:<14} {lines:>6} {ran:>6} {100 * ran / max(1, lines):>8.2f}")
    percent = 100 * run / max(1, total)
    print(f"{'engine':<14} {total:>6} {run:>6} {percent:>8.2f}")
    args.missing.write_text("\n".join(missing) + "\n")
    args.json.write_text(
        json.dumps(
            {
                "engine_line_percent": round(percent, 2),
                "lines": total,
                "lines_run": run,
                "models": sorted(designs),
                "blocks": {name: {"lines": lines, "run": ran} for name, (lines, ran) in blocks.items()},
            },
            indent=1,
        )
        + "\n"
    )
    print(f"{args.json}; lines that have not run: {args.missing}")
    if percent < args.least:
        sys.exit(f"coverage: {percent:.2f} % of the engine's lines have run, {args.least} are asked for")


if __name__ == "__main__":
    main()
