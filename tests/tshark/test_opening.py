"""Packets for which the easy answer would be wrong: what is shown besides verdict and findings.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import re

import pytest

import sidecars

PASSES = pytest.mark.parametrize("passes", [(), ("-2",)], ids=["one pass", "two passes"])


def lines(name, pattern):
    """The sidecar's lines of all frames whose description matches, with the match."""
    found = {frame: (line, re.search(pattern, line.what)) for frame, line in sidecars.load(name).items()}
    found = {frame: (line, match) for frame, (line, match) in found.items() if match}
    assert found
    return found


@PASSES
def test_why_the_icv_of_ah_fails(tshark, passes):
    """The field is named as RFC 791 and RFC 8200 name it, on every packet."""
    rows = tshark.rows("opening", *passes)
    fields = set()
    for frame, (_, match) in lines("opening", "the ICV covers (.*)").items():
        assert f"the ICV verifies if {match[1]} is not zeroed" in rows[frame]["ipsec.advice"][0], frame
        fields.add(match[1])
    assert fields == {"Type of Service", "Flags", "Time to Live", "Header Checksum", "Traffic Class", "Flow Label", "Hop Limit"}
    for frame, (_, match) in lines("opening", "another (.*) than the ICV covers").items():
        advice = rows[frame]["ipsec.advice"][0]
        assert "Look for NAT" in advice and f"the ICV verifies with another {match[1]};" in advice, frame
    for frame in lines("opening", "AH: damaged"):
        assert "verifies" not in rows[frame]["ipsec.advice"][0], frame


def test_short_packets_are_advised_on_by_their_length(tshark):
    rows = tshark.rows("opening")
    for frame in lines("opening", "octets of ESP"):
        advice = rows[frame]["ipsec.advice"][0]
        assert "length" in advice and not re.search(r"\bkey\b(?! table)|ESN", advice), frame


@PASSES
@pytest.mark.parametrize("finding", ["iv.predictable", "iv.chained"])
def test_foretold_ivs_are_told_once_per_sa(tshark, passes, finding):
    expected = sidecars.frames_with("opening", finding)
    rows = tshark.rows("opening", *passes)
    sas = [rows[frame]["ipsec.sa"][0] for frame in expected]
    assert tshark.frames("opening", f"ipsec.{finding}", *passes) == [
        frame for number, frame in enumerate(expected) if sas[number] not in sas[:number]]
    assert not any(rows[frame]["ipsec.analysis.flags"] for frame in expected)


TRAILER = ("ipsec.trailer.pad_length", "ipsec.trailer.next_header")


@pytest.mark.parametrize("name", ["clean_esp", "forged_null"])
def test_what_came_before_esp_null_was_known_is_opened_on_later_passes(tshark, name):
    """The payload is shown; verdict, findings and counters are those of the first pass."""
    first, later = tshark.rows(name), tshark.rows(name, "-2")
    opened = 0
    for frame, row in first.items():
        again = later[frame]
        said = [field for field in row if not re.search(r"trailer|icv|iv.length|key.source|frame.protocols|malformed", field)]
        assert [row[field] for field in said] == [again[field] for field in said], frame
        if row["ipsec.key.source"] == again["ipsec.key.source"]:
            assert [row[field] for field in TRAILER] == [again[field] for field in TRAILER], frame
            continue
        assert again["ipsec.key.source"] == ["ESP-NULL heuristic"], frame
        assert all(again[field] and not row[field] for field in TRAILER), frame
        assert len(again["frame.protocols"][0]) > len(row["frame.protocols"][0]), frame
        opened += 1
    assert opened > 0


@PASSES
@pytest.mark.parametrize("name", ["opening", "offload"])
@pytest.mark.parametrize("receiver", ["rfc", "windows", "linux", "freebsd", "openbsd", "vpp", "strongswan"])
def test_what_a_card_encrypts_is_no_fault_whatever_the_tables_hold(tshark, name, receiver, passes):
    frames = sidecars.frames_with(name, "capture.crypto_offload")
    rows = tshark.rows(name, "-o", "ipsec.sa_complete:TRUE", "-o", f"ipsec.receiver:{receiver}", *passes)
    counters = [field for field in rows[frames[0]] if re.search(r"counter|status|error|event|strongswan", field)
                and field != "ipsec.icv.status"]
    for frame in frames:
        row = rows[frame]
        assert row.verdicts == ["unchecked"] and set(row.findings) <= {"capture.crypto_offload", "capture.offload"}, frame
        assert not any(row[field] for field in counters), frame
        assert row["ipsec.key.source"] != ["ESP-NULL heuristic"], frame
