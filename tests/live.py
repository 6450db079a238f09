#!/usr/bin/env python3
"""Live capture at full rate: tshark on one end of a veth pair while ESP is sent into the other as fast as possible.

    tests/live.py [--seconds 60] [--window]

Every hundredth packet repeats an old one, so it is known exactly which frames must be "drop". This is compared frame by
frame in a capture that ends by itself, one that is stopped and the next one, and one into a ring of files. Memory may
grow with the frames, but only by what is kept of each. With --window, Wireshark's window captures too, and is restarted
(this needs what tests/gui/run needs).

Runs as root, in a network namespace of its own; exits with 77 if that, or capturing, is not possible. In a minute it
sends up to 12 million frames, for which tshark takes a few minutes more. ctest runs one second of it.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import argparse
import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from pathlib import Path

TESTS = Path(__file__).resolve().parent
sys.path += [str(TESTS / "tshark"), str(TESTS / "gui")]
import tshark_runner                                              # noqa: E402 (the path is needed first)
from desktop import SCREEN, Area, Desktop, Wireshark, until      # noqa: E402
from tshark_runner import NOBODY, add_arguments, open_tshark     # noqa: E402

NEAR, FAR = "ipsec-near", "ipsec-far"
SAS = 4
AGAIN_EVERY = 100       # packets
AGAIN_BEHIND = 1000     # numbers: outside of every window, and too late to count as captured twice
PAUSE = 0.0002          # seconds between numbers, so that tshark keeps up
FRAME = 14 + 20 + 8 + 92
KEPT_OF_A_FRAME = 200   # octets that tshark and the plugin may keep, including the record of 16
# Columns, because with "-T fields" Wireshark 4.0 builds the whole tree, which takes twice as long.
FIELDS = ("-T", "tabs", "-o", 'gui.column.format:"N","%m","S","%Cus:ipsec.spi","Q","%Cus:ipsec.seq","V","%Cus:ipsec.verdict"')
tshark_runner.TIMEOUT = 3600        # millions of frames are read
MAY_CAPTURE = ("--inh-caps=+net_raw,+net_admin", "--ambient-caps=+net_raw,+net_admin")
DROP = "drop"
STATUS = Area(SCREEN[0], 30, 0, SCREEN[1] - 30)     # of the window


def checksum(octets):
    total = sum(struct.unpack(f"!{len(octets) // 2}H", octets))
    total = (total & 0xFFFF) + (total >> 16)
    return ~((total & 0xFFFF) + (total >> 16)) & 0xFFFF


def frame_of(sa, number):
    """ESP whose IVs are its numbers, as is usual with AES-GCM."""
    header = struct.pack("!BBHHHBBH4s4s", 0x45, 0, FRAME - 14, 0, 0x4000, 64, 50, 0, bytes((192, 0, 2, sa + 1)),
                         bytes((198, 51, 100, 1)))
    header = header[:10] + struct.pack("!H", checksum(header)) + header[12:]
    body = struct.pack("!IIQ", 0xC0010000 + sa, number, number) + bytes((number * 7 + place * 31) & 0xFF
                                                                           for place in range(84))
    return b"\x02\0\0\0\0\2\x02\0\0\0\0\1\x08\0" + header + body


class Sender(threading.Thread):
    """Sends on request until it is stopped. Numbers continue from one capture to the next."""

    def __init__(self):
        super().__init__(daemon=True)
        self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
        self.socket.bind((NEAR, 0))
        self.wanted, self.stopped = threading.Event(), threading.Event()
        self.sent, self.pause = 0, PAUSE

    def run(self):
        number = 0
        frames = [bytearray(frame_of(sa, 0)) for sa in range(SAS)]
        while not self.stopped.is_set():
            if not self.wanted.wait(0.1):
                continue
            number += 1
            if self.pause:
                time.sleep(self.pause)
            for sa, frame in enumerate(frames):
                self.send(frame, number)
                if number % AGAIN_EVERY == sa and number > AGAIN_BEHIND:
                    self.send(frame, number - AGAIN_BEHIND)

    def send(self, frame, number):
        struct.pack_into("!IQ", frame, 38, number, number)
        try:
            self.socket.send(frame)
        except OSError:     # the queue is full
            time.sleep(0.001)
        self.sent += 1


class Expectation:
    """What each frame must be, in order."""

    def __init__(self):
        self.highest, self.captured = {}, {}

    def verdict(self, spi, number):
        """Whether a frame must be "drop" and whether it may be. A number far behind must be if it was captured before;
        if the capture has lost that packet, Wireshark cannot know which of the two numbers is the odd one."""
        seen = self.captured.setdefault(spi, bytearray())
        seen.extend(bytes(max(0, number + 1 - len(seen))))
        before, seen[number] = seen[number], 1
        behind = number <= self.highest.get(spi, 0) - AGAIN_BEHIND // 2
        self.highest[spi] = max(number, self.highest.get(spi, 0))
        return behind and bool(before), behind


def check(what, lines, least=1):
    """Each line is a frame, and at least `least` of them must be "drop"; returns the number of frames."""
    expectation, frames, wanted, wrong = Expectation(), 0, 0, []
    for line in lines:
        frame, spi, number, verdict = line.split()
        must, may = expectation.verdict(spi, int(number))
        frames += 1
        wanted += must
        if not must <= (verdict == DROP) <= may:
            wrong.append(frame)
    assert frames and wanted >= least and not wrong, f"{what}: {frames} frames, {wanted} to drop, wrong: {wrong[:20]}"
    return frames


def memory(pid):
    """Resident memory in octets."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


