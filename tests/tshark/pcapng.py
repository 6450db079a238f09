"""Writes pcapng files with what pcap cannot express: interfaces, sections and packet ids.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import struct
from typing import NamedTuple, Optional

SECTION, INTERFACE, ENHANCED_PACKET = 0x0A0D0D0A, 1, 6
ETHERNET = 1
PACKET_ID = 5   # option epb_packetid


class Packet(NamedTuple):
    """One frame at an interface; `microseconds` since 1970."""
    microseconds: int
    octets: bytes
    interface: int = 0
    packet_id: Optional[int] = None
    section: int = 0


def _padded(octets):
    return octets + bytes(-len(octets) % 4)


def _block(kind, body):
    size = 12 + len(body)
    return struct.pack("<II", kind, size) + body + struct.pack("<I", size)


def _section():
    return _block(SECTION, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1))


def _interface(link_type):
    return _block(INTERFACE, struct.pack("<HHI", link_type, 0, 262144))


def _packet(packet):
    options = b"" if packet.packet_id is None else struct.pack("<HHQHH", PACKET_ID, 8, packet.packet_id, 0, 0)
    head = struct.pack("<IIIII", packet.interface, packet.microseconds >> 32, packet.microseconds & 0xFFFFFFFF,
                       len(packet.octets), len(packet.octets))
    return _block(ENHANCED_PACKET, head + _padded(packet.octets) + options)


def write(path, packets, link_type=ETHERNET):
    """Writes the packets in order; a new section begins whenever its number changes."""
    interfaces = max(packet.interface for packet in packets) + 1
    with open(path, "wb") as file:
        section = None
        for packet in packets:
            if packet.section != section:
                section = packet.section
                file.write(_section() + _interface(link_type) * interfaces)
            file.write(_packet(packet))
    return path
