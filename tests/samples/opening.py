"""Packets for which keys suggest an answer that would be wrong: IVs that were common practice, packets that are too
short to verify, and packets that a network card is still to encrypt.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import struct
from ipaddress import ip_address

from scapy.layers.inet import IP, TCP, UDP
from scapy.layers.inet6 import IPv6
from scapy.packet import Raw

from samples.benign_keyed import v4_header, v6_header
from samples.expectations import INTEGRITY, LINUX_TRANSFORM, Capture, drop, suspicious, unchecked, verified
from samples.keyed import WRONG_ICV, WRONG_KEY, bad, datagram, flipped, good, inner, new_sa, next_of
from samples.packets import AH, ethernet, noise
from samples.sa import AH_SHA1, AH_SHA256, CBC_SHA256, CHACHA, GCM, NULL_SHA256, Suite, octets_of, mutable_as_zeros, plaintext

TRIPLE_DES = Suite("3DES, HMAC-SHA1-96", "3DES", "sha1", 12, block=8, key=24)
BLOCK_SUITES = (TRIPLE_DES, CBC_SHA256)
CHAINED = {TRIPLE_DES: "iv.chained", CBC_SHA256: "iv.predictable"}


# --- IVs that can be predicted ----------------------------------------------------------------------

def add_chained_ivs(capture, version, suite):
    """RFC 2405 3: the last block of the previous packet was common practice with DES; RFC 3602 3 forbids it for AES."""
    sa, last = new_sa(capture, version, suite), octets_of("first", suite.block)
    for number in range(1, 5):
        sa._iv = lambda length, iv=last: iv
        sealed = sa.esp(datagram())
        last = sealed[-suite.icv - suite.block:-suite.icv]
        capture.add(f"IPv{version}, {suite.name}: IV chained to the packet before, packet {number}",
                    ethernet(sa.packet(sealed)), verified() if number == 1 else verified(CHAINED[suite]))


def add_counted_ivs(capture, version, suite):
    """RFC 2405 3 and RFC 3602 3: the IV must not be a counter."""
    sa = new_sa(capture, version, suite)
    for number in range(1, 7):
        sa._iv = lambda length, number=number: octets_of("counted", length - 1) + bytes([number])
        capture.add(f"IPv{version}, {suite.name}: IV is a counter, packet {number}",
                    ethernet(sa.packet(sa.esp(datagram()))), verified() if number < 4 else verified("iv.predictable"))


# --- too short to verify ---------------------------------------------------------------------------

def add_short(capture, version, suite):
    """Random octets, too few for the SA's algorithms: the key is not to blame, although there may be enough octets for
    an ICV, which fails."""
    sa = new_sa(capture, version, suite)

    def add(length, header):
        octets = sa.esp(datagram())[:8] + noise(length - 8)
        capture.add(f"IPv{version}, {suite.name}: {length} octets of ESP", ethernet(sa.packet(octets)),
                    header._replace(icv="Bad" if suite is CBC_SHA256 and length >= 24 else "Unverified"))

    add(8, drop("esp.no_payload", windows=13914, linux="XfrmInStateProtoError"))
    add(16, drop("esp.below_floor", windows=13914, linux="XfrmInStateProtoError"))
    add(24, suspicious("esp.runt_for_sa"))
    capture.add(f"IPv{version}, {suite.name}: a sound packet", ethernet(sa.packet(sa.esp(datagram()))), verified())
    add(24, drop("esp.runt_for_sa", *(() if suite.combined else ("esp.icv",)), windows=13914, linux="XfrmInStateProtoError"))


# --- what a network card is to encrypt -------------------------------------------------------------

OFFLOADED = unchecked("capture.crypto_offload")._replace(icv="Unverified")
TCP_NEXT, UDP_NEXT = 6, 17
SEGMENT = 1400


def segment(sa, payload, checksum=None):
    """TCP between the SA's hosts; the card computes the checksum, unless one is given."""
    ip = IP if sa.version == 4 else IPv6
    packet = ip(**sa.addresses) / TCP(sport=40000, dport=443, flags="PA", window=500, chksum=checksum) / Raw(payload)
    return bytes(packet)[20 if sa.version == 4 else 40:]


