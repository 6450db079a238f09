"""Octets of ESP, AH and IKE, and the IP, UDP and Ethernet headers around them.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import random
import struct

from scapy.layers.inet import IP, UDP
from scapy.layers.inet6 import IPv6
from scapy.layers.l2 import Dot1Q, Ether
from scapy.packet import Raw

ESP, AH, IPIP, IPV6, GRE = 50, 51, 4, 41, 47
HOP_BY_HOP, ROUTING, FRAGMENT, NO_NEXT, DESTINATION = 0, 43, 44, 59, 60
EXPERIMENT = 253        # RFC 3692: may follow anything, and no dissector claims it

ANY_SPI = 0xFFFEFDFC    # stands for the SPI of the frame's own SA, see own_spi()
OTHER_SPI = 0xD0000001  # another SA between the same two hosts


# --- octets ---------------------------------------------------------------------------------------

def noise(length):
    """Octets that look encrypted; always the same for the same length."""
    return random.Random(length).randbytes(length)


def esp(length, spi=ANY_SPI, sequence=1):
    """ESP of `length` octets, including the header, which is cut if that is less than 8."""
    return (struct.pack("!II", spi, sequence) + noise(max(length - 8, 0)))[:length]


def ah(icv=12, next_header=EXPERIMENT, payload=noise(16), words=None, reserved=0, spi=ANY_SPI, sequence=1):
    """AH with an ICV field of `icv` octets, or with the octets `icv` in it; `words` is the length field, if it is to be
    wrong."""
    field = noise(icv) if isinstance(icv, int) else icv
    words = (12 + len(field)) // 4 - 2 if words is None else words
    return struct.pack("!BBHII", next_header, words, reserved, spi, sequence) + field + payload


def ike(cookie=b"\x5a" * 8, version=0x20):
    """An IKE message with one vendor ID payload."""
    vendor_id = struct.pack("!BBH", 0, 0, 20) + noise(16)
    return cookie + bytes(8) + struct.pack("!BBBBII", 43, version, 34, 8, 0, 28 + len(vendor_id)) + vendor_id


MARKER = bytes(4)
PADN = bytes([1, 4, 0, 0, 0, 0])


def options_header(next_header):
    return bytes([next_header, 0]) + PADN


def routing_header(next_header):
    """A routing header of type 2 (mobility): one address, no segments left."""
    return bytes([next_header, 2, 2, 0]) + bytes(4) + bytes.fromhex("20010db8") + bytes(11) + b"\x99"


def fragment_header(next_header, offset=0, more=False, identification=1):
    return struct.pack("!BBHI", next_header, 0, offset | more, identification)


EXTENSION = {HOP_BY_HOP: options_header, DESTINATION: options_header, ROUTING: routing_header,
             FRAGMENT: fragment_header}


def chained(kinds, protocol, payload):
    """Puts IPv6 extension headers in front; returns the first next header and all octets."""
    for kind in reversed(kinds):
        protocol, payload = kind, EXTENSION[kind](protocol) + payload
    return protocol, payload


# --- IP, UDP, Ethernet ---------------------------------------------------------------------------- `n` is the number
# of the frame. Each frame has its own destination and SPI unless it uses the number of an earlier one, so that no two
# cases share an SA.

def own_spi(n, octets):
    return octets.replace(struct.pack("!I", ANY_SPI), struct.pack("!I", 0xC0000000 + n))


def v4_addresses(n, reply=False):
    pair = f"192.0.2.{n % 200 + 1}", f"198.18.{n >> 8}.{n & 255}"
    return dict(zip(("src", "dst"), reversed(pair) if reply else pair))


def v6_addresses(n, reply=False):
    pair = f"2001:db8:a::{n:x}", f"2001:db8:b::{n:x}"
    return dict(zip(("src", "dst"), reversed(pair) if reply else pair))


def ipv4(n, protocol, payload, reply=False, **fields):
    fields = {"id": n, "ttl": 64, "proto": protocol, **v4_addresses(n, reply), **fields}
    return bytes(IP(**fields) / Raw(own_spi(n, payload)))


def ipv6(n, protocol, payload, chain=(), reply=False, **fields):
    protocol, payload = chained(chain, protocol, payload)
    fields = {"hlim": 64, "nh": protocol, **v6_addresses(n, reply), **fields}
    return bytes(IPv6(**fields) / Raw(own_spi(n, payload)))


def udp4(n, payload, ports=(4500, 4500), reply=False, checksum=0, **fields):
    """UDP in IPv4, with checksum 0 as RFC 3948 recommends; None: it is computed."""
    outer = IP(id=n, ttl=64, proto=17, **v4_addresses(n, reply), **fields)
    return bytes(outer / UDP(sport=ports[0], dport=ports[1], chksum=checksum) / Raw(own_spi(n, payload)))


def udp6(n, payload, ports=(4500, 4500), reply=False):
    outer = IPv6(nh=17, hlim=64, **v6_addresses(n, reply))
    return bytes(outer / UDP(sport=ports[0], dport=ports[1]) / Raw(own_spi(n, payload)))


def ethernet(packet, *tags):
    """Ethernet around an IP packet; `tags` are VLAN numbers. No padding: that is for the caller."""
    ethertype = 0x86DD if packet[0] >> 4 == 6 else 0x0800
    header = Ether(dst="02:00:00:00:00:02", src="02:00:00:00:00:01")
    for tag in tags:
        header = header / Dot1Q(vlan=tag)
    header.lastlayer().type = ethertype
    return bytes(header / Raw(packet))


def fragments4(n, protocol, payload, at, **fields):
    """Two IPv4 fragments; `at` is where the second begins, a multiple of 8."""
    return (ipv4(n, protocol, payload[:at], flags="MF", **fields),
            ipv4(n, protocol, payload[at:], frag=at // 8, **fields))


def fragments6(n, protocol, payload, at):
    return (ipv6(n, FRAGMENT, fragment_header(protocol, 0, True, n) + payload[:at]),
            ipv6(n, FRAGMENT, fragment_header(protocol, at, False, n) + payload[at:]))
