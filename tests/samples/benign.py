"""Traps: odd packets and odd captures that are nobody's fault.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import struct

from scapy.layers.inet import ICMP, IP, UDP, IPOption
from scapy.layers.inet6 import ICMPv6DestUnreach, ICMPv6PacketTooBig, IPv6
from scapy.packet import Raw

from samples.expectations import Capture, plausible, suspicious, unchecked
from samples.faults import RESERVED_AH, RESERVED_ESP, in_ah4, in_ah_tunnel, with_options
from samples.packets import (
    AH, DESTINATION, ESP, EXPERIMENT, FRAGMENT, HOP_BY_HOP, IPIP, MARKER, NO_NEXT, OTHER_SPI,
    ROUTING, ah, esp, ethernet, fragments4, fragments6, ike, ipv4, ipv6, noise, options_header,
    udp4, udp6, v4_addresses, v6_addresses)

IGNORED = unchecked("icmp.too_big_ignored")     # a packet of that size fits


def benign():
    capture = Capture("benign", "Odd packets and odd captures; none of them may be called a drop")
    add_trailers(capture)
    add_cuts(capture)
    add_cut_ah(capture)
    add_offload(capture)
    add_fragments(capture)
    add_quotes(capture)
    add_numbers(capture)
    add_chains(capture)
    add_ike_traffic(capture)
    add_foreign_traffic(capture)
    add_counters(capture)
    add_lookalikes(capture)
    return capture


def add_trailers(capture):
    """The frame is longer than the packet: the rest is padding, not part of ESP or AH."""
    n = capture.next
    capture.add("ESP of 20 octets, Ethernet padding behind", ethernet(ipv4(n, ESP, esp(20))) + bytes(6),
                plausible())
    n = capture.next
    capture.add("AH without payload, Ethernet padding behind",
                ethernet(ipv4(n, AH, ah(next_header=NO_NEXT, payload=b""))) + bytes(2), plausible())
    n = capture.next
    capture.add("ESP in IPv6, 3 octets of trailer behind", ethernet(ipv6(n, ESP, esp(60))) + b"abc",
                plausible())
    n = capture.next
    capture.add("AH in IPv6, 3 octets of trailer behind", ethernet(ipv6(n, AH, ah())) + b"abc",
                plausible())
    n = capture.next
    capture.add("ESP in UDP, 3 octets of trailer behind", ethernet(udp4(n, esp(60))) + b"abc",
                plausible())
    n = capture.next
    capture.add("keepalive, Ethernet padding behind", ethernet(udp4(n, b"\xff")) + bytes(17))
    n = capture.next
    datagram = bytes(UDP(sport=4500, dport=4500, len=8 + 60, chksum=0) / Raw(esp(60) + noise(7)))
    capture.add("ESP in UDP, the UDP length 7 octets shorter than IP's", ethernet(ipv4(n, 17, datagram)),
                plausible())


def add_cuts(capture):
    """Captures cut by a snapshot length, openly or not: the missing octets were on the wire."""
    packets = (
        ("ESP", lambda n: ipv4(n, ESP, esp(121)), 20, (5, 8, 17)),
        ("ESP in IPv6", lambda n: ipv6(n, ESP, esp(121)), 40, (5, 8, 17)),
        ("AH", lambda n: ipv4(n, AH, ah(payload=noise(80))), 20, (5, 12, 20)),
        ("AH in IPv6", lambda n: ipv6(n, AH, ah(icv=16, payload=noise(80))), 40, (5, 12, 20)),
        ("ESP in UDP", lambda n: udp4(n, esp(121)), 28, (6, 8, 17)),
    )
    for what, packet, header, cuts in packets:
        for octets in cuts:
            for how in ("openly", "hidden"):
                frame = ethernet(packet(capture.next))
                capture.add(f"{what}, cut after {octets} octets, {how}",
                            frame[:14 + header + octets], unchecked(),
                            length=len(frame) if how == "openly" else None)


def add_cut_ah(capture):
    """Its length field is damaged, but the capture is cut: nothing is said about it, or about what seems to follow."""
    frame = ethernet(ipv4(capture.next, AH, ah(next_header=ESP, payload=esp(61), words=255)))
    capture.add("cut openly: AH length field 255 in front of ESP", frame[:70], unchecked(), length=len(frame))


def add_offload(capture):
    """Captured before segmentation or after coalescing."""
    n = capture.next
    capture.add("IP length 0: ESP of 121 octets", ethernet(ipv4(n, ESP, esp(121), len=0)),
                unchecked("capture.offload"))
    n = capture.next
    capture.add("IP length 0: AH", ethernet(ipv4(n, AH, ah(), len=0)), unchecked("capture.offload"))
    n = capture.next
    capture.add("IP length 0: ESP of 121 octets in UDP", ethernet(udp4(n, esp(121), len=0)),
                unchecked("capture.offload"))
    n = capture.next
    capture.add("IPv6 length 0: ESP of 121 octets", ethernet(ipv6(n, ESP, esp(121), plen=0)),
                unchecked("capture.offload"))
    n = capture.next
    capture.add("IP length 9216, a jumbo frame: ESP", ethernet(ipv4(n, ESP, esp(9196))), plausible())
    n = capture.next
    capture.add("IP length 12001: ESP", ethernet(ipv4(n, ESP, esp(11981))), unchecked("capture.offload"))
    n = capture.next
    capture.add("IPv6 length 12001: ESP", ethernet(ipv6(n, ESP, esp(12001))),
                unchecked("capture.offload"))
    n = capture.next
    capture.add("IP length 12001: AH", ethernet(ipv4(n, AH, ah(payload=noise(11957)))),
                unchecked("capture.offload"))
    for version, udp in (("IPv4", udp4), ("IPv6", udp6)):
        n = capture.next
        packets = b"".join(esp(60, sequence=number) for number in (1, 2, 3))
        capture.add(f"{version}: three ESP packets in one UDP datagram", ethernet(udp(n, packets)),
                    unchecked("capture.offload"))


def add_fragments(capture):
    """A fragmented packet is judged when it has been reassembled, on the frame that completes it."""
    for what, protocol, octets in (("ESP", ESP, esp(600)), ("AH", AH, ah(payload=noise(600)))):
        for version, fragments in (("IPv4", fragments4), ("IPv6", fragments6)):
            first, second = fragments(capture.next, protocol, octets, 304)
            capture.add(f"{version}: first fragment of {what}", ethernet(first))
            capture.add(f"{version}: last fragment of {what}", ethernet(second), plausible())
            first, second = fragments(capture.next, protocol, octets, 304)
            capture.add(f"{version}: last fragment of {what}, come first", ethernet(second))
            capture.add(f"{version}: first fragment of {what}, come last", ethernet(first), plausible())
            first, second = fragments(capture.next, protocol, octets, 304)
            capture.add(f"{version}: first fragment of {what}, the rest is missing", ethernet(first))
            first, second = fragments(capture.next, protocol, octets, 304)
            capture.add(f"{version}: last fragment of {what}, the rest is missing", ethernet(second))
    datagram = bytes(UDP(sport=4500, dport=4500, len=8 + 600, chksum=0) / Raw(esp(600)))
    first, second = fragments4(capture.next, 17, datagram, 304)
    capture.add("IPv4: first fragment of ESP in UDP", ethernet(first))
    capture.add("IPv4: last fragment of ESP in UDP", ethernet(second), plausible())
    for what, protocol, octets in (("ESP", ESP, esp(800)), ("AH", AH, ah(payload=noise(800)))):
        frame = ethernet(fragments6(capture.next, protocol, octets, 400)[0])
        capture.add(f"IPv6: first fragment of {what}, cut by the snapshot length", frame[:128],
                    length=len(frame))


def add_quotes(capture):
    """Packets quoted by an ICMP error are not traffic, and as long as the router chose to quote."""
    quotes4 = (
        ("ESP, 8 octets of it", lambda n: ipv4(n, ESP, esp(60))[:28]),
        ("ESP of 61 octets, whole", lambda n: ipv4(n, ESP, esp(61))),
        ("ESP with SPI 0 and sequence number 0", lambda n: ipv4(n, ESP, esp(60, spi=0, sequence=0))[:28]),
        ("AH, 8 octets of it", lambda n: ipv4(n, AH, ah())[:28]),
        ("AH with Reserved 1 and length field 1", lambda n: ipv4(n, AH, ah(words=1, reserved=1))),
        ("ESP in UDP", lambda n: udp4(n, esp(60), checksum=None)[:60]),
    )
    for what, quoted in quotes4:
        n = capture.next
        error = bytes(ICMP(type=3, code=4, nexthopmtu=1400) / Raw(quoted(n)))
        capture.add(f"ICMP quotes {what}", ethernet(ipv4(n, 1, error, reply=True)), IGNORED)
    for octets in (0, 2):
        n = capture.next
        error = bytes(ICMP(type=3, code=4, nexthopmtu=1400) / Raw(udp4(n, esp(60))[:28 + octets]))
        capture.add(f"ICMP quotes UDP and {octets} octets behind it: ESP or not, nobody knows",
                    ethernet(ipv4(n, 1, error, reply=True)), IGNORED._replace(verdict=""))
    quotes6 = (
        ("ESP", ICMPv6PacketTooBig, lambda n: ipv6(n, ESP, esp(60))),
        ("ESP of 21 octets", ICMPv6DestUnreach, lambda n: ipv6(n, ESP, esp(21))),
        ("AH with an ICV of 16 octets", ICMPv6PacketTooBig, lambda n: ipv6(n, AH, ah(icv=16))),
        ("ESP in UDP", ICMPv6DestUnreach, lambda n: udp6(n, esp(60))),
    )
    for what, error, quoted in quotes6:
        n = capture.next
        outer = IPv6(nh=58, hlim=64, **v6_addresses(n, reply=True))
        capture.add(f"ICMPv6 quotes {what}", ethernet(bytes(outer / error() / Raw(quoted(n)))),
                    IGNORED if error is ICMPv6PacketTooBig else unchecked("icmp.unreachable"))


def add_numbers(capture):
    """SPIs and next headers that are rare but legal."""
    n = capture.next
    for sequence in (1, 2, 3):
        capture.add("ESP with SPI 3 (Cilium)", ethernet(ipv4(n, ESP, esp(60, spi=3, sequence=sequence))),
                    RESERVED_ESP)
    n = capture.next
    for sequence in (1, 2):
        capture.add("OSPFv3 with a manual AH key, SPI 256",
                    ethernet(ipv6(n, AH, ah(next_header=89, spi=256, sequence=sequence), dst="ff02::5")),
                    plausible())
    n = capture.next
    capture.add("OSPFv3 with a manual AH key, SPI 100",
                ethernet(ipv6(n, AH, ah(next_header=89, spi=100), dst="ff02::5")), RESERVED_AH)
    for next_header, name in ((NO_NEXT, "none"), (94, "BEET"), (144, "AGGFRAG"), (EXPERIMENT, "experiment"),
                              (254, "experiment")):
        for version, ip in (("IPv4", ipv4), ("IPv6", ipv6)):
            n = capture.next
            capture.add(f"{version}: AH with next header {next_header} ({name})",
                        ethernet(ip(n, AH, ah(next_header=next_header))), plausible())
    for icv in (16, 24, 32, 48, 64):
        n = capture.next
        capture.add(f"IPv4: AH with an ICV of {icv} octets, no padding", ethernet(ipv4(n, AH, ah(icv=icv))),
                    plausible())
    for icv in (20, 28, 36, 52, 68):
        n = capture.next
        capture.add(f"IPv6: AH with an ICV of {icv - 4} octets, padded as it must be",
                    ethernet(ipv6(n, AH, ah(icv=icv))), plausible())
    n = capture.next
    capture.add("ESP of 1400 octets, TFC padding perhaps", ethernet(ipv4(n, ESP, esp(1400))), plausible())
    n = capture.next
    capture.add("ESP of 20 octets, as short as it gets", ethernet(ipv6(n, ESP, esp(20))), plausible())
    n = capture.next
    capture.add("ESP with the last sequence number", ethernet(ipv4(n, ESP, esp(60, sequence=0xFFFFFFFF))),
                plausible())


def add_chains(capture):
    """Extension headers in front and in between, all in the recommended order."""
    n = capture.next
    capture.add("IPv4 options: ESP", ethernet(with_options(n, ESP, esp(60))), plausible())
    n = capture.next
    capture.add("IPv4 options: AH", ethernet(with_options(n, AH, ah())), plausible())
    for chain, what in (((HOP_BY_HOP,), "hop-by-hop"), ((ROUTING,), "routing"),
                        ((DESTINATION,), "destination"), ((FRAGMENT,), "atomic fragment"),
                        ((HOP_BY_HOP, DESTINATION, ROUTING, FRAGMENT), "all in order"),
                        ((ROUTING, DESTINATION), "routing, destination")):
        n = capture.next
        capture.add(f"IPv6 headers ({what}): ESP", ethernet(ipv6(n, ESP, esp(60), chain)), plausible())
        n = capture.next
        capture.add(f"IPv6 headers ({what}): AH", ethernet(ipv6(n, AH, ah(), chain)), plausible())
    n = capture.next
    capture.add("AH in front of destination options",
                ethernet(ipv6(n, AH, ah(next_header=DESTINATION,
                                        payload=options_header(EXPERIMENT) + noise(8)))), plausible())
    n = capture.next
    capture.add("two VLAN tags: ESP", ethernet(ipv4(n, ESP, esp(60)), 7, 8), plausible())
    n = capture.next
    capture.add("IPv4 in IPv4: ESP inside AH",
                ethernet(ipv4(n, IPIP, in_ah4(n, ESP, esp(60)))), plausible(), plausible())
    n = capture.next
    capture.add("ESP in IPv4 in AH in IPv4: nested tunnels",
                ethernet(in_ah_tunnel(n, ESP, esp(60))), plausible(), plausible())
    n = capture.next
    inner = esp(60) + bytes([1, 2, 2, ESP]) + noise(12)
    capture.add("ESP inside ESP with NULL encryption", ethernet(ipv4(n, ESP, esp(8, spi=OTHER_SPI) + inner)),
                plausible())


def add_ike_traffic(capture):
    """What belongs on the ports 500 and 4500 besides ESP has no IPsec item."""
    for version, udp in (("IPv4", udp4), ("IPv6", udp6)):
        for what, octets in (("IKE", MARKER + ike()), ("IKEv1", MARKER + ike(version=0x10)),
                             ("IKE with zero cookies", MARKER + ike(cookie=bytes(8))),
                             ("a keepalive", b"\xff"), ("no payload", b""),
                             ("a marker and nothing else", MARKER)):
            capture.add(f"{version}, port 4500: {what}", ethernet(udp(capture.next, octets)))
        capture.add(f"{version}, port 500: IKE", ethernet(udp(capture.next, ike(), ports=(500, 500))))
        capture.add(f"{version}, port 500: no payload", ethernet(udp(capture.next, b"", ports=(500, 500))))
        capture.add(f"{version}: ESP of 20 octets in UDP", ethernet(udp(capture.next, esp(20))),
                    plausible() if version == "IPv4" else plausible("natt.below_ip_header"))
        capture.add(f"{version}: ESP of 1400 octets in UDP", ethernet(udp(capture.next, esp(1400))),
                    plausible())


NOT_ESP = unchecked("natt.not_esp")
DNS_QUERY = bytes.fromhex("1a2b01000001000000000000") + b"\x07example\x03com\x00\x00\x01\x00\x01"


def add_foreign_traffic(capture):
    """Port 4500 as somebody's ephemeral port, and noise on both ports: suspicious at the very most."""
    capture.add("DNS query from port 4500", ethernet(udp4(capture.next, DNS_QUERY, ports=(4500, 53))))
    n = capture.next
    capture.add("DNS answer to port 4500", ethernet(udp4(n, DNS_QUERY, ports=(53, 4500), reply=True)))
    capture.add("DNS query of 29 octets from port 4500 to 10053",
                ethernet(udp4(capture.next, DNS_QUERY, ports=(4500, 10053))), NOT_ESP)
    capture.add("DNS query of 29 octets from port 4500 to 10053, IPv6",
                ethernet(udp6(capture.next, DNS_QUERY, ports=(4500, 10053))), NOT_ESP)
    capture.add("24 octets of text on port 4500", ethernet(udp4(capture.next, b"hello, is anyone there? ")), NOT_ESP)
    capture.add("2 octets of text on port 4500", ethernet(udp4(capture.next, b"OK")),
                suspicious("natt.truncated"))
    capture.add("4 octets of text on port 4500", ethernet(udp4(capture.next, b"PING")), NOT_ESP)
    for what, octets in (("22 octets of text", b"hello, is anyone here?"), ("8 octets", noise(8)),
                         ("a large sequence number", esp(60, sequence=0x01000000)),
                         ("an SPI below 256", esp(60, spi=255)), ("61 octets", esp(61))):
        capture.add(f"on port 500: {what}", ethernet(udp4(capture.next, octets, ports=(500, 500))))


