"""Runs sessions through tshark with and without the forged packets, and compares what is said about the genuine ones.

With keys, every genuine packet must be judged as if the forged ones were not there. Without keys, nobody can know which
are genuine; but no genuine packet may become a drop because of forged ones, and every fault must still be reported.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import random
import re
import struct
from typing import NamedTuple

from sessions.forge import REPLAY, forge, merge
from sessions.session import Session
from tshark_runner import AGGREGATOR, field_options

START_TIME = 1_700_000_000
TOGETHER = 4            # sessions that run at the same time; the others follow
GROUP_TIME = 100_000_000    # microseconds

# Fields of one packet; those that refer to other frames and SAs; and those that only a later pass knows.
OF_PACKET = ("ipsec.verdict", "ipsec.finding", "ipsec.analysis.flags", "ipsec.spi", "ipsec.icv.status", "ipsec.seq",
             "ipsec.seq.highest", "ipsec.seq.lag", "ipsec.seq.skipped")
OF_OTHERS = ("ipsec.seq.first_seen", "ipsec.sa")
LATER = ("ipsec.sa.reverse", "ipsec.sa.successor", "ipsec.sa.lost")
FIELDS = ("frame.number", *OF_PACKET, *OF_OTHERS, *LATER)
SUSPICIOUS, DROP = "3", "4"
BAD, GOOD = "0", "1"
# The first packet that exceeds the lifetime ends the SA, forged or not, because receivers check the lifetime before the
# ICV.
EXPIRED, GONE = re.compile(r"sa\.expired|(esp|ah)\.spi_unknown"), "the SA is over"
OF_SEQUENCES = ("seq.gap", "iv.reuse", "sa.old_spi", "replay.old")


class Failure(NamedTuple):
    session: Session
    text: str


class Run:
    """What tshark says about a capture, frame by frame."""

    def __init__(self, output):
        self.rows = [dict(zip(FIELDS, line.split("\t"))) for line in output.splitlines()]

    def findings(self, at):
        return [finding for finding in self.rows[at]["ipsec.finding"].split(AGGREGATOR) if finding]


class Batch:
    """Sessions in one capture. `placed` has all packets in order, each with its session."""

    def __init__(self, seed, sessions, forged, options):
        self.seed, self.sessions, self.forged = seed, sessions, forged
        keyed = [sa for session in sessions if session.keyed for sa in session.senders]
        rows = [row for row in (sa.row_of_table() for sa in keyed) if row]
        self.options = [*options, *(word for row in rows for word in ("-o", row))]
        self.reassembly = options
        self.keys = "".join(sa.dump() for sa in keyed if not sa.row_of_table())
        self.placed = self._place()

    @classmethod
    def random(cls, seed, count):
        sessions = [Session(number + 1, seed * 100_000 + number) for number in range(count)]
        forged = [forge(session, random.Random(f"forge {session.seed}")) for session in sessions]
        whole = random.Random(f"batch {seed}").random() < 0.7
        # Without reassembly, fragments are dissected as they are.
        return cls(seed, sessions, forged, [] if whole else ["-o", "ip.defragment:FALSE", "-o", "ipv6.defragment:FALSE"])

    def alone(self, session):
        """One of the sessions in a batch of its own."""
        return Batch(self.seed, [session], [self.forged[self.sessions.index(session)]], self.reassembly)

    def _place(self):
        placed = []
        for first in range(0, len(self.sessions), TOGETHER):
            group = []
            for session, forged in list(zip(self.sessions, self.forged))[first:first + TOGETHER]:
                group += [(packet.time, session.number, order, session, packet)
                          for order, packet in enumerate(merge(session.packets, forged))]
            start = first // TOGETHER * GROUP_TIME + 1_000_000
            group.sort(key=lambda entry: entry[:3])
            placed += [(start + time, session, packet) for time, _, _, session, packet in group]
        return placed

    def write(self, path, forged=True):
        with open(path, "wb") as file:
            file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1))
            for time, _, packet in self.placed:
                if packet.forged and not forged:
                    continue
                file.write(struct.pack("<IIII", START_TIME + time // 1_000_000, time % 1_000_000, len(packet.frame),
                                       packet.length) + packet.frame)
        path.chmod(0o644)
        return path

    def read(self, tshark, *passes, forged=True):
        """What tshark says about the capture, with or without the forged packets."""
        keys = tshark.share(f"sessions-{self.seed}.txt", self.keys)
        capture = self.write(tshark.crafted / f"sessions-{self.seed}.pcap", forged)
        run = Run(tshark.run("-r", capture, *passes, "-o", f"ipsec.sa_file:{keys}", *self.options,
                             *field_options(FIELDS)).stdout)
        capture.unlink()
        return run

    def run(self, tshark):
        """All errors, as Failures."""
        once, twice, clean = self.read(tshark), self.read(tshark, "-2"), self.read(tshark, "-2", forged=False)
        return Comparison(self, once, twice, clean).failures


def without_losses(row, clean):
    """Both rows, without the losses that only the second one reports."""
    lost, most = (int(one["ipsec.sa.lost"] or 0) for one in (row, clean))
    if lost < most:
        row = {**row, "ipsec.sa.lost": clean["ipsec.sa.lost"]}
    if "seq.gap" in clean["ipsec.finding"] and "seq.gap" not in row["ipsec.finding"]:
        findings = [finding for finding in clean["ipsec.finding"].split(AGGREGATOR) if finding != "seq.gap"]
        clean = {**clean, "ipsec.finding": AGGREGATOR.join(findings), "ipsec.analysis.flags": row["ipsec.analysis.flags"]}
    return row, clean


class Comparison:
    """The oracles. Frames are counted from 0 here; `twin` is the same frame in the capture without the forged ones."""

    def __init__(self, batch, once, twice, clean):
        self.once, self.twice, self.clean = once, twice, clean
        self.failures = []
        self.frames = {session: [] for session in batch.sessions}
        self.twin, self.origin = {}, {}
        for at, (_, session, packet) in enumerate(batch.placed):
            self.frames[session].append((at, packet))
            if not packet.forged:
                self.origin[len(self.twin)] = at
                self.twin[at] = len(self.twin)
        assert len(twice.rows) == len(batch.placed) and len(clean.rows) == len(self.twin), "frames are missing"
        self.same_sa = self._same_sas()
        for session, frames in self.frames.items():
            self._check(session, frames)

    def _same_sas(self):
        """Maps the SAs of the capture without forged packets to those of the other one."""
        return {self.clean.rows[twin]["ipsec.sa"]: self.twice.rows[at]["ipsec.sa"] for at, twin in self.twin.items()}

    def _check(self, session, frames):
        for at, packet in frames:
            self._check_passes(session, at, packet)
        if session.keyed:
            # The packet that was cut may be the one that is missing.
            cut = any(packet.forged and not packet.checkable for _, packet in frames)
            for at, packet in frames:
                if not packet.forged:
                    self._check_keyed(session, at, packet, cut)
            self._check_forged(session, frames)
        else:
            self._check_keyless(session, frames)

    def _fail(self, session, at, packet, what):
        number = f"{packet.kind} {packet.number:#x}"
        self.failures.append(Failure(session, f"frame {at + 1} ({number}): {what}"))

    def _check_passes(self, session, at, packet):
        for name in (*OF_PACKET, *OF_OTHERS):
            one, two = (run.rows[at][name] for run in (self.once, self.twice))
            if name == "ipsec.icv.status" and not one and not session.keyed:
                continue    # ESP-NULL, for which the first packets are known on later passes only
            if one != two:
                self._fail(session, at, packet, f"one pass says {name} {one!r}, two say {two!r}")

    def _frame(self, number):
        """The number of a frame in the capture with the forged packets, from its number in the other one; both as
        tshark counts."""
        return str(self.origin[int(number) - 1] + 1) if number else ""

    def _check_keyed(self, session, at, packet, cut):
        """As if the forged packets were not there; except that some that are cut may explain a loss."""
        row, clean = self.twice.rows[at], self.clean.rows[self.twin[at]]
        if cut:
            row, clean = without_losses(row, clean)
        expected = {**clean, "ipsec.seq.first_seen": self._frame(clean["ipsec.seq.first_seen"])}
        for name in ("ipsec.sa", "ipsec.sa.reverse", "ipsec.sa.successor"):
            expected[name] = self.same_sa[clean[name]] if clean[name] else ""
        if not clean["ipsec.sa.reverse"]:       # a guess is then better than nothing
            expected["ipsec.sa.reverse"] = row["ipsec.sa.reverse"]
        differences = [f"{name} is {row[name]!r}, not {expected[name]!r}"
                       for name in FIELDS[1:] if EXPIRED.sub(GONE, row[name]) != EXPIRED.sub(GONE, expected[name])]
        if differences:
            self._fail(session, at, packet, "; ".join(differences))

    def _check_forged(self, session, frames):
        """Once an SA has verified, no forged packet that could be checked passes for genuine."""
        good = set()
        for at, packet in frames:
            row = self.twice.rows[at]
            if not packet.forged and row["ipsec.icv.status"] == GOOD:
                good.add(packet.sa)
            if not packet.forged or not packet.checkable or packet.sa not in good:
                continue
            told = row["ipsec.icv.status"] == BAD or row["ipsec.finding"]
            if packet.kind == REPLAY and row["ipsec.finding"] == "capture.duplicate":
                continue    # the duplicate of another forged copy
            if row["ipsec.verdict"] not in (SUSPICIOUS, DROP) or not told:
                self._fail(session, at, packet, f"verdict {row['ipsec.verdict']!r}, ICV {row['ipsec.icv.status']!r}, "
                                                f"findings {row['ipsec.finding']!r}")

    def _check_keyless(self, session, frames):
        """No new drop, no false successor; each replay still has its finding, and each kind of fault still occurs."""
        found, found_clean = set(), set()
        for at, packet in frames:
            found.update(self.twice.findings(at))
            if packet.forged:
                continue
            row, clean = self.twice.rows[at], self.clean.rows[self.twin[at]]
            if row["ipsec.verdict"] == DROP and clean["ipsec.verdict"] != DROP:
                self._fail(session, at, packet, f"is a drop for {row['ipsec.finding']!r}")
            if packet.kind == "sent" and "sa.old_spi" in self.twice.findings(at):
                self._fail(session, at, packet, "sa.old_spi, of an SA that nobody has replaced yet")
            found_clean.update(self.clean.findings(self.twin[at]))
            if packet.kind == "copy" and is_replay(clean) and not is_replay(row):
                self._fail(session, at, packet, f"a replay with findings {row['ipsec.finding']!r}")
        for finding in OF_SEQUENCES:
            if finding in found_clean - found:
                self.failures.append(Failure(session, f"{finding} goes unsaid"))


def is_replay(row):
    return "replay." in row["ipsec.finding"]
