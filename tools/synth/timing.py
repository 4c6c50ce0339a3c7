"""nextpnr's timing report in short: the frequency, and where the slowest path runs."""

import re


def frequency(report):
    """Highest frequency of the only clock, in MHz; None if no path runs between registers."""
    found = [clock["achieved"] for clock in report["fmax"].values()]
    return round(min(found), 1) if found else None


def source_name(cell):
    """The register or memory that a cell is, in the source's terms."""
    return re.sub(r"(_TRELLIS_FF|_LUT4|_PFUMX|_L6MUX21|_CCU2C|\.mem\.\d+).*", "", cell)


def levels(path):
    """LUTs and carry chains on the path; a chain counts once, however long it is."""
    return sum(s["type"] == "logic" and not s["from"]["port"].startswith(("FCI", "F1", "FX")) for s in path)


def nets(path):
    """What the path passes by, in the source's terms: each register or port that its wires are named after, once."""
    names = []
    for step in path:
        name = source_name(step.get("net", ""))
        if name and not name.startswith("$") and name not in names:
            names.append(name)
    return names


def slowest(report):
    """The slowest path between registers: ends, levels, time in logic and in wires, and what it passes by."""
    paths = [
        p["path"]
        for p in report["critical_paths"]
        if p["path"] and not p["from"].startswith("<async>") and not p["to"].startswith("<async>")
    ]
    if not paths:
        return None
    path = max(paths, key=lambda p: sum(s["delay"] for s in p))
    wires = sum(s["delay"] for s in path if s["type"] == "routing")
    return {
        "from": source_name(path[0]["from"]["cell"]),
        "to": source_name(path[-1]["to"]["cell"]),
        "levels": levels(path),
        "logic_ns": round(sum(s["delay"] for s in path) - wires, 2),
        "routing_ns": round(wires, 2),
        "through": nets(path),
    }


def endpoints(report, most=40):
    """The latest arrivals, one per register, memory or bus, latest first.

    Names a whole bottleneck, where the slowest path shows only its worst bit.
    """
    arrivals = {}
    for net in report.get("detailed_net_timings", []):
        for end in net["endpoints"]:
            name, delay = source_name(end["cell"]), max(end["delay"])
            arrivals[name] = max(delay, arrivals.get(name, 0.0))
    ranked = sorted(arrivals.items(), key=lambda arrival: (-arrival[1], arrival[0]))
    return [{"to": name, "ns": round(delay, 2)} for name, delay in ranked[:most]]
