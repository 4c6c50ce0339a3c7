"""What a user does by hand: doctor, bind, unbind and rescan on a real kernel, and drivers that aren't ours alone."""

import json

from reason import expect

# QEMU maps what a guest's IOMMU lets a device write for reading, too: where the card accesses mapped memory itself, nothing refuses this.
BEYOND = "a read of write-only memory is refused"
# Of the command's exit codes: a card that can't be used as it is.
NOT_READY = 4


def doctor(world, code):
    """`ferrolane doctor`, which must end with this code; its checks by name."""
    answer = world.run("ferrolane --json doctor $D")
    expect(answer.code == code, f"doctor ended with {answer.code}, not {code}: {answer.text}")
    report = json.loads(answer.text[: answer.text.rindex("}") + 1])
    (device,) = report["devices"]
    return {check["check"]: check for check in device["checks"]}


def doctor_and_bind(world):
    """Doctor names what is missing and the command for it; that command mends it; unbinding and rescanning leave a card that works."""
    world.done("ferrolane unbind $D")
    missing = doctor(world, NOT_READY)["driver"]
    expect(missing["result"] == "failed", f"doctor says {missing}")
    expect(missing["commands"] == [f"sudo ferrolane bind {world.address}"], f"doctor advises {missing['commands']}")
    world.done("ferrolane bind $D && ferrolane bind $D")
    for name, check in doctor(world, 0).items():
        expect(check["result"] in ("ok", "warning", "skipped"), f"doctor says {name}: {check}")
    world.done("ferrolane rescan $D")
    world.done("ferrolane --device $D info")


def conformance(world):
    """The list of operations that every transport has to do alike."""
    answer = world.run("ferrolane-conformance $D")
    failed = [line[6:].split(":")[0] for line in answer.text.splitlines() if line.startswith("FAIL  ")]
    expect("20 operations" in answer.text and failed in ([], [BEYOND]), answer.text)


def driver_in_c(world):
    """A driver that isn't ours: one C file over VFIO and the generated header."""
    answer = world.done("loopback $D 200")
    packets, _, data = answer.text.strip().splitlines()[-1].partition(" packets, ")
    expect(packets == "200" and data.endswith(" bytes compared"), answer.text)
    world.count(int(data.split()[0]), 0)