class Capture:
    """A tshark that captures what is sent, and prints a line for each frame."""

    def __init__(self, tshark, sender, *options, pause=0):
        self.sender = sender
        self.sender.wanted.set()
        command = tshark._command(["-n", "-i", FAR, "-f", "ip", *options, *FIELDS], True)
        if os.geteuid() == 0:
            command[1:1] = MAY_CAPTURE
        self.output = tshark.root / "live.txt"
        with self.output.open("w") as file:
            self.process = subprocess.Popen(command, cwd=tshark.crafted, stdout=file, stderr=subprocess.PIPE, text=True)
        self.most, self.behind = 0, 0
        until(lambda: self.output.stat().st_size or not self.runs(), "a first line")
        self.sender.pause = pause

    def runs(self):
        """Once it has ended, `most` is the peak of its memory. Looking at it from time to time would miss that of a short
        run on a busy machine."""
        if self.process.returncode is None:
            ended, status, usage = os.wait4(self.process.pid, os.WNOHANG)
            if ended:
                self.process.returncode, self.most = os.waitstatus_to_exitcode(status), usage.ru_maxrss * 1024
        return self.process.returncode is None

    def watch(self, seconds):
        """Waits until it ends or the time is over."""
        end = time.monotonic() + seconds
        while self.runs() and time.monotonic() < end:
            time.sleep(0.2)

    def finish(self, seconds):
        """Sends for that time, waits until tshark has read what was captured, and returns its lines."""
        self.watch(seconds)
        self.sender.wanted.clear()
        self.sender.pause = PAUSE
        end = time.monotonic()
        self.watch(3600)
        self.behind = time.monotonic() - end
        errors = self.process.stderr.read()
        assert self.process.returncode == 0, errors
        return self.output.open()

    def interrupt(self, seconds):
        """The same, but stops the capture as a user would."""
        self.watch(seconds)
        self.process.send_signal(signal.SIGINT)
        return self.finish(0)


def report(what, frames, capture):
    print(f"{what}: {frames:,} frames, each judged rightly; at most {capture.most / 1e6:.0f} MB; ended",
          f"{capture.behind:.0f} s after the last was sent", flush=True)


def ends_by_itself(tshark, sender, seconds):
    few = Capture(tshark, sender, "-a", "packets:5000")
    few_frames = check("5,000 frames", few.finish(60))
    file = tshark.crafted / "live.pcapng"
    capture = Capture(tshark, sender, "-a", f"duration:{seconds}", "-w", file, "-P")
    frames = check("autostop", capture.finish(seconds))
    with capture.output.open() as lines:
        drops = [line.split() for line in lines if DROP in line]
    again = tshark.read(file, "-Y", f'ipsec.verdict == "{DROP}" or frame.number > {frames}', *FIELDS)
    assert [line.split() for line in again.splitlines()] == drops, "the same file, read"
    assert capture.most < few.most + (frames - few_frames) * KEPT_OF_A_FRAME + 60e6, "memory grows too fast"
    report("autostop", frames, capture)


def stopped_and_started(tshark, sender, seconds):
    for what in ("stopped", "started again"):
        capture = Capture(tshark, sender)
        report(what, check(what, capture.interrupt(seconds)), capture)


def parts_of(lines):
    """The parts of a ring: frame numbers restart with each file, as when it is read from disk."""
    part = []
    for line in lines:
        if part and line.split(None, 1)[0] == "1":
            yield part
            part = []
        part.append(line)
    yield part


