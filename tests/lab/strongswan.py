#!/usr/bin/python3
"""A lab that finds out what strongSwan's userland ESP (libipsec) reports for faulty packets.

Two strongSwan daemons in two network namespaces set up a tunnel with ESP in UDP. Then the first one is stopped, and in
its place this script sends what esp_faults.py makes: sound and faulty packets, sealed with the keys of the tunnel from
the log of the second daemon. After each one it records what that daemon has logged since, and whether it passed a
packet on to its TUN device. It writes, per set of algorithms,

    strongswan_NAME.pcap             what the second daemon received
    strongswan_NAME.xfrm-state.txt   the keys, as `ip xfrm state` would print them
    strongswan_NAME.log.tsv          per frame what it is, what the daemon logged, whether it delivered it

tests/tshark/test_strongswan.py compares the plugin with these. ctest never runs this script. It needs Debian 12, root,
network namespaces, /dev/net/tun, and

    apt-get install strongswan-swanctl strongswan-charon libcharon-extra-plugins libstrongswan-extra-plugins \
        libstrongswan-standard-plugins iproute2 busybox python3-scapy python3-cryptography

    /usr/bin/python3 tests/lab/strongswan.py FOLDER [NAME ...]

SPDX-License-Identifier: GPL-2.0-or-later
"""
import contextlib
import ctypes
import os
import re
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
sys.path += [str(TESTS), str(TESTS / "tshark")]

import esp_faults
import pcap
from samples.packets import ESP
from samples.sa import CBC_SHA256, GCM, NULL_SHA256, Sa
from scapy.layers.inet import IP, UDP
from scapy.layers.inet6 import IPv6
from scapy.layers.l2 import Ether
from scapy.packet import Raw

# name: proposals for IKE and for ESP, suite, version of IP outside and inside
SETS = {"cbc": ("aes128-sha256-ecp256", "aes128-sha256", CBC_SHA256, 4),
        "null": ("aes128-sha256-ecp256", "null-sha256", NULL_SHA256, 4),
        "gcm": ("aes128gcm16-prfsha256-ecp256", "aes128gcm16", GCM, 4),
        "gcm_ipv6": ("aes128gcm16-prfsha256-ecp256", "aes128gcm16", GCM, 6)}
SPACES, DEVICES = ("ss-lab-a", "ss-lab-b"), ("sslaba", "sslabb")
OUTER = {4: ("10.88.0.1", "10.88.0.2"), 6: ("fd88::1", "fd88::2")}
INNER = {4: ("10.81.0.1", "10.82.0.1"), 6: ("fd81::1", "fd82::1")}
MACS = ("02:00:00:00:88:01", "02:00:00:00:88:02")
CHARON = "/usr/lib/ipsec/charon"

# A packet sent after each injected one: the daemon handles packets in order, so when it logs this one it is done with
# the other. It comes from a port of its own, and is left out of the capture.
FENCE_SPI, FENCE_PORT = 0xFE0CE000, 4501

DAEMON = """charon {{
  load = random nonce aes sha1 sha2 hmac kdf gcm openssl kernel-libipsec kernel-netlink socket-default vici
  install_virtual_ip = no
  keep_alive = 0
  plugins {{
    vici {{ socket = unix://{folder}/vici }}
    kernel-libipsec {{ allow_peer_ts = yes }} }}
  filelog {{ lab {{ path = {folder}/log
      default = 1
      chd = 4
      esp = 2
      net = 3
      flush_line = yes }} }}
}}
"""
CONNECTION = """connections {{ lab {{ version = 2
  local_addrs = {own}
  remote_addrs = {peer}
  proposals = {ike}
  encap = yes
  mobike = no
  local {{ auth = psk
    id = {own_id}.lab }}
  remote {{ auth = psk
    id = {peer_id}.lab }}
  children {{ net {{ local_ts = {own_inner}
    remote_ts = {peer_inner}
    esp_proposals = {esp}
    mode = tunnel }} }} }} }}
secrets {{ ike-1 {{ secret = "lab-psk-not-secret" }} }}
"""


def run(*command, check=True):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=30,
                          check=False)
    if check and done.returncode:
        sys.exit(f"{' '.join(command)}: {done.stdout}")
    return done.stdout


