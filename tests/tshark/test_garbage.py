"""Garbage of every length where IPsec is expected: nothing crashes, the stock dissection stays, and two
passes agree.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import random

import pytest

import pcap
from samples.faults import in_ah4, in_ah6, ipv4_in_ipv4
from samples.packets import (AH, DESTINATION, ESP, FRAGMENT, GRE, HOP_BY_HOP, IPIP, IPV6, ROUTING, ethernet,
                             ipv4, ipv6, udp4, udp6)
from soundness import assert_sound

LONGEST = 80
MEANINGFUL = (0, 4, 6, HOP_BY_HOP, IPIP, IPV6, ROUTING, FRAGMENT, GRE, ESP, AH, DESTINATION)


def in_ip(ip, protocol):
    return lambda n, octets: ip(n, protocol, octets)


def on_port(udp, port):
    return lambda n, octets: udp(n, octets, ports=(port, port))


CARRIERS = {
    "IPv4": (in_ip(ipv4, ESP), in_ip(ipv4, AH)),
    "IPv6": (in_ip(ipv6, ESP), in_ip(ipv6, AH)),
    "nested": (in_ip(in_ah4, ESP), in_ip(in_ah6, AH), in_ip(ipv4_in_ipv4, AH)),
    "port 4500": (on_port(udp4, 4500), on_port(udp6, 4500)),
    "port 500": (on_port(udp4, 500), on_port(udp6, 500)),
}


def garbage(octets):
    """Three payloads of each length: random octets; zeroes; and octets that begin like a header, with a next header and
    a small length."""
    for length in range(LONGEST + 1):
        like_header = bytes([octets.choice(MEANINGFUL), octets.randrange(8), 0, 0]) + octets.randbytes(length)
        yield from (octets.randbytes(length), bytes(length), like_header[:length])


@pytest.mark.parametrize("name", CARRIERS)
def test_garbage_of_every_length(tshark, tmp_path, name):
    frames = []
    for carrier in CARRIERS[name]:
        for payload in garbage(random.Random(name)):
            frames.append(ethernet(carrier(len(frames) + 1, payload)))
    rows = assert_sound(tshark, pcap.write_frames(tmp_path / "garbage.pcap", frames))
    assert len(rows) == len(frames)
    verdicts = {verdict for row in rows.values() for verdict in row.verdicts}
    # Without a sign of IPsec between the peers, UDP never gets the verdict drop, and on port 500 nothing is odd.
    assert ("drop" in verdicts) == ("port" not in name)
    assert ("suspicious" in verdicts) == (name != "port 500")


@pytest.mark.parametrize("hidden", [False, True], ids=["open", "hidden"])
def test_headers_cut_at_every_octet(tshark, tmp_path, hidden):
    """Snapshot lengths that end anywhere in the headers: lengths are not judged."""
    payload = bytes(range(1, 61))
    records = []
    for packet in (ipv4(1, ESP, payload), in_ah6(1, ESP, payload), udp4(1, payload)):
        frame = ethernet(packet)
        records += [pcap.Record(1_700_000_000, 0, len(frame), frame[:length])
                    for length in range(14, len(frame))]
    if hidden:
        records = pcap.hide_cuts(records)
    rows = assert_sound(tshark, pcap.write(tmp_path / "cut.pcap", records))
    for frame, row in rows.items():
        assert set(row.findings) <= {"capture.duplicate"} and set(row.verdicts) <= {"unchecked", "plausible"}, frame
