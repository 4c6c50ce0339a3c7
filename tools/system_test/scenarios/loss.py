"""The card goes away under its driver. Nothing works on this machine afterwards, so it comes last."""

from reason import expect
from scenarios import control
from world import last_line


def card_killed(world):
    """The card's process is killed while data moves: the driver ends with a reason, and does not hang."""
    world.done(f"{control.ENDLESS}\necho $P >/tmp/pid")
    world.card.kill()
    answer = world.run("""
        P=$(cat /tmp/pid)
        for i in $(seq 900); do kill -0 $P 2>/dev/null || break; sleep 0.1; done
        kill -0 $P 2>/dev/null && echo "@@ hangs=1"
        cat /tmp/endless""")
    expect(not answer.fields().get("hangs"), "the driver still waits for a card that is gone")
    expect("lost" in last_line(answer.text), f"the driver said: {last_line(answer.text)}")
    answer = world.run("ferrolane --device $D info")
    expect(answer.code in (control.PERMISSION, control.DEVICE_LOST, 3), f"opening it then ended with {answer.code}: {answer.text}")
