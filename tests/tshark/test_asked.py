"""What VPP and FreeBSD counted for each packet that they were given, one by one: captures/vpp/counted.tsv and
captures/freebsd/counted.tsv. captures/README.md says how they were tested.

The packets are those of captures/linux, and three captures made for VPP. With the receiver's SAs the plugin must name
the same counters, and none if the system counted nothing. The verdict must be drop for what was counted, and must not
be drop for what was delivered. `ctest -R tshark_asked -V` prints the agreement.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import collections
from typing import NamedTuple

import pytest

import sidecars
from samples import asked
from tshark_runner import KEYS, VERDICTS, field_options, parse_rows

SYSTEMS = ("vpp", "freebsd")
FIELDS = ("frame.number", "ipsec.verdict", "ipsec.finding", "ipsec.vpp.counter", "ipsec.freebsd.counter")

# Why the counter cannot be known from packet and SA: values of a column of the tables.
UNTOLD = {
    "cut": "IP says more octets than the frame has: cut by the capture or on the way",
    "policy": "what is missing or forbidden is the receiver's policy",
    "no octets": "a packet without any octet of ESP or AH reaches no dissector",
    "no ESP": "a keepalive, a non-ESP marker, or IKE",
    "fragment": "VPP counts fragments one by one, and here they are judged together (FreeBSD puts them together, too)",
}



class Counted(NamedTuple):
    """One line of a table."""
    frame: int
    counters: list
    delivered: bool
    untold: str
    what: str


def load(system):
    """The lines by capture."""
    captures = collections.defaultdict(list)
    for line in (sidecars.CAPTURES / system / "counted.tsv").read_text().splitlines():
        if line.startswith("#"):
            continue
        capture, frame, counters, delivered, untold, what = line.split("\t")
        captures[capture].append(
            Counted(int(frame), [] if counters == "-" else sorted(counters.split()), delivered == "yes", untold, what))
    return captures


TABLES = {system: load(system) for system in SYSTEMS}


def show(tshark, system, capture, *options):
    path = tshark.captures / f"{capture}.pcap"
    keys = "-o", f"ipsec.sa_file:{path.with_suffix(KEYS)}"
    receiver = "-o", f"ipsec.receiver:{system}", "-o", "ipsec.sa_complete:TRUE"
    return parse_rows(tshark.read(path, *keys, *receiver, *options, *field_options(FIELDS)), FIELDS)


@pytest.fixture(scope="module")
def shown(tshark):
    return {(system, capture): show(tshark, system, capture) for system in SYSTEMS for capture in TABLES[system]}


def told(system):
    return [(capture, line) for capture, lines in TABLES[system].items() for line in lines if line.untold == "-"]


def differences(system, shown, agrees):
    """The packets on which the plugin disagrees."""
    return [f"{capture} {line.frame} ({line.what}): {system} {line.counters}, "
            f"plugin {list(shown[system, capture][line.frame].values())[1:]}"
            for capture, line in told(system) if not agrees(line, shown[system, capture][line.frame])]


@pytest.mark.parametrize("system", SYSTEMS)
def test_the_table_is_of_use(system):
    lines = [line for lines in TABLES[system].values() for line in lines]
    assert {line.untold for line in lines} == {"-", *UNTOLD} - ({"fragment"} if system == "freebsd" else set())
    assert len(told(system)) > 0.94 * len(lines) > 680
    assert len({tuple(line.counters) for line in lines}) >= 8


@pytest.mark.parametrize("system", SYSTEMS)
def test_counters_are_the_systems(shown, capsys, system):
    wrong = differences(system, shown, lambda line, row: sorted(row[f"ipsec.{system}.counter"]) == line.counters)
    with capsys.disabled():
        print(f"\n{system}: {len(told(system)) - len(wrong)} of {len(told(system))} packets counted as the system did")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("system", SYSTEMS)
def test_what_was_counted_was_discarded_and_what_was_delivered_not(shown, system):
    def agrees(line, row):
        dropped = "drop" in [VERDICTS[value] for value in row["ipsec.verdict"]]
        return dropped if line.counters else not (dropped and line.delivered)
    wrong = differences(system, shown, agrees)
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("system", SYSTEMS)
def test_what_the_rfcs_let_pass_and_the_system_refuses_is_explained(tshark, shown, system):
    """If nothing else is wrong with a packet, and a counter moved."""
    explained = 0
    for capture, line in told(system):
        row = shown[system, capture][line.frame]
        if line.counters and set(row["ipsec.finding"]) <= {"stack.refuses", "ah.v4_extra_pad", "seq.gap"}:
            assert "stack.refuses" in row["ipsec.finding"], f"{capture} {line.frame}"
            explained += 1
    assert explained > 20


@pytest.mark.parametrize("system", SYSTEMS)
def test_a_second_pass_says_the_same(tshark, shown, system):
    for capture in list(TABLES[system])[-2:]:
        assert show(tshark, system, capture, "-2") == shown[system, capture]


# --- samples of the same kinds ---------------------------------------------------------------------------

MAKERS = {"vpp": asked.faults_asked_vpp, "freebsd": asked.faults_asked_freebsd}


@pytest.mark.parametrize("passes", [(), ("-2",)], ids=["one pass", "two passes"])
@pytest.mark.parametrize("system", SYSTEMS)
def test_samples(tshark, system, passes):
    MAKERS[system]()        # fills in the expected counters
    name = f"faults_asked_{system}"
    rows = tshark.rows(name, *passes)
    for frame, line in sidecars.load(name).items():
        assert rows[frame][f"ipsec.{system}.counter"] == asked.COUNTED[line.what], line.what


@pytest.mark.parametrize("receiver", ["rfc", "linux", "windows", "strongswan"])
def test_another_receiver_refuses_nothing_of_it(tshark, receiver):
    """The other receivers have no such restrictions."""
    for system in SYSTEMS:
        name = f"faults_asked_{system}"
        rows = tshark.rows(name, "-o", f"ipsec.receiver:{receiver}")
        refused = [frame for frame, line in sidecars.load(name).items() if "stack.refuses" in line.findings]
        assert len(refused) >= 9
        assert not [frame for frame, row in rows.items() if "stack.refuses" in row["ipsec.finding"]]


def test_the_rfcs_let_it_pass(tshark):
    """Except for repeated numbers, the first of which VPP and FreeBSD have not accepted."""
    for system in SYSTEMS:
        name = f"faults_asked_{system}"
        rows = tshark.rows(name, "-o", "ipsec.receiver:rfc")
        for frame, line in sidecars.load(name).items():
            again = {"replay.duplicate", "replay.conflict", "replay.old"} & set(rows[frame].findings)
            if "stack.refuses" in line.findings and not again:
                assert "drop" not in rows[frame].verdicts, line.what


def test_advice_names_the_restriction(tshark):
    words = {"vpp": ("DF and the reserved flag", "after the IP packet", "IPv4 options", "extension headers", "0 marked as seen",
                     "source address", "UDP ports"),
             "freebsd": ("align4", "mutable IPv6 options", "near 2^32", "UDP ports", "drops UDP")}
    for system in SYSTEMS:
        advice = [text for row in tshark.rows(f"faults_asked_{system}").values() for text in row["ipsec.advice"]]
        for word in words[system]:
            assert any(word in text for text in advice), word
