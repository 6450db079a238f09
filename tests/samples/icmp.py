"""ICMP and ICMPv6 errors that quote IPsec, and their consequences for later packets.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import struct

from samples.expectations import Capture, plausible, unchecked
from samples.packets import AH, ESP, ah, esp, ethernet, ike, ipv4, ipv6, noise, udp4, udp6, v4_addresses, v6_addresses
from samples.wire import checksum, packed

ICMP, ICMPV6, TCP, IPCOMP = 1, 58, 6, 108
ROUTER, ROUTER6 = "203.0.113.254", "2001:db8:f::fe"
TOO_BIG = unchecked("icmp.too_big")
IGNORED = unchecked("icmp.too_big_ignored")
ABOVE = plausible("sa.above_mtu")
NO_HEADER_OF_ITS_OWN = unchecked()._replace(verdict="")     # the quoted header is not judged


def error(n, kind, code, quote, word=0, source=ROUTER, damage=0, extensions=b""):
    """ICMP to the sender of frame `n`; `word` is the last four octets of its header, `damage` makes its checksum
    wrong."""
    message = struct.pack("!BBHI", kind, code, 0, word) + quote + extensions
    right = checksum(message + bytes(len(message) % 2)) ^ damage
    addresses = {"src": source, "dst": v4_addresses(n)["src"]}
    return ethernet(ipv4(n, ICMP, message[:2] + struct.pack("!H", right) + message[4:], **addresses))


def error6(n, kind, code, quote, word=0, source=ROUTER6):
    message = struct.pack("!BBHI", kind, code, 0, word) + quote
    receiver = v6_addresses(n)["src"]
    pseudo = packed(source) + packed(receiver) + struct.pack("!II", len(message), ICMPV6)
    right = checksum(pseudo + message + bytes(len(message) % 2))
    return ethernet(ipv6(n, ICMPV6, message[:2] + struct.pack("!H", right) + message[4:], src=source, dst=receiver))


def peer(n):
    return v4_addresses(n)["dst"]


def packet(n, sequence=1, length=600, **fields):
    """ESP with that IP length and DF."""
    return ipv4(n, ESP, esp(length - 20, sequence=sequence), **{"flags": "DF", **fields})


def icmp():
    capture = Capture("icmp", "ICMP errors that quote IPsec")
    add_mtus(capture)
    add_ignored(capture)
    add_others(capture)
    add_udp(capture)
    add_ah_and_ipcomp(capture)
    add_v6(capture)
    add_foreign(capture)
    return capture


def add_mtus(capture):
    n = capture.next
    big = packet(n)
    capture.add("ESP of 600 octets with DF", ethernet(big), plausible())
    capture.add("too big, MTU 576", error(n, 3, 4, big[:28], 576), TOO_BIG, after=20)
    capture.add("ESP of 600 octets that was on its way", ethernet(packet(n, 2)), plausible(), after=500)
    capture.add("too big again, all of it quoted", error(n, 3, 4, packet(n, 2), 576), TOO_BIG, after=20)
    capture.add("ESP of 600 octets, more than a second later", ethernet(packet(n, 3)), ABOVE, after=500)
    capture.add("ESP of 576 octets fits", ethernet(packet(n, 4, 576)), plausible())
    capture.add("ESP of 600 octets that may be fragmented", ethernet(packet(n, 5, flags=0)), plausible())
    capture.add("ESP of 700 octets", ethernet(packet(n, 6, 700)), ABOVE)
    capture.add("ESP of 600 octets when 600 seconds have passed", ethernet(packet(n, 7)), plausible(), after=600_000)


def add_ignored(capture):
    n = capture.next
    big = packet(n)
    capture.add("ESP of 600 octets with DF", ethernet(big), plausible())
    for what, mtu in (("0, as of old routers", 0), ("68", 68), ("551, below what Linux takes", 551),
                      ("600, which the packet fits", 600), ("1500", 1500)):
        capture.add(f"too big, MTU {what}", error(n, 3, 4, big[:28], mtu), IGNORED)
    capture.add("too big, of an SPI that was not seen",
                error(n, 3, 4, ipv4(n, ESP, esp(580, spi=0xDEADBEEF), flags="DF")[:28], 576), IGNORED)
    capture.add("too big, the packet may be fragmented", error(n, 3, 4, packet(n, flags=0)[:28], 576), IGNORED)
    capture.add("too big, with a wrong checksum", error(n, 3, 4, big[:28], 576, damage=1), IGNORED)
    capture.add("host unreachable, with a wrong checksum", error(n, 3, 1, big[:28], damage=1), unchecked())
    capture.add("ESP of 600 octets, for none of these says otherwise", ethernet(packet(n, 2)), plausible())


def add_others(capture):
    n = capture.next
    sent = packet(n, 1, 120)
    capture.add("ESP", ethernet(sent), plausible())
    for what, kind, code, finding, source in (
            ("protocol unreachable, from a router", 3, 2, "icmp.unreachable", ROUTER),
            ("port unreachable, from a router", 3, 3, "icmp.unreachable", ROUTER),
            ("host unreachable", 3, 1, "icmp.unreachable", ROUTER), ("net unreachable", 3, 0, "icmp.unreachable", ROUTER),
            ("prohibited, net", 3, 9, "icmp.prohibited", ROUTER), ("prohibited, host", 3, 10, "icmp.prohibited", ROUTER),
            ("prohibited by a filter", 3, 13, "icmp.prohibited", ROUTER),
            ("a filter of the peer that answers as if ESP had ports", 3, 3, "icmp.prohibited", peer(n)),
            ("time exceeded", 11, 0, "icmp.time_exceeded", ROUTER),
            ("fragment reassembly time exceeded, from the peer", 11, 1, "icmp.fragment_lost", peer(n)),
            ("parameter problem", 12, 0, "icmp.parameter", ROUTER),
            ("protocol unreachable, from the peer", 3, 2, "icmp.protocol_unreachable", peer(n))):
        capture.add(what, error(n, kind, code, sent[:28], source=source), unchecked(finding))
    capture.add("time exceeded, of an SPI that was not seen",
                error(n, 11, 0, ipv4(n, ESP, esp(100, spi=0xDEADBEEF))[:28]), unchecked())
    capture.add("redirect", error(n, 5, 1, sent[:28]), unchecked())
    capture.add("source quench", error(n, 4, 0, sent[:28]), unchecked())
    inner = error(n, 3, 4, packet(n)[:28], 576)[14:]
    capture.add("time exceeded that quotes a too big that quotes ESP", error(n, 11, 0, inner), unchecked())


def add_udp(capture):
    n = capture.next
    sent = udp4(n, esp(572), flags="DF")
    capture.add("ESP in UDP", ethernet(sent), plausible())
    capture.add("too big, nothing behind the UDP header is quoted", error(n, 3, 4, sent[:28], 576),
                NO_HEADER_OF_ITS_OWN._replace(findings=("icmp.too_big",)))
    capture.add("too big, 8 octets of ESP are quoted", error(n, 3, 4, sent[:36], 576), TOO_BIG)
    capture.add("port 4500 unreachable, from the peer", error(n, 3, 3, sent[:28], source=peer(n)),
                NO_HEADER_OF_ITS_OWN._replace(findings=("icmp.port_unreachable",)))
    capture.add("port 4500 unreachable, from a router", error(n, 3, 3, sent[:28]),
                NO_HEADER_OF_ITS_OWN._replace(findings=("icmp.unreachable",)))
    capture.add("port 4500 unreachable: NAT keepalive", error(n, 3, 3, udp4(n, b"\xff"), source=peer(n)),
                NO_HEADER_OF_ITS_OWN._replace(findings=("icmp.port_unreachable",)))
    n = capture.next
    asked = udp4(n, ike(), ports=(500, 500))
    capture.add("IKE", ethernet(asked))
    capture.add("port 500 unreachable, the IKE header is quoted", error(n, 3, 3, asked[:56], source=peer(n)),
                NO_HEADER_OF_ITS_OWN._replace(findings=("icmp.port_unreachable",)))
    capture.add("port 500 unreachable, between hosts that spoke IKE", error(n, 3, 3, asked[:28], source=peer(n)),
                NO_HEADER_OF_ITS_OWN._replace(findings=("icmp.port_unreachable",)))


def add_ah_and_ipcomp(capture):
    n = capture.next
    sent = ipv4(n, AH, ah(payload=noise(556)), flags="DF")
    capture.add("AH of 600 octets", ethernet(sent), plausible())
    capture.add("too big, the number is not in the 8 octets of AH", error(n, 3, 4, sent[:28], 576), TOO_BIG)
    capture.add("protocol unreachable, 32 octets of AH", error(n, 3, 2, sent[:52], source=peer(n)),
                unchecked("icmp.protocol_unreachable"))
    n = capture.next
    compressed = ipv4(n, IPCOMP, struct.pack("!BBH", 6, 0, 0x4A01) + noise(60))
    capture.add("protocol unreachable, IPComp", error(n, 3, 2, compressed[:28], source=peer(n)),
                NO_HEADER_OF_ITS_OWN._replace(findings=("icmp.protocol_unreachable",)))


def add_v6(capture):
    n = capture.next
    other_end = v6_addresses(n)["dst"]
    sent = ipv6(n, ESP, esp(1300))
    capture.add("IPv6: ESP of 1340 octets", ethernet(sent), plausible())
    capture.add("IPv6: too big, MTU 1280", error6(n, 2, 0, sent[:96], 1280), TOO_BIG)
    capture.add("IPv6: too big, MTU 1200", error6(n, 2, 0, sent[:96], 1200), IGNORED)
    capture.add("IPv6: ESP of 1340 octets again", ethernet(ipv6(n, ESP, esp(1300, sequence=2))), ABOVE)
    for what, kind, code, word, finding, source in (
            ("no route", 1, 0, 0, "icmp.unreachable", ROUTER6), ("prohibited", 1, 1, 0, "icmp.prohibited", ROUTER6),
            ("time exceeded", 3, 0, 0, "icmp.time_exceeded", ROUTER6),
            ("reassembly time exceeded", 3, 1, 0, "icmp.fragment_lost", other_end),
            ("parameter problem", 4, 0, 4, "icmp.parameter", ROUTER6),
            ("unrecognized next header 50, from a router", 4, 1, 6, "icmp.unreachable", ROUTER6),
            ("unrecognized next header 50, from the peer", 4, 1, 6, "icmp.protocol_unreachable", other_end)):
        capture.add(f"IPv6: {what}", error6(n, kind, code, sent[:96], word, source), unchecked(finding))
    capture.add("IPv6: port 4500 unreachable", error6(n, 1, 4, udp6(n, esp(60)), source=other_end),
                unchecked("icmp.port_unreachable"))


def add_foreign(capture):
    """Errors that do not quote IPsec."""
    n = capture.next
    capture.add("ICMP echo", ethernet(ipv4(n, ICMP, bytes.fromhex("0800f7ff00000000"))))
    capture.add("too big, of TCP", error(n, 3, 4, ipv4(n, TCP, noise(580), flags="DF")[:28], 576))
    capture.add("port unreachable, of another port", error(n, 3, 3, udp4(n, noise(60), ports=(40000, 53))[:28], source=peer(n)))
    capture.add("port unreachable, from port 4500 of hosts that speak no IPsec",
                error(n, 3, 3, udp4(n, noise(60), ports=(4500, 53))[:28], source=peer(n)))
