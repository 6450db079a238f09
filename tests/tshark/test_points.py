"""Capture points: captures that were merged from both ends of a path, or taken at several interfaces.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import struct
from typing import NamedTuple

import pytest

import pcap
import pcapng
from samples import wire
from samples.packets import AH, ESP, ah, esp
from samples.keyed import datagram
from samples.sa import AH_SHA1, CBC_SHA256, GCM, Sa
from tshark_runner import KEYS

START = 1_700_000_000_000_000
REPLAYS = {"replay.duplicate", "replay.old", "replay.conflict", "sa.no_anti_replay", "sa.several_senders"}
MACS = {1: bytes.fromhex("020000000002 020000000001"), 2: bytes.fromhex("020000000004 020000000003"),
        3: bytes.fromhex("020000000002 020000000009")}
IPV4 = wire.packed("192.0.2.1"), wire.packed("198.51.100.1")
IPV6 = wire.packed("2001:db8::1"), wire.packed("2001:db8:1::1")


def plain(number):
    return wire.ipv4(*IPV4, ESP, esp(100, 0xC0000001, number), identification=number)


def plain_ah(number):
    return wire.ipv6(*IPV6, AH, ah(spi=0xC0000001, sequence=number))


def in_udp(number):
    return wire.ipv4(*IPV4, wire.UDP, wire.udp(esp(100, 0xC0000001, number)), identification=number)


def nested(number):
    """ESP that a third party forwards in a tunnel of its own, without encryption."""
    return wire.ipv4(wire.packed("203.0.113.1"), wire.packed("203.0.113.2"), 4, plain(number), identification=number)


KINDS = {"ESP": plain, "AH in IPv6": plain_ah, "ESP in UDP": in_udp, "in a tunnel": nested}


def with_ttl(packet, ttl):
    """The packet with its TTL reduced by `ttl`, as by routers on its way."""
    if packet[0] >> 4 == 6:
        return packet[:7] + bytes([packet[7] - ttl]) + packet[8:]
    header = packet[:8] + bytes([packet[8] - ttl]) + packet[9:10] + bytes(2) + packet[12:20]
    return header[:10] + struct.pack("!H", wire.checksum(header)) + header[12:] + packet[20:]


class Seen(NamedTuple):
    """A packet as captured at one point, with its time in milliseconds from the start."""
    at: float
    number: int
    packet: bytes
    point: int = 1


def ends(make, count=120, delay=45.0, lose=25, first=1):
    """What both ends capture of a flow with one packet every 10 ms."""
    seen = []
    for number in range(first, first + count):
        packet = make(number)
        seen.append(Seen(10.0 * number, number, packet))
        if number % lose:
            late = delay + number % 4     # slightly reordered, because the delay varies
            seen.append(Seen(10.0 * number + late, number, with_ttl(packet, 6), 2))
    return sorted(seen)


def records(seen, tag=b""):
    return [pcap.Record(int(at * 1000 + START) // 1_000_000, int(at * 1000 + START) % 1_000_000, 0, b"")._replace(
        octets=frame(packet, MACS[point], tag)) for at, _, packet, point in seen]


def frame(packet, macs, tag=b""):
    ethertype = b"\x86\xdd" if packet[0] >> 4 == 6 else b"\x08\x00"
    return macs + tag + ethertype + packet


def of_one_interface(path, seen, tag=b""):
    """As mergecap writes it if both interfaces look alike: the points differ by their links."""
    made = [record._replace(length=len(record.octets)) for record in records(seen, tag)]
    return pcap.write(path / "points.pcap", made)


def of_two_interfaces(path, seen, tag=b""):
    """The points differ by their interfaces, whatever the links are."""
    return pcapng.write(path / "points.pcap", [
        pcapng.Packet(int(each.at * 1000) + START, frame(each.packet, MACS[1], tag), each.point - 1) for each in seen])


def of_two_sections(path, seen, tag=b""):
    """Two files joined by cat: the points differ by their sections."""
    ordered = sorted(seen, key=lambda each: each.point)
    return pcapng.write(path / "points.pcap", [
        pcapng.Packet(int(each.at * 1000) + START, frame(each.packet, MACS[1], tag), section=each.point)
        for each in ordered])


WRITERS = pytest.mark.parametrize("write", [of_one_interface, of_two_interfaces, of_two_sections],
                                  ids=["one interface", "two interfaces", "two sections"])


def replays(rows):
    return {number: row.findings for number, row in rows.items()
            if REPLAYS & set(row.findings) or "drop" in row.verdicts}


@pytest.mark.parametrize("kind, delay", [*(("ESP", delay) for delay in (-45.0, -1.0, 3.0, 45.0, 800.0)),
                                         *((kind, 45.0) for kind in KINDS if kind != "ESP")])
@WRITERS
def test_both_ends_show_no_replay(tshark, tmp_path, write, kind, delay):
    capture = write(tmp_path, ends(KINDS[kind], delay=delay))
    rows = tshark.rows(capture)
    assert len(rows) == 120 + 120 - 4
    assert replays(rows) == {}
    assert all("plausible" in row.verdicts for row in rows.values())
    assert tshark.rows(capture, "-2") == rows


def test_both_ends_in_mid_flow_and_in_a_vlan(tshark, tmp_path):
    seen = ends(plain, first=70_000)
    for tag in (b"", bytes.fromhex("81000007")):
        assert replays(tshark.rows(of_one_interface(tmp_path, seen, tag))) == {}


@WRITERS
def test_a_replay_at_one_point_is_found(tshark, tmp_path, write):
    seen = ends(plain)
    last = seen[-1].at
    again = [Seen(last + 200, 101, plain(101)), Seen(last + 300, 102, with_ttl(plain(102), 6), 2)]
    rows = tshark.rows(write(tmp_path, seen + again))
    assert sorted(row["ipsec.seq"][0] for row in rows.values() if row.findings and REPLAYS & set(row.findings)) == [
        "101", "102"]


@pytest.mark.parametrize("count, step", [(5, 1), (20, 1), (10, 7)])
def test_a_handful_from_elsewhere_are_replays(tshark, tmp_path, count, step):
    flow = [Seen(10.0 * number, number, plain(number)) for number in range(1, 301)]
    again = [Seen(3100 + n, 220 + n * step, with_ttl(plain(220 + n * step), 2), 3) for n in range(count)]
    rows = tshark.rows(of_one_interface(tmp_path, flow + again))
    assert {number: row.findings for number, row in rows.items() if number > 300} == {
        number: ["replay.duplicate" if 220 + (number - 301) * step > 236 else "replay.old"]
        for number in range(301, 301 + count)}
    assert replays({number: row for number, row in rows.items() if number <= 300}) == {}


def test_the_first_packets_again(tshark, tmp_path):
    """Sent by another host to the same next hop: that is one link, and so one point."""
    flow = [Seen(10.0 * number, number, plain(number)) for number in range(1, 31)]
    again = [Seen(310 + number, number, with_ttl(plain(number), 2), 3) for number in range(1, 6)]
    assert list(replays(tshark.rows(of_one_interface(tmp_path, flow + again)))) == [31, 32, 33, 34, 35]


@pytest.mark.parametrize("points, replayed", [("auto", False), ("yes", False), ("no", True)])
def test_preference(tshark, tmp_path, points, replayed):
    rows = tshark.rows(of_one_interface(tmp_path, ends(plain)), "-o", f"ipsec.points:{points}")
    assert bool(replays(rows)) == replayed


def keyed(tmp_path, seen, sa):
    path = of_one_interface(tmp_path, seen)
    path.with_suffix(KEYS).write_text(sa.state())
    return path


@pytest.mark.parametrize("version, suite, protocol", [(4, GCM, ESP), (6, CBC_SHA256, ESP), (6, AH_SHA1, AH)])
def test_with_keys(tshark, tmp_path, version, suite, protocol):
    sa = Sa(0x1201, version, suite, protocol=protocol)

    def make(number):
        if protocol == AH:
            return sa.ah_packet(datagram(), sequence=number)
        return sa.packet(sa.esp(datagram(), sequence=number))

    seen = ends(make)
    last = seen[-1].at
    seen.append(Seen(last + 200, 110, make(110)))
    seen += [Seen(last + 300 + n, 100 + n, make(100 + n), 3) for n in range(5)]
    rows = tshark.rows(keyed(tmp_path, seen, sa))
    assert {number for number in replays(rows)} == set(range(len(seen) - 5, len(seen) + 1))
    assert all(row.icv == ["Good"] for row in rows.values())


@pytest.mark.parametrize("short", [1, 2])
def test_one_end_is_cut(tshark, tmp_path, short):
    """Packets that are cut at one end cannot be verified, and are not replays of the whole ones at the other end."""
    sa = Sa(0x1202, 4, GCM)
    seen = ends(lambda number: sa.packet(sa.esp(datagram(64), sequence=number)))
    path = keyed(tmp_path, seen, sa)
    made = [record._replace(octets=record.octets[:60]) if each.point == short else record
            for record, each in zip(pcap.read(path), seen)]
    pcap.write(path, made)
    assert replays(tshark.rows(path)) == {}


def test_packet_ids(tshark, tmp_path):
    """pktmon repeats a packet once for each component that handles it, with one id; another id is another packet."""
    packets = [pcapng.Packet(START + 100_000 * number + 20_000 * copy, frame(plain(number), MACS[1]), packet_id=number)
               for number in range(1, 20) for copy in range(4)]
    packets.append(pcapng.Packet(START + 9_000_000, frame(plain(19), MACS[1]), packet_id=20))
    rows = tshark.rows(pcapng.write(tmp_path / "ids.pcap", packets))
    assert replays(rows) == {len(packets): ["replay.duplicate"]}
    assert sum(row.findings == ["capture.duplicate"] for row in rows.values()) == 19 * 3


def test_what_somebody_made_up_is_no_point_of_a_verified_sa(tshark, tmp_path):
    """Numbers of an SA that does not exist, once with the genuine link and once with another, must not establish a
    capture point."""
    sa = Sa(1, 4, GCM)
    genuine = [Seen(10.0 * number, number, sa.packet(sa.esp(datagram()))) for number in range(1, 101)]
    made_up = [Seen(2000 + 10.0 * number + 40 * point, number, plain(number), point) for number in range(1, 101)
               for point in (1, 2)]
    again = [genuine[-1]._replace(at=4000, point=2)]
    capture = of_one_interface(tmp_path, genuine + sorted(made_up) + again)
    capture.with_suffix(KEYS).write_text(sa.state())
    rows = tshark.rows(capture)
    assert rows[len(rows)].findings == ["replay.duplicate"]
    assert replays({number: row for number, row in rows.items() if number < len(rows)}) == {}
