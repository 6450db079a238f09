"""Writes the seed corpus of fuzz_icmp.c: the ICMP messages of the sample captures, alone and among packets.

    python3 tests/fuzz/make_icmp_corpus.py CAPTURES FOLDER

SPDX-License-Identifier: GPL-2.0-or-later
"""
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1] / "tshark"))
import pcap     # noqa: E402

ETHERNET, IPV4, IPV6 = 14, 20, 40
MESSAGE, MESSAGE_V6, PACKET = 0, 1, 2
MOST = 255      # octets of a message


def messages(path):
    """(kind, octets) of each ICMP message, cut to the size of an item."""
    for record in pcap.read(path):
        packet = record.octets[ETHERNET:]
        if packet[0] >> 4 == 4 and packet[9] == 1:
            yield MESSAGE, packet[IPV4:][:MOST]
        elif packet[0] >> 4 == 6 and packet[6] == 58:
            yield MESSAGE_V6, packet[IPV6:][:MOST]


def main(captures, folder):
    folder.mkdir(parents=True, exist_ok=True)
    items = [bytes([kind, len(octets)]) + octets for name in ("icmp", "benign") for kind, octets in messages(captures / f"{name}.pcap")]
    packets = [bytes([PACKET + 3 * seconds, flags, 1, number, number, 200])
               for number, (seconds, flags) in enumerate([(0, 0), (1, 0), (2, 1), (1, 2), (0, 4), (9, 8)] * 2, 1)]
    for number, item in enumerate([*items, b"".join(packets + items[:20] + packets), b"".join(items[20:] + packets)]):
        (folder / f"{number:03}").write_bytes(item)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
