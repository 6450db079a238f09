"""Time and memory of whole runs of tshark, with the plugin and without; and other ways to look at the same packets.

The capture holds small packets of ESP: 128 octets of IP, of 200 SAs in turn, 100,000 packets a second. The ways that
are compared run in turn, so that other load on the machine affects all of them.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import os
import random
import statistics
import struct
import subprocess

from packets import in_ethernet, ipv4, write_frames

PACKETS = 1000000
PAIRS = 9
OF_PEERS = 200000
RUNS_OF_PEERS = 5
SAS = 200

# What a user would write in an hour: four of the rules, on the fields of the stock dissector.
LUA = """
local spi, sequence, length = Field.new("esp.spi"), Field.new("esp.sequence"), Field.new("ip.len")
local rules = Proto("rules", "Four rules on ESP")
local found = ProtoField.string("rules.found", "Found")
local highest = {}
rules.fields = {found}
function rules.dissector(buffer, pinfo, tree)
    local s, q, l = spi(), sequence(), length()
    if not s or not q or not l then return end
    local key = s.value
    if s.value == 0 then tree:add(found, "SPI 0") end
    if q.value == 0 then tree:add(found, "number 0") end
    if (l.value - 20) % 4 ~= 0 then tree:add(found, "alignment") end
    if highest[key] and q.value <= highest[key] then tree:add(found, "old number") end
    highest[key] = math.max(highest[key] or 0, q.value)
end
register_postdissector(rules)
"""


def small(count):
    noise = random.Random(3).randbytes(100)
    for number in range(count):
        header = struct.pack(">II", 0xc0000000 + number % SAS * 7919, number // SAS + 1)
        yield in_ethernet(ipv4(50, header + noise))


class Way:
    def __init__(self, name, plugins, options=()):
        self.name, self.plugins, self.options = name, plugins, options
        self.seconds, self.kilobytes = [], []


def run(runner, way, capture):
    """One run: its user CPU seconds and peak memory."""
    command, environment = runner(way.plugins, ["-r", str(capture), *way.options])
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{way.name}: tshark failed")
    way.seconds.append(usage.ru_utime)
    way.kilobytes.append(usage.ru_maxrss)


def compare(runner, ways, capture, runs):
    for _ in range(runs):
        for way in ways:
            run(runner, way, capture)


def ratios(way, base):
    return sorted(one / other for one, other in zip(way.seconds, base.seconds))


def measure(stage, runner):
    many, few, script = stage / "million.pcap", stage / "peers.pcap", stage / "rules.lua"
    write_frames(many, small(PACKETS), rate=100000)
    write_frames(few, small(OF_PEERS), rate=100000)
    script.write_text(LUA)
    script.chmod(0o644)
    alone, ours = Way("tshark", "none"), Way("with the plugin", "plugins")
    compare(runner, (alone, ours), many, PAIRS)
    all_of_them = ratios(ours, alone)
    print(f"{PACKETS:,} packets of 128 octets, user CPU with the plugin to without: median of {PAIRS} pairs, least, most")
    print(f"  {statistics.median(all_of_them):.3f} {all_of_them[0]:.3f} {all_of_them[-1]:.3f}")
    octets = (statistics.median(ours.kilobytes) - statistics.median(alone.kilobytes)) * 1024
    start = memory_of_start(runner, stage)
    print(f"octets of memory per clean frame\n  {(octets - start) / PACKETS:.1f}", flush=True)
    peers = (Way("tshark", "none"),
             Way("without its sequence analysis", "none", ("-o", "esp.do_esp_sequence_analysis:FALSE")),
             Way("with the plugin", "plugins"),
             Way("with the plugin, without that analysis", "plugins", ("-o", "esp.do_esp_sequence_analysis:FALSE")),
             Way("with four rules in Lua", "none", ("-X", f"lua_script:{script}")))
    compare(runner, peers, few, RUNS_OF_PEERS)
    print(f"{OF_PEERS:,} of them, user CPU seconds, and the ratio to the first: medians of {RUNS_OF_PEERS} runs in turn")
    for way in peers:
        print(f"  {way.name:40} {statistics.median(way.seconds):6.2f} "
              f"{statistics.median(ratios(way, peers[0])):6.3f}", flush=True)


def memory_of_start(runner, stage):
    """What the plugin takes with a capture of one packet per SA: its code, catalogue and fields."""
    capture = stage / "start.pcap"
    write_frames(capture, small(SAS), rate=100000)
    alone, ours = Way("tshark", "none"), Way("with the plugin", "plugins")
    compare(runner, (alone, ours), capture, RUNS_OF_PEERS)
    return (statistics.median(ours.kilobytes) - statistics.median(alone.kilobytes)) * 1024