def ring(tshark, sender, files):
    """Sent slowly, because nothing is shown of a file that is deleted before tshark reads it."""
    capture = Capture(tshark, sender, "-a", f"files:{files}", "-b", "filesize:1000", "-b", "files:4", "-w",
                      tshark.crafted / "ring.pcapng", "-P", pause=PAUSE)
    frames = [check("a part of a ring", part, least=0) for part in parts_of(capture.finish(3600))]
    left = sorted(tshark.crafted.glob("ring_*.pcapng"))
    assert len(left) == 4, left
    check(left[0].name, tshark.read(left[0], *FIELDS).splitlines(), least=0)
    report(f"ring, {len(frames)} of {files} files read before they went", sum(frames), capture)


def window(tshark, sender, profile, seconds):
    """Wireshark's window shows what it should after a capture is restarted. Sent slowly, because a window that cannot
    keep up does not respond."""
    desktop = Desktop()

    def other_file(than):
        return next((path for path in (desktop.home / "run").glob("wireshark_*.pcapng") if path != than), None)

    try:
        shutil.copytree(tshark.plugins, desktop.root / "plugins")
        shutil.copytree(profile, desktop.configuration / "profiles" / "IPsec")
        sender.wanted.set()
        wireshark = Wireshark(desktop, f"Capturing from {FAR} (ip)", "-i", FAR, "-f", "ip", "-k", "-o",
                              "gui.ask_unsaved:FALSE", privileges=MAY_CAPTURE)
        first = until(lambda: other_file(None), "a file")
        time.sleep(seconds)
        wireshark.press(wireshark.main, "ctrl+r")
        file = until(lambda: other_file(first), "another file")
        time.sleep(seconds)
        # Wireshark's keyboard shortcut does nothing after a restart, with or without the plugin.
        wireshark.click(wireshark.menu("Capture"), "Stop")
        wireshark.await_title(f"*{FAR} (ip)")
        sender.wanted.clear()
        assert not first.exists()
        staged = Path(shutil.copy(file, tshark.crafted))
        staged.chmod(0o644)
        output = tshark.read(staged, *FIELDS).splitlines()
        frames, drops = check("window", output), sum(DROP in line for line in output)
        wireshark.filter('ipsec.verdict == "drop"')
        wireshark.await_text(wireshark.main, f"Packets: {frames} . Displayed: {drops} ", area=STATUS)
        print(f"window: {frames:,} frames, {drops:,} displayed as drop;",
              f"{memory(wireshark.process.pid) / 1e6:.0f} MB", flush=True)
    finally:
        desktop.close()


def skip(why):
    print(f"SKIPPED: {why}")
    sys.exit(77)


def enter_namespace():
    """Starts this program again in a network namespace of its own."""
    if os.geteuid() != 0:
        skip("it makes a pair of interfaces, and captures: run it as root")
    for program in ("unshare", "ip", "setpriv", "dumpcap", "tshark"):
        if not shutil.which(program):
            skip(f"{program} is not installed")
    if subprocess.run(["unshare", "--net", "true"], check=False).returncode != 0:
        skip("no network namespace can be made")
    os.execvpe("unshare", ["unshare", "--net", sys.executable, "-B", *sys.argv], {**os.environ, "IPSEC_LIVE": "1"})


def make_link():
    for command in (f"link add {NEAR} type veth peer name {FAR}", f"link set {NEAR} up", f"link set {FAR} up"):
        if subprocess.run(["ip", *command.split()], check=False).returncode != 0:
            skip("no pair of interfaces can be made")


def check_rights():
    """Makes sure that a user other than root can capture, with the capabilities that root passes on."""
    listed = subprocess.run(["setpriv", *MAY_CAPTURE, f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups",
                             "dumpcap", "-D"], stdout=subprocess.PIPE, check=False, text=True).stdout
    if FAR not in listed:
        skip("dumpcap may not capture")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--window", action="store_true", help="Wireshark's window, too")
    parser.add_argument("--profile", default=TESTS.parent / "build" / "profiles" / "IPsec")
    add_arguments(parser)
    arguments = parser.parse_args()
    if "IPSEC_LIVE" not in os.environ:
        enter_namespace()
    make_link()
    check_rights()
    tshark = open_tshark(parser, arguments)
    os.chown(tshark.crafted, NOBODY, NOBODY)
    sender = Sender()
    try:
        sender.start()
        ends_by_itself(tshark, sender, arguments.seconds)
        stopped_and_started(tshark, sender, arguments.seconds / 10)
        ring(tshark, sender, max(6, arguments.seconds // 5))
        if arguments.window:
            window(tshark, sender, arguments.profile, max(1, arguments.seconds // 10))
    finally:
        sender.stopped.set()
        tshark.close()
    print(f"{sender.sent:,} frames sent")


if __name__ == "__main__":
    main()
