"""What is seen at a glance: the Info column, the conclusion of a header, and the first items below it.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import xml.etree.ElementTree as ElementTree

import pytest
from scapy.layers.inet import ICMP
from scapy.packet import Raw

import pcap
from samples.keyed import datagram
from samples.packets import AH, ESP, ah, esp, ethernet, ipv4, ipv6
from samples.sa import CBC_SHA256, Sa
from test_many_headers import WIRELESS, aggregate
from tshark_runner import VERDICTS

SEVERITIES = ("CHAT", "NOTE", "WARN", "ERROR")
ALARM = ("WARN", "ERROR")
INFO = ("-o", 'gui.column.format:"Info","%i"')
MISALIGNED = "[ESP length is not a multiple of 4 octets] "
RESERVED = "[AH Reserved field is not zero] "


def gravest(told):
    """The most severe finding; among equals, the first that is about the packet itself."""
    return min(told, default=None, key=lambda row: (-SEVERITIES.index(row.severity), "NEIGHBOUR" in row.words))


def headers_of(tshark, capture, *options):
    """The analyses of each packet, outermost first, as lists of fields."""
    tree = ElementTree.fromstring(tshark.read(capture, *tshark.options(capture), *options, "-T", "pdml"))
    return [[item for item in packet.iter("proto") if item.get("name") == "ipsec"] for packet in tree]


def values(header, name):
    return [field.get("show") for field in header.iter("field") if field.get("name") == name]


def conclusion(header, catalogue):
    worst = gravest([catalogue[finding] for finding in values(header, "ipsec.finding")])
    if values(header, "ipsec.icmp.error"):
        return f"IPsec analysis: {worst.summary}"
    verdict = VERDICTS[values(header, "ipsec.verdict")[0]]
    code = "".join(f" ({value})" for value in values(header, "ipsec.windows.error"))
    return f"IPsec analysis: {verdict}" + (f", {worst.summary}{code}" if worst else "")


def prefixes(headers, catalogue):
    """What the column begins with: at most one text for each header, none of them twice; of two headers with the same
    text, the inner one keeps it."""
    told = []
    for header in reversed(headers):
        worst = gravest([catalogue[finding] for finding in values(header, "ipsec.finding")])
        if worst and worst.severity in ALARM and f"[{worst.summary}] " not in told:
            told.insert(0, f"[{worst.summary}] ")
    return "".join(told)


# --- the column ------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("name", ["faults_nested", "faults_keyed", "faults_sequence", "benign", "icmp"])
def test_conclusions_and_column_are_what_the_findings_say(tshark, catalogue, name):
    packets = headers_of(tshark, name)
    lines = tshark.read(name, *tshark.options(name), *INFO).split("\n")
    summaries = tuple(f"[{row.summary}] " for row in catalogue.values())
    assert any(packets)
    for frame, (headers, line) in enumerate(zip(packets, lines), 1):
        assert [header.get("showname") for header in headers] == [conclusion(one, catalogue) for one in headers], frame
        told = prefixes(headers, catalogue)
        assert line.startswith(told) and not line[len(told):].startswith(summaries), (frame, line)


def test_column_is_the_same_on_two_passes(tshark):
    name = "faults_keyed"
    assert tshark.read(name, *tshark.options(name), *INFO) == tshark.read(name, *tshark.options(name), *INFO, "-2")


def info(tshark, tmp_path, packets, *options):
    """The column for these packets, in one capture."""
    capture = pcap.write_frames(tmp_path / "column.pcap", [ethernet(packet) for packet in packets])
    return tshark.read(capture, *options, *INFO).splitlines()


def test_each_header_once_and_outer_ones_first(tshark, tmp_path):
    faulty = esp(61, spi=0xA0000003)
    twice = ah(next_header=AH, payload=ah(next_header=ESP, payload=faulty, spi=0xA0000002, reserved=1),
               spi=0xA0000001, reserved=1)
    around = ah(next_header=ESP, payload=faulty, spi=0xA0000001, reserved=1)
    for line in info(tshark, tmp_path, (ipv4(1, AH, around), ipv4(2, AH, twice), ipv6(3, AH, around), ipv6(4, AH, twice))):
        assert line.startswith(RESERVED + MISALIGNED + "ESP (SPI="), line
        assert line.count("[") == 2, line


@pytest.mark.parametrize("stock", ["FALSE", "TRUE"])
def test_fence_holds_against_what_was_decrypted(tshark, tmp_path, stock):
    """Whoever decrypts it: the dissector of the content rewrites the column."""
    sa = Sa(0x9F01, 4, CBC_SHA256)
    pad = 16 - (len(datagram()) + 2) % 16
    good, odd = sa.esp(datagram()), sa.seal(datagram() + b"\7" * pad + bytes((pad, 17)))
    keys = tshark.share("seen.txt", sa.state())
    first, second = info(tshark, tmp_path, map(sa.packet, (good, odd)), "-o", f"ipsec.sa_file:{keys}",
                         "-o", f"esp.enable_encryption_decode:{stock}")
    assert "Len=" in first and "[" not in first
    assert second.startswith("[ESP padding is not the default 1, 2, 3, ...] ") and "Len=" in second


def test_headers_side_by_side(tshark, tmp_path):
    """The text of the first header comes first, and remains when the next dissector rewrites the column."""
    reserved, misaligned = ipv4(1, AH, ah(next_header=17, payload=datagram(), reserved=1)), ipv4(2, ESP, esp(61))
    clean = ipv4(3, 17, datagram())
    frames = [aggregate(packets) for packets in ((reserved, misaligned), (misaligned, clean),
                                                 (misaligned, reserved, misaligned))]
    records = [pcap.Record(number, 0, len(frame), frame) for number, frame in enumerate(frames)]
    capture = pcap.write(tmp_path / "aggregates.pcap", records, WIRELESS)
    lines = tshark.read(tshark.stage(capture), *INFO).splitlines()
    assert lines[0].startswith(RESERVED + MISALIGNED + "ESP (SPI=")
    assert lines[1].startswith(MISALIGNED) and "Len=" in lines[1]
    assert lines[2].startswith(MISALIGNED + RESERVED + "ESP (SPI=")


def test_quotes_and_preference(tshark, tmp_path):
    """The column is about the ICMP error, not about the packet that it quotes."""
    faulty = ipv4(2, ESP, esp(61))
    packets = ipv4(1, 1, bytes(ICMP(type=3, code=4, nexthopmtu=1400) / Raw(faulty))), faulty
    quote, fault = info(tshark, tmp_path, packets)
    assert quote.startswith("[The reported path MTU ") and quote.count("[") == 1 and fault.startswith(MISALIGNED)
    assert not any("[" in line for line in info(tshark, tmp_path, packets, "-o", "ipsec.info_column:FALSE"))


def test_without_the_column(tshark):
    """Nothing is written if the column is not in use; the rest of the line does not change."""
    columns = ("-o", 'gui.column.format:"No.","%m","Protocol","%p"')
    assert tshark.read("faults", *columns) == tshark.read("faults", *columns, "-o", "ipsec.info_column:FALSE")


# --- the tree --------------------------------------------------------------------------------------------------------

def test_what_a_person_wants_first_stands_first(tshark, catalogue):
    """Verdict and flags, the findings, the receivers; the item of a finding shows its summary, and its value is the
    id."""
    for frame, headers in enumerate(headers_of(tshark, "faults_keyed"), 1):
        for header in headers:
            names = [field.get("name") or field.get("show") for field in header]
            findings = values(header, "ipsec.finding")
            head = ["ipsec.verdict", *["ipsec.analysis.flags"][:names.count("ipsec.analysis.flags")],
                    *["ipsec.finding"] * len(findings), *["Systems"][:names.count("Systems")]]
            assert names[:len(head)] == head, frame
            shown = [field.get("showname") for field in header if field.get("name") == "ipsec.finding"]
            assert shown == [catalogue[finding].summary for finding in findings], frame


def test_a_line_for_each_receiver(tshark):
    (header,) = headers_of(tshark, "faults_keyed", "-Y", "frame.number == 2")[0]
    (receivers,) = [field for field in header if field.get("show") == "Systems"]
    assert [field.get("showname") for field in receivers] == [
        "Windows: consistent with ERROR_IPSEC_INVALID_PACKET (13914)", "Linux: XfrmInStateProtoError",
        "FreeBSD: esps_badilen", "OpenBSD: esps_badilen", "strongSwan libipsec: PARSE_ERROR", "Inferred: True"]


def marked(header, finding):
    """The octets that the item of the finding marks, in hex."""
    return [field.get("value") for field in header.iter("field") if field.get("show") == finding]


def test_findings_mark_what_they_speak_of(tshark, tmp_path):
    """The headers in front if they are about those; a field; or the header as a whole."""
    packet = ipv4(1, ESP, esp(61))
    broken = packet[:10] + b"\x12\x34" + packet[12:]
    capture = pcap.write_frames(tmp_path / "marks.pcap", map(ethernet, (
        ipv4(1, ESP, esp(60)), broken, ipv4(2, ESP, esp(60, spi=0)))))
    _, outer, zero = (headers[0] for headers in headers_of(tshark, capture, "-o", "ipsec.receiver:linux"))
    assert marked(outer, "esp.ip_checksum") == [broken[:20].hex()]
    assert marked(outer, "esp.alignment") == [broken[20:].hex()]
    assert marked(zero, "esp.spi_zero") == ["00000000"]


# --- what is registered ----------------------------------------------------------------------------------------------

def test_each_field_says_what_it_means(tshark):
    fields = [line.split("\t") for line in tshark.run("-G", "fields").stdout.splitlines() if line.startswith("F\t")]
    ours = {columns[2]: (columns[1], columns[7]) for columns in fields if columns[2].split(".")[0] == "ipsec"}
    assert len(ours) > 100
    assert {name for name, (title, blurb) in ours.items() if len(blurb) <= len(title) and len(blurb) < 20} == set()
    assert {name for name, (title, blurb) in ours.items() if blurb.lower() in (title.lower(), "")} == set()