# --- network --------------------------------------------------------------------------------------

@contextlib.contextmanager
def network():
    remove_network()
    for space in SPACES:
        run("ip", "netns", "add", space)
    run("ip", "link", "add", DEVICES[0], "netns", SPACES[0], "type", "veth", "peer", "name", DEVICES[1], "netns",
        SPACES[1])
    for end, (space, device) in enumerate(zip(SPACES, DEVICES)):
        def inside(*command):
            run("ip", "netns", "exec", space, *command)
        inside("sysctl", "-qw", "net.ipv4.conf.all.rp_filter=0", "net.ipv4.conf.default.rp_filter=0")
        inside("ip", "link", "set", device, "address", MACS[end], "up")
        inside("ip", "link", "set", "lo", "up")
        for version, mask in ((4, 24), (6, 64)):
            nodad = ["nodad"] if version == 6 else []
            inside("ip", "address", "add", f"{OUTER[version][end]}/{mask}", "dev", device, *nodad)
            inside("ip", "address", "add", INNER[version][end], "dev", "lo", *nodad)
    try:
        yield
    finally:
        remove_network()


def remove_network():
    for space in SPACES:
        run("ip", "netns", "del", space, check=False)


@contextlib.contextmanager
def inside_space(space):
    """Moves this thread into a network namespace; the sockets that it opens stay there."""
    libc = ctypes.CDLL(None, use_errno=True)
    with open("/proc/self/ns/net", encoding="ascii") as home, \
            open(f"/run/netns/{space}", encoding="ascii") as there:
        def enter(file):
            if libc.setns(file.fileno(), 0) != 0:
                raise OSError(ctypes.get_errno(), "setns")
        enter(there)
        try:
            yield
        finally:
            enter(home)


def packet_socket(space, device):
    with inside_space(space):
        opened = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
        opened.bind((device, 0))
    opened.setblocking(False)
    return opened


def listener(version):
    """A socket for the port of the host behind the tunnel, which would otherwise answer with ICMP errors."""
    with inside_space(SPACES[1]):
        opened = socket.socket(socket.AF_INET6 if version == 6 else socket.AF_INET, socket.SOCK_DGRAM)
        opened.bind((INNER[version][1], esp_faults.PORTS[1]))
    return opened


def drain(opened, kinds):
    """The frames that wait in a packet socket, of these kinds (0: incoming, 4: outgoing)."""
    frames = []
    with contextlib.suppress(BlockingIOError):
        while True:
            octets, (_, _, kind, *_) = opened.recvfrom(65536)
            if kind in kinds:
                frames.append(octets)
    return frames


# --- daemons --------------------------------------------------------------------------------------

