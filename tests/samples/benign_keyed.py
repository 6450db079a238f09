"""Odd packets that verify: changes that are allowed on the way, legal rarities, and what cannot be known without a key.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import struct
from ipaddress import ip_address

from samples.expectations import Capture, plausible, verified
from samples.keyed import TABLE_NAMES, UDP_NEXT, datagram, inner, new_sa, table_sa
from samples.packets import (
    AH, DESTINATION, ESP, FRAGMENT, HOP_BY_HOP, IPIP, IPV6, NO_NEXT, ROUTING, ethernet, fragment_header, noise)
from samples.sa import AH_SHA1, AH_SHA256, CBC_SHA256, CHACHA, GCM, NULL_SHA256, SUITES, Suite, mutable_as_zeros

CBC_ALONE = Suite("AES-CBC alone", "CBC", None, 0, block=16)
NULL_ALONE = Suite("NULL alone", "NULL", None, 0)
UNVERIFIED = plausible()._replace(icv="Unverified")
NOT_PRESENT = plausible()._replace(icv="Not present")


def benign_keyed():
    capture = Capture("benign_keyed", "Odd packets that verify with their keys, or have nothing to verify")
    for version in (4, 6):
        for suite in SUITES + (CHACHA,):
            add_numbers(capture, version, suite)
            add_start_values(capture, version, suite)
            add_sizes(capture, version, suite)
        add_without_integrity(capture, version)
        add_hidden_keys(capture, version)
        add_other_family(capture, version)
        add_ah_numbers(capture, version)
    add_v4_headers(capture)
    add_v4_options(capture)
    add_v6_headers(capture)
    add_v6_extensions(capture)
    add_fragments(capture)
    add_nested(capture)
    return capture


# --- ESP ------------------------------------------------------------------------------------------

def add_numbers(capture, version, suite):
    """Numbers may pass 2^32, with the high half only in the ICV. The number 0 is left out, because it has a finding."""
    for start, numbers in ((0, ((0, 0xFFFFFFFE), (0, 0xFFFFFFFF), (1, 1), (1, 2))),
                           (1, ((1, 0xFFFFFFFF), (2, 1)))):
        sa = new_sa(capture, version, suite, esn=True, start=start)
        for high, sequence in numbers:
            sa.high = high
            capture.add(f"IPv{version}, {suite.name}: ESN {high}:{sequence:#x}",
                        ethernet(sa.packet(sa.esp(datagram(), sequence=sequence))), verified())


def add_start_values(capture, version, suite):
    """The dump says 7; the adjacent values may be tried, and then those next to them."""
    last = 0xFFFFFFFF
    for numbers in (((7, last), (8, 1)), ((8, 1), (8, 2)), ((8, last), (9, 1)), ((6, last), (7, 1))):
        sa = new_sa(capture, version, suite, esn=True, start=7)
        for high, sequence in numbers:
            sa.high = high
            capture.add(f"IPv{version}, {suite.name}: high half {high} where the dump says 7",
                        ethernet(sa.packet(sa.esp(datagram(), sequence=sequence))), verified())


def add_sizes(capture, version, suite):
    sa = new_sa(capture, version, suite)
    for length in (8, 9, 10, 11, 22, 23, 24, 1400):
        capture.add(f"IPv{version}, {suite.name}: {length} octets of payload",
                    ethernet(sa.packet(sa.esp(datagram(length)))), verified())
    capture.add(f"IPv{version}, {suite.name}: an experimental protocol inside",
                ethernet(sa.packet(sa.esp(noise(40), 253))), verified())
    capture.add(f"IPv{version}, {suite.name}: a tunnel inside a transport SA",
                ethernet(sa.packet(sa.esp(inner(version), IPV6 if version == 6 else IPIP))), verified())
    if version == 6:
        options = bytes([UDP_NEXT, 0, 1, 4, 0, 0, 0, 0])
        capture.add(f"IPv6, {suite.name}: destination options inside",
                    ethernet(sa.packet(sa.esp(options + datagram(), DESTINATION))), verified())


def add_without_integrity(capture, version):
    """There is nothing to verify, which is not a fault."""
    for suite in (CBC_ALONE, NULL_ALONE):
        sa = new_sa(capture, version, suite)
        for number in (1, 2):
            capture.add(f"IPv{version}, {suite.name}: packet {number}", ethernet(sa.packet(sa.esp(datagram()))),
                        NOT_PRESENT)


def add_hidden_keys(capture, version):
    """`ip xfrm state list nokeys` shows the SA without its keys. Encrypted packets stay encrypted."""
    for suite in (CBC_SHA256, GCM):
        sa = new_sa(capture, version, suite, hidden=True)
        capture.add(f"IPv{version}, {suite.name}: no key in the dump", ethernet(sa.packet(sa.esp(datagram()))),
                    UNVERIFIED)
    sa = new_sa(capture, version, AH_SHA1, protocol=AH, hidden=True)
    capture.add(f"IPv{version}, AH: no key in the dump", ethernet(sa.ah_packet(datagram())), UNVERIFIED)


def add_other_family(capture, version):
    """Tunnels that carry a different version of IP."""
    other = 10 - version
    everything = "src ::/0 dst ::/0" if other == 6 else "src 0.0.0.0/0 dst 0.0.0.0/0"
    for suite in SUITES:
        sa = new_sa(capture, version, suite, "tunnel", selector=everything)
        capture.add(f"IPv{other} in a tunnel over IPv{version}, {suite.name}",
                    ethernet(sa.packet(sa.esp(inner(other), IPV6 if other == 6 else IPIP))), verified())


# --- AH -------------------------------------------------------------------------------------------

def add_ah_numbers(capture, version):
    for start, numbers in ((0, ((0, 0xFFFFFFFF), (1, 1))), (1, ((1, 0xFFFFFFFF), (2, 1)))):
        sa = new_sa(capture, version, AH_SHA1, protocol=AH, esn=True, start=start)
        for high, sequence in numbers:
            sa.high = high
            capture.add(f"IPv{version}, AH: ESN {high}:{sequence:#x}",
                        ethernet(sa.ah_packet(datagram(), sequence=sequence)), verified())
    sa = new_sa(capture, version, AH_SHA1, protocol=AH, esn=True, start=7)
    sa.high = 8
    capture.add(f"IPv{version}, AH: high half 8 where the dump says 7", ethernet(sa.ah_packet(datagram())), verified())
    sa = new_sa(capture, version, AH_SHA256, protocol=AH, align4=True)
    capture.add(f"IPv{version}, AH: an ICV of 16 octets, SA with align4", ethernet(sa.ah_packet(datagram())),
                verified())
    sa = new_sa(capture, version, AH_SHA1, protocol=AH)
    capture.add(f"IPv{version}, AH: no payload", ethernet(sa.ah_packet(b"", NO_NEXT)), verified())


def checksummed(header):
    """An IPv4 header with its checksum; Wireshark only checks it if told to, but a packet should be sound."""
    octets = header[:10] + bytes(2) + header[12:]
    total = sum(struct.unpack(f"!{len(octets) // 2}H", octets))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return octets[:10] + struct.pack("!H", ~total & 0xFFFF) + octets[12:]


def v4_header(sa, payload, options=b"", **changes):
    """An IPv4 header in front of AH without padding."""
    fields = {"tos": 0, "flags": 0, "ttl": 64, "dst": sa.addresses["dst"], **changes}
    length = 20 + len(options)
    header = struct.pack("!BBHHHBBH4s4s", 0x40 | length // 4, fields["tos"], length + 24 + len(payload), sa.number,
                         fields["flags"], fields["ttl"], AH, 0, ip_address(sa.addresses["src"]).packed,
                         ip_address(fields["dst"]).packed)
    return checksummed(header + options)


def add_v4_headers(capture):
    """The ICV does not cover what routers change."""
    sa = new_sa(capture, 4, AH_SHA1, protocol=AH)
    for what, changes in (("TTL 1", {"ttl": 1}), ("DSCP and ECN", {"tos": 0xBB}), ("don't fragment", {"flags": 0x4000}),
                          ("all of them", {"ttl": 3, "tos": 0xFF, "flags": 0x4000})):
        capture.add(f"IPv4, AH: {what}", ethernet(sa.ah(v4_header(sa, datagram(), **changes), datagram(), UDP_NEXT)),
                    verified())


NOPS = b"\x01\x01\x01"
HOP = ip_address("203.0.113.7").packed


def route(kind, hops, pointer):
    octets = bytes([kind, 3 + 4 * len(hops), pointer]) + b"".join(hops)
    return octets + b"\x01" * (-len(octets) % 4)


def options_covered(options, zeroed):
    """The options with zeros from one octet to another."""
    first, end = zeroed
    return options[:first] + bytes(end - first) + options[end:]


def add_v4_options(capture):
    """RFC 4302 A1: options are kept or zeroed as a whole; a source route is covered as it arrives."""
    cases = (
        ("router alert", b"\x94\x04\x00\x00", None),
        ("NOP and end of options", b"\x01\x01\x00\x00", None),
        ("record route, empty", b"\x07\x07\x04" + bytes(4) + b"\x00", (0, 7)),
        ("record route, filled on the way", b"\x07\x07\x08" + HOP + b"\x00", (0, 7)),
        ("timestamp", b"\x44\x08\x09\x00" + b"\x01\x02\x03\x04", (0, 8)),
        ("an unknown option", b"\x9e\x04\x12\x34", (0, 4)),
        ("basic security, kept", b"\x82\x0b" + bytes(9) + b"\x01", None),
        ("NOPs, router alert and record route", NOPS[:1] + b"\x94\x04\x00\x00" + b"\x07\x07\x08" + HOP, (5, 12)),
    )
    for what, options, zeroed in cases:
        sa = new_sa(capture, 4, AH_SHA1, protocol=AH)
        outer = v4_header(sa, datagram(), options)
        covered = mutable_as_zeros(outer)
        if zeroed:
            covered = covered[:20] + options_covered(options, zeroed)
        capture.add(f"IPv4 options, AH: {what}", ethernet(sa.ah(outer, datagram(), UDP_NEXT, covered=covered)),
                    verified())
    for kind, name in ((131, "loose"), (137, "strict")):
        add_source_route(capture, kind, name)


def add_source_route(capture, kind, name):
    """On its way the packet is addressed to the next hop; it arrives at the end of the route."""
    for what, pointer in (("arrived", 12), ("on its way", 4)):
        sa = new_sa(capture, 4, AH_SHA1, protocol=AH)
        here = ip_address(sa.addresses["dst"]).packed
        options = route(kind, (HOP, here), pointer)
        outer = v4_header(sa, datagram(), options, dst=sa.addresses["dst"] if pointer > 11 else "203.0.113.6")
        covered = mutable_as_zeros(outer)[:16] + here + bytes(11) + options[11:]
        capture.add(f"IPv4, AH: {name} source route, {what}",
                    ethernet(sa.ah(outer, datagram(), UDP_NEXT, covered=covered)), verified())


def v6_header(sa, next_header, payload, first_word=0x60000000, hop_limit=64, dst=None):
    return struct.pack("!IHBB", first_word, payload, next_header, hop_limit) + \
        ip_address(sa.addresses["src"]).packed + (dst or ip_address(sa.addresses["dst"]).packed)


def add_v6_headers(capture):
    for what, changes in (("hop limit 1", {"hop_limit": 1}), ("flow label", {"first_word": 0x600ABCDE}),
                          ("traffic class", {"first_word": 0x6FF00000}),
                          ("all of them", {"first_word": 0x6FFFFFFF, "hop_limit": 255})):
        sa = new_sa(capture, 6, AH_SHA1, protocol=AH)
        outer = v6_header(sa, AH, 24 + len(datagram()), **changes)
        capture.add(f"IPv6, AH: {what}", ethernet(sa.ah(outer, datagram(), UDP_NEXT)), verified())


def add_v6(capture, what, kind, header, covered, dst=None, arrived=None):
    """AH behind one extension header, which is covered as `covered`."""
    sa = new_sa(capture, 6, AH_SHA1, protocol=AH)
    own = ip_address(sa.addresses["dst"]).packed
    header, covered = (octets.replace(b"\xee" * 16, own) for octets in (header, covered))
    outer = v6_header(sa, kind, len(header) + 24 + len(datagram()), dst=dst)
    as_it_arrives = v6_header(sa, kind, len(header) + 24 + len(datagram()), dst=arrived)
    capture.add(f"IPv6, AH: {what}", ethernet(sa.ah(outer + header, datagram(), UDP_NEXT,
                                                    covered=mutable_as_zeros(as_it_arrives) + covered)), verified())


def add_v6_extensions(capture):
    """The data of options whose type has the bit 0x20 count as zeros; the others are covered. Routes are covered as
    they arrive."""
    for kind, name in ((HOP_BY_HOP, "hop-by-hop"), (DESTINATION, "destination options")):
        add_v6(capture, f"{name}, padding", kind, bytes([AH, 0, 1, 4, 0, 0, 0, 0]), bytes([AH, 0, 1, 4, 0, 0, 0, 0]))
        add_v6(capture, f"{name}, an option that may not change", kind, bytes([AH, 0, 0x1E, 4, 1, 2, 3, 4]),
               bytes([AH, 0, 0x1E, 4, 1, 2, 3, 4]))
        add_v6(capture, f"{name}, an option that may change", kind, bytes([AH, 0, 0x3E, 4, 1, 2, 3, 4]),
               bytes([AH, 0, 0x3E, 4, 0, 0, 0, 0]))
        add_v6(capture, f"{name}, several", kind,
               bytes([AH, 1, 0x3E, 3, 1, 2, 3, 0, 0x1E, 1, 9, 0x3E, 2, 8, 7, 0]),
               bytes([AH, 1, 0x3E, 3, 0, 0, 0, 0, 0x1E, 1, 9, 0x3E, 2, 0, 0, 0]))
    add_v6(capture, "router alert", HOP_BY_HOP, bytes([AH, 0, 5, 2, 0, 0, 1, 0]), bytes([AH, 0, 5, 2, 0, 0, 1, 0]))
    first, second = ip_address("2001:db8:f::1").packed, ip_address("2001:db8:f::2").packed
    add_v6(capture, "routing header of type 0, arrived", ROUTING, bytes([AH, 4, 0, 0, 0, 0, 0, 0]) + first + second,
           bytes([AH, 4, 0, 0, 0, 0, 0, 0]) + first + second)
    add_v6(capture, "routing header of type 0, one hop left", ROUTING,
           bytes([AH, 4, 0, 1, 0, 0, 0, 0]) + first + b"\xee" * 16,
           bytes([AH, 4, 0, 0, 0, 0, 0, 0]) + first + second, dst=second)
    add_v6(capture, "routing header of type 2, one segment left", ROUTING,
           bytes([AH, 2, 2, 1, 0, 0, 0, 0]) + b"\xee" * 16, bytes([AH, 2, 2, 0, 0, 0, 0, 0]) + second, dst=second)


# --- fragments and nesting ------------------------------------------------------------------------

WHOLE_4 = 400


def add_fragments(capture):
    """After reassembly, ESP and AH verify as if they had never been fragmented."""
    for suite in SUITES:
        for version in (4, 6):
            sa = new_sa(capture, version, suite)
            add_cut(capture, sa, suite.name, sa.packet(sa.esp(datagram(WHOLE_4))), ESP)
    for version in (4, 6):
        sa = new_sa(capture, version, AH_SHA1, protocol=AH)
        add_cut(capture, sa, "AH", sa.ah_packet(datagram(WHOLE_4)), AH)


def add_cut(capture, sa, name, packet, protocol):
    start = 20 if sa.version == 4 else 40
    header, rest = packet[:start], packet[start:]
    for what, part in (("first", cut(sa, header, rest[:200], 0, True, protocol)),
                       ("last", cut(sa, header, rest[200:], 200, False, protocol))):
        capture.add(f"IPv{sa.version}, {name}: {what} of two fragments", ethernet(part),
                    *((verified(),) if what == "last" else ()))


def cut(sa, header, part, offset, more, protocol):
    if sa.version == 4:
        flags = offset // 8 | (0x2000 if more else 0)
        return checksummed(header[:2] + struct.pack("!H", 20 + len(part)) + header[4:6] + struct.pack("!H", flags) +
                           header[8:]) + part
    part = fragment_header(protocol, offset, more, sa.number) + part
    return header[:4] + struct.pack("!HB", len(part), FRAGMENT) + header[7:] + part


def add_nested(capture):
    """ESP in ESP, ESP after AH, AH in ESP: each is verified, the outer one first."""
    both = verified(), verified()
    for version in (4, 6):
        for suite in SUITES:
            outer, within = new_sa(capture, version, suite, "tunnel"), new_sa(capture, version, suite)
            packet = within.packet(within.esp(datagram()))
            capture.add(f"IPv{version}, {suite.name}: ESP in an ESP tunnel",
                        ethernet(outer.packet(outer.esp(packet, IPV6 if version == 6 else IPIP))), *both)
            outer = new_sa(capture, version, AH_SHA1, protocol=AH)
            within = Within(capture, outer, suite)
            capture.add(f"IPv{version}, {suite.name}: ESP behind AH",
                        ethernet(outer.ah_packet(within.esp(datagram()), ESP)), *both)
            outer, within = new_sa(capture, version, suite, "tunnel"), new_sa(capture, version, AH_SHA1, protocol=AH)
            packet = within.ah_packet(datagram())
            capture.add(f"IPv{version}, {suite.name}: AH in an ESP tunnel",
                        ethernet(outer.packet(outer.esp(packet, IPV6 if version == 6 else IPIP))), *both)


def Within(capture, outer, suite):
    """An SA between the same two hosts as another one."""
    sa = new_sa(capture, outer.version, suite)
    own = sa.addresses
    capture.states[-1] = capture.states[-1].replace(own["src"] + " ", outer.addresses["src"] + " ", 1).replace(
        own["dst"] + "\n", outer.addresses["dst"] + "\n", 1)
    return sa


# --- rows of the table ipsec_sa -------------------------------------------------------------------

GCM_IMPLICIT = GCM._replace(name="AES-GCM-16 with an implicit IV", implicit_iv=True)
CHACHA_IMPLICIT = CHACHA._replace(name="ChaCha20-Poly1305 with an implicit IV", implicit_iv=True)
GMACS = tuple(Suite(f"AES-{bits}-GMAC", "GMAC", None, 16, key=bits // 8 + 4) for bits in (128, 192, 256))


def benign_table():
    capture = Capture("benign_table",
                      "What only the table ipsec_sa can say: AES-GMAC for AH, implicit IVs, ESN found out")
    for version in (4, 6):
        add_implicit_ivs(capture, version)
        for suite in GMACS:
            for esn in ("no", "yes"):
                sa = table_sa(capture, version, suite, ("NONE", suite.name.replace("-", "_")), esn, protocol=AH,
                              align4=True)
                sa.esn = esn == "yes"
                capture.add(f"IPv{version}, AH: {suite.name}, ESN {esn}", ethernet(sa.ah_packet(datagram())),
                            verified())
        for suite in SUITES:
            add_found_out(capture, version, suite)
        sa = table_sa(capture, version, GCM, dst="198.18.0.0/15" if version == 4 else "2001:db8:b::/48")
        capture.add(f"IPv{version}: a row for a network", ethernet(sa.packet(sa.esp(datagram()))), verified())
        sa = table_sa(capture, version, GCM, dst="*")
        capture.add(f"IPv{version}: a row for any destination", ethernet(sa.packet(sa.esp(datagram()))), verified())
    return capture


def add_implicit_ivs(capture, version):
    for suite, name in ((GCM_IMPLICIT, "AES_GCM_16_IIV"), (CHACHA_IMPLICIT, "CHACHA20_POLY1305_IIV")):
        for esn, numbers in (("no", ((0, 0x10), (0, 0x11))), ("yes", ((0, 0xFFFFFFFF), (1, 1)))):
            sa = table_sa(capture, version, suite, (name, "NONE"), esn)
            sa.esn = esn == "yes"
            for high, sequence in numbers:
                sa.high = high
                capture.add(f"IPv{version}: {suite.name}, ESN {esn}, high half {high}",
                            ethernet(sa.packet(sa.esp(datagram(), sequence=sequence))), verified())


def add_found_out(capture, version, suite):
    """`auto` tries both ways, and then keeps the one that verified."""
    for esn in (False, True):
        sa = table_sa(capture, version, suite, TABLE_NAMES[suite], "auto")
        sa.esn = esn
        for number in (1, 2):
            capture.add(f"IPv{version}, {suite.name}: ESN {'on' if esn else 'off'}, to be found out",
                        ethernet(sa.packet(sa.esp(datagram(), sequence=number))), verified())
