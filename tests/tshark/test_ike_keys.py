"""What IKE reveals about SAs, whether or not Wireshark can decrypt it.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import json
import struct

import pytest

import pcap
from samples.icmp import error as too_big
from samples.ike_inside import (
    AUTH, CLEAN, CREATE_CHILD_SA, INFORMATIONAL, NOTIFY, PEERS, SPIS, TABLE, chain, child, delete, fragment, message, proposal)
from samples.packets import ESP, MARKER, esp, ethernet, ipv4, udp4

CAPTURE = "ike_inside"
LIFE = ("ipsec.sa", "ipsec.sa.successor", "ipsec.sa.created_by", "ipsec.sa.deleted_by", "ipsec.sa.maybe_created_by",
        "ipsec.sa.maybe_deleted_by")
WITH_KEYS = ("-o", TABLE)


def life(tshark, capture, *options):
    """The fields in LIFE of each frame with an SA."""
    output = tshark.read(capture, *options, "-Y", "ipsec.sa", "-T", "fields", "-e", "frame.number",
                         *(word for name in LIFE for word in ("-e", name)))
    lines = [line.split("\t") for line in output.splitlines()]
    return {int(line[0]): dict(zip(LIFE, line[1:])) for line in lines}


@pytest.mark.parametrize("passes", [(), ("-2",)])
def test_who_created_and_deleted_an_sa(tshark, passes):
    rows = life(tshark, CAPTURE, *WITH_KEYS, *passes)
    assert {rows[frame]["ipsec.sa.created_by"] for frame in (3, 4, 30, 31)} == {"2"}
    assert {rows[frame]["ipsec.sa.created_by"] for frame in (9, 34)} == {"8"}
    assert rows[38]["ipsec.sa.created_by"] == "37"
    assert {rows[frame]["ipsec.sa.deleted_by"] for frame in (30, 31)} == {"28"}
    assert rows[34]["ipsec.sa.deleted_by"] == ""
    assert not any(row["ipsec.sa.maybe_created_by"] or row["ipsec.sa.maybe_deleted_by"] for row in rows.values())


def test_what_strongswan_did(tshark):
    """The IKE SA was rekeyed in between, by the other side, and deleted at the end."""
    rows = life(tshark, "ike_strongswan", *tshark.options("ike_strongswan"), "-2")
    first, second = [tuple(rows[frame][name] for name in LIFE[2:4]) for frame in (5, 29)]
    assert (first, second) == (("4", "28"), ("26", "44"))
    assert [rows[frame]["ipsec.sa.successor"] for frame in (5, 6)] == [rows[frame]["ipsec.sa"] for frame in (29, 30)]


def test_successor_is_exact(tshark):
    """Known from one packet; the heuristic needs 16."""
    rows = life(tshark, CAPTURE, *WITH_KEYS, "-2")
    assert rows[4]["ipsec.sa.successor"] == rows[34]["ipsec.sa"]
    assert rows[34]["ipsec.sa.successor"] == rows[38]["ipsec.sa"]
    assert rows[3]["ipsec.sa.successor"] == rows[9]["ipsec.sa"]


def test_without_keys_nothing_is_known_but_the_time(tshark):
    rows = life(tshark, CAPTURE, "-2")
    assert not any(row["ipsec.sa.created_by"] or row["ipsec.sa.deleted_by"] for row in rows.values())
    assert rows[3]["ipsec.sa.maybe_created_by"] == "1"
    assert rows[9]["ipsec.sa.maybe_created_by"] == "7"
    assert rows[38]["ipsec.sa.maybe_created_by"] == "35"
    assert "sa.deleted" not in tshark.read(CAPTURE, "-T", "fields", "-e", "ipsec.finding")


def test_statistics(tshark):
    output = tshark.read(CAPTURE, *WITH_KEYS, "-q", "-z", "ipsec,sa,json")
    told = {sa["spi"]: sa for sa in map(json.loads, output.splitlines()) if "spi" in sa}
    assert [told[spi]["created_by"] for spi in (0xA1000001, 0xB1000001, 0xB1000002, 0xA1000002, 0xA1000003)] == \
        [2, 2, 8, 8, 37]
    assert [told[spi]["deleted_by"] for spi in (0xA1000001, 0xB1000001, 0xB1000002)] == [28, 28, None]
    assert told[0xA1000001]["successor"] == told[0xA1000002]["index"]
    assert told[0xA1000001]["reverse"] == told[0xB1000001]["index"]
    assert told[0xA1000001]["key_source"] == "IKE"


WAYS = {"one pass": (), "a filter": ("-Y", "frame.number > 0"), "a tree": ("-V",), "two passes": ("-2",),
        "two passes and a filter": ("-2", "-Y", "frame.number > 0")}


def told_of(tshark, options):
    """Frame, verdict and findings of each header that is not clean."""
    output = tshark.read(CAPTURE, *WITH_KEYS, *options, "-q", "-z", "ipsec,findings,json")
    lines = [json.loads(line) for line in output.splitlines() if line.startswith("{")]
    return [(line["frame"], line["verdict"], [finding["id"] for finding in line["findings"]]) for line in lines
            if "frame" in line]


def test_each_way_of_reading_finds_the_same(tshark):
    """Whether or not the first pass has a tree, and whether or not that is shown."""
    told = {way: told_of(tshark, options) for way, options in WAYS.items()}
    assert (5, "drop", ["esp.runt_for_sa"]) in told["one pass"] and len(told["one pass"]) == 7
    assert all(told[way] == told["one pass"] for way in WAYS), told


@pytest.mark.parametrize("options", [("-q", "-z", "expert"), ("-T", "fields", "-e", "_ws.col.Info", "-Y", "isakmp"),
                                     ("-Y", "isakmp", "-V"), ("-2", "-Y", "isakmp", "-V")])
def test_the_message_itself_is_dissected_once(tshark, options):
    """Nothing that stock Wireshark says of a message is duplicated or missing."""
    stock = tshark.read(CAPTURE, *WITH_KEYS, *options, plugin=False)
    ours = tshark.read(CAPTURE, *WITH_KEYS, *options)

    def of_isakmp(output):
        return [line for line in output.splitlines() if "ISAKMP" in line or "isakmp" in line or "Payload" in line]
    assert of_isakmp(ours) == of_isakmp(stock) and of_isakmp(stock) or options[0] == "-T" and ours == stock


# --- damaged and forged ---------------------------------------------------------------------------------------

def ike(exchange, identifier, payloads, from_a, response, damage=0):
    return ethernet(udp4(PEERS, MARKER + message(exchange, identifier, payloads, from_a, response, damage),
                         reply=not from_a))


def packet(spi, from_a, length, number=1):
    return ethernet(ipv4(PEERS, ESP, esp(length, spi, number), reply=not from_a, id=number))


def findings(tshark, capture, *options):
    return tshark.read(capture, *WITH_KEYS, *options, "-Y", "esp", "-T", "fields", "-e", "ipsec.finding").splitlines()


def test_a_wrong_checksum_moves_nothing(tshark, tmp_path):
    frames = [ike(AUTH, 1, child(0xA1000001), True, False), ike(AUTH, 1, child(0xB1000001), False, True, damage=1),
              packet(0xB1000001, True, 40), packet(0xA1000001, False, 40)]
    capture = pcap.write_frames(tmp_path / "damaged.pcap", frames)
    assert findings(tshark, capture) == ["", ""]
    frames[1] = ike(AUTH, 1, child(0xB1000001), False, True)
    capture = pcap.write_frames(tmp_path / "sound.pcap", frames)
    assert findings(tshark, capture) == ["esp.runt_for_sa"] * 2


CISCO = 132


def ip_of(octets, from_a):
    return ethernet(udp4(PEERS, MARKER + octets, reply=not from_a))


def clear(exchange, identifier, first, body, from_a, response):
    flags = (0x08 if from_a else 0) | (0x20 if response else 0)
    return SPIS + struct.pack("!BBBBII", first, 0x20, exchange, flags, identifier, 28 + len(body)) + body


def cisco(exchange, identifier, whole, from_a, response, cut=40):
    """The message in two payloads 132, which the stock dissector reassembles although nothing protects them."""
    for number, last, part in ((1, 0, whole[:cut]), (2, 1, whole[cut:])):
        body = struct.pack("!BBHHBB", 0, 0, 8 + len(part), 1, number, last) + part
        yield ip_of(clear(exchange, identifier, CISCO, body, from_a, response), from_a)


def in_clear(payloads, from_a, response):
    first, body = chain(payloads)
    return clear(AUTH, 1, first, body, from_a, response)


def behind_cisco(payloads, from_a, response):
    """A genuine message in a payload 132, in front of a false SK payload."""
    inner = message(AUTH, 1, payloads, from_a, response)
    sk = struct.pack("!BBH", 33, 0, 4 + 60) + bytes(60)
    body = struct.pack("!BBHHBB", 46, 0, 8 + len(inner), 1, 1, 1) + inner + sk
    return ip_of(clear(CREATE_CHILD_SA, 7, CISCO, body, from_a, response), from_a)


WAYS_TO_FORGE = {       # arguments: payloads, from A, response
    "not encrypted, in pieces": lambda *what: cisco(AUTH, 1, in_clear(*what), *what[1:]),
    "replayed in pieces": lambda *what: cisco(CREATE_CHILD_SA, 7, message(AUTH, 1, *what), *what[1:]),
    "in front of an SK": lambda *what: [behind_cisco(*what)],
    "in a fragment with a wrong checksum": lambda payloads, *ends: [
        ip_of(fragment(AUTH, 1, 1, 1, *chain(payloads), *ends, damage=1), ends[0])],
}


@pytest.mark.parametrize("way", WAYS_TO_FORGE)
def test_what_is_put_together_from_what_nobody_verified(tshark, tmp_path, way):
    forge = WAYS_TO_FORGE[way]
    frames = [*forge(child(0xA1000001), True, False), *forge(child(0xB1000001), False, True),
              packet(0xB1000001, True, 40), packet(0xA1000001, False, 40)]
    capture = pcap.write_frames(tmp_path / "forged.pcap", frames)
    assert findings(tshark, capture) == ["", ""]
    if "pieces" in way:
        assert "Reassembled" in tshark.read(capture, *WITH_KEYS, "-V")


def test_rows_without_integrity_verify_nothing(tshark, tmp_path):
    """Such rows as strongSwan writes for algorithms that Wireshark does not know: the ICV is "[not validated]"."""
    unchecked = TABLE.replace("HMAC_SHA2_256_128 [RFC4868]", "ANY 128-bits of Authentication [No Checking]")
    unchecked = unchecked.replace("0a" * 32, "").replace("0b" * 32, "")
    frames = [ike(AUTH, 1, child(0xA1000001), True, False), ike(AUTH, 1, child(0xB1000001), False, True),
              packet(0xB1000001, True, 40)]
    capture = pcap.write_frames(tmp_path / "unchecked.pcap", frames)
    options = ("-o", unchecked)
    assert "[not validated]" in tshark.read(capture, *options, "-V")
    assert tshark.read(capture, *options, "-Y", "esp", "-T", "fields", "-e", "ipsec.finding").split() == []
    assert life(tshark, capture, *options)[3]["ipsec.sa.created_by"] == ""


def in_fragments(payloads, cut, from_a, response, exchange=AUTH, damage=0):
    first, whole = chain(payloads)
    return [ip_of(fragment(exchange, 1, 1, 2, first, whole[:cut], from_a, response, damage), from_a),
            ip_of(fragment(exchange, 1, 2, 2, 0, whole[cut:], from_a, response, damage), from_a)]


def false_first(exchange, spis, first):
    """A fragment 1 from an attacker without the key, between the same hosts and with the same message id."""
    false = fragment(exchange, 1, 1, 2, first, b"x" * 32, False, True, damage=1)
    return ip_of(spis + false[16:], False)


def test_fragments_that_somebody_adds(tshark, tmp_path):
    """The stock dissector reassembles fragments by message id and hosts."""
    asked = ike(AUTH, 1, child(0xA1000001), True, False)
    one, two = in_fragments(child(0xB1000001), 4 + len(proposal(0)[1]), False, True)
    traffic = [packet(0xB1000001, True, 40), packet(0xA1000001, False, 40)]
    cases = {"none": [one, two], "same exchange": [false_first(AUTH, SPIS, 33), one, two],
             "other exchange": [false_first(INFORMATIONAL, SPIS, 33), one, two],
             "other next payload": [one, false_first(AUTH, b"\x99" * 16, 42), two], "other order": [two, one]}
    for what, answer in cases.items():
        capture = pcap.write_frames(tmp_path / f"{what}.pcap", [asked, *answer, *traffic])
        assert findings(tshark, capture) == ["esp.runt_for_sa"] * 2, what
    for what, answer in {"only the first": [one], "forged": [false_first(AUTH, SPIS, 33), two]}.items():
        capture = pcap.write_frames(tmp_path / f"{what}.pcap", [asked, *answer, *traffic])
        assert findings(tshark, capture) == ["", ""], what


# --- what is said ---------------------------------------------------------------------------------------------

def advice(tshark, capture, frame):
    output = tshark.read(capture, *WITH_KEYS, "-Y", f"frame.number == {frame}",
                         "-T", "fields", "-e", "ipsec.advice")
    return output.strip()


def test_advice_names_the_frame_of_the_delete(tshark):
    assert "although IKE deleted it in frame 28" in advice(tshark, CAPTURE, 30)
    # without frame 5, the number is one less
    rejected = ("-2", "-R", "!(frame.len == 74)", "-Y", 'ipsec.finding == "sa.deleted"')
    output = tshark.read(CAPTURE, *WITH_KEYS, *rejected, "-T", "fields", "-e", "ipsec.advice")
    assert output.count("although IKE deleted it in frame 27") == 2


def write_soon(path, frames):
    """A tenth of a second apart."""
    return pcap.write(path, [pcap.Record(1_700_000_000, 100_000 * n, len(frame), frame) for n, frame in enumerate(frames)])


def test_early_is_taken_back_where_the_answer_lacks(tshark, tmp_path):
    frames = [ike(AUTH, 1, child(0xA1000001), True, False), ike(AUTH, 1, child(0xB1000001), False, True),
              ike(CREATE_CHILD_SA, 2, child(0xA1000002), True, False), packet(0xA1000002, False, CLEAN)]
    capture = write_soon(tmp_path / "lost.pcap", frames)
    assert findings(tshark, capture) == ["sa.early"]
    assert findings(tshark, capture, "-2") == [""]
    frames.append(ike(CREATE_CHILD_SA, 2, child(0xB1000002), False, True))
    capture = write_soon(tmp_path / "answered.pcap", frames)
    assert findings(tshark, capture, "-2") == ["sa.early"]


def test_inner_mtu_with_the_algorithms_that_ike_names(tshark, tmp_path):
    """AES-CBC with HMAC-SHA2-256-128: 1300 less 20, 8, 16 and 16 leaves 77 blocks, which include two octets of
    trailer."""
    big = ipv4(PEERS, ESP, esp(1380, 0xB1000001, 1), flags="DF", id=1)
    error = too_big(PEERS, 3, 4, big[:28], 1300)
    frames = [ike(AUTH, 1, child(0xA1000001), True, False), ike(AUTH, 1, child(0xB1000001), False, True)]
    capture = pcap.write_frames(tmp_path / "known.pcap", [*frames, ethernet(big), error])
    assert "an inner MTU of 1230 fits;" in advice(tshark, capture, 4)
    capture = pcap.write_frames(tmp_path / "unknown.pcap", [ethernet(big), error])
    assert "with any algorithm" in advice(tshark, capture, 2)


@pytest.mark.parametrize("options", [(), ("-V",), ("-2",)])
def test_what_the_stock_dissector_throws_at(tshark, tmp_path, options):
    """The private tree remains usable, and the next message is read."""
    broken = [(NOTIFY, b"\x03\x04\x40\x09\x00"), (33, b"\x00\x00\x00\xff")]
    frames = [ike(AUTH, 1, child(0xA1000001, *broken[:1]), True, False), ike(INFORMATIONAL, 5, broken, True, False),
              ike(AUTH, 2, child(0xA1000002), True, False), ike(AUTH, 2, child(0xB1000002), False, True),
              packet(0xB1000002, True, 40)]
    capture = pcap.write_frames(tmp_path / "broken.pcap", frames)
    shown = tshark.read(capture, *WITH_KEYS, *options)
    assert "Malformed" in shown
    assert findings(tshark, capture) == ["esp.runt_for_sa"]


def test_many_rekeys(tshark, tmp_path):
    """A tree for each, one after the other, with an end of the file in between (-M)."""
    frames = [ike(AUTH, 1, child(0xA1000001), True, False), ike(AUTH, 1, child(0xB1000001), False, True)]
    for i in range(2, 200):
        frames += [ike(CREATE_CHILD_SA, i, child(0xA1000000 + i), True, False),
                   ike(CREATE_CHILD_SA, i, child(0xB1000000 + i), False, True), packet(0xB1000000 + i, True, 40),
                   ike(INFORMATIONAL, 1000 + i, delete(0xA1000000 + i), True, False)]
    capture = pcap.write_frames(tmp_path / "many.pcap", frames)
    assert findings(tshark, capture) == ["esp.runt_for_sa"] * 198
    assert tshark.read(capture, *WITH_KEYS, "-M", "100").count("\n") == len(frames)