COUNTERS = (    # what, constant word, first value, step
    ("OpenVPN", b"\x48\x00\x00\x07", 1000, 1),
    ("uTP", b"\x01\x00\x4d\x2a", 5_000_000, 21_000),
)


def add_counters(capture):
    """Other protocols with a counter after a constant word, like ESP, but without alignment."""
    for what, word, first, step in COUNTERS:
        peers = capture.next
        for index in range(24):
            aligned = index % 4 == 3
            octets = word + struct.pack("!I", first + step * index) + noise(40 + 4 * index + (not aligned))
            capture.add(f"{what} on port 4500, message {index + 1}",
                        ethernet(udp4(peers, octets, ports=(4500, 40000))),
                        plausible() if aligned else NOT_ESP)


def false_header(n, protocol):
    """Octets that look like the IP header of frame n, with another length."""
    return bytes(IP(len=61, proto=protocol, **v4_addresses(n)))


def add_lookalikes(capture):
    """Octets that look like an IP header, placed by the sender where the search for the real one comes past."""
    n = capture.next
    capture.add("ESP in AH with a false IP header in the ICV",
                ethernet(ipv4(n, AH, ah(icv=false_header(n, ESP), next_header=ESP, payload=esp(60)))),
                plausible("ah.v4_extra_pad"), plausible())
    n = capture.next
    options = [IPOption(b"\x88\x04\x00\x00"), IPOption(b"\x9e\x16" + false_header(n, 17) + bytes(2))]
    capture.add("ESP in UDP with a false IP header in the options",
                ethernet(udp4(n, esp(60), options=options)), plausible())
