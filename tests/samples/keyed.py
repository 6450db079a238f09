"""Faults that only a key reveals, each in a packet with a valid ICV, unless the ICV is the fault.

SPDX-License-Identifier: GPL-2.0-or-later
"""
from typing import Callable, NamedTuple

from scapy.layers.inet import IP, UDP
from scapy.layers.inet6 import IPv6
from scapy.packet import Raw

from samples.expectations import (
    BAD_SPI, Capture, INTEGRITY, INVALID_PACKET, LINUX_MISMATCH, LINUX_MODE, LINUX_NO_SA, LINUX_TRANSFORM, WRONG_SA,
    Header, capped, drop, plausible, suspicious, verified)
from samples.packets import AH, IPIP, IPV6, NO_NEXT, ROUTING, ethernet, ipv6, noise
from samples.sa import (
    AH_SHA1, AH_SHA256, CBC_SHA256, CHACHA, GCM, NULL_SHA256, SUITES, Sa, Suite, octets_of, padding, plaintext)

TCP_NEXT, UDP_NEXT, BEET, AGGFRAG = 6, 17, 94, 144
# Each capture has its own range of SA numbers, so that all captures can be read as one.
FIRST_NUMBER = {"faults_keyed": 0x4000, "faults_keyed_ipv6": 0x4800, "benign_keyed": 0x5000, "faults_sa": 0x6000, "faults_sequence": 0x9000,
                "faults_order": 0x9800, "faults_asked_vpp": 0x9C00, "faults_asked_freebsd": 0x9D00, "faults_counters": 0x9E00,
                "faults_table": 0x7000, "benign_table": 0x7800, "opening": 0xE800, "offload": 0xF000}


def new_sa(capture, version, suite, mode="transport", known=None, **settings):
    """An SA whose key row is in the capture's key file; `known` is what differs in the key file."""
    sa = Sa(FIRST_NUMBER[capture.name] + len(capture.states) + 1, version, suite, mode, **settings)
    capture.states.append(sa.state(**(known or {})))
    return sa


def good(header):
    return header._replace(icv="Good")


def bad(header):
    return header._replace(icv="Bad")


# --- what is inside -------------------------------------------------------------------------------

def datagram(length=32, ports=(40000, 40001)):
    return bytes(UDP(sport=ports[0], dport=ports[1], len=length, chksum=0) / Raw(noise(length - 8)))


def inner(version, length=32, src=None, dst=None, protocol=UDP_NEXT, ports=(40000, 40001), **fields):
    """An IP packet as a tunnel carries it."""
    payload = datagram(length, ports) if protocol == UDP_NEXT else noise(length)
    if version == 6:
        return bytes(IPv6(src=src or "2001:db8:1::1", dst=dst or "2001:db8:2::1", nh=protocol, hlim=64, **fields) /
                     Raw(payload))
    return bytes(IP(src=src or "10.1.0.1", dst=dst or "10.2.0.1", proto=protocol, ttl=64, id=1, **fields) /
                 Raw(payload))


def next_of(version):
    return IPV6 if version == 6 else IPIP


class Inside(NamedTuple):
    """What a plaintext must show; `body(version, block)` makes it, trailer included."""
    what: str
    body: Callable[[int, int], bytes]
    header: Header
    versions: tuple = (4, 6)


def told(next_header):
    return lambda version, block: plaintext(datagram(), next_header, block)


def with_padding(change):
    """32 octets of payload and 14 of padding, which fits every cipher; the padding is changed."""
    return lambda version, block: datagram() + change(bytearray(padding(14))) + bytes([14, UDP_NEXT])


def zeroed(at):
    def change(octets):
        octets[at] = 0
        return bytes(octets)
    return change


PADDING_REFUSED = good(suspicious("esp.pad_bytes", windows=INVALID_PACKET))
LAST_REFUSED = good(suspicious("esp.pad_bytes", "esp.pad_last_byte", windows=INVALID_PACKET))
PAD_TOO_LONG = good(drop("esp.pad_length", windows=INVALID_PACKET, linux=LINUX_TRANSFORM))
EMPTY = good(suspicious("esp.empty_payload", windows=INVALID_PACKET, linux=LINUX_TRANSFORM))
IMPOSSIBLE = good(suspicious("esp.next_header", windows=INVALID_PACKET))
DUMMY = verified("esp.dummy", linux=LINUX_TRANSFORM)

