"""Packets that were cut without More Fragments in their first part, so that nobody reassembles them.

SPDX-License-Identifier: GPL-2.0-or-later
"""
from samples.expectations import (
    Capture, INTEGRITY, INVALID_PACKET, LINUX_TRANSFORM, drop, plausible, unchecked, verified)
from samples.keyed import datagram
from samples.packets import AH, ESP, FRAGMENT, ah, esp, ethernet, fragment_header, ipv4, ipv6, noise
from samples.sa import AH_SHA1, CBC_SHA256, Sa

FIRST = 0xF800      # number of the first SA
NAMES = {ESP: "esp", AH: "ah"}
AT = 304            # where the packets are cut


def part(version, n, protocol, octets, offset=0, more=False, identification=None):
    """A part of a packet as it is sent: the first one looks whole unless `more` is set."""
    identification = n if identification is None else identification
    if version == 4:
        flags = {"flags": "MF"} if more else {}
        return ethernet(ipv4(n, protocol, octets, frag=offset // 8, id=identification, **flags))
    return ethernet(ipv6(n, FRAGMENT, fragment_header(protocol, offset, more, identification) + octets))


def later(header):
    """What only a later pass can know, because it comes later in the capture."""
    return header._replace(verdict="+" + header.verdict, findings=tuple("+" + finding for finding in header.findings))


def fragments():
    capture = Capture("fragments", "Packets that were cut without More Fragments in their first part")
    for version in (4, 6):
        # Orphaned fragments in IPv4 are only looked for after the first packet with missing octets.
        add_keyed(capture, version)
        for protocol, octets, next_ones in ((ESP, esp(600), esp(600, sequence=2)),
                                            (AH, ah(payload=noise(600)), ah(payload=noise(600), sequence=2))):
            add_orphans(capture, version, protocol, octets)
            add_others(capture, version, protocol, octets, next_ones)
    return capture


def add_orphans(capture, version, protocol, octets):
    missing = f"{NAMES[protocol]}.missing_fragment"

    def add(what, frame, *headers):
        capture.add(f"IPv{version}, {NAMES[protocol].upper()}: {what}", frame, *headers)

    n = capture.next
    add("first part, the rest behind it", part(version, n, protocol, octets[:AT]), plausible("+" + missing))
    add("the rest", part(version, n, protocol, octets[AT:], AT), unchecked(missing))
    n = capture.next
    add("the rest in front", part(version, n, protocol, octets[AT:], AT), later(unchecked(missing)))
    add("first part behind it", part(version, n, protocol, octets[:AT]), plausible(missing))
    n = capture.next
    add("first of three parts", part(version, n, protocol, octets[:AT]), plausible("+" + missing))
    add("second of three", part(version, n, protocol, octets[AT:AT + 96], AT, more=True), unchecked(missing))
    add("third of three", part(version, n, protocol, octets[AT + 96:], AT + 96), unchecked(missing))
    n = capture.next
    add("first part, cut by the snapshot length", part(version, n, protocol, octets[:AT])[:90], unchecked("+" + missing))
    add("the rest of it, cut likewise", part(version, n, protocol, octets[AT:], AT)[:80], unchecked(missing))


def add_others(capture, version, protocol, octets, next_ones):
    """Packets that are not such orphans."""
    def add(what, frame, *headers):
        capture.add(f"IPv{version}, {NAMES[protocol].upper()}: {what}", frame, *headers)

    n = capture.next
    add("a whole packet of 304 octets", part(version, n, protocol, octets[:AT]), plausible())
    add("an orphan of another packet", part(version, n, protocol, octets[AT:], AT, identification=0xFFFF))
    add("an orphan that begins elsewhere", part(version, n, protocol, octets[AT:], AT + 8))
    other = capture.next
    add("an orphan between other hosts", part(version, other, protocol, octets[AT:], AT, identification=n))
    n = capture.next
    add("last part of a packet that was cut as it should be, in front", part(version, n, protocol, octets[AT:], AT))
    add("its first part", part(version, n, protocol, octets[:AT], more=True), plausible())
    n = capture.next
    add("a whole packet of 304 octets", part(version, n, protocol, octets[:AT]), plausible())
    add("first part of another with its identification", part(version, n, protocol, next_ones[:AT], more=True))
    add("last part of it", part(version, n, protocol, next_ones[AT:], AT), plausible())


def add_keyed(capture, version):
    for protocol, suite, findings, windows in (
            (ESP, CBC_SHA256, ("esp.block_alignment", "esp.icv"), INVALID_PACKET), (AH, AH_SHA1, ("ah.icv",), INTEGRITY)):
        missing = f"{NAMES[protocol]}.missing_fragment"
        refused = drop("+" + missing, *findings, windows=windows, linux=LINUX_TRANSFORM)
        sa = Sa(FIRST + len(capture.states), version, suite, protocol=protocol)
        capture.states.append(sa.state())

        def add(what, frame, *headers):
            capture.add(f"IPv{version}, {NAMES[protocol].upper()} with a key: {what}", frame, *headers)

        def sealed():
            if protocol == ESP:
                return sa.packet(sa.esp(datagram(600)))
            return sa.ah_packet(datagram(600))

        def parts(n):
            packet = sealed()[20 if version == 4 else 40:]
            return [part_of(sa, n, octets, offset) for octets, offset in ((packet[:AT], 0), (packet[AT:], AT))]

        add("whole", ethernet(sealed()), verified())
        first, rest = parts(1)
        add("first part, the rest behind it", first, refused._replace(icv="Bad"))
        add("the rest", rest, unchecked(missing))
        first, rest = parts(2)
        add("the rest in front", rest, later(unchecked(missing)))
        add("first part behind it", first, refused._replace(findings=(missing, *findings), icv="Bad"))
        add("whole again", ethernet(sealed()), verified())


def part_of(sa, identification, octets, offset):
    if sa.version == 4:
        return ethernet(ipv4(sa.number, sa.protocol, octets, frag=offset // 8, id=identification))
    header = fragment_header(sa.protocol, offset, False, identification)
    return ethernet(ipv6(sa.number, FRAGMENT, header + octets))
