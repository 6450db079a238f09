"""Writes the crafted sample captures and, beside each, what every frame must show.

    python3 tests/make_captures.py [FOLDER]       (default: captures/)

Every packet stands next to its expectation, which follows from the RFCs and from what receivers
are known to count, never from what the plugin printed. Nothing here reads a clock or a random
source: two runs write the same octets. captures/README.md describes the sidecar format.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import random
import struct
import sys
from pathlib import Path
from typing import Callable, NamedTuple, Optional, Tuple

from scapy.layers.inet import ICMP, IP, UDP, IPOption
from scapy.layers.inet6 import ICMPv6DestUnreach, ICMPv6PacketTooBig, IPv6
from scapy.layers.l2 import Dot1Q, Ether
from scapy.packet import Raw

ESP, AH, IPIP, IPV6, GRE = 50, 51, 4, 41, 47
HOP_BY_HOP, ROUTING, FRAGMENT, NO_NEXT, DESTINATION = 0, 43, 44, 59, 60
EXPERIMENT = 253        # RFC 3692: may follow anything, and no dissector claims it

# What the stacks report.
BAD_SPI, REPLAY_CHECK, INVALID_PACKET = 13910, 13913, 13914
LINUX_HEADER = "XfrmInHdrError"
LINUX_NO_SA = "XfrmInNoStates"
LINUX_SEQUENCE = "XfrmInStateSeqError"
LINUX_TRANSFORM = "XfrmInStateProtoError"

ANY_SPI = 0xFFFEFDFC    # stands for the SPI of the frame's own SA, see own_spi()
OTHER_SPI = 0xD0000001  # another SA between the same two hosts
START_TIME = 1_700_000_000


# --- expectations ---------------------------------------------------------------------------------

class Header(NamedTuple):
    """What one IPsec header of a frame must show."""
    verdict: str
    findings: Tuple[str, ...] = ()
    windows: Optional[int] = None
    linux: Optional[str] = None


def drop(*findings, windows=None, linux=None):
    return Header("drop", findings, windows, linux)


def suspicious(*findings, windows=None, linux=None):
    return Header("suspicious", findings, windows, linux)


def plausible(*findings):
    return Header("plausible", findings)


def unchecked(*findings):
    return Header("unchecked", findings)


def capped(header):
    """UDP port 4500 can be anybody's: without a sign of IPsec between the peers nothing is sure, and
    nobody knows that a stack would have counted it."""
    verdict = "suspicious" if header.verdict == "drop" else header.verdict
    return header._replace(verdict=verdict, windows=None, linux=None)


class Case(NamedTuple):
    """One ESP or AH header that any carrier can carry."""
    what: str
    protocol: int
    octets: bytes
    header: Header


# --- octets ---------------------------------------------------------------------------------------

def noise(length):
    """Octets that look encrypted; the same for the same length, always."""
    return random.Random(length).randbytes(length)


def esp(length, spi=ANY_SPI, sequence=1):
    """ESP of `length` octets, the header included; less than 8 cuts the header."""
    return (struct.pack("!II", spi, sequence) + noise(max(length - 8, 0)))[:length]


def ah(icv=12, next_header=EXPERIMENT, payload=noise(16), words=None, reserved=0, spi=ANY_SPI, sequence=1):
    """AH with an ICV field of `icv` octets, or with those octets in it; `words` is the length field if it
    shall not fit."""
    field = noise(icv) if isinstance(icv, int) else icv
    words = (12 + len(field)) // 4 - 2 if words is None else words
    return struct.pack("!BBHII", next_header, words, reserved, spi, sequence) + field + payload


def ike(cookie=b"\x5a" * 8, version=0x20):
    """An IKE message that holds one vendor ID."""
    vendor_id = struct.pack("!BBH", 0, 0, 20) + noise(16)
    return cookie + bytes(8) + struct.pack("!BBBBII", 43, version, 34, 8, 0, 28 + len(vendor_id)) + vendor_id


MARKER = bytes(4)
PADN = bytes([1, 4, 0, 0, 0, 0])


def options_header(next_header):
    return bytes([next_header, 0]) + PADN


def routing_header(next_header):
    """Type 2 (mobility), one address, no segment left."""
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


# --- IP, UDP, Ethernet ----------------------------------------------------------------------------
# `n` is the number of the frame. Each frame has a destination and an SPI of its own unless it takes the
# number of an earlier one, so that no two cases meet in one SA.

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
    """UDP in IPv4, checksum 0 as RFC 3948 recommends; None computes one."""
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


# --- captures -------------------------------------------------------------------------------------

class Capture:
    """A capture file and its sidecar, frame by frame."""

    def __init__(self, name, title):
        self.name = name
        self.rows = [f"# {title}",
                     "# frame\tverdict\tfindings\twindows_error\tlinux_counter\twhat the frame is"]
        self.records = []

    @property
    def next(self):
        """The number that the next frame will have."""
        return len(self.records) + 1

    def add(self, what, frame, *headers, length=None):
        """Adds a frame that must show `headers`; `length` is what it had on the wire, if it was cut."""
        columns = [";".join(header.verdict for header in headers),
                   ",".join(finding for header in headers for finding in header.findings),
                   ";".join(str(header.windows) for header in headers if header.windows),
                   ";".join(header.linux for header in headers if header.linux)]
        self.rows.append("\t".join([str(self.next), *(column or "-" for column in columns), what]))
        self.records.append((frame, length or len(frame)))

    def write(self, folder):
        with open(folder / f"{self.name}.pcap", "wb") as file:
            file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1))
            for index, (frame, length) in enumerate(self.records):
                file.write(struct.pack("<IIII", START_TIME + index, 0, len(frame), length) + frame)
        (folder / f"{self.name}.expected.tsv").write_text("\n".join(self.rows) + "\n")


# --- faults of ESP and AH themselves --------------------------------------------------------------

def esp_case(what, octets, header):
    return Case(what, ESP, octets, header)


def ah_case(what, octets, header):
    return Case(what, AH, octets, header)


RESERVED_ESP = plausible("esp.spi_reserved")
RESERVED_AH = plausible("ah.spi_reserved")

ESP_CASES = (
    esp_case("ESP of 4 octets", esp(4), drop(
        "esp.truncated_header", windows=INVALID_PACKET, linux=LINUX_HEADER)),
    esp_case("ESP of 7 octets", esp(7), drop(
        "esp.truncated_header", windows=INVALID_PACKET, linux=LINUX_HEADER)),
    esp_case("ESP of 8 octets", esp(8), drop(
        "esp.no_payload", windows=INVALID_PACKET, linux=LINUX_TRANSFORM)),
    esp_case("ESP of 9 octets", esp(9), drop(
        "esp.below_floor", windows=INVALID_PACKET, linux=LINUX_TRANSFORM)),
    esp_case("ESP of 16 octets", esp(16), drop(
        "esp.below_floor", windows=INVALID_PACKET, linux=LINUX_TRANSFORM)),
    esp_case("ESP of 19 octets", esp(19), drop(
        "esp.below_floor", windows=INVALID_PACKET, linux=LINUX_TRANSFORM)),
    esp_case("ESP of 21 octets", esp(21), drop(
        "esp.alignment", windows=INVALID_PACKET, linux=LINUX_TRANSFORM)),
    esp_case("ESP of 22 octets", esp(22), drop(
        "esp.alignment", windows=INVALID_PACKET, linux=LINUX_TRANSFORM)),
    esp_case("ESP of 63 octets", esp(63), drop(
        "esp.alignment", windows=INVALID_PACKET, linux=LINUX_TRANSFORM)),
    esp_case("ESP with SPI 0", esp(60, spi=0), drop(
        "esp.spi_zero", windows=BAD_SPI, linux=LINUX_NO_SA)),
    esp_case("ESP with SPI 1", esp(60, spi=1), RESERVED_ESP),
    esp_case("ESP with SPI 255", esp(60, spi=255), RESERVED_ESP),
    esp_case("ESP with sequence number 0", esp(60, sequence=0), suspicious(
        "seq.zero", windows=REPLAY_CHECK, linux=LINUX_SEQUENCE)),
    # Several at once: the stack shows what it checks first.
    esp_case("ESP of 8 zero octets", esp(8, spi=0, sequence=0), drop(
        "esp.no_payload", "esp.spi_zero", "seq.zero", windows=BAD_SPI, linux=LINUX_NO_SA)),
    esp_case("ESP of 61 octets with SPI 0", esp(61, spi=0), drop(
        "esp.alignment", "esp.spi_zero", windows=BAD_SPI, linux=LINUX_NO_SA)),
    esp_case("ESP of 12 octets with sequence number 0", esp(12, sequence=0), drop(
        "esp.below_floor", "seq.zero", windows=INVALID_PACKET, linux=LINUX_SEQUENCE)),
    esp_case("ESP of 61 octets with SPI 77", esp(61, spi=77), drop(
        "esp.alignment", "esp.spi_reserved", windows=INVALID_PACKET, linux=LINUX_TRANSFORM)),
)

AH_CASES = (
    ah_case("AH of 4 octets", ah()[:4], drop(
        "ah.truncated_header", windows=INVALID_PACKET, linux=LINUX_HEADER)),
    ah_case("AH of 11 octets", ah()[:11], drop(
        "ah.truncated_header", windows=INVALID_PACKET, linux=LINUX_HEADER)),
    ah_case("AH length field 0 (a header of 8 octets)", ah(words=0), drop(
        "ah.length_below_min", windows=INVALID_PACKET, linux=LINUX_TRANSFORM)),
    ah_case("AH length field 1 (no room for an ICV)", ah(words=1), drop(
        "ah.length_below_min", windows=INVALID_PACKET, linux=LINUX_TRANSFORM)),
    ah_case("AH length field 4, 20 octets left", ah(payload=b"")[:20], drop(
        "ah.length_overrun", windows=INVALID_PACKET, linux=LINUX_TRANSFORM)),
    ah_case("AH length field 255", ah(words=255), drop(
        "ah.length_overrun", windows=INVALID_PACKET, linux=LINUX_TRANSFORM)),
    ah_case("AH with an ICV of 4 octets", ah(icv=4), drop(
        "ah.icv_length", windows=INVALID_PACKET, linux=LINUX_TRANSFORM)),
    ah_case("AH with an ICV of 76 octets", ah(icv=76), drop(
        "ah.icv_length", windows=INVALID_PACKET, linux=LINUX_TRANSFORM)),
    ah_case("AH with Reserved 1", ah(reserved=1), suspicious("ah.reserved")),
    ah_case("AH with SPI 0", ah(spi=0), drop("ah.spi_zero", windows=BAD_SPI, linux=LINUX_NO_SA)),
    ah_case("AH with SPI 1", ah(spi=1), RESERVED_AH),
    ah_case("AH with SPI 255", ah(spi=255), RESERVED_AH),
    ah_case("AH with next header 148 (unassigned)", ah(next_header=148), suspicious(
        "ah.next_header", windows=INVALID_PACKET)),
    ah_case("AH with next header 252 (unassigned)", ah(next_header=252), suspicious(
        "ah.next_header", windows=INVALID_PACKET)),
    ah_case("AH with next header 255 (reserved)", ah(next_header=255), suspicious(
        "ah.next_header", windows=INVALID_PACKET)),
    ah_case("AH with sequence number 0", ah(sequence=0), suspicious(
        "seq.zero", windows=REPLAY_CHECK, linux=LINUX_SEQUENCE)),
    ah_case("AH with length field 1 and SPI 0", ah(words=1, spi=0), drop(
        "ah.length_below_min", "ah.spi_zero", windows=BAD_SPI, linux=LINUX_NO_SA)),
    ah_case("AH with an ICV of 4 octets, Reserved 1 and sequence number 0",
            ah(icv=4, reserved=1, sequence=0), drop(
                "ah.icv_length", "ah.reserved", "seq.zero",
                windows=INVALID_PACKET, linux=LINUX_SEQUENCE)),
)

# What depends on the version of IP: the unit of the length, and what next header 0 means.
AH4_CASES = AH_CASES + (
    ah_case("AH with an ICV of 8 octets", ah(icv=8), drop(
        "ah.icv_length", windows=INVALID_PACKET, linux=LINUX_TRANSFORM)),
    ah_case("AH with an ICV of 72 octets", ah(icv=72), drop(
        "ah.icv_length", windows=INVALID_PACKET, linux=LINUX_TRANSFORM)),
    ah_case("AH with next header 0", ah(next_header=0), suspicious(
        "ah.next_header", windows=INVALID_PACKET)),
    ah_case("AH padded to 8 octets, sequence number 0", ah(icv=20, sequence=0), suspicious(
        "ah.v4_extra_pad", "seq.zero", windows=REPLAY_CHECK, linux=LINUX_SEQUENCE)),
) + tuple(
    ah_case(f"AH with an ICV of {icv - 4} octets, padded to 8 octets", ah(icv=icv),
            plausible("ah.v4_extra_pad")) for icv in (20, 28, 36, 52, 68))

AH6_CASES = AH_CASES + (
    ah_case("AH with an ICV of 8 octets, header of 20", ah(icv=8), drop(
        "ah.icv_length", "ah.v6_alignment", windows=INVALID_PACKET, linux=LINUX_TRANSFORM)),
    ah_case("AH with an ICV of 72 octets, header of 84", ah(icv=72), drop(
        "ah.icv_length", "ah.v6_alignment", windows=INVALID_PACKET, linux=LINUX_TRANSFORM)),
    ah_case("AH with an ICV of 16 octets, header of 28 (OpenBSD)", ah(icv=16), suspicious(
        "ah.v6_alignment", windows=INVALID_PACKET, linux=LINUX_TRANSFORM)),
    ah_case("AH with an ICV of 24 octets, header of 36 (OpenBSD)", ah(icv=24), suspicious(
        "ah.v6_alignment", windows=INVALID_PACKET, linux=LINUX_TRANSFORM)),
    ah_case("AH in front of a hop-by-hop header",
            ah(next_header=HOP_BY_HOP, payload=options_header(EXPERIMENT) + noise(8)),
            plausible("ah.v6_order")),
    ah_case("AH in front of a routing header",
            ah(next_header=ROUTING, payload=routing_header(EXPERIMENT) + noise(8)),
            plausible("ah.v6_order")),
    ah_case("AH in front of a fragment header",
            ah(next_header=FRAGMENT, payload=fragment_header(EXPERIMENT) + noise(8)),
            plausible("ah.v6_order")),
)

# Extension headers in an order that RFC 8200 4.1 does not recommend, in front of ESP or AH.
DISORDER = (
    ("hop-by-hop after destination options", (DESTINATION, HOP_BY_HOP)),
    ("fragment header before routing header", (FRAGMENT, ROUTING)),
)


def add_cases(capture, carrier, cases, wrap, *outer):
    """One frame per case; `wrap(n, protocol, octets)` makes the IP packet, `outer` are its headers."""
    for case in cases:
        packet = wrap(capture.next, case.protocol, case.octets)
        capture.add(f"{carrier}: {case.what}", ethernet(packet), *outer, case.header)


def add_cut_fragments(capture):
    """First fragments that the snapshot length cut: the only ones that Wireshark cannot reassemble
    and yet dissects. (In IPv6 it does not.)"""
    for what, protocol, octets, header in (
            ("ESP", ESP, esp(800), unchecked("esp.fragment")),
            ("AH", AH, ah(payload=noise(800)), unchecked("ah.fragment")),
            ("ESP with SPI 0", ESP, esp(800, spi=0), drop("esp.fragment", "esp.spi_zero"))):
        frame = ethernet(fragments4(capture.next, protocol, octets, 400)[0])
        capture.add(f"IPv4: first fragment of {what}, cut by the snapshot length",
                    frame[:128], header, length=len(frame))


def faults():
    capture = Capture("faults", "Every fault of ESP and AH in IPv4")
    add_cases(capture, "IPv4", ESP_CASES, ipv4)
    add_cases(capture, "IPv4", AH4_CASES, ipv4)
    ah_in_ah = ah(next_header=AH, payload=ah(spi=OTHER_SPI))
    capture.add("IPv4: AH in AH", ethernet(ipv4(capture.next, AH, ah_in_ah)),
                suspicious("ah.next_header", windows=INVALID_PACKET), plausible())
    add_cut_fragments(capture)
    return capture


def faults_ipv6():
    capture = Capture("faults_ipv6", "Every fault of ESP and AH in IPv6")
    add_cases(capture, "IPv6", ESP_CASES, ipv6)
    add_cases(capture, "IPv6", AH6_CASES, ipv6)
    capture.add("IPv6, destination options: ESP of 0 octets",
                ethernet(ipv6(capture.next, ESP, b"", chain=(DESTINATION,))),
                drop("esp.truncated_header", windows=INVALID_PACKET, linux=LINUX_HEADER))
    capture.add("IPv6 length 0, and nothing behind: ESP of 0 octets",
                ethernet(ipv6(capture.next, ESP, b"", plen=0)),
                drop("esp.truncated_header", windows=INVALID_PACKET, linux=LINUX_HEADER))
    home_address = bytes([ESP, 2, 1, 2, 0, 0, 0xC9, 16]) + bytes.fromhex("20010db8") + bytes(11) + b"\x77"
    capture.add("Mobile IPv6, home address option: ESP of 61 octets",
                ethernet(ipv6(capture.next, DESTINATION, home_address + esp(61))),
                drop("esp.alignment", windows=INVALID_PACKET, linux=LINUX_TRANSFORM))
    ah_in_ah = ah(next_header=AH, payload=ah(spi=OTHER_SPI))
    capture.add("IPv6: AH in AH", ethernet(ipv6(capture.next, AH, ah_in_ah)),
                suspicious("ah.next_header", windows=INVALID_PACKET), plausible())
    for what, chain in DISORDER:
        capture.add(f"IPv6: ESP, {what}", ethernet(ipv6(capture.next, ESP, esp(60), chain)),
                    plausible("esp.v6_order"))
        capture.add(f"IPv6: AH, {what}", ethernet(ipv6(capture.next, AH, ah(), chain)),
                    plausible("ah.v6_order"))
    capture.add("IPv6: ESP of 61 octets, hop-by-hop after destination options",
                ethernet(ipv6(capture.next, ESP, esp(61), (DESTINATION, HOP_BY_HOP))),
                drop("esp.v6_order", "esp.alignment", windows=INVALID_PACKET, linux=LINUX_TRANSFORM))
    return capture


# --- the same faults further in -------------------------------------------------------------------

def in_ah4(n, protocol, octets):
    return ipv4(n, AH, ah(next_header=protocol, payload=octets, spi=OTHER_SPI))


def in_ah6(n, protocol, octets):
    return ipv6(n, AH, ah(next_header=protocol, payload=octets, spi=OTHER_SPI))


def in_ah_tunnel(n, protocol, octets):
    return ipv4(n, AH, ah(next_header=IPIP, payload=ipv4(n, protocol, octets), spi=OTHER_SPI))


def ipv4_in_ipv4(n, protocol, octets):
    return ipv4(n, IPIP, ipv4(n, protocol, octets))


def ipv4_in_ipv6(n, protocol, octets):
    return ipv6(n, IPIP, ipv4(n, protocol, octets))


def ipv6_in_ipv4(n, protocol, octets):
    return ipv4(n, IPV6, ipv6(n, protocol, octets))


def ipv4_in_gre(n, protocol, octets):
    return ipv4(n, GRE, bytes.fromhex("00000800") + ipv4(n, protocol, octets))


def with_options(n, protocol, octets):
    return ipv4(n, protocol, octets, options=[IPOption(b"\x94\x04\x00\x00"), IPOption(b"\x01\x01\x01\x00")])


def with_extension_headers(n, protocol, octets):
    return ipv6(n, protocol, octets, chain=(HOP_BY_HOP, DESTINATION, ROUTING, FRAGMENT))


def faults_nested():
    capture = Capture("faults_nested", "The same faults under AH, in tunnels, behind options and VLAN tags")
    add_cases(capture, "under AH, IPv4", ESP_CASES, in_ah4, plausible())
    add_cases(capture, "under AH, IPv6", ESP_CASES, in_ah6, plausible())
    add_cases(capture, "in an AH tunnel", ESP_CASES + AH4_CASES, in_ah_tunnel, plausible())
    add_cases(capture, "IPv4 in IPv4", ESP_CASES + AH4_CASES, ipv4_in_ipv4)
    add_cases(capture, "IPv4 in IPv6", AH4_CASES, ipv4_in_ipv6)
    add_cases(capture, "IPv6 in IPv4", AH6_CASES, ipv6_in_ipv4)
    add_cases(capture, "in GRE", ESP_CASES[:6], ipv4_in_gre)
    add_cases(capture, "behind IPv4 options", ESP_CASES[:8] + AH4_CASES[:8], with_options)
    add_cases(capture, "behind IPv6 extension headers", ESP_CASES[:8] + AH6_CASES[:8],
              with_extension_headers)
    capture.add("both faulty: ESP of 61 octets under AH with Reserved 1",
                ethernet(ipv4(capture.next, AH, ah(next_header=ESP, payload=esp(61), reserved=1))),
                suspicious("ah.reserved"),
                drop("esp.alignment", windows=INVALID_PACKET, linux=LINUX_TRANSFORM))
    # Where the stock dissector takes ESP to begin is no better than a guess: it is not judged.
    for words, finding in ((0, "ah.length_below_min"), (255, "ah.length_overrun")):
        broken = ah(next_header=ESP, payload=esp(61), words=words)
        capture.add(f"AH length field {words} in front of ESP", ethernet(ipv4(capture.next, AH, broken)),
                    drop(finding, windows=INVALID_PACKET, linux=LINUX_TRANSFORM))
    capture.add("both faulty: ESP of 12 octets under AH with SPI 0",
                ethernet(ipv4(capture.next, AH, ah(next_header=ESP, payload=esp(12), spi=0))),
                drop("ah.spi_zero", windows=BAD_SPI, linux=LINUX_NO_SA),
                drop("esp.below_floor", windows=INVALID_PACKET, linux=LINUX_TRANSFORM))
    capture.add("VLAN: ESP of 61 octets", ethernet(ipv4(capture.next, ESP, esp(61)), 7),
                drop("esp.alignment", windows=INVALID_PACKET, linux=LINUX_TRANSFORM))
    return capture


# --- UDP encapsulation ----------------------------------------------------------------------------

SHORT_IN_UDP = (
    ("UDP payload of 2 octets", noise(2), drop("natt.truncated")),
    ("UDP payload of 3 octets", noise(3), drop("natt.truncated")),
    ("UDP payload of 4 octets", esp(4), drop("natt.esp_too_short")),
    ("UDP payload of 8 octets", esp(8), drop("natt.esp_too_short")),
    ("keepalive of one octet 0x00", b"\x00", suspicious("natt.keepalive")),
    ("keepalive behind a marker", MARKER + b"\xff", suspicious("natt.keepalive")),
)
ESP_IN_UDP = tuple((case.what, case.octets, case.header) for case in ESP_CASES
                   if len(case.octets) > 8 and case.octets[:4] != bytes(4))
IKE_IN_UDP = (
    ("IKE without marker", ike(), suspicious(
        "natt.no_marker_ike", windows=BAD_SPI, linux=LINUX_NO_SA)),
    ("IKEv1 without marker", ike(version=0x10), suspicious(
        "natt.no_marker_ike", windows=BAD_SPI, linux=LINUX_NO_SA)),
    ("IKE behind two markers", MARKER + MARKER + ike(), suspicious("natt.double_marker")),
)


def faults_natt():
    capture = Capture("faults_natt", "Faults of UDP encapsulation, between peers known and unknown")
    for version, udp in (("IPv4", udp4), ("IPv6", udp6)):
        for what, octets, header in SHORT_IN_UDP + ESP_IN_UDP + IKE_IN_UDP:
            capture.add(f"{version}, peers unknown: {what}", ethernet(udp(capture.next, octets)),
                        capped(header))
        add_known_by_ike(capture, version, udp)
        add_known_by_esp(capture, version, udp)
        for length in (24, 60):
            capture.add(f"{version}: ESP of {length} octets on port 500",
                        ethernet(udp(capture.next, esp(length), ports=(500, 500))),
                        plausible("natt.esp_on_500"))
    add_checksums(capture)
    capture.add("IPv4 options: ESP of 21 octets in UDP, peers unknown",
                ethernet(udp4(capture.next, esp(21), options=[IPOption(b"\x94\x04\x00\x00")])),
                suspicious("esp.alignment"))
    capture.add("VLAN: ESP of 12 octets in UDP, peers unknown",
                ethernet(udp4(capture.next, esp(12)), 7),
                suspicious("esp.below_floor"))
    return capture


def add_known_by_ike(capture, version, udp):
    """IKE between two addresses: what follows there is IPsec, in either direction."""
    peers = capture.next
    capture.add(f"{version}: IKE on port 500", ethernet(udp(peers, ike(), ports=(500, 500))))
    for what, octets, header in SHORT_IN_UDP + (
            ("ESP of 21 octets", esp(21), drop(
                "esp.alignment", windows=INVALID_PACKET, linux=LINUX_TRANSFORM)),):
        capture.add(f"{version}, IKE seen on port 500: {what}", ethernet(udp(peers, octets)), header)
    peers = capture.next
    capture.add(f"{version}: IKE behind the marker", ethernet(udp(peers, MARKER + ike())))
    capture.add(f"{version}, IKE seen on port 4500: ESP of 12 octets, the other way",
                ethernet(udp(peers, esp(12), reply=True)),
                drop("esp.below_floor", windows=INVALID_PACKET))    # Linux drops it before IPsec, uncounted
    capture.add(f"{version}, IKE seen on port 4500: UDP payload of 3 octets",
                ethernet(udp(peers, noise(3))), drop("natt.truncated"))


def add_known_by_esp(capture, version, udp):
    """Two sound packets of one SPI with advancing numbers are ESP; one alone may be anything."""
    peers = capture.next
    capture.add(f"{version}: first sound ESP", ethernet(udp(peers, esp(60, sequence=1))), plausible())
    capture.add(f"{version}: second sound ESP", ethernet(udp(peers, esp(60, sequence=2))), plausible())
    capture.add(f"{version}, two sound packets seen: ESP of 61 octets",
                ethernet(udp(peers, esp(61, sequence=3))),
                drop("esp.alignment", windows=INVALID_PACKET, linux=LINUX_TRANSFORM))
    capture.add(f"{version}, another SPI there: ESP of 61 octets",
                ethernet(udp(peers, esp(61, spi=OTHER_SPI))),
                suspicious("esp.alignment"))
    peers = capture.next
    capture.add(f"{version}: a single sound ESP", ethernet(udp(peers, esp(60, sequence=1))), plausible())
    capture.add(f"{version}, one sound packet seen: ESP of 61 octets",
                ethernet(udp(peers, esp(61, sequence=2))),
                suspicious("esp.alignment"))


def add_checksums(capture):
    capture.add("IPv4: ESP in UDP with a checksum",
                ethernet(udp4(capture.next, esp(60), checksum=None)), plausible("natt.udp_checksum"))
    capture.add("IPv4: ESP of 61 octets in UDP with a checksum, peers unknown",
                ethernet(udp4(capture.next, esp(61), checksum=None)),
                suspicious("esp.alignment", "natt.udp_checksum"))


# --- traps: odd, and nobody's fault ---------------------------------------------------------------

def benign():
    capture = Capture("benign", "Odd packets and odd captures; none of them may be called a drop")
    add_trailers(capture)
    add_cuts(capture)
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
    """The frame is longer than the packet: its rest is padding, and no part of ESP or AH."""
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
    """Captures cut by a snapshot length, openly or not: what is missing was there."""
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
    """A fragmented packet is judged when it is whole again, on the frame that completes it."""
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
    """Packets that an ICMP error quotes are no traffic, and as long as the router liked."""
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
        capture.add(f"ICMP quotes {what}", ethernet(ipv4(n, 1, error, reply=True)), unchecked())
    for octets in (0, 2):
        n = capture.next
        error = bytes(ICMP(type=3, code=4, nexthopmtu=1400) / Raw(udp4(n, esp(60))[:28 + octets]))
        capture.add(f"ICMP quotes UDP and {octets} octets behind it: ESP or not, nobody knows",
                    ethernet(ipv4(n, 1, error, reply=True)))
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
                    unchecked())


def add_numbers(capture):
    """SPIs and next headers that are rare, and legal."""
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
    """Headers before and between, all in order."""
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
    """What belongs on the ports 500 and 4500 beside ESP has no IPsec item."""
    for version, udp in (("IPv4", udp4), ("IPv6", udp6)):
        for what, octets in (("IKE", MARKER + ike()), ("IKEv1", MARKER + ike(version=0x10)),
                             ("IKE with zero cookies", MARKER + ike(cookie=bytes(8))),
                             ("a keepalive", b"\xff"), ("no payload", b""),
                             ("a marker and nothing else", MARKER)):
            capture.add(f"{version}, port 4500: {what}", ethernet(udp(capture.next, octets)))
        capture.add(f"{version}, port 500: IKE", ethernet(udp(capture.next, ike(), ports=(500, 500))))
        capture.add(f"{version}, port 500: no payload", ethernet(udp(capture.next, b"", ports=(500, 500))))
        capture.add(f"{version}: ESP of 20 octets in UDP", ethernet(udp(capture.next, esp(20))), plausible())
        capture.add(f"{version}: ESP of 1400 octets in UDP", ethernet(udp(capture.next, esp(1400))),
                    plausible())


DNS_QUERY = bytes.fromhex("1a2b01000001000000000000") + b"\x07example\x03com\x00\x00\x01\x00\x01"


def add_foreign_traffic(capture):
    """Port 4500 as somebody's ephemeral port, and noise on both ports: suspicious at the very most."""
    capture.add("DNS query from port 4500", ethernet(udp4(capture.next, DNS_QUERY, ports=(4500, 53))))
    n = capture.next
    capture.add("DNS answer to port 4500", ethernet(udp4(n, DNS_QUERY, ports=(53, 4500), reply=True)))
    capture.add("DNS query of 29 octets from port 4500 to 10053",
                ethernet(udp4(capture.next, DNS_QUERY, ports=(4500, 10053))),
                suspicious("esp.alignment"))
    capture.add("DNS query of 29 octets from port 4500 to 10053, IPv6",
                ethernet(udp6(capture.next, DNS_QUERY, ports=(4500, 10053))),
                suspicious("esp.alignment"))
    capture.add("24 octets of text on port 4500", ethernet(udp4(capture.next, b"hello, is anyone there? ")),
                plausible())
    capture.add("2 octets of text on port 4500", ethernet(udp4(capture.next, b"OK")),
                suspicious("natt.truncated"))
    capture.add("4 octets of text on port 4500", ethernet(udp4(capture.next, b"PING")),
                suspicious("natt.esp_too_short"))
    for what, octets in (("22 octets of text", b"hello, is anyone here?"), ("8 octets", noise(8)),
                         ("a large sequence number", esp(60, sequence=0x01000000)),
                         ("an SPI below 256", esp(60, spi=255)), ("61 octets", esp(61))):
        capture.add(f"on port 500: {what}", ethernet(udp4(capture.next, octets, ports=(500, 500))))


