"""What an attacker without keys can put into a capture, and what is then the right judgement of forged and genuine
packets. Captures of captures/hostile; two that are too large for it are made here.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import re
from typing import NamedTuple

import pytest

import pcap
import sidecars
from samples import hostile, wire
from samples.packets import AH, EXPERIMENT, ah, noise
from tshark_runner import KEYS

FOLDER = sidecars.CAPTURES / "hostile"
PASSES = pytest.mark.parametrize("passes", [(), ("-2",)], ids=["one pass", "two passes"])
VERIFIED = (["verified"], [], ["Good"])
SPI = "0xa0000001"


def key_option(tshark, *names):
    """An option with the dumps of these names, one after the other."""
    texts = [(FOLDER / f"{name}{KEYS}").read_text() for name in names]
    return "-o", f"ipsec.sa_file:{tshark.share('-'.join(names) + KEYS, ''.join(texts))}"


def rows_of(tshark, name, *options):
    return tshark.rows(tshark.captures / "hostile" / f"{name}.pcap", *options)


def shown(row):
    return row.verdicts, row.findings, row.icv


def replays(row):
    return [finding for finding in row.findings if finding.startswith("replay.")]


def frames_that_show(rows, finding):
    return [frame for frame, row in rows.items() if finding in row.findings]


# --- with keys ----------------------------------------------------------------------------------------------

class Right(NamedTuple):
    """Forged frames, and what each must show; the other frames must be verified, with no other findings than these."""
    keys: str
    frames: int
    forged: tuple
    show: tuple
    others: tuple = ()


REFUSED = (["drop"], ["esp.icv"], ["Bad"])
UNCHECKED = (["unchecked"], [], ["Unverified"])
NOTHING = ([], [], [])

TABLE = {
    # It looks coalesced, and comes from another address.
    "02-one-forged-datagram-verified-sa": Right("02", 601, (201,), REFUSED),
    # IP states more octets than the frame has, as in a cut capture.
    "02b-one-forged-native-length-lie": Right("02b", 601, (201,), UNCHECKED),
    # No dissector passes on what follows a Mobility header.
    "02d-forged-ah-behind-mobility": Right("02d", 601, (201,), NOTHING),
    # The limit is 100 packets. The even numbers never came, so seq.gap is right.
    "03-lifetime-forged": Right("03-lifetime", 120, tuple(range(2, 81, 2)), REFUSED, ("seq.gap",)),
    # In front of the genuine packet with the same number.
    "04-forged-icv-escapes": Right("02", 102, (31, 62), REFUSED),
    "05-loss-goes-unsaid": Right("02", 315, (31,), REFUSED, ("seq.gap",)),
}


@PASSES
@pytest.mark.parametrize("name", TABLE)
def test_forged_packets_change_nothing(tshark, name, passes):
    right = TABLE[name]
    rows = rows_of(tshark, name, *key_option(tshark, right.keys), *passes)
    assert len(rows) == right.frames
    assert {frame: shown(rows[frame]) for frame in right.forged} == dict.fromkeys(right.forged, right.show)
    others = {frame: (row.verdicts, [finding for finding in row.findings if finding not in right.others], row.icv)
              for frame, row in rows.items() if frame not in right.forged}
    assert {frame: row for frame, row in others.items() if row != VERIFIED} == {}


@PASSES
def test_each_loss_is_told(tshark, passes):
    """Five of every twenty numbers never came; 14 such gaps have left the window of 64 at the end."""
    rows = rows_of(tshark, "05-loss-goes-unsaid", *key_option(tshark, "02"), *passes)
    frame_of = {int(number): frame for frame, row in rows.items() if frame != 31 for number in row["ipsec.seq"]}
    leave = [min(number for number in frame_of if number >= first + 64) for first in range(60, 337, 20)]
    assert len(leave) == 14
    assert frames_that_show(rows, "seq.gap") == [frame_of[number] for number in leave]


@PASSES
def test_a_lifetime_is_spent_by_genuine_packets(tshark, tmp_path, passes):
    """With a limit of 80 packets all 80 pass; with a limit of 79 the last one exceeds it."""
    text = (FOLDER / f"03-lifetime{KEYS}").read_text()
    for limit, expired in ((80, []), (79, [120])):
        keys = tshark.share(f"lifetime-{limit}.txt", text.replace("hard 100(packets)", f"hard {limit}(packets)"))
        rows = rows_of(tshark, "03-lifetime-forged", "-o", f"ipsec.sa_file:{keys}", *passes)
        assert frames_that_show(rows, "sa.expired") == expired, limit


# --- two dumps of one SA --------------------------------------------------------------------------------------

ODD, EVEN = (1, 3, 5), (2, 4)       # no IP packet inside; a packet outside of the first dump's selector


@PASSES
@pytest.mark.parametrize("names, odd, even", [
    (("11-merge",), {"esp.encap_mismatch", "esp.next_header_mode"}, {"esp.encap_mismatch", "esp.selector"}),
    # They fit the second dump: in UDP, for any traffic. Packets without an IP packet inside are odd in any tunnel.
    (("11-merge", "02"), {"esp.next_header_mode"}, set()),
    (("02", "11-merge"), {"esp.next_header_mode"}, set())], ids="+".join)
def test_a_packet_may_fit_either_dump(tshark, names, odd, even, passes):
    rows = rows_of(tshark, "11-merge", *key_option(tshark, *names), *passes)
    expected = {**dict.fromkeys(ODD, odd), **dict.fromkeys(EVEN, even)}
    assert {frame: set(row.findings) for frame, row in rows.items()} == expected
    assert {tuple(row.icv) for row in rows.values()} == {("Good",)}


@PASSES
@pytest.mark.parametrize("order", [1, -1])
def test_a_packet_may_fit_neither_dump(tshark, order, passes):
    """One requires that it is not in UDP, and the selector of the other does not allow it either."""
    texts = [(FOLDER / f"{name}{KEYS}").read_text() for name in ("11-merge", "02")][::order]
    texts = [re.sub(r"sel src 0\.0\.0\.0/0 dst 0\.0\.0\.0/0", "sel src 10.99.0.0/16 dst 10.99.0.0/16", text)
             for text in texts]
    keys = tshark.share(f"neither{order}.txt", "".join(texts))
    rows = rows_of(tshark, "11-merge", "-o", f"ipsec.sa_file:{keys}", *passes)
    assert [frame for frame in EVEN if not {"esp.selector", "esp.encap_mismatch"} & set(rows[frame].findings)] == []


# --- without keys ---------------------------------------------------------------------------------------------

def make(path, sent):
    return pcap.write(path, [pcap.Record(1_700_000_000 + time // 1000, time % 1000 * 1000, len(frame), frame)
                             for time, frame in hostile.captured(sent)])


@PASSES
def test_one_number_1000_ahead_makes_no_flow_old(tshark, tmp_path, passes):
    """Only the odd packet has a finding, or the one that contradicts it."""
    sent = hostile.one_forged_1000_ahead()
    rows = tshark.rows(make(tmp_path / "ahead.pcap", sent), *passes)
    assert len(rows) == len(sent)
    assert [frame for frame, row in rows.items() if "drop" in row.verdicts] == []
    odd = {frame: row.findings for frame, row in rows.items() if row.findings}
    assert set(odd) <= {hostile.FORGED_AT, hostile.FORGED_AT + 1, hostile.AHEAD + 1}
    assert 1 <= len(odd) <= 2
    found = {finding for findings in odd.values() for finding in findings}
    assert not found & {"replay.old", "seq.reorder", "seq.gap", "seq.restart"}


def assert_replays_are_told(rows, copies, others=(["plausible"], [])):
    """Each copy is reported as a replay, and nothing else is."""
    silent = [frame for frame in copies if not replays(rows[frame]) or rows[frame].verdicts not in (["suspicious"], ["drop"])]
    assert silent == []
    assert {frame: row.findings for frame, row in rows.items()
            if frame not in copies and (row.verdicts, row.findings) != others} == {}


COPIES = range(21, 592, 3)


@PASSES
@pytest.mark.parametrize("verdict", ["plausible", "verified"])
def test_each_copy_is_told(tshark, verdict, passes):
    """Whether or not the copies verify; the key is in the table, which states no window."""
    key = re.search(r"0x(\w{40})", (FOLDER / f"02{KEYS}").read_text())[1]
    row = ("-o", f'uat:ipsec_sa:"ESP","*","*","{SPI}","AES_GCM_16","{key}","NONE","","no","any"')
    rows = rows_of(tshark, "07-replays-silent-table-row", *(row if verdict == "verified" else ()), *passes)
    assert len(rows) == 591 and len(COPIES) == 191
    assert_replays_are_told(rows, COPIES, ([verdict], []))


@PASSES
def test_copies_from_elsewhere_hide_no_others(tshark, tmp_path, passes):
    sent = hostile.replays_from_elsewhere()
    copies = [frame for frame, packet in enumerate(sent, 1) if packet.late]
    rows = tshark.rows(make(tmp_path / "elsewhere.pcap", sent), *passes)
    assert len(rows) == 10_100 and len(copies) == 100
    assert_replays_are_told(rows, copies)


@PASSES
def test_forged_esp_null_says_nothing_of_ciphertext(tshark, passes):
    """Frames 4 and 5 of every eight look like ESP with NULL encryption and no ICV."""
    rows = rows_of(tshark, "09-forged-esp-null", *passes)
    assert len(rows) == 400
    genuine = {frame: row for frame, row in rows.items() if frame % 8 not in (4, 5)}
    assert len(genuine) == 300
    assert {frame: row.findings for frame, row in genuine.items() if row.findings} == {}
    assert [frame for frame, row in rows.items() if "drop" in row.verdicts] == []


@PASSES
def test_a_forged_successor_is_forgotten(tshark, passes):
    """Frames 61 to 77 are an attacker's, with an SPI of their own; the true rekey comes in frame 137, with two
    stragglers."""
    rows = rows_of(tshark, "10-forged-successor", *passes)
    assert len(rows) == 197
    assert frames_that_show(rows, "sa.old_spi") == [177, 188]


# --- more layers than fit into an octet -------------------------------------------------------------------------

# ESP around 254 AH around ESP, in one frame; ESP around 254 options headers and an IPv4 header of length 0 around ESP,
# in two fragments. Two packets of each kind.
MANY_LAYERS = pytest.mark.parametrize("name, frames, headers", [("01-crash-2-frames", 2, 256), ("01-crash-4-fragments", 4, 2)])
LATE = re.compile(r"^ipsec(?!\.(trailer|icv|iv|key)\.)")
NULL_ROW = ("-o", 'uat:ipsec_sa:"ESP","*","*","*","NULL","","NONE","","no","any"')


@PASSES
@MANY_LAYERS
@pytest.mark.parametrize("options", [(), NULL_ROW], ids=["no key", "NULL"])
def test_each_header_of_many_layers_is_its_own(tshark, name, frames, headers, options, passes):
    """The runner checks that tshark succeeds. With the row it reaches the innermost header of both packets, without it
    only if the ESP is recognised."""
    columns = ("-e", "ipsec.protocol", "-e", "ipsec.spi", "-e", "ah.spi", "-e", "esp.spi")
    output = tshark.read(tshark.captures / "hostile" / f"{name}.pcap", *options, *passes, "-T", "fields", *columns)
    lines = [[column.split(",") if column else [] for column in line.split("\t")] for line in output.splitlines()]
    assert len(lines) == frames
    whole = [line for line in lines if line[0]]
    assert len(whole) == 2
    for protocols, spis, ah, esp in whole:
        assert len(protocols) == headers or not options
        of_stock = {"50": iter(esp), "51": iter(ah)}
        assert spis == [next(of_stock[protocol]) for protocol in protocols]


@MANY_LAYERS
@pytest.mark.parametrize("options", [(), NULL_ROW], ids=["no key", "NULL"])
def test_one_and_two_passes_agree_on_many_layers(tshark, name, frames, headers, options):
    rows, again = rows_of(tshark, name, *options), rows_of(tshark, name, *options, "-2")
    assert len(rows) == len(again) == frames and headers > 1
    for frame, row in rows.items():
        # ESP-NULL that was not known yet is opened on later passes; headers inside are not judged then.
        late = row["ipsec.key.source"] != again[frame]["ipsec.key.source"]
        said = [field for field in row if not late or LATE.search(field)]
        assert [row[field] for field in said] == [again[frame][field] for field in said], frame


DEEP = 300


def ah_in_ah(number):
    """AH in AH, each of an SA of its own."""
    payload, protocol = noise(16), EXPERIMENT
    for depth in range(DEEP, 0, -1):
        payload, protocol = ah(next_header=protocol, payload=payload, spi=0xD1000000 + depth, sequence=number), AH
    return wire.frame(wire.ipv4(hostile.SENDER, hostile.RECEIVER, AH, payload))


@PASSES
def test_each_of_300_headers_has_its_own_record(tshark, tmp_path, passes):
    """More than an octet can count, in one packet. The third one is refused because of its outermost header, so that no
    receiver sees its content."""
    rows = tshark.rows(pcap.write_frames(tmp_path / "deep.pcap", map(ah_in_ah, (7, 8, 8))), *passes)
    for frame, number in ((1, 7), (2, 8)):
        assert rows[frame]["ipsec.sa"] == [str(sa) for sa in range(DEEP)], frame
        assert rows[frame]["ipsec.seq"] == [str(number)] * DEEP, frame
        assert "replay.duplicate" not in rows[frame].findings
    assert rows[3].findings.count("replay.duplicate") == 1 and len(rows[3]["ipsec.spi"]) == DEEP
