"""Whatever is in front of ESP and AH, a genuine packet after it verifies, a forged one fails, and neither remains
unverified. Headers that are many, long, broken or in fragments of fragments.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import struct
from ipaddress import ip_address

import pytest

import pcap
from samples.benign_keyed import HOP, checksummed, cut, route, v4_header, v6_header
from samples.keyed import datagram, flipped
from samples.packets import AH, DESTINATION, ESP, HOP_BY_HOP, IPIP, IPV6, ROUTING, ethernet, ipv4, ipv6
from samples.sa import AH_SHA1, CBC_SHA256, Sa, mutable_as_zeros
from tshark_runner import KEYS

UDP = 17
VERSIONS = pytest.mark.parametrize("version", [4, 6])
PROTOCOLS = pytest.mark.parametrize("protocol", [ESP, AH], ids=["ESP", "AH"])
UNDECIDED = ("plausible", "suspicious")
GOOD, FORGED, NOT_KNOWN = (["Good"], ["verified"]), (["Bad"], ["drop"]), (["Unverified"], [])


def first_of(sa):
    """A packet that proves that the key is right."""
    if sa.protocol == AH:
        return sa.ah_packet(datagram())
    return (sa.in_udp if sa.udp else sa.packet)(sa.esp(datagram()))


@pytest.fixture
def judged(tshark, tmp_path):
    """For each packet of SAs a list of (status of the ICV, verdicts that decide something); the same in both passes."""
    def judge(*cases):
        path = tmp_path / "outer.pcap"
        path.with_suffix(KEYS).write_text("".join(sa.state() for sa, _ in cases))
        packets = [packet for sa, packets in cases for packet in (first_of(sa), *packets)]
        pcap.write_frames(path, map(ethernet, packets))
        rows = tshark.rows(path)
        assert tshark.rows(path, "-2") == rows
        rows = iter(rows.values())
        results = [[next(rows) for _ in (None, *packets)] for _, packets in cases]
        assert all(first.verdicts == ["verified"] for first, *_ in results)
        return [[(row.icv, [verdict for verdict in row.verdicts if verdict not in UNDECIDED]) for row in others]
                for _, *others in results]
    return judge


def sa_of(version, protocol, number=1, **settings):
    return Sa(number, version, CBC_SHA256 if protocol == ESP else AH_SHA1, protocol=protocol, **settings)


def forged(packet):
    return flipped(packet, -1)


# --- many and long headers ------------------------------------------------------------------------

OPTION = bytes([0x1E, 255]) + bytes(255)        # must not change on the way
LARGE = OPTION * 7 + bytes([0x1E, 245]) + bytes(245)


def options_headers(octets, next_header):
    """Large Destination Options headers with at least this many octets in all, and the type of the first."""
    count = -(-octets // 2048)
    return b"".join(bytes([DESTINATION if number + 1 < count else next_header, 255]) + LARGE for number in range(count))


def behind_options(sa, octets):
    """A genuine packet after this many octets of Destination Options."""
    if sa.protocol == AH:
        headers = options_headers(octets, AH)
        outer = v6_header(sa, DESTINATION, len(headers) + 24 + len(datagram()))
        return sa.ah(outer + headers, datagram(), UDP, covered=mutable_as_zeros(outer) + headers)
    rest = sa.in_udp(sa.esp(datagram()))[40:] if sa.udp else sa.esp(datagram())
    headers = options_headers(octets, UDP if sa.udp else ESP)
    return v6_header(sa, DESTINATION, len(headers) + len(rest)) + headers + rest


@pytest.mark.parametrize("protocol, udp", [(ESP, False), (ESP, True), (AH, False)], ids=["ESP", "UDP", "AH"])
def test_behind_many_options(judged, protocol, udp):
    cases = [(sa, [behind_options(sa, octets), forged(behind_options(sa, octets))])
             for octets, sa in ((octets, sa_of(6, protocol, octets, udp=udp)) for octets in (640, 2048, 8192))]
    assert judged(*cases) == [[GOOD, FORGED]] * 3


def other_ahs(count, last, sequence):
    """AHs of SAs without a known key."""
    return b"".join(struct.pack("!BBHII", AH if number + 1 < count else last, 4, 0, 0xD0000000 + number, sequence) +
                    bytes(12) for number in range(count))


def behind_ahs(sa, count):
    """A genuine packet after other AHs, which its own ICV does not cover."""
    others = other_ahs(count, sa.protocol, sa.sequence + 1)
    if sa.protocol == ESP:
        return sa.packet(others + sa.esp(datagram())).replace(bytes([64, ESP]), bytes([64, AH]), 1)
    covered = v4_header(sa, datagram())
    outer = covered[:2] + struct.pack("!H", len(covered) + len(others) + 24 + len(datagram())) + covered[4:]
    return sa.ah(outer + others, datagram(), UDP, covered=mutable_as_zeros(covered))


@PROTOCOLS
def test_behind_many_ahs(judged, protocol):
    for count in (30, 60):
        sa = sa_of(4, protocol, align4=True)
        assert judged((sa, [behind_ahs(sa, count), forged(behind_ahs(sa, count))])) == [[GOOD, FORGED]]


# --- broken headers -------------------------------------------------------------------------------

def test_behind_broken_options_of_ipv4(judged):
    """No receiver accepts such a packet, whoever sent it."""
    cases = []
    for number, options in enumerate((b"\x94\x00\x00\x00", b"\x94\x01\x00\x00", b"\x07\x0b\x04\x00",
                                      b"\x01\x01\x01\x94", b"\x83\x03\x04\x00"), 1):
        sa = sa_of(4, AH, number, align4=True)
        cases.append((sa, [forged(sa.ah(v4_header(sa, datagram(), options), datagram(), UDP))]))
    assert judged(*cases) == [[FORGED]] * 5


def behind(sa, kind, headers):
    """A forged packet after extension headers."""
    outer = v6_header(sa, kind, len(headers) + 24 + len(datagram()))
    return forged(sa.ah(outer + headers, datagram(), UDP))


def test_behind_broken_options_of_ipv6(judged):
    cases = []
    for kind in (HOP_BY_HOP, DESTINATION):
        for options in (b"\x1e\x05\x01\x02\x03\x04", b"\x01\x03\x00\x00\x00\x1e"):
            sa = sa_of(6, AH, len(cases) + 1)
            cases.append((sa, [behind(sa, kind, bytes([AH, 0]) + options)]))
    assert judged(*cases) == [[FORGED]] * 4


def test_behind_routes(judged):
    """Routes with more segments left than addresses are broken. AH does not say what a segment router does to its
    packets, so nothing is claimed about them."""
    cases = []
    for kind, left in ((0, 3), (2, 2), (4, 1), (3, 1)):
        sa = sa_of(6, AH, len(cases) + 1)
        cases.append((sa, [behind(sa, ROUTING, bytes([AH, 2, kind, left]) + bytes(4) +
                                  ip_address(sa.addresses["dst"]).packed)]))
    assert judged(*cases) == [[FORGED]] * 2 + [[NOT_KNOWN]] * 2


# --- fragments ------------------------------------------------------------------------------------

def fragments_of(number, packet, at=200):
    start = 20 if packet[0] >> 4 == 4 else 40
    header, rest = packet[:start], packet[start:]
    protocol = header[9] if start == 20 else header[6]
    sa = Sa(number, 4 if start == 20 else 6, CBC_SHA256)
    return [cut(sa, header, rest[:at], 0, True, protocol), cut(sa, header, rest[at:], at, False, protocol)]


def tunnel(version, number, packet, same):
    """A tunnel header, between two other hosts or between the same ones."""
    kind = IPIP if packet[0] >> 4 == 4 else IPV6
    if version == 4:
        return ipv4(same or number, kind, packet, id=number)
    return ipv6(same or number, kind, packet)


def in_fragments(packet, versions, first, same):
    """Fragments of tunnels around fragments of tunnels around fragments of the packet. Their identifications begin with
    `first`; `same` is the number of the two hosts, if all are between them."""
    packets = fragments_of(first, packet)
    for version in versions:
        parts = []
        for packet in packets:
            first += 1
            parts += fragments_of(first, tunnel(version, first, packet, same), 104)
        packets = parts
    return packets


@VERSIONS
@PROTOCOLS
def test_fragments_of_fragments(judged, version, protocol):
    cases = []
    for versions in ((), (4,), (6,), (4, 4), (6, 4), (6, 6)):
        for same in (False, True):
            for change in (bytes, forged):
                number = 1000 + 50 * len(cases)
                sa = sa_of(version, protocol, number)
                packet = sa.packet(sa.esp(datagram(400))) if protocol == ESP else sa.ah_packet(datagram(400))
                cases.append((sa, in_fragments(change(packet), versions, number, same and number)))
    results = judged(*cases)
    assert [result[-1] for result in results] == [GOOD, FORGED] * 12
    assert all(early == ([], []) for result in results for early in result[:-1])


RECORD = b"\x07\x07\x04" + bytes(4) + b"\x00"
ALERT = b"\x94\x04\x00\x00"


def v4_fragments(sa, first, later, covered=None):
    """AH in two fragments, each with these options; the ICV covers those of the first one, or `covered`."""
    header = v4_header(sa, datagram(400), first)
    header = header[:4] + struct.pack("!H", 1000 * sa.number + sa.sequence) + header[6:]
    zeros = mutable_as_zeros(header)
    whole = sa.ah(header, datagram(400), UDP, covered=zeros[:20] + (covered or zeros[20:]))
    rest = whole[len(header):]
    return [part_of(whole, first, rest[:200], 0x2000), part_of(whole, later, rest[200:], 25)]


def part_of(whole, options, part, fragment):
    size = 20 + len(options)
    return checksummed(bytes([0x40 | size // 4]) + whole[1:2] + struct.pack("!H", size + len(part)) + whole[4:6] +
                       struct.pack("!H", fragment) + whole[8:20] + options) + part


OPTIONS_IN_FRAGMENTS = (        # of the first and the last fragment, as the ICV covers them, what must be shown
    (ALERT, ALERT, None, [GOOD, NOT_KNOWN]),
    (route(131, (HOP, HOP), 12), route(131, (HOP, HOP), 12), bytes(11) + b"\1", [GOOD, NOT_KNOWN]),
    (RECORD, b"", bytes(8), [GOOD, FORGED]),
    (b"\1" + RECORD[:7], b"", b"\1" + bytes(7), [GOOD, FORGED]),
    (ALERT + RECORD, ALERT, ALERT + bytes(8), [NOT_KNOWN, NOT_KNOWN]),              # left out, as BSD does
    (ALERT + RECORD, ALERT + b"\1" * 8, ALERT + bytes(8), [NOT_KNOWN, NOT_KNOWN]),  # blanked, as Linux does
)


def test_options_in_fragments(judged):
    """The last fragment has the options that are copied. If it has any, it is not known what else the first had, so
    nothing is reported. If it has none, the few possibilities for the first are tried. If the first comes last, all
    options are known."""
    cases, wanted = [], []
    for first, later, covered, said in OPTIONS_IN_FRAGMENTS:
        for order in (1, -1):
            sa = sa_of(4, AH, len(cases) + 1, align4=True)
            genuine, (start, end) = (v4_fragments(sa, first, later, covered) for _ in range(2))
            cases.append((sa, genuine[::order] + [start, forged(end)][::order]))
            wanted.append(said if order == 1 else [GOOD, FORGED])
    assert [results[1::2] for results in judged(*cases)] == wanted


def test_a_route_in_fragments(judged):
    """On its way the packet is addressed to the next hop."""
    sa = sa_of(4, AH, align4=True)
    here = ip_address(sa.addresses["dst"]).packed
    options = route(131, (HOP, here), 4)
    header = v4_header(sa, datagram(400), options, dst="203.0.113.6")
    covered = mutable_as_zeros(header)[:16] + here + bytes(11) + options[11:]
    whole = sa.ah(header, datagram(400), UDP, covered=covered)
    rest = whole[len(header):]
    packets = [part_of(whole, options, rest[:200], 0x2000), part_of(whole, options, rest[200:], 25)]
    assert judged((sa, packets)) == [[([], []), GOOD]]
