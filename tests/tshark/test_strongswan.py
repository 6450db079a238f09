"""What strongSwan's libipsec logged for each packet that lab/strongswan.py sent it, and what the plugin says about it.

SPDX-License-Identifier: GPL-2.0-or-later
"""
from typing import NamedTuple

import pytest

import sidecars

LOG = ".log.tsv"
NAMES = sorted(path.name[:-len(LOG)] for path in sidecars.CAPTURES.glob(f"*{LOG}"))
OPTIONS = ("-o", "ipsec.receiver:strongswan", "-o", "ipsec.sa_complete:TRUE")

# Frames without an IPsec header, of which the plugin says nothing.
NO_IPSEC = {"IKE", "keepalive", "keepalive again"}

# Cases in which the plugin does not say what strongSwan logged, and why.
KNOWN = {
    "the first 0 octets": "an empty datagram has nothing that could be judged",
    "unknown SPI, 8 octets": "charon looks for an SA first; here fewer than 9 octets in UDP belong to none",
    "8 octets, 0xff": "likewise",
    "ESP on the IKE port": "what looks like ESP there may be something else: suspicious, and not drop",
    "inner length 0 instead of 44, GRE": "libipsec accepts it, and hands 0 octets to a TUN device that takes none",
}


class Logged(NamedTuple):
    """One line of the log next to a capture: what charon logged about a frame, and whether it delivered the content."""
    what: str
    messages: tuple
    delivered: bool


def load(name):
    lines = (sidecars.CAPTURES / f"{name}{LOG}").read_text().splitlines()
    logged = {}
    for frame, what, messages, delivered in (line.split("\t") for line in lines if not line.startswith("#")):
        logged[int(frame)] = Logged(what, () if messages == "-" else tuple(messages.split("; ")), delivered == "yes")
    return logged


def disagreement(row, logged):
    """In what the plugin disagrees with strongSwan about a frame; empty if they agree."""
    status, dropped = row["ipsec.strongswan.log"], "drop" in row.verdicts
    if logged.messages:
        # The last message is the one with which the packet was dropped; in some, addresses follow.
        told = len(status) == 1 and logged.messages[-1].startswith(status[0])
        return "" if told and dropped else f"logged {logged.messages[-1]!r}, shown {status} {row.verdicts}"
    if status:
        return f"nothing logged, shown {status}"
    if dropped != (not logged.delivered and logged.what not in NO_IPSEC):
        return f"delivered: {logged.delivered}, shown {row.verdicts}"
    return ""


def disagreements(rows, log):
    found = {frame: disagreement(rows[frame], logged) for frame, logged in log.items()}
    return {frame: text for frame, text in found.items() if text}


def test_there_is_something_to_compare():
    logs = [load(name) for name in NAMES]
    assert len(logs) >= 3 and all(len(log) >= 250 for log in logs)
    for log in logs:
        told = {logged.messages[-1] for logged in log.values() if logged.messages}
        assert len(told) >= 10 and any(logged.delivered for logged in log.values())


def test_what_is_known_to_differ_does(tshark):
    differing = set()
    for name in NAMES:
        log = load(name)
        differing |= {log[frame].what for frame in disagreements(tshark.rows(name, *OPTIONS), log)}
    assert differing == set(KNOWN)


@pytest.fixture(params=NAMES)
def name(request):
    return request.param


@pytest.mark.parametrize("passes", [(), ("-2",)], ids=["one pass", "two passes"])
def test_each_packet_as_strongswan_logged_it(tshark, capsys, name, passes):
    log, rows = load(name), tshark.rows(name, *OPTIONS, *passes)
    assert set(log) == set(rows)
    wrong = disagreements(rows, log)
    with capsys.disabled():
        print(f"\n{name}: strongSwan: {len(log) - len(wrong)} of {len(log)} packets")
    unexplained = [f"frame {frame}, {log[frame].what}: {text}" for frame, text in wrong.items()
                   if log[frame].what not in KNOWN]
    assert not unexplained, "\n".join(unexplained)
