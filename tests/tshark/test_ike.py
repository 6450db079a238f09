"""IKE through tshark: fields, links, quotes in ICMP errors, findings that later frames revoke, ports, and the table.

The findings themselves are those of the sample capture "ike".

SPDX-License-Identifier: GPL-2.0-or-later
"""
import struct

import pytest

import pcap
import sidecars
from samples.expectations import Capture
from samples.ike import (
    AUTH, CREATE_CHILD_SA, INFORMATIONAL, OFFER, SA_INIT, Session, detection, message, notify, sealed)
from samples.packets import esp
from samples.wire import frame, ipv4, ipv6, packed, udp
from tshark_runner import field_options, parse_rows

FIELDS = ("frame.number", "ipsec", "ipsec.finding", "ipsec.verdict", "ipsec.ike.notify", "ipsec.ike.request",
          "ipsec.ike.response", "ipsec.ike.windows_error", "ipsec.inferred", "frame.protocols", "_ws.col.Info")
TRUE = ("1", "True")     # 4.0; 4.4 and later


def rows(tshark, capture, *options):
    return parse_rows(tshark.read(capture, *options, *field_options(FIELDS)), FIELDS)


@pytest.fixture(scope="module")
def sample(tshark):
    return {passes: rows(tshark, "ike", *(["-2"] if passes == 2 else [])) for passes in (1, 2)}


def frames_of(what):
    return [frame for frame, line in sidecars.load("ike").items() if line.what.startswith(what)]


def written(tmp_path, capture):
    capture.write(tmp_path)
    return tmp_path / f"{capture.name}.pcap"


def test_items_of_ike_have_findings_and_nothing_of_a_header(sample):
    told = {number: row for number, row in sample[1].items() if row["ipsec"]}
    assert len(told) > 40
    for number, row in told.items():
        assert not row["ipsec.verdict"] and len(row["ipsec"]) == 1 and row["ipsec.finding"], number


def test_an_answer_leads_to_its_request_and_back(sample):
    for passes in (1, 2):
        request, answer = frames_of("refused with notify 14")
        assert sample[passes][answer]["ipsec.ike.request"] == [str(request)]
        assert sample[passes][answer]["ipsec.ike.notify"] == ["14"]
        assert sample[passes][answer]["ipsec.ike.windows_error"] == ["13868"]
        assert sample[passes][answer]["ipsec.inferred"][0] in TRUE


def test_only_windows_own_word_is_not_inferred(sample):
    (_, answer) = frames_of("Windows tells 13868")
    row = sample[1][answer]
    assert row["ipsec.ike.windows_error"] == ["13868", "13868"] and row["ipsec.inferred"][0] in TRUE    # from notify 14
    codes = [row for row in sample[1].values() if row["ipsec.ike.windows_error"] and "ike.ms_status" not in row["ipsec.finding"]]
    assert codes and all(row["ipsec.inferred"][0] in TRUE for row in codes)


def test_a_repetition_leads_to_the_first_copy(sample):
    first, *_, last = frames_of("no answer:")
    assert sample[1][last]["ipsec.finding"] == ["ike.no_answer"]
    assert sample[1][last]["ipsec.ike.request"] == [str(first)] and not sample[2][last]["ipsec.ike.response"]


def test_the_info_column_tells(sample):
    _, answer = frames_of("refused with notify 38")
    assert sample[1][answer]["_ws.col.Info"][0].startswith("[The peer refuses the traffic selectors] ")


def refused_child(capture, answer=65):
    session = Session(capture, "child")
    session.init()
    session.seal("IKE_AUTH", AUTH, 1, 247)
    session.seal("answer", AUTH, 1, 198, response=True, back=True)
    session.seal("CREATE_CHILD_SA", CREATE_CHILD_SA, 2, 189)
    session.seal("short", CREATE_CHILD_SA, 2, answer, response=True, back=True)
    return session


@pytest.mark.parametrize("goes_on", ["exchange", "traffic", "old traffic", "traffic of older SAs", "nothing"])
def test_a_refusal_by_length_is_taken_back(tshark, tmp_path, goes_on):
    capture = Capture("refused", "A refusal")
    session = refused_child(capture)
    if goes_on == "exchange":
        session.seal("CREATE_CHILD_SA", CREATE_CHILD_SA, 3, 189)
        session.seal("answer", CREATE_CHILD_SA, 3, 189, response=True, back=True)
    spis = {"exchange": (), "nothing": (), "old traffic": (0xC0000001, 0xC0000001)}.get(goes_on, (0xC0000001, 0xC0000002))
    for number, spi in enumerate(spis, 5001 if goes_on == "traffic of older SAs" else 1):
        capture.add("ESP", frame(ipv4(*session.hosts, 50, esp(100, spi, number))))
    path = written(tmp_path, capture)
    stays = goes_on not in ("exchange", "traffic")
    outcome = "established, consistent with a refused child SA" if stays else "established"
    assert [outcomes(tshark, path, *passes)[0][3] for passes in ((), ("-2",))] == [outcome, outcome]
    assert rows(tshark, path)[6]["ipsec.finding"] == ["ike.child_refused"]
    assert rows(tshark, path, "-2")[6]["ipsec.finding"] == (["ike.child_refused"] if stays else [])


