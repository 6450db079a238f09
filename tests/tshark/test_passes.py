"""Passes over a capture: in whatever order Wireshark reads a file, each packet is judged once, and a judgement applies
only to its own packet.

A read filter (-2 -R) is applied after a frame has been dissected, and the number of a rejected frame goes to the next
one. Rejected packets were nevertheless on the wire, and moved the receiver's window.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import json
import re
import shutil

import pytest

import pcap
from samples.keyed import datagram
from samples.packets import ESP, esp, ethernet, ipv4
from samples.sa import NULL_SHA256, Sa
from tshark_runner import AGGREGATOR, LATER, field_options

NAME = "faults_sequence"

# Filters on what the first pass knows; in most captures each rejects packets before and between those that pass.
FILTERS = ("ipsec.finding", "ipsec.verdict >= 3", "frame.len & 4")
LINKS = ("ipsec.sa.first_frame", "ipsec.seq.first_seen")
PASSES, REJECTED = 64, 63      # values of the TTL, by which a filter selects frames
KEYED, KEYLESS = Sa(0x9E01, 4, NULL_SHA256), 0x9E02


def without(row, *names):
    return {name: values for name, values in row.items() if name not in names}


def unnumbered(row):
    """An IKE event in a frame that a filter has rejected has no frame number."""
    return {name: [re.sub(r" in frame \d+", "", value) for value in values] for name, values in row.items()}


def assert_same_but_for_numbers(filtered, read):
    names = ("frame.number", *LINKS)
    assert len(filtered) == len(read)
    for one, other in zip(filtered, read):
        if not LATER & {*one.findings, *other.findings}:
            assert unnumbered(without(other, *names)) == unnumbered(without(one, *names))


def read_filtered(tshark, capture, passing, *options):
    """What one pass says about the frames that pass, and what two passes say that read only these."""
    return (list(tshark.rows(capture, *options, "-Y", passing).values()),
            list(tshark.rows(capture, *options, "-2", "-R", passing).values()))


# --- a read filter ----------------------------------------------------------------------------------------

@pytest.mark.parametrize("passing", FILTERS)
def test_read_filter_changes_no_judgement(tshark, everything, passing):
    filtered, read = read_filtered(tshark, everything, passing)
    assert 0 < len(read) < len(pcap.read(everything))
    assert_same_but_for_numbers(filtered, read)


def keyless(sequence, ttl=PASSES):
    return ethernet(ipv4(KEYLESS, ESP, esp(100, 0xC0000000 + KEYLESS, sequence), ttl=ttl))


@pytest.fixture
def interleaved(tmp_path):
    """An SA with a key and one without, in alternation."""
    frames = []
    for number in range(1, 31):
        frames += [ethernet(KEYED.packet(KEYED.esp(datagram(), sequence=number))), keyless(1000 + number)]
    return pcap.write_frames(tmp_path / "interleaved.pcap", frames)


@pytest.mark.parametrize("spi, numbers, icv", [(KEYED.spi, range(1, 31), ["Good"]),
                                               (0xC0000000 + KEYLESS, range(1001, 1031), [])])
def test_one_of_two_sas_is_read(tshark, interleaved, spi, numbers, icv):
    keys = tshark.share("interleaved.txt", KEYED.state())
    filtered, read = read_filtered(tshark, interleaved, f"esp.spi == {spi}", "-o", f"ipsec.sa_file:{keys}")
    assert_same_but_for_numbers(filtered, read)
    assert [row["ipsec.seq"] for row in read] == [[str(number)] for number in numbers]
    assert [row.icv for row in read] == [icv] * len(numbers)


def link_of(row, name):
    return [int(value) for value in row[name]]


def test_links_lead_to_frames_that_were_read(tshark, tmp_path):
    """Sequence number, and whether the packet passes the filter: the first one of the SA does not, nor does the first
    5."""
    packets = [(1, False), (2, True), (3, False), (4, True), (5, False), (6, False), (7, True), (8, True), (5, True), (7, True)]
    capture = pcap.write_frames(tmp_path / "links.pcap",
                                [keyless(number, PASSES if passes else REJECTED) for number, passes in packets])
    rows = tshark.rows(capture)
    assert [link_of(rows[frame], "ipsec.seq.first_seen") for frame in (9, 10)] == [[5], [7]]
    assert {value for row in rows.values() for value in row["ipsec.sa.first_frame"]} == {"1"}
    read = tshark.rows(capture, "-2", "-R", f"ip.ttl == {PASSES}")
    assert [row["ipsec.seq"] for row in read.values()] == [[str(number)] for number, passes in packets if passes]
    assert [row.findings for row in read.values()][-2:] == [["replay.duplicate"]] * 2
    assert [link_of(row, "ipsec.seq.first_seen") for row in read.values()] == [[], [], [], [], [], [3]]
    assert {tuple(row["ipsec.sa.first_frame"]) for row in read.values()} == {()}


# --- several files, and the same one again -----------------------------------------------------------------

COLUMNS = ("ipsec.verdict", "ipsec.finding", "ipsec.seq", "ipsec.seq.first_seen", "ipsec.sa")


def ask_for_rows(passing=None):
    columns = {f"column{number}": f"{name}:0" for number, name in enumerate(COLUMNS)}
    return {"method": "frames", "params": {**columns, **({"filter": passing} if passing else {})}}


def preferences(tshark, capture):
    """The preferences that the capture needs, as requests."""
    settings = [option.split(":", 1) for option in tshark.options(capture) if option != "-o"]
    return [{"method": "setconf", "params": {"name": name, "value": value}} for name, value in settings]


@pytest.mark.skipif(not shutil.which("sharkd"), reason="no sharkd")
def test_a_session_loads_the_same_file_again(tshark):
    """Its answers come from later passes: for a single frame, filtered, and after another load from the start."""
    load = {"method": "load", "params": {"file": str(tshark.stage(NAME))}}
    done = tshark.sharkd(*preferences(tshark, NAME), load, ask_for_rows(), ask_for_rows("ipsec.finding"), ask_for_rows(), load,
                         ask_for_rows())
    first, filtered, again, anew = (answer["result"] for answer in map(json.loads, done.stdout.splitlines())
                                    if isinstance(answer["result"], list))
    assert first == again == anew
    shown = {frame: row for frame, row in tshark.rows(NAME).items() if row.findings}
    assert [frame["num"] for frame in filtered] == list(shown)
    assert [frame["c"][1].split(",") for frame in filtered] == [row.findings for row in shown.values()]


# --- tshark -M: the analysis restarts after this many frames ---------------------------------------

# Findings of these families depend on earlier packets, and a checksum is only wrong if its sender has sent a right one.
# Between peers that are no longer known, a payload need not be ESP, and then nothing else is reported for it.
OF_NEIGHBOURS = re.compile(r"(seq|replay|esn|iv|sa|key|capture|icmp|ike)\.|.*\.(ip_checksum|udp_checksum_bad|missing_fragment)$")
NOT_ESP = "natt.not_esp"


def of_frames(tshark, capture, *options):
    """The findings of all frames, in order, and the number of fragments of each; -M restarts the numbering each
    time."""
    names = ("frame.number", "ipsec.finding", "ip.fragment.count", "ipv6.fragment.count")
    output = tshark.read(capture, *tshark.options(capture), *options, *field_options(names))
    columns = [line.split("\t") for line in output.splitlines()]
    return [(findings.split(AGGREGATOR), v4 + v6) for _, findings, v4, v6 in columns]


def test_reset_that_does_not_come(tshark, everything):
    assert of_frames(tshark, everything, "-M", 1000000) == of_frames(tshark, everything)


def test_reset_loses_no_finding_that_needs_no_neighbour(tshark, everything):
    """SAs are counted from 0 again, and everything that depends on earlier packets, or on fragments, restarts."""
    def alone(findings):
        return [finding for finding in findings if finding and not OF_NEIGHBOURS.match(finding)]

    parts, whole = (of_frames(tshark, everything, *options) for options in (("-M", 300), ()))
    assert len(parts) == len(whole) > 1000
    for number, ((after_reset, _), (findings, fragments)) in enumerate(zip(parts, whole), 1):
        # Plaintext counts as forged only if an earlier packet has verified.
        if fragments or NOT_ESP in after_reset + findings or "capture.crypto_offload" in after_reset:
            continue
        assert alone(after_reset) == alone(findings), number
