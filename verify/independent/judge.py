"""Judges every TLP that the card sends, by the PCIe Base Specification and by what the host allowed.

cocotbext-pcie parses the headers; the rules here were written from the specification (section numbers at each), without a
look at the project's own checker.
"""

from collections import Counter

from cocotbext.pcie.core.tlp import CplStatus, Tlp, TlpAttr, TlpType

READS = {TlpType.MEM_READ, TlpType.MEM_READ_64}
WRITES = {TlpType.MEM_WRITE, TlpType.MEM_WRITE_64}
FIRST_BE = {0xF, 0xE, 0xC, 0x8}  # contiguous up to the next DWORD
LAST_BE = {0xF, 0x7, 0x3, 0x1}
CPL_RCB = 128  # bytes; an endpoint cuts its completions at multiples of this (2.3.1.1)


class Range:
    """Which bytes of a stretch of host memory the card may touch."""

    def __init__(self, base, size):
        self.base, self.size = base, size
        self.map = {"read": bytearray(size), "write": bytearray(size)}


class Judge:
    """Collects violations; the first ones are shown, and any ends the test with a failure."""

    def __init__(self):
        self.function = None
        self.violations = []
        self.counts = Counter()
        self.ranges = []
        self.outstanding = {}  # tag -> [request, bytes still to come] of the card's reads
        self.host_reads = {}  # (requester, tag) -> [request, bytes still to come, next address]
        self.next_seq = None
        self.interrupts = set()  # addresses of MSI-X messages
        self.watch_write = None  # called with each write after it was judged

    # What the host allows.

    def memory(self, base, size):
        self.ranges.append(Range(base, size))

    def allow(self, kind, base, size, yes=True):
        """Allows, or no longer allows, the card to read or write these bytes."""
        for r in self.ranges:
            if r.base <= base and base + size <= r.base + r.size:
                r.map[kind][base - r.base:base - r.base + size] = bytes([yes]) * size
                return
        raise ValueError(f"no memory at {base:#x}")

    def allowed(self, kind, base, size):
        for r in self.ranges:
            if r.base <= base and base + size <= r.base + r.size:
                return r.map[kind].count(1, base - r.base, base - r.base + size) == size
        return False

    def rule(self, good, text):
        if not good:
            self.counts["violations"] += 1
            if len(self.violations) < 20:
                self.violations.append(text)

    # The card's TLPs.

    def from_card(self, stream, raw, tlp, seq):
        self.counts["tlps"] += 1
        self.counts[stream] += 1
        before = self.counts["violations"]
        cap = self.function.pcie_cap
        rule = self.rule
        # 2.2.1, 7.5: reserved bits are 0, so packing what was parsed gives the same bytes.
        rule(tlp.pack_header() == raw or self.function.mutate, f"{stream}: header {raw.hex()} has reserved bits set")
        rule(tlp.check(), f"{stream}: cocotbext-pcie refuses {tlp!r}")
        rule(tlp.tc == 0 and not tlp.td and not tlp.ep and tlp.at == 0 and not tlp.th and not tlp.ln and tlp.ph == 0,
             f"{stream}: TC, TD, EP, AT, TH, LN or PH is not 0")
        if stream == "tx_cpl":
            self.completion(tlp)
        else:
            rule(not tlp.attr & TlpAttr.RO or cap.enable_relaxed_ordering, "Relaxed Ordering where it is not enabled")
            rule(not tlp.attr & TlpAttr.NS or cap.enable_no_snoop, "No Snoop where it is not enabled")
            rule(not tlp.attr & TlpAttr.IDO, "ID-based ordering was never enabled")
            rule(tlp.requester_id == self.function.pcie_id, f"{stream}: requester {tlp.requester_id!r}")
            self.request(stream, tlp)
        if stream == "tx_wr":
            rule(self.next_seq in (None, seq), f"tx_wr_seq is {seq}, expected {self.next_seq}")
            self.next_seq = (seq + 1) % 64
            if self.watch_write:
                self.watch_write(tlp)
        if self.counts["violations"] > before:
            self.rule(False, f"  that was {stream} {raw.hex()}")

    def request(self, stream, tlp):
        rule, cap = self.rule, self.function.pcie_cap
        rule(tlp.fmt_type in (READS if stream == "tx_rd" else WRITES), f"{stream}: {tlp.fmt_type}")
        # 2.2.4.1: below 4 GiB the 3-DW header must be used.
        four = tlp.fmt_type in (TlpType.MEM_READ_64, TlpType.MEM_WRITE_64)
        rule(four == (tlp.address >= 1 << 32), f"{stream}: header form of address {tlp.address:#x}")
        # 2.2.5: byte enables. Of a DMA engine they must also be one run of bytes.
        first, last = tlp.first_be, tlp.last_be
        if tlp.length == 1:
            rule(last == 0, f"{stream}: last byte enables {last:#x} with one DWORD")
            rule(first in {0xF, 0xE, 0xC, 0x8, 0x7, 0x6, 0x4, 0x3, 0x2, 0x1}, f"{stream}: first byte enables {first:#x}")
        else:
            rule(first in FIRST_BE and last in LAST_BE, f"{stream}: byte enables {first:#x} {last:#x}")
        start = tlp.address + tlp.get_first_be_offset()
        size = tlp.get_be_byte_count()
        # 2.2.7: no request crosses 4 KiB.
        rule((tlp.address & 0xFFF) + 4 * tlp.length <= 0x1000, f"{stream}: {tlp.address:#x} crosses 4 KiB")
        if stream == "tx_rd":
            limit = 128 << cap.max_read_request_size
            rule(4 * tlp.length <= limit, f"read of {4 * tlp.length} bytes, Max_Read_Request_Size is {limit}")
            rule(len(tlp.data) == 0, "read with payload")
            # 2.2.6.2
            tags = 256 if cap.extended_tag_field_enable else 32
            rule(tlp.tag < tags, f"tag {tlp.tag} of {tags}")
            rule(tlp.tag not in self.outstanding, f"tag {tlp.tag} is used again before its read was answered")
            rule(self.allowed("read", start, size), f"read of {size} bytes at {start:#x} was not allowed")
            self.outstanding[tlp.tag] = [tlp, size]
            self.counts["most_tags"] = max(self.counts["most_tags"], len(self.outstanding))
            self.counts["read_bytes"] += size
        else:
            limit = 128 << cap.max_payload_size
            rule(4 * tlp.length <= limit, f"write of {4 * tlp.length} bytes, Max_Payload_Size is {limit}")
            if tlp.address in self.interrupts:
                rule(tlp.length == 1 and first == 0xF, "MSI-X message is not one whole DWORD (PCI 3.0, 6.8.3.4)")
                rule(not tlp.attr & TlpAttr.RO, "MSI-X message with Relaxed Ordering")
                self.counts["messages"] += 1
            else:
                rule(self.allowed("write", start, size), f"write of {size} bytes at {start:#x} was not allowed")
                self.counts["written_bytes"] += size

    def completion(self, tlp):
        """2.2.9, 2.3.1.1: a completion of the card for a read of the host."""
        rule = self.rule
        key = (tlp.requester_id, tlp.tag)
        rule(tlp.completer_id == self.function.pcie_id, f"completer {tlp.completer_id!r}")
        rule(key in self.host_reads, f"completion for tag {tlp.tag}, which nobody waits for")
        if key not in self.host_reads:
            return
        entry = self.host_reads[key]
        request, left, at = entry
        # 2.2.9: the completion of a locked read is a CplLk.
        empty, full = (TlpType.CPL, TlpType.CPL_DATA) if request.type != 1 else (TlpType.CPL_LOCKED, TlpType.CPL_LOCKED_DATA)
        rule(tlp.tc == request.tc and tlp.attr == request.attr, "completion with other TC or attributes than its request")
        rule(not tlp.bcm, "BCM is set")
        if tlp.status != CplStatus.SC:
            rule(tlp.fmt_type == empty, f"completion of error status with type {tlp.fmt_type}")
            del self.host_reads[key]
            return
        rule(tlp.fmt_type == full, f"completion of a read with type {tlp.fmt_type}")
        rule(tlp.byte_count == left, f"Byte Count {tlp.byte_count}, {left} to come")
        rule(tlp.lower_address == at & 0x7F, f"Lower Address {tlp.lower_address:#x} for {at:#x}")
        limit = 128 << self.function.pcie_cap.max_payload_size
        rule(4 * tlp.length <= limit, f"completion of {4 * tlp.length} bytes, Max_Payload_Size is {limit}")
        got = min(left, 4 * tlp.length - (at & 3))
        entry[1:] = [left - got, at + got]
        if left == got:
            del self.host_reads[key]
        else:
            rule((at + got) % CPL_RCB == 0, f"completion cut at {at + got:#x}")

    # TLPs on their way to the card.

    def request_for_card(self, tlp):
        self.counts["for_card"] += 1
        if tlp.fmt_type in READS:
            at = tlp.address + tlp.get_first_be_offset()
            self.host_reads[(tlp.requester_id, tlp.tag)] = [Tlp(tlp), tlp.get_be_byte_count(), at]

    def completion_for_card(self, tlp):
        self.counts["for_card"] += 1
        entry = self.outstanding.get(tlp.tag)
        if entry is None:
            self.counts["stray_completions"] += 1
            return
        if tlp.status != CplStatus.SC:
            del self.outstanding[tlp.tag]
            return
        entry[1] -= 4 * len(tlp.data) // 4 - (tlp.lower_address & 3)
        if entry[1] <= 0:
            del self.outstanding[tlp.tag]

    def reset(self):
        """The function was reset: the card owes nothing, and must not have given up reads that will still be answered."""
        self.rule(not self.outstanding, f"reset acknowledged with reads unanswered: tags {sorted(self.outstanding)}")
        self.outstanding.clear()
        self.next_seq = None