TRANSPORT_CASES = (
    Inside("sound", lambda version, block: plaintext(datagram(), UDP_NEXT, block), verified()),
    Inside("Pad Length one too long", lambda version, block: noise(46) + bytes([47, UDP_NEXT]), PAD_TOO_LONG),
    Inside("Pad Length 255", lambda version, block: noise(46) + bytes([255, UDP_NEXT]), PAD_TOO_LONG),
    Inside("Pad Length 2 in a plaintext of 16 octets, 15 too long",
           lambda version, block: noise(14) + bytes([17, UDP_NEXT]), PAD_TOO_LONG),
    Inside("nothing but padding", lambda version, block: padding(14) + bytes([14, UDP_NEXT]), EMPTY),
    Inside("one octet in the middle of the padding is 0", with_padding(zeroed(6)), PADDING_REFUSED),
    Inside("the last octet of the padding is 0", with_padding(zeroed(13)), LAST_REFUSED),
    Inside("padding of zeros", with_padding(lambda octets: bytes(len(octets))), LAST_REFUSED),
    Inside("padding of noise that ends with its length", with_padding(lambda octets: noise(13) + b"\x0e"),
           PADDING_REFUSED),
    Inside("16 octets of padding more than needed",
           lambda version, block: plaintext(datagram(), UDP_NEXT, block, 16), verified("esp.pad_excess")),
    Inside("240 octets of padding more than needed",
           lambda version, block: plaintext(datagram(), UDP_NEXT, block, 240), verified("esp.pad_excess")),
    Inside("dummy", told(NO_NEXT), DUMMY),
    Inside("dummy without payload", lambda version, block: padding(14) + bytes([14, NO_NEXT]), DUMMY),
    Inside("dummy of noise, Pad Length too long", lambda version, block: noise(46) + bytes([47, NO_NEXT]),
           PAD_TOO_LONG),
    Inside("Next Header 200", told(200), IMPOSSIBLE),
    Inside("Next Header 148", told(148), IMPOSSIBLE),
    Inside("Next Header 255", told(255), IMPOSSIBLE),
    Inside("Next Header 0", told(0), IMPOSSIBLE, versions=(4,)),
    Inside("Next Header 200 and padding of zeros",
           lambda version, block: datagram() + bytes(14) + bytes([14, 200]),
           good(suspicious("esp.pad_bytes", "esp.pad_last_byte", "esp.next_header", windows=INVALID_PACKET))),
)

OTHER_MODE = good(suspicious("esp.next_header_mode", windows=WRONG_SA, linux=LINUX_MODE))
TOO_SHORT = good(drop("esp.inner_truncated", windows=INVALID_PACKET, linux=LINUX_MODE))
OTHER_VERSION = good(drop("esp.inner_version", windows=INVALID_PACKET))
INNER_LENGTH = good(drop("esp.inner_length"))
CUT_TRANSPORT = good(suspicious("esp.inner_transport"))


def tunnelled(make, behind=b""):
    """An inner packet, of the SA's version of IP according to the trailer, and octets after it."""
    return lambda version, block: plaintext(make(version) + behind, next_of(version), block)


def other(version):
    return 10 - version


TUNNEL_CASES = (
    Inside("sound", tunnelled(inner), verified()),
    Inside("UDP in a tunnel SA", told(UDP_NEXT), OTHER_MODE),
    Inside("BEET in a tunnel SA", told(BEET), OTHER_MODE),
    Inside("AGGFRAG in a tunnel SA", told(AGGFRAG), OTHER_MODE),
    Inside("Next Header 200 in a tunnel SA", told(200), good(suspicious(
        "esp.next_header", "esp.next_header_mode", windows=INVALID_PACKET, linux=LINUX_MODE))),
    Inside("dummy in a tunnel SA", told(NO_NEXT), DUMMY),
    Inside("inner packet of 16 octets", tunnelled(lambda version: inner(version)[:16]), TOO_SHORT),
    Inside("inner IPv4 of 19 octets", tunnelled(lambda version: inner(4)[:19]), TOO_SHORT, (4,)),
    Inside("inner IPv6 of 39 octets", tunnelled(lambda version: inner(6)[:39]), TOO_SHORT, (6,)),
    Inside("the other version of IP inside than the trailer says", tunnelled(lambda version: inner(other(version))),
           OTHER_VERSION),
    Inside("inner length one too long", tunnelled(lambda version: inner(version)[:-1]), INNER_LENGTH),
    Inside("inner length shorter than its header", tunnelled(lambda version: inner(4, len=19)), INNER_LENGTH, (4,)),
    Inside("inner header length 4 words", tunnelled(lambda version: inner(4, ihl=4)), INNER_LENGTH, (4,)),
    Inside("one octet behind the inner packet", tunnelled(inner, behind=b"\0"), verified("esp.tfc")),
    Inside("100 octets behind the inner packet", tunnelled(inner, behind=noise(100)), verified("esp.tfc")),
    Inside("inner TCP of 19 octets", tunnelled(lambda version: inner(version, 19, protocol=TCP_NEXT)), CUT_TRANSPORT),
    Inside("inner TCP of 20 octets", tunnelled(lambda version: inner(version, 20, protocol=TCP_NEXT)), verified()),
)


