"""The datagrams that strongswan.py sends to a receiver: sound ones and, between them, every fault.

They are sealed with the keys of the SA, so that each is refused for its own fault and for no other. Their numbers start
far above those that the peer itself has used.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import struct
from typing import NamedTuple

from scapy.layers.inet import IP, TCP, UDP
from scapy.layers.inet6 import IPv6
from scapy.packet import Raw

from samples.packets import IPIP, IPV6, MARKER, NO_NEXT, ike, noise
from samples.sa import padding, plaintext

FIRST_NUMBER = 1000
WINDOW = 128
TCP_NEXT, UDP_NEXT, GRE = 6, 17, 47
PORTS = (40000, 40001)
IKE_PORT, NATT_PORT = 500, 4500
UNKNOWN_SPI = 0xDEAD0001


class Injection(NamedTuple):
    """What the receiver gets: the payload of a UDP datagram to `port`; without a port, that of IP protocol 50."""
    what: str
    octets: bytes
    port: int = NATT_PORT


def flipped(octets, at):
    changed = bytearray(octets)
    changed[at] ^= 0x10
    return bytes(changed)


class Plan:
    """Collects injections for one SA; `other_spi` is that of the other direction."""

    def __init__(self, sa, inner_addresses, other_spi):
        self.sa, self.inner_addresses, self.other_spi = sa, inner_addresses, other_spi
        self.next_header = IPV6 if sa.version == 6 else IPIP
        self.number = FIRST_NUMBER
        # Header, IV and ICV with nothing between them: sent only if its sequence number makes the receiver refuse it
        # earlier, because the outcome would otherwise be undefined.
        self.floor = len(sa.seal(b""))
        self.injections = []

    def add(self, what, octets, port=NATT_PORT):
        self.injections.append(Injection(what, octets, port))

    def take(self, advance=1):
        """A number that has not been used yet."""
        self.number += advance
        return self.number

    # --- what is inside ---------------------------------------------------------------------------

    def inner(self, length=24, src=None, dst=None, protocol=UDP_NEXT, version=None, **fields):
        """An IP packet with `length` octets after its header."""
        source, destination = self.inner_addresses
        if (version or self.sa.version) != self.sa.version:
            source, destination = ("10.9.0.1", "10.9.0.2") if version == 4 else ("2001:db8:9::1", "2001:db8:9::2")
        payload = bytes(UDP(sport=PORTS[0], dport=PORTS[1], len=length, chksum=0) / Raw(noise(length)))[:length]
        payload = payload if protocol == UDP_NEXT else noise(length)
        if (version or self.sa.version) == 6:
            return bytes(IPv6(src=src or source, dst=dst or destination, nh=protocol, **fields) / Raw(payload))
        return bytes(IP(src=src or source, dst=dst or destination, proto=protocol, id=1, **fields) / Raw(payload))

    def text(self, packet=None, next_header=None, extra=0):
        """A sound plaintext: packet, padding and trailer."""
        return plaintext(self.inner() if packet is None else packet,
                         self.next_header if next_header is None else next_header, self.sa.suite.block, extra)

    def sound(self, number=None, packet=None, **settings):
        """A valid ESP packet."""
        return self.sa.seal(self.text(packet, **settings), self.take() if number is None else number)

    def sealed(self, what, body):
        """A body with a valid ICV and a new number."""
        self.add(what, self.sa.seal(body, self.take()))

    def packed(self, what, packet, next_header=None):
        """A payload with a sound trailer, a valid ICV and a new number."""
        self.sealed(what, self.text(packet, next_header))


# --- lengths --------------------------------------------------------------------------------------

def add_lengths(plan):
    whole = len(plan.sound())
    for length in (*range(42), 43, 44, 47, 48, 52, 56, 57, 60, 64, whole - 16, whole - 4, whole - 1):
        if length == plan.floor:
            continue    # see Plan.floor
        plan.add(f"the first {length} octets", plan.sound()[:length])
    for surplus in (1, 2, 4, 16):
        plan.add(f"{surplus} octets appended", plan.sound() + noise(surplus))
    for length in (4, 7, 8, 9, 20, 36):
        plan.add(f"unknown SPI, {length} octets", (struct.pack("!II", UNKNOWN_SPI, 1) + noise(40))[:length])


def add_sealed_lengths(plan):
    """Wrong lengths with a valid ICV, which covers them."""
    sa = plan.sa
    for length in (1, 2, 3, 4):
        body = (plan.text()[-4:] + b"\0" * 4)[4 - length:4]
        number = plan.take()
        plan.add(f"a body of {length} octets, ICV valid", sa.seal(body, number))
        plan.add(f"sound, number of the body of {length} octets", plan.sound(number))
    for length in (17, 20, 33):
        plan.sealed(f"a body of {length} octets of noise, ICV valid", noise(length))
    for surplus in (1, 2, 3):
        packet = plan.inner(24 + surplus)
        plan.sealed(f"no padding, body of {len(packet) + 2} octets", packet + bytes([0, plan.next_header]))


# --- SPI ------------------------------------------------------------------------------------------

def add_spis(plan):
    def with_spi(spi, octets):
        return struct.pack("!I", spi) + octets[4:]

    for what, spi in (("unknown SPI", UNKNOWN_SPI), ("SPI of the other direction", plan.other_spi),
                      ("SPI with its octets in reverse", int.from_bytes(plan.sa.spi.to_bytes(4, "big"), "little")),
                      ("SPI 1", 1), ("SPI 255", 255), ("SPI 256", 256)):
        plan.add(what, with_spi(spi, plan.sound()))
    plan.add("unknown SPI, number 0", with_spi(UNKNOWN_SPI, plan.sound(0)))
    plan.add("unknown SPI, ICV changed", with_spi(UNKNOWN_SPI, flipped(plan.sound(), -1)))


# --- sequence numbers -----------------------------------------------------------------------------

def add_duplicates(plan):
    number = plan.take()
    first = plan.sound(number)
    plan.add("sound", first)
    plan.add("the same packet again", first)
    plan.add("the same packet a third time", first)
    plan.add("the same number, other octets", plan.sound(number, plan.inner(28)))
    plan.add("number 0", plan.sound(0))
    plan.add("number 0 again, ICV changed", flipped(plan.sound(0), -1))


def add_window(plan):
    """The edges of the window, and numbers that it has seen."""
    top = plan.take(1000)
    plan.add("1000 ahead", plan.sound(top))
    for behind in (WINDOW - 1, WINDOW, WINDOW + 1, WINDOW - 1, WINDOW - 2, 64, 32, 31, 1, 0, 64, 500):
        plan.add(f"{behind} behind", plan.sound(top - behind))
    plan.add("one ahead", plan.sound(plan.take()))
    plan.add(f"{WINDOW - 1} behind the new top, seen", plan.sound(top + 1 - (WINDOW - 1)))
    plan.add(f"{WINDOW} behind the new top, seen", plan.sound(top + 1 - WINDOW))
    top = plan.take(WINDOW)
    plan.add(f"{WINDOW} ahead", plan.sound(top))
    plan.add(f"{WINDOW} behind, seen", plan.sound(top - WINDOW))
    plan.add(f"{WINDOW - 1} behind, not seen", plan.sound(top - WINDOW + 1))
    top = plan.take(50)
    for late in (1, 3, 2):
        plan.add(f"in a burst, {late} late", plan.sound(top - late))
    plan.add("end of the burst", plan.sound(top))


def add_end_of_numbers(plan):
    plan.number = 0xFFFFFFF0
    plan.add("far ahead, 0xfffffff0", plan.sound(plan.number))
    plan.add("16 behind it", plan.sound(plan.number - 16))
    plan.add("number 1000, left of the window", plan.sound(FIRST_NUMBER))
    plan.add("number 0xffffffff", plan.sound(0xFFFFFFFF))
    plan.add("number 0 behind the end", plan.sound(0))
    plan.add("number 1 behind the end", plan.sound(1))
    plan.add("number 0xfffffffe", plan.sound(0xFFFFFFFE))


# --- ICV ------------------------------------------------------------------------------------------

def add_icvs(plan):
    for what, at in (("first octet of the ICV", -plan.sa.suite.icv), ("last octet of the ICV", -1),
                     ("first octet behind the header", 8), ("an octet of the body", 33)):
        number = plan.take()
        octets = plan.sound(number)
        plan.add(f"{what} changed", flipped(octets, at))
        plan.add(f"sound, after it came with {what} changed", octets)
    plan.add("number changed to a higher one", flipped(plan.sound(plan.take()), 5))
    plan.add("ICV of another packet", plan.sound()[:-16] + plan.sound()[-16:])


# --- trailer and what is inside -------------------------------------------------------------------

def add_padding(plan):
    packet = plan.inner(12) if plan.sa.version == 4 else plan.inner(8)    # whole blocks of 16 octets
    end = bytes([14, plan.next_header])
    body = packet + padding(14) + end

    def wrong(at):
        changed = bytearray(body)
        changed[len(packet) + at] = 0x55
        return bytes(changed)

    room = len(body) - 2
    plan.sealed("14 octets of padding", body)
    for what, at in (("first", 0), ("second", 1), ("middle", 7), ("last", 13)):
        plan.sealed(f"{what} octet of the padding wrong", wrong(at))
    plan.sealed("padding of zeros", packet + bytes(14) + end)
    plan.sealed("padding counts from 0", packet + bytes(range(14)) + end)
    plan.sealed("64 octets of padding more than needed", plan.text(extra=64))
    plan.sealed("Pad Length 13 before padding of 14", body[:-2] + bytes([13, plan.next_header]))
    for length in (room + 1, room + 2, 255):
        plan.sealed(f"Pad Length {length} in a body of {len(body)} octets",
                    padding(room) + bytes([length, plan.next_header]))
    plan.sealed("Pad Length leaves nothing, padding wrong", body[:-2] + bytes([room, plan.next_header]))
    plan.sealed("Pad Length leaves nothing", padding(room) + bytes([room, plan.next_header]))
    plan.sealed("Pad Length leaves 1 octet", b"\x45" + padding(room - 1) + bytes([room - 1, plan.next_header]))


def add_next_headers(plan):
    for next_header in (NO_NEXT, 253, UDP_NEXT, 1, 50, 0, 94, 144, 200, 255):
        plan.packed(f"Next Header {next_header} over an IP packet", plan.inner(), next_header)
        plan.packed(f"Next Header {next_header} over noise", b"\xa0" + noise(29), next_header)
    plan.sealed("dummy without payload", padding(14) + bytes([14, NO_NEXT]))
    plan.packed("dummy of 4 octets that begin as IPv4", b"\x45\0\0\4", NO_NEXT)
    plan.packed("dummy of zeros", bytes(30), NO_NEXT)
    plan.packed("UDP without IP", plan.inner()[-24:], UDP_NEXT)
    other = IPIP if plan.next_header == IPV6 else IPV6
    plan.packed(f"Next Header {other} over the SA's version of IP", plan.inner(), other)
    plan.packed("an inner packet of the other version of IP", plan.inner(version=10 - plan.sa.version), other)
    plan.packed("an inner packet of the other version of IP, and the trailer does not say so",
                plan.inner(version=10 - plan.sa.version))


def with_length(packet, length):
    """The inner packet with another length in its header: of IPv4 the total, of IPv6 the payload."""
    at = 2 if packet[0] >> 4 == 4 else 4
    return packet[:at] + struct.pack("!H", length) + packet[at + 2:]


def add_inner_packets(plan):
    packet = plan.inner()
    for version in (0, 5, 7, 15):
        plan.packed(f"inner version {version}", bytes([version << 4 | packet[0] & 15]) + packet[1:])
    header = 40 if plan.sa.version == 6 else 20
    stated = len(packet) - header if plan.sa.version == 6 else len(packet)
    least = stated - 24
    for length in (stated + 1, stated + 100, 0xFFFF, stated - 1, least + 8, least + 7, least, 1, 0):
        plan.packed(f"inner length {length} instead of {stated}", with_length(packet, length))
        plan.packed(f"inner length {length} instead of {stated}, GRE",
                    with_length(plan.inner(protocol=GRE), length))
    for length in (1, 4, header - 1, header):
        plan.packed(f"inner header, {length} octets of it", packet[:length])
    plan.packed("inner header alone, GRE", plan.inner(0, protocol=GRE))
    for length in (0, 7, 8):
        plan.packed(f"inner UDP of {length} octets", plan.inner(length))
    for length in (10, 19, 20):
        plan.packed(f"inner TCP of {length} octets", plan.inner(length, protocol=TCP_NEXT))
    for length in (1, 2, 100):
        plan.packed(f"{length} octets of TFC padding", packet + bytes(length))
    if plan.sa.version == 4:
        plan.packed("inner header length 4 words", bytes([0x44]) + packet[1:])
        plan.packed("inner header length 15 words, beyond the packet", bytes([0x4f]) + packet[1:])
        plan.packed("a later fragment of 4 octets", plan.inner(4, frag=3))
    else:
        plan.packed("a later fragment of 4 octets", later_fragment(plan))


def later_fragment(plan):
    return plan.inner(12, protocol=44)[:40] + struct.pack("!BBHI", UDP_NEXT, 0, 24, 1) + noise(4)


def add_selectors(plan):
    source, destination = plan.inner_addresses
    stranger = "2001:db8:9::1" if plan.sa.version == 6 else "10.9.0.1"
    plan.packed("source outside the selector", plan.inner(src=stranger))
    plan.packed("destination outside the selector", plan.inner(dst=stranger))
    plan.packed("both outside the selector", plan.inner(src=stranger, dst=stranger))
    plan.packed("the two addresses exchanged", plan.inner(src=destination, dst=source))
    plan.packed("another protocol, inside the selector", plan.inner(protocol=GRE))
    plan.packed("source outside the selector, inner length too large",
                with_length(plan.inner(src=stranger), 0x1000))


def with_wrong_padding(plan, packet=None):
    """A plaintext whose padding is zeros."""
    packet = packet or plan.inner()
    count = -(len(packet) + 2) % 16 + 16
    return packet + bytes(count) + bytes([count, plan.next_header])


# --- several faults -------------------------------------------------------------------------------

def add_company(plan):
    """Several faults at once: the receiver reports the first check that fails."""
    sa = plan.sa
    seen = plan.take()
    plan.add("sound, to be repeated", plan.sound(seen))
    bad_padding = with_wrong_padding(plan)
    too_old = plan.number - 500
    plan.add("seen, and ICV changed", flipped(plan.sound(seen), -1))
    plan.add("seen, and cut to 44 octets", plan.sound(seen)[:44])
    plan.add("seen, and cut to 39 octets", plan.sound(seen)[:39])
    plan.add("seen, and cut to 24 octets", plan.sound(seen)[:24])
    plan.add("seen, and nothing between IV and ICV", sa.seal(b"", seen))
    plan.add("seen, and wrong padding", sa.seal(bad_padding, seen))
    plan.add("seen, and one octet too long", plan.sound(seen) + b"\0")
    plan.add("old, and ICV changed", flipped(plan.sound(too_old), -1))
    plan.add("old, and cut to 24 octets", plan.sound(too_old)[:24])
    plan.add("old, and cut to 20 octets", plan.sound(too_old)[:20])
    plan.add("old, and dummy", plan.sound(too_old, next_header=NO_NEXT))
    plan.add("old, and outside the selector", plan.sound(too_old, plan.inner(src=plan.inner_addresses[1])))
    plan.add("number 0, and cut to 24 octets", plan.sound(0)[:24])
    plan.add("number 0, and cut to 44 octets", plan.sound(0)[:44])
    plan.sealed("wrong padding, and dummy", bad_padding[:-1] + bytes([NO_NEXT]))
    plan.sealed("wrong padding, and outside the selector",
                with_wrong_padding(plan, plan.inner(src=plan.inner_addresses[1])))
    plan.sealed("Pad Length too long, and dummy", noise(46) + bytes([200, NO_NEXT]))
    plan.add("ICV changed, and wrong padding", flipped(sa.seal(bad_padding, plan.take()), -1))
    plan.packed("inner version 5, and TFC padding", b"\x50" + plan.inner()[1:] + bytes(50))
    plan.packed("another version of IP, and Next Header 253", plan.inner(version=10 - sa.version), 253)


def add_moved_window(plan):
    """After the ICV check, every packet moves the window: the same number is refused when it comes again, and so is a
    number 128 below it."""
    for what, body in (("wrong padding", with_wrong_padding(plan)),
                       ("inner version 5", plan.text(b"\x50" + plan.inner()[1:])),
                       ("dummy", plan.text(plan.inner(), NO_NEXT)),
                       ("outside the selector", plan.text(plan.inner(src=plan.inner_addresses[1])))):
        number = plan.take(WINDOW * 2)
        plan.add(f"{what}, {2 * WINDOW} ahead", plan.sa.seal(body, number))
        plan.add(f"sound, the number that came with {what}", plan.sound(number))
        plan.add(f"sound, {WINDOW} behind what came with {what}", plan.sound(number - WINDOW))
        plan.add(f"sound, {WINDOW - 1} behind what came with {what}", plan.sound(number - WINDOW + 1))
    number = plan.take(WINDOW * 2)
    plan.add(f"ICV changed, {2 * WINDOW} ahead", flipped(plan.sound(number), -1))
    plan.add(f"sound, {WINDOW} behind what came with its ICV changed", plan.sound(number - WINDOW))
    plan.add("sound, the number that came with its ICV changed", plan.sound(number))


# --- UDP ------------------------------------------------------------------------------------------

def add_udp(plan):
    for what, octets in (("keepalive", b"\xff"), ("keepalive again", b"\xff"), ("1 octet, 0", b"\0"),
                         ("1 octet, 0xfe", b"\xfe"), ("2 octets, 0xff", b"\xff\xff"), ("2 octets of zero", bytes(2)),
                         ("3 octets, 0xff", b"\xff" * 3), ("3 octets of zero", bytes(3)),
                         ("4 octets, 0xff", b"\xff" * 4), ("8 octets, 0xff", b"\xff" * 8),
                         ("non-ESP marker and 0xff", MARKER + b"\xff"),
                         ("two non-ESP markers and IKE", MARKER * 2 + ike()),
                         ("IKE without non-ESP marker", ike())):
        plan.add(what, octets)
    octets = plan.sound()       # with 4.5 where IKE has its version
    plan.add("ESP on the IKE port", octets[:17] + b"\x45" + octets[18:], IKE_PORT)
    plan.add("ESP not in UDP", plan.sound(), None)
    plan.add("ESP not in UDP, ICV changed", flipped(plan.sound(), -1), None)


def make(sa, inner_addresses, other_spi):
    """All injections, in the order in which they are to be sent."""
    plan = Plan(sa, inner_addresses, other_spi)
    sections = (add_lengths, add_sealed_lengths, add_spis, add_duplicates, add_window, add_icvs, add_padding,
                add_next_headers, add_inner_packets, add_selectors, add_company, add_moved_window, add_udp,
                add_end_of_numbers)
    for section in sections:
        plan.add("sound", plan.sound())
        section(plan)
    plan.add("sound, the last one", plan.sound(0xFFFFFFF5))
    return plan.injections
