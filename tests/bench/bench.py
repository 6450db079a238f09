#!/usr/bin/env python3
"""What the plugin costs, in instructions counted by callgrind; and how fast it opens packets.

usage: bench.py [--build BUILD] [--packets N]

Instructions repeat to a fraction of a percent, where times do not. The captures hold clean packets of 200 SAs in turn.

- In the core: what ipsec_judge() takes for a packet, with as few packets of an SA as the captures have where something is
  added below, and with many; and what it takes where many SAs are alive and packets touch them at random, with what an SA
  takes in memory, between two hosts or with a peer of its own.
- In tshark: what a packet takes in all, without the plugin, as the slope between N and 2 N packets, so that the start
  of the program drops out; and what the plugin adds to it, as the difference in Wireshark's entry point for dissection,
  epan_dissect_run_with_taps(). The start of tshark takes a billion instructions, give or take a few million: a plain
  difference of two programs would drown in it.
- Verification and decryption: throughput in the core and of the bare calls of libgcrypt, and the ratio. These are times:
  how many instructions libgcrypt takes depends on the processor that it finds, and valgrind is not that processor.
- tshark with keys: CPU seconds, with 1, 1,000 and 100,000 key rows, and of Wireshark's own decryption; see keyed.py.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import argparse
import os
import pathlib
import random
import re
import shutil
import statistics
import struct
import subprocess
import tempfile

import keyed
from packets import ipv4, udp, write_capture

SAS = 200
RUNS = 5
PAYLOAD = 976
LIVE = (200, 32768, 1000000)
PROTOCOL = {"esp": 50, "ah": 51, "natt": 17}
CORE_KINDS = ("esp", "gcm", "ah", "natt")
LINES = ("-r", [])
FIELDS = ("-T fields", ["-T", "fields", "-e", "frame.number"])
OUTPUTS = {"esp": (LINES, FIELDS), "ah": (LINES,), "natt": (LINES,)}
NOBODY = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] if os.getuid() == 0 else []


def packet(kind, number, noise):
    spi, sequence = 0xc0000000 + number % SAS * 7919, number // SAS + 1
    if kind == "ah":
        # In front of UDP to the discard port, so that little more is dissected.
        return ipv4(51, struct.pack(">BBHII", 17, 4, 0, spi, sequence) + noise[:12] + udp(9, 9, noise))
    esp = struct.pack(">II", spi, sequence) + noise
    if kind == "natt":
        esp = udp(4500, 4500, esp)
    return ipv4(PROTOCOL[kind], esp)


def packets(kind, count):
    noise = random.Random(1).randbytes(PAYLOAD)
    return (packet(kind, number, noise) for number in range(count))


def environment(stage, plugins):
    """That of a tshark which has the plugins in a folder of the stage."""
    return {"PATH": os.environ["PATH"], "HOME": str(stage / "home"), "WIRESHARK_PLUGIN_DIR": str(stage / plugins)}


def instructions(command, variables=None, within=None):
    """Instructions that the command takes, as callgrind counts them; only those within a function, if named."""
    only = [f"--toggle-collect={within}"] if within else []
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o777)
        run = subprocess.run(
            NOBODY + ["valgrind", "--tool=callgrind", f"--callgrind-out-file={folder}/out", *only, *command],
            env={"PATH": os.environ["PATH"], **(variables or {})}, capture_output=True, text=True, check=False)
    if run.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{run.stderr[-2000:]}")
    return int(re.search(r"Collected : (\d+)", run.stderr).group(1))


def core_cost(program, kind, count):
    return instructions([str(program), kind, str(count)], within="ipsec_judge") / count


def print_lookups(program, packets):
    for hosts in ("one", "own"):
        for count in LIVE:
            cost = instructions([str(program), hosts, str(count), str(packets)], within="judge_again") / packets
            said = subprocess.run([str(program), hosts, str(count), "0"], capture_output=True, text=True, check=True)
            # Of a few, memory is what the program began with.
            size = said.stdout.split()[0] if count > LIVE[0] else "-"
            print(f"  {hosts:5} {count:9,} {cost:8.0f} {size:>8}", flush=True)


def tshark(stage, kind, count, options, plugins, within=None):
    """Instructions of one run of tshark over `count` packets."""
    capture = stage / f"{kind}-{count}.pcap"
    if not capture.exists():
        write_capture(capture, packets(kind, count))
    return instructions(["tshark", "-r", str(capture), *options], environment(stage, plugins), within)


def whole_cost(stage, kind, count, options):
    few, many = (tshark(stage, kind, n, options, "none") for n in (count, 2 * count))
    return (many - few) / count


def added_cost(stage, kind, count, options):
    """Median of several pairs of runs: Wireshark seeds its hash tables at random, which moves every run a little."""
    differences = []
    for _ in range(RUNS):
        without, with_it = (tshark(stage, kind, count, options, plugins, "epan_dissect_run_with_taps")
                            for plugins in ("none", "plugins"))
        differences.append((with_it - without) / count)
    return statistics.median(differences)


def make_stage(folder, build):
    """Copies that the user nobody may read: as root, Wireshark loads no plugin from such a folder."""
    stage = pathlib.Path(folder)
    for name in ("home", "none"):
        (stage / name).mkdir()
    shutil.copytree(build / "plugins", stage / "plugins")
    for program in ("bench_core", "bench_crypto", "bench_sas"):
        shutil.copy(build / "tests" / program, stage)
    for path in [stage, *stage.rglob("*")]:
        path.chmod(0o755)
    listed = subprocess.run(NOBODY + ["tshark", "-G", "plugins"], capture_output=True, text=True, check=True,
                            env=environment(stage, "plugins"))
    if "ipsec_analysis" not in listed.stdout:
        raise SystemExit("tshark does not load the plugin")
    return stage


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", type=pathlib.Path,
                        default=pathlib.Path(__file__).resolve().parents[2] / "build")
    parser.add_argument("--packets", type=int, default=20000)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        stage = make_stage(folder, arguments.build)
        few, many = arguments.packets // 4, 10 * arguments.packets
        print(f"instructions per clean packet, in the core, with {few // SAS} and {many // SAS} packets of an SA")
        for kind in CORE_KINDS:
            costs = (core_cost(stage / "bench_core", kind, count) for count in (few, many))
            print(f"  {kind:5}", *(f"{cost:8.0f}" for cost in costs))
        print("live SAs touched at random, instructions per packet in the core, octets of memory per SA")
        print_lookups(stage / "bench_sas", many)
        print("verification and decryption: octets of packet, Mbit/s in the core and by libgcrypt alone, and the ratio",
              flush=True)
        subprocess.run([str(stage / "bench_crypto")], check=True)
        print("tshark with keys: CPU seconds, the ratio to the first line, and packets whose ICV was found good",
              flush=True)
        keyed.measure(stage, lambda plugins, options: (NOBODY + ["tshark", *options], environment(stage, plugins)),
                      arguments.packets)
        print("instructions per clean packet, tshark in all, what the plugin adds, and the ratio")
        for kind in PROTOCOL:
            for name, options in OUTPUTS[kind]:
                whole = whole_cost(stage, kind, arguments.packets, options)
                added = added_cost(stage, kind, few, options)
                print(f"  {kind:5} {name:10} {whole:9.0f} {added:9.0f} {1 + added / whole:9.3f}", flush=True)


if __name__ == "__main__":
    main()