def add_insides(capture, version, suite, mode, cases):
    sa = new_sa(capture, version, suite, mode)
    for case in cases:
        if version in case.versions:
            capture.add(f"IPv{version}, {mode}, {suite.name}: {case.what}",
                        ethernet(sa.packet(sa.seal(case.body(version, suite.block)))), case.header)


# --- lengths that the algorithms make impossible ---------------------------------------------------------

RUNT = drop("esp.runt_for_sa", windows=INVALID_PACKET, linux=LINUX_TRANSFORM)
BLOCK = good(drop("esp.block_alignment", windows=INVALID_PACKET, linux=LINUX_TRANSFORM))


def add_lengths(capture, version, suite):
    def add(what, octets, header):
        capture.add(f"IPv{version}, {suite.name}: {what}", ethernet(sa.packet(octets)), header)

    sa = new_sa(capture, version, suite)
    add("sound", sa.esp(datagram()), verified())
    add("no octet of plaintext", sa.seal(b""), good(RUNT))
    if suite.combined:
        add("4 octets short of IV and ICV", sa.seal(b"")[:-4], RUNT._replace(icv="Unverified"))
    else:
        header = sa.esp(b"")[:8]
        add("room for 4 octets between header and ICV", sa.authenticated(header + noise(4)),
            good(RUNT) if suite.cipher == "CBC" else PAD_TOO_LONG)      # noise, not encrypted
    if suite.cipher == "CBC":
        add("ciphertext of 20 octets", sa.seal(noise(20)), BLOCK)
        add("ciphertext of 4 octets", sa.seal(noise(4)), BLOCK)
        add("ciphertext of 33 octets", sa.seal(noise(33)), good(drop(
            "esp.alignment", "esp.block_alignment", windows=INVALID_PACKET, linux=LINUX_TRANSFORM)))
    else:
        add("plaintext of 36 octets", sa.seal(plaintext(datagram(34), UDP_NEXT, 4)), verified())
        add("plaintext of 35 octets", sa.seal(datagram(32) + b"\1" + bytes([1, UDP_NEXT])), good(drop(
            "esp.alignment", windows=INVALID_PACKET)))


# --- ICV and key ----------------------------------------------------------------------------------

WRONG_ICV = bad(drop("esp.icv", windows=INTEGRITY, linux=LINUX_TRANSFORM))
WRONG_KEY = bad(suspicious("key.wrong"))
OTHER_LENGTH = bad(suspicious("esp.icv_length", "key.wrong"))


def flipped(octets, at):
    changed = bytearray(octets)
    changed[at] ^= 0x10
    return bytes(changed)


def add_icvs(capture, version, suite):
    """Damage on the way, once a packet of the SA has verified."""
    sa = new_sa(capture, version, suite)
    capture.add(f"IPv{version}, {suite.name}: a first sound packet", ethernet(sa.packet(sa.esp(datagram()))),
                verified())
    for what, at in (("last octet of the ICV", -1), ("first octet of the ICV", -suite.icv),
                     ("an octet of the body", 40), ("first octet behind the header", 8), ("sequence number", 6)):
        capture.add(f"IPv{version}, {suite.name}: {what} changed",
                    ethernet(sa.packet(flipped(sa.esp(datagram()), at))), WRONG_ICV)
    capture.add(f"IPv{version}, {suite.name}: sound again", ethernet(sa.packet(sa.esp(datagram()))), verified())