class Daemon:
    """One strongSwan; `end` is 0 for the one that sends, 1 for the receiver."""

    def __init__(self, end, folder, ike, esp, version):
        self.folder = folder
        (folder / "run").mkdir(parents=True)
        (folder / "strongswan.conf").write_text(DAEMON.format(folder=folder))
        (folder / "swanctl.conf").write_text(CONNECTION.format(
            ike=ike, esp=esp, own=OUTER[version][end], peer=OUTER[version][1 - end], own_id="ab"[end],
            peer_id="ba"[end], own_inner=INNER[version][end], peer_inner=INNER[version][1 - end]))
        # A /run of its own, because both write a pid file there.
        command = f"mount --bind {folder}/run /run && exec {CHARON}"
        with open(folder / "out", "w", encoding="ascii") as out:
            self.process = subprocess.Popen(
                ["ip", "netns", "exec", SPACES[end], "unshare", "-m", "sh", "-c", command], stdout=out, stderr=out,
                env=dict(os.environ, STRONGSWAN_CONF=str(folder / "strongswan.conf")))
        self._wait_for(lambda: (folder / "vici").exists(), "its socket")
        self.swanctl("--load-all", "--file", str(folder / "swanctl.conf"))
        self.position = 0

    @staticmethod
    def _wait_for(ready, what):
        deadline = time.monotonic() + 10
        while not ready():
            if time.monotonic() > deadline:
                sys.exit(f"strongSwan: waited in vain for {what}")
            time.sleep(0.002)

    def swanctl(self, *arguments):
        return run("swanctl", *arguments, "--uri", f"unix://{self.folder}/vici")

    def log(self):
        return (self.folder / "log").read_text(errors="replace")

    def new_lines_up_to(self, mark):
        """Waits until it has logged a line that matches `mark`; returns what it has logged since the last call."""
        self._wait_for(lambda: mark.search(self.log(), self.position), mark.pattern)
        text = self.log()
        lines = text[self.position:mark.search(text, self.position).start()].splitlines()
        self.position = mark.search(text, self.position).end()
        return lines

    def stop(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()


# --- what the log contains ---------------------------------------------------------------------------

LINE = re.compile(r"\d+\[(ESP|NET)\] (\S.*)")
ROUTINE = re.compile(r"parsed ESP header|no matching outbound|waiting for data|sending packet|received packet(:| =>)")


def messages_in(lines):
    """What the daemon logged about packets that it received; of a message of several lines, the first."""
    told = [match[2].rstrip(":") for match in map(LINE.match, lines) if match]
    return [text for text in told if not ROUTINE.match(text)]


def key_in(log, name):
    """The key that charon logged last under this name."""
    dump = re.findall(rf"\[CHD\] {name} key => (\d+) bytes @ \S+\n((?:.*\[CHD\]\s+\d+: .*\n)+)", log)[-1]
    digits = "".join("".join(re.findall(r"\b[0-9A-F]{2}\b", row.split(": ", 1)[1][:47])) for row in
                     dump[1].splitlines())
    key = bytes.fromhex(digits)
    assert len(key) == int(dump[0]), name
    return key


class TunnelSa(Sa):
    """An SA that the daemons agreed on, from `ends[0]` to `ends[1]`."""
    ends = None

    def state(self, **changes):
        # Without a window, which is strongSwan's own.
        text = re.sub(r"\treplay-window .*\n|\tanti-replay context: .*\n", "", super().state(**changes))
        return re.sub(r"^src \S+ dst \S+", "src {} dst {}".format(*self.ends), text)


def sas_of(log, suite, version):
    """The SA from the first daemon to the second, according to the log of the second, and the reverse SA."""
    spi_in, spi_out = re.findall(r"CHILD_SA net\{\d+\} established with SPIs (\w+)_i (\w+)_o", log)[-1]
    sas = []
    for spi, role, source in ((spi_in, "initiator", 0), (spi_out, "responder", 1)):
        inner = f"src {INNER[version][source]} dst {INNER[version][1 - source]}"
        sa = TunnelSa(0, version, suite, "tunnel", udp=True, selector=inner)
        sa.ends = OUTER[version][source], OUTER[version][1 - source]
        sa.spi = int(spi, 16)
        sa.cipher_key = key_in(log, f"encryption {role}") if suite.cipher != "NULL" else b""
        sa.mac_key = key_in(log, f"integrity {role}") if suite.digest else b""
        sas.append(sa)
    return sas


# --- injecting ------------------------------------------------------------------------------------

def frame_of(injection, version, identification, port=esp_faults.NATT_PORT):
    """The Ethernet frame; each has its own IPv4 identification, as a sender would choose it."""
    source, destination = OUTER[version]
    ip = IPv6(src=source, dst=destination) if version == 6 else IP(src=source, dst=destination, id=identification)
    if injection.port is None:
        setattr(ip, "nh" if version == 6 else "proto", ESP)
        packet = ip / Raw(injection.octets)
    else:
        source_port = port if injection.port == esp_faults.NATT_PORT else injection.port
        udp = UDP(sport=source_port, dport=injection.port)
        if version == 4:
            udp.chksum = 0
        packet = ip / udp / Raw(injection.octets)
    return bytes(Ether(src=MACS[0], dst=MACS[1]) / packet)


def is_told(frame):
    """Whether a frame is IPsec, IKE or pretends to be; false for neighbour discovery, ICMP, and the fences."""
    packet = frame[14:]
    protocol, at = (packet[6], 40) if packet[0] >> 4 == 6 else (packet[9], 20)
    if protocol == ESP:
        return True
    return protocol == 17 and struct.unpack_from("!H", packet, at)[0] in (esp_faults.IKE_PORT, esp_faults.NATT_PORT)


class Lab:
    """The wire, the TUN device of the receiver, and the capture."""

    def __init__(self, version, receiver):
        self.version, self.receiver = version, receiver
        self.sender = packet_socket(SPACES[0], DEVICES[0])
        self.wire = packet_socket(SPACES[1], DEVICES[1])
        self.tun = packet_socket(SPACES[1], "ipsec0")
        self.listener = listener(version)
        self.records, self.rows = [], []
        self.fences = 0

    def close(self):
        for opened in (self.sender, self.wire, self.tun, self.listener):
            opened.close()

    def keep(self, frames, row):
        for octets in filter(is_told, frames):
            now = time.time_ns() // 1000
            self.records.append(pcap.Record(now // 1_000_000, now % 1_000_000, len(octets), octets))
            self.rows.append(row)

    def _fence(self):
        """Waits until the receiver is done with what was sent before, and returns what it logged about that."""
        self.fences += 1
        octets = struct.pack("!II", FENCE_SPI, self.fences) + bytes(24)
        self.sender.send(frame_of(esp_faults.Injection("fence", octets), self.version, self.fences, FENCE_PORT))
        mark = re.compile(rf"parsed ESP header with SPI {FENCE_SPI:08x} \[seq {self.fences}\]\n"
                          r".*does not belong to an installed SA\n")
        return self.receiver.new_lines_up_to(mark)

    def inject(self, injection, identification):
        drain(self.tun, ())
        self.sender.send(frame_of(injection, self.version, identification))
        time.sleep(0.008)   # longer than the threshold for capture artefacts
        lines = self._fence()
        time.sleep(0.002)
        delivered = "yes" if drain(self.tun, (0,)) else "no"
        frames = [frame for frame in drain(self.wire, (0,)) if is_told(frame)]
        assert len(frames) == 1, injection.what
        self.keep(frames, (injection.what, "; ".join(messages_in(lines)) or "-", delivered))


def genuine_traffic(lab, daemon):
    """The setup and normal use of the tunnel: IKE, and a few echo requests with their replies."""
    daemon.swanctl("--initiate", "--child", "net")
    lab.keep(drain(lab.wire, (0, 4)), ("IKE", "-", "no"))
    run("ip", "netns", "exec", SPACES[0], "busybox", "ping", "-I", INNER[lab.version][0], "-c", "4", "-i", "0.1", "-s",
        "24", INNER[lab.version][1])
    time.sleep(0.2)
    lab.keep(drain(lab.wire, (0,)), ("echo request of the peer", "-", "yes"))


def write(folder, name, lab, sas):
    base = folder / f"strongswan_{name}"
    pcap.write(base.with_suffix(".pcap"), lab.records)
    base.with_suffix(".xfrm-state.txt").write_text("".join(sa.state() for sa in sas))
    rows = [f"{number}\t" + "\t".join(row) for number, row in enumerate(lab.rows, 1)]
    base.with_suffix(".log.tsv").write_text("# frame\twhat it is\twhat charon logged\tdelivered\n" +
                                            "\n".join(rows) + "\n")


def record(name, folder):
    ike, esp, suite, version = SETS[name]
    with contextlib.ExitStack() as stack:
        stack.enter_context(network())
        place = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="strongswan-lab-")))
        daemons = []
        for end in (1, 0):
            daemons.append(Daemon(end, place / "ab"[end], ike, esp, version))
            stack.callback(daemons[-1].stop)
        receiver, peer = daemons
        lab = Lab(version, receiver)
        stack.callback(lab.close)
        genuine_traffic(lab, peer)
        peer.stop(signal.SIGKILL)       # without telling the receiver
        sas = sas_of(receiver.log(), suite, version)
        receiver.position = len(receiver.log())
        for number, injection in enumerate(esp_faults.make(sas[0], INNER[version], sas[1].spi), 1):
            lab.inject(injection, number)
        write(folder, name, lab, sas)
    print(f"{name}: {len(lab.records)} frames, {sum(row[1] != '-' for row in lab.rows)} with a message")


def main(folder, *names):
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    for name in names or SETS:
        record(name, folder)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    main(*sys.argv[1:])
