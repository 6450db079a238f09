"""Counters that restart, and those that reach their end, with ESN and without.

SPDX-License-Identifier: GPL-2.0-or-later
"""
from samples.expectations import Capture, INTEGRITY, LINUX_TRANSFORM, drop, plausible, suspicious, verified
from samples.keyed import datagram, good, new_sa
from samples.packets import AH, ESP, esp, ethernet, ipv4, ipv6
from samples.sa import AH_SHA1, CBC_SHA256, GCM

LAST, NEAR = 0xFFFFFFFF, 0xFFF00000     # from NEAR on fewer than 2^20 numbers are left
OTHER_EPOCH = {"windows": INTEGRITY, "linux": LINUX_TRANSFORM}
SAS = ((4, GCM, ESP), (6, CBC_SHA256, ESP), (6, AH_SHA1, AH))


class Flow:
    """The packets of one SA with a key."""

    def __init__(self, capture, what, version, suite, protocol, **settings):
        self.capture = capture
        self.sa = new_sa(capture, version, suite, protocol=protocol, **settings)
        self.what = f"IPv{version}, {suite.name}, {what}"

    def send(self, sequence, header=verified(), what=""):
        if self.sa.protocol == ESP:
            packet = self.sa.packet(self.sa.esp(datagram(), sequence=sequence))
        else:
            packet = self.sa.ah_packet(datagram(), sequence=sequence)
        self.capture.add(f"{self.what}: {what}number {sequence:#x}", ethernet(packet), header)


def add_restarts(capture):
    """At a receiver the ICV fails for the new numbers, because it takes them as numbers of the next epoch."""
    for version, suite, protocol in SAS:
        for high in (0, 2):
            flow = Flow(capture, f"restart with ESN after {high}:5002", version, suite, protocol, esn=True, high=high,
                        start=high)
            flow.send(5001)
            flow.send(5002)
            flow.sa.high = 0
            for sequence in range(1, 7):
                findings = ("seq.restart",) * (sequence == 4) + ("esn.wrong_high",)
                flow.send(sequence, good(drop(*findings, **OTHER_EPOCH)))


def add_ends(capture):
    for version, suite, protocol in SAS:
        flow = Flow(capture, "without ESN", version, suite, protocol)
        flow.send(NEAR - 1)
        flow.send(NEAR, verified("seq.near_end"))
        flow.send(NEAR + 1)
        flow = Flow(capture, "without ESN, the end", version, suite, protocol)
        flow.send(LAST - 1, verified("seq.near_end"))
        flow.send(LAST, good(verified("seq.at_end")))
        flow = Flow(capture, "ESN", version, suite, protocol, esn=True)
        flow.send(LAST - 1)
        flow.send(LAST)
        flow.sa.high = 1
        flow.send(0, what="the next epoch, ")
        flow.send(1)


def add_without_key(capture):
    """Without a key, nobody knows whether the SAs have ESN."""
    for number, wrap in ((0xBF01, ipv4), (0xBF02, ipv6)):
        for sequence in (LAST - 1, LAST):
            capture.add(f"no key: number {sequence:#x}", ethernet(wrap(number, ESP, esp(60, sequence=sequence))),
                        plausible())


def faults_counters():
    capture = Capture("faults_counters", "Counters that begin anew, and those that come to their end")
    add_restarts(capture)
    add_ends(capture)
    add_without_key(capture)
    return capture