def add_wrong_key(capture, version, what, suite, header=WRONG_KEY, known=None, **settings):
    """Packets of an SA that the key file describes wrongly."""
    sa = new_sa(capture, version, suite, known=known, **settings)
    for number in (1, 2):
        capture.add(f"IPv{version}, {what}: packet {number}", ethernet(sa.packet(sa.esp(datagram()))), header)


def add_wrong_keys(capture, version):
    for suite in SUITES:
        other_keys = {"cipher_key": noise(suite.key), "mac_key": noise(32)}
        add_wrong_key(capture, version, f"{suite.name}, another key", suite, known=other_keys)
        add_wrong_key(capture, version, f"{suite.name}, sent with ESN", suite, known={"esn": False}, esn=True)
        add_wrong_key(capture, version, f"{suite.name}, sent with ESN and a high half of 1", suite,
                      known={"esn": False}, esn=True, high=1)
        add_wrong_key(capture, version, f"{suite.name}, sent without ESN", suite, known={"esn": True})
    for suite in (NULL_SHA256, CBC_SHA256):
        for icv in (8, 12, 32):
            add_wrong_key(capture, version, f"{suite.name}, sent with an ICV of {icv} octets",
                          suite._replace(icv=icv), OTHER_LENGTH, known={"suite": suite})
        add_wrong_key(capture, version, f"{suite.name}, sent with HMAC-MD5-96", suite._replace(digest="md5", icv=12),
                      known={"suite": suite._replace(digest="sha1", icv=12)})
    for icv in (8, 12):
        add_wrong_key(capture, version, f"AES-GCM-16, sent with an ICV of {icv} octets", GCM._replace(icv=icv),
                      OTHER_LENGTH, known={"suite": GCM})
    add_wrong_key(capture, version, "AES-GCM-16, sent with ChaCha20-Poly1305", CHACHA, known={"suite": GCM})


# --- in the wrong place ---------------------------------------------------------------------

MISMATCH = good(suspicious("esp.encap_mismatch", windows=WRONG_SA, linux=LINUX_MISMATCH))


def add_encapsulations(capture, version):
    for suite in SUITES:
        sa = new_sa(capture, version, suite, udp=True)
        capture.add(f"IPv{version}, {suite.name}: in UDP, as its SA", ethernet(sa.in_udp(sa.esp(datagram()))),
                    verified())
        capture.add(f"IPv{version}, {suite.name}: not in UDP, but its SA is", ethernet(sa.packet(sa.esp(datagram()))),
                    MISMATCH)
        sa = new_sa(capture, version, suite)
        capture.add(f"IPv{version}, {suite.name}: in UDP, but its SA is not",
                    ethernet(sa.in_udp(sa.esp(datagram()))), MISMATCH)


OUTSIDE = good(suspicious("esp.selector", windows=WRONG_SA, linux=LINUX_MISMATCH))
TUNNEL_SELECTORS = {4: "src 10.1.0.0/16 dst 10.2.0.0/16 proto udp dport 40001",
                    6: "src 2001:db8:1::/48 dst 2001:db8:2::/48 proto udp dport 40001"}
STRANGERS = {4: ("10.3.0.1", "10.2.1.1"), 6: ("2001:db8:3::1", "2001:db8:2:1::1")}


def add_selectors(capture, version):
    for suite in SUITES:
        sa = new_sa(capture, version, suite, "tunnel", selector=TUNNEL_SELECTORS[version])
        stranger, neighbour = STRANGERS[version]
        for what, packet, header in (
                ("inside the selector", inner(version), verified()),
                ("another address of the selector's network", inner(version, dst=neighbour), verified()),
                ("source outside the selector", inner(version, src=stranger), OUTSIDE),
                ("destination outside the selector", inner(version, dst=stranger), OUTSIDE),
                ("protocol outside the selector", inner(version, protocol=47), OUTSIDE),
                ("port outside the selector", inner(version, ports=(40000, 40002)), OUTSIDE),
                ("any source port", inner(version, ports=(1, 40001)), verified())):
            capture.add(f"IPv{version}, tunnel, {suite.name}: {what}",
                        ethernet(sa.packet(sa.esp(packet, next_of(version)))), header)
    everything = "::/0" if version == 6 else "0.0.0.0/0"
    sa = new_sa(capture, version, CBC_SHA256, selector=f"src {everything} dst {everything} proto udp dport 40001")
    for what, next_header, ports, header in (("inside the selector", UDP_NEXT, (1, 40001), verified()),
                                             ("port outside the selector", UDP_NEXT, (1, 40002), OUTSIDE),
                                             ("protocol outside the selector", 6, (1, 40001), OUTSIDE)):
        capture.add(f"IPv{version}, transport: {what}",
                    ethernet(sa.packet(sa.esp(datagram(ports=ports), next_header))), header)


