"""Fixtures: a tshark with the plugin loaded, and the catalogue of findings.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import os
import re
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

import sidecars
from tshark_runner import Tshark

TESTS = Path(__file__).resolve().parents[1]
CATALOGUE = TESTS.parent / "plugin" / "core" / "base" / "catalogue.def"
sys.path.append(str(TESTS))     # make_captures and samples, whose packets the tests use
ROW = re.compile(r'FINDING\(\s*(\w+),\s*"([a-z0-9_.]+)",\s*(\w+),\s*(\w+),\s*(\w+),\s*(\w+),\s*(\w+),'
                 r'\s*"([^"]*)",\s*"([^"]*)",\s*(\w+),\s*(\w+),\s*(\w+),\s*"([^"]*)"((?:,\s*\w+)*)\)')


class Finding(NamedTuple):
    """One row of the catalogue."""
    symbol: str
    id: str
    severity: str
    group: str
    cause: str
    needs: str
    property: str
    summary: str
    reference: str
    step: str
    remedy: str
    attack: str
    advice: str
    words: str      # NEIGHBOUR, LATER, OUTER


@pytest.fixture(scope="session", autouse=True)
def tshark():
    """The staged plugin. That it loads is checked before anything else, because a plugin that did not load must never
    look like a capture without findings."""
    staged = Tshark(os.environ["IPSEC_MODULE"], os.environ["IPSEC_CAPTURES"],
                    os.environ.get("IPSEC_PRELOAD"))
    try:
        plugins = staged.run("-G", "plugins").stdout
        if not re.search(r"^ipsec_analysis\.so\b", plugins, re.MULTILINE):
            pytest.exit("tshark did not load ipsec_analysis.so; it listed:\n" + plugins, returncode=3)
        yield staged
    finally:
        staged.close()


@pytest.fixture(scope="session")
def catalogue():
    """The findings by id."""
    text = re.sub(r"/\*.*?\*/", "", CATALOGUE.read_text(), flags=re.DOTALL)
    text = re.sub(r'"\s*\n\s*"', "", text)
    rows = [Finding(*match.groups()) for match in ROW.finditer(text)]
    assert len(rows) == len(re.findall(r"\bFINDING\(", text)), "a row of the catalogue was not understood"
    return {row.id: row for row in rows}


@pytest.fixture(scope="session")
def everything(tmp_path_factory):
    """All sample captures in one, with all keys; every finding occurs in it."""
    return sidecars.concatenate(tmp_path_factory.mktemp("samples") / "all.pcap", sidecars.NAMES)
