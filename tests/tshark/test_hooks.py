"""The user's settings in Wireshark keep their effect: Decode As, ports, disabled protocols. The stock dissection does
not change, and the plugin's item is in the right place.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import xml.etree.ElementTree as ElementTree

import pytest

import pcap
import sidecars
from samples.expectations import capped
from samples.faults import ESP_CASES
from samples.natt import ESP_IN_UDP, SHORT_IN_UDP, short
from samples.packets import esp, ethernet, ipv4, udp4


def summary(rows):
    """What must be equal between two ways of reading the same packets."""
    return {frame: (row.verdicts, row.findings) for frame, row in rows.items()}


def dissection(rows):
    """Layers, and which dissector gave up. Findings of the group Malformed add a nameless entry to _ws.malformed, so
    only named entries are those of the stock dissectors."""
    return {frame: (row["frame.protocols"],
                    [value for value in row["_ws.malformed"] if value.startswith("[")])
            for frame, row in rows.items()}


def test_wireshark_does_not_complain(tshark):
    """4.4 complains at startup if a table has handles that it cannot distinguish."""
    stderr = tshark.run("-r", tshark.stage("clean_esp"), "-c", "1").stderr
    assert [line for line in stderr.splitlines() if not line.startswith("Running as user")] == []


# --- Decode As ------------------------------------------------------------------------------------

def test_decode_as_what_is_already_so(tshark):
    assert summary(tshark.rows("faults", "-d", "ip.proto==50,esp")) == summary(tshark.rows("faults"))


def test_decode_as_another_ip_protocol(tshark, tmp_path):
    capture = pcap.write_frames(tmp_path / "proto99.pcap", [
        ethernet(ipv4(number, 99, case.octets)) for number, case in enumerate(ESP_CASES, 1)])
    rows = tshark.rows(capture, "-d", "ip.proto==99,esp")
    assert summary(rows) == {number: ([case.header.verdict], list(case.header.findings))
                             for number, case in enumerate(ESP_CASES, 1)}
    assert not any(row["ipsec"] for row in tshark.rows(capture).values())


@pytest.mark.parametrize("options", [
    ("-d", "udp.port==5555,udpencap"),
    ("-o", "udpencap.udp.port:4500,5555")], ids=["decode as", "preference"])
def test_another_udp_port(tshark, tmp_path, options):
    cases = [(what, octets, short("IPv4", octets, header)) for what, octets, header in SHORT_IN_UDP + ESP_IN_UDP]
    capture = pcap.write_frames(tmp_path / "port5555.pcap", [
        ethernet(udp4(number, octets, ports=(5555, 5555))) for number, (_, octets, _) in enumerate(cases, 1)])
    assert summary(tshark.rows(capture, *options)) == {
        number: ([capped(header).verdict], list(header.findings))
        for number, (_, _, header) in enumerate(cases, 1)}
    assert not any(row["ipsec"] for row in tshark.rows(capture).values())


@pytest.mark.parametrize("name", ["UDPENCAP", "UDPENCAP (analysis)"])
def test_saved_decode_as(tshark, tmp_path, name):
    """What the Decode As dialog saves, for a user's own entry and for one with the wrapper's name, is found again at
    the next start."""
    profile = tshark.home / ".config" / "wireshark" / "profiles" / name
    profile.mkdir(parents=True)
    (profile / "decode_as_entries").write_text(f"decode_as_entry: udp.port,14500,(none),{name}\n")
    capture = pcap.write_frames(tmp_path / "port14500.pcap",
                                [ethernet(udp4(1, esp(61), ports=(14500, 14500)))])
    assert summary(tshark.rows(capture, "-C", name)) == {1: (["suspicious"], ["esp.alignment"])}
    assert not tshark.rows(capture)[1]["ipsec"]


def test_another_udp_port_leaves_4500_alone(tshark):
    assert (summary(tshark.rows("faults_natt", "-o", "udpencap.udp.port:4500,5555")) ==
            summary(tshark.rows("faults_natt")))


def test_a_port_given_to_another_dissector_is_let_alone(tshark):
    rows = tshark.rows("faults_natt", "-d", "udp.port==4500,dns")
    assert {finding for row in rows.values() for finding in row.findings} == {"natt.esp_on_500"}
    assert dissection(rows) == dissection(
        tshark.rows("faults_natt", "-d", "udp.port==4500,dns", plugin=False))


# --- disabled protocols ---------------------------------------------------------------------------

@pytest.mark.parametrize("protocol, silent, still", [
    ("ipsec", ("esp.", "ah.", "seq.", "natt.", "capture."), ()),
    ("esp", ("esp.",), ("ah.",)),
    ("ah", ("ah.",), ("esp.", "natt.")),
    ("udpencap", ("natt.truncated", "natt.keepalive", "natt.esp_too_short"), ("esp.", "ah."))])
def test_a_disabled_protocol_is_not_judged(tshark, everything, protocol, silent, still):
    rows = tshark.rows(everything, "--disable-protocol", protocol, "-o", "ipsec.decrypt:false")
    findings = {finding for row in rows.values() for finding in row.findings}
    assert [finding for finding in findings if finding.startswith(silent)] == []
    assert all(any(finding.startswith(family) for finding in findings) for family in still)
    if protocol == "ipsec":     # unknown without the plugin
        assert dissection(rows) == dissection(tshark.rows(everything, plugin=False))
    else:
        assert dissection(rows) == dissection(
            tshark.rows(everything, "--disable-protocol", protocol, plugin=False))


# --- stock dissection -----------------------------------------------------------------------------

@pytest.mark.parametrize("passes", [(), ("-2",)], ids=["one pass", "two passes"])
def test_stock_dissection_is_untouched(tshark, everything, passes):
    with_plugin = tshark.rows(everything, *passes, "-o", "ipsec.decrypt:false")
    assert dissection(with_plugin) == dissection(tshark.rows(everything, *passes, plugin=False))


@pytest.mark.parametrize("name, findings, dissector", [
    ("faults", ("esp.truncated_header",), "ESP"),
    ("faults", ("ah.truncated_header", "ah.length_overrun"), "AH"),
    ("faults_ipv6", ("esp.truncated_header",), "ESP"),
    ("faults_natt", ("natt.truncated",), "UDPENCAP")])
def test_a_finding_stands_beside_the_stock_exception(tshark, name, findings, dissector):
    rows = tshark.rows(name)
    frames = sidecars.frames_with(name, *findings)
    assert frames
    for frame in frames:
        assert f"[Malformed Packet: {dissector}]" in rows[frame]["_ws.malformed"], frame


PARENTS = [("faults", "esp.spi_zero", "esp"), ("faults", "esp.truncated_header", "esp"),
           ("faults", "ah.reserved", "ah"), ("faults", "ah.truncated_header", "ah"),
           ("faults_ipv6", "ah.reserved", "ah"), ("faults_ipv6", "ah.truncated_header", "ah"),
           ("faults_ipv6", "esp.alignment", "esp"),
           ("faults_natt", "esp.alignment", "esp"), ("faults_natt", "natt.truncated", "udpencap"),
           ("faults_natt", "natt.keepalive", "udpencap"), ("faults_natt", "natt.double_marker", "udpencap"),
           ("faults_natt", "natt.no_marker_ike", "udpencap")]


@pytest.fixture(scope="module")
def trees(tshark):
    """The packets of each capture as PDML trees, by frame."""
    return {name: dict(enumerate(ElementTree.fromstring(tshark.read(name, "-T", "pdml")).iter("packet"), 1))
            for name in ("faults", "faults_ipv6", "faults_natt")}


@pytest.mark.parametrize("name, finding, protocol", PARENTS)
def test_the_item_stands_under_the_header_it_speaks_of(trees, name, finding, protocol):
    frames = sidecars.frames_with(name, finding)
    assert frames
    for frame in frames:
        under = [item for parent in trees[name][frame].iter("proto") if parent.get("name") == protocol
                 for item in parent if item.get("name") == "ipsec"]
        assert any(field.get("show") == finding for item in under for field in item.iter("field")), frame


def test_esp_on_the_ike_port_stands_under_isakmp(trees):
    """Unless that dissector rejected it, because it was shorter than an ISAKMP header."""
    stock = [trees["faults_natt"][frame].find("proto[@name='isakmp']")
             for frame in sidecars.frames_with("faults_natt", "natt.esp_on_500")]
    assert [item for item in stock if item is not None]
    assert all(item.find("proto[@name='ipsec']") is not None for item in stock if item is not None)


def test_the_item_is_generated(trees):
    """It is marked as generated, because the packet does not contain it."""
    items = [item for packets in trees.values() for packet in packets.values()
             for item in packet.iter("proto") if item.get("name") == "ipsec"]
    assert items and all(item.get("size") == "0" for item in items)
