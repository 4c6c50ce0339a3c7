"""The card goes away under its driver. Nothing works on this machine afterwards, so it comes last."""

from reason import expect
from world import last_line


def card_killed(world):
    """The card's process is killed under a driver that waits for data: it ends with a reason, and does not hang.

    The driver sleeps when it happens: this QEMU ends itself with an assertion if a posted write finds the card gone.
    That takes a minute: so long the kernel waits for a card that it has reset.
    """
    world.done("""
        ferrolane-guest --device $D wait >/tmp/waiting 2>&1 &
        echo $! >/tmp/pid
        for i in $(seq 300); do grep -q waiting /tmp/waiting && break; sleep 0.1; done
        grep waiting /tmp/waiting""")
    world.card.kill()
    answer = world.run("""
        P=$(cat /tmp/pid)
        for i in $(seq 900); do kill -0 $P 2>/dev/null || break; sleep 0.1; done
        kill -0 $P 2>/dev/null && echo "@@ hangs=1"
        cat /tmp/waiting""")
    expect(not answer.fields().get("hangs"), "the driver still waits for a card that is gone")
    expect("device is lost" in answer.text, f"the driver said: {last_line(answer.text)}")
