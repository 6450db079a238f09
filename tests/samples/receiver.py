"""What IP and UDP of a receiver discard before its IPsec sees it; with a receiver chosen, because the RFC receiver
models neither.

SPDX-License-Identifier: GPL-2.0-or-later
"""
from scapy.layers.inet import IPOption

from samples.expectations import Capture, INVALID_PACKET, drop, plausible
from samples.packets import AH, ESP, ah, esp, ethernet, ipv4, udp4, udp6

FIRST = 0xB000      # number of the first SA
MALFORMED_OPTION = [IPOption(b"\x94\x20\x00\x00")]      # router alert that is longer than the header
ROUTER_ALERT = [IPOption(b"\x94\x04\x00\x00")]


class Stream:
    """Packets of one sender to one SA."""

    def __init__(self, capture, what, carry):
        self.capture, self.what, self.carry = capture, what, carry
        self.number, self.sequence = FIRST + capture.streams, 0
        capture.streams += 1

    def send(self, what, header=plausible(), length=60, repeat=False, **fields):
        self.sequence += 0 if repeat else 1
        self.capture.add(f"{self.what}: {what}", ethernet(self.carry(self.number, self.sequence, length, **fields)), header)


def native(n, sequence, length, **fields):
    return ipv4(n, ESP, esp(length, sequence=sequence), src=f"203.0.113.{n & 255}", **fields)


def authenticated(n, sequence, length, inside=None, **fields):
    octets = ah(sequence=sequence) if inside is None else ah(sequence=sequence, next_header=ESP, payload=inside)
    return ipv4(n, AH, octets, src=f"203.0.113.{n & 255}", **fields)


def in_udp4(n, sequence, length, **fields):
    return udp4(n, esp(length, sequence=sequence), **fields)


def in_udp6(n, sequence, length, patch=None):
    packet = udp6(n, esp(length, sequence=sequence))
    return packet if patch is None else packet[:46] + patch + packet[48:]


def with_length(n, sequence, length, says):
    """ESP in UDP in IPv4, whose UDP header states a length of `says` octets."""
    packet = udp4(n, esp(length, sequence=sequence))
    return packet[:24] + says.to_bytes(2, "big") + packet[26:]


def with_pseudo_header_sum(n, sequence, length):
    packet = udp4(n, esp(length, sequence=sequence))
    words = packet[12:20] + bytes([0, 17]) + packet[24:26]
    total = sum(int.from_bytes(words[at:at + 2], "big") for at in range(0, len(words), 2))
    return packet[:26] + ((total & 0xFFFF) + (total >> 16)).to_bytes(2, "big") + packet[28:]


def add_ip_checksums(capture):
    for carry, family in ((native, "esp"), (authenticated, "ah")):
        stream = Stream(capture, f"{family} in IPv4", carry)
        stream.send("header checksum wrong, as far as is known the sender's way", chksum=0x1234)
        stream.send("right")
        stream.send("wrong", drop(f"{family}.ip_checksum"), chksum=0x1234)
        stream.send("the same number again, right: the receiver has not seen it", repeat=True)
        stream.send("left to the network card", chksum=0)
        stream.send("wrong, sequence 2^28 ahead", drop(f"{family}.ip_checksum"), chksum=0x1235)
        stream = Stream(capture, f"{family} behind IPv4 options", carry)
        stream.send("router alert", options=ROUTER_ALERT)
        stream.send("malformed", drop(f"{family}.v4_option_bad"), options=MALFORMED_OPTION)
    stream = Stream(capture, "ESP of 12 octets under AH", authenticated)
    stream.send("AH alone, right")
    capture.add("AH with a wrong IPv4 checksum, ESP of 12 octets inside: no stack comes so far",
                ethernet(authenticated(stream.number, 2, 0, inside=esp(12), chksum=0x1234)),
                drop("ah.ip_checksum"), drop("esp.below_floor"))


def add_udp(capture):
    stream = Stream(capture, "ESP in UDP, IPv4", in_udp4)
    for _ in range(2):
        stream.send("no checksum")
    stream.send("wrong checksum", drop("natt.udp_checksum_bad", "natt.udp_checksum"), checksum=0x1234)
    stream.send("the same number again: the receiver has not seen it", repeat=True)
    stream.send("right checksum", plausible("natt.udp_checksum"), checksum=None)
    stream.carry = with_pseudo_header_sum
    stream.send("checksum of the pseudo-header alone", plausible("natt.udp_checksum"))
    stream.carry = with_length
    stream.send("length of 100 octets, 68 there", drop("natt.udp_length"), says=100)
    stream.carry = in_udp4
    stream.send("16 octets", drop("esp.below_floor", "natt.below_ip_header", windows=INVALID_PACKET), length=16)
    stream.send("20 octets", length=20)
    stream = Stream(capture, "ESP in UDP, IPv6", in_udp6)
    for _ in range(2):
        stream.send("right checksum")
    stream.send("wrong checksum", drop("natt.udp_checksum_bad"), patch=b"\x12\x34")
    stream.send("checksum 0", drop("natt.v6_zero_checksum"), patch=bytes(2))
    stream.send("36 octets", drop("natt.below_ip_header"), length=36)
    stream.send("40 octets", length=40)


def faults_receiver():
    capture = Capture("faults_receiver", "What IP and UDP of a Linux receiver discard before IPsec sees it",
                      "ipsec.receiver:linux")
    capture.streams = 0
    add_ip_checksums(capture)
    add_udp(capture)
    return capture
