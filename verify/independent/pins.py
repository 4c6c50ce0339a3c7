"""Carries TLPs between cocotbext-pcie's objects and the card's TLP port, beat by beat.

The port is described in docs/src/port-pins.md: 128 bits of payload per beat, the header beside the first one, DW0 in
bits 31:0 and each DW as a number, `keep` a bit per DWORD.
"""

from collections import deque

from cocotb.triggers import RisingEdge
from cocotbext.pcie.core.tlp import Tlp

BEAT = 16  # bytes of payload per beat
RX_FIELDS = ("data", "hdr", "keep", "first", "last", "valid", "error")


def header_number(packed):
    """A header's bytes, as they go over the link, in the layout of the `hdr` pins."""
    return sum(int.from_bytes(packed[i:i + 4], "big") << (8 * i) for i in range(0, len(packed), 4))


def header_bytes(number):
    """The `hdr` pins as the bytes that go over the link, and whether what follows a 3-DW header is 0."""
    dws = [number >> (32 * i) & 0xFFFFFFFF for i in range(4)]
    count = 4 if dws[0] >> 29 & 1 else 3
    return b"".join(dw.to_bytes(4, "big") for dw in dws[:count]), count == 4 or dws[3] == 0


class Rx:
    """One stream into the card: `rx_req` or `rx_cpl`."""

    def __init__(self, dut, name):
        self.pins = {field: getattr(dut, f"{name}_{field}") for field in RX_FIELDS}
        self.ready = getattr(dut, f"{name}_ready")
        self.bar = dut.rx_req_bar if name == "rx_req" else None
        self.waiting = deque()  # (order, tlp, bar)
        self.beats = deque()
        self.current = None
        self.idle()

    def idle(self):
        for pin in self.pins.values():
            pin.value = 0

    def load(self, entry):
        """Takes a TLP in hand."""
        self.current = entry
        _, tlp, bar = entry
        self.cut(header_number(tlp.pack_header()), bytes(tlp.data), bar, False)

    def cut(self, hdr, data, bar, broken):
        """Cuts a TLP into beats. A broken one ends with `error`."""
        chunks = [data[i:i + BEAT] for i in range(0, len(data), BEAT)] or [b""]
        for i, chunk in enumerate(chunks):
            keep = (1 << (len(chunk) // 4)) - 1
            last = i == len(chunks) - 1
            self.beats.append((int.from_bytes(chunk, "little"), hdr, keep, i == 0, last, broken and last, bar))

    def show(self):
        word, hdr, keep, first, last, error, bar = self.beats[0]
        values = (word, hdr, keep, int(first), int(last), 1, int(error))
        for field, value in zip(RX_FIELDS, values):
            self.pins[field].value = value
        if self.bar is not None and bar is not None:
            self.bar.value = bar


class Tx:
    """One stream out of the card: `tx_wr`, `tx_rd` or `tx_cpl`. Gives whole TLPs to `done`."""

    def __init__(self, dut, name, judge, done):
        self.name = name
        self.valid = getattr(dut, f"{name}_valid")
        self.ready = getattr(dut, f"{name}_ready")
        self.pin = {f: getattr(dut, f"{name}_{f}") for f in ("data", "hdr", "keep", "first", "last", "error")}
        self.seq = dut.tx_wr_seq if name == "tx_wr" else None
        self.judge, self.done = judge, done
        self.open = None  # (header bytes, payload, sequence number) of the TLP under way
        self.was_ready = False
        self.ready.value = 0

    def beat(self):
        """Takes the beat that moved."""
        first, last = bool(self.pin["first"].value), bool(self.pin["last"].value)
        keep = int(self.pin["keep"].value)
        self.judge.rule(first == (self.open is None), f"{self.name}: first={first} at the wrong beat")
        self.judge.rule(not self.pin["error"].value, f"{self.name}: error raised")
        if first:
            raw, padded = header_bytes(int(self.pin["hdr"].value))
            self.judge.rule(padded, f"{self.name}: DW3 of a 3-DW header is not 0")
            self.open = (raw, bytearray(), int(self.seq.value) if self.seq is not None else None)
        raw, payload, seq = self.open
        count = keep.bit_length()
        self.judge.rule(keep == (1 << count) - 1, f"{self.name}: keep {keep:#x} has a gap")
        if not last:
            self.judge.rule(keep == 0xF, f"{self.name}: keep {keep:#x} before the last beat")
        payload += int(self.pin["data"].value).to_bytes(BEAT, "little")[:4 * count]
        if last:
            self.open = None
            self.done(raw, payload, seq)


class Pins:
    """All streams, a step per clock. Holds back what PCIe's ordering rules (Base Spec 2.4.1) hold back."""

    def __init__(self, dut, rng, judge):
        self.dut, self.rng, self.judge = dut, rng, judge
        self.clocks = 0
        self.stall = 0.0  # chance per clock that a tx stream is not ready
        self.gap = 0.0  # chance per clock that nothing begins on an rx stream
        self.rx_req, self.rx_cpl = Rx(dut, "rx_req"), Rx(dut, "rx_cpl")
        self.broken = 0.0  # chance that a completion comes with wrong data and `error` before it comes right
        self.broken_count = 0
        self.tx = []
        self.order = 0
        self.sent = deque()  # sequence numbers of writes that can no longer be passed
        self.settings = None  # function that drives cfg_*, called when `changed`
        self.changed = True
        self.each_clock = []
        dut.tx_sent_valid.value = 0
        dut.tx_sent_seq.value = 0

    def listen(self, name, done):
        self.tx.append(Tx(self.dut, name, self.judge, done))

    def receive(self, tlp: Tlp, bar=None):
        """Queues a TLP for the card."""
        self.order += 1
        stream = self.rx_cpl if tlp.is_completion() else self.rx_req
        stream.waiting.append((self.order, tlp, bar))

    def oldest_posted(self):
        """Order number of the oldest posted request that the card has not taken, if any."""
        current = self.rx_req.current
        if current and current[1].is_posted():
            return current[0]
        return next((order for order, tlp, _ in self.rx_req.waiting if tlp.is_posted()), None)

    def pick(self, stream):
        """The next TLP that may begin on a stream now, or None."""
        if not stream.waiting:
            return None
        if stream is self.rx_cpl:  # a completion passes no posted request
            posted = self.oldest_posted()
            ok = posted is None or stream.waiting[0][0] < posted
            return stream.waiting.popleft() if ok else None
        if stream.waiting[0][1].is_posted() or self.dut.rx_np_ok.value:
            return stream.waiting.popleft()
        for i, entry in enumerate(stream.waiting):  # a posted request may, and must be able to, pass
            if entry[1].is_posted():
                del stream.waiting[i]
                return entry
        return None

    def step_rx(self, stream):
        if stream.beats:
            if not stream.ready.value:
                return
            stream.beats.popleft()
            if not stream.beats:
                stream.current[1].release_fc()
                stream.current = None
                stream.pins["valid"].value = 0
        if not stream.beats and stream.waiting and self.rng.random() >= self.gap:
            entry = self.pick(stream)
            if entry:
                if stream is self.rx_cpl and self.broken and self.rng.random() < self.broken:
                    self.broken_count += 1
                    tlp = entry[1]
                    stream.cut(header_number(tlp.pack_header()), self.rng.randbytes(len(tlp.data)), None, True)
                stream.load(entry)
        if stream.beats:
            stream.show()

    def step_tx(self, stream):
        if stream.valid.value:
            if stream.was_ready:
                stream.beat()
        else:
            self.judge.rule(stream.open is None, f"{stream.name}: valid fell inside a TLP")
        ready = not self.stall or self.rng.random() >= self.stall
        if ready != stream.was_ready:
            stream.ready.value = int(ready)
            stream.was_ready = ready

    async def run(self):
        dut, pulse = self.dut, False
        while True:
            await RisingEdge(dut.clk)
            self.clocks += 1
            if self.changed:
                self.changed = False
                self.settings()
            for stream in self.tx:
                self.step_tx(stream)
            self.step_rx(self.rx_req)
            self.step_rx(self.rx_cpl)
            if self.sent:
                dut.tx_sent_seq.value = self.sent.popleft()
                if not pulse:
                    dut.tx_sent_valid.value = 1
                pulse = True
            elif pulse:
                dut.tx_sent_valid.value = 0
                pulse = False
            for watch in self.each_clock:
                watch()
