"""What the sidecars of the sample captures expect, see captures/README.md.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import os
from pathlib import Path
from typing import NamedTuple, Tuple

CAPTURES = Path(os.environ["IPSEC_CAPTURES"])
NAMES = sorted(path.name[:-len(".expected.tsv")] for path in CAPTURES.glob("*.expected.tsv"))


class Expected(NamedTuple):
    """One line of a sidecar; without one, a frame shows nothing."""
    verdicts: Tuple[str, ...] = ()
    findings: Tuple[str, ...] = ()
    windows: Tuple[str, ...] = ()
    linux: Tuple[str, ...] = ()
    what: str = ""


def _values(column, separator):
    return () if column == "-" else tuple(column.split(separator))


def load(name):
    """The expectations of a sample capture, as {frame number: Expected}."""
    expected = {}
    for line in (CAPTURES / f"{name}.expected.tsv").read_text().splitlines():
        if line.startswith("#"):
            continue
        frame, verdicts, findings, windows, linux, what = line.split("\t")
        expected[int(frame)] = Expected(_values(verdicts, ";"), _values(findings, ","),
                                        _values(windows, ";"), _values(linux, ";"), what)
    return expected


def path(name):
    return CAPTURES / f"{name}.pcap"


def frames_with(name, *findings):
    """The frames of a sample capture that must show any of these."""
    return [frame for frame, line in load(name).items() if set(findings) & set(line.findings)]
