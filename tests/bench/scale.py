#!/usr/bin/env python3
"""What ipsec-scale and its splitter cost, in time and memory, on this machine.

usage: scale.py [--build BUILD] [--folder FOLDER] [--largest N] [split] [engine] [growth]      all, if none is named

The captures hold ESP of 200 pairs of hosts in turn, one SA each, 128 octets of IP a packet, in eight files that follow each
other. They are made anew, and go away in the end; ten million packets and their parts take 4 GB of the folder.

- split: packets a second of ipsec-split, and of `editcap` and `tcpdump -w` on the same file; also with 1,400 octets.
- engine: four million packets with one worker and with two; and the same work without Dask, one piece after the other.
- growth: runs with 100,000 packets, ten times as many, and a hundred times, with a worker for each processor.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import argparse
import os
import pathlib
import random
import shutil
import statistics
import struct
import subprocess
import sys
import tempfile
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "scale"))

from conftest import Stage  # noqa: E402  (its place is known now)
from packets import in_ethernet, ipv4, write_frames  # noqa: E402

PAIRS = 200
FILES = 8
SHARDS = 32
RUNS = 3
STEP = 10000        # nanoseconds between packets
BATCH = 50000       # packets that are written at once
PARTS = ("split", "engine", "growth")


# --- captures --------------------------------------------------------------------------------------------------------

def template(pair, octets):
    """A record of pcap, with its time and sequence number still to be set."""
    noise = random.Random(pair).randbytes(octets - 28)
    packet = bytearray(in_ethernet(ipv4(50, struct.pack(">II", 0xc0000000 + pair * 7919, 0) + noise)))
    packet[26:34] = bytes((10, 0, pair // 100, pair % 100, 10, 1, pair // 100, pair % 100))
    return bytearray(struct.pack("<IIII", 0, 0, len(packet), len(packet)) + packet)


def write_capture(path, first, count, octets):
    templates = [template(pair, octets) for pair in range(PAIRS)]
    write_frames(path, ())
    with open(path, "ab") as file:
        batch = []
        for number in range(first, first + count):
            record, nanoseconds = templates[number % PAIRS], number * STEP
            struct.pack_into("<II", record, 0, nanoseconds // 10**9, nanoseconds % 10**9 // 1000)
            struct.pack_into(">I", record, 16 + 14 + 20 + 4, number // PAIRS + 1)
            batch.append(bytes(record))
            if len(batch) == BATCH:
                file.write(b"".join(batch))
                batch = []
        file.write(b"".join(batch))
    return path


class Captures:
    """Files that go away."""

    def __init__(self, folder, count, octets, files):
        share = count // files
        self.paths = [write_capture(folder / f"{count}-{octets}-{number}.pcap", number * share, share, octets)
                      for number in range(files)]

    def __enter__(self):
        return self.paths

    def __exit__(self, *_):
        for path in self.paths:
            path.unlink()


# --- measuring -------------------------------------------------------------------------------------------------------

class Memory(threading.Thread):
    """The most that a process below this one had, by the name of its program, in MB."""

    NAMES = {"ipsec-split", "tshark", "mergecap", "editcap", "tcpdump", "python3"}

    def __init__(self):
        super().__init__(daemon=True)
        self.most, self.ends = {}, threading.Event()

    def look(self):
        parents, found = {}, []
        for path in pathlib.Path("/proc").glob("[0-9]*/status"):
            try:
                fields = dict(line.split(":\t", 1) for line in path.read_text().splitlines() if ":\t" in line)
            except OSError:
                continue
            parents[int(fields["Pid"])] = int(fields["PPid"])
            if fields["Name"] in self.NAMES and "VmHWM" in fields:
                found.append((int(fields["Pid"]), fields["Name"], int(fields["VmHWM"].split()[0]) / 1024))
        for pid, name, megabytes in found:
            above = parents.get(pid)
            while above and above != os.getpid():
                above = parents.get(above)
            if above:
                self.most[name] = max(self.most.get(name, 0), megabytes)

    def run(self):
        while not self.ends.wait(0.1):
            self.look()

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.ends.set()
        self.join()

    def __str__(self):
        return ", ".join(f"{name} {megabytes:,.0f} MB" for name, megabytes in sorted(self.most.items()))


def timed(stage, *words):
    """Seconds, and user and system CPU of it and all that it started."""
    before, begin = os.times(), time.monotonic()
    process = stage.start(*words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    if process.wait():
        raise SystemExit(f"{words[0]} failed")
    after = os.times()
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return time.monotonic() - begin, cpu


def measure_split(stage):
    for octets in (128, 1400):
        count = 1000000
        with Captures(stage.folder, count, octets, 1) as (capture,):
            parts, copy = stage.folder / "work" / "parts", stage.folder / "work" / "copy"
            stage.run("mkdir", parts)
            ways = {"ipsec-split": ["ipsec-split", "-n", SHARDS, "-o", parts, capture],
                    "editcap": ["editcap", capture, copy],
                    "tcpdump -w": ["tcpdump", "-q", "-r", capture, "-w", copy]}
            times = {name: [] for name in ways}
            for _ in range(RUNS):
                for name, words in ways.items():
                    times[name].append(timed(stage, *words))
            print(f"{count:,} packets of {octets} octets: packets a second, and CPU seconds; medians of {RUNS} runs in turn")
            for name, all_of_them in times.items():
                seconds, cpu = (statistics.median(column) for column in zip(*all_of_them))
                print(f"  {name:12} {count / seconds:12,.0f} {cpu:6.2f}", flush=True)
            shutil.rmtree(parts)
            copy.unlink()


def run(stage, captures, workers):
    result = stage.folder / "work" / "result.db"
    with Memory() as memory:
        seconds, cpu = timed(stage, sys.executable, stage.folder / "scale" / "ipsec-scale", "run", *captures, "-o", result,
                             "--workers", workers, "--shards", SHARDS)
    result.unlink()
    return seconds, cpu, memory


# The two kinds of work, one piece after the other.
BY_HAND = """
import pathlib, sys
from ipsec_scale import work
folder, shards, *captures = sys.argv[1:]
folder = pathlib.Path(folder)
parts = [folder / f"parts-{number}" for number in range(len(captures))]
for capture, of_capture in zip(captures, parts):
    work.split(capture, of_capture, int(shards), False, "ipsec-split")
