"""Packets and pcap files of the benchmarks.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import struct

ETHERNET = 1    # link types of pcap
RAW_IP = 101
HOSTS = (bytes([192, 0, 2, 1]), bytes([192, 0, 2, 2]))
HOSTS6 = tuple(bytes.fromhex("20010db8") + bytes(11) + bytes([host]) for host in (1, 2))


def ipv4(protocol, payload, hosts=HOSTS, options=b""):
    header = struct.pack(">BBHHHBBH", 0x45 + len(options) // 4, 0, 20 + len(options) + len(payload), 0, 0, 64,
                         protocol, 0) + b"".join(hosts) + options
    total = sum(struct.unpack(f">{len(header) // 2}H", header))
    checksum = 0xffff - (total % 0xffff or 0xffff)
    return header[:10] + struct.pack(">H", checksum) + header[12:] + payload


def ipv6(protocol, payload, hosts=HOSTS6):
    return struct.pack(">IHBB", 6 << 28, len(payload), protocol, 64) + b"".join(hosts) + payload


def udp(source, destination, payload):
    return struct.pack(">HHHH", source, destination, 8 + len(payload), 0) + payload


def in_ethernet(packet, vlan=None):
    """Ethernet between two ports, with a VLAN tag if one is given."""
    tag = struct.pack(">HH", 0x8100, vlan) if vlan else b""
    return bytes(12) + tag + (b"\x86\xdd" if packet[0] >> 4 == 6 else b"\x08\x00") + packet


def write_frames(path, frames, link=ETHERNET, rate=1000):
    """Writes frames, `rate` a second."""
    with path.open("wb") as out:
        out.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, link))
        for number, frame in enumerate(frames):
            microseconds = number % rate * 1000000 // rate
            out.write(struct.pack("<IIII", number // rate, microseconds, len(frame), len(frame)))
            out.write(frame)
    path.chmod(0o644)


def write_capture(path, packets):
    write_frames(path, (in_ethernet(packet) for packet in packets))
