"""Frames with many headers: each has a record of its own, however many are in a frame, nested or side by side.

Wireshark counts the layers of a frame in one octet, so from the 257th on a layer has the number of another one.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import struct

import pytest

import pcap
from samples.keyed import datagram, flipped
from samples.packets import AH, ESP, ah, ethernet, ipv4
from samples.sa import NULL_SHA256, Sa
from tshark_runner import KEYS

PASSES = pytest.mark.parametrize("passes", [(), ("-2",)], ids=["one pass", "two passes"])
SPI, UDP = 0xC000AB00, 17
WIRELESS = 105     # link type: IEEE 802.11


def nested_ah(count, sequence):
    """AH in AH, each with an SPI of its own."""
    octets, protocol = b"\x12\x34\x56\x78\0\x08\0\0", UDP
    for number in reversed(range(count)):
        octets, protocol = ah(next_header=protocol, icv=12, payload=octets, spi=SPI + number, sequence=sequence), AH
    return octets


@PASSES
def test_nested_headers(tshark, tmp_path, passes):
    """Two frames of 300 headers: numbers and SAs of one frame do not appear in the other, nor those of one header in
    another."""
    frames = [ethernet(ipv4(1, AH, nested_ah(300, sequence))) for sequence in (7, 9)]
    rows = tshark.rows(pcap.write_frames(tmp_path / "nested.pcap", frames), *passes)
    for frame, sequence in ((1, 7), (2, 9)):
        assert rows[frame]["ipsec.sa"] == [str(number) for number in range(300)]
        assert rows[frame]["ipsec.spi"] == [f"0x{SPI + number:08x}" for number in range(300)]
        assert rows[frame]["ipsec.seq"] == [str(sequence)] * 300
        assert rows[frame].findings == ["ah.next_header"] * 299


def aggregate(packets):
    """One A-MSDU (IEEE 802.11 9.3.2.2.2): packets side by side in one frame."""
    header = bytes([0x88, 0x01, 0, 0]) + b"\x02" * 18 + struct.pack("<HH", 0, 0x0080)
    subframes = b""
    for packet in packets:
        content = bytes.fromhex("aaaa030000000800") + packet
        subframes += b"\x02" * 12 + struct.pack("!H", len(content)) + content
        subframes += bytes(-len(subframes) % 4)
    return header + subframes


@PASSES
def test_headers_side_by_side(tshark, tmp_path, passes):
    """The last one is damaged, and one comes twice: 100 packets of four layers each."""
    sa = Sa(0xAB, 4, NULL_SHA256)
    packets = [sa.packet(sa.esp(datagram())) for _ in range(100)]
    packets[50] = packets[40]
    packets[97] = flipped(packets[97], -1)
    path = tmp_path / "aggregate.pcap"
    path.with_suffix(KEYS).write_text(sa.state())
    frame = aggregate(packets)
    pcap.write(path, [pcap.Record(1, 0, len(frame), frame)], WIRELESS)
    row = tshark.rows(path, "-o", "ipsec.decrypt:FALSE", *passes)[1]
    assert row["ipsec.seq"] == [str(number) for number in (*range(1, 51), 41, *range(52, 101))]
    assert row.icv == ["Bad" if at == 97 else "Good" for at in range(100)]
    assert [at for at, verdict in enumerate(row.verdicts) if verdict != "verified"] == [97]
    assert row.findings == ["capture.duplicate", "seq.gap", "esp.icv"]