for shard in range(int(shards)):
    filled = [str(one) for one in parts if work.part_of(one, shard).exists()]
    if filled:
        work.judge(shard, filled, folder / f"lines-{shard}", [])
"""


def without_dask(stage, captures):
    folder = stage.folder / "work" / "by-hand"
    stage.run("mkdir", folder)
    seconds, _ = timed(stage, sys.executable, "-c", BY_HAND, folder, SHARDS, *captures)
    shutil.rmtree(folder)
    return seconds


def measure_engine(stage):
    count = 4000000
    with Captures(stage.folder, count, 128, FILES) as captures:
        ways = {"one worker": lambda: run(stage, captures, 1)[0], "two workers": lambda: run(stage, captures, 2)[0],
                "without Dask": lambda: without_dask(stage, captures)}
        times = {name: [] for name in ways}
        for _ in range(RUNS):
            for name, way in ways.items():
                times[name].append(way())
        print(f"{count:,} packets in {FILES} files, {SHARDS} shards: seconds, medians of {RUNS} runs in turn")
        for name, seconds in times.items():
            print(f"  {name:12} {statistics.median(seconds):6.1f}", flush=True)


def measure_growth(stage, largest):
    print(f"{os.cpu_count()} workers: packets, seconds, CPU seconds; the most memory that a process had")
    for count in (100000, 1000000, 10000000):
        if count > largest:
            continue
        with Captures(stage.folder, count, 128, FILES) as captures:
            seconds, cpu, memory = run(stage, captures, os.cpu_count())
        print(f"  {count:12,} {seconds:7.1f} {cpu:7.1f}   {memory}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, default=HERE.parents[1] / "build")
    parser.add_argument("--folder", type=pathlib.Path, help="for the captures, in place of the system's")
    parser.add_argument("--largest", type=int, default=10000000, metavar="N", help="packets")
    parser.add_argument("parts", nargs="*", metavar="PART")
    wanted = parser.parse_args()
    if set(wanted.parts) - set(PARTS):
        parser.error(f"parts are {', '.join(PARTS)}")
    os.environ.update(IPSEC_MODULE=str(next(wanted.build.glob("plugins/*/epan/ipsec_analysis.so"))),
                      IPSEC_SPLIT=str(wanted.build / "plugin" / "scale" / "ipsec-split"),
                      IPSEC_CAPTURES=str(HERE.parents[1] / "captures"))
    with tempfile.TemporaryDirectory(prefix="ipsec-scale-bench-", dir=wanted.folder) as folder:
        stage = Stage(pathlib.Path(folder))
        print(f"load of the machine at the beginning: {os.getloadavg()[0]:.1f}, processors: {os.cpu_count()}", flush=True)
        if not wanted.parts or "split" in wanted.parts:
            measure_split(stage)
        if not wanted.parts or "engine" in wanted.parts:
            measure_engine(stage)
        if not wanted.parts or "growth" in wanted.parts:
            measure_growth(stage, wanted.largest)


if __name__ == "__main__":
    main()