# --- AH -------------------------------------------------------------------------------------------

WRONG_AH = bad(drop("ah.icv", windows=INTEGRITY, linux=LINUX_TRANSFORM))
OTHER_FIELD = drop("ah.icv_length", windows=INVALID_PACKET, linux=LINUX_TRANSFORM)


def add_ah_icvs(capture, version):
    sa = new_sa(capture, version, AH_SHA1, protocol=AH)
    add = lambda what, packet, header: capture.add(f"IPv{version}, AH: {what}", ethernet(packet), header)
    start = 20 if version == 4 else 40
    add("a first sound packet", sa.ah_packet(datagram()), verified())
    for what, at in (("last octet of the payload", -1), ("first octet of the ICV", start + 12),
                     ("sequence number", start + 10)):
        add(f"{what} changed", flipped(sa.ah_packet(datagram()), at), WRONG_AH)
    for what, at in ((("identification", 4), ("source address", 12)) if version == 4 else (("source address", 20),)):
        add(f"{what} changed", flipped(sa.ah_packet(datagram()), at), WRONG_AH)
    add("Reserved changed", flipped(sa.ah_packet(datagram()), start + 2),
        bad(drop("ah.reserved", "ah.icv", windows=INTEGRITY, linux=LINUX_TRANSFORM)))
    add("sound again", sa.ah_packet(datagram()), verified())


def add_ah_keys(capture, version):
    def add(what, sa, header=WRONG_KEY):
        for number in (1, 2):
            capture.add(f"IPv{version}, AH, {what}: packet {number}", ethernet(sa.ah_packet(datagram())), header)

    add("another key", new_sa(capture, version, AH_SHA1, protocol=AH, known={"mac_key": noise(20)}))
    add("sent with ESN", new_sa(capture, version, AH_SHA1, protocol=AH, esn=True, known={"esn": False}))
    add("sent without ESN", new_sa(capture, version, AH_SHA1, protocol=AH, known={"esn": True}))
    md5 = AH_SHA1._replace(digest="md5")
    add("sent with HMAC-MD5-96", new_sa(capture, version, md5, protocol=AH, known={"suite": AH_SHA1}))


def add_ah_lengths(capture, version):
    """Padding of the ICV that is neither of the two known kinds. It is covered as it is, so the ICV verifies."""
    sa = new_sa(capture, version, AH_SHA1, protocol=AH)
    for pad in ((4, 12) if version == 4 else (16, 24)):
        capture.add(f"IPv{version}, AH: {12 + pad} octets of ICV field, where its SA has 12",
                    ethernet(sa.ah_packet(datagram(), pad=bytes(pad))), good(OTHER_FIELD))
    capture.add(f"IPv{version}, AH: 12 octets, as its SA has", ethernet(sa.ah_packet(datagram())), verified())


def add_ah_modes(capture, version):
    """A tunnel SA carries IP, at least an IP header."""
    sa = new_sa(capture, version, AH_SHA1, "tunnel", protocol=AH)
    other = good(suspicious("ah.next_header_mode", windows=WRONG_SA, linux=LINUX_MODE))
    next_header = 4 if version == 4 else 41
    for what, packet, header in (
            ("UDP", sa.ah_packet(datagram()), other),
            ("nothing at all", sa.ah_packet(b"", 59), other),
            ("half a header", sa.ah_packet(inner(version)[:12], next_header), other),
            ("an inner packet", sa.ah_packet(inner(version), next_header), verified())):
        capture.add(f"IPv{version}, AH: {what} in a tunnel SA", ethernet(packet), header)


# --- captures -------------------------------------------------------------------------------------

def add_all(capture, version):
    for suite in SUITES:
        add_insides(capture, version, suite, "transport", TRANSPORT_CASES)
        add_insides(capture, version, suite, "tunnel", TUNNEL_CASES)
        add_lengths(capture, version, suite)
        add_icvs(capture, version, suite)
    add_wrong_keys(capture, version)
    add_encapsulations(capture, version)
    add_selectors(capture, version)
    add_ah_icvs(capture, version)
    add_ah_keys(capture, version)
    add_ah_lengths(capture, version)
    add_ah_modes(capture, version)


