"""Wraps a module in registers, so that it can be placed with four pins: every path is then between two registers."""

import re

PORT = re.compile(r"^\s*(input|output)\s+(?:wire|reg)?\s*(?:\[(\d+):0\])?\s*([A-Za-z_]\w*)\s*;", re.MULTILINE)


# What the clock is called: at an engine's port, at a block's.
CLOCKS = ("clk", "clock")


def ports(text, top):
    """Direction, width and name of each port of module `top`."""
    body = re.search(rf"^module {re.escape(top)}\(.*?^endmodule", text, re.MULTILINE | re.DOTALL)
    if body is None:
        raise ValueError(f"no module {top}")
    return [(way, int(high or 0) + 1, name) for way, high, name in PORT.findall(body.group(0))]


def wrap(text, top, constant=frozenset()):
    """The text with a module `pins` around `top`.

    A shift register feeds the inputs, a bit each. The outputs are registered, then folded by XOR, four into one per
    register, down to one pin: nothing can be optimised away, and no path of the wrapper is longer than one LUT. Outputs in
    `constant`, name and bit, are left open: one that is unknown, since what would drive it is not built, makes every XOR unknown.
    """
    clock = next(name for _, _, name in ports(text, top) if name in CLOCKS)
    inputs = [(width, name) for way, width, name in ports(text, top) if way == "input" and name != clock]
    outputs = [(width, name) for way, width, name in ports(text, top) if way == "output"]
    n_in, n_out = sum(w for w, _ in inputs), sum(w for w, _ in outputs)
    bits = [(name, bit) for width, name in outputs for bit in range(width)]
    told = [at for at, bit in enumerate(bits) if bit not in constant]
    source = f"{{{', '.join(f'out[{at}]' for at in reversed(told))}}}" if len(told) < n_out else "out"
    wires, at = [f".{clock}(clock)"], 0
    for width, name in inputs:
        wires.append(f".{name}(feed[{at + width - 1}:{at}])")
        at += width
    at = 0
    for width, name in outputs:
        wires.append(f".{name}(out[{at + width - 1}:{at}])")
        at += width
    lines = [
        "module pins(input wire clock, input wire si, output wire so);",
        # A shift register of flip-flops without reset or enable; `keep` stops it from becoming a memory.
        f"(* keep *) reg [{n_in - 1}:0] feed;",
        f"always @(posedge clock) feed <= {{feed[{n_in - 2}:0], si}};",
        f"wire [{n_out - 1}:0] out;",
        f"{top} inner({', '.join(wires)});",
        f"reg [{len(told) - 1}:0] fold0;",
        f"always @(posedge clock) fold0 <= {source};",
    ]
    level, left = 0, len(told)
    while left > 1:
        following = (left + 3) // 4
        lines.append(f"reg [{following - 1}:0] fold{level + 1};")
        lines.append("always @(posedge clock) begin")
        for i in range(following):
            lines.append(f"fold{level + 1}[{i}] <= ^fold{level}[{min(left, 4 * i + 4) - 1}:{4 * i}];")
        lines.append("end")
        level, left = level + 1, following
    lines += [f"assign so = fold{level}[0];", "endmodule", ""]
    return text + "\n" + "\n".join(lines)


def is_folded(cells):
    """Whether the fold is among the named cells: the XOR with an output that is unknown is unknown, and goes."""
    return any(name.startswith(("fold", "so")) for name in cells)