COUNTERS = (    # what, constant word, first value, step
    ("OpenVPN", b"\x48\x00\x00\x07", 1000, 1),
    ("uTP", b"\x01\x00\x4d\x2a", 5_000_000, 21_000),
)


def add_counters(capture):
    """Other protocols that count behind a constant word, as ESP does, but know no alignment."""
    for what, word, first, step in COUNTERS:
        peers = capture.next
        for index in range(24):
            aligned = index % 4 == 3
            octets = word + struct.pack("!I", first + step * index) + noise(40 + 4 * index + (not aligned))
            capture.add(f"{what} on port 4500, message {index + 1}",
                        ethernet(udp4(peers, octets, ports=(4500, 40000))),
                        plausible() if aligned else suspicious("esp.alignment"))


def false_header(n, protocol):
    """Octets that look like the IP header of frame n, with another length."""
    return bytes(IP(len=61, proto=protocol, **v4_addresses(n)))


def add_lookalikes(capture):
    """What looks like an IP header, put by the sender where the search for the real one passes."""
    n = capture.next
    capture.add("ESP in AH with a false IP header in the ICV",
                ethernet(ipv4(n, AH, ah(icv=false_header(n, ESP), next_header=ESP, payload=esp(60)))),
                plausible("ah.v4_extra_pad"), plausible())
    n = capture.next
    options = [IPOption(b"\x88\x04\x00\x00"), IPOption(b"\x9e\x16" + false_header(n, 17) + bytes(2))]
    capture.add("ESP in UDP with a false IP header in the options",
                ethernet(udp4(n, esp(60), options=options)), plausible())


CAPTURES: Tuple[Callable[[], Capture], ...] = (faults, faults_ipv6, faults_nested, faults_natt, benign)


def main(folder):
    folder.mkdir(parents=True, exist_ok=True)
    for make in CAPTURES:
        make().write(folder)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parent.parent / "captures")
