"""Each stack reports the first fault that it finds; if that is only inferred, the text says so.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import xml.etree.ElementTree as ElementTree

import pytest

import sidecars
from samples import order

NAME = "faults_order"
FIELDS = ("ipsec.freebsd.counter", "ipsec.openbsd.counter", "ipsec.vpp.counter", "ipsec.strongswan.status")
HEDGE = "consistent with "


def test_each_stack_reports_what_it_finds_first(tshark):
    order.faults_order()    # fills in the expected reports
    rows = tshark.rows(NAME)
    for frame, line in sidecars.load(NAME).items():
        wanted = [[report] if report else [] for report in order.REPORTS.get(line.what, (None,) * len(FIELDS))]
        if line.what in order.REPORTS:
            assert [rows[frame][field] for field in FIELDS] == wanted, line.what
    assert len(order.REPORTS) >= 10


@pytest.mark.parametrize("name", [NAME, "faults", "faults_sequence"])
def test_conclusions_are_called_consistent(tshark, name):
    """In the text; the value is the bare number."""
    shown = {True: 0, False: 0}
    tree = ElementTree.fromstring(tshark.read(name, *tshark.options(name), "-T", "pdml"))
    for header in (proto for packet in tree for proto in packet.iter("proto") if proto.get("name") == "ipsec"):
        fields = {field.get("name"): field for field in header.iter("field")}
        if "ipsec.windows.error" not in fields:
            continue
        error = fields["ipsec.windows.error"]
        hedged = HEDGE in error.get("showname")
        shown[hedged] += 1
        assert error.get("show").isdigit() and HEDGE not in error.get("show")
        assert hedged == (HEDGE in fields["ipsec.windows.status"].get("showname"))
        assert fields["ipsec.inferred"].get("show") in (("1", "True") if hedged else ("0", "False"))
        assert hedged or error.get("show") != "13914"
    assert shown[True] and (shown[False] or name == "faults")
