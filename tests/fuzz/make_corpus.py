#!/usr/bin/env python3
"""Makes the seed corpus of fuzz_judge from the sample captures.

usage: make_corpus.py CAPTURES CORPUS

Every packet gives two seeds: its IP payload as a header to judge, and its octets from IP on as what stands
in front of a header. The eight octets of facts in front are those of fuzz_judge.c.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import pathlib
import struct
import sys

ETHERNET = 14
PROTOCOL_UDP, PROTOCOL_ESP, PROTOCOL_AH = 17, 50, 51


def packets(path):
    """The captured octets of every packet of a pcap file, in either byte order."""
    octets = path.read_bytes()
    order = "<" if octets[:4] in (b"\xd4\xc3\xb2\xa1", b"\x4d\x3c\xb2\xa1") else ">"
    at = 24
    while at + 16 <= len(octets):
        captured = struct.unpack(order + "I", octets[at + 8:at + 12])[0]
        yield octets[at + 16:at + 16 + captured]
        at += 16 + captured


def facts(version, protocol, in_udp):
    """The octets that choose a whole packet of that kind, judged by the default receiver."""
    return bytes([
        0x80,
        0x24 if version == 6 else 0x14,
        0, 0,
        0 if in_udp else (1 if protocol == PROTOCOL_AH else 2),
        0,
        version == 6,
        protocol,
    ])


def seeds(frame):
    ip = frame[ETHERNET:]
    if len(ip) < 48:
        return
    version = ip[0] >> 4
    header = (ip[0] & 15) * 4 if version == 4 else 40
    protocol = ip[9] if version == 4 else ip[6]
    in_udp = protocol == PROTOCOL_UDP
    payload = ip[header + (8 if in_udp else 0):]
    yield facts(version, protocol, in_udp) + payload
    yield facts(version, protocol, in_udp) + ip[:header]


def main(captures, corpus):
    corpus = pathlib.Path(corpus)
    corpus.mkdir(parents=True, exist_ok=True)
    for path in sorted(pathlib.Path(captures).glob("*.pcap")):
        for number, frame in enumerate(packets(path), 1):
            for kind, seed in enumerate(seeds(frame)):
                (corpus / f"{path.stem}-{number}-{kind}").write_bytes(seed)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(sys.argv[1], sys.argv[2])
