"""Fixtures: a screen, and Wireshark's window on it.

The environment of the tests: IPSEC_MODULE, the built module; IPSEC_CAPTURES, the folder of the sample captures;
IPSEC_PROFILE, the profile that was made with the module; IPSEC_PICTURES, if set, where pictures for the pages are kept.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import os
import shutil
from pathlib import Path

import pytest

from desktop import Desktop, Wireshark


@pytest.fixture(scope="session")
def desktop():
    """The screen, and copies of the module, the profile and the captures that Wireshark's user may read."""
    there = Desktop()
    try:
        module = Path(os.environ["IPSEC_MODULE"])
        below = there.root / "plugins" / module.parent.parent.name / module.parent.name
        below.mkdir(parents=True)
        shutil.copy(module, below)
        shutil.copytree(os.environ["IPSEC_CAPTURES"], there.root / "captures")
        shutil.copytree(os.environ["IPSEC_PROFILE"], there.configuration / "profiles" / "IPsec")
        yield there
    finally:
        there.close()


@pytest.fixture(scope="module")
def opened(desktop):
    """Opens a capture in a window with the profile, replacing the capture that was open before."""
    windows = []

    def open_capture(name, *options):
        while windows:
            windows.pop().close()
        path = desktop.root / "captures" / f"{name}.pcap"
        windows.append(Wireshark(desktop, path.name, "-r", path, *options))
        return windows[0]

    try:
        yield open_capture
    finally:
        while windows:
            windows.pop().close()


@pytest.fixture(autouse=True)
def tidied(desktop):
    """A failing test leaves no dialog open for the next one."""
    known = desktop.windows()
    yield
    for window in reversed(desktop.windows()):
        if window not in known:
            desktop.run("xdotool", "windowfocus", "--sync", window, "key", "Escape")
