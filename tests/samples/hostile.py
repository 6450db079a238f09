"""Hostile captures that are too large to keep: flows of thousands of packets, without keys, with forged or replayed
packets among them.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import struct
from typing import NamedTuple

from samples import wire
from samples.packets import ESP
from samples.sa import octets_of

SPI = 0xA0000001
SENDER, RECEIVER, ELSEWHERE = map(wire.packed, ("192.0.2.1", "192.0.2.2", "203.0.113.9"))


class Sent(NamedTuple):
    """One packet. If `late`, it came 20 ms after the one before, otherwise 1 ms."""
    number: int
    source: bytes = SENDER
    maker: str = "sender"
    late: bool = False


def captured(sent):
    """Milliseconds and frame of each packet."""
    time = 0
    for count, packet in enumerate(sent, 1):
        time += 20 if packet.late else 1
        octets = struct.pack("!II", SPI, packet.number) + octets_of(f"{packet.maker} {packet.number}", 64)
        yield time, wire.frame(wire.ipv4(packet.source, RECEIVER, ESP, octets, count))


FORGED_AT, AHEAD, LAST = 6001, 7000, 12000


def one_forged_1000_ahead():
    """Frame 6001 has number 7000; the flow continues with 6001, and its own 7000 comes in frame 7001."""
    flow = [Sent(number) for number in range(1, LAST + 1)]
    return flow[:FORGED_AT - 1] + [Sent(AHEAD, maker="somebody else")] + flow[FORGED_AT - 1:]


def replays_from_elsewhere():
    """Among the flow, 20 copies of packets that came long ago, from another address; then 80 copies of recent packets
    from the sender's own address."""
    flow = [Sent(number) for number in range(1, 10_001)]
    sent = flow[:9000]
    for turn in range(20):
        sent += flow[9000 + 5 * turn:9005 + 5 * turn] + [Sent(15 + 5 * turn, ELSEWHERE, late=True)]
    sent += flow[9100:9200]
    for turn in range(80):
        sent += flow[9200 + 10 * turn:9210 + 10 * turn] + [Sent(9205 + 10 * turn, late=True)]
    return sent
