"""What a Linux kernel counted for each packet that it was given, one by one: captures/linux/counted.tsv.

With the receiver's `ip xfrm state`, the plugin must name the same counters, and none if the kernel counted nothing; and
must not give the verdict drop to what the kernel delivered. `ctest -R tshark_linux -V` prints the agreement.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import collections
from typing import NamedTuple

import pytest

import sidecars
from tshark_runner import KEYS, VERDICTS, field_options, parse_rows

FOLDER = sidecars.CAPTURES / "linux"
FIELDS = ("frame.number", "ipsec.verdict", "ipsec.finding", "ipsec.linux.counter", "ipsec.linux.sa_counter")
OPTIONS = ("-o", "ipsec.receiver:linux", "-o", "ipsec.sa_complete:TRUE")

# Why the kernel's counter cannot be known from packet and SA: values of a column of the file.
UNTOLD = {
    "policy": "what is missing or forbidden is the receiver's policy",
    "no octets": "an IPv4 packet without any octet of ESP or AH reaches no dissector",
    "tunnel module": "4 or 41 in a transport SA is for tunnel modules, which may be loaded or not",
    "IPComp": "IPComp is not analysed",
}


class Counted(NamedTuple):
    """One line of the file; the counters are lists, as the values of a field are."""
    frame: int
    counter: list
    sa_counter: list
    delivered: bool
    untold: str
    what: str


def load():
    """The lines by capture."""
    captures = collections.defaultdict(list)
    for line in (FOLDER / "counted.tsv").read_text().splitlines():
        if line.startswith("#"):
            continue
        capture, frame, counter, sa_counter, delivered, untold, what = line.split("\t")
        counters = ([] if value == "-" else value.split() for value in (counter, sa_counter))
        captures[capture].append(Counted(int(frame), *counters, delivered == "yes", untold, what))
    return captures


COUNTED = load()
TOLD = {capture: [line for line in lines if line.untold == "-"] for capture, lines in COUNTED.items()}


def show(tshark, capture, *options):
    path = tshark.captures / "linux" / f"{capture}.pcap"
    keys = "-o", f"ipsec.sa_file:{path.with_suffix(KEYS)}"
    return parse_rows(tshark.read(path, *keys, *OPTIONS, *options, *field_options(FIELDS)), FIELDS)


@pytest.fixture(scope="module")
def shown(tshark):
    return {capture: show(tshark, capture) for capture in COUNTED}


def differences(shown, agrees):
    """The packets on which the plugin disagrees."""
    return [f"{capture} {line.frame} ({line.what}): kernel {line.counter} {line.sa_counter}, "
            f"plugin {list(shown[capture][line.frame].values())[1:]}"
            for capture, lines in TOLD.items() for line in lines if not agrees(line, shown[capture][line.frame])]


def test_the_file_is_of_use():
    lines = [line for lines in COUNTED.values() for line in lines]
    assert {line.untold for line in lines} == {"-", *UNTOLD}
    assert sum(line.untold == "-" for line in lines) > 0.95 * len(lines) > 1000
    assert len({tuple(line.counter) for line in lines}) >= 8
    assert {tuple(line.sa_counter) for line in lines} == {(), ("replay",), ("replay-window",), ("failed",)}


def test_counters_are_the_kernels(shown, capsys):
    wrong = differences(shown, lambda line, row: row["ipsec.linux.counter"] == line.counter)
    packets = sum(map(len, TOLD.values()))
    with capsys.disabled():
        print(f"\nLinux: {packets - len(wrong)} of {packets} packets counted as the kernel did")
    assert not wrong, "\n".join(wrong)


def test_counters_of_the_sa_are_the_kernels(shown):
    wrong = differences(shown, lambda line, row: row["ipsec.linux.sa_counter"] == line.sa_counter)
    assert not wrong, "\n".join(wrong)


def test_what_was_counted_was_discarded_and_what_was_delivered_not(shown):
    def agrees(line, row):
        dropped = "drop" in [VERDICTS[value] for value in row["ipsec.verdict"]]
        return dropped if line.counter else not (dropped and line.delivered)
    wrong = differences(shown, agrees)
    assert not wrong, "\n".join(wrong)


def test_a_second_pass_says_the_same(tshark, shown):
    assert {capture: show(tshark, capture, "-2") for capture in ("several-faults", "nested")} == {
        capture: shown[capture] for capture in ("several-faults", "nested")}