def transport(sa, count):
    return segment(sa, noise(count), 0x1234), TCP_NEXT


def transport_udp(sa, count):
    return datagram(count + 8), UDP_NEXT


def tunnel(sa, count):
    return inner(sa.version, count, protocol=6)[:-count] + segment(sa, noise(count - 20), 0x1234), next_of(sa.version)


def tunnel_udp(sa, count):
    return inner(sa.version, count), next_of(sa.version)


INSIDES = {"TCP in transport mode": transport, "UDP in transport mode": transport_udp, "TCP in a tunnel": tunnel,
           "UDP in a tunnel": tunnel_udp}


def clear(sa, inside, count=101, iv=True, icv=True, trailer=True):
    """ESP as esp_xmit() passes it to the card: header, room for the IV, plaintext and trailer, room for the ICV."""
    payload, next_header = inside(sa, count)
    body = plaintext(payload, next_header, sa.suite.block) if trailer else payload
    suite = sa.suite
    return (struct.pack("!II", sa.spi, sa.next_sequence()) + bytes((16 if suite.block == 16 else 8) if iv else 0) + body +
            bytes(suite.icv if icv else 0))


def add_clear(capture, sa, what, octets, header=OFFLOADED, cut=None):
    packet = ethernet(sa.in_udp(octets) if sa.udp else sa.packet(octets))
    capture.add(f"IPv{sa.version}, {sa.suite.name}{' in UDP' if sa.udp else ''}: {what}", packet[:cut], header,
                length=len(packet))


def offload_sa(capture, version, suite, mode="transport", told="dir out", **settings):
    """An SA whose dump says that a card does its cryptography."""
    sa = new_sa(capture, version, suite, mode, **settings)
    if told:
        capture.states[-1] += f"\tcrypto offload parameters: dev eth0 {told}\n"
    return sa


def add_all_insides(capture, sa, **how):
    for what, inside in INSIDES.items():
        add_clear(capture, sa, f"{what}{', without '.join(['', *(name for name in how if not how[name])])}",
                  clear(sa, inside, **how))


def add_offload(capture, version, suite, told="dir out", udp=False):
    """All kinds of packets that the card may get."""
    sa = offload_sa(capture, version, suite, "transport", told, udp=udp)
    for how in ({}, {"icv": False}, {"iv": False}, {"iv": False, "icv": False}):
        add_all_insides(capture, sa, **how)


def add_segments(capture, version, suite, told="dir out", udp=False):
    """The card cuts the packet into segments, each with the next number. With a trailer, as in Linux, or without."""
    insides = INSIDES if told else {what: inside for what, inside in INSIDES.items() if "tunnel" in what}
    for size in (3 * SEGMENT + 1, 8 * SEGMENT):
        sa = offload_sa(capture, version, suite, "transport", told, udp=udp)
        header = OFFLOADED
        if size + 100 > 9216:
            header = OFFLOADED._replace(findings=("capture.offload", "capture.crypto_offload"))
        for what, inside in insides.items():
            for trailer in (True, False):
                for icv in (True, False):
                    add_clear(capture, sa, f"{what}, {size} octets{'' if trailer else ', no trailer'}",
                              clear(sa, inside, size, icv=icv, trailer=trailer), header)
                    sa.sequence += 7


def add_cut(capture, version, suite, told="dir out"):
    """Cut by the capture. UDP in transport mode then has nothing that random octets could not have."""
    sa = offload_sa(capture, version, suite, told=told)
    for what, inside in INSIDES.items():
        for cut in (150, 600):
            known = "tunnel" in what or (told and "TCP" in what)
            add_clear(capture, sa, f"{what}, captured {cut} octets", clear(sa, inside, 1000),
                      OFFLOADED if known else OFFLOADED._replace(findings=()), cut)


