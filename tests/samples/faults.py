"""Faults of ESP and AH themselves: in IPv4, in IPv6, and nested more deeply.

SPDX-License-Identifier: GPL-2.0-or-later
"""
from scapy.layers.inet import IPOption

from samples.expectations import (
    BAD_SPI, Capture, Case, INVALID_PACKET, LINUX_HEADER, LINUX_NO_SA, LINUX_SEQUENCE,
    LINUX_TRANSFORM, REPLAY_CHECK, drop, plausible, suspicious, unchecked)
from samples.packets import (
    AH, DESTINATION, ESP, EXPERIMENT, FRAGMENT, GRE, HOP_BY_HOP, IPIP, IPV6, OTHER_SPI, ROUTING,
    ah, esp, ethernet, fragment_header, fragments4, ipv4, ipv6, noise, options_header,
    routing_header)


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
        "esp.alignment", windows=INVALID_PACKET)),
    esp_case("ESP of 22 octets", esp(22), drop(
        "esp.alignment", windows=INVALID_PACKET)),
    esp_case("ESP of 63 octets", esp(63), drop(
        "esp.alignment", windows=INVALID_PACKET)),
    esp_case("ESP with SPI 0", esp(60, spi=0), drop(
        "esp.spi_zero", windows=BAD_SPI, linux=LINUX_NO_SA)),
    esp_case("ESP with SPI 1", esp(60, spi=1), RESERVED_ESP),
    esp_case("ESP with SPI 255", esp(60, spi=255), RESERVED_ESP),
    esp_case("ESP with sequence number 0", esp(60, sequence=0), suspicious(
        "seq.zero", windows=REPLAY_CHECK, linux=LINUX_SEQUENCE)),
    # Several at once: a stack reports the one that it checks first.
    esp_case("ESP of 8 zero octets", esp(8, spi=0, sequence=0), drop(
        "esp.no_payload", "esp.spi_zero", "seq.zero", windows=BAD_SPI, linux=LINUX_NO_SA)),
    esp_case("ESP of 61 octets with SPI 0", esp(61, spi=0), drop(
        "esp.alignment", "esp.spi_zero", windows=BAD_SPI, linux=LINUX_NO_SA)),
    esp_case("ESP of 12 octets with sequence number 0", esp(12, sequence=0), drop(
        "esp.below_floor", "seq.zero", windows=INVALID_PACKET, linux=LINUX_SEQUENCE)),
    esp_case("ESP of 61 octets with SPI 77", esp(61, spi=77), drop(
        "esp.alignment", "esp.spi_reserved", windows=INVALID_PACKET)),
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

# Cases that depend on the version of IP: the unit of the length, and the meaning of next header 0.
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
                drop("esp.alignment", windows=INVALID_PACKET))
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
                drop("esp.v6_order", "esp.alignment", windows=INVALID_PACKET))
    return capture


# --- the same faults nested more deeply -------------------------------------------------------------------

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
                drop("esp.alignment", windows=INVALID_PACKET))
    # The stock dissector can only guess where ESP begins, so it is not judged.
    for words, finding in ((0, "ah.length_below_min"), (255, "ah.length_overrun")):
        broken = ah(next_header=ESP, payload=esp(61), words=words)
        capture.add(f"AH length field {words} in front of ESP", ethernet(ipv4(capture.next, AH, broken)),
                    drop(finding, windows=INVALID_PACKET, linux=LINUX_TRANSFORM))
    capture.add("both faulty: ESP of 12 octets under AH with SPI 0",
                ethernet(ipv4(capture.next, AH, ah(next_header=ESP, payload=esp(12), spi=0))),
                drop("ah.spi_zero", windows=BAD_SPI, linux=LINUX_NO_SA),
                drop("esp.below_floor"))                # no stack gets that far
    capture.add("VLAN: ESP of 61 octets", ethernet(ipv4(capture.next, ESP, esp(61)), 7),
                drop("esp.alignment", windows=INVALID_PACKET))
    return capture
