"""The register map as software sees it, from `docs/src/ferrolane-abi.json`. No number of it is copied here."""

import json
import pathlib

_FILE = pathlib.Path(__file__).resolve().parents[2] / "docs" / "src" / "ferrolane-abi.json"
_TABLE = json.loads(_FILE.read_text())

CONST = {c["name"]: c["value"] for c in _TABLE["constants"]}
PAGE = {p["name"]: p["offset"] for p in _TABLE["pages"]}
_LIST = {one["name"]: {n["name"]: n["value"] for n in one["names"]} for one in _TABLE["lists"]}
STATUS = _LIST["STATUS"]
STATUS_NAME = {value: name for name, value in STATUS.items()}
DESC_FLAG = {name: 1 << bit for name, bit in _LIST["DESC_FLAG"].items()}
CPL_FLAG = {name: 1 << bit for name, bit in _LIST["CPL_FLAG"].items()}
REGISTERS = {b["name"]: {r["name"]: r for r in b["registers"]} for b in _TABLE["register_blocks"]}

# C2H pages stand behind the H2C ones; the distances are in the pages' descriptions, and are a table's stride times
# MAX_QUEUES.
H2C, C2H = 0, 1


def offset(block, name):
    """Offset of a register in its block, in bytes."""
    return REGISTERS[block][name]["offset"]


def _field(block, register, field):
    return next(f for f in REGISTERS[block][register]["fields"] if f["name"] == field)


def put(block, register, **values):
    """A register's value from those of its fields."""
    word = 0
    for name, value in values.items():
        field = _field(block, register, name)
        assert value < 1 << field["width"], f"{register}.{name} has no room for {value}"
        word |= value << field["lsb"]
    return word


def get(block, register, field, word):
    """A field of a register's value."""
    f = _field(block, register, field)
    return word >> f["lsb"] & ((1 << f["width"]) - 1)


def reset_value(register):
    """What a register that is not volatile reads after a reset."""
    return sum((f["reset"] or 0) << f["lsb"] for f in register["fields"] if f["access"] != "WO")


def write_mask(register):
    """Bits that keep what was written."""
    return sum(((1 << f["width"]) - 1) << f["lsb"] for f in register["fields"] if f["access"] == "RW")


def queue(direction, index, name):
    """Offset in BAR0 of a queue's register."""
    number = direction * CONST["MAX_QUEUES"] + index
    return PAGE["QUEUE"] + number * CONST["QUEUE_STRIDE"] + offset("QUEUE", name)


def doorbell(direction, index):
    """Offset in BAR0 of a queue's doorbell."""
    return PAGE["DOORBELL"] + (direction * CONST["MAX_QUEUES"] + index) * CONST["DOORBELL_STRIDE"]