def add_no_offload(capture, version, suite):
    """Packets that fail for another reason, on SAs of both directions."""
    sa = offload_sa(capture, version, suite)
    for number in range(2):
        add_clear(capture, sa, "ciphertext, damaged", flipped(sa.esp(datagram()), 40), WRONG_KEY)
    sa = offload_sa(capture, version, suite, told=None)
    add_clear(capture, sa, "ciphertext of the other direction, damaged", flipped(sa.esp(datagram()), 40), WRONG_KEY)
    add_clear(capture, sa, "clear text where the dump names another SA", clear(sa, transport), WRONG_KEY)
    for told in ("dir out", "dir in", "dir out mode packet"):
        sa = offload_sa(capture, version, suite, told=told)
        add_clear(capture, sa, "clear text in front of the first that verifies", clear(sa, transport))
        add_clear(capture, sa, "sound", sa.esp(datagram()), verified())
        for what, inside in INSIDES.items():
            add_clear(capture, sa, f"{what}, clear text where others verify", clear(sa, inside), WRONG_ICV)
        add_clear(capture, sa, "sound", sa.esp(datagram()), verified())


def add_forged(capture, version, suite):
    """The dump does not mention offload: an attacker who sends plaintext gains nothing once a packet has verified."""
    sa = new_sa(capture, version, suite)
    add_clear(capture, sa, "noise", sa.esp(b"")[:8] + noise(100), WRONG_KEY)
    sa.sequence = 1000
    add_clear(capture, sa, "clear text in front of the first that verifies", clear(sa, transport))
    sa.sequence = 0
    for _ in range(2):
        add_clear(capture, sa, "sound", sa.esp(datagram()), verified())
    add_clear(capture, sa, "clear text where others verify", clear(sa, transport), WRONG_ICV)
    add_clear(capture, sa, "sound", sa.esp(datagram()), verified())


def add_null(capture):
    """With NULL encryption, plaintext is always visible, so it says nothing about offload."""
    sa = new_sa(capture, 4, NULL_SHA256)
    for _ in range(2):
        add_clear(capture, sa, "an ICV of zeros", sa.esp(datagram())[:-16] + bytes(16), WRONG_KEY)


def offload():
    capture = Capture("offload", "Captured in front of a network card that encrypts: the dump says so")
    for version in (4, 6):
        for suite in (GCM, CHACHA, CBC_SHA256):
            add_offload(capture, version, suite)
            add_no_offload(capture, version, suite)
        add_offload(capture, version, GCM, "dir in")
        add_offload(capture, version, GCM, "dir out mode packet", udp=True)
        add_segments(capture, version, GCM)
        add_segments(capture, version, GCM, udp=True)
        add_cut(capture, version, GCM)
    return capture


# --- why the ICV of AH fails ------------------------------------------------------------------------

OF_AH = bad(drop("ah.icv", windows=INTEGRITY, linux=LINUX_TRANSFORM))
CHANGED = {"tos": 0xB8, "flags": 0x4000, "ttl": 61}
AH_SUITES = {4: AH_SHA1, 6: AH_SHA256}
FIRST_WORD = 0x6B8ABCDE     # of IPv6: traffic class 0xb8, flow label 0xabcde


def kept(outer, *ranges):
    """The headers as AH covers them, except for these octets, which are kept (with a mask)."""
    covered = bytearray(mutable_as_zeros(outer))
    for at, mask in ranges:
        covered[at] |= outer[at] & mask
    return bytes(covered)


V4_FIELDS = {"Type of Service": ((1, 0xFF),), "Flags": ((6, 0xE0),), "Time to Live": ((8, 0xFF),),
             "Header Checksum": ((10, 0xFF), (11, 0xFF))}
V6_FIELDS = {"Traffic Class": ((0, 0x0F), (1, 0xF0)), "Flow Label": ((1, 0x0F), (2, 0xFF), (3, 0xFF)),
             "Hop Limit": ((7, 0xFF),)}


def outer_of(sa, **addresses):
    """The headers in front of AH; `src` and `dst` are packed addresses."""
    payload = datagram()
    if sa.version == 4:
        header = bytearray(v4_header(sa, payload, **CHANGED))
    else:
        header = bytearray(v6_header(sa, AH, 12 + sa.suite.icv + -(12 + sa.suite.icv) % 8 + len(payload), FIRST_WORD, 61))
    at, size = (12, 4) if sa.version == 4 else (8, 16)
    for name, place in (("src", at), ("dst", at + size)):
        if name in addresses:
            header[place:place + size] = ip_address(addresses[name]).packed
    return bytes(header)


def add_ah(capture, sa, what, outer, covered=None, header=OF_AH):
    capture.add(f"IPv{sa.version}, AH: {what}", ethernet(sa.ah(outer, datagram(), UDP_NEXT, covered=covered)), header)


