#!/usr/bin/env python3
"""What the plugin costs, in instructions counted by callgrind; and how fast it opens packets.

usage: bench.py [--build BUILD] [--packets N] [core] [sas] [crypto] [keys] [tshark] [time]      all, if none is named

Counts of instructions repeat to a fraction of a percent, unlike times. The captures hold clean packets of 200 SAs in
turn.

- In the core: what ipsec_judge_briefly() takes for a packet, with as few packets per SA as the captures have if something is
  added below, and with many; and what it takes if many SAs are alive and packets touch them at random, with the memory
  that an SA takes, between two hosts or with a peer of its own.
- In tshark: what a packet takes in all without the plugin, as the slope between a quarter and half of N packets, so
  that the start of the program drops out; and what the plugin adds to it, as the difference in Wireshark's entry point
  for dissection, epan_dissect_run_with_taps(). The start of tshark takes a billion instructions, give or take a few
  million, in which a plain difference of two programs would drown. SAs have 100 packets, except in `mixed`: packets 11
  to 30 of SAs with hosts of their own, of 100 to 1,400 octets, in raw IP. Wireshark seeds its hash tables at random,
  which would move each run by more than a tenth of what the plugin adds; here they have a fixed seed.
- Verification and decryption: throughput in the core and of direct calls of libgcrypt, and the ratio. These are times,
  because the number of instructions of libgcrypt depends on the processor that it finds, which valgrind does not
  emulate.
- tshark with keys: CPU seconds, with 1, 1,000 and 100,000 key rows, and of Wireshark's own decryption; see keyed.py.
- Time of a million small packets, memory of a clean frame, and the cost of other ways to look at ESP; see timed.py.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import argparse
import os
import pathlib
import random
import re
import shutil
import struct
import subprocess
import tempfile

import keyed
import timed
from packets import RAW_IP, in_ethernet, ipv4, ipv6, udp, write_frames

SAS = 200
PAYLOAD = 976
LIVE = (200, 32768, 1000000)
CORE_KINDS = ("esp", "gcm", "ah", "natt")
LINES = ("-r", [])
FIELDS = ("-T fields", ["-T", "fields", "-e", "frame.number"])
FILTER = ("-Y", ["-Y", "ipsec.verdict == 4"])
TABLE = ("-z ipsec,sa", ["-q", "-z", "ipsec,sa"])
STOCK = {"ipsec.verdict == 4": "esp.spi == 4", "ipsec,sa": "conv,ip"}     # what is asked without the plugin
OUTPUTS = {"esp": (LINES, FIELDS, FILTER, TABLE)}
SEED = "bench_seed.so"
ROUTER_ALERT = bytes([148, 4, 0, 0])
PARTS = ("core", "sas", "crypto", "keys", "tshark", "time")
NOBODY = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] if os.getuid() == 0 else []


def esp(number, noise):
    return struct.pack(">II", 0xc0000000 + number % SAS * 7919, number // SAS + 1) + noise


def ah(number, noise):
    """AH in front of UDP to the discard port, so that little else is dissected."""
    spi, sequence = 0xc0000000 + number % SAS * 7919, number // SAS + 1
    return struct.pack(">BBHII", 17, 4, 0, spi, sequence) + noise[:12] + udp(9, 9, noise)


def mixed(number, noise):
    host = number % SAS
    return ipv4(50, esp(number, noise[:72 + number * 52 % 1300 // 4 * 4]),
                (bytes([10, 1, host, 1]), bytes([10, 2, host, 2])))


FRAMES = {
    "esp": lambda number, noise: in_ethernet(ipv4(50, esp(number, noise))),
    "mixed": mixed,
    "ah": lambda number, noise: in_ethernet(ipv4(51, ah(number, noise))),
    "natt": lambda number, noise: in_ethernet(ipv4(17, udp(4500, 4500, esp(number, noise)))),
    "ipv6": lambda number, noise: in_ethernet(ipv6(50, esp(number, noise))),
    "options": lambda number, noise: in_ethernet(ipv4(50, esp(number, noise), options=ROUTER_ALERT)),
    "vlan": lambda number, noise: in_ethernet(ipv4(50, esp(number, noise)), vlan=7),
}


def write_clean(path, kind, count):
    noise = random.Random(1).randbytes(1400 if kind == "mixed" else PAYLOAD)
    frames = (FRAMES[kind](number, noise) for number in range(count))
    write_frames(path, frames, *([RAW_IP] if kind == "mixed" else []))


def environment(stage, plugins):
    """The environment of a tshark that has the plugins in a directory of the stage."""
    return {"PATH": os.environ["PATH"], "HOME": str(stage / "home"), "WIRESHARK_PLUGIN_DIR": str(stage / plugins)}


def instructions(command, variables=None, within=None):
    """Instructions that the command takes, counted by callgrind; only those within a function, if one is named."""
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
    return instructions([str(program), kind, str(count)], within="ipsec_judge_briefly") / count


def print_lookups(program, packets):
    for hosts in ("one", "own"):
        for count in LIVE:
            cost = instructions([str(program), hosts, str(count), str(packets)], within="judge_again") / packets
            said = subprocess.run([str(program), hosts, str(count), "0"], capture_output=True, text=True, check=True)
            # With few packets, the memory is mostly that of the program itself.
            size = said.stdout.split()[0] if count > LIVE[0] else "-"
            print(f"  {hosts:5} {count:9,} {cost:8.0f} {size:>8}", flush=True)


def tshark(stage, kind, count, options, plugins, within=None):
    """Instructions of one run of tshark over `count` packets."""
    capture = stage / f"{kind}-{count}.pcap"
    if not capture.exists():
        write_clean(capture, kind, count)
    if plugins == "none":
        options = [STOCK.get(option, option) for option in options]
    return instructions(["tshark", "-r", str(capture), *options],
                        {**environment(stage, plugins), "LD_PRELOAD": str(stage / SEED)}, within)


def whole_cost(stage, kind, count, options):
    few, many = (tshark(stage, kind, n, options, "none") for n in (count, 2 * count))
    return (many - few) / count


def added(stage, kind, count, options):
    """Instructions that the plugin adds to a run over `count` packets."""
    without, with_it = (tshark(stage, kind, count, options, plugins, "epan_dissect_run_with_taps")
                        for plugins in ("none", "plugins"))
    return with_it - without


def added_cost(stage, kind, options):
    """What the plugin adds per packet."""
    if kind == "mixed":
        return (added(stage, kind, 30 * SAS, options) - added(stage, kind, 10 * SAS, options)) / (20 * SAS)
    return added(stage, kind, 100 * SAS, options) / (100 * SAS)


def print_core(stage, count):
    few, many = count // 4, 10 * count
    print(f"instructions per clean packet, in the core, with {few // SAS} and {many // SAS} packets of an SA")
    for kind in CORE_KINDS:
        costs = (core_cost(stage / "bench_core", kind, number) for number in (few, many))
        print(f"  {kind:5}", *(f"{cost:8.0f}" for cost in costs))


def print_tshark(stage, count):
    print("instructions per clean packet, tshark in all, what the plugin adds, and the ratio")
    for kind in FRAMES:
        for name, options in OUTPUTS.get(kind, (LINES,)):
            whole, plugin = whole_cost(stage, kind, count // 4, options), added_cost(stage, kind, options)
            print(f"  {kind:8} {name:12} {whole:9.0f} {plugin:9.0f} {1 + plugin / whole:9.3f}", flush=True)


def make_stage(folder, build):
    """Copies that the user nobody may read, because as root Wireshark loads no plugins from such a directory."""
    stage = pathlib.Path(folder)
    for name in ("home", "none"):
        (stage / name).mkdir()
    shutil.copytree(build / "plugins", stage / "plugins")
    for program in ("bench_core", "bench_crypto", "bench_sas", SEED):
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
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], help="what to measure; all, if none is named")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        stage, count = make_stage(folder, arguments.build), arguments.packets

        def runner(plugins, options):
            return NOBODY + ["tshark", *options], environment(stage, plugins)

        def print_sas():
            print("live SAs touched at random, instructions per packet in the core, octets of memory per SA")
            print_lookups(stage / "bench_sas", 10 * count)

        def print_crypto():
            print("verification and decryption: octets of packet, Mbit/s in the core and by libgcrypt alone, and the "
                  "ratio", flush=True)
            subprocess.run([str(stage / "bench_crypto")], check=True)

        def print_keys():
            print("tshark with keys: CPU seconds, the ratio to the first line, and packets whose ICV was found good",
                  flush=True)
            keyed.measure(stage, runner, count)

        parts = {"core": lambda: print_core(stage, count), "sas": print_sas, "crypto": print_crypto,
                 "keys": print_keys, "tshark": lambda: print_tshark(stage, count),
                 "time": lambda: timed.measure(stage, runner)}
        for part in arguments.parts or PARTS:
            parts[part]()


if __name__ == "__main__":
    main()
