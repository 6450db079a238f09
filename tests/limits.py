#!/usr/bin/env python3
"""Reaches the limits of the core's tables on purpose in the real tshark: an attacker without keys sends more than they
hold.

usage: limits.py [--build BUILD] [CASE ...]

Each case is a capture of genuine packets and of so many forged ones that a table of the core is full (IPSEC_SAS_DEFAULT
in base/config.h, PEERS_MOST in peers.c, SENDERS_MOST in ip_input.c, SA_BLOCKS_MOST in iv_store.c), and says what must be found of the
genuine ones. Read in one pass and in two, which must say the same. The unit tests meet the same limits in the core, with
smaller tables where they can be smaller. Not part of ctest: it takes minutes, and 3 GB of memory.

  sas-single    1,048,600 SPIs of a packet each: no SA of two packets is forgotten for them
  sas-double    two packets for each SPI: the SA that is idle meanwhile is forgotten, and says so once
  sas-verified  the same, and an SA that has verified is not forgotten
  peers         65,600 pairs that ask by IKE and get no answer: a pair with an answer stays, and a later one is taken
  senders       65,600 sources of a packet each: wrong checksums of one before them and of one behind them are said
  ivs           an IV that is not kept for want of room is a finding of each packet

Prints what is wrong, and exits with 1 if anything is.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import argparse
import struct
import sys
import time
from pathlib import Path

TESTS = Path(__file__).resolve().parent
sys.path[:0] = [str(TESTS), str(TESTS / "tshark")]

import pcap
import tshark_runner
from tshark_runner import Tshark, field_options, parse_rows

# More than the tables can hold.
MANY_SPIS = 1_048_600
MANY_HOSTS = 65_600

SENDER, RECEIVER = 0xC0000201, 0xC6336401
ESP, UDP = 50, 17
FIELDS = ("frame.number", "ipsec.finding", "ipsec.verdict", "ipsec.sa")


# --- packets ---------------------------------------------------------------------------------------

def checksum(octets):
    total = sum(struct.unpack(f"!{len(octets) // 2}H", octets))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def ipv4(source, destination, protocol, payload, right=True):
    header = struct.pack("!BBHHHBBHII", 0x45, 0, 20 + len(payload), 0, 0, 64, protocol, 0, source, destination)
    wrong = 0 if right else 0x0101
    return header[:10] + struct.pack("!H", checksum(header) ^ wrong) + header[12:] + payload


def udp(payload, port):
    return struct.pack("!HHHH", port, port, 8 + len(payload), 0) + payload


def octets_of(number, length):
    """Octets that look encrypted, different for each number."""
    state = number * 0x9E3779B97F4A7C15 & (1 << 64) - 1
    return (struct.pack("!Q", state ^ 0x5555555555555555) * (length // 8 + 1))[:length]


def esp(spi, sequence, length=40):
    return struct.pack("!II", spi, sequence) + octets_of(spi << 32 | sequence, length)


def flow(spi, count, source=SENDER, right=True, first=1):
    return [ipv4(source, RECEIVER, ESP, esp(spi, number), right) for number in range(first, first + count)]


def ike(response):
    flags = 0x20 if response else 0x08
    message = b"\x5a" * 8 + bytes(8) + struct.pack("!BBBBII", 43, 0x20, 34, flags, 0, 28 + 20)
    return udp(message + struct.pack("!BBH", 0, 0, 20) + octets_of(1, 16), 500)


def exchange(one, other):
    return [ipv4(one, other, UDP, ike(False)), ipv4(other, one, UDP, ike(True))]


# --- captures --------------------------------------------------------------------------------------

class Capture:
    """Frames, a millisecond apart, and the findings that must be in some of them."""

    def __init__(self):
        self.frames, self.expected, self.options, self.keys = [], {}, [], None

    def add(self, frames, *findings, verdict=None):
        """Adds frames, and the findings that each must have; these frames are compared, even if they must have none."""
        for frame in frames:
            self.frames.append(frame)
            self.expected[len(self.frames)] = (list(findings), verdict)

    def add_forged(self, frames):
        self.frames.extend(frames)

    def write(self, path):
        with open(path, "wb") as file:
            file.write(pcap.FILE_HEADER.pack(pcap.MAGIC, 2, 4, 0, 0, 262144, pcap.RAW_IP))
            for number, frame in enumerate(self.frames):
                file.write(pcap.RECORD_HEADER.pack(1_700_000_000 + number // 1000, number % 1000 * 1000,
                                                   len(frame), len(frame)) + frame)
        path.chmod(0o644)


def forged_spis(each):
    return (ipv4(SENDER + 7, RECEIVER, ESP, esp(0x10000000 + spi, number))
            for spi in range(MANY_SPIS) for number in range(1, each + 1))


def sas_single():
    capture = Capture()
    capture.add(flow(0xA0000001, 50))
    capture.add_forged(forged_spis(1))
    capture.add(flow(0xA0000001, 10, first=41), "replay.duplicate")
    return capture


def sas_double():
    capture = Capture()
    capture.add(flow(0xA0000001, 50))
    capture.add_forged(forged_spis(2))
    capture.add(flow(0xA0000001, 1, first=51), "sa.forgotten", verdict="plausible")
    capture.add(flow(0xA0000001, 20, first=52), verdict="plausible")
    return capture


def sas_verified():
    source = TESTS.parent / "captures" / "kernel" / "esp-transport-v4-aescbc128+sha1_96.pcap"
    frames = [record.octets for record in pcap.read(source)]
    first = frames[0][14:]
    genuine = [frame[14:] for frame in frames if frame[26:38] == first[12:24]]  # addresses and SPI
    capture = Capture()
    capture.keys = source.with_suffix(".xfrm-state.txt")
    capture.add(genuine, verdict="verified")
    capture.add_forged(forged_spis(2))
    capture.add(genuine, "replay.duplicate", verdict="drop")
    return capture


def peers():
    """A fault in UDP is a drop between known peers, and suspicious otherwise."""
    def fault(source):
        return [ipv4(source, RECEIVER, UDP, udp(esp(0xA0000001, 1, 41), 4500))]

    capture = Capture()
    capture.add_forged(exchange(SENDER, RECEIVER))
    capture.add_forged(ipv4(0x0A000000 + host, RECEIVER, UDP, ike(False)) for host in range(MANY_HOSTS))
    capture.add_forged(exchange(SENDER + 1, RECEIVER))
    capture.add(fault(SENDER), "esp.alignment", verdict="drop")
    capture.add(fault(SENDER + 1), "esp.alignment", verdict="drop")
    capture.add(fault(0x0A000000), "esp.alignment", verdict="suspicious")
    return capture


def senders():
    capture = Capture()
    capture.options = ["-o", "ipsec.receiver:linux"]
    capture.add(flow(0xA0000001, 5))
    capture.add_forged(ipv4(0x0A000000 + host, RECEIVER, ESP, esp(0xB0000000 + host, 1)) for host in range(MANY_HOSTS))
    capture.add(flow(0xA0000002, 5, SENDER + 1))
    capture.add(flow(0xA0000001, 10, right=False, first=6), "esp.ip_checksum", verdict="drop")
    capture.add(flow(0xA0000002, 10, SENDER + 1, right=False, first=6), "esp.ip_checksum", verdict="drop")
    return capture


def ivs():
    """The numbers are 63 apart, so that almost every IV has its own block."""
    def counted(number):
        return ipv4(SENDER, RECEIVER, ESP, struct.pack("!IIQ", 0xA0000001, number, number) + octets_of(number, 32))

    capture = Capture()
    capture.add_forged(counted(63 * number) for number in range(1, 67_000))
    capture.add((counted(63 * number) for number in range(67_000, 67_100)), "iv.unchecked", verdict="plausible")
    return capture


CASES = {"sas-single": sas_single, "sas-double": sas_double, "sas-verified": sas_verified, "peers": peers,
         "senders": senders, "ivs": ivs}


# --- checking --------------------------------------------------------------------------------------

def read(tshark, capture, path, passes):
    """What tshark says about the frames that are compared."""
    wanted = sorted(capture.expected)
    spans, first = [], wanted[0]
    for number, behind in zip(wanted, wanted[1:] + [None]):
        if behind != number + 1:
            spans.append(f"(frame.number >= {first} && frame.number <= {number})")
            first = behind
    output = tshark.run("-r", path, *(["-2"] if passes == 2 else []), *capture.options,
                        "-Y", " || ".join(spans), *field_options(FIELDS)).stdout
    return parse_rows(output, FIELDS)


def complaints(capture, rows):
    for number, (findings, verdict) in capture.expected.items():
        # Gaps in sequence numbers have nothing to do with limits.
        found = [finding for finding in rows[number].findings if finding != "seq.gap"]
        if found != findings:
            yield f"frame {number}: {found}, not {findings}"
        if verdict and rows[number].verdicts != [verdict]:
            yield f"frame {number}: {rows[number].verdicts}, not {verdict}"


def check(tshark, name):
    capture = CASES[name]()
    path = tshark.crafted / f"{name}.pcap"
    capture.write(path)
    if capture.keys:
        capture.options += ["-o", f"ipsec.sa_file:{tshark.share('keys.txt', capture.keys.read_text())}"]
    start = time.monotonic()
    rows = read(tshark, capture, path, 1)
    wrong = list(complaints(capture, rows))
    if read(tshark, capture, path, 2) != rows:
        wrong.append("two passes say something else than one")
    path.unlink()
    print(f"{name}: {len(capture.frames):,} frames, {time.monotonic() - start:.0f} s,",
          "as it should be" if not wrong else "WRONG", flush=True)
    for line in wrong[:10]:
        print(f"    {line}")
    return not wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", type=Path, default=TESTS.parent / "build")
    parser.add_argument("cases", nargs="*", choices=[[], *CASES], metavar="CASE")
    arguments = parser.parse_args()
    tshark_runner.TIMEOUT = 1800
    module = next((arguments.build / "plugins").rglob("ipsec_analysis.so"))
    tshark = Tshark(module, TESTS.parent / "captures")
    try:
        results = [check(tshark, name) for name in arguments.cases or CASES]
    finally:
        tshark.close()
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
