"""A virtual screen (Xvfb) with Wireshark on it; xdotool clicks, ImageMagick takes pictures, tesseract reads them.

Positions to click on are found by reading, so that nothing here depends on where a release of Wireshark puts things.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import csv
import os
import re
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

NOBODY = 65534
PATIENCE = 90       # seconds to wait for something; machines are slow at times
PAUSE = 0.1
ENLARGED = 2        # the letters of a screen are too small for tesseract
MARGIN = 10         # tesseract overlooks text at the edge
SCREEN = (1560, 860)
RECENT_COMMON = ("gui.geometry_main_x: 0\ngui.geometry_main_y: 0\ngui.geometry_main_width: {}\n"
                 "gui.geometry_main_height: {}\ngui.geometry_main_maximized: FALSE\n")


class Area(NamedTuple):
    """A part of a window."""
    width: int
    height: int
    x: int
    y: int
    rows: bool = False      # each row may have its own background, and light letters

    def crop(self):
        return ["-crop", f"{self.width}x{self.height}+{self.x}+{self.y}", "+repage"]

    def on_white(self):
        """Replaces each row of pixels by its difference from its left end."""
        ground = ["(", "+clone", "-crop", "1x0+3+0", "+repage", "-scale", f"{self.width}x{self.height}!", ")"]
        return [*ground, "-compose", "difference", "-composite", "-compose", "over", "-negate"] if self.rows else []


MENU = Area(SCREEN[0], 26, 0, 0)


class Word(NamedTuple):
    """A word in a window, its line, and its centre."""
    text: str
    line: tuple
    x: int
    y: int


def until(look, what):
    """Calls `look` repeatedly until it returns something, and returns that."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        seen = look()
        if seen:
            return seen
        time.sleep(PAUSE)
    raise AssertionError(f"waited {PATIENCE} s for {what}")