def faults_keyed():
    capture = Capture("faults_keyed", "What only a key reveals, in IPv4: most packets have a valid ICV")
    add_all(capture, 4)
    return capture


def add_unverifiable(capture):
    """RFC 4302 says how routing headers of type 0 and 2 are covered, but not how others are."""
    sa = new_sa(capture, 6, AH_SHA256, protocol=AH)
    route = bytes([AH, 2, 200, 1]) + bytes(20)
    behind_route = lambda packet: ipv6(sa.number, ROUTING, route + packet[40:])
    capture.add("AH: behind a route of another type, before any packet verified", ethernet(behind_route(sa.ah_packet(datagram()))),
                plausible()._replace(icv="Unverified"))
    capture.add("AH: a packet that verifies", ethernet(sa.ah_packet(datagram())), verified())
    capture.add("AH: behind a route of another type", ethernet(behind_route(sa.ah_packet(datagram()))),
                suspicious("ah.unverifiable")._replace(icv="Unverified"))
    capture.add("AH: a packet that verifies", ethernet(sa.ah_packet(datagram(), sequence=4)), verified())


def faults_keyed_ipv6():
    capture = Capture("faults_keyed_ipv6", "What only a key reveals, in IPv6: most packets have a valid ICV")
    add_all(capture, 6)
    add_unverifiable(capture)
    return capture


def faults_sa():
    capture = Capture("faults_sa", "SAs that the receiver lacks, and keys that are the receiver's own",
                      "ipsec.sa_complete:TRUE")
    for version in (4, 6):
        add_unknown(capture, version)
        for suite in SUITES:
            sa = new_sa(capture, version, suite, known={"cipher_key": noise(suite.key), "mac_key": noise(32)})
            for number in (1, 2):
                capture.add(f"IPv{version}, {suite.name}, the receiver has another key: packet {number}",
                            ethernet(sa.packet(sa.esp(datagram()))),
                            bad(drop("esp.icv", "key.wrong", windows=INTEGRITY, linux=LINUX_TRANSFORM)))
        sa = new_sa(capture, version, AH_SHA1, protocol=AH, known={"mac_key": noise(20)})
        capture.add(f"IPv{version}, AH, the receiver has another key", ethernet(sa.ah_packet(datagram())),
                    bad(drop("ah.icv", "key.wrong", windows=INTEGRITY, linux=LINUX_TRANSFORM)))
    return capture


UNKNOWN_ESP = drop("esp.spi_unknown", windows=BAD_SPI, linux=LINUX_NO_SA)
UNKNOWN_AH = drop("ah.spi_unknown", windows=BAD_SPI, linux=LINUX_NO_SA)


def swapped(spi):
    return int.from_bytes(spi.to_bytes(4, "big"), "little")


def add_unknown(capture, version):
    """SPIs that are missing from the tables, and those that the tables have elsewhere."""
    def add(what, packet, header):
        capture.add(f"IPv{version}: {what}", ethernet(packet), header)

    def send(at, spi, sequence=None, **fields):
        """Sends ESP with that SPI to the destination of `at`."""
        sa = Sa(at.number, version, CBC_SHA256)
        sa.spi = spi
        return sa.packet(sa.esp(datagram(), sequence=sequence), **fields)

    sa = new_sa(capture, version, CBC_SHA256)
    elsewhere = new_sa(capture, version, CBC_SHA256)
    ah = new_sa(capture, version, AH_SHA1, protocol=AH)
    add("an SPI that the receiver has", sa.packet(sa.esp(datagram())), verified())
    add("an SPI that nobody has", send(sa, 0xDEAD0001), UNKNOWN_ESP)
    add("an SPI that nobody has, again", send(sa, 0xDEAD0001, 2), UNKNOWN_ESP)
    add("an SPI that another receiver has", send(sa, elsewhere.spi), UNKNOWN_ESP)
    add("an SPI that the receiver has with its octets in reverse", send(sa, swapped(sa.spi)), UNKNOWN_ESP)
    add("an SPI that the receiver has for AH", send(ah, ah.spi), UNKNOWN_ESP)
    add("the SPI of the other direction", send(elsewhere, elsewhere.spi, reply=True), plausible())
    other_way = Sa(sa.number, version, AH_SHA1, protocol=AH)
    add("AH: an SPI that the receiver has for ESP", other_way.ah_packet(datagram()), UNKNOWN_AH)
    other_way.spi = 0xDEAD0002
    add("AH: an SPI that nobody has", other_way.ah_packet(datagram()), UNKNOWN_AH)
    stranger = Sa(sa.number + 0x100, version, CBC_SHA256)
    add("an SPI towards a destination that the tables do not know", stranger.packet(stranger.esp(datagram())),
        plausible())
    in_udp = Sa(sa.number, version, CBC_SHA256)
    in_udp.spi = 0xDEAD0003
    add("in UDP: an SPI that nobody has, and nothing says that there is IPsec", in_udp.in_udp(in_udp.esp(datagram())),
        capped(UNKNOWN_ESP))
    add_reverse(capture, version, sa)


