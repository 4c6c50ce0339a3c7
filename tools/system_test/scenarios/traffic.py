"""Data through the card and back, compared: by the command, and by the test program where there is no option for it."""

import json

from reason import expect

QUEUES = 4
# Device time without progress that the command allows: the clock of the guest, behind which a simulator works.
TIMEOUT = "30s"
MEGABYTE = 1 << 20


def transfer(world, wait, size, options=""):
    """`ferrolane transfer` of a random file; the files are compared here too, by their hash."""
    script = f"""
        head -c {size} /dev/urandom >/tmp/in
        ferrolane --json --device $D transfer --input /tmp/in --output /tmp/out --wait {wait} --timeout {TIMEOUT} {options}
        code=$?
        cmp /tmp/in /tmp/out >&2 || code=99
        rm -f /tmp/in /tmp/out
        exit $code"""
    told = json.loads(world.done(script).text)
    expect(told["bytes"] == size and told["compared_equal"], f"transfer says {told}")
    world.count(size, 0)
    return told


def transfer_poll(world):
    """A file by polling, in fragments at odd addresses."""
    transfer(world, "poll", 300_001, "--fragment 4096 --offset 61")


def transfer_interrupt(world):
    """A file by interrupt."""
    transfer(world, "interrupt", 200_003, "--fragment 8192 --offset 3 --queue 1")


def feeds(world):
    """Every way to feed a queue, by polling and by interrupt."""
    for feed in ("ring", "push", "direct"):
        for wait in ("poll", "interrupt"):
            fields = world.test(f"traffic --feed {feed} --wait {wait} --packets 8 --piece 3000 --offset 5")
            expect(fields["bytes"] == 8 * 4 * 3000, f"{feed} by {wait}: {fields}")
            expect((fields["interrupts"] > 0) == (wait == "interrupt"), f"{feed} by {wait}: {fields}")


def small_pages(world):
    """Packets of hundreds of fragments out of 4 KiB pages."""
    fields = world.test("traffic --piece 1021 --offset 3075 --pieces 300 --packets 2 --buffers 256")
    expect(fields["bytes"] == 2 * 300 * 1021, f"{fields}")
    expect(fields["huge_kib"] == 0, f"{fields['huge_kib']} KiB are in huge pages")


def huge_page(world):
    """Descriptors of half a MiB within huge pages; the kernel gives them to shared memory that asks."""
    setting = "/sys/kernel/mm/transparent_hugepage/shmem_enabled"
    world.done(f"echo advise >{setting}")
    fields = world.test("traffic --piece 524288 --pieces 2 --packets 2 --buffers 4")
    world.done(f"echo never >{setting}")
    expect(fields["huge_kib"] >= 2048, f"{fields['huge_kib']} KiB are in huge pages, not 2048 or more")


def all_queues(world):
    """All queue pairs at once, by polling and by interrupt."""
    for wait in ("poll", "interrupt"):
        fields = world.test(f"traffic --queues {QUEUES} --wait {wait} --packets 12 --piece 2049 --offset 2047")
        expect(fields["bytes"] == QUEUES * 12 * 4 * 2049, f"{wait}: {fields}")


def throughput(world):
    """A few MiB, by the guest's clock and by the card's."""
    fields = world.test("traffic --packets 64 --piece 16384 --pieces 4 --buffers 32")
    world.notes["traffic"] = fields
    expect(fields["bytes"] == 4 * MEGABYTE, f"{fields}")


def latency(world):
    """How long register accesses and interrupts take."""
    fields = world.test("measure --rounds 200")
    world.notes["measure"] = fields
    # The kernel's own count: each interrupt that was raised came, and none twice.
    expect(fields["interrupts"] == fields["rounds"], f"{fields}")
