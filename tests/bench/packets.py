"""Packets and pcap files of the benchmarks.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import struct

ETHERNET = bytes(12) + b"\x08\x00"
HOSTS = (bytes([192, 0, 2, 1]), bytes([192, 0, 2, 2]))


def ipv4(protocol, payload, hosts=HOSTS):
    header = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(payload), 0, 0, 64, protocol, 0) + b"".join(hosts)
    total = sum(struct.unpack(">10H", header))
    checksum = 0xffff - (total % 0xffff or 0xffff)
    return header[:10] + struct.pack(">H", checksum) + header[12:] + payload


def udp(source, destination, payload):
    return struct.pack(">HHHH", source, destination, 8 + len(payload), 0) + payload


def write_capture(path, packets):
    """Writes IP packets, 1,000 a second."""
    with path.open("wb") as out:
        out.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1))
        for number, packet in enumerate(packets):
            octets = ETHERNET + packet
            out.write(struct.pack("<IIII", number // 1000, number % 1000 * 1000, len(octets), len(octets)))
            out.write(octets)
    path.chmod(0o644)