def outcomes(tshark, path, *options):
    """The table's lines, each a list of cells."""
    text = tshark.read(path, "-q", *options, "-z", "ipsec,ike")
    return [[cell.strip() for cell in line.split("|")] for line in text.splitlines() if "| IKEv" in line or "|IKEv" in line]


def quoted(capture, count=3):
    """Requests, each with an ICMP error that says that the port is unreachable and quotes the whole request."""
    session = Session(capture, "quoted")
    octets = message(session.open, SA_INIT, OFFER)
    for turn in range(count):
        session.add("request", octets, after=1000)
        inner = ipv4(*session.hosts, 17, udp(octets, 500, 500), 7)
        error = struct.pack("!BBHI", 3, 3, 0, 0) + inner
        padded = error + bytes(len(error) % 2)
        total = sum(struct.unpack(f"!{len(padded) // 2}H", padded))
        total = (total & 0xFFFF) + (total >> 16)
        total = ~((total & 0xFFFF) + (total >> 16)) & 0xFFFF
        capture.add("ICMP", frame(ipv4(*reversed(session.hosts), 1, error[:2] + struct.pack("!H", total) + error[4:])))
    return capture


def test_what_icmp_quotes_is_no_message(tshark, tmp_path):
    """Neither a repetition, nor a message with an item."""
    found = rows(tshark, written(tmp_path, quoted(Capture("quoted", "ICMP errors that quote IKE"))))
    assert any("icmp:ip:udp:isakmp" in row["frame.protocols"][0] for row in found.values())
    assert {number: row["ipsec.finding"] for number, row in found.items()
            if [one for one in row["ipsec.finding"] if one.startswith("ike.")]} == {5: ["ike.no_answer"]}


def test_an_icmp_error_tells_why_nobody_answers(tshark, tmp_path):
    path = written(tmp_path, quoted(Capture("quoted", "ICMP errors that quote IKE")))
    fields = ("frame.number", "ipsec.advice", "ipsec.answered_by")
    for options in ((), ("-2",)):
        found = parse_rows(tshark.read(path, *options, *field_options(fields)), fields)
        assert "(frame 4: port unreachable)" in found[5]["ipsec.advice"][0]
        assert {number: row["ipsec.answered_by"] for number, row in found.items() if row["ipsec.answered_by"]} == (
            {1: ["2"], 3: ["4"], 5: ["6"]} if options else {})
        (line,) = outcomes(tshark, path, *options)
        assert line[3:5] == ["no response (ICMP: port unreachable, frame 2)", "5"]


def test_each_pass_tells_the_same_outcome(tshark, tmp_path):
    """Even if the last packet that matters is not IKE."""
    path = written(tmp_path, quoted(Capture("once", "A single request, and an ICMP error that quotes it"), 1))
    for options in ((), ("-2",)):
        assert [line[3] for line in outcomes(tshark, path, *options)] == ["no response (ICMP: port unreachable, frame 2)"]


def test_a_late_answer_takes_silence_back(tshark, tmp_path):
    capture = Capture("late", "An answer that comes late")
    session = Session(capture, "late")
    for _ in range(3):
        session.ask(after=2000)
    session.answer(OFFER, spis=session.spis)
    path = written(tmp_path, capture)
    assert rows(tshark, path)[3]["ipsec.finding"] == ["ike.no_answer"]
    row = rows(tshark, path, "-2")[3]
    assert not row["ipsec.finding"] and not row["ipsec.ike.windows_error"] and not row["_ws.col.Info"][0].startswith("[")


def test_an_unknown_spi_is_named(tshark, tmp_path):
    capture = Capture("unknown", "INVALID_SPI")
    session = Session(capture, "unknown")
    capture.add("ESP", frame(ipv4(*session.hosts, 50, esp(100, 0xC0000001, 1))))
    capture.add("ESP", frame(ipv4(*session.hosts, 50, esp(100, 0xC0000002, 1))))
    session.add("INVALID_SPI", message(session.spis, INFORMATIONAL, [notify(11, struct.pack("!I", 0xC0000002))]), back=True)
    path = written(tmp_path, capture)
    fields = ("frame.number", "ipsec.sa", "ipsec.advice")
    row = parse_rows(tshark.read(path, *field_options(fields)), fields)[3]
    assert not row["ipsec.sa"] and "SPI 0xc0000002" in row["ipsec.advice"][0]
    assert "[The peer reports that it has no SA with this SPI (INVALID_SPI)] " in rows(tshark, path)[3]["_ws.col.Info"][0]
    assert "this SPI (INVALID_SPI) (SPI 0xc0000002)]" in tshark.read(path, "-V", "-Y", "frame.number == 3")


