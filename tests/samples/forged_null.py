"""SAs without keys that are ESP-NULL, look like it in part, or hide it: an attacker inserts packets among the sender's.

Anybody can make a packet that is undoubtedly ESP-NULL, so the share of such packets in the SA decides.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import struct

from samples.expectations import Capture, plausible, suspicious
from samples.keyed import inner, next_of
from samples.packets import ethernet, noise
from samples.sa import CBC_SHA256, Sa, plaintext

FIRST = 0xB000      # number of the first SA
CIPHERTEXT = plausible()
ICVS = (0, 12, 16)


class Flow:
    """The packets of one SA in the order of their numbers, whoever sent them."""

    def __init__(self, capture, what, version=4, udp=False, icv=0):
        self.capture, self.version, self.icv = capture, version, icv
        self.what = f"{what}, IPv{version}{' and UDP' if udp else ''}, ICV of {icv} octets"
        self.sa = Sa(FIRST + capture.flows, version, CBC_SHA256)
        self.wrap = self.sa.in_udp if udp else self.sa.packet
        capture.flows += 1

    def _add(self, what, octets, header):
        self.capture.add(f"{self.what}: {what}", ethernet(self.wrap(octets)), header)

    def encrypted(self, count, what="ciphertext"):
        for _ in range(count):
            self._add(what, self.sa.esp(inner(self.version), next_of(self.version)), CIPHERTEXT)

    def recognised(self, header):
        """The expectation for a packet that is taken for ESP-NULL; its ICV is unverified, or not present."""
        return header._replace(icv="Unverified" if self.icv else "Not present")

    def null(self, count, what, known=0, damage=None, header=plausible()):
        """Adds ESP-NULL; `known` is the first of these packets that is taken for it."""
        for number in range(count):
            body = bytearray(plaintext(inner(self.version, 40 + number % 8), next_of(self.version), 4))
            if damage is not None:
                body[damage] = 0xff
            octets = struct.pack("!II", self.sa.spi, self.sa.next_sequence()) + body + noise(self.icv)
            self._add(what, octets, self.recognised(header) if number >= known else header)


NEVER = 1000


def add_mixes(capture):
    for version in (4, 6):
        for udp in (False, True):
            for icv in ICVS:
                flow = Flow(capture, "2 forged of 8", version, udp, icv)
                for _ in range(3):
                    flow.encrypted(3)
                    flow.null(2, "forged", NEVER)
                    flow.encrypted(3)
    for icv in ICVS:
        flow = Flow(capture, "3 forged of 4", icv=icv)
        flow.null(3, "forged", 1)       # as far as can be known by then
        for _ in range(5):
            flow.encrypted(1)
            flow.null(3, "forged", NEVER)


def add_ahead(capture):
    """A premature belief is given up at the first packet that contradicts it, for which nothing is reported."""
    for version, count, icv in ((4, 2, 0), (6, 4, 12), (4, 10, 16)):
        flow = Flow(capture, f"{count} forged first", version, icv=icv)
        flow.null(count, "forged", 1)
        flow.encrypted(8)
        flow.null(2, "forged", NEVER)
        flow.encrypted(2)


def add_hidden(capture):
    """Noise in front: by then one packet in three is examined, and twelve that are clearly ESP-NULL are enough."""
    for version, icv in ((4, 0), (6, 16)):
        flow = Flow(capture, "noise first", version, icv=icv)
        flow.encrypted(17, "noise")
        flow.null(20, "ESP-NULL", 11)


def add_damaged(capture):
    """A damaged trailer does not end the belief; but it is not known what a receiver did with it."""
    for version, icv in ((4, 0), (6, 12)):
        flow = Flow(capture, "ESP-NULL", version, icv=icv)
        flow.null(12, "sound", 1)
        flow.null(1, "pad length 255", damage=-2, header=suspicious("esp.pad_length"))
        flow.null(2, "sound")


def forged_null():
    capture = Capture("forged_null", "ESP-NULL without keys, and what somebody made to look like it")
    capture.flows = 0
    for add in (add_mixes, add_ahead, add_hidden, add_damaged):
        add(capture)
    return capture
