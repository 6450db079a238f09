"""What a packet must show, and the capture files with their sidecars.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import struct
from typing import NamedTuple, Optional, Tuple

# What the stacks report.
BAD_SPI, WRONG_SA, REPLAY_CHECK, INVALID_PACKET, INTEGRITY = 13910, 13912, 13913, 13914, 13915
LINUX_HEADER = "XfrmInHdrError"
LINUX_NO_SA = "XfrmInNoStates"
LINUX_SEQUENCE = "XfrmInStateSeqError"
LINUX_TRANSFORM = "XfrmInStateProtoError"
LINUX_MODE = "XfrmInStateModeError"
LINUX_MISMATCH = "XfrmInStateMismatch"

START_TIME = 1_700_000_000


class Header(NamedTuple):
    """What one IPsec header of a frame must show."""
    verdict: str
    findings: Tuple[str, ...] = ()
    windows: Optional[int] = None
    linux: Optional[str] = None
    icv: Optional[str] = None       # Good, Bad, Unverified, Not present; None without a key


def verified(*findings, linux=None):
    return Header("verified", findings, None, linux, "Good")


def drop(*findings, windows=None, linux=None):
    return Header("drop", findings, windows, linux)


def suspicious(*findings, windows=None, linux=None):
    return Header("suspicious", findings, windows, linux)


def plausible(*findings):
    return Header("plausible", findings)


def unchecked(*findings):
    return Header("unchecked", findings)


def capped(header):
    """UDP port 4500 may belong to any application: without a sign of IPsec between the peers nothing is certain, nor
    that a stack would have counted the packet."""
    verdict = "suspicious" if header.verdict == "drop" else header.verdict
    return header._replace(verdict=verdict, windows=None, linux=None)


class Case(NamedTuple):
    """One ESP or AH header, for any carrier."""
    what: str
    protocol: int
    octets: bytes
    header: Header


class Capture:
    """A capture file and its sidecar, frame by frame; with keys, also what `ip xfrm state` would have printed.
    `options` are the preferences that the expectations need, including rows of tables."""

    def __init__(self, name, title, *options):
        self.name = name
        self.title = title
        self.options = list(options)
        self.rows = ["# frame\tverdict\tfindings\twindows_error\tlinux_counter\ticv_status\twhat the frame is"]
        self.records = []
        self.times = []     # milliseconds since the first
        self.states = []

    @property
    def next(self):
        """The number that the next frame will have."""
        return len(self.records) + 1

    def add(self, what, frame, *headers, length=None, after=1000):
        """Adds a frame that must show `headers`; `length` is its length on the wire, if it was cut, and `after` the
        milliseconds since the previous frame."""
        columns = [";".join(header.verdict for header in headers),
                   ",".join(finding for header in headers for finding in header.findings),
                   ";".join(str(header.windows) for header in headers if header.windows),
                   ";".join(header.linux for header in headers if header.linux),
                   ";".join(header.icv for header in headers if header.icv)]
        self.rows.append("\t".join([str(self.next), *(column or "-" for column in columns), what]))
        self.records.append((frame, length or len(frame)))
        self.times.append(self.times[-1] + after if self.times else 0)

    def write(self, folder):
        with open(folder / f"{self.name}.pcap", "wb") as file:
            file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1))
            for time, (frame, length) in zip(self.times, self.records):
                file.write(struct.pack("<IIII", START_TIME + time // 1000, time % 1000 * 1000, len(frame), length) +
                           frame)
        lines = [f"# {self.title}", *(f"# option: {option}" for option in self.options), *self.rows]
        (folder / f"{self.name}.expected.tsv").write_text("\n".join(lines) + "\n")
        if self.states:
            (folder / f"{self.name}.xfrm-state.txt").write_text("".join(self.states))
