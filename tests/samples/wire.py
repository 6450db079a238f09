"""IP, UDP and Ethernet headers built by hand: a hundred times as fast as Scapy, for tests with many thousands of
packets, and without corrections of wrong lengths.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import struct
from ipaddress import ip_address

UDP = 17
ETHERNET = {4: bytes.fromhex("0200000000020200000000010800"), 6: bytes.fromhex("02000000000202000000000186dd")}


def checksum(octets):
    """RFC 1071, over an even number of octets."""
    total = sum(struct.unpack(f"!{len(octets) // 2}H", octets))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def packed(address):
    return ip_address(address).packed


def ipv4(source, destination, protocol, payload, identification=0, ttl=64, options=b"", length=None, fragment=0):
    """IPv4; addresses are octets, `length` is the length in the header if it is to be wrong, `fragment` the word of
    flags and offset."""
    words = 5 + len(options) // 4
    length = 4 * words + len(payload) if length is None else length
    header = struct.pack("!BBHHHBBH", 0x40 | words, 0, length, identification & 0xFFFF, fragment, ttl, protocol, 0)
    header += source + destination + options
    return header[:10] + struct.pack("!H", checksum(header)) + header[12:] + payload


def ipv6(source, destination, protocol, payload, hop_limit=64, length=None, chain=b""):
    """IPv6; `chain` are extension headers, in the last of which the caller has set the next header, and `protocol` is
    the type of the first."""
    length = len(chain) + len(payload) if length is None else length
    return struct.pack("!IHBB", 6 << 28, length, protocol, hop_limit) + source + destination + chain + payload


def udp(payload, source_port=4500, destination_port=4500, length=None, pseudo=None):
    """UDP; with checksum 0, or the right one if `pseudo` has both addresses."""
    length = 8 + len(payload) if length is None else length
    datagram = struct.pack("!HHHH", source_port, destination_port, length & 0xFFFF, 0) + payload
    if pseudo is None:
        return datagram
    covered = pseudo + struct.pack("!IHH", len(datagram), 0, UDP) + datagram + bytes(len(datagram) % 2)
    return datagram[:6] + struct.pack("!H", checksum(covered) or 0xFFFF) + payload


def frame(packet, source=ETHERNET[4][6:12]):
    """Ethernet; `source` is the sender's address."""
    link = ETHERNET[packet[0] >> 4]
    return link[:6] + source + link[12:] + packet
