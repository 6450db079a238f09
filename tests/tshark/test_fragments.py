"""The parts of a packet that was cut without More Fragments link to each other, with and without reassembly.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import pytest

import pcap
import sidecars
from samples.fragments import part
from samples.packets import AH, ESP, ah, esp, ethernet, ipv4, noise
from tshark_runner import field_options, parse_rows

FIELDS = ("frame.number", "ipsec.verdict", "ipsec.protocol", "ipsec.finding", "ipsec.fragment.frame", "ipsec.advice")
# Orphaned fragments in IPv4 are only looked for after the first packet with missing octets.
LACKS_SOMETHING = ethernet(ipv4(200, AH, ah(words=255)))
NO_REASSEMBLY = ("-o", "ip.defragment:FALSE", "-o", "ipv6.defragment:FALSE")
REASSEMBLY = pytest.mark.parametrize("preferences", [(), NO_REASSEMBLY], ids=["reassembly", "no reassembly"])


def links(tshark, capture, *options):
    """{frame: frame with the other part}"""
    rows = parse_rows(tshark.read(capture, *options, *field_options(FIELDS)), FIELDS)
    return {frame: int(row["ipsec.fragment.frame"][0]) for frame, row in rows.items() if row["ipsec.fragment.frame"]}


@REASSEMBLY
@pytest.mark.parametrize("version", [4, 6])
@pytest.mark.parametrize("protocol, octets", [(ESP, esp(600)), (AH, ah(payload=noise(600)))], ids=["ESP", "AH"])
def test_parts_lead_to_each_other(tshark, tmp_path, version, protocol, octets, preferences):
    first = part(version, 7, protocol, octets[:304])
    rest = part(version, 7, protocol, octets[304:], 304)
    behind = pcap.write_frames(tmp_path / "behind.pcap", [LACKS_SOMETHING, first, rest])
    in_front = pcap.write_frames(tmp_path / "front.pcap", [LACKS_SOMETHING, rest, first])
    for capture in (behind, in_front):
        assert links(tshark, capture, *preferences) == {3: 2}
        assert links(tshark, capture, *preferences, "-2") == {2: 3, 3: 2}


def test_without_a_fault_there_is_nothing_to_explain(tshark, tmp_path):
    octets = esp(600)
    parts = {version: [part(version, 7, ESP, octets[:304]), part(version, 7, ESP, octets[304:], 304)] for version in (4, 6)}
    capture = pcap.write_frames(tmp_path / "sound.pcap", parts[4] + parts[6])
    assert links(tshark, capture, "-2") == {3: 4, 4: 3}
    assert links(tshark, capture, "-2", "-o", "ipsec.all_fragments:TRUE") == {1: 2, 2: 1, 3: 4, 4: 3}


def test_a_read_filter_takes_the_other_part_away(tshark, tmp_path):
    octets = esp(600)
    capture = pcap.write_frames(tmp_path / "cut.pcap", [
        LACKS_SOMETHING, part(4, 9, ESP, esp(60)), part(4, 7, ESP, octets[:304]), part(4, 7, ESP, octets[304:], 304),
        part(4, 9, ESP, esp(60, sequence=2))])
    assert links(tshark, capture, "-2", "-R", "ip.id == 7") == {1: 2, 2: 1}
    assert links(tshark, capture, "-2", "-R", "ip.frag_offset == 0") == {}


@pytest.mark.parametrize("next_header, inside", [(1, bytes.fromhex("0800") + noise(598)), (4, ipv4(9, 17, noise(580)))],
                         ids=["ICMP", "tunnel"])
def test_proper_fragments_without_reassembly(tshark, tmp_path, next_header, inside):
    """The payload of AH is dissected in the first fragment, and does not hide that it is a fragment."""
    octets = ah(next_header=next_header, payload=inside)
    capture = pcap.write_frames(tmp_path / "proper.pcap", [
        part(4, 7, AH, octets[:304], more=True), part(4, 7, AH, octets[304:], 304)])
    assert links(tshark, capture, *NO_REASSEMBLY) == links(tshark, capture, *NO_REASSEMBLY, "-2") == {}


def test_quotes_are_no_fragments(tshark, tmp_path):
    octets = esp(600)
    first, rest = part(4, 7, ESP, octets[:304]), part(4, 7, ESP, octets[304:], 304)
    error = ethernet(ipv4(8, 1, bytes.fromhex("0b00000000000000") + rest[14:14 + 28]))
    assert links(tshark, pcap.write_frames(tmp_path / "quoted.pcap", [LACKS_SOMETHING, first, error]), "-2") == {}


def test_the_rest_explains_what_fails(tshark):
    """Once the other part is known, the advice blames neither the link nor the key."""
    rows = tshark.rows("fragments", "-2")
    keyed = [row for row in rows.values() if "esp.icv" in row.findings or "ah.icv" in row.findings]
    assert len(keyed) == 8
    for row in keyed:
        assert all("fragment" in advice for advice in row["ipsec.advice"]), row
    blamed = [frame for frame, row in tshark.rows("fragments").items() if "link" in " ".join(row["ipsec.advice"])]
    assert len(blamed) == 2 and set(blamed) <= set(sidecars.load("fragments"))


def test_no_layer_is_added(tshark):
    """The postdissector adds no layer if there is nothing to report."""
    def protocols(plugin):
        return tshark.read("fragments", "-T", "fields", "-e", "frame.protocols", plugin=plugin)
    assert protocols(True) == protocols(False)
