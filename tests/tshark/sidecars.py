"""What the sidecars of the sample captures expect, see captures/README.md.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import os
import re
from pathlib import Path
from typing import NamedTuple, Tuple

import pcap
from tshark_runner import KEYS, SIDECAR

CAPTURES = Path(os.environ["IPSEC_CAPTURES"])
NAMES = sorted(path.name[:-len(".expected.tsv")] for path in CAPTURES.glob("*.expected.tsv"))


class Expected(NamedTuple):
    """One line of a sidecar; a frame without one must show nothing."""
    verdicts: Tuple[str, ...] = ()
    findings: Tuple[str, ...] = ()
    windows: Tuple[str, ...] = ()
    linux: Tuple[str, ...] = ()
    icv: Tuple[str, ...] = ()
    what: str = ""


LATER = "+"     # marks what a first pass cannot know, because it depends on later frames


def _values(column, separator, later):
    values = () if column == "-" else tuple(column.split(separator))
    return tuple(value.lstrip(LATER) for value in values if later or not value.startswith(LATER))


def load(name, later=True):
    """The expectations of a sample capture, as {frame number: Expected}; `later`: for passes after the first one."""
    expected = {}
    for line in (CAPTURES / f"{name}.expected.tsv").read_text().splitlines():
        if line.startswith("#"):
            continue
        frame, verdicts, findings, windows, linux, icv, what = line.split("\t")
        expected[int(frame)] = Expected(_values(verdicts, ";", later), _values(findings, ",", later),
                                        _values(windows, ";", later), _values(linux, ";", later),
                                        _values(icv, ";", later), what)
    return expected


def path(name):
    return CAPTURES / f"{name}.pcap"


def concatenate(target, names):
    """Joins captures, frame after frame, with the keys and options of all next to the result."""
    keys = [path(name).with_suffix(KEYS) for name in names]
    sidecar_lines = [line for name in names for line in (CAPTURES / f"{name}{SIDECAR}").read_text().splitlines()]
    options = dict.fromkeys(line for line in sidecar_lines if line.startswith("# option: "))
    target.with_suffix(SIDECAR).write_text("".join(f"{line}\n" for line in options))
    target.with_suffix(KEYS).write_text("".join(file.read_text() for file in keys if file.exists()))
    return pcap.concatenate(target, [path(name) for name in names])


def frames_with(name, *findings):
    """The frames of a sample capture that must show any of these."""
    return [frame for frame, line in load(name).items() if set(findings) & set(line.findings)]


def count(tshark, capture, filters):
    """How many frames match each filter: {filter: frames}, all in one run."""
    assert not [one for one in filters if "," in one], "io,stat takes filters apart at commas"
    reading = ["-q", "-r", tshark.stage(capture), *tshark.options(capture)]
    done = tshark.run(*reading, "-z", "io,stat,0," + ",".join(filters))
    assert done.stderr == tshark.run(*reading).stderr, "a filter is warned of"
    (line,) = re.findall(r"^\|[^|]*<>[^|]*\|(.*)\|$", done.stdout, re.MULTILINE)
    numbers = [int(number) for number in line.replace(" ", "").strip("|").split("|")]
    assert len(numbers) == 2 * len(filters), done.stdout
    return dict(zip(filters, numbers[::2]))
