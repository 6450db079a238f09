#!/usr/bin/env python3
"""Runs tshark over damaged copies of the sample captures, with their keys: nothing may crash or complain, and two
passes must say the same as one.

    python3 tests/damage.py --files 100000 --seed 1 [--module .../ipsec_analysis.so] [--preload libasan.so] [--keep FOLDER]

Some copies are damaged by Wireshark's own `editcap -E`, the others here: octets flipped, frames cut, lengths set to
extremes, frames spliced, headers doubled, packets shuffled. Many copies make one run of tshark. A failing run is
reduced as far as it still fails, and kept. For a module built with AddressSanitizer, name its runtime with --preload.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import argparse
import random
import re
import struct
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

TESTS = Path(__file__).resolve().parent
sys.path[:0] = [str(TESTS), str(TESTS / "tshark")]

from tshark_runner import KEYS, LATER, SIDECAR, add_arguments, field_options, open_tshark, parse_rows     # noqa: E402

MAGIC, NANOSECOND_MAGIC = 0xA1B2C3D4, 0xA1B23C4D
FILE_HEADER, RECORD_HEADER = struct.Struct("<IHHiIII"), struct.Struct("<IIII")
ETHERNET = 14
TOGETHER = 50       # copies in one run
# Most copies have this many consecutive frames: enough to show how a damaged frame affects the next few; a capture of
# thousands would take as long as a hundred others.
STRETCH, WHOLE = 40, 0.05
ERRORS = ("0.0005", "0.005", "0.02", "0.1")
EXTREMES = (0, 1, 2, 7, 8, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFE, 0xFFFF)
# Offsets, from the IP header on, of lengths and next headers: in IPv4, IPv6, and in UDP and AH after them.
LENGTHS = (0, 2, 4, 5, 6, 9, 20, 21, 24, 40, 41, 44)
# What Wireshark itself reports for a frame with more nested headers than it follows.
TOO_DEEP = "saved_layers_len < prefs.gui_max_tree_depth"
RECEIVERS = ("rfc", "windows", "linux", "freebsd", "openbsd", "vpp", "strongswan")
FIELDS = ("frame.number", "frame.protocols", "ipsec.verdict", "ipsec.finding", "ipsec.spi", "ipsec.sa", "ipsec.seq",
          "ipsec.seq.highest", "ipsec.seq.lag", "ipsec.seq.first_seen", "ipsec.icv.status", "ipsec.windows.error",
          "ipsec.linux.counter", "ipsec.strongswan.log", "ipsec.trailer.next_header", "ipsec.advice")
JUDGED = ("ipsec.verdict", "ipsec.finding", "ipsec.spi", "ipsec.icv.status", "ipsec.seq")


class Record(NamedTuple):
    """One frame; the fraction is in units of the file, `length` is the length on the wire."""
    seconds: int
    fraction: int
    length: int
    octets: bytes


class Copy(NamedTuple):
    source: Path
    records: list


def read(path):
    """The records of a file, with microseconds."""
    octets = path.read_bytes()
    scale = 1000 if FILE_HEADER.unpack_from(octets)[0] == NANOSECOND_MAGIC else 1
    records, at = [], FILE_HEADER.size
    while at < len(octets):
        seconds, fraction, captured, length = RECORD_HEADER.unpack_from(octets, at)
        at += RECORD_HEADER.size
        records.append(Record(seconds, fraction // scale, length, octets[at:at + captured]))
        at += captured
    return records


def write(path, records):
    with open(path, "wb") as file:
        file.write(FILE_HEADER.pack(MAGIC, 2, 4, 0, 0, 262144, 1))
        for record in records:
            file.write(RECORD_HEADER.pack(record.seconds, record.fraction, len(record.octets), record.length) +
                       record.octets)
    path.chmod(0o644)
    return path


# --- damage ------------------------------------------------------------------------------------------------- Each
# function takes the octets of one frame and returns the damaged ones. `others` are the frames of the same capture.

def flip(octets, others, chooser):
    for _ in range(chooser.randrange(1, 6)):
        octets[chooser.randrange(len(octets))] ^= 1 << chooser.randrange(8)
    return octets


def flip_header(octets, others, chooser):
    for _ in range(chooser.randrange(1, 4)):
        octets[min(len(octets) - 1, chooser.randrange(ETHERNET, 96))] = chooser.randrange(256)
    return octets


def extreme_length(octets, others, chooser):
    at = ETHERNET + chooser.choice(LENGTHS) if chooser.random() < 0.7 else chooser.randrange(12, 120)
    value = chooser.choice(EXTREMES)
    if at + 2 > len(octets):
        return octets
    if chooser.random() < 0.5:
        octets[at] = value & 0xFF
    else:
        struct.pack_into("!H", octets, at, value)
    return octets


def cut(octets, others, chooser):
    return octets[:chooser.randrange(len(octets) + 1)]


def splice(octets, others, chooser):
    other = chooser.choice(others).octets
    return octets[:chooser.randrange(len(octets) + 1)] + other[chooser.randrange(len(other) + 1):]


def double_headers(octets, others, chooser):
    first = chooser.choice((ETHERNET, ETHERNET + 20, ETHERNET + 40, chooser.randrange(len(octets))))
    last = first + chooser.choice((8, 12, 20, 24, 28, 40, 48))
    return octets[:last] + octets[first:last] * chooser.choice((1, 1, 2, 40)) + octets[last:]


DAMAGES = (flip, flip_header, extreme_length, cut, splice, double_headers)


def damaged(record, others, damage, chooser):
    """The frame with that damage; missing octets were either cut off or never existed."""
    if not record.octets:
        return record
    octets = bytes(damage(bytearray(record.octets), others, chooser))
    length = max(len(octets), record.length) if chooser.random() < 0.5 else len(octets)
    return record._replace(octets=octets, length=length)


def damage_here(records, chooser):
    """Damages a share of the frames: with a kind for each frame, or with the same kind for all."""
    share, kinds = chooser.choice((0.05, 0.3, 1)), chooser.sample(DAMAGES, chooser.choice((1, len(DAMAGES))))
    made = [damaged(record, records, chooser.choice(kinds), chooser) if chooser.random() < share else record
            for record in records]
    if chooser.random() < 0.2:      # late, duplicated, and with another time
        made = [made[min(len(made) - 1, max(0, at + chooser.randrange(-9, 10)))] for at in range(len(made))]
    return made


def damage_with_editcap(records, folder, chooser):
    source, target = write(folder / "whole.pcap", records), folder / "editcap.pcap"
    subprocess.run(["editcap", "-F", "pcap", "-E", chooser.choice(ERRORS), "--seed", str(chooser.randrange(1, 1 << 31)),
                    source, target], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    made = read(target)
    source.unlink()
    target.unlink()
    return made


def stretch_of(records, chooser):
    if len(records) <= STRETCH or chooser.random() < WHOLE:
        return records
    first = chooser.randrange(len(records) - STRETCH + 1)
    return records[first:first + STRETCH]


def damaged_copy(source, folder, chooser):
    records = stretch_of(read(source), chooser)
    return Copy(source, damage_with_editcap(records, folder, chooser) if chooser.random() < 0.3 else
                damage_here(records, chooser))


# --- runs ---------------------------------------------------------------------------------------------------

class DamagedRun:
    """Damaged copies in one capture, with all their keys and the options that their sidecars name."""

    def __init__(self, seed, count, captures, folder):
        chooser = random.Random(f"damage {seed}")
        self.seed = seed
        families = [sorted(captures.glob(pattern)) for pattern in ("*.pcap", "kernel/*.pcap", "linux/*.pcap", "hostile/*.pcap")]
        (family,) = chooser.choices(families, (6, 1, 2, 2))
        sources = [chooser.choice(family) for _ in range(count)]
        self.copies = [damaged_copy(source, folder, chooser) for source in sources]
        self.options = [f"ipsec.receiver:{chooser.choice(RECEIVERS)}", f"ipsec.sa_complete:{chooser.choice(('TRUE', 'FALSE'))}"]
        if chooser.random() < 0.3:
            self.options += ["ip.defragment:FALSE", "esp.enable_null_encryption_decode_heuristic:TRUE"]

    def needs(self, copies):
        """Keys and options of these copies."""
        sources = dict.fromkeys(copy.source for copy in copies)
        beside = [(source.with_suffix(KEYS), source.with_suffix(SIDECAR)) for source in sources]
        keys = "".join(path.read_text() for path, _ in beside if path.exists())
        options = dict.fromkeys(self.options)
        for _, path in beside:
            if path.exists():
                options.update(dict.fromkeys(re.findall(r"^# option: (.*)$", path.read_text(), re.MULTILINE)))
        return keys, [word for option in options for word in ("-o", option)]

    def trouble(self, tshark, copies):
        """Runs tshark over these copies; returns what is wrong, or None."""
        keys, options = self.needs(copies)
        capture = write(tshark.crafted / f"damaged-{self.seed}.pcap", [record for copy in copies for record in copy.records])
        keys = tshark.share(f"damaged-{self.seed}.txt", keys)
        arguments = ["-r", capture, "-o", f"ipsec.sa_file:{keys}", *options, *field_options(FIELDS)]
        try:
            once, twice = (parse_rows(tshark.run(*arguments, *passes).stdout, FIELDS) for passes in ((), ("-2",)))
        except (AssertionError, subprocess.TimeoutExpired) as error:
            return None if is_too_deep(str(error)) else str(error)
        finally:
            capture.unlink()
        return disagreement(once, twice)

    def smallest(self, tshark):
        """For a failing run: a copy that fails alone, if there is one, or else all copies; and the trouble."""
        for copy in self.copies:
            text = self.trouble(tshark, [copy])
            if text:
                return [copy], text
        return self.copies, self.trouble(tshark, self.copies)

    def keep(self, folder, copies, text):
        folder = folder / f"seed-{self.seed}"
        folder.mkdir(parents=True, exist_ok=True)
        keys, options = self.needs(copies)
        write(folder / "damaged.pcap", [record for copy in copies for record in copy.records])
        (folder / "keys.xfrm-state.txt").write_text(keys)
        (folder / "why.txt").write_text("\n".join([*map(str, dict.fromkeys(copy.source for copy in copies)), str(options),
                                                   text]) + "\n")


def is_too_deep(text):
    """Whether tshark complained only about too many nested headers."""
    said = [line for line in text.splitlines() if " ** " in line or "ERROR" in line]
    return said != [] and all(TOO_DEEP in line for line in said)


def disagreement(once, twice):
    """The first disagreement of two passes. A later pass knows later frames, and may dissect a frame differently; then
    it may also judge it differently."""
    if list(once) != list(twice):
        return "the passes have other frames"
    for frame, row in once.items():
        again = twice[frame]
        if row["frame.protocols"] != again["frame.protocols"] or LATER & {*row["ipsec.finding"], *again["ipsec.finding"]}:
            continue
        for name in JUDGED:
            if row[name] != again[name]:
                return f"frame {frame}: {name} is {row[name]} in one pass, {again[name]} in two"
    return None


def runs(tshark, files, seed):
    """Damages `files` files, and yields (run, trouble or None)."""
    while files > 0:
        run = DamagedRun(seed, min(files, TOGETHER), tshark.captures, tshark.root)
        yield run, run.trouble(tshark, run.copies)
        files -= len(run.copies)
        seed += 1


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--files", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1, help="of the first run; the others follow")
    add_arguments(parser)
    parser.add_argument("--keep", type=Path, help="folder for the runs that fail")
    arguments = parser.parse_args()
    tshark = open_tshark(parser, arguments)
    files, frames, failed, begin = 0, 0, 0, time.monotonic()
    try:
        for run, text in runs(tshark, arguments.files, arguments.seed):
            files += len(run.copies)
            frames += sum(len(copy.records) for copy in run.copies)
            if not text:
                continue
            failed += 1
            copies, text = run.smallest(tshark)
            print(f"seed {run.seed}, {', '.join(dict.fromkeys(copy.source.stem for copy in copies))}: {text[-2000:]}", flush=True)
            if arguments.keep:
                run.keep(arguments.keep, copies, text)
    finally:
        tshark.close()
    print(f"{files} damaged files, {frames} frames, in {time.monotonic() - begin:.0f} s: {failed} runs fail")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