def add_reverse(capture, version, sa):
    """Both directions are known; one peer sends with its inbound SA."""
    back = Sa(sa.number, version, CBC_SHA256)
    back.spi = 0xBACC0000 + sa.number
    src, dst = back.addresses["src"], back.addresses["dst"]
    capture.states.append(back.state().replace(f"src {src} dst {dst}", f"src {dst} dst {src}"))
    capture.add(f"IPv{version}: the SPI of the other direction, which the receiver sends on",
                ethernet(back.packet(back.esp(datagram()))), UNKNOWN_ESP)
    capture.add(f"IPv{version}: the other direction", ethernet(back.packet(back.esp(datagram()), reply=True)),
                verified())


# --- rows of the table ipsec_sa -------------------------------------------------------------------

TABLE_NAMES = {NULL_SHA256: ("NULL", "HMAC_SHA2_256_128"), CBC_SHA256: ("AES_CBC", "HMAC_SHA2_256_128"),
               GCM: ("AES_GCM_16", "NONE"), AH_SHA1: ("NONE", "HMAC_SHA1_96")}


def table_sa(capture, version, suite, names=None, esn="no", dst=None, **settings):
    """An SA whose row is in the table ipsec_sa; `names` are those of its algorithms."""
    sa = Sa(FIRST_NUMBER[capture.name] + len(capture.options) + 1, version, suite, **settings)
    encryption, integrity = names or TABLE_NAMES[suite]
    if encryption in ("NULL", "NONE"):
        sa.cipher_key = b""
    capture.options.append(sa.row(encryption, integrity, esn, dst))
    return sa


OTHER_HIGH = good(drop("esn.wrong_high", windows=INTEGRITY, linux=LINUX_TRANSFORM))


AES_GMAC = Suite("AES-128-GMAC", "GMAC", None, 16, key=20)


def add_ah_ivs(capture, version):
    """RFC 4543: the IV is in front of the ICV, after the 12 octets of the header; no two may be equal."""
    sa = table_sa(capture, version, AES_GMAC, ("NONE", "AES_128_GMAC"), protocol=AH, align4=True)
    for iv, header in (("a", verified()), ("b", verified()), ("a", good(suspicious("iv.reuse")))):
        sa._iv = lambda length, iv=iv: octets_of(f"iv {iv}", length)
        capture.add(f"IPv{version}, AH: {AES_GMAC.name}, IV {iv}", ethernet(sa.ah_packet(datagram())), header)


def faults_table():
    """The row says where the receiver starts to count; other start values fail even if they would verify. Also cases of
    IVs that only a row of the table can describe."""
    capture = Capture("faults_table", "High halves of sequence numbers that are not those of the receiver; IVs of AH")
    for version in (4, 6):
        for suite in SUITES:
            for high, header in ((6, OTHER_HIGH), (7, verified()), (8, OTHER_HIGH), (9, WRONG_KEY)):
                sa = table_sa(capture, version, suite, esn="0x7")
                sa.esn, sa.high = True, high
                capture.add(f"IPv{version}, {suite.name}: high half {high} where the row says 7",
                            ethernet(sa.packet(sa.esp(datagram()))), header)
        for high, header in ((7, verified()), (8, OTHER_HIGH), (9, WRONG_KEY)):
            sa = table_sa(capture, version, AH_SHA1, esn="0x7", protocol=AH)
            sa.esn, sa.high = True, high
            capture.add(f"IPv{version}, AH: high half {high} where the row says 7",
                        ethernet(sa.ah_packet(datagram())), header)
        add_ah_ivs(capture, version)
    return capture
