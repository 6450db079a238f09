"""Sequence numbers: their fields, two passes, and what the preferences change.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import pytest

import pcap
import sidecars

NAME = "faults_sequence"
FIELDS = ("ipsec.seq", "ipsec.seq.highest", "ipsec.seq.lag", "ipsec.seq.skipped", "ipsec.seq.first_seen")


def frame_of(what):
    """The frame with this description in the sidecar."""
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


@pytest.mark.parametrize("name", ["clean_natt", "faults_natt", "benign", "foreign"])
@pytest.mark.parametrize("options", [(), ("-2",)], ids=["one pass", "two passes"])
def test_every_header_has_its_number(tshark, name, options):
    """From the first packet on, whatever is known about its SA, because a packet must be found by the number in a
    log."""
    stock = tshark.read(name, *tshark.options(name), *options, "-Y", "esp.sequence && !ah", "-T", "fields", "-e", "frame.number",
                        "-e", "esp.sequence", "-e", "ipsec.seq", "-e", "esp.spi", "-e", "ipsec.spi", "-E", "separator=,", "-E",
                        "occurrence=l").split()
    rows = [line.split(",") for line in stock]
    assert len(rows) > 2
    assert [row for row in rows if row[1] != row[2] or int(row[3], 0) != int(row[4], 0)] == []


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


# --- advice ---------------------------------------------------------------------------------------

def advice(tshark, what, *options):
    (text,) = tshark.rows(NAME, *options)[frame_of(what)]["ipsec.advice"]
    return text


@pytest.mark.parametrize("what, missed, smallest, class_differs", [
    ("order: 5 is left of the window by 1", 1, 65, False),
    ("QoS: 3 is best effort, and left of the window by 37", 37, 101, True)])
def test_advice_names_the_smallest_window(tshark, what, missed, smallest, class_differs):
    for options in ((), ("-2",)):
        text = advice(tshark, what, *options)
        assert f"the packet missed the window by {missed} (a window of {smallest} would accept it)" in text, options
        assert ("DSCP" in text) == class_differs, options


def test_no_window_lets_a_number_in_twice(tshark, catalogue):
    for options in ((), ("-2",)):
        assert catalogue["replay.old"].advice[1:] in advice(tshark, "QoS: 4 comes again", *options)


@pytest.mark.parametrize("window, findings", [(100, ["replay.old"]), (101, ["seq.reorder"])])
def test_the_smallest_window_does_let_it_in(tshark, window, findings):
    rows = tshark.rows(NAME, "-o", f"ipsec.replay_window:{window}")
    assert rows[frame_of("QoS: 3 is best effort, and left of the window by 37")].findings == findings


def test_advice_on_the_wrong_epoch(tshark):
    """The highest number is 1:40, and the row has a window of 32."""
    what = "AES-GCM-16: ESN 0:0xfffffff0, left of the window"
    text = advice(tshark, what)
    assert "the packet missed the window by 25 (a window of 57 would accept it) and counts as a bad ICV, not a replay;" in text
    assert advice(tshark, what, "-2") == text


# --- lifetime of an SA ----------------------------------------------------------------------------

LIFE = ("ipsec.sa", "ipsec.sa.reverse", "ipsec.sa.successor", "ipsec.sa.first_frame", "ipsec.sa.last_frame",
        "ipsec.sa.packets", "ipsec.sa.octets")
PAIR, ALONE = 0xC1000001, 0xC2000001


@pytest.fixture
def lives(tmp_path):
    """Frames 1 to 4: a pair of SAs in alternation; 5 and 6: an SA without a reverse SA."""
    from samples.packets import esp, ethernet, ipv4
    frames = [ethernet(ipv4(1, 50, esp(60, PAIR + way, number), reply=bool(way))) for number in (1, 2) for way in (0, 1)]
    frames += [ethernet(ipv4(2, 50, esp(100, ALONE, number))) for number in (1, 2)]
    return pcap.write_frames(tmp_path / "lives.pcap", frames)


def lives_of(tshark, capture, *options):
    """The values of the fields in LIFE, one line per frame; None if a field is missing."""
    fields = [word for name in LIFE for word in ("-e", name)]
    lines = tshark.read(capture, *options, "-T", "fields", *fields).splitlines()
    return [tuple(int(value) if value else None for value in line.split("\t")) for line in lines]


def test_a_second_pass_knows_the_whole_life(tshark, lives):
    first, second, alone = ((0, 1, None, 1, 3, 2, 120), (1, 0, None, 2, 4, 2, 120), (2, None, None, 5, 6, 2, 200))
    assert lives_of(tshark, lives, "-2") == [first, second, first, second, alone, alone]


def test_one_pass_shows_no_totals(tshark, lives):
    """What it does show is what was known when the frame came."""
    assert lives_of(tshark, lives) == [
        (0, None, None, 1, None, None, None), (1, 0, None, 2, None, None, None), (0, 1, None, 1, None, None, None),
        (1, 0, None, 2, None, None, None), (2, None, None, 5, None, None, None), (2, None, None, 5, None, None, None)]


def test_filter_for_one_direction_only(tshark, lives):
    assert tshark.frames(lives, "ipsec.sa && !ipsec.sa.reverse", "-2") == [5, 6]
    assert tshark.frames(lives, "ipsec.sa && ipsec.sa.reverse", "-2") == [1, 2, 3, 4]


def test_successor_after_a_rekey(tshark):
    old, new = ([frame for frame, line in sidecars.load(NAME).items() if line.what.startswith(what)]
                for what in ("old SPI: ", "old SPI, successor: "))
    lines = lives_of(tshark, NAME, "-2")
    (successor,) = {lines[frame - 1][0] for frame in new}
    assert {lines[frame - 1][2] for frame in old} == {successor}
    assert {lines[frame - 1][2] for frame in new} == {None}
    assert {lines[frame - 1][3:6] for frame in old} == {(old[0], old[-1], len(old))}
    one_pass = lives_of(tshark, NAME)
    assert [one_pass[frame - 1][2] for frame in old] == [None] * (len(old) - 1) + [successor]