class Desktop:
    """Xvfb, and the home of the user whose Wireshark runs on it."""

    def __init__(self):
        self.root = Path(tempfile.mkdtemp(prefix="ipsec-gui-"))
        self.root.chmod(0o755)
        self.home = self.root / "home"
        self.configuration = self.home / ".config" / "wireshark"
        self.configuration.mkdir(parents=True)
        (self.home / "run").mkdir(mode=0o700)
        (self.configuration / "recent_common").write_text(RECENT_COMMON.format(*SCREEN))
        read_end, write_end = os.pipe()
        self.screen = subprocess.Popen(
            ["Xvfb", "-displayfd", str(write_end), "-screen", "0", "{}x{}x24".format(*SCREEN), "-nolisten", "tcp",
             "-noreset"],
            pass_fds=(write_end,), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(write_end)
        with os.fdopen(read_end) as display:
            self.environment = {**os.environ, "DISPLAY": ":" + display.readline().strip(), "OMP_THREAD_LIMIT": "1"}

    def close(self):
        self.screen.terminate()
        self.screen.wait()
        shutil.rmtree(self.root, ignore_errors=True)

    def run(self, *command, octets=None):
        """Runs a program on this screen and returns what it writes."""
        done = subprocess.run([str(word) for word in command], env=self.environment, input=octets, check=False,
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=2 * PATIENCE)
        return done.stdout

    def start(self, plugins, *arguments, privileges=()):
        """Starts Wireshark; as another user if this one is root, because root may not load plugins."""
        environment = {"PATH": os.environ["PATH"], "HOME": self.home, "LC_ALL": "C.UTF-8", "TZ": "UTC",
                       "DISPLAY": self.environment["DISPLAY"], "XDG_RUNTIME_DIR": self.home / "run",
                       "TMPDIR": self.home / "run",
                       "WIRESHARK_PLUGIN_DIR": plugins, "WIRESHARK_EXTCAP_DIR": self.home}
        command = ["env", "-i", *(f"{name}={value}" for name, value in environment.items()), "wireshark", *arguments]
        if os.geteuid() == 0:
            command = ["setpriv", *privileges, f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", *command]
            for path in (self.home, *self.home.rglob("*")):
                os.chown(path, NOBODY, NOBODY)
        with (self.root / "stderr").open("w") as stderr:
            return subprocess.Popen([str(word) for word in command], cwd=self.root, stdin=subprocess.DEVNULL,
                                    stdout=subprocess.DEVNULL, stderr=stderr)

    def windows(self):
        return self.run("xdotool", "search", "--onlyvisible", "--name", ".*").decode().split()

    def window_named(self, name):
        return next((window for window in self.windows()
                     if self.run("xdotool", "getwindowname", window).decode().rstrip("\n") == name), None)

    def resize(self, window, width, height):
        self.run("xdotool", "windowmove", window, 0, 0, "windowsize", window, width, height)

    def click(self, window, x, y, *options):
        self.run("xdotool", "mousemove", "--window", window, x, y, "click", *options, 1)

    def picture(self, window, name):
        """Keeps a picture for the pages, if pictures were asked for; with few colours, so that it is small."""
        folder = os.environ.get("IPSEC_PICTURES")
        if folder:
            self.run("convert", f"x:{window}", "+dither", "-colors", "48", f"PNG8:{folder}/{name}.png")

    def colours(self, window, area):
        """How many pixels each colour has, as "#RRGGBB"."""
        listed = self.run("convert", f"x:{window}", *area.crop(), "-depth", "8", "-alpha", "off", "-format", "%c",
                          "histogram:info:-").decode()
        return {colour: int(count) for count, colour in re.findall(r"(\d+): .*?(#[0-9A-F]{6})", listed)}

    def words(self, window, area=None):
        """What is written in a window, or in an area of it."""
        part = [*area.crop(), *area.on_white()] if area else []
        # Of the three colours, red has the best contrast between letters and Wireshark's severity colours.
        picture = self.run("convert", f"x:{window}", *part, "-channel", "R", "-separate", "-bordercolor",
                           "white", "-border", MARGIN, "-resize", f"{ENLARGED}00%", "png:-")
        left, top = (area.x - MARGIN, area.y - MARGIN) if area else (-MARGIN, -MARGIN)
        # Reads it as a block of text; isolated words are only found in the sparse mode.
        for mode in ("6", "11"):
            table = self.run("tesseract", "-", "-", "--psm", mode, "tsv", octets=picture).decode()
            rows = csv.DictReader(table.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE)
            found = [Word(row["text"], (row["block_num"], row["par_num"], row["line_num"]),
                          left + (int(row["left"]) + int(row["width"]) // 2) // ENLARGED,
                          top + (int(row["top"]) + int(row["height"]) // 2) // ENLARGED)
                     for row in rows if row["text"].strip()]
            if found:
                return found
        return []


def lines(words):
    """The lines of what was read, each a list of words."""
    found = {}
    for word in words:
        found.setdefault(word.line, []).append(word)
    return list(found.values())


def plain(text):
    """The form in which texts are compared: tesseract easily overlooks spaces and underscores."""
    return re.sub("[ _]", "", text)


def joined(line):
    """The words of a line, in the form in which they are compared; what looks like a bar is usually an I."""
    return plain("".join(word.text for word in line)).replace("|", "I")


def read(words):
    return [joined(line) for line in lines(words)]


def find(words, phrase):
    """The centre of a phrase, which is a regular expression; None if it is not there. If it begins with ^, it must
    match a whole line, and the centre is that of its first word."""
    wanted, most = re.compile(plain(phrase), re.IGNORECASE), phrase.count(" ") + 1
    for line in lines(words):
        if phrase.startswith("^"):
            parts = [line] if wanted.fullmatch(joined(line)) else []
            parts = [part[:1] for part in parts]
        else:
            parts = [line[start:end] for start in range(len(line)) for end in range(start + 1, start + most + 1)
                     if wanted.fullmatch(joined(line[start:end]))]
        for part in parts:
            return (part[0].x + part[-1].x) // 2, part[0].y
    return None


class Wireshark:
    """Wireshark's window, which has this title when it is ready, and the windows that it opens."""

    def __init__(self, desktop, title, *options, privileges=()):
        self.desktop = desktop
        self.process = desktop.start(desktop.root / "plugins", "-C", "IPsec", *options, privileges=privileges)
        self.main = self.await_title(title)

    def await_title(self, title):
        return until(lambda: self.desktop.window_named(title), f'a window "{title}"')

    def close(self):
        self.process.terminate()
        self.process.wait()

    def press(self, window, *keys):
        self.desktop.run("xdotool", "windowfocus", "--sync", window, "key", "--delay", "30", *keys)

    def close_window(self, window):
        self.press(window, "Escape")
        until(lambda: window not in self.desktop.windows(), "the end of a window")

    def click(self, window, phrase, *, area=None, button=1):
        """Clicks on a phrase as soon as it can be read."""
        x, y = until(lambda: find(self.desktop.words(window, area), phrase), f'"{phrase}"')
        self.desktop.run("xdotool", "mousemove", "--window", window, x, y, "click", button)

    def opened_by(self, act):
        """The window that appears after the action."""
        known = self.desktop.windows()
        act()
        return until(lambda: next((window for window in self.desktop.windows() if window not in known), None),
                     "another window")

    def menu(self, *titles, area=MENU, button=1):
        """Opens the menus of the main window, or the context menu of another area of it, one after the other; returns
        the window that the last one opens."""
        window = self.main
        for title in titles:
            window = self.opened_by(lambda: self.click(window, title, area=area, button=button))
            area, button = None, 1
        return window

    def filter(self, text):
        """Types a display filter."""
        self.press(self.main, "ctrl+slash", "ctrl+a")
        self.desktop.run("xdotool", "type", "--delay", "5", text)
        self.press(self.main, "Return")

    def await_text(self, window, *phrases, area=None):
        """Waits until all phrases, which are regular expressions, can be read."""
        seen, wanted = [], [re.compile(plain(phrase), re.MULTILINE | re.IGNORECASE) for phrase in phrases]

        def look():
            seen[:] = read(self.desktop.words(window, area))
            return all(phrase.search("\n".join(seen)) for phrase in wanted)

        try:
            until(look, f"{phrases}")
        except AssertionError as nothing:
            raise AssertionError("\n".join([str(nothing), "what can be read is", *seen])) from None
