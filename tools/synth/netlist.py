"""What a mapped netlist consists of, in all and by block of the hierarchy."""

import collections
import json

# Slots of the slices (TRELLIS_COMB) that a cell takes: a carry cell is two, a 16 x 4 LUT memory four and
# the two of its write port. Packing adds a few where carry chains begin and end.
SLOTS = {"LUT4": 1, "CCU2C": 2, "TRELLIS_DPR16X4": 6}
COLUMNS = {"lut4": "LUT4", "ccu2c": "CCU2C", "lutram": "TRELLIS_DPR16X4", "ff": "TRELLIS_FF", "ebr": "DP16KD"}


def load(path, top):
    """Names and types of the cells of module `top`."""
    cells = json.loads(path.read_text())["modules"][top]["cells"]
    return [(name, cell["type"]) for name, cell in cells.items() if cell["type"] != "$scopeinfo"]


def constant_outputs(path, top):
    """Name and bit of the outputs of module `top` that nothing drives but a constant."""
    ports = json.loads(path.read_text())["modules"][top]["ports"].items()
    outputs = [(name, port["bits"]) for name, port in ports if port["direction"] == "output"]
    return {(name, at) for name, bits in outputs for at, bit in enumerate(bits) if isinstance(bit, str)}


def count(cells):
    """Cells by column, and the slots they take."""
    kinds = collections.Counter(kind for _, kind in cells)
    result = {column: kinds[kind] for column, kind in COLUMNS.items()}
    result["comb"] = sum(kinds[kind] * slots for kind, slots in SLOTS.items())
    return result


def block_of(name, depth):
    """The block that a cell of the flattened netlist stands in, by its name.

    yosys names a LUT after the nearest net with a name of the source, so a LUT between two blocks counts for either.
    Names without a dot are of the ports of the whole.
    """
    path = name.split(".")[:-1]
    return ".".join(path[:depth]) or "(ports)"


def by_block(cells, depth):
    """Counts per block of the hierarchy down to `depth`, largest first."""
    blocks = collections.defaultdict(list)
    for cell in cells:
        blocks[block_of(cell[0], depth)].append(cell)
    rows = [{"block": block, **count(inside)} for block, inside in blocks.items()]
    return sorted(rows, key=lambda row: (-row["comb"], row["block"]))
