#!/usr/bin/env python3
"""Makes the seed corpora of fuzz_judge and, beside it, of fuzz_ike: from the sample captures, and of packets that the keys of
the first open.

usage: make_corpus.py CAPTURES CORPUS

A seed is what fuzz_judge.c reads: a configuration, then headers, each with the facts of its view in front. Of a capture
each eight packets that follow each other make one. fuzz_judge.c computes the ICVs of the others.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import pathlib
import struct
import sys
import zlib

ETHERNET = 14
PROTOCOL_UDP, PROTOCOL_ESP, PROTOCOL_AH = 17, 50, 51
TOGETHER = 8
ROW_NULL, ROW_GCM, ROW_AH, ROW_CBC, NO_ROW = 0, 1, 2, 3, 7
ALL_ROWS, KEYLESS = 0x1F, 0
KEEP_NUMBER = 0x80
RESERVED_SPI, SA_COMPLETE, NULL_HEURISTIC, FEW_SAS, BRIEF = 1, 2, 4, 8, 16
RECEIVERS = 7


def packets(path):
    """The captured octets of every packet of a pcap file, in either byte order."""
    octets = path.read_bytes()
    order = "<" if octets[:4] in (b"\xd4\xc3\xb2\xa1", b"\x4d\x3c\xb2\xa1") else ">"
    at = 24
    while at + 16 <= len(octets):
        captured = struct.unpack(order + "I", octets[at + 8:at + 12])[0]
        yield octets[at + 16:at + 16 + captured]
        at += 16 + captured


def config(receiver=0, flags=RESERVED_SPI | NULL_HEURISTIC, rows=KEYLESS, window=0):
    return bytes([receiver, flags, rows, window])


def header(octets, protocol, version=4, *, in_udp=False, source=0, destination=1, row=NO_ROW, sealed=False,
           advance=KEEP_NUMBER, outer=b"", frames=1, milliseconds=10, flags=0):
    """The octets of one header, its facts in front."""
    v6 = version == 6
    addresses = (1 if v6 else 0) | (1 if v6 else 0) << 2 | source << 4 | destination << 6
    carrier = (1 if protocol == PROTOCOL_AH else 2 if in_udp else 0) | row << 2 | (0x80 if sealed else 0)
    count = min(len(octets), 0x1FFF)
    facts = bytes([count >> 8, count & 0xFF, addresses, carrier, flags, 0, frames | milliseconds << 2 & 0xFF, advance & 0xFF,
                   min(len(outer), 255), 1])
    return facts + outer[:255] + octets[:count]


def from_frame(frame):
    """The IPsec header of a frame, or None."""
    ip = frame[ETHERNET:]
    if len(ip) < 48:
        return b""
    version = ip[0] >> 4
    end = (ip[0] & 15) * 4 if version == 4 else 40
    protocol = ip[9] if version == 4 else ip[6]
    in_udp = protocol == PROTOCOL_UDP
    source, destination = (ip[12:16], ip[16:20]) if version == 4 else (ip[8:24], ip[24:40])
    outer = ip[:end + (8 if in_udp else 0)]
    return header(ip[len(outer):], protocol, version, in_udp=in_udp, source=zlib.crc32(source) % 4,
                  destination=zlib.crc32(destination) % 4, outer=outer)


def of_capture(path):
    """A seed for each eight packets, alternately with all key rows and without, for each receiver in turn."""
    frames = list(packets(path))
    for first in range(0, len(frames), TOGETHER):
        turn = first // TOGETHER
        brief = BRIEF if turn % 2 else 0
        start = config(0 if brief else turn % RECEIVERS,
                       RESERVED_SPI | NULL_HEURISTIC | brief | (SA_COMPLETE if turn % 5 == 0 else 0),
                       ALL_ROWS if turn % 3 == 0 else KEYLESS)
        yield start + b"".join(map(from_frame, frames[first:first + TOGETHER]))


# How the numbers of a session advance: in order, with a loss and a late packet, repeated, far ahead, backwards, past
# the end.
SESSIONS = ((1,) * 8, (1, 1, 3, -1, 1, 1, 1, 1), (1, 1, 0, 1, 0, -2, 1, 1), (1, 127, 127, -120, 1, 1, 1, 1),
            (100, -99, 1, 1, 1, 1, 1, 1), (-1, 1, 1, 1, -1, 1, 1, 1), (127, -127, 1, 1, 1, 1, 1, 1))
BODIES = (b"\0\7\0\7\0\x08\0\0" + b"\1\2\2\x11",                              # a datagram, padding, 2, UDP
          bytes.fromhex("450000180001000040017cde0a0100010a020001") + bytes(4) + b"\1\2\2\4",    # a packet, padding
          b"\1\2\3\4\5\6\6\x3b", bytes(30) + b"\xff\x11", b"")
BEFORE = {ROW_NULL: 0, ROW_GCM: 8, ROW_AH: 0, ROW_CBC: 16}
BEHIND = {ROW_NULL: 16, ROW_GCM: 16, ROW_AH: 0, ROW_CBC: 12}


def keyed(row, body, advance, number, sealed=True, version=4):
    """A packet that the row opens; if it is not sealed, its ICV is wrong."""
    counter = struct.pack("!Q", number).rjust(BEFORE[row], b"\0")[:BEFORE[row]]
    if row == ROW_AH:
        octets = bytes([17, 4, 0, 0]) + bytes(8) + bytes(12) + b"\x9c\x40\x9c\x40\0\x08\0\0"
    else:
        octets = bytes(8) + counter + body + bytes(-(len(body)) % 4) + bytes(BEHIND[row])
    return header(octets, PROTOCOL_AH if row == ROW_AH else PROTOCOL_ESP, version, row=row, sealed=sealed,
                  in_udp=row == ROW_GCM and version == 6, advance=advance)


def of_keys():
    """Sessions of each row: with all packets sealed, and with every third one forged."""
    for row in (ROW_NULL, ROW_GCM, ROW_AH, ROW_CBC):
        for turn, advances in enumerate(SESSIONS):
            for version in (4, 6):
                for forged in (0, 3):
                    session = [keyed(row, BODIES[(turn + at) % len(BODIES)], advance, at,
                                     not (forged and at % forged == 2), version) for at, advance in enumerate(advances)]
                    yield config(turn % RECEIVERS, rows=ALL_ROWS if turn % 2 else 1 << row) + b"".join(session)


def of_rekeys():
    """One SPI, another one that takes over, and stragglers of the first; then the same with forged packets."""
    for protocol in (PROTOCOL_ESP, PROTOCOL_AH):
        for made_up in (0, 1):
            numbers = [(0xC0000001, number) for number in range(1, 15)] + [(0xC0000002, number) for number in range(1, 19)]
            numbers += [(0xC0000001 + 2 * made_up, number) for number in range(15, 20)]
            yield config() + b"".join(
                header((struct.pack("!II", *packet) if protocol == PROTOCOL_ESP else struct.pack("!BBHII", 17, 4, 0, *packet)) +
                       bytes(range(32)), protocol) for packet in numbers)


def random_iv(number):
    return struct.pack("!Q", number * 0x9E3779B97F4A7C15 % 2**64)


def of_steady():
    """Flows on the quick path: with random IVs, with a counter and as ESP-NULL, with a loss, a late packet and a repeated
    one at the end; in UDP, in IPv6, in AH, of two SAs in turn, and near the end of the numbers."""
    datagram = bytes.fromhex("4500001c000100004011bcd00a0100010a020001") + b"\0\7\0\7\0\x08\0\0" + b"\1\2\2\4"
    ends = (1,) * 8, (3, -1, 1), (1, 0, 1), (-1, 2, 1), (127, 1, 1)
    bodies = (lambda number: random_iv(number) + bytes(range(24)), lambda number: struct.pack("!Q", number) + bytes(24),
              lambda number: datagram)
    kinds = ((PROTOCOL_ESP, 4, False), (PROTOCOL_ESP, 4, True), (PROTOCOL_ESP, 6, False), (PROTOCOL_AH, 4, False))
    for protocol, version, in_udp in kinds:
        for body in bodies:
            for end in ends:
                for first in (1, 0xFFEFFFE8, 0xFFFFFFE0):
                    seed = config(flags=NULL_HEURISTIC | BRIEF)
                    number = first
                    for at, advance in enumerate((1,) * 28 + end):
                        spi = 0xC0000001 + at % 2 * (first == 1)
                        front = struct.pack("!II", spi, number % 2**32)
                        if protocol == PROTOCOL_AH:
                            front = struct.pack("!BBH", 17, 4, 0) + front + bytes(12)
                        seed += header(front + body(number), protocol, version, in_udp=in_udp)
                        number += advance if first > 1 or at % 2 else 0
                    yield seed


IKE_FRAMES = 16     # messages of a seed


def of_ike(path):
    """Messages of the IKE port, as fuzz_ike.c reads them: length, facts, octets."""
    messages = []
    for frame in packets(path):
        ip = frame[ETHERNET:]
        end = (ip[0] & 15) * 4 if ip else 0
        if len(ip) < 48 or ip[0] >> 4 != 4 or ip[9] != PROTOCOL_UDP:
            continue
        on_500 = 500 in struct.unpack("!HH", ip[end:end + 4])
        octets = ip[end + 8:]
        facts = (1 if ip[12:16] > ip[16:20] else 0) | (2 if on_500 else 0)
        messages.append(struct.pack("!HBB", len(octets), facts, 100) + octets)
    for first in range(0, len(messages), IKE_FRAMES):
        yield b"".join(messages[first:first + IKE_FRAMES])


def write_ike(captures, corpus):
    corpus.mkdir(parents=True, exist_ok=True)
    for path in sorted(pathlib.Path(captures).rglob("*.pcap")):
        if path.stem.startswith(("ike", "strongswan", "clean_natt")):
            for number, seed in enumerate(of_ike(path)):
                (corpus / f"{path.stem}-{number}").write_bytes(seed)


def main(captures, corpus):
    corpus = pathlib.Path(corpus)
    corpus.mkdir(parents=True, exist_ok=True)
    for path in sorted(pathlib.Path(captures).rglob("*.pcap")):
        for number, seed in enumerate(of_capture(path)):
            (corpus / f"{path.parent.name}-{path.stem}-{number}").write_bytes(seed)
    for name, seeds in (("keyed", of_keys()), ("rekey", of_rekeys()), ("steady", of_steady())):
        for number, seed in enumerate(seeds):
            (corpus / f"{name}-{number}").write_bytes(seed)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(sys.argv[1], sys.argv[2])
    write_ike(sys.argv[1], pathlib.Path(sys.argv[2]).parent / "ike")
