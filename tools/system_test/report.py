"""The results: a table for people, `system-test.json` for programs."""

import json

COLUMNS = "{:<10} {:<22} {:<8} {:>8}"


class Report:
    """Rows as they come, printed at once."""

    def __init__(self, say):
        self.say = say
        self.rows = []
        self.numbers = {}

    def start(self):
        self.say(COLUMNS.format("machine", "scenario", "result", "seconds"))

    def row(self, machine, scenario, seconds, reason=None):
        """A scenario has ended, well unless there is a reason why not."""
        result = "failed" if reason else "ok"
        row = {"machine": machine, "scenario": scenario, "result": result, "seconds": round(seconds, 2)}
        if reason:
            row["reason"] = reason
        self.rows.append(row)
        self.say(COLUMNS.format(machine, scenario, result, f"{seconds:.2f}"))
        if reason:
            self.say(f"    {reason}")

    def failed(self):
        return [row for row in self.rows if row["result"] != "ok"]

    def compare(self, guest, process):
        """Speed in the guest beside that of the same program on the simulator in its own process."""
        if not guest or not process:
            return
        self.numbers["guest"], self.numbers["in_process"] = guest, process
        self.say("")
        self.say("{:<42} {:>12} {:>12}".format("by the wall clock, behind it a simulation", "guest", "in process"))
        for name, label, form in (
            ("dma_megabytes_per_second", "DMA each way at once, compared, MB/s", "{:.2f}"),
            ("simulated_megabytes_per_second", "the same by the card's own clock, MB/s", "{:.0f}"),
            ("read_ns", "register read, us", "{:.1f}"),
            ("write_ns", "register write, posted, us", "{:.1f}"),
            ("interrupt_ns", "interrupt raised by a write, to wake-up, us", "{:.1f}"),
        ):
            scale = 1000 if name.endswith("_ns") else 1
            values = [form.format(numbers[name] / scale) for numbers in (guest, process)]
            self.say("{:<42} {:>12} {:>12}".format(label, *values))

    def finish(self, path, versions, seconds, data, interrupts):
        """Prints the totals and writes the file."""
        failed = self.failed()
        self.say("")
        self.say(", ".join(f"{name} {version}" for name, version in versions.items()))
        self.say(
            f"{len(self.rows)} scenarios, {len(failed)} failed, {seconds:.0f} s; "
            f"{data:,} bytes compared, {interrupts:,} interrupts seen"
        )
        content = {
            "schema_version": 1,
            "rows": self.rows,
            "seconds": round(seconds, 1),
            "bytes_compared": data,
            "interrupts_seen": interrupts,
            "versions": versions,
            **self.numbers,
        }
        path.write_text(json.dumps(content, indent=1) + "\n")


def speeds(traffic, measure):
    """What is compared, out of the fields of the test program's `traffic` and `measure`."""
    nanos_by_card = traffic["clocks"] * 1e6 / traffic["clock_khz"]
    return {
        "dma_megabytes_per_second": traffic["bytes"] / traffic["micros"],
        "simulated_megabytes_per_second": traffic["bytes"] * 1e3 / nanos_by_card,
        "read_ns": measure["read_ns"],
        "write_ns": measure["write_ns"],
        "interrupt_ns": measure["interrupt_ns"],
    }
