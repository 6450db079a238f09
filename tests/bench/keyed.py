"""tshark with keys: what it takes to verify and decrypt a capture with the plugin, and with Wireshark alone.

The capture holds packets of one SA with AES-GCM-16; inside is UDP. In one of LAME packets the inner dissector throws,
so that Wireshark's own check shows no result. If there are other rows, the row of the SA is the last one, because rows
may be in any order.

Needs the Python module "cryptography".

SPDX-License-Identifier: GPL-2.0-or-later
"""
import os
import random
import resource
import statistics
import struct
import subprocess

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from packets import ipv4, udp, write_capture

LENGTH = 918    # of the inner UDP payload: the IP packet has 1,000 octets
LAME = 250
RUNS = 5
ROWS = (1, 1000, 100000)
STOCK_ROWS = (1, 100)

SPI, KEY = 0x1000, bytes(range(20))
OUTER = (bytes([10, 9, 0, 1]), bytes([10, 9, 0, 2]))
INNER = (bytes([10, 1, 0, 1]), bytes([10, 2, 0, 1]))

OURS_GOOD, STOCK_GOOD = "ipsec.icv.status == 1", "esp.icv_good == 1"
STOCK_OPTIONS = ("-o", "esp.enable_encryption_decode:TRUE", "-o", "esp.enable_authentication_check:TRUE")


def inner_udp(number, noise):
    """The inner UDP datagram; in a few of them a DNS message with more questions than octets."""
    if number % LAME == 0:
        return udp(40000, 53, struct.pack(">HHHHHH", 1, 0, 9999, 0, 0, 0) + noise[12:])
    return udp(40000, 50001, noise)


def keyed_packets(count):
    cipher, noise = AESGCM(KEY[:16]), random.Random(1).randbytes(LENGTH)
    for number in range(1, count + 1):
        payload = ipv4(17, inner_udp(number, noise), INNER)
        pad = -(len(payload) + 2) % 4
        plaintext = payload + bytes(range(1, pad + 1)) + bytes([pad, 4])
        header, iv = struct.pack(">II", SPI, number), struct.pack(">Q", number)
        yield ipv4(50, header + iv + cipher.encrypt(KEY[16:] + iv, plaintext, header), OUTER)


def sas(count):
    """Destination, SPI and key of `count` SAs; those of the capture come last."""
    noise = random.Random(2)
    for number in range(count - 1):
        yield f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}", 0x10000000 + number, noise.randbytes(20)
    yield "10.9.0.2", SPI, KEY


def xfrm_state(count):
    return "".join(f"src 10.9.0.1 dst {destination}\n"
                   f"\tproto esp spi 0x{spi:08x} reqid 1 mode tunnel\n"
                   "\treplay-window 32 \n"
                   f"\taead rfc4106(gcm(aes)) 0x{key.hex()} 128\n"
                   "\tanti-replay context: seq 0x0, oseq 0x0, bitmap 0x00000000\n"
                   "\tsel src 0.0.0.0/0 dst 0.0.0.0/0 \n" for destination, spi, key in sas(count))


def our_table(count):
    return "".join(f'"ESP","*","{destination}","0x{spi:08x}","AES_GCM_16","{key.hex()}","NONE","","no","tunnel"\n'
                   for destination, spi, key in sas(count))


def stock_table(count):
    return "".join(f'"IPv4","10.9.0.1","{destination}","0x{spi:08x}","AES-GCM with 16 octet ICV [RFC4106]",'
                   f'"0x{key.hex()}","NULL",""\n' for destination, spi, key in sas(count))


class Way:
    """One way to read the capture: with or without the plugin, and its options."""

    def __init__(self, name, plugins, options, good):
        self.name, self.plugins, self.options, self.good = name, plugins, options, good
        self.seconds = []


def write_profile(stage, name, table, text):
    """A profile with the table; so many rows would not fit on the command line."""
    folder = stage / "home" / ".config" / "wireshark" / "profiles" / name
    folder.mkdir(parents=True)
    (folder / table).write_text(text)
    return ("-C", name)


def write_state(stage, count):
    path = stage / f"state-{count}"
    path.write_text(xfrm_state(count))
    path.chmod(0o644)
    return ("-o", f"ipsec.sa_file:{path}")


def make_ways(stage):
    """The first way is Wireshark alone with one row; the others are compared with it."""
    ways = [Way(f"Wireshark alone, {count:,} rows", "none",
                (*write_profile(stage, f"stock-{count}", "esp_sa", stock_table(count)), *STOCK_OPTIONS), STOCK_GOOD)
            for count in STOCK_ROWS]
    ways.append(Way("neither keys nor plugin", "none", (), None))
    for count in ROWS:
        ways.append(Way(f"ip xfrm state, {count:,} SAs", "plugins", write_state(stage, count), OURS_GOOD))
    for count in ROWS:
        ways.append(Way(f"ipsec_sa, {count:,} rows", "plugins",
                        write_profile(stage, f"ours-{count}", "ipsec_sa", our_table(count)), OURS_GOOD))
    return ways


def read(runner, way, capture, *options):
    """Reads the capture; returns what tshark says, and its CPU seconds."""
    command, environment = runner(way.plugins, ["-r", str(capture), *way.options, *options])
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    output = subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True).stdout
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return output, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def good_ones(runner, way, capture):
    return read(runner, way, capture, "-Y", way.good)[0].count(b"\n") if way.good else 0


def measure(stage, runner, count):
    """Prints a line per way. `runner` makes command and environment of a tshark from plugins and arguments."""
    capture = stage / "keyed.pcap"
    write_capture(capture, keyed_packets(count))
    ways = make_ways(stage)
    for path in (stage / "home").rglob("*"):
        os.chmod(path, 0o755)
    for _ in range(RUNS):
        for way in ways:
            way.seconds.append(read(runner, way, capture)[1])
    for way in ways:
        ratio = statistics.median(ours / stock for ours, stock in zip(way.seconds, ways[0].seconds))
        print(f"  {way.name:30} {min(way.seconds):7.2f} {ratio:7.2f} {good_ones(runner, way, capture):7}", flush=True)
