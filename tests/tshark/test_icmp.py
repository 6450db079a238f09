"""ICMP errors that quote IPsec: their kinds, the links between them and the packets, and what they leave unchanged.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import json
import re

import pytest

import pcap
import sidecars
from samples.icmp import ROUTER, error, error6, packet, peer
from samples.keyed import inner
from samples.packets import ESP, esp, ethernet, fragments4, ipv4, ipv6, noise, udp4, v4_addresses
from samples.sa import GCM, Sa
from test_many_headers import WIRELESS, aggregate
from tshark_runner import field_options, parse_rows

ICMP_FIELDS = ("frame.number", "ipsec.finding", "ipsec.advice", "ipsec.icmp.error", "ipsec.icmp.mtu", "ipsec.icmp.quoted_frame",
               "ipsec.answered_by", "ipsec.sa", "ipsec.sa.mtu", "ipsec.verdict", "ipsec.linux.counter", "ipsec.advice")
NUMBER = 40     # number that determines addresses and SPI of the packets here
PASSES = pytest.mark.parametrize("passes", [(), ("-2",)], ids=["one pass", "two passes"])


def fields(tshark, capture, *options):
    return parse_rows(tshark.read(capture, *tshark.options(capture), *options, *field_options(ICMP_FIELDS)), ICMP_FIELDS)


@pytest.fixture
def capture(tmp_path):
    """Writes frames, each some milliseconds after the one before, and the keys of some SAs."""
    def write(frames, *states, after=1500):
        path = tmp_path / "icmp.pcap"
        records = [pcap.Record(1_700_000_000 + number * after // 1000, number * after % 1000 * 1000, len(frame), frame)
                   for number, frame in enumerate(frames)]
        if states:
            path.with_suffix(".xfrm-state.txt").write_text("".join(states))
        return pcap.write(path, records)
    return write


# --- the sample ------------------------------------------------------------------------------------------------------

# Links from an error to the packet that it quotes. Those in 34 and 50 quote packets that were not captured.
QUOTED = {2: 1, 4: 3, **{frame: 10 for frame in range(11, 16)}, **{frame: 21 for frame in range(22, 34)},
          17: 10, 18: 10, 39: 38, 40: 38, 41: 38, 42: 38, 45: 44, 46: 44, 48: 47, 49: 47, 52: 51, 53: 51,
          **{frame: 51 for frame in range(55, 62)}}


@PASSES
def test_errors_and_packets_lead_to_each_other(tshark, passes):
    rows = fields(tshark, "icmp", *passes)
    assert {frame: int(row["ipsec.icmp.quoted_frame"][0]) for frame, row in rows.items() if row["ipsec.icmp.quoted_frame"]} == QUOTED
    answers = {}
    for frame, quoted in sorted(QUOTED.items()):
        answers.setdefault(quoted, frame)
    found = {frame: int(row["ipsec.answered_by"][0]) for frame, row in rows.items() if row["ipsec.answered_by"]}
    assert found == (answers if passes else {})


@PASSES
def test_names_and_mtus(tshark, passes):
    rows = fields(tshark, "icmp", *passes)
    for frame, row in rows.items():
        assert row["ipsec.icmp.error"] == [name[len("icmp."):] for name in row.findings if name.startswith("icmp.")]
        assert bool(row["ipsec.icmp.mtu"]) == any("too_big" in name for name in row["ipsec.icmp.error"])
    assert [rows[frame]["ipsec.icmp.mtu"] for frame in (2, 11, 12, 15, 52)] == [["576"], ["0"], ["68"], ["1500"], ["1280"]]
    assert {frame: row["ipsec.sa.mtu"] for frame, row in rows.items() if row["ipsec.sa.mtu"]} == \
        {**{frame: ["576"] for frame in range(3, 10) if frame != 4}, 54: ["1280"]}


def test_a_read_filter_takes_the_packet_away(tshark):
    rows = fields(tshark, "icmp", "-2", "-R", "icmp or esp.sequence > 1")
    assert rows[1]["ipsec.icmp.error"] == ["too_big"] and not rows[1]["ipsec.icmp.quoted_frame"]
    assert rows[3]["ipsec.icmp.quoted_frame"] == ["2"] and rows[2]["ipsec.answered_by"] == ["3"]


def test_what_quotes_no_ipsec_is_not_touched(tshark):
    """Nor is what must not be taken for an error: the tree is that of stock Wireshark."""
    foreign = [frame for frame, line in sidecars.load("icmp").items() if not line.verdicts and not line.findings]
    assert len(foreign) == 5
    only = ("-Y", " or ".join(f"frame.number == {frame}" for frame in foreign), "-V")
    assert tshark.read("icmp", *only) == tshark.read("icmp", *only, plugin=False) != ""


# --- numbers ---------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("udp, fits", [(False, 1246), (True, 1238)], ids=["IP", "UDP"])
@PASSES
def test_inner_mtu_is_the_kernels(tshark, capture, udp, fits, passes):
    sa = Sa(NUMBER, 4, GCM, mode="tunnel", udp=udp)

    def sent():
        sealed = sa.esp(inner(4, 1360), next_header=4)
        return udp4(sa.number, sealed, flags="DF") if udp else ipv4(sa.number, ESP, sealed, flags="DF")
    first = sent()
    path = capture([ethernet(first), error(NUMBER, 3, 4, first[:44], 1300), ethernet(sent()), ethernet(sent())], sa.state())
    rows = fields(tshark, path, *passes)
    assert [row.verdicts for row in rows.values()] == [["verified"], ["unchecked"], ["verified"], ["verified"]]
    assert [row.findings for row in rows.values()] == [[], ["icmp.too_big"], ["sa.above_mtu"], ["sa.above_mtu"]]
    assert f": an inner MTU of {fits} fits; {len(first)} octets do not;" in rows[2]["ipsec.advice"][0]
    for frame, above in ((3, "1 packet"), (4, "2 packets")):
        advice = rows[frame]["ipsec.advice"][0]
        assert f": an inner MTU of {fits} fits; {above} so far did not (up to {len(first)} octets);" in advice


def test_table_has_the_mtu(tshark):
    output = tshark.run("-q", "-r", tshark.stage("icmp"), "-z", "ipsec,sa,json").stdout
    mtus = [json.loads(line)["mtu"] for line in output.splitlines()]
    assert mtus.count(576) == 3 and mtus.count(1280) == 1 and mtus.count(None) == len(mtus) - 4


# --- how errors arrive
# ----------------------------------------------------------------------------------------------------

def test_in_fragments(tshark, capture):
    """Only the reassembled message is an error."""
    sent = packet(NUMBER)
    message = error(NUMBER, 3, 4, sent, 576)[14 + 20:]
    addresses = {"src": ROUTER, "dst": v4_addresses(NUMBER)["src"]}
    parts = [ethernet(part) for part in fragments4(NUMBER, 1, message, 96, **addresses)]
    path = capture([ethernet(sent), *parts, ethernet(packet(NUMBER, 2))])
    rows = fields(tshark, path)
    assert [row["ipsec.icmp.error"] for row in rows.values()] == [[], [], ["too_big"], []]
    assert rows[3]["ipsec.icmp.quoted_frame"] == ["1"] and rows[4].findings == ["sa.above_mtu"]
    rows = fields(tshark, path, "-o", "ip.defragment:FALSE")
    # A checksum over the whole message.
    assert [row["ipsec.icmp.error"] for row in rows.values()] == [[], ["too_big"], [], []]


@pytest.mark.parametrize("captured", [14 + 20 + 8 + 20, 14 + 20 + 8 + 24, 14 + 20 + 8 + 28, 14 + 20 + 8 + 60])
def test_cut_by_the_capture(tshark, tmp_path, captured):
    sent = packet(NUMBER)
    whole = error(NUMBER, 3, 4, sent[:200], 576, damage=1)     # which cannot be checked if the message was cut
    records = [pcap.Record(1_700_000_000, 0, len(sent) + 14, ethernet(sent)),
               pcap.Record(1_700_000_001, 0, len(whole), whole[:captured])]
    (row,) = [row for row in fields(tshark, pcap.write(tmp_path / "cut.pcap", records)).values() if row["ipsec.icmp.error"]]
    has_spi = captured >= 66
    assert row["ipsec.icmp.error"] == ["too_big" if has_spi else "too_big_ignored"]
    assert row["ipsec.icmp.quoted_frame"] == (["1"] if has_spi else [])


def test_with_extensions(tshark, capture):
    """RFC 4884: the quote is padded, and followed by extensions."""
    sent = packet(NUMBER)
    mpls = bytes.fromhex("2000dead00080101000010ff")
    told = error(NUMBER, 3, 4, sent[:28] + bytes(100), 32 << 16 | 576, extensions=mpls)
    rows = fields(tshark, capture([ethernet(sent), told]))
    assert rows[2]["ipsec.icmp.error"] == ["too_big"] and rows[2]["ipsec.icmp.quoted_frame"] == ["1"]
    assert rows[2]["ipsec.icmp.mtu"] == ["576"]


def test_behind_nat(tshark, capture):
    """The router sees another source."""
    sent = packet(NUMBER)
    outside = packet(NUMBER, src="203.0.113.1")
    rows = fields(tshark, capture([ethernet(sent), error(NUMBER, 3, 4, outside[:28], 576)]))
    assert rows[2]["ipsec.icmp.error"] == ["too_big"] and rows[2]["ipsec.icmp.quoted_frame"] == ["1"]


def test_one_error_for_many_packets(tshark, capture):
    """Routers limit the rate of errors, and senders try larger packets again after ten minutes."""
    sent = [ethernet(packet(NUMBER, number)) for number in range(1, 8)]
    path = capture([sent[0], error(NUMBER, 3, 4, packet(NUMBER)[:28], 576), *sent[1:]], after=150_000)
    rows = fields(tshark, path)
    assert [bool(row.findings) for row in rows.values()] == [False, True, True, True, True, True, False, False]


def test_offload_in_a_quote(tshark, capture):
    """A quote that states no length cannot be a packet from the wire: nothing is concluded from it."""
    sent = packet(NUMBER)
    quote = sent[:2] + bytes(2) + sent[4:28]
    rows = fields(tshark, capture([ethernet(sent), error(NUMBER, 3, 4, quote, 1400)]))
    assert rows[2]["ipsec.icmp.error"] == ["too_big"] and rows[2].verdicts == ["unchecked"]
    assert "inner MTU" not in rows[2]["ipsec.advice"][0]


def test_disabled_and_alone(tshark):
    """Nothing is shown if the protocol ipsec is disabled; with ESP disabled, errors are still read."""
    assert not any(row["ipsec.icmp.error"] for row in fields(tshark, "icmp", "--disable-protocol", "icmp",
                                                             "--disable-protocol", "icmpv6").values())
    assert fields(tshark, "icmp", "--disable-protocol", "esp")[16]["ipsec.icmp.error"] == ["too_big_ignored"]


# --- what errors must not do
# ---------------------------------------------------------------------------------------------

def test_forged_errors_change_no_verdict(tshark, capture):
    """An error of every kind in front of each packet: the packets are judged as without them."""
    sent = [packet(NUMBER, number) for number in (1, 2, 3, 5, 4, 3, 70, 6)]
    kinds = [(3, 4, 0), (3, 2, peer(NUMBER)), (11, 0, 0), (3, 4, 0), (3, 13, 0), (12, 0, 0), (3, 4, 0), (11, 1, 0)]
    forged = [error(NUMBER, kind, code, quote[:28], 576, source=source or ROUTER)
              for quote, (kind, code, source) in zip(sent, kinds)]
    plain = [row for row in fields(tshark, capture(map(ethernet, sent))).values()]
    mixed = fields(tshark, capture([frame for pair in zip(forged, map(ethernet, sent)) for frame in pair]))
    packets = [row for frame, row in mixed.items() if frame % 2 == 0]
    assert [row.verdicts for row in packets] == [row.verdicts for row in plain]
    assert [[name for name in row.findings if name != "sa.above_mtu"] for row in packets] == [row.findings for row in plain]


@PASSES
def test_a_peer_without_esp_counts_nothing(tshark, capture, passes):
    known = Sa(NUMBER, 4, GCM)
    unknown = [ethernet(ipv4(NUMBER, ESP, esp(100, spi=0x0A0B0C0D, sequence=number))) for number in (1, 2, 3)]
    said = error(NUMBER, 3, 2, unknown[0][14:14 + 28], source=peer(NUMBER))
    rows = fields(tshark, capture([unknown[0], said, *unknown[1:]], known.state()), "-o", "ipsec.sa_complete:TRUE", *passes)
    assert [row.findings for row in rows.values()] == [["esp.spi_unknown"], ["icmp.protocol_unreachable"],
                                                       ["esp.spi_unknown"], ["esp.spi_unknown"]]
    assert [row.verdicts for row in rows.values()] == [["drop"], ["unchecked"], ["drop"], ["drop"]]
    assert [row["ipsec.linux.counter"] for row in rows.values()] == [["XfrmInNoStates"], [], [], []]
    assert "reported in ICMP" in rows[3]["ipsec.advice"][0]


def test_ipv6_and_deep_quotes(tshark, capture):
    """After extension headers, and in a quote within a quote, which is not analysed."""
    sent = ipv6(NUMBER, ESP, esp(1300), chain=(60,))
    nested = error6(NUMBER, 1, 0, error6(NUMBER, 2, 0, sent[:80], 1280)[14:])
    rows = fields(tshark, capture([ethernet(sent), error6(NUMBER, 2, 0, sent[:80], 1280), nested]))
    assert [row["ipsec.icmp.error"] for row in rows.values()] == [[], ["too_big"], []]
    assert rows[2]["ipsec.icmp.quoted_frame"] == ["1"]


def test_noise(tshark, capture):
    """Errors that are cut anywhere, and random octets."""
    sent = packet(NUMBER)
    frames = [error(NUMBER, kind, 4, sent[:length], 576) for kind in (3, 11, 12) for length in range(0, 40, 3)]
    frames += [ethernet(ipv4(NUMBER, 1, bytes([3, 4]) + noise(length))) for length in range(2, 90, 7)]
    frames += [ethernet(ipv6(NUMBER, 58, bytes([kind, 0]) + noise(length))) for kind in (1, 2, 3, 4) for length in range(2, 90, 11)]
    rows = fields(tshark, capture(frames))
    assert len(rows) == len(frames) and not any(re.search("drop", str(row.verdicts)) for row in rows.values())


@pytest.mark.parametrize("octets, found", [(0, []), (1, ["port_unreachable"]), (8, []), (9, ["port_unreachable"])])
def test_probes_that_cannot_be_ipsec(tshark, capture, octets, found):
    """A scanner's datagram to port 4500 is neither a keepalive nor long enough for ESP."""
    sent = udp4(NUMBER, noise(octets))
    (row,) = fields(tshark, capture([error(NUMBER, 3, 3, sent[:28], source=peer(NUMBER))])).values()
    assert row["ipsec.icmp.error"] == found


@PASSES
def test_two_errors_of_one_frame(tshark, tmp_path, passes):
    """Each is inside a packet of its own, at the same offset of the decrypted octets."""
    sa = Sa(NUMBER, 4, GCM, mode="tunnel")
    quote = ipv4(NUMBER, ESP, esp(60), flags="DF")[:28]
    errors = [error(NUMBER, 3, code, quote, source=peer(NUMBER))[14:] for code in (13, 2)]
    frame = aggregate([sa.packet(sa.esp(one, next_header=4)) for one in errors])
    path = pcap.write(tmp_path / "aggregate.pcap", [pcap.Record(1, 0, len(frame), frame)], WIRELESS)
    path.with_suffix(".xfrm-state.txt").write_text(sa.state())
    (row,) = fields(tshark, path, *passes).values()
    assert row["ipsec.icmp.error"] == ["prohibited", "protocol_unreachable"]