def test_ipv6_and_any_port(tshark, tmp_path):
    """Also on a port that Decode As assigns to IKE."""
    hosts = packed("2001:db8::1"), packed("2001:db8::2")
    spis = (struct.pack("!Q", 0x1AE1), bytes(8))
    asked = message(spis, SA_INIT, [*OFFER, notify(16388, detection(spis, hosts[0], 7000)),
                                    notify(16389, detection(spis, hosts[1], 7))])
    refused = message(spis, SA_INIT, [notify(14)], response=True, initiator=False)
    frames = [frame(ipv6(*hosts, 17, udp(asked, 7000, 7000, pseudo=b"".join(hosts)))),
              frame(ipv6(*reversed(hosts), 17, udp(refused, 7000, 7000, pseudo=b"".join(reversed(hosts)))))]
    path = pcap.write_frames(tmp_path / "ports.pcap", frames)
    found = rows(tshark, path, "-d", "udp.port==7000,isakmp")
    assert [found[number]["ipsec.finding"] for number in (1, 2)] == [["ike.nat"], ["ike.no_proposal"]]
    assert not [row for row in rows(tshark, path).values() if row["ipsec"]]


def test_a_cut_message_is_no_trouble(tshark, tmp_path):
    """With any snapshot length, nothing is found that is not found in the whole capture."""
    records = pcap.read(sidecars.path("ike"))
    troubled = {number for number, line in sidecars.load("ike").items() if line.findings}
    for length in (60, 80):
        cut = [record._replace(octets=record.octets[:length]) for record in records]
        found = rows(tshark, pcap.write(tmp_path / f"cut{length}.pcap", cut))
        assert {number for number, row in found.items() if row["ipsec.finding"]} <= troubled, length


def test_the_table_has_each_ike_sa(tshark):
    lines = outcomes(tshark, "ike")
    assert lines == outcomes(tshark, "ike", "-2")
    assert [int(line[0]) for line in lines] == sorted(int(line[0]) for line in lines)
    assert len(lines) == len({(line[1], line[2], line[7]) for line in lines}) > 35
    assert {"NO_PROPOSAL_CHOSEN", "INVALID_KE_PAYLOAD repeatedly", "no response", "only IKE_SA_INIT was seen",
            "consistent with a failed authentication", "established (judging by message lengths)",
            "established, consistent with a refused child SA", "established, 1 child SA", "NO-PROPOSAL-CHOSEN"
            } <= {line[3] for line in lines}
    findings = sidecars.load("ike")
    assert all(findings[int(line[4])].findings for line in lines if line[4])
    assert sum(int(line[6]) for line in lines) >= len(findings) - 4


def test_the_table_has_an_end(tshark, tmp_path):
    """Far more IKE SAs than anybody reads, with SPIs that agree in one half."""
    head = struct.pack("!BBBBII", 0, 0x20, SA_INIT, 0x08, 0, 28)
    hosts = packed("192.0.2.1"), packed("198.51.100.1")
    frames = [frame(ipv4(*hosts, 17, udp(struct.pack("!IIQ", number, 0x55667788, 0) + head, 500, 500)))
              for number in range(1, 10004)]
    path = pcap.write_frames(tmp_path / "many.pcap", frames)
    for options in ((), ("-2",)):
        lines = tshark.read(path, "-q", *options, "-z", "ipsec,ike").splitlines()
        assert sum("0x" in line for line in lines) == 10000
        assert [line.split("|")[1].strip() for line in lines if "more" in line] == ["and 3 more"]


def test_the_table_takes_a_filter(tshark):
    text = tshark.run("-q", "-r", tshark.stage("ike"), "-z", "ipsec,ike,frame.number <= 4").stdout
    assert text.count("0x1ae1") == 2


def test_random_octets(tshark, tmp_path):
    """On 500 and 4500, with a header that is sound as far as it is checked."""
    capture = Capture("random", "Random octets")
    session = Session(capture, "random")
    for number in range(200):
        octets = bytearray(sealed(session.spis, number, number, 40 + number % 90))
        octets[16] = number
        for at in range(32, len(octets), 5):
            octets[at] = (number * at) & 0xFF
        session.add("noise", bytes(octets), port=500 if number % 2 else 4500, back=number % 3 == 0)
    assert len(rows(tshark, written(tmp_path, capture), "-2")) == 200
