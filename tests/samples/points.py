"""Captures from both ends of a path, merged into one file, and those that only look like it.

SPDX-License-Identifier: GPL-2.0-or-later
"""
from samples.expectations import Capture, LINUX_SEQUENCE, REPLAY_CHECK, drop, plausible
from samples.packets import AH, ESP, ah, esp, ethernet, ipv4, ipv6

FIRST = 0xBF10      # number of the first SA
FAR, ELSEWHERE = bytes.fromhex("020000000004020000000003"), bytes.fromhex("020000000002020000000009")
DUPLICATE = drop("replay.duplicate", windows=REPLAY_CHECK, linux=LINUX_SEQUENCE)
COPY = plausible("capture.duplicate")


def from_link(addresses, packet):
    return addresses + ethernet(packet)[12:]


class Path:
    """One SA, as seen at both ends."""

    def __init__(self, capture, what, number, protocol, version):
        self.capture, self.what, self.number, self.protocol, self.version = capture, what, number, protocol, version

    def _packet(self, sequence, ttl):
        octets = esp(60, sequence=sequence) if self.protocol == ESP else ah(sequence=sequence)
        if self.version == 4:
            return ipv4(self.number, self.protocol, octets, ttl=ttl, id=sequence)
        return ipv6(self.number, self.protocol, octets, hlim=ttl)

    def near(self, sequence, header=plausible(), after=5):
        self.capture.add(f"{self.what}: number {sequence} at the sender", ethernet(self._packet(sequence, 64)), header,
                         after=after)

    def far(self, sequence, header=COPY, after=5):
        self.capture.add(f"{self.what}: number {sequence} at the receiver",
                         from_link(FAR, self._packet(sequence, 58)), header, after=after)

    def elsewhere(self, sequence, header=DUPLICATE):
        self.capture.add(f"{self.what}: number {sequence} again, from elsewhere",
                         from_link(ELSEWHERE, self._packet(sequence, 62)), header, after=10)


def add_both_ends(capture, path):
    """The receiver's clock is right, then slow; number 8 is lost on the way."""
    for sequence in range(1, 5):
        path.near(sequence)
    for sequence in range(5, 25):
        path.near(sequence)
        if sequence - 4 != 8:
            path.far(sequence - 4)
    path.near(20, DUPLICATE, after=100)     # it comes once more at the sender
    path.far(20, DUPLICATE, after=100)      # and at the receiver
    for sequence in (17, 18, 19):
        path.elsewhere(sequence)


def add_clock_behind(capture, path):
    path.far(1, plausible())
    path.far(2, plausible())
    for sequence in range(1, 20):
        path.near(sequence, COPY)
        path.far(sequence + 2, plausible())


def add_handful(capture, path):
    for sequence in range(1, 41):
        path.near(sequence)
    for sequence in (30, 31, 32, 33, 34):
        path.elsewhere(sequence)
    path.near(41)


def points():
    capture = Capture("points", "Two capture points in one file, and packets that somebody replays from elsewhere")
    shapes = (("ESP", ESP, 4), ("ESP in IPv6", ESP, 6), ("AH", AH, 4))
    makers = (("both ends", add_both_ends), ("the receiver's clock is behind", add_clock_behind),
              ("a handful", add_handful))
    for index, (what, make) in enumerate(makers):
        for kind, (name, protocol, version) in enumerate(shapes):
            make(capture, Path(capture, f"{name}, {what}", FIRST + 3 * index + kind, protocol, version))
    return capture
