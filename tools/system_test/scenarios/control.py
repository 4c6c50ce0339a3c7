"""Resets, owners that go and come, limits: what happens to a card between and under its users."""

import json

from reason import expect
from scenarios import traffic
from world import last_line

DRIVER = "/sys/bus/pci/drivers/vfio-pci"
PERMISSION = 4
# Starts endless traffic and waits for its first bytes; $P is its process.
ENDLESS = """
    ferrolane-guest --device $D traffic --queues 4 --packets 0 --patience 5 >/tmp/endless 2>&1 &
    P=$!
    for i in $(seq 600); do grep -q moving /tmp/endless && break; kill -0 $P || break; sleep 0.1; done
    grep moving /tmp/endless || { cat /tmp/endless; exit 1; }
"""


def works(world):
    """The next driver finds a card that works."""
    traffic.transfer(world, "interrupt", 50_001)


def reset_in_traffic(world):
    """VFIO's reset, which is a Function Level Reset, in the middle of traffic; then the same driver goes on."""
    world.test("reset --queues 4 --packets 8")
    works(world)


def flr_from_outside(world):
    """The kernel resets the function under a driver that is moving data: the driver stops with a reason."""
    methods = world.done("cat /sys/bus/pci/devices/$D/reset_method").text
    expect("flr" in methods.split(), f"the kernel would reset the card by: {methods}")
    answer = world.run(f"""{ENDLESS}
        echo 1 >/sys/bus/pci/devices/$D/reset || echo "reset refused"
        wait $P
        echo "@@ code=$?"
        cat /tmp/endless""")
    expect(answer.fields().get("code") == 1, f"the driver ended with {answer.fields().get('code')}: {last_line(answer.text)}")
    works(world)


def second_open(world):
    """A second driver is refused with a reason while the first moves data; the first is not disturbed."""
    answer = world.run(f"""{ENDLESS}
        ferrolane --device $D info
        echo "@@ code=$?"
        sleep 0.5
        kill -0 $P && echo "@@ first=1"
        kill $P; wait $P""")
    fields = answer.fields()
    expect(fields.get("code") == PERMISSION, f"the second open ended with {fields.get('code')}: {answer.text}")
    expect("in use" in answer.text, f"the second driver was told: {answer.text}")
    expect(fields.get("first") == 1, f"the first driver ended: {answer.text}")
    works(world)


def killed_driver(world):
    """SIGKILL with DMA in flight; then the next driver works, on the same boot."""
    for _ in range(3):
        answer = world.run(f"{ENDLESS}\nkill -9 $P; wait $P; echo \"@@ code=$?\"")
        expect(answer.fields().get("code") == 137, f"the driver did not die: {answer.text}")
        works(world)


def rebound(world):
    """The card is taken from vfio-pci, refused to the driver with a remedy, and given back."""
    world.done(f"echo $D >{DRIVER}/unbind")
    answer = world.run("ferrolane --device $D info")
    expect(answer.code == PERMISSION and "vfio-pci" in answer.text, f"without a driver: {answer.code}, {answer.text}")
    world.bind()
    works(world)


def interrupts_again(world):
    """The kernel turns interrupts off and on again, with all vectors masked between: none is lost, none comes twice."""
    for _ in range(3):
        fields = world.test("measure --rounds 32")
        expect(fields["interrupts"] == fields["rounds"], f"{fields}")


def memlock(world):
    """A user who may lock little is told the limit; with enough the same user, who isn't root, moves data."""
    group = world.done("basename $(readlink /sys/bus/pci/devices/$D/iommu_group)").text
    answer = world.run(f"""
        chmod 666 /dev/vfio/vfio; chown nobody /dev/vfio/{group}; chmod 777 /tmp
        head -c 100000 /dev/urandom >/tmp/in; chmod 644 /tmp/in
        try="ferrolane --json --device $D transfer --input /tmp/in --output /tmp/out --timeout {traffic.TIMEOUT}"
        (ulimit -l 64; su -m -s /bin/sh nobody -c "$try"); echo "@@ little=$?"
        (ulimit -l 65536; su -m -s /bin/sh nobody -c "$try") >/tmp/told; echo "@@ enough=$?"
        cat /tmp/told
        rm -f /tmp/in /tmp/out""")
    fields = answer.fields()
    expect(fields.get("little") == PERMISSION, f"with 64 KiB it ended with {fields.get('little')}: {answer.text}")
    expect("RLIMIT_MEMLOCK" in answer.text, f"with 64 KiB it said: {answer.text}")
    expect(fields.get("enough") == 0, f"with 64 MiB it ended with {fields.get('enough')}: {answer.text}")
    told = json.loads(answer.text[answer.text.index("\n{") :])
    world.count(told["bytes"], 0)