ELSEWHERE = {4: "203.0.113.9", 6: "2001:db8:f::9"}


def add_ah_fields(capture, version, suite, first):
    """A sender that leaves one field in the ICV, before or after packets of its SA that verify."""
    for name, ranges in (V4_FIELDS if version == 4 else V6_FIELDS).items():
        sa = new_sa(capture, version, suite, protocol=AH)
        if first:
            add_ah(capture, sa, "sound", outer_of(sa), header=verified())
        for _ in range(6):
            add_ah(capture, sa, f"the ICV covers {name}", outer_of(sa), kept(outer_of(sa), *ranges))


def add_ah_started(capture):
    """Routers have changed what the sender covered: TTL 64, and Don't Fragment."""
    sa = new_sa(capture, 4, AH_SHA1, protocol=AH)
    covered = mutable_as_zeros(outer_of(sa))
    add_ah(capture, sa, "the ICV covers Time to Live", outer_of(sa), covered[:8] + bytes([64]) + covered[9:])
    outer = outer_of(sa)[:6] + bytes(2) + outer_of(sa)[8:]
    add_ah(capture, sa, "the ICV covers Flags", outer, covered[:6] + b"\x40" + covered[7:])


def add_nat(capture, version):
    """The key file names the addresses that the sender covered, or another packet has shown them."""
    sa = new_sa(capture, version, AH_SUITES[version], protocol=AH)
    own = mutable_as_zeros(outer_of(sa))
    for _ in range(2):
        add_ah(capture, sa, "another Source Address than the ICV covers", outer_of(sa, src=ELSEWHERE[version]), own)
    sa = new_sa(capture, version, AH_SUITES[version], protocol=AH, selector=
                f"src {sa.addresses['src']} dst {ELSEWHERE[version]}")
    covered = mutable_as_zeros(outer_of(sa, dst=ELSEWHERE[version]))
    add_ah(capture, sa, "another Destination Address than the ICV covers", outer_of(sa), covered)
    add_ah(capture, sa, "another Source Address and Destination Address than the ICV covers",
           outer_of(sa, src=ELSEWHERE[version]), covered)
    sa = new_sa(capture, version, AH_SUITES[version], protocol=AH)
    capture.states[-1] = capture.states[-1].replace(f"src {sa.addresses['src']} ", f"src {ELSEWHERE[version]} ", 1)
    add_ah(capture, sa, "sound", outer_of(sa), header=verified())
    elsewhere = outer_of(sa, src="203.0.113.77" if version == 4 else "2001:db8:f::77")
    add_ah(capture, sa, "another Source Address than the ICV covers", elsewhere, mutable_as_zeros(outer_of(sa)))


def add_ah_damage(capture, version):
    """The reason is not in front of AH."""
    sa = new_sa(capture, version, AH_SHA1, protocol=AH)
    add_ah(capture, sa, "sound", outer_of(sa), header=verified())
    packet = sa.ah(outer_of(sa), datagram(), UDP_NEXT)
    capture.add(f"IPv{version}, AH: damaged", ethernet(flipped(packet, -1)), OF_AH)
    sa = new_sa(capture, version, AH_SHA1, protocol=AH)
    capture.add(f"IPv{version}, AH: damaged, the first",
                ethernet(flipped(sa.ah(outer_of(sa), datagram(), UDP_NEXT), -1)), WRONG_KEY)


def opening():
    capture = Capture("opening", "Packets with keys where the easy answer would be wrong")
    for version in (4, 6):
        for suite in BLOCK_SUITES:
            add_chained_ivs(capture, version, suite)
            add_counted_ivs(capture, version, suite)
        for suite in (CBC_SHA256, GCM):
            add_short(capture, version, suite)
            add_offload(capture, version, suite, told=None)
            add_forged(capture, version, suite)
        add_segments(capture, version, GCM, told=None)
        add_cut(capture, version, GCM, told=None)
        for first in (False, True):
            add_ah_fields(capture, version, AH_SUITES[version], first)
        add_nat(capture, version)
        add_ah_damage(capture, version)
    add_ah_started(capture)
    add_null(capture)
    return capture
