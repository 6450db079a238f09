"""Sequence numbers: their fields, two passes, and what the preferences change.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import pytest

import pcap
import sidecars

NAME = "faults_sequence"
FIELDS = ("ipsec.seq", "ipsec.seq.highest", "ipsec.seq.lag", "ipsec.seq.skipped", "ipsec.seq.first_seen")


def frame_of(what):
    """The frame that the sidecar describes so."""
    return next(frame for frame, line in sidecars.load(NAME).items() if line.what == what)


def values(rows, what):
    return tuple(rows[frame_of(what)][name] for name in FIELDS)


def findings(rows, what):
    return rows[frame_of(what)].findings


@pytest.mark.parametrize("what, sequence, highest, lag", [
    ("order: 3 is late", 3, 4, 1), ("order: 5 is left of the window by 1", 5, 69, 64),
    ("ESP, duplicates: 2 again after 60 ms", 2, 2, 0)])
def test_lag_and_highest(tshark, what, sequence, highest, lag):
    shown = values(tshark.rows(NAME), what)
    assert shown[:3] == ([str(sequence)], [str(highest)], [str(lag)])


def test_numbers_skipped(tshark):
    rows = tshark.rows(NAME)
    assert rows[frame_of("order: number 0x4")]["ipsec.seq.skipped"] == ["1"]
    assert rows[frame_of("gap: number 0x44")]["ipsec.seq.skipped"] in ([], ["0"])


def test_first_seen_is_the_frame_that_had_the_number(tshark):
    first = frame_of("ESP, duplicates: number 0x2")
    assert values(tshark.rows(NAME), "ESP, duplicates: 2 again after 60 ms")[4] == [str(first)]


def test_high_half_is_in_the_number(tshark):
    assert values(tshark.rows(NAME), "AES-GCM-16: ESN 1:1")[0] == [str((1 << 32) + 1)]
    assert values(tshark.rows(NAME), "AES-GCM-16: ESN 0:0xfffffff0, left of the window")[0] == [str(0xFFFFFFF0)]


def test_two_passes_show_the_same(tshark):
    assert tshark.rows(NAME, "-2") == tshark.rows(NAME)


@pytest.mark.parametrize("window, late, far, again", [
    (0, [], [], []),
    (32, ["seq.reorder"], ["replay.old"], ["replay.duplicate"]),
    (4096, ["seq.reorder"], ["seq.reorder"], ["replay.duplicate"])])
def test_window_of_the_preference(tshark, window, late, far, again):
    rows = tshark.rows(NAME, "-o", f"ipsec.replay_window:{window}")
    assert findings(rows, "order: 3 is late") == late
    assert findings(rows, "order, just inside: 2 is the last number of the window") == far
    assert findings(rows, "ESP, duplicates: 2 again after 60 ms") == again


@pytest.mark.parametrize("milliseconds, finding", [(0, "replay.duplicate"), (5, "capture.duplicate")])
def test_time_within_which_frames_are_captured_twice(tshark, milliseconds, finding):
    rows = tshark.rows(NAME, "-o", f"ipsec.duplicate_ms:{milliseconds}")
    assert findings(rows, "ESP, duplicates: 3 again after 1 ms") == [finding]


def test_both_directions_name_each_other(tshark, tmp_path):
    from samples.packets import esp, ethernet, ipv4
    frames = [ethernet(ipv4(1, 50, esp(60, 0xC1000001 + way, number), reply=bool(way)))
              for number in (1, 2) for way in (0, 1)]
    output = tshark.read(pcap.write_frames(tmp_path / "pair.pcap", frames), "-2", "-T", "fields",
                         "-e", "ipsec.sa.reverse")
    assert output.split() == ["1", "0", "1", "0"]
