"""The public names: fields, filters and expert items, which must agree with each other.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import collections
import json
import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

import sidecars
from test_captures import NOT_IN_SAMPLES

STACKS = Path(__file__).resolve().parents[2] / "plugin" / "core" / "base" / "stack.def"

TYPES = {
    "ipsec.analysis.flags": "FT_NONE",
    "ipsec.verdict": "FT_UINT8",
    "ipsec.protocol": "FT_UINT8",
    "ipsec.spi": "FT_UINT32",
    "ipsec.encapsulation": "FT_UINT8",
    "ipsec.finding": "FT_STRING",
    "ipsec.cause": "FT_UINT8",
    "ipsec.reference": "FT_STRING",
    "ipsec.advice": "FT_STRING",
    "ipsec.windows.error": "FT_UINT32",
    "ipsec.windows.status": "FT_UINT32",
    "ipsec.windows.event": "FT_UINT32",
    "ipsec.linux.counter": "FT_STRING",
    "ipsec.freebsd.counter": "FT_STRING",
    "ipsec.openbsd.counter": "FT_STRING",
    "ipsec.vpp.counter": "FT_STRING",
    "ipsec.strongswan.status": "FT_STRING",
    "ipsec.inferred": "FT_BOOLEAN",
    "ipsec.sa": "FT_UINT32",
    "ipsec.sa.reverse": "FT_UINT32",
    "ipsec.sa.successor": "FT_UINT32",
    "ipsec.sa.created_by": "FT_FRAMENUM",
    "ipsec.sa.deleted_by": "FT_FRAMENUM",
    "ipsec.sa.maybe_created_by": "FT_FRAMENUM",
    "ipsec.sa.maybe_deleted_by": "FT_FRAMENUM",
    "ipsec.sa.first_frame": "FT_FRAMENUM",
    "ipsec.sa.last_frame": "FT_FRAMENUM",
    "ipsec.sa.packets": "FT_UINT32",
    "ipsec.sa.octets": "FT_UINT64",
    "ipsec.sa.lost": "FT_UINT32",
    "ipsec.sa.mtu": "FT_UINT32",
    "ipsec.answered_by": "FT_FRAMENUM",
    "ipsec.icmp.error": "FT_STRING",
    "ipsec.icmp.mtu": "FT_UINT32",
    "ipsec.icmp.quoted_frame": "FT_FRAMENUM",
    "ipsec.icv.status": "FT_UINT8",
    "ipsec.icv.length": "FT_UINT8",
    "ipsec.iv.length": "FT_UINT8",
    "ipsec.trailer.pad_length": "FT_UINT8",
    "ipsec.trailer.next_header": "FT_UINT8",
    "ipsec.trailer.tfc_length": "FT_UINT32",
    "ipsec.key.source": "FT_STRING",
    "ipsec.ike.notify": "FT_UINT16",
    "ipsec.ike.request": "FT_FRAMENUM",
    "ipsec.ike.response": "FT_FRAMENUM",
    "ipsec.ike.windows_error": "FT_UINT32",
}
HEXADECIMAL = {"ipsec.spi", "ipsec.windows.status"}
CAUSES = {"CORRUPTED": "1", "CONTEXT": "2", "UNSUPPORTED": "3", "LIMIT": "4"}
# Findings whose advice is more exact if more than the packet itself is known.
LOOKED_INTO = {"key.wrong", "esp.icv", "ah.icv", "esp.icv_length", "esp.spi_unknown", "ah.spi_unknown",
               "replay.old", "esn.wrong_high", "esp.block_alignment", "ike.auth_failed", "ike.child_refused",
               "ike.no_proposal", "ike.peer_error", "ike.stray_notify", "ike.ms_status", "ike.fragment_lost", "ike.nat",
               "ike.no_answer", "ike.invalid_spi",
               "sa.deleted", "sa.above_mtu", "icmp.too_big", "icmp.too_big_ignored", "icmp.port_unreachable"}
HINT = re.compile(r", although IKE deleted it|and IKE deleted it|IKE negotiated no SA|"
                  r"the ICV verifies (?:with|if)|the key tables have this SPI|this SPI belongs to the other direction|"
                  r"the packet missed the window by|the packet without setting More Fragments|"
                  r"the response has (?:room only|no room)|an encrypted Informational message|the peer keeps asking|"
                  r"Compare the (?:IKE|ESP) proposals|with SPI 0x[0-9a-f]+;|the ICMP error about this request, and why \(frame \d+|"
                  r"; the notify is|; the code is|; fragment \d+ of \d+ was|"
                  r"(?:the sender|the destination) of this message is behind NAT|both peers are behind NAT|"
                  r": an inner MTU of \d+ fits[ \w]*; \d+ (?:octets|packets?) |"
                  r"Find out (?:who sends|what damages) this|Check whether the sender has this SA|"
                  r"Set the tunnel MTU|Check whether the peer's IKE service is meant to be down")
STEPS = {"CONTEXT": "Operation context", "PARAMETERS": "Parameters", "OBJECT": "Object type", "DATA": "Input data",
         "LIMITS": "Limits"}
ATTACK = "; this may be an attack"
NTSTATUS_FIRST, WIN32_FIRST = 0xC0360001, 13910


@pytest.fixture(scope="module")
def registered(tshark):
    """Lines of `tshark -G fields` for names that begin with `ipsec`, by name."""
    by_name = collections.defaultdict(list)
    for line in tshark.run("-G", "fields").stdout.splitlines():
        columns = line.split("\t")
        if columns[2].split(".")[0] == "ipsec":
            by_name[columns[2]].append(columns)
    return by_name


# --- registration ---------------------------------------------------------------------------------

def test_no_two_fields_share_a_name(registered):
    """An expert field that hides a value field breaks its filters, and Wireshark says nothing."""
    assert {name: lines for name, lines in registered.items() if len(lines) > 1} == {}


def test_value_fields_have_their_types(registered):
    assert {name: registered[name][0][3] for name in TYPES if registered[name]} == TYPES


def test_each_stack_has_a_field(registered):
    stacks = re.findall(r'^STACK\(\w+, "(\w+)"', STACKS.read_text(), re.MULTILINE)
    assert "rfc" in stacks and len(stacks) > 5
    without = [stack for stack in stacks if not any(name.startswith(f"ipsec.{stack}.") for name in registered)]
    assert without == ["rfc"]


def test_hexadecimal_fields(registered):
    assert {name for name in HEXADECIMAL if registered[name][0][5].startswith("BASE_HEX")} == HEXADECIMAL


def test_each_finding_has_an_expert_field(registered, catalogue):
    for row in catalogue.values():
        (line,) = registered[f"ipsec.{row.id}"]
        assert line[3] == "FT_NONE" and line[1] == row.summary
        assert f"ipsec.{row.id}" not in TYPES


def test_the_protocol_and_names_without_hyphen(registered):
    assert registered["ipsec"][0][:2] == ["P", "IPsec Analysis"]
    assert [name for name in registered if "-" in name] == []


# --- values that belong together ------------------------------------------------------------------------

def is_advice_of(finding, advice):
    """What to do first, then what helps, whether it may be an attack, and the step."""
    body, _, step = advice.rpartition("; step: ")
    return (body.startswith(f"{finding.advice[0].upper()}{finding.advice[1:]}; ") and
            step == f"{STEPS[finding.step]}." and (finding.attack == "POSSIBLE") == body.endswith(ATTACK))


def test_fields_of_findings_pair_in_order(tshark, catalogue, everything):
    for frame, row in tshark.rows(everything).items():
        told = [catalogue[finding] for finding in row.findings]
        assert row["ipsec.cause"] == [CAUSES[finding.cause] for finding in told], frame
        assert row["ipsec.reference"] == [finding.reference for finding in told], frame
        for finding, advice in zip(told, row["ipsec.advice"], strict=True):
            assert is_advice_of(finding, advice) or (finding.id in LOOKED_INTO and HINT.search(advice)), frame


def test_fields_of_headers_appear_once_per_header(tshark, everything):
    """But not in the item of an ICMP error."""
    for frame, row in tshark.rows(everything).items():
        if all(finding.startswith("ike.") for finding in row.findings) and not row["ipsec.verdict"]:
            continue    # the item is that of an IKE message, not of a header
        headers = len(row["ipsec"]) - len(row["ipsec.icmp.error"])
        for name in ("ipsec.verdict", "ipsec.protocol", "ipsec.encapsulation"):
            assert len(row[name]) == headers, (frame, name)
        assert len(row["ipsec.sa"]) <= headers and len(row["ipsec.spi"]) <= headers, frame


def test_windows_status_belongs_to_its_error(tshark, everything):
    for frame, row in tshark.rows(everything).items():
        assert ([int(status, 16) - NTSTATUS_FIRST for status in row["ipsec.windows.status"]] ==
                [int(error) - WIN32_FIRST for error in row["ipsec.windows.error"]]), frame


@pytest.mark.parametrize("finding, event", [
    ("replay.duplicate", "4961"), ("replay.conflict", "4961"), ("replay.old", "4962"), ("esp.spi_unknown", "4965"),
    ("esn.wrong_high", "4960"), ("sa.expired", None)])
def test_windows_event_depends_on_the_finding(tshark, finding, event):
    rows = [row for row in tshark.rows("faults_sequence").values() if finding in row.findings]
    # If the SA seems to have no anti-replay, no error is shown, and so no event.
    assert rows and all(row["ipsec.windows.event"] == ([event] if event and row["ipsec.windows.error"] else []) for row in rows)
    assert any(row["ipsec.windows.error"] for row in rows)


def test_structural_windows_errors_are_inferred(tshark):
    rows = [row for row in tshark.rows("faults").values() if row["ipsec.windows.error"] == ["13914"]]
    assert rows and all(row["ipsec.inferred"] in (["1"], ["True"]) for row in rows)  # 4.0; 4.4 and later


def test_flags_mark_packets_and_not_properties(tshark, catalogue, everything):
    """Present once for each header with a finding of severity Note or higher that is neither a property of its SA nor
    about another packet; and for each ICMP error or IKE message with such a finding."""
    for frame, row in tshark.rows(everything).items():
        told = [catalogue[finding] for finding in row.findings]
        flagged = any(finding.severity != "CHAT" and finding.property == "NONE"
                      and ("NEIGHBOUR" not in finding.words or finding.id.startswith(("ike.", "icmp."))) for finding in told)
        assert bool(row["ipsec.analysis.flags"]) == flagged, frame


def test_sa_numbers(tshark):
    rows = tshark.rows("clean_esp")
    by_sa = collections.defaultdict(set)
    for row in rows.values():
        if row["ipsec"]:
            by_sa[row["ipsec.sa"][0]].add(row["ipsec.spi"][0])
    assert all(len(spis) == 1 for spis in by_sa.values())
    assert sorted(map(int, by_sa)) == list(range(len(by_sa)))
    assert len(by_sa) == len(set().union(*by_sa.values()))


@pytest.mark.parametrize("name", ["clean_esp", "clean_ah", "clean_ipv6", "clean_natt"])
def test_spi_and_protocol_are_those_of_the_header(tshark, name):
    """Whether it is ESP or AH; AH is outside of ESP here."""
    for frame, row in tshark.rows(name).items():
        assert row["ipsec.spi"] == row["ah.spi"] + row["esp.spi"], frame
        assert row["ipsec.protocol"] == ["51"] * len(row["ah.spi"]) + ["50"] * len(row["esp.spi"]), frame
        in_udp = "1" if "udpencap" in row["frame.protocols"][0] else "0"
        assert row["ipsec.encapsulation"] == [in_udp] * len(row["ipsec.verdict"]), frame


def test_two_passes_agree_in_every_field(tshark, catalogue, everything):
    """Except for what depends on later frames, which changes no verdict."""
    later = {finding.id for finding in catalogue.values() if "LATER" in finding.words}
    assert tshark.rows(everything, "-2").keys() == tshark.rows(everything).keys()
    for frame, row in tshark.rows(everything, "-2").items():
        if later & set(row.findings):
            assert tshark.rows(everything)[frame].verdicts in (row.verdicts, []), frame
            continue
        assert ({name: row[name] for name in row if name.startswith("ipsec")} ==
                {name: value for name, value in tshark.rows(everything)[frame].items()
                 if name.startswith("ipsec")}), frame


# --- filters and columns --------------------------------------------------------------------------

FILTERS = {
    "ipsec": lambda line: line.verdicts,
    "ipsec.esp.alignment": lambda line: "esp.alignment" in line.findings,
    'ipsec.finding == "esp.alignment"': lambda line: "esp.alignment" in line.findings,
    'ipsec.verdict == "drop"': lambda line: "drop" in line.verdicts,
    'ipsec.verdict in {"drop"}': lambda line: "drop" in line.verdicts,
    "ipsec.verdict >= 3": lambda line: {"drop", "suspicious"} & set(line.verdicts),
    "ipsec.windows.error == 13914": lambda line: "13914" in line.windows,
    'ipsec.linux.counter == "XfrmInStateProtoError"': lambda line: "XfrmInStateProtoError" in line.linux,
}


@pytest.mark.parametrize("display_filter", FILTERS)
def test_filters_find_what_the_sidecar_says(tshark, display_filter):
    expected = [frame for frame, line in sidecars.load("faults_nested").items()
                if FILTERS[display_filter](line)]
    assert expected
    assert tshark.frames("faults_nested", display_filter) == expected


def test_filter_of_the_umbrella(tshark, catalogue):
    expected = [frame for frame, line in sidecars.load("faults").items()
                if any(catalogue[finding].severity != "CHAT" and catalogue[finding].property == "NONE"
                       for finding in line.findings)]
    assert tshark.frames("faults", "ipsec.analysis.flags") == expected


def test_filter_for_a_header_without_finding(tshark):
    expected = [frame for frame, line in sidecars.load("clean_esp").items() if line.verdicts]
    assert tshark.frames("clean_esp", "ipsec && !ipsec.finding") == expected


def test_custom_columns_show_values(tshark):
    """In frames with one header, because a column lists the values of several in the order of drawing."""
    columns = ('"V","%Cus:ipsec.verdict:0:R","F","%Cus:ipsec.finding:0:R",'
               '"E","%Cus:ipsec.windows.error:0:U","L","%Cus:ipsec.linux.counter:0:R"')
    lines = tshark.read("faults", "-o", f"gui.column.format:{columns}").splitlines()
    for frame, line in sidecars.load("faults").items():
        if len(line.verdicts) > 1:
            continue
        values = [",".join(column) for column in line[:4] if column]
        assert lines[frame - 1].split() == values, frame


def test_json_parses_without_duplicate_keys(tshark):
    packets = json.loads(tshark.read("faults_nested", "-T", "json", "--no-duplicate-keys"))
    assert len(packets) == len(sidecars.load("faults_nested"))


# --- expert items ---------------------------------------------------------------------------------

def test_expert_messages_are_the_catalogues_summaries(tshark, catalogue, everything):
    """Also: each item is attached to its finding. Read from the tree, where the two can be distinguished."""
    seen = set()
    # Captures with sequence numbers are judged separately: with all keys at once, wildcard rows would claim packets
    # without a key.
    trees = [ElementTree.fromstring(tshark.read(capture, *tshark.options(capture), "-T", "pdml"))
             for capture in (everything, "faults_sequence", "faults_asked_vpp")]
    for finding in (field for tree in trees for field in tree.iter("field")):
        if finding.get("name") != "ipsec.finding":
            continue
        for message in finding.iter("field"):
            if message.get("name") == "_ws.expert.message":
                seen.add(finding.get("show"))
                assert message.get("show") == catalogue[finding.get("show")].summary
    assert seen == set(catalogue) - NOT_IN_SAMPLES


def test_expert_items_appear_without_a_tree(tshark, catalogue):
    """`-q -z expert` builds no tree. In this capture each frame is an SA of its own, so items about SAs count too."""
    counted = {}
    for line in tshark.read("faults", "-q", "-z", "expert").splitlines():
        columns = line.split(None, 3)
        if len(columns) == 4 and columns[2] == "IPsec":
            counted[columns[3]] = int(columns[0])
    summaries = collections.Counter(catalogue[finding].summary
                                    for line in sidecars.load("faults").values() for finding in line.findings)
    assert counted == summaries
