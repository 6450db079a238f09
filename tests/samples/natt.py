"""Faults of UDP encapsulation, between known and unknown peers.

SPDX-License-Identifier: GPL-2.0-or-later
"""
from scapy.layers.inet import IPOption

from samples.expectations import (
    BAD_SPI, Capture, INVALID_PACKET, LINUX_NO_SA, capped, drop, plausible,
    suspicious)
from samples.faults import ESP_CASES
from samples.packets import MARKER, OTHER_SPI, esp, ethernet, ike, noise, udp4, udp6


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


def short(version, octets, header):
    """ESP that is shorter than the IP header: Linux discards it before IPsec sees it."""
    if not 8 < len(octets) < (20 if version == "IPv4" else 40):
        return header
    return header._replace(findings=header.findings + ("natt.below_ip_header",), linux=None)


def faults_natt():
    capture = Capture("faults_natt", "Faults of UDP encapsulation, between peers known and unknown")
    for version, udp in (("IPv4", udp4), ("IPv6", udp6)):
        for what, octets, header in SHORT_IN_UDP + ESP_IN_UDP + IKE_IN_UDP:
            capture.add(f"{version}, peers unknown: {what}", ethernet(udp(capture.next, octets)),
                        capped(short(version, octets, header)))
        add_known_by_ike(capture, version, udp)
        add_known_by_esp(capture, version, udp)
        for length in (24, 60):
            capture.add(f"{version}: ESP of {length} octets on port 500",
                        ethernet(udp(capture.next, esp(length), ports=(500, 500))),
                        plausible("natt.esp_on_500"))
    add_checksums(capture)
    capture.add("IPv4 options: ESP of 21 octets in UDP, peers unknown",
                ethernet(udp4(capture.next, esp(21), options=[IPOption(b"\x94\x04\x00\x00")])),
                suspicious("esp.alignment", "natt.below_ip_header"))
    capture.add("VLAN: ESP of 12 octets in UDP, peers unknown",
                ethernet(udp4(capture.next, esp(12)), 7),
                suspicious("esp.below_floor", "natt.below_ip_header"))
    return capture


def add_known_by_ike(capture, version, udp):
    """After IKE between two addresses, what follows between them is IPsec, in either direction."""
    peers = capture.next
    capture.add(f"{version}: IKE on port 500", ethernet(udp(peers, ike(), ports=(500, 500))))
    for what, octets, header in SHORT_IN_UDP + (
            ("ESP of 21 octets", esp(21), drop(
                "esp.alignment", windows=INVALID_PACKET)),):
        capture.add(f"{version}, IKE seen on port 500: {what}", ethernet(udp(peers, octets)),
                    short(version, octets, header))
    peers = capture.next
    capture.add(f"{version}: IKE behind the marker", ethernet(udp(peers, MARKER + ike())))
    capture.add(f"{version}, IKE seen on port 4500: ESP of 12 octets, the other way",
                ethernet(udp(peers, esp(12), reply=True)),
                drop("esp.below_floor", "natt.below_ip_header", windows=INVALID_PACKET))
    capture.add(f"{version}, IKE seen on port 4500: UDP payload of 3 octets",
                ethernet(udp(peers, noise(3))), drop("natt.truncated"))


def add_known_by_esp(capture, version, udp):
    """Two sound packets of one SPI with advancing numbers are ESP; one alone may be anything."""
    peers = capture.next
    capture.add(f"{version}: first sound ESP", ethernet(udp(peers, esp(60, sequence=1))), plausible())
    capture.add(f"{version}: second sound ESP", ethernet(udp(peers, esp(60, sequence=2))), plausible())
    capture.add(f"{version}, two sound packets seen: ESP of 61 octets",
                ethernet(udp(peers, esp(61, sequence=3))),
                drop("esp.alignment", windows=INVALID_PACKET))
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
