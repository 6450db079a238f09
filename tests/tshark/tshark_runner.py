"""Runs tshark with the plugin, as a user other than root, and returns what it prints.

Wireshark ignores plugin folders from the environment when it runs as root, and a checkout may be where another user
cannot read it. So module, captures and an empty home are staged in a directory that everybody may read, and root drops
its privileges before it starts tshark.

The environment of the tests: IPSEC_MODULE, the built module; IPSEC_CAPTURES, the folder of the
sample captures; IPSEC_PROFILE, if set, the profile for -C IPsec; IPSEC_PRELOAD, if set, what tshark is
to preload (the sanitizer's runtime).

SPDX-License-Identifier: GPL-2.0-or-later
"""
import hashlib
import json
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

NOBODY = 65534
TIMEOUT = 120
SEPARATOR, AGGREGATOR = "\t", "\x1f"

ICV_STATUS = {"0": "Bad", "1": "Good", "2": "Unverified", "3": "Not present"}
VERDICTS = {"0": "unchecked", "1": "plausible", "2": "verified", "3": "suspicious", "4": "drop"}

# One run fetches all of them, so that a single run over a capture serves many tests.
STOCK_FIELDS = ("frame.number", "frame.protocols", "_ws.malformed", "esp.spi", "ah.spi")
FIELDS = STOCK_FIELDS + (
    "ipsec", "ipsec.analysis.flags", "ipsec.verdict", "ipsec.protocol", "ipsec.spi",
    "ipsec.encapsulation", "ipsec.finding", "ipsec.cause", "ipsec.reference", "ipsec.advice",
    "ipsec.windows.error", "ipsec.windows.status", "ipsec.windows.event", "ipsec.linux.counter",
    "ipsec.freebsd.counter", "ipsec.openbsd.counter", "ipsec.vpp.counter", "ipsec.strongswan.status", "ipsec.strongswan.log",
    "ipsec.inferred", "ipsec.sa", "ipsec.sa.first_frame",
    "ipsec.seq", "ipsec.seq.highest", "ipsec.seq.lag", "ipsec.seq.skipped", "ipsec.seq.first_seen",
    "ipsec.icv.status", "ipsec.icv.length", "ipsec.iv.length",
    "ipsec.trailer.pad_length", "ipsec.trailer.next_header", "ipsec.trailer.tfc_length", "ipsec.key.source",
    "ipsec.icmp.error")

# Findings that depend on later frames, and so may appear or disappear on a later pass.
LATER = {"esp.missing_fragment", "ah.missing_fragment", "ike.child_refused", "ike.no_answer", "ike.auth_failed", "sa.one_sided",
         "sa.early"}

# Files next to a capture, with the same name.
KEYS, SIDECAR = ".xfrm-state.txt", ".expected.tsv"

# What a sanitizer or Wireshark's own checks print on stderr.
TROUBLE = re.compile(r"runtime error|Sanitizer|dissector bug|Assertion|CRITICAL|WARNING", re.IGNORECASE)

SANITIZER_ENVIRONMENT = {
    "ASAN_OPTIONS": "detect_leaks=0:abort_on_error=1",
    "UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1",
    "G_SLICE": "always-malloc",
    "WIRESHARK_DEBUG_WMEM_OVERRIDE": "strict",
}


class Row(dict):
    """The fields of one frame, each a list of values in the order of the packet."""

    @property
    def verdicts(self):
        return [VERDICTS[value] for value in self["ipsec.verdict"]]

    @property
    def findings(self):
        return self["ipsec.finding"]

    @property
    def icv(self):
        return [ICV_STATUS[value] for value in self["ipsec.icv.status"]]


class Tshark:
    """A staged plugin and the runs made with it."""

    def __init__(self, module, captures, preload=None):
        module, captures = Path(module).resolve(), Path(captures).resolve()
        self.preload = preload
        self.root = Path(tempfile.mkdtemp(prefix="ipsec-tshark-"))
        self.root.chmod(0o755)
        self.captures = self.root / "captures"
        self.plugins = self.root / "plugins"
        self.no_plugins = self.root / "no-plugins"
        self.home = self.root / "home"
        self.crafted = self.root / "crafted"
        for folder in (self.plugins, self.no_plugins, self.home, self.crafted):
            folder.mkdir(mode=0o755)
        self.home.chmod(0o777)
        if "IPSEC_PROFILE" in os.environ:
            shutil.copytree(os.environ["IPSEC_PROFILE"], self.home / ".config" / "wireshark" / "profiles" / "IPsec")
        shutil.copytree(captures, self.captures)
        below = self.plugins / module.parent.parent.name / module.parent.name
        below.mkdir(parents=True)
        shutil.copy(module, below)
        self._open_up()
        self._rows = {}

    def close(self):
        shutil.rmtree(self.root, ignore_errors=True)

    def _open_up(self):
        for path in self.root.rglob("*"):
            path.chmod(path.stat().st_mode | (0o755 if path.is_dir() else 0o444))

    def stage(self, capture):
        """Makes a capture readable for tshark's user; a name stands for one of the sample captures."""
        path = Path(capture)
        if path.is_relative_to(self.root):
            return path
        if not path.is_absolute():
            return self.captures / f"{path.name}.pcap"
        beside = [path.with_suffix(suffix) for suffix in (".pcap", KEYS, SIDECAR)]
        octets = [file.read_bytes() if file.exists() else b"" for file in (path, *beside[1:])]
        name = hashlib.sha256(b"|".join(octets)).hexdigest()[:16]
        for file, content in zip(beside, octets):
            staged = self.crafted / (name + file.name[len(path.stem):])
            if content and not staged.exists():
                staged.write_bytes(content)
                staged.chmod(0o644)
        return self.crafted / f"{name}.pcap"

    def options(self, capture):
        """The preferences that a capture needs: its keys, and those that its sidecar names."""
        path = self.stage(capture)
        keys, sidecar = path.with_suffix(KEYS), path.with_suffix(SIDECAR)
        options = [f"ipsec.sa_file:{keys}"] if keys.exists() else []
        if sidecar.exists():
            options += re.findall(r"^# option: (.*)$", sidecar.read_text(), re.MULTILINE)
        return tuple(word for option in options for word in ("-o", option))

    def share(self, name, text):
        """Writes a file that tshark's user can read, with unchanged line endings, and returns its path."""
        path = self.crafted / name
        path.write_bytes(text.encode())
        path.chmod(0o644)
        return path

    def _command(self, arguments, plugin, program="tshark", more=None):
        environment = {
            "PATH": os.environ["PATH"], "HOME": str(self.home), "LC_ALL": "C.UTF-8", "TZ": "UTC",
            "WIRESHARK_PLUGIN_DIR": str(self.plugins if plugin else self.no_plugins),
            # Programs that capture; some hang if a sanitizer is preloaded.
            "WIRESHARK_EXTCAP_DIR": str(self.no_plugins),
            **(more or {}),
        }
        if self.preload:
            environment.update(SANITIZER_ENVIRONMENT, LD_PRELOAD=self.preload)
        command = ["env", "-i", *(f"{name}={value}" for name, value in environment.items()),
                   program, *arguments]
        if os.geteuid() == 0:
            command = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", *command]
        return command

    def run(self, *arguments, plugin=True, environment=None):
        """Runs tshark and returns its output; trouble of any kind fails the test."""
        arguments = [str(argument) for argument in arguments]
        done = subprocess.run(self._command(arguments, plugin, more=environment), stdout=subprocess.PIPE, text=True,
                              stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, timeout=TIMEOUT,
                              cwd=self.root, errors="replace", check=False)
        what = f"tshark {' '.join(arguments)}\n{done.stderr}"
        assert not TROUBLE.search(done.stderr), what
        assert done.returncode == 0, f"exit {done.returncode}: {what}"
        return done

    def sharkd(self, *requests):
        """Sends JSON requests to one session of sharkd, which can open one file after the other like the GUI."""
        lines = "".join(json.dumps({"jsonrpc": "2.0", "id": number, **request}) + "\n"
                        for number, request in enumerate(requests, 1))
        done = subprocess.run(self._command(["-"], True, "sharkd"), input=lines, capture_output=True, text=True,
                              timeout=TIMEOUT, cwd=self.root, errors="replace", check=False)
        assert done.returncode == 0 and not TROUBLE.search(done.stderr), done.stderr
        assert '"error"' not in done.stdout, done.stdout
        return done

    def read(self, capture, *options, plugin=True):
        """Runs tshark over a capture and returns its standard output."""
        return self.run("-r", self.stage(capture), *options, plugin=plugin).stdout

    def rows(self, capture, *options, plugin=True):
        """All fields of interest of each frame that passes, with what the capture needs, as {frame number: Row};
        cached."""
        key = (self.stage(capture), options, plugin)
        if key not in self._rows:
            names = FIELDS if plugin else STOCK_FIELDS
            needs = self.options(capture) if plugin else ()
            output = self.read(capture, *needs, *options, *field_options(names), plugin=plugin)
            self._rows[key] = parse_rows(output, names)
        return self._rows[key]

    def frames(self, capture, display_filter, *options):
        """Numbers of the frames that match a display filter."""
        output = self.read(capture, *self.options(capture), *options, "-Y", display_filter, "-T", "fields", "-e", "frame.number")
        return [int(number) for number in output.split()]


def field_options(names):
    options = ["-T", "fields", "-E", "separator=/t", "-E", "occurrence=a", "-E", f"aggregator={AGGREGATOR}"]
    for name in names:
        options += ["-e", name]
    return options


def parse_rows(output, names):
    rows = {}
    for line in output.splitlines():
        values = [value.split(AGGREGATOR) if value else [] for value in line.split(SEPARATOR)]
        row = Row(zip(names, values))
        rows[int(row["frame.number"][0])] = row
    return rows


def add_arguments(parser):
    """The options of a program that runs tshark outside pytest."""
    parser.add_argument("--module", default=os.environ.get("IPSEC_MODULE"))
    parser.add_argument("--preload", default=os.environ.get("IPSEC_PRELOAD"))


def open_tshark(parser, arguments):
    """A Tshark with these options; without a module, one below build is used."""
    checkout = Path(__file__).resolve().parent.parent.parent
    module = arguments.module or next(iter(sorted((checkout / "build").rglob("ipsec_analysis.so"))), None)
    if not module:
        parser.error("no module: build it, or name it with --module")
    return Tshark(module, checkout / "captures", arguments.preload)
